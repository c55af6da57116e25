"""Discrete Fourier transforms of arrays of balls: sums over exact roots of unity, by the prime factors of the length.

What floats lose in them is not known, since the algorithm is not: the rounding error of each has no bound.
"""

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
from flint import arb, ctx, fmpq

from bptt.balls._array import as_ball_array, make_ball_array, strip_class, take_floats
from bptt.balls._array_functions import FUNCTIONS
from bptt.balls._ball import Fixed
from bptt.balls._rounded import Rounded
from bptt.balls.complex_numbers._ball import ComplexBall, become_complex

Row: TypeAlias = list[Any]  # of balls, real ones or complex
_NAN = complex("nan+nanj")


@functools.cache
def _list_roots(n: int, sign: int, precision: int) -> list[ComplexBall]:  # noqa: ARG001  (which they are computed to)
    """Return exp(sign 2πi k / n) for k < n."""
    angles = [fmpq(2 * k, n) for k in range(n)]
    return [
        ComplexBall(Fixed(arb.cos_pi_fmpq(a), float(arb.cos_pi_fmpq(a))), _make_sine(a, sign), _NAN) for a in angles
    ]


def _make_sine(angle: fmpq, sign: int) -> Fixed:
    sine = sign * arb.sin_pi_fmpq(angle)
    return Fixed(sine, float(sine))


def transform_row(row: Row, sign: int) -> Row:
    """Return Σ_j x_j exp(sign 2πi jk / n) for all k."""
    n = len(row)
    if n == 1:
        return row
    roots = _list_roots(n, sign, ctx.prec)
    if n % 2:
        parts = next(p for p in range(3, n + 1, 2) if n % p == 0)
        inner = [transform_row(row[r::parts], sign) for r in range(parts)]
        return [sum_terms(_turn(inner[r][k % len(inner[r])], roots, r * k) for r in range(parts)) for k in range(n)]
    even, odd = transform_row(row[::2], sign), transform_row(row[1::2], sign)
    turned = [_turn(x, roots, k) for k, x in enumerate(odd)]
    return [a + b for a, b in zip(even, turned, strict=True)] + [a - b for a, b in zip(even, turned, strict=True)]


def _turn(x: Any, roots: list[ComplexBall], k: int) -> Any:
    """Multiply by the root of that number, counted round the circle."""
    return x * roots[k % len(roots)] if k % len(roots) else x


def sum_terms(terms: Any) -> Any:
    return functools.reduce(lambda a, b: a + b, terms)


def make_exact(number: arb) -> Fixed:
    """Return an exact constant."""
    return Fixed(number, float(number.mid()))


def transform_axis(array: Any, transform: Callable[[Row], Row], axis: int) -> Any:
    """Apply the transform of a row along an axis of a plain array of balls."""
    moved = np.moveaxis(array, axis, -1)
    rows = [transform(row) for row in moved.reshape(-1, moved.shape[-1]).tolist()]
    flat = [x for row in rows for x in row]
    result = strip_class(make_ball_array(flat, (*moved.shape[:-1], len(rows[0]) if rows else 0)))
    return np.moveaxis(result, -1, axis)


def fit_length(array: Any, n: int | None, axis: int) -> Any:
    """Cut an axis of a plain array of balls to n elements, or fill it up with zeros."""
    length = array.shape[axis]
    if n is None or n == length:
        return array
    if n < 1:
        raise ValueError(f"Invalid number of FFT data points ({n}) specified.")
    if n < length:
        return array[(slice(None),) * (axis % array.ndim) + (slice(n),)]
    like = next(iter(array.reshape(-1).tolist()))
    more = list(array.shape)
    more[axis] = n - length
    zeros = strip_class(make_ball_array([like.make_constant(0)] * math.prod(more), tuple(more)))
    return np.concatenate([array, zeros], axis)


def choose_scale(n: int, norm: str | None, *, inverse: bool) -> arb | None:
    """Return the factor of a transform of n numbers, by the name that NumPy and SciPy have for it; `None` for 1."""
    if norm == "ortho":
        return arb(n).rsqrt()
    return arb(1) / n if (norm == "forward") != inverse else None


def scale_row(row: Row, factor: arb | None) -> Row:
    return row if factor is None else [x * make_exact(factor) for x in row]


def _as_complex(row: Row) -> Row:
    return [x if isinstance(x, ComplexBall) else become_complex(x) for x in row]


def _conjugate(row: Row) -> Row:
    return [x.conjugate() for x in row]


def transform_complex(array: Any, n: int | None, axis: int, norm: str | None, *, inverse: bool) -> Any:
    array = fit_length(array, n, axis)
    factor = choose_scale(array.shape[axis], norm, inverse=inverse)
    sign = 1 if inverse else -1
    return transform_axis(array, lambda row: _as_complex(scale_row(transform_row(row, sign), factor)), axis)


