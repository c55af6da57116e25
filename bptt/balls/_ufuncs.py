"""NumPy's functions of elements, on arrays of balls: those that it has no loop over objects for are made of others."""

import math
import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from bptt.balls._array import (
    BallArray,
    NumPysBallArray,
    as_ball_array,
    cast_array,
    convert_operand,
    get_floats,
    is_of_balls,
    make_constant_of_run,
    strip_class,
    take_floats,
    unify,
    unlock,
)
from bptt.balls._ball import Ball, get_float
from bptt.balls._context import count_operations
from bptt.balls._functions import BINARY, UNARY
from bptt.balls._passes import PASSES, apply_in_one_pass
from bptt.balls._products import multiply
from bptt.balls._steps import (
    divide_to_floor,
    take_ceil,
    take_floor,
    take_heaviside,
    take_remainder,
    take_remainder_of_sign,
    take_rint,
    take_trunc,
)
from bptt.balls.special._functions import apply_special

_EMPTY = {np.add: 0, np.multiply: 1}  # sum and product of nothing
_NO_VALUE: Any = np._NoValue  # what NumPy hands on for an argument that was not given
_MISSING_LOOP = ("loop of ufunc does not support", "not supported for the input types")  # NumPy's words


def apply_ufunc(ufunc: np.ufunc, method: str, inputs: Any, out: Any, keywords: Any) -> Any:
    """Apply a function of NumPy's elementwise, or by one of its methods, to arrays of which some hold balls."""
    if method == "__call__" and not keywords and (result := _apply_at_once(ufunc, inputs, out)) is not None:
        return result
    dtype = None if keywords.get("dtype") is None else np.dtype(keywords["dtype"])
    if dtype is not None and dtype.kind in "fcO":
        keywords = {**keywords, "dtype": None}
    if out is not None:
        for array in out:
            unlock(array)
        keywords["out"] = tuple(strip_class(array) for array in out)
    options = {key: value for key, value in keywords.items() if key not in ("out", "dtype")}
    if (where := keywords.get("where", True)) is True or where is _NO_VALUE:
        keywords.pop("where", None)
    else:
        keywords["where"] = np.asarray(keywords["where"]).view(np.ndarray)
        if method == "reduce" and ufunc in _EMPTY and keywords.get("initial") in (None, _NO_VALUE):
            keywords["initial"] = make_constant_of_run(_EMPTY[ufunc])  # which no loop over objects has
    is_index = 1 if method in ("at", "reduceat") else None
    inside = any(type(operand) is NumPysBallArray for operand in inputs)
    inputs = [operand if n == is_index else convert_operand(operand) for n, operand in enumerate(inputs)]
    if method == "__call__":
        result = _apply_to_elements(ufunc, inputs, keywords)
    else:
        operands = [strip_class(operand) for operand in inputs]
        result = getattr(_OF_PAIRS.get(ufunc, ufunc), method)(*operands, **keywords)
    if method == "at" and is_of_balls(inputs[0]):
        unify(inputs[0])
    count_operations(getattr(result, "size", 1))
    if any(0 in getattr(operand, "shape", ()) for n, operand in enumerate(inputs) if n != is_index):
        result = _make_empty_sums(result, inputs)
    result = as_ball_array(result)
    if (ufunc is np.add and method in ("reduce", "accumulate")) or ufunc is np.matmul:
        result = take_floats(result, lambda *floats: getattr(ufunc, method)(*floats, **options), *inputs)
    if dtype is not None and dtype.kind == "c" and is_of_balls(result):
        result = cast_array(result, dtype)
    if out is not None:
        for array in out:
            if is_of_balls(array):
                unify(array)
        return out[0] if len(out) == 1 else out
    return result.view(NumPysBallArray) if inside and isinstance(result, BallArray) else result


