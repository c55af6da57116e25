"""Whether an entry depends on another, so that derivatives that are 0 need not be computed."""

from collections.abc import Iterator, Mapping

from bptt.proofread import _expressions as ex
from bptt.proofread._expressions import Definitions, Expression, Quantity
from bptt.proofread._traversal import find_definition, get_children, list_entries
from bptt.proofread.evaluation._existence import Existence
from bptt.proofread.evaluation._point import Point

Place = tuple[Quantity, int | None]  # a quantity at one step


class Dependence:
    """Finds on which quantities, at which steps, a quantity at a step depends."""

    def __init__(self, definitions: Definitions, existence: Existence, point: Point) -> None:
        self.definitions = definitions
        self.existence = existence
        self.point = point
        self._direct: dict[Place, frozenset[Place]] = {}
        self._all: dict[Place, set[Place]] = {}

    def leads_to(self, of: Place, by: Place) -> bool:
        """Whether one is made of the other, by way of however many definitions."""
        if of not in self._all:
            found: set[Place] = set()
            waiting = [of]
            while waiting:
                new = self._find_direct(waiting.pop()) - found
                found |= new
                waiting += new
            self._all[of] = found
        return by in self._all[of]

    def _find_direct(self, place: Place) -> frozenset[Place]:
        if place not in self._direct:
            found = find_definition(self.definitions, *place, self.point.steps, self.existence.find_start(place[0]))
            places = () if found is None else self._list_places(found[0].body, found[1])
            self._direct[place] = frozenset(places)
        return self._direct[place]

    def _list_places(self, node: Expression, steps: Mapping[str, int]) -> Iterator[Place]:
        for entry in list_entries(node):
            yield entry.quantity, self.point.get_step(entry.step, steps)
        if isinstance(node, ex.OverSteps | ex.MatrixProduct):
            first, last = node.first.resolve(self.point.steps, steps), node.last.resolve(self.point.steps, steps)
            each = [{**steps, node.letter: step} for step in range(first, last + 1)]
        else:
            each = [dict(steps)]
        for part in get_children(node):
            for own in each:
                yield from self._list_places(part, own)
