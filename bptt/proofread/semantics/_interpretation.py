"""Where an equation leaves something to convention: each way to read it is tried, and what was taken is reported."""

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from bptt.proofread.syntax import Place

# What is taken where an equation does not say it; the module `_wording` has each in words.
Convention = Literal[
    "last step", "every step", "silent at last", "silent at every", "sum outside power", "sum inside power",
    "sum outside function", "sum inside function", "sum on left", "product", "denominators as rows", "immediate",
    "ascending", "added to rows", "added to columns", "entry by entry", "meant at", "tight ⊙", "last step is",
]  # fmt: skip


class Choice(NamedTuple):
    """A convention, with the letter, the name or the number that it is about and the place where it was taken."""

    convention: Convention
    about: str = ""
    place: Place | None = None


Question = tuple[Choice | None, ...]  # what can be taken, the usual first; None goes without saying

LAYOUT: Question = (None, Choice("denominators as rows"))  # of derivatives of vectors by vectors

MOST_INTERPRETATIONS = 64  # of one equation: six questions of two answers each, all of them tried


class Interpretation:
    """One way to read an equation: the answer to each question in the order asked; the first one unless told.

    What is `settled` is not asked: the document has answered it before. `doubt` is what was taken that nobody leaves to
    convention.
    """

    def __init__(self, answers: tuple[int, ...] = (), settled: Mapping[Question, int] | None = None) -> None:
        self.answers = answers
        self.settled = settled or {}
        self.asked: dict[Question, int] = {}
        self.remarks: list[Choice] = []
        self.doubt: Choice | None = None

    def choose(self, *question: Choice | None) -> Choice | None:
        """Return the choice that is taken. The same question has the same answer."""
        if question in self.settled:
            settled = question[self.settled[question]]
            if settled is not None:
                self.remarks.append(settled)
            return settled
        n = len(self.asked)
        return question[self.asked.setdefault(question, self.answers[n] if n < len(self.answers) else 0)]

    def remark(self, convention: Convention, about: str = "", place: Place | None = None) -> None:
        """Note what was taken for granted where there was nothing to choose."""
        self.remarks.append(Choice(convention, about, place))

    def list_choices(self) -> tuple[Choice, ...]:
        """List what was taken, in the order asked, and the remarks, each once."""
        taken = [question[answer] for question, answer in self.asked.items()]
        return tuple(dict.fromkeys(choice for choice in (*taken, *self.remarks) if choice is not None))

    def propose_others(self) -> Iterator[tuple[int, ...]]:
        """Yield the answers that differ from these at one of the questions first asked here, and agree before it."""
        taken = list(self.asked.values())
        for n, (question, answer) in reversed(list(enumerate(self.asked.items()))):
            if n >= len(self.answers):
                yield from ((*taken[:n], other) for other in range(len(question)) if other != answer)
