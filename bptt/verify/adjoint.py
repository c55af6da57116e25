"""The gradient of a function of balls, entry by entry: one evaluation that is remembered, one sweep back through it.

Each operation on `Traced` balls keeps its operands and the partial derivatives by them, themselves balls; `sweep`
applies the chain rule in the reverse order. All of it is ball arithmetic, so each returned ball contains the true
partial derivative at the exact point given.
"""

import itertools
import operator
from collections.abc import Callable
from typing import Any, TypeAlias

from flint import arb

from bptt.verify.balls import BINARY, UNARY, Ball, UndecidedComparisonError, enclosure

_creation = itertools.count()

Partial: TypeAlias = Callable[[arb, arb, arb], arb]


class Traced(Ball):
    """A ball that knows which traced balls it was computed from, and its partial derivative by each."""

    __slots__ = ("created", "sources")

    def __init__(self, value: arb, sources: tuple[tuple["Traced", arb], ...] = ()) -> None:
        self.value = value
        self.sources = sources
        self.created = next(_creation)

    def __neg__(self) -> "Traced":
        return Traced(-self.value, ((self, arb(-1)),))

    def __abs__(self) -> "Traced":
        return Traced(abs(self.value), ((self, _slope_of_abs(self.value)),))

    def decide(self, relation: str, holds: bool, fails: bool, other: arb) -> bool:
        """As for any ball; but equal numbers are a kink or a jump, however exactly they are known."""
        if self.value.overlaps(other):
            exact = self.value.is_exact() and other.is_exact()
            raise UndecidedComparisonError(relation, self.value, other, exact=exact)
        return super().decide(relation, holds, fails, other)


def sweep(output: object) -> Callable[[Traced], arb]:
    """The function that gives ∂output/∂x for a traced x; zero if `output` does not depend on it."""
    sums: dict[int, arb] = {}
    if isinstance(output, Traced):
        sums[output.created] = arb(1)
        for node in _latest_first(output):
            adjoint = sums[node.created]
            for source, partial in node.sources:
                contribution = adjoint * partial
                before = sums.get(source.created)
                sums[source.created] = contribution if before is None else before + contribution
    return lambda x: sums.get(x.created, arb(0))


def _latest_first(output: Traced) -> list[Traced]:
    """All that `output` was computed from, each node before its sources."""
    found = {output.created: output}
    waiting = [output]
    while waiting:
        for source, _ in waiting.pop().sources:
            if source.created not in found:
                found[source.created] = source
                waiting.append(source)
    return sorted(found.values(), key=operator.attrgetter("created"), reverse=True)


def _slope_of_abs(x: arb) -> arb:
    """sign(x), and [−1, 1] where x may be 0: any slope that |x| can have there."""
    if x > 0:
        return arb(1)
    if x < 0:
        return arb(-1)
    return arb(0, 1)


# ∂v/∂a and ∂v/∂b of v = a ∘ b
_BINARY_PARTIALS: dict[str, tuple[Partial, Partial]] = {
    "add": (lambda a, b, v: arb(1), lambda a, b, v: arb(1)),
    "sub": (lambda a, b, v: arb(1), lambda a, b, v: arb(-1)),
    "mul": (lambda a, b, v: b, lambda a, b, v: a),
    "truediv": (lambda a, b, v: 1 / b, lambda a, b, v: -v / b),
    "pow": (lambda a, b, v: b * a ** (b - 1), lambda a, b, v: v * a.log()),
}

# ∂v/∂x of v = f(x)
_UNARY_PARTIALS: dict[str, Callable[[arb, arb], arb]] = {
    "exp": lambda x, v: v,
    "expm1": lambda x, v: x.exp(),
    "log": lambda x, v: 1 / x,
    "log1p": lambda x, v: 1 / (1 + x),
    "sqrt": lambda x, v: 1 / (2 * v),
    "sin": lambda x, v: x.cos(),
    "cos": lambda x, v: -x.sin(),
    "tan": lambda x, v: x.sec() ** 2,
    "sinh": lambda x, v: x.cosh(),
    "cosh": lambda x, v: x.sinh(),
    "tanh": lambda x, v: x.sech() ** 2,
}


def _binary(
    apply: Callable[[arb, arb], arb], by_left: Partial, by_right: Partial
) -> tuple[Callable[..., Any], Callable[..., Any]]:
    def forward(self: Traced, other: object) -> Any:
        a = self.value
        if isinstance(other, Traced):
            b = other.value
            v = apply(a, b)
            return Traced(v, ((self, by_left(a, b, v)), (other, by_right(a, b, v))))
        b = enclosure(other)
        if b is NotImplemented:
            return b
        v = apply(a, b)
        return Traced(v, ((self, by_left(a, b, v)),))

    def reflected(self: Traced, other: object) -> Any:
        a, b = enclosure(other), self.value
        if a is NotImplemented:
            return a
        v = apply(a, b)
        return Traced(v, ((self, by_right(a, b, v)),))

    return forward, reflected


def _unary(name: str) -> Callable[[Traced], Traced]:
    apply, partial = getattr(arb, name), _UNARY_PARTIALS[name]

    def method(self: Traced) -> Traced:
        v = apply(self.value)
        return Traced(v, ((self, partial(self.value, v)),))

    return method


for _name, _apply in BINARY.items():
    _forward, _reflected = _binary(_apply, *_BINARY_PARTIALS[_name])
    setattr(Traced, f"__{_name}__", _forward)
    setattr(Traced, f"__r{_name}__", _reflected)
for _name in UNARY:
    setattr(Traced, _name, _unary(_name))
