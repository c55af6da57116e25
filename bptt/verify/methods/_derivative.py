"""Question 1: is it the derivative?

The gradient is evaluated on balls, the true gradient of f by an adjoint sweep over balls, and the two are compared
entry by entry, so that no entry can hide behind a larger one. Precision is raised until the radii are small enough to
tell; past the last one the verdict is `undecided`.

A comparison that is not decided, at a tie or at a kink, is run both ways. If the derivatives of f agree, f is smooth
there, whichever way its code goes. If not, f has a kink, and the derivatives span what a subgradient may be: a gradient
outside of that is wrong, one within is undecided.
"""

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from flint import arb

from bptt.balls import _reverse as adjoint
from bptt.balls._ball import (
    Ball,
    StaleValueError,
    constant,
    enclosure,
    precision,
    rounded_constants,
)
from bptt.balls._branches import TooManyWaysError, UndecidedComparisonError, every_way
from bptt.balls._reverse import Traced, collector_paused, sweep
from bptt.verify._execution import Claims, FloatsOnlyError, NoVerdictError, Subject, scalar, undecided
from bptt.verify._problem import FlatArguments, Leaf
from bptt.verify._report import Formula, LeafFinding
from bptt.verify.methods._comparison import Kinks, Sides, compare_leaf

PRECISIONS = (50, 200, 800)  # digits
_SAFETY = 256  # by which the roundings that a gradient on floats is given are widened


class Reference(NamedTuple):
    """f on traced balls, and its true gradient by each leaf, flattened; none for a leaf that is not differentiated.

    At a kink an entry of the gradient holds all that lies between the derivatives on its sides.
    """

    value: arb
    gradient: list[list[arb]]
    kinks: list[Kinks]  # by leaf
    constant: bool  # f returned a number that was computed from no ball
    mass: arb  # of what is merely added up to the value
    losses: list[list[float]]  # what floats may lose in it, as `adjoint.losses` says; empty if not asked for


class _Way(NamedTuple):
    """One way to decide what is undecided in f, and the gradient in every way that is left to it."""

    reference: Reference
    claims: list[list[Claims]]


class _Attempt(NamedTuple):
    """How much is tried: the precision, what is run both ways, and whether |x| at 0 is."""

    digits: int
    exact_only: bool = True
    both_slopes_of_abs: bool = False


_ATTEMPTS = (
    _Attempt(PRECISIONS[0]),
    _Attempt(PRECISIONS[0], both_slopes_of_abs=True),
    _Attempt(PRECISIONS[1]),
    _Attempt(PRECISIONS[1], both_slopes_of_abs=True),
    _Attempt(PRECISIONS[2], exact_only=False),
)
_MANY = 2000  # arguments, beyond which a second run costs more than the digits that save it


def judge(f: Subject, gradient: Subject, arguments: FlatArguments, on_floats: object) -> Formula:
    """The verdict on `gradient` as a formula for the derivative of `f` at `arguments`, where f is `on_floats`.

    Raises `FloatsOnlyError` if one of them does not run on balls.
    """
    first: Formula | None = None
    adjoint.met_abs_at_zero()  # whatever an earlier check met
    many = sum(leaf.values.size for leaf in arguments.leaves if leaf.values.dtype.kind == "f") > _MANY
    for attempt in _ATTEMPTS[2 if many else 0 :]:
        if attempt.both_slopes_of_abs and not adjoint.met_abs_at_zero():
            continue
        with precision(attempt.digits), collector_paused():
            final = False
            try:
                formula = _attempt(f, gradient, arguments, on_floats, attempt)
            except FloatsOnlyError:
                raise
            except NoVerdictError as outcome:
                formula = undecided_formula(str(outcome), attempt.digits, arguments)
                final = outcome.final
        still_open = [leaf for leaf in formula.leaves if leaf.verdict == "undecided"]
        if attempt.both_slopes_of_abs and not all(leaf.kink for leaf in still_open):
            continue  # it told no more than without
        first = formula
        if final or all(leaf.kink for leaf in still_open):
            break
    assert first is not None
    return first


def true_gradient(f: Subject, arguments: FlatArguments, on_floats: object) -> tuple[Reference, int]:
    """The true gradient of f, with its losses, and the digits it was computed with.

    Raises `NoVerdictError` where there is none.
    """
    for digits in PRECISIONS:
        last = digits == PRECISIONS[-1]
        with precision(digits), collector_paused(), adjoint.measuring_cancellation():
            try:
                reference = _hull([way for way, _ in _of_f(f, arguments, exact_only=not last, with_losses=True)])
                require_one_function(arguments, on_floats, reference)
            except NoVerdictError as outcome:
                if outcome.final or last:
                    raise
                continue
            if last or all(_narrow(entry) for leaf in reference.gradient for entry in leaf):
                break
    return reference, digits


