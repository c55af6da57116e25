"""Functions: what a symbol with a bracket behind it is, and what a function makes of its arguments."""

from dataclasses import replace

from bptt.proofread import _expressions as ex
from bptt.proofread._traversal import walk_definitions
from bptt.proofread.semantics import _values as vectors
from bptt.proofread.semantics._interpretation import Choice
from bptt.proofread.semantics._latex import join_letters
from bptt.proofread.semantics._notation import parse_exponent
from bptt.proofread.semantics._refusals import Misfit
from bptt.proofread.semantics._scope import INDICATORS, Scope
from bptt.proofread.semantics._values import Value
from bptt.proofread.semantics._vocabulary import REFUSED, SYNONYMS, TENSOR_FUNCTIONS, FunctionDefinition
from bptt.proofread.syntax.tree import (
    Application,
    Bracket,
    Nabla,
    Node,
    Number,
    Relation,
    Scripted,
    Symbol,
    Unreadable,
    multiply,
)

MOST_PRIMES = 3  # each is one more derivative, of an expression that grows with each
DEEPEST_CALL = 8  # formulas of functions within one another, each written out where it is applied
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


def join_brackets(scope: Scope, factors: tuple[Node, ...], operators: tuple[str, ...]) -> tuple[list[Node], list[str]]:
    """Join each symbol with the bracket behind it where the two are no product: f(x), h(t), A[i, j], L(W)."""
    made, between = list[Node](), list[str]()
    n = 0
    while n < len(factors):
        factor, after = factors[n], factors[n + 1] if n + 1 < len(factors) else None
        joined = None
        if after is not None and operators[n] == "":
            joined = _join(scope, factor, after)
        if made:
            between.append(operators[n - 1])
        made.append(factor if joined is None else joined)
        n += 1 if joined is None else 2
    return made, between


def name_gradient(factors: tuple[Node, ...], operators: tuple[str, ...]) -> tuple[Node, ...]:
    """Take ∇ for the gradient by the one argument of what it stands before, as in ∇L(W)."""
    made = list(factors)
    for n, (one, function, bracket) in enumerate(zip(factors, factors[1:], factors[2:], strict=False)):
        if (
            (
                isinstance(one, Nabla)
                and one.by is None
                and isinstance(function, Symbol)
                and operators[n : n + 2] == ("", "")
            )
            and isinstance(bracket, Bracket)
            and len(bracket.entries) == 1
            and isinstance(bracket.entries[0], Symbol)
        ):
            made[n] = replace(one, by=bracket.entries[0])
    return tuple(made)


def _join(scope: Scope, factor: Node, after: Node) -> Node | None:
    if isinstance(factor, Symbol) and isinstance(after, Number):
        name = Symbol(f"{factor.name} {after.value}", place=factor.place)
        return name if not factor.below and scope.symbols.find_name(name) is not None else None
    if isinstance(factor, Symbol) and isinstance(after, Symbol) and not (factor.below or factor.above):
        both = join_letters(multiply((factor, after), ("",)))
        known = isinstance(both, Symbol) and scope.symbols.find_name(Symbol(both.name)) is not None
        return both if known else None
    bracket = after.base if isinstance(after, Scripted) else after
    if (
        isinstance(factor, Scripted)
        and isinstance(factor.base, Number)
        and factor.base.value == 1
        and isinstance(bracket, Bracket)
    ):
        return None
    if isinstance(factor, Number) and factor.value == 1 and isinstance(bracket, Bracket) and _is_condition(bracket):
        factor = Symbol("1", place=factor.place)
    if not isinstance(factor, Symbol) or not isinstance(bracket, Bracket) or bracket.kind not in ROUND:
        return None
    scripts = after if isinstance(after, Scripted) else Scripted(bracket)
    if factor.name in INDICATORS and _is_condition(bracket):
        return replace(factor, below=(bracket.entries[0],))
    if scope.symbols.get_base(factor) in scope.parameters:
        return None
    return _join_symbol(scope, factor, bracket, scripts)


def _is_condition(bracket: Bracket) -> bool:
    return len(bracket.entries) == 1 and isinstance(bracket.entries[0], Relation)


