"""Derivatives: by what they are, what they hold fixed, and where they are evaluated."""

from collections.abc import Iterable

from bptt.proofread import _expressions as ex
from bptt.proofread._expressions import Entry, Expression, Held, Quantity
from bptt.proofread._traversal import replace_steps, walk, walk_definitions
from bptt.proofread.semantics import _functions as functions
from bptt.proofread.semantics._interpretation import LAYOUT, Choice
from bptt.proofread.semantics._scope import Scope, Variable
from bptt.proofread.semantics._values import Value
from bptt.proofread.semantics._vocabulary import Vocabulary
from bptt.proofread.syntax.tree import (
    Application,
    At,
    Derivative,
    Nabla,
    Node,
    Place,
    Product,
    Relation,
    Symbol,
    Unreadable,
    strip_brackets,
)


def elaborate_derivative(scope: Scope, node: Derivative) -> Value:
    """Return the derivative of a formula that stands above a line. Raises one of `REFUSALS`."""
    if node.of is None:
        raise Unreadable("nothing stands behind the operator of a derivative", node.place)
    of = join_call(scope, node.of)
    if isinstance(of, Symbol) and _is_bare_function(scope, of):
        return _differentiate_function(scope, of, node, None)
    return _differentiate_by_all(scope, node, scope.elaborate(of), of)


def join_call(scope: Scope, node: Node) -> Node:
    """Join a symbol and its bracket where a formula is nothing else: f(x), h(t)."""
    node = strip_brackets(node)
    if isinstance(node, Product) and node.operators == ("",):
        factors, _ = functions.join_brackets(scope, node.factors, node.operators)
        return factors[0] if len(factors) == 1 else node
    return node


def _is_bare_function(scope: Scope, symbol: Symbol) -> bool:
    known = scope.symbols.find_name(symbol) is not None or scope.symbols.get_base(symbol) in scope.parameters
    return not known and functions.get_function_name(scope, symbol, 1) is not None


def _differentiate_function(scope: Scope, function: Symbol, node: Derivative, at: Node | None) -> Value:
    """Return dσ/dz, the derivative of a function by its argument, at z or at a point that a bar gives."""
    if any(one != node.by[0] for one in node.by):
        raise Unreadable("a function of one argument is differentiated by two", node.place)
    variable = strip_brackets(node.by[0])
    if at is None and isinstance(variable, Symbol) and variable.below and scope.symbols.find_name(variable) is not None:
        raise Unreadable(f"{function.name} stands without its argument", node.place)
    primed = Symbol(function.name, function.below, function.above, function.primes + len(node.by), function.place)
    return functions.apply(scope, Application(primed, (at or node.by[0],)))


def differentiate(scope: Scope, operator: Nabla | Derivative, value: Value, of: Node, variable: Variable) -> Value:
    """Carry out ∂/∂x or ∇ on what it takes."""
    if isinstance(operator, Derivative):
        return _differentiate_by_all(scope, operator, value, of)
    made = value
    for _ in range(operator.order):
        made = _differentiate_once(
            scope, made, variable, operator.place, _choose_held(scope, operator, value, variable, of)
        )
        variable = scope_variable_again(scope, variable)
    if made.order == 1:
        return made._replace(stand="either")
    return made


def scope_variable_again(scope: Scope, variable: Variable) -> Variable:
    """Name the axes of a variable once more, for a second derivative by it."""
    axes = scope.make_axes(len(variable.axes))
    names = dict(zip(variable.axes, axes, strict=True))
    indices = tuple(names.get(str(index), index) for index in variable.entry.indices)
    return Variable(axes, Entry(variable.entry.quantity, variable.entry.step, indices), variable.stand)


def get_gradient_variable(scope: Scope, operator: Nabla | Derivative) -> Variable:
    """Return what ∇ or ∂/∂x is by. Raises `Unreadable` for a ∇ that does not say it."""
    if isinstance(operator, Derivative):
        return scope.get_variable(join_call(scope, operator.by[0]), operator.place)
    if operator.by is not None:
        return scope.get_variable(join_call(scope, operator.by), operator.place)
    raise Unreadable("∇ does not say by what the derivative is", operator.place)


def _differentiate_by_all(scope: Scope, node: Derivative, value: Value, of: Node) -> Value:
    for n, by in enumerate(node.by):
        variable = scope.get_variable(join_call(scope, by), node.place)
        held = (
            "other steps" if node.immediate else _choose_held(scope, node, value, variable, of) if not n else "nothing"
        )
        value = _differentiate_once(scope, value, variable, node.place, held)
    return value


