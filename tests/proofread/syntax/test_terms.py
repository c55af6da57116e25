"""Sums and products hold as many factors as are written, and nothing is decided that a type decides."""

import pytest

from bptt.proofread.syntax.tree import Big, Nabla, Negative, Node, Number, Quotient, Relation, Root, Sum, Symbol
from tests.proofread.syntax.trees import (
    ONE,
    SUM,
    TWO,
    a,
    around,
    b,
    beside,
    c,
    d,
    f,
    i,
    j,
    n,
    p,
    product,
    refusal,
    t,
    tree,
    x,
    y,
)  # fmt: skip

LOG, TANH = Symbol("log"), Symbol("tanh")


@pytest.mark.parametrize(
    ("latex", "node"),
    [
        ("-a + b - c", Sum((Negative(a), b, Negative(c)))),
        ("+a", a),
        ("a - b c", Sum((a, Negative(beside(b, c))))),
        ("-(a + b)", Negative(around(Sum((a, b))))),
        ("a - (b - c)", Sum((a, Negative(around(Sum((b, Negative(c)))))))),
    ],
)
def test_a_sum_holds_its_terms_with_their_signs(latex: str, node: Node) -> None:
    assert tree(latex) == node


@pytest.mark.parametrize(
    ("latex", "node"),
    [
        ("a b c", beside(a, b, c)),
        (r"a \cdot b c", product(a, r"\cdot", b, "", c)),
        (r"a \odot b \times c / x", product(a, r"\odot", b, r"\times", c, "/", x)),
        (r"a * b", product(a, "*", b)),
        (r"a \otimes (b + c)", product(a, r"\otimes", around(Sum((b, c))))),
        (r"a \cdot -b", product(a, r"\cdot", Negative(b))),
        ("2a", beside(TWO, a)),
        ("a / b / c", product(a, "/", b, "/", c)),
        ("{a b} c", beside(around(beside(a, b), kind="{"), c)),
        ("a {b}", beside(a, b)),
    ],
)
def test_a_product_holds_its_factors_and_what_stands_between_them(latex: str, node: Node) -> None:
    assert tree(latex) == node


@pytest.mark.parametrize("latex", [r"\frac{a}{b}", r"\frac ab", r"\dfrac{a}{b}", r"{a \over b}", r"{\frac{{a}}{b}}"])
def test_a_fraction_is_a_quotient_however_it_is_written(latex: str) -> None:
    assert tree(latex) == Quotient(a, b)
    assert tree("a / b") == product(a, "/", b)


@pytest.mark.parametrize(
    ("latex", "node"),
    [
        (r"\tanh x y", beside(TANH, x, y)),
        (r"\log(x) y", beside(LOG, around(x), y)),
        ("tanh(a x)", beside(TANH, around(beside(a, x)))),
        (r"\log_2 x", beside(Symbol("log", (TWO,)), x)),
        (r"\tanh^2 x", beside(Symbol("tanh", (), (TWO,)), x)),
        (r"\tanh'(x)", beside(Symbol("tanh", primes=1), around(x))),
        ("f(x)", beside(f, around(x))),
        ("x[t - 1]", beside(x, around(Sum((t, Negative(ONE))), kind="["))),
        (r"\mathrm{softmax}(x)_i b", beside(Symbol("softmax"), tree("(x)_i"), b)),
    ],
)
def test_a_function_and_what_may_be_its_argument_are_factors(latex: str, node: Node) -> None:
    assert tree(latex) == node


def test_names_of_several_letters_are_symbols_if_they_are_given() -> None:
    assert tree("loss(x)", ["loss"]) == beside(Symbol("loss"), around(x))
    assert tree("softmax(x)") == beside(Symbol("softmax"), around(x))
    assert tree("max(a, b)") == beside(Big("max"), around(a, b))


