"""What ∇, ∂/∂x, Σ, ∏, log and / take of the product behind them."""

import itertools
import re
from collections import defaultdict

import pytest

from bptt.proofread._traversal import AXIS
from bptt.proofread.semantics import Interpretation
from bptt.proofread.semantics._elaborate import Elaborator
from tests.proofread.semantics.reading import make_vocabulary, parse


def get_body(latex: str) -> str:
    """Return what a formula stands for, as text, its indices without a letter numbered as they are met."""
    numbers: dict[str, int] = defaultdict(itertools.count().__next__)
    body = Elaborator(make_vocabulary(), Interpretation()).elaborate(parse(latex)).body
    return re.sub(rf"{AXIS}#\d+", lambda index: str(numbers[index[0]]), repr(body))


@pytest.mark.parametrize(
    ("latex", "brackets"),
    [
        (r"\nabla_a a^\top b", r"\nabla_a (a^\top b)"),
        (r"\nabla_a c a^\top W a", r"\nabla_a (c a^\top W a)"),
        (r"\frac{\partial}{\partial a} a^\top W a", r"\frac{\partial}{\partial a} (a^\top W a)"),
        (r"\frac{d}{dc} c^2 q c", r"\frac{d}{dc} (c^2 q c)"),
        (r"\prod_k a_k c", r"(\prod_k a_k) c"),
        (r"\sum_k a_k c", r"\sum_k (a_k c)"),
        (r"\log \sum_k a_k", r"\log (\sum_k a_k)"),
        (r"\log c^2", r"\log (c^2)"),
        (r"\tanh 2c", r"\tanh (2c)"),
        (r"a / 2c", r"a / (2c)"),
        (r"W a \odot b", r"(W a) \odot b"),
    ],
)
def test_an_operator_takes_what_readers_let_it_take(latex: str, brackets: str) -> None:
    assert get_body(latex) == get_body(brackets)


@pytest.mark.parametrize(
    ("latex", "brackets"),
    [
        (r"\nabla_a a^\top b", r"(\nabla_a a^\top) b"),
        (r"\sum_k a_k c", r"(\sum_k a_k) q"),
        (r"\prod_k a_k c", r"\prod_k (a_k c)"),
        (r"\log c q", r"\log (c q)"),
        (r"a / 2c", r"(a / 2) c"),
    ],
)
def test_an_operator_takes_neither_more_nor_less(latex: str, brackets: str) -> None:
    assert get_body(latex) != get_body(brackets)


@pytest.mark.parametrize("operator", [r"\nabla_a ", r"\frac{\partial}{\partial c} (", r"\nabla_a c (a_k "])
def test_operators_within_operators_do_not_double_what_is_read(operator: str) -> None:
    counts = []
    for depth in (6, 12):
        vocabulary = make_vocabulary()
        closing = ")" * operator.count("(") * depth
        Elaborator(vocabulary, Interpretation()).elaborate(parse(f"{operator * depth}a{closing}"))
        counts.append(vocabulary.readings)
    assert counts[1] < 8 * counts[0]
