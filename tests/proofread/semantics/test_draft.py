"""Glossaries that are drafted from documents: what is inferred, what is not, and that no guess accuses anybody."""

import functools
import tomllib
from pathlib import Path
from typing import Any

import pytest

from bptt.proofread import Finding, Glossary, draft_glossary, proofread, read_glossary
from bptt.proofread import _course as courses
from bptt.proofread.semantics import Vocabulary, build_vocabulary
from tests.proofread.test_derivations import DERIVATIONS, expected

DRAFTS = Path(__file__).parents[2] / "data" / "drafts"

LABELS = {
    "batch.md": "5 definition  7 right  9 right  11 wrong  15 definition  17 right  19 wrong",
    "gru.md": "3 definition  4 definition  5 definition  6 definition  8 right  9 right  10 wrong  11 right",
    "index_sums.md": """
        5 definition  7 definition  9 definition  13 definition  17 right  19 right  21 right  23 wrong  25 right
    """,
    "karpathy.md": "5 definition  7 definition  9 definition  13 definition  17 right  19 right  21 right  23 wrong",
    "layers.md": """
        3 definition  3 definition  7 definition  11 definition  15 right  17 right  19 right  21 right  23 wrong
    """,
    "lecture.tex": "10 definition  14 right  15 right  19 definition  23 unreadable  27 wrong",
    "neuron.md": "3 definition  4 definition  5 definition  6 right  7 right  8 wrong  9 right",
    "time_in_brackets.md": """
        3 definition  5 definition  7 definition  11 definition  15 definition  17 right  19 right  21 right  23 right
        25 wrong
    """,
}  # what a mathematician says of each equation, by its line; A^T A may be singular in 23 of lecture.tex

RECURRENCE = r"$$ h_t = \tanh(W h_{t-1} + U x_t + b) $$"
MANY = "\n\n".join([RECURRENCE, *[r"$$ \frac{\partial h_t}{\partial q} = Q q $$"] * 39])  # of which 39 cannot be read


@functools.cache
def judge(text: str) -> list[Finding]:
    return [finding for display in proofread(text) for finding in display]


def draft(text: str) -> dict[str, Any]:
    return tomllib.loads(draft_glossary(text))


def list_labels(text: str) -> list[tuple[int, str]]:
    return [(finding.line, finding.label) for finding in judge(text)]


every_document = pytest.mark.parametrize("name", LABELS)


@every_document
def test_a_document_without_a_glossary_is_judged_as_a_mathematician_would(name: str) -> None:
    words = LABELS[name].split()
    labels = [(int(line), label) for line, label in zip(words[::2], words[1::2], strict=True)]
    assert list_labels((DRAFTS / name).read_text(encoding="utf-8")) == labels


@pytest.mark.parametrize("name", ["time_below", "row_vectors", "lstm"])
def test_a_draft_does_as_well_as_the_glossary_of_the_author(name: str) -> None:
    assert list_labels((DERIVATIONS / f"{name}.md").read_text(encoding="utf-8")) == expected(name)


@every_document
def test_what_is_printed_is_a_glossary_with_the_same_findings(name: str) -> None:
    text = (DRAFTS / name).read_text(encoding="utf-8")
    given = [finding for display in proofread(text, read_glossary(draft_glossary(text))) for finding in display]
    assert [one.label for one in given] == [one.label for one in judge(text)]
    assert {one.notation for one in given} == {"given"}
    assert all(one.notation.startswith("drafted from the document; the post's judges ") for one in judge(text))


def test_a_letter_with_an_offset_is_a_step() -> None:
    assert draft(RECURRENCE)["time"] == {"place": "subscript", "letters": ["t"], "last": ["T"]}
    assert draft(r"$$ a^{[l]} = \tanh(W^{[l]} a^{[l-1]}) $$")["time"]["place"] == "superscript"
    assert draft(r"$$ s(n) = s(n-1) + x(n) $$")["time"]["letters"] == ["n"]


