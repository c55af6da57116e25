"""NumPy object arrays whose elements are balls, and NumPy's constructors, which make such arrays during a run on balls.

In such a run `np.zeros(3)` is an array of balls, whatever float type it asks for, so that code that fills such arrays
runs on balls as it stands. Other threads, and arrays of integers, get what they always get. A name that was imported
before, by `from numpy import zeros`, is not covered: its arrays are floats, and refuse a ball.
"""

import functools
import importlib.machinery
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from numpy import asarray, empty  # while functions run on balls, those in `np` make arrays of them

from bptt.balls._ball import Ball
from bptt.balls._context import MAKE_CONSTANT, UndecidedComparisonError

MakeConstant: TypeAlias = Callable[..., Ball]
"""Makes a ball of a number that stands in the code, and of the float type of the buffer that it is for, if any."""


_MISSING_LOOP = ("loop of ufunc does not support", "not supported for the input types")  # NumPy's words


class BallArray(npt.NDArray[Any]):
    """An object array on which `astype` to floats changes nothing: a ball is a real number, however it is stored.

    What NumPy computes from such an array is one again, also where NumPy would return a plain array.
    """

    def astype(self, dtype: Any, *arguments: Any, **keywords: Any) -> Any:
        if np.dtype(dtype).kind == "f":
            return self.copy()
        return super().astype(dtype, *arguments, **keywords)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = None, **keywords: Any) -> Any:
        if out is not None:
            keywords["out"] = tuple(_strip_class(array) for array in out)
        apply = _OF_ELEMENTS.get(ufunc) if method == "__call__" else None
        apply = apply or getattr(_OF_PAIRS.get(ufunc, ufunc), method)
        operands = [_strip_class(operand) for operand in inputs]
        try:
            result = apply(*operands, **keywords)
        except TypeError as error:
            if method != "__call__" or not any(words in str(error) for words in _MISSING_LOOP):
                raise
            try:  # a number among the balls, from np.where(x > 0, x, 0), has no method
                result = apply(*(_fill_with_balls(operand) for operand in operands), **keywords)
            except TypeError:
                raise TypeError(f"np.{ufunc.__name__} takes no balls") from error
        if out is not None:
            return out[0] if len(out) == 1 else out
        return as_ball_array(result)

    def __array_function__(self, function: Any, types: Any, arguments: Any, keywords: Any) -> Any:
        return as_ball_array(super().__array_function__(function, types, arguments, keywords))


def as_ball_array(result: Any) -> Any:
    """View an array of objects as one of balls; return anything else as it is."""
    return result.view(BallArray) if type(result) is np.ndarray and result.dtype == object else result


def make_ball_array(balls: Sequence[Ball], shape: tuple[int, ...]) -> BallArray:
    """Arrange balls in an array of that shape."""
    array = empty(len(balls), dtype=object)
    array[:] = balls
    return array.reshape(shape).view(BallArray)


def _strip_class(operand: Any) -> Any:
    return operand.view(np.ndarray) if isinstance(operand, BallArray) else operand


def _fill_with_balls(operand: Any) -> Any:
    """Turn the numbers in an operand into balls."""
    constant = MAKE_CONSTANT.get()
    if constant is None:
        return operand
    array = asarray(operand, dtype=object)
    flat = [entry if isinstance(entry, Ball) else constant(entry) for entry in array.reshape(-1).tolist()]
    return _strip_class(make_ball_array(flat, array.shape))


def is_finite(number: Any) -> bool:
    """Whether a ball is finite; where it is not, its number may still be, and `UndecidedComparisonError` is raised."""
    if isinstance(number, Ball):
        if not number.value.is_finite():
            raise UndecidedComparisonError("<", abs(number.value), abs(number.value) + 1, exact=False)
        return True
    return bool(np.isfinite(number))


_finite = np.frompyfunc(is_finite, 1, 1)
_sign = np.frompyfunc(lambda a: a.sign() if isinstance(a, Ball) else int(np.sign(a)), 1, 1)

_OF_ELEMENTS: dict[np.ufunc, Callable[..., Any]] = {  # for which NumPy has no loop over objects
    np.isfinite: lambda x: asarray(_finite(x), dtype=bool)[()],
    np.isnan: lambda x: ~asarray(_finite(x), dtype=bool)[()],
    np.isinf: lambda x: ~asarray(_finite(x), dtype=bool)[()],
    np.sign: lambda a: _sign(a),
    np.float_power: lambda a, b: np.power(_fill_with_balls(a), b),
}


def _take_larger(a: Any, b: Any) -> Any:
    if not isinstance(a, Ball):
        return b.maximum(a) if isinstance(b, Ball) else max(a, b)
    return a.maximum(b)


def _take_smaller(a: Any, b: Any) -> Any:
    if not isinstance(a, Ball):
        return b.minimum(a) if isinstance(b, Ball) else min(a, b)
    return a.minimum(b)


def _add_log_exp(a: Any, b: Any) -> Any:
    ball, other = (a, b) if isinstance(a, Ball) else (b, a)
    return getattr(ball, "logaddexp")(other)  # noqa: B009  (set from the table of functions)


