"""Losses that are defined nowhere: unknown functions of what the document defines last.

The derivatives of such a loss are unknown numbers, tied by the chain rule. So it is taken for a function with free
numbers in it: Σ g·s + ½ (Σ q·s)², over all that is defined and that no other definition uses at the same step.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace
from fractions import Fraction

from bptt.proofread import _expressions as ex
from bptt.proofread._expressions import LAST_STEP, Definition, Entry, Expression, Quantity, Step
from bptt.proofread._traversal import find_free_indices, replace_steps, walk
from bptt.proofread.semantics._definitions import read_call
from bptt.proofread.semantics._symbols import Name
from bptt.proofread.semantics._vocabulary import Vocabulary
from bptt.proofread.syntax.tree import Derivative, Nabla, Node, Product, Symbol, Unreadable, nodes, strip_brackets


def introduce_losses(vocabulary: Vocabulary, sides: Sequence[Node]) -> None:
    """Bring in the numbers that a document differentiates and neither declares nor defines."""
    for symbol in _list_numerators(sides):
        bare = not (symbol.below or symbol.above or symbol.primes)
        base = vocabulary.symbols.get_base(symbol)
        if (
            bare
            and base not in vocabulary.subjects
            and vocabulary.symbols.find_name(symbol) is None
            and not vocabulary.may_apply(symbol)
        ) and (
            vocabulary.symbols.notation.find_size(symbol) is None
            and vocabulary.symbols.notation.parse_step(symbol) is None
        ):
            vocabulary.symbols.declared.add(vocabulary.symbols.add(Name(base, (), ()), (), False))


def define_losses(vocabulary: Vocabulary, sides: Sequence[Node]) -> None:
    """Define every number that is differentiated and defined nowhere as an unknown function."""
    found: set[Quantity] = set()
    for symbol in _list_numerators(sides):
        if vocabulary.symbols.find_name(symbol) is None:
            continue
        try:
            quantity = vocabulary.symbols.resolve(symbol).quantity
        except Unreadable:
            continue
        if (
            not quantity.axes
            and quantity not in vocabulary.definitions.quantities
            and quantity not in vocabulary.unusable
        ):
            found.add(quantity)
    vocabulary.numerators |= found
    sinks = _find_sinks(vocabulary, found)
    for quantity in sorted(found, key=lambda one: one.name):
        # Where the document has ∂L/∂y, it is y by way of which L depends on everything.
        named = {one for one in sinks if one in _list_denominators(vocabulary, sides, quantity)}
        if sinks:
            _define_loss(vocabulary, quantity, [one for one in sinks if one in named] or sinks)


def _list_numerators(sides: Sequence[Node]) -> Iterator[Symbol]:
    """List the symbols that stand above the line of a derivative, or behind a ∇."""
    for side in sides:
        for node in nodes(side):
            if isinstance(node, Derivative) and node.of is not None:
                yield from _get_symbol(node.of)
            elif isinstance(node, Product):
                for operator, after in zip(node.factors, node.factors[1:], strict=False):
                    if isinstance(operator, Nabla) or (isinstance(operator, Derivative) and operator.of is None):
                        yield from _get_symbol(after)


def _list_denominators(vocabulary: Vocabulary, sides: Sequence[Node], loss: Quantity) -> set[Quantity]:
    """List by what a loss is differentiated."""
    found: set[Quantity] = set()
    for node in (node for side in sides for node in nodes(side)):
        if isinstance(node, Derivative) and node.of is not None and len(node.by) == 1:
            pair = [next(_get_symbol(one), None) for one in (node.of, node.by[0])]
            try:
                of, by = (None if one is None else vocabulary.symbols.resolve(one).quantity for one in pair)
            except Unreadable:
                continue
            if of == loss and by is not None:
                found.add(by)
    return found


def _get_symbol(node: Node) -> Iterator[Symbol]:
    node = strip_brackets(node)
    call = read_call(node)
    if call is not None:
        yield call.function
    elif isinstance(node, Symbol):
        yield node


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
        linear = ex.add(*(_weigh(vocabulary, loss, sink, step, "slope") for sink in sinks))
        inner = ex.add(*(_weigh(vocabulary, loss, sink, step, "curvature") for sink in sinks))
        body = ex.add(linear, ex.multiply(ex.Constant(Fraction(1, 2)), ex.Power(inner, Fraction(2))))
    assert not find_free_indices(body)
    vocabulary.definitions.quantities[loss] = [Definition(loss, step, (), body, None)]
    vocabulary.unknown.add(loss)
    if step is None and any(sink.timed for sink in sinks):
        last = _take_last(body)
        vocabulary.last_alone[loss] = Definition(loss, None, (), last, None)


def _take_last(node: Expression) -> Expression:
    """Take the last step of each sum over the steps alone: a loss as layers have it, not as a recurrence."""
    if isinstance(node, ex.OverSteps):
        return replace_steps(node.body, {node.letter: LAST_STEP})
    parts = {one.name: _take_last_of(getattr(node, one.name)) for one in fields(node)}
    return replace(node, **parts)  # type: ignore[arg-type]  # each part by one of its kind


def _take_last_of(value: object) -> object:
    if isinstance(value, tuple):
        return tuple(map(_take_last_of, value))
    return _take_last(value) if isinstance(value, Expression) else value


def _weigh(vocabulary: Vocabulary, loss: Quantity, sink: Quantity, step: Step | None, what: str) -> Expression:
    """Sum the entries of a quantity, each times a free number."""
    letters = [vocabulary.make_index() for _ in sink.axes]
    weights = Quantity(f"the {what} of {loss.name} by {sink.name}", sink.axes, sink.timed)
    ranges: Mapping[str, ex.Range] = dict(zip(letters, sink.axes, strict=True))
    vocabulary.definitions.ranges.update(ranges)
    if sink.timed and step is None:
        bound = vocabulary.make_index("t")
        at = Step(bound, 0)
        body = _sum_entries(sink, weights, at, letters)
        return ex.OverSteps(bound, Step("", 1), LAST_STEP, body)
    return _sum_entries(sink, weights, step if sink.timed else None, letters)


def _sum_entries(sink: Quantity, weights: Quantity, at: Step | None, letters: Sequence[str]) -> Expression:
    body: Expression = ex.multiply(Entry(weights, at, tuple(letters)), Entry(sink, at, tuple(letters)))
    for letter in letters:
        body = ex.Total(letter, body)
    return body
