"""What a sparse matrix of SciPy's returns as a `np.matrix`, on balls."""

from typing import Any

import numpy as np

from bptt.balls._array import get_floats
from bptt.balls._ball import Ball
from bptt.balls.scipy._operands import HoldsBalls, require


class Matrix(HoldsBalls):
    """What SciPy's matrices return as a np.matrix, whose products are others than those of arrays: it has none."""

    __array_ufunc__ = None

    def __init__(self, balls: Any) -> None:
        self.A = balls

    @property
    def on_floats(self) -> Any:
        return get_floats(self.A).view(np.matrix)

    shape = property(lambda self: self.A.shape)
    A1 = property(lambda self: self.A.reshape(-1))
    T = property(lambda self: Matrix(self.A.T))

    def __array__(self, *_: Any, **__: Any) -> Any:
        return self.A

    def __getitem__(self, index: Any) -> Any:
        require(type(index) is tuple and all(isinstance(n, int) for n in index), "sparse", "in a part of a np.matrix")
        return self.A[index]

    def __truediv__(self, other: Any) -> Any:
        return Matrix(self.A / other) if is_number(other) else NotImplemented

    def __rtruediv__(self, other: Any) -> Any:
        return Matrix(other / self.A) if is_number(other) else NotImplemented

    def tolist(self) -> Any:
        return self.A.tolist()


def is_number(given: Any) -> bool:
    return isinstance(given, Ball) or (np.ndim(given) == 0 and not isinstance(given, HoldsBalls))
