"""A cell over time as a `jax.custom_vjp`, whose backward pass goes through `Cell.vjp`, step by step:

    δ[t], bar[t-1] = vjp(bar[t] + state_bar[t])          with bar[T-1] = 0, state_bar[t] = ∂L/∂state[t]
    U_bar[k,m]  = δ.x[t,k] xs[t,m]                       b_bar[k]   = δ.x[t,k]
    W_bar[k,l]  = δ.h[t,k] z[t,l]                        b_h_bar[k] = δ.h[t,k]
    xs_bar[t,m] = δ.x[t,k] U[k,m]                        initial_bar = bar[-1]

as in `Cell.backward`, with a cotangent of all that is carried and not of h alone. JAX, differentiating a `lax.scan`,
adds up the gradients of the weights in each step; here they are one product each over a whole segment, after it.
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
from bptt.rnn.jax._segments import Window, choose, choose_steps, cut, fold_segments, put, take_step


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
    k = choose_interval(checkpoint, len(run.xs))
    arguments = vary_alike(Arguments(run.weights, run.initial, run.xs))
    return each(lambda s: mask(s, run.valid), recur(cell, k, arguments))


class Arguments(NamedTuple):
    """What the states depend on, or the cotangent of that: weights, the initial `cell.State`, and xs (T, ..., D_x)."""

    weights: Any
    initial: Any
    xs: Any


def choose_interval(checkpoint: bool | int, T: int) -> int | None:
    """Return k, or None if every state is kept."""
    if isinstance(checkpoint, bool):
        return math.isqrt(T - 1) + 1 if checkpoint else None
    if not isinstance(checkpoint, int):
        raise TypeError(f"checkpoint must be True, False or a whole number of steps; got {type(checkpoint).__name__}")
    if checkpoint < 1:
        raise ValueError(f"checkpoint must be True, False or at least 1, a number of steps; got {checkpoint}")
    return checkpoint if checkpoint < T else None


def vary_alike(tree: Any) -> Any:
    """Let all arrays vary over the axes of a `shard_map` over which any does: JAX sums a weight's cotangent over these.

    A rule of `custom_vjp` must return a cotangent that varies just as its argument does. A sum varies as its terms do.
    Integers have no cotangent, and stay as they are.
    """
    tree = each(jnp.asarray, tree)
    zeros = [jnp.zeros_like(leaf, shape=(), dtype=float) for leaf in jax.tree.leaves(tree)]
    zero = sum(zeros[1:], zeros[0])

    def vary(leaf: Array) -> Array:
        varies = jax.typeof(jnp.zeros_like(leaf, shape=(), dtype=float)) == jax.typeof(zero)
        return leaf if varies or not jnp.issubdtype(leaf, jnp.floating) else leaf + zero.astype(leaf.dtype)

    return each(vary, tree)


@partial(jax.custom_vjp, nondiff_argnums=(0, 1))
def recur(cell: Cell, checkpoint: int | None, arguments: Arguments) -> Any:  # noqa: ARG001
    """Return what is carried after every step; for the backward pass every k-th is kept, k = `checkpoint`, or all."""
    return _run_forward(cell, arguments, cell.State)


def _recur_fwd(cell: Cell, checkpoint: int | None, arguments: Arguments) -> tuple[Any, Any]:
    """Return what is carried, and what the backward pass needs: all states, or those carried out of each segment."""
    states = _run_forward(cell, arguments, cell.States if checkpoint is None else cell.State)
    carried = select_carried(cell.State, states)
    kept = states if checkpoint is None else _take(carried, slice(checkpoint - 1, None, checkpoint))
    return carried, (arguments, kept)


def _recur_bwd(cell: Cell, checkpoint: int | None, residuals: Any, state_bar: Any) -> tuple[Arguments]:
    """Pull `state_bar`, the cotangents of what is carried, (T, ..., D_h), back to the arguments, segment by segment."""
    arguments, kept = residuals
    carried = select_carried(cell.State, kept)

    def pull(bars: Arguments, start: Any, steps: int) -> Arguments:
        last = start - 1 if checkpoint is None else start // checkpoint - 1
        segment = enter_segment(arguments, take_step(carried, last), start, steps)
        states = Window(kept, start) if checkpoint is None else Window(compute_states(cell, segment), 0)
        return pull_back(cell, segment, states, Window(state_bar, start), bars, start)

    k = checkpoint or choose_steps(arguments.weights.W, arguments.xs)
    return (fold_segments(pull, each(jnp.zeros_like, arguments), len(arguments.xs), k, reverse=True),)


recur.defvjp(_recur_fwd, _recur_bwd)


def _run_forward(cell: Cell, arguments: Arguments, kind: Any) -> Any:
    """Return what `kind`, `cell.States` or `cell.State`, has of every step, (T, ..., D_h)."""
    weights, initial, xs = arguments

    def run(carry: tuple[Any, Any], start: Any, steps: int) -> tuple[Any, Any]:
        entry, states = carry
        return _run_steps(cell, Arguments(weights, entry, cut(xs, start, steps)), Window(states, start))

    blank = allocate(kind, initial.h, len(xs))
    return fold_segments(run, (initial, blank), len(xs), choose_steps(weights.W, xs))[1]


def compute_states(cell: Cell, arguments: Arguments) -> Any:
    """Return the states of every step, a `cell.States` of (T, ..., D_h), in one segment."""
    blank = allocate(cell.States, arguments.initial.h, len(arguments.xs))
    return _run_steps(cell, arguments, Window(blank, 0))[1]


def allocate(kind: Any, h: Array, T: int) -> Any:
    """Return a NamedTuple of that kind, zeros for T steps of arrays like h, (..., D_h)."""
    return kind(*(jnp.zeros_like(h, shape=(T, *h.shape)) for _ in kind._fields))


def _run_steps(cell: Cell, arguments: Arguments, states: Window) -> tuple[Any, Any]:
    """Return the last carried state, and the tree of `states` with those of every step, or the part it has of them.

    They are written where they stay: as the output of a loop they would be copied from there. Here and on the way back
    steps are counted in the carry: an array of indices would cost a small network a third of its time.
    """
    weights, initial, xs = arguments
    U_xs = product(weights.U, xs)
    W_columns = _fence(weights.W.reshape(-1, weights.W.shape[-1]).T)  # a product with its rows is slower

    def step(carry: tuple[Any, Any, Any], U_x: Any) -> tuple[tuple[Any, Any, Any], None]:
        i, before, tree = carry
        W = W_columns.T.reshape(weights.W.shape)
        after = cell.step(weights._replace(W=W), before, U_x if weights.b is None else U_x + weights.b)
        tree = states._replace(tree=tree).put(i, select_carried(type(tree), after))
        return (i + 1, select_carried(cell.State, after), tree), None

    _, last, tree = lax.scan(step, (0, initial, states.tree), U_xs)[0]
    return last, tree


def enter_segment(arguments: Arguments, last: Any, start: Any, steps: int) -> Arguments:
    """Return the arguments of the segment from `start` on, which `last` enters; the first is entered by `initial`."""
    weights, initial, xs = arguments
    return Arguments(weights, choose(start > 0, last, initial), cut(xs, start, steps))


def pull_back(
    cell: Cell, segment: Arguments, states: Window, state_bar: Window, bars: Arguments, start: Any
) -> Arguments:
    """Pull the cotangents of the states of a segment back to its arguments, and join them to those of later segments.

    `bars` are those of the arguments of the whole: what the weights have had so far, to which is added; the cotangent
    of the state that leaves the segment, in the place of `initial`; and xs_bar, (T, ..., D_x), put in at `start`.
    """
    weights, initial, xs = segment
    carried = states._replace(tree=select_carried(cell.State, states.tree))

    def step(carry: tuple[Any, Any], _: None) -> tuple[tuple[Any, Any], tuple[Array, ...]]:
        i, bar = carry
        before = choose(i > 0, carried.at(i - 1), initial)
        δ, before_bar = cell.vjp(weights, before, states.at(i), each(jnp.add, bar, state_bar.at(i)))
        return (i - 1, before_bar), tuple(part for part in δ if part is not None)

    (_, bar), δs = lax.scan(step, (len(xs) - 1, bars.initial), length=len(xs), reverse=True)
    δ = Products(δs[0], δs[-1])

    def contract(z: Array, side: str) -> Array:
        return _contract(getattr(δ, side), z, xs.ndim)

    of_segment = cut(states.tree, states.start, len(xs))
    before = _take(_insert_first(initial, select_carried(cell.State, of_segment)), slice(-1))
    weights_bar = each(jnp.add, bars.weights, map_weights(contract, weights, xs, cell.remembered(before, of_segment)))
    return Arguments(weights_bar, bar, put(bars.xs, transposed_product(weights.U, δ.x), start))


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
