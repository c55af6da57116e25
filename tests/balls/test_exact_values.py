"""What a formula says exactly, beside the bounds on its floats: it is what balls of values alone give."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from bptt.balls import Ball, Comparisons, Encountered, change_context, make_rounded_constant
from tests.balls.arrays import Array, as_balls, draw, elements, round_as, run_on_balls
from tests.balls.test_products import FORMS

CHOICES: dict[str, Callable[[Array, Array], Array]] = {
    "maximum": lambda a, b: np.maximum(a, b.T[:6]),
    "minimum": lambda a, b: np.minimum(a[:, :1], a),
    "clip": lambda a, b: np.clip(a, -0.5, 0.5) * a,
    "sign": lambda a, b: np.sign(a) * a,
    "modulus": lambda a, b: np.abs(a) - a,
    "modulus of what may be 0": lambda a, b: np.abs(a * (1 / 3) * 3 - a) + a - np.abs(a),
    "where": lambda a, b: np.where(a > b.T[:6], a, 2 * a),
    "negated": lambda a, b: -(a + b.T[:6]) - a,
    "float32": lambda a, b: (a.astype(np.float32) * 3).astype(np.float64) / 7,
    "beside 0": lambda a, b: a + 0.0 * a + (0 * a + a),
}


@pytest.fixture(autouse=True)
def encountered() -> Iterator[Encountered]:
    with run_on_balls() as met:
        yield met


@pytest.mark.parametrize("form", [*FORMS, *CHOICES])
def test_it_is_what_balls_of_values_give(form: str, encountered: Encountered) -> None:
    compute, (x, y) = {**FORMS, **CHOICES}[form], (draw(6, 50), draw(50, 7, seed=1))
    bounds, values = (compute(as_balls(x, make), as_balls(y, make)) for make in (round_as, Ball))
    assert not encountered.lost_value
    for bound, ball in zip(elements(bounds), elements(values), strict=True):
        assert bound.exact.overlaps(ball.value)
        assert bound.exact.rad() <= 2 * ball.value.rad()


@pytest.mark.parametrize("lose", [np.floor, np.rint, lambda x: np.sqrt(x + 0j).real, lambda x: x % 1, int])
def test_where_it_is_not_known_that_is_noted(lose: Any, encountered: Encountered) -> None:
    x = make_rounded_constant(np.float64(0.3)) + np.float64(0.4)
    assert not encountered.lost_value
    lose(x)
    assert encountered.lost_value


def test_comparisons_of_what_is_known_exactly_contradict_the_floats_as_those_of_balls_do() -> None:
    found = []
    for make in (round_as, Ball):
        comparisons = Comparisons()
        with change_context(comparisons=comparisons):
            x, y, z = elements(as_balls(np.array([0.1, 0.2, 0.3]), make))
            assert x + y > z  # also exactly; but not by 5e-17
            assert x + y != z
            assert x + y - z > 2.0**-55
            np.maximum(x, y)
        found.append((comparisons.count, comparisons.contradictions))
    assert found[0] == found[1]
    assert found[1][1] > 0
