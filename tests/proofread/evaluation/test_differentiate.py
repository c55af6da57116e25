"""Derivatives of index expressions, against derivatives that are known."""

import math
from collections.abc import Callable
from fractions import Fraction

import pytest

from bptt.proofread import _expressions as ex
from bptt.proofread._expressions import ONE, ZERO, Definition, Definitions, Entry, Expression, Parameter, Quantity, Step
from bptt.proofread.evaluation import Budget, TooLarge
from bptt.proofread.evaluation._arrays import make_ball, make_scalar
from bptt.proofread.evaluation._differentiate import SLOPES, Differentiation, expand
from bptt.proofread.evaluation._evaluate import Evaluator
from bptt.proofread.evaluation._point import Point
from bptt.proofread.semantics._vocabulary import KNOWN_FUNCTIONS

n = ("hidden",)
a, c, d = Quantity("a", (n,), False), Quantity("c", (), False), Quantity("d", (), False)
h = Quantity("h", (n,), True)
a_i, a_j, a_k = (Entry(a, None, (letter,)) for letter in "ijk")
c_, d_ = Entry(c, None, ()), Entry(d, None, ())


def differentiate(
    node: Expression, by: Entry, defined: tuple[Quantity, ...] = (), home: Step | None = None
) -> Expression:
    return Differentiation(by, home, defined, Budget()).differentiate(node)


KNOWN: dict[str, Callable[[float], float]] = {
    "exp": math.exp,
    "log": lambda x: 1 / x,
    "tanh": lambda x: 1 / math.cosh(x) ** 2,
    "logistic": lambda x: math.exp(-x) / (1 + math.exp(-x)) ** 2,
    "sin": math.cos,
    "cos": lambda x: -math.sin(x),
    "tan": lambda x: 1 / math.cos(x) ** 2,
    "sinh": math.cosh,
    "cosh": math.sinh,
    "arctan": lambda x: 1 / (1 + x**2),
    "sqrt": lambda x: 1 / (2 * math.sqrt(x)),
}


def test_every_function_that_a_formula_may_have_can_be_differentiated() -> None:
    assert set(SLOPES) == set(KNOWN_FUNCTIONS) == set(KNOWN)


@pytest.mark.parametrize("name", KNOWN_FUNCTIONS)
@pytest.mark.parametrize("x", [Fraction(1, 8), Fraction(3, 4), Fraction(5, 2)])
def test_the_slope_of_a_function_is_the_one_that_is_known(name: str, x: Fraction) -> None:
    evaluator = Evaluator(Definitions(), {}, Point({}, 1), Budget())
    slope = evaluator.apply(name, 1, make_scalar(make_ball(x))).values.item()
    assert float(slope.mid()) == pytest.approx(KNOWN[name](float(x)), rel=1e-14)


def test_the_derivative_of_an_entry_by_an_entry_of_the_same_quantity_is_a_delta() -> None:
    assert differentiate(a_i, a_j) == ex.Delta("i", "j")
    assert differentiate(c_, c_) == ONE
    assert differentiate(c_, d_) == ZERO
    at, other = (Entry(h, Step(letter, 0), ("k",)) for letter in "ts")
    assert differentiate(at, other) == ex.Times((ex.SameStep(Step("t", 0), Step("s", 0)), ex.Delta("k", "k")))


def test_a_product_is_differentiated_factor_by_factor() -> None:
    assert differentiate(ex.Times((c_, d_)), c_) == d_
    both = differentiate(ex.Times((c_, a_i, a_k)), a_j)
    assert both == ex.Plus((ex.Times((c_, ex.Delta("i", "j"), a_k)), ex.Times((c_, a_i, ex.Delta("k", "j")))))


def test_a_power_and_a_function_are_differentiated_by_the_chain_rule() -> None:
    square = ex.Power(c_, Fraction(2))
    assert differentiate(square, c_) == ex.Times((ex.Constant(Fraction(2)), ex.Power(c_, Fraction(1))))
    inner = ex.Function("tanh", 0, ex.Times((d_, c_)))
    assert differentiate(inner, c_) == ex.Times((ex.Function("tanh", 1, ex.Times((d_, c_))), d_))


def test_a_sum_is_differentiated_under_the_sign_and_what_does_not_depend_vanishes() -> None:
    total = ex.Total("i", ex.Times((a_i, a_i)))
    assert isinstance(differentiate(total, a_j), ex.Total)
    assert differentiate(total, c_) == ZERO
    assert differentiate(ex.Size(n), c_) == ZERO


def test_the_derivative_of_a_product_over_an_index_is_relative() -> None:
    product = ex.Total("i", ex.add(a_i, c_), product=True)
    relative = ex.Total("i", ex.Power(ex.add(a_i, c_), Fraction(-1)))
    assert differentiate(product, c_) == ex.Times((product, relative))


def test_a_defined_quantity_has_a_slope_that_keeps_its_home() -> None:
    home = Step("t", 0)
    assert differentiate(c_, a_i, (c,)) == ex.Slope(c_, (a_i,), None)
    slope = differentiate(Entry(h, home, ("k",)), a_i, (h,), home)
    assert slope == ex.Slope(Entry(h, home, ("k",)), (a_i,), home)
    assert differentiate(slope, a_j, (h,), home) == ex.Slope(Entry(h, home, ("k",)), (a_i, a_j), home)


def test_an_immediate_derivative_stays_at_the_step_of_its_numerator_or_else_of_its_denominator() -> None:
    def home_of(node: ex.Partial) -> Step | None:
        slope = expand(node, (h, c), Budget())
        assert isinstance(slope, ex.Slope)
        return slope.home

    h_t, h_1 = Entry(h, Step("t", 0), ("k",)), Entry(h, Step("", 1), ("l",))
    assert home_of(ex.Partial(h_t, a_i, immediate=True)) == Step("t", 0)
    assert home_of(ex.Partial(c_, h_1, immediate=True)) == Step("", 1)
    assert home_of(ex.Partial(h_t, a_i)) is None


def test_a_second_derivative_of_what_is_defined_goes_through_its_definition() -> None:
    definitions = Definitions({c: [Definition(c, None, (), ex.Power(d_, Fraction(3)))]})
    evaluator = Evaluator(definitions, {}, Point({}, 1), Budget())
    value = {name: evaluator.evaluate(node, {}).values.item() for name, node in (("d", d_), ("c''", _twice(c_, d_)))}
    assert float((value["c''"] - 6 * value["d"]).mid()) == pytest.approx(0, abs=1e-15)


def _twice(of: Expression, by: Entry) -> Expression:
    return ex.Partial(ex.Partial(of, by), by)


def test_the_parameter_of_a_function_is_what_its_derivative_is_by() -> None:
    by_parameter = Differentiation(None, None, (), Budget())
    assert by_parameter.differentiate(Parameter()) == ONE
    assert by_parameter.differentiate(c_) == ZERO
    assert differentiate(Parameter(), c_) == ZERO


def test_a_derivative_that_is_not_taken_names_why() -> None:
    product = ex.MatrixProduct("t", Step("", 1), Step("", 2), c_, ("i", "j"), ("k", "l"), True)
    with pytest.raises(TooLarge, match="the derivative of a product of matrices is not taken"):
        differentiate(product, c_)
