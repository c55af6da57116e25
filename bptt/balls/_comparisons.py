"""How the comparisons of a run on balls are decided.

A run follows the floats: every comparison goes as that of the floats goes that stand in the balls, so that what is
computed is the computation that took place, and ends when that ended. What the balls say is noted:

    tie            they leave it open, or know that the two numbers are equal: the function may have a kink there
    contradiction  they know it to be otherwise: rounding has decided

To see what there is beside a tie, a run is repeated at points that are infinitely near for all that floats can tell:
there, what differs by less than anything that floats distinguish is decided by the balls.
"""

import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, TypeVar

from flint import arb

Result = TypeVar("Result")

_MOST_BRANCHES = 64  # runs: each further comparison that stays open doubles them, and nobody waits for more
_INFINITESIMAL = arb(2) ** -150  # of the larger number: far below a float's last bit, far above the steps beside a tie

_HOLDS: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda a, b: bool(a < b),
    "<=": lambda a, b: bool(a <= b),
    ">": lambda a, b: bool(a > b),
    ">=": lambda a, b: bool(a >= b),
    "==": lambda a, b: bool(a == b),
    "!=": lambda a, b: bool(a != b),
}


_OF_BALLS: dict[str, tuple[Callable[[arb, arb], bool], Callable[[arb, arb], bool]]] = {
    "<": (operator.lt, operator.ge),
    "<=": (operator.le, operator.gt),
    ">": (operator.gt, operator.le),
    ">=": (operator.ge, operator.lt),
    "==": (operator.eq, operator.ne),
    "!=": (operator.ne, operator.eq),
}
"""For each relation, what says of two balls that it holds, and what that it does not."""


def compare(relation: str, left: arb, right: arb) -> bool | None:
    """Return whether a relation holds between two numbers; `None` if their balls leave that open."""
    holds, fails = _OF_BALLS[relation]
    return True if holds(left, right) else False if fails(left, right) else None


class UndecidedComparisonError(ArithmeticError):
    """A comparison whose answer depends on where in its ball a number lies."""

    def __init__(self, relation: str, left: arb, right: arb) -> None:
        super().__init__(f"cannot decide {left.str(5)} {relation} {right.str(5)}")


class UndecidedSpectrumError(UndecidedComparisonError):
    """Two eigenvalues or singular values may be equal: then neither they nor their vectors need have derivatives."""

    def __init__(self, what: str) -> None:
        ArithmeticError.__init__(self, f"cannot tell the {what} of a matrix apart: two of them may be equal")


class TooManyBranchesError(ArithmeticError):
    """More comparisons are ties than can be tried both ways."""

    def __init__(self) -> None:
        super().__init__(f"has more ties than {_MOST_BRANCHES} runs can try")


class TooManyComparisonsError(ArithmeticError):
    """A run compares far more often than the one that follows the floats: a loop, say, that ends on floats alone."""


class Difference(Protocol):
    """Of two numbers that were compared."""

    def compare_sign(self, other: "Difference", /) -> int:
        """Return 1 where the other one has the same sign, −1 where the opposite one, 0 where that is not known."""
        ...


@dataclass
class Comparisons:
    """How those of one run are decided, and what was met."""

    balls_decide: bool = False  # wherever they can; where not, the floats do
    beside_ties: bool = False  # balls decide what differs infinitely little
    assumptions: "Assumptions | None" = None  # on ties, instead of the floats
    most: int | None = None  # comparisons, beyond which `TooManyComparisonsError` is raised
    count: int = 0
    ties: int = 0
    contradictions: int = 0
    triangles: int = 0  # of symmetric matrices, of which the other one was not read

    def decide(self, relation: str, holds: bool | None, left: tuple[arb, Any], right: tuple[arb, Any]) -> bool:
        """Return the answer to a comparison of two numbers, each as its ball and as the float that stands there.

        `holds` is what the balls say; `None` where that is open, and then it is noted as a tie by whoever asks.
        """
        self.count += 1
        if self.most is not None and self.count > self.most:
            raise TooManyComparisonsError
        on_floats = _HOLDS[relation](left[1], right[1])
        if holds is None or holds == on_floats:
            return on_floats
        self.contradictions += 1
        if self.balls_decide or (self.beside_ties and _is_infinitesimal(left[0], right[0])):
            return holds
        return on_floats


def _is_infinitesimal(left: arb, right: arb) -> bool:
    scale = arb(1).max(abs(left)).max(abs(right))
    return bool(abs(left - right) < scale * _INFINITESIMAL)


class _Assumed(NamedTuple):
    difference: Difference
    choice: int


class Assumptions:
    """One way to answer the comparisons that are ties: the first few as prescribed, then with the first sign."""

    def __init__(self, signs: tuple[int, ...], choices: list[int], *, each_for_itself: bool = False) -> None:
        self.signs = signs
        self.choices = choices
        self.each_for_itself = each_for_itself  # ties of other numbers, however these depend on one another
        self.made: list[_Assumed] = []

    def assume_sign(self, difference: Difference) -> int:
        """Return the sign that the difference is taken to have; the same one for all that must have the same."""
        for known in self.made:
            if factor := known.difference.compare_sign(difference):
                return factor * self.signs[known.choice]
        n = len(self.made)
        self.made.append(_Assumed(difference, self.choices[n] if n < len(self.choices) else 0))
        return self.signs[self.made[-1].choice]

    def answer(self, relation: str, difference: Difference) -> bool:
        """Answer a comparison with the sign that the difference is taken to have."""
        return _HOLDS[relation](self.assume_sign(difference), 0)


def try_every_branch(
    run: Callable[[Comparisons], Result], signs: tuple[int, ...] = (1, -1), *, each_for_itself: bool = False
) -> Iterator[Result]:
    """Yield what `run` returns for every way to decide the ties; once, if there is none.

    `signs` are those that the difference of the two numbers is taken to have. Those of differences that change
    together go together, unless ties are decided each for itself. Raises `TooManyBranchesError` beyond 64 ways.
    """
    choices: list[int] = []
    for _ in range(_MOST_BRANCHES):
        assumptions = Assumptions(signs, choices, each_for_itself=each_for_itself)
        result = run(Comparisons(assumptions=assumptions))
        if not choices and len(signs) ** len(assumptions.made) > _MOST_BRANCHES:
            break
        choices = [assumed.choice for assumed in assumptions.made]
        yield result
        while choices and choices[-1] == len(signs) - 1:
            choices.pop()
        if not choices:
            return
        choices[-1] += 1
    raise TooManyBranchesError
