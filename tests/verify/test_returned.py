"""What f and the gradient return, and are given: the usual other things get a sentence that says what to do."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

from bptt.verify import judge_gradient, judge_vjp

pytestmark = pytest.mark.usefixtures("quick_compilation")

X = np.array([0.5, -1.25, 2.0])
x32 = jnp.asarray(X, jnp.float32)


def loss(x: Any) -> Any:
    return (x**2).sum()


@pytest.mark.parametrize(
    ("f", "words"),
    [
        (lambda x: (loss(x), 2 * x), r"scalar; got a tuple of 2: .* lambda \*arguments: f\(\*arguments\)\[0\]"),
        (lambda x: {"loss": loss(x)}, "scalar; got a dict of 1"),
        (lambda x: 2 * x, r"an array of shape \(3,\): sum it, or ask check_vjp"),
        (lambda x: np.array([loss(x)]), r"an array of shape \(1,\): return its one entry"),
    ],
)
def test_an_f_that_returns_no_scalar_is_told_what_to_return(f: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        judge_gradient(f, lambda x: 2 * x, (X,))


@pytest.mark.parametrize(
    ("gradient", "words"),
    [
        (
            lambda x: (loss(x), 2 * x),
            r"value of f before it, as value_and_grad does: .*gradient\(\*arguments\)\[1\]",
        ),
        (lambda x: (2 * x, "more"), r"something else after it, as with has_aux: .*gradient\(\*arguments\)\[0\]"),
    ],
)
def test_a_gradient_that_comes_with_something_else_is_told_how_to_drop_it(gradient: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        judge_gradient(loss, gradient, (X,))


def test_a_value_beside_the_gradients_by_two_arguments_is_told_from_a_pair_of_them() -> None:
    f: Any = lambda a, b: (a * b).sum()  # noqa: E731
    assert judge_gradient(f, lambda a, b: (b, a), (X, X + 1)).verdict == "right"
    with pytest.raises(ValueError, match="as value_and_grad does"):
        judge_gradient(f, lambda a, b: (f(a, b), (b, a)), (X, X + 1))


def test_two_numbers_are_a_pair_of_gradients() -> None:
    assert judge_gradient(lambda a, b: a * b, lambda a, b: (b, a), (0.5, 2.0)).verdict == "right"


def test_tensors_are_refused_with_a_remedy() -> None:
    tensor = torch.tensor(X)
    with pytest.raises(TypeError, match=r"x must be an array of NumPy's or JAX's.*torch\.from_numpy"):
        judge_gradient(lambda x: torch.tanh(x).sum(), lambda x: 1 - torch.tanh(x) ** 2, (tensor,))
    with pytest.raises(TypeError, match="gradient by x must be an array of NumPy's"):
        judge_gradient(loss, lambda x: 2 * torch.tensor(np.asarray(x)), (X,))


def test_a_random_key_is_passed_on() -> None:
    def f(x: Any, key: Any) -> Any:
        return (x * jax.random.normal(key, (3,))).sum()

    def gradient(_: Any, key: Any) -> Any:
        return jax.random.normal(key, (3,)), None

    assert judge_gradient(f, gradient, (x32, jax.random.key(0))).verdict == "right"
    twice = lambda x, key: (2 * gradient(x, key)[0], None)  # noqa: E731
    assert judge_gradient(f, twice, (x32, jax.random.key(0))).verdict == "wrong"


@jax.tree_util.register_dataclass
@dataclasses.dataclass
class Weights:
    w: Any
    b: Any


def test_a_class_that_jax_knows_is_a_tree_of_its_arrays() -> None:
    def f(p: Any, x: Any) -> Any:
        return jnp.tanh(p.w @ x + p.b).sum()

    point = (Weights(jnp.ones((2, 3)) / 3, jnp.array([0.1, 0.2])), x32)
    report = judge_gradient(f, jax.grad(f, (0, 1)), point)
    assert (report.verdict, [leaf.path for leaf in report.formula.leaves]) == ("right", ["p.w", "p.b", "x"])
    negated = lambda p, x: (Weights(jax.grad(f)(p, x).w, -jax.grad(f)(p, x).b), jax.grad(f, 1)(p, x))  # noqa: E731
    wrong = judge_gradient(f, negated, point)
    assert [leaf.verdict for leaf in wrong.formula.leaves] == ["right", "wrong", "right"]


@pytest.mark.parametrize("point", [X, x32], ids=["NumPy's", "JAX's"])
def test_a_vjp_that_needs_arrays_of_jax_gets_them(point: Any) -> None:
    def f(x: Any) -> Any:
        return x.at[0].set(1.0) * x

    def vjp(x: Any, cotangent: Any) -> Any:
        return jax.vjp(f, x)[1](cotangent)[0]

    assert judge_vjp(f, vjp, (point,)).verdict == "right"
    assert judge_vjp(f, lambda x, cotangent: 2 * vjp(x, cotangent), (point,)).verdict == "wrong"
