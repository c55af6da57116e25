"""Right gradients of random programs that are accused, slips that are caught: `python -m tests.benchmarks.programs`.

A program of up to 13 steps of NumPy is written down together with its gradient in reverse, in float64, float32, float16
or arguments of several types, with the buffers of the gradient made in one of several ways. `--slips` plants one
mistake in each gradient. Both are computed to 120 digits, and their difference says what kind of slip it is:

    shows            some entry is off by more than 64 roundings of the largest one of its array
    fainter          some entry is off by less
    no difference    no entry is off: at these values the slip is none

What is not called as it should be is printed with the number of its case and the reason. The exit status is 1 if a
right gradient is called wrong.
"""

import sys
import time
import warnings
from typing import Any

import numpy as np

from bptt.verify import judge_gradient
from tests.benchmarks.exact import Case, to_exact, true_gradients
from tests.benchmarks.random_programs import SLIPS, Program, compile_function
from tests.benchmarks.trials import Counts, count_to, make_parser, print_table

ROUNDINGS = 64  # by which a slip has to show: several times what so few steps may lose


def main() -> int:
    parser = make_parser(__doc__, 1000)
    parser.add_argument("--slips", action="store_true", help="plant a mistake in each gradient")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    return judge_slips(options.n, options.seed) if options.slips else judge_right(options.n, options.seed)


def judge_right(n: int, seed: int) -> int:
    counts, seconds = Counts(), 0.0
    for index in count_to(n):
        case = draw(seed, index)
        start = time.perf_counter()
        report = judge_gradient(case.f, case.gradient, case.at, seed=0)
        seconds += time.perf_counter() - start
        counts.add(case.kind, str(report.verdict))
        if report.verdict != "right":
            print(f"{index}, {report.verdict}: {case.label}: {report.reason}", file=sys.stderr)
    columns, rows = ("right", "undecided", "wrong"), counts.with_total()
    print_table(
        ("floats", "right gradients", *columns),
        [(name, row.total(), *(row[column] for column in columns)) for name, row in rows.items()],
    )
    print(f"\n{1000 * seconds / max(1, n):.1f} ms a verdict")
    return int(rows["all"]["wrong"] > 0)


def judge_slips(n: int, seed: int) -> int:
    counts = Counts()
    for index in count_to(n):
        right, slipped = draw_slip(seed, index)
        report = judge_gradient(slipped.f, slipped.gradient, slipped.at, seed=0)
        kind, verdict = compare(right, slipped), str(report.verdict)
        counts.add(slipped.kind, kind)
        counts.add(slipped.kind, f"{kind}, {verdict}")
        if (kind, verdict) in (("shows", "right"), ("no difference", "wrong")):
            print(f"{index}, {verdict}: {slipped.label}: {kind}", file=sys.stderr)
    columns = [f"shows{verdict}" for verdict in ("", ", wrong", ", undecided", ", right")]
    columns += [f"{kind}{verdict}" for kind in ("fainter", "no difference") for verdict in ("", ", wrong")]
    rows = counts.with_total()
    print_table(
        ("slip", "shows", "caught", "undecided", "missed", "fainter", "caught", "no difference", "called wrong"),
        [(name, *(row[column] for column in columns)) for name, row in rows.items()],
    )
    return int(rows["all"]["no difference, wrong"] > 0)


def draw(seed: int, index: int) -> Case:
    """Return the program of that number; another is grown where something is not finite or large."""
    rng = np.random.default_rng([seed, index])
    while True:
        program = Program(rng)
        case = make_case(program, program.type, program.write_gradient())
        if is_moderate(case):
            return case


def draw_slip(seed: int, index: int) -> tuple[Case, Case]:
    """Return a program with its gradient, and with one that has a slip, runs and returns other floats."""
    rng, slip = np.random.default_rng([seed, index]), list(SLIPS)[index % len(SLIPS)]
    while True:
        program = Program(rng)
        right = make_case(program, program.type, program.write_gradient())
        place = int(rng.integers(len(program.places)))
        if SLIPS[slip](program.places[place]) == program.places[place] or not is_moderate(right):
            continue
        slipped = make_case(program, slip, program.write_gradient(slip, place))
        try:
            is_one = is_moderate(slipped) and slipped.gradients() != right.gradients()
        except (IndexError, ValueError):
            continue  # it does not fit the shape
        if is_one:
            return right, slipped


def make_case(program: Program, kind: str, gradient: str) -> Case:
    f, by_hand = compile_function(program.write_f(), "f"), compile_function(gradient, "gradient")
    at = tuple(program.values[name] for name in program.arguments)
    label = f"{program.type}, {program.buffer or 'no'} buffers, f = {program.result}"
    return Case(kind, label, f, by_hand, at, None, lambda: (f, by_hand, to_exact(at)))


def is_moderate(case: Case) -> bool:
    with np.errstate(all="ignore"):
        entries = flatten(case.gradients())
        return bool(np.isfinite(case.f(*case.at)) and np.all(np.abs(entries) < 1e4))


def flatten(gradients: dict[str, list[Any]]) -> list[Any]:
    return [entry for entries in gradients.values() for entry in entries]


def compare(right: Case, slipped: Case) -> str:
    """Say how far the slip shows, in roundings of the coarsest argument; the floats' own error counts as some, too."""
    ε = max(float(np.finfo(np.asarray(part).dtype).eps) / 2 for part in right.at)
    floats, true, wrong = right.gradients(), true_gradients(right), true_gradients(slipped)
    largest = 0.0
    for name, entries in true.items():
        if len(entries) != len(wrong[name]):
            return "shows"
        noise = max(abs(float(a - b)) for a, b in zip(entries, floats[name], strict=True))
        size = max(*(abs(float(entry)) for entry in entries), noise / ε / 8, 1e-300)
        largest = max(largest, *(float(abs(a - b)) / (ε * size) for a, b in zip(entries, wrong[name], strict=True)))
    return "shows" if largest > ROUNDINGS else "fainter" if largest > 0 else "no difference"


if __name__ == "__main__":
    sys.exit(main())
