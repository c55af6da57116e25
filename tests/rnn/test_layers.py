"""Layers on top of one another, and in both directions of time."""

from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bptt.cli._points import network_points
from bptt.rnn import gru, lstm, network
from bptt.rnn.cell import Cell, Layer
from bptt.rnn.layers import Bidirectional, Directions, Stacked
from bptt.rnn.losses import half_squared_error
from bptt.rnn.network import Arguments
from bptt.rnn.registry import CELLS
from bptt.verify import judge_gradient
from tests.rnn.comparing import assert_equal_but_for_rounding
from tests.rnn.regimes import normal_arguments

LAYERS: dict[str, Layer] = {
    "stacked": Stacked((lstm.cell, gru.cell)),
    "bidirectional": Bidirectional(lstm.cell),
    "stacked, bidirectional": Stacked((Bidirectional(gru.cell), Bidirectional(CELLS["elman"]))),
}


def point_of(cell: Cell) -> Arguments:
    """T = 4, two sequences, the loss at every step."""
    return normal_arguments(cell, 4, 2, 3, 1, 2)


@pytest.mark.parametrize("name", LAYERS)
@given(st.data())
@settings(max_examples=10)
def test_the_gradient_is_right_by_balls(name: str, data: st.DataObject) -> None:
    layer = LAYERS[name]
    case = data.draw(network_points(layer, half_squared_error, True, max_size=3, sequences="ragged"))
    options: Any = {"cell": layer, "lengths": case.lengths}
    f, gradient = partial(network.loss, **options), partial(network.gradient, **options)
    report = judge_gradient(f, gradient, tuple(case.arguments), method="balls")
    assert (report.formula.verdict, report.arithmetic.verdict) == ("right", "right")


def test_one_layer_in_a_stack_is_that_layer() -> None:
    weights, h0, xs, y = point_of(lstm.cell)
    alone = network.gradient(weights, h0, xs, y, lstm.cell)
    stack = Stacked((lstm.cell,))
    stacked = network.gradient(weights._replace(cell=(weights.cell,)), (h0,), xs, y, stack)
    assert_equal_but_for_rounding(stacked, alone._replace(weights=alone.weights._replace(cell=(alone.weights.cell,))))


def test_the_reverse_pass_is_the_onward_pass_over_reversed_time() -> None:
    (weights, _), h0, xs, _ = point_of(lstm.cell)
    both = Bidirectional(lstm.cell).forward(Directions(weights, weights), Directions(h0, h0), xs)
    reverse = Bidirectional(lstm.cell).forward(Directions(weights, weights), Directions(h0, h0), xs[::-1])
    onward_half, reverse_half = both.h[..., :3], both.h[..., 3:]
    assert_equal_but_for_rounding(reverse_half, reverse.h[::-1][..., :3])
    assert abs(onward_half - reverse_half).max() > 0.01


def test_a_backward_pass_that_does_not_turn_time_round_is_refuted() -> None:
    class Straight(Bidirectional):
        def backward(self, weights: Any, h0: Any, xs: Any, states: Any, h_bar: Any, lengths: Any = None) -> Any:
            return super().backward(weights, h0, xs, states, h_bar[::-1], lengths)

    weights, h0, xs, y = point_of(gru.cell)
    both = weights._replace(cell=Directions(weights.cell, weights.cell), V=np.ones((1, 6)))
    arguments = (both, Directions(h0, h0), xs, y)
    f = partial(network.loss, cell=Bidirectional(gru.cell))
    for layer, verdict in ((Bidirectional(gru.cell), "right"), (Straight(gru.cell), "wrong")):
        gradient = partial(network.gradient, cell=layer)
        assert judge_gradient(f, gradient, arguments, method="balls").verdict == verdict


def test_another_number_of_weights_than_of_layers_is_named() -> None:
    (weights, _), h0, xs, _ = point_of(lstm.cell)
    stack = Stacked((lstm.cell, lstm.cell))
    with pytest.raises(ValueError, match="weights must be a tuple of 2, one for each layer; got a tuple of 1"):
        stack.forward((weights,), None, xs)
    with pytest.raises(ValueError, match="h0 must be a tuple of 2, one for each layer; got ndarray"):
        stack.forward((weights, weights), h0.h, xs)


def test_what_is_no_layer_and_no_pair_of_directions_is_named() -> None:
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
