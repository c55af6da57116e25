"""Do the floats stay within this algorithm's own rounding error?

The rule runs twice: on the floats that were given, and on balls to which every operation adds what one on floats may
add. Each float must lie in its ball. No tolerance is chosen: the bound is computed for this code and this input.
"""

import math
from functools import partial
from typing import Any

import numpy as np

from bptt.balls import (
    NUMPY,
    XLA,
    Ball,
    Figures,
    Kind,
    Rounded,
    StaleValueError,
    TooManyBranchesError,
    UndecidedComparisonError,
    enclose,
    get_kind,
    make_rounded_constant,
    pause_collector,
    store,
    try_every_branch,
    use_precision,
)
from bptt.verify._decimals import show_both
from bptt.verify._execution import BallFunction, BallRun, NoVerdictError, Observed
from bptt.verify._problem import Arguments, Claims, Leaf, Problem
from bptt.verify._report import Arithmetic, Entry, LeafArithmetic, Verdict

_DIGITS = 40  # to which the bounds are computed: far beyond any float type


def judge(problem: Problem, observed: Observed) -> Arithmetic:
    """Judge the floats that the rule returned.

    f and the rule have run on other numbers since, so that what they keep between calls is not taken for these. Where a
    comparison depends on rounding, the floats must lie in the balls of one of the ways that it can go.
    """
    run = observed.on_balls
    with use_precision(_DIGITS), pause_collector():
        outcomes = []
        try:
            for bounds in try_every_branch(lambda: _compute_bounds(run), (1, -1, 0), exact_only=False):
                outcomes.append(_compare(problem.arguments, observed, bounds))
                if outcomes[-1].verdict == Verdict.RIGHT:
                    return outcomes[-1]
        except NoVerdictError as outcome:
            return Arithmetic(Verdict.UNDECIDED, str(outcome))
        except (UndecidedComparisonError, TooManyBranchesError) as error:
            return Arithmetic(Verdict.UNDECIDED, str(run.rule.explain_undecided(error)))
    return min(outcomes, key=lambda outcome: outcome.verdict)  # wrong in every way, or undecided in some


def _compute_bounds(run: BallRun) -> list[Claims]:
    """Run the rule on balls that are rounded; after f only if it uses what f keeps, which takes longer."""
    arguments = run.problem.arguments
    try:
        bounds = arguments.match(_run_rounded(run.rule, arguments))
    except NoVerdictError as outcome:
        if not isinstance(outcome.__cause__, StaleValueError):
            raise
    else:
        entries = (entry for bound in bounds for entry in bound.flat)
        if not any(isinstance(entry, Ball) and not isinstance(entry, Rounded) for entry in entries):
            return bounds
    _run_rounded(run.f, arguments)
    return arguments.match(_run_rounded(run.rule, arguments))


def _run_rounded(function: BallFunction, arguments: Arguments) -> Any:
    figures = XLA if function.runs_as_jaxpr else NUMPY
    leaves = [
        leaf.convert_to_balls(partial(store, kind=select_kind(leaf, figures)))
        if leaf.values.dtype.kind == "f"
        else leaf.copy()
        for leaf in arguments.leaves
    ]
    return function.run(leaves, partial(make_rounded_constant, figures=figures))


def select_kind(leaf: Leaf, figures: Figures = NUMPY) -> Kind:
    """Return the arithmetic in which a leaf takes part."""
    weak = isinstance(leaf.given, float) and not isinstance(leaf.given, np.floating)
    return get_kind(leaf.values.dtype.name, figures, weak=weak)


def _compare(arguments: Arguments, observed: Observed, bounds: list[Claims]) -> Arithmetic:
    leaves = tuple(_judge_leaf(leaf, observed.gradient[n], bounds[n]) for n, leaf in arguments.differentiable)
    worst = max(leaves, key=lambda leaf: leaf.verdict)
    if worst.verdict != Verdict.RIGHT:
        return Arithmetic(worst.verdict, worst.finding, leaves)
    return Arithmetic(Verdict.RIGHT, "every entry lies within the bound of its rounding error", leaves)


def _judge_leaf(leaf: Leaf, floats: Claims, bounds: Claims) -> LeafArithmetic:
    def make_finding(verdict: Verdict, reason: str, n: int | None = None, digits: int | None = None) -> LeafArithmetic:
        place = None
        if n is not None:
            index = tuple(int(axis) for axis in np.unravel_index(n, bounds.shape))
            place = Entry(index, *show_both(runs[n], balls[n]))
        return LeafArithmetic(leaf.path, leaf.values.shape, verdict, reason, digits, place, **values)

    if floats.shape != bounds.shape:
        reason = f"its shape is {floats.shape} on floats and {bounds.shape} on balls"
        return LeafArithmetic(leaf.path, leaf.values.shape, Verdict.UNDECIDED, reason)
    runs = [enclose(number) for number in floats.reshape(-1).tolist()]
    kind = select_kind(leaf)
    balls = [enclose(_convert_returned(number, kind)) for number in bounds.reshape(-1).tolist()]
    pairs = list(zip(runs, balls, strict=True))
    outside = [n for n, (run, ball) in enumerate(pairs) if not ball.contains(run)]
    excluded = [ball.is_finite() and not ball.contains(run) for run, ball in pairs]
    values: dict[str, Any] = {
        "by_hand_values": floats.astype(np.float64),
        "reference_values": np.array([float(ball.mid()) for ball in balls]).reshape(bounds.shape),
        "wrong_entries": np.array(excluded).reshape(bounds.shape),
    }
    for n in outside:
        if not runs[n].is_finite() and balls[n].is_finite():
            return make_finding(Verdict.WRONG, "overflow", n)
    unbounded = [n for n, ball in enumerate(balls) if not ball.is_finite()]
    if proved := [n for n in outside if n not in unbounded]:
        reason = f"{len(proved)} of {len(balls)} entries lie outside what rounding can do"
        return make_finding(Verdict.WRONG, reason, max(proved, key=lambda n: abs(runs[n] - balls[n].mid())))
    if unbounded:
        return make_finding(Verdict.UNDECIDED, "there is no bound for its rounding error", unbounded[0])
    bits = [ball.rel_accuracy_bits() for ball in balls if not ball.is_exact()]
    return make_finding(Verdict.RIGHT, "", digits=max(0, int(min(bits) * math.log10(2))) if bits else None)


def _convert_returned(number: Any, kind: Kind) -> Any:
    """Round what a rule returns to the type of the leaf, as NumPy does in a gradient by an array of float32."""
    return number.convert_to(kind) if isinstance(number, Rounded) and number.kind.bits > kind.bits else number
