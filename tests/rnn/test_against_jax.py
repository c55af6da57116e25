"""The hand-written gradients against JAX's of the same networks, written independently in `reference.jax_network`."""

from typing import Any, NamedTuple

import jax
import numpy as np
import pytest

from bptt.rnn import elman, gru, lstm, network, truncated
from bptt.rnn.activations import sigmoid
from bptt.rnn.arrays import Array, stacked
from bptt.rnn.cell import Products
from bptt.rnn.layers import Bidirectional, Directions, Stacked
from bptt.rnn.losses import LOSSES
from bptt.rnn.network import Arguments, Weights
from bptt.rnn.registry import CELLS
from reference import jax_network
from tests.rnn.comparing import assert_equal_but_for_rounding

pytestmark = pytest.mark.usefixtures("quick_compilation")


class Sizes(NamedTuple):
    """The sizes of a network, and the batch axes."""

    T: int
    D_x: int
    D_h: int
    D_y: int
    batch: tuple[int, ...]


# JAX compiles the cells once for each pair of D_x and D_h, which is why there are two; one goes on top of the other.
A_BATCH = Sizes(4, 3, 2, 4, (2,))
SIZES = [A_BATCH, Sizes(2, 2, 4, 3, ()), Sizes(3, 2, 4, 3, (3, 1))]

of_every_cell = pytest.mark.parametrize("cell", CELLS)
of_every_loss = pytest.mark.parametrize("loss", LOSSES)
at_the_last_and_at_every_step = pytest.mark.parametrize("every_step", [False, True], ids=["last", "every"])


class Draw:
    """Random choices and standard normal arrays, the same each time for a case of this name."""

    def __init__(self, *name: object) -> None:
        self.random = np.random.default_rng(list(repr(name).encode()))

    def one_of(self, choices: Any) -> Any:
        return sorted(choices)[self.random.integers(len(choices))]

    def array(self, *shape: int) -> Array:
        return self.random.normal(size=shape)

    def weights(self, cell: str, D_x: int, D_h: int) -> Any:
        """The weights of a cell, both biases included."""
        rows, of = (*CELLS[cell].gates, D_h), CELLS[cell].Weights
        return of(self.array(*rows, D_x), self.array(*rows, D_h), *(self.array(*rows) for _ in of._fields[2:]))

    def state(self, cell: str, batch: tuple[int, ...], D_h: int) -> Any:
        """An initial state of a cell: an array, or a `State` of several."""
        state = CELLS[cell].State(*(self.array(*batch, D_h) for _ in CELLS[cell].State._fields))
        return state if len(state) > 1 else state.h

    def lengths(self, sizes: Sizes) -> Array:
        return self.random.integers(1, sizes.T, sizes.batch, endpoint=True)

    def point(self, weights: Any, h0: Any, loss: str, every_step: bool, sizes: Sizes) -> Arguments:
        """The arguments of a network with these weights and states; V reads D_h hidden states."""
        T, D_x, D_h, D_y, batch = sizes
        steps = (T, *batch) if every_step else batch
        y = self.random.integers(D_y, size=steps) if LOSSES[loss].of_classes else self.array(*steps, D_y)
        return Arguments(Weights(weights, self.array(D_y, D_h)), h0, self.array(T, *batch, D_x), y)

    def point_of(self, cell: str, loss: str, every_step: bool, sizes: Sizes) -> Arguments:
        """The arguments of a network of one cell."""
        weights, h0 = self.weights(cell, sizes.D_x, sizes.D_h), self.state(cell, sizes.batch, sizes.D_h)
        return self.point(weights, h0, loss, every_step, sizes)


def with_nothing_beyond(point: Arguments, loss: str, every_step: bool, lengths: Array) -> Arguments:
    """The point with NaN for every x, and no class or NaN for every target, beyond the end of its sequence."""
    beyond = np.arange(len(point.xs))[:, None] >= lengths
    xs = np.where(beyond[..., None], np.nan, point.xs)
    if not every_step:
        return point._replace(xs=xs)
    y = np.where(beyond, -1, point.y) if LOSSES[loss].of_classes else np.where(beyond[..., None], np.nan, point.y)
    return point._replace(xs=xs, y=y)


def in_dicts(tree: Any) -> Any:
    """Named tuples as the dicts that the reference takes."""
    if hasattr(tree, "_asdict"):
        return {name: in_dicts(branch) for name, branch in tree._asdict().items()}
    return tuple(in_dicts(branch) for branch in tree) if isinstance(tree, tuple) else tree


