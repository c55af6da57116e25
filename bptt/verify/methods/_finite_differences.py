"""Where f runs on floats alone: the slope of f by each leaf, beside what the gradient says that it is.

A leaf is moved along a random direction v, in which each entry has the sign of its claimed gradient g and a component
of about 1 / |g|, so that none hides behind the others: ⟨g, v⟩ is a sum of numbers from ½ to 1, and what an entry is
off shows in it. Entries of very different sizes have directions of their own, as have those that are claimed to be 0.
It proves nothing, and sees what floats can show; a slope that shows less than three digits leaves its leaf undecided.
"""

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bptt.verify._execution import Observed
from bptt.verify._problem import Floats, Leaf, Problem
from bptt.verify._report import Formula, LeafFinding, Verdict
from bptt.verify._returned import find_type_within
from bptt.verify.methods._float_function import FloatFunction
from bptt.verify.methods._float_noise import call_in_longer_type, measure_changes, measure_noise
from bptt.verify.methods._slope import Slope, Surroundings, take_slope, take_slopes_afar

FINITE_DIFFERENCES = "by finite differences"
_SUBNORMAL = 1e-290
_ROUNDINGS = 8  # of a claim
_ALIKE = 2.0**10  # times as large: entries that are moved together
_MOST_GROUPS = 4  # of such entries in a leaf: what is 2^-40 of the largest is not seen beside it
_ORDER = 7.0  # of the truncation of a slope: where it is as large as the rounding of f is the widest step
_SAFETY = 16  # by which an error is widened before it is said to how many digits a leaf is right: errors may cancel
_FEWEST_DIGITS = 3
_MOST_DIGITS = 15  # that floats can show
_INDEPENDENT = "f does not change with it"
_UNDEFINED = "f is not finite around this point"
_FAR = (0.5, 1.0, 2.0**10, 2.0**60)  # times its size: where a leaf that does not matter does not matter, either


class _Group(NamedTuple):
    """Entries of a leaf that are moved together."""

    v: npt.NDArray[np.float64]  # the direction, in the shape of the leaf
    claim: float  # ⟨g, v⟩
    size: float  # √Σ (g v)²: what rounding has to be compared with
    least: float  # contribution to ⟨g, v⟩ of one of them
    widest: float  # step along v
    entries: int
    is_zero: bool  # all of them are claimed to be


def judge(problem: Problem, observed: Observed) -> Formula:
    """Judge the floats of the rule beside slopes of f on floats, each leaf by its own."""
    with np.errstate(all="ignore"):
        leaves = _Judgement(problem, observed).judge_leaves()
    worst = max(leaves, key=lambda leaf: (leaf.verdict, -(leaf.digits or 0)))
    agreement = f"the slopes along random directions agree to {worst.digits} digits {FINITE_DIFFERENCES}"
    reason = agreement if worst.verdict == Verdict.RIGHT else worst.finding
    return Formula(worst.verdict, reason, None, tuple(leaves), FINITE_DIFFERENCES)


