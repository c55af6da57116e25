"""How f changes along a line through its arguments, by finite differences and by a complex step.

The direction v has a random component for each entry of the arguments, of about 1 / |entry of the gradient|, so that
each contributes about 1 to ⟨gradient, v⟩ and none hides behind the others; but no array is moved by more than its own
size times what the entry that matters most allows.

    finite differences    (f(x + h v) − f(x − h v)) / 2h, extrapolated to h = 0 from h, h/4, h/16, … (Richardson), up to
                          where the last correction and the noise of f over h are smallest together
    complex step          Im f(x + i h v) / h: no cancellation and, h being 2^-100, no truncation
"""

import copy
import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from bptt.verify._execution import Observed
from bptt.verify._problem import Floats, Problem
from bptt.verify.methods._float_function import FloatFunction
from bptt.verify.methods._slope import Slope

_LEVELS = 24  # of Richardson extrapolation at most: f may change much faster than the size of an array suggests
_ENOUGH = 1e-3  # of Σ |contribution|: a slope to within that is taken when two smaller steps bring nothing
_FIRST_STEP = 2.0**-7  # of the size of an array: there most functions are nearly polynomials of a low degree
_SMALL = 2.0**-10  # of that: one difference is then about as far off by curvature as by rounding
_SMALLEST = 2.0**-15  # of that: some roundings in float32
_TO_MEASURE_NOISE = (0.37, 0.61, 1.0, 1.9)  # of that
_BESIDE = 0.7  # of the best step: where the slope must be the same
_COMPLEX_STEP = 2.0**-100
COMPLEX_REACH = 2.0**40  # how far beyond the entry that matters most another one is moved; nothing is lost by it there
_ROUNDINGS = 32  # of each contribution to ⟨gradient, v⟩ that floats may lose: more than usual code does
_SAFETY = 8  # by which a measured noise is widened: the few samples of it seldom show the largest

_Number = np.float64
_Arrays = list[npt.NDArray[Any]]


