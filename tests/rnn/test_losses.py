"""The losses: their values, their gradients on balls, what they do at a kink and far out."""

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bptt.rnn.arrays import Array
from bptt.rnn.losses import (
    LOSSES,
    Loss,
    absolute_error,
    elastic_net,
    half_squared_error,
    huber,
    softmax_cross_entropy,
)
from bptt.verify import check_gradient, judge_gradient

REAL = {name: loss for name, loss in LOSSES.items() if not loss.of_classes}
every_real_loss = pytest.mark.parametrize("loss", REAL.values(), ids=REAL.keys())
every_dtype = pytest.mark.parametrize("dtype", ["float32", "float64"])


@pytest.mark.parametrize(
    ("loss", "value"),
    [
        (half_squared_error, 0.5 * (0.25 + 9 + 4)),
        (absolute_error, 0.5 + 3 + 2),
        (elastic_net(0.25), 0.25 * 5.5 + 0.75 * 0.5 * 13.25),
        (huber(1.0), 0.5 * 0.25 + (3 - 0.5) + (2 - 0.5)),
        (huber(2.5), 0.5 * 0.25 + (2.5 * 3 - 0.5 * 2.5**2) + 0.5 * 4),
    ],
)
def test_the_values_are_those_of_the_definition(loss: Loss, value: float) -> None:
    assert loss(np.array([0.5, -1.0, 4.0]), np.array([0.0, 2.0, 2.0])) == pytest.approx(value, rel=1e-15)


def test_the_cross_entropy_is_minus_the_logarithm_of_a_probability() -> None:
    logits = np.log(np.array([[0.5, 0.25, 0.25], [0.1, 0.8, 0.1]]))
    assert softmax_cross_entropy(logits, np.array([1, 1])) == pytest.approx(math.log(4) - math.log(0.8), rel=1e-14)


@every_real_loss
@given(st.integers(0, 2**32 - 1))
def test_the_gradient_is_right_away_from_kinks(loss: Any, seed: int) -> None:
    prediction, target = np.random.default_rng(seed).normal(scale=2, size=(2, 3, 2))
    check_gradient(loss, loss.gradient, (prediction, target), method="balls")


@every_dtype
@pytest.mark.parametrize("scale", [1e-6, 1.0, 30.0, 1e4])
def test_the_gradient_of_the_cross_entropy_is_right(dtype: str, scale: float) -> None:
    random = np.random.default_rng(0)
    logits, target = (scale * random.normal(size=(5, 4))).astype(dtype), random.integers(0, 4, 5)
    loss: Any = softmax_cross_entropy
    report = judge_gradient(loss, softmax_cross_entropy.gradient, (logits, target), method="balls")
    assert (report.formula.verdict, report.arithmetic.verdict) == ("right", "right")


def test_a_wrong_gradient_of_each_loss_is_refuted() -> None:
    e, zero = np.array([0.25, -3.0]), np.zeros(2)
    wrong: dict[Any, Any] = {
        half_squared_error: lambda p, y: (2 * (p - y), 2 * (y - p)),
        absolute_error: lambda p, y: (np.sign(p - y), np.sign(p - y)),
        elastic_net(): lambda p, y: (np.sign(p - y) + (p - y), -np.sign(p - y) - (p - y)),
        huber(): lambda p, y: (p - y, y - p),  # not clipped
    }
    for loss, gradient in wrong.items():
        assert judge_gradient(loss, gradient, (e, zero), method="balls").verdict == "wrong"


def test_wrong_gradients_of_the_cross_entropy_are_refuted() -> None:
    logits, target = np.array([[0.5, -1.0, 2.0]]), np.array([1])
    p = np.exp(logits) / np.exp(logits).sum()
    one_hot = np.eye(3)[target]

    def verdict(gradient: Any) -> str:
        loss: Any = softmax_cross_entropy
        return judge_gradient(loss, gradient, (logits, target), method="balls").verdict

    assert verdict(lambda logits, target: (softmax_cross_entropy.gradient(logits, target)[0] * 1, None)) == "right"
    for wrong in (p, one_hot - p, (p - one_hot) / 3, p - np.roll(one_hot, 1)):
        assert verdict(lambda logits, target, wrong=wrong: (wrong, None)) == "wrong"


