"""Functions of SciPy on balls: the floats of each are SciPy's, its balls hold what exact arithmetic gives."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from flint import arb, fmpq
from scipy import interpolate, ndimage, signal, sparse, stats  # type: ignore[import-untyped]
from scipy.interpolate import CubicSpline, interp1d  # type: ignore[import-untyped]
from scipy.sparse import linalg  # type: ignore[import-untyped]
from scipy.spatial import distance  # type: ignore[import-untyped]

from bptt.balls import (
    convert_to_balls,
    find_stand_ins,
    make_arrays_of_balls,
    make_rounded_constant,
    make_traced_constant,
    use_precision,
)
from bptt.verify import judge_gradient

Array = npt.NDArray[np.float64]

RANDOM = np.random.default_rng(0)
X = np.array([0.3, -0.7, 1.1, 0.4, -0.2, 0.9, 0.5])
W = np.array([0.5, -1.25, 2.0])
DENSE = np.array([[1.0, 0, 2], [0, 3, 0], [4, 0, 5]])
POINTS = np.array([[0.3, -0.7], [1.1, 0.4], [-0.2, 0.9], [0.5, 0.1]])
PLACES = np.array([0.0, 1.0, 2.5, 3.0, 4.5, 5.0, 7.0])
SPLINE = CubicSpline(PLACES, np.cos(PLACES))
MATRIX = sparse.csr_matrix(DENSE)
SECTIONS = signal.butter(3, 0.3, output="sos")

USES: dict[str, tuple[Callable[[Any], Any], Array]] = {
    "convolve": (lambda x: (signal.convolve(x, W, "same") ** 2).sum(), X),
    "correlate": (lambda x: (signal.correlate(x, W, "valid") ** 2).sum(), X),
    "fftconvolve": (lambda x: (signal.fftconvolve(x, W) ** 2).sum(), X),
    "convolve2d": (lambda x: (signal.convolve2d(DENSE, x, boundary="symm") ** 2).sum(), POINTS),
    "lfilter": (lambda x: (signal.lfilter([1.0, 0.5], [2.0, 0.5, 0.25], x) ** 2).sum(), X),
    "lfilter by its coefficients": (lambda a: (signal.lfilter([1.0], a, X) ** 2).sum(), np.array([1.0, 0.5])),
    "filtfilt": (lambda x: (signal.filtfilt([0.5, 0.5], [1.0, 0.25], x, padlen=3) ** 2).sum(), X),
    "sosfilt": (lambda x: (signal.sosfilt(SECTIONS, x) ** 2).sum(), X),
    "detrend": (lambda x: (signal.detrend(x) ** 2).sum(), X),
    "savgol_filter": (lambda x: (signal.savgol_filter(x, 5, 2) ** 2).sum(), X),
    "gaussian_filter": (lambda x: (ndimage.gaussian_filter(x, 0.75, mode="wrap") ** 2).sum(), POINTS),
    "uniform_filter1d": (lambda x: (ndimage.uniform_filter1d(x, 3) ** 2).sum(), X),
    "pdist": (lambda x: distance.pdist(x).sum(), POINTS),
    "cdist": (lambda x: (distance.cdist(x, DENSE[:, :2], "cosine") ** 2).sum(), POINTS),
    "squareform": (lambda x: (distance.squareform(distance.pdist(x, "sqeuclidean")) ** 2).sum(), POINTS),
    "np.interp": (lambda t: np.interp(t, PLACES, X).prod(), np.array([1.5, 3.25])),
    "mahalanobis": (lambda x: distance.pdist(x, "mahalanobis").sum() + (x**3).sum(), POINTS),
    "interp1d": (lambda y: interp1d(PLACES, y)(np.array([1.5, 3.25])).prod(), X),
    "interp1d at balls": (lambda t: (interp1d(PLACES, X, kind="cubic")(t) ** 2).sum(), np.array([1.5, 3.25])),
    "CubicSpline": (lambda y: CubicSpline(PLACES, y)(1.5) ** 2, X),
    "CubicSpline, periodic": (
        lambda y: CubicSpline(PLACES, np.append(y, y[0]), bc_type="periodic")(1.5, 1) ** 2,
        X[:-1],
    ),
    "CubicSpline of before": (lambda t: (SPLINE(t) * SPLINE(t, 1)).sum(), np.array([1.5, 3.25])),
    "BSpline": (lambda c: interpolate.BSpline(PLACES, c, 2)(2.75) ** 2, X[:4]),
    "PchipInterpolator": (lambda y: interpolate.PchipInterpolator(PLACES, y)(1.5) ** 2, X),
    "RegularGridInterpolator": (
        lambda v: interpolate.RegularGridInterpolator((PLACES[:4], PLACES[:2]), v)([[1.5, 0.25]])[0] ** 2,
        POINTS,
    ),
    "a sparse matrix": (lambda x: ((MATRIX @ x) ** 2).sum() + x @ (MATRIX.T @ x), X[:3]),
    "a sparse matrix of balls": (
        lambda x: (
            (sparse.coo_matrix((x, ([0, 1, 1], [0, 2, 2])), shape=(3, 3)) @ W).prod()
            + (sparse.diags(x) @ MATRIX @ W).sum() ** 2
        ),
        X[:3],
    ),
    "spsolve": (lambda b: (linalg.spsolve(MATRIX.tocsc(), b) ** 2).sum(), X[:3]),
    "multivariate_normal": (
        lambda s: stats.multivariate_normal.logpdf(W, np.zeros(3), s @ s.T + np.eye(3)),
        DENSE / 4,
    ),
    "norm": (lambda x: stats.norm.logpdf(X, x[0], x[1]).sum(), np.array([0.25, 1.5])),
    "binom": (lambda p: stats.binom.logpmf([1, 2, 0], 5, p).sum(), np.array([0.25, 0.5, 0.75])),
    "cauchy": (lambda x: stats.cauchy.cdf(x).prod(), X[:3]),
}


def find_gradient(f: Callable[[Any], Any], at: Array) -> Array:
    """Return the gradient by balls, rounded to floats."""
    report = judge_gradient(f, lambda x: 0 * x + 1e6, (at.copy(),))
    assert report.formula.reference == "by ball arithmetic", report
    values = report.formula.leaves[0].reference_values
    assert values is not None
    return values


def take_differences(f: Callable[[Any], Any], at: Array) -> Array:
    """Return the gradient by differences of the fourth order."""
    result = np.zeros_like(at)
    for index in np.ndindex(*at.shape):
        step = np.zeros_like(at)
        step[index] = 2.0**-9
        near, far = f(at + step) - f(at - step), f(at + 2 * step) - f(at - 2 * step)
        result[index] = (8 * near - far) / (12 * 2.0**-9)
    return result


@pytest.mark.parametrize("name", USES)
def test_a_gradient_is_proved_and_one_that_is_off_refuted(name: str) -> None:
    f, at = USES[name]
    gradient = find_gradient(f, at)
    assert np.allclose(gradient, take_differences(f, at), rtol=1e-6, atol=1e-6 * np.abs(gradient).max())
    report = judge_gradient(f, lambda x: gradient + 0 * x, (at,))
    assert (report.verdict, report.formula.reference) == ("right", "by ball arithmetic"), report
    index = np.unravel_index(np.abs(gradient).argmax(), gradient.shape)
    off = np.where(np.abs(gradient) == np.abs(gradient[index]), gradient * (1 + 1e-9), gradient)
    report = judge_gradient(f, lambda x: off + 0 * x, (at,))
    assert (report.verdict, report.formula.reference) == ("wrong", "by ball arithmetic"), report


def call_on_balls(function: Any, *given: Any, **settings: Any) -> Any:
    """Call what stands for a function in the code of a run, on what of the arguments is of floats as balls."""

    def lift(x: Any) -> Any:
        is_of_floats = isinstance(x, np.ndarray) and x.dtype.kind == "f"
        return convert_to_balls(x, make_traced_constant) if is_of_floats else x

    with make_arrays_of_balls(make_traced_constant):
        return find_stand_ins()[id(function)].replacement(*map(lift, given), **settings)


def hold(balls: Any, expected: Any) -> bool:
    """Whether the balls hold these fractions, and are known to 45 digits."""
    pairs = zip(np.asarray(balls, dtype=object).reshape(-1), np.asarray(expected).reshape(-1), strict=True)
    values = [(ball.value, arb(fmpq(x.numerator, x.denominator))) for ball, x in pairs]
    return all((a - b).contains(0) and (a - b).rad() < arb(10) ** -45 for a, b in values)


def as_fractions(x: Any) -> list[Fraction]:
    return [Fraction(number) for number in np.asarray(x).tolist()]


def test_a_convolution_is_the_sum_that_it_is() -> None:
    x, k = as_fractions(X), as_fractions(W)
    expected = [sum(x[n - m] * k[m] for m in range(3) if 0 <= n - m < 7) for n in range(9)]
    with use_precision(50):
        for convolve in (signal.convolve, signal.fftconvolve):
            assert hold(call_on_balls(convolve, X, W), expected)


def test_a_filter_is_the_recurrence_that_it_is() -> None:
    b, a = [Fraction(1), Fraction(1, 2)], [Fraction(2), Fraction(1, 2), Fraction(1, 4)]
    y: list[Fraction] = []
    x = as_fractions(X)
    for n in range(7):
        terms = [b[k] * x[n - k] for k in range(2) if n >= k] + [-a[k] * y[n - k] for k in (1, 2) if n >= k]
        y.append(sum(terms, Fraction()) / a[0])
    with use_precision(50):
        assert hold(call_on_balls(signal.lfilter, [1.0, 0.5], [2.0, 0.5, 0.25], X), y)


def test_squared_distances_are_sums_of_squares() -> None:
    rows = [as_fractions(row) for row in POINTS]
    expected = [
        sum((a - b) ** 2 for a, b in zip(rows[i], rows[j], strict=True)) for i in range(4) for j in range(i + 1, 4)
    ]
    with use_precision(50):
        assert hold(call_on_balls(distance.pdist, POINTS, "sqeuclidean"), expected)


def test_a_natural_spline_goes_through_its_points_and_its_second_derivative_has_no_jump() -> None:
    with use_precision(50):
        spline = call_on_balls(CubicSpline, PLACES, X, bc_type="natural")
        assert hold(spline(PLACES), as_fractions(X))
        knots, (cubic, square, _, _) = spline.pieces
        ends = [2 * b + 6 * a * (v - u) for a, b, u, v in zip(cubic, square, knots, knots[1:], strict=False)]
        assert hold(np.array([square[0], ends[-1], *(ends[n] - 2 * square[n + 1] for n in range(5))]), [Fraction()] * 7)


def test_a_sparse_system_is_solved() -> None:
    with use_precision(50):
        solution = call_on_balls(linalg.spsolve, sparse.csc_matrix(DENSE), W)
        x = [Fraction(1, 2) - 2 * (2 - 4 * Fraction(1, 2)) / (5 - 8), Fraction(-5, 12), (2 - 4 * Fraction(1, 2)) / -3]
        assert hold(solution, x)


def test_the_floats_of_a_result_are_those_of_scipy() -> None:
    with use_precision(50):
        for function, given in (
            (signal.fftconvolve, (X, W)),
            (signal.detrend, (X,)),
            (distance.pdist, (POINTS, "cosine")),
        ):
            floats = [ball.as_float for ball in call_on_balls(function, *given).reshape(-1)]
            assert floats == function(*given).reshape(-1).tolist()
            assert all(type(number) is np.float64 for number in floats)


@pytest.mark.parametrize("mode", ["reflect", "constant", "nearest", "mirror", "wrap"])
@pytest.mark.parametrize("shape", [(2, 2), (3, 2), (1, 3)])
def test_neighbours_beyond_the_edges_are_those_of_scipy(mode: str, shape: tuple[int, int]) -> None:
    weights = RANDOM.normal(size=shape)
    with use_precision(50):
        for function in (ndimage.convolve, ndimage.correlate):
            for origin in (0, -1) if shape[0] > 1 else (0,):
                result = call_on_balls(function, POINTS, weights, mode=mode, cval=0.25, origin=(origin, 0))
                close = [abs(float(ball.value.mid()) - ball.as_float) < 1e-12 for ball in result.reshape(-1)]
                assert all(close)


@pytest.mark.parametrize(
    "condition", ["not-a-knot", "natural", "clamped", ((1, 0.25), (2, -0.5)), ("natural", "not-a-knot")]
)
@pytest.mark.parametrize("size", [2, 3, 4, 7])
def test_a_spline_is_that_of_scipy(condition: Any, size: int) -> None:
    with use_precision(50):
        spline = call_on_balls(CubicSpline, PLACES[:size], X[:size], bc_type=condition)
        for order in (0, 1, 2):
            result = spline(np.array([-0.5, 0.25, 0.75, 2.0, 9.0]), order)
            assert all(abs(float(b.value.mid()) - b.as_float) < 1e-9 * (1 + abs(b.as_float)) for b in result)


@pytest.mark.parametrize("form", ["csr", "csc", "coo", "bsr", "dia", "lil", "dok"])
@pytest.mark.parametrize("kind", ["matrix", "array"])
def test_a_sparse_matrix_of_any_format_multiplies(form: str, kind: str) -> None:
    a = getattr(sparse, f"{form}_{kind}")(DENSE)

    def f(x: Any) -> Any:
        return ((a @ x) ** 2).sum() + x @ (a.T @ x)

    def gradient(x: Any, slip: float = 0.0) -> Any:
        return 2 * (a.T @ (a @ x)) + a @ x + a.T @ x + slip

    report = judge_gradient(f, gradient, (X[:3],))
    assert (report.verdict, report.formula.reference) == ("right", "by ball arithmetic")
    assert report.arithmetic.verdict == "right"
    assert judge_gradient(f, lambda x: gradient(x, 1e-9), (X[:3],)).verdict == "wrong"


def test_what_is_written_into_the_data_of_a_sparse_matrix_counts() -> None:
    def f(x: Any) -> Any:
        a = MATRIX.copy()
        a.data *= x[0]
        return (a @ x).sum()

    sums = DENSE.sum(axis=0)
    report = judge_gradient(f, lambda x: x[0] * sums + np.array([sums @ x, 0, 0]), (X[:3],))
    assert (report.verdict, report.formula.reference) == ("right", "by ball arithmetic")
    assert MATRIX.data.tolist() == DENSE[DENSE != 0].tolist()


def test_between_two_pieces_of_lines_nothing_is_decided() -> None:
    report = judge_gradient(lambda t: interp1d(PLACES, X)(t)[0], lambda t: 0 * t + 0.5, (PLACES[2:3],))
    assert report.verdict == "undecided"
    smooth = judge_gradient(
        lambda t: CubicSpline(PLACES, X)(t)[0], lambda t: CubicSpline(PLACES, X)(t, 1), (np.array([2.5]),)
    )
    assert smooth.verdict == "right"


@pytest.mark.parametrize("name", ["medfilt", "periodogram"])
def test_what_is_not_known_is_refused_by_its_name_at_the_callers_line(name: str) -> None:
    reason = str(judge_gradient(lambda x: abs(getattr(signal, name)(x)[1]).sum(), lambda x: 0 * x, (X,)).arithmetic)
    assert "at test_scipy.py:" in reason
    assert f": scipy.signal.{name} takes no balls: " in reason


def test_what_rounds_in_an_unknown_way_has_no_bound() -> None:
    report = judge_gradient(
        lambda x: (signal.fftconvolve(x, W, "valid") ** 2).sum(),
        lambda x: 2 * signal.fftconvolve(signal.fftconvolve(x, W, "valid"), W[::-1]),
        (X,),
    )
    assert (report.verdict, report.arithmetic.verdict) == ("right", "undecided")
    direct = judge_gradient(
        lambda x: (signal.convolve(x, W, "valid") ** 2).sum(),
        lambda x: 2 * signal.convolve(signal.convolve(x, W, "valid"), W[::-1]),
        (X,),
    )
    assert (direct.verdict, direct.arithmetic.verdict) == ("right", "right")


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_what_floats_return_lies_within_the_bound(dtype: Any) -> None:
    def draw(*shape: int) -> Any:
        return (RANDOM.normal(size=shape) * 10 ** RANDOM.uniform(-3, 3, shape)).astype(dtype)

    def make(x: Any) -> Any:
        return convert_to_balls(x, make_rounded_constant)

    stand_ins = find_stand_ins()
    uses: list[tuple[Any, list[tuple[int, ...]]]] = [
        (signal.convolve, [(20,), (4,)]),
        (signal.convolve2d, [(4, 5), (2, 3)]),
        (signal.correlate2d, [(4, 5), (2, 3)]),
        (signal.lfilter, [(3,), (2,), (20,)]),
        (distance.pdist, [(4, 5)]),
        (np.interp, [(9,), (6,), (6,)]),
    ]
    with use_precision(50), np.errstate(all="ignore"):  # as a run does
        for function, shapes in uses * 10:
            given = [draw(*shape) for shape in shapes]
            if function is np.interp:
                given[1].sort()
            with make_arrays_of_balls(make_rounded_constant):
                result = stand_ins[id(function)].replacement(*map(make, given))
            finite = [ball for ball in result.reshape(-1) if np.isfinite(ball.as_float)]  # a filter may overflow
            assert all(ball.value.contains(arb(float(ball.as_float))) for ball in finite), function
