"""What a document defines, and what its glossary does."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

from bptt.proofread.expressions import (
    LAST,
    Claim,
    Definition,
    Entry,
    Expression,
    Parameter,
    Quantity,
    Step,
    renamed,
    walk,
)
from bptt.proofread.semantics.binding import Binding
from bptt.proofread.semantics.circles import function_goes_round, goes_round
from bptt.proofread.semantics.claims import Key, OrdersDiffer, Vocabulary, axes_of, claim
from bptt.proofread.semantics.glossary import Glossary, GlossaryError
from bptt.proofread.semantics.latex import equation
from bptt.proofread.semantics.ranges import Misfit, Ranges
from bptt.proofread.semantics.reader import Defined, is_standard
from bptt.proofread.semantics.readings import Reading
from bptt.proofread.semantics.symbols import Scripts, Symbols
from bptt.proofread.semantics.values import Value
from bptt.proofread.syntax import Adjacent, Node, Symbol, Unreadable

T = TypeVar("T")
FINDINGS = (Unreadable, Misfit, OrdersDiffer)


class Circular(Unreadable):
    """What would be a definition goes round in a circle: it is a claim on what is defined elsewhere, or nowhere."""


class Subject(NamedTuple):
    """What an equation defines if it is a definition: a quantity, at one step or at all of them, or a function."""

    name: str
    rank: int
    timed: bool
    fixed: Step | None  # the one step that it speaks of
    function: bool = False

    @property
    def key(self) -> Key:
        """What it is about, whichever its step."""
        return self.name, self.rank, self.timed, self.function


def vocabulary(glossary: Glossary) -> Vocabulary:
    """The vocabulary of a glossary, with its definitions and defaults. Raises `GlossaryError`."""
    made = Vocabulary(Symbols(glossary))
    made.definitions.positive.update(made.symbols.positive)
    given = [_Given(latex) for latex in (*glossary.definitions, *glossary.defaults)]
    failed = in_any_order(given, lambda one: define(made, *one.sides, None))
    for one, error in failed:
        raise GlossaryError(f"the definition {one.latex}: {error}") from error
    standing = (subject(made, one.sides[0]) for one in given[: len(glossary.definitions)])
    made.given.update(about.key for about in standing if about is not None)
    return made


class _Given:
    """An equation of a glossary."""

    def __init__(self, latex: str) -> None:
        self.latex = latex
        try:
            self.sides = equation(latex)
        except Unreadable as error:
            raise GlossaryError(f"the definition {latex}: {error}") from error


def in_any_order(given: Sequence[T], take: Callable[[T], None]) -> list[tuple[T, Exception]]:
    """Take definitions of which some need others, whichever stands first; those that cannot be taken, and why."""
    while True:
        failed: list[tuple[T, Exception]] = []
        for one in given:
            try:
                take(one)
            except (*FINDINGS, RecursionError) as error:
                failed.append((one, error))
        if len(failed) in (0, len(given)):
            return failed
        given = [one for one, _ in failed]


def subject(known: Vocabulary, left: Node) -> Subject | None:
    """What an equation with this left-hand side would define; None if it can only be a claim."""
    if isinstance(left, Adjacent):
        return _function(known, left)
    if not isinstance(left, Symbol) or left.primes:
        return None
    try:
        if known.symbols.brings_in(left):
            name, timed, scripts = known.symbols.introduce(left)
            spelled, rank = known.symbols.spelled(name), len(scripts.indices)
        else:
            named = known.symbols.name_of(left)
            scripts = Scripts(*named[1:])
            spelled, rank, timed = named.quantity.name, len(named.quantity.axes), named.quantity.timed
    except Unreadable:
        return None
    letters = [index for index in scripts.indices if isinstance(index, str)]
    if scripts.transposed or scripts.power is not None or len(set(letters)) < len(scripts.indices):
        return None
    fixed = scripts.step if scripts.step and not known.symbols.is_step_letter(scripts.step.anchor) else None
    return Subject(spelled, rank, timed, fixed)


def _function(known: Vocabulary, left: Adjacent) -> Subject | None:
    parameters = parameters_of(known, left)
    name = known.symbols.base(left.symbol)
    if (left.applied or is_standard(name)) and (name, len(left.bracket.entries)) not in known.functions:
        return None
    if parameters is None or (known.symbols.known(left.symbol) and not known.is_function(left.symbol)):
        return None
    return Subject(known.symbols.base(left.symbol), len(parameters), False, None, function=True)


def parameters_of(known: Vocabulary, left: Adjacent) -> tuple[str, ...] | None:
    """The parameters of f(x, y), if that is all that stands there."""
    entries = left.bracket.entries
    bare = not (left.symbol.below or left.symbol.above or left.symbol.primes or left.below or left.above)
    if not bare or not all(isinstance(one, Symbol) and not (one.below or one.above or one.primes) for one in entries):
        return None
    names = tuple(known.symbols.base(one) for one in entries if isinstance(one, Symbol))
    return names if len(set(names)) == len(names) else None


def define(known: Vocabulary, left: Node, right: Node, line: int | None) -> None:
    """Take an equation for the definition of its left-hand side. Raises `Unreadable`, `Misfit` or `OrdersDiffer`."""
    if isinstance(left, Adjacent):
        _define_function(known, left, right)
        known.lines[known.symbols.base(left.symbol), len(left.bracket.entries)] = line
        return
    if not isinstance(left, Symbol):
        raise Unreadable("what is defined must be one symbol or a function")
    introduced = _introduce(known, left, right) if known.symbols.brings_in(left) else None
    try:
        _add(known, claim(known, left, right, Reading()), line)
    except FINDINGS:
        if introduced is not None:
            known.symbols.remove(introduced)
        raise


def _add(known: Vocabulary, stated: Claim, line: int | None) -> None:
    entry = stated.left
    if not isinstance(entry, Entry) or not all(isinstance(index, str) for index in entry.indices):
        raise Unreadable("what is defined must be every entry of a quantity")
    if len(set(entry.indices)) < len(entry.indices):
        raise Unreadable("an index stands twice in what is defined")
    names = {index: known.fresh(str(index)) for index in entry.indices}
    ranges = {names.get(index, index): over for index, over in stated.ranges.items()}
    known.definitions.ranges.update({index: over for index, over in ranges.items() if "#" in index})
    indices = tuple(names[index] for index in entry.indices)
    definition = Definition(entry.quantity, entry.step, indices, renamed(stated.right, dict(names)), line)
    quantities = known.definitions.quantities
    before = quantities.get(entry.quantity)
    kept = [one for one in before or [] if one.line is not None or not _of_the_same_steps(one, definition)]
    quantities[entry.quantity] = [*kept, definition]
    if goes_round(known.definitions, entry.quantity):
        del quantities[entry.quantity]
        quantities |= {entry.quantity: before} if before else {}
        raise Circular(f"{entry.quantity.name} is defined by itself")


def _of_the_same_steps(one: Definition, other: Definition) -> bool:
    """Whether both speak of all steps, or of the same one."""
    steps = [definition.step for definition in (one, other)]
    general = [step is None or step.anchor not in ("", LAST) for step in steps]
    return all(general) or steps[0] == steps[1]


def line_of(known: Vocabulary, about: Subject) -> tuple[int | None] | None:
    """The line of the definition that holds for a subject, None for one of the glossary; None if there is none."""
    if about.function:
        function = (about.name, about.rank)
        return (known.lines[function],) if function in known.lines else None
    definitions = definitions_of(known, about)
    alone = [one for one in definitions if one.step == about.fixed]
    return ((alone or definitions)[-1].line,) if definitions else None


def definitions_of(known: Vocabulary, about: Subject) -> list[Definition]:
    """What is defined of the quantity that a subject is, at all steps or at single ones."""
    for quantity, definitions in known.definitions.quantities.items():
        if (quantity.name, len(quantity.axes), quantity.timed, False) == about.key:
            return definitions
    return []


def _introduce(known: Vocabulary, left: Symbol, right: Node) -> Quantity:
    """A quantity that the document brings in: its axes are what its right-hand side says."""
    name, timed, scripts = known.symbols.introduce(left)
    axes = axes_of(known, name, scripts, right)
    return known.symbols.add(name, axes, timed)


def _define_function(known: Vocabulary, left: Adjacent, right: Node) -> None:
    parameters = parameters_of(known, left)
    if parameters is None:
        raise Unreadable("a function is defined by its letters alone, as in f(x)")
    name = known.symbols.base(left.symbol)
    closed = len(parameters) == 1 and _define_by_one(known, name, parameters[0], right)
    known.functions[name, len(parameters)] = Defined(parameters, right, closed)


def _define_by_one(known: Vocabulary, name: str, parameter: str, right: Node) -> bool:
    """Take up the value of a function, if it depends on its parameter alone; whether it does."""
    body = _body_of(known, parameter, right)
    bodies = known.definitions.functions
    before = bodies.pop(name, None)
    if any(isinstance(node, Entry) for node in walk(body)):
        return False
    bodies[name] = body
    if function_goes_round(known.definitions, name):
        del bodies[name]
        bodies |= {name: before} if before is not None else {}
        raise Circular(f"{name} is defined by itself")
    return True


def _body_of(known: Vocabulary, parameter: str, right: Node) -> Expression:
    """The value of a function, in terms of its parameter. Raises `Unreadable` or `Misfit`."""
    reader = known.reader(Reading(), {parameter: Value((), Parameter())})
    value = reader.value(right)
    if value.axes:
        raise Unreadable("the value of a function must be a number")
    body = Binding(reader.reading, reader.fresh).bound(value.body, frozenset())
    ranges = Ranges()
    ranges.infer(body)
    known.definitions.ranges.update(ranges.all())
    return body
