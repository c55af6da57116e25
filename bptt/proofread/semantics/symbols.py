"""Which symbol of the glossary a symbol on the page is, and what its scripts are: indices, a step, a transpose."""

from collections.abc import Iterable
from fractions import Fraction
from typing import NamedTuple

from bptt.proofread.expressions import LAST, Index, Quantity, Step
from bptt.proofread.semantics.glossary import Declared, Glossary, GlossaryError
from bptt.proofread.semantics.latex import formula
from bptt.proofread.syntax import Bracket, Negative, Node, Number, Quotient, Sum, Symbol, Unreadable

_TRANSPOSE = ("T", r"\top", r"\intercal", r"\mathrm{T}", r"\mathsf{T}", r"\operatorname{T}", r"\mathbf{T}", "⊤")
MOST_STEPS = 12  # the largest number of a step


class Unknown(Unreadable):
    """A symbol is neither in the glossary nor defined in the document."""


class Named(NamedTuple):
    """A symbol of the page: its quantity, and what its scripts say of it."""

    quantity: Quantity
    step: Step | None
    indices: tuple[Index, ...]
    transposed: bool
    power: Fraction | None


class Scripts(NamedTuple):
    """What is left of the scripts of a symbol once its name is known."""

    step: Step | None
    indices: tuple[Index, ...]
    transposed: bool
    power: Fraction | None


class Name(NamedTuple):
    """A symbol without its indices and step: the base, and the scripts that are part of the name."""

    base: str
    below: tuple[str, ...]
    above: tuple[str, ...]


