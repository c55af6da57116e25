"""Sequences of different lengths in one batch: what lies beyond the end of one is not read, not even a NaN."""

from typing import Any

import numpy as np

from bptt.rnn.arrays import Array, integers, namespace, require_shape


def checked_lengths(lengths: Any, xs: Array) -> Array | None:
    """The lengths as an array; raises unless they are integers from 1 to T, one for each sequence of xs (T, ..., D_x).

    The values of JAX arrays are not looked at.
    """
    if lengths is None:
        return None
    ends = integers("lengths", lengths)
    require_shape("lengths", ends, xs.shape[1:-1], "(...), the batch axes of xs,")
    if namespace(ends) is np and not ((ends >= 1) & (ends <= len(xs))).all():
        wrong = ends[(ends < 1) | (ends > len(xs))].flat[0]
        raise ValueError(f"lengths must be from 1 to T = {len(xs)}; got {wrong}")
    return ends if namespace(ends) is not np else ends.astype(np.int64)  # of which 1 can be taken off, and T - t


def within(lengths: Array, T: int) -> Array:
    """Whether step t is before the end of each sequence: booleans (T, ...) from lengths (...)."""
    result: Array = _steps(lengths, T) < lengths
    return result


def where(condition: Array | None, array: Any) -> Any:
    """The array where the condition holds and 0 elsewhere, even for a NaN; no condition is one that holds.

    The array may have more axes at the end than the condition, and a first axis of 1 for one of T.
    """
    if condition is None:
        return array
    xp = namespace(condition, array)
    aligned = condition.reshape(*condition.shape, *(1 for _ in array.shape[condition.ndim :]))
    return xp.where(aligned, array, xp.zeros_like(array))


def at_the_end(array: Array, lengths: Array | None) -> Array:
    """The last step of each sequence, with a time axis: (1, ..., D) from (T, ..., D)."""
    if lengths is None:
        return array[-1:]
    result: Array = namespace(array, lengths).take_along_axis(array, (lengths - 1)[None, ..., None], axis=0)
    return result


def reversed_in_time(array: Array, lengths: Array | None) -> Array:
    """out[t] = array[n - 1 - t] for t < n, the length of the sequence; what lies beyond stays. Its own inverse.

    The array is (T, ..., D), and the lengths (...), or None if all are T.
    """
    ends = checked_lengths(lengths, array)
    if ends is None:
        return array[::-1]
    t = _steps(ends, len(array))
    source = namespace(ends).where(t < ends, ends - 1 - t, t)
    result: Array = namespace(array, ends).take_along_axis(array, source[..., None], axis=0)
    return result


def _steps(lengths: Array, T: int) -> Array:
    """t, with an axis of 1 for each of the batch."""
    result: Array = namespace(lengths).arange(T).reshape(T, *(1 for _ in lengths.shape))
    return result
