"""Rewrite a part of a formula: find the parts, and put sums, products and signs together again."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from fractions import Fraction
from functools import partial
from typing import Any, NamedTuple

from bptt.proofread.syntax import tree
from bptt.proofread.syntax.tree import SCRIPTS, Node, Symbol, is_bare, map_parts, nodes

Put = Callable[[Node], Node]
ONE = tree.Number(Fraction(1))


class Part(NamedTuple):
    """A formula within another: `put` returns the whole with something else in its place."""

    node: Node
    put: Put


def list_whole(whole: Node) -> list[Part]:
    """List a formula alone, as the one part of itself."""
    return [Part(whole, lambda new: new)]


def list_children(part: Part) -> Iterator[Part]:
    """List what stands directly in a part, from the left to the right, but for scripts."""
    return _list_fields(part, [one.name for one in fields(part.node) if one.name not in SCRIPTS])


def list_items(node: Node) -> Iterator[Part]:
    """List what stands below and above a symbol or a sum sign, each as a part of that."""
    return _list_fields(Part(node, lambda new: new), [name for name in SCRIPTS if hasattr(node, name)])


def _list_fields(part: Part, names: Sequence[str]) -> Iterator[Part]:
    for name in names:
        value = getattr(part.node, name)
        for n, item in enumerate(value if isinstance(value, tuple) else (value,)):
            if isinstance(item, Node):
                yield Part(item, partial(_put, part, name, n))


def _put(part: Part, name: str, n: int, new: Node) -> Node:
    """Put a formula in the place of another in a part, and that in the whole."""
    node: Any = part.node
    value = getattr(node, name)
    changed = replace(node, **{name: (*value[:n], new, *value[n + 1 :]) if isinstance(value, tuple) else new})
    match changed:
        case tree.Negative():
            return part.put(negate(changed.term))
        case tree.Sum():
            return part.put(make_sum(changed.terms))
        case tree.Product():
            return part.put(make_product(changed.factors, changed.operators))
    return part.put(changed)


def list_parts(whole: Node) -> Iterator[Part]:
    """Walk a formula and all that stands in it, from the left to the right, but for scripts."""
    stack = list_whole(whole)
    while stack:
        yield (part := stack.pop())
        stack += reversed(list(list_children(part)))


def list_symbols(whole: Node) -> Iterator[Part]:
    """Walk the symbols of a formula, but for those in scripts."""
    return (part for part in list_parts(whole) if isinstance(part.node, Symbol))


def list_terms(whole: Node) -> Iterator[Part]:
    """List the terms of a formula and of all the sums within it, without their signs; the outermost first."""
    first, *others = list_parts(whole)
    yield from _list_terms_of(first)
    for part in others:
        match part.node:
            case tree.Sum():
                yield from _list_terms_of(part)
            case tree.Bracket(entries=(inner,)) if not isinstance(inner, tree.Sum):
                yield from _list_terms_of(next(list_children(part)))


def _list_terms_of(part: Part) -> Iterator[Part]:
    if isinstance(part.node, tree.Negative | tree.Sum):
        for term in list_children(part):
            yield from _list_terms_of(term)
    else:
        yield part


def list_outer_terms(whole: Node) -> Iterator[Part]:
    """List a formula, and its terms if it is a sum, but for those that are negative."""
    for part in list_whole(whole):
        yield part
        if isinstance(whole, tree.Sum):
            yield from (term for term in list_children(part) if not isinstance(term.node, tree.Negative))


def list_products(whole: Node) -> Iterator[Part]:
    """List the terms of a formula, and what stands above and below each line: all that has factors."""
    yield from list_terms(whole)
    for part in list_parts(whole):
        if isinstance(part.node, tree.Quotient):
            yield from list_children(part)


def make_sum(terms: Sequence[Node]) -> Node:
    """Add terms, the first that is not negative in front."""
    flat = [one for term in terms for one in (term.terms if isinstance(term, tree.Sum) else (term,))]
    flat.insert(0, flat.pop(next((n for n, term in enumerate(flat) if not isinstance(term, tree.Negative)), 0)))
    return flat[0] if len(flat) == 1 else tree.Sum(tuple(flat))


def negate(node: Node) -> Node:
    """Give a formula the other sign: each term of a sum."""
    match node:
        case tree.Negative():
            return node.term
        case tree.Sum():
            return make_sum([negate(term) for term in node.terms])
        case tree.Bracket(entries=(tree.Sum() | tree.Negative() as inner,), separators=(), kind="("):
            return replace(node, entries=(negate(inner),))
    return tree.Negative(node)


def make_product(factors: Sequence[Node], operators: Sequence[str]) -> Node:
    """Multiply factors, with brackets around sums; of no factors, the number 1."""
    if not factors:
        return ONE
    flat, between = list[Node](), list[str]()
    negative = isinstance(factors[0], tree.Negative)
    for operator, factor in zip(("", *operators), factors, strict=True):
        one = factor.term if not flat and isinstance(factor, tree.Negative) else factor
        if isinstance(one, tree.Sum | tree.Negative):
            one = tree.Bracket((one,))
        between += [operator, *one.operators] if isinstance(one, tree.Product) else [operator]
        flat += one.factors if isinstance(one, tree.Product) else (one,)
    made = flat[0] if len(flat) == 1 else tree.Product(tuple(flat), tuple(between[1:]))
    return tree.Negative(made) if negative else made


class Term(NamedTuple):
    """A product as its factors, each function together with its argument; `fixed` of them are sums in front."""

    factors: tuple[Node, ...]
    operators: tuple[str, ...]
    fixed: int

    def drop(self, n: int) -> Node:
        """Leave a factor away."""
        m = min(n, len(self.operators) - 1)
        return make_product(self.factors[:n] + self.factors[n + 1 :], self.operators[:m] + self.operators[m + 1 :])

    def insert(self, n: int, factor: Node) -> Node:
        """Put a factor before the one of that number, with a ⊙ where the term has one."""
        join = r"\odot" if r"\odot" in self.operators and not _is_constant(factor) else ""
        operators = list(self.operators)
        operators.insert(n if n <= self.fixed else n - 1, join)  # a sum in front is not joined by ⊙
        return make_product((*self.factors[:n], factor, *self.factors[n:]), operators)

    def change(self, new: Mapping[int, Node]) -> Node:
        """Put others in the place of the factors of some numbers."""
        return make_product([new.get(n, factor) for n, factor in enumerate(self.factors)], self.operators)


def split_term(node: Node, is_function: Callable[[Symbol], bool]) -> Term:
    """Split a term into its factors; an operator takes the factor behind it along."""
    whole = node if isinstance(node, tree.Product) else tree.Product((node,), ())
    factors, operators = list[Node](), list[str]()
    for operator, factor in zip(("", *whole.operators), whole.factors, strict=True):
        if factors and not operator and _takes(factors[-1], factor, is_function):
            factors[-1] = make_product((factors[-1], factor), ("",))
        else:
            factors.append(factor)
            operators.append(operator)
    fixed = 0
    while fixed < len(factors) - 1 and (isinstance(factors[fixed], tree.Big) or _is_constant(factors[fixed])):
        fixed += 1
    return Term(tuple(factors), tuple(operators[1:]), fixed)


def _takes(before: Node, factor: Node, is_function: Callable[[Symbol], bool]) -> bool:
    match before.factors[-1] if isinstance(before, tree.Product) else before:
        case tree.Derivative(of=None) | tree.Nabla():
            return True
        case Symbol() as symbol:
            return isinstance(factor, tree.Bracket) and is_function(symbol)
    return False


def _is_constant(node: Node) -> bool:
    return isinstance(node, tree.Number) or (isinstance(node, tree.Quotient) and isinstance(node.over, tree.Number))


def distribute(node: Node) -> Node:
    """Multiply out the last bracket of a product that holds a sum; the formula itself if there is none."""
    (product,) = list_children(*list_whole(node)) if isinstance(node, tree.Negative) else list_whole(node)
    if not isinstance(product.node, tree.Product) or "/" in product.node.operators:
        return node
    factors = list(list_children(product))
    for n in reversed(range(len(factors))):
        match [factor.node for factor in factors[max(n - 1, 0) : n + 1]]:
            case [Symbol(below=(), above=()), _]:
                continue  # which the bracket is the argument of
            case [*_, tree.Bracket(entries=(tree.Sum(terms=terms),))] if all(
                isinstance(term, tree.Product | tree.Negative | tree.Derivative) for term in terms
            ):
                return make_sum([_put_term(factors[n], term) for term in terms])
    return node


def _put_term(part: Part, term: Node) -> Node:
    return negate(part.put(term.term)) if isinstance(term, tree.Negative) else part.put(term)


def list_letters(node: Node) -> list[str]:
    """List the letters without scripts that stand in a formula and in its scripts, each as often as it does."""
    return [one.name for one in nodes(node, scripts=True) if is_bare(one)]


def rename_letters(node: Node, names: Mapping[str, str]) -> Node:
    """Rename letters in the scripts of a formula, all at once."""

    def rename(item: Node) -> Node:
        if is_bare(item):
            return replace(item, name=names.get(item.name, item.name))
        return map_parts(item, rename)

    return map_parts(node, lambda part: rename_letters(part, names), in_scripts=rename)
