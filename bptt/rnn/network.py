"""The post's network, of any cell: a linear readout ỹ = V h, a loss, and the gradient of all of it.

The shape of the target y says where the loss is taken. y of shape (..., D_y) is compared with the prediction at the
last step, as in the post; y of shape (T, ..., D_y) with the prediction at every step, and the losses are summed. The
classes of a cross-entropy lack the axis D_y. Batch axes come after time and are summed over, never averaged.
"""

from functools import partial
from typing import Any, NamedTuple

from bptt.rnn import elman
from bptt.rnn.arrays import (
    Array,
    contract_time,
    each,
    floating,
    integers,
    namespace,
    product,
    refuse_tuples,
    require_shape,
    transposed_product,
)
from bptt.rnn.cell import Cell, Layer
from bptt.rnn.lengths import at_the_end, checked_lengths, where, within
from bptt.rnn.losses import Loss, half_squared_error


class Weights(NamedTuple):
    """The weights of the cell, and those of the readout, V: (D_y, D_h)."""

    cell: Any
    V: Array


class Arguments(NamedTuple):
    """The arguments of `loss`, or anything shaped like them: its gradient. `h0` may be None, and is then zero."""

    weights: Weights
    h0: Any
    xs: Array
    y: Any


elman_cell = elman.cell()


def loss(
    weights: Weights,
    h0: Any,
    xs: Array,
    y: Array,
    cell: Layer = elman_cell,
    loss: Loss = half_squared_error,
    lengths: Array | None = None,
) -> Array:
    """L(ỹ, y) with ỹ_i = V[i,k] h[t,k], at the last step or summed over all; a scalar.

    xs is (T, ..., D_x), h0 whatever the cell takes or None for zeros, y (..., D_y) for the last step or (T, ..., D_y)
    for every step; a loss of classes has integers (...) or (T, ...) instead. `lengths`, (...), gives each sequence of
    the batch an end of its own, the last step being the last one before it, and what lies beyond is not read. Raises
    `ValueError` for a wrong shape, T = 0, an empty axis, a length or a class that cannot be, `TypeError` for what is no
    array of numbers. The values of JAX lengths and classes are not looked at: for a class that cannot be, the loss and
    its gradient are NaN.
    """
    weights, h0, xs, y = promoted(weights, h0, xs, y, cell, loss)
    return loss_of_states(weights.V, cell.forward(weights.cell, h0, xs, lengths).h, y, loss, lengths)


def gradient(
    weights: Weights,
    h0: Any,
    xs: Array,
    y: Array,
    cell: Layer = elman_cell,
    loss: Loss = half_squared_error,
    lengths: Array | None = None,
) -> Arguments:
    """The gradient of `loss` in every argument, by back-propagation through time.

        e[t,i]     = ∂L/∂ỹ[t,i]          where the loss is taken
        V_bar[i,k] = e[t,i] h[t,k]
        h_bar[t,k] = e[t,i] V[i,k]       and 0 where it is not

    and from h_bar on as in the cell's `backward`. Arguments and errors as for `loss`. The gradient by classes is None.
    """
    weights, h0, xs, y = promoted(weights, h0, xs, y, cell, loss)
    states = cell.forward(weights.cell, h0, xs, lengths)
    V_bar, h_bar, y_bar = _readout_backward(weights.V, states.h, y, loss, lengths)
    bar = cell.backward(weights.cell, h0, xs, states, h_bar, lengths)
    return Arguments(Weights(bar.weights, V_bar), bar.h0, bar.xs, y_bar)


def sensitivity_gradient(
    weights: Weights, h0: Any, xs: Array, y: Array, cell: Cell = elman_cell, loss: Loss = half_squared_error
) -> Weights:
    """The gradient of `loss` in the weights, forward in time, as the post derives it.

        ∂L/∂M[α,β] = e[t,i] V[i,k] ∂h[t,k]/∂M[α,β]        for every weight M of the cell
        ∂L/∂V[i,k] = e[t,i] h[t,k]

    with the tensors of `Cell.sensitivities`. Arguments and errors as for `loss`, but `cell` is a single `Cell`.
    """
    require_cell(cell)
    weights, h0, xs, y = promoted(weights, h0, xs, y, cell, loss)
    states = cell.forward(weights.cell, h0, xs)
    V_bar, h_bar, _ = _readout_backward(weights.V, states.h, y, loss, None)
    return Weights(cell.contract(cell.sensitivities(weights.cell, h0, xs, states), h_bar), V_bar)


