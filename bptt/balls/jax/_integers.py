"""Primitives of JAX's on integers and booleans, by NumPy, whose integers wrap as XLA's do: XLA would compile each."""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

_Rule: TypeAlias = Callable[..., Any]  # of the parameters and the operands


def _apply(function: Callable[..., Any]) -> _Rule:
    return lambda params, *operands: function(*operands)


def _reduce(ufunc: np.ufunc) -> _Rule:
    return lambda params, x: ufunc.reduce(x, axis=tuple(params["axes"]), dtype=x.dtype)


def _accumulate(ufunc: np.ufunc) -> _Rule:
    def accumulate(params: Any, x: Any) -> Any:
        axis = params["axis"]
        line = np.flip(x, axis) if params["reverse"] else x
        result = ufunc.accumulate(line, axis=axis, dtype=x.dtype)
        return np.flip(result, axis) if params["reverse"] else result

    return accumulate


def _find_extreme(find: Callable[..., Any]) -> _Rule:
    return lambda params, x: find(x, axis=params["axes"][0])


def _count(params: Any) -> Any:
    shape, axis = params["shape"], params["dimension"]
    along = np.arange(shape[axis]).reshape([-1 if n == axis else 1 for n in range(len(shape))])
    return np.broadcast_to(along, shape)


def _select(_: Any, which: Any, *cases: Any) -> Any:
    return np.choose(which.astype(int), cases)


_RULES: dict[str, _Rule] = {
    **{
        name: _apply(function)
        for name, function in {
            "add": np.add, "sub": np.subtract, "mul": np.multiply, "max": np.maximum, "min": np.minimum,
            "lt": np.less, "le": np.less_equal, "gt": np.greater, "ge": np.greater_equal,
            "eq": np.equal, "ne": np.not_equal,
            "and": np.bitwise_and, "or": np.bitwise_or, "xor": np.bitwise_xor, "not": np.bitwise_not,
        }.items()
    },
    "argmax": _find_extreme(np.argmax),
    "argmin": _find_extreme(np.argmin),
    "clamp": lambda params, low, x, high: np.minimum(np.maximum(x, low), high),
    "convert_element_type": lambda params, x: x.astype(params["new_dtype"]),
    "copy": lambda params, x: x.copy(),
    "cumsum": _accumulate(np.add),
    "iota": _count,
    "reduce_and": _reduce(np.bitwise_and),
    "reduce_max": _reduce(np.maximum),
    "reduce_min": _reduce(np.minimum),
    "reduce_or": _reduce(np.bitwise_or),
    "reduce_sum": _reduce(np.add),
    "select_n": _select,
}  # fmt: skip


def is_of_integers(equation: Any, operands: Sequence[Any]) -> bool:
    """Whether NumPy computes an equation of these operands, all of them integers or booleans."""
    if equation.primitive.name not in _RULES:
        return False
    types = [variable.aval.dtype for variable in equation.outvars]
    return all(isinstance(dtype, np.dtype) for dtype in types) and all(
        isinstance(x, np.ndarray) and x.dtype.kind in "biu" for x in operands
    )


def compute_integers(equation: Any, operands: Sequence[Any]) -> Any:
    """Return the result of an equation whose operands are integers, in the type that JAX gives it."""
    with np.errstate(over="ignore"):
        result = _RULES[equation.primitive.name](equation.params, *operands)
    return np.asarray(result).astype(equation.outvars[0].aval.dtype)
