"""Functions of elements, computed of whole arrays of balls: with which that may be done, and what counts then.

That they give what the elements give stands in `test_products`.
"""

import gc
import operator
import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from flint import arb

from bptt.balls import (
    Ball,
    Encountered,
    TooManyOperationsError,
    Traced,
    change_context,
    convert_to_balls,
    make_fixed,
    make_traced_constant,
    sweep,
)
from tests.balls.arrays import as_balls, draw, elements, round_as, run_on_balls


@pytest.fixture(autouse=True)
def encountered() -> Iterator[Encountered]:
    with run_on_balls() as met:
        yield met


def find_middles(array: Any) -> list[float]:
    return [float(ball.value.mid()) for ball in elements(array)]


def test_what_is_written_into_an_array_counts_in_its_next_sum() -> None:
    x, y = as_balls(np.ones(3), Ball), as_balls(np.ones(3), Ball)
    before = x + y
    x[1] = 4.0
    x[:1] += y[:1]
    assert find_middles(before) == [2, 2, 2]
    assert find_middles(x + y) == [3, 5, 2]


def test_an_array_that_was_an_operand_is_given_up_with_its_last_name() -> None:
    x = as_balls(np.ones(3), Ball)
    copied = x.copy()  # which is no view of another one
    _ = copied + x
    alive = weakref.ref(copied)
    del copied
    gc.collect()
    assert alive() is None


@pytest.mark.parametrize("f", [operator.sub, np.subtract], ids=["operator", "function"])
def test_what_is_left_of_itself_depends_on_nothing(f: Any) -> None:
    x = as_balls(np.ones(3), Traced)
    assert all(ball.created < 0 for ball in elements(f(x, x)))


def test_what_is_left_of_itself_is_exactly_0() -> None:
    x = as_balls(draw(9), round_as) * as_balls(draw(9, seed=1), round_as)
    assert all(ball.value == 0 for ball in elements(x - x))


def test_constants_among_the_elements_have_no_slope() -> None:
    x, data = as_balls(np.full(3, 2.0), Traced), convert_to_balls(np.full(3, 5.0), make_traced_constant)
    fixed = convert_to_balls(np.full(3, 5.0), make_fixed)
    for made in (x * data, data * x, x * fixed, fixed * x, x * 5, 5.0 * x, 20 - 20 / x, fixed * x + fixed):
        slope = sweep(np.sum(made), elements(x))
        assert [float(slope(ball).mid()) for ball in elements(x)] == [5.0] * 3
    assert {type(ball) for ball in elements(fixed * 2 + fixed)} == {type(make_fixed(1.0))}


def test_constants_and_balls_may_stand_in_one_array() -> None:
    mixed = convert_to_balls(np.array([1.0, 2.0]), make_fixed)
    mixed[0] = Ball(arb(3))
    for made in (mixed + mixed, mixed * convert_to_balls(np.ones(2), make_fixed), np.exp(mixed), mixed - 1):
        assert [type(ball) for ball in elements(made)] == [Ball, type(make_fixed(1.0))]
    half = convert_to_balls(np.array([1.0, 2.0]), make_fixed)
    half[0] = as_balls(np.array([3.0]), Traced)[0]
    for made in (half * half, half + 1, 1 - half):
        assert [type(ball) for ball in elements(made)] == [Traced, type(make_fixed(1.0))]


def test_floats_of_several_types_are_of_the_longest() -> None:
    x, y = draw(9).astype(np.float32), draw(9, seed=1)
    short, long, tenth = as_balls(x, round_as), as_balls(y, round_as), np.float64(0.1)
    for made, floats in (
        (short + long, x + y),
        (short * tenth, x * tenth),
        (long / short[4], y / x[4]),
    ):
        assert {type(ball.as_float) for ball in elements(made)} == {np.float64}
        pairs = zip(elements(made), floats.tolist(), strict=True)
        assert all(ball.value.contains(arb(number)) for ball, number in pairs)


def test_elements_of_several_types_keep_their_own() -> None:
    x = as_balls(np.ones(2), Ball)
    x.view(np.ndarray)[0] = Ball(arb(1), np.float32(1))
    assert [type(ball.as_float) for ball in elements((x + x).view(np.ndarray))] == [np.float32, np.float64]


def test_a_sum_is_written_in_the_type_of_the_array_that_is_given_for_it() -> None:
    total, y = as_balls(np.zeros(3, dtype=np.float32), Ball), as_balls(np.full(3, 0.1), Ball)
    total += y
    assert {type(ball.as_float) for ball in elements(total)} == {np.float32}
    assert find_middles(total) == [float(ball.value.mid()) for ball in elements(y)]


def test_a_product_that_overflows_is_what_stands_there() -> None:
    x = as_balls(np.array([1e200, 1.0]), round_as)
    large, one = elements(x * x)
    assert not large.value.is_finite()
    assert one.value.contains(1)


def test_the_shortest_type_of_a_computation_is_noted(encountered: Encountered) -> None:
    x = as_balls(np.ones(3, dtype=np.float32), round_as)
    encountered.shortest_bits = 53
    _ = x + x
    assert encountered.shortest_bits == 24


def test_operations_are_counted_element_by_element(encountered: Encountered) -> None:
    x, total = as_balls(np.ones((2, 3)), Ball), as_balls(np.zeros((2, 3)), Ball)
    _ = x + x[:1]
    total += x
    assert encountered.operations == 12
    with change_context(most_operations=17), pytest.raises(TooManyOperationsError):
        np.tanh(x)
