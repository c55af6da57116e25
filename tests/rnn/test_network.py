"""The loss and the gradient of a network at once: what each of them is alone, with one pass forward."""

from functools import partial
from typing import Any

import jax
import numpy as np
import pytest

from bptt.rnn import elman, network
from bptt.rnn.cell import Cell
from bptt.rnn.losses import LOSSES, Loss
from bptt.rnn.network import Arguments
from bptt.rnn.registry import CELLS
from bptt.verify import Report, judge_gradient
from tests.rnn.comparing import assert_equal_but_for_rounding, leaves
from tests.rnn.regimes import normal_arguments

pytestmark = pytest.mark.usefixtures("quick_compilation")

every_cell = pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS.keys())
every_loss = pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES.keys())


def draw_target(loss: Loss, *shape: int) -> Any:
    """Targets of this shape, (..., D_y): classes without the last axis, if the loss is of such."""
    random = np.random.default_rng(1)
    return random.integers(0, shape[-1], shape[:-1]) if loss.of_classes else random.normal(size=shape)


@every_cell
@every_loss
@pytest.mark.parametrize("lengths", [None, np.array([4, 1])], ids=["whole", "ragged"])
def test_both_at_once_are_the_floats_of_each_alone(cell: Cell, loss: Loss, lengths: Any) -> None:
    for steps in ((), (4,)):
        point = normal_arguments(cell, 4, 3, 2, 5, 2)._replace(y=draw_target(loss, *steps, 2, 5))
        value, gradient = network.value_and_gradient(*point, cell, loss, lengths)
        assert value == network.loss(*point, cell, loss, lengths)
        expected = network.gradient(*point, cell, loss, lengths)
        for once, alone in zip(leaves(gradient), leaves(expected), strict=True):
            np.testing.assert_array_equal(once, alone)


def judge_both(cell: Cell, loss: Loss, point: Arguments, factor: float = 1) -> Report:
    """Judge the gradient of `value_and_gradient` as that of its value; a factor other than 1 is a mistake in xs."""
    both = partial(network.value_and_gradient, cell=cell, loss=loss)

    def gradient(*arguments: Any) -> Arguments:
        _, right = both(*arguments)
        return right._replace(xs=factor * right.xs)

    return judge_gradient(lambda *arguments: both(*arguments)[0], gradient, tuple(point), method="balls")


@every_cell
@every_loss
def test_both_at_once_are_right_on_balls_and_a_slip_in_one_is_refuted(cell: Cell, loss: Loss) -> None:
    point = normal_arguments(cell, 3, 2, 2, 3, 2)._replace(y=draw_target(loss, 3, 2, 3))
    assert judge_both(cell, loss, point).verdict == "right"
    assert judge_both(cell, loss, point, factor=1 + 1e-9).verdict == "wrong"


@every_cell
def test_both_at_once_run_under_jit(cell: Cell) -> None:
    point = normal_arguments(cell, 3, 2, 2, 2, 2)
    with jax.enable_x64(True):
        compiled = jax.jit(partial(network.value_and_gradient, cell=cell))(*point)
    assert_equal_but_for_rounding(compiled, network.value_and_gradient(*point, cell))


class Counted:
    """A layer that counts its passes."""

    def __init__(self, layer: Any) -> None:
        self.layer = layer
        self.passes: list[str] = []

    def forward(self, *arguments: Any) -> Any:
        self.passes.append("forward")
        return self.layer.forward(*arguments)

    def backward(self, *arguments: Any) -> Any:
        self.passes.append("backward")
        return self.layer.backward(*arguments)


def test_both_at_once_take_one_pass_forward_and_one_back() -> None:
    layer: Any = Counted(elman.cell())
    network.value_and_gradient(*normal_arguments(elman.cell(), 3, 2, 2, 2), layer)
    assert layer.passes == ["forward", "backward"]
