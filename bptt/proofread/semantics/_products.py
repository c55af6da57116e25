"""Terms: which factors a sign of summation, an operator or a function takes, and in which order they are multiplied.

What an operator takes is decided by type and by what depends on its variable: ∂/∂x and ∇ take the product behind them;
a product over i takes what bears an i.
"""

import contextlib
from collections.abc import Container, Mapping, Sequence
from typing import NamedTuple

from bptt.proofread import _expressions as ex
from bptt.proofread._expressions import Quantity
from bptt.proofread.semantics import _functions as functions
from bptt.proofread.semantics._calculus import depends_on, differentiate, get_gradient_variable, take_differential
from bptt.proofread.semantics._interpretation import Choice
from bptt.proofread.semantics._refusals import Misfit
from bptt.proofread.semantics._repeated import repeat
from bptt.proofread.semantics._scope import Scope
from bptt.proofread.semantics._values import Value
from bptt.proofread.semantics._vocabulary import REFUSED
from bptt.proofread.syntax import is_mark, name_gradient, tree
from bptt.proofread.syntax.tree import Big, Bracket, Derivative, Nabla, Node, Number, Place, Product, Symbol, Unreadable


class Factor(NamedTuple):
    """A factor that is known, with what stands on the page for it."""

    value: Value
    node: Node


def elaborate_product(scope: Scope, node: Product) -> Value:
    """Return what a product stands for. Raises one of `REFUSALS`."""
    term = functions.join_brackets(scope, name_gradient(node))
    stripped = map(tree.strip_brackets, term.factors)
    derivatives = {id(one) for one in stripped if isinstance(one, Derivative) and one.of is not None}
    if len(derivatives) > 1:
        scope.chained |= derivatives
    known, between, n = list[Factor](), list[str](), 0
    while n < len(term.factors):
        value, end = _read_factor(scope, term, n)
        known.append(Factor(value, term.factors[n]))
        between += term.operators[end - 1 : end]
        n = end
    return Grouping(scope, node.place).multiply(known, between)


def _read_factor(scope: Scope, term: Product, n: int) -> tuple[Value, int]:
    """Return the value of a factor with all that it takes, and the number of the next one."""
    factor = term.factors[n]
    if isinstance(factor, Big):
        return _read_big(scope, factor, term, n)
    if isinstance(factor, Nabla | Derivative) and _is_operator(factor):
        return _read_operator(scope, factor, term, n)
    if scope.varied and isinstance(factor, Symbol) and is_mark(factor) and term.operators[n : n + 1] == ("",):
        following, end = _read_factor(scope, term, n + 1)
        return take_differential(scope, following), end
    if isinstance(factor, Symbol) and functions.is_bare_function(scope, factor):
        end = _find_argument(scope, factor, term, n)
        if end == n + 1:
            raise Unreadable(f"the function {factor.name} stands without an argument", factor.place)
        return scope.elaborate(tree.Application(factor, (_take(term, n + 1, end),))), end
    return scope.elaborate(factor), n + 1


def _take(term: Product, first: int, end: int) -> Node:
    """Return the factors of a term from one on and before another."""
    return tree.multiply(term.factors[first:end], term.operators[first : end - 1])


def _find_argument(scope: Scope, function: Symbol, term: Product, n: int) -> int:
    """Return the end of what a function without a bracket takes: one factor, or the symbols in a row."""
    factors, operators = term.factors, term.operators
    if operators[n : n + 1] != ("",):
        return n + 1
    first = factors[n + 1]
    name = functions.get_function_name(scope, function, 1)
    if name == "tr" or isinstance(first, Big):  # log Σ … takes the sum, which takes the rest of its term
        return len(factors)
    if isinstance(first, Symbol) and functions.is_bare_function(scope, first):
        return max(n + 3, _find_argument(scope, first, term, n + 1))
    end = n + 2
    while end < len(factors) and operators[end - 1] == "" and isinstance(factors[end], Symbol | Number):
        following = factors[end]
        if isinstance(following, Symbol) and functions.is_bare_function(scope, following):
            break
        end += 1
    if not isinstance(first, Symbol | Number) or end == n + 2:
        return n + 2
    if isinstance(first, Number):
        return end
    about = function.name, function.place
    one, everything = Choice("function takes one", *about), Choice("function takes all", *about)
    return n + 2 if scope.interpretation.choose(one, everything) == one else end


