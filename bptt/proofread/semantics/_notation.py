"""What the scripts of a symbol say, as a document writes them: steps and indices, a transpose, a power."""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import NamedTuple

from bptt.proofread._expressions import LAST, Index, Range, Step
from bptt.proofread.semantics._glossary import Glossary
from bptt.proofread.semantics._latex import parse_symbol
from bptt.proofread.syntax.tree import (
    Bracket,
    Negative,
    Node,
    Number,
    Product,
    Quotient,
    Scripted,
    Sum,
    Symbol,
    Unreadable,
    strip_brackets,
)

_TRANSPOSE = frozenset({
    "T", r"\top", r"\mathrm{T}", r"\mathsf{T}", r"\operatorname{T}", r"\mathbf{T}", r"\mathit{T}", "Tr", "tr", "trans",
    r"\mathsf{\top}", r"\mathrm{\top}",
})  # fmt: skip
# Bold or upright, a letter is the same symbol, unless the glossary has both.
_FONTS = (r"\mathbf", r"\mathrm", r"\mathit", r"\mathsf", r"\mathnormal", r"\bf", r"\rm")
MOST_STEPS = 12  # the largest number of a step: as many steps are computed, each by way of those before it
SLICE = ":"  # stands for all values of an index, as in A_{i:}


class Scripts(NamedTuple):
    """What the scripts of a symbol say, those that belong to its name left away."""

    step: Step | None
    indices: tuple[Index, ...]
    transposed: bool
    power: Fraction | None


