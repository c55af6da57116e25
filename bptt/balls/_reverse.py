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
import math
import operator
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple, TypeAlias

from flint import arb

from bptt.balls import _ball as balls
from bptt.balls._ball import Ball, Fixed, Operands, StaleValueError, enclosure
from bptt.balls._branches import Difference, undecided
from bptt.balls._elementary import BINARY, UNARY
from bptt.balls._source import Place, running

_creation = itertools.count()

_ONE, _MINUS_ONE = arb(1), arb(-1)

Partial: TypeAlias = Callable[[arb, arb, arb], arb]

_LINEAR, _CURVED = 1, 2  # in the one variable that a formula has
_SATURATED = 32.0  # beyond which h (1 − h) and its kin are 0 to within a rounding of h


def _constant(number: object) -> Any:
    """The `arb` of a number that does not depend on the inputs; a ball that is not traced may have."""
    if isinstance(number, Ball) and not isinstance(number, Fixed):
        raise StaleValueError
    return enclosure(number)


def _binary(
    apply: Callable[[arb, arb], arb],
    by_left: Partial,
    by_right: Partial,
    *,
    in_left: int = _CURVED,
    in_right: int = _CURVED,
    in_both: int = _CURVED,
) -> tuple[Callable[[Any, Any], Any], Callable[[Any, Any], Any]]:
    def forward(self: "Traced", other: object) -> Any:
        a = self.value
        if isinstance(other, Traced):
            b = other.value
            v = apply(a, b)
            return _of_two(v, self, by_left(a, b, v), other, by_right(a, b, v), in_both)
        b = _constant(other)
        if b is NotImplemented:
            return b
        v = apply(a, b)
        return _of_one(v, self, by_left(a, b, v), in_left)

    def reflected(self: "Traced", other: object) -> Any:
        a, b = _constant(other), self.value
        if a is NotImplemented:
            return a
        v = apply(a, b)
        return _of_one(v, self, by_right(a, b, v), in_right)

    return forward, reflected


def _unary(apply: Callable[[arb], arb], partial: Callable[[arb, arb], arb], how: int = _CURVED) -> Callable[[Any], Any]:
    def method(self: "Traced") -> "Traced":
        v = apply(self.value)
        return _of_one(v, self, partial(self.value, v), how)

    return method


_LINEAR_IN_BOTH = {"in_left": _LINEAR, "in_right": _LINEAR, "in_both": _LINEAR}


def _slope_of_power(a: arb, b: arb, v: arb) -> arb:  # noqa: ARG001  (the form of every partial derivative)
    """∂(a^b)/∂a; NaN for a fractional b where a may not be positive, since the power is not defined beyond 0."""
    if b.is_zero():
        return arb(0)
    return b * a ** (b - 1) if b.is_integer() or a > 0 else arb.nan()


class Traced(Ball):
    """A ball that knows which traced balls it was computed from, and its partial derivative by each.

    If `collapsed`, it is a function of the one source alone, and whatever is computed from it may refer to that; the
    number says whether a linear function or a curved one.
    """

    __slots__ = ("absolute", "adjoint", "blurred", "collapsed", "created", "sources")

    absolute: "Traced | None"  # |x|, once it has been asked for where x may be 0

    adjoint: Any  # an arb while a sweep is under way, the sum of what has come back so far; None before

    def __init__(self, value: arb, sources: tuple[tuple["Traced", arb], ...] = (), collapsed: int = 0) -> None:
        self.value = value
        self.sources = sources
        self.collapsed = collapsed
        self.absolute = None
        self.blurred = 0.0  # what it may have lost since its variable, in roundings; if that is measured
        self.created = next(_creation)

    # the operation, then ∂v/∂a and ∂v/∂b of v = a ∘ b
    __add__, __radd__ = _binary(operator.add, lambda a, b, v: _ONE, lambda a, b, v: _ONE, **_LINEAR_IN_BOTH)
    __sub__, __rsub__ = _binary(operator.sub, lambda a, b, v: _ONE, lambda a, b, v: _MINUS_ONE, **_LINEAR_IN_BOTH)
    __mul__, __rmul__ = _binary(operator.mul, lambda a, b, v: b, lambda a, b, v: a, in_left=_LINEAR, in_right=_LINEAR)
    __truediv__, __rtruediv__ = _binary(
        operator.truediv, lambda a, b, v: 1 / b, lambda a, b, v: -v / b, in_left=_LINEAR
    )
    __pow__, __rpow__ = _binary(operator.pow, _slope_of_power, lambda a, b, v: v * a.log())

    __neg__ = _unary(operator.neg, lambda x, v: _MINUS_ONE, _LINEAR)

    def __abs__(self) -> "Traced":
        slope = _slope_of_abs(self.value)
        if not slope.is_exact() and _at_kink(self.value):
            slope = _ONE if self.decide(">", False, False, 0, arb(0)) else _MINUS_ONE
        if slope.is_exact():
            return _of_one(abs(self.value), self, slope, _LINEAR)
        if (
            self.absolute is None
        ):  # one node, however often |x| is written: its slope cancels in the sum that comes back
            self.absolute = Traced(abs(self.value), ((self, slope),))
        return self.absolute

    def decide(self, relation: str, holds: bool, fails: bool, other: object, value: arb) -> bool:
        """As for any ball; but equal numbers are a kink or a jump, however exactly they are known."""
        if not self.value.overlaps(value):
            return holds
        if self.created < 0 and not (isinstance(other, Traced) and other.created >= 0):
            return super().decide(relation, holds, fails, other, value)  # neither depends on an input
        exact = self.value.is_exact() and value.is_exact()
        return undecided(relation, self.value, value, lambda: _difference(self, other), exact=exact)


