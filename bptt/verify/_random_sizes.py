"""A rule at random points of random sizes: when it is wrong, and what there is to say of it where it is."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from bptt.verify._coverage import Trial, find_blind_spots
from bptt.verify._execution import keep_generator, observe
from bptt.verify._interface import Question
from bptt.verify._judgement import judge_problem
from bptt.verify._problem import Arguments
from bptt.verify._report import LeafFinding, Report, Verdict
from bptt.verify._sampled_report import Crash, SampledReport, index_leaves, summarize_leaves
from bptt.verify._size_rules import find_rule
from bptt.verify._strategies import NamedArrays, bind_arguments, draw_points, find_smallest
from bptt.verify.diagnosis import Diagnosis, Point, Refutation, diagnose, locate_wrong_entries

_MOST_SHRUNK = 5  # arrays for which the smallest point is looked for: each takes up to 500 judgements
_SIZES_DIAGNOSED = 4  # at which a kind of mistake must hold, if the gradient is wrong at so many
_PRODUCT = "f(...)"  # the path of what a jvp returns, whatever entry of it is wrong
_DRAWN_AGAIN = 40  # points that are right where a smaller one is wrong


def judge_over(
    question: Question,
    over: SearchStrategy[Any] | Sequence[SearchStrategy[Any]],
    examples: int,
    count: Callable[[], None] = lambda: None,
) -> SampledReport:
    """Judge about `examples` points that the strategy draws, and call `count` after each.

    Several strategies share the examples, and two points are drawn from each at least: Hypothesis repeats itself so
    much that 100 points of `one_of(ten)` often leave one out. The same seed draws the same points.

    Raises `TypeError` for a strategy that does not draw the arguments of f, and what is refused or raised at every
    point.
    """
    sample = _Sample(question, [over] if isinstance(over, SearchStrategy) else over)
    sample.draw(examples, count)
    return sample.conclude()


class _Draw(NamedTuple):
    """A point of the strategy."""

    at: tuple[Any, ...]
    arguments: Arguments
    axes: Mapping[str, Sequence[str]]  # what the axes of an array are called, by path
    sizes: Mapping[str, int]


class _Case(NamedTuple):
    """A point that was judged, with the findings on it by path."""

    draw: _Draw
    report: Report
    leaves: Mapping[str, LeafFinding]

    def is_wrong_by(self, path: str) -> bool:
        """Whether the gradient by that array is wrong."""
        return path in self.leaves and self.leaves[path].verdict == Verdict.WRONG


class _Sample:
    """What came of the points that were drawn for one question."""

    def __init__(self, question: Question, strategies: Sequence[SearchStrategy[Any]]) -> None:
        self._question = question
        self._strategies = strategies
        self._cases: list[_Case] = []
        self._crashed: list[tuple[_Draw, Exception]] = []
        self._refused: list[Exception] = []  # why points that were drawn are none

    def draw(self, examples: int, count: Callable[[], None]) -> None:
        """Draw the points and judge each. Raises the first error if nothing but errors comes."""

        def take(drawn: Any) -> None:
            try:
                draw = self._read(drawn)
            except (TypeError, ValueError) as error:
                self._refused.append(error)
                return
            try:
                case = self._judge(draw)
                if case.report.f_is_finite:
                    self._cases.append(case)
                else:
                    self._refused.append(ValueError("f is not finite there"))
            except Exception as error:  # of the caller's functions: kept apart, and raised where nothing else comes
                self._crashed.append((draw, error))
            count()

        for n, points in enumerate(self._strategies):
            share = (examples + n) // len(self._strategies)  # these add up to the examples
            seed = f"{self._question.seed}, {n}" if n else str(self._question.seed)
            draw_points(points, max(share, min(2, examples)), seed, take)  # two: the first is the smallest
        if not self._cases:
            raise self._crashed[0][1] if self._crashed else self._refused[0]

    def conclude(self) -> SampledReport:
        """Return what was found."""
        cases, reports = self._cases, [case.report for case in self._cases]
        leaves = summarize_leaves([case.leaves for case in cases])
        wrong = [leaf.path for leaf in leaves if leaf.verdict == Verdict.WRONG]
        sizes = [draw.sizes for draw in (*(case.draw for case in cases), *(draw for draw, _ in self._crashed))]
        names = [name for name in sizes[0] if all(name in met for met in sizes)]
        refused = [f"{len(self._refused)} of those that were drawn are no points: {why}" for why in self._refused[:1]]
        return SampledReport(
            verdict=max([*(report.verdict for report in reports), *(Verdict.UNDECIDED for _ in self._crashed)]),
            cases=len(sizes),
            sizes={name: (min(met[name] for met in sizes), max(met[name] for met in sizes)) for name in names},
            leaves=leaves,
            refutations=tuple(self._refute(path, shrink=n < _MOST_SHRUNK) for n, path in enumerate(wrong)),
            unnamed=tuple(
                case.report.reason
                for case in cases
                if case.report.verdict == Verdict.WRONG and not any(map(case.is_wrong_by, case.leaves))
            ),
            undecided=tuple(report.reason for report in reports if report.verdict == Verdict.UNDECIDED),
            crashes=tuple(self._sort_crashes()),
            notes=tuple(dict.fromkeys(note for report in reports for note in report.notes)),
            blind_spots=(*refused, *find_blind_spots(list(self._repeat_trials()), refuted=wrong)),
            seed=self._question.seed,
        )

    def _read(self, drawn: Any) -> _Draw:
        """Read what was drawn as the arguments of f."""
        at, axes = bind_arguments(self._question.f, drawn)
        arguments = Arguments(self._question.f, at, self._question.wrt)
        if isinstance(drawn, NamedArrays):
            return _Draw(at, arguments, axes, drawn.sizes)
        shapes = [
            (f"{leaf.path}.shape[{n}]", size) for leaf in arguments.leaves for n, size in enumerate(leaf.values.shape)
        ]
        return _Draw(at, arguments, axes, dict(shapes))

    def _judge(self, draw: _Draw) -> _Case:
        report = self._question.judge(draw.at)
        leaves = index_leaves(report)
        if not self._question.is_gradient:  # its report has one leaf, the entry of the product that decided
            leaves = dict.fromkeys([_PRODUCT], *leaves.values())
        return _Case(draw, report, leaves)

    def _refute(self, path: str, *, shrink: bool) -> Refutation:
        failing = sorted(
            (case for case in self._cases if case.is_wrong_by(path)),
            key=lambda case: (sum(case.draw.sizes.values()), max(case.draw.sizes.values(), default=0)),
        )
        least = (self._shrink(path) if shrink else None) or failing[0]
        # One of each sizes, the largest first: what holds there, too, is no accident of small ones.
        by_sizes = {tuple(case.draw.sizes.items()): case for case in reversed(failing)}
        finding, diagnosis = self._diagnose(path, [least, *list(by_sizes.values())[: _SIZES_DIAGNOSED - 1]])
        return Refutation(
            finding=finding,
            diagnosis=diagnosis,
            sizes=least.draw.sizes,
            rule=self._find_rule(path, least),
            cases=sum(path in case.leaves for case in self._cases),
            wrong=len(failing),
            snippet=tuple(self._question.write_snippet(least.draw.at)),
        )

    def _shrink(self, path: str) -> _Case | None:
        """Find the smallest case at which the gradient by this array is wrong."""

        def is_wrong(drawn: Any) -> bool:
            try:
                return self._judge(self._read(drawn)).is_wrong_by(path)
            except Exception:  # the caller's: another failure than the one looked for
                return False

        drawn = find_smallest(st.one_of(self._strategies), is_wrong, self._question.seed)
        return None if drawn is None else self._judge(self._read(drawn))

    def _diagnose(self, path: str, cases: Sequence[_Case]) -> tuple[LeafFinding, Diagnosis]:
        """Return the finding on this array at the first of these cases, and the kind of mistake that all show."""
        found = cases[0].leaves[path]
        if not self._question.is_gradient:
            return found, Diagnosis(found.path)
        points = [
            Point(self._question.pose(draw.at), draw.axes, draw.sizes if draw.axes else {})
            for draw in (case.draw for case in cases)
        ]
        problem = points[0].problem
        posed = judge_problem(problem).find_leaf(path)
        if posed is None or posed.verdict != Verdict.WRONG:  # a vjp that is wrong for other cotangents alone
            return replace(found, reason=cases[0].report.reason), Diagnosis(path)
        (diagnosis,) = diagnose(points, [path])
        if found.entry is None:
            (found,) = locate_wrong_entries(problem, [found])
        return found, diagnosis

    def _find_rule(self, path: str, least: _Case) -> str | None:
        """Find by which sizes it is decided; `None` if other things do, or none that fits.

        A point that is right where the sizes would have it wrong is tried again with other numbers: it may have been so
        by chance, where a number is 0, say.
        """
        having = [case for case in (*self._cases, least) if path in case.leaves]
        if not _have_same_names([case.draw.sizes for case in having]):
            return None
        wrong = [dict(case.draw.sizes) for case in having if case.is_wrong_by(path)]
        right = [case for case in having if case.leaves[path].verdict == Verdict.RIGHT]
        random = np.random.default_rng(self._question.seed)
        doubtful = [
            case
            for case in right
            if any(all(case.draw.sizes[name] >= other[name] for name in other) for other in wrong)
        ]
        for case in doubtful[:_DRAWN_AGAIN]:
            if self._is_wrong_elsewhere(case.draw, path, random):
                wrong.append(dict(case.draw.sizes))
            elif case.draw.sizes in wrong:
                return None  # sizes alone do not decide
        return find_rule(wrong, [case.draw.sizes for case in right if case.draw.sizes not in wrong])

    def _is_wrong_elsewhere(self, draw: _Draw, path: str, random: np.random.Generator) -> bool:
        """Whether it is at other values in the same shapes."""
        values = [
            random.normal(size=leaf.values.shape).astype(leaf.values.dtype)
            if leaf.values.dtype.kind == "f"
            else leaf.values
            for leaf in draw.arguments.leaves
        ]
        try:
            return self._judge(draw._replace(at=draw.arguments.replace_values(values).copy())).is_wrong_by(path)
        except Exception:  # the caller's, at a point that the strategy did not offer
            return False

    def _sort_crashes(self) -> Iterator[Crash]:
        sorts: dict[tuple[str, str], list[tuple[_Draw, Exception]]] = {}
        for draw, error in self._crashed:
            sorts.setdefault((self._blame(draw), type(error).__name__), []).append((draw, error))
        for (name, error_type), crashed in sorts.items():
            others = [case.draw.sizes for case in self._cases]
            sizes = [draw.sizes for draw, _ in crashed]
            when = find_rule(sizes, others) if _have_same_names([*sizes, *others]) else None
            yield Crash(name, f"{error_type}: {crashed[0][1]}", len(crashed), when)

    def _blame(self, draw: _Draw) -> str:
        """Return which of the two raises there."""
        try:
            with keep_generator(), np.errstate(all="ignore"):
                self._question.f(*draw.arguments.copy())
        except Exception:  # again the caller's
            return "f"
        return "gradient"

    def _repeat_trials(self) -> Iterator[Trial]:
        """Call f and the gradient at each point once more, to see what they return."""
        for draw in (case.draw for case in self._cases):
            if not self._question.is_gradient:
                yield Trial(draw.sizes, draw.arguments)
                continue
            problem = self._question.pose(draw.at)
            with keep_generator():
                problem, observed = observe(problem)
            yield Trial(draw.sizes, problem.arguments, float(observed.value), observed.gradient)


def _have_same_names(cases: Sequence[Mapping[str, int]]) -> bool:
    return bool(cases) and bool(cases[0]) and all(list(sizes) == list(cases[0]) for sizes in cases)
