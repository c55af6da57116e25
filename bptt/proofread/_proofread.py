"""From the text of a document to a finding on each of its equations."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from bptt.proofread._expressions import Entry, Property
from bptt.proofread._judge import PLEASE_REPORT, Judge
from bptt.proofread._parsed import EQUALS, ParsedEquation
from bptt.proofread._rendering import render
from bptt.proofread._traversal import walk_definitions
from bptt.proofread._verdict import FINDINGS, Verdict
from bptt.proofread._wording import UNUSED, write_note
from bptt.proofread.corrections import Correction, write_latex
from bptt.proofread.document import Document, Equation, Sentence, Token, find_relations, read_document, spell, tokenize
from bptt.proofread.evaluation import Counterexample
from bptt.proofread.semantics import (
    Candidate,
    Draft,
    Glossary,
    Misfit,
    OrdersDiffer,
    Reading,
    blur,
    build_vocabulary,
    draft,
    list_statements,
    list_ways,
    read_default_glossary,
    read_glossary,
)
from bptt.proofread.syntax import Node, Symbol, Unreadable, parse
from bptt.proofread.syntax.tree import Relation, list_symbols

LARGEST_DOCUMENT = 1_000_000  # characters: a book
MOST_ACCUSED = 3  # of so many equations one, beyond which the notation of the post is doubted where none was given
MOST_EQUATIONS = 5_000  # each may take the whole budget of an equation
NOTATIONS = ("given", "the post's", "drafted from the document")
# Words by which a document may state a property of a symbol, in whatever sentence.
_HINTS: dict[Property, str] = {
    "symmetric": r"symmetric|covarianc", "orthogonal": "orthogonal|orthonormal|rotation", "diagonal": "diagonal",
    "one-hot": "one[- ]hot|probabilit|distribution", "normalised": "one[- ]hot|probabilit|distribution|sums? to",
    "positive": "positive|varianc|>", "unit": "unit|normali[sz]ed",
}  # fmt: skip
_GUESSED = "; the glossary was drafted from the document, and may be at fault: with one of your own it would be judged"


@dataclass(frozen=True)
class Finding:
    """What one equation is worth.

    Attributes:
        display: the number of the display that it stands in, from 1
        line, column: where its right-hand side starts, from 1
        latex: the equation; one that continues a chain with the left-hand side of the chain
        label: right, wrong, definition, contradicts, orders differ or unreadable
        note: what was left to convention, the sizes, the counterexample, or the reason
        kind: of what kind the mistake may be, as one correction of that kind is right; "" if none is known
        correction: the equation with that correction, in LaTeX; "" if none is known
        notation: whose glossary it was judged by: begins as one of `NOTATIONS`
    """

    display: int
    line: int
    column: int
    latex: str
    label: str
    note: str
    kind: str = ""
    correction: str = ""
    notation: str = "given"

    @property
    def legible(self) -> str:
        """The equation for the eye, as text."""
        return render(tokenize(self.latex, self.line, self.column))

    @property
    def is_finding(self) -> bool:
        """Whether it wants the author's attention: anything but right, a definition and what could not be read."""
        return self.label in FINDINGS


Progress = Callable[[int, int], None]


def proofread(
    text: str, glossary: Glossary | str | None = None, progress: Progress | None = None, inline: bool = False
) -> list[list[Finding]]:
    """Judge every displayed equation of a Markdown or LaTeX document: a list of findings for each display.

    Args:
        text: the document
        glossary: what its symbols mean, as TOML or as `read_glossary` returns it; by default the notation of the post,
            or what is drafted from the document, whichever judges more equations
        progress: called with the number of equations judged and of all, after each
        inline: judge the equations of the prose, too; they come last, as displays with the number 0

    Raises `GlossaryError` for a glossary that cannot be used, and `ValueError` for a document beyond the limits.
    """
    document = _read(text, inline)
    if glossary is not None:
        known = glossary if isinstance(glossary, Glossary) else read_glossary(glossary)
        return _Course(document, known, NOTATIONS[0]).judge(progress)
    total = sum(map(len, document.displays))

    def report(before: int) -> Progress | None:
        return None if progress is None else lambda done, _: progress(before + done, 2 * total)

    usual = _Course(document, read_default_glossary(), NOTATIONS[1])
    findings = usual.judge(report(0), correct=False)
    judged = _count_judged(findings)
    if judged == total and _count_findings(findings) * MOST_ACCUSED <= total:
        return usual.correct(findings)
    drafted = draft(*_list_signs(document), _make_reader(document))
    notation = f"{NOTATIONS[2]}; the post's judges {judged} of {total} equations"
    other = _Course(document, read_glossary(drafted.toml), notation, drafted, text)
    others = other.judge(report(total), correct=False)
    if (_count_judged(others), -_count_findings(others)) > (judged, -_count_findings(findings)):
        return other.correct(others)
    return usual.correct(findings)


