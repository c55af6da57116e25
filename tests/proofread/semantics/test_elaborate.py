"""Formulas elaborated into index expressions: numbers, vectors that stand or lie, and matrices."""

from typing import Any

import pytest

from bptt.proofread import _expressions as ex
from bptt.proofread._expressions import Entry, Expression, Step
from bptt.proofread._traversal import rename, walk
from bptt.proofread.semantics import Interpretation, Misfit
from bptt.proofread.semantics._elaborate import Elaborator
from bptt.proofread.semantics._values import Value
from bptt.proofread.syntax import Unreadable
from tests.proofread.semantics.reading import make_vocabulary, parse

ROWS = '[notation]\nvectors = "rows"\n[sizes]\nn = "n"\nm = "m"\n[symbols]\na = "n"\nb = "n"\nW = "n m"\n'


def elaborate(latex: str, interpretation: Interpretation | None = None) -> Value:
    return Elaborator(make_vocabulary(), interpretation or Interpretation()).elaborate(parse(latex))


def get_body(latex: str, *answers: int) -> Expression:
    """Return the expression that a formula stands for, its axes named 0, 1, …"""
    value = elaborate(latex, Interpretation(answers))
    return rename(value.body, {axis: str(n) for n, axis in enumerate(value.axes)})


def list_nodes(latex: str, kind: type) -> list[Any]:
    return [node for node in walk(elaborate(latex).body) if isinstance(node, kind)]


def get_conventions(latex: str, *answers: int) -> list[str]:
    interpretation = Interpretation(answers)
    elaborate(latex, interpretation)
    return [choice.convention for choice in interpretation.taken]


VOCABULARY = make_vocabulary()
a, b, c, h, W = (VOCABULARY.symbols.resolve(parse(name)).quantity for name in "abchW")  # type: ignore[arg-type]
A, C = Entry(a, None, ("0",)), Entry(c, None, ())


def test_a_symbol_with_letters_is_an_entry_and_one_without_has_axes() -> None:
    assert get_body("W_{kl}") == Entry(W, None, ("k", "l"))
    assert get_body("W") == Entry(W, None, ("0", "1"))
    assert get_body(r"W^\top") == Entry(W, None, ("1", "0"))
    assert get_body("W_{k:}") == Entry(W, None, ("k", "0"))


def test_a_matrix_times_a_vector_is_summed_over_the_axis_between_them() -> None:
    (total,) = list_nodes("W a", ex.Total)
    assert get_body("W a") == ex.Total(
        total.index, ex.Times((Entry(W, None, ("0", total.index)), Entry(a, None, (total.index,))))
    )


@pytest.mark.parametrize(
    ("latex", "order", "stand", "sums"),
    [
        (r"a^\top b", 0, "either", 1),
        (r"a b^\top", 2, "either", 0),
        (r"a \cdot b", 0, "either", 1),
        (r"a \otimes b", 2, "either", 0),
        (r"a \odot b", 1, "column", 0),
        (r"W a", 1, "column", 1),
        (r"a^\top W", 1, "row", 1),
        (r"(W a)^\top", 1, "row", 1),
        (r"\frac{\partial c}{\partial a}", 1, "either", 0),
        (r"W W^\top", 2, "either", 1),
        (r"W_{k:}", 1, "row", 0),
        (r"W_{:k}", 1, "column", 0),
    ],
)
def test_a_formula_has_an_order_and_a_vector_stands_or_lies(latex: str, order: int, stand: str, sums: int) -> None:
    value = elaborate(latex)
    assert (value.order, len(list_nodes(latex, ex.Total))) == (order, sums)
    assert order != 1 or value.stand == stand


def test_vectors_are_rows_where_the_glossary_says_so() -> None:
    def elaborate_rows(latex: str) -> Value:
        return Elaborator(make_vocabulary(glossary=ROWS), Interpretation()).elaborate(parse(latex))

    assert [elaborate_rows(latex).stand for latex in ("a", "a W", r"W^\top a^\top")] == ["row", "row", "column"]
    assert [elaborate_rows(latex).order for latex in (r"a b^\top", r"a^\top b")] == [0, 2]
    with pytest.raises(Misfit, match="a row stands behind a matrix"):
        elaborate_rows(r"W^\top a")


def test_two_vectors_side_by_side_are_multiplied_entry_by_entry_and_that_is_remarked() -> None:
    assert (elaborate("a (b)").order, get_conventions("a (b)")) == (1, ["entry by entry"])
    assert get_conventions("a (b)", 1) == ["scalar product"]
    assert get_conventions("a^\\top b") == []


