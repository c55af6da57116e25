"""Take away what only sets type: labels, colours, boxes, fonts of a whole equation, braces below and above.

What stands over or under a relation is kept behind it, as the argument of `NOTE`.
"""

from collections.abc import Sequence

from bptt.proofread.document._groups import NOTE, iterate_items, match_groups, skip_argument
from bptt.proofread.document._relations import OPERATORS, RELATIONS, SPACING
from bptt.proofread.document._tokens import Token, find_closing_braces, is_prose, text_at

_SILENT = frozenset(
    ["\\nonumber", "\\notag", "\\displaystyle", "\\textstyle", "\\scriptstyle", "\\scriptscriptstyle", "\\limits"]
    + ["\\nolimits", "\\allowbreak", "\\hline", "\\strut", "\\mathstrut", "\\noindent", "\\centering", "$"]
)
_SILENT_WITH_ARGUMENT = frozenset(["\\label", "\\tag", "\\vspace", "\\color", "\\phantom", "\\hphantom", "\\vphantom"])
_BETWEEN_ROWS = frozenset(["\\intertext", "\\shortintertext"])
_BRACES = ("\\underbrace", "\\overbrace")
_BOXES = {
    "\\boxed": 0, "\\fbox": 0, "\\bbox": 0, "\\textcolor": 1, "\\colorbox": 1, "\\fcolorbox": 2, "\\href": 1,
    "\\class": 1, "\\cssId": 1, "\\style": 1, "\\underset": 1, **dict.fromkeys(_BRACES, 0),
}  # fmt: skip  # how many arguments stand before the one that is kept
_STACKED = frozenset(["\\overset", "\\underset", "\\stackrel"])
_FONTS = frozenset(["\\mathrm", "\\mathbf", "\\mathit", "\\mathsf", "\\boldsymbol", "\\bm", "\\mathnormal"])
_ROW = frozenset(["&", "\\\\", "\\begin"])
_LONGEST_OPTION = 20  # tokens in the […] of a \bbox
# What a group of its own may follow; after anything else it may be an argument.
_BEFORE_GROUP = SPACING | RELATIONS.keys() | {"", "&", "\\\\", ",", ";"}


def strip_typesetting(tokens: Sequence[Token]) -> list[Token]:
    """Leave the mathematics, with `\\quad` for `\\hspace`, a row for `\\intertext` and notes behind relations."""
    return _Typesetting(tokens).strip()


class _Typesetting:
    """A pass over tokens: which of them are dropped, and what is put in behind the others."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens = tokens
        self.closing = find_closing_braces(tokens)
        self.dropped: set[int] = set()
        self.added: dict[int, list[Token]] = {}

    def strip(self) -> list[Token]:
        """Return what is left."""
        place = 0
        while place < len(self.tokens):
            hidden = place in self.dropped or is_prose(self.tokens, place)
            place = place + 1 if hidden else self._read(place)
        kept = list[Token]()
        for place, token in enumerate(self.tokens):
            if place not in self.dropped:
                kept.append(token._replace(text="\\quad") if token.text == "\\hspace" else token)
            kept += self.added.get(place, [])
        return kept

    def _read(self, place: int) -> int:
        """Decide on the command at a place; return where to read on."""
        text = self.tokens[place].text
        if text in _STACKED and self._is_stacked_on_relation(place):
            return self._move_note(place)
        if text in _BOXES:
            return self._open_box(place)
        if text in _BETWEEN_ROWS or text in _SILENT_WITH_ARGUMENT or text == "\\hspace":
            end = self._skip(place + 1 + (text_at(self.tokens, place + 1) == "*"))
            self.dropped.update(range(place + (text == "\\hspace"), end))
            if text in _BETWEEN_ROWS and end > place + 1:
                row, prose = self.tokens[place]._replace(text="\\\\"), self.tokens[place + 1]._replace(text="\\text")
                self.added[end - 1] = [row, prose, *self.tokens[place + 1 : end], row]
            return end
        if text in _FONTS:
            self._unwrap(place, place + 1)
        elif text == "{" and text_at(self.tokens, place - 1) in _BEFORE_GROUP:
            self._unwrap(place, place)
        elif text in _SILENT:
            self.dropped.add(place)
        return place + 1

    def _skip(self, place: int) -> int:
        return skip_argument(self.tokens, self.closing, place)

    def _is_stacked_on_relation(self, place: int) -> bool:
        base = self._skip(place + 1)
        content = self.tokens[base : min(self._skip(base), base + 4)]  # {:=} has four
        return "".join(token.text for token in content).strip("{}") in RELATIONS

    def _move_note(self, start: int) -> int:
        """Put what stands over or under a relation behind it; return where to read on."""
        base = self._skip(start + 1)
        end = self._skip(base)
        braced = self.tokens[base].text == "{"
        relation = range(base + braced, end - braced)
        note = self.tokens[
            start + 1 + (self.tokens[start + 1].text == "{") : base - (self.tokens[base - 1].text == "}")
        ]
        self.dropped.update(place for place in range(start, end) if place not in relation)
        first = self.tokens[start]
        marks = [first._replace(text=text) for text in (NOTE, "{", "}")]
        self.added[end - 1] = [*marks[:2], *note, marks[2]]
        return end

    def _unwrap(self, start: int, brace: int) -> None:
        """Drop the braces, and the font, of a group that holds a whole equation."""
        if brace in self.closing:
            outline = self._outline(brace)
            if any(item.text in RELATIONS for item in outline):
                self.dropped.update([*range(start, brace + 1), self.closing[brace]])

    def _open_box(self, start: int) -> int:
        """Drop a command such as `\\boxed` and its arguments but for the last; return where that starts."""
        last = start + 1
        if text_at(self.tokens, last) == "[":
            option = [token.text for token in self.tokens[last : last + _LONGEST_OPTION]]
            last += option.index("]") + 1 if "]" in option else 0
        for _ in range(_BOXES[self.tokens[start].text]):
            last = self._skip(last)
        self.dropped.update(range(start, last))
        after = end = self._skip(last)
        if self.tokens[start].text in _BRACES and text_at(self.tokens, end) in ("_", "^"):
            after = self._skip(end + 1)
            self.dropped.update(range(end, after))  # what the brace is said to be
        # Whether what stands around it binds more closely than a product.
        bound = text_at(self.tokens, start - 1) in ("^", "_", "/") or text_at(self.tokens, after) in ("^", "_", "'")
        if last in self.closing and not self._needs_braces(last, bound):
            self.dropped.update([last, self.closing[last]])
        return last

    def _outline(self, brace: int) -> list[Token]:
        """Return what stands in a group outside all brackets."""
        # What stands in braces within it is left out: boxes within boxes would take the square of their length.
        content, place = list[Token](), brace + 1
        while place < self.closing[brace]:
            end = self.closing.get(place, place)
            content += [self.tokens[place]] if end == place else [self.tokens[place], self.tokens[end]]
            place = end + 1
        return [content[start] for start, _ in iterate_items(content, match_groups(content))]

    def _needs_braces(self, brace: int, bound: bool) -> bool:
        """Whether a boxed expression means another thing without its box."""
        outside = [token.text for token in self._outline(brace)]
        if len(outside) < 2 or not {*outside}.isdisjoint(RELATIONS.keys() | _ROW):
            return False
        if outside[0] in OPERATORS or outside[-1] in OPERATORS:
            return False
        return bound or not {*outside}.isdisjoint(["+", "-", "−", "\\pm", "\\mp"])
