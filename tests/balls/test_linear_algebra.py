"""Linear algebra on balls: values and derivatives beside mpmath's, to 40 digits, and what has neither."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
import pytest
from flint import arb
from jax import lax
from mpmath.ctx_mp import MPContext  # type: ignore[import-not-found, import-untyped, unused-ignore]

from bptt.balls import (
    Ball,
    Fixed,
    Rounded,
    StaleValueError,
    Traced,
    UndecidedSpectrumError,
    get_kind,
    make_ball_array,
    sweep,
    use_precision,
)
from bptt.balls._array import get_floats
from bptt.balls.jax._linear_algebra import LINEAR_ALGEBRA
from bptt.balls.scipy._linear_algebra import SCIPY_LINALG
from bptt.verify import judge_gradient

pytestmark = pytest.mark.usefixtures("quick_compilation")

REAL = MPContext()
REAL.dps = 60
L, S = np.linalg, SCIPY_LINALG
Function = Callable[[Any], Any]

_RANDOM = np.random.default_rng(0)
SQUARE = np.diag([1.0, 3.0, 6.0]) + _RANDOM.normal(size=(3, 3)) / 2  # of real eigenvalues that lie apart
POSITIVE = SQUARE @ SQUARE.T
TALL = _RANDOM.normal(size=(4, 2))
STACK = np.stack([SQUARE, SQUARE.T + 1])
RIGHT = _RANDOM.normal(size=(3, 2))


def project(V: Any) -> Any:
    """Return v vᵀ for each column v, which has no sign."""
    return V[:, None, :] * V[None, :, :]


def factor_with_mpmath(A: Any) -> tuple[Any, Any]:
    """Return mpmath's Q and R, R with a positive diagonal, of a matrix that is not wide."""
    Q, R = REAL.qr(A, mode="skinny")
    signs = REAL.diag([REAL.sign(R[k, k]) for k in range(R.rows)])
    return Q * signs, signs * R


def symmetrise(A: Any, lower: bool = True) -> Any:
    return REAL.matrix(A.rows, A.cols) + REAL.matrix(
        [[A[max(i, j), min(i, j)] if lower else A[min(i, j), max(i, j)] for j in range(A.cols)] for i in range(A.rows)]
    )


def project_with_mpmath(V: Any) -> list[Any]:
    n = range(V.rows)
    return [V[i, k] * V[j, k] for i in n for j in n for k in range(V.cols)]


def find_singular_values(A: Any) -> list[Any]:
    return list(REAL.svd_r(A, compute_uv=False))


def solve_normal_equations(A: Any, B: Any) -> Any:
    return REAL.inverse(A.T * A) * A.T * B


def to_matrix(numbers: Any) -> Any:
    return REAL.matrix(numbers.tolist())


def take_root_of_positive(A: Any, f: Function) -> Any:
    values, V = REAL.eigsy(A)
    return V * REAL.diag([f(x) for x in values]) * V.T


