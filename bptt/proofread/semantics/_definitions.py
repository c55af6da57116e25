"""What a document defines, and what its glossary does."""

from collections.abc import Sequence
from contextlib import suppress
from fractions import Fraction
from typing import NamedTuple

from bptt.proofread._expressions import Claim, Definition, Entry, Parameter, Power, Quantity, Step
from bptt.proofread._traversal import find_free_indices, get_letter, rename, walk
from bptt.proofread.semantics._claims import Equation, elaborate_number, infer_axes, state_claim
from bptt.proofread.semantics._dependencies import function_has_cycle, has_cycle
from bptt.proofread.semantics._glossary import Glossary, GlossaryError
from bptt.proofread.semantics._interpretation import Interpretation
from bptt.proofread.semantics._latex import parse_definition
from bptt.proofread.semantics._notation import Scripts
from bptt.proofread.semantics._ranges import Ranges
from bptt.proofread.semantics._refusals import REFUSALS, Misfit, OrdersDiffer
from bptt.proofread.semantics._symbols import Name, Symbols
from bptt.proofread.semantics._values import Value
from bptt.proofread.semantics._vocabulary import FunctionDefinition, Key, Vocabulary, get_key, is_standard
from bptt.proofread.syntax.tree import Application, Node, Symbol, Unreadable, is_bare, nodes, read_call

_REDEFINED = ("sigmoid", "sigm", "relu", "ReLU", "softplus")  # standard, yet documents say what they are


class NoDefinition(Unreadable):
    """What would be a definition is none, but a claim on what is defined elsewhere, or nowhere."""


class Circular(NoDefinition):
    """It goes round in a circle."""


class Dangling(NoDefinition):
    """An index stands once on its right-hand side, and not on the left, of what is defined already."""


class OpenLetters(Unreadable):
    """An index stands once on its right-hand side, and not on the left, of what nothing defines."""


class Target(NamedTuple):
    """What an equation defines if it is a definition: a quantity, at one step or at all of them, or a function."""

    key: Key
    fixed: Step | None = None  # the one step that it speaks of


def build_vocabulary(glossary: Glossary) -> Vocabulary:
    """Build the vocabulary of a glossary, with its definitions and defaults. Raises `GlossaryError`."""
    vocabulary = Vocabulary(Symbols(glossary))
    vocabulary.definitions.properties.update(vocabulary.symbols.properties)
    stated, defaults = (
        [(latex, *_read_equation(latex, vocabulary.words)) for latex in equations]
        for equations in (glossary.definitions, glossary.defaults)
    )
    fixed = _require_single(vocabulary, stated)
    waiting = [*stated, *(one for one in defaults if find_target(vocabulary, one[1]) not in fixed)]
    while waiting:  # some need others, whichever stands first
        failed: list[tuple[str, Node, Node]] = []
        errors: list[Exception] = []
        for latex, left, right in waiting:
            try:
                define(vocabulary, left, right, None)
            except (*REFUSALS, RecursionError) as error:
                failed.append((latex, left, right))
                errors.append(error)
        if len(failed) == len(waiting):
            raise GlossaryError(f"the definition {failed[0][0]}: {errors[0]}") from errors[0]
        waiting = failed
    targets = (find_target(vocabulary, left) for _, left, _ in stated)  # their axes are known only now
    vocabulary.given.update(target.key for target in targets if target is not None)
    return vocabulary


def _read_equation(latex: str, words: frozenset[str]) -> tuple[Node, Node]:
    left, right = parse_definition(latex, words)
    return read_call(left) or left, right


def _require_single(vocabulary: Vocabulary, stated: Sequence[tuple[str, Node, Node]]) -> set[Target]:
    """Return what the definitions of a glossary are of, and require that it is different things."""
    found: dict[Target, str] = {}
    for latex, left, _ in stated:
        target = find_target(vocabulary, left)
        if target is not None and found.setdefault(target, latex) != latex:
            raise GlossaryError(f"definitions has {found[target]!r} and {latex!r}, which define the same symbol")
    return set(found)


def get_parameters(vocabulary: Vocabulary, left: Application) -> tuple[str, ...] | None:
    """Return the parameters of f(x, y), if that is all that stands there."""
    entries = left.arguments
    bare = not (left.function.above or left.function.primes)
    if not bare or not all(map(is_bare, entries)):
        return None
    names = tuple(vocabulary.symbols.get_base(one) for one in entries if isinstance(one, Symbol))
    return names if len(set(names)) == len(names) else None


def name_function(vocabulary: Vocabulary, symbol: Symbol) -> str:
    """Name a function: f, or f_{1}."""
    base = vocabulary.symbols.get_base(symbol)
    below = "".join(map(vocabulary.symbols.notation.spell, symbol.below))
    return f"{base}_{{{below}}}" if below else base


