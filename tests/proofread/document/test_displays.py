"""Displays are found where a renderer of Markdown shows them, and a broken one leaves the others alone."""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bptt.proofread.document import read_document
from bptt.proofread.document._passages import UNCLOSED
from tests.proofread.document.texts import anything, cut, fragments, sources


@pytest.mark.parametrize(
    "text",
    [
        "$$\nx = 2 y\n$$",
        "$$ x = 2 y $$",
        "  $$x = 2 y$$.",
        "so $$h_t$$ and\n\n$$ x = 2 y $$ {#eq:one}",
        "$$ x = 2 y $$ (one)",
        "> $$\n> x = 2 y\n> $$",
        "> $$ x = 2 y $$",
        "- $$\n  x = 2 y\n  $$",
        "- first\n\n  $$\n  x = 2 y\n  $$",
        "1. $$ x = 2 y $$",
        "1. first\n2. second $$x = 2 y$$",
        "| a | b |\n|---|---|\n| $$x = 2 y$$ | y |",
        "| $$x = 2 y$$ | b |\n|---|---|",
        "<p>$$x = 2 y$$</p>",
        "<div>\n$$\nx = 2 y\n$$\n</div>",
        "as follows: $$\nx = 2 y\n$$",
        "as follows\n$$\nx = 2 y\n$$\nand so on",
        "$$\nx = 2 y\n$$ where x is one",
        "\\[ x = 2 y \\]",
        "we have \\[ x = 2 y \\] there",
        "\\[\nx = 2 y\n\\]",
        "\\\\[\nx = 2 y\n\\\\]",
        "\\\\[ x = 2 y \\\\]",
        "```math\nx = 2 y\n```",
        "~~~math\nx = 2 y\n~~~",
        "```{math}\n:label: one\nx = 2 y\n```",
        "``` {math}\n:label: one\n:nowrap:\n\nx = 2 y\n```",
        ".. math::\n\n   x = 2 y\n\nwords",
        ".. math:: x = 2 y\n",
        ".. math::\n   :label: one\n\n   x = 2 y",
        "we have \\begin{equation} x = 2 y \\end{equation} there",
        "words\n\\begin{equation}\nx = 2 y\n\\end{equation}\nwords",
        "\ufeff$$ x = 2 y $$",
    ],
)
def test_a_display_is_found_where_it_is_shown(text: str) -> None:
    assert sources(text) == ["x = 2 y"]


@pytest.mark.parametrize(
    "hidden",
    [
        "---\ntitle: $$\n---",
        "```\n$$ a = b $$\n```",
        "```latex\n$$\na = b\n$$\n```",
        "~~~~latex\n~~~\n\\[ a = b \\]\n~~~~",
        "```{code}\n$$ a = b $$\n```",
        "    $$ a = b $$",
        "\t$$\n\ta = b\n\t$$",
        "`$$ a = b $$` and `` ` $$ a = b $$``",
        "<!--\n$$ a = b $$\n-->",
        "so <!-- $$ a = b $$ --> it is",
        "<pre>\n$$ a = b $$\n\n$$ a = b $$\n</pre>",
        "<code>\n$$\na = b\n$$\n</code>",
        "see <code>$$ a = b $$</code>",
        "<script>\n$$ a = b $$\n</script>",
        "costs \\$$5 and $5",
        "$$h_t$$ is the state",
        "the product $$a\nb$$ of both",
        "$$a\n+ b$$ is the sum of two",
        "the footnote \\[1\\]",
        "\\[1\\] is a footnote",
        "\\\\[2pt] of a table",
        "a `tick",
        ".. note::\n\n   $ a",
        "a stray $ and $$ in prose",
    ],
)
def test_what_is_not_shown_as_a_display_is_none(hidden: str) -> None:
    assert sources(hidden) == []
    assert sources(f"{hidden}\n\n$$ x = 2 y $$") == ["x = 2 y"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("At $$t = 1$$, from there", []),
        ("at $$t < T$$", []),
        ("the state $$h_t$$", []),
        ("at $$t=1$$ we have $$h = W x$$ again", []),
        ("at $$t=1$$ we have $$h = W x$$.\nThen", ["h = W x"]),
        ("a sine function: $$\\sin(x) = y$$. Although it is", []),
        ("computed at step $$t = D_x$$:", []),
        ("for $$t=2$$", []),
        ("(e.g. $$\\vec h^{0} = \\vec{0}$$)", []),
        ("as $$x \\rightarrow \\infty$$ and $$x \\rightarrow -\\infty$$", []),
        ("so $$a =$$", ["a ="]),
        ("as follows: $$\nt = 1\n$$", ["t = 1"]),
        ("| $$t = 1$$ |\n|---|", ["t = 1"]),
    ],
)
def test_in_prose_an_equation_is_a_display_if_it_ends_its_line(text: str, found: list[str]) -> None:
    assert sources(text) == found


@pytest.mark.parametrize("opening", ["```python\n", "<!-- ", "<pre>\n"])
def test_what_a_renderer_never_closes_hides_the_rest(opening: str) -> None:
    assert sources(f"{opening}words\n\n$$ x = 1 $$") == []


