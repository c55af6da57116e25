"""What f computed, as a graph: the ways by which each entry of its arguments acts on its value.

An edge leads from a number to one that it was computed from, with the partial derivative as its weight. The gradient
by an entry is the sum, over all paths that lead to it, of the products of the weights.
"""

import functools
import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from flint import arb

from bptt.balls import Origin, Place, Traced, sort_latest_first

Edge: TypeAlias = tuple[int, int]  # from a node to a source, by number
Sources: TypeAlias = Sequence[tuple[int, arb]]  # earlier nodes, with the partial derivative by each
Gradient: TypeAlias = list[list[arb]]  # by the entries of each leaf


class Node(NamedTuple):
    """A number that f computed, or an entry of its arguments."""

    sources: Sources
    value: arb
    origin: Origin
    leaf: int | None  # which array of the arguments it is an entry of

    @property
    def expression(self) -> Place | None:
        """The expression that computed it, if that is known."""
        return self.origin.places[0] if self.origin.places else None

    @property
    def is_choice(self) -> bool:
        """Whether it is one of two numbers, the larger one say."""
        return len(self.sources) == 2 and not self.origin.linear and sorted(float(w) for _, w in self.sources) == [0, 1]


class Graph:
    """One run of f. Nodes are numbered as they were computed; `entries` are the entries of the arguments by leaf."""

    def __init__(self, nodes: Sequence[Node], entries: Sequence[Sequence[int | None]]) -> None:
        self.nodes = nodes
        self.entries = entries
        self._adjoints = [arb(0)] * len(nodes)
        self._adjoints[-1] = arb(1)
        for n in reversed(range(len(nodes))):
            for source, partial in nodes[n].sources:
                self._adjoints[source] += self._adjoints[n] * partial
        self.edges = [(n, source) for n, node in enumerate(nodes) for source in {k for k, _ in node.sources}]
        self.consumers: list[list[int]] = [[] for _ in nodes]
        for n, source in self.edges:
            self.consumers[source].append(n)
        self.expressions = [node.expression for node in nodes]
        # The nodes that one execution of an expression computed, one execution after the other, and its number by node.
        groups = itertools.groupby(range(len(nodes)), self.expressions.__getitem__)
        self.executions = [list(group) for _, group in groups]
        self.execution_of = [number for number, some in enumerate(self.executions) for _ in some]
        # What is merely added up to the value of f: a loss of many steps is a sum that belongs to none of them.
        self.outermost_sums: set[int] = set()
        for n in reversed(range(len(nodes))):
            if nodes[n].origin.linear and self.outermost_sums.issuperset(self.consumers[n]):
                self.outermost_sums.add(n)

    @functools.cached_property
    def rough_sources(self) -> list[list[tuple[int, float]]]:
        """The sources of each node, with floats as partial derivatives."""
        return [[(source, float(partial)) for source, partial in node.sources] for node in self.nodes]

    def differentiate(self, rewired: Mapping[int, Sources]) -> Gradient:
        """Return the gradient by each leaf as it is where these nodes have other sources, or other weights to them."""
        changes = [arb(0)] * len(self.nodes)  # of the adjoint of each node
        for n in range(max(rewired, default=-1), -1, -1):
            before, now = self.nodes[n].sources, rewired.get(n, self.nodes[n].sources)
            if not changes[n].is_zero():
                for source, partial in now:
                    changes[source] += changes[n] * partial
            if now is not before:
                kept = {id(edge) for edge in now} & {id(edge) for edge in before}  # these change nothing, exactly
                for sign, edges in ((1, now), (-1, before)):
                    for edge in edges:
                        if id(edge) not in kept:
                            changes[edge[0]] += sign * self._adjoints[n] * edge[1]
        return [[arb(0) if n is None else self._adjoints[n] + changes[n] for n in of_leaf] for of_leaf in self.entries]

    def cut(self, edges: Iterable[Edge]) -> Gradient:
        """Return the gradient by each leaf along those paths alone that take none of these edges."""
        cut = defaultdict[int, set[int]](set)
        for n, source in edges:
            cut[n].add(source)
        return self.differentiate({n: [e for e in self.nodes[n].sources if e[0] not in cut[n]] for n in cut})

    def keep_edges(self, n: int, keeps: Callable[[int], bool]) -> Sources:
        """Return those of the sources of a node, by their numbers, that are to be kept."""
        return tuple(edge for k, edge in enumerate(self.nodes[n].sources) if keeps(k))

    def find_products(self, leaf: int) -> Iterator[tuple[Edge, int]]:
        """Yield the edges out of each product with an entry of a leaf, to what it is multiplied by, and which entry."""
        numbers = {n: k for k, n in enumerate(self.entries[leaf]) if n is not None}
        for n, node in enumerate(self.nodes):
            if len(node.sources) == 2 and not node.origin.linear:
                (a, _), (b, _) = node.sources
                for entry, other in ((a, b), (b, a)):
                    if entry in numbers:
                        yield (n, other), numbers[entry]

    def has_arguments(self, n: int) -> bool:
        """Whether a node was computed from an entry of the arguments itself."""
        return any(self.nodes[source].leaf is not None for source, _ in self.nodes[n].sources)


def read_graph(output: Traced, inputs: Sequence[Sequence[Traced]], origins: Mapping[int, Origin]) -> Graph:
    """Return the graph of one run of f, without the ways through a maximum that add up to nothing.

    With them, softmax(x − max x) without its denominator would be no part of the sum that the gradient is.
    """
    leaves = {x.created: n for n, entries in enumerate(inputs) for x in entries}
    computed = sort_latest_first(output)[::-1]
    position = {node.created: n for n, node in enumerate(computed)}
    nodes = [
        Node(
            [(position[source.created], partial) for source, partial in node.sources],
            node.value,
            origins.get(node.created, Origin((), linear=False)),
            leaves.get(node.created),
        )
        for node in computed
    ]
    graph = Graph(nodes, [[position.get(x.created) for x in entries] for entries in inputs])
    choices = defaultdict[tuple[Place, ...], set[int]](set)
    for n, node in enumerate(nodes):
        if node.is_choice:
            choices[node.origin.places].add(n)
    for chosen in choices.values():
        cut = {
            n for n in range(len(nodes)) if n not in chosen and any(source in chosen for source, _ in nodes[n].sources)
        }
        if cut and _is_same(graph.cut((n, k) for n in cut for k in chosen), graph.cut(())):
            kept = [
                node._replace(sources=[edge for edge in node.sources if edge[0] not in chosen]) if n in cut else node
                for n, node in enumerate(graph.nodes)
            ]
            graph = Graph(kept, graph.entries)
    return graph


def _is_same(one: Gradient, other: Gradient) -> bool:
    """Whether two gradients are equal to all digits that are known."""
    pairs = [pair for of_leaves in zip(one, other, strict=True) for pair in zip(*of_leaves, strict=True)]
    largest = max((abs(y) for _, y in pairs), key=lambda y: y.mid(), default=arb(0))
    return all(abs(x - y) <= arb(2) ** -200 * largest for x, y in pairs)
