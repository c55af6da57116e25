"""JAX functions, read as jaxprs: what JAX differentiates is right, and whatever is changed in it is refuted."""

import queue
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
import pytest
from flint import arb
from jax import lax, nn
from jax.ad_checkpoint import checkpoint_name
from jax.extend.core import jaxprs_in_params
from jax.scipy import special

from bptt.balls import Ball, make_fixed, use_precision
from bptt.balls.jax._traced_function import trace_floats
from bptt.verify import Report, check_gradient, judge_gradient
from bptt.verify._problem import Leaf
from tests.corpus import numpy_alone

pytestmark = pytest.mark.usefixtures("quick_compilation")  # test_jax_rounding has what XLA computes for everybody
Array = npt.NDArray[Any]

barrier: Any = lax.optimization_barrier  # which have no types
named: Any = checkpoint_name


@pytest.fixture(autouse=True)
def in_64_bits() -> Iterator[None]:
    with jax.enable_x64(True):
        yield


def normal(*shape: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).normal(size=shape)


X = np.array([0.5, -1.25, 2.0])
Y = np.array([1.5, 0.25, -0.75])
UNIT = np.array([0.3, -0.6, 0.8])  # inside of (−1, 1)
POSITIVE = np.array([0.4, 1.7, 2.9])
A, B, SQUARE, TENSOR = normal(2, 3), normal(2, 3, seed=1), normal(3, 3, seed=2), normal(2, 3, 2, seed=3)
WEIGHTS = np.array([1.0, -0.5, 0.75])
INPUT = X.copy()  # closed over, and used for nothing else: JAX keeps what it made of it in 64 bits


def total(y: Any) -> Any:
    """A scalar of an array, in which each entry has a weight of its own, one that every float type holds."""
    weights = (1 + np.arange(y.size) / 64) * (-1) ** np.arange(y.size)
    return jnp.sum(y * weights.reshape(y.shape))


class Case:
    """A function of JAX's, a point, and the gradient as JAX differentiates it; both compiled, once for all tests."""

    def __init__(
        self, name: str, f: Callable[..., Any], arguments: tuple[Any, ...], differentiate: Callable[..., Any] = jax.grad
    ) -> None:
        self.name = name
        self.arguments = arguments
        self.f = jax.jit(f)
        argnums = tuple(range(len(arguments))) if len(arguments) > 1 else 0
        self.gradient = jax.jit(differentiate(f, argnums=argnums))

    def point(self, dtype: str) -> tuple[Any, ...]:
        point: tuple[Any, ...] = jax.tree.map(lambda x: np.asarray(x, dtype), self.arguments)
        return point


