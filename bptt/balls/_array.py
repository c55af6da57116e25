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
from bptt.balls._context import CURRENT, MAKE_CONSTANT

MakeConstant: TypeAlias = Callable[..., Ball]
"""Makes a ball of a number that stands in the code, and of the float type that it has; `None` for one of Python's."""

_OBJECT = np.dtype(object)
_WEAK = np.dtype(np.float64)  # what NumPy makes of Python's floats where there is nothing else


class NumPysBallArray(npt.NDArray[Any]):
    """An object array of balls as NumPy's own code is given it: code that would make a buffer of its type of floats.

    How NumPy's functions of elements meet it, `__array_ufunc__`, stands in `_mask`.
    """

    def astype(self, dtype: Any, *arguments: Any, **keywords: Any) -> Any:
        if np.dtype(dtype).kind == "f":
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
        total = np.add.reduce(centred * centred, axis=axis, keepdims=keepdims, **more)
        variance = total / (_count(self, total, axis, keepdims, **more) - ddof)
        return take_floats(variance, lambda x: x.var(axis, dtype, None, ddof, keepdims, **more), self)

    def std(self, *arguments: Any, **keywords: Any) -> Any:
        return np.sqrt(self.var(*arguments, **keywords))

    def __array_function__(self, function: Any, types: Any, arguments: Any, keywords: Any) -> Any:
        if function in _ON_FLOATS:
            return function(*map(_replace_by_floats, arguments), **keywords)
        if function is np.nan_to_num:
            return _mend(*arguments, **keywords)
        if (own := OF_NUMPY.get(function)) and (result := own(*arguments, **keywords)) is not NotImplemented:
            return result
        given = tuple(convert_numbers(argument) for argument in arguments)
        keywords = {name: convert_numbers(argument) for name, argument in keywords.items()}
        result = super().__array_function__(function, types, given, keywords)
        if function in _IN_PLACE and is_of_balls(given[0]):
            unify(arguments[0])
        result = complete(result)
        if function is np.where and len(given) == 3 and CURRENT.context.origins is not None:
            condition, *choices = given
            rejected = super().__array_function__(function, types, (condition, *choices[::-1]), keywords)
            return _record_choices(result, complete(rejected))
        if function in _CONTRACTIONS:
            return take_floats(result, lambda *floats: function(*floats, **keywords), *given)
        return result


def _count(array: Any, total: Any, axis: Any, keepdims: bool, where: Any = True) -> Any:
    """Count the elements of which each entry of a total is the sum."""
    if where is True:
        return array.size // max(1, np.size(total))
    return np.sum(np.broadcast_to(where, array.shape), axis=axis, keepdims=keepdims, dtype=int)


class BallArray(NumPysBallArray):
    """An object array of balls that says to be one of floats: code that asks for the type goes as it does on floats.

    What NumPy computes from such an array is one again, also where NumPy would return a plain array.
    """

    _float_type: np.dtype[Any] | None

    def __array_finalize__(self, parent: Any) -> None:
        self._float_type = getattr(parent, "_float_type", None)

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
        if isinstance(value, BallArray):  # one without axes would be stored as it is
            value = value.view(np.ndarray) if value.ndim else value[()]
        super().__setitem__(index, value)

    def fill(self, value: Any) -> None:
        self[...] = value

    def item(self, *index: Any) -> Any:
        return super().item(*index).cast(float)

    def tolist(self) -> Any:
        return strip_class(cast_array(self, np.dtype(np.float64), float)).tolist()

    def tobytes(self, *arguments: Any, **keywords: Any) -> bytes:
        return get_floats(self).tobytes(*arguments, **keywords)

    def __repr__(self) -> str:
        return repr(get_floats(self))

    def __str__(self) -> str:
        return str(get_floats(self))