class _Slopes(NamedTuple):
    """How a difference of two numbers changes with the inputs: near a tie, that says which of the two is greater."""

    by: dict[int, arb]

    def factor(self, other: Difference) -> int:
        if not isinstance(other, _Slopes):
            return 0
        zero = arb(0)
        pairs = [(self.by.get(key, zero), other.by.get(key, zero)) for key in self.by.keys() | other.by.keys()]
        here, there = max(pairs, key=lambda pair: float(abs(pair[1]).mid()))
        ratio = here / there
        if not (ratio.is_finite() and all((a - ratio * b).contains(0) for a, b in pairs)):
            return 0
        return 1 if ratio > 0 else -1 if ratio < 0 else 0


def _difference(left: Traced, right: object) -> Difference:
    """Of two numbers that are equal as far as is known."""
    slopes = _slopes(left)
    if isinstance(right, Traced):
        for key, slope in _slopes(right).items():
            slopes[key] = slopes.get(key, arb(0)) - slope
    if all(slope.contains(0) for slope in slopes.values()):
        return Operands(left, right)
    return _Slopes(slopes)


def _slopes(node: Traced) -> dict[int, arb]:
    """By each input that a node depends on, by number."""
    if node.created < 0:
        return {}
    return {x.created: x.adjoint for x in _swept(node) if not x.sources and x.created >= 0}


for _name, _function in UNARY.items():
    setattr(Traced, _name, _unary(*_function))
for _name, _operation in BINARY.items():
    setattr(Traced, _name, _binary(*_operation)[0])


def constant(number: object, dtype: object = None) -> Traced:  # noqa: ARG001  (the form of every such function)
    """A number that depends on no input, such as the zeros of a buffer."""
    return _fixed(balls.constant(number).value)


def _fixed(value: arb) -> Traced:
    made = Traced(value)
    made.created = -1 - made.created
    return made


def _of_one(value: arb, x: Traced, partial: arb, how: int) -> Traced:
    """The result of an operation on x that is linear or curved."""
    if x.created < 0:
        return _fixed(value)
    if _origins is not None:
        return _remembered(Traced(value, ((x, partial),)), how)
    if not x.collapsed:
        made = Traced(value, ((x, partial),), how)
    else:
        ((variable, slope),) = x.sources
        made = Traced(value, ((variable, partial * slope),), max(how, x.collapsed))
    if _measuring:
        made.blurred = _size(partial) * x.blurred + _size(value)
    return made


def _of_two(value: arb, a: Traced, by_a: arb, b: Traced, by_b: arb, how: int) -> Traced:
    """The result of an operation on a and b."""
    if a.created < 0:
        return _of_one(value, b, by_b, how)
    if b.created < 0:
        return _of_one(value, a, by_a, how)
    if _origins is not None:
        return _remembered(Traced(value, ((a, by_a), (b, by_b))), how)
    variable_of_a, slope_of_a = a.sources[0] if a.collapsed else (a, _ONE)
    variable_of_b, slope_of_b = b.sources[0] if b.collapsed else (b, _ONE)
    if variable_of_a is variable_of_b:
        slope = by_a * slope_of_a + by_b * slope_of_b
        made = Traced(value, ((variable_of_a, slope),), max(how, a.collapsed, b.collapsed))
        if _measuring:
            made.blurred = _size(by_a) * a.blurred + _size(by_b) * b.blurred + _size(value)
        return made
    return Traced(value, ((a, by_a), (b, by_b)))


class Origin(NamedTuple):
    """Where a ball was computed, the innermost place first, and whether linearly in what it was computed from."""

    places: tuple[Place, ...]
    linear: bool


_origins: dict[int, Origin] | None = None


@contextmanager
def remembering_origins() -> Iterator[dict[int, Origin]]:
    """Let each `Traced` that is computed be entered by its number; no formula is collapsed meanwhile."""
    global _origins
    _origins = {}
    try:
        yield _origins
    finally:
        _origins = None


def remembers_origins() -> bool:
    """Whether they are being remembered."""
    return _origins is not None


def _remembered(made: Traced, how: int) -> Traced:
    assert _origins is not None
    _origins[made.created] = Origin(running(), how == _LINEAR)
    return made


_measuring = False


