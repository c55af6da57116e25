"""The equations of a display, cut out of its rows.

A row that starts with a relation goes on with the chain above it: its left-hand side is the chain's. After a
relation that is no equality, as in a ≈ b = c, what is said is b = c, and the left-hand side is b from there on.
"""

from collections.abc import Generator, Iterator, Sequence
from typing import NamedTuple

from bptt.proofread.document._alignments import unmarked
from bptt.proofread.document._brackets import EQUALITIES, Relation
from bptt.proofread.document._displays import Display
from bptt.proofread.document._macros import Macros, TooLong, expand_macros
from bptt.proofread.document._rows import Row, relations_of, rows, unpunctuated
from bptt.proofread.document._statements import statements
from bptt.proofread.document._tokens import Token, spell, tokenize
from bptt.proofread.document._typesetting import plain, spaceless

MAX_TOKENS = 10_000
LONGEST = 100_000  # characters of a display


class Equation(NamedTuple):
    """One equation of a display; the line and column, of the file, are those of its right-hand side."""

    display: int
    line: int
    column: int
    latex: str
    left: tuple[Token, ...]
    relation: str
    right: tuple[Token, ...]
    continues: bool
    unreadable: str = ""


class Side(NamedTuple):
    """A side of an equation, and how it is spelled."""

    parts: tuple[Token, ...]
    latex: str


_NO_SIDE = Side((), "")


def extract_equations(display: Display, macros: Macros) -> list[Equation]:
    """The equations of a display, in the order of the file; at least one, if only to say why there is none."""
    if display.unreadable:
        return [_nothing(display, display.unreadable)]
    if len(display.source) > LONGEST:
        return [_nothing(display, f"it is longer than {LONGEST:,} characters")]
    try:
        parts = plain(_read(display, macros))
    except TooLong as limit:
        return [_nothing(display, str(limit))]
    return list(_chained(display, rows(parts))) or [_nothing(display, "it is empty")]


def _read(display: Display, macros: Macros) -> list[Token]:
    parts = expand_macros(tokenize(display.source, display.line, display.column), macros)
    if len(parts) > MAX_TOKENS:
        raise TooLong(f"it has more than {MAX_TOKENS:,} tokens")
    return parts


def _nothing(display: Display, why: str) -> Equation:
    latex = " ".join(display.source[:LONGEST].split())
    return Equation(display.number, display.line, display.column, latex, (), "", (), False, why)


def _chained(display: Display, found: Sequence[Row]) -> Iterator[Equation]:
    """The equations of the rows, each with the left-hand side of the chain that it belongs to."""
    chain = _NO_SIDE
    for row in found:
        for statement in statements(row):
            parts = tuple(spaceless(unpunctuated(unmarked(statement.parts))))
            links = relations_of(parts)
            if parts and not links:
                lone = _equation(display, parts[0], _side(parts), "", _NO_SIDE)
                yield lone._replace(unreadable="it states no equation")
            chain = yield from _links(display, parts, links, chain, statement.condition)


def _links(
    display: Display, parts: tuple[Token, ...], links: Sequence[Relation], chain: Side, condition: str
) -> Generator[Equation, None, Side]:
    """The equations of one statement, which goes on with the chain if it starts with a relation; the chain after it."""
    ends = [*(link.start for link in links[1:]), len(parts)][: len(links)]
    for index, (link, end) in enumerate(zip(links, ends, strict=True)):
        continues = index > 0 or link.start == 0
        left = chain if continues else _side(parts[: link.start])
        right = _side(parts[link.end : end])
        equation = _equation(display, parts[link.end - (not right.parts)], left, link.text, right)
        yield equation._replace(continues=continues, unreadable=_trouble(equation, condition))
        chain = left if link.text in EQUALITIES or not right.parts else right
    return chain


def _side(parts: tuple[Token, ...]) -> Side:
    return Side(parts, spell(parts))


def _equation(display: Display, place: Token, left: Side, relation: str, right: Side) -> Equation:
    latex = " ".join(filter(None, [left.latex, relation, right.latex]))
    return Equation(display.number, place.line, place.column, latex, left.parts, relation, right.parts, False)


def _trouble(equation: Equation, condition: str) -> str:
    if not equation.left:
        return "it starts with a relation and nothing stands on its left"
    if not equation.right:
        return "nothing stands on the right of its relation"
    words = " ".join(condition.split())
    return f'it holds under a condition that is not read, "{words}"' if words else ""
