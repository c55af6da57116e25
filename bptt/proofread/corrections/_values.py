"""Propose what is wrong in the value of a formula: signs, factors, terms, slopes, accents."""

import re
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from bptt.proofread.corrections._correction import Surroundings
from bptt.proofread.corrections._rewriting import (
    ONE,
    list_children,
    list_outer_terms,
    list_parts,
    list_terms,
    list_whole,
    make_product,
    make_sum,
    negate,
    split_term,
)
from bptt.proofread.semantics._notation import is_transpose
from bptt.proofread.syntax import tree
from bptt.proofread.syntax.tree import Node, Symbol, nodes, strip_brackets

TWO = tree.Number(Fraction(2))
HALF = tree.Quotient(ONE, TWO)


def change_sign(node: Node, _: Surroundings) -> Iterator[Node]:
    """Propose the other sign."""
    yield negate(node)


def change_argument_sign(node: Node, around: Surroundings) -> Iterator[Node]:
    """Propose the other sign of an argument of a function, and of the exponent of e."""
    match node:
        case tree.Product(factors=factors, operators=operators):
            parts = list_children(*list_whole(node))
            next(parts)
            for before, operator, part in zip(factors, operators, parts, strict=False):
                called = isinstance(before, Symbol) and around.is_function(before) and not operator
                if called and isinstance(part.node, tree.Bracket) and len(part.node.entries) == 1:
                    kind = "(" if part.node.kind == "{" else part.node.kind
                    yield part.put(tree.Bracket((negate(strip_brackets(part.node)),), kind=kind))
        case Symbol(name="e", above=(_, *_) as above):
            yield replace(node, above=(negate(make_product(above, ("",) * (len(above) - 1))),))


def change_term_sign(node: Node, _: Surroundings) -> Iterator[Node]:
    """Propose the other sign of each term of a sum."""
    if isinstance(node, tree.Sum):
        yield from (part.put(negate(part.node)) for part in list_children(*list_whole(node)))


def change_accent(node: Node, around: Surroundings) -> Iterator[Node]:
    """Propose another accent that is known."""
    assert isinstance(node, Symbol)
    for other in sorted(around.names):
        if other != node.name and _strip_accent(other) == _strip_accent(node.name):
            yield replace(node, name=other)


def _strip_accent(name: str) -> str:
    return re.sub(r"^\\[a-z]+\{(.*)\}$", r"\1", name)


def change_slope(right: Node, _: Surroundings) -> Iterator[Node]:
    """Propose 1 − x² for 1 − x, 1 − x for 1 − x², and x(1 − x) for either."""
    uses_odot = any(isinstance(node, tree.Product) and r"\odot" in node.operators for node in nodes(right))
    for part in list_parts(right):
        match part.node:
            case tree.Sum(terms=(tree.Number(value=Fraction(numerator=1, denominator=1)), tree.Negative(term=value))):
                root = _take_root(value)
                base = root or value
                yield part.put(make_sum((ONE, tree.Negative(root or _square(value, uses_odot)))))
                rest = tree.Bracket((make_sum((ONE, tree.Negative(base))),))
                for operator in (r"\odot", "") if uses_odot or isinstance(value, Symbol) else ("", r"\odot"):
                    yield part.put(make_product((base, rest), (operator,)))


def change_power(node: Node, _: Surroundings) -> Iterator[Node]:
    """Propose to take a square away, and a root below a line more or less, or the square of a sum."""
    match node:
        case tree.Quotient(under=tree.Root(radicand=radicand)):
            yield replace(node, under=radicand)
        case tree.Quotient(under=under):
            yield replace(node, under=tree.Root(under))
            if isinstance(under, tree.Sum):
                yield replace(node, under=_square(under))
        case Symbol() | tree.Scripted() | tree.Product() if root := _take_root(node):
            yield root


def change_exponent(node: Node, _: Surroundings) -> Iterator[Node]:
    """Propose an exponent that is one more or less."""
    match node:
        case Symbol(above=(*others, last)) | tree.Scripted(above=(*others, last)):
            value = _read_number(last)
            for other in () if value is None else (value + 1, value - 1):
                yield replace(node, above=(*others, _make_number(other)))


def _read_number(node: Node) -> Fraction | None:
    match node:
        case tree.Number(value=value):
            return value
        case tree.Negative(term=term):
            inner = _read_number(term)
            return None if inner is None else -inner
        case tree.Quotient(over=tree.Number(value=over), under=tree.Number(value=under)) if under:
            return over / under
        case tree.Product(factors=(tree.Number(value=over), tree.Number(value=under)), operators=("/",)) if under:
            return over / under
    return None


def _make_number(value: Fraction) -> Node:
    size = abs(value)
    over, under = tree.Number(Fraction(size.numerator)), tree.Number(Fraction(size.denominator))
    number = over if size.denominator == 1 else tree.Quotient(over, under)
    return tree.Negative(number) if value < 0 else number


def invert_factor(node: Node, around: Surroundings) -> Iterator[Node]:
    """Propose the inverse of a factor."""
    term = split_term(node, around.is_function)
    for n, factor in enumerate(term.factors):
        match factor:
            case Symbol(above=()) if not around.is_indexed(factor):
                yield term.change({n: replace(factor, above=(tree.Negative(ONE),))})
            case Symbol(above=(Symbol() as mark,)) if is_transpose(mark):
                yield term.change({n: replace(factor, above=(tree.Negative(mark),))})


