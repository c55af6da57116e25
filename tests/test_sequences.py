"""Sequences of different lengths, layers on top of one another and in both directions, and truncation."""

from functools import partial
from itertools import repeat
from typing import Any

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bptt.cli._points import Case, cases, of_layer
from bptt.rnn import gru, lstm, network, truncated
from bptt.rnn.arrays import Array, each
from bptt.rnn.cell import Cell, Layer
from bptt.rnn.layers import Bidirectional, Directions, Stacked
from bptt.rnn.losses import LOSSES, half_squared_error, softmax_cross_entropy
from bptt.rnn.network import Arguments
from bptt.rnn.registry import CELLS
from bptt.verify import Report, check_gradient
from tests.comparing import assert_equal_but_for_rounding, leaves
from tests.regimes import normal_arguments

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


def ragged(layer: Layer, loss: Any, every_step: bool) -> st.SearchStrategy[Case]:
    found = cases(layer, loss, every_step, max_size=4, ragged=True)
    return found.filter(lambda case: case.lengths is not None)


def value_and_gradient(layer: Layer, case: Case) -> tuple[Array, Arguments]:
    options: Any = {"cell": layer, "loss": case.loss, "lengths": case.lengths}
    return network.loss(*case.arguments, **options), network.gradient(*case.arguments, **options)


class TestLengths:
    @every_layer
    @pytest.mark.parametrize("every_step", [False, True])
    @given(st.data())
    @few
    def test_a_ragged_batch_is_the_sum_of_its_sequences_each_cut_to_its_length(
        self, layer: Layer, every_step: bool, data: st.DataObject
    ) -> None:
        case = data.draw(ragged(layer, half_squared_error, every_step))
        (weights, h0, xs, y), lengths = case.arguments, case.lengths
        assert lengths is not None

        def single(n: Any) -> tuple[Array, Arguments]:
            target = y[: lengths[n], *n] if every_step else y[n]
            alone = Arguments(weights, each(lambda part: part[n], h0), xs[: lengths[n], *n], target)
            return value_and_gradient(layer, Case(alone))

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
        self, layer: Layer, loss: Any, every_step: bool, data: st.DataObject
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
    def test_a_cotangent_beyond_the_end_is_not_read(self, cell: Cell) -> None:
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
    def test_the_state_to_go_on_from_is_that_at_the_end_of_each_sequence(self, cell: Cell) -> None:
        (weights, _), h0, xs, _ = point_of(cell)
        states = cell.forward(weights, h0, xs, np.array([2, 4]))
        last = cell.state_after(states, lengths=np.array([2, 4]))
        assert_equal_but_for_rounding(
            each(lambda part: part[0], last), each(lambda p: p[0], cell.state_after(states, 1))
        )
        assert_equal_but_for_rounding(
            each(lambda part: part[1], last), each(lambda p: p[1], cell.state_after(states, 3))
        )

    @every_cell
    def test_the_states_beyond_the_end_are_zero(self, cell: Cell) -> None:
        (weights, _), h0, xs, _ = point_of(cell)
        states = cell.forward(weights, h0, xs, np.array([2, 4]))
        assert all((part[2:, 0] == 0).all() and (part[:, 1] != 0).any() for part in states)

    def test_they_work_under_jit(self) -> None:
        weights, h0, xs, y = point_of(lstm.cell)
        lengths = np.array([2, 4])
        with jax.enable_x64(True):
            for every in (y, y[0]):
                jitted = jax.jit(partial(network.gradient, cell=lstm.cell))(weights, h0, xs, every, lengths=lengths)
                ours = network.gradient(weights, h0, xs, every, lstm.cell, lengths=lengths)
                assert_equal_but_for_rounding(jitted, ours)

    @every_layer
    def test_arrays_of_numpy_and_of_jax_go_together_under_jit(self, layer: Layer) -> None:
        normal = np.random.default_rng(0).normal
        cell_weights, h0, D_h = of_layer(layer, 2, (2,), repeat(3), lambda *shape: normal(size=shape))
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

    def test_a_mask_that_is_one_step_late_is_refuted(self) -> None:
        point, lengths = point_of(gru.cell), np.array([2, 3])
        f = partial(network.loss, cell=gru.cell, lengths=lengths)
        late = partial(network.gradient, cell=gru.cell, lengths=lengths + 1)
        assert check_gradient(f, late, tuple(point), reference="balls").verdict == "wrong"

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
    def test_lengths_that_cannot_be_are_named(self, lengths: Array, error: type[Exception], message: str) -> None:
        with pytest.raises(error, match=message):
            network.gradient(*point_of(lstm.cell), lstm.cell, lengths=lengths)


