"""Balls contain the true result, run ordinary NumPy code, and refuse whatever would lose their bound."""

import operator
import threading
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from flint import arb, ctx, fmpq
from hypothesis import assume, given
from hypothesis import strategies as st

from bptt.balls import (
    BINARY,
    UNARY,
    Ball,
    Comparisons,
    Fixed,
    RefusedFloatError,
    Rounded,
    Traced,
    UndecidedComparisonError,
    change_context,
    get_kind,
    store,
    sweep,
    use_precision,
)
from bptt.rnn.activations import sigmoid


@pytest.fixture(autouse=True)
def as_in_a_run() -> Iterator[None]:
    """The floats that stand in balls may overflow or be NaN: what is not taken may warn."""
    with np.errstate(all="ignore"):
        yield


floats = st.floats(-1e6, 1e6, allow_subnormal=False)
FUNCTIONS = ["exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh"]
ARITHMETIC = [operator.add, operator.sub, operator.mul, operator.truediv]
THIRD = Ball(arb(1) / 3)  # a ball that is not a single point


def ball(x: float) -> Ball:
    return Ball(arb(x))


def contains(enclosing: Ball, exact: Fraction) -> bool:
    with use_precision(400):
        return bool(enclosing.value.contains(arb(fmpq(exact.numerator, exact.denominator))))


@given(st.sampled_from(ARITHMETIC), floats, floats)
def test_arithmetic_contains_the_exact_result(op: Callable[[Any, Any], Any], a: float, b: float) -> None:
    assume(b != 0 or op is not operator.truediv)
    exact = op(Fraction(a), Fraction(b))
    off = exact + (abs(exact) or 1) * Fraction(1, 10**40)
    for left, right in (
        (ball(a), ball(b)),
        (ball(a), b),
        (a, ball(b)),
        (np.float64(a), ball(b)),
        (ball(a), np.float64(b)),
    ):
        with use_precision(50):
            result = op(left, right)
        assert contains(result, exact)
        assert not contains(result, off)


@given(floats, st.integers(-3, 5))
def test_integer_powers_contain_the_exact_result(a: float, n: int) -> None:
    assume(a != 0 or n >= 0)
    assert contains(ball(a) ** n, Fraction(a) ** n)


@given(st.sampled_from(FUNCTIONS), st.floats(0.0625, 20))
def test_functions_contain_what_they_give_at_a_higher_precision(name: str, x: float) -> None:
    with use_precision(50):
        value = getattr(ball(x), name)().value
    with use_precision(100):
        assert value.contains(getattr(arb(x), name)())
        assert not value.contains(getattr(arb(x), name)() + arb("1e-30"))


@given(st.sampled_from(FUNCTIONS), st.floats(0.0625, 3))
def test_functions_are_the_ones_that_numpy_calls_by_that_name(name: str, x: float) -> None:
    through_numpy = getattr(np, name)(np.array([ball(x)], dtype=object))[0]
    assert float(through_numpy.value) == pytest.approx(getattr(np, name)(x), rel=1e-13)


def test_matrix_products_sums_and_einsum_run_on_arrays_of_balls() -> None:
    random = np.random.default_rng(0)
    a, b = random.integers(-9, 9, (3, 4)), random.integers(-9, 9, (4, 2))
    balls = np.array([[ball(x) for x in row] for row in a.tolist()], dtype=object)
    for result, exact in [
        (balls @ b, a @ b),
        (np.einsum("ij,jk->ik", balls, b), a @ b),
        (balls.sum(axis=0), a.sum(axis=0)),
        (2 * balls.T - 1, 2 * a.T - 1),
        (np.where(a > 0, balls, 0), np.where(a > 0, a, 0)),
        (np.maximum(balls, 0), np.maximum(a, 0)),
        (abs(balls), abs(a)),
    ]:
        assert result.shape == exact.shape
        assert all(x == y for x, y in zip(result.flat, exact.flat, strict=True))


