"""Displays are found in Markdown and LaTeX, and a broken one leaves the others alone."""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bptt.proofread.document._displays import UNCLOSED, find_displays
from bptt.proofread.document._equations import extract_equations
from bptt.proofread.document._macros import collect_macros
from tests.proofread.document.texts import anything, cut, fragments


def sources(text: str) -> list[str]:
    return [" ".join(display.source.split()) for display in find_displays(text)]


@pytest.mark.parametrize(
    "text",
    [
        "$$\nx = 1\n$$",
        "$$ x = 1 $$",
        "  $$x = 1$$.",
        "so $$h_t$$ and\n\n$$ x = 1 $$ {#eq:one}",
        "> $$\n> x = 1\n> $$",
        "- $$\n  x = 1\n  $$",
        "1. $$ x = 1 $$",
        "as follows: $$\nx = 1\n$$",
        "$$\nx = 1\n$$ where x is one",
        "\\[ x = 1 \\]",
        "we have \\[ x = 1 \\] there",
        "\\[\nx = 1\n\\]",
        "\\\\[\nx = 1\n\\\\]",
        "\\\\[ x = 1 \\\\]",
        "```math\nx = 1\n```",
        "~~~math\nx = 1\n~~~",
        "\ufeff$$ x = 1 $$",
        "---\ntitle: $$\n---\n$$ x = 1 $$",
        "```\n$$ a $$\n```\n$$ x = 1 $$",
        "~~~~latex\n~~~\n\\[ a \\]\n~~~~\n$$ x = 1 $$",
        "`$$ a $$` and `` ` $$ a $$``\n\n$$ x = 1 $$",
        "\\begin{verbatim}\n\\[ a \\]\n\\end{verbatim}\n$$ x = 1 $$",
        "\\begin{lstlisting}\n\\[ a \\]\n\\end{lstlisting}\n$$ x = 1 $$",
        "<!--\n$$ a $$\n-->\n$$ x = 1 $$",
        "% $$\n$$ x = 1 $$",
        "costs \\$$5 and $5\n\n$$ x = 1 $$",
        "$$h_t$$ is the state\n\n$$ x = 1 $$",
        "the product $$a\nb$$ of both\n\n$$ x = 1 $$",
        "the footnote \\[1\\]\n\n$$ x = 1 $$",
        "\\\\[2pt] of a table\n\n$$ x = 1 $$",
        "```python\nnever closed\n\n$$ x = 1 $$",
        "a `tick\n\n$$ x = 1 $$",
        "<!-- never closed\n\n$$ x = 1 $$",
    ],
)
def test_only_displays_are_read(text: str) -> None:
    assert sources(text) == ["x = 1"]
    assert [equation.latex for equation in cut(text)] == ["x = 1"]


@pytest.mark.parametrize("star", ["", "*"])
@pytest.mark.parametrize(
    "name",
    ["align", "equation", "eqnarray", "gather", "multline", "displaymath", "alignat", "flalign"]
    + ["aligned", "split", "gathered"],
)
def test_a_bare_environment_is_a_display(name: str, star: str) -> None:
    argument = "{2}" if name == "alignat" else ""
    text = f"Then\n\\begin{{{name}{star}}}{argument}\n a &= b \\\\\n &= c.\n\\end{{{name}{star}}}\nholds."
    assert [(equation.latex, equation.line) for equation in cut(text)] == [("a = b", 3), ("a = c", 4)]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_are_counted_whatever_ends_them(end: str) -> None:
    text = end.join(["first\u2028\x85\x0b\x0cline", "", "$$", "a", "=", "b", "$$"])
    assert [(display.line, display.column) for display in find_displays(text)] == [(3, 3)]
    assert [(equation.line, equation.column) for equation in cut(text)] == [(6, 1)]


def test_empty_lines_may_stand_in_a_display() -> None:
    assert sources("$$\na = b \\\\\n\nc = d\n$$") == ["a = b \\\\ c = d"]


