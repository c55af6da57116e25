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
from bptt.rnn.arrays import Array, contract_time, each, product, transposed_product
from bptt.rnn.cell import Cell, Products, map_weights, prepare, select_carried

_STEPS = 256  # of a segment whose states are kept: the cotangents of one segment are held, not of a long sequence


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
def _recur(cell: Cell, checkpoint: int | None, arguments: _Arguments) -> Any:  # noqa: ARG001
    return select_carried(cell.State, _compute_states(cell, arguments))


def _recur_fwd(cell: Cell, checkpoint: int | None, arguments: _Arguments) -> tuple[Any, Any]:
    """Return what is carried, and what the backward pass needs: all states, or every k-th that is carried."""
    states = _compute_states(cell, arguments)
    carried = select_carried(cell.State, states)
    kept = states if checkpoint is None else _take(carried, slice(checkpoint - 1, None, checkpoint))
    return carried, (arguments, kept)


def _recur_bwd(cell: Cell, checkpoint: int | None, residuals: Any, state_bar: Any) -> tuple[_Arguments]:
    """Pull `state_bar`, the cotangents of what is carried, (T, ..., D_h), back to the arguments, segment by segment."""
    arguments, kept = residuals
    weights, initial, xs = arguments
    k = checkpoint or _STEPS
    n = (len(xs) - 1) // k  # segments of k steps, before one of those that are left
    ends = kept if checkpoint else _take(select_carried(cell.State, kept), slice(k - 1, None, k))
    entries = _insert_first(initial, ends)

    def pull(carry: Any, segment: Any, steps: int = k) -> tuple[Any, Any]:
        def cut(tree: Any) -> Any:
            return each(lambda part: lax.dynamic_slice_in_dim(part, segment * k, steps), tree)

        weights_bar, bar = carry
        entry = each(lambda part: lax.dynamic_index_in_dim(part, segment, keepdims=False), entries)
        of_segment = _Arguments(weights, entry, cut(xs))
        states = _compute_states(cell, of_segment) if checkpoint else cut(kept)
        back = _pull_back(cell, of_segment, states, cut(state_bar), bar)
        return (each(jnp.add, weights_bar, back.weights), back.initial), back.xs

    carry, xs_bar = pull(each(jnp.zeros_like, (weights, initial)), n, len(xs) - n * k)
    if n:
        carry, xs_bars = lax.scan(pull, carry, jnp.arange(n), reverse=True)
        xs_bar = jnp.concatenate([xs_bars.reshape(n * k, *xs.shape[1:]), xs_bar])
    weights_bar, initial_bar = carry
    return (_Arguments(weights_bar, initial_bar, xs_bar),)


_recur.defvjp(_recur_fwd, _recur_bwd)


def _compute_states(cell: Cell, arguments: _Arguments) -> Any:
    """Return the states of every step, a `cell.States` of (T, ..., D_h)."""
    weights, initial, xs = arguments
    U_xs = product(weights.U, xs)
    W_columns = _fence(weights.W.reshape(-1, weights.W.shape[-1]).T)  # a product with its rows is slower

    def step(before: Any, U_x: Array) -> tuple[Any, Any]:
        W = W_columns.T.reshape(weights.W.shape)
        states = cell.step(weights._replace(W=W), before, U_x if weights.b is None else U_x + weights.b)
        return select_carried(cell.State, states), states

    return lax.scan(step, initial, U_xs)[1]


def _pull_back(cell: Cell, arguments: _Arguments, states: Any, state_bar: Any, bar: Any) -> _Arguments:
    """Pull `bar`, the cotangent of the last carried state, and those of all, back to the arguments."""
    weights, initial, xs = arguments
    before = _take(_insert_first(initial, select_carried(cell.State, states)), slice(-1))

    def step(bar: Any, at_t: tuple[Any, Any, Any]) -> tuple[Any, tuple[Array, ...]]:
        before, states, state_bar = at_t
        δ, before_bar = cell.vjp(weights, before, states, each(jnp.add, bar, state_bar))
        return before_bar, tuple(part for part in δ if part is not None)

    bar, δs = lax.scan(step, bar, (before, states, state_bar), reverse=True)
    δ = Products(δs[0], δs[-1])

    def contract(z: Array, side: str) -> Array:
        return _contract(getattr(δ, side), z, xs.ndim)

    weights_bar = map_weights(contract, weights, xs, cell.remembered(before, states))
    return _Arguments(weights_bar, bar, transposed_product(weights.U, δ.x))


def _contract(δ: Any, z: Any, ndim: int) -> Any:
    """out[k,l] = Σ_t δ[t,k] z[t,l], batch axes summed too, as the transpose of z[t,l] δ[t,k]: (*rows, l).

    A product with few columns takes XLA up to three times as long as its transpose, into which the barrier keeps XLA
    from turning this one. It is flat there, in the one layout that a product in a batch can be computed in.
    """
    if z.ndim > ndim:  # an axis of gates, each to meet its own δ
        return jnp.stack([_contract(δ[..., g, :], z[..., g, :], ndim) for g in range(δ.shape[-2])])
    transposed = contract_time(z, δ.reshape(*δ.shape[: ndim - 1], -1))
    return _fence(transposed.reshape(-1)).reshape(transposed.shape).T.reshape(*δ.shape[ndim - 1 :], -1)


def _fence(array: Any) -> Any:
    """Return the array, through which XLA moves no transposition."""
    return lax.optimization_barrier(array)  # type: ignore[no-untyped-call]


def _take(tree: Any, index: slice) -> Any:
    return each(lambda part: part[index], tree)


def _insert_first(first: Any, sequence: Any) -> Any:
    """Put what is (..., D_h) before the first step of (T, ..., D_h)."""
    return each(lambda one, many: jnp.concatenate([one[None], many]), first, sequence)
