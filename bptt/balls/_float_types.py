"""The float types that balls bound, as NumPy or XLA computes in them: how much an operation may add.

u is the unit roundoff of the type, half the distance from 1 to the next float, and η half the smallest positive number,
which is what underflow can cost. `docs/rounding.md` says why the figures are what they are.
"""

import functools
import sys
from typing import Any, NamedTuple

import numpy as np
from flint import arb

from bptt.balls._context import CURRENT


class Kind(NamedTuple):
    """A float type as NumPy or XLA computes in it: how much an operation may add, as balls around 1 and around 0."""

    scalar: Any  # the type of its floats; `float` is a number of Python's, which takes the type of what it meets
    figures: "Figures"
    bits: int
    rounding: arb  # 1 ± u, of a product, a quotient or a root
    library: arb  # 1 ± 8 u
    underflow: arb  # 0 ± η
    library_underflow: arb  # 0 ± 8 η
    flush: arb  # 0 ± what an addition may lose where subnormal numbers become 0


class Figures(NamedTuple):
    """What is assumed of whoever computes, in units of u and η; `docs/rounding.md` says why."""

    rounding: int
    library: int
    flushes: bool  # subnormal numbers to 0


NUMPY = Figures(rounding=1, library=8, flushes=False)
XLA = Figures(rounding=2, library=32, flushes=True)


def _describe_float_type(scalar: Any) -> Any:
    try:
        return np.finfo(scalar)
    except ValueError:  # bfloat16, which JAX brings
        return sys.modules["jax.numpy"].finfo(scalar)


@functools.cache
def get_kind(scalar: Any, figures: Figures = NUMPY) -> Kind:
    """Return the kind of that float type: `np.float32`."""
    info = _describe_float_type(scalar)
    bits = int(info.nmant) + 1
    unit = arb(2) ** -bits
    tiny = arb(2) ** int(info.minexp) if figures.flushes else arb(2) ** (int(info.minexp) - int(info.nmant) - 1)
    return Kind(
        scalar,
        figures,
        bits,
        rounding=arb(1, figures.rounding * unit),
        library=arb(1, figures.library * unit),
        underflow=arb(0, tiny),
        library_underflow=arb(0, figures.library * tiny),
        flush=arb(0, tiny if figures.flushes else 0),
    )


def get_kind_of(number: Any, figures: Figures) -> Kind:
    """Return the kind of a float."""
    scalar: Any = type(number)
    return get_kind(scalar, figures)


def note_type(kind: Kind) -> None:
    """Note that something was computed in that type."""
    if (encountered := CURRENT.context.encountered) is not None:
        encountered.shortest_bits = min(encountered.shortest_bits, kind.bits)
