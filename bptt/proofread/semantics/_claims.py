"""What an equation claims: two index expressions with the same free indices, under one interpretation."""

from collections import Counter
from collections.abc import Sequence

from bptt.proofread import _expressions as ex
from bptt.proofread import _traversal as traversal
from bptt.proofread._expressions import LAST_STEP, Claim, Expression, Step
from bptt.proofread.semantics._dependencies import leads_to
from bptt.proofread.semantics._elaborate import Elaborator
from bptt.proofread.semantics._implied_sums import ImpliedSums
from bptt.proofread.semantics._interpretation import Choice, Interpretation
from bptt.proofread.semantics._notation import Scripts
from bptt.proofread.semantics._ranges import Ranges
from bptt.proofread.semantics._refusals import OrdersDiffer
from bptt.proofread.semantics._symbols import Name, Symbols
from bptt.proofread.semantics._values import Value
from bptt.proofread.semantics._vocabulary import Vocabulary, is_standard
from bptt.proofread.syntax.tree import Adjacent, At, Derivative, Node, Symbol, Unreadable, nodes

SILENT = "every step"  # the letter of a step that an equation leaves away
MOST_STEP_LETTERS = 3  # that are free in an equation: it is compared at every choice of their steps


def state_claim(vocabulary: Vocabulary, left: Node, right: Node, interpretation: Interpretation) -> Claim:
    """State the claim that an equation makes. Raises one of `REFUSALS`."""
    silent = _choose_silent_step(vocabulary.symbols, left, right, interpretation)
    elaborator = Elaborator(vocabulary, interpretation, _find_arguments(vocabulary, left), silent)
    stated = elaborator.elaborate(left)
    letters = _choose_free_letters(stated, left, elaborator.below_brackets, interpretation)
    free = (*letters, *stated.axes)
    sums = ImpliedSums(interpretation, vocabulary.make_index)
    bound = sums.insert(stated.body, frozenset(free))
    derived = _elaborate_right(elaborator, right, traversal.find_free_steps(bound))
    body = sums.insert(_align_axes(stated, letters, derived, interpretation), frozenset(free))
    _require_paths(vocabulary, bound, body)
    _require_usable(vocabulary, bound, body)
    return _make_claim(bound, body, free, elaborator.last_is)


def state_function_claim(vocabulary: Vocabulary, parameters: Sequence[str], left: Node, right: Node) -> Claim:
    """State the claim of f(x, y) = … about a function that is defined already, for numbers x and y.

    Raises `Unreadable` or `Misfit`.
    """
    numbers = {name: _any_number(name) for name in parameters}
    stated, derived = (elaborate_number(vocabulary, side, numbers) for side in (left, right))
    return _make_claim(stated, derived, (), None)


def elaborate_number(vocabulary: Vocabulary, node: Node, parameters: dict[str, Value]) -> Expression:
    """Elaborate the value of a function, in terms of its parameters. Raises `Unreadable` or `Misfit`."""
    interpretation = Interpretation()
    value = Elaborator(vocabulary, interpretation, parameters).elaborate(node)
    if value.axes:
        raise Unreadable("the value of a function must be a number")
    return ImpliedSums(interpretation, vocabulary.make_index).insert(value.body, frozenset())


def infer_axes(vocabulary: Vocabulary, name: Name, scripts: Scripts, right: Node) -> tuple[ex.Range, ...]:
    """Infer the axes of a new quantity with these scripts from what is said to equal it. Raises one of `REFUSALS`.

    Where it stands on the right as well, as in a recurrence, its axes there are those on the left.
    """
    unknown = tuple(f"axis {n}" for n in range(len(scripts.indices) or 1))
    timed = scripts.step is not None
    provisional = vocabulary.symbols.add(name, tuple((axis,) for axis in unknown), timed) if timed else None
    try:
        interpretation = Interpretation()
        elaborator = Elaborator(vocabulary, interpretation, silent=scripts.step or LAST_STEP)
        derived = _elaborate_right(elaborator, right, {scripts.step.anchor} if scripts.step else set())
    finally:
        if provisional is not None:
            vocabulary.symbols.remove(provisional)
    letters = tuple(map(str, scripts.indices))
    body, indices = derived.body, letters or derived.axes
    if letters and derived.axes:
        body = _align_axes(Value((), ex.ZERO), letters, derived, interpretation)
    body = ImpliedSums(interpretation, vocabulary.make_index).insert(body, frozenset(indices))
    ranges = Ranges(body, unknown=unknown)
    for axis, index in zip(unknown, indices, strict=False):
        ranges.unify(axis, index)
    return tuple(map(ranges.get, indices))


def _make_claim(left: Expression, right: Expression, free: tuple[str, ...], last_is: int | None) -> Claim:
    ranges = Ranges(left, right)
    steps = tuple(sorted(traversal.find_free_steps(left)))
    if len(steps) > MOST_STEP_LETTERS:
        raise Unreadable(f"it has more than {MOST_STEP_LETTERS} letters for steps")
    known = {**ranges.get_all(), **{index: ranges.get(index) for index in free}}
    return Claim(left, right, free, steps, known, last_is)