def _apply_at_once(ufunc: np.ufunc, inputs: Sequence[Any], out: Any) -> Any:
    """Return a product of matrices, or what one pass over the elements gives; `None` where there is neither."""
    if ufunc is not np.matmul and ufunc not in PASSES:
        return None
    result = multiply(*map(convert_operand, inputs)) if ufunc is np.matmul else apply_in_one_pass(ufunc, inputs)
    if result is None:
        return None
    if out is not None:
        return _write(result, *out)
    if not isinstance(result, BallArray):
        count_operations(1)
        return result
    count_operations(result.size)
    return result.view(NumPysBallArray) if NumPysBallArray in map(type, inputs) else result


def _write(result: Any, array: Any) -> Any:
    """Write what was computed into an array of the same type and shape and return that; `None` if it is another."""
    if type(array) is not BallArray or array.dtype is not result.dtype or array.shape != result.shape:
        return None
    unlock(array)
    strip_class(array)[...] = strip_class(result)
    array._read, array._kept = result._read, result._kept
    count_operations(result.size)
    return array


def _apply_to_elements(ufunc: np.ufunc, inputs: Sequence[Any], keywords: Any) -> Any:
    operands = [strip_class(operand) for operand in inputs]
    apply = _OF_ELEMENTS.get(ufunc) or _OF_PAIRS.get(ufunc) or apply_special(ufunc) or ufunc
    try:
        return apply(*operands, **keywords)
    except TypeError as error:
        if any(words in str(error) for words in _MISSING_LOOP):
            module = "np" if getattr(np, ufunc.__name__, None) is ufunc else "scipy.special"
            raise TypeError(f"{module}.{ufunc.__name__} takes no balls") from error
        raise


def _make_empty_sums(result: Any, inputs: Sequence[Any]) -> Any:
    """Return what NumPy made of no elements, the integers 0 and 1, as balls."""
    if is_of_balls(result):
        return unify(as_ball_array(result))
    of_balls = next(x for x in inputs if is_of_balls(x))
    return make_constant_of_run(result, get_floats(of_balls).dtype) if type(result) is int else result


def is_finite(number: Any) -> bool:
    """Whether the float that stands in a ball is finite."""
    return bool(np.isfinite(get_float(number)))


def _test_elements(test: np.ufunc) -> Callable[..., Any]:
    return lambda x, **_: test(get_floats(x) if isinstance(x, np.ndarray) else get_float(x))


def _call_of_pair(name: str) -> Callable[[Any, Any], Any]:
    def call(a: Any, b: Any) -> Any:
        return getattr(a if isinstance(a, Ball) else b.make_constant(a).cast(type(a + b.as_float)), name)(b)

    return call


