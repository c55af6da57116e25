"""Fourier transforms on balls: beside sums over mpmath's roots of unity, NumPy's and SciPy's floats, and in JAX."""

import itertools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.fft  # type: ignore[import-untyped]
import scipy.signal  # type: ignore[import-untyped]
from flint import arb

from bptt.balls import (
    Comparisons,
    change_context,
    make_arrays_of_balls,
    make_ball_array,
    make_traced_constant,
    sweep,
    use_precision,
)
from bptt.balls._array import get_floats
from bptt.balls.complex_numbers._ball import ComplexBall
from bptt.balls.scipy._fourier import SCIPY_FFT, make_analytic
from bptt.verify import judge_gradient
from tests.balls.test_complex import REAL, digits_in_common, get_midpoints, split, trace_array

pytestmark = pytest.mark.usefixtures("quick_compilation")

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(4, 6))
Z = X + 1j * RANDOM.normal(size=(4, 6))
W = RANDOM.normal(size=6)


def make_root(n: int, k: int) -> Any:
    """Return exp(2πi k / n)."""
    return REAL.expjpi(REAL.mpf(2 * k) / n)


def transform(row: list[Any], sign: int) -> list[Any]:
    n = len(row)
    return [sum(x * make_root(n, sign * j * k) for j, x in enumerate(row)) for k in range(n)]


