"""Displays found in documents, equations cut out of them, and the places in the file at which they stand."""

import re
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bptt.proofread.document._displays import UNCLOSED, Display, find_displays
from bptt.proofread.document._equations import Equation, extract_equations
from bptt.proofread.document._macros import MOST_EXPANSIONS, TooLong, collect_macros, expand_macros
from bptt.proofread.document._tokens import spell, tokenize

POST = Path(__file__).parent / "data" / "post.md"

PIECES = r"""
    $$ $ \[ \] \\[ \\] \\ \\[2pt] & &= = := < + - ( ) { } [ ] ^ _ x h_t \alpha 12 .5 0.5 . , ; % # > - 1. ` ``` ~~~
    ```math \begin{align} \end{align} \begin{aligned} \end{aligned} \begin{cases} \end{cases} \begin{verbatim}
    \end{verbatim} \begin \end \left \right \left( \right. \text \text{and} \text{if \label{ \tag* \boxed{ \underbrace{
    \overset \color{red} \textcolor \quad \, ~ \Rightarrow \therefore \intertext{ \substack{ \def\x#1{#1} \x
    \newcommand{\y}[1]{ \y \DeclareMathOperator{\z}{z} \z <!-- --> --- words and_more \frac \not \forall : \cr"""
BLANKS = [
    " ",
    "\n",
    "\r",
    "\r\n",
    "\n\n",
    "\t",
    "\0",
    "\ufeff",
    "\ud800",
    "\x85",
    "\u2028",
    "\\",
    "\\ ",
    "some words here",
]
fragments = st.lists(st.sampled_from(PIECES.split() + BLANKS) | st.text(max_size=3), max_size=40).map("".join)
anything = st.text() | fragments


def cut(text: str) -> list[Equation]:
    macros = collect_macros(text)
    return [equation for display in find_displays(text) for equation in extract_equations(display, macros)]


def sources(text: str) -> list[str]:
    return [" ".join(display.source.split()) for display in find_displays(text)]


def stated(rows: str) -> list[str]:
    """The equations of a display with these rows; why not, where one could not be cut out."""
    return [equation.unreadable or equation.latex for equation in extract_equations(Display(1, 1, 1, rows), {})]


def texts(source: str) -> list[str]:
    return [token.text for token in tokenize(source, 1, 1)]


def test_the_post_has_19_displays_and_36_equations_each_on_its_line() -> None:
    lines = {
        1: [12, 13], 2: [20], 3: [26], 4: [32], 5: [38], 6: [44], 7: [50], 8: [56], 9: [63, 64, 65], 10: [73, 74],
        11: [81], 12: [87], 13: [94, 95], 14: [104, 105], 15: [117, 120], 16: [128, 129, 130, 131, 132],
        17: [140, 141, 142, 143, 146], 18: [154, 155], 19: [163, 164],
    }  # fmt: skip
    found = cut(POST.read_text(encoding="utf-8"))
    assert [(equation.display, equation.line) for equation in found] == [(n, line) for n in lines for line in lines[n]]
    assert not any(equation.unreadable for equation in found)
    assert [n for n, equation in enumerate(found, 1) if equation.continues] == [2, 12, 20, 22, 31, 34, 36]


@pytest.mark.parametrize(
    ("source", "parts"),
    [
        (r"\alpha_12x", ["\\alpha", "_", "12", "x"]),
        (r"0.5 .5 5. 1.5.2", ["0.5", ".5", "5", ".", "1.5", ".2"]),
        (r"\left.5\right.", ["\\left", ".", "5", "\\right", "."]),
        (r"\tag*{2}", ["\\tag", "*", "{", "2", "}"]),
        (r"\, \\ \% \{", ["\\,", "\\\\", "\\%", "\\{"]),
        ("x % y\nz", ["x", "z"]),
        ("x\\\ny", ["x", "\\ ", "y"]),
        ("x\\", ["x", "\\"]),
        (r"\text{a {b} \} c}d", ["\\text", "{", r"a {b} \} c", "}", "d"]),
        (r"\label{}", ["\\label", "{", "", "}"]),
        (r"\text{a b", ["\\text", "{", "a", "b"]),
    ],
)
def test_a_source_is_cut_into_tokens(source: str, parts: list[str]) -> None:
    assert texts(source) == parts


