"""Hand-written gradients of recurrent networks, and the harness that proves or refutes them.

`network.gradient` is where to start: the gradient of a network by all of its arguments. Its cell is one of `elman`,
`lstm` and `gru`, or cells composed by `layers`; its loss one of `losses`. `truncated` is truncated back-propagation,
`published` the post's own gradient, which is wrong. `recurrence.Cell` is what a cell of your own is made of, and
`bptt.verify.check_gradient` judges a gradient of your own.

`import bptt` and the gradients need NumPy alone; `bptt.verify` and the command need `pip install 'bptt[verify]'`.
"""

from bptt import activations, elman, gru, layers, losses, lstm, network, published, recurrence, truncated

__all__ = ["activations", "elman", "gru", "layers", "losses", "lstm", "network", "published", "recurrence", "truncated"]
