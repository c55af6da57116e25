"""What only sets type, taken away: labels, colours, boxes, braces below and above, notes over a relation."""

from collections.abc import Mapping, Sequence

from bptt.proofread.document._brackets import (
    OPERATORS,
    RELATIONS,
    SPACING,
    after_argument,
    closing_braces,
    is_prose,
    nesting,
    text_at,
)
from bptt.proofread.document._tokens import Token

_SILENT = frozenset(
    ["\\nonumber", "\\notag", "\\displaystyle", "\\textstyle", "\\scriptstyle", "\\scriptscriptstyle", "\\limits"]
    + ["\\nolimits", "\\allowbreak", "\\hfill", "\\hline"]
)
_SILENT_WITH_ARGUMENT = frozenset(["\\label", "\\tag", "\\vspace", "\\color", "\\phantom", "\\hphantom", "\\vphantom"])
_STANDING_FOR = {"\\hspace": "\\ ", "\\intertext": "\\\\", "\\shortintertext": "\\\\"}
_NOTES = {"\\boxed": 0, "\\textcolor": 1, "\\underset": 1, "\\overset": 1, "\\stackrel": 1}  # arguments before the last
_BRACES = frozenset(["\\underbrace", "\\overbrace"])
_ROW = frozenset(["&", "\\\\", "\\begin"])


def plain(parts: Sequence[Token]) -> list[Token]:
    """The mathematics of the tokens, with `\\ ` for `\\hspace` and `\\\\` for `\\intertext`."""
    closing, dropped, place = closing_braces(parts), [False] * len(parts), 0
    while place < len(parts):
        text = "" if dropped[place] or is_prose(parts, place) else parts[place].text
        if text in _NOTES or text in _BRACES:
            end = _drop_note(parts, closing, place, dropped)
        elif text in _SILENT_WITH_ARGUMENT or text in _STANDING_FOR:
            end, start = _silent_end(parts, closing, place), place + (text in _STANDING_FOR)
            dropped[start:end] = [True] * (end - start)
        else:
            end = place + 1
            dropped[place] |= text in _SILENT
        place = end
    kept = (part for part, gone in zip(parts, dropped, strict=True) if not gone)
    return [part._replace(text=_STANDING_FOR.get(part.text, part.text)) for part in kept]


def spaceless(parts: Sequence[Token]) -> list[Token]:
    """The tokens without the spacing between them."""
    return [part for place, part in enumerate(parts) if part.text not in SPACING or is_prose(parts, place)]


def _silent_end(parts: Sequence[Token], closing: Mapping[int, int], place: int) -> int:
    return after_argument(parts, closing, place + 1 + (text_at(parts, place + 1) == "*"))


def _drop_note(parts: Sequence[Token], closing: Mapping[int, int], start: int, dropped: list[bool]) -> int:
    """Drop a command such as `\\overset` and its arguments but for the last; where to read on, which is in that."""
    last = start + 1
    for _ in range(_NOTES.get(parts[start].text, 0)):
        last = after_argument(parts, closing, last)
    dropped[start:last] = [True] * (last - start)
    end = after_argument(parts, closing, last)
    if parts[start].text in _BRACES and text_at(parts, end) in ("_", "^"):
        script = after_argument(parts, closing, end + 1)
        dropped[end:script] = [True] * (script - end)
        after = script
    else:
        after = end
    if last in closing and not _needs_braces(_outside(parts, closing, last), _around(parts, start, after)):
        dropped[last] = dropped[closing[last]] = True
    return last


def _around(parts: Sequence[Token], start: int, end: int) -> bool:
    """Whether what stands around the tokens binds more closely than a product."""
    return text_at(parts, start - 1) in ("^", "_", "/") or text_at(parts, end) in ("^", "_", "'")


def _outside(parts: Sequence[Token], closing: Mapping[int, int], brace: int) -> list[Token]:
    """What stands within a brace, but for what stands within others in it."""
    found, place = list[Token](), brace + 1
    while place < closing[brace]:
        end = closing.get(place, place)
        found += [parts[place]] if end == place else [parts[place], parts[end]]
        place = end + 1
    return found


def _needs_braces(content: Sequence[Token], bound: bool) -> bool:
    """Whether a boxed expression means another thing without its box; one that reaches beyond it never does."""
    nested = nesting(content)
    outside = [part.text for part, depth in zip(content, nested.depths, strict=True) if not depth]
    if len(content) < 2 or not nested.balanced or not {*outside}.isdisjoint(RELATIONS | _ROW):
        return False
    if outside[0] in OPERATORS or outside[-1] in OPERATORS:
        return False
    return bound or not {*outside}.isdisjoint(["+", "-", "−", "\\pm", "\\mp"])
