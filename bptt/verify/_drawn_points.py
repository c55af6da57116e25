"""A point that a strategy drew, as the arguments of a function, with its sizes by name."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from bptt.verify._interface import Question
from bptt.verify._problem import Arguments
from bptt.verify._strategies import NamedArrays, Recipe, bind_arguments

_AS_GOOD_AS_ZERO = 2.0**-30  # among ordinary numbers: what is multiplied by it hardly shows


class DrawnPoint(NamedTuple):
    """A point of the strategy."""

    at: tuple[Any, ...]
    arguments: Arguments
    axes: Mapping[str, Sequence[str]]  # what the axes of an array are called, by path
    sizes: Mapping[str, int]
    recipe: Recipe | None = None  # of arrays that can be made in other sizes

    @property
    def extremeness(self) -> float:
        """How many powers of 2 its numbers are away from 1, on average."""
        values = [leaf.values.reshape(-1) for leaf in self.arguments.leaves if leaf.values.dtype.kind == "f"]
        magnitudes = np.abs(np.concatenate(values).astype(np.float64))
        return float(np.mean(np.abs(np.log2(np.maximum(magnitudes, _AS_GOOD_AS_ZERO))))) if magnitudes.size else 0.0

    def hash_values(self) -> int:
        """Return a number that is the same for the same point."""
        return hash(
            tuple((x.path, x.values.shape, x.values.dtype.str, x.values.tobytes()) for x in self.arguments.leaves)
        )


def read_point(question: Question, drawn: Any) -> DrawnPoint:
    """Read what was drawn as the arguments of f; the sizes are those that have names, or else all of its arrays.

    Raises `TypeError` and `ValueError` for what cannot be the arguments of f.
    """
    at, axes = bind_arguments(question.f, drawn)
    arguments = Arguments(question.f, at, question.wrt)
    if isinstance(drawn, NamedArrays):
        return DrawnPoint(at, arguments, axes, drawn.sizes, drawn.recipe)
    shapes = [
        (f"{leaf.path}.shape[{n}]", size) for leaf in arguments.leaves for n, size in enumerate(leaf.values.shape)
    ]
    return DrawnPoint(at, arguments, axes, dict(shapes))
