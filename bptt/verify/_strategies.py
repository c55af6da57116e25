"""Hypothesis strategies for the points at which a gradient is judged, and how points are drawn from them."""

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from math import prod
from random import Random
from typing import Any, NamedTuple, TypeVar
from weakref import WeakSet

import hypothesis
import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st
from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS, HypothesisProvider
from hypothesis.strategies import SearchStrategy

from bptt.verify._problem import Function

Point = TypeVar("Point")
Array = npt.NDArray[np.float64]


class _IndependentDraws(HypothesisProvider):
    """Draws at random and nothing else, so that a seed gives the same points whatever else is loaded.

    By itself Hypothesis likes constants that stand in the modules loaded, and makes most examples of parts of others:
    of 200 points of `named_arrays(W="n m", x="... m")` it draws 77 again, and 44 have size 1 throughout.
    """

    def _maybe_draw_constant(self, *_: Any, **__: Any) -> None:
        return None


_BACKEND = "bptt"  # of draws alone: what looks for the smallest goes from the simple to the less so, as Hypothesis does
AVAILABLE_PROVIDERS[_BACKEND] = f"{__name__}.{_IndependentDraws.__name__}"  # where each version looks for it

_ALONE = hypothesis.settings(  # whatever profile is loaded around it
    database=None,
    deadline=None,
    derandomize=False,
    max_examples=200,
    phases=[hypothesis.Phase.generate, hypothesis.Phase.shrink],
    suppress_health_check=list(hypothesis.HealthCheck),
)
_MOST_POINTS = 500  # that are tried until the smallest is found: it seldom takes more, and each is a judgement

_LARGEST = 2  # of the grid, which begins at -2

_ONE_IN = 8  # sizes is equal to one before it on purpose: by chance, few large ones are
_LARGEST_BATCH = 3  # along each batch axis, of which there may be two: every case is judged on balls
_BATCHES = ((), (1,), (2,), (3,), (1, 2), (3, 2))  # of each kind that there is
_MANY = 4  # from which on sizes are alike


class _Regime(NamedTuple):
    """What the numbers of a point are multiples of, and how large."""

    steps: int = 16  # in 1: short numbers, whose products no float rounds
    scale: float = 1.0


_BENIGN = _Regime()
_OTHER_REGIMES = (  # whole numbers, with zeros and ties among them; vanishing, exploding, saturated, tiny, large
    _Regime(steps=1),
    *(_Regime(scale=scale) for scale in (1 / 16, 4.0, 64.0, 2.0**-20, 2.0**10)),
)


class NamedArrays(dict[str, Any]):
    """Arguments by name that know their sizes, and arrays among them what their axes are called.

    `batch` is the product of all batch axes. An axis of a fixed size is called "", and no size is named after it.
    `recipe` is what they were made by, if they can be made in other sizes.
    """

    def __init__(
        self,
        arrays: Mapping[str, Array],
        axes: Mapping[str, list[str]],
        sizes: Mapping[str, int],
        recipe: "Recipe | None" = None,
    ) -> None:
        super().__init__(arrays)
        self.axes = axes
        self.sizes = sizes
        self.recipe = recipe


def named_arrays(max_size: int = 4, /, **axes: str) -> SearchStrategy[NamedArrays]:
    """Return a strategy for arrays of random sizes by name: `named_arrays(U="h m", W="h h", xs="t ... m")`.

    The axes of an array are separated by spaces. Each is a letter or word, and axes of the same name have the same
    size, from 1 to `max_size`, the sizes drawn independently of one another but for some that are made equal; a number,
    `"4 h"` (4 rows for each h); a sum, `"h h+m"`; or a multiple, `"4*h h"` or `"4h h"`. `...` stands for the batch
    axes, none to two of them of size 1 to 3, the same in every array. An array without axes, `s=""`, has shape ().

    Entries are multiples of 1/16 from −2 to 2, so that a counterexample is short and nothing underflows by accident. In
    half of the draws they are whole numbers, zeros and equal ones among them, or all are multiplied by 1/16, 4, 64,
    2^-20 or 2^10: vanishing, exploding, saturated, tiny and large ones. Shrinks to the smallest sizes.

    Raises `ValueError` for an axis that is written otherwise, and `TypeError` for axes that are no string.
    """
    if isinstance(max_size, bool) or not isinstance(max_size, int) or max_size < 1:
        raise ValueError(f"max_size, the largest size, must be a positive integer; got {max_size!r}")
    for name, spec in axes.items():
        if not isinstance(spec, str):
            raise TypeError(f"the axes of {name} must be a string, such as 'h m', or '' for none; got {spec!r}")
    layout = {name: [_Axis.parse(token, name, spec) for token in spec.split()] for name, spec in axes.items()}
    names = list(dict.fromkeys(name for of_one in layout.values() for axis in of_one for name in axis.names))
    if {"batch", "..."} <= set(names):
        raise ValueError("no axis must be named batch beside ..., the product of which is called so")
    strategy = _draw_named_arrays(layout, names, st.integers(1, max_size), max_size)
    _UNRESTRICTED.add(strategy)
    return strategy


