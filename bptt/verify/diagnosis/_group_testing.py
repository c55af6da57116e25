"""Which entries of a gradient are wrong, where f runs on floats alone: a search by groups.

The slope that the gradient claims along a random direction v through a group of entries, less the slope of f, is the
sum of v[i] times the error of entry i over the group. A group where it is not 0 is halved; the slope of one half is
measured, that of the other is what remains. So k wrong entries among P take about k log2(P / k) slopes, not P.

    aim           draw v and find how to take slopes along it (`_group_slopes`)
    split         halve the groups that differ, the last one found first, down to single entries
    judge         list an entry if its own slope, by central differences, excludes the claim; else set it aside
    start over    with these slopes as the claims and a fresh v, which shows errors that cancelled or were hidden by
                  larger ones, until nothing differs any more

Only the slope of an entry alone accuses it. Where the other steps err, it costs slopes, or `complete` is False.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from bptt.verify._execution import Observed, keep_generator, observe
from bptt.verify._problem import Problem
from bptt.verify._report import Entry, LeafFinding, Verdict
from bptt.verify.diagnosis._group_slopes import Group, GroupSlopes
from bptt.verify.methods._slope import Slope

MOST_ENTRIES = 10  # that are listed: where a formula is wrong for a whole array, all of its entries are
MOST_EVALUATIONS = 600  # twice what ten wrong entries among 500,000 take
_DOUBTFUL = 4  # times its error: a difference that, once another was found, is left to the next direction
_NOTHING = Slope(0.0, 0.0)


class WrongEntry(NamedTuple):
    """One entry of the gradient, by leaf number `leaf` at the index `at`: `by_hand`, where `reference` is right."""

    leaf: int
    at: tuple[int, ...]
    by_hand: float
    reference: float  # by central differences
    error: float  # how far the true one may be from it


class WrongEntries(NamedTuple):
    """The entries that are wrong, and whether they explain what is wrong along a random direction."""

    entries: tuple[WrongEntry, ...]  # in order
    evaluations: int  # of a slope, two values of f each
    complete: bool  # nothing else that is wrong shows along a random direction, to within the error of its slope


def locate_wrong_entries(problem: Problem, leaves: Sequence[LeafFinding]) -> list[LeafFinding]:
    """Return the findings that are wrong by floats, with an entry of each that is, if one is found."""
    wrong = [leaf for leaf in leaves if leaf.verdict == Verdict.WRONG]
    paths = {leaf.path for leaf in wrong or leaves}
    with keep_generator(), np.errstate(all="ignore"):
        problem, observed = observe(problem)
        given, floats = problem.arguments.leaves, observed.gradient
        numbers = [n for n, leaf in enumerate(given) if leaf.path in paths]
        if any(floats[n].shape != given[n].values.shape or not np.isfinite(floats[n]).all() for n in numbers):
            return wrong
        search = find_wrong_entries(problem, observed, numbers)
    found: list[LeafFinding] = []
    for leaf in wrong or leaves:
        entries = [entry for entry in search.entries if given[entry.leaf].path == leaf.path]
        found += [_add_entry(leaf, entries, search)] if entries else [leaf] if wrong else []
    return found


def _add_entry(leaf: LeafFinding, entries: Sequence[WrongEntry], search: WrongEntries) -> LeafFinding:
    """Return the finding with the entry that is wrong by most, and the places of the others."""
    worst = max(entries, key=lambda one: abs(one.by_hand - one.reference) / (abs(one.reference) or 1))
    count = f"{len(entries)} wrong {'entry' if len(entries) == 1 else 'entries'}{'' if search.complete else ' or more'}"
    others = [str(list(one.at)) for one in entries if one is not worst]
    reason = f"{count} found in {search.evaluations} slopes" + (f"; also {', '.join(others)}" if others else "")
    entry = Entry(worst.at, f"{worst.by_hand:.10g}", f"{worst.reference:.10g} ± {worst.error:.1g}")
    return replace(leaf, verdict=Verdict.WRONG, entry=entry, reason=reason)


def find_wrong_entries(problem: Problem, observed: Observed, leaves: Sequence[int]) -> WrongEntries:
    """Find the wrong entries of the floats that were observed, in the leaves of these numbers.

    They must be finite, and of the shapes of the leaves. No more than `MOST_ENTRIES` are listed. The same seed gives
    the same result. An f that varies on a scale that its own noise hides can have a right entry accused. Raises what f
    and the rule raise.
    """
    chosen = sorted({n for n in leaves if observed.gradient[n].size})
    if not chosen:
        return WrongEntries((), 0, True)
    with np.errstate(all="ignore"):
        return _Search(GroupSlopes(problem, observed, chosen)).run()


class _Search:
    """What is known of the gradient so far."""

    def __init__(self, slopes: GroupSlopes) -> None:
        self.slopes = slopes
        self.wrong: dict[int, WrongEntry] = {}
        self.aside: set[int] = set()  # entries that seem wrong, but whose own slope does not show it
        self.misled = 0  # how often a right entry seemed wrong, by a truncation larger than estimated

    def run(self) -> WrongEntries:
        whole = self.slopes.whole
        groups = [whole]
        while True:
            known = self._summarize()
            left = [part for group in groups for part in self._search(group)]
            if self._summarize() != known:
                groups = [whole]
            elif left and left != groups and not self._is_spent():
                groups = left
            else:
                entries = tuple(self.wrong[entry] for entry in sorted(self.wrong))
                complete = groups == [whole] and not left and not self.aside
                return WrongEntries(entries, self.slopes.evaluations, complete)

    def _summarize(self) -> tuple[int, int, int, bool]:
        """Return what changes whenever something is learned."""
        return len(self.wrong), len(self.aside), self.misled, self.slopes.complex is True

    def _is_spent(self) -> bool:
        full = MOST_ENTRIES in (len(self.wrong), len(self.aside), self.misled)
        return full or self.slopes.evaluations >= MOST_EVALUATIONS

    def _search(self, group: Group) -> list[Group]:
        """Look for wrong entries in a group along a fresh direction; return the parts that differ and remain."""
        slopes = self.slopes
        if self._is_spent() and group != slopes.whole:
            return [group]
        difference = slopes.aim(group, self.aside)
        smallest = (group[1] - group[0]) >> 8 if slopes.differences == 2 else 0  # one difference may serve these again
        if not np.isfinite(difference.value + difference.error):
            return [group]
        differing = [(group, difference)] if difference.excludes(_NOTHING) else []
        left: list[Group] = []
        known = self._summarize()
        while differing and not self._is_spent() and len(left) < MOST_ENTRIES:
            group, difference = differing.pop()
            doubtful = max(_DOUBTFUL * difference.error, slopes.truncation)
            if self._summarize() != known and abs(difference.value) < doubtful:
                continue  # if it is not truncation, it shows along another direction
            if group[1] - group[0] < smallest:
                left.append(group)
            elif group[1] - group[0] > 1:
                halves = self._split(group, difference)
                differing += halves
                left += [] if halves else [group]
            elif not self._judge(group[0], abs(difference.value)):
                return []
        return left + [group for group, _ in differing]

    def _split(self, group: Group, difference: Slope) -> list[tuple[Group, Slope]]:
        """Return the halves of a group that differ, and by how much."""
        middle = sum(group) // 2
        halves = (group[0], middle), (middle, group[1])
        own = self.slopes.measure_difference(halves[0])
        rest = Slope(difference.value - own.value, difference.error + own.error)
        if not own.excludes(_NOTHING) and not rest.excludes(_NOTHING):
            rest = self.slopes.measure_difference(halves[1])
        differing = [pair for pair in zip(halves, (own, rest), strict=True) if pair[1].excludes(_NOTHING)]
        return sorted(differing, key=lambda pair: abs(pair[1].value))

    def _judge(self, entry: int, suspected: float) -> bool:
        """List an entry or set it aside. False if complex steps turn out to mislead, and are given up."""
        slopes = self.slopes
        line, doubts = slopes.line, slopes.doubts
        n, at = slopes.locate(entry)
        part = line.restrict(slopes.split_by_leaf((entry, entry + 1)))
        part.step = part.find_widest_step([n])
        own = part.take_differences([n])
        if not np.isfinite(own.value):  # f is not defined that far
            part.step = line.step
            own = part.take_differences([n])
        v = part.direction[n][at]
        claim = Slope(part.sum_claims([n]).value, abs(v) * doubts[n][at])
        excluded = entry not in self.wrong and own.excludes(claim)
        if excluded and slopes.is_confirmed(part, n, claim, own, abs(part.values[n][at] / v)):
            reference, error = float(own.value / v), float(own.error / abs(v))
            self.wrong[entry] = WrongEntry(n, at, float(part.gradient[n][at]), reference, error)
            line.gradient[n][at] = reference
            doubts[n][at] += error
            return True
        step = part.take_complex_step([n]) if slopes.complex else None
        if step is not None and step.excludes(own):
            slopes.complex = False
            return False
        if not slopes.complex and abs(claim.value - own.value) + own.error < suspected / 2 and not own.kink:
            self.misled += 1
            slopes.truncation = 2 * suspected
        else:
            self.aside.add(entry)
        return True
