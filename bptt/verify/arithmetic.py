"""Question 2: does the float run stay within this algorithm's own rounding error?

The gradient runs twice: on the floats that were given, and on balls to which every operation adds what one on floats
may add. Each float must lie in its ball. No tolerance is chosen: the bound is computed for this code and this input.
"""

import math
from functools import partial
from typing import Any

import numpy as np

from bptt.verify.adjoint import collector_paused
from bptt.verify.balls import Ball, StaleValueError, enclosure, precision
from bptt.verify.comparison import decimals
from bptt.verify.leaves import FlatArguments, Leaf
from bptt.verify.report import Arithmetic, Entry, LeafArithmetic, Verdict
from bptt.verify.rounding import Rounded, kind_of
from bptt.verify.running import Claims, Function, NoVerdictError, run

_DIGITS = 40  # to which the bounds are computed: far beyond any float type


def judge(f: Function, gradient: Function, arguments: FlatArguments, floats: list[Claims] | None) -> Arithmetic:
    """The verdict on `floats`, what `gradient` returned for `arguments`; `None` if that was another each time.

    f and gradient have run on other numbers since, so that what they keep between calls is not taken for these.
    """
    if floats is None:
        return Arithmetic("undecided", "gradient returns something else each time that it is called", ())
    with precision(_DIGITS), collector_paused():
        try:
            bounds = _bounds(f, gradient, arguments)
        except NoVerdictError as outcome:
            return Arithmetic("undecided", str(outcome), ())
        leaves = [
            _judge_leaf(leaf, of_leaf, bound)
            for leaf, of_leaf, bound in zip(arguments.leaves, floats, bounds, strict=True)
            if leaf.differentiable
        ]
    return _conclude(tuple(leaves))


def _bounds(f: Function, gradient: Function, arguments: FlatArguments) -> list[Claims]:
    """The gradient on balls that are rounded; after f only if it uses what f keeps, which takes longer."""
    try:
        bounds = arguments.match(run("gradient", gradient, arguments, [_rounded(leaf) for leaf in arguments.leaves]))
    except NoVerdictError as outcome:
        if not isinstance(outcome.__cause__, StaleValueError):
            raise
    else:
        if not any(
            isinstance(entry, Ball) and not isinstance(entry, Rounded) for bound in bounds for entry in bound.flat
        ):
            return bounds
    run("f", f, arguments, [_rounded(leaf) for leaf in arguments.leaves])
    return arguments.match(run("gradient", gradient, arguments, [_rounded(leaf) for leaf in arguments.leaves]))


def _rounded(leaf: Leaf) -> Any:
    return leaf.balls(partial(Rounded, kind=kind_of(leaf))) if leaf.differentiable else leaf.copy()


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
    balls = [enclosure(number) for number in bounds.reshape(-1).tolist()]
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


def _conclude(leaves: tuple[LeafArithmetic, ...]) -> Arithmetic:
    for verdict in ("wrong", "undecided"):
        for leaf in leaves:
            if leaf.verdict == verdict:
                return Arithmetic(verdict, leaf.finding, leaves)
    return Arithmetic("right", "every entry lies within the bound of its rounding error", leaves)
