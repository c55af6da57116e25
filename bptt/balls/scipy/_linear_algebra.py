"""`scipy.linalg` on balls: functions with the arguments that SciPy's have, to be called in their places.

What says how memory is used, which algorithm is taken, or whether numbers are finite, is SciPy's affair: it computes
the floats. A function here names those arguments alone that change what the result is.
"""

import functools
import importlib
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from bptt.balls._array import get_floats
from bptt.balls._context import leave_run
from bptt.balls.linear_algebra import _numpy as of_numpy
from bptt.balls.linear_algebra._matrices import (
    Balls,
    Kernel,
    call_with_columns,
    compute,
    convert_to_array,
    make_symmetric,
    map_stack,
)
from bptt.balls.linear_algebra._spectra import (
    decompose_symmetric,
    decompose_to_singular_values,
    exponentiate,
    find_eigenvalues,
    find_singular_values,
    take_logarithm,
    take_root,
)
from bptt.balls.linear_algebra._systems import (
    factor_cholesky,
    factor_lu,
    factor_qr,
    invert,
    invert_if_of_full_rank,
    permute_by_pivots,
    solve_system,
    solve_triangular,
    take_determinant,
    take_triangle,
)


@functools.cache
def _find(name: str) -> Any:
    return getattr(importlib.import_module("scipy.linalg"), name)


def _call(name: str, on_balls: Kernel, *operands: Any, **options: Any) -> Any:
    """Call the function of SciPy's of that name on floats, and the kernel on balls."""
    return compute(lambda *floats: _find(name)(*floats, **options), map_stack(on_balls), *operands)


def _read_structure(A: Balls, structure: Any, *, lower: bool) -> Balls:
    """Return the matrix that SciPy reads where it is told what the matrix is."""
    if structure in ("sym", "her", "pos", "symmetric", "hermitian", "positive definite"):
        return make_symmetric(A, lower=lower)
    if structure in ("upper triangular", "lower triangular"):
        return take_triangle(A, lower=structure.startswith("lower"))
    if structure == "diagonal":
        return take_triangle(take_triangle(A, lower=True), lower=False)
    if structure in (None, "gen", "general", "banded"):
        return A
    raise TypeError(f"scipy.linalg with assume_a={structure!r} takes no balls")


def _solve(a: Any, b: Any, lower: bool = False, assume_a: Any = None, transposed: bool = False, **options: Any) -> Any:
    def on_balls(floats: Any, A: Balls, B: Balls) -> Any:
        A = _read_structure(A, assume_a, lower=lower)
        return solve_system(floats, A.T if transposed else A, B)

    options |= {"lower": lower, "assume_a": assume_a, "transposed": transposed}
    return call_with_columns(lambda B: _call("solve", on_balls, a, B, **options), b)


def _inv(a: Any, assume_a: Any = None, lower: bool = False, **options: Any) -> Any:
    def on_balls(floats: Any, A: Balls) -> Any:
        return invert(floats, _read_structure(A, assume_a, lower=lower))

    options |= {} if assume_a is None else {"assume_a": assume_a, "lower": lower}
    return _call("inv", on_balls, a, **options)


def _det(a: Any, **options: Any) -> Any:
    return _call("det", take_determinant, a, **options)


def _cholesky(a: Any, lower: bool = False, **options: Any) -> Any:
    def on_balls(floats: Any, A: Balls) -> Any:
        L = factor_cholesky(floats, make_symmetric(A, lower=lower))
        return L if lower else L.T

    return _call("cholesky", on_balls, a, lower=lower, **options)


def _cho_factor(a: Any, lower: bool = False, **options: Any) -> tuple[Any, bool]:
    """Return the factor, with what stands there in the other triangle, and which triangle it is."""

    def on_balls(floats: Any, A: Balls) -> Any:
        L, rows = factor_cholesky(floats, make_symmetric(A, lower=lower)), np.arange(len(A))
        is_factor = rows[:, None] >= rows if lower else rows[:, None] <= rows
        made = A.copy()
        made[is_factor] = (L if lower else L.T)[is_factor]
        return made

    def on_floats(A: Any) -> Any:
        return _find("cho_factor")(A, lower=lower, **options)[0]

    return compute(on_floats, map_stack(on_balls), a), lower


