"""`bptt proofread`: a verdict on each displayed equation, in a table for people and JSON for programs."""

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.table import Column, Table
from rich.text import Text

from bptt.cli._console import console, make_progress, require_writable, write_json
from bptt.proofread import FINDINGS, LABELS, Finding, Glossary, GlossaryError, read_glossary
from bptt.proofread import proofread as proofread_text

_STYLES = dict.fromkeys(FINDINGS, "red") | {"right": "green", "unreadable": "yellow"}


def proofread(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Markdown or LaTeX.", show_default=False)],
    glossary: Annotated[
        Path | None,
        typer.Option(
            "--glossary",
            exists=True,
            dir_okay=False,
            show_default=False,
            help="A TOML file that says what the symbols mean; without it, the notation of the post.",
        ),
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", dir_okay=False, help="Write the findings to this file, too.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 3 when an equation could not be read.")] = False,
) -> None:
    """Judge every displayed equation of a derivation.

    Each is right (for the sizes that its note says), wrong (with the smallest sizes at which it fails and an entry
    there), a definition, a definition that contradicts an earlier one, of orders that differ, or unreadable, with the
    reason.

    Exit code 0 if there is no finding, 1 if there is one, 2 for a usage error, 3 with --strict if there is none but an
    equation could not be read.
    """
    try:
        known = None if glossary is None else read_glossary(_read_text(glossary))
    except GlossaryError as error:
        raise typer.BadParameter(f"{glossary}: {error}", param_hint="--glossary") from error
    texts = [_read_text(file) for file in files]
    if json_file is not None:
        require_writable(json_file, "--json")
    found: dict[Path, list[list[Finding]]] = {}
    for file, text in zip(files, texts, strict=True):
        try:
            found[file] = _judge(file, text, known)
        except ValueError as error:
            raise typer.BadParameter(f"{file}: {error}", param_hint="FILE...") from error
        if len(files) > 1:
            console.print(f"{file}\n")
        _print_table(found[file])
    if json_file is not None:
        content = [
            {"file": str(file), "displays": [[asdict(finding) for finding in display] for display in displays]}
            for file, displays in found.items()
        ]
        write_json(json_file, {"files": content})
    everything = [finding for displays in found.values() for display in displays for finding in display]
    if any(finding.is_finding for finding in everything):
        raise typer.Exit(1)
    raise typer.Exit(3 if strict and any(finding.label == "unreadable" for finding in everything) else 0)


def _read_text(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8", errors="replace")
    except OSError as error:
        raise typer.BadParameter(f"cannot read {file}: {error.strerror}", param_hint="FILE...") from error


def _judge(file: Path, text: str, glossary: Glossary | None) -> list[list[Finding]]:
    with make_progress() as progress:
        task = progress.add_task(file.name, total=None)
        return proofread_text(text, glossary, lambda done, of: progress.update(task, completed=done, total=of))


def _print_table(displays: list[list[Finding]]) -> None:
    line, label = Column("line", justify="right", no_wrap=True), Column("label", no_wrap=True)
    equation, note = Column("equation", ratio=3, overflow="fold"), Column("note", ratio=3)
    table = Table(line, equation, label, note, box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    findings = [finding for display in displays for finding in display]
    for finding in findings:
        styled = Text(finding.label, _STYLES.get(finding.label, ""))
        table.add_row(str(finding.line), Text(finding.legible), styled, Text(finding.note))
    if findings:
        console.print(table)
    counts = Counter(finding.label for finding in findings)
    summary = ", ".join(f"{counts[label]} {label}" for label in LABELS if counts[label])
    equations, displayed = (len(findings), "equation"), (len(displays), "display")
    counted = " in ".join(f"{n} {what}{'' if n == 1 else 's'}" for n, what in (equations, displayed))
    console.print(f"\n{counted}: {summary or 'nothing to judge'}")
