"""The syntax tree of a formula: symbols with their scripts, brackets, sums, products, and why there is none."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bptt.proofread.document import tokenize
from bptt.proofread.syntax import parse
from bptt.proofread.syntax.tree import (
    Adjacent,
    Bracket,
    Negative,
    Node,
    Number,
    Place,
    Product,
    Quotient,
    Relation,
    Root,
    Scripted,
    Sum,
    Symbol,
    list_parts,
    nodes,
    written,
)
from tests.proofread.syntax.trees import a, b, c, refusal, t, tree, x

ONE, TWO = Number(Fraction(1)), Number(Fraction(2))


@pytest.mark.parametrize(
    ("latex", "node"),
    [
        (r"x_{ab}^{t-1}{}'", Symbol("x", (a, b), (Sum((t, Negative(ONE))),))),
        ("x_a^t", Symbol("x", (a,), (t,))),
        ("{x_a}^t", Symbol("x", (a,), (t,))),
        ("{x^a}^t", Scripted(Bracket((Symbol("x", (), (a,)),), kind="{"), (), (t,))),
        ("x''", Symbol("x", primes=2)),
        (r"x_{a,b}", Symbol("x", (a, b))),
        (r"x_{t=1}", Symbol("x", (Relation(t, "=", ONE),))),
        ("x^*", Symbol("x", (), (Symbol(r"\times"),))),
        ("x^+", Symbol("x", (), (Symbol("+"),))),
        (r"\text{loss}_a", Symbol("loss", (a,))),
    ],
)
def test_a_symbol_takes_the_scripts_behind_it(latex: str, node: Node) -> None:
    assert tree(latex.replace("{}'", "")) == node


@pytest.mark.parametrize(
    ("latex", "name"),
    [
        (r"\tilde{y}", r"\tilde{y}"),
        (r"\widetilde y", r"\tilde{y}"),
        (r"\mathrm{MSE}", "MSE"),
        (r"\operatorname{soft max}", "softmax"),
        (r"\mathrm{d}", r"\mathrm{d}"),
        (r"\hat{\mathbf{x}}", r"\hat{\mathbf{x}}"),
        (r"\mathbb{1}", r"\mathbb{1}"),
    ],
)
def test_an_accent_or_a_font_is_part_of_a_name(latex: str, name: str) -> None:
    assert tree(latex) == Symbol(name)


def test_a_font_over_a_product_is_one_over_each_factor() -> None:
    assert tree(r"\mathbf{ab}") == Product(Symbol(r"\mathbf{a}"), "", Symbol(r"\mathbf{b}"))


@pytest.mark.parametrize(
    ("latex", "node"),
    [
        ("(a, b; c)", Bracket((a, b, c), (",", ";"))),
        (r"\left[ a \right)", Bracket((a,), kind="[")),
        ("|a|", Bracket((a,), kind="|")),
        (r"\lVert a \rVert", Bracket((a,), kind="‖")),
        ("()", Bracket(())),
        (r"\sqrt{a}", Root(a)),
        (r"x(a)", Adjacent(x, Bracket((a,)))),
        ("(a = b)", Bracket((Relation(a, "=", b),))),
        ("(a)^2", Scripted(Bracket((a,)), (), (TWO,))),
        (r"\frac12", Quotient(ONE, TWO)),
        (r"x^\frac12", Symbol("x", (), (Quotient(ONE, TWO),))),
    ],
)
def test_brackets_roots_and_fractions_hold_what_stands_in_them(latex: str, node: Node) -> None:
    assert tree(latex) == node


def test_a_sum_holds_its_terms_with_their_signs() -> None:
    assert tree("-a + b - c") == Sum((Negative(a), b, Negative(c)))
    assert tree("+a") == a


def test_every_node_knows_where_it_stands() -> None:
    product = parse(tokenize("a \\cdot\n b_i", 7, 3))
    assert isinstance(product, Product)
    assert [product.left.place, product.place, product.right.place] == [Place(7, 3), Place(7, 5), Place(8, 2)]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("latex", "why"),
    [
        ("", "nothing stands here"),
        ("{a", "it ends where something must follow, line 1, column 2"),
        ("a}", "} stands where it cannot be read, line 1, column 2"),
        ("(a", "it ends where something must follow, line 1, column 2"),
        (r"\left( a \right) )", ") stands where it cannot be read, line 1, column 18"),
        ("< a )", "< is closed by ), line 1, column 5"),
        ("a +", "it ends where something must follow, line 1, column 3"),
        ("_a", "_ stands where it cannot be read, line 1, column 1"),
        ("x^.5", ". is no number, line 1, column 3"),
        ("(a)'", "a prime stands behind a bracket, line 1, column 1"),
        (r"\sqrt[3]{a}", "[ stands where it cannot be read, line 1, column 6"),
        (r"\tilde{a + b}", r"\tilde stands over more than a symbol, line 1, column 1"),
        ("1" * 41, "a number has more than 40 digits, line 1, column 1"),
        (r"\tilde " * 200 + "a", "it is nested too deeply"),
        (r"\frac a" * 90 + "b", "it is nested deeper than 90 operations"),
    ],
)
def test_what_cannot_be_read_says_why_and_where(latex: str, why: str) -> None:
    assert refusal(latex) == why


def test_the_parts_of_a_formula_are_listed_with_those_in_its_scripts_on_request() -> None:
    symbol = Symbol("x", (a,), (t,))
    product = Product(symbol, "", Bracket((b, c)))
    assert [*list_parts(product)] == [symbol, Bracket((b, c))]
    assert [*list_parts(symbol)] == []
    assert [*list_parts(symbol, scripts=True)] == [a, t]
    assert {written(node) for node in nodes(product)} == {"", "x", "b", "c"}


@given(st.recursive(st.sampled_from("abx"), lambda inner: st.tuples(inner, st.sampled_from(["+", "-"]), inner)))
def test_a_sum_in_brackets_is_the_tree_that_it_is_written_as(sum_of: tuple[object, ...] | str) -> None:
    latex, node = as_latex_and_node(sum_of)
    assert tree(latex) == node


def as_latex_and_node(formula: object) -> tuple[str, Node]:
    match formula:
        case (left, sign, right):
            (one, left_node), (other, right_node) = as_latex_and_node(left), as_latex_and_node(right)
            second = Negative(right_node) if sign == "-" else right_node
            return f"({one} {sign} {other})", Bracket((Sum((left_node, second)),))
        case _:
            return str(formula), Symbol(str(formula))
