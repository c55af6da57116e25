"""The cells as functions that JAX differentiates by their hand-written backward pass: `jax.custom_vjp` of a `Cell`.

`forward` is the recurrence; `jax.grad` of whatever is computed from its states goes through `Cell.vjp`, step by step:

    δ[t], bar[t-1] = vjp(bar[t] + state_bar[t])          with bar[T-1] = 0, state_bar[t] = ∂L/∂state[t]
    U_bar[k,m]  = δ.x[t,k] xs[t,m]                       b_bar[k]   = δ.x[t,k]
    W_bar[k,l]  = δ.h[t,k] z[t,l]                        b_h_bar[k] = δ.h[t,k]
    xs_bar[t,m] = δ.x[t,k] U[k,m]                        initial_bar = bar[-1]

as in `Cell.backward`, with a cotangent of all that is carried and not of h alone. JAX, differentiating a `lax.scan`,
adds up the gradients of the weights in each step; here they are one product each over the whole sequence, after it.

With `checkpoint`, only every k-th carried state is kept for the backward pass, and the steps between two of them are
computed again, a segment at a time, the last segment first: k + T/k steps are held in the place of T. (Griewank 1992;
Chen et al. 2016, https://arxiv.org/abs/1604.06174.)
"""

import math
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from bptt.rnn._arguments import require_type
from bptt.rnn._lengths import mask
from bptt.rnn.arrays import Array, each, product, transposed_product
from bptt.rnn.cell import Cell, Products, contract_gates, map_weights, prepare, select_carried


def forward(
    cell: Cell, weights: Any, h0: Any, xs: Array, lengths: Array | None = None, *, checkpoint: bool | int = False
) -> Any:
    """Return what the cell carries after every step, a `cell.State` of JAX arrays (T, ..., D_h): h, and c of an LSTM.

    weights, h0, xs (T, ..., D_x), lengths and errors as for `Cell.forward`. `checkpoint` is k, a whole number of steps;
    True stands for ⌈√T⌉, False for a backward pass that finds every state kept. Raises `TypeError` or `ValueError` for
    any other. Works under `jit`, `vmap`, `grad`, `lax.scan` and `shard_map`; not under `jvp`, as no `custom_vjp` does.
    """
    require_type("cell", cell, Cell)
    run = prepare(cell, weights, h0, xs, lengths)
    k = _interval(checkpoint, len(run.xs))
    arguments = _vary_alike(each(jnp.asarray, _Arguments(run.weights, run.initial, run.xs)))
    return each(lambda s: mask(s, run.valid), _recur(cell, k, arguments))


class _Arguments(NamedTuple):
    """What the states depend on, or the cotangent of that: weights, the initial `cell.State`, and xs (T, ..., D_x)."""

    weights: Any
    initial: Any
    xs: Any


def _interval(checkpoint: bool | int, T: int) -> int | None:
    """Return k, or None if every state is kept."""
    if isinstance(checkpoint, bool):
        return math.isqrt(T - 1) + 1 if checkpoint else None
    if not isinstance(checkpoint, int):
        raise TypeError(f"checkpoint must be True, False or a whole number of steps; got {type(checkpoint).__name__}")
    if checkpoint < 1:
        raise ValueError(f"checkpoint must be True, False or at least 1, a number of steps; got {checkpoint}")
    return checkpoint if checkpoint < T else None


def _vary_alike(tree: Any) -> Any:
    """Let all arrays vary over the axes of a `shard_map` over which any does: JAX sums a weight's cotangent over these.

    A rule of `custom_vjp` must return a cotangent that varies just as its argument does. A sum varies as its terms do.
    """
    zeros = [jnp.zeros_like(leaf, shape=()) for leaf in jax.tree.leaves(tree)]
    zero = sum(zeros[1:], zeros[0])

    def vary(leaf: Array) -> Array:
        return leaf if jax.typeof(jnp.zeros_like(leaf, shape=())) == jax.typeof(zero) else leaf + zero

    return each(vary, tree)


@partial(jax.custom_vjp, nondiff_argnums=(0, 1))
def _recur(cell: Cell, k: int | None, arguments: _Arguments) -> Any:  # noqa: ARG001
    return select_carried(cell.State, _compute_states(cell, arguments))


