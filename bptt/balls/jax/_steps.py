"""Primitives of JAX's with jumps on balls: rounding, remainders, conversions to integers, and functions of bits.

What is read from the bits of a float is known here by the function of JAX's that reads them, since integers do not
remember which ball they came from.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import numpy as np
from jax import lax

from bptt.balls._array import as_ball_array, get_floats
from bptt.balls._ball import Ball, call_on_floats, is_constant
from bptt.balls._rounded import Rounded
from bptt.balls._steps import round_to, take_ceil, take_floor, take_remainder_of_sign, take_rint, take_trunc
from bptt.balls.jax._positions import Rule, UnknownPrimitiveError


def _map_steps(function: Callable[..., Any], arity: int = 1) -> Rule:
    apply = np.frompyfunc(function, arity, 1)
    return lambda equation, *operands: apply(*operands)


def _round_away_from_zero(x: Ball) -> Any:
    """Return the nearest whole number, of two the larger one in size."""
    n = np.trunc(x.as_float)
    n += np.sign(x.as_float) if abs(x.as_float - n) >= 0.5 else 0
    return round_to(x, n)


def _round(equation: Any, x: Any) -> Any:
    to_even = equation.params["rounding_method"] == lax.RoundingMethod.TO_NEAREST_EVEN
    return np.frompyfunc(take_rint if to_even else _round_away_from_zero, 1, 1)(x)


def _take_remainder(a: Any, b: Any) -> Any:
    """Return the remainder of a by b that has the sign of a: a itself where it is the smaller one."""
    size = abs(b)
    if not isinstance(a, Rounded) and a < size and a > -size:
        return a
    return take_remainder_of_sign(a, b)


def _take_next_float(x: Any, y: Any) -> Any:
    if isinstance(x, Rounded):
        return Rounded(x.value * x.kind.rounding**2 + x.kind.underflow, np.nextafter(x.as_float, y.as_float), x.kind)
    if not (is_constant(x) and is_constant(y)):
        raise UnknownPrimitiveError("JAX's primitive 'nextafter' has no rule for balls that are not constant")
    return x.make_constant(np.nextafter(x.as_float, y.as_float))


def convert_to_integers(equation: Any, x: Any) -> Any:
    """Cut off what is behind the point, then convert the whole floats as XLA does; to booleans, what is not 0."""
    dtype = equation.params["new_dtype"]
    if dtype == np.bool_:
        return np.asarray(np.frompyfunc(lambda number: number != 0, 1, 1)(x), dtype=bool)
    if not jax.numpy.issubdtype(dtype, np.integer):
        raise UnknownPrimitiveError(
            f"JAX's primitive 'convert_element_type' from floats to {dtype} has no rule for balls"
        )
    whole = get_floats(as_ball_array(np.asarray(np.frompyfunc(take_trunc, 1, 1)(x), dtype=object)))
    return equation.primitive.bind(jax.numpy.asarray(whole), **equation.params)


# Functions of bits


def _has_sign(x: Ball) -> bool:
    """Whether the sign of a number is −, which that of a zero may be."""
    return bool(x < 0) or (x.as_float == 0 and bool(np.signbit(x.as_float)) and not x > 0)


def _read_signs(_: Any, x: Any) -> list[Any]:
    return [np.asarray(np.frompyfunc(_has_sign, 1, 1)(x), dtype=bool)]


def _split_off_exponent(x: Ball) -> tuple[Any, int]:
    """Return m and e with x = m 2^e and 1/2 ≤ |m| < 1; 0 and what is not finite stay what they are."""
    exponent = int(np.frexp(x.as_float)[1])
    if x.as_float - x.as_float != 0 or x == 0:
        return x, 0
    size = abs(x)
    if not size >= 2.0 ** (exponent - 1):
        exponent -= 1
    elif not size < _raise_two_to(exponent):
        exponent += 1
    half = -exponent // 2  # 2^e may be no float, in one of its steps it is
    return x * 2.0**half * 2.0 ** (-exponent - half), exponent


def _raise_two_to(exponent: int) -> Any:
    return call_on_floats(lambda n: 2.0**n, exponent)


def _split_off_exponents(equation: Any, x: Any) -> list[Any]:
    fractions, exponents = np.frompyfunc(_split_off_exponent, 1, 2)(x)
    return [fractions, np.asarray(exponents, dtype=equation.outvars[1].aval.dtype)]


_LIBRARY = str(Path(jax.__file__).parent)
_HOLDERS = {"jit": "jaxpr", "pjit": "jaxpr", "custom_jvp_call": "call_jaxpr"}
_FUNCTIONS_OF_BITS: dict[str, Rule] = {"signbit": _read_signs, "_frexp": _split_off_exponents}


def find_function_of_bits(equation: Any) -> Rule | None:
    """Return the rule for an equation that holds a function of JAX's own that reads bits; else `None`."""
    if (holder := _HOLDERS.get(equation.primitive.name)) is None:
        return None
    source = getattr(equation.params[holder].jaxpr.debug_info, "func_src_info", None) or ""
    name, _, file = source.partition(" at ")
    return _FUNCTIONS_OF_BITS.get(name) if file.startswith(_LIBRARY) else None


STEP_RULES: dict[str, Rule] = {
    "sign": _map_steps(lambda x: x.sign()),
    "floor": _map_steps(take_floor),
    "ceil": _map_steps(take_ceil),
    "round": _round,
    "rem": _map_steps(_take_remainder, 2),
    "nextafter": _map_steps(_take_next_float, 2),
    "convert_element_type": convert_to_integers,
}
