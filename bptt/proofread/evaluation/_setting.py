"""What is the same at all points at which an equation is evaluated."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from bptt.proofread._expressions import Definitions, Expression, Property, Quantity, Range
from bptt.proofread.evaluation._budget import Budget
from bptt.proofread.evaluation._differentiate import FRESH
from bptt.proofread.evaluation._drawing import check_properties
from bptt.proofread.evaluation._existence import Existence
from bptt.proofread.evaluation._slopes import Slopes


class Setting(NamedTuple):
    """What is the same at all points at which an equation is evaluated."""

    definitions: Definitions
    ranges: Mapping[str, Range]  # of the indices of the equation and of the definitions
    properties: Mapping[Quantity, frozenset[Property]]
    existence: Existence
    slopes: Slopes
    budget: Budget

    def get_range(self, index: str) -> Range:
        """Return what an index runs over."""
        name = index.rstrip(FRESH)
        return self.slopes.ranges[name] if name in self.slopes.ranges else self.ranges[name]


def make_setting(
    definitions: Definitions,
    ranges: Mapping[str, Range],
    nodes: Sequence[Expression],
    budget: Budget,
    properties: Mapping[Quantity, frozenset[Property]] | None = None,
) -> Setting:
    """Make the setting of the expressions of an equation; `properties` stand in place of those that are defined.

    Raises `ValueError` for a property that a quantity cannot have.
    """
    existence, slopes = Existence(definitions, nodes), Slopes(definitions, budget)
    drawn = definitions.properties | dict(properties or {})
    check_properties(drawn)
    return Setting(definitions, definitions.ranges | dict(ranges), drawn, existence, slopes, budget)
