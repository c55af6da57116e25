"""`scipy.spatial.distance` on balls: one line a metric, of pairs of rows at once."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from bptt.balls._ball import get_float
from bptt.balls.scipy._elimination import list_rows, solve
from bptt.balls.scipy._operands import OnBalls, as_balls, make_zeros, require


def _sum(terms: Any, w: Any = None) -> Any:
    return (terms if w is None else terms * w).sum(axis=-1)


def _take_minkowski(u: Any, v: Any, w: Any = None, p: Any = 2) -> Any:
    d = u - v
    if get_float(p) == 2:
        return np.sqrt(_sum(d * d, w))
    if get_float(p) == 1:
        return _sum(abs(d), w)
    return _take_chebyshev(u, v, w) if np.isinf(get_float(p)) else _sum(abs(d) ** p, w) ** (1 / p)


def _take_chebyshev(u: Any, v: Any, w: Any = None) -> Any:
    require(w is None, "spatial.distance.chebyshev", "with w=")
    return abs(u - v).max(axis=-1)


def _take_cosine(u: Any, v: Any, w: Any = None) -> Any:
    return 1 - _sum(u * v, w) / np.sqrt(_sum(u * u, w) * _sum(v * v, w))


def _take_correlation(u: Any, v: Any, w: Any = None, centered: bool = True) -> Any:
    if not centered:
        return _take_cosine(u, v, w)
    total = u.shape[-1] if w is None else w.sum()
    u, v = (x - as_balls(_sum(x, w) / total)[..., None] for x in (u, v))
    return _take_cosine(u, v, w)


def _take_canberra(u: Any, v: Any, w: Any = None) -> Any:
    size = abs(u) + abs(v)
    return _sum(abs(u - v) / np.where(size == 0, 1.0, size), w)


def _take_mahalanobis(u: Any, v: Any, VI: Any) -> Any:
    d = u - v
    return np.sqrt((np.dot(d, VI) * d).sum(axis=-1))


Metric = Callable[..., Any]
_METRICS: dict[str, Metric] = {
    "euclidean": _take_minkowski,
    "sqeuclidean": lambda u, v, w=None: _sum((u - v) * (u - v), w),
    "cityblock": lambda u, v, w=None: _take_minkowski(u, v, w, 1),
    "minkowski": _take_minkowski,
    "chebyshev": _take_chebyshev,
    "cosine": _take_cosine,
    "correlation": _take_correlation,
    "canberra": _take_canberra,
    "braycurtis": lambda u, v, w=None: _sum(abs(u - v), w) / _sum(abs(u + v), w),
    "seuclidean": lambda u, v, V: np.sqrt(((u - v) * (u - v) / V).sum(axis=-1)),
    "mahalanobis": _take_mahalanobis,
}
_OTHER_NAMES = {
    **dict.fromkeys(("euclid", "eu", "e"), "euclidean"),
    **dict.fromkeys(("sqe", "sqeuclid"), "sqeuclidean"),
    **dict.fromkeys(("manhattan", "cblock", "cb", "c"), "cityblock"),
    **dict.fromkeys(("chebychev", "tchebycheff", "tchebychev", "cheby", "cheb", "ch"), "chebyshev"),
    **dict.fromkeys(("cos",), "cosine"),
    **dict.fromkeys(("co",), "correlation"),
    **dict.fromkeys(("mi", "m", "pnorm"), "minkowski"),
    **dict.fromkeys(("mahal", "mah"), "mahalanobis"),
}
_SUMS = ("euclidean", "sqeuclidean", "cityblock", "chebyshev")  # whose floats are bounded as any sum


def pdist(X: Any, metric: Any = "euclidean", *, out: Any = None, **settings: Any) -> Any:
    """Return the distances of the rows, each to those after it."""
    rows = as_balls(X)
    first, second = np.triu_indices(len(rows), 1)
    return _measure(rows[first], rows[second], rows, metric, out, settings)


def cdist(XA: Any, XB: Any, metric: Any = "euclidean", *, out: Any = None, **settings: Any) -> Any:
    """Return the distances of the rows of the one to those of the other."""
    a, b = as_balls(XA), as_balls(XB)
    first, second = (index.reshape(-1) for index in np.indices((len(a), len(b))))
    every = np.concatenate([a, b])
    return _measure(a[first], b[second], every, metric, out, settings).reshape(len(a), len(b))


def _measure(u: Any, v: Any, every: Any, metric: Any, out: Any, settings: dict[str, Any]) -> Any:
    require(out is None, "spatial.distance", "with out=")
    if callable(metric):
        name = getattr(metric, "__name__", "")
        if not (name in _METRICS and getattr(metric, "__module__", "").startswith("scipy.")):
            return as_balls([metric(*pair, **settings) for pair in zip(u, v, strict=True)])
        metric = name
    name = _OTHER_NAMES.get(metric.lower(), metric.lower())
    require(name in _METRICS, "spatial.distance", f"by the metric {metric!r}")
    if name == "seuclidean" and settings.get("V") is None:
        settings = {"V": every.var(axis=0, ddof=1)}
    if name == "mahalanobis" and settings.get("VI") is None:
        settings = {"VI": _invert_covariance(every)}
    return _METRICS[name](u, v, **_take_arrays(settings))


def _take_arrays(settings: dict[str, Any]) -> dict[str, Any]:
    return {name: as_balls(value) if np.ndim(value) else value for name, value in settings.items()}


def _invert_covariance(rows: Any) -> Any:
    centred = rows - rows.mean(axis=0)
    covariance = np.dot(centred.T, centred) / (len(rows) - 1)
    return solve(list_rows(covariance), as_balls(np.eye(len(covariance)))).T


def arrange_distances(X: Any, force: str = "no", checks: bool = True) -> Any:
    """Put distances of pairs into a matrix, or take them out. SciPy's own copies objects without counting them."""
    given = as_balls(X)
    if given.ndim == 2:
        return given[np.triu_indices(len(given), 1)]
    size = math.isqrt(2 * len(given)) + 1
    matrix = make_zeros((size, size), given)
    first, second = np.triu_indices(size, 1)
    matrix[first, second] = given
    matrix[second, first] = given
    return matrix


def _is_sum(*given: Any, metric: Any = "euclidean", **settings: Any) -> bool:
    metric = given[-1] if len(given) > 1 and isinstance(given[-1], str) else metric
    return metric in _SUMS


def _measure_pair(name: str) -> OnBalls:
    """Return what measures two vectors: `euclidean(u, v, w)`, `minkowski(u, v, p, w)`, `mahalanobis(u, v, VI)`."""

    def measure(u: Any, v: Any, *given: Any, **settings: Any) -> Any:
        if name == "minkowski":
            settings = {**dict(zip(("p", "w"), given, strict=False)), **settings}
            given = ()
        return _METRICS[name](
            as_balls(u), as_balls(v), *(as_balls(x) if np.ndim(x) else x for x in given), **_take_arrays(settings)
        )

    return OnBalls(measure, is_bounded=False)


DISTANCE = {
    "pdist": OnBalls(pdist, _is_sum),
    "cdist": OnBalls(cdist, _is_sum),
    "squareform": OnBalls(arrange_distances),
    **{name: _measure_pair(name) for name in _METRICS},
}
