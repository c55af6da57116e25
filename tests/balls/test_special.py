"""Functions of `scipy.special` on balls: their values and derivatives, to 45 digits beside mpmath's."""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from flint import arb
from mpmath.ctx_mp import MPContext  # type: ignore[import-not-found, import-untyped, unused-ignore]
from scipy import special  # type: ignore[import-untyped]

from bptt.balls import Ball, StaleValueError, Traced, make_ball_array, make_fixed, use_precision
from bptt.balls.special._functions import SPECIAL, call_special
from bptt.verify import judge_gradient

REAL = MPContext()
REAL.dps = 60
X = np.array([0.3, 0.6, 0.9])

OF_MPMATH: dict[str, Callable[..., Any]] = {
    "expit": lambda x: 1 / (1 + REAL.exp(-x)),
    "logit": lambda x: REAL.log(x / (1 - x)),
    "log_expit": lambda x: -REAL.log1p(REAL.exp(-x)),
    "erf": REAL.erf,
    "erfc": REAL.erfc,
    "erfcx": lambda x: REAL.exp(x * x) * REAL.erfc(x),
    "erfinv": REAL.erfinv,
    "erfcinv": lambda x: REAL.erfinv(1 - x),
    "ndtr": REAL.ncdf,
    "log_ndtr": lambda x: REAL.log(REAL.ncdf(x)),
    "ndtri": lambda x: REAL.sqrt(2) * REAL.erfinv(2 * x - 1),
    "gamma": REAL.gamma,
    "gammaln": lambda x: REAL.log(abs(REAL.gamma(x))),
    "loggamma": REAL.loggamma,
    "expm1": REAL.expm1,
    "log1p": REAL.log1p,
    "exp2": lambda x: REAL.mpf(2) ** x,
    "cbrt": REAL.cbrt,
    "poch": lambda z, m: REAL.gamma(z + m) / REAL.gamma(z),
    "psi": REAL.digamma,
    "rgamma": REAL.rgamma,
    "_zeta": REAL.zeta,
    "beta": REAL.beta,
    "betaln": lambda a, b: REAL.log(abs(REAL.beta(a, b))),
    "xlogy": lambda x, y: x * REAL.log(y),
    "xlog1py": lambda x, y: x * REAL.log1p(y),
    "entr": lambda x: -x * REAL.log(x),
    "rel_entr": lambda x, y: x * REAL.log(x / y),
    "kl_div": lambda x, y: x * REAL.log(x / y) - x + y,
    "pseudo_huber": lambda d, r: d**2 * (REAL.sqrt(1 + (r / d) ** 2) - 1),
    "boxcox": lambda x, p: (x**p - 1) / p,
    "exprel": lambda x: REAL.expm1(x) / x,
    "cosm1": lambda x: REAL.cos(x) - 1,
    "i0": lambda x: REAL.besseli(0, x),
    "i1": lambda x: REAL.besseli(1, x),
    "iv": REAL.besseli,
    "jv": REAL.besselj,
    "yv": REAL.bessely,
    "kv": REAL.besselk,
    "gammainc": lambda a, x: REAL.gammainc(a, 0, x, regularized=True),
    "gammaincc": lambda a, x: REAL.gammainc(a, x, regularized=True),
    "betainc": lambda a, b, x: REAL.betainc(a, b, 0, x, regularized=True),
    "hyp2f1": REAL.hyp2f1,
    "j0": lambda x: REAL.besselj(0, x),
    "j1": lambda x: REAL.besselj(1, x),
    "y0": lambda x: REAL.bessely(0, x),
    "y1": lambda x: REAL.bessely(1, x),
    "k0": lambda x: REAL.besselk(0, x),
    "k1": lambda x: REAL.besselk(1, x),
    "k0e": lambda x: REAL.exp(x) * REAL.besselk(0, x),
    "k1e": lambda x: REAL.exp(x) * REAL.besselk(1, x),
    "i0e": lambda x: REAL.exp(-abs(x)) * REAL.besseli(0, x),
    "i1e": lambda x: REAL.exp(-abs(x)) * REAL.besseli(1, x),
    "ive": lambda n, x: REAL.exp(-abs(x)) * REAL.besseli(n, x),
    "kve": lambda n, x: REAL.exp(x) * REAL.besselk(n, x),
    "kn": REAL.besselk,
    "yn": REAL.bessely,
    "jve": REAL.besselj,
    "yve": REAL.bessely,
    "_spherical_jn": lambda n, x: REAL.sqrt(REAL.pi / (2 * x)) * REAL.besselj(n + 0.5, x),
    "_spherical_yn": lambda n, x: REAL.sqrt(REAL.pi / (2 * x)) * REAL.bessely(n + 0.5, x),
    "_spherical_in": lambda n, x: REAL.sqrt(REAL.pi / (2 * x)) * REAL.besseli(n + 0.5, x),
    "_spherical_kn": lambda n, x: REAL.sqrt(REAL.pi / (2 * x)) * REAL.besselk(n + 0.5, x),
    "ellipk": REAL.ellipk,
    "ellipe": REAL.ellipe,
    "ellipkm1": lambda p: REAL.ellipk(1 - p),
    "expi": REAL.ei,
    "exp1": REAL.e1,
    "spence": lambda x: REAL.re(REAL.polylog(2, 1 - x)),
    "zetac": lambda x: REAL.zeta(x) - 1,
    "_riemann_zeta": REAL.zeta,
    "erfi": REAL.erfi,
    "dawsn": lambda x: REAL.sqrt(REAL.pi) / 2 * REAL.exp(-x * x) * REAL.erfi(x),
    "hyp0f1": REAL.hyp0f1,
    "hyp1f1": REAL.hyp1f1,
    "hyperu": REAL.hyperu,
    "wrightomega": lambda x: REAL.re(REAL.lambertw(REAL.exp(x))),
    "binom": REAL.binomial,
    "powm1": REAL.powm1,
    "inv_boxcox": lambda y, p: (1 + p * y) ** (1 / p),
    "inv_boxcox1p": lambda y, p: (1 + p * y) ** (1 / p) - 1,
    "exp10": lambda x: REAL.mpf(10) ** x,
    "sindg": lambda x: REAL.sin(x * REAL.pi / 180),
    "cosdg": lambda x: REAL.cos(x * REAL.pi / 180),
    "eval_legendre": REAL.legendre,
    "eval_chebyt": REAL.chebyt,
    "eval_chebyu": REAL.chebyu,
    "eval_hermite": REAL.hermite,
    "eval_hermitenorm": lambda n, x: REAL.hermite(n, x / REAL.sqrt(2)) * REAL.mpf(2) ** (-n / 2),
    "eval_laguerre": lambda n, x: REAL.laguerre(n, 0, x),
    "eval_genlaguerre": REAL.laguerre,
    "eval_gegenbauer": REAL.gegenbauer,
    "eval_jacobi": REAL.jacobi,
    "_lambertw": lambda z, k, tolerance: REAL.re(REAL.lambertw(z, int(k))),
    "betaincc": lambda a, b, x: REAL.betainc(a, b, x, 1, regularized=True),
    "stdtr": lambda df, t: (1 + REAL.sign(t) * REAL.betainc(0.5, df / 2, 0, t * t / (df + t * t), True)) / 2,
    "chdtr": lambda n, x: REAL.gammainc(n / 2, 0, x / 2, regularized=True),
    "chdtrc": lambda n, x: REAL.gammainc(n / 2, x / 2, regularized=True),
    "gdtr": lambda a, b, x: REAL.gammainc(b, 0, a * x, regularized=True),
    "gdtrc": lambda a, b, x: REAL.gammainc(b, a * x, regularized=True),
    "fdtr": lambda a, b, x: REAL.betainc(a / 2, b / 2, 0, a * x / (a * x + b), regularized=True),
    "fdtrc": lambda a, b, x: REAL.betainc(a / 2, b / 2, a * x / (a * x + b), 1, regularized=True),
    "pdtr": lambda k, m: REAL.gammainc(REAL.floor(k) + 1, m, regularized=True),
    "pdtrc": lambda k, m: REAL.gammainc(REAL.floor(k) + 1, 0, m, regularized=True),
    "_binom_pmf": lambda k, n, p: REAL.binomial(n, k) * p**k * (1 - p) ** (n - k),
    "_binom_cdf": lambda k, n, p: REAL.betainc(n, 1, 0, 1 - p, regularized=True),  # k < 1
    "_binom_sf": lambda k, n, p: REAL.betainc(1, n, 0, p, regularized=True),
    "_nbinom_pmf": lambda k, n, p: REAL.gamma(k + n) / REAL.gamma(k + 1) / REAL.gamma(n) * p**n * (1 - p) ** k,
    "_nbinom_cdf": lambda k, n, p: REAL.betainc(n, 1, 0, p, regularized=True),
    "_nbinom_sf": lambda k, n, p: REAL.betainc(1, n, 0, 1 - p, regularized=True),
    "_beta_pdf": lambda x, a, b: x ** (a - 1) * (1 - x) ** (b - 1) / REAL.beta(a, b),
    "_cauchy_ppf": lambda q, loc, scale: loc - scale * REAL.cot(REAL.pi * q),
    "_cauchy_isf": lambda q, loc, scale: loc + scale * REAL.cot(REAL.pi * q),
}