B = RIGHT
CASES: dict[str, tuple[Function, Function, npt.NDArray[np.float64]]] = {  # on balls, with mpmath, and where
    "solve": (lambda A: L.solve(A, B), lambda A: REAL.inverse(A) * to_matrix(B), SQUARE),
    "solve for a vector": (lambda b: L.solve(SQUARE, b[:, 0]), lambda b: REAL.inverse(to_matrix(SQUARE)) * b[:, 0], B),
    "inv": (L.inv, REAL.inverse, SQUARE),
    "inv of 1 × 1": (L.inv, REAL.inverse, SQUARE[:1, :1]),
    "det": (L.det, REAL.det, SQUARE),
    "det of 2 × 2": (L.det, REAL.det, SQUARE[:2, :2]),
    "det of a singular matrix": (L.det, REAL.det, np.arange(9.0).reshape(3, 3)),
    "slogdet": (lambda A: L.slogdet(A)[1], lambda A: REAL.log(abs(REAL.det(A))), -SQUARE),
    "cholesky": (L.cholesky, lambda A: REAL.cholesky(symmetrise(A)), POSITIVE),
    "cholesky, upper": (
        lambda A: L.cholesky(A, upper=True), lambda A: REAL.cholesky(symmetrise(A, lower=False)).T, POSITIVE
    ),
    "qr": (
        lambda A: [m * s for m, s in zip(L.qr(A), _signs_of_r(A), strict=True)], factor_with_mpmath, TALL
    ),
    "eigvalsh": (L.eigvalsh, lambda A: REAL.eigsy(symmetrise(A), eigvals_only=True), POSITIVE),
    "eigvalsh of the upper triangle": (
        lambda A: L.eigvalsh(A, "U"), lambda A: REAL.eigsy(symmetrise(A, lower=False), eigvals_only=True), POSITIVE
    ),
    "eigh": (lambda A: project(L.eigh(A)[1]), lambda A: project_with_mpmath(REAL.eigsy(symmetrise(A))[1]), POSITIVE),
    "eigvals": (lambda A: np.sort(L.eigvals(A)), lambda A: sorted(map(REAL.re, REAL.eig(A)[0])), SQUARE),
    "svdvals": (lambda A: L.svd(A, compute_uv=False), find_singular_values, TALL),
    "svdvals of a wide matrix": (L.svdvals, lambda A: find_singular_values(A.T), TALL.T),
    "svd, left": (lambda A: project(L.svd(A, False)[0]), lambda A: project_with_mpmath(REAL.svd_r(A)[0]), TALL),
    "svd, right": (
        lambda A: project(L.svd(A)[2].T), lambda A: project_with_mpmath(REAL.svd_r(A)[2].T), TALL
    ),
    "pinv": (L.pinv, lambda A: solve_normal_equations(A, REAL.eye(4)), TALL),
    "lstsq": (
        lambda A: L.lstsq(A, np.ones(4))[0], lambda A: solve_normal_equations(A, REAL.ones(4, 1)), TALL
    ),
    "norm 2": (lambda A: L.norm(A, 2), lambda A: find_singular_values(A)[0], TALL),
    "norm nuc": (lambda A: L.norm(A, "nuc"), lambda A: sum(find_singular_values(A)), TALL),
    "cond": (L.cond, lambda A: find_singular_values(A)[0] / find_singular_values(A)[-1], TALL),
    "matrix_power": (lambda A: L.matrix_power(A, -3), lambda A: REAL.inverse(A) ** 3, SQUARE),
    "expm": (S["expm"], lambda A: REAL.expm(A, method="taylor"), SQUARE),
    "sqrtm": (S["sqrtm"], lambda A: take_root_of_positive(A, REAL.sqrt), POSITIVE),
    "logm": (S["logm"], lambda A: take_root_of_positive(A, REAL.log), POSITIVE),
    "solve_triangular": (
        lambda A: S["solve_triangular"](A, B, trans="T", lower=True),
        lambda A: REAL.inverse(REAL.matrix([[A[i, j] if i >= j else 0 for j in range(3)] for i in range(3)]).T)
        * to_matrix(B),
        SQUARE,
    ),
    "solve_sylvester": (
        lambda q: S["solve_sylvester"](SQUARE, SQUARE[:2, :2], q),
        lambda q: solve_sylvester_with_mpmath(SQUARE, SQUARE[:2, :2], q),
        B,
    ),
    "stack of inv": (L.inv, lambda A: [x for k in range(2) for x in REAL.inverse(A[3 * k : 3 * k + 3, :])], STACK),
}  # fmt: skip
SYMMETRIC_ALONE = {"sqrtm", "logm"}  # of mpmath's, as they are taken here


def _signs_of_r(A: Any) -> tuple[Any, Any]:
    signs = np.sign(np.diagonal(L.qr(get_floats(A))[1]))
    return signs, signs[:, None]


def solve_sylvester_with_mpmath(A: Any, D: Any, Q: Any) -> Any:
    n, m = len(A), len(D)
    K = REAL.matrix(n * m, n * m)
    for i, j in np.ndindex(n, m):
        for k in range(n):
            K[i * m + j, k * m + j] += REAL.mpf(A[i, k])
        for k in range(m):
            K[i * m + j, i * m + k] += REAL.mpf(D[k, j])
    return REAL.inverse(K) * REAL.matrix(list(Q))


def list_numbers(result: Any) -> list[Any]:
    """Return all numbers that were returned, in order: balls, or mpmath's."""
    if isinstance(result, list | tuple):
        return [x for part in result for x in list_numbers(part)]
    if isinstance(result, np.ndarray):
        return result.view(np.ndarray).reshape(-1).tolist()
    return list(result) if isinstance(result, REAL.matrix) else [result]


def call_mpmath(name: str, numbers: Any) -> list[Any]:
    rows = np.reshape(numbers, (-1, np.shape(CASES[name][2])[-1]))
    return list_numbers(CASES[name][1](REAL.matrix(rows.tolist())))


