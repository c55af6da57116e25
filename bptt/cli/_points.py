"""Hypothesis strategies for the points at which the gradient of a network is judged."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st

from bptt.rnn.arrays import Array
from bptt.rnn.cell import Cell, Layer
from bptt.rnn.layers import Bidirectional, Directions, Stacked
from bptt.rnn.losses import Loss, half_squared_error
from bptt.rnn.network import Arguments, Weights


class Case(NamedTuple):
    """A point of a network: its arguments, the loss, and what ends or cuts its sequences."""

    arguments: Arguments
    loss: Loss = half_squared_error
    lengths: Array | None = None
    cuts: tuple[int, ...] = ()


@st.composite
def cases(
    draw: st.DrawFn, layer: Layer, loss: Loss, every_step: bool, max_size: int, ragged: bool = False, cut: bool = False
) -> Case:
    """Random arguments of `network.loss`, every one of them given, for a cell or for cells composed.

    Sizes from 1 to `max_size`, drawn independently of one another, and none to two batch axes of 1 to 3. Entries are
    multiples of 1/16 from −2 to 2; those of y lie halfway between, since at a kink of a loss there is no verdict. If
    `ragged`, the sequences of some cases end before T; if `cut`, some steps are cut. Shrinks to the smallest sizes.
    """
    size = st.integers(1, max_size)
    T, D_x, D_y = draw(size), draw(size), draw(size)
    batch = tuple(draw(st.lists(st.integers(1, min(3, max_size)), max_size=2)))
    lengths = ragged and draw(st.booleans())
    cuts = tuple(t for t in range(1, T) if cut and draw(st.booleans()))
    D_hs = [draw(size) for _ in range(_cells(layer))]  # before the entries, so that these do not keep it from shrinking
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))

    def grid(*shape: int) -> Array:
        return random.integers(-32, 32, shape, endpoint=True) / 16

    weights, h0, D_h = of_layer(layer, D_x, batch, iter(D_hs), grid)
    steps = (T, *batch) if every_step else batch
    y = random.integers(0, D_y, steps) if loss.of_classes else grid(*steps, D_y) + 1 / 32
    arguments = Arguments(Weights(weights, grid(D_y, D_h)), h0, grid(T, *batch, D_x), y)
    return Case(arguments, loss, random.integers(1, T, batch, endpoint=True) if lengths else None, cuts)


def _cells(layer: Layer) -> int:
    """The number of cells that a layer is composed of. Raises `TypeError` for a layer of another kind."""
    if isinstance(layer, Stacked):
        return sum(_cells(below) for below in layer.layers)
    if isinstance(layer, Bidirectional):
        return 2 * _cells(layer.layer)
    if isinstance(layer, Cell):
        return 1
    raise TypeError(f"layer must be a Cell, Stacked or Bidirectional; got {type(layer).__name__}")


def of_layer(
    layer: Layer, D_x: int, batch: tuple[int, ...], D_hs: Iterator[int], array: Callable[..., Array]
) -> tuple[Any, Any, int]:
    """Weights and an initial state for this layer, and how many hidden states it returns."""
    if isinstance(layer, Stacked):
        parts = []
        for below in layer.layers:
            parts.append(of_layer(below, D_x, batch, D_hs, array))
            D_x = parts[-1][2]
        return tuple(part[0] for part in parts), tuple(part[1] for part in parts), D_x
    if isinstance(layer, Bidirectional):
        onward, reverse = (of_layer(layer.layer, D_x, batch, D_hs, array) for _ in range(2))
        return Directions(onward[0], reverse[0]), Directions(onward[1], reverse[1]), onward[2] + reverse[2]
    assert isinstance(layer, Cell)
    rows = (*layer.gates, next(D_hs))
    biases = [array(*rows) for _ in layer.Weights._fields[2:]]
    initial = layer.State(*(array(*batch, rows[-1]) for _ in layer.State._fields))
    return (
        layer.Weights(array(*rows, D_x), array(*rows, rows[-1]), *biases),
        initial if len(initial) > 1 else initial.h,
        rows[-1],
    )


def sizes(case: Case) -> dict[str, int]:
    """The sizes of a case, in the letters of the notation; `batch` is the number of sequences, D_h what V reads."""
    (_, V), _, xs, _ = case.arguments
    return {"T": len(xs), "D_x": xs.shape[-1], "D_h": V.shape[1], "D_y": len(V), "batch": int(np.prod(xs.shape[1:-1]))}
