"""Hand-written gradients of recurrent networks in index notation. They need NumPy alone.

`network.gradient` is where to start: the gradient of a network by all of its arguments. Its cell is one of `elman`,
`lstm` and `gru`, or cells composed by `layers`; its loss one of `losses`. `truncated` is truncated back-propagation.
`cell.Cell` is what a cell of your own is made of.
"""

from bptt.rnn import activations, arrays, cell, elman, gru, layers, losses, lstm, network, registry, truncated

__all__ = [
    "activations", "arrays", "cell", "elman", "gru", "layers", "losses", "lstm", "network", "registry", "truncated",
]  # fmt: skip
