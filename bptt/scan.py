"""The one loop over time."""

from collections.abc import Callable
from typing import Any

import numpy as np

from bptt.arrays import Array, namespace


def scan(
    step: Callable[..., tuple[Array, Array]], carry: Array, *sequences: Array, reverse: bool = False
) -> tuple[Array, Array]:
    """Fold `carry, out[t] = step(carry, *(s[t] for s in sequences))` over time; returns the last carry and `out`.

    Each of `sequences` has time as its first axis, and so has `out`. With `reverse` the fold runs from the last
    step to the first, and `out` keeps its order in time. JAX arrays go through `jax.lax.scan`.
    """
    if namespace(carry, *sequences) is not np:
        import jax

        def sliced(carry: Any, slices: tuple[Any, ...]) -> tuple[Any, Any]:
            return step(carry, *slices)

        last, out = jax.lax.scan(sliced, carry, sequences, reverse=reverse)
        return last, out

    slices = list(zip(*sequences, strict=True))
    outs = []
    for at_t in reversed(slices) if reverse else slices:
        carry, out_t = step(carry, *at_t)
        outs.append(out_t)
    return carry, np.stack(outs[::-1] if reverse else outs)
