"""Syntax trees of LaTeX, to be compared with what should come out."""

from collections.abc import Collection
from dataclasses import fields, replace
from fractions import Fraction
from typing import Any

from bptt.proofread.document import tokenize
from bptt.proofread.syntax import Node, Symbol, Unreadable, parse
from bptt.proofread.syntax.tree import Big, Bracket, Negative, Number, Product, Sum

a, b, c, d, f, i, j, k, n, p, t, x, y = map(Symbol, "abcdfijknptxy")
ONE, TWO = Number(Fraction(1)), Number(Fraction(2))
SUM = Big(r"\sum")


def tree(latex: str, words: Collection[str] = ()) -> Node:
    """The tree of a formula, without the places at which its parts stand."""
    found: Node = without_places(parse(tokenize(latex, 1, 1), words))
    return found


def without_places(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(map(without_places, value))
    if not isinstance(value, Node):
        return value
    known = {field.name: without_places(getattr(value, field.name)) for field in fields(value)}
    return replace(value, **known | {"place": None} if "place" in known else known)


def beside(*factors: Node) -> Product:
    """Factors side by side."""
    return Product(factors, ("",) * (len(factors) - 1))


def product(*parts: Node | str) -> Product:
    """Factors and the operators between them."""
    return Product(
        tuple(part for part in parts[::2] if not isinstance(part, str)), tuple(str(part) for part in parts[1::2])
    )


def around(*entries: Node, kind: str = "(", separators: tuple[str, ...] = ()) -> Bracket:
    """A bracket around formulas, behind commas unless other separators are given."""
    return Bracket(entries, separators or (",",) * (len(entries) - 1), kind)


def minus(left: Node, right: Node) -> Sum:
    return Sum((left, Negative(right)))


def refusal(latex: str) -> str:
    """Why a formula cannot be read, and where."""
    try:
        return f"{tree(latex)}"
    except Unreadable as error:
        return f"{error}{error.where}"
