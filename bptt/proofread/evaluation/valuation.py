"""The value of an index expression at random sizes and values, on balls.

Every quantity that nothing defines has random values; a value is an array of balls over the free indices, so that what
is common to many entries is computed once.
"""

import random
from collections import ChainMap
from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from flint import arb

from bptt.balls._elementary import UNARY
from bptt.proofread.evaluation.budget import Budget, TooLarge
from bptt.proofread.evaluation.derivatives import SLOPES, Differentiation, expanded, same_entry
from bptt.proofread.expressions import (
    LAST,
    Concatenation,
    Constant,
    Definition,
    Definitions,
    Delta,
    Entry,
    Expression,
    Function,
    Index,
    MatrixProduct,
    OverSteps,
    Parameter,
    Partial,
    Plus,
    Power,
    Quantity,
    Range,
    SameStep,
    Size,
    Slope,
    Step,
    Times,
    Total,
    renamed,
    walk,
)

MOST_ENTRIES = 50_000  # of one array
MOST_INDICES = 24  # of one array
DEEPEST = 60  # quantities that are defined by one another


class NoSuchStep(ValueError):  # noqa: N818
    """A step before the first or behind the last."""


class TooSmall(ValueError):  # noqa: N818
    """An entry is asked for that a size does not have."""

    def __init__(self, index: int, size: int) -> None:
        super().__init__(f"there is no entry {index} at a size of {size}")


class Circle(ValueError):  # noqa: N818
    """A quantity is defined by itself. Says which."""


class Array(NamedTuple):
    """A ball for each choice of the indices."""

    indices: tuple[str, ...]
    values: npt.NDArray[Any]


class Point(NamedTuple):
    """The sizes, the number of steps, and the seed of the values of all that nothing defines."""

    sizes: Mapping[str, int]
    steps: int
    seed: int = 0
    positive: bool = False


