"""What a wrong gradient leaves out of the sum over all paths is named, and what it nearly leaves out is not."""

import re
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from bptt.rnn.arrays import Array
from bptt.verify.diagnosis._kind import Form
from tests.verify.diagnosis.recurrent_network import (
    B,
    D_h,
    Gradient,
    T,
    describe_kind,
    diagnose_at,
    draw_point,
    find_kind,
    name_kind,
)

X = np.array([0.5, -1.0, 2.0])


def on(step: int, change: Callable[[Any], Any]) -> Callable[[Any, int], Any]:
    return lambda carry, t: change(carry) if t == step else carry


@pytest.mark.parametrize(
    ("by", "how", "expected", "text"),
    [
        ("W", {"carried": lambda carry, t: 0 * carry}, "recurrence dropped", "nothing is carried back in time"),
        ("xs", {"carried": lambda carry, t: 0 * carry}, "recurrence dropped", "nothing is carried back in time"),
        ("R", {"carried": lambda carry, t: carry * (t % 2 == 0)}, "truncated", "pieces of 2 steps"),
        ("b", {"carried": lambda carry, t: carry * (t % 2)}, "truncated", "pieces of 2 steps, counted from the last"),
        ("b", {"carried": lambda carry, t: carry * (t != 2)}, "path missing", "is carried back out of step 3"),
        ("U", {"counted": lambda total, one, t: one}, "last write", "of the first step alone"),
        ("U", {"counted": lambda total, one, t: total + one * (t > 0)}, "step missing", "of the first step"),
        ("U", {"counted": lambda total, one, t: total + one * (t < T - 1)}, "step missing", "of the last step"),
        ("U", {"counted": lambda total, one, t: total + one * (1 + (t == 2))}, "step doubled", "of step 2, counted"),
        ("U", {"counted": lambda total, one, t: total + one * (1 - 3 * (t == 1))}, "step scaled", "multiplied by -2"),
        ("U", {"beside": lambda xs, t: xs[t - 1]}, "shifted", "of the step before, cyclically"),
        ("U", {"beside": lambda xs, t: xs[t + 1] if t + 1 < T else 0 * xs[t]}, "shifted", "of the step after"),
    ],
)  # fmt: skip
def test_what_is_left_out_in_time_is_named(by: str, how: dict[str, Any], expected: str, text: str) -> None:
    found = find_kind(by, **how)
    assert found is not None
    assert found.name == expected
    assert text in found.text


@pytest.mark.parametrize(
    ("by", "how"),
    [
        ("W", {"carried": lambda carry, t: 0.3 * carry}),
        ("W", {"carried": lambda carry, t: 0 * carry + 2.0**-30}),
        ("R", {"carried": lambda carry, t: carry * (0.5 if t == 1 else t % 2)}),
        ("U", {"counted": lambda total, one, t: one + 0.5 * total}),
        ("U", {"counted": lambda total, one, t: total + (one if t > 0 else one * one)}),
        ("U", {"counted": lambda total, one, t: total + one * (t + 1)}),
        ("U", {"beside": lambda xs, t: xs[t - 1] if t else xs[1]}),
        ("U", {"beside": lambda xs, t: xs[t] + xs[t - 1]}),
    ],
)
def test_what_is_nearly_left_out_in_time_is_not_named(by: str, how: dict[str, Any]) -> None:
    assert name_kind(by, **how) == ""


