"""What an equation claims: two index expressions with the same free indices, under one interpretation."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from bptt.proofread import _expressions as ex
from bptt.proofread import _traversal as traversal
from bptt.proofread._expressions import LAST_STEP, Claim, Expression, Mask, Step
from bptt.proofread.semantics._calculus import find_varied
from bptt.proofread.semantics._elaborate import Elaborator
from bptt.proofread.semantics._functions import find_reference
from bptt.proofread.semantics._implied_sums import ImpliedSums
from bptt.proofread.semantics._interpretation import LAYOUT, Choice, Interpretation
from bptt.proofread.semantics._notation import Scripts
from bptt.proofread.semantics._paths import require_paths, require_usable
from bptt.proofread.semantics._ranges import Ranges
from bptt.proofread.semantics._refusals import REFUSALS, OrdersDiffer
from bptt.proofread.semantics._symbols import Name, Symbols
from bptt.proofread.semantics._values import Value, unify_stands
from bptt.proofread.semantics._vocabulary import Vocabulary, is_standard
from bptt.proofread.syntax.tree import (
    At,
    Big,
    Bracket,
    Derivative,
    Node,
    Product,
    Relation,
    Scripted,
    Symbol,
    Unreadable,
    is_bare,
    nodes,
)  # fmt: skip

SILENT = "every step"  # the letter of a step that an equation leaves away
MOST_STEP_LETTERS = 3  # that are free in an equation: it is compared at every choice of their steps


class Equation(NamedTuple):
    """The two sides of an equation, and the relations between indices or steps under which it is stated."""

    left: Node
    right: Node
    where: tuple[Relation, ...] = ()


def state_claim(vocabulary: Vocabulary, equation: Equation, interpretation: Interpretation) -> Claim:
    """State the claim that an equation makes. Raises one of `REFUSALS`."""
    left, right, where = equation
    vocabulary.restart_indices()
    arguments = find_arguments(vocabulary, left, right)
    silent = _choose_silent_step(vocabulary.symbols, left, right, interpretation)
    elaborator = Elaborator(vocabulary, interpretation, arguments, silent)
    elaborator.varied = find_varied(vocabulary, left, right)
    stated = elaborator.elaborate(left)
    elaborator.left_indices = frozenset(traversal.find_free_indices(stated.body))
    masks = tuple(_list_masks(elaborator, where))
    bound = {one for node in nodes(right) if isinstance(node, Big) for item in node.below for one in nodes(item)}
    named = {node for node in nodes(right, scripts=True) if isinstance(node, Symbol)} - bound
    on_right = set(map(elaborator.notation.spell, named))
    letters = _choose_free_letters(stated, left, elaborator.below_brackets | on_right, interpretation)
    free = (*letters, *stated.axes)
    sums = ImpliedSums(interpretation, vocabulary.make_index)
    summed = sums.insert(stated.body, frozenset(free))
    fixed = traversal.find_free_steps(summed) | _list_step_letters(masks)
    derived = _elaborate_right(elaborator, right, fixed)
    body = sums.insert(_align_axes(stated, letters, derived, interpretation), frozenset(free))
    require_paths(vocabulary, summed, body)
    require_usable(vocabulary, summed, body)
    return _make_claim(summed, body, free, elaborator.last_is, masks)


def list_claims(
    vocabulary: Vocabulary, equation: Equation, layout: int | None
) -> Iterator[tuple[Interpretation, Claim | Exception]]:
    """Yield each way to read an equation, the usual first, with what it claims, or why it claims nothing.

    `layout` is the answer to `LAYOUT` if the document has settled it.
    """
    vocabulary.begin_equation()
    waiting: list[tuple[int, ...]] = [()]
    while waiting:
        interpretation = Interpretation(waiting.pop(0), {} if layout is None else {LAYOUT: layout})
        claim: Claim | Exception
        try:
            claim = state_claim(vocabulary, equation, interpretation)
        except REFUSALS as error:
            claim = error
        yield interpretation, claim
        waiting += interpretation.propose_others()


def state_function_claim(vocabulary: Vocabulary, parameters: Sequence[str], left: Node, right: Node) -> Claim:
    """State the claim of f(x, y) = … about a function that is defined already, for numbers x and y.

    Raises `Unreadable` or `Misfit`.
    """
    numbers = {name: make_any_number(name) for name in parameters}
    stated, derived = (elaborate_number(vocabulary, side, numbers) for side in (left, right))
    if any(traversal.find_free_steps(side) or traversal.find_free_indices(side) for side in (stated, derived)):
        raise Unreadable("a function of numbers has letters of indices or steps")
    return _make_claim(stated, derived, (), None, ())


def elaborate_number(vocabulary: Vocabulary, node: Node, parameters: dict[str, Value]) -> Expression:
    """Elaborate the value of a function, in terms of its parameters. Raises `Unreadable` or `Misfit`."""
    interpretation = Interpretation()
    value = Elaborator(vocabulary, interpretation, parameters).elaborate(node)
    if value.axes:
        raise Unreadable("the value of a function must be a number")
    return ImpliedSums(interpretation, vocabulary.make_index).insert(value.body, frozenset())


def infer_axes(
    vocabulary: Vocabulary, name: Name, scripts: Scripts, right: Node, order: int | None = None
) -> tuple[tuple[ex.Range, ...], bool]:
    """Infer the axes of a new quantity with these scripts from what is said to equal it. Raises one of `REFUSALS`.

    Where it stands on the right as well, as in a recurrence, its axes there are those on the left. Returns also whether
    a vector may stand as a row or as a column.
    """
    unknown = tuple(f"axis {n}" for n in range(len(scripts.indices) or (1 if order is None else order)))
    timed = scripts.step is not None
    provisional = vocabulary.symbols.add(name, tuple((axis,) for axis in unknown), timed) if timed else None
    vocabulary.restart_indices()
    try:
        interpretation = Interpretation()
        elaborator = Elaborator(vocabulary, interpretation, silent=scripts.step or LAST_STEP)
        derived = _elaborate_right(elaborator, right, {scripts.step.anchor} if scripts.step else set())
    finally:
        if provisional is not None:
            vocabulary.symbols.remove(provisional)
    letters = tuple(map(str, scripts.indices))
    body, indices = derived.body, letters or derived.axes
    if letters and derived.axes and _is_numbered(derived, letters):  # z_{ij} = x_i - x_j, a vector for each i and j
        indices += derived.axes
    elif letters and derived.axes:
        body = _align_axes(Value((), ex.ZERO), letters, derived, interpretation)
    body = ImpliedSums(interpretation, vocabulary.make_index).insert(body, frozenset(indices))
    ranges = Ranges(body, unknown=unknown)
    for axis, index in zip(unknown, indices, strict=False):
        ranges.unify(axis, index)
    return tuple(map(ranges.get, indices)), derived.order == 1 and derived.stand == "either"


def _is_numbered(value: Value, letters: Sequence[str]) -> bool:
    """Whether each of the letters numbers a vector, as in W x_i, so that there is a value for each."""
    entries = [set(node.indices) for node in traversal.walk(value.body) if isinstance(node, ex.Entry)]
    vectors = [
        found
        for found in entries
        if any(isinstance(one, str) and traversal.get_letter(one) == traversal.AXIS for one in found)
    ]
    return all(any(letter in found for found in vectors) for letter in letters)


def _list_masks(elaborator: Elaborator, where: Sequence[Relation]) -> Iterator[Mask]:
    """Make the masks of what an equation is stated under. Raises `Unreadable`."""
    for relation in where:
        made = elaborator.make_mask(relation, None)
        for one in made.factors if isinstance(made, ex.Times) else (made,):
            if isinstance(one, ex.Delta):
                yield Mask("=", one.left, one.right)
            elif isinstance(one, Mask):
                yield one
            else:
                raise Unreadable("it is stated under a condition that is not read")


def _list_step_letters(masks: Sequence[Mask]) -> set[str]:
    steps = [side for mask in masks for side in (mask.left, mask.right) if isinstance(side, Step)]
    return {step.anchor for step in steps if not step.is_fixed}


def _make_claim(
    left: Expression, right: Expression, free: tuple[str, ...], last_is: int | None, masks: tuple[Mask, ...]
) -> Claim:
    ranges = Ranges(left, right)
    steps = tuple(sorted(traversal.find_free_steps(left) | _list_step_letters(masks)))
    if len(steps) > MOST_STEP_LETTERS:
        raise Unreadable(f"it has more than {MOST_STEP_LETTERS} letters for steps")
    known = {**ranges.get_all(), **{index: ranges.get(index) for index in (*free, *traversal.find_free_indices(right))}}
    for side in (side for mask in masks for side in (mask.left, mask.right)):
        if isinstance(side, str) and side not in free:
            raise Unreadable(f"it is stated for some values of {traversal.get_letter(side)}, which is not free in it")
    return Claim(left, right, free, steps, known, last_is, masks)


def _elaborate_right(elaborator: Elaborator, right: Node, stated: set[str]) -> Value:
    """Elaborate the right-hand side; a step whose letter is not `stated` on the left is the last, or summed over."""
    elaborator.allows_immediate = True
    derived = elaborator.elaborate(right)
    body = derived.body
    for letter in sorted(traversal.find_free_steps(body) - stated):
        shown = traversal.get_letter(letter)
        summed = Choice("every step", shown)
        if elaborator.interpretation.choose(Choice("last step", shown), summed) == summed:
            bound = elaborator.vocabulary.make_index(letter)
            body = ex.OverSteps(bound, Step("", 1), LAST_STEP, traversal.replace_steps(body, {letter: Step(bound, 0)}))
        else:
            body = traversal.replace_steps(body, {letter: LAST_STEP})
    return derived._replace(body=body)


def _choose_silent_step(symbols: Symbols, left: Node, right: Node, interpretation: Interpretation) -> Step:
    """Choose at which step a timed symbol is meant that bears none."""
    on_left = [node for node in nodes(left) if _is_silent(symbols, node)]
    if not on_left and not any(_is_silent(symbols, node) for node in nodes(right)):
        return LAST_STEP
    at_last, at_every, at_step = Choice("silent at last"), Choice("silent at every"), Choice("silent at the step")
    references = (find_reference(symbols, node) for node in nodes(left))
    for step in (one.scripts.step for one in references if one is not None):
        if step is not None and not step.is_fixed and not step.offset:
            return step if interpretation.choose(at_step, at_last) == at_step else LAST_STEP
    if not on_left:
        interpretation.remark("silent at last")
        return LAST_STEP
    main = _find_numerator(left)
    usual = (at_every, at_last) if any(node is main for node in on_left) else (at_last, at_every)
    return Step(SILENT, 0) if interpretation.choose(*usual) == at_every else LAST_STEP


def _is_silent(symbols: Symbols, node: Node) -> bool:
    """Whether a symbol has steps and does not bear one."""
    reference = find_reference(symbols, node)
    return reference is not None and reference.quantity.timed and reference.scripts.step is None


def _find_numerator(left: Node) -> Node:
    while isinstance(left, At | Derivative) and left.of is not None:
        left = left.of
    return left


def _choose_free_letters(
    stated: Value, left: Node, elsewhere: set[str], interpretation: Interpretation
) -> tuple[str, ...]:
    """Choose the letters that are free on the left: where it is compound, one that stands twice may be summed.

    One that stands below a bracket or on the right, `elsewhere`, is free.
    """
    free = traversal.find_free_indices(stated.body)
    letters = tuple(index for index in dict.fromkeys(free) if index not in stated.axes)
    if isinstance(_find_numerator(left), Symbol):
        return letters
    # ∂L_i/∂h_j is about each i and j, however often they stand there; in x_i ∂f/∂x_i they stand beside it.
    partials = [node for node in traversal.walk(stated.body) if isinstance(node, ex.Partial)]
    denominators = {index for node in partials for index in node.by.indices}
    if isinstance(stated.body, ex.Times):
        beside = [part for part in stated.body.factors if not isinstance(part, ex.Partial)]
        denominators -= {letter for part in beside for letter in traversal.find_free_indices(part)}
    twice = {letter for letter, times in _count_occurrences(stated.body).items() if times > 1}
    summed = {
        letter
        for letter in sorted(twice - denominators - elsewhere)
        if interpretation.choose(None, Choice("sum on left", letter)) is not None
    }
    return tuple(letter for letter in letters if letter not in summed)


def _count_occurrences(node: Expression) -> Counter[str]:
    """Count how often each index stands in one product at most: of the terms of a sum, the one with the most counts."""
    counts: Counter[str] = Counter(index for index in traversal.get_indices(node) if isinstance(index, str))
    for part in traversal.get_children(node):
        found = _count_occurrences(part)
        counts = counts | found if isinstance(node, ex.Plus) else counts + found
    if isinstance(node, ex.Total):
        del counts[node.index]
    return counts


def _align_axes(stated: Value, letters: tuple[str, ...], derived: Value, interpretation: Interpretation) -> Expression:
    """Give the right-hand side the axes of the left. Raises `OrdersDiffer`, or `Misfit` for a row and a column."""
    if len(derived.axes) == len(stated.axes):
        if len(stated.axes) == 1:
            unify_stands(stated.stand, derived.stand)
        return traversal.rename(derived.body, dict(zip(derived.axes, stated.axes, strict=True)))
    if not derived.axes and isinstance(derived.body, ex.Constant):  # a vector = 0
        return derived.body
    if len(stated.axes) == 1 and not letters and not derived.axes:
        # A 1 = Σ_j A_ij: what bears the letter i is meant at the one axis of the left.
        free = list(dict.fromkeys(traversal.find_free_indices(derived.body)))
        if len(free) == 1:
            return traversal.rename(derived.body, {free[0]: stated.axes[0]})
    if not stated.axes:
        # h_k = … a …: the vector a without an index is meant at the index that the right-hand side lacks.
        lost = tuple(letter for letter in letters if letter not in traversal.find_free_indices(derived.body))
        taken = lost or letters[:1]
        if len(taken) == len(derived.axes):
            interpretation.remark("meant at", ", ".join(taken))
            return traversal.rename(derived.body, dict(zip(derived.axes, taken, strict=True)))
    order = len(stated.axes) or len(letters)
    raise OrdersDiffer(f"the left-hand side has order {order}, the right-hand side order {len(derived.axes)}")


def find_arguments(vocabulary: Vocabulary, left: Node, right: Node) -> dict[str, Value]:
    """Find the letters that stand for any number: z of σ'(z), where z is no symbol, and x of d/dx tanh(x)."""
    symbols = vocabulary.symbols
    arguments: list[Node] = []
    for node in (*nodes(left), *nodes(right)):
        match node:
            case Product():
                for three in zip(node.factors, node.operators, node.factors[1:], strict=False):
                    match three:
                        case Symbol() as function, "", Bracket(entries) | Scripted(Bracket(entries)):
                            arguments += entries if vocabulary.may_apply(function) else ()
            case Derivative(None, by):
                arguments += by
            case Derivative((Symbol() as function) | Product((Symbol() as function, *_)), by):
                arguments += by if vocabulary.may_apply(function) else ()
    found = [symbols.get_base(one) for one in arguments if is_bare(one)]
    free = [name for name in found if symbols.find_name(Symbol(name)) is None]
    return {name: make_any_number(name) for name in (*free, *_find_number(vocabulary, left, right, found))}


def _find_number(vocabulary: Vocabulary, left: Node, right: Node, arguments: Sequence[str]) -> list[str]:
    """Find the one symbol of an equation about a function: it stands for a number there, whatever it is elsewhere."""
    if not any(isinstance(node, Derivative) for node in nodes(left)):
        return []
    symbols = vocabulary.symbols
    met = [one for side in (left, right) for one in nodes(side, scripts=True) if isinstance(one, Symbol)]
    names = {symbols.get_base(one) for one in met} - {"e", r"\pi"}
    others = [name for name in names if not is_standard(name) and not vocabulary.defines_function(name)]
    if len(others) != 1 or others[0] not in arguments:
        return []
    outside = [one for side in (left, right) for one in nodes(side) if isinstance(one, Symbol)]
    bare = all(is_bare(one) for one in outside if symbols.get_base(one) == others[0])
    known = symbols.find_name(Symbol(others[0]))
    has_axes = known is not None and any(one.axes for one in symbols.quantities[known])
    return others if bare and has_axes else []


def make_any_number(name: str) -> Value:
    """Make a quantity without axes that nothing defines, so that it takes any value."""
    return Value((), ex.Entry(ex.Quantity(f"the argument {name}", (), False), None, ()))
