"""How a function of SciPy's is written for balls: what it is given, and what becomes of what it returns."""

import sys
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from flint import arb

from bptt.balls._array import (
    BallArray,
    NumPysBallArray,
    as_ball_array,
    convert_operand,
    convert_to_balls,
    get_floats,
    is_of_balls,
    make_ball_array,
    make_constant_of_run,
    strip_class,
)
from bptt.balls._ball import Ball, get_float
from bptt.balls._context import MAKE_CONSTANT, leave_run
from bptt.balls._rounded import Rounded


class OnBalls(NamedTuple):
    """A function with the signature of one of SciPy's that computes on balls; of a class, what makes its objects."""

    function: Callable[..., Any]
    is_bounded: bool | Callable[..., bool] = True  # by the roundings of the operations that it consists of
    adapt: Callable[[Any, Any], Any] | None = None  # makes of an object and `lift` what stands for it on balls


class MethodsOnBalls(NamedTuple):
    """Methods of an object of SciPy's that compute on balls."""

    methods: Mapping[str, OnBalls]


class HoldsBalls:
    """An object of a library's on balls. `on_floats` is the one that the float run has."""

    on_floats: Any

    def hold_floats(self, on_floats: Any) -> None:
        """Take what the original returned for the floats."""
        self.on_floats = on_floats


def holds_balls(given: Any) -> bool:
    """Whether it is a ball, an array or another object of balls, or a sequence that holds one."""
    if isinstance(given, dict):
        return any(map(holds_balls, given.values()))
    if isinstance(given, list | tuple):
        return any(map(holds_balls, given))
    return isinstance(given, NumPysBallArray | Ball | HoldsBalls)


def replace_by_floats(given: Any) -> Any:
    """Return what the float run has in its place."""
    if isinstance(given, HoldsBalls):
        return given.on_floats
    if type(given) in (list, tuple):
        return type(given)(map(replace_by_floats, given))
    if isinstance(given, dict):
        return {name: replace_by_floats(value) for name, value in given.items()}
    return get_floats(given) if is_of_balls(given) else get_float(given)


def call(on_balls: OnBalls, original: Callable[..., Any], arguments: Any, keywords: Any) -> Any:
    """Call it where it is given balls, and the original otherwise; the floats are the original's.

    The original goes first: what it raises for the floats is raised for the balls.
    """
    given = replace_by_floats([list(arguments), keywords])
    with leave_run():
        on_floats = original(*given[0], **given[1])
    if not holds_balls((arguments, keywords)):
        return on_balls.adapt(on_floats, as_balls) if on_balls.adapt else _lift(on_floats)
    result = on_balls.function(*arguments, **keywords)
    is_bounded = on_balls.is_bounded
    if not isinstance(is_bounded, bool):
        with leave_run():
            is_bounded = is_bounded(*given[0], **given[1])
    return give_floats(result, on_floats, is_bounded)


def _lift(result: Any) -> Any:
    """Return an array that was computed of no ball as one of balls, since a caller may write some into it."""
    make_constant = MAKE_CONSTANT.get()
    if make_constant is None or type(result) is not np.ndarray or result.dtype.kind != "f" or not result.ndim:
        return result
    return convert_to_balls(result, make_constant)


def give_floats(result: Any, on_floats: Any, is_bounded: bool = True) -> Any:
    """Return a result whose balls hold those floats; where their rounding has no bound, of those it is left open."""
    if isinstance(result, tuple):
        return tuple(give_floats(*pair, is_bounded) for pair in zip(result, on_floats, strict=True))
    if isinstance(result, HoldsBalls):
        result.hold_floats(on_floats)
        return result
    floats = np.asarray(on_floats)
    if floats.dtype.kind != "f" or floats.shape != np.shape(result):
        raise TypeError(f"its result is of {floats.dtype} and shape {floats.shape}; on balls {np.shape(result)}")
    elements = strip_class(as_balls(result)).reshape(-1).tolist()
    balls = [_hold_float(*pair, is_bounded) for pair in zip(elements, floats.reshape(-1), strict=True)]
    made = from_list(balls, floats.shape)
    return made if isinstance(on_floats, np.ndarray) else made[()]


def _hold_float(ball: Ball, number: Any, is_bounded: bool) -> Ball:
    held = ball.cast(type(number))
    held.as_float = number
    if isinstance(held, Rounded) and not is_bounded:
        return Rounded(arb.nan(), number, held.kind)
    return held


def leave_rounding_open(balls: Any) -> Any:
    """Return an array of balls of which those that bound floats bound nothing."""
    return from_list([_hold_float(x, x.as_float, False) for x in strip_class(balls).reshape(-1)], balls.shape)


def as_balls(given: Any) -> Any:
    """Return numbers as an array of balls; plain ones are constants of the run."""
    array = as_ball_array(np.asarray(given))
    if not is_of_balls(array):
        array = convert_operand(array) if array.ndim else make_constant_of_run(array[()], np.float64)
    if isinstance(array, Ball):
        return from_list([array], ())
    if not is_of_balls(array):
        raise TypeError(f"balls are real numbers, and do not go with those of type {array.dtype}")
    return array


def from_list(balls: list[Any], shape: tuple[int, ...]) -> BallArray:
    """Arrange balls in an array of that shape, of which some may be plain numbers."""
    return make_ball_array([x if isinstance(x, Ball) else make_constant_of_run(x, np.float64) for x in balls], shape)


def make_zeros(shape: tuple[int, ...], *like: Any) -> BallArray:
    """Return an array of balls that are 0, of the type of floats that the others have in common."""
    dtype = np.result_type(*(array.dtype for array in like)) if like else np.float64
    return make_ball_array([make_constant_of_run(0.0, dtype)] * int(np.prod(shape)), shape)


def take_integer(given: Any) -> int:
    """Return a number of a setting that is an integer, such as an order, a width or an axis."""
    return int(get_float(given[()] if is_of_balls(given) else given))


def require(condition: Any, name: str, remedy: str) -> None:
    """Refuse what a function does not do on balls; raises `TypeError`, by the name of the function."""
    if not condition:
        raise TypeError(f"scipy.{name} takes no balls {remedy}")


def call_on_floats(module: str, name: str, *given: Any) -> Any:
    """Call a function of SciPy's on what the float run has; its module is loaded, since a function of it was called."""
    with leave_run():
        return getattr(sys.modules[module], name)(*map(replace_by_floats, given))


def call_method_on_floats(of_balls: HoldsBalls, name: str, *given: Any, **settings: Any) -> Any:
    """Call a method of the object that the float run has, on what that has."""
    with leave_run():
        return getattr(of_balls.on_floats, name)(*replace_by_floats(given), **replace_by_floats(settings))
