"""Take alignments apart into the rows that stand in the file."""

import re
from collections.abc import Iterator, Mapping, Sequence

from bptt.proofread.document._brackets import (
    RELATIONS,
    SPACING,
    find_closing_braces,
    find_groups,
    read_environment,
)
from bptt.proofread.document._tokens import Token, text_at

GAPS = SPACING | {"&"}

_ALIGNMENTS = frozenset(
    ["align", "aligned", "alignat", "alignedat", "equation", "eqnarray", "split", "gather", "gathered", "multline"]
    + ["multlined", "flalign", "displaymath", "subequations"]
)
_ROW_ENDS = frozenset(["\\\\", "\\cr", "\\newline"])
_LENGTH = re.compile(r"\[-?[0-9.]*(?:[a-z]{2}|\\[a-z]+)\]")
_POSITION = re.compile(r"\[[tcb]\]")


def split_rows(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    """Cut a display at the ends of its rows, which are left out; matrices and cases keep theirs."""
    kept = _unwrap_alignments(tokens)
    groups = find_groups(kept, _find_braces_of_rows(kept))
    start = place = 0
    while place < len(kept):
        if kept[place].text in _ROW_ENDS:
            yield kept[start:place]
            start = place = _skip_row_end(kept, place)
        else:
            place = groups.get(place, place) + 1
    yield kept[start:]


def skip_gaps(tokens: Sequence[Token], place: int) -> int:
    """Return the first place from one on at which neither spacing nor an alignment mark stands."""
    while text_at(tokens, place) in GAPS:
        place += 1
    return place


def drop_alignment_marks(tokens: Sequence[Token]) -> list[Token]:
    """Take the alignment marks out of a row; those of a matrix stay."""
    groups, place = find_groups(tokens, find_closing_braces(tokens)), 0
    kept: list[Token] = []
    while place < len(tokens):
        end = groups.get(place, place) + 1
        kept += tokens[place:end] if tokens[place].text != "&" else []
        place = end
    return kept


def _unwrap_alignments(tokens: Sequence[Token]) -> list[Token]:
    """Leave out the `\\begin{…}` and `\\end{…}` of the alignments that are no part of an expression."""
    closing = find_closing_braces(tokens)
    groups = find_groups(tokens, closing)
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
    name = read_environment(tokens, closing, place).rstrip("*")
    return name if name in _ALIGNMENTS else ""


def _find_braces_of_rows(tokens: Sequence[Token]) -> dict[int, int]:
    """Match the braces, but for those with a row in them that starts an equation: they were never meant to match."""
    closing, inner, rowed = find_closing_braces(tokens), list[int](), set[int]()
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
        return text_at(tokens, skip_gaps(tokens, _skip_row_end(tokens, place))) in RELATIONS
    return tokens[place].text == "&" and text_at(tokens, skip_gaps(tokens, place)) in RELATIONS


def _skip_row_end(tokens: Sequence[Token], place: int) -> int:
    """Return where the next row starts, after the star and the length, as in `\\\\*[2pt]`, of what ends this one."""
    place += 1 + (text_at(tokens, place + 1) == "*")
    texts = [token.text for token in tokens[place : place + 8]]  # the longest is [-1.5\baselineskip]
    length = "".join(texts[: texts.index("]") + 1]) if "]" in texts else ""
    return place + texts.index("]") + 1 if _LENGTH.fullmatch(length) else place
