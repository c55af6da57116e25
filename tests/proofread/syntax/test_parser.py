"""Brackets, bars, cases and matrices; the limits; and whatever stands on the page is parsed or refused."""

from collections.abc import Callable

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from bptt.proofread.document import Token, tokenize
from bptt.proofread.syntax import Node, Place, Symbol, Unreadable, parse, parse_list
from bptt.proofread.syntax._lexer import MOST_TOKENS
from bptt.proofread.syntax._parser import _Parser
from bptt.proofread.syntax.tree import (
    At,
    Bracket,
    Cases,
    Derivative,
    Dots,
    Grid,
    Nabla,
    Negative,
    Number,
    Product,
    Quotient,
    Relation,
    Scripted,
    Sum,
    Words,
    list_parts,
    nodes,
    written,
)  # fmt: skip
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
    n,
    p,
    product,
    refusal,
    t,
    tree,
    x,
    y,
)  # fmt: skip

NORM = "‖"


@pytest.mark.parametrize(
    ("latex", "node"),
    [
        ("(a, b; c)", around(a, b, c, separators=(",", ";"))),
        (r"\left[ a \right)", around(a, kind="[")),
        (r"\bigl( a \Big)", around(a)),
        ("()", around()),
        (r"\{a, \ldots, n\}", around(a, Dots(), n, kind=r"\{")),
        (r"\lfloor a \rfloor", around(a, kind=r"\lfloor")),
        ("(a = b)", around(Relation(a, "=", b))),
        (r"[x > 1]", around(Relation(x, ">", ONE), kind="[")),
        (r"\langle a, b \rangle", around(a, b, kind="<")),
        ("<a, b>", around(a, b, kind="<")),
        (r"x \langle a \rangle", beside(x, around(a, kind="<"))),
        (r"\{x : x > 1\}", around(around(x, Relation(x, ">", ONE), kind="{", separators=(":",)), kind=r"\{")),
        (r"f(\cdot)", beside(f, around(Symbol(r"\cdot")))),
    ],
)
def test_brackets_hold_what_stands_in_them(latex: str, node: Node) -> None:
    assert tree(latex) == node


@pytest.mark.parametrize(
    "latex", [r"\|a\|", r"\lVert a \rVert", "||a||", r"\left\| a \right\|", r"\left|\left| a \right|\right|", "‖a‖"]
)
def test_double_bars_are_a_norm_however_they_are_written(latex: str) -> None:
    assert tree(latex) == around(a, kind=NORM)


@pytest.mark.parametrize(
    ("latex", "node"),
    [
        ("|a|", around(a, kind="|")),
        (r"\lvert a \rvert^2", Scripted(around(a, kind="|"), (), (TWO,))),
        (r"\|a\|_1 \|b\|", beside(Scripted(around(a, kind=NORM), (ONE,)), around(b, kind=NORM))),
        ("||a|| ||b||", beside(around(a, kind=NORM), around(b, kind=NORM))),
        ("|a||b|", beside(around(a, kind="|"), around(b, kind="|"))),
        ("2|a| + |b|", Sum((beside(TWO, around(a, kind="|")), around(b, kind="|")))),
        ("|a + |b||", around(Sum((a, around(b, kind="|"))), kind="|")),
        ("||a|| + n||b||_1", Sum((around(a, kind=NORM), beside(n, Scripted(around(b, kind=NORM), (ONE,)))))),
        (r"\frac{|a|}{|b|}", Quotient(around(a, kind="|"), around(b, kind="|"))),
    ],
)
def test_a_bar_closes_the_one_that_is_open(latex: str, node: Node) -> None:
    assert tree(latex) == node


@pytest.mark.parametrize(
    ("latex", "bracket"),
    [
        ("p(x|y)", around(x, y, separators=("|",))),
        (r"p(x \mid y, t)", around(x, y, t, separators=("|", ","))),
        (r"p(x \,\middle|\, y)", around(x, y, separators=("|",))),
        (r"p(x \| y)", around(x, y, separators=(r"\|",))),
        ("p(x || y)", around(x, y, separators=(r"\|",))),
        ("p(x=1|y)", around(Relation(x, "=", ONE), y, separators=("|",))),
        ("p(|x| | y)", around(around(x, kind="|"), y, separators=("|",))),
        ("p(x | |y|)", around(x, around(y, kind="|"), separators=("|",))),
    ],
)
def test_a_bar_without_a_partner_in_its_bracket_separates(latex: str, bracket: Bracket) -> None:
    assert tree(latex) == beside(p, bracket)


