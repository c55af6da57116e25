"""Whether the two sides of a claim are equal at every point at which they are compared."""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from flint import arb

from bptt.balls import use_precision
from bptt.proofread._expressions import ZERO, Claim, Definitions, Property, Quantity, Step
from bptt.proofread.evaluation._arrays import Array, TooSmall, broadcast
from bptt.proofread.evaluation._budget import Budget, TooLarge
from bptt.proofread.evaluation._drawing import Values
from bptt.proofread.evaluation._evaluate import Evaluator
from bptt.proofread.evaluation._points import NoSuchStep, Point, SamplePoints
from bptt.proofread.evaluation._setting import Setting

DIGITS = (50, 200)  # of the balls; the second where the first leaves it open
_VANISHES = 150  # digits to which what nearly cancels is 0, at the most digits
MORE_SEEDS = (11, 12, 13)  # where a function has no value at a point, such as a root of a negative number
FEWEST = 3  # points with a value, where some have none: one of them has sizes beyond 1
CHEAP = 10_000  # operations at the largest point that has to be tried, up to which a larger one is tried, too
MOST_FOR_SMALLEST = 400_000  # operations for the smallest sizes at which the sides differ: a tenth of a budget

# The values that are tried one after the other where a side has none.
_WITHIN: tuple[Values, ...] = ("small", "positive", "near", "near positive", "wide positive")
_BEYOND: tuple[Values, ...] = ("wide positive", *_WITHIN[:-1])


class Counterexample(NamedTuple):
    """The smallest sizes at which two sides differ, and an entry there: by how much the left is larger."""

    sizes: Mapping[str, int]
    steps: int | None
    entry: Mapping[str, int]
    left: float
    right: float
    difference: float


class Difference(NamedTuple):
    """Two sides that differ.

    Attributes:
        find_smallest: finds sizes at which they do, none of which can be made smaller on its own
    """

    find_smallest: Callable[[], Counterexample]


class Agreement(NamedTuple):
    """Where two sides agree: at the sizes of the ranges that were tried, and the steps, if they bear any.

    All points were tried that have to be, but those at which no entry exists or none satisfies the condition.
    """

    tried: tuple[tuple[Mapping[str, int], int], ...]
    ranges: tuple[str, ...]
    timed: bool
    some_steps: bool  # only: the equation was not tried at steps at which something in it does not exist
    positive: bool  # the values, for it has none at others
    vanishes: bool  # both sides are 0 everywhere, though neither is the number 0


class Undecided(NamedTuple):
    """Why it is not known."""

    why: str


Outcome = Agreement | Difference | Undecided


def compare(
    claim: Claim,
    definitions: Definitions,
    budget: Budget,
    properties: Mapping[Quantity, frozenset[Property]] | None = None,
) -> Outcome:
    """Compare the sides of a claim at several sizes, numbers of steps and random values.

    `properties` stand in place of those that the definitions have for the same quantities. Raises `Circle` where a
    definition goes round in one, and `ValueError` for a property that a quantity cannot have.
    """
    return _Comparison(claim, definitions, budget, properties).compare()


@dataclass
class _Found:
    """What the entries of a claim at a point are: how many are equal, or open, or have no value; and the others."""

    equal: int = 0
    open: int = 0
    undefined: int = 0
    vanishes: bool = True
    differences: list[Counterexample] = field(default_factory=list)


class _NothingThere(ValueError):  # noqa: N818
    """No entry satisfies the condition of a claim."""


class _NoValue(ValueError):  # noqa: N818
    """A side has no value at any of the numbers tried, such as the inverse of a matrix that is singular."""


