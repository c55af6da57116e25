"""Why an equation that fails is not called wrong after all: it may be the reading that is at fault.

Each excuse is tested: the equation holds under it, or what it rests on is seen in the document.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from bptt.proofread._expressions import Claim, Definition, Definitions, Delta, Entry, Mask, Property, Quantity, Step
from bptt.proofread._traversal import find_free_indices, get_letter, walk_definitions
from bptt.proofread.evaluation import Agreement, Budget, Outcome, TooLarge, compare
from bptt.proofread.semantics import Equation, Vocabulary
from bptt.proofread.syntax.tree import list_symbols

FIRST = "the first"  # the name of the index of a vector whose 1 stands at its first place


def find_assumed(vocabulary: Vocabulary, equation: Equation) -> str:
    """Name a symbol of an equation of which the text says what it is without being used; "" if there is none."""
    symbols = vocabulary.symbols
    for node in (*list_symbols(equation.left), *list_symbols(equation.right)):
        name = symbols.find_name(node)
        if name is not None and any(one in vocabulary.assumed for one in symbols.quantities[name]):
            return symbols.get_base(node)
    return ""


def list_rivals(vocabulary: Vocabulary, equation: Equation) -> list[str]:
    """List the symbols without indices that have several numbers of axes: y may be y_n or one number."""
    symbols = vocabulary.symbols
    found = dict[str, None]()
    for node in (*list_symbols(equation.left), *list_symbols(equation.right)):
        name = symbols.find_name(node)
        held = [] if name is None else symbols.quantities[name]
        if len({len(one.axes) for one in held}) > 1 and not node.below:
            found[symbols.get_base(node)] = None
    return list(found)


def find_fixed(vocabulary: Vocabulary, claim: Claim) -> str:
    """Name a symbol that is free in a claim though an equation of the document says what it is; "" if there is none."""
    met = _list_free(vocabulary.definitions, claim)
    return next((one.name for one in met if vocabulary.assumed.get(one) == "formula"), "")


def speaks_of_another(definitions: Definitions, claim: Claim) -> bool:
    """Whether a symbol is said to be another thing: of nothing that it is made of, or of a symbol that is new."""
    left, right = ({node.quantity for node in _walk(definitions, side)} for side in (claim.left, claim.right))
    free = [{one for one in side if one not in definitions.quantities} for side in (left, right)]
    used = {
        node.quantity
        for held in definitions.quantities.values()
        for one in held
        for node in _walk(definitions, one.body)
    }
    return bool(free[1]) and (not free[0] & free[1] or bool(free[1] - free[0] - used))


def _walk(definitions: Definitions, side: object) -> Iterator[Entry]:
    found = walk_definitions(definitions, [side])  # type: ignore[list-item]
    return (node for node in found if isinstance(node, Entry))


def _list_free(definitions: Definitions, claim: Claim) -> list[Quantity]:
    entries = (node.quantity for side in (claim.left, claim.right) for node in _walk(definitions, side))
    return [one for one in dict.fromkeys(entries) if one not in definitions.quantities]


def holds_for_earlier(
    claim: Claim, definitions: Definitions, properties: Mapping[Quantity, frozenset[Property]]
) -> tuple[str, str, Agreement] | None:
    """Return s, t where a claim about ∂h_t/∂h_s holds for s < t, and fails only where nothing lies between."""
    steps = [one for one in claim.steps if "#" not in one]
    if len(steps) != 2:
        return None
    for early, late in (steps, steps[::-1]):
        narrowed = replace(claim, where=(*claim.where, Mask("<", Step(early, 0), Step(late, 0))))
        found = _compare(narrowed, definitions, properties)
        if isinstance(found, Agreement) and not found.vanishes:
            return early, late, found
    return None


def holds_for_place(claim: Claim, definitions: Definitions, properties: Mapping[Quantity, frozenset[Property]]) -> str:
    """Return the letter at whose place the 1 of a one-hot vector stands, if a claim holds with it there; else ""."""
    known = {**definitions.properties, **properties}
    for quantity in _list_free(definitions, claim):
        if "one-hot" not in known.get(quantity, ()) or len(quantity.axes) != 1 or quantity.timed:
            continue
        made = Definition(quantity, None, (FIRST,), Delta(FIRST, 1))
        placed = replace(definitions, quantities={**definitions.quantities, quantity: [made]})
        placed.ranges[FIRST] = quantity.axes[0]
        dangling = (one for side in (claim.left, claim.right) for one in find_free_indices(side))
        for letter in dict.fromkeys((*claim.free, *dangling)):
            if claim.ranges.get(letter) == quantity.axes[0]:
                narrowed = replace(claim, where=(*claim.where, Mask("=", letter, 1)))
                others = {one: held for one, held in properties.items() if one != quantity}
                found = _compare(narrowed, placed, others)
                if isinstance(found, Agreement) and not found.vanishes:
                    return get_letter(letter)
    return ""


def _compare(
    claim: Claim, definitions: Definitions, properties: Mapping[Quantity, frozenset[Property]]
) -> Outcome | None:
    try:
        return compare(claim, definitions, Budget(), properties)
    except (TooLarge, ValueError):
        return None
