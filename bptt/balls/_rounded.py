"""Balls that contain whatever floating-point arithmetic may return for the same computation.

Every operation adds what a float operation may add, so that the float result of the code that ran on such balls lies in
the ball that it returned. `docs/rounding.md` says why, and what is assumed.

    product, quotient, √x     u |result| + η
    sum of n terms            (n − 1) u Σ |term|, when the sum is used: in any order, fused or not
    library function          4 units in the last place, 8 u |result| + 8 η
    −x, |x|, a comparison     nothing
    sign, minimum, maximum    nothing: a ball around all that it can be
    x − |x|                   nothing: 2 min(x, 0)

u is the unit roundoff of the float type, half the distance from 1 to the next float, and η half the smallest positive
number, which is what underflow can cost. Those are NumPy's figures; XLA has its own, `XLA` and `_BEYOND_THE_LIBRARY`.
"""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from flint import arb

from bptt.balls._ball import BINARY, UNARY, Ball, Binary, Fixed, StaleValueError, Unary, enclose


class Kind(NamedTuple):
    """A float type as NumPy or XLA computes in it: how much an operation may add, as balls around 1 and around 0."""

    dtype: np.dtype[Any]
    bits: int
    weak: bool  # a number of Python's, which takes the type of the array that it meets
    rounding: arb  # 1 ± u, of a product, a quotient or a root
    library: arb  # 1 ± 8 u
    underflow: arb  # 0 ± η
    library_underflow: arb  # 0 ± 8 η
    flush: arb  # 0 ± what an addition may lose where subnormal numbers become 0


class Figures(NamedTuple):
    """What is assumed of whoever computes, in units of u and η; `docs/rounding.md` says why."""

    rounding: int
    library: int
    flushes: bool  # subnormal numbers to 0


NUMPY = Figures(rounding=1, library=8, flushes=False)
XLA = Figures(rounding=2, library=32, flushes=True)


@functools.cache
def get_kind(name: str, figures: Figures = NUMPY, *, weak: bool = False) -> Kind:
    """Return the kind of that float type: "float32"."""
    info = np.finfo(name)
    bits = int(info.nmant) + 1
    unit = arb(2) ** -bits
    tiny = arb(2) ** int(info.minexp) if figures.flushes else arb(2) ** (int(info.minexp) - int(info.nmant) - 1)
    return Kind(
        np.dtype(name),
        bits,
        weak,
        rounding=arb(1, figures.rounding * unit),
        library=arb(1, figures.library * unit),
        underflow=arb(0, tiny),
        library_underflow=arb(0, figures.library * tiny),
        flush=arb(0, tiny if figures.flushes else 0),
    )


def make_rounded_constant(number: object, dtype: Any = None, figures: Figures = NUMPY) -> "Rounded":
    """Return a number that stands in the code; in a buffer of that type, or of the type of what it meets."""
    weak = dtype is None or np.dtype(dtype).kind != "f"
    return Rounded(enclose(number), get_kind("float64" if weak else np.dtype(dtype).name, figures, weak=weak))


def store(number: arb, kind: Kind) -> "Rounded":
    """Return a float as it is read: with XLA, a subnormal number may be read as 0."""
    flushed = not kind.flush.is_exact() and abs(number) <= kind.flush.rad()
    return Rounded(number + kind.flush if flushed else number, kind)


@functools.cache
def _spread(terms: int, bits: int) -> arb:
    """Return 0 ± (n − 1) u."""
    return arb(0, (terms - 1) * arb(2) ** -bits)


def _round_once(apply: Callable[[arb, arb], arb], a: "Rounded", b: "Rounded") -> "Rounded":
    """Return a product or quotient."""
    kind = _promote(a.kind, b.kind)
    a, b = a.convert_to(kind), b.convert_to(kind)
    return Rounded(apply(a.value, b.value) * kind.rounding + kind.underflow, kind)


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
_ROUNDED_ONCE = {BINARY["mul"], BINARY["truediv"]}


