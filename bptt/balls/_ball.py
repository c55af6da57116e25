"""Balls: real numbers known to lie within a radius of a midpoint, as elements of NumPy object arrays.

The arithmetic is FLINT's `arb`: every operation returns a ball that contains the true result for every choice of true
operands. `Ball` wraps it so that NumPy code runs on object arrays of balls as it stands, and so that nothing in that
code can drop the error bound in silence: it refuses `float()`, and it refuses a comparison that the radius leaves open.

`UNARY` and `BINARY` are the functions that balls have, each with its derivative; NumPy calls a method of that name of
every element.
"""

import math
import numbers
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from flint import arb
from numpy import empty  # while functions run on balls, `np.empty` makes an array of them

from bptt.balls._context import CURRENT, Difference, decide_open


@dataclass(frozen=True, slots=True, eq=False)
class Unary:
    """v = f(x), and ∂v/∂x as a function of x and v."""

    apply: Callable[[arb], arb]
    slope: Callable[[arb, arb], arb]


@dataclass(frozen=True, slots=True, eq=False)
class Binary:
    """v = f(a, b), and ∂v/∂a and ∂v/∂b as functions of a, b and v; and in what it is linear."""

    apply: Callable[[arb, arb], arb]
    by_left: Callable[[arb, arb, arb], arb]
    by_right: Callable[[arb, arb, arb], arb]
    linear_in_left: bool = False  # b being constant
    linear_in_right: bool = False
    linear_in_both: bool = False  # at once


def _evaluate_at_ends(f: Callable[..., arb]) -> Callable[..., arb]:
    """Make an increasing f compute a wide ball at both of its ends: FLINT's own may be far wider than all values."""

    def evaluate(*x: arb) -> arb:
        if all(ball.rad() < _NARROW for ball in x) or not all(ball.is_finite() for ball in x):
            return f(*x)
        return f(*(ball.lower() for ball in x)).union(f(*(ball.upper() for ball in x)))

    return evaluate


_NARROW = arb(2) ** -4  # of radius: below that FLINT's own ball is no wider than the values at its ends


def _take_cube_root(x: arb) -> arb:
    if x.is_zero():
        return x
    return -((-x).root(3)) if x < 0 else x.root(3)


def _compute_two_over_root_pi() -> arb:
    return 2 / arb.const_sqrt_pi()


def _differentiate_power(a: arb, b: arb, v: arb) -> arb:  # noqa: ARG001  (the form of every partial derivative)
    """Return ∂(a^b)/∂a; NaN for a fractional b where a may not be positive, since the power is not defined beyond 0."""
    if b.is_zero():
        return arb(0)
    return b * a ** (b - 1) if b.is_integer() or a > 0 else arb.nan()


