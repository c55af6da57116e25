"""A verdict on an equation: a label, and all that its note tells."""

from typing import NamedTuple

from bptt.proofread.corrections import Correction
from bptt.proofread.evaluation import Counterexample, Outcome
from bptt.proofread.semantics import Choice, Misfit, OrdersDiffer, Role, Statement
from bptt.proofread.syntax import Unreadable

FINDINGS = ("wrong", "contradicts", "orders differ")
PLEASE_REPORT = "an error of this program, please report it"
LABELS = ("right", "wrong", "definition", "contradicts", "orders differ", "vacuous", "unreadable")


class Verdict(NamedTuple):
    """A label, and all that its note tells.

    Attributes:
        label: one of `LABELS`
        because: what came out of the comparison, or why there was none; of a definition, what it does or why nothing
        choices: what was left to convention
        layout: the answer to `LAYOUT` under which it is right, if that was asked
        doubt: what would have to be taken for the equation to hold
        other: of two ways to read it, the one in which it does not hold
        other_layout: the answer to `LAYOUT` with which it holds, and the line of the equation that settled the other
        contradicts: the line of the definition that it contradicts, in a tuple; None for the glossary
        stated: the properties that were taken from the text and bear on it
        missing: a property of a symbol with which it would hold
        correction: an equation that is right and differs by one mistake
    """

    label: str
    because: "Role | str | Outcome | Counterexample | Exception"
    choices: tuple[Choice, ...] = ()
    layout: int | None = None
    doubt: Choice | None = None
    other: tuple[Choice, ...] = ()
    other_layout: tuple[int, int] | None = None
    contradicts: tuple[int | None] | None = None
    stated: tuple[Statement, ...] = ()
    missing: Statement | None = None
    correction: Correction | None = None


def refuse(why: str) -> Verdict:
    """Say why an equation cannot be judged."""
    return Verdict("unreadable", Unreadable(why))


def label_refusal(error: Exception) -> Verdict:
    """Label an equation that claims nothing that could be compared: for some reasons, it is wrong."""
    labels: dict[type[Exception], str] = {Misfit: "wrong", OrdersDiffer: "orders differ"}
    return Verdict(labels.get(type(error), "unreadable"), error)
