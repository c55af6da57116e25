"""The LSTM cell with forget gate, without peepholes, and how tangents and cotangents go through a step of it.

    a[n,k] = U[n,k,m] x[t,m] + W[n,k,l] h[t-1,l] + b[n,k]        n = i, f, g, o
    i, f, o = σ(a),  g = tanh(a)
    c[t,k] = f[k] c[t-1,k] + i[k] g[k]
    h[t,k] = o[k] tanh(c[t,k])

The gates are the first axis of the weights, in the order i, f, g, o. (Hochreiter and Schmidhuber 1997; the forget gate
by Gers, Schmidhuber and Cummins 2000.)
"""

from typing import NamedTuple

from bptt.rnn.activations import sigmoid, tanh
from bptt.rnn.arrays import Array, gates, product, stacked, transposed_product
from bptt.rnn.cell import Cell, Products


class Weights(NamedTuple):
    """The weights of the cell, or anything shaped like them: a gradient, a tangent.

    U: (4, D_h, D_x), W: (4, D_h, D_h), b: (4, D_h) or None for a cell without bias. In `torch.nn.LSTM` the first D_h
    rows of weight_ih and weight_hh are gate i, the next D_h are f, then g, then o: U = weight_ih.reshape(4, D_h, D_x),
    W = weight_hh.reshape(4, D_h, D_h) and b = (bias_ih + bias_hh).reshape(4, D_h).
    """

    U: Array
    W: Array
    b: Array | None = None


class State(NamedTuple):
    """What is carried from one step to the next: the hidden state h and the cell state c, (..., D_h) each."""

    h: Array
    c: Array


class States(NamedTuple):
    """The states h and c, and the gates, activated: (T, ..., D_h) each."""

    h: Array
    c: Array
    i: Array
    f: Array
    g: Array
    o: Array


def step(weights: Weights, before: State, drive: Array) -> States:
    """Compute one step, as at the top; drive[n,k] = U[n,k,m] x[t,m] + b[n,k]."""
    a = drive + product(weights.W, before.h)
    (i, f), g, o = gates(sigmoid(a[..., :2, :])), tanh(a[..., 2, :]), sigmoid(a[..., 3, :])
    c = f * before.c + i * g
    return States(o * tanh(c), c, i, f, g, o)


def vjp(weights: Weights, before: State, states: States, bar: State) -> tuple[Products, State]:
    """Pull the cotangents of h and c back through `step`, to δ, that of a, and those of h[t-1] and c[t-1].

    c_bar[k]      = bar_c[k] + bar_h[k] o[k] tanh'(c[t,k])
    δ[i,k]        = c_bar[k] g[k] σ'(a[i,k])
    δ[f,k]        = c_bar[k] c[t-1,k] σ'(a[f,k])
    δ[g,k]        = c_bar[k] i[k] tanh'(a[g,k])
    δ[o,k]        = bar_h[k] tanh(c[t,k]) σ'(a[o,k])
    bar_h[t-1,l]  = W[n,k,l] δ[n,k]
    bar_c[t-1,k]  = c_bar[k] f[k]
    """
    _, c, i, f, g, o = states
    tanh_c = tanh(c)
    c_bar = bar.c + bar.h * o * tanh.slope(tanh_c)
    δ_i = c_bar * g * sigmoid.slope(i)
    δ_f = c_bar * before.c * sigmoid.slope(f)
    δ_g = c_bar * i * tanh.slope(g)
    δ_o = bar.h * tanh_c * sigmoid.slope(o)
    δ = stacked(δ_i, δ_f, δ_g, δ_o)
    return Products(δ), State(h=transposed_product(weights.W, δ), c=c_bar * f)


def jvp(weights: Weights, before: State, states: States, dot: Products, before_dot: State) -> State:
    """Push the tangents of the products, of h[t-1] and of c[t-1] through `step`, to those of h and c.

    a_dot[n,k] = dot[n,k] + W[n,k,l] h_dot[t-1,l]
    c_dot[k]   = f c_dot[t-1,k] + f_dot c[t-1,k] + i_dot g + i g_dot        f_dot = σ'(a) a_dot[f,k], and so on
    h_dot[k]   = o_dot tanh(c) + o tanh'(c) c_dot
    """
    _, c, i, f, g, o = states
    tanh_c = tanh(c)
    a_i, a_f, a_g, a_o = gates(dot.x + dot.h + product(weights.W, before_dot.h))
    i_dot, f_dot = sigmoid.slope(i) * a_i, sigmoid.slope(f) * a_f
    g_dot, o_dot = tanh.slope(g) * a_g, sigmoid.slope(o) * a_o
    c_dot = f * before_dot.c + f_dot * before.c + i_dot * g + i * g_dot
    return State(h=o_dot * tanh_c + o * tanh.slope(tanh_c) * c_dot, c=c_dot)


cell = Cell(Weights, States, (4,), step, vjp, jvp, State)
forward, backward, sensitivities = cell.forward, cell.backward, cell.sensitivities
