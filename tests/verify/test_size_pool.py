"""Random sizes of JAX functions: few shapes, in which each two sizes meet in every way, and the smallest that fail."""

import itertools
from collections.abc import Callable
from typing import Any

import jax
import jax.monitoring
import jax.numpy as jnp
import numpy as np
import pytest

from bptt.verify import judge_gradient, named_arrays
from bptt.verify._cases import Judge
from bptt.verify._drawn_points import read_point
from bptt.verify._interface import Question
from bptt.verify._size_pool import SizePool, cover_pairs, list_smaller
from bptt.verify._smallest_case import Shrinker
from bptt.verify._strategies import NamedArrays, draw_points

pytestmark = pytest.mark.usefixtures("quick_compilation")
Array = Any
AXES = {"W": "h m", "V": "d h", "xs": "t ... m"}


def draw_one(**axes: str) -> NamedArrays:
    drawn: list[NamedArrays] = []
    draw_points(named_arrays(**axes), 1, "0", drawn.append)
    return drawn[0]


class TestPool:
    def test_each_two_sizes_meet_in_every_way(self) -> None:
        recipe = draw_one(W="h m", V="d h", xs="t m").recipe
        assert recipe
        pool = SizePool(recipe, 0).combinations
        assert len(pool) < 30
        for a, b in itertools.combinations("hmdt", 2):
            met = {(sizes[a], sizes[b]) for sizes in pool}
            assert met == set(itertools.product(range(1, 5), repeat=2))

    def test_batch_axes_of_each_kind_meet_every_size(self) -> None:
        pool = cover_pairs({"t": [1, 2], "...": [(), (3,), (1, 2)]}, 0)
        assert {(sizes["t"], sizes["..."]) for sizes in pool} == {*itertools.product([1, 2], [(), (3,), (1, 2)])}

    @pytest.mark.parametrize(("max_size", "expected"), [(1, {1}), (3, {1, 2, 3}), (9, {1, 2, 3, 4, 9})])
    def test_sizes_reach_from_1_to_4_and_to_the_largest(self, max_size: int, expected: set[int]) -> None:
        drawn: list[NamedArrays] = []
        draw_points(named_arrays(max_size, x="n"), 1, "0", drawn.append)
        assert drawn[0].recipe
        assert {sizes["n"] for sizes in SizePool(drawn[0].recipe, 0).combinations} == expected

    def test_arrays_are_made_in_its_sizes_and_are_of_the_same_kind(self) -> None:
        recipe = draw_one(**AXES).recipe
        assert recipe
        made = recipe.resize({"h": 2, "m": 3, "d": 1, "t": 4, "...": (2, 1)}).make()
        assert [made[name].shape for name in AXES] == [(2, 3), (1, 2), (4, 2, 1, 3)]
        assert made.sizes == {"h": 2, "m": 3, "d": 1, "t": 4, "batch": 2}
        again = recipe.resize(recipe.sizes).make()
        assert all(np.array_equal(again[name], recipe.make()[name]) for name in AXES)

    def test_no_size_is_asked_for_where_none_has_a_name(self) -> None:
        assert cover_pairs({}, 0) == [{}]


def test_one_size_or_all_equal_ones_are_made_smaller() -> None:
    assert list(list_smaller({"h": 2, "m": 2, "t": 1})) == [
        {"h": 1, "m": 2, "t": 1},
        {"h": 2, "m": 1, "t": 1},
        {"h": 1, "m": 1, "t": 1},
    ]
    assert list(list_smaller({"...": (2,)})) == [{"...": ()}, {"...": (1,)}]


def f(W: Array, xs: Array) -> Array:
    return jnp.sum(jnp.tanh(xs @ W.T) ** 2)


def slip_where(is_wrong: Callable[..., bool]) -> Callable[..., Any]:
    """The gradient of f, twice that by W where the sizes h, m and t are such."""

    def gradient(W: Array, xs: Array) -> Any:
        W_bar, xs_bar = jax.grad(f, (0, 1))(W, xs)
        return W_bar * (2 if is_wrong(*W.shape, len(xs)) else 1), xs_bar

    return gradient


