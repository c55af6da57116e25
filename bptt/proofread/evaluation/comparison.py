"""Whether two index expressions are equal: at one point, and at sizes that stand for all of them."""

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from flint import arb

from bptt.balls._ball import precision
from bptt.proofread.evaluation.budget import Budget, TooLarge
from bptt.proofread.evaluation.sizes import Letters, NoRule, free_letters
from bptt.proofread.evaluation.valuation import Array, NoSuchStep, Point, TooSmall, Valuation, over
from bptt.proofread.expressions import (
    LAST,
    Claim,
    Definitions,
    Entry,
    Expression,
    MatrixProduct,
    OverSteps,
    Range,
    SameStep,
    Size,
    Step,
    walk,
)

DIGITS = (50, 200)  # of the balls; the second where the first leaves it open
_VANISHES = 150  # digits to which what nearly cancels is 0
MORE_SEEDS = (11, 12, 13)  # where a function has no value at a point
LARGEST = 6  # size of a range at which an equation is tried
MORE_STEPS = 2  # than the equation speaks of
MANY_STEPS = 5  # beyond which no others are tried
MOST_POINTS = 80  # at which the smallest sizes are looked for


class Counterexample(NamedTuple):
    """The smallest sizes at which two sides differ, and an entry there."""

    sizes: Mapping[str, int]
    steps: int | None
    entry: Mapping[str, int]
    left: str
    right: str


class Agreement(NamedTuple):
    """Where two sides agree: at all sizes of the ranges, or at those tried; at the steps tried, if they bear any."""

    all_sizes: bool
    tried: tuple[tuple[Mapping[str, int], int], ...]
    ranges: tuple[str, ...]
    timed: bool
    some_steps: bool  # only: the equation was not tried at steps at which something in it does not exist
    positive: bool  # the values, for it has none at others


class Undecided(NamedTuple):
    """Why it is not known."""

    why: str


def compared(claim: Claim, definitions: Definitions, budget: Budget) -> Agreement | Counterexample | Undecided:
    """Whether a claim holds, tried at sizes that suffice for all of them where the rule applies."""
    return _Comparison(claim, definitions, budget).outcome()


