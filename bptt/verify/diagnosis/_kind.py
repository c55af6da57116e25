"""What there is to say of a wrong gradient, as data: the kind of mistake with its sentence, where, and when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from fractions import Fraction
from typing import Any

from bptt.verify._report import LeafFinding

LARGEST_DENOMINATOR = 64  # of a fraction that a factor is written as


class Form(Enum):
    """The forms of mistakes, the likeliest first: the name of the kind, a sentence, and whether it may be by design.

    The sentence begins with "the gradient by hand is", and has places for the parameters.
    """

    NEGATED = "negated", "the negative of the true one"
    SCALED = "scaled", "{factor} times the true one"
    AVERAGED = "scaled", "{factor} times the true one: a mean in place of a sum", True
    TRANSPOSED = "transposed", "the transpose of the true one"
    PERMUTED = "transposed", "the true one with its axes permuted: by_hand = true.transpose{axes}"
    OF_ANOTHER_ARRAY = "another's", "the true one by {path}"
    RESHAPED = "reshaped", "the true one in another shape"
    UNREDUCED = "unreduced", "what is still to be summed over its axis {axes}"
    SUMMED = "summed", "the true one summed over {axes}"
    REPEATED = "summed", "the {reduction} of the true one over {axis}, repeated along it"
    TIMES_ARGUMENT = "times argument", "the true one {product} {path}, entry by entry{as_by}"
    ZERO = "zero", "0 throughout"
    ZERO_WHERE = "zero where", "the true one, but 0 where {path} is {sign}"
    NOT_CARRIED = "recurrence dropped", "the true one of each step by itself: nothing is carried back in time"
    LAST_WRITE = "last write", "the contribution of {step} alone, as where each step overwrites another's"
    STEP_MISSING = "step missing", "the true one without the contribution of {step}"
    STEP_DOUBLED = "step doubled", "the true one with the contribution of {step} counted twice"
    TRUNCATED = "truncated", "the true one truncated: carried back through {steps} and no more", True
    IN_PIECES = "truncated", "the true one truncated: carried back through pieces of {steps} steps{counted}", True
    CLIPPED = "clipped", "the true one clipped to ±{limit}", True
    CLIPPED_BY_NORM = "clipped by norm", "the true one scaled to a norm of {limit} {of}", True
    STEP_SCALED = "step scaled", "the true one with the contribution of {step} multiplied by {factor}"
    TRANSPOSE_ON_THE_WAY = "transpose on the way", "what comes back by {path} in place of its transpose"
    FLIPPED_ON_THE_WAY = "transpose on the way", "what comes back by {path} reversed along {axes}"
    PATH_MISSING = "path missing", "the true one without {way}"
    PATH_ALONE = "path missing", "of the true one, {way} alone"
    PATH_DOUBLED = "path doubled", "the true one with {way} counted twice"
    SLOPE_MISSING = "slope missing", "the true one without the slope of {place}{of}"
    SLOPE_NOT_CARRIED = "slope missing", "the true one, but carried back in time without the slope of {place}{of}"
    CHOICE_MISSING = "slope missing", "the true one, but of all that {place} chooses from, not of what it chooses alone"
    CHANGED_ON_THE_WAY = "changed on the way", "the true one with {what} {changed}"
    FACTOR_MISSING = "factor missing", "the true one without the factor{factor} in {place}"
    SLOPE_OF_ANOTHER = "other slope", "the true one with {slope} for the slope of y = {place}, a function of x{of}"
    SLOPE_ELSEWHERE = "other slope", "the true one with the slope of {place} taken at {elsewhere}"
    OTHER_FACTOR = "other factor", "the true one with the values of {other} for those of {factor} in {place}"
    OWN_ENTRY = (
        "entry by entry",
        "the true one, but {place} by {of} entry by entry, without what other entries do to it",
    )
    MULTIPLIED = "multiplied", "the true one {how} {what}, entry by entry"
    LAST_USE = "last use", "the true one with the {which} use of each entry in {place} alone, as where = stands for +="
    EXECUTION_MISSING = "execution missing", "the true one without what goes through the {which} {what}"
    ONE_EXECUTION = "execution missing", "of the true one, what goes through the {which} {what} alone"
    PART_MISSING = "part missing", "the true one, but 0 at {indices} of {axis}"
    REVERSED = "reversed", "the true one reversed along {axis}"
    SHIFTED = "shifted", "the true one shifted by one, to {direction} indices, along {axis}"
    SHIFTED_IN = (
        "shifted",
        "the true one shifted by one, to {direction} indices, along {axis}, beside what comes in at the end",
    )
    ROTATED = "shifted", "the true one shifted by one, to {direction} indices, along {axis}, cyclically"
    STEP_BESIDE = "shifted", "that of cotangents beside the values of the step {beside}"
    STEP_BESIDE_CYCLICALLY = "shifted", "that of cotangents beside the values of the step {beside}, cyclically"
    FACTOR_BESIDE = "shifted", "the true one with what the step {beside} has beside {what} in {place}"
    REGULARISED = "regularised", "the true one plus {factor} times {path}, as of a regularisation", True
    MULTIPLIED_UP = "scaled variously", "a whole number times the true one, not the same at all points"
    DIVIDED_DOWN = (
        "scaled variously",
        "the true one divided by a whole number, not the same at all points: a mean in place of a sum",
        True,
    )
    NEARLY = (
        "nearly",
        "the true one but for {bound} of its largest entry at most, as where an epsilon is in one of the two",
    )

    def __init__(self, kind: str, sentence: str, by_design: bool = False) -> None:
        self.kind = kind
        self.sentence = sentence
        self.by_design = by_design

    def describe(self, **parameters: Any) -> "Kind":
        """Return the kind of this form with these parameters, in words where the sentence has them."""
        return Kind(self.kind, self.sentence.format(**parameters), self.by_design, parameters)


ORDER = list(dict.fromkeys(form.kind for form in Form))  # of the names of kinds, the likeliest first


@dataclass(frozen=True)
class Kind:
    """A kind of mistake, by its name and parameters; the same wherever it holds. `Form.describe` makes them.

    One that somebody may have meant, such as clipping, is one `by_design`.
    """

    name: str
    text: str  # a sentence that begins with "the gradient by hand is"
    by_design: bool = False
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def extend(self, words: str, parameters: Mapping[str, Any]) -> "Kind":
        """Return the kind with more words at the end of its sentence, and the parameters that they show."""
        return replace(self, text=self.text + words, parameters={**self.parameters, **parameters})


@dataclass(frozen=True)
class Diagnosis:
    """In which part of the gradient by one array the wrong entries are, and what kind of mistake it is."""

    path: str
    where: str = ""  # empty if all over it
    kind: Kind | None = None


@dataclass(frozen=True)
class Refutation:
    """The gradient by one array, which is wrong, at the smallest sizes that are known to show it."""

    finding: LeafFinding
    diagnosis: Diagnosis
    sizes: Mapping[str, int] | None = None  # by name
    rule: str | None = None  # when it is wrong, of all cases that were tried; empty for each of them
    cases: int = 1  # that were tried
    wrong: int = 1  # of them
    undecided: int = 0
    snippet: tuple[str, ...] = ()  # lines that bring it back

    @property
    def path(self) -> str:
        """Of the array."""
        return self.finding.path


def write_product(names: Sequence[str], exponents: Sequence[float]) -> str:
    """Write a product of sizes, their roots and their inverses: 1/T, √n, n √m b, n/2."""
    pairs = list(zip(names, exponents, strict=True))
    above, below = ([f"√{name}" if abs(e) < 1 else name for name, e in pairs if sign * e > 0] for sign in (1, -1))
    if not below:
        return " ".join(above)
    return f"{' '.join(above) or 1}/{below[0] if len(below) == 1 else '(' + ' '.join(below) + ')'}"


def show_number(number: float) -> str:
    """Write a number as a fraction of small integers if it is one, and to 6 digits otherwise."""
    return str(Fraction(number).limit_denominator(LARGEST_DENOMINATOR)) if is_fraction(number) else f"{number:.6g}"


def is_fraction(number: float) -> bool:
    """Whether it is a fraction of small integers."""
    return float(Fraction(number).limit_denominator(LARGEST_DENOMINATOR)) == number


def name_indices(indices: Sequence[int], size: int) -> list[str]:
    """Return names of these indices, those that are the same for other sizes first."""
    if len(indices) == 1:
        return _name_one("index", indices[0], size)
    but_one = {"all but the first index": range(1, size), "all but the last index": range(size - 1)}
    names = [name for name, others in but_one.items() if list(indices) == list(others)]
    return [*names, f"indices {', '.join(map(str, indices))}"]


def name_step(step: int, last: int) -> list[str]:
    """Return names of a step, those that may be the same for other numbers of steps first."""
    *names, with_number = _name_one("step", step, last + 1)
    return [*names, f"{with_number}, counted from 0,"]


def _name_one(thing: str, n: int, size: int) -> list[str]:
    ends = {f"the first {thing}": 0, f"the last {thing}": size - 1}
    return [*(name for name, end in ends.items() if n == end), f"{thing} {n}"]