def test_a_token_knows_its_place_in_the_file() -> None:
    found = [(token.text, token.line, token.column) for token in tokenize("a\r\n b\r\\c\u2028 d", 7, 5)]
    assert found == [("a", 7, 5), ("b", 8, 2), ("\\c", 9, 1), ("d", 9, 5)]


@given(anything)
def test_tokens_spelled_out_are_the_same_tokens(source: str) -> None:
    assert texts(spell(tokenize(source, 1, 1))) == texts(source)


def test_spelling_keeps_the_blanks_of_the_author_and_adds_those_that_are_needed() -> None:
    (x, alpha), one, five = tokenize(r"x\alpha", 1, 1), tokenize("1", 1, 1), tokenize(".5", 1, 1)
    assert spell(tokenize(r"\frac{ a }{b}  +  c^{ 2}", 1, 1)) == r"\frac{a}{b} + c^{2}"
    assert spell([alpha, x]) == r"\alpha x"
    assert spell([*one, *five]) == "1 .5"


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


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        (r"a = b", ["a = b"]),
        (r"a = b = c", ["a = b", "a = c"]),
        (r"a &= b \\ &= c \\ d &= e", ["a = b", "a = c", "d = e"]),
        (r"a &=& b \\ &=& c", ["a = b", "a = c"]),
        (r"a =& b \\ && + c", ["a = b + c"]),
        (r"a &= b + \\[2pt] & c \\*[-1ex] d &= e", ["a = b + c", "d = e"]),
        (r"a &= b \times \\ && c \cr d &= e \newline f &= g", [r"a = b \times c", "d = e", "f = g"]),
        (r"a &= f(b, \\ & \quad c). \\ d &= e;", ["a = f(b, c)", "d = e"]),
        (r"a &= \left( b \right. \\ & \left. + c \right)", [r"a = \left(b + c \right)"]),
        (r"a = \left. b \right.", [r"a = \left. b \right."]),
        (r"\frac{a}{b} \\ &= c", [r"\frac{a}{b} = c"]),
        (r"a &= b & c &= d \\ e &= f && g = h", ["a = b", "c = d", "e = f", "g = h"]),
        (r"\begin{alignat}{2} a &= b & \quad c &= d \end{alignat}", ["a = b", "c = d"]),
        (r"\begin{equation}\begin{split} a &= b \\ &= c \end{split}\end{equation}", ["a = b", "a = c"]),
        (r"\begin{subequations}\begin{align}a&=b\end{align}\begin{align}c&=d\end{align}\end{subequations}",
         ["a = b", "c = d"]),
        (r"\begin{aligned}[t] a &= b \end{aligned}", ["a = b"]),
        (r"a = b, \quad c = d.", ["a = b", "c = d"]),
        (r"a = b \quad \text{and} \quad c = d", ["a = b", "c = d"]),
        (r"a = b \text{ and } c = d", ["a = b", "c = d"]),
        (r"a = b, c = d", ["a = b", "c = d"]),
        (r"a = b \Rightarrow c = d", ["a = b", "c = d"]),
        (r"\implies a &= b \\ \therefore c &= d", ["a = b", "c = d"]),
        (r"a \Rightarrow b", [r"a \Rightarrow b"]),
        (r"a = b \qquad \text{(chain rule)}", ["a = b"]),
        (r"a = b \text{ by definition}. \\ c = d", ["a = b", "c = d"]),
        (r"a = b \quad \text{for } t = 1, \ldots, T", ["a = b"]),
        (r"a = b, \quad \forall t", ["a = b"]),
        (r"a = b \quad (3.2)", ["a = b"]),
        (r"x^{\text{new}} = x^\text{old}", [r"x^{\text{new}} = x^\text{old}"]),
        (r"L = \text{MSE}(x)", [r"L = \text{MSE}(x)"]),
        (r"a = b \label{eq:a} \tag{1} \\ c = d \tag*{2} \nonumber \notag", ["a = b", "c = d"]),
        (r"a \, \; \: \! \> \ ~ = \displaystyle b \hspace{1cm} \vspace*{1cm} \hphantom{=} \phantom{x} \hfill",
         ["a = b"]),
        (r"L = \sum\limits_i x_i \nolimits \allowbreak", [r"L = \sum_i x_i"]),
        (r"\boxed{a = b}", ["a = b"]),
        (r"\boxed{\begin{aligned} a &= b \\ c &= d \end{aligned}}", ["a = b", "c = d"]),
        (r"a \overset{!}{=} b \\ c \stackrel{\text{def}}{=} d", ["a = b", "c = d"]),
        (r"\underset{\theta}{\min} = \color{red} b \textcolor{red}{+ c}", [r"\min = b + c"]),
        (r"a = \underbrace{b + c}_{d} e + \overbrace{f g}^{h}", ["a = {b + c} e + f g"]),
        (r"a = b \intertext{and then} c = d \\ \shortintertext{so} e = f", ["a = b", "c = d", "e = f"]),
        (r"a = b \\ \intertext{and then} c = d", ["a = b", "c = d"]),
        (r"A = \begin{pmatrix} a & b \\ c = 1 & d \end{pmatrix} \\ e = f",
         [r"A = \begin{pmatrix} a & b \\ c = 1 & d \end{pmatrix}", "e = f"]),
        (r"L = \sum_{\substack{i \\ \neq j}} x \\ c = d", [r"L = \sum_{\substack{i \\ \neq j}} x", "c = d"]),
        (r"f(x = 1) = [y = 2]^{<t>} + \{z < 3\}", [r"f(x = 1) = [y = 2]^{<t>} + \{z < 3\}"]),
        (r"h^{t=1}_{i=2} = \left| x = 3 \right|", [r"h^{t=1}_{i=2} = \left| x = 3 \right|"]),
        (r"x \in [0, 1) \\ c = d", [r"x \in [0, 1)", "c = d"]),
        (r"a : = b", ["a := b"]),
        (r"w \leftarrow w - g", [r"w \leftarrow w - g"]),
        (r"a \approx b = c", [r"a \approx b", "b = c"]),
    ],
)  # fmt: skip
def test_equations_are_cut_out_of_rows(rows: str, found: list[str]) -> None:
    assert stated(rows) == found


