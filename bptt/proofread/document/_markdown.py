"""Read Markdown: CommonMark with tables, by markdown-it, and mathematics as its renderers know it.

A display is `$$ … $$`, `\\[ … \\]`, `\\\\[ … \\\\]` or an environment such as `align`, on lines of its own or, if it
states an equation, within a paragraph, a cell or HTML, where `$$ … $$` must end its line; a fence or directive called
`math`. Code, comments and what HTML shows as it stands hold none.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from enum import Enum, auto
from itertools import zip_longest
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.ruler import RuleOptionsType
from markdown_it.rules_block import StateBlock, fence
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token as Mark
from mdit_py_plugins.dollarmath.index import math_inline_dollar
from mdit_py_plugins.front_matter import front_matter_plugin

from bptt.proofread.document._marks import Marks, find_role, read_formula_opening, read_opening
from bptt.proofread.document._passages import FORMULA, UNCLOSED, Pages, Passage, Prose
from bptt.proofread.document._segments import Role

_ENDS: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote", "list"]}
_TAIL = re.compile(r"[ \t.,:;!?]*(?:\{[^{}$]*\}|\([^()$]*\))?[ \t]*")
_REST_OF_LINE = re.compile(r"[ \t.,:;!?]*(?:\n|\Z|</|<br|\$\$)")
_MATH_FENCE = re.compile(r"(`{3,}|~{3,})[ \t]*(?:math|\{math\})(?![\w-])[^`\n]*")
_FENCE_ENDS = {mark: re.compile(rf"\n[ \t>]*{mark}{{3,}}[ \t]*(?=\n|\Z)") for mark in "`~"}
_OPTION = re.compile(r"[ \t]*:[\w-]+:[^\n]*\n?")
_DIRECTIVE = re.compile(r"\.\.[ \t]+math::[ \t]*")
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9-]*)(?:[\s/][^<>]*)?>")
_AS_IT_STANDS = frozenset(["pre", "code", "script", "style", "textarea", "title", "kbd", "samp"])
_LETTER = re.compile(r"[^\W\d_]")
_BARRIERS = frozenset(["fence", "code_block", "table_open", "hr", "heading_open"])


class _Shown(Enum):
    """When a formula within a paragraph is a display."""

    ALWAYS = auto()
    ALONE = auto()  # without words around it
    NEVER = auto()


class Content(NamedTuple):
    """The text of a block, the line of the file, from 0, on which it starts, and the columns on which its lines do."""

    text: str
    line: int
    columns: Sequence[int]
    starts: Sequence[int]  # where the lines start in the text

    def cut(self, start: int, end: int, unreadable: str = "") -> Passage:
        """Cut a passage out of it."""
        above = bisect_right(self.starts, start) - 1
        column = self.columns[above] + start - self.starts[above]
        first, *rest = self.text[start:end].split("\n")
        lines = [_shift(line, self.columns[above + n]) for n, line in enumerate(rest, 1)]
        return Passage(self.line + above + 1, column + 1, "\n".join([first, *lines]), unreadable)


def _shift(line: str, column: int) -> str:
    return " " * column + line if column >= 0 else line[-column:]


def read_markdown(text: str, first: int, pages: Pages) -> None:
    """Add what stands in a text to the pages; its first line has that number in the file, from 0."""
    for mark in _PARSER.parse(text):
        line = (mark.map[0] if mark.map else 0) + first
        if mark.type in _BARRIERS:
            pages.barriers.append(line + 1)
        if "passage" in mark.meta:
            passage = mark.meta["passage"]
            pages.displays.append(passage._replace(line=passage.line + first))
        if "content" in mark.meta:
            content = mark.meta["content"]
            _read_children(mark.children or [], content._replace(line=content.line + first), pages)


def _read_children(children: Sequence[Mark], content: Content, pages: Pages) -> None:
    """Add the displays and the prose of a paragraph, a cell or a piece of HTML."""
    text, formulas, hidden, line = "", list[Passage](), 0, content.line + 1
    lines = [(0, line)]
    has_words = any(child.type == "text" and _LETTER.search(child.content) for child in children)
    for child in children:
        if child.type == "tag":
            hidden = max(0, hidden + child.meta["step"])
        elif child.type in ("softbreak", "hardbreak"):
            line += 1
            lines.append((len(text) + 1, line))
            text += " "
        elif child.type == "formula" and not hidden:
            passage = content.cut(*child.meta["span"])
            shown = child.meta["shown"] is _Shown.ALWAYS or (child.meta["shown"] is _Shown.ALONE and not has_words)
            if shown:
                pages.displays.append(passage)
            else:
                formulas.append(passage)
            line = passage.line + passage.source.count("\n")
            text += " " if shown else FORMULA
            lines.append((len(text), line))
        elif not hidden:
            text += child.content.replace(FORMULA, " ")
    if text.strip():
        pages.prose.append(Prose(text, formulas, lines))


def _read_display(state: StateBlock, line: int, last: int, silent: bool) -> bool:
    """Read a display that starts on a line, as a rule of markdown-it."""
    start = state.bMarks[line] + state.tShift[line]
    opening = None if state.is_code_block(line) else read_opening(state.src, start)
    if opening is None:
        return False
    closing = _get_marks(state).find_closing(opening)
    end = -1 if closing < 0 else _find_line(state, line, last, closing)
    if end < 0:
        bare = not state.src[opening.inside : state.eMarks[line]].strip()
        if silent or not (bare or opening.is_environment or opening.closing == "$$"):
            return False
        end = _find_empty_line(state, line + 1, last)
        _push(state, line, end, _cut_block(state, line, opening.content, state.eMarks[end - 1], UNCLOSED))
        return True
    tail = _TAIL.fullmatch(state.src, closing + len(opening.closing), state.eMarks[end])
    if tail is None and (silent or not any(state.isEmpty(between) for between in range(line, end))):
        return False  # it stands within a paragraph
    if silent:
        # An odd number of dollars before it were left open there: it closes them.
        return opening.closing != "$$" or _get_marks(state).count_dollars(state.bMarks[state.line], start) % 2 == 0
    stop = closing + len(opening.closing) * opening.is_environment
    _push(state, line, end + 1, _cut_block(state, line, opening.content, stop))
    return True


def _find_line(state: StateBlock, line: int, last: int, place: int) -> int:
    """Return the line on which a place stands, -1 if it is no part of the quote or list that is read."""
    while place > state.eMarks[line]:
        line += 1
        if line >= last or (state.sCount[line] < state.blkIndent and not state.isEmpty(line)):
            return -1
    return line


def _find_empty_line(state: StateBlock, line: int, last: int) -> int:
    while line < last and not state.isEmpty(line) and state.sCount[line] >= state.blkIndent:
        line += 1
    return line


def _cut_block(state: StateBlock, line: int, start: int, end: int, unreadable: str = "") -> Passage:
    """Cut a passage that starts on a line; put blanks for the marks of quotes on its further lines."""
    parts, place, row = [], start, line
    column = start - (state.src.rfind("\n", 0, start) + 1)
    while state.eMarks[row] < end:
        parts.append(state.src[place : state.eMarks[row]])
        row += 1
        place = state.bMarks[row]
        parts.append("\n" + " " * (place - (state.src.rfind("\n", 0, place) + 1)))
    return Passage(line + 1, column + 1, "".join([*parts, state.src[place:end]]), unreadable)


def _push(state: StateBlock, line: int, end: int, passage: Passage) -> None:
    mark = state.push("display", "math", 0)
    mark.block, mark.map, mark.meta = True, [line, end], {"passage": passage}
    state.line = end


def _read_fence(state: StateBlock, line: int, last: int, silent: bool) -> bool:
    """Read a code fence, as a rule of markdown-it; one called `math` is a display."""
    opening = _MATH_FENCE.match(state.src, state.bMarks[line] + state.tShift[line], state.eMarks[line])
    if opening is None or state.is_code_block(line) or silent:
        return fence(state, line, last, silent)
    end, mark = line, opening[1][0]
    closes = _get_marks(state).find(f"end of {mark}", opening.end(), _FENCE_ENDS[mark]) >= 0
    if closes:
        fence(state, line, last, silent)
        end = state.line
        closing = state.src[state.bMarks[end - 1] : state.eMarks[end - 1]].strip()
        closes = end - 1 > line and closing.startswith(state.tokens.pop().markup)
    if not closes:
        end = _find_empty_line(state, line + 1, last)
    _push(state, line, end, _cut_body(state, line + 1, end - closes, "" if closes else UNCLOSED))
    return True


def _read_directive(state: StateBlock, line: int, last: int, silent: bool) -> bool:
    """Read reStructuredText's directive, as a rule of markdown-it: the lines that are indented below it."""
    start = state.bMarks[line] + state.tShift[line]
    opening = None if state.is_code_block(line) else _DIRECTIVE.match(state.src, start)
    if opening is None or silent:
        return opening is not None
    end = line + 1
    while end < last and (state.isEmpty(end) or state.sCount[end] > state.sCount[line]):
        end += 1
    if state.src[opening.end() : state.eMarks[line]].strip():
        _push(state, line, end, _cut_block(state, line, opening.end(), state.eMarks[end - 1]))
    else:
        _push(state, line, end, _cut_body(state, line + 1, end))
    return True


