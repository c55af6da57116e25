"""How many wrong gradients are caught, and right ones accused: `python -m tests.benchmarks.detection [--quick]`.

Every wrong gradient of `tests/corpus/wrong_gradients.py` meets random cases of every regime. Both it and the right
gradient are computed on balls of 1,600 digits, and their difference, entry by entry, says what kind of pair this is:

    live         some entry differs by more than the right one may by its rounding in floats
    faint        some entry differs, but no float of that type could tell
    equivalent   no entry differs: at these sizes and values the wrong gradient is the right one
    open         the balls leave it open

A detour through a shorter type is no difference on balls; it is live if its floats lie outside the rounding error of
the right gradient, and faint otherwise. A pair is caught if the wrong gradient is called wrong and the right one, in
the same case, is not.
`--right N` judges N right gradients of each regime and no wrong ones. `--floats` lets the gradients take floats only,
so that their floats are compared with the true gradient of f.
"""

import argparse
import itertools
import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
from flint import arb

from bptt.balls import (
    Ball,
    MakeConstant,
    UndecidedComparisonError,
    enclose,
    make_arrays_of_balls,
    make_fixed,
    make_rounded_constant,
    store,
    use_precision,
)
from bptt.rnn import elman, network
from bptt.verify import Report, judge_gradient
from bptt.verify._problem import Arguments
from tests.corpus.wrong_gradients import WRONG_GRADIENTS, Gradient, Steps, Wrong, at_step, backward, outer_sum, right
from tests.rnn.regimes import REGIMES, Case, case

DIGITS = 1600  # to which wrong and right gradients are compared
CONTRIBUTION_ERRORS = [10.0**-n for n in range(6, 17)]


PairKind = Literal["live", "faint", "equivalent", "open"]


@dataclass
class Tally:
    """The pairs of one regime."""

    pairs: Counter[PairKind] = field(default_factory=Counter)
    caught: Counter[PairKind] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)  # live ones, by the kind of mistake
    undecided: int = 0  # live ones
    right_cases: int = 0
    right_undecided: int = 0
    smallest_error: float = float("inf")  # relative to the entry, of those caught

    @property
    def false_alarms(self) -> int:
        """Right gradients that were called wrong; an equivalent one is right."""
        return self.caught["equivalent"] + self.missed["(the right gradient)"]


@dataclass(frozen=True)
class Truth:
    """The right gradient of a case, every entry of it in turn: on balls, and with the rounding that it may have."""

    flat: Arguments
    entries: list[arb]
    bounds: list[arb]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="3 cases of each regime, under 2 minutes")
    parser.add_argument("--cases", type=int, default=20, help="cases of each regime (20)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--right", type=int, metavar="N", help="judge the right gradient alone, in N cases of each regime"
    )
    parser.add_argument("--floats", action="store_true", help="gradients that take floats only")
    parser.add_argument("--json", type=Path, help="write the figures to this file, too")
    options = parser.parse_args()
    if options.right:
        judge_right_cases(options.right, options.seed, options.floats)
        return
    start = time.perf_counter()
    cases = 3 if options.quick else options.cases
    tallies = {name: tally(name, cases, options.seed, options.floats) for name in REGIMES}
    floor = detection_floor(options.seed, options.floats)
    print_table(tallies)
    print(f"\nThe smallest error of one step's contribution to dL/dU that was caught in every benign case: {floor:.0e}")
    print(f"{time.perf_counter() - start:.0f} s")
    if options.json:
        figures = {name: asdict(of_regime) for name, of_regime in tallies.items()}
        options.json.write_text(json.dumps({"regimes": figures, "detection_floor": floor}, indent=2) + "\n")


def judge_right_cases(cases: int, seed: int, floats_only: bool) -> None:
    """The right gradients that are accused, and those that stay undecided, each with its reason."""
    print("| regime | right cases | false alarms | undecided | median guaranteed digits in float64 |")
    print("|---|---|---|---|---|")
    for name, regime in REGIMES.items():
        wrong = undecided = 0
        digits: list[int] = []
        for n in range(cases):
            drawn = case(regime, seed * cases + n)
            report = judged(drawn, right, floats_only)
            wrong += report.verdict == "wrong"
            if report.verdict == "wrong":
                print(f"{name}, seed {seed * cases + n}: {report.reason}", file=sys.stderr)
            part = report.formula if floats_only else report.arithmetic
            undecided += "undecided" in (report.verdict, part.verdict)
            if drawn.point.y.dtype == np.float64:
                digits += [leaf.digits for leaf in part.leaves if leaf.digits is not None]
        print(f"| {name} | {cases} | {wrong} | {undecided} | {np.median(digits):.0f} |", flush=True)


def tally(name: str, cases: int, seed: int, floats_only: bool = False) -> Tally:
    result = Tally()
    for n in range(cases):
        drawn = case(REGIMES[name], seed + n)
        report = judged(drawn, right, floats_only)
        result.right_cases += 1
        result.right_undecided += "undecided" in (report.verdict, report.arithmetic.verdict)
        if report.verdict == "wrong":
            result.missed["(the right gradient)"] += 1
            continue
        truth = truth_of(drawn)
        for mistake in WRONG_GRADIENTS:
            count(result, drawn, mistake, truth, floats_only)
    return result


