"""Which letters of a document without a glossary are steps, sizes and indices.

Nothing is known of a letter but where it stands. One with an offset, as t − 1, is a step; one that a Σ binds is an
index; one to which a Σ runs is a size.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from fractions import Fraction

from bptt.proofread.semantics._draft_page import (
    Mention,
    get_anchor,
    list_below,
    list_bigs,
    list_bounds,
    list_compared,
    list_exponents,
    list_labels,
    list_places,
    walk_symbols,
)
from bptt.proofread.semantics._glossary import Glossary, GlossaryError
from bptt.proofread.semantics._latex import parse_symbol
from bptt.proofread.semantics._notation import SLICE, Notation, is_transpose
from bptt.proofread.semantics._prose import ENTRIES
from bptt.proofread.syntax import Unreadable
from bptt.proofread.syntax.tree import (
    Node,
    Number,
    Product,
    Relation,
    Scripted,
    Symbol,
    is_bare,
    list_parts,
    list_symbols,
    nodes,
    strip_brackets,
    written,
)

MEANINGLESS = (r"\vec", r"\underline")  # accents that say no more than that a symbol is a vector
INDICES = frozenset("ijklmnpqrsabcduv") | {
    r"\alpha", r"\beta", r"\gamma", r"\mu", r"\nu", r"\kappa", r"\lambda", r"\rho",
}  # fmt: skip
_OTHER_STEPS = frozenset("ijklmnpqrsuv") | {r"\tau"}  # may be steps beside t
_STEP_LETTERS = ("t", r"\tau")  # are steps where nothing else says so
_ONE = Number(Fraction(1))

Sides = tuple[Node | Unreadable, Node | Unreadable]


class Letters:
    """What the letters of a document seem to be, from its equations and what its prose states (x ∈ ℝ^n).

    Attributes:
        place, letters, last: where steps stand, and with which letters
        certain: whether a letter with an offset, or in brackets, shows that there are steps and where they stand
        labels: the letters that stand as indices, and are one of so many numbers
        exponents: the letters that are numbers, and stand above others as such
        sizes: the letters that are sizes
        indices: the letters that are certainly indices
        bounds: of each equation, the letter of the size that each Σ runs to, by the letter that it binds
    """

    def __init__(self, equations: Sequence[Sides], statements: Sequence[Relation]) -> None:
        self._notation = Notation(Glossary({}, (), (), (), ignored=MEANINGLESS))
        self._spell = self._notation.spell
        sides = [side for pair in equations for side in pair if not isinstance(side, Unreadable)]
        self.labels = list_labels(sides, statements)
        self.exponents = self._find_exponents(equations, statements)
        self._sides = [(self._list_mentions(left), self._list_mentions(right)) for left, right in equations]
        self._all = [one for left, right in self._sides for one in (*left, *right)]
        self._bases = {one.base for one in self._all}
        self._bigs = [[*list_bigs(left), *list_bigs(right)] for left, right in equations]
        self._compared = [letter for side in sides for letter in list_compared(side)]
        self.bounds = [list_bounds(bigs, self._spell) for bigs in self._bigs]
        self._find_steps()
        self._timed = {one.base for one in self._all if self._bears_step(one.symbol)}
        self._find_sizes_and_indices(statements)
        self._find_other_steps()
        self._balanced = self._find_balanced()
        scripts = [(one.base, self._cut_step(one.symbol)[1]) for one in self._all]
        self._indexed = {base for base, items in scripts if any(map(self._is_index, items))}
        whole = {(base, len(items)) for base, items in scripts if items and all(map(self._is_index, items))}
        entries = [set(map(self._spell, items)) for base, items in scripts if (base, len(items)) in whole]
        self.indices |= set[str]().union(*(one for one in entries if one <= INDICES - self._bases))  # S_{lk} of S_{ij}

    def _list_mentions(self, side: Node | Unreadable) -> list[Mention]:
        found = list(walk_symbols(side))
        if not isinstance(side, Unreadable):
            found += [(one, None) for one in list_exponents(side) if one.name in self.exponents]
            scripts = (one for node in nodes(side, scripts=True) for one in list_parts(node, scripts=True))
            found += [(one, None) for one in scripts if isinstance(one, Symbol) and one.name in self.labels]
        return [Mention(one, self._notation.strip_accents(one.name), behind) for one, behind in found]

    def _find_exponents(self, equations: Sequence[Sides], statements: Sequence[Relation]) -> frozenset[str]:
        """Find the letters that are exponents, as in x^γ: numbers elsewhere, and no step on the left of an equation."""
        sides = [side for pair in equations for side in pair if not isinstance(side, Unreadable)]
        numbers = {symbol.name for side in sides for symbol, _ in walk_symbols(side) if is_bare(symbol)}
        numbers |= {one.name for side in sides for one in list_exponents(side, brackets=True) if is_bare(one)}
        numbers |= {one.left.name for one in statements if is_bare(one.left) and isinstance(one.right, Number)}
        subjects = [left for left, _ in equations if isinstance(left, Symbol)]
        steps = {symbol.name for one in subjects for item in one.above for symbol in list_symbols(item)}
        found = {symbol.name for side in sides for symbol in list_exponents(side) if is_bare(symbol)}
        return frozenset((found & numbers) - steps - {"T", *_STEP_LETTERS})

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
                if anchor is not None and not (place == "superscript" and anchor.name in self.exponents):
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
            if stated.sign in (r"\le", ENTRIES) and self._spell_letters([stated.left]):
                (last if self._spell(stated.left) in steps else sizes).extend(self._spell_letters([stated.right]))
            elif stated.sign == r"\in" and written(stated.left) in self.labels:
                sizes += self._spell_letters([self.labels[written(stated.left)]])
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
        self.indices = frozenset(indices - self.labels.keys())

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
        if isinstance(item, Symbol) and item.name in self.labels:
            return True
        if not isinstance(item, Symbol) or item.above:
            return False
        letter = self._spell(item)
        if letter in self.indices or letter == SLICE:
            return True
        return letter in INDICES and letter not in self._bases and letter in self._balanced
