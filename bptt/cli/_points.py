"""Hypothesis strategies for the points at which the gradient of a network is judged."""

from collections.abc import Callable
from functools import partial
from typing import Any, Literal, NamedTuple

import numpy as np
from hypothesis import strategies as st

from bptt.rnn.arrays import Array, each
from bptt.rnn.cell import Cell, Layer
from bptt.rnn.layers import Bidirectional, Directions, Stacked
from bptt.rnn.losses import Loss, half_squared_error
from bptt.rnn.network import Arguments, Weights
from bptt.verify._strategies import draw_batch, fill_grid


class NetworkPoint(NamedTuple):
    """The arguments of a network, the loss, and what ends or cuts its sequences."""

    arguments: Arguments
    loss: Loss = half_squared_error
    lengths: Array | None = None
    cuts: tuple[int, ...] = ()


@st.composite
def network_points(
    draw: st.DrawFn,
    layer: Layer,
    loss: Loss,
    every_step: bool,
    max_size: int,
    sequences: Literal["whole", "ragged", "cut"] = "whole",
) -> NetworkPoint:
    """Draw arguments of `network.loss`, every one of them given, for a cell or for cells composed.

    Sizes from 1 to `max_size`, each drawn on its own, and none to two batch axes of 1 to 3. Entries are multiples of
    1/16 from −2 to 2. If `sequences` are ragged, those of some points end before T; if they are cut, some steps are.
    """
    size = st.integers(1, max_size)
    T, D_x, D_y = draw(size), draw(size), draw(size)
    batch = draw_batch(draw, max_size)
    ragged = sequences == "ragged" and draw(st.booleans())
    cuts = tuple(t for t in range(1, T) if sequences == "cut" and draw(st.booleans()))
    weights, h0, D_h = make_layer_arrays(layer, D_x, batch, lambda: draw(size))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))  # after the sizes, or they would not shrink
    grid = partial(fill_grid, random)
    weights, h0 = each(lambda zeros: grid(*zeros.shape), (weights, h0))
    steps = (T, *batch) if every_step else batch
    y = random.integers(0, D_y, steps) if loss.of_classes else grid(*steps, D_y) + 1 / 32  # off the kinks of losses
    arguments = Arguments(Weights(weights, grid(D_y, D_h)), h0, grid(T, *batch, D_x), y)
    return NetworkPoint(arguments, loss, random.integers(1, T, batch, endpoint=True) if ragged else None, cuts)


def make_layer_arrays(
    layer: Layer, D_x: int, batch: tuple[int, ...], draw_size: Callable[[], int]
) -> tuple[Any, Any, int]:
    """Return weights and an initial state of zeros for this layer, each cell with a D_h drawn, and its hidden units."""
    if isinstance(layer, Stacked):
        parts = []
        for below in layer.layers:
            parts.append(make_layer_arrays(below, D_x, batch, draw_size))
            D_x = parts[-1][2]
        weights, h0, _ = zip(*parts, strict=True)
        return weights, h0, D_x
    if isinstance(layer, Bidirectional):
        weights, h0, D_hs = zip(*(make_layer_arrays(layer.layer, D_x, batch, draw_size) for _ in range(2)), strict=True)
        return Directions(*weights), Directions(*h0), sum(D_hs)
    if not isinstance(layer, Cell):
        raise TypeError(f"layer must be a Cell, Stacked or Bidirectional; got {type(layer).__name__}")
    rows = (*layer.gates, draw_size())
    U, W = np.zeros((*rows, D_x)), np.zeros((*rows, rows[-1]))
    initial = layer.State(*(np.zeros((*batch, rows[-1])) for _ in layer.State._fields))
    weights = layer.Weights(U, W, *(np.zeros(rows) for _ in layer.Weights._fields[2:]))
    return weights, initial if len(initial) > 1 else initial.h, rows[-1]


def measure_sizes(point: NetworkPoint) -> dict[str, int]:
    """Return its sizes in the letters of the notation; `batch` is the number of sequences, D_h what V reads."""
    (_, V), _, xs, _ = point.arguments
    return {"T": len(xs), "D_x": xs.shape[-1], "D_h": V.shape[1], "D_y": len(V), "batch": int(np.prod(xs.shape[1:-1]))}