def test_truncation_after_some_steps_is_told_from_pieces_and_is_by_design() -> None:
    def total(*arguments: Any) -> Any:
        U, W, R, b, V, xs, k, ys = arguments
        h = np.zeros((B, D_h))
        for x in xs:
            h = k * np.tanh(x @ U.T + (h @ R.T) @ W.T + b)
        return ((h @ V.T - ys[-1]) ** 2).sum() / 2

    def last(steps: int, *arguments: Any) -> Any:
        U, W, R, b, V, xs, k, ys = arguments
        h = [np.zeros((B, D_h))]
        for x in xs:
            h.append(k * np.tanh(x @ U.T + (h[-1] @ R.T) @ W.T + b))
        h_bar, U_bar = (h[-1] @ V.T - ys[-1]) @ V, 0 * U
        for t in list(reversed(range(T)))[:steps]:
            δ = h_bar * (k - h[t + 1] ** 2 / k)
            U_bar = U_bar + δ.T @ xs[t]
            h_bar = (δ @ W) @ R
        return U_bar

    found = diagnose_at(total, partial(last, 3), draw_point(), "argument_0", "argument_0").kind
    assert found == Form.TRUNCATED.describe(steps="2 steps")
    assert found.by_design
    found = diagnose_at(total, partial(last, 1), draw_point(), "argument_0", "argument_0").kind
    assert found is not None
    assert found.name == "recurrence dropped"


def norm(x: Array, g: Array) -> Any:
    mean = x.mean()
    centred = x - mean
    deviation = np.sqrt((centred**2).mean())
    return (g * centred / deviation).sum()


def of_norm(x: Array, g: Array, *, by_mean: float = 1.0, by_deviation: float = 1.0) -> Any:
    """Its gradient by x, with more or less of the ways through the mean and the deviation."""
    n, centred = len(x), x - x.mean()
    deviation = np.sqrt((centred**2).mean())
    direct = g / deviation
    through_deviation = -(g * centred).sum() / deviation**3 * centred / n
    return direct - by_mean * direct.mean() + by_deviation * through_deviation


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({"by_mean": 0.0}, "the true one without the use of x in `x.mean()`, line "),
        ({"by_deviation": 0.0}, "the true one without what goes through `np.sqrt((centred**2).mean())`, line "),
        ({"by_mean": 2.0}, "the true one with the use of x in `x.mean()`, line "),
    ],
)
def test_a_way_through_the_code_that_is_forgotten_or_counted_twice_is_quoted(
    parts: dict[str, float], expected: str
) -> None:
    x, g = np.random.default_rng(0).normal(size=(2, 5))
    found = diagnose_at(norm, lambda x, g: of_norm(x, g, **parts), (x, g), "x", "x").kind
    assert found is not None
    assert found.text.startswith(expected)


@pytest.mark.parametrize("parts", [{"by_mean": 0.3}, {"by_mean": 0.5, "by_deviation": 0.0}, {"by_deviation": -0.7}])
def test_a_way_that_is_taken_in_part_is_not_named(parts: dict[str, float]) -> None:
    x, g = np.random.default_rng(0).normal(size=(2, 5))
    assert diagnose_at(norm, lambda x, g: of_norm(x, g, **parts), (x, g), "x", "x").kind is None


def test_the_use_of_an_array_beside_another_one_is_named() -> None:
    def f(x: Array, A: Array, C: Array) -> Any:
        return (np.tanh(A @ x) * (C @ x)).sum()

    def gradient(x: Array, A: Array, C: Array) -> tuple[Array, Array, Array]:
        δ = (C @ x) * (1 - np.tanh(A @ x) ** 2)
        return A.T @ δ, np.outer(δ, x), np.outer(np.tanh(A @ x), x)

    normal = np.random.default_rng(0).normal
    found = diagnose_at(f, gradient, (normal(size=3), normal(size=(2, 3)), normal(size=(2, 3))), "x").kind
    assert found == Form.PATH_MISSING.describe(way="the use of x with C")


def test_a_sum_over_an_array_is_no_recurrence() -> None:
    def gradient(x: Array) -> Any:
        centred = x - x.mean(axis=0)
        return 4 * centred**3 * np.array([[1.0], [1.0], [0.0], [0.0]])

    x = np.random.default_rng(0).normal(size=(4, 2))
    found = diagnose_at(lambda x: ((x - x.mean(axis=0)) ** 4).sum(), gradient, (x,), "x").kind
    assert found is None or found.name not in ("truncated", "recurrence dropped", "step missing")


