"""Sums of outer products that are computed when somebody looks: they are what adding one after the other gives."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from flint import arb

from bptt.balls import _outer_sums
from bptt.balls._matrix import Matrix, bound_product
from bptt.balls._rounded import leave_unbounded
from tests.balls.arrays import Array, as_balls, draw, elements, round_as, run_on_balls

MULTIPLY: dict[str, Callable[[Array, Array], Array]] = {
    "outer": np.outer,
    "dot": lambda u, v: np.dot(u.reshape(-1, 1), v.reshape(1, -1)),
    "matmul": lambda u, v: u[:, None] @ v[None, :],
}
T, N, M = 5, 4, 3


@pytest.fixture(autouse=True)
def in_a_run() -> Iterator[None]:
    with run_on_balls():
        yield


def draw_balls(*shape: int, seed: int = 0) -> Any:
    """Return balls that bound sums of floats, and know what these are exactly."""
    return as_balls(draw(*shape, seed=seed), round_as) + as_balls(draw(*shape, seed=seed + 1) / 3, round_as)


def add_up(total: Array, left: Array, right: Array, multiply: Callable[[Array, Array], Array]) -> Array:
    for u, v in zip(left, right, strict=True):
        total += multiply(u, v)
    return total


def multiply_at_once(u: Array, v: Array) -> Array:
    return u[:, None] * v


def count_terms(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list of how many terms each sum had that is computed from now on."""
    terms = []

    def count(a: Matrix, *more: Any) -> Any:
        terms.append(a.shape[1])
        return bound_product(a, *more)

    monkeypatch.setattr(_outer_sums, "bound_product", count)
    return terms


def assert_same(found: Array, expected: Array) -> None:
    for new, old in zip(elements(found), elements(expected), strict=True):
        assert new.as_float == old.as_float  # bit by bit
        assert new.exact.overlaps(old.exact)
        assert new.exact.rad() <= 2 * old.exact.rad()
        assert new.value.overlaps(old.value)
        assert new.value.rad() <= old.value.rad() * arb("1.001") + arb(10) ** -300
        assert old.value.rad() <= new.value.rad() * arb("1.001") + arb(10) ** -300


@pytest.mark.parametrize("start", ["zeros", "numbers"])
@pytest.mark.parametrize("multiply", MULTIPLY.values(), ids=MULTIPLY)
def test_a_sum_is_what_its_terms_give_one_after_the_other(multiply: Any, start: str) -> None:
    left, right = draw_balls(T, N), draw_balls(T, M, seed=7)
    begin = draw_balls(N, M, seed=3) * (1 if start == "numbers" else 0)
    assert_same(add_up(begin.copy(), left, right, multiply), add_up(begin.copy(), left, right, multiply_at_once))


def test_sums_may_be_added_up_as_any_arrays() -> None:
    a, b, c = draw_balls(2, N), draw_balls(2, M, seed=5), draw_balls(N, M, seed=9)

    def compute(multiply: Any) -> Array:
        return (multiply(a[0], b[0]) + c) + (multiply(a[1], b[1]) + c) + 1.0 + c[0]

    assert_same(compute(np.outer), compute(multiply_at_once))


def test_nothing_is_multiplied_before_somebody_looks_and_then_once(monkeypatch: pytest.MonkeyPatch) -> None:
    terms = count_terms(monkeypatch)
    total = add_up(as_balls(np.zeros((N, M)), round_as), draw_balls(T, N), draw_balls(T, M), np.outer)
    assert not terms
    assert all(ball.value.is_finite() for ball in elements(total * 2))
    assert elements(total)[0].exact.is_finite()
    assert terms == [T]


def test_what_somebody_has_looked_at_is_not_multiplied_again(monkeypatch: pytest.MonkeyPatch) -> None:
    terms, total = count_terms(monkeypatch), as_balls(np.zeros((N, M)), round_as)
    expected = total.copy()
    for t in range(T):
        u, v = draw_balls(N, seed=t), draw_balls(M, seed=t + 9)
        total += np.outer(u, v)
        expected += multiply_at_once(u, v)
        assert_same(total, expected)
    assert terms == [1] * T


def test_what_was_taken_from_a_sum_stays_and_a_view_of_it_does_not() -> None:
    left, right = draw_balls(T, N), draw_balls(T, M, seed=7)
    total, expected = (as_balls(np.zeros((N, M)), round_as) for _ in range(2))
    row = total[1]
    add_up(total, left[:2], right[:2], np.outer)
    add_up(expected, left[:2], right[:2], multiply_at_once)
    taken, before = total[1, 2], expected[1, 2]
    add_up(total, left[2:], right[2:], np.outer)
    add_up(expected, left[2:], right[2:], multiply_at_once)
    assert_same(taken, before)
    assert_same(row + 0 * row, expected[1] + 0 * expected[1])


def test_an_element_is_what_was_written_last_even_where_it_lies_in_memory_as_the_first_did() -> None:
    u, v = draw_balls(N), draw_balls(M, seed=7)
    for writes in range(1, 9):
        total = np.outer(u, v)
        for _ in range(writes):
            written = np.outer(3 * u, v)[0, 0]
            total[0, 0] = written
            del written  # its place in memory may be that of the next
        assert elements(total * 1.0)[0].as_float == 3 * u[0].as_float * v[0].as_float


def test_a_product_with_one_that_is_given_up_at_once_is_of_that_one_and_of_no_earlier() -> None:
    v, x, products = draw_balls(M), draw_balls(M, 2, seed=9), []
    left = draw_balls(9, N)
    for u in left:
        outer = np.outer(u, v)
        products.append(outer @ x)
        del outer  # the next may lie where it did
    for u, product in zip(left, products, strict=True):
        assert_same(product, multiply_at_once(u, v) @ x)


def test_a_vector_that_is_written_to_later_counts_as_it_was() -> None:
    u, v = draw_balls(N), draw_balls(M, seed=7)
    expected, total = multiply_at_once(u, v), np.outer(u, v)
    u[:] = 0.0
    v *= 2
    assert_same(total, expected)


def test_what_is_not_finite_or_not_known_exactly_is_multiplied_at_once() -> None:
    infinite, unbounded, v = draw_balls(N), draw_balls(N), draw_balls(M, seed=7)
    infinite[1] = np.inf
    unbounded[1] = leave_unbounded(unbounded[1])
    for u in (infinite, unbounded):
        for new, old in zip(elements(np.outer(u, v)), elements(multiply_at_once(u, v)), strict=True):
            assert str(new.as_float) == str(old.as_float)
            assert new.value.str() == old.value.str()
    rounded = np.floor(draw_balls(N))
    assert [ball.exact for ball in elements(np.outer(rounded, v))] == [None] * (N * M)


def test_floats_added_in_any_order_lie_within_the_bound() -> None:
    left, right = draw(T, N).astype(np.float32), draw(T, M, seed=7).astype(np.float32)
    total = add_up(
        as_balls(np.zeros((N, M), np.float32), round_as), as_balls(left, round_as), as_balls(right, round_as), np.outer
    )
    for seed in range(5):
        floats = np.zeros((N, M), np.float32)
        for t in np.random.default_rng(seed).permutation(T):
            floats += np.outer(left[t], right[t])
        for ball, number in zip(elements(total), floats.reshape(-1).tolist(), strict=True):
            assert ball.value.contains(arb(number))
