"""Networks with one hidden layer and its activation, and their gradients; other models that embed or pool.

h = s(X W1 + b1)        z = h W2 + b2        L = Σ_n l(z[n], y[n]) / N
"""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np

from tests.benchmarks.exact import Function
from tests.benchmarks.losses import sigmoid, stable_sigmoid
from tests.benchmarks.losses_of_classes import log_sum_exp, softmax_gradient_in_place

Head: TypeAlias = Literal["squared", "logistic", "softmax"]


class Activation(NamedTuple):
    values: list[Callable[[Any], Any]]
    slopes: list[Callable[[Any], Any]]


def gelu(a: Any) -> Any:
    return 0.5 * a * (1 + np.tanh(np.sqrt(2 / np.pi) * (a + 0.044715 * a**3)))


def gelu_slope(a: Any) -> Any:
    t = np.tanh(np.sqrt(2 / np.pi) * (a + 0.044715 * a**3))
    return 0.5 * (1 + t) + 0.5 * a * (1 - t**2) * np.sqrt(2 / np.pi) * (1 + 3 * 0.044715 * a**2)


def relu_slope_by_mask(a: Any) -> Any:
    slope = np.ones_like(a)
    slope[a <= 0] = 0
    return slope


ACTIVATIONS = {
    "tanh": Activation([lambda a: np.tanh(a)], [lambda a: 1 - np.tanh(a) ** 2, lambda a: 1 / np.cosh(a) ** 2]),
    "relu": Activation(
        [lambda a: np.maximum(a, 0), lambda a: a * (a > 0), lambda a: np.where(a > 0, a, 0)],
        [lambda a: a > 0, lambda a: np.where(a > 0, 1.0, 0.0), relu_slope_by_mask],
    ),
    "leaky relu": Activation(
        [lambda a: np.where(a > 0, a, 0.01 * a), lambda a: np.maximum(a, 0.01 * a)],
        [lambda a: np.where(a > 0, 1, 0.01), lambda a: (a > 0) + 0.01 * (a <= 0)],
    ),
    "elu": Activation(
        [lambda a: np.where(a > 0, a, np.exp(np.minimum(a, 0)) - 1)],
        [lambda a: np.where(a > 0, 1, np.exp(np.minimum(a, 0)))],
    ),
    "gelu": Activation([gelu], [gelu_slope]),
    "softplus": Activation(
        [lambda a: np.logaddexp(0, a), lambda a: np.log1p(np.exp(a))],
        [sigmoid, stable_sigmoid, lambda a: 1 - 1 / (1 + np.exp(a))],
    ),
    "swish": Activation(
        [lambda a: a * sigmoid(a), lambda a: a / (1 + np.exp(-a))],
        [lambda a: sigmoid(a) * (1 + a * (1 - sigmoid(a)))],
    ),
    "sigmoid": Activation(
        [sigmoid], [lambda a: sigmoid(a) * (1 - sigmoid(a)), lambda a: np.exp(-a) / (1 + np.exp(-a)) ** 2]
    ),
    "softsign": Activation([lambda a: a / (1 + np.abs(a))], [lambda a: 1 / (1 + np.abs(a)) ** 2]),
    "hard sigmoid": Activation([lambda a: np.clip(0.2 * a + 0.5, 0, 1)], [lambda a: 0.2 * ((a > -2.5) & (a < 2.5))]),
    "hard tanh": Activation(
        [lambda a: np.clip(a, -1, 1), lambda a: np.maximum(-1, np.minimum(1, a))],
        [lambda a: (np.abs(a) < 1) * 1.0, lambda a: np.where((a > -1) & (a < 1), 1.0, 0.0)],
    ),
    "sin": Activation([lambda a: np.sin(a)], [lambda a: np.cos(a)]),
}

HEADS: dict[Head, tuple[Function, Function]] = {
    "squared": (
        lambda z, y: 0.5 * ((z[:, 0] - y) ** 2).sum() / len(y),
        lambda z, y: ((z[:, 0] - y) / len(y))[:, None],
    ),
    "logistic": (
        lambda z, y: np.logaddexp(0, -y * z[:, 0]).sum(),
        lambda z, y: (-y / (1 + np.exp(y * z[:, 0]))).reshape(-1, 1),
    ),
    "softmax": (
        lambda z, y: (log_sum_exp(z) - z[np.arange(len(y)), y]).mean(),
        lambda z, y: softmax_gradient_in_place(z, y) / len(y),
    ),
}


class Network(NamedTuple):
    """One way to write one network; `value` and `slope` number those of the activation."""

    activation: Activation
    value: int
    slope: int
    head: Head
    decay: float


def write_network(network: Network, X: Any, y: Any) -> tuple[Function, Function]:
    activate, slope = network.activation.values[network.value], network.activation.slopes[network.slope]
    loss, loss_gradient = HEADS[network.head]

    def f(W1: Any, b1: Any, W2: Any, b2: Any) -> Any:
        decay = 0.5 * network.decay * ((W1**2).sum() + (W2**2).sum())
        return loss(activate(X @ W1 + b1) @ W2 + b2, y) + decay

    def gradient(W1: Any, b1: Any, W2: Any, b2: Any) -> Any:
        a = X @ W1 + b1
        h = activate(a)
        z_bar = loss_gradient(h @ W2 + b2, y)
        a_bar = (z_bar @ W2.T) * slope(a)
        W1_bar, W2_bar = X.T @ a_bar + network.decay * W1, h.T @ z_bar + network.decay * W2
        return W1_bar, a_bar.sum(axis=0), W2_bar, z_bar.sum(axis=0)

    return f, gradient


def write_embedding(X: Any, y: Any) -> tuple[Function, Function]:
    """Rows of E that X names; y is -1 or 1."""

    def f(E: Any, w: Any) -> Any:
        return np.logaddexp(0, -y * (E[X] @ w)).mean()

    def gradient(E: Any, w: Any) -> Any:
        v = E[X]
        z_bar = -y / (1 + np.exp(y * (v @ w))) / len(y)
        E_bar = np.zeros_like(E)
        np.add.at(E_bar, X, z_bar[:, None] * w)
        return E_bar, v.T @ z_bar

    return f, gradient


def write_max_pool(X: Any, y: Any) -> tuple[Function, Function]:
    """The largest of some affine scores, squared error."""

    def f(W: Any, b: Any) -> Any:
        return 0.5 * (((X @ W + b).max(axis=1) - y) ** 2).sum()

    def gradient(W: Any, b: Any) -> Any:
        z = X @ W + b
        W_bar, b_bar = np.zeros_like(W), np.zeros_like(b)
        for n, j in enumerate(z.argmax(axis=1)):
            error = z[n, j] - y[n]
            W_bar[:, j] += error * X[n]
            b_bar[j] += error
        return W_bar, b_bar

    return f, gradient


def write_gaussian(X: Any, y: Any) -> tuple[Function, Function]:
    """A normal density whose deviation is learnt."""

    def f(w: Any, b: Any, log_sigma: Any) -> Any:
        r = y - X @ w - b
        return (0.5 * (r / np.exp(log_sigma)) ** 2 + log_sigma + 0.5 * np.log(2 * np.pi)).sum()

    def gradient(w: Any, b: Any, log_sigma: Any) -> Any:
        r = y - (X @ w + b)
        precision = np.exp(-2 * log_sigma)
        return -precision * X.T @ r, -precision * r.sum(), len(y) - precision * (r**2).sum()

    return f, gradient
