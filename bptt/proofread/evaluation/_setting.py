"""What is the same at all points at which an equation is evaluated; derivatives among it, each built once."""

import functools
from collections.abc import Callable, Mapping, Sequence

from bptt.proofread._expressions import Definition, Definitions, Expression, Partial, Property, Quantity, Range, Slope
from bptt.proofread.evaluation._budget import Budget
from bptt.proofread.evaluation._differentiate import FRESH, Differentiation, expand
from bptt.proofread.evaluation._drawing import check_properties
from bptt.proofread.evaluation._existence import Dependence, Existence
from bptt.proofread.evaluation._functions import FUNCTIONS


class Setting:
    """What is the same at all points at which the expressions `nodes` of an equation are evaluated.

    `ranges` has what the indices of the equation run over; `properties` stand in place of those that are defined.
    Raises `ValueError` for a property that a quantity cannot have.
    """

    def __init__(
        self,
        definitions: Definitions,
        ranges: Mapping[str, Range],
        nodes: Sequence[Expression],
        budget: Budget,
        properties: Mapping[Quantity, frozenset[Property]] | None = None,
    ) -> None:
        self.definitions = definitions
        self.ranges = definitions.ranges | dict(ranges)
        self.properties = definitions.properties | dict(properties or {})
        check_properties(self.properties)
        self.existence = Existence(definitions, nodes)
        self.get_dependence = functools.cache(functools.partial(Dependence, self.existence))  # by the number of steps
        self.budget = budget
        self._axes: dict[tuple[Quantity, int], tuple[str, ...]] = {}
        self._ranges_of_axes: dict[str, Range] = {}
        # By identity; what the identity in the key is of lives as long as it is here.
        self._built: dict[object, tuple[object, Expression]] = {}

    def get_range(self, index: str) -> Range:
        """Return what an index runs over."""
        name = index.rstrip(FRESH)
        return self._ranges_of_axes[name] if name in self._ranges_of_axes else self.ranges[name]

    def name_axes(self, quantity: Quantity, place: int) -> tuple[str, ...]:
        """Name an index for each axis of a quantity, others at each place."""
        key = quantity, place
        if key not in self._axes:
            self._axes[key] = tuple(f"~{len(self._axes)}.{axis}" for axis in range(len(quantity.axes)))
            self._ranges_of_axes.update(zip(self._axes[key], quantity.axes, strict=True))
        return self._axes[key]

    def differentiate_definition(self, definition: Definition, like: Slope) -> Expression:
        """Differentiate the body of a definition by what another derivative is by. Raises `TooLarge`."""

        def build() -> Expression:
            slope, defined = definition.body, self.definitions.quantities
            for entry in like.by:
                slope = Differentiation(entry, like.home, defined, self.budget, like.direct).differentiate(slope)
            return slope

        return self._build_once((id(definition), like.by, like.home, like.direct), definition, build)

    def differentiate_function(self, name: str, order: int) -> Expression:
        """Return the derivative of that order of a function, as an expression of its `Parameter`.

        The order is not 0 for a function that no document defines.
        """
        if order == 0:
            return self.definitions.functions[name]
        if order == 1 and name not in self.definitions.functions:
            return FUNCTIONS[name].slope
        by_parameter = Differentiation(None, None, (), self.budget)
        before = self.differentiate_function(name, order - 1)
        return self._build_once((name, order), name, lambda: by_parameter.differentiate(before))

    def expand(self, node: Partial) -> Expression:
        """Carry out a derivative. Raises `TooLarge`."""
        return self._build_once(id(node), node, lambda: expand(node, self.definitions.quantities, self.budget))

    def _build_once(self, key: object, of: object, build: Callable[[], Expression]) -> Expression:
        if key not in self._built:
            self._built[key] = of, build()
        return self._built[key][1]
