"""Mistakes at one place in the code of f are named there: a slope, a factor, one use of several; a near miss is not."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from bptt.rnn.arrays import Array
from tests.verify.diagnosis.recurrent_network import describe_kind

RANDOM = np.random.default_rng(3)
X, Y, C = RANDOM.normal(size=(5, 3)), RANDOM.normal(size=(5, 2)), RANDOM.normal(size=(4, 4))
MASK = np.array([1.0, 0.0, 2.0, 0.0, 2.0])[:, None]
IDS = np.array([2, 0, 2, 1, 2])
W, E, Z = RANDOM.normal(size=(3, 2)), RANDOM.normal(size=(4, 2)), RANDOM.normal(size=(4, 3))


def sigmoid(z: Array) -> Any:
    return 1 / (1 + np.exp(-z))


def dense(W: Array) -> Any:
    return ((np.tanh(X @ W) - Y) ** 2).sum() / 2


def of_dense(slope: Callable[[Any, Any], Any]) -> Callable[[Array], Any]:
    """Its gradient, with another slope of tanh in terms of its argument and its value."""
    return lambda W: X.T @ ((np.tanh(X @ W) - Y) * slope(X @ W, np.tanh(X @ W)))


@pytest.mark.parametrize(
    ("slope", "expected"),
    [
        (lambda z, h: 1 + 0 * h, "the true one without the slope of `np.tanh(X @ W)`"),
        (lambda z, h: 1 - h, "the true one with 1 - y for the slope of y = `np.tanh(X @ W)`"),
        (lambda z, h: h * (1 - h), "the true one with y * (1 - y) for the slope of y = `np.tanh(X @ W)`"),
        (lambda z, h: 1 - z**2, "the true one with 1 - x**2 for the slope of y = `np.tanh(X @ W)`"),
        (lambda z, h: 1 - np.tanh(h) ** 2, "the true one with 1 - tanh(y)**2 for the slope of y = `np.tanh(X @ W)`"),
        (lambda z, h: (1 - h**2) ** 2, "the true one with the slope of `np.tanh(X @ W)`"),
        (lambda z, h: 1 - h**2 + 2.0**-10 * h, ""),
        (lambda z, h: 1 - h**3, ""),
        (lambda z, h: np.where(h > 0, 1.0, 1 - h**2), ""),
    ],
)
def test_a_slope_that_is_left_out_or_that_of_another_function_is_quoted(slope: Any, expected: str) -> None:
    text = describe_kind(dense, of_dense(slope), (W,), "W")
    assert text.startswith(expected)
    assert bool(text) == bool(expected)


def test_a_function_in_several_lines_is_quoted_as_it_is_called() -> None:
    def f(W: Array) -> Any:
        return ((sigmoid(X @ W) - Y) ** 2).sum() / 2

    text = describe_kind(f, lambda W: X.T @ (sigmoid(X @ W) - Y), (W,), "W")
    assert re.fullmatch(r"the true one without the slope of `sigmoid\(X @ W\)`, line \d+ of \S+ by `X @ W`", text)


@pytest.mark.parametrize(
    ("share", "expected"), [(1.0, "the true one without the factor in `np.tanh(X @ W) * MASK`"), (0.5, "")]
)
def test_a_mask_that_is_left_out_is_a_factor_of_data(share: float, expected: str) -> None:
    def gradient(W: Array) -> Any:
        return X.T @ ((1 - np.tanh(X @ W) ** 2) * (share + (1 - share) * MASK))

    text = describe_kind(lambda W: (np.tanh(X @ W) * MASK).sum(), gradient, (W,), "W")
    assert text.partition(", line")[0] == expected


def pooled(x: Array) -> Any:
    return (x.reshape(4, 3).max(axis=1) ** 3).sum()


@pytest.mark.parametrize(("others", "expected"), [(1.0, "of all that `x.reshape(4, 3).max(axis=1)`"), (0.5, "")])
def test_a_maximum_that_hands_the_gradient_to_all_is_named(others: float, expected: str) -> None:
    def gradient(x: Array) -> Any:
        a = x.reshape(4, 3)
        y = a.max(axis=1, keepdims=True)
        return (3 * y**2 * np.where(a == y, 1.0, others)).reshape(x.shape)

    text = describe_kind(pooled, gradient, (Z.reshape(-1),), "x")
    assert expected in text
    assert bool(text) == bool(expected)


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (1.0, 0.0, "the true one without what goes into the right side of `x @ x.T`"),
        (0.0, 1.0, "the true one without what goes into the left side of `x @ x.T`"),
        (1.0, -1.0, "the true one with what goes from x into `x @ x.T`"),
        (1.0, 0.3, ""),
    ],
)
def test_one_of_two_uses_in_a_product_is_named(left: float, right: float, expected: str) -> None:
    def gradient(x: Array) -> Any:
        δ = np.cos(x @ x.T) * C
        return left * δ @ x + right * δ.T @ x

    text = describe_kind(lambda x: (np.sin(x @ x.T) * C).sum(), gradient, (Z,), "x")
    assert text.partition(", line")[0] == expected


@pytest.mark.parametrize(
    ("write", "expected"),
    [
        (lambda g, i, one: one, "the true one with the last use of each entry in `E[IDS] ** 3`"),
        (lambda g, i, one: g if g.any() else one, "the true one with the first use of each entry in `E[IDS] ** 3`"),
        (lambda g, i, one: g + one * (i > 0), "the true one, but 0 at"),
        (lambda g, i, one: 0.5 * g + one, ""),
    ],
)  # fmt: skip
def test_a_row_looked_up_twice_that_is_overwritten_is_named(write: Any, expected: str) -> None:
    def gradient(E: Array) -> Any:
        rows = [0 * E[0] for _ in E]
        for k, i in enumerate(IDS):
            rows[i] = write(rows[i], i, 3 * E[i] ** 2 * Y[k])
        return np.stack(rows)

    text = describe_kind(lambda E: (E[IDS] ** 3 * Y).sum(), gradient, (E,), "E")
    assert re.sub(r", line \d+ of \S+", "", text).startswith(expected)
    assert bool(text) == bool(expected)


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (slice(-1), "the true one without what goes through the last use of W in `X @ W`"),
        (slice(1, None), "the true one without what goes through the first use of W in `X @ W`"),
        (slice(1), "the true one with the first use of each entry in `X @ W`"),
        (slice(1, -1), ""),
    ],
)
def test_a_row_of_data_that_is_left_out_is_a_use_of_the_weights(part: slice, expected: str) -> None:
    def gradient(W: Array) -> Any:
        h = np.tanh(X @ W)
        return X[part].T @ ((h - Y) * (1 - h**2))[part]

    text = describe_kind(dense, gradient, (W,), "W")
    assert text.startswith(expected)
    assert bool(text) == bool(expected)


def states(U: Array, V: Array, xs: Array) -> list[Any]:
    h = [np.zeros((2, 3))]
    for x in xs:
        h.append(np.tanh(x @ U + h[-1] @ V))
    return h


def recur(U: Array, V: Array, xs: Array) -> Any:
    return sum((h**2).sum() for h in states(U, V, xs)[1:]) / 2


@pytest.mark.parametrize(
    ("by", "slip", "expected"),
    [
        ("V", "after", "the true one with what the step after has beside V in `h[-1] @ V`"),
        ("U", "input before", "the true one with what the step before has beside U in `x @ U`"),
        ("V", "slope before", "the true one with the slope of `np.tanh(x @ U + h[-1] @ V)`"),
        (
            "V",
            "not carried",
            "the true one, but carried back in time without the slope of `np.tanh(x @ U + h[-1] @ V)`",
        ),
        ("V", "none", "the true one without the slope of `np.tanh(x @ U + h[-1] @ V)`"),
        ("V", "sign", "the true one with what goes from `np.tanh(x @ U + h[-1] @ V)` into `h[-1] @ V`"),
        ("V", "seventh of a slope", ""),
        ("V", "mean of two states", ""),
    ],
)
def test_mistakes_in_a_recurrence_over_a_batch_are_named(by: str, slip: str, expected: str) -> None:
    def gradient(U: Array, V: Array, xs: Array) -> tuple[Any, ...]:
        h, carry, U_bar, V_bar = states(U, V, xs), 0, 0, 0
        xs_bar: list[Any] = []
        for t in reversed(range(len(xs))):
            h_bar, slope = h[t + 1] + carry, 1 - h[t + 1] ** 2
            slopes = {"slope before": 1 - h[t] ** 2, "none": 1, "seventh of a slope": slope / 7}
            δ = h_bar * slopes.get(slip, slope)
            beside = {"after": h[t + 1], "mean of two states": (h[t] + h[t + 1]) / 2}
            U_bar = U_bar + xs[t - 1 if slip == "input before" and t else t].T @ δ
            V_bar = V_bar + beside.get(slip, h[t]).T @ δ
            xs_bar.insert(0, δ @ U.T)
            carry = {"not carried": h_bar, "sign": -δ}.get(slip, δ) @ V.T
        return U_bar, V_bar, np.stack(xs_bar)

    normal = np.random.default_rng(1).normal
    text = describe_kind(recur, gradient, (normal(size=(2, 3)), normal(size=(3, 3)), normal(size=(4, 2, 2))), by)
    assert text.startswith(expected)
    assert bool(text) == bool(expected)


def test_softmax_without_its_denominator_is_named_though_a_maximum_was_subtracted() -> None:
    def f(Z: Array) -> Any:
        e = np.exp(Z - Z.max(axis=1, keepdims=True))
        p = e / e.sum(axis=1, keepdims=True)
        return (p**2 * Z**0).sum()

    def gradient(Z: Array) -> Any:
        e = np.exp(Z - Z.max(axis=1, keepdims=True))
        p = e / e.sum(axis=1, keepdims=True)
        return 2 * p * p

    text = describe_kind(f, gradient, (Z,), "Z")
    assert text.startswith("the true one without what goes through `e.sum(axis=1, keepdims=True)`")


@pytest.mark.parametrize(
    ("power", "expected"), [(1, "the true one multiplied by `1 + Z.sum(axis=1, keepdims=True) ** 2`"), (2, "")]
)
def test_what_the_gradient_was_to_be_divided_by_is_quoted(power: int, expected: str) -> None:
    def f(Z: Array) -> Any:
        return (np.sin(Z) + 0 / (1 + Z.sum(axis=1, keepdims=True) ** 2)).sum()

    text = describe_kind(f, lambda Z: np.cos(Z) * (1 + Z.sum(axis=1, keepdims=True) ** 2) ** power, (Z,), "Z")
    assert text.partition(", line")[0] == expected


@pytest.mark.parametrize(
    ("slip", "expected"), [("own", "entry by entry, without what other entries do to it"), ("half", "")]
)
def test_softmax_taken_entry_by_entry_is_named(slip: str, expected: str) -> None:
    def softmax(Z: Array) -> Any:
        e = np.exp(Z - Z.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)

    def gradient(Z: Array) -> Any:
        p = softmax(Z)
        return 2 * p * p * (1 - p) * (1 if slip == "own" else 1 + p)

    text = describe_kind(lambda Z: (softmax(Z) ** 2).sum(), gradient, (Z,), "Z")
    assert text.endswith(expected)
    assert bool(text) == bool(expected)


@pytest.mark.parametrize(("share", "expected"), [(1.0, "what comes back by k reversed along axis 0"), (0.5, "")])
def test_a_kernel_that_is_reversed_on_the_way_back_is_named(share: float, expected: str) -> None:
    def f(x: Array, k: Array) -> Any:
        return sum(np.sin(x[i : i + 3] @ k) for i in range(len(x) - 2))

    def gradient(x: Array, k: Array) -> Any:
        x_bar = 0 * x
        for i in range(len(x) - 2):
            x_bar[i : i + 3] = x_bar[i : i + 3] + np.cos(x[i : i + 3] @ k) * (share * k[::-1] + (1 - share) * k)
        return x_bar, sum(np.cos(x[i : i + 3] @ k) * x[i : i + 3] for i in range(len(x) - 2))

    assert describe_kind(f, gradient, (RANDOM.normal(size=6), np.array([0.5, -1.0, 2.0])), "x") == expected
