"""Scan a Markdown or LaTeX document once: its lines, and where the marks stand that may open or close a display."""

import math
import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from bptt.proofread.document._tokens import LINE_END

_MARKERS = re.compile(r"[ \t]*+(?:>[ \t]*+|[-*+][ \t]++|[0-9]{1,9}[.)][ \t]++)*+")
_FENCE = re.compile(r"(`{3,}|~{3,})[ \t]*([^\r\n`]*)")
_HEADING = re.compile(r"#{1,6}[ \t]|\\(?:sub)*section\b|\\(?:chapter\b|(?:begin|end)\{document\})")
_INLINE = re.compile(r"(?<!\$)\$[^$\r\n]+\$(?!\$)|`[^`\r\n]*`")
_WORD = re.compile(r"[^\W\d_]{2,}")
_WORDS_ALONE = re.compile(r"[^\W\d_](?:[^\W_]|[\s,.:;!?'’()-])*")
_MARK = re.compile(
    r"(?<![^\r\n])[ \t]*%[^\r\n]*|`+|\$\$|\\\\?\[|\\\\?\]|\\(?:begin|end)\{[a-z]{1,20}\*?\}|-->|\\.", re.DOTALL
)


class Page(NamedTuple):
    """A document and what is known of each of its lines and marks before it is read.

    `starts` and `contents` are where each line starts, and where it does after the marks of quotes and lists;
    `soft` and `hard` the first line from each on that a display cannot hold (see `_displays`), `blank` the first
    empty one; `fences` gives the closing line of each code fence; `marks` the places of `$$`, `\\]` and so on;
    `closings`, for each `\\begin{…}`, where the `\\end{…}` ends that closes it.
    """

    text: str
    starts: Sequence[int]
    contents: Sequence[int]
    soft: Sequence[int]
    hard: Sequence[int]
    blank: Sequence[int]
    fences: dict[int, int]
    marks: dict[str, list[int]]
    closings: dict[int, int]

    def find_line(self, offset: int) -> int:
        """Return the line, from 0, on which an offset stands."""
        return bisect_right(self.starts, offset) - 1

    def find_end(self, line: int) -> int:
        """Return where a line ends, its end of line included."""
        return self.starts[line + 1] if line + 1 < len(self.starts) else len(self.text)

    def find_mark(self, mark: str, offset: int) -> int:
        """Return where the next such mark stands, at or after an offset; -1 if there is none."""
        places = self.marks.get(mark, [])
        index = bisect_left(places, offset)
        return places[index] if index < len(places) else -1


def scan_page(text: str) -> Page:
    """Cut a document into lines, at \n, \r\n and \r alone, and look at each line and mark once.

    All later questions are look-ups, so that a document is read in a time that grows with its length alone.
    """
    starts = [0, *(end.end() for end in LINE_END.finditer(text))]
    contents = [_MARKERS.match(text, start).end() for start in starts]  # type: ignore[union-attr]  # or nothing
    lines = [text[start:end].strip() for start, end in zip(contents, [*starts[1:], len(text)], strict=True)]
    hard = [_divides(line, above) for line, above in zip(lines, ["", *lines], strict=False)]
    soft = [divides or _is_sentence(line) for line, divides in zip(lines, hard, strict=True)]
    firsts = (_find_firsts(soft), _find_firsts(hard), _find_firsts([not line for line in lines]))
    return Page(text, starts, contents, *firsts, _match_fences(lines), *_find_marks(text))


def read_fence(line: str) -> tuple[str, str]:
    """Return the ticks or tildes that a line starts with, if it opens or closes a code fence, and the word after."""
    fence = _FENCE.match(line)
    return (fence[1], fence[2].strip()) if fence and fence.end() == len(line.rstrip("\r\n")) else ("", "")


def _divides(line: str, above: str) -> bool:
    """Whether a display ends above a line: a heading, a code fence, or words alone after an empty line."""
    if _HEADING.match(line) or read_fence(line)[0]:
        return True
    words = _WORDS_ALONE.fullmatch(line) is not None and _WORD.search(line) is not None
    return not above and (words or _is_sentence(line))


def _is_sentence(line: str) -> bool:
    """Whether a line has three words or more and, inline mathematics and code aside, none of \\, ^, _ and =."""
    outside = _INLINE.sub("", line)
    return not set(outside) & set("\\^_=") and len(_WORD.findall(outside)) >= 3


def _find_firsts(flags: Sequence[bool]) -> list[int]:
    """Find for each line, and for the end, the first line from there on whose flag is set; the end if none is."""
    marked = [line if flag else len(flags) for line, flag in enumerate([*flags, True])]
    return list(accumulate(reversed(marked), min))[::-1]


def _match_fences(lines: Sequence[str]) -> dict[int, int]:
    """Map the line that opens a code fence to the one that closes it; a fence that is never closed is none."""
    fences = [(line, *read_fence(text)) for line, text in enumerate(lines) if read_fence(text)[0]]
    closed, end = dict[int, int](), -1
    # Below a fence that is never closed, a longer one is not, either: it need not be looked for to the end again.
    unclosed = {"`": math.inf, "~": math.inf}
    for index, (line, ticks, _) in enumerate(fences):
        if line > end and len(ticks) < unclosed[ticks[0]]:
            below = (fences[n] for n in range(index + 1, len(fences)))
            end = next((at for at, other, word in below if not word and other.startswith(ticks)), end)
            if end > line:
                closed[line] = end
            else:
                unclosed[ticks[0]] = len(ticks)
    return closed


def _find_marks(text: str) -> tuple[dict[str, list[int]], dict[int, int]]:
    """Find where each mark stands, and for each `\\begin{…}` where the `\\end{…}` that closes it ends."""
    marks, opened, closings = dict[str, list[int]](), dict[str, list[int]](), dict[int, int]()
    for mark in _MARK.finditer(text):
        marks.setdefault(mark[0], []).append(mark.start())
        if mark[0].startswith("\\begin{"):
            opened.setdefault(mark[0].removeprefix("\\begin"), []).append(mark.start())
        elif mark[0].startswith("\\end{") and opened.get(mark[0].removeprefix("\\end")):
            closings[opened[mark[0].removeprefix("\\end")].pop()] = mark.end()
    return marks, closings
