"""Each token of a formula is a terminal of the grammar, or there is no place for it."""

import pytest

from bptt.proofread.document import tokenize
from bptt.proofread.syntax import Unreadable
from bptt.proofread.syntax._lexer import classify_tokens


def terminals(latex: str) -> str:
    return " ".join(f"{terminal.type}:{terminal}" for terminal in classify_tokens(tokenize(latex, 1, 1)))


@pytest.mark.parametrize(
    ("latex", "found"),
    [
        (r"a + 2 \cdot \alpha", r"LETTER:a SIGN:+ NUMBER:2 OPERATOR:\cdot LETTER:\alpha"),
        (r"\left( a \Big| b \right]", "OPEN:( LETTER:a BAR_OPEN:| LETTER:b CLOSE:]"),
        (r"\operatorname*{argmax}", r"ACCENT:\operatorname LBRACE:{ LETTER:a"),
        (r"\text{ new } \text{ }", 'WORD:"new'),
        (r"a∘b⋅c", r"LETTER:a OPERATOR:\odot LETTER:b OPERATOR:\cdot LETTER:c"),
        (r"\boldsymbol \overline \langle", r"ACCENT:\mathbf ACCENT:\bar OPEN:<"),
    ],
)
def test_a_token_is_a_terminal_under_its_usual_spelling(latex: str, found: str) -> None:
    assert terminals(latex).startswith(found)


@pytest.mark.parametrize(
    ("latex", "found"),
    [
        ("|a|", ["BAR_OPEN", "LETTER", "BAR_CLOSE"]),
        ("a|_b", ["LETTER", "EVALUATED", "SUB", "LETTER"]),
        (r"\left. a \right|_b", ["NULL_OPEN", "LETTER", "RIGHT_BAR", "SUB", "LETTER"]),
        (r"\left| a \right|_b", ["BAR_OPEN", "LETTER", "BAR_CLOSE", "SUB", "LETTER"]),
    ],
)
def test_a_bar_opens_closes_or_says_where_a_formula_is_evaluated(latex: str, found: list[str]) -> None:
    assert [terminal.type for terminal in classify_tokens(tokenize(latex, 1, 1))] == found


def test_digits_in_scripts_and_fractions_are_read_one_by_one_as_tex_does() -> None:
    assert terminals("x^12") == "LETTER:x SUP:^ NUMBER:1 NUMBER:2"
    assert terminals(r"\frac12") == r"FRACTION:\frac NUMBER:1 NUMBER:2"
    assert terminals("{12}") == "LBRACE:{ NUMBER:12 RBRACE:}"


def test_a_terminal_stands_where_its_token_does() -> None:
    found = classify_tokens(tokenize("a\n  x_12", 3, 5))
    assert [(terminal.line, terminal.column) for terminal in found] == [(3, 5), (4, 3), (4, 4), (4, 5), (4, 5)]


@pytest.mark.parametrize(
    ("latex", "why"),
    [
        (r"a + \ldots", r"dots are not guessed: \ldots, line 1, column 5"),
        (r"\int a", r"\int is not read, line 1, column 1"),
        ("a ! b", "! is not read, line 1, column 3"),
        (r"( a \right.", r"a bracket is closed by \right., line 1, column 11"),
        (r"\text", r"\text has no argument, line 1, column 1"),
        ("(" * 41 + "a", "it is nested deeper than 40 brackets, line 1, column 41"),
        ("a" * 2_001, "it is longer than 2,000 tokens, line 1, column 2001"),
    ],
)
def test_what_the_grammar_has_no_place_for_is_refused_where_it_stands(latex: str, why: str) -> None:
    with pytest.raises(Unreadable) as refused:
        classify_tokens(tokenize(latex, 1, 1))
    assert f"{refused.value}{refused.value.where}" == why
