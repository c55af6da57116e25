"""What balls are too wide to tell, slopes may show all the same: it is said of which arrays they decided."""

from typing import Any

import numpy as np
import pytest

from bptt.verify import GradientMismatch, check_gradient, judge_gradient

X = np.array([0.5, -1.25, 2.0])


def square_beside_chaos(x: Any) -> Any:
    """With a term that no float of it shows: so many steps of a map from −1 to 1 that doubles every error."""
    y = x[0]
    for _ in range(4000):
        y = 1 - 2 * y * y
    return (x * x).sum() + 1e-30 / (3 + y)


def test_a_right_gradient_whose_balls_are_not_finite_is_right_by_slopes_and_says_so() -> None:
    report = judge_gradient(square_beside_chaos, lambda x: 2 * x, (X / 4,))
    assert (report.verdict, report.formula.leaves[0].reference) == ("right", "by finite differences")
    assert any(note.startswith("decided by finite differences alone: x; on balls: ") for note in report.notes)


def test_a_wrong_one_is_wrong() -> None:
    assert judge_gradient(square_beside_chaos, lambda x: 2.01 * x, (X / 4,)).verdict == "wrong"


def test_the_entry_that_is_wrong_is_named() -> None:
    gradient = lambda x, w: (2 * x * np.array([1, 1.01, 1]), np.cos(w))  # noqa: E731
    with pytest.raises(GradientMismatch, match=r"^wrong by x: x\[1\] is \S+, not \S+ ± \S+; right by w\n"):
        check_gradient(lambda x, w: square_beside_chaos(x) + np.sin(w).sum(), gradient, (X / 4, X))


def test_by_balls_or_not_at_all_it_stays_undecided() -> None:
    assert judge_gradient(square_beside_chaos, lambda x: 2 * x, (X / 4,), method="balls").verdict == "undecided"


@pytest.mark.parametrize("slope", [0.0, 0.5, 1.0])
def test_a_kink_stays_undecided(slope: float) -> None:
    gradient = lambda x: np.where(x > 0, 1.0, np.where(x == 0, slope, 0.0))  # noqa: E731
    report = judge_gradient(lambda x: np.maximum(x, 0).sum(), gradient, (np.array([1.0, 0.0]),))
    assert report.verdict == "undecided"
