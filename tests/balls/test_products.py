"""Products of matrices of balls, and sums of whole arrays: what FLINT computes at once is what the elements give."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from flint import arb
from hypothesis import given
from hypothesis import strategies as st

from bptt.balls import (
    Ball,
    Comparisons,
    Encountered,
    TooManyOperationsError,
    Traced,
    _contractions,
    _ufuncs,
    change_context,
    convert_to_balls,
    enclose,
    limit_operations,
    make_fixed,
    make_traced_constant,
    sum_masses,
    sweep,
    use_precision,
)
from tests.balls.arrays import Array, MakeBall, as_balls, draw, elements, round_as, run_on_balls


@pytest.fixture(autouse=True)
def in_a_run() -> Iterator[None]:
    with run_on_balls():
        yield


@pytest.fixture
def term_by_term(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], Any]], Any]:
    """Call something while neither products nor passes are taken at once."""

    def call(compute: Callable[[], Any]) -> Any:
        with monkeypatch.context() as patch:
            patch.setattr(_contractions, "multiply", lambda *_: None)
            patch.setattr(_ufuncs, "_apply_at_once", lambda *_: None)
            return compute()

    return call


FORMS: dict[str, Callable[[Any, Any], Any]] = {
    "A @ B": lambda a, b: a @ b,
    "A @ v": lambda a, b: a @ b[:, 0],
    "v @ A": lambda a, b: a[0] @ b,
    "v · w": lambda a, b: a[0] @ b[:, 0],
    "dot": np.dot,
    "inner": lambda a, b: np.inner(a, b.T),
    "vdot": lambda a, b: np.vdot(a, b.T[: a.shape[0]]) if a.shape[0] <= b.shape[1] else np.vdot(a[0], b[:, 0]),
    "outer": lambda a, b: np.outer(a[0], b[0]),
    "tensordot": lambda a, b: np.tensordot(a, b, 1),
    "tensordot by axes": lambda a, b: np.tensordot(a, b, ([1], [0])),
    "einsum": lambda a, b: np.einsum("ij,jk->ik", a, b),
    "einsum to its transpose": lambda a, b: np.einsum("ij, jk -> ki", a, b),
    "einsum of rows": lambda a, b: np.einsum("ij,ij->i", a, a * 0.5),
    "einsum of both": lambda a, b: np.einsum("ij,jk", a, b),
    "einsum outer": lambda a, b: np.einsum("i,k->ik", a[:, 0], b[0]),
    "stacks": lambda a, b: np.stack([a, a + a]) @ b,
    "sums": lambda a, b: a[:, :1] + b[:1],
    "products": lambda a, b: a[:, :1] * b[:1],
    "differences": lambda a, b: a - b.T[0] * 2,
    "what is left of itself": lambda a, b: a - a[::1],
    "quotients": lambda a, b: a / (b.T[:6] * b.T[:6] + 1),
    "beside numbers": lambda a, b: (1 - a) * 3 + np.float64(0.1) / (2.0 + a * a) - b[0, 0] / 7,
    "beside one of them": lambda a, b: a[0, 0] * b + a[0, 1],
    "squares": lambda a, b: a**2 - b.T[:6] ** 2,
    "powers": lambda a, b: (a * a + 1) ** 1.5 + (b.T[:6] + 0.5) ** 3,
    "functions": lambda a, b: np.exp(-a * a) + np.sqrt(a * a + 1) * np.tanh(a) - np.log(b.T[:6] ** 2 + 1),
    "written into": lambda a, b: write_into(a, b),
}


def write_into(a: Array, b: Array) -> Array:
    """Return sums, differences and products that were written into arrays, once over an operand."""
    made = np.zeros_like(a)
    made += a
    made -= b.T[:6]
    return np.multiply(made, 2, out=made)


@pytest.mark.parametrize("kind", [Ball, Traced, round_as], ids=["value", "traced", "rounded"])
@pytest.mark.parametrize("form", FORMS)
def test_what_is_computed_at_once_is_what_the_elements_give(form: str, kind: MakeBall, term_by_term: Any) -> None:
    x, y = draw(6, 50), draw(50, 7, seed=1)
    a, b = as_balls(x, kind), as_balls(y, kind)
    at_once, one_by_one = FORMS[form](a, b), term_by_term(lambda: FORMS[form](a, b))
    assert np.shape(at_once) == np.shape(one_by_one)
    assert type(at_once) is type(one_by_one)
    for new, old, number in zip(
        elements(at_once), elements(one_by_one), np.reshape(FORMS[form](x, y), -1).tolist(), strict=True
    ):
        assert type(new) is type(old)
        assert new.as_float in (old.as_float, number)  # bit by bit, as a scalar or in an array
        assert abs(new.as_float - number) <= 1e-12 * abs(x).max() * abs(y).max() * 50
        assert type(new.as_float) is type(old.as_float)
        assert new.value.overlaps(old.value)
        assert new.value.rad() <= 2 * old.value.rad() + abs(old.value).upper() * arb(10) ** -45


@given(n=st.integers(1, 6), k=st.integers(1, 6), m=st.integers(1, 6), seed=st.integers(0, 99))
def test_the_gradient_of_a_chain_of_products_is_that_of_its_terms(n: int, k: int, m: int, seed: int) -> None:
    with use_precision(50), change_context(comparisons=Comparisons(), encountered=Encountered()):
        x, y, weights = draw(n, k, seed=seed), draw(k, m, seed=seed + 1), draw(n, m, seed=seed + 2)
        a, b, w = as_balls(x, Traced), as_balls(y, Traced), as_balls(weights, Traced)
        square = (b @ b.T).view(np.ndarray)  # the same balls on both sides
        total = np.sum((a @ b) * w) + np.sum(a @ square.view(type(b)))
        slope = sweep(total, [*elements(a), *elements(b), *elements(w)])
        for balls, true in (
            (a, weights @ y.T + np.ones((n, k)) @ (y @ y.T)),
            (b, x.T @ weights + (_outer_sums(x, k) + _outer_sums(x, k).T) @ y),
            (w, x @ y),
        ):
            scale = np.abs(true).max() + np.abs(x).max() * np.abs(y).max() ** 2 * n * k * m + 1
            for ball, number in zip(elements(balls), true.reshape(-1).tolist(), strict=True):
                assert abs(float(slope(ball).mid()) - number) <= 1e-12 * scale
                assert slope(ball).rad() <= arb(10) ** -40 * scale


def _outer_sums(x: Array, k: int) -> Array:
    """Return ∂(Σ x q)/∂q for a square matrix q with k rows."""
    return np.outer(x.sum(axis=0), np.ones(k))


@given(k=st.integers(2, 40), seed=st.integers(0, 99), dtype=st.sampled_from([np.float64, np.float32]))
def test_floats_added_in_any_order_lie_within_the_bound(k: int, seed: int, dtype: Any) -> None:
    random = np.random.default_rng(seed)
    x, y = draw(8, k, seed=seed).astype(dtype), draw(k, 3, seed=seed + 1).astype(dtype)
    with use_precision(50), change_context(comparisons=Comparisons(), encountered=Encountered()):
        bounds = as_balls(x, round_as) @ as_balls(y, round_as)
        for _ in range(3):
            order = random.permutation(k)
            floats = np.zeros((8, 3), dtype=dtype)
            for term in order:
                floats = floats + x[:, term : term + 1] * y[term : term + 1]
            for bound, number in zip(elements(bounds), floats.reshape(-1).tolist(), strict=True):
                assert bound.value.contains(arb(number))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(
    "form",
    [lambda a, b: a[:, :1] @ b[:1], lambda a, b: a[:, :1] * b[:1], lambda a, b: a @ b, lambda a, b: a + b],
    ids=["one term", "elements", "terms", "sums"],
)
@pytest.mark.parametrize("scale", [1.0, 1e-25, 1e-170])  # the products of the others underflow in one of the types
def test_a_float_that_is_rounded_or_underflows_lies_within_the_bound(
    form: Callable[[Any, Any], Any], scale: float, dtype: Any
) -> None:
    x, y = ((draw(9, 9, seed=seed) / 3 * scale).astype(dtype) for seed in (0, 1))
    for bound, number in zip(
        elements(form(as_balls(x, round_as), as_balls(y, round_as))), form(x, y).reshape(-1).tolist(), strict=True
    ):
        assert bound.value.contains(arb(number))


def test_a_float_beyond_the_rounding_of_its_product_lies_outside_of_the_bound() -> None:
    x, y = np.full((4, 4), 1 / 3), np.full((4, 4), 0.7)
    bound = elements(as_balls(x, round_as) @ as_balls(y, round_as))[0]
    assert bound.value.contains(arb((x @ y)[0, 0]))
    assert not bound.value.contains(arb((x @ y)[0, 0] * (1 + 1e-14)))


def test_a_product_of_nothing_but_0_is_exactly_0() -> None:
    a = as_balls(np.zeros((2, 3)), round_as)
    assert all(ball.value == 0 for ball in elements(a @ as_balls(draw(3, 2), round_as)))


def test_what_is_written_into_a_matrix_counts_in_its_next_product() -> None:
    a, v = as_balls(np.eye(8), Ball), as_balls(np.arange(8.0), Ball)
    before = elements(a @ v)
    a[1, 2] = 4.0
    assert [float(x.value.mid()) for x in before] == [0, 1, 2, 3, 4, 5, 6, 7]
    assert [float(x.value.mid()) for x in elements(a @ v)] == [0, 9, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize(
    "multiply",
    [
        lambda a, b, out: np.dot(a, b, out),
        lambda a, b, out: np.dot(a, b, out=out),
        lambda a, b, out: np.outer(a[0], b[:, 0][: len(out)], out)[:, : len(out)],
        lambda a, b, out: np.einsum("ij,jk->ik", a, b, out=out),
    ],
    ids=["dot", "dot by name", "outer", "einsum"],
)
def test_a_product_is_written_into_the_array_that_is_given_for_it(multiply: Callable[..., Any]) -> None:
    x, y = draw(6, 6), draw(6, 6, seed=1)
    out = as_balls(np.zeros((6, 6)), Ball)
    assert np.shares_memory(multiply(as_balls(x, Ball), as_balls(y, Ball), out).view(np.ndarray), out.view(np.ndarray))
    expected = multiply(x, y, np.zeros((6, 6)))
    for ball, number in zip(elements(out), expected.reshape(-1).tolist(), strict=True):
        assert abs(float(ball.value.mid()) - number) <= 1e-12 * abs(x).max() * abs(y).max()
    assert {type(ball) for ball in elements(out)} == {Ball}


def test_what_is_not_finite_stays_with_its_own_rows() -> None:
    x = np.ones((8, 8))
    x[1, 1] = np.inf
    made = elements(as_balls(x, Ball) @ as_balls(np.ones(8), Ball))
    assert [ball.value.is_finite() for ball in made] == [True, False] + [True] * 6
    assert [ball.as_float for ball in made] == [8.0, np.inf] + [8.0] * 6


def test_a_row_that_is_not_used_may_be_unknown() -> None:
    a, v = as_balls(np.ones((8, 8)), Traced), as_balls(np.ones(8), Traced)
    a.view(np.ndarray)[1, 1] = Traced(arb.nan(), np.float64(1))
    slope = sweep((a @ v)[0], [*elements(a), *elements(v)])
    assert [float(slope(ball).mid()) for ball in elements(v)] == [1.0] * 8


def test_constants_stay_constants_beside_balls() -> None:
    x = np.arange(1.0, 17.0).reshape(4, 4)
    constants = convert_to_balls(x, make_fixed)
    assert {type(ball) for ball in elements(constants @ constants)} == {type(make_fixed(1.0))}
    mixed = convert_to_balls(x, make_fixed)
    mixed[0] = as_balls(x[0], Ball)
    kinds = [type(ball) for ball in elements(mixed @ constants)]
    assert kinds == [Ball] * 4 + [type(make_fixed(1.0))] * 12


def test_a_product_of_numbers_that_depend_on_nothing_has_no_slope() -> None:
    data = convert_to_balls(np.ones((4, 4)), make_traced_constant)
    assert all(ball.created < 0 for ball in elements(data @ data))
    weights = as_balls(np.ones((4, 4)), Traced)
    total = np.sum(data @ weights)
    slope = sweep(total, elements(weights))
    assert {float(slope(ball).mid()) for ball in elements(weights)} == {4.0}


def test_the_terms_of_a_product_count_in_what_is_added_up() -> None:
    x = np.array([1e8, -1e8] * 32)
    product = as_balls(x, Traced) @ as_balls(np.ones(64), Traced)
    assert enclose(product) == 0
    assert float(sum_masses(product).mid()) == 64e8


def test_products_beyond_what_was_granted_are_an_error() -> None:
    x = as_balls(np.ones((8, 8)), Traced)
    with limit_operations(100), change_context(encountered=None):
        y = x @ x
        with pytest.raises(TooManyOperationsError):
            y @ y


def test_a_product_of_two_float_types_is_taken_term_by_term() -> None:
    x, y = np.full((4, 4), 0.1, dtype=np.float32), np.full((4, 4), 0.3)
    made = as_balls(x, round_as) @ as_balls(y, round_as)
    assert {type(ball.as_float) for ball in elements(made)} == {np.float64}
    assert all(
        ball.value.contains(arb(number)) for ball, number in zip(elements(made), (x @ y).reshape(-1), strict=True)
    )
