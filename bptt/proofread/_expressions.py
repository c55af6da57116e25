"""Index expressions: what an equation means, with nothing left to convention.

An expression is a number for each choice of its free indices: a vector is an expression with one free index. Every
index is free or bound by a `Total`, and has a name of its own throughout an equation.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

Range = tuple[str, ...]  # what an index runs over; several names where vectors are concatenated
Index = str | int  # a number is one entry, counted from 1

LAST = "last"  # the anchor of the steps T, T − 1, …


@dataclass(frozen=True, slots=True)
class Step:
    """A time step: a letter plus an offset, a number (no anchor), or counted from the last."""

    anchor: str
    offset: int

    @property
    def is_fixed(self) -> bool:
        """Whether it is one step, a number or counted from the last, and no letter that stands for any."""
        return self.anchor in ("", LAST)

    def resolve(self, last: int, letters: Mapping[str, int]) -> int:
        """Return the number of the step where there are `last` ones. Raises `KeyError` for a letter without a value."""
        return self.offset + (0 if not self.anchor else last if self.anchor == LAST else letters[self.anchor])


LAST_STEP = Step(LAST, 0)


@dataclass(frozen=True, slots=True)
class Quantity:
    """What has a value: a symbol of so many axes, at every step if it is `timed`."""

    name: str
    axes: tuple[Range, ...]
    timed: bool

    @property
    def is_square(self) -> bool:
        """Whether it is a matrix whose rows and columns run over the same."""
        return len(self.axes) == 2 and self.axes[0] == self.axes[1]


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

    With a `home`, the defined quantities at every other step are held fixed: an immediate derivative. A `direct` one
    holds all of them fixed but the entry itself: by what stands in its own definition.
    """

    of: Entry
    by: tuple[Entry, ...]
    home: Step | None
    direct: bool = False


@dataclass(frozen=True, slots=True)
class Delta:
    """1 where two indices are the same, else 0."""

    left: Index
    right: Index


MaskRelation = Literal["=", "≠", "<", "≤"]


@dataclass(frozen=True, slots=True)
class Mask:
    """1 where two indices, or two steps, are in a relation: = ≠ < ≤; else 0."""

    relation: MaskRelation
    left: "Index | Step"
    right: "Index | Step"


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
class OfMatrix:
    """The inverse, the determinant or the logarithm of the determinant of a matrix.

    The matrix has the axes `inner`; the inverse has the axes `outer`, the numbers have none.
    """

    name: Literal["inverse", "det", "log det"]
    body: "Expression"
    inner: tuple[str, str]
    outer: tuple[Index, ...] = ()


Held = Literal["nothing", "other steps", "all"]


@dataclass(frozen=True, slots=True)
class Partial:
    """The derivative of an expression by an entry.

    immediate: with the states of other steps held fixed; direct: with everything held fixed that is defined.
    """

    of: "Expression"
    by: Entry
    held: Held = "nothing"


Expression = (
    Constant | Size | Entry | Slope | Delta | Mask | Plus | Times | Power | Total | OverSteps | MatrixProduct
    | Function | Parameter | Concatenation | OfMatrix | Partial
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Definition:
    """What an entry of a quantity is: at every step if `step` has a letter, at that one if not."""

    quantity: Quantity
    step: Step | None
    indices: tuple[str, ...]
    body: Expression
    line: int | None = None  # of the document; None for one of the glossary


# What is said of the values of a quantity that nothing defines, and so of what is drawn.
# normalised: positive, and each vector sums to 1; unit: each vector has the length 1.
Property = Literal[
    "positive", "symmetric", "hollow", "orthogonal", "diagonal", "one-hot", "normalised", "unit", "binary", "sign",
]  # fmt: skip
# What only a matrix with rows and columns of one range can be.
OF_MATRICES: frozenset[Property] = frozenset(("symmetric", "hollow", "orthogonal", "diagonal"))
Properties = Mapping[Quantity, frozenset[Property]]


@dataclass(frozen=True, slots=True)
class Definitions:
    """What is defined: the quantities, the functions of one `Parameter`, and what the indices in them run over."""

    quantities: dict[Quantity, list[Definition]] = field(default_factory=dict)
    functions: dict[str, Expression] = field(default_factory=dict)
    ranges: dict[str, Range] = field(default_factory=dict)
    properties: dict[Quantity, frozenset[Property]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Claim:
    """left = right for every value of the indices `free` and of the step letters `steps`.

    `ranges` has what every index in it runs over; `last_is` is the number of steps if the equation is stated for one.
    It is claimed only where all of `where` are 1.
    """

    left: Expression
    right: Expression
    free: tuple[str, ...]
    steps: tuple[str, ...]
    ranges: Mapping[str, Range]
    last_is: int | None
    where: tuple[Mask, ...] = ()


ZERO, ONE = Constant(Fraction(0)), Constant(Fraction(1))


def add(*terms: Expression) -> Expression:
    """Build a sum, without the terms that are known to be 0."""
    kept = tuple(term for term in terms if term != ZERO)
    return kept[0] if len(kept) == 1 else Plus(kept) if kept else ZERO


def multiply(*factors: Expression) -> Expression:
    """Build a product, without the factors that are known to be 1."""
    if ZERO in factors:
        return ZERO
    kept = tuple(factor for factor in factors if factor != ONE)
    return kept[0] if len(kept) == 1 else Times(kept) if kept else ONE


def negate(term: Expression) -> Expression:
    """Build −term."""
    return multiply(Constant(Fraction(-1)), term)
