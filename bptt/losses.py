"""The losses and their gradients. A loss sums over every axis, the batch included; it never averages."""

from collections.abc import Callable
from typing import NamedTuple

from bptt.arrays import Array


class Loss(NamedTuple):
    """`loss(prediction, target)` is a scalar; `loss.gradient(prediction, target)` its gradient in both."""

    function: Callable[[Array, Array], Array]
    gradient: Callable[[Array, Array], tuple[Array, Array]]

    def __call__(self, prediction: Array, target: Array) -> Array:
        return self.function(prediction, target)


def _half_squared_error(prediction: Array, target: Array) -> Array:
    """L = ½ Σ_i (ỹ_i − y_i)²"""
    error = prediction - target
    result: Array = (error * error).sum() / 2
    return result


def _half_squared_error_gradient(prediction: Array, target: Array) -> tuple[Array, Array]:
    """∂L/∂ỹ_i = ỹ_i − y_i  and  ∂L/∂y_i = y_i − ỹ_i"""
    return prediction - target, target - prediction


half_squared_error = Loss(_half_squared_error, _half_squared_error_gradient)
