"""What a document defines, and what its glossary does."""

from typing import NamedTuple

from bptt.proofread._expressions import Claim, Definition, Entry, Parameter, Step
from bptt.proofread._traversal import rename, walk
from bptt.proofread.semantics._claims import elaborate_number, infer_axes, state_claim
from bptt.proofread.semantics._dependencies import function_has_cycle, has_cycle
from bptt.proofread.semantics._glossary import Glossary, GlossaryError
from bptt.proofread.semantics._interpretation import Interpretation
from bptt.proofread.semantics._latex import parse_definition
from bptt.proofread.semantics._ranges import Ranges
from bptt.proofread.semantics._refusals import REFUSALS
from bptt.proofread.semantics._symbols import Symbols
from bptt.proofread.semantics._values import Value
from bptt.proofread.semantics._vocabulary import FunctionDefinition, Key, Vocabulary, get_key, is_standard
from bptt.proofread.syntax.tree import Adjacent, Node, Symbol, Unreadable


class Circular(Unreadable):
    """What would be a definition goes round in a circle: it is a claim on what is defined elsewhere, or nowhere."""


class Target(NamedTuple):
    """What an equation defines if it is a definition: a quantity, at one step or at all of them, or a function."""

    key: Key
    fixed: Step | None = None  # the one step that it speaks of


def build_vocabulary(glossary: Glossary) -> Vocabulary:
    """Build the vocabulary of a glossary, with its definitions and defaults. Raises `GlossaryError`."""
    vocabulary = Vocabulary(Symbols(glossary))
    vocabulary.definitions.positive.update(vocabulary.symbols.positive)
    given = [(latex, parse_definition(latex)) for latex in (*glossary.definitions, *glossary.defaults)]
    waiting = given
    while waiting:  # some need others, whichever stands first
        failed, errors = [], []
        for latex, sides in waiting:
            try:
                define(vocabulary, *sides, None)
            except (*REFUSALS, RecursionError) as error:
                failed.append((latex, sides))
                errors.append(error)
        if len(failed) == len(waiting):
            raise GlossaryError(f"the definition {failed[0][0]}: {errors[0]}") from errors[0]
        waiting = failed
    targets = (find_target(vocabulary, left) for _, (left, _) in given[: len(glossary.definitions)])
    vocabulary.given.update(target.key for target in targets if target is not None)
    return vocabulary


def find_target(vocabulary: Vocabulary, left: Node) -> Target | None:
    """Find what an equation with this left-hand side would define; None if it can only be a claim."""
    symbols = vocabulary.symbols
    if isinstance(left, Adjacent):
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
    letters = {index for index in scripts.indices if isinstance(index, str)}
    if scripts.transposed or scripts.power is not None or len(letters) < len(scripts.indices):
        return None
    fixed = scripts.step if scripts.step and not symbols.notation.is_step_letter(scripts.step.anchor) else None
    return Target(key, fixed)


def _find_function(vocabulary: Vocabulary, left: Adjacent) -> Target | None:
    parameters = get_parameters(vocabulary, left)
    name = vocabulary.symbols.get_base(left.symbol)
    if (left.applied or is_standard(name)) and (name, len(left.bracket.entries)) not in vocabulary.functions:
        return None
    if parameters is None or (vocabulary.symbols.find_name(left.symbol) and not vocabulary.may_apply(left.symbol)):
        return None
    return Target(Key(name, len(parameters), function=True))


def get_parameters(vocabulary: Vocabulary, left: Adjacent) -> tuple[str, ...] | None:
    """Return the parameters of f(x, y), if that is all that stands there."""
    entries = left.bracket.entries
    bare = not (left.symbol.below or left.symbol.above or left.symbol.primes or left.below or left.above)
    if not bare or not all(isinstance(one, Symbol) and not (one.below or one.above or one.primes) for one in entries):
        return None
    names = tuple(vocabulary.symbols.get_base(one) for one in entries if isinstance(one, Symbol))
    return names if len(set(names)) == len(names) else None


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
    if isinstance(left, Adjacent):
        _define_function(vocabulary, left, right, line)
        return
    if not isinstance(left, Symbol):
        raise Unreadable("what is defined must be one symbol or a function")
    introduced = None
    if vocabulary.symbols.brings_in(left):
        name, scripts = vocabulary.symbols.introduce(left)
        axes = infer_axes(vocabulary, name, scripts, right)
        introduced = vocabulary.symbols.add(name, axes, scripts.step is not None)
    try:
        _define_quantity(vocabulary, state_claim(vocabulary, left, right, Interpretation()), line)
    except REFUSALS:
        if introduced is not None:
            vocabulary.symbols.remove(introduced)
        raise


def _define_quantity(vocabulary: Vocabulary, claim: Claim, line: int | None) -> None:
    entry = claim.left
    if not isinstance(entry, Entry) or not all(isinstance(index, str) for index in entry.indices):
        raise Unreadable("what is defined must be every entry of a quantity")
    if len(set(entry.indices)) < len(entry.indices):
        raise Unreadable("an index stands twice in what is defined")
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


def _is_of_same_steps(one: Step | None, other: Step | None) -> bool:
    """Whether definitions at these steps are both of all steps, or of the same one."""
    return one == other or not any(step is not None and step.is_fixed for step in (one, other))


def _define_function(vocabulary: Vocabulary, left: Adjacent, right: Node, line: int | None) -> None:
    parameters = get_parameters(vocabulary, left)
    if parameters is None:
        raise Unreadable("a function is defined by its letters alone, as in f(x)")
    name = vocabulary.symbols.get_base(left.symbol)
    closed = len(parameters) == 1 and _define_closed(vocabulary, name, parameters[0], right)
    vocabulary.functions[name, len(parameters)] = FunctionDefinition(parameters, right, closed)
    vocabulary.lines[name, len(parameters)] = line


def _define_closed(vocabulary: Vocabulary, name: str, parameter: str, right: Node) -> bool:
    """Take up the value of a function if it depends on its parameter alone; return whether it does."""
    definitions = vocabulary.definitions
    body = elaborate_number(vocabulary, right, {parameter: Value((), Parameter())})
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
