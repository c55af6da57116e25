"""What XLA computes for everybody is within its bounds: its functions one by one, and what it fuses of them."""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import numpy as np
import pytest
from flint import arb
from jax import lax

from bptt.balls import XLA, make_rounded_constant, store, use_precision
from bptt.balls.jax._traced_function import trace_floats
from bptt.verify import judge_gradient
from bptt.verify._problem import Leaf
from tests.verify.test_jax_functions import CASES, Array, Case, digits, each
from tests.verify.test_jax_primitives import CASES as PRIMITIVES

TYPES = ["float32", "float64"]


@pytest.mark.parametrize("dtype", TYPES)
@each(CASES[::6])  # compiled once more: tests of formulas have them compiled in haste
def test_what_jax_differentiates_is_right_and_within_its_rounding(case: Case, dtype: str) -> None:
    with jax.enable_x64(True):
        report = judge_gradient(case.f, case.gradient, case.point(dtype))
    assert (report.formula.verdict, report.arithmetic.verdict) == ("right", "right"), str(report)
    assert digits(report) >= 40


@each(PRIMITIVES[::6])
def test_floats_of_xla_lie_within_their_balls(case: Case) -> None:
    points = case.point("float64")
    function = case.f
    with use_precision(40), jax.enable_x64(True):
        balls = [Leaf("", x, x).convert_to_balls(partial(store, figures=XLA)) for x in points]
        bound = trace_floats(function, points)(balls, partial(make_rounded_constant, figures=XLA))
        assert not bound.value.is_finite() or bound.value.contains(arb(float(function(*points))))


def around(limit: float) -> Array:
    """From −limit to limit, of many sizes."""
    random = np.random.default_rng(0)
    return random.uniform(-limit, limit, 2000) * 10.0 ** -random.integers(0, 12, 2000)


def between(low: float, high: float) -> Array:
    return np.geomspace(low, high, 2000)


WITHIN_BOUND: dict[str, tuple[Callable[..., Any], tuple[Array, ...]]] = {
    "exp": (lax.exp, (around(80),)),
    "exp2": (lax.exp2, (around(120),)),
    "expm1": (lax.expm1, (around(80),)),
    "log": (lax.log, (between(1e-30, 1e30),)),
    "log near 1": (lax.log, (1 + around(0.1),)),
    "log1p": (lax.log1p, (around(0.999),)),
    "log1p of large numbers": (lax.log1p, (between(0.4, 1e30),)),
    "log1p near 1 − √2": (lax.log1p, (between(0.4, 0.4142) * -1,)),
    "sqrt": (lax.sqrt, (between(1e-30, 1e30),)),
    "rsqrt": (lax.rsqrt, (between(1e-30, 1e30),)),
    "cbrt": (lax.cbrt, (around(1e37),)),
    "logistic": (lax.logistic, (around(80),)),
    "erf": (lax.erf, (around(6),)),
    "erfc": (lax.erfc, (around(9),)),
    "erf_inv": (lax.erf_inv, (around(1),)),
    "erf_inv near 1": (lax.erf_inv, (1 - between(1e-7, 0.1),)),
    "lgamma": (lax.lgamma, (between(1e-30, 1e6),)),
    "lgamma near 1": (lax.lgamma, (1 + around(0.5),)),
    "lgamma near 2": (lax.lgamma, (2 + around(0.5),)),
    "digamma": (lax.digamma, (between(1e-30, 1e6),)),
    "digamma near its zero": (lax.digamma, (1.4616321449683622 + around(0.5),)),
    "sin": (lax.sin, (around(1e6),)),
    "cos": (lax.cos, (around(1e6),)),
    "tan": (lax.tan, (around(1e6),)),
    "asin": (lax.asin, (around(1),)),
    "acos": (lax.acos, (around(1),)),
    "atan": (lax.atan, (around(1e6),)),
    "sinh": (lax.sinh, (around(87),)),
    "cosh": (lax.cosh, (around(87),)),
    "tanh": (lax.tanh, (around(30),)),
    "asinh": (lax.asinh, (around(1e6),)),
    "acosh": (lax.acosh, (1 + between(1e-6, 1e6),)),
    "atanh": (lax.atanh, (around(1),)),
    "atanh near √2 − 1": (lax.atanh, (between(0.4, 0.4142),)),
    "pow": (lax.pow, (between(0.1, 10), around(30))),
    "integer_pow": (partial(lax.integer_pow, y=-7), (around(10),)),
    "atan2": (lax.atan2, (around(10), around(10)[::-1])),
    "div": (lax.div, (around(10), between(1e-12, 1e12))),
    **{f"division by {c}": (partial(lambda c, x: x / c, c), (around(1e6),)) for c in (3, 7, 49, 255, 0.1, 1e10 + 1)},
}
OF_LARGE_NUMBERS: dict[str, tuple[Callable[..., Any], tuple[Array, ...]]] = {  # that float32 cannot hold
    "exp": (lax.exp, (around(708),)),
    "exp2": (lax.exp2, (around(1021),)),
    "sinh": (lax.sinh, (around(708),)),
    "cosh": (lax.cosh, (around(708),)),
    "erfc": (lax.erfc, (between(5, 26.4),)),
    "cbrt": (lax.cbrt, (between(1e-300, 1e300),)),
    "erf_inv": (lax.erf_inv, (1 - between(1e-15, 1e-6),)),
}


