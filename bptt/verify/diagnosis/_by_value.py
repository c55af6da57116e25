"""What kind of mistake a wrong gradient is, by what its values are.

Each kind is a hypothesis: the gradient by hand is this or that, made of the true one. It is tested on balls, entry by
entry, and holds or does not; nothing is guessed from a norm.
"""

import math
from collections.abc import Iterator, Mapping
from itertools import combinations, permutations, product

import numpy as np
from flint import arb

from bptt.verify.diagnosis._kind import Form, Kind, is_fraction, name_indices, show_number, write_product
from bptt.verify.diagnosis._values import (
    Arbs,
    Values,
    divide_largest,
    find_ratio,
    is_equal,
    is_number,
    is_zero,
    list_entries,
    make_arbs,
    round_to_fraction,
)

_MOST_MULTIPLIED, _FEW_SIZES = 3, 6  # sizes in one factor, if there are no more than few: products are many
_FEWEST_DIGITS_NEAR, _MOST_DIGITS_NEAR = 5, 8  # that it shares with the true one: epsilons of 1e-5 and less are usual
_LARGEST_DECAY = 2.0  # by which weights are multiplied in the gradient of a regularisation
_MOST_AXES = 5  # of which all permutations are tried: 120
_DIGITS_OF_LIMITS = 5  # that a clipped norm must share, since code adds a small number to what it divides by


def find_kinds(values: Values) -> Iterator[Kind]:
    """Yield every kind that the values at this point are of, the likeliest first."""
    if values.by_hand.size == 0 or not all(x.is_finite() for x in list_entries(values.by_hand)):
        return
    if is_zero(values.by_hand):
        yield Form.ZERO.describe()
        return
    if values.has_same_shape and not is_zero(values.true):
        yield from _find_multiples(values)
        yield from _find_multiples_by_entry(values)
        yield from _find_zeros(values)
        yield from _find_clipped(values)
        yield from _find_missing_parts(values)
    if values.has_same_shape:
        yield from _find_regularised(values)
    yield from _find_permuted(values)
    for path, other in values.others.items():
        if values.has_same_shape and other.shape == values.true.shape and values.matches(other):
            yield Form.OF_ANOTHER_ARRAY.describe(path=path)
    if values.has_same_shape:
        yield from _find_reversed_or_shifted(values)
    yield from _find_unreduced(values)
    yield from _find_reduced_too_far(values)
    if values.has_same_shape:
        yield from _find_near(values)


def _find_multiples(values: Values) -> Iterator[Kind]:
    factor = divide_largest(values.by_hand, values.true)
    if not factor.is_finite() or factor.contains(0) or not values.matches(values.true * factor):
        return
    number = round_to_fraction(factor)
    by_size = list(_find_sizes(values, factor))
    is_odd = number is not None and not is_fraction(number)
    if is_odd:  # a root of a size, rather than a number of no meaning
        yield from by_size
    if number == -1:
        yield Form.NEGATED.describe()
    elif number is not None and (words := show_number(number)) not in ("0", "1"):
        yield Form.SCALED.describe(factor=words, digits=f"{number:.12g}")
    if not is_odd:
        yield from by_size
    if number is not None and number > 1 and number == round(number):
        yield Form.MULTIPLIED_UP.describe()
    if number is not None and show_number(number).startswith("1/"):
        yield Form.DIVIDED_DOWN.describe()
    for which, norm in values.norms.items():
        if factor > 0:
            limit = f"{float((norm * factor).mid()):.{_DIGITS_OF_LIMITS}g}"
            yield Form.CLIPPED_BY_NORM.describe(limit=limit, of=which)


def _find_sizes(values: Values, factor: arb) -> Iterator[Kind]:
    """Look for a factor that is a product of sizes."""
    for words, exponents, n in _multiply_sizes(values.sizes):
        for sign, minus in ((1, ""), (-1, "−")):
            if is_number(factor, sign * n) and n != 1:
                form = Form.AVERAGED if set(exponents) == {-1.0} else Form.SCALED
                yield form.describe(factor=minus + words, is_one_size=sign == len(exponents) == 1)


