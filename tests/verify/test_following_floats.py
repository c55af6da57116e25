"""Loops that end where their floats stand still: what is judged is the computation that took place."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from bptt.verify import judge_gradient
from tests.corpus.slips import Case

Array = Any


def root_by_newton(a: Array) -> Array:
    y = 0.5 * (1 + a)
    for _ in range(100):
        better = 0.5 * (y + a / y)
        if np.allclose(better, y, rtol=0, atol=1e-15):
            break
        y = better
    return y


def anomaly(mean: Any, e: Any) -> Any:
    """Solve Kepler's E − e sin E = M."""
    E = mean
    while True:
        step = (E - e * np.sin(E) - mean) / (1 - e * np.cos(E))
        E = E - step
        if abs(step) < 1e-13:
            return E


def position_bar(mean: Any, e: Any, shift: float = 0.0) -> Any:
    """x = cos E: dE/dM = 1/(1 − e cos E), dE/de = sin E/(1 − e cos E)."""
    E = anomaly(mean, e)
    slope = -np.sin(E) / (1 - e * np.cos(E) + shift)
    return slope, slope * np.sin(E)


def bessel(x: Array, order: int = 0) -> Any:
    """Sum Jₙ(x) until a term no longer shows."""
    k, term, total = 0, (x / 2) ** order, 0 * x
    while np.any(total + term != total):
        total = total + term
        k += 1
        term = -term * x * x / (4 * k * (k + order))
    return total


def top_eigenvector(A: Array) -> Any:
    v = np.ones(len(A)) / np.sqrt(len(A))
    for _ in range(400):
        before, v = v, A @ v
        v = v / np.sqrt(v @ v)
        if np.array_equal(v, before):
            break
    return v


def largest_eigenvalue(A: Array) -> Any:
    v = top_eigenvector(A)
    return v @ A @ v


def of_eigenvalue(A: Array, scale: float = 1.0) -> Any:
    v = top_eigenvector(A)
    return scale * np.outer(v, v)


def implicit_tanh(w: Any) -> Any:
    """h = tanh(w h + 1), a fixed point: an equilibrium layer of one unit."""
    h, last = 0.0, None
    while h != last:
        h, last = np.tanh(w * h + 1), h
    return h


def implicit_slope(w: Any, kept: float = 1.0) -> Any:
    h = implicit_tanh(w)
    return (1 - h * h) * h / (1 - kept * w * (1 - h * h))


SPD = np.array([[3.0, 0.5, 0.25], [0.5, 1.0, -0.125], [0.25, -0.125, 0.5]])

LOOPS = {
    "Newton's root": Case(
        lambda a: root_by_newton(a).sum(),
        lambda a: 0.5 / root_by_newton(a),
        lambda a: 0.5 / (root_by_newton(a) + 1e-9),
        (np.array([0.3, 2.0, 9.5]),),
    ),
    "Kepler's equation": Case(
        lambda M, e: np.cos(anomaly(M, e)), position_bar, lambda M, e: position_bar(M, e, 1e-8), (0.8, 0.3)
    ),
    "Bessel's series": Case(
        lambda x: bessel(x).sum(),
        lambda x: -bessel(x, 1),
        lambda x: -bessel(x, 1) * (1 + 1e-6),
        (np.array([0.5, 2.5, -4.0]),),
    ),
    "power iteration": Case(largest_eigenvalue, of_eigenvalue, lambda A: of_eigenvalue(A, 1 + 1e-6), (SPD,)),
    "a fixed point": Case(implicit_tanh, implicit_slope, lambda w: implicit_slope(w, 0.999), (0.6,)),
}


@pytest.mark.parametrize("case", LOOPS.values(), ids=LOOPS)
def test_a_loop_that_ends_on_its_floats_is_right_to_what_they_show(case: Case) -> None:
    report = judge_gradient(case.f, case.gradient, case.point)
    assert report.verdict == "right"
    assert report.formula.reference == "by ball arithmetic"
    assert all(leaf.digits is None or leaf.digits >= 12 for leaf in report.formula.leaves)


@pytest.mark.parametrize(("name", "case"), LOOPS.items(), ids=LOOPS)
def test_a_slip_in_one_is_not_right(name: str, case: Case) -> None:
    report = judge_gradient(case.f, case.slip, case.point)
    # In 36 steps of power iteration balls around rounded constants grow so wide that they explain whatever it is.
    assert report.verdict == ("undecided" if name == "power iteration" else "wrong")
    assert report.formula.reference == "by ball arithmetic"


