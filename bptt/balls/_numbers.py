"""Numbers that leave the arrays: `float` and its kin, and Python's `math`, of balls.

`float(x)` must return a float, and there the error bound would end. So in the code that runs on balls other types stand
under these names: what they make of a ball is a ball, of the float type that was asked for. For everything else,
`isinstance`, a `dtype=`, a number that is no ball, they are the types themselves. Where a function of `math` raises, it
raises for the float that stands in the ball.
"""

import functools
import math
import operator
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from bptt.balls._array import BallArray, make_constant_of_run
from bptt.balls._ball import Ball, call_of_pair, get_float
from bptt.balls._context import refuse_text
from bptt.balls._functions import BINARY, Unary
from bptt.balls._steps import take_remainder_of_sign, take_rint, take_trunc
from bptt.balls.special._functions import SPECIAL


class TypeStandIn(type):
    """The class of a type that stands for another one: it is that one, but for what it makes."""

    original: Any

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, cls.original)

    def __subclasscheck__(cls, subclass: type) -> bool:
        return issubclass(subclass, cls.original)

    def __eq__(cls, other: object) -> Any:
        return True if other is cls or other is cls.original else NotImplemented  # a dtype knows what it is equal to

    def __hash__(cls) -> int:
        return hash(cls.original)

    def __getattr__(cls, name: str) -> Any:
        return getattr(cls.original, name)

    def __repr__(cls) -> str:
        return repr(cls.original)


class _FloatType(TypeStandIn):
    """The class of a type that stands for one of floats."""

    def __call__(cls, *arguments: Any, **keywords: Any) -> Any:
        given = arguments[0] if arguments else None
        if isinstance(given, Ball):
            return given.cast(cls.original)
        if isinstance(given, BallArray):
            if cls.original is float or not given.ndim:
                return given.item().cast(cls.original)
            return given.astype(cls.original)
        if isinstance(given, str | bytes) and np.isfinite(cls.original(given)):
            refuse_text()
        if type(given) in (list, tuple):
            return cls(np.array(given)) if cls.original is not float else float(*arguments)
        return cls.original(*arguments, **keywords)


def make_float_type(original: type) -> Any:
    """Return the type that stands for one of floats in code that runs on balls."""
    return _FloatType(original.__name__, (), {"original": original, "dtype": np.dtype(original)})


def stand_in_for_math(original: Callable[..., Any], function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of `math` on balls: the float of its result is what the original makes of theirs."""

    @functools.wraps(original)
    def call(*given: Any, **keywords: Any) -> Any:
        numbers = [_become_numbers(x) for x in given]
        if not any(isinstance(x, Ball) for part in numbers for x in (part if type(part) is list else [part])):
            return original(*numbers, **keywords)
        on_floats = original(*map(_take_floats, numbers), **keywords)
        result = function(*map(_cast_to_python, numbers))
        if type(on_floats) is tuple:
            return tuple(map(_replace_float, result, on_floats))
        return _replace_float(result, on_floats)

    return call


def _replace_float(ball: Any, as_float: Any) -> Any:
    """Return a ball in which that float of Python's stands; the number itself where there is no ball."""
    if not isinstance(ball, Ball):
        return as_float
    made = ball.cast(float)
    made.as_float = as_float
    return made


def _become_numbers(given: Any) -> Any:
    """Return a number, or a list of those that an iterable yields."""
    if isinstance(given, BallArray) and given.size == 1:
        return given.item()
    return given if isinstance(given, Ball) or not isinstance(given, Iterable) else list(given)


def _take_floats(given: Any) -> Any:
    return [get_float(x) for x in given] if type(given) is list else get_float(given)


def _cast_to_python(given: Any) -> Any:
    if type(given) is list:
        return [_cast_to_python(x) for x in given]
    return given.cast(float) if isinstance(given, Ball) else given


def _call_method(name: str) -> Callable[[Any], Any]:
    return lambda x: getattr(x, name)()


def _call_special(name: str) -> Callable[[Any], Any]:
    special = SPECIAL[name]
    slope: Any = special.slopes[0]
    return lambda x: x.apply_unary(Unary(special.apply, slope, lambda x: x, is_bounded=False))


def _call_of_pair(name: str) -> Callable[[Any, Any], Any]:
    f = BINARY[name]
    return lambda a, b: call_of_pair(f, a, b) if isinstance(a, Ball) else b.apply_binary(f, a, True)


def _take_log(x: Any, base: Any = None) -> Any:
    return _become_ball(x).log() if base is None else _become_ball(x).log() / _become_ball(base).log()


def _take_norm(*x: Any) -> Any:
    first, *others = map(_become_ball, x)
    return functools.reduce(_call_of_pair("hypot"), others, abs(first))


def _take_distance(p: Any, q: Any) -> Any:
    return _take_norm(*map(operator.sub, p, q))


def _become_ball(x: Any) -> Any:
    return x if isinstance(x, Ball) else make_constant_of_run(x)


def _copy_sign(x: Any, y: Any) -> Any:
    is_negative = y < 0  # compared, so that a tie is noted
    return -abs(x) if is_negative or math.copysign(1.0, get_float(y)) < 0 else abs(x)


def _take_remainder(x: Any, y: Any) -> Any:
    return x - y * take_rint(x / y)


def _split_at_point(x: Any) -> Any:
    whole = take_trunc(x)
    return x - whole, whole


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{name: _call_method(name) for name in (
        "exp", "expm1", "exp2", "log1p", "log2", "log10", "sqrt", "cbrt", "sin", "cos", "tan", "sinh", "cosh", "tanh",
        "erf", "erfc",
    )},
    **{name: _call_method(f"arc{name[1:]}") for name in ("asin", "acos", "atan", "asinh", "acosh", "atanh")},
    "pow": _call_of_pair("pow"),
    "atan2": _call_of_pair("arctan2"),
    "gamma": _call_special("gamma"),
    "lgamma": _call_special("gammaln"),
    "log": _take_log,
    "fabs": abs,
    "degrees": lambda x: x * (180 / math.pi),
    "radians": lambda x: x * (math.pi / 180),
    "hypot": _take_norm,
    "dist": _take_distance,
    "fsum": sum,
    "prod": lambda x: functools.reduce(operator.mul, x),
    "sumprod": lambda p, q: sum(map(operator.mul, p, q)),
    "copysign": _copy_sign,
    "fmod": take_remainder_of_sign,
    "remainder": _take_remainder,
    "ldexp": lambda x, n: x * 2.0**n,
    "modf": _split_at_point,
    **dict.fromkeys(("isnan", "isinf", "isfinite", "isclose"), lambda *_: None),
}  # fmt: skip

MATH = {name: stand_in_for_math(getattr(math, name), f) for name, f in _FUNCTIONS.items() if hasattr(math, name)}
"""Python's `math`, a line a function: those of a number by the method that balls have for it."""
