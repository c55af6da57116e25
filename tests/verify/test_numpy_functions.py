"""Each function of NumPy's that balls know, in a right gradient and in one with a slip."""

from typing import Any

import numpy as np
import pytest

from bptt.verify import judge_gradient
from tests.corpus.slips import BALLS, Case, found

Array = Any

normal = np.random.default_rng(0).normal
X = np.array([0.5, -1.25, 2.0])
W = np.array([1.0, 2.0, -3.0])
M = normal(size=(3, 4))
C = normal(size=(3, 4))
POSITIVE = np.abs(M) + 0.25


def in_place(x: Array) -> Any:
    y = x.copy()
    y *= 3
    y += 1
    y[1:] -= x[:-1]
    return (y * W).sum()


FUNCTIONS = {
    "clip": Case(lambda x: (np.clip(x, -1, 1) * W).sum(), lambda x: W * (np.abs(x) < 1), lambda x: W, X),
    "maximum": Case(lambda x: (np.maximum(x, 0) * W).sum(), lambda x: W * (x > 0), lambda x: W * (x < 0), X),
    "minimum": Case(lambda x: (np.minimum(x, 0) * W).sum(), lambda x: np.where(x < 0, W, 0), lambda x: W, X),
    "abs": Case(lambda x: (np.abs(x) * W).sum(), lambda x: W * np.sign(x), lambda x: W, X),
    "sign": Case(lambda x: (np.sign(x) * x**3).sum(), lambda x: 3 * x * np.abs(x), lambda x: 3 * x**2, X),
    "where": Case(
        lambda x: np.where(x > 0, x**2, -x).sum(), lambda x: np.where(x > 0, 2 * x, -1), lambda x: 2 * x * (x > 0), X
    ),
    "square": Case(lambda x: np.square(x).sum(), lambda x: 2 * x, np.square, X),
    "reciprocal": Case(
        lambda x: np.reciprocal(x).sum(), lambda x: -np.square(np.reciprocal(x)), lambda x: 1 / np.square(x), X
    ),
    "prod": Case(np.prod, lambda x: np.prod(x) / x, lambda x: np.prod(x) * x, X),
    "cumprod": Case(
        lambda x: np.cumprod(x).sum(),
        lambda x: np.cumsum(np.cumprod(x)[::-1])[::-1] / x,
        lambda x: np.cumprod(x) / x,
        X,
    ),
    "var": Case(np.var, lambda x: 2 * (x - x.mean()) / x.size, lambda x: 2 * x / x.size, X),
    "std": Case(np.std, lambda x: (x - x.mean()) / (x.size * x.std()), lambda x: (x - x.mean()) / x.std(), X),
    "mean": Case(lambda M: np.mean(M**2, axis=0).sum(), lambda M: 2 * M / len(M), lambda M: 2 * M / M.size, M),
    "max": Case(lambda x: np.max(x) ** 2, lambda x: 2 * x * (x == np.max(x)), lambda x: 2 * x, X),
    "max along an axis": Case(
        lambda M: (np.max(M, axis=1) ** 2).sum(),
        lambda M: 2 * M * (np.max(M, axis=1, keepdims=True) == M),
        lambda M: 2 * M * (np.max(M, axis=0, keepdims=True) == M),
        M,
    ),
    "argmax": Case(
        lambda M: (M[np.arange(3), np.argmax(M, axis=1)] ** 2).sum(),
        lambda M: 2 * M * np.eye(4)[np.argmax(M, axis=1)],
        lambda M: M * np.eye(4)[np.argmax(M, axis=1)],
        M,
    ),
    "sort": Case(
        lambda x: (np.sort(x) * W).sum(), lambda x: W[np.argsort(np.argsort(x))], lambda x: W[np.argsort(x[::-1])], X
    ),
    "cumsum": Case(
        lambda x: (np.cumsum(x) ** 2).sum() / 2, lambda x: np.cumsum(np.cumsum(x)[::-1])[::-1], np.cumsum, X
    ),
    "diff": Case(
        lambda x: (np.diff(x) ** 2).sum() / 2,
        lambda x: -np.diff(np.diff(x), prepend=0, append=0),
        lambda x: np.diff(np.diff(x), prepend=0, append=0),
        X,
    ),
    "outer": Case(
        lambda x: (np.outer(x, W) ** 2).sum(), lambda x: 2 * np.outer(x, W) @ W, lambda x: 2 * np.outer(W, x) @ W, X
    ),
    "tensordot": Case(
        lambda M: (np.tensordot(M, C, axes=([1], [1])) ** 2).sum() / 2,
        lambda M: np.tensordot(np.tensordot(M, C, axes=([1], [1])), C, axes=1),
        lambda M: np.tensordot(np.tensordot(C, M, axes=([1], [1])), C, axes=1),
        M,
    ),
    "einsum": Case(
        lambda M: np.einsum("ij,ij,kj->", M, M, C),
        lambda M: 2 * np.einsum("ij,kj->ij", M, C),
        lambda M: np.einsum("ij,kj->ij", M, C),
        M,
    ),
    "kron": Case(lambda x: (np.kron(x, W) ** 2).sum(), lambda x: 2 * x * (W @ W), lambda x: 2 * x * W.sum(), X),
    "concatenate": Case(lambda x: (np.concatenate([x, 2 * x]) ** 2).sum(), lambda x: 10 * x, lambda x: 6 * x, X),
    "stack": Case(
        lambda x: (np.stack([x, x**2], axis=-1) ** 2).sum(), lambda x: 2 * x + 4 * x**3, lambda x: 2 * x + 2 * x**2, X
    ),
    "split": Case(
        lambda M: (np.split(M, 2, axis=1)[0] ** 2).sum(),
        lambda M: np.hstack([2 * M[:, :2], np.zeros((3, 2))]),
        lambda M: np.hstack([np.zeros((3, 2)), 2 * M[:, 2:]]),
        M,
    ),
    "pad": Case(
        lambda x: (np.pad(x, 1)[:-1] * np.pad(x, 1)[1:]).sum(),
        lambda x: np.pad(x, 1)[2:] + np.pad(x, 1)[:-2],
        lambda x: np.pad(x, 1, mode="edge")[2:] + np.pad(x, 1)[:-2],
        X,
    ),
    "roll": Case(
        lambda x: (np.roll(x, 1) * x**2).sum(),
        lambda x: np.roll(x, 1) * 2 * x + np.roll(x**2, -1),
        lambda x: np.roll(x, 1) * 2 * x + np.roll(x**2, 1),
        X,
    ),
    "flip": Case(
        lambda x: (np.flip(x) * x * W).sum(),
        lambda x: np.flip(x) * W + np.flip(x * W),
        lambda x: 2 * np.flip(x) * W,
        X,
    ),
    "tile": Case(lambda x: (np.tile(x, (3, 1)) * C[:, :3]).sum(), lambda x: C[:, :3].sum(0), lambda x: C[0, :3], X),
    "repeat": Case(
        lambda x: (np.repeat(x, 2) * np.arange(6)).sum(),
        lambda x: np.arange(6).reshape(3, 2).sum(axis=1),
        lambda x: np.arange(6).reshape(2, 3).sum(axis=0),
        X,
    ),
    "diag": Case(lambda x: (np.diag(x) @ C).sum(), lambda x: C.sum(axis=1), lambda x: C.sum(axis=0)[:3], X),
    "tril": Case(lambda M: (np.tril(M) ** 2).sum(), lambda M: 2 * np.tril(M), lambda M: 2 * np.triu(M), M),
    "trace": Case(lambda M: np.trace(M @ M), lambda M: 2 * M.T, lambda M: 2 * M, M[:, :3]),
    "norm": Case(np.linalg.norm, lambda x: x / np.linalg.norm(x), lambda x: x / np.linalg.norm(x) ** 2, X),
    "norms of rows": Case(
        lambda M: np.linalg.norm(M, axis=1).sum(),
        lambda M: M / np.linalg.norm(M, axis=1, keepdims=True),
        lambda M: M / np.linalg.norm(M),
        M,
    ),
    "logaddexp": Case(lambda x: np.logaddexp(0, x).sum(), lambda x: 1 / (1 + np.exp(-x)), np.exp, X),
    "hypot": Case(lambda x: np.hypot(x, W).sum(), lambda x: x / np.hypot(x, W), lambda x: W / np.hypot(x, W), X),
    "log2": Case(lambda P: np.log2(P).sum(), lambda P: 1 / (P * np.log(2)), lambda P: 1 / P, POSITIVE),
    "log10": Case(lambda P: np.log10(P).sum(), lambda P: 1 / (P * np.log(10)), lambda P: np.log(10) / P, POSITIVE),
    "log1p": Case(lambda P: np.log1p(P).sum(), lambda P: 1 / (1 + P), lambda P: 1 / P, POSITIVE),
    "expm1": Case(lambda x: np.expm1(x).sum(), lambda x: np.expm1(x) + 1, np.expm1, X),
    "arctan": Case(lambda x: np.arctan(x).sum(), lambda x: 1 / (1 + x**2), lambda x: 1 / (1 - x**2), X),
    "cbrt": Case(lambda x: np.cbrt(x).sum(), lambda x: 1 / (3 * np.cbrt(x) ** 2), lambda x: 1 / (3 * np.cbrt(x)), X),
    "power": Case(
        lambda P: np.power(P, 2.5).sum(), lambda P: 2.5 * np.power(P, 1.5), lambda P: 2.5 * np.power(P, 2.5), POSITIVE
    ),
    "isfinite": Case(
        lambda x: (x**2).sum() if np.isfinite(x).all() else np.nan,
        lambda x: np.where(np.isfinite(x), 2 * x, 0),
        lambda x: np.where(np.isnan(x), 2 * x, 0),
        X,
    ),
    "integers as indices": Case(
        lambda x: (x[[0, 0, 1]] ** 2).sum(),
        lambda x: 2 * x * np.bincount([0, 0, 1], minlength=3),
        lambda x: 2 * x * np.isin([0, 1, 2], [0, 0, 1]),
        X,
    ),
    "a mask as index": Case(lambda x: (x[x > 0] ** 2).sum(), lambda x: 2 * x * (x > 0), lambda x: 2 * x, X),
    "in place": Case(
        in_place, lambda x: 3 * W - np.append(W[1:], 0), lambda x: 3 * W - 3 * np.append(W[1:], 0), X
    ),
    "a mean for a sum": Case(lambda M: (M**2).sum(), lambda M: 2 * M, lambda M: 2 * M / len(M), M),
}  # fmt: skip


@pytest.mark.parametrize("case", FUNCTIONS.values(), ids=FUNCTIONS)
def test_a_function_of_numpys_is_right_by_balls(case: Case) -> None:
    assert found(judge_gradient(case.f, case.gradient, (case.point,))) == BALLS


@pytest.mark.parametrize("case", FUNCTIONS.values(), ids=FUNCTIONS)
def test_a_slip_in_its_gradient_is_wrong(case: Case) -> None:
    assert judge_gradient(case.f, case.slip, (case.point,)).formula.verdict == "wrong"


def test_outer_products_that_are_given_up_at_once_are_told_apart() -> None:
    def f(left: Array, right: Array, x: Array) -> Any:
        return sum(((np.outer(u, v) @ x) ** 2).sum() for u, v in zip(left, right, strict=True)) / 2

    def gradient(left: Array, right: Array, x: Array) -> Array:
        return sum(np.outer(v, u) @ (np.outer(u, v) @ x) for u, v in zip(left, right, strict=True))

    point = normal(size=(12, 3)), normal(size=(12, 4)), normal(size=(4, 2))
    assert found(judge_gradient(f, gradient, point, wrt="x")) == BALLS
