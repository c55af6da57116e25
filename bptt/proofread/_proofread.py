"""From the text of a document to a finding on each of its equations."""

import functools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from bptt.proofread._expressions import Entry, Property
from bptt.proofread._judge import PLEASE_REPORT, Judge
from bptt.proofread._parsed import EQUALS, ParsedEquation
from bptt.proofread._rendering import render
from bptt.proofread._traversal import walk_definitions
from bptt.proofread._verdict import FINDINGS, Verdict
from bptt.proofread._wording import UNUSED, write_note
from bptt.proofread.corrections import Correction, write_latex
from bptt.proofread.document import Document, Equation, Sentence, Token, cut_equation, read_document, spell, tokenize
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
from bptt.proofread.semantics._definitions import read_call
from bptt.proofread.syntax import Node, Symbol, Unreadable, parse
from bptt.proofread.syntax.tree import Relation, list_symbols, nodes

LARGEST_DOCUMENT = 1_000_000  # characters: a book
MOST_ACCUSED = 3  # of so many equations one, beyond which the notation of the post is doubted where none was given
MOST_EQUATIONS = 5_000  # each may take the whole budget of an equation
MOST_NODES = 500  # of the tree of one side: a long formula has some 100, and each is walked often
NOTATIONS = ("given", "the post's", "drafted from the document")
# Words by which a document may state a property of a symbol, in whatever sentence.
_EXAMPLES = re.compile(r"example|instance|e\.g\.|such as|\bsay\b|\blike\b", re.IGNORECASE)  # of a function, not it
_HINTS: dict[Property, str] = {
    "symmetric": r"symmetric|covarianc", "orthogonal": "orthogonal|orthonormal|rotation", "diagonal": "diagonal",
    "one-hot": "one[- ]hot|probabilit|distribution", "normalised": "one[- ]hot|probabilit|distribution|sums? to",
    "positive": "positive|varianc|>", "unit": "unit|normali[sz]ed", "binary": "0", "sign": "1",
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
        return _arrange(document, _Course(document, known, NOTATIONS[0]).judge(progress))
    total = sum(map(len, document.displays))

    def report(before: int) -> Progress | None:
        return None if progress is None else lambda done, _: progress(before + done, 2 * total)

    best = _Course(document, read_default_glossary(), NOTATIONS[1])
    findings = best.judge(report(0), correct=False)
    judged = _count_judged(findings)
    if judged < total or _count_findings(findings) * MOST_ACCUSED > total:
        drafted = draft(*_list_signs(document), _make_reader(document))
        notation = f"{NOTATIONS[2]}; the post's judges {judged} of {total} equations"
        other = _Course(document, read_glossary(drafted.toml), notation, drafted, text)
        others = other.judge(report(total), correct=False)
        if (_count_judged(others), -_count_findings(others)) > (judged, -_count_findings(findings)):
            best, findings = other, others
    return _arrange(document, [best.find(n) if one.is_finding else one for n, one in enumerate(findings)])


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
        left, relation, right = cut_equation(formula)
        if left and right and relation in EQUALS:
            yield Equation(0, right[0].line, right[0].column, spell(formula), left, relation, right, False)


def _arrange(document: Document, findings: Iterable[Finding]) -> list[list[Finding]]:
    """Return a list of findings for each display."""
    coming = iter(findings)
    return [list(islice(coming, len(display))) for display in document.displays]


def _count_judged(findings: Sequence[Finding]) -> int:
    """Count the equations that were compared, or taken for definitions and used."""
    return sum(one.label != "unreadable" and not one.note.startswith(UNUSED) for one in findings)


def _count_findings(findings: Sequence[Finding]) -> int:
    return sum(one.is_finding for one in findings)


class _Course:
    """The judgement of one document by one glossary."""

    def __init__(
        self,
        document: Document,
        glossary: Glossary,
        notation: str,
        drafted: Draft | None = None,
        text: str = "",
    ) -> None:
        self.document = document
        self.glossary = glossary
        self.notation = notation
        self.drafted = drafted
        self.text = text
        vocabulary = build_vocabulary(glossary)
        self.equations = _list_displayed(document)
        self.parsed = [_parse(one, vocabulary.words) for one in self.equations]
        inline = list(_list_inline(document.sentences, vocabulary.words))
        self.judge_one = Judge(vocabulary, self.parsed, document.sentences, inline)
        self.coarse: _Course | None = None  # by a glossary in which all sizes are the same

    def judge(self, progress: Progress | None = None, correct: bool = True) -> list[Finding]:
        """Judge all equations, in order; look for what may have been meant if `correct`."""
        findings = list[Finding]()
        for n in range(len(self.equations)):
            findings.append(self.find(n, correct))
            if progress is not None:
                progress(n + 1, len(self.equations))
        return findings

    def find(self, n: int, correct: bool = True) -> Finding:
        """Judge one equation."""
        one = self.equations[n]
        verdict, note = self._judge(n, correct)
        known = ("", "") if verdict.correction is None else _spell_correction(one, verdict.correction)
        return Finding(one.display, one.line, one.column, one.latex, verdict.label, note, *known, self.notation)

    def _judge(self, n: int, correct: bool) -> tuple[Verdict, str]:
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
        names = {symbols.find_name(one) for side in self.parsed[n].sides or () for one in list_symbols(side)}
        held = {quantity for name in names if name is not None for quantity in symbols.quantities[name]}
        bodies = [one.body for quantity in held for one in definitions.quantities.get(quantity, ())]
        held |= {one.quantity for one in walk_definitions(definitions, bodies) if isinstance(one, Entry)}
        return {one.name for one in held & symbols.declared if one not in definitions.quantities}


def _list_displayed(document: Document) -> list[Equation]:
    return [one for display in document.displays for one in display]


def _list_signs(document: Document) -> tuple[list[tuple[Node | Unreadable, Node | Unreadable]], list[Relation]]:
    """List the sides of all equations, and the relations that the document states in its prose, or beside equations."""
    parsed = [_parse(one, frozenset()) for one in _list_displayed(document)]
    stated = [found for one in document.sentences for found in list_statements(one.words, one.formulas)]
    remarks = (remark for one in _list_displayed(document) for remark in one.remarks)
    stated += [found for remark in remarks for found in list_statements("", [remark.tokens])]
    for one in parsed:
        if one.relation == r"\in" and one.sides:
            stated.append(Relation(one.sides[0], one.relation, one.sides[1]))
    return [(one.left, one.right) for one in parsed] + _list_brought_in(document), stated


def _list_brought_in(document: Document) -> list[tuple[Node | Unreadable, Node | Unreadable]]:
    """List the sides of what the prose defines by other symbols, and no display does."""
    shown = {one.left[0].text for one in _list_displayed(document) if one.left}
    inline = _list_inline(document.sentences, frozenset())
    return [
        (one.left, one.right)
        for one in inline
        if isinstance(one.left, Symbol) and one.left.name not in shown and _is_formula(one.right)
    ]


def _is_formula(side: Node | Unreadable) -> bool:
    """Whether a side is made of symbols: W = 0 and v = u fix a value, and define nothing."""
    return not isinstance(side, Symbol | Unreadable) and any(True for _ in list_symbols(side))


def _make_reader(document: Document) -> Callable[[Glossary, int], Reading]:
    """Make what reads a document under a glossary, without judging it."""
    brought_in = _list_brought_in(document)

    def read(glossary: Glossary, most: int) -> Reading:
        judge = _Course(document, glossary, "").judge_one
        ways = [
            list_ways(judge.vocabulary, *one.sides, most) if one.sides and one.relation in EQUALS else []
            for one in judge.equations
        ]
        ways += [
            list_ways(judge.vocabulary, left, right, most)
            for left, right in brought_in
            if not isinstance(left, Unreadable) and not isinstance(right, Unreadable)
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
            left, relation, right = cut_equation(formula, ("=", ":="))
            about, body = _parse_side(left, words), _parse_side(right, words)
            if not relation or isinstance(about, Unreadable) or isinstance(body, Unreadable):
                continue
            if isinstance(about, Symbol) or (read_call(about) and not _EXAMPLES.search(sentence.words)):
                yield Candidate(about, body, sentence.line)


def _parse(equation: Equation, words: frozenset[str]) -> ParsedEquation:
    """Parse the sides as far as the grammar goes."""
    if equation.unreadable:
        refusal = Unreadable(equation.unreadable)
        return ParsedEquation(equation.line, equation.relation, refusal, refusal)
    left, right = _parse_side(equation.left, words), _parse_side(equation.right, words)
    remarks = tuple(remark.tokens for remark in equation.remarks)
    return ParsedEquation(equation.line, equation.relation, left, right, equation.continues, remarks)


@functools.lru_cache(2 * MOST_EQUATIONS)  # a chain has the same left side throughout, and each glossary the same trees
def _parse_side(side: tuple[Token, ...], words: frozenset[str]) -> Node | Unreadable:
    try:
        parsed = parse(side, words)
    except Unreadable as error:
        return error
    except RecursionError:
        return Unreadable("it is nested too deeply")
    except Exception as error:  # one formula is no reason to lose the document
        return Unreadable(f"{PLEASE_REPORT}: {type(error).__name__}: {error}")
    size = sum(1 for _ in nodes(parsed))
    return parsed if size <= MOST_NODES else Unreadable(f"it has {size} parts: more than {MOST_NODES} are not read")
