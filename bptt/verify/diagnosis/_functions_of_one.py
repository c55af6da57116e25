"""What in the graph of f is a function of one number, and the slopes that people take for that of another one."""

import heapq
from collections.abc import Callable, Iterator
from typing import NamedTuple

from flint import arb

from bptt.verify.diagnosis._graph import Graph

_LONGEST = 6  # steps from a number back to what it is a function of: 1 / (1 + exp(-z)) has four
_MOST_BETWEEN = 64  # numbers that are computed between the two

SLOPES: dict[str, Callable[[arb], arb]] = {
    "1 - {}": lambda y: 1 - y,
    "1 - {}**2": lambda y: 1 - y * y,
    "{0} * (1 - {0})": lambda y: y * (1 - y),
    "{}": lambda y: y,
    "{}**2": lambda y: y * y,
    "2 * {}": lambda y: 2 * y,
    "3 * {}**2": lambda y: 3 * y * y,
    "2": lambda y: 2 + 0 * y,
    "1 / {}": lambda y: 1 / y,
    "-1 / {}": lambda y: -1 / y,
    "1 / {}**2": lambda y: 1 / (y * y),
    "1 / (2 * {})": lambda y: 1 / (2 * y),
    "(1 - {})**2": lambda y: (1 - y) * (1 - y),
    "1 + {}**2": lambda y: 1 + y * y,
    "1 / (1 + {}**2)": lambda y: 1 / (1 + y * y),
    "tanh({})": lambda y: y.tanh(),
    "1 - tanh({})**2": lambda y: y.sech() ** 2,
    "exp({})": lambda y: y.exp(),
    "exp(-{})": lambda y: (-y).exp(),
    "sigmoid({})": lambda y: 1 / (1 + (-y).exp()),
    "sigmoid({0}) * (1 - sigmoid({0}))": lambda y: (y / 2).sech() ** 2 / 4,
    "cos({})": lambda y: y.cos(),
    "sin({})": lambda y: y.sin(),
    "-sin({})": lambda y: -y.sin(),
}
"""Slopes in terms of what a function returns or takes: right for some function, and taken for others by mistake."""


class Function(NamedTuple):
    """A number as a function of another one that it was computed from, and nothing else; its slope."""

    of: int
    slope: arb
    adds_nothing: bool  # what it is a function of is only shifted there: the slope is that by what comes after it


class FunctionsOfOne:
    """Finds, for the numbers in a graph, the numbers that each is a function of."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._nearest = [-1] * len(graph.nodes)  # through which all ways lead back; −1 if there is none such
        for n, node in enumerate(graph.nodes):
            sources = [source for source, _ in node.sources]
            common = sources[0] if sources and node.leaf is None else -1
            for other in sources[1:]:
                while common != other and common >= 0 and other >= 0:
                    if common > other:
                        common = self._nearest[common]
                    else:
                        other = self._nearest[other]
                if common != other:
                    common = -1
                    break
            self._nearest[n] = common

    def trace_back(self, n: int) -> Iterator[Function]:
        """Yield what a number is a function of, the nearest first."""
        slope = arb(1)
        for _ in range(_LONGEST):
            of = self._nearest[n]
            link = None if of < 0 else self._differentiate(n, of)
            if link is None:
                return
            slope = slope * link
            yield Function(of, slope, adds_nothing=link == 1)
            n = of

    def _differentiate(self, n: int, of: int) -> arb | None:
        """Return the slope of a number as a function of another one; `None` if too much stands between."""
        adjoints, waiting = {n: arb(1)}, [-n]
        for _ in range(_MOST_BETWEEN):
            latest = -heapq.heappop(waiting)
            if latest == of:
                return adjoints[of]
            for source, partial in self._graph.nodes[latest].sources:
                if source not in adjoints:
                    adjoints[source] = arb(0)
                    heapq.heappush(waiting, -source)
                adjoints[source] += adjoints[latest] * partial
        return None
