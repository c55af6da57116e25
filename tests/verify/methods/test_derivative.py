"""How often the rule runs on balls until it is called wrong."""

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from bptt.verify import _ball_run, judge_gradient
from bptt.verify._ball_run import BallRun


def count_runs_on_balls(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Count how often a rule runs on balls of any kind from now on."""
    run_rule, count = BallRun._run_rule, itertools.count()

    def run_and_count(run: BallRun, *arguments: Any, **keywords: Any) -> Any:
        next(count)
        return run_rule(run, *arguments, **keywords)

    monkeypatch.setattr(BallRun, "_run_rule", run_and_count)
    return lambda: next(count)


@pytest.mark.parametrize("x", [np.array([0.3, -1.2]), np.array([0.3, -1.2], np.float32)])
@pytest.mark.parametrize(("constant", "runs"), [(0.5, 1), (2, 1), (0.1, 2), (1 / 3, 2)])
def test_it_runs_again_only_if_a_constant_may_be_rounded(
    x: Any, constant: float, runs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = count_runs_on_balls(monkeypatch)
    report = judge_gradient(lambda x: constant * (x**3).sum(), lambda x: constant * x**2, (x,))
    assert (report.formula.verdict, count()) == ("wrong", runs)


@pytest.mark.parametrize(
    ("rule", "runs"),
    [
        (lambda x: np.where(x > 0, 2 * x, -np.abs(2 * x)), 1),
        (lambda x: x + np.maximum(x, -5) - np.sign(x) + np.sign(x), 1),
        (lambda x: 2 * x + np.floor(x) - np.floor(x), 2),  # of what bounds floats, a whole number is not known exactly
        (lambda x: x + np.linalg.solve(np.eye(2), x), 2),
    ],
)
def test_one_run_of_a_right_rule_tells_what_it_says_and_bounds_its_floats_if_both_can_be_known(
    rule: Any, runs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = count_runs_on_balls(monkeypatch)
    report = judge_gradient(lambda x: (x**2).sum(), rule, (np.array([0.3, -1.2]),))
    assert (report.verdict, report.formula.reference, count()) == ("right", "by ball arithmetic", runs)


def test_a_rule_that_takes_too_many_operations_is_not_run_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_ball_run, "MOST_OPERATIONS", 1000)
    count = count_runs_on_balls(monkeypatch)

    def rule(x: Any) -> Any:
        for _ in range(400):
            x = x * 1
        return 2 * x

    judge_gradient(lambda x: (x**2).sum(), rule, (np.array([0.3, -1.2, 1.0]),))
    assert count() == 1
