"""Take away what only sets type: labels, colours, boxes, braces below and above, notes over a relation."""

from collections.abc import Mapping, Sequence

from bptt.proofread.document import _brackets as brackets
from bptt.proofread.document._tokens import Token, is_prose, text_at

_SILENT = frozenset(
    ["\\nonumber", "\\notag", "\\displaystyle", "\\textstyle", "\\scriptstyle", "\\scriptscriptstyle", "\\limits"]
    + ["\\nolimits", "\\allowbreak", "\\hfill", "\\hline"]
)
_SILENT_WITH_ARGUMENT = frozenset(["\\label", "\\tag", "\\vspace", "\\color", "\\phantom", "\\hphantom", "\\vphantom"])
_STANDING_FOR = {"\\hspace": "\\ ", "\\intertext": "\\\\", "\\shortintertext": "\\\\"}
_BRACES = ("\\underbrace", "\\overbrace")
_NOTES = {
    "\\boxed": 0, "\\textcolor": 1, "\\underset": 1, "\\overset": 1, "\\stackrel": 1, **dict.fromkeys(_BRACES, 0),
}  # fmt: skip  # how many arguments stand before the one that is kept
_ROW = frozenset(["&", "\\\\", "\\begin"])


def strip_typesetting(tokens: Sequence[Token]) -> list[Token]:
    """Leave the mathematics, with `\\ ` for `\\hspace` and `\\\\` for `\\intertext`."""
    closing, dropped, place = brackets.find_closing_braces(tokens), set[int](), 0
    while place < len(tokens):
        text = "" if place in dropped or is_prose(tokens, place) else tokens[place].text
        if text in _NOTES:
            place = _drop_note(tokens, closing, place, dropped)
        elif text in _SILENT_WITH_ARGUMENT or text in _STANDING_FOR:
            start = place + (text in _STANDING_FOR)
            place = brackets.skip_argument(tokens, closing, place + 1 + (text_at(tokens, place + 1) == "*"))
            dropped.update(range(start, place))
        else:
            dropped.update([place] if text in _SILENT else [])
            place += 1
    kept = [token for place, token in enumerate(tokens) if place not in dropped]
    return [token._replace(text=_STANDING_FOR.get(token.text, token.text)) for token in kept]


def _drop_note(tokens: Sequence[Token], closing: Mapping[int, int], start: int, dropped: set[int]) -> int:
    """Drop a command such as `\\overset` and its arguments but for the last; return where that starts."""
    last = start + 1
    for _ in range(_NOTES[tokens[start].text]):
        last = brackets.skip_argument(tokens, closing, last)
    dropped.update(range(start, last))
    after = end = brackets.skip_argument(tokens, closing, last)
    if tokens[start].text in _BRACES and text_at(tokens, end) in ("_", "^"):
        after = brackets.skip_argument(tokens, closing, end + 1)
        dropped.update(range(end, after))  # what the brace is said to be
    # Whether what stands around it binds more closely than a product.
    bound = text_at(tokens, start - 1) in ("^", "_", "/") or text_at(tokens, after) in ("^", "_", "'")
    if last in closing and not _needs_braces(tokens, closing, last, bound):
        dropped.update([last, closing[last]])
    return last


def _needs_braces(tokens: Sequence[Token], closing: Mapping[int, int], brace: int, bound: bool) -> bool:
    """Whether a boxed expression means another thing without its box; one that reaches beyond it never does."""
    # What stands in braces within it is left out: boxes within boxes would take the square of their length.
    content, place = list[Token](), brace + 1
    while place < closing[brace]:
        end = closing.get(place, place)
        content += [tokens[place]] if end == place else [tokens[place], tokens[end]]
        place = end + 1
    nesting = brackets.measure_nesting(content)
    outside = [token.text for token, depth in zip(content, nesting.depths, strict=True) if not depth]
    if len(content) < 2 or not nesting.balanced or not {*outside}.isdisjoint(brackets.RELATIONS | _ROW):
        return False
    if outside[0] in brackets.OPERATORS or outside[-1] in brackets.OPERATORS:
        return False
    return bound or not {*outside}.isdisjoint(["+", "-", "−", "\\pm", "\\mp"])
