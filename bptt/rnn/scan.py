"""The one loop over time."""

from collections.abc import Callable
from itertools import starmap
from typing import Any

import numpy as np

from bptt.rnn.arrays import each, namespace


def scan(step: Callable[..., tuple[Any, Any]], carry: Any, *sequences: Any, reverse: bool = False) -> tuple[Any, Any]:
    """Fold `carry, out[t] = step(carry, *(s[t] for s in sequences))` over time; return the last carry and `out`.

    `carry`, `out` and each of `sequences` is an array or a NamedTuple of arrays, time being the first axis of the last
    two. With `reverse` the fold goes back from the last step. JAX arrays go through `jax.lax.scan`.
    """
    if namespace(_find_first_array(sequences)) is not np:
        import jax  # here alone, so that the gradients need NumPy alone

        return jax.lax.scan(lambda carry, slices: step(carry, *slices), carry, sequences, reverse=reverse)

    slices = list(zip(*map(_list_steps, sequences), strict=True))
    out: Any = None
    for t in range(len(slices))[:: -1 if reverse else 1]:
        carry, out_t = step(carry, *slices[t])
        if out is None:
            out = each(lambda array: np.empty_like(array, shape=(len(slices), *array.shape)), out_t)
        _write(out, t, out_t)
    return carry, out


def _find_first_array(tree: Any) -> Any:
    return _find_first_array(tree[0]) if isinstance(tree, tuple) else tree


def _list_steps(sequence: Any) -> list[Any]:
    """List what a sequence has at each step: arrays, or NamedTuples of them."""
    return list(starmap(type(sequence), zip(*sequence, strict=True)) if isinstance(sequence, tuple) else sequence)


def _write(out: Any, t: int, out_t: Any) -> None:
    """out[t] = out_t"""
    if not isinstance(out, tuple):
        out[t] = out_t
        return
    for array, array_t in zip(out, out_t, strict=True):
        if array is not None:
            array[t] = array_t
