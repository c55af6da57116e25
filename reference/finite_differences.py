"""Textbook central differences, with an error bound for each entry."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_ROUNDINGS = 64  # f is assumed to be computed to within this many roundings of its own size, or of 1 if it is smaller


class Differences(NamedTuple):
    """The gradient of f by one array, and how far from it an entry may be."""

    value: Floats
    error: Floats


def central_differences(f: Callable[[Floats], Any], x: Floats) -> Differences:
    """(f(x + h e_i) − f(x − h e_i)) / 2h for each entry i of x, h = ε^⅓ max(1, |x_i|).

    The error has two parts. Truncation is h² f‴/6, for which the difference between the results at h and at 2h, three
    times as large, is taken. Rounding is that of f, as assumed above, over h.
    """
    value, error = np.empty_like(x), np.empty_like(x)
    for i in np.ndindex(x.shape):
        h = np.cbrt(np.finfo(float).eps) * max(1.0, abs(x[i]))
        at_h, size = _difference(f, x, i, h)
        at_2h, _ = _difference(f, x, i, 2 * h)
        value[i] = at_h
        error[i] = abs(at_2h - at_h) + _ROUNDINGS * np.finfo(float).eps * max(1.0, size) / h
    return Differences(value, error)


def _difference(f: Callable[[Floats], Any], x: Floats, i: tuple[int, ...], h: float) -> tuple[float, float]:
    """The central difference, and the larger |f| of the two."""
    above, below = x.copy(), x.copy()
    above[i] += h
    below[i] -= h
    f_above, f_below = float(f(above)), float(f(below))
    return (f_above - f_below) / (above[i] - below[i]), max(abs(f_above), abs(f_below))