@pytest.mark.parametrize("loss", [absolute_error, elastic_net()])
def test_a_kink_is_reported_and_not_refuted(loss: Any) -> None:
    prediction, target = np.array([0.5, 1.0]), np.array([0.5, 0.25])
    assert loss.gradient(prediction, target)[0][0] == 0
    report = judge_gradient(loss, loss.gradient, (prediction, target), method="balls")
    assert report.verdict == "undecided"
    assert "kink" in report.reason


def test_what_is_no_subgradient_at_a_kink_is_refuted() -> None:
    prediction, target = np.array([0.5, 1.0]), np.array([0.5, 0.25])

    def too_steep(prediction: Array, target: Array) -> tuple[Array, Array]:
        slopes = np.where(prediction == target, 2, np.sign(prediction - target))
        return slopes, -slopes

    loss: Any = absolute_error
    assert judge_gradient(loss, too_steep, (prediction, target), method="balls").verdict == "wrong"


@pytest.mark.parametrize("error", [-1.0, 1.0, 0.0])
def test_the_huber_loss_has_no_kink(error: float) -> None:
    loss: Any = huber()
    check_gradient(loss, loss.gradient, (np.array([error]), np.array([0.0])), method="balls")


def test_equal_logits_are_no_kink() -> None:
    loss: Any = softmax_cross_entropy
    check_gradient(loss, loss.gradient, (np.zeros((2, 12)), np.array([3, 4])), method="balls")


@pytest.mark.filterwarnings("error")
@every_dtype
def test_logits_of_ten_thousand_neither_warn_nor_give_nan(dtype: str) -> None:
    logits = np.array([[1e4, -1e4, 0.0], [-1e4, -1e4, -1e4], [1e4, 1e4, 1e4 - 1]], dtype=dtype)
    target = np.array([1, 0, 2])
    terms, (gradient, of_target) = (
        softmax_cross_entropy.terms(logits, target),
        softmax_cross_entropy.gradient(logits, target),
    )
    assert of_target is None
    assert terms.dtype == gradient.dtype == dtype
    digits = 1e-6 if dtype == "float32" else 1e-14
    assert terms == pytest.approx([2e4, math.log(3), math.log(2 + math.exp(-1)) + 1], rel=digits)
    assert gradient[0] == pytest.approx([1, -1, 0], abs=digits)
    assert gradient[1] == pytest.approx([1 / 3 - 1, 1 / 3, 1 / 3], rel=digits)


def test_a_probability_near_one_keeps_the_digits_of_its_loss() -> None:
    """Shifted by the maximum and summed, log(1 + exp(-20)) has lost half of them."""
    terms = softmax_cross_entropy.terms(np.array([[20.0, 0.0]]), np.array([0]))
    assert terms[0] == pytest.approx(math.log1p(math.exp(-20)), rel=1e-14)
    gradient, _ = softmax_cross_entropy.gradient(np.array([[50.0, 0.0]]), np.array([0]))
    assert gradient[0] == pytest.approx(np.array([-1, 1]) * math.exp(-50), rel=1e-14)


@every_dtype
def test_a_logit_of_minus_infinity_rules_its_class_out(dtype: str) -> None:
    logits = np.array([[0.5, -np.inf, 1.0], [0.5, -np.inf, 1.0]], dtype)
    among_two, target = logits[:1, [0, 2]], np.array([2, 1])
    terms, (gradient, _) = softmax_cross_entropy.terms_and_gradient(logits, target)
    assert terms[0] == softmax_cross_entropy(among_two, np.array([1]))
    assert terms[1] == np.inf
    assert gradient[0].tolist() == np.insert(softmax_cross_entropy.gradient(among_two, np.array([1]))[0], 1, 0).tolist()
    assert gradient[1, 1] == -1
    assert gradient[1].sum() == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES.keys())
