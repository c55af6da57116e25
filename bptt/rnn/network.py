"""The post's network, of any cell: a linear readout ỹ = V h, a loss, and the gradient of all of it.

The shape of the target y says where the loss is taken. y of shape (..., D_y) is compared with the prediction at the
last step, as in the post; y of shape (T, ..., D_y) with the prediction at every step, and the losses are summed. The
classes of a cross-entropy lack the axis D_y. Batch axes come after time and are summed over, never averaged.
"""

from typing import Any, NamedTuple

from bptt.rnn import elman
from bptt.rnn._arguments import promote, require_integers, require_shape
from bptt.rnn._lengths import check_lengths, is_within, mask, put_last, take_last
from bptt.rnn.arrays import Array, contract_time, each, product, transposed_product
from bptt.rnn.cell import Cell, Layer
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
    """Compute L(ỹ, y) with ỹ_i = V[i,k] h[t,k], at the last step or summed over all; a scalar.

    xs is (T, ..., D_x), h0 whatever the cell takes or None for zeros, y (..., D_y) for the last step or (T, ..., D_y)
    for every step; a loss of classes has integers (...) or (T, ...) instead. `lengths`, (...), gives each sequence an
    end of its own: its last step is the one before, and what lies beyond is not read. Raises `ValueError` for a wrong
    shape, an empty axis, a length or a class that cannot be, `TypeError` for what is no array of numbers. The values of
    JAX arrays are not looked at: for a class that cannot be, the loss and its gradient are NaN.
    """
    return _run_forward(weights, h0, xs, y, cell, loss, lengths).readout.measure()


def gradient(
    weights: Weights,
    h0: Any,
    xs: Array,
    y: Array,
    cell: Layer = elman_cell,
    loss: Loss = half_squared_error,
    lengths: Array | None = None,
) -> Arguments:
    """Compute the gradient of `loss` in every argument, by back-propagation through time.

        e[t,i]     = ∂L/∂ỹ[t,i]          where the loss is taken
        V_bar[i,k] = e[t,i] h[t,k]
        h_bar[t,k] = e[t,i] V[i,k]       and 0 where it is not

    and from h_bar on as in the cell's `backward`. Arguments and errors as for `loss`. The gradient by classes is None.
    """
    return _run_forward(weights, h0, xs, y, cell, loss, lengths).pull_back()


def value_and_gradient(
    weights: Weights,
    h0: Any,
    xs: Array,
    y: Array,
    cell: Layer = elman_cell,
    loss: Loss = half_squared_error,
    lengths: Array | None = None,
) -> tuple[Array, Arguments]:
    """Compute what `loss` and `gradient` do, with one pass forward for both. Arguments and errors as for `loss`."""
    run = _run_forward(weights, h0, xs, y, cell, loss, lengths)
    return run.readout.measure(), run.pull_back()  # in this order, for a loss may overwrite what it has compared


def sensitivity_gradient(
    weights: Weights, h0: Any, xs: Array, y: Array, cell: Cell = elman_cell, loss: Loss = half_squared_error
) -> Weights:
    """Compute the gradient of `loss` in the weights, forward in time, as the post derives it.

        ∂L/∂M[α,β] = e[t,i] V[i,k] ∂h[t,k]/∂M[α,β]        for every weight M of the cell
        ∂L/∂V[i,k] = e[t,i] h[t,k]

    with the tensors of `Cell.sensitivities`. Arguments and errors as for `loss`, but `cell` is a single `Cell`.
    """
    require_cell(cell)
    weights, h0, xs, y = check_arguments(weights, h0, xs, y, cell, loss)
    states = cell.forward(weights.cell, h0, xs)
    V_bar, h_bar, _ = read_out(weights.V, states.h, y, loss).pull_back()
    return Weights(cell.contract(cell.sensitivities(weights.cell, h0, xs, states), h_bar), V_bar)


class ReadoutCotangents(NamedTuple):
    """∂L by V, by the hidden states and by the target, each shaped like it; `y` is None for a loss of classes."""

    V: Array
    h: Array
    y: Array | None


