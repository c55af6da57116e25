"""Gradients of the network with one mistake each, as people make them, and the smallest sizes at which each shows.

`backward` is the loop of BPTT with every step of it open to replacement; a wrong gradient replaces one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from bptt import elman
from bptt.arrays import Array
from bptt.elman import Weights as Cell
from bptt.network import Arguments, Weights


def shifted(h0: Array, h: Array) -> Array:
    """h[t-1] for every t."""
    return np.concatenate([h0[None], h[:-1]])


def outer_sum(δ: Array, z: Array) -> Any:
    return np.einsum("nk,nl->kl", δ.reshape(-1, δ.shape[-1]), z.reshape(-1, z.shape[-1]))


@dataclass(frozen=True)
class Steps:
    """The right version of each step."""

    slope: Callable[[Array], Array] = lambda h: h * (1 - h)
    carry: Callable[[Array, Array, int, int], Array] = lambda W, δ_after, T, t: δ_after @ W  # from step t + 1 to t
    h_bar: Callable[[Array, Array], Array] = lambda e, V: e @ V
    by_U: Callable[[Array, Array], Array] = outer_sum  # of δ and xs
    by_W: Callable[[Array, Array, Array], Array] = lambda δ, h0, h: outer_sum(δ, shifted(h0, h))
    by_b: Callable[[Array], Array] = lambda δ: δ.reshape(-1, δ.shape[-1]).sum(axis=0)
    by_V: Callable[[Array, Array, Array], Array] = lambda e, h0, h: outer_sum(e, h[-1:])
    by_h0: Callable[[Array, Array], Array] = lambda δ, W: δ[0] @ W
    by_xs: Callable[[Array, Array], Array] = lambda δ, U: δ @ U
    by_y: Callable[[Array], Array] = lambda e: -e


def backward(steps: Steps, weights: Weights, h0: Array, xs: Array, y: Array) -> Arguments:
    """The gradient of `network.loss` at the last step, sigmoid, by the steps given."""
    (U, W, _), V = weights
    h = elman.forward(weights.cell, h0, xs)
    e = h[-1] @ V.T - y
    T, slope = len(xs), steps.slope(h)
    δ = [slope[-1] * steps.h_bar(e, V)]
    for t in reversed(range(T - 1)):
        δ.insert(0, slope[t] * steps.carry(W, δ[0], T, t))
    stacked = np.stack(δ)
    cell = Cell(steps.by_U(stacked, xs), steps.by_W(stacked, h0, h), steps.by_b(stacked))
    return Arguments(
        Weights(cell, steps.by_V(e, h0, h)), steps.by_h0(stacked, W), steps.by_xs(stacked, U), steps.by_y(e)
    )


@dataclass(frozen=True)
class Wrong:
    """A mistake: what it is, which step it replaces, and where it shows first."""

    kind: str
    steps: Steps
    by: str
    smallest: dict[str, int]

    def gradient(self, *arguments: Any) -> Arguments:
        return backward(self.steps, *arguments)


def wrong(
    kind: str, by: str, T: int = 1, D_x: int = 1, D_h: int = 1, D_y: int = 1, batch: int = 1, **step: Any
) -> Wrong:
    sizes = {"T": T, "D_x": D_x, "D_h": D_h, "D_y": D_y, "batch": batch}
    return Wrong(kind, Steps(**step), by, sizes)


U, W, b, V = "weights.cell.U", "weights.cell.W", "weights.cell.b", "weights.V"

WRONG_GRADIENTS = [
    wrong("sign", "y", by_y=lambda e: e),
    wrong("factor 2", U, by_U=lambda δ, xs: 2 * outer_sum(δ, xs)),
    wrong("W for its transpose in the recursion", U, T=2, D_h=2, carry=lambda W, δ, T, t: δ @ W.T),
    wrong("W for its transpose on the way to h0", "h0", D_h=2, by_h0=lambda δ, W: δ[0] @ W.T),
    wrong("slope without 1 − h", U, slope=lambda h: h),
    wrong("slope of tanh", U, slope=lambda h: 1 - h * h),
    wrong("h at t for h at t − 1", W, by_W=lambda δ, h0, h: outer_sum(δ, h)),
    wrong("h at t − 1 for h at t", V, by_V=lambda e, h0, h: outer_sum(e, shifted(h0, h)[-1:])),
    wrong("initial state forgotten", W, by_W=lambda δ, h0, h: outer_sum(δ, shifted(0 * h0, h))),
    wrong("last state wrapped round", W, by_W=lambda δ, h0, h: outer_sum(δ, np.roll(h, 1, axis=0))),
    wrong("x at t − 1 for x at t", U, T=2, by_U=lambda δ, xs: outer_sum(δ, np.roll(xs, 1, axis=0))),
    wrong("last write wins", U, T=2, by_U=lambda δ, xs: outer_sum(δ[0], xs[0])),
    wrong("first step skipped", b, by_b=lambda δ: δ[1:].reshape(-1, δ.shape[-1]).sum(axis=0)),
    wrong("bias counted once", b, T=2, by_b=lambda δ: δ[-1].reshape(-1, δ.shape[-1]).sum(axis=0)),
    wrong("recurrence dropped", U, T=2, carry=lambda W, δ, T, t: 0 * δ),
    wrong("truncated after three steps", U, T=4, carry=lambda W, δ, T, t: δ @ W * (t > T - 4)),
    wrong("mean over the batch", V, batch=2, by_V=lambda e, h0, h: outer_sum(e, h[-1:]) / (h[0].size // h.shape[-1])),
    wrong("mean over time", U, T=2, by_U=lambda δ, xs: outer_sum(δ, xs) / len(xs)),
    wrong("off by 1e-9 of itself", "xs", by_xs=lambda δ, U: δ @ U * (1 + 1e-9)),
    wrong("the last unit left out", "xs", by_xs=lambda δ, U: δ[..., :-1] @ U[:-1]),
]