def square_factor(node: Node, around: Surroundings) -> Iterator[Node]:
    """Propose the square of a factor."""
    term = split_term(node, around.is_function)
    for n, factor in enumerate(term.factors):
        if isinstance(factor, Symbol | tree.Bracket):
            yield term.change({n: _square(strip_brackets(factor))})


def _square(node: Node, uses_odot: bool = False) -> Node:
    if isinstance(node, Symbol) and not node.above:
        return replace(node, above=(TWO,))
    return tree.Product((node, node), (r"\odot",)) if uses_odot else tree.Scripted(tree.Bracket((node,)), above=(TWO,))


def _take_root(node: Node) -> Node | None:
    """Return x of x², x ⊙ x and x x; None of anything else."""
    match node:
        case tree.Product(factors=(one, other)) if one == other:
            return one
        case tree.Product(factors=(Symbol(above=(*_, last)) as function, tree.Bracket() as argument)) if last == TWO:
            return make_product((replace(function, above=function.above[:-1]), argument), node.operators)
        case Symbol(above=(*_, last)) if last == TWO:
            return replace(node, above=node.above[:-1])
        case tree.Scripted(base=tree.Bracket(entries=(inner,)), below=(), above=(last,)) if last == TWO:
            return inner
    return None


def add_number(right: Node, around: Surroundings) -> Iterator[Node]:
    """Propose a 2 or a ½ that is missing: of the whole, then of each term."""
    for part in list_terms(right):
        if isinstance(part.node, tree.Product | tree.Quotient) or part.node is right:
            term = split_term(part.node, around.is_function)
            yield from (part.put(term.insert(0, number)) for number in (HALF, TWO))
    if isinstance(right, tree.Sum):
        yield from (make_product((number, right), ("",)) for number in (HALF, TWO))


def drop_factor(node: Node, around: Surroundings, sums: bool = False) -> Iterator[Node]:
    """Propose to leave away each factor of a term, or each of its `sums`."""
    term = split_term(node, around.is_function)
    if len(term.factors) > 1:
        yield from (term.drop(n) for n, factor in enumerate(term.factors) if isinstance(factor, tree.Big) == sums)


def drop_denominator(node: Node, _: Surroundings) -> Iterator[Node]:
    """Propose to leave away what stands below a line."""
    if isinstance(node, tree.Quotient):
        yield node.over


def add_factor(right: Node, around: Surroundings) -> Iterator[Node]:
    """Propose factors that stand nearby and not in a term: in front of it first, then elsewhere in it."""
    terms = [(part, split_term(part.node, around.is_function)) for part in list_terms(right)]
    outer = {id(part.node) for part in list_outer_terms(right)}
    pool = list(dict.fromkeys(_list_factors(right, around)))
    for front in (True, False):
        for factor in pool:
            if front and isinstance(right, tree.Sum):
                yield make_product((factor, right), ("",))
            for part, term in terms:
                may_grow = id(part.node) in outer or isinstance(part.node, tree.Product | tree.Derivative)
                if may_grow and factor not in term.factors and (front or not around.is_indexed(part.node)):
                    for n in [term.fixed] if front else range(len(term.factors), term.fixed, -1):
                        yield part.put(term.insert(n, factor))


def _list_factors(right: Node, around: Surroundings) -> Iterator[Node]:
    for other in (*around.others, right):
        for part in list_terms(other):
            term = split_term(part.node, around.is_function)
            if len(term.factors) > 1 or isinstance(part.node, Symbol):
                yield from (one for one in term.factors if not isinstance(one, tree.Big | tree.Number) and one != HALF)
    for scalar in around.scalars:
        yield tree.Quotient(ONE, scalar)
        yield scalar


def drop_term(right: Node, _: Surroundings) -> Iterator[Node]:
    """Propose to leave a term away."""
    if isinstance(right, tree.Sum):
        yield from (make_sum(right.terms[:n] + right.terms[n + 1 :]) for n in range(len(right.terms)))


def add_term(right: Node, around: Surroundings) -> Iterator[Node]:
    """Propose a term that stands nearby."""
    terms = right.terms if isinstance(right, tree.Sum) else (right,)
    sums = (node for other in around.others for node in reversed(list(nodes(other))) if isinstance(node, tree.Sum))
    for one in dict.fromkeys(term for node in sums for term in node.terms):
        if one not in terms and one != ONE:
            yield make_sum((*terms, one))


def add_delta(right: Node, around: Surroundings) -> Iterator[Node]:
    """Propose a δ of two letters, in front of each term."""
    for a in around.letters:
        for b in (letter for letter in around.list_alike(a) if letter > a):
            delta = Symbol(r"\delta", (Symbol(a), Symbol(b)))
            if delta not in nodes(right):
                for part in list_outer_terms(right):
                    yield part.put(make_product((part.node, delta), ("",)))
                yield from (
                    part.put(delta) for part in list_terms(right) if part.node == ONE and part.node is not right
                )


def change_mark(node: Node, _: Surroundings) -> Iterator[Node]:
    """Propose the mark of an immediate derivative, or none."""
    if isinstance(node, tree.Derivative):
        yield replace(node, immediate=not node.immediate)
