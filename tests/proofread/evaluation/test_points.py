"""The points at which a claim is tried: sizes, numbers of steps and kinds of values."""

from dataclasses import replace

import pytest

from bptt.proofread import _expressions as ex
from bptt.proofread._expressions import Claim, Definition, Definitions, Entry, Expression, Quantity, Range, Step
from bptt.proofread.evaluation._points import Point, SamplePoints

n, m = ("hidden",), ("input",)
a, v, h = Quantity("a", (n,), False), Quantity("v", (m,), False), Quantity("h", (n,), True)
RANGES: dict[str, Range] = {"i": n, "k": n, "p": m}
T0 = Step("t", 0)


def claim(left: Expression, right: Expression, free: str = "k", steps: str = "", last_is: int | None = None) -> Claim:
    return Claim(left, right, tuple(free), tuple(steps), RANGES, last_is)


def state(step: Step) -> Entry:
    return Entry(h, step, ("k",))


def points_of(stated: Claim) -> list[Point]:
    return [point for each in SamplePoints(stated, Definitions()).choose() for point in each]


A, V = Entry(a, None, ("k",)), Entry(v, None, ("p",))


@pytest.mark.parametrize(
    ("stated", "counts"),
    [
        (claim(A, A), [1]),
        (claim(state(T0), A, steps="t"), [1, 2]),
        (claim(state(T0), state(Step("t", -1)), steps="t"), [1, 2, 3]),
        (claim(state(T0), state(Step("t", -4)), steps="t"), [1, 2, 5, 6]),
        (claim(state(Step("t", 2)), state(Step("t", -1)), steps="t"), [1, 2, 4, 5]),
        (claim(state(Step("", 3)), A), [3, 4, 5]),
        (claim(state(Step("last", -2)), A), [3, 4, 5]),
        (claim(state(Step("", 9)), A), [9, 10]),
        (claim(state(T0), A, steps="t", last_is=2), [2]),
        (replace(claim(A, A, steps="t"), where=(ex.Mask("<", Step("", 3), T0),)), [3, 4, 5]),
    ],
)
def test_there_are_more_steps_than_a_claim_speaks_of(stated: Claim, counts: list[int]) -> None:
    assert set(counts) <= set(SamplePoints(stated, Definitions()).step_counts)
    assert SamplePoints(stated, Definitions()).step_counts[0] == counts[0]


def test_the_steps_reach_beyond_the_offsets_of_a_definition() -> None:
    far = Definitions({h: [Definition(h, T0, ("k",), state(Step("t", -3)))]})
    assert SamplePoints(claim(state(T0), A, steps="t"), far).step_counts[-1] == 5


def test_the_sizes_are_unequal_and_every_entry_is_there_that_stands_there_by_its_number() -> None:
    stated = claim(ex.Times((Entry(a, None, (4,)), ex.Total("p", V))), ex.ZERO, "")
    points = points_of(stated)
    assert all(point.sizes["hidden"] >= 4 for point in points)
    assert {point.sizes["hidden"] > point.sizes["input"] for point in points} == {True}
    condition = replace(claim(A, A), where=(ex.Mask("=", "k", 6),))
    assert all(point.sizes["hidden"] >= 6 for point in points_of(condition))


def test_sizes_are_larger_the_one_way_and_the_other_and_beyond_3() -> None:
    points = points_of(claim(ex.Times((A, V)), ex.Times((V, A)), "kp"))
    differences = {point.sizes["hidden"] - point.sizes["input"] for point in points}
    assert min(differences) < 0 < max(differences)
    assert min(points[-1].sizes.values()) >= 4
    largest = SamplePoints(claim(A, A), Definitions()).choose_largest()
    assert all(min(point.sizes.values()) >= 6 for point in largest)


def test_values_beyond_1_are_tried_with_either_sign() -> None:
    kinds = [point.values for point in points_of(claim(A, A))]
    assert {"small", "wide", "opposite"} == set(kinds)
    seeds = {point.seed for point in points_of(claim(A, A)) if point.values in ("wide", "opposite")}
    assert len(seeds) == 1  # so that one is minus the other


def test_a_counterexample_is_looked_for_at_the_least_sizes_first_and_then_one_size_after_the_other() -> None:
    samples = SamplePoints(claim(ex.Times((A, V)), A, "kp"), Definitions())
    failing = Point({"hidden": 4, "input": 3}, 1, 7, "wide")
    small = list(samples.choose_small(failing))
    assert [point.sizes for point in small] == [{"hidden": 1, "input": 1}, {"hidden": 2, "input": 2}]
    assert {(point.seed, point.values) for point in small} == {(7, "wide")}
    fewer, hidden, inputs = samples.list_smaller(failing)
    assert fewer == []
    assert [point.sizes["hidden"] for point in hidden] == [1, 2, 3]
    assert [point.sizes for point in inputs] == [{"hidden": 4, "input": 1}, {"hidden": 4, "input": 2}]