def _join_symbol(scope: Scope, symbol: Symbol, bracket: Bracket, scripts: Scripted) -> Node | None:
    """Join a symbol and its bracket; None for a product."""
    name = get_function_name(scope, symbol, len(bracket.entries))
    known = scope.symbols.find_name(symbol) is not None
    if known:
        as_entry = _read_step(scope, symbol, bracket, scripts) or _read_entries(scope, symbol, bracket, scripts)
        if as_entry is not None:
            return as_entry
    if name is not None and not (known and _is_product(scope, symbol, bracket)):
        return _apply_scripts(Application(symbol, bracket.entries), scripts)
    if known and _depends_on(scope, symbol, bracket):
        if scope.interpretation.choose(None, Choice("product", symbol.name, symbol.place)) is None:
            if scope.dependencies.setdefault(symbol.name, bracket.entries) != bracket.entries:
                raise Unreadable(f"{symbol.name} is no function, and stands with two arguments", symbol.place)
            return _add_scripts(symbol, scripts)
        return None
    base = scope.symbols.get_base(symbol)
    if base in REFUSED and not known:
        raise Unreadable(f"{REFUSED[base]} are not read", symbol.place)
    if scope.vocabulary.defines_function(base) and not known:
        raise Unreadable(f"{base} is a function, but not of {len(bracket.entries)} arguments", symbol.place)
    word = len(base) > 1 and base.isalpha()
    if not known and (symbol.primes or word or len(bracket.entries) > 1):
        raise Unreadable(f"the function {base} of {len(bracket.entries)} arguments is not known", symbol.place)
    return None


def _apply_scripts(node: Application, scripts: Scripted) -> Node:
    if scripts.below or scripts.above or scripts.primes:
        return replace(scripts, base=node)
    return node


def _add_scripts(symbol: Symbol, scripts: Scripted) -> Symbol:
    return replace(symbol, below=symbol.below + scripts.below, above=symbol.above + scripts.above)


def _read_step(scope: Scope, symbol: Symbol, bracket: Bracket, scripts: Scripted) -> Symbol | None:
    """Read h(t) as the state of that step."""
    if len(bracket.entries) != 1 or scope.notation.parse_step(bracket.entries[0]) is None:
        return None
    if not scope.notation.bears_letter(bracket.entries[0]) and isinstance(bracket.entries[0], Number):
        step_number = bracket.kind in ("(", "[")
        if not step_number:
            return None
    try:
        quantity, own = scope.symbols.resolve(symbol)
    except Unreadable:
        return None
    if not quantity.timed or own.step is not None:
        return None
    step = bracket.entries[0]
    if scope.notation.time_below:
        return replace(symbol, below=(*symbol.below, step, *scripts.below), above=symbol.above + scripts.above)
    return replace(symbol, below=symbol.below + scripts.below, above=(*symbol.above, step, *scripts.above))


def _read_entries(scope: Scope, symbol: Symbol, bracket: Bracket, scripts: Scripted) -> Symbol | None:
    """Read S[i, k] as an entry."""
    if bracket.kind != "[" or scripts.below:
        return None
    try:
        quantity, own = scope.symbols.resolve(symbol)
    except Unreadable:
        return None
    fits = not own.indices and len(bracket.entries) == len(quantity.axes) + (quantity.timed and own.step is None)
    if (
        fits
        and quantity.axes
        and all(scope.is_index(entry) or scope.notation.parse_step(entry) for entry in bracket.entries)
    ):
        return replace(symbol, below=symbol.below + bracket.entries, above=symbol.above + scripts.above)
    return None


def _is_product(scope: Scope, symbol: Symbol, bracket: Bracket) -> bool:
    """Whether h(1 − h) is taken for a product, where h is a quantity and a function."""
    if len(bracket.entries) > 1 or symbol.primes:
        return False
    if (scope.symbols.get_base(symbol), 1) not in scope.vocabulary.functions:
        return not isinstance(bracket.entries[0], Symbol)
    return (
        scope.interpretation.choose(None, Choice("product", scope.symbols.get_base(symbol), symbol.place)) is not None
    )


