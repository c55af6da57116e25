"""At which sizes a gradient is wrong, as a rule, said only where the cases exclude every other rule of its kind.

The cases must cover what the strategy draws, as in combinatorial testing: each size, each two and each three that
meet, large ones taken together. A rule that fits all of them and yet is false would have to fail where more than three
sizes, or large ones, meet as they do in no case.
"""

import operator
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple, TypeAlias

Sizes: TypeAlias = Mapping[str, int]
Key: TypeAlias = tuple[int, ...]  # sizes, in the order of their names
Combination: TypeAlias = tuple[tuple[int, int], ...]  # the place of a name, and a size

_MOST_CONDITIONS = 3  # of a rule: more fit any few cases, and nobody remembers them
_RARE = 200  # of how many points drawn one has sizes that need no case
_EXCEPTIONAL = 16  # of how many cases that are wrong one may be right at the same sizes, as where terms cancel
_RELATIONS = {"≥": operator.ge, "≤": operator.le, "=": operator.eq, "≠": operator.ne}
_LEAST_CASES = 8  # of each verdict: where numbers decide, as a coin does, so many agree with a rule 1 time in 256
_MANY = 4  # from which on sizes are alike where two or three meet: three have 64 combinations then, not thousands


class Condition(NamedTuple):
    """On a size, or on two."""

    name: str
    relation: str
    other: str | int

    def holds(self, sizes: Sizes) -> bool:
        """Whether it does for these sizes."""
        other = self.other if isinstance(self.other, int) else sizes[self.other]
        return bool(_RELATIONS[self.relation](sizes[self.name], other))

    def __str__(self) -> str:
        return f"{self.name} {self.relation} {self.other}"


class Rule(tuple[Condition, ...]):
    """Conditions that all hold where a case is wrong, and never all else; none if every case is wrong."""

    def holds(self, sizes: Sizes) -> bool:
        """Whether it says that a case of these sizes is wrong."""
        return all(one.holds(sizes) for one in self)

    def __str__(self) -> str:
        return " and ".join(map(str, self))


