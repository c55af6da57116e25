"""Functions: what a symbol with a bracket behind it is, and what a function makes of its arguments."""

import operator
from collections.abc import Sequence
from dataclasses import replace

from bptt.proofread import _expressions as ex
from bptt.proofread._traversal import list_quantities, walk_definitions
from bptt.proofread.semantics import _values as vectors
from bptt.proofread.semantics._interpretation import Choice
from bptt.proofread.semantics._latex import join_letters, join_number
from bptt.proofread.semantics._notation import parse_exponent
from bptt.proofread.semantics._refusals import Misfit
from bptt.proofread.semantics._scope import INDICATORS, Scope
from bptt.proofread.semantics._symbols import Reference, Symbols
from bptt.proofread.semantics._values import Value
from bptt.proofread.semantics._vocabulary import REFUSED, SYNONYMS, TENSOR_FUNCTIONS, FunctionDefinition
from bptt.proofread.syntax import is_mark, tree
from bptt.proofread.syntax.tree import Application, Bracket, Node, Number, Product, Scripted, Symbol, Unreadable

MOST_PRIMES = 3  # each is one more derivative, of an expression that grows with each
DEEPEST_CALL = 8  # formulas of functions within one another, each written out where it is applied
CHANGE = ex.Entry(ex.Quantity("the change of an argument", (), False), None, ())
ROUND = ("(", "[", r"\{", "{")


def get_function_name(scope: Scope, symbol: Symbol, count: int) -> str | None:
    """Return the name under which a symbol is a function of so many arguments: f_1 or f; None if it is none."""
    base = scope.symbols.get_base(symbol)
    if symbol.below:
        name = f"{base}_{{{''.join(map(scope.notation.spell, symbol.below))}}}"
        return name if (name, count) in scope.vocabulary.functions else None
    if (base, count) in scope.vocabulary.functions:
        return base
    known = SYNONYMS.get(base, base)
    several = count > 1 and known == "prod"
    return known if scope.is_function(base, 1) and (count == 1 or several) else None


def is_bare_function(scope: Scope, symbol: Symbol) -> bool:
    """Whether a symbol is a function of one argument, and nothing else."""
    known = scope.symbols.find_name(symbol) is not None or scope.symbols.get_base(symbol) in scope.parameters
    return not known and get_function_name(scope, symbol, 1) is not None


def find_reference(symbols: Symbols, node: Node) -> Reference | None:
    """Find the quantity that a symbol stands for, with what its scripts say; None for what is no known symbol."""
    try:
        return symbols.resolve(node) if isinstance(node, Symbol) else None
    except Unreadable:
        return None


def join_brackets(scope: Scope, node: Product) -> Product:
    """Join each symbol with the bracket behind it where the two are no product: f(x), h(t), A[i, j], L(W)."""
    made, between, n = list[Node](), list[str](), 0
    while n < len(node.factors):
        joined = _join(scope, *node.factors[n : n + 2]) if node.operators[n : n + 1] == ("",) else None
        between += node.operators[n - 1 : n]
        made.append(node.factors[n] if joined is None else joined)
        n += 1 if joined is None else 2
    return Product(tuple(made), tuple(between), node.place)


def _join(scope: Scope, factor: Node, after: Node) -> Node | None:
    """Join two factors; None for a product."""
    match factor, after:
        case Symbol(), Symbol() | Number():
            both = join_letters(join_number(Product((factor, after), ("",))))
            known = isinstance(both, Symbol) and scope.symbols.find_name(Symbol(both.name)) is not None
            return both if known else None
        case Number(1), Bracket((tree.Relation(),)):
            return _join_bracket(scope, Symbol("1", place=factor.place), after)
        case Symbol(), Bracket() | Scripted(Bracket()):
            return _join_bracket(scope, factor, after)
    return None