def _depends_on(scope: Scope, symbol: Symbol, bracket: Bracket) -> bool:
    """Whether what stands in a bracket is what the symbol is made of, as in r(x) = W x."""
    if not all(isinstance(entry, Symbol) for entry in bracket.entries):
        return False
    try:
        quantity = scope.symbols.resolve(symbol).quantity
    except Unreadable:
        return False
    definitions = scope.vocabulary.definitions
    if quantity not in definitions.quantities:
        return quantity in scope.vocabulary.numerators and all(
            scope.symbols.find_name(one) is not None for one in bracket.entries if isinstance(one, Symbol)
        )
    bodies = [one.body for one in definitions.quantities[quantity]]
    met = {node.quantity.name for node in walk_definitions(definitions, bodies) if isinstance(node, ex.Entry)}
    return all(_get_quantity_name(scope, entry) in met for entry in bracket.entries if isinstance(entry, Symbol))


def _get_quantity_name(scope: Scope, symbol: Symbol) -> str:
    try:
        return scope.symbols.resolve(symbol).quantity.name
    except Unreadable:
        return ""


def apply(scope: Scope, node: Application) -> Value:
    """Apply a function to its arguments. Raises `Unreadable` or `Misfit`."""
    symbol, arguments = node.function, node.arguments
    name = get_function_name(scope, symbol, len(arguments))
    if name is None:
        raise Unreadable(f"the function {symbol.name} of {len(arguments)} arguments is not known", symbol.place)
    if symbol.primes > MOST_PRIMES:
        raise Unreadable(f"more than {MOST_PRIMES} primes", symbol.place)
    defined = scope.vocabulary.functions.get((name, len(arguments)))
    if defined is not None and not defined.closed:
        made = _write_out(scope, defined, node)
    elif defined is None and name in TENSOR_FUNCTIONS:
        made = _apply_to_whole(scope, name, node)
    else:
        argument = scope.elaborate(arguments[0])
        order, exponents = _count_derivatives(symbol)
        symbol = replace(symbol, above=exponents)
        body = _take_log_of_determinant(name, argument) or ex.Function(name, order, argument.body)
        made = Value(argument.axes, body, argument.stand)
    for item in symbol.above:
        exponent = parse_exponent(item)
        if exponent is None or exponent == -1:  # tanh^{-1} may be the inverse
            raise Unreadable(f"what stands above {symbol.name} is not read", symbol.place)
        made = vectors.raise_to_power(made, exponent, symbol.place, entries=True)
    return made


def _count_derivatives(symbol: Symbol) -> tuple[int, tuple[Node, ...]]:
    """Count the primes of a function, as f'' or f^{(2)}; return also what else stands above."""
    order, rest = symbol.primes, list[Node]()
    for item in symbol.above:
        inner = item.entries[0] if isinstance(item, Bracket) and item.kind == "(" and len(item.entries) == 1 else None
        if isinstance(inner, Number) and inner.value in (1, 2, 3):
            order += int(inner.value)
        else:
            rest.append(item)
    return order, tuple(rest)


def _take_log_of_determinant(name: str, argument: Value) -> ex.Expression | None:
    body = argument.body
    if name == "log" and isinstance(body, ex.OfMatrix) and body.name == "det":
        return replace(body, name="log det")
    return None


def _apply_to_whole(scope: Scope, name: str, node: Application) -> Value:
    """Apply a function of a whole vector or matrix."""
    place = node.function.place
    if node.function.primes:
        raise Unreadable(f"a prime on {name}", place)
    if name == "prod":
        return scope.elaborate(multiply(node.arguments, ("",) * (len(node.arguments) - 1), place))
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
        along = 0 if scope.interpretation.choose(None, Choice("along columns", place=place)) is not None else 1
    return vectors.apply_softmax(argument, axis, along)


def _write_out(scope: Scope, defined: FunctionDefinition, node: Application) -> Value:
    """Elaborate the formula of a function, with the entries of the bracket in the place of its parameters."""
    place = node.function.place
    if defined.body is None:
        raise Unreadable(f"{node.function.name} is defined by what cannot be used", place)
    if node.function.primes:
        raise Unreadable("a prime on a function whose value depends on more than its argument", place)
    if scope.calls >= DEEPEST_CALL:
        raise Unreadable(f"functions are defined by one another more than {DEEPEST_CALL} deep", place)
    entries = zip(defined.parameters, node.arguments, strict=True)
    values = {name: scope.elaborate(entry) for name, entry in entries}
    outer, scope.parameters = scope.parameters, values  # in the formula, its parameters hide all other names
    scope.calls += 1
    try:
        return scope.elaborate(defined.body)
    finally:
        scope.parameters = outer
        scope.calls -= 1
