"""Which quantity a symbol on the page is: one of the glossary, or one that the document has brought in."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Literal, NamedTuple

from bptt.proofread._expressions import Property, Quantity, Range
from bptt.proofread.semantics._glossary import Glossary, GlossaryError
from bptt.proofread.semantics._latex import parse_symbol
from bptt.proofread.semantics._notation import Notation, Scripts
from bptt.proofread.syntax.tree import Bracket, Node, Number, Symbol, Unreadable, strip_brackets, written

Stand = Literal["column", "row", "either"]  # how a vector stands; either, where a convention decides


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
    """The symbols of a glossary, and those that a document introduces.

    Attributes:
        declared: the quantities of the glossary
        data: those of them that are given numbers, which depend on nothing
        properties: what the glossary, or the document, says of the values of quantities
        families: the letters that number quantities which were defined without: J = u_o·v_c is one for each o and c
        stepped, indexed: the letters that bear the letter of a step, or of an index, somewhere in the document
        totals: the names of which one without an index is made of others with one, as L = Σ L_i
        plain: the names of which an equation is about more than the square
        either: the quantities that were defined by a derivative, which may stand as rows or as columns
        lost: the lines of what the document defines without steps by what cannot be used, though it has one with steps
    """

    def __init__(self, glossary: Glossary) -> None:
        self.glossary = glossary
        self._is_turned = False
        self._larger = ""
        self.notation = Notation(glossary)
        self.quantities: dict[Name, list[Quantity]] = {}
        self.declared: set[Quantity] = set()
        self.data: set[Quantity] = set()
        self.properties: dict[Quantity, frozenset[Property]] = {}
        self.families: dict[Quantity, tuple[str, ...]] = {}
        self.plain: set[str] = set()
        self.totals: set[str] = set()
        self.stepped: set[str] = set()
        self.indexed: set[str] = set()
        self.either: set[Quantity] = set()
        self.lost: dict[str, int] = {}
        for one in glossary.symbols:
            symbol = parse_symbol(one.latex, f"symbols.{one.latex}")
            scripts = (*symbol.below, *symbol.above)
            if one.timed and any(map(self.notation.bears_letter, scripts)):
                raise GlossaryError(f"symbols.{one.latex}: it has steps, so its name must not have the letter of one")
            quantity = self.add(self._name(symbol), one.axes, one.timed)
            self.declared.add(quantity)
            self.data |= {quantity} if one.data else set()
            if one.properties:
                self.properties[quantity] = one.properties

    @property
    def default_stand(self) -> Stand:
        """How a vector stands that nothing is said of."""
        return "row" if (self.glossary.vectors == "rows") != self._is_turned else "column"

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Take vectors for rows where the glossary has columns, and the reverse."""
        self._is_turned = not self._is_turned
        try:
            yield
        finally:
            self._is_turned = not self._is_turned

    @contextmanager
    def take_larger(self, base: str) -> Iterator[None]:
        """Take a name without indices for the quantity of most axes that bears it."""
        outer, self._larger = self._larger, base
        try:
            yield
        finally:
            self._larger = outer

    def get_stand(self, quantity: Quantity) -> Stand:
        """Return how a vector stands."""
        return "either" if quantity in self.either else self.default_stand

    def add(self, name: Name, axes: tuple[Range, ...], timed: bool) -> Quantity:
        """Bring in a quantity of this name; one name may have several, of other orders."""
        quantity = Quantity(name.latex, axes, timed)
        self.quantities.setdefault(name, []).append(quantity)
        return quantity

    def _is_of_another_order(self, symbol: Symbol, name: Name) -> bool:
        """Whether L is brought in beside L_i, or L_i beside L: a sum and its terms, or a part of the whole."""
        known = self.quantities.get(name, [])
        if name.below or name.above or name.base not in self.totals:
            return False
        return not any(one in self.declared or one.timed or len(one.axes) == len(symbol.below) for one in known)

    def note_scripts(self, symbol: Symbol) -> None:
        """Take note of what stands below and above a symbol somewhere in the document."""
        base = self.get_base(symbol)
        if symbol.below and written(symbol.below[0]).startswith("|"):
            self._add_seen(symbol)
        scripts = [strip_brackets(item) for item in (*symbol.below, *symbol.above)]
        if any(map(self.notation.bears_letter, scripts)):
            self.stepped.add(base)
        if any(
            isinstance(item, Symbol) and len(item.name) == 1 and not self.notation.is_step_letter(item.name)
            for item in symbol.below
        ):
            self.indexed.add(base)

    def _add_seen(self, symbol: Symbol) -> None:
        """Bring in x_{k|k−1}, a quantity of its own, with the axes of x_k."""
        plain = self.find_name(Symbol(symbol.name))
        seen = Name(self.get_base(symbol), (written(symbol.below[0]),), ())
        if plain is not None and seen not in self.quantities:
            for one in self.quantities[plain]:
                if one.timed:
                    made = self.add(seen, one.axes, True)
                    self.declared.add(made)
                    self.properties[made] = self.properties.get(one, frozenset())

    def note_subject(self, symbol: Symbol) -> None:
        """Take note of a symbol that an equation is about, so that σ² is a power where σ is defined."""
        above = [self.notation.spell(item) for item in symbol.above]
        if "2" not in above:
            self.plain.add(self._propose_name(symbol).latex)

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
        base, below, above = self._name(symbol)
        beginnings = [above[:n] for n in range(len(above) + 1)] + ([("2",)] if "2" in above else [])
        names = (Name(base, below[:n], beginning) for n in range(len(below) + 1) for beginning in beginnings)
        fitting = (name for name in names if name in self.quantities)
        return max(fitting, key=lambda name: len(name.below) + len(name.above), default=None)

    def _is_known(self, symbol: Symbol, name: Name) -> bool:
        """Whether a symbol that begins with this name has a meaning, at a step if it bears the letter of one."""
        if self._is_squared(symbol, name):
            return True
        scripts = (*symbol.below[len(name.below) :], *symbol.above[len(name.above) :])
        indices = len(symbol.below) - len(name.below)
        fits = any(one.timed or (indices and len(one.axes) == indices) for one in self.quantities[name])
        return fits or not any(map(self.notation.bears_letter, scripts))

    def _is_squared(self, symbol: Symbol, name: Name) -> bool:
        """Whether nothing but a 2 stands beside the name of a symbol that has no steps above."""
        rest = [self.notation.spell(item) for item in symbol.above[len(name.above) :]]
        timed = any(one.timed for one in self.quantities[name])
        return rest == ["2"] and len(symbol.below) == len(name.below) and (self.notation.time_below or not timed)

    def brings_in(self, symbol: Symbol) -> bool:
        """Whether a definition of the symbol brings in a quantity: also L, where the document itself brought in L_t."""
        name = self.find_name(symbol)
        if name is None or not self._is_known(symbol, name):
            return True
        quantities = self.quantities[name]
        # σ² = … says what σ² is.
        squared = name.above != ("2",) and name.latex not in self.plain and self._is_squared(symbol, name)
        if self._is_of_another_order(symbol, name) or (squared and not any(one.axes for one in quantities)):
            return True
        if any(not one.timed or (one in self.declared and name.base not in self.totals) for one in quantities):
            return False  # what the glossary declares is not brought in again, but for E = Σ E_t
        return self.resolve(symbol).scripts.step is None

    def resolve(self, symbol: Symbol) -> Reference:
        """Find the quantity that a symbol stands for, and read its scripts. Raises `Unreadable`."""
        name = self.find_name(symbol)
        if name is None or not self._is_known(symbol, name):
            raise Unreadable(f"{self._propose_name(symbol).latex} is not in the glossary", symbol.place)
        quantities = self.quantities[name]
        timed = any(quantity.timed for quantity in quantities)
        if name.above == ("2",) and symbol.above:  # σ² is a symbol of its own, wherever the 2 stands
            spelled = [self.notation.spell(item) for item in symbol.above]
            n = spelled.index("2")
            symbol = replace(symbol, above=(symbol.above[n], *symbol.above[:n], *symbol.above[n + 1 :]))
        scripts = self.notation.parse_scripts(symbol, timed, len(name.below), len(name.above))
        if scripts.step is None and name.latex in self.lost and all(quantity.timed for quantity in quantities):
            line = self.lost[name.latex]  # L beside the L_t of a step
            raise Unreadable(f"{name.latex} is defined on line {line} by what cannot be used", symbol.place)
        borne = [quantity for quantity in quantities if quantity.timed == (scripts.step is not None)] or quantities
        fitting = [quantity for quantity in borne if len(quantity.axes) == len(scripts.indices)]
        if not scripts.indices and name.base == self._larger:
            fitting = [max(borne, key=lambda quantity: len(quantity.axes))]
        if not scripts.indices and not fitting:
            fitting = borne[:1]  # a vector or a matrix without letters
        digits = str(scripts.indices[0]) if len(scripts.indices) == 1 else ""
        if not fitting and re.fullmatch(r"[1-9]{2}", digits):
            fitting = [quantity for quantity in borne if len(quantity.axes) == 2]  # w_{12}, in row 1 and column 2
            scripts = scripts._replace(indices=tuple(map(int, digits))) if fitting else scripts
        for more in (1, 2):  # axes of a vector, or a matrix, that letters number
            if not fitting and scripts.indices:
                fitting = [quantity for quantity in borne if len(quantity.axes) == len(scripts.indices) + more]
        if not fitting:
            expected = " or ".join(str(len(quantity.axes)) for quantity in quantities)
            raise Unreadable(f"{name.latex} has {expected} indices, got {len(scripts.indices)}", symbol.place)
        return Reference(fitting[0], scripts)

    def find(self, symbol: Symbol) -> Reference | None:
        """Find the quantity that a symbol stands for; None for a symbol that is not known, or cannot be read."""
        try:
            return self.resolve(symbol)
        except Unreadable:
            return None

    def get_held(self, symbol: Symbol) -> Sequence[Quantity]:
        """Return the quantities of the name that a symbol begins with."""
        name = self.find_name(symbol)
        return () if name is None else self.quantities[name]

    def is_declared(self, symbol: Symbol) -> bool:
        """Whether the glossary has a quantity of the name that a symbol begins with."""
        return any(one in self.declared for one in self.get_held(symbol))

    def _propose_name(self, symbol: Symbol) -> Name:
        """Name a symbol that is not known: its scripts belong to the name where they are words."""
        below = tuple(self.notation.spell(item) for item in symbol.below if self.notation.is_word(item))
        words = filter(self.notation.is_word, symbol.above)
        return Name(self.get_base(symbol), below, tuple(map(self.notation.spell, words)))

    def introduce(self, symbol: Symbol) -> tuple[Name, Scripts]:
        """Name a symbol that the document defines, and read its scripts. Raises `Unreadable`.

        Words belong to the name, and numbers where no letter of a step stands in their place elsewhere: z_1 and z^{(2)}
        are symbols of their own.
        """
        base, spell, known = self.get_base(symbol), self.notation.spell, self.find_name(symbol)
        below, above = (list(filter(self.notation.is_word, items)) for items in (symbol.below, symbol.above))
        if known is not None and known.below:
            below = list(symbol.below[: len(known.below)])
        if base not in self.stepped:
            above += filter(_is_bracketed_number, symbol.above)
            if base not in self.indexed and not below and len(symbol.below) == 1:
                below += (item for item in symbol.below if isinstance(item, Number))
        rest = [item for item in symbol.above if item not in above]
        squares = [item for item in rest if spell(item) == "2"]
        if squares and (self.notation.time_below or (len(rest) == 1 and len(below) == len(symbol.below))):
            above.append(squares[0])
            rest = [item for item in rest if item not in squares]
        indices = tuple(item for item in symbol.below if item not in below)
        scripted = Symbol(symbol.name, indices, tuple(rest), place=symbol.place)
        name = Name(base, tuple(map(spell, below)), tuple(map(spell, above)))
        return name, self.notation.parse_scripts(scripted, timed=True)


def _is_bracketed_number(item: Node) -> bool:
    if not isinstance(item, Bracket) or item.kind not in ("(", "[") or len(item.entries) != 1:
        return False
    return isinstance(item.entries[0], Number)
