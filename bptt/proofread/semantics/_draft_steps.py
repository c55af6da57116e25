"""Which letters of a document without a glossary are steps, sizes and indices, by where they stand."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from bptt.proofread.semantics._glossary import Glossary, GlossaryError
from bptt.proofread.semantics._latex import parse_symbol
from bptt.proofread.semantics._notation import Notation, is_transpose, parse_exponent
from bptt.proofread.semantics._symbols import Name
from bptt.proofread.syntax import Unreadable
from bptt.proofread.syntax.tree import (
    Big,
    Bracket,
    Node,
    Number,
    Product,
    Relation,
    Sum,
    Symbol,
    list_parts,
    nodes,
    strip_brackets,
    written,
)

MEANINGLESS = (r"\vec", r"\underline")  # accents that say no more than that a symbol is a vector
_OTHER_STEPS = frozenset("ijklmnpqrsuv") | {r"\tau"}  # may be steps beside t
STEP_LETTERS = ("t", r"\tau")  # are steps where nothing else says so

Sides = tuple[Node | Unreadable, Node | Unreadable]


class Occurrence(NamedTuple):
    """A symbol on the page: the name that it seems to have, its number of indices, and whether it bears a step.

    `shifted` if that is t − 1 or t + 1.
    """

    name: Name
    indices: int
    timed: bool
    shifted: bool
    symbol: Symbol


@dataclass
class Signs:
    """What the signs of a document seem to be.

    Attributes:
        place, letters, last: where steps stand, and with which letters
        certain: whether a letter with an offset, or in brackets, shows that there are steps
        sizes: the letters that are sizes
        indices: the letters that are certainly indices
        shapes: what the document says of the shape of a name: ∈ ℝ^{n×d}; "" for a size without a letter
        symmetric: the names of covariances
        occurrences: of each equation, all symbols
        functions: the names that stand only before a bracket
        subjects: of each equation, the name that it is about
    """

    place: str = "superscript"
    letters: tuple[str, ...] = ()
    last: tuple[str, ...] = ()
    certain: bool = False
    sizes: tuple[str, ...] = ()
    indices: frozenset[str] = frozenset()
    shapes: dict[Name, tuple[str, ...]] = field(default_factory=dict)
    symmetric: set[Name] = field(default_factory=set)
    occurrences: list[list[Occurrence]] = field(default_factory=list)
    functions: frozenset[str] = frozenset()
    subjects: list[Name | None] = field(default_factory=list)


def walk_symbols(node: Node | Unreadable) -> Iterator[tuple[Symbol, Node | None]]:
    """List the symbols of a formula, but for scripts and limits, each with what stands alone in a bracket behind it."""
    if isinstance(node, Unreadable):
        return
    stack: list[tuple[Node, Node | None]] = [(node, None)]
    while stack:
        found, behind = stack.pop()
        if isinstance(found, Symbol):
            yield found, behind
            stack += [(item, None) for item in found.above if found.name == "e"]
        elif isinstance(found, Product):
            for n, factor in enumerate(found.factors):
                after = found.factors[n + 1] if n < len(found.operators) and found.operators[n] == "" else None
                alone = isinstance(after, Bracket) and len(after.entries) == 1 and after.kind in ("(", "[")
                stack.append((factor, after.entries[0] if alone and isinstance(after, Bracket) else None))
        elif not isinstance(found, Big):
            stack += [(part, None) for part in list_parts(found)]


def list_bounds(sides: Sides) -> Mapping[str, str]:
    """Return the letter of the size that each Σ of an equation runs to, by the letter that it binds; of two, none."""
    notation, found = make_notation(), dict[str, set[str]]()
    for big in _list_bigs(sides):
        for one in big.below:
            if isinstance(one, Relation) and one.sign == "=" and isinstance(one.left, Symbol):
                above = [item for item in map(strip_brackets, big.above) if isinstance(item, Symbol)]
                found.setdefault(notation.spell(one.left), set()).update(map(notation.spell, above))
    return {letter: next(iter(sizes)) for letter, sizes in found.items() if len(sizes) == 1}


def _list_bigs(sides: Sides) -> list[Big]:
    return [node for side in sides if not isinstance(side, Unreadable) for node in nodes(side) if isinstance(node, Big)]


def make_notation() -> Notation:
    return Notation(Glossary({}, (), (), (), ignored=MEANINGLESS))


def get_anchor(item: Node) -> Symbol | None:
    """Return the t of t − 1 or t + 1; None for what has no offset."""
    item = strip_brackets(item)
    if isinstance(item, Sum) and len(item.terms) == 2:
        letters = [term for term in item.terms if isinstance(term, Symbol)]
        others = [term for term in item.terms if not isinstance(term, Symbol)]
        if len(letters) == 1 and parse_exponent(others[0]) is not None and not (letters[0].below or letters[0].above):
            return letters[0]
    return None


class StepSurvey:
    """A pass over all symbols of a document, for steps, sizes and indices."""

    def __init__(self, equations: Sequence[Sides], statements: Sequence[Relation]) -> None:
        self.equations = equations
        self.statements = statements
        self.notation = make_notation()
        self.spell = self.notation.spell
        self.found = [[pair for side in sides for pair in walk_symbols(side)] for sides in equations]
        self.all = [pair for found in self.found for pair in found]
        self.bases = {self.notation.strip_accents(symbol.name) for symbol, _ in self.all}
        self.signs = Signs()
        self.timed: set[str] = set()

    def find_steps(self) -> None:
        """Find the letters that have offsets, and where they stand most."""
        offsets: Counter[tuple[str, str]] = Counter()
        for symbol, behind in self.all:
            scripts = [("subscript", item) for item in symbol.below] + [("superscript", item) for item in symbol.above]
            for place, item in scripts:
                anchor, inner = get_anchor(item), strip_brackets(item)
                if anchor is not None:
                    offsets[place, self.spell(anchor)] += 1
                elif place == "superscript" and inner is not item and isinstance(inner, Symbol):
                    offsets[place, self.spell(inner)] += 1  # a^{(l)}
            if behind is not None and (anchor := get_anchor(behind)) is not None:
                offsets["bracket", self.spell(anchor)] += 1
        plain = Counter(
            (place, self.spell(item))
            for symbol, _ in self.all
            for place, items in (("subscript", symbol.below), ("superscript", symbol.above))
            for item in items
            if isinstance(item, Symbol) and self.spell(item) in STEP_LETTERS
        )
        self.signs.certain = bool(offsets)
        later = {self.spell(item) for symbol, _ in self.all for item in symbol.below[1:]}
        offsets = offsets or Counter({one: n for one, n in plain.items() if one[1] not in self.bases | later})
        places = Counter({place: sum(n for (at, _), n in offsets.items() if at == place) for place, _ in offsets})
        if places:
            place = max(sorted(places), key=lambda one: places[one])
            self.signs.letters = tuple(dict.fromkeys(letter for at, letter in offsets if at == place))
            self.signs.place = "superscript" if place == "bracket" else place

    def find_sizes_and_indices(self) -> None:
        steps, sizes, last, indices = set(self.signs.letters), list[str](), list[str](), set[str]()
        for sides in self.equations:
            for big in _list_bigs(sides):
                letters = {self.spell(node) for one in big.below for node in nodes(one) if isinstance(node, Symbol)}
                above = [self.spell(one) for one in map(strip_brackets, big.above) if isinstance(one, Symbol)]
                if letters & steps:
                    last += [one for one in above if one not in steps]
                else:
                    indices |= {one for one in letters if one not in steps} - set(above)
                    sizes += [one for one in above if one not in steps]
            for side in sides:
                for symbol, _ in walk_symbols(side):
                    if symbol.name in (r"\delta", r"\mathbb{1}") and len(symbol.below) == 2 and not symbol.above:
                        indices |= {self.spell(item) for item in symbol.below if isinstance(item, Symbol)} - steps
        for stated in self.statements:
            if stated.sign == r"\in":
                sizes += [one for one in list_sizes(self.spell, stated.right) if one]
        positions = (self.notation.strip_accents(symbol.name) for symbol, _ in self.all if self.bears_step(symbol))
        timed = set(positions)
        if steps and not last:
            for symbol, _ in self.all:
                scripts = symbol.below[:1] if self.signs.place == "subscript" else symbol.above
                if self.notation.strip_accents(symbol.name) in timed:
                    last += [
                        self.spell(item)
                        for item in map(strip_brackets, scripts)
                        if isinstance(item, Symbol) and len(item.name) == 1 and item.name.isupper()
                    ]
        if self.signs.place == "superscript" and not any(
            symbol.above and symbol.above[-1] == Symbol(r"\top") for symbol, _ in self.all
        ):
            last = [one for one in last if one != "T"] or last[:0]
        last, sizes = ([one for one in dict.fromkeys(found) if self._can_write(one)] for found in (last, sizes))
        self.signs.last = tuple(last) or (("T",) if steps and self.signs.place == "subscript" else ())
        self.signs.sizes = tuple(one for one in sizes if one not in self.signs.last)
        self.signs.indices = frozenset(indices)

    def _can_write(self, letter: str) -> bool:
        """Whether a glossary can have a letter: n_{xy}, spelled n_xy, is read as another."""
        try:
            return self.spell(parse_symbol(letter, "")) == letter
        except GlossaryError:
            return False

    def bears_step(self, symbol: Symbol) -> bool:
        scripts = symbol.below if self.signs.place == "subscript" else symbol.above
        return any(self.is_step(item) for item in scripts)

    def is_step(self, item: Node) -> bool:
        anchor = get_anchor(item) or strip_brackets(item)
        return isinstance(anchor, Symbol) and self.spell(anchor) in self.signs.letters

    def find_other_steps(self) -> None:
        """Find the letters that stand where steps do, and nowhere else: the k of ∂h_t/∂h_k."""
        self.timed = timed = {
            self.notation.strip_accents(symbol.name) for symbol, _ in self.all if self.bears_step(symbol)
        }
        here, elsewhere = Counter[str](), set[str]()
        for symbol, _ in self.all:
            below, above = [item for item in symbol.below if not written(item).startswith("|")], list(symbol.above)
            scripts = below if self.signs.place == "subscript" else above
            if self.notation.strip_accents(symbol.name) in timed and scripts and isinstance(scripts[0], Symbol):
                first = scripts.pop(0)
                here[self.spell(first)] += not is_transpose(first)
            elsewhere |= {self.spell(item) for item in (*below, *above) if isinstance(item, Symbol)}
        sized = {
            letter
            for sides in self.equations
            for letter, size in list_bounds(sides).items()
            if size in self.signs.sizes
        }
        others = [
            letter
            for letter, n in here.items()
            if n and letter in _OTHER_STEPS and letter not in {*elsewhere, *sized, *self.bases, *self.signs.letters}
        ]
        self.signs.letters += tuple(others)
        self.signs.indices -= set(others)

    def cut_step(self, symbol: Symbol) -> tuple[bool, list[Node]]:
        """Take the step off the scripts below a symbol; return whether there is one, and the rest."""
        rest = [item for item in symbol.below if not written(item).startswith("|")]  # x_{k|k-1} is one of x_k
        if self.signs.place == "subscript" and rest:
            fixed = isinstance(rest[0], Number) or self.spell(get_anchor(rest[0]) or rest[0]) in self.signs.last
            if self.is_step(rest[0]) or (fixed and self.notation.strip_accents(symbol.name) in self.timed):
                return True, rest[1:]
        timed = [item for item in rest if self.is_step(item)]
        return bool(timed), [item for item in rest if item not in timed]


def list_sizes(spell: Callable[[Node], str], right: Node) -> tuple[str, ...]:
    """List the sizes of ℝ^{n×d}, "" for one that is no letter; none for ℝ."""
    if not isinstance(right, Symbol) or right.name not in (r"\mathbb{R}", r"\R", r"\Re", "ℝ", r"\mathbf{R}"):
        return ()
    items: Iterable[Node] = right.above
    if len(right.above) == 1 and isinstance(right.above[0], Product):
        items = right.above[0].factors
    return tuple(spell(item) if isinstance(item, Symbol) else "" for item in items)
