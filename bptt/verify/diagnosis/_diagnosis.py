"""Where a wrong gradient is wrong, and what kind of mistake it is, once it is known to be wrong.

A kind is named if it holds at every point that is looked at where the gradient is wrong, and at two at least: other
values in the same shapes, and other shapes where such points are known. Nothing here bears on the verdict.
"""

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from flint import arb

from bptt.balls import _reverse as adjoint
from bptt.balls._ball import enclosure, precision
from bptt.balls._branches import every_way
from bptt.balls._reverse import Origin, Traced, collector_paused, sweep
from bptt.verify._execution import Function, Subject
from bptt.verify._problem import FlatArguments
from bptt.verify._problem import Leaf as LeafOfArguments
from bptt.verify.diagnosis._by_path import Leaf, Omissions
from bptt.verify.diagnosis._by_value import Arbs, Kind, Values, equal, indices_in_words, is_within, is_zero, kinds_of
from bptt.verify.diagnosis._graph import Trace
from bptt.verify.methods._derivative import claims_on_balls, traced

_DIGITS = 100
_ELSEWHERE = 4  # points with other values that are looked at beside one that is given alone
_MOST_NODES = 50_000  # of the graph of f, beyond which its paths are not looked at
_LIKELIEST_FIRST = (
    "negated", "scaled", "transposed", "another's", "reshaped", "unreduced", "summed", "zero", "recurrence dropped",
    "last write", "step missing", "step doubled", "truncated", "clipped", "clipped by norm", "step scaled",
    "transpose on the way", "path missing", "path doubled", "part missing", "reversed", "shifted",
)  # fmt: skip
_LESS_TELLING = {"part missing", "reversed", "shifted", "clipped by norm"}  # than a way through f may be
_LEAVES_NOTHING_OF_ONE_STEP = {"recurrence dropped", "step missing", "truncated", "path missing"}


class Point(NamedTuple):
    """Arguments at which a gradient is looked at, the names of their axes by path, and named sizes, as far as known."""

    arguments: FlatArguments
    axes: Mapping[str, Sequence[str]] = {}
    named: Mapping[str, int] = {}

    def names_of_axes(self, n: int) -> list[str]:
        """Of the axes of leaf n."""
        leaf = self.arguments.leaves[n]
        return [f"axis {name}" for name in self.axes.get(leaf.path, range(leaf.values.ndim))]

    def sizes(self) -> dict[str, int]:
        """By name, or as one would write them in Python."""
        return dict(self.named) | {
            name: size
            for leaf in self.arguments.leaves
            for name, size in zip(
                self.axes.get(leaf.path, [f"{leaf.path}.shape[{n}]" for n in range(leaf.values.ndim)]),
                leaf.values.shape,
                strict=True,
            )
        }


@dataclass(frozen=True)
class Diagnosis:
    """Of the gradient by one array: in which part of it the wrong entries are, and what kind of mistake it is."""

    path: str
    where: str = ""  # empty if all over it
    kind: Kind | None = None


def diagnose(
    f: Function, gradient: Function, points: Sequence[Point], wrong: Sequence[str], seed: int
) -> list[Diagnosis]:
    """What can be said of the gradient by the arrays of these paths, which is wrong at the first of the points."""
    random = np.random.default_rng(seed)
    with precision(_DIGITS), collector_paused(), np.errstate(all="ignore"):
        seen: list[_Sight] = []
        for point in points:
            for moved in _around(point, _ELSEWHERE if len(points) == 1 else 1, random):
                sight = _look(f, gradient, moved)
                if sight is None and not seen:
                    return [Diagnosis(path) for path in wrong]  # they do not run on balls, say
                seen += [sight] if sight is not None else []
        return [_of_leaf(path, seen) for path in wrong]


def _around(point: Point, count: int, random: np.random.Generator) -> Iterator[Point]:
    """The point, one near it, and so many with quite other values, at which f need not be defined."""
    yield point
    leaves = point.arguments.leaves
    for other in (_nearby, *(_elsewhere for _ in range(count))):
        values = [other(leaf, random).astype(leaf.values.dtype) for leaf in leaves]
        yield point._replace(arguments=point.arguments.with_values(values))


def _nearby(leaf: LeafOfArguments, random: np.random.Generator) -> Any:
    """Each number that is differentiated multiplied by one from 0.5 to 1.5."""
    return leaf.values * random.uniform(0.5, 1.5, leaf.values.shape) if leaf.differentiable else leaf.values


