"""What the tests of NumPy code ask of a report, and how they plant a slip."""

import inspect
import textwrap
from collections.abc import Callable
from typing import Any, NamedTuple

from bptt.verify import Report

BALLS = ("right", "by ball arithmetic", "right")


class Case(NamedTuple):
    """A right gradient of f, one with a slip, and a point at which the slip shows."""

    f: Callable[..., Any]
    gradient: Callable[..., Any]
    slip: Callable[..., Any]
    point: Any


def found(report: Report) -> tuple[str, str, str]:
    """The verdict, what decided it, and the arithmetic."""
    return report.verdict, report.formula.reference, report.arithmetic.verdict


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
