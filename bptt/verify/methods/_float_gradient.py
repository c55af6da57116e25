"""Where f runs on balls and the rule on floats alone: its floats against the true gradient.

How far the floats of a right gradient may be from the truth is estimated, not bounded, since what the rule does is
not seen. Two things are added up: how much its floats change when each argument is changed by a rounding or two, and
what back-propagation through f may lose. An entry that this could drown is undecided, unless the rule takes a longer
float type and is near the truth in that.
"""

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from flint import arb

from bptt.balls import (
    CURVED,
    Traced,
    change_context,
    enclose,
    measure,
    pause_collector,
    sort_latest_first,
    use_precision,
)
from bptt.verify._ball_function import NoVerdictError
from bptt.verify._ball_run import Truth
from bptt.verify._decimals import show_between, show_both
from bptt.verify._execution import Observed
from bptt.verify._problem import Arguments, Floats, Leaf, Problem
from bptt.verify._report import Entry, Formula, LeafFinding, Verdict
from bptt.verify.methods._derivative import PRECISIONS, conclude, require_one_function
from bptt.verify.methods._float_noise import call_in_longer_type, measure_noise
from bptt.verify.methods._neighbourhood import find_neighbourhood
from bptt.verify.methods._witness import require_witness

_NOTHING_BESIDE = 2.0**-20  # of the noise: a true value that is less is 0 for all that floats can show
_ROUNDING_OF_ALL = 2.0**-30  # of the largest entry of the gradient: what floats may leave where all cancels
_MOST_DIGITS = 15  # that a float64 shows for sure
_FEW_DIGITS = 1e-3  # of an entry: what has less is not seen to be right
_LOSS_SAFETY = 256  # by which the roundings of back-propagation are widened: its algorithm is not known
_SATURATED = 32.0  # |x| beyond which h (1 − h) and its kin are 0 to within a rounding of h


def judge(problem: Problem, observed: Observed) -> Formula:
    """Judge the floats of the rule beside the true gradient. Raises `NoVerdictError` where that is not known."""
    truth, digits = _differentiate(problem.arguments, observed)
    if not any(truth.kinks):
        require_witness(problem, observed, truth)
    in_longer = call_in_longer_type(problem, observed)
    noise_of_floats = measure_noise(problem, observed, np.random.default_rng(problem.seed), in_longer)
    leaves = [
        _judge_leaf(leaf, n, observed.gradient[n], truth, noise_of_floats[n], in_longer[n] if in_longer else None)
        for n, leaf in problem.arguments.differentiable
    ]
    return conclude(leaves, digits)


def _differentiate(arguments: Arguments, observed: Observed) -> tuple[Truth, int]:
    """Return the true gradient of f, with its losses, and the digits it was computed with."""
    unit = _LOSS_SAFETY * float(observed.coarsest.eps)
    tiny = _LOSS_SAFETY**2 * float(observed.coarsest.smallest_subnormal)
    losses = partial(_estimate_losses, unit=unit, tiny=tiny)
    for digits in PRECISIONS:
        last = digits == PRECISIONS[-1]
        with use_precision(digits), pause_collector(), change_context(measures_cancellation=True):
            try:
                around = find_neighbourhood(observed.on_balls, losses)
                require_one_function(arguments, observed.value, around.truth)
            except NoVerdictError as outcome:
                if outcome.final or last:
                    raise
                continue
            if last or all(_is_narrow(entry) for leaf in around.truth.gradient for entry in leaf):
                break
    return around.truth, digits


def _is_narrow(entry: arb) -> bool:
    """Whether the radius is far below what a float64 can show."""
    return bool(entry.rad() <= abs(entry.mid()) * arb(2) ** -60 or entry.rad() < arb(2) ** -1075)


def _estimate_losses(output: object, inputs: Sequence[Sequence[Traced]], unit: float, tiny: float) -> list[list[float]]:
    """Estimate what back-propagation in floats may lose in ∂output/∂x, for each x of each input.

    For an arithmetic of that unit, whose smallest positive number is `tiny`, once `output` was swept. Each
    contribution to a cotangent loses some roundings of itself; in one that a curved function passes on, its slope also
    loses some roundings of its value, as that of h (1 − h) does, and what cancels in its formula makes that more.
    The losses are passed on as independent ones.
    """
    if not isinstance(output, Traced):
        return [[0.0 for _ in xs] for xs in inputs]
    lost: dict[int, float] = {output.created: 0.0}
    for node in sort_latest_first(output, keep_adjoints=True):
        loss, cotangent = lost[node.created], measure(node.adjoint)
        value = measure(node.value) if node.collapsed == CURVED else 0.0
        blurred = min(node.blurred / (measure(node.value) or 1e-300), 1e100)
        for source, partial_derivative in node.sources:
            slope = measure(partial_derivative)
            flat = value * min(1.0, _SATURATED / (measure(source.value) or 1.0))
            of_slope = unit * (4 * slope * (1 + blurred) + flat)
            own = math.hypot(loss * slope, loss * of_slope, cotangent * of_slope, tiny)
            lost[source.created] = math.hypot(lost.get(source.created, 0.0), own)
    return [[lost.get(x.created, 0.0) for x in xs] for xs in inputs]


