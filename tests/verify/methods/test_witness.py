"""An f whose floats move otherwise than its balls has been misread: a weaker method is asked."""

from typing import Any

import numpy as np
import pytest

from bptt.verify import judge_gradient
from bptt.verify.methods import _witness
from bptt.verify.methods._witness import _is_of_another_function
from tests.corpus.slips import Case

Array = Any


def root_by_bisection(a: Any, top: float | None = None) -> Any:
    """y³ + y = a between 0 and a, or a number: how it changes, the comparisons alone know."""
    low, high = 0.0, a if top is None else top
    while high - low > 1e-14:
        middle = (low + high) / 2
        if middle**3 + middle < a:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def of_root(a: Any, c: float = 1.0, top: float | None = None) -> Any:
    return 1 / (3 * root_by_bisection(a, top) ** 2 + c)


def through_text(x: Array) -> Any:
    return (np.array([float(str(entry)) for entry in x]) * x).sum()


UNSEEN = {
    "bisection": Case(root_by_bisection, of_root, lambda a: of_root(a, 1.01), 1.25),
    "text and back": Case(through_text, lambda x: 2 * x, lambda x: 1 * x, np.array([0.5, -1.25, 2.0])),
}


@pytest.mark.parametrize("case", UNSEEN.values(), ids=UNSEEN)
def test_what_balls_do_not_see_is_not_right_by_balls(case: Case) -> None:
    report = judge_gradient(case.f, case.gradient, (case.point,))
    assert report.verdict != "wrong"
    assert report.formula.reference != "by ball arithmetic"
    assert report.arithmetic.verdict == "undecided"


@pytest.mark.parametrize("case", UNSEEN.values(), ids=UNSEEN)
def test_what_the_balls_would_have_called_right_is_not(case: Case) -> None:
    assert judge_gradient(case.f, case.slip, (case.point,)).verdict != "right"


def test_the_false_slope_of_a_bisection_is_not_right() -> None:
    """Its balls say that the middle moves as the end did that it was computed from: by m/2ⁿ."""
    steps = np.log2(root_by_bisection(1.25) / 1.25)
    report = judge_gradient(root_by_bisection, lambda a: 2**steps + 0 * a, (1.25,))
    assert report.verdict == "wrong"


@pytest.mark.parametrize("top", [lambda a: 4.0, lambda a: 4.0 + 0.0 * a], ids=["a number", "a number and 0 a"])
def test_an_f_that_moves_on_its_floats_alone_is_judged_by_them(top: Any) -> None:
    f = lambda a: root_by_bisection(a, top(a))  # noqa: E731
    assert judge_gradient(f, lambda a: of_root(a, 1.0, 4.0), (1.25,)).verdict != "wrong"
    assert judge_gradient(f, lambda a: 0.0 * a, (1.25,)).verdict != "right"
    assert judge_gradient(f, lambda a: 0.0 * a, (1.25,), method="balls").verdict != "right"


def test_asked_for_by_name_the_balls_say_why_they_are_undecided() -> None:
    report = judge_gradient(root_by_bisection, of_root, (1.25,), method="balls")
    assert report.verdict == "undecided"
    assert report.reason.startswith("f runs on floats but not on balls as it does on floats: along a random direction")


@pytest.mark.parametrize("scale", [1e-8, 1.0, 1e8])
@pytest.mark.parametrize("frequency", [1.0, 1e6])
def test_an_f_that_turns_quickly_is_witnessed(scale: float, frequency: float) -> None:
    f = lambda x: scale * np.sin(frequency * x).sum()  # noqa: E731
    gradient: Any = lambda x: scale * frequency * np.cos(frequency * x)  # noqa: E731
    point = (np.array([0.3, -1.1]),)
    assert judge_gradient(f, gradient, point).formula.reference == "by ball arithmetic"
    assert judge_gradient(f, gradient, point).verdict == "right"
    assert judge_gradient(f, lambda x: gradient(x) * (1 + 1e-9), point).verdict == "wrong"


def test_an_f_beside_a_large_number_is_judged_by_balls_whatever_its_floats_show() -> None:
    f = lambda x: 1e16 + (x * x).sum()  # noqa: E731
    report = judge_gradient(f, lambda x: 2 * x, (np.array([0.3, -1.1]),))
    assert (report.verdict, report.formula.reference) == ("right", "by ball arithmetic")
    assert judge_gradient(f, lambda x: 3 * x, (np.array([0.3, -1.1]),)).verdict == "wrong"