@pytest.mark.parametrize("convert", [float, complex, operator.index], ids=lambda convert: convert.__name__)
def test_a_ball_does_not_become_a_float(convert: Callable[[Ball], Any]) -> None:
    with pytest.raises(TypeError, match="without losing its error bound"):
        convert(THIRD)


def test_a_ball_is_not_written_into_a_float_array() -> None:
    with pytest.raises(ValueError, match="with a sequence") as refused:
        np.zeros(2)[0] = THIRD
    assert isinstance(refused.value.__cause__, RefusedFloatError)
    with pytest.raises(ValueError, match="with a sequence"):
        np.array([THIRD], dtype=object).astype(np.float32)


@pytest.mark.parametrize("other", ["1", None, np.longdouble(1)], ids=repr)
def test_what_is_no_real_number_is_refused(other: object) -> None:
    with pytest.raises(TypeError):
        _ = THIRD * other


RELATIONS = [operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne]


@pytest.mark.parametrize("relation", RELATIONS, ids=lambda relation: relation.__name__)
def test_a_comparison_that_the_radius_leaves_open_is_refused(relation: Callable[[Any, Any], bool]) -> None:
    same = 1 - 2 * THIRD  # also a third, as far as its ball can tell
    with pytest.raises(UndecidedComparisonError, match="cannot decide"):
        relation(same, THIRD)
    with pytest.raises(UndecidedComparisonError, match="cannot decide"):
        relation(same - THIRD, 0)


@given(st.sampled_from(RELATIONS), floats, floats)
def test_a_comparison_of_exact_balls_is_that_of_their_numbers(
    relation: Callable[[Any, Any], bool], a: float, b: float
) -> None:
    for left, right in ((a, b), (a, a)):
        assert relation(ball(left), ball(right)) == relation(left, right)
        assert relation(ball(left), right) == relation(left, right)
        assert relation(left, ball(right)) == relation(left, right)


def test_equal_traced_numbers_are_a_tie_that_no_precision_decides() -> None:
    with pytest.raises(UndecidedComparisonError), use_precision(500):
        _ = Traced(arb(2)) > 2
    x = Traced(arb(2))
    assert x >= x
    assert x > 1


def test_the_precision_is_put_back_when_an_error_passes() -> None:
    before = ctx.prec
    with pytest.raises(ZeroDivisionError), use_precision(300):
        _ = 1 / 0
    assert ctx.prec == before


def test_a_thread_waits_for_its_own_precision() -> None:
    seen = []

    def work() -> None:
        with use_precision(80):
            seen.append(ctx.dps)

    with use_precision(300):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join(timeout=0.2)
        assert seen == []
        assert ctx.dps == 300
    thread.join()
    assert seen == [80]


BINARY_AT = [(operator.add, 2), (operator.sub, 2), (operator.mul, 2), (operator.truediv, 2), (operator.pow, 2)]


def slope_by_difference(f: Callable[[Any], Any], x: float) -> arb:
    """The derivative to about 60 digits, by a central difference of step 1e-40 in 200 digits."""
    h = arb("1e-40")
    difference: arb = (f(Ball(arb(x) + h)).value - f(Ball(arb(x) - h)).value) / (2 * h)
    return difference


def assert_slope(f: Callable[[Any], Any], x: float) -> None:
    with use_precision(200):
        traced = Traced(arb(x))
        slope = sweep(f(traced), [traced])(traced)
        error = abs(slope - slope_by_difference(f, x))
        assert error < arb("1e-60")
        assert slope.rad() < arb("1e-150")


@given(st.sampled_from(FUNCTIONS), st.floats(0.125, 1.25))
def test_the_partial_derivative_of_a_function_is_its_slope(name: str, x: float) -> None:
    assert_slope(lambda y: getattr(y, name)(), x)


