"""The Elman cell, h^t = s(W h^{t−1} + U x^t + b), and its gradients in two forms.

`backward` is the adjoint form, the one to use. `sensitivities` is the forward recursion in which the gradient of the
weights is usually derived, with the three-index tensors ∂h_k/∂U_αβ and ∂h_k/∂W_αβ. Every function takes NumPy arrays
of floats or of balls, or JAX arrays, also under `jax.jit`; float32 stays float32.
"""

from typing import NamedTuple

from bptt.activations import Activation, sigmoid
from bptt.arrays import Array, contract_time, floating, namespace, require_shape
from bptt.scan import scan


class Weights(NamedTuple):
    """The weights of the cell, or anything shaped like them: a gradient, a tangent.

    U: (D_h, D_x), W: (D_h, D_h), b: (D_h,) or None for a cell without bias.
    """

    U: Array
    W: Array
    b: Array | None = None


class Cotangents(NamedTuple):
    """∂L by each argument of `forward`, shaped like it; `h0` is None where the argument was."""

    weights: Weights
    h0: Array | None
    xs: Array


def forward(weights: Weights, h0: Array | None, xs: Array, activation: Activation = sigmoid) -> Array:
    """The states h of the cell, (T, ..., D_h).

        a[t,k] = W[k,l] h[t-1,l] + U[k,m] xs[t,m] + b[k]        with h[-1] = h0
        h[t,k] = s(a[t,k])

    with t from 0 to T − 1. xs is (T, ..., D_x), any batch axes after time; h0 is (..., D_h), or None for zeros. Raises
    `ValueError` for a wrong shape, for T = 0 and for an empty axis, `TypeError` for what is no array of real numbers.
    """
    (U, W, b), h0, xs, _ = _checked(weights, h0, xs)
    inputs = xs @ U.T if b is None else xs @ U.T + b

    def step(h_before: Array, from_x: Array) -> tuple[Array, Array]:
        h = activation(h_before @ W.T + from_x)  # W[k,l] h[l] is h @ W.T
        return h, h

    return scan(step, h0, inputs)[1]


def backward(
    weights: Weights, h0: Array | None, xs: Array, h: Array, h_bar: Array, activation: Activation = sigmoid
) -> Cotangents:
    """Pull h_bar[t,k] = ∂L/∂h[t,k], held at fixed later states, back through `forward`.

        δ[t,k]     = s'(a[t,k]) (h_bar[t,k] + W[l,k] δ[t+1,l])        with δ[T] = 0
        U_bar[k,m] = δ[t,k] xs[t,m]
        W_bar[k,l] = δ[t,k] h[t-1,l]                                  with h[-1] = h0
        b_bar[k]   = δ[t,k]
        h0_bar[l]  = δ[0,k] W[k,l]
        xs_bar[t,m] = δ[t,k] U[k,m]

    with t from 0 to T − 1. h is what `forward` returned, (T, ..., D_h), and h_bar has its shape; the other arguments
    and the errors are those of `forward`. The gradients of the weights are summed over time and batch. O(T D_h²) for
    one sequence.
    """
    given_h0 = h0
    (U, W, b), h0, xs, (h, h_bar) = _checked(weights, h0, xs, h=h, h_bar=h_bar)

    def step(δ_after: Array, slope: Array, h_bar: Array) -> tuple[Array, Array]:
        δ = slope * (h_bar + δ_after @ W)  # W[l,k] δ[l] is δ @ W
        return δ, δ

    zeros = namespace(h0).zeros_like(h0)
    δ_first, δ = scan(step, zeros, activation.slope(h), h_bar, reverse=True)
    return Cotangents(
        weights=Weights(
            U=contract_time(δ, xs),
            W=contract_time(δ, before(h0, h)),
            b=None if b is None else δ.reshape(-1, δ.shape[-1]).sum(axis=0),
        ),
        h0=None if given_h0 is None else δ_first @ W,
        xs=δ @ U,
    )


