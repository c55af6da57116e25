r"""Parse cases, and matrices that are written out: \begin{…} … \end{…}, and the old way of \left\{ \begin{array}."""

from bptt.proofread.syntax import tree
from bptt.proofread.syntax._terms import TermParser
from bptt.proofread.syntax.tree import Node, Place, Unreadable

_CASES = frozenset({"cases", "dcases", "rcases"})
_MATRICES = frozenset({"matrix", "pmatrix", "bmatrix", "Bmatrix", "smallmatrix", "array"})
# Words with which a condition begins, or which stand in it; another word is a name.
_CONDITION_WORDS = frozenset({
    "if", "for", "when", "where", "otherwise", "else", "and", "or", "with", "since", "because", "unless", "while", "is",
    "all",
})  # fmt: skip


def parse_environment(parser: TermParser, place: Place) -> Node:
    r"""Parse what follows a \begin. Raises `Unreadable` for an environment that is not read."""
    name = _take_name(parser)
    kind = name.rstrip("*")
    if kind not in _CASES | _MATRICES:
        raise Unreadable(rf"\begin{{{name}}} is not read within a formula", place)
    if kind == "array" and parser.text == "{":
        _take_name(parser)
    with parser.nest():
        rows = _parse_rows(parser)
    parser.expect(r"\end")
    if _take_name(parser) != name:
        raise Unreadable(rf"\begin{{{name}}} is closed by another \end", place)
    if not rows:
        raise Unreadable("nothing stands here", place)
    return tree.Grid(rows, place) if kind in _MATRICES else make_cases(tree.Grid(rows, place))


def make_cases(grid: tree.Grid) -> tree.Cases:
    """Make cases of rows: a value, and what stands beside it."""
    return tree.Cases(tuple((row[0], row[1:]) for row in grid.rows), grid.place)


def _take_name(parser: TermParser) -> str:
    """Take a name in braces, or the columns of an array."""
    parser.expect("{")
    name, depth = "", 1
    while depth:
        lexeme = parser.take()
        depth += (lexeme.text == "{") - (lexeme.text == "}")
        name += lexeme.text
    return name[:-1]


def _parse_rows(parser: TermParser) -> tuple[tuple[Node, ...], ...]:
    rows = [list[Node]()]
    while parser.text not in (r"\end", ""):
        if parser.take_if("\\\\"):
            rows.append([])
        elif not parser.take_if("&", ",", ";", "."):
            rows[-1].append(_parse_cell(parser))
    return tuple(tuple(row) for row in rows if row)


def _parse_cell(parser: TermParser) -> Node:
    """Parse a cell, or a part of a condition of several words and formulas."""
    lexeme = parser.lexemes[parser.at]
    if lexeme.word and lexeme.text.split()[0].lower().strip(",.:") in _CONDITION_WORDS:
        return tree.Words(lexeme.text, parser.take().place)
    return parser.parse_relation()
