"""Is it the derivative? The rule and f on balls, entry by entry, so that no entry can hide behind a larger one.

The rule is evaluated on balls, the true gradient of f by a reverse sweep over balls, both as their comparisons went on
floats. An entry whose difference excludes 0 is wrong, and that is a proof; otherwise it agrees to as many digits as the
radius of the difference leaves. If those are too few, precision is raised; past the last one it is undecided. No error
is tolerated but what no float of the entry's type can show.

Where f met a tie, or is not finite on its way, or floats decided otherwise than exact numbers, `_neighbourhood` says
what the derivative may be there. Before an entry is called wrong, the floats among the balls are taken for rounded, as
`_entries` explains.
"""

import functools
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from flint import arb

from bptt.balls import Comparisons, are_exact, change_context, enclose, pause_collector, round_constants, use_precision
from bptt.verify._ball_function import FloatsOnlyError, NoVerdictError
from bptt.verify._ball_run import Truth
from bptt.verify._execution import Observed
from bptt.verify._problem import Arguments, Leaf, Problem
from bptt.verify._report import Formula, LeafFinding, Verdict
from bptt.verify._returned import Claims
from bptt.verify.methods._entries import LeafComparison
from bptt.verify.methods._neighbourhood import find_neighbourhood
from bptt.verify.methods._triangles import SYMMETRIC, find_folding, is_symmetric
from bptt.verify.methods._witness import require_witness

PRECISIONS = (50, 200, 800)  # digits
_MANY = 2000  # arguments, beyond which a second run costs more than the digits that save it
_HALF_OF_FLOAT32 = arb(2) ** -12  # of the largest entry or of f: a float that is off by more was not merely rounded


def judge(problem: Problem, observed: Observed) -> Formula:
    """Judge the rule as a formula for the derivative of f. Raises `FloatsOnlyError` if one of them needs floats."""
    many = sum(leaf.values.size for leaf in problem.arguments.leaves if leaf.values.dtype.kind == "f") > _MANY
    for digits in PRECISIONS[1 if many else 0 :]:
        with use_precision(digits), pause_collector():
            try:
                formula = _judge_once(problem, observed, digits)
                more_digits_may_tell = any(leaf.too_wide for leaf in formula.leaves)
            except FloatsOnlyError:
                raise
            except NoVerdictError as outcome:
                formula = report_undecided(str(outcome), problem.arguments, digits, too_wide=outcome.too_wide)
                more_digits_may_tell = not outcome.final
        if not more_digits_may_tell:
            break
    return formula


