"""How long a verdict on JAX code takes, and what it compiles: `python -m tests.benchmarks.jax_verdict_time`.

Each row is a process of its own, in which nothing was compiled before. The first check of an un-jitted function stands
beside the second, of the same function at the same point. The last rows are points of random sizes.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import jax
import jax.monitoring

from bptt.verify import judge_gradient, named_arrays
from tests.corpus.jax_functions import CHECKED, scanned, scanned_gradient

EXAMPLES = 200
OVER_SIZES: dict[str, Callable[..., Any]] = {
    "random sizes of a scan": jax.grad(scanned, (0, 1, 2)),
    "the same, by hand": scanned_gradient,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("row", nargs="?", help="measure this one alone, in this process")
    row = parser.parse_args().row
    if row:
        measure(row)
        return
    print(f"{'':<24} {'first':>8} {'compiled':>9} {'second':>8} {'compiled':>9}", flush=True)
    for name in (*CHECKED, *OVER_SIZES):
        subprocess.run([sys.executable, "-m", "tests.benchmarks.jax_verdict_time", name], check=True)


def measure(row: str) -> None:
    compiled: list[str] = []

    def note(event: str, duration_secs: float, **_: Any) -> None:  # noqa: ARG001  (the form of a listener)
        if event == "/jax/core/compile/backend_compile_duration":
            compiled.append(event)

    jax.monitoring.register_event_duration_secs_listener(note)
    columns = []
    for check in list_checks(row):
        compiled.clear()
        start = time.perf_counter()
        assert check()
        columns.append(f"{time.perf_counter() - start:>6.2f} s {len(compiled):>9}")
    print(f"{row:<24}", *columns, flush=True)


def list_checks(row: str) -> list[Callable[[], object]]:
    if row in CHECKED:
        f, gradient, point = CHECKED[row]
        return [lambda: judge_gradient(f, gradient, point)] * 2
    points = named_arrays(U="h m", W="h h", xs="t m")
    return [lambda: judge_gradient(scanned, OVER_SIZES[row], points, examples=EXAMPLES)]


if __name__ == "__main__":
    main()
