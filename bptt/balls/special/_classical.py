"""Bessel functions, integrals, polynomials and their kin of `scipy.special`, one line each: see `_functions`."""

from collections.abc import Callable

from flint import arb, arb_series

from bptt.balls.special._entry import INFINITY, POSITIVE, REAL, UNIT, Special


def _require_order(n: arb) -> arb:
    """Return a whole order; NaN for another, which SciPy cuts."""
    return n if n.is_integer() else arb.nan()


def _take_sign(x: arb) -> arb:
    """Return the slope of |x|, which is none at 0."""
    return arb.nan() if x.contains(0) else x.sgn()


def _decay(x: arb) -> arb:
    return (-abs(x)).exp()


def _halve_sum(of_order: Callable[..., arb], n: arb, sign: int = 1) -> arb:
    return (of_order(n - 1) + sign * of_order(n + 1)) / 2


def _lower(n: arb, slope: Callable[[], arb]) -> arb:
    """Return the slope of a polynomial, which is 0 for that of degree 0."""
    return arb(0) if n.is_zero() else slope()


def _take_spherical(of_order: Callable[..., arb], n: arb, x: arb) -> arb:
    return (arb.pi() / (2 * x)).sqrt() * of_order(n + arb(0.5))


def _take_elliptic(m: arb, a: float, b: float, c: int = 1) -> arb:
    return arb.pi() / 2 * m.hypgeom_2f1(arb(a), arb(b), arb(c))


def _take_hermite(n: arb, x: arb) -> arb:
    return (x / arb(2).sqrt()).hermite_h(n) * arb(2) ** (-n / 2)


def _differentiate_riemann_zeta(x: arb, v: arb) -> arb:  # noqa: ARG001
    return arb_series([x, 1], prec=2).zeta()[1]


def _slope_of_dilogarithm(x: arb, v: arb) -> arb:  # noqa: ARG001
    return arb(-1) if (x - 1).is_zero() else x.log() / (1 - x)


def _invert_box_cox(y: arb, power: arb) -> arb:
    return y.exp() if power.is_zero() else ((power * y).log1p() / power).exp()


def _slope_of_inverse(y: arb, power: arb, v: arb) -> arb:
    """Return ∂v/∂λ of (1 + λ y)^(1/λ)."""
    if power.is_zero():
        return -v * y * y / 2
    return v * (y / (1 + power * y) - (power * y).log1p() / power) / power


def _turn(degrees: arb) -> arb:
    return degrees * arb.pi() / 180


_OF_BESSEL = (REAL, POSITIVE)
_DEGREE, _INNER = POSITIVE, (-1.0, 1.0)

