"""How many digits the floats have, guaranteed and measured; where none is right a reader is told."""

from typing import Any

import numpy as np
import pytest

from bptt.verify import GradientWarning, check_gradient, judge_gradient

Array = Any


def embedding_loss(E: Array, W: Array) -> Any:
    """Rows of E that one-hot vectors choose; the others have gradient 0."""
    one_hot = np.eye(5)[[0, 3, 3]]
    return (np.tanh(one_hot @ E @ W) ** 2).sum()


def of_embedding(E: Array, W: Array, scale: float = 2.0) -> tuple[Array, Array]:
    one_hot = np.eye(5)[[0, 3, 3]]
    h = one_hot @ E
    y = np.tanh(h @ W)
    δ = scale * y * (1 - y * y)
    return one_hot.T @ (δ @ W.T), h.T @ δ


POINT = tuple(np.random.default_rng(7).normal(size=shape) for shape in ((5, 3), (3, 2)))


def test_zeros_that_are_exact_do_not_cost_the_guaranteed_digits() -> None:
    report = judge_gradient(embedding_loss, of_embedding, POINT)
    assert report.verdict == "right"
    by_E, _ = report.arithmetic.leaves
    assert (by_E.digits or 0) >= 11
    assert (by_E.measured or 0) >= 13
    assert judge_gradient(embedding_loss, lambda E, W: of_embedding(E, W, 2 + 1e-9), POINT).verdict == "wrong"


def test_a_number_where_a_zero_is_exact_is_wrong() -> None:
    def gradient(E: Array, W: Array) -> Any:
        by_E, by_W = of_embedding(E, W)
        return by_E + 1e-300 * (np.arange(5) == 1)[:, None], by_W

    report = judge_gradient(embedding_loss, gradient, POINT)
    assert [leaf.path for leaf in report.wrong_leaves] == ["E"]


def test_what_acts_on_f_by_next_to_nothing_is_no_loss() -> None:
    report = check_gradient(np.tanh, lambda x: 1 - np.tanh(x) ** 2, (40.0,))
    assert report.arithmetic.leaves[0].measured == 0
    assert report.lost_digits == ()


@pytest.mark.parametrize("x", [19.0, 20.0])
def test_a_derivative_that_floats_have_lost_is_right_as_a_formula_and_warned_of(x: float) -> None:
    f, gradient = np.tanh, lambda x: 1 - np.tanh(x) ** 2
    report = judge_gradient(f, gradient, (x,))
    assert report.verdict == "right"
    assert report.arithmetic.leaves[0].measured == 0
    (lost,) = report.lost_digits
    assert lost.startswith("x is 0 on floats, ")
    assert lost.endswith("in truth: no digit of it is right")
    with pytest.warns(GradientWarning, match="no digit of it is right"):
        check_gradient(f, gradient, (x,))


def test_the_form_that_keeps_its_digits_is_not_warned_of() -> None:
    f, point = lambda x: np.tanh(x).sum(), np.linspace(20, 25, 9)
    report = judge_gradient(f, lambda x: 1 / np.cosh(x) ** 2, (point,))
    assert (report.verdict, report.lost_digits) == ("right", ())
    assert (report.arithmetic.leaves[0].measured or 0) >= 14
    assert judge_gradient(f, lambda x: 2 / np.cosh(x) ** 2, (point,)).verdict == "wrong"


def test_the_entry_that_has_lost_its_digits_is_named() -> None:
    report = judge_gradient(lambda x: np.tanh(x).sum(), lambda x: 1 - np.tanh(x) ** 2, (np.array([0.5, 20.0, 1.0]),))
    (lost,) = report.lost_digits
    assert lost.startswith("x[1] is 0 on floats, ")


def test_measured_digits_are_at_least_the_guaranteed_ones() -> None:
    def f(x: Array) -> Any:
        return np.log(np.exp(x).sum())

    report = judge_gradient(f, lambda x: np.exp(x) / np.exp(x).sum(), (np.linspace(-3, 3, 40),))
    (leaf,) = report.arithmetic.leaves
    assert (leaf.measured or 0) >= (leaf.digits or 0) >= 12


def test_an_exact_gradient_has_no_digits_to_measure() -> None:
    (leaf,) = judge_gradient(lambda x: (x * x).sum(), lambda x: 2 * x, (np.array([0.5, 3.0]),)).arithmetic.leaves
    assert leaf.measured is None
    assert leaf.verdict == "right"
