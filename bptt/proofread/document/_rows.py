"""Find the rows of a display: take alignments apart, and put together what an author broke over several rows."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from bptt.proofread.document import _brackets as brackets
from bptt.proofread.document._displays import ENVIRONMENTS
from bptt.proofread.document._tokens import DELIMITERS, PROSE, Token, is_prose, text_at

GAPS = brackets.SPACING | {"&"}
CONDITIONS = frozenset(
    ["if", "when", "whenever", "unless", "otherwise", "else", "as", "at", "provided", "given", "only", "iff"]
)

_ALIGNMENTS = ENVIRONMENTS | {"alignedat", "multlined", "subequations"}
_ROW_ENDS = frozenset(["\\\\", "\\cr", "\\newline"])
_LENGTH = re.compile(r"\[-?[0-9.]*(?:[a-z]{2}|\\[a-z]+)\]")
_POSITION = re.compile(r"\[[tcb]\]")
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
    for row in map(_trim_row, _split_rows(tokens)):
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


def skip_gaps(tokens: Sequence[Token], place: int) -> int:
    """Return the first place from one on at which neither spacing nor an alignment mark stands."""
    while text_at(tokens, place) in GAPS:
        place += 1
    return place


def strip_gaps(tokens: Sequence[Token]) -> list[Token]:
    """Take the spacing and the alignment marks out of a row; the marks of a matrix stay."""
    groups, place = brackets.find_groups(tokens, brackets.find_closing_braces(tokens)), 0
    kept: list[Token] = []
    while place < len(tokens):
        end = groups.get(place, place) + 1
        kept += tokens[place:end] if tokens[place].text != "&" else []
        place = end
    return [token for place, token in enumerate(kept) if token.text not in brackets.SPACING or is_prose(kept, place)]


def _split_rows(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    """Cut a display at the ends of its rows, which are left out; matrices and cases keep theirs."""
    kept = _unwrap_alignments(tokens)
    groups = brackets.find_groups(kept, _find_braces_of_rows(kept))
    start = place = 0
    while place < len(kept):
        if kept[place].text in _ROW_ENDS:
            yield kept[start:place]
            start = place = _skip_row_end(kept, place)
        else:
            place = groups.get(place, place) + 1
    yield kept[start:]


def _unwrap_alignments(tokens: Sequence[Token]) -> list[Token]:
    """Leave out the `\\begin{…}` and `\\end{…}` of the alignments that are no part of an expression."""
    closing = brackets.find_closing_braces(tokens)
    groups = brackets.find_groups(tokens, closing)
    kept, place, lefts = list[Token](), 0, 0
    while place < len(tokens):
        token = tokens[place]
        lefts = 0 if token.text in _ROW_ENDS else lefts + (token.text == "\\left") - (token.text == "\\right")
        if lefts <= 0 and (name := _read_alignment(tokens, closing, place)):
            end = closing[place + 1] + 1
            if token.text == "\\begin" and name in ("alignat", "alignedat"):
                end = closing.get(end, end - 1) + 1  # after the number of columns
            elif _POSITION.fullmatch("".join(token.text for token in tokens[end : end + 3])):
                end += 3
            if token.text == "\\end" and text_at(tokens, end) == "\\begin" and _read_alignment(tokens, closing, end):
                kept.append(token._replace(text="\\\\"))  # between two alignments a row ends
        else:
            end = (groups.get(place, place) if token.text == "\\begin" else place) + 1
            kept += tokens[place:end]
        place = end
    return kept


def _read_alignment(tokens: Sequence[Token], closing: Mapping[int, int], place: int) -> str:
    """Return the name, without star, of the alignment that begins or ends at a place, "" if none does."""
    name = brackets.read_environment(tokens, closing, place).rstrip("*")
    return name if name in _ALIGNMENTS else ""


def _find_braces_of_rows(tokens: Sequence[Token]) -> dict[int, int]:
    """Match the braces, but for those with a row in them that starts an equation: they were never meant to match."""
    closing, inner, rowed = brackets.find_closing_braces(tokens), list[int](), set[int]()
    for place, token in enumerate(tokens):
        if place in closing or token.text == "\\begin":
            inner.append(place)
        elif token.text == "\\end" or (inner and closing.get(inner[-1]) == place):
            del inner[-1:]
        elif token.text in _ROW_ENDS and inner:
            rowed.add(inner[-1])
        while inner and inner[-1] in rowed and inner[-1] in closing and _starts_equation(tokens, place):
            if text_at(tokens, inner[-1] - 1) == "\\substack":
                break
            del closing[inner.pop()]
            rowed.update(inner[-1:])
    return closing


def _starts_equation(tokens: Sequence[Token], place: int) -> bool:
    """Whether a row that starts with a relation follows, or the mark before the relation of an equation."""
    if tokens[place].text in _ROW_ENDS:
        return text_at(tokens, skip_gaps(tokens, _skip_row_end(tokens, place))) in brackets.RELATIONS
    return tokens[place].text == "&" and text_at(tokens, skip_gaps(tokens, place)) in brackets.RELATIONS


def _skip_row_end(tokens: Sequence[Token], place: int) -> int:
    """Return where the next row starts, after the star and the length, as in `\\\\*[2pt]`, of what ends this one."""
    place += 1 + (text_at(tokens, place + 1) == "*")
    texts = [token.text for token in tokens[place : place + 8]]  # the longest is [-1.5\baselineskip]
    length = "".join(texts[: texts.index("]") + 1]) if "]" in texts else ""
    return place + texts.index("]") + 1 if _LENGTH.fullmatch(length) else place


def _trim_row(row: list[Token]) -> Row:
    """Take off the implication before a row, and the prose and the punctuation after it."""
    start = skip_gaps(row, 0)
    if text_at(row, start) in brackets.IMPLICATIONS | {"\\therefore"}:
        row = row[start + 1 :]
    unclosed, condition = brackets.measure_nesting(row).unclosed, ""
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
    if before in brackets.RELATIONS | brackets.OPERATORS | {"^", "_"}:
        return ""
    return prose if before in GAPS or before == "" or re.search(r"[\s()\[\]]", prose) else ""


def _continues(above: Row, alone: bool, row: Sequence[Token]) -> bool:
    """Whether a row goes on with the last of the rows above it, which may be alone."""
    start = skip_gaps(row, 0)
    first, second = text_at(row, start), text_at(row, start + 1)
    if first in brackets.RELATIONS or (first, second) == (":", "="):
        # The row above is the left side if it fills a row by itself.
        is_whole = brackets.measure_nesting(above.tokens).balanced and not brackets.find_relations(above.tokens)
        return is_whole and (alone or above.tokens[0].text != "&")
    if _is_equation(row):
        return False
    if first in brackets.OPERATORS or (first, second) == ("\\left", "."):
        return True
    return above.unclosed > 0 or text_at(above.tokens, len(above.tokens) - 1) in brackets.OPERATORS | brackets.RELATIONS


def _is_equation(row: Sequence[Token]) -> bool:
    """Whether a row has a left-hand side and a relation of its own."""
    found = brackets.find_relations(row)
    if not found:
        return False
    left, marked = row[: found[0].start], "&" in (text_at(row, found[0].start - 1), text_at(row, found[0].end))
    start = skip_gaps(left, 0)
    if start == len(left) or not brackets.measure_nesting(left).balanced:
        return False
    # What starts with an operator goes on with the row above, unless it is aligned by its relation.
    return left[start].text not in brackets.OPERATORS or (marked and left[0].text != "&")


def _join_rows(above: Row, row: Row) -> Row:
    """Put two rows together, without the `\\right.` and `\\left.` with which a bracket was broken over them."""
    start, tokens = skip_gaps(row.tokens, 0), above.tokens
    opens = [token.text for token in row.tokens[start : start + 2]] == ["\\left", "."]
    if opens and [token.text for token in tokens[-2:]] == ["\\right", "."]:
        tokens, start = tokens[:-2], start + 2
    tokens.extend(row.tokens[start:])  # in place: a row may be put together of thousands
    unclosed = max(0, above.unclosed - brackets.measure_nesting(row.tokens).unopened) + row.unclosed
    return Row(tokens, unclosed, above.condition or row.condition)
