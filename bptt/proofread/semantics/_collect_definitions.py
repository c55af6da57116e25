"""Which equations of a document define what they are about: the first for each quantity that can be used.

What the equations are about is found before any is read. They are taken in the order in which they need one another.
A symbol of the glossary stays free where an equation gives it a value: that is an assumption, used nowhere else.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Literal, NamedTuple

from bptt.proofread._expressions import LAST, Entry, Quantity
from bptt.proofread._traversal import walk
from bptt.proofread.semantics._definitions import (
    NoDefinition,
    OpenLetters,
    Target,
    define,
    find_target,
    get_parameters,
    list_definitions,
)
from bptt.proofread.semantics._fold import fold
from bptt.proofread.semantics._notation import parse_exponent
from bptt.proofread.semantics._refusals import REFUSALS
from bptt.proofread.semantics._uses import Candidate, Uses
from bptt.proofread.semantics._vocabulary import Assumed, FunctionDefinition, Vocabulary, get_key
from bptt.proofread.syntax import is_mark
from bptt.proofread.syntax.tree import (
    Application,
    Node,
    Symbol,
    Unreadable,
    list_symbols,
    nodes,
    read_call,
    strip_brackets,
)

MOST_TRIED = 10  # equations for one quantity, of which the first that can be used is taken
_CONSTANTS = ("I", r"\mathbf{I}", r"\mathbf{0}", r"\mathbf{1}", r"\mathbb{1}")
MOST_ROUNDS = 20  # in which definitions wait for others that stand behind them

Role = Literal["taken up", "assumed", "repeats the glossary"]


class Collected(NamedTuple):
    """What the equations are that are no claims, and why those are not used that would be definitions."""

    roles: Mapping[int, Role]
    unused: Mapping[int, Exception]


def normalise_left(vocabulary: Vocabulary, left: Node, right: Node) -> Node:
    """Return the symbol or the function that a left-hand side is about: J of J(θ), f(x) of a function, h_t of h(t)."""
    call = read_call(left)
    if call is None or (is_mark(call.function) and vocabulary.symbols.find_name(call.function) is None):
        return left  # d(S^{-1}) is a differential
    symbol, held = call.function, vocabulary.symbols.get_held(call.function)
    notation, timed = vocabulary.symbols.notation, any(one.timed for one in held)
    at_a_step = len(call.arguments) == 1 and notation.bears_letter(call.arguments[0])
    at_one_step = len(call.arguments) == 1 and notation.parse_step(call.arguments[0]) is not None
    if (at_a_step and not held) or (at_one_step and timed):
        return _add_step(vocabulary, symbol, call.arguments[0])
    is_function = vocabulary.defines_function(vocabulary.symbols.get_base(symbol))
    if held and not is_function:
        return symbol if _is_about(vocabulary, call, right) else left
    return call if vocabulary.may_apply(symbol) or not _is_about(vocabulary, call, right) else symbol


def _add_step(vocabulary: Vocabulary, symbol: Symbol, step: Node) -> Symbol:
    if vocabulary.symbols.notation.time_below:
        return replace(symbol, below=(*symbol.below, step))
    return replace(symbol, above=(*symbol.above, step))


def _is_about(vocabulary: Vocabulary, call: Application, right: Node) -> bool:
    """Whether what stands in the bracket only says on what the symbol depends: known symbols, or indices."""
    symbols, base = vocabulary.symbols, vocabulary.symbols.get_base(call.function)
    parameters = get_parameters(vocabulary, call)
    used = {symbols.get_base(one) for one in nodes(right) if isinstance(one, Symbol)}
    if parameters is None or base in used:  # λ(a) = λ(b) says nothing of what λ depends on
        return False
    if base in vocabulary.applied and symbols.find_name(call.function) is None:
        return False
    return all(
        symbols.is_declared(Symbol(name)) or name in vocabulary.subjects or name not in used for name in parameters
    )


def collect_definitions(
    vocabulary: Vocabulary,
    candidates: Mapping[int, Candidate],
    unread: Sequence[tuple[Node, int]],
    holds: Callable[[Node, Node], bool],
) -> Collected:
    """Take the definitions of a document into the vocabulary. One step alone only where not all are.

    `unread` has the left-hand sides, with their lines, of equations whose right-hand side is not read: where the
    document defines what cannot be used, no default may stand in its place. `holds` says whether an equation is right
    by what is known so far.
    """
    collection = _Collection(vocabulary, candidates, holds)
    for left, line in unread:
        collection.lose(left, line)
    targets = {n: target for n in sorted(candidates) if (target := collection.find_target(n)) is not None}
    failed = collection.take([n for n, target in targets.items() if not _is_one_step(target)])
    failed |= collection.take([n for n, target in targets.items() if _is_one_step(target)])
    collection.take(sorted(failed))  # once more, now that single steps are known
    failed = {n: why for n, why in failed.items() if n not in collection.roles}
    for n, why in failed.items():
        if not isinstance(why, NoDefinition):
            collection.give_up(targets[n], candidates[n].line)
        if isinstance(why, OpenLetters):
            collection.note_unused(n)
    fold(vocabulary.definitions)
    return Collected(collection.roles, failed)


def _is_one_step(target: Target) -> bool:
    """Whether it speaks of a single step that is not the one before the first."""
    return target.fixed is not None and not (target.fixed.anchor == "" and target.fixed.offset <= 0)


def _is_claim(vocabulary: Vocabulary, target: Target) -> bool:
    """Whether all steps are defined already, that one among them: not the last, if each is defined by the next."""
    for definition in list_definitions(vocabulary, target.key):
        step = definition.step
        if step is None or step.is_fixed:
            continue
        entries = [node for node in walk(definition.body) if isinstance(node, Entry)]
        steps = [node.step for node in entries if node.quantity == definition.quantity and node.step is not None]
        backwards = any(one.anchor == step.anchor and one.offset > step.offset for one in steps)
        return not (backwards and target.fixed is not None and target.fixed.anchor == LAST)
    return False


class _Collection:
    """The definitions taken so far."""

    def __init__(
        self, vocabulary: Vocabulary, candidates: Mapping[int, Candidate], holds: Callable[[Node, Node], bool]
    ) -> None:
        self.vocabulary = vocabulary
        self.candidates = candidates
        self.holds = holds
        self.roles: dict[int, Role] = {}
        self.defined: set[Target] = set()
        self.uses = Uses(vocabulary, candidates)
        self.second: set[int] = set()  # what is an assumption, too, should an earlier definition not be read
        for n in self._list_assumptions():
            left, right = candidates[n][:2]
            self.roles[n] = "assumed"
            quantity = self._find_declared(left)
            if quantity is not None:
                late: Assumed = "formula" if find_target(vocabulary, left) is None else "late"
                vocabulary.assumed[quantity] = "value" if self._is_value(right) else late
                vocabulary.late[quantity] = (left, right)

    def _list_assumptions(self) -> Iterator[int]:
        """List the equations that give a symbol of the glossary a value which others do not need."""
        defined: set[Quantity] = set()
        late: list[int] = []
        for n, (left, right, _, defines) in sorted(self.candidates.items(), key=lambda item: self.uses.places[item[0]]):
            quantity = self._find_declared(left)
            if quantity is None or defines or quantity in self.vocabulary.definitions.quantities:
                continue
            if self._is_fixed(left):
                continue
            if self.uses.solves(self.candidates[n]):
                yield n
                continue
            is_early = self.uses.is_used_before(n, quantity)
            if quantity in defined:
                self.second |= {n} if is_early or self._is_value(right) else set()
            elif find_target(self.vocabulary, left) is None:
                # R_nn = …, S^{-1} = …: it is known in part, or by its inverse
                if all(self._find_declared(node) != quantity for node in list_symbols(right)):
                    yield n
            elif self._is_value(right):
                yield n
            else:
                defined.add(quantity)
                late += [n] if is_early else []
        yield from set(late) - self.uses.find_needed(late)

    def _find_declared(self, left: Node) -> Quantity | None:
        symbols = self.vocabulary.symbols
        found = symbols.find(left) if isinstance(left, Symbol) else None
        return found.quantity if found is not None and found.quantity in symbols.declared else None

    def _is_fixed(self, left: Node) -> bool:
        """Whether a symbol bears a step that is fixed."""
        found = self.vocabulary.symbols.find(left) if isinstance(left, Symbol) else None
        return found is not None and found.scripts.step is not None and found.scripts.step.is_fixed

    def _is_value(self, right: Node) -> bool:
        """Whether a formula is a number, or another symbol of the glossary alone."""
        right = strip_brackets(right)
        if isinstance(right, Symbol):
            powers = [item for item in right.above if parse_exponent(item) is not None]
            return (self._find_declared(right) is not None and not powers) or right.name in _CONSTANTS
        names = [node for node in nodes(right) if isinstance(node, Symbol)]
        return all(self.vocabulary.symbols.notation.find_size(name) for name in names)

    def find_target(self, n: int) -> Target | None:
        """Find what an equation would define by now; None if that is defined already."""
        target = find_target(self.vocabulary, self.candidates[n].left)
        if target is None or n in self.roles or target in self.defined:
            return None
        if target.key in self.vocabulary.given or target in self.vocabulary.repeated:
            return None
        return None if _is_one_step(target) and _is_claim(self.vocabulary, target) else target

    def take(self, candidates: Sequence[int]) -> dict[int, Exception]:
        """Take the first that can be used for each quantity, in the order in which they need one another."""
        waiting = self.uses.sort(candidates)
        unused: dict[int, Exception] = {}
        for rounds in range(MOST_ROUNDS + MOST_TRIED):
            before = len(self.roles)
            failed, later = self._take_round(waiting)
            if len(self.roles) > before and rounds < MOST_ROUNDS:
                waiting = self.uses.sort([*failed, *later])  # what failed may need what has been taken
            else:
                unused |= failed
                waiting = later
        return unused

    def _take_round(self, waiting: Sequence[int]) -> tuple[dict[int, Exception], list[int]]:
        """Try one for each quantity; return those that fail, and those that wait for an earlier one about the same."""
        failed: dict[int, Exception] = {}
        later: list[int] = []
        tried: set[Target] = set()
        for n in waiting:
            target = self.find_target(n)
            if target in tried:
                later.append(n)
            elif target is not None:
                tried.add(target)
                try:
                    self._take(n, target)
                except REFUSALS as error:
                    failed[n] = error
                except RecursionError:
                    failed[n] = Unreadable("it is nested too deeply")
                except Exception as error:  # one equation is no reason to lose the others
                    failed[n] = Unreadable(
                        f"an error of this program, please report it: {type(error).__name__}: {error}"
                    )
        return failed, later

    def _take(self, n: int, target: Target) -> None:
        left, right = self.candidates[n][:2]
        if n in self.second:
            self.roles[n] = "assumed"
            return
        if self._repeats_default(target, left, right):
            self.roles[n] = "repeats the glossary"
            self.vocabulary.repeated.setdefault(target, self.candidates[n].line)
            return
        define(self.vocabulary, *self.candidates[n][:3])
        self.roles[n] = "taken up"
        defined = find_target(self.vocabulary, left)  # its axes are known only now
        self.defined |= {defined} if defined is not None else set()

    def _repeats_default(self, target: Target, left: Node, right: Node) -> bool:
        """Whether an equation says what the glossary says: then the glossary's is kept, with all that it names."""
        if target.key.function or target in self.defined:
            return False
        defaults = [one for one in list_definitions(self.vocabulary, target.key) if one.line is None]
        return bool(defaults) and self.holds(left, right)

    def note_unused(self, n: int) -> None:
        """Take note that what an equation says of a symbol of the glossary is not used."""
        quantity = self._find_declared(self.candidates[n].left)
        if quantity is not None and quantity not in self.vocabulary.definitions.quantities:
            self.vocabulary.assumed[quantity] = "formula"

    def lose(self, left: Node, line: int) -> None:
        """Take note of an equation whose right-hand side is not read."""
        target = find_target(self.vocabulary, left)
        if target is not None and target.key not in self.vocabulary.given:
            self.give_up(target, line)

    def give_up(self, target: Target, line: int) -> None:
        """Forget what a default says of a quantity or a function, unless the document has another definition of it."""
        if _is_one_step(target) or target in self.defined:
            return
        name, order, timed, function = target.key
        if function:
            self.vocabulary.functions[name, order] = FunctionDefinition((), None, closed=False)
            if order == 1:
                self.vocabulary.definitions.functions.pop(name, None)
        elif not timed:
            self.vocabulary.symbols.lost.setdefault(name, line)
        for quantity in list(self.vocabulary.definitions.quantities):
            if get_key(quantity) == target.key:  # what the glossary only declares stays free
                self.vocabulary.unusable.setdefault(quantity, line)
