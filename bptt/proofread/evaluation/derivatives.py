"""The derivative of an index expression, rule by rule."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

from bptt.proofread.evaluation.budget import Budget, TooLarge
from bptt.proofread.expressions import (
    ONE,
    ZERO,
    Concatenation,
    Constant,
    Delta,
    Entry,
    Expression,
    Function,
    MatrixProduct,
    OverSteps,
    Parameter,
    Partial,
    Plus,
    Power,
    Quantity,
    SameStep,
    Slope,
    Step,
    Times,
    Total,
    plus,
    times,
)

NOWHERE = Step("", -(10**6))  # the home of a derivative of what has no step, by what has none

_X = Parameter()


def _of(name: str) -> Function:
    return Function(name, 0, _X)


def _power(base: Expression, exponent: Fraction | int) -> Expression:
    return Power(base, Fraction(exponent))


_HALF, _MINUS = Constant(Fraction(1, 2)), Constant(Fraction(-1))

SLOPES: dict[str, Expression] = {
    "exp": _of("exp"),
    "log": _power(_X, -1),
    "tanh": plus(ONE, times(_MINUS, _power(_of("tanh"), 2))),
    "logistic": times(_of("logistic"), plus(ONE, times(_MINUS, _of("logistic")))),
    "sin": _of("cos"),
    "cos": times(_MINUS, _of("sin")),
    "tan": plus(ONE, _power(_of("tan"), 2)),
    "sinh": _of("cosh"),
    "cosh": _of("sinh"),
    "arctan": _power(plus(ONE, _power(_X, 2)), -1),
    "sqrt": times(_HALF, _power(_X, Fraction(-1, 2))),
}  # the derivative of each function that is known, by its argument


class Differentiation:
    """The derivative by an entry, or by the parameter of a function where `by` is None.

    A quantity that `is_defined` depends on others, as its definition says; with a `home`, those at other steps do not.
    """

    def __init__(
        self, by: Entry | None, home: Step | None, is_defined: Callable[[Quantity], bool], budget: Budget
    ) -> None:
        self.budget = budget
        self.by = by
        self.home = home
        self.is_defined = is_defined

    def of(self, node: Expression) -> Expression:
        """The derivative of an expression, with the same free indices and those of `by`. Raises `TooLarge`."""
        self.budget.spend(5)
        match node:
            case Entry():
                return self._of_entry(node)
            case Slope() if self.by is not None:
                return replace(node, by=(*node.by, self.by))
            case Parameter():
                return ONE if self.by is None else ZERO
            case Plus():
                return plus(*map(self.of, node.terms))
            case Times():
                return self._of_product(node.factors)
            case Power():
                slope = times(Constant(node.exponent), Power(node.base, node.exponent - 1))
                return times(slope, self.of(node.base))
            case Function():
                return times(replace(node, order=node.order + 1), self.of(node.argument))
            case Total() | OverSteps():
                return self._of_repeated(node)
            case Concatenation():
                return replace(node, parts=tuple((index, self.of(body)) for index, body in node.parts))
            case Partial():
                return self.of(expanded(node, self.is_defined, self.budget))
            case MatrixProduct():
                raise TooLarge("the derivative of a product of matrices is not taken")
            case _:
                return ZERO

    def _of_entry(self, entry: Entry) -> Expression:
        if self.by is None:
            return ZERO
        if self.is_defined(entry.quantity):
            return Slope(entry, (self.by,), self.home)
        if entry.quantity != self.by.quantity:
            return ZERO
        return same_entry(entry, self.by)

    def _of_product(self, factors: tuple[Expression, ...]) -> Expression:
        self.budget.spend(len(factors) ** 2)
        terms = (times(*factors[:n], self.of(factor), *factors[n + 1 :]) for n, factor in enumerate(factors))
        return plus(*terms)

    def _of_repeated(self, node: Total | OverSteps) -> Expression:
        slope = self.of(node.body)
        if slope == ZERO:
            return ZERO
        if not node.product:
            return replace(node, body=slope)
        relative = replace(node, body=times(slope, Power(node.body, Fraction(-1))), product=False)
        return times(node, relative)


def same_entry(left: Entry, right: Entry) -> Expression:
    """1 where two entries of one quantity are the same, else 0."""
    deltas = (Delta(a, b) for a, b in zip(left.indices, right.indices, strict=True))
    steps = (SameStep(left.step, right.step),) if left.step and right.step else ()
    return times(*steps, *deltas)


def expanded(node: Partial, is_defined: Callable[[Quantity], bool], budget: Budget) -> Expression:
    """A derivative, carried out."""
    return Differentiation(node.by, home_of(node) if node.immediate else None, is_defined, budget).of(node.of)


def home_of(node: Partial) -> Step:
    """The step whose quantities an immediate derivative goes through: that of the numerator, else the denominator."""
    if isinstance(node.of, Entry) and node.of.step is not None:
        return node.of.step
    return node.by.step or NOWHERE
