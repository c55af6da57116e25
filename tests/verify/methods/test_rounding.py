"""The float run lies in the ball that its own rounding allows, and whatever does worse does not."""

import operator
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from flint import arb
from hypothesis import given
from hypothesis import strategies as st

from bptt.balls import store, use_precision
from bptt.rnn import elman, network
from bptt.rnn.activations import Activation, sigmoid, tanh
from bptt.rnn.elman import Weights as Cell
from bptt.rnn.network import Arguments, Weights
from bptt.verify import Report, judge_gradient
from bptt.verify._problem import Leaf
from bptt.verify.methods._rounding import _count_digits

TYPES = ["float32", "float64"]
X = np.array([0.5, -1.25, 2.0])


@pytest.fixture(autouse=True)
def far_beyond_floats() -> Iterator[None]:
    """The tests compute on balls outside of a check, too."""
    with use_precision(40):
        yield


def rounded(x: npt.NDArray[Any]) -> Any:
    """The array on balls that are rounded as its type is."""
    return Leaf("x", x, x).convert_to_balls(store)


def contained(balls: Any, floats: Any) -> bool:
    pairs = zip(np.ravel(balls).tolist(), np.ravel(floats).tolist(), strict=True)
    return all(ball.value.contains(arb(number)) for ball, number in pairs)


def widths(balls: Any, unit: float) -> list[float]:
    """The radii in units of u of their own size."""
    return [float(ball.value.rad() / abs(ball.value.mid())) / unit for ball in np.ravel(balls).tolist()]


class TestOperations:
    @given(
        st.sampled_from([operator.add, operator.sub, operator.mul, operator.truediv]),
        st.sampled_from(TYPES),
        st.integers(0, 2**32 - 1),
    )
    def test_an_operation_is_rounded_once(self, op: Callable[[Any, Any], Any], dtype: str, seed: int) -> None:
        a, b = np.random.default_rng(seed).normal(size=(2, 20)).astype(dtype)
        balls, unit = op(rounded(a), rounded(b)), float(np.finfo(dtype).eps) / 2
        assert contained(balls, op(a, b))
        if op in (operator.mul, operator.truediv):
            assert not contained(balls, op(a, b).astype(float) * (1 + 4 * unit))
            assert max(widths(balls, unit)) < 1.01

    @pytest.mark.parametrize("dtype", TYPES)
    @pytest.mark.parametrize(
        "name", ["exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh"]
    )
    def test_a_function_is_within_four_units_in_the_last_place(self, name: str, dtype: str) -> None:
        x = np.random.default_rng(0).uniform(0.001, 80, 20_000).astype(dtype)
        function = getattr(np, name)
        assert contained(function(rounded(x)), function(x))

    def test_the_exponential_in_float32_over_its_whole_range(self) -> None:
        x = np.linspace(-110, 88.7, 40_001, dtype="float32")
        floats = np.exp(x)
        assert 0 in floats
        assert (abs(floats[(floats > 0) & (floats < 1e-38)]) > 0).any()
        assert contained(np.exp(rounded(x)), floats)

    @pytest.mark.parametrize("dtype", TYPES)
    def test_products_that_underflow(self, dtype: str) -> None:
        tiny = float(np.finfo(dtype).tiny)
        a = (tiny * np.random.default_rng(0).uniform(1, 2, 200)).astype(dtype)
        b = np.geomspace(1e-12, 1, 200).astype(dtype)
        assert contained(rounded(a) * rounded(b), a * b)
        assert contained((rounded(a) * rounded(b)) / rounded(b), (a * b) / b)

    @pytest.mark.parametrize("dtype", TYPES)
    @pytest.mark.parametrize("constant", [0.1, 1 / 3, 2.0, 7, 10**9 + 1])
    def test_a_number_of_python_takes_the_type_of_the_array(self, constant: float, dtype: str) -> None:
        x = np.random.default_rng(0).normal(size=100).astype(dtype)
        assert contained(rounded(x) * constant, x * constant)
        assert contained(constant - rounded(x), constant - x)
        assert contained(constant / (1 + abs(rounded(x))), constant / (1 + abs(x)))

    def test_a_longer_type_takes_over(self) -> None:
        short, long = np.array([0.1, 0.7], dtype="float32"), np.array([0.3, 1e-9])
        balls = rounded(short) * rounded(long) + rounded(short)
        assert contained(balls, short * long + short)
        assert max(widths(balls, 2**-53)) < 10


