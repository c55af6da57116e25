"""Every cell on floats: against finite differences, against its sensitivities, and against itself."""

from functools import partial
from typing import Any

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bptt.cli._points import network_points
from bptt.rnn import elman, gru, lstm, network
from bptt.rnn.activations import Activation, sigmoid, tanh
from bptt.rnn.arrays import Array, each
from bptt.rnn.cell import Cell, Products
from bptt.rnn.layers import Stacked
from bptt.rnn.losses import half_squared_error, huber, softmax_cross_entropy
from bptt.rnn.network import Arguments, Weights
from bptt.rnn.registry import CELLS
from reference.finite_differences import central_differences
from tests.rnn.comparing import assert_equal_but_for_rounding, leaves
from tests.rnn.regimes import normal_arguments

pytestmark = pytest.mark.usefixtures("quick_compilation")
every_cell = pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS.keys())
few = settings(max_examples=15)


def points(cell: Cell, every_step: bool) -> st.SearchStrategy[Arguments]:
    return network_points(cell, half_squared_error, every_step, max_size=4).map(lambda case: case.arguments)


def any_point(cell: Cell) -> st.SearchStrategy[Arguments]:
    return points(cell, False) | points(cell, True)


@every_cell
@given(st.data())
@few
def test_the_gradient_is_within_the_error_of_finite_differences(cell: Cell, data: st.DataObject) -> None:
    point = data.draw(any_point(cell))
    flat: tuple[list[Array], Any] = jax.tree.flatten(point)
    arrays, structure = flat

    def loss_with(n: int, array: Array) -> Array:
        changed: Arguments = structure.unflatten([*arrays[:n], array, *arrays[n + 1 :]])
        return network.loss(*changed, cell)

    for n, ours in enumerate(leaves(network.gradient(*point, cell))):
        differences = central_differences(partial(loss_with, n), arrays[n])
        assert (abs(ours - differences.value) <= differences.error).all()


def test_finite_differences_reject_an_error_of_one_in_a_hundred_thousand() -> None:
    x = np.array([0.5, -1.25, 2.0])
    differences = central_differences(lambda x: np.sum(x**3), x)
    assert (abs(3 * x**2 - differences.value) <= differences.error).all()
    assert (abs(3 * x**2 * (1 + 1e-5) - differences.value) > differences.error).all()


@every_cell
@given(st.data())
@few
def test_contracted_sensitivities_are_the_adjoint_gradient(cell: Cell, data: st.DataObject) -> None:
    point = data.draw(any_point(cell))
    adjoint = network.gradient(*point, cell).weights
    assert_equal_but_for_rounding(network.sensitivity_gradient(*point, cell), adjoint)


@every_cell
@given(st.data())
@few
def test_the_loss_at_every_step_is_the_sum_of_the_losses_at_the_last_step_of_each_beginning(
    cell: Cell, data: st.DataObject
) -> None:
    weights, h0, xs, y = point = data.draw(points(cell, True))
    beginnings = [network.loss(weights, h0, xs[: t + 1], y[t], cell) for t in range(len(xs))]
    assert_equal_but_for_rounding(network.loss(*point, cell), sum(beginnings))


@every_cell
@given(st.data())
@few
def test_a_batch_is_the_sum_of_its_sequences(cell: Cell, data: st.DataObject) -> None:
    weights, h0, xs, y = point = data.draw(points(cell, False))
    batch = xs.shape[1:-1]

    def single(n: Any) -> Arguments:
        return network.gradient(weights, each(lambda part: part[n], h0), xs[:, *n], y[n], cell)

    gradients = [single(n) for n in np.ndindex(batch)]
    whole = network.gradient(*point, cell)
    summed = each(lambda *parts: sum(parts), *(gradient.weights for gradient in gradients))
    assert_equal_but_for_rounding(whole.weights, summed)
    for n, gradient in zip(np.ndindex(batch), gradients, strict=True):
        of_one = each(lambda part: part[n], whole.h0), whole.xs[:, *n], whole.y[n]  # noqa: B023
        assert_equal_but_for_rounding(of_one, tuple(gradient[1:]))


