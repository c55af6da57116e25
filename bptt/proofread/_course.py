"""The judgement of a document by one glossary: a finding for each equation, and what of a drafted one is doubted."""

import functools
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bptt.proofread._expressions import Property, Quantity
from bptt.proofread._judge import Judge
from bptt.proofread._parse_document import list_displayed, parse_document
from bptt.proofread._parsed import EQUALS
from bptt.proofread._rendering import render
from bptt.proofread._traversal import get_letter, list_quantities
from bptt.proofread._verdict import FINDINGS, Verdict
from bptt.proofread._wording import write_note
from bptt.proofread.corrections import IMMEDIATE, Correction, Kind, write_latex
from bptt.proofread.document import Document, Equation, spell, tokenize
from bptt.proofread.evaluation import Counterexample
from bptt.proofread.semantics import (
    Draft,
    Glossary,
    Misfit,
    OrdersDiffer,
    blur,
    build_vocabulary,
    is_standard,
    make_numbers,
    turn,
    walk_symbols,
)
from bptt.proofread.syntax import Node, Symbol
from bptt.proofread.syntax.tree import Derivative, Differential, Nabla, list_symbols, nodes, read_call

# Words by which a document may state a property of a symbol, in whatever sentence.
_HINTS: dict[Property, str] = {
    "symmetric": r"symmetr|covarianc|\\succ|definite|\\mathcal *\{?N", "diagonal": "diagonal",
    "orthogonal": "orthogonal|orthonormal|rotation",
    "one-hot": "one[- ]hot|probabilit|distribution", "normalised": "one[- ]hot|probabilit|distribution|sums? to",
    "positive": "positive|varianc|>", "unit": "unit|normali[sz]ed", "binary": "0", "sign": "1",
}  # fmt: skip
_GUESSED = "; what its symbols are is guessed, and may be at fault: with a glossary of your own it would be judged"
# By these an equation comes to hold where a definition or a sum that it rests on is not read, too.
_LESS: tuple[Kind, ...] = ("a term too much", "a sum too much")

Progress = Callable[[int, int], None]


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


