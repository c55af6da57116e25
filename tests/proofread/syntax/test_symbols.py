"""A symbol has a name, of which accents and fonts are part, and scripts, which are lists of items."""

import pytest

from bptt.proofread.syntax.tree import Negative, Node, Number, Quotient, Relation, Scripted, Sum, Symbol, Words
from tests.proofread.syntax.trees import ONE, TWO, a, around, b, beside, i, j, k, minus, product, refusal, t, tree, x, y

COLON = Symbol(":")


@pytest.mark.parametrize(
    ("latex", "node"),
    [
        (r"x_{ab}^{t-1}", Symbol("x", (a, b), (minus(t, ONE),))),
        ("x_a^t", Symbol("x", (a,), (t,))),
        ("x^t_a", Symbol("x", (a,), (t,))),
        ("{x_a}^t", Symbol("x", (a,), (t,))),
        ("x_{a,b}", Symbol("x", (a, b))),
        ("x_{t=1}", Symbol("x", (Relation(t, "=", ONE),))),
        ("x^{(t)}_{ij}", Symbol("x", (i, j), (around(t),))),
        ("x^{[a](i)}", Symbol("x", (), (around(a, kind="["), around(i)))),
        ("x^{<t>}", Symbol("x", (), (around(t, kind="<"),))),
        (r"x^{\langle t \rangle}", Symbol("x", (), (around(t, kind="<"),))),
        ("x_{a|b}", Symbol("x", (a, b))),
        ("x_{2t}", Symbol("x", (beside(TWO, t),))),
        ("x_{i1}", Symbol("x", (i, ONE))),
        (r"x_{i \neq j}", Symbol("x", (Relation(i, r"\neq", j),))),
        ("x_{<t}", Symbol("x", (Symbol("<"), t))),
        (r"x_\text{in}", Symbol("x", (Symbol("in"),))),
        (r"x_{\text{old one}}", Symbol("x", (Words("old one"),))),
        ("x^{a_i}", Symbol("x", (), (Symbol("a", (i,)),))),
        ("x_{}", x),
    ],
)
def test_what_stands_in_a_script_is_a_list_of_items(latex: str, node: Node) -> None:
    assert tree(latex) == node


@pytest.mark.parametrize("sign", ["*", "+", "-", r"\star", r"\dagger", r"\top"])
@pytest.mark.parametrize("braces", ["{}", "{{{}}}"])
def test_a_sign_may_stand_alone_in_a_script(sign: str, braces: str) -> None:
    assert tree("x^" + braces.format(sign)) == Symbol("x", (), (Symbol(sign),))


@pytest.mark.parametrize(
    ("latex", "items"),
    [
        ("x_{:}", (COLON,)), ("x_{:,j}", (COLON, j)), ("x_{:j}", (COLON, j)), ("x_{i:}", (i, COLON)),
        ("x_{1:t}", (ONE, COLON, t)), ("x_{t-1:t}", (minus(t, ONE), COLON, t)),
    ],
)  # fmt: skip
def test_a_colon_in_a_script_is_an_item_of_its_own(latex: str, items: tuple[Node, ...]) -> None:
    assert tree(latex) == Symbol("x", items)


@pytest.mark.parametrize("latex", ["x''", r"x^{\prime\prime}", r"x'^\prime", "x^{''}", "{x'}'"])
def test_primes_are_counted_however_they_are_written(latex: str) -> None:
    assert tree(latex) == Symbol("x", primes=2)


@pytest.mark.parametrize(
    ("latex", "node"),
    [
        ("x'^t", Symbol("x", (), (t,), 1)),
        ("x_a'", Symbol("x", (a,), (), 1)),
        (r"x^{\prime t}", Symbol("x", (), (t,), 1)),
        ("{x'_a}^t", Symbol("x", (a,), (t,), 1)),
    ],
)
def test_a_prime_stands_beside_other_scripts(latex: str, node: Node) -> None:
    assert tree(latex) == node


def test_of_a_number_without_braces_a_script_takes_the_first_digit_as_tex_does() -> None:
    assert tree("x^12") == beside(Symbol("x", (), (ONE,)), TWO)
    assert tree("x^{12}") == Symbol("x", (), (Number(TWO.value * 6),))
    assert tree(r"\frac12") == Quotient(ONE, TWO)
    assert tree(r"x^\frac12") == Symbol("x", (), (Quotient(ONE, TWO),))


