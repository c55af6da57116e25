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
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from bptt.verify._conduct import Floats, jittered
from bptt.verify._execution import Function
from bptt.verify._problem import FlatArguments

_LEVELS = 24  # of Richardson extrapolation at most: f may change much faster than the size of an array suggests
_ENOUGH = 1e-3  # of Σ |contribution|: a slope to within that is taken when two smaller steps bring nothing
_FIRST_STEP = 2.0**-7  # of the size of an array
_SMALL = 2.0**-10  # of that
_SMALLEST = 2.0**-15  # of that: some roundings in float32
_TO_MEASURE_NOISE = (0.37, 0.61, 1.0, 1.9)  # of that
_BESIDE = 0.7  # of the best step: where the slope must be the same
_COMPLEX_STEP = 2.0**-100
COMPLEX_REACH = 2.0**40  # how far beyond the entry that matters most another one is moved; nothing is lost by it there
_ROUNDINGS = 32  # of each contribution to ⟨gradient, v⟩ that floats may lose
_SAFETY = 8  # by which a measured noise is widened

_Number = np.float64
_Arrays = list[npt.NDArray[Any]]


class Slope(NamedTuple):
    """A slope of f, and how far from it the true one may be."""

    value: float
    error: float
    kink: bool = False  # it differs to both sides, however small the step

    def excludes(self, other: "Slope") -> bool:
        """Whether the two cannot be the same; never where an error is not known."""
        return abs(self.value - other.value) > self.error + other.error


