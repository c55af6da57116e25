"""What kind of mistake a wrong gradient is, by what it leaves out of the true one, or counts twice.

The true gradient is a sum over the paths by which an entry acts on f (`trace`). Each kind is a hypothesis that the
gradient by hand is a certain part of that sum: without the contribution of one step, without the paths that go back
more than k steps, without those through one line of the code of f. Each is computed on balls, and holds or does not.
"""

from collections.abc import Callable, Iterator, Sequence, Set
from functools import partial
from itertools import islice
from typing import NamedTuple, TypeAlias

import numpy as np
from flint import arb

from bptt.verify.kinds import Arbs, Kind, equal, is_zero
from bptt.verify.places import Place
from bptt.verify.trace import Clock, Node, Trace, Use

_MOST_WORK = 1_000_000  # nodes of a graph times the ways through it that are looked at
_MOST_STEPS = 100
_FEW_NODES = 5_000  # below which ways from an expression into itself are looked at, too


Passes: TypeAlias = Callable[[int, int], bool]  # whether an edge, from a node to a source, is taken


class Leaf(NamedTuple):
    """The gradient by one array of the arguments."""

    number: int  # among the arrays
    by_hand: Arbs
    true: Arbs
    bits: int  # of the floats given

    def equals(self, other: Arbs) -> bool:
        """Whether the gradient by hand is this one. Never if it is 0, of which nothing can be told."""
        return not is_zero(other) and equal(self.by_hand, other, self.bits)

    def array(self, entries: Sequence[arb]) -> Arbs:
        """The entries in the shape of the leaf."""
        array = np.empty(len(entries), dtype=object)
        array[:] = entries
        return array.reshape(self.true.shape)


