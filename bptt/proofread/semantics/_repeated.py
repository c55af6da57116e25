"""Sums and products over indices and steps, with what their limits say."""

import itertools
from collections.abc import Callable, Sequence
from typing import NamedTuple

from bptt.proofread import _expressions as ex
from bptt.proofread._expressions import LAST_STEP, ONE, Mask, Range, Step
from bptt.proofread.semantics._interpretation import Choice
from bptt.proofread.semantics._scope import Scope
from bptt.proofread.semantics._values import Value
from bptt.proofread.syntax import tree
from bptt.proofread.syntax.tree import Big, Bracket, Node, Number, Place, Product, Relation, Symbol, Unreadable

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
    if len(sign.above) > 1:
        raise Unreadable(f"the upper limit of {sign.operator} is not read", sign.place)
    items = itertools.chain.from_iterable(map(_split_letters, sign.below))
    limits = _join_limits(scope, [_read_limits(tree.strip_brackets(item), sign) for item in items])
    if not limits or len(limits) > MOST_LETTERS:
        raise Unreadable(f"{sign.operator} does not say over what", sign.place)
    return _repeat(scope, sign, limits, body)


def _join_limits(scope: Scope, limits: list[_Limits]) -> list[_Limits]:
    """Join what is said of one letter in several lines: i = 1 and i ≠ j, or i = 1 and j ≠ i for a free index j."""
    joined: dict[str, _Limits] = {}
    for one in limits:
        name = scope.notation.spell(one.letter)
        if len(one.conditions) == 1 and one.first is None:
            condition = one.conditions[0]
            other = scope.notation.spell(condition.right)
            is_free = name in scope.left_indices or (other in joined and joined[other].first is not None)
            if is_free and other in joined and condition.sign == r"\neq":
                name, one = other, one._replace(conditions=(Relation(condition.right, condition.sign, one.letter),))
        if name not in joined:
            joined[name] = one
            continue
        known = joined[name]
        joined[name] = known._replace(
            first=one.first if known.first is None else known.first,
            last=one.last if known.last is None else known.last,
            strict=known.strict or one.strict,
            conditions=known.conditions + one.conditions,
        )
    return list(joined.values())


def _split_letters(item: Node) -> tuple[Node, ...]:
    """Split letters side by side, as below Σ_{ij}."""
    if isinstance(item, Product) and not set(item.operators) - {""}:
        return item.factors
    return item.entries if isinstance(item, Bracket) and item.kind == "{" else (item,)


def _read_limits(item: Node, sign: Big) -> _Limits:
    """Read i, i = 1, i ≠ j, s ≤ t, 1 ≤ s < t and i ∈ … below a sign. Raises `Unreadable`."""
    last = sign.above[0] if sign.above else None
    match item:
        case Symbol() as letter:
            return _Limits(letter, None, last)
        case Relation(Relation(first, "<" | r"\le" as lower, Symbol() as letter), "<" | r"\le" as upper, end):
            return _Limits(letter, first if lower == r"\le" else _add_one(first), end, upper == "<")
        case Relation(Symbol() as letter, "=", first):
            return _Limits(letter, first, last)
        case Relation(Symbol() as letter, r"\neq"):
            return _Limits(letter, None, last, conditions=(item,))
        case Relation(Symbol() as letter, "<" | r"\le" as upper, end):
            return _Limits(letter, None, end, upper == "<", (item,))
        case Relation(Symbol() as letter, ">" | r"\ge" as lower, first):
            return _Limits(letter, first if lower == r"\ge" else _add_one(first), last, conditions=(item,))
        case Relation(Symbol(), relation):
            raise Unreadable(f"{relation} below the sign is not read", sign.place)
        case Relation():
            raise Unreadable("what stands below the sign is not read", sign.place)
    raise Unreadable(f"{sign.operator} does not say over which letter", sign.place)


def _add_one(node: Node) -> Node:
    return tree.Sum((node, Number(ONE.value)))


