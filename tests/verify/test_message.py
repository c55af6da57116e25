"""What is said of a report and of a wrong gradient: in few lines, of 100 columns, in any encoding."""

import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
from flint import arb
from scipy import special  # type: ignore[import-untyped]

from bptt.rnn.arrays import Array
from bptt.verify import Entry, GradientMismatch, LeafFinding, Verdict, check_gradient, judge_gradient, named_arrays
from bptt.verify._decimals import show_both
from bptt.verify._message import fit_to_stdout, format_refutations, format_when
from bptt.verify.diagnosis import Diagnosis, Refutation
from bptt.verify.diagnosis._kind import Form
from tests.corpus.floats_only import take_float

W, X = np.array([[0.5, -1.0], [0.25, 2.0]]), np.array([1.0, 0.5])


def f(W: Array, x: Array) -> Any:
    return np.tanh(x @ W.T).sum()


def gradient(W: Array, x: Array) -> tuple[Any, Any]:
    δ = 1 - np.tanh(x @ W.T) ** 2
    return np.outer(δ, x), δ @ W


def last_row_doubled(W: Array, x: Array) -> tuple[Any, Any]:
    W_bar, x_bar = gradient(W, x)
    return np.concatenate([W_bar[:1], 2 * W_bar[1:]]), -x_bar


def explain(f: Any, gradient: Any, at: tuple[Any, ...], **options: Any) -> str:
    """What the error says."""
    with pytest.raises(GradientMismatch) as raised:
        check_gradient(f, gradient, at, **options)
    return str(raised.value)


class TestExplanations:
    def test_one_has_the_entry_with_both_values_where_what_the_seed_and_a_snippet(self) -> None:
        assert explain(f, last_row_doubled, (W, X), seed=3).splitlines() == [
            "wrong by W, x: W[1, 0] is 0.560830, not 0.280415 ± 2e-51",
            "W[1, 0]: by hand   0.560830",
            "         reference 0.280415 ± 2e-51, by ball arithmetic (2 of 4 entries differ)",
            "  where: the last index of axis 0",
            "also by x: it is the negative of the true one",
            "seed 3, to see it again:",
            "    import numpy as np",
            "    from bptt.verify import check_gradient",
            "    from tests.verify.test_message import f, last_row_doubled",
            "    check_gradient(f, last_row_doubled, (np.array([[0.5, -1.0], [0.25, 2.0]]), np.array([1.0, 0.5])),"
            " seed=3)",
        ]

    @pytest.mark.parametrize("count", [1, 40])
    def test_one_has_15_lines_of_100_columns_at_most_and_a_snippet(self, count: int) -> None:
        def slip(xs: list[Array]) -> list[Array]:
            return [x * np.array([2, 2, n]) for n, x in enumerate(xs)]

        text = explain(lambda xs: sum((x**2).sum() for x in xs), slip, ([np.full(3, n + 1.0) for n in range(count)],))
        lines = text.split("\nseed 0")[0].splitlines()
        assert len(text.splitlines()) <= 15
        assert max(map(len, lines)) <= 100

    def test_one_has_15_lines_at_most_whatever_a_snippet_and_an_error_have(self) -> None:
        finding = LeafFinding("x", (), Verdict.WRONG, "1 of 1 entries differ", entry=Entry((), "1", "2"))
        refutation = Refutation(finding, Diagnosis("x"), {"n": 1}, "n ≥ 1", 5, snippet=("import this",) * 20)
        lines = format_refutations([refutation], (), 0, ["raises\nthree\nlines"] * 30).splitlines()
        assert len(lines) == 15
        assert "note: raises three lines" in lines

    def test_a_long_sentence_goes_on_below_and_is_cut_where_there_is_no_room(self) -> None:
        way = f"what goes through `{'np.tanh(a) + ' * 4}b`, line 1 of model.py"
        diagnosis = Diagnosis("x", "", Form.PATH_MISSING.describe(way=way))
        finding = LeafFinding("x", (2,), Verdict.WRONG, "2 of 2 entries differ", entry=Entry((0,), "1", "2"))
        first = Refutation(finding, diagnosis)
        alone = format_refutations([first], (), 0).splitlines()
        assert " ".join(map(str.strip, alone[3:-1])) == f"kind: it is the true one without {way}"
        among_others = format_refutations([replace(first, snippet=("pass",) * 10)], (), 0).splitlines()
        assert len(among_others) == 15
        assert among_others[3].endswith("…")
        assert max(map(len, [*alone, *among_others])) <= 100

    @pytest.mark.parametrize(
        ("rule", "cases", "expected"),
        [
            ("n ≥ 2", 5, "wrong exactly when n ≥ 2, in 5 cases"),
            ("", 5, "wrong in all 5 cases"),
            (None, 5, "wrong in 3 of 5 cases"),
            (None, 1, ""),
        ],
    )
    def test_when_it_is_wrong_is_said_of_several_cases(self, rule: str | None, cases: int, expected: str) -> None:
        finding = LeafFinding("x", (), Verdict.WRONG, "")
        assert format_when(Refutation(finding, Diagnosis("x"), rule=rule, cases=cases, wrong=3)) == expected

    def test_points_that_are_undecided_are_counted(self) -> None:
        gradient = lambda x: np.sign(x) * (2.0 if len(x) > 2 else 1.0)  # noqa: E731
        (refutation,) = judge_gradient(lambda x: abs(x).sum(), gradient, named_arrays(x="n 4"), examples=40).refutations
        assert 0 < refutation.undecided < 20
        assert format_when(refutation).endswith(f" cases, undecided in {refutation.undecided}")

    @pytest.mark.parametrize(
        ("by_hand", "reference", "expected"),
        [
            (arb(0, 1e-50), arb(-2, 1e-50), ("0 ± 1e-50", "-2.00000 ± 1e-50")),
            (arb(0), arb(0, 1e-50), ("0", "0 ± 1e-50")),
            (arb(3), arb(2), ("3.00000", "2.00000")),
        ],
    )
    def test_a_number_that_cannot_be_told_from_0_is_shown_as_that(
        self, by_hand: arb, reference: arb, expected: tuple[str, str]
    ) -> None:
        assert show_both(by_hand, reference) == expected

    @pytest.mark.filterwarnings("ignore::RuntimeWarning")  # as its caller would see them
    def test_floats_outside_their_bound_are_named_beside_it(self) -> None:
        def overflowing(x: Array) -> Any:
            return x * 1e300 * 1e300 / 1e300 / 1e300

        first, by_hand, reference, *_ = explain(lambda x: (x * x).sum() / 2, overflowing, (X,)).splitlines()
        assert first == "wrong by x"
        assert by_hand == "x[0]: by hand   [+/- inf]"
        assert reference.endswith(", with its rounding (overflow)")


