"""What is said where balls cannot go: a gradient on floats beside the true one, and slopes of an f on floats."""

import functools
import math
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bptt.rnn import elman, network
from bptt.rnn.arrays import Array
from bptt.rnn.network import Arguments
from bptt.verify import Report, judge_gradient
from tests.corpus.floats_only import take_float
from tests.corpus.wrong_gradients import WRONG_GRADIENTS, Wrong, right
from tests.rnn.regimes import REGIMES, Case, cases

X = np.array([0.5, -1.25, 2.0])


def on_floats(function: Any) -> Any:
    """The same function, of floats only."""

    def of_floats(*arguments: Any) -> Any:
        take_float(np.ravel(arguments[-1])[0])
        return function(*arguments)

    return of_floats


def sum_of_cubes(x: Array) -> Any:
    return (x**3).sum()


def leaf(report: Report, path: str) -> Any:
    return next(leaf for leaf in report.formula.leaves if leaf.path == path)


class TestAGradientOnFloats:
    """f runs on balls, the gradient does not."""

    @staticmethod
    def judged(case: Case, gradient: Any) -> Report:
        loss = partial(network.loss, cell=elman.cell(case.activation))
        return judge_gradient(loss, on_floats(partial(gradient, case.activation)), tuple(case.point))

    @pytest.mark.parametrize("regime", REGIMES)
    @given(st.data())
    @settings(max_examples=10)
    def test_the_right_one_is_never_accused(self, regime: str, data: st.DataObject) -> None:
        assert self.judged(data.draw(cases(regime)), right).verdict != "wrong"

    def test_a_sum_that_is_nothing_but_rounding_has_no_digits_to_count(self) -> None:
        """All classes alike: by a common shift of their scores the loss does not change, whatever floats make of it."""
        X = np.random.default_rng(0).normal(size=(7, 3))

        def p(w: Array, b: Any) -> Any:
            z = X @ w + b
            return np.exp(z - z.max()) / np.exp(z - z.max()).sum()

        loss = lambda w, b: -np.log(p(w, b)[0])  # noqa: E731
        by_hand: Any = lambda w, b: ((p(w, b) - np.eye(7)[0]) @ X, (p(w, b) - np.eye(7)[0]).sum())  # noqa: E731
        point = (np.array([0.3, -0.2, 0.1]), 0.5)
        assert judge_gradient(loss, on_floats(by_hand), point).verdict == "right"
        assert judge_gradient(loss, on_floats(lambda w, b: (by_hand(w, b)[0], 1e-6)), point).verdict == "wrong"

    @pytest.mark.parametrize(
        "mistake", [m for m in WRONG_GRADIENTS if m.smallest and "1e-12" not in m.kind], ids=lambda m: m.kind
    )
    def test_a_mistake_is_refuted(self, mistake: Wrong) -> None:
        normal = np.random.default_rng(1).normal
        cell = elman.Weights(normal(size=(3, 2)), normal(size=(3, 3)), normal(size=3))
        weights = network.Weights(cell, normal(size=(2, 3)))
        point = Arguments(weights, normal(size=(2, 3)), normal(size=(5, 2, 2)), normal(size=(2, 2)))
        sigmoid = REGIMES["benign"].activations[0]
        assert self.judged(Case(sigmoid, point), mistake.gradient).verdict == "wrong"

    def test_it_is_right_to_the_digits_that_rounding_leaves_and_says_why_no_more(self) -> None:
        report = judge_gradient(sum_of_cubes, on_floats(lambda x: 3 * x**2), (X,))
        assert report.verdict == "right"
        assert 10 <= leaf(report, "x").digits <= 15
        assert report.arithmetic.verdict == "undecided"
        assert "it cannot be told apart from the formula: gradient runs on floats but not on balls at floats_only" in (
            report.arithmetic.reason
        )

    @pytest.mark.parametrize("error", [1e-3, 1e-6, 1e-9, 1e-11])
    def test_a_small_error_is_refuted(self, error: float) -> None:
        report = judge_gradient(sum_of_cubes, on_floats(lambda x: 3 * x**2 * (1 + error)), (X,))
        assert report.verdict == "wrong"
        assert leaf(report, "x").reason == "3 of 3 entries differ by more than rounding may"

    def test_an_entry_that_rounding_drowns_is_undecided(self) -> None:
        def f(x: Array) -> Any:
            return (1 / (1 + np.exp(-x))).sum()

        def gradient(x: Array) -> Any:
            h = 1 / (1 + np.exp(-x))
            return h * (1 - h)

        report = judge_gradient(f, on_floats(gradient), (np.array([0.5, 38.0]),))
        assert report.verdict == "undecided"
        assert leaf(report, "x").entry.index == (1,)
        assert leaf(report, "x").reason == "1 of 2 entries may be nothing but rounding"

    def test_a_cancelling_loss_is_not_a_false_alarm(self) -> None:
        x = np.array([1.0, 1e8])
        report = judge_gradient(
            lambda x: ((x[0] + x[1]) - x[1] - 0.3) ** 2,
            on_floats(lambda x: 2 * ((x[0] + x[1]) - x[1] - 0.3) * np.array([1.0, 0.0])),
            (x,),
        )
        assert report.verdict != "wrong"

    def test_a_gradient_that_uses_what_f_kept_is_judged(self) -> None:
        kept: dict[str, Any] = {}

        def f(x: Array) -> Any:
            kept["h"] = np.tanh(x)
            return kept["h"].sum()

        def gradient(x: Array) -> Any:
            return [1 - take_float(h) ** 2 for h in kept["h"]] if take_float(x[0]) else None

        assert judge_gradient(f, gradient, (X,)).verdict == "right"

    def test_floats_that_stand_on_a_grid_are_not_accused(self) -> None:
        """p − 1 does where p is nearly 1, and a rounding of the argument does not show it; numbers of Python's."""

        def by_hand(z: Array, factor: float = 1.0) -> Any:
            e = [math.exp(take_float(x) - take_float(z[0])) for x in z]
            return factor * np.array([e[0] / sum(e) - 1, *(x / sum(e) for x in e[1:])])

        for seed in range(5):
            z = np.array([20, 0.3, -1]) + np.random.default_rng(seed).normal(size=3) / 8
            f = lambda z: np.log1p(np.exp(z[1:] - z[0]).sum())  # noqa: E731
            assert judge_gradient(f, by_hand, (z,)).verdict == "right"
            assert judge_gradient(f, partial(by_hand, factor=1.01), (z,)).verdict == "wrong"

    def test_constants_that_a_shorter_type_has_rounded_are_not_accused(self) -> None:
        x, f = X.astype(np.float32), lambda x: (0.1 * x).sum()
        gradient: Any = on_floats(lambda x, slope=0.1: np.full(x.shape, np.float32(slope)))
        assert judge_gradient(f, gradient, (x,)).verdict == "right"
        assert judge_gradient(f, on_floats(lambda x: np.full(x.shape, np.float32(0.101))), (x,)).verdict == "wrong"

    @pytest.mark.parametrize("seed", range(5))
    def test_arguments_that_are_rounded_on_their_way_are_not_accused(self, seed: int) -> None:
        """A rule that computes in float32, whatever it is given, in a function that magnifies that."""
        x = np.random.default_rng(seed).normal(size=4)
        gradient = on_floats(lambda x: np.float32(1e4) * np.cos(np.float32(1e4) * x.astype(np.float32)))
        assert judge_gradient(lambda x: np.sin(1e4 * x).sum(), gradient, (x,)).verdict != "wrong"

    @pytest.mark.parametrize("slope", [0.0, 0.5, 1.0])
    def test_any_subgradient_at_a_kink_is_undecided(self, slope: float) -> None:
        gradient = on_floats(lambda x: np.where(x > 0, 1.0, np.where(x == 0, slope, 0.0)))
        report = judge_gradient(lambda x: np.maximum(x, 0).sum(), gradient, (np.array([1.0, 0.0]),))
        assert report.verdict == "undecided"
        assert leaf(report, "x").kink

    def test_what_is_no_subgradient_at_a_kink_is_not_right(self) -> None:
        gradient = on_floats(lambda x: np.where(x > 0, 1.0, np.where(x == 0, -0.25, 0.0)))
        report = judge_gradient(lambda x: np.maximum(x, 0).sum(), gradient, (np.array([1.0, 0.0]),))
        assert report.verdict != "right"

    @pytest.mark.parametrize("bad", [np.nan, np.inf])
    def test_nan_and_infinity_are_wrong(self, bad: float) -> None:
        gradient = on_floats(lambda x: np.where(x > 1, bad, 3 * x**2))
        assert judge_gradient(sum_of_cubes, gradient, (X,)).verdict == "wrong"

    def test_another_shape_is_wrong(self) -> None:
        report = judge_gradient(sum_of_cubes, on_floats(lambda x: 3 * x[:, None] ** 2), (X,))
        assert report.verdict == "wrong"
        assert "x: the gradient has shape (3, 1); it should be (3,)" in report.reason


