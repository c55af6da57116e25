"""Complex numbers on balls: values and derivatives to 45 digits beside mpmath's, cuts, bounds, and arrays of them."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from flint import arb
from mpmath.ctx_mp import MPContext  # type: ignore[import-not-found, import-untyped, unused-ignore]

from bptt.balls import (
    BINARY,
    UNARY,
    Ball,
    BallArray,
    Comparisons,
    Traced,
    change_context,
    make_arrays_of_balls,
    make_ball_array,
    make_rounded_constant,
    make_traced_constant,
    sweep,
    use_precision,
)
from bptt.balls._array import get_floats, strip_class
from bptt.balls.complex_numbers._ball import ComplexBall
from bptt.balls.complex_numbers._holomorphic import HOLOMORPHIC
from bptt.verify import judge_gradient

REAL = MPContext()
REAL.dps = 60
MOST_BALLS = 400

OF_MPMATH: dict[str, Callable[[Any], Any]] = {
    "exp": REAL.exp,
    "exp2": lambda z: REAL.mpf(2) ** z,
    "expm1": REAL.expm1,
    "log": REAL.log,
    "log1p": lambda z: REAL.log(1 + z),
    "log2": lambda z: REAL.log(z) / REAL.log(2),
    "log10": lambda z: REAL.log(z) / REAL.log(10),
    "sqrt": REAL.sqrt,
    "rsqrt": lambda z: 1 / REAL.sqrt(z),
    "sin": REAL.sin,
    "cos": REAL.cos,
    "tan": REAL.tan,
    "sinh": REAL.sinh,
    "cosh": REAL.cosh,
    "tanh": REAL.tanh,
    "arcsin": REAL.asin,
    "arccos": REAL.acos,
    "arctan": REAL.atan,
    "arcsinh": REAL.asinh,
    "arccosh": REAL.acosh,
    "arctanh": REAL.atanh,
    "logistic": lambda z: 1 / (1 + REAL.exp(-z)),
}
OPERATIONS: dict[str, tuple[Callable[[Any, Any], Any], Callable[[Any, Any], Any]]] = {  # on balls, and mpmath's
    "z + w": (lambda z, w: z + w, lambda z, w: z + w),
    "z - w": (lambda z, w: z - w, lambda z, w: z - w),
    "z w": (lambda z, w: z * w, lambda z, w: z * w),
    "z / w": (lambda z, w: z / w, lambda z, w: z / w),
    "1j / z": (lambda z, w: 1j / z, lambda z, w: 1j / z),
    "z / w.real": (lambda z, w: z / w.real, lambda z, w: z / w.real),
    "w.imag - 2j z": (lambda z, w: w.imag - 2j * z, lambda z, w: w.imag - 2j * z),
    "z²": (lambda z, w: z**2, lambda z, w: z * z),
    "z³ + z⁻²": (lambda z, w: z**3 + z ** (-2), lambda z, w: z**3 + z**-2),
    "z^w": (lambda z, w: z**w, lambda z, w: z**w),
    "2^z": (lambda z, w: 2.0**z, lambda z, w: REAL.mpf(2) ** z),
    "z^0.5": (lambda z, w: z**0.5, lambda z, w: REAL.sqrt(z)),
    "|z|": (lambda z, w: abs(z), lambda z, w: abs(z)),
    "angle": (lambda z, w: z.angle(), lambda z, w: REAL.arg(z)),
    "conjugate": (lambda z, w: z.conjugate() * w, lambda z, w: REAL.conj(z) * w),
    "sign": (lambda z, w: z.sign(), lambda z, w: z / abs(z)),
}


def make_mpf(ball: arb) -> Any:
    return REAL.mpf(ball.mid().str(60, radius=False))


def digits_in_common(number: arb, expected: Any) -> float:
    difference = abs(number - arb(REAL.nstr(expected, 58))) / arb(REAL.nstr(abs(expected) + 1, 58))
    return float(-(difference.abs_upper() + arb(10) ** -57).log() / arb.const_log10())


def draw_complex(random: np.random.Generator, n: int) -> list[complex]:
    return [complex(*random.uniform(-3, 3, 2)) for _ in range(n)]


def trace(number: float, dtype: Any = np.float64) -> Traced:
    return Traced(arb(number), dtype(number))


def trace_complex(number: complex, dtype: Any = np.float64) -> ComplexBall:
    return ComplexBall(trace(number.real, dtype), trace(number.imag, dtype))


def trace_array(numbers: Any) -> Any:
    numbers = np.asarray(numbers)
    make = trace_complex if numbers.dtype.kind == "c" else trace
    dtype = numbers.real.dtype.type
    return make_ball_array([make(x, dtype) for x in numbers.reshape(-1).tolist()], numbers.shape)


def get_midpoints(balls: Any) -> npt.NDArray[Any]:
    """Return the numbers that the balls are about."""
    elements = strip_class(balls)

    def get(ball: Any) -> Any:
        if isinstance(ball, ComplexBall):
            return complex(float(ball.real.value.mid()), float(ball.imag.value.mid()))
        return float(ball.value.mid())

    return np.array([get(ball) for ball in elements.reshape(-1).tolist()]).reshape(elements.shape)


def split(number: Any) -> list[Any]:
    return [number.real, number.imag] if isinstance(number, ComplexBall | complex | REAL.mpc) else [number]


def test_every_holomorphic_function_has_one_of_mpmath_beside_it() -> None:
    assert {UNARY[name] for name in OF_MPMATH} == set(HOLOMORPHIC)


@pytest.mark.parametrize("name", OF_MPMATH)
def test_a_function_and_its_derivative_are_those_of_mpmath_to_45_digits(name: str) -> None:
    with use_precision(60):
        for number in draw_complex(np.random.default_rng(0), 100):
            z = trace_complex(number)
            result = getattr(z, name)()
            point = REAL.mpc(number)
            value = OF_MPMATH[name](point)
            slope = differentiate(OF_MPMATH[name], point, 1)
            assert digits_in_common(result.real.value, value.real) > 45
            assert digits_in_common(result.imag.value, value.imag) > 45
            by_real, by_imag = (sweep(part, [z.real, z.imag]) for part in (result.real, result.imag))
            assert digits_in_common(by_real(z.real), slope.real) > 45
            assert digits_in_common(by_real(z.imag), -slope.imag) > 45
            assert digits_in_common(by_imag(z.real), slope.imag) > 45
            assert digits_in_common(by_imag(z.imag), slope.real) > 45


def differentiate(f: Callable[[Any], Any], z: Any, direction: complex) -> Any:
    """Return the derivative of f along a direction: a central difference of 150 digits."""
    with REAL.workdps(150):
        step = REAL.mpf(10) ** -50 * direction
        return (f(z + step) - f(z - step)) / (2 * REAL.mpf(10) ** -50)


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_and_its_derivatives_are_those_of_mpmath_to_45_digits(name: str) -> None:
    on_balls, of_mpmath = OPERATIONS[name]
    random = np.random.default_rng(1)
    with use_precision(60):
        for a, b in zip(draw_complex(random, 100), draw_complex(random, 100), strict=True):
            z, w = trace_complex(a), trace_complex(b)
            inputs = [z.real, z.imag, w.real, w.imag]
            result = split(on_balls(z, w))
            x, y = REAL.mpc(a), REAL.mpc(b)
            assert all(
                digits_in_common(part.value, expected) > 45
                for part, expected in zip(result, split(of_mpmath(x, y)), strict=True)
            )
            slopes = [sweep(part, inputs) for part in result]
            for n, by in enumerate(inputs):
                change = differentiate_at(of_mpmath, x, y, n)
                for slope, expected in zip(slopes, split(change), strict=True):
                    assert digits_in_common(slope(by), expected) > 45


def differentiate_at(f: Callable[[Any, Any], Any], x: Any, y: Any, n: int) -> Any:
    """Return the derivative by one of the four parts."""
    direction = 1j if n % 2 else 1
    if n < 2:
        return differentiate(lambda z: f(z, y), x, direction)
    return differentiate(lambda w: f(x, w), y, direction)


# The judge

POINT = np.array([0.3, -0.7, 1.1, 0.4])
H = np.array([[1.0, 0.5 - 0.25j], [0.5 + 0.25j, -2.0]])
T = np.linspace(0.0, 2.0, 5)


def join(p: Any) -> Any:
    return p[:2] + 1j * p[2:]


def expectation(p: Any) -> Any:
    psi = join(p)
    return (psi.conj() @ H @ psi).real


def differentiate_expectation(p: Any) -> Any:
    slope = 2 * (H @ join(p))
    return np.concatenate([slope.real, slope.imag])


def characteristic(p: Any) -> Any:
    return (np.abs(np.mean(np.exp(1j * T[:, None] * p), axis=1)) ** 2).sum()


def differentiate_characteristic(p: Any) -> Any:
    waves = np.exp(1j * T[:, None] * p)
    return (2 * (np.mean(waves, axis=1).conj()[:, None] * waves * 1j * T[:, None]).real / p.size).sum(axis=0)


def impedance(p: Any) -> Any:
    return np.abs(p[0] + 1j * T * p[1]).sum()


def differentiate_impedance(p: Any) -> Any:
    z = p[0] + 1j * T * p[1]
    return np.array([(z.real / np.abs(z)).sum(), (z.imag * T / np.abs(z)).sum(), 0.0, 0.0])


def fill(p: Any) -> Any:
    z = np.zeros(4, dtype=complex)
    for k in range(4):
        z[k] = p[k] * 1j**k
    return np.abs(z.sum()) ** 2


def differentiate_filled(p: Any) -> Any:
    total = (p * 1j ** np.arange(4)).sum()
    return 2 * (np.conj(total) * 1j ** np.arange(4)).real


USES = {
    "expectation of an observable": (expectation, differentiate_expectation),
    "characteristic function": (characteristic, differentiate_characteristic),
    "impedance": (impedance, differentiate_impedance),
    "buffer": (fill, differentiate_filled),
    "power spectrum": (
        lambda p: (np.abs(np.fft.fft(p)) ** 2 * np.arange(4)).sum(),
        lambda p: 8 * np.fft.ifft(np.arange(4) * np.fft.fft(p)).real,
    ),
    "holomorphic": (
        lambda p: np.tanh(join(p)).real.sum(),
        lambda p: np.concatenate([(1 / np.cosh(join(p)) ** 2).real, -(1 / np.cosh(join(p)) ** 2).imag]),
    ),
}


@pytest.mark.parametrize("name", USES)
def test_a_right_gradient_is_proved_and_one_that_is_off_refuted(name: str) -> None:
    f, gradient = USES[name]
    report = judge_gradient(f, gradient, (POINT,))
    assert (report.verdict, report.formula.reference) == ("right", "by ball arithmetic"), report

    def spoil(p: Any) -> Any:
        return gradient(p) * (1 + 1e-9 * (np.arange(4) == 1)) if name != "impedance" else gradient(p) * (1 + 1e-9)

    report = judge_gradient(f, spoil, (POINT,))
    assert (report.verdict, report.formula.reference) == ("wrong", "by ball arithmetic"), report


def test_the_floats_of_sums_products_quotients_and_moduli_are_bounded() -> None:
    report = judge_gradient(
        lambda p: np.abs(p[0] / join(p)[0] + 1j) ** 2 / 2,
        lambda p: _differentiate_quotient(p[0], p[2]),
        (POINT,),
    )
    assert (report.verdict, report.arithmetic.verdict) == ("right", "right"), report


def _differentiate_quotient(a: Any, b: Any) -> Any:
    z = a + 1j * b
    outer = np.conj(a / z + 1j)
    return np.array([(outer * (1 / z - a / z**2)).real, 0.0, (outer * (-1j * a / z**2)).real, 0.0])


CUTS: dict[str, tuple[Callable[[Any], Any], list[float], list[float]]] = {  # f, the point, a gradient on one side
    "angle": (lambda p: np.angle(p[0] + 1j * p[1]), [-1.0, 0.0], [0.0, -1.0]),
    "angle at 0": (lambda p: np.angle(p[0] + 1j * p[1]), [0.0, 0.0], [0.0, 0.0]),
    "modulus at 0": (lambda p: np.abs(p[0] + 1j * p[1]), [0.0, 0.0], [0.0, 0.0]),
    "modulus of a real 0": (lambda p: np.abs(p[0] + 0j) + p[1], [0.0, 1.0], [0.0, 1.0]),
    "log": (lambda p: np.log(p[0] + 1j * p[1]).imag, [-1.0, 0.0], [0.0, -1.0]),
    "sqrt": (lambda p: np.sqrt(p[0] + 1j * p[1]).imag, [-1.0, 0.0], [-0.5, 0.0]),
    "arcsin": (lambda p: np.arcsin(p[0] + 1j * p[1]).imag, [2.0, 0.0], [0.5773502691896258, 0.0]),
    "arctan": (lambda p: np.arctan(p[0] + 1j * p[1]).real, [0.0, 2.0], [-1 / 3, 0.0]),
    "angle of a real 0": (lambda p: np.angle(p.astype(complex))[0] + p[1], [0.0, 1.0], [0.0, 1.0]),
    "sign of 0": (lambda p: np.sign(p[0] + 1j * p[1]).real, [0.0, 0.0], [0.0, 0.0]),
}


@pytest.mark.parametrize("name", CUTS)
def test_on_a_cut_and_at_0_nothing_is_decided(name: str) -> None:
    f, point, gradient = CUTS[name]
    with np.errstate(all="ignore"):
        assert judge_gradient(f, lambda p: np.array(gradient) + 0 * p, (np.array(point),)).verdict == "undecided"


def test_the_square_of_a_modulus_is_smooth_at_0() -> None:
    at = (np.zeros(2),)
    assert judge_gradient(lambda p: np.abs(p[0] + 1j * p[1]) ** 2, lambda p: 2 * p, at).verdict == "right"
    assert judge_gradient(lambda p: np.abs(p[0] + 1j * p[1]) ** 2 + p[0], lambda p: 2 * p, at).verdict == "wrong"


def test_beside_the_cut_and_along_it_roots_have_their_derivative() -> None:
    def f(p: Any) -> Any:
        return np.sqrt(p.astype(complex)).imag.sum()

    report = judge_gradient(f, lambda p: -0.5 / np.sqrt(-p), (np.array([-1.0, -2.0]),))
    assert report.verdict == "right", report


@pytest.mark.parametrize(
    ("f", "gradient", "message"),
    [
        (lambda p: join(p).sum(), lambda p: p, "f must return a real number; got complex"),
        (lambda p: expectation(p), lambda p: p + 1j, "must be an array of real numbers; got complex"),
    ],
)
def test_what_is_complex_in_the_end_is_refused(f: Any, gradient: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        judge_gradient(f, gradient, (POINT,))


# Scalars

Z = complex(0.75, -1.5)


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (lambda x: x * 1j, np.complex128),
        (lambda x: 1j * x, np.complex128),
        (lambda x: np.complex64(1j) * x, np.complex128),
        (lambda x: x.cast(np.float32) * 1j, np.complex64),
        (lambda x: x.cast(np.float32) + np.complex64(2j), np.complex64),
        (lambda x: x.cast(float) - 1j, complex),
        (lambda x: abs(x.cast(float) - 1j), float),
        (lambda x: (x.cast(np.float32) * 1j).real, np.float32),
        (lambda x: (x * 1j).conjugate(), np.complex128),
    ],
)
def test_a_complex_ball_has_the_type_of_the_float(made: Callable[[Any], Any], expected: type) -> None:
    with use_precision(50):
        assert type(made(trace(0.5)).as_float) is expected


def test_a_complex_ball_becomes_no_number_and_has_no_order() -> None:
    with use_precision(50):
        z = trace_complex(Z)
        for convert in (complex, float, abs(z).__float__):
            with pytest.raises(TypeError, match="without losing its error bound"):
                convert(z) if convert in (complex, float) else convert()
        with pytest.raises(TypeError, match="have no order"):
            _ = z < z * 2
        with pytest.raises(TypeError, match="cbrt of a complex number"):
            z.apply_unary(UNARY["cbrt"])
        with pytest.raises(TypeError, match="hypot of complex numbers"):
            z.apply_binary(BINARY["hypot"], 1.0)


def test_equality_is_that_of_both_parts() -> None:
    with use_precision(50), change_context(comparisons=Comparisons()):
        z = trace_complex(Z)
        assert z == Z
        assert z == np.complex128(Z)
        assert z != Z.conjugate()
        assert z != trace(0.75)
        assert trace(0.75) != z
        assert trace(0.75) + 0j == 0.75
        assert hash(z) == hash(Z)
        assert bool(z)


def test_a_cast_to_reals_takes_the_real_part_and_warns() -> None:
    with use_precision(50), pytest.warns(np.exceptions.ComplexWarning):
        assert get_floats(trace_array([Z]).astype(float)) == [Z.real]


# Arrays

A = np.array([[1 + 2j, -0.5j, 0.25 + 0j], [3 - 1j, 2.5 + 0.5j, -1 - 1j], [0.5 + 1j, 1j, 2 + 0j]])
V = A[0]

FUNCTIONS: dict[str, Callable[[Any, Any], Any]] = {
    "real": lambda A, v: np.real(A),
    "imag": lambda A, v: np.imag(A.T),
    "conj": lambda A, v: np.conj(A) @ A.conj(),
    "Hermitian": lambda A, v: A.T.conj() @ A,
    "angle": lambda A, v: np.angle(A),
    "angle in degrees": lambda A, v: np.angle(A, deg=True),
    "abs": lambda A, v: np.abs(A),
    "sums": lambda A, v: np.sum(A, axis=0) + A.sum(1) + np.cumsum(v),
    "mean": lambda A, v: np.mean(A, axis=0, keepdims=True),
    "average": lambda A, v: np.average(v, weights=[1.0, 2.0, 3.0]),
    "var": lambda A, v: np.var(A, axis=1, ddof=1),
    "std": lambda A, v: np.std(A),
    "prod": lambda A, v: np.prod(A, axis=1) + v.prod(),
    "cumprod": lambda A, v: np.cumprod(v),
    "dot": lambda A, v: np.dot(A, v),
    "matmul": lambda A, v: v @ A @ v,
    "vdot": lambda A, v: np.vdot(v, A[1]),
    "vecdot": lambda A, v: np.vecdot(A, v),
    "inner": lambda A, v: np.inner(A, v),
    "outer": lambda A, v: np.outer(v, v.conj()),
    "einsum": lambda A, v: np.einsum("ij,kj->ik", A, A.conj()),
    "tensordot": lambda A, v: np.tensordot(A, A, 1),
    "kron": lambda A, v: np.kron(v, v),
    "trace": lambda A, v: np.trace(A),
    "diagonal": lambda A, v: np.diag(A) + np.diagonal(A.T),
    "triangle": lambda A, v: np.tril(A) + np.triu(A, 1),
    "concatenate": lambda A, v: np.concatenate([v, A[1].real, v]),
    "stack": lambda A, v: np.stack([v, A[2]], axis=1),
    "hstack": lambda A, v: np.hstack([v, v.imag]),
    "block": lambda A, v: np.block([[A, A], [A, A.conj()]]),
    "where": lambda A, v: np.where(A.real > 0, A, A.real),
    "roll": lambda A, v: np.roll(v, 1) + np.flip(v),
    "take": lambda A, v: np.take(v, [2, 0]) + v[[0, 1]],
    "pad": lambda A, v: np.pad(v, 2),
    "gradient": lambda A, v: np.gradient(v),
    "diff": lambda A, v: np.diff(A, axis=0),
    "convolve": lambda A, v: np.convolve(v, A[1]),
    "correlate": lambda A, v: np.correlate(v, A[1, :2], "full"),
    "polyval": lambda A, v: np.polyval(v, A),
    "vander": lambda A, v: np.vander(v, 3),
    "repeat": lambda A, v: np.repeat(v, 2) + np.tile(v, 2),
    "trapezoid": lambda A, v: np.trapezoid(v),
    "norm": lambda A, v: np.linalg.norm(v) + np.linalg.norm(A, "fro"),
    "norm along an axis": lambda A, v: np.linalg.norm(A, axis=1) + np.linalg.norm(A, 1, axis=1),
    "norm of the largest": lambda A, v: np.linalg.norm(v, np.inf),
    "matrix_power": lambda A, v: np.linalg.matrix_power(A, 3),
    "multi_dot": lambda A, v: np.linalg.multi_dot([v, A, A]),
    "exp": lambda A, v: np.exp(A) + np.sinh(A) + np.cosh(A),
    "sqrt": lambda A, v: np.sqrt(A),
    "log": lambda A, v: np.log(A - 0.5),
    "square": lambda A, v: np.square(A) + np.reciprocal(v + 2) + A**3 + np.positive(A),
    "power": lambda A, v: (A + 2) ** 0.5 + 2**A + (v + 3) ** np.arange(3),
    "sign": lambda A, v: np.sign(A),
    "mask": lambda A, v: (A.real > 0) * 1j + np.iscomplex(A) * A,
    "buffer": lambda A, v: _fill_buffer(v),
    "parts of a buffer": lambda A, v: _fill_parts(v),
    "array": lambda A, v: np.array([v[0], 1.0, 2j, v[1].real]),
    "full": lambda A, v: np.full(3, 1j) * v + np.eye(3, dtype=complex) @ v + np.ones_like(v),
    "in place": lambda A, v: _write_in_place(A, v),
    "zeros": lambda A, v: np.zeros(3, dtype=np.complex64),
    "real if close": lambda A, v: np.real_if_close(v * v.conj()),
    "copyto": lambda A, v: _copy_to(v),
    "item": lambda A, v: np.array([v[0].item(), v[1], *v.tolist()]),
    "extended": lambda A, v: np.emath.sqrt(v.real - 1) + np.emath.log(v.imag - 3) + np.emath.sqrt(A),
    "viewed as pairs": lambda A, v: (A.copy().view(float) + 0).view(complex) @ v,
    "complex64": lambda A, v: v.astype(np.complex64) * np.float32(2),
}


def _fill_buffer(v: Any) -> Any:
    z = np.empty((2, 3), dtype=complex)
    z[0] = v
    z[1, :2] = v[:2].real
    z[1, 2] = 2.5
    return z


def _fill_parts(v: Any) -> Any:
    z = np.empty(3, dtype=complex)
    z.real = v.imag
    z.imag = 2.0
    z.real[1:] = v.real[1:]
    z.imag[0] = v[0].real
    return z


def _write_in_place(A: Any, v: Any) -> Any:
    parts = (A @ v).real
    parts *= 2
    parts[0] = v[1].imag
    w = v.copy()
    w += parts
    w[1] *= 1j
    return w


def _copy_to(v: Any) -> Any:
    z = np.zeros(3, complex)
    np.copyto(z, v)
    return z


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_of_numpy_is_the_same_on_balls(name: str) -> None:
    function = FUNCTIONS[name]
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = np.asarray(function(A, V))
        with (
            use_precision(50),
            change_context(comparisons=Comparisons()),
            make_arrays_of_balls(make_traced_constant),
        ):
            balls = function(trace_array(A), trace_array(V))
            balls = strip_class(balls).view(BallArray)  # of a bare ball, an array without axes
            floats, midpoints = get_floats(balls), get_midpoints(balls)
            dtype, is_complex = balls.dtype, np.iscomplexobj(balls)
    assert dtype == expected.dtype
    assert is_complex == (expected.dtype.kind == "c")
    assert floats.dtype == expected.dtype
    np.testing.assert_allclose(floats, expected, rtol=1e-14, atol=1e-15)
    np.testing.assert_allclose(midpoints, expected, rtol=1e-6 if name == "complex64" else 1e-13, atol=1e-14)


@pytest.mark.parametrize("function", [np.sort, np.max, np.median, np.cov, np.unwrap, np.sinc, np.linalg.det])
def test_what_goes_by_the_type_of_an_array_is_refused(function: Callable[[Any], Any]) -> None:
    with use_precision(50), pytest.raises(TypeError):
        function(trace_array(A))


def test_parts_are_not_written_to_where_that_would_be_lost() -> None:
    with use_precision(50), make_arrays_of_balls(make_traced_constant):
        z = trace_array(V)
        part = z.real[1:]
        with pytest.raises(ValueError, match="read-only"):
            part[0] = 3.0
        with pytest.raises(TypeError, match="take their real part"):
            np.zeros(3)[...] = z
        with pytest.raises(ValueError, match="read-only"):
            z.view(float)[0] = 3.0
        with pytest.raises(TypeError, match="have no view as float32"):
            z.view(np.float32)


# What floats may return

ROUNDED: dict[str, Callable[[Any, Any], Any]] = {
    "sum": lambda z, w: z + w - 0.25 * z,
    "product": lambda z, w: z * w + z * z - w,
    "square": lambda z, w: z**2,
    "quotient": lambda z, w: z / w,
    "quotient by a real number": lambda z, w: z / w.real,
    "reciprocal": lambda z, w: w.real / z,
    "modulus": lambda z, w: abs(z),
    "exp": lambda z, w: np.exp(z),
    "with Python's numbers": lambda z, w: (z * 1j - 0.1) / (0.3 + 0.7j),
}


@pytest.mark.parametrize("dtype", [np.complex128, np.complex64])
@pytest.mark.parametrize("name", ROUNDED)
def test_what_floats_return_lies_within_the_bound(name: str, dtype: Any) -> None:
    function, random = ROUNDED[name], np.random.default_rng(2)
    real = np.float64 if dtype is np.complex128 else np.float32
    for n in range(200):
        spread = 10.0 ** random.uniform(-(n % 5), n % 5, 4)
        parts = random.normal(size=4) * spread if name != "exp" else random.normal(size=4) * 3
        z, w = dtype(complex(*parts[:2])), dtype(complex(*parts[2:]) if n % 7 else parts[2])
        with use_precision(50), change_context(comparisons=Comparisons()):
            balls = [ComplexBall(*(make_rounded_constant(x, real) for x in (y.real, y.imag))) for y in (z, w)]
            enclosures = split(function(*balls))
            for floats in (function(z, w), function(np.array([z]), np.array([w]))[0]):
                for ball, number in zip(enclosures, split(complex(floats))[: len(enclosures)], strict=True):
                    assert ball.value.is_finite()
                    assert ball.value.contains(arb(float(number)))


def test_a_divisor_that_may_be_0_has_no_bound() -> None:
    with use_precision(50), change_context(comparisons=Comparisons()), np.errstate(all="ignore"):
        z = ComplexBall(make_rounded_constant(1.0, np.float64), make_rounded_constant(2.0, np.float64))
        near_zero = (z.real * 0.1 - 0.1) * 1j
        assert all(not part.value.is_finite() for part in split(z / near_zero))


def test_a_real_ball_is_its_own_real_part() -> None:
    x = Ball(arb(2))
    assert x.real is x
    assert x.imag == 0
    assert x.conj() is x