def find_target(vocabulary: Vocabulary, left: Node) -> Target | None:
    """Find what an equation with this left-hand side would define; None if it can only be a claim."""
    symbols = vocabulary.symbols
    if isinstance(left, Application):
        return _find_function(vocabulary, left)
    if not isinstance(left, Symbol) or left.primes:
        return None
    try:
        if symbols.brings_in(left):
            name, scripts = symbols.introduce(left)
            key = Key(name.latex, len(scripts.indices), scripts.step is not None)
        else:
            quantity, scripts = symbols.resolve(left)
            key = get_key(quantity)
    except Unreadable:
        return None
    if scripts.indices and len(scripts.indices) != key.order:
        return None
    letters = {index for index in scripts.indices if isinstance(index, str)}
    if scripts.transposed or scripts.power is not None or len(letters) < len(scripts.indices):
        return None
    fixed = scripts.step if scripts.step and not symbols.notation.is_step_letter(scripts.step.anchor) else None
    return Target(key, fixed)


def _find_function(vocabulary: Vocabulary, left: Application) -> Target | None:
    parameters = get_parameters(vocabulary, left)
    name = name_function(vocabulary, left.function)
    if parameters is None:
        return None
    kept = is_standard(name) and name not in _REDEFINED
    if kept and (name, len(parameters)) not in vocabulary.functions:
        return None
    if vocabulary.symbols.find_name(left.function) and not vocabulary.defines_function(name):
        return None
    return Target(Key(name, len(parameters), function=True))


def find_line(vocabulary: Vocabulary, target: Target) -> tuple[int | None] | None:
    """Find the line of the definition that holds for a target, None for one of the glossary; None if there is none."""
    if target.key.function:
        function = (target.key.name, target.key.order)
        return (vocabulary.lines[function],) if function in vocabulary.lines else None
    definitions = list_definitions(vocabulary, target.key)
    alone = [one for one in definitions if one.step == target.fixed]
    return ((alone or definitions)[-1].line,) if definitions else None


def list_definitions(vocabulary: Vocabulary, key: Key) -> list[Definition]:
    """List what is defined of a quantity, at all steps or at single ones."""
    for quantity, definitions in vocabulary.definitions.quantities.items():
        if get_key(quantity) == key:
            return definitions
    return []


def define(vocabulary: Vocabulary, left: Node, right: Node, line: int | None) -> None:
    """Take an equation for the definition of its left-hand side. Raises one of `REFUSALS`."""
    with vocabulary.define():
        if isinstance(left, Application):
            _define_function(vocabulary, left, right, line)
        elif isinstance(left, Symbol):
            try:
                _define_symbol(vocabulary, left, right, line)
            except (Misfit, OrdersDiffer):
                with vocabulary.symbols.turn():  # a text may have rows in one part and columns in another
                    _define_symbol(vocabulary, left, right, line)
                vocabulary.turned = True
        else:
            raise Unreadable("what is defined must be one symbol or a function")


def _define_symbol(vocabulary: Vocabulary, left: Symbol, right: Node, line: int | None) -> None:
    introduced = None
    if vocabulary.symbols.brings_in(left):
        name, scripts = vocabulary.symbols.introduce(left)
        axes, either = _infer_axes(vocabulary, name, scripts, right)
        introduced = vocabulary.symbols.add(name, axes, scripts.step is not None)
        if either:
            vocabulary.symbols.either.add(introduced)
    try:
        claim = state_claim(vocabulary, Equation(left, right), Interpretation())
        _define_quantity(vocabulary, claim, line)
        if introduced is not None and introduced.name.endswith("^{2}"):
            _define_root(vocabulary, left, introduced, line)
    except REFUSALS:
        if introduced is not None:
            vocabulary.symbols.remove(introduced)
        raise


def _infer_axes(
    vocabulary: Vocabulary, name: Name, scripts: Scripts, right: Node
) -> tuple[tuple[tuple[str, ...], ...], bool]:
    """Infer the axes of what is brought in: a vector in a recurrence, or else a number or a matrix."""
    try:
        return infer_axes(vocabulary, name, scripts, right)
    except REFUSALS:
        if scripts.indices or scripts.step is None:
            raise
        for order in (0, 2):
            with suppress(*REFUSALS):
                return infer_axes(vocabulary, name, scripts, right, order)
        raise


