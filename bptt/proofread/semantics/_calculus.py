"""Derivatives: by what they are, what they hold fixed, and where they are evaluated; equations between differentials.

The differential of a formula, as in dE = X dW, is the sum of its derivatives by what varies, each times the change of
that: a free number for each entry.
"""

from collections.abc import Container, Iterator

from bptt.proofread import _expressions as ex
from bptt.proofread._expressions import Entry, Expression, Held, Quantity
from bptt.proofread._traversal import replace_steps, walk, walk_definitions
from bptt.proofread.semantics import _functions as functions
from bptt.proofread.semantics._interpretation import LAYOUT, Choice, Convention
from bptt.proofread.semantics._scope import Scope, Variable
from bptt.proofread.semantics._values import Value, sum_over
from bptt.proofread.semantics._vocabulary import Vocabulary
from bptt.proofread.syntax import is_mark, tree
from bptt.proofread.syntax.tree import Derivative, Nabla, Node, Place, Product, Relation, Symbol, Unreadable


def elaborate_derivative(scope: Scope, node: Derivative) -> Value:
    """Return the derivative of a formula that stands above a line. Raises one of `REFUSALS`."""
    if node.of is None:
        raise Unreadable("nothing stands behind the operator of a derivative", node.place)
    of = join_call(scope, node.of)
    if isinstance(of, Symbol) and functions.is_bare_function(scope, of):
        return _differentiate_function(scope, of, node, None)
    return differentiate(scope, node, scope.elaborate(of), of)


def join_call(scope: Scope, node: Node) -> Node:
    """Join a symbol and its bracket where a formula is nothing else: f(x), h(t)."""
    node = tree.strip_brackets(node)
    if isinstance(node, Product) and node.operators == ("",):
        joined = functions.join_brackets(scope, node)
        return joined if joined.operators else joined.factors[0]
    return node


def _differentiate_function(scope: Scope, function: Symbol, node: Derivative, at: Node | None) -> Value:
    """Return dσ/dz, the derivative of a function by its argument, at z or at a point that a bar gives."""
    if any(one != node.by[0] for one in node.by):
        raise Unreadable("a function of one argument is differentiated by two", node.place)
    variable = tree.strip_brackets(node.by[0])
    if at is None and isinstance(variable, Symbol) and variable.below and scope.symbols.find_name(variable) is not None:
        raise Unreadable(f"{function.name} stands without its argument", node.place)
    primed = Symbol(function.name, function.below, function.above, function.primes + len(node.by), function.place)
    return functions.apply(scope, tree.Application(primed, (at or node.by[0],)))


def differentiate(scope: Scope, operator: Nabla | Derivative, value: Value, of: Node) -> Value:
    """Carry out ∂/∂x or ∇ on what it takes."""
    held: Held = "nothing"
    for n, by in enumerate(_list_variables(operator)):
        variable = scope.get_variable(join_call(scope, by), operator.place)
        if isinstance(operator, Derivative) and operator.immediate:
            held = "other steps"
        elif n == 0:
            held = _choose_held(scope, operator, value, variable, of)
        elif isinstance(operator, Derivative):
            held = "nothing"
        value = _differentiate_once(scope, value, variable, operator.place, held)
    return value


def _list_variables(operator: Nabla | Derivative) -> tuple[Node, ...]:
    """List what ∇ or ∂/∂x is by, once for each derivative. Raises `Unreadable` for a ∇ that does not say it."""
    if isinstance(operator, Derivative):
        return operator.by
    if operator.by is None:
        raise Unreadable("∇ does not say by what the derivative is", operator.place)
    return (operator.by,) * operator.order


def get_gradient_variable(scope: Scope, operator: Nabla | Derivative) -> Variable:
    """Return what ∇ or ∂/∂x is by. Raises `Unreadable` for a ∇ that does not say it."""
    return scope.get_variable(join_call(scope, _list_variables(operator)[0]), operator.place)


def _differentiate_once(scope: Scope, value: Value, variable: Variable, place: Place | None, held: Held) -> Value:
    """Differentiate by one variable, whose axes come behind those of the value, or before them."""
    if isinstance(value.body, ex.Size):
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
    """Choose what a derivative holds fixed where it does not say so and it matters.

    One factor of a chain may be taken for an immediate derivative: of a quantity at a step, or by one.
    """
    at_step = any(isinstance(entry, Entry) and entry.step is not None for entry in (value.body, variable.entry))
    choose = scope.interpretation.choose
    is_call = isinstance(of, tree.Application)
    ways = _find_other_ways(scope.vocabulary, value.body, variable.entry.quantity, is_call)
    if ways:
        # ∂f(x, h)/∂x is by the argument; of μ = x - m that ∂/∂m stands somewhere says that m is one of them.
        is_meant = is_call or not ways.isdisjoint(scope.vocabulary.denominators)
        convention: Convention = "direct" if is_meant else "direct alone"
        return "all" if choose(None, Choice(convention, place=node.place)) else "nothing"
    if at_step and scope.allows_immediate and id(node) in scope.chained:
        return "other steps" if choose(None, Choice("immediate", place=node.place)) else "nothing"
    return "nothing"


def _find_other_ways(vocabulary: Vocabulary, body: Expression, quantity: Quantity, is_call: bool) -> set[Quantity]:
    """Find by way of what a formula depends on a quantity that stands in it, too: that alone may be meant.

    At steps a derivative counts all ways, but for one of a function by its argument.
    """
    definitions = vocabulary.definitions.quantities
    if isinstance(body, Entry) and body.quantity in definitions and body.quantity != quantity:
        bodies: list[Expression] = [one.body for one in definitions[body.quantity]]
        differentiated = any(isinstance(node, ex.Partial) for one in bodies for node in walk(one))
        if body.quantity.timed or quantity.timed or differentiated:
            return set()
    elif is_call:
        bodies = [body]
    else:
        return set()
    entries = {node.quantity for one in bodies for node in walk(one) if isinstance(node, Entry)}
    if quantity not in entries:
        return set()
    others = [one for one in entries if one in definitions and one != quantity]
    return {one for one in others if _meets(vocabulary, [held.body for held in definitions[one]], {quantity})}


