"""Syntax trees of LaTeX, to be compared with what should come out."""

from dataclasses import fields, replace
from typing import Any

from bptt.proofread.document import tokenize
from bptt.proofread.syntax import Node, Symbol, Unreadable, parse

a, b, c, d, f, i, t, x = map(Symbol, "abcdfitx")


def tree(latex: str) -> Node:
    """The tree of a formula, without the places at which its parts stand."""
    found: Node = without_places(parse(tokenize(latex, 1, 1)))
    return found


def without_places(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(map(without_places, value))
    if not isinstance(value, Node):
        return value
    known = {field.name: without_places(getattr(value, field.name)) for field in fields(value)}
    return replace(value, **known | {"place": None} if "place" in known else known)


def refusal(latex: str) -> str:
    """Why a formula cannot be read, and where."""
    try:
        return f"{tree(latex)}"
    except Unreadable as error:
        return f"{error}{error.where}"
