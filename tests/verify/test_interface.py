"""The verdicts: what is called right, what wrong, what neither, and what is refused as input."""

import copy
import json
import os
import pickle
import queue
import re
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pytest
from flint import ctx
from hypothesis import given
from hypothesis import strategies as st

from bptt.balls import BallArray
from bptt.cli._points import network_points
from bptt.rnn import elman, network
from bptt.rnn.activations import sigmoid
from bptt.rnn.arrays import Array
from bptt.rnn.cell import Cell
from bptt.rnn.losses import half_squared_error
from bptt.rnn.network import Arguments, Weights
from bptt.rnn.registry import CELLS
from bptt.verify import GradientMismatch, GradientUndecided, Report, Verdict, check_gradient, judge_gradient
from tests.corpus.floats_only import take_float

X = np.array([0.5, -1.25, 2.0])


def leaf(report: Report, path: str) -> Any:
    return next(leaf for leaf in report.formula.leaves if leaf.path == path)


@given(st.data(), st.sampled_from(list(CELLS.values())), st.booleans())
def test_the_shipped_gradients_are_right(data: st.DataObject, cell: Cell, every_step: bool) -> None:
    point = data.draw(network_points(cell, half_squared_error, every_step, max_size=3)).arguments
    loss = partial(network.loss, cell=cell)
    check_gradient(loss, partial(network.gradient, cell=cell), tuple(point))
    check_gradient(
        lambda weights: loss(weights, *point[1:]),
        lambda weights: network.sensitivity_gradient(weights, *point[1:], cell),
        (point.weights,),
    )


def test_an_f_that_underflows_is_judged() -> None:
    def f(x: Array) -> Any:
        return np.exp(-1000 * x)

    check_gradient(f, lambda x: -1000 * np.exp(-1000 * x), (1.5,))
    assert judge_gradient(lambda x: np.exp(-100 * x), lambda x: 0 * x, (np.float64(1.5),)).verdict == "wrong"


def test_entries_below_all_floats_have_no_digits_to_count() -> None:
    def f(x: Array, y: Array) -> Any:
        return y * (1 - np.tanh(2000 * x))

    def gradient(x: Array, y: Array) -> Any:
        return 0 * x - 8000 * y * np.exp(-4000 * x), 2 * np.exp(-4000 * x)

    report = judge_gradient(f, gradient, (1.0, 1.0))
    assert report.verdict == "right"
    assert all(leaf.digits is None or leaf.digits > 0 for leaf in report.formula.leaves)


class TestLongSequences:
    """T = 200 with normal weights: the entries of xs_bar range from 1 to 1e-120."""

    @staticmethod
    def point() -> Arguments:
        normal = np.random.default_rng(0).normal
        cell = elman.Weights(normal(size=(3, 2)), normal(size=(3, 3)), normal(size=3))
        return Arguments(Weights(cell, normal(size=(2, 3))), normal(size=3), normal(size=(200, 2)), normal(size=2))

    def report(self, change: Any) -> Report:
        return judge_gradient(
            network.loss, lambda *arguments: change(network.gradient(*arguments)), tuple(self.point())
        )

    def test_the_first_entries_are_tiny(self) -> None:
        assert 0 < abs(network.gradient(*self.point()).xs[0]).max() < 1e-100

    def test_the_gradient_is_right(self) -> None:
        assert self.report(lambda gradient: gradient)

    def test_a_negated_first_step_is_refuted(self) -> None:
        def negated(gradient: Arguments) -> Arguments:
            return gradient._replace(xs=np.concatenate([-gradient.xs[:1], gradient.xs[1:]]))

        found = leaf(self.report(negated), "xs")
        assert found.verdict == "wrong"
        assert found.entry.index[0] == 0
        assert found.reason == "2 of 400 entries differ"

    def test_a_zeroed_first_step_is_refuted(self) -> None:
        def zeroed(gradient: Arguments) -> Arguments:
            return gradient._replace(xs=np.concatenate([0 * gradient.xs[:1], gradient.xs[1:]]))

        found = leaf(self.report(zeroed), "xs")
        assert found.verdict == "wrong"
        assert found.entry.index[0] == 0

    def test_a_doubled_initial_state_is_refuted(self) -> None:
        def doubled(gradient: Arguments) -> Arguments:
            assert gradient.h0 is not None
            return gradient._replace(h0=2 * gradient.h0)

        report = self.report(doubled)
        assert leaf(report, "h0").verdict == "wrong"
        assert leaf(report, "xs").verdict == "right"


