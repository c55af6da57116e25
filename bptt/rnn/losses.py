"""The losses and their gradients. A loss sums over every axis, the batch included; it never averages.

With e = ỹ − y, the prediction less the target. Where a loss has a kink its gradient is no derivative, and which
subgradient it is stands in the docstring.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from bptt.rnn._arguments import promote, require_integers, require_shape
from bptt.rnn.arrays import Array, namespace, set_entries


class Loss(NamedTuple):
    """`loss(prediction, target)` is a scalar, the sum of `loss.terms(prediction, target)`, one for each example (...).

    `loss.gradient(prediction, target)` is its gradient in both. The prediction is (..., D_y), and so is the target,
    unless the loss is `of_classes`: then it is integers (...), and the gradient in it None. Raises `ValueError` for
    another shape of the target, `TypeError` for what is no array of numbers.

    `compare(prediction, target)` checks both and returns what the terms and the gradient have in common, such as e;
    `measure` makes the terms of that, and `differentiate` the gradient. The last may overwrite what was compared.
    """

    compare: Callable[[Array, Array], Any]
    measure: Callable[[Any], Array]
    differentiate: Callable[[Any], tuple[Array, Array | None]]
    of_classes: bool = False

    def __call__(self, prediction: Array, target: Array) -> Array:
        return self.terms(prediction, target).sum()

    def terms(self, prediction: Array, target: Array) -> Array:
        """Return the loss of each example, (...)."""
        return self.measure(self.compare(prediction, target))

    def gradient(self, prediction: Array, target: Array) -> tuple[Array, Array | None]:
        """Return the gradient in the prediction and in the target."""
        return self.differentiate(self.compare(prediction, target))

    def terms_and_gradient(self, prediction: Array, target: Array) -> tuple[Array, tuple[Array, Array | None]]:
        """Return both, of one comparison."""
        compared = self.compare(prediction, target)
        return self.measure(compared), self.differentiate(compared)


def _subtract(prediction: Array, target: Array) -> Array:
    prediction, target = promote(prediction=prediction, target=target)
    require_shape("target", target, prediction.shape, "that of the prediction,")
    return prediction - target


def _make_loss(term: Callable[[Array], Array], slope: Callable[[Array], Array]) -> Loss:
    """L = Σ_i term(e_i), with ∂L/∂ỹ_i = slope(e_i) and ∂L/∂y_i = −slope(e_i)."""

    def differentiate(e: Array) -> tuple[Array, Array]:
        e_bar = slope(e)
        return e_bar, -e_bar

    return Loss(_subtract, lambda e: term(e).sum(axis=-1), differentiate)


half_squared_error = _make_loss(lambda e: e * e / 2, slope=lambda e: e)
"""L = ½ Σ_i e_i², with ∂L/∂ỹ_i = e_i"""

absolute_error = _make_loss(abs, slope=lambda e: namespace(e).sign(e))
"""L = Σ_i |e_i|, with ∂L/∂ỹ_i = sign(e_i); 0 where e_i = 0, the middle of the subgradients there."""


def elastic_net(share: float = 0.5) -> Loss:
    """L = Σ_i (share |e_i| + (1 − share) ½ e_i²), with ∂L/∂ỹ_i = share sign(e_i) + (1 − share) e_i.

    Where e_i = 0 it has a kink, and sign(0) = 0 chooses the middle of the subgradients. Raises `ValueError` unless
    0 ≤ share ≤ 1.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"share must be from 0 to 1; got {share}")
    share = float(share)  # a NumPy scalar would make float32 float64
    return _make_loss(
        lambda e: share * abs(e) + (1 - share) * e * e / 2,
        slope=lambda e: share * namespace(e).sign(e) + (1 - share) * e,
    )


def huber(β: float = 1.0) -> Loss:
    """L = Σ_i ½ e_i² where |e_i| ≤ β and β |e_i| − ½ β² beyond, with ∂L/∂ỹ_i = e_i, clipped to ±β.

    Differentiable everywhere. Raises `ValueError` unless β > 0 and finite.
    """
    if not 0 < β < math.inf:
        raise ValueError(f"β must be positive and finite; got {β}")
    β = float(β)  # a NumPy scalar would make float32 float64

    def clip(e: Array) -> Array:
        xp = namespace(e)
        return xp.minimum(xp.maximum(e, -β), β)

    return _make_loss(lambda e: clip(e) * (e - clip(e) / 2), slope=clip)


class _Softmax(NamedTuple):
    """p_i = exp(z_i) / Σ_j exp(z_j) of N examples, with z = ỹ − max_j ỹ_j, of which no exp overflows.

    With y the class: `z_y`, (N,); `others`, (N, D_y), are exp(z_i) for i ≠ y, and 0 for i = y; `rest`, (N,), is their
    sum, which alone keeps its digits where it is small beside exp(z_y). `at` are the places of the classes in (N, D_y),
    and `shape` is that of the prediction.
    """

    z_y: Array
    others: Array
    rest: Array
    at: tuple[Array, Array]
    shape: tuple[int, ...]


def _compare_with_classes(logits: Array, target: Array) -> _Softmax:
    """Raise `ValueError` for a class that there is not. Those of JAX arrays are not looked at, but make z NaN."""
    (logits,) = promote(prediction=logits)
    classes = require_integers("target", target)
    require_shape("target", classes, logits.shape[:-1], "(...), the prediction without its last axis,")
    *_, D_y = logits.shape
    xp, are_known = namespace(logits, classes), None
    if namespace(classes) is not np:
        are_known = ((classes >= 0) & (classes < D_y)).reshape(-1, 1)
    elif classes.min() < 0 or classes.max() >= D_y:
        outside = (classes < 0) | (classes >= D_y)
        raise ValueError(f"classes must be from 0 to D_y - 1 = {D_y - 1}; got {classes[outside].flat[0]}")
    examples, at = logits.reshape(-1, D_y), (xp.arange(classes.size), classes.reshape(-1))
    z = examples - examples.max(axis=-1, keepdims=True)
    if are_known is not None:
        z = xp.where(are_known, z, xp.nan)
    others = set_entries(xp.exp(z), at, 0)
    return _Softmax(z[at], others, others.sum(axis=-1), at, logits.shape)


def _measure_surprise(softmax: _Softmax) -> Array:
    """−log p_y = log(rest + exp(z_y)) − z_y, with log(s) = log1p(s − 1)"""
    xp, z_y = namespace(softmax.z_y), softmax.z_y
    return (xp.log1p(softmax.rest + xp.expm1(z_y)) - z_y).reshape(softmax.shape[:-1])


def _differentiate_surprise(softmax: _Softmax) -> tuple[Array, None]:
    """p_i = exp(z_i) / (rest + exp(z_y)) for i ≠ y, and p_y − 1 = −rest / (rest + exp(z_y))"""
    z_y, p, rest, at, shape = softmax
    total = rest + namespace(z_y).exp(z_y)
    p /= total[:, None]
    return set_entries(p, at, -rest / total).reshape(shape), None


softmax_cross_entropy = Loss(_compare_with_classes, _measure_surprise, _differentiate_surprise, of_classes=True)
"""L = −log p_y with p_i = exp(ỹ_i) / Σ_j exp(ỹ_j) and y the class, with ∂L/∂ỹ_i = p_i − δ_iy."""

LOSSES = {
    "squared": half_squared_error,
    "absolute": absolute_error,
    "elastic-net": elastic_net(),
    "huber": huber(),
    "cross-entropy": softmax_cross_entropy,
}