def _define_root(vocabulary: Vocabulary, left: Symbol, squared: Quantity, line: int | None) -> None:
    """Define σ as the root of what is called σ²."""
    symbols, definitions = vocabulary.symbols, vocabulary.definitions
    root = Symbol(left.name, left.below, tuple(item for item in left.above if symbols.notation.spell(item) != "2"))
    if symbols.find_name(root) is None:
        quantity = symbols.add(symbols.introduce(root)[0], squared.axes, squared.timed)
    else:
        quantity = symbols.resolve(root).quantity
    if quantity in definitions.quantities or quantity.axes != squared.axes:
        return
    made = definitions.quantities[squared][-1]
    names = {index: vocabulary.make_index(index) for index in made.indices}
    definitions.ranges.update({name: definitions.ranges[index] for index, name in names.items()})
    indices = tuple(names.values())
    body = Power(Entry(squared, made.step, indices), Fraction(1, 2))
    definitions.quantities[quantity] = [Definition(quantity, made.step, indices, body, line)]


def _define_quantity(vocabulary: Vocabulary, claim: Claim, line: int | None) -> None:
    entry = claim.left
    if not isinstance(entry, Entry) or not all(isinstance(index, str) for index in entry.indices):
        raise Unreadable("what is defined must be every entry of a quantity")
    if len(set(entry.indices)) < len(entry.indices):
        raise Unreadable("an index stands twice in what is defined")
    dangling = tuple(index for index in dict.fromkeys(find_free_indices(claim.right)) if index not in entry.indices)
    named = len(entry.indices) == len(entry.quantity.axes) and entry.quantity not in vocabulary.symbols.declared
    if dangling and ((entry.quantity.axes and not named) or entry.quantity in vocabulary.definitions.quantities):
        known = entry.quantity in vocabulary.definitions.quantities
        raise (Dangling if known else OpenLetters)(
            f"{get_letter(dangling[0])} stands once on the right, not on the left"
        )
    if dangling:
        entry = _make_family(vocabulary, entry, dangling, claim)
    names = {index: vocabulary.make_index(str(index)) for index in entry.indices}
    definitions = vocabulary.definitions
    definitions.ranges.update({names.get(index, index): axis for index, axis in claim.ranges.items()})
    made = Definition(entry.quantity, entry.step, tuple(names.values()), rename(claim.right, dict(names)), line)
    before = definitions.quantities.get(entry.quantity)
    # A default goes where the document speaks of the same steps; of two lines of the document, both stay.
    kept = [one for one in before or [] if one.line is not None or not _is_of_same_steps(one.step, made.step)]
    definitions.quantities[entry.quantity] = [*kept, made]
    if has_cycle(definitions, entry.quantity):
        del definitions.quantities[entry.quantity]
        definitions.quantities.update({entry.quantity: before} if before else {})
        raise Circular(f"{entry.quantity.name} is defined by itself")


def _make_family(vocabulary: Vocabulary, entry: Entry, letters: tuple[str, ...], claim: Claim) -> Entry:
    """Bring in a number for each value of the letters that its definition leaves open."""
    symbols = vocabulary.symbols
    name = next(name for name, held in symbols.quantities.items() if entry.quantity in held)
    symbols.remove(entry.quantity)
    axes = entry.quantity.axes + tuple(claim.ranges[letter] for letter in letters)
    made = symbols.add(name, axes, entry.quantity.timed)
    symbols.families[made] = tuple(map(get_letter, letters))
    return Entry(made, entry.step, entry.indices + letters)


def _is_of_same_steps(one: Step | None, other: Step | None) -> bool:
    """Whether definitions at these steps are both of all steps, or of the same one."""
    return one == other or not any(step is not None and step.is_fixed for step in (one, other))


def _define_function(vocabulary: Vocabulary, left: Application, right: Node, line: int | None) -> None:
    parameters = get_parameters(vocabulary, left)
    if parameters is None:
        raise Unreadable("a function is defined by its letters alone, as in f(x)")
    name = name_function(vocabulary, left.function)
    closed = len(parameters) == 1 and _define_closed(vocabulary, name, parameters[0], right)
    vocabulary.functions[name, len(parameters)] = FunctionDefinition(parameters, right, closed)
    vocabulary.lines[name, len(parameters)] = line


def _define_closed(vocabulary: Vocabulary, name: str, parameter: str, right: Node) -> bool:
    """Take up the value of a function if it depends on its parameter alone; return whether it does."""
    definitions = vocabulary.definitions
    try:
        body = elaborate_number(vocabulary, right, {parameter: Value((), Parameter())})
    except (OrdersDiffer, ValueError):
        symbols = (one for one in nodes(right) if isinstance(one, Symbol))
        if any(vocabulary.symbols.find_name(one) is not None for one in symbols):
            definitions.functions.pop(name, None)
            return False
        raise
    definitions.ranges.update(Ranges(body).get_all())
    before = definitions.functions.pop(name, None)  # a default holds no longer, unless this goes round
    if any(isinstance(node, Entry) for node in walk(body)):
        return False
    definitions.functions[name] = body
    if function_has_cycle(definitions, name):
        del definitions.functions[name]
        definitions.functions.update({} if before is None else {name: before})
        raise Circular(f"{name} is defined by itself")
    return True
