"""NumPy object arrays whose elements are balls, and how NumPy's functions meet them.

To the code that holds one, such an array is one of floats: that is what its `dtype` says. Whatever plain number would
come to stand among the balls becomes one, whoever puts it there. A product or a sum takes as its floats those that
NumPy computes in its own order.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from numpy import asarray, empty, fromiter  # while functions run on balls, those in `np` make arrays of them

from bptt.balls._ball import Ball, get_float, make_fixed
from bptt.balls._context import MAKE_CONSTANT, note_text
from bptt.balls.complex_numbers._ball import REAL_TYPES, ComplexBall, make_complex

MakeConstant: TypeAlias = Callable[..., Ball]
"""Makes a ball of a number that stands in the code, and of the float type that it has; `None` for one of Python's."""

_OBJECT = np.dtype(object)
_WEAK: np.dtype[Any] = np.dtype(np.float64)  # what NumPy makes of Python's floats where there is nothing else


class NumPysBallArray(npt.NDArray[Any]):
    """An object array of balls as NumPy's own code is given it: code that would make a buffer of its type of floats.

    How NumPy's functions meet it stands in `_array_functions`; those of elements, `__array_ufunc__`, in `_mask`.
    """

    def astype(self, dtype: Any, *arguments: Any, **keywords: Any) -> Any:
        if np.dtype(dtype).kind in "fc":
            return cast_array(self, np.dtype(dtype)).view(type(self))
        if np.dtype(dtype) == _OBJECT:
            return super().astype(dtype, *arguments, **keywords)
        return self.view(np.ndarray).astype(dtype, *arguments, **keywords)

    def round(self, decimals: Any = 0, out: Any = None) -> Any:
        power = 10.0 ** abs(decimals)
        rounded = np.rint(self * power) / power if decimals >= 0 else np.rint(self / power) * power
        if out is None:
            return take_floats(rounded, lambda x: x.round(decimals), self)
        out[...] = rounded
        return out

    def dot(self, other: Any, out: Any = None) -> Any:
        result = np.dot(self, other)
        if out is None:
            return result
        out[...] = result
        return out

    def mean(self, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False, **more: Any) -> Any:
        if out is not None:
            return super().mean(axis, dtype, out, keepdims=keepdims, **more)
        total = np.add.reduce(self, axis=axis, keepdims=keepdims, **more)
        mean = total / _count(self, total, axis, keepdims, **more)
        return take_floats(mean, lambda x: x.mean(axis, dtype, None, keepdims, **more), self)

    def var(
        self, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0, keepdims: Any = False, **more: Any
    ) -> Any:
        if out is not None:
            return super().var(axis, dtype, out, ddof, keepdims=keepdims, **more)
        centred = self - self.mean(axis, keepdims=True, **more)
        squares = centred.real**2 + centred.imag**2 if holds_complex(self) else centred * centred
        total = np.add.reduce(squares, axis=axis, keepdims=keepdims, **more)
        variance = total / (_count(self, total, axis, keepdims, **more) - ddof)
        return take_floats(variance, lambda x: x.var(axis, dtype, None, ddof, keepdims, **more), self)

    def std(self, *arguments: Any, **keywords: Any) -> Any:
        return np.sqrt(self.var(*arguments, **keywords))


def _count(array: Any, total: Any, axis: Any, keepdims: bool, where: Any = True) -> Any:
    """Count the elements of which each entry of a total is the sum."""
    if where is True:
        return array.size // max(1, np.size(total))
    return np.sum(np.broadcast_to(where, array.shape), axis=axis, keepdims=keepdims, dtype=int)


