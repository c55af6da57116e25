"""NumPy object arrays whose elements are balls."""

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from numpy import asarray, empty  # while functions run on balls, those in `np` make arrays of them

from bptt.balls._ball import Ball
from bptt.balls._branches import UndecidedComparisonError

Constant: TypeAlias = Callable[
    ..., Ball
]  # of a number and the float type of the buffer that it is for, if there is one

making: ContextVar[Constant | None] = ContextVar("making", default=None)
"""How a run on balls makes one from a number that stands in the code; `None` outside of such a run."""


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
            keywords["out"] = tuple(_plain(array) for array in out)
        apply = _OF_ELEMENTS.get(ufunc) if method == "__call__" else None
        apply = apply or getattr(_OF_PAIRS.get(ufunc, ufunc), method)
        operands = [_plain(operand) for operand in inputs]
        try:
            result = apply(*operands, **keywords)
        except TypeError as error:
            if method != "__call__" or not _is_missing_loop(error):
                raise
            try:  # a number among the balls, from np.where(x > 0, x, 0), has no method
                result = apply(*(_all_balls(operand) for operand in operands), **keywords)
            except TypeError:
                raise TypeError(f"np.{ufunc.__name__} takes no balls") from error
        if out is not None:
            return out[0] if len(out) == 1 else out
        return held(result)

    def __array_function__(self, function: Any, types: Any, arguments: Any, keywords: Any) -> Any:
        return held(super().__array_function__(function, types, arguments, keywords))


def held(result: Any) -> Any:
    """An array of objects as an array of balls; anything else as it is."""
    return result.view(BallArray) if type(result) is np.ndarray and result.dtype == object else result


def ball_array(balls: Sequence[Ball], shape: tuple[int, ...]) -> BallArray:
    """The balls as an array of that shape."""
    array = empty(len(balls), dtype=object)
    array[:] = balls
    return array.reshape(shape).view(BallArray)


def _plain(operand: Any) -> Any:
    return operand.view(np.ndarray) if isinstance(operand, BallArray) else operand


def _is_missing_loop(error: TypeError) -> bool:
    return "loop of ufunc does not support" in str(error) or "not supported for the input types" in str(error)


def _all_balls(operand: Any) -> Any:
    """The operand, the numbers in it turned into balls."""
    constant = making.get()
    if constant is None:
        return operand
    array = asarray(operand, dtype=object)
    flat = [entry if isinstance(entry, Ball) else constant(entry) for entry in array.reshape(-1).tolist()]
    return _plain(ball_array(flat, array.shape))


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
    np.float_power: lambda a, b: np.power(_all_balls(a), b),
}


def _larger(a: Any, b: Any) -> Any:
    if not isinstance(a, Ball):
        return b.maximum(a) if isinstance(b, Ball) else max(a, b)
    return a.maximum(b)


def _smaller(a: Any, b: Any) -> Any:
    if not isinstance(a, Ball):
        return b.minimum(a) if isinstance(b, Ball) else min(a, b)
    return a.minimum(b)


def _log_add_exp(a: Any, b: Any) -> Any:
    ball, other = (a, b) if isinstance(a, Ball) else (b, a)
    return getattr(ball, "logaddexp")(other)  # noqa: B009  (set from the table of functions)


_OF_PAIRS: dict[np.ufunc, Any] = {  # NumPy's own compare the elements, which is more than a rounded ball need do
    np.logaddexp: np.frompyfunc(_log_add_exp, 2, 1, identity=None),
    np.maximum: np.frompyfunc(_larger, 2, 1, identity=None),
    np.minimum: np.frompyfunc(_smaller, 2, 1, identity=None),
}
