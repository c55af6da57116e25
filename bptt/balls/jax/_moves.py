"""Primitives of JAX's that only move elements, by NumPy: XLA would compile each of them first.

They take arrays of balls, of integers and of booleans alike. Those that take indices stand in `_jax_positions`.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from bptt.balls._array import strip_class
from bptt.balls.jax._positions import Rule


def _broadcast(params: Any, x: Any) -> Any:
    axes, shape = params["broadcast_dimensions"], [1] * len(params["shape"])
    for axis, size in zip(axes, x.shape, strict=True):
        shape[axis] = size
    return np.broadcast_to(x.transpose(np.argsort(np.array(axes, dtype=int))).reshape(shape), params["shape"]).copy()


def _slice(params: Any, x: Any) -> Any:
    strides = params["strides"] or (1,) * x.ndim
    return x[tuple(map(slice, params["start_indices"], params["limit_indices"], strides))]


def _reshape(params: Any, x: Any) -> Any:
    x = x if params.get("dimensions") is None else x.transpose(params["dimensions"])
    return x.reshape(params["new_sizes"])


def _split(params: Any, x: Any) -> list[Any]:
    return np.split(x, np.cumsum(params["sizes"])[:-1], axis=params["axis"])


_MOVES: dict[str, Callable[..., Any]] = {  # of the parameters and the operands
    "broadcast_in_dim": _broadcast,
    "concatenate": lambda params, *operands: np.concatenate(operands, axis=params["dimension"]),
    "expand_dims": lambda params, x: np.expand_dims(x, params["dimensions"]),
    "reshape": _reshape,
    "rev": lambda params, x: np.flip(x, params["dimensions"]),
    "slice": _slice,
    "split": _split,
    "squeeze": lambda params, x: np.squeeze(x, params["dimensions"]),
    "transpose": lambda params, x: x.transpose(params["permutation"]),
}


def _define_rule(move: Callable[..., Any]) -> Rule:
    return lambda equation, *operands: move(equation.params, *(strip_class(operand) for operand in operands))


MOVE_RULES: dict[str, Rule] = {name: _define_rule(move) for name, move in _MOVES.items()}
