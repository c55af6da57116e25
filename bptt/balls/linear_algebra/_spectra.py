"""Eigenvalues, singular values and their vectors on balls: one matrix a function.

FLINT isolates and encloses them; signs and order are those of the floats. The derivatives are those of perturbation
theory, as an expression linear in the matrix: with M = Vᵀ A V,

    λ[k] = M[k,k]        dV = V (F ∘ dM),  F[j,k] = 1 / (λ[k] − λ[j]) and 0 where j = k

Values that may be equal have no derivative, which `UndecidedSpectrumError` says.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from flint import acb, acb_mat, arb, arb_mat, ctx

from bptt.balls._array import get_floats
from bptt.balls._comparisons import UndecidedSpectrumError
from bptt.balls._context import use_precision
from bptt.balls.linear_algebra._matrices import (
    Balls,
    enclose_matrix,
    fix_matrix,
    fix_numbers,
    is_finite_matrix,
    linearise,
    make_unknown,
    select_signs,
)


def find_eigenvalues(floats: Any, A: Balls) -> Balls:  # noqa: ARG001  (a kernel's)
    """Return the eigenvalues of a symmetric matrix, the smallest first."""
    values, vectors = _decompose_symmetric(enclose_matrix(A), "eigenvalues")
    V = fix_matrix(vectors)
    return linearise(values, (len(values),), lambda: np.sum(V * (A @ V), axis=0), A)


def decompose_symmetric(floats: Sequence[Any], A: Balls) -> tuple[Balls, Balls]:
    """Return the eigenvalues of a symmetric matrix and its eigenvectors, with the signs of those in `floats[1]`."""
    values, vectors = _decompose_symmetric(enclose_matrix(A), "eigenvalues")
    vectors = _give_signs(vectors, floats[1])
    V, n = fix_matrix(vectors), len(values)
    eigenvalues = linearise(values, (n,), lambda: np.sum(V * (A @ V), axis=0), A)
    return eigenvalues, linearise(vectors.entries(), (n, n), lambda: V @ (_weigh(values) * (V.T @ A @ V)), A)


def _weigh(values: Sequence[arb]) -> Balls:
    """Return F."""
    n = len(values)
    return fix_numbers([arb(0) if j == k else 1 / (values[k] - values[j]) for j in range(n) for k in range(n)], n, n)


def _decompose_symmetric(a: arb_mat, what: str) -> tuple[list[arb], arb_mat]:
    """Return all eigenvalues, the smallest first, and eigenvectors of length 1 in the columns of a matrix."""
    n = a.nrows()
    if not is_finite_matrix(a):
        return [arb.nan()] * n, arb_mat(n, n, [arb.nan()] * n**2)
    values, vectors = _isolate(a, what)
    order = sorted(range(n), key=lambda k: values[k].real.mid())
    columns = [_scale_to_one(_make_real([vectors[i, k] for i in range(n)])) for k in order]
    return [values[k].real for k in order], arb_mat(n, n, [columns[k][i] for i in range(n) for k in range(n)])


def _isolate(a: arb_mat, what: str) -> tuple[list[acb], acb_mat]:
    """Return FLINT's eigenvalues, each in a ball that holds no other one, and the eigenvectors."""
    try:
        return acb_mat(a).eig(right=True)
    except ValueError as error:
        raise UndecidedSpectrumError(what) from error


def _make_real(column: Sequence[acb]) -> list[arb]:
    """Return an eigenvector of which a multiple is real: divided by its largest entry."""
    largest = max(column, key=lambda x: float(abs(x).mid()))
    return [arb(1) if x is largest else (x / largest).real for x in column]


def _scale_to_one(column: Sequence[arb]) -> list[arb]:
    length = sum((x * x for x in column), arb(0)).sqrt()
    return [x / length for x in column]


def _give_signs(vectors: arb_mat, floats: Any) -> arb_mat:
    """Return the vectors in the columns with the signs of those in floats, by the largest entry of each."""
    rows, columns = vectors.nrows(), vectors.ncols()
    largest = np.argmax(np.abs(floats[:, :columns]), axis=0)
    signs = [
        sign * (1 if vectors[int(i), k] > 0 else -1)
        for k, (i, sign) in enumerate(zip(largest, select_signs(floats[largest, range(columns)]), strict=True))
    ]
    return arb_mat(rows, columns, [vectors[i, k] * signs[k] for i in range(rows) for k in range(columns)])


