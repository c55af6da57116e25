"""What f computed, as a graph: the ways by which each entry of its arguments acts on its value, step by step.

An edge leads from a number to one that it was computed from, with the partial derivative as its weight. The gradient
by an entry is the sum, over all paths that lead to it, of the products of the weights. Sums over some of the paths are
what many a wrong gradient computes: those of one step in time, those that stay within k steps, those that do not go
through some line of the code.
"""

import functools
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from flint import arb

from bptt.balls._reverse import Origin, Traced
from bptt.balls._source import Place

Edge: TypeAlias = tuple[int, int]  # from a node to a source, by number
Clock: TypeAlias = list[int | None]
"""The step at which each node was computed; None for what belongs to no step."""

_NOWHERE = Origin((), linear=False)


class Node(NamedTuple):
    """A number that f computed, or an entry of its arguments."""

    sources: list[tuple[int, arb]]  # earlier nodes, with the partial derivative by each
    origin: Origin
    leaf: int | None  # which array of the arguments it is an entry of


class Loop(NamedTuple):
    """An expression that is computed at each of several steps from what it was before, and when."""

    place: Place
    clock: Clock
    ticks: frozenset[int]  # the nodes of that expression, and of others that go with it
    inside: frozenset[int]  # the nodes of all expressions that have a part in what a later step is computed from


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

    def with_other_weights(self, weights: Mapping[Edge, arb]) -> list[list[arb]]:
        """The gradient by each leaf where these edges have other weights."""
        adjoints = self._swept(weights)
        return [[arb(0) if n is None else adjoints[n] for n in entries] for entries in self.entries]

    @functools.cached_property
    def _adjoints(self) -> list[arb]:
        return self._swept({})

    def _swept(self, weights: Mapping[Edge, arb]) -> list[arb]:
        adjoints: list[arb] = [arb(0)] * len(self.nodes)
        adjoints[-1] = arb(1)
        for n in range(len(self.nodes) - 1, -1, -1):
            for source, partial in self.nodes[n].sources:
                adjoints[source] = adjoints[source] + adjoints[n] * weights.get((n, source), partial)
        return adjoints

    def products_with(self, leaf: int) -> Iterator[tuple[Edge, int]]:
        """The edges out of each product with an entry of a leaf, to what it is multiplied by; and which entry it is."""
        numbers = {n: k for k, n in enumerate(self.entries[leaf]) if n is not None}
        for n, node in enumerate(self.nodes):
            if len(node.sources) == 2 and not node.origin.linear:
                (a, _), (b, _) = node.sources
                for entry, other in ((a, b), (b, a)):
                    if entry in numbers:
                        yield (n, other), numbers[entry]

    def edges(self) -> Iterator[Edge]:
        """All of them, from each node to each of its sources."""
        return ((n, source) for n, node in enumerate(self.nodes) for source in {k for k, _ in node.sources})

    def loops(self) -> list[Loop]:
        """The loops of f, if it has some: what uses the same arguments again at each of several steps."""
        users: dict[Place, None] = {
            node.origin.places[0]: None
            for node in self.nodes
            if node.origin.places and any(self.nodes[source].leaf is not None for source, _ in node.sources)
        }
        loops: list[Loop] = []
        for place in users:
            clock = self._by_executions(place)
            if clock is not None:
                ticks = frozenset(n for n, node in enumerate(self.nodes) if node.origin.places[:1] == (place,))
                loops.append(Loop(place, clock, ticks, self._inside(ticks)))
        return _merged(loops)

    def _inside(self, ticks: frozenset[int]) -> frozenset[int]:
        feeding = set(ticks)
        for n in range(len(self.nodes) - 1, -1, -1):
            if n in feeding:
                feeding.update(source for source, _ in self.nodes[n].sources)
        places = {self.nodes[n].origin.places[:1] for n in feeding}
        return frozenset(n for n, node in enumerate(self.nodes) if n in feeding or node.origin.places[:1] in places)

    def _by_executions(self, place: Place) -> Clock | None:
        """A step later each time that an expression is computed from what it was before; `None` if it never is.

        Some entry of the arguments must come into it at several steps, as a weight does.
        """
        clock: Clock = [None] * len(self.nodes)
        steps: dict[int, set[int]] = {}  # by entry
        for run in self._runs:
            sources = [source for n in run for source, _ in self.nodes[n].sources]
            if self.nodes[run[0]].origin.places[:1] != (place,):
                for n in run:
                    earlier = (step for source, _ in self.nodes[n].sources if (step := clock[source]) is not None)
                    clock[n] = max(earlier, default=None)
                continue
            step = 1 + max((known for source in sources if (known := clock[source]) is not None), default=-1)
            for n in run:
                clock[n] = step
            for source in sources:
                if self.nodes[source].leaf is not None:
                    steps.setdefault(source, set()).add(step)
        return clock if any(len(of_entry) > 1 for of_entry in steps.values()) else None

    @functools.cached_property
    def _runs(self) -> list[list[int]]:
        """The nodes by executions of an expression, each of them one after the other."""
        groups = itertools.groupby(range(len(self.nodes)), lambda n: self.nodes[n].origin.places[:1])
        return [list(group) for _, group in groups]

    def is_within_one_run(self, n: int, other: int) -> bool:
        """Whether one execution of one expression computed both."""
        return self._number_of_run[n] == self._number_of_run[other]

    @functools.cached_property
    def _number_of_run(self) -> dict[int, int]:
        return {n: number for number, run in enumerate(self._runs) for n in run}

    def length(self, loop: Loop, n: int, source: int) -> int:
        """How many steps an edge leads back; none where it leads to an argument, or out of the loop."""
        now, then = loop.clock[n], loop.clock[source]
        if now is None or then is None or n not in loop.inside or self.nodes[source].leaf is not None:
            return 0
        return now - then

    def is_carried(self, loop: Loop, n: int) -> bool:
        """Whether a node is a state that the loop hands on, not a part of the next step that is computed early."""
        now = loop.clock[n]
        return any(consumer in loop.ticks or loop.clock[consumer] == now for consumer in self._consumers[n])

    def _sums_that_are_the_value(self) -> set[int]:
        """The nodes that are merely added up to the value of f: a loss of many steps is one in none of them."""
        outermost: set[int] = set()
        for n in range(len(self.nodes) - 1, -1, -1):
            if self.nodes[n].origin.linear and all(consumer in outermost for consumer in self._consumers[n]):
                outermost.add(n)
        return outermost

    def is_merely_added(self, n: int) -> bool:
        """Whether a node is one of the sums that make up the value of f."""
        return n in self._outermost

    def uses(self, loop: Loop) -> list[list[list[Use]]]:
        """Those of each entry of each leaf, the latest first."""
        nodes, belongs = self.nodes, self._steps_of_uses(loop.clock)
        adjoints: list[dict[int, arb]] = [{} for _ in nodes]
        adjoints[-1][0] = arb(1)
        found: dict[int, list[Use]] = {}
        for n in range(len(nodes) - 1, -1, -1):
            for source, partial in nodes[n].sources:
                if nodes[source].leaf is not None:
                    found.setdefault(source, []).append(Use(belongs[n], partial, adjoints[n]))
                    continue
                further = self.length(loop, n, source)
                onto = adjoints[source]
                for length, adjoint in adjoints[n].items():
                    more = adjoint * partial
                    length += further
                    onto[length] = onto[length] + more if length in onto else more
        return [[found.get(n, []) if n is not None else [] for n in entries] for entries in self.entries]

    def _steps_of_uses(self, clock: Clock) -> Clock:
        """The step to which each node belongs: what is computed from arguments alone, to the one step that needs it.

        Steps are counted from the first of which anything is known, before W was multiplied by a state, say.
        """
        belongs = list(clock)
        for n in range(len(self.nodes) - 1, -1, -1):
            steps = {None if k in self._outermost else belongs[k] for k in self._consumers[n]}
            if clock[n] is None and len(steps) == 1 and self.nodes[n].leaf is None:
                (belongs[n],) = steps
        if self._is_used_before(belongs):
            return [0 if step is None else step + 1 for step in belongs]
        return belongs

    def _is_used_before(self, belongs: Clock) -> bool:
        """Whether some expression uses an argument at a step, and before all steps."""
        steps: dict[Place, set[bool]] = {}
        for node, step in zip(self.nodes, belongs, strict=True):
            if node.origin.places and any(self.nodes[source].leaf is not None for source, _ in node.sources):
                steps.setdefault(node.origin.places[0], set()).add(step is None)
        return any(len(known) == 2 for known in steps.values())


