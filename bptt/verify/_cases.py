"""One point that was drawn, judged: what came of it, or what f or the gradient raised."""

from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

import numpy as np

from bptt.verify._drawn_points import DrawnPoint
from bptt.verify._execution import keep_generator
from bptt.verify._float_run import FloatRun, may_be_compiled
from bptt.verify._interface import Question
from bptt.verify._problem import Problem
from bptt.verify._report import LeafFinding, Report, Verdict
from bptt.verify._sampled_report import index_leaves

_PRODUCT = "f(...)"  # the path of what a jvp returns, whatever entry of it is wrong

Topic: TypeAlias = str | tuple[str, str]
"""What a rule of sizes may be about: the path of an array, or a sort of crash."""


class Case(NamedTuple):
    """A point that was judged, with the findings on it by path."""

    point: DrawnPoint
    report: Report
    leaves: Mapping[str, LeafFinding]

    def shows(self, topic: Topic) -> bool | None:
        """Whether the gradient by that array is wrong, or crashes so; `None` if that is not known here."""
        if isinstance(topic, tuple):
            return False
        verdict = self.leaves[topic].verdict if topic in self.leaves else Verdict.UNDECIDED
        return None if verdict == Verdict.UNDECIDED else verdict == Verdict.WRONG


class Crashed(NamedTuple):
    """A point at which f or the gradient raised."""

    point: DrawnPoint
    error: Exception
    sort: tuple[str, str]  # which of the two, and what

    def shows(self, topic: Topic) -> bool | None:
        """Whether it crashes so; `None` if otherwise."""
        return True if topic == self.sort else None


class Judge:
    """Judges one question at whatever point."""

    def __init__(self, question: Question) -> None:
        self._question = question

    def judge(self, point: DrawnPoint) -> Case:
        """Judge a point. Raises what f and the gradient raise there."""
        with np.errstate(all="ignore"):  # as at any point that the caller did not choose
            report = self._question.judge(point.at)
        leaves = index_leaves(report)
        if not self._question.is_gradient:  # its report has one leaf, the entry of the product that decided
            leaves = dict.fromkeys([_PRODUCT], *leaves.values())
        return Case(point, report, leaves)

    def is_beyond_floats(self, case: Case) -> bool:
        """Whether f is not finite at a point, or what is wrong may be so because f overflows on its way there."""
        if not case.report.f_is_finite or case.report.verdict != Verdict.WRONG:
            return not case.report.f_is_finite
        try:
            with keep_generator(), np.errstate(all="ignore", over="raise"):
                FloatRun(self._pose_functions(case.point)).call_f(*case.point.arguments.copy())
        except FloatingPointError:
            return True
        except Exception:  # the caller's, who may have settings of his own
            return False
        return False

    def blame(self, point: DrawnPoint) -> str:
        """Return which of the two raises there."""
        try:
            with keep_generator(), np.errstate(all="ignore"):
                self._question.f(*point.arguments.copy())
        except Exception:  # again the caller's
            return "f"
        return "gradient"

    def is_compiled(self, point: DrawnPoint) -> bool:
        """Whether JAX compiles for each new shape, it seems."""
        return may_be_compiled(self._pose_functions(point))

    def _pose_functions(self, point: DrawnPoint) -> Problem:
        """Return f and the rule at a point as they were given, whatever is asked about them."""
        return Problem(self._question.f, self._question.rule, point.arguments)


def measure_sizes(point: DrawnPoint) -> tuple[int, int]:
    """Return what is less for smaller sizes."""
    sizes = point.sizes.values()
    return sum(sizes), max(sizes, default=0)
