"""The post's network written for JAX, in double precision, and differentiated by JAX.

One sequence at a time, one step at a time, as the definition reads; `jax.vmap` adds the batch axes.
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

jax.config.update("jax_enable_x64", True)  # type: ignore[no-untyped-call]

ACTIVATIONS = {"sigmoid": jax.nn.sigmoid, "tanh": jnp.tanh}

Parameters = dict[str, Any]  # U (D_h, D_x), W (D_h, D_h), b (D_h,), V (D_y, D_h)


def loss_of_one_sequence(activation: str, parameters: Parameters, h0: Any, xs: Any, y: Any) -> Any:
    """½ ‖ỹ − y‖² at the last step if y is (D_y,), summed over all steps if it is (T, D_y)."""
    state = h0
    predictions = []
    for x in xs:
        drive = jnp.dot(parameters["U"], x) + jnp.dot(parameters["W"], state) + parameters["b"]
        state = ACTIVATIONS[activation](drive)
        predictions.append(jnp.dot(parameters["V"], state))
    compared = jnp.stack(predictions) if y.ndim == 2 else predictions[-1]
    return 0.5 * jnp.sum(jnp.square(compared - y))


@partial(jax.jit, static_argnums=(0, 1))
def gradient(activation: str, every_step: bool, parameters: Parameters, h0: Any, xs: Any, y: Any) -> Any:
    """The gradient by parameters, h0, xs and y of the loss, summed over the batch axes.

    h0 is (..., D_h), xs (T, ..., D_x) and y (..., D_y), or (T, ..., D_y) if `every_step`.
    """

    def loss(parameters: Parameters, h0: Any, xs: Any, y: Any) -> Any:
        one = partial(loss_of_one_sequence, activation)
        for _ in range(h0.ndim - 1):
            one = jax.vmap(one, in_axes=(None, 0, 1, 1 if every_step else 0))
        return jnp.sum(one(parameters, h0, xs, y))

    return jax.grad(loss, argnums=(0, 1, 2, 3))(parameters, h0, xs, y)
