"""Arrays of random sizes by name: every way to write an axis, what is refused, and how points are drawn."""

import importlib
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st

from bptt.rnn.arrays import Array
from bptt.verify import GradientMismatch, check_gradient, judge_gradient, named_arrays
from bptt.verify._strategies import NamedArrays, draw_points, find_smallest


def draw_many(strategy: st.SearchStrategy[Any], count: int = 40) -> list[NamedArrays]:
    drawn: list[NamedArrays] = []
    draw_points(strategy, count, "0", drawn.append)
    return drawn


class TestAxes:
    @pytest.mark.parametrize(
        ("spec", "shape_of"),
        [
            ("", lambda h, m: ()),
            ("h", lambda h, m: (h,)),
            ("h m", lambda h, m: (h, m)),
            ("3", lambda h, m: (3,)),
            ("2 3", lambda h, m: (2, 3)),
            ("4 h", lambda h, m: (4, h)),
            ("4*h", lambda h, m: (4 * h,)),
            ("h+m", lambda h, m: (h + m,)),
            ("h h+m", lambda h, m: (h, h + m)),
            ("4*h h+m+1", lambda h, m: (4 * h, h + m + 1)),
            ("2*h+m", lambda h, m: (2 * h + m,)),
            ("4h h+2m", lambda h, m: (4 * h, h + 2 * m)),
            ("h*m", lambda h, m: (h * m,)),
        ],
    )
    def test_an_array_has_the_shape_that_is_written(self, spec: str, shape_of: Any) -> None:
        for drawn in draw_many(named_arrays(a=spec, h="h", m="m")):
            assert drawn["a"].shape == shape_of(len(drawn["h"]), len(drawn["m"]))
            assert drawn.sizes == {"h": len(drawn["h"]), "m": len(drawn["m"])}

    def test_an_axis_is_called_as_it_is_written_and_one_of_a_fixed_size_nothing(self) -> None:
        assert draw_many(named_arrays(W="4 h h+m", b="2*h"), 1)[0].axes == {"W": ["", "h", "h+m"], "b": ["2*h"]}

    def test_a_size_may_be_named_in_a_sum_alone(self) -> None:
        assert {len(drawn["b"]) - len(drawn["h"]) for drawn in draw_many(named_arrays(h="h", b="h+m"))} == {1, 2, 3, 4}

    def test_batch_axes_are_the_same_in_every_array(self) -> None:
        drawn = draw_many(named_arrays(x="t ... m", y="... n"))
        assert {a["x"].ndim for a in drawn} == {2, 3, 4}
        for a in drawn:
            assert a["x"].shape[1:-1] == a["y"].shape[:-1]
            assert a.sizes["batch"] == np.prod(a["y"].shape[:-1])

    @pytest.mark.parametrize("max_size", [1, 3])
    def test_no_named_size_is_larger_than_asked_for(self, max_size: int) -> None:
        drawn = draw_many(named_arrays(max_size, a="m n", b="t ... n"))
        assert max(max(array.shape) for named in drawn for array in named.values()) == max_size

    @pytest.mark.parametrize(
        ("axes", "message"),
        [
            (
                {"W": "h,m"},
                "the axes of W must be names (h), numbers (4), multiples (4*h), sums (h+m) or ..., separated by spaces;"
                " got 'h,m' in 'h,m'",
            ),
            ({"W": "4h+"}, "got '4h+'"),
            ({"x": "h", "W": "h + m"}, "the axes of W must be"),
            ({"W": "h-1"}, "got 'h-1'"),
            ({"W": "(h m)"}, "got '(h'"),
            ({"W": "h+"}, "got 'h+'"),
            ({"W": "1.5"}, "got '1.5'"),
            ({"x": "... m", "y": "batch"}, "no axis must be named batch beside ..."),
        ],
    )
    def test_what_is_written_otherwise_is_refused_when_it_is_written(self, axes: dict[str, str], message: str) -> None:
        with pytest.raises(ValueError, match=re.escape(message)):
            named_arrays(**axes)


class TestNumbers:
    def test_zeros_equal_numbers_and_equal_sizes_are_among_many_of_another_kind(self) -> None:
        drawn = draw_many(named_arrays(40, W="h m", x="m"), 200)
        has_zeros = [np.count_nonzero(a["x"]) < 0.9 * len(a["x"]) for a in drawn]
        has_ties = [len(np.unique(a["W"])) < 8 < a["W"].size for a in drawn]
        is_square = [a["W"].shape[0] == a["W"].shape[1] > 1 for a in drawn]
        assert all(5 < sum(found) < 100 for found in (has_zeros, has_ties, is_square))

    def test_a_mistake_that_shows_at_ties_or_zeros_alone_is_found(self) -> None:
        def shared_among_maxima(x: Array) -> Any:
            return (x == x.max()) * 1.0

        def product_by_division(x: Array) -> Any:
            with np.errstate(all="ignore"):
                return np.prod(x) / x

        over = named_arrays(12, x="n")
        assert judge_gradient(lambda x: x.max(), shared_among_maxima, over, examples=60).verdict == "wrong"
        assert judge_gradient(lambda x: np.prod(x), product_by_division, over, examples=60).verdict == "wrong"


