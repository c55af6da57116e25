"""The formulas of the prose come with the sentence around them, and sentences without one as they are."""

import pytest

from bptt.proofread.document import read_document
from tests.proofread.document.texts import spell_all


def read_sentences(text: str) -> list[tuple[int, str, list[str]]]:
    found = read_document(text).sentences
    return [(sentence.line, sentence.words.replace("\ufffc", "@"), spell_all(sentence.formulas)) for sentence in found]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Let $A$ be **symmetric**.", [(1, "Let @ be symmetric.", ["A"])]),
        (
            "One $a$.\nTwo $b$! No. Three\n$c$?",
            [(1, "One @.", ["a"]), (2, "Two @!", ["b"]), (2, "No.", []), (2, "Three @?", ["c"])],
        ),
        ("where \\(A = A^\\top\\) holds", [(1, "where @ holds", ["A = A^\\top"])]),
        ("e.g. $a$ is 1.5 of $b$", [(1, "e.g. @ is 1.5 of @", ["a", "b"])]),
        ("> a $x$\n\n- b $y$\n", [(1, "a @", ["x"]), (3, "b @", ["y"])]),
        ("so $$a = W b$$\nwhere $W$ is", [(1, "so where @ is", ["W"])]),
        ("At $$t = 1$$ (e.g. $$h = W x$$) $W$ is", [(1, "At @ (e.g. @) @ is", ["t = 1", "h = W x", "W"])]),
        ("as $$x \\rightarrow \\infty$$:", [(1, "as @:", ["x \\rightarrow \\infty"])]),
        ("the state $$h_t$$ here", [(1, "the state @ here", ["h_t"])]),
        ("# On $x$\n", [(1, "On @", ["x"])]),
        (
            "\\newcommand{\\W}{\\mathbf{w}}\n\n$h\\_t$ and $\\W \\label{a}$",
            [(1, "\\newcommand{\\W}{\\mathbf{w}}", []), (3, "@ and @", ["h_t", "\\mathbf{w}"])],
        ),
        (
            "| $a$ | b |\n|---|---|\n| c | $d \\| e$ |",
            [(1, "@", ["a"]), (1, "b", []), (3, "c", []), (3, "@", ["d | e"])],
        ),
        ("<p>of $x$</p>", [(1, "of @", ["x"])]),
        (
            "\\section{A}\nLet \\emph{some} $x$ % $y$\nbe~$z$.\n\nEnd",
            [(2, "Let some @ be @.", ["x", "z"]), (5, "End", [])],
        ),
        ("`$a$` <code>$b$</code> and \\$c\\$ at $5", [(1, "$a$ and $c$ at $5", [])]),
        ("    $code$", []),
    ],
)
def test_a_sentence_is_read(text: str, found: list[tuple[int, str, list[str]]]) -> None:
    assert read_sentences(text) == found


def test_a_formula_stands_where_it_does_in_the_file() -> None:
    _, sentence = read_document("a\n> so $x$ and\r\n> the $y$").sentences
    assert [(formula[0].line, formula[0].column) for formula in sentence.formulas] == [(2, 7), (3, 8)]


@pytest.mark.parametrize("between", ["so that", "- so\n- that", "and $x$ is"])
def test_a_display_that_starts_with_a_relation_goes_on_with_the_one_before(between: str) -> None:
    first, second, third = read_document(
        f"$$a = b$$\n\n{between}\n\n$$= c$$\n\n$$&= d \\quad \\text{{by (1)}}$$"
    ).displays
    assert [(equation.latex, equation.continues) for equation in (*first, *second, *third)] == [
        ("a = b", False), ("a = c", True), ("a = d", True),
    ]  # fmt: skip


@pytest.mark.parametrize("between", ["# Head", "```\ncode\n```", "| a |\n|---|", "$$\na", "$$ a + b $$", "***"])
def test_no_display_goes_on_over_a_heading_code_a_table_or_what_is_not_read(between: str) -> None:
    displays = read_document(f"$$a = b$$\n\n{between}\n\n$$= c$$").displays
    assert displays[-1][0].unreadable == "it starts with a relation and nothing stands on its left"
