"""The verdict on an equation under each way to read it, and on all of them together."""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from bptt.proofread import semantics
from bptt.proofread._expressions import Claim, Entry, Property, Quantity
from bptt.proofread._traversal import walk_definitions
from bptt.proofread._verdict import Verdict, label_refusal
from bptt.proofread.evaluation import Agreement, Budget, Circle, Counterexample, TooLarge, compare
from bptt.proofread.semantics import (
    LAYOUT,
    Equation,
    Interpretation,
    Statement,
    Vocabulary,
)
from bptt.proofread.semantics._vocabulary import MOST_READINGS
from bptt.proofread.syntax.tree import (
    Application,
    Node,
    Symbol,
    Unreadable,
    nodes,
)


class _Reading(NamedTuple):
    """What came of one way to read an equation."""

    verdict: Verdict
    interpretation: Interpretation
    claim: Claim | None = None


class ReadingJudge:
    """Judges single equations by what a vocabulary holds.

    Attributes:
        claim: what the last verdict of wrong was about
        stated: the properties that the text says of symbols
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.budget = Budget()
        self.claim: Claim | None = None
        self.stated: list[Statement] = []

    def _is_of_symbols(self, left: Application, parameters: Sequence[str]) -> bool:
        """Whether a function that means the same everywhere is applied to symbols, as in Tr(A): it is not defined."""
        name = self.vocabulary.symbols.get_base(left.function)
        known = (self.vocabulary.symbols.find_name(Symbol(one)) is not None for one in parameters)
        return not self.vocabulary.defines_function(name) and any(known)

    def _judge_function(self, left: Node, right: Node) -> Verdict | None:
        """Judge an equation about a function that is defined already; None for any other."""
        parameters = semantics.get_parameters(self.vocabulary, left) if isinstance(left, Application) else None
        if parameters is None or not isinstance(left, Application) or self._is_of_symbols(left, parameters):
            return None
        self.vocabulary.readings_left = MOST_READINGS
        try:
            claim = semantics.state_function_claim(self.vocabulary, parameters, left, right)
        except semantics.REFUSALS as error:
            return label_refusal(error)
        return self._judge_claim(claim, Interpretation(), {})

    def _judge_readings(
        self, equation: Equation, properties: Mapping[Quantity, frozenset[Property]], layout: int | None
    ) -> tuple[Verdict, Interpretation]:
        """Judge an equation under each way to read it; return also the way that the verdict rests on."""
        self.vocabulary.readings_left = MOST_READINGS
        waiting: list[tuple[int, ...]] = [()]
        readings: list[_Reading] = []
        known: dict[object, Verdict] = {}
        for _ in range(semantics.MOST_INTERPRETATIONS):
            interpretation = Interpretation(waiting.pop(0), {} if layout is None else {LAYOUT: layout})
            claim = None
            try:
                claim = semantics.state_claim(self.vocabulary, equation, interpretation)
            except semantics.REFUSALS as error:
                verdict = label_refusal(error)
            else:
                key = (claim.left, claim.right, claim.free, claim.where, claim.last_is)
                verdict = known.get(key) or self._judge_claim(claim, interpretation, properties)
                known[key] = verdict
            verdict = verdict._replace(choices=interpretation.taken)
            readings.append(_Reading(verdict, interpretation, claim))
            plain = not (interpretation.odd or interpretation.slip or interpretation.ambiguous)
            if verdict.label == "right" and plain:
                return verdict, interpretation
            waiting = [*waiting, *interpretation.propose_others()]
            if not waiting:
                break
        return self._decide(equation, readings, exhausted=not waiting)

    def _decide(
        self, equation: Equation, readings: Sequence[_Reading], exhausted: bool
    ) -> tuple[Verdict, Interpretation]:
        """Decide by all the ways to read an equation, none of which is right and conventional without a doubt."""
        first = readings[0]
        fair = [one for one in readings if not one.interpretation.odd and not one.interpretation.slip]
        right = [one for one in fair if one.verdict.label == "right"]
        judged = [one for one in fair if one.claim is not None and one.verdict.label != "unreadable"]
        if right:
            others = {one.interpretation.ambiguous for one in judged} - {one.interpretation.ambiguous for one in right}
            if others:
                found = right[0].verdict._replace(label="unreadable", because="two readings", other=min(others))
                return found, right[0].interpretation
            return right[0].verdict, right[0].interpretation
        odd = [
            one
            for one in readings
            if one.interpretation.odd and not one.interpretation.slip and one.verdict.label == "right"
        ]
        if odd:
            choice = odd[0].interpretation.odd
            return Verdict("unreadable", "an odd reading", doubt=choice), odd[0].interpretation
        vacuous = [one for one in fair if one.verdict.label == "vacuous"]
        if vacuous:
            return vacuous[0].verdict, vacuous[0].interpretation
        open_ = [one for one in fair if one.claim is not None and one.verdict.label == "unreadable"]
        if open_:
            return open_[0].verdict, open_[0].interpretation
        wrong = [one for one in fair if one.verdict.label == "wrong" and one.claim is not None]
        findings = [one for one in fair if one.verdict.label in ("wrong", "orders differ")]
        if not findings or first.verdict.label == "unreadable":
            return first.verdict, first.interpretation
        if not exhausted:
            return Verdict("unreadable", Unreadable("it can be read in more ways than are tried")), first.interpretation
        numbered = self._find_numbered(equation)
        if numbered:
            return Verdict(
                "unreadable", Unreadable(f"{numbered} may be one of several that bear a number")
            ), first.interpretation
        chosen = (wrong or findings)[0] if first.verdict.label != "orders differ" else findings[0]
        doubts = [
            one.interpretation.slip for one in readings if one.interpretation.slip and one.verdict.label == "right"
        ]
        self.claim = chosen.claim
        return chosen.verdict._replace(doubt=doubts[0] if doubts else None, choices=()), chosen.interpretation

    def _find_numbered(self, equation: Equation) -> str:
        """Name a symbol that stands without the number which others of its name bear; "" if there is none."""
        symbols = self.vocabulary.symbols
        for node in (*nodes(equation.left), *nodes(equation.right)):
            name = symbols.find_name(node) if isinstance(node, Symbol) else None
            if name is not None and not name.below and not name.above:
                others = [one for one in symbols.quantities if one.base == name.base and one != name]
                if any(
                    re.fullmatch(r"\(?[0-9]\)?", "".join((*one.below, *one.above)))
                    for one in others
                    if one.above != ("2",)
                ):
                    return name.latex
        return ""

    def _judge_claim(
        self, claim: Claim, interpretation: Interpretation, properties: Mapping[Quantity, frozenset[Property]]
    ) -> Verdict:
        definitions = self.vocabulary.definitions
        try:
            outcome = compare(claim, definitions, self.budget, properties)
        except (Circle, TooLarge) as error:
            return Verdict("unreadable", error)
        except ValueError as error:
            return Verdict("unreadable", Unreadable(str(error)))
        stated = tuple(one for one in self.stated if one.quantity in self._list_quantities(claim))
        if isinstance(outcome, Agreement):
            label = "vacuous" if outcome.vanishes else "right"
            return Verdict(label, outcome, interpretation.taken, stated=stated)
        if isinstance(outcome, Counterexample):
            if not self._is_tied(claim):
                return Verdict("unreadable", "an unknown loss")
            unrelated = semantics.find_unrelated(self.vocabulary, claim)
            if unrelated:
                return Verdict(
                    "unreadable", Unreadable(f"nothing says how the numerator of a derivative depends on {unrelated}")
                )
            return Verdict("wrong", outcome, stated=stated)
        return Verdict("unreadable", outcome)

    def _list_quantities(self, claim: Claim) -> set[Quantity]:
        found = walk_definitions(self.vocabulary.definitions, (claim.left, claim.right))
        return {node.quantity for node in found if isinstance(node, Entry)}

    def _is_tied(self, claim: Claim) -> bool:
        """Whether both sides speak of the same losses that are defined nowhere, so that a difference refutes."""
        unknown = self.vocabulary.unknown
        sides = []
        for side in (claim.left, claim.right):
            found = walk_definitions(self.vocabulary.definitions, [side])
            sides.append({node.quantity for node in found if isinstance(node, Entry) and node.quantity in unknown})
        return sides[0] == sides[1]
