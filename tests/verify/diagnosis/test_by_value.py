"""What the values of a wrong gradient are is named, and a near miss of it is not."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

from bptt.rnn.arrays import Array
from bptt.verify.diagnosis._kind import Form
from tests.verify.diagnosis.recurrent_network import (
    NAMES,
    T,
    backward,
    diagnose_at,
    draw_point,
    find_kind,
    loss,
    name_kind,
)


def but_at(index: Any, change: Callable[[Any], Any], of: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A change that spares one entry, which another one changes."""

    def changed(g: Any) -> Any:
        other = change(g).copy()
        other[index] = of(g[index])
        return other

    return changed


def clipped(limit: float, g: Any) -> Any:
    return np.clip(g, -limit, limit)


def shortened(limit: float, g: Any) -> Any:
    return g * (limit / np.sqrt((g * g).sum()))


FIRST = (0, 0)


@pytest.mark.parametrize(
    ("by", "change", "expected"),
    [
        ("W", lambda g: -g, "negated"),
        ("W", lambda g: 2 * g, "scaled"),
        ("b", lambda g: g / 3, "scaled"),
        ("xs", lambda g: g * 0.37, "scaled"),
        ("W", lambda g: g.T, "transposed"),
        ("U", lambda g: g.T, "transposed"),
        ("xs", lambda g: g.transpose(1, 0, 2), "transposed"),
        ("xs", lambda g: g[::-1], "reversed"),
        ("xs", lambda g: np.roll(g, 1, axis=0), "shifted"),
        ("xs", lambda g: np.concatenate([g[1:], 0 * g[:1]]), "shifted"),
        ("b", lambda g: np.stack([g / 4, 3 * g / 4]), "unreduced"),
        ("xs", lambda g: g.sum(axis=1), "summed"),
        ("xs", lambda g: g * 0 + g.mean(axis=0), "summed"),
        ("W", lambda g: g.reshape(-1), "reshaped"),
        ("b", lambda g: 0 * g, "zero"),
        ("W", partial(clipped, 0.25), "clipped"),
        ("W", partial(shortened, 0.25), "clipped by norm"),
        ("xs", lambda g: g * np.array([[0.0], [1.0]]), "part missing"),
    ],
)
def test_what_the_values_are_is_named(by: str, change: Callable[[Any], Any], expected: str) -> None:
    assert name_kind(by, change) == expected


@pytest.mark.parametrize(
    ("by", "change"),
    [
        ("W", but_at(FIRST, lambda g: -g, lambda x: x)),
        ("W", but_at(FIRST, lambda g: -g, lambda x: -x * (1 + 2.0**-40))),
        ("W", but_at(FIRST, lambda g: 2 * g, lambda x: 3 * x)),
        ("b", lambda g: g * (1 + g)),
        ("W", but_at(FIRST, lambda g: g.T, lambda x: 2 * x)),
        ("W", lambda g: g.T + g),
        ("xs", but_at((0, 0, 0), lambda g: g[::-1], lambda x: x)),
        ("xs", lambda g: np.concatenate([2 * g[1:], g[1:2]])),
        ("b", lambda g: np.stack([g, g])),
        ("xs", lambda g: g[:, 0] + 2 * g[:, 1]),
        ("W", lambda g: g.reshape(-1)[::-1]),
        ("b", lambda g: 0 * g + 2.0**-60),
        ("W", lambda g: np.minimum(g, 0.25)),
        ("W", but_at(FIRST, partial(clipped, 0.25), lambda x: 0.25 + 2.0**-30)),
        ("W", lambda g: g * (0.25 / abs(g).max())),
        ("xs", lambda g: np.concatenate([0.5 * g[:1], 0.25 * g[1:2], g[2:]])),
    ],
)
def test_what_is_nearly_that_is_not_named(by: str, change: Callable[[Any], Any]) -> None:
    assert name_kind(by, change) == ""


def test_a_factor_is_named_by_the_size_that_it_may_stand_for() -> None:
    found = find_kind("b", lambda g: g / T)
    assert found is not None
    assert found.text == f"1/{T} times the true one, or 1/xs.shape[0] or 1/ys.shape[0] times"


def test_the_gradient_by_another_array_is_named_and_a_mixture_of_both_is_not() -> None:
    def swapped(*arguments: Any, share: float = 1.0) -> tuple[Any, ...]:
        U, W, R, *others = backward(*arguments)
        return U, share * R + (1 - share) * W, R, *others

    found = diagnose_at(loss, swapped, draw_point(), "W", NAMES).kind
    assert found == Form.OF_ANOTHER_ARRAY.describe(path="R")
    assert diagnose_at(loss, partial(swapped, share=0.5), draw_point(), "W", NAMES).kind is None


