"""Comparisons that balls leave open, run both ways.

At a tie or a kink no precision tells which branch a real number would take, and where the numbers are known with an
error, none may be enough. A computation is then run once for every sign that the difference may have; what all the runs
agree upon holds, whichever is the true one.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol, TypeVar

from flint import arb

Result = TypeVar("Result")

_MOST_WAYS = 64

_HOLDS: dict[str, Callable[[int], bool]] = {
    "<": lambda sign: sign < 0,
    "<=": lambda sign: sign <= 0,
    ">": lambda sign: sign > 0,
    ">=": lambda sign: sign >= 0,
    "==": lambda sign: sign == 0,
    "!=": lambda sign: sign != 0,
}


class UndecidedComparisonError(ArithmeticError):
    """A comparison whose answer depends on where in its ball a number lies.

    `exact` says that more digits cannot help.
    """

    def __init__(self, relation: str, left: arb, right: arb, *, exact: bool) -> None:
        super().__init__(f"cannot decide {left.str(5)} {relation} {right.str(5)}")
        self.exact = exact


class TooManyWaysError(ArithmeticError):
    """More comparisons are undecided than can be tried both ways."""

    def __init__(self) -> None:
        super().__init__(f"has more undecided comparisons than {_MOST_WAYS} runs can try")


class Difference(Protocol):
    """Of two numbers that were compared."""

    def factor(self, other: "Difference", /) -> int:
        """1 where the other one has the same sign, −1 where it has the opposite one, 0 where that is not known."""
        ...


class _Assumed(NamedTuple):
    difference: Difference
    choice: int


class _Assumptions:
    """One way to answer the comparisons that are undecided: the first few as prescribed, then with the first sign."""

    def __init__(self, signs: tuple[int, ...], choices: list[int], *, exact_only: bool) -> None:
        self.signs = signs
        self.choices = choices
        self.exact_only = exact_only
        self.made: list[_Assumed] = []

    def sign(self, difference: Difference) -> int:
        for known in self.made:
            if factor := known.difference.factor(difference):
                return factor * self.signs[known.choice]
        n = len(self.made)
        self.made.append(_Assumed(difference, self.choices[n] if n < len(self.choices) else 0))
        return self.signs[self.made[-1].choice]


_assumptions: _Assumptions | None = None  # as global as FLINT's precision, and under its lock


def every_way(run: Callable[[], Result], signs: tuple[int, ...], *, exact_only: bool) -> Iterator[Result]:
    """What `run` returns for every way to decide the comparisons that are not decided; once, if all of them are.

    `signs` are those that the difference of the two numbers is taken to have. With `exact_only`, a comparison that more
    digits may decide raises `UndecidedComparisonError` as ever. Raises `TooManyWaysError` beyond 64 ways.
    """
    global _assumptions
    choices: list[int] = []
    for _ in range(_MOST_WAYS):
        before, _assumptions = _assumptions, _Assumptions(signs, choices, exact_only=exact_only)
        try:
            result = run()
            choices = [assumed.choice for assumed in _assumptions.made]
        finally:
            _assumptions = before
        yield result
        while choices and choices[-1] == len(signs) - 1:
            choices.pop()
        if not choices:
            return
        choices[-1] += 1
    raise TooManyWaysError


def undecided(relation: str, left: arb, right: arb, difference: Callable[[], Difference], *, exact: bool) -> bool:
    """The answer that is assumed for a comparison; raises `UndecidedComparisonError` where none is to be assumed."""
    if _assumptions is None or (_assumptions.exact_only and not exact):
        raise UndecidedComparisonError(relation, left, right, exact=exact)
    return _HOLDS[relation](_assumptions.sign(difference()))
