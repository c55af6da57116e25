"""Which quantities exist before the first step, and what becomes of an equation where one does not."""

from fractions import Fraction

import pytest

from bptt.proofread import _expressions as ex
from bptt.proofread._expressions import Claim, Definition, Definitions, Entry, Expression, Quantity, Range, Step
from bptt.proofread.evaluation import Agreement, Budget, Difference, Outcome, Undecided, compare
from bptt.proofread.evaluation._existence import Existence

w, L = Quantity("w", (), False), Quantity("L", (), False)
h, a, z, y, x, e, g, s = (Quantity(name, (), True) for name in "hazyxegs")
RANGES: dict[str, Range] = {}
T0 = Step("t", 0)


def at(quantity: Quantity, offset: int = 0, anchor: str = "t") -> Entry:
    return Entry(quantity, Step(anchor, offset), ())


W, TOTAL = Entry(w, None, ()), Entry(L, None, ())


def define(quantity: Quantity, body: Expression, step: Step | None = T0) -> list[Definition]:
    return [Definition(quantity, step, (), body)]


def squared(base: Expression) -> ex.Power:
    return ex.Power(base, Fraction(2))


def sum_over_steps(first: int, body: Expression) -> ex.OverSteps:
    return ex.OverSteps("t", Step("", first), Step("last", 0), body)


NETWORK = Definitions(
    {
        a: define(a, ex.Plus((ex.Times((W, at(h, -1))), at(x)))),
        h: define(h, ex.Function("tanh", 0, at(a))),
        z: define(z, ex.Times((W, at(h)))),
        e: define(e, squared(ex.Plus((at(z), at(y))))),
        g: define(g, ex.Plus((at(e), ex.negate(at(e, -1)), at(s, -2)))),
        L: define(L, sum_over_steps(1, at(e)), None),
    }
)


def lowest(quantity: Quantity, definitions: Definitions = NETWORK) -> int:
    nodes = [one.body for each in definitions.quantities.values() for one in each]
    existence = Existence(definitions, [*nodes, TOTAL, *(at(one) for one in definitions.quantities if one.timed)])
    return min(step for step in range(-9, 4) if existence.exists(quantity, step, 3))


def test_only_what_a_recurrence_starts_from_exists_before_the_first_step() -> None:
    assert lowest(h) == 0
    assert {lowest(one) for one in (a, z, e, x, y, g)} == {1}
    assert lowest(s) == -1  # data that a definition reads two steps before its own


def test_a_state_that_is_fed_back_by_way_of_an_output_is_given_too() -> None:
    fed_back = Definitions({h: define(h, ex.Function("tanh", 0, at(z, -1))), z: define(z, ex.Times((W, at(h))))})
    assert (lowest(z, fed_back), lowest(h, fed_back)) == (0, 1)
    second_order = Definitions({h: define(h, ex.Plus((at(h, -1), at(h, -2))))})
    assert lowest(h, second_order) == -1


def test_steps_start_where_the_sum_of_a_definition_does() -> None:
    from_0 = Definitions({**NETWORK.quantities, L: define(L, sum_over_steps(0, at(e)), None)})
    assert {lowest(one, from_0) for one in (e, z, a, x, y)} == {0}
    assert lowest(h, from_0) == -1


def test_a_step_that_is_defined_on_its_own_exists() -> None:
    ended = Definitions({h: [*define(h, at(h, 1)), *define(h, ex.ZERO, Step("last", 1))]})
    existence = Existence(ended, [at(h)])
    assert [existence.exists(h, step, 3) for step in (0, 1, 3, 4, 5)] == [False, True, True, True, False]


def compared(left: Expression, right: Expression) -> Outcome:
    return compare(Claim(left, right, (), ("t",), RANGES, None), NETWORK, Budget())


def partial(of: Expression, by: Entry) -> ex.Partial:
    return ex.Partial(of, by)


PATH = ex.Times((partial(TOTAL, at(h)), partial(at(h), at(h, -1))))
OWN = partial(at(e, -1), at(h, -1))


def test_a_loss_at_step_0_is_not_invented() -> None:
    outcome = compared(partial(TOTAL, at(h, -1)), ex.Plus((PATH, OWN)))
    assert isinstance(outcome, Agreement)
    assert outcome.some_steps
    assert {steps for _, steps in outcome.tried} == {2, 3}  # at T = 1 there is but t = 1, which speaks of step 0


@pytest.mark.parametrize("wrong", [PATH, ex.Plus((PATH, partial(at(e), at(h, -1))))])
def test_a_loss_that_is_left_out_or_of_another_step_is_found(wrong: Expression) -> None:
    assert isinstance(compared(partial(TOTAL, at(h, -1)), wrong), Difference)


def test_the_state_at_step_0_has_a_derivative_and_data_there_have_none() -> None:
    by_state = partial(at(h, 0), at(h, -1))
    slope = ex.Times((W, ex.Plus((ex.ONE, ex.negate(squared(at(h)))))))
    outcome = compared(by_state, slope)
    assert isinstance(outcome, Agreement)
    assert not outcome.some_steps
    assert 1 in {steps for _, steps in outcome.tried}
    beyond = compared(partial(TOTAL, at(x, 0, "last")), partial(TOTAL, Entry(x, Step("", 0), ())))
    assert beyond == Undecided("the equation speaks of a step that does not exist")


CUT = ex.Times(
    (
        ex.Plus((ex.ONE, ex.negate(squared(at(h))))),
        ex.Plus(
            (
                at(h, -1),
                ex.Times(
                    (
                        W,
                        ex.Plus((ex.ONE, ex.negate(squared(at(h, -1))))),
                        ex.Plus(
                            (at(h, -2), ex.Times((W, ex.Plus((ex.ONE, ex.negate(squared(at(h, -2))))), at(h, -3))))
                        ),
                    )
                ),
            )
        ),
    )
)


def test_a_sensitivity_that_is_cut_after_three_steps_is_found_at_a_later_one() -> None:
    found = compared(partial(at(h), W), CUT)
    assert isinstance(found, Difference)
    steps = found.find_smallest().steps
    assert steps is not None
    assert steps >= 4
