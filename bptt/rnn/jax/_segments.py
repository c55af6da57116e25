"""Long sequences, a segment of steps at a time: trees of arrays whose first axis is time, cut and put together again.

A segment begins at a step that may be a tracer, in a loop; its number of steps is an integer.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax.numpy as jnp
from jax import lax

from bptt.rnn.arrays import Array, each

_STEPS = 192  # of a segment at most: what is made of one then weighs little beside what is kept of a long sequence
_BYTES = 2**20  # of δ, the largest that is made of a segment: what a core has at hand in its cache
_ROWS = 512  # of δ at least, one for each step of each sequence: products over fewer, and their sums, take longer


def choose_steps(W: Array, xs: Array) -> int:
    """Return how many steps of xs, (T, ..., D_x), a segment has for which every state is kept; W is (*gates, D_h, D_h).

    More make more at a time than the cache holds, fewer have the gradients of the weights added up more often.
    """
    rows = max(_ROWS, _BYTES // (math.prod(W.shape[:-1]) * W.dtype.itemsize))
    return max(1, min(_STEPS, rows // math.prod(xs.shape[1:-1])))


def fold_segments(f: Callable[..., Any], carry: Any, T: int, k: int, reverse: bool = False) -> Any:
    """Return the last carry of `carry = f(carry, start, steps)`, over segments of k steps, then of those that are left.

    With `reverse`, those that are left come first. At least one step is left.
    """
    n = (T - 1) // k
    if reverse:
        carry = f(carry, n * k, T - n * k)
        return lax.fori_loop(0, n, lambda i, carry: f(carry, (n - 1 - i) * k, k), carry) if n else carry
    carry = lax.fori_loop(0, n, lambda i, carry: f(carry, i * k, k), carry) if n else carry
    return f(carry, n * k, T - n * k)


class Window(NamedTuple):
    """What a tree has from the step `start` on."""

    tree: Any
    start: Any

    def at(self, i: Any) -> Any:
        """Return the i-th step of the window."""
        return take_step(self.tree, self.start + i)

    def put(self, i: Any, at_i: Any) -> Any:
        """Return the tree with that in the place of the i-th step of the window."""
        put_step = lambda part, step: lax.dynamic_update_index_in_dim(part, step, self.start + i, 0)  # noqa: E731
        return each(put_step, self.tree, at_i)


def take_step(tree: Any, t: Any) -> Any:
    """Return the step t of a tree."""
    return each(lambda part: lax.dynamic_index_in_dim(part, t, keepdims=False), tree)


def cut(tree: Any, start: Any, steps: int) -> Any:
    """Return the segment that begins at the step `start`."""
    return each(lambda part: lax.dynamic_slice_in_dim(part, start, steps), tree)


def put(tree: Any, segment: Any, start: Any) -> Any:
    """Return the tree with the segment from the step `start` on."""
    return each(lambda part, of_part: lax.dynamic_update_slice_in_dim(part, of_part, start, 0), tree, segment)


def choose(condition: Any, one: Any, other: Any) -> Any:
    """Return one tree or the other."""
    return each(lambda a, b: jnp.where(condition, a, b), one, other)
