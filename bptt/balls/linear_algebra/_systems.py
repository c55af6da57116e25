"""Linear systems and the factors of a matrix, on balls: one matrix, or several beside each other, a function.

What is a formula of a few steps, such as a Cholesky factor, is computed step by step, and the derivative flows through
the steps; what solves an equation is enclosed by FLINT and differentiated by the equation. Which rows are exchanged and
which sign a column has is what it is on floats: that is the same for all matrices near this one.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from flint import arb, arb_mat

from bptt.balls._array import BallArray, get_floats, list_elements, strip_class
from bptt.balls._ball import Ball
from bptt.balls.linear_algebra._matrices import (
    Balls,
    enclose_matrix,
    fix_matrix,
    is_finite_matrix,
    linearise,
    make_unknown,
    make_zeros,
    note_triangle,
    select_signs,
)


def solve_system(floats: Any, A: Balls, B: Balls) -> Balls:  # noqa: ARG001  (a kernel's)
    """Return X with A X = B; dX = A⁻¹(dB − dA X)."""
    a, b = enclose_matrix(A), enclose_matrix(B)
    x = a.solve(b, nonstop=True)

    def differentiate() -> Any:
        return fix_matrix(a.inv(nonstop=True)) @ (B - A @ fix_matrix(x))

    return linearise(x.entries(), B.shape, differentiate, A, B)


def invert(floats: Any, A: Balls) -> Balls:  # noqa: ARG001
    """Return A⁻¹; d(A⁻¹) = −A⁻¹ dA A⁻¹."""
    inverse = enclose_matrix(A).inv(nonstop=True)
    z = fix_matrix(inverse)
    return linearise(inverse.entries(), A.shape, lambda: -(z @ A @ z), A)


def take_determinant(floats: Any, A: Balls) -> Balls:  # noqa: ARG001
    """Return det A; d det A = Σ cofactor[i,j] dA[i,j]."""
    a = enclose_matrix(A)
    return linearise([a.det()], (), lambda: np.sum(fix_matrix(_find_adjugate(a).transpose()) * A), A)


def _find_adjugate(a: arb_mat) -> arb_mat:
    """Return adj A = A⁻¹ det A; of a singular matrix −(−1)ⁿ Σ c[k] Aᵏ⁻¹, c those of its characteristic polynomial."""
    inverse = a.inv(nonstop=True)
    if is_finite_matrix(inverse):
        return inverse * a.det()
    n = a.nrows()
    identity, coefficients = arb_mat(n, n, 1), a.charpoly().coeffs()
    total = identity * coefficients[n]
    for k in range(n - 1, 0, -1):
        total = total * a + identity * coefficients[k]
    return total if n % 2 else -total


def take_log_determinant(floats: Any, A: Balls) -> tuple[None, Balls]:  # noqa: ARG001
    """Return log |det A|, beside a sign that is constant; d log |det A| = Σ A⁻¹[j,i] dA[i,j]."""
    a = enclose_matrix(A)
    determinant = a.det()
    value = arb.nan() if determinant.contains(0) else abs(determinant).log()
    inverse = a.inv(nonstop=True).transpose()
    return None, linearise([value], (), lambda: np.sum(fix_matrix(inverse) * A), A)


def factor_cholesky(floats: Any, A: Balls) -> Balls:  # noqa: ARG001
    """Return the lower triangular L with L Lᵀ = A, of which the lower triangle is read; NaN if A is not positive."""
    note_triangle()
    n = A.shape[0]
    L = make_zeros(A, n, n)
    for j in range(n):
        column = A[j:, j] - L[j:, :j] @ L[j, :j] if j else A[j:, j]
        pivot = np.sqrt(column[0])
        L[j, j] = pivot
        if j + 1 < n:
            L[j + 1 :, j] = column[1:] / pivot
    return L


def solve_triangular(T: Balls, B: Balls, *, lower: bool, unit_diagonal: bool = False) -> Balls:
    """Return X with T X = B, reading one triangle of T, row by row."""
    n = T.shape[0]
    X = make_zeros(B, *B.shape)
    for i in range(n) if lower else range(n - 1, -1, -1):
        known = slice(0, i) if lower else slice(i + 1, n)
        row = B[i] - T[i, known] @ X[known] if T[i, known].size else B[i]
        X[i] = row if unit_diagonal else row / T[i, i]
    return X


def factor_lu(A: Balls) -> Balls:
    """Return L and U with L U = A in one array, without the ones on the diagonal of L; no rows are exchanged."""
    rows, columns = A.shape
    F = A.copy()
    for k in range(min(rows, columns)):
        if k:
            F[k, k:] = F[k, k:] - F[k, :k] @ F[:k, k:]
        if k + 1 < rows:
            below = F[k + 1 :, k] - F[k + 1 :, :k] @ F[:k, k] if k else F[k + 1 :, k]
            F[k + 1 :, k] = below / F[k, k]
    return F


def permute_by_pivots(pivots: Sequence[int], rows: int) -> Any:
    """Return the order of the rows after each has been exchanged with its pivot, one after the other."""
    order = np.arange(rows)
    for i, pivot in enumerate(pivots):
        order[[i, pivot]] = order[[pivot, i]]
    return order


def factor_qr(diagonal: Any, A: Balls, *, complete: bool = False) -> tuple[Balls, Balls]:
    """Return Q with orthonormal columns, and R, upper triangular, with Q R = A; R's diagonal has the signs of floats.

    The columns of a complete Q beyond those of A are some that are orthogonal to these, and not known.
    """
    rows, columns = A.shape
    rank = min(rows, columns)
    signs = select_signs(diagonal)
    Q: Balls = make_zeros(A, rows, rank)
    R: Balls = make_zeros(A, rank, columns)
    for j in range(rank):
        column = A[:, j]
        if j:
            R[:j, j] = Q[:, :j].T @ column
            column = column - Q[:, :j] @ R[:j, j]
        R[j, j] = np.sqrt(np.sum(column * column)) * signs[j]
        Q[:, j] = column / R[j, j]
    if columns > rank:
        R[:, rank:] = Q.T @ A[:, rank:]
    if complete and rows > rank:
        Q = np.concatenate([Q, make_unknown(A, rows, rows - rank)], axis=1)
        R = np.concatenate([R, make_zeros(A, rows - rank, columns)])
    return Q, R


def invert_generally(floats: Any, A: Balls) -> Balls:
    """Return A⁺ = (AᵀA)⁻¹Aᵀ of a matrix of full rank, or Aᵀ(AAᵀ)⁻¹ of a wide one."""
    if A.shape[0] < A.shape[1]:
        return invert_generally(floats, A.T).T
    return solve_system(floats, A.T @ A, A.T)


def invert_if_of_full_rank(floats: Any, A: Balls) -> Balls:
    """Return A⁺, unless floats took some of the singular values for 0: it is not known then."""
    small = floats[0] @ get_floats(A) if A.shape[0] >= A.shape[1] else get_floats(A) @ floats[0]
    has_full_rank = np.abs(np.trace(small) - min(A.shape)) < 0.5  # the trace is the rank
    return invert_generally(floats, A) if has_full_rank else make_unknown(A, *A.shape[::-1])


def solve_least_squares(floats: Any, A: Balls, B: Balls) -> Balls:
    """Return the X of the smallest |A X − B|, of full rank; for a wide A the smallest X."""
    if A.shape[0] < A.shape[1]:
        return A.T @ solve_system(floats, A @ A.T, B)
    return solve_system(floats, A.T @ A, A.T @ B)


def take_triangle(A: Balls, *, lower: bool, diagonal: Any = None) -> Balls:
    """Return a triangle of a matrix, or of several, with zeros elsewhere, and that number on the diagonal if given."""
    rows, columns = A.shape[-2:]
    i, j = np.arange(rows)[:, None], np.arange(columns)[None, :]
    taken = strip_class(A).copy()
    taken[..., i < j if lower else i > j] = _make_number(A, 0.0)
    if diagonal is not None:
        taken[..., i == j] = _make_number(A, diagonal)
    return taken.view(BallArray)


def _make_number(like: Balls, number: float) -> Ball:
    return list_elements(strip_class(like))[0].make_constant(number)
