"""The values of quantities and of their derivatives, each computed once for each step that is asked for."""

import math
from collections.abc import Callable, Mapping, Sequence

from bptt.proofread import _expressions as ex
from bptt.proofread._expressions import Entry, Expression, Index, Quantity, Step
from bptt.proofread.evaluation import _arrays as arrays
from bptt.proofread.evaluation._arrays import Algebra, Array
from bptt.proofread.evaluation._budget import MOST_KEPT, TooLarge
from bptt.proofread.evaluation._differentiate import compare_entries
from bptt.proofread.evaluation._drawing import draw
from bptt.proofread.evaluation._points import NoSuchStep, Point
from bptt.proofread.evaluation._setting import Setting

MOST_NESTED = 60  # quantities that are defined by one another: each takes several calls of Python, of a thousand

Steps = Mapping[str, int]  # the numbers of the letters of steps


class Circle(ValueError):  # noqa: N818
    """A quantity is defined by itself. Says which."""


class Quantities:
    """The values of quantities at one point, and of their derivatives."""

    def __init__(self, setting: Setting, point: Point, evaluate: Callable[[Expression, Steps], Array]) -> None:
        self.setting = setting
        self.point = point
        self.evaluate = evaluate
        self._algebra = Algebra(setting.budget)
        self._dependence = setting.get_dependence(point.steps)
        self._known: dict[object, Array] = {}  # an index "0", "1", … for each of the axes
        self._kept = 0
        self._under_way: set[object] = set()

    def evaluate_entry(self, node: Entry, steps: Steps) -> Array:
        at = self._locate(node, steps)
        quantity = node.quantity
        values = self._compute_once((quantity, at), lambda: self._compute_values(quantity, at), quantity.name)
        return self._take(values, (node,))

    def _locate(self, entry: Entry, steps: Steps) -> int | None:
        """Return the number of the step of an entry. Raises `NoSuchStep` where it does not exist."""
        at = self.point.get_step(entry.step, steps)
        if not self.setting.existence.exists(entry.quantity, at, self.point.steps):
            raise NoSuchStep(f"there is no step {at}")
        return at

    def _take(self, values: Array, entries: Sequence[Entry]) -> Array:
        """Put the indices of entries in place of the axes of their quantities."""
        axes = [axis for entry in entries for axis in entry.quantity.axes]
        indices = [index for entry in entries for index in entry.indices]
        for index, axis in zip(indices, axes, strict=True):
            arrays.check_number(index, self.point.get_size(axis))
        return arrays.relabel(values, {str(n): index for n, index in enumerate(indices)})

    def _compute_values(self, quantity: Quantity, step: int | None) -> Array:
        found = self.setting.existence.find_definition(quantity, step, self.point.steps)
        if found is not None:
            definition, steps = found
            values = self.evaluate(definition.body, steps)
            return arrays.relabel(values, {index: str(n) for n, index in enumerate(definition.indices)})
        shape = tuple(map(self.point.get_size, quantity.axes))
        self._algebra.spend(math.prod(shape))
        properties = self.setting.properties.get(quantity, frozenset())
        drawn = draw(quantity, step, shape, self.point.values, self.point.seed, properties)
        return Array(tuple(map(str, range(len(shape)))), drawn)

    def _compute_once(self, key: object, compute: Callable[[], Array], name: str) -> Array:
        """Return what is known, or compute it. Raises `Circle` where that needs the same, or too many others."""
        if key not in self._known:
            circle = key in self._under_way
            if circle or len(self._under_way) > MOST_NESTED:
                by = "itself" if circle else f"more than {MOST_NESTED} others in a row"
                raise Circle(f"{name} is defined by {by}")
            self._under_way.add(key)
            try:
                self._known[key] = compute()
            finally:
                self._under_way.discard(key)
            self.keep(self._known[key])
        return self._known[key]

    def keep(self, array: Array) -> None:
        """Count the entries that are kept. Raises `TooLarge`."""
        self._kept += array.values.size
        if self._kept > MOST_KEPT:
            raise TooLarge(f"it has more than {MOST_KEPT:,} values that are needed again")

    def evaluate_slope(self, node: ex.Slope, steps: Steps) -> Array:
        """Evaluate a derivative once for all entries of the quantities and these steps; take the entries asked for."""
        entries, named = (node.of, *node.by), list[Entry]()
        for n, entry in enumerate(entries):
            at = self._locate(entry, steps)
            names = self.setting.name_axes(entry.quantity, n)
            named.append(Entry(entry.quantity, None if at is None else Step("", at), names))
        home = node.home and Step("", node.home.resolve(self.point.steps, steps))
        # Under other names, so that the slopes at all indices are computed together, and once.
        whole = ex.Slope(named[0], tuple(named[1:]), home, node.direct)
        return self._take(self._compute_once(whole, lambda: self._compute_slope(whole), node.of.quantity.name), entries)

    def _compute_slope(self, node: ex.Slope) -> Array:
        of, (first, *others) = node.of, node.by
        indices: Sequence[Index] = of.indices
        letters: Steps = {}
        slope: Expression = ex.ZERO
        if (of.quantity, of.step) == (first.quantity, first.step):
            slope = ex.ZERO if others else compare_entries(of, first)
        elif self._may_depend(node):
            step = self.point.get_step(of.step, {})
            found = self.setting.existence.find_definition(of.quantity, step, self.point.steps)
            if found is not None:
                definition, letters = found
                indices = definition.indices
                slope = self.setting.differentiate_definition(definition, node)
        places = (*indices, *(str(index) for entry in node.by for index in entry.indices))
        return arrays.relabel(self.evaluate(slope, letters), {index: str(n) for n, index in enumerate(places)})

    def _may_depend(self, node: ex.Slope) -> bool:
        """Whether a derivative is not known to be 0: with a home, at other steps; or since no way leads there."""
        if node.home is not None and node.of.step not in (None, node.home):
            return False
        of, *by = ((entry.quantity, self.point.get_step(entry.step, {})) for entry in (node.of, *node.by))
        return all(self._dependence.leads_to(of, one) for one in by)