def test_without_an_offset_there_are_no_steps_and_t_is_one_with_a_doubt() -> None:
    assert draft(r"$$ y_i = \sum_j W_{ij} x_j $$")["time"]["letters"] == []
    assert draft(r"$$ a_j = \sum_{t=1}^{n} W_{jt} x_t $$")["time"]["letters"] == []
    text = r"$$ L = \sum_{t=1}^{T} \| x_t - y_t \|^2 $$"
    assert draft(text)["time"]["letters"] == ["t"]
    assert "# doubt: that t are steps" in draft_glossary(text)


def test_the_other_letters_that_stand_where_steps_do_are_steps() -> None:
    sensitivity = RECURRENCE + r" $$ \frac{\partial h_t}{\partial h_k} = 0 $$"
    assert draft(sensitivity)["time"]["letters"] == ["t", "k"]
    units = RECURRENCE + r" $$ h_{t,k} = \sum_k h_{t,k} $$"
    assert draft(units)["time"]["letters"] == ["t"]


def test_the_last_step_is_the_limit_of_a_sum_or_a_letter_in_its_place() -> None:
    assert draft(RECURRENCE + r" $$ E = \sum_{t=1}^{N} \| h_t \|^2 $$")["time"]["last"] == ["N"]
    assert draft(r"$$ a^{(l)} = \tanh(W^{(l)} a^{(l-1)}) $$ $$ C = \| a^{(L)} - y \|^2 $$")["time"]["last"] == ["L"]
    assert draft(r"$$ a^{(l)} = \tanh(W^{(l)} a^{(l-1)}) $$")["time"]["last"] == []


def test_t_above_a_symbol_is_the_last_step_where_no_matrix_bears_it() -> None:
    steps = r"$$ h_k^t = \tanh(a_k^t + h_k^{t-1}) $$ $$ E = \sum_{t=1}^{T} h_k^t h_k^t $$"
    assert draft(rf"{steps} $$ q = h_k^T h_k^T $$")["time"]["last"] == ["T"]
    assert draft(rf"{steps} $$ d = W^T v $$")["time"]["last"] == []


def test_a_row_has_one_axis() -> None:
    text = r"Let $A \in \mathbb{R}^{m \times n}$ and $c \in \mathbb{R}^{1 \times n}$. $$ S = A + \mathbf{1}_m c $$"
    assert draft(text)["symbols"] == {"A": "m n", "c": "n"}


def test_a_d_before_symbols_alone_is_a_differential() -> None:
    assert "d" not in draft(r"$$ Z = A B $$ $$ dZ = dA\, B + A\, dB $$")["symbols"]
    assert "d" in draft(r"$$ Z = A B $$ $$ y = d Z d $$")["symbols"]


def test_what_the_prose_defines_is_not_declared() -> None:
    text = r"Let $G = A B$ be the product. $$ f = \operatorname{tr}(G^\top G) $$"
    assert draft(text)["symbols"].keys() == {"A", "B"}


def test_a_mean_that_the_prose_defines_by_a_sum_is_no_free_vector() -> None:
    text = r"Let $\bar{x} = \frac{1}{n} \sum_{i=1}^n x_i$. $$ v = \frac{1}{n} \sum_{i=1}^n (x_i - \bar{x})^2 $$"
    assert draft(text)["symbols"] == {"x": "n"}
    right, wrong = (rf"{text} $$ v = \frac{{1}}{{n}} \sum_{{i=1}}^n x_i^2 {sign} \bar{{x}}^2 $$" for sign in "-+")
    assert judge(right)[-1].label == "right"
    assert judge(wrong)[-1].label == "contradicts"


def test_what_indexes_another_symbol_is_no_label() -> None:
    text = r"$$ y_i = \frac{g_i x_i}{r} $$ $$ \frac{\partial y_i}{\partial g_j} = \frac{x_j}{r} $$"
    assert draft(text)["symbols"].keys() == {"r", "x", "g"}
    assert judge(text)[-1].label == "wrong"