def test_what_means_the_same_everywhere_needs_no_glossary() -> None:
    assert get_body("I") == ex.Delta("0", "1")
    assert get_body(r"\delta_{ij}") == get_body(r"\mathbb{1}[i = j]") == ex.Delta("i", "j")
    assert get_body(r"\mathbf{1}") == ex.ONE
    assert get_body("n") == ex.Size(("hidden",))
    assert get_body("T") == ex.Size(None)
    assert get_body("e^c") == ex.Function("exp", 0, C)
    assert get_body("|c|") == ex.Function("abs", 0, C)


def test_a_derivative_has_the_axes_of_its_numerator_then_those_of_its_denominator() -> None:
    numerator_first = ex.Partial(A, Entry(b, None, ("1",)), "nothing")
    assert get_body(r"\frac{\partial a}{\partial b}") == numerator_first
    assert get_body(r"\frac{\partial a}{\partial b}", 1) == rename(numerator_first, {"0": "1", "1": "0"})


def test_a_sum_over_steps_binds_its_letter_within_its_limits() -> None:
    body = elaborate(r"\sum_{s=2}^{t} h_k^s").body
    assert isinstance(body, ex.OverSteps)
    assert (body.first, body.last) == (Step("", 2), Step("t", 0))
    assert body.body == Entry(h, Step(body.letter, 0), ("k",))


@pytest.mark.parametrize(
    ("latex", "same"),
    [
        ("h(t)", "h^t"),
        ("h[t]", "h^t"),
        ("h(t)_k", "h^t_k"),
        ("W[i,j]", "W_{ij}"),
        ("a[k]", "a_k"),
        (r"\tanh (c)", r"\tanh c"),
        (r"\tanh(c)^2", r"\tanh^2 c"),
        ("c (q)", "c q"),
    ],
)
def test_a_bracket_behind_a_symbol_is_a_step_an_entry_an_argument_or_a_factor(latex: str, same: str) -> None:
    assert get_body(latex) == get_body(same)


def test_a_function_with_a_number_below_is_another_one() -> None:
    glossary = "defaults = ['f_1(z) = 2 z', 'f(z) = 3 z']\n"
    names = [
        node.name
        for latex in ("f_1(c)", "f(c)")
        for node in walk(Elaborator(make_vocabulary(glossary), Interpretation()).elaborate(parse(latex)).body)
        if isinstance(node, ex.Function)
    ]
    assert names == ["f_{1}", "f"]


@pytest.mark.parametrize(
    ("latex", "message"),
    [
        ("c^{31}", "a power beyond 30"),
        ("W^2", "a power of a matrix"),
        (r"\tanh''''(c)", "more than 3 primes"),
        (r"|a|", "bars around a vector are not read"),
        (r"[W, a]", "only vectors are put behind one another"),
        (r"\sum_{k=0}^{n} a_k", "a sum runs from 1 to a size of the glossary"),
        (r"\prod_k a", "a product of vectors over an index"),
        ("(a + b)_{kl}", "1 indices are expected below the bracket, got 2"),
        ("f(c)", "f is not in the glossary"),
        (r"\nabla a", "∇ does not say by what the derivative is"),
        (r"a \times b", "× between vectors is not read"),
        (r"W \otimes W", "Kronecker's product is not read"),
        (r"\tanh", "the function tanh stands without an argument"),
    ],
)
def test_a_formula_that_is_not_read_says_why(latex: str, message: str) -> None:
    with pytest.raises(Unreadable, match=f"^{message}"):
        elaborate(latex)


@pytest.mark.parametrize(
    ("latex", "message"),
    [
        (r"a \odot W", "an order of 1 and one of 2 are multiplied entry by entry"),
        (r"W + a \otimes b \otimes a", "an order of 2 is added to one of 3"),
        (r"W a^\top", "a row stands behind a matrix"),
        ("a W", "a column stands before a matrix"),
        (r"a^\top + b", "a row meets a column"),
        (r"\operatorname{tr}(a)", "the trace is that of a matrix"),
    ],
)
def test_values_that_do_not_fit_are_a_misfit(latex: str, message: str) -> None:
    with pytest.raises(Misfit, match=message):
        elaborate(latex)


def test_what_readers_take_in_different_ways_is_asked() -> None:
    assert get_conventions(r"\log c q") == ["function takes one"]
    assert get_conventions(r"\log c q", 1) == ["function takes all"]
    assert get_conventions("1 / c q", 1) == ["slash takes all"]
    assert get_body("1 / c q", 1) == get_body("1 / (c q)") != get_body("1 / c q")