def _multiply_sizes(sizes: Mapping[str, int]) -> Iterator[tuple[str, tuple[float, ...], float]]:
    """Yield factors that people mean or forget: products of powers of sizes, in words and by exponents, and halves.

    The likeliest come first: a size, its root, and half or twice that only then.
    """
    met = [(name, n) for name, n in sizes.items() if n > 0]
    for two, power in (((), ()), (("2",), (-1.0,)), (("2",), (1.0,))):
        for count in range(1, 1 + (_MOST_MULTIPLIED if len(met) <= _FEW_SIZES and not two else 1)):
            for some in combinations(met, count):
                for exponents in product((-1.0, 1.0, -0.5, 0.5), repeat=count):
                    number = math.prod(n**exponent for (_, n), exponent in zip(some, exponents, strict=True))
                    names = [*two, *(name for name, _ in some)]
                    yield write_product(names, power + exponents), power + exponents, number * 2 ** sum(power)


def _find_regularised(values: Values) -> Iterator[Kind]:
    """Look for a multiple of the array itself that was added: the gradient of a sum of squares that f has not."""
    if values.argument.shape != values.true.shape or is_zero(values.argument) or values.is_multiple:
        return
    added = values.by_hand - values.true
    factor = find_ratio(added, values.argument, values.bits)
    number = None if factor is None or not factor > 0 else round_to_fraction(factor)
    if number is not None and number <= _LARGEST_DECAY:
        yield Form.REGULARISED.describe(factor=show_number(number), path=values.path, digits=f"{number:.12g}")


def _find_multiples_by_entry(values: Values) -> Iterator[Kind]:
    """Look for the gradient by the logarithm of an array given for that by the array, and the like."""
    x = values.argument
    if x.size == 0 or x.shape != values.true.shape or any(entry.contains(0) for entry in list_entries(x)):
        return
    for words, as_by, factor in (
        ("times", ": that by its logarithm", x),
        ("divided by", "", 1 / x),
        ("times the exponential of", "", _exponentiate(x)),
        ("divided by the exponential of", ": that by the exponential", 1 / _exponentiate(x)),
    ):
        if values.equal(values.true * factor):
            yield Form.TIMES_ARGUMENT.describe(product=words, path=values.path, as_by=as_by)


def _exponentiate(x: Arbs) -> Arbs:
    return make_arbs(map(arb.exp, list_entries(x)), x.shape)


def _find_zeros(values: Values) -> Iterator[Kind]:
    """Look for zeros that stand exactly where the argument has a certain sign, and for nothing else."""
    by_hand, true, x = map(list_entries, (values.by_hand, values.true, values.argument))
    if len(x) != len(true):
        return
    for sign, is_there in (("0", arb.is_zero), ("negative", lambda x: x < 0), ("positive", lambda x: x > 0)):
        there = [is_there(entry) for entry in x]
        missing = [n for n, is_missing in enumerate(there) if is_missing and not true[n].contains(0)]
        expected = [arb(0) if is_missing else entry for is_missing, entry in zip(there, true, strict=True)]
        if missing and is_equal(np.array(by_hand, dtype=object), np.array(expected, dtype=object), values.bits):
            yield Form.ZERO_WHERE.describe(path=values.path, sign=sign)


def _find_near(values: Values) -> Iterator[Kind]:
    """Say how near the true gradient is, the least bound first, if it is so near that an epsilon would explain it."""
    if values.is_multiple:  # by a factor that is nearly 1
        return
    largest = max((abs(x) for x in list_entries(values.true)), key=lambda x: x.mid(), default=arb(0))
    distance = max((abs(x) for x in list_entries(values.by_hand - values.true)), key=lambda x: x.mid(), default=arb(0))
    for digits in range(_MOST_DIGITS_NEAR, _FEWEST_DIGITS_NEAR - 1, -1):
        if distance <= largest * arb(10) ** -digits:
            yield Form.NEARLY.describe(bound=f"1e-{digits}")


