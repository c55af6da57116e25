"""Question 1: is it the derivative?

The gradient is evaluated on balls, the true gradient of f by an adjoint sweep over balls, and the two are compared
entry by entry, so that no entry can hide behind a larger one. Precision is raised until the radii are small enough to
tell; past the last one the verdict is `undecided`.
"""

import functools
from typing import Any, NamedTuple

import numpy as np
from flint import arb

from bptt.verify.adjoint import Traced, collector_paused, sweep
from bptt.verify.balls import Ball, StaleValueError, enclosure, precision, rounded_constants
from bptt.verify.comparison import Claim, compare_leaf, too_wide
from bptt.verify.leaves import FlatArguments, Leaf
from bptt.verify.report import Formula, LeafFinding
from bptt.verify.running import Claims, Function, NoVerdictError, forward_and_backward, run, scalar

PRECISIONS = (50, 200, 800)  # digits


class _Reference(NamedTuple):
    """f on traced balls, and its true gradient by each leaf, flattened; none for a leaf that is not differentiated."""

    value: arb
    gradient: list[list[arb]]


def judge(f: Function, gradient: Function, arguments: FlatArguments, on_floats: object) -> Formula:
    """The verdict on `gradient` as a formula for the derivative of `f` at `arguments`, where f is `on_floats`."""
    for digits in PRECISIONS:
        with precision(digits), collector_paused():
            try:
                on_balls, claims = forward_and_backward(f, gradient, arguments, _exact)
                if digits < PRECISIONS[-1] and any(too_wide(claim) for claim in claims):
                    continue  # before the reference, which takes longer
                reference = _reference(f, arguments)
                _require_one_function(arguments, on_floats, on_balls, reference)
                formula = _conclude(_findings(f, gradient, arguments, claims, reference), digits)
            except NoVerdictError as outcome:
                formula = _undecided(str(outcome), digits, arguments)
                if outcome.final:
                    break
        if all(leaf.verdict != "undecided" for leaf in formula.leaves):
            break
    return formula


def _exact(leaf: Leaf) -> Any:
    return leaf.balls(Ball)


def _reference(f: Function, arguments: FlatArguments) -> _Reference:
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
    return _Reference(enclosure(value), [[adjoint(x) for x in of_leaf] for of_leaf in inputs])


def _require_one_function(arguments: FlatArguments, on_floats: object, on_balls: arb, reference: _Reference) -> None:
    """Give no verdict on an f that is not finite, changes from call to call, or does something else with balls."""
    value = reference.value
    if not value.is_finite():
        raise NoVerdictError("f is not finite at this point", final=False)
    if not value.overlaps(on_balls):
        raise NoVerdictError("f has another value each time that it is called", final=True)
    known = enclosure(on_floats)
    difference, scale = abs(known - value), abs(value)
    for leaf, gradient in zip(arguments.leaves, reference.gradient, strict=True):
        for x, slope in zip(leaf.values.reshape(-1).tolist(), gradient, strict=False):
            scale += abs(slope * x)
    if known.is_finite() and difference > scale * arguments.half_the_digits():
        raise NoVerdictError(f"f is {known.str(6, radius=False)} on floats and {value.str(6)} on balls", final=False)


def _findings(
    f: Function, gradient: Function, arguments: FlatArguments, claims: list[Claims], reference: _Reference
) -> tuple[LeafFinding, ...]:
    @functools.cache
    def again() -> tuple[list[Claims], _Reference] | None:
        with rounded_constants():
            try:
                return forward_and_backward(f, gradient, arguments, _exact)[1], _reference(f, arguments)
            except NoVerdictError:
                return None

    def claim_again(n: int) -> Claim | None:
        both = again()
        return both and Claim(both[0][n], both[1].gradient[n], both[1].value)

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
