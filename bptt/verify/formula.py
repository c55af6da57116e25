"""Question 1: is it the derivative?

The gradient is evaluated on balls, the true gradient of f by an adjoint sweep over balls, and the two are compared
entry by entry, so that no entry can hide behind a larger one. Precision is raised until the radii are small enough to
tell; past the last one the verdict is `undecided`.
"""

import functools
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from flint import arb

from bptt.verify.adjoint import Traced, collector_paused, sweep
from bptt.verify.balls import Ball, UndecidedComparisonError, enclosure, precision, rounded_constants
from bptt.verify.comparison import Claim, compare_leaf, too_wide
from bptt.verify.leaves import Arguments
from bptt.verify.report import Formula, LeafFinding

PRECISIONS = (50, 200, 800, 3200)  # digits

Function = Callable[..., Any]

# What a function that runs on floats may raise because it was given balls.
_BALL_ERRORS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


class _NoBalls(Exception):  # noqa: N818  (an outcome, not an error)
    """f or the gradient did not run to its end on balls; the message says which and why."""

    def __init__(self, reason: str, *, final: bool) -> None:
        super().__init__(reason)
        self.final = final  # more digits cannot help


def judge(f: Function, gradient: Function, arguments: Arguments) -> Formula:
    """The verdict on `gradient` as a formula for the derivative of `f` at `arguments`."""
    for digits in PRECISIONS:
        with precision(digits):
            try:
                claims = _gradient_on_balls(gradient, arguments)
                if digits < PRECISIONS[-1] and any(too_wide(claim) for claim in claims):
                    continue  # before f, which takes longer
                formula = _conclude(_findings(f, gradient, arguments, claims), digits)
            except _NoBalls as outcome:
                formula = _undecided(str(outcome), digits, arguments)
                if outcome.final:
                    break
        if all(leaf.verdict != "undecided" for leaf in formula.leaves):
            break
    return formula


def _findings(f: Function, gradient: Function, arguments: Arguments, claims: list[Any]) -> tuple[LeafFinding, ...]:
    reference = _reference(f, arguments)

    @functools.cache
    def again() -> tuple[list[Any], list[list[arb]]] | None:
        with rounded_constants():
            try:
                return _gradient_on_balls(gradient, arguments), _reference(f, arguments)
            except _NoBalls:
                return None

    def claim_again(n: int) -> Claim | None:
        both = again()
        return both and Claim(both[0][n], both[1][n])

    return tuple(
        compare_leaf(leaf, Claim(claims[n], reference[n]), functools.partial(claim_again, n))
        for n, leaf in enumerate(arguments.leaves)
        if leaf.differentiable
    )


def _gradient_on_balls(gradient: Function, arguments: Arguments) -> list[Any]:
    """The gradient by each leaf."""
    return arguments.match(_run("gradient", gradient, arguments, [leaf.balls(Ball) for leaf in arguments.leaves]))


def _reference(f: Function, arguments: Arguments) -> list[list[arb]]:
    """The true gradient by each leaf, flattened; empty for one that is not differentiated."""
    inputs = [leaf.balls(Traced) for leaf in arguments.leaves]
    with collector_paused():
        adjoint = sweep(_scalar(_run("f", f, arguments, inputs)))
    return [
        [adjoint(x) for x in np.ravel(traced).tolist()] if leaf.differentiable else []
        for leaf, traced in zip(arguments.leaves, inputs, strict=True)
    ]


def _run(name: str, function: Function, arguments: Arguments, balls: list[Any]) -> Any:
    try:
        return function(*arguments.rebuild(balls))
    except UndecidedComparisonError as error:
        kink = ": a kink or a jump" if error.exact else ""
        raise _NoBalls(f"{name} {error}{_place(error)}{kink}", final=error.exact) from error
    except _BALL_ERRORS as error:
        function(*arguments.rebuild(arguments.copies()))  # an error that floats raise too is the caller's own
        reason = f"{name} runs on floats but not on balls{_place(error)}: {type(error).__name__}: {error}"
        raise _NoBalls(reason, final=True) from error


def _place(error: Exception) -> str:
    """Where in the caller's code an error arose, as far as it has a file and a line."""
    frames = traceback.extract_tb(error.__traceback__)
    here = Path(__file__).parent
    own = [
        f for f in frames if Path(f.filename).parent != here and f"{np.__name__}/" not in Path(f.filename).as_posix()
    ]
    return f" at {Path(own[-1].filename).name}:{own[-1].lineno}" if own else ""


def _scalar(value: Any) -> Any:
    if np.shape(value) != ():
        raise ValueError(f"f must return a scalar; got an array of shape {np.shape(value)}")
    scalar = np.asarray(value, dtype=object).item()
    if enclosure(scalar) is NotImplemented:
        raise TypeError(f"f must return a real number; got {type(scalar).__name__}")
    return scalar


def _undecided(reason: str, digits: int, arguments: Arguments) -> Formula:
    leaves = [leaf for leaf in arguments.leaves if leaf.differentiable]
    findings = tuple(LeafFinding(leaf.path, leaf.values.shape, "undecided", "") for leaf in leaves)
    return Formula("undecided", reason, digits, findings)


def _conclude(leaves: tuple[LeafFinding, ...], digits: int) -> Formula:
    for verdict in ("wrong", "undecided"):
        for leaf in leaves:
            if leaf.verdict == verdict:
                return Formula(verdict, leaf.finding, digits, leaves)
    known = [leaf.digits for leaf in leaves if leaf.digits is not None]
    agreement = f"to {min(known)} digits" if known else "exactly"
    return Formula("right", f"every entry agrees {agreement}", digits, leaves)