def _find_clipped(values: Values) -> Iterator[Kind]:
    by_hand, true = list_entries(values.by_hand), list_entries(values.true)
    limit = max((abs(x) for x in by_hand), key=lambda x: x.mid())
    clipped = {n for n, x in enumerate(by_hand) if abs(x).overlaps(limit) and abs(true[n]) > limit and true[n] * x > 0}
    others = [n for n in range(len(true)) if n not in clipped]
    if clipped and is_equal(values.by_hand.reshape(-1)[others], values.true.reshape(-1)[others], values.bits):
        number = float(limit.mid())
        yield Form.CLIPPED.describe(limit=show_number(number), digits=f"{number:.12g}")


def _find_missing_parts(values: Values) -> Iterator[Kind]:
    for axis, size in enumerate(values.true.shape):
        missing = [n for n in range(size) if is_zero(values.by_hand.take([n], axis))]
        kept = [n for n in range(size) if n not in missing]
        if missing and is_equal(values.by_hand.take(kept, axis), values.true.take(kept, axis), values.bits):
            for indices in name_indices(missing, size):
                yield Form.PART_MISSING.describe(indices=indices, axis=values.axes[axis])


def _find_permuted(values: Values) -> Iterator[Kind]:
    if values.true.ndim <= _MOST_AXES:
        for axes in list(permutations(range(values.true.ndim)))[1:]:  # the first leaves them as they are
            if values.equal(values.true.transpose(axes)):
                yield Form.TRANSPOSED.describe() if len(axes) == 2 else Form.PERMUTED.describe(axes=axes)
    if not values.has_same_shape and is_equal(values.by_hand.reshape(-1), values.true.reshape(-1), values.bits):
        yield Form.RESHAPED.describe()


def _find_reversed_or_shifted(values: Values) -> Iterator[Kind]:
    for axis, (name, size) in enumerate(zip(values.axes, values.true.shape, strict=True)):
        if size < 2:
            continue
        if values.equal(np.flip(values.true, axis)):
            yield Form.REVERSED.describe(axis=name)
        for by, direction, first in ((1, "later", 0), (-1, "earlier", size - 1)):
            shifted = np.roll(values.true, by, axis)
            if values.equal(shifted):
                yield Form.ROTATED.describe(direction=direction, axis=name)
            shifted.swapaxes(0, axis)[first] = arb(0)
            if values.equal(shifted):
                yield Form.SHIFTED.describe(direction=direction, axis=name)
            kept = [n for n in range(size) if n != first]
            if is_zero(shifted) or is_zero(values.true.take([first], axis)):
                continue
            if is_equal(values.by_hand.take(kept, axis), shifted.take(kept, axis), values.bits):
                yield Form.SHIFTED_IN.describe(direction=direction, axis=name)


def _find_unreduced(values: Values) -> Iterator[Kind]:
    by_hand, true = values.by_hand, values.true
    same = by_hand.ndim == true.ndim
    axes_of_one = tuple(n for n, size in enumerate(true.shape) if same and size == 1 != by_hand.shape[n])
    for axes in [axes_of_one] if same else combinations(range(by_hand.ndim), max(0, by_hand.ndim - true.ndim)):
        if axes and is_equal(by_hand.sum(axis=axes, keepdims=same), true, values.bits):
            if all(by_hand.shape[axis] == 1 for axis in axes):
                yield Form.RESHAPED.describe()
            yield Form.UNREDUCED.describe(axes=" and ".join(map(str, axes)))


def _find_reduced_too_far(values: Values) -> Iterator[Kind]:
    true = values.true
    for axes in combinations(range(true.ndim), max(0, true.ndim - values.by_hand.ndim)):
        if axes and values.equal(true.sum(axis=axes)):
            yield Form.SUMMED.describe(axes=", ".join(values.axes[k] for k in axes))
    for axis, size in enumerate(true.shape):
        if values.has_same_shape and size > 1:
            total = true.sum(axis=axis, keepdims=True)
            for reduced, reduction in ((total, "sum"), (total / size, "mean")):
                if values.equal(np.broadcast_to(reduced, true.shape)):
                    yield Form.REPEATED.describe(reduction=reduction, axis=values.axes[axis])