class TestSmallErrors:
    @pytest.mark.parametrize("error", [1e-6, 1e-9, 1e-12, 1e-14])
    def test_a_relative_error_is_refuted(self, error: float) -> None:
        assert judge_gradient(lambda x: (x**3).sum(), lambda x: 3 * x**2 * (1 + error), (X,)).verdict == "wrong"

    def test_a_constant_that_was_rounded_to_float64_is_right_and_said_to_be(self) -> None:
        report = judge_gradient(lambda x: (x / 3).sum(), lambda x: 0 * x + 1.0 / 3, (X,))
        assert report
        assert leaf(report, "x").reason == "to within what float64 shows"
        assert leaf(report, "x").digits == 16

    @pytest.mark.parametrize(("extra", "digits"), [(1e-16, 16), (1e-30, 30)])
    def test_less_than_a_few_roundings_of_the_entry_is_agreement_to_so_many_digits(
        self, extra: float, digits: int
    ) -> None:
        found = leaf(judge_gradient(lambda x: (x * x).sum(), lambda x: 2 * x + extra, (X,)), "x")
        assert (found.verdict, found.reason, found.digits) == ("right", "to within what float64 shows", digits)

    @pytest.mark.parametrize("extra", [1e-16, 1e-30])
    def test_less_than_a_few_roundings_of_another_entry_is_wrong(self, extra: float) -> None:
        report = judge_gradient(lambda x: (x * x).sum(), lambda x: 2 * x + extra, (np.array([1.0, 1e-40]),))
        assert leaf(report, "x").wrong_entries.tolist() == [False, True]

    def test_less_than_a_few_roundings_of_a_zero_is_wrong(self) -> None:
        assert judge_gradient(lambda x: (x * x).sum(), lambda x: 2 * x + 1e-300, (0 * X,)).verdict == "wrong"

    @pytest.mark.parametrize("seed", range(10))
    def test_a_product_of_data_that_was_rounded_before_is_not_accused(self, seed: int) -> None:
        normal = np.random.default_rng(seed).normal
        A, y = normal(size=(20, 3)), normal(size=20)
        gram, moment = A.T @ A, A.T @ y

        def f(w: Array) -> Any:
            return ((A @ w - y) ** 2).sum() / 2

        point = (normal(size=3),)
        assert judge_gradient(f, lambda w: gram @ w - moment, point).formula.verdict != "wrong"
        assert judge_gradient(f, lambda w: A.T @ (A @ w - y), point).formula.verdict == "right"
        assert judge_gradient(f, lambda w: gram @ w - moment * (1 + 1e-12), point).verdict == "wrong"

    def test_a_constant_of_float32_may_have_been_rounded_to_it(self) -> None:
        assert judge_gradient(lambda x: (x / 3).sum(), lambda x: 0 * x + np.float32(1 / 3), (X,)).verdict == "undecided"

    def test_a_tiny_entry_does_not_hide_behind_a_large_one(self) -> None:
        scale = np.array([1e150, 1e-150])
        gradient = lambda x: scale * x * np.array([1, 2])  # noqa: E731
        found = leaf(judge_gradient(lambda x: (scale * x * x).sum() / 2, gradient, (np.ones(2),)), "x")
        assert (found.verdict, found.entry.index, found.reason) == ("wrong", (1,), "1 of 2 entries differ")


class TestCancellation:
    def test_a_zero_that_is_only_known_to_be_small_is_right_below_the_smallest_float(self) -> None:
        def f(x: Array) -> Any:
            return np.exp(x).sum() - np.exp(x).sum() + (x * 0).sum()

        assert judge_gradient(f, lambda x: 0 * x, (X,))

    def test_a_true_entry_of_1e_minus_200_that_is_claimed_to_be_zero_is_wrong(self) -> None:
        def f(x: Array) -> Any:
            return np.exp(x).sum() - np.exp(x).sum() + (x * 1e-200).sum()

        assert judge_gradient(f, lambda x: 0 * x, (X,)).verdict == "wrong"

    def test_saturated_units_are_right_although_one_minus_h_cancels(self) -> None:
        def gradient(x: Array) -> Any:
            h = sigmoid(x)
            return h * (1 - h)

        report = judge_gradient(lambda x: sigmoid(x).sum(), gradient, (np.array([-900.0, 0.0, 40.0, 300.0]),))
        assert report
        assert report.formula.digits is not None
        assert report.formula.digits > 50

    def test_a_true_entry_of_1e_minus_250_that_is_claimed_to_be_zero_is_wrong(self) -> None:
        def f(x: Array) -> Any:
            return np.exp(x).sum() - np.exp(x).sum() + (x * 1e-250).sum()

        assert judge_gradient(f, lambda x: 0 * x, (X,)).verdict == "wrong"

    def test_an_agreement_to_few_digits_is_not_enough(self) -> None:
        report = judge_gradient(sigmoid.function, lambda x: sigmoid(x) * (1 - sigmoid(x)), (np.array(90.0),))
        assert report
        assert report.formula.digits == 200

    def test_a_constant_some_roundings_away_is_undecided(self) -> None:
        assert judge_gradient(lambda x: 0.1 * x, lambda x: 0 * x + 0.1 * (1 + 2**-48), (1.5,)).verdict == "undecided"


