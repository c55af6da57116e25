"""Arrays of balls whose axes are named by indices, so that what is common to many entries is computed once."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from flint import arb

from bptt.proofread._expressions import Index
from bptt.proofread.evaluation._budget import TooLarge

MOST_INDICES = 24  # of one array; NumPy has at most 64 axes


class TooSmall(ValueError):  # noqa: N818
    """An entry is asked for that a size does not have."""


class Array(NamedTuple):
    """A ball for each choice of the indices: one axis for each of them, in their order."""

    indices: tuple[str, ...]
    values: npt.NDArray[Any]


def make_scalar(value: arb | int) -> Array:
    """Make the array of one ball, without indices."""
    return Array((), np.array(arb(value), dtype=object))


def make_ball(value: Fraction) -> arb:
    """Enclose a fraction."""
    return arb(value.numerator) / value.denominator


def make_identity(size: int) -> npt.NDArray[Any]:
    """Make the identity matrix."""
    return np.eye(size, dtype=object) * arb(1)


def make_array(indices: tuple[str, ...], values: Any) -> Array:
    """Make an array of what NumPy gives back, which may be a bare element."""
    return Array(indices, values) if isinstance(values, np.ndarray) else make_scalar(values)


def apply_to_each(apply: Callable[[arb], arb], array: Array) -> Array:
    """Apply a function of one ball to every entry."""
    return make_array(array.indices, np.frompyfunc(apply, 1, 1)(array.values))


def spread(array: Array, indices: tuple[str, ...]) -> npt.NDArray[Any]:
    """Return the values with an axis for each index, of length 1 where the array has none. Raises `TooLarge`."""
    if len(indices) > MOST_INDICES:
        raise TooLarge(f"it has more than {MOST_INDICES} indices at once")
    order = sorted(range(len(array.indices)), key=lambda n: indices.index(array.indices[n]))
    sizes = dict(zip(array.indices, array.values.shape, strict=True))
    return array.values.transpose(order).reshape([sizes.get(index, 1) for index in indices])


def merge_indices(*arrays: Array) -> tuple[str, ...]:
    """List the indices of all the arrays, each once, in the order in which they are met."""
    return tuple(dict.fromkeys(index for array in arrays for index in array.indices))


def take(values: npt.NDArray[Any], indices: tuple[Index, ...]) -> Array:
    """Take the entries at indices: W_ii has one index, the diagonal, and W_2i the second row.

    Args:
        values: an axis for each of the indices
        indices: a letter, or the number of an entry, from 1; the same letter may stand twice

    Raises `TooSmall` for the number of an entry that there is not.
    """
    letters = tuple(dict.fromkeys(index for index in indices if isinstance(index, str)))
    grids: list[Any] = []
    for index, size in zip(indices, values.shape, strict=True):
        if isinstance(index, str):
            shape = [1] * len(letters)
            shape[letters.index(index)] = size
            grids.append(np.arange(size).reshape(shape))
        elif index > size:
            raise TooSmall(f"there is no entry {index} at a size of {size}")
        else:
            grids.append(index - 1)
    return make_array(letters, values[tuple(grids)]) if grids else Array((), values)
