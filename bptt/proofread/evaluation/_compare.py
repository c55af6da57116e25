"""Whether the two sides of a claim are equal at every point at which they are compared."""

import itertools
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from flint import arb

from bptt.balls import use_precision
from bptt.proofread._expressions import Claim, Definitions
from bptt.proofread.evaluation._arrays import Array, TooSmall, merge_indices, spread
from bptt.proofread.evaluation._budget import Budget, TooLarge
from bptt.proofread.evaluation._evaluate import Evaluator
from bptt.proofread.evaluation._point import NoSuchStep, Point
from bptt.proofread.evaluation._sample_points import SamplePoints

DIGITS = (50, 200)  # of the balls; the second where the first leaves it open
_VANISHES = 150  # digits to which what nearly cancels is 0, at the most digits
MORE_SEEDS = (11, 12, 13)  # where a function has no value at a point, such as a root of a negative number


class Counterexample(NamedTuple):
    """The smallest sizes at which two sides differ, and an entry there: by how much the left is larger."""

    sizes: Mapping[str, int]
    steps: int | None
    entry: Mapping[str, int]
    left: float
    right: float
    difference: float


class Agreement(NamedTuple):
    """Where two sides agree: at the sizes of the ranges that were tried, and the steps, if they bear any."""

    tried: tuple[tuple[Mapping[str, int], int], ...]
    ranges: tuple[str, ...]
    timed: bool
    some_steps: bool  # only: the equation was not tried at steps at which something in it does not exist
    positive: bool  # the values, for it has none at others


class Undecided(NamedTuple):
    """Why it is not known."""

    why: str


Outcome = Agreement | Counterexample | Undecided


def compare(claim: Claim, definitions: Definitions, budget: Budget) -> Outcome:
    """Compare the sides of a claim at several sizes, numbers of steps and random values.

    Raises `Circle` where a definition goes round in one.
    """
    return _Comparison(claim, definitions, budget).compare()


class _Difference(NamedTuple):
    entry: dict[str, int]
    left: float
    right: float
    difference: float


class _Comparison:
    """One claim, tried at one point after another; what was found on the way is kept for the outcome."""

    def __init__(self, claim: Claim, definitions: Definitions, budget: Budget) -> None:
        self.claim = claim
        self.definitions = definitions
        self.budget = budget
        self.samples = SamplePoints(claim, definitions)
        self.some_steps = self.positive = False
        self.confirmed = False  # once at the most digits, so that nothing hides below the fewest

    def compare(self) -> Outcome:
        """Try the claim at every point; the first at which the sides differ ends it."""
        tried: list[tuple[Mapping[str, int], int]] = []
        why = ""
        for point in self.samples.choose():
            try:
                differences = self._find_differences(point)
            except (NoSuchStep, TooSmall) as error:
                why = str(error)
                continue
            except TooLarge as error:
                why = str(error)
                if self.budget.is_spent:
                    break
                continue
            if differences is None:
                return Undecided("the difference of the two sides cannot be told from 0")
            if differences:
                return self._find_smallest(point, differences)
            tried.append((point.sizes, point.steps))
        if not tried:
            return Undecided(why)
        return Agreement(tuple(tried), self.samples.ranges, self.samples.timed, self.some_steps, self.positive)

    def _find_differences(self, point: Point) -> list[_Difference] | None:
        """Find where the sides differ at a point; None if that cannot be told. Raises `NoSuchStep`."""
        for seed in (point.seed, *MORE_SEEDS):
            found = self._find_at_any_precision(point._replace(seed=seed))
            if found is not None:
                return found
        found = self._find_at_any_precision(point._replace(positive=True))  # as a logarithm of a product needs
        self.positive = self.positive or found is not None
        return found

    def _find_at_any_precision(self, point: Point) -> list[_Difference] | None:
        for digits in DIGITS if self.confirmed else DIGITS[1:]:
            with use_precision(digits):
                found = self._find_at(point, digits)
            if found is not None:
                self.confirmed = True
                return found
        return None

    def _find_at(self, point: Point, digits: int) -> list[_Difference] | None:
        evaluator = Evaluator(self.definitions, self.claim.ranges, point, self.budget)
        found: list[_Difference | None] = []
        met = False
        for numbers in itertools.product(range(1, point.steps + 1), repeat=len(self.claim.steps)):
            steps = dict(zip(self.claim.steps, numbers, strict=True))
            try:
                left, right = (evaluator.evaluate(side, steps) for side in (self.claim.left, self.claim.right))
            except NoSuchStep:
                self.some_steps = True
                continue
            met = True
            found += _compare_entries(left, right, steps, digits)
        if not met:
            raise NoSuchStep("the equation speaks of a step that does not exist")
        differences = [one for one in found if one is not None]
        return None if found and not differences else differences

    def _find_smallest(self, failing: Point, differences: list[_Difference]) -> Counterexample:
        """Find the smallest sizes at which the sides differ, of those that are looked at."""
        for point in self.samples.choose_smaller(failing):
            try:
                found = self._find_differences(point)
            except (NoSuchStep, TooSmall):
                continue
            except TooLarge:
                break
            if found:
                return self._make_counterexample(point, found)
        return self._make_counterexample(failing, differences)

    def _make_counterexample(self, point: Point, differences: list[_Difference]) -> Counterexample:
        worst = max(differences, key=lambda one: abs(one.difference))
        sizes = {name: point.sizes[name] for name in self.samples.ranges}
        return Counterexample(sizes, point.steps if self.samples.timed else None, *worst)


def _compare_entries(left: Array, right: Array, steps: Mapping[str, int], digits: int) -> Iterator[_Difference | None]:
    """Yield the entries in which two arrays differ; None for one in which that is open."""
    indices = merge_indices(left, right)  # an index that one side lacks is compared at all its values
    both: Any = np.broadcast_arrays(spread(left, indices), spread(right, indices))
    for place in np.ndindex(both[0].shape):
        a, b = both[0][place], both[1][place]
        difference = a - b
        if not difference.is_finite():
            yield None
        elif not difference.contains(0):
            entry = dict(steps) | {index: n + 1 for index, n in zip(indices, place, strict=True)}
            yield _Difference(entry, *(float(ball.mid()) for ball in (a, b, difference)))
        elif not _is_zero(difference, arb(10) ** (-digits // 2) * (a.abs_lower() + b.abs_lower()), digits):
            yield None


def _is_zero(difference: arb, allowed: arb, digits: int) -> bool:
    """Whether what contains 0 is so small that it is 0: half the digits cancelled, or nearly all at the most digits."""
    upper = difference.abs_upper()
    return bool(difference.is_zero() or upper <= allowed or (digits == DIGITS[-1] and upper <= arb(10) ** -_VANISHES))
