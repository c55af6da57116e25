"""What is looked at before an equation that fails is called wrong."""

import dataclasses
import itertools
from collections.abc import Iterator, Mapping

from bptt.proofread import _excuses as excuses
from bptt.proofread import semantics
from bptt.proofread._expressions import Claim, Property, Quantity
from bptt.proofread._readings import ReadingJudge
from bptt.proofread._verdict import Verdict
from bptt.proofread.evaluation import Budget, Counterexample
from bptt.proofread.semantics import (
    Choice,
    Equation,
    Interpretation,
    Statement,
)
from bptt.proofread.semantics._vocabulary import MOST_READINGS
from bptt.proofread.syntax.tree import (
    Unreadable,
)

MOST_PROPERTIES = 8  # that are tried of one wrong equation
TURNED = Choice("vectors lie")


class AccusationJudge(ReadingJudge):
    """Judges single equations, and excuses those for which something else may be at fault."""

    def _excuse(
        self, equation: Equation, verdict: Verdict, properties: Mapping[Quantity, frozenset[Property]]
    ) -> Verdict:
        """Look for what else than the equation may be at fault, and return a verdict that accuses nobody of that."""
        vocabulary, claim = self.vocabulary, self.claim
        if not isinstance(verdict.because, Counterexample):
            assumed = excuses.find_assumed(vocabulary, equation)
            if assumed:
                return Verdict("unreadable", Unreadable(f"{assumed} may stand for another thing here"))
            for rival in excuses.list_rivals(vocabulary, equation):
                with vocabulary.symbols.take_larger(rival):
                    if self._judge_readings(equation, properties, None)[0].label == "right":
                        return Verdict("unreadable", "an odd reading", doubt=Choice("the larger", rival))
            with vocabulary.symbols.turn():
                turned = self._judge_readings(equation, properties, None)[0]
            if turned.label != "right":
                return verdict
            label = "right" if vocabulary.turned else "unreadable"
            because = turned.because if vocabulary.turned else "an odd reading"
            return turned._replace(label=label, because=because, doubt=TURNED, choices=(*turned.choices, TURNED))
        if claim is None:
            return verdict
        definitions = vocabulary.definitions
        fixed = excuses.find_fixed(vocabulary, claim)
        if fixed:
            return Verdict("unreadable", Unreadable(f"an equation says what {fixed} is, and is not used"))
        if self._holds_for_last_step(equation, claim, properties):
            return Verdict(
                "unreadable", Unreadable("it holds for a loss of the last step alone, and not of every step")
            )
        if self._holds_as_defined_later(equation, claim, properties):
            return Verdict("unreadable", Unreadable("it holds with what a later equation says of a symbol in it"))
        place = excuses.holds_for_place(claim, definitions, properties)
        if place:
            return Verdict("unreadable", "an odd reading", doubt=Choice("the place of the one", place))
        earlier = excuses.holds_for_earlier(claim, definitions, properties)
        if earlier is not None:
            return Verdict("right", earlier[2], (Choice("for earlier", f"{earlier[0]} < {earlier[1]}"),))
        return verdict

    def _holds_for_last_step(
        self, equation: Equation, claim: Claim, properties: Mapping[Quantity, frozenset[Property]]
    ) -> bool:
        """Whether an equation holds for a loss that is defined nowhere and depends on the last step alone."""
        vocabulary, kept = self.vocabulary, self.vocabulary.definitions
        losses = self._list_quantities(claim) & set(vocabulary.last_alone)
        if not losses:
            return False
        changed = {**kept.quantities, **{loss: [vocabulary.last_alone[loss]] for loss in losses}}
        vocabulary.definitions = dataclasses.replace(kept, quantities=changed)
        try:
            return self._judge_readings(equation, properties, None)[0].label == "right"
        finally:
            vocabulary.definitions = kept

    def _holds_as_defined_later(
        self, equation: Equation, claim: Claim, properties: Mapping[Quantity, frozenset[Property]]
    ) -> bool:
        """Whether an equation holds once what the document says later of a symbol in it is taken for its definition."""
        vocabulary, kept = self.vocabulary, self.vocabulary.definitions
        late = [one for one in self._list_quantities(claim) if vocabulary.assumed.get(one) == "late"]
        if not late:
            return False
        copied = {quantity: list(held) for quantity, held in kept.quantities.items()}
        vocabulary.definitions = dataclasses.replace(kept, quantities=copied, ranges=dict(kept.ranges))
        try:
            for quantity in late:
                semantics.define(vocabulary, *vocabulary.late[quantity], None)
            return self._judge_readings(equation, properties, None)[0].label == "right"
        except semantics.REFUSALS:
            return False
        finally:
            vocabulary.definitions = kept

    def _find_missing(
        self, equation: Equation, properties: Mapping[Quantity, frozenset[Property]], layout: int | None
    ) -> Statement | None:
        """Find a property of a symbol, which the text may have forgotten to say, with which an equation would hold."""
        self.budget = Budget()
        for stated in itertools.islice(self._propose_properties(equation), MOST_PROPERTIES):
            assumed = {**properties, stated.quantity: frozenset([stated.property])}
            if self._judge_readings(equation, assumed, layout)[0].label == "right":
                return stated
        return None

    def _propose_properties(self, equation: Equation) -> Iterator[Statement]:
        """Propose what is often said of the symbols of an equation that nothing defines."""
        self.vocabulary.readings_left = MOST_READINGS
        try:
            claim = semantics.state_claim(self.vocabulary, equation, Interpretation())
        except semantics.REFUSALS:
            return
        definitions = self.vocabulary.definitions
        for quantity in sorted(self._list_quantities(claim), key=lambda one: one.name):
            if quantity in definitions.quantities or quantity in definitions.properties or not quantity.axes:
                continue
            if len(quantity.axes) == 2 and quantity.axes[0] == quantity.axes[1]:
                yield Statement(quantity, "symmetric")
            elif len(quantity.axes) == 1:
                yield Statement(quantity, "positive")  # before the other, which is positive, too
                yield Statement(quantity, "normalised")
