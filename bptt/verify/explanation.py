"""What to say of a wrong gradient in at most 15 lines: which entry, where, what kind of mistake, how to see it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bptt.verify.diagnosis import Diagnosis, Point, diagnose
from bptt.verify.leaves import FlatArguments
from bptt.verify.report import LeafFinding, Report
from bptt.verify.seeding import computing, seeded

MOST_LINES = 15
_WIDEST = 160  # columns of anything but the snippet


@dataclass(frozen=True)
class Refutation:
    """The gradient by one array, which is wrong, at the smallest sizes that are known to show it."""

    finding: LeafFinding
    diagnosis: Diagnosis
    sizes: Mapping[str, int] | None = None  # by name
    rule: str | None = None  # when it is wrong, of all cases that were tried; empty for each of them
    cases: int = 1  # that were tried
    snippet: tuple[str, ...] = ()  # lines that bring it back

    @property
    def path(self) -> str:
        """Of the array."""
        return self.finding.path

    @property
    def when(self) -> str:
        """The rule in words; empty if there is none."""
        if self.rule is None:
            return ""
        return (
            f"wrong exactly when {self.rule}, in {self.cases} cases"
            if self.rule
            else f"wrong in all {self.cases} cases"
        )

    def lines(self) -> list[str]:
        """All but how to bring it back."""
        entry = self.finding.entry
        lines = [f"  {self.finding.reason or 'wrong'}"]
        if entry is not None:
            place = f"{self.finding.place}: "
            lines = [
                f"{place}by hand   {entry.by_hand}",
                f"{'':{len(place)}}reference {entry.reference}, {self.finding.reference} ({self.finding.reason})",
            ]
        if self.diagnosis.where:
            lines.append(f"  where: {self.diagnosis.where}")
        if self.diagnosis.kind is not None:
            by_design = "by design?" if self.diagnosis.kind.by_design else "kind"
            lines.append(f"  {by_design}: it is {self.diagnosis.kind.text}")
        if self.when:
            lines.append(f"  {self.when}")
        if self.sizes:
            lines.append(f"  smallest sizes: {', '.join(f'{name} = {size}' for name, size in self.sizes.items())}")
        return [line if len(line) <= _WIDEST else f"{line[: _WIDEST - 1]}…" for line in lines]

    def in_short(self) -> str:
        """What is said of it beside another one."""
        kind = self.diagnosis.kind
        said = [f"it is {kind.text}" if kind is not None else self.finding.reason, self.when]
        line = f"also by {self.path}: {'; '.join(word for word in said if word)}"
        return line if len(line) <= _WIDEST else f"{line[: _WIDEST - 1]}…"


def explain(
    report: Report,
    f: Callable[..., Any],
    gradient: Callable[..., Any],
    arguments: FlatArguments,
    snippet: Sequence[str],
    notes: Sequence[str] = (),
) -> str:
    """The text on a gradient that `report` finds wrong at these arguments."""
    by_formula = report.formula.verdict == "wrong"
    judged = report.formula.leaves if by_formula else report.arithmetic.leaves
    wrong = [leaf for leaf in judged if leaf.verdict == "wrong"]
    if not wrong:
        return f"wrong: {report.reason}\nseed {report.seed}"
    paths = [leaf.path for leaf in wrong]
    diagnoses = [Diagnosis(path) for path in paths]
    if by_formula:
        with computing(arguments):
            seed = report.seed
            diagnoses = diagnose(seeded(f, seed), seeded(gradient, seed), [Point(arguments)], paths, seed)
    refutations = [Refutation(leaf, one, snippet=tuple(snippet)) for leaf, one in zip(wrong, diagnoses, strict=True)]
    right = [leaf.path for leaf in judged if leaf.verdict == "right"]
    return explanation(refutations, right, report.seed, [*notes, *report.findings])


def explanation(refutations: Sequence[Refutation], right: Sequence[str], seed: int, notes: Sequence[str] = ()) -> str:
    """The text of an error: the first of the refutations in full, the others in a line each if there is room."""
    first, *others = refutations
    head = f"wrong by {_list([one.path for one in refutations])}" + (f"; right by {_list(right)}" if right else "")
    end = [f"seed {seed}" + (", to see it again:" if first.snippet else "")]
    end += [f"    {line}" for line in first.snippet]
    body = [head, *first.lines()]
    short = [one.in_short() for one in others] + [f"note: {note}" for note in notes]
    room = MOST_LINES - len(body) - len(end)
    if len(short) > room:
        short = [*short[: room - 1], f"and {len(short) - room + 1} more"] if room > 0 else []
    return "\n".join(body + short + end)


def _list(names: Sequence[str]) -> str:
    return ", ".join(names) if len(names) <= 6 else f"{', '.join(names[:5])} and {len(names) - 5} more"