@every_cell
@given(st.data())
@few
def test_no_initial_state_is_one_of_zeros_and_no_bias_one_of_zeros(cell: Cell, data: st.DataObject) -> None:
    (weights, V), h0, xs, y = data.draw(any_point(cell))
    biases = weights._fields[2:]
    zeros = Weights(weights._replace(**dict.fromkeys(biases, 0 * weights.b)), V)
    without = Weights(weights._replace(**dict.fromkeys(biases)), V)
    zero = each(lambda part: 0 * part, h0)
    assert network.loss(without, None, xs, y, cell) == network.loss(zeros, zero, xs, y, cell)
    gradient, expected = network.gradient(without, None, xs, y, cell), network.gradient(zeros, zero, xs, y, cell)
    assert gradient.h0 is None
    assert [getattr(gradient.weights.cell, name) for name in biases] == [None for _ in biases]
    of_others = expected.weights.cell._replace(**dict.fromkeys(biases))
    assert_equal_but_for_rounding(gradient, (Weights(of_others, expected.weights.V), None, expected.xs, expected.y))


def test_a_part_of_the_initial_state_may_be_left_out() -> None:
    weights, h0, xs, y = normal_arguments(lstm.cell, 3, 2, 2, 1)
    alone = network.gradient(weights, h0._replace(c=None), xs, y, lstm.cell)
    with_zeros = network.gradient(weights, lstm.State(h0.h, 0 * h0.c), xs, y, lstm.cell)
    assert alone.h0.c is None
    assert_equal_but_for_rounding(alone.h0.h, with_zeros.h0.h)


@every_cell
@pytest.mark.parametrize("shape", [(4, 3, 2, 3), (3, 1, 2, 2, 2, 1)])
def test_the_same_functions_run_under_jit(cell: Cell, shape: tuple[int, ...]) -> None:
    point = normal_arguments(cell, *shape)
    for function in (network.loss, network.gradient, network.sensitivity_gradient):
        with jax.enable_x64(True):
            compiled = jax.jit(partial(function, cell=cell))(*point)
        assert all(isinstance(leaf, jax.Array) for leaf in jax.tree.leaves(compiled))
        assert_equal_but_for_rounding(compiled, function(*point, cell))


@every_cell
@pytest.mark.parametrize(
    ("given_type", "expected"),
    [("float32", "float32"), ("float64", "float64"), ("int64", "float64"), ("int8", "float64"), ("bool", "float64")],
)
def test_float_types_are_kept_and_integers_become_float64(cell: Cell, given_type: str, expected: str) -> None:
    cast: Arguments = jax.tree.map(lambda leaf: leaf.astype(given_type), normal_arguments(cell, 3, 2, 2, 2, 2))
    assert network.loss(*cast, cell).dtype == expected
    for function in (network.gradient, network.sensitivity_gradient):
        assert {leaf.dtype for leaf in leaves(function(*cast, cell))} == {np.dtype(expected)}


@every_cell
def test_going_on_from_the_state_after_a_step_is_going_on(cell: Cell) -> None:
    (weights, _), h0, xs, _ = normal_arguments(cell, 5, 2, 3, 1, 2)
    whole = cell.forward(weights, h0, xs)
    beginning = cell.forward(weights, h0, xs[:2])
    rest = cell.forward(weights, cell.state_after(beginning), xs[2:])
    assert_equal_but_for_rounding(tuple(part[2:] for part in whole), tuple(rest))


@every_cell
@pytest.mark.parametrize("t", range(4))
def test_a_nan_passes_through_from_its_step_on(cell: Cell, t: int) -> None:
    (weights, _), h0, xs, _ = normal_arguments(cell, 4, 2, 3, 1)
    xs[t, 0] = np.nan
    h = cell.forward(weights, h0, xs).h
    assert np.isnan(h[t:]).all()
    assert np.isfinite(h[:t]).all()


def test_the_two_forms_of_the_gru_differ_by_where_the_reset_gate_stands() -> None:
    """They are the same function where W_n is diagonal and nothing is added to its product."""
    point = normal_arguments(gru.cell, 4, 2, 3, 1)
    weights, h0, xs, _ = point
    cell = weights.cell._replace(b_h=None)
    after, before = (form.forward(cell, h0, xs).h for form in (gru.cell, gru.cell_reset_before))
    assert abs(after - before).max() > 0.01
    diagonal = cell._replace(W=cell.W * np.stack([np.ones((3, 3)), np.ones((3, 3)), np.eye(3)]))
    after, before = (form.forward(diagonal, h0, xs).h for form in (gru.cell, gru.cell_reset_before))
    assert_equal_but_for_rounding(after, before)


