"""Seven kinds of points at which a gradient of the network is judged, each with the distribution it is drawn from."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st

from bptt.activations import Activation, sigmoid, tanh
from bptt.elman import Weights as Cell
from bptt.network import Arguments, Weights

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
    """A point of the network and its activation."""

    activation: Activation
    point: Arguments


def case(regime: Regime, seed: int) -> Case:
    """A random case; float32 or float64, a loss at the last or at every step, none to two batch axes."""
    random = np.random.default_rng(seed)
    T = int(random.choice(regime.T))
    D_x, D_h, D_y = (int(size) for size in random.integers(1, 5, 3))
    batch = tuple(int(size) for size in random.integers(1, 4, random.integers(0, 3))) if T < 50 else ()
    dtype = random.choice(["float32", "float64"])

    def normal(*shape: int) -> Any:
        return (regime.scale * random.normal(size=shape)).astype(dtype)

    W = random.normal(size=(D_h, D_h))
    W = (W * regime.norm_of_W / np.linalg.norm(W, ord=2)).astype(dtype)
    y = normal(T, *batch, D_y) if random.integers(2) else normal(*batch, D_y)
    weights = Weights(Cell(normal(D_h, D_x), W, normal(D_h)), normal(D_y, D_h))
    activation = regime.activations[random.integers(len(regime.activations))]
    return Case(activation, Arguments(weights, normal(*batch, D_h), normal(T, *batch, D_x), y))


def cases(name: str) -> st.SearchStrategy[Case]:
    """The strategy for the cases of a regime."""
    seeds: Callable[[int], Case] = lambda seed: case(REGIMES[name], seed)  # noqa: E731
    return st.integers(0, 2**32 - 1).map(seeds)
