"""Draw what `python -m tests.benchmarks.speed jax --json figures.json` measured.

`python -m tests.benchmarks.speed.picture figures.json docs/speed.png` writes the picture of docs/evidence.md.
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure  # not pyplot, which would choose a backend for the whole process

from tests.benchmarks.speed.points import Sizes
from tests.benchmarks.speed.turns import Row

TIMES = {"scan / hand": "JAX's gradient of a scan", "torch / best": "torch.nn"}
MEMORY = {"memory of hand / scan": "every state kept", "memory of kept / scan": "checkpoint=True"}
LINES = {"float64": "o-", "float32": "s--"}


def draw(rows: Sequence[Row]) -> Figure:
    """Draw a column for each cell: ratios of time above, shares of memory below, over the sizes."""
    cells = list(dict.fromkeys(row.cell for row in rows))
    figure = Figure(figsize=(4 * len(cells), 8), dpi=100, layout="constrained")
    columns = figure.subplots(2, len(cells), sharex=True, sharey="row", squeeze=False).T
    for (above, below), cell in zip(columns, cells, strict=True):
        of_cell = [row for row in rows if row.cell == cell]
        _draw_ratios(above, of_cell, TIMES)
        _draw_ratios(below, of_cell, MEMORY)
        above.set(title=cell, yscale="log")
        below.set(xlabel="T, B, D_x, D_h, D_y", ylim=(0, None))
        below.tick_params(axis="x", labelrotation=90)
    above, below = columns[0]
    above.set_ylabel("time: the hand-written gradient is 1")
    above.yaxis.set_major_formatter("{x:g}")  # 10 for the default's 10¹
    below.set_ylabel("memory: JAX's gradient of a scan is 1")
    figure.legend(*above.get_legend_handles_labels(), loc="outside upper center", ncols=4)
    figure.legend(*below.get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return figure


def _draw_ratios(axes: Axes, rows: Sequence[Row], names: Mapping[str, str]) -> None:
    """Draw a line over the sizes for each ratio and float type."""
    axes.axhline(1, color="0.4", linewidth=1)
    for n, (name, label) in enumerate(names.items()):
        for dtype, line in LINES.items():
            points = {str(row.sizes): row.ratios[name] for row in rows if row.dtype == dtype}
            axes.plot(list(points), list(points.values()), f"C{n}{line}", mfc="none", label=f"{label}, {dtype}")
    axes.grid(alpha=0.3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("figures", type=Path)
    parser.add_argument("picture", type=Path)
    options = parser.parse_args()
    rows = [Row(**row | {"sizes": Sizes(*row["sizes"])}) for row in json.loads(options.figures.read_text())]
    draw(rows).savefig(options.picture)


if __name__ == "__main__":
    main()
