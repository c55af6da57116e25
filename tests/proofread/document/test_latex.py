"""Of LaTeX is read what is set."""

import pytest

from bptt.proofread.document import read_document
from bptt.proofread.document._latex import is_latex
from tests.proofread.document.texts import cut, sources


@pytest.mark.parametrize(
    "hidden",
    [
        "text % $$ a = b $$",
        "% \\[ a = b \\]",
        "\\begin{verbatim}\n\\[ a = b \\]\n\\end{verbatim}",
        "\\begin{lstlisting}\n% \\[ a = b \\] \\end{verbatim}\n\\end{lstlisting}",
        "\\verb|$$ a = b $$|",
        "\\iffalse\n$$\na = b\n$$\n\\fi",
        "50\\% of \\$5",
        "$a = b$ and \\(a = b\\)",
    ],
)
@pytest.mark.parametrize("around", ["\\section{{A}}\n{}\n", "\\documentclass{{a}} \\begin{{document}}\n{}\n"])
def test_what_is_not_set_is_not_read(hidden: str, around: str) -> None:
    text = around.format(hidden)
    assert sources(text) == []
    assert sources(f"{text}$$ x = 1 $$") == ["x = 1"]


@pytest.mark.parametrize("display", ["$$ x = 1 $$", "\\[ x = 1 \\]", "\\begin{gather*}\nx = 1 % a = b\n\\end{gather*}"])
def test_a_display_is_found(display: str) -> None:
    assert sources(f"\\section{{A}} words {display} words") == ["x = 1"]


def test_nothing_stands_before_and_behind_the_document() -> None:
    text = (
        "\\newcommand{\\be}{\\begin{equation}}\n\\begin{document}\n\\[ 1 + 1 = 2 \\]\n\\end{document}\n\\[ a = b \\]\n"
    )
    assert sources(text) == ["1 + 1 = 2"]


def test_an_unclosed_display_is_reported_and_holds_what_stands_up_to_the_next_empty_line() -> None:
    found = cut("\\section{A}\n\\[\nx = 1\n\nSo it is.\n\n\\[ a = b \\]")
    assert [(equation.latex, equation.unreadable) for equation in found] == [
        ("x = 1", "the display is not closed"), ("a = b", ""),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("\\documentclass{a}\n# 1", True),
        ("\\begin{document}", True),
        ("\\subsection*{A}", True),
        ("% why\n$$ a = b $$", True),
        ("# Head\n\\section{A}", False),
        ("```\n\\section{A}\n```", False),
        ("words $$ a = b $$", False),
        ("100 % of \\sectional", False),
    ],
)
def test_latex_has_commands_of_its_own_and_no_marks_of_markdown(text: str, found: bool) -> None:
    assert is_latex(text) is found


def test_a_section_ends_a_sentence() -> None:
    document = read_document(
        "\\documentclass{a}\n\n\\section{One}\nLet $x$ be.\n\\subsection*{Two}\n\\paragraph{Three} $y$"
    )
    assert [sentence.words for sentence in document.sentences] == ["a", "Let \ufffc be.", "\ufffc"]
