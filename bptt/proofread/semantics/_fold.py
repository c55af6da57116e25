"""Quantities that a document names after it has used them: h = σ(W h + U x) first, then a = W h + U x.

A derivative by a goes through the definitions, so a has to stand in that of h. `fold` puts it there: wherever the
right-hand side of a stands in another definition, up to the names of indices and the order of terms and factors.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from typing import Any, NamedTuple

from bptt.proofread import _expressions as ex
from bptt.proofread._expressions import Definition, Definitions, Entry, Index, Partial, Plus, Step
from bptt.proofread._traversal import get_children, walk
from bptt.proofread.semantics._dependencies import has_cycle

MOST_TERMS = 6  # of a sum that is compared with another in any order: 6! orders
MOST_FOLDED = 200  # definitions of a document: each is looked for in all the others


class _Match(NamedTuple):
    """What the indices and the step of a definition are where its right-hand side stands."""

    indices: dict[Index, Index]
    step: Step | None = None


def fold(definitions: Definitions) -> None:
    """Put every quantity that the document names into the definitions in which what it stands for stands."""
    named = [one for held in definitions.quantities.values() for one in held if _is_name(one)]
    for one in named[:MOST_FOLDED]:
        for quantity, held in list(definitions.quantities.items()):
            folded = [replace(other, body=_fold(other.body, one)) for other in held]
            if quantity != one.quantity and folded != held:
                definitions.quantities[quantity] = folded
                if has_cycle(definitions, quantity):  # as where a is defined by way of h
                    definitions.quantities[quantity] = held


def _is_name(one: Definition) -> bool:
    """Whether a definition of the document gives a name to more than another quantity or a number."""
    fixed = one.step is not None and one.step.is_fixed
    derived = any(isinstance(node, Partial) for node in walk(one.body))
    return one.line is not None and not (fixed or derived or isinstance(one.body, Entry | ex.Constant))


def _fold(node: Any, one: Definition) -> Any:
    """Put the quantity in place of what it stands for."""
    if isinstance(node, tuple):
        return tuple(_fold(item, one) for item in node)
    if not isinstance(node, ex.Expression) or isinstance(node, Entry | Partial):
        return node
    parts: list[tuple[ex.Expression, tuple[ex.Expression, ...]]] = [(node, ())]
    if isinstance(node, Plus) and isinstance(one.body, Plus) and len(one.body.terms) < len(node.terms) <= MOST_TERMS:
        for some in itertools.combinations(node.terms, len(one.body.terms)):
            parts.append((Plus(some), tuple(term for term in node.terms if term not in some)))
    for part, others in parts:
        for match in _match(one.body, part, _Match({})):
            if set(one.indices) <= set(match.indices):
                indices = tuple(match.indices[index] for index in one.indices)
                return ex.add(Entry(one.quantity, match.step if one.step else None, indices), *others)
    return replace(node, **{part.name: _fold(getattr(node, part.name), one) for part in fields(node)})


def _match(pattern: Any, node: Any, so_far: _Match) -> Iterator[_Match]:
    """Yield the ways in which an expression is the right-hand side of a definition."""
    if type(pattern) is not type(node):
        return
    match pattern:
        case Entry():
            yield from _match_entry(pattern, node, so_far)
        case Plus() | ex.Times():
            yield from _match_in_any_order(get_children(pattern), get_children(node), so_far)
        case ex.Total() if pattern.product == node.product:
            inside = _Match({**so_far.indices, pattern.index: node.index}, so_far.step)
            yield from _match(pattern.body, node.body, inside)
        case ex.Power() if pattern.exponent == node.exponent:
            yield from _match(pattern.base, node.base, so_far)
        case ex.Function() if (pattern.name, pattern.order) == (node.name, node.order):
            yield from _match(pattern.argument, node.argument, so_far)
        case _ if pattern == node:
            yield so_far


def _match_in_any_order(patterns: Sequence[Any], found: Sequence[Any], match: _Match) -> Iterator[_Match]:
    if len(patterns) != len(found) or len(found) > MOST_TERMS:
        return
    if not patterns:
        yield match
    for n, node in enumerate(found):
        for first in _match(patterns[0], node, match):
            yield from _match_in_any_order(patterns[1:], (*found[:n], *found[n + 1 :]), first)


def _match_entry(pattern: Entry, node: Entry, match: _Match) -> Iterator[_Match]:
    if pattern.quantity != node.quantity:
        return
    indices, step = dict(match.indices), match.step
    pairs = zip(pattern.indices, node.indices, strict=True)
    fits = all(indices.setdefault(left, right) == right for left, right in pairs)
    if pattern.step is not None and node.step is not None:
        if pattern.step.is_fixed:
            fits = fits and pattern.step == node.step
        else:
            step = Step(node.step.anchor, node.step.offset - pattern.step.offset)
            fits = fits and match.step in (None, step)
    if fits:
        yield _Match(indices, step)
