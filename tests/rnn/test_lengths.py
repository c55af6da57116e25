"""Sequences of different lengths in one batch."""

from functools import partial
from typing import Any

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bptt.cli._points import NetworkPoint, make_layer_arrays, network_points
from bptt.rnn import gru, lstm, network
from bptt.rnn.arrays import Array, each
from bptt.rnn.cell import Cell, Layer
from bptt.rnn.layers import Bidirectional, Stacked
from bptt.rnn.losses import LOSSES, half_squared_error, softmax_cross_entropy
from bptt.rnn.network import Arguments
from bptt.rnn.registry import CELLS
from bptt.verify import judge_gradient
from tests.rnn.comparing import assert_equal_but_for_rounding, leaves
from tests.rnn.regimes import normal_arguments

pytestmark = pytest.mark.usefixtures("quick_compilation")
LAYERS: dict[str, Layer] = {
    **CELLS,
    "stacked": Stacked((lstm.cell, gru.cell)),
    "bidirectional": Bidirectional(lstm.cell),
    "stacked, bidirectional": Stacked((Bidirectional(gru.cell), Bidirectional(CELLS["elman"]))),
}
every_cell = pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS.keys())
every_layer = pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS.keys())
every_loss = pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES.keys())
few = settings(max_examples=10)


def point_of(cell: Cell) -> Arguments:
    """T = 4, two sequences, the loss at every step."""
    return normal_arguments(cell, 4, 2, 3, 1, 2)


def ragged(layer: Layer, loss: Any, every_step: bool) -> st.SearchStrategy[NetworkPoint]:
    found = network_points(layer, loss, every_step, max_size=4, sequences="ragged")
    return found.filter(lambda case: case.lengths is not None)


def value_and_gradient(layer: Layer, case: NetworkPoint) -> tuple[Array, Arguments]:
    options: Any = {"cell": layer, "loss": case.loss, "lengths": case.lengths}
    return network.loss(*case.arguments, **options), network.gradient(*case.arguments, **options)


@every_layer
@pytest.mark.parametrize("every_step", [False, True])
@given(st.data())
@few
def test_a_ragged_batch_is_the_sum_of_its_sequences_each_cut_to_its_length(
    layer: Layer, every_step: bool, data: st.DataObject
) -> None:
    case = data.draw(ragged(layer, half_squared_error, every_step))
    (weights, h0, xs, y), lengths = case.arguments, case.lengths
    assert lengths is not None

    def single(n: Any) -> tuple[Array, Arguments]:
        target = y[: lengths[n], *n] if every_step else y[n]
        alone = Arguments(weights, each(lambda part: part[n], h0), xs[: lengths[n], *n], target)
        return value_and_gradient(layer, NetworkPoint(alone))

    singles = [single(n) for n in np.ndindex(lengths.shape)]
    value, gradient = value_and_gradient(layer, case)
    assert_equal_but_for_rounding(value, sum(of_one for of_one, _ in singles))
    summed = each(lambda *parts: sum(parts), *(of_one.weights for _, of_one in singles))
    assert_equal_but_for_rounding(gradient.weights, summed)
    for n, (_, of_one) in zip(np.ndindex(lengths.shape), singles, strict=True):
        assert_equal_but_for_rounding(gradient.xs[: lengths[n], *n], of_one.xs)


@every_layer
@every_loss
@pytest.mark.parametrize("every_step", [False, True])
@given(st.data())
@settings(max_examples=4)
def test_what_lies_beyond_the_end_has_no_influence_not_even_a_nan(
    layer: Layer, loss: Any, every_step: bool, data: st.DataObject
) -> None:
    case = data.draw(ragged(layer, loss, every_step))
    (weights, h0, xs, y), lengths = case.arguments, case.lengths
    assert lengths is not None
    beyond = np.arange(len(xs)).reshape(-1, *(1 for _ in xs.shape[1:-1])) >= lengths
    xs_nan, y_other = xs.copy(), y.copy()
    xs_nan[beyond] = np.nan
    if every_step:
        y_other[beyond] = -7 if loss.of_classes else np.nan
    other = case._replace(arguments=Arguments(weights, h0, xs_nan, y_other))
    expected, found = value_and_gradient(layer, case), value_and_gradient(layer, other)
    for ours, theirs in zip(leaves(found), leaves(expected), strict=True):
        np.testing.assert_array_equal(ours, theirs)
        assert np.isfinite(ours).all()
    assert (expected[1].xs[beyond] == 0).all()


