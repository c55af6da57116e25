"""Arrays of balls whose axes are named by indices, so that what is common to many entries is computed once."""

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from flint import arb

from bptt.proofread._expressions import Index
from bptt.proofread.evaluation._budget import ARRAY, MOST_ENTRIES, Budget, TooLarge

MOST_INDICES = 24  # of one array; NumPy has at most 64 axes


class TooSmall(ValueError):  # noqa: N818
    """An entry is asked for that a size does not have."""


class Array(NamedTuple):
    """A ball for each choice of the indices: one axis for each of them, in their order.

    What does not depend on an index need not have it. What is 0 whatever the values are has no index at all.
    """

    indices: tuple[str, ...]
    values: npt.NDArray[Any]

    @property
    def is_zero(self) -> bool:
        """Whether it is known to be 0, as what has no index."""
        return not self.indices and bool(self.values[()] == 0)


def make_scalar(value: arb | int) -> Array:
    """Make the array of one ball, without indices."""
    return Array((), np.array(arb(value), dtype=object))


ZERO, ONE = make_scalar(0), make_scalar(1)


def make_ball(value: Fraction) -> arb:
    """Enclose a fraction."""
    return arb(value.numerator) / value.denominator


@functools.cache
def make_identity(rows: int, columns: int) -> npt.NDArray[Any]:
    """Make the matrix that is 1 where row and column have the same number."""
    return np.eye(rows, columns, dtype=object) * arb(1)


def make_array(indices: tuple[str, ...], values: Any) -> Array:
    """Make an array of what NumPy gives back, which may be a bare element."""
    return Array(indices, values) if isinstance(values, np.ndarray) else make_scalar(values)


def apply_to_each(apply: Callable[[arb], arb], array: Array) -> Array:
    """Apply a function of one ball to every entry."""
    return make_array(array.indices, np.frompyfunc(apply, 1, 1)(array.values))


def spread(array: Array, indices: tuple[str, ...]) -> npt.NDArray[Any]:
    """Return the values with an axis for each index, of length 1 where the array has none."""
    if array.indices == indices:
        return array.values
    order = sorted(range(len(array.indices)), key=lambda n: indices.index(array.indices[n]))
    sizes = dict(zip(array.indices, array.values.shape, strict=True))
    return array.values.transpose(order).reshape([sizes.get(index, 1) for index in indices])


def merge_indices(*arrays: Array) -> tuple[str, ...]:
    """List the indices of all the arrays, each once, in the order in which they are met. Raises `TooLarge`."""
    indices = tuple(dict.fromkeys(index for array in arrays for index in array.indices))
    if len(indices) > MOST_INDICES:
        raise TooLarge(f"it has more than {MOST_INDICES} indices at once")
    return indices


def broadcast(*arrays: Array) -> tuple[tuple[str, ...], list[Any]]:
    """Return the indices of all the arrays, and the values of each with an axis of full length for each of them."""
    indices = merge_indices(*arrays)
    return indices, list(np.broadcast_arrays(*(spread(array, indices) for array in arrays)))


def take(values: npt.NDArray[Any], indices: Sequence[Index]) -> Array:
    """Take the entries at indices: W_ii has one index, the diagonal, and W_2i the second row.

    Args:
        values: an axis for each of the indices
        indices: a letter, or the number of an entry, from 1; the same letter may stand twice

    Raises `TooSmall` for the number of an entry that there is not.
    """
    letters = tuple(dict.fromkeys(index for index in indices if isinstance(index, str)))
    if len(letters) == len(indices):
        return Array(letters, values)
    grids: list[Any] = []
    for index, size in zip(indices, values.shape, strict=True):
        if isinstance(index, str):
            shape = [1] * len(letters)
            shape[letters.index(index)] = size
            grids.append(np.arange(size).reshape(shape))
        else:
            check_number(index, size)
            grids.append(index - 1)
    return make_array(letters, values[tuple(grids)])


def check_number(index: Index, size: int) -> None:
    """Raise `TooSmall` for the number of an entry that there is not."""
    if isinstance(index, int) and index > size:
        raise TooSmall(f"there is no entry {index} at a size of {size}")


