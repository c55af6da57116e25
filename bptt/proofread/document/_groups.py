"""Close the brackets of a display once, and read it as a tree of groups, on which all else is found.

A group is `{…}`, an environment, `\\left … \\right` or a pair of brackets, where `)` may close `[`, as in an interval.
A bracket closes only what stands in the same braces; a brace or the end of an environment closes what was left open
within it. What has no partner is a token like any other.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from bptt.proofread.document._relations import RELATIONS
from bptt.proofread.document._tokens import PROSE, Token, is_prose, text_at

GROUP, TEXT = "{}", "text"
NOTE = "\\stacked note"  # no author can write this command: it holds what stood over or under a relation

_OPENING = frozenset(["(", "[", "\\{", "\\lbrace", "\\lbrack", "\\lfloor", "\\lceil", "\\langle"])
_CLOSING = frozenset([")", "]", "\\}", "\\rbrace", "\\rbrack", "\\rfloor", "\\rceil", "\\rangle"])
_LONGEST_NAME = 18  # tokens of an environment's name that are looked at: `subequations` has 12


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


@dataclass
class _Frame:
    """Braces or an environment that are open, and the brackets that are open in them."""

    kind: str
    place: int
    inner: list[tuple[str, int]] = field(default_factory=list)
    lefts: int = 0


def match_groups(tokens: Sequence[Token]) -> dict[int, int]:
    """Map the place of the first token of each group to that of its last, in one pass."""
    pairs, frames, names = dict[int, int](), [_Frame("", -1)], dict[str, int]()
    for place, token in enumerate(tokens):
        text, sized = token.text, text_at(tokens, place - 1) in ("\\left", "\\right", "\\middle")
        if is_prose(tokens, place):
            continue
        if text in ("\\begin", "\\end"):
            name = read_environment(tokens, place)
            if name and text == "\\begin":
                frames.append(_Frame(name, place))
                names[name] = names.get(name, 0) + 1
            elif names.get(name):
                while frames[-1].kind != name:  # what was left open within it
                    _forget(frames.pop(), names)
                _forget(frames[-1], names)
                pairs[frames.pop().place] = skip_name(tokens, place) - 1
        elif text == "{":
            frames.append(_Frame("{", place))
        elif text == "}" and frames[-1].kind == "{":
            pairs[frames.pop().place] = place
        elif not sized:
            _match_bracket(tokens, frames[-1], place, pairs)
    return pairs


def _forget(frame: _Frame, names: dict[str, int]) -> None:
    if frame.kind != "{":
        names[frame.kind] -= 1


def _match_bracket(tokens: Sequence[Token], frame: _Frame, place: int, pairs: dict[int, int]) -> None:
    """Open or close a bracket or `\\left … \\right` within the innermost braces."""
    text = tokens[place].text
    if text == "\\left" or text in _OPENING:
        frame.inner.append((text, place))
        frame.lefts += text == "\\left"
    elif text == "\\right" and frame.lefts:
        while frame.inner[-1][0] != "\\left":
            frame.inner.pop()
        frame.lefts -= 1
        pairs[frame.inner.pop()[1]] = min(place + 1, len(tokens) - 1)
    elif text in _CLOSING and frame.inner and frame.inner[-1][0] != "\\left":
        pairs[frame.inner.pop()[1]] = place


def read_environment(tokens: Sequence[Token], place: int) -> str:
    """Return the name in the `\\begin{…}` or `\\end{…}` at a place, "" if there is none."""
    if text_at(tokens, place) not in ("\\begin", "\\end"):
        return ""
    end = skip_name(tokens, place)
    return "".join(token.text for token in tokens[place + 2 : end - 1]) if end > place + 1 else ""


def skip_name(tokens: Sequence[Token], place: int) -> int:
    """Return where the `\\begin{…}` or `\\end{…}` at a place ends; after the command if no name stands there."""
    if text_at(tokens, place + 1) == "{":
        for end in range(place + 2, min(place + 3 + _LONGEST_NAME, len(tokens))):
            if tokens[end].text == "}":
                return end + 1
    return place + 1


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
        if end == start + 1 and text in RELATIONS and before not in ("^", "_"):
            joined = before == "\\not" or (before == ":" and text == "=")
            found.append(RelationSign(start - joined, end, before * joined + text))
    return found
