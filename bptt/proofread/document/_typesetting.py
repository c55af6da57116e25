"""Take away what only sets type: labels, colours, boxes, fonts of a whole equation, braces below and above.

What stands over or under a relation is kept behind it, as the argument of `NOTE`.
"""

from collections.abc import Sequence

from bptt.proofread.document._groups import NOTE, iterate_items, match_groups, skip_argument
from bptt.proofread.document._relations import OPERATORS, RELATIONS, SILENT, SPACING
from bptt.proofread.document._tokens import Token, is_prose, text_at

_SILENT_WITH_ARGUMENT = frozenset(
    ["\\label", "\\tag", "\\vspace", "\\hspace", "\\color", "\\phantom", "\\hphantom", "\\vphantom"]
)
_BETWEEN_ROWS = frozenset(["\\intertext", "\\shortintertext"])
_BRACES = ("\\underbrace", "\\overbrace")
_BOXES = {
    "\\boxed": 0, "\\fbox": 0, "\\bbox": 0, "\\textcolor": 1, "\\colorbox": 1, "\\fcolorbox": 2, "\\href": 1,
    "\\class": 1, "\\cssId": 1, "\\style": 1, "\\underset": 1, **dict.fromkeys(_BRACES, 0),
}  # fmt: skip  # how many arguments stand before the one that is kept
_STACKED = frozenset(["\\overset", "\\underset", "\\stackrel"])
_FONTS = frozenset(["\\mathrm", "\\mathbf", "\\mathit", "\\mathsf", "\\boldsymbol", "\\bm", "\\mathnormal"])
_WHOLE = RELATIONS.keys() | {"&", "\\\\", "\\begin"}  # what holds these is no factor
_SIGNS = frozenset(["+", "-", "−", "\\pm", "\\mp"])
# What a group of its own may follow; after anything else it may be an argument.
_BEFORE_GROUP = SPACING | RELATIONS.keys() | {"", "&", "\\\\", ",", ";"}


def strip_typesetting(tokens: Sequence[Token]) -> list[Token]:
    """Leave the mathematics, with `\\quad` for `\\hspace`, a row for `\\intertext` and notes behind relations."""
    return _Typesetting(tokens).strip()


class _Typesetting:
    """A pass over tokens: which of them are kept, and which of those to come are dropped."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens = tokens
        self.pairs = match_groups(tokens)
        self.kept: list[Token] = []
        self.dropped: set[int] = set()

    def strip(self) -> list[Token]:
        """Return what is left."""
        place = 0
        while place < len(self.tokens):
            place = place + 1 if place in self.dropped else self._read(place)
        return self.kept

    def _read(self, place: int) -> int:
        """Keep or drop the command or the token at a place; return where to read on."""
        text = self.tokens[place].text
        if is_prose(self.tokens, place):
            self._keep(place)
        elif text in _STACKED and self._is_stacked_on_relation(place):
            return self._move_note(place)
        elif text in _BOXES:
            return self._open_box(place)
        elif text in _SILENT_WITH_ARGUMENT or text in _BETWEEN_ROWS:
            return self._drop_with_argument(place)
        elif text in _FONTS or (text == "{" and text_at(self.tokens, place - 1) in _BEFORE_GROUP):
            brace = place + (text in _FONTS)
            holds_equation = not RELATIONS.keys().isdisjoint(self._outline(brace))
            self.dropped.update([place, brace, self.pairs[brace]] if holds_equation else [])
            self._keep(place)
        elif text not in SILENT and text != "$":
            self._keep(place)
        return place + 1

    def _keep(self, place: int, *texts: str) -> None:
        """Keep the token at a place unless it is dropped, or put others in its place."""
        token = self.tokens[place]
        if texts or place not in self.dropped:
            self.kept += [token._replace(text=text) for text in texts or (token.text,)]

    def _skip(self, place: int) -> int:
        return skip_argument(self.tokens, self.pairs, place)

    def _drop_with_argument(self, place: int) -> int:
        text, start = self.tokens[place].text, place + 1
        end = self._skip(start + (text_at(self.tokens, start) == "*"))
        if text == "\\hspace":
            self._keep(place, "\\quad")
        elif text in _BETWEEN_ROWS and end > start:
            self._keep(place, "\\\\")
            self._keep(start, "\\text")
            self.kept += self.tokens[start:end]
            self._keep(place, "\\\\")
        return end

    def _is_stacked_on_relation(self, place: int) -> bool:
        base = self._skip(place + 1)
        content = self.tokens[base : min(self._skip(base), base + 4)]  # {:=} has four
        return "".join(token.text for token in content).strip("{}") in RELATIONS

    def _move_note(self, start: int) -> int:
        """Put what stands over or under a relation behind it; return where to read on."""
        base = self._skip(start + 1)
        end = self._skip(base)
        self.kept += self._strip_braces(base, end)
        self._keep(start, NOTE, "{")
        self.kept += self._strip_braces(start + 1, base)
        self._keep(start, "}")
        return end

    def _strip_braces(self, start: int, end: int) -> Sequence[Token]:
        braced = self.tokens[start].text == "{"
        return self.tokens[start + braced : end - braced]

    def _open_box(self, start: int) -> int:
        """Drop a command such as `\\boxed` and its arguments but for the last; return where that starts."""
        last = start + 1
        if text_at(self.tokens, last) == "[":
            last = self.pairs.get(last, start) + 1
        for _ in range(_BOXES[self.tokens[start].text]):
            last = self._skip(last)
        after = end = self._skip(last)
        if self.tokens[start].text in _BRACES and text_at(self.tokens, end) in ("_", "^"):
            after = self._skip(end + 1)
            self.dropped.update(range(end, after))  # what the brace is said to be
        # Whether what stands around it binds more closely than a product.
        bound = text_at(self.tokens, start - 1) in ("^", "_", "/") or text_at(self.tokens, after) in ("^", "_", "'")
        if text_at(self.tokens, last) == "{" and last in self.pairs and not self._needs_braces(last, bound):
            self.dropped.update([last, self.pairs[last]])
        return last

    def _outline(self, brace: int) -> list[str]:
        """List the tokens of a group, each group within it by its first one alone; none if no group starts there."""
        end = self.pairs.get(brace, brace) if text_at(self.tokens, brace) == "{" else brace
        return [self.tokens[start].text for start, _ in iterate_items(self.tokens, self.pairs, brace + 1, end)]

    def _needs_braces(self, brace: int, bound: bool) -> bool:
        """Whether a boxed expression means another thing without its box."""
        outside = self._outline(brace)
        if len(outside) < 2 or not _WHOLE.isdisjoint(outside):
            return False
        if outside[0] in OPERATORS or outside[-1] in OPERATORS:
            return False
        return bound or not _SIGNS.isdisjoint(outside)
