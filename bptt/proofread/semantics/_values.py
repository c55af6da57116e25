"""Vectors and matrices without letters for their axes, and what is done with them.

A vector is a list of numbers; whether it stands as a row or as a column matters only where two of them meet.
"""

from fractions import Fraction
from functools import reduce
from typing import NamedTuple

from bptt.proofread import _expressions as ex
from bptt.proofread._expressions import Expression, Quantity
from bptt.proofread._traversal import rename
from bptt.proofread.semantics._interpretation import Interpretation
from bptt.proofread.semantics._refusals import Misfit
from bptt.proofread.syntax import Place, Unreadable

LARGEST_POWER = 8  # a power multiplies the sizes that suffice, and derivatives of it have as many factors


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


class VectorAlgebra(NamedTuple):
    """How vectors, which are rows or columns, are multiplied and added under one interpretation."""

    interpretation: Interpretation
    rows: bool

    def multiply(self, left: Value, operator: str, right: Value, place: Place | None) -> Value:
        """Multiply two values. Raises `Misfit` where their orders do not allow it."""
        if not left.axes or not right.axes or operator == r"\otimes":
            return _multiply_outer(left, right)
        if operator == r"\odot":
            return multiply_entries(left, right)
        chained = _count_chained(left, right)
        if chained or not len(left.axes) == len(right.axes) == 1:
            return _contract(left, right, chained or 1)
        if left.turned != right.turned:
            return _multiply_outer(left, right) if left.turned == self.rows else _contract(left, right, 1)
        if operator == r"\cdot":
            return _contract(left, right, 1)
        self.interpretation.remark("entry by entry", place=place)
        return multiply_entries(left, right)

    def add(self, values: list[Value]) -> Value:
        """Add values: a number to every entry, a vector to every vector of a batch. Raises `Misfit`."""
        first = max(values, key=lambda value: len(value.axes))  # the others are added to each part of it
        return Value(first.axes, ex.add(*(self._align_term(value, first) for value in values)), first.turned)

    def _align_term(self, value: Value, first: Value) -> Expression:
        if len(value.axes) in (0, len(first.axes)):
            return align(value, first.axes[: len(value.axes)])
        if (len(value.axes), len(first.axes)) == (1, 2):
            self.interpretation.remark("added to rows" if self.rows else "added to columns")
            return align(value, first.axes[1:] if self.rows else first.axes[:1])
        raise Misfit(f"an order of {len(value.axes)} is added to one of {len(first.axes)}")


def align(value: Value, axes: tuple[str, ...]) -> Expression:
    """Give the axes of a value other names, and return its body."""
    return rename(value.body, dict(zip(value.axes, axes, strict=True)))


def _count_chained(left: Value, right: Value) -> int:
    """Count the axes that the chain rule sums over: those of the quantity that one is by and the other of."""
    if left.by is not None and left.by == right.of:
        return len(left.by.axes)
    return len(left.of.axes) if left.of is not None and left.of == right.by else 0


def _multiply_outer(left: Value, right: Value) -> Value:
    """Multiply every entry of the one by every entry of the other: the axes of both."""
    axes = left.axes + right.axes
    return Value(axes, ex.multiply(left.body, right.body), len(axes) == 1 and (left.turned or right.turned))


def multiply_entries(left: Value, right: Value) -> Value:
    """Multiply entry by entry. Raises `Misfit` for values of different orders."""
    if len(left.axes) != len(right.axes):
        raise Misfit(f"an order of {len(left.axes)} and one of {len(right.axes)} are multiplied entry by entry")
    return Value(left.axes, ex.multiply(left.body, align(right, left.axes)), left.turned and right.turned)


def _contract(left: Value, right: Value, count: int) -> Value:
    """Sum over the last axes of the one and the first of the other. Raises `Misfit` where there are not so many."""
    if count > min(len(left.axes), len(right.axes)):
        raise Misfit(f"orders of {len(left.axes)} and {len(right.axes)} cannot share {count} axes")
    kept, summed = left.axes[: len(left.axes) - count], left.axes[len(left.axes) - count :]
    axes = kept + right.axes[count:]
    body = sum_over(summed, ex.multiply(left.body, align(right, summed + right.axes[count:])))
    turned = left.turned if len(left.axes) == 1 else right.turned
    return Value(axes, body, turned and len(axes) == 1, left.of, right.by)


def sum_over(axes: tuple[str, ...], body: Expression) -> Expression:
    """Sum a body over all of these axes."""
    return reduce(lambda body, axis: ex.Total(axis, body), axes, body)


def transpose(value: Value, place: Place | None) -> Value:
    """Transpose a vector or a matrix; a number stays. Raises `Unreadable` for what has more than two axes."""
    if not value.axes:
        return value
    if len(value.axes) > 2:
        raise Unreadable(f"the transpose of an order of {len(value.axes)}", place)
    # The transpose of a Jacobian is no factor of a chain any more: it does not know what it is by.
    return value._replace(axes=value.axes[::-1], turned=len(value.axes) == 1 and not value.turned, of=None, by=None)


def raise_to_power(value: Value, power: Fraction, place: Place | None) -> Value:
    """Raise a number, or every entry of a vector. Raises `Unreadable` for a matrix, and beyond `LARGEST_POWER`."""
    if abs(power) > LARGEST_POWER:
        raise Unreadable(f"a power beyond {LARGEST_POWER}", place)
    if len(value.axes) > 1:
        raise Unreadable("a power of a matrix", place)
    return Value(value.axes, ex.Power(value.body, power), value.turned)


def concatenate(values: list[Value], axis: str, place: Place | None) -> Value:
    """Put vectors behind one another: [u, v]. Raises `Unreadable` for other values."""
    if any(len(value.axes) != 1 for value in values):
        raise Unreadable("only vectors are put behind one another", place)
    return Value((axis,), ex.Concatenation(axis, tuple((value.axes[0], value.body) for value in values)))


def apply_softmax(vector: Value, axis: str) -> Value:
    """Divide the exponential of each entry by the sum of all; `axis` is a name for the index of that sum."""
    over = ex.Function("exp", 0, vector.body)
    under = ex.Total(axis, ex.Function("exp", 0, align(vector, (axis,))))
    return Value(vector.axes, ex.multiply(over, ex.Power(under, Fraction(-1))))


def make_diagonal(vector: Value, axis: str) -> Value:
    """Build the diagonal matrix of a vector; `axis` is a name for its columns."""
    (row,) = vector.axes
    return Value((row, axis), ex.multiply(ex.Delta(row, axis), vector.body))