def _join_bracket(scope: Scope, symbol: Symbol, after: Node) -> Node | None:
    """Join a symbol and the bracket behind it, which may bear scripts; None for a product."""
    scripts = after if isinstance(after, Scripted) else Scripted(after)
    bracket, base = scripts.base, scope.symbols.get_base(symbol)
    if not isinstance(bracket, Bracket) or bracket.kind not in ROUND:
        return None
    if symbol.name in INDICATORS and [type(entry) for entry in bracket.entries] == [tree.Relation]:
        return replace(symbol, below=bracket.entries)
    if base in scope.parameters or (scope.varied and is_mark(symbol)):
        return None
    known = scope.symbols.find_name(symbol) is not None
    as_entry = _read_scripts(scope, symbol, bracket, scripts)
    if as_entry is not None:
        return as_entry
    count = len(bracket.entries)
    if get_function_name(scope, symbol, count) is not None and not (known and _is_product(scope, symbol, bracket)):
        made = Application(symbol, bracket.entries)
        return made if after is bracket else replace(scripts, base=made)
    if known:
        as_product = Choice("product", symbol.name, symbol.place)
        if not _depends_on(scope, symbol, bracket) or scope.interpretation.choose(None, as_product):
            return None
        if scope.dependencies.setdefault(symbol.name, bracket.entries) != bracket.entries:
            raise Unreadable(f"{symbol.name} is no function, and stands with two arguments", symbol.place)
        return _add_scripts(symbol, scripts)
    if base in REFUSED:
        raise Unreadable(f"{REFUSED[base]} are not read", symbol.place)
    if scope.vocabulary.defines_function(base):
        raise Unreadable(f"{base} is a function, but not of {count} arguments", symbol.place)
    if symbol.primes or (len(base) > 1 and base.isalpha()) or count > 1:
        raise Unreadable(f"the function {base} of {count} arguments is not known", symbol.place)
    return None


def _add_scripts(
    symbol: Symbol, scripts: Scripted, below: tuple[Node, ...] = (), above: tuple[Node, ...] = ()
) -> Symbol:
    """Add scripts to those of a symbol: what stands in the bracket behind it, and then those of the bracket."""
    return replace(symbol, below=symbol.below + below + scripts.below, above=symbol.above + above + scripts.above)


def _read_scripts(scope: Scope, symbol: Symbol, bracket: Bracket, scripts: Scripted) -> Symbol | None:
    """Read h(t) as the state of that step, and S[i, k] as an entry."""
    reference = find_reference(scope.symbols, symbol)
    if reference is None:
        return None
    (axes, own), entries = (reference.quantity.axes, reference.scripts), bracket.entries
    lacks_step = reference.quantity.timed and own.step is None
    steps = [scope.notation.parse_step(entry) is not None for entry in entries]
    if lacks_step and steps == [True] and (bracket.kind in ("(", "[") or not isinstance(entries[0], Number)):
        below, above = (entries, ()) if scope.notation.time_below else ((), entries)
        return _add_scripts(symbol, scripts, below, above)
    fits = axes and not own.indices and not scripts.below and len(entries) == len(axes) + lacks_step
    if bracket.kind == "[" and fits and all(map(operator.or_, steps, map(scope.is_index, entries))):
        return _add_scripts(symbol, scripts, entries)
    return None


def _is_product(scope: Scope, symbol: Symbol, bracket: Bracket) -> bool:
    """Whether h(1 − h) is taken for a product, where h is a quantity and a function."""
    base = scope.symbols.get_base(symbol)
    if len(bracket.entries) > 1 or symbol.primes:
        return False
    if (base, 1) not in scope.vocabulary.functions:
        return not isinstance(bracket.entries[0], Symbol)
    return scope.interpretation.choose(None, Choice("product", base, symbol.place)) is not None


def _depends_on(scope: Scope, symbol: Symbol, bracket: Bracket) -> bool:
    """Whether what stands in a bracket is what the symbol is made of, as in r(x) = W x."""
    reference = find_reference(scope.symbols, symbol)
    symbols = [entry for entry in bracket.entries if isinstance(entry, Symbol)]
    if reference is None or len(symbols) < len(bracket.entries):
        return False
    definitions = scope.vocabulary.definitions
    if reference.quantity not in definitions.quantities:
        named = all(scope.symbols.find_name(one) is not None for one in symbols)
        return named and reference.quantity in scope.vocabulary.numerators
    bodies = [one.body for one in definitions.quantities[reference.quantity]]
    met = {node.quantity.name for node in walk_definitions(definitions, bodies) if isinstance(node, ex.Entry)}
    known = [find_reference(scope.symbols, one) for one in symbols]
    return all(one is not None and one.quantity.name in met for one in known)


