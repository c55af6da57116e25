"""NumPy's constructors while a function runs on balls, and afterwards."""

import queue
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from flint import ctx

from bptt.verify import judge_gradient
from tests.corpus.floats_only import take_float
from tests.corpus.slips import BALLS, found
from tests.verify.test_numpy_layers import convolution, convolution_gradient

Array = Any

zeros = np.zeros.__wrapped__  # type: ignore[attr-defined]  # as a name is that was imported before bptt was
normal = np.random.default_rng(0).normal
X = np.array([0.5, -1.25, 2.0])
M = normal(size=(3, 4))
C = normal(size=(3, 4))


def makes_floats() -> bool:
    """Whether NumPy's constructors make what they make outside of a run on balls."""
    made = (np.zeros(3), np.ones(3), np.empty(3), np.full(3, 0.5), np.zeros_like(X), np.empty_like(X), np.eye(3))
    return all(type(array) is np.ndarray and array.dtype == np.float64 for array in (*made, np.array([0.5])))


@pytest.fixture
def _constructors_make_floats_afterwards() -> Iterator[None]:
    yield
    assert makes_floats()


@pytest.mark.usefixtures("_constructors_make_floats_afterwards")
class TestConstructors:
    @staticmethod
    def raising(error: type[BaseException], x: Array) -> Any:
        np.zeros(3)[:] = x
        if type(x) is not np.ndarray:
            raise error
        return (x**2).sum()

    def test_they_are_put_back_after_a_check(self) -> None:
        assert found(judge_gradient(convolution, convolution_gradient, (M, C[:2, :2]))) == BALLS

    @pytest.mark.parametrize("error", [KeyError, AssertionError, KeyboardInterrupt])
    def test_they_are_put_back_after_an_error(self, error: type[BaseException]) -> None:
        with suppress(KeyboardInterrupt):
            judge_gradient(lambda x: self.raising(error, x), lambda x: 2 * x, (X,))
        assert makes_floats()
        with suppress(KeyboardInterrupt):
            judge_gradient(lambda x: (x**2).sum(), lambda x: self.raising(error, x) * x, (X,))
        assert makes_floats()

    def test_an_interrupt_in_the_middle_of_a_run_leaves_constructors_data_and_precision(self) -> None:
        table, before = {"rows": M.copy()}, ctx.prec
        rows = table["rows"]

        def f(x: Array) -> Any:
            h = np.zeros(3) + x
            if type(x) is not np.ndarray:
                table["rows"] = h
                raise KeyboardInterrupt
            return (h @ table["rows"]).sum()

        with pytest.raises(KeyboardInterrupt):
            judge_gradient(f, lambda x: M.sum(axis=1) + 0 * x, (X,))
        assert table["rows"] is rows
        assert all(type(make(3)) is np.ndarray for make in (np.zeros, np.ones, np.empty, np.eye))
        assert type(np.asarray([1.5]) * np.full(1, 2.0)) is np.ndarray
        assert ctx.prec == before
        assert judge_gradient(lambda x: (x @ table["rows"]).sum(), lambda x: M.sum(axis=1) + 0 * x, (X,))
        assert not judge_gradient(lambda x: (x @ table["rows"]).sum(), lambda x: M.sum(axis=1) + x, (X,))

    def test_another_thread_gets_floats_meanwhile(self) -> None:
        types: queue.SimpleQueue[Any] = queue.SimpleQueue()  # which is not put back, as a list is

        def f(x: Array) -> Any:
            with ThreadPoolExecutor(1) as thread:
                types.put(type(thread.submit(np.zeros, 3).result()))
                types.put(type(thread.submit(np.asarray, [1.5]).result()))
            return (np.zeros(3) + x**2).sum()

        assert found(judge_gradient(f, lambda x: 2 * x, (X,))) == BALLS
        assert types.qsize() > 2
        assert {types.get() for _ in range(types.qsize())} == {np.ndarray}

    def test_a_name_imported_before_makes_balls_too(self) -> None:
        def f(x: Array) -> Any:
            y = zeros(3)
            y[:] = x
            return (y**2).sum()

        assert found(judge_gradient(f, lambda x: 2 * x, (X,))) == BALLS
        assert not judge_gradient(f, lambda x: (2 + 1e-9) * x, (X,))
        assert type(zeros(3)) is np.ndarray

    def test_what_takes_no_balls_is_named_with_its_line(self) -> None:
        report = judge_gradient(lambda x: (x**2 + 0 * np.spacing(x)).sum(), lambda x: 2 * x, (X,))
        assert report.verdict == "right"
        assert report.formula.reference != "by ball arithmetic"
        assert "f runs on floats but not on balls at test_numpy_constructors.py:" in report.arithmetic.reason
        assert "np.spacing takes no balls" in report.arithmetic.reason

    def test_what_a_ball_says_is_told_and_not_what_numpy_makes_of_it(self) -> None:
        def f(x: Array) -> Any:
            y = np.ndarray(3)
            y[0] = x[0]
            return y[0] * x[1]

        report = judge_gradient(f, lambda x: np.array([x[1], x[0], 0]), (X,))
        assert "RefusedFloatError: Traced" in report.arithmetic.reason
        assert "cannot become a float without losing its error bound" in report.arithmetic.reason

    def test_a_gradient_in_an_imported_buffer_is_judged_by_its_floats(self) -> None:
        def gradient(x: Array, factor: float) -> Any:
            g = zeros(3)
            g += factor * x
            return g

        right = judge_gradient(
            lambda x: (x**2).sum(), lambda x: gradient(x, 2 * take_float(x[0]) / take_float(x[0])), (X,)
        )
        assert found(right) == ("right", "by ball arithmetic", "undecided")
        assert "gradient runs on floats but not on balls at floats_only.py:" in right.arithmetic.reason
        wrong = judge_gradient(lambda x: (x**2).sum(), lambda x: gradient(x, 2 + 1e-9), (X,))
        assert wrong.verdict == "wrong"
