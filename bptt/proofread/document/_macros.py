"""The author's own commands: collected from the whole document, and replaced by what they stand for.

Read are `\\newcommand`, `\\renewcommand`, `\\providecommand`, `\\def`, `\\gdef` and `\\DeclareMathOperator`. A macro
whose first argument has a default, or whose arguments are delimited, is left alone. A call takes the last definition
above it, or else the first in the document.
"""

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from bptt.proofread.document._brackets import closing_braces, is_prose, text_at
from bptt.proofread.document._tokens import Token, is_number, spell, tokenize

MAX_EXPANSIONS = 1_000
MAX_TOKENS = 5_000

_OPERATOR = "\\DeclareMathOperator"
_DEFINING = re.compile(r"\\(?:(?:new|renew|provide)command|g?def|DeclareMathOperator)(?![A-Za-z])")
_LONGEST_PATTERN = 30  # tokens between the name that \def defines and its body


class TooLong(ValueError):  # noqa: N818  # it says what is too long
    """A display that its macros would expand to more than is read; the message names the limit."""


class Macro(NamedTuple):
    """What a command of `arity` arguments stands for from a place in the file on: texts, and arguments by number."""

    place: tuple[int, int]
    arity: int
    body: tuple[str | int, ...]


class Definition(NamedTuple):
    """A definition among tokens: the name, what it stands for (None if it is left alone), and where it ends."""

    name: str
    macro: Macro | None
    end: int


Macros = Mapping[str, Sequence[Macro]]


def collect_macros(source: str) -> Macros:
    """The macros of a document, each with its definitions in the order of the file."""
    found: dict[str, list[Macro]] = {}
    parts = tokenize(source, 1, 1) if _DEFINING.search(source) else []
    for place, (name, macro, _) in _definitions(parts).items():
        known = found.setdefault(name, [])
        if macro and not (known and parts[place].text == "\\providecommand"):
            known.append(macro)
    return {name: known for name, known in found.items() if known}


def expand_macros(parts: Sequence[Token], macros: Macros) -> list[Token]:
    """The tokens with each macro replaced by its meaning, in the place of the call, and without definitions."""
    coming, read, calls, made = _without_definitions(parts)[::-1], list[Token](), 0, 0
    while coming:
        token = coming.pop()
        read.append(token)
        if token.text in macros and not is_prose(read, len(read) - 1):
            meaning = _called(read.pop(), macros[token.text], coming)
            calls, made = calls + 1, made + len(meaning)
            _stay_within_limits(calls, made)
            coming += reversed(meaning)
    return read


def _stay_within_limits(calls: int, made: int) -> None:
    if made > MAX_TOKENS:
        raise TooLong(f"its macros expand to more than {MAX_TOKENS:,} tokens")
    if calls > MAX_EXPANSIONS:
        raise TooLong(f"its macros expand more than {MAX_EXPANSIONS:,} times")


def _called(call: Token, known: Sequence[Macro], coming: list[Token]) -> list[Token]:
    """What a call stands for, its arguments taken off the end of those coming."""
    above = bisect_right(known, (call.line, call.column), key=lambda macro: macro.place)
    macro = known[max(above - 1, 0)]
    arguments = [_argument(coming) for _ in range(macro.arity)]
    return [Token(text, call.line, call.column) for piece in macro.body for text in _texts(piece, arguments)]


def _texts(piece: str | int, arguments: Sequence[Sequence[Token]]) -> list[str]:
    """One piece of a body with the arguments in; in the prose of a `\\text` they stand as they are spelled."""
    if isinstance(piece, int):
        return [token.text for token in arguments[piece - 1]]
    if len(piece) > 1 and "#" in piece:
        return [re.sub("#([1-9])", lambda number: _spelled_argument(arguments, int(number[1])), piece)]
    return [piece]


def _spelled_argument(arguments: Sequence[Sequence[Token]], number: int) -> str:
    return spell(arguments[number - 1]) if number <= len(arguments) else ""


def _argument(coming: list[Token]) -> list[Token]:
    """An argument taken off the end: a group without its braces, a token or one digit; nothing where it is missing."""
    if not coming or coming[-1].text == "}":
        return []
    if coming[-1].text == "{":
        end = _group_end(coming)
        group = coming[end:][::-1]
        del coming[end:]
        return group[1:-1]
    first = coming.pop()
    if is_number(first.text) and len(first.text) > 1:
        coming.append(Token(first.text[1:], first.line, first.column + 1))
        return [first._replace(text=first.text[0])]
    return [first]


def _group_end(coming: Sequence[Token]) -> int:
    """Where, in tokens coming from the end, the group that opens there is closed; the end itself if it never is."""
    depth = 0
    for place in range(len(coming) - 1, max(len(coming) - MAX_TOKENS, 0) - 1, -1):
        depth += (coming[place].text == "{") - (coming[place].text == "}")
        if not depth:
            return place
    return len(coming)


def _without_definitions(parts: Sequence[Token]) -> list[Token]:
    kept, place = list[Token](), 0
    for start, definition in _definitions(parts).items():
        kept += parts[place:start]
        place = definition.end
    return kept + list(parts[place:])


def _definitions(parts: Sequence[Token]) -> dict[int, Definition]:
    """The definitions by the place where they start, but for those within another one."""
    closing, found, place = closing_braces(parts), dict[int, Definition](), 0
    while place < len(parts):
        definition = _definition(parts, closing, place) if _DEFINING.fullmatch(parts[place].text) else None
        if definition:
            found[place] = definition
        place = definition.end if definition else place + 1
    return found


def _definition(parts: Sequence[Token], closing: dict[int, int], start: int) -> Definition | None:
    place = start + 1 + (text_at(parts, start + 1) == "*")
    braced = text_at(parts, place) == "{"
    name = text_at(parts, place + braced)
    arity, body = _pattern(parts, place + 1 + 2 * braced)
    if name[:1] != "\\" or body not in closing:
        return None
    meaning = _body(parts, body + 1, closing[body])
    if parts[start].text == _OPERATOR:
        meaning = ("\\operatorname", "{", *meaning, "}")
    known = arity is not None and all(piece <= arity for piece in meaning if isinstance(piece, int))
    macro = Macro((parts[start].line, parts[start].column), arity or 0, meaning) if known else None
    return Definition(name, macro, closing[body] + 1)


def _pattern(parts: Sequence[Token], place: int) -> tuple[int | None, int]:
    """How many arguments stand between a name and its body, None if they are of another kind; where the body opens."""
    texts = [text_at(parts, at) for at in range(place, place + _LONGEST_PATTERN)]
    between = "".join(texts[: texts.index("{")] if "{" in texts else texts)
    numbers = re.fullmatch(r"\[([0-9])\]|((?:#[1-9])*)", between)
    body = place + texts.index("{") if "{" in texts else -1
    return (int(numbers[1]) if numbers[1] else len(numbers[2]) // 2) if numbers else None, body


def _body(parts: Sequence[Token], start: int, end: int) -> tuple[str | int, ...]:
    """The texts of a body, with its arguments as numbers."""
    pieces: list[str | int] = []
    for place in range(start, end):
        text = parts[place].text
        if pieces[-1:] == ["#"] and is_number(text) and text[0] in "123456789":
            pieces[-1:] = [int(text[0]), *([text[1:]] if text[1:] else [])]
        else:
            pieces.append(text)
    return tuple(pieces)
