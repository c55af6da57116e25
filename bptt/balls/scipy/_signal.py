"""`scipy.signal` on balls: convolutions, as the sums that they are, and linear filters, as their recurrences."""

import itertools
import math
from typing import Any

import numpy as np

from bptt.balls.scipy._elimination import list_rows, solve
from bptt.balls.scipy._ndimage import correlate1d
from bptt.balls.scipy._operands import OnBalls, as_balls, call_on_floats, make_zeros, require, take_integer

_PADS = {"wrap": "wrap", "symm": "symmetric"}  # NumPy's names of the boundaries of convolve2d


def convolve(in1: Any, in2: Any, mode: str = "full", method: str = "auto") -> Any:
    """Return Σ in1[n − k] in2[k], or the part of it that `mode` names."""
    a, b = as_balls(in1), as_balls(in2)
    return _cut(_convolve_fully(a, b), a.shape, b.shape, mode)


def correlate(in1: Any, in2: Any, mode: str = "full", method: str = "auto") -> Any:
    return convolve(in1, np.flip(as_balls(in2)), mode, method)


def _convolve_along(in1: Any, in2: Any, mode: str = "full", axes: Any = None) -> Any:
    require(axes is None, "signal.fftconvolve", "together with axes")
    return convolve(in1, in2, mode)


def _convolve_fully(a: Any, b: Any) -> Any:
    if a.size < b.size:
        a, b = b, a
    result = make_zeros(tuple(m + n - 1 for m, n in zip(a.shape, b.shape, strict=True)), a, b)
    for index in np.ndindex(b.shape):
        region = tuple(slice(k, k + n) for k, n in zip(index, a.shape, strict=True))
        result[region] = result[region] + a * b[index]
    return result


