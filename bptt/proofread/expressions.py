"""Index expressions: what an equation means, with nothing left to convention.

Every index is bound by a `Total` or is free, and has a name of its own throughout an equation. A scalar for each choice
of its free indices: a vector is an expression with a free index. `differentiate` is the derivative of one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from fractions import Fraction
from typing import Any

Range = tuple[str, ...]  # what an index runs over; several names where vectors are concatenated
Index = str | int  # a number is one entry, counted from 1

LAST = "last"  # the anchor of the steps T, T − 1, …


@dataclass(frozen=True, slots=True)
class Step:
    """A time step: a letter plus an offset, a number (no anchor), or counted from the last."""

    anchor: str
    offset: int


@dataclass(frozen=True, slots=True)
class Quantity:
    """What has a value: a symbol of so many axes, at every step if it is `timed`."""

    name: str
    axes: tuple[Range, ...]
    timed: bool


@dataclass(frozen=True, slots=True)
class Constant:
    value: Fraction


@dataclass(frozen=True, slots=True)
class Size:
    """The size of a range; of None, the number of steps."""

    range: Range | None


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a quantity."""

    quantity: Quantity
    step: Step | None
    indices: tuple[Index, ...]


@dataclass(frozen=True, slots=True)
class Slope:
    """The derivative of an entry of a defined quantity by entries of others, one after the other.

    With a `home`, the defined quantities at every other step are held fixed.
    """

    of: Entry
    by: tuple[Entry, ...]
    home: Step | None


@dataclass(frozen=True, slots=True)
class Delta:
    """1 where two indices are the same, else 0."""

    left: Index
    right: Index


@dataclass(frozen=True, slots=True)
class SameStep:
    """1 where two steps are the same, else 0."""

    left: Step
    right: Step


@dataclass(frozen=True, slots=True)
class Plus:
    terms: "tuple[Expression, ...]"


@dataclass(frozen=True, slots=True)
class Times:
    factors: "tuple[Expression, ...]"


@dataclass(frozen=True, slots=True)
class Power:
    base: "Expression"
    exponent: Fraction


@dataclass(frozen=True, slots=True)
class Total:
    """The sum, or the product, over all values of an index."""

    index: str
    body: "Expression"
    product: bool = False
    range: Range | None = None  # what its limits say


@dataclass(frozen=True, slots=True)
class OverSteps:
    """The sum, or the product, over the steps from `first` to `last`."""

    letter: str
    first: Step
    last: Step
    body: "Expression"
    product: bool = False


@dataclass(frozen=True, slots=True)
class MatrixProduct:
    """The product of a matrix over the steps, the last one on the left if it is `descending`.

    The matrix has the axes `inner`, the product the axes `outer`.
    """

    letter: str
    first: Step
    last: Step
    body: "Expression"
    inner: tuple[str, str]
    outer: tuple[Index, Index]
    descending: bool


@dataclass(frozen=True, slots=True)
class Function:
    """A function of one number, or a derivative of it, that the evaluation knows or that the document defines."""

    name: str
    order: int
    argument: "Expression"


@dataclass(frozen=True, slots=True)
class Parameter:
    """The argument of a function, in its definition."""


@dataclass(frozen=True, slots=True)
class Concatenation:
    """Parts behind one another along `index`, each along an index of its own."""

    index: Index
    parts: "tuple[tuple[str, Expression], ...]"


@dataclass(frozen=True, slots=True)
class Partial:
    """The derivative of an expression by an entry; immediate: with the states of other steps held fixed."""

    of: "Expression"
    by: Entry
    immediate: bool = False


Expression = (
    Constant
    | Size
    | Entry
    | Slope
    | Delta
    | SameStep
    | Plus
    | Times
    | Power
    | Total
    | OverSteps
    | MatrixProduct
    | Function
    | Parameter
    | Concatenation
    | Partial
)


@dataclass(frozen=True, slots=True)
class Definition:
    """What an entry of a quantity is: at every step if `step` has a letter, at that one if not."""

    quantity: Quantity
    step: Step | None
    indices: tuple[str, ...]
    body: Expression
    line: int | None = None  # of the document; None for one of the glossary


@dataclass(frozen=True, slots=True)
class Definitions:
    """What is defined: the quantities, the functions of one `Parameter`, and what the indices in them run over."""

    quantities: dict[Quantity, list[Definition]] = field(default_factory=dict)
    functions: dict[str, Expression] = field(default_factory=dict)
    ranges: dict[str, Range] = field(default_factory=dict)
    positive: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Claim:
    """left = right for every value of the indices `free` and of the step letters `steps`.

    `ranges` has what every index in it runs over; `last_is` is the number of steps if the equation is stated for one.
    """

    left: Expression
    right: Expression
    free: tuple[str, ...]
    steps: tuple[str, ...]
    ranges: Mapping[str, Range]
    last_is: int | None


