"""Sequences of different lengths in one batch: what lies beyond the end of one is not read, not even a NaN."""

from typing import Any

import numpy as np

from bptt.rnn._arguments import require_integers, require_shape
from bptt.rnn.arrays import Array, namespace


def check_lengths(lengths: Any, xs: Array) -> Array | None:
    """Return the lengths (...); raise unless they are integers from 1 to T, one for each sequence of xs (T, ..., D_x).

    The values of JAX arrays are not looked at.
    """
    if lengths is None:
        return None
    ends = require_integers("lengths", lengths)
    require_shape("lengths", ends, xs.shape[1:-1], "(...), the batch axes of xs,")
    if namespace(ends) is not np:
        return ends
    if (outside := (ends < 1) | (ends > len(xs))).any():
        raise ValueError(f"lengths must be from 1 to T = {len(xs)}; got {ends[outside].flat[0]}")
    return ends.astype(np.int64)  # short and unsigned integers would wrap round where 1 is taken off


def is_within(lengths: Array, T: int) -> Array:
    """Say whether step t is before the end of each sequence: booleans (T, ...) from lengths (...)."""
    return _number_steps(lengths, T) < lengths


def mask(array: Any, condition: Array | None) -> Any:
    """Replace the array by 0 wherever the condition does not hold, even a NaN; None is a condition that holds.

    The array may have more axes at the end than the condition, and a first axis of 1 for one of T.
    """
    if condition is None:
        return array
    xp = namespace(condition, array)
    aligned = condition.reshape(*condition.shape, *(1 for _ in array.shape[condition.ndim :]))
    return xp.where(aligned, array, xp.zeros_like(array))  # a product with the condition would keep a NaN


def take_last(array: Array, lengths: Array | None) -> Array:
    """Take the last step of each sequence, with a time axis: (1, ..., D) from (T, ..., D)."""
    if lengths is None:
        return array[-1:]
    return namespace(array, lengths).take_along_axis(array, (lengths - 1)[None, ..., None], axis=0)


def put_last(array: Array, lengths: Array | None, T: int) -> Array:
    """Put an array (1, ..., D) at the last step of each sequence, 0 elsewhere: (T, ..., D), adjoint to `take_last`."""
    if lengths is None:
        xp = namespace(array)
        return xp.concat([xp.zeros_like(array, shape=(T - 1, *array.shape[1:])), array])
    return mask(array, is_within(lengths, T) & ~is_within(lengths - 1, T))


def reverse_in_time(array: Array, lengths: Array | None) -> Array:
    """out[t] = array[n - 1 - t] for t < n, the length of the sequence; what lies beyond stays. Its own inverse.

    The array is (T, ..., D), and the lengths (...), or None if all are T.
    """
    ends = check_lengths(lengths, array)
    if ends is None:
        return array[::-1]
    t = _number_steps(ends, len(array))
    source = namespace(ends).where(t < ends, ends - 1 - t, t)
    return namespace(array, ends).take_along_axis(array, source[..., None], axis=0)


def _number_steps(lengths: Array, T: int) -> Array:
    """Return t, with an axis of 1 for each of the batch."""
    return namespace(lengths).arange(T).reshape(T, *(1 for _ in lengths.shape))