@pytest.mark.parametrize("star", ["", "*"])
@pytest.mark.parametrize(
    "name",
    [
        "align",
        "equation",
        "eqnarray",
        "gather",
        "multline",
        "displaymath",
        "alignat",
        "flalign",
        "IEEEeqnarray",
        "dmath",
    ]
    + ["aligned", "split", "gathered"],
)
def test_a_bare_environment_is_a_display(name: str, star: str) -> None:
    argument = {"alignat": "{2}", "IEEEeqnarray": "{rCl}"}.get(name, "")
    text = f"Then\n\\begin{{{name}{star}}}{argument}\n a &= b \\\\\n &= c.\n\\end{{{name}{star}}}\nholds."
    assert [(equation.latex, equation.line) for equation in cut(text)] == [("a = b", 3), ("a = c", 4)]
    assert cut(text.replace(name, "array")) == []


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_are_counted_whatever_ends_them(end: str) -> None:
    text = end.join(
        ["first\u2028\x85\x0b\x0cline", "", "$$", "a", "=", "b", "$$", "", "- c", "", "  $$", "  d = e", "  $$"]
    )
    assert [(equation.line, equation.column) for equation in cut(text)] == [(6, 1), (12, 7)]


@pytest.mark.parametrize(
    "text",
    [
        "$$ a = @ $$",
        "  $$a =\n@$$",
        "words and $$a =\n   @$$, \nwords",
        "> $$\n> a\n> = @\n> $$",
        "> words $$ a\n>   = @ $$",
        "> > $$ a = @ $$",
        "- x\n\n\t$$\n\ta = @\n\t$$",
        "- words\n  $$\n  a\n    = @\n  $$",
        "| $x$ | $$a = @$$ |\n|---|---|",
        "| x | y |\n|---|---|\n| b \\| c | $$b \\| a = @$$ |",
        "# head $$a = @$$ #",
        "head $$a = @$$\n====",
        "<p>\n <b>$$a\n = @$$</b></p>",
        "```math\n\ta = @\n```",
        "> ```math\n> a\n>  = @\n> ```",
        ".. math::\n\n   a\n   = @",
        ".. math:: a = @",
        "\\[a\n\t= @\\]",
        "\\begin{align}\n a\n  &= @\n\\end{align}",
        "> \\begin{align}\n> a &= @\n> \\end{align}",
        "\\documentclass{a}\n\\begin{document}\nwe % $$\n have $$ a\n = @ $$\n\\end{document}",
    ],
)
def test_an_equation_stands_where_its_right_hand_side_does(text: str) -> None:
    (equation,) = cut(text.replace("@", "q c"))
    line = text.split("\n").index(next(line for line in text.split("\n") if "@" in line))
    assert (equation.line, equation.column) == (line + 1, text.split("\n")[line].index("@") + 1)


@given(
    st.sampled_from(["", "> ", "- ", "1. ", "> - ", "  "]), st.lists(st.sampled_from(["words", "$h$", "", "# head"]))
)
def test_the_place_of_an_equation_is_where_it_is_read(mark: str, above: list[str]) -> None:
    text = "\r\n".join([*above, "", f"{mark}$$ a = \\omega $$"])
    (equation,) = cut(text)
    assert text.split("\r\n")[equation.line - 1][equation.column - 1 :].startswith("\\omega")


def test_empty_lines_may_stand_in_a_display() -> None:
    assert sources("$$\na = b \\\\\n\nc = d\n$$") == ["a = b; c = d"]


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


HIDING = re.compile(
    r"[`~<>]|\\(?:def|newcommand|Declare|begin|end|verb|iffalse|documentclass|section)|verbatim|align|\\+\[|\$|^\s*%|math::"
)


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
    first, second = cut("$$\nx = 1\ny = 2\n\n$$\nz = 3\n$$\n")
    assert (first.latex, first.unreadable) == ("x = 1 y = 2", UNCLOSED)
    assert (second.latex, second.line, second.unreadable) == ("z = 3", 6, "")


def test_a_display_ends_with_its_quote_or_list() -> None:
    found = cut("> $$\n> a = b\n\nwords\n\n- $$\n  c = d\n\nwords $$\n\n$$ e = f $$")
    assert [equation.unreadable for equation in found] == [UNCLOSED, UNCLOSED, ""]


@settings(max_examples=300)
@given(anything)
def test_any_text_is_read(text: str) -> None:
    document = read_document(text)
    lines = re.split("\r\n|\r|\n", text)
    assert all(document.displays)
    for number, display in enumerate(document.displays, 1):
        assert {equation.display for equation in display} == {number}
        assert all(1 <= equation.line <= len(lines) and equation.column >= 1 for equation in display)
    assert all(sentence.words.count("\ufffc") == len(sentence.formulas) for sentence in document.sentences)


@pytest.mark.parametrize(
    "unit",
    [
        "$$",
        "$$\n",
        "$$\nx\n\n",
        "a\n$$ b\n",
        "\\[\n",
        "\\(",
        "\\begin{align}",
        "\\begin{align}\n\n# a\n\n",
        "{",
        "}",
        "`",
    ]
    + [
        "\\begin{aligned}\n\n",
        "\\left(",
        "\\text{",
        "\\boxed{",
        "\\begin{cases}",
        "```a\n",
        "```math\n\n",
        "<!--",
        "<a",
    ]
    + [
        "<code>",
        "&=",
        "a = b,",
        "( \\\\",
        "\\x{",
        "\\def\\x#1{#1}",
        "\\",
        "$$\n( \\\\ &\n$$\n",
        "$",
        "$a$ b. ",
        "> $$\n",
        "a:",
    ]
    + ["- $$\n", "> ", "\n \n", "%", "\\section{a}\n", "\\verb|", "\\iffalse ", ".. math::\n", "[a", "*a_ ", "$$ = $ "],
)
@pytest.mark.parametrize("around", ["{}", "$$\n{}\n$$\n", "\\documentclass{{a}}\n{}"])
def test_a_long_text_is_read_to_its_end(unit: str, around: str) -> None:
    """What took the square of the length would not come back."""
    length = 30_000
    assert len(cut(around.format(unit * (length // len(unit))))) <= length
