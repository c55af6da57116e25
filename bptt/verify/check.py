"""The two questions a user asks: what is this gradient worth, and, in a test, is it right?"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from bptt.verify import arithmetic, formula
from bptt.verify.leaves import FlatArguments
from bptt.verify.report import Report
from bptt.verify.running import on_floats


class GradientMismatch(AssertionError):  # noqa: N818  (a finding about the gradient, as AssertionError is)
    """The gradient is wrong; the message is the report."""


class GradientUndecided(Exception):  # noqa: N818
    """The gradient could not be judged; the message is the report, which says why."""


def check_gradient(
    f: Callable[..., Any],
    gradient: Callable[..., Any],
    arguments: tuple[Any, ...],
    *,
    seed: int | None = None,
) -> Report:
    """Judge a hand-written gradient at one point, with guaranteed error bounds and no tolerance.

    `f(*arguments)` is a scalar, and `gradient(*arguments)` a tuple with the gradient by each argument, of the same
    structure; for a single argument, the gradient by it. An argument is an array, a number, or a tuple, list, dict or
    NamedTuple of them, nested at will; `None` counts as an empty tuple. Integer and boolean arrays are passed on and
    not differentiated. Both functions are called with NumPy object arrays of balls and must run on those: a function
    that only runs on floats is `undecided`.

    NumPy's global random generator is seeded before every call (with 0 if `seed` is None) and then put back, so that
    noise drawn from it is the same for f and gradient. Nothing else here is random.

    Raises `TypeError` for arguments that are no real numbers; `ValueError` for NaN, infinity or nothing to
    differentiate, for an f that is no scalar and for a gradient of another structure; and whatever f and gradient
    raise on floats too.
    """
    for name, function in (("f", f), ("gradient", gradient)):
        if not callable(function):
            raise TypeError(f"{name} must be a function of the arguments; got {type(function).__name__}")
    seed = _checked(seed)
    flat = FlatArguments(f, arguments)
    f, gradient = _seeded(f, seed), _seeded(gradient, seed)
    with _numpys_generator_put_back():
        value, floats = on_floats(f, gradient, flat)
        judged = formula.judge(f, gradient, flat, value)
        return Report(judged, arithmetic.judge(f, gradient, flat, floats), seed)


def assert_gradient(
    f: Callable[..., Any],
    gradient: Callable[..., Any],
    arguments: tuple[Any, ...],
    *,
    seed: int | None = None,
) -> None:
    """Raise `GradientMismatch` if `gradient` is wrong at this point, `GradientUndecided` if that cannot be told.

    The arguments and the other errors are those of `check_gradient`.
    """
    __tracebackhide__ = True  # pytest: the failure is the caller's line
    report = check_gradient(f, gradient, arguments, seed=seed)
    if report.verdict == "wrong":
        raise GradientMismatch(str(report))
    if report.verdict == "undecided":
        raise GradientUndecided(str(report))


def _checked(seed: int | None) -> int:
    if seed is None:
        return 0
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not 0 <= seed < 2**32:
        raise ValueError(f"seed must be an integer from 0 to 2**32 - 1; got {seed!r}")
    return int(seed)


def _seeded(function: Callable[..., Any], seed: int) -> Callable[..., Any]:
    def called(*arguments: Any) -> Any:
        np.random.seed(seed)  # noqa: NPY002
        return function(*arguments)

    return called


@contextmanager
def _numpys_generator_put_back() -> Iterator[None]:
    before = np.random.get_state()  # noqa: NPY002
    try:
        yield
    finally:
        np.random.set_state(before)  # noqa: NPY002
