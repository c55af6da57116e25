"""Index expressions evaluated on given sizes, against NumPy."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from bptt.proofread import _expressions as ex
from bptt.proofread._expressions import Definition, Definitions, Entry, Expression, Quantity, Range, Step
from bptt.proofread.evaluation import Budget, Circle, TooLarge
from bptt.proofread.evaluation._arrays import TooSmall, spread
from bptt.proofread.evaluation._budget import MOST_OPERATIONS
from bptt.proofread.evaluation._evaluate import Evaluator
from bptt.proofread.evaluation._points import NoSuchStep, Point
from bptt.proofread.evaluation._setting import Setting

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
    return evaluator_of(definitions or Definitions(), RANGES, point)


def evaluator_of(definitions: Definitions, ranges: Mapping[str, Range], point: Point) -> Evaluator:
    nodes = [one.body for each in definitions.quantities.values() for one in each]
    return Evaluator(Setting(definitions, ranges, nodes, Budget()), point)


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
        (ex.Mask("=", Step("last", -1), Step("", 3)), "", 1),
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
    xs = np.array([array_of_x(step) for step in range(1, 5)])
    total = ex.OverSteps("t", Step("", 2), Step("last", -1), entry(x, "p", T0))
    np.testing.assert_allclose(values_of(make_evaluator(), total, "p"), xs[1:3].sum(axis=0), rtol=1e-14)
    empty = ex.OverSteps("t", Step("", 3), Step("", 1), entry(x, "p", T0))
    assert values_of(make_evaluator(), empty).item() == 0
    product = ex.OverSteps("t", Step("", 1), Step("last", 0), entry(x, "p", T0), product=True)
    np.testing.assert_allclose(values_of(make_evaluator(), product, "p"), xs.prod(axis=0), rtol=1e-14)


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
    states = [values_of(make_evaluator(NETWORK), entry(h, "k", Step("", step)), "k") for step in range(1, 5)]
    np.testing.assert_allclose(states, forward(W_)[1:], rtol=1e-14)
    assert values_of(make_evaluator(NETWORK), entry(h, "k", Step("", 0)), "k").item() == 0


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
    immediate = values_of(make_evaluator(NETWORK), ex.Partial(last, entry(W, "ij"), "other steps"), "kij")
    np.testing.assert_allclose(immediate, np.einsum("k,ki,j->kij", slopes[4], np.eye(3), states[3]), rtol=1e-13)


def test_a_direct_derivative_holds_all_that_is_defined_but_what_it_is_by() -> None:
    last, before = entry(h, "k", Step("last", 0)), entry(h, "l", Step("last", -1))
    states = forward(W_)
    slopes = 1 - states**2
    expected = np.einsum("k,ki,j->kij", slopes[4], np.eye(3), states[3])
    direct = values_of(make_evaluator(NETWORK), ex.Partial(last, entry(W, "ij"), "all"), "kij")
    np.testing.assert_allclose(direct, expected, rtol=1e-13)
    by_state = values_of(make_evaluator(NETWORK), ex.Partial(last, before, "all"), "kl")
    np.testing.assert_allclose(by_state, slopes[4][:, None] * W_, rtol=1e-13)
    total = values_of(make_evaluator(NETWORK), ex.Partial(last, entry(h, "l", Step("last", -2))), "kl")
    np.testing.assert_allclose(total, slopes[4][:, None] * W_ @ (slopes[3][:, None] * W_), rtol=1e-13)
    two_before = ex.Partial(last, entry(h, "l", Step("last", -2)), "all")
    assert values_of(make_evaluator(NETWORK), two_before).item() == 0


def test_a_direct_derivative_of_an_expression_differentiates_what_stands_there() -> None:
    mean = Definitions({c: [Definition(c, None, (), ex.Total("k", entry(a, "k")))]})
    product = ex.Times((entry(c), entry(a, "k")))
    held = values_of(make_evaluator(mean), ex.Partial(product, entry(a, "l"), "all"), "kl")
    np.testing.assert_allclose(held, a_.sum() * np.eye(3), rtol=1e-14)
    total = values_of(make_evaluator(mean), ex.Partial(product, entry(a, "l")), "kl")
    np.testing.assert_allclose(total, a_.sum() * np.eye(3) + a_[:, None], rtol=1e-14)
    by_mean = values_of(make_evaluator(mean), ex.Partial(product, entry(c), "all"), "k")
    np.testing.assert_allclose(by_mean, a_, rtol=1e-14)
    own = values_of(make_evaluator(mean), ex.Partial(entry(c), entry(a, "l"), "all"), "l")
    np.testing.assert_allclose(np.broadcast_to(own, 3), np.ones(3))


MASKS = ((ex.Mask("=", "i", "j"), np.eye(3)), (ex.Mask("≠", "i", "j"), 1 - np.eye(3)))


@pytest.mark.parametrize(
    ("mask", "expected"),
    [
        *MASKS,
        (ex.Mask("<", "i", "j"), np.triu(np.ones((3, 3)), 1)),
        (ex.Mask("≤", "i", "j"), np.triu(np.ones((3, 3)))),
        (ex.Mask("<", 1, "j"), np.array([[0, 1, 1]] * 3)),
        (ex.Mask("=", "i", 2), np.array([[0] * 3, [1] * 3, [0] * 3])),
        (ex.Mask("≤", 2, 3), np.ones((3, 3))),
        (ex.Mask("<", T0, Step("last", 0)), np.ones((3, 3))),
        (ex.Mask("=", T0, Step("last", 0)), np.zeros((3, 3))),
    ],
)
def test_a_mask_is_1_where_its_relation_holds(mask: ex.Mask, expected: Any) -> None:
    values = values_of(make_evaluator(), mask, "ij", {"t": 2})
    np.testing.assert_array_equal(np.broadcast_to(values, (3, 3)), expected)
    masked = values_of(make_evaluator(), ex.Times((entry(W, "ij"), mask)), "ij", {"t": 2})
    np.testing.assert_allclose(np.broadcast_to(masked, (3, 3)), W_ * expected)


def delta(left: ex.Index, right: ex.Index) -> ex.Delta:
    return ex.Delta(left, right)


def sums(letters: str, *factors: Expression) -> Expression:
    total: Expression = ex.Times(factors)
    for letter in letters:
        total = ex.Total(letter, total)
    return total


@pytest.mark.parametrize(
    ("node", "indices", "expected"),
    [
        (sums("k", delta("k", "i"), entry(W, "kj")), "ij", W_),
        (sums("k", delta("i", "k"), entry(W, "kk")), "i", np.diag(W_)),
        (sums("kl", delta("k", "l"), entry(W, "kl")), "", np.trace(W_)),
        (sums("kl", delta("k", "l"), delta("l", "k")), "", 3),
        (sums("kl", delta("k", 2), entry(W, "kl")), "", W_[1].sum()),
        (sums("k", delta("i", "k"), entry(a, "j")), "j", a_),
        (sums("k", entry(a, "i")), "i", 3 * a_),
        (sums("kl", entry(a, "k"), entry(W, "kl"), entry(b, "l")), "", a_ @ W_ @ b_),
        (sums("kl", entry(W, "ik"), entry(W, "kl"), entry(W, "lj")), "ij", W_ @ W_ @ W_),
        (sums("k", entry(W, "ik"), entry(W, "jk"), entry(a, "k")), "ij", (W_ * a_) @ W_.T),
        (sums("k", entry(W, "ik"), entry(W, "ik")), "i", (W_ * W_).sum(axis=1)),
        (sums("kp", entry(W, "ik"), entry(U, "kp"), entry(v, "p"), delta("i", "j")), "ij", np.diag(W_ @ U_ @ v_)),
        (ex.Total("k", ex.Plus((entry(a, "k"), ex.Times((entry(b, "k"), entry(W, "kj")))))), "j", a_.sum() + b_ @ W_),
    ],
)
def test_a_sum_of_products_has_the_value_that_numpy_gives(node: Expression, indices: str, expected: Any) -> None:
    values = values_of(make_evaluator(), node, indices)
    np.testing.assert_allclose(np.broadcast_to(values, np.shape(expected)), expected, rtol=1e-13)


def test_a_sum_of_products_does_not_take_the_operations_of_all_its_terms() -> None:
    evaluator = make_evaluator(point=Point({"hidden": 6, "input": 1}, 1))
    chain = sums("jkl", entry(W, "ij"), entry(W, "jk"), entry(W, "kl"), entry(a, "l"))
    before = evaluator.setting.budget.left
    evaluator.evaluate(chain, {})
    assert before - evaluator.setting.budget.left < 6**4


def test_a_number_beyond_the_size_is_refused_wherever_it_stands() -> None:
    for node in (delta("i", 4), sums("k", delta("k", 4), entry(a, "i")), Entry(h, Step("", 0), (4,))):
        with pytest.raises(TooSmall, match="there is no entry 4 at a size of 3"):
            make_evaluator(NETWORK).evaluate(node, {})


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
    declared = make_evaluator(Definitions(properties={W: frozenset(("positive",))}))
    tried = make_evaluator(point=POINT._replace(values="positive"))
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
    wide = make_evaluator(point=Point({"hidden": 17, "input": 1}, 1))
    with pytest.raises(TooLarge, match="it has more than 70,000 values of its indices"):
        wide.evaluate(many, {})
    letters = [f"i{place}" for place in range(25)]
    deep = evaluator_of(Definitions(), dict.fromkeys(letters, n), Point({"hidden": 1}, 1))
    with pytest.raises(TooLarge, match="it has more than 24 indices at once"):
        deep.evaluate(ex.Times(tuple(Entry(a, None, (letter,)) for letter in letters)), {})
    chained = [Quantity(f"c{place}", (), False) for place in range(70)]
    links = zip(chained[1:], chained, strict=False)
    row = Definitions({new: [Definition(new, None, (), entry(old))] for new, old in links})
    with pytest.raises(Circle, match="is defined by more than 60 others in a row"):
        make_evaluator(row).evaluate(entry(chained[-1]), {})


def test_a_budget_that_is_spent_says_so_and_names_the_operations() -> None:
    budget = Budget()
    budget.spend(MOST_OPERATIONS - 1)
    assert budget.left >= 0
    with pytest.raises(TooLarge, match="it takes more than 4,000,000 operations"):
        budget.spend(2)
    assert budget.left < 0
