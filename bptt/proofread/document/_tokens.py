"""LaTeX cut into tokens that know where in the file they stand, and spelled out again.

A token is a control word (`\\alpha`, never with its star), a control symbol (`\\,`), a number (`12`, `0.5`, `.5`)
or a single character. Blanks and comments stand between tokens. The argument of a command that sets prose, such as
`\\text`, is one token, blanks and all.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

PROSE = frozenset(
    ["\\text", "\\textrm", "\\textit", "\\textbf", "\\texttt", "\\mbox", "\\intertext", "\\shortintertext"]
    + ["\\label", "\\tag", "\\ref", "\\eqref"]
)
SIZES = ("big", "Big", "bigg", "Bigg")
DELIMITERS = frozenset(
    ["\\left", "\\right", "\\middle"] + [f"\\{size}{side}" for size in SIZES for side in ("", "l", "r", "m")]
)

_CLINGING_AFTER = frozenset("{([^_")
_CLINGING_BEFORE = frozenset("})]^_',")
LINE_END = re.compile(r"\r\n|\r|\n")
_BLANK = re.compile(r"(?:\s++|%[^\r\n]*+)++")
_TOKEN = re.compile(r"\\[A-Za-z]+|\\(?:\r\n|.)|[0-9]+(?:\.[0-9]+)?|\.[0-9]+|.", re.DOTALL)
_BRACE = re.compile(r"\\.|%[^\r\n]*|[{}]", re.DOTALL)


class Token(NamedTuple):
    """A token, with the line and the column of the file, both from 1, at which it starts."""

    text: str
    line: int
    column: int


def tokenize(source: str, line: int, column: int) -> list[Token]:
    """The tokens of a source whose first character stands at that line and column of the file."""
    closing = _closing_braces(source)
    starts = [0, *(end.end() for end in LINE_END.finditer(source))]

    def token(text: str, offset: int) -> Token:
        row = bisect_right(starts, offset) - 1
        return Token(text, line + row, offset - starts[row] + (1 if row else column))

    cut: list[Token] = []
    offset = _after_blanks(source, 0)
    while offset < len(source):
        before = cut[-1].text if cut else ""
        text = _text_at(source, offset, before)
        cut.append(token(text, offset))
        if text == "{" and before in PROSE and offset in closing:
            cut.append(token(source[offset + 1 : closing[offset]], offset + 1))
            offset = closing[offset]
            cut.append(token("}", offset))
        offset = _after_blanks(source, offset + len(text))
    return cut


def spell(parts: Sequence[Token]) -> str:
    """The tokens as LaTeX, with a blank where the author had one and where two tokens would run into one."""
    texts = [part.text for part in parts]
    blanks = (" " if _blank_before(parts, place) else "" for place in range(len(parts)))
    return "".join(blank + text for blank, text in zip(blanks, texts, strict=True))


def is_number(text: str) -> bool:
    """Whether the text of a token is a number, as in `12`, `0.5` and `.5`."""
    return text[-1:] in set("0123456789") and (text[0] == "." or text[0].isdigit())


def _text_at(source: str, offset: int, before: str) -> str:
    """The token that starts at the offset; a full stop after `\\left` is the empty bracket and starts no number."""
    if source[offset] == "." and before in DELIMITERS:
        return "."
    text = _TOKEN.match(source, offset)[0]  # type: ignore[index]  # it matches every character
    return "\\ " if text[0] == "\\" and text[1:].isspace() else text


def _after_blanks(source: str, offset: int) -> int:
    blank = _BLANK.match(source, offset)
    return blank.end() if blank else offset


def _closing_braces(source: str) -> dict[int, int]:
    """For the offset of each opening brace that is closed, that of the closing one."""
    closing, opened = {}, []
    for mark in _BRACE.finditer(source):
        if mark[0] == "{":
            opened.append(mark.start())
        elif mark[0] == "}" and opened:
            closing[opened.pop()] = mark.start()
    return closing


def _blank_before(parts: Sequence[Token], place: int) -> bool:
    if not place or _is_prose(parts, place):
        return False
    before, after = parts[place - 1], parts[place]
    runs_on = before.text[:1] == "\\" and before.text[1:].isalpha() and re.match("[A-Za-z]", after.text) is not None
    joins = is_number(after.text) and (before.text == "." or is_number(before.text))
    return runs_on or joins or _apart(before, after)


def _is_prose(parts: Sequence[Token], place: int) -> bool:
    """Whether the token is the argument of `\\text` or another such command, or the brace that closes it."""
    texts = [""] * 3 + [part.text for part in parts[max(0, place - 3) : place]]
    inside = texts[-1] == "{" and texts[-2] in PROSE
    return inside or (parts[place].text == "}" and texts[-2] == "{" and texts[-3] in PROSE)


def _apart(before: Token, after: Token) -> bool:
    """Whether something stood between the two in the file; what a macro expands to all stands in one place."""
    if before.text in _CLINGING_AFTER or after.text in _CLINGING_BEFORE:
        return False
    place = (after.line, after.column)
    return place not in ((before.line, before.column), (before.line, before.column + len(before.text)))
