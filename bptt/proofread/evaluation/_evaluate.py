"""The value of an index expression at a point, on balls.

A value is an array of balls over the free indices of the expression.
"""

from collections import ChainMap
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from bptt.balls import UNARY
from bptt.proofread import _expressions as ex
from bptt.proofread._expressions import Entry, Expression, Quantity, Range, Step
from bptt.proofread._traversal import find_definition, rename
from bptt.proofread.evaluation import _arrays as arrays
from bptt.proofread.evaluation._arrays import Array
from bptt.proofread.evaluation._budget import Budget, TooLarge
from bptt.proofread.evaluation._differentiate import SLOPES, Differentiation, compare_entries, expand
from bptt.proofread.evaluation._point import NoSuchStep, Point

MOST_ENTRIES = 50_000  # of one array: twenty of them use up the budget of an equation
MOST_NESTED = 60  # quantities that are defined by one another: each takes several calls of Python, of a thousand


class Circle(ValueError):  # noqa: N818
    """A quantity is defined by itself. Says which."""


class Evaluator:
    """Evaluates expressions at one point. Each quantity is computed once for each step that is asked for."""

    def __init__(self, definitions: ex.Definitions, ranges: Mapping[str, Range], point: Point, budget: Budget) -> None:
        self.definitions = definitions
        self.point = point
        self.budget = budget
        self._own_ranges: dict[str, Range] = {}  # of the indices that slopes are computed over
        self.ranges: ChainMap[str, Range] = ChainMap(self._own_ranges, dict(ranges), definitions.ranges)
        self._known: dict[object, npt.NDArray[Any]] = {}
        self._under_way: set[object] = set()
        self._parameter = arrays.make_scalar(0)

    def evaluate(self, node: Expression, steps: Mapping[str, int]) -> Array:
        """Return the value of an expression; `steps` has the letters of its steps.

        Raises `TooLarge`, `TooSmall`, `NoSuchStep` or `Circle`.
        """
        match node:
            case ex.Constant():
                return arrays.make_scalar(arrays.make_ball(node.value))
            case ex.Size():
                return arrays.make_scalar(self.point.get_size(node.range) if node.range else self.point.steps)
            case Entry():
                what = node.quantity, self.point.get_step(node.step, steps)
                values = self._compute_once(what, lambda: self._compute_values(*what), node.quantity.name)
                return arrays.take(values, node.indices)
            case ex.Slope():
                return self._evaluate_slope(node, steps)
            case ex.Delta():
                return self._evaluate_delta(node)
            case ex.SameStep():
                left, right = (self.point.get_step(step, steps) for step in (node.left, node.right))
                return arrays.make_scalar(int(left == right))
            case ex.Plus():
                return self._fold(np.add, [self.evaluate(term, steps) for term in node.terms])
            case ex.Times():
                return self._fold(np.multiply, [self.evaluate(factor, steps) for factor in node.factors])
            case ex.Power():
                return self._raise_to_power(self.evaluate(node.base, steps), node)
            case ex.Total():
                return self._sum_over_index(node, self.evaluate(node.body, steps))
            case ex.OverSteps():
                at = self.point.get_steps(node, steps)
                terms = [self.evaluate(node.body, {**steps, node.letter: step}) for step in at]
                empty = arrays.make_scalar(int(node.product))
                return self._fold(np.multiply if node.product else np.add, [empty, *terms])
            case ex.MatrixProduct():
                return self._multiply_matrices(node, steps)
            case ex.Function():
                return self.apply(node.name, node.order, self.evaluate(node.argument, steps))
            case ex.Parameter():
                return self._parameter
            case ex.Concatenation():
                return self._concatenate(node, steps)
            case ex.Partial():
                return self.evaluate(expand(node, self.definitions.quantities, self.budget), steps)

    def _spend(self, shape: tuple[int, ...]) -> None:
        entries = int(np.prod(shape, dtype=object))
        if entries > MOST_ENTRIES:
            raise TooLarge(f"it has more than {MOST_ENTRIES:,} values of its indices")
        self.budget.spend(entries + 20)  # an array costs something however few entries it has

    def _compute_values(self, quantity: Quantity, step: int | None) -> npt.NDArray[Any]:
        found = find_definition(self.definitions, quantity, step, self.point.steps)
        alone = found is not None and found[0].step is not None and found[0].step.is_fixed  # such as h^{T+1} = 0
        if not (self.point.has_step(step) or alone):
            raise NoSuchStep(f"there is no step {step}")
        if found is not None:
            definition, steps = found
            return self._lay_out(self.evaluate(definition.body, steps), definition.indices)
        shape = tuple(map(self.point.get_size, quantity.axes))
        self._spend(shape)
        return self.point.draw(quantity, step, shape, quantity.name in self.definitions.positive)

    def _compute_once(self, key: object, compute: Callable[[], npt.NDArray[Any]], name: str) -> npt.NDArray[Any]:
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
        return self._known[key]

    def _lay_out(self, array: Array, indices: tuple[str, ...]) -> npt.NDArray[Any]:
        """Return the values over exactly these indices, in this order."""
        shape = tuple(self.point.get_size(self.ranges[index]) for index in indices)
        self._spend(shape)
        return np.broadcast_to(arrays.spread(array, indices), shape)

    def _evaluate_slope(self, node: ex.Slope, steps: Mapping[str, int]) -> Array:
        """Evaluate a derivative once for all entries of the quantities and these steps; take the entries asked for."""
        entries, named = (node.of, *node.by), list[Entry]()
        for n, entry in enumerate(entries):
            at = self.point.get_step(entry.step, steps)
            if not self.point.has_step(at):
                raise NoSuchStep("there is no such step")
            names = tuple(f"~{entry.quantity.name}.{n}.{axis}" for axis in range(len(entry.indices)))
            self._own_ranges.update(zip(names, entry.quantity.axes, strict=True))
            named.append(Entry(entry.quantity, None if at is None else Step("", at), names))
        home = node.home and Step("", node.home.resolve(self.point.steps, steps))
        slope = ex.Slope(named[0], tuple(named[1:]), home)
        # Under other names, so that the slopes at all indices are computed together, and once.
        values = self._compute_once(slope, lambda: self._compute_slope(slope), node.of.quantity.name)
        return arrays.take(values, tuple(index for entry in entries for index in entry.indices))

    def _compute_slope(self, node: ex.Slope) -> npt.NDArray[Any]:
        of, first = node.of, node.by[0]
        found = find_definition(self.definitions, of.quantity, self.point.get_step(of.step, {}), self.point.steps)
        steps: dict[str, int] = {}
        slope: Expression = ex.ZERO
        if (of.quantity, of.step) == (first.quantity, first.step):
            slope = compare_entries(of, first) if len(node.by) == 1 else ex.ZERO
        elif found is not None and (node.home is None or of.step in (None, node.home)):
            definition, steps = found
            slope = rename(definition.body, dict(zip(definition.indices, of.indices, strict=True)))
            for entry in node.by:
                differentiation = Differentiation(entry, node.home, self.definitions.quantities, self.budget)
                slope = differentiation.differentiate(slope)
        indices = tuple(str(index) for entry in (of, *node.by) for index in entry.indices)
        return self._lay_out(self.evaluate(slope, steps), indices)

    def _evaluate_delta(self, node: ex.Delta) -> Array:
        letters = [index for index in (node.left, node.right) if isinstance(index, str)]
        if not letters:
            return arrays.make_scalar(int(node.left == node.right))
        return arrays.take(arrays.make_identity(self.point.get_size(self.ranges[letters[0]])), (node.left, node.right))

    def _fold(self, operation: np.ufunc, values: list[Array]) -> Array:
        """Add or multiply arrays one after the other, each over the indices of both."""
        result = values[0]
        for array in values[1:]:
            indices = arrays.merge_indices(result, array)
            left, right = arrays.spread(result, indices), arrays.spread(array, indices)
            self._spend(np.broadcast_shapes(left.shape, right.shape))
            result = arrays.make_array(indices, operation(left, right))
        return result

    def _raise_to_power(self, base: Array, node: ex.Power) -> Array:
        self._spend(base.values.shape)
        if node.exponent.denominator == 1:  # also for negative numbers, whose roots have no value
            return arrays.make_array(base.indices, base.values ** int(node.exponent))
        return arrays.apply_to_each(lambda x: x ** arrays.make_ball(node.exponent), base)

    def _sum_over_index(self, node: ex.Total, body: Array) -> Array:
        if node.index not in body.indices:
            size = self.point.get_size(self.ranges[node.index])
            return arrays.make_array(body.indices, body.values**size if node.product else body.values * size)
        axis = body.indices.index(node.index)
        reduce = np.multiply.reduce if node.product else np.add.reduce
        return arrays.make_array(body.indices[:axis] + body.indices[axis + 1 :], reduce(body.values, axis))

    def _multiply_matrices(self, node: ex.MatrixProduct, steps: Mapping[str, int]) -> Array:
        size = self.point.get_size(self.ranges[node.inner[0]])
        product = arrays.make_identity(size)
        for step in self.point.get_steps(node, steps):
            array = self.evaluate(node.body, {**steps, node.letter: step})
            if set(array.indices) - set(node.inner):
                raise TooLarge("a product of matrices over the steps has other indices")
            factor = self._lay_out(array, node.inner)
            self.budget.spend(size**3)
            product = factor @ product if node.descending else product @ factor
        return arrays.take(product, node.outer)

    def apply(self, name: str, order: int, argument: Array) -> Array:
        """Apply a function, known or defined, or its derivative of that order, to every entry."""
        body = self.definitions.functions.get(name)
        if body is None and order == 0:
            self._spend(argument.values.shape)
            return arrays.apply_to_each(UNARY[name].apply, argument)
        if body is None:
            body, order = SLOPES[name], order - 1
        key = ("in", name, order)
        for _ in range(order):
            body = Differentiation(None, None, (), self.budget).differentiate(body)
        if key in self._under_way:
            raise Circle(f"{name} is defined by itself")
        outer, self._parameter = self._parameter, argument  # a function may stand in the argument of another
        self._under_way.add(key)
        try:
            return self.evaluate(body, {})
        finally:
            self._parameter = outer
            self._under_way.discard(key)

    def _concatenate(self, node: ex.Concatenation, steps: Mapping[str, int]) -> Array:
        values = [(index, self.evaluate(body, steps)) for index, body in node.parts]
        letters = tuple(dict.fromkeys(i for index, array in values for i in array.indices if i != index))
        shape = tuple(self.point.get_size(self.ranges[letter]) for letter in letters)
        parts = []
        for index, array in values:
            whole = (*shape, self.point.get_size(self.ranges[index]))
            self._spend(whole)
            parts.append(np.broadcast_to(arrays.spread(array, (*letters, index)), whole))
        return arrays.take(np.concatenate(parts, axis=-1), (*letters, node.index))
