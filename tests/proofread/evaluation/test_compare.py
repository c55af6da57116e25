"""Claims compared: what holds agrees, what does not is rejected, and what is not known says why."""

import itertools
from fractions import Fraction

import pytest

from bptt.proofread import _expressions as ex
from bptt.proofread._expressions import Claim, Definition, Definitions, Entry, Expression, Quantity, Range, Step
from bptt.proofread.evaluation import Agreement, Budget, Counterexample, Outcome, Undecided, compare
from bptt.proofread.evaluation._sample_points import SamplePoints

pytestmark = pytest.mark.usefixtures("without_clock")

n, m = ("hidden",), ("input",)
W, U = Quantity("W", (n, n), False), Quantity("U", (n, m), False)
a, v, c = Quantity("a", (n,), False), Quantity("v", (m,), False), Quantity("c", (), False)
h = Quantity("h", (n,), True)
RANGES: dict[str, Range] = {"i": n, "j": n, "k": n, "l": n, "p": m}
TWO = ex.Constant(Fraction(2))
T0, T1 = Step("t", 0), Step("t", -1)


def entry(quantity: Quantity, letters: str = "", step: Step | None = None) -> Entry:
    return Entry(quantity, step, tuple(letters))


def claim(left: Expression, right: Expression, free: str = "", steps: str = "", last_is: int | None = None) -> Claim:
    return Claim(left, right, tuple(free), tuple(steps), RANGES, last_is)


def compared(stated: Claim, definitions: Definitions | None = None) -> Outcome:
    return compare(stated, definitions or Definitions(), Budget())


def sums(letter: str, *factors: Expression) -> ex.Total:
    return ex.Total(letter, ex.Times(factors))


def test_the_terms_of_a_sum_may_stand_in_any_order() -> None:
    x, y = sums("l", entry(W, "kl"), entry(a, "l")), sums("p", entry(U, "kp"), entry(v, "p"))
    outcome = compared(claim(ex.Plus((x, y)), ex.Plus((y, x)), "k"))
    assert isinstance(outcome, Agreement)
    assert (outcome.ranges, outcome.timed) == (("hidden", "input"), False)


def square(base: Expression) -> ex.Power:
    return ex.Power(base, Fraction(2))


@pytest.mark.parametrize(
    ("left", "right", "free", "sizes"),
    [
        (entry(W, "ij"), entry(W, "ji"), "ij", {"hidden": 2}),
        (entry(a, "k"), ex.multiply(TWO, entry(a, "k")), "k", {"hidden": 1}),
        (sums("l", entry(W, "kl"), entry(a, "l")), sums("l", entry(W, "lk"), entry(a, "l")), "k", {"hidden": 2}),
        (ex.Total("k", square(entry(a, "k"))), square(ex.Total("k", entry(a, "k"))), "", {"hidden": 2}),
        (ex.Total("p", entry(v, "p")), ex.multiply(ex.Size(m), Entry(v, None, (1,))), "", {"input": 2}),
        (ex.Partial(square(entry(c)), entry(c)), entry(c), "", {}),
    ],
)
def test_a_planted_mistake_is_rejected_at_the_smallest_sizes_that_show_it(
    left: Expression, right: Expression, free: str, sizes: dict[str, int]
) -> None:
    outcome = compared(claim(left, right, free))
    assert isinstance(outcome, Counterexample)
    assert outcome.sizes == sizes
    assert outcome.left - outcome.right == pytest.approx(outcome.difference, rel=1e-12)
    assert set(outcome.entry) == set(free)


def test_a_mistake_below_the_digits_of_a_float_is_found() -> None:
    tiny = ex.Constant(Fraction(1, 10**40))
    outcome = compared(claim(entry(c), ex.Plus((entry(c), tiny))))
    assert isinstance(outcome, Counterexample)
    assert outcome.left == outcome.right
    assert outcome.difference == pytest.approx(-1e-40)


@pytest.mark.parametrize("letters", ["ijk", "ijkl"])
def test_a_mistake_that_shows_only_where_all_indices_differ_is_found(letters: str) -> None:
    factors = [entry(a, letter) for letter in letters]
    apart = [ex.Plus((ex.ONE, ex.negate(ex.Delta(*pair)))) for pair in itertools.combinations(letters, 2)]
    outcome = compared(claim(ex.Times((*factors, *apart)), ex.ZERO, letters))
    assert isinstance(outcome, Counterexample)
    assert outcome.sizes == {"hidden": len(letters)}


