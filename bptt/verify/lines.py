"""The lines of a caller's code that are being run."""

import linecache
import sys
from pathlib import Path
from types import CodeType, FrameType
from typing import NamedTuple

import numpy as np

_HARNESS = str(Path(__file__).parent)
_CALLER = str(Path(__file__).parent / "running.py")
_LIBRARY = str(Path(np.__file__).parent)


class Line(NamedTuple):
    """A line of code, by file and number."""

    file: str
    number: int

    def __str__(self) -> str:
        source = linecache.getline(self.file, self.number).strip()
        place = f"line {self.number} of {Path(self.file).name}"
        return f"{place}, `{source}`" if source else place


_kinds: dict[CodeType, str] = {}


def running_lines() -> tuple[Line, ...]:
    """The lines of a function that the harness called, and of what that calls, the innermost first; none of NumPy's."""
    lines: list[Line] = []
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        code = frame.f_code
        kind = _kinds.get(code) or _kinds.setdefault(code, _kind(code))
        if kind == "caller":
            break
        if kind == "own":
            lines.append(Line(code.co_filename, frame.f_lineno))
        frame = frame.f_back
    return tuple(lines)


def _kind(code: CodeType) -> str:
    if code.co_filename == _CALLER:
        return "caller"
    return "library" if code.co_filename.startswith((_HARNESS, _LIBRARY)) else "own"