class TestKinks:
    def test_one_wrong_leaf_is_enough_beside_an_undecided_one(self) -> None:
        report = judge_gradient(lambda x, y: abs(x) + y * y, lambda x, y: (0, y), (0.0, 2.0))
        assert (leaf(report, "x").verdict, leaf(report, "y").verdict, report.verdict) == ("undecided", "wrong", "wrong")

    def test_the_kink_of_an_absolute_value_is_undecided(self) -> None:
        report = judge_gradient(lambda x: abs(x).sum(), np.sign, (np.array([1.0, -2.0, 0.0]),))
        assert report.verdict == "undecided"
        assert leaf(report, "x").entry.index == (2,)

    def test_away_from_the_kink_it_is_right(self) -> None:
        assert judge_gradient(lambda x: abs(x).sum(), np.sign, (np.array([1.0, -2.0, 1e-300]),))

    def test_a_wrong_entry_beside_a_kink_is_refuted(self) -> None:
        report = judge_gradient(lambda x: abs(x).sum(), lambda x: -np.sign(x), (np.array([1.0, 0.0]),))
        assert report.verdict == "wrong"
        assert leaf(report, "x").entry.index == (0,)

    @pytest.mark.parametrize("slope_at_zero", [0, 1])
    def test_a_rectifier_at_zero_is_undecided_whichever_slope_is_claimed(self, slope_at_zero: int) -> None:
        def gradient(x: Array) -> Any:
            return np.where(x > 0, 1, np.where(x == 0, slope_at_zero, 0))

        report = judge_gradient(lambda x: np.maximum(x, 0).sum(), gradient, (np.array([1.0, 0.0]),))
        assert report.verdict == "undecided"
        assert report.formula.reason == (
            f"x[1] is {'1.00000' if slope_at_zero else '0'} by hand, between 0 and 1.00000 by ball arithmetic"
            " (f has a kink there, it seems)"
        )
        assert leaf(report, "x").kink

    def test_a_rectifier_elsewhere_is_judged(self) -> None:
        def f(x: Array) -> Any:
            return np.maximum(x, 0).sum()

        assert judge_gradient(f, lambda x: np.where(x > 0, 1, 0), (X,))
        assert judge_gradient(f, lambda x: np.where(x < 0, 1, 0), (X,)).verdict == "wrong"

    @pytest.mark.filterwarnings("ignore::RuntimeWarning")  # as its caller would see them
    def test_a_point_without_a_derivative_is_undecided(self) -> None:
        for gradient in (lambda x: 0 * x, lambda x: 1 / (2 * np.sqrt(x))):
            report = judge_gradient(lambda x: np.sqrt(x).sum(), gradient, (np.array([0.0]),))
            assert report.verdict == "undecided"


class TestFunctionsOfFloats:
    def test_a_gradient_that_needs_floats_is_undecided_by_balls_and_told_why(self) -> None:
        def gradient(x: Array) -> Any:
            return [2 * take_float(entry) for entry in x]

        report = judge_gradient(lambda x: (x * x).sum(), gradient, (X,), method="balls")
        assert report.verdict == "undecided"
        reason = report.formula.reason
        assert re.match(
            r"gradient runs on floats but not on balls at floats_only.py:\d+: RefusedFloatError: Ball", reason
        )

    def test_a_function_that_needs_floats_is_undecided_by_balls(self) -> None:
        report = judge_gradient(lambda x: take_float(x[0]) ** 2, lambda x: 2 * x, (X,), method="balls")
        assert report.verdict == "undecided"
        assert report.formula.reason.startswith("f runs on floats but not on balls")

    def test_what_is_computed_from_a_point_that_is_closed_over_is_computed_on_balls(self) -> None:
        assert judge_gradient(lambda x: np.exp(x).sum(), lambda _: np.exp(X), (X,))
        assert judge_gradient(lambda x: np.exp(x).sum(), lambda _: np.exp(X) * (1 + 1e-14), (X,)).verdict == "wrong"

    @pytest.mark.parametrize("error", [1e-13, 1e-15])
    def test_floats_that_may_be_rounded_are_undecided(self, error: float) -> None:
        text = " ".join(str(entry) for entry in np.exp(X) * (1 + error))
        found = leaf(judge_gradient(lambda x: np.exp(x).sum(), lambda _: list(map(float, text.split())), (X,)), "x")
        assert found.verdict == "undecided"
        assert ("returned floats" if error == 1e-13 else "rounding of floats") in found.reason

    def test_floats_that_cannot_be_rounded_right_are_wrong(self) -> None:
        assert judge_gradient(lambda x: 0.75 * x, lambda x: 0.7, (2.0,)).verdict == "wrong"
        assert judge_gradient(lambda x: (X * x).sum(), lambda x: 2 * X, (X,)).verdict == "wrong"

    def test_constants_are_judged_exactly(self) -> None:
        assert judge_gradient(lambda x: (X * x).sum(), lambda x: X, (X,))
        assert judge_gradient(lambda x: 2 * x, lambda x: 2, (0.1,))
        assert judge_gradient(lambda x: 2 * x, lambda x: 3, (0.1,)).verdict == "wrong"
        assert judge_gradient(lambda x: 7.0, lambda x: np.zeros(3), (X,))

    @pytest.mark.parametrize("x", [19.5, 21.0])
    def test_a_float_that_cancelled_to_zero_is_right_as_a_formula_and_warned_of(self, x: float) -> None:
        report = judge_gradient(np.tanh, lambda _: 1 - np.tanh(x) ** 2, (x,))
        assert report.verdict == "right"
        assert re.match(r"x is 0 on floats, \S+e-\d+ in truth: no digit of it is right", report.lost_digits[0])
        assert judge_gradient(np.tanh, lambda _: 1 - np.tanh(x), (x,)).verdict == "wrong"

    @pytest.mark.parametrize(
        ("f", "gradient", "x"),
        [
            (lambda x: (1 / 3) * x**2 - x, lambda x: 2 * x / 3 - 1, 1.5),
            (lambda x: np.e**x, np.exp, 30.0),
        ],
    )
    def test_a_rounded_constant_that_cancellation_amplifies_is_undecided(self, f: Any, gradient: Any, x: float) -> None:
        assert judge_gradient(f, gradient, (x,)).verdict == "undecided"

    def test_a_rounded_constant_that_shows_in_no_float_of_the_gradient_is_agreement(self) -> None:
        f = lambda x: 0.1 * x**2 / 2 - x  # noqa: E731
        report = judge_gradient(f, lambda x: x / 10 - 1, (10.5,))
        assert (report.verdict, leaf(report, "x").digits) == ("right", 14)
        assert judge_gradient(f, lambda x: x / 10 - (1 + 2**-48), (10.5,)).verdict != "right"

    @pytest.mark.parametrize("bad", [np.nan, np.inf])
    def test_a_claimed_nan_or_infinity_is_wrong(self, bad: float) -> None:
        found = leaf(judge_gradient(lambda x: (x * x).sum(), lambda x: np.array([2 * x[0], bad, 2 * x[2]]), (X,)), "x")
        assert (found.verdict, found.entry.index) == ("wrong", (1,))

    def test_an_error_that_floats_raise_too_is_the_callers(self) -> None:
        def gradient(x: Array) -> Any:
            return x.no_such_thing  # type: ignore[attr-defined]

        with pytest.raises(AttributeError, match="'numpy.ndarray' object has no attribute 'no_such_thing'"):
            judge_gradient(lambda x: (x * x).sum(), gradient, (X,))


