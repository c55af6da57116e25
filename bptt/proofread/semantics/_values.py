"""Numbers, vectors and matrices without letters for their axes, and what is done with them.

A vector stands as a row or as a column, and where the two meet it matters: W x^⊤ has no meaning for a column x. The
derivative of a number by a vector may be either.
"""

from fractions import Fraction
from functools import reduce
from itertools import islice
from typing import NamedTuple

from bptt.proofread import _expressions as ex
from bptt.proofread._expressions import Expression, Quantity
from bptt.proofread._traversal import rename, walk
from bptt.proofread.semantics._interpretation import Choice, Interpretation
from bptt.proofread.semantics._refusals import Misfit
from bptt.proofread.semantics._symbols import Stand
from bptt.proofread.syntax import Place, Unreadable

SMALL = 30  # parts of an expression that is soon named anew
LARGEST_POWER = 30
_OPPOSITE: dict[Stand, Stand] = {"row": "column", "column": "row", "either": "either"}


class Value(NamedTuple):
    """What a formula stands for: `body` for each choice of the indices `axes`, and of the letters that it has.

    `stand` says how a vector stands. `of` and `by` are the quantities of a derivative, numerator and denominator, by
    which the chain rule is known.
    """

    axes: tuple[str, ...]
    body: Expression
    stand: Stand = "either"
    of: Quantity | None = None
    by: Quantity | None = None

    @property
    def order(self) -> int:
        """The number of axes."""
        return len(self.axes)


def unify_stands(*stands: Stand) -> Stand:
    """Return how vectors stand that are added or compared. Raises `Misfit` for a row and a column."""
    known = {stand for stand in stands if stand != "either"}
    if len(known) > 1:
        raise Misfit("a row meets a column")
    return known.pop() if known else "either"


class VectorAlgebra(NamedTuple):
    """How vectors and matrices are multiplied and added under one interpretation; `default` is how vectors stand."""

    interpretation: Interpretation
    default: Stand

    def multiply(self, left: Value, operator: str, right: Value, place: Place | None) -> Value:
        """Multiply two values. Raises `Misfit` where their orders do not allow it."""
        if not left.axes or not right.axes:
            return _multiply_outer(left, right)
        if operator == r"\otimes":
            if left.order == right.order == 2:
                raise Unreadable("Kronecker's product is not read", place)
            return _multiply_outer(left, right)
        if operator == r"\odot":
            return self.multiply_entries(left, right)
        if operator == r"\times" and left.order == right.order == 1:
            raise Unreadable("× between vectors is not read", place)
        chained = _count_chained(left, right)
        if chained:
            return _contract(left, right, chained)
        if left.order == right.order == 1:
            return self._multiply_vectors(left, operator, right, place)
        may_be_entries = operator in (r"\cdot", "*") and left.order == right.order
        if may_be_entries and self.interpretation.choose(None, Choice("entry by entry", place=place)) is not None:
            return self.multiply_entries(left, right)
        return self._multiply_matrices(left, right)

    def _multiply_vectors(self, left: Value, operator: str, right: Value, place: Place | None) -> Value:
        one, two = left.stand, right.stand
        if one == "either" != two and two != self.default:
            one = _OPPOSITE[two]  # a derivative stands as its neighbour wants it;
        elif two == "either" != one and one != self.default:
            two = _OPPOSITE[one]  # as a default it is a column where vectors are columns
        if {one, two} == {"row", "column"}:
            return _contract(left, right, 1) if one == "row" else _multiply_outer(left, right)
        entries, product = Choice("entry by entry", place=place), Choice("scalar product", place=place)
        # A dot between vectors is the scalar product first; a star, as in code, goes entry by entry.
        usual = (product, entries) if operator == r"\cdot" else (entries, product)
        if self.interpretation.choose(*usual) == product:
            return _contract(left, right, 1)
        return self.multiply_entries(left, right)

    def _multiply_matrices(self, left: Value, right: Value) -> Value:
        """Multiply where one has two axes or more. Raises `Misfit` for a matrix before a row, and after a column."""
        if left.order == 1 and left.stand == "column" and right.order == 2:
            raise Misfit("a column stands before a matrix")
        if right.order == 1 and right.stand == "row" and left.order == 2:
            raise Misfit("a row stands behind a matrix")
        made = _contract(left, right, 1)
        if made.order == 1:
            return made._replace(stand="row" if left.order == 1 else "column")
        return made

    def multiply_entries(self, left: Value, right: Value) -> Value:
        """Multiply entry by entry. Raises `Misfit` for values of different orders, and for a row and a column."""
        if left.order != right.order:
            raise Misfit(f"an order of {left.order} and one of {right.order} are multiplied entry by entry")
        stand = unify_stands(left.stand, right.stand) if left.order == 1 else "either"
        return Value(left.axes, ex.multiply(left.body, align(right, left.axes)), stand)

    def transpose(self, value: Value, place: Place | None) -> Value:
        """Transpose a vector or a matrix; a number stays. Raises `Unreadable` for what has more than two axes."""
        if not value.axes:
            return value
        if value.order > 2:
            raise Unreadable(f"the transpose of an order of {value.order}", place)
        stand = _OPPOSITE[self.default if value.stand == "either" else value.stand] if value.order == 1 else "either"
        # The transpose of a Jacobian is no factor of a chain any more: it does not know what it is by.
        return value._replace(axes=value.axes[::-1], stand=stand, of=None, by=None)

    def divide(self, over: Value, under: Value) -> Value:
        """Divide by a number, or entry by entry. Raises `Misfit`."""
        inverse = Value(under.axes, ex.Power(under.body, Fraction(-1)), under.stand)
        if not over.axes or not under.axes:
            return _multiply_outer(over, inverse)
        if {over.order, under.order} == {1, 2}:
            raise Misfit("a vector and a matrix are divided by one another")
        return self.multiply_entries(over, inverse)

    def add(self, values: list[Value]) -> Value:
        """Add values: a number to every entry, a vector to every vector of a batch. Raises `Misfit`."""
        first = max(values, key=lambda value: value.order)  # the others are added to each part of it
        stand = unify_stands(*(value.stand for value in values if value.order == first.order == 1))
        return Value(first.axes, ex.add(*(self._align_term(value, first) for value in values)), stand)

    def _align_term(self, value: Value, first: Value) -> Expression:
        if value.order in (0, first.order):
            return align(value, first.axes[: value.order])
        if (value.order, first.order) == (1, 2):
            rows, columns = Choice("added to rows"), Choice("added to columns")
            usual = (rows, columns) if self.default == "row" else (columns, rows)
            taken = self.interpretation.choose(*usual)
            return align(value, first.axes[1:] if taken == rows else first.axes[:1])
        raise Misfit(f"an order of {value.order} is added to one of {first.order}")


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
    stand = left.stand if left.axes else right.stand
    made = Value(axes, ex.multiply(left.body, right.body), stand if len(axes) == 1 else "either")
    # A number times a derivative is one still: the chain goes on.
    chain = left if left.axes else right
    return made._replace(of=chain.of, by=chain.by) if not (left.axes and right.axes) else made


