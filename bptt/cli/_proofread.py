"""`bptt proofread`: a verdict on each displayed equation, in a table for people and JSON for programs."""

import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress
from rich.table import Table
from rich.text import Text

from bptt.cli._console import console, require_writable
from bptt.proofread import Finding, Glossary, GlossaryError, read_glossary
from bptt.proofread import proofread as proofread_text
from bptt.proofread.proofreading import FINDINGS, LABELS

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
    known = None if glossary is None else _glossary(glossary)
    texts = [_text(file) for file in files]
    if json_file is not None:
        require_writable(json_file, "--json")
    found = {}
    for file, text in zip(files, texts, strict=True):
        try:
            found[file] = _with_progress(file, text, known)
        except ValueError as error:
            raise typer.BadParameter(f"{file}: {error}", param_hint="FILE...") from error
        _print(file, found[file], several=len(files) > 1)
    if json_file is not None:
        content = {"files": [_as_data(file, displays) for file, displays in found.items()]}
        json_file.write_text(json.dumps(content, indent=2, ensure_ascii=True) + "\n", encoding="utf-8")
    everything = [finding for displays in found.values() for display in displays for finding in display]
    raise typer.Exit(_exit_code(everything, strict))


def _exit_code(findings: list[Finding], strict: bool) -> int:
    if any(finding.is_finding for finding in findings):
        return 1
    return 3 if strict and any(finding.label == "unreadable" for finding in findings) else 0


def _text(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8", errors="replace")
    except OSError as error:
        raise typer.BadParameter(f"cannot read {file}: {error.strerror}", param_hint="FILE...") from error


def _glossary(file: Path) -> Glossary:
    try:
        return read_glossary(_text(file))
    except GlossaryError as error:
        raise typer.BadParameter(f"{file}: {error}", param_hint="--glossary") from error


def _with_progress(file: Path, text: str, glossary: Glossary | None) -> list[list[Finding]]:
    terminal = Console(stderr=True)
    columns = (*Progress.get_default_columns(), MofNCompleteColumn())
    with Progress(*columns, console=terminal, transient=True, disable=not terminal.is_terminal) as progress:
        task = progress.add_task(file.name, total=None)
        return proofread_text(text, glossary, lambda done, of: progress.update(task, completed=done, total=of))


def _print(file: Path, displays: list[list[Finding]], several: bool) -> None:
    if several:
        console.print(f"{file}\n")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("line", justify="right", no_wrap=True)
    table.add_column("equation", ratio=3, overflow="fold")
    table.add_column("label", no_wrap=True)
    table.add_column("note", ratio=3)
    findings = [finding for display in displays for finding in display]
    for finding in findings:
        label = Text(finding.label, _STYLES.get(finding.label, ""))
        table.add_row(str(finding.line), Text(finding.legible), label, Text(finding.note))
    if findings:
        console.print(table)
    counts = Counter(finding.label for finding in findings)
    summary = ", ".join(f"{counts[label]} {label}" for label in LABELS if counts[label])
    counted = f"{_counted(len(findings), 'equation')} in {_counted(len(displays), 'display')}"
    console.print(f"\n{counted}: {summary or 'nothing to judge'}")


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _as_data(file: Path, displays: list[list[Finding]]) -> dict[str, object]:
    return {"file": str(file), "displays": [[asdict(finding) for finding in display] for display in displays]}