POINTS = 12  # of each function, on both sides of 0: analytic functions that differ do so nearly everywhere

OF_INTEGERS = ("eval_hermite", "eval_hermitenorm", "kn", "yn")  # SciPy has them of whole degrees or orders alone


def draw_numbers(name: str, random: np.random.Generator) -> list[float]:
    """Draw a number of each operand's domain, of the size of 1."""

    def draw(low: float, high: float) -> float:
        return float(random.uniform(max(low, -4.0) + 1 / 64, min(high, 6.0) - 1 / 64))

    numbers = [draw(low, high) for low, high in SPECIAL[name].domains]
    return [float(round(numbers[0])), *numbers[1:]] if name in OF_INTEGERS else numbers


def digits_in_common(number: arb, expected: Any) -> float:
    difference = abs(number - arb(REAL.nstr(expected, 58))) / arb(REAL.nstr(abs(expected) + 1, 58))
    return float(-(difference.abs_upper() + arb(10) ** -57).log() / arb.const_log10())


def test_every_function_has_one_of_mpmath_beside_it() -> None:
    assert set(OF_MPMATH) == set(SPECIAL)
    assert all(isinstance(getattr(sys.modules["scipy.special._ufuncs"], name), np.ufunc) for name in SPECIAL)


@pytest.mark.parametrize("name", SPECIAL)
def test_it_and_its_derivatives_are_those_of_mpmath_to_45_digits(name: str) -> None:
    function, random = SPECIAL[name], np.random.default_rng(0)
    for _ in range(POINTS):
        numbers = draw_numbers(name, random)
        with use_precision(60):
            balls = [arb(x) for x in numbers]
            value = function.apply(*balls)
            assert digits_in_common(value, OF_MPMATH[name](*map(REAL.mpf, numbers))) > 45
            for n, slope in enumerate(function.slopes):
                if slope is not None:
                    expected = differentiate(OF_MPMATH[name], numbers, n)
                    assert digits_in_common(slope(*balls, value), expected) > 45


