"""Code that has no other way than floats: a number is written into a buffer of bytes, which holds no ball."""

from array import array
from typing import Any


def take_float(x: Any) -> float:
    """Return a number as a float; a ball refuses."""
    return array("d", [x])[0]
