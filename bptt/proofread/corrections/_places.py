"""Propose what stands in the wrong place: steps, indices, transposes, the order of factors, sums."""

from collections import Counter
from collections.abc import Container, Iterator
from dataclasses import replace
from fractions import Fraction
from functools import partial
from itertools import combinations, permutations

from bptt.proofread.corrections._correction import Surroundings
from bptt.proofread.corrections._rewriting import (
    distribute,
    list_children,
    list_items,
    list_letters,
    list_outer_terms,
    list_symbols,
    list_whole,
    make_product,
    rename_letters,
    split_term,
)
from bptt.proofread.semantics._notation import is_transpose
from bptt.proofread.syntax import tree
from bptt.proofread.syntax.tree import Node, Symbol, is_bare, nodes, rewrite, written

_FRESH = "jklmnpqrsuv"  # letters for an index that stands nowhere else


def change_transpose(node: Node, around: Surroundings) -> Iterator[Node]:
    """Propose a transpose more or less."""
    match node:
        case Symbol() if around.is_function(node):
            return
        case Symbol() | tree.Scripted() | tree.Bracket(entries=(_, _, *_)) if not around.is_indexed(node):
            yield _toggle_transpose(node)


def _toggle_transpose(node: Node) -> Node:
    if not isinstance(node, Symbol | tree.Scripted):
        return tree.Scripted(node, above=(Symbol(r"\top"),))
    kept = tuple(item for item in node.above if not is_transpose(item))
    if len(kept) == len(node.above):
        return replace(node, above=(*node.above, Symbol(r"\top")))
    return replace(node, above=kept) if kept or isinstance(node, Symbol) else node.base


def _is_turned(node: Node) -> bool:
    """Whether it bears a transpose, and thus is no number, whatever its indices."""
    return isinstance(node, Symbol | tree.Scripted) and any(map(is_transpose, node.above))


def change_step(node: Node, around: Surroundings) -> Iterator[Node]:
    """Propose a step earlier or later, of one symbol or at the end of a sum."""
    steps = around.steps | {"T"}
    if isinstance(node, tree.Big) or (isinstance(node, Symbol) and around.bears_step(node)):
        for item in list_items(node):
            yield from map(item.put, _shift(item.node, steps))
    if isinstance(node, tree.Product):  # s(t - 1)
        parts = list(list_children(*list_whole(node)))
        for before, operator, part in zip(node.factors, node.operators, parts[1:], strict=False):
            if isinstance(before, Symbol) and not operator:
                yield from map(part.put, _shift_bracket(part.node, steps))


def change_step_throughout(right: Node, around: Surroundings) -> Iterator[Node]:
    """Propose a step earlier or later of a symbol wherever it stands."""
    standing = Counter(part.node for part in list_symbols(right))
    for one in (one for one, count in standing.items() if count > 1):
        yield from (rewrite(right, partial(_put_for, one, other)) for other in change_step(one, around))


def _put_for(one: Node, other: Node, node: Node) -> Node:
    return other if node == one else node


def _shift_bracket(node: Node, steps: frozenset[str]) -> Iterator[Node]:
    match node:
        case tree.Bracket((inner,)):
            yield from (replace(node, entries=(other,)) for other in _shift(inner, steps))
        case tree.Scripted(tree.Bracket() as base):  # s(t - 1)^2
            yield from (replace(node, base=other) for other in _shift_bracket(base, steps))


def _shift(item: Node, steps: frozenset[str]) -> Iterator[Node]:
    match item:
        case tree.Bracket():
            yield from _shift_bracket(item, steps)
        case tree.Relation(right=step):
            yield from (replace(item, right=other) for other in _shift(step, steps))
        case tree.Number(value=value):
            yield from (tree.Number(other) for other in (value - 1, value + 1) if other >= 0)
        case Symbol(name=name) if is_bare(item) and name in steps:
            yield from (_add_number(item, offset) for offset in (Fraction(-1), Fraction(1)))
        case tree.Sum((Symbol(name) as letter, tree.Number(value))) if name in steps:
            yield from (_add_number(letter, offset) for offset in (value + 1, value - 1))
        case tree.Sum((Symbol(name) as letter, tree.Negative(tree.Number(value)))) if name in steps:
            yield from (_add_number(letter, offset) for offset in (1 - value, -1 - value))


def _add_number(letter: Symbol, offset: Fraction) -> Node:
    number = tree.Number(abs(offset))
    return tree.Sum((letter, number if offset > 0 else tree.Negative(number))) if offset else letter


