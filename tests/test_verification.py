"""A gradient over random sizes: the verdict, the smallest sizes, the rule, and what the points could not have shown."""

import functools
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import jax  # noqa: F401  (so that the harness may fall back to its arrays)
import numpy as np
import pytest
from hypothesis import strategies as st

from bptt.rnn.arrays import Array
from bptt.verify import (
    Entry,
    GradientMismatch,
    LeafFinding,
    Report,
    _random_sizes,
    arrays,
    assert_gradient,
    check_gradient,
    verify_gradient,
)
from bptt.verify._message import Refutation, explanation
from bptt.verify._reproduction import snippet
from bptt.verify._size_rules import rule
from bptt.verify.diagnosis._diagnosis import Diagnosis

LAYER = arrays(W="n m", x="... m")


def f(W: Array, x: Array) -> Any:
    return np.tanh(x @ W.T).sum()


def gradient(W: Array, x: Array) -> tuple[Any, Any]:
    δ = 1 - np.tanh(x @ W.T) ** 2
    return np.einsum("bn,bm->nm", δ.reshape(-1, len(W)), x.reshape(-1, W.shape[1])), δ @ W


def halved_from_two_rows_on(W: Array, x: Array) -> tuple[Any, Any]:
    W_bar, x_bar = gradient(W, x)
    return W_bar / min(len(W), 2), x_bar