@pytest.mark.parametrize("module", [elman, lstm, gru])
def test_the_functions_of_a_module_are_those_of_its_cell(module: Any) -> None:
    cell = elman.cell() if module is elman else module.cell
    (weights, _), h0, xs, _ = normal_arguments(cell, 4, 2, 3, 1)
    states = module.forward(weights, h0, xs)
    bar = module.backward(weights, h0, xs, states, states.h)
    assert_equal_but_for_rounding(cell.contract(module.sensitivities(weights, h0, xs, states), states.h), bar.weights)


@pytest.mark.parametrize("cell", [elman.cell(), lstm.cell, gru.cell_reset_before])
def test_a_cotangent_of_both_products_may_be_given_once_or_twice(cell: Cell) -> None:
    def repeat(*arguments: Any) -> tuple[Products, Any]:
        δ, before_bar = cell.vjp(*arguments)
        assert δ.h is None
        return Products(δ.x, δ.x), before_bar

    point = normal_arguments(cell, 4, 2, 3, 1, 2)
    twice = network.gradient(*point, cell._replace(vjp=repeat))
    for once, repeated in zip(leaves(network.gradient(*point, cell)), leaves(twice), strict=True):
        np.testing.assert_array_equal(once, repeated)


def test_a_slope_that_is_the_state_itself_leaves_the_states_alone() -> None:
    """s = exp, whose slope in terms of h is h: nothing may be written into what it returns."""
    cell = elman.cell(Activation(np.exp, slope=lambda h: h))
    (weights, _), h0, xs, _ = normal_arguments(cell, 3, 2, 2, 1)
    small = each(lambda M: M / 8, weights)
    states = cell.forward(small, h0, xs)
    before = states.h.copy()
    cell.backward(small, h0, xs, states, np.ones_like(states.h))
    np.testing.assert_array_equal(states.h, before)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("activation", [sigmoid, tanh])
def test_preactivations_of_ten_thousand_neither_warn_nor_give_nan(dtype: str, activation: Activation) -> None:
    a = np.array([-1e4, -800, -100, -1, -1e-30, 0, 1e-30, 1, 100, 800, 1e4], dtype=dtype)
    h = activation(a)
    assert h.dtype == dtype
    assert np.isfinite(h).all()
    assert np.isfinite(activation.slope(h)).all()
    assert (np.diff(h) >= 0).all()


@pytest.mark.filterwarnings("error")
@every_cell
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_inputs_of_ten_thousand_neither_warn_nor_give_nan(cell: Cell, dtype: str) -> None:
    point = normal_arguments(cell, 4, 2, 3, 1)
    large: Arguments = jax.tree.map(lambda leaf: leaf.astype(dtype), point._replace(xs=1e4 * point.xs))
    assert all(np.isfinite(leaf).all() for leaf in leaves(network.gradient(*large, cell)))


def test_the_sigmoid_keeps_its_relative_accuracy_far_below_zero() -> None:
    assert sigmoid(np.array([-700.0])) == pytest.approx(np.exp(-700.0), rel=1e-15)


