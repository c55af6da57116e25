"""What a check found: plain data, decimal strings for balls, and the table that printing it shows."""

import io
from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias

Verdict: TypeAlias = Literal["right", "wrong", "undecided"]
ReferenceKind: TypeAlias = Literal["balls", "floats"]


@dataclass(frozen=True)
class Entry:
    """One entry of a gradient with both its values, as decimals."""

    index: tuple[int, ...]
    by_hand: str
    reference: str


@dataclass(frozen=True)
class LeafFinding:
    """The verdict on the formula for the gradient by one array of the arguments."""

    HELD: ClassVar[str] = "by hand"

    path: str
    shape: tuple[int, ...]
    verdict: Verdict
    reason: str
    digits: int | None = None  # if right: every entry agrees to these; None if all do so exactly
    entry: Entry | None = None  # if wrong, the one with the largest error; if undecided, one that is open
    kink: bool = False  # undecided because f seems to have a kink there, and the entry may be a subgradient
    reference: str = "by ball arithmetic"

    @property
    def known(self) -> str:
        """The digits in words; empty if not right."""
        if self.verdict != "right":
            return ""
        return "exact" if self.digits is None else f"{self.digits} digits"

    @property
    def place(self) -> str:
        """The path of the entry, as one would write it; of the leaf if there is none."""
        return f"{self.path}{list(self.entry.index)}" if self.entry and self.entry.index else self.path

    @property
    def finding(self) -> str:
        """What is wrong or undecided, in one line; empty if right."""
        if self.entry is None:
            return self.reason and f"{self.path}: {self.reason}"
        values = f"{self.entry.by_hand} {self.HELD}, {self.entry.reference} {self.reference}"
        return f"{self.place} is {values} ({self.reason})"


@dataclass(frozen=True)
class LeafArithmetic(LeafFinding):
    """The verdict on the floats of the gradient by one array; `digits` are those that the bounds leave."""

    HELD = "on floats"

    reference: str = "with its rounding"


@dataclass(frozen=True)
class Formula:
    """Is it the derivative? One finding for each array of floats among the arguments."""

    verdict: Verdict
    reason: str
    digits: int | None  # the working precision that it took; None if the reference used floats
    leaves: tuple[LeafFinding, ...]
    reference: str = "by ball arithmetic"


@dataclass(frozen=True)
class Arithmetic:
    """Do the floats stay within this algorithm's own rounding error? One finding for each array of floats."""

    verdict: Verdict
    reason: str
    leaves: tuple[LeafArithmetic, ...]


@dataclass(frozen=True, repr=False)
class Report:
    """The outcome of `check_gradient`: true when the gradient is right. Print it for the table."""

    formula: Formula
    arithmetic: Arithmetic
    seed: int
    findings: tuple[str, ...] = ()  # what a caller would not expect; no part of the verdict

    @property
    def verdict(self) -> Verdict:
        """Wrong if the formula or the arithmetic is; right if the formula is and the arithmetic is not wrong."""
        return "wrong" if "wrong" in (self.formula.verdict, self.arithmetic.verdict) else self.formula.verdict

    @property
    def reason(self) -> str:
        wrong_floats = self.arithmetic.verdict == "wrong" and self.formula.verdict != "wrong"
        return self.arithmetic.reason if wrong_floats else self.formula.reason

    def __bool__(self) -> bool:
        return self.verdict == "right"

    def __repr__(self) -> str:
        return f"<Report {self.verdict}: {self.reason}>"

    def __str__(self) -> str:
        lines = [f"{self.verdict}: {self.reason}", "", self._table(), ""]
        if self.arithmetic.verdict == "undecided":
            lines.append(f"arithmetic undecided: {self.arithmetic.reason}")
        lines += [f"note: {finding}" for finding in self.findings]
        balls = f"balls of {self.formula.digits} digits"
        reference = self.formula.reference.removeprefix("by ")
        lines.append(f"seed {self.seed}, {balls if self.formula.digits else reference}")
        return "\n".join(lines)

    def _table(self) -> str:
        from rich import box
        from rich.console import Console
        from rich.table import Table

        arithmetic = {leaf.path: leaf for leaf in self.arithmetic.leaves}
        rows = [_cells(leaf, arithmetic.get(leaf.path)) for leaf in self.formula.leaves]
        filled = [n for n in range(len(_HEADINGS)) if any(row[n] for row in rows)]
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
        for n in filled:
            table.add_column(_HEADINGS[n], no_wrap=True)
        for row in rows:
            table.add_row(*(row[n] for n in filled))
        text = io.StringIO()
        Console(file=text, width=1000, highlight=False, markup=False, color_system=None).print(table)
        return "\n".join(line.rstrip() for line in text.getvalue().splitlines())


_HEADINGS = (
    "gradient by", "shape", "formula", "agreement", "arithmetic", "guaranteed", "entry", "by hand", "should be", "note",
)  # fmt: skip


def _cells(formula: LeafFinding, arithmetic: LeafArithmetic | None) -> tuple[str, ...]:
    on_floats = ("", "") if arithmetic is None else (arithmetic.verdict, arithmetic.known)
    named: LeafFinding = formula if formula.reason or arithmetic is None else arithmetic
    entry = (named.place, named.entry.by_hand, named.entry.reference) if named.entry else ("", "", "")
    return (formula.path, str(formula.shape), formula.verdict, formula.known, *on_floats, *entry, named.reason)
