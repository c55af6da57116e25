"""Do the floats stay within this algorithm's own rounding error?

The rule runs twice: on the floats that were given, and on balls to which every operation adds what one on floats may
add. Each float must lie in its ball. No tolerance is chosen: the bound is computed for this code and this input.

Beside what the bound guarantees stands what was measured: the digits that the floats share with the true value.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from flint import arb

from bptt.balls import Rounded, TooManyComparisonsError, enclose, pause_collector, use_precision
from bptt.verify._ball_function import NoVerdictError
from bptt.verify._decimals import show_both
from bptt.verify._execution import Observed
from bptt.verify._problem import Leaf, Problem
from bptt.verify._report import Arithmetic, Entry, Formula, LeafArithmetic, Verdict
from bptt.verify._returned import Claims

_DIGITS = 40  # to which the bounds are computed: far beyond any float type
_NAMES = {53: "float64", 24: "float32", 11: "float16", 8: "bfloat16"}
_SPARED = 4  # bits beyond those of a type, below which it has spoilt nothing
_MOST_MEASURED = 17  # digits of a float64
_UNIT = arb(2) ** -53  # its roundoff
_TINY = float(np.finfo(np.float64).tiny)  # beyond which a float has all its digits
_OFF_AT_MOST = 8  # times: a middle is rounded to a float, and each relative error has a rounding at least


def judge(problem: Problem, observed: Observed, formula: Formula) -> Arithmetic:
    """Judge the floats that the rule returned, beside the true gradient that the judgement of the formula found."""
    run, arguments = observed.on_balls, problem.arguments
    true = {leaf.path: leaf.reference_values for leaf in formula.leaves if not leaf.kink}
    with use_precision(_DIGITS), pause_collector():
        try:
            bounds, shortest = run.run_rule_rounded()
            leaves = [
                _judge_leaf(leaf, observed.gradient[n], bounds[n], true.get(leaf.path))
                for n, leaf in arguments.differentiable
            ]
            computed_in = ""
            if shortest < arguments.bits and formula.verdict == Verdict.RIGHT:
                of_f, computed_in = run.find_shortest_type_of_f(), _NAMES[shortest]
                for k, (n, leaf) in enumerate(arguments.differentiable):
                    if shortest < min(of_f, np.finfo(observed.gradient[n].dtype).nmant + 1):
                        leaves[k] = _refuse_detour(leaves[k], true.get(leaf.path), shortest)
        except (NoVerdictError, TooManyComparisonsError) as outcome:
            return Arithmetic(Verdict.UNDECIDED, str(outcome))
    worst = max(leaves, key=lambda leaf: leaf.verdict)
    if worst.verdict != Verdict.RIGHT:
        reason = f"formula right; computed in {computed_in}: " if computed_in and worst.verdict == Verdict.WRONG else ""
        return Arithmetic(worst.verdict, reason + worst.finding, tuple(leaves), computed_in)
    reason = "every entry lies within the bound of its rounding error"
    return Arithmetic(Verdict.RIGHT, reason, tuple(leaves), computed_in)


def _judge_leaf(leaf: Leaf, floats: Claims, bounds: Claims, true: Claims | None) -> LeafArithmetic:
    shape = leaf.values.shape
    if floats.shape != bounds.shape:
        reason = f"its shape is {floats.shape} on floats and {bounds.shape} on balls"
        return LeafArithmetic(leaf.path, shape, Verdict.UNDECIDED, reason)
    runs = list(map(arb, floats.reshape(-1).tolist()))
    balls = [enclose(number) for number in _convert_returned(bounds.reshape(-1).tolist(), leaf)]
    excluded = [ball.is_finite() and not ball.contains(run) for run, ball in zip(runs, balls, strict=True)]
    values: dict[str, Any] = {
        "by_hand_values": floats.astype(np.float64),
        "reference_values": np.array([float(ball.mid()) for ball in balls]).reshape(bounds.shape),
        "wrong_entries": np.array(excluded).reshape(bounds.shape),
    }
    exact = [float("nan")] * len(runs) if true is None else true.reshape(-1).tolist()
    if true is not None:
        values["measured"] = _measure_digits(floats.reshape(-1), true.reshape(-1))

    def make_finding(verdict: Verdict, reason: str, n: int | None = None, digits: int | None = None) -> LeafArithmetic:
        place = None if n is None else Entry(_locate(n, shape), *show_both(runs[n], balls[n]))
        return LeafArithmetic(leaf.path, shape, verdict, reason, digits, place, **values)

    for n, (run, number) in enumerate(zip(runs, exact, strict=True)):
        if not run.is_finite() and (balls[n].is_finite() or math.isfinite(number)):
            return make_finding(Verdict.WRONG, "overflow", n)
    if proved := [n for n, is_outside in enumerate(excluded) if is_outside]:
        reason = f"{len(proved)} of {len(balls)} entries lie outside what rounding can do"
        return make_finding(Verdict.WRONG, reason, max(proved, key=lambda n: abs(runs[n] - balls[n].mid())))
    if unbounded := [n for n, ball in enumerate(balls) if not ball.is_finite()]:
        return make_finding(Verdict.UNDECIDED, "there is no bound for its rounding error", unbounded[0])
    return make_finding(Verdict.RIGHT, "", digits=_count_digits(balls, exact, runs))


def _measure_digits(floats: Claims, true: Claims) -> int | None:
    """Count the digits that every float has of the true number, given as it rounds to float64; `None` if all are it.

    A float that is 0 where the truth is needs none.
    """
    if not np.isfinite(floats).all():
        return 0
    differs = np.isfinite(true) & (floats != true)
    run, exact = np.float64(floats[differs]), true[differs]
    with np.errstate(all="ignore"):
        least = np.minimum(np.abs(exact), np.abs(run))
        errors = np.abs(run - exact) / least + np.abs(exact) / least * float(_UNIT)
    relative = np.where(least > 0, errors, np.inf)
    return _count_decimals(relative.max()) if relative.size else None


def _count_digits(balls: Sequence[arb], true: Sequence[float], floats: Sequence[arb]) -> int | None:
    """Count the digits that every ball shares with the true number, likewise; `None` if all are known to be exact."""
    digits = []
    for n in _find_widest(balls, true):
        ball, exact = balls[n], true[n]
        known = math.isfinite(exact)
        if not ball.is_finite():
            return 0
        if ball.is_exact() and not known:
            continue
        centre = arb(exact) if known else ball.mid()
        error = abs(ball - centre).upper()
        if error.is_zero() or (centre.is_zero() and floats[n].is_zero()):
            continue
        if known:
            error += abs(centre) * _UNIT
        least = abs(centre).min(abs(ball).abs_lower())
        if not least > error:
            return 0
        digits.append(_count_decimals(float((error / least).upper())))
    return min(digits, default=None)


def _count_decimals(relative: float) -> int:
    """Return how many digits a relative error leaves."""
    return _MOST_MEASURED if relative == 0 else max(0, int(-math.log10(min(relative, 1.0))))


def _find_widest(balls: Sequence[arb], true: Sequence[float]) -> list[int]:
    """Return the balls that may share the fewest digits: not those of which floats tell that another shares fewer."""
    middles, radii = (np.array([float(part(x)) for x in balls]) for part in (arb.mid, arb.rad))
    centres = np.where(np.isfinite(true), true, middles)
    with np.errstate(all="ignore"):
        least = np.minimum(abs(centres), abs(middles) - radii)
        errors = (abs(middles - centres) + radii + abs(centres) * float(_UNIT)) / least
        is_plain = (least > _TINY) & np.isfinite(errors)
        widest = errors.max(where=is_plain, initial=0.0)
        may_be = ~is_plain | (errors * _OFF_AT_MOST >= widest)
    return np.flatnonzero(may_be).tolist()


def _refuse_detour(leaf: LeafArithmetic, true: Claims | None, bits: int) -> LeafArithmetic:
    """Call floats wrong that a shorter type than f's has spoilt on their way."""
    if true is None or leaf.verdict != Verdict.RIGHT or leaf.by_hand_values is None:
        return leaf
    error = np.abs(leaf.by_hand_values - true)
    spoilt = error > np.abs(true) * 2.0 ** -(bits + _SPARED)
    if not spoilt.any():
        return leaf
    n = int(np.argmax(np.where(spoilt, error, -1.0)))
    reason = f"{int(spoilt.sum())} of {spoilt.size} entries have the digits of {_NAMES[bits]}"
    both = arb(float(leaf.by_hand_values.reshape(-1)[n])), arb(float(true.reshape(-1)[n]))
    place = Entry(_locate(n, leaf.shape), *show_both(*both))
    return replace(leaf, verdict=Verdict.WRONG, reason=reason, digits=None, entry=place, wrong_entries=spoilt)


def _locate(n: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(int(axis) for axis in np.unravel_index(n, shape))


def _convert_returned(bounds: list[Any], leaf: Leaf) -> list[Any]:
    """Round what a rule returns to the type of the leaf, as NumPy does in a gradient by an array of float32."""
    bits, scalar = leaf.bits, leaf.values.dtype.type
    return [x.cast(scalar) if isinstance(x, Rounded) and x.kind.bits > bits else x for x in bounds]
