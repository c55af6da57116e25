"""Seven kinds of points at which the gradient of a network is judged, each with the distribution it is drawn from."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st

from bptt.cli._points import NetworkPoint
from bptt.rnn import elman
from bptt.rnn.activations import Activation, sigmoid, tanh
from bptt.rnn.cell import Cell
from bptt.rnn.losses import Loss
from bptt.rnn.network import Arguments, Weights

identity = Activation(lambda a: 1 * a, slope=lambda h: 0 * h + 1)


@dataclass(frozen=True)
class Regime:
    """Normal values of standard deviation `scale`, W of spectral norm `norm_of_W`, every size from 1 to 4."""

    T: tuple[int, ...]
    scale: float = 1.0
    norm_of_W: float = 1.0
    activations: tuple[Activation, ...] = (sigmoid, tanh)


REGIMES = {
    "benign": Regime(T=(1, 2, 3, 4, 5, 6)),
    "long": Regime(T=(50, 200)),  # vanishing: the slopes are below 1
    "exploding": Regime(T=(8, 12), norm_of_W=8.0, scale=0.25),
    "saturated": Regime(T=(1, 2, 3, 4), scale=20.0, norm_of_W=20.0),
    "tiny": Regime(T=(1, 2, 3, 4, 5), scale=1e-6, norm_of_W=1e-6),
    "large": Regime(T=(1, 2, 3, 4, 5), scale=1e3),
    "linear": Regime(T=(20,), norm_of_W=5.0, activations=(identity,)),  # gradients up to 5^20, 1e14
}


@dataclass(frozen=True)
class Case:
    """A point of the Elman network and its activation."""

    activation: Activation
    point: Arguments


class Draws:
    """Random sizes, a float type, and arrays of it."""

    def __init__(self, regime: Regime, seed: int | list[int]) -> None:
        self.regime, self.random = regime, np.random.default_rng(seed)
        self.T = int(self.random.choice(regime.T))
        self.D_x, self.D_h, self.D_y = (int(size) for size in self.random.integers(1, 5, 3))
        axes = self.random.integers(0, 3)
        self.batch = tuple(int(size) for size in self.random.integers(1, 4, axes)) if self.T < 50 else ()
        self.dtype = self.random.choice(["float32", "float64"])

    def normal(self, *shape: int) -> Any:
        return (self.regime.scale * self.random.normal(size=shape)).astype(self.dtype)

    def recurrent(self, *gates: int) -> Any:
        """W, the matrix of each gate of the spectral norm of the regime."""
        W = self.random.normal(size=(*gates, self.D_h, self.D_h))
        return (W * self.regime.norm_of_W / np.linalg.norm(W, ord=2, axis=(-2, -1), keepdims=True)).astype(self.dtype)


def case(regime: Regime, seed: int) -> Case:
    """A random case; float32 or float64, a loss at the last or at every step, none to two batch axes."""
    d = Draws(regime, seed)
    W = d.recurrent()
    y = d.normal(d.T, *d.batch, d.D_y) if d.random.integers(2) else d.normal(*d.batch, d.D_y)
    weights = Weights(elman.Weights(d.normal(d.D_h, d.D_x), W, d.normal(d.D_h)), d.normal(d.D_y, d.D_h))
    activation = regime.activations[d.random.integers(len(regime.activations))]
    return Case(activation, Arguments(weights, d.normal(*d.batch, d.D_h), d.normal(d.T, *d.batch, d.D_x), y))


def case_of(
    cell: Cell,
    loss: Loss,
    regime: Regime,
    seed: int | list[int],
    every_step: bool | None = None,
    dtype: str | None = None,
) -> NetworkPoint:
    """The same for any cell and loss, some with sequences of different lengths; what is None is drawn."""
    d = Draws(regime, seed)
    d.dtype = dtype or d.dtype
    rows = (*cell.gates, d.D_h)
    biases = [d.normal(*rows) for _ in cell.Weights._fields[2:]]
    weights = Weights(cell.Weights(d.normal(*rows, d.D_x), d.recurrent(*cell.gates), *biases), d.normal(d.D_y, d.D_h))
    h0 = cell.State(*(d.normal(*d.batch, d.D_h) for _ in cell.State._fields))
    drawn = bool(d.random.integers(2))
    steps = (d.T, *d.batch) if (drawn if every_step is None else every_step) else d.batch
    y = d.random.integers(0, d.D_y, steps) if loss.of_classes else d.normal(*steps, d.D_y)
    lengths = d.random.integers(1, d.T, d.batch, endpoint=True) if d.random.integers(2) else None
    return NetworkPoint(Arguments(weights, h0, d.normal(d.T, *d.batch, d.D_x), y), loss, lengths)


def normal_arguments(cell: Cell, T: int, D_x: int, D_h: int, D_y: int, *batch: int) -> Arguments:
    """Arguments of these sizes, always the same, the loss at every step."""
    normal = np.random.default_rng(0).normal
    rows = (*cell.gates, D_h)
    biases = [normal(size=rows) for _ in cell.Weights._fields[2:]]
    weights = cell.Weights(normal(size=(*rows, D_x)), normal(size=(*rows, D_h)), *biases)
    h0 = cell.State(*(normal(size=(*batch, D_h)) for _ in cell.State._fields))
    xs, y = normal(size=(T, *batch, D_x)), normal(size=(T, *batch, D_y))
    return Arguments(Weights(weights, normal(size=(D_y, D_h))), h0, xs, y)


def cases(name: str) -> st.SearchStrategy[Case]:
    """The strategy for the cases of a regime."""
    seeds: Callable[[int], Case] = lambda seed: case(REGIMES[name], seed)  # noqa: E731
    return st.integers(0, 2**32 - 1).map(seeds)
