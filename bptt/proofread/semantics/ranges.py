"""What each index runs over, worked out from the tensors that it sits on."""

from collections.abc import Mapping

from bptt.proofread.expressions import (
    Concatenation,
    Delta,
    Entry,
    Expression,
    Index,
    MatrixProduct,
    Range,
    Total,
    parts,
)
from bptt.proofread.syntax import Unreadable

UNKNOWN = "?"  # before the number of an axis of a quantity whose axes are being worked out


class Misfit(ValueError):  # noqa: N818  (it is a finding on the document, not a failure of the program)
    """An equation has no meaning unless two sizes happen to be the same. Says which."""


class Ranges:
    """The ranges of the indices of one equation: those known to be the same share a root."""

    def __init__(self) -> None:
        self._roots: dict[str, str] = {}
        self._known: dict[str, Range] = {}

    def _root(self, index: str) -> str:
        root = self._roots.setdefault(index, index)
        while root != self._roots[root]:
            root = self._roots[root]
        self._roots[index] = root
        return root

    def sits_on(self, index: Index, range: Range) -> None:  # noqa: A002  (the field's word)
        """Raises `Misfit` if the index is known to run over something else."""
        if isinstance(index, int):
            return
        if range[0].startswith(UNKNOWN):
            self.same(range[0], index)
            return
        known = self._known.setdefault(self._root(index), range)
        if known != range:
            raise Misfit(f"{_shown(index)} runs over {' and '.join(known)} and over {' and '.join(range)}")

    def same(self, left: Index, right: Index) -> None:
        """Two indices run over the same. Raises `Misfit`."""
        if isinstance(left, int) or isinstance(right, int):
            return
        a, b = self._root(left), self._root(right)
        known = self._known.get(b)
        self._roots[b] = a
        if known is not None and a != b:
            self.sits_on(left, known)

    def infer(self, node: Expression) -> None:
        """Take up all that an expression says."""
        for part in parts(node):
            self.infer(part)
        if isinstance(node, Total):
            self._root(node.index)
            if node.range is not None:
                self.sits_on(node.index, node.range)
        elif isinstance(node, Entry):
            for index, axis in zip(node.indices, node.quantity.axes, strict=True):
                self.sits_on(index, axis)
        elif isinstance(node, Delta):
            self.same(node.left, node.right)
        elif isinstance(node, MatrixProduct):
            for index in (node.inner[1], *node.outer):
                self.same(node.inner[0], index)
        elif isinstance(node, Concatenation):
            self.sits_on(node.index, tuple(name for index, _ in node.parts for name in self.of(index)))

    def of(self, index: str) -> Range:
        """Raises `Unreadable` for an index that sits on nothing."""
        known = self._known.get(self._root(index))
        if known is None:
            raise Unreadable(f"nothing says what {_shown(index)} runs over")
        return known

    def all(self) -> Mapping[str, Range]:
        """The range of every index that was met."""
        return {index: self.of(index) for index in list(self._roots)}


def _shown(index: str) -> str:
    name = index.split("#")[0]
    return f"the index {name}" if name != "·" else "an axis without a letter"