def _cut_body(state: StateBlock, line: int, end: int, unreadable: str = "") -> Passage:
    """Cut the lines of a directive, without the options before them."""
    while line < end and (state.isEmpty(line) or _OPTION.match(state.src, state.bMarks[line], state.eMarks[line])):
        line += 1
    if line >= end:
        return Passage(line, 1, "", unreadable)
    return _cut_block(state, line, state.bMarks[line], state.eMarks[end - 1], unreadable)


def _read_dollars(state: StateInline, silent: bool) -> bool:
    """Read `$ … $` and `$$ … $$` within a paragraph, as a rule of markdown-it."""
    start, double = state.pos, state.src.startswith("$$", state.pos)
    if _DOLLARS(state, silent):
        if not silent:
            mark = state.tokens[-1]
            size = len(mark.markup)
            shown = _find_whether_shown(state, mark.content) if double else _Shown.NEVER
            mark.type, mark.meta = "formula", {"span": (start + size, state.pos - size), "shown": shown}
        return True
    if double:  # it closes nothing and opens nothing, nor does its second half
        state.pos += 2
        state.pending += "" if silent else "$$"
    return double


def _find_whether_shown(state: StateInline, content: str) -> _Shown:
    """Say when `$$ … $$` that ends here is a display: in kramdown, that of the prose stands in these, too."""
    role = find_role(content)
    apart = content.startswith("\n")
    if role is Role.FRAGMENT or not (apart or _REST_OF_LINE.match(state.src, state.pos)):
        return _Shown.NEVER
    return _Shown.ALWAYS if apart or role in (Role.FULL, Role.CHAIN) else _Shown.ALONE


