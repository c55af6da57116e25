"""What was found: plain data, decimal strings for balls. `_message` makes its text, and only when it is printed."""

from dataclasses import dataclass, field, fields, is_dataclass
from enum import StrEnum
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

BALL_ARITHMETIC = "by ball arithmetic"


class Verdict(StrEnum):
    """On a gradient or a part of it. The worst of several is their `max`, since the alphabet has the same order."""

    RIGHT = "right"
    UNDECIDED = "undecided"
    WRONG = "wrong"

    __repr__ = str.__repr__  # 'right', as in a list or a dict of verdicts


@dataclass(frozen=True)
class Entry:
    """One entry of a gradient with both its values, as decimals."""

    index: tuple[int, ...]
    by_hand: str
    reference: str
    is_range: bool = False  # the reference is what lies between the slopes to both sides


@dataclass(frozen=True)
class LeafFinding:
    """The verdict on the gradient by one array of the arguments: on its formula, or on its floats.

    `by_hand_values` and `reference_values` are float64 arrays of the shape of the leaf, and `wrong_entries` is true
    where they exclude each other; `None` where there are none: another shape, slopes, open ways.
    """

    held: ClassVar[str] = "by hand"  # whose value the entry has

    path: str
    shape: tuple[int, ...]
    verdict: Verdict
    reason: str
    digits: int | None = None  # if right: every entry agrees to these; None if all do so exactly
    entry: Entry | None = None  # if wrong, the one with the largest error; if undecided, one that is open
    too_wide: bool = False  # undecided because the balls are: more digits may tell
    kink: bool = False  # undecided because f seems to have a kink there, and the entry may be a subgradient
    reference: str = BALL_ARITHMETIC
    by_hand_values: npt.NDArray[np.float64] | None = field(default=None, repr=False, compare=False)
    reference_values: npt.NDArray[np.float64] | None = field(default=None, repr=False, compare=False)
    wrong_entries: npt.NDArray[np.bool_] | None = field(default=None, repr=False, compare=False)

    @property
    def known(self) -> str:
        """The digits in words; empty if not right."""
        if self.verdict != Verdict.RIGHT:
            return ""
        if self.digits is None:
            return "" if self.reason else "exact"  # a reason says how nearly
        return f"{self.digits} digits"

    @property
    def place(self) -> str:
        """The path of the entry, as one would write it; of the leaf if there is none."""
        return f"{self.path}{list(self.entry.index)}" if self.entry and self.entry.index else self.path

    @property
    def finding(self) -> str:
        """What is wrong or undecided, in one line; empty if right."""
        if self.entry is None:
            return self.reason and f"{self.path}: {self.reason}"
        values = f"{self.entry.by_hand} {self.held}, {self.entry.reference} {self.reference}"
        return f"{self.place} is {values} ({self.reason})"


@dataclass(frozen=True)
class LeafArithmetic(LeafFinding):
    """The verdict on the floats of the gradient by one array; `digits` are those that the bounds leave.

    `measured` are those that the floats share with the true gradient; `None` if they are exact or it is not known.
    """

    held: ClassVar[str] = "on floats"

    reference: str = "with its rounding"
    measured: int | None = None


@dataclass(frozen=True)
class Formula:
    """Is it the derivative? One finding for each array of floats among the arguments."""

    verdict: Verdict
    reason: str
    digits: int | None  # the working precision that it took; None if the reference used floats
    leaves: tuple[LeafFinding, ...]
    reference: str = BALL_ARITHMETIC


@dataclass(frozen=True)
class Arithmetic:
    """Do the floats stay within this algorithm's own rounding error? One finding for each array of floats."""

    verdict: Verdict
    reason: str
    leaves: tuple[LeafArithmetic, ...] = ()
    computed_in: str = ""  # a float type shorter than any argument's, if there is one: "float32"


@dataclass(frozen=True, repr=False)
class Report:
    """The outcome of a judgement at one point: true when the gradient is right. Print it for the table.

    `verdict` is wrong if the formula or the arithmetic is; else it is that on the formula.
    """

    verdict: Verdict
    formula: Formula
    arithmetic: Arithmetic
    seed: int
    notes: tuple[str, ...] = ()  # what a caller would not expect; no part of the verdict
    f_is_finite: bool = True  # on floats
    lost_digits: tuple[str, ...] = ()  # notes on floats that have no right digit, though the formula is right

    @property
    def reason(self) -> str:
        """What decided, in one line."""
        if self.arithmetic.verdict == Verdict.WRONG != self.formula.verdict:
            return self.arithmetic.reason
        if self.arithmetic.computed_in:
            return f"formula right; computed in {self.arithmetic.computed_in}: {self.formula.reason}"
        return self.formula.reason

    @property
    def wrong_leaves(self) -> list[LeafFinding]:
        """The arrays by which it is wrong: those of the formula or, if that is not wrong, of the arithmetic."""
        judged = self.formula if self.formula.verdict == Verdict.WRONG else self.arithmetic
        return [leaf for leaf in judged.leaves if leaf.verdict == Verdict.WRONG]

    def find_leaf(self, path: str) -> LeafFinding | None:
        """Return the finding on the gradient by that array, on its floats where these alone are wrong."""
        formula = next((leaf for leaf in self.formula.leaves if leaf.path == path), None)
        floats = next((leaf for leaf in self.arithmetic.leaves if leaf.path == path), None)
        if formula and floats and floats.verdict == Verdict.WRONG != formula.verdict:
            return floats
        return formula

    def to_dict(self) -> dict[str, Any]:
        """Return all of it as JSON takes it; `schema` is raised when a field changes its meaning."""
        return {"schema": 1, **convert_to_plain_data(self)}

    def __bool__(self) -> bool:
        return self.verdict == Verdict.RIGHT

    def __repr__(self) -> str:
        return f"<Report {self.verdict}: {self.reason}>"

    def __str__(self) -> str:
        from bptt.verify._message import format_report

        return format_report(self)

    def _repr_html_(self) -> str:
        from bptt.verify._message import format_html

        return format_html(self)


def convert_to_plain_data(found: Any) -> Any:
    """Return dataclasses as dicts, tuples and arrays as lists, and numbers that JSON does not know as words."""
    if is_dataclass(found):
        return {field.name: convert_to_plain_data(getattr(found, field.name)) for field in fields(found)}
    if isinstance(found, dict):
        return {str(key): convert_to_plain_data(value) for key, value in found.items()}
    if isinstance(found, np.ndarray):
        return convert_to_plain_data(found.tolist())
    if isinstance(found, list | tuple):
        return [convert_to_plain_data(value) for value in found]
    if isinstance(found, float) and not np.isfinite(found):
        return str(found)  # "nan", "inf": not JSON
    return str(found) if isinstance(found, Verdict) else found