@pytest.mark.parametrize(
    "row", [r"x = (1 +", r"x = \frac{1}{", r"x = \left( 1", r"x = \{ 1", r"\begin{pmatrix} x", "}"]
)
@pytest.mark.parametrize("row_after", [r"c &= d", r"c &= \frac{d}{e}", r"c = d"])
def test_a_bad_row_leaves_the_rows_after_it_alone(row: str, row_after: str) -> None:
    assert stated(rf"a &= b \\ {row} \\ {row_after}")[::2] == ["a = b", row_after.replace("&", "")]


def test_a_chain_outlives_a_row_that_states_nothing() -> None:
    assert stated(r"a &= b \\ & words \\ &= c") == ["a = b", "it states no equation", "a = c"]


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ("", "it is empty"),
        ("\\label{x} % a = b", "it is empty"),
        ("a + b", "it states no equation"),
        ("= b", "it starts with a relation and nothing stands on its left"),
        ("a =", "nothing stands on the right of its relation"),
        (r"a = 1 \quad \text{if } i = j", 'it holds under a condition that is not read, "if"'),
        (r"a = 1 \quad \text{if $i = j$}", 'it holds under a condition that is not read, "if $i = j$"'),
        ("x " * 10_001, "it has more than 10,000 tokens"),
    ],
)
def test_what_states_no_equation_says_why(rows: str, why: str) -> None:
    assert stated(rows) == [why]


def test_an_equation_stands_where_its_right_hand_side_starts() -> None:
    (one, two) = cut("words\n\n$$\na &=& % why\n  \\quad \\, b \\\\\n&\n= c\n$$\n")
    assert (one.display, one.line, one.column, one.continues) == (1, 5, 12, False)
    assert (two.display, two.line, two.column, two.continues) == (1, 7, 3, True)
    assert ([part.text for part in two.left], two.relation, [part.text for part in two.right]) == (["a"], "=", ["c"])


MACROS = r"""
\newcommand{\pd}[2]{\frac{\partial #1}{\partial #2}} \newcommand*\h{\vec{h}} \renewcommand{\h}{\bar{h}}
\providecommand{\h}{wrong} \providecommand\s{\sigma} \def\half#1{\frac{1}{#1}} \DeclareMathOperator*{\soft}{soft\,max}
\newcommand{\named}[1]{_{\text{#1 #1}}} \newcommand{\optional}[2][x]{#1#2} \def\delimited#1.{#1}
% \newcommand{\hidden}{x}
"""


