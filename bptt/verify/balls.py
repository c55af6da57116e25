"""Balls: real numbers known to lie within a radius of a midpoint, as elements of NumPy object arrays.

The arithmetic is FLINT's `arb`: every operation returns a ball that contains the true result for every choice of true
operands. `Ball` wraps it so that NumPy code runs on object arrays of balls as it stands, and so that nothing in that
code can drop the error bound in silence: it refuses `float()`, and it refuses a comparison that the radius leaves open.
"""

import math
import numbers
import operator
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from flint import arb, ctx

_PRECISION_LOCK = threading.RLock()  # FLINT has one working precision for the whole process


@contextmanager
def precision(digits: int) -> Iterator[None]:
    """Work with that many decimal digits; other threads that ask for a precision wait."""
    with _PRECISION_LOCK:
        before = ctx.prec
        ctx.dps = digits
        try:
            yield
        finally:
            ctx.prec = before


class UndecidedComparisonError(ArithmeticError):
    """A comparison whose answer depends on where in its ball a number lies.

    `exact` says that more digits cannot help.
    """

    def __init__(self, relation: str, left: arb, right: arb, *, exact: bool) -> None:
        super().__init__(f"cannot decide {left.str(5)} {relation} {right.str(5)}")
        self.exact = exact


class StaleValueError(ArithmeticError):
    """A computation used a ball that was made in another one."""

    def __init__(self) -> None:
        super().__init__("uses a value that was kept from another call")


def enclosure(number: object) -> Any:
    """The `arb` that encloses a number, or `NotImplemented` for what is no real number of at most 64 bits."""
    if isinstance(number, Ball):
        return number.value
    if isinstance(number, int | np.integer | np.bool_):
        return arb(int(number))
    if isinstance(number, float | np.float32 | np.float16):
        return _constant(float(number))
    return NotImplemented


_constant_error = arb(0)  # of a float among the balls, relative; as global as the precision, and under its lock


@contextmanager
def rounded_constants() -> Iterator[None]:
    """Take a float among the balls for a real number that it was rounded from, some 64 roundings away at most.

    So is `1.0 / 3`, and so are the entries of a product of data that was computed before. A float that a float32 can
    hold, such as 0.5 or 2.0, stays what it is.
    """
    global _constant_error
    _constant_error = arb(0, 64 * arb(2) ** -53)
    try:
        yield
    finally:
        _constant_error = arb(0)


def _constant(number: float) -> arb:
    if _constant_error.is_zero() or (math.frexp(number)[0] * 2**24).is_integer():
        return arb(number)
    return arb(number) * (1 + _constant_error)


def _binary(apply: Callable[[arb, arb], arb]) -> tuple[Callable[[Any, Any], Any], Callable[[Any, Any], Any]]:
    def forward(self: "Ball", other: object) -> Any:
        right = other.value if type(other) is Ball else enclosure(other)
        return right if right is NotImplemented else Ball(apply(self.value, right))

    def reflected(self: "Ball", other: object) -> Any:
        left = enclosure(other)
        return left if left is NotImplemented else Ball(apply(left, self.value))

    return forward, reflected


def _unary(apply: Callable[[arb], arb]) -> Callable[[Any], Any]:
    return lambda self: Ball(apply(self.value))


def _comparison(relation: str, holds: Callable[[arb, arb], bool], fails: Callable[[arb, arb], bool]) -> Any:
    def compare(self: "Ball", other: object) -> Any:
        if other is self:
            return relation in ("<=", ">=", "==")
        right = enclosure(other)
        if right is NotImplemented:
            if isinstance(other, numbers.Number):  # Python would take an unknown number for an unequal one
                raise TypeError(f"cannot compare a ball with {other!r}, a {type(other).__name__}")
            return right
        return self.decide(relation, holds(self.value, right), fails(self.value, right), right)

    return compare


class Ball:
    """A real number that lies within `value`, an `arb`."""

    __slots__ = ("value",)

    def __init__(self, value: arb) -> None:
        self.value = value

    __add__, __radd__ = _binary(operator.add)
    __sub__, __rsub__ = _binary(operator.sub)
    __mul__, __rmul__ = _binary(operator.mul)
    __truediv__, __rtruediv__ = _binary(operator.truediv)
    __pow__, __rpow__ = _binary(operator.pow)
    __neg__ = _unary(operator.neg)
    __abs__ = _unary(operator.abs)

    # np.exp of an object array calls the method of that name of each element
    exp, expm1, log, log1p = _unary(arb.exp), _unary(arb.expm1), _unary(arb.log), _unary(arb.log1p)
    sin, cos, tan = _unary(arb.sin), _unary(arb.cos), _unary(arb.tan)
    sinh, cosh, tanh = _unary(arb.sinh), _unary(arb.cosh), _unary(arb.tanh)
    sqrt = _unary(arb.sqrt)

    __lt__ = _comparison("<", operator.lt, operator.ge)
    __le__ = _comparison("<=", operator.le, operator.gt)
    __gt__ = _comparison(">", operator.gt, operator.le)
    __ge__ = _comparison(">=", operator.ge, operator.lt)
    __eq__ = _comparison("==", operator.eq, operator.ne)
    __ne__ = _comparison("!=", operator.ne, operator.eq)
    __hash__ = None  # type: ignore[assignment]  # equality may be undecided

    def decide(self, relation: str, holds: bool, fails: bool, other: arb) -> bool:
        """The truth value of a comparison of which at most one of `holds` and `fails` is known."""
        if holds == fails:
            raise UndecidedComparisonError(relation, self.value, other, exact=False)
        return holds

    def __bool__(self) -> bool:
        return bool(self != 0)

    def __float__(self) -> float:
        raise TypeError(f"{self!r} cannot become a float without losing its error bound")

    __int__ = __index__ = __complex__ = __float__

    def __pos__(self) -> "Ball":
        return self

    conjugate = __copy__ = __pos__

    def __deepcopy__(self, memo: object) -> "Ball":
        return self

    def __repr__(self) -> str:
        return f"Ball({self.value.str(15)})"
