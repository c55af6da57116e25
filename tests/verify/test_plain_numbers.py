"""Losses whose code puts plain numbers among the balls: clip, where, maximum, a mask, a buffer, an assignment."""

from typing import Any

import numpy as np
import pytest

from bptt.verify import judge_gradient
from tests.corpus.slips import BALLS, Case, found

Array = Any

normal = np.random.default_rng(21).normal
A, Y = normal(size=(30, 3)), 3 * normal(size=30)
SIGNS = np.sign(Y)
W = normal(size=3)


def huber(w: Array, δ: float = 1.35) -> Any:
    r = A @ w - Y
    inside = np.clip(r, -δ, δ)
    return (inside * r - inside * inside / 2).mean()


def of_huber(w: Array, δ: float = 1.35) -> Array:
    return A.T @ np.clip(A @ w - Y, -δ, δ) / len(Y)


def pinball(w: Array, τ: float = 0.9) -> Any:
    r = Y - A @ w
    return np.maximum(τ * r, (τ - 1) * r).sum()


def of_pinball(w: Array, τ: float = 0.9) -> Array:
    return -A.T @ np.where(Y - A @ w > 0, τ, τ - 1)


def hinge(w: Array) -> Any:
    margin = np.zeros(len(Y))
    margin += 1 - SIGNS * (A @ w)
    margin[margin < 0] = 0
    return (margin**2).sum() / 2 + 0.01 * (w @ w) / 2


def of_hinge(w: Array, squared: bool = True) -> Array:
    margin = np.maximum(1 - SIGNS * (A @ w), 0)
    return -A.T @ (SIGNS * (margin if squared else margin > 0)) + 0.01 * w


def ranking(w: Array) -> Any:
    """Σ over pairs in the wrong order by less than a margin of 0.5."""
    s = A[:8] @ w
    total = 0.0
    for i in range(8):
        for j in range(8):
            if Y[i] > Y[j]:
                total += max(0.0, 0.5 - (s[i] - s[j]))
    return total


def of_ranking(w: Array, pairs: int = 2) -> Array:
    s, bar = A[:8] @ w, np.zeros(8)
    for i in range(8):
        for j in range(8):
            if Y[i] > Y[j] and s[i] - s[j] < 0.5:
                bar[i] -= 1
                bar[j] += pairs - 1
    return A[:8].T @ bar


def soft_threshold(w: Array) -> Any:
    shrunk = np.sign(w) * np.maximum(np.abs(w) - 0.1, 0.0)
    return (A @ shrunk - Y) @ (A @ shrunk - Y) / 2


def of_soft_threshold(w: Array, active: float = 0.1) -> Array:
    shrunk = np.sign(w) * np.maximum(np.abs(w) - 0.1, 0.0)
    return A.T @ (A @ shrunk - Y) * (np.abs(w) > active)


def padded(w: Array) -> Any:
    """Differences to the left neighbour, the first against 0; np.pad, np.diff and np.concatenate bring zeros."""
    return (np.diff(np.concatenate([[0.0], w, [0.0]])) ** 2).sum() + (np.pad(w, (1, 0))[:-1] * w).sum()


def of_padded(w: Array, at_ends: float = 1.0) -> Array:
    left, right = np.concatenate([[0.0], w[:-1]]), np.concatenate([w[1:], [0.0]])
    ends = np.array([at_ends, 2.0, at_ends]) if at_ends != 1 else np.full(3, 2.0)
    return ends * (w - left) + 2 * (w - right) + left + right


def triangle(w: Array) -> Any:
    """w₀ … in a lower triangular matrix that eye and assignment fill."""
    L = np.eye(2)
    L[1, 0] = w[0]
    L[[0, 1], [0, 1]] = np.exp(w[1:])
    return (L @ L.T).sum()


def of_triangle(w: Array, corner: float = 2.0) -> Array:
    first, second = np.exp(w[1]), np.exp(w[2])
    column = first + w[0]
    return np.array([corner * column, 2 * column * first, 2 * second * second])


SMALL = np.array([0.05, -0.7, 1.2])

