"""The gradient by one array beside the true one, entry by entry, and what may excuse a difference.

An entry whose difference excludes 0 is wrong, unless no float of its type can show it or it is excused: the floats
among the balls are taken for rounded, since `1.0 / 3` may stand for a real number near it, and so may data that was
computed before; or a loop that ends on its floats may have left it. What is excused is right as far as digits are
left, and else open.
"""

import functools
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import numpy as np
from flint import arb

from bptt.balls import Ball, enclose
from bptt.verify._decimals import note_faint_difference, show_between, show_both
from bptt.verify._problem import Leaf
from bptt.verify._report import Entry, LeafFinding, Verdict
from bptt.verify._returned import Claims
from bptt.verify.methods._neighbourhood import Neighbourhood

_ENOUGH = arb(2) ** -100  # of an entry: 30 digits, so that a difference quotient of a tiny step shows
_FEW_ROUNDINGS = 8  # of an entry: what a product of a few rounded constants loses
_ROUNDINGS_LEFT_BY_LOOPS = 64  # of an entry, by a series that ends once its terms are below a rounding
_LOST_BESIDE = 4  # times what floats lost: a formula that is off by as much does not show
_SOME_DIGITS = 1000  # times an error, that an entry must be at least for the two to agree
_ROUNDING_OF_ALL = arb(2) ** -40  # of the largest entry of the gradient: what floats may leave where all cancels
_TYPES = {53: "float64", 24: "float32", 11: "float16"}


@functools.cache
def _get_unit(bits: int) -> arb:
    """Return the unit roundoff of a float type of so many bits."""
    return arb(2) ** -bits


class _Compared(NamedTuple):
    outcome: Literal["agrees", "wrong", "differs", "rounded", "constants", "float", "loop", "kink", "open"]
    error: arb  # upper bound of |by hand − true|
    size: arb  # lower bound of |by hand|


