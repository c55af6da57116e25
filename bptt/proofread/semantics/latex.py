"""LaTeX that stands in a glossary: one formula, or one equation."""

import functools

from bptt.proofread.document import Token, tokenize
from bptt.proofread.syntax import Node, Unreadable, parse


@functools.lru_cache(1_000)
def formula(latex: str) -> Node:
    """The syntax tree of a formula. Raises `Unreadable`."""
    return parse(tokenize(latex, 1, 1))


@functools.lru_cache(1_000)
def equation(latex: str) -> tuple[Node, Node]:
    """The two sides of an equation. Raises `Unreadable`."""
    found = tokenize(latex, 1, 1)
    signs = [n for n, token in enumerate(found) if token.text == "=" and _depth(found[:n]) == 0]
    if len(signs) != 1:
        raise Unreadable(f"{latex} is no equation with one = sign")
    return parse(found[: signs[0]]), parse(found[signs[0] + 1 :])


def _depth(before: list[Token]) -> int:
    return sum((token.text in "{([") - (token.text in "})]") for token in before)