def weigh(n: int) -> list[float]:
    return [1.0 + (7 * k % 5) / 4 for k in range(n)]


def count_digits(number: arb, expected: Any) -> float:
    difference = abs(number - arb(REAL.nstr(expected, 58))) / arb(REAL.nstr(abs(expected) + 1, 58))
    return float(-(difference.abs_upper() + arb(10) ** -57).log() / arb.const_log10())


def differentiate(name: str, at: Any) -> Any:
    """Return the gradient of the weighted sum of all that a case returns: central differences of 120 digits."""
    with REAL.workdps(120):
        step = REAL.mpf(10) ** -45

        def total(index: Any, sign: int) -> Any:
            moved = np.vectorize(REAL.mpf, otypes=[object])(at)
            moved[index] += sign * step
            if name in SYMMETRIC_ALONE:  # the derivative along a symmetric direction
                moved[index[::-1]] += sign * step
            values = call_mpmath(name, moved)
            return sum(w * v for w, v in zip(weigh(len(values)), values, strict=True))

        return {index: (total(index, 1) - total(index, -1)) / (2 * step) for index in np.ndindex(*at.shape)}


@pytest.mark.parametrize("name", CASES)
def test_values_and_derivatives_are_those_of_mpmath_to_40_digits(name: str) -> None:
    function, _, at = CASES[name]
    with use_precision(60):
        balls = [Traced(arb(x), np.float64(x)) for x in at.reshape(-1)]
        values = list_numbers(function(make_ball_array(balls, at.shape)))
        expected = call_mpmath(name, at)
        assert min(count_digits(v.value, e) for v, e in zip(values, expected, strict=True)) > 40
        slope = sweep(sum(w * v for w, v in zip(weigh(len(values)), values, strict=True)), balls)
        slopes = np.array([slope(x) for x in balls], dtype=object).reshape(at.shape)
        for index, derivative in differentiate(name, at).items():
            found = slopes[index] + slopes[index[::-1]] if name in SYMMETRIC_ALONE else slopes[index]
            assert count_digits(found, derivative) > 40, (index, found, derivative)


@pytest.mark.parametrize("name", CASES)
def test_without_a_derivative_the_values_are_the_same(name: str) -> None:
    function, _, at = CASES[name]
    with use_precision(60):
        balls = [Ball(arb(x), np.float64(x)) for x in at.reshape(-1)]
        values = list_numbers(function(make_ball_array(balls, at.shape)))
        assert {type(v) for v in values} <= {Ball, Fixed}  # the zeros of a triangle are the latter
        pairs = zip(values, call_mpmath(name, at), strict=True)
        assert min(count_digits(v.value, e) for v, e in pairs) > 40


@pytest.mark.parametrize("name", CASES)
def test_balls_of_wide_matrices_hold_what_is_computed_of_those_within(name: str) -> None:
    function, _, at = CASES[name]
    random = np.random.default_rng(1)

    def differentiate_at(values: Any) -> list[arb]:
        """Return all values, and the derivatives of their sum."""
        balls = [Traced(value, np.float64(x)) for value, x in zip(values, at.reshape(-1), strict=True)]
        results = list_numbers(function(make_ball_array(balls, at.shape)))
        slope = sweep(sum(w * v for w, v in zip(weigh(len(results)), results, strict=True)), balls)
        return [v.value for v in results] + [slope(x) for x in balls]

    with use_precision(50):
        wide = differentiate_at([arb(x, 1e-7) for x in at.reshape(-1)])
        assert all(x.is_finite() for x in wide)
        assert max(x.rad() for x in wide) < 0.01
        for _ in range(3):
            inside = differentiate_at([arb(x) + 1e-7 * random.uniform(-1, 1) for x in at.reshape(-1)])
            assert all(x.overlaps(y) and not y.rad() > x.rad() for x, y in zip(wide, inside, strict=True))


