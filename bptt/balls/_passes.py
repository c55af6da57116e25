"""Sums and products of whole arrays of balls of one kind, element by element, in one pass over them.

NumPy's loop over objects asks each element for its operator, and that asks what it meets. Where all elements are of one
kind, and of one float type, that need be asked only once. What a pass returns is what the operators return.
"""

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy import fromiter

from bptt.balls._array import find_types, make_ball_array
from bptt.balls._ball import Ball, Fixed
from bptt.balls._rounded import Kind, Rounded, make_single, note_type

_FEWEST = 8  # elements, below which there is little to win
_OPERATORS: dict[np.ufunc, Callable[[Any, Any], Any]] = {
    np.add: operator.add,
    np.subtract: operator.sub,
    np.multiply: operator.mul,
}


_GET_KIND = operator.attrgetter("kind")


def apply_in_one_pass(ufunc: np.ufunc, operands: list[Any]) -> npt.NDArray[Any] | None:
    """Return what a function of NumPy's makes of two arrays of objects; `None` where there is no pass for these."""
    if ufunc not in _OPERATORS or not all(isinstance(x, np.ndarray) and x.dtype == object for x in operands):
        return None
    if max(x.size for x in operands) < _FEWEST:
        return None
    types = [find_types(x.reshape(-1).tolist()) for x in operands]
    made: Sequence[Ball]
    if {Ball} in types and types[0] | types[1] <= {Ball, Fixed}:
        made = list(map(Ball, *(map(_OPERATORS[ufunc], *_spread(operands, what)) for what in ("value", "as_float"))))
    elif types == [{Rounded}, {Rounded}] and ufunc in _PASSES_OF_ROUNDED:
        kind = operands[0].flat[0].kind
        if any(set(map(id, map(_GET_KIND, x.flat))) != {id(kind)} for x in operands):
            return None
        note_type(kind)
        made = _PASSES_OF_ROUNDED[ufunc](operands, kind)
    else:
        return None
    return make_ball_array(made, np.broadcast(*operands).shape).view(np.ndarray)


def _spread(operands: list[Any], what: str) -> Any:
    """Return two iterators over what stands in the elements of two arrays, each repeated as NumPy broadcasts it."""
    get = operator.attrgetter(what)
    return np.broadcast(*(fromiter(map(get, x.flat), object, x.size).reshape(x.shape) for x in operands)).iters


def _add(operands: list[Any], kind: Kind) -> list[Rounded]:  # noqa: ARG001  (the form of every pass)
    floats = map(operator.add, *_spread(operands, "as_float"))
    return [x.add_term(y, number) for (x, y), number in zip(np.broadcast(*operands), floats, strict=True)]


def _multiply(operands: list[Any], kind: Kind) -> list[Rounded]:
    values = map(operator.mul, *_spread(operands, "value"))
    floats = map(operator.mul, *_spread(operands, "as_float"))
    rounding, underflow = kind.rounding, kind.underflow
    return [make_single(v * rounding + underflow, x, kind) for v, x in zip(values, floats, strict=True)]


_PASSES_OF_ROUNDED: dict[np.ufunc, Callable[[list[Any], Kind], list[Rounded]]] = {
    np.add: _add,
    np.multiply: _multiply,
}
