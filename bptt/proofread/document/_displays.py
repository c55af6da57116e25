"""Find the displayed equations of a Markdown or LaTeX document.

A display is

- `$$ … $$`, where the opening `$$` is the first on its line, marks of lists and quotes aside, or the last after some
  prose, and the closing one the last on its line, punctuation aside, or the first; `$$h_t$$` in prose is none;
- `\\[ … \\]`, and `\\\\[ … \\\\]` as Jekyll wants it, on lines of their own;
- a code fence called `math`;
- an environment such as `align`, `equation` or `aligned` that stands in none of these.

Front matter, other code, `verbatim`, comments of HTML and lines that start with `%` hold none.

What opens a display may be a slip. It was never closed if a heading or a code fence stands before what would close
it, words alone after an empty line, or, after `$$`, a line of three words or more without any \\, ^, _ and =; nor if
a `$$` alone on its line, after an empty line, is followed by mathematics and another `$$`: that one opens the next
display. An unclosed display holds the lines up to the next empty one, and reading goes on after them.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from bptt.proofread.document._page import Page, read_fence, scan_page

UNCLOSED = "the display is not closed"

_NUMBERED = frozenset(["align", "alignat", "displaymath", "eqnarray", "equation", "flalign", "gather", "multline"])
ENVIRONMENTS = _NUMBERED | {"aligned", "split", "gathered"}
_VERBATIM = frozenset(["verbatim", "Verbatim", "lstlisting", "minted", "comment"])
_NEXT_DISPLAY = ("$$", "\\[", *(f"\\begin{{{name}{star}}}" for name in sorted(_NUMBERED) for star in ("", "*")))
_OPENING = re.compile(
    r"(?<![^\r\n])[ \t]*%[^\r\n]*|`+|~{3,}|<!--|\$\$|\\\\?\[|\\begin\{([A-Za-z]{1,20})\*?\}|\\.", re.DOTALL
)
_LINE_REST = re.compile(r"[ \t.,:;!?]*+(?:\{[^{}$\r\n]*\}[ \t]*)?(?=[\r\n]|\Z)")
_BLANK_REST = re.compile(r"[ \t]*+(?=[\r\n]|\Z)")
_QUOTE = re.compile(r"(?<=[\r\n])[ \t]*+(?:>[ \t]*+)++")


class Display(NamedTuple):
    """What stands in a display, from the line and column of the file, both from 1, where that starts."""

    number: int
    line: int
    column: int
    source: str
    unreadable: str = ""


Reading = tuple[Display | None, int]  # the display, if one stands there, and where to read on


def find_displays(text: str) -> list[Display]:
    """Find the displays of a document, in the order of the file."""
    page = scan_page(text.removeprefix("\ufeff"))  # the mark of the byte order is no part of the first line
    offset, found = _skip_front_matter(page), list[Display]()
    while opening := _OPENING.search(page.text, offset):
        display, offset = _read(page, opening)
        found += [display._replace(number=len(found) + 1)] if display else []
    return found


def _cut_out(page: Page, start: int, end: int, unreadable: str = "") -> Display:
    """Make a display, not numbered yet, of a stretch of text; in a quote, put blanks for the marks of that."""
    line, source = page.find_line(start), page.text[start:end]
    if ">" in page.text[page.starts[line] : page.contents[line]]:
        source = _QUOTE.sub(lambda marks: " " * len(marks[0]), source)
    return Display(0, line + 1, start - page.starts[line] + 1, source, unreadable)


def _skip_front_matter(page: Page) -> int:
    lines = (page.text[page.starts[line] : page.find_end(line)].rstrip() for line in range(len(page.starts)))
    if next(lines) != "---" or ":" not in next(lines, ""):
        return 0
    return next((page.find_end(number) for number, line in enumerate(lines, start=2) if line in ("---", "...")), 0)


def _read(page: Page, opening: re.Match[str]) -> Reading:
    """Read what stands at an opening: the display, if it is one, and the offset to read on from."""
    mark, start = opening[0], opening.start()
    if mark == "$$":
        return _read_dollars(page, start)
    if mark in ("\\[", "\\\\["):
        return _read_brackets(page, start, mark)
    if mark[0] in "`~":
        return _read_code(page, start, mark)
    if mark == "<!--":
        return None, max(page.find_mark("-->", start), opening.end())
    if opening[1] in ENVIRONMENTS:
        return _read_environment(page, start, mark)
    return None, page.closings.get(start, opening.end()) if opening[1] in _VERBATIM else opening.end()


def _read_dollars(page: Page, start: int) -> Reading:
    line, inside, closing = page.find_line(start), start + 2, page.find_mark("$$", start + 2)
    first = start == page.contents[line]
    if 0 <= closing < page.find_end(line):
        alone = first and _LINE_REST.match(page.text, closing + 2)
        return _cut_out(page, inside, closing) if alone else None, closing + 2
    bare = _BLANK_REST.match(page.text, inside) is not None
    if (first or bare) and _closes(page, closing, page.soft[line if first else line + 1]):
        return _cut_out(page, inside, closing), closing + 2
    if not (first and bare) and _is_wrapped(page, line, closing):
        return None, closing + 2
    return _read_unclosed(page, inside, inside, ("$$", "\\[")) if first else (None, inside)


def _closes(page: Page, closing: int, prose: int) -> bool:
    """Whether the `$$` at an offset closes a display after which the first line of prose is the one given."""
    if closing < 0:
        return False
    line = page.find_line(closing)
    first = closing == page.contents[line]
    if prose < line or (prose == line and not first):
        return False
    if _LINE_REST.match(page.text, closing + 2):
        return not (first and _opens_next(page, line, closing))
    return first and not 0 <= page.find_mark("$$", closing + 2) < page.find_end(line)


def _opens_next(page: Page, line: int, mark: int) -> bool:
    """Whether the `$$` that is the first on its line looks rather as if it opened the next display."""
    apart = page.blank[line - 1] == line - 1 and page.blank[line + 1] > line + 1
    following = page.find_mark("$$", mark + 2)
    return apart and following >= 0 and page.soft[line + 1] >= page.find_line(following)


def _is_wrapped(page: Page, line: int, closing: int) -> bool:
    """Whether the `$$` at an offset ends inline mathematics that was opened on an earlier line of the paragraph."""
    if closing < 0 or page.blank[line] <= page.find_line(closing):
        return False
    return page.text.count("$$", closing, page.find_end(page.find_line(closing))) % 2 == 1


def _read_brackets(page: Page, start: int, mark: str) -> Reading:
    line, inside, closing = page.find_line(start), start + len(mark), page.find_mark(mark.replace("[", "]"), start)
    first, doubled = start == page.contents[line], mark == "\\\\["
    again = page.find_mark(mark, inside)
    closed = closing >= 0 and page.hard[line + 1] >= page.find_line(closing) and (doubled or not 0 <= again < closing)
    if closed:
        alone = first and _LINE_REST.match(page.text, closing + len(mark)) is not None
        # In Markdown `\[1\]` is a bracket, and `\\[2pt]` the end of a row.
        displayed = alone or (not doubled and _is_mathematics(page.text[inside:closing]))
        return _cut_out(page, inside, closing) if displayed else None, closing + len(mark)
    rest = page.text[inside : page.find_end(line)]
    slip = first and not doubled and (not rest.strip() or _is_mathematics(rest))
    return _read_unclosed(page, inside, inside, _NEXT_DISPLAY) if slip else (None, inside)


def _is_mathematics(text: str) -> bool:
    return not set("\\^_=").isdisjoint(text)


def _read_environment(page: Page, start: int, mark: str) -> Reading:
    line, closing = page.find_line(start), page.closings.get(start, -1)
    if closing >= 0 and page.hard[line + 1] >= page.find_line(closing):
        return _cut_out(page, start, closing), closing
    if start > page.contents[line]:
        return None, start + len(mark)
    return _read_unclosed(page, start, start + len(mark), _NEXT_DISPLAY)


def _read_code(page: Page, start: int, mark: str) -> Reading:
    line = page.find_line(start)
    math = read_fence(page.text[start : page.find_end(line)])[1].split()[:1] == ["math"]
    if start == page.contents[line]:
        if line in page.fences:
            closing = page.fences[line]
            inside = _cut_out(page, page.find_end(line), page.starts[closing])
            return inside if math else None, page.find_end(closing)
        if math:
            return _read_unclosed(page, page.find_end(line), page.find_end(line), ("$$", "\\["))
    closing = page.find_mark(mark, start + len(mark))
    return None, (closing if 0 <= closing < page.find_end(line) else start) + len(mark)


def _read_unclosed(page: Page, start: int, inside: int, openings: Iterable[str]) -> Reading:
    """Read the display from an offset, behind its opening, up to the next empty line, line of prose or display."""
    line = page.find_line(inside)
    places = [page.find_mark(opening, page.find_end(line)) for opening in openings]
    stop = min(page.blank[line], page.soft[line + 1], *(page.find_line(place) for place in places if place >= 0))
    end = max(inside, page.starts[stop] if stop < len(page.starts) else len(page.text))
    return _cut_out(page, start, end, UNCLOSED), end
