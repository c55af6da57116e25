"""The cell and the network on floats: against JAX, against finite differences, and against themselves."""

from functools import partial
from typing import Any

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bptt import elman, network
from bptt.activations import Activation, sigmoid, tanh
from bptt.arrays import Array
from bptt.elman import Weights as Cell
from bptt.network import Arguments, Weights
from bptt.shipped import network_points
from reference import jax_elman
from reference.finite_differences import central_differences

ACTIVATIONS = {"sigmoid": sigmoid, "tanh": tanh}

activations = st.sampled_from([sigmoid, tanh])
last_step, every_step = network_points("... y", max_size=4), network_points("t ... y", max_size=4)
points = last_step | every_step


def leaves(tree: Any) -> list[Array]:
    """The arrays of nested tuples, in order, without the Nones."""
    if tree is None:
        return []
    return [leaf for branch in tree for leaf in leaves(branch)] if isinstance(tree, tuple) else [np.asarray(tree)]


def assert_equal_but_for_rounding(ours: Any, theirs: Any) -> None:
    """Two float64 runs of the same few hundred operations agree to 40 of 53 bits of the whole gradient's norm."""
    norm = np.sqrt(sum(np.sum(np.square(leaf)) for leaf in leaves(theirs)))
    for our, their in zip(leaves(ours), leaves(theirs), strict=True):
        assert our.shape == their.shape
        np.testing.assert_allclose(our, their, rtol=0, atol=2**-40 * norm)


# JAX compiles once for each of these: T, D_x, D_h, D_y and the batch axes.
SHAPES = [(1, 2, 3, 1, ()), (4, 3, 2, 3, ()), (2, 1, 4, 2, (3,)), (5, 2, 2, 2, (2, 1)), (3, 4, 1, 3, (2,))]


def arguments_of_shape(shape: Any, every_step: bool, seed: int) -> Arguments:
    T, D_x, D_h, D_y, batch = shape
    normal = np.random.default_rng(seed).normal
    cell = Cell(normal(size=(D_h, D_x)), normal(size=(D_h, D_h)), normal(size=D_h))
    y = normal(size=(T, *batch, D_y) if every_step else (*batch, D_y))
    return Arguments(
        Weights(cell, normal(size=(D_y, D_h))), normal(size=(*batch, D_h)), normal(size=(T, *batch, D_x)), y
    )


@given(st.sampled_from(SHAPES), st.booleans(), st.sampled_from(sorted(ACTIVATIONS)), st.integers(0, 2**32 - 1))
def test_the_gradient_is_that_of_jax(shape: Any, every_step: bool, activation: str, seed: int) -> None:
    (cell, V), h0, xs, y = point = arguments_of_shape(shape, every_step, seed)
    parameters = {"U": cell.U, "W": cell.W, "b": cell.b, "V": V}
    by_parameters, *rest = jax_elman.gradient(activation, every_step, parameters, h0, xs, y)
    theirs = (tuple(by_parameters[name] for name in ("U", "W", "b")), by_parameters["V"])
    assert_equal_but_for_rounding(network.gradient(*point, ACTIVATIONS[activation]), (theirs, *rest))


@given(points, activations)
def test_the_gradient_is_within_the_error_of_finite_differences(point: Arguments, activation: Activation) -> None:
    gradient = leaves(network.gradient(*point, activation))
    for n, ours in enumerate(gradient):
        differences = central_differences(partial(loss_with_leaf, point, activation, n), leaves(point)[n])
        assert (abs(ours - differences.value) <= differences.error).all()


def loss_with_leaf(point: Arguments, activation: Activation, n: int, leaf: Array) -> Array:
    """The loss with the n-th array of the arguments replaced."""
    U, W, b, V, h0, xs, y = (leaf if m == n else old for m, old in enumerate(leaves(point)))
    return network.loss(Weights(Cell(U, W, b), V), h0, xs, y, activation)


def test_finite_differences_reject_an_error_of_one_in_a_hundred_thousand() -> None:
    x = np.array([0.5, -1.25, 2.0])
    differences = central_differences(lambda x: np.sum(x**3), x)
    assert (abs(3 * x**2 - differences.value) <= differences.error).all()
    assert (abs(3 * x**2 * (1 + 1e-5) - differences.value) > differences.error).all()


