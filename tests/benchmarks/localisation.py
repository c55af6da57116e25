"""How many slopes and how long it takes to find wrong entries: `python -m tests.benchmarks.localisation`.

The Elman network of `tests.benchmarks.checkers` with 496,128 weights, T = 100 and D_h = 512, all of which are searched.
Each wrong entry stands at a random place of them and is of a random kind. The network takes no complex numbers, so that
every slope is a central difference.
"""

import argparse
import time
from functools import partial
from typing import Any

import numpy as np

from bptt.rnn import elman, network
from bptt.rnn.activations import tanh
from bptt.rnn.network import Arguments, Weights
from bptt.verify import _problem
from bptt.verify._execution import observe
from bptt.verify.diagnosis._group_testing import find_wrong_entries
from tests.verify.diagnosis.test_group_testing import KINDS, random_places

T, D_x, D_h, D_y = 100, 256, 512, 200
loss = partial(network.loss, cell=elman.cell(tanh))
right_gradient = partial(network.gradient, cell=elman.cell(tanh))
LEAVES = {0: "U", 1: "W", 2: "b", 3: "V"}  # as `bptt.verify._problem.Arguments` numbers them


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    seeds = parser.parse_args().seeds
    point = random_point()
    print("| wrong entries | seed | found | accused wrongly | complete | evaluations | seconds | gradients |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    for count in (1, 10):
        for seed in range(seeds):
            print_row(point, count, seed)


def print_row(point: Arguments, count: int, seed: int) -> None:
    arguments = _problem.Arguments(loss, tuple(point))
    sizes = [arguments.leaves[n].values.size for n in LEAVES]
    kinds = np.random.default_rng(seed).choice(list(KINDS), count).tolist()
    wrong = dict(zip(random_places(seed, count, sizes), kinds, strict=True))

    def gradient(*arguments: Any) -> Arguments:
        right: Arguments = right_gradient(*arguments)
        claims = [*right.weights.cell, right.weights.V]
        for (n, k), kind in wrong.items():
            claims[n].flat[k] = KINDS[kind](claims[n].reshape(-1), k)
        return right

    problem, observed = observe(_problem.Problem(loss, gradient, arguments, seed=seed))
    start = time.perf_counter()
    result = find_wrong_entries(problem, observed, list(LEAVES))
    took = time.perf_counter() - start
    start = time.perf_counter()
    right_gradient(*point)
    gradients = took / (time.perf_counter() - start)
    places = {(e.leaf, int(np.ravel_multi_index(e.at, arguments.leaves[e.leaf].values.shape))) for e in result.entries}
    print(
        f"| {count} | {seed} | {len(places & wrong.keys())} | {len(places - wrong.keys())} | {result.complete}"
        f" | {result.evaluations} | {took:.2f} | {gradients:.0f} |",
        flush=True,
    )


def random_point() -> Arguments:
    """Normal values; W is orthogonal and the inputs are small, so that no entry of the gradient vanishes."""
    normal = np.random.default_rng(0).normal
    W, _ = np.linalg.qr(normal(size=(D_h, D_h)))
    cell = elman.Weights(normal(size=(D_h, D_x)) / 4, W, normal(size=D_h) / 4)
    V = normal(size=(D_y, D_h)) / np.sqrt(D_h)
    return Arguments(Weights(cell, V), normal(size=D_h), normal(size=(T, D_x)), normal(size=D_y))


if __name__ == "__main__":
    main()
