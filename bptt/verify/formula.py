"""Question 1: is it the derivative?

The gradient is evaluated on balls, the true gradient of f by an adjoint sweep over balls, and the two are compared
entry by entry, so that no entry can hide behind a larger one. Precision is raised until the radii are small enough to
tell; past the last one the verdict is `undecided`.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from bptt.verify.adjoint import Traced, collector_paused, sweep
from bptt.verify.balls import Ball, UndecidedComparisonError, enclosure, precision
from bptt.verify.comparison import compare_leaf, too_wide
from bptt.verify.leaves import Arguments
from bptt.verify.report import Formula, LeafFinding

PRECISIONS = (50, 200, 800, 3200)  # digits

# What a function that runs on floats may raise because it was given balls.
_BALL_ERRORS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


class _NoBalls(Exception):  # noqa: N818  (an outcome, not an error)
    """f or the gradient did not run to its end on balls; the message says which and why."""

    def __init__(self, reason: str, *, final: bool) -> None:
        super().__init__(reason)
        self.final = final  # more digits cannot help


def judge(f: Callable[..., Any], gradient: Callable[..., Any], arguments: Arguments) -> Formula:
    """The verdict on `gradient` as a formula for the derivative of `f` at `arguments`."""
    for digits in PRECISIONS:
        with precision(digits):
            try:
                claims = _claims(gradient, arguments)
                if digits < PRECISIONS[-1] and any(too_wide(claim) for claim in claims):
                    continue  # before f, which takes longer
                formula = _conclude(_findings(f, arguments, claims), digits)
            except _NoBalls as outcome:
                formula = _undecided(str(outcome), digits, arguments)
                if outcome.final:
                    break
        if all(leaf.verdict != "undecided" for leaf in formula.leaves):
            break
    return formula


def _claims(gradient: Callable[..., Any], arguments: Arguments) -> list[Any]:
    """The gradient on balls, a claim for each leaf."""
    return arguments.match(_run("gradient", gradient, arguments, [leaf.balls(Ball) for leaf in arguments.leaves]))


def _findings(f: Callable[..., Any], arguments: Arguments, claims: list[Any]) -> tuple[LeafFinding, ...]:
    inputs = [leaf.balls(Traced) for leaf in arguments.leaves]
    with collector_paused():
        adjoint = sweep(_scalar(_run("f", f, arguments, inputs)))
    return tuple(
        compare_leaf(leaf, claim, [adjoint(x) for x in np.ravel(traced).tolist()])
        for leaf, claim, traced in zip(arguments.leaves, claims, inputs, strict=True)
        if leaf.differentiable
    )


def _run(name: str, function: Callable[..., Any], arguments: Arguments, balls: list[Any]) -> Any:
    try:
        return function(*arguments.rebuild(balls))
    except UndecidedComparisonError as error:
        raise _NoBalls(f"{name} {error}", final=error.exact) from error
    except _BALL_ERRORS as error:
        function(*arguments.rebuild(arguments.copies()))  # an error that floats raise too is the caller's own
        reason = f"{name} runs on floats but not on balls ({type(error).__name__}: {error})"
        raise _NoBalls(reason, final=True) from error


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
