"""Question 1: is it the derivative?

The gradient is evaluated on balls, the true gradient of f by an adjoint sweep over balls, and the two are compared
entry by entry, so that no entry can hide behind a larger one. Precision is raised until the radii are small enough to
tell; past the last one the verdict is `undecided`.
"""

import functools
from typing import NamedTuple

import numpy as np
from flint import arb

from bptt.verify.adjoint import Traced, collector_paused, sweep
from bptt.verify.balls import Ball, StaleValueError, enclosure, precision, rounded_constants
from bptt.verify.comparison import Claim, compare_leaf
from bptt.verify.leaves import FlatArguments
from bptt.verify.report import Formula, LeafFinding
from bptt.verify.running import Claims, Function, NoVerdictError, run, scalar

PRECISIONS = (50, 200, 800)  # digits


class _Reference(NamedTuple):
    """f on traced balls, and its true gradient by each leaf, flattened; none for a leaf that is not differentiated."""

    value: arb
    gradient: list[list[arb]]
    constant: bool  # f returned a number that was computed from no ball


def judge(f: Function, gradient: Function, arguments: FlatArguments, on_floats: object) -> Formula:
    """The verdict on `gradient` as a formula for the derivative of `f` at `arguments`, where f is `on_floats`."""
    for digits in PRECISIONS:
        with precision(digits), collector_paused():
            try:
                reference, claims = _both(f, gradient, arguments)
                _require_one_function(arguments, on_floats, reference, claims)
                formula = _conclude(_findings(f, gradient, arguments, claims, reference), digits)
            except NoVerdictError as outcome:
                formula = _undecided(str(outcome), digits, arguments)
                if outcome.final:
                    break
        if all(leaf.verdict != "undecided" for leaf in formula.leaves):
            break
    return formula


def _both(f: Function, gradient: Function, arguments: FlatArguments) -> tuple[_Reference, list[Claims]]:
    """The reference, and then the gradient by each leaf: a backward pass may use what the forward pass kept."""
    leaves = [leaf.balls(Traced) for leaf in arguments.leaves]
    inputs = [
        np.ravel(balls).tolist() if leaf.differentiable else []  # now: f may write into its arguments
        for leaf, balls in zip(arguments.leaves, leaves, strict=True)
    ]
    value = scalar(run("f", f, arguments, leaves))
    try:
        adjoint = sweep(value, [x for of_leaf in inputs for x in of_leaf])
    except StaleValueError as error:
        raise NoVerdictError(f"f {error}", final=True) from error
    slopes = [[adjoint(x) for x in of_leaf] for of_leaf in inputs]
    balls = [leaf.balls(Ball) for leaf in arguments.leaves]
    claims = arguments.match(run("gradient", gradient, arguments, balls))
    return _Reference(enclosure(value), slopes, constant=not isinstance(value, Ball)), claims


def _require_one_function(
    arguments: FlatArguments, on_floats: object, reference: _Reference, claims: list[Claims]
) -> None:
    """Give no verdict on an f that is not finite, or is not the same function each time that it is called."""
    value = reference.value
    if not value.is_finite():
        raise NoVerdictError("f is not finite at this point", final=False)
    if reference.constant and any(enclosure(entry) != 0 for claim in claims for entry in claim.flat):
        raise NoVerdictError("f does not depend on its arguments: does it keep what it computed first?", final=True)
    known = enclosure(on_floats)
    difference, scale = abs(known - value), abs(value)
    for leaf, gradient in zip(arguments.leaves, reference.gradient, strict=True):
        for x, slope in zip(leaf.values.reshape(-1).tolist(), gradient, strict=False):
            scale += abs(slope * x)
    if known.is_finite() and difference > scale * arguments.half_the_digits():
        reason = f"f is {known.str(6, radius=False)} on floats and {value.str(6)} on balls, or each time another"
        raise NoVerdictError(reason, final=False)


def _findings(
    f: Function, gradient: Function, arguments: FlatArguments, claims: list[Claims], reference: _Reference
) -> tuple[LeafFinding, ...]:
    @functools.cache
    def again() -> tuple[_Reference, list[Claims]] | None:
        with rounded_constants():
            try:
                return _both(f, gradient, arguments)
            except NoVerdictError:
                return None

    def claim_again(n: int) -> Claim | None:
        both = again()
        return both and Claim(both[1][n], both[0].gradient[n], both[0].value)

    return tuple(
        compare_leaf(leaf, Claim(claims[n], reference.gradient[n], reference.value), functools.partial(claim_again, n))
        for n, leaf in enumerate(arguments.leaves)
        if leaf.differentiable
    )


def _undecided(reason: str, digits: int, arguments: FlatArguments) -> Formula:
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