FLOATS: dict[str, Callable[[Any], Any]] = {
    "solve": lambda A: L.solve(A, np.ones(3, A.dtype)),
    "inv": L.inv,
    "det": L.det,
    "slogdet": L.slogdet,
    "cholesky": lambda A: L.cholesky(A @ A.T),
    "qr": L.qr,
    "eigh": L.eigh,
    "svd": L.svd,
    "pinv": L.pinv,
    "cond": L.cond,
    "norm 2": lambda A: L.norm(A, 2),
    "matrix_power": lambda A: L.matrix_power(A, -2),
    "tensorinv": lambda A: L.tensorinv(A.reshape(3, 3, 1), 1),
    "eigvals": L.eigvals,
}


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", FLOATS)
def test_the_floats_are_those_that_numpy_computes(name: str, dtype: Any) -> None:
    at = SQUARE.astype(dtype)
    balls = make_ball_array([Ball(arb(float(x)), x) for x in at.reshape(-1)], at.shape)
    on_floats, on_balls = FLOATS[name](at), FLOATS[name](balls)
    floats = on_floats if isinstance(on_floats, tuple) else (on_floats,)
    for expected, found in zip(floats, on_balls if isinstance(on_floats, tuple) else (on_balls,), strict=True):
        numbers = [x.as_float for x in list_numbers(found)]
        assert numbers == np.asarray(expected).reshape(-1).tolist()
        assert {type(x) for x in numbers} == {np.asarray(expected).dtype.type}


def test_lu_and_its_derivative_are_those_of_what_they_are_the_factors_of() -> None:
    with use_precision(50):
        balls = [Traced(arb(x), np.float64(x)) for x in SQUARE.reshape(-1)]
        A = make_ball_array(balls, (3, 3))
        P, lower, upper = S["lu"](A)
        product = lower @ upper
        assert all((x.value - y.value).contains(0) for x, y in zip((P @ product).flat, A.flat, strict=True))
        moved = get_floats(P).T @ np.arange(9).reshape(3, 3)
        for n, entry in enumerate(product.reshape(-1).tolist()):
            slope = sweep(entry, balls)
            assert all((slope(x) - (k == moved.reshape(-1)[n])).contains(0) for k, x in enumerate(balls))
        factors, pivots = S["lu_factor"](A)
        x = S["lu_solve"]((factors, pivots), B, trans=1)
        assert all((a.value - b).contains(0) for a, b in zip((A.T @ x).flat, B.reshape(-1), strict=True))


