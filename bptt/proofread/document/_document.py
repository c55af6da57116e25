"""Read a document: its displays and the formulas in its prose."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from bptt.proofread.document._equations import Equation, read_display, read_tokens
from bptt.proofread.document._latex import is_latex, read_latex
from bptt.proofread.document._macros import Macros, TooLong, collect_macros
from bptt.proofread.document._markdown import read_markdown
from bptt.proofread.document._notebook import read_cells
from bptt.proofread.document._passages import FORMULA, UNCLOSED, Pages, Passage, Prose
from bptt.proofread.document._tokens import LINE_END, Token

_END = re.compile(r"(?<!\be\.g)(?<!\bi\.e)(?<!\bcf)(?<!\b[Ee]q)(?<!\bFig)(?<!\bSec)[.!?][)\]\"'*_]*(?=\s|\Z)|\Z")


class Sentence(NamedTuple):
    """A sentence of the prose, with `FORMULA` in the place of each of its formulas, and the line on which it starts."""

    line: int
    words: str
    formulas: tuple[tuple[Token, ...], ...]


class Document(NamedTuple):
    """The equations of each display, and the sentences of the prose."""

    displays: tuple[tuple[Equation, ...], ...]
    sentences: tuple[Sentence, ...]


def read_document(text: str) -> Document:
    """Read a document in Markdown or LaTeX, or a notebook, whichever it seems to be."""
    pages, text = _read_pages(text)
    macros = collect_macros(text)
    displays: list[tuple[Equation, ...]] = []
    for number, passage in enumerate(pages.displays, 1):
        before = displays[-1][-1] if displays and not _is_apart(pages, number - 1) else None
        displays.append(read_display(passage, number, macros, before if before and before.relation else None))
    sentences = [sentence for prose in pages.prose for sentence in _cut_sentences(prose, macros)]
    return Document(tuple(displays), tuple(sentences))


def _read_pages(text: str) -> tuple[Pages, str]:
    """Read the text; return it, too, with its lines ended by \\n, or what stands in the cells of a notebook."""
    text = LINE_END.sub("\n", text.removeprefix("\ufeff"))  # the mark of the byte order is no part of the first line
    cells = read_cells(text)
    pages = Pages()
    if cells is not None:
        for line, source in cells:
            read_markdown(source, line, pages)
        return pages, "\n".join(source for _, source in cells)
    if is_latex(text):
        read_latex(text, pages)
    else:
        read_markdown(text, 0, pages)
    return pages, text


def _is_apart(pages: Pages, place: int) -> bool:
    """Whether something other than prose stands between a display and the one before it."""
    last = pages.displays[place - 1]
    index = bisect_left(pages.barriers, last.line)
    return last.unreadable == UNCLOSED or (
        index < len(pages.barriers) and pages.barriers[index] <= pages.displays[place].line
    )


def _cut_sentences(prose: Prose, macros: Macros) -> Iterator[Sentence]:
    """Yield the sentences."""
    start, used = 0, 0
    starts = [offset for offset, _ in prose.lines]
    for end in _END.finditer(prose.text):
        words = prose.text[start : end.end()]
        count = words.count(FORMULA)
        if words.strip():
            blanks = len(words) - len(words.lstrip())
            line = prose.lines[bisect_right(starts, start + blanks) - 1][1]
            formulas = tuple(_read_formula(one, macros) for one in prose.formulas[used : used + count])
            yield Sentence(line, " ".join(words.split()), formulas)
            used += count
        start = end.end()


def _read_formula(passage: Passage, macros: Macros) -> tuple[Token, ...]:
    try:
        return tuple(read_tokens(passage, macros))
    except TooLong:
        return ()
