"""At which sizes a gradient is wrong, as a rule that fits every case that was tried."""

import operator
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple, TypeAlias

Sizes: TypeAlias = Mapping[str, int]

_MOST_CONDITIONS = 3  # of a rule: more fit any few cases, and nobody remembers them
_RELATIONS = {"≥": operator.ge, "≤": operator.le, "=": operator.eq, "≠": operator.ne}


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


def find_rule(wrong: Sequence[Sizes], right: Sequence[Sizes]) -> str | None:
    """Return when a case is wrong and never else: `"h ≥ 2 and t ≥ 2"`; `None` if no rule fits, or several as short.

    One that says from which sizes on comes before others, and one that compares no two sizes before one that does.
    An empty one says that all cases are wrong. All cases must have the same names.
    """
    conditions = list(_list_conditions(wrong, right))
    of_one_size = [one for one in conditions if isinstance(one.other, int)]
    from_sizes_on = [one for one in of_one_size if one.relation == "≥"]
    for candidates in (from_sizes_on, of_one_size, conditions):
        for count in range(_MOST_CONDITIONS + 1):
            fitting = [
                rule
                for rule in combinations(candidates, count)
                if not any(all(one.holds(sizes) for one in rule) for sizes in right)
            ]
            if fitting:
                return " and ".join(map(str, fitting[0])) if len(fitting) == 1 else None
    return None


def _list_conditions(wrong: Sequence[Sizes], right: Sequence[Sizes]) -> Iterator[Condition]:
    """List those that hold in each case that is wrong, and not in each that is right."""
    names = list(wrong[0])
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