class Line:
    """f along one direction through the arguments."""

    def __init__(
        self, f: Function, arguments: FlatArguments, value: float, floats: list[Floats], random: np.random.Generator
    ) -> None:
        self.f = f
        self.arguments = arguments
        self.value = value
        self.random = random
        self.gradient = floats
        self.values: _Arrays = [leaf.values for leaf in arguments.leaves]
        self.values = self._in_double()
        self.sizes = [_size(leaf.values) for leaf in arguments.leaves]
        self.direction: _Arrays = []
        self._scratch = [np.empty_like(x) for x in self.values]
        self.contributions: _Arrays = []  # of each entry to ⟨gradient, v⟩
        self.step = 0.0
        self.aim(1.0)
        self.noise = _ROUNDINGS * self.unit * abs(self.value)  # of f; measured where it decides

    def aim(self, reach: float) -> None:
        """Draw a direction that moves other entries that much farther than the one that matters most."""
        effects = [np.max(np.abs(g), initial=0.0) * size for g, size in zip(self.gradient, self.sizes, strict=True)]
        reach /= max(effects, default=0.0) or abs(self.value) or 1.0
        self.step = _FIRST_STEP / reach
        self.direction = [
            self._direction(g, reach * size) if leaf.differentiable else np.zeros(0)
            for leaf, g, size in zip(self.arguments.leaves, self.gradient, self.sizes, strict=True)
        ]
        self.contributions = [g * v for g, v in zip(self.gradient, self.direction, strict=True)]
        self._sum_up(zip(self.gradient, self.values, strict=True))

    def _sum_up(self, gradient_and_values: Iterable[tuple[Floats, npt.NDArray[Any]]]) -> None:
        self._claims = [float(c.sum()) for c in self.contributions]
        self._masses = [float(np.abs(c).sum()) for c in self.contributions]
        self._effects = [float(np.abs(g * x).sum()) if g.size else 0.0 for g, x in gradient_and_values]

    def within(self, parts: Mapping[int, slice]) -> "Line":
        """The same direction through a part of the entries alone: of leaf n, in C order, those of parts[n]."""
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

    def widest_step(self, chosen: Sequence[int]) -> float:
        """The step at which the first of the entries has moved by 2^-7 of the size of its array."""
        farthest = [float(np.max(np.abs(self.direction[n]), initial=0)) / self.sizes[n] for n in chosen]
        return _FIRST_STEP / (max(farthest) or 1.0)

    def _in_double(self) -> _Arrays:
        """The leaves in float64 if f takes them so and is the same, and else as they are."""
        given = self.values
        double = [x.astype(_Number, copy=False) if x.dtype.kind == "f" else x for x in given]
        if all(x.dtype == y.dtype for x, y in zip(given, double, strict=True)):
            return given
        try:
            value = self.at(double)
        except (TypeError, ValueError):
            return given
        if abs(value - self.value) > 1e-3 * abs(self.value):
            return given
        self.value = value
        return double

    def _direction(self, gradient: Floats, farthest: float) -> npt.NDArray[_Number]:
        components = np.asarray(self.random.random(gradient.shape))
        components -= 0.5
        components += np.copysign(0.5, components)  # from 0.5 to 1 and from -1 to -0.5
        size = np.asarray(np.abs(gradient.astype(_Number, copy=False)))
        np.divide(1.0, size, out=size)
        np.minimum(size, farthest, out=size)
        components *= size
        return components

    def at(self, leaves: Sequence[Any]) -> float:
        """f for other arrays in the place of the leaves."""
        given = [
            (x.copy() if x is own else x) if hasattr(leaf.given, "dtype") else x[()].item()
            for leaf, x, own in zip(self.arguments.leaves, leaves, self.values, strict=True)
        ]
        try:
            return float(np.asarray(self.f(*self.arguments.rebuild(given))))
        except (ArithmeticError, AssertionError, ValueError):  # math.log(-1): not defined there
            return np.nan

    def is_gross(self, claim: Slope, slope: Slope) -> bool:
        """Whether the difference is more than a gradient of half its digits could explain, in each entry or in all."""
        scale = np.sqrt(sum(float(np.vdot(c, c)) for c in self.contributions))
        far = abs(claim.value - slope.value) > 16 * (claim.error + slope.error)
        return bool(far and abs(claim.value - slope.value) > 2.0**-20 * (scale + abs(claim.value)))

    def is_flat(self, n: int) -> bool:
        """Whether f does not change at all when leaf n is moved."""
        steps = (self.step, -self.step, self.step / 64)
        return all(self.at(self._moved([n], step)) == self.value for step in steps)

    @property
    def unit(self) -> float:
        return max(float(np.finfo(x.dtype).eps) for x in self.values if x.dtype.kind == "f")

    def _jittered(self) -> _Arrays:
        return [jittered(x, self.random) for x in self.values]

    def claim(self, chosen: Sequence[int], noise: float = 0.0) -> Slope:
        """⟨gradient, v⟩ over the chosen leaves."""
        unit = max(float(np.finfo(self.arguments.leaves[n].values.dtype).eps) for n in chosen)
        rounding = _ROUNDINGS * unit * sum(self._masses[n] for n in chosen)
        return Slope(sum(self._claims[n] for n in chosen), rounding + noise)

    def noise_of_gradient(self, gradient: Function, chosen: Sequence[int]) -> float:
        """How much ⟨gradient, v⟩ changes when the arguments change by a rounding or two."""
        leaves = [
            x.astype(leaf.values.dtype, copy=False) if hasattr(leaf.given, "dtype") else x[()].item()
            for leaf, x in zip(self.arguments.leaves, self._jittered(), strict=True)
        ]
        self.f(*self.arguments.rebuild(leaves))  # a backward pass may use what the forward pass kept
        moved = self.arguments.match(gradient(*self.arguments.rebuild(leaves)))
        changes = [float((np.abs((moved[n] - self.gradient[n]) * self.direction[n])).sum()) for n in chosen]
        return float(_SAFETY * sum(changes))

    def by_one_difference(self, chosen: Sequence[int], fraction: float = 1.0) -> tuple[Slope, float]:
        """The slope by one central difference at a fraction of a small step, and by how much its two sides differ.

        The error is no more than the rounding of f if f is what it seems; a second one at another step shows if it is.
        """
        h = self.step * _SMALL * fraction
        value, bend = self._both_sides(chosen, h)
        return Slope(value, self._noise_over(h, chosen)), bend

    def by_differences(self, chosen: Sequence[int]) -> Slope:
        """The slope by central differences, extrapolated.

        How much the two sides of the smallest steps differ is taken for the noise of f, if it is more than some
        roundings: there, what f computes in float32 shows, too.
        """
        for size in _TO_MEASURE_NOISE:
            h = self.step * _SMALLEST * size
            self.noise = max(self.noise, _SAFETY * h * self._both_sides(chosen, h)[1])
        return self._extrapolated(chosen)

    def _extrapolated(self, chosen: Sequence[int]) -> Slope:
        row: list[float] = []
        best = Slope(np.nan, np.inf)
        bends: list[float] = []
        found, moved = 0, 0.0
        for level in range(_LEVELS):
            h = self.step / 4**level
            difference, bend = self._both_sides(chosen, h)
            bends.append(bend)
            previous, row = row, [difference]
            for k, coarser in enumerate(previous):
                row.append(row[k] + (row[k] - coarser) / (16 ** (k + 1) - 1))
            if level == 0:
                moved = (abs(difference) + bend) * h
                continue
            noise = self._noise_over(h, chosen)
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
        coarser, finer = self._both_sides(chosen, h)[0], self._both_sides(chosen, h / 4)[0]
        beside = finer + (finer - coarser) / 15
        return best._replace(error=best.error + _SAFETY * abs(beside - best.value))

    def _both_sides(self, chosen: Sequence[int], h: float) -> tuple[float, float]:
        """The central difference at a step h, and how much the one to the right differs from the one to the left."""
        above, below = (self.at(self._moved(chosen, step)) for step in (h, -h))
        return (above - below) / (2 * h), abs(above - 2 * self.value + below) / h

    def _moved(self, chosen: Sequence[int], step: float) -> _Arrays:
        """x + step v in the chosen leaves, written where the last such point was: fresh memory takes longer to get."""
        leaves = list(self.values)
        for n in chosen:
            np.multiply(self.direction[n], step, out=self._scratch[n], casting="same_kind")
            leaves[n] = np.add(leaves[n], self._scratch[n], out=self._scratch[n])
        return leaves

    def _noise_over(self, h: float, chosen: Sequence[int]) -> float:
        """The error that the noise of f causes, and the rounding of x ± h v, at most unit Σ |gradient x|."""
        rounding = self.unit * sum(self._effects[n] for n in chosen)
        return (self.noise + rounding) / h

    def complex_step(self, chosen: Sequence[int]) -> Slope | None:
        """The slope by a complex step; `None` if f takes no complex numbers, or drops their imaginary part."""
        slopes = []
        for sign in (1, -1):
            step = sign * 1j * _COMPLEX_STEP * self.step
            given = [x + step * self.direction[n] if n in chosen else x for n, x in enumerate(self.values)]
            leaves = [
                x if hasattr(leaf.given, "dtype") else x[()].item()
                for leaf, x in zip(self.arguments.leaves, given, strict=True)
            ]
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("error", np.exceptions.ComplexWarning)
                    result = np.asarray(self.f(*self.arguments.rebuild(leaves)))
            except (TypeError, ValueError, RuntimeError, np.exceptions.ComplexWarning):
                return None
            if result.dtype.kind != "c" or abs(result.real - self.value) > self.noise:
                return None
            slopes.append(sign * float(result.imag) / (_COMPLEX_STEP * self.step))
        error = abs(slopes[0] - slopes[1]) + _ROUNDINGS * self.unit * sum(self._masses[n] for n in chosen)
        return Slope((slopes[0] + slopes[1]) / 2, error)


def _size(x: npt.NDArray[Any]) -> float:
    """The largest entry; 1 for an array of zeros."""
    return float(np.max(np.abs(x), initial=0)) or 1.0
