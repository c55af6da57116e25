"""What the signs of a document without a glossary seem to be: steps, sizes, indices, and the names of symbols.

Nothing is known of a symbol but where it stands. A letter with an offset, as t − 1, is a step; one that a Σ binds is an
index; one that is a symbol elsewhere is part of a name, as in W_f.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple

from bptt.proofread.semantics._draft_page import (
    Mention,
    find_prefixes,
    get_anchor,
    is_set,
    list_below,
    list_bigs,
    list_bounds,
    list_compared,
    list_places,
    spell_name,
    walk_symbols,
)
from bptt.proofread.semantics._glossary import Glossary, GlossaryError
from bptt.proofread.semantics._latex import parse_symbol
from bptt.proofread.semantics._notation import SLICE, Notation, is_transpose, parse_exponent
from bptt.proofread.semantics._symbols import Name
from bptt.proofread.semantics._uses import list_numerators
from bptt.proofread.semantics._vocabulary import is_standard
from bptt.proofread.syntax import Unreadable
from bptt.proofread.syntax.tree import (
    UPRIGHT_PI,
    Node,
    Number,
    Product,
    Relation,
    Scripted,
    Symbol,
    nodes,
    read_call,
    strip_brackets,
    written,
)

MEANINGLESS = (r"\vec", r"\underline")  # accents that say no more than that a symbol is a vector
_OTHER_STEPS = frozenset("ijklmnpqrsuv") | {r"\tau"}  # may be steps beside t
_STEP_LETTERS = ("t", r"\tau")  # are steps where nothing else says so
_INDICES = frozenset("ijklmnpqrsabcduv") | {
    r"\alpha", r"\beta", r"\gamma", r"\mu", r"\nu", r"\kappa", r"\lambda", r"\rho",
}  # fmt: skip
_CONSTANTS = frozenset({
    "e", r"\pi", UPRIGHT_PI, "I", r"\mathbf{I}", r"\mathbb{I}", r"\mathbf{1}", r"\mathbf{0}", r"\vec{1}", r"\vec{0}",
    r"\mathbb{1}", "1", "0", r"\infty", r"\mathbb{R}", r"\mathbb{E}", r"\mathbb{P}", "Pr", r"\emptyset",
})  # fmt: skip
_FUNCTIONS = frozenset({r"\sigma", r"\phi", r"\varphi", r"\psi", "f", "g", "F", "G"})  # with a bracket, unless indexed
_ONE = Number(Fraction(1))

Sides = tuple[Node | Unreadable, Node | Unreadable]


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


class Signs:
    """What the signs of a document seem to be, from its equations and what its prose states (x ∈ ℝ^n).

    Attributes:
        place, letters, last: where steps stand, and with which letters
        certain: whether a letter with an offset, or in brackets, shows that there are steps and where they stand
        sizes: the letters that are sizes
        indices: the letters that are certainly indices
        bounds: of each equation, the letter of the size that each Σ runs to, by the letter that it binds
        shapes: what the document says of the shape of a name: ∈ ℝ^{n×d}; "" for a size without a letter
        symmetric: the names of covariances
        occurrences: of each equation, all symbols
        functions: the names that stand only before a bracket
        numerators: the letters of what is differentiated
        subjects: of each equation, the name that it is about
    """

    def __init__(self, equations: Sequence[Sides], statements: Sequence[Relation]) -> None:
        self._notation = Notation(Glossary({}, (), (), (), ignored=MEANINGLESS))
        self._spell = self._notation.spell
        self._sides = [(self._list_mentions(left), self._list_mentions(right)) for left, right in equations]
        self._all = [one for left, right in self._sides for one in (*left, *right)]
        self._bases = {one.base for one in self._all}
        sides = [side for pair in equations for side in pair if not isinstance(side, Unreadable)]
        self._prefixes = find_prefixes(sides)
        self._bigs = [[*list_bigs(left), *list_bigs(right)] for left, right in equations]
        self._compared = [letter for side in sides for letter in list_compared(side)]
        self.bounds = [list_bounds(bigs, self._spell) for bigs in self._bigs]
        self._find_steps()
        self._timed = {one.base for one in self._all if self._bears_step(one.symbol)}
        self._find_sizes_and_indices(statements)
        self._find_other_steps()
        self._balanced = self._find_balanced()
        self.functions = frozenset(self._list_functions())
        self.numerators = frozenset(self._notation.strip_accents(one.name) for one in list_numerators(sides))
        scripts = [(one.base, self._cut_step(one.symbol)[1]) for one in self._all]
        self._indexed = {base for base, items in scripts if any(map(self._is_index, items))}
        whole = {(base, len(items)) for base, items in scripts if items and all(map(self._is_index, items))}
        entries = [set(map(self._spell, items)) for base, items in scripts if (base, len(items)) in whole]
        self.indices |= set[str]().union(*(one for one in entries if one <= _INDICES - self._bases))  # S_{lk} of S_{ij}
        self.occurrences = [self._list_occurrences((*left, *right)) for left, right in self._sides]
        self.subjects = list(map(self._find_subject, equations, self._sides))
        self.shapes: dict[Name, tuple[str, ...]] = {}
        self.symmetric: set[Name] = set()
        for statement in statements:
            self._read_statement(statement)

    def _list_mentions(self, side: Node | Unreadable) -> list[Mention]:
        return [Mention(one, self._notation.strip_accents(one.name), behind) for one, behind in walk_symbols(side)]

    def _spell_letters(self, items: Iterable[Node]) -> list[str]:
        return [self._spell(item) for item in items if isinstance(item, Symbol)]

    def _find_steps(self) -> None:
        """Find the letters that have offsets, and where they stand most."""
        offsets, plain = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
        for symbol, _, behind in self._all:
            for place, item in list_places(symbol, behind):
                anchor, inner = get_anchor(item), strip_brackets(item)
                if anchor is None and place == "superscript" and inner is not item and isinstance(inner, Symbol):
                    anchor = inner  # a^{(l)}
                if anchor is not None:
                    offsets[place, self._spell(anchor)] += 1
                elif place != "bracket" and isinstance(item, Symbol) and self._spell(item) in _STEP_LETTERS:
                    plain[place, self._spell(item)] += 1
        self.certain = bool(offsets)
        later = {self._spell(item) for one in self._all for item in one.symbol.below[1:]}
        offsets = offsets or Counter({one: n for one, n in plain.items() if one[1] not in self._bases | later})
        places = Counter[str]()
        for (place, _), n in offsets.items():
            places[place] += n
        place = max(sorted(places), key=lambda one: places[one], default="superscript")
        self.letters = tuple(letter for at, letter in offsets if at == place)
        self.place = "superscript" if place == "bracket" else place

    def _find_sizes_and_indices(self, statements: Sequence[Relation]) -> None:
        steps, sizes, last, indices = set(self.letters), list[str](), list[str](), set[str]()
        for big in (big for bigs in self._bigs for big in bigs):
            bound = {letter for one in big.below for letter in self._spell_letters(nodes(one))}
            above = [one for one in self._spell_letters(map(strip_brackets, big.above)) if one not in steps]
            if bound & steps:
                last += above
            else:
                indices |= bound - set(above)
                sizes += above
        for symbol, _, _ in self._all:
            if symbol.name in (r"\delta", r"\mathbb{1}") and len(symbol.below) == 2 and not symbol.above:
                indices |= set(self._spell_letters(symbol.below)) - steps
        indices |= set(self._spell_letters(self._compared)) - steps
        for stated in statements:
            if stated.sign == r"\le" and self._spell_letters([stated.left]):
                (last if self._spell(stated.left) in steps else sizes).extend(self._spell_letters([stated.right]))
            elif stated.sign == r"\in":
                sizes += [one for one in self._list_sizes(stated.right) if one]
        if steps and not last:
            for symbol, base, _ in self._all:
                scripts = map(strip_brackets, symbol.below[:1] if self.place == "subscript" else symbol.above)
                if base in self._timed:
                    capitals = [one for one in scripts if len(written(one)) == 1 and written(one).isupper()]
                    last += self._spell_letters(capitals)
        transposed = any(one.symbol.above and one.symbol.above[-1] == Symbol(r"\top") for one in self._all)
        raised = {one.base for one in self._all if "T" in self._spell_letters(map(strip_brackets, one.symbol.above))}
        if self.place == "superscript" and not transposed and raised - self._timed:  # W^T
            last = [one for one in last if one != "T"]
        last, sizes = ([one for one in dict.fromkeys(found) if self._can_write(one)] for found in (last, sizes))
        self.last = tuple(last) or (("T",) if steps and self.place == "subscript" else ())
        self.sizes = tuple(one for one in sizes if one not in self.last)
        self.indices = frozenset(indices)

    def _can_write(self, letter: str) -> bool:
        """Whether a glossary can have a letter: n_{xy}, spelled n_xy, is read as another."""
        try:
            return self._spell(parse_symbol(letter, "")) == letter
        except GlossaryError:
            return False

    def _bears_step(self, symbol: Symbol) -> bool:
        return any(map(self._is_step, symbol.below if self.place == "subscript" else symbol.above))

    def _is_step(self, item: Node) -> bool:
        return self._spell(get_anchor(item) or strip_brackets(item)) in self.letters

    def _find_other_steps(self) -> None:
        """Find the letters that stand where steps do, and nowhere else: the k of ∂h_t/∂h_k."""
        here, elsewhere = list[str](), {*self._bases, *self.letters}
        for symbol, base, _ in self._all:
            below, above = list_below(symbol), list(symbol.above)
            scripts = below if self.place == "subscript" else above
            if base in self._timed and scripts and isinstance(scripts[0], Symbol):
                first = scripts.pop(0)
                here += [] if is_transpose(first) else [self._spell(first)]
            elsewhere |= set(self._spell_letters((*below, *above)))
        elsewhere |= {letter for bounds in self.bounds for letter, size in bounds.items() if size in self.sizes}
        others = [letter for letter in dict.fromkeys(here) if letter in _OTHER_STEPS and letter not in elsewhere]
        self.letters += tuple(others)
        self.indices -= set(others)

    def _cut_step(self, symbol: Symbol) -> tuple[bool, list[Node]]:
        """Take the step off the scripts below a symbol; return whether there is one, and the rest."""
        rest = list_below(symbol)
        if self.place == "subscript" and rest:
            fixed = isinstance(rest[0], Number) or self._spell(get_anchor(rest[0]) or rest[0]) in self.last
            if self._is_step(rest[0]) or (fixed and self._notation.strip_accents(symbol.name) in self._timed):
                return True, rest[1:]
        others = [item for item in rest if not self._is_step(item)]
        return len(others) < len(rest), others

    def _list_sizes(self, right: Node) -> tuple[str, ...]:
        r"""List the sizes of ℝ^{n×d}, "" for one that is no letter; none for ℝ and \{0, 1\}, one for a row, ℝ^{1×n}."""
        items = right.above if isinstance(right, Symbol | Scripted) else ()
        if len(items) == 1 and isinstance(items[0], Product):
            items = items[0].factors
        return tuple(self._spell(item) if isinstance(item, Symbol) else "" for item in items if item != _ONE)

    def _find_balanced(self) -> set[str]:
        """Find the letters that stand on both sides of equations, or twice in a side, more often than not."""
        counts = Counter[str]()
        for sides in self._sides:
            left, right = (Counter(self._spell(item) for one in side for item in one.symbol.below) for side in sides)
            for letter in {*left, *right}:
                counts[letter] += 1 if (left[letter] and right[letter]) or max(left[letter], right[letter]) > 1 else -1
        return {letter for letter, n in counts.items() if n > 0}

    def _is_index(self, item: Node) -> bool:
        """Whether a script is an index rather than a part of a name."""
        item = strip_brackets(item)
        if not isinstance(item, Symbol) or item.above:
            return False
        letter = self._spell(item)
        if letter in self.indices or letter == SLICE:
            return True
        return letter in _INDICES and letter not in self._bases and letter in self._balanced

    def _names(self, symbol: Symbol) -> bool:
        """Whether a symbol is one that a glossary would have."""
        base = self._notation.strip_accents(symbol.name)
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
        for base, arguments in called.items():
            if base == r"\sigma" or (base not in bare and (base in _FUNCTIONS or len(arguments) > 1)):
                yield base

    def _list_occurrences(self, mentions: Sequence[Mention]) -> list[Occurrence]:
        """List the symbols of an equation that a glossary can have."""
        read = [self._read(one.symbol, one.behind) for one in mentions if self._names(one.symbol)]
        return [one for one in read if self._is_plain(one.name)]

    def _is_plain(self, name: Name) -> bool:
        """Whether a glossary can have a name."""
        try:
            symbol = parse_symbol(spell_name(name), f"symbols.{spell_name(name)}")
        except GlossaryError:
            return False
        scripts = tuple(map(self._spell, symbol.below)), tuple(map(self._spell, symbol.above))
        return (self._notation.strip_accents(symbol.name), *scripts) == name

    def _find_subject(self, sides: Sides, mentions: Sequence[Sequence[Mention]]) -> Name | None:
        """Find the name that an equation is about; what is given a number is not made of others, but free."""
        left, right = sides
        if not mentions[0] or not isinstance(left, Symbol | Product):
            return None
        symbol, _, behind = mentions[0][0]
        whole = left is symbol or behind is not None
        is_number = not (mentions[1] or isinstance(right, Unreadable))
        return self._read(symbol, behind).name if whole and not is_number and self._names(symbol) else None

    def _read(self, symbol: Symbol, behind: Node | None) -> Occurrence:
        """Split the scripts of a symbol into its name, its step and its indices."""
        base = self._notation.strip_accents(symbol.name)
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
            elif self.place == "superscript" and self.letters and isinstance(inner, Number) and inner is not item:
                timed = True  # W^{[1]} beside W^{[l]}
            elif parse_exponent(item) is None and isinstance(inner, Symbol | Number):
                above.append(self._spell(item))
        last_label = max((n for n, item in enumerate(rest, 1) if not self._is_index(item)), default=0)
        numbers = base in self._indexed and all(isinstance(item, Number) for item in rest[:last_label])
        cut = 0 if numbers else last_label
        shifted = timed and any(get_anchor(item) is not None for _, item in list_places(symbol, behind))
        name = Name(base, tuple(map(self._spell, rest[:cut])), tuple(above))
        transposed = any(is_transpose(item) and self._spell(item) not in self.last for item in symbol.above)
        return Occurrence(name, len(rest) - cut, timed, shifted, transposed, symbol)

    def _read_statement(self, node: Relation) -> None:
        """Read x ∈ ℝ^{n×d}, and A = A^⊤."""
        symbol, right = strip_brackets(node.left), node.right
        symbol = symbol if (call := read_call(symbol)) is None else call.function
        if not isinstance(symbol, Symbol) or not self._names(symbol):
            return
        name = self._read(symbol, None).name
        if node.sign == r"\in" and is_set(right):
            numbers = self._list_numbers(symbol)
            name = name._replace(below=()) if numbers else name
            self.shapes.setdefault(name, (*numbers, *self._list_sizes(right)))
        elif node.sign == "=" and isinstance(right, Symbol) and right.name == symbol.name:
            self.symmetric |= {name} if right.above and is_transpose(right.above[-1]) else set()

    def _list_numbers(self, symbol: Symbol) -> tuple[str, ...]:
        """List the letters that number vectors, as in x_1, …, x_n ∈ ℝ^d, "" for one that is no size."""
        items = self._cut_step(symbol)[1]
        counts = [isinstance(one, Number) or self._is_index(one) or self._spell(one) in self.sizes for one in items]
        if self._notation.strip_accents(symbol.name) not in self._indexed or not all(counts):
            return ()
        return tuple(letter if letter in self.sizes else "" for letter in map(self._spell, items))