class BallArray(NumPysBallArray):
    """An object array of balls that says to be one of floats: code that asks for the type goes as it does on floats.

    What NumPy computes from such an array is one again, also where NumPy would return a plain array.
    """

    _float_type: np.dtype[Any] | None = None
    _whole: Callable[[], Any] | None = None  # the complex numbers whose parts these are a copy of, while they are there
    write_through: Callable[[Any, Any], None] | None = None  # into these
    _read: Any = None  # what stood in it when it was last read or written, and where: see `_operand`
    _kept: Any = None  # the balls that stood there then, so that no other is where one of them was

    def __array_finalize__(self, parent: Any) -> None:
        if isinstance(parent, BallArray):
            self._float_type = parent._float_type
            self._whole = parent._whole

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the floats that stand in the balls."""
        if (own := _get_own_type(self)) is not _OBJECT:  # of booleans or indices that were computed from balls
            return own
        if self._float_type is None:
            self._float_type = _find_float_type(strip_class(self))
        return self._float_type

    @dtype.setter
    def dtype(self, dtype: Any) -> None:
        """Leave it as it is: NumPy gives a view the type that its array says to have."""

    @property
    def itemsize(self) -> int:
        """Of the floats."""
        return self.dtype.itemsize

    def __setitem__(self, index: Any, value: Any) -> None:
        value = _convert_for(value, self.dtype)
        is_whole_there = not unlock(self)
        if is_whole_there and self.write_through is not None:
            self.write_through(index, value)
            self.flags.writeable = True
        if isinstance(value, BallArray):  # one without axes would be stored as it is
            value = value.view(np.ndarray) if value.ndim else value[()]
        super().__setitem__(index, value)
        self.flags.writeable &= not is_whole_there

    def fill(self, value: Any) -> None:
        self[...] = value

    def item(self, *index: Any) -> Any:
        return cast_ball(super().item(*index), complex if self.dtype.kind == "c" else float)

    def tolist(self) -> Any:
        scalar = complex if self.dtype.kind == "c" else float
        return strip_class(cast_array(self, np.dtype(scalar), scalar)).tolist()

    def tobytes(self, *arguments: Any, **keywords: Any) -> bytes:
        note_text()
        return get_floats(self).tobytes(*arguments, **keywords)

    def __repr__(self) -> str:
        note_text()
        return repr(get_floats(self))

    def __str__(self) -> str:
        note_text()
        return str(get_floats(self))


def as_ball_array(result: Any) -> Any:
    """View an array of objects as one of balls; return anything else as it is."""
    return result.view(BallArray) if type(result) is np.ndarray and result.dtype == object else result


def make_ball_array(balls: Sequence[Ball], shape: tuple[int, ...], dtype: np.dtype[Any] | None = None) -> BallArray:
    """Arrange balls in an array of that shape, and of that float type if it is known."""
    made = fromiter(balls, dtype=object, count=len(balls)).reshape(shape).view(BallArray)
    made._float_type = dtype
    return made


_get_own_type: Any = np.ndarray.dtype.__get__  # of the elements, whatever stands in them


def is_of_balls(array: Any) -> bool:
    """Whether it is an array of objects, as those of balls are."""
    return isinstance(array, np.ndarray) and _get_own_type(array) is _OBJECT


def get_floats(array: Any) -> npt.NDArray[Any]:
    """Return the floats that stand in an array of balls, as the array that the float run has."""
    elements = strip_class(array)
    floats = list(map(get_float, elements.reshape(-1).tolist()))
    scalar, *others = find_types(floats) or {float}
    dtype = _find_float_type(elements) if others or not issubclass(scalar, np.floating) else scalar
    return fromiter(floats, dtype, len(floats)).reshape(elements.shape)


def cast_array(array: Any, dtype: np.dtype[Any], scalar: Any = None) -> BallArray:
    """Return a copy whose balls hold floats of that type."""
    scalar = scalar or dtype.type
    elements = strip_class(array)
    balls = [x if type(x.as_float) is scalar else cast_ball(x, scalar) for x in elements.reshape(-1).tolist()]
    return make_ball_array(balls, elements.shape, dtype)


def convert_to_balls(numbers: Any, make_constant: MakeConstant) -> BallArray:
    """Return an array of floats as one of balls that `make_constant` makes."""
    dtype = numbers.dtype
    balls = [make_constant_by(make_constant, x, dtype) for x in numbers.reshape(-1)]
    return make_ball_array(balls, numbers.shape, dtype)


def make_constant_by(make_constant: MakeConstant, number: Any, dtype: Any) -> Ball:
    """Return a number, real or complex, as a ball that `make_constant` makes."""
    if isinstance(number, complex | np.complexfloating) or (dtype is not None and np.dtype(dtype).kind == "c"):
        return make_complex(number, dtype, make_constant)
    return make_constant(number, dtype)


def cast_ball(ball: Any, scalar: Any) -> Any:
    """Return the same number as it is stored in a float type, which may be complex where the number is not."""
    return (ball.become_complex() if scalar in REAL_TYPES else ball).cast(scalar)


def holds_complex(argument: Any) -> bool:
    """Whether an array of balls, or one in a list, holds complex numbers."""
    if type(argument) in (list, tuple):
        return any(map(holds_complex, argument))
    return is_of_balls(argument) and argument.size > 0 and type(strip_class(argument).flat[0]) is ComplexBall


def unlock(array: Any) -> bool:
    """Let a copy of the parts of complex numbers be written to, if nobody has these any more; else return false."""
    whole = getattr(array, "_whole", None)
    if whole is None or array.flags.writeable:
        return True
    array.flags.writeable = whole() is None
    return whole() is None


def _find_float_type(elements: npt.NDArray[Any]) -> np.dtype[Any]:
    """Return the type of the array that the float run has: that of its scalars, or of Python's floats alone."""
    weak = _WEAK
    for ball in elements.flat:
        if isinstance(number := get_float(ball), np.inexact) or type(number).__name__ == "bfloat16":
            return number.dtype
        if type(number) is complex:
            weak = np.dtype(complex)
    return weak


