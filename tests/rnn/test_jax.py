"""The cells as functions that JAX differentiates: it gets the hand-written gradient, proved, however it asks."""

import json
import os
import subprocess
import sys
from functools import cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from bptt.rnn import elman, gru, lstm, network
from bptt.rnn.activations import sigmoid
from bptt.rnn.arrays import each
from bptt.rnn.cell import Cell, Products
from bptt.rnn.jax import forward
from bptt.rnn.jax._recurrence import choose_interval
from bptt.rnn.registry import CELLS
from bptt.verify import judge_gradient, judge_vjp
from tests.corpus.slips import wrong_leaves
from tests.rnn.comparing import assert_equal_but_for_rounding
from tests.rnn.regimes import normal_arguments

pytestmark = pytest.mark.usefixtures("quick_compilation")
of_every_cell = pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)
FORMS = {name: cell for name, cell in CELLS.items() if name != "elman-tanh"}  # elman, but for the activation
of_every_form = pytest.mark.parametrize("cell", FORMS.values(), ids=FORMS)
RICHEST = {"lstm": lstm.cell, "gru-reset-before": gru.cell_reset_before}  # two states; two biases, a z for each gate
of_the_richest = pytest.mark.parametrize("cell", RICHEST.values(), ids=RICHEST)
of_every_interval = pytest.mark.parametrize("checkpoint", [False, True, 2, 7])  # with a rest, and of more than T
T, D_x, D_h, D_y, BATCH = 5, 2, 3, 2, 4


def lstm_without_a_path(weights: lstm.Weights, before: Any, states: lstm.States, bar: Any) -> tuple[Products, Any]:
    """The cotangents of an LSTM's step, but for that of c[t-1], which lacks f."""
    δ, before_bar = lstm.vjp(weights, before, states, bar)
    return δ, before_bar._replace(c=before_bar.c / states.f)


def gru_without_a_factor(weights: gru.Weights, before: Any, states: gru.States, bar: Any) -> tuple[Products, Any]:
    """The cotangents of a GRU's step, but for those of W h + b_h, which lack the reset gate."""
    (δ_x, _), before_bar = gru.vjp(weights, before, states, bar)
    return Products(δ_x, δ_x), before_bar


WRONG = {
    "elman": elman.cell(sigmoid._replace(slope=lambda h: h * h)),
    "lstm": lstm.cell._replace(vjp=lstm_without_a_path),
    "gru": gru.cell._replace(vjp=gru_without_a_factor),
    "gru-reset-before": gru.cell_reset_before._replace(remembered=gru.cell.remembered),
}


def draw_numpy(cell: Cell) -> Any:
    """Normal arguments, on which the cell's own passes compile nothing."""
    return normal_arguments(cell, T, D_x, D_h, D_y, BATCH)


def draw(cell: Cell) -> Any:
    """The same as JAX arrays in 64 bits."""
    return jax.tree.map(jnp.asarray, draw_numpy(cell))


def loss(cell: Cell, checkpoint: bool | int, weights: network.Weights, h0: Any, xs: Any, y: Any) -> Any:
    """Half the squared error of V h, and the cell state of an LSTM, whose cotangent is another than that of h."""
    states = forward(cell, weights.cell, h0, xs, checkpoint=checkpoint)
    extra = sum(jnp.sin(part).sum() for part in states[1:])
    return jnp.square(states.h @ weights.V.T - y).sum() / 2 + extra


def plain_loss(cell: Cell, weights: network.Weights, h0: Any, xs: Any, y: Any) -> Any:
    """The same on the cell's own forward pass, which JAX differentiates by itself."""
    states = cell.forward(weights.cell, h0, xs)
    extra = sum(jnp.sin(getattr(states, name)).sum() for name in cell.State._fields[1:])
    return jnp.square(states.h @ weights.V.T - y).sum() / 2 + extra


def gradient(f: Any) -> Any:
    return jax.grad(f, argnums=(0, 1, 2, 3))


