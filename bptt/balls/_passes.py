"""Functions of elements of whole arrays of balls of one kind, in one pass over them.

NumPy's loop over objects asks each element for its operator, and that asks what it meets. Where all elements are of one
kind, and of one float type, that need be asked only once; and the floats that stand in them are computed as an array,
as they are in the float run. What a pass returns is what the operators return.
"""

import operator
from collections.abc import Callable, Iterable, Sequence
from itertools import repeat
from typing import Any

import numpy as np
from flint import arb

from bptt.balls._array import BallArray
from bptt.balls._ball import Ball, Fixed
from bptt.balls._float_types import Kind, note_type
from bptt.balls._functions import BINARY, UNARY, Binary, Unary
from bptt.balls._operand import NUMBERS, ONLY, Operand, are_finite, read, write
from bptt.balls._outer_sums import add_later
from bptt.balls._reverse import Traced
from bptt.balls._rounded import Rounded, convert_operand_to, make_single

_UNARY: dict[np.ufunc, Unary] = {f.on_floats: f for f in UNARY.values() if isinstance(f.on_floats, np.ufunc)}
_BINARY: dict[np.ufunc, Binary] = {
    np.add: BINARY["add"],
    np.subtract: BINARY["sub"],
    np.multiply: BINARY["mul"],
    np.divide: BINARY["truediv"],
    np.power: BINARY["pow"],
}
PASSES = frozenset({*_UNARY, *_BINARY})
"""The functions of NumPy's that there is a pass for."""
_ADD, _SUBTRACT, _MULTIPLY, _POWER = (BINARY[name] for name in ("add", "sub", "mul", "pow"))
_TWO = arb(2)
_CONSTANT = NUMBERS | {Fixed}
_GET_VALUE, _GET_EXACT = map(operator.attrgetter, ("value", "exact"))


def apply_in_one_pass(ufunc: np.ufunc, inputs: Sequence[Any]) -> BallArray | None:
    """Return what one of `PASSES` makes of arrays of balls and of numbers; `None` where there is no pass for these."""
    operands: Any = [read(x) for x in inputs]
    if None in operands or not any(x.is_array for x in operands):
        return None
    return apply_to_operands(ufunc, *operands)


def apply_to_operands(ufunc: np.ufunc, a: Operand, b: Operand | None = None) -> BallArray | None:
    """Return what one of `PASSES` makes of one or two operands, an array among them; `None` where it has no pass."""
    try:
        floats = ufunc(a.floats) if b is None else ufunc(a.floats, b.floats)
    except (FloatingPointError, ValueError):  # which a caller has NumPy raise; or shapes that do not go together
        return None
    return _apply_unary(_UNARY[ufunc], a, floats) if b is None else _apply_binary(_BINARY[ufunc], a, b, floats)


def _apply_unary(f: Unary, x: Operand, floats: Any) -> BallArray | None:
    balls = x.elements
    values = map(f.apply, map(_GET_VALUE, balls))
    for kind in (Ball, Fixed):
        if x.types == ONLY[kind]:
            return write(list(map(kind, values, floats.flat)), floats, ONLY[kind])
    made = [ball.complete_unary(f, v, number) for ball, v, number in zip(balls, values, floats.flat, strict=True)]
    return write(made, floats, x.types) if len(x.types) == 1 else None


def _apply_binary(f: Binary, a: Operand, b: Operand, floats: Any) -> BallArray | None:
    own = (a.types | b.types) - _CONSTANT
    if own == ONLY[Rounded]:
        return _apply_to_rounded(f, a, b, floats)
    if own == ONLY[Traced]:
        return _apply_to_traced(f, a, b, floats)
    kind = Ball if own else Fixed
    if own not in (frozenset(), a.types, b.types):  # some are constant, others not
        return None
    values = map(f.apply, a.list_values(floats), b.list_values(floats))
    return write(list(map(kind, values, floats.flat)), floats, ONLY[kind])


def _apply_to_traced(f: Binary, a: Operand, b: Operand, floats: Any) -> BallArray | None:
    left, right, numbers = a.spread_over(floats), b.spread_over(floats), floats.flat
    made: list[Traced]
    if b.types <= _CONSTANT and a.types == ONLY[Traced]:
        given = zip(left, b.list_values(floats), numbers, strict=False)
        made = [x.complete_with_constant(f, f.apply(x.value, c), n, c) for x, c, n in given]
    elif a.types <= _CONSTANT and b.types == ONLY[Traced]:
        given = zip(right, a.list_values(floats), numbers, strict=False)
        made = [x.complete_with_constant(f, f.apply(c, x.value), n, c, reflected=True) for x, c, n in given]
    elif not a.types == b.types == ONLY[Traced] or (f is _SUBTRACT and any(map(operator.is_, left, right))):
        return None  # x − x depends on nothing
    else:
        pairs = zip(left, right, numbers, strict=False)
        made = [x.complete_binary(f, f.apply(x.value, y.value), n, y) for x, y, n in pairs]
    return write(made, floats, ONLY[Traced])


def _apply_to_rounded(f: Binary, a: Operand, b: Operand, floats: Any) -> BallArray | None:
    """Return sums, products or quotients of one float type."""
    kind = a.rounded_as or b.rounded_as
    if kind is None or (f is _POWER and not (type(b.number) is int and b.number == 2)):
        return None
    left, right = _round_number(a, kind), _round_number(b, kind)
    if left.rounded_as is not kind or right.rounded_as is not kind:
        return None
    note_type(kind)
    if f is _ADD and (later := add_later(left, right, floats)) is not None:
        return later
    pairs = left.spread_over(floats), right.spread_over(floats)
    if f is _ADD or f is _SUBTRACT:
        made = _add_rounded(*pairs, floats, negated=f is _SUBTRACT)
    else:
        made = _multiply_rounded(f, *pairs, floats, kind)
    return write(made, floats, ONLY[Rounded], kind) if made else None


def _round_number(x: Operand, kind: Kind) -> Operand:
    """Return a number that stands in the code as one of that float type; an array as it is."""
    if x.is_array or x.rounded_as is not None:
        return x
    number = convert_operand_to(x.number, kind)
    return Operand([], ONLY[Rounded], number.as_float, number=number, rounded_as=number.kind)


def _add_rounded(left: Iterable[Any], right: Iterable[Any], floats: Any, *, negated: bool) -> list[Rounded] | None:
    if not negated:
        return [x.add_term(y, n) for x, y, n in zip(left, right, floats.flat, strict=False)]
    if any(map(operator.is_, left, right)):  # x − x is 0
        return None
    return [x.add_term(-y, n) for x, y, n in zip(left, right, floats.flat, strict=False)]


def _multiply_rounded(f: Binary, left: Iterable[Any], right: Iterable[Any], floats: Any, kind: Kind) -> list[Rounded]:
    """Return products or quotients; a square is a product, as NumPy has it."""
    try:
        others = repeat(_TWO) if f is _POWER else map(_GET_EXACT, right)
        exact: Iterable[arb | None] = list(map(f.apply, map(_GET_EXACT, left), others))
    except TypeError:  # where it is not known
        exact = repeat(None)
    if f is _POWER:
        f, right = _MULTIPLY, left
    make: Callable[..., Rounded] = Rounded if are_finite(floats) else make_single
    rounding, underflow = kind.rounding, kind.underflow
    values = map(f.apply, map(_GET_VALUE, left), map(_GET_VALUE, right))
    return [make(v * rounding + underflow, n, kind, e) for v, n, e in zip(values, floats.flat, exact, strict=False)]
