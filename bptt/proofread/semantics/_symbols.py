"""Which quantity a symbol on the page is: one of the glossary, or one that the document has brought in."""

from typing import NamedTuple

from bptt.proofread._expressions import Quantity, Range
from bptt.proofread.semantics._glossary import Glossary
from bptt.proofread.semantics._latex import parse_symbol
from bptt.proofread.semantics._notation import Notation, Scripts
from bptt.proofread.syntax import Symbol, Unreadable


class Reference(NamedTuple):
    """A symbol of the page: its quantity, and what its scripts say of it."""

    quantity: Quantity
    scripts: Scripts


class Name(NamedTuple):
    """A symbol without its indices and step: the base, and the scripts that are part of the name."""

    base: str
    below: tuple[str, ...]
    above: tuple[str, ...]

    @property
    def latex(self) -> str:
        """The name as errors show it and quantities bear it."""
        below = f"_{{{''.join(self.below)}}}" if self.below else ""
        above = f"^{{{''.join(self.above)}}}" if self.above else ""
        return self.base + below + above


class Symbols:
    """The symbols of a glossary, and those that a document introduces."""

    def __init__(self, glossary: Glossary) -> None:
        self.glossary = glossary
        self.notation = Notation(glossary)
        self.quantities: dict[Name, list[Quantity]] = {}
        self._declared: set[Quantity] = set()
        self.positive: set[str] = set()
        for declared in glossary.symbols:
            name = self._name(parse_symbol(declared.latex, f"symbols.{declared.latex}"))
            self._declared.add(self.add(name, declared.axes, declared.timed))
            if declared.positive:
                self.positive.add(name.latex)

    def add(self, name: Name, axes: tuple[Range, ...], timed: bool) -> Quantity:
        """Bring in a quantity of this name; one name may have several, of other orders."""
        quantity = Quantity(name.latex, axes, timed)
        self.quantities.setdefault(name, []).append(quantity)
        return quantity

    def remove(self, quantity: Quantity) -> None:
        """Take back what `add` brought in."""
        without = {name: [one for one in held if one is not quantity] for name, held in self.quantities.items()}
        self.quantities = {name: held for name, held in without.items() if held}

    def get_base(self, symbol: Symbol) -> str:
        """Return the name of a symbol without its scripts, accents and fonts that mean nothing."""
        return self.notation.strip_accents(symbol.name)

    def _name(self, symbol: Symbol) -> Name:
        spell = self.notation.spell
        return Name(self.get_base(symbol), tuple(map(spell, symbol.below)), tuple(map(spell, symbol.above)))

    def find_name(self, symbol: Symbol) -> Name | None:
        """Find the name that the symbol begins with: the longest."""
        whole = self._name(symbol)
        fitting = [
            name
            for name in self.quantities
            if name.base == whole.base
            and whole.below[: len(name.below)] == name.below
            and whole.above[: len(name.above)] == name.above
        ]
        return max(fitting, key=lambda name: len(name.below) + len(name.above), default=None)

    def is_known(self, symbol: Symbol) -> bool:
        """Whether the symbol has a meaning, at a step if it bears the letter of one."""
        name = self.find_name(symbol)
        if name is None:
            return False
        scripts = (*symbol.below[len(name.below) :], *symbol.above[len(name.above) :])
        indices = len(symbol.below) - len(name.below)
        fits = any(one.timed or (indices and len(one.axes) == indices) for one in self.quantities[name])
        return fits or not any(map(self.notation.bears_letter, scripts))

    def brings_in(self, symbol: Symbol) -> bool:
        """Whether a definition of the symbol brings in a quantity: also L, where the document itself brought in L_t."""
        if not self.is_known(symbol):
            return True
        quantities = self.quantities[self.find_name(symbol) or self._name(symbol)]
        if any(one in self._declared or not one.timed for one in quantities):
            return False  # what the glossary declares is not brought in again
        return self.resolve(symbol).scripts.step is None

    def resolve(self, symbol: Symbol) -> Reference:
        """Find the quantity that a symbol stands for, and read its scripts. Raises `Unreadable`."""
        name = self.find_name(symbol)
        if name is None or not self.is_known(symbol):
            raise Unreadable(f"{self._propose_name(symbol).latex} is not in the glossary", symbol.place)
        quantities = self.quantities[name]
        timed = any(quantity.timed for quantity in quantities)
        scripts = self.notation.parse_scripts(symbol, timed, len(name.below), len(name.above))
        borne = [quantity for quantity in quantities if quantity.timed == (scripts.step is not None)] or quantities
        fitting = [quantity for quantity in borne if len(quantity.axes) == len(scripts.indices)]
        if not scripts.indices and not fitting:
            fitting = borne[:1]  # a vector or a matrix without letters
        if not fitting:
            expected = " or ".join(str(len(quantity.axes)) for quantity in quantities)
            raise Unreadable(f"{name.latex} has {expected} indices, got {len(scripts.indices)}", symbol.place)
        return Reference(fitting[0], scripts)

    def _propose_name(self, symbol: Symbol) -> Name:
        """Name a symbol that is not known: its scripts belong to the name where they are words."""
        words = filter(self.notation.is_word, symbol.above)
        return Name(self.get_base(symbol), (), tuple(map(self.notation.spell, words)))

    def introduce(self, symbol: Symbol) -> tuple[Name, Scripts]:
        """Name a symbol that the document defines, and read its scripts. Raises `Unreadable`."""
        name = self._propose_name(symbol)
        above = tuple(item for item in symbol.above if self.notation.spell(item) not in name.above)
        rest = Symbol(symbol.name, symbol.below, above, place=symbol.place)
        return name, self.notation.parse_scripts(rest, timed=True)
