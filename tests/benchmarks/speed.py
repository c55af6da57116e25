"""What the loss and its gradient cost: `python -m tests.benchmarks.speed [--cells lstm] [--types float32] [--quick]`.

`network.value_and_gradient`, the loss at every step, stands beside

    by hand     a loop over time as people write it, from tests.benchmarks.loops_by_hand
    products    the products of matrices alone, which no algorithm avoids

All take turns; a time is the median over the rounds of the processor's, and a ratio that of the ratios in each round.
The last lines fit the exponent n of a cost that goes as Tⁿ, or as Bⁿ. Run it on one thread, `OMP_NUM_THREADS=1`.
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from bptt.rnn import network
from bptt.rnn.arrays import Array
from bptt.rnn.network import Arguments, Weights
from bptt.rnn.registry import CELLS
from tests.benchmarks.loops_by_hand import LOOPS
from tests.rnn.comparing import leaves


class Sizes(NamedTuple):
    """The sizes of a network and its batch."""

    T: int
    B: int
    D_x: int
    D_h: int
    D_y: int


SMALL = [Sizes(5, 1, 8, 64, 4), Sizes(6, 1, 6, 32, 8), Sizes(20, 1, 8, 64, 8)]
LARGE = [
    Sizes(50, 32, 16, 128, 16),
    Sizes(100, 64, 64, 256, 64),
    Sizes(400, 8, 64, 256, 64),
    Sizes(1000, 1, 32, 128, 32),
    Sizes(100, 64, 512, 512, 512),
]
GROWING_T = [Sizes(T, 8, 32, 128, 32) for T in (50, 100, 200, 400, 800)]
GROWING_B = [Sizes(50, B, 32, 128, 32) for B in (8, 16, 32, 64, 128)]
ROUNDS, FEWEST, SECONDS = 31, 3, 20  # a row ends after 20 s, but not before 3 rounds
SHORTEST = 5e-3  # seconds: what takes less is run several times for one measurement

Run = Callable[[], Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cells", nargs="+", choices=LOOPS, default=list(LOOPS))
    parser.add_argument("--types", nargs="+", choices=("float64", "float32"), default=["float64", "float32"])
    parser.add_argument("--quick", action="store_true", help="small sizes alone, and no exponents")
    options = parser.parse_args()
    print(f"numpy {np.__version__}, OMP_NUM_THREADS={os.environ.get('OMP_NUM_THREADS', '')}\n")
    print(f"{'cell':<10} {'type':<7} {'T, B, D_x, D_h, D_y':<22}", *(f"{name:>13}" for name in CONTENDERS), end="  ")
    print(*(f"{f'to {name}':>11}" for name in list(CONTENDERS)[1:]))
    for cell in options.cells:
        for dtype in options.types:
            for sizes in SMALL if options.quick else SMALL + LARGE:
                compare(cell, dtype, sizes)
    for cell in () if options.quick else options.cells:
        for dtype in options.types:
            of_T, of_B = fit_exponent(cell, dtype, GROWING_T, "T"), fit_exponent(cell, dtype, GROWING_B, "B")
            print(f"{cell:<10} {dtype:<7} cost as T^{of_T:.2f} and B^{of_B:.2f}", flush=True)


def compare(cell: str, dtype: str, sizes: Sizes) -> None:
    """Print a row: the time of each contender, and the ratio of the first to the others."""
    times = measure(make_runs(cell, random_point(cell, dtype, sizes)))
    first = next(iter(times.values()))
    medians = [f"{statistics.median(of_one) * 1e3:>10.3f} ms" for of_one in times.values()]
    ratios = [statistics.median(a / b for a, b in zip(first, of_one, strict=True)) for of_one in times.values()]
    print(f"{cell:<10} {dtype:<7} {', '.join(map(str, sizes)):<22}", *medians, end="  ")
    print(*(f"{ratio:>11.2f}" for ratio in ratios[1:]), flush=True)


def fit_exponent(cell: str, dtype: str, grid: list[Sizes], letter: str) -> float:
    """Fit n where the time of the first contender goes as the n-th power of the size of that letter."""
    name = next(iter(CONTENDERS))
    runs = {str(n): CONTENDERS[name](cell, random_point(cell, dtype, sizes)) for n, sizes in enumerate(grid)}
    seconds = [statistics.median(of_one) for of_one in measure(runs).values()]
    slope, _ = np.polyfit(np.log([getattr(sizes, letter) for sizes in grid]), np.log(seconds), 1)
    return float(slope)


def random_point(cell: str, dtype: str, sizes: Sizes) -> Arguments:
    """Normal values, the weights scaled so that a long sequence neither explodes nor saturates."""
    T, B, D_x, D_h, D_y = sizes
    random, of = np.random.default_rng(0), CELLS[cell]

    def draw(*shape: int, scale: float = 1.0) -> Array:
        return (scale * random.normal(size=shape)).astype(dtype)

    rows = (*of.gates, D_h)
    biases = [draw(*rows) for _ in of.Weights._fields[2:]]
    weights = of.Weights(draw(*rows, D_x, scale=D_x**-0.5), draw(*rows, D_h, scale=D_h**-0.5), *biases)
    h0 = of.State(*(draw(B, D_h) for _ in of.State._fields))
    V = draw(D_y, D_h, scale=D_h**-0.5)
    return Arguments(Weights(weights, V), h0 if len(h0) > 1 else h0.h, draw(T, B, D_x), draw(T, B, D_y))


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
    return partial(LOOPS[cell], point)


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


def measure(runs: dict[str, Run]) -> dict[str, list[float]]:
    """Return the seconds of each in every round; in a round each has its turn, which begins with a run not counted.

    Without that the first would pay for the memory that the one before gave back to the system.
    """
    numbers = {name: int(SHORTEST // (seconds(run, 1) + 1e-9)) + 1 for name, run in runs.items()}
    times: dict[str, list[float]] = {name: [] for name in runs}
    start = time.perf_counter()
    for n in range(ROUNDS):
        if n >= FEWEST and time.perf_counter() - start > SECONDS:
            break
        for name, run in runs.items():
            run()
            times[name].append(seconds(run, numbers[name]))
    return times


def seconds(run: Run, number: int) -> float:
    start = time.process_time()
    for _ in range(number):
        run()
    return (time.process_time() - start) / number


if __name__ == "__main__":
    main()
