"""Sums and products over indices and steps, with what their limits say."""

from collections.abc import Iterator
from typing import NamedTuple

from bptt.proofread import _expressions as ex
from bptt.proofread._expressions import LAST_STEP, ONE, Mask, Range, Step
from bptt.proofread.semantics._interpretation import Choice
from bptt.proofread.semantics._scope import Scope
from bptt.proofread.semantics._values import Value
from bptt.proofread.syntax.tree import (
    Big,
    Bracket,
    Negative,
    Node,
    Number,
    Place,
    Product,
    Relation,
    Scripted,
    Sum,
    Symbol,
    Unreadable,
    strip_brackets,
)

MOST_LETTERS = 6  # below one Σ


class _Limits(NamedTuple):
    """What stands below and above a Σ about one letter; `conditions` are relations with other letters."""

    letter: Symbol
    first: Node | None = None
    last: Node | None = None
    strict: bool = False  # the letter is less than `last`
    conditions: tuple[Relation, ...] = ()


def repeat(scope: Scope, sign: Big, body: Node) -> Value:
    """Sum or multiply a formula over the letters of a Σ or a ∏, from the last to the first. Raises `Unreadable`."""
    limits = list(_list_limits(sign))
    if not limits or len(limits) > MOST_LETTERS:
        raise Unreadable(f"{sign.operator} does not say over what", sign.place)
    return _repeat(scope, sign, limits, body)


def _list_limits(sign: Big) -> Iterator[_Limits]:
    """List the letters that stand below a sign, each with its limits."""
    items = [one for item in sign.below for one in _split_letters(item)]
    last = _read_last(sign)
    for item in items:
        item = strip_brackets(item)
        if isinstance(item, Symbol):
            yield _Limits(item, None, last)
        elif isinstance(item, Relation):
            yield _read_relation(item, last, sign.place)
        else:
            raise Unreadable(f"{sign.operator} does not say over which letter", sign.place)


def _split_letters(item: Node) -> list[Node]:
    """Split letters side by side, as below Σ_{ij}."""
    if isinstance(item, Product) and not set(item.operators) - {""}:
        return list(item.factors)
    return list(item.entries) if isinstance(item, Bracket) and item.kind == "{" else [item]


def _read_last(sign: Big) -> Node | None:
    if len(sign.above) > 1:
        raise Unreadable(f"the upper limit of {sign.operator} is not read", sign.place)
    return sign.above[0] if sign.above else None


def _read_relation(item: Relation, last: Node | None, place: Place | None) -> _Limits:
    """Read i = 1, i ≠ j, s ≤ t, 1 ≤ s < t and i ∈ … below a sign."""
    left, sign, right = item.left, item.sign, item.right
    if (
        isinstance(left, Relation)
        and left.sign in ("<", r"\le")
        and sign in ("<", r"\le")
        and isinstance(left.right, Symbol)
    ):
        first: Node = left.left if left.sign == r"\le" else Sum((left.left, Number(ONE.value)))
        return _Limits(left.right, first, right, sign == "<")
    if not isinstance(left, Symbol):
        raise Unreadable("what stands below the sign is not read", place)
    if sign == "=":
        return _Limits(left, right, last)
    if sign == r"\neq":
        return _Limits(left, None, last, conditions=(item,))
    if sign in ("<", r"\le"):
        return _Limits(left, None, right, sign == "<", (item,))
    if sign in (">", r"\ge"):
        return _Limits(left, right if sign == r"\ge" else Sum((right, Number(ONE.value))), last, conditions=(item,))
    raise Unreadable(f"{sign} below the sign is not read", place)


def _repeat(scope: Scope, sign: Big, limits: list[_Limits], body: Node) -> Value:
    first, *others = limits
    letter = str(scope.notation.parse_index(first.letter, first.letter))

    def elaborate_body() -> Value:
        return _repeat(scope, sign, others, body) if others else scope.elaborate(body)

    product = sign.operator == r"\prod"
    if _is_over_steps(scope, letter, first):
        with scope.bind_step(letter) as bound:
            value = elaborate_body()
            start, end, masks = _get_step_limits(scope, first, sign.place)
        steps = _Steps(bound, start, end, tuple(masks))
        return _repeat_over_steps(scope, value, steps, product, sign.place)
    value = elaborate_body()
    span, left_out = _get_range(scope, letter, first, sign.place)
    if product and (value.axes or left_out):
        raise Unreadable("a product of vectors over an index", sign.place)
    return value._replace(body=ex.Total(letter, ex.multiply(*left_out, value.body), product, span), of=None, by=None)


