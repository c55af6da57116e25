"""Equations are cut out of displays, each where it stands in the file."""

from pathlib import Path

import pytest
from hypothesis import given

from bptt.proofread.document._equations import read_display
from bptt.proofread.document._macros import collect_macros
from bptt.proofread.document._passages import Passage
from tests.proofread.document.texts import cut, fragments, read_rows, stated, texts

POST = Path(__file__).parents[2] / "data" / "post.md"


def test_the_post_has_19_displays_and_36_equations_each_on_its_line() -> None:
    lines = {
        1: [12, 13], 2: [20], 3: [26], 4: [32], 5: [38], 6: [44], 7: [50], 8: [56], 9: [63, 64, 65], 10: [73, 74],
        11: [81], 12: [87], 13: [94, 95], 14: [104, 105], 15: [117, 120], 16: [128, 129, 130, 131, 132],
        17: [140, 141, 142, 143, 146], 18: [154, 155], 19: [163, 164],
    }  # fmt: skip
    found = cut(POST.read_text(encoding="utf-8"))
    assert [(equation.display, equation.line) for equation in found] == [(n, line) for n in lines for line in lines[n]]
    assert not any(equation.unreadable for equation in found)
    assert [n for n, equation in enumerate(found, 1) if equation.continues] == [2, 12, 20, 22, 31, 34, 36]


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        (r"a = b", ["a = b"]),
        (r"a = b = c", ["a = b", "a = c"]),
        (r"a &= b \\ &= c \\ d &= e", ["a = b", "a = c", "d = e"]),
        (r"a &=& b \\ &=& c", ["a = b", "a = c"]),
        (r"a =& b \\ && + c", ["a = b + c"]),
        (r"a &= b + \\[2pt] & c \\*[-1ex] d &= e", ["a = b + c", "d = e"]),
        (r"a &= b \times \\ && c \cr d &= e \newline f &= g", [r"a = b \times c", "d = e", "f = g"]),
        (r"a &= f(b, \\ & \quad c). \\ d &= e;", ["a = f(b, c)", "d = e"]),
        (r"a &= \left( b \right. \\ & \left. + c \right)", [r"a = \left(b + c \right)"]),
        (r"a = \left. b \right.", [r"a = \left. b \right."]),
        (r"\frac{a}{b} \\ &= c", [r"\frac{a}{b} = c"]),
        (r"a &= b & c &= d \\ e &= f && g = h", ["a = b", "c = d", "e = f", "g = h"]),
        (r"\begin{alignat}{2} a &= b & \quad c &= d \end{alignat}", ["a = b", "c = d"]),
        (r"\begin{equation}\begin{split} a &= b \\ &= c \end{split}\end{equation}", ["a = b", "a = c"]),
        (r"\begin{subequations}\begin{align}a&=b\end{align}\begin{align}c&=d\end{align}\end{subequations}",
         ["a = b", "c = d"]),
        (r"\begin{aligned}[t] a &= b \end{aligned}", ["a = b"]),
        (r"a = b, \quad c = d.", ["a = b", "c = d"]),
        (r"a = b \quad \text{and} \quad c = d", ["a = b", "c = d"]),
        (r"a = b \text{ and } c = d", ["a = b", "c = d"]),
        (r"a = b, c = d", ["a = b", "c = d"]),
        (r"a = b \Rightarrow c = d", ["a = b", "c = d"]),
        (r"\implies a &= b \\ \therefore c &= d", ["a = b", "c = d"]),
        (r"a \Rightarrow b", [r"a \Rightarrow b"]),
        (r"a = b \qquad \text{(chain rule)}", ["a = b"]),
        (r"a = b \text{ by definition}. \\ c = d", ["a = b", "c = d"]),
        (r"a = b \quad \text{for } t = 1, \ldots, T", ["a = b"]),
        (r"a = b, \quad \forall t", ["a = b"]),
        (r"a = b \quad (3.2)", ["a = b"]),
        (r"x^{\text{new}} = x^\text{old}", [r"x^{\text{new}} = x^\text{old}"]),
        (r"L = \text{MSE}(x)", [r"L = \text{MSE}(x)"]),
        (r"a = b \label{eq:a} \tag{1} \\ c = d \tag*{2} \nonumber \notag", ["a = b", "c = d"]),
        (r"a \, \; \: \! \> \ ~ = \displaystyle b \hspace{1cm} \vspace*{1cm} \hphantom{=} \phantom{x} \hfill",
         ["a = b"]),
        (r"L = \sum\limits_i x_i \nolimits \allowbreak", [r"L = \sum_i x_i"]),
        (r"\boxed{a = b}", ["a = b"]),
        (r"\boxed{\begin{aligned} a &= b \\ c &= d \end{aligned}}", ["a = b", "c = d"]),
        (r"a \overset{!}{=} b \\ c \stackrel{\text{def}}{=} d", ["a = b", "c = d"]),
        (r"\underset{\theta}{\min} = \color{red} b \textcolor{red}{+ c}", [r"\min = b + c"]),
        (r"a = \underbrace{b + c}_{d} e + \overbrace{f g}^{h}", ["a = {b + c} e + f g"]),
        (r"a = b \intertext{and then} c = d \\ \shortintertext{so} e = f", ["a = b", "c = d", "e = f"]),
        (r"a = b \\ \intertext{and then} c = d", ["a = b", "c = d"]),
        (r"A = \begin{pmatrix} a & b \\ c = 1 & d \end{pmatrix} \\ e = f",
         [r"A = \begin{pmatrix} a & b \\ c = 1 & d \end{pmatrix}", "e = f"]),
        (r"L = \sum_{\substack{i \\ \neq j}} x \\ c = d", [r"L = \sum_{\substack{i \\ \neq j}} x", "c = d"]),
        (r"f(x = 1) = [y = 2]^{<t>} + \{z < 3\}", [r"f(x = 1) = [y = 2]^{<t>} + \{z < 3\}"]),
        (r"h^{t=1}_{i=2} = \left| x = 3 \right|", [r"h^{t=1}_{i=2} = \left| x = 3 \right|"]),
        (r"x \in [0, 1) \\ c = d", [r"x \in [0, 1)", "c = d"]),
        (r"a : = b", ["a := b"]),
        (r"w \leftarrow w - g", [r"w \leftarrow w - g"]),
        (r"a \approx b = c", [r"a \approx b", "b = c"]),
    ],
)  # fmt: skip
def test_equations_are_cut_out_of_rows(rows: str, found: list[str]) -> None:
    assert stated(rows) == found


