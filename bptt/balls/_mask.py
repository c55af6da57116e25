"""What comparisons of balls return in a run: arrays of booleans and integers that lead back to balls.

`np.where(x > 0, 1.0, -1.0) / n` holds no ball, and yet its sums round as floats do. So whatever float is computed from
such a mask becomes a ball where it enters an array.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from bptt.balls._array import NumPysBallArray, convert_to_balls
from bptt.balls._ball import Ball
from bptt.balls._context import MAKE_CONSTANT
from bptt.balls._ufuncs import apply_ufunc


class MaskArray(npt.NDArray[Any]):
    """An array of booleans or integers of a run on balls."""

    def astype(self, dtype: Any, *arguments: Any, **keywords: Any) -> Any:
        return _lead_back(self.view(np.ndarray).astype(dtype, *arguments, **keywords))

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = None, **keywords: Any) -> Any:
        operands = [_strip_mask(operand) for operand in inputs]
        keywords = {name: _strip_mask(value) for name, value in keywords.items()}  # where= among them
        if any(isinstance(x, Ball | NumPysBallArray) for x in (*operands, *(out or ()))):
            return apply_ufunc(ufunc, method, operands, out, keywords)
        if out is not None:
            keywords["out"] = tuple(map(_strip_mask, out))
        keywords = {name: _strip_mask(value) for name, value in keywords.items()}
        return _lead_back(getattr(ufunc, method)(*operands, **keywords))

    def __array_function__(self, function: Any, types: Any, arguments: Any, keywords: Any) -> Any:
        given = [_strip_mask(argument) for argument in arguments]
        result = function(*given, **{name: _strip_mask(value) for name, value in keywords.items()})
        return tuple(map(_lead_back, result)) if type(result) is tuple else _lead_back(result)


def _strip_mask(argument: Any) -> Any:
    """Return plain arrays for masks, in lists and tuples, too."""
    if isinstance(argument, MaskArray):
        return argument.view(np.ndarray)
    if type(argument) in (list, tuple):
        return type(argument)(map(_strip_mask, argument))
    return argument


def _lead_back(result: Any) -> Any:
    """Return floats as balls, and what is still a mask as one; outside of a run, and scalars, as they are."""
    make_constant = MAKE_CONSTANT.get()
    if type(result) is not np.ndarray or make_constant is None:
        return result
    if result.dtype.kind in "fc":
        return convert_to_balls(result, make_constant)
    return result.view(MaskArray) if result.dtype.kind in "bi" else result


def _apply(self: Any, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = None, **keywords: Any) -> Any:  # noqa: ARG001
    """Apply a function of elements to arrays of balls, and to a ball, so that a scalar keeps its type beside it."""
    keywords = {name: _strip_mask(value) for name, value in keywords.items()} if keywords else keywords
    result = apply_ufunc(ufunc, method, inputs, out, keywords)
    return _lead_back(result) if type(result) is np.ndarray and result.dtype == bool else result


NumPysBallArray.__array_ufunc__ = _apply  # type: ignore[method-assign]
Ball.__array_ufunc__ = _apply  # type: ignore[attr-defined]
