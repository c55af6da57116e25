"""Collect the author's own commands from the whole document, and replace them by what they stand for.

Read are `\\newcommand`, `\\renewcommand`, `\\providecommand`, `\\def`, `\\gdef` and `\\DeclareMathOperator`. A macro
whose first argument has a default, or whose arguments are delimited, is left alone. A call takes the last definition
above it, or else the first in the document.
"""

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import accumulate, islice
from typing import NamedTuple

from bptt.proofread.document._tokens import Token, find_closing_braces, is_number, is_prose, spell, text_at, tokenize

# A macro may call itself or double its argument: either of these ends the first, the second keeps the other short.
MOST_EXPANSIONS = 1_000
MOST_EXPANDED_TOKENS = 5_000

_DEFINING = re.compile(r"\\(?:(?:new|renew|provide)command|g?def|DeclareMathOperator)(?![A-Za-z])")
_LONGEST_PATTERN = 30  # tokens between the name that \def defines and its body: #1 to #9 are 18


class TooLong(ValueError):  # noqa: N818  # it says what is too long
    """A display is longer, or its macros would expand to more, than is read; the message names the limit."""


class Macro(NamedTuple):
    """What a command stands for from a place in the file on: texts, and its arguments by number."""

    name: str
    start: int
    end: int  # behind the tokens of the definition
    place: tuple[int, int]
    arity: int | None  # None if the arguments are of a kind that is left alone
    body: tuple[str | int, ...]


Macros = Mapping[str, Sequence[Macro]]


def collect_macros(source: str) -> Macros:
    """Return the macros of a document, each with its definitions in the order of the file."""
    found: dict[str, list[Macro]] = {}
    tokens = tokenize(source, 1, 1) if _DEFINING.search(source) else []
    for macro in _find_definitions(tokens):
        known = found.setdefault(macro.name, [])
        if macro.arity is not None and not (known and tokens[macro.start].text == "\\providecommand"):
            known.append(macro)
    return {name: known for name, known in found.items() if known}


def expand_macros(tokens: Sequence[Token], macros: Macros) -> list[Token]:
    """Replace each macro by its meaning, in the place of the call, and leave its definitions out.

    Raises `TooLong` for macros that expand too often or to too much.
    """
    kept, end = list[Token](), 0
    for macro in _find_definitions(tokens):
        kept += tokens[end : macro.start]
        end = macro.end
    coming = [*kept, *tokens[end:]][::-1]  # a stack: what a macro stands for is read next, as TeX does it
    read, calls, made = list[Token](), 0, 0
    while coming:
        read.append(coming.pop())
        if read[-1].text in macros and not is_prose(read, len(read) - 1):
            call = read.pop()
            meaning = _call_macro(call, macros[call.text], coming)
            calls, made = calls + 1, made + len(meaning)
            if made > MOST_EXPANDED_TOKENS:
                raise TooLong(f"its macros expand to more than {MOST_EXPANDED_TOKENS:,} tokens")
            if calls > MOST_EXPANSIONS:
                raise TooLong(f"its macros expand more than {MOST_EXPANSIONS:,} times")
            coming += reversed(meaning)
    return read


def _call_macro(call: Token, known: Sequence[Macro], coming: list[Token]) -> list[Token]:
    """Return what a call stands for; its arguments are taken off the end of the tokens to come."""
    above = bisect_right(known, (call.line, call.column), key=lambda macro: macro.place)
    macro = known[max(above - 1, 0)]
    arguments = [_take_argument(coming) for _ in range(macro.arity or 0)]
    texts = [text for piece in macro.body for text in _fill_in(piece, arguments)]
    return [Token(text, call.line, call.column) for text in texts]


def _fill_in(piece: str | int, arguments: Sequence[Sequence[Token]]) -> list[str]:
    """Put the arguments into one piece of a body; into the prose of a `\\text` as they are spelled."""
    if isinstance(piece, int):
        return [token.text for token in arguments[piece - 1]]
    if len(piece) > 1 and "#" in piece:
        spelled = [spell(argument) for argument in arguments]
        return [re.sub("#([1-9])", lambda digit: "".join(spelled[int(digit[1]) - 1 : int(digit[1])]), piece)]
    return [piece]


def _take_argument(coming: list[Token]) -> list[Token]:
    """Take an argument off the end: a group without its braces, a token or one digit; nothing where it is missing."""
    if not coming or coming[-1].text == "}":
        return []
    if coming[-1].text == "{":
        reading = islice(reversed(coming), MOST_EXPANDED_TOKENS)
        depths = accumulate((token.text == "{") - (token.text == "}") for token in reading)
        length = next((n for n, depth in enumerate(depths, 1) if not depth), 0)  # none if it is never closed
        group = coming[len(coming) - length :][::-1]
        del coming[len(coming) - length :]
        return group[1:-1]
    first = coming.pop()
    if is_number(first.text) and len(first.text) > 1:
        coming.append(Token(first.text[1:], first.line, first.column + 1))
        return [first._replace(text=first.text[0])]
    return [first]


def _find_definitions(tokens: Sequence[Token]) -> list[Macro]:
    """Find the definitions, but for those within another one."""
    closing, found = find_closing_braces(tokens), list[Macro]()
    for start, token in enumerate(tokens):
        if _DEFINING.fullmatch(token.text) and not (found and start < found[-1].end):
            macro = _read_definition(tokens, closing, start)
            found += [macro] if macro else []
    return found


def _read_definition(tokens: Sequence[Token], closing: Mapping[int, int], start: int) -> Macro | None:
    place = start + 1 + (text_at(tokens, start + 1) == "*")
    braced = text_at(tokens, place) == "{"
    name = text_at(tokens, place + braced)
    place += 1 + 2 * braced
    between = [text_at(tokens, at) for at in range(place, place + _LONGEST_PATTERN)]
    body = place + between.index("{") if "{" in between else -1
    if name[:1] != "\\" or body not in closing:
        return None
    numbers = re.fullmatch(r"\[([0-9])\]|((?:#[1-9])*)", "".join(between[: body - place]))
    arity = (int(numbers[1]) if numbers[1] else len(numbers[2]) // 2) if numbers else None
    meaning = _read_body(tokens[body + 1 : closing[body]])
    if tokens[start].text == "\\DeclareMathOperator":
        meaning = ("\\operatorname", "{", *meaning, "}")
    if arity is not None and any(piece > arity for piece in meaning if isinstance(piece, int)):
        arity = None
    return Macro(name, start, closing[body] + 1, (tokens[start].line, tokens[start].column), arity, meaning)


def _read_body(tokens: Sequence[Token]) -> tuple[str | int, ...]:
    """Return the texts of a body, with its arguments as numbers."""
    pieces: list[str | int] = []
    for text in (token.text for token in tokens):
        if pieces[-1:] == ["#"] and is_number(text) and text[0] in "123456789":
            pieces[-1:] = [int(text[0]), *([text[1:]] if text[1:] else [])]
        else:
            pieces.append(text)
    return tuple(pieces)
