"""`scipy.sparse` on balls: a matrix of SciPy's says where something stands, and an array of balls what.

The numbers of that matrix, the pattern, are the places of its entries in the array, counted from 1. Whatever moves
entries (a transpose, rows, another format) is done by SciPy to the pattern, and read off from there.
"""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from bptt.balls._array import get_floats
from bptt.balls._ball import Ball
from bptt.balls._context import leave_run
from bptt.balls.scipy._elimination import Row
from bptt.balls.scipy._matrix import Matrix, is_number
from bptt.balls.scipy._operands import (
    HoldsBalls,
    as_balls,
    call_method_on_floats,
    give_floats,
    make_zeros,
    require,
)

_WITH_DATA = ("csr", "csc", "coo")  # formats whose `data` has an entry a place


class Sparse(HoldsBalls):
    """A sparse matrix or array of SciPy's on balls."""

    __array_ufunc__ = None  # so that x @ A asks A
    __array_priority__ = 10.1

    def __init__(self, pattern: Any, balls: Any) -> None:
        with leave_run():
            found = pattern.tocsr() if pattern.format not in _WITH_DATA else pattern.copy()
            found.eliminate_zeros()  # which fill the blocks of other formats
            order = np.asarray(found.data, dtype=int) - 1
            found.data = np.arange(1, len(order) + 1)
            self._format = pattern.format
        require(found.ndim == 2, "sparse", "with other than two axes; its toarray() does")
        self._pattern = found
        self.balls = as_balls(balls)[order]

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        with leave_run():
            return type(self._pattern.asformat(self._format))

    @property
    def on_floats(self) -> Any:
        with leave_run():
            made = self._pattern.copy()  # whose entries are in the order of the balls, as after astype they may not be
            made.data = get_floats(self.balls)
            return made.asformat(self._format)

    def hold_floats(self, on_floats: Any) -> None:
        """Leave them as they are: each ball has its own."""

    shape = property(lambda self: self._pattern.shape)
    ndim = property(lambda self: self._pattern.ndim)
    nnz = size = property(lambda self: self._pattern.nnz)
    format = property(lambda self: self._format)
    dtype = property(lambda self: self.balls.dtype)
    T = property(lambda self: self.transpose())

    @property
    def data(self) -> Any:
        """The numbers themselves: what is written into them changes the matrix."""
        self._require_data("data")
        return self.balls

    @data.setter
    def data(self, numbers: Any) -> None:
        self._require_data("data")
        require(np.shape(numbers) == self.balls.shape, "sparse", "as data of another length")
        self.balls = as_balls(numbers)

    def _require_data(self, name: str) -> None:
        require(self._format in _WITH_DATA, "sparse", f"in the {name} of the format {self._format}")

    def list_entries(self) -> list[tuple[int, int, Ball]]:
        """Return row, column and number of each."""
        with leave_run():
            found = self._pattern.tocoo()
        numbers = self.balls[np.asarray(found.data, dtype=int) - 1]
        return list(zip(found.row.tolist(), found.col.tolist(), numbers, strict=True))

    def list_rows(self) -> list[Row]:
        rows: list[Row] = [{} for _ in range(self.shape[0])]
        for i, j, x in self.list_entries():
            rows[i][j] = x
        return rows

    def toarray(self, order: Any = None, out: Any = None) -> Any:
        require(out is None, "sparse.toarray", "with out=")
        made = make_zeros(self.shape, self.balls)
        for i, j, x in self.list_entries():
            made[i, j] = x
        return made

    def todense(self, order: Any = None, out: Any = None) -> Any:
        require(_is_array(self._pattern), "sparse.todense", "which it would return as a np.matrix; toarray() does")
        return self.toarray(order, out)

    def _move(self, name: str) -> Callable[..., Any]:
        """Return a method that moves entries, done to the pattern."""

        def move(*given: Any, **settings: Any) -> Any:
            with leave_run():
                moved = getattr(self._pattern.asformat(self._format), name)(*given, **settings)
            return Sparse(moved, self.balls)

        return move

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name in _MOVES:
            return self._move(name)
        if name in _PLACES:
            self._require_data(name)
            return getattr(self._pattern, name)
        if hasattr(self._pattern, name):
            raise TypeError(f"scipy.sparse: {name} of a sparse matrix takes no balls; its toarray() does")
        raise AttributeError(name)

    def __getitem__(self, index: Any) -> Any:
        with leave_run():
            found = self._pattern.tocsr()[index]
        if hasattr(found, "tocsr"):
            return Sparse(found, self.balls)
        place = int(found)
        return self.balls[place - 1] if place else make_zeros((1,), self.balls)[0]

    def __iter__(self) -> Any:
        return (self[n] for n in range(self.shape[0]))

    def __len__(self) -> int:
        raise TypeError("sparse array length is ambiguous; use getnnz()")

    def __setitem__(self, index: Any, value: Any) -> None:
        i, j = index
        require(isinstance(i, int | np.integer) and isinstance(j, int | np.integer), "sparse", "but at one place")
        entries = {(row, column): x for row, column, x in self.list_entries()}
        entries[i % self.shape[0], j % self.shape[1]] = as_balls(value)[()]
        made = arrange([(*place, x) for place, x in entries.items()], self)
        self._pattern, self.balls = made._pattern, made.balls

    def copy(self) -> Any:
        return Sparse(self._pattern, self.balls)

    def _map(self, balls: Any) -> Any:
        return Sparse(self._pattern, as_balls(balls))

    def __neg__(self) -> Any:
        return self._map(-self.balls)

    def __abs__(self) -> Any:
        return self._map(abs(self.balls))

    def power(self, n: Any, dtype: Any = None) -> Any:
        return self._map(self.balls**n)

    def astype(self, dtype: Any, casting: str = "unsafe", copy: bool = True) -> Any:
        return self._map(self.balls.astype(dtype))

    def __pow__(self, n: Any) -> Any:
        if _is_array(self._pattern):
            return self.power(n)
        require(type(n) is int and n > 0, "sparse", "in a power other than a positive integer")
        return self if n == 1 else self @ self ** (n - 1)

    def __truediv__(self, other: Any) -> Any:
        require(np.ndim(other) == 0, "sparse", "in a quotient by an array; its toarray() does")
        return self._map(self.balls / other)

    def __mul__(self, other: Any) -> Any:
        if is_number(other):
            return self._map(self.balls * other)
        return self.multiply(other) if _is_array(self._pattern) else self @ other

    def __rmul__(self, other: Any) -> Any:
        if is_number(other) or _is_array(self._pattern):
            return self * other
        return other @ self

    def multiply(self, other: Any) -> Any:
        """Return the products of the entries."""
        if is_number(other):
            return self * other
        dense = other.toarray() if is_sparse(other) else np.broadcast_to(as_balls(other), self.shape)
        entries = self.list_entries()
        return arrange([(i, j, x * dense[i, j]) for i, j, x in entries], self)

    def _add(self, other: Any, sign: float) -> Any:
        if is_sparse(other):
            entries = [*self.list_entries(), *((i, j, x * sign) for i, j, x in adapt_sparse(other).list_entries())]
            return arrange(entries, self)
        require(not is_number(other), "sparse", "in a sum with a number")
        return self.toarray() + as_balls(other) * sign

    def __add__(self, other: Any) -> Any:
        return self._add(other, 1.0)

    def __radd__(self, other: Any) -> Any:
        return self if is_number(other) and other == 0 else self._add(other, 1.0)

    def __sub__(self, other: Any) -> Any:
        return self._add(other, -1.0)

    def __rsub__(self, other: Any) -> Any:
        return (-self)._add(other, 1.0)

    def __matmul__(self, other: Any) -> Any:
        if is_sparse(other):
            return self._multiply_sparse(adapt_sparse(other))
        x = as_balls(other)
        on_floats = call_method_on_floats(self, "__matmul__", x)
        result = [make_zeros(x.shape[1:], x)] * self.shape[0]
        for i, j, entry in self.list_entries():
            result[i] = result[i] + entry * x[j]
        return give_floats(np.stack([as_balls(row) for row in result]), np.asarray(on_floats))

    def _multiply_sparse(self, other: "Sparse") -> Any:
        rows = other.list_rows()
        entries = [(i, k, x * y) for i, j, x in self.list_entries() for k, y in rows[j].items()]
        return arrange(entries, self, (self.shape[0], other.shape[1]))

    def __rmatmul__(self, other: Any) -> Any:
        if is_sparse(other):
            return adapt_sparse(other) @ self
        return (self.T @ as_balls(other).T).T

    def dot(self, other: Any) -> Any:
        return self * other if is_number(other) else self @ other

    def sum(self, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
        on_floats = call_method_on_floats(self, "sum", axis)
        size = 1 if axis is None else self.shape[1 - axis % 2]
        result = list(make_zeros((size,), self.balls))
        for i, j, x in self.list_entries():
            n = 0 if axis is None else (j, i)[axis % 2]
            result[n] = result[n] + x
        if axis is None:
            return give_floats(result[0], on_floats)
        made = give_floats(as_balls(result).reshape(np.shape(on_floats)), np.asarray(on_floats))
        return made if _is_array(self._pattern) else Matrix(made)

    def mean(self, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
        return self.sum(axis, dtype, out) / (np.prod(self.shape) if axis is None else self.shape[axis])

    def diagonal(self, k: int = 0) -> Any:
        dense = self.toarray()
        return np.diagonal(dense, k).copy()

    def trace(self, offset: int = 0) -> Any:
        return self.diagonal(offset).sum()


_MOVES = (
    "transpose", "tocsr", "tocsc", "tocoo", "tolil", "todia", "tobsr", "todok", "asformat", "reshape", "getrow",
    "getcol",
)  # fmt: skip
_PLACES = ("indices", "indptr", "row", "col", "coords", "nonzero", "getnnz", "count_nonzero", "has_sorted_indices")


def is_sparse(given: Any) -> bool:
    return isinstance(given, Sparse) or type(given).__module__.startswith("scipy.sparse")


def _is_array(pattern: Any) -> bool:
    return isinstance(pattern, sys.modules["scipy.sparse"].sparray)


def adapt_sparse(of_floats: Any, lift: Any = as_balls) -> Any:
    """Return what stands for a sparse matrix of floats; entries of one place are summed."""
    if isinstance(of_floats, Sparse) or not hasattr(of_floats, "tocoo") or of_floats.ndim != 2:
        return of_floats
    return _Lazy(of_floats, lift) if lift is not as_balls else _read(of_floats, lift)


def _read(of_floats: Any, lift: Any) -> "Sparse":
    with leave_run():
        found = of_floats.tocoo()
        numbers = found.data.astype(np.promote_types(found.data.dtype, np.float16))
    numbers = as_balls(lift(numbers))
    return arrange(zip(found.row.tolist(), found.col.tolist(), numbers, strict=True), of_floats)


class _Lazy(Sparse):
    """One that was made before the run; its numbers are lifted when it is used."""

    def __init__(self, of_floats: Any, lift: Any) -> None:
        self._of_floats = of_floats
        self._lift = lift

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        return type(self._of_floats)

    def __getattr__(self, name: str) -> Any:
        if name in ("_pattern", "_format", "balls"):
            read = _read(self._of_floats, self._lift)
            vars(self).update(_pattern=read._pattern, _format=read._format, balls=read.balls)
            return vars(self)[name]
        return super().__getattr__(name)


def arrange(entries: Any, like: Any, shape: Any = None) -> Sparse:
    """Return entries as a matrix of the same format; those of one place are summed."""
    summed: dict[tuple[int, int], Any] = {}
    for i, j, x in entries:
        summed[i, j] = summed[i, j] + x if (i, j) in summed else x
    shape = like.shape if shape is None else shape
    rows, columns = ([place[n] for place in summed] for n in (0, 1))
    with leave_run():
        sparse: Any = sys.modules["scipy.sparse"]
        is_array = _is_array(like._pattern if isinstance(like, Sparse) else like)
        make = sparse.coo_array if is_array else sparse.coo_matrix
        pattern = make((np.arange(1, len(summed) + 1), (rows, columns)), shape=shape).asformat(like.format)
    return Sparse(pattern, as_balls(list(summed.values())) if summed else make_zeros((0,)))
