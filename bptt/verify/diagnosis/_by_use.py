"""Mistakes in what is added up: one use of an entry alone, as where = stands for +=, or one turn of a loop left out."""

import math
from collections import defaultdict
from collections.abc import Container, Iterator, Mapping, Sequence
from functools import partial
from typing import TypeAlias

from bptt.verify.diagnosis._graph import Graph
from bptt.verify.diagnosis._kind import Form
from bptt.verify.diagnosis._rewiring import Rewiring, Version
from bptt.verify.diagnosis._sites import Key, Sites

_Uses: TypeAlias = Mapping[Key, Mapping[int, Sequence[tuple[int, int]]]]  # by site and entry: nodes, numbers of edges


def rewire_uses(graph: Graph, sites: Sites) -> Iterator[Rewiring]:
    """Yield for each argument and place the last use of each entry there, and the first, as the only one and left out.

    An array that is used at once, row by row, is one that is used several times.
    """
    for leaf in range(len(graph.entries)):
        for key, uses in _list_uses(graph, sites, leaf).items():
            counts = set(map(len, uses.values()))
            place, path = sites.describe(key), sites.name(-1 - leaf)
            for count in (n for n in range(1, max(counts)) if math.gcd(*counts) % n == 0):
                for which, rest in (("last", slice(-count)), ("first", slice(count, None))):
                    cut = {use for of_entry in uses.values() for use in of_entry[rest]}
                    kept = {n: graph.keep_edges(n, partial(_is_not_among, cut, n)) for n, _ in cut}
                    yield Rewiring((), kept, [Version(Form.LAST_USE.describe(which=which, place=place))])
            if len(counts) == 1 and len(sites.executions[key]) == 1:
                parts = _split_evenly(sites.executions[key][0], *counts)
                yield from _leave_out_ends(graph, parts, f"use of {path} in {place}")


def _list_uses(graph: Graph, sites: Sites, leaf: int) -> _Uses:
    """Return what each entry of an argument has a part in, the earliest first."""
    uses = defaultdict[Key, dict[int, list[tuple[int, int]]]](lambda: defaultdict(list))
    for entry in graph.entries[leaf]:
        for n in [] if entry is None else graph.consumers[entry]:
            numbers = [number for number, (source, _) in enumerate(graph.nodes[n].sources) if source == entry]
            if entry is not None and sites.is_known(sites.of[n]):
                uses[sites.of[n]][entry] += [(n, number) for number in numbers]
    return uses


def _is_not_among(cut: Container[tuple[int, int]], n: int, number: int) -> bool:
    return (n, number) not in cut


def _split_evenly(nodes: Sequence[int], count: int) -> list[Sequence[int]]:
    """Return so many parts of equal length, if there are such."""
    length = len(nodes) // count
    return [nodes[k : k + length] for k in range(0, len(nodes), length)] if length * count == len(nodes) else []


def rewire_executions(graph: Graph, sites: Sites) -> Iterator[Rewiring]:
    """Yield f without the first or the last time that a place was reached, and with that alone."""
    for key in sites.places_known:
        yield from _leave_out_ends(graph, sites.executions[key], f"execution of {sites.describe(key)}")


def _leave_out_ends(graph: Graph, parts: Sequence[Sequence[int]], what: str) -> Iterator[Rewiring]:
    """Yield the graph without the first and the last of these parts, and with that alone."""
    for which, nodes in (("first", parts[0]), ("last", parts[-1])) if len(parts) > 1 else ():
        inside = set(nodes)
        kept = {n: tuple(edge for edge in graph.nodes[n].sources if edge[0] in inside) for n in nodes}
        missing = Form.EXECUTION_MISSING.describe(which=which, what=what)
        alone = Form.ONE_EXECUTION.describe(which=which, what=what)
        yield Rewiring((), kept, [Version(missing), Version(alone, of_true=1, of_this=-1)])
