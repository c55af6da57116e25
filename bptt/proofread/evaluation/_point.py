"""A point at which equations are evaluated: sizes, steps, and of what kind the values are that nothing defines."""

from collections.abc import Mapping
from typing import NamedTuple

from bptt.proofread import _expressions as ex
from bptt.proofread._expressions import Range, Step
from bptt.proofread.evaluation._drawing import Values


class NoSuchStep(ValueError):  # noqa: N818
    """A step before the first or behind the last."""


class Point(NamedTuple):
    """The sizes, the number of steps, and the seed and the kind of the values of all that nothing defines."""

    sizes: Mapping[str, int]
    steps: int
    seed: int = 0
    values: Values = "small"

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

    def holds(self, mask: ex.Mask, left: int, right: int) -> bool:
        """Whether two numbers are in the relation of a mask."""
        return {"=": left == right, "≠": left != right, "<": left < right, "≤": left <= right}[mask.relation]
