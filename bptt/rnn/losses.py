"""The losses and their gradients. A loss sums over every axis, the batch included; it never averages.

With e = ỹ − y, the prediction less the target. Where a loss has a kink its gradient is no derivative, and which
subgradient it is stands in the docstring.
"""

import math
from collections.abc import Callable
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from bptt.rnn._arguments import promote, require_integers, require_shape
from bptt.rnn.arrays import Array, namespace


class Loss(NamedTuple):
    """`loss(prediction, target)` is a scalar, the sum of `loss.terms(prediction, target)`, one for each example (...).

    `loss.gradient(prediction, target)` is its gradient in both. The prediction is (..., D_y), and so is the target,
    unless the loss is `of_classes`: then it is integers (...), and the gradient in it None. Raises `ValueError` for
    another shape of the target, `TypeError` for what is no array of numbers.
    """

    terms: Callable[[Array, Array], Array]
    gradient: Callable[[Array, Array], tuple[Array, Array | None]]
    of_classes: bool = False

    def __call__(self, prediction: Array, target: Array) -> Array:
        return self.terms(prediction, target).sum()


def _make_loss(term: Callable[[Array], Array], slope: Callable[[Array], Array]) -> Loss:
    """L = Σ_i term(e_i), with ∂L/∂ỹ_i = slope(e_i) and ∂L/∂y_i = −slope(e_i)."""

    def subtract(prediction: Array, target: Array) -> Array:
        prediction, target = promote(prediction=prediction, target=target)
        require_shape("target", target, prediction.shape, "that of the prediction,")
        return prediction - target

    def gradient(prediction: Array, target: Array) -> tuple[Array, Array]:
        e_bar = slope(subtract(prediction, target))
        return e_bar, -e_bar

    return Loss(lambda prediction, target: term(subtract(prediction, target)).sum(axis=-1), gradient)


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


def _log_softmax(logits: Array) -> Array:
    """log p_i with p_i = exp(ỹ_i) / Σ_j exp(ỹ_j), that is ỹ_i − log Σ_j exp(ỹ_j).

    No exp overflows, and nothing has a kink where logits are equal, as their maximum has.
    """
    xp = namespace(logits)
    for _ in range(2):  # the second time takes off what the first was rounded by
        logits = logits - xp.logaddexp.reduce(xp.moveaxis(logits, -1, 0), axis=0)[..., None]
    return logits


def _encode_one_hot(logits: Array, target: Array) -> tuple[ModuleType, Array, Array]:
    """Return the namespace of both, the logits, and whether class i is the target, booleans (..., D_y).

    Raises `ValueError` for a class that there is not; those of JAX arrays are not looked at.
    """
    (logits,) = promote(prediction=logits)
    classes = require_integers("target", target)
    require_shape("target", classes, logits.shape[:-1], "(...), the prediction without its last axis,")
    D_y = logits.shape[-1]
    if namespace(classes) is np and (outside := (classes < 0) | (classes >= D_y)).any():
        raise ValueError(f"classes must be from 0 to D_y - 1 = {D_y - 1}; got {classes[outside].flat[0]}")
    xp = namespace(logits, classes)
    return xp, logits, classes[..., None] == xp.arange(D_y)


def _cross_entropy(logits: Array, target: Array) -> Array:
    xp, logits, one_hot = _encode_one_hot(logits, target)
    terms = xp.where(one_hot, -_log_softmax(logits), xp.zeros_like(logits)).sum(axis=-1)
    return _mark_unknown_class(xp, terms, one_hot.any(axis=-1))


def _cross_entropy_gradient(logits: Array, target: Array) -> tuple[Array, None]:
    """At the target p − 1 as expm1(log p), which keeps its digits where p is near 1."""
    xp, logits, one_hot = _encode_one_hot(logits, target)
    log_p = _log_softmax(logits)
    e = xp.where(one_hot, xp.expm1(log_p), xp.exp(log_p))
    return _mark_unknown_class(xp, e, one_hot.any(axis=-1, keepdims=True)), None


def _mark_unknown_class(xp: ModuleType, array: Array, is_known: Any) -> Array:
    """Replace what belongs to an unknown class by NaN: one of JAX's, since others have been refused."""
    return array if xp is np else xp.where(is_known, array, xp.nan)


softmax_cross_entropy = Loss(_cross_entropy, _cross_entropy_gradient, of_classes=True)
"""L = −log p_y with p_i = exp(ỹ_i) / Σ_j exp(ỹ_j) and y the class, with ∂L/∂ỹ_i = p_i − δ_iy."""

LOSSES = {
    "squared": half_squared_error,
    "absolute": absolute_error,
    "elastic-net": elastic_net(),
    "huber": huber(),
    "cross-entropy": softmax_cross_entropy,
}