def test_what_is_tied_up_to_three_entries_is_tried_at_more() -> None:
    # With g = tanh a and the power sums p of g: tanh Σa (1 + e_2 + e_4 + …) = e_1 + e_3 + …, here without e_4.
    of_sum = ex.Function("tanh", 0, ex.Total("i", entry(a, "i")))
    p1, p2, p3 = (ex.Total("i", ex.Power(ex.Function("tanh", 0, entry(a, "i")), Fraction(n))) for n in (1, 2, 3))
    half, third = ex.Constant(Fraction(1, 2)), ex.Constant(Fraction(1, 3))
    e2 = ex.multiply(half, ex.Plus((square(p1), ex.negate(p2))))
    e3 = ex.multiply(third, ex.Plus((ex.multiply(e2, p1), ex.negate(ex.multiply(p1, p2)), p3)))
    outcome = compared(claim(ex.multiply(of_sum, ex.Plus((ex.ONE, e2))), ex.Plus((p1, e3)), ""))
    assert isinstance(outcome, Counterexample)
    assert outcome.sizes == {"hidden": 4}


def test_an_identity_of_functions_is_tried_at_several_sizes() -> None:
    total = ex.Total("k", entry(a, "k"))
    product = ex.Total("k", ex.Function("exp", 0, entry(a, "k")), product=True)
    outcome = compared(claim(ex.Function("exp", 0, total), product))
    assert isinstance(outcome, Agreement)
    assert {sizes["hidden"] for sizes, _ in outcome.tried} == {1, 2, 3, 5}


def test_what_has_values_at_positive_numbers_alone_is_tried_there_and_says_so() -> None:
    logs = [ex.Function("log", 0, entry(quantity)) for quantity in (c, Quantity("d", (), False))]
    product = ex.Function("log", 0, ex.Times((entry(c), entry(Quantity("d", (), False)))))
    minus = ex.Function("log", 0, ex.negate(square(entry(c))))
    outcome = compared(claim(product, ex.Plus(tuple(logs))))
    assert isinstance(outcome, Agreement)
    assert outcome.positive
    assert compared(claim(minus, minus)) == Undecided("the difference of the two sides cannot be told from 0")


RECURRENCE = Definitions(
    {
        h: [
            Definition(h, Step("", 0), ("i",), ex.ZERO),
            Definition(h, T0, ("i",), ex.Plus((sums("j", entry(W, "ij"), entry(h, "j", T1)), entry(a, "i")))),
        ]
    }
)


def test_a_recurrence_is_compared_at_several_numbers_of_steps() -> None:
    right = ex.Plus((entry(a, "k"), sums("l", entry(W, "kl"), entry(h, "l", T1))))
    outcome = compared(claim(entry(h, "k", T0), right, "k", "t"), RECURRENCE)
    assert isinstance(outcome, Agreement)
    assert ({steps for _, steps in outcome.tried}, outcome.timed) == ({1, 2, 3}, True)
    wrong = ex.Plus((entry(a, "k"), sums("l", entry(W, "lk"), entry(h, "l", T1))))
    found = compared(claim(entry(h, "k", T0), wrong, "k", "t"), RECURRENCE)
    assert isinstance(found, Counterexample)
    assert (found.sizes, found.steps, found.entry["t"]) == ({"hidden": 2}, 2, 2)


def test_a_claim_on_a_step_by_its_number_is_tried_where_there_is_that_step() -> None:
    samples = SamplePoints(claim(entry(h, "k", Step("", 3)), entry(a, "k"), "k"), Definitions())
    assert samples.step_counts == [3, 4, 5]
    assert SamplePoints(claim(entry(h, "k", Step("last", -2)), entry(a, "k"), "k"), Definitions()).step_counts[0] == 3
    assert SamplePoints(claim(entry(h, "k", T0), entry(a, "k"), "k", "t", last_is=2), Definitions()).step_counts == [2]


def test_the_points_tried_have_unequal_sizes_and_every_entry_that_stands_there_by_its_number() -> None:
    stated = claim(ex.Times((Entry(a, None, (4,)), ex.Total("p", entry(v, "p")))), ex.ZERO)
    points = list(SamplePoints(stated, Definitions()).choose())
    assert all(point.sizes["hidden"] >= 4 for point in points)
    assert any(point.sizes["hidden"] != point.sizes["input"] for point in points)


def test_unequal_sizes_beyond_three_are_tried() -> None:
    *_, last = SamplePoints(claim(entry(a, "k"), entry(a, "k"), "k"), Definitions()).choose()
    assert last.sizes == {"hidden": 5, "input": 4}


def test_an_equation_of_steps_that_do_not_exist_is_undecided() -> None:
    stated = claim(entry(h, "k", Step("last", 1)), entry(a, "k"), "k")
    assert compared(stated) == Undecided("the equation speaks of a step that does not exist")


def test_what_takes_too_many_operations_is_undecided_and_names_the_limit() -> None:
    budget = Budget()
    budget.left = 50
    total = sums("l", entry(W, "kl"), entry(a, "l"))
    outcome = compare(claim(ex.Function("exp", 0, total), ex.Function("exp", 0, total), "k"), Definitions(), budget)
    assert outcome == Undecided("it takes more than 1,000,000 operations")
