"""What is asked beside the verdict: which arguments, how the functions behave, and what is not offered."""

from typing import Any, NamedTuple

import numpy as np
import pytest

from bptt.rnn.arrays import Array
from bptt.verify import GradientWarning, check_gradient, judge_gradient

X = np.array([0.5, -1.25, 2.0])


class Layer(NamedTuple):
    W: Any
    b: Any


def loss(layer: Layer, x: Array) -> Any:
    return ((layer.W @ x + layer.b) ** 2).sum() / 2


def gradient(layer: Layer, x: Array) -> Any:
    e = layer.W @ x + layer.b
    return Layer(np.outer(e, x), e), layer.W.T @ e


LAYER = Layer(np.arange(6.0).reshape(2, 3) / 4, np.array([0.25, -1.0]))


class TestWithRespectTo:
    def test_one_argument_takes_the_gradient_by_that_alone(self) -> None:
        assert judge_gradient(loss, lambda layer, x: gradient(layer, x)[1], (LAYER, X), wrt="x")
        report = judge_gradient(loss, lambda layer, x: gradient(layer, x)[0], (LAYER, X), wrt="layer")
        assert [leaf.path for leaf in report.formula.leaves] == ["layer.W", "layer.b"]

    def test_an_array_is_named_by_its_path(self) -> None:
        assert judge_gradient(loss, lambda layer, x: gradient(layer, x)[0].b, (LAYER, X), wrt="layer.b")
        wrong = lambda layer, x: -gradient(layer, x)[0].b  # noqa: E731
        assert judge_gradient(loss, wrong, (LAYER, X), wrt="layer.b").verdict == "wrong"

    def test_several_take_a_tuple_in_their_order(self) -> None:
        def by_both(layer: Layer, x: Array) -> Any:
            (_, b), x_bar = gradient(layer, x)
            return x_bar, b

        assert judge_gradient(loss, by_both, (LAYER, X), wrt=("x", "layer.b"))
        with pytest.raises(
            ValueError, match="gradient must return a tuple of 2, one for each name in wrt; got ndarray"
        ):
            judge_gradient(loss, lambda layer, x: x, (LAYER, X), wrt=("x", "layer.b"))

    @pytest.mark.parametrize("method", ["auto", "floats"])
    def test_the_others_are_held_fixed_whatever_the_method(self, method: Any) -> None:
        f, by_a = lambda a, b: (a * b * b).sum(), lambda a, b: b * b
        assert judge_gradient(f, by_a, (X, X + 1), wrt="a", method=method)
        assert judge_gradient(f, lambda a, b: a * b, (X, X + 1), wrt="a", method=method).verdict == "wrong"

    def test_a_name_that_is_none_is_refused_with_those_that_are(self) -> None:
        with pytest.raises(ValueError, match=r"wrt must name .* \(layer, x, layer.W, layer.b\); got 'W'"):
            judge_gradient(loss, gradient, (LAYER, X), wrt="W")

    def test_what_is_no_name_is_refused(self) -> None:
        with pytest.raises(TypeError, match="wrt must be a name, or a sequence of names; got 0"):
            judge_gradient(loss, gradient, (LAYER, X), wrt=0)  # type: ignore[call-overload]

    def test_an_array_named_twice_is_refused(self) -> None:
        with pytest.raises(ValueError, match="wrt must name no array twice"):
            judge_gradient(loss, gradient, (LAYER, X), wrt=("layer", "layer.W"))

    def test_integers_alone_are_nothing_to_differentiate_by(self) -> None:
        with pytest.raises(ValueError, match="at least one array of floats"):
            judge_gradient(lambda n, x: (n * x).sum(), lambda n, x: None, (np.array([1, 2, 3]), X), wrt="n")


class TestNotes:
    def test_a_gradient_that_changes_its_argument_is_noted(self) -> None:
        def in_place(x: Array) -> Any:
            x *= 2
            return x

        report = judge_gradient(lambda x: (x * x).sum(), in_place, (X,))
        assert report.verdict == "right"
        assert report.notes == ("gradient changes its argument x",)
        assert "note: gradient changes its argument x" in str(report)

    def test_an_f_that_changes_its_argument_is_noted(self) -> None:
        def f(x: Array) -> Any:
            x -= 1
            return (x * x).sum()

        assert judge_gradient(f, lambda x: 2 * (x - 1), (X,)).notes == ("f changes its argument x",)

    def test_a_gradient_in_another_type_than_its_argument_is_noted(self) -> None:
        report = judge_gradient(lambda x: (x * x).sum(), lambda x: 2 * x.astype(np.float64), (X.astype(np.float32),))
        assert report.notes == ("the gradient by x is float64; x is float32",)

    def test_one_that_is_something_else_each_time_is_noted_and_its_floats_not_judged(self) -> None:
        calls: list[int] = []

        def growing(x: Array) -> Any:
            calls.append(1)
            return 2 * x * (1 + len(calls) * 1e-9)

        report = judge_gradient(lambda x: (x * x).sum(), growing, (X,))
        assert report.notes == ("a second call of gradient returns something else by x",)
        assert report.arithmetic.verdict == "undecided"

    def test_one_that_fills_the_same_buffer_each_time_is_seen_to_change_it(self) -> None:
        buffer, calls = np.zeros(3), []

        def growing(x: Array) -> Any:
            calls.append(1)
            buffer[:] = np.asarray(2 * x * (1 + len(calls) * 1e-13), dtype=float)
            return buffer

        report = judge_gradient(lambda x: (x * x).sum(), growing, (X,), method="balls")
        assert report.notes == ("a second call of gradient returns something else by x",)

    def test_nothing_is_noted_of_functions_that_behave(self) -> None:
        assert judge_gradient(loss, gradient, (LAYER, X)).notes == ()

    def test_assert_gradient_warns_of_a_right_gradient_with_a_note(self) -> None:
        def in_place(x: Array) -> Any:
            x *= 2
            return x

        with pytest.warns(GradientWarning, match="gradient changes its argument x"):
            check_gradient(lambda x: (x * x).sum(), in_place, (X,))


class TestNotOffered:
    @pytest.mark.parametrize("name", ["rtol", "atol", "eps", "tol"])
    def test_a_tolerance_is_not_offered(self, name: str) -> None:
        with pytest.raises(TypeError, match=f"{name} is not offered: what rounding may do is computed"):
            judge_gradient(loss, gradient, (LAYER, X), **{name: 1e-3})  # type: ignore[call-overload]

    def test_the_second_order_is_not_offered(self) -> None:
        with pytest.raises(TypeError, match="order is not offered: check the gradient by a function that returns one"):
            check_gradient(loss, gradient, (LAYER, X), order=2)  # type: ignore[call-overload]

    def test_any_other_name_is_unknown(self) -> None:
        with pytest.raises(TypeError, match="unexpected argument 'verbose'"):
            judge_gradient(loss, gradient, (LAYER, X), verbose=True)  # type: ignore[call-overload]

    def test_complex_arguments_are_not_offered(self) -> None:
        with pytest.raises(TypeError, match=r"x is complex.*not offered: pass its real and its imaginary part"):
            judge_gradient(lambda x: abs(x).sum(), lambda x: x, (X + 1j,))
