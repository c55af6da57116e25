"""Hand-written gradients of recurrent networks, and the harness that proves or refutes them.

`import bptt` and the gradients need NumPy alone; `bptt.verify` and the command need `pip install 'bptt[verify]'`.
"""

from bptt import activations, elman, gru, layers, losses, lstm, network, published, truncated

__all__ = ["activations", "elman", "gru", "layers", "losses", "lstm", "network", "published", "truncated"]
