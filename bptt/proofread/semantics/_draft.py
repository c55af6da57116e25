"""A first glossary for a document that has none: what its symbols seem to be, with a line of doubt for each guess."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from bptt.proofread._expressions import Quantity
from bptt.proofread.semantics._draft_orders import ANY, Orders, Reader, Reading, choose_orders, list_defaults
from bptt.proofread.semantics._draft_ranges import AxisRanges, get_axes, unify
from bptt.proofread.semantics._draft_signs import MEANINGLESS, Sides, Signs, find_signs, list_bounds, spell_name
from bptt.proofread.semantics._glossary import Glossary
from bptt.proofread.semantics._symbols import Name
from bptt.proofread.syntax.tree import Relation

_SIZES = frozenset("NMDnmd")  # letters that are sizes more often than anything else


class Draft(NamedTuple):
    """A glossary as TOML, and names in it by how well their number of axes is known.

    Attributes:
        stated: the document says their shape
        counted: it says their shape, or shows their indices
        unusual: guessed against habit: that a lowercase letter is a matrix, say
        bare: they may be sizes, though no Σ runs to them, as the N of 1/N
    """

    toml: str
    stated: frozenset[str]
    counted: frozenset[str]
    unusual: frozenset[str]
    bare: frozenset[str]


def blur(glossary: Glossary) -> Glossary:
    """Make a glossary in which all sizes are the same: what is wrong by it is wrong whatever the sizes are."""
    letters = tuple(letter for held in glossary.sizes.values() for letter in held)
    symbols = tuple(
        one._replace(axes=tuple((ANY,) * len(axis) for axis in one.axes), properties=frozenset())
        for one in glossary.symbols
    )
    return glossary._replace(sizes={ANY: letters} if letters else {}, symbols=symbols)


def draft(equations: Sequence[Sides], statements: Sequence[Relation], read: Reader) -> Draft:
    """Draft a glossary.

    Args:
        equations: the sides of each equation of the document, as far as they can be parsed
        statements: the relations that its prose and its displays state
        read: reads the document under a glossary
    """
    signs = find_signs(equations, statements)
    chosen, reading = choose_orders(signs, read)
    claims = [
        (n, ways, list_bounds(sides)) for n, (ways, sides) in enumerate(zip(reading.ways, equations, strict=True))
    ]
    ranges, conflicts = unify(reading.vocabulary, claims, dict(_list_shapes(reading, signs)))
    return _Writer(signs, chosen, reading, ranges, len(conflicts)).write()


def _list_shapes(reading: Reading, signs: Signs) -> Iterator[tuple[Quantity, tuple[str, ...]]]:
    """List what the document says of the sizes of the quantities that it has."""
    for name, quantities in reading.vocabulary.symbols.quantities.items():
        for quantity in quantities:
            if len(signs.shapes.get(name, ())) == len(quantity.axes):
                yield quantity, signs.shapes.get(name, ())


class _Writer:
    """Names the ranges, and writes TOML."""

    def __init__(self, signs: Signs, chosen: Orders, reading: Reading, ranges: AxisRanges, conflicts: int) -> None:
        self.signs = signs
        self.chosen = chosen
        self.reading = reading
        self.ranges = ranges
        self.conflicts = conflicts
        self.letters: dict[tuple[str, ...], tuple[str, str]] = {}  # the name and the letter of each range
        self.used = {spell_name(one.name) for found in signs.occurrences for one in found}

    def write(self) -> Draft:
        """Write the glossary."""
        symbols = [self._write_symbol(name, order) for name, order in self.chosen.orders.items()]
        for letter in self.signs.sizes:
            self._name_range(("size", letter))
        lines = ["# A first glossary, drafted from the document. Every line of doubt is worth a look.", ""]
        lines += [f"# doubt: {one}" for one in self._list_doubts()]
        defaults = list_defaults(self.signs)
        if defaults:
            lines += [f"defaults = [{', '.join(map(_quote, defaults))}]"]
        lines += ["", "[sizes]", *(f"{_key(name)} = {_quote(letter)}" for name, letter in self.letters.values())]
        lines += [
            "",
            "[time]",
            f'place = "{self.signs.place}"',
            f"letters = [{', '.join(map(_quote, self.signs.letters))}]",
        ]
        lines += [f"last = [{', '.join(map(_quote, self.signs.last))}]"]
        lines += [
            "",
            "[notation]",
            f"ignore = [{', '.join(map(_quote, MEANINGLESS))}]",
            f'vectors = "{self.chosen.vectors}"',
        ]
        lines += ["", "[symbols]", *symbols]
        return Draft("\n".join(lines) + "\n", *map(frozenset, self._list_evident()))

    def _list_evident(self) -> tuple[list[str], list[str], list[str], list[str]]:
        stated = [name.latex for name in self.chosen.orders if name in self.signs.shapes]
        counted = [name.latex for name in self.chosen.orders if name not in self.chosen.guessed]
        scripted = {one.name.base for found in self.signs.occurrences for one in found if one.symbol.below}
        bare = [name.latex for name in self.chosen.guessed if name.base in _SIZES - scripted]
        return stated, counted, [name.latex for name in self.chosen.unusual], bare

    def _write_symbol(self, name: Name, order: int) -> str:
        quantities = self.reading.vocabulary.symbols.quantities[name]
        quantity = next(one for one in quantities if len(one.axes) == order)
        axes = " ".join(self._name_range(axis) for axis in get_axes(quantity))
        doubt = "  # doubt: its axes are guessed" if name in self.chosen.guessed else ""
        square = order == 2 and len(set(map(self.ranges.find, get_axes(quantity)))) == 1
        properties = ", symmetric = true" if square and name in self.signs.symmetric else ""
        kinds = [
            f'{{ axes = "{axes}"{", time = true" * timed}{properties} }}' if timed or properties else f'"{axes}"'
            for timed in self.chosen.list_kinds(name)
        ]
        described = kinds[0] if len(kinds) == 1 else f"[{', '.join(kinds)}]"
        return f"{_key(spell_name(name))} = {described}{doubt}"

    def _name_range(self, node: tuple[str, ...]) -> str:
        parts = self.ranges.get_parts(node)
        if parts:
            return "+".join(map(self._name_range, parts))
        root = self.ranges.find(node)
        if root not in self.letters:
            known = (self.ranges.get_letters(node) or {one[1] for one in (root,) if one[0] == "size"}) & {
                *self.signs.sizes
            }
            number = len(self.letters) + 1
            letter = min(known) if known else self._make_letter(number)
            name = re.sub(r"[^A-Za-z0-9_]", "", letter) if known else ""
            taken = {one for one, _ in self.letters.values()}
            self.letters[root] = (name if name and name not in taken else f"range_{number}", letter)
        return self.letters[root][0]

    def _make_letter(self, number: int) -> str:
        """Make a letter that the document does not have."""
        return next(letter for base in "NMKPQS" if (letter := f"{base}_{{{number}}}") not in self.used)

    def _list_doubts(self) -> Iterator[str]:
        if self.signs.letters and not self.signs.certain:
            yield f"that {', '.join(self.signs.letters)} are steps: no offset such as t - 1 says so"
        if self.chosen.vectors == "rows":
            yield "that vectors are rows: more equations can be read so"
        unread = len(self.reading.ways) - self.reading.number
        if unread:
            yield f"{unread} of {len(self.reading.ways)} equations cannot be read with it"
        if self.conflicts:
            yield f"{self.conflicts} equations have a meaning only if two sizes are the same"


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _quote(name)


def _quote(text: str) -> str:
    return f"'{text}'" if "'" not in text else json.dumps(text, ensure_ascii=False)
