"""Where f runs on balls and the gradient on floats alone: its floats against the true gradient.

How far the floats of a right gradient may be from the truth is estimated, not bounded, since what the gradient does is
not seen. Two things are added up: how much its floats change when each argument is changed by a rounding or two, and
what back-propagation through f may lose, by `adjoint.losses`. An entry that this could drown is undecided.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from flint import arb

from bptt.balls._ball import enclosure
from bptt.verify._conduct import Floats, jittered
from bptt.verify._execution import Function
from bptt.verify._problem import FlatArguments, Leaf
from bptt.verify._report import Entry, Formula, LeafFinding, Verdict
from bptt.verify.methods._comparison import between, decimals
from bptt.verify.methods._derivative import Reference, conclude

_SAFETY = 128  # by which a change of the floats is widened
_JITTERS = 4

REFERENCE = "by ball arithmetic"


def judge(
    f: Function,
    gradient: Function,
    arguments: FlatArguments,
    floats: list[Floats],
    reference: Reference,
    digits: int,
    seed: int,
) -> Formula:
    """The verdict on `floats`, which `gradient` returned, beside the true gradient."""
    changes = _changes(f, gradient, arguments, floats, np.random.default_rng(seed))
    leaves = [
        _judge_leaf(leaf, floats[n], reference, n, changes[n])
        for n, leaf in enumerate(arguments.leaves)
        if leaf.differentiable
    ]
    return conclude(tuple(leaves), digits)


def _changes(
    f: Function, gradient: Function, arguments: FlatArguments, floats: list[Floats], random: np.random.Generator
) -> list[Floats]:
    """The largest change of every entry when the arguments change by up to two roundings of themselves."""
    largest: list[Floats] = [np.zeros(claims.shape) for claims in floats]
    for _ in range(_JITTERS):
        with np.errstate(all="ignore"):
            leaves = [_moved(leaf, random) for leaf in arguments.leaves]
            f(*arguments.rebuild(leaves))  # a backward pass may use what the forward pass kept
            moved = arguments.match(gradient(*arguments.rebuild(leaves)))
            for n, (before, after) in enumerate(zip(floats, moved, strict=True)):
                if after.shape == before.shape:
                    change = np.abs(after.astype(np.float64) - before)
                    largest[n] = np.fmax(largest[n], np.where(np.isnan(change), np.inf, change))
    return largest


def _moved(leaf: Leaf, random: np.random.Generator) -> Any:
    moved = jittered(leaf.values, random)
    return moved if hasattr(leaf.given, "dtype") else moved[()].item()


def _judge_leaf(leaf: Leaf, floats: Floats, reference: Reference, n: int, changes: Floats) -> LeafFinding:
    shape = leaf.values.shape
    if floats.shape != shape:
        reason = f"the gradient has shape {floats.shape}; it should be {shape}"
        return LeafFinding(leaf.path, shape, "wrong", reason)
    by_hand, true = floats.reshape(-1).tolist(), reference.gradient[n]
    noise = _SAFETY * changes.reshape(-1) + np.array(reference.losses[n])

    def finding(verdict: Verdict, k: int, reason: str, *, kink: bool = False) -> LeafFinding:
        index = tuple(int(axis) for axis in np.unravel_index(k, shape))
        values = decimals(arb(by_hand[k]), true[k])
        if k in reference.kinks[n]:
            values = values[0], between(*reference.kinks[n][k])
        entry = Entry(index, *values)
        return LeafFinding(leaf.path, shape, verdict, reason, entry=entry, reference=REFERENCE, kink=kink)

    outcomes = [_outcome(x, t, float(e)) for x, t, e in zip(by_hand, true, noise, strict=True)]
    wrong = [k for k, outcome in enumerate(outcomes) if outcome == "wrong"]
    if wrong:
        worst = max(wrong, key=lambda k: float(abs(enclosure(by_hand[k]) - true[k]) / (noise[k] + 1e-300)))
        return finding("wrong", worst, f"{len(wrong)} of {len(by_hand)} entries differ by more than rounding may")
    unclear = [k for k, outcome in enumerate(outcomes) if outcome == "open"]
    if unclear:
        if reference.kinks[n].keys() >= set(unclear):
            return finding("undecided", unclear[0], "f has a kink there, it seems", kink=True)
        reason = f"{len(unclear)} of {len(by_hand)} entries may be nothing but rounding"
        return finding("undecided", unclear[0], reason)
    digits = _digits([float(t) for t in true], noise)
    return LeafFinding(leaf.path, shape, "right", "to within rounding", digits, reference=REFERENCE)


def _outcome(by_hand: float, true: arb, noise: float) -> str:
    if not np.isfinite(by_hand):
        return "wrong" if true.is_finite() else "open"
    if not true.is_finite() or not np.isfinite(noise):
        return "open"
    error = abs(arb(by_hand) - true)
    if error.abs_lower() > noise + 2.0**-1074:
        return "wrong"
    if true.is_zero() and by_hand == 0:
        return "agrees"
    return "agrees" if noise < abs(true) / 10 and error.abs_upper() <= noise else "open"


def _digits(true: Sequence[float], noise: npt.NDArray[np.float64]) -> int | None:
    with np.errstate(divide="ignore"):
        errors = [e / abs(t) for e, t in zip(noise, true, strict=True) if t]
    return min((int(-np.log10(error)) if error else 16 for error in errors), default=None)
