"""Attempts to mislead the verdict."""

from typing import Any

import numpy as np
import pytest

from bptt.verify import judge_gradient
from tests.corpus.slips import BALLS, found, wrong_leaves
from tests.verify.test_numpy_layers import Regression

Array = Any

normal = np.random.default_rng(0).normal
X = np.array([0.5, -1.25, 2.0])
W = np.array([1.0, 2.0, -3.0])
M = normal(size=(3, 4))


@pytest.mark.parametrize("step", [1e-3, 1e-5])
def test_a_difference_quotient_is_no_gradient(step: float) -> None:
    def gradient(x: Array) -> Any:
        return ((x + step) ** 3 - (x - step) ** 3) / (2 * step)

    assert judge_gradient(lambda x: (x**3).sum(), gradient, (X,)).formula.verdict == "wrong"


@pytest.mark.parametrize(
    "gradient",
    [
        lambda x: 3 * x if x.dtype == np.float64 else 2 * x,
        lambda x: 3 * x if np.issubdtype(x.dtype, np.floating) else 2 * x,
        lambda x: [3 * v if isinstance(v, float) else 2 * v for v in x],
    ],
    ids=["by dtype", "by kind", "by the type of an entry"],
)
def test_a_gradient_that_asks_for_types_is_judged_by_what_it_does_on_floats(gradient: Any) -> None:
    report = judge_gradient(lambda x: (x**2).sum(), gradient, (X,))
    assert (report.formula.verdict, report.arithmetic.verdict) == ("wrong", "right")
    np.testing.assert_array_equal(report.formula.leaves[0].reference_values, [1.0, -2.5, 4.0])
    assert judge_gradient(lambda x: 1.5 * (x**2).sum(), gradient, (X,)).verdict == "right"


def test_a_gradient_that_is_right_on_balls_alone_is_wrong_by_its_floats() -> None:
    gradient = lambda x: 3 * x if type(x) is np.ndarray else 2 * x  # noqa: E731
    report = judge_gradient(lambda x: (x**2).sum(), gradient, (X,))
    assert (report.verdict, report.arithmetic.verdict) == ("wrong", "wrong")


def test_an_f_that_uses_the_parameters_of_an_object_for_its_argument_is_not_right() -> None:
    model = Regression()
    report = judge_gradient(lambda w: model.loss(M[:, 0]), lambda w: model.error * model.x.sum(), (X,))
    assert report.verdict == "undecided"
    assert report.reason == "f does not depend on its arguments: does it keep what it computed first?"


def test_gradients_that_are_added_up_from_call_to_call_are_not_right_without_a_note() -> None:
    kept = [0 * X]

    def gradient(x: Array) -> Any:
        kept.append(kept[-1] + [2 * float(v) for v in x])
        return kept[-1]

    report = judge_gradient(lambda x: (x**2).sum(), gradient, (X,))
    assert report.notes == ("a second call of gradient returns something else by x",)


def test_a_gradient_may_return_the_same_buffer_each_time() -> None:
    kept: dict[str, Any] = {}

    def gradient(x: Array) -> Any:
        g = kept.setdefault(str(x.dtype), 0 * x)
        g[...] = 2 * x
        return g

    assert found(judge_gradient(lambda x: (x**2).sum(), gradient, (X,)))[:2] == BALLS[:2]


def test_noise_of_its_own_is_not_taken_for_rounding() -> None:
    random = np.random.default_rng(0)
    report = judge_gradient(lambda x: (x**2).sum(), lambda x: 2 * x * (1 + 1e-9 * random.random()), (X,))
    assert report.formula.verdict == "wrong"
    assert report.notes == ("a second call of gradient returns something else by x",)


@pytest.mark.parametrize("threshold", [4.0, 5.0])
def test_clipping_is_right_up_to_the_very_threshold(threshold: float) -> None:
    def gradient(x: Array, limit: float = threshold) -> Any:
        return np.clip(2 * x, -limit, limit)

    assert judge_gradient(lambda x: (x**2).sum(), gradient, (X,)).verdict == "right"
    below = judge_gradient(lambda x: (x**2).sum(), lambda x: gradient(x, 4 * (1 - 1e-13)), (X,))
    assert below.verdict == "wrong"


def test_masks_of_floats_are_right_by_balls() -> None:
    def f(x: Array) -> Any:
        mask = np.zeros_like(x)
        mask[x > 0] = 1
        return ((mask * x + (1 - mask) * x**2) * W).sum() + x[mask == 1].sum()

    def gradient(x: Array, base: int = 2) -> Any:
        mask = (x > 0).astype(float)
        return (mask + (1 - mask) * base * x) * W + mask

    assert found(judge_gradient(f, gradient, (X,))) == BALLS
    assert judge_gradient(f, lambda x: gradient(x, base=1), (X,)).verdict == "wrong"


def test_gradients_by_names_in_the_wrong_order_are_wrong() -> None:
    def f(p: Any, x: Array) -> Any:
        return (p["layers"][0] @ x) ** 2 + p["layers"][1] @ x

    def gradient(p: Any, x: Array) -> Any:
        return 2 * (p["layers"][0] @ x) * x, x

    point = ({"layers": [W, X]}, X)
    names = ("p['layers'][0]", "p['layers'][1]")
    assert found(judge_gradient(f, gradient, point, wrt=names)) == BALLS
    assert wrong_leaves(judge_gradient(f, gradient, point, wrt=names[::-1])) == set(names)


def test_an_array_given_twice_is_two_arguments() -> None:
    assert found(judge_gradient(lambda a, b: (a * b).sum(), lambda a, b: (b, a), (X, X))) == BALLS
    assert wrong_leaves(judge_gradient(lambda a, b: (a * b).sum(), lambda a, b: (2 * a, a), (X, X))) == {"a"}


@pytest.mark.parametrize("error", [1e-3, 1e-6])
def test_a_slip_does_not_hide_behind_a_bound_that_says_nothing(error: float) -> None:
    """The logistic map, 60 times: the bounds of its floats are as wide as the numbers; the floats have 8 digits."""

    def f(x: Any) -> Any:
        h = 0.1
        for _ in range(60):
            h = 3.6 * h * (1 - h) + 0.01 * x
        return h

    def gradient(x: Any) -> Any:
        h, slope = 0.1, 0.0
        for _ in range(60):
            h, slope = 3.6 * h * (1 - h) + 0.01 * x, 3.6 * (1 - 2 * h) * slope + 0.01
        return slope

    assert judge_gradient(f, gradient, (0.3,)).verdict == "right"
    assert judge_gradient(f, lambda x: gradient(x) * (1 + error), (0.3,)).verdict != "right"