@given(points, activations)
def test_contracted_sensitivities_are_the_adjoint_gradient(point: Arguments, activation: Activation) -> None:
    adjoint = network.gradient(*point, activation).weights
    assert_equal_but_for_rounding(network.sensitivity_gradient(*point, activation), adjoint)


@given(every_step, activations)
def test_the_loss_at_every_step_is_the_sum_of_the_losses_at_the_last_step_of_each_beginning(
    point: Arguments, activation: Activation
) -> None:
    weights, h0, xs, y = point
    beginnings = [network.loss(weights, h0, xs[: t + 1], y[t], activation) for t in range(len(xs))]
    assert_equal_but_for_rounding(network.loss(*point, activation), sum(beginnings))


@given(last_step, activations)
def test_a_batch_is_the_sum_of_its_sequences(point: Arguments, activation: Activation) -> None:
    weights, h0, xs, y = point
    assert h0 is not None
    batch = h0.shape[:-1]
    single = [network.gradient(weights, h0[n], xs[:, *n], y[n], activation) for n in np.ndindex(batch)]
    whole = network.gradient(*point, activation)
    summed = [sum(parts) for parts in zip(*(leaves(gradient.weights) for gradient in single), strict=True)]
    assert_equal_but_for_rounding(tuple(leaves(whole.weights)), tuple(summed))
    assert whole.h0 is not None
    for n, gradient in zip(np.ndindex(batch), single, strict=True):
        assert_equal_but_for_rounding((whole.h0[n], whole.xs[:, *n], whole.y[n]), tuple(gradient[1:]))


@given(points, activations)
def test_no_initial_state_is_one_of_zeros_and_no_bias_one_of_zeros(point: Arguments, activation: Activation) -> None:
    (cell, V), h0, xs, y = point
    assert h0 is not None
    assert cell.b is not None
    zeros = Arguments(Weights(cell._replace(b=0 * cell.b), V), 0 * h0, xs, y)
    without = Arguments(Weights(cell._replace(b=None), V), None, xs, y)
    assert network.loss(*without, activation) == network.loss(*zeros, activation)
    gradient, expected = network.gradient(*without, activation), network.gradient(*zeros, activation)
    assert gradient.h0 is None
    assert gradient.weights.cell.b is None
    expected = expected._replace(h0=None, weights=Weights(expected.weights.cell._replace(b=None), expected.weights.V))
    assert_equal_but_for_rounding(gradient, expected)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("activation", [sigmoid, tanh])
def test_the_same_functions_run_under_jit(shape: Any, activation: Activation) -> None:
    point = arguments_of_shape(shape, every_step=True, seed=0)
    for function in (network.loss, network.gradient, network.sensitivity_gradient):
        compiled = jax.jit(partial(function, activation=activation))(*point)
        assert all(isinstance(leaf, jax.Array) for leaf in jax.tree.leaves(compiled))
        assert_equal_but_for_rounding(compiled, function(*point, activation))


@pytest.mark.parametrize(
    ("given_type", "expected"),
    [("float32", "float32"), ("float64", "float64"), ("int64", "float64"), ("int8", "float64"), ("bool", "float64")],
)
def test_float_types_are_kept_and_integers_become_float64(given_type: str, expected: str) -> None:
    point = arguments_of_shape((3, 2, 2, 2, (2,)), True, 0)
    cast = jax.tree.map(lambda leaf: leaf.astype(given_type), point)
    assert network.loss(*cast).dtype == expected
    for function in (network.gradient, network.sensitivity_gradient):
        assert {leaf.dtype for leaf in leaves(function(*cast))} == {np.dtype(expected)}


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
    cell = Cell(np.full((1, 1), 1, dtype), np.full((1, 1), -1, dtype), np.zeros(1, dtype))
    point = Arguments(Weights(cell, np.ones((1, 1), dtype)), np.zeros(1, dtype), a[:, None], np.ones(1, dtype))
    assert all(np.isfinite(leaf).all() for leaf in leaves(network.gradient(*point, activation)))


