"""The command `bptt`: what the library finds, in tables for people and JSON for programs."""

import json
import tempfile
import traceback
from collections.abc import Iterator
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from hypothesis.configuration import set_hypothesis_home_dir
from rich import box
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress
from rich.table import Table

from bptt.network import Arguments
from bptt.shipped import Distance, distances_on_the_sine, shipped, the_published
from bptt.verify import Claim
from bptt.verify.claim import load, points
from bptt.verify.survey import Counterexample, Row, Subject, smallest_counterexample, survey

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)
console = Console(highlight=False, markup=False, soft_wrap=True)
console.width = max(console.width, 80)  # a table that is cut says nothing

SHORT = {"weights.cell.U": "U", "weights.cell.W": "W", "weights.cell.b": "b", "weights.V": "V"}
PUBLISHED = {f"dL/d{SHORT[path]}": path for path in ("weights.cell.U", "weights.cell.W", "weights.V")}


def _print_version(wanted: bool) -> None:
    if wanted:
        console.print(f"bptt {version('bptt')}")
        raise typer.Exit


@app.callback()
def bptt(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Prove or refute hand-written gradients, by ball arithmetic with guaranteed error bounds."""


@app.command()
def verify(
    claim: Annotated[
        str | None,
        typer.Argument(
            metavar="[MODULE:NAME]",
            show_default=False,
            help="Judge this instead: a bptt.verify.Claim, a tuple (f, gradient, arguments), or a function that returns"
            " one and takes nothing or a NumPy generator. FILE.py:NAME does, too.",
        ),
    ] = None,
    examples: Annotated[int, typer.Option(min=1, help="Random points for each gradient.")] = 100,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="The same seed gives the same run.")] = 0,
    max_size: Annotated[
        int, typer.Option(min=1, help="The largest T, D_x, D_h and D_y; a batch axis has at most 3.")
    ] = 5,
    json_file: Annotated[
        Path | None, typer.Option("--json", dir_okay=False, help="Write the findings to this file, too.")
    ] = None,
) -> None:
    """Judge every gradient that bptt ships at random points, and refute the one that the post published.

    With MODULE:NAME, judge that claim of yours instead.

    Exit code 0 if everything that is judged is right, 1 if something is not, 2 for a usage error.
    """
    if json_file is not None:
        _require_writable(json_file)
    if claim is not None:
        raise typer.Exit(_verify_claim(claim, examples, seed, json_file))
    console.print(f"{examples} random points for each gradient, sizes from 1 to {max_size}, seed {seed};")
    console.print("each row shows the largest sizes that were met, and the fewest digits of agreement\n")

    rows = _survey_with_progress(shipped(max_size, seed), examples, seed)
    _print_rows(rows)
    all_right = all(row.verdict == "right" for row in rows)
    console.print(f"\nThe gradients that bptt ships are {'all right' if all_right else 'NOT all right'}.")

    at_random, on_the_sine = the_published(max_size, seed)
    refutations = {name: smallest_counterexample(at_random, by, seed) for name, by in PUBLISHED.items()}
    console.print("\nThe gradient that the post published, at the smallest sizes where it is wrong:")
    for name, refutation in refutations.items():
        _print_refutation(name, refutation)

    sine_rows = survey(on_the_sine, 1, seed)
    console.print("\nThe same on a window of the post's sine, T = D_x = 6, D_h = 32, D_y = 8:")
    for row in sine_rows:
        console.print(f"  dL/d{SHORT[row.by]}: {row.finding or row.verdict}")

    distances = distances_on_the_sine(seed)
    console.print("\nThe published gradient against the true one over all 50 windows:\n")
    console.print(_table_of_distances(distances))

    if json_file is not None:
        findings = {
            "seed": seed,
            "examples": examples,
            "max_size": max_size,
            "verdict": "right" if all_right else "not right",
            "shipped": [asdict(row) for row in rows],
            "published": {name: _as_data(refutation) for name, refutation in refutations.items()},
            "published_on_the_sine": [asdict(row) for row in sine_rows],
            "distances_on_the_sine": [distance._asdict() for distance in distances],
        }
        json_file.write_text(json.dumps(findings, indent=2) + "\n", encoding="utf-8")
    raise typer.Exit(0 if all_right else 1)


def _verify_claim(place: str, examples: int, seed: int, json_file: Path | None) -> int:
    """Judge a user's claim, print the report on the worst point, and return the exit code."""
    try:
        claim = load(place)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="MODULE:NAME") from error
    try:
        reports = [point.check(seed) for point in _with_progress(points(claim, examples, seed), examples)]
    except (TypeError, ValueError) as error:
        if not _raised_here(error):
            raise  # the claim's own code did
        raise typer.BadParameter(f"{place}: {error}", param_hint="MODULE:NAME") from error
    verdicts = [report.verdict for report in reports]
    worst = next(v for v in ("wrong", "undecided", "right") if v in verdicts)
    shown = verdicts.index(worst)
    if len(reports) > 1:
        counts = ", ".join(f"{verdicts.count(v)} {v}" for v in ("right", "wrong", "undecided") if v in verdicts)
        console.print(f"{place} at {len(reports)} points: {counts}\n")
        console.print(f"point {shown}, drawn from numpy.random.default_rng([{seed}, {shown}]):")
    console.print(str(reports[shown]))
    if json_file is not None:
        findings = {"claim": place, "seed": seed, "verdict": worst, "points": [asdict(report) for report in reports]}
        json_file.write_text(json.dumps(findings, indent=2) + "\n", encoding="utf-8")
    return 0 if worst == "right" else 1