ZERO, ONE = Constant(Fraction(0)), Constant(Fraction(1))


def plus(*terms: Expression) -> Expression:
    """The sum, without what is known to be 0."""
    kept = tuple(term for term in terms if term != ZERO)
    return kept[0] if len(kept) == 1 else Plus(kept) if kept else ZERO


def times(*factors: Expression) -> Expression:
    """The product, without what is known to be 1."""
    if ZERO in factors:
        return ZERO
    kept = tuple(factor for factor in factors if factor != ONE)
    return kept[0] if len(kept) == 1 else Times(kept) if kept else ONE


def minus(term: Expression) -> Expression:
    return times(Constant(Fraction(-1)), term)


def parts(node: Expression) -> Iterator[Expression]:
    """The expressions that stand directly in one."""
    for one in fields(node):
        value = getattr(node, one.name)
        if isinstance(node, Concatenation) and one.name == "parts":
            yield from (body for _, body in value)
        elif isinstance(value, tuple) and one.name in ("terms", "factors"):
            yield from value
        elif isinstance(value, Expression) and not isinstance(node, Slope):
            yield value


def walk(node: Expression) -> Iterator[Expression]:
    """The expression and all within it."""
    stack = [node]
    while stack:
        stack += parts(found := stack.pop())
        yield found


def own_indices(node: Expression) -> tuple[Index, ...]:
    """The indices that stand in a node itself, not in its parts."""
    if isinstance(node, Entry):
        return node.indices
    if isinstance(node, Delta):
        return node.left, node.right
    if isinstance(node, MatrixProduct):
        return node.outer
    if isinstance(node, Slope):
        return tuple(index for entry in (node.of, *node.by) for index in entry.indices)
    return (node.index,) if isinstance(node, Concatenation) else ()


def free_indices(node: Expression) -> list[str]:
    """The indices of an expression that are not bound in it, each as often as it occurs."""
    found = [index for index in own_indices(node) if isinstance(index, str)]
    if isinstance(node, Concatenation):
        for index, body in node.parts:
            found += [free for free in free_indices(body) if free != index]
        return found
    for part in parts(node):
        found += free_indices(part)
    if isinstance(node, MatrixProduct):
        return [index for index in found if index not in node.inner]
    return [index for index in found if index != node.index] if isinstance(node, Total) else found


def free_steps(node: Expression) -> set[str]:
    """The letters of the steps of an expression that are not bound in it."""
    own = [getattr(node, name, None) for name in ("step", "first", "last", "left", "right", "home")]
    found = {step.anchor for step in own if isinstance(step, Step)} - {"", LAST}
    entries = [node.by] if isinstance(node, Partial) else [node.of, *node.by] if isinstance(node, Slope) else []
    for part in (*parts(node), *entries):
        found |= free_steps(part)
    return found - {node.letter} if isinstance(node, OverSteps | MatrixProduct) else found


def renamed(node: Expression, names: Mapping[Index, Index]) -> Expression:
    """With other indices in place of free ones."""
    result: Expression = _mapped(node, lambda index: names.get(index, index), lambda step: step)
    return result


def moved(node: Expression, steps: Mapping[str, Step]) -> Expression:
    """With other steps in place of the letters of free ones."""

    def move(step: Step) -> Step:
        to = steps.get(step.anchor)
        return step if to is None else Step(to.anchor, to.offset + step.offset)

    result: Expression = _mapped(node, lambda index: index, move)
    return result


def _mapped(node: Any, index: Any, step: Any) -> Any:
    """The expression with every index and every step replaced. Bound ones have names that stand nowhere else."""
    if isinstance(node, Step):
        return step(node)
    if isinstance(node, Entry):
        return Entry(node.quantity, node.step and step(node.step), tuple(index(i) for i in node.indices))
    if isinstance(node, Delta):
        return Delta(index(node.left), index(node.right))
    if isinstance(node, Concatenation):
        return Concatenation(index(node.index), tuple((i, _mapped(body, index, step)) for i, body in node.parts))
    if isinstance(node, MatrixProduct):
        outer = (index(node.outer[0]), index(node.outer[1]))
        first, last = _mapped(node.first, index, step), _mapped(node.last, index, step)
        return replace(node, body=_mapped(node.body, index, step), first=first, last=last, outer=outer)
    if isinstance(node, tuple):
        return tuple(_mapped(item, index, step) for item in node)
    if isinstance(node, Expression):
        return replace(node, **{f.name: _mapped(getattr(node, f.name), index, step) for f in fields(node)})
    return node