class TestOnFloatsAlone:
    """Where nothing runs on balls, the entries are searched for."""

    @staticmethod
    def of_floats(W: Array, x: Array) -> float:
        return take_float(np.tanh(W @ x / 4).sum())

    @staticmethod
    def with_two_entries_wrong(W: Array, x: Array) -> tuple[Any, Any]:
        δ = (1 - np.tanh(W @ x / 4) ** 2) / 4
        W_bar = np.outer(δ, x)
        W_bar[-1, 0] *= -1
        W_bar[1, -1] *= 1.01
        return W_bar, W.T @ δ

    def test_the_wrong_entries_are_named_with_the_slopes_that_it_took(self) -> None:
        normal = np.random.default_rng(0).normal
        text = explain(self.of_floats, self.with_two_entries_wrong, (normal(size=(40, 60)), normal(size=60)))
        first, by_hand, *reference, seed = text.splitlines()
        assert re.fullmatch(r"wrong by W: W\[39, 0\] is -0\.0195\d+, not 0\.0195\d+ ± \S+; right by x", first)
        assert seed == "seed 0"
        assert by_hand.startswith("W[39, 0]: by hand ")
        assert re.search(
            r"by finite differences \(2 wrong entries found in \d+ slopes; also \[1, 59\]\)$",
            " ".join(map(str.strip, reference)),
        )

    @pytest.mark.parametrize("bad", [np.zeros(3), np.array([1.0, np.nan])])
    def test_a_shape_or_a_nan_is_what_is_said(self, bad: Array) -> None:
        text = explain(lambda x: take_float((x**2).sum()), lambda x: bad, (X,))
        assert re.match(r"wrong by x\n.*(shape|nan)", text)