class Symbols:
    """The symbols of a glossary, and those that a document introduces."""

    def __init__(self, glossary: Glossary) -> None:
        self.glossary = glossary
        self.names: dict[Name, list[Quantity]] = {}
        self.positive: set[str] = set()
        self._declared: set[Quantity] = set()
        self._lasts = {self._text(_symbol_of(letter, "time.last")) for letter in glossary.last_step}
        self._letters = {self._text(_symbol_of(letter, "time.letters")) for letter in glossary.step_letters}
        self.sizes = {
            self._text(_symbol_of(letter, f"sizes.{name}")): (name,)
            for name, letters in glossary.sizes.items()
            for letter in letters
        }
        for declared in glossary.symbols:
            self._declare(declared)

    def _declare(self, declared: Declared) -> None:
        symbol = _symbol_of(declared.latex, f"symbols.{declared.latex}")
        name = self._name(symbol)
        self._declared.add(self.add(name, declared.axes, declared.timed))
        if declared.positive:
            self.positive.add(self.spelled(name))

    def add(self, name: Name, axes: tuple[tuple[str, ...], ...], timed: bool) -> Quantity:
        """Bring in a quantity of this name; one name may have several, of other orders."""
        quantity = Quantity(self.spelled(name), axes, timed)
        self.names.setdefault(name, []).append(quantity)
        return quantity

    def quantities(self, name: str) -> list[Quantity]:
        """The quantities of that name."""
        return [quantity for held in self.names.values() for quantity in held if quantity.name == name]

    def remove(self, quantity: Quantity) -> None:
        """Take back what `add` brought in."""
        self.names = {
            name: kept for name, held in self.names.items() if (kept := [q for q in held if q is not quantity])
        }

    def spelled(self, name: Name) -> str:
        """The name in LaTeX, as errors show it and quantities bear it."""
        below = f"_{{{''.join(name.below)}}}" if name.below else ""
        above = f"^{{{''.join(name.above)}}}" if name.above else ""
        return name.base + below + above

    def _base(self, name: str) -> str:
        """The name of a symbol without the accents and fonts that mean nothing."""
        for ignored in self.glossary.ignored:
            prefix = f"{ignored}{{"
            if name.startswith(prefix) and name.endswith("}"):
                return self._base(name.removeprefix(prefix)[:-1])
        accent, brace, inner = name.partition("{")
        return f"{accent}{{{self._base(inner[:-1])}}}" if brace and inner.endswith("}") else name

    def base(self, symbol: Symbol) -> str:
        """The name of a symbol without its scripts, accents and fonts that mean nothing."""
        return self._base(symbol.name)

    def _text(self, item: Node) -> str:
        """A script as a text that is the same for the same script."""
        if isinstance(item, Symbol):
            below = "".join(map(self._text, item.below))
            return self._base(item.name) + (f"_{below}" if below else "") + "".join(map(self._text, item.above))
        if isinstance(item, Number):
            return str(item.value)
        if isinstance(item, Bracket):
            return f"({','.join(map(self._text, item.entries))})"
        return repr(item)

    def _name(self, symbol: Symbol) -> Name:
        return Name(self.base(symbol), tuple(map(self._text, symbol.below)), tuple(map(self._text, symbol.above)))

    def known(self, symbol: Symbol) -> Name | None:
        """The name in the glossary that the symbol begins with: the longest."""
        whole = self._name(symbol)
        fitting = [
            name
            for name in self.names
            if name.base == whole.base
            and whole.below[: len(name.below)] == name.below
            and whole.above[: len(name.above)] == name.above
        ]
        return max(fitting, key=lambda name: len(name.below) + len(name.above), default=None)

    def is_known(self, symbol: Symbol) -> bool:
        """Whether the symbol has a meaning, at a step if it bears the letter of one."""
        name = self.known(symbol)
        if name is None:
            return False
        scripts = (*symbol.below[len(name.below) :], *symbol.above[len(name.above) :])
        quantities = self.names[name]
        indices = len(symbol.below) - len(name.below)
        fits = any(one.timed or (indices and len(one.axes) == indices) for one in quantities)
        return fits or not any(map(self._bears_letter, scripts))

    def brings_in(self, symbol: Symbol) -> bool:
        """Whether a definition of the symbol brings in a quantity: also L, where the document itself brought in L_t."""
        if not self.is_known(symbol):
            return True
        quantities = self.names[self.known(symbol) or self._name(symbol)]
        if any(one in self._declared or not one.timed for one in quantities):
            return False
        return self.name_of(symbol).step is None

    def name_of(self, symbol: Symbol) -> Named:
        """The quantity that a symbol stands for, with its step and indices. Raises `Unknown` or `Unreadable`."""
        name = self.known(symbol)
        if name is None or not self.is_known(symbol):
            raise Unknown(f"{self.spelled(self._name_to_introduce(symbol))} is not in the glossary", symbol.place)
        quantities = self.names[name]
        timed = any(quantity.timed for quantity in quantities)
        scripts = self.scripts(symbol, timed, len(name.below), len(name.above))
        borne = [quantity for quantity in quantities if quantity.timed == (scripts.step is not None)] or quantities
        fitting = [quantity for quantity in borne if len(quantity.axes) == len(scripts.indices)]
        if not scripts.indices and not fitting:
            fitting = borne[:1]
        if not fitting:
            expected = " or ".join(str(len(quantity.axes)) for quantity in quantities)
            raise Unreadable(f"{self.spelled(name)} has {expected} indices, got {len(scripts.indices)}", symbol.place)
        return Named(fitting[0], scripts.step, scripts.indices, scripts.transposed, scripts.power)

    def scripts(self, symbol: Symbol, timed: bool, below: int = 0, above: int = 0) -> Scripts:
        """What the scripts of a symbol say, those of its name left away. Raises `Unreadable` for what says nothing."""
        step: Step | None = None
        transposed, power = False, None
        if symbol.primes:
            raise Unreadable(f"a prime on {symbol.name}, which is no function", symbol.place)
        for item in symbol.above[above:]:
            above_time = timed and step is None and self.glossary.time_place == "superscript"
            if timed and step is None and (above_time or self._bears_letter(item)) and self.step(item) is not None:
                step = self.step(item)
            elif isinstance(item, Symbol) and is_transpose(item) and not transposed:
                transposed = True
            elif power is None and (exponent := _exponent(item)) is not None:
                power = exponent
            else:
                raise Unreadable(f"what stands above {symbol.name} is neither a step nor a power", symbol.place)
        indices: list[Index] = []
        items = symbol.below[below:]
        for item in items:
            first = timed and step is None and (self._bears_letter(item) or self._step_below(items, indices))
            if first and self.step(item) is not None:
                step = self.step(item)
            else:
                indices.append(self.index(item, symbol))
        return Scripts(step, tuple(indices), transposed, power)

    def _step_below(self, items: tuple[Node, ...], indices: list[Index]) -> bool:
        return self.glossary.time_place == "subscript" and not indices and bool(items)

    def index(self, item: Node, symbol: Symbol) -> Index:
        """The index that stands in a script."""
        if isinstance(item, Symbol) and not (item.below or item.above or item.primes):
            return self._base(item.name)
        if isinstance(item, Number) and item.value.denominator == 1 and item.value > 0:
            return int(item.value)
        raise Unreadable(f"what stands below {symbol.name} is no index", symbol.place)

    def is_step_letter(self, letter: str) -> bool:
        """Whether the glossary has the letter for steps: t, not T or 1."""
        return letter in self._letters

    def size(self, symbol: Symbol) -> tuple[str, ...] | None:
        """The range whose size the symbol is, or None."""
        return self.sizes.get(self._text(symbol))

    def _bears_letter(self, item: Node) -> bool:
        step = self.step(item)
        return step is not None and step.anchor not in ("", LAST)

    def step(self, item: Node) -> Step | None:
        """The step that a script says, or None: a letter for steps, the last one, or a number; ± a number."""
        if isinstance(item, Bracket) and len(item.entries) == 1:
            return self.step(item.entries[0])
        if isinstance(item, Number):
            return Step("", int(item.value)) if item.value.denominator == 1 and item.value <= MOST_STEPS else None
        if isinstance(item, Symbol):
            text = self._text(item)
            return Step(LAST, 0) if text in self._lasts else Step(text, 0) if text in self._letters else None
        if isinstance(item, Sum) and len(item.terms) == 2:
            return self._offset(item.terms[0], item.terms[1])
        return None

    def _offset(self, anchor: Node, offset: Node) -> Step | None:
        sign = -1 if isinstance(offset, Negative) else 1
        number = offset.term if isinstance(offset, Negative) else offset
        step = self.step(anchor)
        if step is None or not isinstance(number, Number) or number.value.denominator != 1 or number.value > MOST_STEPS:
            return None
        return Step(step.anchor, step.offset + sign * int(number.value))

    def _name_to_introduce(self, symbol: Symbol) -> Name:
        """The name of a symbol that is not known: its scripts belong to it where they are words."""
        words = [self._text(item) for item in symbol.above if isinstance(item, Symbol) and len(item.name) > 1]
        above = tuple(word for word in words if word[0] != "\\" and word not in _TRANSPOSE and word not in self._lasts)
        return Name(self.base(symbol), (), above)

    def introduce(self, symbol: Symbol) -> tuple[Name, bool, Scripts]:
        """The name of a symbol that the document defines, whether it is timed, and what its scripts say."""
        name = self._name_to_introduce(symbol)
        rest = Symbol(symbol.name, symbol.below, self._without(symbol.above, name.above), place=symbol.place)
        scripts = self.scripts(rest, timed=True)
        return name, scripts.step is not None, scripts

    def _without(self, items: Iterable[Node], names: tuple[str, ...]) -> tuple[Node, ...]:
        return tuple(item for item in items if self._text(item) not in names)


def is_transpose(item: Symbol) -> bool:
    """Whether a script says that its symbol is transposed."""
    return item.name in _TRANSPOSE and not (item.below or item.above)


def _symbol_of(latex: str, key: str) -> Symbol:
    try:
        node = formula(latex)
    except Unreadable as error:
        raise GlossaryError(f"{key}: {error}") from error
    if not isinstance(node, Symbol):
        raise GlossaryError(f"{key} must be one symbol; got {latex!r}")
    return node


def _exponent(item: Node) -> Fraction | None:
    """The number that a script is: 2, −1 or 1/2; None if it is none."""
    if isinstance(item, Bracket) and item.kind == "{" and len(item.entries) == 1:
        return _exponent(item.entries[0])
    if isinstance(item, Negative):
        inner = _exponent(item.term)
        return None if inner is None else -inner
    if isinstance(item, Quotient):
        over, under = _exponent(item.over), _exponent(item.under)
        return over / under if over is not None and under else None
    return item.value if isinstance(item, Number) else None
