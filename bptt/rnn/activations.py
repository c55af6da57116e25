"""The activations s and their slopes s′, each slope written in terms of the activated value h = s(a)."""

from collections.abc import Callable
from typing import NamedTuple

from bptt.rnn.arrays import Array, namespace


class Activation(NamedTuple):
    """An elementwise s: `activation(a)` is s(a), and `activation.slope(h)` is s′(a) where h = s(a)."""

    function: Callable[[Array], Array]
    slope: Callable[[Array], Array]

    def __call__(self, a: Array) -> Array:
        return self.function(a)


def _sigmoid(a: Array) -> Array:
    """σ(a) = 1 / (1 + exp(−a)), as exp((a − |a|)/2) / (1 + exp(−|a|)).

    That form has no branch, overflows for no finite a and is accurate on both sides of 0. At a = inf it is NaN,
    since the branch that would make it 1 is one that balls cannot take.
    """
    xp = namespace(a)
    size = abs(a)
    s, denominator = xp.exp((a - size) / 2), xp.exp(-size)
    denominator += 1
    s /= denominator
    return s


sigmoid = Activation(_sigmoid, slope=lambda h: h * (1 - h))
tanh = Activation(lambda a: namespace(a).tanh(a), slope=lambda h: (1 - h) * (1 + h))  # 1 - h² loses digits near ±1
