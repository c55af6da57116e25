"""Which names each equation of a document is about and which it uses, by their letters alone."""

import graphlib
import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from bptt.proofread._expressions import Quantity, Step
from bptt.proofread.semantics._definitions import (
    read_call,
)
from bptt.proofread.semantics._vocabulary import Vocabulary
from bptt.proofread.syntax.tree import (
    Application,
    Derivative,
    Nabla,
    Node,
    Product,
    Symbol,
    Unreadable,
    list_symbols,
    nodes,
    strip_brackets,
)


class Candidate(NamedTuple):
    """What can define something: both sides, and the line of the document."""

    left: Node
    right: Node
    line: int


class Uses:
    """Which names each equation is about and which it uses, by their letters alone."""

    def __init__(self, vocabulary: Vocabulary, candidates: Mapping[int, Candidate]) -> None:
        self.vocabulary = vocabulary
        self.about = {n: self._get_name(one.left) for n, one in candidates.items()}
        self.first = {
            about: n for n, about in sorted(self.about.items(), key=lambda item: abs(item[0]), reverse=True) if about
        }
        self.used = {n: set(self._list_names(one.right, one.left)) for n, one in candidates.items()}
        self.sides = {
            n: {self._get_name(node) for side in one[:2] for node in list_symbols(side)} - {""}
            for n, one in candidates.items()
        }
        self.resolved = {n: set(self._list_quantities(one.left)) for n, one in candidates.items()}
        self.claimed = {
            n: {quantity for side in one[:2] for quantity in self._list_quantities(side)}
            for n, one in candidates.items()
            if not self.about[n]
        }
        self.derivatives = {
            pair for one in candidates.values() for side in one[:2] for pair in self._list_derivatives(side)
        }

    def _get_name(self, node: Node) -> str:
        """Return the name of a symbol, with a mark where it bears a step."""
        if isinstance(node, Application):
            node = node.function
        if not isinstance(node, Symbol):
            return ""
        timed = any(map(self.vocabulary.symbols.notation.bears_letter, (*node.below, *node.above)))
        known = self.vocabulary.symbols.find_name(node)
        words = (one for one in node.below if self.vocabulary.symbols.notation.is_word(one))
        named = "".join(known.below if known else map(self.vocabulary.symbols.notation.spell, words))
        return self.vocabulary.symbols.get_base(node) + named + (" at a step" if timed else "")

    def _list_names(self, right: Node, left: Node) -> Iterator[str]:
        """List the names that stand on a right-hand side, but for those of other steps."""
        steps = self._find_steps(left) if isinstance(left, Symbol) else set()
        for node in list_symbols(right):
            found = self._find_steps(node)
            if not (steps and found and not found & steps):
                yield self._get_name(node)

    def _find_steps(self, node: Symbol) -> set[Step]:
        """Find the steps that a symbol bears by their letters."""
        steps = map(self.vocabulary.symbols.notation.parse_step, (*node.below, *node.above))
        return {step for step in steps if step is not None and not step.is_fixed}

    def _list_derivatives(self, side: Node) -> Iterator[tuple[str, str]]:
        for node in nodes(side):
            if isinstance(node, Derivative) and node.of is not None:
                for by in node.by:
                    yield self._strip(node.of), self._strip(by)
            elif isinstance(node, Product):
                for operator, after in zip(node.factors, node.factors[1:], strict=False):
                    if isinstance(operator, Nabla) and operator.by is not None:
                        yield self._strip(after), self._strip(operator.by)
                    elif isinstance(operator, Derivative) and operator.of is None:
                        yield self._strip(after), self._strip(operator.by[0])

    def _strip(self, node: Node) -> str:
        node = strip_brackets(node)
        call = read_call(node)
        return self._get_name(call.function if call else node).removesuffix(" at a step")

    def sort(self, candidates: Sequence[int]) -> list[int]:
        """Sort equations so that each stands behind those that it needs; those in a circle by their place."""
        by_name: dict[str, list[int]] = {}
        for n in candidates:
            by_name.setdefault(self.about[n], []).append(n)
        graph = {
            n: {m for name in self.used[n] if name != self.about[n] for m in by_name.get(name, ())}
            for n in sorted(candidates)
        }
        for same in by_name.values():  # the first about each comes first
            for before, after in itertools.pairwise(same):
                graph[after].add(before)
        while True:
            try:
                order = {n: place for place, n in enumerate(graphlib.TopologicalSorter(graph).static_order())}
                break
            except graphlib.CycleError as error:
                circle = set(error.args[1])
                graph = {n: needs - circle if n in circle else needs for n, needs in graph.items()}
        return sorted(candidates, key=lambda n: order[n])

    def is_used_before(self, n: int) -> bool:
        """Whether an equation before this one claims something of what it is about; definitions that use it do not."""
        what = self.resolved[n]
        return any(abs(m) < abs(n) and not self.about[m] and what & found for m, found in self.claimed.items())

    def _list_quantities(self, side: Node) -> Iterator[Quantity]:
        for node in list_symbols(side):
            if self.vocabulary.symbols.find_name(node) is not None:
                try:
                    yield self.vocabulary.symbols.resolve(node).quantity
                except Unreadable:
                    continue

    def find_needed(self, late: Collection[int]) -> set[int]:
        """Find which of these definitions the derivatives of the document go by way of, and have no other way."""
        needed: set[int] = set()
        for of, by in self.derivatives:
            if self._leads(of, by, ()) and not self._leads(of, by, late):
                between = (
                    n for n in late if self._leads(of, self._plain(n), ()) and self._leads(self._plain(n), by, ())
                )
                needed.update(n for n in between if self._plain(n) != by)
        return needed

    def _plain(self, n: int) -> str:
        return self.about[n].removesuffix(" at a step")

    def _leads(self, start: str, target: str, without: Collection[int]) -> bool:
        """Whether one name is made of another, by the equations but for some."""
        met, stack = set[str](), [start]
        while stack:
            name = stack.pop()
            if name in met:
                continue
            met.add(name)
            for about, n in self.first.items():
                if n not in without and about.removesuffix(" at a step") == name:
                    stack += [one.removesuffix(" at a step") for one in self.sides[n]]
        return target in met
