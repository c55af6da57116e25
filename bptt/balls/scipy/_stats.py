"""`scipy.stats` on balls: densities of several variables. Those of one are code of SciPy's that runs on balls."""

import math
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from bptt.balls.scipy._elimination import factor_symmetric
from bptt.balls.scipy._operands import (
    HoldsBalls,
    MethodsOnBalls,
    OnBalls,
    as_balls,
    call_method_on_floats,
    give_floats,
    require,
)


def _take_log_of_normal(x: Any, mean: Any = None, cov: Any = 1, allow_singular: bool = False) -> Any:
    """Return −(n log 2π + log |Σ| + (x − μ)ᵀ Σ⁻¹ (x − μ)) / 2, by Σ = L diag(d) Lᵀ."""
    require(not allow_singular, "stats.multivariate_normal", "with allow_singular=True")
    covariance, centre, size = _take_parameters(mean, cov)
    rows = as_balls(x)
    if rows.ndim == 0:
        rows = rows.reshape(1, 1)
    elif rows.ndim == 1:
        rows = rows[:, None] if size == 1 else rows[None, :]
    low, diagonal = factor_symmetric(covariance)
    centred = rows - centre
    parts: list[Any] = []
    for n in range(size):
        parts.append(centred[..., n] - sum((low[n][k] * parts[k] for k in range(n)), 0.0))
    distance = sum(part * part / d for part, d in zip(parts, diagonal, strict=True))
    result = (distance + sum(np.log(d) for d in diagonal) + size * math.log(2 * math.pi)) * -0.5
    return np.squeeze(as_balls(result))


def _take_parameters(mean: Any, cov: Any) -> tuple[Any, Any, int]:
    """Return the covariance as a matrix, the mean, and how many variables there are, as SciPy reads them."""
    require(not hasattr(cov, "colorize"), "stats.multivariate_normal", "with a Covariance object")
    covariance = as_balls(1.0 if cov is None else cov)
    size = np.size(mean) if mean is not None else len(covariance) if covariance.ndim else 1
    if covariance.ndim == 0:
        covariance = covariance * np.eye(size)
    elif covariance.ndim == 1:
        covariance = covariance[:, None] * np.eye(size)
    centre = as_balls(np.zeros(size) if mean is None else mean).reshape(-1)
    return as_balls(covariance), centre, size


class FrozenNormal(HoldsBalls):
    """A multivariate_normal of which mean and covariance are balls."""

    def __init__(self, mean: Any = None, cov: Any = 1, allow_singular: bool = False, seed: Any = None) -> None:
        self._parameters = (mean, cov, allow_singular)

    def logpdf(self, x: Any) -> Any:
        on_floats = call_method_on_floats(self, "logpdf", x)
        return give_floats(_take_log_of_normal(x, *self._parameters), on_floats, is_bounded=False)

    def pdf(self, x: Any) -> Any:
        on_floats = call_method_on_floats(self, "pdf", x)
        return give_floats(np.exp(_take_log_of_normal(x, *self._parameters)), on_floats, is_bounded=False)


def _take_log_of_dirichlet(x: Any, alpha: Any) -> Any:
    special = sys.modules["scipy.special"]
    shares, a = as_balls(x), as_balls(alpha)
    if len(shares) + 1 == len(a):
        shares = np.concatenate([shares, as_balls(1 - shares.sum(axis=0))[None]])
    constant = special.gammaln(a.sum()) - special.gammaln(a).sum()
    return constant + special.xlogy((a - 1), shares.T).T.sum(axis=0)


def _take_log_of_multinomial(x: Any, n: Any, p: Any) -> Any:
    """Return it for probabilities of sum 1; SciPy puts the last one right where they have another."""
    special = sys.modules["scipy.special"]
    counts, shares = np.asarray(x).astype(int), as_balls(p)
    total = np.asarray(as_balls(shares.sum(axis=-1)))
    off = [abs(float(ball.as_float) - 1) > _NO_SUM for ball in total.reshape(-1).tolist()]
    require(not any(off), "stats.multinomial", "as probabilities whose sum is not 1")
    terms = special.xlogy(counts * 1.0, shares) - special.gammaln(counts + 1.0)
    return special.gammaln(np.asarray(n) + 1.0) + terms.sum(axis=-1)


_NO_SUM = 10 * np.finfo(np.float64).eps  # SciPy's own figure


def _exponentiate(take_log: Callable[..., Any]) -> OnBalls:
    return OnBalls(lambda *given, **settings: np.exp(take_log(*given, **settings)), is_bounded=False)


STATS = {
    "multivariate_normal": MethodsOnBalls(
        {
            "logpdf": OnBalls(_take_log_of_normal, is_bounded=False),
            "pdf": _exponentiate(_take_log_of_normal),
            "__call__": OnBalls(FrozenNormal),
        }
    ),
    "dirichlet": MethodsOnBalls(
        {
            "logpdf": OnBalls(_take_log_of_dirichlet, is_bounded=False),
            "pdf": _exponentiate(_take_log_of_dirichlet),
        }
    ),
    "multinomial": MethodsOnBalls(
        {
            "logpmf": OnBalls(_take_log_of_multinomial, is_bounded=False),
            "pmf": _exponentiate(_take_log_of_multinomial),
        }
    ),
}
