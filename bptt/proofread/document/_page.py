"""The lines of a Markdown or LaTeX document, and what stands where in them."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
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
    `soft` and `hard` the first line from each on that a display cannot hold (see `documents`), `blank` the first
    empty one; `fences` gives the closing line of each code fence; `marks` the places of `$$`, `\\]` and so on.
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

    def line(self, offset: int) -> int:
        """The line, from 0, on which an offset stands."""
        return bisect_right(self.starts, offset) - 1

    def end(self, line: int) -> int:
        """Where a line ends, its end of line included."""
        return self.starts[line + 1] if line + 1 < len(self.starts) else len(self.text)

    def next(self, mark: str, offset: int) -> int:
        """Where the next such mark stands, at or after an offset; -1 if there is none."""
        places = self.marks.get(mark, [])
        index = bisect_left(places, offset)
        return places[index] if index < len(places) else -1


def scan_page(text: str) -> Page:
    """The document cut into lines, at \n, \r\n and \r alone, each looked at once."""
    starts = [0, *(end.end() for end in LINE_END.finditer(text))]
    contents = [_end(_MARKERS, text, start) for start in starts]
    lines = [text[start:end].strip() for start, end in zip(contents, [*starts[1:], len(text)], strict=True)]
    apart = [True, *(not line for line in lines[:-1])]  # from the line above, by an empty one
    hard = [_is_divider(line) or (alone and _is_words(line)) for line, alone in zip(lines, apart, strict=True)]
    soft = [divides or _is_sentence(line) for line, divides in zip(lines, hard, strict=True)]
    firsts = (_firsts(soft), _firsts(hard), _firsts(not line for line in lines))
    return Page(text, starts, contents, *firsts, _fences(lines), *_marks(text))


def fence(line: str) -> tuple[str, str]:
    """The ticks or tildes that a line starts with, if it opens or closes a code fence, and the word after them."""
    opening = _FENCE.match(line)
    return (opening[1], opening[2].strip()) if opening and opening.end() == len(line.rstrip("\r\n")) else ("", "")


def _end(pattern: re.Pattern[str], text: str, start: int) -> int:
    found = pattern.match(text, start)
    return found.end() if found else start


def _is_divider(line: str) -> bool:
    return _HEADING.match(line) is not None or fence(line)[0] != ""


def _is_words(line: str) -> bool:
    return (_WORDS_ALONE.fullmatch(line) is not None and _WORD.search(line) is not None) or _is_sentence(line)


def _is_sentence(line: str) -> bool:
    """Whether a line has three words or more and, inline mathematics and code aside, none of \\, ^, _ and =."""
    outside = _INLINE.sub("", line)
    return not set(outside) & set("\\^_=") and len(_WORD.findall(outside)) >= 3


def _firsts(flags: Iterable[bool]) -> list[int]:
    """For each line, and for the end, the first line from there on whose flag is set; the end if there is none."""
    known = list(flags)
    firsts = [len(known)] * (len(known) + 1)
    for line in range(len(known) - 1, -1, -1):
        firsts[line] = line if known[line] else firsts[line + 1]
    return firsts


def _fences(lines: Sequence[str]) -> dict[int, int]:
    """For the line that opens a code fence, the one that closes it; a fence that is never closed is none."""
    fences = [(place, *fence(line)) for place, line in enumerate(lines) if line[:1] in ("`", "~") and fence(line)[0]]
    closed, unclosed, index = dict[int, int](), {"`": len(lines) + 3 << 40, "~": len(lines) + 3 << 40}, 0
    while index < len(fences):
        place, ticks, _ = fences[index]
        index += 1
        if len(ticks) < unclosed[ticks[0]]:
            closing = _closing_fence(fences, index, ticks)
            if closing is None:
                unclosed[ticks[0]] = len(ticks)
            else:
                closed[place], index = fences[closing][0], closing + 1
    return closed


def _closing_fence(fences: Sequence[tuple[int, str, str]], start: int, ticks: str) -> int | None:
    for index in range(start, len(fences)):
        if not fences[index][2] and fences[index][1].startswith(ticks):
            return index
    return None


def _marks(text: str) -> tuple[dict[str, list[int]], dict[int, int]]:
    """Where each mark stands, and for each `\\begin{…}` where the `\\end{…}` of the same name that closes it ends."""
    marks, opened, closed = dict[str, list[int]](), dict[str, list[int]](), dict[int, int]()
    for mark in _MARK.finditer(text):
        marks.setdefault(mark[0], []).append(mark.start())
        if mark[0].startswith("\\begin{"):
            opened.setdefault(mark[0][7:], []).append(mark.start())
        elif mark[0].startswith("\\end{") and opened.get(mark[0][5:]):
            closed[opened[mark[0][5:]].pop()] = mark.end()
    return marks, closed