def differentiate(f: Callable[..., Any], numbers: list[float], n: int) -> Any:
    """Return ∂f by the number at that place: a central difference in 100 digits, right to 60."""
    with REAL.workdps(100):
        step = REAL.mpf(10) ** -30
        above, below = ([REAL.mpf(x) + sign * step * (k == n) for k, x in enumerate(numbers)] for sign in (1, -1))
        return (f(*above) - f(*below)) / (2 * step)


@pytest.mark.parametrize("name", [name for name in SPECIAL if not name.startswith("_") and name not in OF_INTEGERS])
def test_a_gradient_by_it_is_proved_and_one_that_is_off_refuted(name: str) -> None:
    ufunc, slopes = getattr(special, name), SPECIAL[name].slopes
    known = [n for n, slope in enumerate(slopes) if slope is not None]
    numbers = np.array([0.25, 0.75, 1.5, 0.5])[-len(slopes) :]

    def f(*variable: Any) -> Any:
        given = iter(variable)
        return ufunc(*(next(given) if n in known else numbers[n] for n in range(len(slopes)))) * 1.5

    def gradient(*variable: Any, error: float = 0.0) -> Any:
        given = iter(variable)
        every = [float(next(given) if n in known else numbers[n]) for n in range(len(slopes))]
        with use_precision(30):
            balls = [arb(x) for x in every]
            value = SPECIAL[name].apply(*balls)
            slope = [1.5 * float(s(*balls, value).mid()) for s in slopes if s is not None]
        return tuple(x * (1 + error) for x in slope) if len(slope) > 1 else slope[0] * (1 + error)

    at = tuple(numbers[known])
    report = judge_gradient(f, gradient, at)
    assert (report.verdict, report.formula.reference) == ("right", "by ball arithmetic"), report
    assert judge_gradient(f, lambda *x: gradient(*x, error=1e-9), at).verdict == "wrong"


