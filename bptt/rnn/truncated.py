"""Truncated back-propagation through time, as the exact gradient of something: the loss with some states held fixed.

At the steps in `cuts` the state that enters the step is held: it has its value, but no derivative, as in training that
goes on from the states of the last window and forgets how they came about (Williams and Peng 1990). `loss` is a
function of the arguments and of a copy of them, from which the held states are computed; `gradient` is its gradient in
the arguments, where the copy equals them. So it is judged like any other gradient, against its own definition.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from bptt.rnn import network
from bptt.rnn.arrays import Array, each, namespace
from bptt.rnn.cell import Cell
from bptt.rnn.losses import Loss, half_squared_error
from bptt.rnn.network import Arguments, Weights


def loss(
    weights: Weights,
    h0: Any,
    xs: Array,
    y: Array,
    copy: Arguments,
    cuts: Sequence[int],
    cell: Cell = network.elman_cell,
    loss: Loss = half_squared_error,
) -> Array:
    """Compute `network.loss` with the state that enters each step in `cuts` taken from the copy; a scalar.

    Equal to `network.loss` where the copy equals the arguments. `cuts` are steps from 1 to T − 1. The other arguments
    and the errors are those of `network.loss`; raises `ValueError` for another step.
    """
    network.require_cell(cell)
    weights, h0, xs, y = network.check_arguments(weights, h0, xs, y, cell, loss)
    held = cell.forward(copy.weights.cell, copy.h0, copy.xs)
    parts = [
        cell.forward(weights.cell, h0 if start == 0 else cell.state_after(held, start - 1), xs[start:stop]).h
        for start, stop in _split_at_cuts(cuts, len(xs))
    ]
    return network.read_out(weights.V, namespace(*parts).concat(parts), y, loss).measure()


def gradient(
    weights: Weights,
    h0: Any,
    xs: Array,
    y: Array,
    cuts: Sequence[int],
    cell: Cell = network.elman_cell,
    loss: Loss = half_squared_error,
) -> Arguments:
    """Compute the gradient of `loss` in the arguments, the copy held fixed and equal to them.

    Between two cuts cotangents go back as in the cell's `backward`, and none goes through a cut; the gradients of the
    weights are summed over the windows. Arguments and errors as for `loss`.
    """
    network.require_cell(cell)
    weights, h0, xs, y = network.check_arguments(weights, h0, xs, y, cell, loss)
    states = cell.forward(weights.cell, h0, xs)
    V_bar, h_bar, y_bar = network.read_out(weights.V, states.h, y, loss).pull_back()
    bars = []
    for start, stop in _split_at_cuts(cuts, len(xs)):
        initial = h0 if start == 0 else cell.state_after(states, start - 1)
        of_window = each(lambda s: s[start:stop], states)  # noqa: B023  (called at once)
        bars.append(cell.backward(weights.cell, initial, xs[start:stop], of_window, h_bar[start:stop]))
    weights_bar = each(lambda *parts: sum(parts[1:], parts[0]), *(bar.weights for bar in bars))
    xs_bar = namespace(xs).concat([bar.xs for bar in bars])
    return Arguments(Weights(weights_bar, V_bar), bars[0].h0, xs_bar, y_bar)


def _split_at_cuts(cuts: Sequence[int], T: int) -> list[tuple[int, int]]:
    """Return the first step of each window and the one after its last."""
    if not isinstance(cuts, Iterable) or isinstance(cuts, Iterator):  # which could be read only once
        raise TypeError(f"cuts must be a sequence of steps; got {type(cuts).__name__}")
    for cut in cuts:
        if not isinstance(cut, int | np.integer) or not 1 <= cut < T:
            raise ValueError(f"cuts must be integers from 1 to T - 1 = {T - 1}; got {cut!r}")
    return list(pairwise([0, *sorted({int(cut) for cut in cuts}), T]))
