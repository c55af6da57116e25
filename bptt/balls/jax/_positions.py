"""Where elements stand: in the windows over an array, where indices say, and where a scatter puts what.

NumPy finds it, since XLA would compile each question first.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from jax import lax

from bptt.balls._array import strip_class
from bptt.balls._ball import Ball

Rule: TypeAlias = Callable[..., Any]  # of the equation and its operands; returns its result, or a list of them
Positions: TypeAlias = npt.NDArray[np.int64]


class UnknownPrimitiveError(TypeError):
    """A primitive of JAX's that has no rule here."""


def pad(x: Any, value: Any, widths: Sequence[tuple[int, int, int]]) -> Any:
    """Put a value around an array and between its elements: before, after and in between; what is negative cuts off."""
    axes = list(zip(widths, x.shape, strict=True))
    shape = [low + high + size + between * max(size - 1, 0) for (low, high, between), size in axes]
    result = np.empty(shape, dtype=object if isinstance(value, Ball) else x.dtype)  # x may be empty
    result[...] = value
    targets = [low + (1 + between) * np.arange(size) for (low, _, between), size in axes]
    stays = [(target >= 0) & (target < size) for target, size in zip(targets, shape, strict=True)]
    result[np.ix_(*(target[by] for target, by in zip(targets, stays, strict=True)))] = x[np.ix_(*stays)]
    return result


class _Windows:
    """Windows over an array, one for each row of indices, which say where it begins along some of the axes.

    Attributes:
        positions: of the elements of each, flattened; the axes of the indices, and after them those of the array
        are_inside: whether a window is within the array
    """

    def __init__(
        self, shape: Sequence[int], sizes: Sequence[int], indices: Any, axes: Sequence[int], batch: Sequence[Any]
    ) -> None:
        rows = indices.shape[:-1]
        starts = [np.zeros(rows, dtype=np.int64) for _ in shape]
        for n, axis in enumerate(axes):
            starts[axis] = indices[..., n].astype(np.int64)
        for axis, of_indices in batch:
            along = [-1 if n == of_indices else 1 for n in range(len(rows))]
            starts[axis] = np.broadcast_to(np.arange(rows[of_indices]).reshape(along), rows)
        last = [whole - size for whole, size in zip(shape, sizes, strict=True)]
        inside = [(start >= 0) & (start <= end) for start, end in zip(starts, last, strict=True)]
        self.are_inside = np.logical_and.reduce([np.ones(rows, dtype=bool), *inside])
        self.positions = np.zeros((*rows, *sizes), dtype=np.int64)
        for axis, (start, end, size) in enumerate(zip(starts, last, sizes, strict=True)):
            along = [-1 if n == axis else 1 for n in range(len(sizes))]
            places = np.clip(start, 0, end).reshape(*rows, *(1 for _ in sizes)) + np.arange(size).reshape(along)
            self.positions = self.positions * shape[axis] + places

    def arrange(self, values: Any, dropped: Sequence[int], offsets: Sequence[int]) -> Any:
        """Return values of all elements without the axes of the array that are dropped, the others at `offsets`."""
        count = self.are_inside.ndim
        values = np.squeeze(values, axis=tuple(count + axis for axis in dropped))
        return np.moveaxis(values, range(count, values.ndim), offsets)

    def spread(self, of_windows: Any) -> Any:
        """Return what is said of each window for each of its elements."""
        extra = self.positions.ndim - self.are_inside.ndim
        return np.broadcast_to(of_windows.reshape(*of_windows.shape, *(1 for _ in range(extra))), self.positions.shape)


def gather(equation: Any, x: Any, indices: Any) -> Any:
    """Return the windows of x that begin where the indices say: moved inside, or filled, if they do not fit."""
    params = equation.params
    numbers = params["dimension_numbers"]
    batch = list(zip(numbers.operand_batching_dims, numbers.start_indices_batching_dims, strict=True))
    windows = _Windows(x.shape, params["slice_sizes"], indices, numbers.start_index_map, batch)
    found = strip_class(x).reshape(-1)[windows.positions]
    if params["mode"] == lax.GatherScatterMode.FILL_OR_DROP and not windows.are_inside.all():
        found = np.where(windows.spread(windows.are_inside), found, _find_fill(x.dtype, params["fill_value"]))
    dropped = (*numbers.collapsed_slice_dims, *numbers.operand_batching_dims)
    return windows.arrange(found, dropped, numbers.offset_dims)


def _find_fill(dtype: Any, given: Any) -> Any:
    """Return what stands for elements outside: by default NaN, or the integer that no index is."""
    if given is not None:
        return given
    if dtype.kind in "Ob":
        return np.nan if dtype.kind == "O" else True
    limits: Any = np.iinfo(dtype)
    return limits.min if dtype.kind == "i" else limits.max


def find_targets(equation: Any, shape: Sequence[int], indices: Any, updates: Any) -> Positions:
    """Find where in an array a scatter puts each update, flattened and counted from 1; 0 is where it drops one."""
    numbers = equation.params["dimension_numbers"]
    batch = list(zip(numbers.operand_batching_dims, numbers.scatter_indices_batching_dims, strict=True))
    dropped = (*numbers.inserted_window_dims, *numbers.operand_batching_dims)
    of_windows = iter(updates.shape[axis] for axis in numbers.update_window_dims)
    sizes = [1 if axis in dropped else next(of_windows) for axis in range(len(shape))]
    windows = _Windows(shape, sizes, indices, numbers.scatter_dims_to_operand_dims, batch)
    targets = 1 + windows.positions
    if equation.params["mode"] != lax.GatherScatterMode.CLIP:  # XLA drops what was promised to be inside and is not
        targets = np.where(windows.spread(windows.are_inside), targets, 0)
    arranged: Positions = windows.arrange(targets, dropped, numbers.update_window_dims).reshape(-1)
    return arranged


def scatter(equation: Any, x: Any, indices: Any, updates: Any) -> Any:
    """Put updates where the indices say."""
    targets = find_targets(equation, x.shape, indices, updates)
    result = strip_class(x).reshape(-1).copy()
    result[targets[targets > 0] - 1] = updates.reshape(-1)[targets > 0]
    return result.reshape(x.shape)


def find_windows(shape: Any, params: Any) -> Positions:
    """Find the elements of each window over an array, flattened and counted from 1; 0 is padding.

    `params` are those of the windows of XLA. Returns the axes of all windows, and after them one along a window.
    """
    positions: Any = np.arange(1, 1 + np.prod(shape, dtype=int)).reshape(shape)
    dilation = params.get("base_dilation") or (1,) * len(shape)
    padding = [(low, high, d - 1) for (low, high), d in zip(params["padding"], dilation, strict=True)]
    positions = pad(positions, np.int64(0), padding)
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
