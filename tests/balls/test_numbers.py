"""`float`, NumPy's float types and `math` in code that runs on balls, beside mpmath and beside themselves."""

import builtins
import json
import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import mpmath  # type: ignore[import-not-found, import-untyped, unused-ignore]
import numpy as np
import pytest
from flint import arb

from bptt.balls import Ball, Traced, find_stand_ins, sweep, use_precision
from bptt.balls._numbers import MATH
from bptt.verify import judge_gradient
from tests.corpus.slips import BALLS, found

DIGITS = 60
X = np.array([0.5, -1.25, 2.0])
OF_ONE: dict[str, tuple[Callable[[Any], Any], float, float]] = {
    **{name: (getattr(mpmath, name), -3, 3) for name in (
        "exp", "expm1", "sin", "cos", "tan", "sinh", "cosh", "tanh", "atan", "asinh", "erf", "erfc", "fabs",
    )},
    **{name: (getattr(mpmath, name), 0.1, 5) for name in ("sqrt", "cbrt", "log", "log10", "gamma")},
    **{name: (getattr(mpmath, name), -0.9, 0.9) for name in ("asin", "acos", "atanh")},
    "acosh": (mpmath.acosh, 1.1, 5),
    "log1p": (mpmath.log1p, -0.9, 5),
    "log2": (lambda x: mpmath.log(x, 2), 0.1, 5),
    "lgamma": (mpmath.loggamma, 0.1, 5),
    **({"exp2": (lambda x: mpmath.power(2, x), -3, 3)} if hasattr(math, "exp2") else {}),
}  # fmt: skip
OF_TWO: dict[str, Callable[[Any, Any], Any]] = {
    "pow": mpmath.power,
    "atan2": mpmath.atan2,
    "hypot": mpmath.hypot,
    "fmod": lambda a, b: a - b * mpmath.floor(a / b),
    "remainder": lambda a, b: a - b * mpmath.nint(a / b),
    "copysign": lambda a, b: a,
    "log": lambda a, b: mpmath.log(a) / mpmath.log(b),
}


def count_digits(ball: arb, true: Any) -> float:
    """Count the digits to which a ball and a number of mpmath's agree, the radius of the ball taken for error."""
    with use_precision(DIGITS):
        error = (ball - arb(mpmath.nstr(true, DIGITS))).abs_upper()
        return float(-(error + arb(10) ** -57).log() / arb.const_log10())


def differentiate(function: Callable[..., Any], *points: float) -> tuple[Any, list[arb]]:
    """Return what the function is of balls around these points, and its derivative by each."""
    inputs = [Traced(arb(x), x) for x in points]
    value = function(*inputs)
    slope = sweep(value, inputs)
    return value, [slope(x) for x in inputs]


@pytest.mark.parametrize("name", OF_ONE)
def test_a_function_of_a_number_and_its_derivative_are_those_of_mpmath(name: str) -> None:
    reference, low, high = OF_ONE[name]
    random = np.random.default_rng(0)
    with use_precision(DIGITS), mpmath.workdps(DIGITS + 20):
        for x in random.uniform(low, high, 100):
            value, (slope,) = differentiate(MATH[name], float(x))
            assert count_digits(value.value, reference(mpmath.mpf(float(x)))) >= 45
            assert count_digits(slope, mpmath.diff(reference, mpmath.mpf(float(x)))) >= 27  # as mpmath's quotient has
            assert type(value.as_float) is float
            assert value.as_float == getattr(math, name)(float(x))


@pytest.mark.parametrize("name", OF_TWO)
def test_a_function_of_two_numbers_and_its_derivatives_are_those_of_mpmath(name: str) -> None:
    reference = OF_TWO[name]
    random = np.random.default_rng(0)
    with use_precision(DIGITS), mpmath.workdps(DIGITS + 20):
        for a, b in random.uniform(1.2, 4, (50, 2)):
            value, slopes = differentiate(MATH[name], float(a), float(b))
            x, y = mpmath.mpf(float(a)), mpmath.mpf(float(b))
            assert count_digits(value.value, reference(x, y)) >= 45
            for slope, order in zip(slopes, ((1, 0), (0, 1)), strict=True):
                assert count_digits(slope, mpmath.diff(reference, (x, y), order)) >= 27
            assert value.as_float == getattr(math, name)(float(a), float(b))


