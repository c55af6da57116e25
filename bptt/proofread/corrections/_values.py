"""Propose what is wrong in the value of a formula: signs, factors, terms, slopes, accents."""

import re
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from functools import partial
from itertools import pairwise

from bptt.proofread.corrections._correction import Kind, Surroundings
from bptt.proofread.corrections._rewriting import (
    ONE,
    Part,
    list_parts,
    list_symbols,
    list_terms,
    make_product,
    make_sum,
    negate,
    put_field,
    split_term,
)
from bptt.proofread.syntax.tree import (
    Big,
    Bracket,
    Derivative,
    Negative,
    Node,
    Number,
    Product,
    Quotient,
    Root,
    Scripted,
    Sum,
    Symbol,
    nodes,
    strip_brackets,
)

Change = tuple[Kind, Node]
TWO = Number(Fraction(2))
HALF = Quotient(ONE, TWO)


def propose_signs(right: Node, around: Surroundings) -> Iterator[Change]:
    """Propose the other sign of the whole, of an argument of a function, and of each term of each sum."""
    yield "a sign", negate(right)
    for part in list_parts(right):
        match part.node:
            case Product():
                yield from _negate_arguments(part, part.node, around)
            case Symbol(name="e", above=above) if above:
                exponent = make_product(above, ("",) * (len(above) - 1))
                yield "the sign of an argument", part.put(replace(part.node, above=(negate(exponent),)))
    for part in list_parts(right):
        if isinstance(part.node, Sum):
            terms = part.node.terms
            for n, term in enumerate(terms):
                yield "a sign", part.put(make_sum((*terms[:n], negate(term), *terms[n + 1 :])))


def _negate_arguments(part: Part, product: Product, around: Surroundings) -> Iterator[Change]:
    factors = product.factors
    for n, (before, factor) in enumerate(pairwise(factors), start=1):
        called = isinstance(before, Symbol) and around.is_function(before) and not product.operators[n - 1]
        if called and isinstance(factor, Bracket) and len(factor.entries) == 1:
            negated = Bracket((negate(strip_brackets(factor)),), kind="(" if factor.kind == "{" else factor.kind)
            changed = make_product((*factors[:n], negated, *factors[n + 1 :]), product.operators)
            yield "the sign of an argument", part.put(changed)


def propose_accents(side: Node, around: Surroundings) -> Iterator[Change]:
    """Propose another accent that is known: in one place, then wherever the symbol stands."""
    used = {part.node.name for part in list_symbols(side) if isinstance(part.node, Symbol)}
    plain = {name: re.sub(r"^\\[a-z]+\{(.*)\}$", r"\1", name) for name in sorted(around.names | used)}
    others = {
        name: [other for other in plain if other != name and plain[other] == plain.get(name, name)] for name in used
    }
    for part in list_symbols(side):
        assert isinstance(part.node, Symbol)
        for other in others[part.node.name]:
            yield "an accent", part.put(replace(part.node, name=other))


def propose_slopes(right: Node, _: Surroundings) -> Iterator[Change]:
    """Propose 1 − x² for 1 − x, 1 − x for 1 − x², and x(1 − x) for either."""
    uses_odot = any(isinstance(node, Product) and r"\odot" in node.operators for node in nodes(right))
    for part in list_parts(right):
        match part.node:
            case Sum(terms=(Number(value=Fraction(numerator=1, denominator=1)), Negative(term=value))):
                root = _take_root(value)
                for other in [root] if root else _square(value, uses_odot):
                    yield "a slope", part.put(make_sum((ONE, Negative(other))))
                base = root or value
                for operator in (r"\odot", "") if uses_odot or isinstance(value, Symbol) else ("", r"\odot"):
                    slope = make_product((base, Bracket((make_sum((ONE, Negative(base))),))), (operator,))
                    yield "a slope", part.put(slope)


def propose_powers(right: Node, around: Surroundings) -> Iterator[Change]:
    """Propose a square more or less, and a root below a line."""
    for part in list_parts(right):
        if isinstance(part.node, Symbol | Scripted | Product) and (root := _take_root(part.node)):
            yield "a power", part.put(root)
        elif isinstance(part.node, Quotient):
            under = part.node.under
            yield (
                "a power",
                part.put(replace(part.node, under=under.radicand if isinstance(under, Root) else Root(under))),
            )
    for part in (*list_terms(right), *_list_fractions(right)):
        term = split_term(part.node, around.is_function)
        for n, factor in enumerate(term.factors):
            if isinstance(factor, Symbol | Bracket):
                square = next(_square(strip_brackets(factor), uses_odot=False))
                factors = (*term.factors[:n], square, *term.factors[n + 1 :])
                yield "a power", part.put(make_product(factors, term.operators))


def _square(node: Node, uses_odot: bool) -> Iterator[Node]:
    if isinstance(node, Symbol) and not node.above:
        yield replace(node, above=(TWO,))
    elif uses_odot:
        yield Product((node, node), (r"\odot",))
    else:
        yield Scripted(Bracket((node,)), above=(TWO,))


