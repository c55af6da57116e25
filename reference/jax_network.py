"""Recurrent networks written for JAX from their textbook equations, in double precision, and differentiated by JAX.

One sequence at a time, one step at a time, as the definitions read. The weights of a cell are a dict of U, W and b, a
leading axis of gates on each where there are any; those of a network are {"cell": ..., "V": ...}, V being (D_y, D_h).
Nothing is compiled as a whole, which would take longer than running it; the steps are, once for each size.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

jax.config.update("jax_enable_x64", True)  # type: ignore[no-untyped-call]

Step = Callable[[Any, Any, Any], tuple[Any, Any]]  # weights, what is carried, x (D_x,) -> h (D_h,), what is carried on
Layer = Callable[[Any, Any, list[Any]], list[Any]]  # weights, what is carried at first, T inputs x -> T hidden states h


def elman(activation: Callable[[Any], Any], weights: Any, h: Any, x: Any) -> tuple[Any, Any]:
    """h' = s(U x + W h + b).

    U (D_h, D_x), W (D_h, D_h), b (D_h,); carries h.
    """
    h = activation(jnp.dot(weights["U"], x) + jnp.dot(weights["W"], h) + weights["b"])
    return h, h


def lstm(weights: Any, carried: Any, x: Any) -> tuple[Any, Any]:
    """c' = σ(f) c + σ(i) tanh(g), h' = σ(o) tanh(c').

    U (4, D_h, D_x), W (4, D_h, D_h), b (4, D_h), in the order i, f, g, o; carries {"h": h, "c": c}.
    """
    h, c = carried["h"], carried["c"]
    i, f, g, o = (
        jnp.dot(U, x) + jnp.dot(W, h) + b for U, W, b in zip(weights["U"], weights["W"], weights["b"], strict=True)
    )
    c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
    h = jax.nn.sigmoid(o) * jnp.tanh(c)
    return h, {"h": h, "c": c}


def gru(weights: Any, h: Any, x: Any) -> tuple[Any, Any]:
    """h' = (1 − z) n + z h, with the reset gate r on W h + b_h, as in PyTorch.

    U (3, D_h, D_x), W (3, D_h, D_h), b and b_h (3, D_h), in the order r, z, n; carries h.
    """
    x_r, x_z, x_n = (jnp.dot(U, x) + b for U, b in zip(weights["U"], weights["b"], strict=True))
    h_r, h_z, h_n = (jnp.dot(W, h) + b for W, b in zip(weights["W"], weights["b_h"], strict=True))
    r, z = jax.nn.sigmoid(x_r + h_r), jax.nn.sigmoid(x_z + h_z)
    n = jnp.tanh(x_n + r * h_n)
    h = (1 - z) * n + z * h
    return h, h


def gru_reset_before(weights: Any, h: Any, x: Any) -> tuple[Any, Any]:
    """As `gru`, with the reset gate r on h before the product with W, as in Cho et al."""
    U_r, U_z, U_n = weights["U"]
    W_r, W_z, W_n = weights["W"]
    b_r, b_z, b_n = weights["b"] + weights["b_h"]
    r = jax.nn.sigmoid(jnp.dot(U_r, x) + jnp.dot(W_r, h) + b_r)
    z = jax.nn.sigmoid(jnp.dot(U_z, x) + jnp.dot(W_z, h) + b_z)
    n = jnp.tanh(jnp.dot(U_n, x) + jnp.dot(W_n, r * h) + b_n)
    h = (1 - z) * n + z * h
    return h, h


CELLS: dict[str, Step] = {
    "elman": jax.jit(partial(elman, jax.nn.sigmoid)),
    "elman-tanh": jax.jit(partial(elman, jnp.tanh)),
    "lstm": jax.jit(lstm),
    "gru": jax.jit(gru),
    "gru-reset-before": jax.jit(gru_reset_before),
}


def layer(step: Step, cuts: tuple[int, ...] = ()) -> Layer:
    """The cell over a sequence; whatever enters the steps in `cuts` is taken for a constant."""

    def run(weights: Any, carried: Any, xs: list[Any]) -> list[Any]:
        hs = []
        for t, x in enumerate(xs):
            if t in cuts:
                carried = jax.lax.stop_gradient(carried)
            h, carried = step(weights, carried, x)
            hs.append(h)
        return hs

    return run


def stacked(lower: Layer, upper: Layer) -> Layer:
    """The hidden states of the lower layer are the inputs of the upper; pairs of weights and of what is carried."""

    def run(weights: Any, carried: Any, xs: list[Any]) -> list[Any]:
        return upper(weights[1], carried[1], lower(weights[0], carried[0], xs))

    return run


def bidirectional(one: Layer) -> Layer:
    """h of a pass onward in time, then h of a pass in reverse: (2 D_h,); dicts of weights, and of what is carried."""

    def run(weights: Any, carried: Any, xs: list[Any]) -> list[Any]:
        onward = one(weights["onward"], carried["onward"], xs)
        reverse = one(weights["reverse"], carried["reverse"], xs[::-1])
        return [jnp.concatenate(pair) for pair in zip(onward, reverse[::-1], strict=True)]

    return run


def squared(prediction: Any, y: Any) -> Any:
    """½ Σ e², with e = prediction − y, (D_y,) each."""
    return 0.5 * jnp.sum(jnp.square(prediction - y))


def absolute(prediction: Any, y: Any) -> Any:
    """Σ |e|."""
    return jnp.sum(jnp.abs(prediction - y))


def elastic_net(prediction: Any, y: Any) -> Any:
    """Half of each of the two above."""
    return 0.5 * absolute(prediction, y) + 0.5 * squared(prediction, y)


def huber(prediction: Any, y: Any) -> Any:
    """Σ ½ e² where |e| ≤ 1, and |e| − ½ elsewhere."""
    size = jnp.abs(prediction - y)
    return jnp.sum(jnp.where(size <= 1, 0.5 * jnp.square(size), size - 0.5))


def cross_entropy(logits: Any, y: Any) -> Any:
    """−log softmax(logits)_y, y being an integer class."""
    return -jax.nn.log_softmax(logits)[y]


LOSSES = {
    "squared": squared,
    "absolute": absolute,
    "elastic-net": elastic_net,
    "huber": huber,
    "cross-entropy": cross_entropy,
}


def loss_of_one_sequence(run: Layer, loss: str, every_step: bool, weights: Any, h0: Any, xs: list[Any], y: Any) -> Any:
    """The loss of V h at the last step, y being its target, or summed over all steps, y being the targets of each."""
    predictions = [jnp.dot(weights["V"], h) for h in run(weights["cell"], h0, xs)]
    if not every_step:
        return LOSSES[loss](predictions[-1], y)
    return sum(LOSSES[loss](prediction, y[t]) for t, prediction in enumerate(predictions))


def value_and_gradient(
    run: Layer, loss: str, every_step: bool, weights: Any, h0: Any, xs: Any, y: Any, lengths: Any = None
) -> Any:
    """The loss, summed over the sequences of a batch, and its gradient by weights, h0, xs and, unless it is classes, y.

    xs is (T, ..., D_x); h0 (..., D_h), or what the layer takes of such; y (..., D_y), or (T, ..., D_y) if `every_step`,
    classes without D_y. lengths, integers (...), say how many steps each sequence has, None that all have T.
    """

    def total(weights: Any, h0: Any, xs: Any, y: Any) -> Any:
        losses = []
        for n in np.ndindex(xs.shape[1:-1]):
            steps = range(len(xs) if lengths is None else lengths[n])
            h0_n = jax.tree.map(lambda part, n=n: part[n], h0)
            xs_n = [xs[t, *n] for t in steps]
            y_n = [y[t, *n] for t in steps] if every_step else y[n]
            losses.append(loss_of_one_sequence(run, loss, every_step, weights, h0_n, xs_n, y_n))
        return sum(losses)

    arguments = (0, 1, 2) if loss == "cross-entropy" else (0, 1, 2, 3)
    return jax.value_and_grad(total, argnums=arguments)(weights, h0, xs, y)
