"""The places in a caller's code that are being run: expressions, and the lines that they stand in."""

import functools
import linecache
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, FrameType
from typing import NamedTuple

import numpy as np

_HARNESS = str(Path(__file__).parent)
_CALLER = str(Path(__file__).parent / "running.py")
_LIBRARY = str(Path(np.__file__).parent)
_LONGEST = 60  # of an expression that is quoted


class Place(NamedTuple):
    """A line of code by file and number, or an expression in it by where it begins and ends, in bytes."""

    file: str
    number: int
    columns: tuple[int, int] = (0, 0)

    @property
    def is_line(self) -> bool:
        """Whether it is a whole line."""
        return self.columns == (0, 0)

    def __str__(self) -> str:
        line = linecache.getline(self.file, self.number)
        begin, end = self.columns
        source = (line if self.is_line else line.encode()[begin:end].decode(errors="replace")).strip()
        if len(source) > _LONGEST:
            source = f"{source[: _LONGEST - 1]}…"
        place = f"line {self.number} of {Path(self.file).name}"
        return f"`{source}`, {place}" if source else place


_evaluated: tuple[Place, ...] = ()


@contextmanager
def evaluating(frames: Callable[[], Iterable[tuple[str, int]]]) -> Iterator[None]:
    """Where an equation comes from that JAX traced, by file and line, while the harness evaluates it."""
    global _evaluated
    before, _evaluated = _evaluated, tuple(Place(*frame) for frame in _of_the_function(frames()))
    try:
        yield
    finally:
        _evaluated = before


def _of_the_function(frames: Iterable[tuple[str, int]]) -> Iterator[tuple[str, int]]:
    """Those of the caller's code that are within the harness, which called it, and not JAX's."""
    libraries = tuple(str(Path(sys.modules[name].__file__ or "").parent) for name in ("jax", "jaxlib"))
    for file, line in frames:
        if file.startswith(_HARNESS):
            return
        if not file.startswith((*libraries, _LIBRARY)):
            yield file, line


def running() -> tuple[Place, ...]:
    """What is run of a function that the harness called, and of what that calls, the innermost first.

    The expression in each, and its line; none of NumPy's.
    """
    if _evaluated:
        return _evaluated
    places: list[Place] = []
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        kind = _kind(frame.f_code)
        if kind == "caller":
            break
        if kind == "own":
            places += _expression_and_line(frame.f_code, frame.f_lasti)
        frame = frame.f_back
    return tuple(places)


@functools.cache
def _expression_and_line(code: CodeType, instruction: int) -> tuple[Place, ...]:
    number, last, begin, end = _positions(code)[instruction // 2]
    if number is None:
        return ()
    line = Place(code.co_filename, number)
    if begin is None or end is None:
        return (line,)
    return (Place(code.co_filename, number, (begin, end if last == number else 2**31)), line)


@functools.cache
def _positions(code: CodeType) -> list[tuple[int | None, int | None, int | None, int | None]]:
    return list(code.co_positions())


@functools.cache
def _kind(code: CodeType) -> str:
    if code.co_filename == _CALLER:
        return "caller"
    return "library" if code.co_filename.startswith((_HARNESS, _LIBRARY)) else "own"