class TestOneFunction:
    """f and the gradient are called several times: on floats, on balls and on traced balls."""

    @pytest.mark.parametrize("value", [0, 8])
    def test_an_f_that_writes_into_its_arguments_is_judged_by_what_it_was_given(self, value: int) -> None:
        def f(x: Array) -> Any:
            x *= 2
            return (x * x).sum()

        assert judge_gradient(f, lambda x: value * x, (X,)).verdict == ("right" if value == 8 else "wrong")

    def test_an_f_that_replaces_its_arguments_has_no_slope(self) -> None:
        def f(x: Array) -> Any:
            x[0] = 0
            return (x * x).sum()

        assert judge_gradient(f, lambda x: 2 * x * np.array([0, 1, 1]), (X,))
        assert judge_gradient(f, lambda x: 2 * x, (X,)).verdict == "wrong"

    def test_integer_arguments_are_copied(self) -> None:
        def gradient(tokens: Array, x: Array) -> Any:
            tokens[:] = 0
            return None, x * 0 + np.array([0, 1, 0])

        tokens = np.array([1, 1])
        assert judge_gradient(lambda tokens, x: x[tokens[0]], gradient, (tokens, X))
        np.testing.assert_array_equal(tokens, [1, 1])

    def test_a_backward_pass_may_use_what_the_forward_pass_kept(self) -> None:
        kept: dict[str, Any] = {}

        def f(x: Array) -> Any:
            kept["h"] = np.tanh(x)
            return kept["h"].sum()

        f(X)
        assert judge_gradient(f, lambda x: 1 - kept["h"] ** 2, (X,))
        assert judge_gradient(f, lambda x: 1 - kept["h"], (X,)).verdict == "wrong"

    def test_an_f_that_keeps_its_first_result_is_judged_as_in_its_first_call(self) -> None:
        kept: list[Any] = []

        def f(x: Array) -> Any:
            kept.append(np.tanh(x))
            return (kept[0] * 2).sum()

        assert judge_gradient(f, lambda x: 2 * (1 - np.tanh(x) ** 2), (X,))
        assert judge_gradient(f, lambda x: 2 * (1 - np.tanh(x)), (X,)).verdict == "wrong"
        assert kept == []

    def test_an_f_that_returns_what_an_earlier_call_kept_is_undecided(self) -> None:
        kept = [np.tanh(X)]

        def f(x: Array) -> Any:
            kept.append(np.tanh(x))
            return (kept[0] * 2).sum()

        report = judge_gradient(f, lambda x: 2 * (1 - np.tanh(x) ** 2), (X,))
        assert report.verdict == "undecided"
        assert "f does not depend on its arguments" in report.formula.reason

    def test_a_gradient_that_uses_what_f_kept_out_of_sight_on_other_balls_is_undecided(self) -> None:
        kept = threading.local()  # which is not put back

        def f(x: Array) -> Any:
            kept.h = abs(x)
            return kept.h.sum()

        report = judge_gradient(f, lambda x: np.sign(x) + x * kept.h, (np.array([0.0, 1.0]),))
        assert report.verdict == "undecided"
        assert "gradient uses a value that was kept from another call" in report.formula.reason

    def test_an_f_with_noise_of_its_own_is_undecided(self) -> None:
        noise: Any = lambda: os.urandom(1)[0] + 1  # noqa: E731
        report = judge_gradient(lambda x: sum(noise() for _ in range(9)) * x.sum(), lambda x: x, (X,))
        assert report.verdict == "undecided"
        assert "or each time another" in report.formula.reason

    def test_an_f_that_does_something_else_with_balls_is_judged_by_its_floats(self) -> None:
        def f(x: Any) -> Any:
            return (x**2).sum() if type(x) is np.ndarray else (x**3).sum()

        report = judge_gradient(f, lambda x: 2 * x, (X,))
        assert report.verdict == "right"
        assert report.formula.reference != "by ball arithmetic"
        assert judge_gradient(f, lambda x: 3 * x**2, (X,)).verdict == "wrong"
        by_balls = judge_gradient(f, lambda x: 3 * x**2, (X,), method="balls")
        assert by_balls.verdict == "undecided"
        assert "f runs on floats but not on balls as it does on floats" in by_balls.reason

    @pytest.mark.filterwarnings("ignore::RuntimeWarning")  # as its caller would see them
    @pytest.mark.parametrize("slope", [1, -1])
    def test_an_f_that_is_not_finite_is_undecided(self, slope: int) -> None:
        report = judge_gradient(np.log, lambda x: slope / x, (-1.0,))
        assert report.verdict == "undecided"
        assert report.formula.reason == "f is not finite at this point"

    def test_a_power_at_the_end_of_its_domain_is_undecided(self) -> None:
        assert judge_gradient(lambda x: x**1.5, lambda x: 1.5 * x**0.5, (0.0,)).verdict == "undecided"
        assert judge_gradient(lambda x: x**0 + x, lambda x: x**0, (0.0,))

    def test_an_absolute_value_that_is_written_twice_is_one(self) -> None:
        assert judge_gradient(lambda x: abs(x) - abs(x) + x, lambda x: x**0, (0.0,))

    def test_a_comparison_with_an_unknown_kind_of_number_is_no_silent_no(self) -> None:
        report = judge_gradient(lambda x: x * 2 if x == Fraction(1, 2) else x * 3, lambda x: 2, (0.5,))
        assert report.verdict == "undecided"

    def test_an_argument_may_be_copied(self) -> None:
        def f(x: Any) -> Any:
            return copy.copy(x) * copy.deepcopy(x)

        assert judge_gradient(f, lambda x: 2 * x, (1.5,))