def _judge_leaf(
    leaf: Leaf, n: int, floats: Floats, truth: Truth, noise_of_floats: Floats, in_longer: Floats | None
) -> LeafFinding:
    shape = leaf.values.shape
    if floats.shape != shape:
        reason = f"the gradient has shape {floats.shape}; it should be {shape}"
        return LeafFinding(leaf.path, shape, Verdict.WRONG, reason)
    by_hand, true, kinks = floats.reshape(-1).tolist(), truth.gradient[n], truth.kinks[n]
    noise = np.asarray(noise_of_floats.reshape(-1) + np.array(truth.losses[n]), dtype=np.float64)
    scale = max((float(abs(t).upper()) for of_leaf in truth.gradient for t in of_leaf if t.is_finite()), default=0.0)
    zero = scale * _ROUNDING_OF_ALL
    longer = by_hand if in_longer is None or in_longer.shape != shape else in_longer.reshape(-1).tolist()
    known = noise if longer is by_hand else np.zeros(noise.shape)  # of the longer ones: what is off shows beside truth
    outcomes = [_compare_entry(*entry, zero) for entry in zip(by_hand, true, noise, longer, known, strict=True)]
    values: dict[str, Any] = {
        "by_hand_values": floats.astype(np.float64),
        "reference_values": np.array([float(t.mid()) for t in true]).reshape(shape),
        "wrong_entries": np.array([outcome == "wrong" for outcome in outcomes]).reshape(shape),
    }

    def make_finding(verdict: Verdict, k: int, reason: str, *, kink: bool = False) -> LeafFinding:
        index = tuple(int(axis) for axis in np.unravel_index(k, shape))
        shown = show_both(arb(by_hand[k]), true[k])
        if k in kinks:
            shown = shown[0], show_between(*kinks[k])
        return LeafFinding(leaf.path, shape, verdict, reason, entry=Entry(index, *shown), kink=kink, **values)

    if wrong := [k for k, outcome in enumerate(outcomes) if outcome == "wrong"]:
        worst = max(wrong, key=lambda k: float(abs(enclose(by_hand[k]) - true[k]) / (noise[k] + 1e-300)))
        reason = f"{len(wrong)} of {len(by_hand)} entries differ by more than rounding may"
        return make_finding(Verdict.WRONG, worst, reason)
    if unclear := [k for k, outcome in enumerate(outcomes) if outcome == "open"]:
        if kinks.keys() >= set(unclear):
            return make_finding(Verdict.UNDECIDED, unclear[0], "f has a kink there, it seems", kink=True)
        reason = f"{len(unclear)} of {len(by_hand)} entries may be nothing but rounding"
        return make_finding(Verdict.UNDECIDED, unclear[0], reason)
    digits = _count_digits([float(t) for t in true], by_hand)
    return LeafFinding(leaf.path, shape, Verdict.RIGHT, "to within rounding", digits, **values)


def _compare_entry(by_hand: float, true: arb, noise: float, longer: float, noise_of_longer: float, zero: float) -> str:
    """Compare an entry, and what it is in a longer type, with the true one. Noise below `zero` may be a true 0."""
    if not np.isfinite(by_hand):
        return "wrong" if true.is_finite() else "open"
    if not true.is_finite() or not np.isfinite(noise):
        return "open"
    error = abs(arb(by_hand) - true)
    if error.abs_lower() > noise + 2.0**-1074:
        return "wrong"
    if true.is_zero() and by_hand == 0:
        return "agrees"
    if error.abs_upper() <= noise < zero and abs(true) < noise * _NOTHING_BESIDE:
        return "agrees"
    # where the noise is not well below the value, the floats could show anything, but for those of a longer type
    few = abs(true).lower() * _FEW_DIGITS
    is_seen = noise_of_longer < few and np.isfinite(longer) and abs(arb(longer) - true) < few
    return "agrees" if is_seen and error.abs_upper() <= noise else "open"


def _count_digits(true: Sequence[float], by_hand: Sequence[float]) -> int | None:
    """Count the digits that every float has of the true one, but for those that stand for a 0."""
    errors = [abs(x - t) / abs(t) for x, t in zip(by_hand, true, strict=True) if t and abs(x - t) < abs(t)]
    return min((min(_MOST_DIGITS, int(-np.log10(max(error, 1e-300)))) for error in errors), default=None)
