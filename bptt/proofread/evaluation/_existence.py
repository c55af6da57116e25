"""Which quantities exist at which steps."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from bptt.proofread import _expressions as ex
from bptt.proofread._expressions import Definition, Definitions, Expression, Quantity, Step
from bptt.proofread._traversal import get_children, list_entries, walk, walk_definitions


class _Reading(NamedTuple):
    """A definition of one quantity has an entry of another: at this step, the lowest that its letters allow."""

    by: Quantity
    of: Quantity
    lowest: int


class Existence:
    """Decides at which steps the quantities of an equation exist.

    The steps are 1 to T, or 0 to T where a definition sums over these. Before the first there is what a recurrence
    starts from: the entries that definitions read at the first step, such as h_0 for h_t = tanh(W h_{t−1}). Those of a
    quantity that has a definition with a letter are given only if it depends on the definition which reads them: a loss
    L_t has no L_0, though L_t − L_{t−1} may be defined. Data that a definition reads, such as x_{t−1}, have them, too.
    What an equation itself speaks of is no reason for it to exist. A definition for one step alone is one.

    Attributes:
        first: the first step
    """

    def __init__(self, definitions: Definitions, nodes: Sequence[Expression]) -> None:
        self.definitions = definitions
        entries = (entry for node in walk_definitions(definitions, nodes) for entry in list_entries(node))
        met = dict.fromkeys(entry.quantity for entry in entries)
        relevant = [one for quantity in met for one in definitions.quantities.get(quantity, ())]
        self.first = min([1, *map(_find_first_summed, relevant)])
        self._readings = [found for one in relevant for found in _list_readings(one, self.first)]
        self._lowest: dict[Quantity, int] = {}
        self._starts: dict[Quantity, int] = {}

    def exists(self, quantity: Quantity, step: int | None, last: int) -> bool:
        """Whether there is an entry of the quantity at a step, where there are `last` ones."""
        if step is None or self.first <= step <= last:
            return True
        fixed = (one.step for one in self.definitions.quantities.get(quantity, ()) if one.step and one.step.is_fixed)
        if any(at.resolve(last, {}) == step for at in fixed):  # such as h^{T+1} = 0
            return True
        return self._find_lowest(quantity) <= step <= last

    def find_start(self, quantity: Quantity) -> int:
        """Find the step from which a definition with a letter holds: before the first where all it reads is there.

        So y_0 = V h_0 where y_t = V h_t is fed back, while h_0 itself is given.
        """
        if quantity not in self._starts:
            self._starts[quantity] = self._find_start(quantity)
        return self._starts[quantity]

    def _find_start(self, quantity: Quantity) -> int:
        lowest = self._find_lowest(quantity)
        if lowest == self.first:
            return self.first
        shift = self.first - lowest
        read = [one for one in self._readings if one.by == quantity and one.of.timed]
        there = all(one.lowest >= self.first and self._find_lowest(one.of) <= one.lowest - shift for one in read)
        return lowest if read and there else self.first

    def _find_lowest(self, quantity: Quantity) -> int:
        if quantity not in self._lowest:
            own = self.definitions.quantities.get(quantity, ())
            is_data = all(one.step is None or one.step.is_fixed for one in own)
            needed = self._find_needed(quantity)
            lowest = [one.lowest for one in self._readings if one.of == quantity and (is_data or one.by in needed)]
            self._lowest[quantity] = min([self.first, *lowest])
        return self._lowest[quantity]

    def _find_needed(self, quantity: Quantity) -> set[Quantity]:
        """Find all quantities that one depends on, at whichever step."""
        found: set[Quantity] = set()
        waiting = [quantity]
        while waiting:
            here = waiting.pop()
            read = {one.of for one in self._readings if one.by == here}
            waiting += read - found
            found |= read
        return found


def _find_first_summed(definition: Definition) -> int:
    """Find the first step of the sums in a definition that run from a number on; 1 if there are none."""
    sums = (node for node in walk(definition.body) if isinstance(node, ex.OverSteps | ex.MatrixProduct))
    return min([1, *(node.first.offset for node in sums if not node.first.anchor)])


def _list_readings(definition: Definition, first: int) -> Iterator[_Reading]:
    at = definition.step
    letters = {at.anchor: first - at.offset} if at is not None and not at.is_fixed else {}
    for entry, lowest in _list_lowest(definition.body, letters, first):
        yield _Reading(definition.quantity, entry, lowest)


def _list_lowest(node: Expression, letters: Mapping[str, int], first: int) -> Iterator[tuple[Quantity, int]]:
    """Yield the quantities in an expression, each with the lowest step at which it stands there."""

    def find(step: Step | None) -> int:
        """Return the lowest number of a step; one that is counted from the last may be anywhere."""
        if step is None or (step.anchor and step.anchor not in letters):
            return first
        return letters.get(step.anchor, 0) + step.offset

    for entry in list_entries(node):
        yield entry.quantity, find(entry.step)
    if isinstance(node, ex.OverSteps | ex.MatrixProduct):
        letters = {**letters, node.letter: find(node.first)}
    for part in get_children(node):
        yield from _list_lowest(part, letters, first)