def find_singular_values(floats: Any, A: Balls) -> Balls:  # noqa: ARG001
    """Return the singular values of a matrix, the largest first."""
    if A.shape[0] < A.shape[1]:
        return find_singular_values(None, A.T)
    left, values, right = _decompose(enclose_matrix(A))
    U, V = fix_matrix(left), fix_matrix(right)
    return linearise(values, (len(values),), lambda: np.sum(U * (A @ V), axis=0), A)


def decompose_to_singular_values(floats: Sequence[Any], A: Balls) -> tuple[Balls, Balls, Balls]:
    """Return U, s and Vᵀ with U diag(s) Vᵀ = A; of square ones the columns beyond those of `A` are not known.

    With P = Uᵀ A V and F[i,j] = 1 / (s[j]² − s[i]²),

        dU = U (F ∘ (dP S + S dPᵀ)) + (I − U Uᵀ) dA V S⁻¹        dV = V (F ∘ (S dP + dPᵀ S))
    """
    u, s, vt = floats
    if A.shape[0] < A.shape[1]:
        V, found, Ut = decompose_to_singular_values((vt.T, s, u.T), A.T)
        return Ut.T, found, V.T
    rows, n = A.shape
    left, values, right = _decompose(enclose_matrix(A), vt.T)
    U, S, V = fix_matrix(left), fix_numbers(values, n), fix_matrix(right)
    F = _weigh([s * s for s in values])

    def differentiate_left() -> Any:
        P = U.T @ A @ V
        within = U @ (F * (P * S + S[:, None] * P.T))
        return within if rows == n else within + (A @ V - U @ P) / S

    def differentiate_right() -> Any:
        P = U.T @ A @ V
        return V @ (F * (S[:, None] * P + P.T * S))

    made: Balls = linearise(left.entries(), (rows, n), differentiate_left, A)
    if u.shape[1] > n:
        made = np.concatenate([made, make_unknown(A, rows, u.shape[1] - n)], axis=1)
    found = linearise(values, (n,), lambda: np.sum(U * (A @ V), axis=0), A)
    return made, found, linearise(right.entries(), (n, n), differentiate_right, A).T


def _decompose(a: arb_mat, right: Any = None) -> tuple[arb_mat, list[arb], arb_mat]:
    """Return the left vectors, values and right vectors of a matrix that is not wide, with the signs of such floats.

    The values are roots of the eigenvalues of AᵀA, of twice the digits: a square halves them.
    """
    with use_precision(2 * ctx.dps):
        squares, vectors = _decompose_symmetric(a.transpose() * a, "singular values")
        values = [x.sqrt() for x in squares[::-1]]
        n = len(values)
        vectors = arb_mat(n, n, [vectors[i, n - 1 - k] for i in range(n) for k in range(n)])
        vectors = vectors if right is None else _give_signs(vectors, right)
        scale = arb_mat(n, n, [1 / values[k] if i == k else arb(0) for i in range(n) for k in range(n)])
        return a * vectors * scale, values, vectors


def _decompose_generally(a: arb_mat, floats: Any) -> tuple[list[arb], arb_mat, arb_mat]:
    """Return the eigenvalues of a matrix that has none but real ones, in the order of floats, and L and R.

    L A R is diagonal, and L R = I. Raises `TypeError` for complex eigenvalues.
    """
    n = a.nrows()
    if np.iscomplexobj(floats):
        raise TypeError("complex eigenvalues have no balls")
    if not is_finite_matrix(a):
        unknown = arb_mat(n, n, [arb.nan()] * n**2)
        return [arb.nan()] * n, unknown, unknown
    found, columns = _isolate(a, "eigenvalues")
    if any(x.conjugate().overlaps(y) for k, x in enumerate(found) for y in found[:k]):
        raise UndecidedSpectrumError("eigenvalues")
    order = np.argsort([float(x.real.mid()) for x in found])[np.argsort(np.argsort(floats))].tolist()
    real = [_make_real([columns[i, k] for i in range(n)]) for k in order]
    R = arb_mat(n, n, [real[k][i] for i in range(n) for k in range(n)])
    return [found[k].real for k in order], R.inv(nonstop=True), R


def find_real_eigenvalues(floats: Sequence[Any], A: Balls) -> Balls:
    """Return the eigenvalues of a matrix that are all real, in the order of floats: dλ[k] = L[k] dA R[:,k]."""
    values, left, right = _decompose_generally(enclose_matrix(A), floats[0])
    L, R = fix_matrix(left), fix_matrix(right)
    return linearise(values, (len(values),), lambda: np.sum(L.T * (A @ R), axis=0), A)


