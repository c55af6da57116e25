"""Proves or refutes hand-written gradients, and ships those of recurrent networks.

    bptt.verify     is this gradient the derivative? `check_gradient` is where to start
    bptt.proofread  is every equation of this document right?
    bptt.rnn        the gradients: `rnn.network.gradient` is that of a network by all of its arguments
    bptt.blogpost   the gradient that a blog post published, which is wrong
    bptt.balls      real numbers with guaranteed error bounds, on which the verdicts stand

Each is loaded when it is first asked for. `import bptt` and the gradients need NumPy alone; `bptt.verify`,
`bptt.proofread` and the command need `pip install 'bptt[verify]'`.
"""

import importlib
from types import ModuleType

__all__ = ["balls", "blogpost", "proofread", "rnn", "verify"]


def __getattr__(name: str) -> ModuleType:
    if name in __all__:
        return importlib.import_module(f"bptt.{name}")
    raise AttributeError(f"module 'bptt' has no attribute {name!r}; it has {', '.join(__all__)}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