X = np.array([0.5, 0.0, -1.0, 0.0, 2.0])
P = np.array([0.7, 1.3, 2.1])


@pytest.mark.parametrize(
    ("gradient", "expected"),
    [
        (lambda x: np.where(x == 0, 0.0, 1 + 2 * x), "the true one, but 0 where x is 0"),
        (lambda x: np.where(x < 0, 0.0, 1 + 2 * x), "the true one, but 0 where x is negative"),
        (lambda x: np.where(x == 0, 0.5, 1 + 2 * x), ""),
        (lambda x: np.where(x < 0.1, 0.0, 1 + 2 * x), ""),
    ],
)
def test_zeros_are_told_by_the_sign_of_the_argument(gradient: Any, expected: str) -> None:
    near = diagnose_at(lambda x: (x + x**2).sum(), gradient, (X,), "x").kind
    assert (near.text if near else "") == expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda g, x: g * x, "the true one times x, entry by entry: that by its logarithm"),
        (lambda g, x: g / x, "the true one divided by x, entry by entry"),
        (lambda g, x: g * np.exp(x), "the true one times the exponential of x, entry by entry"),
        (lambda g, x: g * x * (1 + 1e-3 * x), ""),
    ],
)
def test_a_gradient_by_the_logarithm_of_an_array_is_named(change: Any, expected: str) -> None:
    found = diagnose_at(lambda x: np.sin(x).sum(), lambda x: change(np.cos(x), x), (P,), "x").kind
    assert (found.text if found else "") == expected


@pytest.mark.parametrize(
    ("added", "expected"),
    [
        (lambda x: x / 8, "the true one plus 1/8 times x, as of a regularisation"),
        (lambda x: 0.0012 * x, "the true one plus 0.0012 times x, as of a regularisation"),
        (lambda x: x / 8 * np.array([1, 1, 2, 1, 1]), ""),
        (lambda x: x / 8 + 0.25, ""),
        (lambda x: 1e6 * x, ""),
    ],
)
@pytest.mark.parametrize("slope", [0.0, 1.0])
def test_a_multiple_of_the_array_that_is_added_is_named(added: Any, expected: str, slope: float) -> None:
    x = np.array([0.5, 1.5, -1.0, 0.25, 2.0])
    found = diagnose_at(lambda x: slope * x.sum(), lambda x: slope + 0 * x + added(x), (x,), "x").kind
    assert (found.text if found else "") == expected


@pytest.mark.parametrize("end", [0.0, 3.0])
def test_a_shift_is_named_whatever_comes_in_at_the_end(end: float) -> None:
    def shifted(x: Array) -> Any:
        return np.concatenate([np.cos(x[1:]), np.zeros(1) + end])

    found = diagnose_at(lambda x: np.sin(x).sum(), shifted, (P,), "x").kind
    assert found is not None
    assert found.text == "the true one shifted by one, to earlier indices, along axis 0" + (
        ", beside what comes in at the end" if end else ""
    )


@pytest.mark.parametrize(
    ("epsilon", "expected"),
    [
        (1e-6, "the true one but for 1e-5 of its largest entry at most, as where an epsilon is in one of the two"),
        (1e-3, ""),
    ],
)
def test_an_epsilon_in_the_loss_alone_is_told_by_how_little_it_changes(epsilon: float, expected: str) -> None:
    found = diagnose_at(lambda x: np.log(x + epsilon).sum(), lambda x: 1 / x, (1 + P,), "x").kind
    assert (found.text if found else "") == expected


@pytest.mark.parametrize(
    ("shape", "factor", "expected"),
    [
        ((3, 4), lambda x: np.sqrt(x.shape[1]), "2 times the true one, or √x.shape[1] times"),
        ((3, 2), lambda x: np.sqrt(x.shape[1]), "√x.shape[1] times the true one"),
        ((5, 2), lambda x: 1.0 + 0.5**0.5, "1.70711 times the true one"),
    ],
)
def test_a_root_of_a_size_is_written_as_one(shape: tuple[int, ...], factor: Any, expected: str) -> None:
    x = np.random.default_rng(0).normal(size=shape)
    found = diagnose_at(lambda x: (x**2).sum(), lambda x: factor(x) * 2 * x, (x,), "x").kind
    assert found is not None
    assert found.text == expected
