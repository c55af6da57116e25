"""A term is put together from its factors: which takes which, and how tightly."""

from fractions import Fraction

import pytest

from bptt.proofread.syntax.tree import (
    Adjacent,
    At,
    Bracket,
    Derivative,
    Differential,
    Negative,
    Node,
    Number,
    Product,
    Quotient,
    Relation,
    Repeated,
    Scripted,
    Sum,
    Symbol,
)
from tests.proofread.syntax.trees import a, b, c, d, f, i, refusal, t, tree, x

ONE, TWO = Number(Fraction(1)), Number(Fraction(2))


@pytest.mark.parametrize(
    ("latex", "node"),
    [
        ("a b c", Product(Product(a, "", b), "", c)),
        (r"a \odot b c", Product(a, r"\odot", Product(b, "", c))),
        (r"a b \times c \cdot x", Product(Product(a, "", b), r"\times", Product(c, r"\cdot", x))),
        (r"a / b \odot c", Product(Quotient(a, b), r"\odot", c)),
        ("a / b c", Product(Quotient(a, b), "", c)),
        (r"a \odot b \odot c", Product(Product(a, r"\odot", b), r"\odot", c)),
        (r"a \cdot -b", Product(Product(a, r"\cdot", Number(Fraction(-1))), "", b)),
        (r"{a}{}{b}", Product(a, "", b)),
    ],
)
def test_what_stands_side_by_side_binds_more_tightly_than_a_product_of_matrices(latex: str, node: Node) -> None:
    assert tree(latex) == node


@pytest.mark.parametrize(
    ("latex", "node"),
    [
        (r"\tanh x", Adjacent(Symbol("tanh"), Bracket((x,)), applied=True)),
        (r"\sin 2a", Adjacent(Symbol("sin"), Bracket((Product(TWO, "", a),)), applied=True)),
        (r"\sin a \cdot b", Product(Adjacent(Symbol("sin"), Bracket((a,)), applied=True), r"\cdot", b)),
        (r"\tanh(a) b", Product(Adjacent(Symbol("tanh"), Bracket((a,)), applied=True), "", b)),
        (r"\tanh^2(x)", Scripted(Adjacent(Symbol("tanh"), Bracket((x,)), applied=True), (), (TWO,))),
        (r"\tanh'(x)", Adjacent(Symbol("tanh", primes=1), Bracket((x,)), applied=True)),
        (r"f(x)^2", Adjacent(f, Bracket((x,)), (), (TWO,))),
    ],
)
def test_a_function_takes_its_argument_up_to_the_next_operator_or_bracket(latex: str, node: Node) -> None:
    assert tree(latex) == node


@pytest.mark.parametrize(
    ("latex", "node"),
    [
        (r"a \sum_i b c", Product(a, "", Repeated(r"\sum", (i,), None, None, Product(b, "", c)))),
        (r"\sum_{i=1}^{a} b", Repeated(r"\sum", (i,), ONE, a, b)),
        (r"\prod_{i, t} b", Repeated(r"\prod", (i, t), None, None, b)),
        (r"\sum_i a + b", Sum((Repeated(r"\sum", (i,), None, None, a), b))),
        (r"\sum_i -a", Repeated(r"\sum", (i,), None, None, Product(Number(Fraction(-1)), "", a))),
    ],
)
def test_a_sign_of_summation_takes_the_rest_of_its_term(latex: str, node: Node) -> None:
    assert tree(latex) == node


@pytest.mark.parametrize(
    ("latex", "node"),
    [
        (r"a|_{t=1}", At(a, (Relation(t, "=", ONE),))),
        (r"a b|_{t}", Product(a, "", At(b, (t,)))),
        (r"\left. a b \right|_t", At(Product(a, "", b), (t,))),
    ],
)
def test_a_bar_evaluates_the_factor_before_it_or_what_its_own_bracket_holds(latex: str, node: Node) -> None:
    assert tree(latex) == node