class _Comparison:
    """One claim, tried at one point after another; what was found on the way is kept for the words of the outcome."""

    def __init__(self, claim: Claim, definitions: Definitions, budget: Budget) -> None:
        self.claim = claim
        self.definitions = definitions
        self.budget = budget
        self.ranges, self.timed = _involved(claim, definitions)
        self.some_steps = self.positive = False
        self.confirmed: bool | None = None  # once at the most digits, so that nothing hides below the fewest

    def outcome(self) -> Agreement | Counterexample | Undecided:
        """What trying it at every point shows; the first point at which the sides differ ends it."""
        sufficient = self._sufficient()
        tried: list[tuple[Mapping[str, int], int]] = []
        why = ""
        for point in self._points(sufficient):
            try:
                differs = self._differs(point)
            except (NoSuchStep, TooSmall) as error:
                why = str(error)
                continue
            except TooLarge as error:
                why = str(error)
                sufficient = None
                if self.budget.spent:
                    break
                continue
            if differs is None:
                return Undecided("the difference of the two sides cannot be told from 0")
            if differs:
                return self._smallest(point, differs)
            tried.append((point.sizes, point.steps))
        if not tried:
            return Undecided(why)
        all_sizes = sufficient is not None and not self.positive
        return Agreement(all_sizes, tuple(tried), self.ranges, self.timed, self.some_steps, self.positive)

    def _first_steps(self) -> int:
        """The fewest steps at which all that the claim speaks of exists."""
        if self.claim.last_is is not None:
            return self.claim.last_is
        return max(1, _latest(self.claim.left), _latest(self.claim.right))

    def _step_counts(self) -> list[int]:
        first = self._first_steps()
        fixed = self.claim.last_is is not None or not self.timed
        return [first] if fixed or first > MANY_STEPS else list(range(first, first + MORE_STEPS + 1))

    def _sufficient(self) -> dict[str, int] | None:
        """Sizes at which the claim holds only if it holds at all sizes; None where the rule does not apply."""
        steps = self._step_counts()[-1]
        valuation = self._valuation(Point(dict.fromkeys(self._names(), 1), steps))
        letters = Letters(valuation, self.budget)
        try:
            counts = [letters.most(side, env) for side in self._sides() for env in self._steps(steps)]
        except (NoRule, NoSuchStep, RecursionError):
            return None
        most: Counter[str] = Counter()
        for count in counts:
            most |= count
        most += free_letters(self.claim.free, self.claim.ranges)
        sizes = {name: max(1, most[name]) for name in self._names()}
        return sizes if max(sizes.values(), default=1) <= LARGEST else None

    def _sides(self) -> tuple[Expression, Expression]:
        return self.claim.left, self.claim.right

    def _names(self) -> tuple[str, ...]:
        return tuple({name for axis in self.claim.ranges.values() for name in axis} | set(self.ranges))

    def _points(self, sufficient: dict[str, int] | None) -> Iterator[Point]:
        """The points that are tried: where it suffices, then small and unequal sizes."""
        counts = self._step_counts()
        least = self._least_sizes()
        unequal = {name: least[name] + 1 + n for n, name in enumerate(sorted(least))}
        for steps in counts:
            yield Point(sufficient or unequal, steps)
        yield Point(unequal, counts[0], seed=1)
        yield Point(least, counts[-1], seed=2)
        turned = {name: least[name] + max(2, len(least)) - n for n, name in enumerate(sorted(least))}
        yield Point(turned, counts[-1], seed=3)

    def _least_sizes(self) -> dict[str, int]:
        """The smallest sizes at which every entry exists that stands in the claim by its number."""
        least = dict.fromkeys(self._names(), 1)
        for node in (node for side in self._sides() for node in walk(side) if isinstance(node, Entry)):
            for index, axis in zip(node.indices, node.quantity.axes, strict=True):
                if isinstance(index, int) and len(axis) == 1:
                    least[axis[0]] = max(least.get(axis[0], 1), index)
        return least

    def _valuation(self, point: Point) -> Valuation:
        return Valuation(self.definitions, self.claim.ranges, point, self.budget)

    def _steps(self, steps: int) -> Iterator[dict[str, int]]:
        for values in itertools.product(range(1, steps + 1), repeat=len(self.claim.steps)):
            yield dict(zip(self.claim.steps, values, strict=True))

    def _differs(self, point: Point) -> "list[_Difference] | None":
        """Where the sides differ at a point; None if that cannot be told. Raises `NoSuchStep` if there is no step."""
        for seed in (point.seed, *MORE_SEEDS):
            found = self._decided(point._replace(seed=seed))
            if found is not None:
                return found
        found = self._decided(point._replace(positive=True))
        self.positive = self.positive or found is not None
        return found

    def _decided(self, point: Point) -> "list[_Difference] | None":
        for digits in DIGITS[self.confirmed is None :]:
            with precision(digits):
                found = self._at(point, digits)
            if found is not None:
                self.confirmed = True
                return found
        return None

    def _at(self, point: Point, digits: int) -> "list[_Difference] | None":
        valuation = self._valuation(point)
        differences: list[_Difference] = []
        open_, met = False, False
        for steps in self._steps(point.steps):
            try:
                left, right = (valuation.of(side, steps) for side in self._sides())
            except NoSuchStep:
                self.some_steps = True
                continue
            met = True
            for difference in _differences(left, right, steps, digits):
                if difference is None:
                    open_ = True
                else:
                    differences.append(difference)
        if not met:
            raise NoSuchStep("the equation speaks of a step that does not exist")
        return None if open_ and not differences else differences

    def _smallest(self, failing: Point, differences: "list[_Difference]") -> Counterexample:
        """The smallest sizes at which the sides differ: none that is tried before differs."""
        names = sorted(self.ranges)
        ends = [range(1, failing.sizes[name] + 1) for name in names]
        grid = itertools.product(self._step_counts(), *ends)
        ordered = sorted((n for n in grid if n[0] <= failing.steps), key=lambda n: (sum(n), n))
        for steps, *sizes in ordered[:MOST_POINTS]:
            point = Point({**failing.sizes, **dict(zip(names, sizes, strict=True))}, steps, failing.seed)
            try:
                found = self._differs(point)
            except (NoSuchStep, TooSmall):
                continue
            except TooLarge:
                break
            if found:
                return self._counterexample(point, found)
        return self._counterexample(failing, differences)

    def _counterexample(self, point: Point, differences: "list[_Difference]") -> Counterexample:
        worst = max(differences, key=lambda difference: difference.size)
        sizes = {name: point.sizes[name] for name in self.ranges}
        return Counterexample(sizes, point.steps if self.timed else None, worst.entry, worst.left, worst.right)


