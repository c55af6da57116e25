"""Buffers that can hold balls: while a function runs on balls, NumPy's constructors make arrays of them.

`np.zeros(3)` then is an array of balls, whatever float type it asks for, so that code that fills such arrays runs on
balls as it stands. Other threads, and arrays of integers, get what they always get. A name that was imported before,
by `from numpy import zeros`, is not covered: its arrays are floats, and refuse a ball.
"""

import functools
import importlib.machinery
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import numpy as np
from numpy import empty

from bptt.balls._array import BallArray, Constant, held, is_finite, making
from bptt.balls._ball import Ball


@contextmanager
def holding(constant: Constant) -> Iterator[None]:
    """Let NumPy's constructors make arrays of such balls in this context, and put them back afterwards."""
    before = {name: getattr(np, name) for name in _WRAPPED}
    compiled = _compiled_users_of_numpy(len(sys.modules))
    token = making.set(constant)
    for module, name in compiled:
        setattr(module, name, _NUMPY_AS_IT_IS)
    for name, function in before.items():
        setattr(np, name, _wrapped(name, function))
    try:
        yield
    finally:
        for name, function in before.items():
            setattr(np, name, function)
        for module, name in compiled:
            setattr(module, name, np)
        making.reset(token)


_NUMPY_AS_IT_IS = ModuleType("numpy")
vars(_NUMPY_AS_IT_IS).update(vars(np))


@functools.cache
def _wrapped(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    return _WRAPPED[name](function)


@functools.cache
def _compiled_users_of_numpy(_: int) -> list[tuple[ModuleType, str]]:
    """The compiled modules that look NumPy's functions up by name, such as those of `np.random`, and under which name.

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


def _filled(make: Callable[..., Any]) -> Callable[..., Any]:
    """A constructor whose array has one value throughout: zeros and ones; in empty it is NaN."""

    @functools.wraps(make)
    def filled(*arguments: Any, **keywords: Any) -> Any:
        array = make(*arguments, **keywords)
        constant = making.get()
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


def _each(make: Callable[..., Any]) -> Callable[..., Any]:
    """A constructor whose array has values of several kinds, some of them balls perhaps: eye, full."""

    @functools.wraps(make)
    def each(*arguments: Any, **keywords: Any) -> Any:
        array = make(*arguments, **keywords)
        constant = making.get()
        if constant is None or not _can_hold(array):
            return array
        balls = empty(array.shape, dtype=object)
        values = array.reshape(-1).tolist()
        balls.reshape(-1)[:] = [x if isinstance(x, Ball) else constant(x, array.dtype) for x in values]
        return balls.view(BallArray)

    return each


def _converted(make: Callable[..., Any]) -> Callable[..., Any]:
    """A constructor that copies what it is given: array and asarray keep balls, whatever type they ask for."""

    @functools.wraps(make)
    def converted(given: Any, dtype: Any = None, *arguments: Any, **keywords: Any) -> Any:
        if making.get() is None:
            return make(given, dtype, *arguments, **keywords)
        if dtype is not None and np.dtype(dtype).kind != "f":
            return held(make(given, dtype, *arguments, **keywords))
        try:
            array = make(given, None, *arguments, **keywords)
        except TypeError:
            return make(given, dtype, *arguments, **keywords)
        return held(array) if array.dtype == object or dtype is None else make(given, dtype, *arguments, **keywords)

    return converted


def _of_a_scalar(test: Callable[..., Any], of_ball: Callable[[Ball], bool]) -> Callable[..., Any]:
    @functools.wraps(test)
    def tested(x: Any, *arguments: Any, **keywords: Any) -> Any:
        return of_ball(x) if isinstance(x, Ball) else test(x, *arguments, **keywords)

    return tested


_WRAPPED: dict[str, Callable[[Callable[..., Any]], Callable[..., Any]]] = {
    **dict.fromkeys(("zeros", "ones", "empty", "zeros_like", "ones_like", "empty_like"), _filled),
    **dict.fromkeys(("full", "full_like", "eye", "identity"), _each),
    **dict.fromkeys(("array", "asarray", "asanyarray", "ascontiguousarray"), _converted),
    "isfinite": lambda test: _of_a_scalar(test, is_finite),
    "isnan": lambda test: _of_a_scalar(test, lambda x: not is_finite(x)),
    "isinf": lambda test: _of_a_scalar(test, lambda x: not is_finite(x)),
}