def test_kinds_are_named_for_jax_functions_with_the_lines_that_jax_traced() -> None:
    def f(W: Any, U: Any, xs: Any, cut: bool = False) -> Any:
        def body(h: Any, x: Any) -> Any:
            return jnp.tanh(W @ (jax.lax.stop_gradient(h) if cut else h) + U @ x), None

        return (jax.lax.scan(body, jnp.zeros(3), xs)[0] ** 2).sum()

    def norm_of(x: Any, cut: bool = False) -> Any:
        mean = jnp.mean(x)
        return ((x - (jax.lax.stop_gradient(mean) if cut else mean)) ** 3).sum()

    normal = np.random.default_rng(0).normal
    point = normal(size=(3, 3)), normal(size=(3, 2)), normal(size=(4, 2))
    dropped = diagnose_at(f, jax.grad(partial(f, cut=True), argnums=(0, 1, 2)), point, "U").kind
    mean = diagnose_at(norm_of, jax.grad(partial(norm_of, cut=True)), (normal(size=5),), "x").kind
    assert dropped is not None
    assert dropped.name == "recurrence dropped"
    assert mean is not None
    assert re.fullmatch(
        r"the true one without the use of x in `mean = jnp.mean\(x\)`, line \d+ of test_by_path.py", mean.text
    )


@pytest.mark.parametrize(
    ("f", "gradient"),
    [
        (
            lambda x: ((x + np.tanh(2 * x)) ** 2).sum(),
            lambda x: 4 * (x + np.tanh(2 * x)) * (1 - np.tanh(2 * x) ** 2),
        ),
        (lambda x: (np.tanh(x) * np.exp(x - x.mean())).sum(), lambda x: np.tanh(x) * np.exp(x - x.mean())),
        (lambda x: np.sin(x * np.sin(x)).sum(), lambda x: np.cos(x * np.sin(x)) * np.sin(x)),
        (lambda x: (x - x.mean()).var() * 3, lambda x: 6 * x / len(x)),
    ],
)
def test_what_stands_on_one_line_is_no_loop(f: Any, gradient: Gradient) -> None:
    text = describe_kind(f, gradient, (X,), "x")
    assert "step" not in text
    assert "back" not in text


def linear(W: Array, h: Array, xs: Array) -> Any:
    for x in xs:
        h = W @ h + x
    return h.sum()


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        (1, "the true one without the contribution of the first step"),
        (2, "the true one truncated: carried back through one step and no more"),
        (3, "the true one of each step by itself: nothing is carried back in time"),
    ],
)
def test_steps_of_a_linear_recurrence_are_counted_as_those_of_any_other(first: int, expected: str) -> None:
    def gradient(W: Array, h: Array, xs: Array) -> tuple[Any, ...]:
        states = [h]
        for x in xs:
            states.append(W @ states[-1] + x)
        δ, W_bar = np.ones(2) + 0 * h, 0 * W
        xs_bar: list[Any] = []
        for t in reversed(range(len(xs))):
            W_bar = W_bar + np.outer(δ, states[t]) * (t >= first)
            xs_bar.insert(0, δ)
            δ = W.T @ δ
        return W_bar, δ, np.array(xs_bar)

    normal = np.random.default_rng(0).normal
    assert describe_kind(linear, gradient, (normal(size=(2, 2)), normal(size=2), normal(size=(4, 2))), "W") == expected


