"""Parse a document as far as the grammar goes: its equations, and what its prose defines or names as a derivative."""

import functools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from bptt.proofread._assembled import list_assembled
from bptt.proofread._gradient_names import find_signs, join_signs, list_gradients
from bptt.proofread._inline import list_inline
from bptt.proofread._parsed import ParsedEquation, ParsedSentence, list_candidates, name_logarithms
from bptt.proofread._verdict import PLEASE_REPORT
from bptt.proofread.document import Document, Equation, Sentence, Token, find_relations
from bptt.proofread.semantics import Candidate
from bptt.proofread.syntax import merge_scripts, name_gradient, parse, parse_list
from bptt.proofread.syntax.tree import (
    Bracket,
    Nabla,
    Node,
    Product,
    Scripted,
    Symbol,
    Unreadable,
    list_symbols,
    nodes,
    rewrite,
    strip_brackets,
)

MOST_NODES = 500  # of the tree of one side: a long formula has some 100, and each is walked often
MOST_EQUATIONS = 5_000  # each may take the whole budget of an equation


# A prime on a matrix is its transpose; we write ' for the transpose.
_BETWEEN = r"(?:(?!\band\b|derivative|differenti)[^.;,])*"
_PRIME_TURNS = re.compile(rf"\bprimes?\b{_BETWEEN}\btranspos|\btranspos\w*{_BETWEEN}\bprimes?\b", re.IGNORECASE)


class Habits(NamedTuple):
    """How a document writes.

    Attributes:
        signs: by which it names gradients
        turns_by_primes: whether a prime is the sign of a transpose
        variable: by what each ∇ is that says so, if all are by the same
    """

    signs: frozenset[str] = frozenset()
    turns_by_primes: bool = False
    variable: Node | None = None


class ParsedDocument(NamedTuple):
    """The equations of a document, and what its prose may define, as far as the grammar reads them."""

    equations: Sequence[ParsedEquation]
    inline: Sequence[Candidate]

    def list_sides(self) -> list[Node]:
        """List the sides of the equations that are read."""
        sides = (side for one in self.equations for side in (one.left, one.right))
        return [side for side in sides if not isinstance(side, Unreadable)]

    def list_inline(self) -> list[Node]:
        """List the sides of what the prose may define."""
        return [side for one in self.inline for side in (one.left, one.right)]


def parse_document(document: Document, words: frozenset[str] = frozenset()) -> ParsedDocument:
    """Parse the equations of a document and the formulas of its prose; what names gradients by a sign is joined first.

    Args:
        document: as it is read
        words: names of several letters that stand without a font
    """
    habits = Habits()
    parsed = _parse(document, words, habits)
    by = {one.by for side in parsed.list_sides() for one in _list_gradients(side) if one.by is not None}
    habits = Habits(
        turns_by_primes=_turns_by_primes(document, [*parsed.list_sides(), *parsed.list_inline()]),
        variable=by.pop() if len(by) == 1 else None,
    )
    if habits != Habits():
        parsed = _parse(document, words, habits)
    shown = {symbol.name for side in parsed.list_sides() for symbol in list_symbols(side)}
    signs = find_signs([*parsed.inline, *(one for _, one in list_candidates(parsed.equations))], shown)
    if not signs:
        return parsed
    parsed = _parse(document, words, habits._replace(signs=frozenset(signs)))
    return parsed._replace(inline=[*parsed.inline, *list_gradients(signs, parsed.list_sides())])


def _parse(document: Document, words: frozenset[str], habits: Habits) -> ParsedDocument:
    equations = [_parse_equation(one, words, habits) for one in list_displayed(document)]
    sentences = [_parse_sentence(one, words, habits) for one in document.sentences]
    inline = list(list_inline(sentences))
    parsed = ParsedDocument(name_logarithms(equations, inline), inline)
    return parsed._replace(inline=[*parsed.inline, *list_assembled(sentences, parsed.list_sides())])


def list_displayed(document: Document) -> list[Equation]:
    return [one for display in document.displays for one in display]


def _parse_equation(equation: Equation, words: frozenset[str], habits: Habits) -> ParsedEquation:
    if equation.unreadable:
        refusal = Unreadable(equation.unreadable)
        return ParsedEquation(equation.line, equation.relation, refusal, refusal)
    left, right = (_parse_side(side, words, habits) for side in (equation.left, equation.right))
    remarks = tuple(remark.tokens for remark in equation.remarks)
    return ParsedEquation(equation.line, equation.relation, left, right, equation.continues, remarks)


