"""Sums of outer products of balls that bound floats, computed when somebody looks.

A gradient by a weight is Σ_t δ[t] ⊗ h[t], and a loop over time adds one of these after the other to a buffer that
nobody reads before the end. Then all of them are one product of matrices, [δ[1] … δ[T]] [h[1] … h[T]]ᵀ. Until somebody
looks, an entry only knows which sum it is of; the floats that stand in the entries are added as NumPy adds them.
"""

from collections.abc import Sequence
from itertools import chain, repeat
from typing import Any

from bptt.balls._array import BallArray
from bptt.balls._float_types import Kind
from bptt.balls._matrix import Matrix, bound_product
from bptt.balls._operand import ONLY, Operand, are_finite, put_in_array
from bptt.balls._rounded import Rounded


class OuterSum(Operand):
    """Σ_t left[t] ⊗ right[t], and what it was added to."""

    __slots__ = ("_left", "_right", "_start")

    def __init__(
        self, start: Operand | None, left: Sequence[Operand], right: Sequence[Operand], floats: Any, kind: Kind | None
    ) -> None:
        super().__init__(None, ONLY[Rounded], floats, rounded_as=kind)
        self._start = start
        self._left = left
        self._right = right

    @property
    def elements(self) -> list[Any]:
        """The balls, computed now if nobody has asked before."""
        if self._elements is None:
            (n, m), terms = self.floats.shape, len(self._left)
            columns = list(chain.from_iterable(zip(*(x.elements for x in self._left), strict=True)))
            rows = list(chain.from_iterable(x.elements for x in self._right))
            a = Matrix(columns, (n, terms), self.types, self.rounded_as)
            b = Matrix(rows, (terms, m), self.types, self.rounded_as)
            made = bound_product(a, b, a.values * b.values, self.floats.reshape(-1)) or []
            if self._start is not None:
                made = [x.add_term(y, y.as_float) for x, y in zip(self._start.elements, made, strict=True)]
            self._elements = made
        return self._elements

    def is_open(self) -> bool:
        """Whether nobody has asked for the balls so far."""
        return self._elements is None

    def add(self, other: Operand, floats: Any) -> "OuterSum | None":
        """Return the sum with another operand of this shape; `None` if each of the two was added to something."""
        start: Operand | None = other
        left, right = self._left, self._right
        if isinstance(other, OuterSum) and other.is_open():
            start, left, right = other._start, [*left, *other._left], [*right, *other._right]
        if self._start is not None and start is not None:
            return None
        return OuterSum(self._start or start, left, right, floats, self.rounded_as)


class _Entry(Rounded):
    """An entry of a sum of outer products, which is computed when it is asked for anything."""

    __slots__ = ("_of", "_place")

    def __init__(self, of: OuterSum, place: int) -> None:
        self._of = of
        self._place = place

    def settle(self) -> Rounded:
        """Return the entry itself, computed now."""
        ball: Rounded = self._of.elements[self._place]
        return ball


def _delegate(name: str) -> property:
    return property(
        lambda self: getattr(self.settle(), name),
        lambda self, value: setattr(self.settle(), name, value),
    )


for _name in ("as_float", "exact", "kind", "_mass", "_sum", "_terms", "_value"):
    setattr(_Entry, _name, _delegate(_name))


def multiply_later(left: Operand | None, right: Operand | None) -> BallArray | None:
    """Return the outer product of two vectors that bound floats of one type; `None` for any others."""
    if left is None or right is None or (kind := left.rounded_as) is None or right.rounded_as is not kind:
        return None
    if not (_is_known(left) and _is_known(right)):
        return None
    floats = left.floats.reshape(-1, 1) * right.floats.reshape(-1)
    return _put_entries(OuterSum(None, [left], [right], floats, kind)) if are_finite(floats) else None


def _is_known(vector: Operand) -> bool:
    """Whether its enclosures are finite, and what the formula says is known."""
    return all(x.exact is not None and x.exact.is_finite() and x.value.is_finite() for x in vector.elements)


def add_later(a: Operand, b: Operand, floats: Any) -> BallArray | None:
    """Return the sum of two operands of one float type, one of them a sum that is open; `None` for any others."""
    total, other = (a, b) if isinstance(a, OuterSum) and a.is_open() else (b, a)
    if not (isinstance(total, OuterSum) and total.is_open() and other.is_array):
        return None
    if total.floats.shape != other.floats.shape or not are_finite(floats):
        return None
    made = total.add(other, floats)
    return None if made is None else _put_entries(made)


def _put_entries(made: OuterSum) -> BallArray:
    return put_in_array(made, list(map(_Entry, repeat(made), range(made.floats.size))))