def _elsewhere(leaf: LeafOfArguments, random: np.random.Generator) -> Any:
    """Normal numbers of the same size; what is held fixed in another order, since one-hot rows may have to stay so."""
    if leaf.differentiable:
        size = np.sqrt(np.mean(np.square(leaf.values, dtype=float))) if leaf.values.any() else 1.0
        return size * random.normal(size=leaf.values.shape)
    values = leaf.values
    for axis in range(values.ndim if values.dtype.kind == "f" else 0):
        values = values.take(random.permutation(values.shape[axis]), axis)
    return values


class _Sight:
    """A gradient on balls at one point, and the true one."""

    def __init__(self, point: Point, by_hand: Sequence[Arbs], true: Sequence[Arbs], paths_of_f: Trace | None) -> None:
        self.point = point
        self.by_hand = by_hand
        self.true = true
        self.trace = paths_of_f

    def number(self, path: str) -> int:
        return next(n for n, leaf in enumerate(self.point.arguments.leaves) if leaf.path == path)

    def is_wrong(self, path: str) -> bool:
        n = self.number(path)
        return not equal(self.by_hand[n], self.true[n], self.point.arguments.bits())

    def is_nothing(self, path: str) -> bool:
        """Whether the gradient by hand is 0 there."""
        return is_zero(self.by_hand[self.number(path)])

    def is_of_another_shape(self, path: str) -> bool:
        """Whether the gradient by hand is."""
        n = self.number(path)
        return self.by_hand[n].shape != self.true[n].shape

    def by_values(self, path: str) -> list[Kind]:
        return list(kinds_of(self.values(path)))

    def values(self, path: str) -> Values:
        n = self.number(path)
        leaves = self.point.arguments.leaves
        others = {leaf.path: self.true[k] for k, leaf in enumerate(leaves) if leaf.differentiable and k != n}
        argument = _argument(path)
        same = [
            self.true[k] for k, leaf in enumerate(leaves) if _argument(leaf.path) == argument and leaf.differentiable
        ]
        norms = {"of this array": _norm([self.true[n]])}
        norms |= {f"of all arrays of {argument} together": _norm(same)} if len(same) > 1 else {}
        norms |= {"of all arrays together": _norm(self.true)} if len(others) >= len(same) else {}
        bits = self.point.arguments.bits()
        names = self.point.names_of_axes(n)
        return Values(self.by_hand[n], self.true[n], others, norms, self.point.sizes(), names, bits)

    def by_parts(self, path: str, wanted: Iterable[Kind] | None) -> list[Kind]:
        if self.trace is None:
            return []
        n = self.number(path)
        leaf = Leaf(n, self.by_hand[n], self.true[n], self.point.arguments.bits())
        return list(self._omissions.kinds_of(leaf, None if wanted is None else {kind.text for kind in wanted}))

    @functools.cached_property
    def _omissions(self) -> Omissions:
        assert self.trace is not None
        leaves = self.point.arguments.leaves
        return Omissions(self.trace, {leaf.path: leaf.values for leaf in leaves})


def _argument(path: str) -> str:
    return path.split("[")[0].split(".")[0]


def _look(f: Function, gradient: Function, point: Point) -> _Sight | None:
    """`None` where f and the gradient cannot be evaluated on balls."""
    arguments = point.arguments
    free = arguments.with_all_chosen()  # weights that are held fixed tell the steps apart, too

    def once() -> tuple[Any, list[list[Traced]], dict[int, Origin], list[Arbs]]:
        with adjoint.remembering_origins() as origins:
            value, inputs = traced(Subject("f", f, free), free)
        claims = claims_on_balls(Subject("gradient", gradient, arguments, before=f), arguments)
        return value, inputs, origins, [_as_arbs(claim.shape, map(enclosure, claim.flat)) for claim in claims]

    try:
        value, inputs, origins, by_hand = next(every_way(once, (1, -1), exact_only=False))
        slope = sweep(value, [x for of_leaf in inputs for x in of_leaf])
    except Exception:  # whatever a caller's code may raise at a point that the caller did not choose
        return None
    true = [
        _as_arbs(leaf.values.shape, map(slope, of_leaf)) if leaf.differentiable else _as_arbs((0,), [])
        for leaf, of_leaf in zip(arguments.leaves, inputs, strict=True)
    ]
    if not all(x.is_finite() for array in (*true, *by_hand) for x in array.reshape(-1).tolist()):
        return None  # not defined there
    trace = Trace(value, inputs, origins) if isinstance(value, Traced) and len(origins) <= _MOST_NODES else None
    return _Sight(point, by_hand, true, trace)


