"""SciPy's Fourier, cosine and sine transforms, and its convolutions, of arrays of balls.

`SCIPY_FFT` has functions with the signatures of SciPy's, by their names: "fft.dct" is `scipy.fft.dct`. What holds no
ball they leave to SciPy. As its functions do, those of NumPy's leave the bound of their rounding error open.
"""

import functools
import importlib
import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from flint import arb, ctx, fmpq

from bptt.balls._array import as_ball_array, convert_operand, holds_complex, is_of_balls, strip_class
from bptt.balls._ball import Fixed
from bptt.balls._context import leave_run
from bptt.balls._fourier import (
    ONE_AXIS,
    SEVERAL_AXES,
    choose_axes,
    choose_scale,
    finish,
    fit_length,
    leave_open,
    make_exact,
    sum_terms,
    transform_axes,
    transform_axis,
)


def _get_original(name: str) -> Callable[..., Any]:
    """Return SciPy's own implementation, whatever stands in the place of its function for a while."""

    def call(*arguments: Any, **keywords: Any) -> Any:
        with leave_run():  # its own arrays are of floats
            return getattr(importlib.import_module("scipy.fft._pocketfft"), name)(*arguments, **keywords)

    return call


def _along_one(name: str) -> Callable[..., Any]:
    def transform(x: Any, n: Any = None, axis: int = -1, norm: Any = None, *ignored: Any, **options: Any) -> Any:
        original, x = _get_original(name), np.asarray(x)
        if not is_of_balls(x):
            return original(x, n, axis, norm, *ignored, **options)
        result = ONE_AXIS[name](strip_class(x), n, axis, norm)
        return finish(result, x, lambda floats: original(floats, n, axis, norm))

    return transform


def _along_several(name: str, default: tuple[int, int] | None) -> Callable[..., Any]:
    def transform(x: Any, s: Any = None, axes: Any = default, norm: Any = None, *ignored: Any, **options: Any) -> Any:
        original, x = _get_original(name), np.asarray(x)
        if not is_of_balls(x):
            return original(x, s, axes, norm, *ignored, **options)
        result = transform_axes(name, strip_class(x), s, axes, norm)
        return finish(result, x, lambda floats: original(floats, s, axes, norm))

    return transform


# Cosine and sine transforms: y[k] = scale Σ_n 2 x[n] cos or sin(π angle(k, n)), of the ends half as much

Angle = Callable[[int, int, int], fmpq]

_COSINES: dict[int, Angle] = {
    1: lambda k, n, N: fmpq(k * n, max(N - 1, 1)),
    2: lambda k, n, N: fmpq(k * (2 * n + 1), 2 * N),
    3: lambda k, n, N: fmpq((2 * k + 1) * n, 2 * N),
    4: lambda k, n, N: fmpq((2 * k + 1) * (2 * n + 1), 4 * N),
}
_SINES: dict[int, Angle] = {
    1: lambda k, n, N: fmpq((k + 1) * (n + 1), N + 1),
    2: lambda k, n, N: fmpq((k + 1) * (2 * n + 1), 2 * N),
    3: lambda k, n, N: fmpq((2 * k + 1) * (n + 1), 2 * N),
    4: lambda k, n, N: fmpq((2 * k + 1) * (2 * n + 1), 4 * N),
}
_INVERSE = {1: 1, 2: 3, 3: 2, 4: 4}
_LENGTHENED = {("dct", 1): -1, ("dst", 1): 1}  # which such a transform divides by twice of, beside N


def _find_ends(name: str, kind: int, length: int) -> tuple[set[int], set[int]]:
    """Return the inputs that count half as much, and the outputs that an orthogonal transform divides by √2."""
    end = 0 if name == "dct" else length - 1
    if kind == 1:
        return ({0, length - 1}, {0, length - 1}) if name == "dct" else (set(), set())
    return ({end} if kind == 3 else set()), ({end} if kind == 2 else set())