def relabel(array: Array, names: Mapping[Index, Index]) -> Array:
    """Put other indices in place of those of an array; two may become the same one. Raises `TooSmall`."""
    if not any(index in names for index in array.indices):
        return array
    return take(array.values, [names.get(index, index) for index in array.indices])


def put_zeros(array: Array, masks: Sequence[Array]) -> Array:
    """Put 0 where a mask is 0, all of whose indices an array has: it need have no value there."""
    for mask in masks:
        if mask.indices and set(mask.indices) <= set(array.indices):
            values = array.values.copy()
            values[np.broadcast_to(spread(mask, array.indices) == 0, values.shape)] = arb(0)
            array = Array(array.indices, values)
    return array


class Algebra(NamedTuple):
    """Adds and multiplies arrays, and sums them over indices; counts what that takes."""

    budget: Budget

    def spend(self, entries: int) -> None:
        """Count the operations for an array. Raises `TooLarge` for one that has too many entries, or for too many."""
        if entries > MOST_ENTRIES:
            raise TooLarge(f"it has more than {MOST_ENTRIES:,} values of its indices")
        self.budget.spend(entries + ARRAY)

    def add(self, arrays: Sequence[Array]) -> Array:
        """Add arrays, each over the indices of all."""
        result, *others = [array for array in arrays if not array.is_zero] or [ZERO]
        for array in others:
            indices = merge_indices(result, array)
            self.spend(_count(result, array))
            result = make_array(indices, spread(result, indices) + spread(array, indices))
        return result

    def multiply(self, arrays: Sequence[Array]) -> Array:
        """Multiply arrays entry by entry, each over the indices of all."""
        return self.contract(arrays, ())

    def contract(self, arrays: Sequence[Array], summed: Sequence[str]) -> Array:
        """Sum a product over indices, each as soon as all factors that have it are multiplied.

        Every one of the indices stands in one of the arrays.
        """
        if any(array.is_zero for array in arrays):
            return ZERO
        waiting, left = list(arrays), list(summed)
        while left:
            # First what leaves the smallest array.
            index = min(left, key=lambda index: _count(*_find_those_with(waiting, index)))
            found = _find_those_with(waiting, index)
            waiting = [array for array in waiting if index not in array.indices]
            here = [one for one in left if not any(one in array.indices for array in waiting)]
            waiting.append(self._multiply_and_sum(found, here))
            left = [one for one in left if one not in here]
        return self._multiply_and_sum(waiting, ())

    def _multiply_and_sum(self, arrays: Sequence[Array], summed: Sequence[str]) -> Array:
        """Multiply arrays, the smallest first, and sum over indices with the last."""
        product, *others = sorted(arrays, key=lambda array: array.values.size)
        for array in others[:-1]:
            product = self._sum_product((product, array), ())
        return self._sum_product((product, *others[-1:]), summed) if others or summed else product

    def _sum_product(self, arrays: Sequence[Array], summed: Sequence[str]) -> Array:
        """Sum the product of one array or two over indices."""
        numbers = {index: n for n, index in enumerate(merge_indices(*arrays))}
        sizes = _get_sizes(arrays)
        kept = tuple(index for index in numbers if index not in summed)
        self.spend(math.prod(sizes[index] for index in kept))
        if summed:
            self.budget.spend(math.prod(sizes.values()))
        parts = [part for array in arrays for part in (array.values, [numbers[index] for index in array.indices])]
        return make_array(kept, np.einsum(*parts, [numbers[index] for index in kept]))


def _find_those_with(arrays: Sequence[Array], index: str) -> list[Array]:
    return [array for array in arrays if index in array.indices]


def _get_sizes(arrays: Sequence[Array]) -> dict[str, int]:
    return dict(pair for array in arrays for pair in zip(array.indices, array.values.shape, strict=True))


def _count(*arrays: Array) -> int:
    """Count the entries of the product of arrays."""
    return math.prod(_get_sizes(arrays).values())