def transform_real(array: Any, n: int | None, axis: int, norm: str | None) -> Any:
    """Return the half of the transform of real numbers that is not the conjugate of the other."""
    array = fit_length(array, n, axis)
    length = array.shape[axis]
    factor = choose_scale(length, norm, inverse=False)
    half = slice(length // 2 + 1)
    return transform_axis(array, lambda row: _as_complex(scale_row(transform_row(row, -1)[half], factor)), axis)


def restore_real(array: Any, n: int | None, axis: int, norm: str | None) -> Any:
    """Return the real numbers of whose transform that is a half."""
    n = 2 * (array.shape[axis] - 1) if n is None else n
    array = fit_length(array, n // 2 + 1, axis)
    factor = choose_scale(n, norm, inverse=True)

    def restore(row: Row) -> Row:
        first, middle = row[0].real, row[1 : (n + 1) // 2]
        last = [row[n // 2].real] if n % 2 == 0 else []
        whole = [first, *middle, *last, *_conjugate(middle)[::-1]]
        return scale_row([x.real for x in transform_row(whole, 1)], factor)

    return transform_axis(array, restore, axis)


def leave_open(result: Any, of: Any) -> Any:
    """Return a result whose balls contain whatever floats return: their error has no bound."""
    if not any(isinstance(x.real, Rounded) for x in of.reshape(-1).tolist()):
        return result

    def widen(x: Any) -> Any:
        if isinstance(x, ComplexBall):
            return ComplexBall(widen(x.real), widen(x.imag), x.as_float)
        return Rounded(arb.nan(), x.as_float, x.kind) if isinstance(x, Rounded) else x

    return make_ball_array([widen(x) for x in result.reshape(-1).tolist()], result.shape)


def finish(result: Any, given: Any, on_floats: Callable[..., Any]) -> Any:
    """Return a plain array of balls as NumPy's function returns it, with its floats."""
    balls = leave_open(as_ball_array(result), strip_class(given))
    return take_floats(balls.view(type(as_ball_array(strip_class(given)))), on_floats, given)


def swap_norm(norm: str | None) -> str:
    return {"backward": "forward", "forward": "backward"}.get(norm or "backward", norm or "")


# NumPy's functions of one axis, of several, and of the last two

OneAxis: TypeAlias = Callable[[Any, int | None, int, str | None], Any]

ONE_AXIS: dict[str, OneAxis] = {
    "fft": lambda a, n, axis, norm: transform_complex(a, n, axis, norm, inverse=False),
    "ifft": lambda a, n, axis, norm: transform_complex(a, n, axis, norm, inverse=True),
    "rfft": transform_real,
    "irfft": restore_real,
    "hfft": lambda a, n, axis, norm: restore_real(_conjugate_all(a), n, axis, swap_norm(norm)),
    "ihfft": lambda a, n, axis, norm: _conjugate_all(transform_real(a, n, axis, swap_norm(norm))),
}
SEVERAL_AXES = {
    "fftn": ("fft", "fft"),
    "ifftn": ("ifft", "ifft"),
    "rfftn": ("rfft", "fft"),
    "irfftn": ("irfft", "ifft"),
}


def _conjugate_all(array: Any) -> Any:
    return strip_class(make_ball_array(_conjugate(array.reshape(-1).tolist()), array.shape))


def choose_axes(array: Any, s: Sequence[int | None] | None, axes: Sequence[int] | None) -> list[tuple[int, int | None]]:
    """Return the axes of a transform, each with the length that is asked for."""
    if axes is None:
        axes = range(array.ndim) if s is None else range(array.ndim - len(s), array.ndim)
    lengths = [None] * len(axes) if s is None else [None if n == -1 else n for n in s]
    if len(lengths) != len(axes):
        raise ValueError("Shape and axes have different lengths.")
    return list(zip(axes, lengths, strict=True))


def transform_axes(
    name: str, array: Any, s: Sequence[int | None] | None, axes: Sequence[int] | None, norm: str | None
) -> Any:
    """Transform a plain array along several axes; the last one is that of real numbers, if any is."""
    last, others = SEVERAL_AXES[name]
    (axis, n), *before = reversed(choose_axes(array, s, axes))
    steps = [(others, *pair) for pair in before]
    for step, at, length in [*steps, (last, axis, n)] if name == "irfftn" else [(last, axis, n), *steps]:
        array = ONE_AXIS[step](array, length, at, norm)
    return array


def _along_one(name: str) -> Callable[..., Any]:
    on_floats = getattr(np.fft, name)

    def transform(a: Any, n: int | None = None, axis: int = -1, norm: str | None = None, out: Any = None) -> Any:
        result = finish(ONE_AXIS[name](strip_class(a), n, axis, norm), a, lambda x: on_floats(x, n, axis, norm))
        return _store(result, out)

    return transform


def _along_several(name: str, on_floats: Callable[..., Any], default: tuple[int, int] | None) -> Callable[..., Any]:
    def transform(a: Any, s: Any = None, axes: Any = default, norm: str | None = None, out: Any = None) -> Any:
        result = transform_axes(name, strip_class(a), s, axes, norm)
        return _store(finish(result, a, lambda x: on_floats(x, s, axes, norm)), out)

    return transform


def _store(result: Any, out: Any) -> Any:
    if out is None:
        return result
    out[...] = result
    return out


FUNCTIONS.update({getattr(np.fft, name): _along_one(name) for name in ONE_AXIS})
FUNCTIONS.update({getattr(np.fft, name): _along_several(name, getattr(np.fft, name), None) for name in SEVERAL_AXES})
FUNCTIONS.update(
    {
        getattr(np.fft, f"{name}2"): _along_several(f"{name}n", getattr(np.fft, f"{name}2"), (-2, -1))
        for name in ("fft", "ifft", "rfft", "irfft")
    }
)
