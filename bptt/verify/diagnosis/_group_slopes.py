"""By how much the slope that a gradient claims along a random direction differs from that of f, group by group.

A group is a stretch of the entries, counted through all arrays that are searched. `aim` draws a direction and finds
the step at which one central difference, or two, extrapolated, serve best for it and for its parts; where f takes
complex numbers and agrees along the direction, complex steps are taken instead.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np

from bptt.verify._execution import Observed
from bptt.verify._problem import Problem
from bptt.verify.diagnosis._line import COMPLEX_REACH, Line
from bptt.verify.methods._float_noise import call_in_longer_type, measure_noise
from bptt.verify.methods._slope import Slope

Group: TypeAlias = tuple[int, int]  # the first entry and the one after the last

WIDEST = 2.0**10  # the step that moves an entry by 2^-7 of the size of its array, for `Line.take_one_difference`
_STEPS = [WIDEST / 4**k for k in range(7)]
_TO_MEASURE_NOISE = [WIDEST * 2.0**-27 * 4**k for k in range(14)]
_REACH = 2.0**-23  # of the widest step over the noise: how much farther one entry is moved than another
_NOISE = 4  # by which a noise is widened, for groups; twice that before an entry is accused
_SAFETY = 2  # by which an estimated truncation is widened
_ROUNDINGS = 32  # of a number, that it may have lost


class GroupSlopes:
    """The direction along which groups are looked at, how their slopes are taken, and how far the claims may be off."""

    def __init__(self, problem: Problem, observed: Observed, chosen: Sequence[int]) -> None:
        self.calls = 0

        def count_calls(*given: Any) -> Any:
            self.calls += 1
            return problem.f(*given)

        random = np.random.default_rng(problem.seed)
        leaves, floats = problem.arguments.leaves, observed.gradient
        self.doubts = {}  # how far rounding may have taken each claim
        noise = measure_noise(problem, observed, random, call_in_longer_type(problem, observed))
        for n in chosen:
            unit = max(np.finfo(t).eps for t in (floats[n].dtype, leaves[n].values.dtype))
            self.doubts[n] = np.asarray(noise[n] + _ROUNDINGS * unit * np.abs(floats[n]))
        searched = replace(problem, f=count_calls, arguments=problem.arguments.choose(lambda n: n in chosen))
        claims = [np.array(g, order="C") if n in chosen else np.zeros(0) for n, g in enumerate(floats)]
        self.line = Line(searched, observed._replace(gradient=claims), random)
        self.calls = 0
        self.chosen = chosen
        self.ends = np.cumsum([0, *(claims[n].size for n in chosen)]).tolist()
        self.whole: Group = (0, self.ends[-1])
        self.complex: bool | None = None  # whether complex steps are taken; None before f has been asked
        self.differences, self.first_step, self.truncation = 1, WIDEST, np.inf
        self.noise = self._measure_noise()  # of f, as it matters to groups
        self.line.noise = max(self.line.noise, 2 * self.noise)

    @property
    def evaluations(self) -> int:
        """How many slopes have been taken, of two values of f each."""
        return (self.calls + 1) // 2

    def _measure_noise(self) -> float:
        """Return how much f changes by chance, in the smallest steps in which it changes steadily; all if in none."""
        noise = _NOISE * self.line.unit * abs(self.line.value)
        for step in _TO_MEASURE_NOISE:
            slope, bend = self.line.take_one_difference(self.chosen, step)
            if slope.value == 0 == bend:
                continue
            other, _ = self.line.take_one_difference(self.chosen, 0.37 * step)
            change = abs(slope.value - other.value)
            noise = max(noise, _NOISE * max(bend, change) * self.line.step * step / WIDEST)
            if max(2 * bend, 8 * change) < abs(slope.value):
                return float(noise)
        return np.inf

    def aim(self, group: Group, left_out: Iterable[int]) -> Slope:
        """Draw a direction for a group, without some entries; return by how much the group differs along it."""
        self.line.aim(1.0)
        self.line.aim(COMPLEX_REACH if self.complex else max(1.0, _REACH * self.line.step / self.noise))
        for entry in left_out:
            n, at = self.locate(entry)
            self.line.direction[n][at] = self.line.contributions[n][at] = 0.0
        parts = self.split_by_leaf(group)
        part, chosen = self.line.restrict(parts), list(parts)
        self.line.step = part.step = part.find_widest_step(chosen)
        if self.complex:
            return self.measure_difference(group)
        slope = self._find_step(part, chosen)
        if self.complex is None and np.isfinite(slope.value):
            part.noise = self.line.noise
            step = part.take_complex_step(chosen)
            self.complex = step is not None and not step.excludes(slope)
            if self.complex:
                self.differences, self.truncation = 1, 0.0
                return self.aim(group, left_out)
        return self._subtract_from_claim(part, parts, slope)

    def _find_step(self, part: Line, chosen: Sequence[int]) -> Slope:
        """Return the slope of f along a part, by the one or two differences that serve best for its groups, too."""
        part.noise = self.noise
        one = two = Slope(np.nan, np.inf), WIDEST, np.inf  # with the first step and the truncation
        found: list[Slope] = []
        for k, step in enumerate(_STEPS):
            found.append(part.take_one_difference(chosen, step)[0])
            truncation = _SAFETY * abs(found[-1].value - found[k - 1].value)
            if k > 0 and truncation + found[k - 1].error < one[0].error:
                one = found[k - 1]._replace(error=truncation + found[k - 1].error), _STEPS[k - 1], truncation
            if k > 1:
                coarse, fine = _extrapolate(*found[-3:-1]), _extrapolate(*found[-2:])
                by_two = _SAFETY * abs(fine.value - coarse.value)
                if by_two + coarse.error < two[0].error:
                    two = coarse._replace(error=by_two + coarse.error), _STEPS[k - 2], by_two
            if k > 0 and found[-1].error > truncation:
                break
        enough = abs(part.sum_claims(chosen).value - one[0].value) > 4 * one[0].error
        self.differences = 1 if enough or not two[0].error < one[0].error / 4 else 2
        slope, self.first_step, self.truncation = one if self.differences == 1 else two
        return slope

    def measure_difference(self, group: Group) -> Slope:
        """Return by how much the slope that is claimed of a group differs from that of f."""
        parts = self.split_by_leaf(group)
        part, chosen = self.line.restrict(parts), list(parts)
        if self.complex:
            slope = part.take_complex_step(chosen) or Slope(np.nan, np.inf)
            slope = slope._replace(error=slope.error + _ROUNDINGS * self.line.unit * abs(slope.value))
        else:
            part.noise = self.noise
            steps = [self.first_step / 4**k for k in range(self.differences)]
            found = [part.take_one_difference(chosen, step)[0] for step in steps]
            slope = found[0] if self.differences == 1 else _extrapolate(*found)
            slope = slope._replace(error=slope.error + self.truncation)
        return self._subtract_from_claim(part, parts, slope)

    def _subtract_from_claim(self, part: Line, parts: Mapping[int, slice], slope: Slope) -> Slope:
        doubts = [
            self.doubts[n].reshape(-1)[where] * self.line.direction[n].reshape(-1)[where] for n, where in parts.items()
        ]
        doubt = 2 * float(np.sqrt(sum(float(d @ d) for d in doubts)))  # their signs are random
        return Slope(part.sum_claims(list(parts)).value - slope.value, slope.error + doubt)

    def is_confirmed(self, part: Line, n: int, claim: Slope, slope: Slope, size: float) -> bool:
        """Whether it is this slope, and not the claim, that f shows to both sides in the smallest steps it can.

        Not so near a kink or a jump, or where f is rounded to steps of its own. `part` is a single entry of leaf n, and
        `size` how many of its components along the direction the entry has.
        """
        gap = abs(claim.value - slope.value)
        noise = self.line.noise + part.unit * (abs(claim.value) + abs(slope.value)) * size
        step = 8 * noise / (gap * part.step) * WIDEST
        while step <= WIDEST:
            found = [part.take_one_difference([n], several * step) for several in (1, 6)]
            if any(difference.value != 0 or bend != 0 for difference, bend in found):
                return all(abs(difference.value - slope.value) + bend / 2 < gap / 2 for difference, bend in found)
            step *= 8
        return gap * part.step > 2.0**10 * max(noise, part.noise)  # f is flat

    def split_by_leaf(self, group: Group) -> dict[int, slice]:
        """Return for each leaf that has entries in the group which they are, in C order."""
        start, stop = group
        return {
            n: slice(max(start - first, 0), min(stop, last) - first)
            for n, first, last in zip(self.chosen, self.ends[:-1], self.ends[1:], strict=True)
            if start < last and first < stop
        }

    def locate(self, entry: int) -> tuple[int, tuple[int, ...]]:
        """Return the number of the leaf of an entry, and its index there."""
        ((n, where),) = self.split_by_leaf((entry, entry + 1)).items()
        return n, tuple(int(axis) for axis in np.unravel_index(where.start, self.line.direction[n].shape))


def _extrapolate(coarse: Slope, fine: Slope) -> Slope:
    """Extrapolate to a step of 0 from one step and a quarter of it."""
    return Slope(fine.value + (fine.value - coarse.value) / 15, (16 * fine.error + coarse.error) / 15)
