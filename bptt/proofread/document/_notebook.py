"""Read a notebook of Jupyter: its cells of Markdown.

The lines are those of the file where each line of a cell has one of its own, as Jupyter writes it, and else those of
all cells of Markdown, counted through; the columns are those of the cell.
"""

import json
from collections.abc import Iterator
from typing import Any


def read_cells(text: str) -> list[tuple[int, str]] | None:
    """Return the line, from 0, and the source of each cell of Markdown; None if the text is no notebook."""
    if not text.lstrip().startswith("{"):
        return None
    try:
        notebook = json.loads(text)
    except (ValueError, RecursionError):
        return None
    cells = notebook.get("cells")
    if not isinstance(cells, list):
        return None
    sources = [_get_source(cell) for cell in cells if isinstance(cell, dict) and cell.get("cell_type") == "markdown"]
    return list(_locate(sources, text.split("\n"))) or []


def _get_source(cell: dict[str, Any]) -> list[str]:
    source = cell.get("source")
    parts = source if isinstance(source, list) else [source]
    return [part for part in parts if isinstance(part, str)]


def _locate(sources: list[list[str]], lines: list[str]) -> Iterator[tuple[int, str]]:
    """Find each source among the lines of the file, in their order."""
    read = [_read_line(line) for line in lines]
    line, counted, found = 0, 0, list[tuple[int, str]]()
    for source in (source for source in sources if source):
        while line < len(read) and read[line : line + len(source)] != source:
            line += 1
        found.append((line, "".join(source)))
        line += len(source)
    if line <= len(read):
        yield from found
        return
    for source in sources:
        yield counted, "".join(source)
        counted += "".join(source).count("\n") + 1


def _read_line(line: str) -> str | None:
    """Return the string that a line of a file is, with or without a comma, None if it is none."""
    line = line.strip().removesuffix(",")
    if not line.startswith('"'):
        return None
    try:
        value = json.loads(line)
    except ValueError:
        return None
    return value if isinstance(value, str) else None
