"""What the signs of a document without a glossary seem to be: steps, sizes, indices, and the names of symbols.

Nothing is known of a symbol but where it stands. A letter with an offset, as t − 1, is a step; one that a Σ binds is an
index; one that is a symbol elsewhere is part of a name, as in W_f.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

from bptt.proofread.semantics._draft_steps import (
    MEANINGLESS,
    Occurrence,
    Sides,
    Signs,
    StepSurvey,
    get_anchor,
    list_bounds,
    list_sizes,
    make_notation,
    walk_symbols,
)  # fmt: skip
from bptt.proofread.semantics._glossary import GlossaryError
from bptt.proofread.semantics._latex import parse_symbol
from bptt.proofread.semantics._notation import SLICE, is_transpose, parse_exponent
from bptt.proofread.semantics._symbols import Name
from bptt.proofread.semantics._vocabulary import is_standard
from bptt.proofread.syntax import Unreadable
from bptt.proofread.syntax.tree import (
    Node,
    Number,
    Product,
    Relation,
    Symbol,
    strip_brackets,
)

_INDICES = frozenset("ijklmnpqrsabcduv") | {
    r"\alpha", r"\beta", r"\gamma", r"\mu", r"\nu", r"\kappa", r"\lambda", r"\rho",
}  # fmt: skip
_CONSTANTS = frozenset({
    "e", r"\pi", "I", r"\mathbf{I}", r"\mathbb{I}", r"\mathbf{1}", r"\mathbf{0}", r"\vec{1}", r"\vec{0}", r"\mathbb{1}",
    "1", "0", r"\infty", r"\mathbb{R}", r"\mathbb{E}", r"\mathbb{P}", r"\emptyset",
})  # fmt: skip
_FUNCTIONS = frozenset({r"\sigma", r"\phi", r"\varphi", r"\psi", "f", "g", "F", "G"})  # with a bracket, unless indexed


def find_signs(equations: Sequence[Sides], statements: Sequence[Relation]) -> Signs:
    """Find out what the signs of a document seem to be, from its equations and what its prose states (x ∈ ℝ^n)."""
    return _Survey(equations, statements).conclude()


class _Survey(StepSurvey):
    """A pass over all symbols of a document, for their names."""

    def conclude(self) -> Signs:
        """Find steps first, then sizes and indices, then names."""
        self.find_steps()
        self.find_sizes_and_indices()
        self.find_other_steps()
        self.balanced = self._find_balanced()
        self.signs.functions = frozenset(self._list_functions())
        scripts = [(self.notation.strip_accents(symbol.name), self.cut_step(symbol)[1]) for symbol, _ in self.all]
        self.indexed = {base for base, items in scripts if any(map(self._is_index, items))}
        self.whole = {(base, len(items)) for base, items in scripts if items and all(map(self._is_index, items))}
        for found, (left, right) in zip(self.found, self.equations, strict=True):
            read = [self._read(symbol, behind) for symbol, behind in found if self._names(symbol)]
            self.signs.occurrences.append([one for one in read if _is_plain(one.name)])
            symbol = next(iter(walk_symbols(left)), None) if isinstance(left, Symbol | Product) else None
            # What is given a number is not made of others: it stays free where that is not said.
            number = not isinstance(right, Unreadable) and next(walk_symbols(right), None) is None
            whole = symbol is not None and (left is symbol[0] or symbol[1] is not None) and not number
            self.signs.subjects.append(
                self._read(*symbol).name if symbol and whole and self._names(symbol[0]) else None
            )
        for statement in self.statements:
            self._read_statement(statement)
        return self.signs

    def _find_balanced(self) -> set[str]:
        """Find the letters that stand on both sides of equations, or twice in a side, more often than not."""
        counts: Counter[str] = Counter()
        for sides in self.equations:
            left, right = (
                Counter(self.spell(item) for symbol, _ in walk_symbols(side) for item in symbol.below) for side in sides
            )
            for letter in {*left, *right}:
                counts[letter] += 1 if (left[letter] and right[letter]) or max(left[letter], right[letter]) > 1 else -1
        return {letter for letter, n in counts.items() if n > 0}

    def _is_index(self, item: Node) -> bool:
        """Whether a script is an index rather than a part of a name."""
        item = strip_brackets(item)
        if not isinstance(item, Symbol) or item.above:
            return False
        letter = self.spell(item)
        if letter in self.signs.indices or letter == SLICE:
            return True
        return letter in _INDICES and letter not in self.bases and letter in self.balanced

    def _names(self, symbol: Symbol) -> bool:
        """Whether a symbol is one that a glossary would have."""
        base = self.notation.strip_accents(symbol.name)
        kronecker = base == r"\delta" and len(symbol.below) == 2 and all(map(self._is_index, symbol.below))
        letter = self.spell(Symbol(base, symbol.below))
        sized = letter in self.signs.sizes or letter in self.signs.last
        bound = base in (*self.signs.letters, *self.signs.indices) and not symbol.below
        known = symbol.name in _CONSTANTS or base in _CONSTANTS or (is_standard(base) and len(base) > 1)
        return not (known or kronecker or sized or bound or symbol.primes or base in self.signs.functions)

    def _list_functions(self) -> Iterator[str]:
        """List the names that are functions: those that stand nowhere without a bracket behind them."""
        called = {self.notation.strip_accents(symbol.name) for symbol, behind in self.all if behind is not None}
        bare = {
            self.notation.strip_accents(symbol.name)
            for symbol, behind in self.all
            if (behind is None and not symbol.primes) or self.bears_step(symbol) or (behind and self.is_step(behind))
        }
        return (base for base in called if base in _FUNCTIONS and (base not in bare or base == r"\sigma"))

    def _read(self, symbol: Symbol, behind: Node | None) -> Occurrence:
        """Split the scripts of a symbol into its name, its step and its indices."""
        base = self.notation.strip_accents(symbol.name)
        timed, rest = self.cut_step(symbol)
        above: list[str] = []
        for item in symbol.above:
            inner = strip_brackets(item)
            step = self.spell(inner) in self.signs.last and self.signs.place == "superscript"
            if self.is_step(item) or (step and not is_transpose(item)):
                timed = True
            elif (
                isinstance(inner, Number)
                and inner is not item
                and self.signs.place != "subscript"
                and self.signs.letters
            ):
                timed = True  # W^{[1]} beside W^{[l]}
            elif not is_transpose(item) and parse_exponent(item) is None and isinstance(inner, Symbol | Number):
                above.append(self.spell(item))
        timed = timed or (behind is not None and self.is_step(behind))
        last_label = max((n for n, item in enumerate(rest, 1) if not self._is_index(item)), default=0)
        numbers = base in self.indexed and all(isinstance(item, Number) for item in rest[:last_label])
        # Of S_{ij}, an S_{lk} is another entry, though l stands nowhere else.
        entry = (base, len(rest)) in self.whole and all(self.spell(item) in _INDICES - self.bases for item in rest)
        cut = 0 if numbers or entry else last_label
        scripts = (*symbol.below, *symbol.above, *(() if behind is None else (behind,)))
        shifted = timed and any(get_anchor(item) is not None for item in scripts)
        name = Name(base, tuple(map(self.spell, rest[:cut])), tuple(above))
        return Occurrence(name, len(rest) - cut, timed, shifted, symbol)

    def _read_statement(self, node: Relation) -> None:
        """Read x ∈ ℝ^{n×d}, and A = A^⊤."""
        symbol, right = strip_brackets(node.left), node.right
        if not isinstance(symbol, Symbol) or not isinstance(right, Symbol) or not self._names(symbol):
            return
        name = self._read(symbol, None).name
        if node.sign == r"\in":
            self.signs.shapes.setdefault(name, list_sizes(self.spell, right))
        elif node.sign == "=" and right.name == symbol.name and right.above and is_transpose(right.above[-1]):
            self.signs.symmetric.add(name)


def spell_name(name: Name) -> str:
    """Spell a name as a glossary has it: words in \\text."""

    def join(parts: tuple[str, ...]) -> str:
        return " ".join(rf"\text{{{part}}}" if len(part) > 1 and part.isalnum() else part for part in parts)

    below = f"_{{{join(name.below)}}}" if name.below else ""
    return name.base + below + (f"^{{{join(name.above)}}}" if name.above else "")


def _is_plain(name: Name) -> bool:
    """Whether a glossary can have a name."""
    notation = make_notation()
    try:
        symbol = parse_symbol(spell_name(name), "")
    except GlossaryError:
        return False
    scripts = tuple(map(notation.spell, symbol.below)), tuple(map(notation.spell, symbol.above))
    return (notation.strip_accents(symbol.name), *scripts) == name


__all__ = ["MEANINGLESS", "Occurrence", "Sides", "Signs", "find_signs", "list_bounds", "spell_name"]