def _elaborate_right(elaborator: Elaborator, right: Node, stated: set[str]) -> Value:
    """Elaborate the right-hand side; a step whose letter is not `stated` on the left is the last, or summed over."""
    elaborator.allows_immediate = True
    derived = elaborator.elaborate(right)
    body = derived.body
    for letter in sorted(traversal.find_free_steps(body) - stated):
        shown = traversal.get_letter(letter)
        summed = Choice("every step", shown)
        if elaborator.interpretation.choose(Choice("last step", shown), summed) == summed:
            elaborator.interpretation.doubt = summed  # no author may leave away a sum over the steps
            bound = elaborator.vocabulary.make_index(letter)
            body = ex.OverSteps(bound, Step("", 1), LAST_STEP, traversal.replace_steps(body, {letter: Step(bound, 0)}))
        else:
            body = traversal.replace_steps(body, {letter: LAST_STEP})
    return derived._replace(body=body)


def _choose_silent_step(symbols: Symbols, left: Node, right: Node, interpretation: Interpretation) -> Step:
    """Choose at which step a timed symbol is meant that bears none."""
    at_last, at_every = Choice("silent at last"), Choice("silent at every")
    silent = [node for node in nodes(left) if _is_silent(symbols, node)]
    if silent:
        main = _find_numerator(left)
        usual = at_every if any(node is main for node in silent) else at_last
        other = at_last if usual == at_every else at_every
        return Step(SILENT, 0) if interpretation.choose(usual, other) == at_every else LAST_STEP
    if any(_is_silent(symbols, node) for node in nodes(right)):
        interpretation.remark("silent at last")
    return LAST_STEP


def _is_silent(symbols: Symbols, node: Node) -> bool:
    """Whether a symbol has steps and does not bear one."""
    if not isinstance(node, Symbol) or symbols.find_name(node) is None:
        return False
    try:
        quantity, scripts = symbols.resolve(node)
    except Unreadable:
        return False
    return quantity.timed and scripts.step is None


def _find_numerator(left: Node) -> Node:
    while isinstance(left, At | Derivative):
        left = left.of
    return left


def _find_arguments(vocabulary: Vocabulary, left: Node) -> dict[str, Value]:
    """Find the letters that stand for any number: those of σ'(z), where z is no symbol."""
    symbols = vocabulary.symbols
    calls = [node for node in nodes(left) if isinstance(node, Adjacent) and vocabulary.may_apply(node.symbol)]
    letters = [one for call in calls for one in call.bracket.entries if isinstance(one, Symbol)]
    free = [one for one in letters if symbols.find_name(one) is None and not (one.below or one.above)]
    return {name: _any_number(name) for name in map(symbols.get_base, free)}


def _any_number(name: str) -> Value:
    """Make a quantity without axes that nothing defines, so that it takes any value."""
    return Value((), ex.Entry(ex.Quantity(f"the argument {name}", (), False), None, ()))


def _choose_free_letters(
    stated: Value, left: Node, below_brackets: set[str], interpretation: Interpretation
) -> tuple[str, ...]:
    """Choose the letters that are free on the left: where it is compound, one that stands twice may be summed."""
    free = traversal.find_free_indices(stated.body)
    letters = tuple(index for index in dict.fromkeys(free) if index not in stated.axes)
    if isinstance(_find_numerator(left), Symbol):
        return letters
    # ∂L_i/∂h_j is about each i and j, however often they stand there.
    partials = (node for node in traversal.walk(stated.body) if isinstance(node, ex.Partial))
    denominators = {index for node in partials for index in node.by.indices}
    twice = {letter for letter, times in _count_occurrences(stated.body).items() if times > 1}
    summed = {
        letter
        for letter in sorted(twice - denominators - below_brackets)
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
    """Give the right-hand side the axes of the left. Raises `OrdersDiffer`."""
    if len(derived.axes) == len(stated.axes):
        return traversal.rename(derived.body, dict(zip(derived.axes, stated.axes, strict=True)))
    if not derived.axes and isinstance(derived.body, ex.Constant):  # a vector = 0
        return derived.body
    if not stated.axes:
        # h_k = … a …: the vector a without an index is meant at the index that the right-hand side lacks.
        lost = tuple(letter for letter in letters if letter not in traversal.find_free_indices(derived.body))
        taken = lost or letters[:1]
        if len(taken) == len(derived.axes):
            interpretation.remark("meant at", ", ".join(taken))
            return traversal.rename(derived.body, dict(zip(derived.axes, taken, strict=True)))
    order = len(stated.axes) or len(letters)
    raise OrdersDiffer(f"the left-hand side has order {order}, the right-hand side order {len(derived.axes)}")


def _require_usable(vocabulary: Vocabulary, *sides: Expression) -> None:
    """Raise `Unreadable` where something is met that the document defines by what cannot be used."""
    functions = vocabulary.definitions.functions
    for node in traversal.walk_definitions(vocabulary.definitions, sides):
        if isinstance(node, ex.Entry) and node.quantity in vocabulary.unusable:
            line = vocabulary.unusable[node.quantity]
            raise Unreadable(f"{node.quantity.name} is defined on line {line} by what cannot be used")
        if isinstance(node, ex.Function) and not (node.name in functions or is_standard(node.name)):
            raise Unreadable(f"{node.name} is defined anew by more than its argument, or by what cannot be used")


def _require_paths(vocabulary: Vocabulary, *sides: Expression) -> None:
    """Raise `Unreadable` for a derivative by what is defined beside the numerator, not on the way to it."""
    for node in (node for side in sides for node in traversal.walk(side) if isinstance(node, ex.Partial)):
        if not leads_to(vocabulary.definitions, node.of, node.by.quantity):
            raise Unreadable(f"the numerator is not defined by way of {node.by.quantity.name}")
