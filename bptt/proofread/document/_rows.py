"""Find the rows of a display: take alignments apart, and put together what an author broke over several rows."""

import re
from collections.abc import Iterator, Mapping, Sequence

from bptt.proofread.document._groups import (
    GROUP,
    NOTE,
    TEXT,
    Item,
    iterate_items,
    match_groups,
    read_environment,
)
from bptt.proofread.document._relations import OPERATORS, RELATIONS, ROW_ENDS, SPACING
from bptt.proofread.document._tokens import PROSE, Token, text_at

DISPLAYED = frozenset(
    ["align", "alignat", "displaymath", "dmath", "eqnarray", "equation", "flalign", "gather", "multline", "math"]
    + ["IEEEeqnarray", "dgroup", "darray"]
)  # environments that are displays of their own
ALIGNMENTS = DISPLAYED | {"aligned", "alignedat", "gathered", "multlined", "split", "subequations"}
GAPS = SPACING | {"&"}

_LENGTH_PATTERN = r"\[-?[0-9.]*(?:[a-z]{2}|\\[a-z]+)\]"
_LENGTH = re.compile(_LENGTH_PATTERN)
_GAP = rf"(?:\s|%[^\n]*|\\nonumber|\\notag|{'|'.join(map(re.escape, sorted(GAPS)))})*+"
_ROW_END = rf"(?:\\\\\*?(?:\s*{_LENGTH_PATTERN})?|\\cr|\\newline)"
_BROKEN = re.compile(rf"\\right\s*\.{_GAP}{_ROW_END}{_GAP}\\left\s*\.")
_POSITION = re.compile(r"\[[tcb]\]")
_WITH_COLUMNS = frozenset(["alignat", "alignedat", "IEEEeqnarray", "darray"])
_HARD = frozenset(["{", "\\begin"])

Row = list[Item]


def find_rows(tokens: Sequence[Token]) -> list[Row]:
    """Find the rows of a display, one for each equation, or line of a chain, that an author began."""
    found: list[Row] = []
    for row in _split_rows(tokens):
        start = next((place for place, item in enumerate(row) if item.text not in GAPS), len(row))
        if found and start < len(row) and _continues(found[-1], len(found) == 1, row, start):
            found[-1].extend(row[start:])  # in place: a row may be put together of thousands
        elif start < len(row):
            found.append(row)
    return found


def join_brackets(source: str) -> str:
    """Put blanks for the `\\right.` and `\\left.` of a bracket that is broken over two rows, and the row end."""
    return _BROKEN.sub(lambda broken: re.sub(r"[^\n]", " ", broken[0]), source)


def read_items(tokens: Sequence[Token]) -> Row:
    """Read tokens as one row."""
    return list(_make_items(tokens, match_groups(tokens), 0, len(tokens)))


def _split_rows(tokens: Sequence[Token]) -> Iterator[Row]:
    """Cut a display at the ends of its rows, which are left out; matrices and cases keep theirs."""
    pairs, start, place, row = match_groups(tokens), 0, 0, Row()
    while place < len(tokens):
        end = place
        if tokens[place].text in ROW_ENDS:
            end = _skip_row_end(tokens, place)
        elif (name := read_environment(tokens, pairs, place).rstrip("*")) in ALIGNMENTS:
            end = _skip_alignment(tokens, pairs, place, name)
        if end > place:
            row += _make_items(tokens, pairs, start, place)
            closes = tokens[place].text == "\\end"
            if tokens[place].text in ROW_ENDS or (closes and text_at(tokens, end) == "\\begin"):
                yield row
                row = Row()
            start = place = end
        else:
            place = pairs.get(place, place) + 1
    yield row + list(_make_items(tokens, pairs, start, len(tokens)))


def _make_items(tokens: Sequence[Token], pairs: Mapping[int, int], start: int, end: int) -> Iterator[Item]:
    """Make the items of a stretch of tokens that cuts no group."""
    before = ""
    joined = tuple[Token, ...]()
    for first, last in iterate_items(tokens, pairs, start, end):
        token, piece = tokens[first], tuple(tokens[first:last])
        if last == first + 1:
            script = before in ("^", "_") and token.text not in ("{", "}")
            follows = text_at(tokens, last) if last < end else ""
            if (token.text == ":" and follows == "=") or (token.text == "\\not" and follows):
                joined = piece  # of the relation that follows
                continue
            item = Item(GROUP if script else "".join(part.text for part in (*joined, token)), (*joined, *piece))
        elif token.text == NOTE:
            item = Item(NOTE, piece[2:-1])
        elif token.text in PROSE:
            item = Item(GROUP if before in ("^", "_") else TEXT, piece, piece[2].text if len(piece) > 3 else "")
        else:
            item = Item(GROUP, (*joined, *_flatten(tokens, pairs, first, last)))
        joined, before = (), token.text
        yield item


def _flatten(tokens: Sequence[Token], pairs: Mapping[int, int], start: int, end: int) -> Iterator[Token]:
    """Yield the tokens of a group without spacing; without ends of rows, too, where it is a bracket over some."""
    hard, place = pairs[start] if tokens[start].text in _HARD else -1, start
    while place < end:
        token = tokens[place]
        if place > hard and token.text in _HARD:
            hard = pairs.get(place, hard)
        if place > hard and token.text in ROW_ENDS:
            place = min(_skip_row_end(tokens, place), end)
        else:
            if token.text not in SPACING and not (token.text == "&" and place > hard):
                yield token
            place += 1


def _skip_alignment(tokens: Sequence[Token], pairs: Mapping[int, int], place: int, name: str) -> int:
    """Return where the `\\begin{…}` or `\\end{…}` of an alignment ends, with its position or columns."""
    end = pairs[place + 1] + 1
    if tokens[place].text == "\\begin":
        if name in _WITH_COLUMNS and text_at(tokens, end) == "{":
            end = pairs.get(end, end - 1) + 1
        elif _POSITION.fullmatch("".join(token.text for token in tokens[end : end + 3])):
            end += 3
    return end


def _skip_row_end(tokens: Sequence[Token], place: int) -> int:
    """Return where the next row starts, after the star and the length, as in `\\\\*[2pt]`, of what ends this one."""
    place += 1 + (text_at(tokens, place + 1) == "*")
    texts = [token.text for token in tokens[place : place + 8]]  # the longest is [-1.5\baselineskip]
    length = "".join(texts[: texts.index("]") + 1]) if "]" in texts else ""
    return place + texts.index("]") + 1 if _LENGTH.fullmatch(length) else place


def _continues(above: Row, alone: bool, row: Row, start: int) -> bool:
    """Whether a row that starts at a place goes on with the last of those above, which may be alone."""
    first = row[start].text
    if first in RELATIONS:
        # The row above is the left side if it fills a row by itself.
        is_whole = not any(item.text in RELATIONS or item.text == TEXT for item in above)
        return is_whole and (alone or above[0].text != "&")
    if _is_equation(row, start):
        return False
    last = next((item.text for item in reversed(above) if item.text not in GAPS), "")
    return first in OPERATORS or last in OPERATORS or last in RELATIONS


def _is_equation(row: Row, start: int) -> bool:
    """Whether a row has a left-hand side and a relation of its own."""
    sign = next((place for place, item in enumerate(row) if item.text in RELATIONS), -1)
    if sign < 0 or start == sign:
        return False
    marked = "&" in (row[sign - 1].text, row[sign + 1].text if sign + 1 < len(row) else "")
    # What starts with an operator goes on with the row above, unless it is aligned by its relation.
    return row[start].text not in OPERATORS or (marked and row[0].text != "&")
