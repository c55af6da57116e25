"""The verdict on an equation under each way to read it, and on all of them together."""

import itertools
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from bptt.proofread import semantics
from bptt.proofread._expressions import Claim, Properties
from bptt.proofread._traversal import list_quantities
from bptt.proofread._verdict import Verdict, label_refusal, refuse
from bptt.proofread.evaluation import Agreement, Budget, Difference, compare
from bptt.proofread.semantics import LAYOUT, Choice, Equation, Interpretation, Statement, Vocabulary
from bptt.proofread.syntax.tree import Application, Node, Symbol, list_symbols, nodes


class _Reading(NamedTuple):
    """What came of one way to read an equation."""

    verdict: Verdict
    interpretation: Interpretation
    claim: Claim | None

    @property
    def ambiguous(self) -> tuple[Choice, ...]:
        return self.interpretation.ambiguous


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

    def _judge_function(self, left: Node, right: Node) -> Verdict | None:
        """Judge an equation about a function of numbers that is defined already; None for any other."""
        if not isinstance(left, Application):
            return None
        symbols = self.vocabulary.symbols
        plain = replace(left, function=replace(left.function, primes=0))
        parameters = semantics.get_parameters(self.vocabulary, plain)
        declared = [symbols.find_name(Symbol(one)) is not None for one in parameters or ()]
        known = self.vocabulary.defines_function(symbols.get_base(left.function))
        if parameters is None or (any(declared) and not known):
            return None  # one that means the same everywhere and is applied to symbols, as in Tr(A), is not defined
        if left.function.primes and self._speaks_of(parameters, left, right):
            return None  # C'(c) of a symbol c
        self.vocabulary.begin_equation()
        try:
            claim = semantics.state_function_claim(self.vocabulary, parameters, left, right)
        except semantics.REFUSALS as error:
            return None if all(declared) else label_refusal(error)  # of symbols that may be vectors or matrices
        return self._judge_claim(claim, {})

    def _speaks_of(self, parameters: Sequence[str], *sides: Node) -> bool:
        """Whether parameters of a function are numbers of the document, or what stands beside it is made of them."""
        symbols, definitions = self.vocabulary.symbols, self.vocabulary.definitions
        held = [one for name in parameters for one in symbols.get_held(Symbol(name))]
        beside = (one for side in sides for one in list_symbols(side) if one.name not in parameters)
        names = {symbols.find_name(one) for one in beside if not self.vocabulary.may_apply(one)}
        others = [one for name in names if name is not None for one in symbols.quantities[name]]
        bodies = [one.body for quantity in others for one in definitions.quantities.get(quantity, ())]
        return any(not one.axes for one in held) or not set(held).isdisjoint(list_quantities(definitions, *bodies))

    def _is_right(self, equation: Equation, properties: Properties, layout: int | None = None) -> bool:
        return self._judge_readings(equation, properties, layout).label == "right"

    def _judge_readings(self, equation: Equation, properties: Properties, layout: int | None) -> Verdict:
        """Judge an equation under each way to read it."""
        readings: list[_Reading] = []
        known: dict[object, Verdict] = {}
        ways = semantics.list_claims(self.vocabulary, equation, layout)
        for interpretation, claim in itertools.islice(ways, semantics.MOST_INTERPRETATIONS):
            if isinstance(claim, Exception):
                verdict = label_refusal(claim)
            else:
                key = (claim.left, claim.right, claim.free, claim.where, claim.last_is)
                verdict = known[key] = known.get(key) or self._judge_claim(claim, properties)
            verdict = verdict._replace(choices=interpretation.taken, layout=interpretation.asked.get(LAYOUT))
            readings.append(_Reading(verdict, interpretation, None if isinstance(claim, Exception) else claim))
            if verdict.label == "right" and not (interpretation.odd or interpretation.slip or interpretation.ambiguous):
                return verdict
        return self._decide(equation, readings, exhausted=next(ways, None) is None)

    def _decide(self, equation: Equation, readings: Sequence[_Reading], exhausted: bool) -> Verdict:
        """Decide by all the ways to read an equation, none of which is right and conventional without a doubt."""
        fair = [one for one in readings if not one.interpretation.odd and not one.interpretation.slip]
        compared = [one for one in fair if one.claim is not None]
        right, vacuous, undecided, wrong = (
            [one for one in compared if one.verdict.label == label]
            for label in ("right", "vacuous", "unreadable", "wrong")
        )
        if right:
            judged = (one for one in compared if one.verdict.label != "unreadable")
            others = {one.ambiguous for one in judged} - {one.ambiguous for one in right}
            if others:
                return right[0].verdict._replace(label="unreadable", because="two readings", other=min(others))
            return right[0].verdict
        doubtful = [one.interpretation for one in readings if one.verdict.label == "right"]
        for one in doubtful:
            if one.odd and not one.slip:
                return Verdict("unreadable", "an odd reading", doubt=one.odd)
        if vacuous or undecided:
            return (vacuous or undecided)[0].verdict
        first = readings[0].verdict
        findings = [one for one in fair if one.verdict.label in ("wrong", "orders differ")]
        if not findings or first.label == "unreadable":
            return first
        if not exhausted:
            return refuse("it can be read in more ways than are tried")
        numbered = self._find_numbered(equation)
        if numbered:
            return refuse(f"{numbered} may be one of several that bear a number")
        chosen = findings[0] if first.label == "orders differ" or not wrong else wrong[0]
        self.claim = chosen.claim
        return chosen.verdict._replace(doubt=next((one.slip for one in doubtful if one.slip), None), choices=())

    def _find_numbered(self, equation: Equation) -> str:
        """Name a symbol that stands without the number which others of its name bear; "" if there is none."""
        symbols = self.vocabulary.symbols
        for node in (*nodes(equation.left), *nodes(equation.right)):
            name = symbols.find_name(node) if isinstance(node, Symbol) else None
            if name is not None and not name.below and not name.above:
                others = [one for one in symbols.quantities if one.base == name.base and one.above != ("2",)]
                if any(re.fullmatch(r"\(?[0-9]\)?", "".join((*one.below, *one.above))) for one in others):
                    return name.latex
        return ""

    def _judge_claim(self, claim: Claim, properties: Properties) -> Verdict:
        try:
            outcome = compare(claim, self.vocabulary.definitions, self.budget, properties)
        except ValueError as error:
            return Verdict("unreadable", error)
        definitions = self.vocabulary.definitions
        quantities = list_quantities(definitions, claim.left, claim.right)
        stated = tuple(one for one in self.stated if one.quantity in quantities)
        if isinstance(outcome, Agreement):
            return Verdict("vacuous" if outcome.vanishes else "right", outcome, stated=stated)
        if isinstance(outcome, Difference):
            # Only where both sides speak of the same losses that are defined nowhere, a difference refutes.
            left, right = (
                self.vocabulary.unknown & set(list_quantities(definitions, side)) for side in (claim.left, claim.right)
            )
            if left != right or left & self.vocabulary.uncertain:
                return Verdict("unreadable", "an unknown loss")
            unrelated = semantics.find_unrelated(self.vocabulary, claim)
            if unrelated:
                return refuse(f"nothing says how the numerator of a derivative depends on {unrelated}")
            return Verdict("wrong", outcome, stated=stated)
        return Verdict("unreadable", outcome)
