"""A first glossary for a document that has none: what its symbols seem to be, with a line of doubt for each guess."""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from bptt.proofread._expressions import Quantity
from bptt.proofread.semantics._draft_letters import MEANINGLESS
from bptt.proofread.semantics._draft_orders import ANY, Orders, Reader, Reading, choose_orders, list_defaults
from bptt.proofread.semantics._draft_page import spell_name
from bptt.proofread.semantics._draft_ranges import AxisRanges, get_axes, unify
from bptt.proofread.semantics._draft_signs import Signs
from bptt.proofread.semantics._glossary import Glossary
from bptt.proofread.semantics._symbols import Name


class Draft(NamedTuple):
    """A glossary as TOML, and names in it by how well their number of axes is known.

    Attributes:
        stated: the document says their shape
        counted: it says their shape, or shows their indices
        unusual: guessed against habit: that a lowercase letter is a matrix, say
        plain: guessed to be vectors, though they stand nowhere transposed or with an index
    """

    toml: str
    stated: frozenset[str]
    counted: frozenset[str]
    unusual: frozenset[str]
    plain: frozenset[str]


def blur(glossary: Glossary) -> Glossary:
    """Make a glossary in which all sizes are the same: what is wrong by it is wrong whatever the sizes are."""
    letters = tuple(letter for held in glossary.sizes.values() for letter in held)
    symbols = tuple(
        one._replace(axes=tuple((ANY,) * len(axis) for axis in one.axes), properties=one.properties & {"one-hot"})
        for one in glossary.symbols
    )
    return glossary._replace(sizes={ANY: letters} if letters else {}, symbols=symbols)


def make_numbers(glossary: Glossary, names: Collection[str]) -> Glossary:
    """Make a glossary in which these symbols are numbers."""
    symbols = tuple(one._replace(axes=()) if one.latex in names else one for one in glossary.symbols)
    return glossary._replace(symbols=symbols)


def turn(glossary: Glossary) -> Glossary:
    """Make a glossary in which vectors stand the other way."""
    return glossary._replace(vectors="rows" if glossary.vectors == "columns" else "columns")


def draft(signs: Signs, read: Reader) -> Draft:
    """Draft a glossary from the signs of a document. `read` reads the document under a glossary."""
    chosen, reading = choose_orders(signs, read)
    shapes = {
        quantity: signs.shapes[name]
        for name, quantities in reading.vocabulary.symbols.quantities.items()
        for quantity in quantities
        if len(signs.shapes.get(name, ())) == len(quantity.axes) > 0
    }
    square = [one for name in signs.square for one in reading.vocabulary.symbols.quantities.get(name, ())]
    claims = [one.claims for one in reading.ways]
    ranges, conflicts = unify(reading.vocabulary, list(zip(claims, signs.bounds, strict=True)), shapes, square)
    writer = _Writer(signs, chosen, reading, ranges)
    toml = writer.write(list(_list_doubts(signs, chosen, reading, conflicts)))
    return Draft(toml, **writer.list_evident())


def _list_doubts(signs: Signs, chosen: Orders, reading: Reading, conflicts: int) -> Iterator[str]:
    if signs.letters and not signs.certain:
        yield f"that {', '.join(signs.letters)} are steps: no offset such as t - 1 says so"
    if chosen.vectors == "rows":
        yield "that vectors are rows: more equations can be read so"
    unread = len(reading.ways) - reading.number
    if unread:
        yield f"{unread} of {len(reading.ways)} equations cannot be read with it"
    if conflicts:
        yield f"{conflicts} equations have a meaning only if two sizes are the same"


class _Writer:
    """Names the ranges, and writes TOML."""

    def __init__(self, signs: Signs, chosen: Orders, reading: Reading, ranges: AxisRanges) -> None:
        self.signs = signs
        self.chosen = chosen
        self.reading = reading
        self.ranges = ranges
        self.letters: dict[tuple[str, ...], tuple[str, str]] = {}  # the name and the letter of each range
        self.used = {spell_name(one.name) for found in signs.occurrences for one in found}

    def write(self, doubts: Sequence[str]) -> str:
        """Write the glossary."""
        signs = self.signs
        held = self.reading.vocabulary.symbols.quantities
        symbols = [
            self._write_symbol(name, next(one for one in held[name] if len(one.axes) == order))
            for name, order in self.chosen.orders.items()
            if any(len(one.axes) == order for one in held[name])  # else the document made it a number for each letter
        ]
        for letter in signs.sizes:
            self._name_range(("size", letter))
        defaults = list_defaults(signs)
        lines = [
            "# A first glossary, drafted from the document. Every line of doubt is worth a look.",
            "",
            *(f"# doubt: {one}" for one in doubts),
            *([f"defaults = {_list(defaults)}"] if defaults else []),
            "",
            "[sizes]",
            *(f"{_key(name)} = {_quote(letter)}" for name, letter in self.letters.values()),
            "",
            "[time]",
            f'place = "{signs.place}"',
            f"letters = {_list(signs.letters)}",
            f"last = {_list(signs.last)}",
            "",
            "[notation]",
            f"ignore = {_list(MEANINGLESS)}",
            f'vectors = "{self.chosen.vectors}"',
            "",
            "[symbols]",
            *symbols,
        ]
        return "\n".join(lines) + "\n"

    def list_evident(self) -> Mapping[str, frozenset[str]]:
        """List the names by how well their number of axes is known, as in `Draft`."""
        chosen, signs = self.chosen, self.signs
        transposed = {one.name for found in signs.occurrences for one in found if one.transposed}
        known: Mapping[str, Iterable[Name]] = {
            "stated": chosen.orders.keys() & signs.shapes,
            "counted": chosen.orders.keys() - chosen.guessed,
            "unusual": chosen.unusual,
            "plain": [name for name in chosen.guessed - transposed if chosen.orders.get(name) == 1],
        }
        return {how: frozenset(name.latex for name in names) for how, names in known.items()}

    def _write_symbol(self, name: Name, quantity: Quantity) -> str:
        nodes = get_axes(quantity)
        axes = " ".join(map(self._name_range, nodes))
        doubt = "  # doubt: its axes are guessed" if name in self.chosen.guessed else ""
        square = len(nodes) == 2 and len(set(map(self.ranges.find, nodes))) == 1
        properties = ", symmetric = true" if square and name in self.signs.symmetric else ""
        properties += ", one-hot = true" if nodes and name.base in self.signs.labels else ""
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
            self.letters[root] = self._make_name(root)
        return self.letters[root][0]

    def _make_name(self, root: tuple[str, ...]) -> tuple[str, str]:
        """Name a range by the letter of its size, or by a letter that the document does not have."""
        number = len(self.letters) + 1
        if root[0] == "size" and root[1] in self.signs.sizes:
            name = re.sub(r"[^A-Za-z0-9_]", "", root[1])
            taken = {one for one, _ in self.letters.values()}
            return (name if name and name not in taken else f"range_{number}"), root[1]
        made = (f"{base}_{{{number}}}" for base in "NMKPQS")
        return f"range_{number}", next(letter for letter in made if letter not in self.used)


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _quote(name)


def _list(texts: Sequence[str]) -> str:
    return f"[{', '.join(map(_quote, texts))}]"


def _quote(text: str) -> str:
    return f"'{text}'" if "'" not in text else json.dumps(text, ensure_ascii=False)
