"""`bptt verify`: what the library finds, in tables for people and JSON for programs."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich import box
from rich.table import Column, Table

from bptt.cli._claims import judge_claim, load_claim
from bptt.cli._console import console, make_progress, require_writable, write_json
from bptt.cli._shipped import FAMILIES, ShippedGradient, judge_published, list_shipped, list_truncated
from bptt.verify import SampledReport, Verdict
from bptt.verify._interface import Question
from bptt.verify._message import format_refutations
from bptt.verify._random_sizes import judge_over

NAMES = [*FAMILIES, "published"]
_LONGEST_PATHS = 24  # characters of the arrays in one line of the table, which is to fit 80 columns


def verify(
    what: Annotated[
        str | None,
        typer.Argument(
            metavar="[WHAT]",
            show_default=False,
            help=f"Judge only this: {', '.join(NAMES)}; or a claim of yours, MODULE:NAME or FILE.py:NAME: a"
            " bptt.verify.Claim, a tuple (f, gradient, at), or a function that returns one and takes nothing"
            " or a NumPy generator. The point may be a strategy, named_arrays(U='h m', xs='t m').",
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
    claim = None if what is None or what in NAMES else load_claim(what, NAMES)
    if json_file is not None:
        require_writable(json_file, "--json")
    if claim is not None:
        verdict = judge_claim(str(what), claim, examples, seed, json_file)
        raise typer.Exit(0 if verdict == Verdict.RIGHT else 1)
    findings: dict[str, Any] = {"seed": seed, "examples": examples, "max_size": max_size}
    all_right = True
    if what != "published":
        console.print(f"About {examples} random points for each gradient, sizes from 1 to {max_size}, seed {seed};")
        console.print("sizes are the largest T, D_x, D_h, D_y and batch that were met, digits the fewest that agree\n")
        shipped = _judge_all(list(list_shipped(max_size, seed, what)), examples, seed)
        truncated = {}
        if gradients := list_truncated(max_size, what):
            console.print(
                "\nTruncated back-propagation, judged as what it is, the gradient of the loss with some states"
            )
            console.print("held fixed:\n")
            truncated = _judge_all(gradients, examples, seed)
        all_right = all([*shipped.values(), *truncated.values()])
        judged = "The gradients that bptt ships" if what is None else "Those that were judged"
        console.print(f"\n{judged} are {'all right' if all_right else 'NOT all right'}.")
        findings["shipped"] = {name: report.to_dict() for name, report in shipped.items()}
        findings["truncated"] = {name: report.to_dict() for name, report in truncated.items()}
    if what in (None, "published"):
        findings |= _refute_published(max_size, examples, seed)
    findings["verdict"] = "right" if all_right else "not right"
    if json_file is not None:
        write_json(json_file, findings)
    raise typer.Exit(0 if all_right else 1)


def _judge_all(gradients: list[ShippedGradient], examples: int, seed: int) -> dict[str, SampledReport]:
    """Print a line for each, and what was found where it is not right; return the reports by name."""
    reports = {}
    with make_progress() as progress:
        task = progress.add_task("judging", total=examples * len(gradients))
        for n, gradient in enumerate(gradients):
            progress.update(task, description=gradient.name)
            question = Question(gradient.f, gradient.gradient, gradient.wrt, "balls", seed)
            share = max(1, examples // gradient.one_in)
            reports[gradient.name] = judge_over(question, gradient.points, share, lambda: progress.advance(task))
            progress.update(task, completed=examples * (n + 1))  # one may have fewer points
    left = [Column(heading, no_wrap=True) for heading in ("gradient", "by", "verdict")]
    right = [Column(heading, no_wrap=True, justify="right") for heading in ("cases", "sizes", "digits")]
    table = Table(*left, *right, box=box.SIMPLE_HEAD, padding=0, pad_edge=False, show_edge=False)
    for name, report in reports.items():
        paths = " ".join(_shorten(leaf.path) for leaf in report.leaves)
        table.add_row(
            name,
            paths if len(paths) <= _LONGEST_PATHS else f"{len(report.leaves)} arrays",
            report.verdict,
            str(report.cases),
            ",".join(str(largest) for _, largest in report.sizes.values()),
            "" if not report else str(report.digits or "exact"),
        )
    console.print(table)
    for name, report in reports.items():
        if not report:
            console.print(f"\n{name}: {report}")
    return reports


def _refute_published(max_size: int, examples: int, seed: int) -> dict[str, Any]:
    """Print where the published gradient is wrong, and return that as data."""
    found, on_sine = judge_published(max_size, 2 * examples, seed)  # a rule of four sizes takes many points
    sizes = found.describe_sizes()
    console.print(f"\nThe gradient that the post published, at {found.cases} random points, {sizes}:")
    for refutation in found.refutations:
        console.print("\n" + format_refutations([refutation], (), seed))
    right = ", ".join(found.right)
    console.print(f"\nby {right}: right at all of them" if right else "\nby no array is it right at all of them")
    console.print("\nThe same on a window of the post's sine, T = D_x = 6, D_h = 32, D_y = 8:")
    for leaf in on_sine.formula.leaves:
        console.print(f"  dL/d{_shorten(leaf.path)}: {leaf.finding if leaf.verdict == Verdict.WRONG else leaf.verdict}")
    return {"published": found.to_dict(), "published_on_the_sine": on_sine.to_dict()}


def _shorten(path: str) -> str:
    return path.removeprefix("weights.").removeprefix("cell.")
