"""What an equation claims: two index expressions with the same free indices, under one reading."""

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bptt.proofread.expressions import (
    LAST,
    ZERO,
    Claim,
    Constant,
    Definitions,
    Entry,
    Expression,
    Function,
    OverSteps,
    Partial,
    Plus,
    Quantity,
    Range,
    Step,
    Total,
    free_indices,
    free_steps,
    moved,
    own_indices,
    parts,
    renamed,
    walk,
)
from bptt.proofread.semantics.binding import Binding
from bptt.proofread.semantics.naming import all_of, leads_to
from bptt.proofread.semantics.ranges import UNKNOWN, Ranges
from bptt.proofread.semantics.reader import Defined, Reader, is_standard
from bptt.proofread.semantics.readings import Reading
from bptt.proofread.semantics.symbols import Name, Scripts, Symbols
from bptt.proofread.semantics.values import SILENT, Value
from bptt.proofread.syntax import Adjacent, At, Derivative, Node, Symbol, Unreadable, nodes

Key = tuple[str, int, bool, bool]  # of what is defined: its name, its order, whether it bears steps or is a function

MOST_STEP_LETTERS = 3  # that are free in an equation


class OrdersDiffer(ValueError):  # noqa: N818  (it is a finding on the document, not a failure of the program)
    """The two sides of an equation have different numbers of axes. Says which."""


@dataclass
class Vocabulary:
    """All that is known when an equation is read: the symbols, and what they are defined to be.

    `given` has what the glossary defines for good, and `lines` the line of the document on which a function of so many
    arguments is defined, None for the glossary.
    """

    symbols: Symbols
    functions: dict[tuple[str, int], Defined] = field(default_factory=dict)
    definitions: Definitions = field(default_factory=Definitions)
    names: "itertools.count[int]" = field(default_factory=itertools.count)
    unusable: dict[Quantity, int] = field(default_factory=dict)
    given: set[Key] = field(default_factory=set)
    lines: dict[tuple[str, int], int | None] = field(default_factory=dict)

    def fresh(self, letter: str) -> str:
        """A name for an index that stands nowhere else, after the letter that the page has."""
        return f"{letter.split('#')[0]}#{next(self.names)}"

    def reader(self, reading: Reading, parameters: Mapping[str, Value] | None = None) -> Reader:
        """A reader of one formula or equation, in which the `parameters` stand for these values."""
        made = Reader(self.symbols, self.functions, reading, self.names)
        made.parameters = dict(parameters or {})
        return made

    def is_function(self, symbol: Symbol) -> bool:
        """Whether a bracket behind the symbol can be an application."""
        name = self.symbols.base(symbol)
        return any(name == known for known, _ in self.functions) or is_standard(name)


def claim(vocabulary: Vocabulary, left: Node, right: Node, reading: Reading) -> Claim:
    """The claim that an equation makes. Raises `Unreadable`, `Misfit` or `OrdersDiffer`."""
    reader = vocabulary.reader(reading, _arguments(vocabulary, left))
    reader.silent = _silent_step(vocabulary.symbols, left, right, reading)
    stated = reader.value(left)
    letters = _free_letters(stated, _is_single(left), reader.below_brackets, reading)
    binding = Binding(reading, reader.fresh)
    bound = binding.bound(stated.body, frozenset((*letters, *stated.axes)))
    derived = _right_side(reader, right, reading, free_steps(bound))
    body = _with_axes_of(stated, letters, derived, reading)
    body = binding.bound(body, frozenset((*letters, *stated.axes)))
    _require_paths(vocabulary.definitions, bound, body)
    _require_usable(vocabulary, bound, body)
    return _claim(bound, body, (*letters, *stated.axes), reader.last_is)


def _require_usable(vocabulary: Vocabulary, *sides: Expression) -> None:
    """Raise `Unreadable` where something is met that the document defines by what cannot be used."""
    for node in all_of(vocabulary.definitions, sides):
        if isinstance(node, Entry) and node.quantity in vocabulary.unusable:
            line = vocabulary.unusable[node.quantity]
            raise Unreadable(f"{node.quantity.name} is defined on line {line} by what cannot be used")
        known = not isinstance(node, Function) or node.name in vocabulary.definitions.functions
        if isinstance(node, Function) and not (known or is_standard(node.name)):
            raise Unreadable(f"{node.name} is defined anew by more than its argument, or by what cannot be used")