def sensitivities(weights: Weights, h0: Array | None, xs: Array, h: Array, activation: Activation = sigmoid) -> Weights:
    """The derivative of every state by every weight, forward in time: real-time recurrent learning.

        ∂h[t,k]/∂U[α,β] = s'(a[t,k]) (δ_αk xs[t,β]  + W[k,l] ∂h[t-1,l]/∂U[α,β])
        ∂h[t,k]/∂W[α,β] = s'(a[t,k]) (δ_αk h[t-1,β] + W[k,l] ∂h[t-1,l]/∂W[α,β])
        ∂h[t,k]/∂b[α]   = s'(a[t,k]) (δ_αk          + W[k,l] ∂h[t-1,l]/∂b[α])

    with h[-1] = h0, which does not depend on the weights. Arguments and errors as for `backward`. Returns
    U: (T, ..., D_h, D_h, D_x), W: (T, ..., D_h, D_h, D_h) and b: (T, ..., D_h, D_h), the axes k, α, β last; `contract`
    pulls a cotangent back through them. O(T D_h³ (D_x + D_h)): for derivations, not for training.
    """
    (_, W, b), h0, xs, (h,) = _checked(weights, h0, xs, h=h)
    slope = activation.slope(h)
    xp = namespace(h)
    identity = xp.eye(len(W), dtype=h.dtype)

    def by_the_weight_of(z: Array) -> Array:
        """∂h[t,k]/∂M[α,β] for the weight M that multiplies z[t,β]."""
        immediate = xp.einsum("ka,...b->...kab", identity, z)

        def step(before: Array, slope: Array, immediate: Array) -> tuple[Array, Array]:
            through_h = xp.einsum("kl,...lab->...kab", W, before)
            now = xp.einsum("...k,...kab->...kab", slope, immediate + through_h)
            return now, now

        return scan(step, xp.zeros_like(immediate[0]), slope, immediate)[1]

    return Weights(
        U=by_the_weight_of(xs),
        W=by_the_weight_of(before(h0, h)),
        b=None if b is None else by_the_weight_of(xp.ones_like(xs[..., :1]))[..., 0],
    )


def contract(sensitivities: Weights, h_bar: Array) -> Weights:
    """M_bar[α,β] = h_bar[t,k] ∂h[t,k]/∂M[α,β] for each weight M, summed over time and batch.

    h_bar[t,k] = ∂L/∂h[t,k], held at fixed later states, is (T, ..., D_h). Returns the gradient of the weights. Raises
    `ValueError` for another shape of h_bar than that of the states.
    """
    U, W, b, h_bar = floating(U=sensitivities.U, W=sensitivities.W, b=sensitivities.b, h_bar=h_bar)
    *leading, D_h, _, _ = U.shape
    require_shape("h_bar", h_bar, (*leading, D_h), "(T, ..., D_h), as in the sensitivities,")
    xp = namespace(h_bar)
    flat_bar = h_bar.reshape(-1, D_h)

    def contracted(s: Array) -> Array:
        result: Array = xp.einsum("nk,nk...->...", flat_bar, s.reshape(-1, *s.shape[len(leading) :]))
        return result

    return Weights(contracted(U), contracted(W), None if b is None else contracted(b))


def before(h0: Array, h: Array) -> Array:
    """h[t-1] for every t, with h[-1] = h0: (T, ..., D_h), from h0 (..., D_h) and h (T, ..., D_h)."""
    result: Array = namespace(h).concat([h0[None], h[:-1]])
    return result


def _checked(
    weights: Weights, h0: Array | None, xs: Array, **states: Array
) -> tuple[Weights, Array, Array, list[Array]]:
    """The arguments in one float type, h0 filled in, the states of the same shape as those of `forward`."""
    U, W, b, h0, xs, *promoted = floating(U=weights.U, W=weights.W, b=weights.b, h0=h0, xs=xs, **states)
    if U.ndim != 2 or 0 in U.shape:
        raise ValueError(f"U must have shape (D_h, D_x), no axis empty; got {U.shape}")
    D_h, D_x = U.shape
    require_shape("W", W, (D_h, D_h), "(D_h, D_h), D_h being the rows of U,")
    if b is not None:
        require_shape("b", b, (D_h,), "(D_h,), D_h being the rows of U,")
    if xs.ndim < 2 or xs.shape[-1] != D_x:
        raise ValueError(f"xs must have shape (T, ..., D_x) with D_x = {D_x}, the columns of U; got {xs.shape}")
    if 0 in xs.shape:
        raise ValueError(f"xs must have at least one time step and no empty axis; got shape {xs.shape}")
    if h0 is None:
        h0 = namespace(xs).zeros_like(xs, shape=(*xs.shape[1:-1], D_h))
    require_shape("h0", h0, (*xs.shape[1:-1], D_h), "(..., D_h), the batch axes of xs before D_h,")
    for name, state in zip(states, promoted, strict=True):
        require_shape(name, state, (*xs.shape[:-1], D_h), "(T, ..., D_h), as returned by forward,")
    return Weights(U, W, b), h0, xs, promoted