class Valuation:
    """Values at one point. Each quantity is computed once for each step that is asked for."""

    def __init__(self, definitions: Definitions, ranges: Mapping[str, Range], point: Point, budget: Budget) -> None:
        self.definitions = definitions
        self.budget = budget
        self.point = point
        self._own: dict[str, Range] = {}
        self._ranges: ChainMap[str, Range] = ChainMap(self._own, dict(ranges), definitions.ranges)
        self._known: dict[object, Any] = {}
        self._under_way: set[object] = set()
        self._parameter: Array | None = None
        self._activations: dict[str, str | None] = {}

    def of(self, node: Expression, steps: Mapping[str, int]) -> Array:
        """The value of an expression; `steps` has the letters of its steps.

        Raises `TooLarge`, `TooSmall`, `NoSuchStep` or `Circle`.
        """
        match node:
            case Constant():
                return _scalar(_ball(node.value))
            case Size():
                return _scalar(arb(self._size(node.range) if node.range else self.point.steps))
            case Entry():
                return self._taken(self._quantity(node.quantity, self._step(node.step, steps)), node.indices)
            case Slope():
                return self._slope(node, steps)
            case Delta():
                return self._delta(node)
            case SameStep():
                return _scalar(arb(int(self._step(node.left, steps) == self._step(node.right, steps))))
            case Plus():
                return self._folded(np.add, [self.of(term, steps) for term in node.terms])
            case Times():
                return self._folded(np.multiply, [self.of(factor, steps) for factor in node.factors])
            case Power():
                return self._power(self.of(node.base, steps), node.exponent)
            case Total():
                return self._total(node, steps)
            case OverSteps():
                return self._over_steps(node, steps)
            case MatrixProduct():
                return self._matrix_product(node, steps)
            case Function():
                return self._applied(node.name, node.order, self.of(node.argument, steps))
            case Parameter():
                assert self._parameter is not None
                return self._parameter
            case Concatenation():
                return self._concatenated(node, steps)
            case Partial():
                return self.of(expanded(node, self.is_defined, self.budget), steps)

    def range_of(self, index: str) -> Range:
        """What an index of the claim or of a definition runs over."""
        return self._ranges[index]

    def definition_of(self, entry: Entry, steps: Mapping[str, int]) -> tuple[Definition, dict[str, int]] | None:
        """The definition of an entry at its step, with what the letter of its step stands for."""
        return self._definition(entry.quantity, self._step(entry.step, steps))

    def same(self, left: Entry, right: Entry, steps: Mapping[str, int]) -> bool:
        """Whether two entries are of one quantity at one step."""
        return left.quantity == right.quantity and self._step(left.step, steps) == self._step(right.step, steps)

    def fixed(self, entry: Entry, steps: Mapping[str, int]) -> Entry:
        """The entry with its step as a number."""
        step = self._step(entry.step, steps)
        return entry if step is None else replace(entry, step=Step("", step))

    def steps_of(self, node: OverSteps | MatrixProduct, steps: Mapping[str, int]) -> range:
        """The steps that a sum or a product runs over; none where the last comes before the first."""
        first, last = self._step(node.first, steps), self._step(node.last, steps)
        assert first is not None
        assert last is not None
        product = isinstance(node, MatrixProduct) or node.product
        if product and first > last + 1:
            raise NoSuchStep(f"a product over the steps runs from {first} to {last}")
        return range(first, last + 1)

    def _size(self, over: Range) -> int:
        return sum(self.point.sizes[name] for name in over)

    def _step(self, step: Step | None, steps: Mapping[str, int]) -> int | None:
        if step is None:
            return None
        anchor = 0 if not step.anchor else self.point.steps if step.anchor == LAST else steps[step.anchor]
        return anchor + step.offset

    def is_defined(self, quantity: Quantity) -> bool:
        """Whether a definition gives its values, at least at one step."""
        return quantity in self.definitions.quantities

    def _spend(self, shape: tuple[int, ...]) -> None:
        entries = int(np.prod(shape, dtype=object))
        if entries > MOST_ENTRIES:
            raise TooLarge(f"it has more than {MOST_ENTRIES:,} values of its indices")
        self.budget.spend(entries + 20)

    def _taken(self, values: npt.NDArray[Any], indices: tuple[Index, ...]) -> Array:
        """The entries of an array at indices, of which some may be the same."""
        letters = tuple(dict.fromkeys(index for index in indices if isinstance(index, str)))
        grids: list[Any] = []
        for index, size in zip(indices, values.shape, strict=True):
            if isinstance(index, int):
                if index > size:
                    raise TooSmall(index, size)
                grids.append(index - 1)
            else:
                shape = [1] * len(letters)
                shape[letters.index(index)] = size
                grids.append(np.arange(size).reshape(shape))
        return Array(letters, _array(values[tuple(grids)]) if grids else values)

    def _quantity(self, quantity: Quantity, step: int | None) -> npt.NDArray[Any]:
        if step is not None and not 0 <= step <= self.point.steps:
            fixed = self._definition(quantity, step)
            if fixed is None or fixed[0].step is None or fixed[0].step.anchor not in ("", LAST):
                raise NoSuchStep(f"there is no step {step}")
        return self._once((quantity, step), lambda: self._computed(quantity, step))

    def _once(self, key: object, compute: Callable[[], npt.NDArray[Any]]) -> npt.NDArray[Any]:
        if key in self._known:
            known: npt.NDArray[Any] = self._known[key]
            return known
        if key in self._under_way or len(self._under_way) > DEEPEST:
            name = getattr(key[0], "name", "") if isinstance(key, tuple) else ""
            circle = key in self._under_way
            raise Circle(f"{name} is defined by {'itself' if circle else f'more than {DEEPEST} others in a row'}")
        self._under_way.add(key)
        try:
            self._known[key] = value = compute()
        finally:
            self._under_way.discard(key)
        return value

    def _definition(self, quantity: Quantity, step: int | None) -> tuple[Definition, dict[str, int]] | None:
        """The definition that holds at a step, one for it alone before others, with what its letter stands for."""
        fitting: list[tuple[Definition, dict[str, int]]] = []
        for definition in self.definitions.quantities.get(quantity, ()):
            at = definition.step
            if at is None or step is None:
                fitting.append((definition, {}))
            elif at.anchor in ("", LAST):
                if self._step(at, {}) == step:
                    return definition, {}
            elif (step >= 1 or _holds_at_first(definition)) and step <= self.point.steps:
                fitting.append((definition, {at.anchor: step - at.offset}))
        return fitting[0] if fitting else None

    def _computed(self, quantity: Quantity, step: int | None) -> npt.NDArray[Any]:
        found = self._definition(quantity, step)
        if found is None:
            return self._random(quantity, step)
        definition, steps = found
        return self._laid_out(self.of(definition.body, steps), definition.indices)

    def _laid_out(self, array: Array, indices: tuple[str, ...]) -> npt.NDArray[Any]:
        """The values over exactly these indices, in this order."""
        shape = tuple(self._size(self._ranges[index]) for index in indices)
        self._spend(shape)
        return np.broadcast_to(over(array, indices), shape)

    def _random(self, quantity: Quantity, step: int | None) -> npt.NDArray[Any]:
        """Random numbers of 53 bits between -1 and 1."""
        shape = tuple(self._size(axis) for axis in quantity.axes)
        self._spend(shape)
        source = random.Random(f"{self.point.seed} {quantity.name} {len(quantity.axes)} {step} {shape}")
        positive = self.point.positive or quantity.name in self.definitions.positive
        values = np.empty(shape, dtype=object)
        for place in np.ndindex(shape):
            bits = source.getrandbits(53) | 1
            values[place] = arb(bits if positive else 2 * bits - 2**53) / 2**53
        return values

    def _slope(self, node: Slope, steps: Mapping[str, int]) -> Array:
        of, by = node.of.quantity, tuple(entry.quantity for entry in node.by)
        at = self._step(node.of.step, steps), *(self._step(entry.step, steps) for entry in node.by)
        home = self._step(node.home, steps)
        indices = tuple(index for entry in (node.of, *node.by) for index in entry.indices)
        key = (of, by, at, home, node.home is None)
        self._check_steps(at)
        values = self._once(key, lambda: self._slope_computed(of, by, at, home))
        return self._taken(values, indices)

    def _check_steps(self, at: tuple[int | None, ...]) -> None:
        if any(step is not None and not 0 <= step <= self.point.steps for step in at):
            raise NoSuchStep("there is no such step")

    def _slope_computed(
        self, of: Quantity, by: tuple[Quantity, ...], at: tuple[int | None, ...], home: int | None
    ) -> npt.NDArray[Any]:
        entry, *others = (
            Entry(quantity, None if step is None else Step("", step), self._names(quantity, n))
            for n, (quantity, step) in enumerate(zip((of, *by), at, strict=True))
        )
        indices = tuple(str(index) for one in (entry, *others) for index in one.indices)
        if of == by[0] and at[0] == at[1]:
            slope: Expression = same_entry(entry, others[0]) if len(others) == 1 else Constant(Fraction(0))
            return self._laid_out(self.of(slope, {}), indices)
        found = self._definition(of, at[0])
        held = home is not None and at[0] is not None and at[0] != home
        if found is None or held:
            return self._laid_out(_scalar(arb(0)), indices)
        definition, steps = found
        body = renamed(definition.body, dict(zip(definition.indices, entry.indices, strict=True)))
        for other in others:
            body = Differentiation(other, None if home is None else Step("", home), self.is_defined, self.budget).of(
                body
            )
        return self._laid_out(self.of(body, steps), indices)

    def _names(self, quantity: Quantity, n: int) -> tuple[str, ...]:
        names = tuple(f"~{quantity.name}.{n}.{axis}" for axis in range(len(quantity.axes)))
        self._own.update(zip(names, quantity.axes, strict=True))
        return names

    def _delta(self, node: Delta) -> Array:
        if isinstance(node.left, int) and isinstance(node.right, int):
            return _scalar(arb(int(node.left == node.right)))
        index = node.left if isinstance(node.left, str) else str(node.right)
        size = self._size(self._ranges[index])
        return self._taken(_identity(size), (node.left, node.right))

    def _folded(self, operation: Any, arrays: list[Array]) -> Array:
        result = arrays[0]
        for array in arrays[1:]:
            indices = tuple(dict.fromkeys((*result.indices, *array.indices)))
            left, right = over(result, indices), over(array, indices)
            self._spend(np.broadcast_shapes(left.shape, right.shape))
            result = Array(indices, _array(operation(left, right)))
        return result

    def _power(self, base: Array, exponent: Fraction) -> Array:
        self._spend(base.values.shape)
        if exponent.denominator == 1:
            return Array(base.indices, _array(base.values ** int(exponent)))
        return Array(base.indices, _each(lambda x: x ** _ball(exponent), base.values))

    def _total(self, node: Total, steps: Mapping[str, int]) -> Array:
        body = self.of(node.body, steps)
        size = self._size(self._ranges[node.index])
        if node.index not in body.indices:
            values = body.values**size if node.product else body.values * arb(size)
            return Array(body.indices, _array(values))
        axis = body.indices.index(node.index)
        reduced = np.multiply.reduce(body.values, axis) if node.product else np.add.reduce(body.values, axis)
        return Array(body.indices[:axis] + body.indices[axis + 1 :], _array(reduced))

    def _over_steps(self, node: OverSteps, steps: Mapping[str, int]) -> Array:
        terms = [self.of(node.body, {**steps, node.letter: step}) for step in self.steps_of(node, steps)]
        empty = _scalar(arb(int(node.product)))
        return self._folded(np.multiply if node.product else np.add, [empty, *terms])

    def _matrix_product(self, node: MatrixProduct, steps: Mapping[str, int]) -> Array:
        size = self._size(self._ranges[node.inner[0]])
        product = _identity(size)
        for step in self.steps_of(node, steps):
            array = self.of(node.body, {**steps, node.letter: step})
            if set(array.indices) - set(node.inner):
                raise TooLarge("a product of matrices over the steps has other indices")
            factor = self._laid_out(array, node.inner)
            self.budget.spend(size**3)
            product = factor @ product if node.descending else product @ factor
        return self._taken(product, node.outer)

    def _applied(self, name: str, order: int, argument: Array) -> Array:
        """A function, known or defined, or its derivative of that order."""
        body = self.definitions.functions.get(name)
        if body is None and order == 0:
            self._spend(argument.values.shape)
            return Array(argument.indices, _each(UNARY[name].apply, argument.values))
        derived = body is None
        body = SLOPES[name] if body is None else body
        for _ in range(order - derived):
            body = Differentiation(None, None, self.is_defined, self.budget).of(body)
        outer, self._parameter = self._parameter, argument
        key = ("in", name, order)
        if key in self._under_way:
            raise Circle(f"{name} is defined by itself")
        self._under_way.add(key)
        try:
            return self.of(body, {})
        finally:
            self._parameter = outer
            self._under_way.discard(key)

    def activation(self, name: str) -> str | None:
        """The logistic function or tanh, if a function is one of them; None if it is another."""
        if name not in self._activations:
            points = [_scalar(_ball(Fraction(n, 7))) for n in (-11, 2, 5)]
            found: list[Any] = [self._applied(name, 0, point).values[()] for point in points]
            numbers: list[Any] = [point.values[()] for point in points]
            known = {one: [UNARY[one].apply(number) for number in numbers] for one in ("logistic", "tanh")}
            same = (one for one, values in known.items() if all(map(_nearly_equal, values, found)))
            self._activations[name] = next(same, None)
        return self._activations[name]

    def _concatenated(self, node: Concatenation, steps: Mapping[str, int]) -> Array:
        arrays = [(index, self.of(body, steps)) for index, body in node.parts]
        letters = tuple(dict.fromkeys(i for index, array in arrays for i in array.indices if i != index))
        shape = tuple(self._size(self._ranges[letter]) for letter in letters)
        parts = []
        for index, array in arrays:
            whole = (*shape, self._size(self._ranges[index]))
            self._spend(whole)
            parts.append(np.broadcast_to(over(array, (*letters, index)), whole))
        joined = np.concatenate(parts, axis=-1)
        name = "~joined"
        array = Array((*letters, name), joined)
        return _with_index(array, name, node.index)


