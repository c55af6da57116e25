"""All that is known when an equation is read: the symbols, and what they are defined to be."""

import itertools
from dataclasses import dataclass, field
from typing import NamedTuple

from bptt.proofread._expressions import Definitions, Quantity
from bptt.proofread._traversal import AXIS, number_letter
from bptt.proofread.semantics._symbols import Symbols
from bptt.proofread.syntax import Node, Symbol

KNOWN_FUNCTIONS = ("exp", "log", "tanh", "logistic", "sin", "cos", "tan", "sinh", "cosh", "arctan", "sqrt")
SIGMOIDS = ("sigmoid", "sigm")  # other names of the logistic function
VECTOR_FUNCTIONS = ("softmax", "diag")


class Key(NamedTuple):
    """What a definition is of, at whichever step: a quantity of so many axes, or a function of so many arguments."""

    name: str
    order: int
    timed: bool = False
    function: bool = False


def get_key(quantity: Quantity) -> Key:
    """Return what the definitions of a quantity are of."""
    return Key(quantity.name, len(quantity.axes), quantity.timed)


class FunctionDefinition(NamedTuple):
    """A function that a glossary or a document defines: its parameters, and its value as a formula.

    A `closed` one has one parameter, on which alone its value depends. Any other is read as its formula wherever it is
    applied, so that a derivative by what else stands in that meets it. None is a formula that cannot be used.
    """

    parameters: tuple[str, ...]
    body: Node | None
    closed: bool


@dataclass
class Vocabulary:
    """The symbols, the functions by name and number of arguments, and what quantities and closed functions are.

    `lines` has the line of the document on which a function is defined, None for the glossary; `given` what the
    glossary defines for good; `unusable` the line of a definition that cannot be used.
    """

    symbols: Symbols
    functions: dict[tuple[str, int], FunctionDefinition] = field(default_factory=dict)
    lines: dict[tuple[str, int], int | None] = field(default_factory=dict)
    definitions: Definitions = field(default_factory=Definitions)
    given: set[Key] = field(default_factory=set)
    unusable: dict[Quantity, int] = field(default_factory=dict)
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    def make_index(self, letter: str = AXIS) -> str:
        """Name an index or a step that stands nowhere else, after the letter that the page has."""
        return number_letter(letter, next(self._numbers))

    def defines_function(self, name: str) -> bool:
        """Whether a definition makes it a function, of however many arguments."""
        return any(name == known for known, _ in self.functions)

    def may_apply(self, symbol: Symbol) -> bool:
        """Whether a bracket behind the symbol can be an application."""
        name = self.symbols.get_base(symbol)
        return self.defines_function(name) or is_standard(name)


def is_standard(name: str) -> bool:
    """Whether a function means the same everywhere, unless a glossary says otherwise."""
    return name in (*KNOWN_FUNCTIONS, *SIGMOIDS, *VECTOR_FUNCTIONS)
