"""`scipy.ndimage` on balls: sums of neighbours. SciPy's floats leave small weights out, so that nothing bounds them."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from bptt.balls._ball import get_float
from bptt.balls.scipy._operands import OnBalls, as_balls, make_zeros, require, take_integer

_PADS = {  # NumPy's names of what stands beyond the edges
    "reflect": "symmetric",
    "grid-mirror": "symmetric",
    "mirror": "reflect",
    "nearest": "edge",
    "wrap": "wrap",
    "grid-wrap": "wrap",
}
_LEAST_SIGMA = 1e-15  # below which SciPy leaves an axis as it is


def correlate(
    input: Any,
    weights: Any,
    output: Any = None,
    mode: Any = "reflect",
    cval: Any = 0.0,
    origin: Any = 0,
    *,
    axes: Any = None,
) -> Any:
    """Return Σ input[n + k] weights[k], of which k = 0 is in the middle."""
    require(output is None and axes is None, "ndimage.correlate", "with output= or axes=")
    x, w = as_balls(input), as_balls(weights)
    padded = x
    for axis, (size, shift) in enumerate(zip(w.shape, _repeat(origin, x.ndim), strict=True)):
        before = size // 2 + shift
        padded = _pad(padded, axis, (before, size - 1 - before), mode, cval)
    result = make_zeros(x.shape, x, w)
    for index in np.ndindex(w.shape):
        region = tuple(slice(k, k + n) for k, n in zip(index, x.shape, strict=True))
        result = result + padded[region] * w[index]
    return result


def convolve(
    input: Any,
    weights: Any,
    output: Any = None,
    mode: Any = "reflect",
    cval: Any = 0.0,
    origin: Any = 0,
    *,
    axes: Any = None,
) -> Any:
    w = as_balls(weights)
    shifts = [-k - (size % 2 == 0) for k, size in zip(_repeat(origin, w.ndim), w.shape, strict=True)]
    return correlate(input, np.flip(w), output, mode, cval, shifts, axes=axes)


def correlate1d(
    input: Any,
    weights: Any,
    axis: int = -1,
    output: Any = None,
    mode: str = "reflect",
    cval: Any = 0.0,
    origin: int = 0,
) -> Any:
    require(output is None, "ndimage.correlate1d", "with output=")
    x, w = as_balls(input), as_balls(weights)
    before = len(w) // 2 + origin
    signal = np.moveaxis(x, axis, 0)
    padded = _pad(signal, 0, (before, len(w) - 1 - before), mode, cval)
    result = make_zeros(signal.shape, x, w)
    for k, weight in enumerate(w):
        result = result + padded[k : k + len(signal)] * weight
    return np.moveaxis(result, 0, axis)


def convolve1d(
    input: Any,
    weights: Any,
    axis: int = -1,
    output: Any = None,
    mode: str = "reflect",
    cval: Any = 0.0,
    origin: int = 0,
) -> Any:
    w = as_balls(weights)
    return correlate1d(input, w[::-1], axis, output, mode, cval, -origin - (len(w) % 2 == 0))


def _pad(x: Any, axis: int, around: tuple[int, int], mode: str, cval: Any) -> Any:
    if mode not in ("constant", "grid-constant"):
        return np.take(x, np.pad(np.arange(x.shape[axis]), around, _PADS[mode]), axis)  # type: ignore[call-overload]
    ends = [np.full((*x.shape[:axis], size, *x.shape[axis + 1 :]), cval, dtype=x.dtype) for size in around]
    return np.concatenate([as_balls(ends[0]), x, as_balls(ends[1])], axis)


def _repeat(given: Any, times: int) -> list[Any]:
    """Return a setting for each axis: one that is given for all, or one for each."""
    return (
        list(given)
        if np.ndim(given) or (isinstance(given, Sequence) and not isinstance(given, str))
        else [given] * times
    )


def _make_gaussian(sigma: Any, order: int, radius: int) -> Any:
    """Return a normal density at integers, of sum 1, times the polynomial of its derivative of that order."""
    places = as_balls(np.arange(-radius, radius + 1.0))
    density = np.exp(-0.5 / (sigma * sigma) * places**2)
    density = density / density.sum()
    polynomial: list[Any] = [1.0]
    for _ in range(order):  # (p φ)′ = (p′ − x p / σ²) φ
        slope = [k * c for k, c in enumerate(polynomial)][1:]
        shifted = [0.0, *(-c / (sigma * sigma) for c in polynomial)]
        polynomial = [c + (slope[k] if k < len(slope) else 0.0) for k, c in enumerate(shifted)]
    return sum(c * places**k for k, c in enumerate(polynomial)) * density


def gaussian_filter1d(
    input: Any,
    sigma: Any,
    axis: int = -1,
    order: int = 0,
    output: Any = None,
    mode: str = "reflect",
    cval: Any = 0.0,
    truncate: float = 4.0,
    *,
    radius: int | None = None,
) -> Any:
    width = int(truncate * sigma + 0.5) if radius is None else radius
    weights = _make_gaussian(as_balls(sigma)[()], take_integer(order), width)[::-1]
    return correlate1d(input, weights, axis, output, mode, cval, 0)


def gaussian_filter(
    input: Any,
    sigma: Any,
    order: Any = 0,
    output: Any = None,
    mode: Any = "reflect",
    cval: Any = 0.0,
    truncate: float = 4.0,
    *,
    radius: Any = None,
    axes: Any = None,
) -> Any:
    require(output is None, "ndimage.gaussian_filter", "with output=")
    x = as_balls(input)
    chosen = range(x.ndim) if axes is None else [axes] if isinstance(axes, int) else axes
    settings = zip(chosen, *(_repeat(given, len(chosen)) for given in (sigma, order, mode, radius)), strict=True)
    for axis, width, derivative, edge, reach in settings:
        if get_float(width) > _LEAST_SIGMA:
            x = gaussian_filter1d(x, width, axis, derivative, None, edge, cval, truncate, radius=reach)
    return x


def uniform_filter1d(
    input: Any, size: int, axis: int = -1, output: Any = None, mode: str = "reflect", cval: Any = 0.0, origin: int = 0
) -> Any:
    return correlate1d(input, np.ones(size), axis, output, mode, cval, origin) / size


def uniform_filter(
    input: Any,
    size: Any = 3,
    output: Any = None,
    mode: Any = "reflect",
    cval: Any = 0.0,
    origin: Any = 0,
    *,
    axes: Any = None,
) -> Any:
    require(output is None and axes is None, "ndimage.uniform_filter", "with output= or axes=")
    x = as_balls(input)
    for axis, setting in enumerate(zip(*(_repeat(given, x.ndim) for given in (size, mode, origin)), strict=True)):
        x = uniform_filter1d(x, setting[0], axis, None, setting[1], cval, setting[2])
    return x


def _take_extreme(choose: Any, name: str) -> Any:
    def take(
        input: Any,
        size: Any = None,
        footprint: Any = None,
        output: Any = None,
        mode: Any = "reflect",
        cval: Any = 0.0,
        origin: Any = 0,
        *,
        axes: Any = None,
    ) -> Any:
        plain = footprint is None and output is None and axes is None
        require(plain, f"ndimage.{name}", "with footprint=, output= or axes=")
        x = as_balls(input)
        for axis, setting in enumerate(zip(*(_repeat(given, x.ndim) for given in (size, mode, origin)), strict=True)):
            width, edge, shift = setting
            signal = np.moveaxis(x, axis, 0)
            before = width // 2 + shift
            padded = _pad(signal, 0, (before, width - 1 - before), edge, cval)
            chosen = padded[: len(signal)]
            for k in range(1, width):
                chosen = choose(chosen, padded[k : k + len(signal)])
            x = np.moveaxis(chosen, 0, axis)
        return x

    return take


def _take_difference(smoothing: list[float]) -> Any:
    """Return a filter that takes differences along an axis and smooths along the others."""

    def take(input: Any, axis: int = -1, output: Any = None, mode: Any = "reflect", cval: Any = 0.0) -> Any:
        x = as_balls(input)
        edges = _repeat(mode, x.ndim)
        result = correlate1d(x, [-1.0, 0.0, 1.0], axis, output, edges[axis], cval)
        for other in range(x.ndim):
            if other != axis % x.ndim:
                result = correlate1d(result, smoothing, other, None, edges[other], cval)
        return result

    return take


def laplace(input: Any, output: Any = None, mode: Any = "reflect", cval: Any = 0.0, *, axes: Any = None) -> Any:
    require(axes is None, "ndimage.laplace", "with axes=")
    x = as_balls(input)
    parts = [correlate1d(x, [1.0, -2.0, 1.0], n, output, edge, cval) for n, edge in enumerate(_repeat(mode, x.ndim))]
    return sum(parts[1:], parts[0])


NDIMAGE = {
    name: OnBalls(function, is_bounded=False)
    for name, function in {
        "correlate": correlate,
        "convolve": convolve,
        "correlate1d": correlate1d,
        "convolve1d": convolve1d,
        "gaussian_filter1d": gaussian_filter1d,
        "gaussian_filter": gaussian_filter,
        "uniform_filter1d": uniform_filter1d,
        "uniform_filter": uniform_filter,
        "maximum_filter": _take_extreme(np.maximum, "maximum_filter"),
        "minimum_filter": _take_extreme(np.minimum, "minimum_filter"),
        "sobel": _take_difference([1.0, 2.0, 1.0]),
        "prewitt": _take_difference([1.0, 1.0, 1.0]),
        "laplace": laplace,
    }.items()
}
