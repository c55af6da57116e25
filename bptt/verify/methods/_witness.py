"""Do the floats of f move as the balls say? If not, the balls did not see all that f does.

A number that goes through text and back, a bisection, a choice by something else than a comparison: each drops the
dependence on the arguments without a word. Along one random direction some central differences of f on floats are
compared with the slope that the balls give. That is no judgement of any gradient: it is asked only whether the two are
of the same function.
"""

import functools
from collections.abc import Callable, Sequence

import numpy as np

from bptt.balls import enclose
from bptt.verify._ball_function import FloatsOnlyError
from bptt.verify._ball_run import Truth
from bptt.verify._execution import Observed
from bptt.verify._problem import Problem

_STEPS = (2.0 ** -np.arange(9.0, 80.0, 5.0)).tolist()  # of the size of each array: f may change faster than that
_MOSTLY_ENOUGH = _STEPS[1:3]  # which are taken before the others: each takes two calls of f
_CLEAR = 2.0**-3  # of Σ |contribution|: as much noise says nothing
_FINE = 2.0**-18  # of it: differences known so well that agreement tells
_SURE = 16  # times its error, that a difference must be off to be of another function
_ROUNDINGS = 64  # of f, that its noise may be at least


class UnwitnessedError(FloatsOnlyError):
    """f moves on floats otherwise than on balls."""

    def __init__(self) -> None:
        super().__init__("f", " as it does on floats: along a random direction its floats move otherwise")


def require_witness(problem: Problem, observed: Observed, truth: Truth) -> None:
    """Raise `UnwitnessedError` if the floats of f move otherwise than its gradient on balls says."""
    value = float(observed.value)
    if not np.isfinite(value):
        return
    leaves = problem.arguments.leaves
    random = np.random.default_rng(problem.seed)
    directions = [_draw(leaf.values, random) if leaf.differentiable else None for leaf in leaves]
    slope, mass, radius, effects = _sum_up(problem, truth, directions)
    if radius > _CLEAR * mass or not np.isfinite(mass):  # too little is known of it at this precision
        return
    unit = float(observed.coarsest.eps)
    scale = abs(value) + float(truth.mass.mid()) + effects
    lost = _ROUNDINGS * abs(float((truth.value - enclose(truth.on_floats)).mid()))  # by the floats of f at the point
    noise = _ROUNDINGS * unit * scale + lost

    @functools.cache
    def take_difference(step: float) -> tuple[float, float]:
        return _take_difference(problem, observed, directions, step, value)

    for steps in (_MOSTLY_ENOUGH, _STEPS):
        agrees, seen = _compare(steps, take_difference, noise, slope, mass)
        if agrees:
            return
    if _is_of_another_function(seen):
        raise UnwitnessedError


def _compare(
    steps: Sequence[float],
    take_difference: Callable[[float], tuple[float, float]],
    noise: float,
    slope: float,
    mass: float,
) -> tuple[bool, list[tuple[float, float]]]:
    """Return whether a difference of f agrees with the slope, and by how much those before it are off, and may be."""
    previous: float | None = None
    seen: list[tuple[float, float]] = []
    for step in steps:
        difference, bend = take_difference(step)
        if not np.isfinite(difference) or difference == bend == 0:
            previous = None
            continue  # not defined there, or on a plateau of floats
        if noise / step > _CLEAR * max(mass, abs(difference)):
            break
        if previous is not None:
            error = abs(difference - previous) + noise / step + bend  # the step before was 32 times as long
            if abs(difference - slope) <= 4 * error and error <= _FINE * mass:
                return True, seen
            seen.append((abs(difference - slope), error))
        previous = difference
    return False, seen


def _is_of_another_function(seen: Sequence[tuple[float, float]]) -> bool:
    """Whether differences of f, each given by how far it is off and by its error, longer steps first, cannot be right.

    The best known one must be off by far more than its error, and so must all that follow it: those of steps that are
    shorter than the distance of a kink. Of these, and of the one before, two at least must tell.
    """
    if not seen:
        return False
    best = min(range(len(seen)), key=lambda n: seen[n][1])
    off = seen[best][0]
    telling = [other > off / 2 for other, error in seen[max(best - 1, 0) :] if error * _SURE < off]
    return len(telling) > 1 and all(telling)


def _sum_up(
    problem: Problem, truth: Truth, directions: Sequence[np.ndarray | None]
) -> tuple[float, float, float, float]:
    """Return ⟨gradient, v⟩, the sum of its terms' sizes, that of their radii, and Σ |gradient x|."""
    slope = mass = radius = effects = 0.0
    for leaf, of_leaf, v in zip(problem.arguments.leaves, truth.gradient, directions, strict=True):
        if v is None:
            continue
        gradient = np.array([float(x.mid()) for x in of_leaf])
        terms = gradient * v.ravel()
        slope += float(terms.sum())
        mass += float(np.abs(terms).sum())
        radius += float(sum(float(x.rad()) * abs(y) for x, y in zip(of_leaf, v.ravel().tolist(), strict=True)))
        effects += float(np.abs(gradient * leaf.values.ravel()).sum())
    return slope, mass, radius, effects


def _draw(values: np.ndarray, random: np.random.Generator) -> np.ndarray:
    size = float(np.max(np.abs(values), initial=0)) or 1.0
    return size * random.uniform(0.5, 1, values.shape) * random.choice([-1.0, 1.0], values.shape)


def _take_difference(
    problem: Problem, observed: Observed, directions: Sequence[np.ndarray | None], step: float, middle: float
) -> tuple[float, float]:
    """Return a central difference of f, and how much its sides differ; NaN where f is not defined."""
    sides = []
    for sign in (1, -1):
        values = [
            leaf.values.copy() if v is None else (leaf.values + sign * step * v).astype(leaf.values.dtype)
            for leaf, v in zip(problem.arguments.leaves, directions, strict=True)
        ]
        try:
            with np.errstate(all="ignore"):
                sides.append(float(np.asarray(observed.on_floats.call_f(*problem.arguments.place(values)))))
        except Exception:  # whatever it may raise at a point that nobody chose: it is not defined there
            return float("nan"), 0.0
    return (sides[0] - sides[1]) / (2 * step), abs(sides[0] - 2 * middle + sides[1]) / step
