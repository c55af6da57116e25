"""The functions of `scipy.special` that balls have, one line each: the function, its derivatives, where it is defined.

They are known by SciPy's own ufunc, whatever name it is called by. What SciPy's floats lose in them is not known: their
rounding error has no bound.
"""

import functools
import math
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from flint import arb, arb_series

from bptt.balls._ball import Ball, StaleValueError, call_of_pair, enclose, get_float, is_constant
from bptt.balls._functions import UNARY, Binary, Unary
from bptt.balls._reverse import Traced
from bptt.balls.special._classical import CLASSICAL, OF_SEVERAL_VALUES
from bptt.balls.special._distributions import DISTRIBUTIONS
from bptt.balls.special._entry import INFINITY, POSITIVE, REAL, UNIT, Special

_MOST_VARIABLE = 2  # operands, of which each is a ball that is no constant


def _take_log_gamma(x: arb) -> arb:
    return x.lgamma() if x > 0 else abs(x.gamma()).log()


def take_trigamma(x: arb) -> arb:
    return arb(2).zeta(x) if x > 0 else (arb.pi() / (arb.pi() * x).sin()) ** 2 - arb(2).zeta(1 - x)


def _take_log_expit(x: arb) -> arb:
    return -((-x).exp().log1p()) if x > 0 else x - x.exp().log1p()


def _take_normal_density(x: arb) -> arb:
    return (-x * x / 2).exp() / (2 * arb.pi()).sqrt()


def _take_normal_distribution(x: arb) -> arb:
    return (-x / arb(2).sqrt()).erfc() / 2


def _take_beta(a: arb, b: arb) -> arb:
    return a.gamma() * b.gamma() * (a + b).rgamma()


def _take_log_beta(a: arb, b: arb) -> arb:
    return _take_log_gamma(a) + _take_log_gamma(b) - _take_log_gamma(a + b)


def _multiply_by_log(x: arb, y: arb) -> arb:
    return arb(0) if x.is_zero() else x * y.log()


def _take_box_cox(x: arb, power: arb) -> arb:
    return x.log() if power.is_zero() else (power * x.log()).expm1() / power


def _slope_of_box_cox(x: arb, power: arb, v: arb) -> arb:
    return x.log() ** 2 / 2 if power.is_zero() else ((power * x.log()).exp() * x.log() - v) / power


def _differentiate_zeta(s: arb, a: arb, v: arb) -> arb:  # noqa: ARG001  (the form of every partial derivative)
    return arb_series([s, 1], prec=2).zeta(a)[1]


def _take_exprel(x: arb) -> arb:
    return arb(1) if x.is_zero() else x.expm1() / x


def _slope_of_exprel(x: arb, v: arb) -> arb:
    return arb(0.5) if x.is_zero() else (x.exp() - v) / x


def _slope_of_i1(x: arb, v: arb) -> arb:
    return arb(0.5) if x.is_zero() else x.bessel_i(0) - v / x