class TestAnFOnFloats:
    """Neither f nor, so that it does not matter, the gradient runs on balls."""

    @staticmethod
    def judged(f: Any, gradient: Any, *arguments: Any, **options: Any) -> Report:
        @functools.wraps(f)
        def of_floats(*arguments: Any) -> float:
            return take_float(f(*arguments))

        return judge_gradient(of_floats, gradient, arguments, **options)

    def test_a_right_one_is_right_by_finite_differences(self) -> None:
        report = self.judged(sum_of_cubes, lambda x: 3 * x**2, X)
        assert report.verdict == "right"
        assert report.formula.reference == "by finite differences"
        assert leaf(report, "x").digits >= 8
        assert report.formula.digits is None
        assert "seed 0, finite differences" in str(report)

    def test_a_smooth_f_shows_nine_digits(self) -> None:
        report = judge_gradient(sum_of_cubes, lambda x: 3 * x**2, (X,), method="floats")
        assert report.verdict == "right"
        assert leaf(report, "x").digits >= 9

    @pytest.mark.parametrize("method", ["auto", "floats"])
    @pytest.mark.parametrize("error", [1.0, 1e-2, 1e-4, 1e-6])
    def test_one_wrong_entry_is_refuted(self, error: float, method: Any) -> None:
        def gradient(x: Array) -> Any:
            return 3 * x**2 * np.array([1, 1 + error, 1])

        report = self.judged(sum_of_cubes, gradient, X, method=method)
        assert report.verdict == "wrong"
        assert "x: its slope along a random direction is" in report.reason

    @pytest.mark.parametrize("error", [1e-13, 1e-12, 1e-11, 1e-10, 1e-9])
    def test_an_error_that_slopes_do_not_show_is_beyond_the_digits_that_are_said(self, error: float) -> None:
        report = judge_gradient(sum_of_cubes, lambda x: 3 * x**2 * (1 + error), (X,), method="floats")
        assert report.verdict != "wrong"
        assert report.verdict == "undecided" or error < 10.0 ** -leaf(report, "x").digits

    def test_the_leaf_that_is_wrong_is_named(self) -> None:
        report = self.judged(
            lambda a, b, c: (a * b * c).sum(), lambda a, b, c: (b * c, 2 * a * c, a * b), X, X[::-1].copy(), X + 1
        )
        assert report.verdict == "wrong"
        assert [leaf.path for leaf in report.formula.leaves if leaf.verdict == "wrong"] == ["b"]

    def test_two_leaves_that_are_wrong_are_both_named(self) -> None:
        report = self.judged(
            lambda a, b, c: (a * b * c).sum(), lambda a, b, c: (-b * c, 2 * a * c, a * b), X, X[::-1].copy(), X + 1
        )
        assert [leaf.path for leaf in report.formula.leaves if leaf.verdict == "wrong"] == ["a", "b"]

    def test_a_missing_entry_is_refuted(self) -> None:
        assert self.judged(sum_of_cubes, lambda x: 3 * x**2 * np.array([1, 1, 0]), X).verdict == "wrong"

    def test_entries_too_small_to_be_seen_are_undecided_and_counted(self) -> None:
        scale = np.array([1.0, 1.0, 1e-14])
        for factor in (1, 2):
            gradient = lambda x, factor=factor: scale * 2 * x * np.array([1, 1, factor])  # noqa: E731
            report = self.judged(lambda x: (scale * x**2).sum(), gradient, X)
            assert report.verdict == "undecided"
            assert leaf(report, "x").reason == "1 of 3 entries matter too little to be seen by finite differences"

    def test_an_entry_too_small_to_be_seen_is_not_right_with_the_larger_ones_that_it_is_moved_with(self) -> None:
        scale = np.array([1.0, 2.0**-34, 2.0**-80])
        for factor in (1, 2):
            gradient = lambda x, factor=factor: scale * 3 * x**2 * np.array([1, 1, factor])  # noqa: E731
            report = self.judged(lambda x: (scale * (x**3 - X**3)).sum(), gradient, X)
            assert report.verdict == "undecided"

    @pytest.mark.parametrize("slope", [0.0, 0.5, 1.0])
    def test_a_kink_is_undecided_whatever_is_claimed(self, slope: float) -> None:
        gradient = lambda x: np.where(x > 0, 1.0, slope * (x == 0))  # noqa: E731
        report = self.judged(lambda x: np.maximum(x, 0).sum(), gradient, np.array([1.0, 0.0]))
        assert report.verdict == "undecided"

    def test_a_kink_is_called_one(self) -> None:
        report = self.judged(lambda x: np.maximum(x, 0).sum(), lambda x: (x >= 0) * 1.0, np.array([1.0, 0.0]))
        assert "along a random direction f has a kink" in report.reason

    def test_kinks_of_two_arrays_do_not_cancel(self) -> None:
        gradient = lambda a, b: (0 * a, 0 * b)  # noqa: E731
        report = self.judged(lambda a, b: (abs(a) - abs(b)).sum(), gradient, 0 * X, 0 * X)
        assert report.verdict == "undecided"

    def test_each_leaf_has_a_slope_of_its_own(self) -> None:
        """Along one direction through both the two errors might cancel."""
        gradient = lambda a, b: (2 * b, 0 * a)  # noqa: E731
        report = self.judged(lambda a, b: (a * b).sum(), gradient, X, X)
        assert [leaf.verdict for leaf in report.formula.leaves] == ["wrong", "wrong"]

    @pytest.mark.parametrize("step", [1e-3, 1e-6, 1e-9])
    def test_a_plateau_is_not_without_noise(self, step: float) -> None:
        f = lambda x: np.round(sum_of_cubes(x) / step) * step  # noqa: E731
        assert self.judged(f, lambda x: 3 * x**2, X).verdict != "wrong"
        assert self.judged(f, lambda x: 0 * x, X).verdict == "undecided"

    def test_a_loss_that_its_constant_drowns_is_not_said_not_to_matter(self) -> None:
        report = self.judged(lambda x: 1e9 + 1e-12 * sum_of_cubes(x), lambda x: 0 * x, X)
        assert report.verdict == "undecided"
        assert leaf(report, "x").reason == "3 of 3 entries matter too little to be seen by finite differences"

    def test_what_f_does_not_use_is_right_if_it_is_0_and_wrong_if_not(self) -> None:
        gradient = lambda a, b: (3 * a**2, 0 * b)  # noqa: E731
        wrong = lambda a, b: (3 * a**2, 0 * b + 1e-3)  # noqa: E731
        assert self.judged(lambda a, b: sum_of_cubes(a), gradient, X, X).verdict == "right"
        assert self.judged(lambda a, b: sum_of_cubes(a), wrong, X, X).verdict == "wrong"

    @pytest.mark.parametrize("distance", [1e-2, 1e-4, 1e-6])
    def test_a_pole_beside_the_point_is_no_noise(self, distance: float) -> None:
        x = np.array([1.0 - distance])
        gradient: Any = lambda x: 1 / (1 - x) ** 2  # noqa: E731
        assert self.judged(lambda x: (1 / (1 - x)).sum(), gradient, x).verdict == "right"
        assert self.judged(lambda x: (1 / (1 - x)).sum(), lambda x: 1.01 * gradient(x), x).verdict != "right"

    @pytest.mark.parametrize(("frequency", "seen"), [(1e2, "right"), (1e4, "right"), (1e6, "undecided")])
    def test_ripples_belong_to_f(self, frequency: float, seen: str) -> None:
        f = lambda x: (x**2).sum() + np.sin(frequency * x).sum() / frequency  # noqa: E731
        assert self.judged(f, lambda x: 2 * x + np.cos(frequency * x), X).verdict == seen
        assert self.judged(f, lambda x: 2 * x, X).verdict != "right"

    def test_a_step_of_another_length_sees_what_a_sawtooth_hides(self) -> None:
        """(eˣ − 1) / x on floats: between the steps of eˣ − 1 its slope is −1 / x."""
        x = np.array([1e-10])
        report = self.judged(lambda x: ((np.exp(x) - 1) / x).sum(), lambda x: 0 * x + 0.5, x)
        assert report.verdict == "undecided"

    @pytest.mark.parametrize("of", [np, math], ids=["a longer type shows it", "longer steps show it"])
    @pytest.mark.parametrize("seed", range(5))
    def test_what_f_loses_between_two_of_its_own_floats_is_noise(self, of: Any, seed: int) -> None:
        """1 − cos x is the same float all around such an x, and 1 − cos x over x² as smooth as can be."""
        for x in 10 ** np.random.default_rng(seed).uniform(-8, -6, size=(20, 1)):
            for f, slope in (
                (lambda x: (1 - of.cos(x)) / x**2, -x / 12),
                (lambda x: (of.exp(x) - 1) / x, 0.5 + x / 3 + x**2 / 8),
                (lambda x: of.log(1 + x) / x, -0.5 + 2 * x / 3 - 3 * x**2 / 4),
            ):
                assert self.judged(lambda x, f=f: f(x[0]), lambda x, slope=slope: slope, x).verdict != "wrong"

    def test_what_f_loses_in_one_of_two_terms_is_noise(self) -> None:
        for x in 10 ** np.random.default_rng(0).uniform(-10, -6, size=(200, 2)):
            assert self.judged(lambda x: ((1 - np.cos(x)) / x**2).sum(), lambda x: -x / 12, x).verdict != "wrong"

    def test_a_jump_is_undecided(self) -> None:
        report = self.judged(lambda x: np.floor(x).sum() + x.sum(), lambda x: x * 0 + 1, np.array([2.0, 0.5]))
        assert report.verdict == "undecided"

    def test_noise_is_undecided(self) -> None:
        random = np.random.default_rng(0)
        report = self.judged(lambda x: sum_of_cubes(x) + random.normal(), lambda x: 3 * x**2, X)
        assert report.verdict == "undecided"

    def test_a_float32_f_is_judged_to_fewer_digits(self) -> None:
        def f(x: Array) -> Any:
            return (x.astype(np.float32) ** 3).sum()

        assert self.judged(f, lambda x: 3 * x**2, X.astype(np.float32)).verdict != "wrong"
        assert self.judged(f, lambda x: 4 * x**2, X.astype(np.float32)).verdict == "wrong"

    @pytest.mark.parametrize("scale", [1e-150, 1e-8, 1e8, 1e150])
    def test_the_scale_of_the_arguments_does_not_matter(self, scale: float) -> None:
        point = scale * X

        def f(x: Array) -> Any:
            return np.tanh(x / scale).sum()

        def gradient(x: Array) -> Any:
            return (1 - np.tanh(x / scale) ** 2) / scale

        assert self.judged(f, gradient, point).verdict == "right"
        assert self.judged(f, lambda x: gradient(x) * np.array([1, 1.001, 1]), point).verdict == "wrong"

    def test_a_function_that_changes_much_faster_than_its_argument_is_judged(self) -> None:
        gradient: Any = lambda x: 1e6 * np.cos(1e6 * x)  # noqa: E731
        f, x = (lambda x: np.sin(1e6 * x).sum()), np.array([0.3, 0.7])
        assert self.judged(f, gradient, x).verdict == "right"
        assert self.judged(f, lambda x: 2 * gradient(x), x).verdict != "right"

    def test_a_gradient_of_float32_is_seen_in_float64(self) -> None:
        x = X.astype(np.float32)
        report = self.judged(sum_of_cubes, lambda x: 3 * x**2, x)
        assert (report.verdict, leaf(report, "x").digits >= 4) == ("right", True)
        assert self.judged(sum_of_cubes, lambda x: 3.01 * x**2, x).verdict == "wrong"

    def test_a_number_of_pythons_is_an_argument_too(self) -> None:
        assert self.judged(lambda a, x: (a * x).sum(), lambda a, x: (x.sum(), a + 0 * x), 0.7, X).verdict == "right"
        assert self.judged(lambda a, x: (a * x).sum(), lambda a, x: (x.sum(), 2 * a + 0 * x), 0.7, X).verdict == "wrong"

    def test_a_gradient_of_zero_of_what_f_uses_without_effect_is_not_known_to_be_right(self) -> None:
        assert self.judged(lambda x: 0 * x.sum() + 2, lambda x: 0 * x, X).verdict == "undecided"
        saturated = lambda x: np.tanh(100 + np.tanh(x).sum())  # noqa: E731
        assert self.judged(saturated, lambda x: 0 * x, X).verdict == "undecided"
        assert self.judged(lambda x: 0 * x.sum() + 2, lambda x: 0 * x + 1e-3, X).verdict == "wrong"

    def test_a_singular_value_is_judged(self) -> None:
        random = np.random.default_rng(0)
        A = random.normal(size=(3, 3))

        def gradient(A: Array) -> Any:
            return np.linalg.det(A) * np.linalg.inv(A).T

        report = self.judged(np.linalg.det, gradient, A)
        assert report.verdict == "right"
        assert report.formula.reference == "by finite differences"
        assert self.judged(np.linalg.det, lambda A: gradient(A).T, A).verdict == "wrong"