class Omissions:
    """The parts of the gradients of f, computed when they are first asked for."""

    def __init__(self, trace: Trace, paths: Sequence[str], shapes: Sequence[tuple[int, ...]]) -> None:
        self._trace = trace
        self._paths = paths
        self._clocks = [(clock, trace.uses(clock)) for clock in trace.clocks(shapes) if _is_short(clock)]
        self._ways = list(islice(self._ways_of_f(), _MOST_WORK // len(trace.nodes)))
        self._gradients: dict[str, list[list[arb]]] = {}  # without each of the ways

    def kinds_of(self, leaf: Leaf, wanted: Set[str] | None = None) -> Iterator[Kind]:
        """Every kind that the gradient by this leaf is of, or of those whose texts are wanted alone."""
        if leaf.by_hand.shape != leaf.true.shape or is_zero(leaf.by_hand):
            return
        for clock, uses in self._clocks:
            yield from _of_steps(leaf, clock, uses[leaf.number])
            yield from self._in_pieces(leaf, clock)
        alone_at_last: list[Kind] = []
        for what, passes in self._ways:
            missing = Kind("path missing", f"the true one without {what}")
            doubled = Kind("path doubled", f"the true one with {what} counted twice")
            alone = Kind("path missing", f"of the true one, {what} alone")
            if wanted is None or not wanted.isdisjoint((missing.text, doubled.text, alone.text)):
                if what not in self._gradients:
                    self._gradients[what] = self._trace.gradient(passes)
                without = leaf.array(self._gradients[what][leaf.number])
                if leaf.equals(without):
                    yield missing
                elif leaf.equals(leaf.true + leaf.true - without):
                    yield doubled
                elif leaf.equals(leaf.true - without):
                    alone_at_last.append(alone)
        yield from alone_at_last

    def _in_pieces(self, leaf: Leaf, clock: Clock) -> Iterator[Kind]:
        """Back-propagation that stops at every k-th step, counted from the first, and at one step alone."""
        last = max(step for step in clock if step is not None)
        if 2 * last * len(clock) > _MOST_WORK:
            return
        for k in range(2, last // 2 + 1):
            for offset, counted in ((0, ""), (-last - 1, ", counted from the last")):
                gradient = self._trace.gradient(partial(self._stays_in_piece, clock, k, offset))
                if leaf.equals(leaf.array(gradient[leaf.number])):
                    text = f"the true one truncated: carried back through pieces of {k} steps{counted}"
                    yield Kind("truncated", text, True)
        for step in range(1, last + 1):
            gradient = self._trace.gradient(partial(self._does_not_pass, clock, step))
            if leaf.equals(leaf.array(gradient[leaf.number])):
                for name in _names_of(step, last):
                    yield Kind("path missing", f"the true one without what is carried back out of {name}")

    def _stays_in_piece(self, clock: Clock, k: int, offset: int, n: int, source: int) -> bool:
        if self._trace.length(clock, n, source) <= 0:
            return True
        now, then = clock[n] or 0, clock[source] or 0
        return (now + offset) // k == (then + offset) // k

    def _does_not_pass(self, clock: Clock, step: int, n: int, source: int) -> bool:
        return self._trace.length(clock, n, source) <= 0 or not (clock[source] or 0) < step <= (clock[n] or 0)

    def _ways_of_f(self) -> Iterator[tuple[str, Passes]]:
        """Ways through f: by a use of an argument, back in time, through a place in the code, from one to another."""
        nodes = self._trace.nodes
        clock = self._clocks[-1][0] if self._clocks else None
        beside: dict[tuple[int, int], None] = {}
        used: dict[tuple[Place, int], None] = {}
        pairs: dict[tuple[Place, Place], None] = {}
        carried: dict[tuple[Place | None, Place], None] = {}
        for n, node in enumerate(nodes):
            leaves = {nodes[source].leaf for source, _ in node.sources} - {None}
            for source, _ in node.sources:
                leaf, before = nodes[source].leaf, nodes[source].origin.places
                if leaf is not None:
                    beside |= {(leaf, other): None for other in leaves - {leaf} if other is not None}
                    used |= {(into, leaf): None for into in node.origin.places}
                elif before != node.origin.places or len(nodes) < _FEW_NODES:
                    pairs |= dict.fromkeys(_pairs(node, nodes[source]))
                if clock is not None and self._trace.length(clock, n, source) > 0:
                    carried |= {(None, place): None for place in before}
                    carried |= dict.fromkeys(_pairs(node, nodes[source]))
        for leaf, other in beside:
            yield f"the use of {self._paths[leaf]} with {self._paths[other]}", partial(self._not_beside, leaf, other)
        for into, leaf in used:
            yield f"the use of {self._paths[leaf]} in {into}", partial(self._not_used, into, leaf)
        for back, of in carried:
            where = "" if back is None else f" into {back}"
            what = f"what is carried from step to step, out of {of}{where}"
            yield what, partial(self._not_carried, back, of)
        for place in dict.fromkeys(place for pair in pairs for place in pair):
            yield f"what goes through {place}", partial(self._not_through, place)
        for into, of_place in pairs:
            yield f"what goes from {of_place} into {into}", partial(self._not_between, into, of_place)

    def _not_beside(self, leaf: int, other: int, n: int, source: int) -> bool:
        nodes = self._trace.nodes
        return nodes[source].leaf != leaf or all(nodes[k].leaf != other for k, _ in nodes[n].sources)

    def _not_used(self, into: Place, leaf: int, n: int, source: int) -> bool:
        nodes = self._trace.nodes
        return nodes[source].leaf != leaf or into not in nodes[n].origin.places

    def _not_carried(self, into: Place | None, of: Place, n: int, source: int) -> bool:
        nodes = self._trace.nodes
        met = of in nodes[source].origin.places and (into is None or into in nodes[n].origin.places)
        return not (met and self._trace.length(self._clocks[-1][0], n, source) > 0)

    def _not_through(self, place: Place, n: int, source: int) -> bool:
        nodes = self._trace.nodes
        return place not in nodes[n].origin.places or place in nodes[source].origin.places

    def _not_between(self, into: Place, of: Place, n: int, source: int) -> bool:
        nodes = self._trace.nodes
        return into not in nodes[n].origin.places or of not in nodes[source].origin.places


def _pairs(node: Node, source: Node) -> Iterator[tuple[Place, Place]]:
    """The places of both, expressions with expressions and lines with lines."""
    for into in node.origin.places:
        for of in source.origin.places:
            if into.is_line == of.is_line and (into == of or (into not in source.origin.places)):
                yield into, of


def _is_short(clock: Clock) -> bool:
    return len(set(clock)) <= _MOST_STEPS


def _of_steps(leaf: Leaf, clock: Clock, uses: Sequence[Sequence[Use]]) -> Iterator[Kind]:
    steps = sorted({use.step for of_entry in uses for use in of_entry if use.step is not None})
    lengths = sorted({length for of_entry in uses for use in of_entry for length in use.adjoints})
    last = max(step for step in clock if step is not None)
    yield from _truncated(leaf, uses, lengths)
    if len(steps) < 2:
        return
    for step in steps:
        yield from _of_one_step(leaf, uses, step, last)
    yield from _shifted(leaf, uses, steps)


def _truncated(leaf: Leaf, uses: Sequence[Sequence[Use]], lengths: Sequence[int]) -> Iterator[Kind]:
    for longest in lengths[:-1]:
        if leaf.equals(_sum(leaf, uses, lambda _, length, longest=longest: length <= longest)):  # type: ignore[misc]
            if longest <= 0:
                yield Kind("recurrence dropped", "the true one of each step by itself: nothing is carried back in time")
            else:
                steps = "one step" if longest == 1 else f"{longest} steps"
                yield Kind("truncated", f"the true one truncated: carried back through {steps} and no more", True)


def _of_one_step(leaf: Leaf, uses: Sequence[Sequence[Use]], step: int, last: int) -> Iterator[Kind]:
    part = _sum(leaf, uses, lambda use, _: use.step == step)
    if is_zero(part):
        return
    names = _names_of(step, last)
    if leaf.equals(part):
        for name in names:
            yield Kind("last write", f"the contribution of {name} alone, as where each step overwrites another's")
    factor = _constant_ratio(leaf.by_hand - leaf.true, part, leaf.bits)
    for name in names:
        if factor == -1:
            yield Kind("step missing", f"the true one without the contribution of {name}")
        elif factor == 1:
            yield Kind("step doubled", f"the true one with the contribution of {name} counted twice")
        elif factor is not None:
            yield Kind("step scaled", f"the true one with the contribution of {name} multiplied by {1 + factor:.6g}")


def _names_of(step: int, last: int) -> list[str]:
    """Those that may be the same for other numbers of steps first."""
    names = [name for name, n in (("the first step", 0), ("the last step", last)) if n == step]
    return [*names, f"step {step}, counted from 0,"]


def _constant_ratio(difference: Arbs, part: Arbs, bits: int) -> float | None:
    """What the one is, entry by entry, as a multiple of the other; `None` if it is none."""
    whole = max(part.reshape(-1).tolist(), key=lambda x: float(abs(x).mid()))
    at = part.reshape(-1).tolist().index(whole)
    factor = difference.reshape(-1).tolist()[at] / whole
    if not factor.is_finite() or factor.contains(0) or not equal(difference, part * factor, bits):
        return None
    number = float(factor.mid())
    return round(number) if abs(number - round(number)) < 1e-12 else number


def _shifted(leaf: Leaf, uses: Sequence[Sequence[Use]], steps: Sequence[int]) -> Iterator[Kind]:
    """The cotangent of each step, and what a step before or after it was multiplied by."""
    for by, word in ((-1, "before"), (1, "after")):
        for cyclic in (True, False):
            entries = [_paired(of_entry, steps, by, cyclic=cyclic) for of_entry in uses]
            if any(entry is None for entry in entries):
                return
            if leaf.equals(leaf.array([entry for entry in entries if entry is not None])):
                wrapped = ", cyclically" if cyclic else ""
                text = f"that of cotangents beside the values of the step {word}{wrapped}"
                yield Kind("shifted", text)


def _paired(uses: Sequence[Use], steps: Sequence[int], by: int, *, cyclic: bool) -> arb | None:
    """`None` if the entry is not used equally often at each step."""
    at = [[use for use in uses if use.step == step] for step in steps]
    if len({len(of_step) for of_step in at}) != 1:
        return None
    total = arb(0)
    for n, of_step in enumerate(at):
        if cyclic or 0 <= n + by < len(steps):
            for use, other in zip(of_step, at[(n + by) % len(steps)], strict=True):
                total += sum(use.adjoints.values(), arb(0)) * other.partial
    return total


def _sum(leaf: Leaf, uses: Sequence[Sequence[Use]], counts: Callable[[Use, int], bool]) -> Arbs:
    """The contributions of those uses and lengths of paths that count."""

    def of_entry(its_uses: Sequence[Use]) -> arb:
        total = arb(0)
        for use in its_uses:
            for length, adjoint in use.adjoints.items():
                if counts(use, length):
                    total += use.partial * adjoint
        return total

    return leaf.array([of_entry(its_uses) for its_uses in uses])
