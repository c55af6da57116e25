"""Which equations of a document define what they are about: the first for each quantity that can be used."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from bptt.proofread._expressions import LAST, Entry
from bptt.proofread._traversal import walk
from bptt.proofread.semantics._definitions import Circular, Target, define, find_target, list_definitions
from bptt.proofread.semantics._fold import fold
from bptt.proofread.semantics._refusals import REFUSALS
from bptt.proofread.semantics._vocabulary import FunctionDefinition, Vocabulary, get_key
from bptt.proofread.syntax import Node, Unreadable

MOST_TRIED = 10  # equations for one quantity, of which the first that can be used is taken
MOST_ROUNDS = 20  # in which definitions wait for others that stand behind them


class Candidate(NamedTuple):
    """What can define something: both sides, and the line of the document."""

    left: Node
    right: Node
    line: int


class Collected(NamedTuple):
    """The equations that are definitions now, and those that would be but cannot be used, each with the reason."""

    used: frozenset[int]
    unused: Mapping[int, Exception]


def collect_definitions(
    vocabulary: Vocabulary, candidates: Mapping[int, Candidate], unread: Sequence[tuple[Node, int]]
) -> Collected:
    """Take the definitions of a document into the vocabulary. One step alone only where not all are.

    `unread` has the left-hand sides, with their lines, of equations whose right-hand side is not read: where the
    document defines what cannot be used, no default may stand in its place.
    """
    collection = _Collection(vocabulary, candidates)
    targets = {n: target for n in sorted(candidates) if (target := collection.find_target(n)) is not None}
    failed = collection.take([n for n, target in targets.items() if not _is_one_step(target)])
    failed |= collection.take([n for n, target in targets.items() if _is_one_step(target)])
    collection.take(sorted(failed))  # once more, now that single steps are known
    failed = {n: why for n, why in failed.items() if n not in collection.used}
    for n, why in failed.items():
        if not isinstance(why, Circular):
            collection.give_up(targets[n], candidates[n].line)
    for left, line in unread:
        target = find_target(vocabulary, left)
        if target is not None and target.key not in vocabulary.given:
            collection.give_up(target, line)
    fold(vocabulary.definitions)
    return Collected(frozenset(collection.used), failed)


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

    def __init__(self, vocabulary: Vocabulary, candidates: Mapping[int, Candidate]) -> None:
        self.vocabulary = vocabulary
        self.candidates = candidates
        self.used: set[int] = set()
        self.defined: set[Target] = set()

    def find_target(self, n: int) -> Target | None:
        """Find what an equation would define by now; None if that is defined already."""
        target = find_target(self.vocabulary, self.candidates[n].left)
        if target is None or target.key in self.vocabulary.given or target in self.defined:
            return None
        return None if _is_one_step(target) and _is_claim(self.vocabulary, target) else target

    def take(self, candidates: Sequence[int]) -> dict[int, Exception]:
        """Take the first that can be used for each quantity, whichever needs which; return those that cannot be."""
        waiting = list(candidates)
        unused: dict[int, Exception] = {}
        for rounds in range(MOST_ROUNDS + MOST_TRIED):
            before = len(self.used)
            failed, later = self._take_round(waiting)
            if len(self.used) > before and rounds < MOST_ROUNDS:
                waiting = sorted([*failed, *later])  # what failed may need what has been taken
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
                    define(self.vocabulary, *self.candidates[n])
                except REFUSALS as error:
                    failed[n] = error
                except RecursionError:
                    failed[n] = Unreadable("it is nested too deeply")
                else:
                    self.used.add(n)
                    defined = find_target(self.vocabulary, self.candidates[n].left)  # its axes are known only now
                    self.defined |= {defined} if defined is not None else set()
        return failed, later

    def give_up(self, target: Target, line: int) -> None:
        """Forget what a default says of a quantity or a function, unless the document has another definition of it."""
        if _is_one_step(target) or target in self.defined:
            return
        name, order, _, function = target.key
        if function:
            self.vocabulary.functions[name, order] = FunctionDefinition((), None, closed=False)
            if order == 1:
                self.vocabulary.definitions.functions.pop(name, None)
        for quantity in (one for held in self.vocabulary.symbols.quantities.values() for one in held):
            if get_key(quantity) == target.key:
                self.vocabulary.unusable.setdefault(quantity, line)
