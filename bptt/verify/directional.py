"""Where f runs on floats alone: its slope along a random direction, beside what the gradient says that it is.

The direction v has a random component for each entry of the arguments, of about 1 / |entry of the gradient|, so that
each contributes about 1 to ⟨gradient, v⟩ and none hides behind the others; but no array is moved by more than its own
size times what the entry that matters most allows. Entries that no slope along it could show are counted, and leave the
verdict open.

    finite differences    (f(x + h v) − f(x − h v)) / 2h, extrapolated to h = 0 from h, h/4, h/16, … (Richardson), up to
                          where the last correction and the noise of f over h are smallest together
    complex step          Im f(x + i h v) / h: no cancellation and, h being 2^-100, no truncation

Finite differences come first, since a complex number knows nothing of an absolute value or of a kink. Where they agree
with the gradient, a complex step, if f takes one, adds digits.
"""

import functools
import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from bptt.verify.conduct import Floats, jittered
from bptt.verify.leaves import FlatArguments, Leaf
from bptt.verify.report import Formula, LeafFinding, Verdict
from bptt.verify.running import Function

_LEVELS = 24  # of Richardson extrapolation at most: f may change much faster than the size of an array suggests
_ENOUGH = (
    1e-3  # of Σ |contribution|: a slope to within that is not looked for in smaller steps when two brought nothing
)
_FIRST_STEP = 2.0**-7  # of the size of an array
_COMPLEX_STEP = 2.0**-100
_COMPLEX_REACH = 2.0**40  # how far beyond the entry that matters most another one is moved; nothing is lost by it there
_ROUNDINGS = 32  # of each contribution to ⟨gradient, v⟩ that floats may lose
_SAFETY = 8  # by which a measured noise is widened

COMPLEX_STEP = "by complex step"
FINITE_DIFFERENCES = "by finite differences"

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


def judge(
    f: Function, gradient: Function, arguments: FlatArguments, value: Any, floats: list[Floats], seed: int
) -> Formula:
    """The verdict on `floats`, which `gradient` returned for `arguments`, where f is `value`."""
    chosen = [n for n, leaf in enumerate(arguments.leaves) if leaf.differentiable]
    for n in chosen:
        if (found := _not_comparable(arguments.leaves[n], floats[n])) is not None:
            others = [_finding(arguments.leaves[k], "undecided", "") for k in chosen if k != n]
            return Formula("wrong", found.finding, None, (found, *others), FINITE_DIFFERENCES)
    line = _Line(f, arguments, float(value), floats, np.random.default_rng(seed))
    claim, slope = line.claim(chosen), line.differences(chosen)
    if slope.kink:
        reason = f"along a random direction f has a kink: its slope is {slope.value:.6g} on average of both sides"
        return _all_undecided(arguments, reason, FINITE_DIFFERENCES)
    if not np.isfinite(slope.value + slope.error):
        return _all_undecided(arguments, "f is not finite around this point", FINITE_DIFFERENCES)
    if slope.excludes(claim):
        if not line.is_gross(claim, slope):
            claim = line.claim(chosen, noise=line.noise_of_gradient(gradient, chosen))
        if slope.excludes(claim):
            return _wrong(line, chosen, claim, slope)
        return _all_undecided(arguments, f"{_both(claim, slope)} which rounding may explain", FINITE_DIFFERENCES)
    by_differences = _right(line, chosen, claim, slope, FINITE_DIFFERENCES)
    line.aim(_COMPLEX_REACH)
    sharper = line.complex_step(chosen)
    if sharper is None:
        return by_differences
    claim = line.claim(chosen, noise=line.noise_of_gradient(gradient, chosen))
    if sharper.excludes(claim):
        reason = f"{_both(claim, sharper)} {COMPLEX_STEP}, too little for finite differences to show"
        return _all_undecided(arguments, reason, COMPLEX_STEP)
    return _right(line, chosen, claim, sharper, COMPLEX_STEP)


