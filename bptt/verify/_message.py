"""What to say of a wrong gradient in at most 15 lines: which entry, where, what kind of mistake, how to see it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bptt.verify import _conduct as conduct
from bptt.verify._execution import Function
from bptt.verify._problem import FlatArguments
from bptt.verify._report import Entry, LeafFinding, Report
from bptt.verify._seeding import computing, seeded
from bptt.verify.diagnosis._diagnosis import Diagnosis, Point, diagnose
from bptt.verify.diagnosis._group_testing import Localised, WrongEntry, wrong_entries

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
    wrong: int = 1  # of them
    snippet: tuple[str, ...] = ()  # lines that bring it back

    @property
    def path(self) -> str:
        """Of the array."""
        return self.finding.path

    @property
    def when(self) -> str:
        """The rule in words; empty if there is none."""
        if self.cases == 1:
            return ""
        if self.rule is None:
            return f"wrong in {self.wrong} of {self.cases} cases"
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
        return [_cut(line) for line in lines]

    def in_short(self) -> str:
        """What is said of it beside another one."""
        kind = self.diagnosis.kind
        said = [f"it is {kind.text}" if kind is not None else self.finding.reason, self.when]
        return _cut(f"also by {self.path}: {'; '.join(word for word in said if word)}")


def explain(
    report: Report,
    f: Callable[..., Any],
    gradient: Callable[..., Any],
    arguments: FlatArguments,
    snippet: Sequence[str],
    notes: Sequence[str] = (),
) -> str:
    """The text on a gradient that `report` finds wrong at these arguments."""
    refutations = refute(report, f, gradient, arguments)
    if not refutations:
        return f"wrong: {report.reason}\nseed {report.seed}"
    judged = report.formula.leaves if report.formula.verdict == "wrong" else report.arithmetic.leaves
    right = [leaf.path for leaf in judged if leaf.verdict == "right"]
    refutations = [replace(one, snippet=tuple(snippet)) for one in refutations]
    return explanation(refutations, right, report.seed, [*notes, *report.findings])


def refute(
    report: Report, f: Callable[..., Any], gradient: Callable[..., Any], arguments: FlatArguments
) -> list[Refutation]:
    """For each array by which `report` finds the gradient wrong at these arguments, what there is to say of it."""
    f, gradient, seed = seeded(f, report.seed), seeded(gradient, report.seed), report.seed
    if report.formula.verdict != "wrong":
        return [Refutation(leaf, Diagnosis(leaf.path)) for leaf in report.arithmetic.leaves if leaf.verdict == "wrong"]
    wrong = [leaf for leaf in report.formula.leaves if leaf.verdict == "wrong"]
    with computing(arguments):
        if report.formula.digits is None:
            return [
                Refutation(leaf, Diagnosis(leaf.path))
                for leaf in located(report.formula.leaves, f, gradient, arguments, seed)
            ]
        diagnoses = diagnose(f, gradient, [Point(arguments)], [leaf.path for leaf in wrong], seed)
    return [Refutation(leaf, one) for leaf, one in zip(wrong, diagnoses, strict=True)]


def located(
    leaves: Sequence[LeafFinding], f: Function, gradient: Function, arguments: FlatArguments, seed: int
) -> list[LeafFinding]:
    """The findings on those that are wrong by floats, with an entry of each that is, if one is found."""
    arguments, observed = conduct.observe_as_needed(f, gradient, arguments)
    by_path = {leaf.path: leaf for leaf in leaves}
    wrong = [leaf.path for leaf in leaves if leaf.verdict == "wrong"]
    numbers = [n for n, leaf in enumerate(arguments.leaves) if leaf.path in (wrong or by_path)]
    if any(observed.gradient[n].shape != arguments.leaves[n].values.shape for n in numbers):
        return [by_path[path] for path in wrong]
    if not all(np.isfinite(observed.gradient[n]).all() for n in numbers):
        return [by_path[path] for path in wrong]
    search = wrong_entries(f, gradient, arguments, float(observed.value), observed.gradient, seed, numbers)
    found: dict[str, list[WrongEntry]] = {}
    for entry in search.entries:
        found.setdefault(arguments.leaves[entry.leaf].path, []).append(entry)
    return [_with_entry(by_path[path], found.get(path, []), search) for path in dict.fromkeys([*wrong, *found])]


def _with_entry(leaf: LeafFinding, entries: Sequence[WrongEntry], search: Localised) -> LeafFinding:
    if not entries:
        return leaf
    worst = max(entries, key=lambda one: abs(one.by_hand - one.reference) / (abs(one.reference) or 1))
    count = f"{len(entries)} wrong {'entry' if len(entries) == 1 else 'entries'}{'' if search.complete else ' or more'}"
    others = [str(list(one.at)) for one in entries if one is not worst]
    reason = f"{count} found in {search.evaluations} slopes" + (f"; also {', '.join(others)}" if others else "")
    entry = Entry(worst.at, f"{worst.by_hand:.10g}", f"{worst.reference:.10g} ± {worst.error:.1g}")
    return replace(leaf, verdict="wrong", entry=entry, reason=reason)


def explanation(refutations: Sequence[Refutation], right: Sequence[str], seed: int, notes: Sequence[str] = ()) -> str:
    """The text of an error: the first of the refutations in full, the others in a line each if there is room."""
    first, *others = refutations
    wrong = _list([one.path for one in refutations])
    head = _cut(f"wrong by {wrong}" + (f"; right by {_list(right)}" if right else ""))
    end = [f"seed {seed}" + (", to see it again:" if first.snippet else "")]
    end += [f"    {line}" for line in first.snippet]
    body = [head, *first.lines()]
    if len(body) + len(end) > MOST_LINES:  # too many imports
        end = [f"seed {seed}"]
    short = [one.in_short() for one in others] + [_cut(f"note: {note}") for note in notes]
    room = MOST_LINES - len(body) - len(end)
    if len(short) > room:
        short = [*short[: room - 1], f"and {len(short) - room + 1} more"] if room > 0 else []
    return "\n".join(body + short + end)


def _cut(line: str) -> str:
    line = " ".join(line.splitlines())
    return line if len(line) <= _WIDEST else f"{line[: _WIDEST - 1]}…"


def _list(names: Sequence[str]) -> str:
    return ", ".join(names) if len(names) <= 6 else f"{', '.join(names[:5])} and {len(names) - 5} more"
