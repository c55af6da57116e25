"""A source is cut into tokens that know their places, and spelled out again."""

import pytest
from hypothesis import given

from bptt.proofread.document._tokens import is_number, is_prose, match_braces, spell, text_at, tokenize
from tests.proofread.document.texts import anything, texts


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
        (r"h\_t \* \text{a\_b}", ["h", "_", "t", "*", "\\text", "{", r"a\_b", "}"]),
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


def test_a_number_is_digits_with_at_most_one_point_between_or_before_them() -> None:
    assert all(map(is_number, ["7", "12", "0.5", ".5"]))
    assert not any(map(is_number, ["", ".", "5.", "1.5.2", "²", "x1", "1 2"]))


def test_braces_are_matched_from_the_inside_and_what_has_no_partner_is_left_out() -> None:
    assert match_braces(enumerate("{{}}")) == {0: 3, 1: 2}
    assert match_braces(enumerate("}{x{}")) == {3: 4}


def test_prose_is_what_stands_in_the_braces_of_a_text() -> None:
    tokens = tokenize(r"\text{a b} {c}", 1, 1)
    assert [token.text for place, token in enumerate(tokens) if is_prose(tokens, place)] == ["a b"]


def test_no_text_stands_before_the_first_token_and_after_the_last() -> None:
    tokens = tokenize("x y", 1, 1)
    assert [text_at(tokens, place) for place in range(-1, 3)] == ["", "x", "y", ""]