class Layer(NamedTuple):
    W: Any
    b: Any = None


class TestStructures:
    def test_leaves_are_named_by_their_path(self) -> None:
        def f(params: dict[str, Any], x: Array) -> Any:
            return sum((params[name] * x).sum() for name in ("W", "V")) + params["layers"][0].W * params["scale"]

        def gradient(params: dict[str, Any], x: Array) -> Any:
            layer = Layer(W=params["scale"])
            return {"layers": [layer], "scale": params["layers"][0].W, "W": x, "V": x}, params["W"] + params["V"]

        params = {"W": X, "V": 2 * X, "layers": [Layer(3.0)], "scale": 0.5}
        report = judge_gradient(f, gradient, (params, X))
        assert report
        paths = {"params['V']", "params['W']", "params['layers'][0].W", "params['scale']", "x"}
        assert {leaf.path for leaf in report.formula.leaves} == paths

    def test_arguments_without_names_are_numbered(self) -> None:
        report = judge_gradient(lambda *xs: xs[0] * xs[1], lambda *xs: (xs[1], xs[0]), (2.0, 3.0))
        assert [leaf.path for leaf in report.formula.leaves] == ["argument_0", "argument_1"]

    def test_integers_and_booleans_are_passed_on_and_not_differentiated(self) -> None:
        def f(tokens: Array, keep: Array, x: Array) -> Any:
            return x[tokens][keep].sum()

        def gradient(tokens: Array, keep: Array, x: Array) -> Any:
            x_bar = 0 * x
            np.add.at(x_bar, tokens[keep], 1)
            return None, None, x_bar

        tokens, keep = np.array([0, 2, 2]), np.array([True, True, False])
        report = judge_gradient(f, gradient, (tokens, keep, X))
        assert report
        assert [leaf.path for leaf in report.formula.leaves] == ["x"]

    @pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
    def test_every_float_type_of_at_most_64_bits_is_taken_exactly(self, dtype: str) -> None:
        x = np.array([0.1, 0.2], dtype=dtype)
        assert judge_gradient(lambda x: (x**3).sum(), lambda x: 3 * x**2, (x,))

    def test_the_arguments_are_left_alone(self) -> None:
        def gradient(x: Array) -> Any:
            x *= 2
            return x

        x = X.copy()
        assert judge_gradient(lambda x: (x * x).sum(), gradient, (x,))
        np.testing.assert_array_equal(x, X)

    @pytest.mark.parametrize("shape", [(3, 1), (1, 3), (2,), ()])
    def test_a_gradient_of_another_shape_is_wrong(self, shape: tuple[int, ...]) -> None:
        report = judge_gradient(lambda x: x.sum(), lambda x: np.ones(shape), (X,))
        assert report.verdict == "wrong"
        assert report.formula.reason == f"x: the gradient has shape {shape}; it should be (3,)"