@pytest.mark.parametrize("name", sorted(MATH.keys() - OF_ONE.keys() - OF_TWO.keys()))
def test_every_other_function_does_on_floats_what_it_does(name: str) -> None:
    arguments: dict[str, tuple[Any, ...]] = {
        "fsum": ([0.1, 0.2, -0.3],), "prod": ([0.5, 1.5],), "dist": ([0.5, 1.0], [2.0, 3.0]), "ldexp": (0.75, 3),
        "sumprod": ([0.5, 1.5], [2.0, 3.0]), "isclose": (0.5, 0.5),
    }  # fmt: skip
    given = arguments.get(name, (0.75,))
    balls = [[Ball(arb(x), x) for x in part] if isinstance(part, list) else part for part in given]
    balls[0] = balls[0] if isinstance(balls[0], list) else Ball(arb(balls[0]), balls[0])
    made, expected = MATH[name](*balls), getattr(math, name)(*given)
    if isinstance(expected, tuple):
        assert tuple(part.as_float for part in made) == expected
    else:
        assert getattr(made, "as_float", made) == expected
    assert MATH[name](*given) == expected


def test_what_math_refuses_of_floats_it_refuses_of_balls() -> None:
    with pytest.raises(ValueError, match="math domain error"):
        MATH["log"](Ball(arb(-1), -1.0))
    with pytest.raises(OverflowError):
        MATH["exp"](Ball(arb(1000), 1000.0))


@pytest.mark.parametrize(("original", "other"), [(float, np.float32), (np.float64, np.float32), (np.float32, float)])
def test_a_type_stands_for_itself_in_all_but_what_it_makes_of_balls(original: Any, other: Any) -> None:
    kind = find_stand_ins()[id(original)].replacement
    ball = Ball(arb(1) / 3, np.float64(1 / 3))
    assert isinstance(kind(ball), Ball)
    assert type(kind(ball).as_float) is original
    assert type(kind(0.5)) is original
    assert kind("0.25") == 0.25
    assert isinstance(original(1), kind)
    assert issubclass(original, kind)
    assert not isinstance("1", kind)
    assert kind == original
    assert original == kind
    assert kind != other
    assert np.dtype(kind) == np.dtype(original)
    assert np.dtype(original) in (kind, int)
    assert {original: 1}[kind] == 1
    assert np.zeros(2, dtype=kind).dtype == np.dtype(original)
    assert repr(kind) == repr(original)


CODE: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "float of a loss": (lambda x: float((x**2).sum()), lambda x: [2 * float(v) for v in x]),
    "a sum of floats": (lambda x: sum(float(v) ** 3 for v in x), lambda x: 3 * np.float64(x) ** 2),
    "map": (lambda x: sum(map(float, x * x)), lambda x: list(map(float, 2 * x))),
    "item": (lambda x: (x**2).sum().item(), lambda x: 2 * x),
    "math": (lambda x: sum(math.exp(v) for v in x.tolist()), lambda x: [math.exp(float(v)) for v in x]),
    "a module's own name": (lambda x: sum(math.sin(v) for v in x), lambda x: np.array([math.cos(v) for v in x])),
    "fsum": (lambda x: math.fsum(v * v for v in x), lambda x: 2 * x),
    "an array of floats": (lambda x: (np.array([float(v) for v in x]) ** 2).sum(), lambda x: 2 * x),
    "fromiter": (lambda x: np.fromiter((v * v for v in x), float).sum(), lambda x: 2 * x),
    "isinstance": (lambda x: (x**2).sum() if isinstance(x[0].item(), float) else 0.0, lambda x: 2 * x),
}


