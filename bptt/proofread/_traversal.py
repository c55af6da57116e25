"""What stands in an index expression: its parts, indices, steps and definitions, and how others take their place.

An index is named by its letter on the page, or by `AXIS`, and a number that makes it unlike any other.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from bptt.proofread import _expressions as ex
from bptt.proofread._expressions import Definitions, Expression, Index, Step

AXIS = "·"  # stands for the letter of an axis that has none on the page
_NUMBERED = "#"  # between the letter of an index and its number; no letter of a formula has it
_INDEX_FIELDS: dict[type[Any], tuple[str, ...]] = {
    ex.Entry: ("indices",),
    ex.Delta: ("left", "right"),
    ex.MatrixProduct: ("outer",),
    ex.Concatenation: ("index",),
}  # where indices stand that may be free


def number_letter(letter: str, number: int) -> str:
    """Name an index, or a step, that stands nowhere else: by its letter on the page and a number."""
    return f"{get_letter(letter)}{_NUMBERED}{number}"


def get_letter(index: str) -> str:
    """Return the letter on the page of an index, or `AXIS`."""
    return index.split(_NUMBERED)[0]


def get_children(node: Expression) -> Iterator[Expression]:
    """Yield the expressions that stand directly in one; the entries of a `Slope` are no expressions of their own."""
    for one in fields(node):
        value = getattr(node, one.name)
        if isinstance(node, ex.Concatenation) and one.name == "parts":
            yield from (body for _, body in value)
        elif isinstance(value, tuple) and one.name in ("terms", "factors"):
            yield from value
        elif isinstance(value, Expression) and not isinstance(node, ex.Slope):  # whose entries have no values
            yield value


def walk(node: Expression) -> Iterator[Expression]:
    """Yield the expression and all within it."""
    stack = [node]
    while stack:
        stack += get_children(found := stack.pop())
        yield found


def walk_definitions(definitions: Definitions, nodes: Sequence[Expression]) -> Iterator[Expression]:
    """Yield the expressions, all within them, and all within the definitions of the quantities that they depend on."""
    met: set[ex.Quantity] = set()
    stack = list(nodes)
    while stack:
        for node in walk(stack.pop()):
            yield node
            if isinstance(node, ex.Entry) and node.quantity not in met:
                met.add(node.quantity)
                stack += [one.body for one in definitions.quantities.get(node.quantity, ())]


def find_definition(
    definitions: Definitions, quantity: ex.Quantity, step: int | None, last: int
) -> tuple[ex.Definition, dict[str, int]] | None:
    """Find the definition that holds at a step, one for it alone before others, with the value of its letter."""
    fitting: list[tuple[ex.Definition, dict[str, int]]] = []
    for definition in definitions.quantities.get(quantity, ()):
        at = definition.step
        if at is None or step is None:
            fitting.append((definition, {}))
        elif at.is_fixed:
            if at.resolve(last, {}) == step:
                return definition, {}
        elif (step >= 1 or _holds_at_first(definition)) and step <= last:
            fitting.append((definition, {at.anchor: step - at.offset}))
    return fitting[0] if fitting else None


def _holds_at_first(definition: ex.Definition) -> bool:
    """Whether nothing stands in a definition that is a step earlier than what it defines."""
    at = definition.step
    steps = (node.step for node in walk(definition.body) if isinstance(node, ex.Entry))
    return at is None or not any(step and step.anchor == at.anchor and step.offset < at.offset for step in steps)


def get_indices(node: Expression) -> tuple[Index, ...]:
    """Return the indices that stand in a node itself, not in its parts."""
    if isinstance(node, ex.Slope):
        return tuple(index for entry in (node.of, *node.by) for index in entry.indices)
    values = [getattr(node, name) for name in _INDEX_FIELDS.get(type(node), ())]
    return tuple(index for value in values for index in (value if isinstance(value, tuple) else (value,)))


def find_free_indices(node: Expression) -> list[str]:
    """List the indices of an expression that are not bound in it, each as often as it occurs."""
    found = [index for index in get_indices(node) if isinstance(index, str)]
    if isinstance(node, ex.Concatenation):
        return found + [free for index, body in node.parts for free in find_free_indices(body) if free != index]
    for part in get_children(node):
        found += find_free_indices(part)
    bound = node.inner if isinstance(node, ex.MatrixProduct) else (node.index,) if isinstance(node, ex.Total) else ()
    return [index for index in found if index not in bound]


def list_steps(node: Expression) -> list[Step]:
    """List the steps that stand in a node itself, not in its parts."""
    return [value for one in fields(node) if isinstance(value := getattr(node, one.name), Step)]


def find_free_steps(node: Expression) -> set[str]:
    """Collect the letters of the steps of an expression that are not bound in it."""
    found = {step.anchor for step in list_steps(node) if not step.is_fixed}
    entries = [node.by] if isinstance(node, ex.Partial) else [node.of, *node.by] if isinstance(node, ex.Slope) else []
    for part in (*get_children(node), *entries):
        found |= find_free_steps(part)
    return found - {node.letter} if isinstance(node, ex.OverSteps | ex.MatrixProduct) else found


def rename(node: Expression, names: Mapping[Index, Index]) -> Expression:
    """Put other indices in place of free ones."""
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
        if isinstance(value, Step):
            return step(value)
        if isinstance(value, tuple):
            return tuple(map(convert, value))
        return _substitute(value, index, step) if isinstance(value, Expression) else value

    changed = {one.name: convert(getattr(node, one.name)) for one in fields(node)}
    for name in _INDEX_FIELDS.get(type(node), ()):
        value = getattr(node, name)
        changed[name] = tuple(map(index, value)) if isinstance(value, tuple) else index(value)
    return replace(node, **changed)
