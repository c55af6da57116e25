"""JAX functions on floats: two compilations in a first check, none in a second, and the same floats."""

import functools
from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.monitoring
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax, nn

from bptt.balls.jax._traced_function import trace_floats
from bptt.verify import judge_gradient
from bptt.verify._float_run import FloatRun
from bptt.verify._problem import Arguments, Problem
from tests.corpus.jax_functions import CHECKED, RECURRENT, loss, normal, scanned

Array = Any


@pytest.fixture
def compilations() -> Iterator[list[str]]:
    """The names of what XLA compiles meanwhile."""
    compiled: list[str] = []

    def note(event: str, duration_secs: float, **about: Any) -> None:  # noqa: ARG001  (the form of a listener)
        if event == "/jax/core/compile/backend_compile_duration":
            compiled.append(str(about.get("fun_name")))

    jax.monitoring.register_event_duration_secs_listener(note)
    yield compiled
    jax.monitoring.unregister_event_duration_listener(note)


@pytest.mark.parametrize("name", CHECKED)
def test_a_first_check_compiles_twice_and_a_second_never(name: str, compilations: list[str]) -> None:
    f, gradient, point = CHECKED[name]
    jax.tree.map(lambda x: jnp.array(np.asarray(x)), point)
    compilations.clear()  # of how JAX makes arrays of these shapes
    assert judge_gradient(f, gradient, point).verdict == "right"
    assert len(compilations) == 2
    compilations.clear()
    assert judge_gradient(lambda *x: f(*x), lambda *x: gradient(*x), point).verdict == "right"
    assert compilations == []


@pytest.mark.parametrize("in_64_bits", [False, True])
def test_arrays_of_numpy_take_no_more(in_64_bits: bool, compilations: list[str]) -> None:
    U, W, xs = np.ones((6, 3)) / 4, np.eye(6) / 2, np.asarray(RECURRENT[2], np.float64)
    with jax.enable_x64(in_64_bits):
        report = judge_gradient(scanned, jax.grad(scanned, (0, 1, 2)), (U, W, xs))
    assert report.verdict == "right"
    assert (report.notes == ("computed in float32",)) != in_64_bits
    assert len(compilations) == 2


def test_numbers_that_are_closed_over_are_no_reason_to_compile_anew(compilations: list[str]) -> None:
    def scaled(by: float) -> Callable[..., Any]:
        weights = by * jnp.arange(13.0)
        return lambda x: jnp.sum(weights * jnp.tanh(x) * by)

    point = (normal(13),)
    for by in (1.0, 2.0, 3.0):
        assert judge_gradient(scaled(by), jax.grad(scaled(by)), point).verdict == "right"
        assert judge_gradient(scaled(by), jax.grad(scaled(by + 1)), point).verdict == "wrong"
    in_programs = [name for name in compilations if name == "jit(run)"]
    assert len(in_programs) == 2


def chained(x: Array) -> Any:
    return jnp.exp(x) * jnp.exp(-x), x * x - 3e38, jnp.sqrt(jnp.abs(x)) ** 2, (x * 1e30) * 1e30 / 1e38


def within_scan(x: Array) -> Any:
    inner = jax.jit(lambda h: jnp.exp(h) * jnp.exp(-h))
    return lax.scan(lambda c, y: (c * 1.0001 + y * y * 0.01, inner(c) * y - c * c), x[0] * 3, x)


