"""Terms: which factors a sign of summation, an operator or a function takes, and in which order they are multiplied.

What an operator takes is decided by type and by what depends on its variable: ∂/∂x and ∇ take the product behind them;
a product over i takes what bears an i.
"""

from collections.abc import Sequence

from bptt.proofread import _expressions as ex
from bptt.proofread.semantics import _functions as functions
from bptt.proofread.semantics._calculus import depends_on, differentiate, get_gradient_variable
from bptt.proofread.semantics._differentials import take_differential
from bptt.proofread.semantics._grouping import Factor, group
from bptt.proofread.semantics._interpretation import Choice
from bptt.proofread.semantics._refusals import Misfit
from bptt.proofread.semantics._repeated import repeat
from bptt.proofread.semantics._scope import Scope, Variable
from bptt.proofread.semantics._values import Value
from bptt.proofread.semantics._vocabulary import REFUSED
from bptt.proofread.syntax import is_mark
from bptt.proofread.syntax.tree import (
    Application,
    Big,
    Bracket,
    Derivative,
    Differential,
    Nabla,
    Node,
    Number,
    Product,
    Symbol,
    Unreadable,
    multiply,
    nodes,
    written,
)


def elaborate_product(scope: Scope, node: Product) -> Value:
    """Return what a product stands for. Raises one of `REFUSALS`."""
    named = functions.name_gradient(node.factors, node.operators)
    factors, operators = functions.join_brackets(scope, named, node.operators)
    derivatives = [one for one in map(_strip, factors) if isinstance(one, Derivative) and one.of is not None]
    if len(derivatives) > 1:
        scope.chained |= {id(one) for one in derivatives}
    known, between = list[Factor](), list[str]()
    n = 0
    while n < len(factors):
        value, end = _read_factor(scope, factors, operators, n)
        known.append(Factor(value, factors[n]))
        between += operators[end - 1 : end] if end < len(factors) else []
        n = end
    return group(scope, known, between, node)


def _strip(node: Node) -> Node:
    while isinstance(node, Bracket) and len(node.entries) == 1:
        node = node.entries[0]
    return node


def _read_factor(scope: Scope, factors: Sequence[Node], operators: Sequence[str], n: int) -> tuple[Value, int]:
    """Return the value of a factor with all that it takes, and the number of the next one."""
    factor = factors[n]
    if isinstance(factor, Big):
        return _read_big(scope, factor, factors, operators, n)
    if isinstance(factor, Nabla | Derivative) and _is_operator(factor):
        return _read_operator(scope, factor, factors, operators, n)
    if isinstance(factor, Differential):
        raise Unreadable("a ∂ stands outside a quotient of two", factor.place)
    if scope.varied and is_mark(factor) and n + 1 < len(factors) and operators[n] == "":
        following, end = _read_factor(scope, factors, operators, n + 1)
        return take_differential(scope, following), end
    if isinstance(factor, Symbol) and _awaits_argument(scope, factor):
        end = _find_argument(scope, factor, factors, operators, n)
        if end == n + 1:
            raise Unreadable(f"the function {factor.name} stands without an argument", factor.place)
        inner = _rest(factors[n + 1 : end], operators[n + 1 : end - 1])
        return scope.elaborate(functions_applied(factor, inner)), end
    return scope.elaborate(factor), n + 1


def functions_applied(function: Symbol, argument: Node) -> Node:
    """Apply a function to the one argument that stands behind it without a bracket."""
    return Application(function, (argument,))


def _awaits_argument(scope: Scope, symbol: Symbol) -> bool:
    """Whether a symbol is a function, and nothing else."""
    name = functions.get_function_name(scope, symbol, 1)
    known = scope.symbols.find_name(symbol) is not None or scope.symbols.get_base(symbol) in scope.parameters
    return name is not None and not known


def _find_argument(scope: Scope, function: Symbol, factors: Sequence[Node], operators: Sequence[str], n: int) -> int:
    """Return the end of what a function without a bracket takes: one factor, or the symbols in a row."""
    if n + 1 >= len(factors) or operators[n] != "":
        return n + 1
    name = functions.get_function_name(scope, function, 1)
    first = factors[n + 1]
    if name == "tr" or isinstance(first, Big):  # log Σ … takes the sum, which takes the rest of its term
        return len(factors)
    if isinstance(first, Symbol) and _awaits_argument(scope, first):
        return max(n + 3, _find_argument(scope, first, factors, operators, n + 1))
    end = n + 2
    while end < len(factors) and operators[end - 1] == "" and isinstance(factors[end], Symbol | Number):
        following = factors[end]
        if isinstance(following, Symbol) and _awaits_argument(scope, following):
            break
        end += 1
    if not isinstance(first, Symbol | Number) or end == n + 2:
        return n + 2
    if isinstance(first, Number):
        return end
    one, everything = (
        Choice("function takes one", function.name, function.place),
        Choice("function takes all", function.name, function.place),
    )
    return n + 2 if scope.interpretation.choose(one, everything) == one else end


def _rest(factors: Sequence[Node], operators: Sequence[str]) -> Node:
    return multiply(tuple(factors), tuple(operators))


