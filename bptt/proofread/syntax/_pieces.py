"""The pieces that a term is put together from: formulas, and marks that depend on what stands beside them."""

from typing import Any, NamedTuple

from bptt.proofread.syntax.tree import Bracket, Node, Place, Product, Scripted, Symbol


class Mark(NamedTuple):
    """A piece that is no factor of its own: what it means depends on what stands beside it."""

    kind: str  # OPERATOR, FUNCTION, DIFFERENTIAL, NABLA, BIG, EVALUATED, FRACTION
    text: str
    place: Place
    below: tuple[Node, ...] = ()
    above: tuple[Node, ...] = ()
    primes: int = 0
    parts: tuple[Node, ...] = ()  # over and under the line of a fraction, or between \\left. and the bar


Piece = Any  # a Node or a Mark


def is_mark(piece: Piece, kind: str) -> bool:
    """Whether a piece is a mark of a kind."""
    return isinstance(piece, Mark) and piece.kind == kind


def is_bracket(piece: Piece) -> bool:
    """Whether a piece is a bracket that may hold arguments, with scripts or without."""
    inner = piece.base if isinstance(piece, Scripted) else piece
    return isinstance(inner, Bracket) and inner.kind in ("(", "[", r"\{")


def is_letter_d(piece: Piece) -> bool:
    """Whether a piece can be the d of dL/dU."""
    plain = isinstance(piece, Symbol) and not (piece.below or piece.primes)
    return plain and piece.name in ("d", r"\mathrm{d}", r"\rm{d}", r"\operatorname{d}")


def strip_braces(node: Node) -> Node:
    """Return what stands in braces that only group."""
    if isinstance(node, Bracket) and node.kind == "{" and len(node.entries) == 1:
        return node.entries[0]
    return node


def split_product(node: Node) -> list[Node]:
    """Return the factors of a product that are written without anything between them."""
    found: list[Node] = []
    while isinstance(node, Product) and node.operator == "":
        found.append(node.right)
        node = node.left
    return [node, *reversed(found)]