class Notation:
    """How the documents of a glossary write a symbol: which accents mean nothing, and which scripts are steps."""

    def __init__(self, glossary: Glossary) -> None:
        self._ignored = glossary.ignored
        # What an accent or a font makes another symbol, though it is ignored elsewhere.
        declared = {parse_symbol(one.latex, f"symbols.{one.latex}").name for one in glossary.symbols}
        self.kept = {
            name for name in declared if "{" in name and not name.startswith(tuple(glossary.ignored or ("?",)))
        }
        self.time_below = glossary.time_place == "subscript"
        self._last_steps = {self.spell(parse_symbol(letter, "time.last")) for letter in glossary.last_step}
        self.bound_letters: set[str] = set()  # that a sum over steps binds, though the glossary has them not for steps
        self._step_letters = {self.spell(parse_symbol(letter, "time.letters")) for letter in glossary.step_letters}
        self._sizes = {
            self.spell(parse_symbol(letter, f"sizes.{name}")): (name,)
            for name, letters in glossary.sizes.items()
            for letter in letters
        }

    def strip_accents(self, name: str) -> str:
        """Strip the name of a symbol of the accents and fonts that mean nothing."""
        if "{" not in name or name in self.kept:
            return name
        for ignored in (*self._ignored, *_FONTS):
            if name.startswith(f"{ignored}{{") and name.endswith("}"):
                inner = name.removeprefix(f"{ignored}{{")[:-1]
                if ignored in self._ignored or inner[0].isalpha() or inner[0] == "\\":
                    return self.strip_accents(inner)
        accent, brace, inner = name.partition("{")
        return f"{accent}{{{self.strip_accents(inner[:-1])}}}" if brace and inner.endswith("}") else name

    def spell(self, item: Node) -> str:
        """Spell a script out, the same text for the same script."""
        if isinstance(item, Symbol):
            below = "".join(map(self.spell, item.below))
            above = "".join(map(self.spell, item.above))
            return self.strip_accents(item.name) + (f"_{below}" if below else "") + above + "'" * item.primes
        if isinstance(item, Number):
            return str(item.value)
        if isinstance(item, Bracket):
            return f"({','.join(map(self.spell, item.entries))})"
        return repr(item)

    def is_step_letter(self, letter: str) -> bool:
        """Whether the glossary has the letter for steps: t, not T or 1."""
        return letter in self._step_letters or letter in self.bound_letters

    def is_word(self, item: Node) -> bool:
        """Whether a script is a word, which belongs to the name of its symbol: no command, no transpose, no step."""
        if not isinstance(item, Symbol) or len(item.name) <= 1 or item.below or item.above or item.primes:
            return False
        word = self.spell(item)
        return word[0] != "\\" and word not in _TRANSPOSE and word not in self._last_steps

    def find_size(self, symbol: Symbol) -> Range | None:
        """Find the range whose size the symbol is."""
        return self._sizes.get(self.spell(symbol))

    def parse_step(self, item: Node) -> Step | None:
        """Read the step that a script says: a letter for steps, the last one, or a number; ± a number."""
        item = strip_brackets(item)
        if isinstance(item, Number):
            return Step("", int(item.value)) if _is_count(item) else None
        if isinstance(item, Symbol):
            text = self.spell(item)
            return Step(LAST, 0) if text in self._last_steps else Step(text, 0) if self.is_step_letter(text) else None
        if isinstance(item, Sum) and len(item.terms) == 2:
            anchor, offset = item.terms
            if isinstance(anchor, Number):
                anchor, offset = offset, anchor
            number = offset.term if isinstance(offset, Negative) else offset
            step = self.parse_step(anchor)
            if step is not None and isinstance(number, Number) and _is_count(number):
                sign = -1 if isinstance(offset, Negative) else 1
                return Step(step.anchor, step.offset + sign * int(number.value))
        return None

    def bears_letter(self, item: Node) -> bool:
        """Whether a script is a step that is not fixed: t or t − 1."""
        step = self.parse_step(item)
        return step is not None and not step.is_fixed

    def parse_index(self, item: Node, symbol: Symbol) -> Index:
        """Read the index that stands below a symbol. Raises `Unreadable`."""
        item = strip_brackets(item)
        if isinstance(item, Symbol) and not item.above and not any(map(_is_compound, item.below)):
            return self.spell(item)
        if isinstance(item, Number) and item.value.denominator == 1 and item.value > 0:
            return int(item.value)
        raise Unreadable(f"what stands below {symbol.name} is no index", symbol.place)

    def parse_scripts(self, symbol: Symbol, timed: bool, below: int = 0, above: int = 0) -> Scripts:
        """Read the scripts of a symbol, but for the first ones, which belong to its name. Raises `Unreadable`."""
        if symbol.primes:
            raise Unreadable(f"a prime on {symbol.name}, which is no function", symbol.place)
        step: Step | None = None
        transposed, power = False, None
        for item in symbol.above[above:]:
            # Above, a number is a step only where time is written there; a letter of a step is one anywhere.
            bracketed = isinstance(item, Bracket) and item.kind in ("(", "[")
            may_be_step = timed and step is None and (not self.time_below or bracketed or self.bears_letter(item))
            if may_be_step and (found := self.parse_step(item)) is not None:
                step = found
            elif is_transpose(item) and not transposed:
                transposed = True
            elif power is None and (exponent := parse_exponent(item)) is not None:
                power = exponent
            elif power is None and is_inverse_transpose(item) and not transposed:
                power, transposed = Fraction(-1), True
            else:
                raise Unreadable(f"what stands above {symbol.name} is neither a step nor a power", symbol.place)
        indices: list[Index] = []
        for item in self._flatten(symbol.below[below:]):
            may_be_step = timed and step is None and ((self.time_below and not indices) or self.bears_letter(item))
            if may_be_step and (found := self.parse_step(item)) is not None:
                step = found
            else:
                indices.append(self.parse_index(item, symbol))
        return Scripts(step, tuple(indices), transposed, power)

    def _flatten(self, items: tuple[Node, ...]) -> Iterator[Node]:
        """Yield the scripts one by one: of t_j the step and then the index, of [j, l] each."""
        for item in items:
            if isinstance(item, Bracket) and item.kind in ("[", "(", "{"):
                yield from self._flatten(item.entries)
            elif isinstance(item, Symbol) and item.below and self.is_step_letter(self.spell(replace(item, below=()))):
                yield replace(item, below=())
                yield from self._flatten(item.below)
            elif isinstance(item, Scripted) and not item.above and self.parse_step(item.base) is not None:
                yield item.base
                yield from self._flatten(item.below)
            elif isinstance(item, Product) and not set(item.operators) - {""}:
                yield from self._flatten(item.factors)
            else:
                yield item


def is_transpose(item: Node) -> bool:
    """Whether a script says that its symbol is transposed."""
    return isinstance(item, Symbol) and item.name in _TRANSPOSE and not (item.below or item.above)


def _is_compound(item: Node) -> bool:
    return not isinstance(item, Symbol | Number) or (isinstance(item, Symbol) and bool(item.below or item.above))


def _is_count(number: Number) -> bool:
    return number.value.denominator == 1 and number.value <= MOST_STEPS


def parse_exponent(item: Node) -> Fraction | None:
    """Read the number that a script is: 2, −1 or 1/2; None if it is none."""
    if isinstance(item, Bracket) and item.kind == "{" and len(item.entries) == 1:
        return parse_exponent(item.entries[0])
    if isinstance(item, Negative):
        inner = parse_exponent(item.term)
        return None if inner is None else -inner
    if (isinstance(item, Product) and item.operators == ("/",)) or isinstance(item, Quotient):
        over, under = map(parse_exponent, item.factors if isinstance(item, Product) else (item.over, item.under))
        return over / under if over is not None and under else None
    return item.value if isinstance(item, Number) else None


def is_inverse_transpose(item: Node) -> bool:
    """Whether a script says A^{-T}, the transpose of the inverse."""
    item = strip_brackets(item)
    return isinstance(item, Negative) and is_transpose(item.term)
