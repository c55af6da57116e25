"""One gradient at many random points: the verdict by each argument, and the smallest point at which it is wrong."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Generic, TypeVar

import hypothesis
from hypothesis.strategies import SearchStrategy

from bptt.verify.report import LeafFinding, Report, Verdict

Point = TypeVar("Point")
_NO_DATABASE = hypothesis.settings(
    database=None, deadline=None, suppress_health_check=list(hypothesis.HealthCheck), print_blob=False
)


@dataclass(frozen=True)
class Subject(Generic[Point]):
    """A gradient: how to judge it at a point, the strategy for such points, and the sizes of one by name."""

    name: str
    check: Callable[[Point], Report]
    points: SearchStrategy[Point]
    sizes: Callable[[Point], dict[str, int]]


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


def survey(subject: Subject[Point], examples: int, seed: int, judged: Callable[[], None]) -> list[Row]:
    """Judge at `examples` random points, calling `judged` after each. The same seed gives the same points."""
    columns: list[tuple[LeafFinding, ...]] = []
    sizes: list[dict[str, int]] = []

    @hypothesis.seed(seed)
    @hypothesis.settings(_NO_DATABASE, max_examples=examples, phases=[hypothesis.Phase.generate])
    @hypothesis.given(subject.points)
    def at_random_points(point: Point) -> None:
        columns.append(subject.check(point).formula.leaves)
        sizes.append(subject.sizes(point))
        judged()

    at_random_points()
    largest = {name: max(met[name] for met in sizes) for name in sizes[0]}
    return [_row(subject.name, largest, findings) for findings in zip(*columns, strict=True)]


def smallest_counterexample(subject: Subject[Point], by: str, seed: int) -> Counterexample[Point] | None:
    """The smallest random point at which the gradient by the argument `by` is wrong; `None` if none was met."""

    def wrong(point: Point) -> bool:
        return _leaf(subject.check(point), by).verdict == "wrong"

    try:
        point = hypothesis.find(subject.points, wrong, settings=_NO_DATABASE, random=Random(seed))
    except hypothesis.errors.NoSuchExample:
        return None
    return Counterexample(subject.name, subject.sizes(point), point, _leaf(subject.check(point), by))


def _leaf(report: Report, by: str) -> LeafFinding:
    return next(leaf for leaf in report.formula.leaves if leaf.path == by)


def _row(gradient: str, largest_sizes: dict[str, int], findings: tuple[LeafFinding, ...]) -> Row:
    verdicts = {leaf.verdict for leaf in findings}
    verdict: Verdict = next(v for v in ("wrong", "undecided", "right") if v in verdicts)
    digits = [leaf.digits for leaf in findings if leaf.digits is not None]
    return Row(
        gradient=gradient,
        by=findings[0].path,
        verdict=verdict,
        cases=len(findings),
        largest_sizes=largest_sizes,
        digits=min(digits, default=None) if verdict == "right" else None,
        finding=next((leaf.finding for leaf in reversed(findings) if leaf.verdict == verdict != "right"), ""),
    )