def count(result: Tally, drawn: Case, mistake: Wrong, truth: Truth, floats_only: bool) -> None:
    report = judged(drawn, mistake.gradient, floats_only)
    kind, error = compared(drawn, mistake, truth)
    if not mistake.in_the_formula:
        arithmetic = judged(drawn, mistake.gradient).arithmetic if floats_only else report.arithmetic
        kind = "live" if arithmetic.verdict == "wrong" else "faint"
    result.pairs[kind] += 1
    if report.verdict == "wrong":
        result.caught[kind] += 1
        result.smallest_error = min(result.smallest_error, error or np.inf)
    elif kind == "live":
        result.undecided += report.verdict == "undecided"
        result.missed[mistake.kind] += 1


def judged(drawn: Case, gradient: Gradient, floats_only: bool = False) -> Report:
    loss = partial(network.loss, cell=elman.cell(drawn.activation))
    of_arguments = partial(gradient, drawn.activation)
    with np.errstate(all="ignore"):  # exploding networks
        return judge_gradient(loss, refusing_balls(of_arguments) if floats_only else of_arguments, tuple(drawn.point))


def refusing_balls(gradient: Callable[..., Any]) -> Callable[..., Any]:
    def of_floats(*arguments: Any) -> Any:
        float(arguments[-1].flat[0])
        return gradient(*arguments)

    return of_floats


def truth_of(drawn: Case) -> Truth:
    flat = Arguments(network.loss, tuple(drawn.point))
    with use_precision(40):
        bounds = on_balls(flat, drawn, right, store, make_rounded_constant)
    with use_precision(DIGITS):
        return Truth(flat, on_balls(flat, drawn, right, Ball, make_fixed), bounds)


def compared(drawn: Case, mistake: Wrong, truth: Truth) -> tuple[PairKind, float]:
    """What kind of pair this is, and the largest relative difference of an entry."""
    with use_precision(DIGITS):
        try:
            ours = on_balls(truth.flat, drawn, mistake.gradient, Ball, make_fixed)
        except UndecidedComparisonError:
            return "open", 0.0
        return of_entries(ours, truth.entries, truth.bounds)


def of_entries(wrong: list[arb], truth: list[arb], bounds: list[arb]) -> tuple[PairKind, float]:
    largest = 0.0
    kind: PairKind = "equivalent"
    for ours, true, bound in zip(wrong, truth, bounds, strict=True):
        difference = ours - true
        if difference.contains(0):
            if not difference.abs_upper() <= true.abs_lower() * arb("1e-50"):
                kind = "open" if kind == "equivalent" else kind
            continue
        largest = max(largest, float(abs(difference) / (abs(true) + abs(ours))))
        kind = "live" if kind == "live" or difference.abs_lower() > bound.rad() else "faint"
    return kind, largest


def on_balls(
    flat: Arguments, drawn: Case, gradient: Gradient, make: Callable[[arb, Any], Ball], constant: MakeConstant
) -> list[arb]:
    with make_arrays_of_balls(constant), np.errstate(all="ignore"):
        returned = gradient(drawn.activation, *flat.rebuild([leaf.convert_to_balls(make) for leaf in flat.leaves]))
    return [enclose(entry) for leaf in flat.match(returned) for entry in leaf.reshape(-1).tolist()]


def detection_floor(seed: int, floats_only: bool = False) -> float:
    """The smallest of the errors 1e-6, 1e-7, … of the first step's contribution to dL/dU such that it and all larger
    ones are caught in 20 benign cases in float64."""
    drawn = (case(REGIMES["benign"], n) for n in itertools.count(seed))
    cases = list(itertools.islice((one for one in drawn if one.point.y.dtype == np.float64), 20))
    smallest = float("inf")
    for error in CONTRIBUTION_ERRORS:
        gradient = partial(backward, Steps(by_U=partial(first_step_off_by, error)))
        if not all(judged(one, gradient, floats_only).verdict == "wrong" for one in cases):
            break
        smallest = error
    return smallest


def first_step_off_by(error: float, δ: Any, xs: Any) -> Any:
    return outer_sum(at_step(0, 1 + error, δ), xs)


def print_table(tallies: dict[str, Tally]) -> None:
    print(
        "| regime | live pairs | caught | undecided | faint (caught) | equivalent | open | right cases | false alarms |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for name, t in tallies.items():
        live, faint = t.pairs["live"], t.pairs["faint"]
        share = f"{100 * t.caught['live'] / live:.2f} %" if live else "–"
        print(
            f"| {name} | {live} | {share} | {t.undecided} | {faint} ({t.caught['faint']}) | {t.pairs['equivalent']}"
            f" | {t.pairs['open']} | {t.right_cases} | {t.false_alarms} |"
        )
    for name, t in tallies.items():
        for kind, n in t.missed.most_common():
            print(f"missed in {name}: {kind}, {n} times")


if __name__ == "__main__":
    main()
