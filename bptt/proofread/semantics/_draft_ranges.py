"""What the axes of symbols range over, by unification: each axis is a range of its own until an equation joins two."""

import re
from collections.abc import Mapping, Sequence

from bptt.proofread import _expressions as ex
from bptt.proofread._expressions import Claim, Expression, Quantity
from bptt.proofread._traversal import get_letter, walk
from bptt.proofread.semantics._vocabulary import Vocabulary

Node = tuple[str, ...]  # an axis of a quantity, an index of an equation, or the letter of a size


class Conflict(ValueError):  # noqa: N818
    """Two sizes that the document tells apart would be the same."""


class AxisRanges:
    """Which axes range over the same. The letter of a size represents all that range up to it."""

    def __init__(self) -> None:
        self._parents: dict[Node, Node] = {}
        self._parts: dict[Node, tuple[Node, ...]] = {}

    def find(self, node: Node) -> Node:
        """Return the representative of what is known to range over the same."""
        while (parent := self._parents.get(node, node)) != node:
            node = parent
        return node

    def get_parts(self, node: Node) -> tuple[Node, ...]:
        """Return the nodes whose ranges stand behind one another in that of a node; none for a plain one."""
        return self._parts.get(self.find(node), ())

    def join(self, one: Node, other: Node) -> None:
        """Let two nodes range over the same. Raises `Conflict` where that makes two sizes one."""
        # By the kind of node, of which "size" is the last in the alphabet.
        b, a = sorted((self.find(one), self.find(other)), key=lambda node: node[0])
        if a == b:
            return
        if b[0] == "size":
            raise Conflict(f"{a[1]} and {b[1]}")
        parts = self._parts.get(a, ()), self._parts.get(b, ())
        self._parents[b] = a
        if all(parts):
            if len(parts[0]) != len(parts[1]):
                raise Conflict("numbers of parts")
            for left, right in zip(*parts, strict=True):
                self.join(left, right)
        elif parts[1]:
            self._parts[a] = parts[1]

    def take(self, number: int, bounds: Mapping[str, str], *sides: Expression, free: Mapping[Node, str]) -> bool:
        """Take up what the sides of an equation say, all or nothing; return whether that does not conflict.

        Args:
            number: of the equation: its indices are its own
            bounds: the letter of the size to which each Σ runs, by the letter that it binds
            sides: index expressions of one equation
            free: the index that each of these axes has
        """
        kept = dict(self._parents), dict(self._parts)
        try:
            for axis, index in free.items():
                self.join(axis, ("index", str(number), index))
            for node in (node for side in sides for node in walk(side)):
                self._take_node(node, number, bounds)
        except Conflict:
            self._parents, self._parts = kept
            return False
        return True

    def _take_node(self, node: Expression, number: int, bounds: Mapping[str, str]) -> None:
        def place(index: ex.Index) -> Node | None:
            return None if isinstance(index, int) else ("index", str(number), index)

        pairs: list[tuple[Node | None, Node | None]] = []
        match node:
            case ex.Entry():
                pairs = list(zip(get_axes(node.quantity), map(place, node.indices), strict=True))
            case ex.Delta():
                pairs = [(place(node.left), place(node.right))]
            case ex.Total() if get_letter(node.index) in bounds:
                pairs = [(place(node.index), ("size", bounds[get_letter(node.index)]))]
            case ex.MatrixProduct():
                pairs = [(place(node.inner[0]), place(index)) for index in (node.inner[1], *node.outer)]
            case ex.OfMatrix():  # of a square matrix, then
                row, column = map(place, node.inner)
                pairs = [(row, column), *zip((column, row), map(place, node.outer), strict=False)]
            case ex.Concatenation() if isinstance(node.index, str):
                whole = ("concatenation", str(number), node.index)
                self._parts[whole] = tuple(("index", str(number), index) for index, _ in node.parts)
                pairs = [(whole, place(node.index))]
        for one, other in pairs:
            if one is not None and other is not None:
                self.join(one, other)


def get_axes(quantity: Quantity) -> list[Node]:
    """Return the nodes of the axes of a quantity."""
    name = re.sub(r"_\{\|[^}]*\}", "", quantity.name)  # x_{k|k-1} has the axes of x_k
    return [("axis", name, str(len(quantity.axes)), str(n)) for n in range(len(quantity.axes))]


def unify(
    vocabulary: Vocabulary,
    claims: Sequence[tuple[Sequence[Claim], Mapping[str, str]]],
    shapes: Mapping[Quantity, tuple[str, ...]],
    square: Sequence[Quantity],
) -> tuple[AxisRanges, int]:
    """Unify the axes of all quantities through the definitions and the claims of a document.

    Args:
        vocabulary: with what the document defines
        claims: ways to read each equation, and bounds of its Σ
        shapes: what the document says of the sizes of quantities
        square: of which it says that rows and columns range over the same

    Returns the ranges, and the number of the equations that would make two sizes one.
    """
    ranges, conflicts = AxisRanges(), 0
    for quantity, letters in shapes.items():
        for axis, letter in zip(get_axes(quantity), letters, strict=True):
            if letter:
                ranges.join(axis, ("size", letter))
    for quantity in square:
        if len(quantity.axes) == 2 and quantity not in shapes:
            ranges.join(*get_axes(quantity))
    for number, (ways, bounds) in enumerate(claims):
        taken = any(ranges.take(number, bounds, way.left, way.right, free={}) for way in ways)
        conflicts += bool(ways) and not taken
    definitions = [one for held in vocabulary.definitions.quantities.values() for one in held]
    for number, one in enumerate(definitions, len(claims)):
        ranges.take(number, {}, one.body, free=dict(zip(get_axes(one.quantity), one.indices, strict=True)))
    return ranges, conflicts
