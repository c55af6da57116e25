"""A syntax tree is written as LaTeX that parses to the same tree."""

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bptt.proofread.corrections import write_latex
from bptt.proofread.document import Token, read_document, tokenize
from bptt.proofread.syntax import Node, Unreadable, parse
from bptt.proofread.syntax.tree import (
    Application,
    Big,
    Bracket,
    Derivative,
    Negative,
    Number,
    Product,
    Quotient,
    Relation,
    Root,
    Scripted,
    Sum,
    Symbol,
)

DATA = Path(__file__).parents[2] / "data"
PAGES = [DATA / "post.md", *sorted((DATA / "derivations").glob("*.md"))]


def read_back(node: Node) -> Node:
    return parse(tokenize(write_latex(node), 1, 1))


def parse_if_readable(side: tuple[Token, ...]) -> Node | None:
    try:
        return parse(side)
    except Unreadable:
        return None


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_formula_of_a_document_is_read_back(page: Path) -> None:
    equations = [one for display in read_document(page.read_text(encoding="utf-8")).displays for one in display]
    trees = [tree for one in equations for side in (one.left, one.right) if (tree := parse_if_readable(side))]
    assert len(trees) > 30
    assert [write_latex(tree) for tree in trees if read_back(tree) != tree] == []


letters = st.sampled_from(["a", "h", "W", r"\alpha", r"\tilde{y}", r"\mathbf{x}", r"\mathbf{\delta}"])
items = st.one_of(
    st.sampled_from("ijkt").map(Symbol),
    st.integers(0, 12).map(lambda n: Number(Fraction(n))),
    st.just(Sum((Symbol("t"), Negative(Number(Fraction(1)))))),
)
symbols = st.builds(Symbol, letters, st.lists(items, max_size=2).map(tuple), st.lists(items, max_size=1).map(tuple))
numbers = st.sampled_from(["0", "2", "12", "0.5", "3.25"]).map(lambda digits: Number(Fraction(digits)))
sums = st.builds(
    lambda letter, last: Big(r"\sum", (Relation(letter, "=", Number(Fraction(1))),), (last,)),
    st.sampled_from("kt").map(Symbol),
    st.sampled_from("nT").map(Symbol),
)


def compose(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    """Formulas of formulas, as a parser makes them: no sum stands in a product without a bracket."""
    brackets = st.builds(lambda one, kind: Bracket((one,), (), kind), inner, st.sampled_from(["(", "[", "|"]))
    by = st.lists(symbols.filter(lambda one: not one.above), min_size=1, max_size=2).map(tuple)
    factors = st.one_of(
        symbols,
        brackets,
        st.builds(Quotient, inner, inner).filter(lambda one: one.over != Symbol("d")),
        st.builds(Derivative, symbols, by, st.booleans()),
        st.builds(lambda one: Scripted(Bracket((one,)), (), (Number(Fraction(2)),)), inner),
        st.builds(Root, inner),
    )
    behind = st.lists(st.tuples(st.sampled_from(["", r"\cdot", r"\odot", "/"]), factors), min_size=1, max_size=3)
    products = st.builds(
        lambda first, rest: Product((first, *(one for _, one in rest)), tuple(sign for sign, _ in rest)),
        st.one_of(sums, numbers, factors),
        behind,
    )
    terms = st.lists(st.tuples(st.one_of(factors, products), st.booleans()), min_size=2, max_size=3)
    return st.one_of(
        products,
        terms.map(lambda found: Sum(tuple(Negative(one) if negative else one for one, negative in found))),
        products.map(Negative),
    )


@given(st.recursive(st.one_of(symbols, numbers), compose, max_leaves=6))
def test_a_formula_is_read_back(tree: Node) -> None:
    assert read_back(tree) == tree


@pytest.mark.parametrize(
    ("tree", "latex"),
    [
        (Symbol("W", (Symbol("k"), Symbol("l"))), "W_{kl}"),
        (Symbol(r"\mathbf{\delta}", (Symbol("t"),)), r"\boldsymbol{\delta}_t"),
        (Symbol("h", (Sum((Symbol("t"), Negative(Number(Fraction(1))))),)), "h_{t-1}"),
        (Product((Symbol("exp"), Bracket((Negative(Symbol("z")),))), ("",)), r"\exp(-z)"),
        (Product((Symbol("t"), Symbol("r")), ("",)), "t r"),
        (Symbol("A", (Symbol("t"), Symbol("r"))), "A_{t,r}"),
        (Application(Symbol("f"), (Symbol("x"), Symbol("y"))), "f(x, y)"),
        (Derivative(Symbol("L"), (Symbol("W"),), immediate=True), r"\frac{\partial^{+} L}{\partial W}"),
    ],
)
def test_it_is_written_as_an_author_would(tree: Node, latex: str) -> None:
    assert write_latex(tree) == latex
