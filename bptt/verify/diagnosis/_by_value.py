"""What kind of mistake a wrong gradient is, by what its values are.

Each kind is a hypothesis: the gradient by hand is this or that, made of the true one. It is tested on balls, entry by
entry, and holds or does not; nothing is guessed from a norm.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, permutations, product
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from flint import arb

Arbs: TypeAlias = npt.NDArray[Any]  # an object array of `arb`

_EXACT = arb(2) ** -80  # of the largest entry: what the radius may be where a difference contains 0
_FEW_ROUNDINGS = 8  # of an entry, which a constant in the code that was rounded may cost
_A_ROUNDED_CONSTANT = 2.0**-50  # of a factor
_LARGEST_DENOMINATOR = 64
_MOST_MULTIPLIED, _FEW_SIZES = 3, 6  # sizes in one factor, if there are no more than few
_MOST_AXES = 5  # of which all permutations are tried
_DIGITS_OF_LIMITS = 5  # that a clipped norm must share, since code adds a small number to what it divides by


@dataclass(frozen=True)
class Kind:
    """A mistake by its name, and in a sentence that begins with "the gradient by hand is". The same wherever it holds.

    One that somebody may have meant, such as clipping, is one `by_design`.
    """

    name: str
    text: str
    by_design: bool = False
    key: str = ""  # a number in it to more digits


class Values(NamedTuple):
    """What is known of a gradient at one point."""

    by_hand: Arbs  # by the leaf in question
    true: Arbs
    others: Mapping[str, Arbs]  # the true gradient by each other leaf, by path
    norms: Mapping[str, arb]  # of the true gradient by this leaf, and by all
    sizes: Mapping[str, int]  # of axes, by name
    axes: Sequence[str]  # of the leaf, in words
    bits: int  # of the floats given


def equal(by_hand: Arbs, other: Arbs, bits: int = 53) -> bool:
    """Whether two gradients are the same, entry by entry, as far as balls and rounded constants tell."""
    by_hand, other = _array(by_hand), _array(other)
    if by_hand.shape != other.shape:
        return False
    pairs = list(zip(by_hand.reshape(-1).tolist(), other.reshape(-1).tolist(), strict=True))
    narrow = max((y.abs_upper() for _, y in pairs), default=arb(0)) * _EXACT
    few = _FEW_ROUNDINGS * arb(2) ** -bits
    for x, y in pairs:
        difference = x - y
        error = difference.abs_upper()
        if not (error <= few * y.abs_lower() or (difference.contains(0) and error <= narrow)):
            return False
    return True


def is_zero(values: Arbs) -> bool:
    """Whether all of it is exactly 0."""
    return all(x.is_zero() for x in _array(values).reshape(-1).tolist())


def _array(values: Any) -> Arbs:
    """What is one number, if it is: NumPy returns those without their array."""
    return np.asarray(values, dtype=object)


def kinds_of(values: Values) -> Iterator[Kind]:
    """Every kind that the values at this point are of, the likeliest first."""
    if values.by_hand.size == 0 or not all(x.is_finite() for x in values.by_hand.reshape(-1).tolist()):
        return
    if is_zero(values.by_hand):
        yield Kind("zero", "0 throughout")
        return
    if values.by_hand.shape == values.true.shape and not is_zero(values.true):
        yield from _multiples(values)
        yield from _clipped(values)
        yield from _partly_zero(values)
    for look in (_permuted, _anothers, _reversed_or_shifted, _not_reduced, _reduced_too_far):
        yield from look(values)


def _multiples(values: Values) -> Iterator[Kind]:
    factor = ratio(values.by_hand, values.true)
    if factor is None or not equal(values.by_hand, values.true * factor, values.bits):
        return
    number = simple(factor)
    if number == -1:
        yield Kind("negated", "the negative of the true one")
    elif number is not None and (words := _in_words(number)) not in ("0", "1"):
        yield Kind("scaled", f"{words} times the true one", key=f"{number:.12g}")
    for name, n, is_mean in _factors_of_sizes(values.sizes):
        for sign, minus in ((1, ""), (-1, "−")):
            if _is(factor, sign * n) and n != 1:
                text = f"{minus}{name} times the true one"
                yield Kind("scaled", f"{text}: a mean in place of a sum" if is_mean else text, by_design=is_mean)
    for which, norm in values.norms.items():
        if factor > 0:
            limit = f"{float((norm * factor).mid()):.{_DIGITS_OF_LIMITS}g}"
            yield Kind("clipped by norm", f"the true one scaled to a norm of {limit} {which}", by_design=True)


def ratio(by_hand: Arbs, true: Arbs) -> arb | None:
    """That of the entries that are the largest by the second; `None` if it is 0, or not finite."""
    entries = _array(true).reshape(-1).tolist()
    n = max(range(len(entries)), key=lambda n: abs(entries[n]).mid())
    quotient = _array(by_hand).reshape(-1).tolist()[n] / entries[n]
    return quotient if quotient.is_finite() and not quotient.contains(0) else None


def simple(factor: arb) -> float | None:
    """The factor as a float, a fraction of small integers if it is one; `None` if there is no such float."""
    number = float(factor.mid())
    if not math.isfinite(number) or number == 0:
        return None
    fraction = float(Fraction(number).limit_denominator(_LARGEST_DENOMINATOR))
    return fraction if _is(factor, fraction) else number


def _is(factor: arb, number: float) -> bool:
    """Whether they are the same but for the rounding of constants."""
    return bool(abs(factor - arb(number)).abs_upper() <= _A_ROUNDED_CONSTANT * abs(number))


def _in_words(number: float) -> str:
    fraction = Fraction(number).limit_denominator(_LARGEST_DENOMINATOR)
    return str(fraction) if float(fraction) == number else f"{number:.6g}"


def _factors_of_sizes(sizes: Mapping[str, int]) -> Iterator[tuple[str, float, bool]]:
    """Factors that people mean or forget: sizes, their inverses and roots, and products of those; which are means."""
    met = [(name, n) for name, n in sizes.items() if n > 0]
    for count in range(1, 1 + (_MOST_MULTIPLIED if len(met) <= _FEW_SIZES else 1)):
        for some in combinations(met, count):
            for exponents in product((-1.0, 1.0, -0.5, 0.5), repeat=count):
                number = math.prod(n**exponent for (_, n), exponent in zip(some, exponents, strict=True))
                yield _product_in_words([name for name, _ in some], exponents), number, set(exponents) == {-1.0}


def _product_in_words(names: Sequence[str], exponents: Sequence[float]) -> str:
    powers = {name: f"√{name}" if abs(e) < 1 else name for name, e in zip(names, exponents, strict=True)}
    above = [powers[name] for name, e in zip(names, exponents, strict=True) if e > 0]
    below = [powers[name] for name, e in zip(names, exponents, strict=True) if e < 0]
    if not below:
        return " ".join(above)
    return f"{' '.join(above) or 1}/{below[0] if len(below) == 1 else '(' + ' '.join(below) + ')'}"


def _clipped(values: Values) -> Iterator[Kind]:
    by_hand, true = values.by_hand.reshape(-1).tolist(), values.true.reshape(-1).tolist()
    limit = max((abs(x) for x in by_hand), key=lambda x: x.mid())
    clipped = {n for n, x in enumerate(by_hand) if abs(x).overlaps(limit) and abs(true[n]) > limit and true[n] * x > 0}
    others = [n for n in range(len(true)) if n not in clipped]
    if clipped and equal(values.by_hand.reshape(-1)[others], values.true.reshape(-1)[others], values.bits):
        number = float(limit.mid())
        words = _in_words(number)
        yield Kind("clipped", f"the true one clipped to ±{words}", by_design=True, key=f"{number:.12g}")


def is_within(values: Values, limit: float) -> bool:
    """Whether some entry is the true one, is not 0, and is below that limit."""
    pairs = zip(values.by_hand.reshape(-1).tolist(), values.true.reshape(-1).tolist(), strict=False)
    return any(abs(y) > 0 and abs(y) < limit and equal(_array(x), _array(y), values.bits) for x, y in pairs)


def _partly_zero(values: Values) -> Iterator[Kind]:
    for axis, size in enumerate(values.true.shape):
        missing = [n for n in range(size) if is_zero(values.by_hand.take([n], axis))]
        kept = [n for n in range(size) if n not in missing]
        if missing and equal(values.by_hand.take(kept, axis), values.true.take(kept, axis), values.bits):
            for index in indices_in_words(missing, size):
                yield Kind("part missing", f"the true one, but 0 at {index} of {values.axes[axis]}")


def indices_in_words(indices: Sequence[int], size: int) -> Iterator[str]:
    """Names of these indices, those that are the same for other sizes first."""
    if len(indices) == 1:
        yield from (["the first index"] if indices[0] == 0 else [])
        yield from (["the last index"] if indices[0] == size - 1 else [])
        yield f"index {indices[0]}"
    else:
        yield from (["all but the first index"] if indices == list(range(1, size)) else [])
        yield from (["all but the last index"] if indices == list(range(size - 1)) else [])
        yield f"indices {', '.join(map(str, indices))}"


def _permuted(values: Values) -> Iterator[Kind]:
    if 2 <= values.true.ndim <= _MOST_AXES:
        for axes in permutations(range(values.true.ndim)):
            if axes != tuple(range(values.true.ndim)) and equal(
                values.by_hand, values.true.transpose(axes), values.bits
            ):
                if values.true.ndim == 2:
                    yield Kind("transposed", "the transpose of the true one")
                else:
                    yield Kind("transposed", f"the true one with its axes permuted: by_hand = true.transpose{axes}")
    by_hand, true = values.by_hand.reshape(-1), values.true.reshape(-1)
    if values.by_hand.shape != values.true.shape and equal(by_hand, true, values.bits):
        yield Kind("reshaped", "the true one in another shape")


def _anothers(values: Values) -> Iterator[Kind]:
    for path, other in values.others.items():
        if not is_zero(other) and equal(values.by_hand, other, values.bits):
            yield Kind("another's", f"the true one by {path}")


def _reversed_or_shifted(values: Values) -> Iterator[Kind]:
    for axis, size in enumerate(values.true.shape):
        if size < 2 or values.by_hand.shape != values.true.shape:
            continue
        if equal(values.by_hand, np.flip(values.true, axis), values.bits):
            yield Kind("reversed", f"the true one reversed along {values.axes[axis]}")
        for by in (1, -1):
            rolled = np.roll(values.true, by, axis)
            left = rolled.copy()
            left[(slice(None),) * axis + (0 if by == 1 else size - 1,)] = arb(0)
            where = f"by one, to {'later' if by == 1 else 'earlier'} indices, along {values.axes[axis]}"
            if equal(values.by_hand, rolled, values.bits):
                yield Kind("shifted", f"the true one shifted {where}, cyclically")
            if not is_zero(left) and equal(values.by_hand, left, values.bits):
                yield Kind("shifted", f"the true one shifted {where}")


def _not_reduced(values: Values) -> Iterator[Kind]:
    kept = [
        n for n, (own, true) in enumerate(zip(values.by_hand.shape, values.true.shape, strict=False)) if own == true
    ]
    same = values.by_hand.ndim == values.true.ndim
    axes_of_same = tuple(n for n in range(values.true.ndim) if n not in kept and values.true.shape[n] == 1)
    candidates = [axes_of_same] if same else _some_axes(values.by_hand.ndim, values.by_hand.ndim - values.true.ndim)
    for axes in candidates:
        summed = values.by_hand.sum(axis=axes, keepdims=same)
        if axes and equal(summed, values.true, values.bits):
            which = " and ".join(map(str, axes))
            if all(values.by_hand.shape[axis] == 1 for axis in axes):
                yield Kind("reshaped", "the true one in another shape")
            yield Kind("unreduced", f"what is still to be summed over its axis {which}")


def _reduced_too_far(values: Values) -> Iterator[Kind]:
    true, by_hand = values.true, values.by_hand
    for axes in _some_axes(true.ndim, true.ndim - by_hand.ndim):
        if equal(by_hand, true.sum(axis=axes), values.bits):
            yield Kind("summed", f"the true one summed over {', '.join(values.axes[k] for k in axes)}")
    for axis, size in enumerate(true.shape):
        if by_hand.shape == true.shape and size > 1:
            total = true.sum(axis=axis, keepdims=True)
            for summed, word in ((total, "sum"), (total / size, "mean")):
                if equal(by_hand, np.broadcast_to(summed, true.shape), values.bits):
                    yield Kind("summed", f"the {word} of the true one over {values.axes[axis]}, repeated along it")


def _some_axes(ndim: int, count: int) -> Iterator[tuple[int, ...]]:
    yield from combinations(range(ndim), count) if count > 0 else ()
