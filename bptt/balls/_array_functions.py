"""NumPy's functions of arrays, other than those of elements, as arrays of balls meet them."""

from collections.abc import Callable
from typing import Any

import numpy as np

from bptt.balls._array import (
    BallArray,
    NumPysBallArray,
    are_balls,
    convert_operand,
    find_types,
    get_floats,
    holds_complex,
    is_of_balls,
    list_elements,
    make_ball_array,
    replace_by_floats,
    strip_class,
    take_floats,
    unify,
)
from bptt.balls._ball import Ball
from bptt.balls._context import CURRENT
from bptt.balls._contractions import CONTRACTIONS

_ON_FLOATS = {np.allclose, np.isclose, np.array_equal, np.array_equiv, np.result_type, np.can_cast, np.array_repr}
_ON_FLOATS |= {
    np.array_str,
    np.array2string,
    np.min_scalar_type,
    np.shape,
    np.ndim,
    np.size,
    np.iscomplexobj,
    np.isrealobj,
}
"""What says nothing of a derivative: a comparison up to a tolerance, a type, a text, is that of the floats."""
_IN_PLACE = {np.copyto, np.put, np.place, np.putmask, np.fill_diagonal, np.put_along_axis}
_IN_AN_ORDER = {np.dot, np.inner, np.vdot, np.einsum, np.tensordot, np.cumsum, np.trace}  # of the terms, NumPy's
_WITH_FLOATS = {np.dot, np.outer}  # as contractions, which have given them
FUNCTIONS: dict[Any, Callable[..., Any]] = {}
"""Functions of NumPy's that are written anew for balls of any kind."""
OF_REAL: dict[Any, Callable[..., Any]] = {}
"""Those that are so for real balls; what returns `NotImplemented` goes as NumPy has it."""
OF_COMPLEX: dict[Any, Callable[..., Any]] = {}
"""Those that are so for complex balls alone."""
TAKE_COMPLEX: set[Any] = set()
"""Those that do with complex numbers what they do with others, whatever the type of the array."""

_apply_to_elements: Any = np.ndarray.__array_function__


def _apply_function(self: Any, function: Any, types: Any, arguments: Any, keywords: Any) -> Any:
    if function in _ON_FLOATS:
        return function(*map(replace_by_floats, arguments), **keywords)
    if function in FUNCTIONS:
        return FUNCTIONS[function](*arguments, **keywords)
    if function in CONTRACTIONS:
        arguments, out = _split_out(function, arguments, keywords)
        if out is not None:
            out[...] = function(*arguments, **{name: value for name, value in keywords.items() if name != "out"})
            return out
        are_real = function in _WITH_FLOATS and all(type(x) is BallArray and not holds_complex(x) for x in arguments)
        if are_real and (result := CONTRACTIONS[function](*arguments)) is not None:
            return result  # of the arrays as they are, which know what stands in them
    if function not in TAKE_COMPLEX and any(map(holds_complex, (*arguments, *keywords.values()))):
        return OF_COMPLEX.get(function, _refuse_complex(function))(*arguments, **keywords)
    if (own := OF_REAL.get(function)) and (result := own(*arguments, **keywords)) is not NotImplemented:
        return result
    given = tuple(_convert_numbers(argument) for argument in arguments)
    keywords = {name: _convert_numbers(argument) for name, argument in keywords.items()}
    result = _contract(function, given, keywords)
    if result is not None and function in _WITH_FLOATS:
        return result
    if result is None:
        result = _complete(_apply_to_elements(self, function, types, given, keywords))
    if function in _IN_PLACE and is_of_balls(given[0]):
        unify(arguments[0])
    if function is np.where and len(given) == 3 and CURRENT.context.origins is not None:
        condition, *choices = given
        rejected = _apply_to_elements(self, function, types, (condition, *choices[::-1]), keywords)
        return _record_choices(result, _complete(rejected))
    if function in _IN_AN_ORDER:
        return take_floats(result, lambda *floats: function(*floats, **keywords), *given)
    return result


def _split_out(function: Any, arguments: Any, keywords: Any) -> tuple[Any, Any]:
    """Split the array that the result is to be written into off the arguments; None if there is none."""
    if function in _WITH_FLOATS and len(arguments) == 3:
        return arguments[:2], arguments[2]
    return arguments, keywords.get("out")


def _contract(function: Any, operands: Any, keywords: Any) -> Any:
    """Return what a contraction of two arrays of balls returns; `None` for any other function."""
    if function not in CONTRACTIONS or not keywords.keys() <= {"axes", "optimize"}:
        return None
    arrays = operands[-2:] if function is np.einsum else operands[:2]
    if not all(isinstance(x, NumPysBallArray) and not holds_complex(x) for x in arrays):
        return None
    result = CONTRACTIONS[function](*operands, **keywords)
    return result.view(BallArray) if isinstance(result, NumPysBallArray) else result


def _convert_numbers(argument: Any) -> Any:
    """Return an argument of a function of NumPy's with the arrays of balls and of floats in it as it takes them."""
    if isinstance(argument, BallArray):
        return np.ndarray.view(argument, NumPysBallArray)
    if isinstance(argument, np.ndarray | np.generic) and not isinstance(argument, Ball | NumPysBallArray):
        converted = convert_operand(argument) if argument.dtype.kind in "fcO" else argument
        return converted.view(NumPysBallArray) if isinstance(converted, BallArray) else converted
    if type(argument) in (list, tuple) and any(isinstance(part, NumPysBallArray) for part in argument):
        return type(argument)(_convert_numbers(part) for part in argument)
    return argument


def _complete(result: Any) -> Any:
    """Return what a function returned with arrays of objects as arrays of balls of one type."""
    if isinstance(result, list | tuple):
        parts = [_complete(part) for part in result]
        return type(result)(*parts) if hasattr(result, "_fields") else type(result)(parts)
    if not is_of_balls(result):
        return result.view(np.ndarray) if isinstance(result, NumPysBallArray) else result
    result = result.view(BallArray)
    elements = strip_class(result)
    types = find_types(list_elements(elements))
    if all(issubclass(one, Ball | int | float | complex | np.number) for one in types):
        result._float_type = None
        flat = elements.reshape(-1).tolist()
        are_alike = are_balls(find_types(flat)) and len({type(x.as_float) for x in flat}) < 2
        return result if are_alike else unify(elements.copy().view(BallArray))
    return elements


def _record_choices(chosen: Any, rejected: Any) -> Any:
    """Return the balls that NumPy chose as those that remember the others."""
    if not (is_of_balls(chosen) and is_of_balls(rejected)):
        return chosen
    pairs = zip(list_elements(strip_class(chosen)), list_elements(strip_class(rejected)), strict=True)
    return make_ball_array([ball.record_choice(other) for ball, other in pairs], chosen.shape)


def _refuse_complex(function: Callable[..., Any]) -> Callable[..., Any]:
    def refuse(*_: Any, **__: Any) -> Any:
        raise TypeError(f"np.{function.__name__} takes no balls that are complex")

    return refuse


def _mend(array: Any, *arguments: Any, **keywords: Any) -> BallArray:
    """Replace what is no number on floats by what NumPy replaces that by."""
    floats = get_floats(array)
    mended = np.nan_to_num(floats, *arguments, **keywords)
    return np.where(floats == mended, array, mended)


FUNCTIONS[np.nan_to_num] = _mend
NumPysBallArray.__array_function__ = _apply_function  # type: ignore[method-assign, assignment]
