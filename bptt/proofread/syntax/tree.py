"""Define the syntax tree of a formula: what stands on the page, before anything is known of what it means."""

import functools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields, replace
from fractions import Fraction
from typing import Any, TypeGuard, get_args

UPRIGHT_PI = r"\uppi"  # the number, where π may be a symbol


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
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Symbol:
    r"""A name with its scripts: `\tilde{y}_{i}^{t-1}` has the name `\tilde{y}`, `below` (i,) and `above` (t − 1,)."""

    name: str
    below: "tuple[Node, ...]" = ()
    above: "tuple[Node, ...]" = ()
    primes: int = 0
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Words:
    """Prose within a formula."""

    text: str
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Dots:
    """What is left out: … or ⋯."""

    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Bracket:
    """What stands in brackets, in braces or between bars; of several entries, `separators` stand between them."""

    entries: "tuple[Node, ...]"
    separators: tuple[str, ...] = ()
    kind: str = "("
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Scripted:
    """Scripts on what is no single symbol."""

    base: "Node"
    below: "tuple[Node, ...]" = ()
    above: "tuple[Node, ...]" = ()
    primes: int = 0
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Sum:
    terms: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Negative:
    term: "Node"


@dataclass(frozen=True, slots=True)
class Product:
    r"""Factors side by side, and what stands between each two: "" for nothing, `\cdot`, `\odot`, `/` and so on.

    A function without a bracket, `Nabla`, `Big` and a `Derivative` of nothing are factors, too: which of the factors
    behind them they take depends on what these are.
    """

    factors: "tuple[Node, ...]"
    operators: tuple[str, ...]
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Quotient:
    """One formula over another, with a line between them."""

    over: "Node"
    under: "Node"
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Derivative:
    """∂ of / ∂ by, applied once for each of `by`; `immediate` if it is marked so (∂⁺). Without `of`, an operator."""

    of: "Node | None"
    by: "tuple[Node, ...]"
    immediate: bool = False
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Differential:
    """The ∂ or d before a symbol; `order` 2 for ∂²."""

    sign: str
    order: int = 1
    immediate: bool = False
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Nabla:
    """The gradient by what stands below it, or by what its scalar depends on; `order` 2 for the Hessian."""

    by: "Node | None"
    order: int = 1
    place: Place | None = field(default=None, compare=False)
    assumed: bool = field(default=False, compare=False)  # whether it does not say itself by what it is


@dataclass(frozen=True, slots=True)
class Big:
    r"""`\sum`, `\prod`, `\max` and so on, with what stands below and above."""

    operator: str
    below: "tuple[Node, ...]" = ()
    above: "tuple[Node, ...]" = ()
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Root:
    radicand: "Node"
    degree: "Node | None" = None
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Relation:
    """Two sides inside a script, a bracket or a condition, such as t = 2."""

    left: "Node"
    sign: str
    right: "Node"


@dataclass(frozen=True, slots=True)
class At:
    """A formula with a bar behind it: where it is evaluated."""

    of: "Node"
    where: "tuple[Node, ...]"
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Application:
    """A function with its arguments: made of a symbol and a bracket behind it, once it is known to be one."""

    function: Symbol
    arguments: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Cases:
    """Values, each with what stands beside it: its condition."""

    rows: "tuple[tuple[Node, tuple[Node, ...]], ...]"
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Grid:
    """A matrix that is written out, row by row."""

    rows: "tuple[tuple[Node, ...], ...]"
    place: Place | None = field(default=None, compare=False)


Node = (
    Number | Symbol | Words | Dots | Bracket | Scripted | Sum | Negative | Product | Quotient | Derivative
    | Differential | Nabla | Big | Root | Relation | At | Application | Cases | Grid
)  # fmt: skip


SCRIPTS = ("below", "above")  # the fields that hold them
_KINDS = frozenset(get_args(Node))


def list_parts(node: Node, scripts: bool = False) -> list[Node]:
    """List the formulas that stand directly in one; those in its scripts on request."""
    waiting = [getattr(node, name) for name in _list_fields(type(node), scripts)]  # type: ignore[arg-type]
    found: list[Node] = []
    while waiting:
        value = waiting.pop()
        if isinstance(value, tuple):
            waiting += value
        elif type(value) in _KINDS:
            found.append(value)
    return found[::-1]


