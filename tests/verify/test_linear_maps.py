"""Vector-Jacobian and Jacobian-vector products: right ones, wrong ones, and those that are no linear maps."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bptt.rnn.arrays import Array
from bptt.verify import (
    GradientMismatch,
    GradientUndecided,
    GradientWarning,
    Report,
    check_jvp,
    check_vjp,
    judge_jvp,
    judge_vjp,
)
from bptt.verify._strategies import named_arrays

random = np.random.default_rng(0)
W, X = random.normal(size=(3, 4)), random.normal(size=(5, 4))


def layer(W: Array, x: Array) -> Any:
    return np.tanh(x @ W.T)


def layer_vjp(W: Array, x: Array, cotangent: Array) -> Any:
    δ = cotangent * (1 - layer(W, x) ** 2)
    return δ.T @ x, δ @ W


def layer_jvp(arguments: Any, tangents: Any) -> Any:
    (W, x), (W_dot, x_dot) = arguments, tangents
    return (1 - layer(W, x) ** 2) * (x_dot @ W.T + x @ W_dot.T)


def wrong_leaves(report: Report) -> list[str]:
    return [leaf.path for leaf in report.formula.leaves if leaf.verdict == "wrong"]


class TestVectorJacobian:
    @given(named_arrays(W="o i", x="n i"), st.integers(0, 2**32 - 1))
    def test_the_right_one_is_right(self, point: Any, seed: int) -> None:
        report = judge_vjp(layer, layer_vjp, (point["W"], point["x"]), seed=seed)
        assert report.verdict == "right"
        assert report.arithmetic.verdict == "right"

    def test_a_wrong_one_is_refuted_in_its_leaf(self) -> None:
        report = judge_vjp(layer, lambda W, x, c: (layer_vjp(W, x, c)[0], c @ W), (W, X))
        assert wrong_leaves(report) == ["x"]

    @pytest.mark.parametrize("error", [1e-6, 1e-12])
    def test_one_wrong_entry_is_found(self, error: float) -> None:
        def vjp(W: Array, x: Array, c: Array) -> Any:
            W_bar, x_bar = layer_vjp(W, x, c)
            return W_bar, x_bar * (1 + error * (np.arange(20).reshape(5, 4) == 7))

        report = judge_vjp(layer, vjp, (W, X))
        assert report.formula.leaves[1].entry is not None
        assert report.formula.leaves[1].entry.index == (1, 3)
        assert report.formula.leaves[1].reason == "1 of 20 entries differ"

    def test_one_that_clips_the_cotangent_is_not_linear(self) -> None:
        report = judge_vjp(layer, lambda W, x, c: layer_vjp(W, x, np.clip(c, -10, 10)), (W, X))
        assert report.verdict == "wrong"
        assert report.reason.startswith("right for random cotangents but not for long ones, so not linear in them: ")

    def test_one_that_returns_something_for_a_cotangent_of_zeros_is_not_linear(self) -> None:
        def vjp(W: Array, x: Array, c: Array) -> Any:
            W_bar, x_bar = layer_vjp(W, x, c)
            return W_bar, x_bar + np.where((c == 0).all(), 1, 0)

        report = judge_vjp(layer, vjp, (W, X))
        assert report.verdict == "wrong"
        assert report.reason.startswith("right for random cotangents but not for zeros, so not linear in them: x[")

    def test_one_that_changes_its_cotangent_is_noted(self) -> None:
        def vjp(W: Array, x: Array, c: Array) -> Any:
            c *= 1 - layer(W, x) ** 2
            return c.T @ x, c @ W

        report = judge_vjp(layer, vjp, (W, X))
        assert report.verdict == "right"
        assert report.notes == ("gradient changes its argument cotangent",)
        with pytest.warns(GradientWarning, match="gradient changes its argument cotangent"):
            check_vjp(layer, vjp, (W, X))

    def test_several_outputs_have_a_cotangent_each_and_integers_none(self) -> None:
        def f(x: Array) -> Any:
            return {"squares": x**2, "sum": x.sum(), "largest": np.argmax(x)}

        def vjp(x: Array, c: Any) -> Any:
            assert c["largest"] is None
            return 2 * x * c["squares"] + c["sum"]

        assert judge_vjp(f, vjp, (X,)).verdict == "right"
        assert judge_vjp(f, lambda x, c: 2 * x * c["squares"], (X,)).verdict == "wrong"

    def test_wrt_leaves_the_others_out(self) -> None:
        assert judge_vjp(layer, lambda W, x, c: layer_vjp(W, x, c)[0], (W, X), wrt="W").verdict == "right"

    def test_a_jax_function_is_judged(self) -> None:
        f = lambda W, x: jnp.tanh(x @ W.T)  # noqa: E731
        assert judge_vjp(f, lambda W, x, c: jax.vjp(f, W, x)[1](c), (W, X)).verdict == "right"
        assert judge_vjp(f, layer_vjp, (W, X)).verdict == "right"
        assert judge_vjp(f, lambda W, x, c: jax.vjp(f, W, x)[1](c[::-1]), (W, X)).verdict == "wrong"

    def test_a_scalar_output_is_the_gradient_times_a_number(self) -> None:
        assert judge_vjp(lambda x: (x * x).sum(), lambda x, c: 2 * c * x, (X,)).verdict == "right"
        assert judge_vjp(lambda x: (x * x).sum(), lambda x, c: 2 * x, (X,)).verdict == "wrong"

    def test_float32_stays_float32(self) -> None:
        point = (W.astype(np.float32), X.astype(np.float32))
        report = judge_vjp(layer, layer_vjp, point)
        assert (report.verdict, report.arithmetic.verdict, report.notes) == ("right", "right", ())

    def test_an_output_without_floats_is_refused(self) -> None:
        with pytest.raises(ValueError, match="f must return an array of floats, or several; got int64"):
            judge_vjp(np.argmax, lambda x, c: x, (X,))

    def test_assert_vjp_raises(self) -> None:
        check_vjp(layer, layer_vjp, (W, X))
        with pytest.raises(GradientMismatch):
            check_vjp(layer, lambda W, x, c: (c.T @ x, c @ W), (W, X))
        with pytest.raises(GradientUndecided):
            check_vjp(abs, lambda x, c: c * np.sign(x), (np.zeros(2),))


class TestJacobianVector:
    @given(named_arrays(W="o i", x="n i"), st.integers(0, 2**32 - 1))
    def test_the_right_one_is_right(self, point: Any, seed: int) -> None:
        report = judge_jvp(layer, layer_jvp, (point["W"], point["x"]), seed=seed)
        assert report.verdict == "right"
        assert report.arithmetic.verdict == "right"

    def test_one_that_long_tangents_leave_open_stays_right(self) -> None:
        """Their slopes are of 2^40 beside units that are saturated."""
        W, x = np.array([[1.25, 7.75], [-4.25, -8.0]]), np.array([[-0.5, -2.0]])
        assert judge_jvp(layer, layer_jvp, (W, x)).verdict == "right"

    @pytest.mark.parametrize("error", [-2, 1e-6, 1e-12])
    def test_one_wrong_entry_is_found(self, error: float) -> None:
        wrong = lambda a, t: layer_jvp(a, t) * (1 + error * (np.arange(15).reshape(5, 3) == 7))  # noqa: E731
        report = judge_jvp(layer, wrong, (W, X))
        assert report.verdict == "wrong"
        assert report.reason.startswith("f(...)[2, 1] is ")

    def test_a_tiny_entry_does_not_hide_behind_a_large_one(self) -> None:
        scale = np.array([1e150, 1e-150])
        wrong = lambda a, t: 2 * scale * a[0] * t[0] * np.array([1, 2])  # noqa: E731
        report = judge_jvp(lambda x: scale * x**2, wrong, (np.array([0.3, 0.7]),))
        assert report.reason.startswith("f(...)[1] is ")

    def test_a_missing_tangent_is_refuted(self) -> None:
        wrong = lambda a, t: (1 - layer(*a) ** 2) * (t[1] @ a[0].T)  # noqa: E731
        assert judge_jvp(layer, wrong, (W, X)).verdict == "wrong"
        assert judge_jvp(layer, wrong, (W, X), wrt="x").verdict == "right"

    def test_one_that_clips_the_tangents_is_not_linear(self) -> None:
        wrong = lambda a, t: layer_jvp(a, (np.clip(t[0], -10, 10), t[1]))  # noqa: E731
        report = judge_jvp(layer, wrong, (W, X))
        assert report.reason.startswith("right for random tangents but not for long ones, so not linear in them: ")

    def test_integers_have_no_tangent(self) -> None:
        def f(tokens: Array, E: Array) -> Any:
            return np.tanh(E[tokens])

        def jvp(arguments: Any, tangents: Any) -> Any:
            tokens, E = arguments
            assert tangents[0] is None
            return (1 - np.tanh(E[tokens]) ** 2) * tangents[1][tokens]

        assert judge_jvp(f, jvp, (np.array([0, 2, 2]), W)).verdict == "right"

    def test_float32_stays_float32_and_a_detour_is_wrong(self) -> None:
        report = judge_jvp(layer, layer_jvp, (W.astype(np.float32), X.astype(np.float32)))
        assert (report.verdict, report.arithmetic.verdict) == ("right", "right")
        detour = lambda a, t: layer_jvp(a, t).astype(np.float32).astype(np.float64)  # noqa: E731
        report = judge_jvp(layer, detour, (W, X))
        assert (report.formula.verdict, report.arithmetic.verdict) == ("right", "wrong")
        assert "f(...)[" in report.reason

    def test_a_jax_function_is_judged(self) -> None:
        f = lambda W, x: jnp.tanh(x @ W.T)  # noqa: E731
        assert judge_jvp(f, lambda a, t: jax.jvp(f, a, t)[1], (W, X)).verdict == "right"
        assert judge_jvp(f, lambda a, t: jax.jvp(f, a, t)[1][::-1], (W, X)).verdict == "wrong"

    def test_another_shape_is_refused(self) -> None:
        with pytest.raises(ValueError, match=r"jvp must return an array of shape \(5, 3\) for f\(...\); got \(3, 5\)"):
            judge_jvp(layer, lambda a, t: layer_jvp(a, t).T, (W, X))

    def test_assert_jvp_raises(self) -> None:
        check_jvp(layer, layer_jvp, (W, X))
        with pytest.raises(GradientMismatch):
            check_jvp(layer, lambda a, t: 2 * layer_jvp(a, t), (W, X))


class TestWhatIsSaidOfAWrongVjp:
    def test_the_steps_whose_cotangents_it_gets_wrong(self) -> None:
        def states(W: Any, xs: Any) -> Any:
            h, found = np.zeros(2), []
            for x in xs:
                h = np.tanh(W @ h + x)
                found.append(h)
            return np.stack(found)

        def vjp(W: Any, xs: Any, bar: Any) -> Any:
            h, δ, W_bar, xs_bar = [np.zeros(2), *states(W, xs)], np.zeros(2), 0 * W, 0 * xs
            for t in reversed(range(len(xs))):
                δ = (δ @ W + (bar[t] if t != 2 else 0)) * (1 - h[t + 1] ** 2)
                W_bar, xs_bar[t] = W_bar + np.outer(δ, h[t]), δ
            return W_bar, xs_bar

        normal = np.random.default_rng(0).normal
        with pytest.raises(GradientMismatch) as raised:
            check_vjp(states, vjp, (normal(size=(2, 2)), normal(size=(4, 2))))
        assert "note: of the cotangents of f(...) by index, those of 2 are pulled back wrongly\n" in str(raised.value)

    def test_an_argument_may_be_called_cotangent(self) -> None:
        check_vjp(
            lambda x, cotangent: x * cotangent, lambda x, cotangent, c: (c * cotangent, c * x), (np.ones(2), np.ones(2))
        )


@pytest.mark.parametrize("method", ["auto", "balls", "floats"])
def test_a_jvp_that_returns_nothing_for_an_output_of_floats_is_none(method: Any) -> None:
    def forgets_to_return(at: tuple[Array, ...], tangents: tuple[Array, ...]) -> None:
        _ = (1 - np.tanh(at[0]) ** 2) * tangents[0]

    with pytest.raises(ValueError, match=r"jvp must return an array of shape \(4,\) for f\(...\); got None"):
        judge_jvp(np.tanh, forgets_to_return, (np.ones(4) / 3,), method=method)
    with pytest.raises(ValueError, match=r"for f\(...\)\[1\]; got None"):
        judge_jvp(lambda x: (np.tanh(x), x * x), lambda at, v: (v[0] / np.cosh(at[0]) ** 2, None), (np.ones(4) / 3,))


@pytest.mark.parametrize(("judge", "name"), [(judge_vjp, "vjp"), (judge_jvp, "jvp")])
def test_what_is_no_function_and_no_option_is_refused_by_name(judge: Any, name: str) -> None:
    with pytest.raises(TypeError, match=f"{name} must be a function of the arguments; got ndarray"):
        judge(np.tanh, X, (X,))
    with pytest.raises(TypeError, match="rtol is not offered: what rounding may do is computed"):
        judge(np.tanh, np.tanh, (X,), rtol=1e-3)
    with pytest.raises(ValueError, match="examples must be a positive integer; got 0"):
        judge(np.tanh, np.tanh, (X,), examples=0)


def test_an_f_of_any_number_of_arguments_has_them_by_number() -> None:
    product = lambda *factors: factors[0] * factors[1]  # noqa: E731
    at = (np.array([0.5, 2.0]), np.array([3.0, -1.0]))
    assert judge_vjp(product, lambda a, b, bar: (bar * b, bar * a), at).verdict == "right"
    wrong = judge_vjp(product, lambda a, b, bar: (bar * b, bar * b), at)
    assert [leaf.path for leaf in wrong.wrong_leaves] == ["argument_1"]


@pytest.mark.parametrize("turned", [np.abs, lambda c: np.maximum(c, 0), lambda c: np.clip(c, -1, None)])
def test_a_cotangent_that_loses_its_sign_is_found_with_one_output_alone(turned: Any) -> None:
    f = lambda x: np.tanh(x).sum()  # noqa: E731
    x = np.array([0.5, 1.0])
    assert judge_vjp(f, lambda x, c: turned(c) * (1 - np.tanh(x) ** 2), (x,)).verdict == "wrong"


def test_what_runs_on_floats_alone_is_asked_for_no_long_tangents() -> None:
    f = lambda x: float(np.sin(x))  # noqa: E731
    assert judge_jvp(f, lambda at, tangents: np.cos(at[0]) * tangents[0], (1.3,)).verdict == "right"
    assert judge_jvp(f, lambda at, tangents: np.sin(at[0]) * tangents[0], (1.3,)).verdict == "wrong"
    assert judge_jvp(f, lambda at, tangents: np.cos(at[0]) * abs(tangents[0]), (1.3,)).verdict != "right"
    assert judge_jvp(f, lambda at, tangents: -np.cos(at[0]) * abs(tangents[0]), (1.3,)).verdict != "right"
    inverse = np.linalg.inv
    vjp = lambda a, bar: -inverse(a).T @ bar @ inverse(a).T  # noqa: E731
    assert judge_vjp(inverse, vjp, (random.normal(size=(3, 3)),)).verdict == "right"


@pytest.mark.parametrize("dtype", [jnp.float16, jnp.float32])
def test_outputs_of_a_short_type_are_not_asked_for_long_vectors_on_floats(dtype: Any) -> None:
    """Those of float16 end at 65,504."""
    f = lambda a: (a @ a).astype(dtype)  # noqa: E731
    jvp: Any = lambda at, tangents: jax.jvp(f, tuple(at), tuple(tangents))[1]  # noqa: E731
    a = np.random.default_rng(0).normal(size=(3, 3))
    assert judge_jvp(f, jvp, (a,)).verdict == "right"
    assert judge_jvp(f, lambda at, tangents: 2 * jvp(at, tangents), (a,)).verdict == "wrong"
    assert judge_vjp(f, lambda a, c: jax.vjp(f, a)[1](c)[0], (a,)).verdict == "right"
