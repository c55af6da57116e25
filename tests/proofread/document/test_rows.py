"""Alignments are taken apart into rows, and what an author broke over several rows is put together."""

import pytest

from bptt.proofread.document import spell, tokenize
from bptt.proofread.document._rows import GAPS, find_rows, read_items


def rows(source: str) -> list[str]:
    found = find_rows(tokenize(source, 1, 1))
    return [spell([token for item in row for token in item.tokens if item.text not in GAPS]) for row in found]


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


def test_what_is_never_cut_is_one_item() -> None:
    items = read_items(tokenize(r"f(a & \quad \\ b) := \not\in \text{a b} x^= {a & b}", 1, 1))
    assert [item.text for item in items] == ["f", "{}", ":=", r"\not\in", "text", "x", "^", "{}", "{}"]
    assert [spell(item.tokens) for item in items[1:5:3]] == ["(a b)", r"\text{a b}"]
    assert items[4].words == "a b"
