"""What kind of mistake a wrong gradient is, by what it leaves out of the true one, or counts twice.

The true gradient is a sum over the paths by which an entry acts on f (`trace`). Each kind is a hypothesis that the
gradient by hand is a certain part of that sum: without the contribution of one step, without the paths that go back
more than k steps, without those through one line of the code of f. Each is computed on balls, and holds or does not.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
from flint import arb

from bptt.verify.kinds import Arbs, Kind, equal, is_zero
from bptt.verify.lines import Line
from bptt.verify.trace import Clock, Node, Trace, Use

_MOST_WORK = 3_000_000  # nodes of a graph times the ways through it that are looked at
_MOST_STEPS = 100


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
        self._ways = list(self._ways_of_f())
        self._gradients: dict[str, list[list[arb]]] = {}  # without each of the ways

    def kinds_of(self, leaf: Leaf, wanted: Collection[str] | None = None) -> Iterator[Kind]:
        """Every kind that the gradient by this leaf is of, or of those whose texts are wanted alone."""
        if leaf.by_hand.shape != leaf.true.shape or is_zero(leaf.by_hand):
            return
        for clock, uses in self._clocks:
            yield from _of_steps(leaf, clock, uses[leaf.number])
        for what, passes in self._ways:
            missing = Kind("path missing", f"the true one without {what}")
            doubled = Kind("path doubled", f"the true one with {what} counted twice")
            if wanted is None or missing.text in wanted or doubled.text in wanted:
                if what not in self._gradients:
                    self._gradients[what] = self._trace.gradient(passes)
                without = leaf.array(self._gradients[what][leaf.number])
                if leaf.equals(without):
                    yield missing
                elif leaf.equals(leaf.true + leaf.true - without):
                    yield doubled

    def _ways_of_f(self) -> Iterator[tuple[str, Callable[[Node, Node], bool]]]:
        """Ways through f: by a use of an argument, through a line of code, from one line to another."""
        pairs: dict[tuple[Line, Line | int], None] = {}
        for node in self._trace.nodes:
            for source, _ in node.sources:
                pairs |= dict.fromkeys(_crossings(node, self._trace.nodes[source]))
        ways: list[tuple[str, Callable[[Node, Node], bool]]] = [
            (f"the use of {self._paths[of]} in {into}", partial(_does_not_cross, into, of))
            for into, of in pairs
            if isinstance(of, int)
        ]
        lines = {line: None for into, of in pairs for line in (into, of) if isinstance(line, Line)}
        ways += [(f"what goes through {line}", partial(_does_not_leave, line)) for line in sorted(lines)]
        ways += [
            (f"what goes from {of} into {into}", partial(_does_not_cross, into, of))
            for into, of in pairs
            if isinstance(of, Line)
        ]
        yield from ways[: _MOST_WORK // len(self._trace.nodes)]


def _crossings(node: Node, source: Node) -> Iterator[tuple[Line, Line | int]]:
    for into in node.origin.lines:
        if into not in source.origin.lines:
            if source.leaf is not None:
                yield into, source.leaf
            for of in source.origin.lines:
                if of not in node.origin.lines:
                    yield into, of


def _does_not_cross(into: Line, of: Line | int, node: Node, source: Node) -> bool:
    return (into, of) not in _crossings(node, source)


def _does_not_leave(line: Line, node: Node, source: Node) -> bool:
    return line not in node.origin.lines or line in source.origin.lines


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
    names = [name for name, n in (("the first step", 0), ("the last step", last)) if n == step]
    names.append(f"step {step}, counted from 0,")
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
