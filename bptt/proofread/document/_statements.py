"""Read the equations that a row states, each with what is stated beside it.

Of the formulas in a row those are equations of their own that no word such as "for" governs, and that are more than
i = j or t < T where such an equation stands beside them. All else is a remark: on the equation before it, or, where
none stands before it, on those that follow. An implication leads the equation that follows from it, and so does what
it follows from, unless that is an equation itself.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from bptt.proofread.document._groups import NOTE, Item
from bptt.proofread.document._relations import OPERATORS, RELATIONS
from bptt.proofread.document._segments import Role, Segment, cut_segments
from bptt.proofread.document._tokens import Token

_ADDING = RELATIONS.keys() | {"\\text", "{", "and", "}"}  # "and" and implications leave in force what was said before
_STATING = (Role.FULL, Role.BARE, Role.PROPERTY, Role.CHAIN)


class Remark(NamedTuple):
    """What is stated beside an equation: a condition, a reason, a label. `leads`: it stands before it."""

    tokens: tuple[Token, ...]
    leads: bool


class Statement(NamedTuple):
    """An equation, or a chain of them, and what is stated beside it."""

    items: list[Item]
    remarks: list[Remark]


class RowStatements(NamedTuple):
    """What a row states, and the remarks of one that states nothing else; whether these are on what stands above."""

    statements: list[Statement]
    remarks: list[Remark]
    looks_back: bool


def read_row(row: Sequence[Item]) -> RowStatements:
    """Read what a row states."""
    segments = cut_segments(row)
    _mark_governed(segments)
    return _Reader(segments).read()


def _mark_governed(segments: Sequence[Segment]) -> None:
    """Mark the formulas that belong to a word before them, up to an equation that stands apart from it."""
    governed, apart = False, False
    for segment in segments:
        if segment.role is Role.PROSE or segment.role is Role.SIGN:
            governed, apart = segment.governs, segment.defines
        else:
            governed = governed and not (segment.role is Role.FULL and (apart or segment.wide))
            segment.governed = governed
    if not any(segment.role in _STATING and not segment.governed for segment in segments):
        full = next((segment for segment in segments if segment.role is Role.FULL), None)
        if full is not None:
            full.governed = False


def _select_main(segments: Sequence[Segment]) -> set[int]:
    """Return the places of the segments that are equations of their own."""
    free = [place for place, segment in enumerate(segments) if not segment.governed]
    for roles in ((Role.FULL, Role.CHAIN), (Role.BARE,), (Role.PROPERTY,)):
        found = {place for place in free if segments[place].role in roles}
        if found:
            return found
    if any(segment.governed or segment.role is Role.SIGN for segment in segments):
        return set()
    return {place for place in free if segments[place].role is Role.FRAGMENT}


class _Reader:
    """A pass over the segments of a row; `words` wait for the formula that they are said of."""

    def __init__(self, segments: Sequence[Segment]) -> None:
        self.segments = segments
        self.main = _select_main(segments)
        self.statements: list[Statement] = []
        self.leads: list[Remark] = []
        self.led: dict[Remark, int] = {}  # how many equations stand before each
        self.words: list[Token] = []
        self.open: list[Token] | None = None  # the remark that is being read
        self.open_leads = False
        self.stated = False  # whether that has a relation

    def read(self) -> RowStatements:
        """Return the statements of the row."""
        for place, segment in enumerate(self.segments):
            if segment.role in (Role.PROSE, Role.SIGN):
                self._read_words(place, segment)
            elif place in self.main:
                self._close()
                self._flush_words(leads=True)
                self.statements.append(Statement(_without_notes(segment), [*self.leads, *_read_notes(segment)]))
            else:
                self._read_remark(place, segment)
        self._close()
        self._flush_words(leads=not self.statements)
        looks_back = any(segment.governs for segment in self.segments[:1]) and not self.segments[-1].colon
        return RowStatements(self.statements, [] if self.statements else self.leads, looks_back)

    def _read_words(self, place: int, segment: Segment) -> None:
        tokens = [token for item in segment.items for token in item.tokens]
        if segment.role is Role.SIGN and self.open is not None and self.open_leads:
            self.open += tokens
            self._close()
            return
        self._close()
        if segment.governs:
            self._flush_words(leads=not self.statements)
            self._begin(place, tokens)
        else:
            self.words += tokens

    def _read_remark(self, place: int, segment: Segment) -> None:
        tokens = [token for item in segment.items for token in item.tokens]
        states = segment.role in _STATING
        resumes = segment.items[0].text in OPERATORS and not states and not self.stated
        if resumes and self.statements and (self.open is not None or self.words):
            self.statements[-1].items.extend(segment.items)  # what a remark stood in the middle of
            return
        if self.words or self.open is None or ((segment.wide or segment.commas) and (self.stated or segment.wide)):
            self._close()
            self._begin(place, self.words)
            self.words = []
        assert self.open is not None
        if self.open and segment.commas:
            self.open += [item.tokens[0] for item in segment.commas]
        self.open += tokens
        self.stated = self.stated or states

    def _begin(self, place: int, tokens: Sequence[Token]) -> None:
        """Begin a remark; it leads what follows if no equation stands before it or it implies the next."""
        following = self.segments[place + 1 : place + 3]
        implies = len(following) == 2 and following[0].role is Role.SIGN and place + 2 in self.main
        self.open, self.stated = [*tokens], False
        self.open_leads = not self.statements or implies or (self.segments[place].colon and place + 1 in self.main)

    def _close(self) -> None:
        if self.open:
            self._add(self.open, self.open_leads)
        self.open = None

    def _flush_words(self, leads: bool) -> None:
        if self.words:
            self._add(self.words, leads)
        self.words = []

    def _add(self, tokens: Sequence[Token], leads: bool) -> None:
        remark = Remark(tuple(tokens), leads)
        if leads:
            if self.statements and not {token.text.strip() for token in tokens} <= _ADDING:
                # What led the equations above leads no further: if …: a = b, otherwise: c = d.
                self.leads = [lead for lead in self.leads if len(self.statements) == self.led[lead]]
            self.led[remark] = len(self.statements)
            self.leads.append(remark)
        else:
            self.statements[-1].remarks.append(remark)


def _without_notes(segment: Segment) -> list[Item]:
    return [item for item in segment.items if item.text != NOTE]


def _read_notes(segment: Segment) -> Iterator[Remark]:
    """Yield what stands over the relations of a segment."""
    return (Remark(item.tokens, False) for item in segment.items if item.text == NOTE and item.tokens)


def cut_sides(items: Sequence[Item]) -> Iterator[tuple[str, list[Token], Token | None]]:
    """Yield each side of a chain with the relation before it, "" before the first, and the last token of that."""
    relation, side, sign = "", list[Token](), None
    for item in items:
        if item.text in RELATIONS:
            yield relation, side, sign
            relation, side, sign = item.text, [], item.tokens[-1]
        else:
            side += item.tokens
    yield relation, side, sign
