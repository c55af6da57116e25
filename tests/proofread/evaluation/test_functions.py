"""The functions of one number: each slope against differences of the function on balls."""

from fractions import Fraction

import pytest
from flint import arb

from bptt.balls import use_precision
from bptt.proofread._expressions import Definitions
from bptt.proofread.evaluation import FUNCTIONS, Budget
from bptt.proofread.evaluation._arrays import make_ball, make_scalar
from bptt.proofread.evaluation._evaluate import Evaluator
from bptt.proofread.evaluation._points import Point
from bptt.proofread.evaluation._setting import Setting
from bptt.proofread.semantics._vocabulary import KNOWN_FUNCTIONS


def test_the_functions_that_a_formula_may_have_are_those_that_are_known() -> None:
    assert set(KNOWN_FUNCTIONS) == set(FUNCTIONS)


def apply(name: str, order: int, x: arb) -> arb:
    evaluator = Evaluator(Setting(Definitions(), {}, (), Budget()), Point({}, 1))
    return evaluator.apply(name, order, make_scalar(x)).values.item()


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("x", [Fraction(1, 8), Fraction(3, 4), Fraction(-2, 3)])
def test_a_slope_is_the_limit_of_differences(name: str, x: Fraction) -> None:
    with use_precision(60):
        at, by = make_ball(x), arb(10) ** -15
        if name in ("log", "sqrt"):
            at = abs(at)
        difference = (apply(name, 0, at + by) - apply(name, 0, at - by)) / (2 * by)
        error = abs(apply(name, 1, at) - difference)
        assert error < arb(10) ** -26  # the square of the step, and a third derivative
        assert not abs(apply(name, 1, at) - difference * 1.001 - arb(10) ** -10) < arb(10) ** -26


@pytest.mark.parametrize("name", ["sign", "step"])
def test_a_function_that_jumps_has_no_value_where_it_may_jump(name: str) -> None:
    assert not apply(name, 0, arb(0)).is_finite()
    assert not apply(name, 0, arb(0, 1e-30)).is_finite()
    assert apply(name, 0, arb(2)) == 1


@pytest.mark.parametrize("name", ["relu", "abs"])
def test_a_kink_has_a_value_and_no_slope(name: str) -> None:
    assert apply(name, 0, arb(0)) == 0
    assert not apply(name, 1, arb(0)).is_finite()
    assert apply(name, 0, arb(0, 1e-3)).contains(arb("0.0005"))