class Readout(NamedTuple):
    """The states h that are read out by V, (S, ..., D_h), and what the loss compares: ỹ = V h with the target.

    S is T where `every_step` is, and 1 where the loss is taken at the last of `T` steps. `ends` are the lengths of the
    sequences, (...), or None for T.
    """

    V: Array
    h: Array
    T: int
    every_step: bool
    ends: Array | None
    loss: Loss
    compared: Any

    def measure(self) -> Array:
        """Return the loss, a scalar."""
        return self._drop_beyond_end(self.loss.measure(self.compared)).sum()

    def pull_back(self) -> ReadoutCotangents:
        """Return the gradient of `measure`, by all of the hidden states, (T, ..., D_h)."""
        e, y_bar = each(self._drop_beyond_end, self.loss.differentiate(self.compared))
        V_bar, h_bar = contract_time(e, self.h), transposed_product(self.V, e)
        if self.every_step:
            return ReadoutCotangents(V_bar, h_bar, y_bar)
        return ReadoutCotangents(V_bar, put_last(h_bar, self.ends, self.T), None if y_bar is None else y_bar[0])

    def _drop_beyond_end(self, array: Array) -> Array:
        return mask(array, is_within(self.ends, self.T)) if self.every_step and self.ends is not None else array


def read_out(V: Array, h: Array, y: Array, loss: Loss = half_squared_error, lengths: Array | None = None) -> Readout:
    """Read h, (T, ..., D_h), out where the loss is taken, by the shape of y.

    Raises `ValueError` if V or y does not fit h.
    """
    T = len(h)
    ends = check_lengths(lengths, h)
    if is_every := is_at_every_step(V, y, h.shape, loss):
        y = y if ends is None else mask(y, is_within(ends, T))  # a y beyond the end may be no class
    else:
        h, y = take_last(h, ends), y[None]
    return Readout(V, h, T, is_every, ends, loss, loss.compare(product(V, h), y))


def is_at_every_step(V: Array, y: Array, of_states: tuple[int, ...], loss: Loss) -> bool:
    """Say whether y is the target of every step of hidden states of that shape, (T, ..., D_h), or that of the last.

    Raises `ValueError` if V or y does not fit them.
    """
    T, *batch, D_h = of_states
    if V.ndim != 2 or V.shape[1] != D_h or 0 in V.shape:
        raise ValueError(f"V must have shape (D_y, D_h) with D_h = {D_h}, the units of the cell; got {V.shape}")
    of_one, letters = ((), "") if loss.of_classes else ((len(V),), ", D_y")
    every_step, last_step = (T, *batch, *of_one), (*batch, *of_one)
    if y.shape == every_step:
        return True
    require_shape("y", y, last_step, f"(T, ...{letters}) = {every_step} for a loss at every step or (...{letters})")
    return False


class _Run(NamedTuple):
    """What a pass forward leaves for the one back: checked arguments, the states of the cell, what was read out."""

    arguments: Arguments
    states: Any
    readout: Readout
    cell: Layer
    lengths: Array | None

    def pull_back(self) -> Arguments:
        """Return the gradient of the loss."""
        weights, h0, xs, _ = self.arguments
        V_bar, h_bar, y_bar = self.readout.pull_back()
        bar = self.cell.backward(weights.cell, h0, xs, self.states, h_bar, self.lengths)
        return Arguments(Weights(bar.weights, V_bar), bar.h0, bar.xs, y_bar)


def _run_forward(
    weights: Weights, h0: Any, xs: Array, y: Array, cell: Layer, loss: Loss, lengths: Array | None
) -> _Run:
    """Check the arguments, which `loss` describes, and compute everything up to the comparison with the target."""
    arguments = check_arguments(weights, h0, xs, y, cell, loss)
    weights, h0, xs, y = arguments
    states = cell.forward(weights.cell, h0, xs, lengths)
    return _Run(arguments, states, read_out(weights.V, states.h, y, loss, lengths), cell, lengths)


def require_cell(cell: Any) -> None:
    """Raise `TypeError` unless it is a single cell: cells composed have no sensitivities and no state to cut."""
    if not isinstance(cell, Cell):
        raise TypeError(f"cell must be a single Cell, such as lstm.cell; got {type(cell).__name__}")


def check_arguments(weights: Weights, h0: Any, xs: Array, y: Array, cell: Any, loss: Loss) -> Arguments:
    """Convert the arguments to one float type, but classes; raise `TypeError` for those of another kind."""
    if not (hasattr(cell, "forward") and hasattr(cell, "backward")):
        raise TypeError(f"cell must be a Cell or a layer, such as elman.cell(tanh); got {type(cell).__name__}")
    if not isinstance(weights, tuple) or getattr(weights, "_fields", ()) != Weights._fields:
        raise TypeError(f"weights must be network.Weights(cell, V); got {type(weights).__name__}")
    if not isinstance(loss, Loss):
        raise TypeError(f"loss must be a Loss, such as bptt.rnn.losses.huber(); got {type(loss).__name__}")
    if not loss.of_classes:
        return Arguments(*promote(weights=weights, h0=h0, xs=xs, y=y))
    weights, h0, xs = promote(weights=weights, h0=h0, xs=xs)
    return Arguments(weights, h0, xs, require_integers("y", y))