def _merged(loops: Sequence[Loop]) -> list[Loop]:
    """One in place of all that are the same loop: a step begins where any of its expressions has it begin."""
    merged: list[Loop] = []
    for loop in loops:
        for n, other in enumerate(merged):
            if _go_together(loop.clock, other.clock):
                clock = [_later(a, b) for a, b in zip(loop.clock, other.clock, strict=True)]
                merged[n] = Loop(other.place, clock, other.ticks | loop.ticks, other.inside | loop.inside)
                break
        else:
            merged.append(loop)
    return merged


def _go_together(clock: Clock, other: Clock) -> bool:
    """Whether the two have as many steps, and one is never further than a step ahead."""
    steps = ({step for step in one if step is not None} for one in (clock, other))
    both = ((a, b) for a, b in zip(clock, other, strict=True) if a is not None and b is not None)
    return len(set(map(len, steps))) == 1 and all(abs(a - b) <= 1 for a, b in both)


def _later(a: int | None, b: int | None) -> int | None:
    return max((step for step in (a, b) if step is not None), default=None)


def _earliest_first(output: Traced) -> list[Traced]:
    reached = {output.created: output}
    waiting = [output]
    while waiting:
        for source, _ in waiting.pop().sources:
            if source.created not in reached:
                reached[source.created] = source
                waiting.append(source)
    return [reached[created] for created in sorted(reached)]