def point_of(cell: Cell) -> Arguments:
    """T = 4, two sequences, the loss at every step."""
    return normal_arguments(cell, 4, 2, 3, 1, 2)


class TestComposed:
    @pytest.mark.parametrize("name", ["stacked", "bidirectional", "stacked, bidirectional"])
    @given(st.data())
    @few
    def test_the_gradient_is_right_by_balls(self, name: str, data: st.DataObject) -> None:
        layer = LAYERS[name]
        case = data.draw(cases(layer, half_squared_error, True, max_size=3, ragged=True))
        options: Any = {"cell": layer, "lengths": case.lengths}
        f, gradient = partial(network.loss, **options), partial(network.gradient, **options)
        report = check_gradient(f, gradient, tuple(case.arguments), reference="balls")
        assert (report.formula.verdict, report.arithmetic.verdict) == ("right", "right")

    def test_one_layer_in_a_stack_is_that_layer(self) -> None:
        weights, h0, xs, y = point_of(lstm.cell)
        alone = network.gradient(weights, h0, xs, y, lstm.cell)
        stack = Stacked((lstm.cell,))
        stacked = network.gradient(weights._replace(cell=(weights.cell,)), (h0,), xs, y, stack)
        assert_equal_but_for_rounding(
            stacked, alone._replace(weights=alone.weights._replace(cell=(alone.weights.cell,)))
        )

    def test_the_reverse_pass_is_the_onward_pass_over_reversed_time(self) -> None:
        (weights, _), h0, xs, _ = point_of(lstm.cell)
        both = Bidirectional(lstm.cell).forward(Directions(weights, weights), Directions(h0, h0), xs)
        reverse = Bidirectional(lstm.cell).forward(Directions(weights, weights), Directions(h0, h0), xs[::-1])
        onward_half, reverse_half = both.h[..., :3], both.h[..., 3:]
        assert_equal_but_for_rounding(reverse_half, reverse.h[::-1][..., :3])
        assert abs(onward_half - reverse_half).max() > 0.01

    def test_a_backward_pass_that_does_not_turn_time_round_is_refuted(self) -> None:
        class Straight(Bidirectional):
            def backward(self, weights: Any, h0: Any, xs: Any, states: Any, h_bar: Any, lengths: Any = None) -> Any:
                return super().backward(weights, h0, xs, states, h_bar[::-1], lengths)

        weights, h0, xs, y = point_of(gru.cell)
        both = weights._replace(cell=Directions(weights.cell, weights.cell), V=np.ones((1, 6)))
        arguments = (both, Directions(h0, h0), xs, y)
        f = partial(network.loss, cell=Bidirectional(gru.cell))
        for layer, verdict in ((Bidirectional(gru.cell), "right"), (Straight(gru.cell), "wrong")):
            gradient = partial(network.gradient, cell=layer)
            assert check_gradient(f, gradient, arguments, reference="balls").verdict == verdict

    def test_another_number_of_weights_than_of_layers_is_named(self) -> None:
        (weights, _), h0, xs, _ = point_of(lstm.cell)
        stack = Stacked((lstm.cell, lstm.cell))
        with pytest.raises(ValueError, match="weights must be a tuple of 2, one for each layer; got a tuple of 1"):
            stack.forward((weights,), None, xs)
        with pytest.raises(ValueError, match="h0 must be a tuple of 2, one for each layer; got ndarray"):
            stack.forward((weights, weights), h0.h, xs)

    def test_what_is_no_layer_and_no_pair_of_directions_is_named(self) -> None:
        (weights, _), h0, xs, _ = point_of(lstm.cell)
        with pytest.raises(TypeError, match="layers must be a tuple of cells or layers; got a tuple of 0"):
            Stacked(()).forward((), None, xs)
        with pytest.raises(TypeError, match="layers must be a tuple of cells or layers; got Cell"):
            Stacked(lstm.cell).forward((weights,), None, xs)  # type: ignore[arg-type]
        both = Bidirectional(lstm.cell)
        with pytest.raises(TypeError, match=r"weights must be Directions\(onward, reverse\); got tuple"):
            both.forward((weights, weights), None, xs)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match=r"h0 must be Directions\(onward, reverse\); got State"):
            both.forward(Directions(weights, weights), h0, xs)
        pair = Directions(weights, weights)
        states = both.forward(pair, None, xs)
        with pytest.raises(TypeError, match=r"states must be bptt\.rnn\.layers\.BothStates; got bptt\.rnn\.lstm\.States"):
            both.backward(pair, None, xs, states.onward, states.h)
        with pytest.raises(ValueError, match=r"h_bar must have shape .* = \(4, 2, 6\); got \(4, 2, 5\)"):
            both.backward(pair, None, xs, states, states.h[..., 1:])
        with pytest.raises(TypeError, match=r"states must be bptt\.rnn\.layers\.StackedStates; got .*BothStates"):
            Stacked((both,)).backward((pair,), None, xs, states, states.h)  # type: ignore[arg-type]


