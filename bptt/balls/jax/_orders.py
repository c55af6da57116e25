"""Arrays of balls put in order: sorts by one key or several, the largest few, the total order of floats.

Which of two comes first is decided as any comparison is, so that equal numbers are a tie.
"""

import operator
from bisect import insort_right
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from bptt.balls._array import is_of_balls
from bptt.balls._ball import get_float
from bptt.balls.jax._positions import Positions, Rule, UnknownPrimitiveError


def _is_nan(number: Any) -> bool:
    number = get_float(number)
    return bool(number != number)


def _compare_totally(relation: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    """Extend a relation to NaN, which is equal to itself and greater than all others."""

    def compare(a: Any, b: Any) -> bool:
        if _is_nan(a) or _is_nan(b):
            return relation(_is_nan(a), _is_nan(b))
        return bool(relation(a, b))

    return compare


_precedes = _compare_totally(operator.lt)


class _Rank:
    """A place in a line, with the numbers there, by the first of which that differ places are ordered."""

    __slots__ = ("keys", "place")

    def __init__(self, place: int, keys: Sequence[Any]) -> None:
        self.place = place
        self.keys = keys

    def __lt__(self, other: "_Rank") -> bool:
        *first, (last, beside) = zip(self.keys, other.keys, strict=True)
        for a, b in first:
            if _precedes(a, b):
                return True
            if _precedes(b, a):
                return False
        return _precedes(last, beside)


class _DescendingRank(_Rank):
    """A place in a line that the largest number leads."""

    __slots__ = ()

    def __lt__(self, other: _Rank) -> bool:
        return _Rank.__lt__(other, self)


def _order_lines(arrays: Sequence[Any], axis: int, order: Callable[[list[_Rank]], list[_Rank]], rank: Any) -> Positions:
    """Return the places that `order` puts first along an axis, the first of these first."""
    lines = [np.moveaxis(np.asarray(array), axis, -1) for array in arrays]
    shape = lines[0].shape
    rows = [line.reshape(-1, shape[-1]) for line in lines]
    places = [
        [ranked.place for ranked in order([rank(n, [row[i, n] for row in rows]) for n in range(shape[-1])])]
        for i in range(len(rows[0]))
    ]
    return np.moveaxis(np.array(places, dtype=np.int64).reshape(*shape[:-1], -1), -1, axis)


def _take_first(count: int) -> Callable[[list[_Rank]], list[_Rank]]:
    """Return what picks the first few of a line; what stays behind the last of them is compared with it alone."""

    def take(line: list[_Rank]) -> list[_Rank]:
        taken: list[_Rank] = []
        for candidate in line if count else []:
            if len(taken) < count or candidate < taken[-1]:
                insort_right(taken, candidate)
                del taken[count:]
        return taken

    return take


def _sort(equation: Any, *operands: Any) -> list[Any]:
    axis, keys = equation.params["dimension"], operands[: equation.params["num_keys"]]
    if len(keys) == 1 and not is_of_balls(keys[0]):
        order = np.argsort(keys[0], axis=axis, kind="stable")
    else:
        order = _order_lines(keys, axis, sorted, _Rank)
    return [np.take_along_axis(np.asarray(operand), order, axis) for operand in operands]


def _take_largest(equation: Any, x: Any) -> list[Any]:
    axis = equation.params.get("axis", -1)
    order = _order_lines([x], axis, _take_first(equation.params["k"]), _DescendingRank)
    return [np.take_along_axis(np.asarray(x), order, axis), order.astype(equation.outvars[1].aval.dtype)]


def _take_approximately_largest(equation: Any, x: Any) -> list[Any]:
    """Take the largest or the smallest, as XLA does it on a CPU: exactly."""
    params = equation.params
    if not params["aggregate_to_topk"]:
        raise UnknownPrimitiveError("JAX's primitive 'approx_top_k' without aggregation has no rule for balls")
    axis, rank = params["reduction_dimension"], _DescendingRank if params["is_max_k"] else _Rank
    order = _order_lines([x], axis, _take_first(params["k"]), rank)
    return [np.take_along_axis(np.asarray(x), order, axis), order.astype(equation.outvars[1].aval.dtype)]


def _define_total_relation(relation: Callable[[Any, Any], bool]) -> Rule:
    apply = np.frompyfunc(_compare_totally(relation), 2, 1)
    return lambda equation, *operands: np.asarray(apply(*operands), dtype=bool)


ORDER_RULES: dict[str, Rule] = {
    "sort": _sort,
    "top_k": _take_largest,
    "approx_top_k": _take_approximately_largest,
    "lt_to": _define_total_relation(operator.lt),
    "le_to": _define_total_relation(operator.le),
}
