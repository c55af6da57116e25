"""What f computed, as a graph: the ways by which each entry of its arguments acts on its value, step by step.

An edge leads from a number to one that it was computed from, with the partial derivative as its weight. The gradient
by an entry is the sum, over all paths that lead to it, of the products of the weights. Sums over some of the paths are
what many a wrong gradient computes: those of one step in time, those that stay within k steps, those that do not go
through some line of the code.
"""

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple, TypeAlias

from flint import arb

from bptt.verify.adjoint import Origin, Traced
from bptt.verify.places import Place

Edge: TypeAlias = tuple[int, int]  # from a node to a source, by number
Clock: TypeAlias = list[int | None]
"""The step at which each node was computed; None for what belongs to no step."""

_NOWHERE = Origin((), linear=False)


class Node(NamedTuple):
    """A number that f computed, or an entry of its arguments."""

    sources: list[tuple[int, arb]]  # earlier nodes, with the partial derivative by each
    origin: Origin
    leaf: int | None  # which array of the arguments it is an entry of


class Use(NamedTuple):
    """A use of an entry. It contributes the sum of `adjoints` times `partial` to the gradient by it."""

    step: int | None
    partial: arb
    adjoints: dict[int, arb]  # by the length in steps of the paths that lead to it


class Trace:
    """The graph of one run of f. `inputs` are the entries of each array among its arguments."""

    def __init__(self, output: Traced, inputs: Sequence[Sequence[Traced]], origins: Mapping[int, Origin]) -> None:
        leaves = {x.created: n for n, entries in enumerate(inputs) for x in entries}
        reached = _earliest_first(output)
        position = {node.created: n for n, node in enumerate(reached)}
        self.nodes = [
            Node(
                [(position[source.created], partial) for source, partial in node.sources],
                origins.get(node.created, _NOWHERE),
                leaves.get(node.created),
            )
            for node in reached
        ]
        self.entries = [[position.get(x.created) for x in entries] for entries in inputs]
        self._consumers: list[list[int]] = [[] for _ in self.nodes]
        for n, node in enumerate(self.nodes):
            for source, _ in node.sources:
                self._consumers[source].append(n)
        self._outermost = self._sums_that_are_the_value()

    def without(self, cut: Iterable[Edge]) -> list[list[arb]]:
        """The gradient by each leaf along those paths alone that take none of these edges."""
        barred: dict[int, set[int]] = {}
        for n, source in cut:
            barred.setdefault(n, set()).add(source)
        adjoints, zero = self._adjoints, arb(0)
        lost: list[arb | None] = [None] * len(self.nodes)  # of the adjoint of each node
        for n in range(max(barred, default=-1), -1, -1):
            own, of_node = lost[n], barred.get(n, ())
            if own is not None or of_node:
                for source, partial in self.nodes[n].sources:
                    less = adjoints[n] if source in of_node else own
                    if less is not None:
                        before, more = lost[source], less * partial
                        lost[source] = more if before is None else before + more
        return [
            [zero if n is None else adjoints[n] if (less := lost[n]) is None else adjoints[n] - less for n in entries]
            for entries in self.entries
        ]

    @functools.cached_property
    def _adjoints(self) -> list[arb]:
        adjoints: list[arb] = [arb(0)] * len(self.nodes)
        adjoints[-1] = arb(1)
        for n in range(len(self.nodes) - 1, -1, -1):
            for source, partial in self.nodes[n].sources:
                adjoints[source] = adjoints[source] + adjoints[n] * partial
        return adjoints

    def edges(self) -> Iterator[Edge]:
        """All of them, from each node to each of its sources."""
        return ((n, source) for n, node in enumerate(self.nodes) for source in {k for k, _ in node.sources})

    def clocks(self, shapes: Sequence[tuple[int, ...]]) -> list[Clock]:
        """Ways to tell the steps of f apart, if it has steps: a loop uses the same arguments in each.

        First those by an axis of an argument, each index of which comes into play at a later step than the one before.
        """
        by_leaf = [clock for n in range(len(shapes)) if self._is_loop(n, clock := self._by_uses(n))]
        by_uses = _in_common(by_leaf)
        if not by_uses:
            return []
        by_axis = [self._by_axis(n, shape, axis) for n, shape in enumerate(shapes) for axis in range(len(shape))]
        return [clock for clock in by_axis if any(_in_step(clock, other) for other in by_uses)] + by_uses

    def _by_axis(self, leaf: int, shape: tuple[int, ...], axis: int) -> Clock:
        inner = 1
        for size in shape[axis + 1 :]:
            inner *= size
        index = {n: k // inner % shape[axis] for k, n in enumerate(self.entries[leaf]) if n is not None}
        clock: Clock = []
        for n, node in enumerate(self.nodes):
            earlier = [clock[source] for source, _ in node.sources]
            clock.append(index.get(n, max((step for step in earlier if step is not None), default=None)))
        return clock

    def _by_uses(self, leaf: int) -> Clock:
        clock: Clock = []
        for node in self.nodes:
            earlier = [step for source, _ in node.sources if (step := clock[source]) is not None]
            used = any(self.nodes[source].leaf == leaf for source, _ in node.sources)
            clock.append(max(earlier, default=-1) + used if used or earlier else None)
        return clock

    def _is_loop(self, leaf: int, clock: Clock) -> bool:
        """Whether some expression uses an entry of the leaf at each of several steps."""
        used: dict[Place, dict[int, set[int]]] = {}
        for n, node in enumerate(self.nodes):
            step = clock[n]
            entries = {source for source, _ in node.sources if self.nodes[source].leaf == leaf}
            if entries and step is not None:
                for place in node.origin.places:
                    used.setdefault(place, {}).setdefault(step, set()).update(entries)
        return any(len(by_step) > 1 and set.intersection(*by_step.values()) for by_step in used.values())

    def length(self, clock: Clock, n: int, source: int) -> int:
        """How many steps an edge leads back; none where it leads to an argument."""
        now, then = clock[n], clock[source]
        if now is None or then is None or n in self._outermost or self.nodes[source].leaf is not None:
            return 0
        return now - then

    def _sums_that_are_the_value(self) -> set[int]:
        """The nodes that are merely added up to the value of f: a loss of many steps is one in none of them."""
        outermost: set[int] = set()
        waiting = [len(self.nodes) - 1]
        while waiting:
            n = waiting.pop()
            if n not in outermost and self.nodes[n].origin.linear:
                outermost.add(n)
                waiting += [source for source, _ in self.nodes[n].sources]
        return outermost

    def uses(self, clock: Clock) -> list[list[list[Use]]]:
        """Those of each entry of each leaf, the latest first."""
        nodes, belongs = self.nodes, self._steps_of_uses(clock)
        adjoints: list[dict[int, arb]] = [{} for _ in nodes]
        adjoints[-1][0] = arb(1)
        found: dict[int, list[Use]] = {}
        for n in range(len(nodes) - 1, -1, -1):
            for source, partial in nodes[n].sources:
                of_leaf = nodes[source].leaf is not None
                if of_leaf:
                    late = 0 if (now := clock[n]) is None else _or(belongs[n], now) - now
                    by_length = {length - late: adjoint for length, adjoint in adjoints[n].items()}
                    found.setdefault(source, []).append(Use(belongs[n], partial, by_length))
                    continue
                further = self.length(clock, n, source)
                onto = adjoints[source]
                for length, adjoint in adjoints[n].items():
                    more = adjoint * partial
                    length += further
                    onto[length] = onto[length] + more if length in onto else more
        return [[found.get(n, []) if n is not None else [] for n in entries] for entries in self.entries]

    def _steps_of_uses(self, clock: Clock) -> Clock:
        """The step to which each node belongs as a use of a leaf: the first one that everything made from it is in.

        W h[t-1] is known before step t, and belongs to it.
        """
        belongs = list(clock)
        for n in range(len(self.nodes) - 1, -1, -1):
            now = _or(clock[n], -1)
            steps = [self._seen_from(consumer, now, clock, belongs) for consumer in self._consumers[n]]
            if steps and min(steps) > now:
                belongs[n] = min(steps)
        return belongs

    def _seen_from(self, consumer: int, now: int, clock: Clock, belongs: Clock) -> int:
        if consumer in self._outermost:
            return now
        then = _or(clock[consumer], -1)
        if then > now:
            return then
        return _or(belongs[consumer], -1) if self.nodes[consumer].origin.linear else now


def _in_common(clocks: Sequence[Clock]) -> list[Clock]:
    """One clock in place of all that have as many steps: a step begins where any of them has it begin."""
    by_steps: dict[int, Clock] = {}
    for clock in clocks:
        steps = len({step for step in clock if step is not None})
        other = by_steps.get(steps, clock)
        by_steps[steps] = [
            max((t for t in times if t is not None), default=None) for times in zip(clock, other, strict=True)
        ]
    return list(by_steps.values())


def _in_step(clock: Clock, other: Clock) -> bool:
    """Whether each step by the one clock begins at a later step by the other."""
    begins: dict[int, int] = {}
    for step, by_other in zip(clock, other, strict=True):
        if step is not None and by_other is not None:
            begins[step] = min(begins.get(step, by_other), by_other)
    first = [begins[step] for step in sorted(begins)]
    return len(first) > 1 and all(earlier < later for earlier, later in pairwise(first))


def _or(step: int | None, other: int) -> int:
    return other if step is None else step


def _earliest_first(output: Traced) -> list[Traced]:
    reached = {output.created: output}
    waiting = [output]
    while waiting:
        for source, _ in waiting.pop().sources:
            if source.created not in reached:
                reached[source.created] = source
                waiting.append(source)
    return [reached[created] for created in sorted(reached)]