@pytest.mark.parametrize(
    ("latex", "node"),
    [
        (r"a|_{t=1}", At(a, (Relation(t, "=", ONE),))),
        (r"a\Big|_{t=1, x=y}", At(a, (Relation(t, "=", ONE), Relation(x, "=", y)))),
        (r"a|_t^x", At(a, (t, x))),
        ("a b|_t", beside(a, At(b, (t,)))),
        ("f(x)|_t", At(beside(f, around(x)), (t,))),
        ("a f(x)|_t b", beside(a, At(beside(f, around(x)), (t,)), b)),
        (r"\frac{\partial f}{\partial x}\bigg|_t", At(Derivative(f, (x,)), (t,))),
        (r"a \frac{d}{dx} f(x)|_t", beside(a, At(beside(Derivative(None, (x,)), f, around(x)), (t,)))),
        (r"a \cdot \nabla f(x)|_t", product(a, r"\cdot", At(beside(Nabla(None), f, around(x)), (t,)))),
        (r"\left. a b \right|_t", At(beside(a, b), (t,))),
        (r"\left. \frac{\partial f}{\partial x} \right|_{x=1}", At(Derivative(f, (x,)), (Relation(x, "=", ONE),))),
    ],
)
def test_a_bar_with_a_script_evaluates_what_stands_before_it(latex: str, node: Node) -> None:
    assert tree(latex) == node


IF = Words("if")


@pytest.mark.parametrize(
    ("latex", "node"),
    [
        (r"\begin{cases} a & \text{if } x > 1 \\ b & \text{otherwise} \end{cases}",
         Cases(((a, (IF, Relation(x, ">", ONE))), (b, (Words("otherwise"),))))),
        (r"\begin{cases} a, & x = 1, \\ b, & x < 1. \end{cases}",
         Cases(((a, (Relation(x, "=", ONE),)), (b, (Relation(x, "<", ONE),))))),
        (r"\begin{dcases*} a \\ -b \\ \end{dcases*}", Cases(((a, ()), (Negative(b), ())))),
        (r"\left\{ \begin{array}{l@{\;}l} a & x \neq 1 \\ b & \mbox{else} \end{array} \right.",
         Cases(((a, (Relation(x, r"\neq", ONE),)), (b, (Words("else"),))))),
    ],
)  # fmt: skip
def test_cases_are_values_each_with_its_condition(latex: str, node: Node) -> None:
    assert tree(latex) == node


@pytest.mark.parametrize("name", ["matrix", "pmatrix", "bmatrix", "smallmatrix"])
def test_a_matrix_is_written_out_row_by_row(name: str) -> None:
    assert tree(rf"\begin{{{name}}} a & -b \\ c & d + 1 \\ \end{{{name}}}") == Grid(
        ((a, Negative(b)), (c, Sum((d, ONE))))
    )


def test_a_matrix_may_stand_in_brackets_and_have_scripts() -> None:
    column = Grid(((a,), (Dots(),), (b,)))
    assert tree(r"\left[\begin{array}{c} a \\ \vdots \\ b \end{array}\right]^t") == Scripted(
        around(column, kind="["), (), (t,)
    )