class TestReports:
    def test_a_report_is_a_table_with_the_wrong_entry_below_its_row(self) -> None:
        def slip(W: Array, x: Array) -> tuple[Any, Any]:
            return last_row_doubled(W, x)[0], gradient(W, x)[1]

        lines = str(judge_gradient(f, slip, (W, X), seed=3)).splitlines()
        assert lines[:3] == [
            "wrong: W[1, 0] is 0.560830 by hand, 0.280415 ± 2e-51 by ball arithmetic (2 of 4 entries differ)",
            "",
            "gradient by   shape    formula   agreement   arithmetic   guaranteed   measured",
        ]
        assert set(lines[3]) == {"─"}
        assert re.fullmatch(r"W             \(2, 2\)   wrong                 right        \d+ digits", lines[4])
        assert lines[5:7] == [
            "  W[1, 0]: by hand   0.560830",
            "           reference 0.280415 ± 2e-51, by ball arithmetic (2 of 4 entries differ)",
        ]
        assert lines[-2:] == ["", "seed 3, balls of 50 digits"]

    def test_what_is_said_of_floats_stands_in_the_row_and_the_method_at_the_end(self) -> None:
        lines = str(judge_gradient(f, gradient, (W, X), method="floats")).splitlines()
        assert any(re.fullmatch(r"x +\(2,\) +right +\d+ digits +along a random direction", line) for line in lines)
        assert lines[-1] == "seed 0, finite differences"

    def test_a_note_is_a_line_of_its_own(self) -> None:
        def writing(W: Array, x: Array) -> tuple[Any, Any]:
            W_bar, x_bar = gradient(W, x)
            x += 1
            return W_bar, x_bar

        assert "note: gradient changes its argument x" in str(judge_gradient(f, writing, (W, X))).splitlines()

    @pytest.mark.parametrize("wrong", [True, False])
    def test_a_report_has_100_columns_at_most_whatever_the_names_are(self, wrong: bool) -> None:
        name = "a_model_of_many_parts_whose_author_likes_to_be_understood"
        point = {name: {name: np.full((1, 1, 1, 1, 2), 1 / 3)}}

        def cube(p: Any) -> Any:
            return (p[name][name] ** 3).sum()

        def claim(p: Any) -> Any:
            x = p[name][name]
            return {name: {name: 3 * x * x * (1 + wrong * 2.0**-45 * x)}}

        lines = str(judge_gradient(cube, claim, (point,))).splitlines()
        assert max(map(len, lines)) <= 100
        assert lines[0].startswith("wrong: p['a_model" if wrong else "right: every")
        assert any(line.startswith("p['a_model") and "…" in line for line in lines)

    def test_a_notebook_shows_a_table_with_nothing_in_it_that_html_would_read(self) -> None:
        def of_dict(p: Any) -> Any:
            return (p["<b>&"] ** 2).sum()

        shown = judge_gradient(of_dict, lambda p: {"<b>&": p["<b>&"]}, ({"<b>&": X},))._repr_html_()
        assert shown.startswith("<p>wrong: p[&#x27;&lt;b&gt;&amp;&#x27;][0] is 1.0")
        assert shown.count("<tr>") == 2
        assert "<th>gradient by</th>" in shown
        assert "<b>" not in shown

    @pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
    def test_it_can_be_printed_in_any_encoding(self, encoding: str) -> None:
        code = (
            "import numpy as np; from tests.verify.test_message import W, X, f, last_row_doubled\n"
            "from bptt.verify import judge_gradient\n"
            "def g(ж, ß): return last_row_doubled(ж, ß)\n"
            "print(judge_gradient(lambda ж, ß: f(ж, ß), g, (W, X)))"
        )
        printed = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            check=True,
            cwd=Path(__file__).parents[2],
            env={**os.environ, "PYTHONIOENCODING": encoding},
        ).stdout.decode(encoding)
        plus_minus = "+/-" if encoding == "ascii" else "±"
        rule = "─" if encoding == "utf-8" else "-"
        path = "ж" if encoding == "utf-8" else r"\u0436"
        lines = printed.splitlines()
        assert lines[0].startswith(f"wrong: {path}[1, 0] is 0.560830 by hand, 0.280415 {plus_minus} 2e-51 by ball")
        assert set(lines[3] if len(lines[1]) == 0 else lines[4]) == {rule}
        assert max(map(len, lines)) <= 100

    def test_what_has_a_likeness_is_replaced_by_it_and_the_rest_by_its_number(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Ascii:
            encoding = "ascii"

        monkeypatch.setattr(sys, "stdout", Ascii())
        assert fit_to_stdout("1 ± 2 ≥ √n … − ─ ∂f δ") == r"1 +/- 2 >= sqrt n ... - - df \u03b4"
        monkeypatch.setattr(sys, "stdout", None)
        assert fit_to_stdout("±") == "±"


class TestWords:
    def test_what_takes_no_balls_has_the_name_of_its_own_library_and_is_not_told_of_another(self) -> None:
        of_scipy = judge_gradient(
            lambda x: special.expit(x).sum(), lambda x: special.expit(x) * special.expit(-x), (X,)
        )
        assert "np.expit" not in str(of_scipy)
        assert jax.__name__ in sys.modules
        of_numpy = judge_gradient(lambda x: (np.round(x) * x).sum(), lambda x: np.round(x), (X,))
        assert "JAX" not in str(of_numpy)

    def test_exactly_is_said_of_equal_numbers_alone(self) -> None:
        saturated = judge_gradient(lambda x: np.tanh(x).sum(), lambda x: 1 - np.tanh(x) ** 2, (np.array([1000.0]),))
        assert saturated.reason == "every entry agrees to within less than any float"
        assert "exact" not in str(saturated.formula.leaves[0].known)
        equal = judge_gradient(lambda x: (x**2).sum(), lambda x: 2 * x, (X,))
        assert equal.reason == "every entry agrees exactly"


def test_at_a_tie_the_values_are_said_to_lie_between_the_slopes_and_no_part_is_blamed() -> None:
    with pytest.raises(GradientMismatch) as mismatch:
        check_gradient(lambda x: x.max(), lambda x: (x == x.max()) * 1.0, (np.array([1.0, 2.0, 2.0]),))
    assert str(mismatch.value).startswith("wrong by x: x[1] is 1.00000, where slopes are between 0 and 1.00000\n")
    assert "where: " not in str(mismatch.value)
