"""Where f runs on floats alone: its slope along a random direction, beside what the gradient says that it is.

Finite differences come first, since a complex number knows nothing of an absolute value or of a kink. Where they agree
with the gradient, a complex step, if f takes one and agrees with them, adds digits. Entries that no slope along the
direction could show are counted, and leave the verdict open.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from bptt.verify._execution import Observed
from bptt.verify._problem import Arguments, Floats, Leaf, Problem
from bptt.verify._report import Formula, LeafFinding, Verdict
from bptt.verify.methods._line import COMPLEX_REACH, Line, Slope

COMPLEX_STEP = "by complex step"
FINITE_DIFFERENCES = "by finite differences"
_SUBNORMAL = 1e-290
_MOST_DIGITS = 15  # that floats can show


def judge(problem: Problem, observed: Observed) -> Formula:
    """Judge the floats of the rule beside slopes of f on floats. It proves nothing, and sees what floats can show."""
    arguments, floats = problem.arguments, observed.gradient
    chosen = [n for n, _ in arguments.differentiable]
    for n in chosen:
        if (found := _find_incomparable(arguments.leaves[n], floats[n])) is not None:
            others = [_make_finding(arguments.leaves[k], Verdict.UNDECIDED, "") for k in chosen if k != n]
            return Formula(Verdict.WRONG, found.finding, None, (found, *others), FINITE_DIFFERENCES)
    with np.errstate(all="ignore"):
        if min(_measure(arguments.leaves[n]) for n in chosen) < _SUBNORMAL:
            return _report_undecided(arguments, "the arguments are too small to be moved", FINITE_DIFFERENCES)
        line = Line(problem, observed, np.random.default_rng(problem.seed))
        return _judge_roughly(line, chosen) or _judge_closely(line, chosen)


def _measure(leaf: Leaf) -> float:
    """Return the size of a leaf; infinite if it is 0."""
    return float(np.max(np.abs(leaf.values), initial=0)) or np.inf


def _judge_roughly(line: Line, chosen: Sequence[int]) -> Formula | None:
    """Judge by one difference along the direction and, in leaves that explain it, by a smaller one.

    A slope that rounding, curvature or a kink led astray is not the same at both steps, or not to both sides.
    """
    claim, (slope, _) = line.sum_claims(chosen), line.take_one_difference(chosen)
    if not line.is_gross(claim, slope):
        return None
    noise = line.measure_scatter(chosen) + line.measure_noise_of_gradient(chosen)
    if not abs(claim.value - slope.value) > noise:
        return None
    difference = Slope(claim.value - slope.value, claim.error + slope.error)

    def measure(n: int) -> tuple[Slope, float]:
        own, bend = line.take_one_difference([n], fraction=0.25)
        return own, 4 * bend

    return _blame_leaves(line, chosen, difference, measure, slack=abs(difference.value) / 100)


def _judge_closely(line: Line, chosen: Sequence[int]) -> Formula:
    claim, slope = line.sum_claims(chosen), line.take_differences(chosen)
    if slope.kink:
        reason = f"along a random direction f has a kink: its slope is {slope.value:.6g} on average of both sides"
        return _report_undecided(line.problem.arguments, reason, FINITE_DIFFERENCES)
    if not np.isfinite(slope.value + slope.error):
        return _report_undecided(
            line.problem.arguments, "f is not finite around this point, or nothing but noise", FINITE_DIFFERENCES
        )
    if slope.excludes(claim):
        claim = line.sum_claims(chosen, noise=line.measure_noise_of_gradient(chosen) + line.measure_scatter(chosen))
        if not slope.excludes(claim):
            return _report_undecided(
                line.problem.arguments, f"{_show_both(claim, slope)} which rounding may explain", FINITE_DIFFERENCES
            )
        both = f"{_show_both(claim, slope)} {FINITE_DIFFERENCES}"
        unnamed = _report_undecided(line.problem.arguments, both, FINITE_DIFFERENCES)
        difference = Slope(claim.value - slope.value, claim.error + slope.error)
        named = _blame_leaves(
            line, chosen, difference, lambda n: (slope if len(chosen) == 1 else line.take_differences([n]), 0.0)
        )
        return named or replace(unnamed, verdict=Verdict.WRONG)
    by_differences = _report_right(line, chosen, claim, slope, FINITE_DIFFERENCES)
    along_the_same = line.take_complex_step(chosen)
    if along_the_same is None or along_the_same.excludes(slope):
        return by_differences
    line.aim(COMPLEX_REACH)
    sharper = line.take_complex_step(chosen)
    if sharper is None:
        return by_differences
    claim = line.sum_claims(chosen, noise=line.measure_noise_of_gradient(chosen))
    if sharper.excludes(claim):
        reason = f"{_show_both(claim, sharper)} {COMPLEX_STEP}, too little for finite differences to show"
        return _report_undecided(line.problem.arguments, reason, COMPLEX_STEP)
    return _report_right(line, chosen, claim, sharper, COMPLEX_STEP)


def _find_incomparable(leaf: Leaf, floats: Floats) -> LeafFinding | None:
    if floats.shape != leaf.values.shape:
        return _make_finding(
            leaf, Verdict.WRONG, f"the gradient has shape {floats.shape}; it should be {leaf.values.shape}"
        )
    if not np.isfinite(floats).all():
        index = [int(axis) for axis in np.argwhere(~np.isfinite(floats))[0]]
        return _make_finding(leaf, Verdict.WRONG, f"the gradient is {floats[tuple(index)]} at {index}")
    return None


def _make_finding(
    leaf: Leaf, verdict: Verdict, reason: str, digits: int | None = None, reference: str = FINITE_DIFFERENCES
) -> LeafFinding:
    return LeafFinding(leaf.path, leaf.values.shape, verdict, reason, digits, reference=reference)


def _show_both(claim: Slope, slope: Slope) -> str:
    return f"its slope along a random direction is {claim.value:.10g} by hand, {slope.value:.10g} ± {slope.error:.1g}"


def _report_undecided(arguments: Arguments, reason: str, reference: str) -> Formula:
    leaves = tuple(_make_finding(leaf, Verdict.UNDECIDED, "") for _, leaf in arguments.differentiable)
    return Formula(Verdict.UNDECIDED, reason, None, leaves, reference)


def _report_right(line: Line, chosen: Sequence[int], claim: Slope, slope: Slope, reference: str) -> Formula:
    leaves = tuple(_judge_as_far_as_seen(line, n, slope.error + claim.error, reference) for n in chosen)
    unseen = [leaf for leaf in leaves if leaf.verdict == Verdict.UNDECIDED]
    if unseen:
        return Formula(Verdict.UNDECIDED, unseen[0].finding, None, leaves, reference)
    return Formula(Verdict.RIGHT, f"{_show_both(claim, slope)} {reference}", None, leaves, reference)


def _judge_as_far_as_seen(line: Line, n: int, error: float, reference: str) -> LeafFinding:
    """Call a leaf right of whose slope nothing is wrong, if each of its entries contributes more than the error."""
    leaf, contributions = line.problem.arguments.leaves[n], np.abs(line.contributions[n])
    claimed_zero = contributions == 0
    unseen = int(np.count_nonzero((contributions <= 2 * error) & ~claimed_zero))
    if error >= 0.1 or np.isnan(error) or (claimed_zero.all() and not line.is_flat(n)):
        unseen += int(np.count_nonzero(claimed_zero))
    if unseen:
        reason = f"{unseen} of {contributions.size} entries matter too little to be seen {reference}"
        return _make_finding(leaf, Verdict.UNDECIDED, reason, reference=reference)
    return _make_finding(leaf, Verdict.RIGHT, "along a random direction", _count_digits(error), reference)


def _count_digits(error: float) -> int:
    return min(_MOST_DIGITS, max(0, int(-np.log10(error)))) if error > 0 else _MOST_DIGITS


def _blame_leaves(
    line: Line,
    chosen: Sequence[int],
    difference: Slope,
    measure: Callable[[int], tuple[Slope, float]],
    slack: float = 0.0,
) -> Formula | None:
    """Find the leaves that are wrong, the largest first, if they explain the difference along the whole direction.

    `measure` returns the slope of f by one leaf, and how far from it a claim must at least be to be wrong.
    """
    wrong: dict[int, LeafFinding] = {}
    rest, error, _ = difference
    for n in sorted(chosen, key=lambda n: -line.gradient[n].size):
        claim, (own, least) = line.sum_claims([n]), measure(n)
        if own.excludes(claim) and abs(own.value - claim.value) > least:
            reason = f"{_show_both(claim, own)} {FINITE_DIFFERENCES}"
            wrong[n] = _make_finding(line.problem.arguments.leaves[n], Verdict.WRONG, reason)
            rest -= claim.value - own.value
            error += own.error
    if abs(rest) > error + slack:
        return None
    leaves = tuple(wrong.get(n) or _judge_as_far_as_seen(line, n, error, FINITE_DIFFERENCES) for n in chosen)
    return Formula(Verdict.WRONG, next(iter(wrong.values())).finding, None, leaves, FINITE_DIFFERENCES)
