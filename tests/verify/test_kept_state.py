"""Functions that keep things, ask for types, draw numbers or fail nearby: code as it is found."""

import math
import subprocess
import sys
import threading
from typing import Any

import numpy as np
import pytest

from bptt.rnn.arrays import Array
from bptt.verify import judge_gradient, judge_vjp, named_arrays

X = np.array([0.5, -1.25, 2.0])


class Tanh:
    """A layer whose backward pass uses what its forward pass kept."""

    def forward(self, x: Array) -> Any:
        self.h = np.tanh(x)
        return self.h.sum()

    def backward(self, x: Array) -> Any:
        x_bar = np.zeros(x.shape)
        x_bar += 1 - self.h**2
        return x_bar


def test_a_backward_pass_may_add_what_was_kept_into_a_buffer() -> None:
    layer = Tanh()
    report = judge_gradient(layer.forward, layer.backward, (X,))
    assert (report.verdict, report.arithmetic.verdict) == ("right", "right")
    assert judge_gradient(layer.forward, lambda x: layer.backward(x) * 1.1, (X,)).verdict == "wrong"


def test_what_a_layer_keeps_is_after_a_check_what_it_was_before() -> None:
    layer = Tanh()
    judge_gradient(layer.forward, layer.backward, (X,))
    assert vars(layer) == {}
    layer.forward(2 * X)
    before = layer.h
    judge_gradient(layer.forward, layer.backward, (X,))
    assert layer.h is before
    np.testing.assert_array_equal(before, np.tanh(2 * X))


@pytest.mark.parametrize("x", [0.0, 1.0])
def test_a_branch_on_a_buffer_of_zeros_is_decided_as_on_floats(x: float) -> None:
    def f(x: Array) -> Any:
        mask = np.zeros(1)
        return x[0] if mask[0] == 0 else 5 * x[0]

    point = (np.array([x]),)
    assert judge_gradient(f, lambda x: np.array([1.0]), point)
    assert judge_gradient(f, lambda x: np.array([5.0]), point).verdict == "wrong"


def test_full_holds_what_it_is_given() -> None:
    assert judge_gradient(lambda x: (x * X).sum(), lambda x: np.full_like(x, X), (X,))
    assert judge_gradient(lambda x: np.full((2, 3), x).sum(), lambda x: np.full(3, 2.0), (X,))


DROPOUT = """
import numpy as np
from bptt.verify import judge_gradient

def f(x):
    return (x * x * (np.random.rand(*x.shape) < 0.5)).sum() + np.random.default_rng(0).normal(size=3) @ x

def gradient(x):
    return 2 * x * (np.random.rand(*x.shape) < 0.5) + np.random.default_rng(0).normal(size=3)

print(judge_gradient(f, gradient, (np.ones(3),)).verdict)
"""


