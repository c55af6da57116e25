"""Which equations of a document define what they are about: the first for each quantity that can be used."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from bptt.derivation.expressions import LAST, Entry, walk
from bptt.derivation.grammar.syntax import Node
from bptt.derivation.meaning.claims import Vocabulary
from bptt.derivation.meaning.definitions import FINDINGS, Subject, define, subject

MOST_ROUNDS = 20  # in which definitions wait for others that stand behind them


class Equation(NamedTuple):
    """What can define something: both sides, and the line of the document."""

    left: Node
    right: Node
    line: int


class Adopted(NamedTuple):
    """The equations that are definitions now, and those that would be but cannot be used, each with the reason."""

    used: frozenset[int]
    unused: Mapping[int, Exception]


def adopt(known: Vocabulary, equations: Mapping[int, Equation]) -> Adopted:
    """Take the definitions of a document into the vocabulary. One step alone only where not all are."""
    subjects = {n: about for n, one in equations.items() if (about := subject(known, one.left)) is not None}
    free = {n: about for n, about in subjects.items() if about.key not in known.given}
    used, unused = _taken(known, equations, {n: about for n, about in free.items() if not _one_step(about)})
    single = {n: about for n, about in free.items() if _one_step(about) and not _is_claim(known, about)}
    more, left_over = _taken(known, equations, single)
    settled = {free[n] for n in used}
    again, _ = _taken(known, equations, {n: free[n] for n in unused if free[n] not in settled})
    failed = {n: error for n, error in (unused | left_over).items() if n not in again}
    return Adopted(frozenset(used | more | again), failed)


def _one_step(about: Subject) -> bool:
    """Whether it speaks of a single step that is not the one before the first."""
    return about.fixed is not None and not (about.fixed.anchor == "" and about.fixed.offset <= 0)


def _is_claim(known: Vocabulary, about: Subject) -> bool:
    """Whether all steps are defined already, that one among them: not the last, if each is defined by the next."""
    for quantity, definitions in known.definitions.quantities.items():
        if (quantity.name, len(quantity.axes), quantity.timed, False) != about.key:
            continue
        for definition in definitions:
            step = definition.step
            if step is None or step.anchor in ("", LAST):
                continue
            later = any(
                isinstance(node, Entry)
                and node.quantity == quantity
                and node.step is not None
                and node.step.anchor == step.anchor
                and node.step.offset > step.offset
                for node in walk(definition.body)
            )
            return not (later and about.fixed is not None and about.fixed.anchor == LAST)
    return False


def _taken(
    known: Vocabulary, equations: Mapping[int, Equation], subjects: Mapping[int, Subject]
) -> tuple[set[int], dict[int, Exception]]:
    waiting: dict[Subject, list[int]] = {}
    for n in sorted(subjects):
        waiting.setdefault(subjects[n], []).append(n)
    used: set[int] = set()
    unused: dict[int, Exception] = {}
    rounds = 0
    while waiting:
        before, rounds = len(waiting), rounds + 1
        failed = _round(known, equations, waiting, used)
        if len(failed) == before or rounds > MOST_ROUNDS:
            unused |= {waiting[about][0]: error for about, error in failed.items()}
            waiting = {about: waiting[about][1:] for about in failed if waiting[about][1:]}
        else:
            waiting = {about: waiting[about] for about in failed}
    return used, unused


def _round(
    known: Vocabulary, equations: Mapping[int, Equation], waiting: Mapping[Subject, Sequence[int]], used: set[int]
) -> dict[Subject, Exception]:
    """Try the first candidate for each quantity; those that fail."""
    failed: dict[Subject, Exception] = {}
    for about, candidates in waiting.items():
        try:
            define(known, *equations[candidates[0]])
        except FINDINGS as error:
            failed[about] = error
        else:
            used.add(candidates[0])
    return failed
