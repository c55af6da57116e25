"""The equations of a document as far as the grammar reads them, and which of them may define something."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from bptt.proofread.document import FORMULA, RELATIONS, Kind, Token
from bptt.proofread.semantics import Candidate, Vocabulary, normalise_left
from bptt.proofread.semantics._latex import join_number
from bptt.proofread.syntax.tree import (
    Application,
    Bracket,
    Derivative,
    Nabla,
    Negative,
    Node,
    Product,
    Sum,
    Symbol,
    Unreadable,
    is_bare,
    list_symbols,
    lists_entries,
    multiply,
    nodes,
    read_call,
    written,
)

ASSIGNS = frozenset(sign for sign, kind in RELATIONS.items() if kind is Kind.STEP)
EQUALS = ASSIGNS.union(sign for sign, kind in RELATIONS.items() if kind is Kind.EQUALITY)
_PROBABILITIES = ("Pr", r"\mathbb{P}")
_OLD_AND_NEW = ({"new", "next", "+", "updated"}, {"old", "prev", "previous", "current"})


class ParsedEquation(NamedTuple):
    """An equation of a document as far as the grammar reads it: the sides, or why they are not read."""

    line: int
    relation: str
    left: Node | Unreadable
    right: Node | Unreadable
    continues: bool = False
    remarks: tuple[tuple[Token, ...], ...] = ()

    @property
    def sides(self) -> tuple[Node, Node] | None:
        """Both sides, None unless both are read."""
        if isinstance(self.left, Unreadable) or isinstance(self.right, Unreadable):
            return None
        return self.left, self.right


class ParsedSentence(NamedTuple):
    """A sentence with its formulas: the sides of each, a = b = c, and what stands behind commas in each."""

    line: int
    words: str
    chains: Sequence[Sequence[Node | Unreadable]]
    entries: Sequence[Sequence[Node]]

    def get_numbers(self, found: re.Match[str], group: str) -> range:
        """Return the numbers of the formulas in a group of what was found in its words."""
        first = found.string[: found.start(group)].count(FORMULA)
        return range(first, first + found[group].count(FORMULA))

    def list_alone(self, found: re.Match[str], group: str) -> list[Node | None]:
        """List the formulas in a group, None for one that is not read or states something."""
        chains = (self.chains[n] for n in self.get_numbers(found, group))
        return [one[0] if len(one) == 1 and not isinstance(one[0], Unreadable) else None for one in chains]


def get_subject(vocabulary: Vocabulary, left: Node) -> str:
    """Return the letters of what a left-hand side is about, "" where it is no symbol."""
    left = join_number(left)
    call = read_call(left)
    symbol = call.function if call else left.function if isinstance(left, Application) else left
    return vocabulary.symbols.get_base(symbol) if isinstance(symbol, Symbol) and not symbol.primes else ""


def is_update(left: Node, right: Node) -> bool:
    """Whether w = w − … gives a symbol a new value in terms of the old one: a step of a program."""
    if not isinstance(left, Symbol):
        return False
    new, old = _OLD_AND_NEW
    same = [_list_scripts(one) for one in list_symbols(right) if one.name == left.name]
    if _list_scripts(left) & new and any(scripts & old for scripts in same):
        return True
    match right:
        case Sum((Symbol(name, below, above), Negative())):
            return (name, below, above) == (left.name, left.below, left.above)
    return False


def _is_probability(left: Node, right: Node) -> bool:
    """Whether it is of Pr(y | x), or of p(y | x) as E = -log p(y | x): it defines nothing, and y and x may be any."""
    if any(symbol.name in _PROBABILITIES for symbol in list_symbols(left)):
        return True
    calls = (call for node in nodes(right) if isinstance(node, Product) for call in _list_calls(node))
    return any("|" in bracket.separators for symbol, bracket in calls if symbol.name in ("p", "P", *_PROBABILITIES))


def _list_calls(node: Product) -> Iterator[tuple[Symbol, Bracket]]:
    """List the symbols with a bracket right behind them."""
    for one, operator, after in zip(node.factors, node.operators, node.factors[1:], strict=False):
        if isinstance(one, Symbol) and not operator and isinstance(after, Bracket):
            yield one, after


def is_total(left: Node, right: Node) -> bool:
    """Whether a left-hand side is the sum of its own terms, as in L = Σ L_i."""
    if not isinstance(left, Symbol) or left.below:
        return False
    return any(node.name == left.name and bool(node.below) for node in list_symbols(right))


def _list_scripts(symbol: Symbol) -> set[str]:
    return {written(one) for one in (*symbol.below, *symbol.above)}


def list_candidates(equations: Sequence[ParsedEquation]) -> Iterator[tuple[int, Candidate]]:
    """Yield what may define something, by number; a negative one for b = c where a chain a = b = c says that, too."""
    for n, one in enumerate(equations):
        states = one.sides and not any(says(*one.sides) for says in (is_update, lists_entries, _is_probability))
        if one.relation in EQUALS and one.relation not in ASSIGNS and one.sides and states:
            yield n, Candidate(*one.sides, one.line)
            before = equations[n - 1] if n else one
            if one.continues and isinstance(before.right, Symbol) and before.left is one.left:
                yield -n, Candidate(before.right, one.sides[1], one.line)


def name_logarithms(equations: Sequence[ParsedEquation], inline: Sequence[Candidate]) -> list[ParsedEquation]:
    """Read log L = … as L = exp(…), where nothing else is said of L: log p_i = … is a claim on a known p."""
    lefts = [*(one.left for one in equations if not isinstance(one.left, Unreadable)), *(one.left for one in inline)]
    subjects = {written(_get_named(left)) for left in lefts}

    def name(one: ParsedEquation) -> ParsedEquation:
        found = None if one.sides is None else _take_logarithm(*one.sides)
        if found is None or one.relation not in EQUALS or written(_get_named(found[0])) in subjects:
            return one
        return one._replace(left=found[0], right=found[1])

    return list(map(name, equations))


def _get_named(node: Node) -> Node:
    """Return the f of f(x), and what stands alone."""
    call = read_call(node)
    return node if call is None else call.function


def _take_logarithm(left: Node, right: Node) -> tuple[Node, Node] | None:
    """Return L and exp(…) of log L = …, or of −log L = −…; None for any other equation."""
    match left:
        case Negative(term=term):
            return _take_logarithm(term, Negative(right))
        case Product((Symbol("log" | "ln", (), ()), *factors), operators):
            inner = multiply(tuple(factors), operators[1:])
            if is_bare(_get_named(inner)):
                return inner, Product((Symbol("exp"), Bracket((right,))), ("",))
    return None


def normalise_equation(vocabulary: Vocabulary, one: ParsedEquation) -> ParsedEquation:
    """Read what stands in a bracket on the left as what it is: an argument, a step, or what a symbol depends on."""
    if one.sides is None:
        return one
    left, right = one.sides
    return one._replace(left=normalise_left(vocabulary, join_number(left), right))


def is_derivative(node: Node | Unreadable) -> bool:
    """Whether a formula is a derivative alone, or the negative of one."""
    match node:
        case Negative(term=term):
            return is_derivative(term)
        case Derivative(of=of):
            return of is not None
        case Product((Nabla() | Derivative(of=None), Symbol())):
            return True
    return False
