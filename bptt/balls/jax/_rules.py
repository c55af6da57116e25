"""Primitives of JAX's on object arrays of balls, one rule each; those of a family of its own stand in its module."""

import functools
import math
import operator
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from bptt.balls._ball import Ball
from bptt.balls._rounded import leave_unbounded
from bptt.balls._ufuncs import is_finite
from bptt.balls.jax._axes import AXIS_RULES
from bptt.balls.jax._complex import COMPLEX_RULES
from bptt.balls.jax._linear_algebra import LINEAR_ALGEBRA
from bptt.balls.jax._moves import MOVE_RULES
from bptt.balls.jax._orders import ORDER_RULES
from bptt.balls.jax._positions import Rule, UnknownPrimitiveError, find_targets
from bptt.balls.jax._special import SPECIAL_RULES
from bptt.balls.jax._steps import STEP_RULES
from bptt.balls.jax._windows import WINDOW_RULES, take_larger, take_smaller

WITHOUT_RESULT = ("debug_callback", "debug_print")
ON_ANY_OPERANDS = {*WITHOUT_RESULT, *AXIS_RULES}  # balls or not: JAX does not run them, or not alone
ON_ARRAYS = set(MOVE_RULES)  # of NumPy, whatever they hold


# Elementwise


def _map_elements(function: Callable[..., Any], arity: int) -> Rule:
    apply = np.frompyfunc(function, arity, 1)
    return lambda equation, *operands: apply(*operands)


def _call_method(name: str, arity: int = 1) -> Rule:
    return _map_elements(lambda x, *others: getattr(x, name)(*others), arity)


def _define_relation(compare: Callable[[Any, Any], bool]) -> Rule:
    apply = np.frompyfunc(compare, 2, 1)
    return lambda equation, *operands: np.asarray(apply(*operands), dtype=bool)


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
    return _contract_axes(a, b, equation.params["dimension_numbers"])


def _contract_axes(a: Any, b: Any, dimension_numbers: Any) -> Any:
    (a_sum, b_sum), (a_batch, b_batch) = dimension_numbers
    a_free = [axis for axis in range(a.ndim) if axis not in (*a_sum, *a_batch)]
    b_free = [axis for axis in range(b.ndim) if axis not in (*b_sum, *b_batch)]
    batch = [a.shape[axis] for axis in a_batch]
    terms = math.prod(a.shape[axis] for axis in a_sum)
    left = a.transpose([*a_batch, *a_free, *a_sum]).reshape(*batch, -1, terms)
    right = b.transpose([*b_batch, *b_sum, *b_free]).reshape(*batch, terms, -1)
    shape = [*batch, *(a.shape[axis] for axis in a_free), *(b.shape[axis] for axis in b_free)]
    return (left @ right).reshape(shape)


def _contract_groups(equation: Any, a: Any, b: Any, sizes: Any) -> Any:
    """Contract each group of rows of a with a matrix of its own, or with the same rows of b."""
    numbers = equation.params["ragged_dot_dimension_numbers"]
    (a_sum, b_sum), batch = numbers.dot_dimension_numbers
    (ragged,) = numbers.lhs_ragged_dimensions
    if np.ndim(sizes) != 1 or ragged in batch[0] or batch[0]:
        raise UnknownPrimitiveError("JAX's primitive 'ragged_dot_general' with batches has no rule for balls")
    ends = np.minimum(np.cumsum(sizes), a.shape[ragged])
    groups = [np.arange(start, end) for start, end in pairwise([0, *ends])]
    if ragged in a_sum:
        beside = b_sum[list(a_sum).index(ragged)]
        products = [
            _contract_axes(a.take(rows, ragged), b.take(rows, beside), ((a_sum, b_sum), batch)) for rows in groups
        ]
        return np.stack(products)
    (of_groups,) = numbers.rhs_group_dimensions
    b_within = [axis - (axis > of_groups) for axis in b_sum]
    parts = [
        _contract_axes(a.take(rows, ragged), b.take(n, of_groups), ((a_sum, b_within), batch))
        for n, rows in enumerate(groups)
    ]
    axis = ragged - sum(summed < ragged for summed in a_sum)
    rest = list(equation.outvars[0].aval.shape)
    rest[axis] -= sum(part.shape[axis] for part in parts)
    return np.concatenate([*parts, np.zeros(rest, dtype=object)], axis=axis)


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


