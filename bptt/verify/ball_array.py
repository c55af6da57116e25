"""NumPy object arrays whose elements are balls."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from bptt.verify.balls import Ball


class BallArray(npt.NDArray[Any]):
    """An object array on which `astype` to floats changes nothing: a ball is a real number, however it is stored.

    What NumPy computes from such an array is one again, also where NumPy would return a plain array.
    """

    def astype(self, dtype: Any, *arguments: Any, **keywords: Any) -> Any:
        if np.dtype(dtype).kind == "f":
            return self.copy()
        return super().astype(dtype, *arguments, **keywords)

    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        return array[()] if return_scalar else super().__array_wrap__(array, context, return_scalar)

    def __array_function__(self, function: Any, types: Any, arguments: Any, keywords: Any) -> Any:
        result = super().__array_function__(function, types, arguments, keywords)
        plain = type(result) is np.ndarray and result.dtype == object
        return result.view(BallArray) if plain else result


def ball_array(balls: Sequence[Ball], shape: tuple[int, ...]) -> BallArray:
    """The balls as an array of that shape."""
    array = np.empty(len(balls), dtype=object)
    array[:] = balls
    return array.reshape(shape).view(BallArray)
