"""The GRU cell in both published forms, and how tangents and cotangents go through a step of it.

    r[k] = σ(U[r,k,m] x[t,m] + b[r,k] + W[r,k,l] h[t-1,l] + b_h[r,k])        and z[k] likewise, with gate z
    n[k] = tanh(U[n,k,m] x[t,m] + b[n,k] + q[k])
    q[k] = r[k] p[k]                with  p[k] = W[n,k,l] h[t-1,l] + b_h[n,k]        reset after the product: `cell`
    q[k] = W[n,k,l] p[l] + b_h[n,k] with  p[k] = r[k] h[t-1,k]            reset before it: `cell_reset_before`
    h[t,k] = (1 - z[k]) n[k] + z[k] h[t-1,k]

The gates are the first axis of the weights, in the order r, z, n. Reset before the product is how the cell was first
published (Cho et al. 2014, https://arxiv.org/abs/1406.1078, where 1 - z stands for z); reset after it is what PyTorch
and cuDNN compute.
"""

from typing import NamedTuple

from bptt.rnn.activations import sigmoid, tanh
from bptt.rnn.arrays import Array, gates, product, stacked, transposed_product
from bptt.rnn.cell import Cell, Products, State


class Weights(NamedTuple):
    """The weights of the cell, or anything shaped like them: a gradient, a tangent.

    U: (3, D_h, D_x), W: (3, D_h, D_h); b and b_h: (3, D_h), either may be None. In `torch.nn.GRU` the first D_h rows of
    weight_ih and weight_hh are gate r, the next D_h are z, then n: U = weight_ih.reshape(3, D_h, D_x),
    W = weight_hh.reshape(3, D_h, D_h), b = bias_ih.reshape(3, D_h) and b_h = bias_hh.reshape(3, D_h).
    """

    U: Array
    W: Array
    b: Array | None = None
    b_h: Array | None = None


class States(NamedTuple):
    """The states h, the gates, activated, and p: (T, ..., D_h) each."""

    h: Array
    r: Array
    z: Array
    n: Array
    p: Array


def step(weights: Weights, before: State, drive: Array) -> States:
    """Compute one step of `cell`, as at the top; drive[n,k] = U[n,k,m] x[t,m] + b[n,k]."""
    of_h = product(weights.W, before.h, weights.b_h)
    r, z = gates(sigmoid(drive[..., :2, :] + of_h[..., :2, :]))
    p = of_h[..., 2, :]
    n = tanh(drive[..., 2, :] + r * p)
    return States((1 - z) * n + z * before.h, r, z, n, p)


def vjp(weights: Weights, before: State, states: States, bar: State) -> tuple[Products, State]:
    """Pull the cotangent of h back through `step`, to those of the two products and of h[t-1].

    δ[n,k]    = bar[k] (1 - z[k]) tanh'(a[n,k])
    δ[z,k]    = bar[k] (h[t-1,k] - n[k]) σ'(a[z,k])
    δ[r,k]    = δ[n,k] p[k] σ'(a[r,k])
    bar[t-1,l] = bar[l] z[l] + W[r,k,l] δ[r,k] + W[z,k,l] δ[z,k] + W[n,k,l] δ[n,k] r[k]
    """
    _, r, z, n, p = states
    δ_n = bar.h * (1 - z) * tanh.slope(n)
    δ_z = bar.h * (before.h - n) * sigmoid.slope(z)
    δ_r = δ_n * p * sigmoid.slope(r)
    δ = Products(stacked(δ_r, δ_z, δ_n), stacked(δ_r, δ_z, δ_n * r))  # r gates the product of h alone
    return δ, State(bar.h * z + transposed_product(weights.W, δ.h))


