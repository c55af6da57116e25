"""What a set of cases could not have shown, however wrong a gradient were."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np

from bptt.verify._problem import FlatArguments, Leaf


class Tried(NamedTuple):
    """A case: its sizes by name, the arguments, and f and its gradient there as floats."""

    sizes: Mapping[str, int]
    arguments: FlatArguments
    value: float
    gradient: Sequence[Any]  # by leaf


def blind_spots(cases: Sequence[Tried], refuted: Collection[str] = ()) -> list[str]:
    """Sentences, one for each mistake or group of mistakes that none of the cases could have shown.

    Nothing is said of the gradients by arrays that were refuted.
    """
    if not cases:
        return []
    named = all("." not in name for name in cases[0].sizes)  # and not U.shape[0], which may have to be another one
    return [*_of_sizes([case.sizes for case in cases], named=named), *_of_values(cases, refuted)]


def _of_sizes(cases: Sequence[Mapping[str, int]], *, named: bool) -> Iterator[str]:
    names = [name for name in cases[0] if all(name in sizes for sizes in cases)]
    ones = [name for name in names if all(sizes[name] == 1 for sizes in cases)]
    for name in ones:
        yield f"{name} was 1 in every case: what happens along it could not show"
    others = [name for name in names if name not in ones]
    equal = [(a, b) for a, b in combinations(others, 2) if all(sizes[a] == sizes[b] for sizes in cases)]
    if len(others) > 2 and len(equal) == len(others) * (len(others) - 1) // 2:
        yield f"{', '.join(others)} were all equal in every case: a transpose or a wrong axis could fit"
    elif named:
        for a, b in equal:
            yield f"{a} and {b} were equal in every case: a transpose or a wrong axis could fit"


def _of_values(cases: Sequence[Tried], refuted: Collection[str]) -> Iterator[str]:
    leaves = cases[0].arguments.leaves
    for n, leaf in enumerate(leaves):
        met = [(case.arguments.leaves[n], case) for case in cases if len(case.arguments.leaves) == len(leaves)]
        if leaf.values.dtype.kind != "f":
            continue
        if _in_every(met, lambda own, _: not own.values.any()):
            yield f"{leaf.path} was 0 in every case: what is multiplied by it could not show"
        elif _in_every([m for m in met if m[0].values.size > 1], lambda own, _: np.ptp(own.values) == 0):
            yield f"all entries of {leaf.path} were equal in every case: a wrong index could not show"
        if not leaf.differentiable or leaf.path in refuted:
            continue
        if _in_every(met, lambda _, case, n=n: not np.any(case.gradient[n])):  # type: ignore[misc]
            yield f"the gradient by {leaf.path} was 0 in every case"
        elif _in_every(met, lambda own, case, n=n: _is_below_noise(own, case, n)):  # type: ignore[misc]
            yield f"the gradient by {leaf.path} was below the rounding of f in every case: is all of it saturated?"


def _in_every(met: Sequence[tuple[Leaf, Tried]], holds: Callable[[Leaf, Tried], bool]) -> bool:
    return bool(met) and all(holds(leaf, case) for leaf, case in met)


def _is_below_noise(leaf: Leaf, case: Tried, n: int) -> bool:
    effect = np.max(np.abs(case.gradient[n]), initial=0.0) * (np.max(np.abs(leaf.values), initial=0.0) or 1.0)
    return bool(effect < np.finfo(leaf.values.dtype).eps * abs(case.value))