class TestBadInput:
    @pytest.mark.parametrize(
        ("arguments", "error", "message"),
        [
            ([X], TypeError, r"at must be the tuple of f's arguments, .* for them; got list"),
            (X, TypeError, r"at must be the tuple of f.s arguments, \(x,\) for a single one, .* got ndarray"),
            ((), ValueError, r"at least one array of floats to differentiate by; got no array at all"),
            ((np.arange(3),), ValueError, r"at least one array of floats to differentiate by; got x: int64"),
            ((np.array([1.0, np.nan]),), ValueError, r"x must be finite for a verdict; got nan at index \(1,\)"),
            ((float("inf"),), ValueError, r"x must be finite for a verdict; got inf at index \(\)"),
            ((np.array([1j]),), TypeError, r"x is complex, which is not offered"),
            ((np.longdouble(1),), TypeError, r"x must be .* of at most 64 bits, .* got an array of dtype float128"),
            (("W",), TypeError, r"x must be .* or a tuple, list, dict or NamedTuple of such; got str"),
            ((np.ma.masked_array([1.0]),), TypeError, r"x must be a plain array; got MaskedArray"),
        ],
    )
    def test_arguments_that_cannot_be_judged_are_named(
        self, arguments: Any, error: type[Exception], message: str
    ) -> None:
        with pytest.raises(error, match=message):
            judge_gradient(lambda x: x.sum(), lambda x: x, arguments)

    @pytest.mark.parametrize(("value", "shape"), [(lambda x: x, r"\(3,\)"), (lambda x: x[:1], r"\(1,\)")])
    def test_an_f_that_is_no_scalar_is_refused(self, value: Any, shape: str) -> None:
        with pytest.raises(ValueError, match=f"f must return a scalar; got an array of shape {shape}"):
            judge_gradient(value, lambda x: x, (X,))

    def test_an_f_that_returns_nothing_is_refused(self) -> None:
        with pytest.raises(TypeError, match="f must return a real number; got NoneType"):
            judge_gradient(lambda x: None, lambda x: x, (X,))

    def test_a_gradient_of_another_structure_is_refused(self) -> None:
        with pytest.raises(
            ValueError, match="gradient must return a tuple of 2, one for each argument of f; got ndarray"
        ):
            judge_gradient(lambda x, y: (x * y).sum(), lambda x, y: y, (X, X))
        with pytest.raises(
            ValueError, match=r"gradient must have the structure of f's arguments, \(\*, \*\); got \(\*,\)"
        ):
            judge_gradient(lambda x, y: (x * y).sum(), lambda x, y: (y,), (X, X))
        with pytest.raises(ValueError, match=r"arguments, \(\{'W': \*\},\); got \(\{'V': \*\},\)"):
            judge_gradient(lambda p: (p["W"]).sum(), lambda p: {"V": p["W"]}, ({"W": X},))
        with pytest.raises(ValueError, match="gradient by the single argument itself; got a tuple of 1"):
            judge_gradient(lambda x: x.sum(), lambda x: (x,), (X,))
        with pytest.raises(
            ValueError, match="gradient by y must be an array; got None .to hold it fixed, leave it out of wrt"
        ):
            judge_gradient(lambda x, y: (x * y).sum(), lambda x, y: (y, None), (X, X))

    def test_a_gradient_that_holds_no_numbers_is_refused(self) -> None:
        with pytest.raises(TypeError, match="gradient by x must be an array of real numbers; got str 'a'"):
            judge_gradient(lambda x: x.sum(), lambda x: ["a", "b", "c"], (X,))

    def test_a_gradient_of_another_kind_is_refused(self) -> None:
        for bad in ({"x": X}, "x", {1, 2}):
            with pytest.raises(TypeError, match="gradient by x must be an array of real numbers; got"):
                judge_gradient(lambda x: x.sum(), lambda x, bad=bad: bad, (X,))
        with pytest.raises(ValueError, match="gradient by x must be an array; got a ragged list"):
            judge_gradient(lambda x: x.sum(), lambda x: [np.ones((2, 3)), np.ones((2, 4))], (X,))

    def test_a_list_of_numbers_is_an_array(self) -> None:
        assert judge_gradient(lambda x: x.sum(), lambda x: [np.array(1.0), np.float32(1), 1], (X,))

    def test_what_is_no_function_is_refused(self) -> None:
        with pytest.raises(TypeError, match="gradient must be a function of the arguments; got ndarray"):
            judge_gradient(lambda x: x.sum(), X, (X,))  # type: ignore[call-overload]
        with pytest.raises(TypeError, match="f must be a function of the arguments; got int"):
            judge_gradient(3, lambda x: x, (X,))  # type: ignore[call-overload]

    @pytest.mark.parametrize("seed", [-1, 2**32, 1.5, True, "0"])
    def test_a_seed_out_of_range_is_refused(self, seed: Any) -> None:
        with pytest.raises(ValueError, match=r"seed must be an integer from 0 to 2\*\*32 - 1; got"):
            judge_gradient(lambda x: x.sum(), lambda x: x, (X,), seed=seed)


