"""The post's network: a cell, a linear readout ỹ = V h, half the squared error, and the gradient of all of it.

The shape of the target y says where the loss is taken. y of shape (..., D_y) is compared with the prediction at the
last step, as in the post; y of shape (T, ..., D_y) with the prediction at every step, and the losses are summed. Batch
axes come after time and are summed over, never averaged.
"""

from typing import NamedTuple

from bptt import elman
from bptt.activations import Activation, sigmoid
from bptt.arrays import Array, contract_time, floating, namespace, require_shape
from bptt.losses import half_squared_error


class Weights(NamedTuple):
    """The weights of the cell, and those of the readout, V: (D_y, D_h)."""

    cell: elman.Weights
    V: Array


class Arguments(NamedTuple):
    """The arguments of `loss`, or anything shaped like them: its gradient. `h0` may be None, and is then zero."""

    weights: Weights
    h0: Array | None
    xs: Array
    y: Array


def loss(weights: Weights, h0: Array | None, xs: Array, y: Array, activation: Activation = sigmoid) -> Array:
    """L = ½ Σ_i (ỹ_i − y_i)²  with  ỹ_i = V[i,k] h[t,k], at t = T or summed over t; a scalar.

    xs is (T, ..., D_x); h0 is (..., D_h), or None for zeros; y is (..., D_y) for the last step or (T, ..., D_y) for
    every step. Raises `ValueError` for a wrong shape, for T = 0 and for an empty axis.
    """
    weights, h0, xs, y = _promoted(weights, h0, xs, y)
    h = elman.forward(weights.cell, h0, xs, activation)
    h_read, y_read = read(weights.V, y, h)
    return half_squared_error(h_read @ weights.V.T, y_read)


def gradient(weights: Weights, h0: Array | None, xs: Array, y: Array, activation: Activation = sigmoid) -> Arguments:
    """The gradient of `loss` in every argument, by back-propagation through time.

        e[t,i]     = ∂L/∂ỹ[t,i]          where the loss is taken
        V_bar[i,k] = e[t,i] h[t,k]
        h_bar[t,k] = e[t,i] V[i,k]       and 0 where it is not

    and from h_bar on as in `elman.backward`. Arguments and errors as for `loss`.
    """
    weights, h0, xs, y = _promoted(weights, h0, xs, y)
    h = elman.forward(weights.cell, h0, xs, activation)
    V_bar, h_bar, y_bar = _readout_backward(weights.V, y, h)
    cell = elman.backward(weights.cell, h0, xs, h, h_bar, activation)
    return Arguments(Weights(cell.weights, V_bar), cell.h0, cell.xs, y_bar)


def sensitivity_gradient(
    weights: Weights, h0: Array | None, xs: Array, y: Array, activation: Activation = sigmoid
) -> Weights:
    """The gradient of `loss` in the weights, forward in time, as the post derives it.

        ∂L/∂U[α,β] = e[t,i] V[i,k] ∂h[t,k]/∂U[α,β]        and the same for W and b
        ∂L/∂V[i,k] = e[t,i] h[t,k]

    with the tensors of `elman.sensitivities`. Arguments and errors as for `loss`.
    """
    weights, h0, xs, y = _promoted(weights, h0, xs, y)
    h = elman.forward(weights.cell, h0, xs, activation)
    V_bar, h_bar, _ = _readout_backward(weights.V, y, h)
    s = elman.sensitivities(weights.cell, h0, xs, h, activation)
    return Weights(elman.contract(s, h_bar), V_bar)


def _readout_backward(V: Array, y: Array, h: Array) -> tuple[Array, Array, Array]:
    """V_bar, h_bar and y_bar of the readout and the loss."""
    h_read, y_read = read(V, y, h)
    e, y_bar = half_squared_error.gradient(h_read @ V.T, y_read)
    xp = namespace(h)
    h_bar = xp.concat([xp.zeros_like(h[: len(h) - len(e)]), e @ V])  # e[t,i] V[i,k] is e @ V
    return contract_time(e, h_read), h_bar, y_bar.reshape(y.shape)


def read(V: Array, y: Array, h: Array) -> tuple[Array, Array]:
    """The states at the steps where the loss is taken, and their targets, both with a time axis.

    Raises `ValueError` if V or y does not fit the states h, (T, ..., D_h).
    """
    D_h = h.shape[-1]
    if V.ndim != 2 or V.shape[1] != D_h or 0 in V.shape:
        raise ValueError(f"V must have shape (D_y, D_h) with D_h = {D_h}, the rows of U; got {V.shape}")
    every_step, last_step = (*h.shape[:-1], len(V)), (*h.shape[1:-1], len(V))
    if y.shape == every_step:
        return h, y
    require_shape("y", y, last_step, f"(T, ..., D_y) = {every_step} for a loss at every step or (..., D_y)")
    return h[-1:], y[None]


def _promoted(weights: Weights, h0: Array | None, xs: Array, y: Array) -> Arguments:
    """The arguments in one float type."""
    (U, W, b), V = weights
    U, W, b, V, h0, xs, y = floating(U=U, W=W, b=b, V=V, h0=h0, xs=xs, y=y)
    return Arguments(Weights(elman.Weights(U, W, b), V), h0, xs, y)