def flat(tree: Any) -> tuple[Array, ...]:
    """The arrays of a gradient, ours or the reference's, in the same order."""
    return tuple(np.asarray(leaf) for leaf in jax.tree.leaves(in_dicts(tree)))


def by_jax(layer: Any, loss: str, every_step: bool, point: Arguments, lengths: Array | None = None) -> tuple[Any, Any]:
    """The loss, and its gradient by weights, h0, xs and y, without the last for classes."""
    weights, h0, xs, y = map(in_dicts, point)
    value, gradient = jax_network.value_and_gradient(layer, loss, every_step, weights, h0, xs, y, lengths)
    return value, gradient


def assert_gradient_is_that_of_jax(
    ours: Any, theirs: Any, loss: str, every_step: bool, point: Arguments, lengths: Array | None = None
) -> None:
    """The loss and the gradient with our layer, alone and at once, are those of the reference's layer."""
    value, gradient = by_jax(theirs, loss, every_step, point, lengths)
    rest: Any = (*point, ours, LOSSES[loss], lengths)
    for our_value, by_hand in ((network.loss(*rest), network.gradient(*rest)), network.value_and_gradient(*rest)):
        assert (by_hand.y is None) == LOSSES[loss].of_classes
        assert_equal_but_for_rounding(flat(tuple(by_hand)), flat(gradient))
        assert_equal_but_for_rounding(our_value, value)


def test_the_reference_has_every_cell_and_every_loss() -> None:
    assert jax_network.CELLS.keys() == CELLS.keys()
    assert jax_network.LOSSES.keys() == LOSSES.keys()


@of_every_cell
@of_every_loss
@at_the_last_and_at_every_step
def test_the_loss_and_both_gradients_are_those_of_jax(cell: str, loss: str, every_step: bool) -> None:
    draw = Draw(cell, loss, every_step)
    point = draw.point_of(cell, loss, every_step, draw.one_of(SIZES))
    value, gradient = by_jax(jax_network.layer(jax_network.CELLS[cell]), loss, every_step, point)
    adjoint = network.gradient(*point, CELLS[cell], LOSSES[loss])
    assert (adjoint.y is None) == LOSSES[loss].of_classes
    assert_equal_but_for_rounding(flat(tuple(adjoint)), flat(gradient))
    forward_in_time = network.sensitivity_gradient(*point, CELLS[cell], LOSSES[loss])
    assert_equal_but_for_rounding(flat(forward_in_time), flat(gradient[0]))
    assert_equal_but_for_rounding(network.loss(*point, CELLS[cell], LOSSES[loss]), value)


@of_every_cell
@of_every_loss
@at_the_last_and_at_every_step
def test_sequences_of_their_own_lengths_are_those_of_jax(cell: str, loss: str, every_step: bool) -> None:
    draw = Draw("lengths", cell, loss, every_step)
    lengths = draw.lengths(A_BATCH)
    point = with_nothing_beyond(draw.point_of(cell, loss, every_step, A_BATCH), loss, every_step, lengths)
    theirs = jax_network.layer(jax_network.CELLS[cell])
    assert_gradient_is_that_of_jax(CELLS[cell], theirs, loss, every_step, point, lengths)


@of_every_cell
@at_the_last_and_at_every_step
def test_truncation_is_a_gradient_stopped_by_jax(cell: str, every_step: bool) -> None:
    draw = Draw("cuts", cell, every_step)
    loss, cuts = draw.one_of(LOSSES), (1, 3)
    point = draw.point_of(cell, loss, every_step, A_BATCH)
    value, gradient = by_jax(jax_network.layer(jax_network.CELLS[cell], cuts), loss, every_step, point)
    ours = truncated.gradient(*point, cuts, CELLS[cell], LOSSES[loss])
    assert_equal_but_for_rounding(flat(tuple(ours)), flat(gradient))
    assert_equal_but_for_rounding(truncated.loss(*point, point, cuts, CELLS[cell], LOSSES[loss]), value)


@of_every_cell
@at_the_last_and_at_every_step
@pytest.mark.parametrize("ragged", [False, True], ids=["whole", "ragged"])
def test_stacked_layers_are_those_of_jax(cell: str, every_step: bool, ragged: bool) -> None:
    """Each cell below, and another on top of it."""
    draw = Draw("stacked", cell, every_step, ragged)
    loss, upper = draw.one_of(LOSSES), draw.one_of(CELLS.keys() - {cell})
    T, D_x, D_l, D_y, batch = A_BATCH
    D_h = 4
    weights = (draw.weights(cell, D_x, D_l), draw.weights(upper, D_l, D_h))
    h0 = (draw.state(cell, batch, D_l), draw.state(upper, batch, D_h))
    point = draw.point(weights, h0, loss, every_step, Sizes(T, D_x, D_h, D_y, batch))
    lengths = draw.lengths(A_BATCH) if ragged else None
    theirs = jax_network.stacked(
        jax_network.layer(jax_network.CELLS[cell]), jax_network.layer(jax_network.CELLS[upper])
    )
    assert_gradient_is_that_of_jax(Stacked((CELLS[cell], CELLS[upper])), theirs, loss, every_step, point, lengths)


