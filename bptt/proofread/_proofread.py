"""From the text of a document to a finding on each of its equations."""

from collections.abc import Callable
from dataclasses import dataclass

from bptt.proofread._judge import Judge, ParsedEquation
from bptt.proofread._rendering import render
from bptt.proofread._wording import write_note
from bptt.proofread.document import Equation, Token, collect_macros, extract_equations, find_displays, tokenize
from bptt.proofread.semantics import Glossary, build_vocabulary, read_default_glossary, read_glossary
from bptt.proofread.syntax import Node, Unreadable, parse

FINDINGS = ("wrong", "contradicts", "orders differ")
LARGEST_DOCUMENT = 1_000_000  # characters: a book
MOST_EQUATIONS = 5_000  # each may take the whole budget of an equation


@dataclass(frozen=True)
class Finding:
    """What one equation is worth.

    Attributes:
        display: the number of the display that it stands in, from 1
        line, column: where its right-hand side starts, from 1
        latex: the equation; one that continues a chain with the left-hand side of the chain
        label: right, wrong, definition, contradicts, orders differ or unreadable
        note: what was left to convention, the sizes, the counterexample, or the reason
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
        return render(tokenize(self.latex, self.line, self.column))

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
        glossary: what its symbols mean, as TOML or as `read_glossary` returns it; by default the notation of the post
        progress: called with the number of equations judged and of all, after each

    Raises `GlossaryError` for a glossary that cannot be used, and `ValueError` for a document beyond the limits.
    """
    if len(text) > LARGEST_DOCUMENT:
        raise ValueError(f"a document may have {LARGEST_DOCUMENT:,} characters; got {len(text):,}")
    if not isinstance(glossary, Glossary):
        glossary = read_default_glossary() if glossary is None else read_glossary(glossary)
    vocabulary = build_vocabulary(glossary)
    cut = _cut_equations(text)
    trees: dict[tuple[Token, ...], Node | Unreadable] = {}
    judge = Judge(vocabulary, [_parse(equation, trees) for display in cut for equation in display])
    findings: list[list[Finding]] = []
    n = 0
    for display in cut:
        findings.append([])
        for one in display:
            verdict = judge.judge(n)
            note = write_note(verdict, glossary.sizes)
            findings[-1].append(Finding(one.display, one.line, one.column, one.latex, verdict.label, note))
            n += 1
            if progress is not None:
                progress(n, len(judge.equations))
    return findings


def _cut_equations(text: str) -> list[list[Equation]]:
    macros = collect_macros(text)
    cut: list[list[Equation]] = []
    count = 0
    for display in find_displays(text):
        cut.append(extract_equations(display, macros))
        count += len(cut[-1])
        if count > MOST_EQUATIONS:
            raise ValueError(f"a document may have {MOST_EQUATIONS:,} equations; it has more")
    return cut


def _parse(equation: Equation, trees: dict[tuple[Token, ...], Node | Unreadable]) -> ParsedEquation:
    """Parse the sides as far as the grammar goes; those of a chain, which are in `trees` then, once."""
    if equation.unreadable:
        refusal = Unreadable(equation.unreadable)
        return ParsedEquation(equation.line, equation.relation, refusal, refusal)
    for side in (equation.left, equation.right):
        if side not in trees:
            trees[side] = _parse_side(side)
    left, right = trees[equation.left], trees[equation.right]
    return ParsedEquation(equation.line, equation.relation, left, right, equation.continues)


def _parse_side(side: tuple[Token, ...]) -> Node | Unreadable:
    try:
        return parse(side)
    except Unreadable as error:
        return error
    except RecursionError:
        return Unreadable("it is nested too deeply")
