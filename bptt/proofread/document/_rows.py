"""Find the rows of a display, and put together what an author broke over several of them."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from bptt.proofread.document._alignments import GAPS, skip_gaps, split_rows
from bptt.proofread.document._brackets import IMPLICATIONS, OPERATORS, RELATIONS, find_relations, measure_nesting
from bptt.proofread.document._tokens import DELIMITERS, PROSE, Token, text_at

CONDITIONS = frozenset(
    ["if", "when", "whenever", "unless", "otherwise", "else", "as", "at", "provided", "given", "only", "iff"]
)
_PUNCTUATION = frozenset([".", ",", ";"])
_WORD = re.compile(r"[^\W\d_]+")


class Row(NamedTuple):
    """A row with its alignment marks and spacing, how many of its brackets are left open, and the condition at its
    end, in prose."""

    tokens: list[Token]
    unclosed: int = 0
    condition: str = ""


def find_rows(tokens: Sequence[Token]) -> list[Row]:
    """Find the rows of a display, one for each equation, or line of a chain, that an author began."""
    found: list[Row] = []
    for row in map(_trim_row, split_rows(tokens)):
        if found and row.tokens and _continues(found[-1], len(found) == 1, row.tokens):
            found[-1] = _join_rows(found[-1], row)
        elif row.tokens:
            found.append(row)
    return found


def read_first_word(prose: str) -> str:
    """Return the first word of some prose, in small letters."""
    word = _WORD.search(prose)
    return word[0].lower() if word else ""


def strip_punctuation(tokens: Sequence[Token]) -> list[Token]:
    """Take the gaps and the punctuation off the end."""
    end = len(tokens)
    while end and tokens[end - 1].text in GAPS | _PUNCTUATION:
        if tokens[end - 1].text == "." and text_at(tokens, end - 2) in DELIMITERS:
            break  # the bracket that is none, as in \right.
        end -= 1
    return list(tokens[:end])


def _trim_row(row: list[Token]) -> Row:
    """Take off the implication before a row, and the prose and the punctuation after it."""
    start = skip_gaps(row, 0)
    if text_at(row, start) in IMPLICATIONS | {"\\therefore"}:
        row = row[start + 1 :]
    unclosed, condition = measure_nesting(row).unclosed, ""
    while not unclosed:
        row = strip_punctuation(row)
        prose = _read_prose_at_end(row)
        if not prose:
            break
        condition = prose if read_first_word(prose) in CONDITIONS else condition
        row = row[:-4]  # \text, its braces and what stands in them
    return Row(row, unclosed, condition)


def _read_prose_at_end(row: Sequence[Token]) -> str:
    """Return the prose that a row ends with, if it is a remark and no part of the equation."""
    if len(row) < 4 or row[-4].text not in PROSE or row[-1].text != "}":
        return ""
    before, prose = text_at(row, len(row) - 5), row[-2].text
    if before in RELATIONS | OPERATORS | {"^", "_"}:
        return ""
    return prose if before in GAPS or before == "" or re.search(r"[\s()\[\]]", prose) else ""


def _continues(above: Row, alone: bool, row: Sequence[Token]) -> bool:
    """Whether a row goes on with the last of the rows above it, which may be alone."""
    start = skip_gaps(row, 0)
    first, second = text_at(row, start), text_at(row, start + 1)
    if first in RELATIONS or (first, second) == (":", "="):
        # The row above is the left side if it fills a row by itself.
        is_whole = measure_nesting(above.tokens).balanced and not find_relations(above.tokens)
        return is_whole and (alone or above.tokens[0].text != "&")
    if _is_equation(row):
        return False
    if first in OPERATORS or (first, second) == ("\\left", "."):
        return True
    return above.unclosed > 0 or text_at(above.tokens, len(above.tokens) - 1) in OPERATORS | RELATIONS


def _is_equation(row: Sequence[Token]) -> bool:
    """Whether a row has a left-hand side and a relation of its own."""
    found = find_relations(row)
    if not found:
        return False
    left, marked = row[: found[0].start], "&" in (text_at(row, found[0].start - 1), text_at(row, found[0].end))
    start = skip_gaps(left, 0)
    if start == len(left) or not measure_nesting(left).balanced:
        return False
    # What starts with an operator goes on with the row above, unless it is aligned by its relation.
    return left[start].text not in OPERATORS or (marked and left[0].text != "&")


def _join_rows(above: Row, row: Row) -> Row:
    """Put two rows together, without the `\\right.` and `\\left.` with which a bracket was broken over them."""
    start, tokens = skip_gaps(row.tokens, 0), above.tokens
    opens = [token.text for token in row.tokens[start : start + 2]] == ["\\left", "."]
    if opens and [token.text for token in tokens[-2:]] == ["\\right", "."]:
        tokens, start = tokens[:-2], start + 2
    tokens.extend(row.tokens[start:])  # in place: a row may be put together of thousands
    unclosed = max(0, above.unclosed - measure_nesting(row.tokens).unopened) + row.unclosed
    return Row(tokens, unclosed, above.condition or row.condition)