def _cut(full: Any, first: tuple[int, ...], second: tuple[int, ...], mode: str) -> Any:
    """Return what `mode` names of a full convolution of arrays of these shapes."""
    if mode == "full":
        return full
    sizes = first if mode == "same" else [abs(m - n) + 1 for m, n in zip(first, second, strict=True)]
    starts = [(whole - size) // 2 for whole, size in zip(full.shape, sizes, strict=True)]
    return full[tuple(slice(start, start + size) for start, size in zip(starts, sizes, strict=True))]


def convolve2d(in1: Any, in2: Any, mode: str = "full", boundary: str = "fill", fillvalue: Any = 0) -> Any:
    a, b = as_balls(in1), as_balls(in2)
    if mode == "valid":
        return convolve(a, b, mode)
    rows, columns = b.shape
    around = [(rows - 1, rows - 1), (columns - 1, columns - 1)]
    if boundary in ("fill", "pad"):
        sizes = [n + low + high for n, (low, high) in zip(a.shape, around, strict=True)]
        padded = np.full(sizes, fillvalue, dtype=a.dtype)  # a longer type would round less than SciPy does
        padded = as_balls(padded)
        padded[rows - 1 : rows - 1 + a.shape[0], columns - 1 : columns - 1 + a.shape[1]] = a
    else:
        name = _PADS.get(boundary, {"circular": "wrap", "symmetric": "symmetric"}.get(boundary, boundary))
        lines = [np.pad(np.arange(n), pad, name) for n, pad in zip(a.shape, around, strict=True)]  # type: ignore[call-overload]
        padded = a[np.ix_(*lines)]
    full = _cut(_convolve_fully(padded, b), padded.shape, b.shape, "valid")
    return _cut(full, a.shape, b.shape, mode)


def correlate2d(in1: Any, in2: Any, mode: str = "full", boundary: str = "fill", fillvalue: Any = 0) -> Any:
    """Return Σ in1[n + k] in2[k]; of two parts of the same size beside the middle, the other one than a convolution."""
    a, b = as_balls(in1), np.flip(as_balls(in2))
    if mode != "same":
        return convolve2d(a, b, mode, boundary, fillvalue)
    full = convolve2d(a, b, "full", boundary, fillvalue)
    return full[tuple(slice(n // 2, n // 2 + size) for n, size in zip(b.shape, a.shape, strict=True))]


def _is_direct(in1: Any, in2: Any, mode: str = "full", method: str = "auto") -> bool:
    """Whether SciPy computes the sum, and not Fourier transforms."""
    if method == "auto":
        method = call_on_floats("scipy.signal", "choose_conv_method", in1, in2, mode)
    return method == "direct"


def lfilter(b: Any, a: Any, x: Any, axis: int = -1, zi: Any = None) -> Any:
    """Solve Σ a[k] y[n − k] = Σ b[k] x[n − k] for y, from the state `zi`."""
    b, a = (np.atleast_1d(as_balls(given)) for given in (b, a))
    b, a = b / a[0], a / a[0]
    signal = np.moveaxis(as_balls(x), axis, 0)
    order = max(len(a), len(b)) - 1
    state = [make_zeros(signal.shape[1:], signal)] * order
    if zi is not None:
        given = np.moveaxis(as_balls(zi), axis, 0)
        state = list(np.broadcast_to(given, (order, *signal.shape[1:])))
    result, state = _filter(b, a, signal, state)
    y = np.moveaxis(np.stack(result), 0, axis)
    if zi is None:
        return y
    last = np.stack(state) if state else make_zeros((0, *signal.shape[1:]), signal)
    return y, np.moveaxis(last, 0, axis)


def _filter(b: Any, a: Any, signal: Any, state: list[Any]) -> tuple[list[Any], list[Any]]:
    """Return the output and the last state of a filter with a[0] = 1, in the transposed direct form II."""
    result = []
    for x in signal:
        y = b[0] * x + state[0] if state else b[0] * x
        after: list[Any] = []
        for k in range(1, len(state) + 1):
            terms = [b[k] * x] if k < len(b) else []
            terms += [-(a[k] * y)] if k < len(a) else []
            terms += [state[k]] if k < len(state) else []
            after.append(sum(terms[1:], terms[0]))
        result.append(as_balls(y))
        state = after
    return result, [as_balls(z) for z in state]


def lfilter_zi(b: Any, a: Any) -> Any:
    """Return the state in which a filter stays at a constant input of 1."""
    b, a = (np.atleast_1d(as_balls(given)) for given in (b, a))
    b, a = b / a[0], a / a[0]
    size = max(len(a), len(b))
    b, a = (np.concatenate([c, make_zeros((size - len(c),), c)]) if len(c) < size else c for c in (b, a))
    gain = (b[1:] - a[1:] * b[0]).sum() / a.sum()
    state = [gain]
    total, left = a[0], 0.0 * gain
    for k in range(1, size - 1):
        total = total + a[k]
        left = left + b[k] - a[k] * b[0]
        state.append(total * gain - left)
    return as_balls(state)


def filtfilt(
    b: Any,
    a: Any,
    x: Any,
    axis: int = -1,
    padtype: Any = "odd",
    padlen: Any = None,
    method: str = "pad",
    irlen: Any = None,
) -> Any:
    """Filter forwards and backwards, both from the state of rest of the first value."""
    require(method == "pad" and irlen is None, "signal.filtfilt", "with method='gust'")
    signal = np.moveaxis(as_balls(x), axis, 0)
    taps = max(np.size(a), np.size(b))
    extended, edge = _extend(signal, padtype, 3 * taps if padlen is None else padlen)
    rest = _spread(lfilter_zi(b, a), signal) if taps > 1 else None

    def run(z: Any) -> Any:
        return lfilter(b, a, z, 0) if rest is None else lfilter(b, a, z, 0, rest * z[0])[0]

    return np.moveaxis(_unextend(run(run(extended)[::-1])[::-1], edge), 0, axis)


def _extend(signal: Any, kind: Any, edge: int) -> tuple[Any, int]:
    if kind is None or edge == 0:
        return signal, 0
    before, after = signal[edge:0:-1], signal[-2 : -(edge + 2) : -1]
    if kind == "odd":
        before, after = 2 * signal[0] - before, 2 * signal[-1] - after
    elif kind == "constant":
        before, after = 0 * before + signal[0], 0 * after + signal[-1]
    return np.concatenate([before, signal, after]), edge


def _unextend(signal: Any, edge: int) -> Any:
    return signal[edge:-edge] if edge else signal


def _spread(state: Any, signal: Any) -> Any:
    return state.reshape(-1, *[1] * (signal.ndim - 1))


def sosfilt(sos: Any, x: Any, axis: int = -1, zi: Any = None) -> Any:
    """Filter by one section of the second order after the other."""
    sections, y = as_balls(sos), as_balls(x)
    last = []
    for n, section in enumerate(sections):
        start = make_zeros((2, *np.moveaxis(y, axis, 0).shape[1:]), y) if zi is None else np.moveaxis(zi[n], axis, 0)
        result, state = _filter(section[:3], section[3:], np.moveaxis(y, axis, 0), list(start))
        y = np.moveaxis(np.stack(result), 0, axis)
        last.append(np.moveaxis(np.stack(state), 0, axis))
    return y if zi is None else (y, np.stack(last))


def sosfilt_zi(sos: Any) -> Any:
    states, scale = [], 1.0
    for section in as_balls(sos):
        states.append(lfilter_zi(section[:3], section[3:]) * scale)
        scale = scale * section[:3].sum() / section[3:].sum()
    return np.stack(states)


def sosfiltfilt(sos: Any, x: Any, axis: int = -1, padtype: Any = "odd", padlen: Any = None) -> Any:
    sections, signal = as_balls(sos), np.moveaxis(as_balls(x), axis, 0)
    taps = 2 * len(sections) + 1 - min(int((sections[:, 2] == 0).sum()), int((sections[:, 5] == 0).sum()))
    extended, edge = _extend(signal, padtype, 3 * taps if padlen is None else padlen)
    rest = sosfilt_zi(sections).reshape(len(sections), 2, *[1] * (signal.ndim - 1))

    def run(z: Any) -> Any:
        return sosfilt(sections, z, 0, rest * z[0])[0]

    return np.moveaxis(_unextend(run(run(extended)[::-1])[::-1], edge), 0, axis)


def detrend(data: Any, axis: int = -1, type: str = "linear", bp: Any = 0, overwrite_data: bool = False) -> Any:
    """Subtract the mean, or the line of least squares of each stretch between break points."""
    require(not overwrite_data, "signal.detrend", "with overwrite_data=True")
    signal = np.moveaxis(as_balls(data), axis, 0)
    if type in ("constant", "c"):
        return np.moveaxis(signal - signal.sum(axis=0) / len(signal), 0, axis)
    ends = sorted({0, len(signal), *map(int, np.atleast_1d(bp))})
    parts = [signal[start:end] for start, end in itertools.pairwise(ends)]
    return np.moveaxis(np.concatenate([part - _fit_line(part) for part in parts]), 0, axis)


def _fit_line(part: Any) -> Any:
    times = as_balls(np.arange(len(part)) * 2.0 - (len(part) - 1)).reshape(-1, *[1] * (part.ndim - 1))
    mean = part.sum(axis=0) / len(part)
    return mean + times * ((times * part).sum(axis=0) / (times * times).sum()) if len(part) > 1 else mean + 0 * part


def savgol_filter(
    x: Any,
    window_length: int,
    polyorder: int,
    deriv: int = 0,
    delta: Any = 1.0,
    axis: int = -1,
    mode: str = "interp",
    cval: Any = 0.0,
) -> Any:
    """Return at each place the polynomial of least squares of a window around it, or its derivative."""
    width, order, deriv = map(take_integer, (window_length, polyorder, deriv))
    signal = np.moveaxis(as_balls(x), axis, 0)
    scale = as_balls(delta)[()] ** deriv
    weights = _weigh_fit(width, order, deriv, (width - 1) / 2) / scale
    result = correlate1d(signal, weights, 0, None, "constant" if mode == "interp" else mode, cval, -(1 - width % 2))
    if mode == "interp":
        half, size = width // 2, len(signal)
        for n in range(half):
            early, late = (_weigh_fit(width, order, deriv, at) / scale for at in (n, width - half + n))
            result[n] = np.tensordot(early, signal[:width], 1)
            result[size - half + n] = np.tensordot(late, signal[-width:], 1)
    return np.moveaxis(result, 0, axis)


def _weigh_fit(width: int, order: int, deriv: int, at: float) -> Any:
    """Return the weights of the values of a window in the derivative of their polynomial of least squares at a place.

    Exact where twice the place is an integer, since all that is solved is made of integers and halves then.
    """
    places = as_balls(np.arange(width) - at)
    powers = np.stack([places**k for k in range(order + 1)])
    wanted = make_zeros((order + 1,))
    if deriv <= order:
        wanted[deriv] = float(math.factorial(deriv))
    return np.dot(solve(list_rows(np.dot(powers, powers.T)), wanted), powers)


SIGNAL = {
    "convolve": OnBalls(convolve, _is_direct),
    "correlate": OnBalls(correlate, _is_direct),
    "fftconvolve": OnBalls(_convolve_along, is_bounded=False),
    "oaconvolve": OnBalls(_convolve_along, is_bounded=False),
    "convolve2d": OnBalls(convolve2d),
    "correlate2d": OnBalls(correlate2d),
    "lfilter": OnBalls(lfilter),
    "lfilter_zi": OnBalls(lfilter_zi, is_bounded=False),
    "filtfilt": OnBalls(filtfilt, is_bounded=False),
    "sosfilt": OnBalls(sosfilt),
    "sosfilt_zi": OnBalls(sosfilt_zi, is_bounded=False),
    "sosfiltfilt": OnBalls(sosfiltfilt, is_bounded=False),
    "detrend": OnBalls(detrend, is_bounded=False),
    "savgol_filter": OnBalls(savgol_filter, is_bounded=False),
}
