"""Mistakes in a product at one place in the code of f: a factor left out, or another one in its place."""

import operator
from collections import defaultdict
from collections.abc import Container, Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from flint import arb

from bptt.verify.diagnosis._by_slope import CHANGES, CHANGES_OF_FACTORS, map_lazily
from bptt.verify.diagnosis._graph import Graph
from bptt.verify.diagnosis._kind import Form
from bptt.verify.diagnosis._rewiring import Rewiring, Version
from bptt.verify.diagnosis._sites import Key, Sites

_LONGEST_SUM = 100  # operations, in which an entry is looked for
_MOST_OTHERS = 24  # arrays that are tried in the place of one


class _Operand(NamedTuple):
    """One of what an operation takes: the edge to it, and what else the operation takes, if that is no data."""

    node: int
    source: int
    weight: arb
    number: int  # among the edges of the node
    other: int | None


class _Operands(NamedTuple):
    """All that the operations at one place take from another."""

    at: Key
    of: Key
    side: int  # 1 for the left, 2 for the right, where products take both from there, else 0
    operands: Sequence[_Operand]

    @property
    def weights(self) -> list[arb]:
        return [operand.weight for operand in self.operands]


def rewire_factors(graph: Graph, sites: Sites, sizes: Mapping[str, int]) -> Iterator[Rewiring]:
    """Yield hypotheses on the products and sums at one place, by one of what is multiplied or added there."""
    for group in _find_operands(graph, sites):
        has_other = any(operand.other is not None for operand in group.operands)
        if not has_other and all(sites.is_result(operand.node) for operand in group.operands):
            continue  # a function of one number
        is_sum = has_other and all(graph.nodes[operand.node].origin.linear for operand in group.operands)
        versions = [*_change(sites, group, sizes), *([] if is_sum else _replace_factor(graph, sites, group))]
        edges = [(operand.node, operand.source) for operand in group.operands]
        taken = {(operand.node, operand.number) for operand in group.operands}
        kept = {n: graph.keep_edges(n, partial(_is_outside, taken, n)) for n, _ in edges}
        yield Rewiring(edges, kept, versions)


def rewire_entries(graph: Graph, sites: Sites) -> Iterator[Rewiring]:
    """Yield quotients of each entry and what is computed of all, with what the entry itself does to both alone."""
    found = defaultdict[tuple[Key, Key, Key], list[_Operand]](list)
    for group in _find_operands(graph, sites):
        for operand in group.operands:
            if operand.other is not None and group.side == 0 and not graph.nodes[operand.node].origin.linear:
                found[group.at, group.of, sites.of[operand.other]].append(operand)
    for (at, of, _), operands in found.items():
        shares = [_find_share(graph, operand) for operand in operands]
        if all(share is not None for share in shares):
            weights = [
                operand.weight + share for operand, share in zip(operands, shares, strict=True) if share is not None
            ]
            edges = [(operand.node, operand.source) for operand in operands]
            kind = Form.OWN_ENTRY.describe(place=sites.describe(at), of=sites.name(of, at))
            yield Rewiring(edges, {n: () for n, _ in edges}, [Version(kind, partial(list, weights))])


def _find_share(graph: Graph, operand: _Operand) -> arb | None:
    """Return what an operand does to the result by the other operand, which is a sum that it is a part of."""
    (weight,) = [w for k, (_, w) in enumerate(graph.nodes[operand.node].sources) if k != operand.number]
    waiting = [(operand.other, weight)]
    for _ in range(_LONGEST_SUM):
        n, share = waiting.pop()
        if n == operand.source:
            return share
        if n is not None and graph.nodes[n].origin.linear:
            waiting += [(source, share * w) for source, w in graph.nodes[n].sources]
        if not waiting:
            return None
    return None


def _is_outside(taken: Container[tuple[int, int]], n: int, number: int) -> bool:
    return (n, number) not in taken


def _find_operands(graph: Graph, sites: Sites) -> list[_Operands]:
    """Find the operands of all operations, by where they come from."""
    found = defaultdict[tuple[Key, Key], dict[int, list[_Operand]]](lambda: defaultdict(list))
    for n, node in enumerate(graph.nodes):
        if node.leaf is not None or len(node.sources) > 2 or not sites.is_known(sites.of[n]):
            continue
        origins = [sites.of[source] for source, _ in node.sources]
        has_sides = len(origins) == 2 and origins[0] == origins[1] and not (node.origin.linear or node.is_choice)
        for number, (source, weight) in enumerate(node.sources):
            if origins[number] != sites.of[n]:
                other = node.sources[1 - number][0] if len(node.sources) > 1 else None
                side = 1 + number if has_sides else 0
                found[sites.of[n], origins[number]][side].append(_Operand(n, source, weight, number, other))
    return [
        _Operands(*keys, side, operands)
        for keys, by_side in found.items()
        for side, operands in by_side.items()
        if side or len(by_side) == 1
    ]