def _as_arbs(shape: tuple[int, ...], entries: Iterable[arb]) -> Arbs:
    flat = list(entries)
    array = np.empty(len(flat), dtype=object)
    array[:] = flat
    return array.reshape(shape)


def _norm(arrays: Sequence[Arbs]) -> arb:
    return sum((x * x for array in arrays for x in array.reshape(-1).tolist()), arb(0)).sqrt()


def _of_leaf(path: str, seen: Sequence[_Sight]) -> Diagnosis:
    wrong = [sight for sight in seen if sight.is_wrong(path)]
    if not wrong:
        return Diagnosis(path)
    where = _where(path, wrong)
    told = [sight for sight in wrong if not sight.is_nothing(path)]
    if told and told[0].is_of_another_shape(path):
        wrong = told  # zeros say nothing of how they came to their shape
    kinds = _kinds(path, wrong)
    if not kinds and 1 < len(told) < len(wrong):  # a single step of which nothing is left is no other mistake
        kinds = [kind for kind in _kinds(path, told) if kind.name in _LEAVES_NOTHING_OF_ONE_STEP]
    kinds = [kind for kind in kinds if kind.name != "clipped" or _is_seen_unclipped(path, kind, seen)]
    sizes = wrong[0].point.sizes()
    same = all(sight.point.sizes() == sizes for sight in wrong)
    return Diagnosis(path, where, _named(kinds, sizes if same else None) if kinds else None)


def _kinds(path: str, wrong: Sequence[_Sight]) -> list[Kind]:
    """Those that hold at all of these points, the likeliest first."""
    if len(wrong) < 2:
        return []
    first, *others = wrong
    by_values = _in_all(first.by_values(path), (sight.by_values(path) for sight in others))
    by_parts = [] if any(kind.name not in _LESS_TELLING for kind in by_values) else first.by_parts(path, None)
    for sight in others:
        by_parts = _in_all(by_parts, [sight.by_parts(path, by_parts)]) if by_parts else []
    return sorted(by_values + by_parts, key=lambda kind: _LIKELIEST_FIRST.index(kind.name))


def _is_seen_unclipped(path: str, kind: Kind, seen: Sequence[_Sight]) -> bool:
    return any(is_within(sight.values(path), float(kind.key)) for sight in seen)


def _in_all(kinds: Sequence[Kind], others: Iterable[Sequence[Kind]]) -> list[Kind]:
    common = list(kinds)
    for other in others:
        common = [kind for kind in common if kind in other]
    return common


def _named(kinds: Sequence[Kind], one_set_of_sizes: Mapping[str, int] | None) -> Kind:
    """The likeliest. A factor that was seen at one set of sizes alone comes with those that it may be."""
    first = kinds[0]
    if first.name != "scaled" or one_set_of_sizes is None:
        return first
    words = [kind.text.split(" times")[0] for kind in kinds[1:] if kind.name == "scaled"]
    sizes = [word for word in dict.fromkeys(words) if word.removeprefix("1/") in one_set_of_sizes]
    return replace(first, text=f"{first.text}, or {' or '.join(sizes[:3])} times") if sizes else first


def _where(path: str, wrong: Sequence[_Sight]) -> str:
    """The part of the array that holds the wrong entries, if it is the same at all points."""
    parts = []
    for axis, name in enumerate(wrong[0].point.names_of_axes(wrong[0].number(path))):
        common: list[str] | None = None
        for sight in wrong:
            n = sight.number(path)
            if sight.by_hand[n].shape != sight.true[n].shape:
                return ""
            size = sight.true[n].shape[axis]
            if size > 1:
                differs = [
                    k for k in range(size) if not equal(sight.by_hand[n].take([k], axis), sight.true[n].take([k], axis))
                ]
                words = list(indices_in_words(differs, size)) if len(differs) < size else []
                common = words if common is None else [word for word in common if word in words]
        if common:
            parts.append(f"{common[0]} of {name}")
    return ", ".join(parts)