LOSSES = {
    "Huber": Case(huber, of_huber, lambda w: of_huber(w, 1.35 * (1 + 1e-9)), W),
    "pinball": Case(pinball, of_pinball, lambda w: of_pinball(w, 0.9 + 1e-9), W),
    "squared hinge": Case(hinge, of_hinge, lambda w: of_hinge(w, False), W),
    "ranking": Case(ranking, of_ranking, lambda w: of_ranking(w, 1), W),
    "soft threshold": Case(soft_threshold, of_soft_threshold, lambda w: of_soft_threshold(w, 0.0), SMALL),
    "padding": Case(padded, of_padded, lambda w: of_padded(w, 1.5), W),
    "a triangle": Case(triangle, of_triangle, lambda w: of_triangle(w, 1.0), SMALL),
}


@pytest.mark.parametrize("case", LOSSES.values(), ids=LOSSES)
def test_a_loss_with_numbers_in_its_code_is_right_by_balls(case: Case) -> None:
    assert found(judge_gradient(case.f, case.gradient, (case.point,))) == BALLS


@pytest.mark.parametrize("case", LOSSES.values(), ids=LOSSES)
def test_a_slip_in_its_gradient_is_wrong(case: Case) -> None:
    report = judge_gradient(case.f, case.slip, (case.point,))
    assert report.verdict == "wrong"
    assert report.formula.reference == "by ball arithmetic"


def test_a_residual_on_the_corner_of_huber_is_smooth_and_on_that_of_pinball_a_kink() -> None:
    corner = lambda r: (np.clip(r, -1, 1) * r - np.clip(r, -1, 1) ** 2 / 2).sum()  # noqa: E731
    point = np.array([1.0, -1.0, 0.25, 3.0])
    assert judge_gradient(corner, lambda r: np.clip(r, -1, 1), (point,)).verdict == "right"
    assert judge_gradient(corner, lambda r: np.where(np.abs(r) < 1, r, 0), (point,)).verdict == "wrong"
    tilted = lambda r: np.maximum(0.75 * r, -0.25 * r).sum()  # noqa: E731
    slope: Any = lambda r, at_zero: np.where(r > 0, 0.75, np.where(r < 0, -0.25, at_zero))  # noqa: E731
    zero = np.array([0.0, 1.0])
    assert judge_gradient(tilted, lambda r: slope(r, 0.75), (zero,)).verdict == "undecided"
    assert judge_gradient(tilted, lambda r: slope(r, 1.0), (zero,)).verdict == "wrong"


def project(v: Array) -> Array:
    """Project on the simplex: the threshold is found by sorting, counting and dividing by a count."""
    u = np.sort(v)[::-1]
    excess = np.cumsum(u) - 1
    last = np.nonzero(u - excess / np.arange(1, len(v) + 1) > 0)[0][-1]
    return np.maximum(v - excess[last] / (last + 1), 0)


def test_a_count_of_numpys_divides_as_a_number() -> None:
    def gradient(v: Array, slip: float = 0.0) -> Array:
        support = (project(v) > 0).astype(float)
        return support * (W - (W * support).sum() / support.sum() + slip)

    f, point = lambda v: (project(v) * W).sum(), np.array([0.6, 0.3, -0.4])
    assert judge_gradient(f, lambda v: gradient(v, 1e-9), (point,)).verdict == "wrong"
    assert found(judge_gradient(f, gradient, (point,))) == BALLS


HALVES = np.tile([0.5, 0.5, 0.5, -0.5, -0.5, -0.5], (4, 1)).T
OF_MASKS = {
    "where": lambda b: np.where(HALVES + b > 0, 1.0, -1.0) / 24,
    "a mask times a number": lambda b: (HALVES + b > 0) * (2 / 24) - 1 / 24,
    "a mask as floats": lambda b: (2 * (HALVES + b > 0).astype(float) - 1) / 24,
    "a mask as integers": lambda b: (2 * (HALVES + b > 0).astype(int) - 1) / 24,
}


@pytest.mark.parametrize("signs", OF_MASKS.values(), ids=OF_MASKS)
def test_what_a_mask_leads_to_rounds_as_floats_do(signs: Any) -> None:
    f = lambda b: np.abs(HALVES + b).mean()  # noqa: E731
    b = np.array([0.1, 0.2, 0.3, -0.1])
    assert judge_gradient(f, lambda b: signs(b).sum(axis=0) * np.ones(4), (b,)).verdict == "right"
    assert judge_gradient(f, lambda b: signs(b).sum(axis=0) + 1e-9, (b,)).verdict == "wrong"
