"""Cut LaTeX into tokens that know where in the file they stand, and spell them out again.

A token is a control word (`\\alpha`, never with its star), a control symbol (`\\,`), a number (`12`, `0.5`, `.5`)
or a single character; an escape of Markdown, `\\_`, is the character that it stands for. Blanks and comments stand
between tokens. The argument of a command that sets prose, such as `\\text`, is one token, blanks and all.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple

PROSE = frozenset(
    ["\\text", "\\textrm", "\\textit", "\\textbf", "\\texttt", "\\mbox", "\\intertext", "\\shortintertext"]
    + ["\\label", "\\tag", "\\ref", "\\eqref"]
)
DELIMITERS = frozenset(
    ["\\left", "\\right", "\\middle"]
    + [f"\\{size}{side}" for size in ("big", "Big", "bigg", "Bigg") for side in ("", "l", "r", "m")]
)
LINE_END = re.compile(r"\r\n|\r|\n")

_ESCAPED = {"\\_": "_", "\\*": "*"}  # Markdown's escapes, which mean nothing in mathematics
_NO_BLANK_AFTER = frozenset("{([^_")
_NO_BLANK_BEFORE = frozenset("})]^_',")
_BLANKS = re.compile(r"(?:\s++|%[^\r\n]*+)*+")
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?|\.[0-9]+")
_TOKEN = re.compile(rf"\\[A-Za-z]+|\\(?:\r\n|.)|{_NUMBER.pattern}|.", re.DOTALL)
_BRACE = re.compile(r"\\.|%[^\r\n]*|[{}]", re.DOTALL)


class Token(NamedTuple):
    """A token, with the line and the column of the file, both from 1, at which it starts."""

    text: str
    line: int
    column: int


def tokenize(source: str, line: int, column: int) -> list[Token]:
    """Cut a source into tokens; its first character stands at that line and column of the file."""
    closing = match_braces((mark.start(), mark[0]) for mark in _BRACE.finditer(source))
    starts = [0, *(end.end() for end in LINE_END.finditer(source))]
    found: list[Token] = []

    def add(text: str, offset: int) -> None:
        row = bisect_right(starts, offset) - 1
        found.append(Token(text, line + row, offset - starts[row] + (1 if row else column)))

    offset = _skip_blanks(source, 0)
    while offset < len(source):
        before, start = found[-1].text if found else "", offset
        text = _TOKEN.match(source, offset)[0]  # type: ignore[index]  # it matches every character
        if text[0] == "." and before in DELIMITERS:
            text = "."  # the bracket that is none, as in \left.5, starts no number
        blank = text[0] == "\\" and text[1:].isspace()
        add("\\ " if blank else _ESCAPED.get(text, text), offset)
        offset += 2 if blank else len(text)
        if found[-1].text == "{" and before in PROSE and start in closing:
            add(source[offset : closing[start]], offset)
            add("}", closing[start])
            offset = closing[start] + 1
        offset = _skip_blanks(source, offset)
    return found


def spell(tokens: Sequence[Token]) -> str:
    """Write tokens as LaTeX, with a blank where the author had one and where two would run into one."""
    return "".join(" " * _needs_blank(tokens, place) + token.text for place, token in enumerate(tokens))


def is_number(text: str) -> bool:
    """Whether the text of a token is a number, as `12`, `0.5` and `.5` are."""
    return _NUMBER.fullmatch(text) is not None


def text_at(tokens: Sequence[Token], place: int) -> str:
    """Return the text of the token at a place, "" before the first and after the last."""
    return tokens[place].text if 0 <= place < len(tokens) else ""


def is_prose(tokens: Sequence[Token], place: int) -> bool:
    """Whether the token is the argument of `\\text` or another such command, as it stands in the file."""
    return text_at(tokens, place - 1) == "{" and text_at(tokens, place - 2) in PROSE


def match_braces(marks: Iterable[tuple[int, str]]) -> dict[int, int]:
    """Map the place of each opening brace that is closed to that of the closing one, given places and their texts."""
    closing, opened = dict[int, int](), list[int]()
    for place, text in marks:
        if text == "{":
            opened.append(place)
        elif text == "}" and opened:
            closing[opened.pop()] = place
    return closing


def find_closing_braces(tokens: Sequence[Token]) -> dict[int, int]:
    """Map the place of each opening brace among tokens to that of the one that closes it."""
    return match_braces((place, token.text) for place, token in enumerate(tokens))


def _skip_blanks(source: str, offset: int) -> int:
    return _BLANKS.match(source, offset).end()  # type: ignore[union-attr]  # it matches nothing, too


def _needs_blank(tokens: Sequence[Token], place: int) -> bool:
    after = tokens[place]
    if not place or is_prose(tokens, place) or (after.text == "}" and is_prose(tokens, place - 1)):
        return False
    before = tokens[place - 1]
    if before.text[:1] == "\\" and before.text[1:].isalpha() and re.match("[A-Za-z]", after.text):
        return True  # \alpha x would become \alphax
    if is_number(after.text) and (before.text == "." or is_number(before.text)):
        return True
    if before.text in _NO_BLANK_AFTER or after.text in _NO_BLANK_BEFORE:
        return False
    # Whether something stood between the two in the file. What a macro expands to all stands in one place.
    return (after.line, after.column) not in {(before.line, before.column + n) for n in (0, len(before.text))}
