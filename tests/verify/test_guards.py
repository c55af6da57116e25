"""Guards against 0/0: smooth where they are meant to be, a kink where what they guard is one."""

from typing import Any

import numpy as np
import pytest

from bptt.verify import judge_gradient
from tests.corpus.slips import Case

Array = Any


def sinc(x: Array) -> Array:
    safe = np.where(x == 0, 1.0, x)
    return np.where(x == 0, 1.0, np.sin(safe) / safe)


def of_sinc(x: Array, at_zero: float = 0.0) -> Array:
    safe = np.where(x == 0, 1.0, x)
    return np.where(x == 0, at_zero, (np.cos(safe) - np.sin(safe) / safe) / safe)


def growth(x: Any) -> Any:
    """(eˣ − 1)/x"""
    return 1.0 if x == 0 else np.expm1(x) / x


def of_growth(x: Any, at_zero: float = 0.5) -> Any:
    return at_zero if x == 0 else (np.exp(x) - growth(x)) / x


def entropy(p: Array) -> Any:
    """−Σ p log p; np.where evaluates the branch that is not taken, too, and that is NaN."""
    return -np.where(p > 0.25, p * np.log(p), p * p).sum()


def of_entropy(p: Array, slope: float = 2.0) -> Array:
    return -np.where(p > 0.25, np.log(p) + 1, slope * p)


def hat(w: Array) -> Array:
    zero = 0 * w[0]
    return np.array([[zero, -w[2], w[1]], [w[2], zero, -w[0]], [-w[1], w[0], zero]])


def rotate(w: Array, v: Array) -> Array:
    """Rotate v by exp([w]×), by Rodrigues's formula, with its series where the angle is 0."""
    θ2 = w @ w
    if θ2 < 1e-16:
        a, b = 1 - θ2 / 6, 0.5 - θ2 / 24
    else:
        θ = np.sqrt(θ2)
        a, b = np.sin(θ) / θ, (1 - np.cos(θ)) / θ2
    K = hat(w)
    return v + a * (K @ v) + b * (K @ (K @ v))


V, TARGET = np.array([1.0, 2.0, -0.5]), np.array([0.25, 1.5, 1.0])


def misfit(w: Array) -> Any:
    return ((rotate(w, V) - TARGET) ** 2).sum() / 2


def of_misfit_at_identity(w: Array, sign: float = 1.0) -> Array:
    """At w = 0: d(w × v) · r = w · (v × r)."""
    return sign * np.cross(V, V - TARGET) + 0 * w


SMOOTH = {
    "sinc at 0": Case(lambda x: sinc(x).sum(), of_sinc, lambda x: of_sinc(x, 0.1), (np.array([0.0, 0.5, -2.0]),)),
    "(exp(x) − 1)/x beside 0": Case(growth, of_growth, lambda x: 1.01 * of_growth(x), (0.75,)),
    "NaN in the branch not taken": Case(
        entropy, of_entropy, lambda p: of_entropy(p, 1.0), (np.array([0.5, -0.25, 0.125]),)
    ),
    "a rotation at the identity": Case(
        misfit, of_misfit_at_identity, lambda w: of_misfit_at_identity(w, -1.0), (np.zeros(3),)
    ),
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # as its caller would see them
@pytest.mark.parametrize("case", SMOOTH.values(), ids=SMOOTH)
def test_what_a_guard_makes_smooth_is_right(case: Case) -> None:
    report = judge_gradient(case.f, case.gradient, case.point)
    assert report.verdict == "right"
    assert report.formula.reference == "by ball arithmetic"


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # as its caller would see them
@pytest.mark.parametrize("case", SMOOTH.values(), ids=SMOOTH)
def test_another_value_at_the_guarded_point_is_wrong(case: Case) -> None:
    assert judge_gradient(case.f, case.slip, case.point).verdict == "wrong"


@pytest.mark.parametrize(("at_zero", "verdict"), [(0.5, "right"), (1.0, "wrong")])
def test_a_guard_that_returns_a_number_is_judged_by_what_is_beside_it(at_zero: float, verdict: str) -> None:
    assert judge_gradient(growth, lambda x: of_growth(x, at_zero), (0.0,)).verdict == verdict


def norm(x: Array) -> Any:
    return np.sqrt((x * x).sum())


def direction(x: Array) -> Array:
    return x / norm(x) if norm(x) > 0 else 0 * x


def test_the_norm_has_a_kink_at_zero_whatever_the_convention_there() -> None:
    report = judge_gradient(norm, direction, (np.zeros(2),))
    (leaf,) = report.formula.leaves
    assert (report.verdict, leaf.kink) == ("undecided", True)
    assert judge_gradient(norm, direction, (np.array([3.0, 0.0]),)).verdict == "right"
    assert judge_gradient(norm, lambda x: 2 * direction(x), (np.array([3.0, 0.0]),)).verdict == "wrong"


def test_a_square_root_that_is_kept_from_zero_is_smooth() -> None:
    f: Any = lambda x: np.sqrt((x * x).sum() + 1e-12)  # noqa: E731
    assert judge_gradient(f, lambda x: x / f(x), (np.zeros(2),)).verdict == "right"
    assert judge_gradient(f, lambda x: x / f(x) + 1e-9, (np.zeros(2),)).verdict == "wrong"


def test_a_guard_that_jumps_is_undecided_and_says_from_where_to_where() -> None:
    f = lambda x: 2.0 if x == 0 else np.sin(x) / x  # noqa: E731
    report = judge_gradient(f, lambda x: 0.0 * x, (0.0,))
    assert (report.verdict, report.reason) == ("undecided", "f jumps: it is 2.00000 there and 1.00000 beside it")
