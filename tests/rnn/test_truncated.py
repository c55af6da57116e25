"""Truncated back-propagation, judged as the gradient of a loss in which some states are held."""

from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bptt.cli._points import NetworkPoint, network_points
from bptt.rnn import lstm, network, truncated
from bptt.rnn.cell import Cell
from bptt.rnn.losses import LOSSES, half_squared_error
from bptt.rnn.network import Arguments
from bptt.rnn.registry import CELLS
from bptt.verify import Report, judge_gradient
from tests.rnn.comparing import assert_equal_but_for_rounding
from tests.rnn.regimes import normal_arguments

every_cell = pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS.keys())
every_loss = pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES.keys())


def point_of(cell: Cell) -> Arguments:
    """T = 4, two sequences, the loss at every step."""
    return normal_arguments(cell, 4, 2, 3, 1, 2)


@every_cell
@given(st.data())
@settings(max_examples=10)
def test_without_a_cut_it_is_the_whole_gradient(cell: Cell, data: st.DataObject) -> None:
    point = data.draw(network_points(cell, half_squared_error, True, max_size=4)).arguments
    assert_equal_but_for_rounding(truncated.gradient(*point, [], cell), network.gradient(*point, cell))


@every_cell
@every_loss
@given(st.data())
@settings(max_examples=3)
def test_it_is_the_gradient_of_the_loss_with_the_states_at_the_cuts_held(
    cell: Cell, loss: Any, data: st.DataObject
) -> None:
    case = data.draw(network_points(cell, loss, True, max_size=4, sequences="cut"))
    assert_equal_but_for_rounding(
        truncated.loss(*case.arguments, case.arguments, case.cuts, cell, loss),
        network.loss(*case.arguments, cell, loss),
    )
    report = judged(cell, case, case.cuts)
    assert (report.formula.verdict, report.arithmetic.verdict) == ("right", "right")


@every_cell
def test_a_cut_elsewhere_is_another_gradient(cell: Cell) -> None:
    case = NetworkPoint(point_of(cell))
    assert judged(cell, case, claimed=[2], cuts=[2]).verdict == "right"
    for claimed in ([], [1], [3], [1, 2], [1, 2, 3]):
        assert judged(cell, case, claimed=claimed, cuts=[2]).verdict == "wrong"


def judged(cell: Cell, case: NetworkPoint, claimed: Any, cuts: Any = None) -> Report:
    f = partial(truncated.loss, cuts=claimed if cuts is None else cuts, cell=cell, loss=case.loss)

    def gradient(weights: Any, h0: Any, xs: Any, y: Any, copy: Any) -> Arguments:  # noqa: ARG001
        return truncated.gradient(weights, h0, xs, y, claimed, cell, case.loss)

    arguments = (*case.arguments, case.arguments)
    return judge_gradient(f, gradient, arguments, wrt=("weights", "h0", "xs", "y"), method="balls")


def test_a_loss_at_the_last_step_goes_back_to_the_last_cut() -> None:
    weights, h0, xs, y = point_of(lstm.cell)
    gradient = truncated.gradient(weights, h0, xs, y[-1], [1, 2], lstm.cell)
    assert (gradient.xs[:2] == 0).all()
    assert (gradient.xs[2:] != 0).any()
    assert (gradient.h0.c == 0).all()


@pytest.mark.parametrize("cut", [0, 4, -1, 1.5])
def test_a_cut_that_is_no_step_is_named(cut: float) -> None:
    with pytest.raises(ValueError, match=rf"cuts must be integers from 1 to T - 1 = 3; got {cut}"):
        truncated.gradient(*point_of(lstm.cell), [cut], lstm.cell)  # type: ignore[list-item]


def test_cuts_that_are_none_are_named() -> None:
    weights, h0, xs, y = point_of(lstm.cell)
    with pytest.raises(TypeError, match="cuts must be a sequence of steps; got int"):
        truncated.gradient(weights, h0, xs, y, 2, lstm.cell)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="cuts must be a sequence of steps; got generator"):
        truncated.gradient(weights, h0, xs, y, (cut for cut in [2]), lstm.cell)  # type: ignore[arg-type]
