"""Functions of `scipy.special` on balls: their values and derivatives, to 45 digits beside mpmath's."""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from flint import arb
from mpmath.ctx_mp import MPContext  # type: ignore[import-not-found, import-untyped, unused-ignore]
from scipy import special  # type: ignore[import-untyped]

from bptt.balls import Ball, StaleValueError, Traced, make_ball_array, use_precision
from bptt.balls._special import SPECIAL
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
}


def draw_numbers(name: str, random: np.random.Generator) -> list[float]:
    """Draw a number of each operand's domain, of the size of 1."""

    def draw(low: float, high: float) -> float:
        return float(random.uniform(max(low, -4.0) + 1 / 64, min(high, 6.0) - 1 / 64))

    return [draw(low, high) for low, high in SPECIAL[name].domains]


def digits_in_common(number: arb, expected: Any) -> float:
    difference = abs(number - arb(REAL.nstr(expected, 58))) / arb(REAL.nstr(abs(expected) + 1, 58))
    return float(-(difference.abs_upper() + arb(10) ** -57).log() / arb.const_log10())


def test_every_function_has_one_of_mpmath_beside_it() -> None:
    assert set(OF_MPMATH) == set(SPECIAL)
    assert all(isinstance(getattr(sys.modules["scipy.special._ufuncs"], name), np.ufunc) for name in SPECIAL)


@pytest.mark.parametrize("name", SPECIAL)
def test_it_and_its_derivatives_are_those_of_mpmath_to_45_digits(name: str) -> None:
    function, random = SPECIAL[name], np.random.default_rng(0)
    for _ in range(100 if len(function.domains) < 3 else 20):
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
    """Return ∂f by the number at that place: a central difference of 200 digits."""
    with REAL.workdps(200):
        step = REAL.mpf(10) ** -60
        above, below = ([REAL.mpf(x) + sign * step * (k == n) for k, x in enumerate(numbers)] for sign in (1, -1))
        return (f(*above) - f(*below)) / (2 * step)


@pytest.mark.parametrize("name", [name for name in SPECIAL if name != "_zeta"])
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
    report = judge_gradient(lambda x: special.ellipk(x).sum(), lambda x: 0 * x, (X,))
    assert "scipy.special.ellipk takes no balls" in str(report.arithmetic)


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
