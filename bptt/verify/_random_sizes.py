"""A gradient at random points of random sizes: when it is wrong, and what there is to say of it where it is."""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from hypothesis.strategies import SearchStrategy

from bptt.verify import _conduct as conduct
from bptt.verify._coverage import Tried, blind_spots
from bptt.verify._interface import check_gradient
from bptt.verify._message import Refutation, located
from bptt.verify._problem import FlatArguments
from bptt.verify._report import LeafFinding, ReferenceKind, Report, Verdict
from bptt.verify._reproduction import snippet
from bptt.verify._seeding import checked_seed, computing, seeded
from bptt.verify._size_rules import rule
from bptt.verify._strategies import NamedArrays, draw, smallest
from bptt.verify._verification import Crash, Verification
from bptt.verify.diagnosis._diagnosis import Point, diagnose

_MOST_SHRUNK = 5  # arrays for which the smallest point is looked for
_SIZES_DIAGNOSED = 4  # at which a kind of mistake must hold, if the gradient is wrong at so many
_DRAWN_AGAIN = 40  # points that are right where a smaller one is wrong


class _Case(NamedTuple):
    """A point, and what came of it: a report, or what was raised."""

    point: Point
    given: tuple[Any, ...]
    sizes: Mapping[str, int]
    report: Report | None
    error: str = ""
    raised_by: str = ""

    def verdict_on(self, path: str) -> Verdict | None:
        """On the gradient by that array; `None` if there is none."""
        found = self.finding_on(path)
        return None if found is None else found.verdict

    def finding_on(self, path: str) -> LeafFinding | None:
        """On the gradient by that array: of the formula, or of the arithmetic where that alone is wrong."""
        if self.report is None:
            return None
        formula = next((leaf for leaf in self.report.formula.leaves if leaf.path == path), None)
        floats = next((leaf for leaf in self.report.arithmetic.leaves if leaf.path == path), None)
        return floats if floats and floats.verdict == "wrong" and formula and formula.verdict != "wrong" else formula


def verify_gradient(
    f: Callable[..., Any],
    gradient: Callable[..., Any],
    over: SearchStrategy[Any],
    *,
    wrt: str | Sequence[str] | None = None,
    reference: ReferenceKind | None = None,
    examples: int = 200,
    seed: int | None = None,
    judged: Callable[[], None] = lambda: None,
) -> Verification:
    """Judge a hand-written gradient at random points of random sizes, and explain where it is wrong.

    `over` is a Hypothesis strategy for the arguments of f: `strategies.arrays(U="h m", xs="t m")`, whose arrays are
    passed by name, or one for a tuple of positional arguments, a NamedTuple among them, or for the one argument that f
    takes. About `examples` points are drawn from it, and the same seed draws the same. `f`, `gradient`, `wrt` and
    `reference` are those of `check_gradient`. `judged` is called after each point.

    If the gradient is wrong, the result has, for each array by which it is, the smallest sizes found, the rule by which
    sizes decide, if one fits all cases, where it is wrong, what kind of mistake it is, if one fits, and lines that
    bring it back. What f or the gradient raises at some points is no wrong gradient, and kept apart; it is raised if
    there is nothing else. What the points could not have shown is said, too: that a size was 1 throughout, say.

    Raises `TypeError` and `ValueError` for what `check_gradient` refuses.
    """
    seed = checked_seed(seed)
    if not isinstance(over, SearchStrategy):
        raise TypeError(
            f"over must be a Hypothesis strategy, such as strategies.arrays(...); got {type(over).__name__}"
        )
    if isinstance(examples, bool) or not isinstance(examples, int) or examples < 1:
        raise ValueError(f"examples must be a positive integer; got {examples!r}")
    return _Verifier(f, gradient, over, wrt, reference, seed).run(examples, judged)


