"""How long a verdict takes, and how it grows: `python -m tests.benchmarks.verdict_time`.

Each row is the Elman network with bias and initial state. The time of `judge_gradient` stands beside that of one
evaluation of the gradient on balls, measured in turn in the same run; their ratio should not grow with the sizes.
"""

import statistics
import time
from collections.abc import Callable

import numpy as np

from bptt.balls import Ball, use_precision
from bptt.rnn import network
from bptt.rnn.elman import Weights as Cell
from bptt.rnn.network import Arguments, Weights
from bptt.verify import _problem, judge_gradient

SIZES = [(5, 3), (5, 6), (5, 12), (20, 3), (20, 12), (50, 3), (200, 3), (6, 32)]  # T, D of every other axis
REPEATS = 9


def main() -> None:
    print(f"{'T':>4} {'D':>4} {'judge_gradient':>15} {'gradient on balls':>18} {'ratio':>6}")
    for T, D in SIZES:
        point = random_point(T, D)
        pairs = [(seconds(verdict, point), seconds(gradient_on_balls, point)) for _ in range(REPEATS)]
        check, gradient = (statistics.median(column) for column in zip(*pairs, strict=True))
        ratio = statistics.median(a / b for a, b in pairs)
        print(f"{T:>4} {D:>4} {check * 1e3:>12.2f} ms {gradient * 1e3:>15.2f} ms {ratio:>6.2f}")


def random_point(T: int, D: int) -> Arguments:
    """Normal values, those of the recurrence scaled so that a long sequence neither explodes nor saturates."""
    normal = np.random.default_rng(0).normal
    cell = Cell(normal(size=(D, D)), normal(size=(D, D)) / np.sqrt(D), normal(size=D))
    return Arguments(Weights(cell, normal(size=(D, D))), normal(size=D), normal(size=(T, D)), normal(size=D))


def seconds(function: Callable[[Arguments], object], point: Arguments) -> float:
    start = time.perf_counter()
    function(point)
    return time.perf_counter() - start


def verdict(point: Arguments) -> None:
    assert judge_gradient(network.loss, network.gradient, tuple(point))


def gradient_on_balls(point: Arguments) -> None:
    flat = _problem.Arguments(network.gradient, tuple(point))
    with use_precision(50):
        network.gradient(*flat.rebuild([leaf.convert_to_balls(Ball) for leaf in flat.leaves]))


if __name__ == "__main__":
    main()
