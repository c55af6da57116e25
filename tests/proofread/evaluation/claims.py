"""Claims on a few quantities, and what comes out of them."""

from fractions import Fraction

from bptt.proofread import _expressions as ex
from bptt.proofread._expressions import Claim, Definition, Definitions, Entry, Expression, Quantity, Range, Step
from bptt.proofread.evaluation import Agreement, Budget, Counterexample, Difference, Undecided, compare

n, m = ("hidden",), ("input",)
W, U = Quantity("W", (n, n), False), Quantity("U", (n, m), False)
a, v, c = Quantity("a", (n,), False), Quantity("v", (m,), False), Quantity("c", (), False)
h = Quantity("h", (n,), True)
RANGES: dict[str, Range] = {"i": n, "j": n, "k": n, "l": n, "p": m}
TWO = ex.Constant(Fraction(2))
T0, T1 = Step("t", 0), Step("t", -1)


def entry(quantity: Quantity, letters: str = "", step: Step | None = None) -> Entry:
    return Entry(quantity, step, tuple(letters))


def claim(left: Expression, right: Expression, free: str = "", steps: str = "", last_is: int | None = None) -> Claim:
    return Claim(left, right, tuple(free), tuple(steps), RANGES, last_is)


def compared(stated: Claim, definitions: Definitions | None = None) -> Agreement | Counterexample | Undecided:
    outcome = compare(stated, definitions or Definitions(), Budget())
    return outcome.find_smallest() if isinstance(outcome, Difference) else outcome


def sums(letter: str, *factors: Expression) -> ex.Total:
    return ex.Total(letter, ex.Times(factors))


def square(base: Expression) -> ex.Power:
    return ex.Power(base, Fraction(2))


def entry_of(quantity: Quantity, *indices: ex.Index, step: Step | None = None) -> Entry:
    return Entry(quantity, step, indices)


RECURRENCE = Definitions(
    {
        h: [
            Definition(h, Step("", 0), ("i",), ex.ZERO),
            Definition(h, T0, ("i",), ex.Plus((sums("j", entry(W, "ij"), entry(h, "j", T1)), entry(a, "i")))),
        ]
    }
)