def _parse_sentence(sentence: Sentence, words: frozenset[str], habits: Habits) -> ParsedSentence:
    chains = [_parse_chain(formula, words, habits) for formula in sentence.formulas]
    entries = [_parse_entries(formula, words, habits) for formula in sentence.formulas]
    return ParsedSentence(sentence.line, sentence.words, chains, entries)


def _parse_chain(formula: tuple[Token, ...], words: frozenset[str], habits: Habits) -> list[Node | Unreadable]:
    """Parse the sides of a = b = c; what these are an element of is no side."""
    found = find_relations(formula)
    relations = [sign for sign in found if sign.text in ("=", ":=")]
    belongs = next((sign.start for sign in found if sign.text == r"\in"), len(formula))
    end = belongs if relations and belongs > relations[-1].end else len(formula)
    starts, ends = [0, *(sign.end for sign in relations)], [*(sign.start for sign in relations), end]
    return [_parse_side(formula[start:end], words, habits) for start, end in zip(starts, ends, strict=True)]


@functools.lru_cache(2 * MOST_EQUATIONS)  # a chain has the same left side throughout, and each glossary the same trees
def _parse_side(side: tuple[Token, ...], words: frozenset[str], habits: Habits) -> Node | Unreadable:
    return _try(lambda: merge_scripts(join_signs(_write_out(parse(side, words), habits), habits.signs)))


@functools.lru_cache(MOST_EQUATIONS)
def _parse_entries(formula: tuple[Token, ...], words: frozenset[str], habits: Habits) -> tuple[Node, ...]:
    """Parse what stands behind commas, relations with it: x_1, …, x_n ∈ ℝ^d. Return nothing for what is not read."""
    whole = _try(lambda: join_signs(_write_out(Bracket(parse_list(formula, words)), habits), habits.signs))
    return whole.entries if isinstance(whole, Bracket) else ()


def _turns_by_primes(document: Document, sides: Sequence[Node]) -> bool:
    """Whether a prime is a transpose: the text says so, or has X'X."""
    if any(_PRIME_TURNS.search(sentence.words) for sentence in document.sentences):
        return True
    products = (node for side in sides for node in nodes(side) if isinstance(node, Product))
    pairs = [pair for node in products for pair in zip(node.factors, node.factors[1:], strict=False)]
    primed = [(one, other) for one, other in pairs if isinstance(one, Symbol) and one.primes == 1]
    if any(isinstance(other, Bracket) and strip_brackets(other) != other for _, other in primed):
        return False  # f'(x)
    return any(one.name.isupper() and replace(one, primes=0) == other for one, other in primed)


def _write_out(node: Node, habits: Habits) -> Node:
    """Put the sign of a transpose in the place of a prime, and what a ∇ is by below it, if that is what they say."""

    def turn(one: Node) -> Node:
        if isinstance(one, Nabla) and one.by is None:
            return replace(one, by=habits.variable, assumed=habits.variable is not None)
        if not (isinstance(one, Symbol | Scripted) and one.primes == 1 and habits.turns_by_primes):
            return one
        return replace(one, above=(*one.above, Symbol(r"\top", place=one.place)), primes=0)

    if habits == Habits(habits.signs):
        return node
    named = rewrite(node, lambda one: name_gradient(one) if isinstance(one, Product) else one)
    return rewrite(named, turn)


def _list_gradients(side: Node) -> Iterator[Nabla]:
    """List the ∇ of a formula, each with what it is by if that stands in the bracket behind: ∇L(W)."""
    for node in nodes(side):
        parts = name_gradient(node).factors if isinstance(node, Product) else ()
        yield from (one for one in parts if isinstance(one, Nabla))


def _try(read: Callable[[], Node]) -> Node | Unreadable:
    """Return what is read, or why nothing is: one formula is no reason to lose the document."""
    try:
        parsed = read()
    except Unreadable as error:
        return error
    except RecursionError:
        return Unreadable("it is nested too deeply")
    except Exception as error:
        return Unreadable(f"{PLEASE_REPORT}: {type(error).__name__}: {error}")
    size = sum(1 for _ in nodes(parsed))
    return parsed if size <= MOST_NODES else Unreadable(f"it has {size} parts: more than {MOST_NODES} are not read")
