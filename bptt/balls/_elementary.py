"""The functions that balls have, each with its derivative. NumPy calls a method of that name of every element."""

from collections.abc import Callable
from typing import NamedTuple

from flint import arb


class Unary(NamedTuple):
    """v = f(x), and ∂v/∂x as a function of x and v."""

    apply: Callable[[arb], arb]
    slope: Callable[[arb, arb], arb]


class Binary(NamedTuple):
    """v = f(a, b), and ∂v/∂a and ∂v/∂b as functions of a, b and v."""

    apply: Callable[[arb, arb], arb]
    by_left: Callable[[arb, arb, arb], arb]
    by_right: Callable[[arb, arb, arb], arb]


def _increasing(f: Callable[..., arb]) -> Callable[..., arb]:
    """f, which of wide balls is computed at both ends: FLINT's own may be far wider than all values of f."""

    def between_the_ends(*x: arb) -> arb:
        if all(ball.rad() < _NARROW for ball in x) or not all(ball.is_finite() for ball in x):
            return f(*x)
        return f(*(ball.lower() for ball in x)).union(f(*(ball.upper() for ball in x)))

    return between_the_ends


_NARROW = arb(2) ** -4


def _logistic(x: arb) -> arb:
    return 1 / (1 + (-x).exp())


def _cube_root(x: arb) -> arb:
    if x.is_zero():
        return x
    return -((-x).root(3)) if x < 0 else x.root(3)


def _two_over_root_pi() -> arb:
    return 2 / arb.const_sqrt_pi()


UNARY = {
    "exp": Unary(_increasing(arb.exp), lambda x, v: v),
    "exp2": Unary(lambda x: (x * arb.const_log2()).exp(), lambda x, v: v * arb.const_log2()),
    "expm1": Unary(_increasing(arb.expm1), lambda x, v: x.exp()),
    "log": Unary(arb.log, lambda x, v: 1 / x),
    "log1p": Unary(arb.log1p, lambda x, v: 1 / (1 + x)),
    "log2": Unary(lambda x: x.log() / arb.const_log2(), lambda x, v: 1 / (x * arb.const_log2())),
    "log10": Unary(lambda x: x.log() / arb.const_log10(), lambda x, v: 1 / (x * arb.const_log10())),
    "sqrt": Unary(arb.sqrt, lambda x, v: 1 / (2 * v)),
    "cbrt": Unary(_cube_root, lambda x, v: v / (3 * x)),
    "rsqrt": Unary(arb.rsqrt, lambda x, v: -v / (2 * x)),
    "sin": Unary(arb.sin, lambda x, v: x.cos()),
    "cos": Unary(arb.cos, lambda x, v: -x.sin()),
    "tan": Unary(arb.tan, lambda x, v: x.sec() ** 2),
    "arcsin": Unary(arb.asin, lambda x, v: (1 - x * x).rsqrt()),
    "arccos": Unary(arb.acos, lambda x, v: -(1 - x * x).rsqrt()),
    "arctan": Unary(arb.atan, lambda x, v: 1 / (1 + x * x)),
    "sinh": Unary(arb.sinh, lambda x, v: x.cosh()),
    "cosh": Unary(arb.cosh, lambda x, v: x.sinh()),
    "tanh": Unary(_increasing(arb.tanh), lambda x, v: x.sech() ** 2),
    "arcsinh": Unary(arb.asinh, lambda x, v: (1 + x * x).rsqrt()),
    "arccosh": Unary(arb.acosh, lambda x, v: (x * x - 1).rsqrt()),
    "arctanh": Unary(arb.atanh, lambda x, v: 1 / (1 - x * x)),
    "logistic": Unary(_logistic, lambda x, v: (x / 2).sech() ** 2 / 4),
    "erf": Unary(arb.erf, lambda x, v: _two_over_root_pi() * (-x * x).exp()),
    "erfc": Unary(arb.erfc, lambda x, v: -_two_over_root_pi() * (-x * x).exp()),
    "erfinv": Unary(arb.erfinv, lambda x, v: (v * v).exp() / _two_over_root_pi()),
    "lgamma": Unary(arb.lgamma, lambda x, v: x.digamma()),
    "digamma": Unary(arb.digamma, lambda x, v: arb(2).zeta(x)),
}

BINARY = {
    "logaddexp": Binary(
        _increasing(lambda a, b: (a.exp() + b.exp()).log()),
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