class TestTruncated:
    @every_cell
    @given(st.data())
    @few
    def test_without_a_cut_it_is_the_whole_gradient(self, cell: Cell, data: st.DataObject) -> None:
        point = data.draw(cases(cell, half_squared_error, True, max_size=4)).arguments
        assert_equal_but_for_rounding(truncated.gradient(*point, [], cell), network.gradient(*point, cell))

    @every_cell
    @every_loss
    @given(st.data())
    @settings(max_examples=3)
    def test_it_is_the_gradient_of_the_loss_with_the_states_at_the_cuts_held(
        self, cell: Cell, loss: Any, data: st.DataObject
    ) -> None:
        case = data.draw(cases(cell, loss, True, max_size=4, cut=True))
        assert_equal_but_for_rounding(
            truncated.loss(*case.arguments, case.arguments, case.cuts, cell, loss),
            network.loss(*case.arguments, cell, loss),
        )
        report = self.judged(cell, case, case.cuts)
        assert (report.formula.verdict, report.arithmetic.verdict) == ("right", "right")

    @every_cell
    def test_a_cut_elsewhere_is_another_gradient(self, cell: Cell) -> None:
        case = Case(point_of(cell))
        assert self.judged(cell, case, claimed=[2], cuts=[2]).verdict == "right"
        for claimed in ([], [1], [3], [1, 2], [1, 2, 3]):
            assert self.judged(cell, case, claimed=claimed, cuts=[2]).verdict == "wrong"

    def judged(self, cell: Cell, case: Case, claimed: Any, cuts: Any = None) -> Report:
        f = partial(truncated.loss, cuts=claimed if cuts is None else cuts, cell=cell, loss=case.loss)

        def gradient(weights: Any, h0: Any, xs: Any, y: Any, copy: Any) -> Arguments:  # noqa: ARG001
            return truncated.gradient(weights, h0, xs, y, claimed, cell, case.loss)

        arguments = (*case.arguments, case.arguments)
        return check_gradient(f, gradient, arguments, wrt=("weights", "h0", "xs", "y"), reference="balls")

    def test_a_loss_at_the_last_step_goes_back_to_the_last_cut(self) -> None:
        weights, h0, xs, y = point_of(lstm.cell)
        gradient = truncated.gradient(weights, h0, xs, y[-1], [1, 2], lstm.cell)
        assert (gradient.xs[:2] == 0).all()
        assert (gradient.xs[2:] != 0).any()
        assert (gradient.h0.c == 0).all()

    @pytest.mark.parametrize("cut", [0, 4, -1, 1.5])
    def test_a_cut_that_is_no_step_is_named(self, cut: float) -> None:
        with pytest.raises(ValueError, match=rf"cuts must be integers from 1 to T - 1 = 3; got {cut}"):
            truncated.gradient(*point_of(lstm.cell), [cut], lstm.cell)  # type: ignore[list-item]

    def test_cuts_that_are_none_and_cotangents_of_more_steps_are_named(self) -> None:
        weights, h0, xs, y = point_of(lstm.cell)
        with pytest.raises(TypeError, match="cuts must be a sequence of steps; got int"):
            truncated.gradient(weights, h0, xs, y, 2, lstm.cell)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="cuts must be a sequence of steps; got generator"):
            truncated.gradient(weights, h0, xs, y, (cut for cut in [2]), lstm.cell)  # type: ignore[arg-type]
        states = lstm.forward(weights.cell, h0, xs)
        longer = np.ones((6, 2, 3))
        with pytest.raises(ValueError, match="h_bar and states must have T = 4 steps; got 6 and 4"):
            truncated.Truncated(lstm.cell, (2,)).backward(weights.cell, h0, xs, states, longer)

    def test_lengths_are_refused(self) -> None:
        cell = truncated.Truncated(lstm.cell, (2,))
        with pytest.raises(ValueError, match="lengths must be None for a truncated gradient"):
            network.gradient(*point_of(lstm.cell), cell, lengths=np.array([2, 3]))
