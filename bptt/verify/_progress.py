"""How many points were judged, on a terminal."""

import contextlib
import sys
from collections.abc import Callable, Iterator


@contextlib.contextmanager
def show_progress(total: int) -> Iterator[Callable[[], None]]:
    """Yield what is called after each of about that many points: it counts them on the terminal that stderr is.

    The line is gone afterwards. Where stderr is no terminal, nothing is written.
    """
    if not sys.stderr.isatty():
        yield lambda: None
        return
    stream, done, width = sys.stderr, 0, 0

    def count() -> None:
        nonlocal done, width
        done += 1
        line = f"{done} of {total} points judged"
        width = len(line)
        print(f"\r{line}", end="", file=stream, flush=True)

    try:
        yield count
    finally:
        print(f"\r{' ' * width}\r", end="", file=stream, flush=True)
