"""A derivative is one however it is written, and ∂/∂x alone is a factor."""

import pytest

from bptt.proofread.syntax import Symbol, is_mark
from bptt.proofread.syntax.tree import Derivative, Differential, Node, Quotient, Relation, Scripted
from tests.proofread.syntax.trees import TWO, a, around, b, beside, d, f, i, product, refusal, t, tree, x, y

D = Differential(r"\partial")
L = Symbol("L")


@pytest.mark.parametrize(
    "latex",
    [
        r"\frac{\partial f}{\partial x}",
        r"\frac{df}{dx}",
        r"\frac{\mathrm{d} f}{\mathrm{d} x}",
        r"\frac{\mathrm d f}{\mathrm d x}",
        r"\frac{{\rm d} f}{{\rm d} x}",
        r"\frac{\operatorname{d}\!f}{\operatorname{d}\!x}",
        r"\frac{D f}{D x}",
        r"\frac{∂ f}{∂ x}",
        r"{\partial f \over \partial x}",
        r"\partial f / \partial x",
        "df/dx",
    ],
)
def test_a_derivative_is_one_however_it_is_written(latex: str) -> None:
    assert tree(latex) == Derivative(f, (x,))


@pytest.mark.parametrize(
    ("latex", "node"),
    [
        (r"\frac{\partial}{\partial x} f", beside(Derivative(None, (x,)), f)),
        (r"\frac{d}{dx} (a b)", beside(Derivative(None, (x,)), around(beside(a, b)))),
        (r"\partial_x f", beside(Derivative(None, (x,)), f)),
        (r"\partial_{xy} f", beside(Derivative(None, (x, y)), f)),
        (r"\frac{\partial^2}{\partial x \partial y} f", beside(Derivative(None, (x, y)), f)),
        (r"a \partial/\partial x", beside(a, Derivative(None, (x,)))),
    ],
)
def test_a_derivative_of_nothing_is_a_factor_before_what_it_may_take(latex: str, node: Node) -> None:
    assert tree(latex) == node


@pytest.mark.parametrize(
    ("latex", "node"),
    [
        (r"\frac{\partial^2 f}{\partial a \partial b}", Derivative(f, (a, b))),
        (r"\frac{\partial^2 f}{\partial x^2}", Derivative(f, (x, x))),
        (r"\frac{d^2 f}{dx^2}", Derivative(f, (x, x))),
        (r"\frac{\partial L}{\partial x^2}", Derivative(L, (Symbol("x", (), (TWO,)),))),
        (r"\frac{\partial^2 L}{\partial x^2 \partial y^2}",
         Derivative(L, (Symbol("x", (), (TWO,)), Symbol("y", (), (TWO,))))),
        (r"\frac{\partial^+ f}{\partial x}", Derivative(f, (x,), immediate=True)),
        (r"\frac{\partial f(x)}{\partial x_i}", Derivative(beside(f, around(x)), (Symbol("x", (i,)),))),
        (r"\frac{\partial f}{\partial x(t)}", Derivative(f, (beside(x, around(t)),))),
        (r"\partial f / \partial x(t)", Derivative(f, (beside(x, around(t)),))),
        (r"\partial f / \partial x(x)", beside(Derivative(f, (x,)), around(x))),
        (r"\partial f / \partial x (a b)", beside(Derivative(f, (x,)), around(beside(a, b)))),
        (r"\frac{\partial f}{\partial x}^2", Scripted(Derivative(f, (x,)), (), (TWO,))),
        (r"\frac{\partial (a + b)}{\partial x}", Derivative(tree("(a + b)"), (x,))),
        (r"\frac{\partial L}{\partial a} \frac{\partial a}{\partial x}",
         beside(Derivative(L, (a,)), Derivative(a, (x,)))),
        (r"b \partial a f/\partial x \cdot y", product(b, "", Derivative(beside(a, f), (x,)), r"\cdot", y)),
        (r"\partial L/\partial a \partial a/\partial x", beside(Derivative(L, (a,)), Derivative(a, (x,)))),
    ],
)  # fmt: skip
def test_a_derivative_is_by_what_stands_behind_each_d_below(latex: str, node: Node) -> None:
    assert tree(latex) == node


@pytest.mark.parametrize(
    ("latex", "node"),
    [
        (r"\frac{\partial f}{a}", Quotient(beside(D, f), a)),
        (r"\frac{a d}{b}", Quotient(beside(a, d), b)),
        (r"\frac{1}{dx}", Quotient(tree("1"), beside(d, x))),
        (r"\frac{d}{b}", Quotient(d, b)),
        (r"\frac{D}{d x}", Quotient(Symbol("D"), beside(d, x))),
        (r"\frac{d f}{d x y}", Quotient(beside(d, f), beside(d, x, y))),
        (r"\frac{d \cdot f}{d x}", Quotient(product(d, r"\cdot", f), beside(d, x))),
        (r"\frac{d f}{d \cdot x}", Quotient(beside(d, f), product(d, r"\cdot", x))),
        (r"\frac{d_i f}{d_i x}", Quotient(beside(Symbol("d", (i,)), f), beside(Symbol("d", (i,)), x))),
        ("d / x", product(d, "/", x)),
        ("d x", beside(d, x)),
        (r"d \cdot f / d x", product(d, r"\cdot", f, "/", d, "", x)),
        (r"\partial f", beside(D, f)),
    ],
)
def test_a_d_that_is_no_derivative_is_what_it_is(latex: str, node: Node) -> None:
    assert tree(latex) == node


@pytest.mark.parametrize(
    ("latex", "why"),
    [
        (r"\frac{\partial f}{\partial}", "it does not say by what the derivative is, line 1, column 1"),
        (r"\frac{\partial f}{\partial x \partial}", "it does not say by what the derivative is, line 1, column 1"),
        (r"\frac{\partial^2 f}{\partial x}", "a derivative of order 2 by 1 variables, line 1, column 1"),
        (r"\frac{\partial f}{\partial x \partial y}", "a derivative of order 1 by 2 variables, line 1, column 1"),
        (r"\frac{\partial^5 f}{\partial x}", "what stands above the ∂ is not read, line 1, column 7"),
        (r"\partial_i^2 f", "a ∂ has something below it, line 1, column 1"),
    ],
)
def test_a_derivative_that_does_not_say_by_what_is_refused(latex: str, why: str) -> None:
    assert refusal(latex) == why


def test_a_mark_is_a_d_without_anything_below_it() -> None:
    marks: list[Node] = [D, d, Symbol(r"\mathrm{d}"), Symbol("d", (), (TWO,))]
    others: list[Node] = [Symbol("d", (i,)), Symbol("d", primes=1), x, Relation(d, "=", x)]
    assert [is_mark(node) for node in [*marks, *others]] == [True] * 4 + [False] * 4
