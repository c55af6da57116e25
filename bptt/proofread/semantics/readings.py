"""Where a formula can be read in more than one way: each way is tried, and the one that holds is reported."""

from collections.abc import Hashable, Iterator, Mapping

MOST_READINGS = 64


class Reading:
    """One way to read an equation: the answer to each question in the order asked; the first one unless told.

    What is `settled` is not asked: the document has answered it before.
    """

    def __init__(self, answers: tuple[int, ...] = (), settled: Mapping[Hashable, int] | None = None) -> None:
        self.answers = list(answers)
        self.settled = settled or {}
        self.asked: dict[Hashable, tuple[int, tuple[str, ...]]] = {}
        self.remarks: list[str] = []
        self.doubtful = ""  # what was taken that nobody leaves to convention

    def choose(self, question: Hashable, *options: str) -> int:
        """The number of the option taken. The same question has the same answer."""
        if question in self.settled:
            self.remark(options[self.settled[question]])
            return self.settled[question]
        if question not in self.asked:
            n = len(self.asked)
            answer = self.answers[n] if n < len(self.answers) else 0
            self.asked[question] = (min(answer, len(options) - 1), options)
        return self.asked[question][0]

    def remark(self, text: str) -> None:
        """Note what was taken for granted where there was nothing to choose; the same text once."""
        if text and text not in self.remarks:
            self.remarks.append(text)

    def described(self) -> str:
        """What was taken for what, in words; an option without a description goes without saying."""
        taken = [options[answer] for answer, options in self.asked.values()]
        return "; ".join(dict.fromkeys(text for text in (*taken, *self.remarks) if text))

    def others(self) -> Iterator[tuple[int, ...]]:
        """The answers that differ from these at one of the questions first asked here, and agree before it."""
        taken = [answer for answer, _ in self.asked.values()]
        for n, (answer, options) in reversed(list(enumerate(self.asked.values()))):
            if n >= len(self.answers):
                yield from ((*taken[:n], other) for other in range(len(options)) if other != answer)
