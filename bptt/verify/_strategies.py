"""Hypothesis strategies for the points at which a gradient is judged, and how points are drawn from them."""

from collections.abc import Callable, Mapping
from random import Random
from typing import TypeVar

import hypothesis
import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

Point = TypeVar("Point")

_ALONE = hypothesis.settings(  # whatever profile is loaded around it
    database=None,
    deadline=None,
    derandomize=False,
    max_examples=200,
    phases=[hypothesis.Phase.generate, hypothesis.Phase.shrink],
    suppress_health_check=list(hypothesis.HealthCheck),
)
_MOST_POINTS = 500  # that are tried until the smallest is found

_SIXTEENTHS = 32  # the grid runs from -2 to 2
_BENIGN = 1.0
_OTHER_REGIMES = (1 / 16, 4.0, 64.0, 2.0**-20, 2.0**10)  # vanishing, exploding, saturated, tiny, large


class NamedArrays(dict[str, npt.NDArray[np.float64]]):
    """Arrays by name that know what their axes are called. `batch` is the product of all batch axes."""

    def __init__(
        self, arrays: Mapping[str, npt.NDArray[np.float64]], axes: Mapping[str, list[str]], sizes: Mapping[str, int]
    ) -> None:
        super().__init__(arrays)
        self.axes = axes
        self.sizes = sizes


@st.composite
def arrays(draw: st.DrawFn, /, max_size: int = 4, **axes: str) -> NamedArrays:
    """Arrays of random sizes by name: `arrays(U="h m", W="h h", xs="t ... m")`.

    Each axis is named by a letter or word; axes of the same name have the same size, from 1 to `max_size`, and the
    sizes are drawn independently of one another. `...` stands for the batch axes, none to two of them of size 1 to 3,
    the same in every array. An array without axes, `s=""`, has shape ().

    Entries are multiples of 1/16 from −2 to 2, so that a counterexample is short and nothing underflows by accident. In
    half of the draws all are multiplied by 1/16, 4, 64, 2^-20 or 2^10: vanishing, exploding, saturated, tiny and large
    ones. Shrinks to the smallest sizes.
    """
    if {"batch", "..."} <= set(" ".join(axes.values()).split()):
        raise ValueError("no axis must be named batch beside ..., the product of which is called so")
    size = st.integers(1, max_size)
    names = dict.fromkeys(name for spec in axes.values() for name in spec.split())
    sizes = {name: draw(size) for name in names if name != "..."}
    batch = tuple(draw(st.lists(st.integers(1, min(3, max_size)), max_size=2))) if "..." in names else ()
    scale = draw(st.sampled_from((_BENIGN,) * len(_OTHER_REGIMES) + _OTHER_REGIMES))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))

    def shape(spec: str) -> list[int]:
        return [n for name in spec.split() for n in (batch if name == "..." else (sizes[name],))]

    def called(spec: str) -> list[str]:
        of_batch = [f"batch[{n}]" for n in range(len(batch))]
        return [called for name in spec.split() for called in (of_batch if name == "..." else [name])]

    drawn = {
        name: scale * random.integers(-_SIXTEENTHS, _SIXTEENTHS, shape(spec), endpoint=True) / 16
        for name, spec in axes.items()
    }
    if "..." in names:
        sizes["batch"] = int(np.prod(batch))
    return NamedArrays(drawn, {name: called(spec) for name, spec in axes.items()}, sizes)


def draw(points: SearchStrategy[Point], count: int, seed: str, take: Callable[[Point], None]) -> None:
    """Call `take` for about that many points. The same seed gives the same ones."""
    settings = hypothesis.settings(_ALONE, max_examples=count, phases=[hypothesis.Phase.generate])
    hypothesis.seed(seed)(settings(hypothesis.given(points)(take)))()


def smallest(points: SearchStrategy[Point], holds: Callable[[Point], bool], seed: int) -> Point | None:
    """The smallest point found at which something holds; `None` if it is at none of 200 random ones."""
    tried = 0

    def holds_yet(point: Point) -> bool:
        nonlocal tried
        tried += 1
        return tried <= _MOST_POINTS and holds(point)

    try:
        return hypothesis.find(points, holds_yet, settings=_ALONE, random=Random(seed))
    except hypothesis.errors.NoSuchExample:
        return None
