"""For which sizes an equation holds that holds at some: a monomial that fails needs no more values of an index than it
has letters of that range.

The rule stands where both sides are polynomials in independent tensors (an activation's value counts as one), every
summed index sits on a tensor that is not a δ, and no size stands in the formula.
"""

from collections import Counter
from collections.abc import Mapping

from bptt.derivation.evaluation.budget import Budget
from bptt.derivation.evaluation.derivatives import Differentiation, expanded
from bptt.derivation.evaluation.valuation import Valuation
from bptt.derivation.expressions import (
    Concatenation,
    Constant,
    Definition,
    Delta,
    Entry,
    Expression,
    Function,
    OverSteps,
    Parameter,
    Partial,
    Plus,
    Power,
    Range,
    SameStep,
    Slope,
    Times,
    Total,
    renamed,
)


class NoRule(ValueError):  # noqa: N818
    """The rule does not apply. Says why."""


class Letters:
    """Counts the summed indices of the monomials of an expression, for each range, with its definitions expanded."""

    def __init__(self, valuation: Valuation, budget: Budget) -> None:
        self.valuation = valuation
        self.budget = budget

    def most(self, node: Expression, steps: Mapping[str, int], within_state: bool = False) -> Counter[str]:
        """The largest count of any monomial. Raises `NoRule`."""
        self.budget.spend(1)
        match node:
            case Constant() | Delta() | SameStep() | Parameter():
                return Counter()
            case Plus():
                return _largest([self.most(term, steps, within_state) for term in node.terms])
            case Times():
                return _together([self.most(factor, steps, within_state) for factor in node.factors])
            case Power() if isinstance(node.base, Constant):
                return Counter()
            case Power() if node.exponent.denominator == 1 and node.exponent > 0:
                return _together([self.most(node.base, steps, within_state)] * int(node.exponent))
            case Function() if within_state or isinstance(node.argument, Entry | Parameter):
                return Counter()
            case Total() if not node.product:
                return self._of_total(node, steps, within_state)
            case OverSteps() if not node.product:
                return self._of_steps(node, steps, within_state)
            case Entry():
                return self._of_entry(node, steps)
            case Partial():
                return self.most(expanded(node, self.valuation.is_defined, self.budget), steps)
            case Slope():
                return self._of_slope(node, steps)
            case Concatenation():
                raise NoRule("vectors are put behind one another")
        raise NoRule("it is no polynomial")

    def _of_total(self, node: Total, steps: Mapping[str, int], within_state: bool) -> Counter[str]:
        if not self._sits(node.body, node.index, steps):
            raise NoRule("a summed index sits on no tensor but δ")
        return self.most(node.body, steps, within_state) + Counter(self.valuation.range_of(node.index))

    def _of_steps(self, node: OverSteps, steps: Mapping[str, int], within_state: bool) -> Counter[str]:
        values = self.valuation.steps_of(node, steps)
        return _largest([self.most(node.body, {**steps, node.letter: step}, within_state) for step in values])

    def _of_entry(self, node: Entry, steps: Mapping[str, int]) -> Counter[str]:
        found = self.valuation.definition_of(node, steps)
        if found is None or isinstance(found[0].body, Function):
            return Counter()
        return self.most(found[0].body, found[1])

    def _of_slope(self, node: Slope, steps: Mapping[str, int]) -> Counter[str]:
        found = self.valuation.definition_of(node.of, steps)
        if found is None or self.valuation.same(node.of, node.by[0], steps):
            return Counter()
        definition, own = found
        body = self._expanded(node, definition, steps)
        return self.most(body, own, within_state=isinstance(definition.body, Function))

    def _sits(self, node: Expression, index: str, steps: Mapping[str, int]) -> bool:
        match node:
            case Plus():
                return all(self._sits(term, index, steps) for term in node.terms)
            case Times():
                return any(self._sits(factor, index, steps) for factor in node.factors)
            case Power() if node.exponent > 0:
                return self._sits(node.base, index, steps)
            case Total():
                return self._sits(node.body, index, steps)
            case OverSteps():
                values = self.valuation.steps_of(node, steps)
                return all(self._sits(node.body, index, {**steps, node.letter: step}) for step in values)
            case Entry():
                return index in node.indices
            case Partial():
                return self._sits(expanded(node, self.valuation.is_defined, self.budget), index, steps)
            case Function():
                return isinstance(node.argument, Entry) and index in node.argument.indices
            case Slope():
                return self._slope_sits(node, index, steps)
        return False

    def _slope_sits(self, node: Slope, index: str, steps: Mapping[str, int]) -> bool:
        """A slope is its definition's; that of an activation is a tensor with the indices of the activation."""
        found = self.valuation.definition_of(node.of, steps)
        if found is None or self.valuation.same(node.of, node.by[0], steps):
            return False
        definition, own = found
        if isinstance(definition.body, Function) and index in node.of.indices:
            return True
        return self._sits(self._expanded(node, definition, steps), index, own)

    def _expanded(self, node: Slope, definition: Definition, steps: Mapping[str, int]) -> Expression:
        body = renamed(definition.body, dict(zip(definition.indices, node.of.indices, strict=True)))
        for entry in node.by:
            fixed = self.valuation.fixed(entry, steps)
            body = Differentiation(fixed, None, self.valuation.is_defined, self.budget).of(body)
        return body


def _largest(counts: list[Counter[str]]) -> Counter[str]:
    largest: Counter[str] = Counter()
    for count in counts:
        largest |= count
    return largest


def _together(counts: list[Counter[str]]) -> Counter[str]:
    together: Counter[str] = Counter()
    for count in counts:
        together += count
    return together


def free_letters(free: tuple[str, ...], ranges: Mapping[str, Range]) -> Counter[str]:
    """How many free indices each range has."""
    return Counter(name for index in free for name in ranges[index])
