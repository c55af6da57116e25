"""What a check found: plain data, decimal strings for balls, and the table that printing it shows."""

import io
from dataclasses import dataclass
from typing import Literal, TypeAlias

Verdict: TypeAlias = Literal["right", "wrong", "undecided"]


@dataclass(frozen=True)
class Entry:
    """One entry of a gradient with both its values, as decimals."""

    index: tuple[int, ...]
    by_hand: str
    reference: str


@dataclass(frozen=True)
class LeafFinding:
    """The verdict on the gradient by one array of the arguments."""

    path: str
    shape: tuple[int, ...]
    verdict: Verdict
    reason: str
    digits: int | None = None  # if right: every entry agrees to these; None if all do so exactly
    entry: Entry | None = None  # if wrong, the one with the largest error; if undecided, one that is open

    @property
    def agreement(self) -> str:
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
        entry = f"{self.place} is {self.entry.by_hand} by hand, {self.entry.reference} by ball arithmetic"
        return f"{entry} ({self.reason})"


@dataclass(frozen=True)
class Formula:
    """Is it the derivative? One finding for each array of floats among the arguments."""

    verdict: Verdict
    reason: str
    digits: int  # the working precision that it took
    leaves: tuple[LeafFinding, ...]


@dataclass(frozen=True, repr=False)
class Report:
    """The outcome of `check_gradient`: true when the gradient is right. Print it for the table."""

    formula: Formula
    seed: int

    @property
    def verdict(self) -> Verdict:
        return self.formula.verdict

    def __bool__(self) -> bool:
        return self.verdict == "right"

    def __repr__(self) -> str:
        return f"<Report {self.verdict}: {self.formula.reason}>"

    def __str__(self) -> str:
        footer = f"seed {self.seed}, balls of {self.formula.digits} digits"
        return f"{self.verdict}: {self.formula.reason}\n\n{self._table()}\n\n{footer}"

    def _table(self) -> str:
        from rich import box
        from rich.console import Console
        from rich.table import Table

        headings = ("gradient by", "shape", "formula", "agreement", "entry", "by hand", "by ball arithmetic", "note")
        rows = [_cells(leaf) for leaf in self.formula.leaves]
        filled = [n for n in range(len(headings)) if any(row[n] for row in rows)]
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
        for n in filled:
            table.add_column(headings[n], no_wrap=True)
        for row in rows:
            table.add_row(*(row[n] for n in filled))
        text = io.StringIO()
        Console(file=text, width=1000, highlight=False, markup=False, color_system=None).print(table)
        return "\n".join(line.rstrip() for line in text.getvalue().splitlines())


def _cells(leaf: LeafFinding) -> tuple[str, ...]:
    entry = (leaf.place, leaf.entry.by_hand, leaf.entry.reference) if leaf.entry else ("", "", "")
    return (leaf.path, str(leaf.shape), leaf.verdict, leaf.agreement, *entry, leaf.reason)