def within_bound(function: Callable[..., Any], points: tuple[Array, ...], *floats: Any) -> bool:
    """Whether these floats lie in the balls of the function with the figures of XLA."""
    leaves = [Leaf("", x, x) for x in points]
    balls = [leaf.convert_to_balls(partial(store, figures=XLA)) for leaf in leaves]
    bounds = trace_floats(function, points)(balls, partial(make_rounded_constant, figures=XLA))
    runs = np.stack(floats, 1).tolist()
    return all(b.value.contains(arb(x)) for b, row in zip(bounds.tolist(), runs, strict=True) for x in row)


def whole_and_one_by_one(function: Callable[..., Any], points: tuple[Array, ...]) -> tuple[Any, Any]:
    """What XLA computes for a whole array and in a loop, which may be two codes."""
    return jax.jit(function)(*points), jax.jit(partial(lax.map, lambda point: function(*point)))(points)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", WITHIN_BOUND)
def test_a_function_of_xla_is_within_its_bound(name: str, dtype: str) -> None:
    function, given = WITHIN_BOUND[name]
    points = tuple(x.astype(dtype) for x in given)
    with use_precision(40), jax.enable_x64(dtype == "float64"), np.errstate(all="ignore"):
        assert within_bound(function, points, *whole_and_one_by_one(function, points))


@pytest.mark.parametrize("name", OF_LARGE_NUMBERS)
def test_a_function_of_xla_is_within_its_bound_where_only_float64_reaches(name: str) -> None:
    function, points = OF_LARGE_NUMBERS[name]
    with use_precision(40), jax.enable_x64(True):
        assert within_bound(function, points, *whole_and_one_by_one(function, points))


@pytest.mark.parametrize("dtype", TYPES)
def test_the_exponential_of_xla_is_within_its_bound_where_it_underflows(dtype: str) -> None:
    largest = np.log(np.finfo(dtype).max)
    x = np.linspace(-1.2 * largest, 0.999 * largest, 2000).astype(dtype)
    with use_precision(40), jax.enable_x64(dtype == "float64"):
        assert within_bound(lax.exp, (x,), lax.exp(x))
        assert 0 in np.asarray(lax.exp(x))


def test_twice_the_bound_is_outside_of_it() -> None:
    x = between(1, 10)
    with use_precision(40), jax.enable_x64(True):
        assert not within_bound(lax.exp, (x,), np.exp(x) * (1 + 64 * 2**-53))
        assert not within_bound(lax.sqrt, (x,), np.sqrt(x) * (1 + 6 * 2**-53))
