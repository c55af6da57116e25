"""The derivatives of definitions and of functions, each built once for all points at which it is evaluated."""

from typing import NamedTuple

from bptt.proofread._expressions import Definition, Definitions, Entry, Expression, Partial, Quantity, Range, Step
from bptt.proofread.evaluation._budget import Budget
from bptt.proofread.evaluation._differentiate import Differentiation, expand
from bptt.proofread.evaluation._functions import FUNCTIONS


class Held(NamedTuple):
    """What a derivative by entries holds fixed; see `Slope`."""

    by: tuple[Entry, ...]
    home: Step | None
    direct: bool


class Slopes:
    """Builds derivatives, and keeps them.

    Attributes:
        ranges: what the indices run over that stand for the axes of quantities
    """

    def __init__(self, definitions: Definitions, budget: Budget) -> None:
        self.definitions = definitions
        self.budget = budget
        self.ranges: dict[str, Range] = {}
        self._names: dict[tuple[Quantity, int], tuple[str, ...]] = {}
        self._of_definitions: dict[tuple[int, Held], Expression] = {}
        self._of_functions: dict[tuple[str, int], Expression] = {}
        self._expanded: dict[int, tuple[Partial, Expression]] = {}  # by identity; the key lives as long as it is here

    def name_axes(self, quantity: Quantity, place: int) -> tuple[str, ...]:
        """Name an index for each axis of a quantity, others at each place."""
        key = quantity, place
        if key not in self._names:
            names = tuple(f"~{len(self._names)}.{axis}" for axis in range(len(quantity.axes)))
            self._names[key] = names
            self.ranges.update(zip(names, quantity.axes, strict=True))
        return self._names[key]

    def differentiate_definition(self, definition: Definition, held: Held) -> Expression:
        """Differentiate the body of a definition. Raises `TooLarge`."""
        key = id(definition), held
        if key not in self._of_definitions:
            slope = definition.body
            for entry in held.by:
                defined = self.definitions.quantities
                slope = Differentiation(entry, held.home, defined, self.budget, held.direct).differentiate(slope)
            self._of_definitions[key] = slope
        return self._of_definitions[key]

    def differentiate_function(self, name: str, order: int) -> Expression:
        """Return the derivative of that order of a function, as an expression of its `Parameter`.

        The order is not 0 for a function that no document defines.
        """
        if order == 0:
            return self.definitions.functions[name]
        if (name, order) not in self._of_functions:
            if order == 1 and name not in self.definitions.functions:
                return FUNCTIONS[name].slope
            before = self.differentiate_function(name, order - 1)
            slope = Differentiation(None, None, (), self.budget).differentiate(before)
            self._of_functions[name, order] = slope
        return self._of_functions[name, order]

    def expand(self, node: Partial) -> Expression:
        """Carry out a derivative. Raises `TooLarge`."""
        if id(node) not in self._expanded:
            self._expanded[id(node)] = node, expand(node, self.definitions.quantities, self.budget)
        return self._expanded[id(node)][1]
