"""Points at ties are looked at infinitely near, however many ties there are."""

from typing import Any

import numpy as np
import pytest

from bptt.verify import judge_gradient

Array = Any

normal = np.random.default_rng(3).normal
DATA, CLASSES = normal(size=(36, 4)), np.arange(36) % 4


def cross_entropy(W: Array) -> Any:
    """A softmax regression; the largest logit of each row is taken off, and at W = 0 all four are the largest."""
    logits = DATA @ W
    logits = logits - logits.max(axis=1, keepdims=True)
    return (np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(36), CLASSES]).mean()


def of_cross_entropy(W: Array, weight: float = 1.0) -> Array:
    logits = DATA @ W
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = p / p.sum(axis=1, keepdims=True)
    p[np.arange(36), CLASSES] -= weight
    return DATA.T @ p / 36


def test_108_ties_of_a_regression_at_zero_are_smooth() -> None:
    report = judge_gradient(cross_entropy, of_cross_entropy, (np.zeros((4, 4)),))
    assert report.verdict == "right"
    assert report.formula.reference == "by ball arithmetic"


@pytest.mark.parametrize("weight", [1 - 1e-9, 0.5])
def test_a_slip_among_108_ties_is_wrong(weight: float) -> None:
    assert judge_gradient(cross_entropy, lambda W: of_cross_entropy(W, weight), (np.zeros((4, 4)),)).verdict == "wrong"


