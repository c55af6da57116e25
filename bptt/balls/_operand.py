"""What stands in an array of balls, listed: the elements in NumPy's order, their kinds, and their floats as an array.

An array remembers what was read or written in it, so that the next operation need not ask its elements again.
"""

import math
import operator
from collections.abc import Iterable
from itertools import repeat
from typing import Any

import numpy as np
from flint import arb
from numpy import fromiter

from bptt.balls._array import BallArray, NumPysBallArray, convert_operand, find_types, is_of_balls, strip_class
from bptt.balls._ball import Ball, Fixed, enclose
from bptt.balls._float_types import Kind
from bptt.balls._reverse import Traced
from bptt.balls._rounded import Rounded

ONLY = {kind: frozenset({kind}) for kind in (Ball, Fixed, Traced, Rounded)}
"""For each kind of balls that an operand may hold, the set of it alone."""
NUMBERS = frozenset({int, float, np.float64, np.float32, np.float16})
"""The types of plain numbers that may stand beside them."""
_KINDS = frozenset(ONLY)
_GET_VALUE, _GET_FLOAT, _GET_KIND = map(operator.attrgetter, ("value", "as_float", "kind"))


class Operand:
    """What stands in an array of balls, or a single number that stands beside each element of one."""

    __slots__ = ("_elements", "floats", "matrix", "number", "rounded_as", "types", "where")

    def __init__(
        self,
        elements: list[Any] | None,
        types: frozenset[type],
        floats: Any,
        *,
        number: Any = None,
        where: bytes = b"",
        rounded_as: Kind | None = None,
    ) -> None:
        self._elements = elements  # `None` where they are computed later
        self.types = types
        self.floats = floats  # of its shape
        self.number = number
        self.where = where  # in memory the elements are
        self.rounded_as = rounded_as  # the float type that all of them bound floats of, if it is one
        self.matrix: Any = None  # of them, that a product was taken of last: see `_products`

    @property
    def elements(self) -> list[Any]:
        """Those of an array; a number has none."""
        return self._elements or []

    @property
    def is_array(self) -> bool:
        """Whether it is no number."""
        return self.number is None

    def reshape(self, *shape: int) -> "Operand":
        """Return the same elements in another shape."""
        return Operand(self.elements, self.types, self.floats.reshape(shape), rounded_as=self.rounded_as)

    def spread_over(self, floats: Any) -> Iterable[Any]:
        """Return the elements, repeated as NumPy does for a result of that shape."""
        if not self.is_array:
            return repeat(self.number)
        if self.floats.shape == floats.shape:
            return self.elements
        array = fromiter(self.elements, object, len(self.elements)).reshape(self.floats.shape)
        return list(np.broadcast(array, floats).iters[0])

    def list_values(self, floats: Any) -> Iterable[arb]:
        """Return what encloses the elements, likewise."""
        return map(_GET_VALUE, self.spread_over(floats)) if self.is_array else repeat(enclose(self.number))


def read(given: Any) -> Operand | None:
    """Return a number, or what stands in an array; `None` where that is not balls of floats of one type."""
    own = type(given)
    if own is BallArray:
        known: Operand | None = given._read
        if known is not None and known.where == np.ndarray.tobytes(given):
            return known
        return _read_array(given)
    if own in NUMBERS:
        return Operand([], frozenset({own}), given, number=given)
    if own is not NumPysBallArray:
        given = convert_operand(given)
    if (own := type(given)) in _KINDS:
        return Operand([], ONLY[own], given.as_float, number=given, rounded_as=getattr(given, "kind", None))
    return _read_array(given) if is_of_balls(given) else None


def _read_array(array: Any) -> Operand | None:
    balls = elements = strip_class(array).reshape(-1).tolist()
    types = frozenset(find_types(elements))
    if not types <= _KINDS and all(issubclass(one, Rounded) for one in types):
        elements = [x.settle() for x in elements]
        types = frozenset(find_types(elements))
    if not elements or not array.ndim or not types <= _KINDS:
        return None
    floats = list(map(_GET_FLOAT, elements))
    scalar, *others = find_types(floats)
    if others or not issubclass(scalar, np.floating):
        return None
    made = fromiter(floats, scalar, len(floats)).reshape(array.shape)
    where = np.ndarray.tobytes(array)
    operand = Operand(elements, types, made, where=where, rounded_as=_find_kind(elements, types))
    if isinstance(array, BallArray):
        array._read, array._kept = operand, balls  # and keeps no view of it
    return operand


def make_operand(
    elements: list[Any], floats: Any, types: frozenset[type] | None = None, rounded_as: Kind | None = None
) -> Operand:
    """Return what an array is to hold: balls in NumPy's order, and the floats that stand in them."""
    types = types or frozenset(find_types(elements))
    return Operand(elements, types, floats, rounded_as=rounded_as or _find_kind(elements, types))


def write(
    elements: list[Any], floats: Any, types: frozenset[type] | None = None, rounded_as: Kind | None = None
) -> BallArray:
    """Return an array of balls, given in NumPy's order, in which these floats stand."""
    return put_in_array(make_operand(elements, floats, types, rounded_as), elements)


def put_in_array(operand: Operand, balls: list[Any]) -> BallArray:
    """Return an array of balls that knows what stands in it."""
    floats, made = operand.floats, fromiter(balls, object, len(balls))
    array = made.view(BallArray) if floats.ndim == 1 else made.reshape(floats.shape).view(BallArray)
    array._float_type = floats.dtype
    array._read, array._kept = operand, balls
    operand.where = made.tobytes()
    return array


def _find_kind(elements: list[Any], types: frozenset[type]) -> Kind | None:
    """Return the float type that all of them bound floats of, if it is one."""
    if types != ONLY[Rounded]:
        return None
    kind: Kind = elements[0].kind
    return kind if all(map(operator.is_, map(_GET_KIND, elements), repeat(kind))) else None


def are_finite(floats: Any) -> bool:
    """Whether all floats of an array are finite, as they are where the sum of their squares is."""
    return math.isfinite(np.vdot(floats, floats)) or bool(np.isfinite(floats).all())
