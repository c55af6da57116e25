"""Hypotheses that give edges in the graph of f other weights, very many of them at once.

The gradient that each makes is computed on floats first, for all of them in one sweep; the few that come near the
gradient by hand are then tested on balls.
"""

import functools
import itertools
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from flint import arb

from bptt.verify.diagnosis._graph import Edge, Graph, Sources
from bptt.verify.diagnosis._kind import Kind
from bptt.verify.diagnosis._values import Arbs, Values, list_entries, make_arbs

Floats: TypeAlias = npt.NDArray[np.float64]

_NEAR = 1e-7  # of the largest entry: floats in a sweep lose some of their 16 digits, and balls have the last word
_AT_ONCE = 512  # hypotheses in one sweep: a number of the graph takes 4 kilobytes then
_MOST_WORK = 400_000_000  # edges of the graph times hypotheses: some seconds


class Version(NamedTuple):
    """Other weights of some edges, computed when they are asked for, and the kind of mistake that they are."""

    kind: Kind
    weigh: Callable[[], Sequence[arb]] = tuple
    rank: tuple[int, int] = (0, 0)  # among others of the kind, the likeliest first
    of_true: int = 0  # the gradient by hand is so many times the true one ...
    of_this: int = 1  # ... and so many times the one with these weights


class Rewiring(NamedTuple):
    """Edges of the graph that are there in several versions, and of each node that they lead from, what stays."""

    edges: Sequence[Edge]
    kept: Mapping[int, Sources]
    versions: Sequence[Version]

    def rewire(self, version: Version) -> dict[int, Sources]:
        """Return the sources that these nodes have in this version."""
        rewired = {n: list(kept) for n, kept in self.kept.items()}
        for (n, source), weight in zip(self.edges, version.weigh(), strict=True):
            rewired[n].append((source, weight))
        return dict(rewired)


class Family:
    """Hypotheses of a few kinds, made when they are first asked for."""

    def __init__(self, kinds: str, make: Callable[[], Iterable[Rewiring]]) -> None:
        self._kinds = kinds.split(", ")
        self._make = make

    @functools.cached_property
    def rewirings(self) -> list[Rewiring]:
        """All of them."""
        return list(self._make())

    def select(self, wanted: Collection[Kind]) -> Iterator[tuple[Rewiring, Version]]:
        """Yield those of kinds that are wanted."""
        for rewiring in self.rewirings if any(kind.name in self._kinds for kind in wanted) else ():
            yield from ((rewiring, version) for version in rewiring.versions if version.kind in wanted)


class Rewirings:
    """What the gradients of f are with other weights, tried when they are first asked for."""

    def __init__(self, graph: Graph, families: Sequence[Family], by_hand: Sequence[Arbs]) -> None:
        self._graph = graph
        self._families = families
        self._by_hand = by_hand
        self._near: list[list[tuple[Rewiring, Version]]] | None = None  # for each leaf

    def find_kinds(self, values: Values, wanted: Collection[Kind] | None = None) -> Iterator[Kind]:
        """Yield every kind that the gradient by this array is of, or of those that are wanted alone."""
        likely: Iterable[tuple[Rewiring, Version]] = self._find_near(values.number) if wanted is None else ()
        if wanted is not None:
            likely = itertools.chain.from_iterable(family.select(wanted) for family in self._families)
        for rewiring, version in sorted(likely, key=lambda one: one[1].rank):
            gradient = self._graph.differentiate(rewiring.rewire(version))[values.number]
            this = make_arbs(gradient, values.true.shape)
            if values.matches(values.true * version.of_true + this * version.of_this):
                yield version.kind

    def _find_near(self, leaf: int) -> list[tuple[Rewiring, Version]]:
        if self._near is None:
            rewirings = [rewiring for family in self._families for rewiring in family.rewirings]
            pairs = zip(self._graph.entries, self._by_hand, strict=True)
            floats = [_make_floats(list_entries(x)) if len(of_leaf) == x.size > 0 else None for of_leaf, x in pairs]
            self._near = _find_near(self._graph, rewirings, floats)
        return self._near[leaf]


