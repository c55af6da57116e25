"""The examples of README.md and docs/, how each is run, and how the pages are given what they print.

    ```python     runs alone: in a namespace and a folder of its own, and what it prints stands in a ```text block below
    ```console    is one command, `$ bptt ...`, and what it prints

Where the first line of a block is a comment with a file's name, `# notes.md`, the block is that file for the other
blocks of its page. Functions `test_...` that a block defines are called, as pytest would.
"""

import contextlib
import io
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import jax
from typer.testing import CliRunner

from bptt.cli._app import app

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]

_FENCED = re.compile(r"^```(?P<language>\w+)\n(?P<body>.*?)^```\n(?:\n```text\n(?P<printed>.*?)^```\n)?", re.M | re.S)
_FILE_NAME = re.compile(r"(?:#|<!--) (?P<name>\w+\.(?:py|md|toml))\b")


class Block(NamedTuple):
    """A fenced block of a page, with what the page says that it prints."""

    page: Path
    line: int
    language: str
    body: str
    printed: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def find_blocks(page: Path) -> list[Block]:
    """Return the blocks of a page that name a language."""
    text = page.read_text(encoding="utf-8")
    return [_make_block(page, text, match) for match in _FENCED.finditer(text)]


def run_block(block: Block, folder: Path) -> str:
    """Run a block in that folder, beside the files of its page, and return what it prints."""
    for other in find_blocks(block.page):
        if named := _FILE_NAME.match(other.body):
            (folder / named["name"]).write_text(other.body, encoding="utf-8")
    with contextlib.chdir(folder), jax.enable_x64(False):  # whatever was imported before it
        return _run_command(block) if block.language == "console" else _run_python(block, folder)


def refresh(page: Path, folder: Path) -> None:
    """Run every block of a page, and write into the page what it prints."""
    text = page.read_text(encoding="utf-8")

    def replace(match: re.Match[str]) -> str:
        block = _make_block(page, text, match)
        if block.language not in ("console", "python"):
            return match[0]
        printed = run_block(block, folder)
        if block.language == "console":
            return f"```console\n{block.body.splitlines()[0]}\n{printed}```\n"
        return f"```python\n{block.body}```\n" + (f"\n```text\n{printed}```\n" if printed else "")

    page.write_text(_FENCED.sub(replace, text), encoding="utf-8")


def _make_block(page: Path, text: str, match: re.Match[str]) -> Block:
    line = text.count("\n", 0, match.start()) + 1
    body, printed = match["body"], match["printed"] or ""
    if match["language"] == "console":
        printed = body.partition("\n")[2]
    return Block(page, line, match["language"], body, printed)


def _run_command(block: Block) -> str:
    prompt, program, *arguments = shlex.split(block.body.splitlines()[0])
    assert (prompt, program) == ("$", "bptt")
    printed = CliRunner().invoke(app, arguments).stdout
    return "".join(f"{line.rstrip()}\n" for line in printed.splitlines())  # tables are filled with spaces


def _run_python(block: Block, folder: Path) -> str:
    """Run the code as a script is run, from a file of its own: what is printed may show lines of it."""
    file = folder / "example.py"
    file.write_text(block.body, encoding="utf-8")
    printed = io.StringIO()
    with _become_main() as main, contextlib.redirect_stdout(printed):
        exec(compile(block.body, str(file), "exec"), main.__dict__)
        for test in [value for name, value in vars(main).items() if name.startswith("test_")]:
            test()
    return printed.getvalue()


@contextlib.contextmanager
def _become_main() -> Iterator[ModuleType]:
    before, main = sys.modules["__main__"], ModuleType("__main__")
    sys.modules["__main__"] = main
    try:
        yield main
    finally:
        sys.modules["__main__"] = before