def _accumulate_logarithms(equation: Any, x: Any) -> Any:
    """Return log Σ exp of all so far; XLA adds in an order of its own, and the bound would be another in each."""
    return np.frompyfunc(leave_unbounded, 1, 1)(_accumulate(np.logaddexp)(equation, x))


def _scatter(combine: Callable[[Any, Any], Any]) -> Rule:
    def scattered(equation: Any, x: Any, indices: Any, updates: Any) -> Any:
        result = x.reshape(-1).copy()
        for target, update in zip(find_targets(equation, x.shape, indices, updates), updates.reshape(-1), strict=True):
            if target:
                result[target - 1] = combine(result[target - 1], update)
        return result.reshape(x.shape)

    return scattered


_NAMES_OF_METHODS = {
    "asin": "arcsin", "acos": "arccos", "atan": "arctan", "asinh": "arcsinh", "acosh": "arccosh", "atanh": "arctanh",
    "erf_inv": "erfinv",
}  # fmt: skip

RULES: dict[str, Rule] = {
    **{
        name: _call_method(_NAMES_OF_METHODS.get(name, name))
        for name in (
            "exp", "exp2", "expm1", "log", "log1p", "sqrt", "rsqrt", "cbrt", "logistic", "erf", "erfc", "erf_inv",
            "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh",
            "atanh",
        )
    },
    "atan2": _call_method("arctan2", 2),
    "neg": _map_elements(operator.neg, 1),
    "abs": _map_elements(abs, 1),
    "square": _map_elements(lambda x: x * x, 1),
    "integer_pow": lambda equation, x: np.frompyfunc(_raise_to_integer, 2, 1)(x, equation.params["y"]),
    "is_finite": lambda equation, x: np.asarray(np.frompyfunc(is_finite, 1, 1)(x), dtype=bool),
    "add": _map_elements(operator.add, 2),
    "add_any": _map_elements(operator.add, 2),
    "sub": _map_elements(operator.sub, 2),
    "mul": _map_elements(operator.mul, 2),
    "div": _map_elements(operator.truediv, 2),
    "pow": _map_elements(operator.pow, 2),
    "max": _map_elements(take_larger, 2),
    "min": _map_elements(take_smaller, 2),
    "clamp": _map_elements(lambda low, x, high: x.maximum(low).minimum(high), 3),
    "eq": _define_relation(operator.eq),
    "ne": _define_relation(operator.ne),
    "lt": _define_relation(operator.lt),
    "le": _define_relation(operator.le),
    "gt": _define_relation(operator.gt),
    "ge": _define_relation(operator.ge),
    "select_n": _select,
    "dot_general": _contract,
    "ragged_dot_general": _contract_groups,
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
    "cumlogsumexp": _accumulate_logarithms,
    "scatter-add": _scatter(operator.add),
    "scatter-sub": _scatter(operator.sub),
    "scatter-mul": _scatter(operator.mul),
    "scatter-min": _scatter(take_smaller),
    "scatter-max": _scatter(take_larger),
    **LINEAR_ALGEBRA,
    **dict.fromkeys(
        (
            "copy", "copy_p", "name", "reduce_precision", "reshard", "sharding_constraint",
            "stop_gradient",
        ),
        lambda equation, x: x,
    ),
    **dict.fromkeys(("device_put", "optimization_barrier"), lambda equation, *operands: list(operands)),
    **COMPLEX_RULES,
    **dict.fromkeys(WITHOUT_RESULT, lambda *_: []),
    **AXIS_RULES,
    **MOVE_RULES,
    **ORDER_RULES,
    **SPECIAL_RULES,
    **STEP_RULES,
    **WINDOW_RULES,
}  # fmt: skip
