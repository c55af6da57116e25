"""In which order the factors of a term are multiplied: side by side first, then what ⊙ and ⊗ stand between."""

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from bptt.proofread import _expressions as ex
from bptt.proofread.semantics._interpretation import Choice
from bptt.proofread.semantics._refusals import Misfit
from bptt.proofread.semantics._scope import Scope
from bptt.proofread.semantics._values import Value
from bptt.proofread.syntax.tree import (
    Node,
    Number,
    Product,
    Symbol,
    Unreadable,
)

_LOOSE = (r"\odot", r"\otimes")


class Factor(NamedTuple):
    """A factor that is known, with what stands on the page for it."""

    value: Value
    node: Node


def group(scope: Scope, factors: list[Factor], operators: list[str], node: Product) -> Value:
    """Multiply factors side by side first, then what ⊙ and ⊗ stand between."""
    loose = [n for n, operator in enumerate(operators) if operator in _LOOSE]
    if not loose:
        return _multiply_run(scope, factors, operators, node)
    if _is_grouped_otherwise(factors, operators):
        first, ordered = Choice("⊙ first", place=node.place), Choice("from left to right", place=node.place)
        taken = scope.interpretation.choose(None, first, ordered)
        if taken is not None:
            multiply_otherwise = _multiply_tight if taken == first else _multiply_in_order
            return multiply_otherwise(scope, factors, operators, node)
    try:
        return _multiply_loose(scope, factors, operators, node)
    except Misfit:  # a vector ⊙ a matrix has no meaning, and the other grouping may have one
        made = _multiply_tight(scope, factors, operators, node)
        scope.interpretation.remark("tight ⊙")
        return made


def _multiply_in_order(scope: Scope, factors: Sequence[Factor], operators: Sequence[str], node: Product) -> Value:
    made = factors[0].value
    for operator, factor in zip(operators, factors[1:], strict=True):
        if operator == "/":
            raise Unreadable("a slash beside ⊙ is not read", node.place)
        made = scope.algebra.multiply(made, operator, factor.value, node.place)
    return made


def _is_grouped_otherwise(factors: Sequence[Factor], operators: Sequence[str]) -> bool:
    """Whether ⊙ stands beside a product of vectors or matrices, so that it matters which comes first."""
    for n, operator in enumerate(operators):
        if operator in _LOOSE:
            continue
        beside = (n > 0 and operators[n - 1] == r"\odot") or (n + 1 < len(operators) and operators[n + 1] == r"\odot")
        if beside and factors[n].value.axes and factors[n + 1].value.axes:
            return True
    return False


def _multiply_loose(scope: Scope, factors: Sequence[Factor], operators: Sequence[str], node: Product) -> Value:
    start, made, pending = 0, None, ""
    for n in range(len(operators) + 1):
        if n == len(operators) or operators[n] in _LOOSE:
            run = _multiply_run(scope, factors[start : n + 1], operators[start:n], node)
            made = run if made is None else scope.algebra.multiply(made, pending, run, node.place)
            pending, start = operators[n] if n < len(operators) else "", n + 1
    assert made is not None
    return made


def _multiply_tight(scope: Scope, factors: Sequence[Factor], operators: Sequence[str], node: Product) -> Value:
    """Multiply what ⊙ stands between first."""
    kept, between = [factors[0]], list[str]()
    for operator, factor in zip(operators, factors[1:], strict=True):
        if operator == r"\odot":
            value = scope.algebra.multiply(kept[-1].value, operator, factor.value, node.place)
            kept[-1] = Factor(value, factor.node)
        else:
            between.append(operator)
            kept.append(factor)
    return _multiply_run(scope, kept, between, node)


def _multiply_run(scope: Scope, factors: Sequence[Factor], operators: Sequence[str], node: Product) -> Value:
    """Multiply from left to right; what stands below a slash first."""
    made, n = factors[0].value, 0
    while n < len(operators):
        if operators[n] == "/":
            end = _find_denominator(scope, factors, operators, n, node)
            under = _multiply_run(scope, factors[n + 1 : end], operators[n + 1 : end - 1], node)
            made, n = divide(scope, made, under), end - 1
        else:
            made = scope.algebra.multiply(made, operators[n], factors[n + 1].value, node.place)
            n += 1
    return made


def _find_denominator(scope: Scope, factors: Sequence[Factor], operators: Sequence[str], n: int, node: Product) -> int:
    """Return the end of what stands below a slash: a/2b is a over 2b; what a/bc is, readers do not agree upon."""
    end = n + 2
    while end < len(factors) and operators[end - 1] == "" and isinstance(factors[end].node, Symbol):
        end += 1
    if end == n + 2:
        return end
    numbers = [isinstance(factors[m].node, Number) for m in (0, n + 1)]
    if numbers[1] and not (numbers[0] and n == 0):
        return end
    one, everything = Choice("slash takes one", place=node.place), Choice("slash takes all", place=node.place)
    return n + 2 if scope.interpretation.choose(one, everything) == one else end


def divide(scope: Scope, over: Value, under: Value) -> Value:
    """Divide by a number, or entry by entry. Raises `Misfit`."""
    inverse = Value(under.axes, ex.Power(under.body, Fraction(-1)), under.stand)
    if not under.axes:
        return over._replace(body=ex.multiply(over.body, inverse.body))
    if not over.axes:
        return inverse._replace(body=ex.multiply(over.body, inverse.body))
    if over.order != under.order and {over.order, under.order} == {1, 2}:
        raise Misfit("a vector and a matrix are divided by one another")
    return scope.algebra.multiply_entries(over, inverse)
