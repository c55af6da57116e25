"""Which names each equation of a document is about and which it uses, by their letters alone."""

import graphlib
import itertools
from collections.abc import Callable, Collection, Container, Iterator, Mapping, Sequence
from typing import NamedTuple

from bptt.proofread._expressions import Quantity, Step
from bptt.proofread._traversal import expand
from bptt.proofread.semantics._notation import parse_exponent
from bptt.proofread.semantics._symbols import Symbols
from bptt.proofread.semantics._vocabulary import Vocabulary
from bptt.proofread.syntax import name_gradient
from bptt.proofread.syntax.tree import (
    Application,
    Derivative,
    Nabla,
    Node,
    Product,
    Scripted,
    Symbol,
    list_symbols,
    nodes,
    read_call,
    strip_brackets,
)


class Candidate(NamedTuple):
    """What can define something: both sides, the line of the document, and whether words say that it `defines`."""

    left: Node
    right: Node
    line: int
    defines: bool = False


class _Use(NamedTuple):
    """A name, and whether it bears a step."""

    name: str
    timed: bool


def get_symbol(node: Node) -> Symbol | None:
    """Return the symbol that stands alone, or with its arguments in a bracket behind it; None for anything else."""
    node = strip_brackets(node)
    node = read_call(node) or node
    node = node.function if isinstance(node, Application) else node
    return node if isinstance(node, Symbol) else None


def list_derivatives(node: Node) -> Iterator[tuple[Node, Node | None]]:
    """List what is differentiated in a formula, and by what; None for a ∇ that does not say so."""
    for one in nodes(node):
        if isinstance(one, Derivative) and one.of is not None:
            yield from ((one.of, by) for by in one.by)
        elif isinstance(one, Product):
            for operator, after in itertools.pairwise(name_gradient(one).factors):
                if isinstance(operator, Nabla):
                    yield after, operator.by
                elif isinstance(operator, Derivative) and operator.of is None:
                    yield after, operator.by[0]


def solves(left: Node, right: Node, variables: Container[str], get_base: Callable[[Symbol], str]) -> bool:
    """Whether an equation says what a variable is where a gradient vanishes, as β = (X^⊤ X)^{-1} X^⊤ y.

    Args:
        left, right: its sides
        variables: the letters of all by which a document differentiates
        get_base: returns the letters of a symbol
    """
    symbol = get_symbol(left)
    if symbol is None or get_base(symbol) not in variables:
        return False
    exponents = (item for node in nodes(right) if isinstance(node, Symbol | Scripted) for item in node.above)
    free = all(get_base(one) not in variables for one in list_symbols(right))
    return free and any(parse_exponent(item) == -1 for item in exponents)


def list_numerators(sides: Sequence[Node]) -> Iterator[Symbol]:
    """List the symbols that stand above the line of a derivative, or behind a ∇."""
    numerators = (get_symbol(of) for side in sides for of, _ in list_derivatives(side))
    return (symbol for symbol in numerators if symbol is not None)


def list_variables(sides: Sequence[Node]) -> Iterator[Symbol]:
    """List the symbols by which formulas differentiate."""
    variables = (get_symbol(by) for side in sides for _, by in list_derivatives(side) if by is not None)
    return (symbol for symbol in variables if symbol is not None)


def find_denominators(symbols: Symbols, sides: Sequence[Node]) -> set[Quantity]:
    """Find by what a document differentiates."""
    return {found.quantity for one in list_variables(sides) if (found := symbols.find(one)) is not None}


