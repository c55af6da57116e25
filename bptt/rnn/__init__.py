"""Hand-written gradients of recurrent networks in index notation. They need NumPy alone.

network             the gradient of a network by all of its arguments: where to start
elman, lstm, gru    the cells
layers              cells on top of one another, and in both directions of time
losses              the losses at the readout
truncated           truncated back-propagation through time
cell                what a cell of your own is made of, from `arrays` and `activations`, and passed over time by `scan`
registry            the cells by name
jax                 the cells as functions that JAX differentiates by these gradients; needs JAX, and is imported alone
"""

from bptt.rnn import activations, arrays, cell, elman, gru, layers, losses, lstm, network, registry, scan, truncated

__all__ = [
    "activations", "arrays", "cell", "elman", "gru", "layers", "losses", "lstm", "network", "registry", "scan",
    "truncated",
]  # fmt: skip