class LeafComparison(NamedTuple):
    """The gradient by one leaf as the rule has it, beside the true one."""

    leaf: Leaf
    number: int
    claims: Claims
    around: Neighbourhood
    bits: int
    most_rounding: arb  # of the largest entry or of f: a plain float that is off by more was not merely rounded
    ends_on_floats: bool  # a loop, of f or of the rule: what it leaves undone is no mistake
    compares: bool  # numbers on the way: a loop may have ended once its terms were below a rounding
    kinks: str  # "inside" what the derivatives around a kink span, "outside", or "unknown"

    def judge(
        self,
        run_again: Callable[[], tuple[list[arb], list[arb]] | None],
        find_bounds: Callable[[], list[Any] | None],
        floats: Claims,
    ) -> LeafFinding:
        """Return the verdict.

        `run_again` computes both with rounded constants, if that can be done, and `find_bounds` balls that hold
        whatever floats of the rule may be.
        """
        shape = self.leaf.values.shape
        if self.claims.shape != shape:
            reason = f"the gradient has shape {self.claims.shape}; it should be {shape}"
            return LeafFinding(self.leaf.path, shape, Verdict.WRONG, reason)
        by_hand, true = self.claims.reshape(-1).tolist(), self.around.truth.gradient[self.number]
        returned = floats.reshape(-1).tolist() if floats.shape == shape else [0.0] * len(true)
        kinks, least = self.around.truth.kinks[self.number], self.leaf.half_of_smallest
        entries = [
            self._compare_entry(enclose(x), t, y, least, is_kink=n in kinks)
            for n, (x, t, y) in enumerate(zip(by_hand, true, returned, strict=True))
        ]
        if self.kinks == "outside":
            entries = self._refute_at_kinks(entries, by_hand)
        if any(entry.outcome == "differs" for entry in entries):
            entries = self._widen_constants(entries, run_again())
        if any(entry.outcome in ("constants", "loop") for entry in entries) and (bounds := find_bounds()):
            scale = max((x.abs_upper() for of_leaf in self.around.truth.gradient for x in of_leaf), default=arb(0))
            losses = [(enclose(x) - enclose(y)).abs_upper() for x, y in zip(by_hand, returned, strict=True)]
            lost = max((loss for loss in losses if loss.is_finite()), default=arb(0))
            entries = [
                _accept_rounding(entry, enclose(bound), scale, lost, self.bits)
                for entry, bound in zip(entries, bounds, strict=True)
            ]
        return self._conclude(entries, by_hand, true)

    def _compare_entry(self, by_hand: arb, true: arb, returned: float, least: arb, *, is_kink: bool) -> _Compared:
        difference = by_hand - true
        error, size = difference.abs_upper(), by_hand.abs_lower()
        if is_kink:
            return _Compared("kink", error, size)
        if not difference.is_finite():
            is_nan = true.is_finite() and not np.isfinite(returned)  # inf or NaN beside a number
            return _Compared("wrong" if is_nan else "open", error, size)
        if error < least:  # 0 beside what underflows, say
            return _Compared("agrees", error, size)
        if difference.contains(0):
            narrow = error <= size * _ENOUGH or error < self.around.blur
            return _Compared("agrees" if narrow else "open", error, size)
        if error <= true.abs_lower() * _get_unit(self.bits):  # no float of that type shows it
            return _Compared("rounded", error, size)
        if not self.around.is_smooth and self.kinks == "unknown":
            return _Compared("kink", error, size)
        return _Compared("differs", error, size)

    def _refute_at_kinks(self, entries: list[_Compared], by_hand: list[Any]) -> list[_Compared]:
        """Call wrong what is beyond the least and the greatest slope; if the fault is that of all together, all."""
        kinks = self.around.truth.kinks[self.number]
        beyond = {
            n for n, (low, high) in kinks.items() if enclose(by_hand[n]) < low or enclose(by_hand[n]) > high
        } or kinks.keys()
        return [entry._replace(outcome="wrong") if n in beyond else entry for n, entry in enumerate(entries)]

    def _widen_constants(self, entries: list[_Compared], again: tuple[list[arb], list[arb]] | None) -> list[_Compared]:
        """Judge the differences among the entries again, with the constants taken for rounded."""
        true = self.around.truth
        scale = max(number.abs_upper() for number in (true.value, *true.gradient[self.number]))
        slight = scale * arb(2) ** -(self.bits // 2)  # half the digits, of the largest entry or of f

        def judge_again(n: int, entry: _Compared, claim: object) -> _Compared:
            if entry.outcome != "differs":
                return entry
            if again is None:
                return entry._replace(outcome="constants" if entry.error <= slight else "wrong")
            if (again[0][n] - again[1][n]).contains(0):
                return entry._replace(outcome="constants")
            if self.ends_on_floats and entry.error <= slight:
                return entry._replace(outcome="loop")
            if self.compares and entry.error <= entry.size * _left_by_loops(self.bits):
                return entry._replace(outcome="loop")
            if isinstance(claim, Ball) or entry.error > scale * self.most_rounding:
                return entry._replace(outcome="wrong")
            return entry._replace(outcome="float")

        return [
            judge_again(n, *both) for n, both in enumerate(zip(entries, self.claims.reshape(-1).tolist(), strict=True))
        ]

    def _conclude(self, entries: list[_Compared], by_hand: list[Any], true: list[arb]) -> LeafFinding:
        shape, kinks = self.leaf.values.shape, self.around.truth.kinks[self.number]
        blur = self.around.blur
        found: dict[str, list[int]] = {}
        for n, entry in enumerate(entries):
            found.setdefault(entry.outcome, []).append(n)

        def make_finding(verdict: Verdict, reason: str, n: int | None = None, **more: Any) -> LeafFinding:
            if n is not None:
                index = tuple(int(axis) for axis in np.unravel_index(n, shape))
                values = show_both(enclose(by_hand[n]), true[n])
                if n in kinks:
                    values = enclose(by_hand[n]).str(6, radius=False), show_between(*kinks[n])
                more["entry"] = Entry(index, *values, is_range=n in kinks)
            return LeafFinding(
                self.leaf.path,
                shape,
                verdict,
                reason,
                by_hand_values=np.array([float(enclose(x).mid()) for x in by_hand]).reshape(shape),
                reference_values=np.array([0.0 if abs(x) < blur else float(x.mid()) for x in true]).reshape(shape),
                wrong_entries=np.array([entry.outcome == "wrong" for entry in entries]).reshape(shape),
                **more,
            )

        if wrong := found.get("wrong"):
            largest = max(wrong, key=lambda n: entries[n].error)
            faint = "" if largest in kinks else note_faint_difference(enclose(by_hand[largest]), true[largest])
            return make_finding(Verdict.WRONG, f"{len(wrong)} of {len(entries)} entries differ{faint}", largest)
        for outcome, reason in _REASONS.items():
            if outcome in found:
                return make_finding(Verdict.UNDECIDED, reason, found[outcome][0])
        if still_open := found.get("open"):
            n = still_open[0]
            return make_finding(Verdict.UNDECIDED, _explain_open(enclose(by_hand[n]), true[n]), n, too_wide=True)
        if at_kinks := found.get("kink"):
            return make_finding(Verdict.UNDECIDED, "f has a kink there, it seems", at_kinks[0], kink=True)
        digits = _count_digits_left(entries)
        reason = f"to within what {_TYPES[self.bits]} shows" if "rounded" in found else ""
        if not reason and digits is None and any(entry.error > 0 for entry in entries):
            reason = "0 to within less than any float"
        return make_finding(Verdict.RIGHT, reason, digits=digits)


_REASONS = {
    "float": "the gradient was given balls and returned floats: is it rounding?",
    "constants": "rounding of floats in the code can explain it; as arguments they would be exact",
    "loop": "a loop ends where its floats do: how far it would come is not known",
}


def _left_by_loops(bits: int) -> arb:
    return _ROUNDINGS_LEFT_BY_LOOPS * arb(2) ** -bits


def _accept_rounding(entry: _Compared, bound: arb, scale: arb, lost: arb, bits: int) -> _Compared:
    """Take for agreement, to so many digits, what floats of the rule could not show.

    That is some roundings of the entry itself, or no more than the floats of this array `lost`, as long as some digits
    are left; or what cancels to 0 in the entry, and could not be told from 0 by its bound.
    """
    if entry.outcome not in ("constants", "loop"):
        return entry
    few = _FEW_ROUNDINGS * arb(2) ** -bits if entry.outcome == "constants" else _left_by_loops(bits)
    if entry.error <= entry.size * few:
        return entry._replace(outcome="rounded")
    is_lost = entry.error <= _LOST_BESIDE * lost and entry.error * _SOME_DIGITS < entry.size
    is_zero = bound.contains(0) and entry.error <= bound.rad() < scale * _ROUNDING_OF_ALL
    return entry._replace(outcome="rounded") if is_lost or is_zero else entry


def _explain_open(by_hand: arb, true: arb) -> str:
    if not true.is_finite():
        return "f or its derivative is not finite there"
    if not by_hand.is_finite():
        return "the gradient is not finite there"
    return "the balls are too wide to tell: a kink?"


def _count_digits_left(entries: list[_Compared]) -> int | None:
    """Count the decimal digits that the largest relative error leaves, of the entries that are not equal exactly.

    One that agrees only by being off by less than any float has no digits to count. `None` if no entry is left.
    """
    errors = [entry.error / entry.size for entry in entries if entry.size > entry.error > 0]
    return int(-float(functools.reduce(arb.max, errors).log() / arb.const_log10())) if errors else None
