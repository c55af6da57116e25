"""What the tests of NumPy code ask of a report, and how they plant a slip."""

import inspect
import textwrap
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import optree

from bptt.verify import Report, judge_gradient

BALLS = ("right", "by ball arithmetic", "right")


class Case(NamedTuple):
    """A right gradient of f, one with a slip, and a point at which the slip shows."""

    f: Callable[..., Any]
    gradient: Callable[..., Any]
    slip: Callable[..., Any]
    point: Any


class Model(NamedTuple):
    """A loss, its right gradient, a point, and the slips in it as (part of a line, what stands there instead)."""

    f: Callable[..., Any]
    gradient: Callable[..., Any]
    point: tuple[Any, ...]
    slips: tuple[tuple[str, str], ...]
    wrt: str | tuple[str, ...] | None = None

    def judge(self, gradient: Callable[..., Any]) -> Report:
        """The report on another gradient of the same loss at the same point."""
        return judge_gradient(self.f, gradient, self.point, wrt=self.wrt)


def found(report: Report) -> tuple[str, str, str]:
    """The verdict, what decided it, and the arithmetic."""
    return report.verdict, report.formula.reference, report.arithmetic.verdict


def proved(report: Report) -> bool:
    """Whether the gradient was found right by ball arithmetic in all its leaves, whatever is known of its floats."""
    leaves = report.formula.leaves
    return report.verdict == "right" and all(leaf.reference == BALLS[1] for leaf in leaves)


def refuted(report: Report) -> bool:
    """Whether the formula was found wrong by ball arithmetic."""
    return (report.formula.verdict, report.formula.reference) == ("wrong", BALLS[1])


def wrong_leaves(report: Report) -> set[str]:
    """The paths by which the gradient is wrong."""
    return {leaf.path for leaf in report.formula.leaves if leaf.verdict == "wrong"}


def with_a_slip(code: Any, line: str, instead: str) -> Any:
    """The function or class with a part of one line of it replaced."""
    source = textwrap.dedent(inspect.getsource(code))
    assert source.count(line) == 1
    names = dict(vars(inspect.getmodule(code)))
    exec(source.replace(line, instead), names)
    return names[code.__name__]


def with_one_entry_off(gradient: Callable[..., Any], relative: float = 1e-9) -> Callable[..., Any]:
    """The gradient with the last entry of its first array off by so much."""

    def off(*at: Any) -> Any:
        (first, *others), structure = optree.tree_flatten(gradient(*at))
        factor = np.ones(np.shape(first))
        factor.flat[-1] += relative
        return optree.tree_unflatten(structure, [first * factor, *others])

    return off
