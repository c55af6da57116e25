"""Functions that are constant between jumps: their derivative is 0 there, and undecided where they jump."""

import math
from typing import Any

import numpy as np
import pytest
from flint import arb

from bptt.balls import Ball, Rounded, get_kind, make_ball_array, use_precision
from bptt.verify import judge_gradient

X = np.array([0.3, -0.6, 1.7, 2.4, -3.2])
TABLE = np.arange(10.0) ** 2

# f(x) = Σ g(x) x, but where it says otherwise, with its gradient.
STEPS: dict[str, tuple[Any, Any]] = {
    "floor": (lambda x: (np.floor(x) * x).sum(), np.floor),
    "ceil": (lambda x: (np.ceil(x) * x).sum(), np.ceil),
    "trunc": (lambda x: (np.trunc(x) * x).sum(), np.trunc),
    "rint": (lambda x: (np.rint(x) * x).sum(), np.rint),
    "round": (lambda x: (x.round() * x).sum(), np.rint),
    "round to a digit": (lambda x: (np.round(x / 3, 1) * x).sum(), lambda x: np.round(x / 3, 1)),
    "round of a scalar of NumPy's": (lambda x: (x.sum().round(2) * x).sum(), lambda x: x.sum().round(2) + 0 * x),
    "round to hundreds": (lambda x: (np.round(x * 321, -2) * x).sum(), lambda x: np.round(x * 321, -2)),
    "round of a number": (lambda x: sum(round(v / 3, 1) * v for v in x), lambda x: np.round(x / 3, 1)),
    "round to an index": (
        lambda x: sum(TABLE[round(abs(v))] * v for v in x),
        lambda x: TABLE[np.rint(abs(x)).astype(int)],
    ),
    "sign": (lambda x: (np.sign(x) * x).sum(), np.sign),
    "sign alone": (lambda x: np.sign(x).sum(), lambda x: 0 * x),
    "floor alone": (lambda x: np.floor(x).sum(), lambda x: 0 * x),
    "heaviside": (lambda x: (np.heaviside(x, 0.5) * x).sum(), lambda x: np.heaviside(x, 0.5)),
    "int": (lambda x: sum(int(v) * v for v in x), np.trunc),
    "math.floor": (lambda x: sum(math.floor(v) * v for v in x), np.floor),
    "math.ceil": (lambda x: sum(math.ceil(v) * v for v in x), np.ceil),
    "as integers": (lambda x: (np.floor(x).astype(int) * x).sum(), np.floor),
    "as an index": (
        lambda x: (TABLE[abs(x).astype(int)] * x).sum(),
        lambda x: TABLE[abs(x).astype(int)],
    ),
    "%": (lambda x: ((x % 0.7) ** 2).sum(), lambda x: 2 * (x % 0.7)),
    "% of a negative number": (lambda x: ((x % -0.7) ** 2).sum(), lambda x: 2 * (x % -0.7)),
    "% by it": (lambda x: (2.3 % x).sum(), lambda x: -(2.3 // x)),
    "//": (lambda x: ((x // 0.7) * x).sum(), lambda x: x // 0.7),
    "divmod": (lambda x: sum(math.prod(divmod(v, 0.7)) for v in x), lambda x: x // 0.7),
    "fmod": (lambda x: (np.fmod(x, 0.7) ** 2).sum(), lambda x: 2 * np.fmod(x, 0.7)),
    "straight through": (lambda x: (np.rint(x) - x + x * x).sum(), lambda x: 2 * x - 1),
    "degrees": (lambda x: np.sin(np.deg2rad(x)).sum(), lambda x: np.cos(np.deg2rad(x)) * np.pi / 180),
    "fabs": (lambda x: (np.fabs(x) ** 3).sum(), lambda x: 3 * x * np.fabs(x)),
}


@pytest.mark.parametrize("name", STEPS)
def test_a_right_gradient_is_proved_and_one_that_is_off_refuted(name: str) -> None:
    f, gradient = STEPS[name]
    report = judge_gradient(f, gradient, (X,))
    assert (report.verdict, report.formula.reference) == ("right", "by ball arithmetic"), report
    assert report.arithmetic.verdict == "right"
    assert judge_gradient(f, lambda x: gradient(x) + 1e-9, (X,)).verdict == "wrong"


@pytest.mark.parametrize(
    ("name", "jump"),
    [
        ("floor", 2.0),
        ("ceil", -1.0),
        ("rint", 0.5),
        ("rint", 1.5),
        ("round", 2.5),
        ("int", 1.0),
        ("%", 0.7 * 0),
        ("as integers", 3.0),
    ],
)
def test_at_a_jump_nothing_is_decided(name: str, jump: float) -> None:
    f, gradient = STEPS[name]
    assert judge_gradient(lambda x: f(x + jump), lambda x: gradient(x + jump), (0 * X,)).verdict == "undecided"


def test_a_remainder_of_numbers_of_pythons_is_one() -> None:
    x: Any = Rounded(arb(0.25), 0.25, get_kind(float))
    with use_precision(50):
        assert [type(number.as_float) for number in (x % 0.7, x // 0.7, x)] == [float] * 3
        assert np.isnan((x % 0.0).as_float)


def test_a_step_at_0_has_the_height_that_is_given() -> None:
    zero = make_ball_array([Ball(arb(0), np.float64(0))], (1,))
    with use_precision(50):
        assert np.heaviside(zero, 0.5)[0].as_float == 0.5
        assert np.heaviside(zero, zero + 0.25)[0].as_float == 0.25


def test_a_quotient_of_more_digits_than_its_type_has_lies_within_its_bound() -> None:
    x = np.array([7.3e9, -3.1e8], np.float32)
    report = judge_gradient(lambda x: ((x // 0.37) * (x * 1e-9)).sum(), lambda x: (x // 0.37) * 1e-9, (x,))
    assert report.arithmetic.verdict == "right"


@pytest.mark.parametrize("a", [1.0, 0.3, -0.3, 5.5, -7.25])
@pytest.mark.parametrize("b", [0.1, -0.1, 0.25, 3.0])
def test_the_floats_are_those_of_numpy_where_a_quotient_rounds_to_a_whole_number(a: float, b: float) -> None:
    x: Any = Ball(arb(a), np.float64(a))
    with use_precision(50):
        assert (x // b).as_float == np.floor_divide(a, b)
        assert (x % b).as_float == np.remainder(a, b)
        assert (b % x).as_float == np.remainder(b, a)
        assert np.fmod(make_ball_array([x], (1,)), b)[0].as_float == np.fmod(a, b)
        assert abs((x % b).value - arb(float(np.remainder(a, b)))) < arb(2) ** -50
