"""Question 2: does the float run stay within this algorithm's own rounding error?

The gradient runs twice: on the floats that were given, and on balls to which every operation adds what one on floats
may add. Each float must lie in its ball. No tolerance is chosen: the bound is computed for this code and this input.
"""

import math
from functools import partial
from typing import Any

import numpy as np

from bptt.balls._ball import (
    Ball,
    StaleValueError,
    enclosure,
    precision,
)
from bptt.balls._branches import TooManyWaysError, UndecidedComparisonError, every_way
from bptt.balls._reverse import collector_paused
from bptt.balls._rounded import NUMPY, XLA, Figures, Kind, Rounded, constant, kind, stored
from bptt.verify._execution import Claims, NoVerdictError, Subject, undecided
from bptt.verify._problem import FlatArguments, Leaf
from bptt.verify._report import Arithmetic, Entry, LeafArithmetic, Verdict
from bptt.verify.methods._comparison import decimals

_DIGITS = 40  # to which the bounds are computed: far beyond any float type


def judge(f: Subject, gradient: Subject, arguments: FlatArguments, floats: list[Claims] | None) -> Arithmetic:
    """The verdict on `floats`, what `gradient` returned for `arguments`; `None` if that was another each time.

    f and gradient have run on other numbers since, so that what they keep between calls is not taken for these. Where a
    comparison depends on rounding, the floats must lie in the balls of one of the ways that it can go.
    """
    if floats is None:
        return Arithmetic("undecided", "gradient returns something else each time that it is called", ())
    with precision(_DIGITS), collector_paused():
        outcomes = []
        try:
            for bounds in every_way(lambda: _bounds(f, gradient, arguments), (1, -1, 0), exact_only=False):
                outcomes.append(_conclude(_leaves(arguments, floats, bounds)))
                if outcomes[-1].verdict == "right":
                    return outcomes[-1]
        except NoVerdictError as outcome:
            return Arithmetic("undecided", str(outcome), ())
        except (UndecidedComparisonError, TooManyWaysError) as error:
            return Arithmetic("undecided", str(undecided("gradient", error)), ())
    return next((outcome for outcome in outcomes if outcome.verdict == "undecided"), outcomes[0])


def _bounds(f: Subject, gradient: Subject, arguments: FlatArguments) -> list[Claims]:
    """The gradient on balls that are rounded; after f only if it uses what f keeps, which takes longer."""
    try:
        bounds = arguments.match(_on_rounded(gradient, arguments))
    except NoVerdictError as outcome:
        if not isinstance(outcome.__cause__, StaleValueError):
            raise
    else:
        entries = (entry for bound in bounds for entry in bound.flat)
        if not any(isinstance(entry, Ball) and not isinstance(entry, Rounded) for entry in entries):
            return bounds
    _on_rounded(f, arguments)
    return arguments.match(_on_rounded(gradient, arguments))


def _on_rounded(function: Subject, arguments: FlatArguments) -> Any:
    figures = XLA if function.by_jax else NUMPY
    leaves = [
        leaf.balls(partial(stored, kind=kind_of(leaf, figures))) if leaf.values.dtype.kind == "f" else leaf.copy()
        for leaf in arguments.leaves
    ]
    return function.run(leaves, partial(constant, figures=figures))


def kind_of(leaf: Leaf, figures: Figures = NUMPY) -> Kind:
    """The arithmetic in which a leaf takes part."""
    weak = isinstance(leaf.given, float) and not isinstance(leaf.given, np.floating)
    return kind(leaf.values.dtype.name, figures, weak=weak)


def _leaves(arguments: FlatArguments, floats: list[Claims], bounds: list[Claims]) -> tuple[LeafArithmetic, ...]:
    return tuple(
        _judge_leaf(leaf, of_leaf, bound)
        for leaf, of_leaf, bound in zip(arguments.leaves, floats, bounds, strict=True)
        if leaf.differentiable
    )


def _judge_leaf(leaf: Leaf, floats: Claims, bounds: Claims) -> LeafArithmetic:
    def finding(verdict: Verdict, reason: str, n: int | None = None, digits: int | None = None) -> LeafArithmetic:
        place = None
        if n is not None:
            index = tuple(int(axis) for axis in np.unravel_index(n, bounds.shape))
            place = Entry(index, *decimals(runs[n], balls[n]))
        return LeafArithmetic(leaf.path, leaf.values.shape, verdict, reason, digits, place)

    if floats.shape != bounds.shape:
        return finding("undecided", f"its shape is {floats.shape} on floats and {bounds.shape} on balls")
    runs = [enclosure(number) for number in floats.reshape(-1).tolist()]
    kind = kind_of(leaf)
    balls = [enclosure(_returned(number, kind)) for number in bounds.reshape(-1).tolist()]
    outside = [n for n, (run, ball) in enumerate(zip(runs, balls, strict=True)) if not ball.contains(run)]
    for n in outside:
        if not runs[n].is_finite() and balls[n].is_finite():
            return finding("wrong", "overflow", n)
    unbounded = [n for n, ball in enumerate(balls) if not ball.is_finite()]
    if proved := [n for n in outside if n not in unbounded]:
        reason = f"{len(proved)} of {len(balls)} entries lie outside what rounding can do"
        return finding("wrong", reason, max(proved, key=lambda n: abs(runs[n] - balls[n].mid())))
    if unbounded:
        return finding("undecided", "there is no bound for its rounding error", unbounded[0])
    bits = [ball.rel_accuracy_bits() for ball in balls if not ball.is_exact()]
    return finding("right", "", digits=max(0, int(min(bits) * math.log10(2))) if bits else None)


def _returned(number: Any, kind: Kind) -> Any:
    """What a gradient returns may be rounded to the type of the leaf, as the gradient by an array of float32 is."""
    return number.to(kind) if isinstance(number, Rounded) and number.kind.bits > kind.bits else number


def _conclude(leaves: tuple[LeafArithmetic, ...]) -> Arithmetic:
    for verdict in ("wrong", "undecided"):
        for leaf in leaves:
            if leaf.verdict == verdict:
                return Arithmetic(verdict, leaf.finding, leaves)
    return Arithmetic("right", "every entry lies within the bound of its rounding error", leaves)
