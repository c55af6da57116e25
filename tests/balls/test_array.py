"""Arrays of balls say to be arrays of floats, and hold nothing but balls."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from flint import arb

from bptt.balls import (
    Ball,
    Comparisons,
    TooManyOperationsError,
    Traced,
    change_context,
    convert_to_balls,
    limit_operations,
    make_arrays_of_balls,
    make_fixed,
)

Array = Any
X = np.array([0.5, -1.25, 2.0])


@pytest.fixture(autouse=True)
def in_a_run() -> Iterator[None]:
    with make_arrays_of_balls(make_fixed), change_context(comparisons=Comparisons()):
        yield


def balls(numbers: Array) -> Any:
    return convert_to_balls(numbers, make_fixed)


def elements(array: Any) -> list[Any]:
    return array.view(np.ndarray).reshape(-1).tolist()


def floats(array: Any) -> list[float]:
    assert all(isinstance(x, Ball) for x in elements(array))
    return [float(x.as_float) for x in elements(array)]


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
def test_it_is_of_the_type_of_its_floats_and_keeps_it(dtype: Any) -> None:
    x = balls(X.astype(dtype))
    for array in (x, 2.0 * x, x + X.astype(np.float16), np.maximum(x, 0), np.where(x > 0, x, 0.0), x.T, x[1:]):
        assert array.dtype == dtype
    assert isinstance(x[0], dtype)
    assert (x * np.float64(2)).dtype == np.float64
    assert x.itemsize == np.dtype(dtype).itemsize


def test_what_is_written_into_a_buffer_takes_its_type() -> None:
    buffer = np.zeros(3, dtype=np.float32)
    buffer += balls(X / 3)
    assert buffer.dtype == np.float32
    assert floats(buffer) == (X / 3).astype(np.float32).tolist()
    buffer[0] = 0.1
    assert elements(buffer)[0].as_float == np.float32(0.1)


def test_an_array_without_axes_is_written_as_the_ball_that_it_holds() -> None:
    buffer = np.zeros(2)
    buffer[0] = np.where(np.array(True), balls(X)[0], 0.0)
    assert floats(buffer) == [0.5, 0.0]
    assert floats(np.array([np.where(np.array(True), balls(X)[1], 0.0), 3.0])) == [-1.25, 3.0]


@pytest.mark.parametrize(
    "make",
    [
        lambda x: np.where(x > 0, x, 0.0),
        lambda x: np.where(x > 0, 1.0, -1.0),
        lambda x: (x > 0) * 0.1,
        lambda x: (x > 0).astype(float),
        lambda x: np.clip(x, -1.0, 1.0),
        lambda x: np.maximum(x, 0),
        lambda x: np.concatenate([x, np.ones(1)]),
        lambda x: np.nan_to_num(x / (x - x[0])),
        lambda x: np.zeros((3, 0)) @ x[:0],
        lambda x: np.array([x[0], 1.0]),
    ],
)
def test_nothing_else_comes_to_stand_in_it(make: Callable[[Any], Any]) -> None:
    with np.errstate(all="ignore"):
        assert floats(make(balls(X))) == np.asarray(make(X)).reshape(-1).tolist()


def test_its_text_its_bytes_and_the_hash_of_an_entry_are_those_of_the_floats() -> None:
    x, again = balls(X), balls(X.copy())
    assert str(x) == str(X)
    assert repr(x) == repr(X)
    assert x.tobytes() == X.tobytes()
    assert {x[0]: "kept"}[again[0]] == "kept"
    assert {tuple(x): "kept"}[tuple(again)] == "kept"
    assert f"{x[1]:.3f}" == "-1.250"


def test_what_leaves_it_as_a_number_of_pythons_is_weak() -> None:
    x = balls(X)
    assert type(x[:1].item().as_float) is float
    assert [type(number.as_float) for number in x.tolist()] == [float] * 3
    assert (x[:1].item() * balls(X.astype(np.float32))).dtype == np.float32


@pytest.mark.parametrize("total", [lambda x: x.sum(), lambda x: x @ x, lambda x: np.dot(x, x), lambda x: x.mean()])
def test_sums_and_products_take_numpys_own_floats(total: Callable[[Any], Any]) -> None:
    """In order, these come out otherwise: NumPy adds in pairs and in lanes."""
    numbers = np.random.default_rng(0).normal(size=1000)
    assert total(balls(numbers)).as_float == total(numbers)


def test_a_number_less_itself_is_zero_and_depends_on_nothing() -> None:
    x = Traced(arb(1) / 3)
    difference = x - x
    assert difference.value.is_zero()
    assert difference.created < 0


@pytest.mark.parametrize("step", [lambda x: x * x, np.tanh])
def test_more_operations_than_were_granted_are_an_error(step: Callable[[Any], Any]) -> None:
    def compute(operations: int) -> Any:
        x = Traced(arb(1) / 2)
        for _ in range(operations):
            x = step(x)
        return x

    with limit_operations(50):
        assert compute(20).created > 0
    with limit_operations(50), pytest.raises(TooManyOperationsError, match="more than 50 operations"):
        compute(100)
    with limit_operations(None):
        assert compute(100).created > 0