def _holds_at_first(definition: Definition) -> bool:
    """Whether nothing stands in a definition that is a step earlier than what it defines."""
    at = definition.step
    earlier = (
        node.step is not None and at is not None and node.step.anchor == at.anchor and node.step.offset < at.offset
        for node in walk(definition.body)
        if isinstance(node, Entry)
    )
    return not any(earlier)


def _with_index(array: Array, name: str, index: Index) -> Array:
    axis = array.indices.index(name)
    if isinstance(index, int):
        if index > array.values.shape[axis]:
            raise TooSmall(index, array.values.shape[axis])
        return Array(array.indices[:axis], _array(np.take(array.values, index - 1, axis)))
    if index not in array.indices:
        return Array((*array.indices[:axis], index), array.values)
    other = array.indices.index(index)
    diagonal = np.diagonal(array.values, axis1=other, axis2=axis)
    kept = tuple(i for i in array.indices if i not in (name, index))
    return Array((*kept, index), diagonal)


def _identity(size: int) -> npt.NDArray[Any]:
    return np.array([[arb(int(a == b)) for b in range(size)] for a in range(size)], dtype=object)


def _nearly_equal(left: arb, right: arb) -> bool:
    difference = left - right
    return bool(difference.is_finite() and difference.abs_upper() < arb(10) ** -12)


def _scalar(value: arb) -> Array:
    values = np.empty((), dtype=object)
    values[()] = value
    return Array((), values)


def _array(values: Any) -> npt.NDArray[Any]:
    """An array again of what NumPy gives back as a bare element."""
    if isinstance(values, np.ndarray):
        return values
    return _scalar(values).values


def _ball(value: Fraction) -> arb:
    return arb(value.numerator) / value.denominator


def _each(apply: Callable[[arb], arb], values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    result = np.empty(values.shape, dtype=object)
    for place, value in np.ndenumerate(values):
        result[place] = apply(value)
    return result


def over(array: Array, indices: tuple[str, ...]) -> npt.NDArray[Any]:
    """The values with an axis for each of the indices, of length 1 where the array has none. Raises `TooLarge`."""
    if len(indices) > MOST_INDICES:
        raise TooLarge(f"it has more than {MOST_INDICES} indices at once")
    order = sorted(range(len(array.indices)), key=lambda n: indices.index(array.indices[n]))
    sizes = dict(zip(array.indices, array.values.shape, strict=True))
    return array.values.transpose(order).reshape([sizes.get(index, 1) for index in indices])