def test_one_that_has_no_derivative_by_an_argument_is_refused_by_name() -> None:
    report = judge_gradient(lambda a: special.gammainc(a, X).sum(), lambda a: 0 * a, (X,))
    assert report.verdict == "wrong"
    assert "the derivative of scipy.special.gammainc by its argument 0 is not known on balls" in str(report.arithmetic)


def test_one_of_data_alone_needs_no_derivative() -> None:
    A, B = np.array([0.5, 1.5, 2.5]), np.array([0.25, 1.0, 3.0])
    report = judge_gradient(
        lambda x: (x * special.gammainc(A, B)).sum(), lambda x: special.gammainc(A, B) + 0 * x, (X,)
    )
    assert (report.verdict, report.formula.reference, report.formula.digits) == ("right", "by ball arithmetic", 50)


def test_one_that_is_not_known_is_refused_by_its_own_name() -> None:
    report = judge_gradient(lambda x: special.ellipkinc(x, 0.5).sum(), lambda x: 0 * x, (X,))
    assert "scipy.special.ellipkinc takes no balls" in str(report.arithmetic)


def test_those_of_numpy_of_the_same_name_keep_their_bound() -> None:
    report = judge_gradient(lambda x: np.expm1(x).sum(), lambda x: np.expm1(x) + 1, (X,))
    assert (report.verdict, report.arithmetic.verdict) == ("right", "right")


def test_a_ball_of_another_run_is_refused() -> None:
    with use_precision(50), pytest.raises(StaleValueError):
        special.xlogy(make_ball_array([Traced(arb(2))], (1,)), make_ball_array([Ball(arb(2))], (1,)))


def test_its_rounding_has_no_bound() -> None:
    report = judge_gradient(lambda x: np.log1p(np.exp(x)).sum(), special.expit, (X,))
    assert (report.verdict, report.arithmetic.verdict) == ("right", "undecided")
    assert "there is no bound for its rounding error" in report.arithmetic.reason


def test_a_function_that_is_another_one_on_floats_is_refused() -> None:
    with pytest.raises(TypeError, match="f of these numbers is another function on floats than on balls"):
        call_special("f", SPECIAL["expit"], np.sin, make_fixed(0.5))
    assert call_special("f", SPECIAL["expit"], special.expit, make_fixed(0.5)).as_float == special.expit(0.5)


@pytest.mark.filterwarnings("ignore:floating point number truncated to an integer")
@pytest.mark.parametrize("order", [0.5, 2.0005])
def test_bessel_functions_of_whole_orders_are_no_others_where_scipy_cuts_the_order(order: float) -> None:
    cut = int(order)
    true = lambda x: special.yvp(cut, x)  # noqa: E731
    assert judge_gradient(lambda x: special.yn(order, x), true, (1.7,)).verdict != "wrong"
    assert judge_gradient(lambda x: special.yn(order, x), lambda x: special.yvp(order, x), (1.7,)).verdict != "right"
    assert judge_gradient(lambda x: special.yn(cut, x), true, (1.7,)).formula.reference == "by ball arithmetic"
