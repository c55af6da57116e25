"""Which equations of a document define what they are about: the first for each quantity that can be used."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from bptt.proofread.expressions import LAST, Entry, Step, walk
from bptt.proofread.semantics.claims import Key, Vocabulary
from bptt.proofread.semantics.definitions import FINDINGS, Circular, Subject, define, definitions_of, subject
from bptt.proofread.semantics.naming import fold
from bptt.proofread.semantics.reader import Defined
from bptt.proofread.syntax import Node, Unreadable

MOST_TRIED = 10  # equations for one quantity, of which the first that can be used is taken
MOST_ROUNDS = 20  # in which definitions wait for others that stand behind them


class Equation(NamedTuple):
    """What can define something: both sides, and the line of the document."""

    left: Node
    right: Node
    line: int


class Unread(NamedTuple):
    """What would define something, but for a right-hand side that is not read."""

    left: Node
    line: int


class Adopted(NamedTuple):
    """The equations that are definitions now, and those that would be but cannot be used, each with the reason."""

    used: frozenset[int]
    unused: Mapping[int, Exception]


def adopt(known: Vocabulary, equations: Mapping[int, Equation], unread: Sequence[Unread]) -> Adopted:
    """Take the definitions of a document into the vocabulary. One step alone only where not all are.

    Where the document defines what cannot be used, no default may stand in its place: nothing is known of it.
    """
    adoption = _Adoption(known, equations)
    subjects = {n: about for n in sorted(equations) if (about := adoption.subject(n)) is not None}
    failed = adoption.take([n for n, about in subjects.items() if not _one_step(about)])
    failed |= adoption.take([n for n, about in subjects.items() if _one_step(about)])
    adoption.take(sorted(failed))
    for n in set(failed) - adoption.used:
        if not isinstance(failed[n], Circular):
            _give_up(known, adoption, subjects[n], equations[n].line)
    for left, line in unread:
        about = subject(known, left)
        if about is not None and about.key not in known.given:
            _give_up(known, adoption, about, line)
    fold(known.definitions)
    return Adopted(frozenset(adoption.used), {n: why for n, why in failed.items() if n not in adoption.used})


def _give_up(known: Vocabulary, adoption: "_Adoption", about: Subject, line: int) -> None:
    """Forget what a default says of a quantity or a function, unless the document has another definition of it."""
    if _one_step(about) or (about.key, about.fixed) in adoption.defined:
        return
    if about.function:
        known.functions[about.name, about.rank] = Defined((), None, closed=False)
        if about.rank == 1:
            known.definitions.functions.pop(about.name, None)
    for quantity in known.symbols.quantities(about.name):
        if (quantity.name, len(quantity.axes), quantity.timed, False) == about.key:
            known.unusable.setdefault(quantity, line)


def _one_step(about: Subject) -> bool:
    """Whether it speaks of a single step that is not the one before the first."""
    return about.fixed is not None and not (about.fixed.anchor == "" and about.fixed.offset <= 0)


def _is_claim(known: Vocabulary, about: Subject) -> bool:
    """Whether all steps are defined already, that one among them: not the last, if each is defined by the next."""
    for definition in definitions_of(known, about):
        step = definition.step
        if step is None or step.anchor in ("", LAST):
            continue
        later = any(
            isinstance(node, Entry)
            and node.quantity == definition.quantity
            and node.step is not None
            and node.step.anchor == step.anchor
            and node.step.offset > step.offset
            for node in walk(definition.body)
        )
        return not (later and about.fixed is not None and about.fixed.anchor == LAST)
    return False


class _Adoption:
    """The definitions taken so far."""

    def __init__(self, known: Vocabulary, equations: Mapping[int, Equation]) -> None:
        self.known = known
        self.equations = equations
        self.used: set[int] = set()
        self.defined: set[tuple[Key, Step | None]] = set()

    def subject(self, n: int) -> Subject | None:
        """What an equation would define by now; None if that is defined already."""
        about = subject(self.known, self.equations[n].left)
        if about is None or about.key in self.known.given or (about.key, about.fixed) in self.defined:
            return None
        return None if _one_step(about) and _is_claim(self.known, about) else about

    def take(self, candidates: Sequence[int]) -> dict[int, Exception]:
        """Take the first that can be used for each quantity, whichever needs which; those that cannot be, and why."""
        waiting = list(candidates)
        unused: dict[int, Exception] = {}
        rounds = 0
        while waiting and rounds < MOST_ROUNDS + MOST_TRIED:
            rounds += 1
            failed, later, any_taken = self._round(waiting)
            if not any_taken or rounds > MOST_ROUNDS:
                unused |= failed
                waiting = later
            else:
                waiting = sorted([*failed, *later])
        return unused

    def _round(self, waiting: Sequence[int]) -> tuple[dict[int, Exception], list[int], bool]:
        """Those that fail, those that wait for an earlier one about the same, and whether any was taken."""
        failed: dict[int, Exception] = {}
        later: list[int] = []
        tried: set[Subject] = set()
        before = len(self.used)
        for n in waiting:
            about = self.subject(n)
            if about in tried:
                later.append(n)
            elif about is not None:
                tried.add(about)
                try:
                    define(self.known, *self.equations[n])
                except FINDINGS as error:
                    failed[n] = error
                except RecursionError:
                    failed[n] = Unreadable("it is nested too deeply")
                else:
                    self._defined_by(n)
        return failed, later, len(self.used) > before

    def _defined_by(self, n: int) -> None:
        self.used.add(n)
        about = subject(self.known, self.equations[n].left)
        if about is not None:
            self.defined.add((about.key, about.fixed))
