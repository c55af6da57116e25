"""Primitives of JAX's on object arrays of balls, one rule each.

A primitive that only moves elements is run by JAX on their positions; what it returns says which ball stands where.
"""

import functools
import math
import operator
from collections.abc import Callable
from typing import Any, TypeAlias

import jax
import numpy as np
from flint import arb
from jax import lax

from bptt.balls._array import as_ball_array, is_of_balls
from bptt.balls._ball import Ball
from bptt.balls._comparisons import UndecidedComparisonError
from bptt.balls._jax_complex import COMPLEX_RULES, find_real_type
from bptt.balls._ufuncs import is_finite

Rule: TypeAlias = Callable[..., Any]  # of the equation and its operands; returns its result, or a list of them

WITHOUT_RESULT = ("debug_callback", "debug_print")


class UnknownPrimitiveError(TypeError):
    """A primitive of JAX's that has no rule here."""


# Elementwise


def _map_elements(function: Callable[..., Any], arity: int) -> Rule:
    apply = np.frompyfunc(function, arity, 1)
    return lambda equation, *operands: apply(*operands)


def _call_method(name: str, arity: int = 1) -> Rule:
    return _map_elements(lambda x, *others: getattr(x, name)(*others), arity)


def _define_relation(compare: Callable[[Any, Any], bool]) -> Rule:
    apply = np.frompyfunc(compare, 2, 1)
    return lambda equation, *operands: np.asarray(apply(*operands), dtype=bool)


def _round_down(x: Ball) -> float:
    if not x.value.rad() < 0.25:
        raise UndecidedComparisonError("<", x.value.rad(), arb(0.25))
    nearest = float((x.value.mid() + 0.5).floor())
    return nearest if x >= nearest else nearest - 1


