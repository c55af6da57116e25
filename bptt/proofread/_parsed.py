"""The equations of a document as far as the grammar reads them, and which of them may define something."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from bptt.proofread import semantics
from bptt.proofread.document import Token
from bptt.proofread.semantics import (
    Candidate,
    Vocabulary,
)
from bptt.proofread.semantics._latex import join_number
from bptt.proofread.syntax.tree import (
    Application,
    Node,
    Symbol,
    Unreadable,
    list_symbols,
    written,
)

EQUALS = ("=", ":=", r"\equiv", r"\coloneqq", r"\triangleq", r"\doteq", r"\leftarrow", r"\gets", r"\stackrel{=}")
ASSIGNS = (r"\leftarrow", r"\gets")
_OLD_AND_NEW = ({"new", "next", "+", "updated"}, {"old", "prev", "previous", "current"})


class ParsedEquation(NamedTuple):
    """An equation of a document as far as the grammar reads it: the sides, or why they are not read."""

    line: int
    relation: str
    left: Node | Unreadable
    right: Node | Unreadable
    continues: bool = False
    remarks: tuple[tuple[Token, ...], ...] = ()


def get_subject(vocabulary: Vocabulary, left: Node) -> str:
    """Return the letters of what a left-hand side is about, "" where it is no symbol."""
    from bptt.proofread.semantics._definitions import read_call

    left = join_number(left)
    call = read_call(left)
    symbol = call.function if call else left.function if isinstance(left, Application) else left
    return vocabulary.symbols.get_base(symbol) if isinstance(symbol, Symbol) and not symbol.primes else ""


def _is_renewed(left: Node, right: Node) -> bool:
    """Whether a symbol that is called new is made of one that is called old."""
    if not isinstance(left, Symbol) or not {written(one) for one in (*left.below, *left.above)} & _OLD_AND_NEW[0]:
        return False
    same = (one for one in list_symbols(right) if one.name == left.name)
    return any({written(item) for item in (*one.below, *one.above)} & _OLD_AND_NEW[1] for one in same)


def is_update(left: Node, right: Node) -> bool:
    """Whether w = w − … gives a symbol a new value in terms of the old one: a step of a program."""
    from bptt.proofread.syntax.tree import Negative, Sum

    if _is_renewed(left, right):
        return True
    if not isinstance(left, Symbol) or not isinstance(right, Sum):
        return False
    first = right.terms[0]
    same = isinstance(first, Symbol) and (first.name, first.below, first.above) == (left.name, left.below, left.above)
    return same and len(right.terms) == 2 and isinstance(right.terms[1], Negative)


def list_candidates(equations: Sequence[ParsedEquation]) -> Iterator[tuple[int, Candidate]]:
    """Yield what may define something, by number; a negative one for b = c where a chain a = b = c says that, too."""
    for n, one in enumerate(equations):
        if one.relation not in EQUALS or one.relation in ASSIGNS:
            continue
        if isinstance(one.left, Unreadable) or isinstance(one.right, Unreadable) or is_update(one.left, one.right):
            continue
        yield n, Candidate(one.left, one.right, one.line)
        before = equations[n - 1] if n else one
        if one.continues and isinstance(before.right, Symbol) and before.left is one.left:
            yield -n, Candidate(before.right, one.right, one.line)


def normalise_equation(vocabulary: Vocabulary, one: ParsedEquation) -> ParsedEquation:
    """Read what stands in a bracket on the left as what it is: an argument, a step, or what a symbol depends on."""
    if isinstance(one.left, Unreadable) or isinstance(one.right, Unreadable):
        return one
    left = semantics.normalise_left(vocabulary, join_number(one.left), one.right)
    return one if left is one.left else one._replace(left=left)