class TestSums:
    @pytest.mark.parametrize("order", [[0, 1, 2], [0, 2, 1], [1, 0, 2]])
    def test_one_beside_ten_to_the_sixteen(self, order: list[int]) -> None:
        x = np.array([1e16, 1.0, -1e16])
        total = rounded(x).sum()
        assert contained(total, x[order].cumsum()[-1])

    @given(st.integers(2, 300), st.sampled_from(TYPES), st.integers(0, 2**32 - 1))
    def test_terms_that_cancel_in_any_order(self, n: int, dtype: str, seed: int) -> None:
        random = np.random.default_rng(seed)
        half = (random.normal(size=n) * 10.0 ** random.integers(-8, 8, n)).astype(dtype)
        x = np.concatenate([half, -half[::-1], half[:1]])
        balls, weights = rounded(x).sum(), np.ones(len(x), dtype)
        for floats in (x.sum(), x[::-1].sum(), random.permutation(x).sum(), np.cumsum(x)[-1], x @ weights):
            assert contained(balls, floats)
        assert contained(rounded(x) @ rounded(weights), x @ weights)

    @pytest.mark.parametrize("dtype", TYPES)
    def test_matrix_products_by_any_library(self, dtype: str) -> None:
        a, b = np.random.default_rng(0).normal(size=(2, 60, 60)).astype(dtype)
        balls = rounded(a) @ rounded(b)
        for floats in (a @ b, np.einsum("ij,jk->ik", a, b), (b.T @ a.T).T, np.ascontiguousarray(b.T) @ a.T):
            assert contained(
                balls,
                floats if floats.shape and floats is not None and np.allclose(floats, a @ b, atol=1e-3) else floats.T,
            )

    def test_a_sum_that_is_used_counts_its_additions(self) -> None:
        x = rounded(np.full(1000, 0.1))
        (total,) = widths(x.sum() * 1, 2**-53)
        assert 1000 <= total < 1001

    def test_a_float_minus_itself_is_nothing(self) -> None:
        (x,) = rounded(np.array([0.1])) * 3
        assert (x - x).value == 0
        assert (x - abs(x)).value == 0


def elman_point(dtype: str, T: int, scale: float, seed: int) -> Arguments:
    random = np.random.default_rng(seed)
    D_x, D_h, D_y = random.integers(1, 5, 3)

    def normal(*shape: Any) -> Any:
        return (scale * random.normal(size=shape)).astype(dtype)

    cell = Cell(normal(D_h, D_x), normal(D_h, D_h) / np.sqrt(D_h, dtype=dtype), normal(D_h))
    return Arguments(Weights(cell, normal(D_y, D_h)), normal(D_h), normal(T, D_x), normal(D_y))


def check(point: Arguments, activation: Activation, change: Callable[[Any], Any] = lambda gradient: gradient) -> Report:
    loss, gradient = (
        partial(network.loss, cell=elman.cell(activation)),
        partial(network.gradient, cell=elman.cell(activation)),
    )
    return judge_gradient(loss, lambda *arguments: change(gradient(*arguments)), tuple(point))