def test_the_sigmoid_keeps_its_relative_accuracy_far_below_zero() -> None:
    assert sigmoid(np.array([-700.0])) == pytest.approx(np.exp(-700.0), rel=1e-15)


@pytest.mark.parametrize("t", range(4))
def test_a_nan_passes_through_from_its_step_on(t: int) -> None:
    (cell, _), h0, xs, _ = arguments_of_shape((4, 2, 3, 1, ()), False, 0)
    xs[t, 0] = np.nan
    h = elman.forward(cell, h0, xs)
    assert np.isnan(h[t:]).all()
    assert np.isfinite(h[:t]).all()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"U": np.ones(3)}, r"U must have shape \(D_h, D_x\), no axis empty; got \(3,\)"),
        ({"U": np.ones((0, 2))}, r"U must have shape \(D_h, D_x\), no axis empty; got \(0, 2\)"),
        ({"W": np.ones((3, 2))}, r"W must have shape \(D_h, D_h\), .* = \(3, 3\); got \(3, 2\)"),
        ({"b": np.ones((3, 1))}, r"b must have shape \(D_h,\), .* = \(3,\); got \(3, 1\)"),
        ({"V": np.ones((2, 4))}, r"V must have shape \(D_y, D_h\) with D_h = 3, the rows of U; got \(2, 4\)"),
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
    (cell, V), h0, xs, y = arguments_of_shape((5, 2, 3, 2, ()), False, 0)
    named: dict[str, Any] = {"U": cell.U, "W": cell.W, "b": cell.b, "V": V, "h0": h0, "xs": xs, "y": y} | changed
    weights = Weights(Cell(named["U"], named["W"], named["b"]), named["V"])
    for function in (network.loss, network.gradient, network.sensitivity_gradient):
        with pytest.raises(ValueError, match=message):
            function(weights, named["h0"], named["xs"], named["y"])


def test_states_of_another_shape_are_refused() -> None:
    (cell, _), h0, xs, _ = arguments_of_shape((5, 2, 3, 2, ()), False, 0)
    h = elman.forward(cell, h0, xs)
    with pytest.raises(ValueError, match=r"h_bar must have shape .* = \(5, 3\); got \(4, 3\)"):
        elman.backward(cell, h0, xs, h, h[1:])
    with pytest.raises(ValueError, match=r"h must have shape .* = \(5, 3\); got \(3,\)"):
        elman.sensitivities(cell, h0, xs, h[0])


def test_a_cotangent_of_another_shape_is_not_contracted() -> None:
    (cell, _), h0, xs, _ = arguments_of_shape((2, 2, 3, 2, (5,)), False, 0)
    h = elman.forward(cell, h0, xs)
    s = elman.sensitivities(cell, h0, xs, h)
    with pytest.raises(ValueError, match=r"h_bar must have shape .* = \(2, 5, 3\); got \(5, 2, 3\)"):
        elman.contract(s, h.swapaxes(0, 1))


def test_none_stands_for_no_bias_and_no_initial_state_alone() -> None:
    (cell, V), h0, _, y = arguments_of_shape((5, 2, 3, 2, ()), False, 0)
    with pytest.raises(TypeError, match="xs must be an array of real numbers; got None"):
        network.loss(Weights(cell, V), h0, None, y)  # type: ignore[arg-type]


@pytest.mark.parametrize("activation", [sigmoid, tanh])
def test_an_infinite_input_is_not_hidden(activation: Activation) -> None:
    a = np.array([-np.inf, np.inf])
    with np.errstate(invalid="ignore"):
        h = activation(a)
    assert h[0] == (0 if activation is sigmoid else -1)
    assert np.isnan(h[1]) if activation is sigmoid else h[1] == 1


def test_complex_numbers_are_refused_by_name() -> None:
    (cell, _), h0, xs, _ = arguments_of_shape((5, 2, 3, 2, ()), False, 0)
    with pytest.raises(TypeError, match="xs must be an array of real numbers; got dtype complex128"):
        elman.forward(cell, h0, xs + 1j)
