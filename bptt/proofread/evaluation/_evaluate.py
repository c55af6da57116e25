"""The value of an index expression at a point, on balls.

A value is an array of balls over the free indices of the expression.
"""

import itertools
import math
import operator
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from flint import arb

from bptt.proofread import _expressions as ex
from bptt.proofread._expressions import Entry, Expression, Index, Step
from bptt.proofread.evaluation import _arrays as arrays
from bptt.proofread.evaluation._arrays import Algebra, Array
from bptt.proofread.evaluation._budget import FUNCTION, NODE
from bptt.proofread.evaluation._functions import FUNCTIONS, OF_MATRICES
from bptt.proofread.evaluation._points import Point
from bptt.proofread.evaluation._quantities import Circle, Quantities, Steps
from bptt.proofread.evaluation._setting import Setting

_HOLDS: dict[str, Callable[[int, int], bool]] = {
    "=": operator.eq, "≠": operator.ne, "<": operator.lt, "≤": operator.le,
}  # fmt: skip
_BETWEEN = "between"  # the index over which two matrices are multiplied


class Evaluator:
    """Evaluates expressions at one point."""

    def __init__(self, setting: Setting, point: Point) -> None:
        self.setting = setting
        self.point = point
        self.algebra = Algebra(setting.budget)
        self._quantities = Quantities(setting, point, self.evaluate)
        self._applied: dict[object, tuple[Expression, Array]] = {}  # functions, by the identity of the argument
        self._under_way: set[object] = set()
        self._parameter: Array | None = None

    def evaluate(self, node: Expression, steps: Steps) -> Array:
        """Return the value of an expression; `steps` has the letters of its steps.

        Raises `TooLarge`, `TooSmall`, `NoSuchStep` or `Circle`.
        """
        self.setting.budget.spend(NODE)
        match node:
            case ex.Constant():
                return arrays.make_scalar(arrays.make_ball(node.value))
            case ex.Size():
                return arrays.make_scalar(self.point.get_size(node.range) if node.range else self.point.steps)
            case Entry():
                return self._quantities.evaluate_entry(node, steps)
            case ex.Slope():
                return self._quantities.evaluate_slope(node, steps)
            case ex.Delta():
                return self._evaluate_delta(node)
            case ex.Mask():
                return self.evaluate_mask(node, steps)
            case ex.Plus():
                return self.algebra.add([self.evaluate(term, steps) for term in node.terms])
            case ex.Times():
                return self._sum((), node, steps)
            case ex.Power():
                return self._raise_to_power(self.evaluate(node.base, steps), node)
            case ex.Total():
                return self._multiply_over_index(node, steps) if node.product else self._sum((), node, steps)
            case ex.OverSteps():
                each = self.point.get_steps(node, steps)
                terms = [self.evaluate(node.body, {**steps, node.letter: step}) for step in each]
                return self.algebra.multiply([arrays.ONE, *terms]) if node.product else self.algebra.add(terms)
            case ex.MatrixProduct():
                return self._multiply_matrices(node, steps)
            case ex.OfMatrix():
                return self._apply_to_matrix(node, steps)
            case ex.Function():
                return self._evaluate_function(node, steps)
            case ex.Parameter():
                return arrays.ZERO if self._parameter is None else self._parameter
            case ex.Concatenation():
                return self._concatenate(node, steps)
            case ex.Partial():
                return self.evaluate(self.setting.expand(node), steps)

    def _get_size(self, index: str) -> int:
        """Return how many values an index has."""
        return self.point.get_size(self.setting.get_range(index))

    def list_steps(self, letters: Sequence[str]) -> Iterator[Steps]:
        """Yield every choice of the numbers of these letters of steps."""
        each = range(self.setting.existence.first, self.point.steps + 1)
        for numbers in itertools.product(each, repeat=len(letters)):
            yield dict(zip(letters, numbers, strict=True))

    # Sums and products

    def _sum(self, summed: tuple[str, ...], node: Expression, steps: Steps) -> Array:
        """Sum an expression over indices: each term, and in a term each index as soon as that can be."""
        match node:
            case ex.Total() if not node.product:
                return self._sum((*summed, node.index), node.body, steps)
            case ex.Plus():
                return self.algebra.add([self._sum(summed, term, steps) for term in node.terms])
        factors = list(_list_factors(node))
        conditions = [self.evaluate(one, steps) for one in factors if isinstance(one, ex.Mask)]
        if any(one.is_zero for one in conditions):
            return arrays.ZERO  # where a condition is not met, the rest need not exist
        deltas = [one for one in factors if isinstance(one, ex.Delta)]
        others = [one for one in factors if not isinstance(one, ex.Mask | ex.Delta)]
        values = [self.evaluate(one, steps) for one in others]
        found = [*conditions, *(arrays.put_zeros(one, conditions) for one in values)]
        left, found = self._sum_over_deltas(deltas, found, list(summed))
        present = {index for one in found for index in one.indices}
        found += [arrays.make_scalar(self._get_size(index)) for index in left if index not in present]
        return self.algebra.contract(found or [arrays.ONE], [index for index in left if index in present])

    def _sum_over_deltas(
        self, deltas: list[ex.Delta], factors: list[Array], summed: list[str]
    ) -> tuple[list[str], list[Array]]:
        """Carry out the sums over an index of a delta: what is left is the term at which it is the other index.

        Returns the indices that are still to be summed over, and the factors with the deltas that are left.
        """
        waiting = list(deltas)
        while waiting:
            delta = waiting.pop()
            index, other = (delta.left, delta.right) if delta.left in summed else (delta.right, delta.left)
            if index in summed and index != other and self._runs_over_the_same(index, other):
                summed = [one for one in summed if one != index]
                names: dict[Index, Index] = {index: other}
                factors = [arrays.relabel(one, names) for one in factors]
                waiting = [ex.Delta(names.get(one.left, one.left), names.get(one.right, one.right)) for one in waiting]
            else:
                factors = [*factors, self._evaluate_delta(delta)]
        return summed, factors

    def _runs_over_the_same(self, index: Index, other: Index) -> bool:
        """Whether an index has as many values as another, or there is the entry of that number. Raises `TooSmall`."""
        size = self._get_size(str(index))
        arrays.check_number(other, size)
        return isinstance(other, int) or self._get_size(other) == size

    def _evaluate_delta(self, node: ex.Delta) -> Array:
        letters = [index for index in (node.left, node.right) if isinstance(index, str)]
        if not letters:
            return arrays.make_scalar(int(node.left == node.right))
        sizes = [self._get_size(index if isinstance(index, str) else letters[0]) for index in (node.left, node.right)]
        for index in (node.left, node.right):
            arrays.check_number(index, sizes[0])
        return arrays.take(arrays.make_identity(*sizes), (node.left, node.right))

    def evaluate_mask(self, node: ex.Mask, steps: Steps) -> Array:
        """Return 1 where the relation holds, else 0."""
        holds = _HOLDS[node.relation]
        if isinstance(node.left, Step) and isinstance(node.right, Step):
            left, right = (step.resolve(self.point.steps, steps) for step in (node.left, node.right))
            return arrays.make_scalar(int(holds(left, right)))
        indices = [one for one in (node.left, node.right) if not isinstance(one, Step)]
        rows, columns = (range(1, self._get_size(one) + 1) if isinstance(one, str) else (one,) for one in indices)
        values = [[arb(int(holds(a, b))) for b in columns] for a in rows]
        letters = [one if isinstance(one, str) else 1 for one in indices]
        return arrays.take(np.array(values, dtype=object), letters)

    def _raise_to_power(self, base: Array, node: ex.Power) -> Array:
        self.algebra.spend(base.values.size * FUNCTION)
        if node.exponent.denominator == 1:  # also for negative numbers, whose roots have no value
            return arrays.make_array(base.indices, base.values ** int(node.exponent))
        return arrays.apply_to_each(lambda x: x ** arrays.make_ball(node.exponent), base)

    def _multiply_over_index(self, node: ex.Total, steps: Steps) -> Array:
        body = self.evaluate(node.body, steps)
        if node.index not in body.indices:
            return arrays.make_array(body.indices, body.values ** self._get_size(node.index))
        axis = body.indices.index(node.index)
        kept = body.indices[:axis] + body.indices[axis + 1 :]
        return arrays.make_array(kept, np.multiply.reduce(body.values, axis))

    # Matrices, functions, vectors behind one another

    def _multiply_matrices(self, node: ex.MatrixProduct, steps: Steps) -> Array:
        row, column = node.inner
        size = self._get_size(row)
        product = Array(node.inner, arrays.make_identity(size, size))
        for step in self.point.get_steps(node, steps):
            factor = self._lay_out_matrices(self.evaluate(node.body, {**steps, node.letter: step}), node.inner)
            left, right = (factor, product) if node.descending else (product, factor)
            between = arrays.relabel(left, {column: _BETWEEN}), arrays.relabel(right, {row: _BETWEEN})
            product = self.algebra.contract(between, [_BETWEEN])
        return arrays.relabel(product, dict(zip(node.inner, node.outer, strict=True)))

    def _lay_out_matrices(self, array: Array, inner: tuple[str, str]) -> Array:
        """Return an array with axes of full length for a matrix, behind its other ones. Raises `TooLarge`."""
        indices = (*(index for index in array.indices if index not in inner), *inner)
        return Array(indices, self._lay_out(array, indices))

    def _lay_out(self, array: Array, indices: tuple[str, ...]) -> npt.NDArray[Any]:
        """Return the values of an array with axes of full length. Raises `TooLarge`."""
        shape = tuple(map(self._get_size, indices))
        self.algebra.spend(math.prod(shape))
        return np.broadcast_to(arrays.spread(array, indices), shape)

    def _apply_to_matrix(self, node: ex.OfMatrix, steps: Steps) -> Array:
        matrices = self._lay_out_matrices(self.evaluate(node.body, steps), node.inner)
        self.algebra.spend(matrices.values.size * self._get_size(node.inner[0]))
        values = OF_MATRICES[node.name](matrices.values)
        if node.name != "inverse":
            return Array(matrices.indices[:-2], values)
        return arrays.relabel(Array(matrices.indices, values), dict(zip(node.inner, node.outer, strict=True)))

    def _evaluate_function(self, node: ex.Function, steps: Steps) -> Array:
        """Evaluate a function, known or defined, or its derivative, once for an argument and these steps."""
        if self._parameter is not None:  # which stands for another array each time
            return self.apply(node.name, node.order, self.evaluate(node.argument, steps))
        key = id(node.argument), tuple(steps.items())
        argument = self._apply_once(key, node, lambda: self.evaluate(node.argument, steps))
        return self._apply_once((node.name, node.order, key), node, lambda: self.apply(node.name, node.order, argument))

    def _apply_once(self, key: object, node: ex.Function, compute: Callable[[], Array]) -> Array:
        """Return what is known, or compute it; keeps the node, so that no other one gets the identity in the key."""
        if key not in self._applied:
            self._applied[key] = node, compute()
            self._quantities.keep(self._applied[key][1])
        return self._applied[key][1]

    def apply(self, name: str, order: int, argument: Array) -> Array:
        """Apply a function, known or defined, or its derivative of that order, to every entry."""
        if order == 0 and name not in self.setting.definitions.functions:
            self.algebra.spend(argument.values.size * FUNCTION)
            return arrays.apply_to_each(FUNCTIONS[name].apply, argument)
        key = ("in", name, order)
        if key in self._under_way:
            raise Circle(f"{name} is defined by itself")
        body = self.setting.differentiate_function(name, order)
        outer, self._parameter = self._parameter, argument  # a function may stand in the argument of another
        self._under_way.add(key)
        try:
            return self.evaluate(body, {})
        finally:
            self._parameter = outer
            self._under_way.discard(key)

    def _concatenate(self, node: ex.Concatenation, steps: Steps) -> Array:
        values = [(index, self.evaluate(body, steps)) for index, body in node.parts]
        if all(array.is_zero for _, array in values):
            return arrays.ZERO
        letters = tuple(dict.fromkeys(i for index, array in values for i in array.indices if i != index))
        parts = [self._lay_out(array, (*letters, index)) for index, array in values]
        return arrays.take(np.concatenate(parts, axis=-1), (*letters, node.index))


def _list_factors(node: Expression) -> Iterator[Expression]:
    """Yield the factors of a product, and those of the products among them."""
    if isinstance(node, ex.Times):
        for factor in node.factors:
            yield from _list_factors(factor)
    else:
        yield node