def _raise_to_integer(x: Ball, exponent: int) -> Any:
    """As XLA does it: squared and multiplied."""
    if exponent < 0:
        return 1 / _raise_to_integer(x, -exponent)
    if exponent == 0:
        return x * 0 + 1
    half = _raise_to_integer(x, exponent // 2) if exponent > 1 else None
    if half is None:
        return x
    return half * half * x if exponent % 2 else half * half


def _select(_: Any, which: Any, *cases: Any) -> Any:
    shape = cases[0].shape
    numbers = np.broadcast_to(np.asarray(which).astype(int), shape)
    return functools.reduce(lambda chosen, n: np.where(numbers == n, cases[n], chosen), range(1, len(cases)), cases[0])


# Sums and products


def _contract(equation: Any, a: Any, b: Any) -> Any:
    (a_sum, b_sum), (a_batch, b_batch) = equation.params["dimension_numbers"]
    a_free = [axis for axis in range(a.ndim) if axis not in (*a_sum, *a_batch)]
    b_free = [axis for axis in range(b.ndim) if axis not in (*b_sum, *b_batch)]
    batch = [a.shape[axis] for axis in a_batch]
    terms = math.prod(a.shape[axis] for axis in a_sum)
    left = a.transpose([*a_batch, *a_free, *a_sum]).reshape(*batch, -1, terms)
    right = b.transpose([*b_batch, *b_sum, *b_free]).reshape(*batch, terms, -1)
    shape = [*batch, *(a.shape[axis] for axis in a_free), *(b.shape[axis] for axis in b_free)]
    return (left @ right).reshape(shape)


def _convolve(equation: Any, x: Any, kernel: Any) -> Any:
    """Cut out the patches of x that the kernel meets, then take one product."""
    params = equation.params
    if params["feature_group_count"] != 1 or params["batch_group_count"] != 1:
        raise UnknownPrimitiveError("JAX's primitive 'conv_general_dilated' with groups has no rule for balls")
    numbers = params["dimension_numbers"]
    out_channel, in_channel, *spatial = numbers.rhs_spec
    positions = lax.conv_general_dilated_patches(
        _number_positions(equation, 0, 1),
        filter_shape=[kernel.shape[axis] for axis in spatial],
        window_strides=params["window_strides"],
        padding=params["padding"],
        lhs_dilation=params["lhs_dilation"],
        rhs_dilation=params["rhs_dilation"],
        dimension_numbers=numbers,
        precision=lax.Precision.HIGHEST,
    )
    pool = np.concatenate([np.zeros(1, dtype=object), x.reshape(-1)])
    channels = numbers.out_spec[1]
    patches = pool[np.moveaxis(np.asarray(positions).real.astype(int), channels, -1)]
    weights = kernel.transpose([out_channel, in_channel, *spatial]).reshape(kernel.shape[out_channel], -1)
    return np.moveaxis(as_ball_array(patches) @ weights.T, -1, channels)


def _reduce(ufunc: np.ufunc) -> Rule:
    return lambda equation, x: ufunc.reduce(x, axis=tuple(equation.params["axes"]), dtype=object)


def _reduce_to_extreme(ufunc: np.ufunc) -> Rule:
    def reduced(equation: Any, x: Any) -> Any:
        for axis in sorted(equation.params["axes"], reverse=True):
            x = ufunc.reduce(x, axis=axis)
        return x

    return reduced


def _find_extreme(find: Callable[..., Any]) -> Rule:
    return lambda equation, x: find(x, axis=equation.params["axes"][0]).astype(equation.params["index_dtype"])


def _accumulate(ufunc: np.ufunc) -> Rule:
    def cumulative(equation: Any, x: Any) -> Any:
        axis, backward = equation.params["axis"], equation.params["reverse"]
        x = np.flip(x, axis) if backward else x
        result = ufunc.accumulate(x, axis=axis)
        return np.flip(result, axis) if backward else result

    return cumulative


def _sort(equation: Any, *operands: Any) -> list[Any]:
    if equation.params["num_keys"] != 1:
        raise UnknownPrimitiveError("JAX's primitive 'sort' by several keys has no rule for balls")
    axis = equation.params["dimension"]
    order = np.argsort(operands[0], axis=axis, kind="stable")
    return [np.take_along_axis(np.asarray(operand), order, axis) for operand in operands]


def _add_scattered(equation: Any, x: Any, indices: Any, updates: Any) -> Any:
    """Add updates. Where one goes is what comes back to it from positions in x: the transpose of adding."""
    modes = lax.GatherScatterMode
    params = equation.params
    if params["mode"] == modes.PROMISE_IN_BOUNDS:  # XLA drops what is not, but reads from the nearest on the way back
        params = {**params, "mode": modes.FILL_OR_DROP}

    def added(updates: Any) -> Any:
        return equation.primitive.bind(_number_positions(equation, 0) * 0, indices, updates, **params)

    _, pull = jax.vjp(added, _number_positions(equation, 2) * 0)
    (targets,) = pull(_number_positions(equation, 0, 1))  # counted from 1: what is dropped gets 0
    result = x.reshape(-1).copy()
    for target, update in zip(np.asarray(targets).real.astype(int).reshape(-1), updates.reshape(-1), strict=True):
        if target:
            result[target - 1] = result[target - 1] + update
    return result.reshape(x.shape)


# Elements that only move


def _number_positions(equation: Any, n: int, first: int = 0) -> Any:
    """Number the elements of operand n, in its own type where that is long enough to hold them exactly."""
    aval = equation.invars[n].aval
    dtype = aval.dtype if aval.dtype.itemsize >= 4 else np.float32
    if first + aval.size > 2 ** (np.finfo(dtype).nmant + 1):
        raise UnknownPrimitiveError(f"an array of {aval.size} elements is too large for {dtype}")
    numbers = jax.numpy.arange(first, first + aval.size, dtype=find_real_type(dtype))
    return numbers.astype(dtype).reshape(aval.shape)


def _move_elements(equation: Any, *operands: Any) -> Any:
    """Apply the primitive to positions; NaN is where it puts elements that come from nowhere."""
    given, pool, first = [], [], 0
    for n, operand in enumerate(operands):
        if is_of_balls(operand):
            given.append(_number_positions(equation, n, first))
            pool.append(operand.reshape(-1))
            first += operand.size
        else:
            given.append(operand)
    elements = np.concatenate(pool)
    params, fill = equation.params, np.nan
    if params.get("fill_value") is not None:
        params, fill = {**params, "fill_value": np.nan}, params["fill_value"]
    moved = equation.primitive.bind(*given, **params)

    def placed(positions: Any) -> Any:
        positions = np.asarray(positions).real
        nowhere = np.isnan(positions)
        result = elements[np.where(nowhere, 0, positions).astype(int)]
        return np.where(nowhere, fill, result) if nowhere.any() else result

    return [placed(part) for part in moved] if equation.primitive.multiple_results else placed(moved)


def _convert(equation: Any, x: Any) -> Any:
    """Leave a ball what it is, as a float of whatever length: a detour is no part of the formula."""
    dtype = equation.params["new_dtype"]
    if not jax.numpy.issubdtype(dtype, np.floating):
        raise UnknownPrimitiveError(
            f"JAX's primitive 'convert_element_type' from floats to {dtype} has no rule for balls"
        )
    return x


_NAMES_OF_METHODS = {
    "asin": "arcsin", "acos": "arccos", "atan": "arctan", "asinh": "arcsinh", "acosh": "arccosh", "atanh": "arctanh",
    "erf_inv": "erfinv",
}  # fmt: skip

RULES: dict[str, Rule] = {
    **{
        name: _call_method(_NAMES_OF_METHODS.get(name, name))
        for name in (
            "exp", "exp2", "expm1", "log", "log1p", "sqrt", "rsqrt", "cbrt", "logistic", "erf", "erfc", "erf_inv",
            "lgamma", "digamma", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh",
            "atanh",
        )
    },
    "atan2": _call_method("arctan2", 2),
    "neg": _map_elements(operator.neg, 1),
    "abs": _map_elements(abs, 1),
    "sign": _map_elements(lambda x: 1 if x > 0 else -1 if x < 0 else 0, 1),
    "floor": _map_elements(_round_down, 1),
    "ceil": _map_elements(lambda x: -_round_down(-x), 1),
    "square": _map_elements(lambda x: x * x, 1),
    "integer_pow": lambda equation, x: np.frompyfunc(_raise_to_integer, 2, 1)(x, equation.params["y"]),
    "is_finite": lambda equation, x: np.asarray(np.frompyfunc(is_finite, 1, 1)(x), dtype=bool),
    "add": _map_elements(operator.add, 2),
    "add_any": _map_elements(operator.add, 2),
    "sub": _map_elements(operator.sub, 2),
    "mul": _map_elements(operator.mul, 2),
    "div": _map_elements(operator.truediv, 2),
    "pow": _map_elements(operator.pow, 2),
    "max": _map_elements(lambda a, b: a if a >= b else b, 2),
    "min": _map_elements(lambda a, b: a if a <= b else b, 2),
    "clamp": _map_elements(lambda low, x, high: low if x < low else high if x > high else x, 3),
    "eq": _define_relation(operator.eq),
    "ne": _define_relation(operator.ne),
    "lt": _define_relation(operator.lt),
    "le": _define_relation(operator.le),
    "gt": _define_relation(operator.gt),
    "ge": _define_relation(operator.ge),
    "select_n": _select,
    "dot_general": _contract,
    "conv_general_dilated": _convolve,
    "reduce_sum": _reduce(np.add),
    "reduce_prod": _reduce(np.multiply),
    "reduce_max": _reduce_to_extreme(np.maximum),
    "reduce_min": _reduce_to_extreme(np.minimum),
    "argmax": _find_extreme(np.argmax),
    "argmin": _find_extreme(np.argmin),
    "cumsum": _accumulate(np.add),
    "cumprod": _accumulate(np.multiply),
    "cummax": _accumulate(np.maximum),
    "cummin": _accumulate(np.minimum),
    "sort": _sort,
    "scatter-add": _add_scattered,
    **dict.fromkeys(
        (
            "broadcast_in_dim", "concatenate", "dynamic_slice", "dynamic_update_slice", "expand_dims", "gather", "pad",
            "reshape", "rev", "scatter", "slice", "split", "squeeze", "stack", "tile", "transpose", "unstack",
        ),
        _move_elements,
    ),
    **dict.fromkeys(("copy", "copy_p", "name", "reduce_precision", "stop_gradient"), lambda equation, x: x),
    "optimization_barrier": lambda equation, *operands: list(operands),
    "convert_element_type": _convert,
    **COMPLEX_RULES,
    **dict.fromkeys(WITHOUT_RESULT, lambda *_: []),
}  # fmt: skip
