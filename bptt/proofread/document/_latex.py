"""Read LaTeX: what is no comment, `verbatim` or preamble, and stands neither in `\\iffalse` nor behind the end."""

import re

from bptt.proofread.document._marks import EMPTY_LINE, Marks, Opening, read_formula_opening, read_opening
from bptt.proofread.document._passages import FORMULA, UNCLOSED, Pages, Passage, Prose

_SECTION = r"\\(?:part|chapter|(?:sub){0,2}section|(?:sub)?paragraph)\b"
_LATEX = re.compile(
    rf"\\documentclass\b|\\begin\{{document\}}|{_SECTION}\*?[\[{{]"
    r"|^[ \t]*\\iffalse\b|^[ \t]*%|\\begin\{(?:verbatim|lstlisting)",
    re.MULTILINE,
)
_MARKDOWN = re.compile(r"^(?:#{1,6}[ \t]|`{3}|~{3}|>|---[ \t]*$|[-*+][ \t])|<!--|</", re.MULTILINE)
_NOT_SET = re.compile(
    r"%[^\n]*|\\end\s*\{document\}.*|\\iffalse(?![A-Za-z]).*?(?:\\fi(?![A-Za-z])|\Z)"
    r"|\\begin\s*\{(?P<name>(?:[vV]erbatim|lstlisting|minted|comment|tikzpicture|filecontents)\*?)\}"
    r".*?(?:\\end\{(?P=name)\}|\Z)|\\(?:verb|lstinline)\*?(?P<mark>[^\sA-Za-z*])[^\n]*?(?P=mark)|(?P<shown>\\.)",
    re.DOTALL,
)
_TITLE = r"(?:\*?(?:\[[^\]\n]*\])?\{[^{}\n]*\})?"  # of a section: no sentence
_PIECE = re.compile(
    rf"(?P<section>{_SECTION}{_TITLE})|(?P<break>\n[ \t]*\n)|\\[A-Za-z]+\*?|\\.|\$\$?|[{{}}~]|\n", re.DOTALL
)
_DOLLAR = re.compile(r"\\.|\$|\n[ \t]*\n", re.DOTALL)


def is_latex(text: str) -> bool:
    """Whether a text has marks of LaTeX and none of Markdown."""
    return _LATEX.search(text) is not None and ("\\documentclass" in text or not _MARKDOWN.search(text))


def read_latex(text: str, pages: Pages) -> None:
    """Add what stands in a text, whose lines end in \\n, to the pages."""
    _Reader(_hide(text), pages).read()


def _hide(text: str) -> str:
    """Put blanks for all that is not set, so that lines and columns stay."""
    clean = _NOT_SET.sub(lambda found: found[0] if found["shown"] else _blank(found[0]), text)
    body = max(clean.find("\\begin{document}"), 0)
    return (_blank(clean[:body]) + clean[body:]).replace(FORMULA, " ")


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)


class _Reader:
    """A pass over a text of which all is set."""

    def __init__(self, text: str, pages: Pages) -> None:
        self.text = text
        self.marks = Marks(text)
        self.pages = pages
        self.line, self.start, self.place = 1, 0, 0  # the line that was reached, where it starts, and the place
        self._begin_paragraph()

    def _begin_paragraph(self) -> None:
        self.words, self.length, self.formulas = list[str](), 0, list[Passage]()
        self.lines = [(0, self.line)]

    def read(self) -> None:
        """Add what stands in the text to the pages."""
        place = 0
        while piece := _PIECE.search(self.text, place):
            self._add(self.text[place : piece.start()])
            place = self._read_piece(piece)
        self._add(self.text[place:])
        self._end_paragraph()

    def _read_piece(self, piece: re.Match[str]) -> int:
        """Read what stands at a piece; return where to read on."""
        start, text = piece.start(), piece[0]
        if opening := read_opening(self.text, start):
            return self._read_display(opening)
        formula = read_formula_opening(self.text, start)
        end = self.marks.find(formula.closing, formula.inside) if formula else -1
        if text == "$":
            end = self._find_dollar(start + 1)
        if end > start + len(text):
            inside = formula.inside if formula else start + 1
            self.formulas.append(self._cut(inside, end))
            self._add(FORMULA)
            return end + (2 if formula else 1)
        if piece["section"] or piece["break"]:
            self._end_paragraph()
            self._reach(start)
            if piece["section"]:
                self.pages.barriers.append(self.line)
            self._reach(piece.end())
            self._begin_paragraph()
        elif text in ("\n", "~"):
            self._add(" ")
            self._reach(piece.end())
            self.lines.append((self.length, self.line))
        elif text[0] == "\\" and not text[1].isalpha():
            self._add(text[1] if text[1] in "%&#_{}" else " ")
        return piece.end()

    def _read_display(self, opening: Opening) -> int:
        closing, unreadable = self.marks.find_closing(opening), ""
        after = closing + len(opening.closing)
        if closing < 0:
            empty = EMPTY_LINE.search(self.text, opening.inside)
            closing = after = empty.start() if empty else len(self.text)
            unreadable = UNCLOSED
        self.pages.displays.append(self._cut(opening.content, after if opening.is_environment else closing, unreadable))
        self._add(" ")
        self._reach(after)
        self.lines.append((self.length, self.line))
        return after

    def _find_dollar(self, place: int) -> int:
        """Return where the dollar stands that closes a formula, -1 if the paragraph ends before it."""
        while mark := _DOLLAR.search(self.text, place):
            if mark[0][0] != "\\":
                return mark.start() if mark[0] == "$" else -1
            place = mark.end()
        return -1

    def _cut(self, start: int, end: int, unreadable: str = "") -> Passage:
        self._reach(start)
        return Passage(self.line, start - self.start + 1, self.text[start:end], unreadable)

    def _reach(self, place: int) -> None:
        """Count the lines up to a place."""
        self.line += self.text.count("\n", self.place, place)
        self.start = max(self.start, self.text.rfind("\n", self.place, place) + 1)
        self.place = place

    def _add(self, words: str) -> None:
        self.words.append(words)
        self.length += len(words)

    def _end_paragraph(self) -> None:
        text = "".join(self.words)
        if text.strip():
            self.pages.prose.append(Prose(text, self.formulas, self.lines))
