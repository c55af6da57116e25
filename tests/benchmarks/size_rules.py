"""Rules of sizes that are said, and those of them that are false: `python -m tests.benchmarks.size_rules`.

A gradient by two to four arrays of random sizes is doubled where a condition on the sizes holds, drawn at random: up to
three comparisons with numbers or between sizes, joined by "and"; or an alternative of two such, a remainder, a product
or a sum beyond a bound, which no rule says. A rule that is said is false if there are sizes within the strategy's at
which it says otherwise than the condition. The exit status is 1 if one is.
"""

import itertools
import re
import sys
from typing import Any, TypeAlias

import numpy as np

from bptt.verify import judge_gradient, named_arrays
from tests.benchmarks.trials import Counts, count_to, make_parser, print_table

MAX_SIZE = 4
EXAMPLES = (10, 30, 100, 200, 500)
Sizes: TypeAlias = dict[str, int]


def main() -> int:
    parser = make_parser(__doc__, 300)
    parser.add_argument("--examples", type=int, nargs="+", default=EXAMPLES, help="how many points are asked for")
    options = parser.parse_args()
    counts = Counts()
    for examples in options.examples:
        for index in count_to(options.n):
            judge(counts, f"{examples:>4}", examples, np.random.default_rng([options.seed, index]), index)
    columns = ("wrong", "a rule is true", "said", "no rule is", "said falsely")
    rows = counts.with_total()
    print_table(
        ("examples", "gradients", *columns),
        [(name, row["gradients"], *(row[column] for column in columns)) for name, row in rows.items()],
    )
    return int(rows["all"]["said falsely"] > 0)


def judge(counts: Counts, row: str, examples: int, random: np.random.Generator, seed: int) -> None:
    """Judge a gradient by arrays of these sizes; add what is said to the counts."""
    names = list("bhtm"[: random.integers(2, 5)])
    condition, is_rule = draw_condition(random, names)

    def f(arrays: dict[str, Any]) -> Any:
        return sum(np.sin(x).sum() for x in arrays.values())

    def gradient(arrays: dict[str, Any]) -> Any:
        is_wrong = evaluate(condition, {name: len(x) for name, x in arrays.items()})
        return {name: np.cos(x) * (2 if is_wrong and name == names[0] else 1) for name, x in arrays.items()}

    over = named_arrays(MAX_SIZE, **{name: name for name in names})
    report = judge_gradient(f, gradient, over, examples=examples, seed=seed)
    counts.add(row, "gradients")
    if not report.refutations:
        return
    counts.add(row, "wrong")
    counts.add(row, "a rule is true" if is_rule else "no rule is")
    rule = report.refutations[0].rule
    if not rule:  # none is known, or it is wrong in all cases that were tried
        return
    of_all = [
        dict(zip(names, sizes, strict=True)) for sizes in itertools.product(range(1, MAX_SIZE + 1), repeat=len(names))
    ]
    said = translate(rule)
    if wrong := [sizes for sizes in of_all if evaluate(said, sizes) != evaluate(condition, sizes)]:
        counts.add(row, "said falsely")
        print(f"{seed}, {examples} examples: {rule!r} for {condition!r}, not so at {wrong[0]}", file=sys.stderr)
    else:
        counts.add(row, "said")


def draw_condition(random: np.random.Generator, names: list[str]) -> tuple[str, bool]:
    """Return a condition as Python has it, and whether it is of the kind that rules are."""
    if random.random() < 0.6:
        return draw_conjunction(random, names, int(random.integers(1, 4))), True
    a, b = (str(name) for name in random.choice(names, 2, replace=False))
    one, other = (draw_conjunction(random, names, int(random.integers(1, 3))) for _ in range(2))
    k = int(random.integers(2, 9))
    return str(
        random.choice(
            [f"{one} or {other}", f"{a} % 2 == {k % 2}", f"{a} * {b} >= {k}", f"{a} + {b} >= {k}", f"{a} > {b}"]
        )
    ), False


def draw_conjunction(random: np.random.Generator, names: list[str], count: int) -> str:
    return " and ".join(draw_comparison(random, names) for _ in range(count))


def draw_comparison(random: np.random.Generator, names: list[str]) -> str:
    a, b = (str(name) for name in random.choice(names, 2, replace=False))
    k = int(random.integers(1, MAX_SIZE))
    return str(
        random.choice(
            [f"{a} >= {k + 1}", f"{a} >= {k + 1}", f"{a} <= {k}", f"{a} == {k}", f"{a} != {b}", f"{a} == {b}"]
        )
    )


def translate(rule: str) -> str:
    """Return the rule of a report as Python has it."""
    signs = {"≥": ">=", "≤": "<=", "≠": "!=", "=": "=="}
    return re.sub("[≥≤≠=]", lambda sign: signs[sign.group()], rule)


def evaluate(condition: str, sizes: Sizes) -> bool:
    return bool(eval(condition, {}, sizes))


if __name__ == "__main__":
    sys.exit(main())