class Course:
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
        self.equations = list_displayed(document)
        self.parsed, inline = parse_document(document, vocabulary.words)
        self.judge_one = Judge(vocabulary, self.parsed, document.sentences, inline)
        self.coarse: Course | None = None  # by a glossary in which all sizes are the same
        self.doubted: set[int] = set()  # the numbers of equations that are judged, by a guess alone
        self.others: dict[frozenset[str] | None, Course] = {}  # by others that the document may have

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
        """Judge one equation. What a guess accuses must be wrong by any other that may be the document's.

        And it must come with an equation beside it that is right: where none is, the reading may be at fault.
        """
        verdict, note = self._judge_by_draft(n, correct)
        if verdict.label not in (*FINDINGS, "right") or not (self.is_guess and self._has_symbols(n)):
            return verdict, note
        unseen = correct and verdict.label in FINDINGS and not self._has_witness(n, verdict)
        rests = self.drafted is not None and self._rests_on_guess(n, verdict)
        return self._doubt(n, verdict, note) if unseen or rests else (verdict, note)

    def _rests_on_guess(self, n: int, verdict: Verdict) -> bool:
        """Whether the document may mean something else, by which the verdict might be another."""
        if verdict.label == "right":
            return self._differentiates(n) and self._is_constrained(n)
        return self._is_said_elsewhere(n) or self._takes_for_index(n) or self._is_constrained(n) or self._may_hold(n)

    def _judge_by_draft(self, n: int, correct: bool) -> tuple[Verdict, str]:
        """Judge one equation. What only a guess of a drafted glossary accuses is judged by a coarser one."""
        verdict = self.judge_one.judge(n, correct)
        note = write_note(verdict, self.glossary.sizes)
        if self.drafted is None or verdict.label not in (*FINDINGS, "right"):
            return verdict, note
        known, (used, defined) = self.drafted, self._list_declared(n)
        unusual = (used | defined) & known.unusual
        if isinstance(verdict.because, Misfit | OrdersDiffer):
            if not unusual and used <= (known.stated if isinstance(verdict.because, Misfit) else known.counted):
                return verdict, note
            self.coarse = self.coarse or Course(self.document, blur(self.glossary), self.notation)
            verdict = self.coarse.judge_one.judge(n, correct)
            found = isinstance(verdict.because, Counterexample)
            if found and not (unusual or self._may_be_stated(verdict) or self._brings_in(n)):
                return verdict, write_note(verdict, self.coarse.glossary.sizes)
        elif not (unusual or self._may_be_stated(verdict)) and (verdict.label == "right" or not self._brings_in(n)):
            return verdict, note
        return self._doubt(n, verdict, note)

    def _doubt(self, n: int, verdict: Verdict, note: str) -> tuple[Verdict, str]:
        """Take back a verdict that rests on a guess."""
        self.doubted.add(n)
        return verdict._replace(label="unreadable"), f"{note}{_GUESSED}"

    def _is_said_elsewhere(self, n: int) -> bool:
        """Whether another equation says what a free symbol of an equation is, and cannot be used."""
        sides = (self.parsed[m].sides for m in self.judge_one.unused if 0 <= m < len(self.parsed) and m != n)
        about = {one.name for pair in sides if pair is not None for one in self._list_about(pair[0])}
        return not about.isdisjoint(self._list_declared(n)[0])

    def _list_about(self, left: Node) -> Sequence[Quantity]:
        """List the quantities that a left-hand side is about: R of R, and of R(θ)."""
        call = read_call(left)
        symbol = left if call is None else call.function
        return self.judge_one.vocabulary.symbols.get_held(symbol) if isinstance(symbol, Symbol) else ()

    def _takes_for_index(self, n: int) -> bool:
        """Whether a letter that numbers what an equation is about is a symbol of it, too: the t of f_t(x) = t c^⊤ x."""
        claim = self.judge_one.claim
        letters = {get_letter(one) for one in claim.free} if claim is not None else set()
        sides = self.parsed[n].sides or ()
        return any(one.name in letters and one == Symbol(one.name) for side in sides for one, _ in walk_symbols(side))

    def _differentiates(self, n: int) -> bool:
        parts = (part for side in self.parsed[n].sides or () for part in nodes(side))
        return any(isinstance(part, Derivative | Differential | Nabla) for part in parts)

    def _is_constrained(self, n: int) -> bool:
        """Whether another equation relates what an equation speaks of: a u that solves K u = f depends on f."""
        spoken = self._list_declared(n)[0]
        return any(
            m != n and self._constrains(m) and spoken & self._list_declared(m)[0] for m in range(len(self.parsed))
        )

    @functools.cache  # noqa: B019  (a course lives as long as its document is judged)
    def _constrains(self, n: int) -> bool:
        """Whether an equation relates free symbols, and neither defines one nor could follow from anything."""
        sides = self.parsed[n].sides
        if sides is None or self.parsed[n].relation not in EQUALS or n in self.judge_one.roles:
            return False
        left, right = map(self._list_quantities, sides)
        if (left | right) & self.judge_one.vocabulary.definitions.quantities.keys() or left <= right or right <= left:
            return False
        return self.judge_one.judge(n, correct=False).label in FINDINGS

    @functools.cache  # noqa: B019  (a course lives as long as its document is judged)
    def _may_hold(self, n: int) -> bool:
        """Whether an equation is right with numbers for what may be vectors, or with vectors the other way."""
        numbers = self._list_declared(n)[0] & (self.drafted.plain if self.drafted else frozenset())
        may_be = frozenset(one for one in numbers if self._reads_as_much(self._get_other(frozenset({one}))))
        others = [self._get_other(one) for one in (may_be, None) if one is None or one]
        return any(
            self._reads_as_much(one) and one.judge_one.judge(n, correct=False).label == "right" for one in others
        )

    def _reads_as_much(self, other: "Course") -> bool:
        """Whether another glossary has the same definitions used: where one is lost, much that is false is right."""
        return other.judge_one.roles == self.judge_one.roles

    def _get_other(self, numbers: frozenset[str] | None) -> "Course":
        """Return the judgement by a glossary in which these are numbers; for None, with vectors the other way."""
        if numbers not in self.others:
            other = turn(blur(self.glossary)) if numbers is None else make_numbers(self.glossary, numbers)
            self.others[numbers] = Course(self.document, other, self.notation)
        return self.others[numbers]

    def _may_be_stated(self, verdict: Verdict) -> bool:
        """Whether what an equation holds under may be what the document says in words that are not read."""
        return verdict.missing is not None and re.search(_HINTS[verdict.missing.property], self.text, re.I) is not None

    def _has_symbols(self, n: int) -> bool:
        """Whether an equation has symbols that might mean this or that: log exp 2 = 1 has none."""
        symbols = (one for side in self.parsed[n].sides or () for one in list_symbols(side))
        return not all(is_standard(one.name) for one in symbols)

    def _has_witness(self, n: int, verdict: Verdict) -> bool:
        """Whether what is read has a meaning: an equation beside the one that is wrong is right, or that for less."""
        found, missing = verdict.correction, verdict.missing
        if verdict.other_layout is not None or (missing is not None and not self._has_line_of(n, missing.quantity)):
            return True
        if found is None or found.kind in _LESS or (found.kind == "a symbol" and self._is_defined(found.right)):
            return False
        if self._numbers_otherwise(n, found):
            return False
        return found.kind != IMMEDIATE or self.judge_one.search.tells_immediate

    def _has_line_of(self, n: int, quantity: Quantity) -> bool:
        """Whether an equation speaks of a line of a matrix, as X_j: a row or a column, the same if it is symmetric."""
        symbols = (one for side in self.parsed[n].sides or () for one in list_symbols(side))
        found = (self.judge_one.vocabulary.symbols.find(one) for one in symbols)
        lines = (one.quantity for one in found if one is not None and len(one.scripts.indices) == 1)
        return len(quantity.axes) == 2 and quantity in lines

    def _numbers_otherwise(self, n: int, found: Correction) -> bool:
        """Whether a correction has the same symbols, one with more indices or fewer: X_j may be a row or a column."""
        sides = self.parsed[n].sides
        before = list_symbols(sides[0 if found.is_left else 1]) if sides is not None else ()
        pairs = [[(one.name, len(one.below)) for one in symbols] for symbols in (before, list_symbols(found.right))]
        same = Counter(name for name, _ in pairs[0]) == Counter(name for name, _ in pairs[1])
        return same and Counter(pairs[0]) != Counter(pairs[1])

    def _is_defined(self, side: Node) -> bool:
        """Whether a side is one symbol that is defined: maybe as the other side."""
        defined = self.judge_one.vocabulary.definitions.quantities.keys()
        return isinstance(side, Symbol) and bool(self._list_quantities(side) & defined)

    @property
    def is_guess(self) -> bool:
        """Whether it is a guess that the document is in this notation."""
        return self.drafted is not None or (self.notation != "given" and not self.restates)

    @property
    def restates(self) -> bool:
        """Whether the document says again what the glossary says by default: it is in that notation, then."""
        return bool(self.judge_one.vocabulary.repeated)

    def _list_declared(self, n: int) -> tuple[set[str], set[str]]:
        """List the names of the glossary that an equation speaks of: those that are free, and the others."""
        vocabulary = self.judge_one.vocabulary
        declared = self._list_quantities(*self.parsed[n].sides or ()) & vocabulary.symbols.declared
        defined = declared & vocabulary.definitions.quantities.keys()
        return {one.name for one in declared - defined}, {one.name for one in defined}

    def _brings_in(self, n: int) -> bool:
        """Whether the right-hand side has a symbol that nothing defines and the left-hand side does not depend on.

        The sentences of the document may define it, in words that are not read.
        """
        left, right = map(self._list_quantities, self.parsed[n].sides or ())
        return bool(right - left - self.judge_one.vocabulary.definitions.quantities.keys())

    def _list_quantities(self, *sides: Node) -> set[Quantity]:
        """List what formulas speak of, by way of what defines it, too."""
        vocabulary = self.judge_one.vocabulary
        definitions, symbols = vocabulary.definitions, vocabulary.symbols
        names = {symbols.find_name(one) for side in sides for one in list_symbols(side)}
        held = {quantity for name in names if name is not None for quantity in symbols.quantities[name]}
        bodies = [one.body for quantity in held for one in definitions.quantities.get(quantity, ())]
        return held.union(list_quantities(definitions, *bodies))


def _spell_correction(equation: Equation, found: Correction) -> tuple[str, str]:
    """Spell out the kind of a correction and the equation with it; the side that stays as the document has it."""
    left = write_latex(found.left) if found.is_left else spell(equation.left)
    right = spell(equation.right) if found.is_left else write_latex(found.right)
    return found.kind, f"{left} {equation.relation} {right}"
