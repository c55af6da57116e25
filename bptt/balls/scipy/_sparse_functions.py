"""Functions of `scipy.sparse` that make matrices of balls, and one that solves equations."""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from bptt.balls._context import leave_run
from bptt.balls.scipy._elimination import list_rows, solve
from bptt.balls.scipy._operands import OnBalls, as_balls, replace_by_floats, require
from bptt.balls.scipy._sparse import adapt_sparse, arrange, is_sparse


def _make(name: str) -> OnBalls:
    """Return what makes a matrix of that format: of one, of an array, or of numbers with their places."""

    def make(given: Any, shape: Any = None, dtype: Any = None, copy: bool = False) -> Any:
        like = _on_floats_of(name, given, shape)
        if is_sparse(given):
            return arrange(adapt_sparse(given).list_entries(), like)
        if not isinstance(given, tuple):
            dense = np.atleast_2d(as_balls(given))
            return arrange(((i, j, row[j]) for i, row in enumerate(list_rows(dense)) for j in row), like)
        require(not name.startswith(("dia", "bsr")), f"sparse.{name}", "in its own form")
        numbers = as_balls(given[0])
        if len(given) == 2:
            rows, columns = (np.asarray(x).astype(int).tolist() for x in given[1])
        else:
            inner, starts = (np.asarray(x).astype(int) for x in given[1:])
            outer = np.repeat(np.arange(len(starts) - 1), np.diff(starts)).tolist()
            rows, columns = (outer, inner.tolist()) if name.startswith("csr") else (inner.tolist(), outer)
        return arrange(zip(rows, columns, numbers, strict=True), like)

    return OnBalls(make, adapt=adapt_sparse)


def _on_floats_of(name: str, given: Any, shape: Any) -> Any:
    with leave_run():
        return getattr(sys.modules["scipy.sparse"], name)(replace_by_floats(given), shape=shape)


def make_diagonals(diagonals: Any, offsets: Any = 0, shape: Any = None, format: Any = None, dtype: Any = None) -> Any:
    with leave_run():
        like = sys.modules["scipy.sparse"].diags(replace_by_floats(diagonals), offsets, shape=shape, format=format)
    many = np.ndim(offsets) > 0
    entries = []
    for offset, diagonal in zip(offsets if many else [offsets], diagonals if many else [diagonals], strict=True):
        numbers = as_balls(diagonal).reshape(-1)
        size = min(like.shape[0] + min(offset, 0), like.shape[1] - max(offset, 0))
        numbers = np.broadcast_to(numbers, (size,))
        entries += [(n - min(offset, 0), n + max(offset, 0), x) for n, x in enumerate(numbers)]
    return arrange(entries, like)


def take_kronecker_product(A: Any, B: Any, format: Any = None) -> Any:
    with leave_run():
        like = sys.modules["scipy.sparse"].kron(replace_by_floats(A), replace_by_floats(B), format)
    first, second = (_read_entries(given) for given in (A, B))
    rows, columns = np.shape(B)
    entries = ((i * rows + k, j * columns + m, x * y) for i, j, x in first for k, m, y in second)
    return arrange(entries, like)


def _read_entries(given: Any) -> list[tuple[int, int, Any]]:
    if is_sparse(given):
        return adapt_sparse(given).list_entries()
    return [(i, j, x) for i, row in enumerate(list_rows(given)) for j, x in row.items()]


def _stack(axis: int) -> OnBalls:
    def stack(blocks: Any, format: Any = None, dtype: Any = None) -> Any:
        with leave_run():
            name = "hstack" if axis else "vstack"
            like = getattr(sys.modules["scipy.sparse"], name)(replace_by_floats(list(blocks)), format=format)
        entries, start = [], 0
        for block in blocks:
            entries += [(i + start * (not axis), j + start * axis, x) for i, j, x in _read_entries(block)]
            start += np.shape(block)[axis]
        return arrange(entries, like)

    return OnBalls(stack, adapt=adapt_sparse)


def solve_sparse(A: Any, b: Any, permc_spec: Any = None, use_umfpack: bool = True) -> Any:
    """Solve A x = b by elimination."""
    right = b.toarray() if is_sparse(b) else as_balls(b)
    rows = adapt_sparse(A).list_rows() if is_sparse(A) else list_rows(A)
    return solve(rows, right.reshape(len(rows), -1)).reshape(right.shape)


def arrange_blocks(blocks: Any, format: Any = None, dtype: Any = None) -> Any:
    """Put blocks in rows and columns; of `None` there is nothing."""
    with leave_run():
        like = sys.modules["scipy.sparse"].bmat([replace_by_floats(list(row)) for row in blocks], format=format)
    heights = [next(np.shape(block)[0] for block in row if block is not None) for row in blocks]
    widths = [next(np.shape(block)[1] for block in row if block is not None) for row in zip(*blocks, strict=True)]
    return arrange(
        [
            (i + sum(heights[:n]), j + sum(widths[:m]), x)
            for n, row in enumerate(blocks)
            for m, block in enumerate(row)
            if block is not None
            for i, j, x in _read_entries(block)
        ],
        like,
    )


def arrange_diagonal(mats: Any, format: Any = None, dtype: Any = None) -> Any:
    return arrange_blocks(
        [[block if n == m else None for m in range(len(mats))] for n, block in enumerate(mats)], format
    )


def _keep_side(name: str) -> OnBalls:
    def keep(A: Any, k: int = 0, format: Any = None) -> Any:
        with leave_run():
            like = getattr(sys.modules["scipy.sparse"], name)(replace_by_floats(A), k, format)
        sign = 1 if name == "triu" else -1
        return arrange([entry for entry in _read_entries(A) if (entry[1] - entry[0] - k) * sign >= 0], like)

    return OnBalls(keep, adapt=adapt_sparse)


def take_norm(x: Any, ord: Any = None, axis: Any = None) -> Any:
    require(ord in (None, "fro") and axis is None, "sparse.linalg.norm", "but in that of Frobenius")
    return np.sqrt((x.balls * x.balls).sum())


_MADE = ("eye", "eye_array", "identity", "random", "rand", "random_array", "spdiags", "load_npz")
_CLASSES = tuple(
    f"{form}_{kind}" for form in ("csr", "csc", "coo", "bsr", "dia", "lil", "dok") for kind in ("matrix", "array")
)


def _refuse(name: str) -> Callable[..., Any]:
    def refuse(*_: Any, **__: Any) -> Any:
        raise TypeError(f"scipy.sparse.{name} takes no balls")

    return refuse


SPARSE = {
    **{name: _make(name) for name in _CLASSES},
    **{name: OnBalls(_refuse(name), adapt=adapt_sparse) for name in _MADE},
    "diags": OnBalls(make_diagonals, adapt=adapt_sparse),
    "diags_array": OnBalls(lambda d, /, *, offsets=0, **more: make_diagonals(d, offsets, **more), adapt=adapt_sparse),
    "kron": OnBalls(take_kronecker_product, adapt=adapt_sparse),
    "bmat": OnBalls(arrange_blocks, adapt=adapt_sparse),
    "block_diag": OnBalls(arrange_diagonal, adapt=adapt_sparse),
    "triu": _keep_side("triu"),
    "tril": _keep_side("tril"),
    "vstack": _stack(0),
    "hstack": _stack(1),
}
SPARSE_LINALG = {
    "spsolve": OnBalls(solve_sparse, is_bounded=False),
    "norm": OnBalls(take_norm, is_bounded=False),
}
