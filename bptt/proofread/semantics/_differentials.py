"""Equations between differentials: dE = X dW, for every change of what varies.

The differential of a formula is the sum of its derivatives by what varies, each times the change of that: a free number
for each entry.
"""

from collections.abc import Iterator

from bptt.proofread import _expressions as ex
from bptt.proofread._expressions import Entry, Expression, Quantity
from bptt.proofread._traversal import rename, walk_definitions
from bptt.proofread.semantics._scope import Scope
from bptt.proofread.semantics._values import Value
from bptt.proofread.semantics._vocabulary import Vocabulary
from bptt.proofread.syntax import is_mark
from bptt.proofread.syntax.tree import Differential, Node, Product, Symbol, Unreadable, nodes


def find_varied(vocabulary: Vocabulary, left: Node, right: Node) -> tuple[Quantity, ...]:
    """Find what varies in an equation between differentials; nothing in any other equation. Raises `Unreadable`."""
    if vocabulary.symbols.find_name(Symbol("d")) is not None:
        return ()
    first = left.factors[0] if isinstance(left, Product) and left.operators[0] == "" else None
    if first is None or not is_mark(first) or isinstance(first, Differential):
        return ()
    met = [quantity for side in (left, right) for quantity in _list_quantities(vocabulary, side)]
    if not any(True for _ in _list_quantities(vocabulary, right)):
        return ()
    definitions = vocabulary.definitions
    free = [quantity for quantity in met if quantity not in definitions.quantities]
    if not free:
        bodies = [one.body for quantity in met for one in definitions.quantities[quantity]]
        found = (node.quantity for node in walk_definitions(definitions, bodies) if isinstance(node, Entry))
        free = [quantity for quantity in found if quantity not in definitions.quantities]
    if any(quantity.timed for quantity in (*free, *met)):
        raise Unreadable("the differential of what has steps is not read")
    return tuple(dict.fromkeys(free))


def _list_quantities(vocabulary: Vocabulary, side: Node) -> Iterator[Quantity]:
    """List the quantities whose differentials stand in a formula."""
    for node in nodes(side):
        if isinstance(node, Product):
            for mark, symbol, operator in zip(node.factors, node.factors[1:], node.operators, strict=False):
                if not is_mark(mark) or operator or not isinstance(symbol, Symbol):
                    continue
                if vocabulary.symbols.find_name(symbol) is not None:
                    yield vocabulary.symbols.resolve(symbol).quantity


def take_differential(scope: Scope, value: Value) -> Value:
    """Return the differential of a formula."""
    return value._replace(body=ex.add(*(_vary(scope, value.body, one) for one in scope.varied)), of=None, by=None)


def _vary(scope: Scope, body: Expression, quantity: Quantity) -> Expression:
    change = Quantity(f"d {quantity.name}", quantity.axes, False)
    if isinstance(body, Entry) and body.quantity == quantity:
        return Entry(change, None, body.indices)
    if isinstance(body, Entry) and body.quantity in scope.varied:
        return ex.ZERO  # what varies does so freely
    axes = scope.make_axes(len(quantity.axes))
    made: Expression = ex.multiply(ex.Partial(body, Entry(quantity, None, axes)), Entry(change, None, axes))
    for axis in axes:
        made = ex.Total(axis, made)
    return rename(made, {})
