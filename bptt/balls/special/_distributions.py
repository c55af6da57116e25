"""Functions of `scipy.special` by which distributions are computed, one line each: see `_functions`."""

from flint import arb

from bptt.balls.special._entry import POSITIVE, REAL, UNIT, Special


def _take_beta_density(x: arb, a: arb, b: arb) -> arb:
    return x ** (a - 1) * (1 - x) ** (b - 1) * (a + b).gamma() * a.rgamma() * b.rgamma()


def _take_gamma_density(x: arb, a: arb) -> arb:
    return x ** (a - 1) * (-x).exp() * a.rgamma()


def _take_student_density(df: arb, t: arb) -> arb:
    half = (df + 1) / 2
    return half.gamma() * (df / 2).rgamma() / (df * arb.pi()).sqrt() * (1 + t * t / df) ** -half


def _take_student_distribution(df: arb, t: arb) -> arb:
    tail = (df / (df + t * t)).beta_lower(df / 2, arb(0.5), 1) / 2
    return tail if t <= 0 else 1 - tail if t > 0 else tail.union(1 - tail)


def _choose(n: arb, k: arb) -> arb:
    return (n + 1).gamma() * (k + 1).rgamma() * (n - k + 1).rgamma()


def _raise(x: arb, n: arb) -> arb:
    return arb(1) if n.is_zero() else x**n


def _take_binomial(k: arb, n: arb, p: arb) -> arb:
    return _choose(n, k) * _raise(p, k) * _raise(1 - p, n - k)


def _sum_binomial(k: arb, n: arb, p: arb) -> arb:
    """Return the probability of at most k; of what is no whole number, of that below it."""
    k = k.floor()
    return arb(1) if k >= n else (1 - p).beta_lower(n - k, k + 1, 1)


def _slope_of_binomial_sum(k: arb, n: arb, p: arb, v: arb) -> arb:  # noqa: ARG001
    k = k.floor()
    return arb(0) if k >= n else -(n - k) * _choose(n, k) * _raise(p, k) * _raise(1 - p, n - k - 1)


def _take_negative_binomial(k: arb, n: arb, p: arb) -> arb:
    return (k + n).gamma() * (k + 1).rgamma() * n.rgamma() * p**n * _raise(1 - p, k)


def _scale_to_unit(a: arb, b: arb, x: arb) -> arb:
    return a * x / (a * x + b)


def _take_fisher_density(a: arb, b: arb, x: arb) -> arb:
    return _take_beta_density(_scale_to_unit(a, b, x), a / 2, b / 2) * a * b / (a * x + b) ** 2


_OF_COUNTS = (UNIT, POSITIVE, UNIT)

