"""The gradient of a function of balls, entry by entry: one evaluation that is remembered, one sweep back through it.

Each operation on `Traced` balls keeps its operands and the partial derivatives by them, themselves balls; `sweep`
applies the chain rule in the reverse order. All of it is ball arithmetic, so each returned ball contains the true
partial derivative at the exact point given.

A formula in one variable, such as a sigmoid written with exp and |x|, is collapsed while it is computed: its result
remembers the variable and its slope, not the steps between. Apart from time this saves digits, since the parts of the
slope that cancel do so before they are multiplied by an adjoint that is itself only known to some digits.
"""

import itertools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from flint import arb

from bptt.balls._ball import (
    Ball,
    Fixed,
    Operands,
    StaleValueError,
    call_on_floats,
    enclose,
    get_float,
    make_fixed,
)
from bptt.balls._comparisons import Difference, UndecidedComparisonError
from bptt.balls._context import CURRENT, TooManyOperationsError, change_context
from bptt.balls._functions import Binary, Unary
from bptt.balls._source import Origin, locate_call_stack

_creation = itertools.count()

_ZERO, _ONE, _MINUS_ONE = arb(0), arb(1), arb(-1)

LINEAR, CURVED = 1, 2  # how a formula depends on its one variable


def _enclose_constant(number: object) -> Any:
    """Enclose a number that does not depend on the inputs; a ball that is not traced may, and is refused."""
    value = enclose(number)
    if isinstance(number, Ball) and not isinstance(number, Fixed) and value is not NotImplemented:
        raise StaleValueError
    return value


class Traced(Ball):
    """A ball that knows which traced balls it was computed from, and its partial derivative by each.

    If `collapsed`, it is a function of the one source alone, and whatever is computed from it may refer to that; the
    number says whether a linear function or a curved one. The source of an entry of a product of matrices is that, with
    its position in the place of a partial derivative.
    """

    __slots__ = ("adjoint", "blurred", "collapsed", "created", "sources")

    adjoint: Any  # an arb while a sweep is under way, the sum of what has come back so far; None before

    def __init__(
        self, value: arb, as_float: Any = None, sources: tuple[tuple["Traced", Any], ...] = (), collapsed: int = 0
    ) -> None:
        super().__init__(value, as_float)
        self.sources = sources
        self.collapsed = collapsed
        self.blurred = 0.0  # what it may have lost since its variable, in roundings; if that is measured
        self.created = next(_creation)

    def send_back(self) -> None:
        """Add to the adjoint of each source what this ball's contributes."""
        adjoint = self.adjoint
        for source, partial in self.sources:
            if type(partial) is int:
                source.receive(adjoint, partial)
            else:
                contribution = adjoint * partial
                source.adjoint = contribution if source.adjoint is None else source.adjoint + contribution

    def receive(self, adjoint: arb, position: int) -> None:
        """Take the adjoint of an entry, where this stands for a product of matrices: see `_products`."""
        raise NotImplementedError

    def sum_sizes(self, position: int) -> arb:
        """Return Σ |term| of an entry of such a product."""
        raise NotImplementedError

    def complete_unary(self, f: Unary, value: arb, as_float: Any) -> "Traced":
        return _record_one(value, as_float, self, f.slope(self.value, value), CURVED)

    def complete_binary(self, f: Binary, value: arb, as_float: Any, other: "Traced") -> "Traced":
        """Return f of two balls of the tape, given what it is of their values and of their floats."""
        a, b = self.value, other.value
        by_left, by_right = f.by_left(a, b, value), f.by_right(a, b, value)
        return _record_two(value, as_float, (self, by_left), (other, by_right), LINEAR if f.linear_in_both else CURVED)

    def apply_binary(self, f: Binary, other: object, reflected: bool = False) -> Any:
        if isinstance(other, Traced):
            as_float = call_on_floats(f.on_floats, self.as_float, other.as_float)
            return self.complete_binary(f, f.apply(self.value, other.value), as_float, other)
        constant = _enclose_constant(other)
        if constant is NotImplemented:
            return self.meet_complex(f, other, reflected)
        number = get_float(other)
        if reflected:
            value, as_float = f.apply(constant, self.value), call_on_floats(f.on_floats, number, self.as_float)
        else:
            value, as_float = f.apply(self.value, constant), call_on_floats(f.on_floats, self.as_float, number)
        return self.complete_with_constant(f, value, as_float, constant, reflected)

    def complete_with_constant(
        self, f: Binary, value: arb, as_float: Any, constant: arb, reflected: bool = False
    ) -> "Traced":
        """Return f of this ball and a number that depends on no input or, if reflected, of that first."""
        if reflected:
            slope, linear = f.by_right(constant, self.value, value), f.linear_in_right
        else:
            slope, linear = f.by_left(self.value, constant, value), f.linear_in_left
        return _record_one(value, as_float, self, slope, LINEAR if linear else CURVED)

    def __sub__(self, other: object) -> Any:
        if other is self and self.as_float - self.as_float == 0:
            return self.make_constant(0)
        return super().__sub__(other)

    def __neg__(self) -> "Traced":
        return _record_one(-self.value, -self.as_float, self, _MINUS_ONE, LINEAR)

    def record_choice(self, rejected: Any) -> "Traced":
        """Return this ball; where origins are recorded, as one that was computed from both."""
        if CURRENT.context.origins is None or not isinstance(rejected, Traced):
            return self
        return _record_two(self.value, self.as_float, (self, _ONE), (rejected, _ZERO), CURVED)

    def __abs__(self) -> "Traced":
        if self.value > 0:
            return (
                self if CURRENT.context.origins is None else _record_one(self.value, self.as_float, self, _ONE, CURVED)
            )
        if self.value < 0:
            return -self
        slope = self._differentiate_abs()
        return _record_one(abs(self.value), abs(self.as_float), self, slope, LINEAR)

    def _differentiate_abs(self) -> arb:
        """Return the slope of |x| where x may be 0: [−1, 1], all that it can be, unless comparisons are decided."""
        if CURRENT.context.comparisons is None:
            return arb(0, 1)
        return arb(int(self > 0) - int(self < 0))

    def make_constant(self, number: Any) -> "Traced":
        return make_traced_constant(number, type(self.as_float))

    def make_step(self, n: Any) -> "Traced":
        return _record_one(arb(float(n)), type(self.as_float)(n), self, _ZERO, CURVED)

    def cast(self, dtype: Any) -> "Traced":
        return _record_one(self.value, dtype(self.as_float), self, _ONE, LINEAR)

    def replace_value(self, value: arb, as_float: Any) -> "Traced":
        return _record_one(value, as_float, self, _ONE, CURVED)

    def decide(self, relation: str, holds: bool | None, other: object, value: arb) -> bool:
        """As for any ball; but numbers that may be equal are a tie, however exactly they are known."""
        overlap = self.value.overlaps(value)
        if not overlap or (self.created < 0 and not (isinstance(other, Traced) and other.created >= 0)):
            return super().decide(relation, holds, other, value)
        comparisons = CURRENT.context.comparisons
        if comparisons is None:
            raise UndecidedComparisonError(relation, self.value, value)
        comparisons.ties += 1
        if comparisons.assumptions is not None:
            alone = comparisons.assumptions.each_for_itself
            return comparisons.assumptions.answer(
                relation, Operands(self, other) if alone else _relate_slopes(self, other)
            )
        return super().decide(relation, None, other, value)