def test_an_unknown_loss_is_of_what_all_else_it_is_differentiated_by_is_made_into() -> None:
    text = r"With $C = \partial J / \partial N$, $$ N = F + \tanh(F U) $$ $$ q = N v $$ $$ r = F w $$ "
    slope = r"(C \odot (1 - \tanh^2(F U))) U^\top"
    right, wrong = (rf"$$ \frac{{\partial J}}{{\partial F}} = C {sign} {slope} $$" for sign in "+-")
    assert judge(text + right)[-1].label == "right"
    assert judge(text + wrong)[-1].label == "wrong"


def test_a_script_that_is_a_symbol_elsewhere_belongs_to_the_name() -> None:
    gates = r"$$ f_t = \tanh(W_f x_t + U_f h_{t-1}) $$ $$ h_t = f_t \odot x_t $$"
    assert {"W_{f}", "U_{f}"} <= set(draft(gates)["symbols"])
    summed = r"$$ y_i = \sum_{f=1}^{n} W_{if} x_f $$ $$ z = \sum_{f=1}^{n} x_f f $$"  # bound by a Σ, it is an index
    assert draft(summed)["symbols"]["W"] == "range_2 n"


def test_the_prose_says_how_many_axes_a_symbol_has_and_their_sizes() -> None:
    text = r"Let $A, B \in \mathbb{R}^{m \times n}$ and $v \in \R^n$. $$ r = A v $$ $$ s = B v $$"
    assert draft(text)["symbols"] == {"A": "m n", "v": "n", "B": "m n"}
    assert "axes are guessed" not in draft_glossary(text)


def test_where_nothing_says_so_the_axes_are_a_guess_with_a_doubt() -> None:
    text = "$$ r = A v + b $$"
    assert draft(text)["symbols"] == {"A": "range_1 range_2", "v": "range_2", "b": "range_1"}
    assert draft(text)["sizes"] == {"range_1": "N_{1}", "range_2": "N_{2}"}
    assert draft_glossary(text).count("# doubt: its axes are guessed") == 3


def test_two_sizes_that_the_prose_tells_apart_stay_apart() -> None:
    start = r"Let $A \in \mathbb{R}^{m \times n}$ and $v \in \mathbb{R}^n$. $$ f = \| A v \|^2 $$"
    right, wrong = (rf"{start} $$ \frac{{\partial f}}{{\partial v}} = 2 {slope} v $$" for slope in (r"A^\top A", "A A"))
    assert [finding.label for finding in judge(right)] == ["definition", "right"]
    assert [finding.label for finding in judge(wrong)] == ["definition", "wrong"]


def test_a_size_of_which_nothing_is_known_is_no_reason_to_accuse() -> None:
    text = r"$$ f = u^\top A v $$ $$ g = v^\top B u $$ $$ \frac{\partial f}{\partial u} = A v $$ $$ C = A + B $$"
    assert not any(finding.is_finding for finding in judge(text))


def test_vectors_stand_as_most_equations_have_them() -> None:
    assert draft("$$ a_t = x_t W + h_{t-1} U + b $$")["notation"]["vectors"] == "rows"
    assert draft("$$ a_t = W x_t + U h_{t-1} + b $$")["notation"]["vectors"] == "columns"
    assert draft(r"$$ a_t = x_t \odot h_{t-1} $$")["notation"]["vectors"] == "columns"  # it does not know


def test_what_the_document_defines_is_declared_only_where_a_recurrence_needs_it() -> None:
    assert set(draft("$$ r = A v $$ $$ s = B r $$")["symbols"]) == {"A", "v", "B"}
    mutual = r"$$ a_t = W h_{t-1} + x_t $$ $$ h_t = \tanh(a_t) $$"
    assert set(draft(mutual)["symbols"]) == {"W", "h", "x"}


def test_a_loss_that_is_defined_nowhere_is_left_out() -> None:
    text = r"$$ y = W x $$ $$ \frac{\partial L}{\partial x} = W^\top \frac{\partial L}{\partial y} $$"
    assert "L" not in draft(text)["symbols"]
    assert [finding.label for finding in judge(text)] == ["definition", "right"]


def test_a_covariance_is_symmetric() -> None:
    text = r"$$ q = x^\top P x $$ $$ \frac{\partial q}{\partial x} = 2 P x $$"
    assert draft(f"The covariance $P$ is known. {text}")["symbols"]["P"] == {
        "axes": "range_1 range_1",
        "symmetric": True,
    }
    assert draft(text)["symbols"]["P"] == "range_1 range_1"