class TestGradients:
    @given(
        st.sampled_from(TYPES), st.integers(1, 6), st.sampled_from([1.0, 3.0, 20.0, 1e-6, 1e3]), st.integers(0, 10**6)
    )
    def test_the_shipped_gradients_stay_within_their_rounding(
        self, dtype: str, T: int, scale: float, seed: int
    ) -> None:
        for activation in (sigmoid, tanh):
            report = check(elman_point(dtype, T, scale, seed), activation)
            assert report.verdict == "right"
            assert report.arithmetic.verdict == "right"

    @pytest.mark.parametrize("dtype", TYPES)
    def test_two_hundred_steps(self, dtype: str) -> None:
        report = check(elman_point(dtype, 200, 1.0, 0), sigmoid)
        assert report.arithmetic.verdict == "right"

    def test_the_bound_says_something(self) -> None:
        reports = [check(elman_point("float64", 5, 1.0, seed), sigmoid) for seed in range(20)]
        digits = [leaf.digits for report in reports for leaf in report.arithmetic.leaves if leaf.digits is not None]
        assert np.median(digits) >= 11

    @pytest.mark.parametrize("detour", ["float16", "float32"])
    def test_a_detour_through_a_shorter_type_is_wrong_although_the_formula_is_right(self, detour: str) -> None:
        def through(gradient: Arguments) -> Arguments:
            return gradient._replace(xs=gradient.xs.astype(detour).astype("float64"))

        report = check(elman_point("float64", 5, 1.0, 0), sigmoid, through)
        assert report.formula.verdict == "right"
        assert report.arithmetic.verdict == report.verdict == "wrong"
        assert [leaf.path for leaf in report.arithmetic.leaves if leaf.verdict == "wrong"] == ["xs"]

    def test_a_result_in_a_shorter_type_is_right_in_that_type_and_noted(self) -> None:
        point = elman_point("float64", 3, 1.0, 0)
        report = check(point, tanh, lambda g: g._replace(y=g.y.astype("float32")))
        assert report.verdict == report.arithmetic.verdict == "right"
        assert report.notes == ("the gradient by y is float32; y is float64", "computed in float32")
        assert report.reason.startswith("formula right; computed in float32: every entry agrees")
        coarse = check(point, tanh, lambda g: g._replace(y=g.y.astype("float16").astype("float32")))
        assert coarse.reason.startswith("formula right; computed in float16: y[")
        assert [leaf.path for leaf in coarse.wrong_leaves] == ["y"]

    @pytest.mark.filterwarnings("ignore::RuntimeWarning")  # as its caller would see them
    def test_an_overflow_on_the_way_to_a_finite_number_is_wrong(self) -> None:
        report = judge_gradient(
            lambda x: np.log(np.exp(x).sum()), lambda x: np.exp(x) / np.exp(x).sum(), (np.array([800.0, 1.0]),)
        )
        assert report.formula.verdict == "right"
        assert report.arithmetic.verdict == report.verdict == "wrong"
        assert "overflow" in report.reason

    def test_an_algorithm_that_cancels_is_right_with_few_digits(self) -> None:
        report = judge_gradient(
            lambda x: (1 - np.cos(x)).sum(), lambda x: (1 - np.cos(x)) / np.tan(x / 2), (np.array([1e-4]),)
        )
        assert report.verdict == "right"
        assert report.arithmetic.leaves[0].digits in (6, 7, 8)

    def test_where_rounding_leaves_a_branch_open_the_floats_lie_in_the_balls_of_one(self) -> None:
        def gradient(x: Any) -> Any:
            third = x / 3
            return x * (2 if ((third + third + third - x) <= 0).all() else 2.0)

        def detour(x: Any) -> Any:
            return gradient(x).astype(np.float32).astype(np.float64)

        point = (np.array([1.0, 0.3]),)
        assert judge_gradient(lambda x: (x * x).sum(), gradient, point).arithmetic.verdict == "right"
        assert judge_gradient(lambda x: (x * x).sum(), detour, point).arithmetic.verdict == "wrong"

    def test_however_many_branches_rounding_leaves_open_the_floats_decide_them(self) -> None:
        point = np.linspace(1.1, 2, 90)
        squares = point * point  # rounded: a rounding from what x * x is on balls

        def gradient(x: Any, slope: float = 2.0) -> Any:
            return x * np.where(x * x <= squares, slope, 3)

        report = judge_gradient(lambda x: (x * x).sum(), gradient, (point,))
        assert (report.verdict, report.arithmetic.verdict) == ("right", "right")
        assert judge_gradient(lambda x: (x * x).sum(), lambda x: gradient(x, 2.1), (point,)).verdict == "wrong"
        detour = judge_gradient(lambda x: (x * x).sum(), lambda x: gradient(x).astype("f4").astype("f8"), (point,))
        assert (detour.formula.verdict, detour.arithmetic.verdict) == ("right", "wrong")

    def test_what_the_forward_pass_kept_is_kept_in_the_same_arithmetic(self) -> None:
        kept: dict[str, Any] = {}

        def f(x: Any) -> Any:
            kept["h"] = np.tanh(x)
            return kept["h"].sum()

        report = judge_gradient(f, lambda x: 1 - kept["h"] ** 2, (X,))
        assert report.arithmetic.verdict == "right"
        assert report.arithmetic.leaves[0].digits is not None

    def test_noise_in_both_functions_is_undecided_and_accused_of_nothing(self) -> None:
        random = np.random.default_rng(0)
        report = judge_gradient(lambda x: (x * random.normal()).sum(), lambda x: x * 0 + random.normal(), (X,))
        assert report.arithmetic.verdict == "undecided"
        assert "something else each time" in report.arithmetic.reason

    @pytest.mark.filterwarnings("ignore::RuntimeWarning")  # as its caller would see them
    def test_a_constant_too_large_for_the_type_overflows(self) -> None:
        x = np.array([1.0, 2.0], dtype="float32")
        report = judge_gradient(lambda x: (x * 1e300).sum(), lambda x: x * 0 + 1e300, (x,))
        assert report.arithmetic.verdict == "wrong"

    def test_a_number_of_python_among_the_arguments_takes_the_type_of_the_array(self) -> None:
        x = np.array([0.3, 0.7], dtype="float32")
        report = judge_gradient(lambda a, x: (a * x).sum(), lambda a, x: (x.sum(), a + 0 * x), (0.1, x))
        assert report.arithmetic.verdict == "right"

    def test_a_detour_after_a_function_that_makes_a_new_array_is_seen(self) -> None:
        report = judge_gradient(
            lambda x: (x**3).sum(), lambda x: np.stack([3 * x**2])[0].astype("float32").astype("float64"), (X + 0.1,)
        )
        assert (report.formula.verdict, report.arithmetic.verdict) == ("right", "wrong")

    def test_both_verdicts_are_printed(self) -> None:
        text = str(judge_gradient(lambda x: np.exp(x).sum(), np.exp, (X,)))
        assert "formula   agreement   arithmetic   guaranteed" in text
        assert "14 digits" in text


@given(seed=st.integers(0, 999), n=st.integers(1, 12), scale=st.sampled_from([1.0, 1e-310, 1e300]))
def test_the_digits_of_many_balls_are_the_fewest_that_one_of_them_has(seed: int, n: int, scale: float) -> None:
    random = np.random.default_rng(seed)
    floats = random.normal(size=n) * scale * (random.random(n) < 0.8)
    true = np.where(random.random(n) < 0.8, floats * (1 + random.integers(-3, 4, n) * 2.0**-50), np.nan)
    radii = abs(floats) * 2.0 ** -random.integers(10, 54, n) * (random.random(n) < 0.9)
    radii[random.random(n) < 0.02] = np.inf
    balls = [arb(x) + arb(0, radius) for x, radius in zip(floats.tolist(), radii.tolist(), strict=True)]
    of_each = [
        _count_digits([ball], [exact], [arb(x)])
        for ball, exact, x in zip(balls, true.tolist(), floats.tolist(), strict=True)
    ]
    fewest = min((digits for digits in of_each if digits is not None), default=None)
    assert _count_digits(balls, true.tolist(), list(map(arb, floats.tolist()))) == fewest