class _Comparison:
    """One claim, tried at one point after another; what was found on the way is kept for the outcome."""

    def __init__(
        self,
        claim: Claim,
        definitions: Definitions,
        budget: Budget,
        properties: Mapping[Quantity, frozenset[Property]] | None,
    ) -> None:
        self.claim = claim
        self.budget = budget
        self.setting = Setting(definitions, claim.ranges, (claim.left, claim.right), budget, properties)
        self.samples = SamplePoints(claim, definitions)
        self.tried: list[Point] = []
        self.some_steps = False
        self.vanishes = ZERO not in (claim.left, claim.right)
        self.confirmed = False  # once at the most digits, so that nothing hides below the fewest
        self.why = ""
        self.without_value = False  # at some of the points

    @property
    def positive(self) -> bool:
        """Whether values were positive where it had none at others."""
        return any("positive" in point.values for point in self.tried)

    def compare(self) -> Outcome:
        """Try the claim at every point; the first at which the sides differ ends it."""
        try:
            for alternatives in self.samples.choose():
                before = self.budget.left
                outcome = self._try_one_of(alternatives)
                if outcome is not None:
                    return outcome
        except TooLarge as error:
            return Undecided(f"not finished: {error}")
        if len(self.tried) < (FEWEST if self.without_value else 1):
            return Undecided(self.why)
        outcome = None
        if before - self.budget.left <= CHEAP:
            with contextlib.suppress(TooLarge):
                outcome = self._try_one_of(self.samples.choose_largest())
        return outcome or Agreement(
            tuple((point.sizes, point.steps) for point in self.tried),
            self.samples.ranges,
            self.samples.timed,
            self.some_steps,
            self.positive,
            self.vanishes,
        )

    def _try_one_of(self, alternatives: tuple[Point, ...]) -> Outcome | None:
        """Try the first of the points at which the claim says something; None if it holds there. Raises `TooLarge`."""
        for point in alternatives:
            try:
                return self._try(point)
            except (NoSuchStep, TooSmall, _NothingThere, _NoValue) as error:
                self.why = str(error)
                self.without_value = self.without_value or isinstance(error, _NoValue)
        return None

    def _try(self, point: Point) -> Outcome | None:
        """Try the claim at a point, with other values where it has none there.

        Raises `NoSuchStep`, `TooSmall`, `_NothingThere`, `_NoValue` or `TooLarge`.
        """
        found = _Found()
        for there in self._list_values(point):
            found = self._find_at_any_precision(there)
            if found.differences:
                return Difference(partial(self._find_smallest, there, found.differences))
            if not found.open and not found.undefined:
                self.tried.append(there)
                self.vanishes = self.vanishes and found.vanishes
                return None
        if found.undefined:
            raise _NoValue("it has no value at the numbers that were tried")
        return Undecided("the difference of the two sides cannot be told from 0")

    def _list_values(self, point: Point) -> Iterator[Point]:
        kinds = _WITHIN if point.values == "small" else (point.values, *_BEYOND)
        if self.positive:  # it has no value at others
            kinds = tuple(kind for kind in kinds if "positive" in kind)
        for kind in kinds:
            yield point._replace(values=kind)
        for kind in _WITHIN:
            for seed in MORE_SEEDS:
                yield point._replace(values=kind, seed=seed)

    def _find_at_any_precision(self, point: Point) -> _Found:
        found = _Found()
        for digits in DIGITS if self.confirmed else DIGITS[1:]:
            with use_precision(digits):
                found = self._find_at(point, digits)
            if found.differences or not (found.open or found.undefined):
                break
        self.confirmed = self.confirmed or (digits == DIGITS[-1] and not found.open and not found.undefined)
        return found

    def _find_at(self, point: Point, digits: int) -> _Found:
        """Compare all entries at a point. Raises `NoSuchStep` or `_NothingThere` where there is none."""
        evaluator = Evaluator(self.setting, point)
        found = _Found()
        claim = self.claim
        exists = satisfied = False
        on_steps = [mask for mask in claim.where if isinstance(mask.left, Step)]
        on_indices = [evaluator.evaluate_mask(mask, {}) for mask in claim.where if mask not in on_steps]
        for steps in evaluator.list_steps(claim.steps):
            if any(evaluator.evaluate_mask(mask, steps).is_zero for mask in on_steps):
                continue
            satisfied = True
            try:
                left, right = (evaluator.evaluate(side, steps) for side in (claim.left, claim.right))
            except NoSuchStep:
                self.some_steps = True
                continue
            exists = True
            self._compare_entries(found, point, (left, right, *on_indices), steps, digits)
        if satisfied and not exists:
            raise NoSuchStep("the equation speaks of a step that does not exist")
        if not found.equal and not found.open and not found.undefined and not found.differences:
            raise _NothingThere("nothing satisfies its condition")
        return found

    def _compare_entries(
        self, found: _Found, point: Point, arrays: Sequence[Array], steps: Mapping[str, int], digits: int
    ) -> None:
        """Compare the entries of two arrays at which none of the masks behind them is 0."""
        indices, (left, right, *masks) = broadcast(*arrays)  # one that a side lacks is compared at all its values
        half = arb(10) ** (-digits // 2)
        sizes = {name: point.sizes[name] for name in self.samples.ranges}
        count = point.steps if self.samples.timed else None
        for place in np.ndindex(left.shape):
            if any(mask[place] == 0 for mask in masks):
                continue
            a, b = left[place], right[place]
            difference = a - b
            if not difference.is_finite():
                found.undefined += 1
            elif not difference.contains(0):
                entry = dict(steps) | dict.fromkeys(self.claim.free, 1)
                entry |= {index: n + 1 for index, n in zip(indices, place, strict=True)}
                numbers = map(_make_float, (a, b, difference))
                found.differences.append(Counterexample(sizes, count, entry, *numbers))
            elif _is_zero(difference, half * (a.abs_lower() + b.abs_lower()), digits):
                found.equal += 1
                found.vanishes = found.vanishes and bool(a.abs_upper() <= half and b.abs_upper() <= half)
            else:
                found.open += 1

    def _find_smallest(self, failing: Point, differences: list[Counterexample]) -> Counterexample:
        """Find the smallest sizes at which the sides differ: none of them can be made smaller on its own."""
        least = self.budget.left - MOST_FOR_SMALLEST
        small = failing._replace(values="small")  # numbers that show a difference better than saturated ones
        smallest = next(self._list_failing([small], least), (failing, differences))
        smallest = next(self._list_failing(self.samples.choose_small(smallest[0]), least), smallest)
        for n in range(1 + len(self.samples.ranges)):
            smallest = next(self._list_failing(self.samples.list_smaller(smallest[0])[n], least), smallest)
        return max(smallest[1], key=lambda one: abs(one.difference))

    def _list_failing(self, points: Iterable[Point], least: int) -> Iterator[tuple[Point, list[Counterexample]]]:
        """Yield the points at which the sides differ, while more than some operations are left."""
        for point in points:
            if self.budget.left <= least:
                return
            try:
                found = self._find_at_any_precision(point)
            except (NoSuchStep, TooSmall, _NothingThere):
                continue
            except TooLarge:
                return
            if found.differences:
                yield point, found.differences


def _make_float(ball: Any) -> float:
    """Return the float in the middle; 0 for what may be 0."""
    return 0.0 if ball.contains(0) else float(ball.mid())


def _is_zero(difference: arb, allowed: arb, digits: int) -> bool:
    """Whether what contains 0 is so small that it is 0: half the digits cancelled, or nearly all at the most digits."""
    if difference.is_zero():
        return True
    upper = difference.abs_upper()
    return bool(upper <= allowed or (digits == DIGITS[-1] and upper <= arb(10) ** -_VANISHES))