def test_terms_and_gradient_of_one_comparison_are_those_of_two(loss: Loss) -> None:
    random = np.random.default_rng(0)
    prediction = random.normal(size=(5, 2, 3))
    target = random.integers(0, 3, (5, 2)) if loss.of_classes else random.normal(size=(5, 2, 3))
    terms, gradient = loss.terms_and_gradient(prediction, target)
    np.testing.assert_array_equal(terms, loss.terms(prediction, target))
    for once, expected in zip(gradient, loss.gradient(prediction, target), strict=True):
        np.testing.assert_array_equal(once, expected)


@pytest.mark.filterwarnings("error")
@every_real_loss
@every_dtype
def test_errors_of_ten_to_the_fifteen_are_no_trouble(loss: Loss, dtype: str) -> None:
    prediction, target = np.array([1e15, -1e15], dtype), np.array([1, 1], dtype)
    assert np.isfinite(loss(prediction, target))
    assert np.sign(loss.gradient(prediction, target)[0]).tolist() == [1, -1]


@pytest.mark.parametrize("y", [[3], [-1]])
def test_a_class_that_there_is_not_is_named(y: list[int]) -> None:
    with pytest.raises(ValueError, match=rf"classes must be from 0 to D_y - 1 = 2; got {y[0]}"):
        softmax_cross_entropy(np.zeros((1, 3)), np.array(y))


@pytest.mark.parametrize("β", [0, -1, math.inf, math.nan])
def test_a_huber_loss_of_no_width_is_refused(β: float) -> None:
    with pytest.raises(ValueError, match="β must be positive and finite; got"):
        huber(β)


@pytest.mark.parametrize("share", [-0.1, 1.5, math.nan])
def test_a_share_beyond_one_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="share must be from 0 to 1; got"):
        elastic_net(share)


def test_a_target_of_another_shape_is_not_broadcast() -> None:
    with pytest.raises(ValueError, match=r"target must have shape that of the prediction, = \(3, 2\); got \(3, 1\)"):
        half_squared_error(np.ones((3, 2)), np.ones((3, 1)))
    with pytest.raises(ValueError, match=r"target must have shape \(\.\.\.\), .* = \(2, 3\); got \(3,\)"):
        softmax_cross_entropy(np.ones((2, 3, 4)), np.ones(3, int))
    with pytest.raises(TypeError, match="target must be an array of integers; got dtype float64"):
        softmax_cross_entropy(np.ones((3, 4)), np.ones(3))


def test_a_class_that_there_is_not_makes_the_loss_nan_under_jax() -> None:
    logits: Any = jnp.ones((3, 4))
    classes: Any = jnp.array([0, 9, 1])
    assert np.isnan(softmax_cross_entropy.terms(logits, classes)).tolist() == [False, True, False]
    gradient, _ = softmax_cross_entropy.gradient(logits, classes)
    assert np.isnan(gradient).all(axis=-1).tolist() == [False, True, False]


def test_many_classes_compile_quickly_and_give_the_same_under_jit() -> None:
    logits, classes = np.random.default_rng(0).normal(size=(3, 2000)), np.array([0, 7, 1999])
    with jax.enable_x64(True):
        jitted = jax.jit(softmax_cross_entropy.gradient)(logits, classes)[0]
    np.testing.assert_allclose(jitted, softmax_cross_entropy.gradient(logits, classes)[0], rtol=0, atol=1e-14)


@pytest.mark.parametrize("loss", [huber(np.float64(1)), elastic_net(np.float64(0.5))])
def test_a_parameter_of_float64_leaves_float32_alone(loss: Loss) -> None:
    e, zero = np.ones((2, 3), "float32"), np.zeros((2, 3), "float32")
    assert loss(e, zero).dtype == loss.gradient(e, zero)[0].dtype == "float32"
