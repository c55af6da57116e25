"""SciPy's Fourier, cosine and sine transforms of arrays of balls.

`SCIPY_FFT` has functions with the signatures of SciPy's, by their names in `scipy.fft`. What holds no ball they leave
to SciPy. As its functions do, those of NumPy's leave the bound of their rounding error open.
"""

import functools
import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
from flint import arb, ctx, fmpq

from bptt.balls._array import holds_complex, is_of_balls, strip_class
from bptt.balls._ball import Fixed
from bptt.balls._context import leave_run
from bptt.balls.complex_numbers._fourier import (
    ONE_AXIS,
    SEVERAL_AXES,
    choose_axes,
    choose_scale,
    finish,
    fit_length,
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
def _make_matrix(name: str, kind: int, length: int, orthogonal: bool, precision: int) -> list[list[Fixed]]:
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
    def transform(
        x: Any,
        type: int = 2,
        n: Any = None,
        axis: int = -1,
        norm: Any = None,
        overwrite_x: bool = False,
        workers: Any = None,
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
    def transform(
        x: Any,
        type: int = 2,
        s: Any = None,
        axes: Any = None,
        norm: Any = None,
        overwrite_x: bool = False,
        workers: Any = None,
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


def make_analytic(x: Any, N: int | None = None, axis: int = -1) -> Any:
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
    **{f"{name}": _along_one(name) for name in ONE_AXIS},
    **{f"{name}": _along_several(name, None) for name in SEVERAL_AXES},
    **{f"{name[:-1]}2": _along_several(name, (-2, -1)) for name in SEVERAL_AXES},
    **{f"{name}": _cosine_or_sine(name, name, inverse=False) for name in ("dct", "dst")},
    **{f"i{name}": _cosine_or_sine(f"i{name}", name, inverse=True) for name in ("dct", "dst")},
    **{f"{name}n": _cosine_or_sine_of_axes(f"{name}n", name, inverse=False) for name in ("dct", "dst")},
    **{f"i{name}n": _cosine_or_sine_of_axes(f"i{name}n", name, inverse=True) for name in ("dct", "dst")},
}
