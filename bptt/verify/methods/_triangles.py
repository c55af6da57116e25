"""Gradients by a symmetric matrix of which f reads one triangle, as Cholesky and `eigh` do.

The derivative of such an f by the other triangle is 0, but the matrix is symmetric: what its two triangles receive is
one thing, and textbooks and JAX give each its half. A symmetric gradient that agrees once each entry has taken what its
mirror image has is right for every step that leaves the matrix symmetric. JAX's own need not be symmetric: its rules
take every step for symmetric.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from flint import arb

from bptt.balls import enclose

SYMMETRIC = "for a symmetric matrix, of which f reads one triangle"


def is_symmetric(claims: npt.NDArray[Any]) -> bool:
    """Whether a gradient by matrices is, as far as is known."""
    mirrored = np.swapaxes(claims, -1, -2)
    return all(
        (enclose(x) - enclose(y)).contains(0) for x, y in zip(claims.reshape(-1), mirrored.reshape(-1), strict=True)
    )


def find_folding(
    values: npt.NDArray[Any], true: Sequence[arb]
) -> Callable[[npt.NDArray[Any]], npt.NDArray[Any]] | None:
    """Return what adds to each entry that f reads its mirror image, and leaves 0 there; `None` if f reads both."""
    if values.ndim < 2 or values.shape[-1] != values.shape[-2] or values.shape[-1] == 1:
        return None
    if not np.array_equal(values, np.swapaxes(values, -1, -2)):
        return None
    is_zero = np.array([x.is_zero() for x in true]).reshape(values.shape)
    lower = np.tri(values.shape[-1], k=-1, dtype=bool)
    for unread in (lower, lower.T):
        if is_zero[..., unread].all() and not is_zero[..., unread.T].all():
            return lambda claims: np.where(
                unread, 0.0, np.where(unread.T, claims + np.swapaxes(claims, -1, -2), claims)
            )
    return None