def loss_figures(arguments: FlatArguments) -> tuple[float, float]:
    """What an operation on the coarsest of the floats given may lose: relative to its result, and at least."""
    types = [np.finfo(leaf.values.dtype) for leaf in arguments.leaves if leaf.values.dtype.kind == "f"]
    return _SAFETY * max(float(t.eps) for t in types), _SAFETY**2 * max(float(t.smallest_subnormal) for t in types)


def _narrow(entry: arb) -> bool:
    return bool(entry.rad() <= abs(entry.mid()) * arb(2) ** -60 or entry.rad() < arb(2) ** -1075)


def _attempt(f: Subject, gradient: Subject, arguments: FlatArguments, on_floats: object, attempt: _Attempt) -> Formula:
    with adjoint.both_slopes_of_abs(attempt.both_slopes_of_abs):
        ways = _ways(f, gradient, arguments, exact_only=attempt.exact_only)
        reference = _hull([way.reference for way in ways])
        require_one_function(arguments, on_floats, reference, [claims for way in ways for claims in way.claims])

        @functools.cache
        def again() -> tuple[Reference, list[list[Claims]]] | None:
            with rounded_constants(arguments.bits()):
                try:
                    ways = _ways(f, gradient, arguments, exact_only=attempt.exact_only)
                    return _hull([way.reference for way in ways]), [claims for way in ways for claims in way.claims]
                except NoVerdictError:
                    return None

        leaves = [
            _of_every_way(
                leaf, n, reference, [claims for way in ways for claims in way.claims], again, arguments.bits()
            )
            for n, leaf in enumerate(arguments.leaves)
            if leaf.differentiable
        ]
    return conclude(tuple(leaves), attempt.digits)


def _ways(f: Subject, gradient: Subject, arguments: FlatArguments, *, exact_only: bool) -> list[_Way]:
    """f, and after it the gradient, since a backward pass may use what the forward pass kept; every way of both."""

    def all_claims() -> list[list[Claims]]:
        try:
            return list(every_way(lambda: claims_on_balls(gradient, arguments), (1, -1, 0), exact_only=exact_only))
        except (UndecidedComparisonError, TooManyWaysError) as error:
            raise undecided("gradient", error) from error

    return [
        _Way(reference, of_gradient)
        for reference, of_gradient in _of_f(f, arguments, all_claims, exact_only=exact_only)
    ]


def _of_f(
    f: Subject,
    arguments: FlatArguments,
    after: Callable[[], Any] = lambda: None,
    *,
    exact_only: bool,
    with_losses: bool = False,
) -> Iterator[tuple[Reference, Any]]:
    """The true gradient in every way that f can go, and what `after` returned after each."""

    def once() -> Reference:
        value, inputs = traced(f, arguments)
        try:
            slope = sweep(value, [x for of_leaf in inputs for x in of_leaf])
        except StaleValueError as error:
            raise NoVerdictError(f"f {error}", final=True) from error
        slopes = [[slope(x) for x in of_leaf] for of_leaf in inputs]
        lost = adjoint.losses(value, inputs, *loss_figures(arguments)) if with_losses else []
        return Reference(
            enclosure(value), slopes, [{} for _ in inputs], not isinstance(value, Ball), adjoint.mass(value), lost
        )

    try:
        for reference in every_way(once, (1, -1), exact_only=exact_only):
            yield reference, after()
    except (UndecidedComparisonError, TooManyWaysError) as error:
        raise undecided("f", error) from error


def traced(f: Subject, arguments: FlatArguments) -> tuple[Any, list[list[Traced]]]:
    """f on traced balls, and those that its arguments hold by leaf; none for one that is not differentiated."""
    leaves = [leaf.balls(Traced, lambda value: adjoint.constant(Ball(value))) for leaf in arguments.leaves]
    inputs = [
        np.ravel(balls).tolist() if leaf.differentiable else []  # now: f may write into its arguments
        for leaf, balls in zip(arguments.leaves, leaves, strict=True)
    ]
    return scalar(f.run(leaves, adjoint.constant)), inputs