@pytest.mark.parametrize(
    "row", [r"x = (1 +", r"x = \frac{1}{", r"x = \left( 1", r"x = \{ 1", r"\begin{pmatrix} x", "}"]
)
@pytest.mark.parametrize("row_after", [r"c &= d", r"c &= \frac{d}{e}", r"c = d"])
def test_a_bad_row_leaves_the_rows_after_it_alone(row: str, row_after: str) -> None:
    assert stated(rf"a &= b \\ {row} \\ {row_after}")[::2] == ["a = b", row_after.replace("&", "")]


def test_a_chain_outlives_a_row_that_states_nothing() -> None:
    assert stated(r"a &= b \\ & words \\ &= c") == ["a = b", "it states no equation", "a = c"]


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ("", "it is empty"),
        ("\\label{x} % a = b", "it is empty"),
        ("a + b", "it states no equation"),
        ("= b", "it starts with a relation and nothing stands on its left"),
        ("a =", "nothing stands on the right of its relation"),
        (r"\text{for all } t", "it states no equation"),
        ("x " * 10_001, "it has more than 10,000 tokens"),
    ],
)
def test_what_states_no_equation_says_why(rows: str, why: str) -> None:
    assert stated(rows) == [why]


def test_an_equation_stands_where_its_right_hand_side_starts() -> None:
    (one, two) = cut("words\n\n$$\na &=& % why\n  \\quad \\, b \\\\\n&\n= c\n$$\n")
    assert (one.display, one.line, one.column, one.continues) == (1, 5, 12, False)
    assert (two.display, two.line, two.column, two.continues) == (1, 7, 3, True)
    assert ([part.text for part in two.left], two.relation, [part.text for part in two.right]) == (["a"], "=", ["c"])


@given(fragments)
def test_any_display_is_cut_and_its_equations_are_spelled_as_they_are_read(source: str) -> None:
    for equation in read_display(Passage(1, 1, source), 1, collect_macros(source)):
        assert equation.unreadable or texts(equation.latex)
        assert equation.unreadable or (equation.left and equation.relation and equation.right)
        assert all(remark.tokens for remark in equation.remarks)


@pytest.mark.parametrize(
    "relation",
    ["=", ":=", "\\coloneqq", "\\leftarrow", "\\gets", "\\propto", "\\approx", "\\le", "\\in", "\\Rightarrow", "\\to"],
)
def test_the_relation_of_an_equation_is_named(relation: str) -> None:
    (equation,) = read_rows(f"a {relation} b")
    assert equation.relation == relation
