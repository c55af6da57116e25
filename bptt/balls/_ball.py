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
from typing import Any, NamedTuple

import numpy as np
from flint import arb, ctx
from numpy import empty  # while functions run on balls, `np.empty` makes an array of them

from bptt.balls._branches import Difference, undecided
from bptt.balls._elementary import BINARY, UNARY

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


def constant(number: object, dtype: object = None) -> "Fixed":  # noqa: ARG001  (the form of every such function)
    """A number that stands in the code, as a ball. Raises `TypeError` for what is no real number."""
    value = enclosure(number)
    if value is NotImplemented:
        raise TypeError(f"{number!r} is no real number")
    return Fixed(value)


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
def rounded_constants(bits: int = 53) -> Iterator[None]:
    """Take a float among the balls for a real number that it was rounded from, some 64 roundings away at most.

    So is `1.0 / 3`, and so are the entries of a product of data that was computed before, in a type of so many bits. A
    float that half of them can hold, such as 0.5 or 2.0, stays what it is.
    """
    global _constant_error, _short
    _constant_error, _short = arb(0, 64 * arb(2) ** -bits), 2.0 ** (24 if bits == 53 else bits // 2)
    try:
        yield
    finally:
        _constant_error = arb(0)


_short = 2.0**24


def _constant(number: float) -> arb:
    if _constant_error.is_zero() or (math.frexp(number)[0] * _short).is_integer():
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
        return self.decide(relation, holds(self.value, right), fails(self.value, right), other, right)

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

    __lt__ = _comparison("<", operator.lt, operator.ge)
    __le__ = _comparison("<=", operator.le, operator.gt)
    __gt__ = _comparison(">", operator.gt, operator.le)
    __ge__ = _comparison(">=", operator.ge, operator.lt)
    __eq__ = _comparison("==", operator.eq, operator.ne)
    __ne__ = _comparison("!=", operator.ne, operator.eq)
    __hash__ = None  # type: ignore[assignment]  # equality may be undecided

    def decide(self, relation: str, holds: bool, fails: bool, other: object, value: arb) -> bool:
        """The truth value of a comparison with another number, of which at most one of `holds` and `fails` is known."""
        if holds != fails:
            return holds
        return undecided(relation, self.value, value, lambda: Operands(self, other), exact=False)

    def sign(self) -> Any:
        return (self > 0) - (self < 0)

    def minimum(self, other: Any) -> Any:
        return self if self <= other else other

    def maximum(self, other: Any) -> Any:
        return self if self >= other else other

    def __bool__(self) -> bool:
        return bool(self != 0)

    def __float__(self) -> float:
        raise TypeError(f"{self!r} cannot become a float without losing its error bound")

    __int__ = __index__ = __complex__ = __float__

    def __pos__(self) -> "Ball":
        return self

    conjugate = __copy__ = __pos__

    def __format__(self, spec: str) -> str:
        return format(float(self.value.mid()), spec) if spec else repr(self)

    def __deepcopy__(self, memo: object) -> "Ball":
        return self

    def __repr__(self) -> str:
        return f"Ball({self.value.str(15)})"


class Operands(NamedTuple):
    """Two numbers that were compared, known again where they are the same two."""

    left: Ball
    right: object

    def factor(self, other: Difference) -> int:
        if not isinstance(other, Operands):
            return 0
        if self.left is other.left and _same(self.right, other.right):
            return 1
        return -1 if self.left is other.right and self.right is other.left else 0


def _same(a: object, b: object) -> bool:
    return a is b or not (isinstance(a, Ball) or isinstance(b, Ball) or a != b)


class Fixed(Ball):
    """A number that stands in the code, such as the zeros of a buffer: it goes with balls of any kind."""

    __slots__ = ()


def _among_fixed(name: str) -> Callable[[Fixed, Any], Any]:
    """An operation that leaves a number fixed if the other one is, and leaves the rest to a ball of another kind."""
    operation = getattr(Ball, name)

    def method(self: Fixed, other: Any) -> Any:
        if isinstance(other, Ball) and type(other) not in (Ball, Fixed):
            return NotImplemented
        result = operation(self, other)
        return Fixed(result.value) if type(result) is Ball and type(other) is not Ball else result

    return method


for _name in ("add", "sub", "mul", "truediv", "pow"):
    for _prefix in ("__", "__r"):
        setattr(Fixed, f"{_prefix}{_name}__", _among_fixed(f"{_prefix}{_name}__"))


def _of_array(name: str) -> property:
    """What a scalar of NumPy's has: that of the array without axes that holds the ball."""

    def attribute(self: Ball) -> Any:
        held = empty((), dtype=object)
        held[()] = self
        return getattr(held, name)

    return property(attribute)


for _name in (
    "T", "astype", "clip", "copy", "dot", "dtype", "flatten", "item", "max", "mean", "min", "ndim", "prod", "ravel",
    "reshape", "shape", "size", "squeeze", "std", "sum", "tolist", "transpose", "var",
):  # fmt: skip
    setattr(Ball, _name, _of_array(_name))
for _name, _function in UNARY.items():
    setattr(Ball, _name, _unary(_function.apply))
for _name, _operation in BINARY.items():
    setattr(Ball, _name, _binary(_operation.apply)[0])
