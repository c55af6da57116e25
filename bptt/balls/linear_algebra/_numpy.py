"""`numpy.linalg` on balls, one line a function."""

from typing import Any

import numpy as np

from bptt.balls._array import replace_by_floats
from bptt.balls._array_functions import OF_REAL
from bptt.balls.linear_algebra._matrices import (
    Balls,
    Kernel,
    call_with_columns,
    compute,
    convert_to_array,
    make_symmetric,
    make_unknown,
    map_stack,
)
from bptt.balls.linear_algebra._spectra import (
    decompose_real,
    decompose_symmetric,
    decompose_to_singular_values,
    find_eigenvalues,
    find_real_eigenvalues,
    find_singular_values,
)
from bptt.balls.linear_algebra._systems import (
    factor_cholesky,
    factor_qr,
    invert,
    invert_if_of_full_rank,
    solve_least_squares,
    solve_system,
    take_determinant,
    take_log_determinant,
)

_OF_FLOATS: Any = np.linalg


def solve(a: Any, b: Any) -> Any:
    return call_with_columns(lambda B: compute(_OF_FLOATS.solve, map_stack(solve_system), a, B), b)


def inv(a: Any) -> Any:
    return compute(_OF_FLOATS.inv, map_stack(invert), a)


def det(a: Any) -> Any:
    return compute(_OF_FLOATS.det, map_stack(take_determinant), a)


def slogdet(a: Any) -> Any:
    return compute(_OF_FLOATS.slogdet, map_stack(take_log_determinant), a)


def cholesky(a: Any, /, *, upper: bool = False) -> Any:
    def factor(floats: Any, A: Balls) -> Balls:
        L = factor_cholesky(floats, A)
        return L.T if upper else L

    kernel = _read_triangle(map_stack(factor), "U" if upper else "L")
    return compute(lambda A: _OF_FLOATS.cholesky(A, upper=upper), kernel, a)


def qr(a: Any, mode: str = "reduced") -> Any:
    if mode not in ("reduced", "complete", "r"):
        raise TypeError(f"np.linalg.qr with mode {mode!r} takes no balls")

    def factor(floats: Any, A: Balls) -> Any:
        Q, R = factor_qr(np.diagonal(floats[-1]), A, complete=mode == "complete")
        return R if mode == "r" else (Q, R)

    return compute(lambda A: _OF_FLOATS.qr(A, mode), map_stack(factor), a)


def eigh(a: Any, UPLO: str = "L") -> Any:
    kernel = _read_triangle(map_stack(decompose_symmetric), UPLO)
    return compute(lambda A: _OF_FLOATS.eigh(A, UPLO), kernel, a)


def eigvalsh(a: Any, UPLO: str = "L") -> Any:
    kernel = _read_triangle(map_stack(find_eigenvalues), UPLO)
    return compute(lambda A: _OF_FLOATS.eigvalsh(A, UPLO), kernel, a)


def eig(a: Any) -> Any:
    return compute(_OF_FLOATS.eig, map_stack(decompose_real), a)


def eigvals(a: Any) -> Any:
    return compute(_OF_FLOATS.eigvals, map_stack(find_real_eigenvalues), a)


def svd(a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False) -> Any:
    options = {"full_matrices": full_matrices, "compute_uv": compute_uv, "hermitian": hermitian}
    kernel = map_stack(decompose_to_singular_values if compute_uv else find_singular_values)
    return compute(lambda A: _OF_FLOATS.svd(A, **options), _read_triangle(kernel) if hermitian else kernel, a)


def _read_triangle(kernel: Kernel, UPLO: str = "L") -> Kernel:
    """Return the kernel of a matrix of which one triangle is read."""
    return lambda floats, A: kernel(floats, make_symmetric(A, lower=UPLO.upper() == "L"))


def svdvals(x: Any, /) -> Any:
    return compute(lambda A: _OF_FLOATS.svd(A, compute_uv=False), map_stack(find_singular_values), x)


def pinv(a: Any, rcond: Any = None, hermitian: bool = False, *, rtol: Any = None) -> Any:
    """Return the pseudo-inverse; of what is not of full rank on floats it is not known."""
    options = {name: replace_by_floats(x) for name, x in (("rcond", rcond), ("rtol", rtol)) if x is not None}
    kernel = map_stack(invert_if_of_full_rank)
    kernel = _read_triangle(kernel) if hermitian else kernel
    return compute(lambda A: _OF_FLOATS.pinv(A, hermitian=hermitian, **options), kernel, a)


