"""What people's code calls of NumPy, on balls: each use is refuted by ball arithmetic, at the true slope.

A use is a function of one array. The gradient that is claimed of it is its difference quotient, of sixth order, with
one entry moved: the verdict must be wrong, by ball arithmetic, and what the report states instead must be the quotient.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from bptt.verify import judge_gradient

Array = Any

X, P, W = np.array([0.5, -1.25, 2.0]), np.array([0.3, 0.6, 0.8]), np.array([1.5, 2.0, -0.25])
STEP = 1e-3


def fill_diagonal(x: Array) -> Any:
    products = np.outer(x, x)
    np.fill_diagonal(products, x)
    return products.sum()


def sum_logarithms_in_a_buffer(x: Array) -> Any:
    """As a forward pass of a hidden Markov model does: a buffer of log 0, filled step by step."""
    table = np.full((3, 2), -np.inf)
    table[0] = x[:2]
    for t in (1, 2):
        for j in range(2):
            table[t, j] = np.logaddexp(table[t - 1, 0] + x[j], table[t - 1, 1] + x[2 - j])
    return np.logaddexp(table[2, 0], table[2, 1])


def fill(buffer: Array, x: Array) -> Any:
    buffer[0] = x[0] ** 2
    buffer[1] += x[1]
    return (buffer**2).sum()


USES: dict[str, Callable[[Array], Any]] = {
    "np.float64": lambda x: np.float64(x[0]) * np.float64(x[1]),
    "s[()]": lambda x: (x**2).sum()[()],
    "s[...,None]": lambda x: ((x**2).sum()[..., None]).sum(),
    "real": lambda x: (x**2).sum().real,
    "squeeze": lambda x: np.squeeze((x**2).sum()),
    "squeeze2": lambda x: np.squeeze(x[:1]) ** 2,
    "sum dtype": lambda x: (x**2).sum(dtype=np.float64),
    "sum dtype float": lambda x: np.sum(x**2, dtype=float),
    "logaddexp scalars": lambda x: np.logaddexp(x[0], x[1]) + np.logaddexp.reduce(x) + np.logaddexp(-np.inf, x[2]),
    "maximum scalars": lambda x: np.maximum(x[0], x[1]) ** 2,
    "hypot scalars": lambda x: np.hypot(x[0], x[1]) * np.arctan2(x[2], x[0]),
    "copy of data": lambda x: fill(np.copy(W), x),
    "W.copy": lambda x: fill(W.copy(), x),
    "array of data": lambda x: fill(np.array(W), x),
    "asarray(list)": lambda x: fill(np.asarray([1.0, 2.0, 3.0]), x),
    "W*2": lambda x: fill(W * 2, x),
    "-inf mask": lambda x: np.logaddexp.reduce(np.where([True, False, True], x, -np.inf)),
    "neg inf fill": lambda x: sum_logarithms_in_a_buffer(x),
    "dtype float": lambda x: np.zeros(3, dtype=float).sum() + (x.astype(float) ** 2).sum(),
    "np.float32 dtype": lambda x: (x * np.ones(3, dtype=np.float32)).sum(),
    "round": lambda x: round(x[2] * 0.7) * x[0],
    "float of 0d": lambda x: float(np.array(x[0])) ** 2,
    "reduce": lambda x: max(x) * min(x),
    "sorted": lambda x: sorted(x)[0] ** 2,
    "nan masked": lambda x: np.nansum(np.where([True, False, True], x, np.nan) ** 2),
    "nanmean": lambda x: np.nanmean(np.array([x[0], np.nan, x[1]])) ** 2,
    "nanmax": lambda x: np.nanmax(np.array([x[0], np.nan, x[1]])) ** 2,
    "nanvar": lambda x: np.nanvar(np.array([x[0], np.nan, x[1], x[2]])),
    "cumsum etc": lambda x: (np.cumprod(x) * np.cumsum(x)).sum(),
    "reduceat": lambda x: (np.add.reduceat(x, [0, 2]) ** 2).sum(),
    "ldexp": lambda x: math.ldexp(x[0], 3) + np.ldexp(x[0], 3),
    "np.vectorize math": lambda x: np.vectorize(math.exp)(x).sum(),
    "array 2d of floats": lambda x: (np.array([[float(v), math.sin(v)] for v in x]) ** 2).sum(),
    "polyval": lambda x: np.polyval(x, 0.3) ** 2,
    "trapz": lambda x: np.trapezoid(x, W) ** 2,
    "gradient": lambda x: (np.gradient(x) ** 2).sum(),
    "convolve": lambda x: (np.convolve(x, W) ** 2).sum(),
    "kron": lambda x: np.kron(x, W).sum() ** 2,
    "cross": lambda x: (np.cross(x, W) ** 2).sum(),
    "median": lambda x: np.median(x) ** 2,
    "median even": lambda x: np.median(x[:2]) ** 2,
    "quantile": lambda x: np.quantile(x, 0.4) ** 2,
    "percentile axis": lambda x: (np.percentile(np.outer(x, W), [10, 50], axis=0) ** 2).sum(),
    "nanmedian": lambda x: np.nanmedian(x) ** 2,
    "interp": lambda x: np.interp(0.3, [0, 1, 2], x) ** 2,
    "interp at": lambda x: (np.interp(x, [-2, 0.0, 1, 3], [1, 3, 2, 5.0]) ** 2).sum(),
    "bincount": lambda x: (np.bincount([0, 1, 0], weights=x) ** 2).sum(),
    "digitize": lambda x: (x * np.digitize(x, [0, 1.0])).sum(),
    "hist": lambda x: (x**2).sum() * np.histogram(x, bins=[-2, 0, 3])[0][0],
    "hist W": lambda x: (np.histogram(W, bins=[-2, 0, 3], weights=x)[0] ** 2).sum(),
    "searchsorted": lambda x: x[np.searchsorted([0.0, 1], 0.5)] ** 2,
    "divide where": lambda x: np.divide(x, W, out=np.zeros(3), where=W > 0).sum() ** 2,
    "divide where zeros_like": lambda x: np.divide(x, W, out=np.zeros_like(x), where=W > 0).sum() ** 2,
    "log where": lambda x: np.log(x, where=x > 0, out=np.zeros_like(x)).sum(),
    "piecewise": lambda x: np.piecewise(x, [x < 0, x >= 0], [lambda v: v * v, lambda v: v**3]).sum(),
    "select": lambda x: np.select([x < 0, x >= 0], [x * x, x**3]).sum(),
    "ma": lambda x: np.ma.masked_where(x < 0, x).sum() ** 2,
    "einsum_path": lambda x: np.einsum("i,i,i->", x, x, W, optimize=True),
    "unravel": lambda x: np.unravel_index(2, (3,))[0] * x[0] ** 2,
    "apply_over": lambda x: np.apply_over_axes(np.sum, np.outer(x, x), [0, 1]).item(),
    "average": lambda x: np.average(x, weights=P) ** 2,
    "average balls": lambda x: np.average(W, weights=x**2),
    "ptp": lambda x: np.ptp(x) ** 2,
    "clip": lambda x: np.clip(x, -1, 1).sum() ** 2,
    "unwrap": lambda x: (np.unwrap(x * 3) ** 2).sum(),
    "nan_to_num": lambda x: (np.nan_to_num(x) ** 2).sum(),
    "roll flip rot90": lambda x: (np.roll(x, 1) * np.flip(x)).sum() + np.rot90(np.outer(x, x))[0, 0],
    "take put choose compress": lambda x: (
        np.take(x, [0, 2]).sum() ** 2
        + np.compress([True, False, True], x).sum() ** 2
        + np.choose([0, 1, 0], [x, x * x]).sum()
    ),
    "extract": lambda x: np.extract(x > 0, x).sum() ** 2,
    "tensordot": lambda x: np.tensordot(np.outer(x, x), np.outer(W, W)),
    "allclose": lambda x: (x**2).sum() if np.allclose(x, x + 1e-12) else 0.0,
    "sinc": lambda x: np.sinc(x).sum(),
    "i0": lambda x: np.i0(x).sum(),
    "corr": lambda x: np.correlate(x, W, "full").sum() ** 2,
    "poly": lambda x: np.poly1d(x)(2.0) ** 2,
    "vander": lambda x: np.vander(x).sum() ** 2,
    "meshgrid": lambda x: (np.meshgrid(x, W)[0] ** 2).sum(),
    "ix_": lambda x: np.outer(x, x)[np.ix_([0, 1], [1, 2])].sum(),
    "diff n": lambda x: (np.diff(x, 2) ** 2).sum(),
    "ediff1d": lambda x: (np.ediff1d(x) ** 2).sum(),
    "lexsort": lambda x: x[np.lexsort((x,))[0]] ** 2,
    "unique": lambda x: (np.unique(x) ** 2).sum(),
    "argpartition": lambda x: x[np.argpartition(x, 1)[:2]].sum() ** 2,
    "triu_indices": lambda x: np.outer(x, x)[np.triu_indices(3)].sum(),
    "fill_diag": lambda x: fill_diagonal(x),
    "logspace": lambda x: np.linspace(x[0], x[2], 4).sum() ** 2,
    "geomspace": lambda x: np.geomspace(x[0], x[2], 4).sum(),
    "arange": lambda x: (np.arange(3) * x).sum() ** 2,
    "full": lambda x: np.full(3, x[0]).sum() ** 2,
    "full_like": lambda x: np.full_like(x, x[0]).sum() ** 2,
    "where scalar": lambda x: np.where(x[0] > 0, x[0] ** 2, 0.0),
    "copysign": lambda x: np.copysign(x, W).sum() ** 2,
    "float_power": lambda x: np.float_power(np.abs(x), 1.5).sum(),
    "log2 exp2": lambda x: np.logaddexp2(x[0], x[1]),
    "matvec": lambda x: np.vecdot(x, x),
    "nanquantile": lambda x: np.nanquantile(x, 0.4) ** 2,
    "cov": lambda x: np.cov(np.outer(x, W) + np.outer(W, W)).sum(),
    "cov W": lambda x: np.cov(x, W)[0, 1],
    "corrcoef": lambda x: np.corrcoef(x, W)[0, 1],
    "np.sum gen list": lambda x: np.sum([v * v for v in x]),
    "np.mean list": lambda x: np.mean([v * v for v in x]),
    "np.dot lists": lambda x: np.dot(list(x), [1.0, 2.0, 3.0]) ** 2,
    "np.linalg.norm list": lambda x: np.linalg.norm([x[0], x[1]]),
    "np.max list": lambda x: np.max([x[0], x[1]]) ** 2,
    "tolist": lambda x: sum(v * v for v in x.tolist()),
    "sum axis where": lambda x: np.sum(x, where=x > 0) ** 2,
    "mean where": lambda x: np.mean(x, where=[True, False, True]) ** 2,
    "max where initial": lambda x: np.max(x, initial=-9, where=x > 0) ** 2,
    "fmax and fmin with NaN": lambda x: (
        np.fmax(x, [np.nan, 0.0, 3.0]).sum() ** 2 + np.fmin(x, [np.nan, 0.0, np.nan]) @ x
    ),
    "a determinant of lists": lambda x: np.linalg.det([[x[0], x[1]], [1.0, x[2]]]),
    "a norm of a tuple": lambda x: np.linalg.norm((x[0], 2 * x[1])),
    "trim": lambda x: np.trim_zeros(x).sum() ** 2,
}


def take_quotients(f: Callable[[Array], Any], x: Array) -> Array:
    """Return the difference quotients of sixth order by each entry."""
    quotients = np.zeros(x.shape)
    for n in range(x.size):
        for step, weight in ((1, 45 / 60), (2, -9 / 60), (3, 1 / 60)):
            for sign in (1, -1):
                moved = x.copy()
                moved[n] += sign * step * STEP
                quotients[n] += sign * weight * np.asarray(f(moved)).item() / STEP
    return quotients


@pytest.mark.filterwarnings("ignore")  # of the floats, which some uses divide by 0
@pytest.mark.parametrize("name", USES)
def test_a_wrong_gradient_is_refuted_by_balls_with_the_true_slope(name: str) -> None:
    f = USES[name]
    true = take_quotients(f, X)
    claimed = true + np.eye(3)[1] * (1 + np.abs(true).max())
    report = judge_gradient(f, lambda _: claimed, (X.copy(),))
    (leaf,) = report.formula.leaves
    assert (report.verdict, leaf.reference) == ("wrong", "by ball arithmetic")
    assert leaf.reference_values is not None
    assert leaf.reference_values == pytest.approx(true, abs=1e-6 * (1 + np.abs(true).max()))