COMPUTED: dict[str, tuple[Callable[..., Any], Array]] = {
    "what overflows on its way": (chained, jnp.array([100.0, 2e19, 1.5, -7.0])),
    "products and sums": (lambda x: 2 * x * (1 - x**2) + x * x * 3 - x / 7, normal(50)),
    "softmax": (lambda x: nn.softmax(x * x + 1) * x + 2 - nn.logsumexp(x * 3), normal(6, 5)),
    "loops": (within_scan, normal(40)),
    "convolutions": (lambda x: jnp.convolve(x, x[:5]) * x[0], normal(40)),
    "what is computed again": (
        lambda x: jax.grad(lambda y: jax.checkpoint(lambda z: jnp.sum(jnp.sin(z * z - 1.1 * z)))(y * 2))(x) * 2,
        normal(40),
    ),
    "loops within jit": (lambda x: [y * 3 for y in jax.jit(within_scan)(x * x - 1)], normal(40)),
    "jit within": (lambda x: jax.jit(lambda y: y * y - 1.1 * y)(x) * 3 + 1, normal(50)),
    "matrices": (lambda x: (x.T @ (x @ x) + x, jnp.linalg.norm(x @ x.T)), normal(20, 20)),
    "zeros": (lambda x: (x, 1 / (0 * x), jnp.where(x > 0, 0.0, -0.0)), jnp.array([1.0, -1.0])),
}


@pytest.mark.parametrize("name", COMPUTED)
def test_the_floats_are_the_same_to_the_last_bit(name: str) -> None:
    function, x = COMPUTED[name]
    expected = jax.tree.leaves(function(x))
    found = jax.tree.leaves(trace_floats(function, [x]).compute([x]))
    for one, other in zip(found, expected, strict=True):
        assert np.asarray(one).tobytes() == np.asarray(other).tobytes()


def test_two_programs_that_differ_in_the_sign_of_a_zero_are_two() -> None:
    def over(zero: float) -> Callable[..., Any]:
        return lambda x: lax.scan(lambda c, y: (c, y / jnp.full((), zero)), 0.0, x)[1]

    x = jnp.array([1.0])
    assert [float(trace_floats(over(zero), [x]).compute([x])[0]) for zero in (0.0, -0.0)] == [np.inf, -np.inf]


def call(f: Callable[..., Any], *point: Any) -> tuple[Any, bool]:
    """What f returns, and whether it was compiled as a whole."""
    run = FloatRun(Problem(f, f, Arguments(f, point)))
    return run.call_f(*point), run.call_f.is_compiled


def test_what_numpy_computes_in_a_function_stays_in_float64() -> None:
    x = np.array([0.5, -1.25])
    value, is_compiled = call(lambda x: jnp.sum(jnp.tanh(x * 1e30 * 1e30 * 1e-60)) * 2, x)
    assert is_compiled
    assert value == jnp.sum(jnp.tanh(x * 1e30 * 1e30 * 1e-60)) * 2


class Layer:
    """Keeps what its forward pass computes."""

    def forward(self, x: Array) -> Array:
        self.h = jnp.tanh(x) * 1.0
        return jnp.sum(self.h * 1.0)

    def backward(self, x: Array) -> Array:
        return (1 - self.h**2) + 0 * x


AS_THEY_STAND: dict[str, Callable[..., Any]] = {
    "asks for a float": lambda x: jnp.sum(jnp.tanh(x)) * (2.0 if float(x[0]) > 0 else 3.0),
    "computes in NumPy": lambda x: jnp.sum(jnp.tanh(np.asarray(jnp.sin(x)) * 2)),
    "prints": lambda x: (jax.debug.callback(lambda y: None, x), jnp.sum(jnp.tanh(x) * 2))[1],
    "is compiled": jax.jit(lambda x: jnp.sum(jnp.tanh(x) * 2)),
    "repeats itself": lambda x: functools.reduce(lambda y, _: jnp.tanh(y) * 2, range(60), x).sum(),
    "keeps what it computes": Layer().forward,
}


@pytest.mark.parametrize("name", AS_THEY_STAND)
def test_a_function_is_called_as_it_stands_where_it(name: str) -> None:
    f, x = AS_THEY_STAND[name], jnp.array([0.5, -1.25, 2.0])
    value, is_compiled = call(f, x)
    assert not is_compiled
    assert value == f(x)


def start(f: Callable[..., Any], *point: Any) -> Any:
    return FloatRun(Problem(f, f, Arguments(f, point))).call_f


def test_what_a_trace_holds_of_numpys_arguments_is_that_of_one_call() -> None:
    w, x = jnp.array([2.0, 3.0]), np.array([1.0, 10.0])
    run = start(lambda w, x: jnp.sum(w * x * 1.0), w, x)
    assert [float(run(w, x * by)) for by in (1, 2)] == [32, 64]
    assert run.is_compiled


