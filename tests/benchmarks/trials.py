"""What the benchmarks of random cases share: their options, progress, tables and failures."""

import argparse
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

EVERY = 10.0  # seconds between two lines of progress


def make_parser(doc: str | None, n: int) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(doc or "").splitlines()[0])
    parser.add_argument("--n", type=int, default=n, help=f"cases ({n})")
    parser.add_argument("--seed", type=int, default=0, help="each case is drawn from it and the case's number")
    return parser


def count_to(n: int) -> Iterator[int]:
    """Yield 0 to n - 1, and print every ten seconds how far it is."""
    start = last = time.perf_counter()
    for index in range(n):
        now = time.perf_counter()
        if now - last > EVERY:
            print(f"{index} of {n} cases, {now - start:.0f} s", file=sys.stderr, flush=True)
            last = now
        try:
            yield index
        except GeneratorExit:
            print(f"stopped in case {index}", file=sys.stderr)
            raise


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    print("| " + " | ".join(columns) + " |")
    print("|---" * len(columns) + "|")
    for row in rows:
        print("| " + " | ".join(map(str, row)) + " |")


class Counts:
    """Counters by the row of a table, and their total."""

    def __init__(self) -> None:
        self.rows: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def add(self, row: str, column: str, times: int = 1) -> None:
        self.rows[row][column] += times

    def with_total(self) -> Mapping[str, Counter[str]]:
        return {**dict(sorted(self.rows.items())), "all": sum(self.rows.values(), Counter())}