class Uses:
    """Which names each equation is about and which it uses, by their letters alone."""

    def __init__(self, vocabulary: Vocabulary, candidates: Mapping[int, Candidate]) -> None:
        self.symbols = vocabulary.symbols
        self.about = {
            n: self._get_use(one.left) if isinstance(one.left, Symbol | Application) else None
            for n, one in candidates.items()
        }
        self.places = {n: (one.line, abs(n)) for n, one in candidates.items()}
        self.used = {n: set(self._list_used(one)) for n, one in candidates.items()}
        self.names = {
            n: {self._read(node).name for side in one[:2] for node in list_symbols(side)}
            for n, one in candidates.items()
        }
        self.claimed = {
            n: {found.quantity for side in one[:2] for node in list_symbols(side) if (found := self.symbols.find(node))}
            for n, one in candidates.items()
            if self.about[n] is None
        }
        first = {self.about[n]: n for n in sorted(candidates, key=self.places.__getitem__, reverse=True)}
        self.first: dict[str, list[int]] = {}  # by name: the first about it at a step, and the first without one
        for about, n in first.items():
            if about is not None:
                self.first.setdefault(about.name, []).append(n)
        sides = [side for one in candidates.values() for side in one[:2]]
        pairs = {tuple(map(self._get_use, pair)) for side in sides for pair in list_derivatives(side)}
        self.variables = {self._read(one).name for one in list_variables(sides)}
        self.derivatives = {(of.name, by.name) for of, by in pairs if of is not None and by is not None}

    def _get_use(self, node: Node | None) -> _Use | None:
        symbol = None if node is None else get_symbol(node)
        return None if symbol is None else self._read(symbol)

    def _read(self, symbol: Symbol) -> _Use:
        notation, known = self.symbols.notation, self.symbols.find_name(symbol)
        named = known.below if known else (notation.spell(one) for one in symbol.below if notation.is_word(one))
        timed = any(map(notation.bears_letter, (*symbol.below, *symbol.above)))
        return _Use(self.symbols.get_base(symbol) + "".join(named), timed)

    def _list_used(self, one: Candidate) -> Iterator[_Use]:
        """List the names that stand on a right-hand side, but for those of other steps."""
        steps = self._find_steps(one.left) if isinstance(one.left, Symbol) else set()
        for node in list_symbols(one.right):
            found = self._find_steps(node)
            if not (steps and found and not found & steps):
                yield self._read(node)

    def _find_steps(self, node: Symbol) -> set[Step]:
        """Find the steps that a symbol bears by their letters."""
        steps = map(self.symbols.notation.parse_step, (*node.below, *node.above))
        return {step for step in steps if step is not None and not step.is_fixed}

    def sort(self, candidates: Sequence[int]) -> list[int]:
        """Sort equations so that each stands behind those that it needs; those in a circle by their place."""
        by_name: dict[_Use | None, list[int]] = {}
        for n in candidates:
            by_name.setdefault(self.about[n], []).append(n)
        graph = {
            n: {m for name in self.used[n] if name != self.about[n] for m in by_name.get(name, ())}
            for n in sorted(candidates)
        }
        for same in by_name.values():  # the first about each comes first
            for before, after in itertools.pairwise(same):
                graph[after].add(before)
        while True:
            try:
                order = {n: place for place, n in enumerate(graphlib.TopologicalSorter(graph).static_order())}
                return sorted(candidates, key=lambda n: order[n])
            except graphlib.CycleError as error:
                circle = set(error.args[1])
                graph = {n: needs - circle if n in circle else needs for n, needs in graph.items()}

    def is_used_before(self, n: int, quantity: Quantity) -> bool:
        """Whether an equation before this one claims something of a quantity; definitions that use it do not."""
        return any(self.places[m] < self.places[n] and quantity in found for m, found in self.claimed.items())

    def solves(self, one: Candidate) -> bool:
        """Whether it says what a variable is where a gradient vanishes."""
        return solves(one.left, one.right, self.variables, lambda symbol: self._read(symbol).name)

    def find_needed(self, late: Collection[int]) -> set[int]:
        """Find which of these definitions the derivatives of the document go by way of, and have no other way."""
        needed: set[int] = set()
        for of, by in self.derivatives:
            if self._leads(of, by, ()) and not self._leads(of, by, late):
                abouts = ((n, about.name) for n in late if (about := self.about[n]) is not None)
                between = ((n, name) for n, name in abouts if self._leads(of, name, ()) and self._leads(name, by, ()))
                needed |= {n for n, name in between if name != by}
        return needed

    def _leads(self, start: str, target: str, without: Collection[int]) -> bool:
        """Whether one name is made of another, by the equations but for some."""

        def list_needed(name: str) -> list[str]:
            return [one for n in self.first.get(name, ()) if n not in without for one in self.names[n]]

        return target in expand([start], list_needed)
