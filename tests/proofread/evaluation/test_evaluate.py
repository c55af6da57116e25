"""Index expressions evaluated on given sizes, against NumPy."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from bptt.proofread import _expressions as ex
from bptt.proofread._expressions import Definition, Definitions, Entry, Expression, Quantity, Step
from bptt.proofread.evaluation import Budget, Circle, TooLarge
from bptt.proofread.evaluation._arrays import TooSmall, spread
from bptt.proofread.evaluation._evaluate import Evaluator
from bptt.proofread.evaluation._point import NoSuchStep, Point

n, m = ("hidden",), ("input",)
W, U = Quantity("W", (n, n), False), Quantity("U", (n, m), False)
a, b, v, c = (
    Quantity("a", (n,), False),
    Quantity("b", (n,), False),
    Quantity("v", (m,), False),
    Quantity("c", (), False),
)
h, x = Quantity("h", (n,), True), Quantity("x", (m,), True)
POINT = Point({"hidden": 3, "input": 2}, steps=4, seed=5)
RANGES = {"i": n, "j": n, "k": n, "l": n, "p": m, "q": m, "z": (*n, *m)}
T0 = Step("t", 0)


def make_evaluator(definitions: Definitions | None = None, point: Point = POINT) -> Evaluator:
    return Evaluator(definitions or Definitions(), RANGES, point, Budget())


def values_of(
    evaluator: Evaluator, node: Expression, indices: str = "", steps: Mapping[str, int] | None = None
) -> npt.NDArray[np.float64]:
    """The values as floats, an axis for each letter."""
    balls: Any = spread(evaluator.evaluate(node, steps or {}), tuple(indices))
    return np.array([float(ball.mid()) for ball in balls.ravel()]).reshape(balls.shape)


def entry(quantity: Quantity, letters: str = "", step: Step | None = None) -> Entry:
    return Entry(quantity, step, tuple(letters))


W_, U_ = (values_of(make_evaluator(), entry(matrix, letters), letters) for matrix, letters in ((W, "ij"), (U, "ip")))
a_, b_, v_ = (values_of(make_evaluator(), entry(one, letter), letter) for one, letter in ((a, "i"), (b, "i"), (v, "p")))


def array_of_x(step: int) -> npt.NDArray[np.float64]:
    return values_of(make_evaluator(), entry(x, "p", Step("", step)), "p")


def power(base: Expression, exponent: Fraction | int) -> ex.Power:
    return ex.Power(base, Fraction(exponent))


@pytest.mark.parametrize(
    ("node", "indices", "expected"),
    [
        (ex.Total("l", ex.Times((entry(W, "kl"), entry(a, "l")))), "k", W_ @ a_),
        (ex.Total("k", ex.Times((entry(a, "k"), entry(b, "k")))), "", a_ @ b_),
        (ex.Total("k", entry(W, "kk")), "", np.trace(W_)),
        (ex.Times((entry(a, "i"), entry(v, "p"))), "ip", np.outer(a_, v_)),
        (ex.Plus((entry(W, "ij"), entry(W, "ji"))), "ij", W_ + W_.T),
        (ex.Times((ex.Delta("i", "j"), entry(a, "i"))), "ij", np.diag(a_)),
        (Entry(W, None, (2, "j")), "j", W_[1]),
        (Entry(W, None, (2, 3)), "", W_[1, 2]),
        (power(entry(a, "k"), 3), "k", a_**3),
        (power(power(entry(a, "k"), 2), Fraction(-1, 2)), "k", 1 / np.abs(a_)),
        (ex.Total("k", entry(a, "k"), product=True), "", np.prod(a_)),
        (ex.Total("k", ex.Constant(Fraction(3, 2))), "", 4.5),
        (ex.Total("k", ex.Constant(Fraction(3, 2)), product=True), "", 1.5**3),
        (ex.Size(n), "", 3),
        (ex.Size(None), "", 4),
        (ex.Size((*n, *m)), "", 5),
        (ex.SameStep(Step("last", -1), Step("", 3)), "", 1),
        (ex.Concatenation("z", (("k", entry(a, "k")), ("p", entry(v, "p")))), "z", np.concatenate([a_, v_])),
        (ex.Concatenation(4, (("k", entry(a, "k")), ("p", entry(v, "p")))), "", v_[0]),
        (ex.Function("tanh", 0, entry(a, "k")), "k", np.tanh(a_)),
        (ex.Function("tanh", 2, entry(a, "k")), "k", -2 * np.tanh(a_) / np.cosh(a_) ** 2),
        (ex.Partial(power(entry(a, "k"), 2), entry(a, "l")), "kl", np.diag(2 * a_)),
    ],
)
def test_an_expression_has_the_value_that_numpy_gives(node: Expression, indices: str, expected: Any) -> None:
    np.testing.assert_allclose(values_of(make_evaluator(), node, indices), expected, rtol=1e-14)


def test_a_sum_over_steps_runs_from_its_first_to_its_last_and_is_0_where_there_is_none() -> None:
    xs = np.array([array_of_x(step) for step in range(5)])
    total = ex.OverSteps("t", Step("", 2), Step("last", -1), entry(x, "p", T0))
    np.testing.assert_allclose(values_of(make_evaluator(), total, "p"), xs[2:4].sum(axis=0), rtol=1e-14)
    empty = ex.OverSteps("t", Step("", 3), Step("", 1), entry(x, "p", T0))
    assert values_of(make_evaluator(), empty).item() == 0
    product = ex.OverSteps("t", Step("", 1), Step("last", 0), entry(x, "p", T0), product=True)
    np.testing.assert_allclose(values_of(make_evaluator(), product, "p"), xs[1:].prod(axis=0), rtol=1e-14)


NETWORK = Definitions(
    {
        h: [
            Definition(h, Step("", 0), ("i",), ex.ZERO),
            Definition(
                h,
                T0,
                ("i",),
                ex.Function(
                    "tanh",
                    0,
                    ex.Plus(
                        (
                            ex.Total("j", ex.Times((entry(W, "ij"), entry(h, "j", Step("t", -1))))),
                            ex.Total("p", ex.Times((entry(U, "ip"), entry(x, "p", T0)))),
                        )
                    ),
                ),
            ),
        ]
    }
)


def forward(W: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The states of the network, computed by NumPy."""
    states = [np.zeros(3)]
    for step in range(1, 5):
        states.append(np.tanh(W @ states[-1] + U_ @ array_of_x(step)))
    return np.array(states)