def test_a_loop_that_ended_early_is_judged_as_far_as_it_went() -> None:
    """Three steps of Heron's method are no root, and have a derivative of their own."""

    def three_steps(a: Any, tolerance: float = 1e-2) -> Any:
        y = a
        while abs(y * y - a) > tolerance:
            y = (y + a / y) / 2
        return y

    def by_hand(a: Any, tolerance: float = 1e-2) -> Any:
        y, slope = a, 1.0
        while abs(y * y - a) > tolerance:
            y, slope = (y + a / y) / 2, (slope + 1 / y - a * slope / (y * y)) / 2
        return slope

    assert judge_gradient(three_steps, by_hand, (3.0,)).verdict == "right"
    assert judge_gradient(three_steps, lambda a: 0.5 / np.sqrt(a), (3.0,)).verdict == "wrong"


def test_a_loop_whose_value_stands_still_before_its_vector_does_is_accused_of_nothing() -> None:
    def rayleigh(A: Array, last: float = 0.0) -> Any:
        v = np.ones(len(A))
        value = v @ A @ v / (v @ v)
        while value != last:
            v, last = A @ v / np.sqrt(v @ v), value
            value = v @ A @ v / (v @ v)
        return value

    assert judge_gradient(rayleigh, of_eigenvalue, (SPD,)).verdict != "wrong"
    assert judge_gradient(rayleigh, lambda A: of_eigenvalue(A, 1 + 1e-6), (SPD,)).verdict == "wrong"


def test_a_comparison_with_a_tolerance_goes_as_on_floats() -> None:
    for compare in (np.allclose, np.array_equal, lambda a, b: np.isclose(a, b).all()):
        f = lambda x, same=compare: (x**2).sum() if same(x / 3 * 3, x) else (x**3).sum()  # noqa: E731
        assert judge_gradient(f, lambda x: 2 * x, (np.array([0.5, 3.0]),)).verdict == "right"
        assert judge_gradient(f, lambda x: 3 * x**2, (np.array([0.5, 3.0]),)).verdict == "wrong"


def test_an_index_and_a_length_go_as_on_floats() -> None:
    knots = np.array([0.0, 1.0, 4.0, 9.0])

    def interpolate(x: Any) -> Any:
        n = int(np.searchsorted(np.array([0.0, 1.0, 2.0, 3.0]), x)) - 1
        return knots[n] + (x - n) * (knots[n + 1] - knots[n])

    assert judge_gradient(interpolate, lambda x: 5.0 + 0 * x, (2.25,)).verdict == "right"
    assert judge_gradient(interpolate, lambda x: 3.0 + 0 * x, (2.25,)).verdict == "wrong"


def test_a_loop_that_would_never_end_by_exact_numbers_ends() -> None:
    def f(x: Any) -> Any:
        s = x
        while s + 1e-17 > s:
            s = s + 1e-17
        return s * s

    assert judge_gradient(f, lambda x: 2 * x, (1.5,)).verdict == "right"
    assert judge_gradient(f, lambda x: 2 * x * (1 + 1e-6), (1.5,)).verdict == "wrong"


def sum_series(x: Any, divide: Callable[[int], Any]) -> Any:
    """Σ x^n / (n! d(n)), until its terms are below a rounding."""
    total, term, n = 0.0 * x, 1.0 + 0.0 * x, 0
    while n < 2 or abs(term / divide(n)) > 2.0**-52 * abs(total):
        total = total + term / divide(n)
        n += 1
        term = term * x / n
    return total


@pytest.mark.parametrize("x", [0.4, 2.9, 17.0])
def test_series_that_are_cut_below_a_rounding_agree_to_the_digits_said(x: float) -> None:
    """f, (e^x − 1) / x, is cut where its own terms are small, its derivative where the others are."""
    f = lambda x: sum_series(x, lambda n: n + 1)  # noqa: E731
    gradient: Any = lambda x: sum_series(x, lambda n: n + 2)  # noqa: E731
    report = judge_gradient(f, gradient, (x,))
    assert (report.verdict, report.formula.reference) == ("right", "by ball arithmetic")
    assert report.formula.leaves[0].digits in (14, 15)
    assert judge_gradient(f, lambda x: gradient(x) * (1 + 1e-13), (x,)).verdict == "wrong"