class _Line:
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
        self._scratch: _Arrays = []
        self.contributions: _Arrays = []  # of each entry to ⟨gradient, v⟩
        self.step = self.finest = self.correction = 0.0
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
        self._claims = [float(c.sum()) for c in self.contributions]
        self._masses = [float(np.abs(c).sum()) for c in self.contributions]

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
        components = self.random.random(gradient.shape) - 0.5
        components = components + np.copysign(0.5, components)  # from 0.5 to 1 and from -1 to -0.5
        with np.errstate(divide="ignore"):
            return components * np.minimum(1 / np.abs(gradient.astype(_Number, copy=False)), farthest)

    def at(self, leaves: Sequence[Any]) -> float:
        """f for other arrays in the place of the leaves."""
        given = [
            (x.copy() if x is own else x) if hasattr(leaf.given, "dtype") else x[()].item()
            for leaf, x, own in zip(self.arguments.leaves, leaves, self.values, strict=True)
        ]
        with np.errstate(all="ignore"):
            return float(np.asarray(self.f(*self.arguments.rebuild(given))))

    def measure_noise(self) -> None:
        """How much f changes when its arguments change by a rounding or two; at least some roundings of itself."""
        self.noise = max(self.noise, _SAFETY * abs(self.at(self._jittered()) - self.value))

    def is_gross(self, claim: Slope, slope: Slope) -> bool:
        """Whether the difference is more than a gradient of half its digits could explain, in each entry or in all."""
        scale = np.sqrt(sum(float(np.vdot(c, c)) for c in self.contributions))
        far = abs(claim.value - slope.value) > 16 * (claim.error + slope.error)
        return bool(far and abs(claim.value - slope.value) > 2.0**-20 * (scale + abs(claim.value)))

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
        with np.errstate(all="ignore"):
            self.f(*self.arguments.rebuild(leaves))  # a backward pass may use what the forward pass kept
            moved = self.arguments.match(gradient(*self.arguments.rebuild(leaves)))
            changes = [float((np.abs((moved[n] - self.gradient[n]) * self.direction[n])).sum()) for n in chosen]
        return _SAFETY * sum(changes)

    def differences(self, chosen: Sequence[int]) -> Slope:
        """The slope by central differences, extrapolated."""
        claim = self.claim(chosen)
        row: list[float] = []
        best = Slope(np.nan, np.inf)
        bends: list[float] = []
        found = 0
        for level in range(_LEVELS):
            h = self.step / 4**level
            difference, bend = self._both_sides(chosen, h)
            bends.append(bend)
            previous, row = row, [difference]
            for k, coarser in enumerate(previous):
                row.append(row[k] + (row[k] - coarser) / (16 ** (k + 1) - 1))
            if level == 0:
                continue
            if level == 2:
                self.measure_noise()
            error = _SAFETY * abs(row[-1] - row[-2]) + self._noise_over(h, chosen)
            if error < best.error:
                kink = bends[-1] > bends[-2] / 2 and bends[-1] > _SAFETY * self.noise / h
                best = Slope(row[-1], error, kink)
                self.finest, self.correction, found = h, abs(row[-1] - row[0]), level
            far = abs(best.value - claim.value) > 16 * (best.error + claim.error)
            enough = best.error < _ENOUGH * sum(self._masses[n] for n in chosen) and level >= found + 2
            if self._noise_over(h, chosen) > error / 2 or (not best.kink and (far or enough)):
                break
        return best

    def difference(self, chosen: Sequence[int]) -> Slope:
        """The slope in some of the leaves by one central difference, its truncation as in all of them or less."""
        value, _ = self._both_sides(chosen, self.finest)
        return Slope(value, _SAFETY * self.correction + self._noise_over(self.finest, chosen))

    def _both_sides(self, chosen: Sequence[int], h: float) -> tuple[float, float]:
        """The central difference at a step h, and how much the one to the right differs from the one to the left."""
        above, below = (self.at(self._moved(chosen, step)) for step in (h, -h))
        return (above - below) / (2 * h), abs(above - 2 * self.value + below) / h

    def _moved(self, chosen: Sequence[int], step: float) -> _Arrays:
        """x + step v in the chosen leaves, written where the last such point was: fresh memory takes longer to get."""
        if not self._scratch:
            self._scratch = [np.empty_like(x) for x in self.values]
        leaves = list(self.values)
        for n in chosen:
            np.multiply(self.direction[n], step, out=self._scratch[n], casting="same_kind")
            leaves[n] = np.add(leaves[n], self._scratch[n], out=self._scratch[n])
        return leaves

    def _noise_over(self, h: float, chosen: Sequence[int]) -> float:
        """The error that the noise of f causes, and the rounding of x ± h v."""
        rounding = self.unit * sum(self._effect(n) for n in chosen)
        return (self.noise + rounding) / h

    @functools.cache  # noqa: B019  (as long as the line)
    def _effect(self, n: int) -> float:
        """Σ |gradient x| of leaf n."""
        return float(np.abs(self.gradient[n] * self.values[n]).sum())

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
                with np.errstate(all="ignore"), warnings.catch_warnings():
                    warnings.simplefilter("error", np.exceptions.ComplexWarning)
                    result = np.asarray(self.f(*self.arguments.rebuild(leaves)))
            except (TypeError, ValueError, np.exceptions.ComplexWarning):
                return None
            if result.dtype.kind != "c" or abs(result.real - self.value) > self.noise:
                return None
            slopes.append(sign * float(result.imag) / (_COMPLEX_STEP * self.step))
        error = abs(slopes[0] - slopes[1]) + _ROUNDINGS * self.unit * sum(self._masses[n] for n in chosen)
        return Slope((slopes[0] + slopes[1]) / 2, error)


