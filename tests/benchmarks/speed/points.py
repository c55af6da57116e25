"""The networks that are timed: their sizes, and weights, inputs and targets at random."""

from typing import NamedTuple

import numpy as np

from bptt.rnn.arrays import Array
from bptt.rnn.cell import Cell
from bptt.rnn.network import Arguments, Weights


class Sizes(NamedTuple):
    """The sizes of a network and its batch."""

    T: int
    B: int
    D_x: int
    D_h: int
    D_y: int

    def __str__(self) -> str:
        return ", ".join(map(str, self))


GRID = [
    Sizes(5, 1, 8, 64, 4),
    Sizes(6, 1, 6, 32, 8),
    Sizes(20, 1, 8, 64, 8),
    Sizes(50, 32, 16, 128, 16),
    Sizes(100, 64, 64, 256, 64),
    Sizes(400, 8, 64, 256, 64),
    Sizes(1000, 1, 32, 128, 32),
    Sizes(100, 64, 512, 512, 512),
]


def draw_point(cell: Cell, dtype: str, sizes: Sizes) -> Arguments:
    """Draw normal values, weights divided by the root of their columns, so that nothing explodes or saturates."""
    random = np.random.default_rng(0)
    T, B, D_x, D_h, D_y = sizes

    def draw(*shape: int, scale: float = 1.0) -> Array:
        return (scale * random.normal(size=shape)).astype(dtype)

    rows = (*cell.gates, D_h)
    biases = [draw(*rows) for _ in cell.Weights._fields[2:]]
    weights = cell.Weights(draw(*rows, D_x, scale=D_x**-0.5), draw(*rows, D_h, scale=D_h**-0.5), *biases)
    h0 = cell.State(*(draw(B, D_h) for _ in cell.State._fields))
    V = draw(D_y, D_h, scale=D_h**-0.5)
    return Arguments(Weights(weights, V), h0, draw(T, B, D_x), draw(T, B, D_y))