def _read_big(scope: Scope, sign: Big, factors: Sequence[Node], operators: Sequence[str], n: int) -> tuple[Value, int]:
    """Read a Σ, which takes the rest of its term, or a ∏, which takes what bears its letter."""
    if sign.operator not in (r"\sum", r"\prod"):
        return _read_maximum(scope, sign, factors, n)
    if n + 1 >= len(factors):
        raise Unreadable(f"nothing stands behind {sign.operator}", sign.place)
    end = len(factors)
    if sign.operator == r"\prod":
        end = _find_end_of_product(scope, sign, factors, n)
    body = _rest(factors[n + 1 : end], operators[n + 1 : end - 1])
    return repeat(scope, sign, body), end


def _find_end_of_product(scope: Scope, sign: Big, factors: Sequence[Node], n: int) -> int:
    letters = {written(node) for item in sign.below for node in nodes(item)} - {""}
    letters = {letter for letter in letters if not letter[0].isdigit()}
    stop = next((m for m in range(n + 2, len(factors)) if isinstance(factors[m], Big)), len(factors))
    bearing = [m for m in range(n + 1, stop) if letters & {written(node) for node in nodes(factors[m], scripts=True)}]
    last = (bearing[-1] if bearing else n + 1) + 1
    if last == stop or all(isinstance(factors[m], Number) for m in range(last, stop)):
        return last
    if scope.notation.is_step_letter(next(iter(letters), "")) or any(
        isinstance(one, Symbol | Application) for one in factors[n + 1 : last]
    ):
        whole = scope.interpretation.choose(None, Choice("operator takes the rest", sign.operator, sign.place))
        return last if whole is None else stop
    return last


def _read_maximum(scope: Scope, sign: Big, factors: Sequence[Node], n: int) -> tuple[Value, int]:
    """Read max(0, x), which is a function of x alone."""
    bracket = _as_bracket(factors[n + 1]) if n + 1 < len(factors) else None
    if sign.operator == "max" and bracket is not None and len(bracket.entries) == 2 and not sign.below:
        zero = [one for one in bracket.entries if isinstance(one, Number) and one.value == 0]
        others = [one for one in bracket.entries if one not in zero]
        if len(zero) == 1:
            value = scope.elaborate(others[0])
            return value._replace(body=ex.Function("relu", 0, value.body)), n + 2
    raise Unreadable(f"{REFUSED.get(sign.operator, sign.operator)} are not read", sign.place)


def _as_bracket(node: Node) -> Bracket | None:
    return node if isinstance(node, Bracket) else None


def _read_operator(
    scope: Scope, operator: Nabla | Derivative, factors: Sequence[Node], operators: Sequence[str], n: int
) -> tuple[Value, int]:
    """Read ∇ or ∂/∂x with the stretch of the term that it takes."""
    first, end = n + 1, len(factors)
    if first >= end or operators[n] != "":
        raise Unreadable("nothing stands behind the operator of a derivative", operator.place)
    variable = get_gradient_variable(scope, operator)
    ends = _list_stretches(scope, operator, variable, factors, operators, first)
    apart = [m for m in ends[1:] if operators[m - 1] != ""]
    choices = [None, *(Choice("operator takes less", str(m - first), operator.place) for m in apart)]
    taken = scope.interpretation.choose(*choices) if len(choices) > 1 else None
    end = ends[0] if taken is None else first + int(taken.about)
    inner = _rest(factors[first:end], operators[first : end - 1])
    return differentiate(scope, operator, scope.elaborate(inner), inner, variable), end


def _list_stretches(
    scope: Scope,
    operator: Nabla | Derivative,
    variable: Variable,
    factors: Sequence[Node],
    operators: Sequence[str],
    first: int,
) -> list[int]:
    """List the ends of the stretches that an operator may take, the conventional one first."""
    ends = (
        m for m in range(first + 1, len(factors)) if _starts_derivative(factors[m]) and not _is_operator(factors[m - 1])
    )
    whole = next(ends, len(factors))
    orders: dict[int, int] = {}
    dependent: dict[int, bool] = {}
    for end in range(first + 1, whole + 1):
        try:
            value = scope.elaborate(_rest(factors[first:end], operators[first : end - 1]))
        except (Misfit, Unreadable):
            continue
        orders[end], dependent[end] = value.order, depends_on(scope.vocabulary, value.body, variable.entry.quantity)
    if whole not in orders:
        scope.elaborate(_rest(factors[first:whole], operators[first : whole - 1]))  # says why it cannot be read
    scalars = [end for end, order in orders.items() if order == 0 and dependent[end]]
    usual = whole
    if orders.get(whole) != 0 and scalars and isinstance(operator, Nabla):
        usual = scalars[0]
    elif orders.get(whole, 0) > 1 and scalars:
        usual = scalars[-1]
    # Beyond its end nothing depends on the variable where both stretches mean the same.
    return [
        usual,
        *(end for end in scalars if end < usual and _rest_depends(scope, factors, operators, end, usual, variable)),
    ]


def _starts_derivative(node: Node) -> bool:
    return isinstance(node, Derivative | Nabla)


def _is_operator(node: Node) -> bool:
    return isinstance(node, Nabla) or (isinstance(node, Derivative) and node.of is None)


def _rest_depends(
    scope: Scope, factors: Sequence[Node], operators: Sequence[str], end: int, usual: int, variable: Variable
) -> bool:
    try:
        value = scope.elaborate(_rest(factors[end:usual], operators[end : usual - 1]))
    except (Misfit, Unreadable):
        return True
    return depends_on(scope.vocabulary, value.body, variable.entry.quantity)
