"""The derivative of an index expression, rule by rule."""

from collections.abc import Container
from dataclasses import replace
from fractions import Fraction
from typing import NamedTuple

from bptt.proofread import _expressions as ex
from bptt.proofread._expressions import ONE, ZERO, Entry, Expression, Power, Step, add, multiply, negate
from bptt.proofread._traversal import find_free_indices, find_free_steps, rename, replace_steps
from bptt.proofread.evaluation._budget import Budget, TooLarge

NOWHERE = Step("", -(10**6))  # the home of a derivative of what has no step, by what has none: no step that there is
FRESH = "′"  # behind the name of an index or a step, makes another one that runs over the same

_INVERSE = Fraction(-1)


class Differentiation(NamedTuple):
    """The derivative by an entry, or by the parameter of a function where `by` is None.

    A quantity that is `defined` depends on others, as its definition says; with a `home`, those at other steps do not;
    in a `direct` derivative, none does.
    """

    by: Entry | None
    home: Step | None
    defined: Container[ex.Quantity]
    budget: Budget
    direct: bool = False

    def differentiate(self, node: Expression) -> Expression:
        """Return the derivative of an expression, with the same free indices and those of `by`. Raises `TooLarge`."""
        self.budget.spend(5)  # derivatives of derivatives grow; this ends them before they are evaluated
        match node:
            case Entry():
                return self._differentiate_entry(node)
            case ex.Slope():
                return self._differentiate_slope(node)
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
            case ex.Function():
                return multiply(replace(node, order=node.order + 1), self.differentiate(node.argument))
            case ex.Total() | ex.OverSteps() | ex.MatrixProduct() | ex.OfMatrix():
                slope = self.differentiate(node.body)
                return ZERO if slope == ZERO else _differentiate_repeated(node, slope)
            case ex.Concatenation():
                return replace(node, parts=tuple((index, self.differentiate(body)) for index, body in node.parts))
            case ex.Partial():
                return self.differentiate(expand(node, self.defined, self.budget))
            case ex.Constant() | ex.Size() | ex.Delta() | ex.Mask():
                return ZERO

    def _differentiate_entry(self, node: Entry) -> Expression:
        by = self.by
        if by is None:
            return ZERO
        if node.quantity in self.defined and not self.direct:
            return ex.Slope(node, (by,), self.home)
        return compare_entries(node, by) if node.quantity == by.quantity else ZERO

    def _differentiate_slope(self, node: ex.Slope) -> Expression:
        """Return a second derivative. Raises `TooLarge` where it would hold other things than the first."""
        if self.by is None:
            return ZERO
        if (node.home, node.direct) != (self.home, self.direct):
            raise TooLarge("a derivative of a derivative that holds other things is not taken")
        return replace(node, by=(*node.by, self.by))


def _differentiate_repeated(
    node: ex.Total | ex.OverSteps | ex.MatrixProduct | ex.OfMatrix, slope: Expression
) -> Expression:
    """Return the derivative of a sum, a product or a function of a matrix, by that of its body."""
    if isinstance(node, ex.MatrixProduct):
        return _differentiate_matrix_product(node, slope)
    if isinstance(node, ex.OfMatrix):
        return _differentiate_of_matrix(node, slope)
    if not node.product:
        return replace(node, body=slope)
    # The derivative of Π f is Π f · Σ f'/f.
    return multiply(node, replace(node, body=multiply(slope, Power(node.body, _INVERSE)), product=False))


def _differentiate_matrix_product(node: ex.MatrixProduct, slope: Expression) -> Expression:
    """Return Σ_s (the product of those on the left of A_s) dA_s (the product of those on its right)."""
    row, column, slope = _name_axes_afresh(node, slope)
    (step,) = _name_afresh((node.letter,), find_free_steps(node) | find_free_steps(slope))
    slope = replace_steps(slope, {node.letter: Step(step, 0)})
    earlier, later = replace(node, last=Step(step, -1)), replace(node, first=Step(step, 1))
    on_left, on_right = (later, earlier) if node.descending else (earlier, later)
    left = replace(on_left, outer=(node.outer[0], row))
    right = replace(on_right, outer=(column, node.outer[1]))
    summed = ex.Total(row, ex.Total(column, multiply(left, slope, right)))
    return ex.OverSteps(step, node.first, node.last, summed)


def _differentiate_of_matrix(node: ex.OfMatrix, slope: Expression) -> Expression:
    """Return −A⁻¹ dA A⁻¹, det A tr(A⁻¹ dA) or tr(A⁻¹ dA)."""
    row, column, slope = _name_axes_afresh(node, slope)

    def invert(*outer: ex.Index) -> Expression:
        return ex.OfMatrix("inverse", node.body, node.inner, outer)

    if node.name == "inverse":
        product = multiply(invert(node.outer[0], row), slope, invert(column, node.outer[1]))
        return negate(ex.Total(row, ex.Total(column, product)))
    trace = ex.Total(row, ex.Total(column, multiply(invert(column, row), slope)))
    return trace if node.name == "log det" else multiply(node, trace)


def _name_axes_afresh(node: ex.MatrixProduct | ex.OfMatrix, slope: Expression) -> tuple[str, str, Expression]:
    """Name the rows and the columns of the derivative of a matrix like those of the matrix; return it with them."""
    row, column = _name_afresh(node.inner, {*find_free_indices(node), *find_free_indices(slope)})
    return row, column, rename(slope, dict(zip(node.inner, (row, column), strict=True)))


def _name_afresh(names: tuple[str, ...], taken: set[str]) -> list[str]:
    """Name indices or steps like others, so that what runs over the same is known, as none that is taken."""
    made = [name + FRESH for name in names]
    while not taken.isdisjoint(made):
        made = [name + FRESH for name in made]
    return made


def compare_entries(left: Entry, right: Entry) -> Expression:
    """Build what is 1 where two entries of one quantity are the same, else 0."""
    deltas = (ex.Delta(a, b) for a, b in zip(left.indices, right.indices, strict=True))
    steps = (ex.Mask("=", left.step, right.step),) if left.step and right.step else ()
    return multiply(*steps, *deltas)


def expand(node: ex.Partial, defined: Container[ex.Quantity], budget: Budget) -> Expression:
    """Carry out a derivative. Raises `TooLarge`.

    One that holds other steps goes through the quantities at the step of its numerator, or else of its denominator,
    alone. One that holds all goes through no quantity; a numerator that is one itself stands for its definition.
    """
    numerator = _find_numerator(node)
    if node.held == "all" and node.of == numerator and isinstance(numerator, Entry) and numerator.quantity in defined:
        return ex.Slope(numerator, (node.by,), None, direct=True)
    of_step = numerator.step if isinstance(numerator, Entry) else None
    home = (of_step or node.by.step or NOWHERE) if node.held == "other steps" else None
    return Differentiation(node.by, home, defined, budget, direct=node.held == "all").differentiate(node.of)


def _find_numerator(node: ex.Partial) -> Expression:
    """Find what is differentiated first, in a derivative of a derivative."""
    of: Expression = node
    while isinstance(of, ex.Partial) and of.held == node.held:
        of = of.of
    return of
