"""The places in a caller's source code that are being run: expressions, and the lines that they stand in."""

import functools
import linecache
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import CodeType, FrameType
from typing import NamedTuple

import numpy as np

from bptt.balls._context import CURRENT

_PACKAGE = Path(__file__).parent.parent
HARNESS = (str(_PACKAGE / "verify"), str(_PACKAGE / "balls"))
_CALLER = str(_PACKAGE / "verify" / "_ball_run.py")
_LIBRARY = str(Path(np.__file__).parent)
_LONGEST = 60  # of an expression that is quoted


class Place(NamedTuple):
    """A line of code by file and number, an expression in it by where it begins and ends, or an equation from it."""

    file: str
    number: int
    columns: tuple[int, int] = (0, 0)  # in bytes
    equation: int = 0  # of those that JAX traced

    @property
    def is_line(self) -> bool:
        """Whether it is a whole line."""
        return self.columns == (0, 0) and not self.equation

    @property
    def source(self) -> str:
        """What stands there; empty if that is not known."""
        line = linecache.getline(self.file, self.number)
        begin, end = self.columns
        source = (line if self.columns == (0, 0) else line.encode()[begin:end].decode(errors="replace")).strip()
        return source if len(source) <= _LONGEST else f"{source[: _LONGEST - 1]}…"

    def __str__(self) -> str:
        place = f"line {self.number} of {Path(self.file).name}"
        if self.source:
            return f"`{self.source}`, {place}"
        return place if self.is_line else f"columns {self.columns[0]} to {self.columns[1]} of {place}"


class Origin(NamedTuple):
    """Where a ball was computed, the innermost place first, and whether linearly in what it was computed from."""

    places: tuple[Place, ...]
    linear: bool


def locate_equation(equation: object, frames: Iterable[tuple[str, int]]) -> tuple[Place, ...]:
    """Return the places of an equation that JAX traced in these frames, each a file and a line."""
    lines = [Place(*frame) for frame in _select_frames_of_the_caller(frames)]
    return (*(line._replace(equation=id(equation)) for line in lines[:1]), *lines)


def _select_frames_of_the_caller(frames: Iterable[tuple[str, int]]) -> Iterator[tuple[str, int]]:
    """Yield the frames of the caller's code, which the harness called; not JAX's, nor those further out."""
    libraries = tuple(str(Path(sys.modules[name].__file__ or "").parent) for name in ("jax", "jaxlib"))
    for file, line in frames:
        if file.startswith(HARNESS):
            return
        if not file.startswith((*libraries, _LIBRARY)):
            yield file, line


def locate_call_stack() -> tuple[Place, ...]:
    """Return the call stack of a function that the harness called, the innermost first, without NumPy's frames.

    Of each frame the expression that is evaluated, and its line; of a jaxpr, the places of its equation.
    """
    if equation_places := CURRENT.context.equation_places:
        return equation_places
    places: list[Place] = []
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        code = frame.f_code
        kind = _classify(code.co_filename)
        if kind == "caller":
            break
        if kind == "own":
            places += _locate_expression_and_line(code, code.co_filename, frame.f_lasti)
        frame = frame.f_back
    return tuple(places)


@functools.cache
def _locate_expression_and_line(code: CodeType, file: str, instruction: int) -> tuple[Place, ...]:
    """Locate an instruction; code is the same for Python as that of another file with the same lines."""
    number, last, begin, end = _list_positions(code)[instruction // 2]
    if number is None:
        return ()
    line = Place(file, number)
    if begin is None or end is None:
        return (line,)
    return (Place(file, number, (begin, end if last == number else 2**31)), line)


@functools.cache
def _list_positions(code: CodeType) -> list[tuple[int | None, int | None, int | None, int | None]]:
    return list(code.co_positions())


@functools.cache
def _classify(file: str) -> str:
    if file == _CALLER:
        return "caller"
    return "library" if file.startswith((*HARNESS, _LIBRARY)) else "own"
