"""A verdict for every equation of a document."""

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from bptt.proofread import semantics
from bptt.proofread._expressions import Claim
from bptt.proofread.evaluation import Agreement, Budget, Circle, Counterexample, Outcome, TooLarge, compare
from bptt.proofread.semantics import LAYOUT, Candidate, Choice, Interpretation, Vocabulary
from bptt.proofread.syntax.tree import Adjacent, Node, Symbol, Unreadable

EQUALS = ("=", ":=", r"\equiv", r"\coloneqq", r"\triangleq", r"\doteq", r"\leftarrow", r"\gets")
ASSIGNS = (r"\leftarrow", r"\gets")
LABELS = ("right", "wrong", "definition", "contradicts", "orders differ", "unreadable")


Role = Literal["taken up", "assigns", "repeats the glossary"]  # of a definition in its document


class ParsedEquation(NamedTuple):
    """An equation of a document as far as the grammar reads it: the sides, or why they are not read."""

    line: int
    relation: str
    left: Node | Unreadable
    right: Node | Unreadable
    continues: bool = False


class Verdict(NamedTuple):
    """A label, and all that its note tells.

    Attributes:
        label: one of `LABELS`
        because: what came out of the comparison, or why there was none; of a definition, what it does or why nothing
        choices: what was left to convention
        doubt: what would have to be taken for the equation to hold
        other_layout: the answer to `LAYOUT` with which it holds, and the line of the equation that settled the other
        contradicts: the line of the definition that it contradicts, in a tuple; None for the glossary
    """

    label: str
    because: Role | Outcome | Exception
    choices: tuple[Choice, ...] = ()
    doubt: Choice | None = None
    other_layout: tuple[int, int] | None = None
    contradicts: tuple[int | None] | None = None


