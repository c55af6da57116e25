"""The gradient by one array, entry by entry: what was computed by hand against what it should be.

An entry whose difference from the reference excludes 0 is wrong, and that is a proof; otherwise it agrees to as many
digits as the radius of the difference leaves, and if those are too few, it stays open. No error is tolerated.

One excuse is looked into before an entry is called wrong. A float among the balls, such as `1.0 / 3`, may stand for a
real number that it was rounded from. If that can explain a slight difference, the entry is right where it is off by
no more than a few roundings of itself, and undecided otherwise.
"""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from flint import arb

from bptt.balls._ball import Ball, enclosure, rounded_constants
from bptt.verify._problem import Leaf
from bptt.verify._report import Entry, LeafFinding, Verdict

# These say when a ball is narrow enough, and when to look for the excuse. Only _FEW_ROUNDINGS turns an error into
# agreement, and only where the excuse was found to hold.
_ENOUGH = arb(2) ** -100  # of an entry: 30 digits, so that a difference quotient of a tiny step shows
_BELOW_FLOATS = arb(2) ** -1075  # half the smallest positive float64
_FEW_ROUNDINGS = 8  # of an entry
_HALF_OF_FLOAT32 = arb(2) ** -12  # of the largest entry or of f: a float that is off by more was not merely rounded

_TYPES = {53: "float64", 24: "float32", 11: "float16"}
_DIGITS_SHOWN = 40  # of a number at most

_Outcome = Literal["agrees", "wrong", "slight", "rounded", "constants", "float", "open"]


class _Compared(NamedTuple):
    outcome: _Outcome
    error: arb  # upper bound of |by hand − reference|
    size: arb  # lower bound of |by hand|


Kinks: TypeAlias = dict[int, tuple[arb, arb]]
"""The entries at which f has a kink, with its least and its greatest slope; the reference is all that lies between."""


class Sides(NamedTuple):
    """The gradient by one leaf as computed on balls, and the true one, flattened."""

    by_hand: npt.NDArray[Any]
    reference: list[arb]
    value: arb  # of f
    kinks: Kinks
    bits: int = 53  # of the floats given


