"""The state of a computation on balls: its precision, what it records, and how it goes where balls decide nothing.

FLINT's precision is one for the whole process, and under a lock; the context is that of whoever holds it, and of the
threads that a function starts meanwhile. Only what NumPy's constructors make is told thread by thread.

At a tie or a kink no precision tells which branch a real number would take, and where the numbers are known with an
error, none may be enough. A computation is then run once for every sign that the difference may have; what all the runs
agree upon holds, whichever is the true one.
"""

import gc
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Protocol, TypeVar

from flint import arb, ctx

Result = TypeVar("Result")

_MOST_BRANCHES = 64  # runs: each further comparison that stays open doubles them, and nobody waits for more
_PRECISION_LOCK = threading.RLock()


@dataclass
class Encountered:
    """What a computation met on its way that the one who asked for it may want to know."""

    abs_at_zero: bool = False  # |x| of an exact 0


@dataclass(frozen=True)
class Context:
    """What the balls of one computation are computed with. Change it for a while by `change_context`."""

    constant_error: arb | None = None  # relative, of a float that stands among the balls; None: it is exact
    exact_grid: float = 2.0**24  # a float whose mantissa times this is an integer was not rounded
    assumptions: "Assumptions | None" = None  # on open comparisons; None: they raise
    both_slopes_of_abs: bool = False  # |x| at 0 is a comparison that is not decided, not a slope within ±1
    measures_cancellation: bool = False  # keep account of what cancels in formulas of one variable
    origins: dict[int, Any] | None = None  # where each ball was computed, by its number; None: not recorded
    equation_places: tuple[Any, ...] = ()  # those of the jaxpr's equation that is being evaluated
    encountered: Encountered | None = None  # what is met is noted there; None: it is not


class _Current:
    """Holds the context of the computation under way."""

    context = Context()


CURRENT = _Current()
MAKE_CONSTANT: ContextVar[Callable[..., Any] | None] = ContextVar("MAKE_CONSTANT", default=None)
"""How a run on balls makes one from a number that stands in the code; `None` outside of such a run."""


@contextmanager
def change_context(**changes: Any) -> Iterator[Context]:
    """Compute in the present context with these fields changed."""
    before = CURRENT.context
    CURRENT.context = replace(before, **changes)
    try:
        yield CURRENT.context
    finally:
        CURRENT.context = before


@contextmanager
def use_precision(digits: int) -> Iterator[None]:
    """Work with that many decimal digits; other threads that ask for a precision wait."""
    with _PRECISION_LOCK:
        before = ctx.prec
        ctx.dps = digits
        try:
            yield
        finally:
            ctx.prec = before


@contextmanager
def pause_collector() -> Iterator[None]:
    """Keep Python's cycle collector off: balls form no cycles, and searching them takes longer than computing them."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@contextmanager
def round_constants(bits: int = 53) -> Iterator[None]:
    """Take a float among the balls for a real number that it was rounded from, some 64 roundings away at most.

    So is `1.0 / 3`, and so are the entries of a product of data that was computed before, in a type of so many bits. A
    float that half of them can hold, such as 0.5 or 2.0, stays what it is.
    """
    grid = 2.0 ** (24 if bits == 53 else bits // 2)
    with change_context(constant_error=arb(0, 64 * arb(2) ** -bits), exact_grid=grid):
        yield


class UndecidedComparisonError(ArithmeticError):
    """A comparison whose answer depends on where in its ball a number lies.

    `exact` says that more digits cannot help.
    """

    def __init__(self, relation: str, left: arb, right: arb, *, exact: bool) -> None:
        super().__init__(f"cannot decide {left.str(5)} {relation} {right.str(5)}")
        self.exact = exact


class TooManyBranchesError(ArithmeticError):
    """More comparisons are undecided than can be tried both ways."""

    def __init__(self) -> None:
        super().__init__(f"has more undecided comparisons than {_MOST_BRANCHES} runs can try")


class Difference(Protocol):
    """Of two numbers that were compared."""

    def compare_sign(self, other: "Difference", /) -> int:
        """Return 1 where the other one has the same sign, −1 where the opposite one, 0 where that is not known."""
        ...


class _Assumed(NamedTuple):
    difference: Difference
    choice: int


class Assumptions:
    """One way to answer the comparisons that are undecided: the first few as prescribed, then with the first sign."""

    def __init__(self, signs: tuple[int, ...], choices: list[int], *, exact_only: bool) -> None:
        self.signs = signs
        self.choices = choices
        self.exact_only = exact_only
        self.made: list[_Assumed] = []

    def assume_sign(self, difference: Difference) -> int:
        """Return the sign that the difference is taken to have; the same one for all that must have the same."""
        for known in self.made:
            if factor := known.difference.compare_sign(difference):
                return factor * self.signs[known.choice]
        n = len(self.made)
        self.made.append(_Assumed(difference, self.choices[n] if n < len(self.choices) else 0))
        return self.signs[self.made[-1].choice]


def try_every_branch(run: Callable[[], Result], signs: tuple[int, ...], *, exact_only: bool) -> Iterator[Result]:
    """Yield what `run` returns for every way to decide the comparisons that are open; once, if none is.

    `signs` are those that the difference of the two numbers is taken to have. With `exact_only`, a comparison that more
    digits may decide raises `UndecidedComparisonError` as ever. Raises `TooManyBranchesError` beyond 64 ways.
    """
    choices: list[int] = []
    for _ in range(_MOST_BRANCHES):
        assumptions = Assumptions(signs, choices, exact_only=exact_only)
        with change_context(assumptions=assumptions):
            result = run()
        choices = [assumed.choice for assumed in assumptions.made]
        yield result
        while choices and choices[-1] == len(signs) - 1:
            choices.pop()
        if not choices:
            return
        choices[-1] += 1
    raise TooManyBranchesError


_HOLDS: dict[str, Callable[[int], bool]] = {
    "<": lambda sign: sign < 0,
    "<=": lambda sign: sign <= 0,
    ">": lambda sign: sign > 0,
    ">=": lambda sign: sign >= 0,
    "==": lambda sign: sign == 0,
    "!=": lambda sign: sign != 0,
}


def decide_open(relation: str, left: arb, right: arb, difference: Callable[[], Difference], *, exact: bool) -> bool:
    """Answer a comparison as it is assumed to go; raises `UndecidedComparisonError` where nothing is to be assumed."""
    assumptions = CURRENT.context.assumptions
    if assumptions is None or (assumptions.exact_only and not exact):
        raise UndecidedComparisonError(relation, left, right, exact=exact)
    return _HOLDS[relation](assumptions.assume_sign(difference()))
