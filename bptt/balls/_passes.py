"""Functions of elements of whole arrays of balls of one kind, in one pass over them.

NumPy's loop over objects asks each element for its operator, and that asks what it meets. Where all elements are of one
kind, and of one float type, that need be asked only once; and the floats that stand in them are computed as an array,
as they are in the float run. What a pass returns is what the operators return.
"""

import operator
from collections.abc import Callable, Iterable, Sequence
from itertools import repeat
from typing import Any, NamedTuple

import numpy as np
from flint import arb
from numpy import fromiter

from bptt.balls._array import BallArray, find_types, make_ball_array, strip_class
from bptt.balls._ball import Ball, Fixed, enclose
from bptt.balls._functions import BINARY, UNARY, Binary, Unary
from bptt.balls._reverse import Traced
from bptt.balls._rounded import Kind, Rounded, convert_operand_to, make_single, note_type

_UNARY: dict[np.ufunc, Unary] = {f.on_floats: f for f in UNARY.values() if isinstance(f.on_floats, np.ufunc)}
_BINARY: dict[np.ufunc, Binary] = {
    np.add: BINARY["add"],
    np.subtract: BINARY["sub"],
    np.multiply: BINARY["mul"],
    np.divide: BINARY["truediv"],
    np.power: BINARY["pow"],
}
_KINDS = frozenset({Ball, Fixed, Traced, Rounded})
_NUMBERS = frozenset({int, float, np.float64, np.float32, np.float16})
_CONSTANT = _NUMBERS | {Fixed}
PASSES = frozenset({*_UNARY, *_BINARY})
"""The functions of NumPy's that there is a pass for."""
_GET_VALUE, _GET_FLOAT, _GET_KIND = map(operator.attrgetter, ("value", "as_float", "kind"))


class _Operand(NamedTuple):
    """An array of balls, or a single number that stands beside each element of one."""

    number: Any
    elements: list[Any] | None  # of an array, in NumPy's order
    types: set[type]
    floats: Any  # of its shape

    def spread_over(self, floats: Any) -> Iterable[Any]:
        """Return the elements, repeated as NumPy does for a result of that shape."""
        if self.elements is None:
            return repeat(self.number)
        if self.floats.shape == floats.shape:
            return self.elements
        array = fromiter(self.elements, object, len(self.elements)).reshape(self.floats.shape)
        return list(np.broadcast(array, floats).iters[0])

    def hold(self, ball: Any) -> "_Operand":
        """Return the ball that stands for the number."""
        return self._replace(number=ball, types={type(ball)})

    def list_values(self, floats: Any) -> Iterable[arb]:
        return repeat(enclose(self.number)) if self.elements is None else map(_GET_VALUE, self.spread_over(floats))


def apply_in_one_pass(ufunc: np.ufunc, operands: Sequence[Any]) -> BallArray | None:
    """Return what one of `PASSES` makes of arrays of balls and of numbers; `None` where there is no pass for these."""
    read = [_read_array(x) if isinstance(x, np.ndarray) else _read_number(x) for x in operands]
    given = [x for x in read if x is not None]
    if len(given) < len(read) or all(x.elements is None for x in given):
        return None
    try:
        floats = ufunc(*(x.floats for x in given))
    except (FloatingPointError, ValueError):  # which a caller has NumPy raise; or shapes that do not go together
        return None
    if len(given) == 1:
        made = _apply_unary(_UNARY[ufunc], given[0], floats)
    else:
        made = _apply_binary(_BINARY[ufunc], given[0], given[1], floats)
    if made is None:
        return None
    result = make_ball_array(made, floats.shape)
    result._float_type = floats.dtype
    return result


def _read_array(array: Any) -> _Operand | None:
    """Return what stands in an array, as it was read before if the same balls still do."""
    plain = strip_class(array)
    where = plain.tobytes()  # its balls are in memory
    known: tuple[bytes, _Operand] | None = getattr(array, "_read", None)
    if known is not None and known[0] == where:
        return known[1]
    elements = plain.reshape(-1).tolist()
    types = find_types(elements)
    if not elements or not plain.ndim or not types <= _KINDS:
        return None
    floats = list(map(_GET_FLOAT, elements))
    scalar, *others = find_types(floats)
    if others or not issubclass(scalar, np.floating):
        return None
    made = _Operand(None, elements, types, fromiter(floats, scalar, len(floats)).reshape(plain.shape))
    if isinstance(array, BallArray):
        array._read = where, made  # which keeps the balls, so that no other is where one of them was; but no view of it
    return made