SMALLEST: dict[str, tuple[Callable[..., bool], dict[str, int]]] = {  # of sizes from 1 to 3
    "from two steps on": (lambda h, m, t: t >= 2, {"h": 1, "m": 1, "t": 2}),
    "three steps": (lambda h, m, t: t == 3, {"h": 1, "m": 1, "t": 3}),
    "two sizes that differ": (lambda h, m, t: h > m, {"h": 2, "m": 1, "t": 1}),
    "two sizes that are equal": (lambda h, m, t: h == m > 1, {"h": 2, "m": 2, "t": 1}),
}


@pytest.mark.parametrize("name", ["three steps", "two sizes that are equal"])
def test_a_slip_at_some_sizes_alone_is_found_and_so_are_the_smallest(name: str) -> None:
    is_wrong, sizes = SMALLEST[name]
    report = judge_gradient(f, slip_where(is_wrong), named_arrays(3, W="h m", xs="t m"), examples=15)
    (refutation,) = report.refutations
    assert refutation.finding.path == "W"
    assert refutation.sizes == sizes


@pytest.mark.parametrize("name", SMALLEST)
def test_the_smallest_sizes_are_reached_from_the_largest(name: str) -> None:
    """On NumPy, where each new size costs nothing."""
    is_wrong, smallest = SMALLEST[name]

    def gradient(W: Array, xs: Array) -> Any:
        δ = 1 - np.tanh(xs @ W.T) ** 2
        return δ.T @ xs * (2 if is_wrong(*W.shape, len(xs)) else 1), δ @ W

    question = Question(lambda W, xs: np.tanh(xs @ W.T).sum(), gradient, None, "auto", 0)
    largest = max(filter(lambda sizes: is_wrong(*sizes), itertools.product([1, 2, 3], repeat=3)), key=sum)
    recipe = draw_one(W="h m", xs="t m").recipe
    assert recipe
    drawn = recipe._replace(seed=1).resize(dict(zip("hmt", largest, strict=True))).make()
    case = Judge(question).judge(read_point(question, drawn))
    assert Shrinker(question, "W").descend([case]).point.sizes == smallest


def test_the_case_of_the_smallest_sizes_has_ordinary_numbers() -> None:
    question = Question(lambda x: (x * x).sum(), lambda x: 3 * x, None, "auto", 0)
    recipe = draw_one(x="n").recipe
    assert recipe
    ordinary, tiny = (recipe._replace(seed=1, regime=recipe.regime._replace(scale=scale)) for scale in (1.0, 2.0**-20))
    points = [one.resize({"n": size}).make() for one, size in ((tiny, 1), (ordinary, 3))]
    least = Shrinker(question, "x").descend([Judge(question).judge(read_point(question, drawn)) for drawn in points])
    assert least.point.sizes == {"n": 1}
    assert least.point.recipe
    assert least.point.recipe.regime == ordinary.regime


def test_points_of_one_shape_are_many_and_each_shape_compiles_twice() -> None:
    compiled: list[str] = []

    def note(event: str, duration_secs: float, **about: Any) -> None:  # noqa: ARG001  (the form of a listener)
        if event == "/jax/core/compile/backend_compile_duration":
            compiled.append(event)

    g = lambda W, xs: jnp.sum(jnp.sin(jnp.dot(xs, W.T) + 1.5) ** 2)  # noqa: E731
    jax.monitoring.register_event_duration_secs_listener(note)
    report = judge_gradient(g, jax.grad(g, (0, 1)), named_arrays(3, W="h m", xs="t m"), examples=40)
    jax.monitoring.unregister_event_duration_listener(note)
    assert (report.verdict, report.cases) == ("right", 40)
    assert report.sizes == {"h": (1, 3), "m": (1, 3), "t": (1, 3)}
    assert len(compiled) == 2 * len(cover_pairs({name: [1, 2, 3] for name in "hmt"}, report.seed))


def test_what_the_caller_filters_out_is_not_judged() -> None:
    over = named_arrays(3, W="h m").filter(lambda drawn: drawn.sizes["h"] > 1)
    report = judge_gradient(lambda W: jnp.sum(W**2), lambda W: 2 * W, over, examples=6)
    assert report.verdict == "right"
    assert report.sizes["h"] == (2, 3)


def test_code_of_numpy_is_judged_in_all_sizes_that_are_drawn() -> None:
    def gradient(x: Any) -> Any:
        return (1 - np.tanh(x) ** 2) * (2 if len(x) == 6 else 1)  # a size that no pool has

    report = judge_gradient(lambda x: np.tanh(x).sum(), gradient, named_arrays(9, x="n"), examples=40)
    assert report.refutations[0].sizes == {"n": 6}