class _Judgement:
    """f, the floats of a gradient, and what is known of their noise."""

    def __init__(self, problem: Problem, observed: Observed) -> None:
        self._problem = problem
        self._observed = observed
        self._gradient = observed.gradient
        self._random = np.random.default_rng(problem.seed)
        self._f = FloatFunction(problem, observed)
        self._noise = self._f.noise  # as far as it has shown

    @cached_property
    def _changes_of_gradient(self) -> list[Floats]:
        return measure_changes(self._problem, self._observed, self._random)

    @cached_property
    def _noise_of_gradient(self) -> list[Floats]:
        in_longer = call_in_longer_type(self._problem, self._observed)
        return measure_noise(self._problem, self._observed, self._random, in_longer)

    def judge_leaves(self) -> list[LeafFinding]:
        """Return the verdict on the gradient by each leaf: that on the worst of its groups.

        What is claimed to be 0 comes last, when the noise of f is known.
        """
        chosen = self._problem.arguments.differentiable
        found: dict[int, list[LeafFinding]] = {n: self._find_incomparable(n, leaf) for n, leaf in chosen}
        groups = [(n, leaf, group) for n, leaf in chosen if not found[n] for group in self._draw_groups(n, leaf)]
        for n, leaf, group in sorted(groups, key=lambda item: item[2].is_zero):
            found[n].append(self._judge_group(n, leaf, group))
        return [max(found[n], key=lambda one: (one.verdict, -(one.digits or 0))) for n, _ in chosen]

    def _find_incomparable(self, n: int, leaf: Leaf) -> list[LeafFinding]:
        g = self._gradient[n]
        if g.shape != leaf.values.shape:
            reason = f"the gradient has shape {g.shape}; it should be {leaf.values.shape}"
            return [_make_finding(leaf, Verdict.WRONG, reason)]
        if not g.size:
            return [_make_finding(leaf, Verdict.RIGHT, "it has no entries", _MOST_DIGITS)]
        if not np.isfinite(g).all():
            index = [int(axis) for axis in np.argwhere(~np.isfinite(g))[0]]
            return [_make_finding(leaf, Verdict.WRONG, f"the gradient is {g[tuple(index)]} at {index}")]
        if _measure(leaf.values) < _SUBNORMAL:
            return [_make_finding(leaf, Verdict.UNDECIDED, "it is too small to be moved")]
        return []

    def _draw_groups(self, n: int, leaf: Leaf) -> Iterator[_Group]:
        """Draw a direction for the entries of each size."""
        g = self._gradient[n].astype(np.float64)
        sizes = np.abs(g)
        largest = float(np.max(sizes, initial=0))
        limits = [largest / _ALIKE**k for k in range(_MOST_GROUPS)]
        for k, limit in enumerate(limits if largest else []):
            least = limits[k + 1] if k + 1 < len(limits) else 0.0
            yield from self._draw_group(leaf, g, (sizes <= limit) & (sizes > least), limit)
        yield from self._draw_group(leaf, g, sizes == 0, largest)

    def _draw_group(self, leaf: Leaf, g: Floats, chosen: npt.NDArray[np.bool_], largest: float) -> Iterator[_Group]:
        """Draw a direction for the chosen entries, none of them moved farther than the largest bears times 2^10."""
        count = int(np.count_nonzero(chosen))
        if not count:
            return
        is_zero = not g[chosen].any()
        sign = self._random.choice([-1.0, 1.0], g.shape) if is_zero else np.sign(g)
        each = np.full(g.shape, 1 / (largest or 1.0)) if is_zero else 1 / np.maximum(np.abs(g), largest / _ALIKE)
        v = np.where(chosen, sign * self._random.uniform(0.5, 1, g.shape) * each, 0.0)
        parts = g * v
        first = self._f.eps ** (1 / _ORDER) * _measure(leaf.values)
        widest = first / float(np.max(np.abs(v)))
        least = 1.0 if is_zero else float(np.min(np.abs(parts[chosen])))
        yield _Group(v, float(parts.sum()), float(np.sqrt((parts**2).sum())), least, widest, count, is_zero)

    def _judge_group(self, n: int, leaf: Leaf, group: _Group) -> LeafFinding:
        line, claim = self._look_along(n, group), Slope(group.claim, 0.0)
        slope, rounding = line.slope, self._estimate_rounding(n, group)
        if slope is None and line.is_flat:
            if not group.is_zero or not self._gradient[n].any():
                return self._judge_constant(n, leaf, group)
            slope = Slope(0.0, self._noise / group.widest)
        if slope is None:
            is_defined = np.isfinite(self._evaluate(n, self._f.values[n] + group.widest / _ALIKE * group.v))
            return self._leave_open(leaf, group) if is_defined else _make_finding(leaf, Verdict.UNDECIDED, _UNDEFINED)
        if slope.kink:
            reason = f"along a random direction f has a kink: its slope is {slope.value:.6g} on average of both sides"
            return _make_finding(leaf, Verdict.UNDECIDED, reason)
        said = f"its slope along a random direction is {_show(claim)} by hand, {_show(slope)} {FINITE_DIFFERENCES}"
        if slope.excludes(claim._replace(error=rounding)):
            is_staircase = line.is_staircase and line.noise > _ALIKE * self._f.eps * abs(self._f.value)
            if group.is_zero and is_staircase:  # between whose steps 0 is right
                return _make_finding(leaf, Verdict.UNDECIDED, f"f moves in steps: {said}")
            if self._is_another_from_afar(n, group, slope, claim):
                return _make_finding(leaf, Verdict.UNDECIDED, f"{said}, and another one over longer steps")
            if slope.excludes(claim._replace(error=self._measure_noise_of_claim(n, leaf, group))):
                return _make_finding(leaf, Verdict.WRONG, said)
            return _make_finding(leaf, Verdict.UNDECIDED, f"{said}, which rounding may explain")
        error = (_SAFETY * (slope.error + abs(slope.value - claim.value)) + rounding) / min(1.0, 2 * group.least)
        if error <= 10.0**-_FEWEST_DIGITS and (not group.is_zero or self._gradient[n].any()):
            return _make_finding(leaf, Verdict.RIGHT, "along a random direction", _count_digits(error))
        return self._leave_open(leaf, group)

    def _judge_constant(self, n: int, leaf: Leaf, group: _Group) -> LeafFinding:
        """Judge a claim where f does not move: does it not depend on the leaf at all, or do its floats hide that?"""
        x, direction = self._f.values[n], np.sign(group.v)
        farthest = 2.0 ** (np.finfo(x.dtype).maxexp // 2)
        far = [factor * _measure(x) * direction for factor in (*_FAR, farthest)]
        if not all(self._evaluate(n, y) == self._f.value for y in (*far, *(-y for y in far))):
            return self._leave_open(leaf, group)
        if group.is_zero:
            if self._evaluate(n, np.full(x.shape, np.nan)) == self._f.value:
                return _make_finding(leaf, Verdict.RIGHT, _INDEPENDENT, _MOST_DIGITS)
            return _make_finding(leaf, Verdict.UNDECIDED, f"{_INDEPENDENT} as far as floats show, but f uses it")
        noise = self._measure_noise_of_claim(n, leaf, group) + self._noise / group.widest
        wrong = abs(group.claim) > noise
        return _make_finding(
            leaf, Verdict.WRONG if wrong else Verdict.UNDECIDED, f"{_INDEPENDENT}, but by hand it does"
        )

    def _leave_open(self, leaf: Leaf, group: _Group) -> LeafFinding:
        reason = f"{group.entries} of {group.v.size} entries matter too little to be seen {FINITE_DIFFERENCES}"
        return _make_finding(leaf, Verdict.UNDECIDED, reason)

    def _look_along(self, n: int, group: _Group) -> Surroundings:
        x = self._f.values[n]
        rounding = self._f.eps * float(np.abs(self._gradient[n] * x)[group.v != 0].sum())  # of x + t v
        noise = self._f.noise + rounding
        line = take_slope(self._restrict(n, group), self._f.value, group.widest, noise, group.size or 1.0)
        self._noise = max(self._noise, line.noise)
        return line

    def _is_another_from_afar(self, n: int, group: _Group, slope: Slope, claim: Slope) -> bool:
        """Whether longer steps show a slope that is not this one and may be the claim."""
        afar = take_slopes_afar(self._restrict(n, group), self._f.value, group.widest, self._noise)
        return any(far.excludes(slope) and not far.excludes(claim) for far in afar)

    def _restrict(self, n: int, group: _Group) -> Callable[[float], float]:
        """Return f along the direction of a group, as a function of the step."""
        return lambda t: self._evaluate(n, self._f.values[n] + t * group.v)

    def _evaluate(self, n: int, moved: npt.NDArray[np.float64]) -> float:
        values = self._f.values
        return self._f.evaluate([*values[:n], moved.astype(values[n].dtype), *values[n + 1 :]])

    def _estimate_rounding(self, n: int, group: _Group) -> float:
        """Return what the rounding of the entries may do to ⟨g, v⟩ at least, and that of the arguments."""
        g = self._gradient[n]
        change = float(np.max(np.abs(self._changes_of_gradient[n] * group.v), initial=0))
        return _ROUNDINGS * (float(np.finfo(find_type_within(g)).eps) * group.size + change)

    def _measure_noise_of_claim(self, n: int, leaf: Leaf, group: _Group) -> float:
        """Return how far ⟨g, v⟩ may be from what the rule means, and at least half of its digits."""
        bits = min(leaf.bits, int(np.finfo(find_type_within(self._gradient[n])).nmant) + 1)
        measured = float(np.abs(self._noise_of_gradient[n] * group.v).sum())
        return measured + 2.0 ** -(bits // 2) * group.size


def _measure(x: npt.NDArray[np.floating]) -> float:
    """Return the largest entry; 1 for an array of zeros."""
    return float(np.max(np.abs(x), initial=0)) or 1.0


def _make_finding(leaf: Leaf, verdict: Verdict, reason: str, digits: int | None = None) -> LeafFinding:
    return LeafFinding(leaf.path, leaf.values.shape, verdict, reason, digits, reference=FINITE_DIFFERENCES)


def _show(slope: Slope) -> str:
    return f"{slope.value:.10g}" + (f" ± {slope.error:.1g}" if slope.error else "")


def _count_digits(error: float) -> int:
    return min(_MOST_DIGITS, int(-np.log10(error))) if error > 0 else _MOST_DIGITS