class _Difference(NamedTuple):
    entry: dict[str, int]
    left: str
    right: str
    size: float


def _differences(left: Array, right: Array, steps: Mapping[str, int], digits: int) -> Iterator[_Difference | None]:
    """The entries in which two arrays differ; None for one in which that is open."""
    indices = tuple(dict.fromkeys((*left.indices, *right.indices)))
    both: Any = np.broadcast_arrays(over(left, indices), over(right, indices))
    for place in np.ndindex(both[0].shape):
        a, b = both[0][place], both[1][place]
        difference = a - b
        if not difference.is_finite():
            yield None
        elif not difference.contains(0):
            entry = dict(steps) | {index: n + 1 for index, n in zip(indices, place, strict=True)}
            shown = (_shown(a), _shown(b))
            if shown[0] == shown[1]:
                shown = (shown[0], f"{'more' if difference < 0 else 'less'} by {_shown(abs(difference))}")
            yield _Difference(entry, *shown, abs(float(difference.mid())))
        elif not (
            difference.is_zero()
            or difference.abs_upper() <= arb(10) ** (-digits // 2) * (a.abs_lower() + b.abs_lower())
            or (digits == DIGITS[-1] and difference.abs_upper() <= arb(10) ** -_VANISHES)
        ):
            yield None


def _shown(value: arb) -> str:
    return f"{float(value.mid()):.6g}"


def _latest(node: Expression) -> int:
    """The latest step that stands in an expression as a number."""
    numbers = [0]
    for one in walk(node):
        for field in ("step", "first", "last"):
            step = getattr(one, field, None)
            if isinstance(step, Step) and not step.anchor:
                numbers.append(step.offset)
            elif isinstance(step, Step) and step.anchor == LAST:
                numbers.append(1 - step.offset if step.offset < 0 else 0)
    return max(numbers)


def _involved(claim: Claim, definitions: Definitions) -> tuple[tuple[str, ...], bool]:
    """The ranges that the claim and its definitions have, and whether any of it bears a step."""
    names: set[str] = {name for index in claim.free for name in claim.ranges[index]}
    timed = bool(claim.steps)
    counting = OverSteps | MatrixProduct | SameStep
    stack, seen = [claim.left, claim.right], set[object]()
    while stack:
        for node in walk(stack.pop()):
            names |= set(_own_ranges(node))
            timed = timed or isinstance(node, counting) or node == Size(None)
            if isinstance(node, Entry):
                timed = timed or node.quantity.timed
                if node.quantity not in seen:
                    seen.add(node.quantity)
                    stack += [definition.body for definition in definitions.quantities.get(node.quantity, ())]
    return tuple(sorted(names)), timed


def _own_ranges(node: Expression) -> Range:
    if isinstance(node, Entry):
        return tuple(name for axis in node.quantity.axes for name in axis)
    return getattr(node, "range", None) or ()
