"""Read the equations of a display.

A row that starts with a relation goes on with the chain above it: its left-hand side is the chain's, and what is
stated beside that is stated of it, too. After a relation that is no equality, as in a ≈ b = c, what is said is b = c,
and the left-hand side is b from there on.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from bptt.proofread.document._macros import Macros, TooLong, expand_macros
from bptt.proofread.document._passages import Passage
from bptt.proofread.document._relations import RELATIONS, Kind
from bptt.proofread.document._rows import Row, find_rows, join_brackets
from bptt.proofread.document._statements import Remark, Statement, cut_sides, read_row
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
    remarks: tuple[Remark, ...] = ()
    unreadable: str = ""


def read_tokens(passage: Passage, macros: Macros) -> list[Token]:
    """Return the mathematics of a passage. Raises `TooLong`."""
    if len(passage.source) > LONGEST:
        raise TooLong(f"it is longer than {LONGEST:,} characters")
    tokens = expand_macros(tokenize(join_brackets(passage.source), passage.line, passage.column), macros)
    if len(tokens) > MOST_TOKENS:
        raise TooLong(f"it has more than {MOST_TOKENS:,} tokens")
    return strip_typesetting(tokens)


def read_display(passage: Passage, number: int, macros: Macros, before: Equation | None = None) -> tuple[Equation, ...]:
    """Return the equations of a display in the order of the file; at least one, if only to say why there is none.

    Args:
        passage: the display
        number: which it is in its document, from 1
        macros: those of the document
        before: the equation that a first row goes on with that starts with a relation
    """
    if passage.unreadable:
        return (_refuse(passage, number, passage.unreadable),)
    try:
        rows = find_rows(read_tokens(passage, macros))
    except TooLong as limit:
        return (_refuse(passage, number, str(limit)),)
    return tuple(_Chain(number, before).read(rows)) or (_refuse(passage, number, "it is empty"),)


def _refuse(passage: Passage, number: int, why: str) -> Equation:
    latex = " ".join(passage.source[:LONGEST].split())
    return Equation(number, passage.line, passage.column, latex, (), "", (), False, (), why)


class _Chain:
    """A pass over the rows of a display, with the left-hand side of the chain that a row may go on with."""

    def __init__(self, number: int, before: Equation | None) -> None:
        self.number = number
        self.left = before.left if before else ()
        self.spelled = spell(self.left)  # once for the whole chain, which may be long
        self.remarks = list(before.remarks) if before else []
        if before and before.right and RELATIONS.get(before.relation) is not Kind.EQUALITY:
            self.left, self.spelled = before.right, spell(before.right)

    def read(self, rows: Sequence[Row]) -> list[Equation]:
        """Return the equations of the rows; remarks in rows of their own go with the equation before or after."""
        found, waiting = list[Equation](), list[Remark]()
        for row in rows:
            stated = read_row(row)
            if not stated.statements and stated.looks_back and found:
                found[-1] = _add_remarks(found[-1], stated.remarks)
            elif not stated.statements:
                waiting += stated.remarks
            for statement in stated.statements:
                found += self._cut(statement._replace(remarks=[*waiting, *statement.remarks]))
                waiting = []
        if waiting and found:
            found[-1] = _add_remarks(found[-1], waiting)
        elif waiting:
            found.append(self._refuse([token for remark in waiting for token in remark.tokens], []))
        return found

    def _refuse(self, tokens: Sequence[Token], remarks: Sequence[Remark]) -> Equation:
        place, why = tokens[0][1:], "it states no equation"
        return Equation(self.number, *place, spell(tokens), tuple(tokens), "", (), False, tuple(remarks), why)

    def _cut(self, statement: Statement) -> Iterator[Equation]:
        (_, first, _), *sides = cut_sides(statement.items)
        if not sides:
            yield self._refuse(first, statement.remarks)
            return
        if first:
            self.left, self.spelled, self.remarks = tuple(first), spell(first), []
        self.remarks += statement.remarks
        for place, (relation, side, sign) in enumerate(sides):
            right = tuple(side)
            start = right[0] if right else sign
            assert start is not None
            latex = " ".join(filter(None, [self.spelled, relation, spell(right)]))
            trouble = "" if right else "nothing stands on the right of its relation"
            if not self.left:
                trouble = "it starts with a relation and nothing stands on its left"
            yield Equation(
                self.number, start.line, start.column, latex, self.left, relation, right,
                place > 0 or not first, tuple(self.remarks), trouble,
            )  # fmt: skip
            if right and RELATIONS[relation] is not Kind.EQUALITY:
                self.left, self.spelled = right, spell(right)


def _add_remarks(equation: Equation, remarks: Sequence[Remark]) -> Equation:
    return equation._replace(remarks=(*equation.remarks, *(remark._replace(leads=False) for remark in remarks)))
