"""Primitives of JAX's that only move elements, by NumPy: XLA would compile each of them first.

They take arrays of balls, of integers and of booleans alike.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from bptt.balls._array import strip_class
from bptt.balls.jax._positions import Rule, gather, pad, scatter


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


def _find_slices(shape: Any, sizes: Any, starts: Any) -> tuple[slice, ...]:
    """Return where a window begins and ends, which is moved until it is within the array."""
    begins = [min(max(int(n), 0), whole - size) for n, whole, size in zip(starts, shape, sizes, strict=True)]
    return tuple(slice(begin, begin + size) for begin, size in zip(begins, sizes, strict=True))


def _slice_dynamically(params: Any, x: Any, *starts: Any) -> Any:
    return x[_find_slices(x.shape, params["slice_sizes"], starts)]


def _update_slice(_: Any, x: Any, update: Any, *starts: Any) -> Any:
    result = x.copy()
    result[_find_slices(x.shape, update.shape, starts)] = update
    return result


_MOVES: dict[str, Callable[..., Any]] = {  # of the parameters and the operands
    "broadcast_in_dim": _broadcast,
    "concatenate": lambda params, *operands: np.concatenate(operands, axis=params["dimension"]),
    "dynamic_slice": _slice_dynamically,
    "dynamic_update_slice": _update_slice,
    "expand_dims": lambda params, x: np.expand_dims(x, params["dimensions"]),
    "pad": lambda params, x, value: pad(x, value[()], params["padding_config"]),
    "reshape": _reshape,
    "rev": lambda params, x: np.flip(x, params["dimensions"]),
    "slice": _slice,
    "split": _split,
    "stack": lambda params, *operands: np.stack(operands, axis=params["axis"]),
    "squeeze": lambda params, x: np.squeeze(x, params["dimensions"]),
    "tile": lambda params, x: np.tile(x, params["reps"]),
    "transpose": lambda params, x: x.transpose(params["permutation"]),
    "unstack": lambda params, x: list(np.moveaxis(x, params["axis"], 0)),
}


def _define_rule(move: Callable[..., Any]) -> Rule:
    return lambda equation, *operands: move(equation.params, *(strip_class(operand) for operand in operands))


MOVE_RULES: dict[str, Rule] = {
    "gather": gather,
    "scatter": scatter,
    **{name: _define_rule(move) for name, move in _MOVES.items()},
}
