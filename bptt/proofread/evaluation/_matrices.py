"""Functions of matrices of balls, by FLINT."""

from typing import Any

import numpy as np
import numpy.typing as npt
from flint import arb, arb_mat

_Matrix = npt.NDArray[Any]


def invert(matrix: _Matrix) -> _Matrix:
    """Return the inverse; without a value for a matrix that may have none."""
    try:
        inverse = arb_mat(matrix.tolist()).inv()
    except ZeroDivisionError:
        return np.full(matrix.shape, arb.nan(), dtype=object)
    return np.array(inverse.entries(), dtype=object).reshape(matrix.shape)


def take_determinant(matrix: _Matrix) -> arb:
    """Return the determinant."""
    return arb_mat(matrix.tolist()).det()


def apply_to_matrices(name: str, matrices: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Apply a function of `OfMatrix` to matrices that lie along the last two axes."""
    *batch, rows, columns = matrices.shape
    each = matrices.reshape(-1, rows, columns)
    if name == "inverse":
        return np.array([invert(one) for one in each], dtype=object).reshape(matrices.shape)
    values = np.empty(len(each), dtype=object)
    for n, one in enumerate(each):
        values[n] = take_determinant(one) if name == "det" else take_determinant(one).log()
    return values.reshape(batch)