def _differentiate_once(scope: Scope, value: Value, variable: Variable, place: Place | None, held: Held) -> Value:
    """Differentiate by one variable, whose axes come behind those of the value, or before them."""
    if any(isinstance(node, ex.Size) for node in walk(value.body)) and isinstance(value.body, ex.Size):
        raise Unreadable("the derivative of a size, or of the number of steps", place)
    own, entry, _ = variable
    of = value.body.quantity if isinstance(value.body, Entry) else value.of
    axes = value.axes + own
    if value.order == len(own) == 1 and scope.interpretation.choose(*LAYOUT) is not None:
        axes = own + value.axes
    body = ex.Partial(value.body, entry, held)
    by = entry.quantity if own or not entry.quantity.axes else None  # by one entry alone, no chain goes on
    return Value(axes, body, "either", of if value.axes else None, by if axes else None)


def _choose_held(scope: Scope, node: Nabla | Derivative, value: Value, variable: Variable, of: Node) -> Held:
    """Choose what a derivative holds fixed where it does not say so and it matters."""
    vocabulary, quantity = scope.vocabulary, variable.entry.quantity
    if _has_two_ways(vocabulary, value.body, quantity, isinstance(of, Application)):
        if scope.interpretation.choose(None, Choice("direct", place=node.place)) is not None:
            return "all"
    elif _is_taken_as_immediate(scope, node, value, variable):
        return "other steps"
    return "nothing"


def _is_taken_as_immediate(scope: Scope, node: Nabla | Derivative, value: Value, variable: Variable) -> bool:
    """Whether one factor of a chain is taken for an immediate derivative: of a quantity at a step, or by one."""
    at_step = any(isinstance(entry, Entry) and entry.step is not None for entry in (value.body, variable.entry))
    if not at_step or not scope.allows_immediate or id(node) not in scope.chained:
        return False
    return scope.interpretation.choose(None, Choice("immediate", place=node.place)) is not None


def _has_two_ways(vocabulary: Vocabulary, body: Expression, quantity: Quantity, is_call: bool) -> bool:
    """Whether a formula depends on a quantity by itself and by way of what is defined: the former may be meant alone.

    At steps a derivative counts all ways, but for one of a function by its argument.
    """
    definitions = vocabulary.definitions
    if isinstance(body, Entry) and body.quantity in definitions.quantities and body.quantity != quantity:
        if body.quantity.timed or quantity.timed:
            return False
        bodies: Iterable[Expression] = [one.body for one in definitions.quantities[body.quantity]]
        if any(isinstance(node, ex.Partial) for one in bodies for node in walk(one)):
            return False
    elif is_call:
        bodies = [body]
    else:
        return False
    entries = {node.quantity for one in bodies for node in walk(one) if isinstance(node, Entry)}
    if quantity not in entries:
        return False
    others = [one for one in entries if one in definitions.quantities and one != quantity]
    return any(_leads_to(vocabulary, other, quantity) for other in others)


def _leads_to(vocabulary: Vocabulary, start: Quantity, target: Quantity) -> bool:
    bodies = [one.body for one in vocabulary.definitions.quantities[start]]
    found = walk_definitions(vocabulary.definitions, bodies)
    return any(isinstance(node, Entry) and node.quantity == target for node in found)


def depends_on(vocabulary: Vocabulary, body: Expression, quantity: Quantity) -> bool:
    """Whether a formula depends on a quantity, or may: what is defined nowhere may depend on anything."""
    for node in walk_definitions(vocabulary.definitions, [body]):
        if isinstance(node, Entry) and (node.quantity == quantity or node.quantity in vocabulary.unknown):
            return True
    return False


def elaborate_at(scope: Scope, node: At) -> Value:
    """Return a formula at the steps, or the point, that a bar behind it gives. Raises `Unreadable`."""
    of = strip_brackets(node.of)
    if (
        isinstance(of, Derivative)
        and isinstance(of.of, Symbol)
        and _is_bare_function(scope, of.of)
        and len(node.where) == 1
    ):
        where = node.where[0]
        point = where.right if isinstance(where, Relation) and where.sign == "=" and where.left == of.by[0] else where
        return _differentiate_function(scope, of.of, of, point)
    value = scope.elaborate(node.of)
    for where in node.where:
        value = value._replace(body=_move_to_step(scope, value.body, where, node.place))
    return value


def _move_to_step(scope: Scope, body: Expression, where: Node, place: Place | None) -> Expression:
    parse_step = scope.notation.parse_step
    step = parse_step(where.left) if isinstance(where, Relation) and where.sign == "=" else None
    to = parse_step(where.right) if isinstance(where, Relation) else None
    if step is None or to is None or step.offset:
        raise Unreadable("a bar is read only with a step, as in |_{t=2}", place)
    moved = replace_steps(body, {step.anchor: to})
    if moved == body and not to.anchor:  # the letter stands nowhere: it says how many steps there are
        if to.offset < 1:
            raise Unreadable("the last step must be 1 or later", place)
        scope.last_is = to.offset
        scope.interpretation.remark("last step is", str(to.offset))
    return moved