@pytest.mark.parametrize(
    ("latex", "why"),
    [
        ("(a", "it ends where something must follow, line 1, column 2"),
        ("a)", ") stands where it cannot be read, line 1, column 2"),
        (r"\left( a \right) )", ") stands where it cannot be read, line 1, column 18"),
        (r"( a \right.", ". stands where it cannot be read, line 1, column 11"),
        (r"\{ a )", ") stands where it cannot be read, line 1, column 6"),
        ("{a", "it ends where something must follow, line 1, column 2"),
        ("a}", "} stands where it cannot be read, line 1, column 2"),
        ("|a", "it ends where something must follow, line 1, column 2"),
        ("(|a)", ") stands where it cannot be read, line 1, column 4"),
        ("|_a", "_ stands where it cannot be read, line 1, column 2"),
        (r"\|a|", "| stands where it cannot be read, line 1, column 4"),
        ("x | y", "| stands where it cannot be read, line 1, column 3"),
        (r"\left. a \right|", "the bar does not say where it is evaluated, line 1, column 6"),
        (r"\left. a \right)_t", ") stands where it cannot be read, line 1, column 16"),
        (r"\sqrt[a", "it ends where something must follow, line 1, column 7"),
        (r"\begin{vmatrix} a \end{vmatrix}", r"\begin{vmatrix} is not read within a formula, line 1, column 1"),
        (r"\begin{cases} a \end{matrix}", r"\begin{cases} is closed by another \end, line 1, column 1"),
        (r"\begin{cases} \end{cases}", "nothing stands here, line 1, column 1"),
        (r"\begin{cases} a", "it ends where something must follow, line 1, column 15"),
        (r"\begin a", "a stands where it cannot be read, line 1, column 8"),
    ],
)
def test_a_bracket_without_a_partner_is_refused_where_it_is_missed(latex: str, why: str) -> None:
    assert refusal(latex) == why


@pytest.mark.parametrize(
    "opening",
    ["(", "[", r"\{", "{", r"\langle ", "|a+", r"\|a+", r"\frac a", r"\sqrt ", r"\sqrt{", r"\tilde ", r"\mathbf{"]
    + [r"\bf ", "{}", "x^{", r"\left.", r"\begin{matrix}", r"\begin{cases} a & ", r"{a \over ", r"\substack{", "{}_a{"],
)
def test_what_is_nested_too_deeply_is_refused(opening: str) -> None:
    assert "nested deeper than 40 brackets" in refusal(opening * 80)


def test_what_is_nested_less_deeply_is_read() -> None:
    assert isinstance(tree("(" * 40 + "a" + ")" * 40), Bracket)


def test_conditions_stand_behind_commas() -> None:
    found = parse_list(tokenize(r"i = 1, \ldots, n; x \neq y", 1, 1))
    assert [type(one) for one in found] == [Relation, Dots, Symbol, Relation]
    with pytest.raises(Unreadable, match="stands where it cannot be read"):
        parse_list(tokenize("i = 1)", 1, 1))


def test_a_node_stands_in_the_file_where_its_token_does() -> None:
    whole = parse(tokenize("a \\cdot\n b_i", 7, 3))
    assert isinstance(whole, Product)
    first, second = whole.factors
    assert [first.place, second.place] == [Place(7, 3), Place(8, 2)]  # type: ignore[union-attr]  # they are symbols


def test_the_parts_of_a_formula_are_listed_with_those_in_its_scripts_on_request() -> None:
    symbol = Symbol("x", (a,), (t,))
    whole = beside(symbol, around(b, c))
    assert [*list_parts(whole)] == [symbol, around(b, c)]
    assert ([*list_parts(symbol)], [*list_parts(symbol, scripts=True)]) == ([], [a, t])
    assert {written(node) for node in nodes(whole)} == {"", "x", "b", "c"}


PIECES = r"""
    a x_i ^t _ ^ ' '' { } ( ) [ ] \{ \} < > | \| || \left( \left. \left| \right) \right| \right. \middle| \big|
    + - * / \cdot \odot = \neq \in : , ; . & \\ … \ldots 1 12 .5 0.5 \frac \sqrt [ \sum_{i} \prod \max \lim \nabla
    \partial \partial_x d \mathrm{d} D \frac{d}{dx} \frac{\partial \over \substack{ \text{if} \text{if \text \mathrm{ab}
    \mathbf \mathrm{ {\bf \rm \hat \operatorname*{ \operatorname \tanh tanh softmax \begin{cases} \end{cases}
    \begin{matrix} \end{matrix} \begin \end \begin{array}{c} \end{array} \langle \rangle \lfloor \rceil \prime \top \bb
    \arg \max {} {}_ ^{\prime ^* _{: ² \label{} \ref{a} \int \bmod ! ∂ σ ℓ ‖"""
