"""The right gradients of every cell and loss in seven regimes: `python -m tests.benchmarks.cells [--cases 5]`.

For each regime and cell, every loss at the last and at every step, in float32 and float64, at N random points each.
Says how many are accused, how many are left undecided, in their formula or in their arithmetic, and the median of the
digits that are guaranteed in float64.
"""

import argparse
import sys
import time
from functools import partial
from itertools import product

import numpy as np

from bptt.cli._points import NetworkPoint
from bptt.rnn import elman, network
from bptt.rnn.cell import Cell
from bptt.rnn.losses import LOSSES
from bptt.rnn.registry import CELLS
from bptt.verify import Report, judge_gradient
from tests.rnn.regimes import REGIMES, case_of, identity

CASES_OF_LINEAR = {"elman, identity": elman.cell(identity)}  # the one cell that this regime leaves linear


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=5, help="cases of each kind (5)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--regimes", nargs="*", default=list(REGIMES), choices=list(REGIMES))
    options = parser.parse_args()
    print("| regime | cell | cases | accused | undecided formula | undecided arithmetic | median digits | seconds |")
    print("|---|---|---|---|---|---|---|---|")
    for regime in options.regimes:
        cells = CELLS | CASES_OF_LINEAR if regime == "linear" else CELLS
        for name, cell in cells.items():
            print(f"| {regime} | {name} | {tally(cell, regime, options.cases, options.seed)} |", flush=True)


def tally(cell: Cell, regime: str, cases: int, seed: int) -> str:
    start = time.perf_counter()
    reports, digits = [], []
    kinds = product(LOSSES.items(), (False, True), ("float32", "float64"))
    for number, ((loss_name, loss), every_step, dtype) in enumerate(kinds):
        for n in range(cases):
            case = case_of(cell, loss, REGIMES[regime], [seed, n, number], every_step, dtype)
            report = judged(cell, case)
            reports.append(report)
            if report.formula.verdict != "right" or report.arithmetic.verdict != "right":
                print(f"{regime}, {loss_name}, {[seed, n, number]}: {report.reason}", file=sys.stderr)
            if dtype == "float64":
                digits += [leaf.digits for leaf in report.arithmetic.leaves if leaf.digits is not None]
    accused = sum(report.verdict == "wrong" for report in reports)
    formula = sum(report.formula.verdict == "undecided" for report in reports)
    arithmetic = sum(report.arithmetic.verdict == "undecided" for report in reports)
    took = time.perf_counter() - start
    return f"{len(reports)} | {accused} | {formula} | {arithmetic} | {np.median(digits):.0f} | {took:.0f}"


def judged(cell: Cell, case: NetworkPoint) -> Report:
    f = partial(network.loss, cell=cell, loss=case.loss, lengths=case.lengths)
    gradient = partial(network.gradient, cell=cell, loss=case.loss, lengths=case.lengths)
    return judge_gradient(f, gradient, tuple(case.arguments), method="balls")


if __name__ == "__main__":
    main()