class TestSeed:
    @staticmethod
    def with_dropout(x: Array) -> Any:
        return (x * x * np.random.randint(0, 2, 3)).sum()  # noqa: NPY002

    @staticmethod
    def its_gradient(x: Array) -> Array:
        return 2 * x * np.random.randint(0, 2, 3)  # noqa: NPY002

    def test_random_numbers_are_the_same_for_f_and_gradient(self) -> None:
        assert all(judge_gradient(self.with_dropout, self.its_gradient, (X,), seed=seed) for seed in range(5))
        assert judge_gradient(self.with_dropout, lambda x: 2 * x, (X,), seed=0).verdict == "wrong"

    def test_the_generator_of_the_caller_is_put_back(self) -> None:
        np.random.seed(3)  # noqa: NPY002
        expected = np.random.random(3)  # noqa: NPY002
        np.random.seed(3)  # noqa: NPY002
        judge_gradient(self.with_dropout, self.its_gradient, (X,))
        np.testing.assert_array_equal(np.random.random(3), expected)  # noqa: NPY002

    def test_the_seed_is_printed_and_zero_by_default(self) -> None:
        assert "seed 0," in str(judge_gradient(self.with_dropout, self.its_gradient, (X,)))
        assert "seed 7," in str(judge_gradient(self.with_dropout, self.its_gradient, (X,), seed=7))


class TestReport:
    def test_it_is_true_only_when_right(self) -> None:
        assert bool(judge_gradient(np.sum, lambda x: 1 + 0 * x, (X,))) is True
        assert bool(judge_gradient(np.sum, lambda x: 2 + 0 * x, (X,))) is False
        assert bool(judge_gradient(np.sum, lambda x: np.ones(3) * take_float(x[0]), (X,))) is False

    def test_a_wrong_one_prints_the_entry_with_both_values(self) -> None:
        text = str(judge_gradient(lambda x: (x**3).sum(), lambda x: 3 * x * np.array([x[0], x[1], 1]), (X,)))
        assert "wrong: x[2] is 6.00000 by hand, 12.0000 by ball arithmetic (1 of 3 entries differ)" in text

    def test_both_values_are_printed_to_where_they_differ(self) -> None:
        found = leaf(judge_gradient(lambda x: x**3, lambda x: 3 * x**2 * (1 + 1e-12), (2.0,)), "x")
        assert found.entry.by_hand.startswith("12.000000000012")
        assert float(found.entry.reference) == 12

    def test_assert_gradient_raises_what_there_is_to_say(self) -> None:
        check_gradient(lambda x: x**2, lambda x: 2 * x, (1.5,))
        with pytest.raises(
            GradientMismatch,
            match="^wrong by x: x is 1.50000, not 3.00000\nx: by hand   1.50000\n   reference",
        ):
            check_gradient(lambda x: x**2, lambda x: x, (1.5,))
        with pytest.raises(GradientUndecided, match="undecided: f runs on floats but not on balls"):
            check_gradient(lambda x: take_float(x) ** 2, lambda x: 2 * x, (1.5,), method="balls")
        assert issubclass(GradientMismatch, AssertionError)
        assert not issubclass(GradientUndecided, AssertionError)

    def test_it_pickles_copies_and_prints_the_same_each_time(self) -> None:
        report = judge_gradient(lambda x: np.exp(x).sum(), lambda x: x, (X,))
        assert pickle.loads(pickle.dumps(report)) == copy.deepcopy(report) == report
        assert str(judge_gradient(lambda x: np.exp(x).sum(), lambda x: x, (X,))) == str(report)

    def test_the_precision_of_the_process_is_left_as_it_was(self) -> None:
        before = ctx.prec
        judge_gradient(lambda x: np.exp(x) - np.exp(x), lambda x: 0 * x, (0.1,))
        assert ctx.prec == before


@pytest.mark.parametrize("scale", [1.0, 1e3])
def test_a_value_of_f_that_cancels_is_no_other_function(scale: float) -> None:
    x = np.array([40.0, -41.0])  # both are 1 to within a rounding, so that the floats of f are 0
    report = judge_gradient(lambda x: scale * np.tanh(x).sum(), lambda x: scale * (1 - np.tanh(x) ** 2), (x,))
    assert report.verdict == "right"


class TestThreads:
    @pytest.mark.parametrize(
        ("f", "gradient"),
        [
            (lambda x: abs(x).sum(), np.sign),
            (lambda x: ((x + abs(x)) / 2).sum(), lambda x: (x > 0) * 1.0),
            (lambda x: (x * abs(x)).sum(), lambda x: 2 * abs(x)),
        ],
        ids=["|x|", "a rectifier", "x |x|"],
    )
    def test_equal_calls_in_three_threads_have_equal_reports(self, f: Any, gradient: Any) -> None:
        point = np.array([0.0, -1.0, 2.0])  # at a kink, where what one thread meets must not bear on another

        def judge(_: int) -> str:
            report = judge_gradient(f, gradient, (point,))
            return f"{report!r} {report.formula} {report.arithmetic}"

        before = sys.getswitchinterval()
        sys.setswitchinterval(1e-6)
        try:
            with ThreadPoolExecutor(3) as threads:
                reports = list(threads.map(judge, range(60)))
        finally:
            sys.setswitchinterval(before)
        assert len(set(reports)) == 1