def _is_over_steps(scope: Scope, letter: str, limits: _Limits) -> bool:
    """Whether a sum is over steps: its letter is one and its limits are no size, or its limits have one."""
    sizes = [_find_size(scope, one) for one in (limits.last,) if one is not None]
    if any(size is not None for size in sizes):
        return False
    bounds = [one for one in (limits.first, limits.last, *(c.right for c in limits.conditions)) if one is not None]
    steps = [scope.notation.parse_step(one) for one in bounds]
    if scope.notation.is_step_letter(letter):
        return all(step is not None for step in steps)
    return any(step is not None and step.anchor for step in steps) and all(step is not None for step in steps)


def _find_size(scope: Scope, node: Node) -> Range | None:
    node = strip_brackets(node)
    if isinstance(node, Symbol):
        return scope.notation.find_size(node)
    if isinstance(node, Scripted) or not isinstance(node, Sum) or len(node.terms) != 2:
        return None
    size, one = node.terms
    minus_one = isinstance(one, Negative) and isinstance(one.term, Number) and one.term.value == 1
    return scope.notation.find_size(size) if minus_one and isinstance(size, Symbol) else None


def _get_step_limits(scope: Scope, limits: _Limits, place: Place | None) -> tuple[Step, Step, list[Mask]]:
    start, end = Step("", 1), LAST_STEP
    masks: list[Mask] = []
    for condition in limits.conditions:
        if condition.sign == r"\neq":
            mask = scope.make_mask(condition, place)
            masks += [mask] if isinstance(mask, Mask) else []
    if limits.first is not None:
        start = _get_step(scope, limits.first, place)
    if limits.last is not None:
        end = _get_step(scope, limits.last, place)
        end = Step(end.anchor, end.offset - 1) if limits.strict else end
    return start, end, masks


def _get_step(scope: Scope, node: Node, place: Place | None) -> Step:
    step = scope.notation.parse_step(node)
    if step is None:
        raise Unreadable("the limit of a sum over steps is no step", place)
    return scope.name_step(step)


def _get_range(
    scope: Scope, letter: str, limits: _Limits, place: Place | None
) -> tuple[Range | None, list[ex.Expression]]:
    """Return what the limits of a sum say that it runs over, and what is left out. Raises `Unreadable`."""
    masks: list[ex.Expression] = [scope.make_mask(condition, place) for condition in limits.conditions]
    span, above = None, limits.last if not limits.conditions else None
    if above is not None:
        span = _find_size(scope, above)
        if span is None:
            raise Unreadable("a sum runs to what is no size of the glossary", place)
    first = limits.first if not limits.conditions else None
    shifted = above is not None and isinstance(strip_brackets(above), Sum)
    start = first.value if isinstance(first, Number) else None
    if first is not None and start is None:
        raise Unreadable("a sum starts at what is no number", place)
    if shifted:
        if start != 0:
            raise Unreadable("a sum runs to a size less 1", place)
    elif start is not None and start > 1 and start.denominator == 1:
        masks.append(Mask("≤", int(start), letter))
    elif start not in (None, 1):
        raise Unreadable("a sum runs from 1 to a size of the glossary", place)
    return span, masks


class _Steps(NamedTuple):
    """The steps that a sum runs over, and what is left out of them."""

    letter: str
    first: Step
    last: Step
    masks: tuple[Mask, ...]


def _repeat_over_steps(scope: Scope, value: Value, steps: _Steps, product: bool, place: Place | None) -> Value:
    letter, first, last, masks = steps
    if not product or not value.axes:
        body = ex.OverSteps(letter, first, last, ex.multiply(*masks, value.body), product)
        return value._replace(body=body, of=None, by=None)
    if value.order != 2 or masks:
        raise Unreadable("a product of vectors over the steps", place)
    descending = scope.interpretation.choose(None, Choice("ascending", place=place)) is None
    row, column = scope.make_axes(2)
    inside = (value.axes[0], value.axes[1])
    return Value((row, column), ex.MatrixProduct(letter, first, last, value.body, inside, (row, column), descending))