UNARY = {
    "exp": Unary(_evaluate_at_ends(arb.exp), lambda x, v: v),
    "exp2": Unary(lambda x: (x * arb.const_log2()).exp(), lambda x, v: v * arb.const_log2()),
    "expm1": Unary(_evaluate_at_ends(arb.expm1), lambda x, v: x.exp()),
    "log": Unary(arb.log, lambda x, v: 1 / x),
    "log1p": Unary(arb.log1p, lambda x, v: 1 / (1 + x)),
    "log2": Unary(lambda x: x.log() / arb.const_log2(), lambda x, v: 1 / (x * arb.const_log2())),
    "log10": Unary(lambda x: x.log() / arb.const_log10(), lambda x, v: 1 / (x * arb.const_log10())),
    "sqrt": Unary(arb.sqrt, lambda x, v: 1 / (2 * v)),
    "cbrt": Unary(_take_cube_root, lambda x, v: v / (3 * x)),
    "rsqrt": Unary(arb.rsqrt, lambda x, v: -v / (2 * x)),
    "sin": Unary(arb.sin, lambda x, v: x.cos()),
    "cos": Unary(arb.cos, lambda x, v: -x.sin()),
    "tan": Unary(arb.tan, lambda x, v: x.sec() ** 2),
    "arcsin": Unary(arb.asin, lambda x, v: (1 - x * x).rsqrt()),
    "arccos": Unary(arb.acos, lambda x, v: -(1 - x * x).rsqrt()),
    "arctan": Unary(arb.atan, lambda x, v: 1 / (1 + x * x)),
    "sinh": Unary(arb.sinh, lambda x, v: x.cosh()),
    "cosh": Unary(arb.cosh, lambda x, v: x.sinh()),
    "tanh": Unary(_evaluate_at_ends(arb.tanh), lambda x, v: x.sech() ** 2),
    "arcsinh": Unary(arb.asinh, lambda x, v: (1 + x * x).rsqrt()),
    "arccosh": Unary(arb.acosh, lambda x, v: (x * x - 1).rsqrt()),
    "arctanh": Unary(arb.atanh, lambda x, v: 1 / (1 - x * x)),
    "logistic": Unary(lambda x: 1 / (1 + (-x).exp()), lambda x, v: (x / 2).sech() ** 2 / 4),
    "erf": Unary(arb.erf, lambda x, v: _compute_two_over_root_pi() * (-x * x).exp()),
    "erfc": Unary(arb.erfc, lambda x, v: -_compute_two_over_root_pi() * (-x * x).exp()),
    "erfinv": Unary(arb.erfinv, lambda x, v: (v * v).exp() / _compute_two_over_root_pi()),
    "lgamma": Unary(arb.lgamma, lambda x, v: x.digamma()),
    "digamma": Unary(arb.digamma, lambda x, v: arb(2).zeta(x)),
}

_ONE, _MINUS_ONE = arb(1), arb(-1)

BINARY = {
    "add": Binary(operator.add, lambda a, b, v: _ONE, lambda a, b, v: _ONE, True, True, True),
    "sub": Binary(operator.sub, lambda a, b, v: _ONE, lambda a, b, v: _MINUS_ONE, True, True, True),
    "mul": Binary(operator.mul, lambda a, b, v: b, lambda a, b, v: a, True, True),
    "truediv": Binary(operator.truediv, lambda a, b, v: 1 / b, lambda a, b, v: -v / b, True),
    "pow": Binary(operator.pow, _differentiate_power, lambda a, b, v: v * a.log()),
    "logaddexp": Binary(
        _evaluate_at_ends(lambda a, b: (a.exp() + b.exp()).log()),
        lambda a, b, v: (a - v).exp(),
        lambda a, b, v: (b - v).exp(),
    ),
    "hypot": Binary(lambda a, b: (a * a + b * b).sqrt(), lambda a, b, v: a / v, lambda a, b, v: b / v),
    "arctan2": Binary(
        lambda a, b: arb.atan2(a, b),
        lambda a, b, v: b / (a * a + b * b),
        lambda a, b, v: -a / (a * a + b * b),
    ),
}


def make_fixed(number: object, dtype: object = None) -> "Fixed":  # noqa: ARG001  (the form of every such function)
    """Return a number that stands in the code as a ball. Raises `TypeError` for what is no real number."""
    value = enclose(number)
    if value is NotImplemented:
        raise TypeError(f"{number!r} is no real number")
    return Fixed(value)


class StaleValueError(ArithmeticError):
    """A computation used a ball that was made in another one."""

    def __init__(self) -> None:
        super().__init__("uses a value that was kept from another call")


def enclose(number: object) -> Any:
    """Return the `arb` that encloses a number, or `NotImplemented` for what is no real number of at most 64 bits."""
    if isinstance(number, Ball):
        return number.value
    if isinstance(number, int | np.integer | np.bool_):
        return arb(int(number))
    if isinstance(number, float | np.float32 | np.float16):
        return _enclose_constant(float(number))
    return NotImplemented


def _enclose_constant(number: float) -> arb:
    context = CURRENT.context
    if context.constant_error is None or (math.frexp(number)[0] * context.exact_grid).is_integer():
        return arb(number)
    return arb(number) * (1 + context.constant_error)


def _define_operator(name: str) -> tuple[Callable[[Any, Any], Any], Callable[[Any, Any], Any]]:
    """Return `__name__` and `__rname__`."""
    f = BINARY[name]
    return lambda self, other: self.apply_binary(f, other), lambda self, other: self.apply_binary(f, other, True)