def compare_leaf(leaf: Leaf, claim: Sides, with_rounded_constants: Callable[[], Sides | None]) -> LeafFinding:
    """The finding on the gradient by `leaf`.

    `with_rounded_constants` computes the claim once more, with `balls.rounded_constants`, if that can be done.
    """
    shape = leaf.values.shape
    if claim.by_hand.shape != shape:
        reason = f"the gradient has shape {claim.by_hand.shape}; it should be {shape}"
        return LeafFinding(leaf.path, shape, "wrong", reason)

    by_hand = claim.by_hand.reshape(-1).tolist()
    scale = max(number.abs_upper() for number in (claim.value, *claim.reference))
    slight = scale * arb(2) ** -(claim.bits // 2)  # half the digits, of the largest entry or of f
    entries = [_compare(entry, true, scale, slight) for entry, true in zip(by_hand, claim.reference, strict=True)]
    if any(entry.outcome == "slight" for entry in entries):
        entries = _excused(entries, claim.reference, with_rounded_constants())

    def those(outcome: _Outcome) -> list[int]:
        return [n for n, entry in enumerate(entries) if entry.outcome == outcome]

    def finding(verdict: Verdict, n: int, reason: str, *, kink: bool = False) -> LeafFinding:
        index = tuple(int(axis) for axis in np.unravel_index(n, shape))
        values = decimals(enclosure(by_hand[n]), claim.reference[n])
        if n in claim.kinks:
            values = enclosure(by_hand[n]).str(6, radius=False), between(*claim.kinks[n])
        entry = Entry(index, *values)
        return LeafFinding(leaf.path, shape, verdict, reason, entry=entry, kink=kink)

    if wrong := those("wrong"):
        largest = max(wrong, key=lambda n: entries[n].error)
        equal = 0 if largest in claim.kinks else leading_digits(enclosure(by_hand[largest]), claim.reference[largest])
        faint = f", here from digit {equal + 1} on" if equal > _DIGITS_SHOWN else ""
        return finding("wrong", largest, f"{len(wrong)} of {len(entries)} entries differ{faint}")
    if floats := those("float"):
        return finding("undecided", floats[0], "the gradient was given balls and returned floats: is it rounding?")
    if constants := those("constants"):
        return finding(
            "undecided", constants[0], "rounding of floats in the code can explain it; as arguments they would be exact"
        )
    if still_open := those("open"):
        if claim.kinks.keys() >= set(still_open):
            return finding("undecided", still_open[0], "f has a kink there, it seems", kink=True)
        n = still_open[0]
        return finding("undecided", n, _why_open(enclosure(by_hand[n]), claim.reference[n]))
    digits = _digits_left(entries)
    if those("rounded"):
        reason = f"to within a constant rounded to {_TYPES[claim.bits]}"
    elif digits is None and any(entry.error > 0 for entry in entries):
        reason = "0 to within less than any float"
    else:
        reason = ""
    return LeafFinding(leaf.path, shape, "right", reason, digits)


def _compare(claim: object, true: arb, scale: arb, slight: arb) -> _Compared:
    by_hand = enclosure(claim)
    difference = by_hand - true
    error, size = difference.abs_upper(), by_hand.abs_lower()
    if not difference.is_finite():
        known = true.is_finite() and not isinstance(claim, Ball)  # a float inf or NaN beside a number
        return _Compared("wrong" if known else "open", error, size)
    if difference.contains(0):
        narrow = error <= size * _ENOUGH or error < _BELOW_FLOATS
        return _Compared("agrees" if narrow else "open", error, size)
    if isinstance(claim, float) and difference.abs_lower() <= scale * _HALF_OF_FLOAT32:
        return _Compared("slight" if error <= slight else "float", error, size)
    return _Compared("slight" if error <= slight else "wrong", error, size)


def _excused(entries: list[_Compared], reference: list[arb], again: Sides | None) -> list[_Compared]:
    """The entries, the slight differences among them judged with the constants taken for rounded."""
    if again is None:
        return [entry._replace(outcome="wrong") if entry.outcome == "slight" else entry for entry in entries]
    with rounded_constants(again.bits):
        by_hand = [enclosure(entry) for entry in again.by_hand.reshape(-1).tolist()]

    few = _FEW_ROUNDINGS * arb(2) ** -again.bits

    def outcome(n: int) -> _Outcome:
        if not (by_hand[n] - again.reference[n]).contains(0):
            return "float" if isinstance(again.by_hand.flat[n], float) else "wrong"
        return "rounded" if entries[n].error <= reference[n].abs_lower() * few else "constants"

    return [e._replace(outcome=outcome(n)) if e.outcome == "slight" else e for n, e in enumerate(entries)]


def _why_open(by_hand: arb, true: arb) -> str:
    if not true.is_finite():
        return "f or its derivative is not finite there"
    if not by_hand.is_finite():
        return "the gradient is not finite there"
    return "the balls are too wide to tell: a kink?"


def _digits_left(entries: list[_Compared]) -> int | None:
    """The decimal digits that the largest relative error leaves, of the entries that are not equal exactly.

    One that agrees only by being off by less than any float has no digits to count. `None` if no entry is left.
    """
    counted = (entry for entry in entries if entry.error > 0 and entry.size > 0)
    errors = [e.error / e.size for e in counted if e.error < e.size or e.error >= _BELOW_FLOATS]
    return min((int(-float(_log10(error))) for error in errors), default=None)


def decimals(by_hand: arb, reference: arb) -> tuple[str, str]:
    """Two numbers, to enough digits to tell them apart; the second with its radius."""
    if reference.rel_accuracy_bits() < 4:
        return by_hand.str(6, radius=False), reference.str(6)
    shown = min(max(6, leading_digits(by_hand, reference) + 3), _DIGITS_SHOWN)
    radius = "" if reference.is_exact() else f" ± {reference.rad().str(1, radius=False)}"
    return by_hand.str(shown, radius=False), reference.mid().str(shown, radius=False) + radius


def between(low: arb, high: arb) -> str:
    """All that a subgradient may be."""
    return f"between {low.str(6, radius=False)} and {high.str(6, radius=False)}"


def leading_digits(by_hand: arb, reference: arb) -> int:
    """How many digits the two have in common."""
    difference = abs(by_hand - reference.mid()) / abs(reference.mid())
    return int(-float(_log10(difference))) if 0 < difference < 1 else 0


def _log10(x: arb) -> arb:
    return x.log() / arb.const_log10()
