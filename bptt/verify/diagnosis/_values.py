"""The gradient by one array at one point, by hand and true, and how two arrays of balls compare."""

import math
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from flint import arb

from bptt.verify.diagnosis._kind import LARGEST_DENOMINATOR

Arbs: TypeAlias = npt.NDArray[Any]  # an object array of `arb`

_EXACT = arb(2) ** -80  # of the largest entry: what the radius may be where a difference contains 0
_FEW_ROUNDINGS = 8  # of an entry, which a constant in the code that was rounded may cost
_MANY_ROUNDINGS, _CLEARLY = 64, 1e-6  # of the largest entry, where entries of another size may have been cancelled
_ROUNDED_CONSTANT = 2.0**-50  # of a factor


class Values(NamedTuple):
    """What is known of the gradient by one array at one point."""

    number: int  # of the array among the arguments
    path: str
    argument: Arbs  # the array itself
    by_hand: Arbs
    true: Arbs
    others: Mapping[str, Arbs]  # the true gradient by each other array, by path
    norms: Mapping[str, arb]  # of the true gradient by this array, and by all
    sizes: Mapping[str, int]  # of axes, by name
    axes: Sequence[str]  # of the array, in words
    bits: int  # of the floats given

    @property
    def has_same_shape(self) -> bool:
        return self.by_hand.shape == self.true.shape

    @property
    def is_multiple(self) -> bool:
        """Whether the gradient by hand is a number times the true one, as each is of one entry alone."""
        return self.true.size > 1 and find_ratio(self.by_hand, self.true, self.bits) is not None

    @property
    def is_blurred(self) -> bool:
        """Whether too few digits of the gradient by hand are known to tell what it is, as where all is saturated."""
        entries = [x for x in list_entries(self.by_hand) if not x.is_zero()]
        largest = max((abs(x) for x in entries), key=lambda x: x.mid(), default=arb(1))
        return bool(entries) and not largest.rad() < _EXACT * largest.mid()

    def equal(self, other: Arbs) -> bool:
        """Whether the gradient by hand is this one."""
        return is_equal(self.by_hand, other, self.bits)

    def matches(self, other: Arbs) -> bool:
        """Whether the gradient by hand is this one up to what a rounded constant may do to it in a long computation.

        Some entries may lose digits to others that are larger: where it is as near to the true one, nothing is told.
        """
        if self.equal(other):
            return True
        errors = [_measure_distance(self.by_hand, gradient) for gradient in (other, self.true)]
        largest = max((y.abs_upper() for y in list_entries(other)), default=arb(0))
        return bool(errors[0] <= _MANY_ROUNDINGS * arb(2) ** -self.bits * largest and errors[1] > _CLEARLY * largest)

    def is_right_below(self, limit: str) -> bool:
        """Whether some entry is the true one, is not 0, and is below this limit, a decimal."""
        pairs = zip(list_entries(self.by_hand), list_entries(self.true), strict=False)
        return any(abs(y) > 0 and abs(y) < float(limit) and is_equal(x, y, self.bits) for x, y in pairs)


def make_arbs(entries: Iterable[arb], shape: tuple[int, ...]) -> Arbs:
    """Return an array of these entries; NumPy itself would look for more axes in them."""
    flat = list(entries)
    array = np.empty(len(flat), dtype=object)
    array[:] = flat
    return array.reshape(shape)


def is_equal(by_hand: Any, other: Any, bits: int = 53) -> bool:
    """Whether two gradients are the same, entry by entry, as far as balls and rounded constants tell."""
    if np.shape(by_hand) != np.shape(other):
        return False
    pairs = list(zip(list_entries(by_hand), list_entries(other), strict=True))
    narrow = max((y.abs_upper() for _, y in pairs), default=arb(0)) * _EXACT
    few = _FEW_ROUNDINGS * arb(2) ** -bits
    for x, y in pairs:
        difference = x - y
        error = difference.abs_upper()
        if not (error <= few * y.abs_lower() or (difference.contains(0) and error <= narrow)):
            return False
    return True


def _measure_distance(one: Arbs, other: Arbs) -> arb:
    """Return the largest difference of two entries."""
    pairs = zip(list_entries(one), list_entries(other), strict=True)
    return max(((x - y).abs_upper() for x, y in pairs), default=arb(0))


def is_zero(values: Arbs) -> bool:
    """Whether all of it is exactly 0."""
    return all(x.is_zero() for x in list_entries(values))


def list_entries(values: Any) -> list[arb]:
    """Return the entries of an array, or of one number: NumPy returns those without their array."""
    return np.asarray(values, dtype=object).reshape(-1).tolist()


def find_ratio(by_hand: Arbs, true: Arbs, bits: int) -> arb | None:
    """Return what the second is to be multiplied by to be the first; `None` if there is no such number but 0."""
    ratio = divide_largest(by_hand, true)
    return ratio if ratio.is_finite() and not ratio.contains(0) and is_equal(by_hand, true * ratio, bits) else None


def divide_largest(by_hand: Arbs, true: Arbs) -> arb:
    """Return the ratio of the entries where the second is largest."""
    entries = list_entries(true)
    n = max(range(len(entries)), key=lambda n: abs(entries[n]).mid())
    return list_entries(by_hand)[n] / entries[n]


def round_to_fraction(factor: arb) -> float | None:
    """Return the factor as a float, a fraction of small integers if it is one; `None` if there is no such float."""
    number = float(factor.mid())
    if not math.isfinite(number) or number == 0:
        return None
    fraction = float(Fraction(number).limit_denominator(LARGEST_DENOMINATOR))
    return fraction if is_number(factor, fraction) else number


def is_number(factor: arb, number: float) -> bool:
    """Whether the two are the same but for the rounding of constants."""
    return bool(abs(factor - arb(number)).abs_upper() <= _ROUNDED_CONSTANT * abs(number))
