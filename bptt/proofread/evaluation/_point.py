"""A point at which equations are evaluated: sizes, steps, and the values of all that nothing defines."""

import random
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from flint import arb

from bptt.proofread import _expressions as ex
from bptt.proofread._expressions import Quantity, Range, Step

_BITS = 53  # of a random number, as many as a float has


class NoSuchStep(ValueError):  # noqa: N818
    """A step before the first or behind the last."""


class Point(NamedTuple):
    """The sizes, the number of steps, and the seed of the values of all that nothing defines."""

    sizes: Mapping[str, int]
    steps: int
    seed: int = 0
    positive: bool = False

    def get_size(self, axis: Range) -> int:
        """Return how many values an index has that runs over a range."""
        return sum(self.sizes[name] for name in axis)

    def get_step(self, step: Step | None, letters: Mapping[str, int]) -> int | None:
        """Return the number of a step; None for what has none."""
        return None if step is None else step.resolve(self.steps, letters)

    def get_steps(self, node: ex.OverSteps | ex.MatrixProduct, letters: Mapping[str, int]) -> range:
        """Return the steps that a sum or a product runs over; none where the last comes before the first.

        Raises `NoSuchStep` for a product that has fewer than no factors.
        """
        first, last = node.first.resolve(self.steps, letters), node.last.resolve(self.steps, letters)
        if (isinstance(node, ex.MatrixProduct) or node.product) and first > last + 1:
            raise NoSuchStep(f"a product over the steps runs from {first} to {last}")
        return range(first, last + 1)

    def has_step(self, step: int | None) -> bool:
        """Whether there is such a step, from 0, the one before the first, to the last."""
        return step is None or 0 <= step <= self.steps

    def draw(self, quantity: Quantity, step: int | None, shape: tuple[int, ...], positive: bool) -> npt.NDArray[Any]:
        """Draw random numbers between -1 and 1, or between 0 and 1: the same ones for the same quantity and step."""
        source = random.Random(f"{self.seed} {quantity.name} {len(quantity.axes)} {step} {shape}")
        values = np.empty(shape, dtype=object)
        for place in np.ndindex(shape):
            bits = source.getrandbits(_BITS) | 1  # odd, so never 0
            values[place] = arb(bits if positive or self.positive else 2 * bits - 2**_BITS) / 2**_BITS
        return values
