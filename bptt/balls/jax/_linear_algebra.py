"""JAX's primitives of linear algebra on balls, one line each.

JAX computes them by LAPACK from the floats, stack by stack, and what `_linear_algebra` and `_spectra` return has these.
"""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from bptt.balls.linear_algebra._matrices import Balls, Kernel, compute, make_symmetric, map_stack
from bptt.balls.linear_algebra._spectra import (
    decompose_symmetric,
    decompose_to_singular_values,
    find_singular_values,
)
from bptt.balls.linear_algebra._systems import factor_cholesky, factor_lu, factor_qr, solve_triangular


def _apply(equation: Any, kernel: Kernel, *operands: Any) -> Any:
    def on_floats(*floats: Any) -> Any:
        results = equation.primitive.bind(*map(jax.numpy.asarray, floats), **equation.params)
        return tuple(map(np.asarray, results)) if equation.primitive.multiple_results else np.asarray(results)

    return compute(on_floats, map_stack(kernel), *operands)


def _factor_cholesky(equation: Any, a: Any) -> Any:
    return _apply(equation, lambda floats, A: factor_cholesky(floats, make_symmetric(A)), a)


def _factor_lu(equation: Any, a: Any) -> Any:
    """Return the factors in one array, the pivots, and the order of the rows, which both are those of floats."""
    return _apply(equation, lambda floats, A: (factor_lu(A[floats[2]]), None, None), a)


def _factor_qr(equation: Any, a: Any) -> Any:
    def factor(floats: Any, A: Balls) -> Any:
        ordered = A[:, floats[2]] if len(floats) > 2 else A
        complete = equation.params["full_matrices"]
        return (*factor_qr(np.diagonal(floats[1]), ordered, complete=complete), *(None for _ in floats[2:]))

    return _apply(equation, factor, a)


def _solve_triangular(equation: Any, a: Any, b: Any) -> Any:
    """Return X with op(A) X = B or, from the right, X op(A) = B."""
    params = equation.params
    from_left, is_transposed = params["left_side"], params["transpose_a"]
    flips = is_transposed == from_left  # whether it is Aᵀ that acts on columns: X op(A) = B is op(A)ᵀ Xᵀ = Bᵀ

    def solve(floats: Any, A: Balls, B: Balls) -> Any:  # noqa: ARG001  (a kernel's)
        T, columns = (A.T if flips else A), (B if from_left else B.T)
        X = solve_triangular(T, columns, lower=params["lower"] != flips, unit_diagonal=params["unit_diagonal"])
        return X if from_left else X.T

    return _apply(equation, solve, a, b)


def _decompose_symmetric(equation: Any, a: Any) -> Any:
    """Return the eigenvectors and, after them, the eigenvalues."""

    def decompose(floats: Any, A: Balls) -> Any:
        return decompose_symmetric(floats[::-1], make_symmetric(A, lower=equation.params["lower"]))[::-1]

    return _apply(equation, decompose, a)


def _decompose_to_singular_values(equation: Any, a: Any) -> Any:
    """Return the singular values and, if asked for, the vectors to the left and right after them."""
    if not equation.params["compute_uv"]:
        return _apply(equation, lambda floats, A: (find_singular_values(floats, A),), a)

    def decompose(floats: Any, A: Balls) -> Any:
        s, u, vt = floats
        U, S, Vt = decompose_to_singular_values((u, s, vt), A)
        return S, U, Vt

    return _apply(equation, decompose, a)


LINEAR_ALGEBRA: dict[str, Callable[..., Any]] = {
    "cholesky": _factor_cholesky,
    "lu": _factor_lu,
    "qr": _factor_qr,
    "triangular_solve": _solve_triangular,
    "eigh": _decompose_symmetric,
    "svd": _decompose_to_singular_values,
}
