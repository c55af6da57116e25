"""Close the brackets of a display once, and read it as a tree of groups, on which all else is found.

A group is `{…}`, an environment, `\\left … \\right` or a pair of brackets, where `)` may close `[`, as in an interval.
A bracket closes only what stands in the same braces; a brace or the end of an environment closes what was left open
within it. What has no partner is a token like any other.
"""

from collections.abc import Container, Iterator, Mapping, Sequence
from typing import NamedTuple

from bptt.proofread.document._relations import RELATIONS
from bptt.proofread.document._tokens import PROSE, Token, is_prose, text_at

GROUP, TEXT = "{}", "text"
NOTE = "\\stacked note"  # no author can write this command: it holds what stood over or under a relation

# How firmly each holds: what closes one of them leaves open for good what was opened within it and holds less firmly.
_OPENING = dict.fromkeys(["(", "[", "\\{", "\\lbrace", "\\lbrack", "\\lfloor", "\\lceil", "\\langle"], 0)
_CLOSING = dict.fromkeys([")", "]", "\\}", "\\rbrace", "\\rbrack", "\\rfloor", "\\rceil", "\\rangle"], 0)
_OPENING |= {"\\left": 1, "{": 2}
_CLOSING |= {"\\right": 1, "}": 2}
_ENVIRONMENT = 3


class Item(NamedTuple):
    """A token, a group with all that is in it, or prose: the smallest piece of a formula that is never cut.

    `text` is how a token, or a relation of two, is written; it is `GROUP` for a group and what is a script, `TEXT`
    for prose, which has `words`, and `NOTE` for what stood over a relation.
    """

    text: str
    tokens: tuple[Token, ...]
    words: str = ""


class RelationSign(NamedTuple):
    """A relation outside all brackets: the places of its first token and after its last, and how it is written."""

    start: int
    end: int
    text: str


def match_groups(tokens: Sequence[Token]) -> dict[int, int]:
    """Map the place of the first token of each group to that of its last, in one pass."""
    pairs = dict[int, int]()
    opened = [list[int]() for _ in range(_ENVIRONMENT + 1)]  # the places of what is open, by how firmly it holds
    names = list[str]()  # of the environments among it

    def close(firmness: int, last: int) -> int:
        """Close the innermost that holds so firmly, unless what holds firmer is open within it; return its place."""
        place = opened[firmness][-1] if opened[firmness] else -1
        if place < 0 or any(outer[-1:] > [place] for outer in opened[firmness + 1 :]):
            return 0
        for inner in opened[:firmness]:
            while inner[-1:] > [place]:
                inner.pop()
        pairs[opened[firmness].pop()] = last
        return place

    for place, token in enumerate(tokens):
        sized = text_at(tokens, place - 1) in ("\\left", "\\right", "\\middle")
        if is_prose(tokens, place) or (sized and token.text not in ("{", "}")):
            continue
        if token.text in _OPENING:
            opened[_OPENING[token.text]].append(place)
        elif token.text in _CLOSING:
            first = close(_CLOSING[token.text], min(place + (token.text == "\\right"), len(tokens) - 1))
            name = read_environment(tokens, pairs, first - 1) if token.text == "}" else ""
            if name and tokens[first - 1].text == "\\begin":
                names.append(name)
                opened[_ENVIRONMENT].append(first - 1)
            elif name in names:
                while names.pop() != name:
                    opened[_ENVIRONMENT].pop()
                close(_ENVIRONMENT, place)
    return pairs


def read_environment(tokens: Sequence[Token], pairs: Mapping[int, int], place: int) -> str:
    """Return the name in the `\\begin{…}` or `\\end{…}` at a place, "" if there is none."""
    if text_at(tokens, place) not in ("\\begin", "\\end"):
        return ""
    return "".join(token.text for token in tokens[place + 2 : pairs.get(place + 1, place)])


def skip_argument(tokens: Sequence[Token], pairs: Mapping[int, int], place: int) -> int:
    """Return where the argument that starts at a place ends: after its closing brace, or after its only token."""
    text = text_at(tokens, place)
    if text in ("", "}", "&", "\\\\"):
        return place
    return pairs.get(place, place) + 1 if text == "{" else place + 1


def iterate_items(
    tokens: Sequence[Token], pairs: Mapping[int, int], start: int = 0, end: int | None = None
) -> Iterator[tuple[int, int]]:
    """Yield where each piece of a stretch of tokens starts and ends: groups and prose whole, else one token."""
    place, end = start, len(tokens) if end is None else end
    while place < end:
        stop = pairs.get(place, place) + 1
        if tokens[place].text in PROSE or tokens[place].text == NOTE:
            stop = pairs.get(place + 1, place) + 1 if text_at(tokens, place + 1) == "{" else stop
        stop = min(stop, end)
        yield place, stop
        place = stop


def find_relations(tokens: Sequence[Token]) -> list[RelationSign]:
    """Find the relations outside all brackets; those that are scripts themselves are none."""
    found = []
    for start, end in iterate_items(tokens, match_groups(tokens)):
        text, before = tokens[start].text, text_at(tokens, start - 1)
        if text in RELATIONS and before not in ("^", "_"):
            joined = before == "\\not" or (before == ":" and text == "=")
            found.append(RelationSign(start - joined, end, before * joined + text))
    return found


def cut_equation(
    tokens: tuple[Token, ...], relations: Container[str] | None = None
) -> tuple[tuple[Token, ...], str, tuple[Token, ...]]:
    """Cut tokens at their relation, or at that of `relations`; without a relation unless there is just one."""
    signs = [sign for sign in find_relations(tokens) if relations is None or sign.text in relations]
    if len(signs) != 1:
        return tokens, "", ()
    return tokens[: signs[0].start], signs[0].text, tokens[signs[0].end :]