def draws_every_size(strategy: SearchStrategy[Any]) -> bool:
    """Whether it is as `named_arrays` returned it: what stands around another, a filter, say, may leave sizes out."""
    return strategy in _UNRESTRICTED


_UNRESTRICTED = WeakSet[SearchStrategy[Any]]()  # what `named_arrays` returned


class _Axis(NamedTuple):
    """An axis as it was written, and as a sum of products of names and numbers."""

    text: str
    terms: tuple[tuple[str, ...], ...]

    @classmethod
    def parse(cls, text: str, array: str, spec: str) -> "_Axis":
        """Read one axis of the array."""
        written = re.sub(r"(?<![^+*])(\d+)(?=[^\W\d])", r"\1*", text)  # 4h is 4*h, and h4 a name
        terms = tuple(tuple(term.split("*")) for term in written.split("+"))
        if text != "..." and not all(x.isidentifier() or x.isdecimal() for term in terms for x in term):
            raise ValueError(
                f"the axes of {array} must be names (h), numbers (4), multiples (4*h), sums (h+m) or ..., separated by"
                f" spaces; got {text!r} in {spec!r}"
            )
        return cls(text, terms)

    @property
    def names(self) -> list[str]:
        """The names in it."""
        return [x for term in self.terms for x in term if not x.isdecimal()]

    def measure(self, sizes: Mapping[str, int]) -> int:
        """Return its size."""
        return sum(prod(int(x) if x.isdecimal() else sizes[x] for x in term) for term in self.terms)


class Recipe(NamedTuple):
    """All that was drawn for some arrays.

    Attributes:
        layout: the axes of each array
        max_size: the largest size that there may be
        sizes: by name; "..." has those of the batch axes
        regime: what the numbers are like
        seed: of the numbers
    """

    layout: Mapping[str, list[_Axis]]
    max_size: int
    sizes: Mapping[str, Any]
    regime: _Regime
    seed: int

    def make(self) -> NamedArrays:
        """Make the arrays."""
        random = np.random.default_rng(self.seed)
        batch = self.sizes.get("...", ())
        arrays: dict[str, Array] = {}
        called: dict[str, list[str]] = {}
        for name, axes in self.layout.items():
            shape: list[int] = []
            called[name] = []
            for axis in axes:
                if axis.text == "...":
                    shape += batch
                    called[name] += [f"batch[{n}]" for n in range(len(batch))]
                else:
                    shape.append(axis.measure(self.sizes))
                    called[name].append(axis.text if axis.names else "")
            arrays[name] = self.regime.scale * fill_grid(random, *shape, steps=self.regime.steps)
        sizes = {name: size for name, size in self.sizes.items() if name != "..."}
        return NamedArrays(arrays, called, sizes | {"batch": prod(batch)} if "..." in self.sizes else sizes, self)

    def resize(self, sizes: Mapping[str, Any]) -> "Recipe":
        """Return what makes arrays of the same kind in other sizes."""
        return self._replace(sizes=sizes)

    def list_sizes(self) -> dict[str, list[Any]]:
        """List the sizes that each name may have, but for those between 4 and the largest, which are like these."""
        numbers = sorted({*range(1, min(self.max_size, _MANY) + 1), self.max_size})
        batches = [batch for batch in _BATCHES if max(batch, default=1) <= self.max_size]
        return {name: batches if name == "..." else numbers for name in self.sizes}