def pooled(x: Array) -> Any:
    """The largest of each window of 2 × 2, squared and summed."""
    H, W = x.shape
    return (x.reshape(H // 2, 2, W // 2, 2).max(axis=(1, 3)) ** 2).sum()


def first_of_each(x: Array) -> Array:
    """All of it to the first of the largest."""
    H, W = x.shape
    bar = np.zeros_like(x)
    for i in range(0, H, 2):
        for j in range(0, W, 2):
            window = x[i : i + 2, j : j + 2]
            row, column = np.unravel_index(np.argmax(window), (2, 2))
            bar[i + row, j + column] = 2 * window[row, column]
    return bar


def all_of_each(x: Array) -> Array:
    """All of it to each of the largest: one too many where two are."""
    H, W = x.shape
    largest = x.reshape(H // 2, 2, W // 2, 2).max(axis=(1, 3)).repeat(2, 0).repeat(2, 1)
    return 2 * x * (x == largest)


def shared_by_each(x: Array) -> Array:
    H, W = x.shape
    largest = x.reshape(H // 2, 2, W // 2, 2).max(axis=(1, 3)).repeat(2, 0).repeat(2, 1)
    count = (x == largest).reshape(H // 2, 2, W // 2, 2).sum(axis=(1, 3)).repeat(2, 0).repeat(2, 1)
    return 2 * x * (x == largest) / count


TIED = np.array([[1.0, 2.0, 0.5, 0.25], [2.0, 0.0, 0.125, 3.0]])
APART = np.array([[1.0, 2.0, 0.5, 0.25], [1.5, 0.0, 0.125, 3.0]])


@pytest.mark.parametrize("gradient", [first_of_each, shared_by_each])
def test_pooling_with_a_tie_has_a_kink_and_a_choice_is_undecided_there(gradient: Any) -> None:
    (leaf,) = judge_gradient(pooled, gradient, (TIED,)).formula.leaves
    assert (leaf.verdict, leaf.kink) == ("undecided", True)
    assert judge_gradient(pooled, gradient, (APART,)).verdict == "right"


def test_pooling_that_counts_a_tie_twice_is_wrong() -> None:
    assert judge_gradient(pooled, all_of_each, (TIED,)).verdict == "wrong"
    assert judge_gradient(pooled, all_of_each, (APART,)).verdict == "right"


@pytest.mark.parametrize("claim", [(1, 0), (0, 1), (0.5, 0.5)])
def test_a_share_of_a_maximum_is_undecided_at_its_tie(claim: tuple[float, float]) -> None:
    report = judge_gradient(lambda a, b: max(a, b), lambda a, b: claim, (1.5, 1.5))
    assert report.verdict == "undecided"
    assert all(leaf.kink for leaf in report.formula.leaves)


@pytest.mark.parametrize("claim", [(1, 1), (0, 0), (1.5, -0.5), (0.5, 0.6)])
def test_more_or_less_than_all_of_a_maximum_is_wrong_at_its_tie(claim: tuple[float, float]) -> None:
    assert judge_gradient(lambda a, b: max(a, b), lambda a, b: claim, (1.5, 1.5)).verdict == "wrong"


def test_a_median_of_distinct_numbers_is_right_and_of_equal_ones_a_kink() -> None:
    def gradient(x: Array, share: float = 1.0) -> Array:
        bar = np.zeros(len(x))
        bar[np.argsort(x)[len(x) // 2]] = share
        return bar

    apart, tied = np.array([3.0, -1.0, 0.5, 2.0, 7.0]), np.array([2.0, -1.0, 0.5, 2.0, 7.0])
    assert judge_gradient(np.median, gradient, (apart,)).verdict == "right"
    assert judge_gradient(np.median, lambda x: gradient(x, 0.5), (apart,)).verdict == "wrong"
    assert judge_gradient(np.median, gradient, (tied,)).verdict == "undecided"
    assert judge_gradient(np.median, lambda x: gradient(x, 2.0), (tied,)).verdict == "wrong"


def test_a_sum_over_what_a_sort_leaves_in_another_order_is_smooth() -> None:
    f = lambda x: (np.sort(x)[::-1] ** 3).sum()  # noqa: E731
    assert judge_gradient(f, lambda x: 3 * x**2, (np.array([0.5, 2.0, 0.5, 0.5]),)).verdict == "right"
    assert judge_gradient(f, lambda x: 3 * np.sort(x) ** 2, (np.array([0.5, 2.0, 0.5, 0.5]),)).verdict == "wrong"


@pytest.mark.parametrize("gap", [1e-12, 1e-15])
def test_numbers_that_nearly_tie_are_told_apart(gap: float) -> None:
    f = lambda x: x.max() ** 2  # noqa: E731
    point = np.array([1.0, 1.0 + gap, 0.5])
    assert judge_gradient(f, lambda x: 2 * x * np.array([0, 1, 0]), (point,)).verdict == "right"
    assert judge_gradient(f, lambda x: 2 * x * np.array([1, 0, 0]), (point,)).verdict == "wrong"


def test_where_rounding_decides_between_two_slopes_it_is_undecided() -> None:
    """x/3 + x/3 + x/3 is x in exact numbers, and on floats it may be less."""
    f = lambda x: x if x / 3 + x / 3 + x / 3 < x - 1e-16 * x else 2 * x  # noqa: E731
    assert judge_gradient(f, lambda x: 2 + 0 * x, (0.7,)).verdict != "wrong"
    assert judge_gradient(f, lambda x: 5 + 0 * x, (0.7,)).verdict == "wrong"


def test_a_tie_beside_which_f_could_not_be_looked_at_is_undecided() -> None:
    def f(x: Array) -> Any:
        if (x != 0).any():
            raise ValueError
        return np.abs(x).sum()

    assert judge_gradient(f, lambda x: 0 * x, (np.zeros(2),)).verdict == "undecided"


@pytest.mark.parametrize("maximum", [lambda z: np.maximum(z, 0), lambda z: np.maximum(0, z)], ids=["z, 0", "0, z"])
@pytest.mark.parametrize("rows", [3, 5, 9])
def test_units_that_are_taken_for_off_at_zero_are_not_accused(maximum: Any, rows: int) -> None:
    """0 is no subgradient of f, whose units turn on by turns; but it is what the chain rule makes of theirs."""
    x = np.random.default_rng(rows).normal(size=rows)
    f = lambda w: ((maximum(w * x) - np.sign(x)) ** 2).sum()  # noqa: E731
    by_hand: Any = lambda w, k=2: k * ((np.maximum(w * x, 0) - np.sign(x)) * x * (w * x > 0)).sum()  # noqa: E731
    assert judge_gradient(f, by_hand, (0.0,)).verdict == "undecided"
    assert judge_gradient(f, by_hand, (0.5,)).verdict == "right"
    assert judge_gradient(f, lambda w: by_hand(w, 3), (0.5,)).verdict == "wrong"
