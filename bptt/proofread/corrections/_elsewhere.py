"""Propose what stands elsewhere in a document, and was lost or taken for another: symbols, as factors and in terms."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from bptt.proofread.corrections._correction import Surroundings
from bptt.proofread.corrections._rewriting import (
    ONE,
    Part,
    list_products,
    list_symbols,
    list_terms,
    make_sum,
    split_term,
)
from bptt.proofread.semantics._notation import is_transpose
from bptt.proofread.syntax import tree
from bptt.proofread.syntax.tree import Node, Symbol, nodes


def list_pool(around: Surroundings) -> list[Symbol]:
    """List the symbols of the document, with their scripts and without; those that stand most often first."""
    symbols = [one for side in around.elsewhere for one in nodes(side) if isinstance(one, Symbol)]
    counts = Counter(form for one in symbols for form in dict.fromkeys((_lay_down(one), Symbol(one.name))))
    return [one for one, _ in counts.most_common() if not (around.is_function(one) or one.name in around.letters)]


def _lay_down(symbol: Symbol) -> Symbol:
    """Take the transpose off a symbol."""
    return replace(symbol, above=tuple(item for item in symbol.above if not is_transpose(item)), place=None)


def add_far_factor(right: Node, around: Surroundings) -> Iterator[Node]:
    """Propose a symbol as a factor of a term, in front of it and at its end, and the root of a number below it."""
    terms = [(part, split_term(part.node, around.is_function)) for part in list_products(right)]
    for scalar in around.scalars:
        yield from (part.put(term.insert(0, tree.Quotient(ONE, tree.Root(scalar)))) for part, term in terms)
    for symbol in list_pool(around):
        for part, term in terms:
            if symbol not in term.factors:
                for n in dict.fromkeys((term.fixed, len(term.factors))):
                    yield part.put(term.insert(n, symbol))


def change_far_symbol(right: Node, around: Surroundings) -> Iterator[Node]:
    """Propose another symbol: wherever one stands in a term, transposed or not, then in one place."""
    pool = list_pool(around)
    for part in list_terms(right):
        counts = Counter(_lay_down(one) for one, _ in _list_values(part.node, around))
        for one in (one for one, count in counts.items() if count > 1):
            yield from (part.put(tree.rewrite(part.node, partial(_put_for, one, other))) for other in pool)
    for symbol, part in _list_values(right, around):
        yield from (part.put(_put_for(_lay_down(symbol), other, symbol)) for other in pool)


def _put_for(one: Symbol, other: Symbol, node: Node) -> Node:
    """Put another symbol in the place of one, turned as this stands."""
    if not isinstance(node, Symbol) or _lay_down(node) != one:
        return node
    return replace(other, above=(*other.above, *(item for item in node.above if is_transpose(item))))


def change_function(right: Node, around: Surroundings) -> Iterator[Node]:
    """Propose another function in one place."""
    functions = [one for side in around.elsewhere for one in nodes(side) if _is_function(one, around)]
    for part in list_symbols(right):
        if _is_function(part.node, around):
            yield from (part.put(one) for one in dict.fromkeys(functions) if one != part.node)


def _is_function(node: Node, around: Surroundings) -> bool:
    return isinstance(node, Symbol) and around.is_function(node) and not (node.below or node.above)


def add_far_term(right: Node, around: Surroundings) -> Iterator[Node]:
    """Propose a symbol or a 1 taken from a factor or a term, and a 1 added to it."""
    for one, part in _list_values(right, around):
        others: list[Node] = [ONE, *(other for other in list_pool(around) if other.name != one.name)]
        terms: list[Node] = [ONE, *map(tree.Negative, others)]
        yield from (part.put(make_sum((one, term))) for term in terms)


def _list_values(right: Node, around: Surroundings) -> Iterator[tuple[Symbol, Part]]:
    """List the symbols that stand in a formula as values, each as its part."""
    for part in list_symbols(right):
        if isinstance(part.node, Symbol) and not around.is_function(part.node):
            yield part.node, part
