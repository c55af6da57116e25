"""What was found of a gradient at random points of random sizes: plain data, and the text that printing it shows."""

from collections.abc import Mapping
from dataclasses import dataclass

from bptt.verify._message import Refutation, explanation
from bptt.verify._report import Verdict


@dataclass(frozen=True)
class Crash:
    """What f or its gradient raised at some of the points."""

    name: str  # f or gradient
    error: str
    cases: int
    rule: str | None  # when it did, of all cases; empty for each of them

    def __str__(self) -> str:
        when = "" if self.rule is None else f", exactly when {self.rule}" if self.rule else ", all of them"
        return f"{self.name} raises at {self.cases} points{when}: {self.error}"


@dataclass(frozen=True, repr=False)
class Verification:
    """The outcome of `verify_gradient`: true when the gradient is right at all points. Print it for what was found."""

    verdict: Verdict
    cases: int
    sizes: Mapping[str, tuple[int, int]]  # the least and the greatest that were met, by name
    right: tuple[str, ...]  # the paths of the arrays by which it is right
    refutations: tuple[Refutation, ...]
    unnamed: tuple[str, ...]  # a finding for each point where it is wrong by no array that could be named
    undecided: tuple[str, ...]  # a finding for each point that is
    crashes: tuple[Crash, ...]
    warnings: tuple[str, ...]  # what the points could not have shown
    digits: int | None  # to which every entry agrees where it is right; None if all do so exactly
    seed: int

    @property
    def met(self) -> str:
        """The sizes in words."""
        return ", ".join(f"{name} {low} to {high}" for name, (low, high) in self.sizes.items())

    def __bool__(self) -> bool:
        return self.verdict == "right"

    def __repr__(self) -> str:
        return str(self)

    def __str__(self) -> str:
        notes = [*map(str, self.crashes), *self.warnings]
        if self.refutations:
            return explanation(self.refutations, self.right, self.seed, notes)
        agreement = "exactly" if self.digits is None else f"to {self.digits} digits"
        first = f"right at {self.cases} points: every entry agrees {agreement}"
        if self.unnamed:
            first = f"wrong at {len(self.unnamed)} of {self.cases} points: {self.unnamed[0]}"
        elif self.undecided:
            first = f"undecided at {len(self.undecided)} of {self.cases} points: {self.undecided[0]}"
        elif self.crashes:
            first = (
                f"undecided: it was judged at {self.cases - sum(crash.cases for crash in self.crashes)} points alone"
            )
        return "\n".join(
            [
                first,
                *([f"sizes: {self.met}"] if self.sizes else []),
                *(f"note: {n}" for n in notes),
                f"seed {self.seed}",
            ]
        )
