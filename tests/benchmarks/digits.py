"""Are the digits true that a report promises? `python -m tests.benchmarks.digits`.

Of right gradients of random programs, of linear models and networks, and of formulas that cancel, each array has
digits that are guaranteed and digits that were measured, or is said to be exact. The same code on numbers of 120 digits
says how many its floats have: −log10 |float − true| / |float|, the least of the entries. An array that promises 0
digits promises nothing. That code still rounds what it computes of integers and constants, such as 1 / 3. So a promise
that is not kept against it is compared with the slopes of f, too, and is false if it is not kept there either.

A promise that is false is printed with the number of its case. The exit status is 1 if there is one, or a right
gradient is called wrong.
"""

import sys
import time
import warnings
from collections import defaultdict
from typing import Any, NamedTuple

import numpy as np

from bptt.verify import judge_gradient
from tests.benchmarks import linear_models, programs
from tests.benchmarks.exact import REAL, Case, compute_partial_slopes, to_exact, true_gradients
from tests.benchmarks.random_programs import compile_function
from tests.benchmarks.trials import Counts, count_to, make_parser, print_table


class Formula(NamedTuple):
    """f and its gradient, which loses digits near x0, or far from 0."""

    f: str
    gradient: str
    x0: float = 0.0
    is_far: bool = False


CANCELLING = [
    Formula("(x - np.sin(x)).sum()", "1 - np.cos(x)"),
    Formula("(np.sin(x) / x).sum()", "(np.cos(x) - np.sin(x) / x) / x"),
    Formula("(np.exp(x) - x).sum()", "np.exp(x) - 1"),
    Formula("(np.exp(x) - x).sum()", "np.expm1(x)"),
    Formula("((1 + x) * np.log(1 + x) - x).sum()", "np.log(1 + x)"),
    Formula("((1 + x) * np.log1p(x) - x).sum()", "np.log1p(x)"),
    Formula("(np.log(np.cosh(x)) - x**2 / 2).sum()", "np.tanh(x) - x"),
    Formula("(x**2 / 2 + np.cos(x)).sum()", "x - np.sin(x)"),
    Formula("(np.exp(x) - x - x**2 / 2).sum()", "np.exp(x) - 1 - x"),
    Formula("(x - np.arctan(x)).sum()", "1 - 1 / (1 + x**2)"),
    Formula("(np.exp(x) + np.exp(-x)).sum()", "np.exp(x) - np.exp(-x)"),
    Formula("(2 * (1 + x) ** 1.5 - 3 * x).sum()", "3 * np.sqrt(1 + x) - 3"),
    Formula("((x - x.mean()) ** 2).mean()", "2 * (x - x.mean()) / len(x)", 1.0),
    Formula("(x**2).mean() - x.mean() ** 2", "2 * x / len(x) - 2 * x.mean() / len(x)", 1.0),
    Formula("(x**4 - 4 * x**3 + 6 * x**2 - 4 * x).sum()", "4 * x**3 - 12 * x**2 + 12 * x - 4", 1.0),
    Formula("(x * np.log(x) - x).sum()", "np.log(x)", 1.0),
    Formula("(x**2 / 2 - np.log(x)).sum()", "x - 1 / x", 1.0),
    Formula("np.log(np.exp(x).sum()) - x.mean()", "np.exp(x) / np.exp(x).sum() - 1 / len(x)", 1.0),
    Formula("((x + 1) ** 1.5 - x**1.5).sum()", "1.5 * (np.sqrt(x + 1) - np.sqrt(x))", is_far=True),
    Formula("(np.log(x) - np.log(x + 1)).sum()", "1 / x - 1 / (x + 1)", is_far=True),
    Formula("-np.cos(x).sum()", "np.sin(x)", is_far=True),
    Formula("np.sin(x).sum()", "np.cos(x)", is_far=True),
    Formula("((x + 1) * np.log(x + 1) - x * np.log(x)).sum()", "np.log(x + 1) - np.log(x)", is_far=True),
    Formula("np.tanh(x).sum()", "1 - np.tanh(x) ** 2", 9.0),
    Formula("np.log1p(np.exp(-x)).sum()", "1 / (1 + np.exp(-x)) - 1", 9.0),
    Formula("(1 / (1 + np.exp(-x))).sum()", "1 / (1 + np.exp(-x)) * (1 - 1 / (1 + np.exp(-x)))", 9.0),
]
HEADINGS = ("", ": false", ": digits to spare")
DECIMALS = {"float64": 14, "float32": 6, "float16": 3}


