"""What only sets type is taken away, and the mathematics stays what it is."""

import pytest

from bptt.proofread.document._tokens import spell, tokenize
from bptt.proofread.document._typesetting import strip_typesetting


@pytest.mark.parametrize(
    ("source", "left"),
    [
        (r"a \label{eq:a} = \tag*{1} b \nonumber", "a = b"),
        (r"\color{red} a + \textcolor{blue}{b c} d", "a + b c d"),
        (r"\underset{x}{\min}", r"\min"),
        (r"{a + b}", "{a + b}"),
        (r"\mathrm{a} \frac{a = b}{c}", r"\mathrm{a} \frac{a = b}{c}"),
        (r"\underbrace{a b}_{c} d", "a b d"),
        (r"a \hspace*{1em} b \intertext{so} c", r"a \quad b \\ \text{so} \\ c"),
        (r"\text{\label{x}}", r"\text{\label{x}}"),
    ],
)
def test_what_sets_type_is_dropped_with_its_arguments(source: str, left: str) -> None:
    assert spell(strip_typesetting(tokenize(source, 1, 1))) == left


@pytest.mark.parametrize(
    ("source", "left"),
    [
        (r"2 \boxed{a + b} c", "2 {a + b} c"),
        (r"\boxed{a b}^2", "{a b}^2"),
        (r"x / \boxed{a b}", "x / {a b}"),
        (r"2 \boxed{a b} c", "2 a b c"),
        (r"a \boxed{+ b}", "a + b"),
        (r"\boxed{a = b + c}", "a = b + c"),
    ],
)
def test_a_box_leaves_braces_only_where_the_formula_would_mean_another_thing_without(source: str, left: str) -> None:
    assert spell(strip_typesetting(tokenize(source, 1, 1))) == left
