"""What a correction is, and what it may be made of."""

from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

from bptt.proofread._expressions import Range
from bptt.proofread.syntax.tree import Node, Symbol, nodes

Kind = Literal[
    "a sign", "the sign of an argument", "an accent", "a slope", "a power", "a factor too much", "a missing factor",
    "the mark of an immediate derivative", "a transpose", "a step", "the order of factors", "an index",
    "the indices of a term", "a missing sum", "a sum too much", "a missing δ", "two symbols exchanged", "a symbol",
    "a function", "a term too much", "a missing term",
]  # fmt: skip
IMMEDIATE: Kind = "the mark of an immediate derivative"


class Correction(NamedTuple):
    """An equation beside one that is wrong: it differs by one mistake of a kind."""

    kind: Kind
    left: Node
    right: Node
    is_left: bool = False  # whether the left-hand side is what is corrected


class Surroundings(NamedTuple):
    """What a correction may be made of, beside the equation itself.

    Attributes:
        others: formulas that stand near, such as the line before of a chain: what was lost may stand there
        elsewhere: all formulas of the document
        scalars: the symbols of the sizes, of the number of steps, and of numbers that are given
        steps: the letters that stand for steps
        last: the last step
        letters: the letters of indices, each with what it runs over; () where nothing says that
        alike: for the name of a symbol, those of others with as many indices
        names: the names of symbols that are known, with their accents
        is_function: whether a bracket behind a symbol is its argument
        bears_step: whether one of the scripts of a symbol is a step
        stated: the letters on the left-hand side
        tells_immediate: whether the document tells immediate derivatives from others
    """

    others: tuple[Node, ...] = ()
    elsewhere: tuple[Node, ...] = ()
    scalars: tuple[Node, ...] = ()
    steps: frozenset[str] = frozenset(("t",))
    last: Node = Symbol("T")
    letters: Mapping[str, Range] = {}
    alike: Mapping[str, tuple[str, ...]] = {}
    names: frozenset[str] = frozenset()
    is_function: Callable[[Symbol], bool] = lambda symbol: len(symbol.name) > 1 and symbol.name.isalpha()
    bears_step: Callable[[Symbol], bool] = lambda symbol: bool(symbol.above)
    stated: frozenset[str] = frozenset()
    tells_immediate: bool = True

    def is_indexed(self, node: Node) -> bool:
        """Whether a formula bears the letter of an index, so that it is a number whose place among others is free."""
        return any(isinstance(one, Symbol) and one.name in self.letters for one in nodes(node, scripts=True))

    def list_alike(self, letter: str) -> list[str]:
        """List the other letters that run over the same, as far as is known."""
        axis = self.letters.get(letter, ())
        fitting = (other for other, known in self.letters.items() if known == axis or not (known and axis))
        return [other for other in fitting if other != letter]
