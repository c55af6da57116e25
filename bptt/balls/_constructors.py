"""NumPy's constructors, which make arrays of balls during a run on balls.

In such a run `np.zeros(3)` is an array of balls, of the float type it asks for, so that code that fills such arrays
runs on balls as it stands. Each constructor is wrapped once, when this module is imported, and asks a context variable
whether a run is on: other threads, arrays of integers, and everything outside of a run get what they always get. So do
NumPy's own functions that are written in Python, such as `np.cov`. For a name that a caller imported before, by
`from numpy import zeros`, the wrapped one stands in during a run.
"""

import functools
import importlib
import importlib.machinery
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import numpy as np

from bptt.balls._array import (
    BallArray,
    MakeConstant,
    NumPysBallArray,
    as_ball_array,
    cast_array,
    convert_to_balls,
    list_elements,
    make_constant_by,
    unify,
)
from bptt.balls._ball import Ball
from bptt.balls._context import MAKE_CONSTANT, leave_run
from bptt.balls.complex_numbers._ball import is_complex


@contextmanager
def make_arrays_of_balls(make_constant: MakeConstant) -> Iterator[None]:
    """Let NumPy's constructors make arrays of such balls in this context."""
    _prepare_modules(len(sys.modules))
    before = MAKE_CONSTANT.get()
    try:  # an interrupt may come between any two lines
        MAKE_CONSTANT.set(make_constant)
        yield
    finally:
        MAKE_CONSTANT.set(before)


_NUMPY_AS_IT_IS = ModuleType("numpy")
vars(_NUMPY_AS_IT_IS).update(vars(np))


@functools.cache
def _prepare_modules(_: int) -> None:
    """Give the constructors to NumPy's and SciPy's modules, and NumPy as it is to the compiled ones.

    Those, such as `np.random`, look its functions up by name, and take the arrays that they make for what they always
    are, without looking. The argument is how many modules are loaded, so that new ones are found; NumPy loads its
    generators when they are first asked for, and so does this.
    """
    importlib.import_module("numpy.random")
    suffixes = tuple(importlib.machinery.EXTENSION_SUFFIXES)
    for module_name, module in list(sys.modules.items()):
        if (getattr(module, "__file__", None) or "").endswith(suffixes):
            for name, value in list(vars(module).items()):
                if value is np:
                    setattr(module, name, _NUMPY_AS_IT_IS)
        else:
            _wrap_constructors(module_name, module)