def _read_brackets(state: StateInline, silent: bool) -> bool:
    """Read `\\( … \\)`, `\\[ … \\]` or an environment within a paragraph, as a rule of markdown-it."""
    if state.src[state.pos] != "\\":
        return False
    shown = read_opening(state.src, state.pos)
    opening = shown or read_formula_opening(state.src, state.pos)
    closing = _get_marks(state).find(opening.closing, opening.inside) if opening else -1
    if opening is None or closing <= opening.inside:
        return False
    end = closing + len(opening.closing)
    stop = end if opening.is_environment else closing
    if shown and not opening.is_environment and find_role(state.src[opening.content : stop]) is Role.FRAGMENT:
        return False  # an escaped bracket
    if not silent:
        mark = state.push("formula", "math", 0)
        mark.meta = {"span": (opening.content, stop), "shown": _Shown.ALWAYS if shown else _Shown.NEVER}
    state.pos = end
    return True


def _read_tag(state: StateInline, silent: bool) -> bool:
    """Read a tag or a comment of HTML, as a rule of markdown-it."""
    if state.src[state.pos] != "<":
        return False
    step, tag = 0, _TAG.match(state.src, state.pos)
    if state.src.startswith("<!--", state.pos):
        closing = _get_marks(state).find("-->", state.pos + 4)
        # In a block of HTML a comment that is never closed hides the rest; in a paragraph it is none.
        end = closing + 3 if closing >= 0 else state.posMax * state.env.get("html", False)
    elif tag and tag[2].lower() in _AS_IT_STANDS:
        end, step = tag.end(), -1 if tag[1] else 1
    else:
        end = tag.end() if tag else 0
    if end <= state.pos:
        return False
    if not silent:
        state.push("tag", "", 0).meta = {"step": step}
    state.pos = end
    return True


