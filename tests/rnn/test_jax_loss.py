"""The loss of a network as a function that JAX differentiates by hand-written gradients, with or without all states."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from bptt.rnn import lstm, network
from bptt.rnn.arrays import each
from bptt.rnn.cell import Cell
from bptt.rnn.jax import loss
from bptt.rnn.losses import LOSSES, Loss, half_squared_error, huber
from bptt.verify import judge_gradient
from tests.corpus.slips import wrong_leaves
from tests.rnn.comparing import assert_equal_but_for_rounding
from tests.rnn.regimes import normal_arguments
from tests.rnn.test_jax import BATCH, RICHEST, WRONG, D_h, D_x, D_y, T, of_every_cell, of_the_richest

pytestmark = pytest.mark.usefixtures("quick_compilation")
of_both_ways = pytest.mark.parametrize("checkpoint", [False, 2])  # every state kept, and segments with a rest
at_either = pytest.mark.parametrize("every_step", [True, False])
LENGTHS = np.array([1, 3, T, 2])
POINT = normal_arguments(lstm.cell, T, D_x, D_h, D_y)


def draw(cell: Cell, every_step: bool = True, of: Loss = half_squared_error) -> network.Arguments:
    """Draw normal values, and classes for a loss of these; the target is that of each step or of the last."""
    arguments = normal_arguments(cell, T, D_x, D_h, D_y, BATCH)
    y = (arguments.y[..., 0] > 0).astype(int) if of.of_classes else arguments.y
    return arguments._replace(y=y if every_step else y[0])


def differentiate(f: Any, point: network.Arguments) -> tuple[Any, network.Arguments]:
    """Return the value and the gradient by all but classes, for which `network.gradient` has None."""
    of_classes = np.dtype(point.y.dtype).kind == "i"
    by = (0, 1, 2) if of_classes else (0, 1, 2, 3)
    value, gradient = jax.jit(jax.value_and_grad(f, argnums=by))(*each(jnp.asarray, point))
    return value, network.Arguments(*gradient, *[None] * of_classes)


@of_every_cell
@pytest.mark.parametrize("checkpoint", [False, True, 2, 7])
def test_value_and_gradient_are_those_of_the_network(cell: Cell, checkpoint: bool | int) -> None:
    point = draw(cell)
    with jax.enable_x64(True):
        ours = differentiate(partial(loss, cell=cell, checkpoint=checkpoint), point)
    assert_equal_but_for_rounding(ours, network.value_and_gradient(*point, cell))


@at_either
@pytest.mark.parametrize("lengths", [None, LENGTHS], ids=["equal", "ragged"])
@pytest.mark.parametrize("of", [huber(0.5), LOSSES["cross-entropy"]], ids=["huber", "cross-entropy"])
@of_both_ways
def test_so_are_those_of_every_kind_of_target(checkpoint: bool | int, of: Loss, lengths: Any, every_step: bool) -> None:
    point = draw(lstm.cell, every_step, of)
    with jax.enable_x64(True):
        f = partial(loss, cell=lstm.cell, loss=of, lengths=lengths, checkpoint=checkpoint)
        ours = differentiate(f, point)
    assert_equal_but_for_rounding(ours, network.value_and_gradient(*point, lstm.cell, of, lengths))


@of_both_ways
@at_either
def test_the_gradient_is_proved_on_balls(every_step: bool, checkpoint: bool | int) -> None:
    f = partial(loss, cell=lstm.cell, checkpoint=checkpoint)
    with jax.enable_x64(True):
        point = each(jnp.asarray, draw(lstm.cell, every_step))
        report = judge_gradient(f, jax.grad(f, argnums=(0, 1, 2, 3)), tuple(point), method="balls")
    assert report.verdict == "right", report


@pytest.mark.parametrize("name", RICHEST)
def test_a_wrong_backward_step_is_refuted(name: str) -> None:
    f = partial(loss, cell=WRONG[name], checkpoint=2)
    with jax.enable_x64(True):
        point = each(jnp.asarray, draw(RICHEST[name]))
        report = judge_gradient(f, jax.grad(f, argnums=(0, 1, 2, 3)), tuple(point), method="balls")
    assert "weights.cell.W" in wrong_leaves(report), report
    assert not {"weights.V", "y"} & set(wrong_leaves(report)), report


@of_both_ways
def test_a_wrong_gradient_of_the_loss_is_refuted(checkpoint: bool | int) -> None:
    doubled = half_squared_error._replace(differentiate=lambda e: (2 * e, -e))
    f = partial(loss, cell=lstm.cell, loss=doubled, checkpoint=checkpoint)
    with jax.enable_x64(True):
        point = each(jnp.asarray, draw(lstm.cell))
        report = judge_gradient(f, jax.grad(f, argnums=(0, 1, 2, 3)), tuple(point), method="balls")
    assert {"weights.V", "weights.cell.U", "h0.h", "xs"} <= set(wrong_leaves(report)), report
    assert "y" not in wrong_leaves(report)


@of_the_richest
@of_both_ways
def test_under_vmap_each_sequence_has_a_gradient_of_its_own(cell: Cell, checkpoint: bool | int) -> None:
    weights, h0, xs, y = draw(cell)
    with jax.enable_x64(True):
        one = jax.grad(partial(loss, cell=cell, checkpoint=checkpoint), argnums=(0, 1, 2, 3))
        mapped = jax.jit(jax.vmap(one, in_axes=(None, 0, 1, 1)))(weights, cell.State(*h0), xs, y)
    for n in range(BATCH):
        expected = network.gradient(weights, each(lambda part, n=n: part[n], h0), xs[:, n], y[:, n], cell)
        assert_equal_but_for_rounding(each(lambda part, n=n: part[n], mapped), tuple(expected))


@at_either
def test_with_a_checkpoint_neither_states_nor_their_cotangents_are_held(every_step: bool) -> None:
    steps = 400
    weights, h0, xs, y = normal_arguments(lstm.cell, steps, 1, D_h, 1, BATCH)
    target = y if every_step else y[0]

    def measure_memory(checkpoint: bool) -> Any:
        gradient = jax.jit(
            jax.value_and_grad(partial(loss, cell=lstm.cell, checkpoint=checkpoint), argnums=(0, 1, 2, 3))
        )
        compiled: Any = gradient.lower(weights, h0, xs, target).compile()
        return compiled.memory_analysis().temp_size_in_bytes

    of_hidden_states = 8 * steps * BATCH * D_h
    with jax.enable_x64(True):
        assert measure_memory(checkpoint=True) < 2 * of_hidden_states < measure_memory(checkpoint=False) / 2


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"y": np.zeros((T - 1, D_y))}, ValueError, r"y must have shape \(T, ..., D_y\) = \(5, 2\)"),
        (
            {"weights": POINT.weights._replace(V=np.zeros((D_y, D_h + 1)))},
            ValueError,
            r"V must have shape \(D_y, D_h\) with D_h = 3",
        ),
        ({"cell": lstm.Weights}, TypeError, "cell must be a single Cell, such as lstm.cell; got type"),
    ],
)
@of_both_ways
def test_errors_are_those_of_the_network(
    checkpoint: bool | int, changed: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        loss(**{"cell": lstm.cell} | POINT._asdict() | changed, checkpoint=checkpoint)
