"""Many points make one row: the worst verdict, the fewest digits, the largest sizes."""

from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st

from bptt.cli._survey import Subject, survey
from bptt.verify import Report, check_gradient
from bptt.verify._strategies import arrays, smallest


def size(x: Any) -> dict[str, int]:
    return {"n": len(x)}


def subject(gradient: Any) -> Subject[Any]:
    def check(x: Any) -> Report:
        return check_gradient(lambda x: (x**3).sum(), gradient, (x,))

    points = st.integers(1, 6).map(lambda n: np.arange(1.0, n + 1) / 8)
    return Subject("cubes", check, [points], size)


def wrong_from_three_on(x: Any) -> Any:
    return 3 * x**2 * (1 if len(x) < 3 else 2)


def kinked_from_three_on(x: Any) -> Any:
    return 3 * x**2 * (1 if len(x) < 3 else abs(x).max() / abs(x).max() + 0 * np.sqrt(-x))


def test_one_wrong_point_makes_the_row_wrong() -> None:
    (row,) = survey(subject(wrong_from_three_on), 30, seed=0)
    assert (row.verdict, row.cases, row.digits) == ("wrong", row.cases, None)
    assert row.largest_sizes == {"n": 6}
    assert "by hand" in row.finding


def test_one_undecided_point_makes_the_row_undecided() -> None:
    (row,) = survey(subject(kinked_from_three_on), 30, seed=0)
    assert row.verdict == "undecided"
    assert "not finite" in row.finding


def test_a_right_row_has_the_fewest_digits_of_its_points() -> None:
    each: list[int] = []
    right = subject(lambda x: x**2 * 3 * np.exp(x) / np.exp(x))

    def check(x: Any) -> Report:
        report = right.check(x)
        each.append(report.formula.leaves[0].digits or 0)
        return report

    (row,) = survey(Subject("cubes", check, right.points, size), 30, seed=0)
    assert row.verdict == "right"
    assert row.finding == ""
    assert row.digits == min(each) < max(each)


def test_every_judged_point_is_reported() -> None:
    judged: list[None] = []
    (row,) = survey(subject(lambda x: 3 * x**2), 5, seed=0, judged=lambda: judged.append(None))
    assert len(judged) == row.cases > 1


def test_every_strategy_has_a_point_besides_its_smallest() -> None:
    met: list[int] = []

    def check(n: int) -> Report:
        met.append(n)
        return check_gradient(lambda x: x**2, lambda x: 2 * x, (1.0,))

    strategies = [st.integers(low, low + 99) for low in (0, 100, 200)]
    (row,) = survey(Subject("numbers", check, strategies, lambda _: {}), 3, seed=0)
    assert row.cases == 6
    assert all(len({n for n in met if low <= n < low + 100}) == 2 for low in (0, 100, 200))


def test_the_smallest_point_is_the_smallest() -> None:
    lengths = st.integers(1, 60)
    assert smallest(lengths, lambda n: n >= 3, seed=0) == 3
    assert smallest(lengths, lambda n: n > 60, seed=0) is None


@pytest.mark.parametrize("max_size", [1, 3])
def test_no_size_is_larger_than_asked_for(max_size: int) -> None:
    met = []

    def check(named: Any) -> Report:
        met.append(max(max(array.shape, default=0) for array in named.values()))
        return check_gradient(lambda x: x**2, lambda x: 2 * x, (1.0,))

    survey(Subject("sizes", check, [arrays(max_size, a="m n", b="t ... n")], lambda _: {}), 40, seed=0)
    assert max(met) == max_size