def _repeat(scope: Scope, sign: Big, limits: list[_Limits], body: Node) -> Value:
    first, *others = limits
    letter = str(scope.notation.parse_index(first.letter, first.letter))

    def elaborate_body() -> Value:
        return _repeat(scope, sign, others, body) if others else scope.elaborate(body)

    if _is_over_steps(scope, letter, first):
        return _repeat_over_steps(scope, sign, letter, first, elaborate_body)
    value = elaborate_body()
    span, left_out = _get_range(scope, letter, first, sign.place)
    product = sign.operator == r"\prod"
    if product and (value.axes or left_out):
        raise Unreadable("a product of vectors over an index", sign.place)
    return value._replace(body=ex.Total(letter, ex.multiply(*left_out, value.body), product, span), of=None, by=None)


def _is_over_steps(scope: Scope, letter: str, limits: _Limits) -> bool:
    """Whether a sum is over steps: its letter is one and its limits are no size, or its limits have one."""
    if limits.last is not None and _find_size(scope, limits.last) is not None:
        return False
    bounds = [one for one in (limits.first, limits.last, *(c.right for c in limits.conditions)) if one is not None]
    steps = [step for step in map(scope.notation.parse_step, bounds) if step is not None]
    has_letter = scope.notation.is_step_letter(letter) or any(step.anchor for step in steps)
    return has_letter and len(steps) == len(bounds)


def _find_size(scope: Scope, node: Node) -> Range | None:
    """Find the range to whose size, or to that less 1, a sum runs."""
    match tree.strip_brackets(node):
        case (Symbol() as size) | tree.Sum((Symbol() as size, tree.Negative(Number(1)))):
            return scope.notation.find_size(size)
    return None


def _get_step_limits(scope: Scope, limits: _Limits, place: Place | None) -> tuple[Step, Step, list[Mask]]:
    start = Step("", 1) if limits.first is None else _get_step(scope, limits.first, place)
    end = LAST_STEP if limits.last is None else _get_step(scope, limits.last, place)
    made = [scope.make_mask(one, place) for one in limits.conditions if one.sign == r"\neq"]
    masks = [mask for mask in made if isinstance(mask, Mask)]
    return start, Step(end.anchor, end.offset - 1) if limits.strict else end, masks


def _get_step(scope: Scope, node: Node, place: Place | None) -> Step:
    step = scope.notation.parse_step(node)
    if step is None:
        raise Unreadable("the limit of a sum over steps is no step", place)
    return scope.name_step(step)


def _get_range(
    scope: Scope, letter: str, limits: _Limits, place: Place | None
) -> tuple[Range | None, Sequence[ex.Expression]]:
    """Return what the limits of a sum say that it runs over, and what is left out. Raises `Unreadable`."""
    left_out = [scope.make_mask(condition, place) for condition in limits.conditions]
    if left_out and any(one.sign != r"\neq" for one in limits.conditions):
        return None, left_out  # which says where the sum starts or ends, too
    span = None if limits.last is None else _find_size(scope, limits.last)
    if limits.last is not None and span is None:
        raise Unreadable("a sum runs to what is no size of the glossary", place)
    first = Number(ONE.value) if limits.first is None else limits.first
    if not isinstance(first, Number):
        raise Unreadable("a sum starts at what is no number", place)
    if limits.last is not None and isinstance(tree.strip_brackets(limits.last), tree.Sum):
        if first.value != 0:
            raise Unreadable("a sum runs to a size less 1", place)
    elif first.value < 1 or first.value.denominator > 1:
        raise Unreadable("a sum runs from 1 to a size of the glossary", place)
    return span, [*left_out, *([Mask("≤", int(first.value), letter)] if first.value > 1 else [])]


def _repeat_over_steps(
    scope: Scope, sign: Big, letter: str, limits: _Limits, elaborate_body: Callable[[], Value]
) -> Value:
    with scope.bind_step(letter) as bound:
        value = elaborate_body()
        first, last, masks = _get_step_limits(scope, limits, sign.place)
    product = sign.operator == r"\prod"
    if not product or not value.axes:
        body = ex.OverSteps(bound, first, last, ex.multiply(*masks, value.body), product)
        return value._replace(body=body, of=None, by=None)
    if value.order != 2 or masks:
        raise Unreadable("a product of vectors over the steps", sign.place)
    descending = scope.interpretation.choose(None, Choice("ascending", place=sign.place)) is None
    row, column = scope.make_axes(2)
    inside = (value.axes[0], value.axes[1])
    return Value((row, column), ex.MatrixProduct(bound, first, last, value.body, inside, (row, column), descending))
