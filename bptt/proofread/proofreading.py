"""From the text of a document to a finding on each of its equations."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bptt.proofread.document import Equation, Token, collect_macros, extract_equations, find_displays, tokenize
from bptt.proofread.judging import Judge, Stated
from bptt.proofread.legible import legible
from bptt.proofread.semantics.definitions import vocabulary
from bptt.proofread.semantics.glossary import Glossary, of_the_post
from bptt.proofread.semantics.glossary import read as read_glossary
from bptt.proofread.syntax import Node, Unreadable, parse

LABELS = ("right", "wrong", "definition", "contradicts", "orders differ", "unreadable")
FINDINGS = ("wrong", "contradicts", "orders differ")
LARGEST_DOCUMENT = 1_000_000  # characters
MOST_EQUATIONS = 5_000


@dataclass(frozen=True)
class Finding:
    """What one equation is worth.

    Attributes:
        display: the number of the display that it stands in, from 1
        line, column: where its right-hand side starts, from 1
        latex: the equation; one that continues a chain with the left-hand side of the chain
        label: right, wrong, definition, contradicts, orders differ or unreadable
        note: the reading taken, the sizes, the counterexample, or the reason
    """

    display: int
    line: int
    column: int
    latex: str
    label: str
    note: str

    @property
    def legible(self) -> str:
        """The equation for the eye, as text."""
        return legible(tokenize(self.latex, self.line, self.column))

    @property
    def is_finding(self) -> bool:
        """Whether it wants the author's attention: anything but right, a definition and what could not be read."""
        return self.label in FINDINGS


def proofread(
    text: str, glossary: Glossary | str | None = None, progress: Callable[[int, int], None] | None = None
) -> list[list[Finding]]:
    """Judge every displayed equation of a Markdown or LaTeX document: a list of findings for each display.

    Args:
        text: the document
        glossary: what its symbols mean, as TOML or as `glossary.read` returns it; by default the notation of the post
        progress: called with the number of equations judged and of all, after each

    Raises `GlossaryError` for a glossary that cannot be used, and `ValueError` for a document beyond the limits.
    """
    if len(text) > LARGEST_DOCUMENT:
        raise ValueError(f"a document may have {LARGEST_DOCUMENT:,} characters; got {len(text):,}")
    known = vocabulary(_glossary(glossary))
    cut = _cut(text)
    stated = _stated([equation for display in cut for equation in display])
    judge = Judge(known, stated)
    findings: list[list[Finding]] = []
    n = 0
    for display in cut:
        findings.append([])
        for equation in display:
            label, note = judge.verdict(n)
            n += 1
            findings[-1].append(Finding(equation.display, equation.line, equation.column, equation.latex, label, note))
            if progress is not None:
                progress(n, len(stated))
    return findings


def _cut(text: str) -> list[list[Equation]]:
    macros = collect_macros(text)
    cut: list[list[Equation]] = []
    count = 0
    for display in find_displays(text):
        cut.append(extract_equations(display, macros))
        count += len(cut[-1])
        if count > MOST_EQUATIONS:
            raise ValueError(f"a document may have {MOST_EQUATIONS:,} equations; it has more")
    return cut


def _glossary(given: Glossary | str | None) -> Glossary:
    if given is None:
        return of_the_post()
    return read_glossary(given) if isinstance(given, str) else given


def _stated(cut: Sequence[Equation]) -> list[Stated]:
    """The equations as far as the grammar reads them; the sides of a chain are read once."""
    trees: dict[tuple[Token, ...], Node | Unreadable] = {}
    return [_read(equation, trees) for equation in cut]


def _read(equation: Equation, trees: dict[tuple[Token, ...], Node | Unreadable]) -> Stated:
    if equation.unreadable:
        return Stated(equation.line, equation.relation, None, None, unreadable=equation.unreadable)
    sides: list[Node | None] = []
    why = ""
    for side in (equation.left, equation.right):
        if side not in trees:
            trees[side] = _tree(side)
        tree = trees[side]
        sides.append(None if isinstance(tree, Unreadable) else tree)
        if isinstance(tree, Unreadable) and not why:
            why = f"{tree}{tree.where}"
    return Stated(equation.line, equation.relation, sides[0], sides[1], equation.continues, why)


def _tree(side: tuple[Token, ...]) -> Node | Unreadable:
    try:
        return parse(side)
    except Unreadable as error:
        return error
    except RecursionError:
        return Unreadable("it is nested too deeply")