class _Verifier:
    """One run: the cases met so far."""

    def __init__(
        self,
        f: Callable[..., Any],
        gradient: Callable[..., Any],
        over: SearchStrategy[Any],
        wrt: str | Sequence[str] | None,
        reference: ReferenceKind | None,
        seed: int,
    ) -> None:
        self.f = f
        self.gradient = gradient
        self.over = over
        self.wrt = wrt
        self.reference: ReferenceKind | None = reference
        self.seed = seed
        self.cases: list[_Case] = []
        self.refused: list[str] = []  # why points that were drawn are none

    def run(self, examples: int, judged: Callable[[], None]) -> Verification:
        errors: list[Exception] = []

        def at(drawn: Any) -> None:
            try:
                given, point = self._point(drawn)
            except (TypeError, ValueError) as error:
                errors.append(error)
                self.refused.append(str(error))
                return
            try:
                self.cases.append(self._judge(drawn))
            except Exception as error:  # of the caller's functions: kept apart, and raised where nothing else comes
                errors.append(error)
                self.cases.append(self._crashed(drawn, given, point, error))
            judged()

        draw(self.over, examples, str(self.seed), at)
        if len(errors) == len(self.cases) + len(self.refused):
            raise errors[0]
        return self._concluded()

    def _judge(self, drawn: Any) -> _Case:
        given, point = self._point(drawn)
        report = check_gradient(self.f, self.gradient, given, wrt=self.wrt, reference=self.reference, seed=self.seed)
        return _Case(point, given, _sizes(drawn, point), report)

    def _point(self, drawn: Any) -> tuple[tuple[Any, ...], Point]:
        """What was drawn as the arguments of f."""
        given, axes = _arguments(self.f, drawn)
        named = drawn.sizes if isinstance(drawn, NamedArrays) else {}
        return given, Point(FlatArguments(self.f, given, self.wrt), axes, named)

    def _crashed(self, drawn: Any, given: tuple[Any, ...], point: Point, error: Exception) -> _Case:
        try:
            with np.errstate(all="ignore"):
                self.f(*point.arguments.copies())
            raised_by = "gradient"
        except Exception:  # again the caller's
            raised_by = "f"
        return _Case(point, given, _sizes(drawn, point), None, f"{type(error).__name__}: {error}", raised_by)

    def _concluded(self) -> Verification:
        paths = list(dict.fromkeys(leaf.path for case in self._judged() for leaf in case.report.formula.leaves))
        verdicts = {path: {case.verdict_on(path) for case in self._judged()} for path in paths}
        wrong = [path for path in paths if "wrong" in verdicts[path]]
        reports = [case.report for case in self._judged()]
        unnamed = [r.reason for r in reports if r.verdict == "wrong" and all(v.verdict != "wrong" for v in _leaves(r))]
        undecided = [report.reason for report in reports if report.verdict == "undecided"]
        met = [case.report.formula.leaves for case in self._judged()]
        digits = [leaf.digits for leaves in met for leaf in leaves if leaf.digits is not None]
        names = [name for name in self.cases[0].sizes if all(name in case.sizes for case in self.cases)]
        verdict: Verdict = (
            "wrong" if wrong or unnamed else "undecided" if undecided or len(met) < len(self.cases) else "right"
        )
        return Verification(
            verdict=verdict,
            cases=len(self.cases),
            sizes={name: (min(sizes), max(sizes)) for name in names if (sizes := [c.sizes[name] for c in self.cases])},
            right=tuple(path for path in paths if verdicts[path] <= {"right", None}),
            refutations=tuple(self._refuted(path, n < _MOST_SHRUNK) for n, path in enumerate(wrong)),
            unnamed=tuple(unnamed),
            undecided=tuple(undecided),
            crashes=tuple(self._crashes()),
            warnings=(*self._notes(), *blind_spots(list(self._tried()), refuted=wrong)),
            digits=min(digits, default=None),
            seed=self.seed,
        )

    def _notes(self) -> Iterator[str]:
        """What a caller would not expect, of the points and of the functions."""
        if self.refused:
            yield f"{len(self.refused)} of those that were drawn are no points: {self.refused[0]}"
        yield from dict.fromkeys(finding for case in self._judged() for finding in case.report.findings)

    def _judged(self) -> Iterator[Any]:
        return (case for case in self.cases if case.report is not None)

    def _refuted(self, path: str, shrink: bool) -> Refutation:
        failing = sorted(
            (case for case in self._judged() if case.verdict_on(path) == "wrong"), key=lambda case: _volume(case.sizes)
        )
        least = (self._shrunk(path) if shrink else None) or failing[0]
        found = least.finding_on(path)
        assert found is not None
        by_sizes = {tuple(case.sizes.items()): case for case in reversed(failing)}  # one of each, the largest first
        points = [least.point, *(case.point for case in list(by_sizes.values())[: _SIZES_DIAGNOSED - 1])]
        with computing(least.point.arguments):
            f, gradient = seeded(self.f, self.seed), seeded(self.gradient, self.seed)
            (diagnosis,) = diagnose(f, gradient, points, [path], self.seed)
            if found.entry is None:
                (found,) = located([found], f, gradient, least.point.arguments, self.seed)
        options = {"wrt": self.wrt, "reference": self.reference, "seed": self.seed or None}
        return Refutation(
            finding=found,
            diagnosis=diagnosis,
            sizes=least.sizes,
            rule=self._rule(path, least),
            cases=sum(case.verdict_on(path) is not None for case in self._judged()),
            wrong=len(failing),
            snippet=tuple(snippet("assert_gradient", self.f, self.gradient, least.given, options)),
        )

    def _shrunk(self, path: str) -> _Case | None:
        """The smallest case at which the gradient by this array is wrong."""

        def wrong(drawn: Any) -> bool:
            try:
                return self._judge(drawn).verdict_on(path) == "wrong"
            except Exception:  # the caller's: another failure than the one looked for
                return False

        drawn = smallest(self.over, wrong, self.seed)
        return None if drawn is None else self._judge(drawn)

    def _rule(self, path: str, least: _Case) -> str | None:
        """By which sizes decide; `None` if other things do, or none that fits.

        A point that is right where the sizes would have it wrong is tried again with other numbers: it may have been so
        by chance, where a number is 0, say.
        """
        verdicts = [(case.verdict_on(path), dict(case.sizes), case) for case in (*self._judged(), least)]
        if not _same_names([sizes for verdict, sizes, _ in verdicts if verdict is not None]):
            return None
        wrong = [sizes for verdict, sizes, _ in verdicts if verdict == "wrong"]
        right = [(sizes, case) for verdict, sizes, case in verdicts if verdict == "right"]
        random = np.random.default_rng(self.seed)
        doubtful = [(sizes, case) for sizes, case in right if any(_at_least(sizes, other) for other in wrong)]
        for sizes, case in doubtful[:_DRAWN_AGAIN]:
            if self._is_wrong_with_others(case, path, random):
                wrong.append(sizes)
            elif sizes in wrong:
                return None  # sizes alone do not decide
        return rule(wrong, [sizes for sizes, _ in right if sizes not in wrong])

    def _is_wrong_with_others(self, case: _Case, path: str, random: np.random.Generator) -> bool:
        values = [
            random.normal(size=leaf.values.shape).astype(leaf.values.dtype)
            if leaf.values.dtype.kind == "f"
            else leaf.values
            for leaf in case.point.arguments.leaves
        ]
        given = case.point.arguments.with_values(values).copies()
        try:
            report = check_gradient(
                self.f, self.gradient, given, wrt=self.wrt, reference=self.reference, seed=self.seed
            )
        except Exception:  # the caller's, at a point that the strategy did not offer
            return False
        return case._replace(report=report).verdict_on(path) == "wrong"

    def _crashes(self) -> Iterator[Crash]:
        crashed: dict[tuple[str, str], list[_Case]] = {}
        for case in self.cases:
            if case.report is None:
                crashed.setdefault((case.raised_by, case.error.split(":")[0]), []).append(case)
        for (name, _), cases in crashed.items():
            others = [case.sizes for case in self._judged()]
            sizes = [case.sizes for case in cases]
            when = rule(sizes, others) if _same_names([*sizes, *others]) else None
            yield Crash(name, cases[0].error, len(cases), when)

    def _tried(self) -> Iterator[Tried]:
        for case in self._judged():
            arguments = case.point.arguments
            with computing(arguments):
                f, gradient = seeded(self.f, self.seed), seeded(self.gradient, self.seed)
                arguments, observed = conduct.observe_as_needed(f, gradient, arguments)
            yield Tried(case.sizes, arguments, float(observed.value), observed.gradient)