def _take_root(node: Node) -> Node | None:
    """Return x of x², x ⊙ x and x x; None of anything else."""
    match node:
        case Product(factors=(one, other)) if one == other:
            return one
        case Product(factors=(Symbol(above=(*_, last)) as function, Bracket() as argument)) if last == TWO:
            return make_product((replace(function, above=function.above[:-1]), argument), node.operators)
        case Symbol(above=(*_, last)) if last == TWO:
            return replace(node, above=node.above[:-1])
        case Scripted(base=Bracket(entries=(inner,)), below=(), above=(last,)) if last == TWO:
            return inner
    return None


def propose_numbers(right: Node, around: Surroundings) -> Iterator[Change]:
    """Propose a 2 or a ½ that is missing: of the whole, then of each term."""
    for part in list_terms(right):
        if not isinstance(part.node, Product | Quotient) and part.node is not right:
            continue
        term = split_term(part.node, around.is_function)
        for number in (HALF, TWO):
            yield "a missing factor", part.put(term.insert(0, number))
    if isinstance(right, Sum):
        for number in (HALF, TWO):
            yield "a missing factor", make_product((number, right), ("",))


def propose_fewer_factors(right: Node, around: Surroundings) -> Iterator[Change]:
    """Propose to leave away each factor of each term."""
    places = [*list_terms(right), *_list_fractions(right)]
    for part in places:
        term = split_term(part.node, around.is_function)
        if len(term.factors) > 1:
            for n, factor in enumerate(term.factors):
                yield "a sum too much" if isinstance(factor, Big) else "a factor too much", part.put(term.drop(n))
    for part in list_parts(right):
        if isinstance(part.node, Quotient):
            yield "a factor too much", part.put(part.node.over)


def _list_fractions(right: Node) -> Iterator[Part]:
    for part in list_parts(right):
        if isinstance(part.node, Quotient):
            yield Part(part.node.over, partial(put_field, part.node, "over", part.put))
            yield Part(part.node.under, partial(put_field, part.node, "under", part.put))


def propose_factors(right: Node, around: Surroundings) -> Iterator[Change]:
    """Propose factors that stand nearby and not in a term: in front of it first, then elsewhere in it."""
    terms = [(part, split_term(part.node, around.is_function)) for part in list_terms(right)]
    pool = list(dict.fromkeys(_list_factors(right, around)))
    for front in (True, False):
        for factor in pool:
            for part, term in terms:
                whole = part.node is right or (isinstance(right, Sum) and part.node in right.terms)
                if factor in term.factors or not (whole or isinstance(part.node, Product | Derivative)):
                    continue
                if not front and around.is_indexed(part.node):
                    continue
                places = [term.fixed] if front else range(len(term.factors), term.fixed, -1)
                for n in places:
                    yield "a missing factor", part.put(term.insert(n, factor))


def _list_factors(right: Node, around: Surroundings) -> Iterator[Node]:
    for other in (*around.others, right):
        for part in list_terms(other):
            term = split_term(part.node, around.is_function)
            if len(term.factors) > 1 or isinstance(part.node, Symbol):
                yield from (one for one in term.factors if not isinstance(one, Big | Number) and one != HALF)
    for scalar in around.scalars:
        yield Quotient(ONE, scalar)
        yield scalar


def propose_terms(right: Node, around: Surroundings) -> Iterator[Change]:
    """Propose to leave a term away, or to add one that stands nearby."""
    terms = right.terms if isinstance(right, Sum) else (right,)
    if len(terms) > 1:
        for n in range(len(terms)):
            yield "a term too much", make_sum(terms[:n] + terms[n + 1 :])
    sums = (node for other in around.others for node in reversed(list(nodes(other))) if isinstance(node, Sum))
    for one in dict.fromkeys(term for node in sums for term in node.terms):
        if one not in terms and one != ONE:
            yield "a missing term", make_sum((*terms, one))


def propose_deltas(right: Node, around: Surroundings) -> Iterator[Change]:
    """Propose a δ of two letters, in front of each term."""
    for a in around.letters:
        for b in (letter for letter in around.list_alike(a) if letter > a):
            delta = Symbol(r"\delta", (Symbol(a), Symbol(b)))
            if delta not in nodes(right):
                yield "a missing δ", make_product((right, delta), ("",))
            for part in list_terms(right):
                if isinstance(right, Sum) and part.node in right.terms:
                    yield "a missing δ", part.put(make_product((part.node, delta), ("",)))


def propose_marks(side: Node, _: Surroundings) -> Iterator[Change]:
    """Propose the mark of an immediate derivative, or none."""
    for part in list_parts(side):
        if isinstance(part.node, Derivative):
            marked = replace(part.node, immediate=not part.node.immediate)
            yield "the mark of an immediate derivative", part.put(marked)
