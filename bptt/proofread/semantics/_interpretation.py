"""Where an equation leaves something to convention: each way to read it is tried, and what was taken is reported.

A convention is one of three kinds. Of those that authors take as they like (a layout, the step that is left away) any
that holds makes an equation right, and is named. Of those that readers take in different ways (`AMBIGUOUS`) all must
hold. What no reader takes (`ODD`) makes nothing right, yet an equation that holds under it is not called wrong. What an
author must write (`SLIPS`) is named as what is missing.
"""

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from bptt.proofread.syntax import Place

# What is taken where an equation does not say it; the module `_wording` has each in words.
Convention = Literal[
    "last step", "every step", "silent at last", "silent at every", "silent at the step", "sum on left", "product",
    "denominators as rows",
    "immediate", "direct", "direct alone",
    "ascending", "added to rows", "added to columns", "entry by entry", "scalar product",
    "meant at", "tight ⊙", "from left to right", "last step is", "operator takes less", "slash takes one",
    "slash takes all", "function takes one", "function takes all", "indices summed", "along columns", "⊙ first",
    "operator takes the rest", "vectors lie", "the place of the one", "for earlier", "as the text says",
    "as the text holds", "the larger",
]  # fmt: skip
ODD: frozenset[Convention] = frozenset({"operator takes less", "⊙ first", "from left to right"})
SLIPS: frozenset[Convention] = frozenset({"every step", "indices summed"})  # what an author must write
AMBIGUOUS: frozenset[Convention] = frozenset({
    "slash takes one", "slash takes all", "function takes one", "function takes all", "direct alone",
})  # fmt: skip


class Choice(NamedTuple):
    """A convention, with the letter, the name or the number that it is about and the place where it was taken."""

    convention: Convention
    about: str = ""
    place: Place | None = None


Question = tuple[Choice | None, ...]  # what can be taken, the usual first; None goes without saying

LAYOUT: Question = (None, Choice("denominators as rows"))  # of derivatives of vectors by vectors

MOST_INTERPRETATIONS = 96  # of one equation


class Interpretation:
    """One way to read an equation: the answer to each question in the order asked; the first one unless told.

    What is `settled` is not asked: the document has answered it before.
    """

    def __init__(self, answers: tuple[int, ...] = (), settled: Mapping[Question, int] | None = None) -> None:
        self.answers = answers
        self.settled = settled or {}
        self.asked: dict[Question, int] = {}
        self.remarks: list[Choice] = []

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

    @property
    def taken(self) -> tuple[Choice, ...]:
        """What was taken, in the order asked, and the remarks, each once."""
        chosen = [question[answer] for question, answer in self.asked.items()]
        return tuple(dict.fromkeys(choice for choice in (*chosen, *self.remarks) if choice is not None))

    @property
    def odd(self) -> Choice | None:
        """What was taken that no reader takes; None if there is no such thing."""
        return next((choice for choice in self.taken if choice.convention in ODD), None)

    @property
    def slip(self) -> Choice | None:
        """What was taken that no author may leave away; None if there is no such thing."""
        return next((choice for choice in self.taken if choice.convention in SLIPS), None)

    @property
    def ambiguous(self) -> tuple[Choice, ...]:
        """What was taken that readers take in different ways."""
        return tuple(choice for choice in self.taken if choice.convention in AMBIGUOUS)

    def propose_others(self) -> Iterator[tuple[int, ...]]:
        """Yield the answers that differ from these at one of the questions first asked here, and agree before it."""
        taken = list(self.asked.values())
        for n, (question, answer) in reversed(list(enumerate(self.asked.items()))):
            if n >= len(self.answers):
                yield from ((*taken[:n], other) for other in range(len(question)) if other != answer)
