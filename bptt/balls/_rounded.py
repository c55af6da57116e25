"""Balls that contain whatever floating-point arithmetic may return for the same computation.

Every operation adds what a float operation may add, so that the float result of the code that ran on such balls lies in
the ball that it returned. `docs/rounding.md` says why, and what is assumed.

    product, quotient, √x     u |result| + η
    sum of n terms            (n − 1) u Σ |term|, when the sum is used: in any order, fused or not
    library function          4 units in the last place, 8 u |result| + 8 η
    −x, |x|, a comparison     nothing
    sign, minimum, maximum    nothing: a ball around all that it can be
    x − |x|                   nothing: 2 min(x, 0)

Beside what floats may be stands what the formula says exactly, as far as every operation on the way tells: then one run
judges both.

u is the unit roundoff of the float type, half the distance from 1 to the next float, and η half the smallest positive
number, which is what underflow can cost. Those are NumPy's figures; XLA has its own, `XLA` and `_BEYOND_THE_LIBRARY`.
"""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from flint import arb

from bptt.balls._ball import (
    Ball,
    Fixed,
    StaleValueError,
    call_on_floats,
    enclose,
    get_float,
    make_fixed,
    store_float,
)
from bptt.balls._comparisons import compare
from bptt.balls._context import CURRENT, note_lost_value
from bptt.balls._float_types import NUMPY, Figures, Kind, get_kind, get_kind_of, note_type
from bptt.balls._functions import BINARY, UNARY, Binary, Unary


def make_rounded_constant(number: object, dtype: Any = None, figures: Figures = NUMPY) -> "Rounded":
    """Return a number that stands in the code; in a buffer of that type, or of the type of what it meets."""
    as_float = store_float(number, dtype)
    kind = get_kind_of(as_float, figures)
    if (encountered := CURRENT.context.encountered) is not None:
        encountered.shortest_data_bits = min(encountered.shortest_data_bits, kind.bits)
    value = enclose(number)
    rounded = value if arb(float(as_float)) == value else value * kind.rounding + kind.underflow
    return Rounded(rounded, as_float, kind, make_fixed(number, dtype).value)


def store(number: arb, as_float: Any, figures: Figures = NUMPY) -> "Rounded":
    """Return a float as it is read: with XLA, a subnormal number may be read as 0."""
    kind = get_kind_of(as_float, figures)
    flushed = not kind.flush.is_exact() and abs(number) <= kind.flush.rad()
    return Rounded(number + kind.flush if flushed else number, as_float, kind, number)


@functools.cache
def _spread(terms: int, bits: int) -> arb:
    """Return 0 ± (n − 1) u."""
    return arb(0, (terms - 1) * arb(2) ** -bits)


# What some functions of XLA's lose beyond the figure of a library function, in units of u, of x and v = f(x).
_BEYOND_THE_LIBRARY: dict[Unary, Callable[[arb, arb], arb]] = {
    UNARY["exp"]: lambda x, v: 2 * x * v,  # exp(a) exp(b) becomes exp(a + b)
    UNARY["exp2"]: lambda x, v: 2 * x * v,
    UNARY["sinh"]: lambda x, v: 2 * x * v,
    UNARY["cosh"]: lambda x, v: 2 * x * v,
    UNARY["erfc"]: lambda x, v: 2 * x * x * v,
    UNARY["erfinv"]: lambda x, v: 8 * v / (1 - abs(x)),
    UNARY["log1p"]: lambda x, v: 512 * v,
    UNARY["arctanh"]: lambda x, v: 512 * v,
    UNARY["cbrt"]: lambda x, v: 256 * v,
    UNARY["lgamma"]: lambda x, v: 64 + 64 * abs(v),
    UNARY["digamma"]: lambda x, v: 64 + 64 * abs(v) + 64 * x * UNARY["digamma"].slope(x, v),
}
_LONGEST = 53  # bits
_TWO = arb(2)
_ROUNDED_ONCE = {BINARY["mul"], BINARY["truediv"]}


