"""What is stated beside an equation, or in the prose, and what only looks like it."""

import pytest

from bptt.proofread._expressions import Property
from bptt.proofread.document import FORMULA, read_document
from bptt.proofread.semantics import Conditions, Vocabulary, find_properties, read_conditions
from bptt.proofread.syntax import Unreadable
from tests.proofread.semantics.reading import make_vocabulary


def read(condition: str, vocabulary: Vocabulary | None = None) -> Conditions:
    """Read what stands beside an equation."""
    ((equation,),) = read_document(f"$$\na_i = b_i {condition}\n$$").displays
    return read_conditions(vocabulary or make_vocabulary(), [remark.tokens for remark in equation.remarks])


def list_said(prose: str) -> list[tuple[str, Property]]:
    vocabulary = make_vocabulary()
    return [
        (one.quantity.name, one.property)
        for sentence in read_document(prose).sentences
        for one in find_properties(vocabulary, sentence.words, sentence.formulas)
    ]


@pytest.mark.parametrize(
    ("condition", "sign"),
    [
        (r", \quad i = j", "="),
        (r"\quad \text{for } i \neq j", r"\neq"),
        (r"\quad \text{if } i = 1", "="),
        (r", \quad t < T", "<"),
        (r"\quad (i \ne j)", r"\neq"),
        (r", \quad i = 2, \ldots, n", r"\ge"),
        (r", \quad t = 1, \ldots, T - 1", r"\le"),
    ],
)
def test_a_relation_between_indices_or_steps_restricts_an_equation(condition: str, sign: str) -> None:
    (relation,) = read(condition).where
    assert relation.sign == sign


@pytest.mark.parametrize(
    "condition",
    [
        r"\quad \text{for all } i",
        r", \quad i = 1, \ldots, n",
        r"\quad \text{for } i = 1, 2, \dots, n",
        r", \quad t \ge 1",
        r"\quad \forall i",
        r", \quad t \le T",
    ],
)
def test_what_an_index_or_a_step_runs_over_says_nothing_new(condition: str) -> None:
    assert read(condition) == Conditions()


@pytest.mark.parametrize(
    ("condition", "name", "what"),
    [
        (r"\quad \text{for symmetric } W", "W", "symmetric"),
        (r"\quad \text{since } W = W^\top", "W", "symmetric"),
        (r"\quad \text{as } W \text{ is orthogonal}", "W", "orthogonal"),
        (r"\quad \text{since } W^\top W = I", "W", "orthogonal"),
        (r"\quad \text{since } \|a\| = 1", "a", "unit"),
        (r"\quad \text{since } \sum_i a_i = 1", "a", "normalised"),
        (r"\quad \text{since } \sum_i a_i^2 = 1", "a", "unit"),
        (r", \quad c > 0", "c", "positive"),
    ],
)
def test_a_property_holds_for_the_equation_beside_which_it_is_stated(condition: str, name: str, what: str) -> None:
    (stated,) = read(condition).properties
    assert (stated.quantity.name, stated.property) == (name, what)


@pytest.mark.parametrize(
    "condition",
    [
        r"\quad \text{if } c = q",
        r"\quad \text{since } \sum_i W_{ij} = 1",
        r"\quad \text{as } W \text{ is an involution}",
        r"\quad \text{unless told otherwise}",
    ],
)
def test_a_condition_that_is_not_read_is_never_dropped(condition: str) -> None:
    with pytest.raises(Unreadable, match="it is stated under a condition that is not read"):
        read(condition)


@pytest.mark.parametrize(
    ("prose", "said"),
    [
        ("The target $a$ is one-hot.", ("a", "one-hot")),
        ("We write $a$ for the one-hot target.", ("a", "one-hot")),
        ("The entries of $a$ sum to one.", ("a", "normalised")),
        ("Let $a$ be a probability vector.", ("a", "normalised")),
        ("Let $W$ be symmetric.", ("W", "symmetric")),
        ("For a symmetric matrix $W$, we have", ("W", "symmetric")),
        ("With $W$ symmetric, we have", ("W", "symmetric")),
        ("Let $W$ be a real, symmetric matrix, and $U$ any.", ("W", "symmetric")),
        ("The matrix $W$ is orthogonal.", ("W", "orthogonal")),
        ("a positive constant $c$", ("c", "positive")),
        ("Let $a$ be a unit vector.", ("a", "unit")),
    ],
)
def test_a_sentence_says_a_property_of_a_symbol(prose: str, said: tuple[str, Property]) -> None:
    assert list_said(prose) == [said]


def test_a_property_may_be_said_of_two() -> None:
    assert list_said("$c$ and $q$ are positive.") == [("c", "positive"), ("q", "positive")]
    assert list_said("For $c$, $q$ is positive.") == [("q", "positive")]


@pytest.mark.parametrize(
    "prose",
    [
        "The matrix $W$ is not symmetric.",
        "$W$ isn't symmetric.",
        "a non-symmetric $W$",
        "an asymmetric matrix $W$",
        "$W$ is skew-symmetric, and $W$ is block-symmetric.",
        "a skew symmetric matrix $W$",
        "The matrix $W$ need not be symmetric.",
        "We never assume that $W$ is symmetric.",
        "It is not true that $W$ is symmetric.",
        "The matrix $W$ is rarely symmetric.",
        "$W$ fails to be symmetric.",
        "Is $W$ symmetric?",
        "If $W$ were symmetric, we would save half of the work.",
        "$W$ is symmetric only if the network is.",
        "The symmetric part of $W$ is small.",
        "$U$ is symmetric, but $W$ is not.",
        "Let $U$ be symmetric and $W$ arbitrary.",
        "$c$ is positive or negative.",
        "$c$ is the number of positive examples.",
        "$c$ is non-positive.",
        "$W$ is positive definite.",
        "It sums to one, whatever $a$ is.",
        "$U$ is orthogonal.",  # it is not square
        "$h$ is one-hot at every step, or so it seems; $a$ is long.",
    ],
)
def test_what_only_looks_like_it_says_nothing_of_a_symbol(prose: str) -> None:
    assert [said for said in list_said(prose) if said[0] != "h"] == []


def test_a_formula_of_the_prose_is_one_character() -> None:
    (sentence,) = read_document("Let $W$ be symmetric.").sentences
    assert FORMULA in sentence.words
    assert len(sentence.formulas) == sentence.words.count(FORMULA) == 1