@pytest.mark.parametrize(
    ("latex", "node"),
    [
        ("{}_a x", Symbol("x", (a,))),
        ("{}^t_a x_b", Symbol("x", (a, b), (t,))),
        ("a{}^t x", beside(a, Symbol("x", (), (t,)))),
        ("{a}{}{b}", beside(a, b)),
    ],
)
def test_scripts_of_an_empty_group_belong_to_the_factor_behind_it(latex: str, node: Node) -> None:
    assert tree(latex) == node


@pytest.mark.parametrize(
    ("latex", "name"),
    [
        (r"\tilde{y}", r"\tilde{y}"),
        (r"\widetilde y", r"\tilde{y}"),
        (r"\hat{\mathbf{x}}", r"\hat{\mathbf{x}}"),
        (r"\mathbf{\hat x}", r"\mathbf{\hat{x}}"),
        (r"\mathbb{1}", r"\mathbb{1}"),
        (r"\mathrm{d}", r"\mathrm{d}"),
        (r"\mathrm{MSE}", "MSE"),
        (r"\operatorname{soft max}", "softmax"),
        (r"\operatorname*{soft\,max}", "softmax"),
        (r"\mathrm{log-softmax}", "log-softmax"),
        (r"\mathit{loss}", "loss"),
        (r"\text{loss}", "loss"),
        (r"\textsf{loss}", "loss"),
        (r"{\bf a}", r"\mathbf{a}"),
        (r"\bf a", r"\mathbf{a}"),
        (r"{\rm MSE}", "MSE"),
        (r"{\cal L}", r"\mathcal{L}"),
        (r"\mathbf{\boldsymbol{x}}", r"\mathbf{x}"),
    ],
)
def test_an_accent_or_a_font_is_part_of_a_name(latex: str, name: str) -> None:
    assert tree(latex) == Symbol(name)


@pytest.mark.parametrize(
    ("latex", "node"),
    [
        (r"\mathbf{ab}", beside(Symbol(r"\mathbf{a}"), Symbol(r"\mathbf{b}"))),
        (r"\mathbf{2a}", beside(TWO, Symbol(r"\mathbf{a}"))),
        (r"\mathbf{a + b}", Sum((Symbol(r"\mathbf{a}"), Symbol(r"\mathbf{b}")))),
        (r"\mathbf{-a}", Negative(Symbol(r"\mathbf{a}"))),
        (r"\mathbf{a_i}", Symbol(r"\mathbf{a}", (i,))),
        (r"{\bf a \cdot b}", product(Symbol(r"\mathbf{a}"), r"\cdot", Symbol(r"\mathbf{b}"))),
    ],
)
def test_a_font_over_several_symbols_is_one_over_each(latex: str, node: Node) -> None:
    assert tree(latex) == node


def test_a_symbol_with_an_accent_keeps_its_scripts_outside() -> None:
    assert tree(r"\hat{y_i}^t") == Symbol(r"\hat{y}", (i,), (t,)) == tree(r"\hat y_i^t")


@pytest.mark.parametrize(
    ("latex", "node"),
    [
        ("(a)^2", Scripted(around(a), (), (TWO,))),
        ("(a)_i'", Scripted(around(a), (i,), (), 1)),
        ("{(a)^2}^t", Scripted(around(Scripted(around(a), (), (TWO,)), kind="{"), (), (t,))),
        ("{a b}^2", Scripted(around(beside(a, b), kind="{"), (), (TWO,))),
        ("2^k", Scripted(TWO, (), (k,))),
    ],
)
def test_scripts_stand_on_what_is_no_symbol_too(latex: str, node: Node) -> None:
    assert tree(latex) == node


@pytest.mark.parametrize(
    ("latex", "why"),
    [
        (r"\tilde{a + b}", r"\tilde stands over more than a symbol, line 1, column 1"),
        (r"\mathbf{\frac{a}{b}}", r"\mathbf stands over more than symbols, line 1, column 1"),
        ("x_", "it ends where something must follow, line 1, column 2"),
        ("_a", "_ stands where it cannot be read, line 1, column 1"),
        ("x^.5", ". stands where it cannot be read, line 1, column 3"),
        ("{}_a", "nothing stands here, line 1, column 1"),
        ("x^{a", "it ends where something must follow, line 1, column 4"),
        ("x_{=1}", "= stands where it cannot be read, line 1, column 4"),
    ],
)
def test_scripts_and_accents_without_sense_are_refused_where_they_stand(latex: str, why: str) -> None:
    assert refusal(latex) == why


def test_a_product_of_scripts_takes_each_its_own() -> None:
    assert tree("x_i y_j") == beside(Symbol("x", (i,)), Symbol("y", (j,))) != beside(x, y)