def _require_paths(definitions: Definitions, *sides: Expression) -> None:
    """Raise `Unreadable` for a derivative by what is defined beside the numerator, not on the way to it."""
    for node in (node for side in sides for node in walk(side) if isinstance(node, Partial)):
        if not leads_to(definitions, node.of, node.by.quantity):
            raise Unreadable(f"the numerator is not defined by way of {node.by.quantity.name}")


def _arguments(vocabulary: Vocabulary, left: Node) -> dict[str, Value]:
    """The letters that stand for any number: those of σ'(z), where z is no symbol."""
    calls = [node for node in nodes(left) if isinstance(node, Adjacent) and vocabulary.is_function(node.symbol)]
    letters = [one for node in calls for one in node.bracket.entries if isinstance(one, Symbol)]
    unknown = [one for one in letters if vocabulary.symbols.known(one) is None and not (one.below or one.above)]
    return {name: _any_number(name) for name in map(vocabulary.symbols.base, unknown)}


def _any_number(name: str) -> Value:
    """A quantity without axes that nothing defines, so that it takes any value."""
    return Value((), Entry(Quantity(f"the argument {name}", (), False), None, ()))


def claim_on_function(vocabulary: Vocabulary, parameters: Sequence[str], left: Node, right: Node) -> Claim:
    """The claim of an equation f(x, y) = … about a function that is defined already, for numbers x and y.

    Raises `Unreadable` or `Misfit`.
    """
    reader = vocabulary.reader(Reading(), {name: _any_number(name) for name in parameters})
    sides = [reader.value(side) for side in (left, right)]
    if any(value.axes for value in sides):
        raise Unreadable("the value of a function must be a number")
    binding = Binding(reader.reading, reader.fresh)
    stated, derived = (binding.bound(value.body, frozenset()) for value in sides)
    return _claim(stated, derived, (), None)


def axes_of(vocabulary: Vocabulary, name: Name, scripts: Scripts, right: Node) -> tuple[Range, ...]:
    """The axes of a new quantity with these scripts, from what is said to equal it. Raises what `claim` does.

    Where it stands on the right as well, as in a recurrence, its axes there are those on the left.
    """
    unknown = tuple((f"{UNKNOWN}{n}",) for n in range(len(scripts.indices) or 1))
    if scripts.step is None:
        return _axes_on(vocabulary, scripts, right)
    provisional = vocabulary.symbols.add(name, unknown, timed=True)
    try:
        return _axes_on(vocabulary, scripts, right)
    finally:
        vocabulary.symbols.remove(provisional)


def _axes_on(vocabulary: Vocabulary, scripts: Scripts, right: Node) -> tuple[Range, ...]:
    reading = Reading()
    reader = vocabulary.reader(reading)
    letters = tuple(str(index) for index in scripts.indices)
    if scripts.step is not None:
        reader.silent = scripts.step
    derived = _right_side(reader, right, reading, {scripts.step.anchor} if scripts.step else set())
    if letters and derived.axes:
        derived = Value((), _with_axes_of(Value((), ZERO), letters, derived, reading))
    body = Binding(reading, reader.fresh).bound(derived.body, frozenset((*letters, *derived.axes)))
    ranges = Ranges()
    ranges.infer(body)
    for n, index in enumerate(letters or derived.axes):
        ranges.same(f"{UNKNOWN}{n}", index)
    return tuple(ranges.of(index) for index in letters or derived.axes)


def _claim(left: Expression, right: Expression, free: tuple[str, ...], last_is: int | None) -> Claim:
    ranges = Ranges()
    ranges.infer(left)
    ranges.infer(right)
    steps = tuple(sorted(free_steps(left)))
    if len(steps) > MOST_STEP_LETTERS:
        raise Unreadable(f"it has more than {MOST_STEP_LETTERS} letters for steps")
    known = {**ranges.all(), **{index: ranges.of(index) for index in free}}
    return Claim(left, right, free, steps, known, last_is)