def test_a_wrong_entry_among_many_parameters_is_found_in_its_leaf() -> None:
    normal = np.random.default_rng(0).normal
    D, T = 64, 10
    cell = elman.Weights(normal(size=(D, D)) / 8, normal(size=(D, D)) / 8, normal(size=D))
    point = (network.Weights(cell, normal(size=(D, D)) / 8), normal(size=D), normal(size=(T, D)), normal(size=D))

    def one_wrong(*arguments: Any) -> Any:
        gradient = network.gradient(*arguments)
        W = gradient.weights.cell.W.copy()
        W[17, 31] *= 1.01
        return gradient._replace(weights=gradient.weights._replace(cell=gradient.weights.cell._replace(W=W)))

    report = judge_gradient(network.loss, one_wrong, point, method="floats")
    assert report.verdict == "wrong"
    assert [leaf.path for leaf in report.formula.leaves if leaf.verdict == "wrong"] == ["weights.cell.W"]
    assert judge_gradient(network.loss, network.gradient, point, method="floats").verdict != "wrong"


def test_the_reference_that_decides_is_named() -> None:
    assert judge_gradient(sum_of_cubes, lambda x: 3 * x**2, (X,)).formula.reference == "by ball arithmetic"
    with pytest.raises(ValueError, match="method must be one of 'auto', 'balls', 'floats'; got 'ball'"):
        judge_gradient(sum_of_cubes, lambda x: 3 * x**2, (X,), method="ball")  # type: ignore[call-overload]