def apply(scope: Scope, node: Application) -> Value:
    """Apply a function to its arguments. Raises `Unreadable` or `Misfit`."""
    symbol, arguments = node.function, node.arguments
    name = get_function_name(scope, symbol, len(arguments))
    if name is None:
        raise Unreadable(f"the function {symbol.name} of {len(arguments)} arguments is not known", symbol.place)
    order, exponents = _count_derivatives(symbol)
    if order > MOST_PRIMES:
        raise Unreadable(f"more than {MOST_PRIMES} primes", symbol.place)
    defined = scope.vocabulary.functions.get((name, len(arguments)))
    if defined is not None and not defined.closed:
        made = _write_out(scope, defined, node, order)
    elif defined is None and name in TENSOR_FUNCTIONS:
        made = _apply_to_whole(scope, name, node)
    else:
        argument = scope.elaborate(arguments[0])
        body: ex.Expression = ex.Function(name, order, argument.body)
        if (name, order) == ("log", 0) and isinstance(argument.body, ex.OfMatrix) and argument.body.name == "det":
            body = replace(argument.body, name="log det")
        made = Value(argument.axes, body, argument.stand)
    for item in exponents:
        exponent = parse_exponent(item)
        if exponent is None or exponent == -1:  # tanh^{-1} may be the inverse
            raise Unreadable(f"what stands above {symbol.name} is not read", symbol.place)
        made = vectors.raise_to_power(made, exponent, symbol.place, entries=True)
    return made


def _count_derivatives(symbol: Symbol) -> tuple[int, tuple[Node, ...]]:
    """Count the primes of a function, as f'' or f^{(2)}; return also what else stands above."""
    order, rest = symbol.primes, list[Node]()
    for item in symbol.above:
        match item:
            case Bracket((Number(value),), kind="(") if value in (1, 2, 3):
                order += int(value)
            case _:
                rest.append(item)
    return order, tuple(rest)


def _apply_to_whole(scope: Scope, name: str, node: Application) -> Value:
    """Apply a function of a whole vector or matrix."""
    place = node.function.place
    if node.function.primes:
        raise Unreadable(f"a prime on {name}", place)
    if name == "prod":
        return scope.elaborate(tree.multiply(node.arguments, ("",) * (len(node.arguments) - 1), place))
    argument = scope.elaborate(node.arguments[0])
    if name == "tr":
        return vectors.take_trace(argument)
    if name == "det":
        return vectors.take_determinant(argument)
    if argument.order not in (1, 2):
        raise Misfit(f"{name} takes a vector")
    axis = scope.vocabulary.make_index()
    if name == "diag":
        return vectors.make_diagonal(argument, axis)
    along = argument.order - 1
    if argument.order == 2 and scope.symbols.default_stand == "column":
        along = 0 if scope.interpretation.choose(None, Choice("along columns", place=place)) else 1
    return vectors.apply_softmax(argument, axis, along)


def _write_out(scope: Scope, defined: FunctionDefinition, node: Application, order: int) -> Value:
    """Elaborate the formula of a function, with the entries of the bracket in the place of its parameters.

    Its derivative of an order is that by a change of its one parameter, which is 0.
    """
    place = node.function.place
    if defined.body is None:
        raise Unreadable(f"{node.function.name} is defined by what cannot be used", place)
    if scope.calls >= DEEPEST_CALL:
        raise Unreadable(f"functions are defined by one another more than {DEEPEST_CALL} deep", place)
    arguments = [scope.elaborate(entry) for entry in node.arguments]
    if order == 0:
        return _elaborate_body(scope, defined, defined.body, arguments)
    definitions = scope.vocabulary.definitions
    if len(arguments) != 1 or arguments[0].axes:
        raise Unreadable("a prime on a function of more than one number", place)
    held = _elaborate_body(scope, defined, defined.body, [Value((), CHANGE)])
    if not set(list_quantities(definitions, held.body)).isdisjoint(list_quantities(definitions, arguments[0].body)):
        raise Unreadable("a prime on a function that depends on its argument by way of others, too", place)
    definitions.quantities.setdefault(CHANGE.quantity, [ex.Definition(CHANGE.quantity, None, (), ex.ZERO)])
    changed = arguments[0]._replace(body=ex.add(arguments[0].body, CHANGE))
    made = _elaborate_body(scope, defined, defined.body, [changed])
    body = made.body
    for _ in range(order):
        body = ex.Partial(body, CHANGE)
    return made._replace(body=body, of=None, by=None)


def _elaborate_body(scope: Scope, defined: FunctionDefinition, body: Node, arguments: Sequence[Value]) -> Value:
    values = dict(zip(defined.parameters, arguments, strict=True))
    outer, scope.parameters = scope.parameters, values  # in the formula, its parameters hide all other names
    scope.calls += 1
    try:
        return scope.elaborate(body)
    finally:
        scope.parameters = outer
        scope.calls -= 1
