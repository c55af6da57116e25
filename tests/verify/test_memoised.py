"""Functions that keep what they computed and ask by value whether it may be used again; statistics that run along."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from bptt.verify import GradientMismatch, check_gradient, judge_gradient
from tests.corpus.floats_only import take_float
from tests.corpus.slips import BALLS, found

Array = Any

X = np.array([0.5, -1.25, 2.0])


class ValueAndGradient:
    """Compute both at once, and again only at another x: as SciPy's MemoizeJac does."""

    def __init__(self, key: Callable[[Array], Any], same: Callable[[Any, Any], bool], factor: float) -> None:
        self.key, self.same, self.factor = key, same, factor
        self.x: Any = None
        self.value: Any = None
        self.slope: Any = None
        self.computed = 0

    def compute(self, x: Array) -> None:
        key = self.key(x)
        if self.x is not None and self.same(self.x, key):
            return
        self.x = key
        self.computed += 1
        h = np.tanh(x)
        self.value, self.slope = (h * h).sum(), self.factor * h * (1 - h * h)

    def f(self, x: Array) -> Any:
        self.compute(x)
        return self.value

    def gradient(self, x: Array) -> Any:
        self.compute(x)
        return self.slope


def is_equal(a: Any, b: Any) -> bool:
    return bool(a == b)


KEYS = {
    "np.array_equal": (np.copy, np.array_equal),
    "np.all": (np.array, lambda a, b: bool(np.all(a == b))),
    "np.allclose": (np.copy, lambda a, b: np.allclose(a, b, rtol=0, atol=0)),
    "a tuple": (tuple, is_equal),
    "a list": (lambda x: x.tolist(), is_equal),
    "bytes": (lambda x: x.tobytes(), is_equal),
    "text": (str, is_equal),
    "its hash": (lambda x: hash(tuple(x)), is_equal),
}


@pytest.mark.parametrize(("key", "same"), KEYS.values(), ids=KEYS)
def test_a_value_that_is_kept_for_the_same_point_is_right(key: Any, same: Any) -> None:
    memo = ValueAndGradient(key, same, 2.0)
    assert found(judge_gradient(memo.f, memo.gradient, (X,))) == BALLS
    assert (memo.x, memo.computed) == (None, 0)


@pytest.mark.parametrize(("key", "same"), KEYS.values(), ids=KEYS)
def test_a_slip_that_is_kept_with_it_is_wrong(key: Any, same: Any) -> None:
    memo = ValueAndGradient(key, same, 2 + 1e-9)
    assert judge_gradient(memo.f, memo.gradient, (X,)).verdict == "wrong"


@pytest.mark.parametrize(("key", "same"), KEYS.values(), ids=KEYS)
def test_what_was_kept_before_the_check_is_there_after_it(key: Any, same: Any) -> None:
    memo = ValueAndGradient(key, same, 2.0)
    memo.gradient(X + 1)
    value, slope = memo.value, memo.slope
    assert judge_gradient(memo.f, memo.gradient, (X,)).verdict == "right"
    assert memo.value is value
    assert memo.slope is slope
    assert memo.computed == 1


def test_a_dict_by_bytes_is_a_cache() -> None:
    cache: dict[bytes, Any] = {}

    def hidden(x: Array) -> Any:
        key = x.tobytes()
        if key not in cache:
            cache[key] = np.exp(-x * x)
        return cache[key]

    assert judge_gradient(lambda x: hidden(x).sum(), lambda x: -2 * x * hidden(x), (X,)).verdict == "right"
    assert judge_gradient(lambda x: hidden(x).sum(), lambda x: -x * hidden(x), (X,)).verdict == "wrong"
    assert cache == {}


class Normalisation:
    """Batch normalisation whose running mean the forward pass moves on; it trains by the mean of the batch."""

    def __init__(self, momentum: float = 0.9) -> None:
        self.running_mean, self.momentum, self.batches = np.zeros(2), momentum, 0

    def forward(self, x: Array) -> Any:
        mean = x.mean(axis=0)
        self.running_mean = self.momentum * self.running_mean + (1 - self.momentum) * mean
        self.batches += 1
        self.centred = x - mean
        self.scale = 1 / np.sqrt((self.centred**2).mean(axis=0) + 1e-5)
        return ((self.centred * self.scale) ** 3).sum()

    def backward(self, x: Array, keeps_mean: bool = True) -> Any:
        x_hat = self.centred * self.scale
        bar = 3 * x_hat**2
        bar = bar - (bar.mean(axis=0) if keeps_mean else 0) - x_hat * (bar * x_hat).mean(axis=0)
        return bar * self.scale + 0 * x


BATCH = np.random.default_rng(5).normal(size=(6, 2))


def test_a_mean_that_runs_along_does_not_move_by_being_checked() -> None:
    layer = Normalisation()
    layer.forward(BATCH - 1)
    before = layer.running_mean.copy()
    assert judge_gradient(layer.forward, layer.backward, (BATCH,)).verdict == "right"
    np.testing.assert_array_equal(layer.running_mean, before)
    assert layer.batches == 1


def test_a_batch_mean_that_is_taken_for_fixed_is_wrong() -> None:
    layer = Normalisation()
    assert judge_gradient(layer.forward, lambda x: layer.backward(x, False), (BATCH,)).verdict == "wrong"


def test_a_loss_by_the_running_mean_itself_depends_on_the_batch_as_far_as_that_moves() -> None:
    layer = Normalisation()

    def f(x: Array) -> Any:
        layer.forward(x)
        return ((x - layer.running_mean) ** 2).sum() / 2

    def gradient(x: Array, moves: float = 0.1) -> Array:
        error = x - layer.running_mean
        return error - moves * error.mean(axis=0)

    layer.forward(BATCH + 3)
    assert judge_gradient(f, gradient, (BATCH,)).verdict == "right"
    assert judge_gradient(f, lambda x: gradient(x, 0.0), (BATCH,)).verdict == "wrong"


def test_what_was_kept_of_this_very_point_before_is_computed_again() -> None:
    kept = ValueAndGradient(np.copy, np.array_equal, 2.0)
    kept.compute(X)
    before = (kept.x, kept.value, kept.slope)

    def f(x: Array) -> Any:
        kept.compute(x)
        return kept.value

    def gradient(x: Array) -> Any:
        kept.compute(x)
        return kept.slope

    for by_hand in gradient, lambda x: kept.slope:  # the latter as f left it
        assert found(judge_gradient(f, by_hand, (X,))) == BALLS
        assert judge_gradient(f, lambda x, by_hand=by_hand: 1.0001 * by_hand(x), (X,)).verdict == "wrong"
    assert (kept.x, kept.value, kept.slope) == before


def test_a_gradient_that_adds_up_from_call_to_call_is_not_right() -> None:
    total = np.zeros(3)

    def gradient(x: Array) -> Any:
        total[:] = total + 2 * x
        return total

    report = judge_gradient(lambda x: (x**2).sum(), gradient, (X,))
    assert report.verdict == "undecided"
    assert report.notes == ("a second call of gradient returns something else by x",)
    assert total.tolist() == [0, 0, 0]


def test_what_is_asked_of_a_wrong_gradient_leaves_no_trace_in_what_is_kept() -> None:
    mean = np.zeros(3)

    def f(x: Array) -> float:
        mean[:] = 0.9 * mean + 0.1 * x
        return take_float((x**2).sum())

    with pytest.raises(GradientMismatch, match="by finite differences"):
        check_gradient(f, lambda x: 3 * x, (X,))
    assert mean.tolist() == [0, 0, 0]
