"""Macros are collected from a document, and stand for what was last said of them."""

import pytest

from bptt.proofread.document._macros import MOST_EXPANSIONS, TooLong, collect_macros, expand_macros
from bptt.proofread.document._tokens import spell, tokenize
from tests.proofread.document.texts import cut

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


def test_a_document_has_a_macro_for_each_definition_that_can_be_read() -> None:
    macros = collect_macros(r"\newcommand{\a}[2]{#2#1} \def\b{x} \def\b{y} \def\c#1.{#1} \newcommand{\d}[1]{#2}")
    assert sorted(macros) == [r"\a", r"\b"]
    assert (macros[r"\a"][0].arity, macros[r"\a"][0].body) == (2, (2, 1))
    assert [macro.body for macro in macros[r"\b"]] == [("x",), ("y",)]


def test_a_command_is_provided_only_where_there_is_none() -> None:
    macros = collect_macros(r"\providecommand{\a}{x} \providecommand{\a}{y}")
    assert [macro.body for macro in macros[r"\a"]] == [("x",)]


def test_a_definition_within_another_is_part_of_its_body() -> None:
    assert sorted(collect_macros(r"\def\outer{\def\inner{x}}")) == [r"\outer"]


def test_an_argument_that_is_missing_is_empty() -> None:
    macros = collect_macros(r"\def\a#1{(#1)}")
    assert [spell(expand_macros(tokenize(call, 2, 1), macros)) for call in (r"\a", r"{\a}", r"\a{x")] == [
        "()", "{()}", "() {x",
    ]  # fmt: skip