def test_a_regulariser_is_no_step() -> None:
    def f(W: Array, xs: Array) -> Any:
        total, h = 0.1 * (W * W).sum(), np.zeros(2)
        for x in xs:
            h = np.tanh(W @ h + x)
            total = total + (h**3).sum()
        return total

    def gradient(W: Array, xs: Array) -> tuple[Any, Any]:
        states = [np.zeros(2)]
        for x in xs:
            states.append(np.tanh(W @ states[-1] + x))
        δ, W_bar = np.zeros(2), 0 * W
        xs_bar: list[Any] = []
        for t in reversed(range(len(xs))):
            δ = (W.T @ δ + 3 * states[t + 1] ** 2) * (1 - states[t + 1] ** 2)
            W_bar = W_bar + np.outer(δ, states[t])
            xs_bar.insert(0, δ)
        return W_bar, np.array(xs_bar)

    normal = np.random.default_rng(0).normal
    assert "the use of W in `W * W`" in describe_kind(f, gradient, (normal(size=(2, 2)), normal(size=(3, 2))), "W")


def test_a_number_in_a_loop_and_an_array_of_no_size_are_looked_at() -> None:
    assert describe_kind(lambda a: a * (1 + a * (2 + a)), lambda a: a * a + a, (0.7,), "a") == ""
    text = describe_kind(lambda x, y: (x * x).sum() + y.sum(), lambda x, y: (x, y), (X, np.zeros(0)), "x")
    assert text == "1/2 times the true one"


def test_a_long_recurrence_is_looked_at_in_seconds() -> None:
    def f(W: Array, xs: Array) -> Any:
        h = np.zeros(len(W))
        for x in xs:
            h = np.tanh(W @ h + x)
        return (h * h).sum()

    normal = np.random.default_rng(0).normal
    start = time.process_time()
    diagnose_at(f, lambda W, xs: (W, xs), (normal(size=(6, 6)), normal(size=(60, 6))), "W")
    assert time.process_time() - start < 60


@pytest.mark.parametrize(("share", "expected"), [(1.0, "what comes back by W in place of its transpose"), (0.5, "")])
def test_a_weight_in_place_of_its_transpose_on_the_way_back_is_named(share: float, expected: str) -> None:
    def gradient(U: Array, W: Array, xs: Array) -> tuple[Any, ...]:
        states = [np.zeros(2)]
        for x in xs:
            states.append(np.tanh(U @ x + W @ states[-1]))
        δ, U_bar, W_bar = 2 * states[-1], 0 * U, 0 * W
        xs_bar: list[Any] = []
        for t in reversed(range(len(xs))):
            δ = δ * (1 - states[t + 1] ** 2)
            U_bar, W_bar = U_bar + np.outer(δ, xs[t]), W_bar + np.outer(δ, states[t])
            xs_bar.insert(0, U.T @ δ)
            δ = share * (W @ δ) + (1 - share) * (W.T @ δ)
        return U_bar, W_bar, np.array(xs_bar)

    def f(U: Array, W: Array, xs: Array) -> Any:
        h = np.zeros(2)
        for x in xs:
            h = np.tanh(U @ x + W @ h)
        return (h * h).sum()

    normal = np.random.default_rng(0).normal
    point = normal(size=(2, 3)), normal(size=(2, 2)), normal(size=(4, 3))
    assert [describe_kind(f, gradient, point, by) for by in ("U", "W", "xs")] == [expected] * 3


def test_one_loop_of_two_is_named_by_what_it_computes() -> None:
    def f(A: Array, C: Array, xs: Array) -> Any:
        onward, back = [np.zeros(2)], [np.zeros(2)]
        for x in xs:
            onward.append(np.tanh(A @ onward[-1] + x))
        for x in xs[::-1]:
            back.append(np.tanh(C @ back[-1] + x))
        return sum((h * g).sum() for h, g in zip(onward[1:], back[:0:-1], strict=True))

    def gradient(A: Array, C: Array, xs: Array, carried: float = 0.0) -> Any:
        onward, back = [np.zeros(2)], [np.zeros(2)]
        for x, y in zip(xs, xs[::-1], strict=True):
            onward.append(np.tanh(A @ onward[-1] + x))
            back.append(np.tanh(C @ back[-1] + y))
        δ, A_bar = np.zeros(2), 0 * A
        for t in reversed(range(len(xs))):
            δ = (back[len(xs) - t] + carried * (A.T @ δ)) * (1 - onward[t + 1] ** 2)
            A_bar = A_bar + np.outer(δ, onward[t])
        return A_bar

    normal = np.random.default_rng(0).normal
    point = normal(size=(2, 2)), normal(size=(2, 2)), normal(size=(4, 2))
    found = diagnose_at(f, gradient, point, "A", "A").kind
    assert found is not None
    assert "nothing is carried back in time, in the loop of `A @ onward[-1]`, line " in found.text
    assert diagnose_at(f, partial(gradient, carried=0.3), point, "A", "A").kind is None
    assert not diagnose_at(f, partial(gradient, carried=1.0), point, "A", "A").where


