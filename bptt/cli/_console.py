"""What the commands share: the terminal, a bar on it, and files, which are looked at before any work is done."""

import json
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress

console = Console(highlight=False, markup=False, soft_wrap=True)
console.width = max(console.width, 80)  # a table that is cut says nothing


def make_progress() -> Progress:
    """Return a bar with a count on the terminal that standard error is, and nothing where it is none."""
    terminal = Console(stderr=True)
    columns = (*Progress.get_default_columns(), MofNCompleteColumn())
    return Progress(*columns, console=terminal, transient=True, disable=not terminal.is_terminal)


def require_writable(file: Path, option: str) -> None:
    """Raise a usage error unless the file can be written, so that a run is not lost at its end."""
    try:
        with file.open("a"):
            pass
    except OSError as error:
        raise typer.BadParameter(f"cannot write {file}: {error.strerror}", param_hint=option) from error


def write_json(file: Path, findings: dict[str, Any]) -> None:
    """Write the findings; `schema` is raised when a field changes its meaning."""
    file.write_text(json.dumps({"schema": 1, **findings}, indent=2) + "\n", encoding="utf-8")
