"""What was found at random points of random sizes: plain data, whose text is made when it is printed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from bptt.verify._report import LeafFinding, Report, Verdict, convert_to_plain_data

if TYPE_CHECKING:
    from bptt.verify.diagnosis import Refutation


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


@dataclass(frozen=True)
class SampledLeaf:
    """The verdict on the gradient by one array, the worst of all points."""

    path: str
    verdict: Verdict
    cases: int  # that have the array
    digits: int | None  # if right: every entry at every point agrees to these; None if all do so exactly
    finding: str  # at the last point where it is not right; empty if right
    is_exact: bool = False  # if right: at every point, no entry is off by less than any float


@dataclass(frozen=True, repr=False)
class SampledReport:
    """The outcome of a judgement over a strategy: true when it is right at all points. Print it for what was found."""

    verdict: Verdict
    cases: int
    sizes: Mapping[str, tuple[int, int]]  # the least and the greatest that were met, by name
    leaves: tuple[SampledLeaf, ...]
    refutations: "tuple[Refutation, ...]"  # one for each array by which it is wrong
    unnamed: tuple[str, ...]  # a finding for each point where it is wrong by no array that could be named
    undecided: tuple[str, ...]  # a finding for each point that is
    crashes: tuple[Crash, ...]
    notes: tuple[str, ...]  # what a caller would not expect of the functions; no part of the verdict
    blind_spots: tuple[str, ...]  # what the points could not have shown
    seed: int

    @property
    def right(self) -> tuple[str, ...]:
        """The paths of the arrays by which it is right at every point that has them."""
        return tuple(leaf.path for leaf in self.leaves if leaf.verdict == Verdict.RIGHT)

    @property
    def digits(self) -> int | None:
        """To which every entry agrees where it is right; `None` if all do so exactly."""
        return min((leaf.digits for leaf in self.leaves if leaf.digits is not None), default=None)

    @property
    def reason(self) -> str:
        """What decided, in one line."""
        if self.refutations:
            return self.refutations[0].finding.finding
        if self.unnamed:
            return f"wrong at {len(self.unnamed)} of {self.cases} points: {self.unnamed[0]}"
        if self.undecided:
            return f"undecided at {len(self.undecided)} of {self.cases} points: {self.undecided[0]}"
        if self.crashes:
            return f"undecided: it was judged at {self.cases - sum(crash.cases for crash in self.crashes)} points alone"
        is_exact = all(leaf.is_exact for leaf in self.leaves)
        agreement = "exactly" if is_exact else "to within less than any float"
        agreement = agreement if self.digits is None else f"to {self.digits} digits"
        return f"right at {self.cases} points: every entry agrees {agreement}"

    def describe_sizes(self) -> str:
        """Return the sizes that were met, in words."""
        return ", ".join(f"{name} {low} to {high}" for name, (low, high) in self.sizes.items())

    def to_dict(self) -> dict[str, Any]:
        """Return all of it as JSON takes it; `schema` is raised when a field changes its meaning."""
        return {"schema": 1, **convert_to_plain_data(self)}

    def __bool__(self) -> bool:
        return self.verdict == Verdict.RIGHT

    def __repr__(self) -> str:
        return f"<SampledReport {self.verdict}: {self.reason}>"

    def __str__(self) -> str:
        from bptt.verify._message import fit_to_stdout, format_refutations, wrap_lines

        notes = [*map(str, self.crashes), *self.notes, *self.blind_spots]
        if self.refutations:
            return fit_to_stdout(format_refutations(self.refutations, self.right, self.seed, notes))
        sizes = [f"sizes: {self.describe_sizes()}"] if self.sizes else []
        lines = [self.reason, *sizes, *(f"note: {note}" for note in notes), f"seed {self.seed}"]
        return "\n".join(wrap_lines(map(fit_to_stdout, lines)))


def index_leaves(report: Report) -> dict[str, LeafFinding]:
    """Return the findings by path, on the floats where these alone are wrong; what is open says why."""
    leaves = [report.find_leaf(leaf.path) or leaf for leaf in report.formula.leaves]
    return {
        leaf.path: replace(leaf, reason=report.reason)
        if leaf.verdict == Verdict.UNDECIDED and not leaf.finding
        else leaf
        for leaf in leaves
    }


def summarize_leaves(cases: Sequence[Mapping[str, LeafFinding]]) -> tuple[SampledLeaf, ...]:
    """Return the verdict on each array over all cases; each has its findings by path, and need not have every array."""
    summary = []
    for path in dict.fromkeys(path for leaves in cases for path in leaves):
        found = [leaves[path] for leaves in cases if path in leaves]
        verdict = max(leaf.verdict for leaf in found)
        finding = [leaf.finding for leaf in found if leaf.verdict == verdict][-1] if verdict != Verdict.RIGHT else ""
        known = [leaf.digits for leaf in found if leaf.digits is not None and verdict == Verdict.RIGHT]
        digits = min(known, default=None)
        is_exact = verdict == Verdict.RIGHT and not any(leaf.reason or leaf.digits is not None for leaf in found)
        summary.append(SampledLeaf(path, verdict, len(found), digits, finding, is_exact))
    return tuple(summary)