def _read_big(scope: Scope, sign: Big, term: Product, n: int) -> tuple[Value, int]:
    """Read a Σ, which takes the rest of its term, or a ∏, which takes what bears its letter."""
    if sign.operator not in (r"\sum", r"\prod"):
        return _read_maximum(scope, sign, term, n)
    if n + 1 >= len(term.factors):
        raise Unreadable(f"nothing stands behind {sign.operator}", sign.place)
    end = len(term.factors) if sign.operator == r"\sum" else _find_end_of_product(scope, sign, term.factors, n)
    return repeat(scope, sign, _take(term, n + 1, end)), end


def _find_end_of_product(scope: Scope, sign: Big, factors: tuple[Node, ...], n: int) -> int:
    written = {tree.written(node) for item in sign.below for node in tree.nodes(item)}
    letters = {letter for letter in written if letter and not letter[0].isdigit()}
    stop = next((m for m in range(n + 2, len(factors)) if isinstance(factors[m], Big)), len(factors))
    last = n + 2
    for m in range(n + 1, stop):
        if not letters.isdisjoint(map(tree.written, tree.nodes(factors[m], scripts=True))):
            last = m + 1
    if all(isinstance(one, Number) for one in factors[last:stop]):
        return last
    over_steps = scope.notation.is_step_letter(next(iter(letters), ""))
    if not over_steps and not any(isinstance(one, Symbol | tree.Application) for one in factors[n + 1 : last]):
        return last
    rest = scope.interpretation.choose(None, Choice("operator takes the rest", sign.operator, sign.place))
    return stop if rest else last


def _read_maximum(scope: Scope, sign: Big, term: Product, n: int) -> tuple[Value, int]:
    """Read max(0, x), which is a function of x alone."""
    bracket = term.factors[n + 1] if n + 1 < len(term.factors) else None
    if sign.operator == "max" and isinstance(bracket, Bracket) and len(bracket.entries) == 2 and not sign.below:
        others = [one for one in bracket.entries if one != Number(ex.ZERO.value)]
        if len(others) == 1:
            value = scope.elaborate(others[0])
            return value._replace(body=ex.Function("relu", 0, value.body)), n + 2
    raise Unreadable(f"{REFUSED.get(sign.operator, sign.operator)} are not read", sign.place)


def _read_operator(scope: Scope, operator: Nabla | Derivative, term: Product, n: int) -> tuple[Value, int]:
    """Read ∇ or ∂/∂x with the stretch of the term that it takes."""
    first = n + 1
    if term.operators[n:first] != ("",):
        raise Unreadable("nothing stands behind the operator of a derivative", operator.place)
    variable = get_gradient_variable(scope, operator)
    whole = _find_end_of_derivative(term.factors, first)
    values = _elaborate_stretches(scope, term, first, whole)
    usual, *others = _list_stretches(scope, operator, term, values, variable.entry.quantity)
    less = (Choice("operator takes less", str(m - first), operator.place) for m in others if term.operators[m - 1])
    choices = [None, *less]
    taken = scope.interpretation.choose(*choices) if len(choices) > 1 else None
    end = usual if taken is None else first + int(taken.about)
    return differentiate(scope, operator, values[end], _take(term, first, end)), end


def _find_end_of_derivative(factors: tuple[Node, ...], first: int) -> int:
    """Return the end of all that an operator may take: the next derivative, which is no part of what it takes."""
    derivatives = (
        m
        for m in range(first + 1, len(factors))
        if isinstance(factors[m], Derivative | Nabla) and not _is_operator(factors[m - 1])
    )
    return next(derivatives, len(factors))


def _elaborate_stretches(scope: Scope, term: Product, first: int, whole: int) -> dict[int, Value]:
    """Elaborate the stretches from a factor on that can be read, by their ends. Raises what the whole one raises.

    Each is elaborated once, and none that ends in an operator: operators in operators would double with each.
    """
    values: dict[int, Value] = {}
    for end in range(first + 1, whole):
        if not _is_operator(term.factors[end - 1]):
            with contextlib.suppress(Misfit, Unreadable):
                values[end] = scope.elaborate(_take(term, first, end))
    values[whole] = scope.elaborate(_take(term, first, whole))
    return values


