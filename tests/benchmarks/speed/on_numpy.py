"""The loss at every step and its gradient on NumPy: `python -m tests.benchmarks.speed numpy`.

`network.value_and_gradient` stands beside

    by hand     a loop over time as people write it, from tests.benchmarks.loops_by_hand
    products    the products of matrices alone, which no algorithm avoids

A time is the median over the rounds, and a ratio that of the ratios in each round. The last lines fit the exponent n of
a cost that goes as Tⁿ, or as Bⁿ. Run it on one thread, `OMP_NUM_THREADS=1`.
"""

import itertools
import os
import statistics
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from bptt.rnn import network
from bptt.rnn.network import Arguments
from bptt.rnn.registry import CELLS
from tests.benchmarks.loops_by_hand import LOOPS
from tests.benchmarks.speed.points import GRID, Sizes, draw_point
from tests.benchmarks.speed.turns import Row, Run, take_median_ratio, take_turns
from tests.rnn.comparing import leaves

GROWING_T = [Sizes(T, 8, 32, 128, 32) for T in (50, 100, 200, 400, 800)]
GROWING_B = [Sizes(50, B, 32, 128, 32) for B in (8, 16, 32, 64, 128)]


def compare_all(cells: Sequence[str], types: Sequence[str], grid: Sequence[Sizes], seconds: float) -> list[Row]:
    """Return a row for each cell, type and size, and print them, and the exponents if no size is left out."""
    print(f"numpy {np.__version__}, OMP_NUM_THREADS={os.environ.get('OMP_NUM_THREADS', '')}\n")
    print(f"{'cell':<10} {'type':<7} {'T, B, D_x, D_h, D_y':<22}", *(f"{name:>13}" for name in CONTENDERS), end="  ")
    print(*(f"{f'to {name}':>11}" for name in list(CONTENDERS)[1:]))
    pairs = [(cell, dtype) for cell in cells for dtype in types]
    rows = []
    for (cell, dtype), sizes in itertools.product(pairs, grid):
        rows.append(measure(cell, dtype, sizes, seconds))
        print(describe(rows[-1]), flush=True)
    for cell, dtype in pairs if len(grid) == len(GRID) else ():
        of_T, of_B = (fit_exponent(cell, dtype, letter, seconds) for letter in ("T", "B"))
        print(f"{cell:<10} {dtype:<7} cost as T^{of_T:.2f} and B^{of_B:.2f}", flush=True)
    return rows


def measure(cell: str, dtype: str, sizes: Sizes, seconds: float) -> Row:
    """Return the time of each contender, and the ratio of the first to the others."""
    times = take_turns(make_runs(cell, draw_point(CELLS[cell], dtype, sizes)), seconds)
    first, *others = times
    ratios = {f"{first} / {name}": take_median_ratio(times[first], times[name]) for name in others}
    return Row(cell, sizes, dtype, {name: statistics.median(of) for name, of in times.items()}, ratios, {})


def describe(row: Row) -> str:
    medians = " ".join(f"{seconds * 1e3:>10.3f} ms" for seconds in row.seconds.values())
    ratios = " ".join(f"{ratio:>11.2f}" for ratio in row.ratios.values())
    return f"{row.cell:<10} {row.dtype:<7} {row.sizes!s:<22} {medians}  {ratios}"


def fit_exponent(cell: str, dtype: str, letter: str, seconds: float) -> float:
    """Fit n where the time of the first contender goes as the n-th power of the size of that letter."""
    grid = GROWING_T if letter == "T" else GROWING_B
    points = {str(getattr(sizes, letter)): draw_point(CELLS[cell], dtype, sizes) for sizes in grid}
    times = take_turns({size: run_bptt(cell, point) for size, point in points.items()}, seconds)
    slope, _ = np.polyfit(np.log(list(map(int, times))), np.log(list(map(statistics.median, times.values()))), 1)
    return float(slope)


def make_runs(cell: str, point: Arguments) -> dict[str, Run]:
    """Return what each contender runs; those that return a gradient return the same."""
    runs = {name: contender(cell, point) for name, contender in CONTENDERS.items()}
    value, gradient = runs["bptt"]()
    for ours, theirs in zip((value, *leaves(gradient.weights)), runs["by hand"](), strict=True):
        largest = np.abs(ours).max()
        np.testing.assert_allclose(np.reshape(theirs, np.shape(ours)), ours, rtol=0, atol=1e-3 * largest)
    return runs


def run_bptt(cell: str, point: Arguments) -> Run:
    return partial(network.value_and_gradient, *point, CELLS[cell])


def run_by_hand(cell: str, point: Arguments) -> Run:
    """Run the loop, which takes a state of one array as that array."""
    return partial(LOOPS[cell], point._replace(h0=point.h0 if len(point.h0) > 1 else point.h0.h))


def run_products(_: str, point: Arguments) -> Run:
    """Run the products of matrices: with W at each step, there and back, and all others for the whole sequence."""
    (weights, V), _, xs, _ = point
    T, B, D_x = xs.shape
    U, W = weights.U.reshape(-1, D_x), weights.W.reshape(-1, weights.W.shape[-1])
    h, δ = np.ones((T, B, W.shape[1]), xs.dtype), np.ones((T, B, len(W)), xs.dtype)
    xs_rows, h_rows, δ_rows = (array.reshape(T * B, -1) for array in (xs, h, δ))

    def run() -> None:
        xs_rows @ U.T
        for t in range(T):
            h[t] @ W.T
        e = h_rows @ V.T
        e @ V
        e.T @ h_rows
        for t in range(T):
            δ[t] @ W
        δ_rows.T @ xs_rows
        δ_rows.T @ h_rows
        δ_rows @ U

    return run


# The first is compared with the others. A column more is a line here.
CONTENDERS: dict[str, Callable[[str, Arguments], Run]] = {
    "bptt": run_bptt,
    "by hand": run_by_hand,
    "products": run_products,
}
