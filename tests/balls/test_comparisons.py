"""Comparisons go as those of the floats; ties are noted, and run both ways: all of them, and none twice."""

import operator
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from flint import arb

from bptt.balls import (
    Ball,
    Comparisons,
    Fixed,
    TooManyBranchesError,
    TooManyComparisonsError,
    Traced,
    UndecidedComparisonError,
    change_context,
    sweep,
    try_every_branch,
    use_precision,
)

ZERO, ONE = Traced(arb(0)), Traced(arb(1))
TINY = arb(2) ** -300  # beside 1, nothing that a float can tell
RELATIONS = [operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne]
relations = pytest.mark.parametrize("relation", RELATIONS, ids=lambda relation: relation.__name__)


@pytest.fixture(autouse=True)
def far_beyond_floats() -> Iterator[None]:
    with use_precision(200):
        yield


def decided(comparisons: Comparisons, compare: Callable[[], Any]) -> Any:
    with change_context(comparisons=comparisons):
        return compare()


def ways(compare: Callable[[], Any], signs: tuple[int, ...] = (1, -1)) -> list[Any]:
    return list(try_every_branch(lambda comparisons: decided(comparisons, compare), signs))


class TestAsTheFloatsGo:
    @relations
    def test_what_balls_leave_open_is_as_on_floats_and_no_contradiction(self, relation: Any) -> None:
        comparisons, wide = Comparisons(), Ball(arb(2, 1), np.float64(2.5))
        assert decided(comparisons, lambda: relation(wide, 2)) == relation(2.5, 2)
        assert (comparisons.count, comparisons.contradictions) == (1, 0)

    @relations
    def test_where_balls_know_better_the_floats_decide_and_it_is_noted(self, relation: Any) -> None:
        comparisons, rounded_away = Comparisons(), Ball(1 + TINY, np.float64(1))
        assert decided(comparisons, lambda: relation(rounded_away, 1)) == relation(1, 1)
        assert comparisons.contradictions == (relation(1, 1) != relation(2, 1))

    @relations
    def test_the_balls_decide_where_they_are_asked_to(self, relation: Any) -> None:
        rounded_away = Ball(1 + TINY, np.float64(1))
        assert decided(Comparisons(balls_decide=True), lambda: relation(rounded_away, 1)) == relation(2, 1)

    @relations
    def test_beside_a_tie_balls_decide_what_differs_by_less_than_any_float(self, relation: Any) -> None:
        near, far = Ball(1 + TINY, np.float64(1)), Ball(arb(1.5), np.float64(1))
        assert decided(Comparisons(beside_ties=True), lambda: relation(near, 1)) == relation(2, 1)
        assert decided(Comparisons(beside_ties=True), lambda: relation(far, 1)) == relation(1, 1)

    def test_equal_numbers_of_which_one_moves_are_a_tie(self) -> None:
        comparisons = Comparisons()
        assert decided(comparisons, lambda: Traced(arb(2)) >= 2)
        assert decided(comparisons, lambda: Traced(arb(2)) > 1)
        assert (comparisons.count, comparisons.ties) == (2, 1)

    def test_equal_numbers_that_stand_still_are_none(self) -> None:
        comparisons = Comparisons()
        assert decided(comparisons, lambda: Fixed(arb(2), 2.0) == 2)
        assert decided(comparisons, lambda: Fixed(arb(2), 2.0) == Ball(arb(2)))
        assert comparisons.ties == 0

    def test_a_number_that_is_not_a_number_is_unlike_itself(self) -> None:
        nan = Traced(arb.nan(), np.float64("nan"))
        assert nan != nan
        assert not nan == nan  # noqa: SIM201
        assert ONE == ONE

    def test_more_comparisons_than_were_granted_are_an_error(self) -> None:
        comparisons = Comparisons(most=3)
        assert decided(comparisons, lambda: ONE > 0 and ONE > -1 and ONE > -2)
        with pytest.raises(TooManyComparisonsError):
            decided(comparisons, lambda: ONE > 0)


class TestBothWays:
    def test_a_run_without_a_tie_is_run_once(self) -> None:
        assert ways(lambda: ONE > ZERO) == [True]

    def test_a_tie_is_run_for_each_sign(self) -> None:
        assert ways(lambda: Traced(arb(2)) > 2) == [True, False]
        assert ways(lambda: Traced(arb(2)) == 2) == [False, False]
        assert ways(lambda: Traced(arb(2)) == 2, (1, -1, 0)) == [False, False, True]

    def test_ties_that_depend_on_one_another_are_run_in_every_combination(self) -> None:
        x, y = Traced(arb(0)), Traced(arb(0))
        assert ways(lambda: (x > 0, y > 0)) == [(True, True), (True, False), (False, True), (False, False)]
        assert ways(lambda: x > 0 and y > 0) == [True, False, False]

    @relations
    def test_the_same_tie_has_the_same_answer_however_it_is_written(self, relation: Any) -> None:
        x, y = Traced(arb(3)), Traced(arb(3))

        def run() -> list[bool]:
            direct = relation(x, y)
            return [direct, relation(x - y, 0), relation(2 * x, 2 * y), relation(-y, -x), relation(x * x, y * y)]

        assert all(len(set(answers)) == 1 for answers in ways(run))

    def test_more_ways_than_can_be_tried_are_an_error(self) -> None:
        numbers = [Traced(arb(0)) for _ in range(7)]
        with pytest.raises(TooManyBranchesError):
            ways(lambda: [x > 0 for x in numbers])
        assert len(ways(lambda: [x > 0 for x in numbers[:6]])) == 64

    def test_that_they_are_too_many_is_known_after_one_run(self) -> None:
        calls, ties = [], [Traced(arb(0)) for _ in range(7)]

        def run() -> list[bool]:
            calls.append(1)
            return [tie > 0 for tie in ties]

        with pytest.raises(TooManyBranchesError):
            ways(run)
        assert len(calls) == 1

    def test_what_is_no_tie_goes_as_the_floats_go_in_every_way(self) -> None:
        wide = Ball(arb(2, 1), np.float64(2.5))
        assert ways(lambda: (wide > 2, ZERO > 0)) == [(True, True), (True, False)]

    def test_each_way_of_a_maximum_has_its_own_slope(self) -> None:
        x = [Traced(arb(1)) for _ in range(3)]

        def run() -> tuple[Any, ...]:
            slope = sweep(np.max(np.array(x, dtype=object)), x)
            return tuple(int(float(slope(entry))) for entry in x)

        assert set(ways(run)) == {(1, 0, 0), (0, 1, 0), (0, 0, 1)}


class TestOutside:
    def test_nothing_is_decided(self) -> None:
        ways(lambda: ZERO > 0)
        with pytest.raises(UndecidedComparisonError):
            _ = ZERO > 0
        with pytest.raises(UndecidedComparisonError):
            _ = Ball(arb(2, 1)) > 2

    def test_nothing_is_decided_after_an_error(self) -> None:
        def fails() -> None:
            _ = ZERO > 0
            raise KeyError

        with pytest.raises(KeyError):
            ways(fails)
        with pytest.raises(UndecidedComparisonError):
            _ = ZERO > 0
