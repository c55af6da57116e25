"""How a function of `scipy.special` stands in the tables: its value, its derivatives, and where it is defined."""

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from flint import arb

Slope: TypeAlias = Callable[..., arb] | None  # of all operands and of the value; `None` where none is known

INFINITY = float("inf")
REAL, POSITIVE, UNIT = (-INFINITY, INFINITY), (0.0, INFINITY), (0.0, 1.0)  # open intervals


class Special(NamedTuple):
    """A function of numbers, its derivative by each, and the interval of each in which it is defined."""

    apply: Callable[..., arb]
    slopes: tuple[Slope, ...]
    domains: tuple[tuple[float, float], ...]