def claims_on_balls(gradient: Subject, arguments: FlatArguments) -> list[Claims]:
    """The gradient on balls, by each leaf."""
    return arguments.match(gradient.run([leaf.balls(Ball) for leaf in arguments.leaves], constant))


def _hull(references: Sequence[Reference]) -> Reference:
    """All the ways of f in one; raises `NoVerdictError` where f jumps."""
    first = references[0]
    if len(references) == 1:
        return first
    for other in references:
        if not first.value.overlaps(other.value):
            values = f"{first.value.str(6, radius=False)} on one side and {other.value.str(6, radius=False)} on another"
            raise NoVerdictError(f"f jumps there: it is {values}", final=True)
    gradient, kinks = [], []
    for of_leaf in zip(*(reference.gradient for reference in references), strict=True):
        entries = list(zip(*of_leaf, strict=True))
        gradient.append([functools.reduce(arb.union, entry) for entry in entries])
        kinks.append({n: _extremes(entry) for n, entry in enumerate(entries) if not _agree(entry)})
    value = functools.reduce(arb.union, (reference.value for reference in references))
    return first._replace(value=value, gradient=gradient, kinks=kinks)


def _agree(entry: Sequence[arb]) -> bool:
    return all(entry[0].overlaps(way) for way in entry)


def _extremes(entry: Sequence[arb]) -> tuple[arb, arb]:
    return min(entry, key=lambda way: float(way.mid())), max(entry, key=lambda way: float(way.mid()))


def require_one_function(
    arguments: FlatArguments, on_floats: object, reference: Reference, claims: Sequence[list[Claims]] = ()
) -> None:
    """Give no verdict on an f that is not finite, or is not the same function each time that it is called."""
    value = reference.value
    if not value.is_finite():
        raise NoVerdictError("f is not finite at this point", final=False)
    of_balls = any(enclosure(entry) != 0 for way in claims for claim in way for entry in claim.flat)
    if reference.constant and of_balls:
        raise NoVerdictError("f does not depend on its arguments: does it keep what it computed first?", final=True)
    known = enclosure(on_floats)
    difference, scale = abs(known - value), abs(value) + reference.mass
    for leaf, gradient in zip(arguments.leaves, reference.gradient, strict=True):
        for x, slope in zip(leaf.values.reshape(-1).tolist(), gradient, strict=False):
            scale += abs(slope * x)
    if known.is_finite() and difference > scale * arguments.half_the_digits() + arguments.smallest():
        reason = f"f is {known.str(6, radius=False)} on floats and {value.str(6)} on balls, or each time another"
        raise NoVerdictError(reason, final=False)


def _of_every_way(
    leaf: Leaf,
    n: int,
    reference: Reference,
    ways: Sequence[list[Claims]],
    again: Callable[[], tuple[Reference, list[list[Claims]]] | None],
    bits: int,
) -> LeafFinding:
    """The finding on leaf n, if it is the same for every way that the gradient can go."""

    def claim(reference: Reference, way: list[Claims]) -> Sides:
        return Sides(way[n], reference.gradient[n], reference.value, reference.kinks[n], bits)

    def claim_again(number: int) -> Sides | None:
        repeated = again()
        return repeated and claim(repeated[0], repeated[1][number])

    findings = [
        compare_leaf(leaf, claim(reference, way), functools.partial(claim_again, number))
        for number, way in enumerate(ways)
    ]
    if len({finding.verdict for finding in findings}) == 1:
        return findings[0]
    reason = "right one way and not another: a comparison in it cannot be decided"
    return LeafFinding(leaf.path, leaf.values.shape, "undecided", reason)


def undecided_formula(reason: str, digits: int, arguments: FlatArguments) -> Formula:
    """No verdict on any leaf, for that reason."""
    leaves = [leaf for leaf in arguments.leaves if leaf.differentiable]
    findings = tuple(LeafFinding(leaf.path, leaf.values.shape, "undecided", "") for leaf in leaves)
    return Formula("undecided", reason, digits, findings)


def conclude(leaves: tuple[LeafFinding, ...], digits: int) -> Formula:
    """The verdict on all leaves: that of the worst."""
    for verdict in ("wrong", "undecided"):
        for leaf in leaves:
            if leaf.verdict == verdict:
                return Formula(verdict, leaf.finding, digits, leaves)
    known = [leaf.digits for leaf in leaves if leaf.digits is not None]
    agreement = f"to {min(known)} digits" if known else "exactly"
    return Formula("right", f"every entry agrees {agreement}", digits, leaves)
