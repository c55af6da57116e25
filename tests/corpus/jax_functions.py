"""JAX code as it is written before it is put under `jit`: losses, networks, a custom rule, with their gradients."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax, nn

Array = Any


def normal(*shape: int, seed: int = 0) -> Array:
    return jnp.array(np.random.default_rng(seed).normal(size=shape))


def loss(W: Array, x: Array) -> Array:
    return jnp.sum(jnp.tanh(W @ x) ** 2)


def loss_gradient(W: Array, x: Array) -> Any:
    h = jnp.tanh(W @ x)
    delta = 2 * h * (1 - h**2)
    return jnp.outer(delta, x), W.T @ delta


def perceptron(layers: Any, x: Array) -> Array:
    for W, b in layers[:-1]:
        x = jnp.tanh(x @ W + b)
    W, b = layers[-1]
    classes = jnp.array([0, 1, 2, 0, 1])
    return -jnp.mean(jnp.take_along_axis(nn.log_softmax(x @ W + b), classes[:, None], axis=1))


def unrolled(U: Array, W: Array, xs: Array) -> Array:
    h = jnp.zeros(len(W))
    for x in xs:
        h = jnp.tanh(U @ x + W @ h)
    return jnp.sum(h**2)


def scanned(U: Array, W: Array, xs: Array) -> Array:
    def step(h: Array, x: Array) -> tuple[Array, None]:
        return jnp.tanh(U @ x + W @ h), None

    return jnp.sum(lax.scan(step, jnp.zeros(len(W)), xs)[0] ** 2)


def scanned_gradient(U: Array, W: Array, xs: Array) -> Any:
    def step(h: Array, x: Array) -> tuple[Array, Array]:
        h = jnp.tanh(U @ x + W @ h)
        return h, h

    def step_back(delta: Array, at: Any) -> tuple[Array, Any]:
        x, h, before = at
        delta = delta * (1 - h**2)
        return delta @ W, (jnp.outer(delta, x), jnp.outer(delta, before), delta @ U)

    h0 = jnp.zeros(len(W))
    last, h = lax.scan(step, h0, xs)
    before = jnp.concatenate([h0[None], h[:-1]])
    _, (U_bar, W_bar, xs_bar) = lax.scan(step_back, 2 * last, (xs, h, before), reverse=True)
    return U_bar.sum(0), W_bar.sum(0), xs_bar


@jax.custom_vjp
def softplus(x: Array) -> Array:
    return jnp.log(1 + jnp.exp(x))


softplus.defvjp(lambda x: (softplus(x), x), lambda x, cotangent: (cotangent * nn.sigmoid(x),))

RECURRENT = (normal(5, 3), normal(5, 5, seed=1), normal(4, 3, seed=2))
LAYERS = [(normal(4, 7), normal(7)), (normal(7, 3), normal(3))]
CHECKED: dict[str, tuple[Callable[..., Any], Callable[..., Any], tuple[Any, ...]]] = {
    "a loss": (loss, jax.grad(loss, (0, 1)), (normal(5, 7), normal(7))),
    "a perceptron": (perceptron, jax.grad(perceptron, (0, 1)), (LAYERS, normal(5, 4))),
    "a loop": (unrolled, jax.grad(unrolled, (0, 1, 2)), RECURRENT),
    "a scan": (scanned, jax.grad(scanned, (0, 1, 2)), RECURRENT),
    "a custom_vjp": (lambda x: softplus(x).sum(), jax.grad(lambda x: softplus(x).sum()), (normal(11),)),
    "a scan by hand": (scanned, scanned_gradient, (normal(6, 2), normal(6, 6, seed=1), normal(3, 2, seed=2))),
    "a gradient by hand": (loss, loss_gradient, (normal(5, 9), normal(9))),
}