@pytest.mark.parametrize(
    ("latex", "node"),
    [
        (r"\sum x", beside(SUM, x)),
        (r"a \sum_i b c", beside(a, Big(r"\sum", (i,)), b, c)),
        (r"\sum_{i=1}^n x + a", Sum((beside(Big(r"\sum", (Relation(i, "=", ONE),), (n,)), x), a))),
        (r"\sum_{i,j} x", beside(Big(r"\sum", (i, j)), x)),
        (r"\prod\limits_{i \in a} x", beside(Big(r"\prod", (Relation(i, r"\in", a),)), x)),
        (r"\sum_{\substack{i=1 \\ i \neq j}} x",
         beside(Big(r"\sum", (Relation(i, "=", ONE), Relation(i, r"\neq", j))), x)),
        (r"\sum_{i: x = 1} a", beside(Big(r"\sum", (i, Relation(x, "=", ONE))), a)),
        (r"\sum_{1 \le i \le n} x", beside(Big(r"\sum", (Relation(Relation(ONE, r"\le", i), r"\le", n),)), x)),
        (r"\max_x f", beside(Big("max", (x,)), f)),
        (r"\operatorname*{arg\,max}_x f", beside(Big("argmax", (x,)), f)),
        (r"\arg\max_x f", beside(Big("argmax", (x,)), f)),
        (r"\lim_{x \to 1} f", beside(Big("lim", (Relation(x, r"\to", ONE),)), f)),
    ],
)  # fmt: skip
def test_a_sign_of_summation_is_a_factor_with_its_limits(latex: str, node: Node) -> None:
    assert tree(latex) == node


@pytest.mark.parametrize(
    ("latex", "node"),
    [
        (r"\nabla f(x)", beside(Nabla(None), f, around(x))),
        (r"\nabla_x f", beside(Nabla(x), f)),
        (r"\nabla^2 f", beside(Nabla(None, 2), f)),
        (r"\nabla_x^2 f", beside(Nabla(x, 2), f)),
        (r"\nabla \cdot f", product(Nabla(None), r"\cdot", f)),
    ],
)
def test_a_nabla_is_a_factor(latex: str, node: Node) -> None:
    assert tree(latex) == node


@pytest.mark.parametrize(
    ("latex", "node"),
    [(r"\sqrt{a b}", Root(beside(a, b))), (r"\sqrt[n]{x}", Root(x, n)), (r"\sqrt 2x", beside(Root(TWO), x))],
)
def test_a_root_has_a_radicand_and_may_have_a_degree(latex: str, node: Node) -> None:
    assert tree(latex) == node


@pytest.mark.parametrize(
    ("latex", "why"),
    [
        (r"\cdot a", r"\cdot stands where it cannot be read, line 1, column 1"),
        (r"a \cdot", "it ends where something must follow, line 1, column 3"),
        (r"(a \cdot) b", ") stands where it cannot be read, line 1, column 9"),
        ("a +", "it ends where something must follow, line 1, column 3"),
        ("a - - b", "- stands where it cannot be read, line 1, column 5"),
        ("a, b", ", stands where it cannot be read, line 1, column 2"),
        ("a = b", "= stands where it cannot be read, line 1, column 3"),
        ("a . b", ". stands where it cannot be read, line 1, column 3"),
        ("a & b", "& stands where it cannot be read, line 1, column 3"),
        (r"\frac{a}", "it ends where something must follow, line 1, column 8"),
        (r"\frac{}{b}", "nothing stands here, line 1, column 6"),
        (r"\sqrt{}", "nothing stands here, line 1, column 6"),
        (r"\frac{d x}{d x_{a \beta\right|}}", "nothing stands beside the bar of a script, line 1, column 16"),
        (r"\nabla_{x,y} f", "the scripts of ∇ are not read, line 1, column 1"),
        (r"\nabla^t f", "the scripts of ∇ are not read, line 1, column 1"),
        (r"\nabla' f", "the scripts of ∇ are not read, line 1, column 1"),
        ("", "nothing stands here"),
        ("{}", "nothing stands here, line 1, column 1"),
        ("a " * 61, "a term has more than 60 factors, line 1, column 121"),
        ("a" + " + a" * 60, "a sum has more than 60 terms, line 1, column 241"),
        ("1" * 41, "a number has more than 40 digits, line 1, column 1"),
    ],
)
def test_pieces_that_do_not_fit_together_say_why_and_where(latex: str, why: str) -> None:
    assert refusal(latex) == why


def test_numbers_are_exact() -> None:
    assert tree("0.5") == Number(ONE.value / 2)
    assert tree(".25 d p") == beside(Number(ONE.value / 4), d, p)