class Judge:
    """Judges the equations of one document: takes up first what they define, then compares the sides of each."""

    def __init__(self, vocabulary: Vocabulary, equations: Sequence[ParsedEquation]) -> None:
        self.vocabulary = vocabulary
        self.equations = [_strip_arguments(vocabulary, equation) for equation in equations]
        unread = [one for one in self.equations if isinstance(one.right, Unreadable)]
        lost = [(one.left, one.line) for one in unread if not isinstance(one.left, Unreadable)]
        self.collected = semantics.collect_definitions(vocabulary, dict(_list_candidates(self.equations)), lost)
        self.settled_layout: tuple[int, int] | None = None  # the answer, and the line of the equation that gave it
        self.line = 0
        self.budget = Budget()

    def judge(self, n: int) -> Verdict:
        """Judge the equation of that number."""
        equation = self.equations[n]
        self.line, self.budget = equation.line, Budget()
        if isinstance(equation.left, Unreadable) or isinstance(equation.right, Unreadable):
            unread = (side for side in (equation.left, equation.right) if isinstance(side, Unreadable))
            return Verdict("unreadable", next(unread))
        if equation.relation not in EQUALS:
            return Verdict("unreadable", Unreadable(f"{equation.relation} states no equation"))
        if equation.relation in ASSIGNS:
            return Verdict("definition", "assigns")
        try:
            return self._judge(n, equation.left, equation.right)
        except RecursionError:
            return Verdict("unreadable", Unreadable("it is nested too deeply"))

    def _judge(self, n: int, left: Node, right: Node) -> Verdict:
        reason = self.collected.unused.get(n)
        if reason is not None and not isinstance(reason, semantics.Circular):
            refusal = _label_refusal(reason)
            return refusal if refusal.label != "unreadable" else Verdict("definition", reason)
        if n in self.collected.used:
            return Verdict("definition", "taken up")  # compared with itself, it would always be right
        target = semantics.find_target(self.vocabulary, left)
        verdict = self._compare_sides(left, right)
        if -n in self.collected.used and verdict.label == "right":
            return Verdict("definition", "taken up")
        line = None if target is None else semantics.find_line(self.vocabulary, target)
        if line is None or verdict.label == "unreadable":
            return verdict
        if verdict.label != "right":
            return verdict._replace(label="contradicts", contradicts=line)
        return Verdict("definition", "repeats the glossary") if line == (None,) else verdict

    def _compare_sides(self, left: Node, right: Node) -> Verdict:
        if isinstance(left, Adjacent):
            parameters = semantics.get_parameters(self.vocabulary, left)
            name = self.vocabulary.symbols.get_base(left.symbol)
            known = parameters is not None and (name, len(parameters)) in self.vocabulary.functions
            if parameters is not None and (known or (left.applied and semantics.is_standard(name))):
                try:
                    claim = semantics.state_function_claim(self.vocabulary, parameters, left, right)
                except semantics.REFUSALS as error:
                    return _label_refusal(error)
                return self._judge_claim(claim, Interpretation())
        settled = None if self.settled_layout is None else self.settled_layout[0]
        verdict, interpretation = self._find_one_that_holds(left, right, settled)
        if LAYOUT in interpretation.asked and verdict.label == "right":
            answer = interpretation.asked[LAYOUT]
            if self._find_one_that_holds(left, right, 1 - answer)[0].label == "wrong":
                self.settled_layout = answer, self.line  # for the whole document, as the equation holds in one alone
        elif self.settled_layout is not None and verdict.label == "wrong":
            taken, line = self.settled_layout
            if self._find_one_that_holds(left, right, 1 - taken)[0].label == "right":
                return verdict._replace(other_layout=(1 - taken, line))
        return verdict

    def _find_one_that_holds(self, left: Node, right: Node, layout: int | None) -> tuple[Verdict, Interpretation]:
        """Judge under the first interpretation that holds, or else under the first; return also the last one tried."""
        waiting: list[tuple[int, ...]] = [()]
        findings: list[Verdict] = []
        unread: list[Verdict] = []
        doubt: Choice | None = None
        for _ in range(semantics.MOST_INTERPRETATIONS):
            interpretation = Interpretation(waiting.pop(0), {} if layout is None else {LAYOUT: layout})
            try:
                claim = semantics.state_claim(self.vocabulary, left, right, interpretation)
            except semantics.REFUSALS as error:
                verdict, is_open = _label_refusal(error), False
            else:
                verdict = self._judge_claim(claim, interpretation)
                is_open = verdict.label == "unreadable"
            if verdict.label == "right" and interpretation.doubt is None:
                return verdict, interpretation
            if verdict.label == "right":
                doubt = interpretation.doubt
            elif is_open:
                return verdict, interpretation  # another one may fail where this one would hold
            else:
                (unread if verdict.label == "unreadable" else findings).append(verdict)
            # The fewer answers differ from the usual ones, the sooner an interpretation is tried.
            waiting = sorted([*waiting, *interpretation.propose_others()], key=lambda taken: sum(map(bool, taken)))
            if not waiting or self.budget.is_spent:
                break
        if not findings and unread:
            return unread[0], interpretation
        if waiting:  # one of them might hold
            return Verdict("unreadable", Unreadable("it can be read in more ways than are tried")), interpretation
        return findings[0]._replace(doubt=doubt), interpretation

    def _judge_claim(self, claim: Claim, interpretation: Interpretation) -> Verdict:
        try:
            outcome = compare(claim, self.vocabulary.definitions, self.budget)
        except (Circle, TooLarge) as error:
            return Verdict("unreadable", error)
        if isinstance(outcome, Agreement):
            return Verdict("right", outcome, interpretation.list_choices())
        return Verdict("wrong" if isinstance(outcome, Counterexample) else "unreadable", outcome)


def _list_candidates(equations: Sequence[ParsedEquation]) -> Iterator[tuple[int, Candidate]]:
    """Yield what may define something, by number; a negative one for b = c where a chain a = b = c says that, too."""
    for n, one in enumerate(equations):
        if one.relation not in EQUALS or one.relation in ASSIGNS:
            continue
        if isinstance(one.left, Unreadable) or isinstance(one.right, Unreadable):
            continue
        yield n, Candidate(one.left, one.right, one.line)
        before = equations[n - 1] if n else one
        if one.continues and isinstance(before.right, Symbol) and before.left is one.left:
            yield -n, Candidate(before.right, one.right, one.line)


def _strip_arguments(vocabulary: Vocabulary, equation: ParsedEquation) -> ParsedEquation:
    """Strip L(θ) = …, which says of what L depends, of its arguments: it is about L."""
    left = equation.left
    if not isinstance(left, Adjacent) or left.applied or semantics.get_parameters(vocabulary, left) is None:
        return equation
    known = vocabulary.symbols.find_name(left.symbol) is not None and not vocabulary.may_apply(left.symbol)
    return equation._replace(left=left.symbol) if known else equation


def _label_refusal(error: Exception) -> Verdict:
    """Label an equation that claims nothing that could be compared: for some reasons, it is wrong."""
    labels: dict[type[Exception], str] = {semantics.Misfit: "wrong", semantics.OrdersDiffer: "orders differ"}
    return Verdict(labels.get(type(error), "unreadable"), error)
