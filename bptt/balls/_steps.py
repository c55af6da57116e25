"""Functions that are constant between jumps: floor, rint, trunc, remainders, and numbers that become integers.

Which step a number is on is decided as any comparison is; between the jumps the derivative is 0, and it is known by
what the step is: a jump is a tie.
"""

import operator
from typing import Any

import numpy as np

from bptt.balls._ball import Ball, call_on_floats, get_float
from bptt.balls._rounded import Rounded


def take_floor(x: Ball) -> Any:
    """Return ⌊x⌋."""
    n = np.floor(x.as_float)
    if isinstance(x, Rounded):
        return Rounded(x.value.floor(), n, x.kind)
    if n - n != 0:
        return x
    if not x >= n:
        n -= 1
    elif not x < n + 1:
        n += 1
    return x.make_step(n)


def take_rint(x: Ball) -> Any:
    """Return the nearest whole number, of two the even one."""
    return round_to(x, np.rint(x.as_float))


def round_to(x: Ball, n: Any) -> Any:
    """Return the nearest whole number, which is n for the float: that says which of two it is."""
    if isinstance(x, Rounded):
        return Rounded((x.value + 0.5).floor().union((x.value - 0.5).ceil()), n, x.kind)
    if n - n != 0:
        return x
    if not x >= n - 0.5:
        n -= 1
    elif not x <= n + 0.5:
        n += 1
    return x.make_step(n)


def take_ceil(x: Ball) -> Any:
    """Return ⌈x⌉."""
    return -take_floor(-x)


def take_trunc(x: Ball) -> Any:
    """Return the whole number that is next on the side of 0."""
    return take_ceil(x) if x < 0 else take_floor(x)


def divide_to_floor(a: Any, b: Any) -> Any:
    """Return ⌊a / b⌋, of two numbers of which one is a ball."""
    quotient = a / b
    n = call_on_floats(operator.floordiv, get_float(a), get_float(b))
    if isinstance(quotient, Rounded):
        return Rounded(quotient.value.floor(), n, quotient.kind)
    if n - n != 0:
        return quotient
    left = a - b * n
    if b > 0:
        n += -1 if not left >= 0 else 1 if not left < b else 0
    else:
        n += -1 if not left <= 0 else 1 if not left > b else 0
    return quotient.make_step(n)


def take_remainder(a: Any, b: Any) -> Any:
    """Return a − b ⌊a / b⌋, which has the sign of b."""
    left = a - b * divide_to_floor(a, b)
    left.as_float = call_on_floats(operator.mod, get_float(a), get_float(b))
    return left


def take_remainder_of_sign(a: Any, b: Any) -> Any:
    """Return the remainder that has the sign of a."""
    left = take_remainder(abs(a), abs(b))
    return -left if a < 0 else left


def take_heaviside(x: Any, at_zero: Any) -> Any:
    """Return 1 for a positive number, 0 for a negative one, and what is given for 0."""
    if not isinstance(x, Ball):
        return at_zero * (x == 0) + (x > 0)
    if x > 0 or x < 0:
        return x.make_step(1 if x > 0 else 0)
    return at_zero if isinstance(at_zero, Ball) else x.make_step(at_zero)


def _round(x: Any, digits: int | None = None) -> Any:
    return int(take_rint(x).as_float) if digits is None else x.round(digits)


def _become_int(x: Ball) -> int:
    return int(take_trunc(x).as_float)


for _name, _method in {
    "__floordiv__": divide_to_floor,
    "__rfloordiv__": lambda x, other: divide_to_floor(other, x),
    "__mod__": take_remainder,
    "__rmod__": lambda x, other: take_remainder(other, x),
    "__divmod__": lambda x, other: (divide_to_floor(x, other), take_remainder(x, other)),
    "__floor__": lambda x: int(take_floor(x).as_float),
    "__ceil__": lambda x: int(take_ceil(x).as_float),
    "__trunc__": _become_int,
    "__int__": _become_int,
    "__round__": _round,
    "round": lambda x, decimals=0: np.round(x, decimals),
}.items():
    setattr(Ball, _name, _method)
