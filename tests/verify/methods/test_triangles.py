"""Gradients by a symmetric matrix of which f reads one triangle."""

from typing import Any

import jax
import numpy as np
import pytest
from jax.scipy import linalg

from bptt.verify import judge_gradient

Array = Any

FACTOR = np.random.default_rng(0).normal(size=(4, 4))
A, Y = FACTOR @ FACTOR.T + 4 * np.eye(4), np.array([0.5, -1.25, 2.0, 0.75])
SYMMETRIC = "for a symmetric matrix, of which f reads one triangle"


def log_determinant(A: Array) -> Any:
    return 2 * np.log(np.diag(np.linalg.cholesky(A))).sum()


def eigenvalues(A: Array) -> Any:
    return np.linalg.eigvalsh(A) @ Y


def by_eigenvectors(A: Array) -> Any:
    _, V = np.linalg.eigh(A)
    return (V * Y) @ V.T


@pytest.mark.parametrize(("f", "gradient"), [(log_determinant, np.linalg.inv), (eigenvalues, by_eigenvectors)])
def test_half_for_each_triangle_is_right_and_said_to_be_for_symmetric_ones(f: Any, gradient: Any) -> None:
    report = judge_gradient(f, gradient, (A,))
    assert (report.verdict, report.formula.leaves[0].reason) == ("right", SYMMETRIC)
    lower = lambda A: np.tril(2 * gradient(A)) - np.diag(np.diag(gradient(A)))  # noqa: E731
    assert judge_gradient(f, lower, (A,)).formula.leaves[0].reason != SYMMETRIC
    assert judge_gradient(f, lower, (A,)).verdict == "right"


@pytest.mark.parametrize(
    "slip",
    [lambda G: G * (1 + 1e-9), lambda G: G + np.triu(G, 1) - np.tril(G, -1), lambda G: np.triu(2 * G), lambda G: -G],
)
def test_anything_else_is_wrong(slip: Any) -> None:
    assert judge_gradient(log_determinant, lambda A: slip(np.linalg.inv(A)), (A,)).verdict == "wrong"


def test_a_matrix_that_is_not_symmetric_has_the_derivative_of_what_is_read() -> None:
    skewed = A + np.triu(FACTOR, 1) / 100
    assert judge_gradient(eigenvalues, by_eigenvectors, (skewed,)).verdict == "wrong"


def test_a_mask_over_a_symmetric_matrix_is_no_such_triangle() -> None:
    f = lambda A: (np.tril(A) @ Y).sum()  # noqa: E731
    lower = np.tril(np.outer(np.ones(4), Y))
    assert judge_gradient(f, lambda A: lower, (A,)).verdict == "right"
    assert judge_gradient(f, lambda A: lower.T, (A,)).verdict == "wrong"
    assert judge_gradient(f, lambda A: (lower + lower.T) / 2, (A,)).verdict == "wrong"


def test_jax_takes_every_step_for_symmetric() -> None:
    with jax.enable_x64(True):
        f = lambda A: Y @ linalg.cho_solve(linalg.cho_factor(A), Y)  # noqa: E731
        assert judge_gradient(f, jax.grad(f), (A,)).verdict == "right"
        assert judge_gradient(f, lambda A: jax.grad(f)(A) * (1 + 1e-9), (A,)).verdict == "wrong"
