"""Each kind of mistake is refuted, at the smallest sizes at which it shows, and the right steps are not accused."""

import operator
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bptt.cli._points import NetworkPoint as PointOfNetwork
from bptt.cli._points import measure_sizes as sizes
from bptt.cli._points import network_points as points_of_network
from bptt.rnn import elman, network
from bptt.rnn.activations import sigmoid
from bptt.rnn.elman import Weights as Cell
from bptt.rnn.losses import half_squared_error
from bptt.verify import Report, judge_gradient
from bptt.verify._strategies import find_smallest
from tests.benchmarks.detection import detection_floor, tally
from tests.corpus.slips import wrong_leaves
from tests.corpus.wrong_gradients import WRONG_GRADIENTS, Gradient, Wrong, right
from tests.rnn.regimes import REGIMES, Case, cases

points = points_of_network(elman.cell(), half_squared_error, every_step=False, max_size=4)
FIFTY_STEPS = 6  # a seed of the long regime that gives T = 50, in float64
kinds = pytest.mark.parametrize("mistake", WRONG_GRADIENTS, ids=lambda mistake: mistake.kind)


@pytest.mark.parametrize("mistake", [m for m in WRONG_GRADIENTS if m.smallest], ids=lambda mistake: mistake.kind)
def test_a_mistake_is_refuted_at_the_smallest_sizes_at_which_it_shows(mistake: Wrong) -> None:
    def is_wrong(point: PointOfNetwork) -> bool:
        report = judge_gradient(network.loss, partial(mistake.gradient, sigmoid), tuple(point.arguments))
        return mistake.by in wrong_leaves(report)

    found = find_smallest(points, is_wrong, seed=0)
    assert found is not None
    assert sizes(found) == mistake.smallest


def judged(case: Case, gradient: Gradient) -> Report:
    loss = partial(network.loss, cell=elman.cell(case.activation))
    return judge_gradient(loss, partial(gradient, case.activation), tuple(case.point))


@pytest.mark.parametrize("regime", REGIMES)
@given(st.data())
@settings(max_examples=10)
def test_the_same_loop_without_a_mistake_is_right_in_every_regime(regime: str, data: st.DataObject) -> None:
    report = judged(data.draw(cases(regime)), right)
    assert report.verdict == "right"
    assert report.arithmetic.verdict == "right"


@pytest.mark.parametrize("regime", REGIMES)
def test_every_mistake_is_refuted_where_it_exceeds_the_rounding_of_the_right_gradient(regime: str) -> None:
    found = tally(regime, cases=1, seed=FIFTY_STEPS if regime == "long" else 0)
    assert found.pairs["live"] > 0
    assert found.caught["live"] == found.pairs["live"]
    assert found.false_alarms == 0


def test_one_step_off_by_one_in_ten_thousand_million_is_caught() -> None:
    """In sums to which that step adds as little as a 100,000th: less would be a few roundings of the sum."""
    assert detection_floor(seed=0) <= 1e-10


@kinds
def test_a_mistake_changes_the_floats_of_the_leaf_that_it_names(mistake: Wrong) -> None:
    """So that none of them is a mistake in name only; the right steps, in the same order of operations, change none."""
    normal = np.random.default_rng(0).normal
    cell = Cell(normal(size=(3, 2)), normal(size=(3, 3)), 20 * normal(size=3))
    weights = network.Weights(cell, normal(size=(2, 3)))
    point = (weights, normal(size=(2, 3)), normal(size=(5, 2, 2)), 1e6 * normal(size=(2, 2)))
    leaf = operator.attrgetter(mistake.by)
    assert np.array_equal(leaf(right(sigmoid, *point)), leaf(right(sigmoid, *point)))
    assert not np.array_equal(leaf(right(sigmoid, *point)), leaf(mistake.gradient(sigmoid, *point)))


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_a_detour_is_wrong_by_its_floats_alone(dtype: str) -> None:
    (mistake,) = (mistake for mistake in WRONG_GRADIENTS if mistake.kind == f"{dtype} detour")
    normal = np.random.default_rng(0).normal
    cell = Cell(normal(size=(3, 2)), normal(size=(3, 3)), normal(size=3))
    point = (network.Weights(cell, normal(size=(2, 3))), normal(size=3), normal(size=(5, 2)), normal(size=2))
    report = judge_gradient(network.loss, partial(mistake.gradient, sigmoid), point)
    assert (report.formula.verdict, report.arithmetic.verdict, report.verdict) == ("right", "wrong", "wrong")
