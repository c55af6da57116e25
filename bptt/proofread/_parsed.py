"""The equations of a document as far as the grammar reads them, and which of them may define something."""

import functools
import itertools
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from bptt.proofread._verdict import PLEASE_REPORT
from bptt.proofread.document import FORMULA, RELATIONS, Equation, Kind, Sentence, Token, find_relations
from bptt.proofread.semantics import Candidate, Vocabulary, normalise_left
from bptt.proofread.semantics._latex import join_number
from bptt.proofread.semantics._shapes import LIST
from bptt.proofread.syntax import parse
from bptt.proofread.syntax.tree import (
    Application,
    Derivative,
    Nabla,
    Negative,
    Node,
    Product,
    Sum,
    Symbol,
    Unreadable,
    list_symbols,
    nodes,
    read_call,
    written,
)

ASSIGNS = frozenset(sign for sign, kind in RELATIONS.items() if kind is Kind.STEP)
EQUALS = ASSIGNS.union(sign for sign, kind in RELATIONS.items() if kind is Kind.EQUALITY)
MOST_NODES = 500  # of the tree of one side: a long formula has some 100, and each is walked often
MOST_EQUATIONS = 5_000  # each may take the whole budget of an equation
_EXAMPLES = re.compile(r"example|instance|e\.g\.|such as|\bsay\b|\blike\b", re.IGNORECASE)  # of a function, not it
_NAMED = re.compile(
    rf"(?P<names>{LIST}),? (?:for|be|denotes?|is|are|as|means?) (?:the |its |their )?"
    rf"(?:(?:total|full|upstream|error|column|row|loss) )*(?:gradient|derivative|sensitivit)(?:s|y|ies)? "
    rf"of (?:the [\w-]+ )?(?P<of>{FORMULA}) "
    rf"(?:with (?:respect|regard) to|w\.r\.t\.|wrt|by) (?:the [\w-]+ )?(?P<by>{LIST})",
    re.IGNORECASE,
)
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


def _list_scripts(symbol: Symbol) -> set[str]:
    return {written(one) for one in (*symbol.below, *symbol.above)}


def list_candidates(equations: Sequence[ParsedEquation]) -> Iterator[tuple[int, Candidate]]:
    """Yield what may define something, by number; a negative one for b = c where a chain a = b = c says that, too."""
    for n, one in enumerate(equations):
        if one.relation in EQUALS and one.relation not in ASSIGNS and one.sides and not is_update(*one.sides):
            yield n, Candidate(*one.sides, one.line)
            before = equations[n - 1] if n else one
            if one.continues and isinstance(before.right, Symbol) and before.left is one.left:
                yield -n, Candidate(before.right, one.sides[1], one.line)


def normalise_equation(vocabulary: Vocabulary, one: ParsedEquation) -> ParsedEquation:
    """Read what stands in a bracket on the left as what it is: an argument, a step, or what a symbol depends on."""
    if one.sides is None:
        return one
    left, right = one.sides
    return one._replace(left=normalise_left(vocabulary, join_number(left), right))


def list_inline(sentences: Sequence[Sentence], words: frozenset[str]) -> Iterator[Candidate]:
    """List what the formulas of the prose may define, and what it names as a derivative."""
    for sentence in sentences:
        is_example = _EXAMPLES.search(sentence.words)
        for formula in sentence.formulas:
            sides = _parse_chain(formula, words)
            subjects = list(itertools.takewhile(_is_symbol, sides[:-1]))  # h_0 = c_0 = 0
            bodies = sides[len(subjects) :]
            body = next(filter(is_derivative, bodies), bodies[0])
            for one in subjects:
                if isinstance(one, Unreadable) or isinstance(body, Unreadable):
                    continue
                if isinstance(one, Symbol) or not is_example:
                    yield Candidate(one, body, sentence.line)
        yield from _list_named(sentence, words)


def _parse_chain(formula: tuple[Token, ...], words: frozenset[str]) -> list[Node | Unreadable]:
    """Parse the sides of a = b = c."""
    signs = [sign for sign in find_relations(formula) if sign.text in ("=", ":=")]
    starts, ends = [0, *(sign.end for sign in signs)], [*(sign.start for sign in signs), len(formula)]
    return [_parse_side(formula[start:end], words) for start, end in zip(starts, ends, strict=True)]


def _list_named(sentence: Sentence, words: frozenset[str]) -> Iterator[Candidate]:
    """List what words name: we write δ and ε for the gradients of L by a and b."""
    parsed = [_parse_side(formula, words) for formula in sentence.formulas]
    for found in _NAMED.finditer(sentence.words):
        names, (of,), by = (
            parsed[first : first + found[group].count(FORMULA)]
            for group in ("names", "of", "by")
            for first in [sentence.words[: found.start(group)].count(FORMULA)]
        )
        if isinstance(of, Symbol) and len(names) == len(by):
            for name, variable in zip(names, by, strict=True):
                if not isinstance(name, Unreadable) and not isinstance(variable, Unreadable) and _is_symbol(name):
                    yield Candidate(name, Derivative(of, (variable,)), sentence.line)


def _is_symbol(node: Node | Unreadable) -> bool:
    """Whether it is a symbol, alone or with its arguments or its step in a bracket."""
    return isinstance(node, Symbol) or (not isinstance(node, Unreadable) and read_call(node) is not None)


def is_derivative(node: Node | Unreadable) -> bool:
    """Whether a formula is a derivative alone."""
    match node:
        case Derivative(of=of):
            return of is not None
        case Product((Nabla() | Derivative(of=None), Symbol())):
            return True
    return False


def parse_equation(equation: Equation, words: frozenset[str]) -> ParsedEquation:
    """Parse the sides as far as the grammar goes."""
    if equation.unreadable:
        refusal = Unreadable(equation.unreadable)
        return ParsedEquation(equation.line, equation.relation, refusal, refusal)
    left, right = _parse_side(equation.left, words), _parse_side(equation.right, words)
    remarks = tuple(remark.tokens for remark in equation.remarks)
    return ParsedEquation(equation.line, equation.relation, left, right, equation.continues, remarks)


@functools.lru_cache(2 * MOST_EQUATIONS)  # a chain has the same left side throughout, and each glossary the same trees
def _parse_side(side: tuple[Token, ...], words: frozenset[str]) -> Node | Unreadable:
    try:
        parsed = parse(side, words)
    except Unreadable as error:
        return error
    except RecursionError:
        return Unreadable("it is nested too deeply")
    except Exception as error:  # one formula is no reason to lose the document
        return Unreadable(f"{PLEASE_REPORT}: {type(error).__name__}: {error}")
    size = sum(1 for _ in nodes(parsed))
    return parsed if size <= MOST_NODES else Unreadable(f"it has {size} parts: more than {MOST_NODES} are not read")