def _wrap_filled(make: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a constructor whose array has one value throughout: zeros and ones; in empty it is NaN."""

    @functools.wraps(make)
    def filled(*arguments: Any, **keywords: Any) -> Any:
        constant = MAKE_CONSTANT.get()
        if constant is None:
            return make(*arguments, **keywords)
        array = make(*_replace_by_types(arguments), **keywords)
        if not _can_hold(array):
            return array
        dtype = _choose_type(array, arguments)
        balls = _NUMPY_AS_IT_IS.empty(array.shape, dtype=object, order="F" if _is_transposed(array) else "C")
        if array.size:
            value = np.nan if make.__name__.startswith("empty") else 1.0 if "ones" in make.__name__ else 0.0
            balls.fill(make_constant_by(constant, value, dtype))
        return _note_type(balls, dtype)

    return filled


def _replace_by_types(arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the arguments of a constructor with plain arrays for those of balls."""
    return tuple(x.view(np.ndarray) if isinstance(x, BallArray) else x for x in arguments)


def _choose_type(array: Any, arguments: tuple[Any, ...]) -> np.dtype[Any]:
    """Return the float type that an array would have had."""
    if array.dtype.kind in "fc":
        return np.dtype(array.dtype)
    given = [x.dtype for x in arguments if isinstance(x, BallArray)]
    return given[0] if given else np.dtype(np.float64)


def _is_transposed(array: Any) -> bool:
    return bool(array.flags.f_contiguous and not array.flags.c_contiguous)


def _note_type(balls: Any, dtype: np.dtype[Any]) -> BallArray:
    view: BallArray = balls.view(BallArray)
    view._float_type = dtype
    return view


def _can_hold(array: Any) -> bool:
    """Whether the array would be one of floats, or of objects where the type was taken from balls."""
    if not isinstance(array, np.ndarray):
        return False
    of_objects = array.dtype == object and (
        array.size == 0 or isinstance(array.flat[0], complex | int | float | Ball | None)
    )
    return array.dtype.kind in "fc" or of_objects


def _wrap_each(make: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a constructor whose array has values of several kinds, some of them balls perhaps: eye, full."""

    @functools.wraps(make)
    def each(*arguments: Any, **keywords: Any) -> Any:
        constant = MAKE_CONSTANT.get()
        if constant is None:
            return make(*arguments, **keywords)
        dtype = keywords.get("dtype")
        wanted = np.dtype(dtype) if dtype is not None and np.dtype(dtype).kind in "fc" else None
        if wanted is not None:
            keywords = {**keywords, "dtype": object}
        array = make(*arguments, **keywords)
        if not _can_hold(array):
            return array
        first = wanted or (array.dtype if array.dtype.kind in "fc" else _choose_type(array, arguments))
        balls = _NUMPY_AS_IT_IS.empty(array.shape, dtype=object)
        values = array.view(np.ndarray).reshape(-1)
        balls.reshape(-1)[:] = [x if isinstance(x, Ball) else make_constant_by(constant, x, first) for x in values]
        return cast_array(balls, first) if wanted else balls.view(BallArray)

    return each


def _wrap_converted(make: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a constructor that copies what it is given: array keeps balls, in the float type it asks for."""

    @functools.wraps(make)
    def converted(given: Any, dtype: Any = None, *arguments: Any, **keywords: Any) -> Any:
        constant = MAKE_CONSTANT.get()
        if constant is None:
            return make(given, dtype, *arguments, **keywords)
        if type(given) is NumPysBallArray:  # in NumPy's own code
            made = converted(given.view(BallArray), dtype, *arguments, **keywords)
            return made.view(NumPysBallArray) if isinstance(made, BallArray) else made
        if dtype is not None and np.dtype(dtype).kind not in "fcO":
            return as_ball_array(make(given, dtype, *arguments, **keywords))
        wanted = None if dtype is None or np.dtype(dtype).kind == "O" else np.dtype(dtype)
        try:
            array = make(given, None, *arguments, **keywords)
        except TypeError:
            return make(given, dtype, *arguments, **keywords)
        if array.dtype.kind != "O" and not isinstance(array, BallArray):
            array = make(given, dtype, *arguments, **keywords)
            copied = make.__name__ == "array" and array is not given and array.base is not given
            copied |= isinstance(given, list | tuple)
            return convert_to_balls(array, constant) if copied and array.dtype.kind in "fc" and array.ndim else array
        array = as_ball_array(array)
        elements = list_elements(array.view(np.ndarray))
        if not all(isinstance(x, Ball | complex | float | int) for x in elements):
            return array.view(np.ndarray)
        if array is not given and not all(isinstance(x, Ball) for x in array.view(np.ndarray).flat):
            array = _fill(array, constant)
        if wanted is not None and (array.dtype != wanted or array is not given):
            return cast_array(array, wanted)
        if isinstance(given, BallArray):
            return array
        if any(map(is_complex, elements)):
            return unify(array.view(np.ndarray).copy().view(BallArray))
        return cast_array(array, array.dtype)

    return converted


def _wrap_computed(make: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a window, which NumPy computes of floats that it puts into arrays of its own."""

    @functools.wraps(make)
    def computed(*arguments: Any, **keywords: Any) -> Any:
        constant = MAKE_CONSTANT.get()
        if constant is None:
            return make(*arguments, **keywords)
        with leave_run():
            array = make(*arguments, **keywords)
        return convert_to_balls(array, constant)

    return computed


def _fill(array: BallArray, constant: MakeConstant) -> BallArray:
    """Make balls of the plain numbers in an array, in place."""
    elements = array.view(np.ndarray)
    flat = [x if isinstance(x, Ball) else make_constant_by(constant, x, None) for x in list_elements(elements)]
    made = _NUMPY_AS_IT_IS.empty(len(flat), dtype=object)
    made[:] = flat
    return made.reshape(elements.shape).view(BallArray)


_WRAPPED: dict[str, Callable[[Callable[..., Any]], Callable[..., Any]]] = {
    **dict.fromkeys(("zeros", "ones", "empty", "zeros_like", "ones_like", "empty_like"), _wrap_filled),
    **dict.fromkeys(("full", "full_like", "eye", "identity"), _wrap_each),
    **dict.fromkeys(("hanning", "hamming", "blackman", "bartlett", "kaiser"), _wrap_computed),
    **dict.fromkeys(("array", "asarray", "asanyarray", "ascontiguousarray"), _wrap_converted),
}

CONSTRUCTORS = {make: _WRAPPED[name](make) for name in _WRAPPED for make in (getattr(np, name),)}
"""For each of NumPy's as it was imported before, the one that makes balls."""


_LIBRARIES = ("numpy.lib.", "scipy.")  # those parts of them that are written in Python


def _leave_objects(make: Callable[..., Any], constructor: Callable[..., Any]) -> Callable[..., Any]:
    """Return a constructor for the code of libraries, which asks for objects where it was given balls of any type."""

    @functools.wraps(make)
    def made(*arguments: Any, **keywords: Any) -> Any:
        types = [x for x in (keywords.get("dtype"), *arguments[1:2]) if isinstance(x, type | np.dtype)]
        asks_for_objects = object in types
        return (make if asks_for_objects else constructor)(*arguments, **keywords)

    return made


_OF_CALLERS = {id(make): constructor for make, constructor in CONSTRUCTORS.items()}
_OF_LIBRARIES = {id(make): _leave_objects(make, constructor) for make, constructor in CONSTRUCTORS.items()}


def _wrap_constructors(name: str, module: Any) -> None:
    """Put them in the place of NumPy's where callers find them, and in libraries."""
    wrapped = _OF_CALLERS if name == "numpy" else _OF_LIBRARIES if name.startswith(_LIBRARIES) else {}
    for attribute, value in list(vars(module).items()) if wrapped else ():
        if id(value) in wrapped:
            setattr(module, attribute, wrapped[id(value)])


_wrap_constructors("numpy", np)
