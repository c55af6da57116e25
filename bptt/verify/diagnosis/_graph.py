"""What f computed, as a graph: the ways by which each entry of its arguments acts on its value.

An edge leads from a number to one that it was computed from, with the partial derivative as its weight. The gradient
by an entry is the sum, over all paths that lead to it, of the products of the weights.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from flint import arb

from bptt.balls import Origin, Place, Traced, sort_latest_first

Edge: TypeAlias = tuple[int, int]  # from a node to a source, by number


class Node(NamedTuple):
    """A number that f computed, or an entry of its arguments."""

    sources: list[tuple[int, arb]]  # earlier nodes, with the partial derivative by each
    origin: Origin
    leaf: int | None  # which array of the arguments it is an entry of

    @property
    def expression(self) -> Place | None:
        """The expression that computed it, if that is known."""
        return self.origin.places[0] if self.origin.places else None


class Graph:
    """One run of f that was swept back. Nodes are numbered as they were computed; `inputs` are the entries by leaf."""

    def __init__(self, output: Traced, inputs: Sequence[Sequence[Traced]], origins: Mapping[int, Origin]) -> None:
        leaves = {x.created: n for n, entries in enumerate(inputs) for x in entries}
        computed = sort_latest_first(output, keep_adjoints=True)[::-1]
        position = {node.created: n for n, node in enumerate(computed)}
        self._adjoints: list[arb] = [node.adjoint for node in computed]
        self.nodes = [
            Node(
                [(position[source.created], partial) for source, partial in node.sources],
                origins.get(node.created, Origin((), linear=False)),
                leaves.get(node.created),
            )
            for node in computed
        ]
        self.entries = [[position.get(x.created) for x in entries] for entries in inputs]
        self.edges = [(n, source) for n, node in enumerate(self.nodes) for source in {k for k, _ in node.sources}]
        self.consumers: list[list[int]] = [[] for _ in self.nodes]
        for n, source in self.edges:
            self.consumers[source].append(n)
        # The nodes that one execution of an expression computed, one execution after the other, and its number by node.
        groups = itertools.groupby(range(len(self.nodes)), lambda n: self.nodes[n].expression)
        self.executions = [list(group) for _, group in groups]
        self.execution_of = [number for number, nodes in enumerate(self.executions) for _ in nodes]
        # What is merely added up to the value of f: a loss of many steps is a sum that belongs to none of them.
        self.outermost_sums: set[int] = set()
        for n in reversed(range(len(self.nodes))):
            if self.nodes[n].origin.linear and self.outermost_sums.issuperset(self.consumers[n]):
                self.outermost_sums.add(n)

    def differentiate(self, weights: Mapping[Edge, arb]) -> list[list[arb]]:
        """Return the gradient by each leaf as it is where these edges have other weights."""
        by_node: dict[int, dict[int, arb]] = {}
        for (n, source), weight in weights.items():
            by_node.setdefault(n, {})[source] = weight
        changes = [arb(0)] * len(self.nodes)  # of the adjoint of each node
        for n in range(max(by_node, default=-1), -1, -1):
            others = by_node.get(n, {})
            if changes[n].is_zero() and not others:
                continue
            for source, partial in self.nodes[n].sources:
                changes[source] += changes[n] * others.get(source, partial)
                if source in others:
                    changes[source] += self._adjoints[n] * (others[source] - partial)
        return [[arb(0) if n is None else self._adjoints[n] + changes[n] for n in of_leaf] for of_leaf in self.entries]

    def cut(self, edges: Iterable[Edge]) -> list[list[arb]]:
        """Return the gradient by each leaf along those paths alone that take none of these edges."""
        return self.differentiate(dict.fromkeys(edges, arb(0)))

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
