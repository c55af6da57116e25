"""What the derivative of f may be where its comparisons alone do not tell: at a tie, and where rounding decides one.

f runs as its floats went. If no number was compared with one that may be its equal, that is all. Otherwise f is looked
at infinitely near: the arguments are moved by about 10^-90 of themselves along random directions, forth and back, so
that every tie is seen from both of its sides. If the derivatives agree, with one another and with that at the point
itself, f is smooth there, whichever way its code goes; a guard, such as the value of sin(x)/x at 0, is smooth if they
agree around it. If they do not, f has a kink. All ways to decide its ties, if they are few, then span what a
subgradient may be: a gradient that a plane separates from all of them is wrong.

Where floats decided otherwise than exact numbers would, f runs once more as these decide. A loop that would then go on
ended on its floats; anything else that comes out differently lies within rounding of a kink.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
import numpy.typing as npt
from flint import arb

from bptt.balls import (
    Comparisons,
    TooManyBranchesError,
    TooManyComparisonsError,
    enclose,
    try_every_branch,
    use_precision,
)
from bptt.verify._ball_function import NoVerdictError
from bptt.verify._ball_run import BallRun, Truth
from bptt.verify._returned import Claims

_DIGITS = 300  # beside a tie: a second difference of steps of 10^-90 still has 100
_STEP = arb(2) ** -300
_DIRECTIONS = 2  # each forth and back
_SEED = 0  # of the directions: any will do
_MORE_COMPARISONS = 4  # times those of the run on floats, which a run by exact numbers may take; more is a loop
_SAME = arb(2) ** -40  # of the largest entry: derivatives that close are one
_NOTHING = arb(0)
_BLUR = arb(2) ** -100  # of 1 and of f: more than a step beside a tie changes a derivative that is continuous
_JUMP = arb(2) ** -30  # of f: what is continuous moves less along such a step, a 10th root even
_MARGIN = 1e-9  # of the size of a gradient, by which a plane must separate it


@dataclass
class Neighbourhood:
    """The truth at a point with what there is around it."""

    truth: Truth
    is_smooth: bool = True  # nothing around the point differs from what was computed at it
    ends_on_floats: bool = False
    ways: Sequence[Sequence[Sequence[arb]]] = ()  # the gradients around a kink, by leaf
    all_ways: bool = False  # these are all that there are
    blur: arb = _NOTHING  # by which the steps beside ties may have changed an entry
    compares: bool = False  # numbers on the way: a loop may have ended by them
    reads_triangles: bool = False  # of symmetric matrices

    @property
    def has_kinks(self) -> bool:
        return any(self.truth.kinks)

    def place(self, claims: Sequence[Claims]) -> str:
        """Say if a gradient is "inside" of what the ways span or "outside"; "unknown" where not all are known."""
        if not self.all_ways:
            return "unknown"
        if not any(self.truth.kinks):
            return "inside"
        at_kinks = [(n, k) for n, of_leaf in enumerate(self.truth.kinks) for k in of_leaf]
        flat = [claim.reshape(-1).tolist() for claim in claims]
        if any(k >= len(flat[n]) for n, k in at_kinks):
            return "unknown"
        claim = np.array([float(enclose(flat[n][k]).mid()) for n, k in at_kinks])
        ways = np.array([[float(way[n][k].mid()) for n, k in at_kinks] for way in self.ways])
        return "outside" if _is_separate(claim, ways) else "inside"


def find_neighbourhood(
    run: BallRun, estimate_losses: Callable[..., Sequence[Sequence[float]]] = lambda *_: ()
) -> Neighbourhood:
    """Return the truth at the point of the problem. Raises `NoVerdictError` where f jumps or is not defined.

    `estimate_losses` is that of `BallRun.differentiate_f`, for the point itself.
    """
    on_floats = Comparisons()
    truth = run.differentiate_f(on_floats, estimate_losses=estimate_losses)
    finite = truth.value.is_finite() and _is_finite(truth)
    if finite and not on_floats.ties and not on_floats.contradictions:
        return Neighbourhood(truth, compares=on_floats.count > 0, reads_triangles=on_floats.triangles > 0)
    ways: list[Truth] = []
    if on_floats.ties or not finite:
        ways = _look_beside_ties(run, truth, on_floats.count)
    if on_floats.contradictions:
        return _decide_by_balls(run, truth, ways, on_floats)
    if not ways:
        if finite:
            raise NoVerdictError("f compares equal numbers, and is not defined beside them", final=False)
        return Neighbourhood(truth)
    return _unite(run, truth, ways, finite=finite)


def _is_finite(truth: Truth) -> bool:
    return all(x.is_finite() for leaf in truth.gradient for x in leaf)


def _look_beside_ties(run: BallRun, truth: Truth, count: int) -> list[Truth]:
    """Return what f and its derivative are infinitely near, in some directions, where they are finite there."""
    leaves = run.problem.arguments.leaves
    random = np.random.default_rng(_SEED)
    ways = []
    with use_precision(_DIGITS):
        for _ in range(_DIRECTIONS):
            direction = [_draw_steps(leaf.values, random) if leaf.differentiable else [] for leaf in leaves]
            for sign in (1, -1):
                comparisons = Comparisons(beside_ties=True, most=_MORE_COMPARISONS * count + 1000)
                try:
                    way = run.differentiate_f(comparisons, [[sign * step for step in steps] for steps in direction])
                except (NoVerdictError, TooManyComparisonsError):
                    continue
                if way.value.is_finite() and _is_finite(way):
                    ways.append(way)
    for way in ways:
        scale = abs(truth.value) + truth.mass + 1
        if truth.value.is_finite() and abs(way.value - truth.value) > scale * _JUMP:
            values = f"{truth.value.str(6, radius=False)} there and {way.value.str(6, radius=False)} beside it"
            raise NoVerdictError(f"f jumps: it is {values}", final=True)
    return ways


def _draw_steps(values: npt.NDArray[Any], random: np.random.Generator) -> list[arb]:
    """Draw a step for each entry, of the size of the largest one."""
    size = float(np.max(np.abs(values), initial=0)) or 1.0
    return [
        _STEP * arb(float(x) * size) for x in random.uniform(0.5, 1, values.size) * random.choice([-1, 1], values.size)
    ]


def _decide_by_balls(run: BallRun, truth: Truth, ways: list[Truth], on_floats: Comparisons) -> Neighbourhood:
    """Look at f as exact numbers decide, beside what its floats did."""
    comparisons = Comparisons(balls_decide=True, most=_MORE_COMPARISONS * on_floats.count + 1000)
    try:
        exact = run.differentiate_f(comparisons)
    except (NoVerdictError, TooManyComparisonsError):
        exact = truth
    candidates = [truth, exact, *ways] if _is_finite(truth) else [exact, *ways]
    if not all(map(_is_finite, candidates)):
        return Neighbourhood(truth, ends_on_floats=True)
    united = _unite_truths(truth, candidates)
    if not any(united.kinks):
        return Neighbourhood(truth, ends_on_floats=True)
    few = on_floats.contradictions == 1 and not ways
    return Neighbourhood(united, False, True, [way.gradient for way in candidates], few)


def _unite(run: BallRun, truth: Truth, ways: list[Truth], *, finite: bool) -> Neighbourhood:
    """Compare what was found beside the ties with what was at the point."""
    around = _unite_truths(truth, ways)
    blur = _BLUR * (1 + abs(around.value) + around.mass).upper()
    if not finite:
        return Neighbourhood(around, not any(around.kinks), False, [way.gradient for way in ways], blur=blur)
    if not any(_unite_truths(truth, [truth, *ways]).kinks):
        return Neighbourhood(truth)
    try:
        # Each tie for itself: a rectified unit may be taken for off, and its neighbour for on, whatever drives both.
        branches = list(try_every_branch(run.differentiate_f, each_for_itself=True))
    except (TooManyBranchesError, NoVerdictError):
        # What agrees with all that was seen around the point is right; of anything else it is not known.
        return Neighbourhood(around, False, False, [way.gradient for way in ways], blur=blur)
    everything = [*ways, *(way for way in branches if _is_finite(way) and way.value.overlaps(truth.value))]
    return Neighbourhood(
        _unite_truths(truth, everything), False, False, [way.gradient for way in everything], all_ways=True, blur=blur
    )


def _unite_truths(truth: Truth, ways: Sequence[Truth]) -> Truth:
    """Return all the ways in one: an entry that is not the same in all of them is a kink."""
    floor = _BLUR * (1 + abs(ways[0].value) + ways[0].mass)
    gradient: list[list[arb]] = []
    kinks: list[dict[int, tuple[arb, arb]]] = []
    for of_leaf in zip(*(way.gradient for way in ways), strict=True):
        entries = list(zip(*of_leaf, strict=True))
        scale = max((x.abs_upper() for entry in entries for x in entry), default=arb(0))
        gradient.append([reduce(arb.union, entry) for entry in entries])
        kinks.append(
            {
                n: (min(entry, key=lambda x: float(x.mid())), max(entry, key=lambda x: float(x.mid())))
                for n, entry in enumerate(entries)
                if any(abs(x - entry[0]) > scale * _SAME + floor for x in entry)
            }
        )
    return truth._replace(
        constant=all(way.constant for way in ways),
        value=ways[0].value.union(truth.value) if truth.value.is_finite() else ways[0].value,
        gradient=gradient,
        kinks=kinks,
    )


def _is_separate(point: npt.NDArray[np.float64], ways: npt.NDArray[np.float64]) -> bool:
    """Whether a plane separates a point from all of the ways, found by walking to the nearest point of their hull."""
    nearest = ways[0]
    size = max(float(np.abs(ways).max()), float(np.abs(point).max()), 1e-300)
    for _ in range(200 * len(ways)):  # steps of Frank and Wolfe's: slow near the end, when the answer is known
        normal = point - nearest
        farthest = ways[int(np.argmax(ways @ normal))]
        if normal @ point - (ways @ normal).max() > _MARGIN * size * float(np.linalg.norm(normal)):
            return True
        step = farthest - nearest
        length = float(step @ step)
        if length == 0 or normal @ step <= 0:
            return False
        nearest = nearest + min(1.0, float(normal @ step) / length) * step
    return False
