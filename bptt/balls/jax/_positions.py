"""Primitives of JAX's that only move elements: JAX runs them on positions, which say which ball stands where.

Where a rule reads or writes elements of its own choice, it asks for their positions, too.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

import jax
import numpy as np
import numpy.typing as npt
from jax import lax

from bptt.balls._array import is_of_balls
from bptt.balls.jax._complex import find_real_type

Rule: TypeAlias = Callable[..., Any]  # of the equation and its operands; returns its result, or a list of them
Positions: TypeAlias = npt.NDArray[np.int64]


class UnknownPrimitiveError(TypeError):
    """A primitive of JAX's that has no rule here."""


def number_positions(equation: Any, n: int, first: int = 0) -> Any:
    """Number the elements of operand n, in its own type where that is long enough to hold them exactly."""
    aval = equation.invars[n].aval
    dtype = aval.dtype if aval.dtype.itemsize >= 4 else np.float32
    if first + aval.size > 2 ** (np.finfo(dtype).nmant + 1):
        raise UnknownPrimitiveError(f"an array of {aval.size} elements is too large for {dtype}")
    numbers = jax.numpy.arange(first, first + aval.size, dtype=find_real_type(dtype))
    return numbers.astype(dtype).reshape(aval.shape)


def move_elements(equation: Any, *operands: Any) -> Any:
    """Apply the primitive to positions; NaN is where it puts elements that come from nowhere."""
    given, pool, first = [], [], 0
    for n, operand in enumerate(operands):
        if is_of_balls(operand):
            given.append(number_positions(equation, n, first))
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


def find_targets(equation: Any, indices: Any) -> Positions:
    """Find where a scatter puts each update, flattened and counted from 1; 0 is where it drops one.

    It is what comes back to the updates from positions in the array: the transpose of adding.
    """
    modes = lax.GatherScatterMode
    params = equation.params
    mode = params["mode"]
    if mode == modes.PROMISE_IN_BOUNDS:  # XLA drops what is not, but reads from the nearest on the way back
        mode = modes.FILL_OR_DROP

    def added(updates: Any) -> Any:
        return lax.scatter_add(
            number_positions(equation, 0) * 0,
            indices,
            updates,
            params["dimension_numbers"],
            indices_are_sorted=params["indices_are_sorted"],
            unique_indices=params["unique_indices"],
            mode=mode,
        )

    _, pull = jax.vjp(added, number_positions(equation, 2) * 0)
    (targets,) = pull(number_positions(equation, 0, 1))
    return np.asarray(targets).real.astype(int).reshape(-1)


def find_windows(shape: Any, params: Any) -> Positions:
    """Find the elements of each window over an array, flattened and counted from 1; 0 is padding.

    `params` are those of the windows of XLA. Returns the axes of all windows, and after them one along a window.
    """
    positions: Any = np.arange(1, 1 + np.prod(shape, dtype=int)).reshape(shape)
    dilation = params.get("base_dilation") or (1,) * len(shape)
    padding = [(low, high, d - 1) for (low, high), d in zip(params["padding"], dilation, strict=True)]
    positions = np.asarray(lax.pad(positions, np.int64(0), padding))
    holes = params.get("window_dilation") or (1,) * len(shape)
    sizes = params["window_dimensions"]
    for axis, (size, stride, hole) in enumerate(zip(sizes, params["window_strides"], holes, strict=True)):
        extent = (size - 1) * hole + 1
        starts = np.arange(0, max(0, positions.shape[axis] - extent + 1), stride)
        within = starts[:, None] + hole * np.arange(size)
        positions = np.moveaxis(np.take(positions, within, axis=axis), axis + 1, -1)
    return positions.reshape(*positions.shape[: len(shape)], -1)


def is_plain_update(equation: Any) -> bool:
    """Whether a scatter puts the updates as they are, and not what a function makes of them."""
    jaxpr = equation.params["update_jaxpr"]
    return jaxpr is None or (not jaxpr.eqns and jaxpr.outvars[0] is jaxpr.invars[-1])
