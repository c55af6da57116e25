"""What the commands share: the terminal, and a look at what is to be written before any work is done."""

from pathlib import Path

import typer
from rich.console import Console

console = Console(highlight=False, markup=False, soft_wrap=True)
console.width = max(console.width, 80)  # a table that is cut says nothing


def require_writable(file: Path, option: str) -> None:
    """Raise a usage error unless the file can be written, so that a run is not lost at its end."""
    try:
        with file.open("a"):
            pass
    except OSError as error:
        raise typer.BadParameter(f"cannot write {file}: {error.strerror}", param_hint=option) from error