def _get_marks(state: StateBlock | StateInline) -> Marks:
    """Return the marks of the text that is read, which are kept as long as that is the same."""
    marks = state.env.get("marks")
    if marks is None or marks.text is not state.src:
        marks = state.env["marks"] = Marks(state.src)
    return marks


def _locate(state: StateCore) -> None:
    """Find out where the text of each block stands, as a rule of markdown-it, and read HTML as a paragraph."""
    lines, before, cells = state.src.split("\n"), "", dict[int, int]()
    for mark in state.tokens:
        if mark.type in ("inline", "html_block") and mark.map:
            line = mark.map[0]
            if before in ("td_open", "th_open"):
                cells[line] = _locate_cell(mark, lines[line], cells.get(line, 0))
                columns = [cells[line]]
                cells[line] += len(mark.content)
            elif before == "heading_open" and "\n" not in mark.content:
                columns = [max(lines[line].find(mark.content), 0)]
            else:
                parts = mark.content.split("\n")
                columns = list(_align(parts, lines[line : line + len(parts)]))
            starts = [0, *(end.end() for end in re.finditer("\n", mark.content))]
            mark.meta["content"] = Content(mark.content, line, columns, starts)
        if mark.type == "html_block":
            mark.children = []
            state.md.inline.parse(mark.content, state.md, {"html": True}, mark.children)
        before = mark.type


def _locate_cell(mark: Mark, line: str, start: int) -> int:
    """Return the column of a cell's text, in which a blank stands again for each backslash before a bar."""
    column = line.find(mark.content, start)
    if column < 0:
        escaped = mark.content.replace("|", "\\|")
        column = line.find(escaped, start)
        mark.content = escaped.replace("\\|", " |") if column >= 0 else mark.content
    return max(column, 0)


def _align(content: Sequence[str], lines: Sequence[str]) -> Iterator[int]:
    """Yield the column on which each line of a paragraph starts: it is the end of a line of the file."""
    for part, line in zip_longest(content, lines, fillvalue=""):
        yield len(line.rstrip()) - len(part.rstrip())


def _build_parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark").enable("table").use(front_matter_plugin)
    # Links nest, and looking for their ends takes the square of the length; no formula stands in one alone.
    parser.disable(["link", "image", "autolink", "html_inline", "reference"])
    parser.block.ruler.before("code", "directive", _read_directive, _ENDS)
    parser.block.ruler.before("fence", "display", _read_display, _ENDS)
    parser.block.ruler.at("fence", _read_fence, _ENDS)
    for name, rule in (("dollars", _read_dollars), ("brackets", _read_brackets), ("tag", _read_tag)):
        parser.inline.ruler.before("escape", name, rule)
    parser.core.ruler.after("block", "locate", _locate)
    return parser


_DOLLARS = math_inline_dollar(allow_space=True, allow_digits=False, allow_double=True)
_PARSER = _build_parser()