class SizeEvidence:
    """Cases of known sizes, each wrong or right: what a rule of sizes rests on.

    A case that is right may be so by chance, where numbers are 0 or a unit is saturated. At one of ordinary numbers it
    hardly is; if several are right beside others of the same sizes that are wrong, it is not sizes that decide.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._names = list(names)
        self._are_comparable = bool(self._names)  # all cases have these names
        self._drawn: set[Key] = set()
        self._wrong: set[Key] = set()
        self._right: set[Key] = set()
        self._ordinary: dict[bool, Counter[Key]] = {True: Counter(), False: Counter()}
        self._covered: set[Combination] = set()
        self._uncovered: Counter[Combination] = Counter()  # how often they were drawn
        self._count = 0  # of points drawn
        self._fitting: list[Rule] | None = None  # as far as they were looked for

    @property
    def fits_a_rule(self) -> bool:
        """Whether there is a rule that fits the cases, be they enough or not."""
        return bool(self._find_fitting())

    def add_drawn(self, sizes: Sizes) -> None:
        """Take note that there are points of these sizes."""
        key = tuple(sizes.values())
        if list(sizes) == self._names:
            self._count += 1
            self._drawn.add(key)
            self._uncovered.update(set(self._combine(key)) - self._covered)

    def add_case(self, sizes: Sizes, *, is_wrong: bool, is_ordinary: bool) -> None:
        """Take note of a verdict at these sizes; `is_ordinary` unless its numbers may hide a mistake."""
        if list(sizes) != self._names:
            self._are_comparable = False
            return
        self.add_drawn(sizes)
        key = tuple(sizes.values())
        (self._wrong if is_wrong else self._right).add(key)
        if is_ordinary:
            self._ordinary[is_wrong][key] += 1
        if is_ordinary or is_wrong:
            self._covered.update(self._combine(key))
            for combination in self._combine(key):
                self._uncovered.pop(combination, None)
        if self._fitting and any(rule.holds(sizes) != is_wrong for rule in self._fitting):
            self._fitting = None

    def lacks(self, sizes: Sizes, *, is_ordinary: bool) -> bool:
        """Whether a case of these sizes would help to tell if a rule that fits is true.

        One of other than ordinary numbers would if it is wrong, as it is if the rule says so.
        """
        fitting = self._find_fitting() if list(sizes) == self._names else []
        if not fitting or not (is_ordinary or any(rule.holds(sizes) for rule in fitting)):
            return False
        key = tuple(sizes.values())
        for counts in self._ordinary.values():
            if counts[key]:
                return is_ordinary and counts.total() < _LEAST_CASES
        return key in self._find_doubtful() or not self._covered.issuperset(self._combine(key))

    def find_rule(self) -> Rule | None:
        """Return the rule by which sizes decide; `None` if there is none, or cases are lacking to exclude others."""
        fitting = self._find_fitting()
        if len(fitting) != 1 or any(counts.total() < _LEAST_CASES for counts in self._ordinary.values()):
            return None
        is_covered = all(times * _RARE < self._count for times in self._uncovered.values())
        are_few_doubtful = len(self._find_doubtful()) * _EXCEPTIONAL <= len(self._wrong)
        return fitting[0] if is_covered and are_few_doubtful else None

    def _find_fitting(self) -> list[Rule]:
        """Find the rules that fit the cases, be they enough or not."""
        if self._fitting is None:
            wrong, right = self._wrong, self._ordinary[False].keys() - self._wrong
            exceptions = sum(self._ordinary[False][key] for key in wrong)
            sizes_decide = exceptions * _EXCEPTIONAL <= self._ordinary[True].total()
            is_asked = self._are_comparable and sizes_decide and wrong and right
            named_wrong, named_right = ([self._name(key) for key in sorted(keys)] for keys in (wrong, right))
            names = list_distinct_names(list(map(self._name, self._drawn)))
            self._fitting = find_shortest_rules(named_wrong, named_right, names) if is_asked else []
        return self._fitting

    def _find_doubtful(self) -> set[Key]:
        """Find the sizes of which all cases are right: by chance, if a rule that fits is true."""
        fitting = self._find_fitting()
        return {key for key in self._right - self._wrong if any(rule.holds(self._name(key)) for rule in fitting)}

    def _name(self, key: Key) -> dict[str, int]:
        return dict(zip(self._names, key, strict=True))

    def _combine(self, key: Key) -> Iterator[Combination]:
        """Yield what a case covers: each of its sizes, and each two and three of them, where 4 is as good as more."""
        yield from combinations(enumerate(key), 1)
        for count in (2, 3):
            yield from combinations([(n, min(size, _MANY)) for n, size in enumerate(key)], count)


def list_distinct_names(met: Sequence[Sizes]) -> list[str]:
    """List the sizes that are not always equal to one before them; none if not all of these have the same names."""
    if any(list(sizes) != list(met[0]) for sizes in met):
        return []
    columns = list(zip(*(sizes.values() for sizes in met), strict=True))
    return [name for n, name in enumerate(met[0]) if columns.index(columns[n]) == n]


def find_shortest_rules(wrong: Sequence[Sizes], right: Sequence[Sizes], names: Sequence[str]) -> list[Rule]:
    """Return when a case is wrong and never else: `"h ≥ 2 and t ≥ 2"`; none if no rule of these names fits.

    They are the shortest, and all as short as one another. Those that say from which sizes on come before others, and
    those that compare no two sizes before those that do. An empty one says that all cases are wrong.
    """
    conditions = list(_list_conditions(wrong, right, names))
    of_one_size = [one for one in conditions if isinstance(one.other, int)]
    from_sizes_on = [one for one in of_one_size if one.relation == "≥"]
    for candidates in (from_sizes_on, of_one_size, conditions):
        for count in range(_MOST_CONDITIONS + 1):
            rules = [Rule(rule) for rule in combinations(candidates, count)]
            fitting = [rule for rule in rules if not any(rule.holds(sizes) for sizes in right)]
            if fitting:
                return fitting
    return []


def _list_conditions(wrong: Sequence[Sizes], right: Sequence[Sizes], names: Sequence[str]) -> Iterator[Condition]:
    """List those that hold in each case that is wrong, and not in each that is right."""
    for name in names:
        low, high = min(sizes[name] for sizes in wrong), max(sizes[name] for sizes in wrong)
        below, above = (any(sizes[name] < low for sizes in right), any(sizes[name] > high for sizes in right))
        if low == high and above and (below or low == 1):  # "≥" says it where all that is right lies below
            yield Condition(name, "=", low)
        else:
            yield from [Condition(name, "≥", low)] if below else []
            yield from [Condition(name, "≤", high)] if above else []
    for a, b in combinations(names, 2):
        for relation in ("≠", "="):
            one = Condition(a, relation, b)
            if all(one.holds(sizes) for sizes in wrong) and not all(one.holds(sizes) for sizes in right):
                yield one