@pytest.mark.parametrize(
    ("source", "meaning"),
    [
        (r"\pd{L}{h_t}", r"\frac{\partial L}{\partial h_t}"),
        (r"\pd L x", r"\frac{\partial L}{\partial x}"),
        (r"\pd{\pd{a}{b}}{\h}", r"\frac{\partial\frac{\partial a}{\partial b}}{\partial\bar{h}}"),
        (r"\half23", r"\frac{1}{2} 3"),
        (r"\h^t + \s", r"\bar{h}^t + \sigma"),
        (r"\soft x", r"\operatorname{soft\,max} x"),
        (r"x\named{old one}", r"x_{\text{old one old one}}"),
        (r"\optional a \delimited b. \hidden \text{\h}", r"\optional a \delimited b. \hidden \text{\h}"),
        (r"a \newcommand{\inner}[1]{b} \def\other{c} d", "a d"),
        (r"\pd{a", r"\frac{\partial}{\partial} {a"),
    ],
)
def test_macros_stand_for_their_definitions(source: str, meaning: str) -> None:
    assert spell(expand_macros(tokenize(source, 9, 1), collect_macros(MACROS))) == meaning


def test_what_a_macro_expands_to_stands_where_it_was_called() -> None:
    (equation,) = cut("\\def\\h#1{h_{#1}}\n$$\n \\h{t} =\n   \\h{t-1} + x\n$$")
    assert equation.latex == "h_{t} = h_{t-1} + x"
    assert {(part.line, part.column) for part in equation.right} == {(4, 4), (4, 12), (4, 14)}


def test_a_macro_means_what_was_last_said_above_the_call() -> None:
    text = "$$\n\\def\\x{a} \\x = 1\n$$\n\n$$\n\\renewcommand{\\x}{b} \\x = \\y\n$$\n\n\\newcommand{\\y}{2}"
    assert [equation.latex for equation in cut(text)] == ["a = 1", "b = 2"]


@pytest.mark.parametrize("body", [r"\x", r"\x\x", r"a\x b", r"\y \def\y{\x}"])
def test_a_macro_of_itself_ends(body: str) -> None:
    with pytest.raises(
        TooLong, match=rf"its macros expand (more than {MOST_EXPANSIONS:,} times|to more than 5,000 tokens)"
    ):
        expand_macros(tokenize(r"\x", 2, 1), collect_macros(rf"\newcommand{{\x}}{{{body}}} \newcommand{{\y}}{{\x}}"))


def test_macros_that_double_are_a_finding_on_their_display_alone() -> None:
    text = "\\def\\d#1{#1#1#1#1}\n$$ x = \\d{\\d{\\d{\\d{\\d{\\d{\\d{a}}}}}}} $$\n\n$$ a = b $$"
    assert [equation.unreadable for equation in cut(text)] == ["its macros expand to more than 5,000 tokens", ""]


@settings(max_examples=300)
@given(anything)
def test_any_text_is_read(text: str) -> None:
    found = find_displays(text)
    assert [display.number for display in found] == list(range(1, len(found) + 1))
    assert all(extract_equations(display, collect_macros(text)) for display in found)


@given(fragments)
def test_any_display_is_cut_and_its_equations_are_spelled_as_they_are_read(source: str) -> None:
    for equation in extract_equations(Display(1, 1, 1, source), collect_macros(source)):
        assert equation.unreadable or texts(equation.latex)
        assert equation.unreadable or (equation.left and equation.relation and equation.right)


@pytest.mark.parametrize(
    "unit",
    [
        "$$",
        "$$\n",
        "$$\nx\n\n",
        "\\[\n",
        "\\begin{align}",
        "\\begin{aligned}\n\n",
        "{",
        "}",
        "\\left(",
        "\\text{",
        "\\boxed{",
    ]
    + [
        "\\begin{cases}",
        "`",
        "```a\n",
        "<!--",
        "&=",
        "a = b,",
        "( \\\\",
        "\\x{",
        "\\def\\x#1{#1}",
        "\\",
        "$$\n( \\\\ &\n$$\n",
    ],
)
@pytest.mark.parametrize("around", ["{}", "$$\n{}\n$$\n"])
def test_a_long_text_is_read_to_its_end(unit: str, around: str) -> None:
    """What took the square of the length would not come back."""
    length = 60_000
    assert len(cut(around.format(unit * (length // len(unit))))) <= length