def _cho_solve(c_and_lower: Any, b: Any, **options: Any) -> Any:
    factor, lower = c_and_lower

    def on_floats(C: Any, B: Any) -> Any:
        return _find("cho_solve")((C, lower), B, **options)

    def on_balls(floats: Any, C: Balls, B: Balls) -> Any:
        L = C if lower else C.T
        return solve_triangular(L.T, solve_triangular(L, B, lower=True), lower=False)

    return call_with_columns(lambda B: compute(on_floats, map_stack(on_balls), factor, B), b)


def _solve_triangular(
    a: Any, b: Any, trans: Any = 0, lower: bool = False, unit_diagonal: bool = False, **options: Any
) -> Any:
    is_transposed = trans in (1, 2, "T", "C")

    def on_balls(floats: Any, A: Balls, B: Balls) -> Any:
        T = A.T if is_transposed else A
        return solve_triangular(T, B, lower=lower != is_transposed, unit_diagonal=unit_diagonal)

    options |= {"trans": trans, "lower": lower, "unit_diagonal": unit_diagonal}
    return call_with_columns(lambda B: _call("solve_triangular", on_balls, a, B, **options), b)


def _lu_factor(a: Any, **options: Any) -> Any:
    def on_balls(floats: Any, A: Balls) -> Any:
        return factor_lu(A[permute_by_pivots(floats[1], len(A))]), None

    return _call("lu_factor", on_balls, a, **options)


def _lu_solve(lu_and_piv: Any, b: Any, trans: Any = 0, **options: Any) -> Any:
    factors, pivots = lu_and_piv
    order = permute_by_pivots(pivots, len(pivots))

    def on_floats(F: Any, B: Any) -> Any:
        return _find("lu_solve")((F, pivots), B, trans=trans, **options)

    def on_balls(floats: Any, F: Balls, B: Balls) -> Any:
        if not trans:
            return solve_triangular(F, solve_triangular(F, B[order], lower=True, unit_diagonal=True), lower=False)
        below = solve_triangular(F.T, B, lower=True)
        return solve_triangular(F.T, below, lower=False, unit_diagonal=True)[np.argsort(order)]

    return call_with_columns(lambda B: compute(on_floats, map_stack(on_balls), factors, B), b)


def _lu(a: Any, permute_l: bool = False, **options: Any) -> Any:
    """Return P, L and U. The rows of A are those of L U in the order that SciPy gives as `p_indices`."""

    def on_balls(floats: Any, A: Balls) -> Any:
        with leave_run():
            places = _find("lu")(get_floats(A), p_indices=True)[0]
        F, rank = factor_lu(A[np.argsort(places)]), min(A.shape)
        L = take_triangle(F[:, :rank], lower=True, diagonal=1.0)
        U = take_triangle(F[:rank], lower=False)
        return (L[places], U) if permute_l else (None, L, U)

    return _call("lu", on_balls, a, permute_l=permute_l, **options)


def _qr(a: Any, mode: str = "full", pivoting: bool = False, **options: Any) -> Any:
    if mode == "raw":
        raise TypeError("scipy.linalg.qr with mode='raw' takes no balls")

    def on_balls(floats: Any, A: Balls) -> Any:
        R_on_floats, A = (floats[-2], A[:, floats[-1]]) if pivoting else (floats[-1], A)
        Q, R = factor_qr(np.diagonal(R_on_floats), A, complete=mode != "economic")
        return (*(() if mode == "r" else (Q,)), R, *((None,) if pivoting else ()))

    return _call("qr", on_balls, a, mode=mode, pivoting=pivoting, **options)


def _eigh(a: Any, b: Any = None, lower: bool = True, eigvals_only: bool = False, **options: Any) -> Any:
    """Return eigenvalues and vectors; of A v = λ B v those of L⁻¹ A L⁻ᵀ, L Lᵀ being B."""
    if options.get("type", 1) != 1 or any(options.get(f"subset_by_{what}") is not None for what in ("index", "value")):
        raise TypeError("scipy.linalg.eigh of a subset, or of a type that is not 1, takes no balls")

    def on_balls(floats: Any, A: Balls, *given: Balls) -> Any:
        A = make_symmetric(A, lower=lower)
        if not given:
            return find_eigenvalues(floats, A) if eigvals_only else decompose_symmetric(floats, A)
        L = factor_cholesky(floats, make_symmetric(given[0], lower=lower))
        half = solve_triangular(L, A, lower=True)
        C = make_symmetric(solve_triangular(L, half.T, lower=True))
        if eigvals_only:
            return find_eigenvalues(floats, C)
        values, vectors = decompose_symmetric((floats[0], get_floats(L).T @ floats[1]), C)
        return values, solve_triangular(L.T, vectors, lower=False)

    options |= {"lower": lower, "eigvals_only": eigvals_only}
    return _call("eigh", on_balls, a, *(() if b is None else (b,)), **options)


