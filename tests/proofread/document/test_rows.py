"""Alignments are taken apart into rows, and what an author broke over several rows is put together."""

import pytest

from bptt.proofread.document._rows import Row, find_rows, strip_gaps, strip_punctuation
from bptt.proofread.document._statements import split_statements
from bptt.proofread.document._tokens import spell, tokenize


def rows(source: str) -> list[str]:
    return [spell(strip_gaps(row.tokens)) for row in find_rows(tokenize(source, 1, 1))]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        (r"\begin{aligned}[t] a &= b \\[2pt] c &= d \end{aligned}", ["a = b", "c = d"]),
        (r"\begin{alignat*}{2} a &= b \\* c &= d \end{alignat*}", ["a = b", "c = d"]),
        (r"\begin{gather} a = b \end{gather} \begin{gather} c = d \end{gather}", ["a = b", "c = d"]),
        (r"a \cr b \newline c", ["a", "b", "c"]),
        (r"\begin{cases} a \\ b \end{cases} \\ c", [r"\begin{cases}a\\b\end{cases}", "c"]),
        (r"\left[ \begin{aligned} a \\ b \end{aligned} \right]", [r"\left[\begin{aligned}a\\b\end{aligned}\right]"]),
    ],
)
def test_a_display_is_cut_at_the_ends_of_its_rows(source: str, found: list[str]) -> None:
    assert [row.replace(" ", "") for row in rows(source)] == [row.replace(" ", "") for row in found]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        (r"a = b \\ + c", ["a = b + c"]),
        (r"a = b + \\ c", ["a = b + c"]),
        (r"a = f(b, \\ c)", ["a = f(b, c)"]),
        (r"a = b \\ c = d", ["a = b", "c = d"]),
        (r"a = b \\ = c", ["a = b", "= c"]),
        (r"a \\ = c", ["a = c"]),
        (r"a = b \\ - c = d", ["a = b - c = d"]),
        (r"a &= b \\ - c &= d", ["a = b", "-c = d"]),
    ],
)
def test_rows_are_joined_where_one_goes_on_with_the_one_above(source: str, found: list[str]) -> None:
    assert [row.replace(" ", "") for row in rows(source)] == [row.replace(" ", "") for row in found]


def test_prose_at_the_end_of_a_row_is_left_out_and_kept_where_it_is_a_condition() -> None:
    remark, condition = find_rows(tokenize(r"a = b \quad \text{by (1)}. \\ c = d, \text{ if } x", 1, 1))
    assert (spell(remark.tokens), remark.condition) == ("a = b", "")
    (last,) = find_rows(tokenize(r"c = d \quad \text{if x = 1}", 1, 1))
    assert (spell(last.tokens), last.condition) == ("c = d", "if x = 1")
    assert condition.condition == ""


def test_punctuation_at_the_end_goes_but_for_the_bracket_that_is_none() -> None:
    assert spell(strip_punctuation(tokenize(r"a = b \quad . , ;", 1, 1))) == "a = b"
    assert spell(strip_punctuation(tokenize(r"\left( a \right.", 1, 1))) == r"\left(a \right."


@pytest.mark.parametrize(
    ("row", "found"),
    [
        (r"a = b, \quad c = d", ["a = b", "c = d"]),
        (r"a = f, g", ["a = f, g"]),
        (r"a = b \quad \forall t", ["a = b"]),
        (r"a = b \quad (3.2a)", ["a = b"]),
        (r"a = b \quad (c)", [r"a = b \quad (c)"]),
        (r"a = b \text{ for } t = 1", ["a = b"]),
        (r"a = b \text{ and } c = d", ["a = b", "c = d"]),
    ],
)
def test_a_row_is_cut_between_two_complete_equations_and_ends_before_a_remark(row: str, found: list[str]) -> None:
    assert [spell(statement.tokens) for statement in split_statements(Row(tokenize(row, 1, 1)))] == found


def test_a_condition_goes_with_the_equation_before_it() -> None:
    (statement,) = split_statements(Row(tokenize(r"a = b \text{ if } t = 1", 1, 1)))
    assert (spell(statement.tokens), statement.condition) == ("a = b", "if")
