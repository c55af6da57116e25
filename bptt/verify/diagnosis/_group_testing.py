"""Which entries of a gradient are wrong, where f runs on floats alone: a search by groups.

The slope that the gradient claims along a random direction v through a group of entries, less the slope of f, is the
sum of v[i] times the error of entry i over the group. A group where it is not 0 is halved; the slope of one half is
measured, that of the other is what remains. So k wrong entries among P take about k log2(P / k) slopes, not P.

    aim           draw v and find the step at which one central difference, or two, extrapolated, serve best; where f
                  takes complex numbers and agrees along v, take complex steps instead
    split         halve the groups that differ, the last one found first, down to single entries
    look at       list an entry if its own slope, by central differences for it alone, excludes the claim; else set it
                  aside
    start over    with these slopes in the place of the claims and a fresh v: errors that cancelled in a sum or were
                  hidden by larger ones show then. Done when nothing differs any more

Only the slope of an entry alone accuses it. Where the other steps err, it costs slopes, or `complete` is False.
"""

import copy
from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from bptt.verify._conduct import Floats, jittered
from bptt.verify._execution import Function
from bptt.verify._problem import FlatArguments
from bptt.verify.methods._line import COMPLEX_REACH, Line, Slope

MOST_ENTRIES = 10  # that are listed: where a formula is wrong for a whole array, all of its entries are
MOST_EVALUATIONS = 600
_WIDEST = 2.0**10  # the step that moves an entry by 2^-7 of the size of its array, for `Line.by_one_difference`
_STEPS = [_WIDEST / 4**k for k in range(7)]
_TO_MEASURE_NOISE = [_WIDEST * 2.0**-27 * 4**k for k in range(14)]
_REACH = 2.0**-23  # of the widest step over the noise: how much farther one entry is moved than another
_DOUBTFUL = 4  # times its error: a difference that, once another was found, is left to the next direction
_NOISE = 4  # by which a noise is widened, for groups; twice that before an entry is accused
_SAFETY = 2  # by which an estimated truncation is widened
_ROUNDINGS = 32  # of a number, that it may have lost
_JITTERS = 4  # of the arguments, to see what rounding does to the claims
_JITTER_SAFETY = 128  # by which a change of a claim is widened, as in `estimate`

_Group: TypeAlias = tuple[int, int]  # the first entry and the one after the last, the leaves counted through
_NOTHING = Slope(0.0, 0.0)


class WrongEntry(NamedTuple):
    """One entry of the gradient, by leaf number `leaf` at the index `at`: `by_hand`, where `reference` is right."""

    leaf: int
    at: tuple[int, ...]
    by_hand: float
    reference: float  # by central differences
    error: float  # how far the true one may be from it


class Localised(NamedTuple):
    """The entries that are wrong, and whether they explain what is wrong along a random direction."""

    entries: tuple[WrongEntry, ...]  # in order
    evaluations: int  # of a slope, two values of f each
    complete: bool  # nothing else that is wrong shows along a random direction, to within the error of its slope
    unseen: int  # entries, claimed not to be 0, that contribute less to that slope than twice its error


def wrong_entries(
    f: Function,
    gradient: Function,
    arguments: FlatArguments,
    value: float,
    floats: Sequence[Floats],
    seed: int,
    leaves: Sequence[int],
) -> Localised:
    """The wrong entries of `floats`, which `gradient` returned for `arguments`, where f is `value`.

    `leaves` are the numbers of those to search; floats[n] has the shape of leaf n. No more than `MOST_ENTRIES` are
    listed. The same seed gives the same result. An f that varies on a scale that its own noise hides can have a right
    entry accused. Raises `ValueError` for a leaf that is not differentiated and for floats of another shape or that are
    not finite, and what f and `gradient` raise.
    """
    for n in leaves:
        leaf = arguments.leaves[n]
        if not leaf.differentiable:
            raise ValueError(f"leaves must name leaves that are differentiated; {n}, {leaf.path}, is not")
        if floats[n].shape != leaf.values.shape:
            raise ValueError(f"the gradient by {leaf.path} must have shape {leaf.values.shape}; got {floats[n].shape}")
        if not np.isfinite(floats[n]).all():
            raise ValueError(f"the gradient by {leaf.path} must be finite for its entries to be searched")
    random = np.random.default_rng(seed)
    chosen = sorted({n for n in leaves if floats[n].size})
    if not chosen:
        return Localised((), 0, True, 0)
    with np.errstate(all="ignore"):
        doubts = _doubts(f, gradient, arguments, floats, chosen, random)
        return _Search(f, arguments, value, floats, doubts, chosen, random).run()