def draft_glossary(text: str) -> str:
    """Draft a glossary from a document that has none, as TOML, with a line of doubt for each guess.

    Raises `ValueError` for a document beyond the limits.
    """
    document = _read(text)
    return draft(*_list_signs(document), _make_reader(document)).toml


def _read(text: str, inline: bool = False) -> Document:
    if len(text) > LARGEST_DOCUMENT:
        raise ValueError(f"a document may have {LARGEST_DOCUMENT:,} characters; got {len(text):,}")
    document = read_document(text)
    if inline:
        prose = tuple((one,) for sentence in document.sentences for one in _list_equations(sentence))
        document = document._replace(displays=document.displays + prose)
    if sum(map(len, document.displays)) > MOST_EQUATIONS:
        raise ValueError(f"a document may have {MOST_EQUATIONS:,} equations; it has more")
    return document


def _list_equations(sentence: Sentence) -> Iterator[Equation]:
    """List the formulas of a sentence that state an equation."""
    for formula in sentence.formulas:
        signs = find_relations(formula)
        if len(signs) == 1 and signs[0].text in EQUALS and signs[0].start > 0 and signs[0].end < len(formula):
            (start, end, sign), first = signs[0], formula[signs[0].end]
            sides = (formula[:start], sign, formula[end:])
            yield Equation(0, first.line, first.column, spell(formula), *sides, False)


def _count_judged(findings: Sequence[Sequence[Finding]]) -> int:
    """Count the equations that were compared, or taken for definitions and used."""
    everything = [one for display in findings for one in display]
    return sum(one.label != "unreadable" and not one.note.startswith(UNUSED) for one in everything)


def _count_findings(findings: Sequence[Sequence[Finding]]) -> int:
    return sum(one.is_finding for display in findings for one in display)


class _Course:
    """The judgement of one document by one glossary."""

    def __init__(
        self,
        document: Document,
        glossary: Glossary,
        notation: str,
        drafted: Draft | None = None,
        text: str = "",
        trees: dict[tuple[Token, ...], Node | Unreadable] | None = None,
    ) -> None:
        self.document = document
        self.glossary = glossary
        self.notation = notation
        self.drafted = drafted
        self.text = text
        vocabulary = build_vocabulary(glossary)
        trees = {} if trees is None or vocabulary.words else trees
        self.parsed = [_parse(one, trees, vocabulary.words) for display in document.displays for one in display]
        self.inline = list(_list_inline(document.sentences, vocabulary.words))
        self.judge_one = Judge(vocabulary, self.parsed, document.sentences, self.inline)
        self.coarse: _Course | None = None  # by a glossary in which all sizes are the same

    def judge(self, progress: Progress | None = None, correct: bool = True) -> list[list[Finding]]:
        """Judge all equations, in order; look for what may have been meant if `correct`."""
        findings: list[list[Finding]] = []
        n = 0
        for display in self.document.displays:
            findings.append([])
            for one in display:
                findings[-1].append(self._find(n, one, correct))
                n += 1
                if progress is not None:
                    progress(n, len(self.parsed))
        return findings

    def correct(self, findings: list[list[Finding]]) -> list[list[Finding]]:
        """Look for what may have been meant by the equations that are wrong."""
        n, made = 0, list[list[Finding]]()
        for display, found in zip(self.document.displays, findings, strict=True):
            made.append([])
            for one, finding in zip(display, found, strict=True):
                made[-1].append(self._find(n, one, correct=True) if finding.is_finding else finding)
                n += 1
        return made

    def _find(self, n: int, one: Equation, correct: bool) -> Finding:
        verdict, note = self._judge(n, correct)
        known = ("", "") if verdict.correction is None else _spell_correction(one, verdict.correction)
        return Finding(one.display, one.line, one.column, one.latex, verdict.label, note, *known, self.notation)

    def _judge(self, n: int, correct: bool = True) -> tuple[Verdict, str]:
        """Judge one equation. What only a guess of a drafted glossary accuses is judged by a coarser one."""
        verdict = self.judge_one.judge(n, correct)
        note = write_note(verdict, self.glossary.sizes)
        if self.drafted is None or verdict.label not in (*FINDINGS, "right"):
            return verdict, note
        known, used = self.drafted, self._list_declared(n)
        guessed = used & (known.unusual if verdict.label == "right" else known.unusual | known.bare)
        if isinstance(verdict.because, Misfit | OrdersDiffer):
            if used <= (known.stated if isinstance(verdict.because, Misfit) else known.counted):
                return verdict, note
            self.coarse = self.coarse or _Course(self.document, blur(self.glossary), self.notation)
            verdict = self.coarse.judge_one.judge(n, correct)
            if (
                isinstance(verdict.because, Counterexample)
                and not self._may_be_stated(verdict)
                and not used & known.unusual
            ):
                return verdict, write_note(verdict, self.coarse.glossary.sizes)
        elif not self._may_be_stated(verdict) and not guessed:
            return verdict, note
        return verdict._replace(label="unreadable"), f"{note}{_GUESSED}"

    def _may_be_stated(self, verdict: Verdict) -> bool:
        """Whether what an equation holds under may be what the document says in words that are not read."""
        return verdict.missing is not None and re.search(_HINTS[verdict.missing.property], self.text, re.I) is not None

    def _list_declared(self, n: int) -> set[str]:
        """List the names of the glossary that an equation speaks of, by way of what the document defines, too."""
        vocabulary = self.judge_one.vocabulary
        definitions, symbols = vocabulary.definitions, vocabulary.symbols
        sides = [side for side in (self.parsed[n].left, self.parsed[n].right) if not isinstance(side, Unreadable)]
        names = {symbols.find_name(one) for side in sides for one in list_symbols(side)} - {None}
        held = {quantity for name in names if name is not None for quantity in symbols.quantities[name]}
        bodies = [one.body for quantity in held for one in definitions.quantities.get(quantity, ())]
        held |= {one.quantity for one in walk_definitions(definitions, bodies) if isinstance(one, Entry)}
        return {one.name for one in held & symbols.declared if one not in definitions.quantities}