def _list_stretches(
    scope: Scope, operator: Nabla | Derivative, term: Product, values: Mapping[int, Value], by: Quantity
) -> list[int]:
    """List the ends of the stretches that an operator by a quantity may take, the conventional one first."""
    whole = max(values)

    def is_varied(value: Value) -> bool:
        return depends_on(scope.vocabulary, value.body, by)

    scalars = [end for end, value in values.items() if not value.order and is_varied(value)]
    order = values[whole].order
    usual = whole
    if order and scalars and isinstance(operator, Nabla):
        usual = scalars[0]
    elif order > 1 and scalars:
        usual = scalars[-1]

    def may_vary(end: int) -> bool:
        try:
            return is_varied(scope.elaborate(_take(term, end, usual)))
        except (Misfit, Unreadable):
            return True

    # Where nothing beyond its end depends on the variable, both stretches mean the same.
    return [usual, *(end for end in scalars if end < usual and may_vary(end))]


def _is_operator(node: Node) -> bool:
    return isinstance(node, Nabla) or (isinstance(node, Derivative) and node.of is None)


class Grouping(NamedTuple):
    """Multiplies the factors of a product that stands at a place."""

    scope: Scope
    place: Place | None

    def multiply(self, factors: Sequence[Factor], operators: Sequence[str]) -> Value:
        """Multiply factors side by side first, then what ⊙ and ⊗ stand between."""
        if _is_grouped_otherwise(factors, operators):
            first, ordered = Choice("⊙ first", place=self.place), Choice("from left to right", place=self.place)
            taken = self.scope.interpretation.choose(None, first, ordered)
            if taken == ordered and "/" in operators:
                raise Unreadable("a slash beside ⊙ is not read", self.place)
            if taken is not None:
                return self._multiply_in_turn(factors, operators, {r"\odot"} if taken == first else operators)
        side_by_side = set(operators) - {r"\odot", r"\otimes"}
        try:
            return self._multiply_in_turn(factors, operators, side_by_side)
        except Misfit:  # a vector ⊙ a matrix has no meaning, and the other grouping may have one
            if side_by_side == set(operators):
                raise
            made = self._multiply_in_turn(factors, operators, {r"\odot"})
            self.scope.interpretation.remark("tight ⊙")
            return made

    def _multiply_in_turn(self, factors: Sequence[Factor], operators: Sequence[str], first: Container[str]) -> Value:
        """Multiply what some operators stand between first, and then the rest; each time from left to right."""
        factors, operators = self._multiply_between(factors, operators, first)
        (made,), _ = self._multiply_between(factors, operators, operators)
        return made.value

    def _multiply_between(
        self, factors: Sequence[Factor], operators: Sequence[str], these: Container[str]
    ) -> tuple[list[Factor], list[str]]:
        """Multiply what these operators stand between; return the factors that are left, and what is between them."""
        made, between = [factors[0]], list[str]()
        n = start = 0
        while n < len(operators):
            end, (value, node) = n + 2, made[-1]
            if operators[n] not in these:
                between.append(operators[n])
                made.append(factors[n + 1])
                start = n + 1
            elif operators[n] == "/":
                end = self._find_denominator(factors, operators, n, n == start)
                under = self._multiply_in_turn(factors[n + 1 : end], operators[n + 1 : end - 1], ("",))
                made[-1] = Factor(self.scope.algebra.divide(value, under), node)
            else:
                product = self.scope.algebra.multiply(value, operators[n], factors[n + 1].value, self.place)
                made[-1] = Factor(product, node)
            n = end - 1
        return made, between

    def _find_denominator(self, factors: Sequence[Factor], operators: Sequence[str], n: int, alone: bool) -> int:
        """Return the end of what stands below a slash: a/2b is a over 2b; what a/bc is, readers do not agree upon."""
        end = n + 2
        while end < len(factors) and operators[end - 1] == "" and isinstance(factors[end].node, Symbol):
            end += 1
        over_number = alone and isinstance(factors[n].node, Number)
        if end == n + 2 or (isinstance(factors[n + 1].node, Number) and not over_number):
            return end
        one, everything = Choice("slash takes one", place=self.place), Choice("slash takes all", place=self.place)
        return n + 2 if self.scope.interpretation.choose(one, everything) == one else end


def _is_grouped_otherwise(factors: Sequence[Factor], operators: Sequence[str]) -> bool:
    """Whether ⊙ stands beside a product of vectors or matrices, so that it matters which comes first."""
    return any(
        operator not in (r"\odot", r"\otimes")
        and r"\odot" in (*operators[max(n - 1, 0) : n], *operators[n + 1 : n + 2])
        and factors[n].value.axes
        and factors[n + 1].value.axes
        for n, operator in enumerate(operators)
    )