def _raised_here(error: Exception) -> bool:
    """Whether it was not the user's code that raised it."""
    frames = traceback.extract_tb(error.__traceback__)
    return Path(frames[-1].filename).is_relative_to(Path(__file__).parent)


def _with_progress(judged: Iterator[Claim], total: int) -> Iterator[Claim]:
    terminal = Console(stderr=True)
    columns = (*Progress.get_default_columns(), MofNCompleteColumn())
    with Progress(*columns, console=terminal, transient=True, disable=not terminal.is_terminal) as progress:
        yield from progress.track(judged, total=total, description="judging")


def main() -> None:
    """Run the command. What Hypothesis caches goes to a folder that is removed at the end, not to the user's."""
    with tempfile.TemporaryDirectory() as scratch:
        set_hypothesis_home_dir(scratch)
        app(prog_name="bptt")


def _require_writable(file: Path) -> None:
    """So that a run is not lost at its end."""
    try:
        with file.open("a"):
            pass
    except OSError as error:
        raise typer.BadParameter(f"cannot write {file}: {error.strerror}", param_hint="--json") from error


def _survey_with_progress(subjects: list[Subject[Arguments]], examples: int, seed: int) -> list[Row]:
    columns = (*Progress.get_default_columns(), MofNCompleteColumn())
    rows = []
    terminal = Console(stderr=True)
    with Progress(*columns, console=terminal, transient=True, disable=not terminal.is_terminal) as progress:
        task = progress.add_task("judging", total=examples * len(subjects))
        for n, subject in enumerate(subjects):
            progress.update(task, description=subject.name)
            rows += survey(subject, examples, seed, lambda: progress.advance(task))
            progress.update(task, completed=examples * (n + 1))  # a subject may have fewer points
    return rows


def _table_of_rows(rows: list[Row]) -> Table:
    sizes = list(rows[0].largest_sizes)
    table = Table(box=box.SIMPLE_HEAD, padding=0, pad_edge=False, show_edge=False)
    for heading in ("gradient", "by", "verdict"):
        table.add_column(heading, no_wrap=True)
    for heading in ("cases", *sizes, "digits"):
        table.add_column(heading, no_wrap=True, justify="right")
    named = ""
    for row in rows:
        largest = (str(row.largest_sizes[name]) for name in sizes)
        digits = "" if row.verdict != "right" else "exact" if row.digits is None else str(row.digits)
        name = "" if row.gradient == named else row.gradient
        named = row.gradient
        table.add_row(name, SHORT.get(row.by, row.by), row.verdict, str(row.cases), *largest, digits)
    return table


def _print_rows(rows: list[Row]) -> None:
    console.print(_table_of_rows(rows))
    for row in rows:
        if row.finding:
            console.print(f"  {row.gradient}: {row.finding}")


def _table_of_distances(distances: list[Distance]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for heading in ("weights", "by", "relative error", "cosine"):
        table.add_column(heading, justify="left" if heading in ("weights", "by") else "right")
    for distance in distances:
        table.add_row(distance.weights, SHORT[distance.by], f"{distance.relative_error:.3f}", f"{distance.cosine:.4f}")
    return table


def _print_refutation(name: str, refutation: Counterexample[Arguments] | None) -> None:
    if refutation is None:
        console.print(f"  {name}: no point found where it is wrong")
        return
    console.print(f"  {name} at {_sizes(refutation.sizes)}:\n    {refutation.leaf.finding}")
    for array, value in _named_arrays(refutation.point).items():
        console.print(f"      {array} = {json.dumps(value)}")


def _sizes(sizes: dict[str, int]) -> str:
    return ", ".join(f"{name} = {n}" for name, n in sizes.items())


def _named_arrays(point: Arguments) -> dict[str, Any]:
    (cell, V), h0, xs, y = point
    arrays = {"U": cell.U, "W": cell.W, "b": cell.b, "V": V, "h0": h0, "xs": xs, "y": y}
    return {name: np.asarray(array).tolist() for name, array in arrays.items() if array is not None}


def _as_data(refutation: Counterexample[Arguments] | None) -> dict[str, Any] | None:
    if refutation is None:
        return None
    leaf = asdict(refutation.leaf)
    return {
        "gradient": refutation.gradient,
        "sizes": refutation.sizes,
        **leaf,
        "point": _named_arrays(refutation.point),
    }