def test_a_recurrence_has_the_states_that_a_loop_of_numpy_has() -> None:
    states = [values_of(make_evaluator(NETWORK), entry(h, "k", Step("", step)), "k") for step in range(5)]
    np.testing.assert_allclose(states, forward(W_), rtol=1e-14)


def test_a_derivative_goes_through_every_state_and_an_immediate_one_through_the_last_alone() -> None:
    last = entry(h, "k", Step("last", 0))
    states = forward(W_)
    slopes = 1 - states**2
    through = np.zeros((3, 3, 3))
    for step in range(1, 5):
        direct = np.einsum("ki,j->kij", np.eye(3), states[step - 1])
        through = slopes[step][:, None, None] * (direct + np.einsum("kl,lij->kij", W_, through))
    total = values_of(make_evaluator(NETWORK), ex.Partial(last, entry(W, "ij")), "kij")
    np.testing.assert_allclose(total, through, rtol=1e-13)
    immediate = values_of(make_evaluator(NETWORK), ex.Partial(last, entry(W, "ij"), immediate=True), "kij")
    np.testing.assert_allclose(immediate, np.einsum("k,ki,j->kij", slopes[4], np.eye(3), states[3]), rtol=1e-13)


def test_a_product_of_matrices_has_its_last_step_on_the_left_where_it_descends() -> None:
    scaled = ex.Times((entry(W, "ij"), ex.Total("p", entry(x, "p", T0))))
    body = ex.Plus((scaled, ex.Times((ex.Delta("i", "j"), entry(a, "i")))))
    factors = [W_ * array_of_x(step).sum() + np.diag(a_) for step in (1, 2)]
    first, last = Step("", 1), Step("", 2)
    for descending, expected in ((True, factors[1] @ factors[0]), (False, factors[0] @ factors[1])):
        node = ex.MatrixProduct("t", first, last, body, ("i", "j"), ("k", "l"), descending)
        np.testing.assert_allclose(values_of(make_evaluator(), node, "kl"), expected, rtol=1e-14)


def test_the_same_quantity_has_the_same_values_and_another_seed_gives_others() -> None:
    other = make_evaluator(point=POINT._replace(seed=6))
    assert np.array_equal(values_of(make_evaluator(), entry(W, "ij"), "ij"), W_)
    assert not np.any(values_of(other, entry(W, "ij"), "ij") == W_)


def test_a_positive_quantity_has_positive_values() -> None:
    assert np.any(W_ < 0)
    declared, tried = make_evaluator(Definitions(positive={"W"})), make_evaluator(point=POINT._replace(positive=True))
    assert all(np.all(values_of(one, entry(W, "ij"), "ij") > 0) for one in (declared, tried))


def test_a_step_that_there_is_not_an_entry_too_far_and_a_circle_are_named() -> None:
    with pytest.raises(NoSuchStep, match="there is no step 5"):
        make_evaluator().evaluate(entry(h, "k", Step("last", 1)), {})
    with pytest.raises(NoSuchStep, match="a product over the steps runs from 4 to 1"):
        make_evaluator().evaluate(ex.OverSteps("t", Step("", 4), Step("", 1), entry(c), product=True), {})
    with pytest.raises(TooSmall, match="there is no entry 4 at a size of 3"):
        make_evaluator().evaluate(Entry(a, None, (4,)), {})
    circle = Definitions({c: [Definition(c, None, (), ex.add(entry(c), ex.ONE))]})
    with pytest.raises(Circle, match="c is defined by itself"):
        make_evaluator(circle).evaluate(entry(c), {})


def test_the_limits_of_an_evaluation_are_named() -> None:
    many = ex.Times(tuple(entry(W, pair) for pair in ("ij", "kl")))
    wide = make_evaluator(point=Point({"hidden": 20, "input": 1}, 1))
    with pytest.raises(TooLarge, match="it has more than 50,000 values of its indices"):
        wide.evaluate(many, {})
    letters = [f"i{place}" for place in range(25)]
    deep = Evaluator(Definitions(), dict.fromkeys(letters, n), Point({"hidden": 1}, 1), Budget())
    with pytest.raises(TooLarge, match="it has more than 24 indices at once"):
        deep.evaluate(ex.Times(tuple(Entry(a, None, (letter,)) for letter in letters)), {})
    chained = [Quantity(f"c{place}", (), False) for place in range(70)]
    links = zip(chained[1:], chained, strict=False)
    row = Definitions({new: [Definition(new, None, (), entry(old))] for new, old in links})
    with pytest.raises(Circle, match="is defined by more than 60 others in a row"):
        make_evaluator(row).evaluate(entry(chained[-1]), {})


def test_a_budget_that_is_spent_says_so_and_names_the_operations() -> None:
    budget = Budget()
    budget.spend(999_999)
    assert not budget.is_spent
    with pytest.raises(TooLarge, match="it takes more than 1,000,000 operations"):
        budget.spend(2)
    assert budget.is_spent
