"""Claims compared: what holds agrees, what does not is rejected, and what is not known says why."""

import itertools
from dataclasses import replace
from fractions import Fraction

import pytest

from bptt.proofread import _expressions as ex
from bptt.proofread._expressions import (
    Claim,
    Definitions,
    Entry,
    Expression,
    Quantity,
    Step,
)
from bptt.proofread.evaluation import Agreement, Budget, Counterexample, Difference, Undecided, compare
from tests.proofread.evaluation.claims import (
    RECURRENCE,
    T0,
    T1,
    TWO,
    U,
    W,
    a,
    c,
    claim,
    compared,
    entry,
    entry_of,
    h,
    m,
    n,
    square,
    sums,
    v,
)


def test_the_terms_of_a_sum_may_stand_in_any_order() -> None:
    x, y = sums("l", entry(W, "kl"), entry(a, "l")), sums("p", entry(U, "kp"), entry(v, "p"))
    outcome = compared(claim(ex.Plus((x, y)), ex.Plus((y, x)), "k"))
    assert isinstance(outcome, Agreement)
    assert (outcome.ranges, outcome.timed) == (("hidden", "input"), False)


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


def test_the_smallest_sizes_are_looked_for_once_they_are_asked_for() -> None:
    budget = Budget()
    outcome = compare(claim(entry(W, "ij"), entry(W, "ji"), "ij"), Definitions(), budget)
    assert isinstance(outcome, Difference)
    before = budget.left
    assert outcome.find_smallest().sizes == {"hidden": 2}
    assert budget.left < before


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
    assert {sizes["hidden"] for sizes, _ in outcome.tried} == {1, 2, 3, 4, 6}


def test_what_has_values_at_positive_numbers_alone_is_tried_there_and_says_so() -> None:
    logs = [ex.Function("log", 0, entry(quantity)) for quantity in (c, Quantity("d", (), False))]
    product = ex.Function("log", 0, ex.Times((entry(c), entry(Quantity("d", (), False)))))
    minus = ex.Function("log", 0, ex.negate(square(entry(c))))
    outcome = compared(claim(product, ex.Plus(tuple(logs))))
    assert isinstance(outcome, Agreement)
    assert outcome.positive
    assert compared(claim(minus, minus)) == Undecided("it has no value at the numbers that were tried")


def test_what_has_values_near_0_alone_is_tried_there() -> None:
    total = sums("l", entry(W, "kl"), entry(a, "l"))
    stated = claim(ex.Function("sin", 0, ex.Function("arcsin", 0, total)), total, "k")
    outcome = compared(stated)
    assert isinstance(outcome, Agreement)
    assert not outcome.positive
    assert isinstance(compared(replace(stated, right=ex.negate(total))), Counterexample)


def test_what_has_no_value_is_undecided_and_what_cannot_be_told_from_0_too() -> None:
    infinite = ex.Power(
        ex.add(ex.Function("exp", 0, entry(c)), ex.negate(ex.Function("exp", 0, entry(c)))), -ex.ONE.value
    )
    assert compared(claim(infinite, infinite)) == Undecided("it has no value at the numbers that were tried")
    tower: Expression = square(entry(c))
    for _ in range(2):
        tower = ex.Function("exp", 0, ex.multiply(ex.Constant(Fraction(1000)), tower))
    rounded = ex.Function("sin", 0, tower)  # of a number beyond 10^400
    why = "the difference of the two sides cannot be told from 0"
    assert compared(claim(rounded, ex.negate(rounded))) == Undecided(why)


def test_a_recurrence_is_compared_at_several_numbers_of_steps() -> None:
    right = ex.Plus((entry(a, "k"), sums("l", entry(W, "kl"), entry(h, "l", T1))))
    outcome = compared(claim(entry(h, "k", T0), right, "k", "t"), RECURRENCE)
    assert isinstance(outcome, Agreement)
    assert ({steps for _, steps in outcome.tried}, outcome.timed) == ({1, 2, 3}, True)
    wrong = ex.Plus((entry(a, "k"), sums("l", entry(W, "lk"), entry(h, "l", T1))))
    found = compared(claim(entry(h, "k", T0), wrong, "k", "t"), RECURRENCE)
    assert isinstance(found, Counterexample)
    assert (found.sizes, found.steps, found.entry["t"]) == ({"hidden": 2}, 2, 2)


def test_an_equation_of_steps_that_do_not_exist_is_undecided() -> None:
    stated = claim(entry(h, "k", Step("last", 1)), entry(a, "k"), "k")
    assert compared(stated) == Undecided("the equation speaks of a step that does not exist")