def depends_on(vocabulary: Vocabulary, body: Expression, quantity: Quantity) -> bool:
    """Whether a formula depends on a quantity, or may: what is defined nowhere may depend on anything."""
    return _meets(vocabulary, [body], {quantity, *vocabulary.unknown})


def _meets(vocabulary: Vocabulary, bodies: list[Expression], quantities: Container[Quantity]) -> bool:
    found = walk_definitions(vocabulary.definitions, bodies)
    return any(isinstance(node, Entry) and node.quantity in quantities for node in found)


def elaborate_at(scope: Scope, node: tree.At) -> Value:
    """Return a formula at the steps, or the point, that a bar behind it gives. Raises `Unreadable`."""
    of = tree.strip_brackets(node.of)
    if isinstance(of, Derivative) and isinstance(of.of, Symbol) and len(node.where) == 1:
        (where,) = node.where
        if functions.is_bare_function(scope, of.of):
            if isinstance(where, Relation) and where.sign == "=" and where.left == of.by[0]:
                where = where.right
            return _differentiate_function(scope, of.of, of, where)
    value = scope.elaborate(node.of)
    for where in node.where:
        value = value._replace(body=_move_to_step(scope, value.body, where, node.place))
    return value


def _move_to_step(scope: Scope, body: Expression, where: Node, place: Place | None) -> Expression:
    sides = (where.left, where.right) if isinstance(where, Relation) and where.sign == "=" else ()
    steps = [step for step in map(scope.notation.parse_step, sides) if step is not None]
    if len(steps) < 2 or steps[0].offset:
        raise Unreadable("a bar is read only with a step, as in |_{t=2}", place)
    step, to = steps
    moved = replace_steps(body, {step.anchor: to})
    if moved == body and not to.anchor:  # the letter stands nowhere: it says how many steps there are
        if to.offset < 1:
            raise Unreadable("the last step must be 1 or later", place)
        scope.last_is = to.offset
        scope.interpretation.remark("last step is", str(to.offset))
    return moved


def find_varied(vocabulary: Vocabulary, left: Node, right: Node) -> tuple[Quantity, ...]:
    """Find what varies in an equation between differentials; nothing in any other equation. Raises `Unreadable`."""
    if vocabulary.symbols.find_name(Symbol("d")) is not None:
        return ()
    on_left, on_right = (list(_list_quantities(vocabulary, side)) for side in (left, right))
    if not (on_left or _is_varied(left)) or not (on_right or right == tree.Number(ex.ZERO.value)):
        return ()
    met = [*on_left, *on_right]
    definitions = vocabulary.definitions
    free = [quantity for quantity in met if quantity not in definitions.quantities]
    if not free:  # dL = tr(Ω^⊤ dO): by way of O, whatever else L is made of
        bodies = [one.body for quantity in on_right or on_left for one in definitions.quantities[quantity]]
        found = (node.quantity for node in walk_definitions(definitions, bodies) if isinstance(node, Entry))
        given = {*definitions.quantities, *vocabulary.symbols.data}
        free = [quantity for quantity in found if quantity not in given]
    if any(quantity.timed for quantity in (*free, *met)):
        raise Unreadable("the differential of what has steps is not read")
    return tuple(dict.fromkeys(free))


def has_differentials(vocabulary: Vocabulary, left: Node, right: Node) -> bool:
    """Whether an equation is one between differentials that is read."""
    try:
        return bool(find_varied(vocabulary, left, right))
    except Unreadable:
        return False


def _is_varied(node: Node) -> bool:
    """Whether a d stands before the rest of a formula, as in d log det X."""
    if not isinstance(node, Product) or node.operators[0]:
        return False
    return is_mark(node.factors[0]) and not isinstance(node.factors[0], tree.Differential)


def names_differentials(vocabulary: Vocabulary, left: Node, right: Node) -> bool:
    """Whether d is certainly that of a differential, and dX no gradient by X.

    It is in a trace, before more than a symbol, and in dz = … da where z is made of a: da = … dz may be of gradients.
    """
    on_left, on_right = (set(_list_quantities(vocabulary, side)) for side in (left, right))
    definitions = vocabulary.definitions.quantities
    if _meets(vocabulary, [held.body for one in on_left for held in definitions.get(one, ())], on_right):
        return True
    for node in (node for side in (left, right) for node in tree.nodes(side)):
        if isinstance(node, Symbol) and node.name in ("tr", "Tr", "trace"):
            return True
        if _is_varied(node) and isinstance(node, Product) and not isinstance(node.factors[1], Symbol):
            return True
    return False


def _list_quantities(vocabulary: Vocabulary, side: Node) -> Iterator[Quantity]:
    """List the quantities whose differentials stand in a formula."""
    for node in tree.nodes(side):
        if isinstance(node, Product):
            for mark, operator, symbol in zip(node.factors, node.operators, node.factors[1:], strict=False):
                if is_mark(mark) and not operator and not isinstance(mark, tree.Differential):
                    reference = functions.find_reference(vocabulary.symbols, symbol)
                    if reference is not None:
                        yield reference.quantity


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
    product = ex.multiply(ex.Partial(body, Entry(quantity, None, axes)), Entry(change, None, axes))
    return sum_over(axes, product)
