"""Where f runs on floats alone: its slope along a random direction, beside what the gradient says that it is.

Finite differences come first, since a complex number knows nothing of an absolute value or of a kink. Where they agree
with the gradient, a complex step, if f takes one and agrees with them, adds digits. Entries that no slope along the
direction could show are counted, and leave the verdict open.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from bptt.verify._conduct import Floats
from bptt.verify._execution import Function
from bptt.verify._problem import FlatArguments, Leaf
from bptt.verify._report import Formula, LeafFinding, Verdict
from bptt.verify.methods._line import COMPLEX_REACH, Line, Slope

COMPLEX_STEP = "by complex step"
FINITE_DIFFERENCES = "by finite differences"
_SUBNORMAL = 1e-290


def judge(
    f: Function, gradient: Function, arguments: FlatArguments, value: Any, floats: list[Floats], seed: int
) -> Formula:
    """The verdict on `floats`, which `gradient` returned for `arguments`, where f is `value`."""
    chosen = [n for n, leaf in enumerate(arguments.leaves) if leaf.differentiable]
    for n in chosen:
        if (found := _not_comparable(arguments.leaves[n], floats[n])) is not None:
            others = [_finding(arguments.leaves[k], "undecided", "") for k in chosen if k != n]
            return Formula("wrong", found.finding, None, (found, *others), FINITE_DIFFERENCES)
    with np.errstate(all="ignore"):
        if min(_smallest(arguments.leaves[n]) for n in chosen) < _SUBNORMAL:
            leaves = tuple(_finding(arguments.leaves[n], "undecided", "") for n in chosen)
            return Formula("undecided", "the arguments are too small to be moved", None, leaves, FINITE_DIFFERENCES)
        line = Line(f, arguments, float(value), floats, np.random.default_rng(seed))
        return _gross(line, chosen) or _judge(line, gradient, chosen)


def _smallest(leaf: Leaf) -> float:
    """The size of a leaf; infinite if it is 0."""
    return float(np.max(np.abs(leaf.values), initial=0)) or np.inf


def _gross(line: Line, chosen: Sequence[int]) -> Formula | None:
    """What is found quickly: by one difference along the direction and, in leaves that explain it, by a smaller one.

    A slope that rounding, curvature or a kink led astray is not the same at both steps, or not to both sides.
    """
    claim, (slope, _) = line.claim(chosen), line.by_one_difference(chosen)
    if not line.is_gross(claim, slope):
        return None
    wrong: dict[int, LeafFinding] = {}
    whole = difference = claim.value - slope.value
    error = claim.error + slope.error
    for n in _largest_first(line, chosen):
        if abs(difference) <= error + abs(whole) / 100:
            break
        own_claim, (own, bend) = line.claim([n]), line.by_one_difference([n], fraction=0.25)
        if own.excludes(own_claim) and abs(own.value - own_claim.value) > 4 * bend:
            wrong[n] = _finding(line.arguments.leaves[n], "wrong", f"{_both(own_claim, own)} {FINITE_DIFFERENCES}")
            difference -= own_claim.value - own.value
            error += own.error
    return _named(line, chosen, wrong, error) if abs(difference) <= error + abs(whole) / 100 else None


def _largest_first(line: Line, chosen: Sequence[int]) -> list[int]:
    return sorted(chosen, key=lambda n: -line.gradient[n].size)


def _judge(line: Line, gradient: Function, chosen: Sequence[int]) -> Formula:
    claim, slope = line.claim(chosen), line.by_differences(chosen)
    if slope.kink:
        reason = f"along a random direction f has a kink: its slope is {slope.value:.6g} on average of both sides"
        return _all_undecided(line, reason, FINITE_DIFFERENCES)
    if not np.isfinite(slope.value + slope.error):
        return _all_undecided(line, "f is not finite around this point, or nothing but noise", FINITE_DIFFERENCES)
    if slope.excludes(claim):
        claim = line.claim(chosen, noise=line.noise_of_gradient(gradient, chosen))
        if not slope.excludes(claim):
            return _all_undecided(line, f"{_both(claim, slope)} which rounding may explain", FINITE_DIFFERENCES)
        unnamed = _all_undecided(line, f"{_both(claim, slope)} {FINITE_DIFFERENCES}", FINITE_DIFFERENCES)
        return _wrong(line, chosen, claim, slope) or replace(unnamed, verdict="wrong")
    by_differences = _right(line, chosen, claim, slope, FINITE_DIFFERENCES)
    along_the_same = line.complex_step(chosen)
    if along_the_same is None or along_the_same.excludes(slope):
        return by_differences
    line.aim(COMPLEX_REACH)
    sharper = line.complex_step(chosen)
    if sharper is None:
        return by_differences
    claim = line.claim(chosen, noise=line.noise_of_gradient(gradient, chosen))
    if sharper.excludes(claim):
        reason = f"{_both(claim, sharper)} {COMPLEX_STEP}, too little for finite differences to show"
        return _all_undecided(line, reason, COMPLEX_STEP)
    return _right(line, chosen, claim, sharper, COMPLEX_STEP)


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


def _all_undecided(line: Line, reason: str, reference: str) -> Formula:
    leaves = tuple(_finding(leaf, "undecided", "") for leaf in line.arguments.leaves if leaf.differentiable)
    return Formula("undecided", reason, None, leaves, reference)


def _right(line: Line, chosen: Sequence[int], claim: Slope, slope: Slope, reference: str) -> Formula:
    leaves = tuple(_as_far_as_seen(line, n, slope.error + claim.error, reference) for n in chosen)
    unseen = [leaf for leaf in leaves if leaf.verdict == "undecided"]
    if unseen:
        return Formula("undecided", unseen[0].finding, None, leaves, reference)
    return Formula("right", f"{_both(claim, slope)} {reference}", None, leaves, reference)


def _as_far_as_seen(line: Line, n: int, error: float, reference: str) -> LeafFinding:
    """A leaf with whose slope nothing is wrong: right, if each of its entries contributes more than the error."""
    leaf, contributions = line.arguments.leaves[n], np.abs(line.contributions[n])
    claimed_zero = contributions == 0
    unseen = int(np.count_nonzero((contributions <= 2 * error) & ~claimed_zero))
    if error >= 0.1 or (claimed_zero.all() and not line.is_flat(n)):
        unseen += int(np.count_nonzero(claimed_zero))
    if unseen:
        reason = f"{unseen} of {contributions.size} entries matter too little to be seen {reference}"
        return _finding(leaf, "undecided", reason, reference=reference)
    return _finding(leaf, "right", "along a random direction", max(0, int(-np.log10(error + 1e-300))), reference)


def _wrong(line: Line, chosen: Sequence[int], claim: Slope, slope: Slope) -> Formula | None:
    """The leaves that are wrong, if they explain the difference along the whole direction."""
    wrong: dict[int, LeafFinding] = {}
    difference, error = claim.value - slope.value, claim.error + slope.error
    for n in _largest_first(line, chosen):
        if abs(difference) <= error:
            break
        own_claim, own = line.claim([n]), slope if len(chosen) == 1 else line.by_differences([n])
        if own.excludes(own_claim):
            wrong[n] = _finding(line.arguments.leaves[n], "wrong", f"{_both(own_claim, own)} {FINITE_DIFFERENCES}")
            difference -= own_claim.value - own.value
            error += own.error
    return _named(line, chosen, wrong, error) if abs(difference) <= error else None


def _named(line: Line, chosen: Sequence[int], wrong: dict[int, LeafFinding], error: float) -> Formula:
    leaves = tuple(wrong.get(n) or _as_far_as_seen(line, n, error, FINITE_DIFFERENCES) for n in chosen)
    return Formula("wrong", next(iter(wrong.values())).finding, None, leaves, FINITE_DIFFERENCES)
