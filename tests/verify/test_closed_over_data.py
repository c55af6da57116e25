"""Data that f and its gradient close over are balls while they run, wherever they stand."""

import math
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from bptt.verify import judge_gradient
from tests.corpus.slips import BALLS, found

Array = Any

normal = np.random.default_rng(11).normal
ROWS, TARGETS = normal(size=(60, 5)), normal(size=60)
WEIGHTS = normal(size=5)
RATE = 0.1


def loss(w: Array, A: Array, y: Array) -> Any:
    return ((np.tanh(A @ w) - y) ** 2).mean()


def gradient(w: Array, A: Array, y: Array, factor: float = 1.0) -> Array:
    h = np.tanh(A @ w)
    return 2 * A.T @ ((h - y) * (1 - h * h)) * factor / len(y)


def by_closure(factor: float) -> tuple[Callable[..., Any], Callable[..., Any]]:
    A, y = ROWS.copy(), TARGETS.copy()
    return lambda w: loss(w, A, y), lambda w: gradient(w, A, y, factor)


def by_default(factor: float) -> tuple[Callable[..., Any], Callable[..., Any]]:
    def f(w: Array, *, A: Array = ROWS, y: Array = TARGETS) -> Any:
        return loss(w, A, y)

    def rule(w: Array, *, A: Array = ROWS, y: Array = TARGETS) -> Any:
        return gradient(w, A, y, factor)

    return f, rule


def by_global(factor: float) -> tuple[Callable[..., Any], Callable[..., Any]]:
    return lambda w: loss(w, ROWS, TARGETS), lambda w: gradient(w, ROWS, TARGETS, factor)


def by_partial(factor: float) -> tuple[Callable[..., Any], Callable[..., Any]]:
    return partial(loss, A=ROWS, y=TARGETS), partial(gradient, A=ROWS, y=TARGETS, factor=factor)


class Fit:
    def __init__(self, factor: float) -> None:
        self.data = {"A": ROWS, "y": TARGETS}
        self.factor = factor

    def loss(self, w: Array) -> Any:
        return loss(w, **self.data)

    def gradient(self, w: Array) -> Array:
        return gradient(w, **self.data, factor=self.factor)


def by_attribute(factor: float) -> tuple[Callable[..., Any], Callable[..., Any]]:
    fit = Fit(factor)
    return fit.loss, fit.gradient


def by_nesting(factor: float) -> tuple[Callable[..., Any], Callable[..., Any]]:
    batches = [SimpleNamespace(rows=ROWS[:20], targets=(TARGETS[:20],)), SimpleNamespace(rows=ROWS, targets=(TARGETS,))]
    return (
        lambda w: sum(loss(w, b.rows, b.targets[0]) for b in batches),
        lambda w: sum(gradient(w, b.rows, b.targets[0], factor) for b in batches),
    )


WAYS = [by_closure, by_default, by_global, by_partial, by_attribute, by_nesting]


@pytest.mark.parametrize("way", WAYS)
def test_a_layer_over_data_is_right_by_balls(way: Callable[[float], Any]) -> None:
    f, by_hand = way(1.0)
    report = judge_gradient(f, by_hand, (WEIGHTS,))
    assert found(report) == BALLS
    assert (report.formula.leaves[0].digits or 0) >= 40


@pytest.mark.parametrize("error", [1e-9, 1e-12])
@pytest.mark.parametrize("way", WAYS)
def test_a_slip_in_it_is_wrong(way: Callable[[float], Any], error: float) -> None:
    f, by_hand = way(1 + error)
    assert judge_gradient(f, by_hand, (WEIGHTS,)).verdict == "wrong"


def test_the_data_are_the_same_objects_afterwards() -> None:
    fit = Fit(1.0)
    before, rows = dict(fit.data), ROWS.copy()
    judge_gradient(fit.loss, fit.gradient, (WEIGHTS,))
    assert all(fit.data[name] is array for name, array in before.items())
    assert fit.data["A"] is ROWS
    assert type(ROWS) is np.ndarray
    np.testing.assert_array_equal(ROWS, rows)


def test_a_number_of_a_module_is_data_too() -> None:
    f = lambda x: (RATE * x * x).sum() - (x * RATE).sum()  # noqa: E731
    assert judge_gradient(f, lambda x: 2 * RATE * x - RATE, (np.array([0.5, 0.75]),)).verdict == "right"
    assert judge_gradient(f, lambda x: 2 * RATE * x - RATE**2, (np.array([0.5, 0.75]),)).verdict == "wrong"