@given(st.sampled_from([*ARITHMETIC, operator.pow]), st.floats(0.25, 4), st.floats(0.25, 4))
def test_the_partial_derivatives_of_an_operation_are_its_slopes(
    op: Callable[[Any, Any], Any], a: float, b: float
) -> None:
    assert_slope(lambda y: op(y, b), a)
    assert_slope(lambda y: op(a, y), b)
    assert_slope(lambda y: op(y * y, 1 / y), a)
    assert_slope(lambda y: op(-y + 9, abs(y)), a)


@given(st.floats(-30, 30) | st.just(0.0))
def test_the_sigmoid_is_smooth_at_zero_although_it_is_written_with_an_absolute_value(x: float) -> None:
    with use_precision(50), change_context(comparisons=Comparisons()):
        traced = Traced(arb(x))
        (value,) = sigmoid(np.array([traced], dtype=object))
        slope = sweep(value, [traced])(traced)
        expected = 1 / (2 * (arb(x) / 2).cosh()) ** 2
        assert slope.overlaps(expected)
        assert slope.rad() < arb("1e-45")


MAKERS: dict[str, Callable[[float], Any]] = {
    "Traced": lambda x: Traced(arb(x)),
    "Rounded": lambda x: store(arb(x), np.float64(x)),
    "Ball": lambda x: Ball(arb(x)),
}
OF_TWO = {name: getattr(operator, name, lambda a, b, name=name: getattr(a, name)(b)) for name in BINARY}
OTHERS = {"a ball of the same kind": None, "a number": 0.25, "a number that stands in the code": Fixed(arb(0.25))}


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize("name", ["__neg__", "__abs__", *UNARY])
def test_a_function_of_a_ball_is_a_ball_of_the_same_kind(kind: str, name: str) -> None:
    """A plain ball would have forgotten what it depends on, or how it was rounded."""
    assert type(getattr(MAKERS[kind](0.5), name)()).__name__ == kind


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("name", BINARY)
def test_a_function_of_two_is_a_ball_of_the_kind_that_knows_more(kind: str, other: str, name: str) -> None:
    ball = MAKERS[kind](0.5)
    second = MAKERS[kind](0.25) if OTHERS[other] is None else OTHERS[other]
    assert type(OF_TWO[name](ball, second)).__name__ == kind


@pytest.mark.parametrize("kind", ["Traced", "Rounded"])
@pytest.mark.parametrize("name", BINARY)
def test_a_number_in_the_code_does_not_hide_what_the_other_depends_on(kind: str, name: str) -> None:
    fixed, ball = Fixed(arb(2)), MAKERS[kind](0.5)
    result = OF_TWO[name](fixed, ball)
    assert type(result).__name__ == kind
    assert result.value.overlaps(BINARY[name].apply(arb(2), arb(0.5)))


def test_the_slope_of_an_absolute_value_at_its_kink_is_any_between_minus_one_and_one() -> None:
    x = Traced(arb(0))
    slope = sweep(abs(x), [x])(x)
    assert slope.contains(-1)
    assert slope.contains(1)


def test_an_output_that_does_not_depend_on_an_input_has_slope_zero() -> None:
    x, unused = Traced(arb(2)), Traced(arb(3))
    assert sweep(x * x, [x, unused])(unused) == 0
    assert sweep(7.0, [x])(x) == 0


def test_a_long_computation_is_swept_without_recursion() -> None:
    x, y = Traced(arb(1)), Traced(arb(2))
    total = x
    for _ in range(50_000):
        total = total + x - y
    slope = sweep(total, [x, y])
    assert slope(x) == 50_001
    assert slope(y) == -50_000


def test_what_cancels_in_a_formula_of_one_variable_costs_no_digits_of_the_adjoint() -> None:
    with use_precision(50):
        x = Traced(arb(1))
        y = x
        for _ in range(100):
            y = (2 * y - y) * x
        assert sweep(y, [x])(x).rel_accuracy_bits() > 140