@pytest.mark.parametrize("name", CODE)
def test_code_that_takes_numbers_out_of_arrays_is_proved(name: str) -> None:
    f, gradient = CODE[name]
    assert found(judge_gradient(f, gradient, (X,)))[:2] == BALLS[:2]
    wrong = judge_gradient(f, lambda x: np.asarray(gradient(x)) * np.array([1, 1 + 1e-9, 1]), (X,))
    assert found(wrong)[:2] == ("wrong", "by ball arithmetic")


READINGS: dict[str, Callable[[Any], Any]] = {
    "a formatted entry": lambda v: float(f"{v}"),
    "its text": lambda v: np.float64(str(v)),
    "its bytes": lambda v: np.frombuffer(np.array([v]).tobytes())[0],
}


@pytest.mark.parametrize("name", READINGS)
@pytest.mark.parametrize("share", [1.0, 1e-6])
def test_a_text_and_back_is_not_taken_for_the_number(name: str, share: float) -> None:
    f = lambda x: sum(share * READINGS[name](v) * v + v * v for v in x)  # noqa: E731
    assert judge_gradient(f, lambda x: (2 + share) * x, (X,)).verdict != "right"
    assert judge_gradient(f, lambda x: (2 + 2 * share) * x, (X,)).verdict != "wrong"
    assert judge_gradient(f, lambda x: (2 + share) * x, (X,), method="balls").verdict == "undecided"


def test_what_is_written_and_not_read_is_nobodys_business() -> None:
    def f(x: Any) -> Any:
        written.append(f"{x[0]:.3f}")
        least = float("inf")
        for v in x:
            least = v * v if v * v < least else least
        return least

    written: list[str] = []
    assert found(judge_gradient(f, lambda x: 2 * x * (abs(x) == abs(x).min()), (X,))) == BALLS


def test_nothing_of_it_stays_in_the_modules_of_the_caller() -> None:
    before = dict(globals())
    assert judge_gradient(lambda x: math.exp(float(x[0])), lambda x: [np.exp(x[0]), 0, 0], (X,))
    assert globals() == before
    assert "float" not in globals()


def test_what_is_imported_inside_of_a_function_stands_in_there_and_nowhere_else() -> None:
    def f(x: Any) -> Any:
        import math as inside
        from math import sin

        import numpy as numbers

        imported.append(json.loads("[0.5]"))
        return sum(inside.exp(v) + sin(numbers.float64(v)) for v in x)

    def gradient(x: Any) -> Any:
        import math as inside

        return [inside.exp(v) + inside.cos(v) for v in x]

    imported: list[Any] = []
    before = builtins.__import__
    assert found(judge_gradient(f, gradient, (X,)))[:2] == BALLS[:2]
    assert not judge_gradient(f, lambda x: 1.000000001 * np.array(gradient(x)), (X,))
    assert builtins.__import__ is before


def test_what_a_caller_has_put_in_a_module_is_what_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    assert judge_gradient(lambda x: math.sinh(x[0]), lambda x: [np.cosh(x[0]), 0, 0], (X,))
    monkeypatch.setattr(math, "sinh", lambda v: v * v)
    report = judge_gradient(lambda x: math.sinh(x[0]), lambda x: [2 * x[0], 0, 0], (X,))
    assert found(report) == BALLS


def test_threads_that_judge_at_a_time_leave_nothing_behind() -> None:
    before = builtins.__import__
    f = lambda x: math.exp(float(x[0]))  # noqa: E731
    gradients: list[Any] = [lambda x: [np.exp(x[0]), 0, 0], lambda x: [1.5 * np.exp(x[0]), 0, 0]]
    with ThreadPoolExecutor(4) as threads:
        verdicts = list(threads.map(lambda n: judge_gradient(f, gradients[n % 2], (X + n,)).verdict, range(12)))
    assert verdicts == ["right", "wrong"] * 6
    assert builtins.__import__ is before
    assert "float" not in globals()
