"""The equations of a display, cut out of its rows.

A row that starts with a relation goes on with the chain above it: its left-hand side is the chain's. After a
relation that is no equality, as in a ≈ b = c, what is said is b = c, and the left-hand side is b from there on.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from bptt.derivation.alignments import unmarked
from bptt.derivation.brackets import EQUALITIES
from bptt.derivation.documents import Display
from bptt.derivation.macros import Macros, TooLong, expanded
from bptt.derivation.rows import Row, relations_of, rows, unpunctuated
from bptt.derivation.statements import statements
from bptt.derivation.tokens import Token, spelled, tokens
from bptt.derivation.typesetting import plain, spaceless

MAX_TOKENS = 10_000


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


def equations(display: Display, macros: Macros) -> list[Equation]:
    """The equations of a display, in the order of the file; at least one, if only to say why there is none."""
    if display.unreadable:
        return [_nothing(display, display.unreadable)]
    try:
        parts = plain(_read(display, macros))
    except TooLong as limit:
        return [_nothing(display, str(limit))]
    return list(_chained(display, rows(parts))) or [_nothing(display, "it is empty")]


def _read(display: Display, macros: Macros) -> list[Token]:
    parts = expanded(tokens(display.source, display.line, display.column), macros)
    if len(parts) > MAX_TOKENS:
        raise TooLong(f"it has more than {MAX_TOKENS:,} tokens")
    return parts


def _nothing(display: Display, why: str) -> Equation:
    latex = " ".join(display.source.split())
    return Equation(display.number, display.line, display.column, latex, (), "", (), False, why)


def _chained(display: Display, found: Sequence[Row]) -> Iterator[Equation]:
    """The equations of the rows, each with the left-hand side of the chain that it belongs to."""
    chain: tuple[Token, ...] = ()
    for row in found:
        for statement in statements(row):
            for equation in _links(display, statement, chain):
                yield equation
                chain = _left_from_here(equation) if equation.relation else chain


def _left_from_here(equation: Equation) -> tuple[Token, ...]:
    return equation.left if equation.relation in EQUALITIES or not equation.right else equation.right


def _links(display: Display, statement: Row, chain: tuple[Token, ...]) -> Iterator[Equation]:
    """The equations of one statement, which may start with a relation and then goes on with the chain."""
    parts = tuple(spaceless(unpunctuated(unmarked(statement.parts))))
    found = relations_of(parts)
    if parts and not found:
        yield _equation(display, parts[0], parts, "", (), "it states no equation")
    for index, relation in enumerate(found):
        end = found[index + 1].start if index + 1 < len(found) else len(parts)
        continues = index > 0 or relation.start == 0
        left = chain if continues else parts[: relation.start]
        right = parts[relation.end : end]
        place = (*right, parts[relation.end - 1])[0]
        equation = _equation(display, place, left, relation.text, right, _trouble(left, right, statement))
        yield equation._replace(continues=continues)
        chain = _left_from_here(equation)


def _equation(
    display: Display, place: Token, left: tuple[Token, ...], relation: str, right: tuple[Token, ...], trouble: str
) -> Equation:
    latex = " ".join(filter(None, [spelled(left), relation, spelled(right)]))
    return Equation(display.number, place.line, place.column, latex, left, relation, right, False, trouble)


def _trouble(left: Sequence[Token], right: Sequence[Token], statement: Row) -> str:
    if not left:
        return "it starts with a relation and nothing stands on its left"
    if not right:
        return "nothing stands on the right of its relation"
    condition = " ".join(statement.condition.split())
    return f'it holds under a condition that is not read, "{condition}"' if condition else ""
