"""Losses of scores and their gradients, as people write them: each with several ways to write either.

Scores z[n] or z[n,k], targets y. A loss has one value for each row or entry, or is a total; a gradient is that of the
total by z. A kink gets any subgradient.
"""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np

Targets: TypeAlias = Literal[
    "real", "sign", "bit", "count", "positive", "class", "one-hot", "distribution", "level", "relevance", "survival",
    "triplets", "pairs",
]  # fmt: skip
OfScores: TypeAlias = Callable[[Any, Any], Any]


class Loss(NamedTuple):
    targets: Targets
    values: list[OfScores]
    gradients: list[OfScores]
    largest: float = 300.0  # score for which all of the ways stay finite


def sigmoid(z: Any) -> Any:
    return 1 / (1 + np.exp(-z))


def stable_sigmoid(z: Any) -> Any:
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1 / (1 + e), e / (1 + e))


def squared_gradient_by_loop(z: Any, y: Any) -> Any:
    g = np.zeros_like(z)
    for i in np.ndindex(*z.shape):
        g[i] += 2 * (z[i] - y[i])
    return g


def absolute_gradient_by_masks(z: Any, y: Any) -> Any:
    g = np.zeros_like(z)
    g[z > y] = 1
    g[z < y] = -1
    return g


def huber_by_where(z: Any, y: Any, d: float = 1.0) -> Any:
    r = z - y
    return np.where(np.abs(r) <= d, 0.5 * r**2, d * (np.abs(r) - 0.5 * d))


def huber_by_minimum(z: Any, y: Any, d: float = 1.0) -> Any:
    a = np.abs(z - y)
    q = np.minimum(a, d)
    return 0.5 * q**2 + d * (a - q)


def huber_by_clip(z: Any, y: Any, d: float = 1.0) -> Any:
    r = z - y
    c = np.clip(r, -d, d)
    return c * (r - 0.5 * c)


def huber_gradient_by_masks(z: Any, y: Any, d: float = 1.0) -> Any:
    g = z - y
    g[g > d] = d
    g[g < -d] = -d
    return g


def smooth_l1(z: Any, y: Any, beta: float = 0.5) -> Any:
    a = np.abs(z - y)
    return np.where(a < beta, 0.5 * a**2 / beta, a - 0.5 * beta)


def smooth_l1_gradient(z: Any, y: Any, beta: float = 0.5) -> Any:
    r = z - y
    g = np.sign(r)
    inside = np.abs(r) < beta
    g[inside] = r[inside] / beta
    return g


def log_cosh(z: Any, y: Any) -> Any:
    a = np.abs(z - y)
    return a + np.log1p(np.exp(-2 * a)) - np.log(2)


def epsilon_gradient_by_masks(z: Any, y: Any, ε: float = 0.25) -> Any:
    r = z - y
    return (r > ε).astype(float) - (r < -ε).astype(float)


def epsilon_gradient_by_loop(z: Any, y: Any, ε: float = 0.25) -> Any:
    g = np.zeros(z.shape)
    for i in np.ndindex(*z.shape):
        if z[i] - y[i] > ε:
            g[i] = 1.0
        elif z[i] - y[i] < -ε:
            g[i] = -1.0
    return g


def tukey(z: Any, y: Any, c: float = 4.685) -> Any:
    r = z - y
    return np.where(np.abs(r) <= c, c**2 / 6 * (1 - (1 - (r / c) ** 2) ** 3), c**2 / 6)


def tukey_gradient_by_loop(z: Any, y: Any, c: float = 4.685) -> Any:
    g = np.zeros_like(z)
    for i in np.ndindex(*z.shape):
        r = z[i] - y[i]
        if abs(r) < c:
            g[i] += r * (1 - (r / c) ** 2) ** 2
    return g


def truncated_gradient(z: Any, y: Any) -> Any:
    r = z - y
    g = 2 * r
    g[np.abs(r) > 2] = 0
    return g


def total_variation(z: Any, y: Any) -> Any:
    return 0.5 * np.sum((z - y) ** 2) + 0.5 * np.sum(np.abs(np.diff(z, axis=0)))


def total_variation_gradient(z: Any, y: Any) -> Any:
    g = z - y
    d = np.sign(z[1:] - z[:-1])
    g[1:] += 0.5 * d
    g[:-1] -= 0.5 * d
    return g


def variance_gradient(z: Any, y: Any) -> Any:
    r = z - y
    return 2 * (r - r.mean()) / r.size