def _read_number(number: Any) -> _Operand | None:
    kind = type(number)
    if kind in _KINDS:
        return _Operand(number, None, {kind}, number.as_float)
    return _Operand(number, None, {kind}, number) if kind in _NUMBERS else None


def _apply_unary(f: Unary, x: _Operand, floats: Any) -> list[Any] | None:
    balls = x.spread_over(floats)
    values = map(f.apply, map(_GET_VALUE, balls))
    if x.types in ({Ball}, {Fixed}):
        (kind,) = x.types
        return list(map(kind, values, floats.flat))
    return [ball.complete_unary(f, v, number) for ball, v, number in zip(balls, values, floats.flat, strict=True)]


def _apply_binary(f: Binary, a: _Operand, b: _Operand, floats: Any) -> list[Any] | None:
    own = (a.types | b.types) - _CONSTANT
    if own == {Rounded}:
        return _apply_to_rounded(f, a, b, floats)
    if own == {Traced}:
        return _apply_to_traced(f, a, b, floats)
    values = map(f.apply, a.list_values(floats), b.list_values(floats))
    if not own:
        return list(map(Fixed, values, floats.flat))
    return list(map(Ball, values, floats.flat)) if own in (a.types, b.types) else None  # else some are constant


def _apply_to_traced(f: Binary, a: _Operand, b: _Operand, floats: Any) -> list[Any] | None:
    left, right, numbers = a.spread_over(floats), b.spread_over(floats), floats.flat
    if b.types <= _CONSTANT and a.types == {Traced}:
        given = zip(left, b.list_values(floats), numbers, strict=False)
        return [x.complete_with_constant(f, f.apply(x.value, c), n, c) for x, c, n in given]
    if a.types <= _CONSTANT and b.types == {Traced}:
        given = zip(right, a.list_values(floats), numbers, strict=False)
        return [x.complete_with_constant(f, f.apply(c, x.value), n, c, reflected=True) for x, c, n in given]
    if not a.types == b.types == {Traced} or (f is BINARY["sub"] and any(map(operator.is_, left, right))):
        return None  # x − x depends on nothing
    return [
        x.complete_binary(f, f.apply(x.value, y.value), n, y) for x, y, n in zip(left, right, numbers, strict=False)
    ]


def _apply_to_rounded(f: Binary, a: _Operand, b: _Operand, floats: Any) -> list[Rounded] | None:
    """Return sums, products or quotients of one float type."""
    if f is BINARY["pow"] and type(b.number) is int and b.number == 2:  # a product, as NumPy has it
        f, b = BINARY["mul"], a
    kind = next(x.elements[0].kind for x in (a, b) if x.types == {Rounded} and x.elements)
    given = [x if x.elements else x.hold(convert_operand_to(x.number, kind)) for x in (a, b)]
    if f is BINARY["pow"] or not all(_is_rounded_as(kind, x) for x in given):
        return None
    left, right = (x.spread_over(floats) for x in given)
    note_type(kind)
    if f is BINARY["add"]:
        return [x.add_term(y, n) for x, y, n in zip(left, right, floats.flat, strict=False)]
    if f is BINARY["sub"]:
        if any(map(operator.is_, left, right)):  # x − x is 0
            return None
        return [x.add_term(-y, n) for x, y, n in zip(left, right, floats.flat, strict=False)]
    make: Callable[..., Rounded] = Rounded if np.isfinite(floats).all() else make_single
    rounding, underflow = kind.rounding, kind.underflow
    values = map(f.apply, map(_GET_VALUE, left), map(_GET_VALUE, right))
    return [make(v * rounding + underflow, n, kind) for v, n in zip(values, floats.flat, strict=False)]


def _is_rounded_as(kind: Kind, x: _Operand) -> bool:
    """Whether all that an operand holds are floats of that type."""
    balls = x.elements or [x.number]
    return x.types == {Rounded} and all(map(operator.is_, map(_GET_KIND, balls), repeat(kind)))
