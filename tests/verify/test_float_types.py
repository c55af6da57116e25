"""Every float type that a computation goes through is followed: buffers, casts, scalars, numbers of Python's."""

from typing import Any

import numpy as np
import pytest

from bptt.verify import GradientWarning, check_gradient, judge_gradient
from tests.corpus.floats_only import take_float
from tests.corpus.slips import Case

Array = Any

X = np.array([0.3, -1.1, 0.7])
X32 = X.astype(np.float32)


def in_buffer(x: Array, dtype: Any) -> Any:
    h = np.empty(x.shape, dtype=dtype)
    h[:] = np.tanh(x)
    return h


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_an_f_that_computes_in_a_shorter_type_has_a_gradient_in_that_type(dtype: Any) -> None:
    def f(x: Array) -> Any:
        return (in_buffer(x, dtype) ** 2).sum()

    def gradient(x: Array, factor: float = 2.0) -> Any:
        h = in_buffer(x, dtype)
        return factor * h * (1 - h * h)

    name = np.dtype(dtype).name
    report = judge_gradient(f, gradient, (X,))
    assert report.verdict == "right"
    assert report.arithmetic.computed_in == name
    assert report.reason.startswith(f"formula right; computed in {name}: every entry agrees")
    assert f"computed in {name}" in report.notes
    assert judge_gradient(f, lambda x: gradient(x, 2.2), (X,)).verdict == "wrong"


def test_a_caller_is_warned_of_a_shorter_type() -> None:
    with pytest.warns(GradientWarning) as issued:
        check_gradient(lambda x: (x**2).sum(), lambda x: (2 * x).astype(np.float32), (X,))
    assert [str(one.message) for one in issued] == ["the gradient by x is float32; x is float64", "computed in float32"]


@pytest.mark.parametrize(("dtype", "digits"), [(np.float16, 3), (np.float32, 7)])
def test_a_detour_of_the_gradient_alone_is_wrong_by_its_floats(dtype: Any, digits: int) -> None:
    def gradient(x: Array) -> Any:
        return 2 * in_buffer(x, dtype).astype(np.float64) * (1 - np.tanh(x) ** 2)

    report = judge_gradient(lambda x: (np.tanh(x) ** 2).sum(), gradient, (X,))
    assert (report.formula.verdict, report.arithmetic.verdict) == ("right", "wrong")
    assert report.reason.startswith(f"formula right; computed in {np.dtype(dtype).name}: x[")
    assert report.arithmetic.leaves[0].measured in (digits - 1, digits)


def test_a_detour_is_not_excused_by_another_array_that_is_returned_in_float32() -> None:
    def gradient(x: Array, y: Any) -> Any:  # noqa: ARG001
        return (2 * x).astype(np.float32).astype(np.float64), np.float32(1)

    report = judge_gradient(lambda x, y: (x**2).sum() + y, gradient, (X / 3, 2.0))
    assert report.verdict == "wrong"


def test_a_detour_that_loses_nothing_is_right() -> None:
    point = np.array([0.5, -1.25, 2.0])
    report = judge_gradient(lambda x: (x**2).sum(), lambda x: (2 * x).astype("f4").astype("f8"), (point,))
    assert report.verdict == "right"


def test_an_item_is_a_number_of_pythons_in_double_precision() -> None:
    """x[0].item() of a float32 array: what is computed from it alone is float64, and weak beside an array."""

    def f(x: Array) -> Any:
        scale = x[0].item()
        return scale * scale * 1.5 + (x[1:] * scale).sum()

    def gradient(x: Array, factor: float = 3.0) -> Any:
        scale = x[0].item()
        g = np.empty_like(x)
        g[0] = factor * scale + x[1:].sum()
        g[1:] = scale
        return g

    assert judge_gradient(f, gradient, (X32,)).verdict == "right"
    assert judge_gradient(f, lambda x: gradient(x, 2.0), (X32,)).verdict == "wrong"


@pytest.mark.parametrize("number", [0.1, np.float32(0.1)], ids=["weak", "strong"])
def test_a_number_of_pythons_leaves_float32_what_it_is(number: Any) -> None:
    f = lambda x: (x * x * number).sum()  # noqa: E731
    report = judge_gradient(f, lambda x: 2 * x * number, (X32,))
    assert (report.verdict, report.arithmetic.verdict, report.notes) == ("right", "right", ())
    assert report.arithmetic.leaves[0].digits in (6, 7)
    assert judge_gradient(f, lambda x: 2 * x * number * (1 + 1e-5), (X32,)).verdict == "wrong"


def test_a_scalar_of_float64_makes_float64_of_float32() -> None:
    f = lambda x: (x * np.float64(3) * x).sum()  # noqa: E731
    report = judge_gradient(f, lambda x: 6 * (x * np.float64(1)), (X32,))
    assert (report.verdict, report.notes) == ("right", ("the gradient by x is float64; x is float32",))
    assert judge_gradient(f, lambda x: 5 * (x * np.float64(1)), (X32,)).verdict == "wrong"


