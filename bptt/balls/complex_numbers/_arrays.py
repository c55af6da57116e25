"""Arrays of complex balls: their parts, and NumPy's functions that go by the type of an array.

NumPy's own code sees an array of objects, and would take complex numbers for real ones: Σ z² for |z|². So a function
that is not known to do with them what it does with all numbers, `TAKE_COMPLEX`, is refused, or written anew here.
"""

import functools
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np

from bptt.balls._array import (
    BallArray,
    NumPysBallArray,
    get_floats,
    holds_complex,
    make_ball_array,
    make_constant_of_run,
    strip_class,
    take_floats,
)
from bptt.balls._array_functions import FUNCTIONS, OF_COMPLEX, TAKE_COMPLEX
from bptt.balls.complex_numbers._ball import REAL_TYPES, ComplexBall


def _find_owner(array: Any) -> Any:
    """Return the array that the memory belongs to."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def _copy_part(array: Any, name: str) -> Any:
    """Return the parts of complex numbers. They are no view of these: while these are there, they are read-only.

    But what is assigned to elements of `z.real` itself is written into z as well.
    """
    elements = strip_class(array)
    parts = make_ball_array([getattr(ball, name) for ball in elements.reshape(-1).tolist()], elements.shape)
    parts._float_type = np.dtype(REAL_TYPES[array.dtype.type]) if isinstance(array, BallArray) else None
    parts._whole = weakref.ref(_find_owner(elements))
    parts.flags.writeable = False
    parts = parts.view(type(array))
    if isinstance(parts, BallArray):
        parts.write_through = functools.partial(_write_through, weakref.ref(array), name)
    return parts


def _write_through(find_array: Callable[[], Any], name: str, index: Any, value: Any) -> None:
    array = find_array()
    if array is None:
        raise TypeError(f".{name} of a part of an array of complex balls is not written to: write to the array itself")
    _set_part(array, name, value, index)


def _get_real(array: Any) -> Any:
    return _copy_part(array, "real") if holds_complex(array) else array


def _get_imag(array: Any) -> Any:
    if holds_complex(array):
        return _copy_part(array, "imag")
    zeros = strip_class(array) * 0
    zeros.fill(make_constant_of_run(0.0, array.dtype))
    return zeros.view(type(array))


def _set_part(array: Any, name: str, value: Any, index: Any = ...) -> None:
    """Write real numbers into one part of complex ones; the other one stays."""
    if not holds_complex(array):
        array[index] = value
        return
    new = np.zeros_like(array[index].real)  # in the float type of the parts
    new[...] = value
    others = strip_class(array[index]).reshape(-1).tolist()
    pairs = zip(new.reshape(-1).view(np.ndarray).tolist(), others, strict=True)
    joined = [ComplexBall(x, z.imag) if name == "real" else ComplexBall(z.real, x) for x, z in pairs]
    array[index] = make_ball_array(joined, new.shape)


NumPysBallArray.real = property(  # type: ignore[assignment]
    _get_real, lambda array, value: _set_part(array, "real", value)
)
NumPysBallArray.imag = property(  # type: ignore[assignment]
    _get_imag, lambda array, value: _set_part(array, "imag", value)
)


def _view(array: Any, *arguments: Any, **keywords: Any) -> Any:
    """View an array as one of another class; real numbers as the parts of complex ones, and these as real ones.

    As views of the parts do, the latter are read-only while the array is there.
    """
    wanted = keywords.get("dtype", arguments[0] if arguments else None)
    if wanted is None or (isinstance(wanted, type) and issubclass(wanted, np.ndarray)):
        return np.ndarray.view(array, *arguments, **keywords)
    dtype, own = np.dtype(wanted), array.dtype
    if dtype in (own, np.dtype(object)):
        return np.ndarray.view(array)
    elements = strip_class(array)
    if REAL_TYPES.get(dtype.type) is own.type and array.shape[-1] % 2 == 0:
        pairs = elements.reshape(-1, 2).tolist()
        made = make_ball_array([ComplexBall(*pair) for pair in pairs], (*array.shape[:-1], array.shape[-1] // 2))
    elif REAL_TYPES.get(own.type) is dtype.type:
        parts = [part for z in elements.reshape(-1).tolist() for part in (z.real, z.imag)]
        made = make_ball_array(parts, (*array.shape[:-1], array.shape[-1] * 2))
    else:
        raise TypeError(f"balls of {own} have no view as {dtype}")
    made._whole = weakref.ref(_find_owner(elements))
    made.flags.writeable = False
    return made


NumPysBallArray.view = _view  # type: ignore[method-assign]


def _take_angle(z: Any, deg: bool = False) -> Any:
    elements = strip_class(z)
    angles = make_ball_array([ball.angle() for ball in elements.reshape(-1).tolist()], elements.shape)
    angles = take_floats(angles, np.angle, z)
    return (angles * (180 / np.pi) if deg else angles)[()]


def _extend(function: np.ufunc) -> Callable[[Any], Any]:
    """Return the function that is complex where the real one is not defined for all of the numbers."""

    def extended(x: Any) -> Any:
        is_real = holds_complex(x) or not np.any(x < 0)
        return function(x if is_real else x.astype(np.result_type(x.dtype, np.complex64)))

    return extended


def _drop_imaginary(a: Any, tol: float = 100) -> Any:
    return a if np.iscomplexobj(np.real_if_close(get_floats(a), tol)) else a.real


def _take_norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:  # noqa: A002
    """Return a norm, which is one of the moduli."""
    if ord not in (None, "fro") and not (ord == 2 and (axis is not None or x.ndim == 1) and np.ndim(axis) == 0):
        return np.linalg.norm(np.abs(x), ord, axis, keepdims)
    squares = x.real**2 + x.imag**2
    return take_floats(
        np.sqrt(np.sum(squares, axis=axis, keepdims=keepdims)),
        lambda z: np.linalg.norm(z, ord, axis, keepdims),
        x,
    )


def _correlate(a: Any, v: Any, mode: Any = "valid") -> Any:
    if len(v) > len(a):
        raise TypeError("np.correlate takes no complex balls where the second array is the longer one")
    return np.convolve(a, np.conj(v)[::-1], mode)


def _apply_to_parts(function: Callable[..., Any]) -> Callable[..., Any]:
    """Apply a function that is linear in its first argument to the real and to the imaginary parts."""

    def apply(x: Any, *arguments: Any, **keywords: Any) -> Any:
        real, imag = (function(part, *arguments, **keywords) for part in (x.real, x.imag))
        if isinstance(real, list | tuple):
            return type(real)(a + 1j * b for a, b in zip(real, imag, strict=True))
        return real + 1j * imag

    return apply


FUNCTIONS.update(
    {
        np.real: lambda val: val.real[()],
        np.imag: lambda val: val.imag[()],
        np.angle: _take_angle,
        np.iscomplex: lambda x: x.imag != 0,
        np.isreal: lambda x: x.imag == 0,
        np.real_if_close: _drop_imaginary,
        np.emath.sqrt: _extend(np.sqrt),
        np.emath.log: _extend(np.log),
    }
)
OF_COMPLEX.update(
    {
        np.linalg.norm: _take_norm,
        np.correlate: _correlate,
        np.pad: _apply_to_parts(np.pad),
        np.gradient: _apply_to_parts(np.gradient),
    }
)
_NAMES = """
    append apply_along_axis apply_over_axes argwhere array_split astype atleast_1d atleast_2d atleast_3d average
    block broadcast_arrays broadcast_to choose column_stack compress concatenate convolve copy copyto count_nonzero
    cumprod cumsum cumulative_prod cumulative_sum delete diag diag_indices_from diagflat diagonal diff dot dsplit dstack
    ediff1d einsum einsum_path empty_like expand_dims extract fill_diagonal flatnonzero flip fliplr flipud full_like
    hsplit hstack inner insert ix_ kron matrix_transpose may_share_memory mean meshgrid moveaxis nonzero
    ones_like outer permute_dims place poly polyadd polyder polyint polymul polysub polyval prod put put_along_axis
    putmask ravel repeat require reshape resize roll rollaxis rot90 select shares_memory split squeeze stack std sum
    swapaxes take take_along_axis tensordot tile trace transpose trapezoid tril triu unstack vander var vdot vecdot
    vsplit vstack where zeros_like
"""
TAKE_COMPLEX |= {getattr(np, name) for name in _NAMES.split() if hasattr(np, name)}
TAKE_COMPLEX |= {
    getattr(np.linalg, name)
    for name in ("diagonal", "matmul", "matrix_power", "matrix_transpose", "multi_dot", "outer", "tensordot", "trace")
}
TAKE_COMPLEX |= {np.fft.fftshift, np.fft.ifftshift}
