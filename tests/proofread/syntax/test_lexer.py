"""Each token of a formula is a lexeme under its usual spelling, or there is no place for it."""

import pytest

from bptt.proofread.document import tokenize
from bptt.proofread.syntax import Unreadable
from bptt.proofread.syntax._lexer import classify_tokens


def lexemes(latex: str, *words: str) -> str:
    return " ".join(
        f'"{lexeme.text}"' if lexeme.word else lexeme.text for lexeme in classify_tokens(tokenize(latex, 1, 1), words)
    )


@pytest.mark.parametrize(
    ("latex", "found"),
    [
        (r"a + 2 \cdot \alpha", r"a + 2 \cdot \alpha"),
        (r"a∘b⋅c−d", r"a \odot b \cdot c - d"),
        (r"\boldsymbol x \overline y \dfrac 1 2", r"\mathbf x \bar y \frac 1 2"),
        (r"a \, \; \quad \limits b", "a b"),
        (r"\leq \geqslant \ne \equiv", r"\le \ge \neq ="),
        (r"x^\prime \ldots \cdots", "x ^ ' … …"),
        (r"\text{ new  one } \text{ }", '"new one"'),
        (r"\tanh \ln \max", '"tanh" "log" "max"'),
        (r"\arg\max \arg \min", '"argmax" "argmin"'),
    ],
)
def test_a_token_is_a_lexeme_under_its_usual_spelling(latex: str, found: str) -> None:
    assert lexemes(latex) == found


@pytest.mark.parametrize(
    ("latex", "words", "found"),
    [
        ("softmax(x)", (), '"softmax" ( x )'),
        ("xtanh y", (), 'x "tanh" y'),
        ("cost", (), "c o s t"),
        ("s i n", (), "s i n"),
        ("loss_t", (), "l o s s _ t"),
        ("loss_t", ("loss",), '"loss" _ t'),
        ("losses", ("loss",), "l o s s e s"),
        ("lossy", ("loss", "lossy"), '"lossy"'),
        ("a", ("a",), "a"),
    ],
)
def test_letters_in_a_row_are_a_word_if_they_spell_a_known_one(latex: str, words: tuple[str, ...], found: str) -> None:
    assert lexemes(latex, *words) == found


def test_letters_that_a_macro_made_are_a_row_and_those_over_two_lines_are_none() -> None:
    made = [token._replace(column=1) for token in tokenize("tanh", 1, 1)]
    assert [lexeme.text for lexeme in classify_tokens(made)] == ["tanh"]
    assert lexemes("ta\nnh") == "t a n h"


@pytest.mark.parametrize(
    ("latex", "sides"),
    [
        (r"\left( a \right)", ["left", "", "right"]),
        (r"\bigl| a \Biggr| \big|", ["left", "", "right", ""]),
        (r"\lVert a \rVert \langle \rangle", ["left", "", "right", "left", "right"]),
        (r"\mid | \middle|", ["middle", "", "middle"]),
    ],
)
def test_a_bracket_knows_its_side_if_it_is_said(latex: str, sides: list[str]) -> None:
    assert [lexeme.side for lexeme in classify_tokens(tokenize(latex, 1, 1))] == sides


def test_a_lexeme_stands_where_its_token_does() -> None:
    found = classify_tokens(tokenize("a\n  x_12\\text{b}", 3, 5))
    assert [(lexeme.place.line, lexeme.place.column) for lexeme in found] == [(3, 5), (4, 3), (4, 4), (4, 5), (4, 13)]


@pytest.mark.parametrize(
    ("latex", "why"),
    [
        (r"a + \int b", r"\int is not read, line 1, column 5"),
        (r"\binom{a}{b}", r"\binom is not read, line 1, column 1"),
        ("a ! b", "! is not read, line 1, column 3"),
        (r"a \label{b}", r"\label is not read, line 1, column 3"),
        ("a \ufffc", "\ufffc is not read, line 1, column 3"),
        (r"a \text", r"\text has no argument, line 1, column 3"),
        (r"\text a + b", r"\text has no argument, line 1, column 1"),
        (r"\text{a", r"\text has no argument, line 1, column 1"),
        ("a" * 2_001, "it is longer than 2,000 tokens, line 1, column 2001"),
    ],
)
def test_a_token_that_is_not_read_is_refused_where_it_stands(latex: str, why: str) -> None:
    with pytest.raises(Unreadable) as refused:
        classify_tokens(tokenize(latex, 1, 1))
    assert f"{refused.value}{refused.value.where}" == why
