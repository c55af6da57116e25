"""How often the rule runs on balls until it is called wrong."""

from typing import Any

import numpy as np
import pytest

from bptt.balls import Comparisons
from bptt.verify import judge_gradient
from bptt.verify._ball_run import BallRun


@pytest.mark.parametrize("x", [np.array([0.3, -1.2]), np.array([0.3, -1.2], np.float32)])
@pytest.mark.parametrize(("constant", "runs"), [(0.5, 1), (2, 1), (0.1, 2), (1 / 3, 2)])
def test_it_runs_again_only_if_a_constant_may_be_rounded(
    x: Any, constant: float, runs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_rule, count = BallRun.run_rule, 0

    def count_run(run: BallRun, comparisons: Comparisons) -> Any:
        nonlocal count
        count += 1
        return run_rule(run, comparisons)

    monkeypatch.setattr(BallRun, "run_rule", count_run)
    report = judge_gradient(lambda x: constant * (x**3).sum(), lambda x: constant * x**2, (x,))
    assert (report.formula.verdict, count) == ("wrong", runs)
