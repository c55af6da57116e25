"""What the signs of a document without a glossary seem to be: the names of its symbols, and their shapes.

Nothing is known of a symbol but where it stands. A script that is a symbol elsewhere is part of a name, as in W_f.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from bptt.proofread.semantics._draft_letters import Letters, Sides
from bptt.proofread.semantics._draft_page import (
    Mention,
    find_prefixes,
    get_anchor,
    is_set,
    list_arrays,
    list_numbers,
    list_places,
    spell_name,
)
from bptt.proofread.semantics._glossary import GlossaryError
from bptt.proofread.semantics._latex import parse_symbol
from bptt.proofread.semantics._notation import is_transpose, parse_exponent
from bptt.proofread.semantics._prose import ENTRIES
from bptt.proofread.semantics._symbols import Name
from bptt.proofread.semantics._uses import list_numerators, list_variables, solves
from bptt.proofread.semantics._vocabulary import is_standard
from bptt.proofread.syntax import Unreadable
from bptt.proofread.syntax.tree import (
    UPRIGHT_PI,
    Bracket,
    Node,
    Number,
    Relation,
    Symbol,
    read_call,
    strip_brackets,
)

_CONSTANTS = frozenset({
    "e", r"\pi", UPRIGHT_PI, "I", r"\mathbf{I}", r"\mathbb{I}", r"\mathbf{1}", r"\mathbf{0}", r"\vec{1}", r"\vec{0}",
    r"\mathbb{1}", "1", "0", r"\infty", r"\mathbb{R}", r"\mathbb{E}", r"\mathbb{P}", "Pr", r"\emptyset",
})  # fmt: skip
_FUNCTIONS = frozenset({r"\sigma", r"\phi", r"\varphi", r"\psi", "f", "g", "F", "G"})  # with a bracket, unless indexed

NORMAL = (r"\Phi", r"\varphi", r"\phi")  # the distribution function of normal numbers, and their density


class Occurrence(NamedTuple):
    """A symbol on the page: the name that it seems to have, its number of indices, and whether it bears a step.

    `shifted` if that is t − 1 or t + 1; `transposed` if it bears a ⊤.
    """

    name: Name
    indices: int
    timed: bool
    shifted: bool
    transposed: bool
    symbol: Symbol


class Signs(Letters):
    """What the signs of a document seem to be, from its equations and what its prose states (x ∈ ℝ^n).

    Attributes:
        shapes: what the document says of the shape of a name: ∈ ℝ^{n×d}; "" for a size without a letter
        symmetric: the names of covariances
        square: those of matrices of which the text says that a_{ii} = 0, or a_{ij} = a_{ji}
        occurrences: of each equation, all symbols
        functions: the names that stand only before a bracket
        numerators: the letters of what is differentiated
        losses: those of them by which nothing is differentiated
        subjects: of each equation, the name that it is about
        numbers: the names of what stands alone under a line, or below an exponent
        is_normal: whether the text names Φ and φ as those of the normal distribution
        arrays: the least number of axes of names that are arrays where they stand
    """

    def __init__(self, equations: Sequence[Sides], statements: Sequence[Relation], is_normal: bool = False) -> None:
        super().__init__(equations, statements)
        self.is_normal = is_normal
        sides = [side for pair in equations for side in pair if not isinstance(side, Unreadable)]
        self._prefixes = find_prefixes(sides)
        above = (item for one in self._all for item in one.symbol.above if self.place == "superscript")
        self._step_brackets = {one.kind for one in above if isinstance(one, Bracket) and self._is_step(one)}
        self.functions = frozenset(self._list_functions())
        self.numerators, self._variables = (
            frozenset(map(self._get_base, found)) for found in (list_numerators(sides), list_variables(sides))
        )
        self.losses = self.numerators - self._variables
        self.occurrences = [self._list_occurrences((*left, *right)) for left, right in self._sides]
        self.subjects = list(map(self._find_subject, equations, self._sides))
        divisors = (symbol for side in sides for symbol in list_numbers(side, self.exponents) if self._names(symbol))
        self.numbers = {self._read(one, None).name for one in divisors}
        self.arrays: dict[Name, int] = {}
        for symbol, axes in (one for side in sides for one in list_arrays(side)):
            found = self._read(symbol, None)
            self.arrays[found.name] = max(found.indices + axes, self.arrays.get(found.name, 0))
        self.shapes: dict[Name, tuple[str, ...]] = {}
        self.symmetric: set[Name] = set()
        self.square: set[Name] = set()
        for statement in sorted(statements, key=lambda one: one.sign == ENTRIES):
            self._read_statement(statement)

    def _get_base(self, symbol: Symbol) -> str:
        return self._notation.strip_accents(symbol.name)

    def _names(self, symbol: Symbol) -> bool:
        """Whether a symbol is one that a glossary would have."""
        base = self._get_base(symbol)
        kronecker = base == r"\delta" and len(symbol.below) == 2 and all(map(self._is_index, symbol.below))
        sized = self._spell(Symbol(base, symbol.below)) in (*self.sizes, *self.last)
        bound = base in (*self.letters, *self.indices) and not symbol.below
        bound |= bool({base, symbol.name} & self._prefixes)
        known = symbol.name in _CONSTANTS or base in _CONSTANTS or (is_standard(base) and len(base) > 1)
        return not (known or kronecker or sized or bound or symbol.primes or base in self.functions)

    def _list_functions(self) -> Iterator[str]:
        """List the names that are functions: those that stand nowhere without a bracket, and in it different things."""
        bare = {
            base
            for symbol, base, behind in self._all
            if (behind is None and not symbol.primes) or self._bears_step(symbol) or (behind and self._is_step(behind))
        }
        called: dict[str, set[Node]] = {}
        for one in self._all:
            if one.behind is not None:
                called.setdefault(one.base, set()).add(one.behind)
        primed = {base for symbol, base, behind in self._all if symbol.primes and isinstance(behind, Symbol)}
        for base, arguments in called.items():
            shown = base in _FUNCTIONS or (self.is_normal and base in NORMAL) or base in primed or len(arguments) > 1
            if base == r"\sigma" or (base not in bare and shown):
                yield base

    def _list_occurrences(self, mentions: Sequence[Mention]) -> list[Occurrence]:
        """List the symbols of an equation that a glossary can have."""
        read = [self._read(one.symbol, one.behind) for one in mentions if self._names(one.symbol)]
        return [one for one in read if self._is_plain(one.name)]

    def _is_plain(self, name: Name) -> bool:
        """Whether a glossary can have a name: none with the letter of a step in it."""
        if not set(self.letters).isdisjoint((*name.below, *name.above)):
            return False
        try:
            symbol = parse_symbol(spell_name(name), f"symbols.{spell_name(name)}")
        except GlossaryError:
            return False
        scripts = tuple(map(self._spell, symbol.below)), tuple(map(self._spell, symbol.above))
        return (self._notation.strip_accents(symbol.name), *scripts) == name

    def _find_subject(self, sides: Sides, mentions: Sequence[Sequence[Mention]]) -> Name | None:
        """Find the name that an equation is about; what is given a number is not made of others, but free."""
        left, right = sides
        call = None if isinstance(left, Unreadable) else read_call(left)
        symbol, behind = (left, None) if call is None else (call.function, call.arguments[0])
        is_number = not (mentions[1] or isinstance(right, Unreadable))
        if not isinstance(symbol, Symbol) or left == right or is_number:
            return None
        if not isinstance(right, Unreadable) and solves(symbol, right, self._variables, self._get_base):
            return None
        return self._read(symbol, behind).name if self._names(symbol) else None

    def _read(self, symbol: Symbol, behind: Node | None) -> Occurrence:
        """Split the scripts of a symbol into its name, its step and its indices."""
        base = self._get_base(symbol)
        timed, rest = self._cut_step(symbol)
        timed = timed or (behind is not None and self._is_step(behind))
        above: list[str] = []
        for item in symbol.above:
            inner = strip_brackets(item)
            if self._is_step(item):
                timed = True
            elif is_transpose(item):
                continue
            elif self.place == "superscript" and self._spell(inner) in self.last:
                timed = True
            elif isinstance(inner, Number) and isinstance(item, Bracket) and item.kind in self._step_brackets:
                timed = True  # W^{[1]} beside W^{[l]}
            elif parse_exponent(item) is None and isinstance(inner, Symbol | Number) and not self._raises(inner):
                above.append(self._spell(item))
        last_label = max((n for n, item in enumerate(rest, 1) if not self._is_index(item)), default=0)
        numbers = base in self._indexed and all(isinstance(item, Number) for item in rest[:last_label])
        cut = 0 if numbers else last_label
        shifted = timed and any(get_anchor(item) is not None for _, item in list_places(symbol, behind))
        name = Name(base, tuple(map(self._spell, rest[:cut])), tuple(above))
        transposed = any(is_transpose(item) and self._spell(item) not in self.last for item in symbol.above)
        return Occurrence(name, len(rest) - cut, timed, shifted, transposed, symbol)

    def _raises(self, item: Node) -> bool:
        return isinstance(item, Symbol) and item.name in self.exponents

    def _read_statement(self, node: Relation) -> None:
        """Read x ∈ ℝ^{n×d}, A = A^⊤, and a_{ii} = 0."""
        symbol, right = strip_brackets(node.left), node.right
        symbol = symbol if (call := read_call(symbol)) is None else call.function
        if not isinstance(symbol, Symbol) or not self._names(symbol):
            return
        name = self._read(symbol, None).name
        if node.sign == ENTRIES:
            letter = self._spell(right)
            if letter not in self.last and name.base not in self._timed:
                self.shapes.setdefault(name, (letter if letter in self.sizes else "",))
        elif node.sign == r"\in" and is_set(right):
            numbers = self._list_numbers(symbol)
            name = name._replace(below=()) if numbers else name
            last = self.labels.get(symbol.name)
            of_label = () if last is None else tuple(self._spell_letters([last]))
            self.shapes.setdefault(name, (*numbers, *self._list_sizes(right), *of_label))
        elif node.sign == "=" and isinstance(right, Symbol) and right.name == symbol.name:
            self.symmetric |= {name} if right.above and is_transpose(right.above[-1]) else set()
            self.square |= {name} if symbol.below == right.below[::-1] else set()
        elif node.sign in (r"\succ", r"\succeq"):
            self.symmetric.add(name)
            self.square.add(name)
        elif node.sign == "=" and len(symbol.below) == 2 and symbol.below[0] == symbol.below[1]:
            self.square.add(name)

    def _list_numbers(self, symbol: Symbol) -> tuple[str, ...]:
        """List the letters that number vectors, as in x_1, …, x_n ∈ ℝ^d, "" for one that is no size."""
        items = self._cut_step(symbol)[1]
        counts = [isinstance(one, Number) or self._is_index(one) or self._spell(one) in self.sizes for one in items]
        if self._notation.strip_accents(symbol.name) not in self._indexed or not all(counts):
            return ()
        return tuple(letter if letter in self.sizes else "" for letter in map(self._spell, items))