def _arguments(f: Callable[..., Any], drawn: Any) -> tuple[tuple[Any, ...], Mapping[str, Sequence[str]]]:
    """The arguments of f, and what their axes are called by path."""
    axes = drawn.axes if isinstance(drawn, NamedArrays) else {}
    if not isinstance(drawn, dict):
        return (tuple(drawn) if isinstance(drawn, tuple) else (drawn,)), axes
    names, needed = _parameters(f)
    taken = [name for name in names if name in drawn]
    if needed <= set(taken) == set(drawn) and taken == names[: len(taken)]:
        return tuple(drawn[name] for name in taken), axes
    if len(names) != 1:
        raise TypeError(
            f"over must draw the arguments of f, {', '.join(names)}, by name or as a tuple; got {', '.join(drawn)}"
        )
    return (dict(drawn),), {f"{names[0]}[{name!r}]": called for name, called in axes.items()}


def _parameters(f: Callable[..., Any]) -> tuple[list[str], set[str]]:
    """Those of f that can be given by position, and those of them that must be given."""
    try:
        parameters = list(inspect.signature(f).parameters.values())
    except (TypeError, ValueError):  # builtins have no signature
        return [], set()
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return [p.name for p in positional], {p.name for p in positional if p.default is p.empty}


def _leaves(report: Report) -> list[LeafFinding]:
    return [*report.formula.leaves, *report.arithmetic.leaves]


def _sizes(drawn: Any, point: Point) -> Mapping[str, int]:
    return drawn.sizes if isinstance(drawn, NamedArrays) else point.sizes()


def _volume(sizes: Mapping[str, int]) -> tuple[int, int]:
    return sum(sizes.values()), max(sizes.values(), default=0)


def _same_names(cases: Sequence[Mapping[str, int]]) -> bool:
    return bool(cases) and bool(cases[0]) and all(list(sizes) == list(cases[0]) for sizes in cases)


def _at_least(sizes: Mapping[str, int], others: Mapping[str, int]) -> bool:
    return all(sizes[name] >= others[name] for name in sizes)
