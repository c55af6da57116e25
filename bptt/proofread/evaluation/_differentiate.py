"""The derivative of an index expression, rule by rule."""

from collections.abc import Container
from dataclasses import replace
from fractions import Fraction
from typing import NamedTuple

from bptt.proofread import _expressions as ex
from bptt.proofread._expressions import ONE, ZERO, Entry, Expression, Function, Power, Step, add, multiply, negate
from bptt.proofread.evaluation._budget import Budget, TooLarge

NOWHERE = Step("", -(10**6))  # the home of a derivative of what has no step, by what has none: no step that there is

_X = ex.Parameter()
_SQUARE, _INVERSE = Fraction(2), Fraction(-1)


def _of_x(name: str) -> Function:
    return Function(name, 0, _X)


SLOPES: dict[str, Expression] = {
    "exp": _of_x("exp"),
    "log": Power(_X, _INVERSE),
    "tanh": add(ONE, negate(Power(_of_x("tanh"), _SQUARE))),
    "logistic": multiply(_of_x("logistic"), add(ONE, negate(_of_x("logistic")))),
    "sin": _of_x("cos"),
    "cos": negate(_of_x("sin")),
    "tan": add(ONE, Power(_of_x("tan"), _SQUARE)),
    "sinh": _of_x("cosh"),
    "cosh": _of_x("sinh"),
    "arctan": Power(add(ONE, Power(_X, _SQUARE)), _INVERSE),
    "sqrt": multiply(ex.Constant(Fraction(1, 2)), Power(_X, Fraction(-1, 2))),
}  # the derivative of each function that is known, by its argument


class Differentiation(NamedTuple):
    """The derivative by an entry, or by the parameter of a function where `by` is None.

    A quantity that is `defined` depends on others, as its definition says; with a `home`, those at other steps do not.
    """

    by: Entry | None
    home: Step | None
    defined: Container[ex.Quantity]
    budget: Budget

    def differentiate(self, node: Expression) -> Expression:
        """Return the derivative of an expression, with the same free indices and those of `by`. Raises `TooLarge`."""
        self.budget.spend(5)  # derivatives of derivatives grow; this ends them before they are evaluated
        match node:
            case Entry() if self.by is not None and node.quantity in self.defined:
                return ex.Slope(node, (self.by,), self.home)
            case Entry() if self.by is not None and node.quantity == self.by.quantity:
                return compare_entries(node, self.by)
            case ex.Slope() if self.by is not None:
                return replace(node, by=(*node.by, self.by))
            case ex.Parameter():
                return ONE if self.by is None else ZERO
            case ex.Plus():
                return add(*map(self.differentiate, node.terms))
            case ex.Times():
                factors = node.factors
                self.budget.spend(len(factors) ** 2)
                slopes = map(self.differentiate, factors)
                return add(*(multiply(*factors[:n], slope, *factors[n + 1 :]) for n, slope in enumerate(slopes)))
            case Power():
                slope = multiply(ex.Constant(node.exponent), Power(node.base, node.exponent - 1))
                return multiply(slope, self.differentiate(node.base))
            case Function():
                return multiply(replace(node, order=node.order + 1), self.differentiate(node.argument))
            case ex.Total() | ex.OverSteps():
                return self._differentiate_repeated(node)
            case ex.Concatenation():
                return replace(node, parts=tuple((index, self.differentiate(body)) for index, body in node.parts))
            case ex.Partial():
                return self.differentiate(expand(node, self.defined, self.budget))
            case ex.MatrixProduct():
                raise TooLarge("the derivative of a product of matrices is not taken")
            case _:
                return ZERO

    def _differentiate_repeated(self, node: ex.Total | ex.OverSteps) -> Expression:
        slope = self.differentiate(node.body)
        if slope == ZERO:
            return ZERO
        if not node.product:
            return replace(node, body=slope)
        # The derivative of Π f is Π f · Σ f'/f.
        relative = replace(node, body=multiply(slope, Power(node.body, _INVERSE)), product=False)
        return multiply(node, relative)


def compare_entries(left: Entry, right: Entry) -> Expression:
    """Build what is 1 where two entries of one quantity are the same, else 0."""
    deltas = (ex.Delta(a, b) for a, b in zip(left.indices, right.indices, strict=True))
    steps = (ex.SameStep(left.step, right.step),) if left.step and right.step else ()
    return multiply(*steps, *deltas)


def expand(node: ex.Partial, defined: Container[ex.Quantity], budget: Budget) -> Expression:
    """Carry out a derivative. Raises `TooLarge`.

    An immediate one goes through the quantities at the step of its numerator, or else of its denominator, alone.
    """
    of_step = node.of.step if isinstance(node.of, Entry) else None
    home = (of_step or node.by.step or NOWHERE) if node.immediate else None
    return Differentiation(node.by, home, defined, budget).differentiate(node.of)