def root_mean_square_gradient(z: Any, y: Any) -> Any:
    r = z - y
    return r / (r.size * np.sqrt((r**2).mean()))


OF_NUMBERS = {
    "squared": Loss(
        "real",
        [lambda z, y: (z - y) ** 2, lambda z, y: np.square(y - z), lambda z, y: (z - y) * (z - y)],
        [lambda z, y: 2 * (z - y), lambda z, y: -2.0 * (y - z), squared_gradient_by_loop],
    ),
    "half squared": Loss(
        "real", [lambda z, y: 0.5 * (z - y) ** 2, lambda z, y: (y - z) ** 2 / 2], [lambda z, y: z - y]
    ),
    "absolute": Loss(
        "real",
        [lambda z, y: np.abs(z - y), lambda z, y: abs(y - z), lambda z, y: np.maximum(z - y, y - z)],
        [lambda z, y: np.sign(z - y), absolute_gradient_by_masks, lambda z, y: np.where(z > y, 1.0, -1.0)],
    ),
    "huber": Loss(
        "real",
        [huber_by_where, huber_by_minimum, huber_by_clip],
        [
            lambda z, y: np.where(np.abs(z - y) <= 1, z - y, np.sign(z - y)),
            lambda z, y: np.clip(z - y, -1, 1),
            lambda z, y: np.maximum(-1.0, np.minimum(1.0, z - y)),
            huber_gradient_by_masks,
        ],
    ),
    "huber 1.35": Loss(
        "real",
        [lambda z, y: huber_by_where(z, y, 1.35), lambda z, y: huber_by_clip(z, y, 1.35)],
        [lambda z, y: np.clip(z - y, -1.35, 1.35), lambda z, y: huber_gradient_by_masks(z, y, 1.35)],
    ),
    "smooth l1": Loss("real", [smooth_l1], [smooth_l1_gradient, lambda z, y: np.clip((z - y) / 0.5, -1, 1)]),
    "log cosh": Loss(
        "real",
        [log_cosh, lambda z, y: np.logaddexp(z - y, y - z) - np.log(2.0), lambda z, y: np.log(np.cosh(z - y))],
        [lambda z, y: np.tanh(z - y), lambda z, y: np.sinh(z - y) / np.cosh(z - y)],
        largest=150.0,
    ),
    "pinball": Loss(
        "real",
        [lambda z, y: np.maximum(0.3 * (y - z), -0.7 * (y - z)), lambda z, y: (y - z) * (0.3 - (y < z))],
        [lambda z, y: np.where(y > z, -0.3, 0.7), lambda z, y: (y < z) * 1.0 - 0.3],
    ),
    "epsilon insensitive": Loss(
        "real",
        [lambda z, y: np.maximum(0, np.abs(z - y) - 0.25)],
        [
            epsilon_gradient_by_masks,
            epsilon_gradient_by_loop,
            lambda z, y: np.sign(z - y) * (np.abs(z - y) > 0.25),
            lambda z, y: np.where(np.abs(z - y) > 0.25, np.sign(z - y), 0.0),
        ],
    ),
    "squared epsilon insensitive": Loss(
        "real",
        [lambda z, y: np.maximum(0, np.abs(z - y) - 0.25) ** 2],
        [lambda z, y: 2 * np.maximum(0, np.abs(z - y) - 0.25) * np.sign(z - y)],
    ),
    "tukey": Loss(
        "real",
        [tukey],
        [
            tukey_gradient_by_loop,
            lambda z, y: np.where(np.abs(z - y) < 4.685, (z - y) * (1 - ((z - y) / 4.685) ** 2) ** 2, 0.0),
        ],
    ),
    "tukey by clip": Loss(
        "real",
        [lambda z, y: 1 - (1 - np.clip((z - y) / 2, -1, 1) ** 2) ** 3],
        [lambda z, y: 3 * (z - y) / 2 * (1 - np.clip((z - y) / 2, -1, 1) ** 2) ** 2],
    ),
    "cauchy": Loss(
        "real",
        [lambda z, y: np.log1p((z - y) ** 2), lambda z, y: np.log(1 + (z - y) ** 2)],
        [lambda z, y: 2 * (z - y) / (1 + (z - y) ** 2)],
    ),
    "student t": Loss(
        "real", [lambda z, y: 2 * np.log1p((z - y) ** 2 / 3)], [lambda z, y: 4 * (z - y) / (3 + (z - y) ** 2)]
    ),
    "expectile": Loss(
        "real",
        [lambda z, y: np.where(y > z, 0.8, 1 - 0.8) * (y - z) ** 2, lambda z, y: np.abs(0.8 - (y < z)) * (y - z) ** 2],
        [lambda z, y: -2 * np.where(y > z, 0.8, 1 - 0.8) * (y - z), lambda z, y: 2 * np.abs(0.8 - (y < z)) * (z - y)],
    ),
    "charbonnier": Loss(
        "real",
        [lambda z, y: np.sqrt((z - y) ** 2 + 1e-3**2), lambda z, y: ((z - y) ** 2 + 1e-3**2) ** 0.5],
        [lambda z, y: (z - y) / np.sqrt((z - y) ** 2 + 1e-3**2)],
    ),
    "pseudo huber": Loss(
        "real", [lambda z, y: np.sqrt(1 + (z - y) ** 2) - 1], [lambda z, y: (z - y) / np.sqrt(1 + (z - y) ** 2)]
    ),
    "welsch": Loss(
        "real",
        [lambda z, y: 1 - np.exp(-0.5 * (z - y) ** 2)],
        [lambda z, y: (z - y) * np.exp(-0.5 * (z - y) ** 2)],
        largest=20.0,
    ),
    "clipped linear": Loss(
        "real",
        [lambda z, y: (np.clip(z, 0, 1) - y) ** 2, lambda z, y: (np.minimum(np.maximum(z, 0.0), 1.0) - y) ** 2],
        [
            lambda z, y: 2 * (np.clip(z, 0, 1) - y) * ((z > 0) & (z < 1)),
            lambda z, y: np.where((z > 0) & (z < 1), 2 * (z - y), 0.0),
        ],
    ),
    "relu unit": Loss(
        "real",
        [lambda z, y: (np.maximum(z, 0) - y) ** 2, lambda z, y: (z * (z > 0) - y) ** 2],
        [lambda z, y: 2 * (np.maximum(z, 0) - y) * (z > 0), lambda z, y: np.where(z > 0, 2 * (z - y), 0)],
    ),
    "truncated squared": Loss(
        "real",
        [lambda z, y: np.minimum((z - y) ** 2, 4.0)],
        [truncated_gradient, lambda z, y: 2 * (z - y) * ((z - y) ** 2 < 4)],
    ),
    "tanh unit": Loss(
        "real", [lambda z, y: 0.5 * (np.tanh(z) - y) ** 2], [lambda z, y: (np.tanh(z) - y) * (1 - np.tanh(z) ** 2)]
    ),
    "sigmoid unit": Loss(
        "real",
        [lambda z, y: 0.5 * (sigmoid(z) - y) ** 2],
        [lambda z, y: (sigmoid(z) - y) * sigmoid(z) * (1 - sigmoid(z))],
    ),
    "linex": Loss(
        "real",
        [lambda z, y: np.exp(z - y) - (z - y) - 1],
        [lambda z, y: np.exp(z - y) - 1, lambda z, y: np.expm1(z - y)],
    ),
    "total variation": Loss("real", [total_variation], [total_variation_gradient]),
    "variance of residuals": Loss(
        "real",
        [lambda z, y: ((z - y - (z - y).mean()) ** 2).mean(), lambda z, y: np.mean((z - y) ** 2) - np.mean(z - y) ** 2],
        [variance_gradient],
    ),
    "root mean square": Loss("real", [lambda z, y: np.sqrt(((z - y) ** 2).mean())], [root_mean_square_gradient]),
    "poisson": Loss("count", [lambda z, y: np.exp(z) - y * z], [lambda z, y: np.exp(z) - y]),
    "negative binomial": Loss(
        "count",
        [lambda z, y: (y + 2.0) * np.log(2.0 + np.exp(z)) - y * z],
        [
            lambda z, y: (y + 2.0) * np.exp(z) / (2.0 + np.exp(z)) - y,
            lambda z, y: 2.0 * (np.exp(z) - y) / (2.0 + np.exp(z)),
            lambda z, y: (y + 2.0) / (1 + 2.0 * np.exp(-z)) - y,
        ],
    ),
    "gamma": Loss(
        "positive",
        [lambda z, y: y * np.exp(-z) + z, lambda z, y: y / np.exp(z) + z],
        [lambda z, y: 1 - y * np.exp(-z), lambda z, y: 1 - y / np.exp(z)],
    ),
    "tweedie": Loss(
        "positive",
        [lambda z, y: 2 * y * np.exp(-0.5 * z) + 2 * np.exp(0.5 * z)],
        [lambda z, y: -y * np.exp(-0.5 * z) + np.exp(0.5 * z)],
    ),
}
