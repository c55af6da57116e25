"""One gradient at many random points of several kinds: the verdict by each argument."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic

from hypothesis.strategies import SearchStrategy

from bptt.verify._report import LeafFinding, Report, Verdict
from bptt.verify._strategies import Point, draw


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
        draw(points, max(2, share), f"{seed}, {n}", at_point)
    largest = {name: max(met[name] for met in sizes) for name in sizes[0]}
    paths = dict.fromkeys(leaf.path for report in reports for leaf in report.formula.leaves)
    return [_row(subject.name, by, largest, reports) for by in paths]


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
