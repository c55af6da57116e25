"""What kind of mistake a wrong gradient is, by what it leaves out of the true one, or counts twice.

The true gradient is a sum over the paths by which an entry acts on f (`trace`). Each kind is a hypothesis that the
gradient by hand is a certain part of that sum: without the contribution of one step, without the paths that go back
more than k steps, without those through one line of the code of f. Each is computed on balls, and holds or does not.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from flint import arb

from bptt.balls._source import Place
from bptt.verify.diagnosis._by_value import Arbs, Kind, equal, is_zero, ratio, simple
from bptt.verify.diagnosis._graph import Clock, Edge, Loop, Node, Trace, Use

_MOST_WORK = 1_000_000  # nodes of a graph times the ways through it that are looked at
_MOST_READERS = 6  # expressions into which something is carried, that are listed


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

    def __init__(self, trace: Trace, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        self._trace = trace
        self._arrays = arrays
        self._paths = list(arrays)
        self._loops = [(loop, trace.uses(loop)) for loop in trace.loops() if _is_short(loop.clock)]
        self._ways = dict(islice(self._ways_of_f().items(), _MOST_WORK // len(trace.nodes)))
        self._gradients: dict[tuple[Edge, ...], list[list[arb]]] = {}  # without these edges

    def kinds_of(self, leaf: Leaf, wanted: Set[str] | None = None) -> Iterator[Kind]:
        """Every kind that the gradient by this leaf is of, or of those whose texts are wanted alone."""
        if leaf.by_hand.shape != leaf.true.shape or is_zero(leaf.by_hand):
            return
        for loop, uses in self._loops:
            where = "" if len(self._loops) == 1 else f", in the loop of {loop.place}"
            for kind in (*_of_steps(leaf, loop.clock, uses[leaf.number]), *self._in_pieces(leaf, loop)):
                yield replace(kind, text=kind.text + where)
        alone_at_last: list[Kind] = []
        for what, edges in self._ways.items():
            missing = Kind("path missing", f"the true one without {what}")
            doubled = Kind("path doubled", f"the true one with {what} counted twice")
            alone = Kind("path missing", f"of the true one, {what} alone")
            if wanted is None or not wanted.isdisjoint((missing.text, doubled.text, alone.text)):
                cut = tuple(edges)
                if cut not in self._gradients:
                    self._gradients[cut] = self._trace.without(cut)
                without = leaf.array(self._gradients[cut][leaf.number])
                if leaf.equals(without):
                    yield missing
                elif leaf.equals(leaf.true + leaf.true - without):
                    yield doubled
                elif leaf.equals(leaf.true - without):
                    alone_at_last.append(alone)
        yield from alone_at_last
        yield from self._with_a_transpose(leaf)

    def _with_a_transpose(self, leaf: Leaf) -> Iterator[Kind]:
        """W δ on the way back where it should be the transpose of W."""
        for number, (path, values) in enumerate(self._arrays.items()):
            if values.ndim < 2 or values.shape[-1] != values.shape[-2] or values.dtype.kind != "f":
                continue
            transposed = np.swapaxes(values, -1, -2).reshape(-1)
            weights = {edge: arb(float(transposed[entry])) for edge, entry in self._trace.products_with(number)}
            gradient = self._trace.with_other_weights(weights)[leaf.number]
            if leaf.equals(leaf.array(gradient)):
                yield Kind("transpose on the way", f"what comes back by {path} in place of its transpose")

    def _in_pieces(self, leaf: Leaf, loop: Loop) -> Iterator[Kind]:
        """Back-propagation that stops at every k-th step, counted from the first, and at one step alone."""
        clock = loop.clock
        last = max(step for step in clock if step is not None)
        if 2 * last * len(clock) > _MOST_WORK:
            return
        carried = [
            ((n, source), clock[n] or 0, clock[source] or 0)
            for n, source in self._trace.edges()
            if self._trace.length(loop, n, source) > 0
        ]

        def stops(at: Callable[[int, int], bool]) -> bool:
            gradient = self._trace.without(edge for edge, now, then in carried if at(now, then))
            return leaf.equals(leaf.array(gradient[leaf.number]))

        for k in range(2, (last + 1) // 2 + 1):
            for offset, counted in ((0, ""), (-last - 1, ", counted from the last")):
                if stops(lambda now, then, k=k, offset=offset: (now + offset) // k != (then + offset) // k):  # type: ignore[misc]
                    text = f"the true one truncated: carried back through pieces of {k} steps{counted}"
                    yield Kind("truncated", text, True)
        for step in range(1, last + 1):
            if stops(lambda now, then, step=step: then < step <= now):  # type: ignore[misc]
                for name in _names_of(step, last):
                    yield Kind("path missing", f"the true one without what is carried back out of {name}")

    def _ways_of_f(self) -> dict[str, list[Edge]]:
        """Ways through f: by a use of an argument, back in time, through a place in the code, from one to another."""
        nodes = self._trace.nodes
        loop = self._loops[0][0] if len(self._loops) == 1 else None
        beside: dict[tuple[int, int], list[Edge]] = {}
        used: dict[tuple[int, Place], list[Edge]] = {}
        carried: dict[Place, dict[tuple[Place, ...], list[Edge]]] = {}
        through: dict[Place, list[Edge]] = {}
        between: dict[tuple[Place, Place], list[Edge]] = {}
        for edge in self._trace.edges():
            node, source = nodes[edge[0]], nodes[edge[1]]
            for place in node.origin.places:
                if source.leaf is not None:
                    used.setdefault((source.leaf, place), []).append(edge)
                if place not in source.origin.places:
                    through.setdefault(place, []).append(edge)
            if source.leaf is not None:
                for other in {nodes[k].leaf for k, _ in node.sources} - {None, source.leaf}:
                    assert other is not None
                    beside.setdefault((source.leaf, other), []).append(edge)
            if not self._trace.is_merely_added(edge[0]) and not self._trace.is_within_one_run(*edge):
                for pair in _pairs(node, source):
                    between.setdefault(pair, []).append(edge)
            if loop is None or not source.origin.places:
                continue
            if self._trace.length(loop, *edge) > 0 and self._trace.is_carried(loop, edge[1]):
                into = node.origin.places[:1]
                carried.setdefault(source.origin.places[0], {}).setdefault(into, []).append(edge)
        ways = {f"the use of {self._paths[a]} with {self._paths[b]}": edges for (a, b), edges in beside.items()}
        ways |= {f"the use of {self._paths[a]} in {into}": edges for (a, into), edges in used.items()}
        ways |= dict(_carried(carried))
        ways |= {f"what goes through {place}": edges for place, edges in _in_order(through)}
        return ways | {f"what goes from {of} into {into}": edges for (of, into), edges in between.items()}


def _carried(carried: Mapping[Place, Mapping[tuple[Place, ...], list[Edge]]]) -> Iterator[tuple[str, list[Edge]]]:
    """What an expression hands on to the next step: to all that read it there, and to each of those."""
    for of, by_reader in carried.items():
        readers = [into for places in by_reader for into in places]
        if 1 < len(readers) <= _MOST_READERS:
            named = ", ".join(dict.fromkeys(f"`{into.source}`" for into in readers))
            every = [edge for edges in by_reader.values() for edge in edges]
            yield f"what is carried to the next step out of {of}, into {named}", every
        for places, edges in by_reader.items():
            for into in places:
                yield f"what is carried to the next step out of {of}, into {into}", edges


def _in_order(through: Mapping[Place, list[Edge]]) -> list[tuple[Place, list[Edge]]]:
    """By line, its expressions before the whole of it."""
    return sorted(through.items(), key=lambda item: (item[0].file, item[0].number, item[0].is_line, item[0].columns))


def _pairs(node: Node, source: Node) -> Iterator[tuple[Place, Place]]:
    """The places that an edge leads out of and into, expressions with expressions and lines with lines."""
    for into in node.origin.places:
        for of in source.origin.places:
            if into.is_line == of.is_line and (into == of or (into not in source.origin.places)):
                yield of, into


def _is_short(clock: Clock) -> bool:
    return len(set(clock)) * len(clock) <= _MOST_WORK


def _of_steps(leaf: Leaf, clock: Clock, uses: Sequence[Sequence[Use]]) -> Iterator[Kind]:
    by_length: dict[int, list[arb]] = {}
    by_step: dict[int, list[arb]] = {}
    for entry, of_entry in enumerate(uses):
        for use in of_entry:
            for length, adjoint in use.adjoints.items():
                contribution = use.partial * adjoint
                by_length.setdefault(length, [arb(0)] * len(uses))[entry] += contribution
                if use.step is not None:
                    by_step.setdefault(use.step, [arb(0)] * len(uses))[entry] += contribution
    yield from _truncated(leaf, {length: leaf.array(by_length[length]) for length in sorted(by_length)})
    if len(by_step) > 1:
        last = max(step for step in (*clock, *by_step) if step is not None)
        for step in sorted(by_step):
            yield from _of_one_step(leaf, leaf.array(by_step[step]), step, last)
        yield from _shifted(leaf, uses, sorted(by_step))


def _truncated(leaf: Leaf, by_length: Mapping[int, Arbs]) -> Iterator[Kind]:
    part: Arbs | int = 0
    for longest in list(by_length)[:-1]:
        part = by_length[longest] + part
        if leaf.equals(part):
            if longest <= 0:
                yield Kind("recurrence dropped", "the true one of each step by itself: nothing is carried back in time")
            else:
                steps = "one step" if longest == 1 else f"{longest} steps"
                yield Kind("truncated", f"the true one truncated: carried back through {steps} and no more", True)


def _of_one_step(leaf: Leaf, part: Arbs, step: int, last: int) -> Iterator[Kind]:
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
    """What the one is, entry by entry, as a multiple of the other; `None` if it is none, or next to none."""
    factor = ratio(difference, part)
    if factor is None or not equal(difference, part * factor, bits):
        return None
    number = simple(factor)
    return None if number is None or f"{1 + number:.6g}" == "1" else number


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
