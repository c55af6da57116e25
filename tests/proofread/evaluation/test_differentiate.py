"""Derivatives of index expressions, against derivatives that are known."""

from fractions import Fraction

import pytest

from bptt.proofread import _expressions as ex
from bptt.proofread._expressions import ONE, ZERO, Definition, Definitions, Entry, Expression, Parameter, Quantity, Step
from bptt.proofread._traversal import find_free_indices, walk
from bptt.proofread.evaluation import Budget, TooLarge
from bptt.proofread.evaluation._differentiate import Differentiation, expand
from bptt.proofread.evaluation._evaluate import Evaluator
from bptt.proofread.evaluation._points import Point
from bptt.proofread.evaluation._setting import Setting

n = ("hidden",)
a, c, d = Quantity("a", (n,), False), Quantity("c", (), False), Quantity("d", (), False)
h = Quantity("h", (n,), True)
a_i, a_j, a_k = (Entry(a, None, (letter,)) for letter in "ijk")
c_, d_ = Entry(c, None, ()), Entry(d, None, ())


def differentiate(
    node: Expression, by: Entry, defined: tuple[Quantity, ...] = (), home: Step | None = None
) -> Expression:
    return Differentiation(by, home, defined, Budget()).differentiate(node)


def test_the_derivative_of_an_entry_by_an_entry_of_the_same_quantity_is_a_delta() -> None:
    assert differentiate(a_i, a_j) == ex.Delta("i", "j")
    assert differentiate(c_, c_) == ONE
    assert differentiate(c_, d_) == ZERO
    at, other = (Entry(h, Step(letter, 0), ("k",)) for letter in "ts")
    assert differentiate(at, other) == ex.Times((ex.Mask("=", Step("t", 0), Step("s", 0)), ex.Delta("k", "k")))


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
    assert home_of(ex.Partial(h_t, a_i, held="other steps")) == Step("t", 0)
    assert home_of(ex.Partial(c_, h_1, held="other steps")) == Step("", 1)
    assert home_of(ex.Partial(h_t, a_i)) is None


def test_a_second_derivative_of_what_is_defined_goes_through_its_definition() -> None:
    definitions = Definitions({c: [Definition(c, None, (), ex.Power(d_, Fraction(3)))]})
    evaluator = Evaluator(Setting(definitions, {}, [c_], Budget()), Point({}, 1))
    value = {name: evaluator.evaluate(node, {}).values.item() for name, node in (("d", d_), ("c''", _twice(c_, d_)))}
    assert float((value["c''"] - 6 * value["d"]).mid()) == pytest.approx(0, abs=1e-15)


def _twice(of: Expression, by: Entry) -> Expression:
    return ex.Partial(ex.Partial(of, by), by)


def test_the_parameter_of_a_function_is_what_its_derivative_is_by() -> None:
    by_parameter = Differentiation(None, None, (), Budget())
    assert by_parameter.differentiate(Parameter()) == ONE
    assert by_parameter.differentiate(c_) == ZERO
    assert differentiate(Parameter(), c_) == ZERO


def test_a_derivative_of_an_immediate_one_that_holds_other_things_is_not_taken() -> None:
    immediate = ex.Partial(Entry(h, Step("t", 0), ("k",)), a_i, "other steps")
    with pytest.raises(TooLarge, match="a derivative of a derivative that holds other things is not taken"):
        expand(ex.Partial(immediate, a_j), (h,), Budget())
    twice = expand(ex.Partial(immediate, a_j, "other steps"), (h,), Budget())
    assert twice == ex.Slope(Entry(h, Step("t", 0), ("k",)), (a_i, a_j), Step("t", 0))


def test_a_direct_derivative_goes_through_no_definition_but_that_of_its_numerator() -> None:
    assert expand(ex.Partial(c_, d_, "all"), (c,), Budget()) == ex.Slope(c_, (d_,), None, direct=True)
    product = ex.Times((c_, d_))
    assert expand(ex.Partial(product, d_, "all"), (c,), Budget()) == c_
    assert expand(ex.Partial(product, c_, "all"), (c,), Budget()) == d_


def test_names_that_a_rule_makes_are_unlike_those_that_stand_there() -> None:
    matrix = Entry(Quantity("A", (n, n), False), None, ("r", "s"))
    inverse = ex.OfMatrix("inverse", matrix, ("r", "s"), ("r′", "l"))
    slope = differentiate(inverse, Entry(matrix.quantity, None, ("i", "j")))
    totals = [node for node in walk(slope) if isinstance(node, ex.Total)]
    assert {total.index for total in totals} == {"r′′", "s′′"}
    assert sorted(find_free_indices(slope)) == ["i", "j", "l", "r′"]
