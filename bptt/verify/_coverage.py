"""What a set of cases could not have shown, however wrong a gradient were."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np

from bptt.verify._problem import Arguments


class Trial(NamedTuple):
    """A case: its sizes by name, the arguments, and f and its gradient there as floats, if the question has them."""

    sizes: Mapping[str, int]
    arguments: Arguments
    value: float = 0.0
    gradient: Sequence[Any] | None = None  # by leaf


def find_blind_spots(trials: Sequence[Trial], refuted: Collection[str] = ()) -> list[str]:
    """Return a sentence for each mistake, or group of mistakes, that none of the trials could have shown.

    Nothing is said of the gradients by arrays that were refuted.
    """
    if not trials:
        return []
    return [*_compare_sizes([trial.sizes for trial in trials]), *_look_at_values(trials, refuted)]


def _compare_sizes(cases: Sequence[Mapping[str, int]]) -> Iterator[str]:
    names = [name for name in cases[0] if all(name in sizes for sizes in cases)]
    ones = [name for name in names if all(sizes[name] == 1 for sizes in cases)]
    for name in ones:
        yield f"{name} was 1 in every case: what happens along it could not show"
    others = [name for name in names if name not in ones]
    equal = [(a, b) for a, b in combinations(others, 2) if all(sizes[a] == sizes[b] for sizes in cases)]
    if len(others) > 2 and len(equal) == len(others) * (len(others) - 1) // 2:
        yield f"{', '.join(others)} were all equal in every case: a transpose or a wrong axis could fit"
    elif all("." not in name for name in names):  # a U.shape[0] may have to be equal to another one
        for a, b in equal:
            yield f"{a} and {b} were equal in every case: a transpose or a wrong axis could fit"


def _look_at_values(trials: Sequence[Trial], refuted: Collection[str]) -> Iterator[str]:
    leaves = trials[0].arguments.leaves
    alike = [trial for trial in trials if len(trial.arguments.leaves) == len(leaves)]  # a list may have another length
    for n, leaf in enumerate(leaves):
        if leaf.values.dtype.kind != "f":
            continue
        values = [trial.arguments.leaves[n].values for trial in alike]
        several = [x for x in values if x.size > 1]
        if not any(x.any() for x in values):
            yield f"{leaf.path} was 0 in every case: what is multiplied by it could not show"
        elif several and all(np.ptp(x) == 0 for x in several):
            yield f"all entries of {leaf.path} were equal in every case: a wrong index could not show"
        if not leaf.differentiable or leaf.path in refuted or trials[0].gradient is None:
            continue
        if not any(np.any(trial.gradient[n]) for trial in alike if trial.gradient):
            yield f"the gradient by {leaf.path} was 0 in every case"
        elif all(_is_below_rounding(trial, n) for trial in alike):
            yield f"the gradient by {leaf.path} was below the rounding of f in every case: is all of it saturated?"


def _is_below_rounding(trial: Trial, n: int) -> bool:
    """Whether moving leaf n by as much as it has changes f by less than f is rounded."""
    assert trial.gradient is not None
    values = trial.arguments.leaves[n].values
    effect = np.max(np.abs(trial.gradient[n]), initial=0.0) * (np.max(np.abs(values), initial=0.0) or 1.0)
    return bool(effect < np.finfo(values.dtype).eps * abs(trial.value))
