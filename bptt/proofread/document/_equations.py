"""Cut the equations out of the rows of a display.

A row that starts with a relation goes on with the chain above it: its left-hand side is the chain's. After a
relation that is no equality, as in a ≈ b = c, what is said is b = c, and the left-hand side is b from there on.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from bptt.proofread.document._brackets import EQUALITIES, find_relations
from bptt.proofread.document._displays import Display
from bptt.proofread.document._macros import Macros, TooLong, expand_macros
from bptt.proofread.document._rows import Row, find_rows, strip_gaps, strip_punctuation
from bptt.proofread.document._statements import split_statements
from bptt.proofread.document._tokens import Token, spell, tokenize
from bptt.proofread.document._typesetting import strip_typesetting

# Far beyond any display that was written by hand; what is longer costs seconds and was made by a program.
MOST_TOKENS = 10_000
LONGEST = 100_000  # characters


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


def extract_equations(display: Display, macros: Macros) -> list[Equation]:
    """Return the equations of a display in the order of the file; at least one, if only to say why there is none."""
    if display.unreadable:
        return [_refuse(display, display.unreadable)]
    try:
        rows = find_rows(_read_tokens(display, macros))
    except TooLong as limit:
        return [_refuse(display, str(limit))]
    return list(_chain_equations(display, rows)) or [_refuse(display, "it is empty")]


def _read_tokens(display: Display, macros: Macros) -> list[Token]:
    if len(display.source) > LONGEST:
        raise TooLong(f"it is longer than {LONGEST:,} characters")
    tokens = expand_macros(tokenize(display.source, display.line, display.column), macros)
    if len(tokens) > MOST_TOKENS:
        raise TooLong(f"it has more than {MOST_TOKENS:,} tokens")
    return strip_typesetting(tokens)


def _refuse(display: Display, why: str) -> Equation:
    latex = " ".join(display.source[:LONGEST].split())
    return Equation(display.number, display.line, display.column, latex, (), "", (), False, why)


def _chain_equations(display: Display, rows: Sequence[Row]) -> Iterator[Equation]:
    """Cut rows at their relations; each equation has the left-hand side of the chain that it belongs to."""
    left, spelled = tuple[Token, ...](), ""  # spelled once for the whole chain, which may be long
    for statement in (statement for row in rows for statement in split_statements(row)):
        tokens = tuple(strip_punctuation(strip_gaps(statement.tokens)))
        found = find_relations(tokens)
        if tokens and not found:
            first = tokens[0]
            why = "it states no equation"
            yield Equation(display.number, first.line, first.column, spell(tokens), tokens, "", (), False, why)
        for index, relation in enumerate(found):
            continues = index > 0 or relation.start == 0
            if not continues:
                left, spelled = tokens[: relation.start], spell(tokens[: relation.start])
            right = tokens[relation.end : found[index + 1].start if index + 1 < len(found) else len(tokens)]
            place = tokens[relation.end - (not right)]
            latex = " ".join(filter(None, [spelled, relation.text, spell(right)]))
            why = _find_trouble(left, right, statement.condition)
            yield Equation(display.number, place.line, place.column, latex, left, relation.text, right, continues, why)
            if right and relation.text not in EQUALITIES:
                left, spelled = right, spell(right)


def _find_trouble(left: Sequence[Token], right: Sequence[Token], condition: str) -> str:
    if not left:
        return "it starts with a relation and nothing stands on its left"
    if not right:
        return "nothing stands on the right of its relation"
    words = " ".join(condition.split())
    return f'it holds under a condition that is not read, "{words}"' if words else ""