def _recur_fwd(cell: Cell, k: int | None, arguments: _Arguments) -> tuple[Any, Any]:
    states = _compute_states(cell, arguments)
    carried = select_carried(cell.State, states)
    kept = states if k is None else each(lambda part: part[k - 1 :: k], carried)
    return carried, (arguments, kept)


def _recur_bwd(cell: Cell, k: int | None, residuals: Any, state_bar: Any) -> tuple[_Arguments]:
    arguments, kept = residuals
    if k is None:
        zeros = each(jnp.zeros_like, arguments.initial)
        return (_pull_back(cell, arguments, kept, state_bar, zeros),)
    return (_pull_back_segments(cell, k, arguments, _insert_first(arguments.initial, kept), state_bar),)


_recur.defvjp(_recur_fwd, _recur_bwd)


def _compute_states(cell: Cell, arguments: _Arguments) -> Any:
    """Return the states of every step, a `cell.States` of (T, ..., D_h)."""
    weights, initial, xs = arguments
    drive = product(weights.U, xs, weights.b)

    def step(before: Any, drive: Array) -> tuple[Any, Any]:
        states = cell.step(weights, before, drive)
        return select_carried(cell.State, states), states

    return lax.scan(step, initial, drive)[1]


def _pull_back(cell: Cell, arguments: _Arguments, states: Any, state_bar: Any, bar: Any) -> _Arguments:
    """Pull `bar`, the cotangent of the last carried state, and those of all, back to the arguments."""
    weights, initial, xs = arguments
    before = each(lambda part: part[:-1], _insert_first(initial, select_carried(cell.State, states)))

    def step(bar: Any, at_t: tuple[Any, Any, Any]) -> tuple[Any, tuple[Array, ...]]:
        before, states, state_bar = at_t
        δ, before_bar = cell.vjp(weights, before, states, each(jnp.add, bar, state_bar))
        return before_bar, δ[:1] if δ.x is δ.h else tuple(δ)  # one array is not stacked twice

    bar, δs = lax.scan(step, bar, (before, states, state_bar), reverse=True)
    δ = Products(δs[0], δs[-1])

    def contract(z: Array, side: str) -> Array:
        return contract_gates(getattr(δ, side), z, xs.ndim)

    weights_bar = map_weights(contract, weights, xs, cell.remembered(before, states))
    return _Arguments(weights_bar, bar, transposed_product(weights.U, δ.x))


def _pull_back_segments(cell: Cell, k: int, arguments: _Arguments, entries: Any, state_bar: Any) -> _Arguments:
    """Do as `_pull_back`, k steps at a time, from the states that enter each segment: `entries`, at least ⌈T/k⌉.

    The last segment has the steps that are left over.
    """
    weights, initial, xs = arguments
    n, left = divmod(len(xs), k)

    def pull(carry: Any, segment: Any) -> tuple[Any, Any]:
        weights_bar, bar = carry
        entry, xs, state_bar = segment
        of_segment = _Arguments(weights, entry, xs)
        back = _pull_back(cell, of_segment, _compute_states(cell, of_segment), state_bar, bar)
        return (each(jnp.add, weights_bar, back.weights), back.initial), back.xs

    carry = each(jnp.zeros_like, (weights, initial))
    xs_bars: list[Any] = []
    if left:
        carry, rest = pull(carry, (_take(entries, n), *each(lambda s: s[n * k :], (xs, state_bar))))
        xs_bars.append(rest)
    whole = each(lambda s: s[: n * k].reshape(n, k, *s.shape[1:]), (xs, state_bar))
    (weights_bar, bar), xs_bar = lax.scan(pull, carry, (_take(entries, slice(n)), *whole), reverse=True)
    return _Arguments(weights_bar, bar, jnp.concatenate([xs_bar.reshape(n * k, *xs.shape[1:]), *xs_bars]))


def _take(tree: Any, index: int | slice) -> Any:
    return each(lambda part: part[index], tree)


def _insert_first(first: Any, sequence: Any) -> Any:
    """Put what is (..., D_h) before the first step of (T, ..., D_h)."""
    return each(lambda one, many: jnp.concatenate([one[None], many]), first, sequence)