class _Slopes(NamedTuple):
    """How a difference of two numbers changes with the inputs: near a tie, that says which of the two is greater."""

    by: dict[int, arb]

    def compare_sign(self, other: Difference) -> int:
        if not isinstance(other, _Slopes):
            return 0
        zero = arb(0)
        pairs = [(self.by.get(key, zero), other.by.get(key, zero)) for key in self.by.keys() | other.by.keys()]
        here, there = max(pairs, key=lambda pair: float(abs(pair[1]).mid()))
        ratio = here / there
        if not (ratio.is_finite() and all((a - ratio * b).contains(0) for a, b in pairs)):
            return 0
        return 1 if ratio > 0 else -1 if ratio < 0 else 0


def _relate_slopes(left: Traced, right: object) -> Difference:
    """Return how the difference of two numbers changes that are equal as far as is known."""
    slopes = _sum_slopes(left)
    if isinstance(right, Traced):
        for key, slope in _sum_slopes(right).items():
            slopes[key] = slopes.get(key, arb(0)) - slope
    if all(slope.contains(0) for slope in slopes.values()):
        return Operands(left, right)
    return _Slopes(slopes)


def _sum_slopes(node: Traced) -> dict[int, arb]:
    """Return ∂node/∂x for each input x that it depends on, by number."""
    if node.created < 0:
        return {}
    return {x.created: x.adjoint for x in _sweep_back(node) if not x.sources and x.created >= 0}


def make_traced_constant(number: object, dtype: Any = None) -> Traced:
    """Return a number that depends on no input, such as the zeros of a buffer."""
    fixed = make_fixed(number, dtype)
    return make_untraced(fixed.value, fixed.as_float)


def make_untraced(value: arb, as_float: Any) -> Traced:
    """Return a number that depends on no input, given its enclosure."""
    made = Traced(value, as_float)
    made.created = -1 - made.created
    return made


