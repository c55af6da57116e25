"""Cut several equations in one row apart.

They are cut at `&`, `\\quad`, a comma, prose and an implication that stand between two complete ones. What stands
after "for" or "since" is left out, as is the number of an equation; what stands after "if" is a condition, without
which nothing is claimed.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from bptt.proofread.document._brackets import IMPLICATIONS, OPERATORS, RelationSign, find_relations, measure_nesting
from bptt.proofread.document._rows import CONDITIONS, GAPS, Row, read_first_word, skip_gaps
from bptt.proofread.document._tokens import PROSE, Token, text_at

_ASIDES = frozenset(["for", "since", "because", "by", "using", "from"])
_SEPARATORS = IMPLICATIONS | {"\\quad", "\\qquad", "\\forall", ",", ";"}
_NUMBER = re.compile(r"\([0-9]+(?:\.[0-9]+)*[a-z]?'?\)")


class Cut(NamedTuple):
    """What may separate two equations: its places, whether more than `&` stands there, whether the equation ends
    there because a remark follows, and the condition that such a remark is."""

    start: int
    end: int
    strong: bool
    remark: bool
    condition: str


def split_statements(row: Row) -> Iterator[Row]:
    """Cut a row into the equations, or chains of them, that it states."""
    found, cuts, start = find_relations(row.tokens), list(_find_cuts(row.tokens)), 0
    for index, cut in enumerate(cuts):
        if not _ends_complete(row.tokens, found, start, cut.start):
            continue
        if cut.remark:
            yield Row(row.tokens[start : cut.start], condition=cut.condition)
            return
        # A row of many alignment marks alone would take the square of its length without a limit on the look ahead.
        strong = next((later.start for later in cuts[index + 1 : index + 9] if later.strong), len(row.tokens))
        if _starts_complete(row.tokens, found, cut.end, strong):
            yield Row(row.tokens[start : cut.start])
            start = cut.end
    yield Row(row.tokens[start:], condition=row.condition)


def _find_cuts(tokens: Sequence[Token]) -> Iterator[Cut]:
    """Find the runs of gaps, commas and prose outside brackets, at which a row may be cut."""
    depths, start = measure_nesting(tokens).depths, 0
    while start < len(tokens):
        end, prose = _read_run(tokens, depths, start)
        texts = {token.text for token in tokens[start:end]}
        if texts & (_SEPARATORS | {"&"}) or prose:
            first = read_first_word(prose)
            remark = first in _ASIDES | CONDITIONS if prose else _is_remark(texts, tokens[end:])
            yield Cut(start, end, bool(texts & _SEPARATORS or prose), remark, prose if first in CONDITIONS else "")
        start = max(end, start + 1)


def _read_run(tokens: Sequence[Token], depths: Sequence[int], place: int) -> tuple[int, str]:
    """Return where the gaps, commas and prose that start at a place end, and the words of the prose."""
    words = ""
    while place < len(tokens) and not depths[place]:
        if tokens[place].text in PROSE and text_at(tokens, place + 1) == "{" and text_at(tokens, place + 3) == "}":
            words, place = f"{words} {tokens[place + 2].text}".strip(), place + 4
        elif tokens[place].text in GAPS | _SEPARATORS:
            place += 1
        else:
            break
    return place, words


def _is_remark(gap: set[str], rest: Sequence[Token]) -> bool:
    """Whether a remark without words follows a gap: a range of indices, or the number of the equation in brackets."""
    if "\\forall" in gap:
        return True
    number = "".join(token.text for token in rest if token.text not in GAPS)
    return not gap.isdisjoint(["\\quad", "\\qquad"]) and _NUMBER.fullmatch(number) is not None


def _ends_complete(tokens: Sequence[Token], found: Sequence[RelationSign], start: int, end: int) -> bool:
    """Whether something stands right of the last relation between two places."""
    index = bisect_left(found, end, key=lambda relation: relation.start) - 1
    return index >= 0 and found[index].start >= start and skip_gaps(tokens, found[index].end) < end


def _starts_complete(tokens: Sequence[Token], found: Sequence[RelationSign], start: int, strong: int) -> bool:
    """Whether an equation with both its sides starts at a place, its relation before the next strong cut."""
    start = skip_gaps(tokens, start)
    index = bisect_left(found, start, key=lambda relation: relation.start)
    if index == len(found) or text_at(tokens, start) in OPERATORS:
        return False
    relation = found[index]
    return start < relation.start <= strong and skip_gaps(tokens, relation.end) < len(tokens)
