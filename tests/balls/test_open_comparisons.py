"""Comparisons that are run both ways: all of them, none twice, and the same one with the same answer."""

import operator
from typing import Any

import numpy as np
import pytest
from flint import arb

from bptt.balls import Ball, TooManyBranchesError, Traced, UndecidedComparisonError, sweep, try_every_branch

ZERO, ONE = Traced(arb(0)), Traced(arb(1))


def ways(run: Any, signs: tuple[int, ...] = (1, -1), *, exact_only: bool = True) -> list[Any]:
    return list(try_every_branch(run, signs, exact_only=exact_only))


def test_a_run_without_an_undecided_comparison_is_run_once() -> None:
    assert ways(lambda: ONE > ZERO) == [True]


def test_an_undecided_comparison_is_run_for_each_sign() -> None:
    assert ways(lambda: Traced(arb(2)) > 2) == [True, False]
    assert ways(lambda: Traced(arb(2)) == 2) == [False, False]
    assert ways(lambda: Ball(arb(2, 1)) == 2, (1, -1, 0), exact_only=False) == [False, False, True]


def test_comparisons_that_depend_on_one_another_are_run_in_every_combination() -> None:
    x, y = Traced(arb(0)), Traced(arb(0))
    assert ways(lambda: (x > 0, y > 0)) == [(True, True), (True, False), (False, True), (False, False)]
    assert ways(lambda: x > 0 and y > 0) == [True, False, False]


@pytest.mark.parametrize("relation", [operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne])
def test_the_same_comparison_has_the_same_answer_however_it_is_written(relation: Any) -> None:
    x, y = Traced(arb(3)), Traced(arb(3))

    def run() -> list[bool]:
        direct = relation(x, y)
        return [direct, relation(x - y, 0), relation(2 * x, 2 * y), relation(-y, -x), relation(x * x, y * y)]

    assert all(len(set(answers)) == 1 for answers in ways(run))


def test_more_ways_than_can_be_tried_are_an_error() -> None:
    numbers = [Traced(arb(0)) for _ in range(7)]
    with pytest.raises(TooManyBranchesError):
        ways(lambda: [x > 0 for x in numbers])
    assert len(ways(lambda: [x > 0 for x in numbers[:6]])) == 64


def test_what_more_digits_may_decide_is_not_assumed() -> None:
    with pytest.raises(UndecidedComparisonError):
        ways(lambda: Ball(arb(2, 1)) > 2)


def test_nothing_is_assumed_outside() -> None:
    ways(lambda: ZERO > 0)
    with pytest.raises(UndecidedComparisonError):
        _ = ZERO > 0


def test_nothing_is_assumed_after_an_error() -> None:
    def fails() -> None:
        _ = ZERO > 0
        raise KeyError

    with pytest.raises(KeyError):
        ways(fails)
    with pytest.raises(UndecidedComparisonError):
        _ = ZERO > 0


def test_each_way_of_a_maximum_has_its_own_slope() -> None:
    x = [Traced(arb(1)) for _ in range(3)]

    def run() -> tuple[Any, ...]:
        slope = sweep(np.max(np.array(x, dtype=object)), x)
        return tuple(int(float(slope(entry))) for entry in x)

    assert set(ways(run)) == {(1, 0, 0), (0, 1, 0), (0, 0, 1)}