@pytest.mark.parametrize(("activation", "values"), [(sigmoid, [0, np.nan]), (tanh, [-1, 1])])
def test_an_infinite_input_is_not_hidden(activation: Activation, values: list[float]) -> None:
    with np.errstate(invalid="ignore"):
        np.testing.assert_array_equal(activation(np.array([-np.inf, np.inf])), values)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"U": np.ones(3)}, r"U must have shape \(D_h, D_x\), no axis empty; got \(3,\)"),
        ({"U": np.ones((0, 2))}, r"U must have shape \(D_h, D_x\), no axis empty; got \(0, 2\)"),
        ({"W": np.ones((3, 2))}, r"W must have shape \(D_h, D_h\), .* = \(3, 3\); got \(3, 2\)"),
        ({"b": np.ones((3, 1))}, r"b must have shape \(D_h,\), .* = \(3,\); got \(3, 1\)"),
        ({"V": np.ones((2, 4))}, r"V must have shape \(D_y, D_h\) with D_h = 3, the units of the cell; got \(2, 4\)"),
        ({"V": np.ones((0, 3))}, r"V must have shape .*; got \(0, 3\)"),
        ({"h0": np.ones(2)}, r"h0 must have shape \(\.\.\., D_h\), .* = \(3,\); got \(2,\)"),
        ({"h0": np.ones((1, 3))}, r"h0 must have shape .* = \(3,\); got \(1, 3\)"),
        (
            {"xs": np.ones((5, 4))},
            r"xs must have shape \(T, \.\.\., D_x\) with D_x = 2, the columns of U; got \(5, 4\)",
        ),
        ({"xs": np.ones(2)}, r"xs must have shape .*; got \(2,\)"),
        ({"xs": np.ones((0, 2))}, r"xs must have at least one time step and no empty axis; got shape \(0, 2\)"),
        ({"xs": np.ones((5, 0, 2))}, r"xs must have at least one time step and no empty axis; got shape \(5, 0, 2\)"),
        ({"y": np.ones(3)}, r"y must have shape .* = \(5, 2\) for a loss at every step or .* = \(2,\); got \(3,\)"),
        ({"y": np.ones((4, 2))}, r"y must have shape .*; got \(4, 2\)"),
    ],
)
def test_a_wrong_shape_is_named_with_the_shape_it_should_have(changed: dict[str, Array], message: str) -> None:
    (weights, V), h0, xs, y = normal_arguments(elman.cell(), 5, 2, 3, 2)
    named: dict[str, Any] = {**weights._asdict(), "V": V, "h0": h0.h, "xs": xs, "y": y} | changed
    changed_weights = Weights(elman.Weights(named["U"], named["W"], named["b"]), named["V"])
    for function in (network.loss, network.gradient, network.sensitivity_gradient):
        with pytest.raises(ValueError, match=message):
            function(changed_weights, named["h0"], named["xs"], named["y"])


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"U": np.ones((3, 3, 2))}, r"U must have shape \(4, D_h, D_x\), no axis empty; got \(3, 3, 2\)"),
        ({"U": np.ones((12, 2))}, r"U must have shape \(4, D_h, D_x\), no axis empty; got \(12, 2\)"),
        ({"W": np.ones((4, 3, 2))}, r"W must have shape \(4, D_h, D_h\), .* = \(4, 3, 3\); got \(4, 3, 2\)"),
        ({"b": np.ones(12)}, r"b must have shape \(4, D_h\), .* = \(4, 3\); got \(12,\)"),
    ],
)
def test_a_wrong_shape_of_gates_is_named(changed: dict[str, Array], message: str) -> None:
    (weights, _), h0, xs, _ = normal_arguments(lstm.cell, 5, 2, 3, 2)
    with pytest.raises(ValueError, match=message):
        lstm.forward(weights._replace(**changed), h0, xs)


def test_a_wrong_initial_state_of_the_lstm_is_named() -> None:
    (weights, _), h0, xs, _ = normal_arguments(lstm.cell, 5, 2, 3, 2)
    with pytest.raises(TypeError, match=r"h0 must be a State\(h, c\) of arrays \(\.\.\., D_h\), or None; got ndarray"):
        lstm.forward(weights, h0.h, xs)
    with pytest.raises(TypeError, match=r"h0 must be a State\(h, c\) .*; got tuple"):
        lstm.forward(weights, tuple(h0), xs)
    with pytest.raises(ValueError, match=r"h0\.c must have shape .* = \(3,\); got \(2,\)"):
        lstm.forward(weights, lstm.State(h0.h, h0.c[:2]), xs)
    with pytest.raises(TypeError, match=r"h0 must be an array .*; got State"):
        elman.forward(elman.Weights(np.ones((3, 2)), np.ones((3, 3))), h0, xs)


def test_weights_and_states_of_another_kind_are_named() -> None:
    (weights, V), h0, xs, y = normal_arguments(lstm.cell, 5, 2, 3, 2)
    with pytest.raises(TypeError, match=r"weights of the cell must be bptt\.rnn\.lstm\.Weights; got numpy\.ndarray"):
        lstm.forward(np.ones((3, 2)), None, xs)
    with pytest.raises(TypeError, match=r"cell must be bptt\.rnn\.lstm\.Weights; got bptt\.rnn\.gru\.Weights"):
        lstm.forward(gru.Weights(weights.U, weights.W, weights.b), h0, xs)
    with pytest.raises(TypeError, match=r"states must be bptt\.rnn\.lstm\.States; got bptt\.rnn\.lstm\.State"):
        lstm.backward(weights, h0, xs, h0, xs)
    with pytest.raises(TypeError, match=r"weights must be network\.Weights\(cell, V\); got Weights"):
        network.loss(weights, h0, xs, y, lstm.cell)
    with pytest.raises(TypeError, match=r"loss must be a Loss, such as bptt\.rnn\.losses\.huber\(\); got function"):
        network.gradient(Weights(weights, V), h0, xs, y, lstm.cell, huber)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"cell must be a Cell or a layer, such as .*; got function"):
        network.gradient(Weights(weights, V), h0, xs, y, elman.cell)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"cell must be a single Cell, such as lstm\.cell; got Stacked"):
        network.sensitivity_gradient(Weights(weights, V), h0, xs, y, Stacked((lstm.cell,)))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"cell must be bptt\.rnn\.elman\.Weights; got bptt\.rnn\.lstm\.Weights"):
        network.gradient(Weights(weights, V), h0, xs, y)
    with pytest.raises(TypeError, match="y must be an array of integers; got dtype float64"):
        network.loss(Weights(weights, V), h0, xs, y, lstm.cell, softmax_cross_entropy)