def lstsq(a: Any, b: Any, rcond: Any = None) -> Any:
    return compute(lambda A, B: _OF_FLOATS.lstsq(A, B, rcond=rcond), solve_by_least_squares, a, b)


def solve_by_least_squares(floats: Any, A: Balls, B: Balls) -> Any:
    """Return the solution, the squares that are left over, the rank, and singular values, which are left open.

    Where floats took some of these for 0, nothing is known.
    """
    x, squares, rank, values = floats
    left_open = None if values is None else make_unknown(A, *values.shape)
    if rank < min(A.shape):
        return make_unknown(A, *x.shape), make_unknown(A, *np.shape(squares)), None, left_open
    columns = B[:, None] if B.ndim == 1 else B
    X = solve_least_squares(floats, A, columns)
    left_over = np.sum((columns - A @ X) ** 2, axis=0) if np.size(squares) else None
    return X.reshape(x.shape), left_over, None, left_open


def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:  # noqa: A002  (NumPy's name)
    """Return a norm of singular values; any other is `NotImplemented`: NumPy computes it from what balls have."""
    axes = (0, 1) if axis is None and np.ndim(x) == 2 else axis
    if ord not in (2, -2, "nuc") or not isinstance(axes, tuple) or len(axes) != 2:
        return NotImplemented
    s = svdvals(np.moveaxis(convert_to_array(x), axes, (-2, -1)))
    taken = np.sum(s, axis=-1) if ord == "nuc" else s[..., 0 if ord == 2 else -1]
    return np.expand_dims(taken, axes) if keepdims else taken


def cond(x: Any, p: Any = None) -> Any:
    if p is None or p in (2, -2):
        s = svdvals(x)
        return s[..., -1] / s[..., 0] if p == -2 else s[..., 0] / s[..., -1]
    return _OF_FLOATS.norm(x, p, axis=(-2, -1)) * _OF_FLOATS.norm(inv(x), p, axis=(-2, -1))


def matrix_power(a: Any, n: int) -> Any:
    """Return the product in NumPy's order, of the inverse if n < 0."""
    if n == 0:
        return NotImplemented
    square: Balls = convert_to_array(inv(a) if n < 0 else a)
    power: Balls | None = None
    for k, bit in enumerate(reversed(f"{abs(n):b}")):
        square = square @ square if k else square
        if bit == "1":
            power = square if power is None else power @ square
    return power


def tensorsolve(a: Any, b: Any, axes: Any = None) -> Any:
    A, B = convert_to_array(a), convert_to_array(b)
    if axes is not None:
        last = [axis % A.ndim for axis in axes]
        A = A.transpose([*(k for k in range(A.ndim) if k not in last), *last])
    shape = A.shape[B.ndim :]
    return solve(A.reshape(-1, B.size), B.reshape(-1)).reshape(shape)


def tensorinv(a: Any, ind: int = 2) -> Any:
    A = convert_to_array(a)
    rows = int(np.prod(A.shape[ind:]))
    return inv(A.reshape(rows, -1)).reshape(A.shape[ind:] + A.shape[:ind])


def matrix_rank(A: Any, tol: Any = None, hermitian: bool = False, *, rtol: Any = None) -> Any:
    """Return the rank that floats show, which is a number and no function of balls."""
    A, tol, rtol = map(replace_by_floats, (A, tol, rtol))
    return np.linalg.matrix_rank(A, tol, hermitian, rtol=rtol)


OF_REAL.update(
    {
        np.linalg.solve: solve,
        np.linalg.inv: inv,
        np.linalg.det: det,
        np.linalg.slogdet: slogdet,
        np.linalg.cholesky: cholesky,
        np.linalg.qr: qr,
        np.linalg.eigh: eigh,
        np.linalg.eigvalsh: eigvalsh,
        np.linalg.eig: eig,
        np.linalg.eigvals: eigvals,
        np.linalg.svd: svd,
        np.linalg.svdvals: svdvals,
        np.linalg.pinv: pinv,
        np.linalg.lstsq: lstsq,
        np.linalg.norm: norm,
        np.linalg.cond: cond,
        np.linalg.matrix_power: matrix_power,
        np.linalg.matrix_rank: matrix_rank,
        np.linalg.tensorsolve: tensorsolve,
        np.linalg.tensorinv: tensorinv,
    }
)
