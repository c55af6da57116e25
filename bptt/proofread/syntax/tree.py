"""Define the syntax tree of a formula: what stands on the page, before anything is known of what it means."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from fractions import Fraction


class Unreadable(ValueError):  # noqa: N818  (it is a finding on the document, not a failure of the program)
    """A formula cannot be read. Says why and, if that is known, at which `place` of the file."""

    def __init__(self, why: str, place: "Place | None" = None) -> None:
        super().__init__(why)
        self.place = place

    @property
    def where(self) -> str:
        """The place in words, to stand behind the reason."""
        return f", line {self.place.line}, column {self.place.column}" if self.place else ""


@dataclass(frozen=True, slots=True)
class Place:
    """Line and column in the file, from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Number:
    value: Fraction
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Symbol:
    r"""A name with its scripts: `\tilde{y}_{i}^{t-1}` has the name `\tilde{y}`, `below` (i,) and `above` (t − 1,)."""

    name: str
    below: "tuple[Node, ...]" = ()
    above: "tuple[Node, ...]" = ()
    primes: int = 0
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Bracket:
    """What stands in brackets; of several entries, `separators` has what stands between them."""

    entries: "tuple[Node, ...]"
    separators: tuple[str, ...] = ()
    kind: str = "("
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Scripted:
    """Scripts on what is no single symbol."""

    base: "Node"
    below: "tuple[Node, ...]"
    above: "tuple[Node, ...]"
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Adjacent:
    """A symbol with a bracket behind it: an application or a product, as the symbol is a function or not."""

    symbol: Symbol
    bracket: Bracket
    below: "tuple[Node, ...]" = ()
    above: "tuple[Node, ...]" = ()
    applied: bool = False  # it can only be an application


@dataclass(frozen=True, slots=True)
class Sum:
    terms: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Negative:
    term: "Node"


@dataclass(frozen=True, slots=True)
class Product:
    r"""Two factors and what stands between them: "" for nothing, else `\cdot`, `\times`, `\odot` or `\otimes`."""

    left: "Node"
    operator: str
    right: "Node"
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Quotient:
    over: "Node"
    under: "Node"
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Derivative:
    """∂ of / ∂ by, applied once for each of `by`; `immediate` if it is marked so (∂⁺)."""

    of: "Node"
    by: "tuple[Node, ...]"
    immediate: bool = False
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Differential:
    """∂X, or ∂ alone where `of` is None, as it stands over or under a line; `order` 2 for ∂²X."""

    of: "Node | None"
    order: int
    immediate: bool
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Repeated:
    r"""`\sum` or `\prod`: over `letters`, from `first` to `last` where limits are given."""

    operator: str
    letters: "tuple[Node, ...]"
    first: "Node | None"
    last: "Node | None"
    body: "Node"
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Root:
    radicand: "Node"
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Relation:
    """Two sides inside a script or a bracket, such as t = 2."""

    left: "Node"
    sign: str
    right: "Node"


@dataclass(frozen=True, slots=True)
class At:
    """A formula with a bar behind it: where it is evaluated."""

    of: "Node"
    where: "tuple[Node, ...]"
    place: Place | None = None


Node = (
    Number | Symbol | Bracket | Scripted | Adjacent | Sum | Negative | Product | Quotient | Derivative | Differential
    | Repeated | Root | Relation | At
)  # fmt: skip


def list_parts(node: Node, scripts: bool = False) -> Iterator[Node]:
    """List the formulas that stand directly in one; those in its scripts on request."""
    for field in fields(node):
        value = getattr(node, field.name)
        if scripts or field.name not in ("below", "above"):
            yield from (item for item in (value if isinstance(value, tuple) else (value,)) if isinstance(item, Node))


def nodes(node: Node) -> Iterator[Node]:
    """Walk a formula and all within it, but for what stands in scripts."""
    stack = [node]
    while stack:
        yield (found := stack.pop())
        stack += list_parts(found)


def written(node: Node) -> str:
    """Return the name of a symbol or the digits of a number, without scripts; "" for any other formula."""
    return node.name if isinstance(node, Symbol) else str(node.value) if isinstance(node, Number) else ""
