"""The verdict on one problem: by one method after the other, the strongest first, and then on the floats."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from bptt.verify._ball_function import FloatsOnlyError, NoVerdictError
from bptt.verify._execution import Observed, find_unsteady_leaves, keep_generator, observe
from bptt.verify._problem import Problem
from bptt.verify._report import Arithmetic, Formula, Report, Verdict
from bptt.verify.methods import FORMULA_METHODS, _finite_differences, _float_gradient, _rounding
from bptt.verify.methods._derivative import PRECISIONS, report_undecided
from bptt.verify.methods._finite_differences import FINITE_DIFFERENCES

_NOTHING = 2.0**-8  # of a rounding of f
_NO_DIGIT = 0.1  # relative error of a float that has no right digit


def judge_problem(problem: Problem) -> Report:
    """Return the verdict on one problem, by the strongest method that its functions take."""
    with keep_generator():
        problem, observed = observe(problem)
        if problem.method == "floats":
            return _judge_on_floats(problem, observed)
        return _judge_on_balls(problem, observed, _note_unsteady(problem, observed))


def _judge_on_balls(problem: Problem, observed: Observed, unsteady: Sequence[str]) -> Report:
    """Ask one method after the other, the strongest first, until one takes the functions; then look at the floats."""
    notes, floats_only, of_f = (*observed.notes, *unsteady), "", False
    for method in FORMULA_METHODS[problem.method]:
        if of_f and method is _float_gradient.judge:
            continue  # it needs f on balls, too
        try:
            formula = method(problem, observed)
        except FloatsOnlyError as error:
            floats_only, of_f = floats_only or str(error), of_f or error.name == "f"
            continue
        except NoVerdictError as outcome:
            formula = report_undecided(str(outcome), problem.arguments, PRECISIONS[-1], too_wide=outcome.too_wide)
        break
    else:
        undecided = Arithmetic(Verdict.UNDECIDED, floats_only)
        return _conclude(problem, observed, report_undecided(floats_only, problem.arguments), undecided, notes)
    if problem.method == "auto":
        formula, note = _ask_slopes(problem, observed, formula)
        notes += note
    if floats_only:
        if unsteady and formula.verdict == Verdict.RIGHT:
            formula = report_undecided(unsteady[0], problem.arguments)
        return _conclude(problem, observed, formula, _leave_undistinguished(floats_only), notes)
    if unsteady:
        if formula.verdict == Verdict.RIGHT:  # as it was called first
            formula = report_undecided(unsteady[0], problem.arguments)
        why = "gradient returns something else each time that it is called"
        arithmetic = Arithmetic(Verdict.UNDECIDED, why)
    else:
        arithmetic = _rounding.judge(problem, observed, formula)
    if arithmetic.computed_in:
        notes += (f"computed in {arithmetic.computed_in}",)
    is_outside = arithmetic.verdict == Verdict.WRONG and not arithmetic.computed_in
    if is_outside and all(np.isfinite(gradient).all() for gradient in observed.gradient):
        return _judge_beside_balls(problem, observed, formula, arithmetic, notes)
    return _conclude(problem, observed, formula, arithmetic, notes)


def _ask_slopes(problem: Problem, observed: Observed, formula: Formula) -> tuple[Formula, tuple[str, ...]]:
    """Have slopes decide on the leaves of which balls are too wide to tell; return a note of those, too."""
    is_open = {leaf.path for leaf in formula.leaves if leaf.verdict == Verdict.UNDECIDED and leaf.too_wide}
    if not is_open or formula.reference == FINITE_DIFFERENCES:
        return formula, ()
    numbers = [n for n, leaf in problem.arguments.differentiable if leaf.path in is_open]
    arguments = problem.arguments.choose(lambda n: n in numbers)
    found = _finite_differences.judge(replace(problem, arguments=arguments), observed)
    by_slopes = {leaf.path: leaf for leaf in found.leaves}
    decided = [path for path, leaf in by_slopes.items() if leaf.verdict != Verdict.UNDECIDED]
    if not decided:
        return formula, ()
    leaves = [by_slopes[leaf.path] if leaf.path in decided else leaf for leaf in formula.leaves]
    note = f"decided {FINITE_DIFFERENCES} alone: {', '.join(decided)}; on balls: {formula.reason}"
    worst = max(leaves, key=lambda leaf: leaf.verdict)
    reason = worst.finding if worst.verdict != Verdict.RIGHT else f"no entry differs, {FINITE_DIFFERENCES} in part"
    return replace(formula, verdict=worst.verdict, reason=reason, leaves=tuple(leaves)), (note,)


def _judge_beside_balls(
    problem: Problem, observed: Observed, formula: Formula, arithmetic: Arithmetic, notes: Sequence[str]
) -> Report:
    """Judge floats that lie outside of their bounds: the balls may be of another computation than the floats."""
    otherwise = "gradient does something else on balls than on floats"
    if problem.method != "auto":
        undecided = report_undecided(otherwise, problem.arguments)
        return _conclude(problem, observed, undecided, _leave_undistinguished(otherwise), notes)
    try:
        beside = _float_gradient.judge(problem, observed)
    except NoVerdictError:
        return _conclude(problem, observed, formula, arithmetic, notes)
    if beside.verdict == Verdict.WRONG:
        return _conclude(problem, observed, formula, arithmetic, notes)
    notes = (*notes, f"{otherwise}: does it ask for types, or use what f kept out of sight?")
    return _conclude(problem, observed, beside, _leave_undistinguished("its balls are not those of its floats"), notes)


def _note_lost_digits(problem: Problem, observed: Observed, report: Report) -> Iterator[str]:
    """Say of each array where no digit of the floats is right though the formula is.

    What acts on f by far less than its rounding is no loss, as the slope of a unit that is saturated.
    """
    values = {leaf.path: leaf.values for leaf in problem.arguments.leaves}
    for leaf, floats in zip(report.formula.leaves, report.arithmetic.leaves, strict=False):
        by_hand, true = floats.by_hand_values, leaf.reference_values
        if floats.measured != 0 or leaf.verdict != Verdict.RIGHT or by_hand is None or true is None:
            continue
        x = values[leaf.path]
        with np.errstate(all="ignore"):
            acts = np.abs(true) * np.maximum(np.abs(x), 2.0**-20 * np.abs(x).max())
            matters = (true != 0) & (acts >= _NOTHING * np.finfo(x.dtype).eps * abs(float(observed.value)))
            lost = np.where(matters, np.abs(by_hand - true) / np.abs(true), 0.0)
        n = np.unravel_index(int(np.argmax(lost)), true.shape)
        if lost[n] > _NO_DIGIT:
            place = f"{leaf.path}{[int(axis) for axis in n]}" if n else leaf.path
            yield f"{place} is {by_hand[n]:.6g} on floats, {true[n]:.6g} in truth: no digit of it is right"


def _judge_on_floats(problem: Problem, observed: Observed) -> Report:
    (method,) = FORMULA_METHODS[problem.method]
    formula = method(problem, observed)
    unsteady = [] if formula.verdict == Verdict.WRONG else _note_unsteady(problem, observed)
    return _conclude(
        problem, observed, formula, _leave_undistinguished("floats were asked for"), (*observed.notes, *unsteady)
    )


def _conclude(
    problem: Problem, observed: Observed, formula: Formula, arithmetic: Arithmetic, notes: Sequence[str]
) -> Report:
    verdict = Verdict.WRONG if arithmetic.verdict == Verdict.WRONG else formula.verdict
    is_finite = bool(np.isfinite(float(observed.value)))
    report = Report(verdict, formula, arithmetic, problem.seed, tuple(notes), is_finite)
    return replace(report, lost_digits=tuple(_note_lost_digits(problem, observed, report))) if report else report


def _note_unsteady(problem: Problem, observed: Observed) -> list[str]:
    others = find_unsteady_leaves(problem, observed)
    return [f"a second call of gradient returns something else by {', '.join(others)}"] if others else []


def _leave_undistinguished(why: str) -> Arithmetic:
    return Arithmetic(Verdict.UNDECIDED, f"it cannot be told apart from the formula: {why}")
