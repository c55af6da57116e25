"""The gradient of a function of balls, entry by entry: one evaluation that is remembered, one sweep back through it.

Each operation on `Traced` balls keeps its operands and the partial derivatives by them, themselves balls; `sweep`
applies the chain rule in the reverse order. All of it is ball arithmetic, so each returned ball contains the true
partial derivative at the exact point given.

A formula in one variable, such as a sigmoid written with exp and |x|, is collapsed while it is computed: its result
remembers the variable and its slope, not the steps between. Apart from time this saves digits, since the parts of the
slope that cancel do so before they are multiplied by an adjoint that is itself only known to some digits.
"""

import gc
import itertools
import operator
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

from flint import arb

from bptt.verify.balls import Ball, StaleValueError, UndecidedComparisonError, enclosure

_creation = itertools.count()

_ONE, _MINUS_ONE = arb(1), arb(-1)

Partial: TypeAlias = Callable[[arb, arb, arb], arb]


def _constant(number: object) -> Any:
    """The `arb` of a number that does not depend on the inputs; a ball that is not traced should have."""
    if isinstance(number, Ball):
        raise StaleValueError
    return enclosure(number)


def _binary(
    apply: Callable[[arb, arb], arb], by_left: Partial, by_right: Partial
) -> tuple[Callable[[Any, Any], Any], Callable[[Any, Any], Any]]:
    def forward(self: "Traced", other: object) -> Any:
        a = self.value
        if isinstance(other, Traced):
            b = other.value
            v = apply(a, b)
            return _of_two(v, self, by_left(a, b, v), other, by_right(a, b, v))
        b = _constant(other)
        if b is NotImplemented:
            return b
        v = apply(a, b)
        return _of_one(v, self, by_left(a, b, v))

    def reflected(self: "Traced", other: object) -> Any:
        a, b = _constant(other), self.value
        if a is NotImplemented:
            return a
        v = apply(a, b)
        return _of_one(v, self, by_right(a, b, v))

    return forward, reflected


def _unary(apply: Callable[[arb], arb], partial: Callable[[arb, arb], arb]) -> Callable[[Any], Any]:
    def method(self: "Traced") -> "Traced":
        v = apply(self.value)
        return _of_one(v, self, partial(self.value, v))

    return method


def _slope_of_power(a: arb, b: arb, v: arb) -> arb:  # noqa: ARG001  (the form of every partial derivative)
    """∂(a^b)/∂a; NaN for a fractional b where a may not be positive, since the power is not defined beyond 0."""
    if b.is_zero():
        return arb(0)
    return b * a ** (b - 1) if b.is_integer() or a > 0 else arb.nan()