GOOD = ("$$\na = b\n$$\n", "\\[\nc &= d \\\\\n&= e\n\\]\n", "$$ f = g $$\n", "\\begin{align}\nf &= g\n\\end{align}\n")


BROKEN = (
    "$$\nx = 1\n",
    "$$\nx = 1\nThis line has several words\n",
    "$$\nx = 1\n\nand\n",
    "$$\nx = 1\n\n# Heading\n",
    "$$\nx = 1\n```\ncode\n```\n",
    "$$\n",
    "\\[\nx = 1\n",
    "\\begin{align}\nx &= 1\n",
    "\\begin{aligned}\nx &= 1\n",
    "```math\nx = 1\n",
    "$$\nx = \\frac{1}{\n$$\n",
    "$$\n\\begin{aligned} x &= (1 \\\\\n$$\n",
    "$$\n= \\right) } \\end{align}\n$$\n",
    "$$\n\\x{\\x\n$$\n",
    "\\[ \\text{ \\label{ \\]\n",
)


HIDING = re.compile(r"[`~]|<!--|\\(?:def|newcommand|Declare)|verbatim|align|\\+\[|\$\$")


def display_of(content: str) -> str:
    """A display of some content, without what hides or opens other displays by right."""
    return f"$$\n{HIDING.sub('', content)}\n$$\n"


@given(st.sampled_from(GOOD), st.sampled_from(GOOD), st.sampled_from(BROKEN) | fragments.map(display_of))
@example(GOOD[0], GOOD[0], "a stray $ and $$ in prose\n")
def test_a_broken_display_between_two_good_ones_leaves_them_alone(before: str, after: str, broken: str) -> None:
    found = [equation.latex for equation in cut(f"{before}\n{broken}\n{after}\nThese are the words after it.\n")]
    first, last = ([equation.latex for equation in cut(text)] for text in (before, after))
    assert found[: len(first)] == first
    assert found[-len(last) :] == last


@pytest.mark.parametrize("broken", BROKEN[:10])
def test_an_unclosed_display_is_reported(broken: str) -> None:
    found = cut(f"{broken}\nThese are the words after it.\n\n$$ a = b $$\n")
    assert [equation.unreadable for equation in found] == [UNCLOSED, ""]


def test_an_unclosed_display_holds_the_lines_up_to_the_next_empty_one() -> None:
    first, second = find_displays("$$\nx = 1\ny = 2\n\n$$\nz = 3\n$$\n")
    assert (first.source, first.unreadable) == ("\nx = 1\ny = 2\n", UNCLOSED)
    assert (second.source, second.line, second.unreadable) == ("\nz = 3\n", 5, "")


@settings(max_examples=300)
@given(anything)
def test_any_text_is_read(text: str) -> None:
    found = find_displays(text)
    assert [display.number for display in found] == list(range(1, len(found) + 1))
    assert all(extract_equations(display, collect_macros(text)) for display in found)


def test_a_display_stands_at_the_line_and_column_where_its_content_starts() -> None:
    text = "# head\n\n  $$ a = b $$\n\n\\[\nc = d\n\\]\n\n```math\ne = f\n```\n\\begin{align}\ng &= h\n\\end{align}"
    found = [(display.number, display.line, display.column) for display in find_displays(text)]
    assert found == [(1, 3, 5), (2, 5, 3), (3, 10, 1), (4, 12, 1)]


def test_blanks_stand_for_the_marks_of_a_quote_so_that_columns_are_those_of_the_file() -> None:
    (display,) = find_displays("> $$\n> a\n> = b\n> $$")
    assert display.source == "\n  a\n  = b\n  "
    (equation,) = cut("> $$\n> a\n> = b\n> $$")
    assert (equation.latex, equation.line, equation.column) == ("a = b", 3, 5)


def test_inline_mathematics_over_two_lines_is_no_display() -> None:
    assert sources("$$a\n+ b$$ is the sum of two\n\n$$ c = d $$") == ["c = d"]
