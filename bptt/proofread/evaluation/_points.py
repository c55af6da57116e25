"""The points at which equations are evaluated: sizes, steps and kinds of values; and where claims are tried."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from bptt.proofread import _expressions as ex
from bptt.proofread._expressions import LAST, Claim, Definitions, Entry, Expression, Mask, Range, Step
from bptt.proofread._traversal import get_indices, list_entries, list_steps, walk, walk_definitions
from bptt.proofread.evaluation._drawing import Values

MANY_STEPS = 5  # beyond which fewer numbers of steps are tried: each takes all those before it


class NoSuchStep(ValueError):  # noqa: N818
    """A step before the first or behind the last."""


class Point(NamedTuple):
    """The sizes, the number of steps, and the seed and the kind of the values of all that nothing defines."""

    sizes: Mapping[str, int]
    steps: int
    seed: int = 0
    values: Values = "small"

    def get_size(self, axis: Range) -> int:
        """Return how many values an index has that runs over a range."""
        return sum(self.sizes[name] for name in axis)

    def get_step(self, step: Step | None, letters: Mapping[str, int]) -> int | None:
        """Return the number of a step; None for what has none."""
        return None if step is None else step.resolve(self.steps, letters)

    def get_steps(self, node: ex.OverSteps | ex.MatrixProduct, letters: Mapping[str, int]) -> range:
        """Return the steps that a sum or a product runs over; none where the last comes before the first.

        Raises `NoSuchStep` for a product that has fewer than no factors.
        """
        first, last = node.first.resolve(self.steps, letters), node.last.resolve(self.steps, letters)
        if (isinstance(node, ex.MatrixProduct) or node.product) and first > last + 1:
            raise NoSuchStep(f"a product over the steps runs from {first} to {last}")
        return range(first, last + 1)


class SamplePoints:
    """The points at which a claim is tried.

    Attributes:
        ranges: the ranges that the claim and its definitions have
        timed: whether any of it bears a step
        step_counts: the numbers of steps at which it is tried, the smallest first
    """

    def __init__(self, claim: Claim, definitions: Definitions) -> None:
        self.claim = claim
        nodes = list(walk_definitions(definitions, (claim.left, claim.right)))
        involved = {name for index in claim.free for name in claim.ranges[index]}
        self.ranges = tuple(sorted(involved.union(*map(_list_ranges, nodes))))
        self._names = {name for axis in claim.ranges.values() for name in axis}.union(self.ranges)
        self.timed = bool(claim.steps) or any(map(_is_timed, nodes))
        self.step_counts = self._choose_step_counts(nodes)
        self._least = self._find_least_sizes()

    def _choose_step_counts(self, nodes: Sequence[Expression]) -> list[int]:
        """Choose as many steps as the claim speaks of, one more, and two more than its letters are apart.

        So there is a first step, one in between and a last; and what is cut after some steps shows what it lacks.
        """
        if self.claim.last_is is not None:
            return [self.claim.last_is]
        if not self.timed:
            return [1]
        stated = [*walk(self.claim.left), *walk(self.claim.right), *self.claim.where]
        steps = [step for one in stated for step in list_steps(one)]
        # The latest that stands there as a number; T − 2 needs a third step from the last.
        from_last = [1 - step.offset for step in steps if step.anchor == LAST and step.offset < 0]
        first = max([1, *(step.offset for step in steps if not step.anchor), *from_last])
        met = (step for one in (*nodes, *self.claim.where) for step in list_steps(one))
        offsets = [0, *(step.offset for step in met if not step.is_fixed)]
        last = max(first + 2, max(offsets) - min(offsets) + 2)
        return sorted({first, first + 1} if first > MANY_STEPS else {first, first + 1, last - 1, last})

    def choose(self) -> Iterator[tuple[Point, ...]]:
        """Yield the points that have to be tried, each with others in its place where it says nothing.

        Equal sizes would hide a transpose, a size of 1 a sum, fewer than 4 what numbers of a few entries are tied by.
        """
        before, last = self.step_counts[-2:][0], self.step_counts[-1]
        count = max(len(self._least), 2)
        unequal = self._enlarge([1 + n % 4 for n in range(count)])
        reverse = self._enlarge([1 + (count - 1 - n) % 4 for n in range(count)])
        larger = self._enlarge([3 + n % 2 for n in range(count)])
        yield (Point(unequal, before),)
        yield (Point(self._least, last, 2, "wide"),)
        yield (Point(reverse, last, 2, "opposite"),)
        for steps in self.step_counts:
            if steps not in (before, last):
                yield (Point(unequal, steps, 1),)
        yield tuple(Point(larger, steps, 4) for steps in dict.fromkeys((before, last)))

    def choose_largest(self) -> tuple[Point, ...]:
        """Return what is tried, too, if that is cheap, and what in its place."""
        sizes = self._enlarge([5 + n % 2 for n in range(len(self._least))])
        return tuple(Point(sizes, steps, 5) for steps in dict.fromkeys(self.step_counts[-2:]))

    def choose_small(self, failing: Point) -> Iterator[Point]:
        """Yield the least sizes, and then those that are one larger, at each number of steps up to a point's own."""
        for more in (0, 1):
            sizes = {name: min(size, self._least[name] + more) for name, size in failing.sizes.items()}
            for steps in self.step_counts:
                if steps <= failing.steps:
                    yield failing._replace(sizes=sizes, steps=steps)

    def list_smaller(self, failing: Point) -> list[list[Point]]:
        """List for the steps and each range the points at which it alone is smaller, the smallest first."""
        fewer = [failing._replace(steps=steps) for steps in self.step_counts if steps < failing.steps]
        found = [fewer]
        for name in self.ranges:
            sizes = range(self._least[name], failing.sizes[name])
            found.append([failing._replace(sizes={**failing.sizes, name: size}) for size in sizes])
        return found

    def _enlarge(self, by: Sequence[int]) -> dict[str, int]:
        """Return the least sizes, each larger by a number, in the order of their names."""
        return {name: self._least[name] + more for name, more in zip(sorted(self._least), by, strict=False)}

    def _find_least_sizes(self) -> dict[str, int]:
        """Find the smallest sizes at which every entry exists that stands in the claim by its number."""
        least = dict.fromkeys(sorted(self._names), 1)

        def need(index: ex.Index | Step, axis: Sequence[str]) -> None:
            if isinstance(index, int) and len(axis) == 1:
                least[axis[0]] = max(least.get(axis[0], 1), index)

        for node in (*walk(self.claim.left), *walk(self.claim.right)):
            for entry in list_entries(node):
                for index, axis in zip(entry.indices, entry.quantity.axes, strict=True):
                    need(index, axis)
        for mask in self.claim.where:
            for letter in get_indices(mask):
                if isinstance(letter, str):
                    need(mask.right if letter == mask.left else mask.left, self.claim.ranges[letter])
        return least


def _list_ranges(node: Expression) -> Sequence[str]:
    if isinstance(node, Entry):
        return [name for axis in node.quantity.axes for name in axis]
    return getattr(node, "range", None) or ()


def _is_timed(node: Expression) -> bool:
    if isinstance(node, Entry):
        return node.quantity.timed
    if isinstance(node, Mask):
        return isinstance(node.left, Step)
    return isinstance(node, ex.OverSteps | ex.MatrixProduct) or node == ex.Size(None)