def strip_class(operand: Any) -> Any:
    """Return a plain array for one of balls, and for a ball one without axes; anything else as it is."""
    if isinstance(operand, NumPysBallArray):
        return np.ndarray.view(operand, np.ndarray)
    if isinstance(operand, Ball):
        held = empty((), dtype=object)
        held[()] = operand
        return held
    return operand


def make_constant_of_run(number: Any, dtype: Any = None) -> Ball:
    """Return a number that stands in the code as a ball of the run that is on."""
    return make_constant_by(MAKE_CONSTANT.get() or make_fixed, number, dtype)


def list_elements(elements: npt.NDArray[Any]) -> list[Any]:
    """Return the elements of an array of objects; of those that are arrays without axes, what these hold."""
    flat: list[Any] = elements.reshape(-1).tolist()
    if not holds_arrays(find_types(flat)):
        return flat
    return [x[()] if isinstance(x, np.ndarray) and not x.ndim else x for x in flat]


def find_types(objects: Sequence[Any]) -> set[type]:
    """Return the types of objects, which balls do not tell: to `isinstance` they are what their floats are."""
    return set(map(type, objects))


def are_balls(types: set[type]) -> bool:
    """Whether all these are types of balls."""
    return all(issubclass(one, Ball) for one in types)


def holds_arrays(types: set[type]) -> bool:
    """Whether one of these is a type of arrays."""
    return any(issubclass(one, np.ndarray) for one in types)


def convert_operand(given: Any) -> Any:
    """Return arrays of floats, and integers that are no weak numbers, as arrays of balls; anything else as it is."""
    if isinstance(given, Ball | NumPysBallArray) or not isinstance(given, np.ndarray | np.generic):
        return given
    operand: Any = given
    kind = operand.dtype.kind
    if kind == "O":
        return as_ball_array(operand)
    if kind not in "fciu" or (kind in "iu" and not operand.ndim):
        return operand
    if not operand.ndim:
        return make_constant_of_run(operand[()], operand.dtype)
    return convert_to_balls(
        operand.astype(np.promote_types(operand.dtype, np.float16), copy=False), make_constant_of_run
    )


def _convert_for(value: Any, dtype: np.dtype[Any]) -> Any:
    """Return what is to be written into a buffer of that type as balls of it."""
    if dtype.kind != "c" and holds_complex(strip_class(value)):
        raise TypeError(f"complex balls are not written into an array of {dtype}: take their real part")
    if isinstance(value, Ball):
        return value if type(value.as_float) is dtype.type else cast_ball(value, dtype.type)
    if isinstance(value, BallArray):
        return value if value.dtype is dtype else cast_array(value, dtype)
    array = asarray(value) if not isinstance(value, list | tuple) else asarray(value, dtype=object)
    if array.dtype == object:
        return unify(array.copy().view(BallArray), dtype)
    return (
        convert_to_balls(array.astype(dtype), make_constant_of_run)
        if array.ndim
        else make_constant_of_run(array[()], dtype)
    )


def unify(array: Any, dtype: Any = None) -> Any:
    """Make balls of one float type of all elements, in place: of that which NumPy gives to so mixed an array."""
    elements = strip_class(array)
    flat = list_elements(elements)
    if are_balls(find_types(flat)):
        types: set[Any] = {type(x.as_float) for x in flat}
    else:
        types = {type(x.as_float) if isinstance(x, Ball) else None for x in flat}
    if dtype is None:
        dtype = getattr(array, "_float_type", None)
    if dtype is None:
        weak = [np.complex64] if complex in types or any(isinstance(x, complex) for x in flat) else []
        strong: list[Any] = [np.dtype(t) for t in types if t is not None and issubclass(t, np.inexact)] or [_WEAK]
        dtype = np.dtype(np.result_type(*strong, *weak))
    if types - {dtype.type} or holds_arrays(find_types(elements.reshape(-1).tolist())):
        converted = empty(len(flat), dtype=object)
        converted[:] = [_convert_for(x, dtype) for x in flat]
        elements[...] = converted.reshape(elements.shape)
    return array


def replace_by_floats(argument: Any) -> Any:
    if is_of_balls(argument):
        return get_floats(argument)
    if isinstance(argument, list | tuple):
        return type(argument)(map(replace_by_floats, argument))
    return get_float(argument)


def take_floats(result: Any, function: Callable[..., Any], *operands: Any) -> Any:
    """Give the balls of a result the floats that NumPy computes, in its order of the terms."""
    try:
        floats = function(*map(replace_by_floats, operands))
    except TypeError:  # of operands that are balls in other forms: their own floats stand for them
        return result
    if isinstance(result, Ball):
        result.as_float = floats[()] if isinstance(floats, np.ndarray) else floats
    elif isinstance(result, BallArray) and np.shape(floats) == result.shape:
        for ball, number in zip(strip_class(result).reshape(-1).tolist(), floats.reshape(-1), strict=True):
            ball.as_float = number
        result._read = None
    return result