def test_what_takes_too_long_on_balls_is_judged_by_its_floats(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bptt.verify._ball_run.MOST_OPERATIONS", 1000)

    def iterate(x: Array) -> Any:
        x = x.copy()
        for _ in range(600):
            x *= 0.999
        x[0] *= 1
        return x.sum()

    by_floats, by_balls = (
        judge_gradient(iterate, lambda x: 0 * x + 0.999**600, (X,), method=m) for m in ("auto", "balls")
    )
    assert (by_floats.verdict, by_floats.formula.reference) == ("right", "by finite differences")
    assert "f runs on floats but not on balls: it takes more than 1,000 operations" in by_floats.arithmetic.reason
    assert "(method='balls' takes them)" in by_floats.arithmetic.reason
    assert (by_balls.verdict, by_balls.formula.reference) == ("right", "by ball arithmetic")
    assert judge_gradient(iterate, lambda x: 0 * x + 0.999**599, (X,)).verdict == "wrong"


def softmax(z: Array) -> Array:
    e = np.exp(z - z.max())
    return e / e.sum()


@pytest.mark.parametrize(("dtype", "margin"), [(np.float64, 31.0), (np.float64, 25.0), (np.float32, 8.0)])
@pytest.mark.parametrize("seed", range(3))
def test_a_confident_softmax_is_not_accused_by_slopes(dtype: type, margin: float, seed: int) -> None:
    """Its loss is a plateau of floats, or a staircase."""
    z: Array = np.array([margin, 0.5, -1.0], dtype)
    loss = lambda z: take_float(-np.log(softmax(z)[0]))  # noqa: E731
    by_hand: Any = lambda z: softmax(z) - np.array([1, 0, 0], z.dtype)  # noqa: E731
    assert judge_gradient(loss, by_hand, (z,), seed=seed).verdict != "wrong"
    sure: Array = np.array([1.0, 0.5, -1.0], dtype)
    assert judge_gradient(loss, lambda z: 2 * by_hand(z), (sure,), seed=seed).verdict == "wrong"


class TestWhatJaxComputesInFloat32:
    """Of arguments that NumPy has in float64."""

    Z = np.random.default_rng(0).normal(size=4) * 4

    @pytest.fixture(autouse=True)
    def without_64_bits(self) -> Any:
        with jax.enable_x64(False):
            yield

    @staticmethod
    def loss(z: Any) -> Any:
        return jax.nn.logsumexp(z) - z[0]

    @staticmethod
    def by_hand(z: Any) -> Any:
        return jax.nn.softmax(z) - jnp.eye(4)[0]

    # As SciPy's minimisers want them, too.
    KINDS: tuple[Any, ...] = (np.asarray, partial(np.asarray, dtype=np.float64), lambda g: list(map(float, g)))

    @pytest.mark.parametrize("convert", KINDS)
    @pytest.mark.parametrize("of_floats", [False, True])
    def test_a_right_gradient_is_right_and_one_that_is_off_is_wrong(self, convert: Any, of_floats: bool) -> None:
        loss = (lambda z: take_float(self.loss(z))) if of_floats else self.loss
        gradient: Any = lambda z: np.asarray(convert(self.by_hand(z)))  # noqa: E731
        report = judge_gradient(loss, gradient, (self.Z,))
        assert report.verdict == "right"
        assert 3 <= leaf(report, "z").digits <= 8
        assert judge_gradient(loss, lambda z: 1.01 * gradient(z), (self.Z,)).verdict == "wrong"

    @pytest.mark.parametrize("seed", range(5))
    def test_a_right_gradient_of_an_f_of_numpys_is_not_accused(self, seed: int) -> None:
        z = np.random.default_rng(seed).normal(size=4)
        gradient: Any = lambda z: np.asarray(jnp.cos(z), dtype=np.float64)  # noqa: E731
        assert judge_gradient(lambda z: np.sin(z).sum(), gradient, (z,)).verdict == "right"
        assert judge_gradient(lambda z: np.sin(z).sum(), lambda z: 1.001 * gradient(z), (z,)).verdict == "wrong"

    def test_a_function_that_magnifies_the_rounding_of_float32_is_seen_in_float64(self) -> None:
        points = [np.random.default_rng(seed).normal(size=2) for seed in (0, 1, 2, 7)]
        f: Any = lambda z: take_float(jnp.sin(200 * z).sum())  # noqa: E731
        gradient: Any = lambda z: np.asarray(200 * jnp.cos(200 * z))  # noqa: E731
        assert {judge_gradient(f, gradient, (z,)).verdict for z in points} == {"right"}
        assert {judge_gradient(f, lambda z: 1.1 * gradient(z), (z,)).verdict for z in points} == {"wrong"}

    def test_simple_numbers_are_not_taken_for_such(self) -> None:
        """3 x² of these is exact in float32, as it is in float64."""
        report = judge_gradient(sum_of_cubes, on_floats(lambda x: 3 * x**2), (X,))
        assert leaf(report, "x").digits >= 10
        report = judge_gradient(lambda x: take_float(sum_of_cubes(x)), lambda x: 3 * x**2, (X,))
        assert leaf(report, "x").digits >= 8


def draw_staircases(random: np.random.Generator) -> list[tuple[Any, Any]]:
    """Each f with its gradient, as if it had no steps."""
    step, offset = 10.0 ** random.uniform(-9, -2), np.float32(10 ** random.uniform(0, 5))
    return [
        (lambda x: np.round((x**2).sum() / step) * step, lambda x: 2 * x),
        (lambda x: np.floor(np.sin(x).sum() / step) * step, np.cos),
        (lambda x: offset + np.float32((x**2).sum()), lambda x: 2 * x),
    ]


@pytest.mark.parametrize("block", range(5))
def test_a_staircase_that_looks_straight_by_chance_is_not_taken_for_a_slope(block: int) -> None:
    """Each of its values may be off by a step, however well a curve fits; and its steps are not those of the fit."""
    for seed in range(50 * block, 50 * (block + 1)):
        random = np.random.default_rng(seed)
        x = random.normal(size=random.integers(1, 4))
        for f, gradient in draw_staircases(random):
            assert judge_gradient(lambda x, f=f: take_float(f(x)), gradient, (x,)).verdict != "wrong"
