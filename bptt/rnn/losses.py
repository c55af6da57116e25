"""The losses and their gradients. A loss sums over every axis, the batch included; it never averages.

With e = ỹ − y, the prediction less the target. Where a loss has a kink its gradient is no derivative, and which
subgradient it is stands in the docstring.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from bptt.rnn.arrays import Array, floating, integers, namespace, require_shape


class Loss(NamedTuple):
    """`loss(prediction, target)` is a scalar, the sum of `loss.terms(prediction, target)`, one for each example (...).

    `loss.gradient(prediction, target)` is its gradient in both. The prediction is (..., D_y), and so is the target,
    unless the loss is `of_classes`: then it is an integer (...), and there is no gradient in it, but None. Raises
    `ValueError` for another shape of the target, `TypeError` for what is no array of numbers.
    """

    terms: Callable[[Array, Array], Array]
    gradient: Callable[[Array, Array], tuple[Array, Array | None]]
    of_classes: bool = False

    def __call__(self, prediction: Array, target: Array) -> Array:
        result: Array = self.terms(prediction, target).sum()
        return result


def _of_error(term: Callable[[Array], Array], slope: Callable[[Array], Array]) -> Loss:
    """L = Σ_i term(e_i), with ∂L/∂ỹ_i = slope(e_i) and ∂L/∂y_i = −slope(e_i)."""

    def error(prediction: Array, target: Array) -> Array:
        prediction, target = floating(prediction=prediction, target=target)
        require_shape("target", target, prediction.shape, "that of the prediction,")
        return prediction - target

    def terms(prediction: Array, target: Array) -> Array:
        result: Array = term(error(prediction, target)).sum(axis=-1)
        return result

    def gradient(prediction: Array, target: Array) -> tuple[Array, Array]:
        e_bar = slope(error(prediction, target))
        return e_bar, -e_bar

    return Loss(terms, gradient)


def _sign(e: Array) -> Array:
    result: Array = namespace(e).sign(e)
    return result


half_squared_error = _of_error(lambda e: e * e / 2, slope=lambda e: e)
"""L = ½ Σ_i e_i², with ∂L/∂ỹ_i = e_i"""

absolute_error = _of_error(abs, slope=_sign)
"""L = Σ_i |e_i|, with ∂L/∂ỹ_i = sign(e_i); 0 where e_i = 0, the middle of the subgradients there."""


def elastic_net(share: float = 0.5) -> Loss:
    """L = Σ_i (share |e_i| + (1 − share) ½ e_i²), with ∂L/∂ỹ_i = share sign(e_i) + (1 − share) e_i.

    Where e_i = 0 it has a kink, and sign(0) = 0 chooses the middle of the subgradients. Raises `ValueError` unless
    0 ≤ share ≤ 1.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"share must be from 0 to 1; got {share}")
    share = float(share)  # a NumPy scalar would make float32 float64
    return _of_error(
        lambda e: share * abs(e) + (1 - share) * e * e / 2, slope=lambda e: share * _sign(e) + (1 - share) * e
    )


def huber(β: float = 1.0) -> Loss:
    """L = Σ_i ½ e_i² where |e_i| ≤ β and β |e_i| − ½ β² beyond, with ∂L/∂ỹ_i = e_i, clipped to ±β.

    Differentiable everywhere. Raises `ValueError` unless β > 0 and finite.
    """
    if not 0 < β < math.inf:
        raise ValueError(f"β must be positive and finite; got {β}")

    β = float(β)  # a NumPy scalar would make float32 float64

    def clipped(e: Array) -> Array:
        xp = namespace(e)
        result: Array = xp.minimum(xp.maximum(e, -β), β)
        return result

    return _of_error(lambda e: clipped(e) * (e - clipped(e) / 2), slope=clipped)


def _log_softmax(logits: Array) -> Array:
    """log p_i with p_i = exp(ỹ_i) / Σ_j exp(ỹ_j), that is ỹ_i − log Σ_j exp(ỹ_j), twice.

    The second time takes off what the first was rounded by. No exp overflows, and nothing has a kink where logits are
    equal, as their maximum has.
    """
    once = logits - _log_sum_exp(logits)
    return once - _log_sum_exp(once)


def _log_sum_exp(logits: Array) -> Array:
    """log Σ_j exp(ỹ_j), term by term, with an axis of 1 for j."""
    xp = namespace(logits)
    result: Array = xp.logaddexp.reduce(xp.moveaxis(logits, -1, 0), axis=0)[..., None]
    return result


def _with_one_hot(logits: Array, target: Array) -> tuple[Array, Array]:
    """The logits, and whether class i is the target, booleans (..., D_y).

    Raises `ValueError` for a class that there is not; those of JAX arrays are not looked at.
    """
    (logits,) = floating(prediction=logits)
    classes = integers("target", target)
    require_shape("target", classes, logits.shape[:-1], "(...), the prediction without its last axis,")
    D_y = logits.shape[-1]
    outside = (classes < 0) | (classes >= D_y)
    if namespace(classes) is np and outside.any():
        wrong = np.asarray(classes)[outside].flat[0]
        raise ValueError(f"classes must be from 0 to D_y - 1 = {D_y - 1}; got {wrong}")
    return logits, classes[..., None] == namespace(logits, classes).arange(D_y)


def _cross_entropy(logits: Array, target: Array) -> Array:
    logits, one_hot = _with_one_hot(logits, target)
    xp = namespace(logits, one_hot)
    terms = xp.where(one_hot, -_log_softmax(logits), xp.zeros_like(logits)).sum(axis=-1)
    return _nan_without_class(terms, one_hot.any(axis=-1))


def _cross_entropy_gradient(logits: Array, target: Array) -> tuple[Array, None]:
    """At the target p − 1 as expm1(log p), which keeps its digits where p is near 1."""
    logits, one_hot = _with_one_hot(logits, target)
    xp = namespace(logits, one_hot)
    log_p = _log_softmax(logits)
    e = xp.where(one_hot, xp.expm1(log_p), xp.exp(log_p))
    return _nan_without_class(e, one_hot.any(axis=-1, keepdims=True)), None


def _nan_without_class(array: Array, has_class: Any) -> Array:
    """NaN for a class that there is not: one of JAX's, since others have been refused."""
    xp = namespace(array)
    result: Array = array if xp is np else xp.where(has_class, array, xp.nan)
    return result


softmax_cross_entropy = Loss(_cross_entropy, _cross_entropy_gradient, of_classes=True)
"""L = −log p_y with p_i = exp(ỹ_i) / Σ_j exp(ỹ_j) and y the class, with ∂L/∂ỹ_i = p_i − δ_iy."""

LOSSES = {
    "squared": half_squared_error,
    "absolute": absolute_error,
    "elastic-net": elastic_net(),
    "huber": huber(),
    "cross-entropy": softmax_cross_entropy,
}