SPECIAL = {
    "expit": Special(UNARY["logistic"].apply, (UNARY["logistic"].slope,), (REAL,)),
    "logit": Special(lambda x: (x / (1 - x)).log(), (lambda x, v: 1 / (x * (1 - x)),), (UNIT,)),
    "log_expit": Special(_take_log_expit, (lambda x, v: 1 / (1 + x.exp()),), (REAL,)),
    "erf": Special(arb.erf, (UNARY["erf"].slope,), (REAL,)),
    "erfc": Special(arb.erfc, (UNARY["erfc"].slope,), (REAL,)),
    "erfcx": Special(
        lambda x: (x * x).exp() * x.erfc(), (lambda x, v: 2 * x * v - 2 / arb.const_sqrt_pi(),), (REAL,)
    ),
    "erfinv": Special(arb.erfinv, (UNARY["erfinv"].slope,), ((-1.0, 1.0),)),
    "erfcinv": Special(arb.erfcinv, (lambda x, v: -(v * v).exp() * arb.const_sqrt_pi() / 2,), ((0.0, 2.0),)),
    "ndtr": Special(_take_normal_distribution, (lambda x, v: _take_normal_density(x),), (REAL,)),
    "log_ndtr": Special(
        lambda x: _take_normal_distribution(x).log(), (lambda x, v: _take_normal_density(x) / v.exp(),), (REAL,)
    ),
    "ndtri": Special(
        lambda x: -arb(2).sqrt() * (2 * x).erfcinv(), (lambda x, v: 1 / _take_normal_density(v),), (UNIT,)
    ),
    "gamma": Special(arb.gamma, (lambda x, v: v * x.digamma(),), (POSITIVE,)),
    "gammaln": Special(_take_log_gamma, (lambda x, v: x.digamma(),), (POSITIVE,)),
    "loggamma": Special(arb.lgamma, (lambda x, v: x.digamma(),), (POSITIVE,)),
    "expm1": Special(UNARY["expm1"].apply, (UNARY["expm1"].slope,), (REAL,)),
    "log1p": Special(UNARY["log1p"].apply, (UNARY["log1p"].slope,), ((-1.0, INFINITY),)),
    "exp2": Special(UNARY["exp2"].apply, (UNARY["exp2"].slope,), (REAL,)),
    "cbrt": Special(UNARY["cbrt"].apply, (UNARY["cbrt"].slope,), (POSITIVE,)),
    "poch": Special(
        lambda z, m: (z + m).gamma() * z.rgamma(),
        (lambda z, m, v: v * ((z + m).digamma() - z.digamma()), lambda z, m, v: v * (z + m).digamma()),
        (POSITIVE, POSITIVE),
    ),
    "psi": Special(arb.digamma, (lambda x, v: take_trigamma(x),), (POSITIVE,)),
    "rgamma": Special(arb.rgamma, (lambda x, v: -v * x.digamma(),), (POSITIVE,)),
    "_zeta": Special(
        lambda s, a: s.zeta(a),
        (_differentiate_zeta, lambda s, a, v: -s * (s + 1).zeta(a)),
        ((1.0, INFINITY), POSITIVE),
    ),
    "beta": Special(
        _take_beta,
        (
            lambda a, b, v: v * (a.digamma() - (a + b).digamma()),
            lambda a, b, v: v * (b.digamma() - (a + b).digamma()),
        ),
        (POSITIVE, POSITIVE),
    ),
    "betaln": Special(
        _take_log_beta,
        (lambda a, b, v: a.digamma() - (a + b).digamma(), lambda a, b, v: b.digamma() - (a + b).digamma()),
        (POSITIVE, POSITIVE),
    ),
    "xlogy": Special(
        _multiply_by_log, (lambda x, y, v: y.log(), lambda x, y, v: x / y), (REAL, POSITIVE)
    ),
    "xlog1py": Special(
        lambda x, y: _multiply_by_log(x, 1 + y),
        (lambda x, y, v: y.log1p(), lambda x, y, v: x / (1 + y)),
        (REAL, (-1.0, INFINITY)),
    ),
    "entr": Special(lambda x: -_multiply_by_log(x, x), (lambda x, v: -x.log() - 1,), (POSITIVE,)),
    "rel_entr": Special(
        lambda x, y: _multiply_by_log(x, x / y),
        (lambda x, y, v: (x / y).log() + 1, lambda x, y, v: -x / y),
        (POSITIVE, POSITIVE),
    ),
    "kl_div": Special(
        lambda x, y: _multiply_by_log(x, x / y) - x + y,
        (lambda x, y, v: (x / y).log(), lambda x, y, v: 1 - x / y),
        (POSITIVE, POSITIVE),
    ),
    "pseudo_huber": Special(
        lambda d, r: d * d * ((1 + (r / d) ** 2).sqrt() - 1),
        (
            lambda d, r, v: 2 * v / d - r * r / (d * (1 + (r / d) ** 2).sqrt()),
            lambda d, r, v: r / (1 + (r / d) ** 2).sqrt(),
        ),
        (POSITIVE, REAL),
    ),
    "boxcox": Special(
        _take_box_cox, (lambda x, p, v: (p * x.log()).exp() / x, _slope_of_box_cox), (POSITIVE, REAL)
    ),
    "exprel": Special(_take_exprel, (_slope_of_exprel,), (REAL,)),
    "cosm1": Special(lambda x: -2 * (x / 2).sin() ** 2, (lambda x, v: -x.sin(),), (REAL,)),
    "i0": Special(lambda x: x.bessel_i(0), (lambda x, v: x.bessel_i(1),), (REAL,)),
    "i1": Special(lambda x: x.bessel_i(1), (_slope_of_i1,), (REAL,)),
    "iv": Special(
        lambda n, x: x.bessel_i(n),
        (None, lambda n, x, v: (x.bessel_i(n - 1) + x.bessel_i(n + 1)) / 2),
        (REAL, POSITIVE),
    ),
    "jv": Special(
        lambda n, x: x.bessel_j(n),
        (None, lambda n, x, v: (x.bessel_j(n - 1) - x.bessel_j(n + 1)) / 2),
        (REAL, POSITIVE),
    ),
    "yv": Special(
        lambda n, x: x.bessel_y(n),
        (None, lambda n, x, v: (x.bessel_y(n - 1) - x.bessel_y(n + 1)) / 2),
        (REAL, POSITIVE),
    ),
    "kv": Special(
        lambda n, x: x.bessel_k(n),
        (None, lambda n, x, v: -(x.bessel_k(n - 1) + x.bessel_k(n + 1)) / 2),
        (REAL, POSITIVE),
    ),
    "gammainc": Special(
        lambda a, x: x.gamma_lower(a, 1),
        (None, lambda a, x, v: (x.log() * (a - 1) - x).exp() * a.rgamma()),
        (POSITIVE, POSITIVE),
    ),
    "gammaincc": Special(
        lambda a, x: x.gamma_upper(a, 1),
        (None, lambda a, x, v: -(x.log() * (a - 1) - x).exp() * a.rgamma()),
        (POSITIVE, POSITIVE),
    ),
    "betainc": Special(
        lambda a, b, x: x.beta_lower(a, b, 1),
        (None, None, lambda a, b, x, v: (x.log() * (a - 1) + (1 - x).log() * (b - 1)).exp() / _take_beta(a, b)),
        (POSITIVE, POSITIVE, UNIT),
    ),
    "hyp2f1": Special(
        lambda a, b, c, x: x.hypgeom_2f1(a, b, c),
        (None, None, None, lambda a, b, c, x, v: a * b / c * x.hypgeom_2f1(a + 1, b + 1, c + 1)),
        (REAL, REAL, POSITIVE, (-INFINITY, 1.0)),
    ),
    **CLASSICAL,
    **DISTRIBUTIONS,
}  # fmt: skip


