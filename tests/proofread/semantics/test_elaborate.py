"""Formulas elaborated into index expressions, and what an equation claims."""

from fractions import Fraction
from typing import Any

import pytest

from bptt.proofread import _expressions as ex
from bptt.proofread._expressions import Entry, Expression, Step
from bptt.proofread._traversal import find_free_indices, rename, walk
from bptt.proofread.semantics import Choice, Interpretation, Misfit, OrdersDiffer
from bptt.proofread.semantics._elaborate import Elaborator
from bptt.proofread.semantics._values import Value
from bptt.proofread.syntax import Place, Unreadable
from tests.proofread.semantics.reading import make_vocabulary, parse, state


def elaborate(latex: str, interpretation: Interpretation | None = None) -> Value:
    return Elaborator(make_vocabulary(), interpretation or Interpretation()).elaborate(parse(latex))


def body_of(latex: str) -> Expression:
    """The expression that a formula of vectors stands for, its axes named 0, 1, …"""
    value = elaborate(latex)
    return rename(value.body, {axis: str(n) for n, axis in enumerate(value.axes)})


def sums_of(expression: Expression) -> list[Any]:
    return [node for node in walk(expression) if isinstance(node, ex.Total)]


VOCABULARY = make_vocabulary()
a, b, c, W = (VOCABULARY.symbols.resolve(parse(name)).quantity for name in "abcW")  # type: ignore[arg-type]


def test_a_symbol_with_letters_is_an_entry_and_one_without_has_axes() -> None:
    assert elaborate("W_{kl}") == Value((), Entry(W, None, ("k", "l")))
    assert body_of("W") == Entry(W, None, ("0", "1"))
    assert body_of(r"W^\top") == Entry(W, None, ("1", "0"))


def test_a_matrix_times_a_vector_is_summed_over_the_axis_between_them() -> None:
    (total,) = sums_of(body_of("W a"))
    assert rename(total.body, {total.index: "k"}) == ex.Times((Entry(W, None, ("0", "k")), Entry(a, None, ("k",))))


@pytest.mark.parametrize(
    ("latex", "order", "sums"),
    [(r"a^\top b", 0, 1), (r"a b^\top", 2, 0), (r"a \cdot b", 0, 1), (r"a \otimes b", 2, 0), (r"a \odot b", 1, 0)],
)
def test_a_product_of_two_vectors_has_the_order_that_its_sign_and_its_transposes_say(
    latex: str, order: int, sums: int
) -> None:
    assert (len(elaborate(latex).axes), len(sums_of(elaborate(latex).body))) == (order, sums)


def test_two_vectors_side_by_side_are_multiplied_entry_by_entry_and_that_is_remarked() -> None:
    interpretation = Interpretation()
    assert len(elaborate("a (b)", interpretation).axes) == 1
    assert [choice.convention for choice in interpretation.list_choices()] == ["entry by entry"]


def test_what_means_the_same_everywhere_needs_no_glossary() -> None:
    assert body_of("I") == ex.Delta("0", "1")
    assert elaborate(r"\delta_{ij}").body == ex.Delta("i", "j")
    assert elaborate("n").body == ex.Size(("hidden",))
    assert elaborate("T").body == ex.Size(None)
    assert elaborate("e^c").body == ex.Function("exp", 0, Entry(c, None, ()))


def test_a_squared_norm_is_the_sum_of_the_squares() -> None:
    (total,) = sums_of(body_of(r"\|a\|^2"))
    assert total.body == ex.Power(Entry(a, None, (total.index,)), Fraction(2))


def test_a_derivative_has_the_axes_of_its_numerator_then_those_of_its_denominator() -> None:
    derivative = body_of(r"\frac{\partial a}{\partial b}")
    assert derivative == ex.Partial(Entry(a, None, ("0",)), Entry(b, None, ("1",)))


def test_a_sum_over_steps_binds_its_letter_within_its_limits() -> None:
    value = elaborate(r"\sum_{s=2}^{t} h_k^s")
    assert isinstance(value.body, ex.OverSteps)
    assert (value.body.first, value.body.last) == (Step("", 2), Step("t", 0))
    assert isinstance(value.body.body, Entry)
    assert value.body.body.step == Step(value.body.letter, 0)