def pooled(W: Array, xs: Array) -> Any:
    h, states = np.ones(2), []
    for x in xs:
        h = np.tanh(W @ h + x)
        states.append(h)
    return (np.stack(states).mean(axis=0) ** 3).sum()


@pytest.mark.parametrize(
    ("carried", "read", "expected"),
    [
        (0.0, [1.0, 1.0, 1.0], "the true one of each step by itself: nothing is carried back in time"),
        (0.0, [0.0, 0.0, 1.0], "the contribution of the last step alone, as where each step overwrites another's"),
        (1.0, [0.0, 0.3, 1.0], ""),
        (1.0, [0.0, 1.0, 1.0], ""),
    ],
)
def test_what_is_read_after_a_loop_is_not_carried_in_it(carried: float, read: list[float], expected: str) -> None:
    def gradient(W: Array, xs: Array) -> Any:
        states = [np.ones(2)]
        for x in xs:
            states.append(np.tanh(W @ states[-1] + x))
        mean, W_bar, carry = np.stack(states[1:]).mean(axis=0), 0 * W, 0
        for t in reversed(range(len(xs))):
            δ = (carry + read[t] * 3 * mean**2 / len(xs)) * (1 - states[t + 1] ** 2)
            W_bar = W_bar + np.outer(δ, states[t])
            carry = carried * (W.T @ δ)
        return W_bar

    normal = np.random.default_rng(0).normal
    found = diagnose_at(pooled, gradient, (normal(size=(2, 2)), normal(size=(3, 2))), "W", "W").kind
    assert (found.text if found else "") == expected


def test_what_a_step_computes_for_itself_is_not_called_carried() -> None:
    def descent(θ: Array, A: Array) -> Any:
        for _ in range(3):
            slope = A @ θ + θ**3
            θ = θ - 0.1 * slope
        return (θ * θ).sum()

    def gradient(θ: Array, A: Array) -> Any:
        states = [θ]
        for _ in range(3):
            states.append(states[-1] - 0.1 * (A @ states[-1] + states[-1] ** 3))
        δ, A_bar = 2 * states[-1], 0 * A
        for t in reversed(range(3)):
            A_bar = A_bar - 0.1 * np.outer(δ, states[t])
            δ = δ - 0.1 * A.T @ δ
        return A_bar

    normal = np.random.default_rng(0).normal
    found = diagnose_at(descent, gradient, (normal(size=2), normal(size=(2, 2))), "A", "A").kind
    assert found is not None
    assert found.text.startswith("the true one without what goes through `θ**3`, line ")


def test_of_two_files_with_the_same_lines_the_right_one_is_named() -> None:
    source = "def f(x):\n    y = np.tanh(x)\n    return (y * x).sum()\n"
    for file in ("one.py", "another.py"):
        namespace: dict[str, Any] = {"np": np}
        exec(compile(source, file, "exec"), namespace)
        kind = diagnose_at(namespace["f"], lambda x: np.tanh(x) + x, (np.array([0.5, -1.25]),), "x").kind
        assert kind is not None
        assert file in kind.text
