"""Timing in turns: what is compared runs in the same rounds, so that a busy machine slows all of it alike."""

import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

from tests.benchmarks.speed.points import Sizes

Run: TypeAlias = Callable[[], Any]

FEWEST, MOST = 5, 100  # rounds
SHORTEST = 5e-3  # seconds: what takes less is run several times for one measurement


class Row(NamedTuple):
    """What was measured at one point: the processor's seconds, ratios of the same turn, bytes of temporary memory."""

    cell: str
    sizes: Sizes
    dtype: str
    seconds: dict[str, float]
    ratios: dict[str, float]
    memory: dict[str, int]


def take_turns(runs: Mapping[str, Run], seconds: float) -> dict[str, list[float]]:
    """Return the processor's seconds of each in every round, until so many seconds are over.

    In a round each has its turn, which begins with a run that is not counted. Without that the first would pay for the
    memory that the one before gave back to the system, and for what that left in the caches.
    """
    numbers = {name: int(SHORTEST // (time_runs(run, 2) + 1e-9)) + 1 for name, run in runs.items()}
    times: dict[str, list[float]] = {name: [] for name in runs}
    end = time.monotonic() + seconds
    for n in range(MOST):
        if n >= FEWEST and time.monotonic() > end:
            break
        for name, run in runs.items():
            run()
            times[name].append(time_runs(run, numbers[name]))
    return times


def time_runs(run: Run, number: int) -> float:
    """Return the mean of the processor's seconds over so many runs."""
    start = time.process_time()
    for _ in range(number):
        run()
    return (time.process_time() - start) / number


def take_median_ratio(of: list[float], by: list[float]) -> float:
    """Return the median of the ratios in each round."""
    return statistics.median(a / b for a, b in zip(of, by, strict=True))