@functools.cache
def _make_matrix(name: str, kind: int, length: int, orthogonal: bool, precision: int) -> list[list[Fixed]]:  # noqa: ARG001
    """Return the rows of the transform, without its scale."""
    angle = (_COSINES if name == "dct" else _SINES)[kind]
    wave = arb.cos_pi_fmpq if name == "dct" else arb.sin_pi_fmpq
    half_inputs, outputs = _find_ends(name, kind, length)
    root = arb(2).sqrt() if orthogonal else arb(1)

    def weigh(k: int, n: int) -> arb:
        return (root if n in half_inputs else arb(2)) / (root if k in outputs else arb(1))

    return [[make_exact(wave(angle(k, n, length)) * weigh(k, n)) for n in range(length)] for k in range(length)]


def _is_orthogonal(x: Any, norm: Any, orthogonalize: bool | None) -> bool:
    """Return what is asked for, or goes with the norm; for complex numbers SciPy looks at that alone."""
    return norm == "ortho" if orthogonalize is None or holds_complex(x) else orthogonalize


def _transform_by_matrix(
    name: str, array: Any, kind: int, axis: int, norm: Any, inverse_and_orthogonal: tuple[bool, bool]
) -> Any:
    inverse, orthogonal = inverse_and_orthogonal
    length = array.shape[axis]
    kind = _INVERSE[kind] if inverse else kind
    matrix = _make_matrix(name, kind, length, orthogonal, ctx.prec)
    factor = choose_scale(2 * (length + _LENGTHENED.get((name, kind), 0)), norm, inverse=inverse)

    def transform(row: list[Any]) -> list[Any]:
        sums = [sum_terms(x * c for x, c in zip(row, line, strict=True)) for line in matrix]
        return sums if factor is None else [x * make_exact(factor) for x in sums]

    return transform_axis(array, transform, axis)


def _cosine_or_sine(name: str, base: str, *, inverse: bool) -> Callable[..., Any]:
    def transform(  # noqa: PLR0913  (SciPy's signature)
        x: Any,
        type: int = 2,  # noqa: A002
        n: Any = None,
        axis: int = -1,
        norm: Any = None,
        overwrite_x: bool = False,  # noqa: ARG001
        workers: Any = None,  # noqa: ARG001
        orthogonalize: bool | None = None,
    ) -> Any:
        original, x = _get_original(name), np.asarray(x)

        def on_floats(floats: Any) -> Any:
            return original(floats, type, n, axis, norm, orthogonalize=orthogonalize)

        if not is_of_balls(x):
            return on_floats(x)
        how = (inverse, _is_orthogonal(x, norm, orthogonalize))
        result = _transform_by_matrix(base, fit_length(strip_class(x), n, axis), type, axis, norm, how)
        return finish(result, x, on_floats)

    return transform


def _cosine_or_sine_of_axes(name: str, base: str, *, inverse: bool) -> Callable[..., Any]:
    def transform(  # noqa: PLR0913  (SciPy's signature)
        x: Any,
        type: int = 2,  # noqa: A002
        s: Any = None,
        axes: Any = None,
        norm: Any = None,
        overwrite_x: bool = False,  # noqa: ARG001
        workers: Any = None,  # noqa: ARG001
        *,
        orthogonalize: bool | None = None,
    ) -> Any:
        original, x = _get_original(name), np.asarray(x)

        def on_floats(floats: Any) -> Any:
            return original(floats, type, s, axes, norm, orthogonalize=orthogonalize)

        if not is_of_balls(x):
            return on_floats(x)
        how = (inverse, _is_orthogonal(x, norm, orthogonalize))
        array = strip_class(x)
        for axis, n in choose_axes(array, s, axes):
            array = _transform_by_matrix(base, fit_length(array, n, axis), type, axis, norm, how)
        return finish(array, x, on_floats)

    return transform


# Convolutions


