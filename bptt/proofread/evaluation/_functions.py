"""The functions of one number that are known: each with its derivative, one line a function."""

from collections.abc import Callable
from fractions import Fraction
from typing import NamedTuple

from flint import arb

from bptt.balls import UNARY
from bptt.proofread import _expressions as ex
from bptt.proofread._expressions import ONE, ZERO, Constant, Expression, Function, Power, add, multiply, negate


class Known(NamedTuple):
    """A function on balls, and its derivative as an expression of the `Parameter`."""

    apply: Callable[[arb], arb]
    slope: Expression


_X = ex.Parameter()
_TWO = Constant(Fraction(2))
_PI = multiply(Constant(Fraction(4)), Function("arctan", 0, ONE))


def _of_x(name: str) -> Function:
    return Function(name, 0, _X)


def _square(base: Expression) -> Power:
    return Power(base, Fraction(2))


def _invert(base: Expression) -> Power:
    return Power(base, Fraction(-1))


def _invert_root(base: Expression) -> Power:
    return Power(base, Fraction(-1, 2))


def _apply_between_jumps(apply: Callable[[arb], arb]) -> Callable[[arb], arb]:
    """Make a function that jumps at 0 one that has no value for a ball that contains 0."""
    return lambda x: arb.nan() if x.contains(0) else apply(x)


_SQUARED_X = _square(_X)

FUNCTIONS: dict[str, Known] = {
    "exp": Known(UNARY["exp"].apply, _of_x("exp")),
    "log": Known(UNARY["log"].apply, _invert(_X)),
    "sqrt": Known(UNARY["sqrt"].apply, multiply(Constant(Fraction(1, 2)), _invert_root(_X))),
    "tanh": Known(UNARY["tanh"].apply, add(ONE, negate(_square(_of_x("tanh"))))),
    "logistic": Known(UNARY["logistic"].apply, multiply(_of_x("logistic"), add(ONE, negate(_of_x("logistic"))))),
    "softplus": Known(lambda x: x.exp().log1p(), _of_x("logistic")),
    "relu": Known(arb.nonnegative_part, _of_x("step")),
    "abs": Known(abs, _of_x("sign")),
    "sign": Known(_apply_between_jumps(arb.sgn), ZERO),
    "step": Known(_apply_between_jumps(lambda x: (1 + x.sgn()) / 2), ZERO),
    "erf": Known(UNARY["erf"].apply, multiply(_TWO, _invert_root(_PI), Function("exp", 0, negate(_SQUARED_X)))),
    "sin": Known(UNARY["sin"].apply, _of_x("cos")),
    "cos": Known(UNARY["cos"].apply, negate(_of_x("sin"))),
    "tan": Known(UNARY["tan"].apply, add(ONE, _square(_of_x("tan")))),
    "sec": Known(arb.sec, multiply(_of_x("sec"), _of_x("tan"))),
    "csc": Known(arb.csc, negate(multiply(_of_x("csc"), _of_x("cot")))),
    "cot": Known(arb.cot, negate(add(ONE, _square(_of_x("cot"))))),
    "arcsin": Known(UNARY["arcsin"].apply, _invert_root(add(ONE, negate(_SQUARED_X)))),
    "arccos": Known(UNARY["arccos"].apply, negate(_invert_root(add(ONE, negate(_SQUARED_X))))),
    "arctan": Known(UNARY["arctan"].apply, _invert(add(ONE, _SQUARED_X))),
    "sinh": Known(UNARY["sinh"].apply, _of_x("cosh")),
    "cosh": Known(UNARY["cosh"].apply, _of_x("sinh")),
    "arcsinh": Known(UNARY["arcsinh"].apply, _invert_root(add(ONE, _SQUARED_X))),
    "arctanh": Known(UNARY["arctanh"].apply, _invert(add(ONE, negate(_SQUARED_X)))),
}