@functools.cache
def _list_fields(kind: Any, scripts: bool) -> tuple[str, ...]:
    """List the fields of a kind of node that may hold formulas."""
    named = (one.name for one in fields(kind) if one.name != "place")
    return tuple(name for name in named if scripts or name not in SCRIPTS or kind is Big)


def nodes(node: Node, scripts: bool = False) -> Iterator[Node]:
    """Walk a formula and all within it, but for what stands in scripts unless asked for."""
    stack = [node]
    while stack:
        yield (found := stack.pop())
        stack += list_parts(found, scripts)


def list_symbols(node: Node) -> Iterator[Symbol]:
    """List the symbols of a formula, those in the exponent of e with them."""
    for one in nodes(node):
        if isinstance(one, Symbol):
            yield one
            if one.name == "e":
                for item in one.above:
                    yield from list_symbols(item)


def written(node: Node) -> str:
    """Return the name of a symbol or the digits of a number, without scripts; "" for any other formula."""
    return node.name if isinstance(node, Symbol) else str(node.value) if isinstance(node, Number) else ""


def is_bare(node: Node) -> TypeGuard[Symbol]:
    """Whether a formula is a letter without scripts."""
    return isinstance(node, Symbol) and not (node.below or node.above or node.primes)


def multiply(factors: "tuple[Node, ...]", operators: tuple[str, ...], place: Place | None = None) -> Node:
    """Build a product; of a single factor, that factor. Raises `Unreadable` for none."""
    if not factors:
        raise Unreadable("a factor is missing", place)
    return factors[0] if len(factors) == 1 else Product(factors, operators, place)


def strip_brackets(node: Node) -> Node:
    """Take off the brackets around what stands alone in them."""
    while isinstance(node, Bracket) and len(node.entries) == 1 and node.kind in ("(", "[", "{", r"\{"):
        node = node.entries[0]
    return node


def read_call(node: Node) -> Application | None:
    """Read f(x, y) as an application; None for what is no symbol with letters in a bracket behind it."""
    if not isinstance(node, Product) or node.operators != ("",):
        return None
    symbol, bracket = node.factors
    if not isinstance(symbol, Symbol) or not isinstance(bracket, Bracket) or bracket.kind not in ("(", "["):
        return None
    return Application(symbol, bracket.entries) if bracket.entries else None


_FONT = re.compile(r"\\(?:mathbf|boldsymbol|vec|bm)\{(.*)\}")


def read_listed(node: Node) -> tuple[Symbol, Node] | None:
    """Read (x_1, …, x_n), or the transpose of that, as x and its last number; None for what is no such list."""
    match node.base if isinstance(node, Scripted) else node:
        case Bracket((Symbol(name, (Number(),)) as first, *between, Symbol() as last), kind="(" | "["):
            shown = [one for one in between if not isinstance(one, Dots)]
            listed = all(isinstance(one, Symbol) and len(one.below) == 1 and one.name == name for one in (*shown, last))
            if len(shown) < len(between) and listed:
                return replace(first, below=()), last.below[0]
    return None


def lists_entries(left: Node, right: Node) -> bool:
    """Whether it is x = (x_1, …, x_n), which says what the entries of x are called."""
    listed, whole = read_listed(right), strip_brackets(left)
    return listed is not None and is_bare(whole) and _FONT.sub(r"\1", whole.name) == listed[0].name


def map_parts(node: Node, change: Callable[[Node], Node], in_scripts: Callable[[Node], Node] | None = None) -> Node:
    """Return a formula with what stands directly in it changed; what stands in its scripts, by a change of its own."""

    def convert(value: Any, change: Callable[[Node], Node]) -> Any:
        if isinstance(value, tuple):
            return tuple(convert(item, change) for item in value)
        return change(value) if type(value) in _KINDS else value

    parts: dict[str, Any] = {}
    for name in (one.name for one in fields(node)):
        parts[name] = convert(getattr(node, name), in_scripts or change if name in SCRIPTS else change)
    return replace(node, **parts)


def rewrite(node: Node, change: Callable[[Node], Node]) -> Node:
    """Return a formula with all within it changed, the innermost first, and then itself."""
    return change(map_parts(node, lambda one: rewrite(one, change)))


def mark_immediate(node: Node) -> Node:
    """Return a formula with a mark on each of its derivatives that says that it is immediate."""
    return rewrite(node, lambda one: replace(one, immediate=True) if isinstance(one, Derivative) else one)
