"""What an equation claims: its free letters, the sums that nobody writes, and one answer to each question."""

from typing import Any

import pytest

from bptt.proofread import _expressions as ex
from bptt.proofread._expressions import Entry, Expression
from bptt.proofread._traversal import find_free_indices, get_letter, walk
from bptt.proofread.semantics import Choice, Interpretation, OrdersDiffer
from bptt.proofread.syntax import Place, Unreadable
from tests.proofread.semantics.reading import collect, make_vocabulary, state


def list_sums(expression: Expression) -> list[Any]:
    return [node for node in walk(expression) if isinstance(node, ex.Total)]


def list_dangling(equation: str) -> list[str]:
    claim = state(make_vocabulary(), equation)
    return sorted(get_letter(index) for index in set(find_free_indices(claim.right)) - set(claim.free))


def test_an_index_that_is_not_on_the_left_is_summed_in_each_term_on_its_own() -> None:
    claim = state(make_vocabulary(), "q = a_k b_k + c a_l b_l")
    assert isinstance(claim.right, ex.Plus)
    assert [len(list_sums(term)) for term in claim.right.terms] == [1, 1]
    assert find_free_indices(claim.right) == []


def test_an_index_on_the_left_is_free_on_the_right() -> None:
    claim = state(make_vocabulary(), "a_k = W_{kl} b_l")
    assert claim.free == ("k",)
    assert set(find_free_indices(claim.right)) == {"k"}
    assert claim.ranges["k"] == ("hidden",)


@pytest.mark.parametrize(
    ("equation", "dangling"),
    [
        ("q = a_k", ["k"]),
        ("q = a_k b_l b_l", ["k"]),
        ("a_k = W_{kl}", ["l"]),
        (r"q = \exp(a_k)", ["k"]),
        (r"q = \frac{1}{a_k}", ["k"]),
        ("q = a_k b_k", []),
        ("q = a_k^2", []),
        ("q = W_{kk}", []),
        (r"q = \sum_k a_k", []),
        (r"a_k = W_{kl} a_l + b_k", []),
    ],
)
def test_an_index_that_stands_once_is_not_summed(equation: str, dangling: list[str]) -> None:
    assert list_dangling(equation) == dangling


def test_a_sum_that_was_dropped_is_a_slip() -> None:
    summed = Interpretation((1,))
    assert list_sums(state(make_vocabulary(), "q = a_k", summed).right)
    assert summed.slip == Choice("indices summed", "k")
    assert Interpretation().slip is None


def test_a_step_that_is_not_on_the_left_is_the_last_and_only_by_a_slip_summed_over() -> None:
    last, summed = Interpretation(), Interpretation((1,))
    claims = [state(make_vocabulary(), "a_k = h_k^t", one) for one in (last, summed)]
    assert claims[0].right == state(make_vocabulary(), "a_k = h_k^T").right
    assert isinstance(claims[1].right, ex.OverSteps)
    assert (last.slip, summed.slip) == (None, Choice("every step", "t"))


def test_a_symbol_without_its_step_is_meant_at_the_step_of_the_left() -> None:
    claims = [state(make_vocabulary(), f"h_k^t = {right}") for right in ("h_k + a_k", "h_k^t + a_k", "h_k^T + a_k")]
    assert claims[0].right == claims[1].right != claims[2].right


def test_sides_of_different_orders_say_which() -> None:
    with pytest.raises(OrdersDiffer, match="the left-hand side has order 1, the right-hand side order 2"):
        state(make_vocabulary(), "a = W")


def test_the_letters_of_what_is_numbered_are_free() -> None:
    vocabulary = make_vocabulary()
    collect(vocabulary, "J = a_o b_v")
    claim = state(vocabulary, r"\frac{\partial J}{\partial a_o} = b_v")
    assert {get_letter(index) for index in claim.free} == {"o", "v"}
    assert len(claim.free) == 2


def test_a_differential_is_the_sum_of_the_derivatives_by_what_varies_times_its_change() -> None:
    vocabulary = make_vocabulary()
    collect(vocabulary, "z_k = W_{kl} a_l")
    claim = state(vocabulary, "dz = dW a + W da")
    changes = {node.quantity.name for node in walk(claim.right) if isinstance(node, Entry)}
    assert changes == {"d W", "d a", "W", "a"}
    by = {node.by.quantity.name for node in walk(claim.left) if isinstance(node, ex.Partial)}
    assert by == {"W", "a"}
    assert {
        node.by.quantity.name for node in walk(state(vocabulary, "dz = W da").left) if isinstance(node, ex.Partial)
    } == {"a"}


def test_what_has_steps_has_no_differential() -> None:
    with pytest.raises(Unreadable, match="the differential of what has steps is not read"):
        state(make_vocabulary(), "dh^t = W dh^{t-1}")


def test_a_derivative_by_what_is_beside_the_way_is_unreadable() -> None:
    vocabulary = make_vocabulary()
    collect(vocabulary, "z = a_k b_k", "v = a_k a_k")
    with pytest.raises(Unreadable, match="the numerator is not defined by way of v"):
        state(vocabulary, r"\frac{\partial z}{\partial v} = 0")
    assert state(vocabulary, r"\frac{\partial z}{\partial a_k} = b_k").free == ("k",)


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


def test_what_no_reader_takes_is_odd_and_what_readers_take_in_two_ways_is_ambiguous() -> None:
    interpretation = Interpretation()
    interpretation.remark("operator takes less")
    interpretation.remark("slash takes one")
    interpretation.remark("denominators as rows")
    assert interpretation.odd == Choice("operator takes less")
    assert interpretation.ambiguous == (Choice("slash takes one"),)
