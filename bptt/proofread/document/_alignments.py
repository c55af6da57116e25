"""Alignments taken apart into the rows that stand in the file."""

import re
from collections.abc import Iterator, Mapping, Sequence

from bptt.proofread.document._brackets import (
    RELATIONS,
    SPACING,
    after_argument,
    closing_braces,
    environment,
    text_at,
)
from bptt.proofread.document._tokens import Token

GAPS = SPACING | {"&"}

_ALIGNMENTS = frozenset(
    ["align", "aligned", "alignat", "alignedat", "equation", "eqnarray", "split", "gather", "gathered", "multline"]
    + ["multlined", "flalign", "displaymath", "subequations"]
)
_ROW_ENDS = frozenset(["\\\\", "\\cr", "\\newline"])
_LENGTH = re.compile(r"\[-?[0-9.]*(?:[a-z]{2}|\\[a-z]+)\]")
_POSITION = re.compile(r"\[[tcb]\]")


def broken_rows(parts: Sequence[Token]) -> Iterator[list[Token]]:
    """The rows of a display, without what ends them; matrices and cases keep theirs."""
    kept = _unwrapped(parts)
    closing = _braces_of_a_row(kept)
    ends = _environments(kept, closing)
    start = place = 0
    while place < len(kept):
        if kept[place].text in _ROW_ENDS:
            yield kept[start:place]
            start = place = _after_row_end(kept, place)
        else:
            place = closing.get(place, ends.get(place, place)) + 1
    yield kept[start:]


def after_gaps(parts: Sequence[Token], place: int) -> int:
    """The first place from one on at which neither spacing nor an alignment mark stands."""
    while text_at(parts, place) in GAPS:
        place += 1
    return place


def unmarked(parts: Sequence[Token]) -> list[Token]:
    """The tokens of a row without its alignment marks; those of a matrix stay."""
    closing = closing_braces(parts)
    ends, place = _environments(parts, closing), 0
    kept: list[Token] = []
    while place < len(parts):
        end = closing.get(place, ends.get(place, place)) + 1
        kept += parts[place:end] if parts[place].text != "&" else []
        place = end
    return kept


def _unwrapped(parts: Sequence[Token]) -> list[Token]:
    """The tokens without the `\\begin{…}` and `\\end{…}` of alignments that are no part of an expression."""
    closing = closing_braces(parts)
    ends, place, lefts = _environments(parts, closing), 0, 0
    kept: list[Token] = []
    while place < len(parts):
        text, name = parts[place].text, environment(parts, closing, place)
        lefts = 0 if text in _ROW_ENDS else lefts + (text == "\\left") - (text == "\\right")
        if name.rstrip("*") in _ALIGNMENTS and lefts <= 0:
            end = _wrapper_end(parts, closing, place, name)
            kept += _between(parts, closing, place, end)
        else:
            end = (ends.get(place, place) if text == "\\begin" else place) + 1
            kept += parts[place:end]
        place = end
    return kept


def _between(parts: Sequence[Token], closing: Mapping[int, int], start: int, end: int) -> list[Token]:
    """A row ends between two alignments that follow each other."""
    follows = text_at(parts, start) == "\\end" and environment(parts, closing, end).rstrip("*") in _ALIGNMENTS
    return [parts[start]._replace(text="\\\\")] if follows and text_at(parts, end) == "\\begin" else []


def _wrapper_end(parts: Sequence[Token], closing: Mapping[int, int], place: int, name: str) -> int:
    end = closing[place + 1] + 1
    if text_at(parts, place) == "\\begin" and name.startswith("align") and "at" in name:
        return after_argument(parts, closing, end) if end in closing else end
    return end + 3 if _POSITION.fullmatch("".join(part.text for part in parts[end : end + 3])) else end


def _environments(parts: Sequence[Token], closing: Mapping[int, int]) -> dict[int, int]:
    """For the place of each `\\begin{…}` that is closed, the last place of its `\\end{…}`."""
    ends, opened = dict[int, int](), list[tuple[str, int]]()
    for place, part in enumerate(parts):
        name = environment(parts, closing, place)
        if name and part.text == "\\begin":
            opened.append((name, place))
        elif name and name in (known for known, _ in opened):
            while opened[-1][0] != name:
                opened.pop()
            ends[opened.pop()[1]] = closing[place + 1]
    return ends


def _braces_of_a_row(parts: Sequence[Token]) -> dict[int, int]:
    """The braces that are closed, but for those with a row in them that starts an equation, which are slips."""
    closing, inner, rowed = closing_braces(parts), list[int](), set[int]()
    for place, part in enumerate(parts):
        if place in closing or part.text == "\\begin":
            inner.append(place)
        elif part.text == "\\end" or (inner and closing.get(inner[-1]) == place):
            del inner[-1:]
        elif part.text in _ROW_ENDS and inner:
            rowed.add(inner[-1])
        while inner and inner[-1] in rowed and inner[-1] in closing and _starts_equation(parts, place):
            if text_at(parts, inner[-1] - 1) == "\\substack":
                break
            del closing[inner.pop()]
            rowed.update(inner[-1:])
    return closing


def _starts_equation(parts: Sequence[Token], place: int) -> bool:
    """Whether a row that starts with a relation follows, or the mark before the relation of an equation."""
    if parts[place].text in _ROW_ENDS:
        return text_at(parts, after_gaps(parts, _after_row_end(parts, place))) in RELATIONS
    return parts[place].text == "&" and text_at(parts, after_gaps(parts, place)) in RELATIONS


def _after_row_end(parts: Sequence[Token], place: int) -> int:
    place += 1 + (text_at(parts, place + 1) == "*")
    texts = [part.text for part in parts[place : place + 8]]
    length = "".join(texts[: texts.index("]") + 1]) if "]" in texts else ""
    return place + texts.index("]") + 1 if _LENGTH.fullmatch(length) else place
