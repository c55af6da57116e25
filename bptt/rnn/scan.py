"""The one loop over time."""

from collections.abc import Callable
from typing import Any

import numpy as np

from bptt.rnn.arrays import each, namespace


def scan(step: Callable[..., tuple[Any, Any]], carry: Any, *sequences: Any, reverse: bool = False) -> tuple[Any, Any]:
    """Fold `carry, out[t] = step(carry, *(s[t] for s in sequences))` over time; return the last carry and `out`.

    `carry`, `out` and each of `sequences` is an array or a NamedTuple of arrays, time being the first axis of the last
    two. With `reverse` the fold goes back from the last step. JAX arrays go through `jax.lax.scan`.
    """
    arrays: list[Any] = []
    each(arrays.append, sequences)
    if namespace(*arrays) is not np:
        import jax  # here alone, so that the gradients need NumPy alone

        return jax.lax.scan(lambda carry, slices: step(carry, *slices), carry, sequences, reverse=reverse)

    outs = []
    for t in range(len(arrays[0]))[:: -1 if reverse else 1]:
        carry, out_t = step(carry, *each(lambda s: s[t], sequences))  # noqa: B023  (called at once)
        outs.append(out_t)
    return carry, each(lambda *of_steps: np.stack(of_steps), *(outs[::-1] if reverse else outs))