class Rounded(Ball):
    """A float somewhere in `value`. A sum is kept as one while its terms may still be added in another order."""

    __slots__ = ("_mass", "_sum", "_terms", "_value", "exact", "kind")

    exact: arb | None  # what the formula says, without any rounding

    def __init__(
        self, total: arb, as_float: Any, kind: Kind, exact: arb | None = None, mass: arb | None = None, terms: int = 1
    ) -> None:
        self.as_float = as_float
        self.kind = kind
        self.exact = exact
        self._sum = total  # of the terms, before the additions are rounded
        self._mass = mass  # Σ |term|; None for a single term
        self._terms = terms
        self._value: arb | None = total if terms == 1 else None
        if exact is None:
            note_lost_value()

    @property
    def value(self) -> arb:  # type: ignore[override]
        if self._value is None:
            self._value = self._sum + self.mass * _spread(self._terms, self.kind.bits)
            if not self.kind.flush.is_exact():
                self._value += self.kind.flush * self._terms
        return self._value

    @property
    def mass(self) -> arb:
        """Σ |term|"""
        return abs(self._sum) if self._mass is None else self._mass

    def settle(self) -> "Rounded":
        """Return the ball itself, where this one only knows how to compute it."""
        return self

    def _convert_to(self, kind: Kind) -> arb:
        """Return the ball of the same number as a single float of another kind, rounded if it was of a longer one."""
        if self.kind.bits <= kind.bits:
            return self.value
        return self.value * kind.rounding + kind.underflow

    def cast(self, dtype: Any) -> "Rounded":
        kind = get_kind(dtype, self.kind.figures)
        return make_single(self._convert_to(kind), dtype(self.as_float), kind, self.exact)

    def make_constant(self, number: Any) -> "Rounded":
        return make_rounded_constant(number, self.kind.scalar, self.kind.figures)

    def apply_unary(self, f: Unary) -> "Rounded":
        v = f.apply(self.value)
        as_float = f.apply_to_float(self.as_float, v)
        kind = self._get_kind_of(as_float)
        return self.complete_unary(f, f.apply(self._convert_to(kind)) if kind.bits < self.kind.bits else v, as_float)

    def complete_unary(self, f: Unary, value: arb, as_float: Any) -> "Rounded":
        kind = self._get_kind_of(as_float)
        exact = None if self.exact is None or not f.is_bounded else f.apply(self.exact)
        if f is UNARY["sqrt"]:
            return make_single(value * kind.rounding + kind.flush, as_float, kind, exact)
        v = value * kind.library + kind.library_underflow if f.is_bounded else arb.nan()
        beyond = _BEYOND_THE_LIBRARY.get(f)
        if beyond is not None and not kind.flush.is_exact():  # XLA's
            v += arb(0, 1) * abs(beyond(self.value, v)).upper() * arb(2) ** -kind.bits
        return make_single(v, as_float, kind, exact)

    def apply_binary(self, f: Binary, other: object, reflected: bool = False) -> Any:
        operand = convert_operand_to(other, self.kind)
        if operand is NotImplemented:
            return self.meet_complex(f, other, reflected)
        a, b = (operand, self) if reflected else (self, operand)
        as_float = call_on_floats(
            f.on_floats, *((get_float(other), self.as_float) if reflected else (self.as_float, get_float(other)))
        )
        kind = self._get_kind_of(as_float)
        x, y = a._convert_to(kind), b._convert_to(kind)
        value = f.apply(x, y)
        exact = None if a.exact is None or b.exact is None or not f.is_bounded else f.apply(a.exact, b.exact)
        if f in _ROUNDED_ONCE:
            return make_single(value * kind.rounding + kind.underflow, as_float, kind, exact)
        value = value * kind.library + kind.library_underflow if f.is_bounded else arb.nan()
        if f is BINARY["logaddexp"]:  # near 0 its error is that of its operands
            value += (abs(x) + abs(y)) * (kind.library - 1)
        return make_single(value, as_float, kind, exact)

    def _get_kind_of(self, as_float: Any) -> Kind:
        return self.kind if type(as_float) is self.kind.scalar else get_kind_of(as_float, self.kind.figures)

    def __add__(self, other: object) -> Any:
        term = convert_operand_to(other, self.kind)
        if term is NotImplemented:
            return super().__add__(other)
        as_float = self.as_float + get_float(other)
        kind = self._get_kind_of(as_float)
        a = self if self.kind is kind else self.cast(kind.scalar)
        b = term if term.kind is kind else term.cast(kind.scalar)
        if kind.bits < _LONGEST:
            note_type(kind)
        return a.add_term(b, as_float)

    def add_term(self, term: "Rounded", as_float: Any) -> "Rounded":
        """Return the sum with a float of the same kind."""
        a, b, mass, other = self._sum, term._sum, self._mass, term._mass
        x, y = self.exact, term.exact
        if other is None and b.is_zero() and y is not None and y.is_zero():
            return self
        if mass is None and a.is_zero() and x is not None and x.is_zero():
            return term
        exact = None if x is None or y is None else x + y
        total = a + b
        if not total.is_finite():  # ∞ absorbs whatever is finite, and is not rounded
            return Rounded(self.value + term.value, as_float, self.kind, exact)
        mass = (abs(a) if mass is None else mass) + (abs(b) if other is None else other)
        return Rounded(total, as_float, self.kind, exact, mass, self._terms + term._terms)

    __radd__ = __add__

    def __neg__(self) -> "Rounded":
        exact = None if self.exact is None else -self.exact
        return Rounded(-self._sum, -self.as_float, self.kind, exact, self._mass, self._terms)

    def __sub__(self, other: object) -> Any:
        if other is self and self.as_float - self.as_float == 0:
            return self.make_constant(0)  # x − x is 0, whatever x is
        if isinstance(other, _AbsoluteValue) and other.of is self:  # x − |x|, which of two balls could be above 0
            exact = None if self.exact is None else self.exact - abs(self.exact)
            return Rounded(2 * self.value.min(0), self.as_float - other.as_float, self.kind, exact)
        term = convert_operand_to(other, self.kind)
        return super().__sub__(other) if term is NotImplemented else self + (-term)

    def __rsub__(self, other: object) -> Any:
        return (-self) + other

    def __abs__(self) -> "Rounded":
        if self.value > 0 and (self.exact is None or self.exact > 0):
            return self  # so that x − |x| is 0 where x is positive
        if self.value < 0 and (self.exact is None or self.exact < 0):
            return -self
        return _AbsoluteValue(self)

    def decide(self, relation: str, holds: bool | None, other: object, value: arb) -> bool:
        """As for any ball, where exact numbers are known by these: what bounds floats contradicts none of them."""
        exact = other.exact if isinstance(other, Rounded) else value
        if CURRENT.context.comparisons is None or self.exact is None or exact is None:
            note_lost_value()
            return super().decide(relation, holds, other, value)
        return Ball(self.exact, self.as_float).decide(relation, compare(relation, self.exact, exact), other, exact)

    def _choose_exactly(self, choose: Callable[..., Any], *others: "Rounded") -> arb | None:
        """Return what exact numbers give where their comparisons go as those of the floats."""
        if CURRENT.context.comparisons is None or any(x.exact is None for x in (self, *others)):
            return None
        chosen: Rounded = choose(self, *others)
        return chosen.exact

    def sign(self) -> "Rounded":
        """Return 1, −1 or 0, and whatever may be between where rounding decides: an enclosure of each."""
        return Rounded(self.value.sgn(), np.sign(self.as_float), self.kind, self._choose_exactly(Ball.sign))

    def minimum(self, other: object) -> Any:
        return self._enclose_extreme(arb.min, np.minimum, Ball.minimum, other)

    def maximum(self, other: object) -> Any:
        return self._enclose_extreme(arb.max, np.maximum, Ball.maximum, other)

    def _enclose_extreme(
        self, extreme: Callable[[arb, arb], arb], on_floats: Any, choose: Callable[..., Any], other: object
    ) -> Any:
        """Return the smaller or the larger one; where rounding decides which, a ball that contains either."""
        operand = convert_operand_to(other, self.kind)
        if operand is NotImplemented:
            return operand
        as_float = on_floats(self.as_float, get_float(other))
        kind = self._get_kind_of(as_float)
        a = self if self.kind is kind else self.cast(kind.scalar)
        b = operand if operand.kind is kind else operand.cast(kind.scalar)
        value, exact = extreme(a.value, b.value), self._choose_exactly(choose, operand)
        for one, beside in ((a, b), (b, a)):
            if value == one.value and value != beside.value and exact is one.exact:
                return one
        return Rounded(value, as_float, kind, exact)

    def __pow__(self, exponent: object) -> Any:
        if type(exponent) is int and exponent == 2:
            square = self * self  # as NumPy does
            if self.exact is not None:
                square.exact = BINARY["pow"].apply(self.exact, _TWO)
            return square
        return super().__pow__(exponent)


