"""The rows of a display, with what an author broke over several of them put together again."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from bptt.proofread.document._alignments import GAPS, after_gaps, broken_rows
from bptt.proofread.document._brackets import IMPLICATIONS, OPERATORS, RELATIONS, Relation, nesting, relations, text_at
from bptt.proofread.document._tokens import DELIMITERS, PROSE, Token

CONDITIONS = frozenset(
    ["if", "when", "whenever", "unless", "otherwise", "else", "as", "at", "provided", "given", "only", "iff"]
)
_PUNCTUATION = frozenset([".", ",", ";"])
_WORD = re.compile(r"[^\W\d_]+")


class Row(NamedTuple):
    """One row, its alignment marks and spacing still in it; how many brackets of it are left open; and the condition
    in prose that stood at its end."""

    parts: list[Token]
    unclosed: int = 0
    condition: str = ""


def rows(parts: Sequence[Token]) -> list[Row]:
    """The rows of a display, one for each equation, or line of a chain, that an author began."""
    found: list[Row] = []
    for row in map(_trimmed, broken_rows(parts)):
        if found and row.parts and _continues(found[-1], len(found) == 1, row.parts):
            found[-1] = _joined(found[-1], row)
        elif row.parts:
            found.append(row)
    return found


def first_word(prose: str) -> str:
    """The first word of some prose, in small letters."""
    word = _WORD.search(prose)
    return word[0].lower() if word else ""


def unpunctuated(parts: Sequence[Token]) -> list[Token]:
    """The tokens without the gaps and the punctuation at their end."""
    end = len(parts)
    while end and (
        parts[end - 1].text in GAPS or (parts[end - 1].text in _PUNCTUATION and not _after_left(parts, end))
    ):
        end -= 1
    return list(parts[:end])


def relations_of(parts: Sequence[Token]) -> list[Relation]:
    """The relations outside all brackets of a row."""
    return relations(parts, nesting(parts).depths)


def _after_left(parts: Sequence[Token], end: int) -> bool:
    """Whether the last token is the full stop that `\\left` or `\\right` takes for no bracket."""
    return parts[end - 1].text == "." and text_at(parts, end - 2) in DELIMITERS


def _trimmed(row: list[Token]) -> Row:
    """A row without the implication before it and without the prose and punctuation after it."""
    start = after_gaps(row, 0)
    if text_at(row, start) in IMPLICATIONS | {"\\therefore"}:
        row = row[start + 1 :]
    unclosed, condition = nesting(row).unclosed, ""
    while not unclosed:
        row = unpunctuated(row)
        prose = _prose_at_end(row)
        if not prose:
            break
        condition = prose if first_word(prose) in CONDITIONS else condition
        row = row[:-4]
    return Row(row, unclosed, condition)


def _prose_at_end(row: Sequence[Token]) -> str:
    """The prose that a row ends with, if it is a remark and no part of the equation."""
    if text_at(row, len(row) - 4) not in PROSE or len(row) < 4 or row[-1].text != "}":
        return ""
    before, prose = text_at(row, len(row) - 5), row[-2].text
    if before in RELATIONS | OPERATORS | {"^", "_"}:
        return ""
    return prose if before in GAPS or before == "" or re.search(r"[\s()\[\]]", prose) else ""


def _continues(above: Row, alone: bool, row: Sequence[Token]) -> bool:
    """Whether a row goes on with the last of the rows above it, which may be the only one."""
    start = after_gaps(row, 0)
    if text_at(row, start) in RELATIONS or (text_at(row, start) == ":" and text_at(row, start + 1) == "="):
        return _is_left_side(above.parts, alone)
    if _is_equation(row):
        return False
    begins = text_at(row, start) in OPERATORS or (text_at(row, start), text_at(row, start + 1)) == ("\\left", ".")
    return begins or text_at(above.parts, len(above.parts) - 1) in OPERATORS | RELATIONS or above.unclosed > 0


def _is_left_side(row: Sequence[Token], alone: bool) -> bool:
    """Whether the relation that starts the next row is that of an expression that fills a row by itself."""
    return nesting(row).balanced and not relations_of(row) and (alone or text_at(row, 0) != "&")


def _is_equation(row: Sequence[Token]) -> bool:
    """Whether a row has a left-hand side and a relation of its own."""
    found = relations_of(row)
    if not found:
        return False
    left, marked = row[: found[0].start], "&" in (text_at(row, found[0].start - 1), text_at(row, found[0].end))
    start = after_gaps(left, 0)
    whole = start < len(left) and nesting(left).balanced
    return whole and (text_at(left, start) not in OPERATORS or (marked and text_at(left, 0) != "&"))


def _joined(above: Row, row: Row) -> Row:
    """Two rows as one, the `\\right.` and `\\left.` with which a bracket was broken over them left out."""
    start, parts = after_gaps(row.parts, 0), above.parts
    opens = [part.text for part in row.parts[start : start + 2]] == ["\\left", "."]
    if opens and [part.text for part in parts[-2:]] == ["\\right", "."]:
        parts, start = parts[:-2], start + 2
    parts.extend(row.parts[start:])
    unclosed = max(0, above.unclosed - nesting(row.parts).unopened) + row.unclosed
    return Row(parts, unclosed, above.condition or row.condition)
