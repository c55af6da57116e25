"""At which sizes a gradient is wrong, as a rule that fits every case that was tried."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple, TypeAlias

Sizes: TypeAlias = Mapping[str, int]

_MOST_CONDITIONS = 3


class Condition(NamedTuple):
    """On a size, or on two."""

    name: str
    relation: str
    other: str | int

    def holds(self, sizes: Sizes) -> bool:
        """For these sizes."""
        left, right = sizes[self.name], self.other if isinstance(self.other, int) else sizes[self.other]
        return {"≥": left >= right, "≤": left <= right, "=": left == right, "≠": left != right}[self.relation]

    def __str__(self) -> str:
        return f"{self.name} {self.relation} {self.other}"


def rule(wrong: Sequence[Sizes], right: Sequence[Sizes]) -> str | None:
    """When a case is wrong and never else: `"h ≥ 2 and t ≥ 2"`. `None` if no rule fits, or more than one as short.

    One that says from which sizes on comes before others, and one that compares no two sizes before one that does.
    An empty one says that all cases are wrong. All cases must have the same names.
    """
    conditions = list(_conditions(wrong, right))
    of_one_size = [one for one in conditions if isinstance(one.other, int)]
    from_sizes_on = [one for one in of_one_size if one.relation == "≥"]
    for candidates in (from_sizes_on, of_one_size, conditions):
        for count in range(_MOST_CONDITIONS + 1):
            fitting = [
                some for some in combinations(candidates, count) if not any(_all_hold(some, sizes) for sizes in right)
            ]
            if fitting:
                return " and ".join(map(str, fitting[0])) if len(fitting) == 1 else None
    return None


def _all_hold(conditions: Sequence[Condition], sizes: Sizes) -> bool:
    return all(one.holds(sizes) for one in conditions)


def _conditions(wrong: Sequence[Sizes], right: Sequence[Sizes]) -> Iterator[Condition]:
    """All that hold in each case that is wrong, and not in each that is right."""
    names = list(wrong[0])
    for name in names:
        low, high = min(sizes[name] for sizes in wrong), max(sizes[name] for sizes in wrong)
        below, above = (any(sizes[name] < low for sizes in right), any(sizes[name] > high for sizes in right))
        if low == high and above and (below or low == 1):
            yield Condition(name, "=", low)
        else:
            yield from [Condition(name, "≥", low)] if below else []
            yield from [Condition(name, "≤", high)] if above else []
    for a, b in combinations(names, 2):
        for relation in ("≠", "="):
            one = Condition(a, relation, b)
            if all(one.holds(sizes) for sizes in wrong) and not all(one.holds(sizes) for sizes in right):
                yield one
