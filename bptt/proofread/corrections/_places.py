"""Propose what stands in the wrong place: steps, indices, transposes, the order of factors, sums."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import combinations, permutations

from bptt.proofread.corrections._correction import Surroundings
from bptt.proofread.corrections._rewriting import (
    ONE,
    Part,
    distribute,
    is_bare,
    list_items,
    list_parts,
    list_symbols,
    list_terms,
    make_product,
    make_sum,
    rename_letters,
    split_term,
)
from bptt.proofread.corrections._values import Change
from bptt.proofread.syntax.tree import (
    Big,
    Bracket,
    Negative,
    Node,
    Number,
    Relation,
    Scripted,
    Sum,
    Symbol,
    nodes,
    written,
)

_TRANSPOSES = ("T", r"\top", r"\mathrm{T}", r"\mathsf{T}", r"\operatorname{T}")
_FRESH = "jklmnpqrsuv"  # letters for an index that stands nowhere else


def propose_transposes(right: Node, around: Surroundings) -> Iterator[Change]:
    """Propose a transpose more or less."""
    for part in list_parts(right):
        node = part.node
        if around.is_indexed(node) or (isinstance(node, Symbol) and around.is_function(node)):
            continue
        if isinstance(node, Symbol | Scripted) or (isinstance(node, Bracket) and len(node.entries) > 1):
            yield "a transpose", part.put(_toggle_transpose(node))


def _toggle_transpose(node: Node) -> Node:
    if not isinstance(node, Symbol | Scripted):
        return Scripted(node, above=(Symbol(r"\top"),))
    kept = tuple(item for item in node.above if not (is_bare(item) and item.name in _TRANSPOSES))  # type: ignore[union-attr]
    if len(kept) == len(node.above):
        return replace(node, above=(*node.above, Symbol(r"\top")))
    return replace(node, above=kept) if kept or isinstance(node, Symbol) else node.base


def propose_steps(right: Node, around: Surroundings) -> Iterator[Change]:
    """Propose a step earlier or later, of one symbol or at the end of a sum."""
    for part in list_parts(right):
        if isinstance(part.node, Big) or (isinstance(part.node, Symbol) and around.bears_step(part.node)):
            for item in list_items(part):
                yield from (("a step", item.put(other)) for other in _shift(item.node, around.steps))


def _shift(item: Node, steps: frozenset[str], ends: bool = True) -> Iterator[Node]:
    match item:
        case Relation(right=step) if ends:
            yield from (replace(item, right=other) for other in _shift(step, steps))
        case Number(value=value):
            yield from (Number(other) for other in (value - 1, value + 1) if other >= 0)
        case Symbol(name=name) if is_bare(item) and (name in steps or name == "T"):
            yield Sum((item, Negative(ONE)))
            yield Sum((item, ONE))
        case Sum(terms=(Symbol(name=name) as letter, last)) if name in steps or name == "T":
            sign = -1 if isinstance(last, Negative) else 1
            number = last.term if isinstance(last, Negative) else last
            if isinstance(number, Number):
                for offset in (sign * number.value + 1, sign * number.value - 1):
                    yield _add_number(letter, offset)


def _add_number(letter: Symbol, offset: Fraction) -> Node:
    number = Number(abs(offset))
    return letter if not offset else Sum((letter, number if offset > 0 else Negative(number)))


def propose_orders(right: Node, around: Surroundings) -> Iterator[Change]:
    """Propose another order of the factors: two that stand side by side, two others, one moved; or two turned."""
    parts = [(part, split_term(part.node, around.is_function)) for part in list_terms(right)]
    terms = [(part, term) for part, term in parts if not all(map(around.is_indexed, term.factors[term.fixed :]))]
    ranges = [range(term.fixed, len(term.factors)) for _, term in terms]
    pairs = [
        (part, term, a, b) for (part, term), free in zip(terms, ranges, strict=True) for a, b in combinations(free, 2)
    ]
    for part, term, a, b in sorted(pairs, key=lambda pair: pair[3] - pair[2]):
        factors = list(term.factors)
        factors[a], factors[b] = factors[b], factors[a]
        yield "the order of factors", part.put(make_product(factors, term.operators))
        factors[a], factors[b] = _toggle_transpose(factors[a]), _toggle_transpose(factors[b])
        yield "the order of factors", part.put(make_product(factors, term.operators))
        for taken, put in ((a, b), (b, a)) if b - a > 1 else ():
            factors = list(term.factors)
            factors.insert(put, factors.pop(taken))
            yield "the order of factors", part.put(make_product(factors, term.operators))


def propose_indices(right: Node, around: Surroundings) -> Iterator[Change]:
    """Propose two letters of a symbol swapped, and another letter in one place."""
    for part in list_symbols(right):
        assert isinstance(part.node, Symbol)
        below = part.node.below
        places = [n for n, item in enumerate(below) if is_bare(item) and written(item) in around.letters]
        for a, b in combinations(places, 2):
            items = list(below)
            items[a], items[b] = items[b], items[a]
            yield "an index", part.put(replace(part.node, below=tuple(items)))
    for part in list_symbols(right):
        for item in list_items(part):
            if isinstance(item.node, Symbol) and is_bare(item.node) and item.node.name in around.letters:
                yield from (("an index", item.put(Symbol(letter))) for letter in around.list_alike(item.node.name))


def propose_term_indices(left: Node, right: Node, around: Surroundings) -> Iterator[Change]:
    """Propose other letters throughout one term, with the product multiplied out first."""
    spread = distribute(right)
    stated = _list_letters(left) & set(around.letters)
    fresh = next(letter for letter in _FRESH if letter not in around.letters)
    for whole in dict.fromkeys((right, spread)):
        terms = whole.terms if isinstance(whole, Sum) else (whole,)
        for n, term in enumerate(terms):
            used = [letter for letter in around.letters if letter in _list_letters(term)]
            for names in _list_renamings(used, stated, fresh, around):
                renamed = rename_letters(term, names)
                yield "the indices of a term", make_sum((*terms[:n], renamed, *terms[n + 1 :]))


def _list_renamings(
    used: Sequence[str], stated: set[str], fresh: str, around: Surroundings
) -> Iterator[dict[str, str]]:
    """List renamings of a term; one of a letter that the left-hand side lacks alone would change nothing."""
    for a, b in permutations(used, 2):
        if b in around.list_alike(a) and a in stated:
            if b not in stated:
                yield {a: fresh, b: a}
            if b not in stated or a < b:
                yield {a: b, b: a}
    for a in used:
        for b in around.list_alike(a):
            yield {a: b}


def _list_letters(node: Node) -> set[str]:
    return {one.name for one in nodes(node, scripts=True) if isinstance(one, Symbol) and is_bare(one)}


def propose_sums(left: Node, right: Node, around: Surroundings) -> Iterator[Change]:
    """Propose a Σ over a letter that the left-hand side lacks, of the whole and of each term."""
    stated, bound = _list_letters(left), _list_bound(right)
    parts = [Part(right, lambda new: new)]
    if isinstance(right, Sum):
        parts += (part for part in list_terms(right) if part.node in right.terms)
    for letter in (*sorted(around.steps), *around.letters):
        if letter in _list_letters(right) and letter not in stated | bound:
            for part in parts:
                yield "a missing sum", part.put(make_product((Big(r"\sum", (Symbol(letter),)), part.node), ("",)))
    # What stands at the step t alone may come by way of each step s up to it.
    fresh = [letter for letter in ("s", r"\tau", "r") if letter not in _list_letters(right) | stated]
    for letter in sorted(around.steps & stated & _list_letters(right)):
        limits = Relation(Symbol(fresh[0]), "=", ONE), Symbol(letter)
        big = Big(r"\sum", limits[:1], limits[1:])
        renamed = rename_letters(right, {letter: fresh[0]})
        first = next((part for part in list_symbols(renamed) if fresh[0] in _list_letters(part.node)), None)
        for body in (first.put(rename_letters(first.node, {fresh[0]: letter})) if first else renamed, renamed):
            yield "a missing sum", make_product((big, body), ("",))


def _list_bound(node: Node) -> set[str]:
    items = (item for one in nodes(node) if isinstance(one, Big) for item in one.below)
    return {letter for item in items for letter in _list_letters(item.left if isinstance(item, Relation) else item)}


def propose_exchanges(right: Node, around: Surroundings) -> Iterator[Change]:
    """Propose two symbols exchanged wherever they stand."""
    symbols = [part.node for part in list_symbols(right) if isinstance(part.node, Symbol)]
    distinct = [one for one in dict.fromkeys(symbols) if not around.is_function(one)]
    for a, b in combinations(distinct, 2):
        if a.name != b.name and (a.below, a.above) == (b.below, b.above):
            yield "two symbols exchanged", _exchange(right, a, b)


def propose_symbols(right: Node, around: Surroundings) -> Iterator[Change]:
    """Propose another symbol in one place: with the same indices and step, or one that bears neither."""
    pool = [part.node for side in (right, *around.others) for part in list_symbols(side)]
    distinct = [one for one in dict.fromkeys(pool) if isinstance(one, Symbol) and not around.is_function(one)]
    for part in list_symbols(right):
        node = part.node
        if isinstance(node, Symbol) and not around.is_function(node):
            if around.is_indexed(node) or node.name in around.alike:
                yield from (
                    ("a symbol", part.put(replace(node, name=name))) for name in around.alike.get(node.name, ())
                )
            else:
                others = (one for one in distinct if one != node and not around.is_indexed(one))
                yield from (("a symbol", part.put(other)) for other in others)


def _exchange(whole: Node, a: Symbol, b: Symbol) -> Node:
    changed = whole
    for n, part in enumerate(list_symbols(whole)):
        if part.node in (a, b):
            place = list(list_symbols(changed))[n]
            changed = place.put(b if part.node == a else a)
    return changed
