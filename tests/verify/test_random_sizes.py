"""A gradient, vjp or jvp over random sizes: the verdict, the smallest sizes, the rule, and crashes kept apart."""

import io
import json
import re
import subprocess
import sys
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import jax  # noqa: F401  (so that JAX's arrays are there to fall back to)
import numpy as np
import pytest
from hypothesis import strategies as st

from bptt.rnn.arrays import Array
from bptt.verify import (
    GradientMismatch,
    GradientUndecided,
    GradientWarning,
    Report,
    Verdict,
    check_gradient,
    check_jvp,
    check_vjp,
    judge_gradient,
    judge_jvp,
    judge_vjp,
    named_arrays,
)
from bptt.verify._interface import Question
from bptt.verify._message import format_when
from bptt.verify._random_sizes import judge_over
from bptt.verify._sampled_report import SampledReport
from tests.corpus.floats_only import take_float
from tests.verify.dense_layer import LAYER, f, gradient, halved_from_two_rows_on


@pytest.fixture(scope="module")
def halved() -> SampledReport:
    """What is said of the gradient that is halved from two rows on."""
    return judge_gradient(f, halved_from_two_rows_on, LAYER)


def mean_over_the_batch(W: Array, x: Array) -> tuple[Any, Any]:
    W_bar, x_bar = gradient(W, x)
    return W_bar / (x.size // x.shape[-1]), x_bar


def for_square_weights(W: Array, x: Array) -> tuple[Any, Any]:
    if W.shape[0] != W.shape[1]:
        raise ArithmeticError("W is not square")
    return gradient(W, x)


class TestTheVerdict:
    def test_a_right_gradient_is_right_at_every_point(self) -> None:
        found = judge_gradient(f, gradient, LAYER, examples=60)
        assert found
        assert (found.verdict, found.cases, found.refutations, found.notes) == ("right", 60, (), ())
        assert found.reason == str(found).splitlines()[0]
        assert found.sizes == {"n": (1, 4), "m": (1, 4), "batch": (1, 9)} or found.sizes["n"] == (1, 4)
        assert re.match(
            r"right at 60 points: every entry agrees to \d+ digits\nsizes: n 1 to 4, m 1 to 4, batch", str(found)
        )

    def test_a_wrong_one_comes_with_the_rule_and_the_smallest_sizes(self, halved: SampledReport) -> None:
        assert not halved
        (refutation,) = halved.refutations
        assert (refutation.path, refutation.rule) == ("W", "n ≥ 2")
        assert refutation.sizes == {"n": 2, "m": 1, "batch": 1}
        assert halved.right == ("x",)
        assert halved.cases >= 200  # and as many more as it took to exclude other rules
        assert f"wrong exactly when n ≥ 2, in {halved.cases} cases" in str(halved)
        assert halved.reason == refutation.finding.finding

    def test_a_kind_holds_at_all_sizes_that_were_looked_at(self) -> None:
        (refutation,) = judge_gradient(f, mean_over_the_batch, LAYER, examples=60).refutations
        assert refutation.diagnosis.kind is not None
        assert refutation.diagnosis.kind.text == "1/batch times the true one: a mean in place of a sum"
        assert refutation.diagnosis.kind.by_design

    def test_a_factor_may_be_made_of_several_sizes(self) -> None:
        def mean(W: Array, x: Array) -> Any:
            return (np.tanh(x @ W.T) ** 2).mean() / np.sqrt(W.shape[1])

        def of_the_sum(W: Array, x: Array) -> Any:
            h = np.tanh(x @ W.T)
            return (2 * h * (1 - h * h)).T @ x

        over = named_arrays(W="n m", x="b m")
        (refutation,) = judge_gradient(mean, of_the_sum, over, wrt="W", examples=60).refutations
        assert refutation.diagnosis.kind is not None
        assert refutation.diagnosis.kind.text == "n √m b times the true one"

    def test_a_sum_over_the_batch_that_is_forgotten_is_named_though_a_batch_of_1_hides_it(self) -> None:
        def rectified(W: Array, b: Array, x: Array) -> Any:
            return (np.maximum(x @ W.T + b, 0) ** 2).sum()

        def not_summed(W: Array, b: Array, x: Array) -> tuple[Any, Any]:
            δ = 2 * np.maximum(x @ W.T + b, 0)
            return δ.T @ x, δ

        over = named_arrays(W="n m", b="n", x="batch m")
        (refutation,) = judge_gradient(rectified, not_summed, over, wrt=("W", "b"), examples=60).refutations
        assert refutation.diagnosis.kind is not None
        assert refutation.diagnosis.kind.text == "what is still to be summed over its axis 0"

    def test_a_first_step_that_is_left_out_is_named_though_of_a_single_one_nothing_is_left(self) -> None:
        def states(W: Array, xs: Array) -> list[Any]:
            h = [np.ones(len(W))]
            for x in xs:
                h.append(np.tanh(W @ h[-1] + x))
            return h

        def but_the_first(W: Array, xs: Array) -> Any:
            h, W_bar = states(W, xs), 0 * W
            δ = 2 * h[-1]
            for t in range(len(xs) - 1, 0, -1):
                δ = δ * (1 - h[t + 1] ** 2)
                W_bar, δ = W_bar + np.outer(δ, h[t]), δ @ W
            return W_bar

        def square(W: Array, xs: Array) -> Any:
            return (states(W, xs)[-1] ** 2).sum()

        (refutation,) = judge_gradient(
            square, but_the_first, named_arrays(W="h h", xs="t h"), wrt="W", examples=40
        ).refutations
        assert refutation.sizes == {"h": 1, "t": 1}
        assert refutation.diagnosis.kind is not None
        assert refutation.diagnosis.kind.text == "the true one without the contribution of the first step"

    def test_the_last_execution_of_a_loop_is_named_though_of_a_single_one_nothing_is_left(self) -> None:
        def windows(x: Array, w: Array) -> Any:
            return sum(np.tanh(x[i : i + 2] @ w) for i in range(len(x) - 1))

        def but_the_last(x: Array, w: Array) -> Any:
            return sum((1 - np.tanh(x[i : i + 2] @ w) ** 2) * x[i : i + 2] for i in range(len(x) - 2)) + 0 * w

        over = named_arrays(x="t+1", w="2")
        (refutation,) = judge_gradient(windows, but_the_last, over, wrt="w", examples=40).refutations
        assert refutation.sizes == {"t": 1}
        assert refutation.diagnosis.kind is not None
        assert "without what goes through the last execution of `x[i : i + 2] @ w`" in refutation.diagnosis.kind.text

    @pytest.mark.parametrize(
        ("factor", "expected"),
        [
            (lambda n: 1 / (n + 1), "divided by a whole number, not the same at all points: a mean in place of a sum"),
            (lambda n: 2 * n + 1, "a whole number times the true one, not the same at all points"),
            (lambda n: 1 + 2 / (n + 3), ""),
        ],
    )
    def test_a_factor_that_is_no_product_of_sizes_is_a_whole_number(self, factor: Any, expected: str) -> None:
        (refutation,) = judge_gradient(
            lambda x: np.sin(x).sum(), lambda x: factor(len(x)) * np.cos(x), named_arrays(x="h"), examples=30
        ).refutations
        kind = refutation.diagnosis.kind
        assert (kind.text if kind else "")[-len(expected) :] == expected

    def test_sizes_of_arrays_that_have_no_names_are_factors_on_the_way(self) -> None:
        def mean(x: Array) -> Any:
            return (np.sum(np.sin(x)) + np.sum(np.exp(x))) / len(x)

        def half_of_it_a_sum(x: Array) -> Any:
            return np.cos(x) / len(x) + np.exp(x)

        shapes = st.tuples(st.integers(1, 4), st.integers(1, 3))
        over = shapes.map(lambda shape: (np.random.default_rng(shape).normal(size=shape),))
        (refutation,) = judge_gradient(mean, half_of_it_a_sum, over, examples=40).refutations
        assert refutation.diagnosis.kind is not None
        assert refutation.diagnosis.kind.text.endswith("multiplied by x.shape[0]")

    def test_an_undecided_point_leaves_the_whole_undecided(self) -> None:
        found = judge_gradient(
            lambda x: abs(x).sum(), np.sign, named_arrays(x="n").map(lambda a: (np.append(a["x"], 0.0),)), examples=5
        )
        assert found.verdict == "undecided"
        assert str(found).startswith("undecided at ")
        assert "a kink" in found.undecided[0]

    def test_a_point_that_is_wrong_by_no_array_that_can_be_named_is_not_right(self) -> None:
        class Unnamed(Question):
            def judge(self, at: tuple[Any, ...]) -> Report:
                report = super().judge(at)
                formula = replace(report.formula, verdict=Verdict.WRONG, reason="its slope is another")
                return replace(report, verdict=Verdict.WRONG, formula=formula)

        found = judge_over(Unnamed(f, gradient, None, "auto", 0), LAYER, 5)
        assert (found.verdict, bool(found), found.refutations) == ("wrong", False, ())
        assert str(found).startswith("wrong at 5 of 5 points: its slope is another\n")

    def test_functions_that_want_arrays_of_jax_get_them(self) -> None:
        def set_to_one(x: Any) -> Any:
            return (x.at[0].set(1.0) ** 2).sum()

        over = named_arrays(x="n")
        assert judge_gradient(set_to_one, lambda x: 2 * x.at[0].set(0.0), over, examples=10).verdict == "right"
        (refutation,) = judge_gradient(set_to_one, lambda x: 2 * x.at[0].set(1.0), over, examples=10).refutations
        assert refutation.finding.place == "x[0]"

    def test_the_same_seed_gives_the_same_and_another_one_another(self) -> None:
        one, again, other = (judge_gradient(f, halved_from_two_rows_on, LAYER, examples=10, seed=s) for s in (3, 3, 4))
        assert one == again
        assert one.refutations != other.refutations

    def test_it_is_told_after_each_point(self) -> None:
        judged: list[None] = []
        judge_over(Question(f, gradient, None, "auto", 0), LAYER, 7, lambda: judged.append(None))
        assert len(judged) == 7


class TestChecks:
    """`check_gradient` over a strategy raises what `judge_gradient` says."""

    def test_a_right_one_is_returned(self) -> None:
        assert check_gradient(f, gradient, LAYER, examples=20) == judge_gradient(f, gradient, LAYER, examples=20)

    def test_a_wrong_one_is_raised_with_its_text(self) -> None:
        def doubled(W: Array, x: Array) -> Any:
            return [2 * part for part in gradient(W, x)]

        with pytest.raises(GradientMismatch) as raised:
            check_gradient(f, doubled, LAYER, examples=5)
        assert str(raised.value) == str(judge_gradient(f, doubled, LAYER, examples=5))

    def test_one_that_crashes_at_some_sizes_is_undecided(self) -> None:
        with pytest.raises(GradientUndecided, match="judged at .* points alone"):
            check_gradient(f, for_square_weights, LAYER, examples=60)

    def test_what_a_caller_would_not_expect_is_warned_of_once(self) -> None:
        def doubles_its_argument(x: Array) -> Array:
            x *= 2
            return x

        with pytest.warns(GradientWarning) as warned:
            check_gradient(lambda x: (x * x).sum(), doubles_its_argument, named_arrays(x="n"), examples=10)
        assert [str(warning.message) for warning in warned] == ["gradient changes its argument x"]

    @pytest.mark.parametrize("rule", [gradient, halved_from_two_rows_on, for_square_weights])
    def test_it_can_be_printed_in_any_encoding_in_100_columns(self, rule: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        over = LAYER.map(lambda a: (a["W"], 0 * a["x"] if rule is gradient else a["x"]))
        found = judge_gradient(f, rule, over, examples=30)
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
        text = str(found)
        assert text.isascii()
        assert all(len(line) <= 100 or "check_gradient(" in line for line in text.splitlines())

    def test_all_of_it_is_data(self, halved: SampledReport) -> None:
        plain = json.loads(json.dumps(halved.to_dict()))
        assert (plain["schema"], plain["verdict"], plain["cases"]) == (1, "wrong", halved.cases)
        assert [(leaf["path"], leaf["verdict"]) for leaf in plain["leaves"]] == [("W", "wrong"), ("x", "right")]
        assert plain["refutations"][0]["sizes"] == {"n": 2, "m": 1, "batch": 1}
        assert repr(halved).startswith("<SampledReport wrong: W[1, 0] is ")

    def test_each_array_has_the_worst_verdict_and_the_fewest_digits_of_its_points(self) -> None:
        points = st.integers(1, 6).map(lambda n: (np.arange(1.0, n + 1) / 8,))
        (wrong,) = judge_gradient(
            lambda x: (x**3).sum(), lambda x: 3 * x**2 * (1 if len(x) < 3 else 2), points, examples=30
        ).leaves
        assert (wrong.verdict, wrong.cases) == ("wrong", 6)
        assert "by hand" in wrong.finding
        cancels = lambda x: x**2 * 3 * np.exp(x) / np.exp(x)  # noqa: E731
        (right,) = judge_gradient(lambda x: (x**3).sum(), cancels, points, examples=30).leaves
        each = [judge_gradient(lambda x: (x**3).sum(), cancels, (np.arange(1.0, n + 1) / 8,)) for n in range(1, 7)]
        digits = [report.formula.leaves[0].digits or 0 for report in each]
        assert right.digits == min(digits) < max(digits)
        assert right.finding == ""

    def test_an_undecided_array_says_why(self) -> None:
        points = st.integers(1, 6).map(lambda n: (np.arange(1.0, n + 1) / 8,))
        (leaf,) = judge_gradient(
            lambda x: np.abs(x - 0.375).sum(), lambda x: np.sign(x - 0.375), points, examples=30
        ).leaves
        assert leaf.verdict == "undecided"
        assert "kink" in leaf.finding

    def test_a_rule_that_returns_nan_from_some_size_on_is_wrong(self) -> None:
        def roots(x: Array) -> Array:
            return 3 * x**2 * (1 if len(x) < 3 else 1 + 0 * np.sqrt(-x))

        points = st.integers(1, 6).map(lambda n: (np.arange(1.0, n + 1) / 8,))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = judge_gradient(lambda x: (x**3).sum(), roots, points, examples=30)
        assert found.verdict == "wrong"
        assert "nan by hand" in found.leaves[0].finding


class TestProducts:
    """A vjp and a jvp over random sizes."""

    OVER = named_arrays(W="n m", x="m")

    @staticmethod
    def layer(W: Array, x: Array) -> Any:
        return np.tanh(W @ x)

    @staticmethod
    def pull_back(W: Array, x: Array, cotangent: Array) -> tuple[Any, Any]:
        δ = cotangent * (1 - np.tanh(W @ x) ** 2)
        return np.outer(δ, x), δ @ W

    @staticmethod
    def push_forward(at: tuple[Array, Array], tangents: tuple[Array, Array]) -> Any:
        (W, x), (dW, dx) = at, tangents
        return (1 - np.tanh(W @ x) ** 2) * (dW @ x + W @ dx)

    def test_right_ones_are_right_at_every_point(self) -> None:
        pulled = check_vjp(self.layer, self.pull_back, self.OVER, examples=20)
        assert (pulled.verdict, pulled.cases, pulled.right) == ("right", 20, ("W", "x"))
        pushed = check_jvp(self.layer, self.push_forward, self.OVER, examples=20)
        assert (pushed.verdict, pushed.cases, set(pushed.sizes)) == ("right", 20, {"n", "m"})

    def test_a_wrong_vjp_comes_with_rule_sizes_kind_and_snippet(self) -> None:
        def halved(W: Array, x: Array, cotangent: Array) -> tuple[Any, Any]:
            W_bar, x_bar = self.pull_back(W, x, cotangent)
            return W_bar, x_bar / min(len(x), 2)

        found = judge_vjp(self.layer, halved, self.OVER, examples=40)
        (refutation,) = found.refutations
        assert (refutation.path, refutation.rule, refutation.sizes) == ("x", "m ≥ 2", {"n": 1, "m": 2})
        assert refutation.diagnosis.kind is not None
        assert re.match(r"wrong by x: x\[\d\] is \S+, not \S+.*; right by W\n", str(found))
        assert refutation.snippet[-1].startswith("check_vjp(")

    def test_a_vjp_that_is_clipped_is_found_not_to_be_linear(self) -> None:
        def clipped(W: Array, x: Array, cotangent: Array) -> tuple[Any, Any]:
            W_bar, x_bar = self.pull_back(W, x, cotangent)
            return W_bar, np.clip(x_bar, -1e6, 1e6)

        over = named_arrays(W="n m", x="m").filter(lambda a: bool((a["W"] != 0).all()))
        found = judge_vjp(self.layer, clipped, over, examples=10)
        (refutation,) = found.refutations
        assert refutation.path == "x"
        assert refutation.diagnosis.kind is None
        assert refutation.finding.reason.startswith("right for random cotangents but not for long ones")

    def test_a_wrong_jvp_comes_with_rule_sizes_and_snippet_and_no_kind(self) -> None:
        def forgets_x(at: tuple[Array, Array], tangents: tuple[Array, Array]) -> Any:
            (W, x), (dW, dx) = at, tangents
            return (1 - np.tanh(W @ x) ** 2) * (dW @ x + W @ dx / min(len(x), 2))

        found = judge_jvp(self.layer, forgets_x, self.OVER, examples=40)
        (refutation,) = found.refutations
        assert (refutation.path, refutation.rule, refutation.sizes) == ("f(...)[0]", "m ≥ 2", {"n": 1, "m": 2})
        assert (refutation.diagnosis.kind, found.right) == (None, ())
        with pytest.raises(GradientMismatch, match=r"^wrong by f\(\.\.\.\)\[0\]: f\(\.\.\.\)\[0\] is \S+, not .*\n"):
            check_jvp(self.layer, forgets_x, self.OVER.filter(lambda a: len(a["x"]) > 1), examples=5)  # wrong at all
        with pytest.raises(GradientMismatch):
            exec("\n".join(refutation.snippet), {"f": self.layer, "gradient": forgets_x, "jvp": forgets_x})

    def test_the_same_options_are_refused_as_for_gradients(self) -> None:
        with pytest.raises(ValueError, match="wrt must name arguments of f"):
            judge_vjp(self.layer, self.pull_back, self.OVER, wrt="V")
        with pytest.raises(ValueError, match="examples must be a positive integer"):
            judge_jvp(self.layer, self.push_forward, self.OVER, examples=-1)


class TestSeveralStrategies:
    QUESTION = Question(lambda x: (x**2).sum(), lambda x: 2 * x, None, "auto", 0)

    @pytest.mark.parametrize(("examples", "cases"), [(1, 3), (3, 6), (30, 30)])
    def test_they_share_the_points_and_each_has_one_besides_its_smallest(self, examples: int, cases: int) -> None:
        met: list[int] = []

        def note(x: Array) -> Array:
            met.append(int(x[0]))
            return x

        lows = (0, 10_000, 20_000)
        strategies = [st.integers(low, low + 9_999).map(lambda n: np.array([n + 0.5])).map(note) for low in lows]
        assert judge_over(self.QUESTION, strategies, examples).cases == cases
        assert [len({n for n in met if low <= n < low + 10_000}) for low in lows] == [cases // 3] * 3

    def test_the_smallest_point_is_one_of_the_first_strategy_that_shows_it(self) -> None:
        wrong = replace(self.QUESTION, rule=lambda x: 2 * x * (1 + (x[0] > 150)))
        strategies = [st.integers(low, low + 99).map(lambda n: np.array([n + 0.5])) for low in (0, 100, 200)]
        (refutation,) = judge_over(wrong, strategies, 30).refutations
        assert refutation.snippet[-1].endswith("(np.array([150.5]),))")


class TestTheSmallestPoint:
    def test_its_snippet_fails_again_when_it_is_run_as_a_file(self, halved: SampledReport, tmp_path: Path) -> None:
        (refutation,) = halved.refutations
        file = tmp_path / "again.py"
        file.write_text("\n".join(refutation.snippet), encoding="utf-8")
        run = subprocess.run(
            [sys.executable, file],
            capture_output=True,
            text=True,
            check=False,
            cwd=Path(__file__).parents[2],
            env={"PYTHONPATH": "."},
        )
        assert run.returncode == 1
        assert re.search("GradientMismatch: wrong by W: .*; right by x", run.stderr)

    def test_the_wrong_entry_is_named_there_where_nothing_runs_on_balls(self) -> None:
        def f_of_floats(W: Array, x: Array) -> float:
            return take_float(np.tanh(W @ x / 4).sum())

        def with_two_entries_wrong(W: Array, x: Array) -> tuple[Any, Any]:
            δ = (1 - np.tanh(W @ x / 4) ** 2) / 4
            W_bar = np.outer(δ, x)
            W_bar[-1, 0] *= -1
            W_bar[1, -1] *= 1.01
            return W_bar, W.T @ δ

        over = named_arrays(W="n m", x="m").filter(lambda a: min(a["W"].shape) > 1)
        (refutation,) = judge_gradient(f_of_floats, with_two_entries_wrong, over, examples=20).refutations
        assert refutation.sizes == {"n": 2, "m": 2}
        assert refutation.finding.place == "W[1, 0]"


class TestCrashes:
    def test_a_crash_at_some_sizes_is_no_wrong_gradient_and_no_right_one(self) -> None:
        found = judge_gradient(f, for_square_weights, named_arrays(W="n m", x="m"), examples=60)
        assert (found.verdict, found.refutations) == ("undecided", ())
        (crash,) = found.crashes
        assert (crash.name, crash.rule, crash.error) == ("gradient", "n ≠ m", "ArithmeticError: W is not square")
        assert re.match(r"undecided: it was judged at \d+ points alone\n", str(found))

    def test_a_crash_of_f_is_told_from_one_of_the_gradient(self) -> None:
        def of_square(W: Array, x: Array) -> Any:
            return f(W, x) + np.trace(np.linalg.inv(np.eye(*W.shape)))

        (crash,) = judge_gradient(of_square, gradient, named_arrays(W="n m", x="m"), examples=60).crashes
        assert (crash.name, crash.rule) == ("f", "n ≠ m")

    def test_a_gradient_that_crashes_everywhere_raises_what_it_raises(self) -> None:
        with pytest.raises(KeyError, match="nothing"):
            judge_gradient(f, lambda W, x: {"": W}["nothing"], LAYER, examples=5)


class TestArguments:
    def test_a_dict_of_arrays_may_be_the_one_argument(self) -> None:
        found = judge_gradient(
            lambda params: f(params["W"], params["x"]),
            lambda params: dict(zip(("W", "x"), halved_from_two_rows_on(params["W"], params["x"]), strict=True)),
            named_arrays(W="n m", x="m"),
            examples=60,
        )
        assert [(one.path, one.rule) for one in found.refutations] == [("params['W']", "n ≥ 2")]

    def test_a_strategy_of_ones_own_has_the_sizes_of_its_named_arrays(self) -> None:
        points = LAYER.filter(lambda a: a["x"].ndim == 1).map(lambda a: (a["W"], a["x"]))
        found = judge_gradient(f, halved_from_two_rows_on, points, examples=60)
        assert [(one.path, one.rule) for one in found.refutations] == [("W", "W.shape[0] ≥ 2")]

    def test_what_has_a_default_need_not_be_drawn(self) -> None:
        assert judge_gradient(
            lambda W, x, k=2.0: k * f(W, x), lambda W, x: [2 * g for g in gradient(W, x)], LAYER, wrt=("W", "x")
        )

    def test_points_that_are_none_are_counted_and_what_a_report_notes_is_kept(self) -> None:
        def doubles_its_argument(xs: list[Array]) -> list[Array]:
            for x in xs:
                x *= 2
            return xs

        lists = st.lists(st.integers(1, 3).map(np.ones), max_size=3)
        found = judge_gradient(lambda xs: sum((x * x).sum() for x in xs), doubles_its_argument, lists)
        assert found.verdict == "right"
        assert found.blind_spots[0].startswith("1 of those that were drawn are no points: at must hold at least one")
        assert "gradient changes its argument xs[0]" in found.notes

    def test_points_where_f_is_not_finite_are_counted_and_leave_the_others_their_verdict(self) -> None:
        points = st.floats(-2, 2).map(lambda x: (x,))
        f = lambda x: x * np.log(x)  # noqa: E731
        with np.errstate(all="ignore"):
            found = judge_gradient(f, lambda x: np.log(x) + 1, points)
            assert judge_gradient(f, lambda x: np.log(x) + x, points).verdict == "wrong"
        assert found.verdict == "right"
        assert re.match(r"\d+ of those that were drawn are no points: f is not finite there", found.blind_spots[0])

    def test_a_point_where_f_overflows_on_its_way_is_none_and_no_smallest_one(self) -> None:
        def logistic(x: Array) -> Any:
            return (1 / (1 + np.exp(-x))).sum()

        def of_large_ratios(x: Array) -> Any:
            return np.exp(-x) / (1 + np.exp(-x)) ** 2  # inf / inf

        found = judge_gradient(logistic, of_large_ratios, named_arrays(x="n"), examples=60)
        assert found.verdict == "right"
        assert "f is not finite there, or overflows on its way" in found.blind_spots[0]
        (refutation,) = judge_gradient(
            logistic, lambda x: -of_large_ratios(x), named_arrays(x="n"), examples=60
        ).refutations
        assert "nan" not in refutation.finding.finding

    @pytest.mark.parametrize(
        ("over", "examples", "message"),
        [
            (LAYER, 0, "examples must be a positive integer; got 0"),
            (LAYER, True, "examples must be a positive integer; got True"),
            (LAYER, 7.5, "examples must be a positive integer; got 7.5"),
            (named_arrays(V="n"), 5, "at must draw the arguments of f, W, x, by name or as a tuple; got V"),
        ],
    )
    def test_bad_input_is_named(self, over: Any, examples: int, message: str) -> None:
        with pytest.raises((TypeError, ValueError), match=re.escape(message)):
            judge_gradient(f, gradient, over, examples=examples)


class TestTheRule:
    def test_a_point_that_is_right_by_chance_is_no_exception(self) -> None:
        def wrong_but_at_0(x: Array) -> Any:
            return 2 * x * (1 if len(x) < 2 else 1 + x[0])

        points = st.tuples(st.integers(1, 5), st.integers(0, 99)).map(lambda drawn: np.full(drawn[0], drawn[1] / 64))
        (refutation,) = judge_gradient(lambda x: (x * x).sum(), wrong_but_at_0, points, examples=100).refutations
        assert refutation.rule == "x.shape[0] ≥ 2"

    @pytest.mark.parametrize(("examples", "seed"), [(10, 0), (10, 1), (30, 0)])
    @pytest.mark.parametrize(
        "is_wrong",
        [
            lambda h, t: h % 2 == 0,
            lambda h, t: h >= 2 or t >= 3,
            lambda h, t: h * t >= 6,
            lambda h, t: h in (1, 4),
        ],
    )
    def test_none_is_said_that_is_false_however_few_examples_there_are(
        self, is_wrong: Any, examples: int, seed: int
    ) -> None:
        def doubled(x: Array, y: Array) -> tuple[Any, Any]:
            return np.cos(x) * (2 if is_wrong(len(x), len(y)) else 1), np.cos(y)

        over = named_arrays(x="h", y="t")
        f_of_both = lambda x, y: np.sin(x).sum() + np.sin(y).sum()  # noqa: E731
        (refutation,) = judge_gradient(f_of_both, doubled, over, examples=examples, seed=seed).refutations
        assert refutation.rule is None

    def test_more_points_are_judged_to_exclude_others_and_as_many_again_at_most(self) -> None:
        def doubled_from_two_on(x: Array, y: Array) -> tuple[Any, Any]:
            return np.cos(x) * min(len(x), 2), np.cos(y)

        f = lambda x, y: np.sin(x).sum() + np.sin(y).sum()  # noqa: E731
        found = judge_gradient(f, doubled_from_two_on, named_arrays(x="h", y="t"), examples=30)
        assert [one.rule for one in found.refutations] == ["h ≥ 2"]
        assert 30 < found.cases <= 60
        assert (
            judge_gradient(f, lambda x, y: (np.cos(x), np.cos(y)), named_arrays(x="h", y="t"), examples=30).cases == 30
        )

    def test_there_is_none_where_more_than_sizes_decides(self) -> None:
        def wrong_above(x: Array) -> Any:
            return np.where(x > 1.5, 0 * x, 2 * x)

        (refutation,) = judge_gradient(
            lambda x: (x * x).sum(), wrong_above, named_arrays(x="n"), examples=60
        ).refutations
        assert refutation.rule is None
        assert re.fullmatch(r"wrong in \d+ of 60 cases", format_when(refutation))

    def test_only_cases_that_have_the_array_count(self) -> None:
        lists = st.lists(st.just(np.ones(1)), min_size=1, max_size=4)
        (refutation,) = judge_gradient(
            lambda xs: sum((x**2).sum() for x in xs),
            lambda xs: [2 * x * (1 if n < 3 else 2) for n, x in enumerate(xs)],
            lists,
        ).refutations
        assert (refutation.path, refutation.cases, format_when(refutation)) == ("xs[3]", 1, "")


def test_a_gradient_that_is_wrong_with_and_without_batch_axes_is_diagnosed() -> None:
    report = judge_gradient(
        lambda w, xs: np.tanh(xs @ w).sum(),
        lambda w, xs: (0 * w + 1.5, (1 - np.tanh(xs @ w) ** 2)[..., None] * w),
        named_arrays(w="m", xs="... m"),
        examples=20,
    )
    assert report.verdict == "wrong"
    swapped = judge_gradient(
        lambda w, xs: np.tanh(xs @ w).sum(),
        lambda w, xs: (np.tensordot(1 - np.tanh(xs @ w) ** 2, xs, xs.ndim - 1), np.where(xs > 0, 1.5, 0.5) * w),
        named_arrays(w="m", xs="... m"),
        examples=20,
    )
    assert swapped.refutations[0].path == "xs"
