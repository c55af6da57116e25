"""A few combinations of sizes that stand for all, where each new one costs: JAX compiles for every shape.

Every two sizes meet in each of the ways that there are, equal and distinct, as in combinatorial testing.
"""

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, cycle
from typing import Any, TypeAlias

from bptt.verify._strategies import Recipe

Sizes: TypeAlias = Mapping[str, Any]  # "..." has those of the batch axes

_TRIED = 60  # combinations at random, of which the one that brings the most that is new is taken


class SizePool:
    """The combinations of sizes for the arrays of one strategy, and each in its turn for a point."""

    def __init__(self, recipe: Recipe, seed: int) -> None:
        self.combinations = cover_pairs(recipe.list_sizes(), seed)
        self._turns = cycle(self.combinations)

    def fit(self, recipe: Recipe) -> Recipe:
        """Return what makes arrays of the same kind in the sizes whose turn it is."""
        return recipe.resize(next(self._turns))


def cover_pairs(sizes: Mapping[str, Sequence[Any]], seed: int) -> list[Sizes]:
    """Return combinations of sizes among which each name has each of its sizes beside each size of any other name."""
    generator = random.Random(seed)
    groups = combinations(sizes, min(2, len(sizes))) if sizes else ()
    missing = {one for names in groups for one in _list_ways(sizes, names)}
    chosen: list[Sizes] = []
    while missing:
        candidates = [{name: generator.choice(known) for name, known in sizes.items()} for _ in range(_TRIED)]
        best = max(candidates, key=lambda one: len(missing.intersection(_list_met(one))))
        missing.difference_update(_list_met(best))
        chosen += [best] if best not in chosen else []
    return chosen or [{}]


def _list_ways(sizes: Mapping[str, Sequence[Any]], names: Sequence[str]) -> Iterator[tuple[tuple[str, Any], ...]]:
    """Yield every way in which sizes of these names, one or two, can meet."""
    first, *others = names
    for size in sizes[first]:
        if not others:
            yield ((first, size),)
        for other in others:
            yield from (((first, size), (other, beside)) for beside in sizes[other])


def _list_met(sizes: Sizes) -> list[tuple[tuple[str, Any], ...]]:
    """List how the sizes of one combination meet."""
    return list(combinations(sizes.items(), min(2, len(sizes))))


def list_smaller(sizes: Sizes) -> Iterator[Sizes]:
    """Yield combinations in which one size is smaller, or all that are equal to it are; the smallest first."""
    numbers = {name: size for name, size in sizes.items() if name != "..."}
    for name, size in numbers.items():
        yield from ({**sizes, name: smaller} for smaller in range(1, size))
    for size in [size for size, count in Counter(numbers.values()).items() if count > 1]:
        equal = [name for name in numbers if numbers[name] == size]
        yield from ({**sizes, **dict.fromkeys(equal, smaller)} for smaller in range(1, size))
    batch = sizes.get("...", ())
    for n, size in enumerate(batch):
        yield {**sizes, "...": (*batch[:n], *batch[n + 1 :])}
        yield from ({**sizes, "...": (*batch[:n], smaller, *batch[n + 1 :])} for smaller in range(1, size))