def _doubts(
    f: Function,
    gradient: Function,
    arguments: FlatArguments,
    floats: Sequence[Floats],
    chosen: Sequence[int],
    random: np.random.Generator,
) -> dict[int, Floats]:
    """How far rounding may have taken each claim, from how much it changes with a rounding of the arguments."""
    largest: dict[int, Floats] = {n: np.zeros(floats[n].shape) for n in chosen}
    for _ in range(_JITTERS):
        moved = [jittered(leaf.values, random) for leaf in arguments.leaves]
        leaves = [
            x if hasattr(leaf.given, "dtype") else x[()].item() for leaf, x in zip(arguments.leaves, moved, strict=True)
        ]
        f(*arguments.rebuild(leaves))  # a backward pass may use what the forward pass kept
        claims = arguments.match(gradient(*arguments.rebuild(leaves)))
        for n in chosen:
            change = np.abs(claims[n].astype(np.float64) - floats[n])
            np.fmax(largest[n], np.where(np.isnan(change), np.inf, change), out=largest[n])
    for n, change in largest.items():
        unit = max(np.finfo(t).eps for t in (floats[n].dtype, arguments.leaves[n].values.dtype))
        change *= _JITTER_SAFETY
        change += _ROUNDINGS * unit * np.abs(floats[n])
    return largest


