"""Inverses, determinants and products of matrices: values by NumPy, derivatives by differences on balls."""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from flint import arb

from bptt.balls import use_precision
from bptt.proofread import _expressions as ex
from bptt.proofread._expressions import Claim, Definitions, Entry, Expression, Quantity, Range, Step
from bptt.proofread.evaluation import Agreement, Budget, Difference, Outcome, compare
from bptt.proofread.evaluation._arrays import spread
from bptt.proofread.evaluation._evaluate import Evaluator
from bptt.proofread.evaluation._points import Point
from bptt.proofread.evaluation._setting import Setting

n = ("hidden",)
A, B, c = Quantity("A", (n, n), False), Quantity("B", (n, n), False), Quantity("c", (), False)
x = Quantity("x", (), True)
RANGES: dict[str, Range] = dict.fromkeys("ijklpqrsuw", n)
POINT = Point({"hidden": 3}, steps=3, seed=6)
T0 = Step("t", 0)


@pytest.fixture(autouse=True)
def digits() -> Iterator[None]:
    with use_precision(60):
        yield


def entry(quantity: Quantity, letters: str = "", step: Step | None = None) -> Entry:
    return Entry(quantity, step, tuple(letters))


def balls(node: Expression, indices: str = "") -> Any:
    evaluator = Evaluator(Setting(Definitions(), RANGES, (), Budget()), POINT)
    array = evaluator.evaluate(node, {})
    return np.broadcast_to(spread(array, tuple(indices)), (3,) * len(indices))


def floats(node: Expression, indices: str = "") -> Any:
    values = balls(node, indices)
    return np.array([float(ball.mid()) for ball in values.ravel()]).reshape(values.shape)


def inverse(body: Expression, letters: str) -> ex.OfMatrix:
    return ex.OfMatrix("inverse", body, ("r", "s"), tuple(letters))


def number(name: Any, body: Expression) -> ex.OfMatrix:
    return ex.OfMatrix(name, body, ("r", "s"))


def test_the_values_are_those_of_numpy() -> None:
    matrix = floats(entry(A, "ij"), "ij")
    np.testing.assert_allclose(floats(inverse(entry(A, "rs"), "kl"), "kl"), np.linalg.inv(matrix), rtol=1e-12)
    np.testing.assert_allclose(floats(inverse(entry(A, "sr"), "kl"), "kl"), np.linalg.inv(matrix).T, rtol=1e-12)
    np.testing.assert_allclose(floats(inverse(entry(A, "rs"), "kk"), "k"), np.diag(np.linalg.inv(matrix)), rtol=1e-12)
    np.testing.assert_allclose(floats(number("det", entry(A, "rs"))), np.linalg.det(matrix), rtol=1e-12)
    square = ex.Total("k", ex.Times((entry(A, "rk"), entry(A, "sk"))))
    np.testing.assert_allclose(floats(number("log det", square)), np.linalg.slogdet(matrix @ matrix.T)[1], rtol=1e-12)


def test_a_matrix_of_further_indices_is_inverted_for_each_of_them() -> None:
    shifted = ex.Plus((entry(A, "rs"), ex.Times((ex.Delta("r", "s"), entry(B, "kl")))))
    shifts = floats(entry(B, "kl"), "kl")
    values = floats(inverse(shifted, "ij"), "klij")
    expected = np.linalg.inv(floats(entry(A, "ij"), "ij") + shifts[..., None, None] * np.eye(3))
    np.testing.assert_allclose(values, expected, rtol=1e-11)


def test_a_singular_matrix_has_no_inverse() -> None:
    outer = ex.Times((entry(A, "rr"), entry(A, "ss")))
    assert not balls(inverse(outer, "ij"), "ij")[0, 0].is_finite()
    assert not balls(inverse(ex.ZERO, "ij"), "ij")[0, 0].is_finite()


def shift(node: Expression, by: Fraction) -> Expression:
    """Put c + `by` in place of c."""
    if node == entry(c):
        return ex.Plus((node, ex.Constant(by)))
    match node:
        case ex.Plus():
            return ex.Plus(tuple(shift(term, by) for term in node.terms))
        case ex.Times():
            return ex.Times(tuple(shift(factor, by) for factor in node.factors))
        case ex.OfMatrix():
            return ex.OfMatrix(node.name, shift(node.body, by), node.inner, node.outer)
        case ex.MatrixProduct():
            body = shift(node.body, by)
            return ex.MatrixProduct(node.letter, node.first, node.last, body, node.inner, node.outer, node.descending)
    return node