def _size(x: npt.NDArray[Any]) -> float:
    """The root of the mean square; 1 for an array of zeros."""
    return float(np.sqrt(np.mean(np.square(x, dtype=_Number)))) or 1.0 if x.size else 1.0


def _not_comparable(leaf: Leaf, floats: Floats) -> LeafFinding | None:
    if floats.shape != leaf.values.shape:
        return _finding(leaf, "wrong", f"the gradient has shape {floats.shape}; it should be {leaf.values.shape}")
    if not np.isfinite(floats).all():
        index = [int(axis) for axis in np.argwhere(~np.isfinite(floats))[0]]
        return _finding(leaf, "wrong", f"the gradient is {floats[tuple(index)]} at {index}")
    return None


def _finding(
    leaf: Leaf, verdict: Verdict, reason: str, digits: int | None = None, reference: str = FINITE_DIFFERENCES
) -> LeafFinding:
    return LeafFinding(leaf.path, leaf.values.shape, verdict, reason, digits, reference=reference)


def _both(claim: Slope, slope: Slope) -> str:
    return f"its slope along a random direction is {claim.value:.10g} by hand, {slope.value:.10g} ± {slope.error:.1g}"


def _all_undecided(arguments: FlatArguments, reason: str, reference: str) -> Formula:
    leaves = tuple(_finding(leaf, "undecided", "") for leaf in arguments.leaves if leaf.differentiable)
    return Formula("undecided", reason, None, leaves, reference)


def _right(line: _Line, chosen: Sequence[int], claim: Slope, slope: Slope, reference: str) -> Formula:
    leaves = tuple(_as_far_as_seen(line, n, slope.error + claim.error, reference) for n in chosen)
    unseen = [leaf for leaf in leaves if leaf.verdict == "undecided"]
    if unseen:
        return Formula("undecided", unseen[0].finding, None, leaves, reference)
    return Formula("right", f"{_both(claim, slope)} {reference}", None, leaves, reference)


def _as_far_as_seen(line: _Line, n: int, error: float, reference: str) -> LeafFinding:
    """A leaf with whose slope nothing is wrong: right, if each of its entries contributes more than the error."""
    leaf, contributions = line.arguments.leaves[n], np.abs(line.contributions[n])
    claimed_zero = contributions == 0
    unseen = int(np.count_nonzero((contributions <= 2 * error) & ~claimed_zero))
    if error >= 0.1:
        unseen += int(np.count_nonzero(claimed_zero))
    if unseen:
        reason = f"{unseen} of {contributions.size} entries matter too little to be seen {reference}"
        return _finding(leaf, "undecided", reason, reference=reference)
    return _finding(leaf, "right", "along a random direction", max(0, int(-np.log10(error + 1e-300))), reference)


def _wrong(line: _Line, chosen: Sequence[int], claim: Slope, slope: Slope) -> Formula:
    """The leaves that are wrong, the largest first, until they explain the difference along the whole direction."""
    wrong: dict[int, LeafFinding] = {}
    difference, error = claim.value - slope.value, claim.error + slope.error
    for n in sorted(chosen, key=lambda n: -line.gradient[n].size):
        if abs(difference) <= error:
            break
        own_claim = line.claim([n], claim.error)
        own = slope if len(chosen) == 1 else line.difference([n])
        if own.excludes(own_claim):
            wrong[n] = _finding(line.arguments.leaves[n], "wrong", f"{_both(own_claim, own)} {FINITE_DIFFERENCES}")
        difference -= own_claim.value - own.value
        error += own.error
    explained = abs(difference) <= error
    leaves = tuple(
        wrong[n]
        if n in wrong
        else _as_far_as_seen(line, n, error, FINITE_DIFFERENCES)
        if explained
        else _finding(line.arguments.leaves[n], "undecided", "")
        for n in chosen
    )
    reason = next((leaf.finding for leaf in wrong.values()), f"{_both(claim, slope)} {FINITE_DIFFERENCES}")
    return Formula("wrong", reason, None, leaves, FINITE_DIFFERENCES)