@contextmanager
def measuring_cancellation() -> Iterator[None]:
    """Let `Traced` keep account of what cancels in formulas of one variable, for `losses`."""
    global _measuring
    _measuring = True
    try:
        yield
    finally:
        _measuring = False


def _size(x: arb) -> float:
    return float(abs(x).mid())


def sweep(output: object, inputs: Sequence[Traced]) -> Callable[[Traced], arb]:
    """The function that gives ∂output/∂x for x among the inputs; zero if `output` does not depend on it.

    Raises `StaleValueError` if it depends on a ball that is not among them.
    """
    known = {x.created for x in inputs}
    if not isinstance(output, Traced):
        if isinstance(output, Ball):
            raise StaleValueError
        return lambda x: arb(0)
    reached = _swept(output)
    if any(not node.sources and node.created >= 0 and node.created not in known for node in reached):
        raise StaleValueError
    adjoints = {node.created: node.adjoint for node in reached if not node.sources}
    return lambda x: adjoints.get(x.created, arb(0))


def mass(output: object) -> arb:
    """Σ |term| of what is merely added up to the output: a float of it may be off by some roundings of that."""
    total, waiting = arb(0), [(output, _ONE)]
    met = set()
    while waiting:
        node, factor = waiting.pop()
        if not isinstance(node, Traced) or not _is_sum(node):
            total += abs(factor * enclosure(node))
        elif node.created not in met:
            met.add(node.created)
            waiting += [(source, factor * partial) for source, partial in node.sources]
    return total


def _is_sum(node: Traced) -> bool:
    return node.collapsed == _LINEAR or (
        len(node.sources) == 2 and all(partial in (_ONE, _MINUS_ONE) for _, partial in node.sources)
    )


def _swept(output: Traced) -> list[Traced]:
    """All that `output` was computed from, each with its adjoint."""
    reached = _latest_first(output)
    output.adjoint = _ONE
    for node in reached:
        adjoint = node.adjoint
        for source, partial in node.sources:
            contribution = adjoint * partial
            source.adjoint = contribution if source.adjoint is None else source.adjoint + contribution
    return reached


def losses(output: object, inputs: Sequence[Sequence[Traced]], unit: float, tiny: float) -> list[list[float]]:
    """What back-propagation in floats may lose in ∂output/∂x, for each x of each input.

    An estimate for an arithmetic of that unit, whose smallest positive number is `tiny`, once `output` was swept. Each
    contribution to a cotangent loses some roundings of itself; in one that a curved function passes on, its slope also
    loses some roundings of its value, as that of h (1 − h) does, and what cancels in its formula makes that more.
    The losses are passed on as independent ones.
    """
    if not isinstance(output, Traced):
        return [[0.0 for _ in xs] for xs in inputs]
    lost: dict[int, float] = {output.created: 0.0}
    for node in _latest_first(output, keep_adjoints=True):
        loss, cotangent = lost[node.created], _size(node.adjoint)
        value = _size(node.value) if node.collapsed == _CURVED else 0.0
        blurred = min(node.blurred / (_size(node.value) or 1e-300), 1e100)
        for source, partial in node.sources:
            slope = _size(partial)
            flat = value * min(1.0, _SATURATED / (_size(source.value) or 1.0))
            of_slope = unit * (4 * slope * (1 + blurred) + flat)
            own = math.hypot(loss * slope, loss * of_slope, cotangent * of_slope, tiny)
            lost[source.created] = math.hypot(lost.get(source.created, 0.0), own)
    return [[lost.get(x.created, 0.0) for x in xs] for xs in inputs]


def _latest_first(output: Traced, *, keep_adjoints: bool = False) -> list[Traced]:
    """All that `output` was computed from, each node before its sources, and no adjoint known yet."""
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


_both_slopes_of_abs = False
_met_abs_at_zero = False


@contextmanager
def both_slopes_of_abs(wanted: bool) -> Iterator[None]:
    """Take |x| at 0 for a comparison that is not decided, and not for a function of any slope from −1 to 1.

    The latter is enough for a formula that is smooth there, such as a sigmoid written with |x|.
    """
    global _both_slopes_of_abs
    before, _both_slopes_of_abs = _both_slopes_of_abs, wanted
    try:
        yield
    finally:
        _both_slopes_of_abs = before


def _at_kink(x: arb) -> bool:
    """Whether |x| is to be taken for a comparison that is not decided."""
    global _met_abs_at_zero
    _met_abs_at_zero |= x.is_zero()
    return _both_slopes_of_abs and x.is_zero()


def met_abs_at_zero() -> bool:
    """Whether |x| at exactly 0 was computed since this was last asked."""
    global _met_abs_at_zero
    met, _met_abs_at_zero = _met_abs_at_zero, False
    return met


def _slope_of_abs(x: arb) -> arb:
    """sign(x), and [−1, 1] where x may be 0: any slope that |x| can have there."""
    if x > 0:
        return _ONE
    if x < 0:
        return _MINUS_ONE
    return arb(0, 1)
