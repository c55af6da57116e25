"""How far the floats of a rule may be from what it means, seen from outside: by how they change around the point.

Three things show it: a change of the arguments by a rounding or two, which a rule that loses digits magnifies; the
scatter about a smooth line, where it does not: floats of p − 1 for a p near 1 stand on a grid; and what the rule
returns in a longer float type, where its code takes one.
"""

import contextlib
import sys
from collections.abc import Sequence

import numpy as np

from bptt.verify._execution import Observed, call_rule_at, jitter
from bptt.verify._problem import Floats, Problem
from bptt.verify._pytrees import map_leaves

_JITTERS = 4  # of the arguments: one alone may leave an entry as it is by chance
_JITTER_SAFETY = 128  # by which a change of the floats is widened: two bits are the least that rounding does
_SCATTERED = np.array([-1.0, -0.71, -0.42, -0.13, 0.17, 0.48, 0.69, 0.97])  # of a reach
_REACHES = (0.75, 0.5)  # powers of the unit of the arguments: a parabola fits whatever is smooth that near
_LENGTH_SAFETY = 2  # by which the difference from a longer type is widened, which has roundings of its own
_SCATTER_SAFETY = 16  # by which the scatter is widened: so many points show more of it than a few


def measure_noise(
    problem: Problem, observed: Observed, random: np.random.Generator, in_longer: Sequence[Floats] | None
) -> list[Floats]:
    """Return how far from what is meant every entry may be; `in_longer` is what the rule returns in a longer type."""
    floats, eps = observed.gradient, float(observed.coarsest.eps)
    noise = [_JITTER_SAFETY * changes for changes in measure_changes(problem, observed, random)]
    for power in _REACHES:
        scatter = _measure_scatter(problem, observed, random, eps**power)
        noise = [np.fmax(x, _SCATTER_SAFETY * y) for x, y in zip(noise, scatter, strict=True)]
    if in_longer is None:
        return noise
    with np.errstate(invalid="ignore"):
        return [
            np.fmax(x, _LENGTH_SAFETY * np.abs(y - claims)) if y.shape == claims.shape else x
            for x, y, claims in zip(noise, in_longer, floats, strict=True)
        ]


def call_in_longer_type(problem: Problem, observed: Observed) -> list[Floats] | None:
    """Return, as float64, what the rule returns in the next longer float type; `None` if its code takes none."""
    arguments = problem.arguments
    longer = np.float64 if observed.coarsest.dtype.itemsize < 8 else np.longdouble
    values = [x.values.astype(longer) if x.values.dtype.kind == "f" else x.values for x in arguments.leaves]
    in_64_bits = sys.modules["jax"].enable_x64(True) if "jax" in sys.modules else contextlib.nullcontext()
    try:
        with np.errstate(all="ignore"), in_64_bits:
            observed.on_floats.call_f(*arguments.place(values))
            claims = map_leaves(np.float64, observed.on_floats.call_rule(*arguments.place(values)))
            return [np.asarray(claim, np.float64) for claim in arguments.match(claims)]
    except Exception:  # on numbers that nobody chose
        return None


def measure_changes(problem: Problem, observed: Observed, random: np.random.Generator) -> list[Floats]:
    """Return the largest change of every entry when the arguments change by up to two roundings of themselves."""
    floats, leaves = observed.gradient, problem.arguments.leaves
    largest: list[Floats] = [np.zeros(claims.shape) for claims in floats]
    for _ in range(_JITTERS):
        with np.errstate(all="ignore"):
            try:
                values = [jitter(leaf.values, random, observed.coarsest) for leaf in leaves]
                moved = call_rule_at(problem, observed, values)
            except Exception:  # at a point that nobody chose
                continue
            for n, (before, after) in enumerate(zip(floats, moved, strict=True)):
                if after.shape == before.shape:
                    change = np.abs(after.astype(np.float64) - before)
                    largest[n] = np.fmax(largest[n], np.where(np.isnan(change), np.inf, change))
    return largest


def _measure_scatter(problem: Problem, observed: Observed, random: np.random.Generator, reach: float) -> list[Floats]:
    """Return by how much every entry scatters about a parabola when the arguments are moved along a short line.

    Where a rule computes p − 1 for a p near 1, its floats stand on a grid, and a rounding of its arguments may not
    show.
    """
    floats, leaves = observed.gradient, problem.arguments.leaves
    v = [random.uniform(0.5, 1, leaf.values.shape) * random.choice([-1.0, 1.0], leaf.values.shape) for leaf in leaves]
    values: list[list[Floats]] = []
    for step in _SCATTERED * reach:
        moved = [
            (leaf.values * (1 + step * d)).astype(leaf.values.dtype) if leaf.values.dtype.kind == "f" else leaf.values
            for leaf, d in zip(leaves, v, strict=True)
        ]
        try:
            with np.errstate(all="ignore"):
                values.append(call_rule_at(problem, observed, moved))
        except Exception:  # at a point that nobody chose
            return [np.zeros(claims.shape) for claims in floats]
    powers = np.stack([_SCATTERED**k for k in range(3)], axis=1)
    residue = np.eye(len(_SCATTERED)) - powers @ np.linalg.pinv(powers)
    scatter: list[Floats] = []
    for n, claims in enumerate(floats):
        rows = [row[n].astype(np.float64).reshape(-1) for row in values]
        if any(row.size != claims.size for row in rows):
            scatter.append(np.zeros(claims.shape))
            continue
        with np.errstate(invalid="ignore"):
            left = np.abs(residue @ np.array(rows)).max(axis=0, initial=0).reshape(claims.shape)
        scatter.append(np.where(np.isnan(left), np.inf, left))
    return scatter
