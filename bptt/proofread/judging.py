"""A verdict for every equation of a document."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import NamedTuple

from bptt.proofread.evaluation.budget import Budget, TooLarge
from bptt.proofread.evaluation.comparison import Agreement, Counterexample, Undecided, compared
from bptt.proofread.evaluation.valuation import Circle
from bptt.proofread.expressions import Claim
from bptt.proofread.semantics.adoption import Adopted, Equation, Unread, adopt
from bptt.proofread.semantics.claims import OrdersDiffer, Vocabulary, claim, claim_on_function
from bptt.proofread.semantics.definitions import FINDINGS, Circular, line_of, parameters_of, subject
from bptt.proofread.semantics.ranges import Misfit
from bptt.proofread.semantics.reader import LAYOUT, is_standard
from bptt.proofread.semantics.readings import MOST_READINGS, Reading
from bptt.proofread.syntax import Adjacent, Node, Symbol, Unreadable
from bptt.proofread.wording import agreement_in_words, counterexample_in_words

EQUALS = ("=", ":=", r"\equiv", r"\coloneqq", r"\triangleq", r"\doteq", r"\leftarrow", r"\gets")
ASSIGNS = (r"\leftarrow", r"\gets")


class Verdict(NamedTuple):
    """A label, and what there is to say about it."""

    label: str  # right, wrong, definition, contradicts, orders differ, unreadable
    note: str = ""


class Stated(NamedTuple):
    """An equation of a document, read as far as the grammar goes: a side is None where `unreadable` says why."""

    line: int
    relation: str
    left: Node | None
    right: Node | None
    continues: bool = False
    unreadable: str = ""


class Judge:
    """Judges the equations of one document: takes up first what they define, then compares the sides of each."""

    def __init__(self, vocabulary: Vocabulary, equations: Sequence[Stated]) -> None:
        self.vocabulary = vocabulary
        self.equations = [_without_arguments(vocabulary, stated) for stated in equations]
        unread = [Unread(one.left, one.line) for one in self.equations if one.left is not None and one.right is None]
        self.adopted: Adopted = adopt(vocabulary, dict(_candidates(self.equations)), unread)
        self.settled: dict[Hashable, int] = {}
        self.settled_by = self.line = 0
        self.budget = Budget()

    def verdict(self, n: int) -> Verdict:
        """The verdict on the equation of that number."""
        stated = self.equations[n]
        self.line, self.budget = stated.line, Budget()
        if stated.unreadable or stated.left is None or stated.right is None:
            return Verdict("unreadable", stated.unreadable)
        if stated.relation not in EQUALS:
            return Verdict("unreadable", f"{stated.relation} states no equation")
        if stated.relation in ASSIGNS:
            return Verdict("definition", "an assignment")
        try:
            return self._judged(n, stated.left, stated.right)
        except RecursionError:
            return Verdict("unreadable", "it is nested too deeply")

    def _judged(self, n: int, left: Node, right: Node) -> Verdict:
        reason = self.adopted.unused.get(n)
        if reason is not None and not isinstance(reason, Circular):
            finding = _finding(reason)
            return finding if finding.label != "unreadable" else Verdict("definition", f"not used further: {reason}")
        taken_up = Verdict("definition", "taken up from here")
        if n in self.adopted.used:
            return taken_up
        about = subject(self.vocabulary, left)
        verdict = self._compared(left, right)
        if -n in self.adopted.used and verdict.label == "right":
            return taken_up
        if about is None or verdict.label not in ("wrong", "right", "orders differ"):
            return verdict
        found = line_of(self.vocabulary, about)
        if found is None:
            return verdict
        line = found[0]
        if verdict.label != "right":
            return Verdict("contradicts", f"{_of(line)}: {verdict.note}")
        return Verdict("definition", "as in the glossary") if line is None else verdict

    def _compared(self, left: Node, right: Node) -> Verdict:
        if isinstance(left, Adjacent):
            parameters = parameters_of(self.vocabulary, left)
            name = self.vocabulary.symbols.base(left.symbol)
            known = parameters is not None and (name, len(parameters)) in self.vocabulary.functions
            if parameters is not None and (known or (left.applied and is_standard(name))):
                return self._function_compared(parameters, left, right)
        verdict, reading = self._first_that_holds(left, right, self.settled)
        if LAYOUT in reading.asked and verdict.label == "right":
            self._settle(left, right, reading)
        elif LAYOUT in self.settled and verdict.label == "wrong":
            other, _ = self._first_that_holds(left, right, {LAYOUT: 1 - self.settled[LAYOUT]})
            if other.label == "right":
                layouts = ("numerators", "denominators")
                taken, holds = layouts[self.settled[LAYOUT]], layouts[1 - self.settled[LAYOUT]]
                note = f"{verdict.note}; it holds if {holds} stand for the rows, but line {self.settled_by} has {taken}"
                return Verdict("wrong", note)
        return verdict

    def _settle(self, left: Node, right: Node, reading: Reading) -> None:
        """Take the layout of an equation that holds in one alone for that of the whole document."""
        answer, _ = reading.asked[LAYOUT]
        other, _ = self._first_that_holds(left, right, {LAYOUT: 1 - answer})
        if other.label == "wrong":
            self.settled[LAYOUT], self.settled_by = answer, self.line

    def _function_compared(self, parameters: Sequence[str], left: Node, right: Node) -> Verdict:
        try:
            stated = claim_on_function(self.vocabulary, parameters, left, right)
        except FINDINGS as error:
            return _finding(error)
        return self._tried(stated, Reading())

    def _first_that_holds(self, left: Node, right: Node, settled: Mapping[Hashable, int]) -> tuple[Verdict, Reading]:
        """The verdict under the first reading that holds, or else under the first one; and the last one tried."""
        waiting: list[tuple[int, ...]] = [()]
        findings: list[Verdict] = []
        unread: list[Verdict] = []
        doubt = ""
        for _ in range(MOST_READINGS):
            reading = Reading(waiting.pop(0), settled)
            verdict, is_open = self._under(reading, left, right)
            if verdict.label == "right" and not reading.doubtful:
                return verdict, reading
            if verdict.label == "right":
                doubt = f"; it would hold if {reading.doubtful}"
            elif is_open:
                return verdict, reading  # another reading may fail where this one would hold
            else:
                (unread if verdict.label == "unreadable" else findings).append(verdict)
            waiting = sorted([*waiting, *reading.others()], key=lambda taken: sum(map(bool, taken)))
            if not waiting or self.budget.spent:
                break
        if not findings and unread:
            return unread[0], reading
        if waiting:
            return Verdict("unreadable", "it can be read in more ways than are tried"), reading
        return Verdict(findings[0].label, findings[0].note + doubt), reading

    def _under(self, reading: Reading, left: Node, right: Node) -> tuple[Verdict, bool]:
        """The verdict under one reading, and whether it is open although the equation could be read."""
        try:
            stated = claim(self.vocabulary, left, right, reading)
        except FINDINGS as error:
            return _finding(error), False
        verdict = self._tried(stated, reading)
        return verdict, verdict.label == "unreadable"

    def _tried(self, stated: Claim, reading: Reading) -> Verdict:
        try:
            outcome = compared(stated, self.vocabulary.definitions, self.budget)
        except (Circle, TooLarge) as error:
            return Verdict("unreadable", str(error))
        letters = {name: texts[0] for name, texts in self.vocabulary.symbols.glossary.sizes.items()}
        match outcome:
            case Undecided():
                return Verdict("unreadable", outcome.why)
            case Counterexample():
                return Verdict("wrong", counterexample_in_words(outcome, letters))
            case Agreement():
                words = agreement_in_words(outcome, letters)
                return Verdict("right", "; ".join(text for text in (reading.described(), words) if text))


def _candidates(equations: Sequence[Stated]) -> Iterator[tuple[int, Equation]]:
    """What may define something, by number; a negative one for b = c where a chain a = b = c says that, too."""
    for n, stated in enumerate(equations):
        if stated.relation not in EQUALS or stated.left is None or stated.right is None:
            continue
        if stated.relation in ASSIGNS:
            continue
        yield n, Equation(stated.left, stated.right, stated.line)
        before = equations[n - 1] if n else stated
        if stated.continues and isinstance(before.right, Symbol) and before.left is stated.left:
            yield -n, Equation(before.right, stated.right, stated.line)


def _without_arguments(vocabulary: Vocabulary, stated: Stated) -> Stated:
    """L(θ) = … says of what L depends: it is about L."""
    left = stated.left
    if not isinstance(left, Adjacent) or left.applied or parameters_of(vocabulary, left) is None:
        return stated
    known = vocabulary.symbols.known(left.symbol) is not None and not vocabulary.is_function(left.symbol)
    return stated._replace(left=left.symbol) if known else stated


def _finding(error: Exception) -> Verdict:
    if isinstance(error, Misfit):
        return Verdict("wrong", str(error))
    if isinstance(error, OrdersDiffer):
        return Verdict("orders differ", str(error))
    assert isinstance(error, Unreadable)
    return Verdict("unreadable", f"{error}{error.where}")


def _of(line: int | None) -> str:
    return "the glossary" if line is None else f"line {line}"
