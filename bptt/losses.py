"""The losses and their gradients. A loss sums over every axis, the batch included; it never averages.

With e = ỹ − y, the prediction less the target. Where a loss has a kink its gradient is no derivative, and which
subgradient it is stands in the docstring.
"""

import math
from collections.abc import Callable
from functools import reduce
from typing import NamedTuple

import numpy as np

from bptt.arrays import Array, namespace


class Loss(NamedTuple):
    """`loss(prediction, target)` is a scalar, the sum of `loss.terms(prediction, target)`, one for each example (...).

    `loss.gradient(prediction, target)` is its gradient in both. The prediction is (..., D_y), and so is the target,
    unless the loss is `of_classes`: then it is an integer (...), and there is no gradient in it, but None.
    """

    terms: Callable[[Array, Array], Array]
    gradient: Callable[[Array, Array], tuple[Array, Array | None]]
    of_classes: bool = False

    def __call__(self, prediction: Array, target: Array) -> Array:
        result: Array = self.terms(prediction, target).sum()
        return result


def _of_error(term: Callable[[Array], Array], slope: Callable[[Array], Array]) -> Loss:
    """L = Σ_i term(e_i), with ∂L/∂ỹ_i = slope(e_i) and ∂L/∂y_i = −slope(e_i)."""

    def terms(prediction: Array, target: Array) -> Array:
        result: Array = term(prediction - target).sum(axis=-1)
        return result

    def gradient(prediction: Array, target: Array) -> tuple[Array, Array]:
        return slope(prediction - target), slope(target - prediction)

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
    return _of_error(
        lambda e: share * abs(e) + (1 - share) * e * e / 2, slope=lambda e: share * _sign(e) + (1 - share) * e
    )


def huber(β: float = 1.0) -> Loss:
    """L = Σ_i ½ e_i² where |e_i| ≤ β and β |e_i| − ½ β² beyond, with ∂L/∂ỹ_i = e_i, clipped to ±β.

    Differentiable everywhere. Raises `ValueError` unless β > 0 and finite.
    """
    if not 0 < β < math.inf:
        raise ValueError(f"β must be positive and finite; got {β}")

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
    result: Array = reduce(xp.logaddexp, xp.moveaxis(logits, -1, 0))[..., None]
    return result


def _one_hot(target: Array, like: Array) -> Array:
    """Whether class i is the target: booleans (..., D_y). Raises `ValueError` for a class that there is not."""
    D_y = like.shape[-1]
    if isinstance(target, np.ndarray) and ((target < 0) | (target >= D_y)).any():
        raise ValueError(
            f"y must hold classes from 0 to D_y - 1 = {D_y - 1}; got {target[(target < 0) | (target >= D_y)].flat[0]}"
        )
    result: Array = target[..., None] == namespace(like).arange(D_y)
    return result


def _cross_entropy(logits: Array, target: Array) -> Array:
    xp = namespace(logits)
    result: Array = xp.where(_one_hot(target, logits), -_log_softmax(logits), xp.zeros_like(logits)).sum(axis=-1)
    return result


def _cross_entropy_gradient(logits: Array, target: Array) -> tuple[Array, None]:
    xp = namespace(logits)
    p = xp.exp(_log_softmax(logits))
    return xp.where(_one_hot(target, logits), p - 1, p), None


softmax_cross_entropy = Loss(_cross_entropy, _cross_entropy_gradient, of_classes=True)
"""L = −log p_y with p_i = exp(ỹ_i) / Σ_j exp(ỹ_j) and y the class, with ∂L/∂ỹ_i = p_i − δ_iy."""

LOSSES = {
    "squared": half_squared_error,
    "absolute": absolute_error,
    "elastic-net": elastic_net(),
    "huber": huber(),
    "cross-entropy": softmax_cross_entropy,
}