def _judge_once(problem: Problem, observed: Observed, digits: int) -> Formula:
    arguments, run = problem.arguments, observed.on_balls
    constants: set[tuple[float, int]] = set()
    with change_context(constants=constants):
        around = find_neighbourhood(run)
    if not around.has_kinks:
        require_witness(problem, observed, around.truth)
    with change_context(constants=constants):
        claims, of_rule = run.run_rule_once()
    require_one_function(arguments, observed.value, around.truth, claims)

    @functools.cache
    def run_with_rounded_constants() -> tuple[Truth, list[Claims]] | None:
        if around.blur == 0 and are_exact(constants, as_jax=run.may_use_jax):
            return around.truth, claims  # it would be the same run once more
        with round_constants(as_jax=run.may_use_jax):
            try:
                return run.differentiate_f(Comparisons()), run.run_rule(Comparisons())
            except NoVerdictError:
                return None

    @functools.cache
    def find_bounds() -> list[Claims] | None:
        try:
            return run.run_rule_rounded()[0]
        except NoVerdictError:
            return None

    most_rounding = arb(2) ** -(2 * arguments.bits // 3) if run.lifts_everything else _HALF_OF_FLOAT32
    ends_on_floats = around.ends_on_floats or of_rule.contradictions > 0
    compares = around.compares or of_rule.count > 0
    verdict_on_kinks = "inside" if around.is_smooth else around.place(claims)

    def judge_leaf(n: int, leaf: Leaf) -> LeafFinding:
        def run_again() -> tuple[list[arb], list[arb]] | None:
            repeated = run_with_rounded_constants() if around.is_smooth else None
            if repeated is None:
                return None
            with round_constants(as_jax=run.may_use_jax):
                return repeated[0].gradient[n], [enclose(claim) for claim in repeated[1][n].reshape(-1).tolist()]

        def find_bounds_of_leaf() -> list[Any] | None:
            bounds = find_bounds()
            return bounds and bounds[n].reshape(-1).tolist()

        comparison = LeafComparison(
            leaf, n, claims[n], around, leaf.bits, most_rounding, ends_on_floats, compares, verdict_on_kinks
        )
        finding = comparison.judge(run_again, find_bounds_of_leaf, observed.gradient[n])
        if finding.verdict == Verdict.WRONG and around.reads_triangles and claims[n].shape == leaf.values.shape:
            fold = find_folding(leaf.values, around.truth.gradient[n])
            if fold is not None and (run.rule.runs_as_jaxpr or is_symmetric(claims[n])):
                folded = comparison._replace(claims=fold(claims[n]))
                again = folded.judge(lambda: None, lambda: None, fold(observed.gradient[n]))
                if again.verdict == Verdict.RIGHT:
                    return replace(again, reason=SYMMETRIC)
        return finding

    return conclude([judge_leaf(n, leaf) for n, leaf in arguments.differentiable], digits)


def require_one_function(arguments: Arguments, on_floats: object, truth: Truth, claims: Sequence[Claims] = ()) -> None:
    """Raise `NoVerdictError` for an f that is not finite, or is not the same function each time that it is called."""
    if not truth.value.is_finite():
        raise NoVerdictError("f is not finite at this point", final=False, too_wide=True)
    if truth.constant and any(enclose(entry) != 0 for claim in claims for entry in claim.flat):
        raise NoVerdictError("f does not depend on its arguments: does it keep what it computed first?", final=True)
    known, stood = enclose(on_floats), enclose(truth.on_floats)
    scale = abs(truth.value) + truth.mass
    for leaf, gradient in zip(arguments.leaves, truth.gradient, strict=True):
        for x, slope in zip(leaf.values.reshape(-1).tolist(), gradient, strict=False):
            if slope.is_finite():
                scale += abs(slope * x)
    bits = min(arguments.bits, _count_bits(on_floats))
    half_the_digits = float(2.0 ** -(bits // 2))  # more is no rounding of f
    smallest = max(float(t.smallest_normal) for t in arguments.float_types)
    allowed = scale * half_the_digits + smallest
    if known.is_finite() and abs(known - stood) > allowed and abs(known - truth.value) > allowed:
        reason = f"f is {known.str(6, radius=False)} on floats and {truth.value.str(6)} on balls, or each time another"
        raise NoVerdictError(reason, final=False)


def _count_bits(number: object) -> int:
    return int(np.finfo(number.dtype).nmant) + 1 if isinstance(number, np.floating) else 53


def report_undecided(
    reason: str, arguments: Arguments, digits: int = PRECISIONS[0], *, too_wide: bool = False
) -> Formula:
    """Return no verdict on any leaf, for that reason."""
    findings = [
        LeafFinding(leaf.path, leaf.values.shape, Verdict.UNDECIDED, "", too_wide=too_wide)
        for _, leaf in arguments.differentiable
    ]
    return Formula(Verdict.UNDECIDED, reason, digits, tuple(findings))


def conclude(leaves: Sequence[LeafFinding], digits: int) -> Formula:
    """Return the verdict on all leaves: that of the worst."""
    worst = max(leaves, key=lambda leaf: leaf.verdict)
    if worst.verdict != Verdict.RIGHT:
        return Formula(worst.verdict, worst.finding, digits, tuple(leaves))
    known = [leaf.digits for leaf in leaves if leaf.digits is not None]
    is_exact = not any(leaf.reason for leaf in leaves)  # else an entry is off by less than any float
    agreement = f"to {min(known)} digits" if known else "exactly" if is_exact else "to within less than any float"
    return Formula(Verdict.RIGHT, f"every entry agrees {agreement}", digits, tuple(leaves))
