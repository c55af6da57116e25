"""The functions that balls have: each with its derivative, and as it is on floats.

`UNARY` and `BINARY` are tables, one line a function; NumPy calls a method of that name of every element of an array.
"""

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from flint import arb


@dataclass(frozen=True, slots=True, eq=False)
class Unary:
    """v = f(x), and ∂v/∂x as a function of x and v; on floats, NumPy's, or v rounded if NumPy has none."""

    apply: Callable[[arb], arb]
    slope: Callable[[arb, arb], arb]
    on_floats: Callable[[Any], Any] | None = None
    is_bounded: bool = True  # its error on floats is: by the figure of a library function

    def apply_to_float(self, x: Any, v: arb) -> Any:
        """Return f of the float x, where v is f of the ball that it stands in."""
        if self.on_floats is not None:
            return self.on_floats(x)
        return type(x)(float(v.mid()))


@dataclass(frozen=True, slots=True, eq=False)
class Binary:
    """v = f(a, b), and ∂v/∂a and ∂v/∂b as functions of a, b and v; on floats; and in what it is linear."""

    on_floats: Callable[[Any, Any], Any]
    apply: Callable[[arb, arb], arb]
    by_left: Callable[[arb, arb, arb], arb]
    by_right: Callable[[arb, arb, arb], arb]
    linear_in_left: bool = False  # b being constant
    linear_in_right: bool = False
    linear_in_both: bool = False  # at once
    is_bounded: bool = True  # its error on floats is: by the figure of a library function


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


def _raise_to_power(a: arb, b: arb) -> arb:
    """Return a^b; for an integer b by products where a may be 0, since FLINT takes a logarithm there."""
    if not a.contains(0) or not b.is_integer():
        return a**b
    n = int(float(b))
    power, square = arb(1), a
    for bit in reversed(f"{abs(n):b}"):
        power = power * square if bit == "1" else power
        square = square * square
    return power if n >= 0 else 1 / power


def _differentiate_power(a: arb, b: arb, v: arb) -> arb:  # noqa: ARG001  (the form of every partial derivative)
    """Return ∂(a^b)/∂a; NaN for a fractional b where a may not be positive, since the power is not defined beyond 0."""
    if b.is_zero():
        return arb(0)
    return b * _raise_to_power(a, b - 1) if b.is_integer() or a > 0 else arb.nan()


def _differentiate_by_exponent(a: arb, b: arb, v: arb) -> arb:
    """Return ∂(a^b)/∂b; 0^b is 0 for all b near a positive one."""
    return arb(0) if a.is_zero() and b > 0 else v * a.log()


def _raise_float(a: Any, b: Any) -> Any:
    power = a**b
    return float("nan") if isinstance(power, complex) else power  # of numbers of Python's


UNARY = {
    "exp": Unary(_evaluate_at_ends(arb.exp), lambda x, v: v, np.exp),
    "exp2": Unary(lambda x: (x * arb.const_log2()).exp(), lambda x, v: v * arb.const_log2(), np.exp2),
    "expm1": Unary(_evaluate_at_ends(arb.expm1), lambda x, v: x.exp(), np.expm1),
    "log": Unary(arb.log, lambda x, v: 1 / x, np.log),
    "log1p": Unary(arb.log1p, lambda x, v: 1 / (1 + x), np.log1p),
    "log2": Unary(lambda x: x.log() / arb.const_log2(), lambda x, v: 1 / (x * arb.const_log2()), np.log2),
    "log10": Unary(lambda x: x.log() / arb.const_log10(), lambda x, v: 1 / (x * arb.const_log10()), np.log10),
    "sqrt": Unary(arb.sqrt, lambda x, v: 1 / (2 * v), np.sqrt),
    "cbrt": Unary(_take_cube_root, lambda x, v: v / (3 * x), np.cbrt),
    "rsqrt": Unary(arb.rsqrt, lambda x, v: -v / (2 * x)),
    "sin": Unary(arb.sin, lambda x, v: x.cos(), np.sin),
    "cos": Unary(arb.cos, lambda x, v: -x.sin(), np.cos),
    "tan": Unary(arb.tan, lambda x, v: x.sec() ** 2, np.tan),
    "arcsin": Unary(arb.asin, lambda x, v: (1 - x * x).rsqrt(), np.arcsin),
    "arccos": Unary(arb.acos, lambda x, v: -(1 - x * x).rsqrt(), np.arccos),
    "arctan": Unary(arb.atan, lambda x, v: 1 / (1 + x * x), np.arctan),
    "sinh": Unary(arb.sinh, lambda x, v: x.cosh(), np.sinh),
    "cosh": Unary(arb.cosh, lambda x, v: x.sinh(), np.cosh),
    "tanh": Unary(_evaluate_at_ends(arb.tanh), lambda x, v: x.sech() ** 2, np.tanh),
    "arcsinh": Unary(arb.asinh, lambda x, v: (1 + x * x).rsqrt(), np.arcsinh),
    "arccosh": Unary(arb.acosh, lambda x, v: (x * x - 1).rsqrt(), np.arccosh),
    "arctanh": Unary(arb.atanh, lambda x, v: 1 / (1 - x * x), np.arctanh),
    "logistic": Unary(lambda x: 1 / (1 + (-x).exp()), lambda x, v: (x / 2).sech() ** 2 / 4),
    "erf": Unary(arb.erf, lambda x, v: _compute_two_over_root_pi() * (-x * x).exp()),
    "erfc": Unary(arb.erfc, lambda x, v: -_compute_two_over_root_pi() * (-x * x).exp()),
    "erfinv": Unary(arb.erfinv, lambda x, v: (v * v).exp() / _compute_two_over_root_pi()),
    "lgamma": Unary(arb.lgamma, lambda x, v: x.digamma()),
    "digamma": Unary(arb.digamma, lambda x, v: arb(2).zeta(x)),
}

_ONE, _MINUS_ONE = arb(1), arb(-1)

BINARY = {
    "add": Binary(operator.add, operator.add, lambda a, b, v: _ONE, lambda a, b, v: _ONE, True, True, True),
    "sub": Binary(operator.sub, operator.sub, lambda a, b, v: _ONE, lambda a, b, v: _MINUS_ONE, True, True, True),
    "mul": Binary(operator.mul, operator.mul, lambda a, b, v: b, lambda a, b, v: a, True, True),
    "truediv": Binary(operator.truediv, operator.truediv, lambda a, b, v: 1 / b, lambda a, b, v: -v / b, True),
    "pow": Binary(_raise_float, _raise_to_power, _differentiate_power, _differentiate_by_exponent),
    "logaddexp": Binary(
        np.logaddexp,
        _evaluate_at_ends(lambda a, b: (a.exp() + b.exp()).log()),
        lambda a, b, v: (a - v).exp(),
        lambda a, b, v: (b - v).exp(),
    ),
    "hypot": Binary(np.hypot, lambda a, b: (a * a + b * b).sqrt(), lambda a, b, v: a / v, lambda a, b, v: b / v),
    "arctan2": Binary(
        np.arctan2,
        lambda a, b: arb.atan2(a, b),
        lambda a, b, v: b / (a * a + b * b),
        lambda a, b, v: -a / (a * a + b * b),
    ),
}
