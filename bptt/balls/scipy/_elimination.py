"""Systems of linear equations on balls: elimination in rows that hold only what is not 0."""

from typing import Any

import numpy as np

from bptt.balls._array import strip_class
from bptt.balls._ball import Ball, get_float
from bptt.balls.scipy._operands import as_balls

Row = dict[int, Any]
"""The entries of a row of a matrix by their column."""


def solve(rows: list[Row], right: Any) -> Any:
    """Solve A x = b, or A X = B, on balls.

    Which equation eliminates an unknown does not change the solution: that with the largest float.
    Raises `ZeroDivisionError` where no float is left for one.
    """
    rows = [dict(row) for row in rows]
    sides = [as_balls(side) for side in as_balls(right)]
    for column in range(len(rows)):
        pivot = max(range(column, len(rows)), key=lambda n: abs(get_float(rows[n].get(column, 0.0))))
        if not get_float(rows[pivot].get(column, 0.0)):
            raise ZeroDivisionError("the matrix is singular")
        rows[column], rows[pivot] = rows[pivot], rows[column]
        sides[column], sides[pivot] = sides[pivot], sides[column]
        for n in range(column + 1, len(rows)):
            if column in rows[n]:
                factor = rows[n].pop(column) / rows[column][column]
                for k, entry in rows[column].items():
                    if k > column:
                        rows[n][k] = rows[n][k] - factor * entry if k in rows[n] else -(factor * entry)
                sides[n] = sides[n] - sides[column] * factor
    for n in reversed(range(len(rows))):
        for k, entry in rows[n].items():
            if k > n:
                sides[n] = sides[n] - sides[k] * entry
        sides[n] = sides[n] / rows[n][n]
    return np.stack(sides)


def list_rows(matrix: Any) -> list[Row]:
    """Return a matrix of balls as rows, without what is exactly 0 and depends on nothing."""
    return [{k: x for k, x in enumerate(row) if not _is_zero(x)} for row in strip_class(as_balls(matrix)).tolist()]


def _is_zero(x: Ball) -> bool:
    return bool(x.as_float == 0 and x.value.is_zero() and getattr(x, "created", -1) < 0)


def factor_symmetric(matrix: Any) -> tuple[Any, Any]:
    """Return L and the diagonal d of A = L diag(d) Lᵀ, of a symmetric positive matrix."""
    a = as_balls(matrix)
    size = len(a)
    low: list[list[Any]] = [[0.0] * size for _ in range(size)]
    diagonal: list[Any] = []
    for n in range(size):
        for k in range(n):
            low[n][k] = (a[n, k] - sum(low[n][j] * low[k][j] * diagonal[j] for j in range(k))) / diagonal[k]
        diagonal.append(a[n, n] - sum(low[n][j] * low[n][j] * diagonal[j] for j in range(n)))
        low[n][n] = 1.0
    return low, diagonal
