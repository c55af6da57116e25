"""Which quantities exist at which steps, and whether one depends on another there."""

import functools
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from bptt.proofread import _expressions as ex
from bptt.proofread._expressions import Definition, Definitions, Expression, Quantity, Step
from bptt.proofread._traversal import T, expand, find_definition, get_children, list_entries, walk, walk_definitions

Place = tuple[Quantity, int | None]  # a quantity at one step
_Letters = Mapping[str, int]  # the numbers of the letters of steps


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
        self._find_lowest = functools.cache(self._compute_lowest)
        self.find_start = functools.cache(self._find_start)

    def exists(self, quantity: Quantity, step: int | None, last: int) -> bool:
        """Whether there is an entry of the quantity at a step, where there are `last` ones."""
        if step is None or self.first <= step <= last:
            return True
        fixed = (one.step for one in self.definitions.quantities.get(quantity, ()) if one.step and one.step.is_fixed)
        if any(at.resolve(last, {}) == step for at in fixed):  # such as h^{T+1} = 0
            return True
        return self._find_lowest(quantity) <= step <= last

    def find_definition(self, quantity: Quantity, step: int | None, last: int) -> tuple[Definition, _Letters] | None:
        """Find the definition that holds at a step, where there are `last` ones, with the value of its letter."""
        return find_definition(self.definitions, quantity, step, last, self.find_start(quantity))

    def _find_start(self, quantity: Quantity) -> int:
        """Find the step from which a definition with a letter holds: before the first where all it reads is there.

        So y_0 = V h_0 where y_t = V h_t is fed back, while h_0 itself is given.
        """
        lowest = self._find_lowest(quantity)
        if lowest == self.first:
            return self.first
        shift = self.first - lowest
        read = [one for one in self._readings if one.by == quantity and one.of.timed]
        there = all(one.lowest >= self.first and self._find_lowest(one.of) <= one.lowest - shift for one in read)
        return lowest if read and there else self.first

    def _compute_lowest(self, quantity: Quantity) -> int:
        own = self.definitions.quantities.get(quantity, ())
        is_data = all(one.step is None or one.step.is_fixed for one in own)
        needed = _expand_behind(quantity, lambda here: [one.of for one in self._readings if one.by == here])
        lowest = [one.lowest for one in self._readings if one.of == quantity and (is_data or one.by in needed)]
        return min([self.first, *lowest])


class Dependence:
    """Finds on which quantities, at which steps, a quantity at a step depends, where there are `last` steps."""

    def __init__(self, existence: Existence, last: int) -> None:
        self.existence = existence
        self.last = last
        self._find_direct = functools.cache(self._list_direct)
        self._find_all = functools.cache(lambda place: _expand_behind(place, self._find_direct))

    def leads_to(self, of: Place, by: Place) -> bool:
        """Whether one is made of the other, by way of however many definitions."""
        return by in self._find_all(of)

    def _list_direct(self, place: Place) -> frozenset[Place]:
        found = self.existence.find_definition(*place, self.last)
        if found is None:
            return frozenset()

        def resolve(step: Step, letters: _Letters) -> int:
            return step.resolve(self.last, letters)

        def list_summed(first: Step, last: Step, letters: _Letters) -> range:
            return range(resolve(first, letters), resolve(last, letters) + 1)

        return frozenset(_list_places(found[0].body, found[1], resolve, list_summed))


def _expand_behind(start: T, list_direct: Callable[[T], Iterable[T]]) -> Container[T]:
    """Return all that one thing leads to, by way of however many others."""
    return expand(list_direct(start), list_direct)


def _find_first_summed(definition: Definition) -> int:
    """Find the first step of the sums in a definition that run from a number on; 1 if there are none."""
    sums = (node for node in walk(definition.body) if isinstance(node, ex.OverSteps | ex.MatrixProduct))
    return min([1, *(node.first.offset for node in sums if not node.first.anchor)])


def _list_readings(definition: Definition, first: int) -> Iterator[_Reading]:
    at = definition.step
    letters = {at.anchor: first - at.offset} if at is not None and not at.is_fixed else {}

    def resolve(step: Step, letters: _Letters) -> int:
        """Return the lowest number of a step; one that is counted from the last may be anywhere."""
        return first if step.anchor and step.anchor not in letters else letters.get(step.anchor, 0) + step.offset

    places = _list_places(definition.body, letters, resolve, lambda start, _, letters: (resolve(start, letters),))
    for of, lowest in places:
        yield _Reading(definition.quantity, of, first if lowest is None else lowest)


def _list_places(
    node: Expression,
    letters: _Letters,
    resolve: Callable[[Step, _Letters], int],
    list_summed: Callable[[Step, Step, _Letters], Iterable[int]],
) -> Iterator[Place]:
    """List the quantities in an expression, each with the number of its step; in a sum, at all that it runs over."""
    for entry in list_entries(node):
        yield entry.quantity, None if entry.step is None else resolve(entry.step, letters)
    each = [letters]
    if isinstance(node, ex.OverSteps | ex.MatrixProduct):
        each = [{**letters, node.letter: step} for step in list_summed(node.first, node.last, letters)]
    for part in get_children(node):
        for own in each:
            yield from _list_places(part, own, resolve, list_summed)