def _define_comparison(relation: str, holds: Callable[[arb, arb], bool], fails: Callable[[arb, arb], bool]) -> Any:
    def compare(self: "Ball", other: object) -> Any:
        if other is self:
            return relation in ("<=", ">=", "==")
        right = enclose(other)
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

    def apply_unary(self, f: Unary) -> "Ball":
        """Return f of this ball."""
        return type(self)(f.apply(self.value))

    def apply_binary(self, f: Binary, other: object, reflected: bool = False) -> Any:
        """Return f of this ball and another number or, if reflected, of that first.

        Returns `NotImplemented` for what is no number, and for a ball of another kind, which knows more.
        """
        kind = type(other)
        if kind is Ball or kind is Fixed:
            value = other.value  # type: ignore[attr-defined]
        elif isinstance(other, Ball) or (value := enclose(other)) is NotImplemented:
            return NotImplemented
        result = f.apply(value, self.value) if reflected else f.apply(self.value, value)
        return Fixed(result) if kind is not Ball and type(self) is Fixed else Ball(result)

    __add__, __radd__ = _define_operator("add")
    __sub__, __rsub__ = _define_operator("sub")
    __mul__, __rmul__ = _define_operator("mul")
    __truediv__, __rtruediv__ = _define_operator("truediv")
    __pow__, __rpow__ = _define_operator("pow")

    def __neg__(self) -> "Ball":
        return type(self)(-self.value)

    def __abs__(self) -> "Ball":
        return type(self)(abs(self.value))

    __lt__ = _define_comparison("<", operator.lt, operator.ge)
    __le__ = _define_comparison("<=", operator.le, operator.gt)
    __gt__ = _define_comparison(">", operator.gt, operator.le)
    __ge__ = _define_comparison(">=", operator.ge, operator.lt)
    __eq__ = _define_comparison("==", operator.eq, operator.ne)
    __ne__ = _define_comparison("!=", operator.ne, operator.eq)
    __hash__ = None  # type: ignore[assignment]  # equality may be undecided

    def decide(self, relation: str, holds: bool, fails: bool, other: object, value: arb) -> bool:
        """Decide a comparison with another number, of which at most one of `holds` and `fails` is known."""
        if holds != fails:
            return holds
        return decide_open(relation, self.value, value, lambda: Operands(self, other), exact=False)

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

    def compare_sign(self, other: Difference) -> int:
        if not isinstance(other, Operands):
            return 0
        a, b = self.right, other.right
        if self.left is other.left and (a is b or not (isinstance(a, Ball) or isinstance(b, Ball) or a != b)):
            return 1
        return -1 if self.left is other.right and self.right is other.left else 0


class Fixed(Ball):
    """A number that stands in the code, such as the zeros of a buffer: it goes with balls of any kind."""

    __slots__ = ()


def _delegate_to_array(name: str) -> property:
    """Give a ball what a scalar of NumPy's has: that of the array without axes that holds the ball."""

    def attribute(self: Ball) -> Any:
        held = empty((), dtype=object)
        held[()] = self
        return getattr(held, name)

    return property(attribute)


for _name in (
    "T", "astype", "clip", "copy", "dot", "dtype", "flatten", "item", "max", "mean", "min", "ndim", "prod", "ravel",
    "reshape", "shape", "size", "squeeze", "std", "sum", "tolist", "transpose", "var",
):  # fmt: skip
    setattr(Ball, _name, _delegate_to_array(_name))


def _define_binary(f: Binary) -> Callable[[Ball, Any], Any]:
    def method(self: Ball, other: Any) -> Any:
        result = self.apply_binary(f, other)
        return other.apply_binary(f, self, True) if result is NotImplemented and isinstance(other, Ball) else result

    return method


for _name, _unary in UNARY.items():
    setattr(Ball, _name, lambda self, f=_unary: self.apply_unary(f))
for _name in ("logaddexp", "hypot", "arctan2"):  # the others are operators
    setattr(Ball, _name, _define_binary(BINARY[_name]))
