"""The slope of a function of one number at 0, from its values around it, and how far from it the true one may be.

At steps τ T, four to each side, the odd part of the values is fitted by s t + c t³ + d t⁵, and the even part by
a t² + b t⁴. What no such curve can be is noise, a kink, a jump, or too large a T: all count alike, as an error of s.
T becomes smaller until nothing but the rounding of f is left over, or as far as there are floats. What is left over
falls very fast while a curve comes to be resolved; a fit that leaves more than the smaller ones do, but is not followed
by such a fall, saw ripples or a pole as noise, and does not count. Where few of the values differ from each other, f is
on a plateau of its floats, and nothing is known.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

_Values: TypeAlias = npt.NDArray[np.float64]

# τ: what no such curve can be leaves at least ¼ of the error that it makes; no small numbers are in their ratio, so
# that a staircase of floats does not look straight at them.
_NODES = np.array([0.157, 0.4953, 0.8473, 1.0])
_ODD = np.stack([_NODES**k for k in (1, 3, 5)], axis=1)
_EVEN = np.stack([_NODES**k for k in (2, 4)], axis=1)
_FIT_ODD, _FIT_EVEN = np.linalg.pinv(_ODD), np.linalg.pinv(_EVEN)
_GAIN = float(np.abs(_FIT_ODD[0]).sum())  # of an error of the values in that of s T
_SAFETY = 8  # by which what is left of a fit is widened: three numbers seldom show the largest noise
_SHRINK = 8.0  # T from one fit to the next
_MOST_FITS = 14  # down to 2^-39 of the first T
_FARTHEST = 5  # powers of that, beyond the first T: to a hundred times the argument
_DISTINCT = 4  # of the five values from 0 to T: fewer are a plateau
_USELESS = 2.0**12  # times the slope: an error of which no ripple comes that it might be made of
_AS_MUCH_NOISE = 16  # times what another fit leaves: what two samples of one noise may differ by
_FALL = _SHRINK**3  # of what is left, from one T to the next, where a curve is being resolved; the sixth power at best


class Slope(NamedTuple):
    """A slope, and how far from it the true one may be."""

    value: float
    error: float
    kink: bool = False  # the values bend there, however near they are

    def excludes(self, other: "Slope") -> bool:
        """Whether the two cannot be the same; never where an error is not known."""
        return abs(self.value - other.value) > self.error + other.error


class Surroundings(NamedTuple):
    """What is known of a function around 0."""

    slope: Slope | None  # none where it shows none
    noise: float  # that its values have, as far as fits show
    is_flat: bool  # it does not move at all over the longest steps
    is_staircase: bool  # it moves, but not over the shortest steps


class _Fit(NamedTuple):
    slope: float
    left: float  # by the curve, of the values
    bend: float  # what the even part leaves, over T
    widest: float  # T

    def make_slope(self, noise: float) -> Slope:
        """Return the slope for values that are off by that much at least."""
        return Slope(self.slope, _GAIN * (_SAFETY * self.left + noise) / self.widest)


def take_slope(f: Callable[[float], float], value: float, widest: float, noise: float, size: float) -> Surroundings:
    """Return the slope at 0 of an f that is `value` there, from steps of at most `widest`.

    `noise` is what every value of f may be off at least, and `size` about what the slope is thought to be.
    """
    fits: list[_Fit] = []
    is_flat = is_plateau = False
    step = 0.0  # of f, the smallest that was seen
    for k in range(_MOST_FITS):
        above, below = _evaluate(f, widest / _SHRINK**k)
        if not np.isfinite(above + below).all():
            continue
        distinct = min(len({value, *side.tolist()}) for side in (above, below))
        is_plateau = len({value, *above.tolist(), *below.tolist()}) == 1
        is_flat |= is_plateau and k == 0
        if is_plateau:
            break
        step = float(np.min(np.diff(np.unique([value, *above, *below]))))
        if distinct >= _DISTINCT:
            fits.append(_fit(above, below, value, widest / _SHRINK**k))
            if fits[-1].left <= noise or fits[-1].make_slope(noise).error > _USELESS * size:
                break
    if not fits:
        return Surroundings(None, noise, is_flat, is_plateau and not is_flat)
    if is_plateau:  # each value is off by as much as f moves at once, however well a fit comes out by chance
        noise = max(noise, step)
    slopes = [fit.make_slope(noise) for fit in _select_trusted(fits)]
    best = _require_agreement(min(slopes, key=lambda slope: slope.error), slopes)
    best = best._replace(kink=_is_kink([fit for fit in fits if fit.left > noise], noise))
    noise = max(noise, min(fit.left for fit in fits))
    return Surroundings(best, noise, is_flat, is_plateau)


def take_slopes_afar(f: Callable[[float], float], value: float, widest: float, noise: float) -> list[Slope]:
    """Return the slopes that show over steps from `widest` on, where f is finite so far away.

    Between two steps of a staircase a function may be smooth, and its slope another one: that of 1 / x² where 1 − cos x
    is the same float all around.
    """
    sides = {T: _evaluate(f, T) for T in (widest * _SHRINK**k for k in range(_FARTHEST + 1))}
    return [
        _fit(above, below, value, T).make_slope(noise)
        for T, (above, below) in sides.items()
        if np.isfinite(above + below).all()
    ]


def _evaluate(f: Callable[[float], float], widest: float) -> tuple[_Values, _Values]:
    above, below = (np.array([f(sign * t) for t in (_NODES * widest).tolist()]) for sign in (1, -1))
    return above, below


def _fit(above: _Values, below: _Values, value: float, widest: float) -> _Fit:
    odd, even = (above - below) / 2, (above + below) / 2 - value
    of_odd = _FIT_ODD @ odd
    bend = float(np.max(np.abs(even - _EVEN @ (_FIT_EVEN @ even))))
    left = max(bend, float(np.max(np.abs(odd - _ODD @ of_odd))))
    return _Fit(float(of_odd[0]) / widest, left, bend / widest, widest)


def _select_trusted(fits: Sequence[_Fit]) -> list[_Fit]:
    """Select the fits that leave no more than noise, and larger ones whose rest falls as that of a curve does."""
    least = min(fit.left for fit in fits)
    trusted: list[_Fit] = []
    for fit, smaller in zip(reversed(fits), [None, *reversed(fits[1:])], strict=True):
        falls = smaller is not None and smaller in trusted and fit.left >= _FALL * smaller.left
        if falls or fit.left <= _AS_MUCH_NOISE * least:
            trusted.append(fit)
    return trusted


def _is_kink(fits: Sequence[_Fit], noise: float) -> bool:
    """Whether the last fits bend alike, down to the noise: a curve bends less the smaller T is, and noise more."""
    bends = [fit.bend for fit in fits[-3:]]
    reaches_noise = bool(fits) and fits[-1].left <= _SHRINK**2 * noise
    return len(bends) == 3 and max(bends) < 2 * min(bends) and reaches_noise


def _require_agreement(best: Slope, others: Sequence[Slope]) -> Slope:
    """Widen the error if some other slope excludes it: then they are not all what they seem."""
    apart = [abs(other.value - best.value) for other in others if other.excludes(best)]
    return best._replace(error=max([best.error, *apart]))
