"""LaTeX that stands in a glossary: one formula, or one equation."""

import functools

from bptt.proofread.document.tokens import Token, tokens
from bptt.proofread.syntax import parsed
from bptt.proofread.syntax.syntax import Node, Unreadable


@functools.lru_cache(1_000)
def formula(latex: str) -> Node:
    """The syntax tree of a formula. Raises `Unreadable`."""
    return parsed(tokens(latex, 1, 1))


@functools.lru_cache(1_000)
def equation(latex: str) -> tuple[Node, Node]:
    """The two sides of an equation. Raises `Unreadable`."""
    found = tokens(latex, 1, 1)
    signs = [n for n, token in enumerate(found) if token.text == "=" and _depth(found[:n]) == 0]
    if len(signs) != 1:
        raise Unreadable(f"{latex} is no equation with one = sign")
    return parsed(found[: signs[0]]), parsed(found[signs[0] + 1 :])


def _depth(before: list[Token]) -> int:
    return sum((token.text in "{([") - (token.text in "})]") for token in before)
