"""The loops in what f computed: which of its numbers belong to which step, and what a step hands on to the next."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias

from flint import arb

from bptt.balls import Place
from bptt.verify.diagnosis._graph import Graph

Clock: TypeAlias = list[int | None]  # the step at which each node was computed; None for what belongs to no step

_BEFORE = -1  # the first step, which is 0


class Use(NamedTuple):
    """A use of an entry. It contributes the sum of `adjoints` times `partial` to the gradient by it."""

    step: int | None
    partial: arb
    adjoints: dict[int, arb]  # by the length in steps of the paths that lead to it


class Loop(NamedTuple):
    """An expression that is computed at each of several steps from what it was before, and when."""

    graph: Graph
    place: Place
    clock: Clock
    ticks: frozenset[int]  # the nodes of that expression, and of others that go with it
    inside: frozenset[int]  # the nodes of all expressions that have a part in what a later step is computed from

    def measure_length(self, n: int, source: int) -> int:
        """Return how many steps an edge leads back; none where it leads to an argument, or out of the loop."""
        now, then = self.clock[n], self.clock[source]
        if now is None or then is None or n not in self.inside or self.graph.nodes[source].leaf is not None:
            return 0
        return now - then

    def is_handed_on(self, n: int) -> bool:
        """Whether a node is a state that the loop hands on, not a part of the next step that is computed early."""
        consumers = self.graph.consumers[n]
        return any(consumer in self.ticks or self.clock[consumer] == self.clock[n] for consumer in consumers)

    def find_uses(self) -> list[list[list[Use]]]:
        """Return the uses of each entry of each leaf, the latest first."""
        nodes, belongs = self.graph.nodes, self._assign_steps()
        adjoints: list[dict[int, arb]] = [defaultdict(arb) for _ in nodes]
        adjoints[-1][0] = arb(1)
        found: dict[int | None, list[Use]] = {}
        for n in reversed(range(len(nodes))):
            for source, partial in nodes[n].sources:
                if nodes[source].leaf is not None:
                    found.setdefault(source, []).append(Use(belongs[n], partial, adjoints[n]))
                    continue
                further = self.measure_length(n, source)
                for length, adjoint in adjoints[n].items():
                    adjoints[source][length + further] += adjoint * partial
        return [[found.get(n, []) for n in entries] for entries in self.graph.entries]

    def _assign_steps(self) -> Clock:
        """Return the step to which each node belongs: what is computed from arguments alone, to the one that needs it.

        Steps are counted from the first of which anything is known, before W was multiplied by a state, say.
        """
        graph, belongs = self.graph, list(self.clock)
        for n in reversed(range(len(graph.nodes))):
            steps = {None if k in graph.outermost_sums else belongs[k] for k in graph.consumers[n]}
            if self.clock[n] is None and len(steps) == 1 and graph.nodes[n].leaf is None:
                (belongs[n],) = steps
        by_user = ((place, belongs[n]) for n, place in enumerate(graph.expressions) if graph.has_arguments(n))
        used = {(place, step is not None) for place, step in by_user if place is not None}
        if len(used) > len({place for place, _ in used}):  # the same expression at a step and at none
            return [0 if step is None else step + 1 for step in belongs]
        return belongs


def find_loops(graph: Graph) -> list[Loop]:
    """Find the loops of f: where the same arguments are used again at each of several steps.

    Several expressions of one loop make one: a step begins where any of them has it begin.
    """
    users = dict.fromkeys(place for n, place in enumerate(graph.expressions) if graph.has_arguments(n))
    sources = [[source for source, _ in node.sources] for node in graph.nodes]
    loops: list[Loop] = []
    for place in users:
        if place is None or (clock := _count_executions(graph, sources, place)) is None:
            continue
        ticks = frozenset(n for n, expression in enumerate(graph.expressions) if expression == place)
        feeding = set(ticks)
        for n in reversed(range(len(graph.nodes))):
            if n in feeding:
                feeding.update(sources[n])
        expressions = {graph.expressions[n] for n in feeding}
        inside = feeding.union(n for n, expression in enumerate(graph.expressions) if expression in expressions)
        same = next((n for n, other in enumerate(loops) if _is_same_loop(clock, other.clock)), None)
        if same is None:
            loops.append(Loop(graph, place, clock, ticks, frozenset(inside)))
        else:
            other = loops[same]
            clock = [_find_latest(pair) for pair in zip(clock, other.clock, strict=True)]
            loops[same] = Loop(graph, other.place, clock, other.ticks | ticks, other.inside | inside)
    return loops


def _count_executions(graph: Graph, sources: Sequence[Sequence[int]], place: Place) -> Clock | None:
    """Count a step each time that an expression is computed from what it was before; `None` if it never is.

    Some entry of the arguments must come into it at several steps, as a weight does.
    """
    clock = [_BEFORE] * len(graph.nodes)
    uses: set[tuple[int, int]] = set()  # an entry and a step
    for nodes in graph.executions:
        if graph.expressions[nodes[0]] != place:
            for n in nodes:
                clock[n] = max(map(clock.__getitem__, sources[n]), default=_BEFORE)
            continue
        used = [source for n in nodes for source in sources[n]]
        step = 1 + max(map(clock.__getitem__, used), default=_BEFORE)
        for n in nodes:
            clock[n] = step
        uses.update((source, step) for source in used if graph.nodes[source].leaf is not None)
    is_loop = len(uses) > len({entry for entry, _ in uses})
    return [None if step == _BEFORE else step for step in clock] if is_loop else None


def _is_same_loop(clock: Clock, other: Clock) -> bool:
    """Whether the two have as many steps, and one is never further than a step ahead."""
    steps = ({step for step in one if step is not None} for one in (clock, other))
    both = ((a, b) for a, b in zip(clock, other, strict=True) if a is not None and b is not None)
    return len(set(map(len, steps))) == 1 and all(abs(a - b) <= 1 for a, b in both)


def _find_latest(steps: Iterable[int | None]) -> int | None:
    return max((step for step in steps if step is not None), default=None)
