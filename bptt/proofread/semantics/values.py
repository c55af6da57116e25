"""Vectors and matrices without letters for their axes, and the products of them.

A vector is a list of numbers; whether it stands as a row or as a column matters only where two of them meet.
"""

from typing import NamedTuple

from bptt.proofread.expressions import Expression, Quantity, Total, plus, renamed, times
from bptt.proofread.semantics.ranges import Misfit
from bptt.proofread.semantics.readings import Reading
from bptt.proofread.syntax import Place, Unreadable

SILENT = "every step"  # the letter of a step that an equation leaves away
AXIS = "·"  # the name of an axis without a letter, before its number


class Value(NamedTuple):
    """What a formula stands for: `body` for each choice of the indices `axes`, and of the letters that it has.

    `turned` says that a vector has been transposed: it stands as a row where vectors are columns, and the reverse.
    `of` and `by` are the quantities of a derivative, numerator and denominator, by which the chain rule is known.
    """

    axes: tuple[str, ...]
    body: Expression
    turned: bool = False
    of: Quantity | None = None
    by: Quantity | None = None


class Products:
    """How vectors are multiplied: with the reading taken, and rows or columns as the glossary says."""

    def __init__(self, reading: Reading, vectors: str) -> None:
        self.reading = reading
        self.vectors = vectors

    def product(self, left: Value, operator: str, right: Value, place: Place | None) -> Value:
        """The product of two values. Raises `Misfit` where their orders do not allow it."""
        if not left.axes or not right.axes:
            turned = left.turned or right.turned
            return Value(left.axes + right.axes, times(left.body, right.body), turned)
        if operator == r"\otimes":
            return outer(left, right)
        if operator == r"\odot":
            return elementwise(left, right)
        shared = self._chain(left, right)
        if shared:
            return contracted(left, right, shared)
        if len(left.axes) == len(right.axes) == 1:
            return self._of_vectors(left, operator, right, place)
        return contracted(left, right, 1)

    def sum(self, values: list[Value]) -> Value:
        """The sum; a number is added to every entry, a vector to every vector of a batch. Raises `Misfit`."""
        first = max(values, key=lambda value: len(value.axes))
        return Value(first.axes, plus(*(self._term(value, first) for value in values)), first.turned)

    def _term(self, value: Value, first: Value) -> Expression:
        if len(value.axes) in (0, len(first.axes)):
            return aligned(value, first.axes[: len(value.axes)])
        if (len(value.axes), len(first.axes)) == (1, 2):
            rows = self.vectors == "rows"
            self.reading.remark(f"a vector is added to every {'row' if rows else 'column'} of a matrix")
            return aligned(value, first.axes[1:] if rows else first.axes[:1])
        raise Misfit(f"an order of {len(value.axes)} is added to one of {len(first.axes)}")

    def _chain(self, left: Value, right: Value) -> int:
        """How many axes the chain rule sums over: those of the quantity that one is by and the other of."""
        if left.by is not None and left.by == right.of:
            return len(left.by.axes)
        if left.of is not None and left.of == right.by:
            return len(left.of.axes)
        return 0

    def _of_vectors(self, left: Value, operator: str, right: Value, place: Place | None) -> Value:
        if left.turned != right.turned:
            return contracted(left, right, 1) if left.turned == (self.vectors == "columns") else outer(left, right)
        if operator == r"\cdot":
            return contracted(left, right, 1)
        where = f" in column {place.column}" if place else ""
        self.reading.remark(f"two vectors side by side{where} are multiplied entry by entry")
        return elementwise(left, right)


def outer(left: Value, right: Value) -> Value:
    """Every entry of the one times every entry of the other: the axes of both."""
    return Value(left.axes + right.axes, times(left.body, right.body))


def elementwise(left: Value, right: Value) -> Value:
    """Raises `Misfit` for values of different orders."""
    if len(left.axes) != len(right.axes):
        raise Misfit(f"an order of {len(left.axes)} and one of {len(right.axes)} are multiplied entry by entry")
    return Value(left.axes, times(left.body, aligned(right, left.axes)), left.turned and right.turned)


def contracted(left: Value, right: Value, count: int) -> Value:
    """Summed over the last axes of the one and the first of the other."""
    if count > min(len(left.axes), len(right.axes)):
        raise Misfit(f"orders of {len(left.axes)} and {len(right.axes)} cannot share {count} axes")
    kept, summed = left.axes[: len(left.axes) - count], left.axes[len(left.axes) - count :]
    body = times(left.body, aligned(right, summed + right.axes[count:]))
    for index in summed:
        body = Total(index, body)
    turned = left.turned if len(left.axes) == 1 else right.turned
    return Value(kept + right.axes[count:], body, turned and len(kept + right.axes[count:]) == 1, left.of, right.by)


def aligned(value: Value, axes: tuple[str, ...]) -> Expression:
    """The body with other names for its axes."""
    return renamed(value.body, dict(zip(value.axes, axes, strict=True)))


def transposed(value: Value, place: Place | None) -> Value:
    """Raises `Unreadable` for what has more than two axes."""
    if len(value.axes) > 2:
        raise Unreadable(f"the transpose of an order of {len(value.axes)}", place)
    return value._replace(axes=value.axes[::-1], turned=len(value.axes) == 1 and not value.turned, of=None, by=None)