def test_float32_and_float64_arguments_side_by_side() -> None:
    f = lambda a, b: (a * b).sum() + (a**2).sum()  # noqa: E731
    gradient: Any = lambda a, b, k=2: ((b + k * a).astype(a.dtype), a + 0 * b)  # noqa: E731
    assert judge_gradient(f, gradient, (X32, X)).verdict == "right"
    assert judge_gradient(f, lambda a, b: gradient(a, b, 1), (X32, X)).verdict == "wrong"


CHOICES = {
    "by dtype": lambda x: 2.0 if x.dtype == np.float64 else 3.0,
    "by finfo": lambda x: 2.0 if np.finfo(x.dtype).eps < 1e-10 else 3.0,
    "by the type of an entry": lambda x: 2.0 if isinstance(x[0], float) else 3.0,
    "by a list of types": lambda x: 2.0 if x.dtype in (np.float64, np.complex128) else 3.0,
    "by isinstance": lambda x: (2.0 if x.dtype.name == "float64" else 3.0) if isinstance(x, np.ndarray) else 5.0,
    "by result_type": lambda x: 2.0 if np.result_type(x, np.float16) == np.float64 else 3.0,
    "by what it stores": lambda x: 2.0 if np.asarray(x, dtype=np.float64).dtype == x.dtype else 3.0,
}


@pytest.mark.parametrize("choose", CHOICES.values(), ids=CHOICES)
@pytest.mark.parametrize(("point", "slope"), [(X, 2.0), (X32, 3.0)], ids=["float64", "float32"])
def test_a_choice_by_type_goes_as_on_floats(choose: Any, point: Array, slope: float) -> None:
    f = lambda x: (choose(x) * x * x).sum() / 2  # noqa: E731
    assert judge_gradient(f, lambda x: x.dtype.type(slope) * x, (point,)).verdict == "right"
    assert judge_gradient(f, lambda x: x.dtype.type(5 - slope) * x, (point,)).verdict == "wrong"


def test_a_choice_by_the_size_of_a_number_accuses_nobody() -> None:
    f = lambda x: ((2.0 if x.itemsize == 8 else 3.0) * x * x).sum() / 2  # noqa: E731
    assert judge_gradient(f, lambda x: 2 * x, (X,)).verdict == "right"
    assert judge_gradient(f, lambda x: 3 * x, (X,)).verdict == "wrong"
    assert judge_gradient(f, lambda x: 3 * x, (X32,)).verdict != "wrong"
    assert judge_gradient(f, lambda x: 2 * x, (X32,)).verdict != "right"


def test_an_array_in_the_order_of_fortran_is_one_in_both_runs() -> None:
    """ravel(order="K") reads an array as it lies in memory."""
    weights = np.arange(1.0, 7)
    f = lambda x: (x.ravel(order="K") ** 2 * weights).sum()  # noqa: E731
    as_it_lies = lambda x: 2 * x * weights.reshape(3, 2).T  # noqa: E731
    by_rows = lambda x: 2 * x * weights.reshape(2, 3)  # noqa: E731
    rows = np.arange(1.0, 7).reshape(2, 3) / 4
    columns = np.asfortranarray(rows)
    assert judge_gradient(f, as_it_lies, (columns,)).verdict == "right"
    assert judge_gradient(f, by_rows, (columns,)).verdict == "wrong"
    assert judge_gradient(f, by_rows, (rows,)).verdict == "right"
    assert judge_gradient(f, as_it_lies, (rows,)).verdict == "wrong"


def test_a_refusal_that_is_caught_does_not_make_another_function() -> None:
    """f asks for a float, is refused, and goes on without: what it computes then is not what it computes on floats."""

    def f(x: Array) -> Any:
        try:
            scale = take_float(x[0])
        except TypeError:
            return (x**2).sum()
        return (x**2).sum() + 3 * scale

    assert judge_gradient(f, lambda x: 2 * x, (X,)).verdict == "wrong"
    assert judge_gradient(f, lambda x: 2 * x, (X,), method="balls").verdict == "undecided"
    assert judge_gradient(f, lambda x: 2 * x + np.array([3, 0, 0]), (X,)).verdict == "right"


CASES_OF_SUMS = {
    "in float32": Case(
        lambda x: x.sum(dtype=np.float32) ** 2,
        lambda x: 2 * x.sum(dtype=np.float32) + 0 * x,
        lambda x: 2.1 * x.sum(dtype=np.float32) + 0 * x,
        X,
    ),
    "added into float32": Case(
        lambda x: np.add(x, x, out=np.zeros(3, dtype=np.float32), casting="same_kind").sum(),
        lambda x: 0 * x + 2,
        lambda x: 0 * x + 1,
        X,
    ),
}


@pytest.mark.parametrize("case", CASES_OF_SUMS.values(), ids=CASES_OF_SUMS)
def test_a_sum_that_is_told_its_type_is_followed(case: Case) -> None:
    assert judge_gradient(case.f, case.gradient, (case.point,)).verdict == "right"
    assert judge_gradient(case.f, case.slip, (case.point,)).verdict == "wrong"
