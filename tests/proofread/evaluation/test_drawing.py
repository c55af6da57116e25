"""What is drawn has the properties that are said of it, exactly, and differs otherwise."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from bptt.balls import use_precision
from bptt.proofread._expressions import Property, Quantity
from bptt.proofread.evaluation._drawing import Values, check_properties, draw

n, m = ("hidden",), ("input",)
A, W = Quantity("A", (n, n), False), Quantity("W", (n, m), False)
x, c = Quantity("x", (n,), True), Quantity("c", (), False)
KINDS: tuple[Values, ...] = ("small", "positive", "wide", "opposite", "wide positive")


@pytest.fixture(autouse=True)
def digits() -> Iterator[None]:
    with use_precision(50):
        yield


def drawn(quantity: Quantity, *properties: Property, values: Values = "small", step: int | None = None) -> Any:
    shape = tuple(4 if axis == n else 3 for axis in quantity.axes)
    return draw(quantity, step, shape, values, 5, frozenset(properties))


def is_within(balls: Any, numbers: Any) -> bool:
    return all(ball.contains(int(number)) and ball.rad() < 1e-10 for ball, number in np.broadcast(balls, numbers))


@pytest.mark.parametrize("values", KINDS)
def test_a_matrix_has_the_property_that_is_said_of_it_and_no_other(values: Values) -> None:
    free, symmetric, diagonal, orthogonal = (
        drawn(A, *said, values=values) for said in ((), ("symmetric",), ("diagonal",), ("orthogonal",))
    )
    assert np.all(symmetric == symmetric.T)
    assert not np.any((free - free.T)[np.triu_indices(4, 1)] == 0)
    assert np.all(diagonal[~np.eye(4, dtype=bool)] == 0)
    assert not np.any(np.diag(diagonal) == 0)
    assert is_within(orthogonal @ orthogonal.T, np.eye(4))
    assert not is_within(free @ free.T, np.eye(4))


@pytest.mark.parametrize("values", KINDS)
@pytest.mark.parametrize("quantity", [x, W])
def test_vectors_have_the_property_along_the_last_axis(quantity: Quantity, values: Values) -> None:
    hot, normalised, unit = (drawn(quantity, said, values=values) for said in ("one-hot", "normalised", "unit"))
    assert np.all((hot == 0) | (hot == 1))
    assert np.all(hot.sum(axis=-1) == 1)
    assert np.all(normalised > 0)
    assert is_within(normalised.sum(axis=-1), 1)
    assert is_within((unit * unit).sum(axis=-1), 1)
    assert not is_within(unit.sum(axis=-1), 1)


def test_each_step_has_values_of_its_own() -> None:
    assert not np.any(drawn(x, "normalised", step=1) == drawn(x, "normalised", step=2))
    assert any(np.any(drawn(x, "one-hot", step=1) != drawn(x, "one-hot", step=step)) for step in range(2, 9))


def test_a_number_is_tried_on_both_sides_of_0_beyond_half_of_pi() -> None:
    here, there = drawn(c, values="wide").item(), drawn(c, values="opposite").item()
    assert here == -there
    assert 3 < abs(here) < 4.5
    assert 0 < drawn(c, "positive", values="opposite").item() < 4.5
    signs = {bool(value > 0) for value in drawn(x, values="wide")}
    assert signs == {True, False}


@pytest.mark.parametrize(
    ("quantity", "properties", "message"),
    [
        (W, ("symmetric",), "symmetric is said of square matrices, and W is none"),
        (x, ("orthogonal",), "orthogonal is said of square matrices, and x is none"),
        (c, ("one-hot",), "one-hot is said of vectors, and c is a number"),
        (x, ("one-hot", "unit"), "x cannot be drawn so that it is one-hot and unit"),
        (A, ("orthogonal", "positive"), "A cannot be drawn so that it is orthogonal and positive"),
    ],
)
def test_a_property_that_cannot_be_is_refused(
    quantity: Quantity, properties: tuple[Property, ...], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        check_properties({quantity: frozenset(properties)})
    check_properties({A: frozenset(("symmetric", "positive")), x: frozenset(("normalised", "positive"))})
