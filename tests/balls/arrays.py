"""Arrays of balls of any kind, as the tests of what is computed of whole arrays take them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from flint import arb

from bptt.balls import (
    Ball,
    Comparisons,
    Encountered,
    Rounded,
    change_context,
    convert_to_balls,
    make_rounded_constant,
    use_precision,
)

Array = Any
MakeBall = Callable[[arb, Any], Ball]


@contextmanager
def run_on_balls() -> Iterator[Encountered]:
    """Let balls decide and note what they meet, to 50 digits; yield what they met."""
    met = Encountered()
    with use_precision(50), change_context(comparisons=Comparisons(), encountered=met), np.errstate(all="ignore"):
        yield met


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