def _right_side(reader: Reader, right: Node, reading: Reading, stated: set[str]) -> Value:
    reader.immediate = True
    derived = reader.value(right)
    body = derived.body
    for letter in sorted(free_steps(body) - stated):
        options = (f"{_shown(letter)} is the last step", f"{_shown(letter)} is summed over every step")
        if reading.choose(("step", letter), *options) == 0:
            body = moved(body, {letter: Step(LAST, 0)})
        else:
            reading.doubtful = options[1]
            bound = reader.fresh(letter)
            body = OverSteps(bound, Step("", 1), Step(LAST, 0), moved(body, {letter: Step(bound, 0)}))
    return derived._replace(body=body)


def _silent_step(symbols: Symbols, left: Node, right: Node, reading: Reading) -> Step:
    """At which step a timed symbol is meant that bears none."""
    last, every = Step(LAST, 0), Step(SILENT, 0)
    silent = [name for name in nodes(left) if _is_silent(symbols, name)]
    if silent:
        main = _numerator(left)
        options = ["symbols without a step are meant at every step", "symbols without a step are meant at the last one"]
        steps = [every, last]
        if not any(name is main for name in silent):
            options, steps = options[::-1], steps[::-1]
        return steps[reading.choose("silent", *options)]
    if any(_is_silent(symbols, name) for name in nodes(right)):
        reading.remark("symbols without a step are meant at the last one")
    return last


def _is_silent(symbols: Symbols, node: Node) -> bool:
    if not isinstance(node, Symbol) or symbols.known(node) is None:
        return False
    try:
        named = symbols.name_of(node)
    except Unreadable:
        return False
    return named.quantity.timed and named.step is None


def _numerator(left: Node) -> Node:
    while isinstance(left, At | Derivative):
        left = left.of
    return left


def _is_single(left: Node) -> bool:
    return isinstance(_numerator(left), Symbol)


def _free_letters(stated: Value, single: bool, below_brackets: set[str], reading: Reading) -> tuple[str, ...]:
    """The letters of the left-hand side; in a compound one those that stand twice in a product may be summed."""
    letters = tuple(dict.fromkeys(i for i in free_indices(stated.body) if i not in stated.axes))
    if single:
        return letters
    denominators = {i for node in walk(stated.body) if isinstance(node, Partial) for i in node.by.indices}
    twice = {letter for letter, times in _occurrences(stated.body).items() if times > 1}
    summed = {
        letter
        for letter in sorted(twice - denominators - below_brackets)
        if reading.choose(("free", letter), "", f"{letter} is summed on the left") == 1
    }
    return tuple(letter for letter in letters if letter not in summed)


def _occurrences(node: Expression) -> Counter[str]:
    """How often each index stands in one product at most: of the terms of a sum, the one with the most counts."""
    counts: Counter[str] = Counter(index for index in own_indices(node) if isinstance(index, str))
    for part in parts(node):
        counts = counts | _occurrences(part) if isinstance(node, Plus) else counts + _occurrences(part)
    if isinstance(node, Total):
        del counts[node.index]
    return counts


def _with_axes_of(stated: Value, letters: tuple[str, ...], derived: Value, reading: Reading) -> Expression:
    """The right-hand side with the axes of the left. Raises `OrdersDiffer`."""
    if len(derived.axes) == len(stated.axes):
        return renamed(derived.body, dict(zip(derived.axes, stated.axes, strict=True)))
    if not derived.axes and isinstance(derived.body, Constant):
        return derived.body
    if not stated.axes:
        lost = tuple(letter for letter in letters if letter not in free_indices(derived.body))
        taken = lost or letters[:1]
        if len(taken) == len(derived.axes):
            names = ", ".join(taken)
            reading.remark(f"what bears no index on the right is meant at {names}")
            return renamed(derived.body, dict(zip(derived.axes, taken, strict=True)))
    order = len(stated.axes) or len(letters)
    raise OrdersDiffer(f"the left-hand side has order {order}, the right-hand side order {len(derived.axes)}")


def _shown(letter: str) -> str:
    return letter.split("#")[0]
