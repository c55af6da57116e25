"""Is it the derivative? The rule and f on balls, entry by entry, so that no entry can hide behind a larger one.

The rule is evaluated on balls, the true gradient of f by a reverse sweep over balls. An entry whose difference excludes
0 is wrong, and that is a proof; otherwise it agrees to as many digits as the radius of the difference leaves. If those
are too few, precision is raised; past the last one the verdict is `undecided`. No error is tolerated.

A comparison that is not decided, at a tie or at a kink, is run both ways. If the derivatives of f agree, f is smooth
there, whichever way its code goes. If not, f has a kink, and the derivatives span what a subgradient may be: a gradient
outside of that is wrong, one within is undecided.

One excuse is looked into before an entry is called wrong. A float among the balls, such as `1.0 / 3`, may stand for a
real number that it was rounded from. If that can explain a slight difference, the entry is right where it is off by
no more than a few roundings of itself, and undecided otherwise.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
from flint import arb

from bptt.balls import (
    Ball,
    Encountered,
    TooManyBranchesError,
    UndecidedComparisonError,
    change_context,
    enclose,
    pause_collector,
    round_constants,
    try_every_branch,
    use_precision,
)
from bptt.verify._decimals import note_faint_difference, show_between, show_both
from bptt.verify._execution import BallRun, FloatsOnlyError, NoVerdictError, Observed, Truth
from bptt.verify._problem import Arguments, Claims, Leaf, Problem
from bptt.verify._report import Entry, Formula, LeafFinding, Verdict

PRECISIONS = (50, 200, 800)  # digits
_MANY = 2000  # arguments, beyond which a second run costs more than the digits that save it
_ENOUGH = arb(2) ** -100  # of an entry: 30 digits, so that a difference quotient of a tiny step shows
_BELOW_FLOATS = arb(2) ** -1075  # half the smallest positive float64
_FEW_ROUNDINGS = 8  # of an entry: what a product of a few rounded constants loses
_HALF_OF_FLOAT32 = arb(2) ** -12  # of the largest entry or of f: a float that is off by more was not merely rounded
_TYPES = {53: "float64", 24: "float32", 11: "float16"}


class _Attempt(NamedTuple):
    """How much is tried: the precision, what is run both ways, and whether |x| at 0 is."""

    digits: int
    exact_only: bool = True
    both_slopes_of_abs: bool = False


_ATTEMPTS = (
    _Attempt(PRECISIONS[0]),
    _Attempt(PRECISIONS[0], both_slopes_of_abs=True),
    _Attempt(PRECISIONS[1]),
    _Attempt(PRECISIONS[1], both_slopes_of_abs=True),
    _Attempt(PRECISIONS[2], exact_only=False),
)


def judge(problem: Problem, observed: Observed) -> Formula:
    """Judge the rule as a formula for the derivative of f. Raises `FloatsOnlyError` if one of them needs floats."""
    best: Formula | None = None
    many = sum(leaf.values.size for leaf in problem.arguments.leaves if leaf.values.dtype.kind == "f") > _MANY
    encountered = Encountered()
    for attempt in _ATTEMPTS[2 if many else 0 :]:
        if attempt.both_slopes_of_abs and not encountered.abs_at_zero:
            continue
        encountered.abs_at_zero = False
        slopes = {"both_slopes_of_abs": attempt.both_slopes_of_abs, "encountered": encountered}
        with use_precision(attempt.digits), pause_collector(), change_context(**slopes):
            final = False
            try:
                formula = _try(problem.arguments, observed, attempt)
            except FloatsOnlyError:
                raise
            except NoVerdictError as outcome:
                formula = report_undecided(str(outcome), problem.arguments, attempt.digits)
                final = outcome.final
        still_open = [leaf for leaf in formula.leaves if leaf.verdict == Verdict.UNDECIDED]
        if attempt.both_slopes_of_abs and not all(leaf.kink for leaf in still_open):
            continue  # it told no more than without
        best = formula
        if final or all(leaf.kink for leaf in still_open):
            break
    assert best is not None
    return best


def _try(arguments: Arguments, observed: Observed, attempt: _Attempt) -> Formula:
    """Judge once. f and the rule run again with rounded constants where an entry is off by little."""
    truth, claims = _run_both(observed.on_balls, exact_only=attempt.exact_only)
    require_one_function(arguments, observed.value, truth, claims)

    @functools.cache
    def run_with_rounded_constants() -> tuple[Truth, list[list[Claims]]] | None:
        with round_constants(arguments.bits):
            try:
                return _run_both(observed.on_balls, exact_only=attempt.exact_only)
            except NoVerdictError:
                return None

    def judge_leaf(n: int, leaf: Leaf) -> LeafFinding:
        findings = []
        for number, claim in enumerate(claims):

            def run_again(number: int = number) -> tuple[list[arb], Claims] | None:
                repeated = run_with_rounded_constants()
                return repeated and (repeated[0].gradient[n], repeated[1][number][n])

            findings.append(_compare((n, leaf), claim[n], truth, arguments.bits, run_again))
        if len({finding.verdict for finding in findings}) == 1:
            return findings[0]
        reason = "right one way and not another: a comparison in it cannot be decided"
        return LeafFinding(leaf.path, leaf.values.shape, Verdict.UNDECIDED, reason)

    return conclude([judge_leaf(n, leaf) for n, leaf in arguments.differentiable], attempt.digits)


def _run_both(run: BallRun, *, exact_only: bool) -> tuple[Truth, list[list[Claims]]]:
    """Return the true gradient, every way of f in one, and what the rule returns in every way of both."""

    def run_rule() -> list[list[Claims]]:
        try:
            return list(try_every_branch(run.run_rule, (1, -1, 0), exact_only=exact_only))
        except (UndecidedComparisonError, TooManyBranchesError) as error:
            raise run.rule.explain_undecided(error) from error

    branches = list(run.differentiate_f(run_rule, exact_only=exact_only))
    return unite([truth for truth, _ in branches]), [claims for _, of_truth in branches for claims in of_truth]


def unite(truths: Sequence[Truth]) -> Truth:
    """Return all the ways of f in one; raises `NoVerdictError` where f jumps."""
    first = truths[0]
    if len(truths) == 1:
        return first
    for other in truths:
        if not first.value.overlaps(other.value):
            values = f"{first.value.str(6, radius=False)} on one side and {other.value.str(6, radius=False)} on another"
            raise NoVerdictError(f"f jumps there: it is {values}", final=True)
    gradient, kinks = [], []
    for of_leaf in zip(*(truth.gradient for truth in truths), strict=True):
        entries = list(zip(*of_leaf, strict=True))
        gradient.append([functools.reduce(arb.union, entry) for entry in entries])
        kinks.append(
            {
                n: (min(entry, key=lambda way: float(way.mid())), max(entry, key=lambda way: float(way.mid())))
                for n, entry in enumerate(entries)
                if not all(entry[0].overlaps(way) for way in entry)
            }
        )
    value = functools.reduce(arb.union, (truth.value for truth in truths))
    return first._replace(value=value, gradient=gradient, kinks=kinks)


def require_one_function(
    arguments: Arguments, on_floats: object, truth: Truth, claims: Sequence[list[Claims]] = ()
) -> None:
    """Raise `NoVerdictError` for an f that is not finite, or is not the same function each time that it is called."""
    if not truth.value.is_finite():
        raise NoVerdictError("f is not finite at this point", final=False)
    if truth.constant and any(enclose(entry) != 0 for way in claims for claim in way for entry in claim.flat):
        raise NoVerdictError("f does not depend on its arguments: does it keep what it computed first?", final=True)
    known = enclose(on_floats)
    difference, scale = abs(known - truth.value), abs(truth.value) + truth.mass
    for leaf, gradient in zip(arguments.leaves, truth.gradient, strict=True):
        for x, slope in zip(leaf.values.reshape(-1).tolist(), gradient, strict=False):
            scale += abs(slope * x)
    half_the_digits = float(2.0 ** -(arguments.bits // 2))  # more is no rounding of f
    smallest = max(float(t.smallest_normal) for t in arguments.float_types)
    if known.is_finite() and difference > scale * half_the_digits + smallest:
        reason = f"f is {known.str(6, radius=False)} on floats and {truth.value.str(6)} on balls, or each time another"
        raise NoVerdictError(reason, final=False)


class _Compared(NamedTuple):
    outcome: Literal["agrees", "wrong", "slight", "rounded", "constants", "float", "open"]
    error: arb  # upper bound of |by hand − true|
    size: arb  # lower bound of |by hand|


def _compare(
    numbered: tuple[int, Leaf],
    claims: Claims,
    truth: Truth,
    bits: int,
    run_again: Callable[[], tuple[list[arb], Claims] | None],
) -> LeafFinding:
    """Judge the gradient by one leaf. `run_again` computes it with rounded constants, if that can be done."""
    n_leaf, leaf = numbered
    shape = leaf.values.shape
    if claims.shape != shape:
        reason = f"the gradient has shape {claims.shape}; it should be {shape}"
        return LeafFinding(leaf.path, shape, Verdict.WRONG, reason)

    by_hand, true, kinks = claims.reshape(-1).tolist(), truth.gradient[n_leaf], truth.kinks[n_leaf]
    scale = max(number.abs_upper() for number in (truth.value, *true))
    slight = scale * arb(2) ** -(bits // 2)  # half the digits, of the largest entry or of f
    entries = [_compare_entry(x, y, scale, slight) for x, y in zip(by_hand, true, strict=True)]
    if any(entry.outcome == "slight" for entry in entries):
        entries = _excuse(entries, true, run_again(), bits)
    found: dict[str, list[int]] = {}
    for n, entry in enumerate(entries):
        found.setdefault(entry.outcome, []).append(n)

    def make_finding(verdict: Verdict, reason: str, n: int | None = None, **more: Any) -> LeafFinding:
        if n is not None:
            index = tuple(int(axis) for axis in np.unravel_index(n, shape))
            values = show_both(enclose(by_hand[n]), true[n])
            if n in kinks:
                values = enclose(by_hand[n]).str(6, radius=False), show_between(*kinks[n])
            more["entry"] = Entry(index, *values)
        return LeafFinding(
            leaf.path,
            shape,
            verdict,
            reason,
            by_hand_values=np.array([float(enclose(x).mid()) for x in by_hand]).reshape(shape),
            reference_values=np.array([float(x.mid()) for x in true]).reshape(shape),
            wrong_entries=np.array([entry.outcome == "wrong" for entry in entries]).reshape(shape),
            **more,
        )

    if wrong := found.get("wrong"):
        largest = max(wrong, key=lambda n: entries[n].error)
        faint = "" if largest in kinks else note_faint_difference(enclose(by_hand[largest]), true[largest])
        return make_finding(Verdict.WRONG, f"{len(wrong)} of {len(entries)} entries differ{faint}", largest)
    if floats := found.get("float"):
        reason = "the gradient was given balls and returned floats: is it rounding?"
        return make_finding(Verdict.UNDECIDED, reason, floats[0])
    if constants := found.get("constants"):
        reason = "rounding of floats in the code can explain it; as arguments they would be exact"
        return make_finding(Verdict.UNDECIDED, reason, constants[0])
    if still_open := found.get("open"):
        if kinks.keys() >= set(still_open):
            return make_finding(Verdict.UNDECIDED, "f has a kink there, it seems", still_open[0], kink=True)
        n = still_open[0]
        return make_finding(Verdict.UNDECIDED, _explain_open(enclose(by_hand[n]), true[n]), n)
    digits = _count_digits_left(entries)
    reason = f"to within a constant rounded to {_TYPES[bits]}" if "rounded" in found else ""
    if not reason and digits is None and any(entry.error > 0 for entry in entries):
        reason = "0 to within less than any float"
    return make_finding(Verdict.RIGHT, reason, digits=digits)


def _compare_entry(claim: object, true: arb, scale: arb, slight: arb) -> _Compared:
    by_hand = enclose(claim)
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


def _excuse(
    entries: list[_Compared], true: list[arb], again: tuple[list[arb], Claims] | None, bits: int
) -> list[_Compared]:
    """Judge the slight differences among the entries again, with the constants taken for rounded."""
    if again is None:
        return [entry._replace(outcome="wrong") if entry.outcome == "slight" else entry for entry in entries]
    true_again, claims = again[0], again[1].reshape(-1).tolist()
    with round_constants(bits):
        by_hand = [enclose(entry) for entry in claims]
    few = _FEW_ROUNDINGS * arb(2) ** -bits

    def judge_again(n: int, entry: _Compared) -> _Compared:
        if entry.outcome != "slight":
            return entry
        if not (by_hand[n] - true_again[n]).contains(0):
            return entry._replace(outcome="float" if isinstance(claims[n], float) else "wrong")
        return entry._replace(outcome="rounded" if entry.error <= true[n].abs_lower() * few else "constants")

    return [judge_again(n, entry) for n, entry in enumerate(entries)]


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
    counted = (entry for entry in entries if entry.error > 0 and entry.size > 0)
    errors = [e.error / e.size for e in counted if e.error < e.size or e.error >= _BELOW_FLOATS]
    return min((int(-float(error.log() / arb.const_log10())) for error in errors), default=None)


def report_undecided(reason: str, arguments: Arguments, digits: int = PRECISIONS[0]) -> Formula:
    """Return no verdict on any leaf, for that reason."""
    findings = [
        LeafFinding(leaf.path, leaf.values.shape, Verdict.UNDECIDED, "") for _, leaf in arguments.differentiable
    ]
    return Formula(Verdict.UNDECIDED, reason, digits, tuple(findings))


def conclude(leaves: Sequence[LeafFinding], digits: int) -> Formula:
    """Return the verdict on all leaves: that of the worst."""
    worst = max(leaves, key=lambda leaf: leaf.verdict)
    if worst.verdict != Verdict.RIGHT:
        return Formula(worst.verdict, worst.finding, digits, tuple(leaves))
    known = [leaf.digits for leaf in leaves if leaf.digits is not None]
    agreement = f"to {min(known)} digits" if known else "exactly"
    return Formula(Verdict.RIGHT, f"every entry agrees {agreement}", digits, tuple(leaves))
