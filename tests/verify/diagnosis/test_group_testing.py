"""Which entries are wrong, from slopes of f on floats: all of them, few slopes, and never a right one."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from bptt.rnn.arrays import Array
from bptt.verify._execution import observe
from bptt.verify._problem import Arguments, Problem
from bptt.verify._report import LeafFinding, Verdict
from bptt.verify.diagnosis import locate_wrong_entries
from bptt.verify.diagnosis._group_testing import MOST_ENTRIES, WrongEntries, find_wrong_entries
from tests.corpus.floats_only import take_float

Place = tuple[int, int]  # a leaf, and an entry of it in C order

KINDS: dict[str, Callable[[Array, int], Any]] = {
    "sign flipped": lambda g, k: -g[k],
    "doubled": lambda g, k: 2 * g[k],
    "zero": lambda g, k: 0.0,
    "off by 1 %": lambda g, k: 1.01 * g[k],
    "its neighbour": lambda g, k: g[(k + 1) % g.size],
}
X = np.array([0.5, -1.25, 2.0, 0.75, -0.3, 1.5, -2.5, 0.1])
ZEROS = np.where(np.arange(8) % 3 == 0, 0.0, X)
TINY = np.where(np.arange(8) % 3 == 0, 1e-6 * X, X)
SCALES = 10.0 ** -np.arange(8)


def spoiled(gradient: Any, wrong: dict[Place, str]) -> Any:
    """The same gradient, a sequence of arrays, with these entries replaced."""

    def with_wrong_entries(*arguments: Any) -> list[Array]:
        right = gradient(*arguments)
        claims = [leaf.copy() for leaf in right]
        for (n, k), kind in wrong.items():
            claims[n].flat[k] = KINDS[kind](right[n].reshape(-1), k)
        return claims

    return with_wrong_entries


def search(f: Any, gradient: Any, *arguments: Any, seed: int = 0, leaves: Sequence[int] | None = None) -> WrongEntries:
    """The wrong entries of a gradient that is a sequence of arrays, of one argument too."""

    def by_arguments(*given: Any) -> Any:
        return gradient(*given) if len(given) > 1 else gradient(*given)[0]

    problem, observed = observe(Problem(f, by_arguments, Arguments(f, arguments), seed=seed))
    return find_wrong_entries(problem, observed, range(len(arguments)) if leaves is None else leaves)


def places(result: WrongEntries, *arguments: Any) -> set[Place]:
    return {(e.leaf, int(np.ravel_multi_index(e.at, np.shape(arguments[e.leaf])))) for e in result.entries}


class Units:
    """Σ_r (tanh(A[r,j] s[j]) − w[j] sin B[r,j])² / 2, A and B of that many columns; s and w from 1e-4 to 1.

    It takes floats only, unless complex numbers are wanted, too.
    """

    def __init__(self, seed: int, rows: int, columns: tuple[int, int], takes_complex: bool) -> None:
        random = np.random.default_rng(seed)
        self.point = tuple(random.normal(size=(rows, n)) for n in columns)
        self.s, self.w = (10 ** -random.uniform(0, 4, n) * 4 / np.sqrt(n) for n in columns)
        self.number: Callable[[Any], Any] = np.asarray if takes_complex else float

    def f(self, A: Array, B: Array) -> Any:
        h, y = (np.einsum("rj,j->r", x, scales) for x, scales in ((A, self.s), (np.sin(B), self.w)))  # in one thread
        return self.number(((np.tanh(h) - y) ** 2).sum() / 2)

    def gradient(self, A: Array, B: Array) -> list[Array]:
        h = np.tanh(A @ self.s)
        e = h - np.sin(B) @ self.w
        return [np.outer(e * (1 - h) * (1 + h), self.s), -e[:, None] * self.w * np.cos(B)]


def random_places(seed: int, count: int, sizes: Sequence[int]) -> list[Place]:
    drawn = np.random.default_rng([seed, count]).choice(sum(sizes), count, replace=False)
    ends = np.cumsum(sizes)
    return [(n := int(np.searchsorted(ends, k, side="right")), int(k - ends[n] + sizes[n])) for k in drawn]


@pytest.mark.parametrize(("kind", "takes_complex"), [*zip(KINDS, [True, False, True, False, False], strict=True)])
def test_one_wrong_entry_among_500_000_is_found_by_60_slopes(kind: str, takes_complex: bool) -> None:
    units = Units(len(kind), 400, (1200, 50), takes_complex)
    wrong = dict.fromkeys(random_places(len(kind), 1, [480_000, 20_000]), kind)
    result = search(units.f, spoiled(units.gradient, wrong), *units.point)
    assert places(result, *units.point) == wrong.keys()
    assert result.complete
    assert result.evaluations <= 60


@pytest.mark.parametrize(("seed", "takes_complex"), [(1, False), (2, True)])
def test_ten_wrong_entries_among_500_000_are_found_by_400_slopes(seed: int, takes_complex: bool) -> None:
    units = Units(seed, 400, (1200, 50), takes_complex)
    wrong = dict(zip(random_places(seed, 10, [480_000, 20_000]), [*KINDS, *KINDS], strict=True))
    result = search(units.f, spoiled(units.gradient, wrong), *units.point)
    assert places(result, *units.point) <= wrong.keys()
    assert result.evaluations <= 400
    assert len(result.entries) == 10
    assert result.complete


@pytest.mark.parametrize("takes_complex", [True, False])
@pytest.mark.parametrize("seed", range(5))
def test_an_entry_comes_with_its_value_and_with_the_right_one_within_its_error(seed: int, takes_complex: bool) -> None:
    units = Units(seed, 20, (30, 10), takes_complex)
    gradient = spoiled(units.gradient, dict(zip(random_places(seed, 5, [600, 200]), KINDS, strict=True)))
    claims, right = gradient(*units.point), units.gradient(*units.point)
    result = search(units.f, gradient, *units.point)
    assert result.entries
    for entry in result.entries:
        assert entry.by_hand == claims[entry.leaf][entry.at]
        assert abs(entry.reference - right[entry.leaf][entry.at]) <= entry.error < abs(entry.by_hand - entry.reference)


def test_the_same_seed_gives_the_same_result_and_another_one_the_same_entries() -> None:
    units = Units(0, 20, (30, 10), False)
    gradient = spoiled(units.gradient, {(0, 17): "doubled", (1, 3): "zero"})
    first, second, other = (search(units.f, gradient, *units.point, seed=seed) for seed in (1, 1, 2))
    assert first == second
    assert {e.at for e in first.entries} == {e.at for e in other.entries} == {(0, 17), (0, 3)}


@pytest.mark.parametrize("takes_complex", [True, False])
def test_a_right_gradient_has_no_wrong_entries(takes_complex: bool) -> None:
    units = Units(0, 20, (30, 10), takes_complex)
    result = search(units.f, units.gradient, *units.point)
    assert result.entries == ()
    assert result.complete


def test_only_the_leaves_asked_for_are_searched() -> None:
    units = Units(0, 20, (30, 10), True)
    gradient = spoiled(units.gradient, {(0, 17): "doubled", (1, 3): "zero"})
    result = search(units.f, gradient, *units.point, leaves=[1])
    assert places(result, *units.point) == {(1, 3)}
    assert result.complete


@pytest.mark.parametrize("kind", KINDS)
def test_of_a_wrong_leaf_its_right_entries_are_not_accused(kind: str) -> None:
    units = Units(1, 20, (30, 10), False)
    wrong = {(0, k): kind for k in range(0, 600, 2)}
    result = search(units.f, spoiled(units.gradient, wrong), *units.point)
    assert result.entries
    assert places(result, *units.point) <= wrong.keys()


@pytest.mark.parametrize("factor", [-1.0, 0.0, 2.0])
def test_where_all_entries_are_wrong_the_search_stops_at_the_first_few(factor: float) -> None:
    units = Units(0, 40, (250, 50), True)
    result = search(units.f, lambda *point: [factor * g for g in units.gradient(*point)], *units.point)
    assert len(result.entries) == MOST_ENTRIES
    assert not result.complete
    assert result.evaluations <= 200


@pytest.mark.parametrize("takes_complex", [True, False])
def test_errors_that_cancel_are_found(takes_complex: bool) -> None:
    number: Any = np.asarray if takes_complex else float

    def gradient(x: Array) -> Any:
        e = np.zeros(4096)
        e[[1000, 1001, 3000, 3001]] = 0.25, -0.25, 1e-3, -1e-3
        return [np.cos(x) + e]

    x = np.full(4096, 0.5)
    result = search(lambda x: number(np.sin(x).sum()), gradient, x)
    assert places(result, x) == {(0, 1000), (0, 1001), (0, 3000), (0, 3001)}
    assert result.complete


@pytest.mark.parametrize("takes_complex", [True, False])
def test_what_is_claimed_to_be_zero_is_found(takes_complex: bool) -> None:
    units = Units(3, 20, (30, 10), takes_complex)
    wrong = dict.fromkeys([(0, 5), (0, 6), (0, 599), (1, 0), (1, 77)], "zero")
    result = search(units.f, spoiled(units.gradient, wrong), *units.point)
    assert places(result, *units.point) == wrong.keys()
    assert result.complete


def test_what_should_be_zero_is_found() -> None:
    def f(x: Array) -> float:
        return take_float((np.maximum(x, 0) ** 2).sum())

    for k in range(8):
        result = search(f, lambda x, k=k: [2 * np.maximum(x, 0) + (np.arange(8) == k)], X)
        assert places(result, X) == {(0, k)}
        assert result.complete


def in_float32(x: Array) -> float:
    return take_float((np.tanh(x.astype(np.float32)) ** 2).sum())


def gradient_in_float32(x: Array) -> list[Array]:
    h = np.tanh(x.astype(np.float32))
    return [2 * h * (1 - h * h)]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_in_float32_a_gross_error_is_found_and_a_small_one_accuses_nobody(dtype: type) -> None:
    x: Array = np.random.default_rng(0).normal(size=1000).astype(dtype)
    result = search(in_float32, spoiled(gradient_in_float32, {(0, 500): "sign flipped"}), x)
    assert places(result, x) == {(0, 500)}
    for error in (1e-3, 1e-5, 1e-7):
        small = search(in_float32, lambda x, error=error: [gradient_in_float32(x)[0] * (1 + error)], x)
        assert small.entries == ()


def test_noise_that_hides_an_error_leaves_the_search_incomplete() -> None:
    random = np.random.default_rng(0)
    result = search(lambda x: (x**3).sum() + random.normal(), lambda x: [4 * x**2], X)
    assert result.entries == ()
    assert not result.complete


def test_an_f_that_is_undefined_off_the_point_accuses_nobody() -> None:
    result = search(lambda x: 1.0 if np.array_equal(x, X) else np.nan, lambda x: [x], X)
    assert result.entries == ()
    assert not result.complete


def test_an_f_that_is_undefined_at_large_steps_is_searched_with_small_ones() -> None:
    def f(x: Array) -> float:
        return take_float(np.log(x).sum())

    x = np.array([1.0, 1e-4, 0.5, 1e-5, 0.25])
    assert places(search(f, spoiled(lambda x: [1 / x], {(0, 1): "doubled"}), x), x) == {(0, 1)}
    assert search(f, lambda x: [1 / x], x).entries == ()


HOSTILE: dict[str, tuple[Any, Any, Array]] = {
    "kinks at the point": (lambda x: take_float(np.maximum(x, 0).sum()), lambda x: (x >= 0) * 1.0, ZEROS),
    "kinks beside the point": (
        lambda x: take_float((SCALES * abs(x) + x * x).sum()), lambda x: SCALES * np.sign(x) + 2 * x, TINY),
    "jumps": (lambda x: take_float((np.floor(x) + x).sum()), np.ones_like, ZEROS),
    "ripples": (
        lambda x: take_float((x**2 + np.sin(1e5 * x) / 1e5).sum()), lambda x: 2 * x + np.cos(1e5 * x), X),
    "steps": (lambda x: round(take_float((SCALES * x**2).sum()), 4), lambda x: 2 * SCALES * x, X),
    "half precision": (
        lambda x: take_float((x.astype(np.float16) ** 2).sum() + np.float16(500)), lambda x: 2 * x, SCALES * X),
    "noise": (
        lambda x: take_float((SCALES * x**2).sum()) + 1e-9 * (hash(x.tobytes()) % 1000), lambda x: 2 * SCALES * x, X),
    "an imaginary part that is dropped": (
        lambda x: (x**2).sum() + 1e-3 * abs(x).sum(), lambda x: 2 * x + 1e-3 * np.sign(x), X),
    "cancellation in f": (
        lambda x: ((1e8 * x).sum() - (1e8 * x[1:]).sum() - 0.3) ** 2 + 0 * x[0],
        lambda x: 2e8 * (np.arange(8) == 0) * ((1e8 * x).sum() - (1e8 * x[1:]).sum() - 0.3), 1e-8 * X),
    "cancellation in the gradient": (
        lambda x: 1e8 * (2 * np.sin(x / 2e4) ** 2).sum(),
        lambda x: 1e4 * np.sign(x) * np.sqrt(1 - np.cos(x / 1e4) ** 2), X),
    "a cusp": (lambda x: take_float(np.cbrt(x).sum()), lambda x: np.cbrt(x) / (3 * x), TINY),
    "float32 claims": (lambda x: np.exp(SCALES * x).sum(), lambda x: np.float32(SCALES * np.exp(SCALES * x)), X),
}  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", HOSTILE)
def test_a_right_entry_is_not_accused_where_slopes_mislead(name: str, seed: int) -> None:
    f, gradient, x = HOSTILE[name]
    assert search(f, lambda x: [gradient(x)], x, seed=seed).entries == ()
    wrong = spoiled(lambda x: [gradient(x)], {(0, 4): "sign flipped"})
    assert places(search(f, wrong, x, seed=seed), x) <= {(0, 4)}


def test_a_number_an_integer_and_an_empty_array_are_arguments_too() -> None:
    def f(a: float, n: Array, empty: Array, x: Array) -> Any:
        return (a * x**n).sum() + empty.sum()

    def gradient(a: float, n: Array, empty: Array, x: Array) -> Any:
        return np.array((x**n).sum() * 2), None, empty, a * n * x ** (n - 1)

    result = search(f, gradient, 0.7, np.array([2, 3]), np.zeros(0), np.array([0.5, 1.5]), leaves=[0, 2, 3])
    assert [(entry.leaf, entry.at) for entry in result.entries] == [(0, ())]
    assert result.complete


def test_arrays_in_fortran_order_are_indexed_like_others() -> None:
    A = np.asfortranarray(np.random.default_rng(0).normal(size=(5, 7)))
    wrong = spoiled(lambda A: [3 * A**2], {(0, 9): "doubled"})
    assert [e.at for e in search(lambda A: take_float((A**3).sum()), wrong, A).entries] == [(1, 2)]


@pytest.mark.parametrize(("claimed", "entry"), [(np.zeros(3), None), (np.full(8, np.nan), None), (0 * X, (2,))])
def test_a_finding_gets_the_worst_entry_where_there_is_something_to_be_searched(claimed: Array, entry: Any) -> None:
    finding = LeafFinding("x", (8,), Verdict.WRONG, "its slope differs")
    problem = Problem(lambda x: take_float(x[2] * 3), lambda x: claimed, Arguments(lambda x: x, (X,)))
    (located,) = locate_wrong_entries(problem, [finding])
    assert (located.entry.index if located.entry else None) == entry
    assert (located == finding) == (entry is None)
