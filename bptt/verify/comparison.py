"""The gradient by one array, entry by entry: what was computed by hand against what it should be.

No tolerance is chosen here. An entry is wrong when the ball of the difference excludes 0, which is a proof; otherwise
it agrees to as many digits as the radius of that ball leaves, and if those are too few, it stays open.
"""

from typing import Literal, NamedTuple

import numpy as np
from flint import arb

from bptt.verify.balls import Ball, enclosure
from bptt.verify.leaves import Leaf
from bptt.verify.report import Entry, LeafFinding, Verdict

# Not tolerances: the first two say when a ball is narrow enough, the others what a float among the balls may mean.
_BITS_ENOUGH = 64  # of an entry: finer than any float64 can resolve
_ENOUGH = arb(2) ** -_BITS_ENOUGH
_BELOW_FLOATS = arb(2) ** -1075  # half the smallest positive float64
_ROUNDED_CONSTANT = arb(2) ** -50  # of an entry: a few roundings of a constant to float64
_HALF_THE_DIGITS = arb(2) ** -12  # of a float32: a float that is off by more was not merely rounded


class _Compared(NamedTuple):
    outcome: Literal["agrees", "rounded", "wrong", "float", "open"]
    error: arb  # upper bound of |by hand − reference|
    size: arb  # lower bound of |by hand|


def compare_leaf(leaf: Leaf, claim: object, reference: list[arb]) -> LeafFinding:
    """The finding on `claim`, the gradient by `leaf` as computed on balls; `reference` is the true one, flattened.

    Raises `TypeError` if the claim holds something that is no real number.
    """
    claims = np.asarray(claim, dtype=object)
    shape = leaf.values.shape
    if claims.shape != shape:
        reason = f"the gradient has shape {claims.shape}; it should be {shape}"
        return LeafFinding(leaf.path, shape, "wrong", reason)

    by_hand = claims.reshape(-1).tolist()
    entries = [_compare(leaf.path, claim, true) for claim, true in zip(by_hand, reference, strict=True)]

    def those(outcome: str) -> list[int]:
        return [n for n, entry in enumerate(entries) if entry.outcome == outcome]

    def finding(verdict: Verdict, n: int, reason: str) -> LeafFinding:
        index = tuple(int(axis) for axis in np.unravel_index(n, shape))
        entry = Entry(index, *_decimals(enclosure(by_hand[n]), reference[n]))
        return LeafFinding(leaf.path, shape, verdict, reason, entry=entry)

    if wrong := those("wrong"):
        largest = max(wrong, key=lambda n: entries[n].error)
        return finding("wrong", largest, f"{len(wrong)} of {len(entries)} entries differ")
    if floats := those("float"):
        return finding("undecided", floats[0], "the gradient was given balls and returned floats: is it rounding?")
    if still_open := those("open"):
        return finding("undecided", still_open[0], "the balls are too wide to tell")
    reason = "to within a constant rounded to float64" if those("rounded") else ""
    return LeafFinding(leaf.path, shape, "right", reason, digits=_digits_of_agreement(entries))


def too_wide(claim: object) -> bool:
    """Whether a ball in a gradient is too wide to agree with anything: more digits are needed, whatever f is."""
    balls = [entry.value for entry in np.asarray(claim, dtype=object).reshape(-1) if isinstance(entry, Ball)]
    return any(ball.rel_accuracy_bits() < _BITS_ENOUGH and not ball.rad() < _BELOW_FLOATS for ball in balls)


def _compare(path: str, claim: object, true: arb) -> _Compared:
    by_hand = enclosure(claim)
    if by_hand is NotImplemented:
        raise TypeError(f"gradient by {path} must hold real numbers; got {type(claim).__name__} {claim!r}")
    difference = by_hand - true
    error, size = difference.abs_upper(), by_hand.abs_lower()
    if not difference.is_finite():
        known = true.is_finite() and not isinstance(claim, Ball)  # a float inf or NaN beside a number
        return _Compared("wrong" if known else "open", error, size)
    if difference.contains(0):
        narrow = error <= size * _ENOUGH or error < _BELOW_FLOATS
        return _Compared("agrees" if narrow else "open", error, size)
    if error <= true.abs_lower() * _ROUNDED_CONSTANT:
        return _Compared("rounded", error, size)
    exact = isinstance(claim, Ball) or by_hand.is_integer()
    gross = difference.abs_lower() > true.abs_upper() * _HALF_THE_DIGITS
    return _Compared("wrong" if exact or gross else "float", error, size)


def _digits_of_agreement(entries: list[_Compared]) -> int | None:
    """The decimal digits to which every entry agrees; `None` where all are equal exactly or below any float."""
    relative = [entry.error / entry.size for entry in entries if entry.error > 0 and entry.size > 0]
    return min((int(-float(_log10(error))) for error in relative), default=None)


def _decimals(by_hand: arb, true: arb) -> tuple[str, str]:
    """Both values, to enough digits to tell them apart."""
    if true.rel_accuracy_bits() < 20:
        return by_hand.str(6), true.str(6)
    difference = (by_hand - true).abs_lower() / true.abs_upper()
    leading_equal = int(-float(_log10(difference))) if 0 < difference < 1 else 0
    shown = max(6, leading_equal + 3)
    radius = "" if true.is_exact() else f" ± {true.rad().str(1, radius=False)}"
    return by_hand.str(shown, radius=False), true.str(shown, radius=False) + radius


def _log10(x: arb) -> arb:
    return x.log() / arb.const_log10()