GRADIENTS: dict[str, tuple[Function, Function, npt.NDArray[np.float64]]] = {  # f, its gradient by hand, and where
    "solve": (
        lambda A: B[:, 0] @ L.solve(A, B[:, 1]),
        lambda A: -np.outer(L.solve(A.T, B[:, 0]), L.solve(A, B[:, 1])),
        SQUARE,
    ),
    "inv of a stack": (
        lambda A: L.inv(A).sum(),
        lambda A: -L.inv(A).sum(1)[:, :, None] * L.inv(A).sum(2)[:, None, :],
        STACK,
    ),
    "logdet": (lambda A: L.slogdet(A).logabsdet, lambda A: L.inv(A).T, SQUARE),
    "logdet by Cholesky": (
        lambda A: 2 * np.log(np.diag(L.cholesky(A @ A.T))).sum(), lambda A: 2 * L.inv(A).T, SQUARE
    ),
    "largest eigenvalue": (
        lambda A: L.eigvalsh(A + A.T)[-1],
        lambda A: 2 * np.outer(L.eigh(A + A.T)[1][:, -1], L.eigh(A + A.T)[1][:, -1]),
        SQUARE,
    ),
    "nuclear norm": (
        lambda A: L.norm(A, "nuc"), lambda A: L.svd(A, full_matrices=False)[0] @ L.svd(A)[2], TALL
    ),
    "volume by qr": (
        lambda A: np.log(np.abs(np.diag(L.qr(A)[1]))).sum(), lambda A: L.pinv(A).T, TALL
    ),
    "least squares": (
        lambda b: L.lstsq(TALL, b[:, 0], rcond=None)[1].sum(),
        lambda b: 2 * (b - TALL @ L.lstsq(TALL, b, rcond=None)[0]),
        np.ones((4, 1)) + TALL[:, :1] ** 2,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", GRADIENTS)
def test_a_gradient_by_hand_is_proved_and_one_entry_that_is_off_refuted(name: str) -> None:
    f, gradient, at = GRADIENTS[name]
    report = judge_gradient(f, gradient, (at,))
    assert (report.verdict, report.formula.reference) == ("right", "by ball arithmetic"), report
    assert (report.formula.digits or 0) > 30

    def off(A: Any) -> Any:
        slopes = gradient(A) + 0.0
        slopes[(0,) * slopes.ndim] *= 1 + 1e-9
        return slopes

    report = judge_gradient(f, off, (at,))
    assert (report.verdict, report.formula.reference) == ("wrong", "by ball arithmetic"), report


def rotate(A: Any) -> Any:
    return L.eigh(A + A.T)[1]


def test_a_gradient_through_eigenvectors_that_ignores_their_sign_is_proved() -> None:
    """(v·b)², and dv = Σ v[j] (v[j] · dS v) / (λ − λ[j])."""
    b = B[:, 0]

    def gradient(A: Any) -> Any:
        values, V = L.eigh(A + A.T)
        v = V[:, -1]
        u = (V[:, :-1] / (values[-1] - values[:-1])) @ (V[:, :-1].T @ b)
        return 2 * (v @ b) * (np.outer(u, v) + np.outer(v, u))

    report = judge_gradient(lambda A: (rotate(A)[:, -1] @ b) ** 2, gradient, (SQUARE,))
    assert (report.verdict, report.formula.reference) == ("right", "by ball arithmetic"), report


EQUAL: dict[str, tuple[Function, str]] = {
    "eigvalsh": (lambda A: L.eigvalsh(A)[-1], "eigenvalues"),
    "eigh": (lambda A: L.eigh(A)[1][0, 0] ** 2, "eigenvalues"),
    "norm 2": (lambda A: L.norm(A, 2), "singular values"),
    "svd": (lambda A: L.svd(A)[0][0, 0] ** 2, "singular values"),
    "sqrtm": (lambda A: S["sqrtm"](A)[0, 0], "eigenvalues"),
}


@pytest.mark.parametrize("name", EQUAL)
def test_equal_eigenvalues_and_singular_values_are_undecided_and_named(name: str) -> None:
    f, what = EQUAL[name]
    if name == "sqrtm":
        with pytest.raises(UndecidedSpectrumError, match=what):
            f(make_ball_array([Traced(arb(x), np.float64(x)) for x in np.eye(2).reshape(-1)], (2, 2)))
        return
    report = judge_gradient(f, lambda A: A * 0 + np.diag([0.0, 0.0, 1.0]), (np.diag([1.0, 2.0, 2.0]),))
    assert report.verdict == "undecided"
    assert f"cannot tell the {what} of a matrix apart" in report.formula.reason


SINGULAR = np.array([[1.0, 2.0], [2.0, np.nextafter(4.0, 5.0)]])  # not quite, but for all that rounded floats say
RANK_ONE = np.array([[1.0, 2.0], [2.0, 4.0]])


@pytest.mark.parametrize(
    ("f", "at"),
    [
        (lambda A: L.inv(A @ np.ones((2, 2))).sum(), SINGULAR),
        (lambda A: L.solve(A @ np.ones((2, 2)), np.ones(2)).sum(), SINGULAR),
        (lambda A: L.pinv(A).sum(), RANK_ONE),
        (lambda A: L.lstsq(A, np.ones(2), rcond=None)[0].sum(), RANK_ONE),
        (lambda A: L.svd(A)[0][0, 0] ** 2 + L.svd(A)[0][0, 1] ** 2, RANK_ONE),
        (lambda A: (L.svd(A)[0][:, 1] ** 2).sum(), RANK_ONE[:, :1]),  # of a column that is any that is orthogonal
        (lambda A: (L.qr(A, "complete")[0][:, 1] ** 2).sum(), RANK_ONE[:, :1]),
    ],
)
def test_where_there_is_no_derivative_the_balls_say_nothing(f: Function, at: npt.NDArray[np.float64]) -> None:
    balls = [Traced(arb(x), np.float64(x)) for x in at.reshape(-1)]
    with use_precision(50):
        try:
            value = f(make_ball_array(balls, at.shape))
        except L.LinAlgError:  # as on floats
            return
        slope = sweep(value, balls)
        assert not value.value.is_finite()
        assert all(not slope(x).is_finite() for x in balls)


def test_a_matrix_that_may_be_singular_or_not_positive_has_no_finite_ball() -> None:
    def make_balls(radius: float) -> Any:
        return make_ball_array([Ball(arb(x, radius), np.float64(x)) for x in (1.0, 0.5, 0.5, 0.5)], (2, 2))

    for function in (L.inv, L.cholesky, lambda A: L.slogdet(A)[1], lambda A: L.solve(A, np.ones(2))):
        assert all(x.value.is_finite() for x in list_numbers(function(make_balls(1e-6))))
        assert not all(x.value.is_finite() for x in list_numbers(function(make_balls(0.5))))


def test_what_floats_raise_is_raised_on_balls() -> None:
    balls = make_ball_array([Ball(arb(x), np.float64(x)) for x in (1.0, 2.0, 2.0, 1.0)], (2, 2))
    with pytest.raises(L.LinAlgError):
        L.cholesky(balls)
    with pytest.raises(L.LinAlgError):
        L.inv(balls[:1])


def test_what_floats_lose_has_no_bound() -> None:
    kind = get_kind(np.float32)
    balls = make_ball_array([Rounded(arb(x), np.float32(x), kind) for x in SQUARE.reshape(-1)], (3, 3))
    inverse = L.inv(balls)
    assert all(type(x) is Rounded and x.value.is_nan() for x in list_numbers(inverse))
    assert get_floats(inverse).tolist() == L.inv(SQUARE.astype(np.float32)).tolist()


def test_nor_has_what_they_lose_in_the_absolute_values_of_what_may_have_either_sign() -> None:
    floats, kind = map(np.float64, (0.1, 0.2, -0.3, 0.5)), get_kind(np.float64)
    either = make_ball_array([Rounded(arb(0, 1), x, kind) for x in floats], (2, 2))
    with use_precision(50):
        assert not np.linalg.det(np.abs(either)).value.is_finite()


def test_a_ball_of_another_run_is_refused() -> None:
    with pytest.raises(StaleValueError):
        L.solve(make_ball_array([Traced(arb(2))], (1, 1)), make_ball_array([Ball(arb(2))], (1,)))


def test_entries_that_are_not_read_have_the_derivative_0() -> None:
    balls = [Traced(arb(x), np.float64(x)) for x in POSITIVE.reshape(-1)]
    A = make_ball_array(balls, (3, 3))
    for result in (L.cholesky(A), L.eigvalsh(A), S["solve"](A, np.ones(3), assume_a="pos", lower=True)):
        slope = sweep(np.sum(result), balls)
        assert [slope(balls[n]).is_zero() for n in range(9)] == [i < j for i in range(3) for j in range(3)]


J = jnp.linalg
OF_JAX: dict[str, tuple[Function, Any]] = {
    "inv of a stack": (J.inv, STACK),
    "cholesky": (J.cholesky, POSITIVE),
    "qr": (J.qr, TALL),
    "eigh": (lambda A: (J.eigh(A)[0], J.eigh(A)[1] ** 2), POSITIVE),
    "svd": (lambda A: [m**2 for m in J.svd(A, full_matrices=False)], TALL),
    "lu_solve": (lambda A: jax.scipy.linalg.lu_solve(jax.scipy.linalg.lu_factor(A), B), SQUARE),
    "triangular_solve": (
        lambda A: lax.linalg.triangular_solve(A, B.T, left_side=False, lower=True, transpose_a=True), SQUARE
    ),
}  # fmt: skip


def add_up(function: Function) -> Function:
    """Return a weighted sum of all that the function returns."""

    def f(A: Any) -> Any:
        leaves = map(jnp.ravel, jax.tree.leaves(function(A)))
        return sum(jnp.dot(x, jnp.cos(jnp.arange(x.size)) + 0.25) for x in leaves)

    return f


def test_every_primitive_of_linear_algebra_is_met() -> None:
    with jax.enable_x64(True):
        met = " ".join(str(jax.make_jaxpr(function)(at)) for function, at in OF_JAX.values())
    assert all(name in met for name in [*LINEAR_ALGEBRA, "custom_linear_solve"])


@pytest.mark.parametrize("name", OF_JAX)
def test_what_jax_differentiates_is_proved(name: str) -> None:
    function, at = OF_JAX[name]
    f = add_up(function)
    with jax.enable_x64(True):
        report = judge_gradient(f, jax.jit(jax.grad(f)), (at,))
    assert (report.verdict, report.formula.reference) == ("right", "by ball arithmetic"), report


def test_a_gradient_of_jax_that_is_off_is_refuted() -> None:
    f = add_up(lambda A: J.svd(A, compute_uv=False))
    with jax.enable_x64(True):
        report = judge_gradient(f, lambda A: jax.grad(f)(A) * (1 + 1e-9), (TALL.T,))
    assert (report.verdict, report.formula.reference) == ("wrong", "by ball arithmetic"), report
