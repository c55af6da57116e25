"""The values of what nothing defines: random numbers that have the properties which are said of them."""

import random
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from flint import arb, arb_mat

from bptt.proofread._expressions import OF_MATRICES, Property, Quantity

# small: from −1 to 1, and positive: from 0 to 1. wide: beyond 1, up to 4.5, with either sign. opposite: wide, with the
# other sign, so that each number is tried on both sides of 0. near: from −1/16 to 1/16, so that sums stay below 1.
Values = Literal["small", "positive", "wide", "opposite", "wide positive", "near", "near positive"]

_POSITIVE: dict[Values, Values] = {
    "small": "positive",
    "wide": "wide positive",
    "opposite": "wide positive",
    "near": "near positive",
}
_BITS = 53  # of a random number, as many as a float has
_LEAST_WIDE, _MOST_WIDE = 25, 36  # eighths: beyond π/2 sin and tan turn back, and beyond 4.5 tanh is nearly 1
_OF_VECTORS: frozenset[Property] = frozenset(("one-hot", "normalised", "unit"))

_Matrix = npt.NDArray[Any]


def check_properties(properties: Mapping[Quantity, frozenset[Property]]) -> None:
    """Raise `ValueError` for a property that a quantity of such axes cannot have, or that excludes another."""
    for quantity, found in properties.items():
        if found & OF_MATRICES and not quantity.is_square:
            raise ValueError(f"{_name(found & OF_MATRICES)} is said of square matrices, and {quantity.name} is none")
        if found & _OF_VECTORS and not quantity.axes:
            raise ValueError(f"{_name(found & _OF_VECTORS)} is said of vectors, and {quantity.name} is a number")
        exclusive = found & (_OF_VECTORS | {"orthogonal", "binary", "sign"})
        others = found - exclusive - ({"positive"} if "normalised" in found else set())
        if exclusive <= {"binary", "sign"}:
            others -= {"symmetric", "hollow"}
        if len(exclusive) > 1 or (exclusive and others) or {"diagonal", "hollow"} <= found:
            raise ValueError(f"{quantity.name} cannot be drawn so that it is {_name(found)}")


def draw(
    quantity: Quantity,
    step: int | None,
    shape: tuple[int, ...],
    values: Values,
    seed: int,
    properties: frozenset[Property],
) -> npt.NDArray[Any]:
    """Draw the entries of a quantity at a step: the same ones for the same arguments."""
    source = random.Random(f"{seed} {quantity.name} {len(quantity.axes)} {step} {shape}")
    if "positive" in properties or "normalised" in properties:
        values = _POSITIVE.get(values, values)
    if "binary" in properties or "sign" in properties:
        drawn = _choose_numbers(source, shape, (0, 1) if "binary" in properties else (-1, 1))
    else:
        drawn = _draw_numbers(source, shape, values)
    if "one-hot" in properties:
        return _choose_one_of_each(source, shape)
    if "normalised" in properties:
        return drawn / drawn.sum(axis=-1, keepdims=True)
    if "unit" in properties:
        return drawn / np.frompyfunc(arb.sqrt, 1, 1)((drawn * drawn).sum(axis=-1, keepdims=True))
    if "orthogonal" in properties:
        drawn = _make_orthogonal(drawn)
        drawn[0] *= source.choice((-1, 1)) * (-1 if values == "opposite" else 1)  # a reflection, or none
        return drawn
    if "diagonal" in properties:
        return drawn * np.eye(len(drawn), dtype=object)
    if "symmetric" in properties:
        drawn = np.where(np.tri(len(drawn), dtype=bool), drawn, drawn.T)
    if "hollow" in properties:
        drawn = drawn * (1 - np.eye(len(drawn), dtype=object))
    return drawn


def _draw_numbers(source: random.Random, shape: tuple[int, ...], values: Values) -> npt.NDArray[Any]:
    drawn = np.empty(shape, dtype=object)
    first_sign = source.choice((-1, 1)) * (-1 if values == "opposite" else 1)
    for n, place in enumerate(np.ndindex(shape)):
        bits = source.getrandbits(_BITS) | 1  # odd, so never 0
        if values in ("wide", "opposite", "wide positive"):
            size = arb(_LEAST_WIDE * 2**_BITS + (_MOST_WIDE - _LEAST_WIDE) * bits) / 2 ** (_BITS + 3)
            drawn[place] = size if values == "wide positive" else size * first_sign * (-1) ** n
        else:
            number = arb(bits if "positive" in values else 2 * bits - 2**_BITS)
            drawn[place] = number / 2 ** (_BITS + (4 if "near" in values else 0))
    return drawn


def _choose_numbers(source: random.Random, shape: tuple[int, ...], numbers: tuple[int, int]) -> npt.NDArray[Any]:
    """Choose one of two numbers for each entry."""
    chosen = [arb(source.choice(numbers)) for _ in np.ndindex(shape)]
    return np.array(chosen, dtype=object).reshape(shape)


def _choose_one_of_each(source: random.Random, shape: tuple[int, ...]) -> npt.NDArray[Any]:
    """Make vectors along the last axis that are 1 at one place and 0 elsewhere."""
    hot = np.full(shape, arb(0), dtype=object)
    for place in np.ndindex(shape[:-1]):
        hot[(*place, source.randrange(shape[-1]))] = arb(1)
    return hot


def _make_orthogonal(drawn: _Matrix) -> _Matrix:
    """Return the Cayley transform (1 − S)(1 + S)⁻¹ of the skew part S: 1 + S always has an inverse."""
    one = np.eye(len(drawn), dtype=object) * arb(1)
    skew = drawn - drawn.T
    inverse = arb_mat((one + skew).tolist()).inv()
    return (one - skew) @ np.array(inverse.tolist(), dtype=object).reshape(drawn.shape)


def _name(found: frozenset[Property]) -> str:
    return " and ".join(sorted(found))
