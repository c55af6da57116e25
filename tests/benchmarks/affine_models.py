"""Models with the losses of `tests.benchmarks.losses`, and their gradients by the chain rule, in the styles people use.

    z[n,k] = Σ_d X[n,d] W[d,k] + b[k]        L = Σ_n l(z[n], y[n]) / N + regulariser(W)
    W_bar[d,k] = Σ_n X[n,d] z_bar[n,k]       b_bar[k] = Σ_n z_bar[n,k]       X_bar[n,d] = Σ_k z_bar[n,k] W[d,k]

W[d], and with it z[n], may have one axis only, and b be a number.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np

from tests.benchmarks.exact import Function
from tests.benchmarks.losses import Loss

Form: TypeAlias = Literal["arguments", "inputs", "dict", "closure", "defaults", "object", "cached object"]

SCORES: dict[str, Callable[[Any, Any], Any]] = {
    "at": lambda X, W: X @ W,
    "dot": lambda X, W: np.dot(X, W),
    "einsum": lambda X, W: np.einsum("nd,d->n" if W.ndim == 1 else "nd,dk->nk", X, W),
    "broadcast": lambda X, W: (X * W).sum(axis=1) if W.ndim == 1 else (X[:, :, None] * W[None, :, :]).sum(axis=1),
    "rows": lambda X, W: np.array([x @ W for x in X]),
    "transposed": lambda X, W: (W.T @ X.T).T,
}


def sum_outer_products(X: Any, z_bar: Any) -> Any:
    W_bar = np.zeros((X.shape[1], *z_bar.shape[1:]))
    for n in range(len(X)):
        W_bar += X[n] * z_bar[n] if z_bar.ndim == 1 else np.outer(X[n], z_bar[n])
    return W_bar


def sum_rows_with_an_error(X: Any, z_bar: Any) -> Any:
    W_bar = np.zeros((X.shape[1], *z_bar.shape[1:]))
    for n in np.nonzero((z_bar != 0).reshape(len(z_bar), -1).any(axis=1))[0]:
        W_bar += X[n] * z_bar[n] if z_bar.ndim == 1 else X[n][:, None] * z_bar[n][None, :]
    return W_bar


WEIGHTS: dict[str, Callable[[Any, Any], Any]] = {
    "at": lambda X, z_bar: X.T @ z_bar,
    "left": lambda X, z_bar: (z_bar.T @ X).T,
    "einsum": lambda X, z_bar: np.einsum("nd,n->d" if z_bar.ndim == 1 else "nd,nk->dk", X, z_bar),
    "broadcast": lambda X, z_bar: (X.reshape(*X.shape, *[1] * (z_bar.ndim - 1)) * z_bar[:, None]).sum(axis=0),
    "loop": sum_outer_products,
    "columns": lambda X, z_bar: np.array([X[:, d] @ z_bar for d in range(X.shape[1])]),
    "skip": sum_rows_with_an_error,
}

# Of losses, and of their gradient g with the number of them.
REDUCTIONS: dict[str, tuple[Callable[[Any], Any], Callable[[Any, int], Any]]] = {
    "sum": (lambda losses: losses.sum(), lambda g, _: g),
    "mean": (lambda losses: losses.mean(), lambda g, size: g / size),
    "by size": (lambda losses: (1 / losses.size) * np.sum(losses), lambda g, size: (1 / size) * g),
    "half": (lambda losses: 0.5 * np.sum(losses) / losses.size, lambda g, size: g / (2 * size)),
    "loop": (lambda losses: sum(losses.reshape(-1), 0.0), lambda g, _: g),
    "total": (lambda total: total, lambda g, _: g),
}

REGULARISERS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "none": (lambda W: 0.0, lambda W: 0.0),
    "l2": (lambda W: 0.01 * (W**2).sum(), lambda W: 0.02 * W),
    "half l2": (lambda W: 0.5 * 0.1 * np.sum(W * W), lambda W: 0.1 * W),
    "l1": (lambda W: 0.01 * np.abs(W).sum(), lambda W: 0.01 * np.sign(W)),
    "elastic": (
        lambda W: 0.1 * (0.5 * np.abs(W).sum() + 0.25 * (W**2).sum()),
        lambda W: 0.1 * (0.5 * np.sign(W) + 0.5 * W),
    ),
}


class Style(NamedTuple):
    """How each step of an affine model is written; `value` and `gradient` number those of the loss."""

    value: int
    gradient: int
    scores: str
    weights: str
    reduction: str
    regulariser: str


@dataclass
class AffineModel:
    loss: Loss
    style: Style
    X: Any
    y: Any

    def evaluate(self, W: Any, b: Any = None) -> Any:
        reduce, _ = REDUCTIONS[self.style.reduction]
        regulariser, _ = REGULARISERS[self.style.regulariser]
        return reduce(self.loss.values[self.style.value](self.scores(W, b), self.y)) + regulariser(W)

    def evaluate_and_keep(self, W: Any, b: Any = None) -> Any:
        self.kept = W, b, self.scores(W, b)
        return self.evaluate(W, b)

    def scores(self, W: Any, b: Any) -> Any:
        z = SCORES[self.style.scores](self.X, W)
        return z if b is None else z + b

    def differentiate(self, W: Any, b: Any = None) -> tuple[Any, ...]:
        return self.go_back(W, b, self.scores(W, b))[: 1 if b is None else 2]

    def differentiate_kept(self, *parameters: Any) -> tuple[Any, ...]:
        return self.go_back(*self.kept)[: len(parameters)]

    def go_back(self, W: Any, b: Any, z: Any) -> tuple[Any, Any, Any]:
        """Return W_bar, b_bar and X_bar."""
        _, scale = REDUCTIONS[self.style.reduction]
        _, regulariser_gradient = REGULARISERS[self.style.regulariser]
        size = np.size(self.loss.values[self.style.value](z, self.y))
        z_bar = scale(self.loss.gradients[self.style.gradient](z, self.y), size)
        W_bar = WEIGHTS[self.style.weights](self.X, z_bar) + regulariser_gradient(W)
        b_bar = np.sum(z_bar) if np.ndim(b) == 0 else z_bar.sum(axis=0) * np.ones(np.shape(b))
        return W_bar, b_bar, np.outer(z_bar, W) if z_bar.ndim == 1 else z_bar @ W.T


def write_functions(model: AffineModel, form: Form, has_bias: bool) -> tuple[Function, Function]:
    """Return f and gradient in that form; their arguments are W[, b], [X[, y]] or params."""
    count = 2 if has_bias else 1

    def unpack(gradients: tuple[Any, ...]) -> Any:
        return gradients if len(gradients) > 1 else gradients[0]

    if form == "arguments":  # X, y are held fixed by wrt

        def at_data(X: Any, y: Any) -> AffineModel:
            return replace(model, X=X, y=y)

        if has_bias:
            return (
                lambda W, b, X, y: at_data(X, y).evaluate(W, b),
                lambda W, b, X, y: at_data(X, y).differentiate(W, b),
            )
        return (lambda W, X, y: at_data(X, y).evaluate(W), lambda W, X, y: at_data(X, y).differentiate(W)[0])
    if form == "inputs":

        def by_inputs(W: Any, b: Any, X: Any) -> tuple[Any, ...]:
            moved = replace(model, X=X)
            W_bar, b_bar, X_bar = moved.go_back(W, b, moved.scores(W, b))
            return (W_bar, b_bar, X_bar) if has_bias else (W_bar, X_bar)

        if has_bias:
            return lambda W, b, X: replace(model, X=X).evaluate(W, b), by_inputs
        return lambda W, X: replace(model, X=X).evaluate(W), lambda W, X: by_inputs(W, None, X)
    if form == "dict":
        names = ("W", "b")[:count]
        return (
            lambda params: model.evaluate(*[params[name] for name in names]),
            lambda params: dict(zip(names, model.differentiate(*[params[name] for name in names]), strict=True)),
        )
    if form == "object":
        return model.evaluate, lambda W, *b: unpack(model.differentiate(W, *b))
    if form == "cached object":
        return model.evaluate_and_keep, lambda W, *b: unpack(model.differentiate_kept(W, *b))
    if form == "defaults":
        if has_bias:
            return (
                lambda W, b, model=model: model.evaluate(W, b),
                lambda W, b, model=model: model.differentiate(W, b),
            )
        return lambda W, model=model: model.evaluate(W), lambda W, model=model: model.differentiate(W)[0]
    if has_bias:
        return lambda W, b: model.evaluate(W, b), lambda W, b: model.differentiate(W, b)
    return lambda W: model.evaluate(W), lambda W: model.differentiate(W)[0]