formulas = st.lists(st.sampled_from(PIECES.split()) | st.text(max_size=2), max_size=30).map(" ".join)


def read_or_refuse(read: Callable[[list[Token]], object], tokens: list[Token]) -> object:
    """What comes of some tokens: a tree, or why there is none."""
    try:
        return (read(tokens),)
    except Unreadable as refused:
        return str(refused)


@settings(max_examples=500)
@given(formulas | st.lists(st.sampled_from(PIECES.split()), max_size=30).map("".join))
@example(r"\text + a")
@example(r"\{ .")
def test_any_tokens_are_parsed_or_refused(latex: str) -> None:
    for read in (parse, parse_list):
        assert read_or_refuse(read, tokenize(latex, 1, 1))


@pytest.mark.parametrize(
    "unit", [*PIECES.split(), "(a", "a|", "|a", "a<", "{a}_", "x'", "^{'", "a(", r"\left|a", "<a,", "a:"]
)
def test_a_formula_of_two_thousand_tokens_is_parsed_or_refused_in_steps_as_many(
    unit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = 0
    parse_atom = _Parser.parse_atom

    def counted(self: _Parser) -> Node:
        nonlocal steps
        steps += 1
        return parse_atom(self)

    monkeypatch.setattr(_Parser, "parse_atom", counted)
    tokens = tokenize(f"{unit} " * MOST_TOKENS, 1, 1)[:MOST_TOKENS]
    assert read_or_refuse(parse, tokens)
    assert steps <= 2 * MOST_TOKENS


letters = st.sampled_from([a, b, c, x, y, TWO, Symbol(r"\alpha"), Symbol(r"\tilde{y}"), SUM, Nabla(None)])
marks = st.sampled_from(["", "", r"\cdot", r"\odot", "/", r"\otimes"])


def grow(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    several = st.lists(inner, min_size=2, max_size=4)
    return st.one_of(
        several.map(lambda terms: around(Sum(tuple(terms)))),
        several.flatmap(
            lambda factors: st.lists(marks, min_size=len(factors) - 1, max_size=len(factors) - 1).map(
                lambda operators: around(Product(tuple(factors), tuple(operators)))
            )
        ),
        inner.map(lambda node: around(Negative(node), kind="[")),
        st.tuples(inner, inner).map(lambda two: Quotient(*two)),
        st.tuples(inner, inner).map(lambda two: Scripted(around(two[0]), (two[1],), (TWO,))),
        st.tuples(st.just(f), st.lists(inner, max_size=3)).map(lambda two: around(beside(two[0], around(*two[1])))),
        st.lists(inner, min_size=1, max_size=3).map(lambda items: Symbol("z", tuple(items))),
        inner.map(lambda node: around(around(node), kind="|")),
    )


def write(node: Node) -> str:
    match node:
        case Symbol(name, below):
            return name + ("_{" + ", ".join(map(write, below)) + "}" if below else "")
        case Number(value):
            return str(value)
        case Nabla():
            return r"\nabla"
        case Sum(terms):
            return " + ".join(map(write, terms))
        case Negative(term):
            return f"-{write(term)}"
        case Product(factors, operators):
            rest = (f" {operator} {write(factor)}" for operator, factor in zip(operators, factors[1:], strict=True))
            return write(factors[0]) + "".join(rest)
        case Quotient(over, under):
            return rf"\frac{{{write(over)}}}{{{write(under)}}}"
        case Scripted(base, (below,), (above,)):
            return f"{write(base)}_{{{write(below)}}}^{{{write(above)}}}"
        case Bracket(entries, _, kind):
            opening, closing = {"(": "()", "[": "[]", "|": ("\\left|", "\\right|")}[kind]
            return f"{opening}{', '.join(map(write, entries))}{closing}"
    return r"\sum"


@given(st.recursive(letters, grow, max_leaves=12))
def test_a_tree_that_is_written_out_is_read_as_it_was(node: Node) -> None:
    assume(r"\sum +" not in write(node) and r"\sum -" not in write(node))  # a sign there belongs to what is summed
    assert write(tree(write(node))) == write(node)
