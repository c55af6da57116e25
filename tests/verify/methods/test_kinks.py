"""Ties, kinks and jumps: what is smooth there, what is a subgradient, and what is neither."""

from typing import Any

import numpy as np
import pytest

from bptt.verify import judge_gradient
from tests.corpus.slips import BALLS, Case, found
from tests.verify.test_numpy_layers import softmax

Array = Any

X = np.array([0.5, -1.25, 2.0])


def log_sum_exp(x: Array) -> Any:
    return np.max(x) + np.log(np.sum(np.exp(x - np.max(x))))


def sigmoid_in_branches(x: Array) -> Any:
    return np.where(x >= 0, 1 / (1 + np.exp(-x)), np.exp(x) / (1 + np.exp(x)))


def sigmoid_in_masks(x: Array) -> Any:
    s, positive = np.zeros_like(x), x >= 0
    s[positive] = 1 / (1 + np.exp(-x[positive]))
    e = np.exp(x[~positive])
    s[~positive] = e / (1 + e)
    return s


def slope(sigmoid: Any, x: Array) -> Any:
    s = sigmoid(x)
    return s * (1 - s)


TIE = np.array([1.0, 0.0, -1.0])

SMOOTH = {
    "log-sum-exp of equal entries": Case(log_sum_exp, softmax, lambda x: x == np.max(x), np.array([1.0, 1.0, 1.0])),
    "log-sum-exp of two maxima": Case(log_sum_exp, softmax, lambda x: softmax(x) / 2, np.array([1.0, 1.0, 0.5])),
    "sigmoid in branches": Case(
        lambda x: sigmoid_in_branches(x).sum(),
        lambda x: slope(sigmoid_in_branches, x),
        lambda x: sigmoid_in_branches(x),
        TIE,
    ),
    "sigmoid in masks": Case(
        lambda x: sigmoid_in_masks(x).sum(),
        lambda x: slope(sigmoid_in_masks, x),
        lambda x: sigmoid_in_masks(x) * (x != 0),
        TIE,
    ),
    "softplus with |x|": Case(
        lambda x: (np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))).sum(),
        lambda x: 1 / (1 + np.exp(-x)),
        lambda x: x > 0,
        TIE,
    ),
    "squared rectifier": Case(
        lambda x: (np.maximum(x, 0) ** 2).sum(),
        lambda x: 2 * np.maximum(x, 0),
        lambda x: 2 * np.maximum(x, 0) + (x == 0),
        TIE,
    ),
    "elu": Case(
        lambda x: np.where(x > 0, x, np.exp(x) - 1).sum(),
        lambda x: np.where(x > 0, 1, np.exp(x)),
        lambda x: np.where(x > 0, 1, np.exp(x) - 1),
        TIE,
    ),
    "Huber at its corners": Case(
        lambda x: np.where(np.abs(x) <= 1, x**2 / 2, np.abs(x) - 0.5).sum(),
        lambda x: np.clip(x, -1, 1),
        lambda x: np.where(np.abs(x) < 1, x, 0),
        TIE,
    ),
    "x |x|": Case(lambda x: (x * np.abs(x)).sum(), lambda x: 2 * np.abs(x), lambda x: 2 * x + (x == 0), TIE),
    "squares of the sorted": Case(
        lambda x: (np.sort(x) ** 2).sum(), lambda x: 2 * x, np.sort, np.array([2.0, 1.0, 1.0])
    ),
}


@pytest.mark.parametrize("case", SMOOTH.values(), ids=SMOOTH)
def test_what_is_smooth_at_a_tie_is_right(case: Case) -> None:
    assert found(judge_gradient(case.f, case.gradient, (case.point,))) == BALLS


@pytest.mark.parametrize("case", SMOOTH.values(), ids=SMOOTH)
def test_a_slip_at_a_tie_is_wrong(case: Case) -> None:
    assert judge_gradient(case.f, case.slip, (case.point,)).verdict == "wrong"


def largest_in_pairs(x: Array) -> Any:
    """Max-pooling."""
    pooled = np.zeros(len(x) // 2)
    for n in range(len(pooled)):
        pooled[n] = np.max(x[2 * n : 2 * n + 2])
    return (pooled**2).sum() / 2


KINKS = {
    "rectifier": Case(
        lambda x: np.maximum(x, 0).sum(), lambda x: x > 0, lambda x: np.where(x == 0, -0.5, x > 0), np.array([1.0, 0.0])
    ),
    "absolute value": Case(
        lambda x: np.abs(x).sum(), np.sign, lambda x: np.where(x == 0, 1.5, np.sign(x)), np.array([1.0, 0.0])
    ),
    "max-pooling": Case(
        largest_in_pairs,
        lambda x: x * np.array([0, 1, 1, 0]),
        lambda x: x * np.array([0, 1, 2, 0]),
        np.array([1.0, 3.0, 2.0, 2.0]),
    ),
    "clip": Case(
        lambda x: np.clip(x, -1, 1).sum(),
        lambda x: np.abs(x) < 1,
        lambda x: np.where(x == 1, 2, np.abs(x) < 1),
        np.array([0.5, 1.0]),
    ),
}


@pytest.mark.parametrize("case", KINKS.values(), ids=KINKS)
def test_a_subgradient_at_a_kink_is_undecided_for_that_reason(case: Case) -> None:
    (leaf,) = judge_gradient(case.f, case.gradient, (case.point,)).formula.leaves
    assert (leaf.verdict, leaf.kink) == ("undecided", True)


@pytest.mark.parametrize("case", KINKS.values(), ids=KINKS)
def test_what_is_no_subgradient_at_a_kink_is_wrong(case: Case) -> None:
    report = judge_gradient(case.f, case.slip, (case.point,))
    assert report.verdict == "wrong"
    assert "(1 of " in report.reason


def test_a_step_function_is_undecided_at_its_jump_and_right_elsewhere() -> None:
    def f(x: Array) -> Any:
        return (np.where(x > 0, 1.0, 0.0) + x**2).sum()

    report = judge_gradient(f, lambda x: 2 * x, (np.array([1.0, 0.0]),))
    assert report.verdict == "undecided"
    assert report.reason.startswith("f jumps: it is 2.00000 there and 3.00000 beside it")
    assert judge_gradient(f, lambda x: 2 * x, (X,)).verdict == "right"
