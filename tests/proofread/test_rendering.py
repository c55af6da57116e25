"""A formula as a line of text says what the LaTeX says, and no more."""

import pytest

from bptt.proofread import Finding, proofread
from bptt.proofread._letters import can_show, spell_out


def rendered(latex: str) -> str:
    return Finding(1, 1, 1, latex, "right", "").legible


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"\frac{\partial L}{\partial h_t}", "∂L/∂h_t"),
        (r"\frac{a + b}{2\sigma^2}", "(a + b)/(2σ^2)"),
        (r"\frac{x}{y z}", "x/(y z)"),
        (r"\frac{2 x}{3}", "2x/3"),
        (r"\frac{-x}{2}", "(-x)/2"),
        (r"\frac{\sum_i x_i}{n}", "(Σ_i x_i)/n"),
        (r"\frac{\frac ab}{c}", "(a/b)/c"),
        (r"\frac{1}{\exp(-x)}", "1/exp(-x)"),
        (r"\frac{\log x}{2}", "(log x)/2"),
        (r"\frac{1}{1 + \exp(-x)}", "1/(1 + exp(-x))"),
        (r"\frac{\partial^2 L}{\partial x \partial y}", "∂^2 L/(∂x ∂y)"),
        (r"\frac{dz}{dx}", "dz/dx"),
        (r"\frac12 x", "1/2 x"),
        (r"\frac12 (a + b)", "1/2 (a + b)"),
        (r"{\frac ab}^2", "(a/b)^2"),
        (r"\log \frac ab", "log(a/b)"),
        (r"a / \frac bc", "a/(b/c)"),
    ],
)
def test_a_fraction_has_the_brackets_that_it_needs(latex: str, text: str) -> None:
    assert rendered(latex) == text


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"h^0 = 0", "h^0 = 0"),
        (r"W_{kl} h_l^{t-1}", "W_{kl} h_l^{t-1}"),
        (r"x_{i, j}^{(t)}", "x_{i,j}^(t)"),
        (r"e^{-\frac{x^2}{2\sigma^2}}", "e^{-x^2/(2σ^2)}"),
        (r"x_{\text{in}} y", "x_{in} y"),
        (r"{a + b}^2", "(a + b)^2"),
        (r"{W^\top}^{-1}", "(W^⊤)^{-1}"),
        (r"f^{\prime}(x) = f'(x)", "f'(x) = f'(x)"),
        (r"10^12", "10^1 2"),  # as it is set
    ],
)
def test_a_script_is_as_short_as_it_can_be(latex: str, text: str) -> None:
    assert rendered(latex) == text


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"h_k^t (1 - h_k^t) \delta_{k\alpha} h_\beta", "h_k^t(1 - h_k^t) δ_{kα} h_β"),
        (r"(-x) \cdot -y = -\frac ab", "(-x) · -y = -a/b"),
        (r"\lVert x \rVert^2 + |x| + p(x|y)", "‖x‖^2 + |x| + p(x|y)"),
        (r"\left. x \right|_{x = 0} = y", "x|_{x=0} = y"),
        (r"\operatorname{softmax}(z)_i", "softmax(z)_i"),
        (r"\hat{y_i} + \tilde y + \widehat{xy}", "ŷ_i + ỹ + widehat(x y)"),
        (r"\sqrt{x + 1} + \sqrt2", "√(x + 1) + √2"),
        (r"\begin{pmatrix} a & b \\ c & -d \end{pmatrix}", "[a, b; c, -d]"),
        (r"L := \sum_{i=1}^n f(x, -y)", "L := Σ_{i=1}^n f(x, -y)"),
        (r"\text{for all } x", "for all x"),
        (r"x_{\text{} y} z", "x_y z"),
    ],
)
def test_factors_stand_apart_and_signs_do_not(latex: str, text: str) -> None:
    assert rendered(latex) == text


@pytest.mark.parametrize(
    "latex", ["", "_", "a^", r"\frac", "}}x{", r"\sqrt[3", r"\hat", r"\begin", "{" * 500 + "x", "|x"]
)
def test_what_is_cut_off_is_rendered_as_far_as_it_goes(latex: str) -> None:
    assert isinstance(rendered(latex), str)


def test_what_an_encoding_lacks_is_spelled_as_in_latex() -> None:
    assert spell_out("entry α = 1, β: ỹ, αx × h", "ascii") == r"entry \alpha = 1, \beta: \tilde{y}, \alpha x x h"
    assert spell_out("ε⊤≠Σ", "ascii") == r"\epsilon\top\neq\Sigma"
    assert spell_out("α × ü", "latin-1") == r"\alpha × ü"
    assert spell_out("α × ỹ", "utf-8") == "α × ỹ"


@pytest.mark.parametrize("text", ["\x1b[31m", "\udcff", "\u202e"])
def test_nothing_that_steers_a_terminal_is_shown(text: str) -> None:
    assert not can_show(text, "utf-8")
    assert can_show(spell_out(text, "utf-8"), "ascii")


def test_the_remainder_of_what_cancels_is_written_as_0() -> None:
    ((found,),) = proofread(r"$$ \log \exp(2) - 2 = 1 $$")
    assert found.note.endswith(": 0 on the left, 1 on the right")
