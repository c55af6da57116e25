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
        self.leads: dict[Remark, int] = {}  # how many equations stand before each
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
                self._finish(leads=True)
                notes = [Remark(item.tokens, False) for item in segment.items if item.text == NOTE and item.tokens]
                items = [item for item in segment.items if item.text != NOTE]
                self.statements.append(Statement(items, [*self.leads, *notes]))
            else:
                self._read_remark(place, segment)
        self._finish(leads=not self.statements)
        looks_back = any(segment.governs for segment in self.segments[:1]) and not self.segments[-1].colon
        return RowStatements(self.statements, [] if self.statements else [*self.leads], looks_back)

    def _read_words(self, place: int, segment: Segment) -> None:
        if segment.role is Role.SIGN and self.open is not None and self.open_leads:
            self.open += segment.tokens
            self._close()
        elif segment.governs:
            self._finish(leads=not self.statements)
            self._begin(place, segment.tokens)
        else:
            self._close()
            self.words += segment.tokens

    def _read_remark(self, place: int, segment: Segment) -> None:
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
        self.open += segment.tokens
        self.stated = self.stated or states

    def _begin(self, place: int, tokens: Sequence[Token]) -> None:
        """Begin a remark; it leads what follows if no equation stands before it or it implies the next."""
        following = self.segments[place + 1 : place + 3]
        implies = len(following) == 2 and following[0].role is Role.SIGN and place + 2 in self.main
        self.open, self.stated = [*tokens], False
        self.open_leads = not self.statements or implies or (self.segments[place].colon and place + 1 in self.main)

    def _close(self) -> None:
        self._add(self.open or (), self.open_leads)
        self.open = None

    def _finish(self, leads: bool) -> None:
        """End the remark that is being read, and make another of the words that wait."""
        self._close()
        self._add(self.words, leads)
        self.words = []

    def _add(self, tokens: Sequence[Token], leads: bool) -> None:
        remark, count = Remark(tuple(tokens), leads), len(self.statements)
        if tokens and leads:
            if count and not {token.text.strip() for token in tokens} <= _ADDING:
                # What led the equations above leads no further: if …: a = b, otherwise: c = d.
                self.leads = {lead: before for lead, before in self.leads.items() if before == count}
            self.leads[remark] = count
        elif tokens:
            self.statements[-1].remarks.append(remark)


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
