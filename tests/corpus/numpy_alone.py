"""A function whose constants float32 would hold, in a module that knows nothing of JAX."""

from typing import Any

import numpy as np


def wave(x: Any) -> Any:
    return 1e8 * np.sin(1e6 * x).sum()


def by_hand(x: Any) -> Any:
    return 1e8 * 1e6 * np.cos(1e6 * x)


def a_little_off(x: Any) -> Any:
    return by_hand(x) * (1 + 1e-9)
