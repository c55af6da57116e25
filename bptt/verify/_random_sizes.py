"""A rule at random points of random sizes: when it is wrong, and what there is to say of it where it is."""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis.strategies import SearchStrategy

from bptt.verify._ball_function import describe_error
from bptt.verify._cases import Case, Crashed, Judge, Topic, measure_sizes
from bptt.verify._coverage import Trial, find_blind_spots
from bptt.verify._drawn_points import DrawnPoint, read_point
from bptt.verify._execution import keep_generator, observe
from bptt.verify._interface import Question
from bptt.verify._judgement import judge_problem
from bptt.verify._report import LeafFinding, Verdict
from bptt.verify._sampled_report import Crash, SampledReport, summarize_leaves
from bptt.verify._size_pool import SizePool
from bptt.verify._size_rules import SizeEvidence, list_distinct_names
from bptt.verify._smallest_case import Shrinker
from bptt.verify._strategies import draw_points, draws_every_size
from bptt.verify.diagnosis import Diagnosis, Point, Refutation, diagnose, locate_wrong_entries

_MOST_SHRUNK = 5  # arrays for which the smallest point is looked for: each takes up to 500 judgements
_SIZES_DIAGNOSED = 4  # at which a kind of mistake must hold, if the gradient is wrong at so many
_ORDINARY = 0.4  # of the points: what is wrong may seem right at others, as where all units are saturated
_LEAST_DRAWN = 500  # points, by which it is known what sizes there are
_MOST_ROUNDS = 20  # of drawing points: what was not drawn until then is rare
_FEW = 16  # cases, that have no blind spot in common if all cases have none, mostly
_MORE_AT_ONCE = 100  # points that a round but the first has: each begins with the smallest once more


def judge_over(
    question: Question,
    over: SearchStrategy[Any] | Sequence[SearchStrategy[Any]],
    examples: int,
    count: Callable[[], None] = lambda: None,
) -> SampledReport:
    """Judge about `examples` points that the strategy draws, and call `count` after each.

    Several strategies share the examples, and two points are drawn from each at least, the first of which is the
    smallest. The same seed draws the same points.

    Raises `TypeError` for a strategy that does not draw the arguments of f, and what is refused or raised at every
    point.
    """
    sample = _Sample(question, [over] if isinstance(over, SearchStrategy) else over)
    sample.draw(examples, count)
    return sample.conclude()