DISTRIBUTIONS = {
    "betaincc": Special(
        lambda a, b, x: (1 - x).beta_lower(b, a, 1),
        (None, None, lambda a, b, x, v: -_take_beta_density(x, a, b)),
        (POSITIVE, POSITIVE, UNIT),
    ),
    "stdtr": Special(
        _take_student_distribution, (None, lambda df, t, v: _take_student_density(df, t)), (POSITIVE, REAL)
    ),
    "chdtr": Special(
        lambda n, x: (x / 2).gamma_lower(n / 2, 1),
        (None, lambda n, x, v: _take_gamma_density(x / 2, n / 2) / 2),
        (POSITIVE, POSITIVE),
    ),
    "chdtrc": Special(
        lambda n, x: (x / 2).gamma_upper(n / 2, 1),
        (None, lambda n, x, v: -_take_gamma_density(x / 2, n / 2) / 2),
        (POSITIVE, POSITIVE),
    ),
    "gdtr": Special(
        lambda a, b, x: (a * x).gamma_lower(b, 1),
        (
            lambda a, b, x, v: x * _take_gamma_density(a * x, b),
            None,
            lambda a, b, x, v: a * _take_gamma_density(a * x, b),
        ),
        (POSITIVE, POSITIVE, POSITIVE),
    ),
    "gdtrc": Special(
        lambda a, b, x: (a * x).gamma_upper(b, 1),
        (
            lambda a, b, x, v: -x * _take_gamma_density(a * x, b),
            None,
            lambda a, b, x, v: -a * _take_gamma_density(a * x, b),
        ),
        (POSITIVE, POSITIVE, POSITIVE),
    ),
    "fdtr": Special(
        lambda a, b, x: _scale_to_unit(a, b, x).beta_lower(a / 2, b / 2, 1),
        (None, None, lambda a, b, x, v: _take_fisher_density(a, b, x)),
        (POSITIVE, POSITIVE, POSITIVE),
    ),
    "fdtrc": Special(
        lambda a, b, x: (1 - _scale_to_unit(a, b, x)).beta_lower(b / 2, a / 2, 1),
        (None, None, lambda a, b, x, v: -_take_fisher_density(a, b, x)),
        (POSITIVE, POSITIVE, POSITIVE),
    ),
    "pdtr": Special(
        lambda k, m: m.gamma_upper(k.floor() + 1, 1),
        (None, lambda k, m, v: -_take_gamma_density(m, k.floor() + 1)),
        (POSITIVE, POSITIVE),
    ),
    "pdtrc": Special(
        lambda k, m: m.gamma_lower(k.floor() + 1, 1),
        (None, lambda k, m, v: _take_gamma_density(m, k.floor() + 1)),
        (POSITIVE, POSITIVE),
    ),
    "_binom_pmf": Special(_take_binomial, (None, None, lambda k, n, p, v: v * (k - n * p) / (p * (1 - p))), _OF_COUNTS),
    "_binom_cdf": Special(_sum_binomial, (None, None, _slope_of_binomial_sum), _OF_COUNTS),
    "_binom_sf": Special(
        lambda k, n, p: 1 - _sum_binomial(k, n, p),
        (None, None, lambda k, n, p, v: -_slope_of_binomial_sum(k, n, p, v)),
        _OF_COUNTS,
    ),
    "_nbinom_pmf": Special(
        _take_negative_binomial,
        (
            None,
            lambda k, n, p, v: v * ((k + n).digamma() - n.digamma() + p.log()),
            lambda k, n, p, v: v * (n / p - k / (1 - p)),
        ),
        _OF_COUNTS,
    ),
    "_nbinom_cdf": Special(
        lambda k, n, p: p.beta_lower(n, k.floor() + 1, 1),
        (None, None, lambda k, n, p, v: _take_beta_density(p, n, k.floor() + 1)),
        _OF_COUNTS,
    ),
    "_nbinom_sf": Special(
        lambda k, n, p: (1 - p).beta_lower(k.floor() + 1, n, 1),
        (None, None, lambda k, n, p, v: -_take_beta_density(p, n, k.floor() + 1)),
        _OF_COUNTS,
    ),
    "_beta_pdf": Special(
        _take_beta_density,
        (
            lambda x, a, b, v: v * ((a - 1) / x - (b - 1) / (1 - x)),
            lambda x, a, b, v: v * (x.log() - a.digamma() + (a + b).digamma()),
            lambda x, a, b, v: v * ((1 - x).log() - b.digamma() + (a + b).digamma()),
        ),
        (UNIT, POSITIVE, POSITIVE),
    ),
    "_cauchy_ppf": Special(
        lambda q, loc, scale: loc - scale * (arb.pi() * q).cot(),
        (
            lambda q, loc, scale, v: scale * arb.pi() * (arb.pi() * q).csc() ** 2,
            lambda q, loc, scale, v: arb(1),
            lambda q, loc, scale, v: -(arb.pi() * q).cot(),
        ),
        (UNIT, REAL, POSITIVE),
    ),
    "_cauchy_isf": Special(
        lambda q, loc, scale: loc + scale * (arb.pi() * q).cot(),
        (
            lambda q, loc, scale, v: -scale * arb.pi() * (arb.pi() * q).csc() ** 2,
            lambda q, loc, scale, v: arb(1),
            lambda q, loc, scale, v: (arb.pi() * q).cot(),
        ),
        (UNIT, REAL, POSITIVE),
    ),
}
