"""Brackets among tokens find their partners, and relations are those outside all of them."""

import pytest

from bptt.proofread.document._brackets import (
    find_closing_braces,
    find_groups,
    find_relations,
    measure_nesting,
    read_environment,
    skip_argument,
)
from bptt.proofread.document._tokens import tokenize


@pytest.mark.parametrize(
    ("source", "depths"),
    [
        ("a(b[c])d", [0, 0, 1, 1, 2, 1, 0, 0]),
        ("[a, b)c", [0, 1, 1, 1, 0, 0]),
        (r"\left( a \right] b", [0, 1, 1, 0, 0, 0]),
        (r"\text{(}a", [0, 0, 1, 0, 0]),
        ("{(}b)", [0, 1, 0, 0, 0]),
    ],
)
def test_a_token_stands_as_deep_as_the_brackets_around_it(source: str, depths: list[int]) -> None:
    assert measure_nesting(tokenize(source, 1, 1)).depths == depths


@pytest.mark.parametrize(
    ("source", "unclosed", "unopened"),
    [("(a)", 0, 0), ("((a)", 1, 0), ("(a))", 0, 1), (")(", 1, 1), (r"\left( a", 1, 0), (r"a \right)", 0, 1)],
)
def test_brackets_without_a_partner_are_counted(source: str, unclosed: int, unopened: int) -> None:
    nesting = measure_nesting(tokenize(source, 1, 1))
    assert (nesting.unclosed, nesting.unopened) == (unclosed, unopened)
    assert nesting.balanced is (unclosed == unopened == 0)


def test_only_relations_outside_all_brackets_and_scripts_are_found() -> None:
    tokens = tokenize(r"f(x = 1)^= y_{t=2} := a \not= b \le c", 1, 1)
    found = [(relation.text, relation.start) for relation in find_relations(tokens)]
    places = {token.text: place for place, token in enumerate(tokens)}
    assert found == [(":=", places[":"]), (r"\not=", places[r"\not"]), (r"\le", places[r"\le"])]


def test_an_environment_ends_at_the_end_of_its_name_and_takes_what_is_open_within_it_along() -> None:
    source = r"\begin{a} \begin{b} { } \end{a} \end{b}"
    tokens = tokenize(source, 1, 1)
    braces = find_closing_braces(tokens)
    groups = find_groups(tokens, braces)
    begin, end = 0, max(place for place, token in enumerate(tokens) if read_environment(tokens, braces, place) == "a")
    assert {start: last for start, last in groups.items() if start not in braces} == {begin: end + 3}
    assert {start: last for start, last in groups.items() if start in braces} == braces


def test_an_argument_is_a_group_or_one_token_and_nothing_at_the_end_of_a_cell() -> None:
    tokens = tokenize(r"{ab}c & d", 1, 1)
    closing = find_closing_braces(tokens)
    assert [skip_argument(tokens, closing, place) for place in (0, 4, 5, 7)] == [4, 5, 5, 7]
