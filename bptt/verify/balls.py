"""Balls: real numbers known to lie within a radius of a midpoint, as elements of NumPy object arrays.

The arithmetic is FLINT's `arb`: every operation returns a ball that contains the true result for every choice of true
operands. `Ball` wraps it so that NumPy code runs on object arrays of balls as it stands, and so that nothing in that
code can drop the error bound in silence: it refuses `float()`, and it refuses a comparison that the radius leaves open.
"""

import operator
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

import numpy as np
from flint import arb, ctx

Number: TypeAlias = "Ball | int | float | np.integer[Any] | np.floating[Any]"

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


class Ball:
    """A real number between `value.lower()` and `value.upper()`."""

    __slots__ = ("value",)

    value: arb

    def __init__(self, value: arb) -> None:
        self.value = value

    def __repr__(self) -> str:
        return f"Ball({self.value.str(15)})"

    def __neg__(self) -> "Ball":
        return Ball(-self.value)

    def __pos__(self) -> "Ball":
        return self

    def __abs__(self) -> "Ball":
        return Ball(abs(self.value))

    def conjugate(self) -> "Ball":
        return self

    def __float__(self) -> float:
        raise TypeError(f"{self!r} cannot become a float without losing its error bound")

    __int__ = __index__ = __complex__ = __float__

    def __bool__(self) -> bool:
        return bool(self.__ne__(0))

    __hash__ = None  # type: ignore[assignment]  # equality may be undecided

    def decide(self, relation: str, holds: bool, fails: bool, other: arb) -> bool:
        """The truth value of a comparison of which at most one of `holds` and `fails` is known."""
        if holds == fails:
            raise UndecidedComparisonError(relation, self.value, other, exact=False)
        return holds


def enclosure(number: object) -> Any:
    """The `arb` that encloses a number exactly, or `NotImplemented` for what is no real number."""
    if isinstance(number, Ball):
        return number.value
    if isinstance(number, np.longdouble):
        return NotImplemented  # would be rounded on the way
    if isinstance(number, int | float | np.integer | np.floating | np.bool_):
        return arb(int(number) if isinstance(number, int | np.integer | np.bool_) else float(number))
    return NotImplemented


BINARY: dict[str, Callable[[arb, arb], arb]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "truediv": operator.truediv,
    "pow": operator.pow,
}

UNARY = ("exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh")

_COMPARISONS: dict[str, tuple[str, Callable[[arb, arb], bool], Callable[[arb, arb], bool]]] = {
    "lt": ("<", operator.lt, operator.ge),
    "le": ("<=", operator.le, operator.gt),
    "gt": (">", operator.gt, operator.le),
    "ge": (">=", operator.ge, operator.lt),
    "eq": ("==", operator.eq, operator.ne),
    "ne": ("!=", operator.ne, operator.eq),
}


def _binary(apply: Callable[[arb, arb], arb]) -> tuple[Callable[..., Any], Callable[..., Any]]:
    def forward(self: Ball, other: object) -> Any:
        right = other.value if type(other) is Ball else enclosure(other)
        return right if right is NotImplemented else Ball(apply(self.value, right))

    def reflected(self: Ball, other: object) -> Any:
        left = enclosure(other)
        return left if left is NotImplemented else Ball(apply(left, self.value))

    return forward, reflected


def _unary(name: str) -> Callable[[Ball], Ball]:
    apply = getattr(arb, name)
    return lambda self: Ball(apply(self.value))


def _comparison(
    relation: str, holds: Callable[[arb, arb], bool], fails: Callable[[arb, arb], bool]
) -> Callable[..., Any]:
    def compare(self: Ball, other: object) -> Any:
        if other is self:
            return relation in ("<=", ">=", "==")
        right = enclosure(other)
        if right is NotImplemented:
            return right
        return self.decide(relation, holds(self.value, right), fails(self.value, right), right)

    return compare


for _name, _apply in BINARY.items():
    _forward, _reflected = _binary(_apply)
    setattr(Ball, f"__{_name}__", _forward)
    setattr(Ball, f"__r{_name}__", _reflected)
for _name in UNARY:
    setattr(Ball, _name, _unary(_name))
for _name, _row in _COMPARISONS.items():
    setattr(Ball, f"__{_name}__", _comparison(*_row))
