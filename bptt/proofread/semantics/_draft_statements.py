"""What the prose of a document states of its symbols: x, y ∈ ℝ^n, and that a matrix is a covariance."""

import re
from collections.abc import Iterator, Sequence

from bptt.proofread.document import Token
from bptt.proofread.semantics._prose import FORMULA
from bptt.proofread.syntax import parse_list
from bptt.proofread.syntax.tree import Node, Relation, Symbol, Unreadable, strip_brackets

_LIST = rf"{FORMULA}(?:(?:,| and|, and) {FORMULA})*"
_COVARIANCES = (
    rf"covariances?(?: matrix| matrices)? {_LIST}",
    rf"{FORMULA} (?:for|be|is) (?:its|the|a)(?: \w+)? covariance",
)


def list_statements(words: str, formulas: Sequence[Sequence[Token]]) -> Iterator[Relation]:
    """List what a sentence states as relations, that a covariance is its own transpose with them.

    Args:
        words: the sentence, with `FORMULA` in the place of each formula
        formulas: these
    """
    parsed = [_parse(formula) for formula in formulas]
    for entries in parsed:
        waiting: list[Node] = []
        for entry in entries:
            if isinstance(entry, Relation):
                yield from (Relation(one, entry.sign, entry.right) for one in (*waiting, entry.left))
            waiting = [] if isinstance(entry, Relation) else [*waiting, entry]
    for found in (found for pattern in _COVARIANCES for found in re.finditer(pattern, words, re.IGNORECASE)):
        before = words[: found.start()].count(FORMULA)
        for entries in parsed[before : before + found.group().count(FORMULA)]:
            for entry in entries[:1]:
                symbol = strip_brackets(entry.left if isinstance(entry, Relation) else entry)
                if isinstance(symbol, Symbol):
                    yield Relation(symbol, "=", Symbol(symbol.name, symbol.below, (*symbol.above, Symbol(r"\top"))))


def _parse(formula: Sequence[Token]) -> tuple[Node, ...]:
    try:
        return parse_list(formula)
    except (Unreadable, RecursionError):
        return ()
