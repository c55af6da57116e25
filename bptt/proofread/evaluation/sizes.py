"""For which sizes an equation holds that holds at some: a monomial that fails needs no more values of an index than it
has letters of that range.

The rule stands where both sides are polynomials in independent tensors (an activation's value counts as one), every
summed index sits on a tensor that is not a δ, and no size stands in the formula.
"""

from collections import Counter
from collections.abc import Mapping
from fractions import Fraction

from bptt.proofread.evaluation.budget import Budget
from bptt.proofread.evaluation.derivatives import Differentiation, expanded
from bptt.proofread.evaluation.valuation import Valuation
from bptt.proofread.expressions import (
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
    walk,
)


class NoRule(ValueError):  # noqa: N818
    """The rule does not apply. Says why."""


class Letters:
    """Counts the summed indices of the monomials of an expression, for each range, with its definitions expanded."""

    def __init__(self, valuation: Valuation, budget: Budget) -> None:
        self.valuation = valuation
        self.budget = budget
        self.functions: set[str] = set()
        self._known: dict[object, Counter[str]] = {}

    def most(self, node: Expression, steps: Mapping[str, int], within_state: bool = False) -> Counter[str]:
        """The largest count of any monomial. Raises `NoRule`."""
        self.budget.spend(10)
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
            case Function() if within_state or self._is_generic(node.argument, steps):
                return self._of_function(node)
            case Total() if not node.product:
                return self._of_total(node, steps, within_state)
            case OverSteps() if not node.product:
                return self._of_steps(node, steps, within_state)
            case Entry():
                if not all(isinstance(index, str) for index in node.indices):
                    raise NoRule("an entry stands there by its number")
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
        key = (node.quantity, self.valuation.fixed(node, steps).step)
        if key not in self._known:
            found = self.valuation.definition_of(node, steps)
            body = Constant(Fraction(0)) if found is None else found[0].body
            own = {} if found is None else found[1]
            self._known[key] = self._of_state(body) if isinstance(body, Function) else self.most(body, own)
        return self._known[key]

    def _of_state(self, body: Function) -> Counter[str]:
        """The value of an activation is a tensor of its own, if what it is a value of can take any."""
        if not is_generic(body.argument):
            raise NoRule("a function of what may not take every value")
        return self._of_function(body)

    def _of_function(self, node: Function) -> Counter[str]:
        self.functions.add(node.name)
        if len(self.functions) > 1:
            raise NoRule("two functions, which may depend on one another")
        if self.valuation.activation(node.name) is None:
            raise NoRule("a function whose values may depend on its argument as a polynomial does")
        return Counter()

    def _is_generic(self, argument: Expression, steps: Mapping[str, int]) -> bool:
        """Whether an argument is an entry that can take every value."""
        if isinstance(argument, Parameter):
            return True
        if not isinstance(argument, Entry):
            return False
        found = self.valuation.definition_of(argument, steps)
        return found is None or is_generic(found[0].body)

    def _of_slope(self, node: Slope, steps: Mapping[str, int]) -> Counter[str]:
        entries = (self.valuation.fixed(entry, steps) for entry in (node.of, *node.by))
        key = tuple((entry.quantity, entry.step) for entry in entries)
        if key not in self._known:
            self._known[key] = self._of_new_slope(node, steps)
        return self._known[key]

    def _of_new_slope(self, node: Slope, steps: Mapping[str, int]) -> Counter[str]:
        found = self.valuation.definition_of(node.of, steps)
        if found is None or self.valuation.same(node.of, node.by[0], steps):
            return Counter()
        definition, own = found
        body = self._expanded(node, definition, steps)
        return self.most(body, own, within_state=isinstance(definition.body, Function))

    def _sits(self, node: Expression, index: str, steps: Mapping[str, int]) -> bool:
        match node:
            case Constant():
                return node.value == 0  # the term vanishes
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
                return index in node.indices and self._entry_sits(node, index, steps)
            case Partial():
                return self._sits(expanded(node, self.valuation.is_defined, self.budget), index, steps)
            case Function() if node.order == 0 or self._vanishes_with_its_value(node.name):
                return self._is_generic(node.argument, steps) and self._sits(node.argument, index, steps)
            case Slope():
                return self._slope_sits(node, index, steps)
        return False

    def _vanishes_with_its_value(self, name: str) -> bool:
        """Whether the derivatives of a function are 0 where it is: h' = h(1 − h), but not h' = 1 − h²."""
        return self.valuation.activation(name) == "logistic"

    def _entry_sits(self, node: Entry, index: str, steps: Mapping[str, int]) -> bool:
        """Whether a quantity is no mere δ of an index: what defines it sits on it."""
        found = self.valuation.definition_of(node, steps)
        if found is None:
            return True
        definition, own = found
        body = renamed(definition.body, dict(zip(definition.indices, node.indices, strict=True)))
        return self._sits(body.argument if isinstance(body, Function) else body, index, own)

    def _slope_sits(self, node: Slope, index: str, steps: Mapping[str, int]) -> bool:
        """A slope is its definition's; that of an activation is a tensor with the indices of the activation."""
        found = self.valuation.definition_of(node.of, steps)
        if found is None or self.valuation.same(node.of, node.by[0], steps):
            return False
        definition, own = found
        body = definition.body
        if isinstance(body, Function) and index in node.of.indices and self._vanishes_with_its_value(body.name):
            return is_generic(body.argument)
        return self._sits(self._expanded(node, definition, steps), index, own)

    def _expanded(self, node: Slope, definition: Definition, steps: Mapping[str, int]) -> Expression:
        body = renamed(definition.body, dict(zip(definition.indices, node.of.indices, strict=True)))
        for entry in node.by:
            fixed = self.valuation.fixed(entry, steps)
            body = Differentiation(fixed, None, self.valuation.is_defined, self.budget).of(body)
        return body


def is_generic(argument: Expression) -> bool:
    """Whether an expression takes every value: one of its terms is a product of tensors, one of them in no other."""
    terms = argument.terms if isinstance(argument, Plus) else (argument,)
    found = [{node.quantity for node in walk(term) if isinstance(node, Entry)} for term in terms]
    for n, term in enumerate(terms):
        others = set().union(*found[:n], *found[n + 1 :])
        if found[n] - others and all(isinstance(node, Entry | Times | Total) for node in walk(term)):
            return True
    return False


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