def test_code_that_draws_numbers_runs_once_more_if_that_is_asked_for() -> None:
    x = jnp.array([2.0])
    run = start(lambda x: jnp.sum(x * x) + np.random.default_rng().normal(), x)
    first = run(x)
    assert run(x) == first
    assert run(x, anew=True) != first
    assert run.is_compiled


def test_a_type_that_jax_makes_by_default_is_that_of_each_call() -> None:
    x = jnp.float32([0.5, 2.0])
    run = start(lambda x: jnp.sum(x * jnp.linspace(0.1, 0.3, 2) * x), x)
    types = []
    for in_64_bits in (False, True, False):
        with jax.enable_x64(in_64_bits):
            types.append(run(x).dtype)
    assert types == [np.float32, np.float64, np.float32]
    assert run.is_compiled


def test_an_array_is_written_into_once_though_the_function_was_tried_before() -> None:
    w, x = jnp.array([2.0]), np.array([1.0])

    def add_one(w: Array, x: Array) -> Any:
        x += 1
        return jnp.sum(w) * (x[0] if float(w[0]) > 0 else 0.0)

    assert float(start(add_one, w, x)(w, x)) == 4
    assert x == [2]


def test_what_a_function_puts_into_its_argument_stands_there() -> None:
    def doubled(weights: dict[str, Any]) -> Any:
        weights["w"] = weights["w"] * 2
        return jnp.sum(weights["w"] * 1.0)

    weights = {"w": jnp.array([2.0])}
    assert float(start(doubled, weights)(weights)) == 4
    assert weights["w"] == jnp.array([4.0])


@pytest.mark.parametrize("flag", ["jax_debug_nans", "jax_disable_jit"])
def test_flags_by_which_a_caller_looks_into_a_function_are_kept(flag: str) -> None:
    config: Any = jax.config
    before = getattr(config, flag)
    config.update(flag, True)
    try:
        assert not call(loss, normal(2, 3), normal(3))[1]
    finally:
        config.update(flag, before)


def test_a_layer_that_keeps_its_forward_pass_is_judged_and_left_as_it_was() -> None:
    layer = Layer()
    x = jnp.array([0.5, -1.25, 2.0])
    assert judge_gradient(layer.forward, layer.backward, (x,)).verdict == "right"
    assert vars(layer) == {}
    assert judge_gradient(layer.forward, lambda x: 1.1 * layer.backward(x), (x,)).verdict == "wrong"


def test_no_tracer_is_left_in_the_cache_of_a_function() -> None:
    @functools.lru_cache
    def find_positions(n: int) -> Array:
        return jnp.sin(jnp.arange(n))

    f: Callable[..., Any] = lambda x: jnp.sum(find_positions(3) * jnp.tanh(x) * x)  # noqa: E731
    x = jnp.array([0.5, -1.25, 2.0])
    assert judge_gradient(f, jax.grad(f), (x,)).verdict == "right"
    assert np.isfinite(f(x))


def test_a_gradient_that_is_another_each_time_is_not_right() -> None:
    random = np.random.default_rng(0)
    x = jnp.array([0.5, -1.25, 2.0])
    noisy = lambda x: 2 * x * (1 + 1e-3 * random.random())  # noqa: E731
    assert judge_gradient(lambda x: jnp.sum(x * x), noisy, (x,)).verdict != "right"


def test_what_overflows_in_a_gradient_as_it_is_called_is_wrong_though_compiled_at_once_it_would_not() -> None:
    f = lambda x: jnp.sum(x)  # noqa: E731
    gradient = lambda x: jnp.exp(x) * jnp.exp(-x)  # noqa: E731
    assert judge_gradient(f, gradient, (jnp.float32([1.0, 2.0]),)).verdict == "right"
    report = judge_gradient(f, gradient, (jnp.float32([1.0, 100.0]),))
    assert np.isfinite(jax.jit(gradient)(jnp.float32([1.0, 100.0]))).all()
    assert report.verdict == "wrong"