LINE = ex.Plus((entry(A, "rs"), ex.Times((entry(c), entry(B, "rs")))))
CURVE = ex.Plus((entry(A, "rs"), ex.Times((entry(c), entry(c), entry(B, "rs")))))
STEPWISE = ex.Plus((entry(A, "rs"), ex.Times((entry(c), entry(c), entry(x, "", T0), entry(B, "rs")))))
GRAM = ex.Plus(
    (ex.Total("k", ex.Times((entry(A, "rk"), entry(A, "sk")))), ex.Times((entry(c), entry(c), ex.Delta("r", "s"))))
)


def over_steps(descending: bool, last: Step = ex.LAST_STEP) -> ex.MatrixProduct:
    return ex.MatrixProduct("t", Step("", 1), last, STEPWISE, ("r", "s"), ("i", "j"), descending)


@pytest.mark.parametrize(
    ("node", "indices"),
    [
        (inverse(LINE, "ij"), "ij"),
        (inverse(CURVE, "ij"), "ij"),
        (number("det", CURVE), ""),
        (number("log det", GRAM), ""),
        (ex.Times((entry(c), number("det", LINE), inverse(LINE, "ij"))), "ij"),
        (over_steps(descending=True), "ij"),
        (over_steps(descending=False), "ij"),
        (over_steps(True, Step("", 1)), "ij"),
    ],
)
@pytest.mark.parametrize("order", [1, 2])
def test_a_derivative_is_the_limit_of_differences(node: Expression, indices: str, order: int) -> None:
    by = Fraction(1, 10**15)
    derivative: Expression = node
    for _ in range(order - 1):
        derivative = ex.Partial(derivative, entry(c))
    after, before = shift_derivative(node, by, order - 1), shift_derivative(node, -by, order - 1)
    difference = (balls(after, indices) - balls(before, indices)) * arb(10) ** 15 / 2
    slope = balls(ex.Partial(derivative, entry(c)), indices)
    error = max(abs(value) for value in np.atleast_1d(slope - difference).ravel())
    assert error < arb(10) ** -18  # the square of 1e-15, times a third derivative
    assert max(abs(value) for value in np.atleast_1d(slope).ravel()) > arb(10) ** -3


def shift_derivative(node: Expression, by: Fraction, order: int) -> Expression:
    """The derivative, at c + `by`."""
    shifted = shift(node, by)
    for _ in range(order):
        shifted = ex.Partial(shifted, entry(c))
    return shifted


def compared(left: Expression, right: Expression, free: str, said: Mapping[Quantity, Any] | None = None) -> Outcome:
    return compare(Claim(left, right, tuple(free), (), RANGES, None), Definitions(), Budget(), said)


@pytest.mark.parametrize(
    ("left", "right", "wrong", "free"),
    [
        (
            ex.Partial(inverse(entry(A, "rs"), "ij"), entry(A, "kl")),
            ex.negate(ex.Times((inverse(entry(A, "rs"), "ik"), inverse(entry(A, "rs"), "lj")))),
            ex.negate(ex.Times((inverse(entry(A, "rs"), "il"), inverse(entry(A, "rs"), "kj")))),
            "ijkl",
        ),
        (
            ex.Partial(number("det", entry(A, "rs")), entry(A, "kl")),
            ex.Times((number("det", entry(A, "rs")), inverse(entry(A, "rs"), "lk"))),
            ex.Times((number("det", entry(A, "rs")), inverse(entry(A, "rs"), "kl"))),
            "kl",
        ),
        (
            ex.Partial(number("log det", entry(A, "rs")), entry(A, "kl")),
            inverse(entry(A, "rs"), "lk"),
            inverse(entry(A, "rs"), "kl"),
            "kl",
        ),
        (
            ex.Total("k", ex.Times((entry(A, "ik"), inverse(entry(A, "rs"), "kj")))),
            ex.Delta("i", "j"),
            ex.ONE,
            "ij",
        ),
    ],
)
def test_what_is_known_of_matrices_holds_and_its_transpose_does_not(
    left: Expression, right: Expression, wrong: Expression, free: str
) -> None:
    assert isinstance(compared(left, right, free), Agreement)
    assert isinstance(compared(left, wrong, free), Difference)


def test_the_gradient_of_a_log_determinant_has_no_transpose_where_the_matrix_is_symmetric() -> None:
    slope = ex.Partial(number("det", entry(A, "rs")), entry(A, "kl"))
    right = ex.Times((number("det", entry(A, "rs")), inverse(entry(A, "rs"), "kl")))
    assert isinstance(compared(slope, right, "kl", {A: frozenset(("symmetric",))}), Agreement)