_OF_PAIRS: dict[np.ufunc, Any] = {  # NumPy's own compare the elements, which is more than a rounded ball need do
    np.logaddexp: np.frompyfunc(_add_log_exp, 2, 1, identity=None),
    np.maximum: np.frompyfunc(_take_larger, 2, 1, identity=None),
    np.minimum: np.frompyfunc(_take_smaller, 2, 1, identity=None),
}


@contextmanager
def make_arrays_of_balls(make_constant: MakeConstant) -> Iterator[None]:
    """Let NumPy's constructors make arrays of such balls in this context, and put them back afterwards."""
    before = {name: getattr(np, name) for name in _WRAPPED}
    compiled = _find_compiled_users_of_numpy(len(sys.modules))
    token = MAKE_CONSTANT.set(make_constant)
    for module, name in compiled:
        setattr(module, name, _NUMPY_AS_IT_IS)
    for name, function in before.items():
        setattr(np, name, _wrap(name, function))
    try:
        yield
    finally:
        MAKE_CONSTANT.reset(token)
        for name, function in before.items():
            setattr(np, name, function)
        for module, name in compiled:
            setattr(module, name, np)


_NUMPY_AS_IT_IS = ModuleType("numpy")
vars(_NUMPY_AS_IT_IS).update(vars(np))


@functools.cache
def _wrap(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    return _WRAPPED[name](function)


@functools.cache
def _find_compiled_users_of_numpy(_: int) -> list[tuple[ModuleType, str]]:
    """Find the compiled modules that look NumPy's functions up by name, as `np.random` does, and that name.

    They take the arrays that they make for what they always are, without looking. The argument is how many modules are
    loaded, so that new ones are found.
    """
    suffixes = tuple(importlib.machinery.EXTENSION_SUFFIXES)
    return [
        (module, name)
        for module in list(sys.modules.values())
        if (getattr(module, "__file__", None) or "").endswith(suffixes)
        for name, value in list(vars(module).items())
        if value is np
    ]


def _wrap_filled(make: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a constructor whose array has one value throughout: zeros and ones; in empty it is NaN."""

    @functools.wraps(make)
    def filled(*arguments: Any, **keywords: Any) -> Any:
        array = make(*arguments, **keywords)
        constant = MAKE_CONSTANT.get()
        if constant is None or not _can_hold(array):
            return array
        balls = empty(array.shape, dtype=object)
        if array.size:
            first = array.reshape(-1)[0]
            value = np.nan if make.__name__.startswith("empty") else first
            balls.fill(value if isinstance(value, Ball) else constant(value, array.dtype))
        return balls.view(BallArray)

    return filled


def _can_hold(array: Any) -> bool:
    """Whether the array would be one of floats, or of objects where the type was taken from balls."""
    if not isinstance(array, np.ndarray):
        return False
    of_objects = array.dtype == object and (array.size == 0 or isinstance(array.flat[0], int | float | Ball | None))
    return array.dtype.kind == "f" or of_objects


def _wrap_each(make: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a constructor whose array has values of several kinds, some of them balls perhaps: eye, full."""

    @functools.wraps(make)
    def each(*arguments: Any, **keywords: Any) -> Any:
        array = make(*arguments, **keywords)
        constant = MAKE_CONSTANT.get()
        if constant is None or not _can_hold(array):
            return array
        balls = empty(array.shape, dtype=object)
        values = array.reshape(-1).tolist()
        balls.reshape(-1)[:] = [x if isinstance(x, Ball) else constant(x, array.dtype) for x in values]
        return balls.view(BallArray)

    return each


def _wrap_converted(make: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a constructor that copies what it is given: array keeps balls, whatever type it asks for."""

    @functools.wraps(make)
    def converted(given: Any, dtype: Any = None, *arguments: Any, **keywords: Any) -> Any:
        if MAKE_CONSTANT.get() is None:
            return make(given, dtype, *arguments, **keywords)
        if dtype is not None and np.dtype(dtype).kind != "f":
            return as_ball_array(make(given, dtype, *arguments, **keywords))
        try:
            array = make(given, None, *arguments, **keywords)
        except TypeError:
            return make(given, dtype, *arguments, **keywords)
        keeps = array.dtype == object or dtype is None
        return as_ball_array(array) if keeps else make(given, dtype, *arguments, **keywords)

    return converted


def _wrap_scalar_test(test: Callable[..., Any], of_ball: Callable[[Ball], bool]) -> Callable[..., Any]:
    @functools.wraps(test)
    def tested(x: Any, *arguments: Any, **keywords: Any) -> Any:
        return of_ball(x) if isinstance(x, Ball) else test(x, *arguments, **keywords)

    return tested


_WRAPPED: dict[str, Callable[[Callable[..., Any]], Callable[..., Any]]] = {
    **dict.fromkeys(("zeros", "ones", "empty", "zeros_like", "ones_like", "empty_like"), _wrap_filled),
    **dict.fromkeys(("full", "full_like", "eye", "identity"), _wrap_each),
    **dict.fromkeys(("array", "asarray", "asanyarray", "ascontiguousarray"), _wrap_converted),
    "isfinite": lambda test: _wrap_scalar_test(test, is_finite),
    "isnan": lambda test: _wrap_scalar_test(test, lambda x: not is_finite(x)),
    "isinf": lambda test: _wrap_scalar_test(test, lambda x: not is_finite(x)),
}