# Made once: Hypothesis takes about as long to make a strategy as to draw from it.
_CHANCES = st.integers(1, _ONE_IN)
_REGIMES = st.sampled_from((_BENIGN,) * len(_OTHER_REGIMES) + _OTHER_REGIMES)
_SEEDS = st.integers(0, 2**32 - 1)


@st.composite
def _draw_named_arrays(
    draw: st.DrawFn, layout: Mapping[str, list[_Axis]], names: list[str], one_size: SearchStrategy[int], max_size: int
) -> NamedArrays:
    sizes: dict[str, Any] = {}
    for name in names:
        if name != "...":
            is_equal = bool(sizes) and draw(_CHANCES) == _ONE_IN
            sizes[name] = draw(st.sampled_from(list(sizes.values())) if is_equal else one_size)
    if "..." in names:
        sizes["..."] = draw_batch(draw, max_size)
    return Recipe(layout, max_size, sizes, draw(_REGIMES), draw(_SEEDS)).make()


def draw_batch(draw: st.DrawFn, max_size: int) -> tuple[int, ...]:
    """Draw the sizes of none to two batch axes."""
    return tuple(draw(st.integers(1, min(_LARGEST_BATCH, max_size))) for _ in range(draw(st.integers(0, 2))))


def fill_grid(random: np.random.Generator, *shape: int, steps: int = 16) -> Array:
    """Return an array of random numbers from −2 to 2, in so many steps from one whole number to the next."""
    numerators: Any = random.integers(-_LARGEST * steps, _LARGEST * steps, shape, endpoint=True)
    grid: Array = numerators / steps
    return grid


def bind_arguments(f: Function, drawn: Any) -> tuple[tuple[Any, ...], Mapping[str, Sequence[str]]]:
    """Return the arguments of f that were drawn, and what their axes are called by path."""
    names, needed = _list_parameters(f)
    if not isinstance(drawn, dict):
        at = drawn if isinstance(drawn, tuple) else (drawn,)
        if len(at) < len(needed):
            raise TypeError(
                f"at must draw a tuple of the arguments of f, {', '.join(names)}; got {len(at)} of them, in a"
                f" {type(drawn).__name__}"
            )
        return tuple(at), {}
    taken = [name for name in names if name in drawn]
    if needed <= set(taken) == set(drawn) and taken == names[: len(taken)]:
        return tuple(drawn[name] for name in taken), _name_axes(drawn, "{}")
    if len(names) != 1:
        raise TypeError(
            f"at must draw the arguments of f, {', '.join(names)}, by name or as a tuple; got {', '.join(drawn)}"
        )
    return (dict(drawn),), _name_axes(drawn, f"{names[0]}[{{!r}}]")


def _name_axes(drawn: Any, path: str) -> Mapping[str, Sequence[str]]:
    """Return what the axes are called by path; one of a fixed size, as in Python."""
    if not isinstance(drawn, NamedArrays):
        return {}
    return {
        path.format(name): [axis or f"{path.format(name)}.shape[{n}]" for n, axis in enumerate(axes)]
        for name, axes in drawn.axes.items()
    }


def _list_parameters(f: Function) -> tuple[list[str], set[str]]:
    """Return those of f that can be given by position, and those of them that must be given."""
    try:
        parameters = list(inspect.signature(f).parameters.values())
    except (TypeError, ValueError):  # builtins have no signature
        return [], set()
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return [p.name for p in positional], {p.name for p in positional if p.default is p.empty}


def draw_points(points: SearchStrategy[Point], count: int, seed: str, take: Callable[[Point], None]) -> None:
    """Call `take` for about that many points. The same seed gives the same ones."""

    @hypothesis.seed(seed)
    @hypothesis.settings(_ALONE, backend=_BACKEND, max_examples=count, phases=[hypothesis.Phase.generate])
    @hypothesis.given(points)
    def take_each(point: Point) -> None:
        take(point)

    take_each()


def find_smallest(points: SearchStrategy[Point], holds: Callable[[Point], bool], seed: int) -> Point | None:
    """Return the smallest point found at which something holds; `None` if it is at none of 200 random ones."""
    tried = 0

    def holds_yet(point: Point) -> bool:
        nonlocal tried
        tried += 1
        return tried <= _MOST_POINTS and holds(point)

    try:
        return hypothesis.find(points, holds_yet, settings=_ALONE, random=Random(seed))
    except hypothesis.errors.NoSuchExample:
        return None