def test_a_tuple_where_an_array_is_meant_is_named() -> None:
    weights, h0, xs, y = normal_arguments(lstm.cell, 5, 2, 3, 2)
    with pytest.raises(TypeError, match="xs must be an array of real numbers; got tuple"):
        lstm.forward(weights.cell, h0, tuple(xs))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="y must be an array of real numbers; got tuple"):
        network.loss(weights, h0, xs, tuple(y), lstm.cell)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="b must be an array of real numbers; got tuple"):
        lstm.forward(weights.cell._replace(b=tuple(weights.cell.b)), h0, xs)


def test_a_list_where_a_tuple_is_meant_is_named() -> None:
    weights, h0, xs, y = normal_arguments(lstm.cell, 5, 2, 3, 2)
    with pytest.raises(TypeError, match=r"weights\.cell must be an array of real numbers; got a ragged list"):
        network.loss(weights._replace(cell=[weights.cell, weights.cell]), h0, xs, y, Stacked((lstm.cell, lstm.cell)))


def test_a_mask_is_not_dropped_in_silence() -> None:
    (weights, _), h0, xs, _ = normal_arguments(lstm.cell, 5, 2, 3, 2)
    with pytest.raises(TypeError, match="xs must be a plain array; got MaskedArray"):
        lstm.forward(weights, h0, np.ma.masked_array(xs))


def test_states_of_another_shape_are_refused() -> None:
    (weights, _), h0, xs, _ = normal_arguments(lstm.cell, 5, 2, 3, 2)
    states = lstm.forward(weights, h0, xs)
    with pytest.raises(ValueError, match=r"h_bar must have shape .* = \(5, 3\); got \(4, 3\)"):
        lstm.backward(weights, h0, xs, states, states.h[1:])
    with pytest.raises(ValueError, match=r"f must have shape .* = \(5, 3\); got \(3,\)"):
        lstm.sensitivities(weights, h0, xs, states._replace(f=states.f[0]))


def test_a_cotangent_of_another_shape_is_not_contracted() -> None:
    (weights, _), h0, xs, _ = normal_arguments(lstm.cell, 2, 2, 3, 2, 5)
    states = lstm.forward(weights, h0, xs)
    s = lstm.sensitivities(weights, h0, xs, states)
    with pytest.raises(ValueError, match=r"h_bar must have shape .* = \(2, 5, 3\); got \(5, 2, 3\)"):
        lstm.cell.contract(s, states.h.swapaxes(0, 1))
    with pytest.raises(ValueError, match=r"h_bar must have shape .* = \(2, 5, 3\); got \(2,\)"):
        lstm.cell.contract(s, states.h[:, 0, 0])


def test_none_stands_for_no_bias_and_no_initial_state_alone() -> None:
    weights, h0, _, y = normal_arguments(elman.cell(), 5, 2, 3, 2)
    with pytest.raises(TypeError, match="xs must be an array of real numbers; got None"):
        network.loss(weights, h0, None, y)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"weights\.cell\.W must be an array of real numbers; got None"):
        network.loss(Weights(weights.cell._replace(W=None), weights.V), h0, np.ones((5, 2)), y)


def test_complex_numbers_are_refused_by_name() -> None:
    (weights, _), h0, xs, _ = normal_arguments(gru.cell, 5, 2, 3, 2)
    with pytest.raises(TypeError, match="xs must be an array of real numbers; got dtype complex128"):
        gru.forward(weights, h0, xs + 1j)