def mean_over_the_batch(W: Array, x: Array) -> tuple[Any, Any]:
    W_bar, x_bar = gradient(W, x)
    return W_bar / (x.size // x.shape[-1]), x_bar


def for_square_weights(W: Array, x: Array) -> tuple[Any, Any]:
    if W.shape[0] != W.shape[1]:
        raise ArithmeticError("W is not square")
    return gradient(W, x)


class TestTheVerdict:
    def test_a_right_gradient_is_right_at_every_point(self) -> None:
        found = verify_gradient(f, gradient, LAYER, examples=60)
        assert found
        assert (found.verdict, found.cases, found.refutations, found.warnings) == ("right", 60, (), ())
        assert found.sizes == {"n": (1, 4), "m": (1, 4), "batch": (1, 9)} or found.sizes["n"] == (1, 4)
        assert re.match(
            r"right at 60 points: every entry agrees to \d+ digits\nsizes: n 1 to 4, m 1 to 4, batch", str(found)
        )

    def test_a_wrong_one_comes_with_the_rule_and_the_smallest_sizes(self) -> None:
        found = verify_gradient(f, halved_from_two_rows_on, LAYER, examples=60)
        assert not found
        (refutation,) = found.refutations
        assert (refutation.path, refutation.rule) == ("W", "n ≥ 2")
        assert refutation.sizes == {"n": 2, "m": 1, "batch": 1}
        assert found.right == ("x",)
        assert "wrong exactly when n ≥ 2, in 60 cases" in str(found)

    def test_a_kind_holds_at_all_sizes_that_were_looked_at(self) -> None:
        (refutation,) = verify_gradient(f, mean_over_the_batch, LAYER, examples=60).refutations
        assert refutation.diagnosis.kind is not None
        assert refutation.diagnosis.kind.text == "1/batch times the true one: a mean in place of a sum"
        assert refutation.diagnosis.kind.by_design
        assert refutation.rule == "batch ≥ 2"

    def test_a_factor_may_be_made_of_several_sizes(self) -> None:
        def mean(W: Array, x: Array) -> Any:
            return (np.tanh(x @ W.T) ** 2).mean() / np.sqrt(W.shape[1])

        def of_the_sum(W: Array, x: Array) -> Any:
            h = np.tanh(x @ W.T)
            return (2 * h * (1 - h * h)).T @ x

        over = arrays(W="n m", x="b m")
        (refutation,) = verify_gradient(mean, of_the_sum, over, wrt="W", examples=60).refutations
        assert refutation.diagnosis.kind is not None
        assert refutation.diagnosis.kind.text == "n √m b times the true one"

    def test_a_sum_over_the_batch_that_is_forgotten_is_named_though_a_batch_of_1_hides_it(self) -> None:
        def rectified(W: Array, b: Array, x: Array) -> Any:
            return (np.maximum(x @ W.T + b, 0) ** 2).sum()

        def not_summed(W: Array, b: Array, x: Array) -> tuple[Any, Any]:
            δ = 2 * np.maximum(x @ W.T + b, 0)
            return δ.T @ x, δ

        over = arrays(W="n m", b="n", x="batch m")
        (refutation,) = verify_gradient(rectified, not_summed, over, wrt=("W", "b"), examples=60).refutations
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

        (refutation,) = verify_gradient(
            square, but_the_first, arrays(W="h h", xs="t h"), wrt="W", examples=40
        ).refutations
        assert refutation.sizes == {"h": 1, "t": 1}
        assert refutation.diagnosis.kind is not None
        assert refutation.diagnosis.kind.text == "the true one without the contribution of the first step"

    def test_an_undecided_point_leaves_the_whole_undecided(self) -> None:
        found = verify_gradient(
            lambda x: abs(x).sum(), np.sign, arrays(x="n").map(lambda a: (np.append(a["x"], 0.0),)), examples=5
        )
        assert found.verdict == "undecided"
        assert str(found).startswith("undecided at ")
        assert "a kink" in found.undecided[0]

    def test_a_point_that_is_wrong_by_no_array_that_can_be_named_is_not_right(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def unnamed(*arguments: Any, **options: Any) -> Report:
            report = check_gradient(*arguments, **options)
            return replace(report, formula=replace(report.formula, verdict="wrong", reason="its slope is another"))

        monkeypatch.setattr(_random_sizes, "check_gradient", unnamed)
        found = verify_gradient(f, gradient, LAYER, examples=5)
        assert (found.verdict, bool(found), found.refutations) == ("wrong", False, ())
        assert str(found).startswith("wrong at 5 of 5 points: its slope is another\n")

    def test_functions_that_want_arrays_of_jax_get_them(self) -> None:
        def set_to_one(x: Any) -> Any:
            return (x.at[0].set(1.0) ** 2).sum()

        over = arrays(x="n")
        assert verify_gradient(set_to_one, lambda x: 2 * x.at[0].set(0.0), over, examples=10).verdict == "right"
        (refutation,) = verify_gradient(set_to_one, lambda x: 2 * x.at[0].set(1.0), over, examples=10).refutations
        assert refutation.finding.place == "x[0]"

    def test_the_same_seed_gives_the_same_and_another_one_another(self) -> None:
        one, again, other = (verify_gradient(f, halved_from_two_rows_on, LAYER, examples=30, seed=s) for s in (3, 3, 4))
        assert one == again
        assert one.refutations != other.refutations

    def test_it_is_told_after_each_point(self) -> None:
        judged: list[None] = []
        verify_gradient(f, gradient, LAYER, examples=7, judged=lambda: judged.append(None))
        assert len(judged) == 7


class TestCrashes:
    def test_a_crash_at_some_sizes_is_no_wrong_gradient_and_no_right_one(self) -> None:
        found = verify_gradient(f, for_square_weights, LAYER, examples=60)
        assert (found.verdict, found.refutations) == ("undecided", ())
        (crash,) = found.crashes
        assert (crash.name, crash.rule, crash.error) == ("gradient", "n ≠ m", "ArithmeticError: W is not square")
        assert re.match(r"undecided: it was judged at \d+ points alone\n", str(found))

    def test_a_crash_of_f_is_told_from_one_of_the_gradient(self) -> None:
        def of_square(W: Array, x: Array) -> Any:
            return f(W, x) + np.trace(np.linalg.inv(np.eye(*W.shape)))

        (crash,) = verify_gradient(of_square, gradient, LAYER, examples=60).crashes
        assert (crash.name, crash.rule) == ("f", "n ≠ m")

    def test_a_gradient_that_crashes_everywhere_raises_what_it_raises(self) -> None:
        with pytest.raises(KeyError, match="nothing"):
            verify_gradient(f, lambda W, x: {"": W}["nothing"], LAYER, examples=5)


class TestArguments:
    def test_a_dict_of_arrays_may_be_the_one_argument(self) -> None:
        found = verify_gradient(
            lambda params: f(params["W"], params["x"]),
            lambda params: dict(zip(("W", "x"), halved_from_two_rows_on(params["W"], params["x"]), strict=True)),
            LAYER,
            examples=60,
        )
        assert [(one.path, one.rule) for one in found.refutations] == [("params['W']", "n ≥ 2")]

    def test_a_strategy_of_ones_own_has_the_sizes_of_its_arrays(self) -> None:
        points = LAYER.filter(lambda a: a["x"].ndim == 1).map(lambda a: (a["W"], a["x"]))
        found = verify_gradient(f, halved_from_two_rows_on, points, examples=60)
        assert [(one.path, one.rule) for one in found.refutations] == [("W", "W.shape[0] ≥ 2")]

    def test_what_has_a_default_need_not_be_drawn(self) -> None:
        assert verify_gradient(
            lambda W, x, k=2.0: k * f(W, x), lambda W, x: [2 * g for g in gradient(W, x)], LAYER, wrt=("W", "x")
        )

    def test_points_that_are_none_are_counted_and_what_a_report_notes_is_kept(self) -> None:
        def doubles_its_argument(xs: list[Array]) -> list[Array]:
            for x in xs:
                x *= 2
            return xs

        lists = st.lists(st.integers(1, 3).map(np.ones), max_size=3)
        found = verify_gradient(lambda xs: sum((x * x).sum() for x in xs), doubles_its_argument, lists)
        assert found.verdict == "right"
        assert found.warnings[0].startswith(
            "1 of those that were drawn are no points: arguments must hold at least one"
        )
        assert "gradient changes its argument xs[0]" in found.warnings

    @pytest.mark.parametrize(
        ("over", "examples", "message"),
        [
            ((np.ones(3),), 5, "over must be a Hypothesis strategy, such as strategies.arrays(...); got tuple"),
            (LAYER, 0, "examples must be a positive integer; got 0"),
            (arrays(V="n"), 5, "over must draw the arguments of f, W, x, by name or as a tuple; got V"),
        ],
    )
    def test_bad_input_is_named(self, over: Any, examples: int, message: str) -> None:
        with pytest.raises((TypeError, ValueError), match=re.escape(message)):
            verify_gradient(f, gradient, over, examples=examples)


class TestWhatThePointsCouldNotShow:
    @pytest.mark.parametrize(
        ("over", "warning"),
        [
            (arrays(W="n m", x="m").filter(lambda a: len(a["W"]) == 1), "n was 1 in every case"),
            (
                arrays(W="m m", x="m").map(lambda a: (a["W"], a["x"])),
                "W.shape[0], W.shape[1], x.shape[0] were all equal",
            ),
            (arrays(W="n m", x="m").filter(lambda a: len(set(a["W"].shape)) == 1), "n and m were equal in every case"),
            (arrays(W="n m", x="m").map(lambda a: (a["W"], 0 * a["x"])), "x was 0 in every case"),
            (arrays(W="n m", x="m").map(lambda a: (a["W"], 0 * a["x"] + 0.5)), "all entries of x were equal"),
            (arrays(W="n m", x="m").map(lambda a: (a["W"], 0 * a["x"])), "the gradient by W was 0 in every case"),
        ],
    )
    def test_it_is_said(self, over: Any, warning: str) -> None:
        found = verify_gradient(f, gradient, over, examples=20)
        assert any(said.startswith(warning) for said in found.warnings)
        assert f"note: {warning}" in str(found)

    def test_a_gradient_that_is_below_the_rounding_of_f_throughout_is_said_to_be(self) -> None:
        saturated = arrays(x="n").map(lambda a: (abs(a["x"]) + 25,))
        found = verify_gradient(lambda x: np.tanh(x).sum(), lambda x: 1 / np.cosh(x) ** 2, saturated, examples=20)
        assert found.warnings == (
            "the gradient by x was below the rounding of f in every case: is all of it saturated?",
        )

    def test_nothing_is_said_of_points_that_vary(self) -> None:
        assert verify_gradient(f, gradient, LAYER, examples=60).warnings == ()


class TestTheRule:
    @pytest.mark.parametrize(
        ("wrong", "right", "expected"),
        [
            ([(2, 2), (3, 2), (2, 4)], [(1, 1), (1, 3), (4, 1)], "h ≥ 2 and t ≥ 2"),
            ([(1, 1), (2, 3)], [], ""),
            ([(1, 2), (1, 3)], [(2, 2), (3, 3), (2, 3), (2, 1), (1, 1)], "h = 1 and t ≥ 2"),
            ([(1, 2), (3, 2), (3, 4)], [(1, 1), (2, 2), (4, 4)], "h ≠ t"),
            ([(1, 1), (3, 3)], [(1, 2), (3, 2), (4, 1)], "h = t"),
            ([(1, 1), (2, 1), (4, 2)], [(1, 3), (2, 4)], "t ≤ 2"),
            ([(2, 2), (3, 3)], [(1, 1)], None),  # h ≥ 2, or t ≥ 2
            ([(1, 1), (2, 2), (1, 3)], [(1, 2), (2, 1)], None),
        ],
    )
    def test_it_is_the_shortest_that_fits_and_none_where_two_do(self, wrong: Any, right: Any, expected: Any) -> None:
        assert rule([{"h": h, "t": t} for h, t in wrong], [{"h": h, "t": t} for h, t in right]) == expected

    def test_a_point_that_is_right_by_chance_is_tried_with_other_numbers(self) -> None:
        def wrong_but_at_0(x: Array) -> Any:
            return 2 * x * (1 if len(x) < 2 else 1 + x[0])

        points = st.integers(1, 5).flatmap(lambda n: st.just(np.ones(n)) if n < 5 else st.just(np.zeros(n)))
        (refutation,) = verify_gradient(lambda x: (x * x).sum(), wrong_but_at_0, points, examples=30).refutations
        assert refutation.rule == "x.shape[0] ≥ 2"

    def test_there_is_none_where_more_than_sizes_decides(self) -> None:
        def wrong_above(x: Array) -> Any:
            return np.where(x > 1.5, 0 * x, 2 * x)

        (refutation,) = verify_gradient(lambda x: (x * x).sum(), wrong_above, arrays(x="n"), examples=60).refutations
        assert refutation.rule is None
        assert re.fullmatch(r"wrong in \d+ of 60 cases", refutation.when)

    def test_only_cases_that_have_the_array_count(self) -> None:
        lists = st.lists(st.just(np.ones(1)), min_size=1, max_size=4)
        (refutation,) = verify_gradient(
            lambda xs: sum((x**2).sum() for x in xs),
            lambda xs: [2 * x * (1 if n < 3 else 2) for n, x in enumerate(xs)],
            lists,
        ).refutations
        assert (refutation.path, refutation.cases, refutation.when) == ("xs[3]", 1, "")


class TestTheText:
    def test_it_has_the_entry_with_both_values_where_what_the_seed_and_a_snippet(self) -> None:
        W, x = np.array([[0.5, -1.0], [0.25, 2.0]]), np.array([1.0, 0.5])

        def last_row_doubled(W: Array, x: Array) -> tuple[Any, Any]:
            W_bar, x_bar = gradient(W, x)
            return np.concatenate([W_bar[:1], 2 * W_bar[1:]]), -x_bar

        with pytest.raises(GradientMismatch) as raised:
            assert_gradient(f, last_row_doubled, (W, x), seed=3)
        assert str(raised.value).splitlines() == [
            "wrong by W, x",
            "W[1, 0]: by hand   0.560830",
            "         reference 0.280415 ± 2e-51, by ball arithmetic (2 of 4 entries differ)",
            "  where: the last index of axis 0",
            "also by x: it is the negative of the true one",
            "seed 3, to see it again:",
            "    import numpy as np",
            "    from bptt.verify import assert_gradient",
            "    from tests.test_verification import f",
            "    assert_gradient(f, gradient, (np.array([[0.5, -1.0], [0.25, 2.0]]), np.array([1.0, 0.5])), seed=3)",
        ]

    @pytest.mark.parametrize("arrays_of_it", [1, 40])
    def test_it_has_15_lines_at_most(self, arrays_of_it: int) -> None:
        xs = [np.full(3, n + 1.0) for n in range(arrays_of_it)]
        with pytest.raises(GradientMismatch) as raised:
            assert_gradient(
                lambda xs: sum((x**2).sum() for x in xs),
                lambda xs: [x * np.array([2, 2, n]) for n, x in enumerate(xs)],
                (xs,),
            )
        lines = str(raised.value).splitlines()
        assert len(lines) <= 15
        assert max(map(len, lines)) <= 160 or lines[-1].startswith("    assert_gradient(")

    def test_it_has_15_lines_at_most_whatever_a_snippet_and_an_error_have(self) -> None:
        finding = LeafFinding("x", (), "wrong", "1 of 1 entries differ", entry=Entry((), "1", "2"))
        refutation = Refutation(finding, Diagnosis("x"), {"n": 1}, "n ≥ 1", 5, snippet=("import this",) * 20)
        lines = explanation([refutation], (), 0, ["raises\nthree\nlines"] * 30).splitlines()
        assert len(lines) == 15
        assert "note: raises three lines" in lines

    def test_the_snippet_fails_again_when_it_is_run_as_a_file(self, tmp_path: Path) -> None:
        (refutation,) = verify_gradient(f, halved_from_two_rows_on, LAYER, examples=30).refutations
        file = tmp_path / "again.py"
        file.write_text("\n".join(refutation.snippet))
        run = subprocess.run(
            [sys.executable, file],
            capture_output=True,
            text=True,
            check=False,
            cwd=Path(__file__).parents[1],
            env={"PYTHONPATH": "."},
        )
        assert run.returncode == 1
        assert "GradientMismatch: wrong by W; right by x" in run.stderr

    def test_a_snippet_brings_types_and_structures_back(self) -> None:
        def of_dict(params: Any) -> Any:
            return (params["a"] ** 2).sum() * params["b"][0] + params["n"].sum()

        point = {"a": np.array([1.5], dtype=np.float32), "b": (2.0,), "n": np.array([1, 2])}
        with pytest.raises(GradientMismatch) as raised:
            assert_gradient(of_dict, lambda p: {"a": p["a"], "b": (p["b"][0],), "n": None}, (point,))
        call = str(raised.value).splitlines()[-1].strip()
        assert call == (
            "assert_gradient(f, gradient, ({'a': np.array([1.5], np.float32), 'b': (2.0,), 'n': np.array([1, 2])},))"
        )

    def test_there_is_no_snippet_of_very_many_numbers(self) -> None:
        x = np.arange(1.0, 300.0)
        with pytest.raises(GradientMismatch) as raised:
            assert_gradient(lambda x: (x**2).sum(), lambda x: x, (x,))
        assert str(raised.value).splitlines()[-1] == "seed 0"

    def test_a_function_that_only_bears_the_name_of_another_is_not_imported(self) -> None:
        @functools.wraps(f)
        def bearing_its_name(W: Array, x: Array) -> tuple[Any, Any]:
            return W, x

        lines = snippet("assert_gradient", f, bearing_its_name, (np.ones(1),), {"wrt": {"W": 1}.keys()})
        assert lines[-2:] == [
            "from tests.test_verification import f",
            "assert_gradient(f, gradient, (np.array([1.0]),), wrt=['W'])",
        ]


class TestOnFloatsAlone:
    """Where nothing runs on balls, the entries are searched for."""

    @staticmethod
    def of_floats(W: Array, x: Array) -> float:
        return float(np.tanh(W @ x / 4).sum())

    @staticmethod
    def with_two_entries_wrong(W: Array, x: Array) -> tuple[Any, Any]:
        δ = (1 - np.tanh(W @ x / 4) ** 2) / 4
        W_bar = np.outer(δ, x)
        W_bar[-1, 0] *= -1
        W_bar[1, -1] *= 1.01
        return W_bar, W.T @ δ

    def test_the_wrong_entries_are_named_with_the_slopes_that_it_took(self) -> None:
        normal = np.random.default_rng(0).normal
        with pytest.raises(GradientMismatch) as raised:
            assert_gradient(self.of_floats, self.with_two_entries_wrong, (normal(size=(40, 60)), normal(size=60)))
        first, by_hand, reference, seed = str(raised.value).splitlines()
        assert (first, seed) == ("wrong by W; right by x", "seed 0")
        assert by_hand.startswith("W[39, 0]: by hand ")
        assert re.search(r"by finite differences \(2 wrong entries found in \d+ slopes; also \[1, 59\]\)$", reference)

    def test_they_are_named_at_the_smallest_sizes(self) -> None:
        over = arrays(W="n m", x="m").filter(lambda a: min(a["W"].shape) > 1)
        (refutation,) = verify_gradient(self.of_floats, self.with_two_entries_wrong, over, examples=20).refutations
        assert refutation.sizes == {"n": 2, "m": 2}
        assert refutation.finding.place == "W[1, 0]"

    @pytest.mark.parametrize("bad", [np.zeros(3), np.array([1.0, np.nan])])
    def test_a_shape_or_a_nan_is_what_is_said(self, bad: Array) -> None:
        x = np.array([0.5, 0.25])
        with pytest.raises(GradientMismatch, match=r"wrong by x\n.*(shape|nan)"):
            assert_gradient(lambda x: float((x**2).sum()), lambda x: bad, (x,))