def _svd(a: Any, compute_uv: bool = True, **options: Any) -> Any:
    kernel = decompose_to_singular_values if compute_uv else find_singular_values
    return _call("svd", kernel, a, compute_uv=compute_uv, **options)


def _pinv(a: Any, return_rank: bool = False, **options: Any) -> Any:
    def on_balls(floats: Any, A: Balls) -> Any:
        made = invert_if_of_full_rank(floats, A)
        return (made, None) if return_rank else made

    return _call("pinv", on_balls, a, return_rank=return_rank, **options)


def _lstsq(a: Any, b: Any, **options: Any) -> Any:
    return compute(lambda A, B: _find("lstsq")(A, B, **options), of_numpy.solve_by_least_squares, a, b)


def _norm(a: Any, check_finite: bool = True, **options: Any) -> Any:
    array = convert_to_array(a)
    if check_finite:
        np.asarray_chkfinite(get_floats(array))
    return np.linalg.norm(array, **options)


def _solve_for_matrix(name: str, system: Callable[..., Balls], *operands: Any, **options: Any) -> Any:
    """Return X, where `system` makes of all operands but the last the matrix that X's entries, row by row, solve."""

    def on_balls(floats: Any, *operands: Balls) -> Any:
        *given, Q = operands
        return solve_system(floats, system(*given), Q.reshape(-1, 1)).reshape(Q.shape)

    return _call(name, on_balls, *operands, **options)


def _make_sylvester(A: Balls, B: Balls) -> Any:
    """Return the matrix of X ↦ A X + X B."""
    return np.kron(A, np.eye(len(B))) + np.kron(np.eye(len(A)), B.T)


def _make_stein(A: Balls) -> Any:
    """Return the matrix of X ↦ X − A X Aᵀ."""
    return np.eye(len(A) ** 2) - np.kron(A, A)


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "solve": _solve,
    "inv": _inv,
    "det": _det,
    "cholesky": _cholesky,
    "cho_factor": _cho_factor,
    "cho_solve": _cho_solve,
    "solve_triangular": _solve_triangular,
    "lu": _lu,
    "lu_factor": _lu_factor,
    "lu_solve": _lu_solve,
    "qr": _qr,
    "eigh": _eigh,
    "eigvalsh": functools.partial(_eigh, eigvals_only=True),
    "svd": _svd,
    "svdvals": functools.partial(_svd, compute_uv=False),
    "pinv": _pinv,
    "lstsq": _lstsq,
    "expm": lambda A: _call("expm", exponentiate, A),
    "logm": lambda A, **options: _call("logm", take_logarithm, A, **options),
    "sqrtm": lambda A, **options: _call("sqrtm", take_root, A, **options),
    "norm": _norm,
    "solve_sylvester": lambda a, b, q: _solve_for_matrix("solve_sylvester", _make_sylvester, a, b, q),
    "solve_continuous_lyapunov": lambda a, q: _solve_for_matrix(
        "solve_continuous_lyapunov", lambda A: _make_sylvester(A, A.T), a, q
    ),
    "solve_discrete_lyapunov": lambda a, q, **options: _solve_for_matrix(
        "solve_discrete_lyapunov", _make_stein, a, q, **options
    ),
}


def _take_arguments(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function as one that is called as SciPy's of that name is."""

    def call(*arguments: Any, **keywords: Any) -> Any:
        return function(**inspect.signature(_find(name)).bind(*arguments, **keywords).arguments)

    return call


SCIPY_LINALG = {name: _take_arguments(name, function) for name, function in _FUNCTIONS.items()}
"""What stands for SciPy's functions, by their names."""
