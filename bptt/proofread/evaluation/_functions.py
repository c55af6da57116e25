"""The functions that are known: those of one number, each with its derivative, one line a function; and of matrices."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from flint import arb, arb_mat

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


def _power(base: Expression, exponent: float) -> Power:
    return Power(base, Fraction(exponent))


def _apply_between_jumps(apply: Callable[[arb], arb]) -> Callable[[arb], arb]:
    """Make a function that jumps at 0 one that has no value for a ball that contains 0."""
    return lambda x: arb.nan() if x.contains(0) else apply(x)


_SQUARED_X = _power(_X, 2)

FUNCTIONS: dict[str, Known] = {
    "exp": Known(UNARY["exp"].apply, _of_x("exp")),
    "log": Known(UNARY["log"].apply, _power(_X, -1)),
    "sqrt": Known(UNARY["sqrt"].apply, multiply(Constant(Fraction(1, 2)), _power(_X, -0.5))),
    "tanh": Known(UNARY["tanh"].apply, add(ONE, negate(_power(_of_x("tanh"), 2)))),
    "logistic": Known(UNARY["logistic"].apply, multiply(_of_x("logistic"), add(ONE, negate(_of_x("logistic"))))),
    "softplus": Known(lambda x: x.exp().log1p(), _of_x("logistic")),
    "relu": Known(arb.nonnegative_part, _of_x("step")),
    "abs": Known(abs, _of_x("sign")),
    "sign": Known(_apply_between_jumps(arb.sgn), ZERO),
    "step": Known(_apply_between_jumps(lambda x: (1 + x.sgn()) / 2), ZERO),
    "erf": Known(UNARY["erf"].apply, multiply(_TWO, _power(_PI, -0.5), Function("exp", 0, negate(_SQUARED_X)))),
    "sin": Known(UNARY["sin"].apply, _of_x("cos")),
    "cos": Known(UNARY["cos"].apply, negate(_of_x("sin"))),
    "tan": Known(UNARY["tan"].apply, add(ONE, _power(_of_x("tan"), 2))),
    "arcsin": Known(UNARY["arcsin"].apply, _power(add(ONE, negate(_SQUARED_X)), -0.5)),
    "arccos": Known(UNARY["arccos"].apply, negate(_power(add(ONE, negate(_SQUARED_X)), -0.5))),
    "arctan": Known(UNARY["arctan"].apply, _power(add(ONE, _SQUARED_X), -1)),
    "sinh": Known(UNARY["sinh"].apply, _of_x("cosh")),
    "cosh": Known(UNARY["cosh"].apply, _of_x("sinh")),
}


def _invert_matrix(matrix: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the inverse; without a value for a matrix that may have none."""
    try:
        inverse = arb_mat(matrix.tolist()).inv()
    except ZeroDivisionError:
        return np.full(matrix.shape, arb.nan(), dtype=object)
    return np.array(inverse.entries(), dtype=object).reshape(matrix.shape)


def _take_determinant(matrix: npt.NDArray[Any]) -> arb:
    return arb_mat(matrix.tolist()).det()


# Of matrices that lie along the last two axes.
OF_MATRICES: dict[str, Callable[[npt.NDArray[Any]], npt.NDArray[Any]]] = {
    "inverse": np.vectorize(_invert_matrix, otypes=[object], signature="(n,n)->(n,n)"),
    "det": np.vectorize(_take_determinant, otypes=[object], signature="(n,n)->()"),
    "log det": np.vectorize(lambda matrix: _take_determinant(matrix).log(), otypes=[object], signature="(n,n)->()"),
}