def _list_signs(document: Document) -> tuple[list[tuple[Node | Unreadable, Node | Unreadable]], list[Relation]]:
    """List the sides of all equations, and the relations that the document states in its prose, or beside equations."""
    trees: dict[tuple[Token, ...], Node | Unreadable] = {}
    everything = [one for display in document.displays for one in display]
    sides = [_parse(one, trees, frozenset())[2:4] for one in everything]
    stated = [found for one in document.sentences for found in list_statements(one.words, one.formulas)]
    stated += [found for one in everything for remark in one.remarks for found in list_statements("", [remark.tokens])]
    for one, (left, right) in zip(everything, sides, strict=True):
        if one.relation == r"\in" and not isinstance(left, Unreadable) and not isinstance(right, Unreadable):
            stated.append(Relation(left, one.relation, right))
    return sides, stated


def _make_reader(document: Document) -> Callable[[Glossary, int], Reading]:
    """Make what reads a document under a glossary, without judging it."""

    trees: dict[tuple[Token, ...], Node | Unreadable] = {}  # the same under each glossary

    def read(glossary: Glossary, most: int) -> Reading:
        judge = _Course(document, glossary, "", trees=trees).judge_one
        ways = [
            []
            if isinstance(one.left, Unreadable) or isinstance(one.right, Unreadable) or one.relation not in EQUALS
            else list_ways(judge.vocabulary, one.left, one.right, most)
            for one in judge.equations
        ]
        return Reading(judge.vocabulary, ways)

    return read


def _spell_correction(equation: Equation, found: Correction) -> tuple[str, str]:
    """Spell out the kind of a correction and the equation with it; the side that stays as the document has it."""
    left = write_latex(found.left) if found.is_left else spell(equation.left)
    right = spell(equation.right) if found.is_left else write_latex(found.right)
    return found.kind, f"{left} {equation.relation} {right}"


def _list_inline(sentences: Sequence[Sentence], words: frozenset[str]) -> Iterator[Candidate]:
    """List what the formulas of the prose may define."""
    for sentence in sentences:
        for formula in sentence.formulas:
            signs = [one for one in find_relations(formula) if one.text in ("=", ":=")]
            if len(signs) == 1:
                left, right = _parse_side(formula[: signs[0].start], words), _parse_side(formula[signs[0].end :], words)
                if isinstance(left, Symbol) and not isinstance(right, Unreadable):
                    yield Candidate(left, right, sentence.line)


def _parse(
    equation: Equation, trees: dict[tuple[Token, ...], Node | Unreadable], words: frozenset[str]
) -> ParsedEquation:
    """Parse the sides as far as the grammar goes; those of a chain, which are in `trees` then, once."""
    if equation.unreadable:
        refusal = Unreadable(equation.unreadable)
        return ParsedEquation(equation.line, equation.relation, refusal, refusal)
    for side in (equation.left, equation.right):
        if side not in trees:
            trees[side] = _parse_side(side, words)
    left, right = trees[equation.left], trees[equation.right]
    remarks = tuple(remark.tokens for remark in equation.remarks)
    return ParsedEquation(equation.line, equation.relation, left, right, equation.continues, remarks)


def _parse_side(side: tuple[Token, ...], words: frozenset[str]) -> Node | Unreadable:
    try:
        return parse(side, words)
    except Unreadable as error:
        return error
    except RecursionError:
        return Unreadable("it is nested too deeply")
    except Exception as error:  # one formula is no reason to lose the document
        return Unreadable(f"{PLEASE_REPORT}: {type(error).__name__}: {error}")