_ON_FLOATS = {np.allclose, np.isclose, np.array_equal, np.array_equiv, np.result_type, np.can_cast, np.array_repr}
_ON_FLOATS |= {np.array_str, np.array2string, np.min_scalar_type, np.shape, np.ndim, np.size, np.iscomplexobj}
"""What says nothing of a derivative: a comparison up to a tolerance, a type, a text, is that of the floats."""
OF_NUMPY: dict[Any, Callable[..., Any]] = {}
"""Functions that are computed in a way of their own, as those of `np.linalg` are; `NotImplemented`: as any other."""
_IN_PLACE = {np.copyto, np.put, np.place, np.putmask, np.fill_diagonal, np.put_along_axis}
_CONTRACTIONS = {np.dot, np.inner, np.vdot, np.einsum, np.tensordot, np.outer, np.cumsum, np.trace}


def as_ball_array(result: Any) -> Any:
    """View an array of objects as one of balls; return anything else as it is."""
    return result.view(BallArray) if type(result) is np.ndarray and result.dtype == object else result


def make_ball_array(balls: Sequence[Ball], shape: tuple[int, ...]) -> BallArray:
    """Arrange balls in an array of that shape."""
    return fromiter(balls, dtype=object, count=len(balls)).reshape(shape).view(BallArray)


_get_own_type: Any = np.ndarray.dtype.__get__  # of the elements, whatever stands in them


def is_of_balls(array: Any) -> bool:
    """Whether it is an array of objects, as those of balls are."""
    return isinstance(array, np.ndarray) and _get_own_type(array) is _OBJECT


def get_floats(array: Any) -> npt.NDArray[Any]:
    """Return the floats that stand in an array of balls, as the array that the float run has."""
    elements = strip_class(array)
    floats = [get_float(ball) for ball in elements.reshape(-1).tolist()]
    return asarray(floats, dtype=_find_float_type(elements)).reshape(elements.shape)


def cast_array(array: Any, dtype: np.dtype[Any], scalar: Any = None) -> BallArray:
    """Return a copy whose balls hold floats of that type."""
    scalar = scalar or dtype.type
    elements = strip_class(array)
    balls = [x if type(x.as_float) is scalar else x.cast(scalar) for x in elements.reshape(-1).tolist()]
    made = make_ball_array(balls, elements.shape)
    made._float_type = dtype
    return made


def convert_to_balls(numbers: Any, make_constant: MakeConstant) -> BallArray:
    """Return an array of floats as one of balls that `make_constant` makes."""
    made = make_ball_array([make_constant(x, numbers.dtype) for x in numbers.reshape(-1)], numbers.shape)
    made._float_type = numbers.dtype
    return made


def _find_float_type(elements: npt.NDArray[Any]) -> np.dtype[Any]:
    """Return the type of the array that the float run has: that of its scalars, or of Python's floats alone."""
    for ball in elements.flat:
        if isinstance(number := get_float(ball), np.floating) or type(number).__name__ == "bfloat16":
            return number.dtype
    return _WEAK


def strip_class(operand: Any) -> Any:
    """Return a plain array for one of balls, and for a ball one without axes; anything else as it is."""
    if isinstance(operand, NumPysBallArray):
        return operand.view(np.ndarray)
    if isinstance(operand, Ball):
        held = empty((), dtype=object)
        held[()] = operand
        return held
    return operand


def make_constant_of_run(number: Any, dtype: Any = None) -> Ball:
    """Return a number that stands in the code as a ball of the run that is on."""
    return (MAKE_CONSTANT.get() or make_fixed)(number, dtype)


def list_elements(elements: npt.NDArray[Any]) -> list[Any]:
    """Return the elements of an array of objects; of those that are arrays without axes, what these hold."""
    return [x[()] if isinstance(x, np.ndarray) and not x.ndim else x for x in elements.reshape(-1).tolist()]


def convert_operand(given: Any) -> Any:
    """Return arrays of floats, and integers that are no weak numbers, as arrays of balls; anything else as it is."""
    if isinstance(given, Ball | NumPysBallArray) or not isinstance(given, np.ndarray | np.generic):
        return given
    operand: Any = given
    kind = operand.dtype.kind
    if kind == "O":
        return as_ball_array(operand)
    if kind not in "fiu" or (kind != "f" and not operand.ndim):
        return operand
    if not operand.ndim:
        return make_constant_of_run(operand[()], operand.dtype)
    return convert_to_balls(
        operand.astype(np.promote_types(operand.dtype, np.float16), copy=False), make_constant_of_run
    )