class TestWhereRoundingDecides:
    """A float somewhere in [-1, 3]."""

    @pytest.fixture(autouse=True)
    def forty_digits(self) -> Iterator[None]:
        with use_precision(40):
            yield

    @pytest.fixture
    def x(self) -> Rounded:
        return Rounded(arb(1, 2), np.float64(1), get_kind(np.float64))

    def test_its_sign_may_be_any(self, x: Rounded) -> None:
        assert all(x.sign().value.contains(sign) for sign in (-1, 0, 1))
        assert all(store(arb(n), np.float64(n)).sign().value == np.sign(n) for n in (-2, 0, 2))

    def test_its_maximum_with_another_may_be_either(self, x: Rounded) -> None:
        larger, smaller = x.maximum(0).value, x.minimum(0).value
        assert all(larger.contains(arb(n)) for n in (0, 1, 3))
        assert all(smaller.contains(arb(n)) for n in (-1, 0))
        assert not larger.contains(-0.5)
        assert not smaller.contains(0.5)

    def test_less_its_absolute_value_it_is_twice_itself_or_zero(self, x: Rounded) -> None:
        difference = (x - abs(x)).value
        assert all(difference.contains(n - abs(n)) for n in (-1, -0.5, 0, 3))
        assert not difference.contains(0.1)

    def test_its_absolute_value_is_not_negative(self, x: Rounded) -> None:
        assert all(abs(x).value.contains(n) for n in (0, 1, 3))
        assert not abs(x).value.contains(-0.1)

    @pytest.mark.parametrize("name", ["exp", "tanh"])
    @pytest.mark.parametrize("radius", [0.01, 1, 50, 1000])
    def test_a_function_of_a_wide_ball_contains_its_values_and_no_others_far_off(
        self, name: str, radius: float
    ) -> None:
        f = UNARY[name].apply
        result = f(arb(1, radius))
        for x in np.linspace(1 - radius, 1 + radius, 41):
            assert result.contains(f(arb(float(x))).mid())
        assert result.abs_upper() <= 1.01 * f(arb(1 + radius)).abs_upper() + 0.01

    @given(st.floats(-50, 50), st.floats(-50, 50), st.floats(0.1, 40), st.floats(-1, 1), st.floats(-1, 1))
    def test_logaddexp_of_wide_balls_contains_its_values(
        self, a: float, b: float, radius: float, s: float, t: float
    ) -> None:
        f = BINARY["logaddexp"].apply
        with use_precision(40):
            wide = f(arb(a, radius), arb(b, radius))
            assert wide.overlaps(f(arb(a) + s * arb(radius), arb(b) + t * arb(radius)))
            assert wide.is_finite()


def test_a_float_that_overflows_stands_for_what_it_is() -> None:
    """exp(95) is a number, and infinite in float32: so its reciprocal is 0, as on floats."""
    overflown = store(arb(95), np.float32(95)).apply_unary(UNARY["exp"])
    assert np.isinf(overflown.as_float)
    assert not overflown.value.is_finite()
    assert (1 / (1 + overflown)).value.contains(0)
    assert store(arb(80), np.float32(80)).apply_unary(UNARY["exp"]).value.is_finite()


@pytest.mark.parametrize("exponent", [2, 3, 7])
def test_a_power_of_what_may_be_zero_is_a_product(exponent: int) -> None:
    around_zero = Ball(arb(1) / 3 - arb(1) / 3)
    power = (around_zero**exponent).value
    assert power.is_finite()
    assert power.contains(0)
    assert power.rad() < 1e-20
    x = Traced(around_zero.value)
    assert sweep(x**exponent, [x])(x).is_finite()


def test_the_slope_of_a_power_of_zero_by_its_exponent_is_zero() -> None:
    b = Traced(arb(1.5))
    assert sweep(Fixed(arb(0)) ** b, [b])(b) == 0
    assert sweep(Fixed(arb(2)) ** b, [b])(b) > 1