class TestNumbers:
    """A report holds numbers, not only sentences."""

    def test_both_values_of_every_entry_and_where_they_exclude_each_other(self) -> None:
        (leaf,) = judge_gradient(lambda x: (x**2).sum(), lambda x: x * np.array([2, 2, 3]), (X,)).formula.leaves
        np.testing.assert_array_equal(leaf.by_hand_values, X * [2, 2, 3])
        np.testing.assert_array_equal(leaf.reference_values, 2 * X)
        np.testing.assert_array_equal(leaf.wrong_entries, [False, False, True])

    def test_a_rule_on_floats_has_them_too(self) -> None:
        def gradient(x: Array) -> Any:
            return [3 * take_float(x[0]), *(2 * take_float(entry) for entry in x[1:])]

        (leaf,) = judge_gradient(lambda x: (x**2).sum(), gradient, (X,)).formula.leaves
        np.testing.assert_array_equal(leaf.wrong_entries, [True, False, False])
        np.testing.assert_array_equal(leaf.reference_values, 2 * X)

    def test_a_rule_on_floats_of_another_shape_is_wrong_and_has_none(self) -> None:
        report = judge_gradient(lambda x: (x**2).sum(), lambda x: [[2 * take_float(entry)] * 2 for entry in x], (X,))
        assert report.reason == "x: the gradient has shape (3, 2); it should be (3,)"
        assert report.formula.leaves[0].by_hand_values is None

    def test_it_becomes_json_with_a_schema(self) -> None:
        report = judge_gradient(lambda x: (x**2).sum(), lambda x: 3 * x, (X,))
        found = json.loads(json.dumps(report.to_dict(), allow_nan=False))
        assert (found["schema"], found["verdict"], found["seed"]) == (1, "wrong", 0)
        assert found["formula"]["leaves"][0]["wrong_entries"] == [True, True, True]
        assert found["formula"]["leaves"][0]["entry"]["by_hand"] == "6.00000"

    def test_what_is_no_number_becomes_a_word_of_json(self) -> None:
        report = judge_gradient(lambda x: (x**2).sum(), lambda x: x * np.inf, (X,))
        found = json.loads(json.dumps(report.to_dict(), allow_nan=False))
        assert found["formula"]["leaves"][0]["by_hand_values"] == ["inf", "-inf", "inf"]


def test_the_worst_of_several_verdicts_is_their_maximum() -> None:
    assert max(Verdict.UNDECIDED, Verdict.RIGHT) == Verdict.UNDECIDED
    assert max(Verdict) == Verdict.WRONG
    assert repr([Verdict.RIGHT]) == "['right']"


def test_an_empty_choice_of_what_to_differentiate_by_is_named() -> None:
    with pytest.raises(ValueError, match=r"wrt must name, and at hold, with wrt=\[\], at least one array of floats"):
        judge_gradient(lambda x: x.sum(), lambda x: (), (X,), wrt=[])


def test_errors_are_shown_under_the_name_by_which_they_are_imported() -> None:
    names = [f"{error.__module__}.{error.__qualname__}" for error in (GradientMismatch, GradientUndecided)]
    assert names == ["bptt.verify.GradientMismatch", "bptt.verify.GradientUndecided"]


class TestThreadsOfTheUser:
    """A function may hand its work to threads of its own: they compute with the balls of the run that started them."""

    def test_a_rounded_constant_is_one_there_too(self) -> None:
        with ThreadPoolExecutor(2) as pool:
            report = judge_gradient(
                lambda x: (x * x * x).sum() / 9,
                lambda x: np.array(list(pool.map(lambda v: v * v * (1 / 3), x))),
                (np.array([0.3, 0.7, 1.1]),),
            )
        assert report.verdict == "right"

    def test_an_open_comparison_is_tried_both_ways_there_too(self) -> None:
        with ThreadPoolExecutor(2) as pool:
            report = judge_gradient(
                lambda x: sum(pool.map(lambda v: v * v if v > 0 else -v * v, x)),
                lambda x: 2 * np.abs(x),
                (np.array([0.0, 0.7]),),
            )
        assert report.verdict == "right"


def test_floats_that_are_wrong_alone_have_their_numbers_too() -> None:
    def detour(x: Array) -> Any:
        return (2 * x).astype(np.float16).astype(np.float64)

    report = judge_gradient(lambda x: (x**2).sum(), detour, (np.array([0.1, 0.5]),))
    (leaf,) = report.wrong_leaves
    assert report.formula.verdict == "right"
    np.testing.assert_array_equal(leaf.wrong_entries, [True, False])
    assert leaf.reference_values is not None
    assert leaf.reference_values.tolist() == pytest.approx([0.2, 1.0])


def test_an_f_that_refuses_balls_is_run_on_them_once() -> None:
    types: queue.SimpleQueue[type] = queue.SimpleQueue()  # which is not put back

    def f(x: Array) -> float:
        types.put(type(x))
        return take_float((x**2).sum())

    judge_gradient(f, lambda x: 2 * x, (X,))
    assert [types.get() for _ in range(types.qsize())].count(BallArray) == 1
