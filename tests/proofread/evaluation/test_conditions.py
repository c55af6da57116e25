"""Claims under a condition, or of quantities of which something is said: what holds then, and not otherwise."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from bptt.proofread import _expressions as ex
from bptt.proofread._expressions import (
    Claim,
    Definitions,
    Expression,
    Property,
    Quantity,
    Step,
)
from bptt.proofread.evaluation import Agreement, Budget, Counterexample, Difference, Outcome, Undecided, compare
from tests.proofread.evaluation.claims import (
    RANGES,
    RECURRENCE,
    T0,
    U,
    W,
    a,
    claim,
    compared,
    entry,
    entry_of,
    h,
    n,
    square,
    sums,
)


def where(stated: Claim, *masks: ex.Mask) -> Claim:
    return replace(stated, where=masks)


DIAGONAL = ex.Times((ex.Delta("i", "j"), entry(a, "i")))


@pytest.mark.parametrize(
    ("mask", "right", "holds"),
    [
        (ex.Mask("=", "i", "j"), entry(a, "j"), True),
        (ex.Mask("=", "i", "j"), ex.ZERO, False),
        (ex.Mask("≠", "i", "j"), ex.ZERO, True),
        (ex.Mask("≠", "i", "j"), entry(a, "i"), False),
        (ex.Mask("<", "i", "j"), ex.ZERO, True),
        (ex.Mask("≤", "i", "j"), ex.ZERO, False),
        (ex.Mask("=", "i", 5), ex.multiply(ex.Delta(5, "j"), entry_of(a, 5)), True),
        (ex.Mask("=", "i", 5), ex.ZERO, False),
    ],
)
def test_a_claim_is_compared_at_the_indices_that_satisfy_its_condition(
    mask: ex.Mask, right: Expression, holds: bool
) -> None:
    assert isinstance(compared(where(claim(DIAGONAL, right, "ij"), mask)), Agreement if holds else Counterexample)
    assert isinstance(compared(claim(DIAGONAL, right, "ij")), Counterexample)


FIRST, THIRD = Step("", 1), Step("", 3)


@pytest.mark.parametrize(
    ("mask", "right", "holds"),
    [
        (ex.Mask("=", T0, Step("last", 0)), entry(h, "k", Step("last", 0)), True),
        (ex.Mask("<", T0, Step("last", 0)), entry(h, "k", Step("last", 0)), False),
        (ex.Mask("=", T0, FIRST), entry(h, "k", FIRST), True),
        (ex.Mask("=", T0, FIRST), entry(h, "k", Step("", 2)), False),
        (ex.Mask("<", THIRD, T0), entry(h, "k", T0), True),
        (ex.Mask("<", THIRD, T0), ex.multiply(ex.Mask("≤", T0, THIRD), entry(h, "k", T0)), False),
        (ex.Mask("=", T0, Step("last", -2)), entry(h, "k", Step("last", -2)), True),
    ],
)
def test_a_claim_is_compared_at_the_steps_that_satisfy_its_condition(
    mask: ex.Mask, right: Expression, holds: bool
) -> None:
    stated = where(claim(entry(h, "k", T0), right, "k", "t"), mask)
    assert isinstance(compared(stated, RECURRENCE), Agreement if holds else Counterexample)


def test_a_condition_keeps_out_what_does_not_exist() -> None:
    later = Step("t", 1)
    before_last = where(claim(entry(h, "k", later), entry(h, "k", later), "k", "t"), ex.Mask("<", T0, Step("last", 0)))
    outcome = compared(before_last, RECURRENCE)
    assert isinstance(outcome, Agreement)
    assert not outcome.some_steps
    everywhere = compared(claim(entry(h, "k", later), entry(h, "k", later), "k", "t"), RECURRENCE)
    assert isinstance(everywhere, Agreement)
    assert everywhere.some_steps
    masked = ex.multiply(ex.Mask("<", T0, Step("last", 0)), entry(h, "k", later))
    whole = compared(claim(masked, masked, "k", "t"), RECURRENCE)
    assert isinstance(whole, Agreement)
    assert not whole.some_steps


def test_a_condition_that_nothing_satisfies_is_undecided() -> None:
    stated = where(claim(entry(a, "i"), entry(a, "i"), "ij"), ex.Mask("=", "i", "j"), ex.Mask("≠", "i", "j"))
    assert compared(stated) == Undecided("nothing satisfies its condition")


SYMMETRIC: dict[Quantity, frozenset[Property]] = {W: frozenset(("symmetric",))}


def with_properties(stated: Claim, said: Mapping[Quantity, frozenset[Property]], as_argument: bool) -> Outcome:
    if as_argument:
        return compare(stated, Definitions(), Budget(), said)
    return compare(stated, Definitions(properties=dict(said)), Budget())


@pytest.mark.parametrize("as_argument", [True, False])
@pytest.mark.parametrize(
    ("left", "right", "free", "said"),
    [
        (entry(W, "ij"), entry(W, "ji"), "ij", SYMMETRIC),
        (sums("k", entry(W, "ik"), entry(W, "jk")), ex.Delta("i", "j"), "ij", {W: frozenset(("orthogonal",))}),
        (entry(W, "ij"), ex.Times((ex.Delta("i", "j"), entry(W, "ii"))), "ij", {W: frozenset(("diagonal",))}),
        (ex.Total("k", entry(a, "k")), ex.ONE, "", {a: frozenset(("normalised",))}),
        (ex.Total("k", square(entry(a, "k"))), ex.ONE, "", {a: frozenset(("unit",))}),
        (square(entry(a, "k")), entry(a, "k"), "k", {a: frozenset(("one-hot",))}),
        (ex.Function("abs", 0, entry(a, "k")), entry(a, "k"), "k", {a: frozenset(("positive",))}),
    ],
)
def test_what_a_property_makes_true_holds_with_it_alone(
    left: Expression, right: Expression, free: str, said: Mapping[Quantity, frozenset[Property]], as_argument: bool
) -> None:
    stated = claim(left, right, free)
    assert isinstance(with_properties(stated, said, as_argument), Agreement)
    assert isinstance(compared(stated), Counterexample)


def test_a_rotation_is_not_every_orthogonal_matrix() -> None:
    determinant = ex.OfMatrix("det", entry(W, "rs"), ("r", "s"))
    said: dict[Quantity, frozenset[Property]] = {W: frozenset(("orthogonal",))}
    ranges = {**RANGES, "r": n, "s": n}
    assert isinstance(
        compare(Claim(determinant, ex.ONE, (), (), ranges, None), Definitions(), Budget(), said), Difference
    )
    squared = Claim(square(determinant), ex.ONE, (), (), ranges, None)
    assert isinstance(compare(squared, Definitions(), Budget(), said), Agreement)


def test_a_property_that_is_asked_for_stands_in_place_of_the_one_that_is_known() -> None:
    definitions = Definitions(properties=dict(SYMMETRIC))
    stated = claim(entry(W, "ij"), entry(W, "ji"), "ij")
    assert isinstance(compare(stated, definitions, Budget(), {W: frozenset()}), Difference)
    with pytest.raises(ValueError, match="symmetric is said of square matrices, and U is none"):
        compare(stated, definitions, Budget(), {U: frozenset(("symmetric",))})
