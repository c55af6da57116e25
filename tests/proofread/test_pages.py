"""Pages without a glossary: what the words of a page say bears on its equations."""

import pytest

from bptt.proofread import FINDINGS, Finding, draft_glossary, proofread
from tests.proofread.pages import PAGES, Page


def judge(page: Page, equation: str) -> Finding:
    """Judge an equation behind a page, which itself accuses nobody."""
    *before, finding = (one for display in proofread(f"{page.text}\n\n$$ {equation} $$\n") for one in display)
    assert not [one for one in before if one.is_finding]
    return finding


def list_equations(kind: str) -> list[object]:
    """List the equations of one kind with their pages."""
    found = ((name, page, one) for name, page in PAGES.items() for one in getattr(page, kind))
    return [pytest.param(page, one, id=f"{name}: {one}") for name, page, one in found]


@pytest.mark.parametrize(("page", "equation"), list_equations("true"))
def test_a_true_equation_is_right(page: Page, equation: str) -> None:
    assert judge(page, equation).label == "right"


@pytest.mark.parametrize(("page", "equation"), list_equations("false"))
def test_a_false_equation_is_found(page: Page, equation: str) -> None:
    assert judge(page, equation).label in FINDINGS


@pytest.mark.parametrize(("page", "equation"), list_equations("unsure"))
def test_what_rests_on_words_that_are_not_read_is_not_judged(page: Page, equation: str) -> None:
    assert judge(page, equation).label in ("unreadable", "definition")


@pytest.mark.parametrize(
    ("text", "axes"),
    [
        (r"Let $M$ be an invertible $n \times k$ matrix.", "n k"),
        (r"The $n \times k$ weight matrix $M$ is given.", "n k"),
        (r"Here $M$ has shape $(n, k)$.", "n k"),
        (r"$M$ is of size $n \times k$.", "n k"),
        (r"$M$ and $S$ are $n \times k$ matrices.", "n k"),
        (r"Let $q$ be a vector and $M$ an $n \times k$ matrix.", "n k"),
        (r"$M$ is an $n$-dimensional column vector.", "n"),
        (r"The $n$-vector $M$ is given.", "n"),
        (r"$M$ is $n \times 1$.", "n"),
        (r"$M$ is a scalar.", ""),
        (r"$M$ is a real number.", ""),
        (r"For a scalar weight $M$ we have", ""),
        (r"$M \in [0, 1]^n$", "n"),
        (r"$M \in \{-1, 1\}$", ""),
        (r"$M$ is the number of classes.", None),
        (r"$M$ is $2 \times$ larger than $q$.", None),
        (r"Scalar multiples of $M$ are left out.", None),
    ],
)
def test_a_shape_may_be_stated_in_words(text: str, axes: str | None) -> None:
    guessed = "" if axes is not None else "  # doubt: its axes are guessed"
    drafted = draft_glossary(f"{text}\n\n$$ f = \\|M\\|^2 $$\n")
    (line,) = (one for one in drafted.splitlines() if one.startswith("M = "))
    assert line == f'M = "{axes}"{guessed}' if axes is not None else line.endswith(guessed)


OF_THE_POST = r"\frac{\partial L}{\partial V_{ij}} = (\tilde{y}_i - y_i) h_j^T"
CELL = r"h_t = \tanh(W h_{t-1} + U x_t)"


def test_the_notation_of_the_post_is_not_tried_where_steps_stand_below() -> None:
    *_, finding = (one for display in proofread(f"$$ {CELL} $$\n\n$$ {OF_THE_POST} + y_i $$") for one in display)
    assert finding.label == "unreadable"
    assert finding.notation.startswith("drafted")


def test_what_the_notation_of_the_post_accuses_must_be_wrong_in_that_of_the_document_too() -> None:
    determinant = r"\frac{\partial \det(\mathbf{X})}{\partial \mathbf{X}} = \det(\mathbf{X}) \mathbf{X}^{-T}"
    findings = [one for display in proofread(f"$$ {OF_THE_POST} $$\n\n$$ {determinant} $$") for one in display]
    assert [one.label for one in findings] == ["right", "right"]
    assert [one.notation[:7] for one in findings] == ["the pos", "drafted"]