class Traced(Ball):
    """A ball that knows which traced balls it was computed from, and its partial derivative by each.

    If `collapsed`, it is a function of the one source alone, and whatever is computed from it may refer to that.
    """

    __slots__ = ("absolute", "adjoint", "collapsed", "created", "sources")

    absolute: "Traced | None"  # |x|, once it has been asked for where x may be 0

    adjoint: Any  # an arb while a sweep is under way, the sum of what has come back so far; None before

    def __init__(self, value: arb, sources: tuple[tuple["Traced", arb], ...] = (), *, collapsed: bool = False) -> None:
        self.value = value
        self.sources = sources
        self.collapsed = collapsed
        self.absolute = None
        self.created = next(_creation)

    # the operation, then ∂v/∂a and ∂v/∂b of v = a ∘ b
    __add__, __radd__ = _binary(operator.add, lambda a, b, v: _ONE, lambda a, b, v: _ONE)
    __sub__, __rsub__ = _binary(operator.sub, lambda a, b, v: _ONE, lambda a, b, v: _MINUS_ONE)
    __mul__, __rmul__ = _binary(operator.mul, lambda a, b, v: b, lambda a, b, v: a)
    __truediv__, __rtruediv__ = _binary(operator.truediv, lambda a, b, v: 1 / b, lambda a, b, v: -v / b)
    __pow__, __rpow__ = _binary(operator.pow, _slope_of_power, lambda a, b, v: v * a.log())

    # the function, then ∂v/∂x of v = f(x)
    __neg__ = _unary(operator.neg, lambda x, v: _MINUS_ONE)
    exp = _unary(arb.exp, lambda x, v: v)
    expm1 = _unary(arb.expm1, lambda x, v: x.exp())
    log = _unary(arb.log, lambda x, v: 1 / x)
    log1p = _unary(arb.log1p, lambda x, v: 1 / (1 + x))
    sqrt = _unary(arb.sqrt, lambda x, v: 1 / (2 * v))
    sin = _unary(arb.sin, lambda x, v: x.cos())
    cos = _unary(arb.cos, lambda x, v: -x.sin())
    tan = _unary(arb.tan, lambda x, v: x.sec() ** 2)
    sinh = _unary(arb.sinh, lambda x, v: x.cosh())
    cosh = _unary(arb.cosh, lambda x, v: x.sinh())
    tanh = _unary(arb.tanh, lambda x, v: x.sech() ** 2)

    def __abs__(self) -> "Traced":
        slope = _slope_of_abs(self.value)
        if slope.is_exact():
            return _of_one(abs(self.value), self, slope)
        if (
            self.absolute is None
        ):  # one node, however often |x| is written: its slope cancels in the sum that comes back
            self.absolute = Traced(abs(self.value), ((self, slope),))
        return self.absolute

    def decide(self, relation: str, holds: bool, fails: bool, other: arb) -> bool:
        """As for any ball; but equal numbers are a kink or a jump, however exactly they are known."""
        if self.value.overlaps(other):
            exact = self.value.is_exact() and other.is_exact()
            raise UndecidedComparisonError(relation, self.value, other, exact=exact)
        return super().decide(relation, holds, fails, other)


def _of_one(value: arb, x: Traced, partial: arb) -> Traced:
    """The result of an operation on x."""
    if x.collapsed:
        ((variable, slope),) = x.sources
        return Traced(value, ((variable, partial * slope),), collapsed=True)
    return Traced(value, ((x, partial),), collapsed=True)


def _of_two(value: arb, a: Traced, by_a: arb, b: Traced, by_b: arb) -> Traced:
    """The result of an operation on a and b."""
    variable_of_a, slope_of_a = a.sources[0] if a.collapsed else (a, _ONE)
    variable_of_b, slope_of_b = b.sources[0] if b.collapsed else (b, _ONE)
    if variable_of_a is variable_of_b:
        return Traced(value, ((variable_of_a, by_a * slope_of_a + by_b * slope_of_b),), collapsed=True)
    return Traced(value, ((a, by_a), (b, by_b)))


def sweep(output: object, inputs: Sequence[Traced]) -> Callable[[Traced], arb]:
    """The function that gives ∂output/∂x for x among the inputs; zero if `output` does not depend on it.

    Raises `StaleValueError` if it depends on a ball that is not among them.
    """
    known = {x.created for x in inputs}
    if not isinstance(output, Traced):
        if isinstance(output, Ball):
            raise StaleValueError
        return lambda x: arb(0)
    reached = _latest_first(output)
    if any(not node.sources and node.created not in known for node in reached):
        raise StaleValueError
    output.adjoint = _ONE
    for node in reached:
        adjoint = node.adjoint
        for source, partial in node.sources:
            contribution = adjoint * partial
            source.adjoint = contribution if source.adjoint is None else source.adjoint + contribution
    adjoints = {node.created: node.adjoint for node in reached if not node.sources}
    return lambda x: adjoints.get(x.created, arb(0))


def _latest_first(output: Traced) -> list[Traced]:
    """All that `output` was computed from, each node before its sources, and no adjoint known yet."""
    reached = {output.created: output}
    waiting = [output]
    while waiting:
        node = waiting.pop()
        node.adjoint = None
        for source, _ in node.sources:
            if source.created not in reached:
                reached[source.created] = source
                waiting.append(source)
    return [reached[created] for created in sorted(reached, reverse=True)]


@contextmanager
def collector_paused() -> Iterator[None]:
    """Without Python's cycle collector: balls form no cycles, and searching them takes longer than computing them."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _slope_of_abs(x: arb) -> arb:
    """sign(x), and [−1, 1] where x may be 0: any slope that |x| can have there."""
    if x > 0:
        return _ONE
    if x < 0:
        return _MINUS_ONE
    return arb(0, 1)
