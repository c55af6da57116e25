"""`bptt verify`: what the library finds, in tables for people and JSON for programs."""

import json
import traceback
from collections.abc import Iterator
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any

import typer
from hypothesis.strategies import SearchStrategy
from rich import box
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress
from rich.table import Table

import bptt
from bptt.cli._console import console, require_writable
from bptt.cli._points import Case
from bptt.cli._shipped import (
    FAMILIES,
    Distance,
    distances_on_the_sine,
    shipped,
    the_published_on_the_sine,
    the_truncated,
    verify_the_published,
)
from bptt.cli._survey import Row, Subject, survey
from bptt.verify import Claim, Verification
from bptt.verify._claim import load, points

NAMES = [*FAMILIES, "published"]


def verify(
    what: Annotated[
        str | None,
        typer.Argument(
            metavar="[WHAT]",
            show_default=False,
            help=f"Judge only this: {', '.join(NAMES)}; or a claim of yours, MODULE:NAME or FILE.py:NAME: a"
            " bptt.verify.Claim, a tuple (f, gradient, arguments), or a function that returns one and takes nothing"
            " or a NumPy generator. The arguments may be a strategy, arrays(U='h m', xs='t m').",
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

    With the name of a cell, of layers or of the published gradient, judge that alone; with MODULE:NAME, your own.

    Exit code 0 if everything that is judged is right, 1 if something is not, 2 for a usage error.
    """
    claim = None if what is None or what in NAMES else _claim(what)
    if json_file is not None:
        require_writable(json_file, "--json")
    if claim is not None:
        raise typer.Exit(_verify_claim(str(what), claim, examples, seed, json_file))
    findings: dict[str, Any] = {"seed": seed, "examples": examples, "max_size": max_size}
    all_right = True
    if what != "published":
        family = what
        console.print(f"About {examples} random points for each gradient, sizes from 1 to {max_size}, seed {seed};")
        console.print("sizes are the largest T, D_x, D_h, D_y and batch that were met, digits the fewest that agree\n")
        rows = _survey_with_progress(shipped(max_size, seed, family), examples, seed)
        _print_rows(rows)
        cut = _survey_with_progress(the_truncated(max_size, family), examples, seed)
        if cut:
            console.print(
                "\nTruncated back-propagation, judged as what it is, the gradient of the loss with some states"
            )
            console.print("held fixed:\n")
            _print_rows(cut)
        all_right = all(row.verdict == "right" for row in rows + cut)
        judged = "The gradients that bptt ships" if family is None else "Those that were judged"
        console.print(f"\n{judged} are {'all right' if all_right else 'NOT all right'}.")
        findings |= {"shipped": [asdict(row) for row in rows], "truncated": [asdict(row) for row in cut]}
    if what in (None, "published"):
        findings |= _refute_the_published(max_size, examples, seed)
    findings["verdict"] = "right" if all_right else "not right"
    if json_file is not None:
        json_file.write_text(json.dumps(findings, indent=2) + "\n", encoding="utf-8")
    raise typer.Exit(0 if all_right else 1)


def _refute_the_published(max_size: int, examples: int, seed: int) -> dict[str, Any]:
    """Print where the published gradient is wrong, and return that as data."""
    with _progress() as progress:
        task = progress.add_task("published.gradient", total=examples)
        found = verify_the_published(max_size, examples, seed, lambda: progress.advance(task))
    console.print(f"\nThe gradient that the post published, at {found.cases} random points, {found.met}:")
    _print_refutations(found)

    on_the_sine = the_published_on_the_sine(seed)
    sine_rows = survey(on_the_sine, 1, seed)
    console.print("\nThe same on a window of the post's sine, T = D_x = 6, D_h = 32, D_y = 8:")
    for row in sine_rows:
        console.print(f"  dL/d{_short(row.by)}: {row.finding or row.verdict}")

    distances = distances_on_the_sine(seed)
    console.print("\nThe published gradient against the true one over all 50 windows; and the truncated one, cut in")
    console.print("the middle of each window:\n")
    console.print(_table_of_distances(distances))
    return {
        "published": asdict(found),
        "published_on_the_sine": [asdict(row) for row in sine_rows],
        "distances_on_the_sine": [distance._asdict() for distance in distances],
    }


def _claim(place: str) -> Any:
    """The claim of that name, or a usage error."""
    if ":" not in place:
        raise typer.BadParameter(
            f"it must be one of {', '.join(NAMES)}, MODULE:NAME or FILE.py:NAME; got {place!r}", param_hint="WHAT"
        )
    try:
        return load(place)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="WHAT") from error


def _verify_claim(place: str, claim: Any, examples: int, seed: int, json_file: Path | None) -> int:
    """Judge a user's claim, print what was found on the worst point, and return the exit code."""
    try:
        first = next(points(claim, 1, seed))
        if isinstance(first.arguments, SearchStrategy):
            return _verify_over_sizes(place, first, examples, seed, json_file)
        claims = list(points(claim, examples, seed))
        reports = [point.check(seed) for point in _with_progress(claims)]
    except (TypeError, ValueError) as error:
        if not _raised_here(error):
            raise  # the claim's own code did
        raise typer.BadParameter(f"{place}: {error}", param_hint="WHAT") from error
    verdicts = [report.verdict for report in reports]
    worst = next(v for v in ("wrong", "undecided", "right") if v in verdicts)
    shown = verdicts.index(worst)
    if len(reports) > 1:
        counts = ", ".join(f"{verdicts.count(v)} {v}" for v in ("right", "wrong", "undecided") if v in verdicts)
        console.print(f"{place} at {len(reports)} points: {counts}\n")
        console.print(f"point {shown}, drawn from numpy.random.default_rng([{seed}, {shown}]):")
    console.print(claims[shown].explain(reports[shown]) if worst == "wrong" else str(reports[shown]), soft_wrap=True)
    if json_file is not None:
        findings = {"claim": place, "seed": seed, "verdict": worst, "points": [asdict(report) for report in reports]}
        json_file.write_text(json.dumps(findings, indent=2) + "\n", encoding="utf-8")
    return 0 if worst == "right" else 1


def _verify_over_sizes(place: str, claim: Claim, examples: int, seed: int, json_file: Path | None) -> int:
    """Judge a user's claim at points that its strategy draws, print what was found, and return the exit code."""
    with _progress() as progress:
        task = progress.add_task("judging", total=examples)
        found = claim.verify(examples, seed, lambda: progress.advance(task))
    console.print(str(found), soft_wrap=True)
    if json_file is not None:
        findings = {"claim": place, "seed": seed, "verdict": found.verdict, "verification": asdict(found)}
        json_file.write_text(json.dumps(findings, indent=2) + "\n", encoding="utf-8")
    return 0 if found else 1


def _raised_here(error: Exception) -> bool:
    """Whether it was not the user's code that raised it."""
    frames = traceback.extract_tb(error.__traceback__)
    return Path(frames[-1].filename).is_relative_to(Path(bptt.__file__).parent)


def _progress() -> Progress:
    """A bar with a count on the terminal that standard error is, and nothing where it is none."""
    terminal = Console(stderr=True)
    columns = (*Progress.get_default_columns(), MofNCompleteColumn())
    return Progress(*columns, console=terminal, transient=True, disable=not terminal.is_terminal)


def _with_progress(claims: list[Claim]) -> Iterator[Claim]:
    with _progress() as progress:
        yield from progress.track(claims, description="judging")


def _survey_with_progress(subjects: list[Subject[Case]], examples: int, seed: int) -> list[Row]:
    rows = []
    with _progress() as progress:
        task = progress.add_task("judging", total=examples * len(subjects))
        for n, subject in enumerate(subjects):
            progress.update(task, description=subject.name)
            rows += survey(subject, examples, seed, lambda: progress.advance(task))
            progress.update(task, completed=examples * (n + 1))  # a subject may have fewer points
    return rows


def _print_rows(rows: list[Row]) -> None:
    """A line for the arguments of a gradient that have the same verdict, and the finding on each that is not right."""
    table = Table(box=box.SIMPLE_HEAD, padding=0, pad_edge=False, show_edge=False)
    for heading in ("gradient", "by", "verdict"):
        table.add_column(heading, no_wrap=True)
    for heading in ("cases", "sizes", "digits"):
        table.add_column(heading, no_wrap=True, justify="right")
    whole = before = ""
    for (gradient, verdict), group in groupby(rows, lambda row: (row.gradient, row.verdict)):
        alike = list(group)
        digits = [row.digits for row in alike if row.digits is not None]
        name = gradient.replace(f"{whole}, ", "  ") if gradient.startswith(f"{whole}, ") else gradient
        whole = whole if name != gradient else gradient
        table.add_row(
            "" if gradient == before else name,
            _names([row.by for row in alike]),
            verdict,
            str(max(row.cases for row in alike)),
            ",".join(str(size) for size in alike[0].largest_sizes.values()),
            "" if verdict != "right" else str(min(digits)) if digits else "exact",
        )
        before = gradient
    console.print(table)
    for row in rows:
        if row.finding:
            console.print(f"  {row.gradient}: {row.finding}")


def _names(paths: list[str]) -> str:
    """The arguments in as few letters as tell them apart, or their number."""
    names = " ".join(_short(path) for path in paths)
    return names if len(names) <= 24 else f"{len(paths)} arrays"


def _short(path: str) -> str:
    return path.removeprefix("weights.").removeprefix("cell.")


def _table_of_distances(distances: list[Distance]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for heading in ("gradient", "weights", "by", "relative error", "cosine"):
        table.add_column(heading, justify="right" if heading in ("relative error", "cosine") else "left")
    for d in distances:
        table.add_row(d.gradient, d.weights, d.by, f"{d.relative_error:.3f}", f"{d.cosine:.4f}")
    return table


def _print_refutations(found: Verification) -> None:
    """Each of them in full, and by what it is right."""
    for refutation in found.refutations:
        console.print()
        for line in (*refutation.lines(), *(f"    {line}" for line in refutation.snippet)):
            console.print(line, soft_wrap=True)
    right = ", ".join(found.right)
    console.print(f"\nby {right}: right at all of them" if right else "\nby no array is it right at all of them")