CLASSICAL = {
    "j0": Special(lambda x: x.bessel_j(0), (lambda x, v: -x.bessel_j(1),), (REAL,)),
    "j1": Special(lambda x: x.bessel_j(1), (lambda x, v: _halve_sum(x.bessel_j, arb(1), -1),), (REAL,)),
    "y0": Special(lambda x: x.bessel_y(0), (lambda x, v: -x.bessel_y(1),), (POSITIVE,)),
    "y1": Special(lambda x: x.bessel_y(1), (lambda x, v: _halve_sum(x.bessel_y, arb(1), -1),), (POSITIVE,)),
    "k0": Special(lambda x: x.bessel_k(0), (lambda x, v: -x.bessel_k(1),), (POSITIVE,)),
    "k1": Special(lambda x: x.bessel_k(1), (lambda x, v: -_halve_sum(x.bessel_k, arb(1)),), (POSITIVE,)),
    "k0e": Special(lambda x: x.exp() * x.bessel_k(0), (lambda x, v: v - x.exp() * x.bessel_k(1),), (POSITIVE,)),
    "k1e": Special(
        lambda x: x.exp() * x.bessel_k(1), (lambda x, v: v - x.exp() * _halve_sum(x.bessel_k, arb(1)),), (POSITIVE,)
    ),
    "i0e": Special(
        lambda x: _decay(x) * x.bessel_i(0), (lambda x, v: _decay(x) * x.bessel_i(1) - _take_sign(x) * v,), (REAL,)
    ),
    "i1e": Special(
        lambda x: _decay(x) * x.bessel_i(1),
        (lambda x, v: _decay(x) * _halve_sum(x.bessel_i, arb(1)) - _take_sign(x) * v,),
        (REAL,),
    ),
    "ive": Special(
        lambda n, x: _decay(x) * x.bessel_i(n),
        (None, lambda n, x, v: _decay(x) * _halve_sum(x.bessel_i, n) - _take_sign(x) * v),
        _OF_BESSEL,
    ),
    "kve": Special(
        lambda n, x: x.exp() * x.bessel_k(n),
        (None, lambda n, x, v: v - x.exp() * _halve_sum(x.bessel_k, n)),
        _OF_BESSEL,
    ),
    "kn": Special(
        lambda n, x: x.bessel_k(_require_order(n)),
        (None, lambda n, x, v: -_halve_sum(x.bessel_k, n)),
        (POSITIVE, POSITIVE),
    ),
    "yn": Special(
        lambda n, x: x.bessel_y(_require_order(n)),
        (None, lambda n, x, v: _halve_sum(x.bessel_y, n, -1)),
        (POSITIVE, POSITIVE),
    ),
    "jve": Special(lambda n, x: x.bessel_j(n), (None, lambda n, x, v: _halve_sum(x.bessel_j, n, -1)), _OF_BESSEL),
    "yve": Special(lambda n, x: x.bessel_y(n), (None, lambda n, x, v: _halve_sum(x.bessel_y, n, -1)), _OF_BESSEL),
    "_spherical_jn": Special(
        lambda n, x: _take_spherical(x.bessel_j, n, x),
        (None, lambda n, x, v: n / x * v - _take_spherical(x.bessel_j, n + 1, x)),
        (POSITIVE, POSITIVE),
    ),
    "_spherical_yn": Special(
        lambda n, x: _take_spherical(x.bessel_y, n, x),
        (None, lambda n, x, v: n / x * v - _take_spherical(x.bessel_y, n + 1, x)),
        (POSITIVE, POSITIVE),
    ),
    "_spherical_in": Special(
        lambda n, x: _take_spherical(x.bessel_i, n, x),
        (None, lambda n, x, v: n / x * v + _take_spherical(x.bessel_i, n + 1, x)),
        (POSITIVE, POSITIVE),
    ),
    "_spherical_kn": Special(
        lambda n, x: _take_spherical(x.bessel_k, n, x),
        (None, lambda n, x, v: n / x * v - _take_spherical(x.bessel_k, n + 1, x)),
        (POSITIVE, POSITIVE),
    ),
    "ellipk": Special(
        lambda m: _take_elliptic(m, 0.5, 0.5), (lambda m, v: _take_elliptic(m, 1.5, 1.5, 2) / 4,), ((-INFINITY, 1.0),)
    ),
    "ellipe": Special(
        lambda m: _take_elliptic(m, -0.5, 0.5), (lambda m, v: -_take_elliptic(m, 0.5, 1.5, 2) / 4,), ((-INFINITY, 1.0),)
    ),
    "ellipkm1": Special(
        lambda p: _take_elliptic(1 - p, 0.5, 0.5), (lambda p, v: -_take_elliptic(1 - p, 1.5, 1.5, 2) / 4,), (UNIT,)
    ),
    "expi": Special(arb.ei, (lambda x, v: x.exp() / x,), (POSITIVE,)),
    "exp1": Special(lambda x: x.expint(arb(1)), (lambda x, v: -(-x).exp() / x,), (POSITIVE,)),
    "spence": Special(lambda x: (1 - x).polylog(2), (_slope_of_dilogarithm,), (POSITIVE,)),
    "zetac": Special(lambda x: x.zeta() - 1, (_differentiate_riemann_zeta,), ((1.0, INFINITY),)),
    "_riemann_zeta": Special(lambda x: x.zeta(), (_differentiate_riemann_zeta,), ((1.0, INFINITY),)),
    "erfi": Special(arb.erfi, (lambda x, v: 2 * (x * x).exp() / arb.const_sqrt_pi(),), (REAL,)),
    "dawsn": Special(
        lambda x: arb.const_sqrt_pi() / 2 * (-x * x).exp() * x.erfi(), (lambda x, v: 1 - 2 * x * v,), (REAL,)
    ),
    "hyp0f1": Special(
        lambda b, x: x.hypgeom_0f1(b), (None, lambda b, x, v: x.hypgeom_0f1(b + 1) / b), (POSITIVE, REAL)
    ),
    "hyp1f1": Special(
        lambda a, b, x: x.hypgeom_1f1(a, b),
        (None, None, lambda a, b, x, v: a / b * x.hypgeom_1f1(a + 1, b + 1)),
        (REAL, POSITIVE, REAL),
    ),
    "hyperu": Special(
        lambda a, b, x: x.hypgeom_u(a, b),
        (None, None, lambda a, b, x, v: -a * x.hypgeom_u(a + 1, b + 1)),
        (POSITIVE, POSITIVE, POSITIVE),
    ),
    "wrightomega": Special(lambda x: x.exp().lambertw(), (lambda x, v: v / (1 + v),), (REAL,)),
    "binom": Special(
        lambda n, k: (n + 1).gamma() * (k + 1).rgamma() * (n - k + 1).rgamma(),
        (
            lambda n, k, v: v * ((n + 1).digamma() - (n - k + 1).digamma()),
            lambda n, k, v: v * ((n - k + 1).digamma() - (k + 1).digamma()),
        ),
        (POSITIVE, UNIT),
    ),
    "powm1": Special(
        lambda x, y: (y * x.log()).expm1(),
        (lambda x, y, v: y * (v + 1) / x, lambda x, y, v: (v + 1) * x.log()),
        (POSITIVE, REAL),
    ),
    "inv_boxcox": Special(_invert_box_cox, (lambda y, p, v: v / (1 + p * y), _slope_of_inverse), (POSITIVE, POSITIVE)),
    "inv_boxcox1p": Special(
        lambda y, p: _invert_box_cox(y, p) - 1,
        (lambda y, p, v: (v + 1) / (1 + p * y), lambda y, p, v: _slope_of_inverse(y, p, v + 1)),
        (POSITIVE, POSITIVE),
    ),
    "exp10": Special(lambda x: (x * arb.const_log10()).exp(), (lambda x, v: v * arb.const_log10(),), (REAL,)),
    "sindg": Special(lambda x: _turn(x).sin(), (lambda x, v: _turn(_turn(x).cos()),), (REAL,)),
    "cosdg": Special(lambda x: _turn(x).cos(), (lambda x, v: -_turn(_turn(x).sin()),), (REAL,)),
    "eval_legendre": Special(
        lambda n, x: x.legendre_p(n),
        (None, lambda n, x, v: _lower(n, lambda: (n + 1) / 2 * x.jacobi_p(n - 1, 1, 1))),
        (_DEGREE, _INNER),
    ),
    "eval_chebyt": Special(
        lambda n, x: x.chebyshev_t(n),
        (None, lambda n, x, v: _lower(n, lambda: n * x.chebyshev_u(n - 1))),
        (_DEGREE, _INNER),
    ),
    "eval_chebyu": Special(
        lambda n, x: x.chebyshev_u(n),
        (None, lambda n, x, v: _lower(n, lambda: 2 * x.gegenbauer_c(n - 1, 2))),
        (_DEGREE, _INNER),
    ),
    "eval_hermite": Special(
        lambda n, x: x.hermite_h(n),
        (None, lambda n, x, v: _lower(n, lambda: 2 * n * x.hermite_h(n - 1))),
        (_DEGREE, REAL),
    ),
    "eval_hermitenorm": Special(
        _take_hermite, (None, lambda n, x, v: _lower(n, lambda: n * _take_hermite(n - 1, x))), (_DEGREE, REAL)
    ),
    "eval_laguerre": Special(
        lambda n, x: x.laguerre_l(n),
        (None, lambda n, x, v: _lower(n, lambda: -x.laguerre_l(n - 1, 1))),
        (_DEGREE, REAL),
    ),
    "eval_genlaguerre": Special(
        lambda n, a, x: x.laguerre_l(n, a),
        (None, None, lambda n, a, x, v: _lower(n, lambda: -x.laguerre_l(n - 1, a + 1))),
        (_DEGREE, POSITIVE, REAL),
    ),
    "eval_gegenbauer": Special(
        lambda n, a, x: x.gegenbauer_c(n, a),
        (None, None, lambda n, a, x, v: _lower(n, lambda: 2 * a * x.gegenbauer_c(n - 1, a + 1))),
        (_DEGREE, POSITIVE, _INNER),
    ),
    "eval_jacobi": Special(
        lambda n, a, b, x: x.jacobi_p(n, a, b),
        (
            None,
            None,
            None,
            lambda n, a, b, x, v: _lower(n, lambda: (n + a + b + 1) / 2 * x.jacobi_p(n - 1, a + 1, b + 1)),
        ),
        (_DEGREE, POSITIVE, POSITIVE, _INNER),
    ),
    "_lambertw": Special(
        lambda z, k, _: z.lambertw(int(float(k))),
        (lambda z, k, _, v: (-v).exp() / (1 + v), None, None),
        (POSITIVE, (0.0, 0.5), UNIT),
    ),
}

OF_SEVERAL_VALUES = {
    "sici": (
        Special(arb.si, (lambda x, v: x.sinc(),), (REAL,)),
        Special(arb.ci, (lambda x, v: x.cos() / x,), (POSITIVE,)),
    ),
    "shichi": (
        Special(arb.shi, (lambda x, v: x.sinh() / x,), (POSITIVE,)),
        Special(arb.chi, (lambda x, v: x.cosh() / x,), (POSITIVE,)),
    ),
    "fresnel": (
        Special(arb.fresnel_s, (lambda x, v: (arb.pi() * x * x / 2).sin(),), (REAL,)),
        Special(arb.fresnel_c, (lambda x, v: (arb.pi() * x * x / 2).cos(),), (REAL,)),
    ),
    "airy": (
        Special(lambda x: x.airy()[0], (lambda x, v: x.airy()[1],), (REAL,)),
        Special(lambda x: x.airy()[1], (lambda x, v: x * x.airy()[0],), (REAL,)),
        Special(lambda x: x.airy()[2], (lambda x, v: x.airy()[3],), (REAL,)),
        Special(lambda x: x.airy()[3], (lambda x, v: x * x.airy()[2],), (REAL,)),
    ),
}
"""Each of these returns a tuple."""
