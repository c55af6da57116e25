"""NumPy's functions that are compiled for floats, or ask balls for floats on their way: written anew for balls."""

import functools
import itertools
from collections.abc import Iterable
from typing import Any

import numpy as np

from bptt.balls._array import take_floats
from bptt.balls._array_functions import OF_REAL
from bptt.balls._ball import Ball
from bptt.balls._context import refuse_text


def _average(a: Any, axis: Any = None, weights: Any = None, returned: bool = False, *, keepdims: bool = False) -> Any:
    a = np.asarray(a)
    if weights is None:
        mean = a.mean(axis, keepdims=keepdims)
        return (mean, a.size / max(1, np.size(mean)) + 0 * mean) if returned else mean
    weights = np.asarray(weights)
    if weights.shape != a.shape and axis is not None:
        weights = np.moveaxis(weights.reshape(weights.shape + (1,) * (a.ndim - weights.ndim)), 0, axis)
    total = np.sum(np.broadcast_to(weights, a.shape), axis=axis, keepdims=keepdims)
    mean = np.sum(a * weights, axis=axis, keepdims=keepdims) / total
    return (mean, total) if returned else mean


def _interpolate(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None) -> Any:
    """Interpolate between the points of `xp`; the interval of each x is found by comparisons of balls."""
    x, xp, fp = np.asarray(x), np.asarray(xp), np.asarray(fp)
    if period is not None:
        x, xp = x % period, xp % period
        order = np.argsort(xp)
        xp, fp = xp[order], fp[order]
        xp = np.concatenate([xp[-1:] - period, xp, xp[:1] + period])
        fp = np.concatenate([fp[-1:], fp, fp[:1]])
    slopes = (fp[1:] - fp[:-1]) / (xp[1:] - xp[:-1])

    def interpolate(at: Any) -> Any:
        if at < xp[0]:
            return fp[0] if left is None else left
        if at >= xp[-1]:
            return fp[-1] if right is None or at == xp[-1] else right
        n = max(int(np.sum([bool(at >= point) for point in xp])) - 1, 0)
        return fp[n] + slopes[n] * (at - xp[n])

    made = np.array([interpolate(at) for at in x.reshape(-1)]).reshape(x.shape)[()]
    return take_floats(made, lambda x, xp, fp: np.interp(x, xp, fp, left, right), x, xp, fp)


def _count_weights(x: Any, weights: Any = None, minlength: int = 0) -> Any:
    x = np.asarray(x)
    sums = np.zeros(max(minlength, int(x.max(initial=-1)) + 1), dtype=float)
    np.add.at(sums, x, weights)
    return sums


def _count_in_bins(a: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None) -> Any:  # noqa: A002
    """Count numbers in bins, which comparisons of balls find; edges between the numbers move with these."""
    a = np.asarray(a).reshape(-1)
    if np.ndim(bins):
        edges = np.asarray(bins)
    else:
        low, high = (np.min(a), np.max(a)) if range is None else range
        edges = np.linspace(low, high, int(bins) + 1)
    inner, last = edges[1:-1], len(edges) - 2
    counts = np.zeros(last + 1, dtype=int if weights is None else float)
    for n, x in enumerate(a):
        is_outside = (range is not None or np.ndim(bins)) and (x < edges[0] or x > edges[-1])
        if not is_outside:
            counts[sum(bool(x >= edge) for edge in inner)] += 1 if weights is None else weights[n]
    if density:
        return counts / (np.diff(edges) * np.sum(counts)), edges
    return counts, edges


def _fit_polynomial(  # noqa: PLR0913  (NumPy's)
    x: Any, y: Any, deg: Any, rcond: Any = None, full: bool = False, w: Any = None, cov: bool = False
) -> Any:
    """Fit a polynomial of one degree by least squares; `NotImplemented` where more is asked for."""
    if full or cov or np.ndim(deg):
        return NotImplemented
    powers, values = np.vander(np.asarray(x), int(deg) + 1), np.asarray(y)
    if w is not None:
        weights = np.asarray(w)
        powers, values = powers * weights[:, None], (values.T * weights).T
    fitted = np.linalg.lstsq(powers, values, rcond)[0]
    return take_floats(fitted, lambda x, y, w: np.polyfit(x, y, deg, rcond, w=w), x, y, w)


@functools.wraps(np.frombuffer)
def read_buffer(*arguments: Any, **keywords: Any) -> Any:
    """Return an array that reads a buffer; refused where balls were written as bytes."""
    refuse_text()
    return np.frombuffer(*arguments, **keywords)


@functools.wraps(np.fromiter)
def make_from_iterator(iterator: Iterable[Any], dtype: Any = float, count: int = -1, **keywords: Any) -> Any:
    """Return an array of what an iterator yields; like NumPy's, which takes floats alone."""
    elements = list(iterator if count < 0 else itertools.islice(iterator, count))
    if any(isinstance(element, Ball) for element in elements):
        return np.array(elements, dtype=dtype)
    return np.fromiter(elements, dtype, count, **keywords)


OF_REAL.update(
    {
        np.average: _average,
        np.bincount: _count_weights,
        np.histogram: _count_in_bins,
        np.interp: _interpolate,
        np.polyfit: _fit_polynomial,
    }
)