def convert_numbers(argument: Any) -> Any:
    """Return an argument of a function of NumPy's with the arrays of balls and of floats in it as it takes them."""
    if isinstance(argument, BallArray):
        return argument.view(NumPysBallArray)
    if isinstance(argument, np.ndarray | np.generic) and not isinstance(argument, Ball | NumPysBallArray):
        converted = convert_operand(argument) if argument.dtype.kind in "fO" else argument
        return converted.view(NumPysBallArray) if isinstance(converted, BallArray) else converted
    if type(argument) in (list, tuple) and any(isinstance(part, NumPysBallArray) for part in argument):
        return type(argument)(convert_numbers(part) for part in argument)
    return argument


def _convert_for(value: Any, dtype: np.dtype[Any]) -> Any:
    """Return what is to be written into a buffer of that type as balls of it."""
    if isinstance(value, Ball):
        return value if type(value.as_float) is dtype.type else value.cast(dtype.type)
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


def unify(array: Any, dtype: np.dtype[Any] | None = None) -> Any:
    """Make balls of one float type of all elements, in place: of that which NumPy gives to so mixed an array."""
    elements = strip_class(array)
    flat = list_elements(elements)
    types = {type(x.as_float) if isinstance(x, Ball) else None for x in flat}
    if dtype is None:
        dtype = getattr(array, "_float_type", None)
    if dtype is None:
        strong = [np.dtype(t) for t in types if t is not None and issubclass(t, np.floating)]
        dtype = np.result_type(*strong) if strong else _WEAK
    if types - {dtype.type} or any(isinstance(x, np.ndarray) for x in elements.reshape(-1).tolist()):
        converted = empty(len(flat), dtype=object)
        converted[:] = [_convert_for(x, dtype) for x in flat]
        elements[...] = converted.reshape(elements.shape)
    return array


def complete(result: Any) -> Any:
    """Return what a function returned with arrays of objects as arrays of balls of one type."""
    if isinstance(result, list | tuple):
        parts = [complete(part) for part in result]
        return type(result)(*parts) if hasattr(result, "_fields") else type(result)(parts)
    if not is_of_balls(result):
        return result.view(np.ndarray) if isinstance(result, NumPysBallArray) else result
    result = result.view(BallArray)
    elements = strip_class(result)
    if all(isinstance(x, Ball | int | float | np.number) for x in list_elements(elements)):
        result._float_type = None
        flat = elements.reshape(-1).tolist()
        are_alike = all(isinstance(x, Ball) for x in flat) and len({type(get_float(x)) for x in flat}) < 2
        return result if are_alike else unify(elements.copy().view(BallArray))
    return elements


def _record_choices(chosen: Any, rejected: Any) -> Any:
    """Return the balls that NumPy chose as those that remember the others."""
    if not (is_of_balls(chosen) and is_of_balls(rejected)):
        return chosen
    pairs = zip(list_elements(strip_class(chosen)), list_elements(strip_class(rejected)), strict=True)
    return make_ball_array([ball.record_choice(other) for ball, other in pairs], chosen.shape)


def _replace_by_floats(argument: Any) -> Any:
    if is_of_balls(argument):
        return get_floats(argument)
    if isinstance(argument, list | tuple):
        return type(argument)(map(_replace_by_floats, argument))
    return get_float(argument)


def take_floats(result: Any, function: Callable[..., Any], *operands: Any) -> Any:
    """Give the balls of a result the floats that NumPy computes, in its order of the terms."""
    try:
        floats = function(*map(_replace_by_floats, operands))
    except TypeError:  # of operands that are balls in other forms: their own floats stand for them
        return result
    if isinstance(result, Ball):
        result.as_float = floats[()] if isinstance(floats, np.ndarray) else floats
    elif isinstance(result, BallArray) and np.shape(floats) == result.shape:
        for ball, number in zip(strip_class(result).reshape(-1).tolist(), floats.reshape(-1), strict=True):
            ball.as_float = number
    return result


def _mend(array: Any, *arguments: Any, **keywords: Any) -> BallArray:
    """Replace what is no number on floats by what NumPy replaces that by."""
    floats = get_floats(array)
    mended = np.nan_to_num(floats, *arguments, **keywords)
    return np.where(floats == mended, array, mended)