def _ignore_nan(extreme: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def call(a: Any, b: Any) -> Any:
        x, y = get_float(a), get_float(b)
        return extreme(a, b) if x == x and y == y else a if y != y else b

    return call


def _copy_sign(x: Any, y: Any) -> Any:
    is_negative = y < 0  # compared, so that a tie is noted
    return -abs(x) if is_negative or np.signbit(get_float(y)) else abs(x)


def _split_at_point(x: Any) -> Any:
    whole = take_trunc(x)
    return x - whole, whole


def _call(function: Callable[[Any], Any]) -> Callable[..., Any]:
    apply = np.frompyfunc(lambda x: function(x) if isinstance(x, Ball) else function(make_constant_of_run(x)), 1, 1)
    return lambda x, **keywords: apply(x, **keywords)


def _clip(x: Any, low: Any, high: Any, **keywords: Any) -> Any:
    return np.minimum(np.maximum(as_ball_array(x), low), high, **keywords)


_OF_ELEMENTS: dict[np.ufunc, Callable[..., Any]] = {  # for which NumPy has no loop over objects, or one of its own
    **{test: _test_elements(test) for test in (np.isfinite, np.isnan, np.isinf, np.signbit)},
    np.sign: _call(lambda x: x.sign()),
    np.floor: _call(take_floor),
    np.ceil: _call(take_ceil),
    np.trunc: _call(take_trunc),
    np.rint: _call(take_rint),
    np.fabs: lambda x, **keywords: np.absolute(x, **keywords),
    np.radians: lambda x, **keywords: np.multiply(x, np.pi / 180, **keywords),
    np.deg2rad: lambda x, **keywords: np.multiply(x, np.pi / 180, **keywords),
    np.degrees: lambda x, **keywords: np.multiply(x, 180 / np.pi, **keywords),
    np.rad2deg: lambda x, **keywords: np.multiply(x, 180 / np.pi, **keywords),
    np.logaddexp2: lambda a, b, **keywords: np.divide(
        np.logaddexp(np.multiply(a, math.log(2)), np.multiply(b, math.log(2))), math.log(2), **keywords
    ),
    np.float_power: lambda a, b, **keywords: np.power(a, b, **keywords),
    np.clip: _clip,  # type: ignore[dict-item]
}
_OF_PAIRS: dict[np.ufunc, Any] = {
    np.logaddexp: np.frompyfunc(_call_of_pair("logaddexp"), 2, 1, identity=None),
    np.arctan2: np.frompyfunc(_call_of_pair("arctan2"), 2, 1, identity=None),
    np.hypot: np.frompyfunc(_call_of_pair("hypot"), 2, 1, identity=None),
    np.maximum: np.frompyfunc(_call_of_pair("maximum"), 2, 1, identity=None),
    np.minimum: np.frompyfunc(_call_of_pair("minimum"), 2, 1, identity=None),
    np.fmax: np.frompyfunc(_ignore_nan(_call_of_pair("maximum")), 2, 1, identity=None),
    np.fmin: np.frompyfunc(_ignore_nan(_call_of_pair("minimum")), 2, 1, identity=None),
    np.hypot: np.frompyfunc(_call_of_pair("hypot"), 2, 1, identity=None),
    np.arctan2: np.frompyfunc(_call_of_pair("arctan2"), 2, 1, identity=None),
    np.copysign: np.frompyfunc(_copy_sign, 2, 1, identity=None),
    np.ldexp: np.frompyfunc(lambda x, n: x * 2.0**n, 2, 1, identity=None),
    np.modf: np.frompyfunc(_split_at_point, 1, 2),
    np.floor_divide: np.frompyfunc(divide_to_floor, 2, 1, identity=None),
    np.remainder: np.frompyfunc(take_remainder, 2, 1, identity=None),
    np.fmod: np.frompyfunc(take_remainder_of_sign, 2, 1, identity=None),
    np.heaviside: np.frompyfunc(take_heaviside, 2, 1, identity=None),
}
_BY_OBJECTS = (
    "subtract",
    "multiply",
    "divide",
    "power",
    "negative",
    "positive",
    "absolute",
    "square",
    "reciprocal",
    "conjugate",
    "matmul",
    "equal",
    "not_equal",
    "less",
    "less_equal",
    "greater",
    "greater_equal",
)
"""Those of which NumPy's loops over objects call operators."""


def _dispatch(self: Any, function: Any, types: Any, arguments: Any, keywords: Any) -> Any:  # noqa: ARG001
    """As for an array without axes, since `np.where(x > 0, x, 0.0)` of a ball would put a plain number in its place."""
    held = [_hold_in_array(x) for x in arguments], {name: _hold_in_array(x) for name, x in keywords.items()}
    if all(map(operator.is_, held[0], arguments)) and all(held[1][name] is keywords[name] for name in keywords):
        return NotImplemented  # the ball is somewhere that this does not look into
    return function(*held[0], **held[1])


def _hold_in_array(argument: Any) -> Any:
    if isinstance(argument, Ball):
        return strip_class(argument).view(BallArray)
    if type(argument) in (list, tuple) and any(isinstance(part, Ball) for part in argument):
        return type(argument)(map(_hold_in_array, argument))
    return argument


Ball.__array_function__ = _dispatch  # type: ignore[attr-defined]


def list_ufuncs() -> list[np.ufunc]:
    """List the functions of elements of NumPy's that balls have."""
    known = {*_OF_ELEMENTS, *_OF_PAIRS}
    by_name = [*UNARY, *BINARY, *_BY_OBJECTS]
    return [*known, *(ufunc for name in by_name if isinstance(ufunc := getattr(np, name, None), np.ufunc))]
