"""Rewrite a part of a formula: find the parts, and put sums, products and signs together again."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from fractions import Fraction
from functools import partial
from typing import Any, NamedTuple

from bptt.proofread.syntax.tree import (
    Big,
    Bracket,
    Derivative,
    Nabla,
    Negative,
    Node,
    Number,
    Product,
    Quotient,
    Sum,
    Symbol,
)

Put = Callable[[Node], Node]
ONE = Number(Fraction(1))
_SCRIPTS = ("below", "above")


class Part(NamedTuple):
    """A formula within another: `put` returns the whole with something else in its place."""

    node: Node
    put: Put


def list_parts(whole: Node, put: Put = lambda new: new) -> Iterator[Part]:
    """Walk a formula and all that stands in it, from the left to the right, but for scripts."""
    yield Part(whole, put)
    for one in fields(whole):
        value = getattr(whole, one.name)
        if isinstance(value, Node):
            yield from list_parts(value, partial(put_field, whole, one.name, put))
        elif isinstance(value, tuple) and one.name not in _SCRIPTS:
            for n, item in enumerate(value):
                if isinstance(item, Node):
                    yield from list_parts(item, partial(put_item, whole, one.name, n, put))


def put_field(node: Any, name: str, put: Put, new: Node) -> Node:
    """Put a formula in the place of a part of a node, and that in the whole."""
    match node:
        case Negative():
            return put(negate(new))
    return put(replace(node, **{name: new}))


def put_item(node: Any, name: str, n: int, put: Put, new: Node) -> Node:
    """Put a formula in the place of one of several of a node, and that in the whole."""
    items = getattr(node, name)
    changed = (*items[:n], new, *items[n + 1 :])
    match node:
        case Sum():
            return put(make_sum(changed))
        case Product():
            return put(make_product(changed, node.operators))
    return put(replace(node, **{name: changed}))


def list_symbols(whole: Node) -> Iterator[Part]:
    """Walk the symbols of a formula, but for those in scripts."""
    return (part for part in list_parts(whole) if isinstance(part.node, Symbol))


def list_items(part: Part) -> Iterator[Part]:
    """List what stands below and above a symbol, and in the steps there: of t − 1 that and the t."""
    for name in _SCRIPTS:
        for n, item in enumerate(getattr(part.node, name)):
            yield Part(item, partial(put_item, part.node, name, n, part.put))


def make_sum(terms: Sequence[Node]) -> Node:
    """Add terms, the first that is not negative in front."""
    flat = [one for term in terms for one in (term.terms if isinstance(term, Sum) else (term,))]
    if isinstance(flat[0], Negative):
        positive = next((term for term in flat if not isinstance(term, Negative)), flat[0])
        flat = [positive, *(term for term in flat if term is not positive)]
    return flat[0] if len(flat) == 1 else Sum(tuple(flat))


def negate(node: Node) -> Node:
    """Give a formula the other sign: each term of a sum."""
    match node:
        case Negative():
            return node.term
        case Sum():
            return make_sum([negate(term) for term in node.terms])
        case Bracket(entries=(inner,), separators=(), kind="{"):
            return negate(inner)
        case Bracket(entries=(inner,), separators=(), kind="("):
            return replace(node, entries=(negate(inner),)) if isinstance(inner, Sum | Negative) else Negative(node)
    return Negative(node)


def make_product(factors: Sequence[Node], operators: Sequence[str]) -> Node:
    """Multiply factors, with brackets around sums; of no factors, the number 1."""
    if not factors:
        return ONE
    flat, between = list[Node](), list[str]()
    negative = isinstance(factors[0], Negative)
    for operator, factor in zip(("", *operators), factors, strict=True):
        one = factor.term if not flat and isinstance(factor, Negative) else factor
        if isinstance(one, Sum | Negative):
            one = Bracket((one,))
        between += [operator, *one.operators] if isinstance(one, Product) else [operator]
        flat += one.factors if isinstance(one, Product) else (one,)
    made = flat[0] if len(flat) == 1 else Product(tuple(flat), tuple(between[1:]))
    return Negative(made) if negative else made


class Term(NamedTuple):
    """A product as its factors, each function together with its argument; `fixed` of them are sums in front."""

    factors: tuple[Node, ...]
    operators: tuple[str, ...]
    fixed: int

    @property
    def join(self) -> str:
        """What stands between two factors: ⊙ where the term has one."""
        return r"\odot" if r"\odot" in self.operators else ""

    def drop(self, n: int) -> Node:
        """Leave a factor away."""
        operators = self.operators[:n] + self.operators[n + 1 :] if n < len(self.operators) else self.operators[: n - 1]
        return make_product(self.factors[:n] + self.factors[n + 1 :], operators)

    def insert(self, n: int, factor: Node) -> Node:
        """Put a factor before the one of that number."""
        join = "" if _is_constant(factor) else self.join
        operators = list(self.operators)
        operators.insert(n if n <= self.fixed else n - 1, join)  # a sum in front is not joined by ⊙
        return make_product((*self.factors[:n], factor, *self.factors[n:]), operators)


def split_term(node: Node, is_function: Callable[[Symbol], bool]) -> Term:
    """Split a term into its factors; an operator takes the factor behind it along."""
    whole = node if isinstance(node, Product) else Product((node,), ())
    factors, operators = list[Node](), list[str]()
    for operator, factor in zip(("", *whole.operators), whole.factors, strict=True):
        if factors and not operator and _takes(factors[-1], factor, is_function):
            factors[-1] = make_product((factors[-1], factor), ("",))
        else:
            factors.append(factor)
            operators.append(operator)
    fixed = 0
    while fixed < len(factors) - 1 and (isinstance(factors[fixed], Big) or _is_constant(factors[fixed])):
        fixed += 1
    return Term(tuple(factors), tuple(operators[1:]), fixed)


def _takes(before: Node, factor: Node, is_function: Callable[[Symbol], bool]) -> bool:
    last = before.factors[-1] if isinstance(before, Product) else before
    if isinstance(last, Derivative) and last.of is None:
        return True
    if isinstance(last, Nabla):
        return True
    return isinstance(last, Symbol) and isinstance(factor, Bracket) and is_function(last)


def _is_constant(node: Node) -> bool:
    return isinstance(node, Number) or (isinstance(node, Quotient) and isinstance(node.over, Number))


def list_terms(whole: Node) -> Iterator[Part]:
    """List the terms of a formula and of all the sums within it, without their signs; the outermost first."""
    parts = list(list_parts(whole))
    yield from _list_terms_of(parts[0])
    for part in parts[1:]:
        match part.node:
            case Sum():
                yield from _list_terms_of(part)
            case Bracket(entries=(inner,)) if not isinstance(inner, Sum):
                yield from _list_terms_of(Part(inner, partial(put_item, part.node, "entries", 0, part.put)))


def _list_terms_of(part: Part) -> Iterator[Part]:
    node = part.node
    if isinstance(node, Negative):
        yield Part(node.term, partial(put_field, node, "term", part.put))
    elif isinstance(node, Sum):
        for n, term in enumerate(node.terms):
            yield from _list_terms_of(Part(term, partial(put_item, node, "terms", n, part.put)))
    else:
        yield part


def distribute(node: Node) -> Node:
    """Multiply out the one bracket of a product that holds a sum; the formula itself if there is none."""
    sign = isinstance(node, Negative)
    product = node.term if isinstance(node, Negative) else node
    if not isinstance(product, Product) or "/" in product.operators:
        return node
    for n, factor in reversed(list(enumerate(product.factors))):
        before = product.factors[n - 1] if n else None
        applied = isinstance(before, Symbol) and not (before.below or before.above)
        if (
            isinstance(factor, Bracket)
            and len(factor.entries) == 1
            and isinstance(factor.entries[0], Sum)
            and not applied
        ):
            terms = factor.entries[0].terms
            if all(isinstance(term, Product | Negative | Derivative) for term in terms):
                made = [_put_term(product, n, term) for term in terms]
                return make_sum([negate(one) for one in made] if sign else made)
    return node


def _put_term(product: Product, n: int, term: Node) -> Node:
    inner = term.term if isinstance(term, Negative) else term
    made = make_product((*product.factors[:n], inner, *product.factors[n + 1 :]), product.operators)
    return Negative(made) if isinstance(term, Negative) else made


def is_bare(node: Node) -> bool:
    """Whether a formula is a letter without scripts."""
    return isinstance(node, Symbol) and not (node.below or node.above or node.primes)


def rename_letters(value: Any, names: Mapping[str, str], in_scripts: bool = False) -> Any:
    """Rename letters in the scripts of a formula, all at once."""
    if isinstance(value, tuple):
        return tuple(rename_letters(item, names, in_scripts) for item in value)
    if not isinstance(value, Node):
        return value
    if in_scripts and isinstance(value, Symbol) and is_bare(value):
        return replace(value, name=names.get(value.name, value.name))
    changed = {
        one.name: rename_letters(getattr(value, one.name), names, in_scripts or one.name in _SCRIPTS)
        for one in fields(value)
    }
    return replace(value, **changed)