@cache
def gradient_by_jax(cell: Cell) -> Any:
    """The gradient of `plain_loss`, a function that all tests share: JAX takes a second to compile it."""
    return jax.jit(gradient(partial(plain_loss, cell)))


@of_every_cell
@of_every_interval
def test_the_gradient_is_that_of_jax(cell: Cell, checkpoint: bool | int) -> None:
    with jax.enable_x64(True):
        point = tuple(draw(cell))
        ours = jax.jit(gradient(partial(loss, cell, checkpoint)))(*point)
        assert_equal_but_for_rounding(ours, gradient_by_jax(cell)(*point))


@of_the_richest
@pytest.mark.parametrize("steps", [1, 2])
def test_a_long_sequence_is_pulled_back_in_segments(cell: Cell, steps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bptt.rnn.jax._segments._STEPS", steps)
    test_the_gradient_is_that_of_jax(cell, False)


@of_every_form
@pytest.mark.parametrize("checkpoint", [False, 2])
def test_the_gradient_is_proved_on_balls(cell: Cell, checkpoint: bool | int) -> None:
    with jax.enable_x64(True):
        f = partial(loss, cell, checkpoint)
        report = judge_gradient(f, gradient(f), tuple(draw(cell)), method="balls")
    assert report.verdict == "right", report


@of_the_richest
def test_the_rule_is_judged_as_a_vjp(cell: Cell) -> None:
    f = partial(forward, cell)
    with jax.enable_x64(True):
        point = draw(cell)
        report = judge_vjp(
            f,
            lambda *arguments: jax.vjp(f, *arguments[:-1])[1](arguments[-1]),
            (point.weights.cell, point.h0, point.xs),
        )
    assert report.verdict == "right", report


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("checkpoint", [False, 2])
def test_a_wrong_backward_step_is_refuted(name: str, checkpoint: bool | int) -> None:
    with jax.enable_x64(True):
        f = partial(loss, WRONG[name], checkpoint)
        report = judge_gradient(f, gradient(f), tuple(draw(CELLS[name])), method="balls")
    assert report.verdict == "wrong", report
    assert "weights.cell.W" in wrong_leaves(report)
    assert "weights.V" not in wrong_leaves(report)


@of_the_richest
@of_every_interval
def test_nothing_beyond_the_end_of_a_sequence_is_read(cell: Cell, checkpoint: bool | int) -> None:
    lengths = np.array([1, 3, T, 2])
    with jax.enable_x64(True):
        weights, h0, xs, y = draw_numpy(cell)
        nan_beyond = np.where((np.arange(T)[:, None] < lengths)[..., None], xs, jnp.nan)

        def f(cell_weights: Any, h0: Any, xs: Any) -> tuple[Any, Any]:
            states = forward(cell, cell_weights, h0, xs, lengths, checkpoint=checkpoint)
            return jnp.vdot(states.h, y @ weights.V), states

        ours, states = jax.jit(jax.grad(f, argnums=(0, 1, 2), has_aux=True))(weights.cell, h0, nan_beyond)
        kept = cell.forward(weights.cell, h0, xs, lengths)
        by_hand = cell.backward(weights.cell, h0, xs, kept, y @ weights.V, lengths)
    assert_equal_but_for_rounding(states, cell.State(*(getattr(kept, name) for name in cell.State._fields)))
    assert_equal_but_for_rounding(ours, tuple(by_hand))


@of_the_richest
@pytest.mark.parametrize("checkpoint", [False, 2])
def test_under_vmap_each_sequence_has_a_gradient_of_its_own(cell: Cell, checkpoint: bool | int) -> None:
    with jax.enable_x64(True):
        weights, h0, xs, y = draw(cell)
        one = gradient(partial(loss, cell, checkpoint))
        mapped = jax.jit(jax.vmap(one, in_axes=(None, 0, 1, 1)))(weights, h0, xs, y)
        for n in range(BATCH):
            expected = gradient_by_jax(cell)(weights, each(lambda part, n=n: part[n], h0), xs[:, n], y[:, n])
            assert_equal_but_for_rounding(each(lambda part, n=n: part[n], mapped), expected)


@of_the_richest
def test_under_vmap_each_member_of_an_ensemble_has_a_gradient_of_its_own(cell: Cell) -> None:
    with jax.enable_x64(True):
        weights, h0, xs, y = draw(cell)
        one = gradient(partial(loss, cell, False))
        both = each(lambda M: jnp.stack([M, 2 * M]), weights)
        mapped = jax.jit(jax.vmap(one, in_axes=(0, None, None, None)))(both, h0, xs, y)
        for n in range(2):
            expected = gradient_by_jax(cell)(each(lambda M, n=n: (n + 1) * M, weights), h0, xs, y)
            assert_equal_but_for_rounding(each(lambda part, n=n: part[n], mapped), expected)


@of_the_richest
@pytest.mark.parametrize("checkpoint", [False, 2])
def test_within_a_scan_the_windows_of_a_sequence_are_the_whole(cell: Cell, checkpoint: bool | int) -> None:
    with jax.enable_x64(True):
        weights, h0, xs, _ = draw_numpy(cell)
        windows = xs[:4].reshape(2, 2, *xs.shape[1:])

        def go_on(weights: Any, state: Any, window: Any) -> tuple[Any, Any]:
            states = forward(cell, weights, state, window, checkpoint=checkpoint)
            return each(lambda part: part[-1], states), jnp.sin(states.h).sum()

        def by_windows(weights: Any, h0: Any, windows: Any) -> Any:
            return jax.lax.scan(partial(go_on, weights), h0, windows)[1].sum()

        ours = jax.jit(jax.grad(by_windows, argnums=(0, 1, 2)))(weights.cell, cell.State(*h0), windows)
        kept = cell.forward(weights.cell, h0, xs[:4])
        by_hand = cell.backward(weights.cell, h0, xs[:4], kept, np.cos(kept.h))
    assert_equal_but_for_rounding(ours, (by_hand.weights, by_hand.h0, by_hand.xs.reshape(windows.shape)))


ON_EIGHT_DEVICES = """
import json
from functools import partial
import jax
import numpy as np
from jax.sharding import Mesh, PartitionSpec as P
from bptt.rnn import network
from bptt.rnn.jax import forward, loss
from tests.rnn.regimes import normal_arguments
from tests.rnn.test_jax import RICHEST

jax.config.update("jax_enable_x64", True)
mesh = Mesh(np.array(jax.devices()), ("data",))
errors = {}
for name, cell in RICHEST.items():
    point = normal_arguments(cell, 5, 2, 3, 2, 16)
    by_hand = network.gradient(*point, cell)

    def by_states(weights, h0, xs, y, checkpoint):
        e = forward(cell, weights.cell, h0, xs, checkpoint=checkpoint).h @ weights.V.T - y
        return (e**2).sum() / 2

    for f in (by_states, partial(loss, cell=cell)):
        for checkpoint in (False, 2):
            of_shard = lambda *shard: jax.lax.psum(f(*shard, checkpoint=checkpoint), "data")
            specs = (P(), P("data"), P(None, "data"), P(None, "data"))
            sharded = jax.shard_map(of_shard, mesh=mesh, in_specs=specs, out_specs=P())
            ours = jax.jit(jax.grad(sharded, argnums=(0, 1, 2, 3)))(*point)
            error = jax.tree.map(lambda a, b: float(abs(a - b).max() / abs(b).max()), ours, tuple(by_hand))
            errors[f"{name}, {f}, {checkpoint}"] = max(jax.tree.leaves(error))
print(json.dumps([jax.device_count(), errors]))
"""


def test_over_eight_devices_the_gradient_is_that_of_one() -> None:
    environment = os.environ | {
        "XLA_FLAGS": "--xla_force_host_platform_device_count=8 --xla_cpu_use_fusion_emitters=false",
        "JAX_PLATFORMS": "cpu",
        "JAX_DISABLE_MOST_OPTIMIZATIONS": "1",
    }
    run = subprocess.run(
        [sys.executable, "-c", ON_EIGHT_DEVICES], capture_output=True, text=True, check=True, env=environment
    )
    count, errors = json.loads(run.stdout)
    assert count == 8
    assert len(errors) == 4 * len(RICHEST)
    assert max(errors.values()) < 2**-40, errors


@of_every_cell
def test_the_float_type_stays(cell: Cell) -> None:
    weights, h0, xs, y = normal_arguments(cell, T, D_x, D_h, D_y, BATCH)
    single = each(lambda array: jnp.asarray(array, jnp.float32), (weights, h0, xs, y))
    types = partial(jax.eval_shape, gradient(partial(loss, cell, True)))
    with jax.enable_x64(True):
        of_single, of_double = types(*single), types(weights, h0, xs, y)
    assert {leaf.dtype for leaf in jax.tree.leaves(of_single)} == {np.dtype("float32")}
    assert {leaf.dtype for leaf in jax.tree.leaves(of_double)} == {np.dtype("float64")}


def test_none_stands_for_zeros_and_for_no_bias() -> None:
    with jax.enable_x64(True):
        weights, _, xs, y = draw(lstm.cell)
        bare = weights._replace(cell=weights.cell._replace(b=None))
        filled = weights._replace(cell=weights.cell._replace(b=jnp.zeros((4, D_h))))
        zeros = lstm.State(*np.zeros((2, BATCH, D_h)))
        compiled = jax.jit(gradient(partial(loss, lstm.cell, False)))
        ours, expected = compiled(bare, None, xs, y), compiled(filled, zeros, xs, y)
    assert ours[0].cell.b is None
    assert ours[1] is None
    assert_equal_but_for_rounding(ours[0].cell.U, expected[0].cell.U)


def test_integers_of_numpy_are_floats_of_jax() -> None:
    with jax.enable_x64(True):
        states = forward(elman.cell(), elman.Weights(np.eye(1), np.eye(1)), None, np.array([[1], [2]]))
    assert isinstance(states.h, jax.Array)
    assert states.h.dtype == np.float64


@pytest.mark.parametrize(
    ("checkpoint", "error", "message"),
    [
        (0, ValueError, "checkpoint must be True, False or at least 1, a number of steps; got 0"),
        (2.0, TypeError, "checkpoint must be True, False or a whole number of steps; got float"),
        ("yes", TypeError, "checkpoint must be True, False or a whole number of steps; got str"),
    ],
)
def test_an_interval_is_a_whole_number_of_steps(checkpoint: Any, error: type[Exception], message: str) -> None:
    weights, h0, xs, _ = normal_arguments(gru.cell, T, D_x, D_h, D_y)
    with pytest.raises(error, match=message):
        forward(gru.cell, weights.cell, h0, xs, checkpoint=checkpoint)


def test_errors_name_the_argument() -> None:
    weights, h0, xs, _ = normal_arguments(gru.cell, T, D_x, D_h, D_y)
    with pytest.raises(TypeError, match=r"cell must be bptt\.rnn\.cell\.Cell; got bptt\.rnn\.gru\.Weights"):
        forward(weights.cell, weights.cell, h0, xs)
    with pytest.raises(
        ValueError, match=r"xs must have shape \(T, ..., D_x\) with D_x = 2, the columns of U; got \(5, 1\)"
    ):
        forward(gru.cell, weights.cell, h0, xs[:, :1])


@pytest.mark.parametrize(("T", "k"), [(1, 1), (2, 2), (9, 3), (10, 4), (1000, 32)])
def test_true_keeps_as_many_states_as_the_root_of_the_steps(T: int, k: int) -> None:
    assert choose_interval(True, T) == k