def test_random_numbers_are_drawn_into_arrays_of_floats() -> None:
    """In a process of its own: NumPy's compiled code would write floats where balls are, and bring it down."""
    result = subprocess.run([sys.executable, "-c", DROPOUT], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (0, "right\n")


def test_a_gradient_that_does_something_else_on_balls_is_judged_by_its_floats() -> None:
    def gradient(x: Array) -> Any:
        return 2 * x if type(x) is np.ndarray else 3 * x

    report = judge_gradient(lambda x: (x * x).sum(), gradient, (X,))
    assert report.verdict == "right"
    assert report.arithmetic.verdict == "undecided"
    (note,) = report.notes
    assert note.startswith("gradient does something else on balls than on floats")
    wrong = lambda x: 2.1 * x if type(x) is np.ndarray else 3 * x  # noqa: E731
    assert judge_gradient(lambda x: (x * x).sum(), wrong, (X,)).verdict == "wrong"


def test_closed_over_floats_of_a_shorter_type_are_exact_balls_for_the_run() -> None:
    c = np.random.default_rng(0).normal(size=8).astype(np.float32)
    x = np.random.default_rng(1).normal(size=8).astype(np.float32)
    f = lambda x: (c * (x - x.mean())).sum()  # noqa: E731
    assert judge_gradient(f, lambda x: c - c.mean() + 0 * x, (x,)).verdict == "right"
    assert judge_gradient(f, lambda x: c - (1 + 2.0**-12) * c.mean() + 0 * x, (x,)).verdict == "wrong"
    assert judge_gradient(f, lambda x: 1.01 * (c - c.mean()) + 0 * x, (x,)).verdict == "wrong"


def test_the_log_of_a_sum_of_exponentials_near_zero_loses_what_its_arguments_do() -> None:
    a = np.full(3, -np.log(2) + 1e-3)
    f, gradient = lambda x, a: (x * np.logaddexp(a, a)).sum(), lambda x, a: (np.logaddexp(a, a), x * 1)
    report = judge_gradient(f, gradient, (X, a))
    assert (report.verdict, report.arithmetic.verdict) == ("right", "right")


def test_an_f_that_is_not_defined_nearby_is_judged_where_it_is() -> None:
    f = lambda x: math.log(x[0]) + math.log(x[1])  # noqa: E731
    assert judge_gradient(f, lambda x: 1 / x, (np.array([1e-3, 1.0]),)).verdict == "right"
    assert judge_gradient(f, lambda x: 1.001 / x, (np.array([1e-3, 1.0]),)).verdict == "wrong"
    on_one_side = lambda x: x[0] * math.sqrt(x[0])  # noqa: E731
    assert judge_gradient(on_one_side, lambda x: 1.5 * np.sqrt(x), (np.zeros(1),)).verdict == "undecided"


def test_an_f_that_adds_to_its_arguments_is_noted() -> None:
    def f(p: Any) -> Any:
        p["h"] = np.tanh(p["W"])
        return p["h"].sum()

    report = judge_gradient(f, lambda p: {"W": 1 - np.tanh(p["W"]) ** 2}, ({"W": X},))
    assert report.verdict == "right"
    assert report.notes == ("f changes the structure of its arguments",)


def test_a_gradient_on_floats_that_is_another_each_time_is_not_right() -> None:
    random = np.random.default_rng(0)
    noisy = lambda x: [2 * float(v) * (1 + 1e-3 * random.random()) for v in x]  # noqa: E731
    assert judge_gradient(lambda x: (x * x).sum(), noisy, (X,)).verdict != "right"


def test_a_gradient_of_zeros_beside_a_large_offset_is_not_right() -> None:
    assert judge_gradient(lambda x: float((1e12 + 3 * x).sum()), lambda x: 0 * x, (np.ones(1),)).verdict != "right"


def test_what_cancels_inside_a_formula_of_one_variable_is_not_held_against_floats() -> None:
    def p(x: Any) -> Any:
        return 1 / (1 + np.exp(-x))

    def gradient(x: Array) -> Any:
        return [-2 * (1 - p(v)) * p(v) * (1 - p(v)) for v in map(float, x)]

    report = judge_gradient(lambda x: ((1 - p(x)) ** 2).sum(), gradient, (np.array([12.3, 13.7, 15.1]),))
    assert report.verdict != "wrong"


def test_a_right_gradient_by_what_f_kept_out_of_sight_is_not_accused() -> None:
    kept = threading.local()  # which is not put back

    def f(x: Array) -> Any:
        kept.h = np.tanh(x)
        return kept.h.sum()

    assert judge_gradient(f, lambda _: 1 - kept.h, (X,), method="balls").verdict != "right"
    assert judge_gradient(f, lambda _: 1 - kept.h**2, (X,), method="balls").verdict != "wrong"


class Counting:
    """A layer that counts its calls and draws noise that it does not use."""

    def __init__(self) -> None:
        self.calls = 0
        self.noise = np.random.default_rng(0)

    def forward(self, x: Array) -> Any:
        self.calls += 1
        self.noise.random()
        self.h = np.tanh(x)
        return self.h

    def backward(self, x: Array, h_bar: Array) -> Any:  # noqa: ARG002
        return (1 - self.h**2) * h_bar


@pytest.mark.parametrize("at", [(X,), named_arrays(x="3")], ids=["a point", "a strategy"])
def test_a_layer_is_after_a_vjp_what_it_was_before(at: Any) -> None:
    layer = Counting()
    before = layer.noise.bit_generator.state
    assert judge_vjp(layer.forward, layer.backward, at, examples=5).verdict == "right"
    assert vars(layer) == {"calls": 0, "noise": layer.noise}
    assert layer.noise.bit_generator.state == before