def decompose_real(floats: Sequence[Any], A: Balls) -> tuple[Balls, Balls]:
    """Return the eigenvalues of a matrix that are all real, and eigenvectors of length 1: dR = R (F ∘ L dA R)."""
    values, left, right = _decompose_generally(enclose_matrix(A), floats[0])
    L, R, n = fix_matrix(left), fix_matrix(right), len(values)
    eigenvalues = linearise(values, (n,), lambda: np.sum(L.T * (A @ R), axis=0), A)
    vectors = linearise(right.entries(), (n, n), lambda: R @ (_weigh(values) * (L @ A @ R)), A)
    of_length_one = vectors / np.sqrt(np.sum(vectors * vectors, axis=0))
    largest = np.argmax(np.abs(floats[1]), axis=0)
    signs = select_signs(floats[1][largest, range(n)]) * select_signs(get_floats(vectors)[largest, range(n)])
    return eigenvalues, of_length_one * signs


def exponentiate(floats: Any, A: Balls) -> Balls:  # noqa: ARG001
    """Return e^A, as FLINT encloses it; its derivative is that of a power series of A / 2ˢ, squared s times."""
    a = enclose_matrix(A)
    return linearise(a.exp().entries(), A.shape, lambda: _sum_series(a, A), A)


def _sum_series(a: arb_mat, A: Balls) -> Balls:
    """Return e^A as a series; what is left out, and its derivative by each entry, are less than a ball around 0."""
    n = a.nrows()
    if not is_finite_matrix(a):
        return make_unknown(A, n, n)
    norm = max((sum((abs(a[i, j]) for j in range(n)), arb(0)).upper() for i in range(n)), key=float)
    squarings = max(0, int(np.ceil(np.log2(max(float(norm), 1e-300)))) + 6)
    scale = arb(2) ** squarings
    X, small = A * fix_numbers([1 / scale], 1), (norm / scale).upper()
    terms, left_out = 1, small
    while left_out > arb(2) ** -(ctx.prec + squarings):
        terms += 1
        left_out *= small / terms
    identity = fix_matrix(arb_mat(n, n, 1))
    total = identity
    for k in range(terms, 0, -1):
        total = identity + X @ total * fix_numbers([1 / arb(k)], 1)
    beyond = fix_numbers([arb(0, (2 * left_out).upper())], 1)  # Σ ‖X‖ᵏ / k! from k = terms on is less than that
    total = total + beyond + beyond * np.sum(X)
    for _ in range(squarings):
        total = total @ total
    return total


def take_root(floats: Any, A: Balls) -> Balls:
    """Return the square root of a matrix that is the principal one."""
    return _apply_function(acb.sqrt, lambda x, v: 1 / (2 * v), floats, A)


def take_logarithm(floats: Any, A: Balls) -> Balls:
    """Return the logarithm of a matrix that is the principal one."""
    return _apply_function(acb.log, lambda x, v: 1 / x, floats, A)


def _apply_function(
    f: Callable[[acb], acb], slope: Callable[[acb, acb], acb], floats: Sequence[Any], A: Balls
) -> Balls:
    """Return f(A) = R f(Λ) L, real and of distinct eigenvalues; df = R (D ∘ L dA R) L, D the divided differences."""
    if np.iscomplexobj(floats[0]):
        raise TypeError("complex matrices have no balls")
    n, a = A.shape[0], enclose_matrix(A)
    if not is_finite_matrix(a):
        return make_unknown(A, n, n)
    x, R = _isolate(a, "eigenvalues")
    if any(value.imag.contains(0) and not value.real > 0 for value in x):  # there the principal one ends
        return make_unknown(A, n, n)
    L = R.inv(nonstop=True)
    v = [f(value) for value in x]
    value = R * acb_mat(n, n, [v[i] if i == j else 0 for i in range(n) for j in range(n)]) * L
    differences = [[slope(x[k], v[k]) if k == j else (v[k] - v[j]) / (x[k] - x[j]) for j in range(n)] for k in range(n)]

    def differentiate() -> Any:
        rows = []
        for p, q in np.ndindex(n, n):
            inner = acb_mat(n, n, [L[k, p] * differences[k][j] * R[q, j] for k in range(n) for j in range(n)])
            rows.append((R * inner * L).real.entries())
        return fix_numbers([row[k] for k in range(n * n) for row in rows], n * n, n * n) @ A.reshape(-1)

    return linearise(value.real.entries(), (n, n), differentiate, A)