@pytest.mark.parametrize(
    "latex",
    [
        r"\frac{\partial f}{\partial x}",
        r"\frac{df}{dx}",
        r"\frac{\mathrm{d} f}{\mathrm{d} x}",
        r"\partial f / \partial x",
        "df/dx",
        r"\frac{\partial}{\partial x} f",
        r"\nabla_x f",
    ],
)
def test_a_derivative_is_one_however_it_is_written(latex: str) -> None:
    assert tree(latex) == Derivative(f, (x,))


@pytest.mark.parametrize(
    ("latex", "node"),
    [
        (r"\frac{\partial^2 f}{\partial a \partial b}", Derivative(f, (a, b))),
        (r"\frac{\partial^2 f}{\partial x^2}", Derivative(f, (x, x))),
        (r"\frac{d^2 f}{d a d b}", Derivative(f, (a, b))),
        (r"\frac{\partial^+ f}{\partial x}", Derivative(f, (x,), immediate=True)),
        (r"\frac{\partial}{\partial x} (a) b", Product(Derivative(Bracket((a,)), (x,)), "", b)),
        (r"\frac{\partial}{\partial x} a b", Derivative(Product(a, "", b), (x,))),
        (r"\frac{\partial f}{\partial x}^2", Scripted(Derivative(f, (x,)), (), (TWO,))),
        (r"\frac{\partial f}{a}", Quotient(Differential(f, 1, False), a)),
        (r"\frac{a d}{b}", Quotient(Product(a, "", d), b)),
    ],
)
def test_a_derivative_is_by_what_stands_behind_each_d_below(latex: str, node: Node) -> None:
    assert tree(latex) == node


@pytest.mark.parametrize(("latex", "operator"), [(r"d \cdot x", r"\cdot"), (r"d \times x", r"\times")])
def test_a_d_before_an_operator_is_a_letter(latex: str, operator: str) -> None:
    assert tree(latex) == Product(d, operator, x)
    assert tree("d / x") == Quotient(d, x)
    assert tree("d x") == Product(d, "", x)


@pytest.mark.parametrize(
    ("latex", "why"),
    [
        (r"\cdot a", r"\cdot has not a factor on each side, line 1, column 1"),
        (r"a \cdot", r"\cdot has not a factor on each side, line 1, column 3"),
        (r"(a \cdot) b", r"\cdot has not a factor on each side, line 1, column 4"),
        (r"\tanh", "nothing stands behind tanh, line 1, column 1"),
        (r"\sum_i", r"nothing stands behind \sum, line 1, column 1"),
        (r"\sum a", r"\sum does not say over what, line 1, column 1"),
        (r"\sum^a b", r"the limits of \sum are not read, line 1, column 1"),
        (r"\sum_{i=1}^{a,b} c", r"the upper limit of \sum is not read, line 1, column 1"),
        (r"\nabla f", "∇ does not say by what the derivative is, line 1, column 1"),
        (r"\frac{\partial f}{\partial}", "it does not say by what the derivative is, line 1, column 1"),
        (r"\frac{\partial^2 f}{\partial x}", "a derivative of order 2 by 1 variables, line 1, column 1"),
        (r"\frac{\partial^5 f}{\partial x}", "what stands above the ∂ is not read, line 1, column 7"),
        (r"\frac{\partial_a f}{\partial x}", "a ∂ has something below it, line 1, column 7"),
        (r"\frac{\partial}{\partial x}", "nothing stands behind the ∂/∂, line 1, column 1"),
        ("|_a", "nothing stands before the bar, line 1, column 1"),
        ("a|_{}", "the bar does not say where it is evaluated, line 1, column 2"),
        ("{}", "nothing stands here"),
        ("a " * 61, "a term has more than 60 factors, line 1, column 121"),
    ],
)
def test_pieces_that_do_not_fit_together_say_why_and_where(latex: str, why: str) -> None:
    assert refusal(latex) == why


def test_signs_go_with_their_terms() -> None:
    assert tree("a - b c") == Sum((a, Negative(Product(b, "", c))))