def test_an_f_that_is_defined_on_one_side_alone_is_not_accused() -> None:
    f = lambda x: np.sqrt(1 - x[0]) + x[1] if x[0] <= 1 - 1e-12 else 1 / 0  # noqa: E731
    gradient: Any = lambda x: np.array([-0.5 / np.sqrt(1 - x[0]), 1.0])  # noqa: E731
    assert judge_gradient(f, gradient, (np.array([1 - 1e-11, 2.0]),)).verdict == "right"
    assert judge_gradient(f, lambda x: 2 * gradient(x), (np.array([1 - 1e-11, 2.0]),)).verdict == "wrong"


def test_a_plateau_of_floats_bears_no_witness() -> None:
    """x − sin(x) is 0 on floats around 1e-9, and its slope 5e-19."""
    report = judge_gradient(lambda x: (x - np.sin(x)).sum(), lambda x: 1 - np.cos(x), (np.array([1e-9]),))
    assert (report.verdict, report.formula.reference) == ("right", "by ball arithmetic")
    assert len(report.lost_digits) == 1
    wrong = judge_gradient(lambda x: (x - np.sin(x)).sum(), lambda x: 2 - 2 * np.cos(x), (np.array([1e-9]),))
    assert wrong.verdict == "wrong"


def test_the_steps_of_a_float_type_used_within_f_bear_no_witness() -> None:
    """u³ + u beside 2048 in float16: the cube hides the slope at large steps, and at small ones nothing moves."""
    u: Any = lambda x: 4096 * x - 2048  # noqa: E731
    f: Any = lambda x: (2048 + u(x) ** 3 + u(x)).astype(np.float16).sum()  # noqa: E731
    gradient: Any = lambda x: 4096 * (3 * u(x) ** 2 + 1)  # noqa: E731
    report = judge_gradient(f, gradient, (np.array([0.5]),))
    assert (report.verdict, report.formula.reference) == ("right", "by ball arithmetic")
    assert judge_gradient(f, lambda x: 2 * gradient(x), (np.array([0.5]),)).verdict == "wrong"


@pytest.mark.parametrize("share", [2.0, 0.3, 1e-3])
def test_a_small_share_that_balls_do_not_see_is_not_right_by_balls(share: float) -> None:
    f = lambda x: share * root_by_bisection(x[0]) + 3 * x[1] ** 2 + x[2]  # noqa: E731
    point = (np.array([1.25, 0.5, 2.0]),)
    assert judge_gradient(f, lambda x: np.array([0, 6 * x[1], 1]), point).verdict != "right"
    assert judge_gradient(f, lambda x: np.array([share * of_root(x[0]), 6 * x[1], 1]), point).verdict != "wrong"


@pytest.mark.parametrize(
    ("seen", "is_other"),
    [
        ([(1.0, 1e-2), (1e-3, 1e-5), (1e-3, 1e-6), (1e-3, 1e-2)], True),  # a long step is off by curvature, too
        ([(1e-3, 1e-6), (1e-3, 1e-6), (1e-9, 1e-8)], False),  # but the shortest: there is a kink nearby
        ([(1e-3, 1e-6)], False),
        ([(1e-3, 1e-4), (1e-3, 1e-4)], False),  # not by more than they may be
        ([], False),
    ],
)
def test_the_differences_that_are_known_best_decide(seen: list[tuple[float, float]], is_other: bool) -> None:
    assert _is_of_another_function(seen) == is_other


@pytest.mark.parametrize(("frequency", "count"), [(1.0, 2), (1e2, 4)])
def test_two_differences_of_a_smooth_f_are_enough_and_none_is_taken_twice(
    frequency: float, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[float] = []
    take_difference = _witness._take_difference

    def take(problem: Any, observed: Any, directions: Any, step: float, middle: float) -> Any:
        steps.append(step)
        return take_difference(problem, observed, directions, step, middle)

    monkeypatch.setattr(_witness, "_take_difference", take)
    x = np.array([0.5, -1.25, 2.0])
    assert judge_gradient(lambda x: np.sin(frequency * x).sum(), lambda x: frequency * np.cos(frequency * x), (x,))
    assert len(set(steps)) == len(steps) == count
