"""JAX's special functions on balls: Bessel, gamma, zeta and beta functions, each with the derivatives that are known.

What XLA's floats lose in them is not known: their rounding error has no bound.
"""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from flint import arb, ctx

from bptt.balls._array import get_floats, strip_class
from bptt.balls._ball import Ball, is_constant
from bptt.balls._rounded import Rounded, leave_unbounded
from bptt.balls.jax._positions import Rule, UnknownPrimitiveError
from bptt.balls.special._entry import Special
from bptt.balls.special._functions import SPECIAL, call_special, take_trigamma

_MOST_TERMS = 20_000  # of a series: some tenths of a second
_ANY, _POSITIVE = (-float("inf"), float("inf")), (0.0, float("inf"))


def _differentiate_by_shape(a: arb, x: arb, *_value: arb) -> arb:
    """Return ∂P/∂a of the regularized lower gamma function, P(a, x) = x^a e^−x Σ x^k / Γ(a + k + 1).

    Its terms are those of P times log x − ψ(a + k + 1). From where that is below −1, and a + k + 1 above 2 x and 2, the
    size of each term is at most 3/4 of the one before, x / (a + k + 1) ≤ 1/2 and 1 + 1/(a + k + 1) ≤ 3/2: the rest of
    the series is at most 3 times the last one.
    """
    if not (a > 0 and x > 0):
        return arb.nan()
    logarithm, shape = x.log(), a + 1
    factor, digamma = (a * logarithm - x).exp() * shape.rgamma(), shape.digamma()
    total, negligible = arb(0), arb(2) ** -ctx.prec
    for _ in range(_MOST_TERMS):
        term = factor * (logarithm - digamma)
        total += term
        if logarithm - digamma < -1 and shape > 2 * x and shape > 2 and abs(term) < abs(total) * negligible:
            return total + arb(0, 3 * abs(term).upper())
        digamma += 1 / shape
        factor *= x / shape
        shape += 1
    return arb.nan()


def _take_gamma_density(a: arb, x: arb) -> arb:
    return (x.log() * (a - 1) - x).exp() * a.rgamma()


def _take_polygamma(m: arb, x: arb) -> arb:
    """Return ψ^(m)(x) = (−1)^(m + 1) m! ζ(m + 1, x) for a whole m; below 0 for ψ and ψ′ alone."""
    if m.is_zero():
        return x.digamma()
    if m == 1:
        return take_trigamma(x)
    if not (x > 0 and m >= 0 and m.is_integer()):
        return arb.nan()
    sign = 1 if int(float(m)) % 2 else -1
    return sign * (m + 1).gamma() * (m + 1).zeta(x)


_FUNCTIONS = {
    "igamma": SPECIAL["gammainc"]._replace(
        slopes=(_differentiate_by_shape, lambda a, x, v: _take_gamma_density(a, x))
    ),
    "igammac": SPECIAL["gammaincc"]._replace(
        slopes=(lambda a, x, v: -_differentiate_by_shape(a, x), lambda a, x, v: -_take_gamma_density(a, x))
    ),
    "igamma_grad_a": Special(_differentiate_by_shape, (None, None), (_POSITIVE, _POSITIVE)),
    "polygamma": Special(_take_polygamma, (None, lambda m, x, v: _take_polygamma(m + 1, x)), (_ANY, _POSITIVE)),
    "zeta": SPECIAL["_zeta"],
    "regularized_incomplete_beta": SPECIAL["betainc"],
}  # fmt: skip


def _round_value(special: Special) -> Callable[..., Any]:
    """Return the function on floats: its true value, rounded."""

    def compute(*floats: Any) -> Any:
        return type(floats[0])(float(special.apply(*(arb(float(x)) for x in floats)).mid()))

    return compute


def _map_special(name: str, special: Special) -> Rule:
    def call(*numbers: Any) -> Any:
        try:
            return call_special(f"JAX's primitive {name!r}", special, _round_value(special), *numbers)
        except TypeError as error:
            raise UnknownPrimitiveError(str(error)) from error

    apply = np.frompyfunc(call, len(special.slopes), 1)
    return lambda equation, *operands: apply(*operands)


def _map_scaled_bessel(name: str) -> Rule:
    """Return the rule for e^−|x| I(x), which is written so that its kink at 0 is met."""
    special = SPECIAL[name]

    def call(x: Ball) -> Any:
        return (-abs(x)).exp() * call_special(name, special, _round_value(special), x)  # type: ignore[attr-defined]

    apply = np.frompyfunc(call, 1, 1)
    return lambda equation, x: apply(x)


def _map_below_zero(method: str, name: str) -> Rule:
    """Return the rule for what a method of balls is for positive numbers, and a special function for all."""
    special = SPECIAL[name]

    def call(x: Ball) -> Any:
        return call_special(name, special, _round_value(special), x) if x.value < 0 else getattr(x, method)()

    apply = np.frompyfunc(call, 1, 1)
    return lambda equation, x: apply(x)


def _draw_gamma(equation: Any, key: Any, shapes: Any) -> Any:
    """Draw as JAX does where the shapes are constant; where they are not, its gradient is no slope of what it draws."""
    if not all(isinstance(x, Rounded) or is_constant(x) for x in shapes.reshape(-1).tolist()):
        raise UnknownPrimitiveError("JAX's primitive 'random_gamma' has no rule for balls that are not constant")
    drawn = equation.primitive.bind(key, jax.numpy.asarray(get_floats(shapes)), **equation.params)
    apply = np.frompyfunc(lambda x, number: leave_unbounded(x.make_constant(number)), 2, 1)
    return apply(strip_class(shapes), np.asarray(drawn))


SPECIAL_RULES: dict[str, Rule] = {
    **{name: _map_special(name, special) for name, special in _FUNCTIONS.items()},
    "lgamma": _map_below_zero("lgamma", "gammaln"),
    "digamma": _map_below_zero("digamma", "psi"),
    "random_gamma": _draw_gamma,
    "bessel_i0e": _map_scaled_bessel("i0"),
    "bessel_i1e": _map_scaled_bessel("i1"),
}
