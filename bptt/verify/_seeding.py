"""The state around a check: NumPy's random generator, and the precision of JAX."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np

from bptt.verify._problem import FlatArguments


def checked_seed(seed: int | None) -> int:
    """The seed, 0 if it is None; raises `ValueError` for what NumPy does not take."""
    if seed is None:
        return 0
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not 0 <= seed < 2**32:
        raise ValueError(f"seed must be an integer from 0 to 2**32 - 1; got {seed!r}")
    return int(seed)


def seeded(function: Callable[..., Any], seed: int) -> Callable[..., Any]:
    """The function, NumPy's generator seeded before each call."""

    def called(*arguments: Any) -> Any:
        np.random.seed(seed)  # noqa: NPY002
        return function(*arguments)

    return called


@contextmanager
def computing(flat: FlatArguments) -> Iterator[None]:
    """NumPy's generator put back afterwards, and JAX, if it is there, in 64 bits where an argument is."""
    before = np.random.get_state()  # noqa: NPY002
    with ExitStack() as stack:
        if "jax" in sys.modules and any(leaf.values.dtype == np.float64 for leaf in flat.leaves):
            from bptt.balls._jax_interpreter import double_precision

            stack.enter_context(double_precision())
        try:
            yield
        finally:
            np.random.set_state(before)  # noqa: NPY002
