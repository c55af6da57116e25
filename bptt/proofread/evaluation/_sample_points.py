"""At which sizes and steps a claim is tried."""

import itertools
from collections.abc import Iterator, Sequence

from bptt.proofread import _expressions as ex
from bptt.proofread._expressions import LAST, Claim, Definitions, Entry, Expression
from bptt.proofread._traversal import list_steps, walk, walk_definitions
from bptt.proofread.evaluation._point import Point

MORE_STEPS = 2  # than the equation speaks of: a first step, one in between and a last
MANY_STEPS = 5  # beyond which no others are tried: each takes all those before it
MOST_POINTS = 80  # at which the smallest sizes are looked for: three ranges up to 3, at three numbers of steps


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
        first = claim.last_is
        if first is None:
            first = max(1, _find_latest_step(claim.left), _find_latest_step(claim.right))
        fixed = claim.last_is is not None or not self.timed
        self.step_counts = [first] if fixed or first > MANY_STEPS else list(range(first, first + MORE_STEPS + 1))

    def choose(self) -> Iterator[Point]:
        """Yield the points that are tried: small and unequal sizes first, then larger ones."""
        least = self._find_least_sizes()
        unequal = {name: least[name] + 1 + n for n, name in enumerate(sorted(least))}
        reverse = {name: least[name] + max(2, len(least)) - n for n, name in enumerate(sorted(least))}
        larger = {name: size + 2 for name, size in reverse.items()}
        # Equal sizes would hide a transpose, and a size of 1 a sum.
        for steps in self.step_counts:
            yield Point(unequal, steps)
        yield Point(unequal, self.step_counts[0], seed=1)
        yield Point(least, self.step_counts[-1], seed=2)
        yield Point(reverse, self.step_counts[-1], seed=3)
        # Beyond 3, as numbers of a few entries may be tied: what is left out may vanish up to there. Costly, so last.
        yield Point(larger, self.step_counts[-1], seed=4)

    def choose_smaller(self, failing: Point) -> Iterator[Point]:
        """Yield the points up to one at which the claim fails, the smallest first."""
        grid = itertools.product(self.step_counts, *(range(1, failing.sizes[name] + 1) for name in self.ranges))
        ordered = sorted((n for n in grid if n[0] <= failing.steps), key=lambda n: (sum(n), n))
        for steps, *sizes in ordered[:MOST_POINTS]:
            yield Point({**failing.sizes, **dict(zip(self.ranges, sizes, strict=True))}, steps, failing.seed)

    def _find_least_sizes(self) -> dict[str, int]:
        """Find the smallest sizes at which every entry exists that stands in the claim by its number."""
        least = dict.fromkeys(self._names, 1)
        for node in (*walk(self.claim.left), *walk(self.claim.right)):
            if isinstance(node, Entry):
                for index, axis in zip(node.indices, node.quantity.axes, strict=True):
                    if isinstance(index, int) and len(axis) == 1:
                        least[axis[0]] = max(least.get(axis[0], 1), index)
        return least


def _find_latest_step(node: Expression) -> int:
    """Find the latest step that stands in an expression as a number; T − 2 needs a third step from the last."""
    steps = [step for one in walk(node) for step in list_steps(one)]
    numbers = [step.offset for step in steps if not step.anchor]
    from_last = [1 - step.offset for step in steps if step.anchor == LAST and step.offset < 0]
    return max([0, *numbers, *from_last])


def _list_ranges(node: Expression) -> Sequence[str]:
    if isinstance(node, Entry):
        return [name for axis in node.quantity.axes for name in axis]
    return getattr(node, "range", None) or ()


def _is_timed(node: Expression) -> bool:
    if isinstance(node, Entry):
        return node.quantity.timed
    return isinstance(node, ex.OverSteps | ex.MatrixProduct | ex.SameStep) or node == ex.Size(None)