class Rounded(Ball):
    """A float somewhere in `value`. A sum is kept as one while its terms may still be added in another order."""

    __slots__ = ("_abs_of", "_mass", "_sum", "_terms", "_value", "kind")

    def __init__(self, total: arb, kind: Kind, mass: arb | None = None, terms: int = 1) -> None:
        self.kind = kind
        self._sum = total  # of the terms, before the additions are rounded
        self._mass = mass  # Σ |term|; None for a single term
        self._terms = terms
        self._value: arb | None = None
        self._abs_of: Rounded | None = None

    @property
    def value(self) -> arb:  # type: ignore[override]
        if self._terms == 1:
            return self._sum
        if self._value is None:
            self._value = self._sum + self.mass * _spread(self._terms, self.kind.bits)
            if not self.kind.flush.is_exact():
                self._value += self.kind.flush * self._terms
        return self._value

    @property
    def mass(self) -> arb:
        """Σ |term|"""
        return abs(self._sum) if self._mass is None else self._mass

    def convert_to(self, kind: Kind) -> "Rounded":
        """Return the same number in another kind: a single float, rounded if it was of a longer one."""
        if self.kind is kind:
            return self
        value = self.value if self.kind.bits <= kind.bits else self.value * kind.rounding + kind.underflow
        return Rounded(value, kind)

    def round_to(self, dtype: Any) -> "Rounded":
        """Return the same number stored in another float type."""
        figures = NUMPY if self.kind.flush.is_exact() else XLA
        return self.convert_to(get_kind(np.dtype(dtype).name, figures))

    def apply_unary(self, f: Unary) -> "Rounded":
        result = _call_library(f.apply, self)
        beyond = _BEYOND_THE_LIBRARY.get(f)
        if beyond is None or result.kind.flush.is_exact():  # NumPy's
            return result
        lost = abs(beyond(self.value, result.value)).upper() * arb(2) ** -result.kind.bits
        return Rounded(result.value + arb(0, 1) * lost, result.kind)

    def apply_binary(self, f: Binary, other: object, reflected: bool = False) -> Any:
        operand = _convert_operand(other, self.kind)
        if operand is NotImplemented:
            return operand
        a, b = (operand, self) if reflected else (self, operand)
        if f in _ROUNDED_ONCE:
            return _round_once(f.apply, a, b)
        result = _call_library(f.apply, a, b)
        if f is BINARY["logaddexp"]:  # near 0 its error is that of its operands
            return Rounded(result.value + (abs(a.value) + abs(b.value)) * (result.kind.library - 1), result.kind)
        return result

    def __add__(self, other: object) -> Any:
        term = _convert_operand(other, self.kind)
        if term is NotImplemented:
            return term
        a, b, kind = self, term, self.kind
        if b.kind is not kind:
            kind = _promote(kind, b.kind)
            a, b = a.convert_to(kind), b.convert_to(kind)
        if b._terms == 1 and b._sum.is_zero():
            return a
        if a._terms == 1 and a._sum.is_zero():
            return b
        return Rounded(a._sum + b._sum, kind, a.mass + b.mass, a._terms + b._terms)

    __radd__ = __add__

    def __neg__(self) -> "Rounded":
        return Rounded(-self._sum, self.kind, self._mass, self._terms)

    def __sub__(self, other: object) -> Any:
        if other is self:
            return Rounded(arb(0), self.kind)  # x − x is 0, whatever x is
        if isinstance(other, Rounded) and other._abs_of is self:
            return Rounded(2 * self.value.min(0), self.kind)  # x − |x|, exactly; of two balls it could be above 0
        term = _convert_operand(other, self.kind)
        return term if term is NotImplemented else self + (-term)

    def __rsub__(self, other: object) -> Any:
        return (-self) + other

    def __abs__(self) -> "Rounded":
        if self.value > 0:
            return self  # so that x − |x| is 0 where x is positive
        if self.value < 0:
            return -self
        result = Rounded(arb(0).union(self.value.abs_upper()), self.kind)
        result._abs_of = self
        return result

    def sign(self) -> "Rounded":
        """Return 1, −1 or 0, and whatever may be between where rounding decides: an enclosure of each."""
        return Rounded(self.value.sgn(), self.kind)

    def minimum(self, other: object) -> Any:
        return self._take_extreme(arb.min, other)

    def maximum(self, other: object) -> Any:
        return self._take_extreme(arb.max, other)

    def _take_extreme(self, extreme: Callable[[arb, arb], arb], other: object) -> Any:
        """Return the smaller or the larger one; where rounding decides which, a ball that contains either."""
        operand = _convert_operand(other, self.kind)
        if operand is NotImplemented:
            return operand
        kind = _promote(self.kind, operand.kind)
        a, b = self.convert_to(kind), operand.convert_to(kind)
        value = extreme(a.value, b.value)
        return a if value == a.value and value != b.value else Rounded(value, kind)

    def __pow__(self, exponent: object) -> Any:
        if type(exponent) is int and exponent == 2:
            return self * self  # as NumPy does
        return self.apply_binary(BINARY["pow"], exponent)

    def sqrt(self) -> "Rounded":
        return Rounded(self.value.sqrt() * self.kind.rounding + self.kind.flush, self.kind)


def _convert_operand(number: object, kind: Kind) -> Any:
    """Return the other operand of an operation in that kind, to which a plain number is rounded."""
    if isinstance(number, Rounded):
        return number
    if isinstance(number, Ball) and not isinstance(number, Fixed):
        raise StaleValueError
    value = enclose(number)
    if value is NotImplemented:
        return value
    in_that_type = float(kind.dtype.type(float(value)))
    return Rounded(value if arb(in_that_type) == value else value * kind.rounding + kind.underflow, kind)


def _promote(a: Kind, b: Kind) -> Kind:
    if a is b:
        return a
    if a.weak != b.weak:
        return b if a.weak else a
    return a if a.bits >= b.bits else b


def _call_library(apply: Callable[..., arb], *operands: Rounded) -> Rounded:
    """Call a function of the library: exact to a few units in the last place."""
    kind = functools.reduce(_promote, (operand.kind for operand in operands))
    result = apply(*(operand.convert_to(kind).value for operand in operands))
    return Rounded(result * kind.library + kind.library_underflow, kind)