class TestAxesOfGradients:
    """What the axes are for: gates, and [h, x]."""

    @staticmethod
    def f(W: Array, h: Array, x: Array) -> Any:
        return np.tanh(W @ np.concatenate([h, x])).sum()

    @staticmethod
    def gradient(W: Array, h: Array, x: Array) -> tuple[Any, Any, Any]:
        z = np.concatenate([h, x])
        δ = 1 - np.tanh(W @ z) ** 2
        return np.outer(δ, z), (W.T @ δ)[: len(h)], (W.T @ δ)[len(h) :]

    def test_a_gradient_by_weights_of_h_and_x_together_is_judged_at_every_point(self) -> None:
        found = check_gradient(self.f, self.gradient, named_arrays(W="h h+m", h="h", x="m"), examples=25)
        assert (found.cases, found.crashes) == (25, ())
        assert set(found.sizes) == {"h", "m"}

    def test_a_wrong_one_comes_with_named_sizes_alone(self) -> None:
        def with_h_for_x(W: Array, h: Array, x: Array) -> tuple[Any, Any, Any]:
            W_bar, h_bar, x_bar = self.gradient(W, h, x)
            return W_bar * (1 + (len(x) > 1)), h_bar, x_bar

        found = judge_gradient(self.f, with_h_for_x, named_arrays(W="h h+m", h="h", x="m"), examples=40)
        (refutation,) = found.refutations
        assert (refutation.rule, refutation.sizes) == ("m ≥ 2", {"h": 1, "m": 2})

    @pytest.mark.parametrize("spec", ["4 h h", "4*h h", "4h h"])
    def test_gates_are_judged_in_an_axis_of_their_own_or_stacked(self, spec: str) -> None:
        factors = np.array([1.0, 2.0, 3.0, 4.0])[:, None]

        def f(W: Array, x: Array) -> Any:
            return (factors * np.tanh((W @ x).reshape(4, -1))).sum()

        def gradient(W: Array, x: Array) -> tuple[Any, Any]:
            δ = (factors * (1 - np.tanh((W @ x).reshape(4, -1)) ** 2)).reshape((W @ x).shape)
            return δ[..., None] * x, np.einsum("gkl,gk->l", W.reshape(4, -1, len(x)), δ.reshape(4, -1))

        assert check_gradient(f, gradient, named_arrays(W=spec, x="h"), examples=25).cases == 25

    def test_where_every_size_is_fixed_none_is_told(self) -> None:
        with pytest.raises(GradientMismatch) as raised:
            check_gradient(lambda x: (x**2).sum(), lambda x: x, named_arrays(x="3"), examples=10)
        assert "smallest sizes" not in str(raised.value)


class TestPoints:
    def test_the_smallest_is_the_smallest(self) -> None:
        lengths = st.integers(1, 60)
        assert find_smallest(lengths, lambda n: n >= 3, seed=0) == 3
        assert find_smallest(lengths, lambda n: n > 60, seed=0) is None

    def test_the_same_seed_draws_the_same(self) -> None:
        def draw(seed: str) -> list[int]:
            drawn: list[int] = []
            draw_points(st.integers(0, 10**9), 5, seed, drawn.append)
            return drawn

        assert draw("1") == draw("1") != draw("2")


def draw_recipes() -> list[str]:
    return [repr(drawn.recipe) for drawn in draw_many(named_arrays(W="h m", x="m"), 200)]


def test_a_seed_draws_the_same_points_whatever_is_loaded_between(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "full_of_numbers.py").write_text(f"NUMBERS = {[*range(1_000, 9_000, 77)]}", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    before = draw_recipes()
    importlib.import_module("full_of_numbers")
    assert draw_recipes() == before


def test_hardly_a_point_is_drawn_twice() -> None:
    assert len(set(draw_recipes())) >= 199


def test_hypothesis_is_loaded_when_arrays_are_drawn_and_not_before() -> None:
    code = (
        "import sys, bptt.verify; print('hypothesis' in sys.modules);"
        "bptt.verify.judge_gradient(lambda x: x * x, lambda x: 2 * x, (1.5,)); bptt.verify.Claim;"
        "bptt.verify.SampledReport; print('hypothesis' in sys.modules);"
        "bptt.verify.named_arrays; print('hypothesis' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.split() == ["False", "False", "True"]


@pytest.mark.parametrize("axes", [3, 0, ("h", "m"), ["h"], None])
def test_axes_that_are_no_string_are_refused_by_the_name_of_their_array(axes: Any) -> None:
    with pytest.raises(TypeError, match=f"the axes of W must be a string, .* got {re.escape(repr(axes))}"):
        named_arrays(W=axes)


@pytest.mark.parametrize("largest", ["h", 0, -1, 2.5, True])
def test_a_largest_size_that_is_none_is_refused(largest: Any) -> None:
    with pytest.raises(ValueError, match=f"max_size, the largest size, must be a positive integer; got {largest!r}"):
        named_arrays(largest, W="h")


def test_a_strategy_that_draws_too_few_arguments_is_refused() -> None:
    with pytest.raises(TypeError, match="at must draw a tuple of the arguments of f, W, x; got 1 of them, in a list"):
        judge_gradient(lambda W, x: (W @ x).sum(), lambda W, x: (W, x), st.just([np.ones((2, 2)), np.ones(2)]))
