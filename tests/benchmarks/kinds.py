"""How often the kind of a mistake is named, and how often falsely: `python -m tests.benchmarks.kinds [--seed 0]`.

For every slip in `tests/everyday_code.py`, at one random point and at others around it. A kind counts as false if it is
not that of the slip, or if the slip has none.
"""

import argparse
import time
from collections import Counter

import numpy as np

from bptt.verify._problem import Arguments, Problem
from bptt.verify.diagnosis import Point, diagnose
from tests.corpus.everyday_code import NETWORKS, Network
from tests.corpus.slips import with_a_slip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    print("| network | with a kind | named | falsely | without a kind | named falsely | seconds |")
    print("|---|---|---|---|---|---|---|")
    total: Counter[str] = Counter()
    for network in NETWORKS:
        start = time.perf_counter()
        found = tally(network, options.seed)
        print(_row(network.name, found, time.perf_counter() - start), flush=True)
        total += found
    print(_row("all", total, 0))


def tally(network: Network, seed: int) -> Counter[str]:
    """How many slips were named, and how."""
    found: Counter[str] = Counter()
    for slip in network.slips:
        arguments = Arguments(network.f, network.point(np.random.default_rng(seed)), network.wrt)
        gradient = with_a_slip(network.gradient, slip.line, slip.instead)
        (diagnosis,) = diagnose([Point(Problem(network.f, gradient, arguments, seed=seed))], [slip.by])
        named = diagnosis.kind.name if diagnosis.kind else ""
        group = "with" if slip.kind else "without"
        found[group] += 1
        found[f"{group}, named"] += named == slip.kind != ""
        found[f"{group}, falsely"] += named not in (slip.kind, "")
    return found


def _row(name: str, found: Counter[str], seconds: float) -> str:
    counts = [found[key] for key in ("with", "with, named", "with, falsely", "without", "without, falsely")]
    return f"| {name} | {' | '.join(map(str, counts))} | {seconds:.1f} |"


if __name__ == "__main__":
    main()