def _contract(left: Value, right: Value, count: int) -> Value:
    """Sum over the last axes of the one and the first of the other. Raises `Misfit` where there are not so many."""
    if count > min(left.order, right.order):
        raise Misfit(f"orders of {left.order} and {right.order} cannot share {count} axes")
    first, last = left.axes[: left.order - count], right.axes[count:]
    if _is_small(left.body):  # else products within products would be named anew at each level
        summed = right.axes[:count]
        product = ex.multiply(align(left, first + summed), right.body)
    else:
        summed = left.axes[left.order - count :]
        product = ex.multiply(left.body, align(right, summed + last))
    return Value(first + last, sum_over(summed, product), "either", left.of, right.by)


def _is_small(body: Expression) -> bool:
    """Whether an expression has few parts."""
    return len(list(islice(walk(body), SMALL + 1))) <= SMALL


def sum_over(axes: tuple[str, ...], body: Expression) -> Expression:
    """Sum a body over all of these axes."""
    return reduce(lambda body, axis: ex.Total(axis, body), axes, body)


def raise_to_power(value: Value, power: Fraction, place: Place | None, entries: bool = False) -> Value:
    """Raise a number, or every entry of a vector; those of a matrix if `entries`.

    Raises `Unreadable` for the power of a matrix, and beyond `LARGEST_POWER`.
    """
    if abs(power) > LARGEST_POWER:
        raise Unreadable(f"a power beyond {LARGEST_POWER}", place)
    if value.order > 1 and not entries:
        raise Unreadable("a power of a matrix", place)
    return Value(value.axes, ex.Power(value.body, power), value.stand)


def invert(value: Value, axes: tuple[str, str]) -> Value:
    """Invert a matrix; `axes` are names for the rows and the columns of the inverse."""
    row, column = value.axes
    return Value(axes, ex.OfMatrix("inverse", value.body, (row, column), axes))


def take_determinant(value: Value) -> Value:
    """Take the determinant of a matrix. Raises `Misfit` for what is no matrix."""
    if value.order != 2:
        raise Misfit("the determinant is that of a matrix")
    row, column = value.axes
    return Value((), ex.OfMatrix("det", value.body, (row, column)))


def take_trace(value: Value) -> Value:
    """Sum the diagonal of a matrix; the trace of a number is that number. Raises `Misfit` for a vector."""
    if not value.axes:
        return value
    if value.order != 2:
        raise Misfit("the trace is that of a matrix")
    row, column = value.axes
    return Value((), ex.Total(row, rename(value.body, {column: row})))


def concatenate(values: list[Value], axis: str, place: Place | None) -> Value:
    """Put vectors behind one another: [u, v]. Raises `Unreadable` for other values."""
    if any(value.order != 1 for value in values):
        raise Unreadable("only vectors are put behind one another", place)
    parts = tuple((value.axes[0], value.body) for value in values)
    return Value((axis,), ex.Concatenation(axis, parts), unify_stands(*(value.stand for value in values)))


def apply_softmax(value: Value, axis: str, along: int) -> Value:
    """Divide the exponential of each entry by the sum over an axis of all; `axis` is a name for the index of it."""
    over = ex.Function("exp", 0, value.body)
    under = ex.Total(axis, ex.Function("exp", 0, rename(value.body, {value.axes[along]: axis})))
    return Value(value.axes, ex.multiply(over, ex.Power(under, Fraction(-1))), value.stand)


def make_diagonal(value: Value, axis: str) -> Value:
    """Build the diagonal matrix of a vector, or take the diagonal of a matrix; `axis` is a name for the columns."""
    if value.order == 2:
        row, column = value.axes
        return Value((row,), rename(value.body, {column: row}))
    (row,) = value.axes
    return Value((row, axis), ex.multiply(ex.Delta(row, axis), value.body))