@every_cell
def test_a_cotangent_beyond_the_end_is_not_read(cell: Cell) -> None:
    (weights, _), h0, xs, _ = point_of(cell)
    lengths = np.array([2, 4])
    states = cell.forward(weights, h0, xs, lengths)
    h_bar = np.random.default_rng(1).normal(size=states.h.shape)
    with_nan = h_bar.copy()
    with_nan[2:, 0] = np.nan
    assert_equal_but_for_rounding(
        cell.backward(weights, h0, xs, states, with_nan, lengths),
        cell.backward(weights, h0, xs, states, h_bar, lengths),
    )


@every_cell
def test_the_state_to_go_on_from_is_that_at_the_end_of_each_sequence(cell: Cell) -> None:
    (weights, _), h0, xs, _ = point_of(cell)
    states = cell.forward(weights, h0, xs, np.array([2, 4]))
    last = cell.state_after(states, lengths=np.array([2, 4]))
    assert_equal_but_for_rounding(each(lambda part: part[0], last), each(lambda p: p[0], cell.state_after(states, 1)))
    assert_equal_but_for_rounding(each(lambda part: part[1], last), each(lambda p: p[1], cell.state_after(states, 3)))


@every_cell
def test_the_states_beyond_the_end_are_zero(cell: Cell) -> None:
    (weights, _), h0, xs, _ = point_of(cell)
    states = cell.forward(weights, h0, xs, np.array([2, 4]))
    assert all((part[2:, 0] == 0).all() and (part[:, 1] != 0).any() for part in states)


def test_they_work_under_jit() -> None:
    weights, h0, xs, y = point_of(lstm.cell)
    lengths = np.array([2, 4])
    with jax.enable_x64(True):
        for every in (y, y[0]):
            jitted = jax.jit(partial(network.gradient, cell=lstm.cell))(weights, h0, xs, every, lengths=lengths)
            ours = network.gradient(weights, h0, xs, every, lstm.cell, lengths=lengths)
            assert_equal_but_for_rounding(jitted, ours)


@every_layer
def test_arrays_of_numpy_and_of_jax_go_together_under_jit(layer: Layer) -> None:
    normal = np.random.default_rng(0).normal
    *zeros, D_h = make_layer_arrays(layer, 2, (2,), lambda: 3)
    cell_weights, h0 = each(lambda array: normal(size=array.shape), tuple(zeros))
    weights, xs = network.Weights(cell_weights, normal(size=(4, D_h))), normal(size=(3, 2, 2))
    classes = np.zeros(xs.shape[:-1], int)

    def by(weights: Any, lengths: Any, classes: Any) -> Arguments:
        return network.gradient(weights, h0, xs, classes, layer, softmax_cross_entropy, lengths)

    lengths = np.array([2, 3])
    with jax.enable_x64(True):
        expected = by(weights, lengths, classes)
        for jitted in (
            jax.jit(lambda w: by(w, lengths, classes))(weights),
            jax.jit(lambda n: by(weights, n, classes))(lengths),
            jax.jit(lambda y: by(weights, lengths, y))(classes),
        ):
            assert_equal_but_for_rounding(jitted, expected)


def test_a_mask_that_is_one_step_late_is_refuted() -> None:
    point, lengths = point_of(gru.cell), np.array([2, 3])
    f = partial(network.loss, cell=gru.cell, lengths=lengths)
    late = partial(network.gradient, cell=gru.cell, lengths=lengths + 1)
    assert judge_gradient(f, late, tuple(point), method="balls").verdict == "wrong"


@pytest.mark.parametrize(
    ("lengths", "error", "message"),
    [
        (np.array([0, 2]), ValueError, r"lengths must be from 1 to T = 4; got 0"),
        (np.array([5, 2]), ValueError, r"lengths must be from 1 to T = 4; got 5"),
        (
            np.array([2]),
            ValueError,
            r"lengths must have shape \(\.\.\.\), the batch axes of xs, = \(2,\); got \(1,\)",
        ),
        (np.array([2.0, 1.0]), TypeError, "lengths must be an array of integers; got dtype float64"),
    ],
)
def test_lengths_that_cannot_be_are_named(lengths: Array, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        network.gradient(*point_of(lstm.cell), lstm.cell, lengths=lengths)
