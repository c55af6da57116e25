"""Arrays of balls of any kind, as the tests of what is computed of whole arrays take them."""

from collections.abc import Callable
from typing import Any

import numpy as np
from flint import arb

from bptt.balls import Ball, Rounded, convert_to_balls, make_rounded_constant

Array = Any
MakeBall = Callable[[arb, Any], Ball]


def draw(*shape: int, seed: int = 0) -> Array:
    """Return numbers of many sizes, some of them 0."""
    random = np.random.default_rng(seed)
    numbers = random.normal(size=shape) * 10.0 ** random.integers(-6, 6, shape)
    return np.where(random.random(shape) < 0.1, 0.0, numbers)


def as_balls(numbers: Array, make: MakeBall) -> Any:
    return convert_to_balls(numbers, lambda x, dtype: make(arb(float(x)), dtype.type(x)))


def elements(array: Any) -> list[Any]:
    return [array] if isinstance(array, Ball) else array.view(np.ndarray).reshape(-1).tolist()


def round_as(_: arb, x: Any) -> Rounded:
    return make_rounded_constant(x)