def of(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *arguments: total(function(*arguments))


@jax.custom_jvp
def cube(x: Any) -> Any:
    return x * x * x


cube.defjvp(lambda primals, tangents: (primals[0] ** 3, 3 * primals[0] ** 2 * tangents[0]))


def scaled_tanh(slope: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
    """w tanh(x), its derivative by hand: that of tanh is `slope` of its value."""

    @jax.custom_vjp
    def function(w: Any, x: Any) -> Any:
        return w * jnp.tanh(x)

    def forward(w: Any, x: Any) -> Any:
        h = jnp.tanh(x)
        return w * h, (w, h)

    def backward(kept: Any, cotangent: Any) -> Any:
        w, h = kept
        return cotangent * h, cotangent * w * slope(h)

    function.defvjp(forward, backward)
    return function


def recurrence(W: Any, h0: Any, xs: Any, reverse: bool = False) -> Any:
    def step(h: Any, x: Any) -> Any:
        h = jnp.tanh(W @ h + x)
        return h, h * h

    h, outputs = lax.scan(step, h0, xs, reverse=reverse)
    return h.sum() + total(outputs)


def gru(W: Any, h: Any, xs: Any) -> Any:
    for x in xs:
        z, r = nn.sigmoid(W[0] @ h + x), nn.sigmoid(W[1] @ h - x)
        h = (1 - z) * h + z * jnp.tanh(W[2] @ (r * h) + x)
    return total(h)


def halved_until_small(x: Any) -> Any:
    return lax.while_loop(lambda c: c[0].sum() > 1, lambda c: (c[0] / 2, c[1] * c[0]), (x, x))[1].sum()


def attention(v: Any, k: Any, q: Any) -> Any:
    scores = jnp.einsum("ij,kj->ik", q, k) / 2
    return total(nn.softmax(jnp.where(np.tril(np.ones((2, 2), bool)), scores, -1e30)) @ v)


def layer_norm(x: Any, scale: Any) -> Any:
    centred = x - x.mean(-1, keepdims=True)
    return total(centred / jnp.sqrt(x.var(-1, keepdims=True) + 1e-5) * scale)


def perceptron(parameters: Any) -> Any:
    hidden = nn.relu(parameters["hidden"][0] @ INPUT + parameters["hidden"][1])
    return -nn.log_softmax(parameters["out"] @ hidden)[1]


def dropped(x: Any) -> Any:
    return jnp.where(jax.random.bernoulli(jax.random.key(1), 0.75, x.shape), x / 0.75, 0) ** 2


def printed(x: Any) -> Any:
    jax.debug.print("{}", x)
    jax.debug.callback(lambda y: None, x)
    return x * x


def convolved(x: Any, kernel: Any, **options: Any) -> Any:
    return total(lax.conv_general_dilated(x, kernel, **options))


SCAN = Case("scan", recurrence, (SQUARE, Y, normal(4, 3)))
ATTENTION = Case("attention", attention, (A, B, A[:, ::-1]))
CASES = [
    Case("exponentials", of(lambda x: jnp.exp(x) + jnp.expm1(x) * jnp.exp2(x)), (X,)),
    Case("logarithms", of(lambda x: jnp.log(x) * jnp.log1p(x) + jnp.log2(x)), (POSITIVE,)),
    Case("roots", of(lambda x: jnp.sqrt(x) - lax.rsqrt(x)), (POSITIVE,)),
    Case("logistic", of(lambda x: lax.logistic(x) - jnp.square(x)), (X,)),
    Case("log gamma", of(special.gammaln), (POSITIVE,)),
    Case("sine, cosine, tangent", of(lambda x: jnp.sin(x) * jnp.cos(x) + jnp.tan(x)), (X,)),
    Case("arcs", of(lambda x: jnp.arcsin(x) * jnp.arccos(x) + jnp.arctan(x)), (UNIT,)),
    Case("angle", of(jnp.arctan2), (X, Y)),
    Case("hyperbolic", of(lambda x: lax.sinh(x) * lax.cosh(x) - lax.tanh(x)), (X,)),
    Case("areas", of(lambda x: lax.asinh(x) * lax.acosh(1 + x) + lax.atanh(x / 4)), (POSITIVE,)),
    Case("absolute value and sign", of(lambda x: jnp.abs(x) * x + jnp.sign(x) * jnp.exp(x)), (X,)),
    Case("sawtooth", of(lambda x: (x - jnp.floor(x)) * (jnp.ceil(x) - x) ** 2), (X + 0.125,)),
    Case("integer powers", of(lambda x: x**3 - x**-2 + lax.integer_pow(x, 7)), (X,)),
    Case("real powers", of(lambda x, y: x**y), (POSITIVE, Y)),
    Case("quotients", of(lambda x, y: (-x - y) / (2 - y) + 3 / x), (X, Y)),
    Case("larger and smaller", of(lambda x, y: jnp.maximum(x, y) ** 2 * jnp.minimum(x, 2 + y)), (X, Y)),
    Case("clamped", of(lambda x, y: lax.clamp(-1.0, x, 1.75) * lax.clamp(x, y, x + 5)), (X, Y)),
    Case("either", of(lambda x, y: jnp.where((x > y) | (x <= -1), y, jnp.where(x < 0.75, x, y) ** 2)), (X, Y)),
    Case("equal or not", of(lambda x, y: jnp.where(x == y, x, y) * jnp.where(x != y, x, 2) * (x >= -y)), (X, Y)),
    Case("finite", of(lambda x: jnp.where(jnp.isfinite(x), x * x, 0)), (X,)),
    Case("relu", of(lambda x: nn.relu(x) ** 2 + nn.relu6(4 * x) + nn.leaky_relu(x)), (X,)),
    Case("gelu", of(lambda x: nn.gelu(x, approximate=True)), (X,)),
    Case("silu", of(lambda x: nn.silu(x) + nn.softplus(x) + nn.mish(x)), (X,)),
    Case("elu", of(lambda x: nn.elu(x) + nn.selu(x) * nn.celu(x)), (X,)),
    Case("glu", of(lambda x: nn.glu(x) + nn.hard_tanh(x[:, :1]) + nn.soft_sign(x[:, 1:])), (A[:, :2],)),
    Case("log sigmoid", of(nn.log_sigmoid), (30 * X,)),
    Case("mean and variance", lambda x: total(x.mean(0)) + total(x.var(1)) * x.std(), (A,)),
    Case("products", lambda x: jnp.prod(x) + total(jnp.prod(x, axis=0)), (A,)),
    Case("extremes", lambda x: total(x.max(0)) * x.min() + total(jnp.max(x, axis=(0, 1), keepdims=True)), (A,)),
    Case("norm", lambda x: jnp.linalg.norm(x) * jnp.linalg.norm(x[0], ord=1), (A,)),
    Case("running sums", lambda x: total(jnp.cumsum(x, 1) * lax.cumsum(x, 0, reverse=True)), (A,)),
    Case("running products", lambda x: total(lax.cumprod(x, 1) + lax.cumprod(x, 1, reverse=True)), (A,)),
    Case("running extremes", lambda x: total(lax.cummax(x, 1) * lax.cummin(x, 0)), (A,)),
    Case("sorted", lambda x: total(jnp.sort(x, 1) * x[:, jnp.argsort(x[0])]), (A,)),
    Case("at the largest", lambda x, y: x[jnp.argmax(x - 2)] * y[jnp.argmin(jnp.abs(x))] * x[0], (X, Y)),
    Case("gathered", lambda x: total(x[np.array([0, 1, 0]), np.array([0, 2, 2])] ** 2) + total(x[:, [2, 0]]), (A,)),
    Case("taken along an axis", lambda x: total(jnp.take_along_axis(x, np.array([[0], [2]]), 1) ** 3), (A,)),
    Case("embedded", lambda x: total(jnp.take(x, np.array([[0, 1], [1, 7]]), axis=0, mode="clip") ** 2), (A,)),
    Case("added at", lambda x, y: total(x.at[np.array([0, 1, 0, 9])].add(y[0] * y[2], mode="drop") ** 2), (X, Y)),
    Case("set at", lambda x, y: total(x.at[np.array([2, 1])].set(y[:2]) * x), (X, Y)),
    Case("dynamic slices", lambda x: total(lax.dynamic_slice(x, (jnp.argmax(x[:, 0]) - 9, 0), (1, 2)) ** 2), (A,)),
    Case("dynamic updates", lambda x, y: total(lax.dynamic_update_slice(x, y[:, :1], (0, 2)) * x), (A, B)),
    Case("padded", lambda x: total(lax.pad(x, x[0, 0], ((1, 0, 2), (-1, 3, 0))) ** 2), (A,)),
    Case("rolled", lambda x: total(jnp.roll(x, 1, 1) * jnp.flip(x, 0) * jnp.roll(x, -1)), (A,)),
    Case("joined and split", lambda x, y: total(jnp.concatenate([*jnp.split(x, 3, 1), y], 1) ** 2), (A, B)),
    Case("stacked", lambda x, y: total(jnp.stack([x, y], 1) ** 2) + total(jnp.tile(x, 2) * jnp.repeat(y, 2)), (X, Y)),
    Case(
        "turned",
        lambda x: (
            total(x.T.reshape(2, 3) * x)
            + total(jnp.tril(x))
            + total(lax.squeeze(x[None], (0,)) ** 2 - jnp.expand_dims(x, 0)[0])
        ),
        (A,),
    ),
    Case("diagonal", lambda x: total(jnp.diag(x) ** 2) + jnp.trace(x @ x), (SQUARE,)),
    Case("matrix products", lambda x, y: total(x @ y.T) + jnp.vdot(x, y) * total(jnp.outer(x[0], y[1])), (A, B)),
    Case("einsum", lambda x, y: total(jnp.einsum("bik,kj,bil->lbj", x, y, x)), (TENSOR, B[:, :2])),
    Case("vmapped", lambda w, x: total(jax.vmap(lambda row: jnp.tanh(w @ row))(x)), (SQUARE, A)),
    Case("batched products", lambda x, y: total(jnp.matmul(x, jnp.stack([y, y]))), (TENSOR, A)),
    Case("convolved in one axis", lambda x, y: total(jnp.convolve(x, y, mode="full") ** 2), (normal(5), Y)),
    Case(
        "convolved with strides and holes",
        partial(convolved, window_strides=(2, 1), padding=((1, 0), (0, 2)), rhs_dilation=(1, 2), lhs_dilation=(1, 1)),
        (normal(2, 1, 5, 4), normal(2, 1, 2, 2, seed=1)),
    ),
    Case(
        "convolved with channels last",
        partial(convolved, window_strides=(1,), padding="SAME", dimension_numbers=("NWC", "WIO", "NWC")),
        (normal(1, 4, 2), normal(3, 2, 3, seed=1)),
    ),
    SCAN,
    Case("reversed scan", partial(recurrence, reverse=True), (SQUARE, Y, normal(4, 3))),
    Case("for loop", lambda x: total(lax.fori_loop(0, 4, lambda i, h: jnp.sin(h) * x[i % 3] + h, x)), (X,)),
    Case("while loop", halved_until_small, (POSITIVE,), jax.jacfwd),
    Case("cond", lambda x: total(lax.cond(x[0] > 0, lambda y: jnp.exp(y), lambda y: y, x)) * x[1], (X,)),
    Case("switch", lambda x: total(lax.switch(jnp.argmax(x), [jnp.exp, jnp.sin, jnp.cos], x)), (X,)),
    Case("map", lambda x: total(lax.map(lambda row: row * jnp.cumsum(row), x)), (A,)),
    Case("custom_jvp", of(lambda x: cube(jnp.sin(x))), (X,)),
    Case("custom_vjp", of(scaled_tanh(lambda h: 1 - h * h)), (Y, X)),
    Case("jit", of(jax.jit(lambda x, y: jnp.exp(x) * jnp.exp(y) / y / 3)), (X, Y)),
    Case("remat", of(jax.checkpoint(lambda x: jnp.sin(jnp.exp(jnp.sin(x))))), (X,)),
    Case("barrier and copy", of(lambda x: barrier(jnp.array(x, copy=True)) ** 2), (X,)),
    Case("named", of(lambda x: named(lax.reduce_precision(x, 11, 52), "x") ** 2), (X,)),
    Case("normal noise", of(lambda x: x * jax.random.normal(jax.random.key(0), (3,)) ** 2 + x * x), (X,)),
    Case("dropout", of(dropped), (normal(6),)),
    Case("softmax", lambda x, y: total(nn.softmax(x, axis=0)) - total(y * nn.log_softmax(x, axis=1)), (A, B)),
    Case("cross entropy", lambda x: -total(nn.one_hot(np.array([2, 0]), 3) * nn.log_softmax(x)), (A,)),
    Case("layer norm", layer_norm, (A, WEIGHTS)),
    ATTENTION,
    Case("logsumexp of equal numbers", lambda x: special.logsumexp(x) ** 2, (np.array([2.0, 2.0, 2.0, -1.0]),)),
    Case("logaddexp", of(jnp.logaddexp), (20 * X, Y)),
    Case("perceptron", perceptron, ({"hidden": (A, np.array([0.1, 0.2])), "out": SQUARE[:, :2]},)),
    Case("gated recurrent unit", gru, (normal(3, 3, 3), Y, normal(3, 3, seed=1))),
    Case("printed", of(printed), (X,)),
]
WITH_ROUNDED_CONSTANTS = [  # JAX's rules for these hold 1/3 and 2/√π as floats
    Case("cube root", of(jnp.cbrt), (X,)),
    Case("error functions", of(lambda x: lax.erf(x) * lax.erfc(x / 2)), (X,)),
    Case("inverse error function", of(lax.erf_inv), (UNIT,)),
    Case("gelu by the error function", of(lambda x: nn.gelu(x, approximate=False)), (X,)),
]
WITHOUT_BOUND = [  # of rounding: which algorithm XLA has for these is not known
    Case(
        "complex numbers",
        of(lambda x, y: jnp.real(jnp.conj(jnp.fft.fft(lax.complex(x, y))) * jnp.exp(1j * x)) + jnp.imag((y + 1j) ** 3)),
        (X, Y),
    ),
]
ALL = [*CASES, *WITH_ROUNDED_CONSTANTS, *WITHOUT_BOUND]


def each(cases: list[Case]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", cases, ids=[case.name for case in cases])


def digits(report: Report) -> int:
    """To which every entry of the gradient agrees."""
    return min((leaf.digits for leaf in report.formula.leaves if leaf.digits is not None), default=50)


def require_refutation(case: Case, factor: float = 1 + 1e-9) -> None:
    """Require that the gradient is wrong with its first entry times that factor."""

    def changed(*arguments: Any) -> Any:
        leaves, structure = jax.tree.flatten(case.gradient(*arguments))
        factors = np.ones(leaves[0].shape)
        factors.flat[0] = factor
        return jax.tree.unflatten(structure, [leaves[0] * factors, *leaves[1:]])

    report = judge_gradient(case.f, changed, case.point("float64"))
    assert report.formula.verdict == "wrong"
    assert report.formula.reference == "by ball arithmetic"


class TestWhatJaxDifferentiates:
    """Right, and wrong with one entry a little off: in one test, since what JAX has compiled serves both."""

    @each(CASES)
    def test_is_right_and_wrong_with_one_entry_a_little_off(self, case: Case) -> None:
        report = judge_gradient(case.f, case.gradient, case.point("float64"))
        assert (report.formula.verdict, report.arithmetic.verdict) == ("right", "right"), str(report)
        assert report.formula.reference == "by ball arithmetic"
        assert digits(report) >= 40
        require_refutation(case)

    @each(WITH_ROUNDED_CONSTANTS)
    def test_is_right_to_within_the_constants_that_jax_rounds_to_float64_and_no_further(self, case: Case) -> None:
        report = judge_gradient(case.f, case.gradient, case.point("float64"))
        assert (report.formula.verdict, report.arithmetic.verdict) == ("right", "right"), str(report)
        assert {leaf.reason for leaf in report.formula.leaves} == {"to within what float64 shows"}
        assert digits(report) >= 15
        require_refutation(case)

    @each(WITH_ROUNDED_CONSTANTS)
    def test_is_not_accused_of_the_constants_that_jax_rounds_to_float32(self, case: Case) -> None:
        report = judge_gradient(case.f, case.gradient, case.point("float32"))
        assert report.formula.verdict != "wrong"
        assert report.arithmetic.verdict == "right"

    @each(WITHOUT_BOUND)
    def test_is_right_where_rounding_has_no_bound(self, case: Case) -> None:
        report = judge_gradient(case.f, case.gradient, case.point("float64"))
        assert (report.verdict, report.arithmetic.verdict) == ("right", "undecided"), str(report)
        assert report.formula.reference == "by ball arithmetic"
        assert digits(report) >= 40
        require_refutation(case)

    @each(ALL[::6])  # as the others are with one that is off by less
    @pytest.mark.parametrize("factor", [-1, 0])
    def test_is_wrong_with_one_entry_negated_or_left_out(self, case: Case, factor: float) -> None:
        require_refutation(case, factor)


class TestMistakes:
    """Gradients that are those of something else."""

    @staticmethod
    def wrong(f: Any, gradient: Any, *arguments: Any) -> list[str]:
        report = judge_gradient(f, gradient, arguments)
        assert report.formula.reference == "by ball arithmetic"
        return [leaf.path for leaf in report.formula.leaves if leaf.verdict == "wrong"]

    def test_a_transposed_weight_gradient_is_refuted(self) -> None:
        def gradient(W: Any, h0: Any, xs: Any) -> Any:
            by_W, by_h0, by_xs = SCAN.gradient(W, h0, xs)
            return by_W.T, by_h0, by_xs

        assert self.wrong(SCAN.f, gradient, *SCAN.arguments) == ["W"]

    def test_the_gradient_by_another_argument_is_refuted(self) -> None:
        def gradient(v: Any, k: Any, q: Any) -> Any:
            by_v, by_k, by_q = ATTENTION.gradient(v, k, q)
            return by_v, by_q, by_k

        assert self.wrong(ATTENTION.f, gradient, *ATTENTION.arguments) == ["k", "q"]

    def test_a_recurrence_that_was_cut_is_refuted(self) -> None:
        def cut(W: Any, h0: Any, xs: Any) -> Any:
            def step(h: Any, x: Any) -> Any:
                h = jnp.tanh(W @ lax.stop_gradient(h) + x)
                return h, h * h

            h, outputs = lax.scan(step, h0, xs)
            return h.sum() + total(outputs)

        gradient = jax.jit(jax.grad(cut, (0, 1, 2)))
        assert self.wrong(SCAN.f, gradient, *SCAN.arguments) == ["W", "h0", "xs"]

    def test_a_missing_step_is_refuted(self) -> None:
        def gradient(W: Any, h0: Any, xs: Any) -> Any:
            by_W, by_h0, by_xs = SCAN.gradient(W, h0, xs)
            return by_W, by_h0, by_xs * np.array([[1], [1], [0], [1]])

        assert self.wrong(SCAN.f, gradient, *SCAN.arguments) == ["xs"]

    def test_a_softmax_without_the_sum_of_its_jacobian_is_refuted(self) -> None:
        def f(x: Any) -> Any:
            return (nn.softmax(x) * Y).sum()

        assert self.wrong(f, lambda x: nn.softmax(x) * (Y - f(x)), X) == []
        assert self.wrong(f, lambda x: nn.softmax(x) * Y, X) == ["x"]

    def test_a_gradient_that_is_stopped_on_purpose_is_refuted(self) -> None:
        def f(x: Any) -> Any:
            return (lax.stop_gradient(x) * x).sum()

        assert self.wrong(f, jax.grad(f), X) == ["x"]
        assert self.wrong(f, lambda x: 2 * x, X) == []

    @pytest.mark.parametrize(
        ("slope", "expected"), [(lambda h: 1 - h * h, "right"), (lambda h: 1 - h, "wrong"), (lambda h: h, "wrong")]
    )
    def test_a_custom_vjp_is_judged_by_its_rule(self, slope: Any, expected: str) -> None:
        f = of(scaled_tanh(slope))
        report = judge_gradient(f, jax.grad(f, (0, 1)), (Y, X))
        assert [leaf.verdict for leaf in report.formula.leaves] == ["right", expected]


class TestWithNumPy:
    def test_a_gradient_in_numpy_of_a_function_in_jax(self) -> None:
        def f(x: Any) -> Any:
            return jnp.tanh(x).sum()

        check_gradient(f, lambda x: 1 - np.tanh(x) ** 2, (X,))
        assert judge_gradient(f, lambda x: 1 - np.tanh(x), (X,)).verdict == "wrong"

    def test_a_gradient_in_jax_of_a_function_in_numpy(self) -> None:
        def f(x: Any) -> Any:
            return np.tanh(x).sum()

        check_gradient(f, lambda x: 1 - jnp.tanh(x) ** 2, (X,))
        assert judge_gradient(f, lambda x: 1 - jnp.tanh(x), (X,)).verdict == "wrong"

    def test_wrt_names_one_array_in_nested_arguments(self) -> None:
        parameters = {"cell": {"W": SQUARE, "h0": Y}, "unused": (np.array([3, 1]), X)}

        def f(parameters: Any, xs: Any) -> Any:
            return SCAN.f(parameters["cell"]["W"], parameters["cell"]["h0"], xs)

        def gradient(parameters: Any, xs: Any) -> Any:
            return SCAN.gradient(parameters["cell"]["W"], parameters["cell"]["h0"], xs)[0]

        point = (parameters, normal(4, 3))
        check_gradient(f, gradient, point, wrt="parameters['cell']['W']")
        transposed = judge_gradient(f, lambda *at: gradient(*at).T, point, wrt="parameters['cell']['W']")
        assert [(leaf.path, leaf.verdict) for leaf in transposed.formula.leaves] == [
            ("parameters['cell']['W']", "wrong")
        ]

    def test_integers_among_the_arguments_are_passed_on(self) -> None:
        def f(table: Any, tokens: Any) -> Any:
            return total(jnp.tanh(jnp.take(table, tokens, axis=0)))

        check_gradient(f, lambda table, tokens: (jax.grad(f)(table, tokens), None), (A, np.array([1, 0, 1])))


class TestKinks:
    def test_a_rectifier_at_zero_is_undecided(self) -> None:
        report = judge_gradient(lambda x: nn.relu(x).sum(), jax.grad(lambda x: nn.relu(x).sum()), (np.zeros(1),))
        assert report.verdict == "undecided"
        assert report.formula.leaves[0].kink

    def test_a_rectifier_elsewhere_is_right(self) -> None:
        check_gradient(lambda x: nn.relu(x).sum(), jax.grad(lambda x: nn.relu(x).sum()), (X,))

    def test_a_slope_that_no_side_of_the_kink_has_is_refuted(self) -> None:
        report = judge_gradient(lambda x: nn.relu(x).sum(), lambda x: jnp.full_like(x, 2), (np.zeros(1),))
        assert report.verdict == "wrong"

    def test_a_tie_of_two_largest_is_undecided_and_a_tie_under_logsumexp_is_none(self) -> None:
        tie = (np.array([2.0, 2.0, -1.0]),)
        assert judge_gradient(jnp.max, jax.grad(jnp.max), tie).formula.leaves[0].kink
        check_gradient(special.logsumexp, jax.grad(special.logsumexp), tie)


class TestWhatIsNotKnown:
    MATRIX = normal(4, 4) + 4 * np.eye(4)

    @staticmethod
    def solve_tridiagonal(x: Any) -> Any:
        return total(lax.linalg.tridiagonal_solve(x[0], x[1] + 9, x[2], x[3:].T))

    def test_an_unknown_primitive_is_named_and_another_reference_decides(self) -> None:
        report = judge_gradient(self.solve_tridiagonal, jax.grad(self.solve_tridiagonal), (self.MATRIX,))
        assert report.verdict == "right"
        assert report.formula.reference in ("by finite differences", "by complex step")
        assert "JAX's primitive 'tridiagonal_solve' has no rule for balls" in report.arithmetic.reason

    def test_the_other_reference_refutes_a_wrong_gradient(self) -> None:
        f = self.solve_tridiagonal
        report = judge_gradient(f, lambda x: jax.grad(f)(x).T, (self.MATRIX,))
        assert report.verdict == "wrong"
        assert report.formula.reference == "by finite differences"

    def test_by_balls_or_not_at_all_it_is_undecided(self) -> None:
        point = (self.MATRIX,)
        report = judge_gradient(self.solve_tridiagonal, jax.grad(self.solve_tridiagonal), point, method="balls")
        assert report.verdict == "undecided"
        unknown = "JAX's primitive 'tridiagonal_solve' has no rule for balls"
        assert report.formula.reason == f"f runs on floats but not on balls: {unknown}"


class TestTypes:
    @pytest.fixture(autouse=True)
    def in_32_bits(self) -> Iterator[None]:
        with jax.enable_x64(False):
            yield

    @pytest.mark.parametrize("is_compiled", [False, True])
    def test_a_gradient_that_does_not_depend_on_the_point_has_the_constants_of_its_formula(
        self, is_compiled: bool
    ) -> None:
        """JAX looks at no argument then, and the constants of NumPy are float32 in what it returns."""

        def f(x: Any) -> Any:
            return jnp.sum(-jnp.asarray(x) * np.cos(1.3 * np.arange(4)))

        def off(x: Any) -> Any:
            return jax.grad(f)(x) * (1 + 1e-5)

        x = np.array([0.5, -1.25, 2.0, 0.3])
        compiled: Any = jax.jit if is_compiled else lambda function: function
        assert judge_gradient(compiled(f), compiled(jax.grad(f)), (x,)).verdict == "right"
        assert judge_gradient(compiled(f), compiled(off), (x,)).verdict == "wrong"

    @pytest.mark.parametrize("convert", [np.asarray, lambda g: np.asarray(g, np.float64)])
    def test_numbers_that_jax_has_made_of_no_ball_may_be_rounded(self, convert: Any) -> None:
        w, x = np.cos(1.3 * np.arange(4)), np.array([0.5, -1.25, 2.0, 0.3])
        constant = jax.jit(jax.grad(lambda x: jnp.sum(x * w)))
        longer = jax.jit(jax.grad(lambda x: 1.001 * jnp.sum(x * w)))
        for gradient, expected in ((constant, "right"), (longer, "wrong")):
            report = judge_gradient(lambda x: np.sum(x * w), lambda x, g=gradient: convert(g(x)), (x,))
            assert report.verdict == expected
        for gradient, expected in ((constant, "undecided"), (longer, "wrong")):
            beside_balls = lambda x, g=gradient: convert(g(x)) + 2 * x  # noqa: E731
            assert judge_gradient(lambda x: np.sum(x * w) + np.sum(x**2), beside_balls, (x,)).verdict == expected

    def test_f_runs_under_the_flag_of_its_caller_whatever_its_arguments(self) -> None:
        seen: queue.SimpleQueue[str] = queue.SimpleQueue()  # which is not put back, as a set is

        def f(x: Any) -> Any:
            y = jnp.exp(x)
            seen.put(str(y.dtype))
            return y.sum()

        report = judge_gradient(f, jnp.exp, (X,))
        assert report.arithmetic.computed_in == "float32"
        assert seen.get() == "float32"
        assert jnp.exp(X).dtype == "float32"

    def test_a_formula_is_judged_in_64_bits_all_the_same(self) -> None:
        def f(x: Any) -> Any:
            return jnp.exp(x).sum()

        report = judge_gradient(f, lambda x: jnp.exp(x) * (1 + 1e-9), (X,))
        assert report.verdict == "wrong"

    def test_random_bits_that_are_others_in_64_bits_are_those_of_the_caller(self) -> None:
        def f(x: Any) -> Any:
            return (x * jax.random.normal(jax.random.key(0), x.shape)).sum()

        assert judge_gradient(f, jax.grad(f), (X,)).verdict == "right"
        assert judge_gradient(f, lambda x: 1.01 * jax.grad(f)(x), (X,)).verdict == "wrong"

    @pytest.mark.parametrize(
        "f",
        [
            lambda xs: lax.scan(lambda h, x: (jnp.tanh(h + x), None), jnp.zeros((), jnp.float32), xs)[0],
            lambda xs: lax.mul(xs, jnp.array([1, 2, 3], jnp.float32)).sum(),
            lambda xs: lax.scan(
                lambda c, x: ((jnp.argmax(xs * x), c[1] + x * x), None), (jnp.int32(0), jnp.sum(xs)), xs
            )[0][1],
        ],
        ids=["float32 in a carry", "a factor of float32", "int32 in a carry"],
    )
    def test_what_goes_in_32_bits_alone_is_judged_in_them(self, f: Callable[..., Any]) -> None:
        assert judge_gradient(f, jax.grad(f), (X,)).verdict == "right"
        assert judge_gradient(f, lambda x: 1.01 * jax.grad(f)(x), (X,)).verdict == "wrong"

    def test_float32_arguments_are_judged_in_32_bits(self) -> None:
        report = judge_gradient(lambda x: jnp.exp(x).sum(), jnp.exp, (X.astype("float32"),))
        assert report.verdict == "right"
        assert report.arithmetic.leaves[0].digits in (5, 6)

    def test_a_constant_of_numpy_is_float32_there_even_if_it_was_traced_as_float64_before(self) -> None:
        constant = X.copy()
        f = jax.jit(lambda W: nn.softmax(W @ constant)[0])
        gradient = jax.jit(jax.grad(f))
        for dtype, expected in (("float64", (12, 13, 14)), ("float32", (3, 4, 5))):
            with jax.enable_x64(dtype == "float64"):
                report = judge_gradient(f, gradient, (A.astype(dtype),))
            assert report.arithmetic.verdict == "right"
            assert report.arithmetic.leaves[0].digits in expected

    def test_the_flag_is_put_back_after_an_error(self) -> None:
        with pytest.raises(ZeroDivisionError):
            judge_gradient(lambda x: jnp.sum(x) * (1 // 0), jnp.exp, (X,))
        assert jnp.exp(X).dtype == "float32"

    def test_a_detour_through_float32_is_refuted_by_the_arithmetic(self) -> None:
        def gradient(x: Any) -> Any:
            return jnp.exp(x.astype("float32")).astype("float64")

        with jax.enable_x64(True):
            report = judge_gradient(lambda x: jnp.exp(x).sum(), gradient, (X,))
        assert (report.formula.verdict, report.arithmetic.verdict, report.verdict) == ("right", "wrong", "wrong")


def interpreted(function: Callable[..., Any], *arguments: Array) -> Any:
    """What the function returns on exact balls, as floats."""
    leaves = [Leaf("", x, x) for x in arguments]
    with use_precision(50), jax.enable_x64(True):
        balls = trace_floats(function, arguments)([leaf.convert_to_balls(Ball) for leaf in leaves], make_fixed)
        return jax.tree.map(np.frompyfunc(exactly, 1, 1), balls)


def exactly(ball: Any) -> float:
    """The number that a ball of radius 0 is."""
    value = arb(ball) if isinstance(ball, int) else ball.value
    assert value.is_exact()
    return float(value)


SMALL = np.arange(-7.0, 17).reshape(4, 6) / 16
CUBE = np.arange(24.0).reshape(2, 3, 4) / 16 - 0.5
ROW = np.array([0.5, -0.25, 0.75, -0.25, 0.0, 1.5])
IMAGE, KERNEL = np.arange(48.0).reshape(2, 2, 4, 3) / 16 - 1, np.arange(24.0).reshape(3, 2, 2, 2) / 8 - 1
AT = np.array([[1, 9], [-2, 0]])


def summed(update: str, mode: str) -> Callable[..., Any]:
    return lambda x: getattr(x.at[AT, np.array([0, 5])], update)(x[:2, :2] * 2, mode=mode)


EXACTLY: dict[str, tuple[Callable[..., Any], tuple[Array, ...]]] = {
    "sums": (lambda x: (jnp.sum(x, (0, 2)), jnp.cumsum(x, 2), lax.cumsum(x, 1, reverse=True)), (CUBE,)),
    "products": (lambda x: (jnp.prod(x, (0,)), lax.cumprod(x, 2), lax.cumprod(x, 0, reverse=True)), (CUBE,)),
    "extremes": (lambda x: (x.max((0, 1)), x.min(2), lax.cummax(x, 2, reverse=True), lax.cummin(x, 1)), (CUBE,)),
    "where extremes are": (lambda x: (jnp.argmax(x) * x, jnp.argmin(x) * x), (ROW,)),
    "sorted": (lambda x: (jnp.sort(x), jnp.sort(x, descending=True), x[jnp.argsort(-x)]), (ROW,)),
    "sorted by another": (lambda x: lax.sort((x, x * 2, jnp.arange(6)), num_keys=1)[1], (ROW,)),
    "rounded down and up": (lambda x: jnp.floor(8 * x) + 16 * jnp.ceil(3 * x) + jnp.sign(x), (SMALL,)),
    "powers": (lambda x: (x**3, x**0, lax.integer_pow(x, -2), x**5), (np.array([1.0, 2.0, -0.5]),)),
    "selected": (lambda x: lax.select_n(np.array([0, 2, 1, 1, 0, 2]), x, 2 * x, 3 * x), (ROW,)),
    "clamped": (lambda x: lax.clamp(-0.25, x, jnp.max(x) / 2), (ROW,)),
    "compared": (lambda x: (x < 0) + 2 * (x <= 0.5) + 4 * (x > 0) + 8 * (x == 0.5) + 16 * (x != 0) + x, (ROW,)),
    "gathered": (lambda x: (x[AT % 4, 1], x[:, np.array([4, -1])], x[1:3, ::-2]), (SMALL,)),
    "gathered, each row for itself": (
        jax.vmap(lambda x, n: x.at[n].get(mode="fill", fill_value=2.5)),
        (CUBE, AT),
    ),
    "gathered from beyond": (jax.vmap(lambda x, n: lax.dynamic_slice(x, (n, 0), (2, 3))), (CUBE, np.array([-4, 1]))),
    "added, each row for itself": (jax.vmap(lambda x, n: x.at[n].add(x[:2])), (CUBE, AT)),
    "integers": (
        lambda x: (
            x * jnp.cumsum(jnp.arange(6)) + lax.cumsum(jnp.arange(6), reverse=True),
            x * jnp.argmax(jnp.array([3, 7, 7]) ^ 1) + jnp.clip(jnp.arange(-2, 4), 0, 2),
            x + (jnp.arange(6, dtype=jnp.uint8) + jnp.uint8(253)) + (~jnp.arange(6) & 6 | 1),
            x * jnp.where(jnp.arange(6) % 2 == 0, jnp.any(jnp.arange(3) > 1), jnp.all(jnp.arange(3) < 2)),
            x * jnp.arange(6).sum() - jnp.arange(1, 7).min() * jnp.arange(6).max(),
        ),
        (ROW,),
    ),
    "gathered from outside": (lambda x: x.at[AT].get(mode="fill", fill_value=2.5) + x.at[AT].get(mode="clip"), (ROW,)),
    "added at": (summed("add", "drop"), (SMALL,)),
    "added at the edge": (summed("add", "clip"), (SMALL,)),
    "set at": (summed("set", "drop"), (SMALL,)),
    "rows added": (lambda x: x.at[np.array([3, 0, 3])].add(x[:3] * 4), (SMALL,)),
    "slices beyond the end": (lambda x: lax.dynamic_slice(x, (3, 4), (3, 4)), (SMALL,)),
    "updates beyond the end": (lambda x: lax.dynamic_update_slice(x, x[:2, :3] * 2, (9, -9)), (SMALL,)),
    "padded": (lambda x: lax.pad(x, x[0, 0], ((2, -1, 1), (-2, 3, 0))), (SMALL,)),
    "turned": (lambda x: (x.transpose(2, 0, 1), x.reshape(4, 6), jnp.rot90(x), jnp.roll(x, 5)), (CUBE,)),
    "split and joined": (lambda x: jnp.concatenate(jnp.split(x, [1, 4], 1)[::-1], 1), (SMALL,)),
    "stacked": (lambda x: (jnp.stack([x, x * 2], -1), jnp.unstack(x, axis=1)[2], jnp.tile(x, (2, 1, 3))), (CUBE,)),
    "products over axes": (lambda x, y: jnp.einsum("abc,cbd,d->ad", x, y, y[0, 0]), (CUBE, CUBE.T)),
    "batched products": (
        lambda x, y: lax.dot_general(x, y, (((2,), (1,)), ((1,), (0,)))),
        (CUBE, CUBE.transpose(1, 2, 0)),
    ),
    "convolved": (
        partial(
            lax.conv_general_dilated,
            window_strides=(2, 1),
            padding=((2, 1), (-1, 2)),
            lhs_dilation=(1, 2),
            rhs_dilation=(2, 1),
        ),
        (IMAGE, KERNEL),
    ),
    "convolved with its axes in another order": (
        partial(
            lax.conv_general_dilated,
            window_strides=(1, 1),
            padding="SAME",
            dimension_numbers=("HWCN", "IHOW", "CNHW"),
        ),
        (IMAGE.transpose(2, 3, 1, 0), KERNEL.transpose(1, 2, 0, 3)),
    ),
    "transposed convolution": (
        partial(lax.conv_transpose, strides=(2, 1), padding="VALID"),
        (IMAGE.transpose(0, 2, 3, 1), KERNEL.T),
    ),
    "scanned": (lambda x: lax.scan(lambda c, r: (c + r[0], c * r), x[0, 1], x, reverse=True), (SMALL,)),
    "scanned over nothing": (lambda x: lax.scan(lambda c, r: (c + r, c), x, jnp.zeros((0, 6))), (ROW,)),
    "for a number of turns": (lambda x: lax.fori_loop(0, jnp.asarray(3), lambda i, c: c + i * x[i], x), (ROW,)),
    "while, each row for itself": (
        jax.vmap(
            lambda x: lax.while_loop(lambda c: c[0] < 1, lambda c: (c[0] + 0.5, c[1] * 2, c[2] + 1), (x, x * x, 0))
        ),
        (ROW,),
    ),
    "cond, each row for itself": (jax.vmap(lambda x: lax.cond(x > 0, lambda y: 2 * y, lambda y: y - 1, x)), (ROW,)),
    "a branch beyond the last": (lambda x: lax.switch(x.size, [jnp.negative, jnp.abs, jnp.square], x), (ROW,)),
}


@pytest.mark.parametrize("name", EXACTLY)
def test_what_needs_no_rounding_is_the_same_on_balls_as_in_jax(name: str) -> None:
    function, arguments = EXACTLY[name]
    with jax.enable_x64(True):
        floats = jax.tree.leaves(jax.jit(function)(*arguments))
    balls = jax.tree.leaves(interpreted(function, *arguments))
    assert len(balls) == len(floats)
    for on_balls, on_floats in zip(balls, floats, strict=True):
        np.testing.assert_array_equal(np.asarray(on_balls, float), on_floats)


def primitives(jaxpr: Any) -> set[str]:
    """The names of all in a jaxpr, and in those that it holds."""
    inner = (held for equation in jaxpr.eqns for held in jaxprs_in_params(equation.params))
    return {equation.primitive.name for equation in jaxpr.eqns}.union(*map(primitives, inner))


def test_code_that_cannot_reach_jax_has_constants_of_its_own() -> None:
    """That JAX is loaded, and computes in 32 bits, says nothing of what NumPy computes."""
    x = np.array([0.3, -1.1])
    with jax.enable_x64(False):
        assert judge_gradient(numpy_alone.wave, numpy_alone.by_hand, (x,)).verdict == "right"
        assert judge_gradient(numpy_alone.wave, numpy_alone.a_little_off, (x,)).verdict == "wrong"
