"""All that is known when an equation is read: the symbols, and what they are defined to be."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from bptt.proofread._expressions import Definition, Definitions, Quantity, Step
from bptt.proofread._traversal import AXIS, number_letter
from bptt.proofread.semantics._symbols import Symbols
from bptt.proofread.syntax import Node, Symbol, Unreadable

KNOWN_FUNCTIONS = (
    "exp", "log", "tanh", "logistic", "sin", "cos", "tan", "sinh", "cosh", "arctan", "sqrt", "arcsin", "arccos", "erf",
    "abs", "sign", "relu", "step", "softplus",
)  # fmt: skip
SYNONYMS = {
    "sigmoid": "logistic", "sigm": "logistic", "ln": "log", "ReLU": "relu", "sgn": "sign", "Tr": "tr", "trace": "tr",
    "Diag": "diag", r"\arctan": "arctan",
}  # fmt: skip
TENSOR_FUNCTIONS = ("softmax", "diag", "tr", "det", "prod")
REFUSED = {
    **dict.fromkeys((r"\mathbb{E}", "E", r"\mathcal{E}", "Var", "Cov", r"\mathbb{V}", r"\mathrm{E}"), "expectations"),
    **dict.fromkeys((r"\mathbb{P}", "Pr", "P", "p"), "probabilities"),
    **dict.fromkeys(("vec", r"\mathrm{vec}"), "vec"),
    **dict.fromkeys(("max", "min", "argmax", "argmin", "lim", "sup", "inf"), "maxima, minima and limits"),
}  # fmt: skip  # what is not read, where the glossary does not have it


MOST_READINGS = 10_000  # of the formulas of one equation, in all its readings: about a second
FIRST_OF_CLAIMS = 1_000_000  # the number of the first index of a claim: beyond those of all definitions


Assumed = Literal["value", "late", "formula"]  # what the document says of a symbol that stays free all the same


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
    glossary defines for good; `unusable` the line of a definition that cannot be used;
    `repeated` the line that says again what the glossary says; `unknown` the losses that are defined nowhere;
    `uncertain` those of which nothing says by way of which of several they depend on all else;
    `denominators` what the document differentiates by;
    `subjects` the names that an equation is about;
    `applied` those that are applied to several arguments, or bear a prime.
    """

    symbols: Symbols
    functions: dict[tuple[str, int], FunctionDefinition] = field(default_factory=dict)
    lines: dict[tuple[str, int], int | None] = field(default_factory=dict)
    definitions: Definitions = field(default_factory=Definitions)
    given: set[Key] = field(default_factory=set)
    unusable: dict[Quantity, int] = field(default_factory=dict)
    unknown: set[Quantity] = field(default_factory=set)
    uncertain: set[Quantity] = field(default_factory=set)
    numerators: set[Quantity] = field(default_factory=set)
    subjects: set[str] = field(default_factory=set)
    repeated: dict[tuple[Key, Step | None], int] = field(default_factory=dict)
    turned: bool = False
    assumed: dict[Quantity, Assumed] = field(default_factory=dict)
    last_alone: dict[Quantity, Definition] = field(default_factory=dict)
    late: dict[Quantity, tuple[Node, Node]] = field(default_factory=dict)
    applied: set[str] = field(default_factory=set)
    denominators: set[Quantity] = field(default_factory=set)
    defining: bool = False
    readings: int = 0  # formulas that were read so far
    most_readings: int = MOST_READINGS  # that may be read until the next equation
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(FIRST_OF_CLAIMS))
    _defined: "itertools.count[int]" = field(default_factory=itertools.count)

    def make_index(self, letter: str = AXIS) -> str:
        """Name an index or a step that stands nowhere else, after the letter that the page has."""
        return number_letter(letter, next(self._defined if self.defining else self._numbers))

    @property
    def words(self) -> frozenset[str]:
        """The names of several letters, which a document may write without a font."""
        names = (name.base for name in self.symbols.quantities)
        return frozenset(name for name in names if len(name) > 1 and name.isalnum())

    def begin_equation(self) -> None:
        """Let `MOST_READINGS` formulas be read from here on."""
        self.most_readings = self.readings + MOST_READINGS

    def count_readings(self, count: int) -> None:
        """Count formulas that are read. Raises `Unreadable` beyond `MOST_READINGS`: operators in operators double."""
        self.readings += count
        if self.readings > self.most_readings:
            raise Unreadable(f"it takes more than {MOST_READINGS:,} formulas to read")

    def restart_indices(self) -> None:
        """Number the indices of the next equation like those of the last: the same reading makes the same claim.

        What is defined has numbers of its own.
        """
        self._numbers = itertools.count(FIRST_OF_CLAIMS)

    @contextmanager
    def define(self) -> Iterator[None]:
        """Name indices of definitions, unlike any other of all definitions and of the claims."""
        outer, self.defining = self.defining, True
        self.begin_equation()
        try:
            yield
        finally:
            self.defining = outer

    def defines_function(self, name: str) -> bool:
        """Whether a definition makes it a function, of however many arguments."""
        return any(name == known for known, _ in self.functions)

    def may_apply(self, symbol: Symbol) -> bool:
        """Whether a bracket behind the symbol can be an application."""
        name = self.symbols.get_base(symbol)
        return self.defines_function(name) or is_standard(name)


def is_standard(name: str) -> bool:
    """Whether a function means the same everywhere, unless a glossary says otherwise."""
    return name in KNOWN_FUNCTIONS or name in SYNONYMS or name in TENSOR_FUNCTIONS
