"""What is looked at before an equation that fails is called wrong: it may be the reading that is at fault.

Each excuse is tested: the equation holds under it, or what it rests on is seen in the document.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice

from bptt.proofread import semantics
from bptt.proofread._expressions import Claim, Definition, Definitions, Delta, Mask, Properties, Quantity, Step
from bptt.proofread._readings import ReadingJudge
from bptt.proofread._traversal import find_free_indices, get_letter, list_quantities
from bptt.proofread._verdict import Verdict, refuse
from bptt.proofread.evaluation import Agreement, Budget, Difference, compare
from bptt.proofread.semantics import Choice, Equation, Interpretation, Statement
from bptt.proofread.syntax.tree import Symbol, list_symbols

MOST_PROPERTIES = 8  # that are tried of one wrong equation
FIRST = "the first"  # the name of the index of a vector whose 1 stands at its first place
TURNED = Choice("vectors lie")


class AccusationJudge(ReadingJudge):
    """Judges single equations, and excuses those for which something else may be at fault."""

    def _excuse(self, equation: Equation, verdict: Verdict, properties: Properties) -> Verdict:
        """Look for what else than the equation may be at fault, and return a verdict that accuses nobody of that."""
        if not isinstance(verdict.because, Difference):
            return next(self._excuse_orders(equation, properties), verdict)
        return verdict if self.claim is None else next(self._excuse_values(equation, self.claim, properties), verdict)

    def _excuse_orders(self, equation: Equation, properties: Properties) -> Iterator[Verdict]:
        """List the excuses of an equation that does not fit together: what its symbols are may be misunderstood."""
        vocabulary, symbols = self.vocabulary, self.vocabulary.symbols
        named = list(self._list_named(equation))
        for node, held in named:
            if any(one in vocabulary.assumed for one in held):
                yield refuse(f"{symbols.get_base(node)} may stand for another thing here")
        # A symbol without indices may have several numbers of axes: y may be y_n or one number.
        rivals = (node for node, held in named if len({len(one.axes) for one in held}) > 1 and not node.below)
        for rival in dict.fromkeys(map(symbols.get_base, rivals)):
            with symbols.take_larger(rival):
                holds = self._is_right(equation, properties)
            if holds:
                yield Verdict("unreadable", "an odd reading", doubt=Choice("the larger", rival))
        with symbols.turn():
            turned = self._judge_readings(equation, properties, None)
        if turned.label == "right":
            turned = turned._replace(doubt=TURNED, choices=(*turned.choices, TURNED))
            yield turned if vocabulary.turned else turned._replace(label="unreadable", because="an odd reading")

    def _list_named(self, equation: Equation) -> Iterator[tuple[Symbol, list[Quantity]]]:
        for node in (*list_symbols(equation.left), *list_symbols(equation.right)):
            name = self.vocabulary.symbols.find_name(node)
            if name is not None:
                yield node, self.vocabulary.symbols.quantities[name]

    def _excuse_values(self, equation: Equation, claim: Claim, properties: Properties) -> Iterator[Verdict]:
        """List the excuses of an equation whose sides have different values."""
        vocabulary, definitions = self.vocabulary, self.vocabulary.definitions
        quantities = list_quantities(definitions, claim.left, claim.right)
        free = [one for one in quantities if one not in definitions.quantities]
        fixed = next((one.name for one in free if vocabulary.assumed.get(one) == "formula"), "")
        if fixed:
            yield refuse(f"an equation says what {fixed} is, and is not used")
        losses = {one: [vocabulary.last_alone[one]] for one in quantities if one in vocabulary.last_alone}
        if losses:
            with self._define_for_now(losses):
                holds = self._is_right(equation, properties)
            if holds:
                yield refuse("it holds for a loss of the last step alone, and not of every step")
        late = [one for one in quantities if vocabulary.assumed.get(one) == "late"]
        if late and self._holds_as_defined_later(equation, late, properties):
            yield refuse("it holds with what a later equation says of a symbol in it")
        place = _find_place(claim, free, definitions, properties)
        if place:
            yield Verdict("unreadable", "an odd reading", doubt=Choice("the place of the one", place))
        steps = [one for one in claim.steps if "#" not in one]
        for before, after in (steps, steps[::-1]) if len(steps) == 2 else ():
            # A claim about ∂h_t/∂h_s fails only where nothing lies between.
            found = _narrow(claim, Mask("<", Step(before, 0), Step(after, 0)), definitions, properties)
            if found is not None:
                yield Verdict("right", found, (Choice("for earlier", f"{before} < {after}"),))

    @contextmanager
    def _define_for_now(self, quantities: Mapping[Quantity, list[Definition]]) -> Iterator[None]:
        vocabulary, kept = self.vocabulary, self.vocabulary.definitions
        copied = {quantity: list(held) for quantity, held in kept.quantities.items()}
        vocabulary.definitions = replace(kept, quantities=copied | dict(quantities), ranges=dict(kept.ranges))
        try:
            yield
        finally:
            vocabulary.definitions = kept

    def _holds_as_defined_later(self, equation: Equation, late: list[Quantity], properties: Properties) -> bool:
        """Whether an equation holds once what the document says later of a symbol in it is taken for its definition."""
        with self._define_for_now({}):
            try:
                for quantity in late:
                    semantics.define(self.vocabulary, *self.vocabulary.late[quantity], None)
                return self._is_right(equation, properties)
            except semantics.REFUSALS:
                return False

    def _find_missing(self, equation: Equation, properties: Properties, layout: int | None) -> Statement | None:
        """Find a property of a symbol, which the text may have forgotten to say, with which an equation would hold."""
        self.budget = Budget()
        for stated in islice(self._propose_properties(equation), MOST_PROPERTIES):
            if self._is_right(equation, {**properties, stated.quantity: frozenset([stated.property])}, layout):
                return stated
        return None

    def _propose_properties(self, equation: Equation) -> Iterator[Statement]:
        """Propose what is often said of the symbols of an equation that nothing defines."""
        self.vocabulary.begin_equation()
        try:
            claim = semantics.state_claim(self.vocabulary, equation, Interpretation())
        except semantics.REFUSALS:
            return
        definitions = self.vocabulary.definitions
        for quantity in sorted(list_quantities(definitions, claim.left, claim.right), key=lambda one: one.name):
            if quantity not in definitions.quantities and quantity not in definitions.properties:
                match quantity.axes:
                    case (rows, columns) if rows == columns:
                        yield Statement(quantity, "symmetric")
                    case (_,):
                        yield Statement(quantity, "positive")  # before the other, which is positive, too
                        yield Statement(quantity, "normalised")
                    case (_, _):
                        yield Statement(quantity, "normalised")  # each row of it


def speaks_of_another(definitions: Definitions, claim: Claim) -> bool:
    """Whether a symbol is said to be another thing: of nothing that it is made of, or of a symbol that is new."""
    left, right = (
        {one for one in list_quantities(definitions, side) if one not in definitions.quantities}
        for side in (claim.left, claim.right)
    )
    bodies = (one.body for held in definitions.quantities.values() for one in held)
    return bool(right) and (not left & right or bool(right - left - set(list_quantities(definitions, *bodies))))


def _find_place(claim: Claim, free: list[Quantity], definitions: Definitions, properties: Properties) -> str:
    """Return the letter at whose place the 1 of a one-hot vector stands, if a claim holds with it there; else ""."""
    known = {**definitions.properties, **properties}
    for quantity in free:
        if "one-hot" not in known.get(quantity, ()) or len(quantity.axes) != 1 or quantity.timed:
            continue
        made = Definition(quantity, None, (FIRST,), Delta(FIRST, 1))
        placed = replace(definitions, quantities={**definitions.quantities, quantity: [made]})
        placed.ranges[FIRST] = quantity.axes[0]
        others = {one: held for one, held in properties.items() if one != quantity}
        dangling = (one for side in (claim.left, claim.right) for one in find_free_indices(side))
        for letter in dict.fromkeys((*claim.free, *dangling)):
            if claim.ranges.get(letter) == quantity.axes[0] and _narrow(claim, Mask("=", letter, 1), placed, others):
                return get_letter(letter)
    return ""


def _narrow(claim: Claim, mask: Mask, definitions: Definitions, properties: Properties) -> Agreement | None:
    """Return how a claim holds where a condition is met, None if it does not or says nothing there."""
    try:
        found = compare(replace(claim, where=(*claim.where, mask)), definitions, Budget(), properties)
    except ValueError:
        return None
    return found if isinstance(found, Agreement) and not found.vanishes else None
