"""Find what opens a display and what closes it, in Markdown and LaTeX alike.

What opens a display may be a slip. It was never closed if a heading, a code fence or, after an empty line, words or the
next display stand before what would close it. An unclosed display holds the lines up to the next empty one.
"""

import re
from typing import NamedTuple

from bptt.proofread.document._rows import DISPLAYED, GAPS, read_items
from bptt.proofread.document._segments import Role, classify, is_letter
from bptt.proofread.document._tokens import tokenize
from bptt.proofread.document._typesetting import strip_typesetting

ENVIRONMENTS = DISPLAYED | {"aligned", "split", "gathered"}
EMPTY_LINE = re.compile(r"\n[ \t>]*(?=\n|\Z)")

_NAMES = "|".join(sorted(ENVIRONMENTS, key=len, reverse=True))
_OPENING = re.compile(rf"\$\$|\\\\?\[|\\begin\{{(?P<name>{_NAMES})(?P<star>\*?)\}}")
_FORMULA = re.compile(r"\\\\?\(")
_START = r"\n[ \t>]*+"
_STOP = re.compile(
    rf"{_START}(?:#{{1,6}}[ \t]|`{{3}}|~{{3}}|\\(?:sub)*section\b|\\(?:begin|end)\{{document\}}"
    rf"|{_START}(?:(?:[-*+]|[0-9]{{1,9}}[.)])[ \t]+)?(?:\$\$|\\\\?\[|\\begin\{{(?:{'|'.join(sorted(DISPLAYED))})\b"
    # Words: two letters together, in a line without any mathematics or with some between single dollars.
    r"|(?=[^\n]*[^\W\d_]{2})[^\n\\^_=&{}+]*(?:\n|\Z)|[^\n]*(?<![\\$\n])\$(?!\$)))"
)


class Opening(NamedTuple):
    """What opens a display or a formula: where its content starts, from where and for what to look to close it."""

    content: int
    inside: int
    closing: str
    is_environment: bool = False


def read_opening(text: str, place: int) -> Opening | None:
    """Read what opens a display at a place; None if nothing does."""
    mark = _OPENING.match(text, place)
    if mark is None:
        return None
    if mark["name"]:
        return Opening(place, mark.end(), f"\\end{{{mark['name']}{mark['star']}}}", True)
    return Opening(mark.end(), mark.end(), mark[0].replace("[", "]"))


def read_formula_opening(text: str, place: int) -> Opening | None:
    """Read the `\\(` that opens a formula in prose."""
    mark = _FORMULA.match(text, place)
    return mark and Opening(mark.end(), mark.end(), mark[0].replace("(", ")"))


def find_role(source: str) -> Role:
    """Say what some LaTeX states; t = D_x, a letter that is a letter or a number, is no full equation."""
    items = [item for item in read_items(strip_typesetting(tokenize(source, 1, 1))) if item.text not in GAPS]
    role = classify(items)
    is_short = len(items) > 2 and items[1].text == "=" and is_letter(items[0]) and is_letter(items[2])
    return Role.BARE if is_short and all(item.text in ("_", "^") for item in items[3::2]) else role


class Marks:
    """A text with what has been looked for in it, so that nothing is looked for twice."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._known: dict[str, tuple[int, int]] = {}
        self._counted = (0, 0, 0)

    def find(self, mark: str, start: int, pattern: re.Pattern[str] | None = None) -> int:
        """Return where the next such mark stands, which may be the name of a pattern; -1 if there is none."""
        known = self._known.get(mark)
        if known is None or start < known[0] or 0 <= known[1] < start:
            found = pattern and pattern.search(self.text, start)
            place = found.start() if found else -1 if pattern else self.text.find(mark, start)
            known = self._known[mark] = (start, place)
        return known[1]

    def find_closing(self, opening: Opening) -> int:
        """Return where the mark stands that closes a display, -1 if none does."""
        closing = self.find(opening.closing, opening.inside)
        stop = self.find("stop", opening.inside, _STOP)
        return -1 if 0 <= stop < closing else closing

    def count_dollars(self, start: int, end: int) -> int:
        """Count the `$$` between two places; from the same start on, each of them once."""
        known = self._counted
        before, count = known[1:] if known[0] == start and known[1] <= end else (start, 0)
        count += self.text.count("$$", before, end)
        self._counted = (start, end, count)
        return count
