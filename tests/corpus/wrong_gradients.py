"""Gradients of the network with one mistake each, as people make them, and the smallest sizes at which each shows.

`backward` is the loop of BPTT with every step of it open to replacement; a wrong gradient replaces one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from bptt.blogpost import published_gradient as published
from bptt.rnn import elman, network
from bptt.rnn.activations import Activation, sigmoid, tanh
from bptt.rnn.arrays import Array
from bptt.rnn.elman import Weights as Cell
from bptt.rnn.network import Arguments, Weights


def before(h0: Array, h: Array) -> Array:
    """h[t-1] for every t."""
    return np.concatenate([h0[None], h[:-1]])


def outer_sum(δ: Array, z: Array) -> Any:
    return np.einsum("nk,nl->kl", δ.reshape(-1, δ.shape[-1]), z.reshape(-1, z.shape[-1]))


def unit_sum(δ: Array) -> Any:
    return δ.reshape(-1, δ.shape[-1]).sum(axis=0)


def at_step(t: int, factor: float, δ: Array) -> Array:
    """δ with one step multiplied."""
    return (
        np.concatenate([δ[:t], factor * δ[t : t + 1], δ[t + 1 :]])
        if t >= 0
        else np.concatenate([δ[:t], factor * δ[t:]])
    )


def sequences(h0: Array) -> int:
    """The number of sequences in the batch."""
    return int(np.prod(h0.shape[:-1]))


def other(activation: Activation) -> Activation:
    return tanh if activation is sigmoid else sigmoid


@dataclass(frozen=True)
class Steps:
    """The right version of each step."""

    slope: Callable[[Activation, Array], Array] = lambda s, h: s.slope(h)
    carry: Callable[[Array, Array, int, int], Array] = lambda W, δ_after, T, t: δ_after @ W  # from step t + 1 to t
    h_bar: Callable[[Array, Array], Array] = lambda e, V: e @ V
    by_U: Callable[[Array, Array], Array] = outer_sum  # of δ and xs
    by_W: Callable[[Array, Array, Array], Array] = lambda δ, h0, h: outer_sum(δ, before(h0, h))
    by_b: Callable[[Array], Array] = unit_sum
    by_V: Callable[[Array, Array, Array], Array] = lambda e, h0, h: outer_sum(e, h[-len(e) :])
    by_h0: Callable[[Array, Array], Array] = lambda δ, W: δ[0] @ W
    by_xs: Callable[[Array, Array], Array] = lambda δ, U: δ @ U
    by_y: Callable[[Array], Array] = lambda e: -e


def backward(steps: Steps, activation: Activation, weights: Weights, h0: Array, xs: Array, y: Array) -> Arguments:
    """The gradient of `network.loss` by the steps given."""
    (U, W, _), V = weights
    h = elman.cell(activation).forward(weights.cell, h0, xs).h
    e = network.read_out(V, h, y).compared
    h_bar = np.concatenate([np.zeros_like(h[: len(h) - len(e)]), steps.h_bar(e, V)])
    T, slope = len(xs), steps.slope(activation, h)
    δ = [slope[-1] * h_bar[-1]]
    for t in reversed(range(T - 1)):
        δ.insert(0, slope[t] * (h_bar[t] + steps.carry(W, δ[0], T, t)))
    stacked = np.stack(δ)
    cell = Cell(steps.by_U(stacked, xs), steps.by_W(stacked, h0, h), steps.by_b(stacked))
    return Arguments(
        Weights(cell, steps.by_V(e, h0, h)),
        steps.by_h0(stacked, W),
        steps.by_xs(stacked, U),
        steps.by_y(e).reshape(y.shape),
    )


Gradient = Callable[..., Arguments]  # of an activation and the arguments of the network

right: Gradient = partial(backward, Steps())


@dataclass(frozen=True)
class Wrong:
    """A mistake: what it is, where it shows first, and the sizes of that, if it is a matter of sizes."""

    kind: str
    by: str
    gradient: Gradient
    smallest: dict[str, int] | None
    in_the_formula: bool = True


def sizes(T: int = 1, D_h: int = 1, batch: int = 1) -> dict[str, int]:
    return {"T": T, "D_x": 1, "D_h": D_h, "D_y": 1, "batch": batch}


def wrong(kind: str, by: str, T: int = 1, D_h: int = 1, batch: int = 1, **step: Any) -> Wrong:
    """A mistake in one step that shows from these sizes on."""
    return Wrong(kind, by, partial(backward, Steps(**step)), sizes(T, D_h, batch))


def sometimes_wrong(kind: str, by: str, **step: Any) -> Wrong:
    """One that shows at some values and not at others."""
    return Wrong(kind, by, partial(backward, Steps(**step)), None)


def detour(dtype: str) -> Wrong:
    """Right as a formula, computed through a shorter type."""
    steps = Steps(by_xs=lambda δ, U: (δ @ U).astype(dtype).astype(U.dtype))
    return Wrong(f"{dtype} detour", "xs", partial(backward, steps), None, in_the_formula=False)


def as_published(name: str, activation: Activation, weights: Weights, h0: Array, xs: Array, y: Array) -> Arguments:
    """The right gradient but for that by U or W, which is the post's where it has one: the sigmoid, at the last step.

    The post knows no bias: here it is the weight of an input that is always 1.
    """
    gradient = right(activation, weights, h0, xs, y)
    if activation is not sigmoid or y.ndim == xs.ndim:
        return gradient
    (U, W, b), V = weights
    assert b is not None
    widened = Weights(Cell(np.concatenate([U, b[:, None]], axis=1), W), V)
    post = published.gradient(widened, h0, np.concatenate([xs, np.ones_like(xs[..., :1])], axis=-1), y).cell
    wrong_part = {"U": post.U[:, :-1], "W": post.W}[name]
    return gradient._replace(
        weights=gradient.weights._replace(cell=gradient.weights.cell._replace(**{name: wrong_part}))
    )


def clipped_by_norm(δ: Array) -> Any:
    total = unit_sum(δ)
    norm = np.sqrt((total * total).sum())
    return total / norm if norm > 1 else total


U, W, b, V = "weights.cell.U", "weights.cell.W", "weights.cell.b", "weights.V"

WRONG_GRADIENTS = [
    wrong("sign", "y", by_y=lambda e: e),
    wrong("target forgotten", "y", by_y=lambda e: 0 * e),
    wrong("half of it", "y", by_y=lambda e: -e / 2),
    wrong("factor 2", U, by_U=lambda δ, xs: 2 * outer_sum(δ, xs)),
    wrong("W for its transpose in the recursion", U, T=2, D_h=2, carry=lambda W, δ, T, t: δ @ W.T),
    wrong("W for its transpose on the way to h0", "h0", D_h=2, by_h0=lambda δ, W: δ[0] @ W.T),
    wrong("W forgotten on the way to h0", "h0", by_h0=lambda δ, W: δ[0]),
    wrong("h0 from the last step", "h0", T=2, by_h0=lambda δ, W: δ[-1] @ W),
    wrong("h0 forgotten", "h0", by_h0=lambda δ, W: 0 * δ[0]),
    wrong("slope without 1 − h", U, slope=lambda s, h: h),
    wrong("slope of the other activation", U, slope=lambda s, h: other(s).slope(h)),
    wrong("slope squared", U, slope=lambda s, h: s.slope(h) ** 2),
    wrong("no slope at the last step", U, slope=lambda s, h: np.concatenate([s.slope(h[:-1]), 0 * h[-1:] + 1])),
    wrong("slope of the next step", U, T=2, slope=lambda s, h: np.roll(s.slope(h), -1, axis=0)),
    wrong("h at t for h at t − 1", W, by_W=lambda δ, h0, h: outer_sum(δ, h)),
    wrong("h at t + 1 for h at t − 1", W, T=3, by_W=lambda δ, h0, h: outer_sum(δ, before(h0, np.roll(h, -2, axis=0)))),
    wrong("h at t − 1 for h at t", V, by_V=lambda e, h0, h: outer_sum(e, before(h0, h)[-len(e) :])),
    wrong("initial state forgotten", W, by_W=lambda δ, h0, h: outer_sum(δ, before(0 * h0, h))),
    wrong("last state wrapped round", W, by_W=lambda δ, h0, h: outer_sum(δ, np.roll(h, 1, axis=0))),
    wrong("x at t − 1 for x at t", U, T=2, by_U=lambda δ, xs: outer_sum(δ, np.roll(xs, 1, axis=0))),
    wrong("x at t + 1 for x at t", U, T=2, by_U=lambda δ, xs: outer_sum(δ, np.roll(xs, -1, axis=0))),
    wrong("stale δ", U, T=2, by_U=lambda δ, xs: outer_sum(np.roll(δ, -1, axis=0), xs)),
    wrong("x a step late", "xs", T=2, by_xs=lambda δ, U: np.roll(δ @ U, 1, axis=0)),
    wrong("last write wins in U", U, T=2, by_U=lambda δ, xs: outer_sum(δ[0], xs[0])),
    wrong("last write wins in W", W, T=2, by_W=lambda δ, h0, h: outer_sum(δ[0], h0)),
    wrong("first step skipped in U", U, by_U=lambda δ, xs: outer_sum(at_step(0, 0, δ), xs)),
    wrong("first step skipped in W", W, by_W=lambda δ, h0, h: outer_sum(at_step(0, 0, δ), before(h0, h))),
    wrong("last step skipped in U", U, by_U=lambda δ, xs: outer_sum(at_step(-1, 0, δ), xs)),
    wrong("last step skipped in W", W, by_W=lambda δ, h0, h: outer_sum(at_step(-1, 0, δ), before(h0, h))),
    wrong("bias counted once", b, T=2, by_b=lambda δ: unit_sum(δ[-1:])),
    wrong("bias averaged over time", b, T=2, by_b=lambda δ: unit_sum(δ) / len(δ)),
    wrong("recurrence dropped", U, T=2, carry=lambda W, δ, T, t: 0 * δ),
    wrong("recurrence without W", U, T=2, carry=lambda W, δ, T, t: δ),
    wrong("truncated after two steps", U, T=3, carry=lambda W, δ, T, t: δ @ W * (t > T - 3)),
    wrong("truncated after three steps", U, T=4, carry=lambda W, δ, T, t: δ @ W * (t > T - 4)),
    wrong("mean over time", U, T=2, by_U=lambda δ, xs: outer_sum(δ, xs) / len(xs)),
    wrong("mean over the batch in V", V, batch=2, by_V=lambda e, h0, h: outer_sum(e, h[-len(e) :]) / sequences(h0)),
    wrong("mean over the batch in W", W, batch=2, by_W=lambda δ, h0, h: outer_sum(δ, before(h0, h)) / sequences(h0)),
    wrong("the last unit left out", "xs", by_xs=lambda δ, U: δ[..., :-1] @ U[:-1]),
    wrong(
        "units beyond D_x left out",
        U,
        D_h=2,
        by_U=lambda δ, xs: outer_sum(δ * (np.arange(δ.shape[-1]) < xs.shape[-1]), xs),
    ),
    wrong("off by 1e-9 of itself", "xs", by_xs=lambda δ, U: δ @ U * (1 + 1e-9)),
    wrong("one step's contribution off by 1e-12", U, by_U=lambda δ, xs: outer_sum(at_step(-1, 1 + 1e-12, δ), xs)),
    sometimes_wrong("clipped to ±1", U, by_U=lambda δ, xs: np.maximum(np.minimum(outer_sum(δ, xs), 1), -1)),
    sometimes_wrong("clipped by norm", b, by_b=clipped_by_norm),
    sometimes_wrong("saturated units cut off", U, slope=lambda s, h: np.where(abs(s.slope(h)) < 1e-6, 0, s.slope(h))),
    Wrong("the published recursion for U", U, partial(as_published, "U"), sizes(T=2, D_h=2)),
    Wrong("the published recursion for W", W, partial(as_published, "W"), sizes(T=2, D_h=2)),
    detour("float16"),
    detour("float32"),
]
