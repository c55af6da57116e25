"""A kind is named where it holds at other points, too; and the part that holds the wrong entries."""

import gc
from typing import Any

import numpy as np
import pytest

from bptt.rnn.arrays import Array
from bptt.verify._problem import Arguments, Problem
from bptt.verify.diagnosis import Diagnosis, Point, diagnose
from bptt.verify.diagnosis._diagnosis import _choose_kind
from bptt.verify.diagnosis._graph import Graph
from bptt.verify.diagnosis._kind import Form
from tests.corpus.floats_only import take_float
from tests.verify.diagnosis.recurrent_network import (
    NAMES,
    Gradient,
    backward,
    describe_kind,
    diagnose_at,
    draw_point,
    loss,
)

X = np.array([0.5, -1.0, 2.0])


def test_a_kind_must_hold_at_other_values_too() -> None:
    """At this point alone, the gradient is twice the true one."""
    x = np.array([0.5, 0.5])
    assert diagnose_at(lambda x: (x * x).sum(), lambda x: 8 * x * x, (x,), "x").kind is None


def test_a_factor_seen_at_one_set_of_sizes_comes_with_three_sizes_that_it_may_be() -> None:
    names = ["1/T", "1/B", "1/D", "1/N"]
    kinds = [Form.SCALED.describe(factor="1/5")]
    kinds += [Form.AVERAGED.describe(factor=name, is_one_size=True) for name in names]
    assert _choose_kind(kinds, True).text == "1/5 times the true one, or 1/T or 1/B or 1/D times"
    assert _choose_kind(kinds, False) == kinds[0]


def test_what_runs_on_floats_alone_has_no_kind() -> None:
    x = np.array([0.5, 0.25])
    found = diagnose_at(lambda x: (x * x).sum(), lambda x: np.array([-2 * take_float(v) for v in x]), (x,), "x")
    assert found == Diagnosis("x")


def test_nothing_that_was_looked_at_waits_for_the_collector() -> None:
    gc.collect()
    gc.disable()
    try:
        found = diagnose_at(loss, lambda *at: backward(*at, beside=lambda xs, t: xs[t - 1]), draw_point(), "U", NAMES)
        left = [one for one in gc.get_objects() if type(one) is Graph]
    finally:
        gc.enable()
    assert found.kind
    assert left == []


@pytest.mark.parametrize(
    ("index", "where"),
    [
        ((0,), "the first index of axis 0"),
        ((-1, 0), "the last index of axis 0, the first index of axis 1"),
        ((slice(1, None),), "all but the first index of axis 0"),
        ((2, slice(None), 1), "index 2 of axis 0, index 1 of axis 2"),
        ((slice(None),), ""),
    ],
)
def test_the_part_that_holds_the_wrong_entries_is_named(index: Any, where: str) -> None:
    def gradient(*arguments: Any) -> tuple[Any, ...]:
        *others, xs_bar, k_bar = backward(*arguments)
        xs_bar = xs_bar.copy()
        xs_bar[index] = xs_bar[index] * xs_bar[index]
        return *others, xs_bar, k_bar

    assert diagnose_at(loss, gradient, draw_point(), "xs", NAMES).where == where


@pytest.mark.parametrize(
    ("f", "gradient", "x"),
    [
        (lambda x: x.max(), lambda x: np.array([1.0, 0.0, 0.0]), np.array([0.1, 0.2, 5.0])),
        (lambda x: np.tanh(x + 1).sum(), lambda x: x, 0 * X),
        (lambda x: np.maximum(x, 0).sum() * 2, lambda x: 1 + 0 * x, abs(X)),
        (lambda x: (3 * x).sum(), lambda x: np.sign(x) + 0 * x, X),
        (lambda x: (x * x).sum(), lambda x: np.minimum(2 * x, 1), abs(X)),
        (lambda x: (100 * x**3 + 300 * x).sum(), lambda x: 1 + 0 * x, X),
        (lambda x: np.log(1 + np.exp(x)).sum(), lambda x: 1 - 1e-3 * np.exp(-x), 20 + abs(X)),
        (lambda x: (x * x).sum(), lambda x: 2 * x * (1 + 1e-9), X),
        (lambda x: (x * x).sum() * 1e200, lambda x: x * 1e-200, X),
        (lambda x: (x * x).sum() * 1e-200, lambda x: x * 1e200, X),
    ],
)
def test_what_holds_at_such_values_alone_is_not_named(f: Any, gradient: Gradient, x: Array) -> None:
    assert describe_kind(f, gradient, (x,), "x") == ""


def test_points_at_which_all_is_saturated_do_not_hide_a_kind() -> None:
    def f(W: Array) -> Any:
        return np.tanh(W @ np.array([1.0, -2.0, 0.5])).sum()

    def transposed(W: Array) -> Any:
        return np.outer(1 - np.tanh(W @ np.array([1.0, -2.0, 0.5])) ** 2, np.array([1.0, -2.0, 0.5])).T

    W = np.random.default_rng(0).normal(size=(2, 3))
    points = [Point(Problem(f, transposed, Arguments(f, (scale * W,)))) for scale in (1.0, 1e6, 0.5)]
    (found,) = diagnose(points, ["W"])
    assert found.kind == Form.TRANSPOSED.describe()
    (none,) = diagnose([points[1]], ["W"])
    assert none.kind is None