def test_what_the_document_may_state_in_words_that_are_not_read_is_no_reason_to_accuse() -> None:
    equations = r"$$ q = x^\top P x $$ $$ \frac{\partial q}{\partial x} = 2 P x $$"
    assert judge(equations)[1].label == "wrong"
    finding = judge(f"All the matrices here are symmetric.\n\n{equations}")[1]
    assert finding.label == "unreadable"
    assert "symmetric; what its symbols are is guessed" in finding.note


@pytest.mark.parametrize("equation", [r"u \times u = 0", r"z + z^\top = 2 z"])
def test_a_choice_against_habit_accuses_nobody_and_confirms_nothing(equation: str) -> None:
    assert [finding.label for finding in judge(f"$$ {equation} $$")] == ["unreadable"]


def test_a_letter_that_may_be_a_size_accuses_nobody() -> None:
    mean = r"$$ m = \frac{1}{N} \sum_i x_i $$ $$ \mu_i = x_i - m $$"
    slope = r"$$ \frac{\partial \mu_i}{\partial x_j} = \delta_{ij} - \frac{1}{N} $$"
    assert not any(finding.is_finding for finding in judge(f"{mean} {slope} $$ s = \\sum_i \\mu_i $$ $$ s = 0 $$"))


def test_the_notation_of_the_post_is_taken_where_it_judges_as_much() -> None:
    text = r"$$ \frac{\partial L_i}{\partial V_{ij}} = (\tilde y_i - y_i) h_j^T $$"
    assert [(finding.label, finding.notation) for finding in judge(text)] == [("right", "the post's")]


def test_the_notation_of_the_post_accuses_no_document_of_another_notation() -> None:
    (finding,) = judge("$$ y = W x $$")
    assert (finding.label, finding.notation[:25]) == ("definition", "drafted from the document")


def test_drafting_does_not_take_longer_the_less_it_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Glossary] = []

    def build(glossary: Glossary) -> Vocabulary:
        made.append(glossary)
        return build_vocabulary(glossary)

    monkeypatch.setattr(courses, "build_vocabulary", build)
    draft_glossary(MANY)
    assert 1 < len(made) <= 26  # choices of 40 equations, and the last one once more


@pytest.mark.parametrize(
    "text", ["", "no mathematics", "$$ \\frac{ $$", "$$ = $$", r"$$ x_{n_{max}}^{a,b} = y $$", MANY]
)
def test_the_draft_of_any_document_is_a_glossary(text: str) -> None:
    glossary = draft_glossary(text)
    read_glossary(glossary)
    assert list(map(len, proofread(text, glossary))) == list(map(len, proofread(text)))


def test_a_draft_is_the_same_each_time() -> None:
    text = (DRAFTS / "gru.md").read_text(encoding="utf-8")
    assert draft_glossary(text) == draft_glossary(text)


def test_a_document_beyond_the_limits_is_refused() -> None:
    with pytest.raises(ValueError, match="a document may have 1,000,000 characters"):
        draft_glossary("x" * 1_000_001)


def test_what_the_document_makes_a_number_for_each_letter_is_not_declared() -> None:
    given = r"Let $x_1, \dots, x_n \in \mathbb{R}^d$, $y \in \mathbb{R}^n$, $w \in \mathbb{R}^d$."
    loss = r"$$ L = \sum_{i=1}^n (w^\top x_i - y_i)^2 $$ $$ \nabla_w L = 2 X^\top (X w - y) $$"
    assert r"X_{i j}" not in draft(rf"{given} $$ X_{{ij}} = (2 x_i)_j $$ {loss}")["symbols"]


def test_a_symbol_that_bears_two_steps_costs_no_document_its_draft() -> None:
    found = judge(r"$$ h_t = h_{t-1} + x_t $$ $$ S = \sum_{t=2}^n m_{t-1,t} $$")
    assert [finding.label for finding in found] == ["definition", "definition"]