class _Sample:
    """What came of the points that were drawn for one question."""

    def __init__(self, question: Question, strategies: Sequence[SearchStrategy[Any]]) -> None:
        self._question = question
        self._judge = Judge(question)
        self._strategies = strategies
        self._cases: list[Case] = []
        self._crashed: list[Crashed] = []
        self._met: set[int] = set()  # what was drawn, by its hash
        self._refused: list[Exception] = []  # why points that were drawn are none
        self._drawn: list[Mapping[str, int]] = []  # the sizes of more points, most of which were not judged
        self._usual = 0.0  # extremeness of a point
        self._pool: SizePool | None = None  # of sizes, if JAX compiles for each

    def draw(self, examples: int, count: Callable[[], None]) -> None:
        """Draw the points and judge each. Raises the first error if nothing but errors comes."""
        shares = [(examples + n) // len(self._strategies) for n in range(len(self._strategies))]  # add up to them
        shares = [max(share, min(2, examples)) for share in shares]  # two: the first is the smallest
        points = [self._draw_from(n, share) for n, share in enumerate(shares)]
        for of_one, share in zip(points, shares, strict=True):
            for point in itertools.islice(of_one, share):
                self._judge_and_keep(self._fit(point))
                count()
        if not self._cases:
            raise self._crashed[0].error if self._crashed else self._refused[0]
        self._usual = float(np.quantile([case.point.extremeness for case in self._cases], _ORDINARY))
        self._tell_rules_apart(itertools.chain(*points), examples)

    def _draw_from(self, n: int, at_once: int) -> Iterator[DrawnPoint]:
        """Yield points of a strategy, none of them twice."""
        for again in range(_MOST_ROUNDS):
            seed = ", ".join(map(str, [self._question.seed, *([n, again] if again else [n] if n else [])]))
            drawn: list[Any] = []
            draw_points(self._strategies[n], max(at_once, _MORE_AT_ONCE if again else 0), seed, drawn.append)
            points = [point for one in drawn if (point := self._read(one)) is not None]
            if not points:
                return
            yield from points

    def _read(self, drawn: Any) -> DrawnPoint | None:
        """Read what was drawn as a point; `None` if it is none, or not a new one."""
        try:
            point = read_point(self._question, drawn)
            key = point.hash_values()
        except (TypeError, ValueError) as error:
            point, key = None, hash(repr(drawn))
            self._refused += [] if key in self._met else [error]
        is_new = key not in self._met
        self._met.add(key)
        return point if is_new else None

    def _fit(self, point: DrawnPoint) -> DrawnPoint:
        """Return the point, in the sizes whose turn it is if JAX would compile for each new one."""
        if point.recipe is None or len(self._strategies) > 1 or not draws_every_size(self._strategies[0]):
            return point
        if not self._cases and not self._crashed and self._judge.is_compiled(point):
            self._pool = SizePool(point.recipe, self._question.seed)
        return read_point(self._question, self._pool.fit(point.recipe).make()) if self._pool else point

    def _judge_and_keep(self, point: DrawnPoint) -> Case | Crashed | None:
        """Judge a point and return what came of it; `None` if it is none."""
        try:
            case = self._judge.judge(point)
        except Exception as error:  # of the caller's functions: kept apart, and raised where nothing else comes
            self._crashed.append(Crashed(point, error, (self._judge.blame(point), type(error).__name__)))
            return self._crashed[-1]
        if self._judge.is_beyond_floats(case):
            self._refused.append(ValueError("f is not finite there, or overflows on its way"))
            return None
        self._cases.append(case)
        return case

    def _tell_rules_apart(self, points: Iterator[DrawnPoint], examples: int) -> None:
        """Judge some of these points, too, those whose sizes tell a rule that fits from its neighbours."""
        weighed = {topic: self._weigh(topic) for topic in self._list_topics()}
        left = examples

        def is_done() -> bool:
            fitting = [evidence for evidence in weighed.values() if evidence.fits_a_rule]
            is_known = not left or all(evidence.find_rule() for evidence in fitting)
            return not fitting or (is_known and len(self._drawn) >= _LEAST_DRAWN)

        while not is_done() and (point := next(points, None)):
            self._drawn.append(point.sizes)
            for evidence in weighed.values():
                evidence.add_drawn(point.sizes)
            is_ordinary = self._is_ordinary(point)
            if left and any(evidence.lacks(point.sizes, is_ordinary=is_ordinary) for evidence in weighed.values()):
                left -= 1
                outcome = self._judge_and_keep(point)
                for topic, evidence in weighed.items():
                    if outcome and (is_wrong := outcome.shows(topic)) is not None:
                        evidence.add_case(point.sizes, is_wrong=is_wrong, is_ordinary=is_ordinary)

    def _list_topics(self) -> list[Topic]:
        """List the arrays by which it is wrong somewhere, and the sorts of crashes."""
        paths = [path for case in self._cases for path in case.leaves if case.shows(path)]
        return list(dict.fromkeys([*paths, *(crash.sort for crash in self._crashed)]))

    def _weigh(self, topic: Topic) -> SizeEvidence:
        """Sort the cases by what they show."""
        outcomes: list[Case | Crashed] = [*self._cases, *self._crashed]
        known = [(one.point, is_wrong) for one in outcomes if (is_wrong := one.shows(topic)) is not None]
        evidence = SizeEvidence(known[0][0].sizes)
        for point, is_wrong in known:
            evidence.add_case(point.sizes, is_wrong=is_wrong, is_ordinary=self._is_ordinary(point))
        for sizes in self._drawn:
            evidence.add_drawn(sizes)
        return evidence

    def _is_ordinary(self, point: DrawnPoint) -> bool:
        """Whether its numbers are as near to 1 as those of the best points: none is huge, and few are 0."""
        return point.extremeness <= self._usual

    def conclude(self) -> SampledReport:
        """Return what was found."""
        cases, reports = self._cases, [case.report for case in self._cases]
        leaves = summarize_leaves([case.leaves for case in cases])
        wrong = [leaf.path for leaf in leaves if leaf.verdict == Verdict.WRONG]
        sizes = [point.sizes for point in (*(case.point for case in cases), *(crash.point for crash in self._crashed))]
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
                if case.report.verdict == Verdict.WRONG and not any(map(case.shows, case.leaves))
            ),
            undecided=tuple(report.reason for report in reports if report.verdict == Verdict.UNDECIDED),
            crashes=tuple(self._sort_crashes()),
            notes=tuple(dict.fromkeys(note for report in reports for note in report.notes)),
            blind_spots=(*refused, *self._find_blind_spots(wrong)),
            seed=self._question.seed,
        )

    def _refute(self, path: str, *, shrink: bool) -> Refutation:
        failing = sorted((one for one in self._cases if one.shows(path)), key=lambda one: measure_sizes(one.point))
        least = (self._shrink(path, failing) if shrink else None) or failing[0]
        # One of each sizes, the largest first: what holds there, too, is no accident of small ones.
        by_sizes = {tuple(case.point.sizes.items()): case for case in reversed(failing)}
        finding, diagnosis = self._diagnose(path, [least, *list(by_sizes.values())[: _SIZES_DIAGNOSED - 1]])
        cases = sum(path in case.leaves for case in self._cases)
        return Refutation(
            finding=finding,
            diagnosis=diagnosis,
            sizes=least.point.sizes,
            rule="" if len(failing) == cases else self._find_rule(path),
            cases=cases,
            wrong=len(failing),
            undecided=sum(path in case.leaves and case.shows(path) is None for case in self._cases),
            snippet=tuple(self._question.write_snippet(least.point.at)),
        )

    def _shrink(self, path: str, failing: Sequence[Case]) -> Case | None:
        shrinker = Shrinker(self._question, path)
        return shrinker.descend(failing) if self._pool else shrinker.shrink(self._strategies)

    def _diagnose(self, path: str, cases: Sequence[Case]) -> tuple[LeafFinding, Diagnosis]:
        """Return the finding on this array at the first of these cases, and the kind of mistake that all show."""
        found = cases[0].leaves[path]
        if not self._question.is_gradient:
            return found, Diagnosis(found.path)
        names = list_distinct_names([case.point.sizes for case in self._cases])
        points = [
            Point(self._question.pose(point.at), point.axes, {name: point.sizes[name] for name in names})
            for point in (case.point for case in cases)
        ]
        problem = points[0].problem
        posed = judge_problem(problem).find_leaf(path)
        if posed is None or posed.verdict != Verdict.WRONG:  # a vjp that is wrong for other cotangents alone
            return replace(found, reason=cases[0].report.reason), Diagnosis(path)
        (diagnosis,) = diagnose(points, [path])
        if found.entry is None:
            (found,) = locate_wrong_entries(problem, [found])
        return found, diagnosis

    def _find_rule(self, topic: Topic) -> str | None:
        rule = self._weigh(topic).find_rule()
        return None if rule is None else str(rule)

    def _sort_crashes(self) -> Iterator[Crash]:
        for sort in dict.fromkeys(crash.sort for crash in self._crashed):
            crashed = [crash for crash in self._crashed if crash.sort == sort]
            yield Crash(sort[0], describe_error(crashed[0].error), len(crashed), self._find_rule(sort))

    def _find_blind_spots(self, refuted: Sequence[str]) -> list[str]:
        """Find what no case could have shown: what some cases could have, needs no others."""
        some = find_blind_spots(list(self._repeat_trials(_FEW)), refuted)
        return some and find_blind_spots(list(self._repeat_trials(len(self._cases))), refuted)

    def _repeat_trials(self, count: int) -> Iterator[Trial]:
        """Call f and the gradient at so many points once more, to see what they return."""
        for point in (case.point for case in self._cases[:count]):
            if not self._question.is_gradient:
                yield Trial(point.sizes, point.arguments)
                continue
            problem = self._question.pose(point.at)
            with keep_generator(), np.errstate(all="ignore"):
                problem, observed = observe(problem)
            yield Trial(point.sizes, problem.arguments, float(observed.value), observed.gradient)
