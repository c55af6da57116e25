"""NaN and infinity: wrong where the truth is finite, harmless where they are on the way and masked."""

from typing import Any

import numpy as np
import pytest

from bptt.verify import judge_gradient
from tests.corpus.slips import BALLS, found

Array = Any

X = np.array([0.5, -1.25, 2.0])
MASK = np.array([[0.0, -np.inf, -np.inf], [0.0, 0.0, -np.inf], [0.0, 0.0, 0.0]])


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("method", ["auto", "balls", "floats"])
def test_a_claimed_entry_that_is_no_number_is_wrong_by_every_method(bad: float, method: Any) -> None:
    gradient = lambda x: np.where(x == 2, bad, 2 * x)  # noqa: E731
    assert judge_gradient(lambda x: (x * x).sum(), gradient, (X,), method=method).verdict == "wrong"


def test_infinity_over_infinity_in_a_gradient_is_wrong_and_in_its_stable_form_right() -> None:
    f = lambda x: np.logaddexp(0, x).sum()  # noqa: E731
    large = np.array([800.0, 1.0])
    with np.errstate(all="ignore"):
        report = judge_gradient(f, lambda x: np.exp(x) / (1 + np.exp(x)), (large,))
    assert report.verdict == "wrong"
    assert "overflow" in report.reason
    assert judge_gradient(f, lambda x: 1 / (1 + np.exp(-x)), (large,)).verdict == "right"


def test_zero_times_infinity_from_a_masked_branch_is_wrong() -> None:
    """The trap of np.where: the gradient of the branch that is not taken is multiplied by 0, and is infinite."""
    f = lambda x: np.where(x > 0, np.sqrt(np.abs(x)), 0.0).sum()  # noqa: E731
    with np.errstate(all="ignore"):
        trap = judge_gradient(f, lambda x: (x > 0) * 0.5 / np.sqrt(np.maximum(x, 0)), (X,))
        safe = judge_gradient(f, lambda x: np.where(x > 0, 0.5 / np.sqrt(np.abs(x)), 0.0), (X,))
    assert (trap.verdict, safe.verdict) == ("wrong", "right")


def attention(q: Array, k: Array) -> Any:
    """Σ p², p the softmax of masked scores: −∞ above the diagonal."""
    return (weights(q, k) ** 2).sum()


def weights(q: Array, k: Array) -> Array:
    scores = q @ k.T + MASK
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def of_attention(q: Array, k: Array, centred: bool = True) -> tuple[Array, Array]:
    p = weights(q, k)
    p_bar = 2 * p
    scores_bar = p * (p_bar - ((p_bar * p).sum(axis=-1, keepdims=True) if centred else 0))
    return scores_bar @ k, scores_bar.T @ q


def test_minus_infinity_in_a_mask_is_right_by_balls() -> None:
    q, k = np.random.default_rng(2).normal(size=(2, 3, 4))
    assert found(judge_gradient(attention, of_attention, (q, k))) == BALLS
    assert judge_gradient(attention, lambda q, k: of_attention(q, k, False), (q, k)).verdict == "wrong"


def test_a_running_maximum_may_start_at_minus_infinity() -> None:
    def largest(x: Array) -> Any:
        best = -np.inf
        for entry in x:
            best = max(best, entry)
        return best**2

    assert judge_gradient(largest, lambda x: 2 * x * (x == x.max()), (X,)).verdict == "right"
    assert judge_gradient(largest, lambda x: 2 * x * (x == x.min()), (X,)).verdict == "wrong"


def test_a_maximum_with_nan_beside_it_is_nan_and_no_verdict() -> None:
    with np.errstate(all="ignore"):
        report = judge_gradient(lambda x: np.maximum(x, np.log(-x)).sum(), lambda x: 0 * x + 1, (np.array([1.0]),))
    assert report.verdict == "undecided"
    assert "not finite" in report.reason


def test_fmax_and_nan_to_num_pass_nan_by() -> None:
    with np.errstate(all="ignore"):
        f = lambda x: np.fmax(x**2, np.log(-np.abs(x))).sum()  # noqa: E731
        assert judge_gradient(f, lambda x: 2 * x, (X,)).verdict != "wrong"
        assert judge_gradient(f, lambda x: 3 * x, (X,)).verdict != "right"