@pytest.mark.parametrize(
    ("latex", "message"),
    [
        ("c^9", "a power beyond 8"),
        ("W^2", "a power of a matrix"),
        (r"\tanh''''(c)", "more than 3 primes"),
        (r"\mathrm{softmax}(W)", "softmax takes one vector"),
        (r"|c|", "absolute values are not read"),
        (r"\|a\|", "a norm is read only with its square"),
        (r"[W, a]", "only vectors are put behind one another"),
        (r"\sum_{k=0}^{n} a_k", "a sum runs from 1 to a size of the glossary"),
        (r"\prod_k a", "a product of vectors over an index"),
        ("(a + b)_{kl}", "1 indices are expected below the bracket, got 2"),
        ("f(c)", "f is not in the glossary"),
    ],
)
def test_a_formula_that_is_not_read_says_why(latex: str, message: str) -> None:
    with pytest.raises(Unreadable, match=f"^{message}"):
        elaborate(latex)


@pytest.mark.parametrize("latex", [r"a \odot W", r"W + a \otimes b \otimes a", r"a \otimes W + b"])
def test_values_whose_orders_do_not_fit_are_a_misfit(latex: str) -> None:
    with pytest.raises(Misfit, match="order"):
        elaborate(latex)


def test_an_index_that_is_not_on_the_left_is_summed_in_each_term_on_its_own() -> None:
    claim = state(make_vocabulary(), "q = a_k b_k + c a_l b_l")
    assert isinstance(claim.right, ex.Plus)
    assert [len(sums_of(term)) for term in claim.right.terms] == [1, 1]
    assert find_free_indices(claim.right) == []


def test_an_index_on_the_left_is_free_on_the_right() -> None:
    claim = state(make_vocabulary(), "a_k = W_{kl} b_l")
    assert claim.free == ("k",)
    assert set(find_free_indices(claim.right)) == {"k"}
    assert claim.ranges["k"] == ("hidden",)


def test_a_sum_over_the_argument_of_a_function_stands_inside_before_it_stands_outside() -> None:
    inside, outside = Interpretation(), Interpretation((1,))
    claims = [state(make_vocabulary(), r"q = \tanh(a_k)", one) for one in (inside, outside)]
    assert [type(claim.right) for claim in claims] == [ex.Function, ex.Total]
    assert inside.list_choices() == (Choice("sum inside function", "k"),)
    assert outside.list_choices() == (Choice("sum outside function", "k"),)


def test_a_sum_below_a_line_must_be_written() -> None:
    with pytest.raises(Unreadable, match="k stands alone below a line"):
        state(make_vocabulary(), r"q = \frac{1}{a_k}")


def test_a_step_that_is_not_on_the_left_is_the_last_and_only_in_doubt_summed_over() -> None:
    last, summed = Interpretation(), Interpretation((1,))
    claims = [state(make_vocabulary(), "a_k = h_k^t", one) for one in (last, summed)]
    assert claims[0].right == state(make_vocabulary(), "a_k = h_k^T").right
    assert isinstance(claims[1].right, ex.OverSteps)
    assert (last.doubt, summed.doubt) == (None, Choice("every step", "t"))


def test_sides_of_different_orders_say_which() -> None:
    with pytest.raises(OrdersDiffer, match="the left-hand side has order 1, the right-hand side order 2"):
        state(make_vocabulary(), "a = W")


def test_the_same_question_has_the_same_answer_and_a_settled_one_is_not_asked() -> None:
    question = (None, Choice("product", "h", Place(1, 2)))
    interpretation = Interpretation((1,))
    assert interpretation.choose(*question) == interpretation.choose(*question) == question[1]
    assert list(Interpretation().propose_others()) == []
    settled = Interpretation(settled={question: 1})
    assert settled.choose(*question) == question[1]
    assert settled.asked == {}


def test_other_interpretations_differ_at_one_question_each() -> None:
    interpretation = Interpretation()
    for name in "fgh":
        interpretation.choose(None, Choice("product", name))
    assert sorted(interpretation.propose_others()) == [(0, 0, 1), (0, 1), (1,)]