class _AbsoluteValue(Rounded):
    """|x| of a ball that may be on either side of 0."""

    __slots__ = ("of",)

    def __init__(self, of: Rounded) -> None:
        exact = None if of.exact is None else abs(of.exact)
        super().__init__(arb(0).union(of.value.abs_upper()), abs(of.as_float), of.kind, exact)
        self.of = of


def leave_unbounded(number: Any) -> Any:
    """Return a float whose rounding error has no known bound; a ball of any other kind as it is."""
    return Rounded(arb.nan(), number.as_float, number.kind) if isinstance(number, Rounded) else number


def make_single(value: arb, as_float: Any, kind: Kind, exact: arb | None = None) -> Rounded:
    """Return the result of one operation; where the float has overflowed, that is what stands there."""
    if kind.bits < _LONGEST:
        note_type(kind)
    if as_float - as_float != 0 and value.is_finite():
        value = arb(float(as_float))
    return Rounded(value, as_float, kind, exact)


def convert_operand_to(number: object, kind: Kind) -> Any:
    """Return the other operand of an operation in that kind, to which a number of Python's is rounded."""
    if isinstance(number, Rounded):
        return number
    value = enclose(number)
    if value is NotImplemented:
        return value
    if isinstance(number, Ball) and not isinstance(number, Fixed):
        raise StaleValueError
    as_float = get_float(number)
    is_typed = hasattr(as_float, "dtype") and not isinstance(as_float, np.integer | np.bool_)
    own = get_kind_of(as_float, kind.figures) if is_typed else kind
    in_that_type = own.scalar(as_float)
    is_exact = arb(float(in_that_type)) == value
    return Rounded(value if is_exact else value * own.rounding + own.underflow, in_that_type, own, value)
