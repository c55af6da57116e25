"""What the commands share: the terminal, a bar on it, and files, which are looked at before any work is done."""

import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress


class _Output(Console):
    def on_broken_pipe(self) -> None:
        """Leave it to the command what becomes of the run when nobody reads on, as behind `| head`."""
        raise BrokenPipeError


console = _Output(highlight=False, markup=False, soft_wrap=True)
console.width = max(console.width, 80)  # a table that is cut says nothing


def make_progress() -> Progress:
    """Return a bar with a count on the terminal that standard error is, and nothing where it is none."""
    terminal = Console(stderr=True)
    columns = (*Progress.get_default_columns(), MofNCompleteColumn())
    return Progress(*columns, console=terminal, transient=True, disable=not terminal.is_terminal)


def require_writable(file: Path, option: str) -> None:
    """Raise a usage error unless the file can be written, so that a run is not lost at its end; leave no file."""
    try:
        if file.exists() and not os.access(file, os.W_OK):
            raise PermissionError(None, "Permission denied")
        if _is_replaceable(file):
            with tempfile.TemporaryFile(dir=_find_target(file).parent):
                pass
    except OSError as error:
        raise typer.BadParameter(f"cannot write {file}: {error.strerror}", param_hint=option) from error


def write_json(file: Path, findings: dict[str, Any]) -> None:
    """Write the findings; `schema` is raised when a field changes its meaning."""
    write_whole(file, json.dumps({"schema": 1, **findings}, indent=2) + "\n")


def write_whole(file: Path, text: str) -> None:
    """Write a file all at once or not at all: beside it first, unless it is a device or a pipe. Raises `OSError`."""
    if not _is_replaceable(file):
        file.write_text(text, encoding="utf-8")
        return
    target = _find_target(file)
    beside = target.with_name(f".bptt-{os.getpid()}.tmp")
    try:
        beside.write_text(text, encoding="utf-8")
        if target.exists():
            shutil.copymode(target, beside)
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)


def _is_replaceable(file: Path) -> bool:
    """Whether it is a file, or none yet: another in the place of /dev/null would harm."""
    return file.is_file() or not file.exists()


def _find_target(file: Path) -> Path:
    """Find what a symbolic link leads to, so that the link stays one."""
    return Path(os.path.realpath(file))