def restore(row: list[Any], n: int) -> list[Any]:
    """Return the real numbers of whose transform the row is a half."""
    row = (row + [REAL.mpc(0)] * n)[: n // 2 + 1]
    weights = [1 if k in (0, n / 2) else 2 for k in range(len(row))]
    return [
        REAL.re(sum(w * x * make_root(n, j * k) for k, (w, x) in enumerate(zip(weights, row, strict=True)))) / n
        for j in range(n)
    ]


BY_SUMS: dict[str, Callable[[list[Any]], list[Any]]] = {
    "fft": lambda x: transform(x, -1),
    "ifft": lambda x: [y / len(x) for y in transform(x, 1)],
    "rfft": lambda x: transform(x, -1)[: len(x) // 2 + 1],
    "irfft": lambda x: restore(x, 2 * len(x) - 2),
    "hfft": lambda x: [y * (2 * len(x) - 2) for y in restore([REAL.conj(z) for z in x], 2 * len(x) - 2)],
    "ihfft": lambda x: [REAL.conj(y) / len(x) for y in transform(x, -1)[: len(x) // 2 + 1]],
}


@pytest.mark.parametrize("name", BY_SUMS)
def test_a_transform_and_its_derivatives_are_sums_over_roots_of_unity_to_45_digits(name: str) -> None:
    random = np.random.default_rng(1)
    with use_precision(60):
        for n in (2, 3, 4, 5, 6, 7, 8, 9, 12, 15, 16):
            x = random.normal(size=n) + (0 if name in ("rfft", "ihfft") else 1j * random.normal(size=n))
            balls = trace_array(x)
            result = getattr(np.fft, name)(balls)
            exact = BY_SUMS[name]([REAL.mpmathify(number) for number in x.tolist()])
            assert len(result) == len(exact)
            for ball, expected in zip(result.tolist(), exact, strict=True):
                for part, of_expected in zip(split(ball), split(expected), strict=False):
                    assert digits_in_common(part.value, of_expected) > 45
            entry = n - 1
            inputs = [part for ball in balls.view(np.ndarray).tolist() for part in split(ball)]
            for by, direction in zip(split(balls.view(np.ndarray)[entry]), (1, 1j), strict=False):
                unit = [REAL.mpc(direction) if k == entry else REAL.mpc(0) for k in range(n)]
                for ball, slope in zip(result.tolist(), BY_SUMS[name](unit), strict=True):
                    for part, expected in zip(split(ball), split(slope), strict=False):
                        assert digits_in_common(sweep(part, inputs)(by), expected) > 45


def list_calls() -> list[tuple[str, Any, dict[str, Any]]]:
    """List calls of NumPy's functions: their names, arrays and options."""
    norms = (None, "ortho", "forward")
    of_one = itertools.product((None, 1, 3, 4, 7), (0, -1), norms)
    one = [{"n": n, "axis": axis, "norm": norm} for n, axis, norm in of_one]
    several: list[dict[str, Any]] = [{"s": (3, 5), "axes": (0, 1), "norm": norm} for norm in norms]
    several += [{}, {"s": (8, 4), "axes": (-1, -2)}, {"axes": (1,)}, {"axes": (1, 0)}]
    return [
        *((name, Z, options) for name in ("fft", "ifft", "irfft", "hfft") for options in one),
        *((name, X, options) for name in ("fft", "rfft", "ihfft") for options in one),
        *((name, Z, options) for name in ("fft2", "ifft2", "irfft2", "fftn", "ifftn", "irfftn") for options in several),
        *((name, X, options) for name in ("rfft2", "rfftn") for options in several),
        ("fftshift", Z, {}),
        ("ifftshift", Z, {"axes": 0}),
        ("fft", X.astype(np.float32), {}),
        ("irfft", Z.astype(np.complex64), {}),
    ]


def compare(function: Callable[..., Any], on_floats: Callable[..., Any], arrays: list[Any], options: Any) -> None:
    """Compare what a function returns for balls with what that of floats returns."""
    try:
        expected = on_floats(*arrays, **options)
    except ValueError:  # 1 number of which the half has none
        return
    with use_precision(40), make_arrays_of_balls(make_traced_constant):
        balls = function(*map(trace_array, arrays), **options)
        midpoints, floats = get_midpoints(balls), get_floats(balls)
    tolerance = 1e-5 if expected.real.dtype == np.float32 else 1e-12
    assert floats.dtype == expected.dtype
    np.testing.assert_allclose(midpoints, expected, rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(floats, expected, rtol=tolerance, atol=tolerance)


def test_those_of_numpy_take_what_numpys_take() -> None:
    for name, array, options in list_calls():
        compare(getattr(np.fft, name), getattr(np.fft, name), [array], options)


@pytest.mark.parametrize("name", SCIPY_FFT)
def test_those_of_scipy_take_what_scipys_take(name: str) -> None:
    original = getattr(scipy.fft, name)
    array = X if name in ("rfft", "ihfft", "rfft2", "rfftn") else Z
    np.testing.assert_array_equal(SCIPY_FFT[name](array), original(array))
    compare(SCIPY_FFT[name], original, [array], {})
    for norm in ("ortho", "forward"):
        compare(SCIPY_FFT[name], original, [array], {"norm": norm})
    if name.strip("in") in ("dct", "dst"):
        for kind, orthogonalize in itertools.product((1, 2, 3, 4), (None, True, False)):
            compare(SCIPY_FFT[name], original, [array], {"type": kind, "orthogonalize": orthogonalize})


def test_an_analytic_signal_is_that_of_scipy() -> None:
    compare(make_analytic, scipy.signal.hilbert, [X], {})
    compare(make_analytic, scipy.signal.hilbert, [X[0]], {"N": 5})


# The judge


def convolve(x: Any) -> Any:
    return (np.fft.irfft(np.fft.rfft(x) * np.fft.rfft(W)) ** 2).sum() / 2


def differentiate_convolution(x: Any) -> Any:
    y = np.fft.irfft(np.fft.rfft(x) * np.fft.rfft(W))
    return np.fft.irfft(np.fft.rfft(y) * np.conj(np.fft.rfft(W)))


def retrieve(x: Any) -> Any:
    return ((np.abs(np.fft.fft(x)) - np.abs(W)) ** 2).sum()


def differentiate_retrieval(x: Any) -> Any:
    spectrum = np.fft.fft(x)
    residual = spectrum * (1 - np.abs(W) / np.abs(spectrum))
    return 2 * x.size * np.fft.ifft(residual).real


def compute_power(x: Any) -> Any:
    return np.log1p(np.abs(np.fft.rfft(x - x.mean())) ** 2).sum()  # of which the first is 0


def differentiate_power(x: Any) -> Any:
    spectrum = np.fft.rfft(x - x.mean())
    adjoint = np.zeros(x.size, dtype=complex)
    adjoint[: spectrum.size] = 2 * spectrum / (1 + np.abs(spectrum) ** 2)
    g = (x.size * np.fft.ifft(adjoint)).real
    return g - g.mean()


USES = {
    "convolution": (convolve, differentiate_convolution),
    "phase retrieval": (retrieve, differentiate_retrieval),
    "power of what is centred": (compute_power, differentiate_power),
}


@pytest.mark.parametrize("name", USES)
def test_a_right_gradient_is_proved_and_one_that_is_off_refuted(name: str) -> None:
    f, gradient = USES[name]
    report = judge_gradient(f, gradient, (X[0],))
    assert (report.verdict, report.formula.reference) == ("right", "by ball arithmetic"), report
    report = judge_gradient(f, lambda x: gradient(x) * (1 + 1e-9 * (np.arange(6) == 2)), (X[0],))
    assert (report.verdict, report.formula.reference) == ("wrong", "by ball arithmetic"), report


def test_the_rounding_of_a_transform_has_no_bound() -> None:
    report = judge_gradient(convolve, differentiate_convolution, (X[0],))
    assert (report.verdict, report.arithmetic.verdict) == ("right", "undecided")


def test_256_numbers_are_transformed_and_swept_within_the_limit_on_operations() -> None:
    x = np.random.default_rng(3).normal(size=256)
    report = judge_gradient(
        lambda x: (np.abs(np.fft.fft(x)) ** 4).sum() / 256,
        lambda x: 4 * np.fft.ifft(np.abs(np.fft.fft(x)) ** 2 * np.fft.fft(x)).real,
        (x,),
    )
    assert (report.verdict, report.formula.reference) == ("right", "by ball arithmetic"), report


def test_windows_may_be_made_in_a_run() -> None:
    report = judge_gradient(
        lambda x: (np.abs(np.fft.rfft(x * np.hanning(6))) ** 2).sum(),
        lambda x: np.hanning(6) * 2 * _pull_power(x * np.hanning(6)),
        (X[0],),
    )
    assert (report.verdict, report.formula.reference) == ("right", "by ball arithmetic"), report


def _pull_power(x: Any) -> Any:
    adjoint = np.zeros(6, dtype=complex)
    adjoint[:4] = np.fft.rfft(x)
    return (6 * np.fft.ifft(adjoint)).real


OF_JAX: dict[str, Callable[[Any], Any]] = {
    "transforms": lambda x: (
        (jnp.abs(jnp.fft.fft(x)) ** 2 * np.arange(6)).sum()
        + (jnp.fft.irfft(jnp.fft.rfft(x) * jnp.exp(-1j * np.arange(4))) ** 3).sum()
    ),
    "of two axes": lambda x: (jnp.abs(jnp.fft.ifft2(jnp.outer(x[:2], x[:3]))) ** 2)[1].sum(),
    "parts and products": lambda x: jnp.real(jnp.conj(x + 1j) @ jnp.outer(x, x * 1j + 2) @ jax.lax.complex(x, x**2)),
    "functions": lambda x: (
        jnp.real(jnp.sqrt(x + 1j) + jnp.tanh(1j * x) + (x + 1j) ** 3 + 1 / (x + 2j)).sum()
        + jnp.angle(jnp.exp(1j * x) + 2).sum()
    ),
    "moved": lambda x: jnp.abs(jnp.pad(jnp.where(x > 0, x * 1j, x + 1), 2)[1:6].at[0].add(x[0]).sum()) ** 2,
    "scanned": lambda x: jnp.abs(jax.lax.scan(lambda z, y: (z * jnp.exp(1j * y) + y, None), 0j, x)[0]) ** 2,
}


@pytest.mark.parametrize("name", OF_JAX)
def test_complex_numbers_of_jax_are_judged_on_balls(name: str) -> None:
    f = OF_JAX[name]
    with jax.enable_x64(True):
        gradient = jax.jit(jax.grad(f))
        report = judge_gradient(f, gradient, (X[0],))
        assert (report.verdict, report.formula.reference) == ("right", "by ball arithmetic"), report


def test_a_wrong_gradient_of_jax_is_refuted_on_balls() -> None:
    f, scale = OF_JAX["scanned"], 1 + 1e-9 * (np.arange(6) == 2)
    with jax.enable_x64(True):
        report = judge_gradient(f, jax.jit(lambda x: jax.grad(f)(x) * scale), (X[0],))
        assert (report.verdict, report.formula.reference) == ("wrong", "by ball arithmetic"), report


def test_roots_that_are_constants_leave_real_numbers_real() -> None:
    with use_precision(50), change_context(comparisons=Comparisons()):
        balls = np.fft.fft(trace_array(W)).view(np.ndarray)
        assert isinstance(balls[0], ComplexBall)
        assert balls[0].imag.value == 0
        assert np.angle(make_ball_array([balls[0]], (1,))).view(np.ndarray)[0].value in (arb(0), arb.pi())