@of_every_cell
@at_the_last_and_at_every_step
@pytest.mark.parametrize("ragged", [False, True], ids=["whole", "ragged"])
def test_a_bidirectional_layer_is_that_of_jax(cell: str, every_step: bool, ragged: bool) -> None:
    draw = Draw("bidirectional", cell, every_step, ragged)
    loss = draw.one_of(LOSSES)
    T, D_x, D_h, D_y, batch = A_BATCH
    weights = Directions(draw.weights(cell, D_x, D_h), draw.weights(cell, D_x, D_h))
    h0 = Directions(draw.state(cell, batch, D_h), draw.state(cell, batch, D_h))
    point = draw.point(weights, h0, loss, every_step, Sizes(T, D_x, 2 * D_h, D_y, batch))
    lengths = draw.lengths(A_BATCH) if ragged else None
    theirs = jax_network.bidirectional(jax_network.layer(jax_network.CELLS[cell]))
    assert_gradient_is_that_of_jax(Bidirectional(CELLS[cell]), theirs, loss, every_step, point, lengths)


def lstm_without_a_slope(weights: lstm.Weights, before: Any, states: lstm.States, bar: Any) -> tuple[Products, Any]:
    """The cotangents of an LSTM's step, but for the forget gate's, which lacks σ'."""
    (δ, _), before_bar = lstm.vjp(weights, before, states, bar)
    δ_i, δ_f, δ_g, δ_o = np.moveaxis(δ, -2, 0)
    δ = stacked(δ_i, δ_f / sigmoid.slope(states.f), δ_g, δ_o)
    return Products(δ, δ), before_bar


def gru_without_a_factor(weights: gru.Weights, before: Any, states: gru.States, bar: Any) -> tuple[Products, Any]:
    """The cotangents of a GRU's step, but for those of W h + b_h, which lack the reset gate."""
    (δ_x, _), before_bar = gru.vjp(weights, before, states, bar)
    return Products(δ_x, δ_x), before_bar


WRONG = {
    "elman": elman.cell(sigmoid._replace(slope=np.ones_like)),
    "lstm": lstm.cell._replace(vjp=lstm_without_a_slope),
    "gru": gru.cell._replace(vjp=gru_without_a_factor),
    "gru-reset-before": gru.cell_reset_before._replace(remembered=gru.cell.remembered),
}


@pytest.mark.parametrize("cell", WRONG)
@at_the_last_and_at_every_step
def test_a_cell_with_a_factor_forgotten_is_rejected(cell: str, every_step: bool) -> None:
    draw = Draw("wrong", cell, every_step)
    point = draw.point_of(cell, "squared", every_step, A_BATCH)
    theirs = jax_network.layer(jax_network.CELLS[cell])
    assert_gradient_is_that_of_jax(CELLS[cell], theirs, "squared", every_step, point)
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        assert_gradient_is_that_of_jax(WRONG[cell], theirs, "squared", every_step, point)


@of_every_cell
def test_a_cut_forgotten_is_rejected(cell: str) -> None:
    point = Draw("forgotten", cell).point_of(cell, "squared", False, A_BATCH)
    _, gradient = by_jax(jax_network.layer(jax_network.CELLS[cell], (2,)), "squared", False, point)
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        assert_equal_but_for_rounding(flat(tuple(network.gradient(*point, CELLS[cell]))), flat(gradient))


@of_every_cell
def test_an_entry_off_by_a_billionth_of_the_norm_is_rejected(cell: str) -> None:
    point = Draw("off", cell).point_of(cell, "squared", True, A_BATCH)
    right = flat(tuple(network.gradient(*point, CELLS[cell])))
    norm = np.sqrt(sum(np.sum(leaf**2) for leaf in right))
    for n, leaf in enumerate(right):
        wrong = leaf.copy()
        wrong.flat[-1] += 1e-9 * norm
        with pytest.raises(AssertionError, match="Not equal to tolerance"):
            assert_equal_but_for_rounding((*right[:n], wrong, *right[n + 1 :]), right)
