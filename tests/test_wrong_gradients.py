"""Each kind of mistake is refuted, at the smallest sizes at which it shows, and the right steps are not accused."""

import operator

import numpy as np
import pytest
from hypothesis import given

from bptt import network
from bptt.elman import Weights as Cell
from bptt.network import Arguments
from bptt.shipped import network_points, sizes
from bptt.verify import Report, assert_gradient, check_gradient
from bptt.verify.survey import Subject, smallest_counterexample
from tests.wrong_gradients import WRONG_GRADIENTS, Steps, Wrong, backward

points = network_points("... y", max_size=4)


@pytest.mark.parametrize("mistake", WRONG_GRADIENTS, ids=lambda mistake: mistake.kind)
def test_a_mistake_is_refuted_at_the_smallest_sizes_at_which_it_shows(mistake: Wrong) -> None:
    def check(point: Arguments) -> Report:
        return check_gradient(network.loss, mistake.gradient, tuple(point))

    found = smallest_counterexample(Subject(mistake.kind, check, points, sizes), mistake.by, seed=0)
    assert found is not None
    assert found.sizes == mistake.smallest


@given(points)
def test_the_same_loop_without_a_mistake_is_right(point: Arguments) -> None:
    assert_gradient(network.loss, lambda *arguments: backward(Steps(), *arguments), tuple(point))


@pytest.mark.parametrize("mistake", WRONG_GRADIENTS, ids=lambda mistake: mistake.kind)
def test_a_mistake_changes_the_floats_of_the_leaf_that_it_names(mistake: Wrong) -> None:
    """So that none of them is a mistake in name only; the right steps, in the same order of operations, change none."""
    normal = np.random.default_rng(0).normal
    cell = Cell(normal(size=(3, 2)), normal(size=(3, 3)), normal(size=3))
    point = (
        network.Weights(cell, normal(size=(2, 3))),
        normal(size=(2, 3)),
        normal(size=(5, 2, 2)),
        normal(size=(2, 2)),
    )
    leaf = operator.attrgetter(mistake.by)
    right = leaf(backward(Steps(), *point))
    assert np.array_equal(right, leaf(backward(Steps(), *point)))
    assert not np.array_equal(right, leaf(mistake.gradient(*point)))