def jvp(weights: Weights, before: State, states: States, dot: Products, before_dot: State) -> State:
    """Push the tangents of the products and of h[t-1] through the step, to that of h.

    r_dot = σ'(a) (dot.x[r] + p_r_dot),  z_dot likewise      with p_dot[n,k] = dot.h[n,k] + W[n,k,l] h_dot[t-1,l]
    n_dot = tanh'(a) (dot.x[n] + r_dot p + r p_dot)
    h_dot = (1 - z) n_dot + z_dot (h[t-1] - n) + z h_dot[t-1]
    """
    _, r, z, n, p = states
    x_r, x_z, x_n = gates(dot.x)
    p_r, p_z, p_n = gates(dot.h + product(weights.W, before_dot.h))
    r_dot, z_dot = sigmoid.slope(r) * (x_r + p_r), sigmoid.slope(z) * (x_z + p_z)
    n_dot = tanh.slope(n) * (x_n + r_dot * p + r * p_n)
    return State((1 - z) * n_dot + z_dot * (before.h - n) + z * before_dot.h)


def step_reset_before(weights: Weights, before: State, drive: Array) -> States:
    """Compute one step of `cell_reset_before`, as at the top; drive[n,k] = U[n,k,m] x[t,m] + b[n,k]."""
    x_r, x_z, x_n = gates(drive if weights.b_h is None else drive + weights.b_h)  # here nothing tells b_h from b
    p_r, p_z = gates(product(weights.W[:2], before.h))
    r, z = sigmoid(x_r + p_r), sigmoid(x_z + p_z)
    p = r * before.h
    n = tanh(x_n + product(weights.W[2], p))
    return States((1 - z) * n + z * before.h, r, z, n, p)


def vjp_reset_before(weights: Weights, before: State, states: States, bar: State) -> tuple[Products, State]:
    """Pull the cotangent of h back through `step_reset_before`, to those of both products and of h[t-1].

    δ[n,k]    = bar[k] (1 - z[k]) tanh'(a[n,k])
    δ[z,k]    = bar[k] (h[t-1,k] - n[k]) σ'(a[z,k])
    p_bar[l]  = W[n,k,l] δ[n,k]
    δ[r,l]    = p_bar[l] h[t-1,l] σ'(a[r,l])
    bar[t-1,l] = bar[l] z[l] + W[r,k,l] δ[r,k] + W[z,k,l] δ[z,k] + p_bar[l] r[l]
    """
    _, r, z, n, _ = states
    δ_n = bar.h * (1 - z) * tanh.slope(n)
    δ_z = bar.h * (before.h - n) * sigmoid.slope(z)
    p_bar = transposed_product(weights.W[2], δ_n)
    δ_r = p_bar * before.h * sigmoid.slope(r)
    δ = stacked(δ_r, δ_z, δ_n)
    return Products(δ), State(bar.h * z + transposed_product(weights.W[:2], stacked(δ_r, δ_z)) + p_bar * r)


def jvp_reset_before(weights: Weights, before: State, states: States, dot: Products, before_dot: State) -> State:
    """Push the tangents of the products and of h[t-1] through the step, to that of h.

    r_dot = σ'(a) (dot[r,k] + W[r,k,l] h_dot[t-1,l]),  z_dot likewise         with dot = dot.x + dot.h
    n_dot = tanh'(a) (dot[n,k] + W[n,k,l] p_dot[l])                           with p_dot = r_dot h[t-1] + r h_dot[t-1]
    h_dot = (1 - z) n_dot + z_dot (h[t-1] - n) + z h_dot[t-1]
    """
    _, r, z, n, _ = states
    dot_r, dot_z, dot_n = gates(dot.x + dot.h)
    p_r, p_z = gates(product(weights.W[:2], before_dot.h))
    r_dot, z_dot = sigmoid.slope(r) * (dot_r + p_r), sigmoid.slope(z) * (dot_z + p_z)
    n_dot = tanh.slope(n) * (dot_n + product(weights.W[2], r_dot * before.h + r * before_dot.h))
    return State((1 - z) * n_dot + z_dot * (before.h - n) + z * before_dot.h)


cell = Cell(Weights, States, (3,), step, vjp, jvp)
cell_reset_before = cell._replace(
    step=step_reset_before,
    vjp=vjp_reset_before,
    jvp=jvp_reset_before,
    remembered=lambda before, states: stacked(before.h, before.h, states.p),  # W of n multiplies r h[t-1]
)
forward, backward, sensitivities = cell.forward, cell.backward, cell.sensitivities