def _convolve_all(a: Any, b: Any, axes: Sequence[int]) -> Any:
    """Return the full convolution of plain arrays along the axes; along the others they are multiplied."""
    if np.prod([a.shape[axis] for axis in axes]) < np.prod([b.shape[axis] for axis in axes]):
        a, b = b, a
    shape = list(np.broadcast_shapes(*([1 if k in axes else n for k, n in enumerate(x.shape)] for x in (a, b))))
    for axis in axes:
        shape[axis] = a.shape[axis] + b.shape[axis] - 1
    result = np.ndarray(shape, dtype=object)
    result.fill(next(iter([*a.flat, *b.flat])).make_constant(0))
    for index in itertools.product(*(range(b.shape[axis]) for axis in axes)):
        of_b: list[Any] = [slice(None)] * b.ndim
        target: list[Any] = [slice(None)] * b.ndim
        for axis, k in zip(axes, index, strict=True):
            of_b[axis] = slice(k, k + 1)
            target[axis] = slice(k, k + a.shape[axis])
        result[tuple(target)] = result[tuple(target)] + a * b[tuple(of_b)]
    return result


def _cut(full: Any, a: Any, b: Any, mode: str, axes: Sequence[int]) -> Any:
    """Return the part of a full convolution that a mode stands for."""
    if mode == "full":
        return full
    if mode not in ("same", "valid"):
        raise ValueError("acceptable mode flags are 'valid', 'same', or 'full'")
    cut: list[Any] = [slice(None)] * full.ndim
    for axis in axes:
        longer, shorter = max(a.shape[axis], b.shape[axis]), min(a.shape[axis], b.shape[axis])
        size = a.shape[axis] if mode == "same" else longer - shorter + 1
        start = (full.shape[axis] - size) // 2
        cut[axis] = slice(start, start + size)
    return full[tuple(cut)]


def _convolve(name: str) -> Callable[..., Any]:
    def convolve(in1: Any, in2: Any, mode: str = "full", axes: Any = None, method: str = "auto") -> Any:
        a, b = np.asarray(in1), np.asarray(in2)
        on_axes = name != "convolve"
        if not on_axes and isinstance(axes, str):  # its fourth argument is the method
            axes, method = None, axes
        if not (is_of_balls(a) or is_of_balls(b)):
            signal = importlib.import_module("scipy.signal._signaltools")
            with leave_run():
                return getattr(signal, name)(in1, in2, mode, axes if on_axes else method)
        along = range(a.ndim) if axes is None else [axis % a.ndim for axis in np.atleast_1d(axes).tolist()]
        a, b = (strip_class(convert_operand(x)) for x in (a, b))
        cut = _cut(_convolve_all(a, b, along), a, b, mode, along)
        return leave_open(as_ball_array(cut), np.concatenate([a.reshape(-1), b.reshape(-1)]))

    return convolve


def _make_analytic(x: Any, N: int | None = None, axis: int = -1) -> Any:
    """Return the analytic signal, as `scipy.signal.hilbert` does."""
    spectrum = np.fft.fft(x, N, axis=axis)
    length = spectrum.shape[axis]
    weights = np.zeros(length)
    weights[1 : (length + 1) // 2] = 2.0
    weights[0] = 1.0
    if length % 2 == 0:
        weights[length // 2] = 1.0
    shape = [1] * spectrum.ndim
    shape[axis] = length
    return np.fft.ifft(spectrum * weights.reshape(shape), axis=axis)


SCIPY_FFT: dict[str, Callable[..., Any]] = {
    **{f"fft.{name}": _along_one(name) for name in ONE_AXIS},
    **{f"fft.{name}": _along_several(name, None) for name in SEVERAL_AXES},
    **{f"fft.{name[:-1]}2": _along_several(name, (-2, -1)) for name in SEVERAL_AXES},
    **{f"fft.{name}": _cosine_or_sine(name, name, inverse=False) for name in ("dct", "dst")},
    **{f"fft.i{name}": _cosine_or_sine(f"i{name}", name, inverse=True) for name in ("dct", "dst")},
    **{f"fft.{name}n": _cosine_or_sine_of_axes(f"{name}n", name, inverse=False) for name in ("dct", "dst")},
    **{f"fft.i{name}n": _cosine_or_sine_of_axes(f"i{name}n", name, inverse=True) for name in ("dct", "dst")},
    **{f"signal.{name}": _convolve(name) for name in ("fftconvolve", "oaconvolve", "convolve")},
    "signal.hilbert": _make_analytic,
}
