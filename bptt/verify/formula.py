"""Question 1: is it the derivative?

The gradient is evaluated on balls, the true gradient of f by an adjoint sweep over balls, and the two are compared
entry by entry, so that no entry can hide behind a larger one. Precision is raised until the radii are small enough to
tell; past the last one the verdict is `undecided`.
"""

import functools
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from flint import arb

from bptt.verify.adjoint import StaleValueError, Traced, collector_paused, sweep
from bptt.verify.balls import Ball, UndecidedComparisonError, enclosure, precision, rounded_constants
from bptt.verify.comparison import Claim, compare_leaf, too_wide
from bptt.verify.leaves import Arguments
from bptt.verify.report import Formula, LeafFinding

PRECISIONS = (50, 200, 800)  # digits

Function: TypeAlias = Callable[..., Any]
Claims: TypeAlias = npt.NDArray[Any]  # the gradient by one leaf, computed on balls

# What a function that runs on floats may raise because it was given balls.
_BALL_ERRORS = (ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)


class _NoVerdict(Exception):  # noqa: N818  (an outcome, not an error)
    """The gradient cannot be judged at this precision or, if `final`, at any; the message says why."""

    def __init__(self, reason: str, *, final: bool) -> None:
        super().__init__(reason)
        self.final = final


class _Reference(NamedTuple):
    """f on traced balls, and its true gradient by each leaf, flattened; none for a leaf that is not differentiated."""

    value: arb
    gradient: list[list[arb]]


def judge(f: Function, gradient: Function, arguments: Arguments) -> Formula:
    """The verdict on `gradient` as a formula for the derivative of `f` at `arguments`."""
    with np.errstate(all="ignore"):
        on_floats = _scalar(f(*arguments.copies()))
    for digits in PRECISIONS:
        with precision(digits), collector_paused():
            try:
                on_balls, claims = _on_balls(f, gradient, arguments)
                if digits < PRECISIONS[-1] and any(too_wide(claim) for claim in claims):
                    continue  # before the reference, which takes longer
                reference = _reference(f, arguments)
                _require_one_function(arguments, on_floats, on_balls, reference)
                formula = _conclude(_findings(f, gradient, arguments, claims, reference), digits)
            except _NoVerdict as outcome:
                formula = _undecided(str(outcome), digits, arguments)
                if outcome.final:
                    break
        if all(leaf.verdict != "undecided" for leaf in formula.leaves):
            break
    return formula


def _on_balls(f: Function, gradient: Function, arguments: Arguments) -> tuple[arb, list[Claims]]:
    """f, and then the gradient by each leaf: in this order, as a backward pass may use what the forward pass kept."""
    value = _scalar(_run("f", f, arguments, [leaf.balls(Ball) for leaf in arguments.leaves]))
    claims = arguments.match(_run("gradient", gradient, arguments, [leaf.balls(Ball) for leaf in arguments.leaves]))
    return enclosure(value), claims


def _reference(f: Function, arguments: Arguments) -> _Reference:
    leaves = [leaf.balls(Traced) for leaf in arguments.leaves]
    inputs = [
        np.ravel(balls).tolist() if leaf.differentiable else []  # now: f may write into its arguments
        for leaf, balls in zip(arguments.leaves, leaves, strict=True)
    ]
    value = _scalar(_run("f", f, arguments, leaves))
    try:
        adjoint = sweep(value, [x for of_leaf in inputs for x in of_leaf])
    except StaleValueError as error:
        raise _NoVerdict(f"f {error}", final=True) from error
    return _Reference(enclosure(value), [[adjoint(x) for x in of_leaf] for of_leaf in inputs])


def _require_one_function(arguments: Arguments, on_floats: object, on_balls: arb, reference: _Reference) -> None:
    """Give no verdict on an f that is not finite, changes from call to call, or does something else with balls."""
    value = reference.value
    if not value.is_finite():
        raise _NoVerdict("f is not finite at this point", final=False)
    if not value.overlaps(on_balls):
        raise _NoVerdict("f has another value each time that it is called", final=True)
    known = enclosure(on_floats)
    difference, scale = abs(known - value), abs(value)
    for leaf, gradient in zip(arguments.leaves, reference.gradient, strict=True):
        for x, slope in zip(leaf.values.reshape(-1).tolist(), gradient, strict=False):
            scale += abs(slope * x)
    if known.is_finite() and difference > scale * arguments.half_the_digits():
        raise _NoVerdict(f"f is {known.str(6, radius=False)} on floats and {value.str(6)} on balls", final=False)


def _findings(
    f: Function, gradient: Function, arguments: Arguments, claims: list[Claims], reference: _Reference
) -> tuple[LeafFinding, ...]:
    @functools.cache
    def again() -> tuple[list[Claims], _Reference] | None:
        with rounded_constants():
            try:
                return _on_balls(f, gradient, arguments)[1], _reference(f, arguments)
            except _NoVerdict:
                return None

    def claim_again(n: int) -> Claim | None:
        both = again()
        return both and Claim(both[0][n], both[1].gradient[n], both[1].value)

    return tuple(
        compare_leaf(leaf, Claim(claims[n], reference.gradient[n], reference.value), functools.partial(claim_again, n))
        for n, leaf in enumerate(arguments.leaves)
        if leaf.differentiable
    )


def _run(name: str, function: Function, arguments: Arguments, balls: list[Any]) -> Any:
    try:
        return function(*arguments.rebuild(balls))
    except UndecidedComparisonError as error:
        kink = ": a kink or a jump" if error.exact else ""
        raise _NoVerdict(f"{name} {error}{_place(error)}{kink}", final=error.exact) from error
    except StaleValueError as error:
        raise _NoVerdict(f"{name} {error}{_place(error)}", final=True) from error
    except _BALL_ERRORS as error:
        function(*arguments.copies())  # an error that floats raise too is the caller's own
        reason = f"{name} runs on floats but not on balls{_place(error)}: {type(error).__name__}: {error}"
        raise _NoVerdict(reason, final=True) from error


def _place(error: Exception) -> str:
    """Where in the caller's code an error arose."""
    inside = (str(Path(__file__).parent), str(Path(np.__file__).parent))
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith(inside)]
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
