"""What stands in an index expression: its parts, indices, steps and definitions, and how others take their place.

An index is named by its letter on the page, or by `AXIS`, and a number that makes it unlike any other.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any, TypeVar, get_args

from bptt.proofread import _expressions as ex
from bptt.proofread._expressions import Definitions, Expression, Index, Step

T = TypeVar("T", bound=Hashable)

AXIS = "·"  # stands for the letter of an axis that has none on the page
_NUMBERED = "#"  # between the letter of an index and its number; no letter of a formula has it
_INDEX_FIELDS: dict[type[Any], tuple[str, ...]] = {
    ex.Entry: ("indices",),
    ex.Delta: ("left", "right"),
    ex.Mask: ("left", "right"),  # or steps
    ex.MatrixProduct: ("outer",),
    ex.OfMatrix: ("outer",),
    ex.Concatenation: ("index",),
}  # where indices stand that may be free
_FIELDS = {kind: tuple(one.name for one in fields(kind)) for kind in get_args(Expression)}


def number_letter(letter: str, number: int) -> str:
    """Name an index, or a step, that stands nowhere else: by its letter on the page and a number."""
    return f"{get_letter(letter)}{_NUMBERED}{number}"


def get_letter(index: str) -> str:
    """Return the letter on the page of an index, or `AXIS`."""
    return index.split(_NUMBERED)[0]


def get_children(node: Expression) -> tuple[Expression, ...]:
    """Return the expressions that stand directly in one; the entries of a `Slope` are no expressions of their own."""
    match node:
        case ex.Plus():
            return node.terms
        case ex.Times():
            return node.factors
        case ex.Power():
            return (node.base,)
        case ex.Total() | ex.OverSteps() | ex.MatrixProduct() | ex.OfMatrix():
            return (node.body,)
        case ex.Function():
            return (node.argument,)
        case ex.Concatenation():
            return tuple(body for _, body in node.parts)
        case ex.Partial():
            return node.of, node.by
        case _:
            return ()


def walk(node: Expression) -> Iterator[Expression]:
    """Yield the expression and all within it."""
    stack = [node]
    while stack:
        stack += get_children(found := stack.pop())
        yield found


def list_entries(node: Expression) -> tuple[ex.Entry, ...]:
    """List the entries that stand in a node itself, not in its parts: what a `Slope` is of and by."""
    return (node,) if isinstance(node, ex.Entry) else (node.of, *node.by) if isinstance(node, ex.Slope) else ()


def walk_definitions(definitions: Definitions, nodes: Sequence[Expression]) -> Iterator[Expression]:
    """Yield the expressions, all within them, and all within the definitions of what they depend on."""
    met: set[ex.Quantity | str] = set()  # quantities, and functions by their names
    stack = list(nodes)
    while stack:
        for node in walk(stack.pop()):
            yield node
            if isinstance(node, ex.Function) and node.name not in met and node.name in definitions.functions:
                met.add(node.name)
                stack.append(definitions.functions[node.name])
            if isinstance(node, ex.Entry) and node.quantity not in met:
                met.add(node.quantity)
                stack += [one.body for one in definitions.quantities.get(node.quantity, ())]


def list_quantities(definitions: Definitions, *nodes: Expression) -> list[ex.Quantity]:
    """List the quantities that expressions speak of, by way of what defines them, too; each once."""
    found = (one for node in nodes for one in walk_definitions(definitions, [node]))
    return list(dict.fromkeys(one.quantity for one in found if isinstance(one, ex.Entry)))


def expand(starts: Iterable[T], list_needed: Callable[[T], Iterable[T]]) -> dict[T, Iterable[T]]:
    """Return what is needed from these starts on, each with what it needs itself."""
    needed: dict[T, Iterable[T]] = {}
    waiting = list(starts)
    while waiting:
        here = waiting.pop()
        if here not in needed:
            needed[here] = list_needed(here)
            waiting += needed[here]
    return needed


def find_definition(
    definitions: Definitions, quantity: ex.Quantity, step: int | None, last: int, first: int = 1
) -> tuple[ex.Definition, dict[str, int]] | None:
    """Find the definition that holds at a step, one for it alone before others, with the value of its letter.

    One with a letter holds from the first to the last step: what is before the first has to be given.
    """
    fitting: list[tuple[ex.Definition, dict[str, int]]] = []
    for definition in definitions.quantities.get(quantity, ()):
        at = definition.step
        if at is None or step is None:
            fitting.append((definition, {}))
        elif at.is_fixed:
            if at.resolve(last, {}) == step:
                return definition, {}
        elif first <= step <= last:
            fitting.append((definition, {at.anchor: step - at.offset}))
    return fitting[0] if fitting else None


def get_indices(node: Expression) -> tuple[Index, ...]:
    """Return the indices that stand in a node itself, not in its parts."""
    if isinstance(node, ex.Slope):
        return tuple(index for entry in list_entries(node) for index in entry.indices)
    values = [getattr(node, name) for name in _INDEX_FIELDS.get(type(node), ())]
    all_of_them = (index for value in values for index in (value if isinstance(value, tuple) else (value,)))
    return tuple(index for index in all_of_them if not isinstance(index, Step))


def find_free_indices(node: Expression) -> list[str]:
    """List the indices of an expression that are not bound in it, each as often as it occurs."""
    found = [index for index in get_indices(node) if isinstance(index, str)]
    if isinstance(node, ex.Concatenation):
        return found + [free for index, body in node.parts for free in find_free_indices(body) if free != index]
    bound = list_bound_indices(node)
    for part in get_children(node):
        found += [index for index in find_free_indices(part) if index not in bound]
    return found


def list_bound_indices(node: Expression) -> tuple[str, ...]:
    """List the indices that a node binds in all its parts; a `Concatenation` binds others in each."""
    if isinstance(node, ex.MatrixProduct | ex.OfMatrix):
        return node.inner
    return (node.index,) if isinstance(node, ex.Total) else ()


def list_steps(node: Expression) -> list[Step]:
    """List the steps that stand in a node itself, not in its parts."""
    values = [getattr(node, name) for name in _FIELDS[type(node)]]
    return [value for value in values if isinstance(value, Step)]


def find_free_steps(node: Expression) -> set[str]:
    """Collect the letters of the steps of an expression that are not bound in it."""
    found = {step.anchor for step in list_steps(node) if not step.is_fixed}
    entries = list_entries(node) if isinstance(node, ex.Slope) else ()
    for part in (*get_children(node), *entries):
        found |= find_free_steps(part)
    return found - {node.letter} if isinstance(node, ex.OverSteps | ex.MatrixProduct) else found


def rename(node: Expression, names: Mapping[Index, Index]) -> Expression:
    """Put other indices in place of free ones."""
    if all(old == new for old, new in names.items()):
        return node
    return _substitute(node, lambda index: names.get(index, index), lambda step: step)


def replace_steps(node: Expression, steps: Mapping[str, Step]) -> Expression:
    """Put other steps in place of the letters of free ones: t − 1 becomes T − 1 where t is T."""

    def move(step: Step) -> Step:
        to = steps.get(step.anchor)
        return step if to is None else Step(to.anchor, to.offset + step.offset)

    return _substitute(node, lambda index: index, move)


def _substitute(node: Expression, index: Callable[[Index], Index], step: Callable[[Step], Step]) -> Expression:
    """Replace every index and every step. Bound indices are safe: they have names that stand nowhere else."""

    def convert(value: Any) -> Any:
        kind = type(value)
        if kind in _FIELDS:
            held, indices = _FIELDS[kind], _INDEX_FIELDS.get(kind, ())
            return kind(*[(put if name in indices else convert)(getattr(value, name)) for name in held])
        if kind is Step:
            return step(value)
        return tuple([convert(one) for one in value]) if kind is tuple else value

    def put(value: Any) -> Any:
        if type(value) is Step:
            return step(value)
        return tuple(map(index, value)) if isinstance(value, tuple) else index(value)

    return convert(node)