class Line:
    """f along one direction through the arguments."""

    def __init__(self, problem: Problem, observed: Observed, random: np.random.Generator) -> None:
        self.problem = problem
        self._f = FloatFunction(problem, observed)
        self.value, self.values = self._f.value, self._f.values
        self.random = random
        self.gradient = observed.gradient
        self.sizes = [_measure(leaf.values) for leaf in problem.arguments.leaves]
        self.direction: _Arrays = []
        self._scratch = [np.empty_like(x) for x in self.values]
        self.contributions: _Arrays = []  # of each entry to ⟨gradient, v⟩
        self.step = 0.0
        self.aim(1.0)
        self.noise = _ROUNDINGS * self.unit * abs(self.value)  # of f; measured where it decides

    def aim(self, reach: float) -> None:
        """Draw a direction that moves other entries that much farther than the one that matters most."""
        effects = [
            float(np.max(np.abs(g), initial=0.0)) * size for g, size in zip(self.gradient, self.sizes, strict=True)
        ]
        reach /= max(effects, default=0.0) or abs(self.value) or 1.0
        self.step = _FIRST_STEP / reach
        self.direction = [
            self._draw_direction(g, reach * size) if leaf.differentiable else np.zeros(0)
            for leaf, g, size in zip(self.problem.arguments.leaves, self.gradient, self.sizes, strict=True)
        ]
        self.contributions = [g * v for g, v in zip(self.gradient, self.direction, strict=True)]
        self._sum_up(zip(self.gradient, self.values, strict=True))

    def _sum_up(self, gradient_and_values: Iterable[tuple[Floats, npt.NDArray[Any]]]) -> None:
        self._claims = [float(c.sum()) for c in self.contributions]
        self._masses = [float(np.abs(c).sum()) for c in self.contributions]
        self._effects = [float(np.abs(g * x).sum()) if g.size else 0.0 for g, x in gradient_and_values]

    def restrict(self, parts: Mapping[int, slice]) -> "Line":
        """Restrict the direction to a part of the entries: of leaf n, in C order, those of parts[n]."""
        part = copy.copy(self)
        part.direction = list(self.direction)
        for n, where in parts.items():
            part.direction[n] = np.zeros(self.direction[n].shape)
            part.direction[n].reshape(-1)[where] = self.direction[n].reshape(-1)[where]
        entries = [parts.get(n, slice(0)) for n in range(len(self.values))]
        part.contributions, gradient, values = (
            [a.reshape(-1)[where] for a, where in zip(arrays, entries, strict=True)]
            for arrays in (self.contributions, self.gradient, self.values)
        )
        part._sum_up(zip(gradient, values, strict=True))
        return part

    def find_widest_step(self, chosen: Sequence[int]) -> float:
        """Return the step at which the first of the entries has moved by 2^-7 of the size of its array."""
        farthest = [float(np.max(np.abs(self.direction[n]), initial=0)) / self.sizes[n] for n in chosen]
        return _FIRST_STEP / (max(farthest) or 1.0)

    def _draw_direction(self, gradient: Floats, farthest: float) -> npt.NDArray[_Number]:
        components = np.asarray(self.random.random(gradient.shape))
        components -= 0.5
        components += np.copysign(0.5, components)  # from 0.5 to 1 and from -1 to -0.5
        size = np.asarray(np.abs(gradient.astype(_Number, copy=False)))
        np.divide(1.0, size, out=size)
        np.minimum(size, farthest, out=size)
        components *= size
        return components

    @property
    def unit(self) -> float:
        return max(float(np.finfo(x.dtype).eps) for x in self.values if x.dtype.kind == "f")

    def sum_claims(self, chosen: Sequence[int], noise: float = 0.0) -> Slope:
        """⟨gradient, v⟩ over the chosen leaves."""
        unit = max(float(np.finfo(self.problem.arguments.leaves[n].values.dtype).eps) for n in chosen)
        rounding = _ROUNDINGS * unit * sum(self._masses[n] for n in chosen)
        return Slope(sum(self._claims[n] for n in chosen), rounding + noise)

    def take_one_difference(self, chosen: Sequence[int], fraction: float = 1.0) -> tuple[Slope, float]:
        """Take one central difference at a fraction of a small step; return by how much its two sides differ, too.

        The error is no more than the rounding of f if f is what it seems; a second one at another step shows if it is.
        """
        h = self.step * _SMALL * fraction
        value, bend = self._compare_both_sides(chosen, h)
        return Slope(value, self._divide_noise(h, chosen)), bend

    def take_differences(self, chosen: Sequence[int]) -> Slope:
        """Take central differences, extrapolated to a step of 0.

        How much the two sides of the smallest steps differ is taken for the noise of f, if it is more than some
        roundings: there, what f computes in float32 shows, too.
        """
        for size in _TO_MEASURE_NOISE:
            h = self.step * _SMALLEST * size
            self.noise = max(self.noise, _SAFETY * h * self._compare_both_sides(chosen, h)[1])
        return self._extrapolate(chosen)

    def _extrapolate(self, chosen: Sequence[int]) -> Slope:
        row: list[float] = []
        best = Slope(np.nan, np.inf)
        bends: list[float] = []
        found, moved = 0, 0.0
        for level in range(_LEVELS):
            h = self.step / 4**level
            difference, bend = self._compare_both_sides(chosen, h)
            bends.append(bend)
            previous, row = row, [difference]
            for k, coarser in enumerate(previous):
                row.append(row[k] + (row[k] - coarser) / (16 ** (k + 1) - 1))
            if level == 0:
                moved = (abs(difference) + bend) * h
                continue
            noise = self._divide_noise(h, chosen)
            error = _SAFETY * max(abs(row[-1] - row[-2]), abs(row[-1] - previous[-1])) + noise
            if error < best.error:
                kink = bends[-1] > bends[-2] / 2 and bends[-1] > self.noise / h
                best, found = Slope(row[-1], error, kink), level
            enough = best.error < _ENOUGH * sum(self._masses[n] for n in chosen) and level >= found + 2
            if bend == 0 == difference:
                break  # the step is too small to move f
            if noise > error / 2 or (enough and not best.kink):
                break
        roundings = _ROUNDINGS * self.unit * abs(self.value)
        if not np.isfinite(best.value) or (self.noise > roundings and self.noise > moved / 16):
            return best._replace(error=np.inf)  # so small a step changes f as much as the largest: it is noise
        h = self.step / 4**found * _BESIDE
        coarser, finer = self._compare_both_sides(chosen, h)[0], self._compare_both_sides(chosen, h / 4)[0]
        beside = finer + (finer - coarser) / 15
        return best._replace(error=best.error + _SAFETY * abs(beside - best.value))

    def _compare_both_sides(self, chosen: Sequence[int], h: float) -> tuple[float, float]:
        """Return the central difference at a step h, and how much that to the right differs from that to the left."""
        if h == 0:  # of a gradient so large that no float steps along it
            return np.nan, np.inf
        above, below = (self._f.evaluate(self._move(chosen, step)) for step in (h, -h))
        return (above - below) / (2 * h), abs(above - 2 * self.value + below) / h

    def _move(self, chosen: Sequence[int], step: float) -> _Arrays:
        """Return x + step v in the chosen leaves, written where the last such point was: fresh memory takes longer."""
        leaves = list(self.values)
        for n in chosen:
            np.multiply(self.direction[n], step, out=self._scratch[n], casting="same_kind")
            leaves[n] = np.add(leaves[n], self._scratch[n], out=self._scratch[n])
        return leaves

    def _divide_noise(self, h: float, chosen: Sequence[int]) -> float:
        """Return the error that the noise of f causes, and the rounding of x ± h v, at most unit Σ |gradient x|."""
        rounding = self.unit * sum(self._effects[n] for n in chosen)
        return (self.noise + rounding) / h if h else np.inf

    def take_complex_step(self, chosen: Sequence[int]) -> Slope | None:
        """Take a complex step; return `None` if f takes no complex numbers, or drops their imaginary part."""
        slopes = []
        for sign in (1, -1):
            step = sign * 1j * _COMPLEX_STEP * self.step
            given = [x + step * self.direction[n] if n in chosen else x for n, x in enumerate(self.values)]
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("error", np.exceptions.ComplexWarning)
                    result = np.asarray(self.problem.call_f(*self.problem.arguments.place(given)))
            except Exception:  # it takes no complex numbers, or is not defined there
                return None
            if result.dtype != np.complex128 or not abs(result - self.value) <= self.noise + abs(result.imag):
                return None
            slopes.append(sign * float(result.imag) / (_COMPLEX_STEP * self.step))
        error = abs(slopes[0] - slopes[1]) + _ROUNDINGS * self.unit * sum(self._masses[n] for n in chosen)
        return Slope((slopes[0] + slopes[1]) / 2, error)


def _measure(x: npt.NDArray[Any]) -> float:
    """Return the largest entry; 1 for an array of zeros."""
    return float(np.max(np.abs(x), initial=0)) or 1.0
