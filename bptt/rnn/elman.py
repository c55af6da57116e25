"""The Elman cell, h[t] = s(W h[t-1] + U x[t] + b), with s the logistic sigmoid or tanh: the network of the post."""

from typing import NamedTuple

from bptt.rnn.activations import Activation, sigmoid
from bptt.rnn.arrays import Array
from bptt.rnn.cell import Cell, Products, State


class Weights(NamedTuple):
    """The weights of the cell, or anything shaped like them: a gradient, a tangent.

    U: (D_h, D_x), W: (D_h, D_h), b: (D_h,) or None for a cell without bias. Those of `torch.nn.RNN` are U = weight_ih,
    W = weight_hh and b = bias_ih + bias_hh.
    """

    U: Array
    W: Array
    b: Array | None = None


def cell(activation: Activation = sigmoid) -> Cell:
    """Make the cell with this activation s."""
    s, slope = activation

    def step(weights: Weights, before: State, drive: Array) -> State:
        """h[t,k] = s(a[t,k])  with  a[t,k] = drive[t,k] + W[k,l] h[t-1,l]"""
        a = before.h @ weights.W.T
        a += drive
        return State(s(a))

    def vjp(weights: Weights, before: State, states: State, bar: State) -> tuple[Products, State]:  # noqa: ARG001
        """Pull the cotangent of h back through `step`, to δ, that of a, and that of h[t-1].

        δ[t,k]         = s'(a[t,k]) bar[t,k]
        bar[t-1,l]     = W[k,l] δ[t,k]
        """
        δ = slope(states.h) * bar.h
        return Products(δ), State(δ @ weights.W)

    def jvp(weights: Weights, before: State, states: State, dot: Products, before_dot: State) -> State:  # noqa: ARG001
        """h_dot[t,k] = s'(a[t,k]) (dot[t,k] + W[k,l] h_dot[t-1,l])"""
        return State(slope(states.h) * (dot.x + dot.h + before_dot.h @ weights.W.T))

    return Cell(Weights, State, (), step, vjp, jvp)


forward, backward, sensitivities = cell().forward, cell().backward, cell().sensitivities
