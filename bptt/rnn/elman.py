"""The Elman cell, h[t] = s(W h[t-1] + U x[t] + b), with s the logistic sigmoid or tanh: the network of the post."""

from typing import NamedTuple

from bptt.rnn.activations import Activation, sigmoid
from bptt.rnn.arrays import Array, product, transposed_product
from bptt.rnn.cell import Cell, Products, State


class Weights(NamedTuple):
    """The weights of the cell, or anything shaped like them: a gradient, a tangent.

    U: (D_h, D_x), W: (D_h, D_h), b: (D_h,) or None for a cell without bias. Those of `torch.nn.RNN` are U = weight_ih,
    W = weight_hh and b = bias_ih + bias_hh.
    """

    U: Array
    W: Array
    b: Array | None = None


class States(NamedTuple):
    """The hidden states h, (T, ..., D_h)."""

    h: Array


def cell(activation: Activation = sigmoid) -> Cell:
    """The cell with this activation s."""

    def step(weights: Weights, before: State, drive: Array) -> States:
        """h[t,k] = s(a[t,k])  with  a[t,k] = drive[t,k] + W[k,l] h[t-1,l]"""
        return States(activation(drive + product(weights.W, before.h)))

    def vjp(weights: Weights, before: State, states: States, bar: State) -> tuple[Products, State]:  # noqa: ARG001
        """The cotangents δ of a, and those of h[t-1].

        δ[t,k]         = s'(a[t,k]) bar[t,k]
        bar[t-1,l]     = W[k,l] δ[t,k]
        """
        δ = activation.slope(states.h) * bar.h
        return Products(δ, δ), State(transposed_product(weights.W, δ))

    def jvp(weights: Weights, before: State, states: States, dot: Products, before_dot: State) -> State:  # noqa: ARG001
        """h_dot[t,k] = s'(a[t,k]) (dot[t,k] + W[k,l] h_dot[t-1,l])"""
        return State(activation.slope(states.h) * (dot.x + dot.h + product(weights.W, before_dot.h)))

    return Cell(Weights, States, (), step, vjp, jvp)


forward, backward, sensitivities = cell().forward, cell().backward, cell().sensitivities