def test_float32_data_beside_float64_are_what_they_are() -> None:
    A, y = ROWS.astype(np.float32), TARGETS.astype(np.float32)
    assert judge_gradient(lambda w: loss(w, A, y), lambda w: gradient(w, A, y), (WEIGHTS,)).verdict == "right"
    wrong = judge_gradient(lambda w: loss(w, A, y), lambda w: gradient(w, A, y, 1 + 1e-3), (WEIGHTS,))
    assert wrong.verdict == "wrong"


@pytest.mark.parametrize("error", [1e-9, 1e-12])
def test_float32_data_do_not_hide_a_slip_that_float64_shows(error: float) -> None:
    A, y = ROWS.astype(np.float32), TARGETS.astype(np.float32)
    report = judge_gradient(loss, lambda w, A, y: gradient(w, A, y, 1 + error), (WEIGHTS, A, y), wrt="w")
    assert report.verdict == "wrong"
    closed_over = judge_gradient(lambda w: loss(w, A, y), lambda w: gradient(w, A, y, 1 + error), (WEIGHTS,))
    assert closed_over.verdict != "right"  # they may have been computed before, and rounded


def test_data_that_a_function_writes_into_are_put_back() -> None:
    counts = np.zeros(3)

    def f(x: Array) -> Any:
        counts[:] = counts + 1
        return (x * x).sum() * counts[0]

    assert judge_gradient(f, lambda x: 2 * x, (np.array([0.5, 1.5, -1.0]),)).verdict == "right"
    assert judge_gradient(f, lambda x: 4 * x, (np.array([0.5, 1.5, -1.0]),)).verdict == "wrong"
    np.testing.assert_array_equal(counts, 0)


QUARTER = math.cos(math.pi / 2)  # 6e-17
FOURIER = np.exp(-2j * np.pi * np.outer(np.arange(4), np.arange(4)) / 4)


def fold_spectrum(x: Array) -> Any:
    spectrum = SIXTEENTHS @ x
    return 2 * (SIXTEENTHS.conj().T @ (spectrum / (1 + np.abs(spectrum) ** 2))).real


SIXTEENTHS = np.exp(-2j * np.pi * np.outer(np.arange(16), np.arange(16)) / 16)
RESIDUES: dict[str, tuple[Callable[[Array], Any], Callable[[Array], Any]]] = {
    "a matrix of Fourier's": (lambda x: (np.abs(FOURIER @ x) ** 2).sum(), lambda x: 8 * x),
    "beside exact roots of unity": (
        lambda x: (np.abs(np.fft.fft(x)) ** 3).sum(),
        lambda x: 3 * (FOURIER.conj().T @ ((FOURIER @ x) * np.abs(FOURIER @ x))).real,
    ),
    "many roots beside exact ones": (
        lambda x: np.log1p(np.abs(np.fft.fft(np.tile(x, 4))) ** 2).sum(),
        lambda x: fold_spectrum(np.tile(x, 4)).reshape(4, 4).sum(axis=0),
    ),
    "sines of multiples of pi": (lambda x: (np.sin(np.pi * np.arange(4)) * x).sum() + x @ x, lambda x: 2 * x),
    "a cosine of a right angle": (
        lambda x: (x[0] * QUARTER - x[1]) ** 2 + x[2],
        lambda x: np.array([0, 2 * x[1], 1, 0]),
    ),
    "what is left of tenths": (lambda x: ((1 - 0.9) - 0.1) * x @ x + x.sum(), lambda x: np.ones(4)),
}


@pytest.mark.parametrize("name", RESIDUES)
def test_what_is_left_of_larger_constants_accuses_nobody(name: str) -> None:
    f, gradient = RESIDUES[name]
    x = np.array([0.3, -1.2, 0.7, 2.1])
    assert judge_gradient(f, gradient, (x,)).verdict != "wrong"
    assert judge_gradient(f, lambda x: gradient(x) * np.array([1, 1, 1 + 1e-9, 1]), (x,)).verdict == "wrong"


def test_in_float32_they_are_those_of_float32() -> None:
    x, one = np.array([0.3, -1.2, 0.7, 2.1], np.float32), np.float32(1)
    sines = np.sin(np.float32(np.pi) * np.arange(4, dtype=np.float32))
    f = lambda x: (sines * x).sum() + (one - np.float32(0.9) - np.float32(0.1)) * x @ x + x.sum()  # noqa: E731
    assert judge_gradient(f, np.ones_like, (x,)).verdict != "wrong"
    assert judge_gradient(f, lambda x: np.array([1, 1, 1.00001, 1], np.float32), (x,)).verdict == "wrong"
