"""A bound for the quotient of two complex floats, of which the parts are balls."""

from typing import Any

from flint import acb, arb

from bptt.balls._ball import Ball
from bptt.balls._float_types import Kind, get_kind_of
from bptt.balls._rounded import Rounded


def bound_quotient(x: tuple[Any, Any], y: tuple[Any, Any], as_float: Any) -> tuple[Rounded, ...]:
    """Return what Smith's algorithm may, scaled by the larger part of the divisor.

    His ratio r = d / c, |r| ≤ 1, has an error of u |r| + η; his c + d r, of terms of one sign, at most 3 u + 2 η / |c|
    of it; a + b r one of 3 u (|a| + |b r|) + 2 η (1 + |b|); and the product of the latter with the reciprocal of the
    former less than 8 u (|a| + |b r|) / |c + d r| of it, which is no more than 12 u |x / y|. Where the divisor may be
    0, or parts are of several types, there is no bound.
    """
    like = next(p for p in (*x, *y) if isinstance(p, Rounded))
    kind: Kind = get_kind_of(as_float.real, like.kind.figures)
    a, b, c, d = (p if isinstance(p, Ball) else like.make_constant(p) for p in (*x, *y))
    alike = all(isinstance(p, Rounded) and p.kind is kind for p in (a, b, c, d))
    quotient = acb(a.value, b.value) / acb(c.value, d.value) if alike else acb(arb.nan(), arb.nan())
    numerator, divisor = abs(acb(a.value, b.value)), abs(acb(c.value, d.value))
    tiny = kind.underflow.rad() * 4 * (1 + (1 + numerator + abs(quotient)) / divisor)
    bound = 16 * abs(quotient) * arb(2) ** -kind.bits + tiny
    if kind.figures.flushes or not (divisor > 0) or not bound.is_finite():
        bound = arb.nan()
    error = arb(0, 1) * bound.upper() if bound.is_finite() else arb.nan()
    return tuple(
        Rounded(value + error if part - part == 0 else arb(float(part)), part, kind)  # where it has not overflowed
        for value, part in ((quotient.real, as_float.real), (quotient.imag, as_float.imag))
    )
