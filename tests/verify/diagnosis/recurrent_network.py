"""A recurrent network, its gradient by hand, changed or not, and what is said of that."""

from collections.abc import Callable
from typing import Any

import numpy as np

from bptt.rnn.arrays import Array
from bptt.verify._problem import Arguments, Problem
from bptt.verify.diagnosis import Diagnosis, Kind, Point, diagnose

Gradient = Callable[..., Any]
T, B, D_x, D_h, D_y = 5, 2, 3, 4, 2
NAMES = ("U", "W", "R", "b", "V", "xs", "k")


def loss(U: Array, W: Array, R: Array, b: Array, V: Array, xs: Array, k: Array, ys: Array) -> Any:
    """A recurrent network with a loss at each step, h = k tanh(U x + W R h + b)."""
    h = np.zeros((B, D_h))
    total = 0
    for x, y in zip(xs, ys, strict=True):
        h = k * np.tanh(x @ U.T + (h @ R.T) @ W.T + b)
        e = h @ V.T - y
        total = total + 0.5 * (e * e).sum()
    return total


def backward(
    U: Array,
    W: Array,
    R: Array,
    b: Array,
    V: Array,
    xs: Array,
    k: Array,
    ys: Array,
    *,
    carried: Callable[[Any, int], Any] = lambda carry, t: carry,
    counted: Callable[[Any, Any, int], Any] = lambda total, contribution, t: total + contribution,
    beside: Callable[[Any, int], Any] = lambda xs, t: xs[t],
) -> tuple[Any, ...]:
    """Its gradient: what is `carried` into step t, and how that by U is `counted`, of δ and what stands `beside` it."""
    s, h = [], [np.zeros((B, D_h))]
    for x in xs:
        s.append(np.tanh(x @ U.T + (h[-1] @ R.T) @ W.T + b))
        h.append(k * s[-1])
    U_bar, W_bar, R_bar, b_bar, V_bar, k_bar = 0, 0, 0, 0, 0, 0
    xs_bar: list[Any] = []
    carry = np.zeros((B, D_h))
    for t in reversed(range(len(xs))):
        e = h[t + 1] @ V.T - ys[t]
        h_bar = e @ V + carried(carry, t)
        V_bar, k_bar = V_bar + e.T @ h[t + 1], k_bar + (h_bar * s[t]).sum(axis=0)
        δ = k * h_bar * (1 - s[t] ** 2)
        U_bar = counted(U_bar, δ.T @ beside(xs, t), t)
        W_bar, R_bar, b_bar = W_bar + δ.T @ (h[t] @ R.T), R_bar + (δ @ W).T @ h[t], b_bar + δ.sum(axis=0)
        xs_bar.insert(0, δ @ U)
        carry = (δ @ W) @ R
    return U_bar, W_bar, R_bar, b_bar, V_bar, np.stack(xs_bar), k_bar


def draw_point() -> tuple[Array, ...]:
    normal = np.random.default_rng(1).normal
    shapes = (D_h, D_x), (D_h, D_h), (D_h, D_h), (D_h,), (D_y, D_h), (T, B, D_x), (D_h,), (T, B, D_y)
    return tuple(normal(size=shape) for shape in shapes)


def diagnose_at(f: Any, gradient: Gradient, arguments: Any, by: str, wrt: Any = None) -> Diagnosis:
    """What is said of the gradient by that array, at one point."""
    (found,) = diagnose([Point(Problem(f, gradient, Arguments(f, arguments, wrt)))], [by])
    return found


def find_kind(by: str, change: Callable[[Any], Any] | None = None, **how: Any) -> Kind | None:
    """Of the gradient by that array, the whole of it changed after it was computed, or the loop changed."""

    def gradient(*arguments: Any) -> tuple[Any, ...]:
        parts = list(backward(*arguments, **how))
        if change is not None:
            parts[NAMES.index(by)] = change(parts[NAMES.index(by)])
        return tuple(parts)

    return diagnose_at(loss, gradient, draw_point(), by, NAMES).kind


def name_kind(by: str, change: Callable[[Any], Any] | None = None, **how: Any) -> str:
    found = find_kind(by, change, **how)
    return found.name if found else ""


def describe_kind(f: Any, gradient: Gradient, arguments: Any, by: str) -> str:
    found = diagnose_at(f, gradient, arguments, by).kind
    return found.text if found else ""
