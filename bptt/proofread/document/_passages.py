"""What a reader of documents finds: displays, prose with its formulas, headings."""

from dataclasses import dataclass, field
from typing import NamedTuple

FORMULA = "\ufffc"  # stands for a formula in the words of a sentence
UNCLOSED = "the display is not closed"


class Passage(NamedTuple):
    """A stretch of LaTeX, and the line and column of the file, both from 1, where it starts.

    Its further lines start in the first column of theirs: blanks stand for the marks of a quote or a list.
    """

    line: int
    column: int
    source: str
    unreadable: str = ""


class Prose(NamedTuple):
    """Some text, with a formula for each `FORMULA` in it; `lines` are offsets with the lines that start there."""

    text: str
    formulas: list[Passage]
    lines: list[tuple[int, int]]


@dataclass
class Pages:
    """What stands in a document; `barriers` are the lines of what is neither prose nor a display."""

    displays: list[Passage] = field(default_factory=list)
    prose: list[Prose] = field(default_factory=list)
    barriers: list[int] = field(default_factory=list)
