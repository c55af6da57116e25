"""Losses that are defined nowhere: unknown functions of what the document defines last.

The derivatives of such a loss are unknown numbers, tied by the chain rule. So it is taken for a function with free
numbers in it: Σ g·s + ½ (Σ q·s)², over all that is defined and that no other definition uses at the same step.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction

from bptt.proofread import _expressions as ex
from bptt.proofread._expressions import LAST_STEP, Definition, Entry, Expression, Quantity, Step
from bptt.proofread._traversal import find_free_indices, list_quantities, replace_steps, walk
from bptt.proofread.semantics._symbols import Name
from bptt.proofread.semantics._uses import get_symbol, list_derivatives, list_numerators
from bptt.proofread.semantics._vocabulary import Vocabulary
from bptt.proofread.syntax.tree import Node, Symbol, is_bare, list_symbols


def introduce_losses(vocabulary: Vocabulary, sides: Sequence[Node], subjects: Sequence[Node]) -> None:
    """Bring in the numbers that a document differentiates, or sums over steps, and neither declares nor defines.

    `subjects` are the left-hand sides of what may be definitions.
    """
    for term in _list_terms(vocabulary, sides, subjects):
        if vocabulary.symbols.find_name(term) is None:
            vocabulary.symbols.add(Name(vocabulary.symbols.get_base(term), (), ()), (), True)
        held = vocabulary.symbols.get_held(term)
        vocabulary.numerators.update(one for one in held if one.timed and not one.axes)  # E_t(s_t) is no product
    for symbol in list_numerators(sides):
        base, notation = vocabulary.symbols.get_base(symbol), vocabulary.symbols.notation
        known = vocabulary.symbols.find_name(symbol) is not None or vocabulary.may_apply(symbol)
        counts = notation.find_size(symbol) is not None or notation.parse_step(symbol) is not None
        if is_bare(symbol) and not known and not counts and base not in vocabulary.subjects:
            vocabulary.symbols.declared.add(vocabulary.symbols.add(Name(base, (), ()), (), False))


def define_losses(vocabulary: Vocabulary, sides: Sequence[Node], subjects: Sequence[Node]) -> None:
    """Define every number that `introduce_losses` looks for, and that is defined nowhere, as an unknown function."""
    found: set[Quantity] = set()
    known = {*vocabulary.definitions.quantities, *vocabulary.unusable}
    for symbol in (*list_numerators(sides), *_list_terms(vocabulary, sides, subjects)):
        reference = vocabulary.symbols.find(symbol)
        if reference is not None and not reference.quantity.axes and reference.quantity not in known:
            found.add(reference.quantity)
    vocabulary.numerators |= found
    sinks = _find_sinks(vocabulary, found)
    for quantity in sorted(found, key=lambda one: one.name):
        # Where the document has ∂L/∂y, it is y by way of which L depends on everything.
        denominators = _list_denominators(vocabulary, sides, quantity)
        named = [one for one in sinks if one in denominators] or _find_last(vocabulary, denominators)
        if named or sinks:
            _define_loss(vocabulary, quantity, named or sinks)
        if len(named or sinks) > 1:  # it may depend on some of them alone
            vocabulary.uncertain.add(quantity)


def _list_terms(vocabulary: Vocabulary, sides: Sequence[Node], subjects: Sequence[Node]) -> Iterator[Symbol]:
    """List the E_t of an E = Σ_t E_t that no equation is about."""
    symbols = vocabulary.symbols

    def is_of_step(node: Node) -> bool:
        return isinstance(node, Symbol) and any(map(symbols.notation.bears_letter, (*node.below, *node.above)))

    about = {symbols.get_base(one) for one in subjects if isinstance(one, Symbol) and is_of_step(one)}
    for one in (one for side in sides for one in list_symbols(side)):
        if is_of_step(one) and len(one.below) + len(one.above) == 1 and symbols.get_base(one) in symbols.totals - about:
            yield one


def _list_denominators(vocabulary: Vocabulary, sides: Sequence[Node], loss: Quantity) -> set[Quantity]:
    """List by what a loss is differentiated."""
    found: set[Quantity] = set()
    for of, by in (pair for side in sides for pair in list_derivatives(side)):
        symbols = get_symbol(of), None if by is None else get_symbol(by)
        references = [None if one is None else vocabulary.symbols.find(one) for one in symbols]
        if references[0] is not None and references[0].quantity == loss and references[1] is not None:
            found.add(references[1].quantity)
    return found


def _find_last(vocabulary: Vocabulary, denominators: set[Quantity]) -> list[Quantity]:
    """Find what all else that a loss is differentiated by is made into, though the document goes on from there."""
    definitions = vocabulary.definitions
    made_of = {
        one: list_quantities(definitions, *(held.body for held in definitions.quantities[one]))
        for one in denominators
        if one in definitions.quantities
    }
    last = [one for one in made_of if not any(one in found for other, found in made_of.items() if other != one)]
    behind = {*last, *(quantity for one in last for quantity in made_of[one])}
    return sorted(last, key=lambda one: one.name) if last and denominators <= behind else []


def _find_sinks(vocabulary: Vocabulary, losses: set[Quantity]) -> list[Quantity]:
    """Find what is defined and used at the same step by no other definition; what is defined by derivatives aside."""
    definitions = vocabulary.definitions.quantities
    plain = {
        quantity: held
        for quantity, held in definitions.items()
        if not any(
            isinstance(node, ex.Partial) or (isinstance(node, Entry) and node.quantity in losses)
            for one in held
            for node in walk(one.body)
        )
    }
    used: set[Quantity] = set()
    for quantity, held in plain.items():
        for one in held:
            for node in walk(one.body):
                if isinstance(node, Entry) and node.quantity != quantity and _is_same_step(one, node):
                    used.add(node.quantity)
    return sorted((one for one in plain if one not in used), key=lambda one: one.name)


def _is_same_step(definition: Definition, entry: Entry) -> bool:
    if definition.step is None or entry.step is None:
        return True
    return entry.step.anchor != definition.step.anchor or entry.step.offset == definition.step.offset


def _define_loss(vocabulary: Vocabulary, loss: Quantity, sinks: Sequence[Quantity]) -> None:
    step = Step("t#loss", 0) if loss.timed else None
    with vocabulary.define():
        slopes = [_weigh(vocabulary, loss, sink, step, "slope") for sink in sinks]
        curvatures = [_weigh(vocabulary, loss, sink, step, "curvature") for sink in sinks]
    # A loss as recurrences have it, and as layers do: of the last step alone.
    at_all, at_last = map(_add_up, zip(*slopes, strict=True), zip(*curvatures, strict=True))
    assert not find_free_indices(at_all)
    vocabulary.definitions.quantities[loss] = [Definition(loss, step, (), at_all, None)]
    vocabulary.unknown.add(loss)
    if step is None and any(sink.timed for sink in sinks):
        vocabulary.last_alone[loss] = Definition(loss, None, (), at_last, None)


def _add_up(slopes: Sequence[Expression], curvatures: Sequence[Expression]) -> Expression:
    square = ex.Power(ex.add(*curvatures), Fraction(2))
    return ex.add(ex.add(*slopes), ex.multiply(ex.Constant(Fraction(1, 2)), square))


def _weigh(
    vocabulary: Vocabulary, loss: Quantity, sink: Quantity, step: Step | None, what: str
) -> tuple[Expression, Expression]:
    """Sum the entries of a quantity, each times a free number: those of all steps, and those of the last."""
    letters = tuple(vocabulary.make_index() for _ in sink.axes)
    weights = Quantity(f"the {what} of {loss.name} by {sink.name}", sink.axes, sink.timed)
    vocabulary.definitions.ranges.update(zip(letters, sink.axes, strict=True))
    bound = Step(vocabulary.make_index("t"), 0) if sink.timed and step is None else None
    at = bound or (step if sink.timed else None)
    body: Expression = ex.multiply(Entry(weights, at, letters), Entry(sink, at, letters))
    for letter in letters:
        body = ex.Total(letter, body)
    if bound is None:
        return body, body
    return ex.OverSteps(bound.anchor, Step("", 1), LAST_STEP, body), replace_steps(body, {bound.anchor: LAST_STEP})