def change_order(node: Node, around: Surroundings) -> Iterator[Node]:
    """Propose two factors of a term exchanged, or exchanged and turned; those that stand side by side first."""
    term = split_term(node, around.is_function)
    free = range(term.fixed, len(term.factors))
    if all(around.is_indexed(term.factors[n]) for n in free) and not any(map(_is_turned, nodes(node))):
        return
    for a, b in sorted(combinations(free, 2), key=lambda pair: pair[1] - pair[0]):
        one, other = term.factors[a], term.factors[b]
        yield term.change({a: other, b: one})
        yield term.change({a: _toggle_transpose(other), b: _toggle_transpose(one)})


def swap_indices(node: Node, around: Surroundings) -> Iterator[Node]:
    """Propose two letters of a symbol swapped."""
    assert isinstance(node, Symbol)
    letters = [n for n, item in enumerate(node.below) if is_bare(item) and written(item) in around.letters]
    for a, b in combinations(letters, 2):
        items = list(node.below)
        items[a], items[b] = items[b], items[a]
        yield replace(node, below=tuple(items))


def change_index(node: Node, around: Surroundings) -> Iterator[Node]:
    """Propose another letter in one place."""
    for item in list_items(node):
        if is_bare(item.node) and written(item.node) in around.letters:
            yield from (item.put(Symbol(letter)) for letter in around.list_alike(written(item.node)))


def change_term_indices(right: Node, around: Surroundings) -> Iterator[Node]:
    """Propose other letters throughout one term, with the product multiplied out first."""
    for whole in dict.fromkeys((right, distribute(right))):
        for part in list_children(*list_whole(whole)) if isinstance(whole, tree.Sum) else list_whole(whole):
            for names in _list_renamings(part.node, around):
                yield part.put(rename_letters(part.node, names))


def _find_fresh(used: Container[str]) -> str:
    """Return a letter for an index that stands nowhere else; "" if all stand somewhere."""
    return next((letter for letter in _FRESH if letter not in used), "")


def _list_renamings(term: Node, around: Surroundings) -> Iterator[dict[str, str]]:
    """List renamings of a term; one of a letter that the left-hand side lacks alone would change nothing."""
    used = [letter for letter in around.letters if letter in list_letters(term)]
    fresh = _find_fresh(around.letters)
    for a, b in permutations(used, 2):
        if b in around.list_alike(a) and a in around.stated:
            if b not in around.stated and fresh:
                yield {a: fresh, b: a}
            if b not in around.stated or a < b:
                yield {a: b, b: a}
    yield from ({a: b} for a in used for b in around.list_alike(a))


def add_sum(right: Node, around: Surroundings) -> Iterator[Node]:
    """Propose a Σ over a letter that the left-hand side lacks, of the whole and of each term."""
    below = (item for one in nodes(right) if isinstance(one, tree.Big) for item in one.below)
    bound = {letter for item in below for letter in list_letters(item)}
    for letter in (*sorted(around.steps), *around.letters):
        if letter in {*list_letters(right)} - around.stated - bound:
            for part in list_outer_terms(right):
                yield part.put(make_product((tree.Big(r"\sum", (Symbol(letter),)), part.node), ("",)))


def add_sum_of_steps(node: Node, around: Surroundings) -> Iterator[Node]:
    """Propose a Σ over the step of what is differentiated: of the loss of every step, not of one alone."""
    match node:
        case tree.Derivative(of=Symbol() as of):
            fresh = _find_fresh({*around.letters, *around.steps})
            first = tree.Relation(Symbol(fresh), "=", tree.Number(Fraction(1)))
            for step in sorted(around.steps & {*list_letters(of)}) if fresh else ():
                summed = replace(node, of=rename_letters(of, {step: fresh}))
                yield make_product((tree.Big(r"\sum", (first,), (around.last,)), summed), ("",))


def exchange_symbols(right: Node, around: Surroundings) -> Iterator[Node]:
    """Propose two symbols exchanged wherever they stand."""
    symbols = [part.node for part in list_symbols(right) if isinstance(part.node, Symbol)]
    distinct = [one for one in dict.fromkeys(symbols) if not around.is_function(one)]
    for a, b in combinations(distinct, 2):
        if a.name != b.name and (a.below, a.above) == (b.below, b.above):
            changed = right
            for n, one in enumerate(symbols):
                if one in (a, b):
                    changed = list(list_symbols(changed))[n].put(b if one == a else a)
            yield changed


def change_symbol(right: Node, around: Surroundings) -> Iterator[Node]:
    """Propose another symbol in one place: with the same indices and step, or one that bears neither."""
    pool = [part.node for side in (right, *around.others) for part in list_symbols(side)]
    distinct = [one for one in dict.fromkeys(pool) if isinstance(one, Symbol) and not around.is_function(one)]
    for part in list_symbols(right):
        node = part.node
        if isinstance(node, Symbol) and not around.is_function(node):
            if around.is_indexed(node) or node.name in around.alike:
                yield from (part.put(replace(node, name=name)) for name in around.alike.get(node.name, ()))
            else:
                yield from (part.put(one) for one in distinct if one != node and not around.is_indexed(one))
