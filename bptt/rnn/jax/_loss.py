"""`network.loss` on JAX, which JAX differentiates by the hand-written gradients of the readout and of the cell."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from bptt.rnn import network
from bptt.rnn._lengths import put_last
from bptt.rnn.arrays import Array, each
from bptt.rnn.cell import Cell, prepare, select_carried
from bptt.rnn.jax._recurrence import (
    Arguments,
    allocate,
    choose_interval,
    compute_states,
    enter_segment,
    pull_back,
    recur,
    vary_alike,
)
from bptt.rnn.jax._segments import Window, cut, fold_segments, put, take_step
from bptt.rnn.losses import Loss, half_squared_error


def loss(
    weights: network.Weights,
    h0: Any,
    xs: Array,
    y: Array,
    cell: Cell = network.elman_cell,
    loss: Loss = half_squared_error,
    lengths: Array | None = None,
    *,
    checkpoint: bool | int = False,
) -> Array:
    """Compute `network.loss`, a scalar: arguments, shapes and errors are its own, and `checkpoint` that of `forward`.

    `cell` is a single `Cell`. Works under all that `forward` works under.
    """
    network.require_cell(cell)
    weights, h0, xs, y = network.check_arguments(weights, h0, xs, y, cell, loss)
    run = prepare(cell, weights.cell, h0, xs, lengths)
    T, *batch, _ = run.xs.shape
    every_step = network.is_at_every_step(weights.V, y, (T, *batch, run.initial.h.shape[-1]), loss)
    arguments, V, y = vary_alike((Arguments(run.weights, run.initial, run.xs), weights.V, y))
    ends = None if lengths is None else jnp.asarray(lengths)
    if (k := choose_interval(checkpoint, T)) is None:
        return _measure(loss, recur(cell, None, arguments).h, _Comparison(V, y, ends))
    if every_step:
        return _sum_segments(cell, k, _make_reading(loss), arguments, _Comparison(V, y, ends))
    last = _Comparison((), (), jnp.full(batch, T) if ends is None else ends)
    h = _sum_segments(cell, k, _LAST_STATE, arguments, last)
    return _measure(loss, h[None], _Comparison(V, y[None], None))


class _Comparison(NamedTuple):
    """What hidden states are compared with, or the cotangent of that: V, (D_y, D_h), the target y, and the lengths.

    A cotangent of lengths, and of a y of classes, is None.
    """

    V: Any
    y: Any
    ends: Any

    def cut(self, start: Any, steps: int) -> "_Comparison":
        """Return what belongs to that segment, with the lengths from there on."""
        return _Comparison(self.V, cut(self.y, start, steps), None if self.ends is None else self.ends - start)


class _Reading(NamedTuple):
    """What is made of the hidden states of some steps, h, (S, ..., D_h), and summed over the segments of a sequence.

    read(h, comparison) -> out
    pull_back(h, comparison, out_bar) -> h_bar, comparison_bar
    zero(h0) -> a sum of nothing, h0 being the hidden state of one step
    """

    read: Callable[[Any, _Comparison], Any]
    pull_back: Callable[[Any, _Comparison, Any], tuple[Any, _Comparison]]
    zero: Callable[[Any], Any]


def _make_reading(loss: Loss) -> _Reading:
    """Return the loss of ỹ = V h."""

    def read(h: Array, comparison: _Comparison) -> Array:
        return network.read_out(comparison.V, h, comparison.y, loss, comparison.ends).measure()

    def pull_back(h: Array, comparison: _Comparison, out_bar: Array) -> tuple[Array, _Comparison]:
        readout = network.read_out(comparison.V, h, comparison.y, loss, comparison.ends)
        V_bar, h_bar, y_bar = each(lambda bar: out_bar * bar, readout.pull_back())
        return h_bar, _Comparison(V_bar, y_bar, None)

    return _Reading(read, pull_back, zero=lambda h0: jnp.zeros_like(h0, shape=()))


_LAST_STATE = _Reading(
    read=lambda h, comparison: put_last(h, comparison.ends, len(h)).sum(axis=0),  # 0 where the end is elsewhere
    pull_back=lambda h, comparison, out_bar: (
        put_last(out_bar[None], comparison.ends, len(h)),
        _Comparison((), (), None),
    ),
    zero=jnp.zeros_like,
)


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def _measure(loss: Loss, h: Array, comparison: _Comparison) -> Array:
    """Return the loss of ỹ = V h, of which y may be the target at the last step or at every one."""
    return _make_reading(loss).read(h, comparison)


def _measure_fwd(loss: Loss, h: Array, comparison: _Comparison) -> tuple[Array, Any]:
    return _measure(loss, h, comparison), (h, comparison)  # the way back makes ỹ again, which XLA makes one with this


def _measure_bwd(loss: Loss, residuals: Any, loss_bar: Array) -> tuple[Array, _Comparison]:
    h, comparison = residuals
    return _make_reading(loss).pull_back(h, comparison, loss_bar)


_measure.defvjp(_measure_fwd, _measure_bwd)


@partial(jax.custom_vjp, nondiff_argnums=(0, 1, 2))
def _sum_segments(cell: Cell, k: int, reading: _Reading, arguments: Arguments, comparison: _Comparison) -> Array:
    """Return what is read of all states, in segments of k steps."""
    return _sum_segments_fwd(cell, k, reading, arguments, comparison)[0]


def _sum_segments_fwd(
    cell: Cell, k: int, reading: _Reading, arguments: Arguments, comparison: _Comparison
) -> tuple[Array, Any]:
    """Return that, and what the backward pass needs: beside the arguments, what is carried out of each segment."""
    weights, initial, xs = arguments

    def run(carry: tuple[Any, Array, Any], start: Any, steps: int) -> tuple[Any, Array, Any]:
        entry, total, exits = carry
        states = compute_states(cell, Arguments(weights, entry, cut(xs, start, steps)))
        total += reading.read(states.h, comparison.cut(start, steps))
        last = each(lambda part: part[-1], select_carried(cell.State, states))
        return last, total, Window(exits, 0).put(start // k, last)

    nothing = (initial, reading.zero(initial.h), allocate(cell.State, initial.h, -(-len(xs) // k)))
    _, total, exits = fold_segments(run, nothing, len(xs), k)
    return total, (arguments, comparison, exits)


def _sum_segments_bwd(
    cell: Cell, k: int, reading: _Reading, residuals: Any, out_bar: Array
) -> tuple[Arguments, _Comparison]:
    """Pull the cotangent of the sum back through one segment after the other, whose states are computed again."""
    arguments, comparison, exits = residuals

    def pull(carry: tuple[Arguments, _Comparison], start: Any, steps: int) -> tuple[Arguments, _Comparison]:
        bars, (V_bar, y_bar, _) = carry
        segment = enter_segment(arguments, take_step(exits, start // k - 1), start, steps)
        states = compute_states(cell, segment)
        h_bar, bar = reading.pull_back(states.h, comparison.cut(start, steps), out_bar)
        state_bar = each(jnp.zeros_like, select_carried(cell.State, states))._replace(h=h_bar)
        bars = pull_back(cell, segment, Window(states, 0), Window(state_bar, 0), bars, start)
        return bars, _Comparison(each(jnp.add, V_bar, bar.V), put(y_bar, bar.y, start), None)

    y_bar = each(lambda part: jnp.zeros_like(part) if jnp.issubdtype(part, jnp.floating) else None, comparison.y)
    carry = each(jnp.zeros_like, arguments), _Comparison(each(jnp.zeros_like, comparison.V), y_bar, None)
    return fold_segments(pull, carry, len(arguments.xs), k, reverse=True)


_sum_segments.defvjp(_sum_segments_fwd, _sum_segments_bwd)
