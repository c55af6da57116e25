"""The equations of a document as far as the grammar reads them, and which of them may define something."""

import functools
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from bptt.proofread._verdict import PLEASE_REPORT
from bptt.proofread.document import Equation, Sentence, Token, cut_equation
from bptt.proofread.semantics import Candidate, Vocabulary, normalise_left
from bptt.proofread.semantics._latex import join_number
from bptt.proofread.syntax import parse
from bptt.proofread.syntax.tree import (
    Application,
    Negative,
    Node,
    Sum,
    Symbol,
    Unreadable,
    list_symbols,
    nodes,
    read_call,
    written,
)

EQUALS = ("=", ":=", r"\equiv", r"\coloneqq", r"\triangleq", r"\doteq", r"\leftarrow", r"\gets")
ASSIGNS = (r"\leftarrow", r"\gets")
MOST_NODES = 500  # of the tree of one side: a long formula has some 100, and each is walked often
MOST_EQUATIONS = 5_000  # each may take the whole budget of an equation
_EXAMPLES = re.compile(r"example|instance|e\.g\.|such as|\bsay\b|\blike\b", re.IGNORECASE)  # of a function, not it
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
    """List what the formulas of the prose may define."""
    for sentence in sentences:
        for formula in sentence.formulas:
            left, relation, right = cut_equation(formula, ("=", ":="))
            about, body = _parse_side(left, words), _parse_side(right, words)
            if not relation or isinstance(about, Unreadable) or isinstance(body, Unreadable):
                continue
            if isinstance(about, Symbol) or (read_call(about) and not _EXAMPLES.search(sentence.words)):
                yield Candidate(about, body, sentence.line)


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