def _change(sites: Sites, group: _Operands, sizes: Mapping[str, int]) -> Iterator[Version]:
    """Try what goes into the operations negated, halved, doubled, or multiplied or divided by a size."""
    side = ("", ", on its left", ", on its right")[group.side]
    what = f"what goes from {sites.name(group.of, group.at)} into {sites.describe(group.at)}{side}"
    for words, change in CHANGES.items():
        yield Version(Form.CHANGED_ON_THE_WAY.describe(what=what, changed=words), map_lazily(change, group.weights))
    for name, size in sizes.items():
        for words, factor in (("multiplied", arb(size)), ("divided", 1 / arb(size))) if size > 1 else ():
            kind = Form.CHANGED_ON_THE_WAY.describe(what=what, changed=f"{words} by {name}")
            yield Version(kind, map_lazily(partial(operator.mul, factor), group.weights))


def _replace_factor(graph: Graph, sites: Sites, group: _Operands) -> Iterator[Version]:
    """Try other factors: none, what is there at another step, what another array has there."""
    place, of, weights = sites.describe(group.at), sites.name(group.of, group.at), group.weights
    others = {sites.of[operand.other] for operand in group.operands if operand.other is not None}
    factor = "".join(f" {sites.name(other, group.at)}" for other in others) if len(others) == 1 else f" beside {of}"
    if group.side:
        way = f"what goes into the {('left', 'right')[group.side - 1]} side of {place}"
        yield Version(Form.PATH_MISSING.describe(way=way), map_lazily(lambda _: arb(0), weights))
    yield Version(Form.FACTOR_MISSING.describe(factor=factor, place=place), map_lazily(lambda _: arb(1), weights))
    for words, change in CHANGES_OF_FACTORS.items():
        what = f"the factor{factor} in {place}"
        yield Version(Form.CHANGED_ON_THE_WAY.describe(what=what, changed=words), map_lazily(change, weights))
    if all(o.other is None or o.weight is graph.nodes[o.other].value for o in group.operands):
        for beside, moved in _move_in_time(graph, sites, group):
            yield Version(Form.FACTOR_BESIDE.describe(what=of, place=place, beside=beside), partial(list, moved))
        for one in [other for other in others if other >= 0] or others:
            yield from _take_another(graph, sites, group, one)
    elif len(others) == 1 and all(operand.other is not None for operand in group.operands):
        values = [graph.nodes[operand.other].value for operand in group.operands if operand.other is not None]
        for words, once_more in {"multiplied": operator.mul, "divided": operator.truediv}.items():
            what, changed = f"what goes from {of} into {place}", f"{words} by{factor}"
            kind = Form.CHANGED_ON_THE_WAY.describe(what=what, changed=changed)
            yield Version(kind, map_lazily(once_more, weights, values))


def _take_another(graph: Graph, sites: Sites, group: _Operands, one: Key) -> Iterator[Version]:
    """Try what another array has in the place of a factor, at the same step and at the one before."""
    place, factor = sites.describe(group.at), sites.name(one, group.at)
    for other in sites.find_like(one)[:_MOST_OTHERS]:
        name = sites.name(other, group.at)
        kind = Form.OTHER_FACTOR.describe(other=name, factor=factor, place=place)
        yield Version(kind, partial(_take_values, graph, sites, group, (other, 0, None)))
        kind = Form.OTHER_FACTOR.describe(other=f"{name} at the step before", factor=factor, place=place)
        for start in [None, *sites.find_starts(other)] if len(sites.results[other]) > 1 else ():
            yield Version(kind, partial(_take_values, graph, sites, group, (other, -1, start)))


def _take_values(graph: Graph, sites: Sites, group: _Operands, where: tuple[Key, int, Key | None]) -> list[arb]:
    """Return what stands elsewhere in the place of the factors; of data, the factors."""
    return [
        operand.weight if operand.other is None else _evaluate(graph, sites.move(operand.other, *where))
        for operand in group.operands
    ]


def _evaluate(graph: Graph, n: int | None) -> arb:
    return arb(0) if n is None else graph.nodes[n].value


def _move_in_time(graph: Graph, sites: Sites, group: _Operands) -> Iterator[tuple[str, list[arb]]]:
    """Yield the factors as they are one execution earlier or later; at the ends in each way that people have."""
    execution_of = {n: k for k, nodes in enumerate(sites.executions[group.at]) for n in nodes}
    steps = defaultdict[int, list[_Operand]](list)
    for operand in group.operands:
        steps[execution_of[operand.node]].append(operand)
    rows = [steps[k] for k in sorted(steps)]
    if len(rows) < 2 or len(set(map(len, rows))) > 1:
        return
    weights = [[operand.weight for operand in row] for row in rows]
    nothing = [arb(0)] * len(weights[0])
    last = [None if o.other is None else sites.move(o.other, sites.of[o.other], 1) for o in rows[-1]]
    computed_last = [graph.nodes[n].value for n in last if n is not None]  # and no longer multiplied by anything
    for first in (nothing, weights[0], weights[-1]):
        yield "before", [x for row in (first, *weights[:-1]) for x in row]
    for end in (*([computed_last] if len(computed_last) == len(last) else []), nothing, weights[-1], weights[0]):
        yield "after", [x for row in (*weights[1:], end) for x in row]
