"""The command: `python -m tests.benchmarks.speed numpy` or `jax`."""

import argparse
import importlib
import json
from pathlib import Path

from tests.benchmarks import speed
from tests.benchmarks.loops_by_hand import LOOPS
from tests.benchmarks.speed.points import GRID

TYPES = ("float64", "float32")


def main() -> None:
    parser = argparse.ArgumentParser(description=speed.__doc__)
    parser.add_argument("library", choices=("numpy", "jax"))
    parser.add_argument("--cells", nargs="+", choices=LOOPS, default=list(LOOPS))
    parser.add_argument("--types", nargs="+", choices=TYPES, default=list(TYPES))
    parser.add_argument("--sizes", nargs="+", type=int, default=range(len(GRID)), help="places in the grid, from 0")
    parser.add_argument("--seconds", type=float, default=4.0, help="for each row")
    parser.add_argument("--json", type=Path, help="write the figures to this file, too")
    options = parser.parse_args()
    module = importlib.import_module(f"tests.benchmarks.speed.on_{options.library}")  # the other may not be installed
    rows = module.compare_all(options.cells, options.types, [GRID[n] for n in options.sizes], options.seconds)
    if options.json:
        options.json.write_text(json.dumps([row._asdict() for row in rows], indent=1))


if __name__ == "__main__":
    main()