def _record_one(value: arb, as_float: Any, x: Traced, partial: arb, how: int) -> Traced:
    """Return the result of an operation on x that is linear or curved, with its partial derivative."""
    if x.created < 0:
        return make_untraced(value, as_float)
    context = CURRENT.context
    if context.last_created is not None and x.created > context.last_created:
        raise TooManyOperationsError(context.most_operations or 0)
    if context.origins is not None:
        return _enter_origin(Traced(value, as_float, ((x, partial),)), how, context.origins)
    if not x.collapsed:
        made = Traced(value, as_float, ((x, partial),), how)
    else:
        ((variable, slope),) = x.sources
        made = Traced(value, as_float, ((variable, partial * slope),), max(how, x.collapsed))
    if context.measures_cancellation:
        made.blurred = measure(partial) * x.blurred + measure(value)
    return made


def _record_two(
    value: arb, as_float: Any, of_left: tuple[Traced, arb], of_right: tuple[Traced, arb], how: int
) -> Traced:
    """Return the result of an operation on two balls, each given with its partial derivative."""
    (a, by_a), (b, by_b) = of_left, of_right
    if a.created < 0:
        return _record_one(value, as_float, b, by_b, how)
    if b.created < 0:
        return _record_one(value, as_float, a, by_a, how)
    context = CURRENT.context
    if context.last_created is not None and max(a.created, b.created) > context.last_created:
        raise TooManyOperationsError(context.most_operations or 0)
    if context.origins is not None:
        return _enter_origin(Traced(value, as_float, (of_left, of_right)), how, context.origins)
    variable_of_a, slope_of_a = a.sources[0] if a.collapsed else (a, _ONE)
    variable_of_b, slope_of_b = b.sources[0] if b.collapsed else (b, _ONE)
    if variable_of_a is not variable_of_b:
        return Traced(value, as_float, (of_left, of_right))
    slope = by_a * slope_of_a + by_b * slope_of_b
    made = Traced(value, as_float, ((variable_of_a, slope),), max(how, a.collapsed, b.collapsed))
    if context.measures_cancellation:
        made.blurred = measure(by_a) * a.blurred + measure(by_b) * b.blurred + measure(value)
    return made


def _enter_origin(made: Traced, how: int, origins: dict[int, Origin]) -> Traced:
    origins[made.created] = Origin(locate_call_stack(), how == LINEAR)
    return made


def limit_operations(most: int | None) -> Any:
    """Let no more than so many operations be recorded; then `TooManyOperationsError` is raised."""
    last = None if most is None else next(_creation) + most
    return change_context(most_operations=most, last_created=last)


def measure(x: arb) -> float:
    """Return |x| as a float, without its radius."""
    return float(abs(x).mid())


def sweep(output: object, inputs: Sequence[Traced]) -> Callable[[Traced], arb]:
    """Return the function that gives ∂output/∂x for x among the inputs; zero if `output` does not depend on it.

    Raises `StaleValueError` if it depends on a ball that is not among them.
    """
    known = {x.created for x in inputs}
    if not isinstance(output, Traced):
        if isinstance(output, Ball):
            raise StaleValueError
        return lambda x: arb(0)
    reached = _sweep_back(output)
    if any(not node.sources and node.created >= 0 and node.created not in known for node in reached):
        raise StaleValueError
    adjoints = {node.created: node.adjoint for node in reached if not node.sources}
    return lambda x: adjoints.get(x.created, arb(0))


def sum_masses(output: object) -> arb:
    """Return Σ |term| of what is merely added up to the output: a float of it may be off by some roundings of that."""
    total, waiting = arb(0), [(output, _ONE)]
    met = set()
    while waiting:
        node, factor = waiting.pop()
        source, position = node.sources[0] if isinstance(node, Traced) and node.sources else (None, None)
        if source is not None and type(position) is int:
            total += abs(factor) * source.sum_sizes(position)
        elif not isinstance(node, Traced) or not _is_sum(node):
            total += abs(factor * enclose(node))
        elif node.created not in met:
            met.add(node.created)
            waiting += [(source, factor * partial) for source, partial in node.sources]
    return total


def _is_sum(node: Traced) -> bool:
    return node.collapsed == LINEAR or (
        len(node.sources) == 2 and all(partial in (_ONE, _MINUS_ONE) for _, partial in node.sources)
    )


def _sweep_back(output: Traced) -> list[Traced]:
    """Return all that `output` was computed from, each with its adjoint."""
    reached = sort_latest_first(output)
    output.adjoint = _ONE
    for node in reached:
        node.send_back()
    return reached


def sort_latest_first(output: Traced, *, keep_adjoints: bool = False) -> list[Traced]:
    """Return all that `output` was computed from, each node before its sources, and no adjoint known yet."""
    reached = {output.created: output}
    waiting = [output]
    while waiting:
        node = waiting.pop()
        if not keep_adjoints:
            node.adjoint = None
        for source, _ in node.sources:
            if source.created not in reached:
                reached[source.created] = source
                waiting.append(source)
    return [reached[created] for created in sorted(reached, reverse=True)]
