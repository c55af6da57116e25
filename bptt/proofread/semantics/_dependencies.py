"""Which definitions need which: whether they go round in a circle, and whether one is on the way to another."""

import functools
import graphlib
from collections.abc import Callable, Iterable, Mapping

from bptt.proofread._expressions import Definitions, Entry, Expression, Function, Partial, Quantity, Step
from bptt.proofread._traversal import T, expand, find_definition, list_quantities, walk

_MOST_STEPS = 3  # enough for a circle through a step, the one before it, and the last

_Place = tuple[Quantity, int | None]  # a quantity at one step


def has_cycle(definitions: Definitions, quantity: Quantity) -> bool:
    """Whether a quantity depends on itself, at one and the same step."""
    for last in range(1, _MOST_STEPS + 1):
        starts: list[_Place] = [(quantity, step) for step in (range(last + 1) if quantity.timed else [None])]
        if _has_cycle(starts, functools.partial(_list_needed, definitions, last)):
            return True
    return False


def function_has_cycle(definitions: Definitions, name: str) -> bool:
    """Whether the value of a function depends on that function."""

    def list_applied(name: str) -> list[str]:
        body = definitions.functions.get(name)
        return [] if body is None else [node.name for node in walk(body) if isinstance(node, Function)]

    return _has_cycle([name], list_applied)


def _has_cycle(starts: Iterable[T], list_needed: Callable[[T], Iterable[T]]) -> bool:
    """Whether anything that is needed from these starts on needs itself."""
    try:
        graphlib.TopologicalSorter(expand(starts, list_needed)).prepare()
    except graphlib.CycleError:
        return True
    return False


def leads_to(definitions: Definitions, of: Expression, by: Quantity) -> bool:
    """Whether a derivative by a defined quantity has a meaning: it is met on the way, or nothing leads to both."""
    met = list_quantities(definitions, of)
    if by in met or by not in definitions.quantities:
        return True
    # z and L may both be made of x: then ∂L/∂z asks for a path that the document does not have.
    leaves = {quantity for quantity in met if quantity not in definitions.quantities}
    return leaves.isdisjoint(list_quantities(definitions, *(one.body for one in definitions.quantities[by])))


def _list_needed(definitions: Definitions, last: int, place: _Place) -> list[_Place]:
    """List the places whose values are needed: not those that a derivative is only by."""
    quantity, step = place
    found = find_definition(definitions, quantity, step, last)
    if found is None:
        return []
    body, letters = found[0].body, found[1]
    # By its identity, as an equal entry may stand elsewhere in the body for its value.
    by = {id(node.by) for node in walk(body) if isinstance(node, Partial)}
    entries = [node for node in walk(body) if isinstance(node, Entry) and id(node) not in by]
    return [(entry.quantity, at) for entry in entries for at in _list_steps(entry.step, letters, last)]


def _list_steps(step: Step | None, letters: Mapping[str, int], last: int) -> list[int | None]:
    """List the numbers that a step may have: all, for the letter of a sum."""
    if step is None:
        return [None]
    known = step.is_fixed or step.anchor in letters
    return [one for one in ([step.resolve(last, letters)] if known else range(last + 1)) if 0 <= one <= last]
