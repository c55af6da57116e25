"""Brackets among tokens find their partners, and relations are those outside all of them."""

import pytest

from bptt.proofread.document import find_relations, tokenize
from bptt.proofread.document._groups import match_groups, read_environment, skip_argument


def spans(source: str) -> list[str]:
    tokens = tokenize(source, 1, 1)
    pairs = match_groups(tokens)
    return ["".join(token.text for token in tokens[start : pairs[start] + 1]) for start in sorted(pairs)]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("a(b[c])d", ["(b[c])", "[c]"]),
        ("[a, b)c", ["[a,b)"]),
        (r"\left( a \right] b", [r"\left(a\right]"]),
        (r"\left. a (\right.", [r"\left.a(\right."]),
        (r"\text{(}a)", [r"{(}"]),
        ("{(}b)", ["{(}"]),
        ("({a)}", ["{a)}"]),
        (r"\begin{a} { ( \end{a} b )", [r"\begin{a}{(\end{a}", "{a}", "{a}"]),
        (r"\begin{a} \begin{b} \end{a} \end{b}", [r"\begin{a}\begin{b}\end{a}", "{a}", "{b}", "{a}", "{b}"]),
        (r"(a", []),
        (r"a) ] } \right) \end{a}", ["{a}"]),
    ],
)
def test_a_group_ends_where_it_is_closed(source: str, found: list[str]) -> None:
    assert spans(source) == found


def test_only_relations_outside_all_brackets_and_scripts_are_found() -> None:
    tokens = tokenize(r"f(x = 1)^= y_{t=2} := a \not= b \le c \text{ = } ( >", 1, 1)
    found = [(relation.text, relation.start) for relation in find_relations(tokens)]
    places = {token.text: place for place, token in enumerate(tokens)}
    assert found == [(":=", places[":"]), (r"\not=", places[r"\not"]), (r"\le", places[r"\le"]), (">", places[">"])]


def test_an_argument_is_a_group_or_one_token_and_nothing_at_the_end_of_a_cell() -> None:
    tokens = tokenize(r"{ab}c & d", 1, 1)
    assert [skip_argument(tokens, match_groups(tokens), place) for place in (0, 4, 5, 7)] == [4, 5, 5, 7]


def test_an_environment_has_a_name() -> None:
    tokens = tokenize(r"\begin{align*}\begin x \frac{a}\end{", 1, 1)
    names = [read_environment(tokens, match_groups(tokens), place) for place in range(len(tokens))]
    assert [name for name in names if name] == ["align*"]
    assert names[0] == "align*"