def loss_of_states(V: Array, h: Array, y: Array, loss: Loss, lengths: Array | None = None) -> Array:
    """The loss of the readout of the states h, (T, ..., D_h); other arguments and errors as for `loss`."""
    at = read(V, h, y, loss, lengths)
    result: Array = where(at.counted, loss.terms(product(V, at.h), at.y)).sum()
    return result


def _readout_backward(
    V: Array, h: Array, y: Array, loss: Loss, lengths: Array | None
) -> tuple[Array, Array, Array | None]:
    """V_bar, h_bar and y_bar of `loss_of_states`."""
    at = read(V, h, y, loss, lengths)
    e, y_bar = each(partial(where, at.counted), loss.gradient(product(V, at.h), at.y))
    h_bar = where(at.steps, transposed_product(V, e))
    return contract_time(e, at.h), h_bar, None if y_bar is None else y_bar.reshape(y.shape)


class Reading(NamedTuple):
    """The states where the loss is taken, and their targets: (S, ...), S = 1 for the last step and S = T for every.

    `counted` says which of these S are within their sequence, `steps` at which of the T steps they stand: booleans
    (S, ...) and (T, ...), or None for all.
    """

    h: Array
    y: Array
    counted: Array | None
    steps: Array | None


def read(V: Array, h: Array, y: Array, loss: Loss = half_squared_error, lengths: Array | None = None) -> Reading:
    """Where the loss is taken, by the shape of y. Raises `ValueError` if V or y does not fit h, (T, ..., D_h)."""
    T, *batch, D_h = h.shape
    if V.ndim != 2 or V.shape[1] != D_h or 0 in V.shape:
        raise ValueError(f"V must have shape (D_y, D_h) with D_h = {D_h}, the units of the cell; got {V.shape}")
    ends = checked_lengths(lengths, h)
    of_one, letters = ((), "") if loss.of_classes else ((len(V),), ", D_y")
    every_step, last_step = (T, *batch, *of_one), (*batch, *of_one)
    if y.shape == every_step:
        valid = None if ends is None else within(ends, T)
        return Reading(h, where(valid, y), counted=valid, steps=None)
    meaning = f"(T, ...{letters}) = {every_step} for a loss at every step or (...{letters})"
    require_shape("y", y, last_step, meaning)
    steps = (namespace(h).arange(T) == T - 1) if ends is None else within(ends, T) & ~within(ends - 1, T)
    return Reading(at_the_end(h, ends), y[None], counted=None, steps=steps)


def require_cell(cell: Any) -> None:
    """Raise `TypeError` for cells composed, where it takes a single one."""
    if not isinstance(cell, Cell):
        raise TypeError(f"cell must be a single Cell, such as lstm.cell; got {type(cell).__name__}")


def promoted(weights: Weights, h0: Any, xs: Array, y: Array, cell: Any, loss: Loss) -> Arguments:
    """The arguments in one float type; classes stay integers.

    Raises `TypeError` for weights, a cell or a loss of another kind.
    """
    if not (hasattr(cell, "forward") and hasattr(cell, "backward")):
        raise TypeError(
            f"cell must be a Cell or a layer, such as lstm.cell or elman.cell(tanh); got {type(cell).__name__}"
        )
    if not isinstance(weights, tuple) or getattr(weights, "_fields", ()) != Weights._fields:
        raise TypeError(f"weights must be network.Weights(cell, V); got {type(weights).__name__}")
    if not isinstance(loss, Loss):
        raise TypeError(f"loss must be a Loss, such as bptt.rnn.losses.huber(); got {type(loss).__name__}")
    refuse_tuples(V=weights.V, xs=xs, y=y)
    if not loss.of_classes:
        return Arguments(*floating(weights=weights, h0=h0, xs=xs, y=y))
    weights, h0, xs = floating(weights=weights, h0=h0, xs=xs)
    return Arguments(weights, h0, xs, integers("y", y))
