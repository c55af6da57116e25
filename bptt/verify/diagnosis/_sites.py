"""Where in the code of f the numbers of its graph were computed: sites, and each time that one was reached."""

import itertools
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from bptt.balls import Place
from bptt.verify.diagnosis._graph import Graph

Key: TypeAlias = int  # a site by number, or an array of the arguments: −1 the first, −2 the second


class Index(NamedTuple):
    """Which result of a site or entry of an argument a number is: of which execution, and its number in that."""

    execution: int
    number: int


class Sites:
    """The sites of a graph: expressions, each with the calls that led to it."""

    def __init__(self, graph: Graph, paths: Sequence[str]) -> None:
        self._graph = graph
        self._paths = paths
        numbers: dict[tuple[Place, ...], int] = {}
        self.of: list[Key] = [
            numbers.setdefault(node.origin.places, len(numbers)) if node.leaf is None else -1 - node.leaf
            for node in graph.nodes
        ]
        self.places = list(numbers)
        self.executions = defaultdict[Key, list[list[int]]](list)  # what is computed there one after the other
        for key, group in itertools.groupby(range(len(graph.nodes)), lambda n: self.of[n]):
            if key >= 0:
                self.executions[key].append(list(group))
        self.results = {
            key: [[n for n in nodes if self.is_result(n)] for nodes in executions]
            for key, executions in self.executions.items()
        }
        for leaf, entries in enumerate(graph.entries):
            if entries and None not in entries:
                self.results[-1 - leaf] = [[n for n in entries if n is not None]]
        self.index = {
            n: Index(execution, number)
            for results in self.results.values()
            for execution, nodes in enumerate(results)
            for number, n in enumerate(nodes)
        }
        self._calls = defaultdict[Place, set[int]](set)
        for number, places in enumerate(self.places):
            self._calls[places[0] if places else Place("", 0)].add(number)

    @property
    def places_known(self) -> list[Key]:
        """The sites, but for numbers of which it is not known where they were computed."""
        return [key for key in self.executions if self.is_known(key)]

    def list_results(self, key: Key) -> list[int]:
        """Return all that is computed at a site and used elsewhere, or the entries of an argument."""
        return [n for nodes in self.results[key] for n in nodes]

    def is_result(self, n: int) -> bool:
        """Whether a number is used elsewhere, or is the value of f."""
        consumers = self._graph.consumers[n]
        return not consumers or any(self.of[k] != self.of[n] for k in consumers)

    def is_known(self, key: Key) -> bool:
        """Whether it is known where that is."""
        return key < 0 or bool(self.places[key])

    def name(self, key: Key, beside: Key = -1) -> str:
        """Return the path of an argument, or the source of an expression, as it is called beside another site."""
        if key < 0:
            return self._paths[-1 - key]
        place = self._find_call(key, beside) or self.places[key][0]
        return f"`{place.source}`" if place.source else str(place)

    def describe(self, key: Key, beside: Key = -1) -> str:
        """Return the path of an argument, or the source of an expression and where it stands."""
        if key < 0:
            return self._paths[-1 - key]
        if call := self._find_call(key, beside):
            return str(call)
        place, *callers = self.places[key]
        outer = [caller for caller in callers if not caller.is_line]
        if len(self._calls[place]) > 1 and outer:
            return f"{place}, called by {outer[0]}"
        return str(place)

    def is_call(self, key: Key, beside: Key) -> bool:
        """Whether a site is in a function that the other one sees called."""
        return self._find_call(key, beside) is not None

    def _find_call(self, key: Key, beside: Key) -> Place | None:
        """Find the call that returns what is computed at a site, as the other one sees it."""
        if beside < 0:
            return None
        places, others = self.places[key], self.places[beside]
        shared = 0
        while shared < min(len(places), len(others)) and places[-1 - shared] == others[-1 - shared]:
            shared += 1
        calls = [place for place in places[: len(places) - shared] if not place.is_line]
        return calls[-1] if len(calls) > 1 and self._is_value_of(key, calls[-1]) else None

    def _is_value_of(self, key: Key, call: Place) -> bool:
        """Whether what is computed at this site is what a call returns."""
        results = itertools.chain.from_iterable(self.results[key])
        return all(call not in self._graph.nodes[k].origin.places for n in results for k in self._graph.consumers[n])

    def find_like(self, key: Key) -> list[Key]:
        """Return the others that have as many results, in as many executions."""
        form = list(map(len, self.results.get(key, [])))
        alike = [other for other, results in self.results.items() if list(map(len, results)) == form and other != key]
        return [other for other in alike if self.is_known(other)]

    def find_starts(self, key: Key) -> list[Key]:
        """Return the arguments that may be what a site computes before it is first reached: as many entries."""
        first = len(self.results[key][0])
        return [leaf for leaf, entries in self.results.items() if leaf < 0 and len(entries[0]) == first]

    def move(self, n: int, key: Key, steps: int = 0, start: Key | None = None) -> int | None:
        """Return the number that another site has in the place of this one, or as many executions later.

        Before the first execution that is an entry of `start`, an argument.
        """
        if n not in self.index:
            return None
        execution, number = self.index[n]
        executions, step = self.results[key], execution + steps
        if step == -1 and start is not None:
            executions, step = self.results[start], 0
        if not 0 <= step < len(executions) or number >= len(executions[step]):
            return None
        return executions[step][number]
