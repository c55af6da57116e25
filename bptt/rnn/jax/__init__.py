"""The cells as functions that JAX differentiates by their hand-written backward pass: `jax.custom_vjp` of a `Cell`.

forward     the states of every step
loss        `network.loss`: a readout and a loss of these

With `checkpoint`, only every k-th carried state is kept for the backward pass, and the steps between two of them are
computed again, a segment at a time, the last segment first: k + T/k steps are held in the place of T. (Griewank 1992;
Chen et al. 2016, https://arxiv.org/abs/1604.06174.) Of `forward` the states of all steps come out, and their cotangents
go back in; `loss` reads each segment out where its states are, and holds neither.
"""

from bptt.rnn.jax._loss import loss
from bptt.rnn.jax._recurrence import forward

__all__ = ["forward", "loss"]