def _make_floats(numbers: Sequence[arb]) -> Floats:
    return np.array(list(map(float, numbers)))


def _find_near(
    graph: Graph, rewirings: Sequence[Rewiring], by_hand: Sequence[Floats | None]
) -> list[list[tuple[Rewiring, Version]]]:
    """Return for each leaf the versions whose gradient by it comes near the one by hand; none where that is `None`."""
    near: list[list[tuple[Rewiring, Version]]] = [[] for _ in by_hand]
    true = [_make_floats(of_leaf) for of_leaf in graph.differentiate({})]
    for some in _split(rewirings, _MOST_WORK // max(1, len(graph.edges))):
        versions = [(rewiring, version) for rewiring in some for version in rewiring.versions]
        of_true, of_this = np.array([(version.of_true, version.of_this) for _, version in versions]).T
        for leaf, gradient in enumerate(_differentiate_roughly(graph, some, len(versions))):
            expected = by_hand[leaf]
            if expected is not None:
                claims = np.outer(true[leaf], of_true) + gradient * of_this
                distance = abs(claims - expected[:, None]).max(axis=0)
                near[leaf] += [versions[k] for k in np.flatnonzero(distance <= _NEAR * abs(expected).max())]
    return near


def _split(rewirings: Sequence[Rewiring], most: int) -> Iterator[list[Rewiring]]:
    """Yield parts of these with few versions each, until there are too many."""
    part: list[Rewiring] = []
    ends = itertools.accumulate(len(rewiring.versions) for rewiring in rewirings)
    for rewiring, end in zip(rewirings, ends, strict=True):
        if end > most:
            break
        part.append(rewiring)
        if sum(len(one.versions) for one in part) >= _AT_ONCE:
            yield part
            part = []
    if part:
        yield part


def _differentiate_roughly(graph: Graph, rewirings: Sequence[Rewiring], count: int) -> list[Floats]:
    """Return the gradient by each leaf on floats: a row for each entry, a column for each version."""
    changed = _tabulate(rewirings)
    adjoints: list[Any] = [None] * len(graph.nodes)
    adjoints[-1] = np.ones(count)

    def add(source: int, which: slice, contribution: Floats) -> None:
        if adjoints[source] is None:
            adjoints[source] = np.zeros(count)
        adjoints[source][which] += contribution

    with np.errstate(all="ignore"):
        for n in range(len(graph.nodes) - 1, -1, -1):
            adjoint = adjoints[n]
            if adjoint is None or graph.nodes[n].leaf is not None:
                continue
            adjoints[n] = None  # it is not needed again
            for which, row in changed.get(n, ()):
                for source, weights in row:
                    add(source, which, adjoint[which] * weights)
                adjoint[which] = 0
            for source, partial in graph.rough_sources[n]:
                add(source, slice(None), adjoint * partial)
    nothing = np.zeros(count)
    rows = [
        [nothing if n is None or adjoints[n] is None else adjoints[n] for n in entries] for entries in graph.entries
    ]
    return [np.array(of_leaf).reshape(-1, count) for of_leaf in rows]


def _tabulate(rewirings: Sequence[Rewiring]) -> dict[int, list[tuple[slice, list[tuple[int, Any]]]]]:
    """Return the sources of each node that is rewired: for a range of versions, with a weight for each of them."""
    changed: dict[int, list[tuple[slice, list[tuple[int, Any]]]]] = {}
    begin = 0
    for rewiring in rewirings:
        which = slice(begin, begin := begin + len(rewiring.versions))
        rows: dict[int, list[tuple[int, Any]]] = {
            n: [(source, float(weight)) for source, weight in kept] for n, kept in rewiring.kept.items()
        }
        table = np.array([_make_floats(version.weigh()) for version in rewiring.versions]).T
        for (n, source), weights in zip(rewiring.edges, table, strict=True):
            rows[n].append((source, weights))
        for n, row in rows.items():
            changed.setdefault(n, []).append((which, row))
    return changed
