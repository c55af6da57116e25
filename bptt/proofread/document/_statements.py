"""Several equations in one row, cut apart.

They are cut at `&`, `\\quad`, a comma, prose and an implication that stand between two complete ones. What stands
after "for" or "since" is left out, as is the number of an equation; what stands after "if" is a condition, without
which nothing is claimed.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from bptt.proofread.document._alignments import GAPS, after_gaps
from bptt.proofread.document._brackets import IMPLICATIONS, OPERATORS, Relation, nesting, relations, text_at
from bptt.proofread.document._rows import CONDITIONS, Row, first_word
from bptt.proofread.document._tokens import PROSE, Token

_ASIDES = frozenset(["for", "since", "because", "by", "using", "from"])
_STRONG = IMPLICATIONS | {"\\quad", "\\qquad", "\\forall", ",", ";"}
_NUMBER = re.compile(r"\([0-9]+(?:\.[0-9]+)*[a-z]?'?\)")


class Cut(NamedTuple):
    """What may separate two equations: its places, whether more than `&`, and the words in it or what follows them."""

    start: int
    end: int
    strong: bool
    words: str


def statements(row: Row) -> Iterator[Row]:
    """The equations, or chains of them, that a row states."""
    depths, start = nesting(row.parts).depths, 0
    found, cuts = relations(row.parts, depths), list(_cuts(row.parts, depths))
    for index, cut in enumerate(cuts):
        if not _ends_complete(row.parts, found, start, cut.start):
            continue
        if first_word(cut.words) in _ASIDES | CONDITIONS:
            condition = cut.words if first_word(cut.words) in CONDITIONS else ""
            yield Row(row.parts[start : cut.start], condition=condition)
            return
        strong = next((later.start for later in cuts[index + 1 : index + 9] if later.strong), len(row.parts))
        if _starts_complete(row.parts, found, cut.end, strong):
            yield Row(row.parts[start : cut.start])
            start = cut.end
    yield Row(row.parts[start:], condition=row.condition)


def _cuts(parts: Sequence[Token], depths: Sequence[int]) -> Iterator[Cut]:
    """The runs of tokens outside brackets at which a row may be cut."""
    place = 0
    while place < len(parts):
        end, words = _run(parts, depths, place)
        texts = {part.text for part in parts[place:end]}
        if texts & (_STRONG | {"&"}) or words:
            yield Cut(place, end, bool(texts & _STRONG or words), words or _remark(parts, texts, end))
        place = max(end, place + 1)


def _run(parts: Sequence[Token], depths: Sequence[int], place: int) -> tuple[int, str]:
    """Where the gaps, commas and prose that start at a place end, and the words of the prose."""
    words = ""
    while place < len(parts) and not depths[place]:
        if parts[place].text in PROSE and text_at(parts, place + 1) == "{" and text_at(parts, place + 3) == "}":
            words, place = f"{words} {parts[place + 2].text}".strip(), place + 4
        elif parts[place].text in GAPS | _STRONG:
            place += 1
        else:
            break
    return place, words


def _remark(parts: Sequence[Token], texts: set[str], end: int) -> str:
    """In words what mathematics says after a gap: a range of indices, an equation's number, a condition in brackets."""
    if "\\forall" in texts:
        return "for all"
    rest = "".join(part.text for part in parts[end:] if part.text not in GAPS)
    if texts.isdisjoint(["\\quad", "\\qquad"]) or not (rest.startswith("(") and rest.endswith(")")):
        return ""
    return "from " + rest if _NUMBER.fullmatch(rest) else ""


def _ends_complete(parts: Sequence[Token], found: Sequence[Relation], start: int, end: int) -> bool:
    """Whether something stands right of the last relation between two places."""
    index = bisect_left(found, end, key=lambda relation: relation.start) - 1
    return index >= 0 and found[index].start >= start and after_gaps(parts, found[index].end) < end


def _starts_complete(parts: Sequence[Token], found: Sequence[Relation], start: int, strong: int) -> bool:
    """Whether an equation with both its sides starts at a place, its relation before the next strong cut."""
    start = after_gaps(parts, start)
    index = bisect_left(found, start, key=lambda relation: relation.start)
    if index == len(found) or text_at(parts, start) in OPERATORS:
        return False
    relation = found[index]
    return start < relation.start <= strong and after_gaps(parts, relation.end) < len(parts)
