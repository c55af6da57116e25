"""Numbers without axes, as code picks and mixes them: they stay balls, of the type that they have on floats."""

from typing import Any

import numpy as np
import pytest

from bptt.verify import judge_gradient
from tests.corpus.floats_only import take_float
from tests.corpus.slips import BALLS, Case, found

Array = Any
COLUMNS: Any = (slice(None), np.array([0, 1, 1, 3]))


def safe_cube(x: Array) -> Any:
    squared = x @ x
    return np.where(squared == 0, 0.0, np.sqrt(np.where(squared == 0, 1.0, squared))) ** 3


def add_columns(x: Array) -> Any:
    z = np.zeros((2, 4))
    np.add.at(z, COLUMNS, x)
    return z


def of_windows(x: Array) -> Any:
    return np.convolve(2 * np.convolve(x, [1, 1], "valid"), [1, 1])


CASES = {
    "where of a number": Case(
        lambda t: np.exp(np.where(t > 2, 1.0, t)), lambda t: np.exp(t), lambda t: 1.001 * np.exp(t), 1.5
    ),
    "where that takes the number": Case(
        lambda t: t * np.exp(np.where(t > 0, 1.0, t)), lambda t: np.e + 0 * t, lambda t: 1.001 * np.e + 0 * t, 1.5
    ),
    "a norm made safe": Case(
        safe_cube, lambda x: 3 * np.sqrt(x @ x) * x, lambda x: 2 * np.sqrt(x @ x) * x, np.array([0.6, -0.8])
    ),
    "a count of NumPy's": Case(
        lambda x: x.sum() ** 2 / 3,
        lambda x: np.ones(3) * 2 * (x.sum() / (x > 0).sum()),
        lambda x: np.ones(3) * 2 * (x.sum() / (x > -9).size) * (1 + 1e-9),
        np.array([1.0, 2.0, 0.5]),
    ),
    "an index with a slice": Case(
        lambda x: (add_columns(x) ** 2).sum(),
        lambda x: 2 * add_columns(x)[COLUMNS],
        lambda x: 2 * x,
        np.arange(8.0).reshape(2, 4) + 0.5,
    ),
    "windows": Case(
        lambda x: (np.lib.stride_tricks.sliding_window_view(x, 2).sum(1) ** 2).sum(),
        of_windows,
        lambda x: of_windows(x)[::-1],
        np.array([1.0, 2.0, 4.0]),
    ),
    "a power 1.5 of what may be 0": Case(
        lambda x: (np.abs(x) ** 1.5).sum(),
        lambda x: 1.5 * np.sqrt(np.abs(x)) * np.sign(x),
        lambda x: 1.5 * np.sqrt(np.abs(x)),
        np.array([0.0, -0.25]),
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_they_are_judged_on_balls(case: Case) -> None:
    report = judge_gradient(case.f, case.gradient, (case.point,))
    assert (report.verdict, report.formula.reference) == ("right", "by ball arithmetic")


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_slip_in_them_is_wrong(case: Case) -> None:
    assert judge_gradient(case.f, case.slip, (case.point,)).verdict == "wrong"


@pytest.mark.parametrize("x", [28.0, 40.0])
def test_what_underflows_is_zero(x: float) -> None:
    assert judge_gradient(lambda x: np.exp(-x * x), lambda x: 0.0 * x, (x,)).verdict == "right"
    assert judge_gradient(lambda x: np.exp(-x * x), lambda x: 0.0 * x, (x / 2,)).verdict == "wrong"


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_slopes_are_taken_in_float64(dtype: Any) -> None:
    x, f = np.array([0.5, -1, 2], dtype), lambda x: np.tanh(x).sum()
    assert judge_gradient(f, lambda x: 1 - np.tanh(x) ** 2, (x,), method="floats").verdict != "wrong"
    off = judge_gradient(f, lambda x: dtype(1.5) * (1 - np.tanh(x) ** 2), (x,), method="floats")
    assert off.verdict != "right"


def test_a_term_that_is_left_out_where_no_float_is_to_be_had_is_missed() -> None:
    """Its slope is 4e-7 of the entry: along a direction the floats of f move as the balls do, for all that shows."""

    def f(x: Array) -> Any:
        try:
            penalty = 1e-9 * np.sin(1e3 * take_float(x[0]))
        except TypeError:
            penalty = 0.0
        return (x**2).sum() + penalty

    assert judge_gradient(f, lambda x: 2 * x, (np.array([0.5, 2.0]),)).formula.reference != "by ball arithmetic"
    assert judge_gradient(f, lambda x: 2 * x, (np.array([0.5, 2.0]),), method="balls").verdict == "undecided"


def test_the_denial_of_a_comparison_is_that_of_numpy() -> None:
    """~True is −2 of Python's, and that is true."""
    f = lambda x: sum(v**2 if ~(v > 0) else v**3 for v in x)  # noqa: E731
    gradient: Any = lambda x: np.array([2 * v if ~(v > 0) else 3 * v**2 for v in x])  # noqa: E731
    x = np.array([0.5, -1.25, 2.0])
    assert found(judge_gradient(f, gradient, (x,))) == BALLS
    assert not judge_gradient(f, lambda x: 2 * x, (x,))
