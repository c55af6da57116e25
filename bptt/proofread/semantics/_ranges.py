"""What each index runs over, worked out from the tensors that it sits on."""

from collections.abc import Collection, Mapping

from bptt.proofread import _expressions as ex
from bptt.proofread._expressions import Expression, Index, Range
from bptt.proofread._traversal import AXIS, get_children, get_letter
from bptt.proofread.semantics._refusals import Misfit
from bptt.proofread.syntax import Unreadable


class Ranges:
    """The ranges of the indices of one equation, by what its sides say. Raises `Misfit` where they contradict.

    Indices that are known to run over the same share a root. `unknown` names the axes that are being worked out: an
    index that sits on one runs over the same as it.
    """

    def __init__(self, *sides: Expression, unknown: Collection[str] = ()) -> None:
        self._unknown = unknown
        self._roots: dict[str, str] = {}
        self._known: dict[str, Range] = {}
        for side in sides:
            self._infer(side)

    def _find_root(self, index: str) -> str:
        root = self._roots.setdefault(index, index)
        while root != self._roots[root]:
            root = self._roots[root]
        self._roots[index] = root
        return root

    def _place(self, index: Index, axis: Range) -> None:
        """Let an index sit on an axis. Raises `Misfit` if it is known to run over something else."""
        if isinstance(index, int):
            return
        if axis[0] in self._unknown:
            self.unify(axis[0], index)
            return
        known = self._known.setdefault(self._find_root(index), axis)
        if known != axis:
            raise Misfit(f"{_show(index)} runs over {' and '.join(known)} and over {' and '.join(axis)}")

    def unify(self, left: Index, right: Index) -> None:
        """Let two indices run over the same. Raises `Misfit`."""
        if isinstance(left, int) or isinstance(right, int):
            return
        a, b = self._find_root(left), self._find_root(right)
        known = self._known.get(b)
        self._roots[b] = a
        if known is not None and a != b:
            self._place(left, known)

    def _infer(self, node: Expression) -> None:
        """Take up all that an expression says."""
        for part in get_children(node):
            self._infer(part)
        match node:
            case ex.Total():
                self._find_root(node.index)
                if node.range is not None:
                    self._place(node.index, node.range)
            case ex.Entry():
                for index, axis in zip(node.indices, node.quantity.axes, strict=True):
                    self._place(index, axis)
            case ex.Delta():
                self.unify(node.left, node.right)
            case ex.MatrixProduct() | ex.OfMatrix():
                for index in (node.inner[1], *node.outer):
                    self.unify(node.inner[0], index)
            case ex.Concatenation():
                self._place(node.index, tuple(name for index, _ in node.parts for name in self.get(index)))

    def get(self, index: str) -> Range:
        """Return what an index runs over. Raises `Unreadable` for one that sits on nothing."""
        known = self._known.get(self._find_root(index))
        if known is None:
            raise Unreadable(f"nothing says what {_show(index)} runs over")
        return known

    def get_all(self) -> Mapping[str, Range]:
        """Return the range of every index that was met. Raises `Unreadable`."""
        return {index: self.get(index) for index in list(self._roots)}


def _show(index: str) -> str:
    letter = get_letter(index)
    return f"the index {letter}" if letter != AXIS else "an axis without a letter"
