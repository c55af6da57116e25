"""Quantities that a document names after it has used them: h = σ(W h + U x) first, then a = W h + U x.

A derivative by a goes through the definitions, so a has to stand in that of h. `fold` puts it there: wherever the
right-hand side of a stands in another definition, up to the names of indices and the order of terms and factors.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from typing import Any, NamedTuple

from bptt.proofread.expressions import (
    LAST,
    Constant,
    Definition,
    Definitions,
    Entry,
    Expression,
    Function,
    Index,
    Partial,
    Plus,
    Power,
    Quantity,
    Step,
    Times,
    Total,
    walk,
)
from bptt.proofread.semantics.circles import goes_round

MOST_TERMS = 6  # of a sum that is compared with another in any order
MOST_FOLDED = 200  # definitions of a document


class _Match(NamedTuple):
    """What the indices and the step of a definition are where its right-hand side stands."""

    indices: dict[Index, Index]
    step: Step | None = None


def fold(definitions: Definitions) -> None:
    """Put every quantity that the document names into the definitions in which what it stands for stands."""
    named = [one for held in definitions.quantities.values() for one in held if _is_name(one)]
    for one in named[:MOST_FOLDED]:
        for quantity, held in list(definitions.quantities.items()):
            if quantity == one.quantity:
                continue
            definitions.quantities[quantity] = [replace(other, body=_folded(other.body, one)) for other in held]
            if goes_round(definitions, quantity):
                definitions.quantities[quantity] = held


def leads_to(definitions: Definitions, of: Expression, by: Quantity) -> bool:
    """Whether a derivative by a defined quantity has a meaning: it is met on the way, or nothing leads to both."""
    met = quantities_of(definitions, [of])
    if by in met or by not in definitions.quantities:
        return True
    leaves = {quantity for quantity in met if quantity not in definitions.quantities}
    return not leaves & quantities_of(definitions, [one.body for one in definitions.quantities[by]])


def quantities_of(definitions: Definitions, expressions: Sequence[Expression]) -> set[Quantity]:
    """The quantities on which expressions depend."""
    return {node.quantity for node in all_of(definitions, expressions) if isinstance(node, Entry)}


def all_of(definitions: Definitions, expressions: Sequence[Expression]) -> Iterator[Expression]:
    """The expressions, all within them, and all within the definitions that they depend on."""
    met: set[Quantity] = set()
    stack = list(expressions)
    while stack:
        for node in walk(stack.pop()):
            yield node
            if isinstance(node, Entry) and node.quantity not in met:
                met.add(node.quantity)
                stack += [one.body for one in definitions.quantities.get(node.quantity, ())]


def _is_name(one: Definition) -> bool:
    """Whether a definition of the document gives a name to more than another quantity or a number."""
    fixed = one.step is not None and one.step.anchor in ("", LAST)
    derived = any(isinstance(node, Partial) for node in walk(one.body))
    return one.line is not None and not (fixed or derived or isinstance(one.body, Entry | Constant))


def _folded(node: Any, one: Definition) -> Any:
    """An expression with the quantity in place of what it stands for."""
    if isinstance(node, tuple):
        return tuple(_folded(item, one) for item in node)
    if not isinstance(node, Expression) or isinstance(node, Entry | Partial):
        return node
    for match in _matches(one.body, node, _Match({})):
        return _entry(one, match)
    if isinstance(node, Plus) and isinstance(one.body, Plus) and len(one.body.terms) < len(node.terms) <= MOST_TERMS:
        for some in itertools.combinations(node.terms, len(one.body.terms)):
            for match in _matches(one.body, Plus(some), _Match({})):
                return Plus((_entry(one, match), *(term for term in node.terms if term not in some)))
    return replace(node, **{part.name: _folded(getattr(node, part.name), one) for part in fields(node)})


def _entry(one: Definition, match: _Match) -> Entry:
    return Entry(one.quantity, match.step if one.step else None, tuple(match.indices[i] for i in one.indices))


def _matches(pattern: Any, node: Any, so_far: _Match) -> Iterator[_Match]:
    """The ways in which an expression is the right-hand side of a definition."""
    if type(pattern) is not type(node):
        return
    match pattern:
        case Entry():
            yield from _same_entry(pattern, node, so_far)
        case Plus():
            yield from _in_any_order(pattern.terms, node.terms, so_far)
        case Times():
            yield from _in_any_order(pattern.factors, node.factors, so_far)
        case Total() if pattern.product == node.product:
            inside = _Match({**so_far.indices, pattern.index: node.index}, so_far.step)
            yield from _matches(pattern.body, node.body, inside)
        case Power() if pattern.exponent == node.exponent:
            yield from _matches(pattern.base, node.base, so_far)
        case Function() if (pattern.name, pattern.order) == (node.name, node.order):
            yield from _matches(pattern.argument, node.argument, so_far)
        case _ if pattern == node:
            yield so_far


def _in_any_order(patterns: Sequence[Any], found: Sequence[Any], match: _Match) -> Iterator[_Match]:
    if len(patterns) != len(found) or len(found) > MOST_TERMS:
        return
    if not patterns:
        yield match
    for n, node in enumerate(found):
        for first in _matches(patterns[0], node, match):
            yield from _in_any_order(patterns[1:], (*found[:n], *found[n + 1 :]), first)


def _same_entry(pattern: Entry, node: Entry, match: _Match) -> Iterator[_Match]:
    if pattern.quantity != node.quantity:
        return
    indices, step = dict(match.indices), match.step
    for left, right in zip(pattern.indices, node.indices, strict=True):
        if indices.setdefault(left, right) != right:
            return
    if pattern.step is not None and node.step is not None:
        if pattern.step.anchor in ("", LAST):
            if pattern.step != node.step:
                return
        else:
            here = Step(node.step.anchor, node.step.offset - pattern.step.offset)
            if step not in (None, here):
                return
            step = here
    yield _Match(indices, step)
