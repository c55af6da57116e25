"""Cut a row into segments: formulas, prose and signs such as an implication, at what stands between them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from bptt.proofread.document._groups import GROUP, TEXT, Item
from bptt.proofread.document._relations import OPERATORS, RELATIONS, SPACING, WIDE, Kind
from bptt.proofread.document._tokens import Token, is_number

# Words that say under which condition, or why, something holds: what follows them is no equation of its own.
GOVERNING = frozenset({
    "if", "when", "whenever", "unless", "otherwise", "else", "as", "at", "provided", "given", "only", "iff", "for",
    "since", "because", "by", "using", "from", "assuming", "assume", "suppose", "under", "via", "any", "all", "every",
})  # fmt: skip
DEFINING = frozenset(["where", "with"])  # they govern i = j, and no equation
_CONNECTING = GOVERNING | DEFINING | {
    "and", "or", "so", "then", "thus", "hence", "therefore", "let", "also", "but", "note", "recall",
    "define", "such", "that", "finally", "we", "is", "which", "while", "here", "in",
}  # fmt: skip
_SIGNS = frozenset(relation for relation, kind in RELATIONS.items() if kind is Kind.IMPLICATION) | {"\\therefore"}
_CLAIMS = frozenset([Kind.EQUALITY, Kind.STEP, Kind.CLAIM])
_PUNCTUATION = frozenset([".", ",", ";"])
_DOTS = frozenset(["\\dots", "\\ldots", "\\cdots", "\\dotsc", "…", "⋯"])
_WORD = re.compile(r"[^\W\d_]+")
_NAME = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
_NUMBER = re.compile(r"\([0-9]+(?:\.[0-9]+)*[a-z]?'?\)")


class Role(Enum):
    """What a segment is in its row."""

    FULL = auto()  # an equation
    BARE = auto()  # i = j, t = 1, …, T or A = A^⊤: an equation where no full one stands beside it, else a condition
    PROPERTY = auto()  # x ∈ ℝ, t < T: likewise
    CHAIN = auto()  # = b: goes on with what stands before it
    FRAGMENT = auto()  # no relation at all
    PROSE = auto()
    SIGN = auto()  # an implication, or ∴


@dataclass
class Segment:
    """A piece of a row; what stood between it and the one before, and the prose that governs it, if any does."""

    items: list[Item]
    role: Role = Role.FRAGMENT
    commas: tuple[Item, ...] = ()
    wide: bool = False
    colon: bool = False  # stands behind it
    governs: bool = False
    defines: bool = False  # it governs only what is less than an equation
    governed: bool = False

    @property
    def tokens(self) -> list[Token]:
        """The tokens of all its items."""
        return [token for item in self.items for token in item.tokens]


def cut_segments(row: Sequence[Item]) -> list[Segment]:
    """Cut a row at commas, wide spaces, alignment marks, prose and implications; join again what belongs together."""
    found = list(_cut(row))
    for segment in found:
        segment.role = segment.role if segment.role in (Role.PROSE, Role.SIGN) else classify(segment.items)
    joined = list[Segment]()  # from the last to the first, so that in i, j = 1 the comma goes with what follows
    for place in reversed(range(len(found))):
        segment = found[place]
        ends_range = any(one.items[0].text in _DOTS for one in found[max(place - 1, 0) : place + 1])
        if joined and _belongs(segment, joined[-1], ends_range):
            after = joined.pop()
            items = [*segment.items, *after.commas, *after.items]
            segment.items, segment.role, segment.colon = items, classify(items), after.colon
        joined.append(segment)
    return [segment for segment in reversed(joined) if not _is_number(segment.items)]


def _cut(row: Sequence[Item]) -> Iterator[Segment]:
    signs = any(item.text in RELATIONS and item.text not in _SIGNS for item in row)
    now, relates = Segment([]), False  # whether a relation stands in it
    for place, item in enumerate(row):
        before, after = _find_neighbour(row, place, -1), _find_neighbour(row, place, 1)
        is_sign = item.text in _SIGNS and (signs or not before)
        is_prose = (item.text == TEXT and _is_prose(row, place)) or item.text in ("\\forall", "\\because")
        following = row[place + 1].text if place + 1 < len(row) else ""
        relates = bool(now.items) and (relates or now.items[-1].text in RELATIONS)
        ends = relates or following in WIDE | {"", TEXT, "\\ ", "&"}
        colon = item.text == ":" and (ends or before == TEXT)
        if not (is_sign or is_prose or colon or item.text in _PUNCTUATION or item.text in WIDE or item.text == "&"):
            if item.text not in SPACING:
                now.items.append(item)
            continue
        if item.text == "&" and (before in RELATIONS or after in RELATIONS):
            continue
        if item.text == "." and following not in SPACING | {"", "&", TEXT}:
            now.items.append(item)
            continue
        if now.items:
            now.colon = colon
            yield now
            now = Segment([])
        now.commas += (item,) if item.text in (",", ";") else ()
        now.wide = now.wide or item.text in WIDE or colon
        if is_sign or is_prose:
            governs = is_prose and not item.words.rstrip().endswith((":", ",", "."))
            words = _WORD.findall(item.words.lower()) if item.text == TEXT else ["for"]
            segment = Segment([item], Role.SIGN if is_sign else Role.PROSE, now.commas, now.wide)
            segment.defines = governs and not DEFINING.isdisjoint(words[:1])
            segment.governs = governs and not (GOVERNING | DEFINING).isdisjoint((*words[:1], *words[-1:]))
            yield segment
            now = Segment([])
    if now.items:
        yield now


def _find_neighbour(row: Sequence[Item], place: int, step: int) -> str:
    """Return the text of the next item in a direction that is neither spacing nor an alignment mark."""
    place += step
    while 0 <= place < len(row) and (row[place].text in SPACING or row[place].text == "&"):
        place += step
    return row[place].text if 0 <= place < len(row) else ""


def _is_prose(row: Sequence[Item], place: int) -> bool:
    """Whether a `\\text` says something of the formula, rather than being a name in it."""
    words = row[place].words
    first = _WORD.search(words)
    if first and first[0].lower() in _CONNECTING and _NAME.fullmatch(words.strip()):
        return True
    before, after = _find_neighbour(row, place, -1), _find_neighbour(row, place, 1)
    if after == GROUP and _NAME.fullmatch(words.strip()):
        return False
    apart = row[place - 1].text if place else ""
    if (
        apart in WIDE | {"&"}
        and not _NAME.fullmatch(words)
        and after in OPERATORS
        and before not in OPERATORS | RELATIONS.keys()
    ):
        return True
    if before in RELATIONS or before in OPERATORS or after in RELATIONS or after in OPERATORS or after in ("_", "^"):
        return not words.strip() or words.rstrip().endswith((":", ","))
    stands_apart = apart in WIDE | _PUNCTUATION | {"", "&"} and after in _PUNCTUATION | {"", TEXT}
    return stands_apart or not _NAME.fullmatch(words)


def classify(items: Sequence[Item]) -> Role:
    """Say what the items of a formula state."""
    signs = [place for place, item in enumerate(items) if item.text in RELATIONS]
    if not signs:
        return Role.FRAGMENT
    if signs[0] == 0:
        return Role.CHAIN
    kinds = {RELATIONS[items[place].text] for place in signs}
    if not kinds & _CLAIMS and Kind.IMPLICATION not in kinds:
        return Role.PROPERTY
    if len(signs) == 1 and items[signs[0]].text == "=" and _is_bare(items[: signs[0]], items[signs[0] + 1 :]):
        return Role.BARE
    return Role.FULL


def _is_bare(left: Sequence[Item], right: Sequence[Item]) -> bool:
    """Whether both sides are letters or numbers alone, a range of them, or the same letter with something above it."""
    if len(left) == 1 and is_letter(left[0]) and [item.text for item in right[:2]] == [left[0].text, "^"]:
        return len(right) == 3
    letters = all(is_letter(item) for item in left[::2]) and all(item.text == "," for item in left[1::2])
    pieces = [list[Item]()]
    for item in right:
        if item.text in (",", ";"):
            pieces.append([])
        else:
            pieces[-1].append(item)
    if len(pieces) == 1:
        return letters and len(right) == 1 and (is_letter(right[0]) or is_number(right[0].text))
    return letters and any(len(piece) == 1 and piece[0].text in _DOTS | {GROUP} for piece in pieces)


def is_letter(item: Item) -> bool:
    """Whether an item is a single letter, which may be a command."""
    text = item.text
    return len(item.tokens) == 1 and ((len(text) == 1 and text.isalpha()) or (len(text) > 1 and text[1:].isalpha()))


def _belongs(segment: Segment, after: Segment, ends_range: bool) -> bool:
    """Whether a segment and the one after it are one formula."""
    if Role.PROSE in (segment.role, after.role) or Role.SIGN in (segment.role, after.role) or segment.colon:
        return False
    if after.role is Role.CHAIN:
        return True
    complete = segment.role is not Role.FRAGMENT
    if after.role is Role.FRAGMENT:
        if not after.wide:
            return not (after.commas and complete and _is_remark(after.items))
        return not after.commas and complete and not _is_remark(after.items)
    return not complete and not after.wide and not ends_range


def _is_remark(items: Sequence[Item]) -> bool:
    """Whether a fragment behind a wide space is a number or a bracket that holds words or a relation."""
    if len(items) != 1 or items[0].text != GROUP:
        return False
    texts = [token.text for token in items[0].tokens]
    return _is_number(items) or not (RELATIONS.keys() | {"\\text"}).isdisjoint(texts)


def _is_number(items: Sequence[Item]) -> bool:
    """Whether a fragment is the number of an equation."""
    return len(items) == 1 and _NUMBER.fullmatch("".join(token.text for token in items[0].tokens)) is not None