def main() -> int:
    options = make_parser(__doc__, 1000).parse_args()
    warnings.simplefilter("ignore")
    counts, seconds = Counts(), 0.0
    slack: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    for index in count_to(options.n):
        case = draw(options.seed, index)
        with np.errstate(all="ignore"):
            floats = case.gradients()
        start = time.perf_counter()
        report = judge_gradient(case.f, case.gradient, case.at, wrt=case.wrt, seed=0)
        seconds += time.perf_counter() - start
        counts.add(case.kind, f"report {report.verdict}")
        if report.verdict == "wrong":
            print(f"{index}, wrong: {case.label}: {report.reason}", file=sys.stderr)
        leaves = [leaf for leaf in report.arithmetic.leaves if leaf.verdict == "right"]
        true = true_gradients(case) if leaves else {}
        for leaf in leaves:
            are_equal, digits = compare(floats[leaf.path], true[leaf.path])
            counts.add(case.kind, "arrays")
            for what, promised in (("guaranteed", leaf.digits), ("measured", leaf.measured)):
                if promised == 0 or (what == "measured" and promised is None):  # says nothing
                    continue
                if digits < (np.inf if promised is None else promised):
                    are_equal, digits = compare(floats[leaf.path], compute_partial_slopes(case)[leaf.path])
                is_true = are_equal if promised is None else digits >= promised
                counts.add(case.kind, what)
                counts.add(case.kind, f"{what}, false", not is_true)
                if promised is not None and np.isfinite(digits):
                    slack[case.kind, what].append(digits - promised)
                    slack["all", what].append(digits - promised)
                if not is_true:
                    words = "exact" if promised is None else f"{promised} digits"
                    print(f"{index}, {leaf.path}: {words} {what}, true {digits:.2f}: {case.label}", file=sys.stderr)
    rows = counts.with_total()
    print_table(
        ("gradients", "cases", "wrong", "arrays", *(f"{a}{b}" for a in ("guaranteed", "measured") for b in HEADINGS)),
        [
            (name, sum(row[f"report {v}"] for v in ("right", "undecided", "wrong")), row["report wrong"], row["arrays"])
            + tuple(
                cell
                for what in ("guaranteed", "measured")
                for cell in (row[what], row[f"{what}, false"], f"{np.median(slack[name, what] or [np.nan]):.1f}")
            )
            for name, row in rows.items()
        ],
    )
    print(f"\n{1000 * seconds / max(1, options.n):.1f} ms a verdict")
    return int(any(rows["all"][bad] for bad in ("report wrong", "guaranteed, false", "measured, false")))


def compare(floats: list[Any], true: list[Any]) -> tuple[bool, float]:
    """Return whether all entries are equal, and the fewest digits that one of the others has."""
    others = [(a, b) for a, b in zip(to_exact(tuple(map(float, floats))), true, strict=True) if a != b]
    return not others, min((float(-REAL.log10(abs(a - b) / abs(a))) if a else 0.0 for a, b in others), default=np.inf)


def draw(seed: int, index: int) -> Case:
    """Return the case of that number: of programs, models and formulas in turn."""
    source = index % 3
    if source == 2:
        return draw_cancelling(np.random.default_rng([seed, index]))
    case = programs.draw(seed, index) if source == 0 else linear_models.draw(seed, index)
    kind = f"programs, {case.kind}" if source == 0 else "linear models"
    return Case(kind, f"{case.kind}, {case.label}", case.f, case.gradient, case.at, case.wrt, case.make_exact)


def draw_cancelling(rng: np.random.Generator) -> Case:
    formula, dtype = CANCELLING[rng.integers(len(CANCELLING))], str(rng.choice(list(DECIMALS), p=[0.6, 0.3, 0.1]))
    size, decimals = int(rng.integers(1, 7)), DECIMALS[dtype]
    near = 10.0 ** -rng.uniform(0.3, decimals, size) * (1 if "log(1" in formula.f else rng.choice([-1, 1], size))
    far = 10.0 ** rng.uniform(0, 4 if dtype == "float16" else decimals, size)
    x = (far if formula.is_far else formula.x0 + near * max(1.0, formula.x0 / 2)).astype(dtype)
    f = compile_function(f"def f(x):\n    return {formula.f}\n", "f")
    gradient = compile_function(f"def gradient(x):\n    return {formula.gradient}\n", "gradient")
    return Case(f"formulas, {dtype}", formula.gradient, f, gradient, (x,), None, lambda: (f, gradient, (to_exact(x),)))


if __name__ == "__main__":
    sys.exit(main())