class _Search:
    """What is known of the gradient so far, and the direction along which more is being learned."""

    def __init__(
        self,
        f: Function,
        arguments: FlatArguments,
        value: float,
        floats: Sequence[Floats],
        doubts: dict[int, Floats],
        chosen: list[int],
        random: np.random.Generator,
    ) -> None:
        self.calls = 0

        def counted(*given: Any) -> Any:
            self.calls += 1
            return f(*given)

        searched = copy.copy(arguments)
        searched.leaves = [leaf._replace(chosen=n in chosen) for n, leaf in enumerate(arguments.leaves)]
        claims = [np.array(g, order="C") if n in chosen else np.zeros(0) for n, g in enumerate(floats)]
        self.line = Line(counted, searched, value, claims, random)
        self.calls = 0
        self.doubts = doubts
        self.chosen = chosen
        self.ends = np.cumsum([0, *(claims[n].size for n in chosen)]).tolist()
        self.whole = (0, self.ends[-1])
        self.wrong: dict[int, WrongEntry] = {}
        self.aside: set[int] = set()  # entries that seem wrong, but whose own slope does not show it
        self.noise = np.inf  # of f, as it matters to groups
        self.misled = 0  # how often a right entry seemed wrong, by a truncation larger than estimated
        self.complex: bool | None = None  # whether complex steps are taken; None before f has been asked
        self.differences, self.first_step, self.truncation = 1, _WIDEST, np.inf
        self.unseen = self.whole[1]

    def run(self) -> Localised:
        self._measure_noise()
        groups = [self.whole]
        while True:
            known = self._known()
            left = [part for group in groups for part in self._search(group)]
            if groups == [self.whole] and not left and self._known() == known:
                return self._found(complete=not self.aside)
            if self._known() != known:
                groups = [self.whole]
            elif left and left != groups and not self._spent():
                groups = left
            else:
                return self._found(complete=False)

    def _known(self) -> tuple[int, int, int, bool]:
        return len(self.wrong), len(self.aside), self.misled, self.complex is True

    def _found(self, complete: bool) -> Localised:
        entries = tuple(self.wrong[entry] for entry in sorted(self.wrong))
        return Localised(entries, self._evaluations(), complete, self.unseen)

    def _evaluations(self) -> int:
        return (self.calls + 1) // 2

    def _spent(self) -> bool:
        full = MOST_ENTRIES in (len(self.wrong), len(self.aside), self.misled)
        return full or self._evaluations() >= MOST_EVALUATIONS

    def _search(self, group: _Group) -> list[_Group]:
        """Look for wrong entries in a group along a fresh direction; returns the parts that differ and remain."""
        if self._spent() and group != self.whole:
            return [group]
        difference = self._aim(group)
        smallest = (group[1] - group[0]) >> 8 if self.differences == 2 else 0  # one difference may serve these again
        if not np.isfinite(difference.value + difference.error):
            return [group]
        differing = [(group, difference)] if difference.excludes(_NOTHING) else []
        left: list[_Group] = []
        known = self._known()
        while differing and not self._spent() and len(left) < MOST_ENTRIES:
            group, difference = differing.pop()
            doubtful = max(_DOUBTFUL * difference.error, self.truncation)
            if self._known() != known and abs(difference.value) < doubtful:
                continue  # if it is not truncation, it shows along another direction
            if group[1] - group[0] < smallest:
                left.append(group)
            elif group[1] - group[0] > 1:
                halves = self._split(group, difference)
                differing += halves
                left += [] if halves else [group]
            elif not self._look_at(group[0], abs(difference.value)):
                return []
        return left + [group for group, _ in differing]

    def _split(self, group: _Group, difference: Slope) -> list[tuple[_Group, Slope]]:
        """The halves of a group that differ, by how much."""
        middle = sum(group) // 2
        halves = (group[0], middle), (middle, group[1])
        own = self._difference(halves[0])
        rest = Slope(difference.value - own.value, difference.error + own.error)
        if not own.excludes(_NOTHING) and not rest.excludes(_NOTHING):
            rest = self._difference(halves[1])
        differing = [pair for pair in zip(halves, (own, rest), strict=True) if pair[1].excludes(_NOTHING)]
        return sorted(differing, key=lambda pair: abs(pair[1].value))

    def _look_at(self, entry: int, suspected: float) -> bool:
        """List an entry or set it aside. False if complex steps turn out to mislead, and are given up."""
        n, at = self._place(entry)
        part = self.line.within(self._parts((entry, entry + 1)))
        part.step = part.widest_step([n])
        own = part.by_differences([n])
        if not np.isfinite(own.value):  # f is not defined that far
            part.step = self.line.step
            own = part.by_differences([n])
        claim, v = part.claim([n]).value, part.direction[n][at]
        excluded = entry not in self.wrong and own.excludes(Slope(claim, abs(v) * self.doubts[n][at]))
        if excluded and self._holds(part, n, claim, own.value, abs(part.values[n][at] / v)):
            reference, error = float(own.value / v), float(own.error / abs(v))
            self.wrong[entry] = WrongEntry(n, at, float(part.gradient[n][at]), reference, error)
            self.line.gradient[n][at] = reference
            self.doubts[n][at] += error
            return True
        step = part.complex_step([n]) if self.complex else None
        if step is not None and step.excludes(own):
            self.complex = False
            return False
        if not self.complex and abs(claim - own.value) + own.error < suspected / 2 and not own.kink:
            self.misled += 1
            self.truncation = 2 * suspected
        else:
            self.aside.add(entry)
        return True

    def _holds(self, part: Line, n: int, claim: float, slope: float, size: float) -> bool:
        """Whether it is this slope, and not the claim, that f shows to both sides in the smallest steps it can.

        Not so near a kink or a jump, or where f is rounded to steps of its own.
        """
        gap = abs(claim - slope)
        noise = self.line.noise + part.unit * (abs(claim) + abs(slope)) * size
        step = 8 * noise / (gap * part.step) * _WIDEST
        while step <= _WIDEST:
            found = [part.by_one_difference([n], several * step) for several in (1, 6)]
            if any(difference.value != 0 or bend != 0 for difference, bend in found):
                return all(abs(difference.value - slope) + bend / 2 < gap / 2 for difference, bend in found)
            step *= 8
        return gap * part.step > 2.0**10 * max(noise, part.noise)  # f is flat

    def _measure_noise(self) -> None:
        """How much f changes by chance, in the smallest steps in which it changes steadily; all of it if in none."""
        noise = _NOISE * self.line.unit * abs(self.line.value)
        for step in _TO_MEASURE_NOISE:
            slope, bend = self.line.by_one_difference(self.chosen, step)
            if slope.value == 0 == bend:
                continue
            other, _ = self.line.by_one_difference(self.chosen, 0.37 * step)
            change = abs(slope.value - other.value)
            noise = max(noise, _NOISE * max(bend, change) * self.line.step * step / _WIDEST)
            if max(2 * bend, 8 * change) < abs(slope.value):
                break
        else:
            noise = np.inf
        self.noise, self.line.noise = noise, max(self.line.noise, 2 * noise)

    def _aim(self, group: _Group) -> Slope:
        """Draw a direction for a group, find how to take steps along it, and how much the group differs."""
        self.line.aim(1.0)
        reach = COMPLEX_REACH if self.complex else max(1.0, _REACH * self.line.step / self.noise)
        self.line.aim(reach)
        for entry in self.aside:
            n, at = self._place(entry)
            self.line.direction[n][at] = self.line.contributions[n][at] = 0.0
        parts = self._parts(group)
        part = self.line.within(parts)
        self.line.step = part.step = part.widest_step(list(parts))
        if self.complex:
            difference = self._difference(group)
        else:
            slope = self._find_step(part, list(parts))
            if self.complex is None and np.isfinite(slope.value):
                part.noise = self.line.noise
                step = part.complex_step(list(parts))
                self.complex = step is not None and not step.excludes(slope)
                if self.complex:
                    self.differences, self.truncation = 1, 0.0
                    return self._aim(group)
            difference = self._less_than_claimed(part, parts, slope)
        if group == self.whole:
            seen = [(c == 0) | (np.abs(c) > 2 * difference.error) for c in part.contributions]
            self.unseen = self.whole[1] - sum(int(np.count_nonzero(s)) for s in seen)
        return difference

    def _find_step(self, part: Line, chosen: Sequence[int]) -> Slope:
        """The slope of f along a part, by the one or two differences that serve best for its groups, too."""
        part.noise = self.noise
        one = two = Slope(np.nan, np.inf), _WIDEST, np.inf  # with the first step and the truncation
        found: list[Slope] = []
        for k, step in enumerate(_STEPS):
            found.append(part.by_one_difference(chosen, step)[0])
            truncation = _SAFETY * abs(found[-1].value - found[k - 1].value)
            if k > 0 and truncation + found[k - 1].error < one[0].error:
                one = found[k - 1]._replace(error=truncation + found[k - 1].error), _STEPS[k - 1], truncation
            if k > 1:
                coarse, fine = _extrapolated(*found[-3:-1]), _extrapolated(*found[-2:])
                by_two = _SAFETY * abs(fine.value - coarse.value)
                if by_two + coarse.error < two[0].error:
                    two = coarse._replace(error=by_two + coarse.error), _STEPS[k - 2], by_two
            if k > 0 and found[-1].error > truncation:
                break
        enough = abs(part.claim(chosen).value - one[0].value) > 4 * one[0].error
        self.differences = 1 if enough or not two[0].error < one[0].error / 4 else 2
        slope, self.first_step, self.truncation = one if self.differences == 1 else two
        return slope

    def _difference(self, group: _Group) -> Slope:
        """By how much the slope that is claimed of a group differs from that of f."""
        parts = self._parts(group)
        part, chosen = self.line.within(parts), list(parts)
        if self.complex:
            slope = part.complex_step(chosen) or Slope(np.nan, np.inf)
            slope = slope._replace(error=slope.error + _ROUNDINGS * self.line.unit * abs(slope.value))
        else:
            part.noise = self.noise
            steps = [self.first_step / 4**k for k in range(self.differences)]
            found = [part.by_one_difference(chosen, step)[0] for step in steps]
            slope = found[0] if self.differences == 1 else _extrapolated(*found)
            slope = slope._replace(error=slope.error + self.truncation)
        return self._less_than_claimed(part, parts, slope)

    def _less_than_claimed(self, part: Line, parts: dict[int, slice], slope: Slope) -> Slope:
        doubts = [
            self.doubts[n].reshape(-1)[where] * self.line.direction[n].reshape(-1)[where] for n, where in parts.items()
        ]
        doubt = 2 * float(np.sqrt(sum(float(d @ d) for d in doubts)))  # their signs are random
        return Slope(part.claim(list(parts)).value - slope.value, slope.error + doubt)

    def _parts(self, group: _Group) -> dict[int, slice]:
        """Of each leaf that has entries in the group, which they are in C order."""
        start, stop = group
        return {
            n: slice(max(start - first, 0), min(stop, last) - first)
            for n, first, last in zip(self.chosen, self.ends[:-1], self.ends[1:], strict=True)
            if start < last and first < stop
        }

    def _place(self, entry: int) -> tuple[int, tuple[int, ...]]:
        """The number of its leaf, and its index there."""
        ((n, where),) = self._parts((entry, entry + 1)).items()
        return n, tuple(int(axis) for axis in np.unravel_index(where.start, self.line.direction[n].shape))


def _extrapolated(coarse: Slope, fine: Slope) -> Slope:
    """To a step of 0, from one step and a quarter of it."""
    return Slope(fine.value + (fine.value - coarse.value) / 15, (16 * fine.error + coarse.error) / 15)