def _take_huber(delta: Any, r: Any) -> Any:
    return 0.5 * r * r if abs(r) <= delta else delta * (abs(r) - 0.5 * delta)


_COMPOSED = {"huber": _take_huber}  # of what balls have
_FAR = 2.0**-10  # of a value and of 1
_REAL_PARTS = ("_lambertw",)  # complex numbers on floats, which are real where the balls are numbers


def list_special() -> list[str]:
    """List the functions by the names of SciPy's ufuncs."""
    return sorted({*SPECIAL, *_COMPOSED, *OF_SEVERAL_VALUES})


@functools.cache
def apply_special(ufunc: np.ufunc) -> Callable[..., Any] | None:
    """Return what applies a ufunc of `scipy.special` to the elements of arrays; `None` for one that is not known."""
    module: Any = sys.modules.get("scipy.special._ufuncs")
    name = ufunc.__name__
    if getattr(module, name, None) is not ufunc or name not in SPECIAL | _COMPOSED | OF_SEVERAL_VALUES:
        return None
    if name in _COMPOSED:
        return np.frompyfunc(_COMPOSED[name], ufunc.nin, 1)
    path = f"scipy.special.{name}"
    if name in OF_SEVERAL_VALUES:
        parts = [
            functools.partial(call_special, path, special, lambda *x, n=n: ufunc(*x)[n])
            for n, special in enumerate(OF_SEVERAL_VALUES[name])
        ]
        return np.frompyfunc(lambda *x: tuple(part(*x) for part in parts), ufunc.nin, ufunc.nout)
    on_floats: Any = (lambda *x: ufunc(*x).real) if name in _REAL_PARTS else ufunc
    if all(types[0] in "ilqp" for types in ufunc.types):  # of an integer, which is one of the balls, perhaps
        on_floats = lambda n, *x: ufunc(int(n), *x)  # noqa: E731
    return np.frompyfunc(functools.partial(call_special, path, SPECIAL[name], on_floats), ufunc.nin, 1)


def call_special(name: str, special: Special, on_floats: Callable[..., Any], *numbers: Any) -> Any:
    """Apply a function of that name to numbers of which some are balls.

    Raises `TypeError` where a derivative is asked for by more than two, or by one that it is not known by.
    """
    balls = [n for n, number in enumerate(numbers) if isinstance(number, Ball)]
    if not balls:
        return on_floats(*numbers)
    free = [n for n in balls if isinstance(numbers[n], Traced) and not is_constant(numbers[n])]
    if free and any(type(numbers[n]) is Ball for n in balls):
        raise StaleValueError
    unknown = [n for n in free if special.slopes[n] is None]
    if unknown or len(free) > _MOST_VARIABLE:
        how = f"by its argument {unknown[0]}" if unknown else f"by {len(free)} arguments at once"
        raise TypeError(f"the derivative of {name} {how} is not known on balls")
    free = free or balls[:1]  # where no derivative is asked for
    values = [None if n in free else enclose(number) for n, number in enumerate(numbers)]
    floats = [None if n in free else get_float(number) for n, number in enumerate(numbers)]
    apply = _fill(special.apply, values, free)
    slopes = (special.slopes[n] or _leave_open for n in free)
    by_first, *by_second = (_fill(slope, [*values, None], [*free, len(values)]) for slope in slopes)
    float_of_free = _fill(on_floats, floats, free)
    first = numbers[free[0]]
    if not by_second:
        made = first.apply_unary(Unary(apply, by_first, float_of_free, is_bounded=False))
    else:
        both = Binary(float_of_free, apply, by_first, by_second[0], is_bounded=False)
        made = call_of_pair(both, first, numbers[free[1]])
    if _is_another(made):
        raise TypeError(f"{name} of these numbers is another function on floats than on balls")
    return made


def _is_another(ball: Ball) -> bool:
    """Whether the float in a ball is far from it, as what rounds may not be: SciPy cuts an order, say."""
    off = abs(ball.value - enclose(ball.as_float)) if math.isfinite(ball.as_float) else arb(0)
    return bool(off > abs(ball.value) * _FAR + _FAR)


def _leave_open(*_: arb) -> arb:
    return arb.nan()


def _fill(function: Any, among: Sequence[Any], free: Sequence[int]) -> Callable[..., Any]:
    """Return the function of the numbers at the free places alone, with these at the others."""

    def fill(*given: Any) -> Any:
        numbers = list(among)
        for n, number in zip(free, given, strict=True):
            numbers[n] = number
        return function(*numbers)

    return fill