def test_what_takes_too_many_operations_is_undecided_and_names_the_limit() -> None:
    budget = Budget()
    budget.left = 500
    total = sums("l", entry(W, "kl"), entry(a, "l"))
    outcome = compare(claim(ex.Function("exp", 0, total), ex.Function("exp", 0, total), "k"), Definitions(), budget)
    assert outcome == Undecided("not finished: it takes more than 4,000,000 operations")


def test_nothing_agrees_before_all_points_are_tried() -> None:
    total = sums("l", entry(W, "kl"), entry(a, "l"))
    stated = claim(ex.Function("exp", 0, total), ex.Function("exp", 0, total), "k")
    whole = Budget()
    assert isinstance(compare(stated, Definitions(), whole), Agreement)
    needed = Budget().left - whole.left
    for share in range(1, 10):
        budget = Budget()
        budget.left = needed * share // 10
        outcome = compare(stated, Definitions(), budget)
        tried = outcome.tried if isinstance(outcome, Agreement) else ()
        assert not tried or {sizes["hidden"] for sizes, _ in tried} >= {1, 2, 3, 4}


def test_an_array_of_too_many_entries_is_undecided_at_the_larger_sizes_alone() -> None:
    letters = [f"i{place}" for place in range(9)]
    outer = ex.Times(tuple(entry_of(a, letter) for letter in letters))
    stated = Claim(outer, outer, tuple(letters), (), dict.fromkeys(letters, n), None)
    assert compared(stated) == Undecided("not finished: it has more than 70,000 values of its indices")


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (ex.Power(ex.add(ex.ONE, ex.negate(square(ex.Function("sin", 0, entry(c))))), Fraction(1, 2)), "cos"),
        (ex.Function("arctan", 0, ex.Function("tan", 0, entry(c))), ""),
        (ex.Function("abs", 0, entry(c)), ""),
        (ex.Function("relu", 0, ex.add(entry(c), ex.Constant(Fraction(3, 2)))), "shifted"),
    ],
)
def test_what_holds_near_0_alone_is_refuted_beyond_1(left: Expression, right: str) -> None:
    plain = {"cos": ex.Function("cos", 0, entry(c)), "shifted": ex.add(entry(c), ex.Constant(Fraction(3, 2)))}
    found = compared(claim(left, plain.get(right, entry(c))))
    assert isinstance(found, Counterexample)
    assert found.left > found.right


def test_what_has_no_value_beyond_1_is_tried_within() -> None:
    root = ex.Power(ex.add(ex.ONE, ex.negate(square(entry(c)))), Fraction(1, 2))
    within = compared(claim(square(root), ex.add(ex.ONE, ex.negate(square(entry(c))))))
    assert isinstance(within, Agreement)


def test_both_sides_0_is_said_unless_one_is_the_number_0() -> None:
    flat = ex.Partial(entry(a, "k"), entry(v, "p"))
    vanishing = ex.Times((entry(W, "kl"), flat))
    for left, right, vanishes in (
        (flat, vanishing, True),
        (flat, ex.ZERO, False),
        (entry(a, "k"), entry(a, "k"), False),
    ):
        outcome = compared(claim(left, right, "klp"))
        assert isinstance(outcome, Agreement)
        assert outcome.vanishes is vanishes
    nearly = ex.add(ex.Function("log", 0, ex.Function("exp", 0, entry(c))), ex.negate(entry(c)))
    outcome = compared(claim(nearly, ex.multiply(TWO, nearly)))
    assert isinstance(outcome, Agreement)
    assert outcome.vanishes


def test_a_number_that_may_be_0_is_written_0() -> None:
    nearly = ex.add(ex.Function("log", 0, ex.Function("exp", 0, entry(c))), ex.negate(entry(c)))
    found = compared(claim(nearly, ex.ONE))
    assert isinstance(found, Counterexample)
    assert (found.left, found.right, found.difference) == (0.0, 1.0, -1.0)


def test_ten_ranges_are_tried_at_few_points() -> None:
    names = [(f"n{place}",) for place in range(10)]
    chain = [Quantity(f"M{place}", pair, False) for place, pair in enumerate(itertools.pairwise(names))]
    letters = [f"i{place}" for place in range(10)]
    product: Expression = ex.Times(tuple(entry_of(one, *letters[k : k + 2]) for k, one in enumerate(chain)))
    for letter in letters[1:]:
        product = ex.Total(letter, product)
    ranges = dict(zip(letters, names, strict=True))
    right, twice = (Claim(product, side, ("i0",), (), ranges, None) for side in (product, ex.multiply(TWO, product)))
    agreement, found = compared(right), compared(twice)
    assert isinstance(agreement, Agreement)
    assert len(agreement.tried) <= 6
    assert isinstance(found, Counterexample)
    assert set(found.sizes.values()) == {1}
