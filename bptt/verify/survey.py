"""One gradient at many random points: the verdict by each argument, and the smallest point at which it is wrong."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Generic, TypeVar

import hypothesis
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from bptt.verify.report import LeafFinding, Report, Verdict

Point = TypeVar("Point")
_ALONE = hypothesis.settings(  # whatever profile is loaded around it
    database=None,
    deadline=None,
    derandomize=False,
    max_examples=200,
    phases=[hypothesis.Phase.generate, hypothesis.Phase.shrink],
    suppress_health_check=list(hypothesis.HealthCheck),
)


@dataclass(frozen=True)
class Subject(Generic[Point]):
    """A gradient: how to judge it at a point, strategies for such points, each to be met, and the sizes of one by name.

    A costly one may be judged at `one_in` so many of the points asked for.
    """

    name: str
    check: Callable[[Point], Report]
    points: Sequence[SearchStrategy[Point]]
    sizes: Callable[[Point], dict[str, int]]
    one_in: int = 1


@dataclass(frozen=True)
class Row:
    """The verdict on a gradient by one argument over all points."""

    gradient: str
    by: str
    verdict: Verdict
    cases: int
    largest_sizes: dict[str, int]
    digits: int | None  # if right: every entry at every point agrees to these; None if all do so exactly
    finding: str  # at the last point where it is not right


@dataclass(frozen=True)
class Counterexample(Generic[Point]):
    """The smallest point at which a gradient by one argument was found to be wrong, and what was found there."""

    gradient: str
    sizes: dict[str, int]
    point: Point
    leaf: LeafFinding


def survey(subject: Subject[Point], examples: int, seed: int, judged: Callable[[], None] = lambda: None) -> list[Row]:
    """Judge at about `examples` random points, the strategies sharing them, and call `judged` after each.

    At two of each strategy at least, where it has two, since Hypothesis draws the smallest one first. The same seed
    gives the same points.
    """
    reports: list[Report] = []
    sizes: list[dict[str, int]] = []

    def at_point(point: Point) -> None:
        reports.append(subject.check(point))
        sizes.append(subject.sizes(point))
        judged()

    for n, points in enumerate(subject.points):
        share = (examples // subject.one_in + n) // len(subject.points)  # these add up to the examples
        settings = hypothesis.settings(_ALONE, max_examples=max(2, share), phases=[hypothesis.Phase.generate])
        hypothesis.seed(f"{seed}, {n}")(settings(hypothesis.given(points)(at_point)))()
    largest = {name: max(met[name] for met in sizes) for name in sizes[0]}
    paths = dict.fromkeys(leaf.path for report in reports for leaf in report.formula.leaves)
    return [_row(subject.name, by, largest, reports) for by in paths]


def smallest_counterexample(subject: Subject[Point], by: str, seed: int) -> Counterexample[Point] | None:
    """The smallest point at which the gradient by `by` is wrong; `None` if 200 random points hold no such one."""

    def wrong(point: Point) -> bool:
        leaf = _leaf(subject.check(point), by)
        return leaf is not None and leaf.verdict == "wrong"

    try:
        point = hypothesis.find(st.one_of(subject.points), wrong, settings=_ALONE, random=Random(seed))
    except hypothesis.errors.NoSuchExample:
        return None
    (leaf,) = (leaf for leaf in subject.check(point).formula.leaves if leaf.path == by)
    return Counterexample(subject.name, subject.sizes(point), point, leaf)


def _leaf(report: Report, by: str) -> LeafFinding | None:
    """The finding by that argument; `None` if it is none of them, as a class is not."""
    return next((leaf for leaf in report.formula.leaves if leaf.path == by), None)


def _row(gradient: str, by: str, largest_sizes: dict[str, int], reports: list[Report]) -> Row:
    met = [(report, leaf) for report in reports if (leaf := _leaf(report, by)) is not None]
    leaves = [leaf for _, leaf in met]
    verdict: Verdict = next(v for v in ("wrong", "undecided", "right") if any(leaf.verdict == v for leaf in leaves))
    digits = [leaf.digits for leaf in leaves if leaf.digits is not None]
    finding = ""
    if verdict != "right":
        last = max(n for n, leaf in enumerate(leaves) if leaf.verdict == verdict)
        finding = leaves[last].finding or met[last][0].formula.reason
    return Row(
        gradient=gradient,
        by=by,
        verdict=verdict,
        cases=len(leaves),
        largest_sizes=largest_sizes,
        digits=min(digits, default=None) if verdict == "right" else None,
        finding=finding,
    )
