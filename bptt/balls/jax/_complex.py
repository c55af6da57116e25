"""Primitives of JAX's that make complex numbers or take them apart, and its Fourier transforms."""

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from bptt.balls._array import cast_array, is_of_balls
from bptt.balls._ball import Ball
from bptt.balls.complex_numbers._ball import REAL_TYPES, ComplexBall, is_complex

Rule: TypeAlias = Callable[..., Any]

_TRANSFORMS: dict[str, Callable[..., Any]] = {
    "FFT": lambda x, lengths, axes: np.fft.fftn(x, lengths, axes),
    "IFFT": lambda x, lengths, axes: np.fft.ifftn(x, lengths, axes),
    "RFFT": lambda x, lengths, axes: np.fft.rfftn(x, lengths, axes),
    "IRFFT": lambda x, lengths, axes: np.fft.irfftn(x, lengths, axes),
}


def find_real_type(dtype: Any) -> Any:
    """Return the type of the parts of complex numbers; any other type as it is."""
    return REAL_TYPES.get(np.dtype(dtype).type, dtype)


def _transform(equation: Any, x: Any) -> Any:
    lengths = tuple(equation.params["fft_lengths"])
    name = getattr(equation.params["fft_type"], "name", equation.params["fft_type"])
    transformed = _TRANSFORMS[name.rpartition(".")[2]](x, lengths, tuple(range(-len(lengths), 0)))
    return cast_array(transformed, equation.outvars[0].aval.dtype)


def _join(equation: Any, real: Any, imag: Any) -> Any:
    dtype = equation.invars[0].aval.dtype

    def join(a: Any, b: Any) -> ComplexBall:
        like = a if isinstance(a, Ball) else b
        return ComplexBall(*(x if isinstance(x, Ball) else like.make_constant(x).cast(dtype.type) for x in (a, b)))

    return np.frompyfunc(join, 2, 1)(real, imag)


def _take_sign(x: Any) -> Any:
    return x.sign() if is_complex(x) else 1 if x > 0 else -1 if x < 0 else 0


def _map_elements(function: Callable[[Any], Any]) -> Rule:
    apply = np.frompyfunc(function, 1, 1)
    return lambda equation, x: apply(x)


COMPLEX_RULES: dict[str, Rule] = {
    "complex": _join,
    "real": _map_elements(lambda x: x.real),
    "imag": _map_elements(lambda x: x.imag),
    "conj": lambda equation, x: cast_array(np.conjugate(x), equation.outvars[0].aval.dtype) if is_of_balls(x) else x,
    "sign": _map_elements(_take_sign),
    "fft": _transform,
}
