"""When the published gradient is wrong, exactly."""

from itertools import product

import numpy as np
import pytest

from bptt.blogpost import published_gradient as published
from bptt.cli._shipped import judge_published
from bptt.rnn import network
from bptt.rnn.arrays import Array
from bptt.rnn.elman import Weights as Cell
from bptt.rnn.network import Arguments, Weights
from bptt.verify import judge_gradient

SIZES = list(product(range(1, 5), range(1, 4), range(1, 3), range(1, 3)))  # T, D_h, D_x, D_y


def generic_point(T: int, D_h: int, D_x: int, D_y: int, h0: bool) -> Arguments:
    """Normal random arrays: whatever can differ at these sizes does."""
    normal = np.random.default_rng([T, D_h, D_x, D_y]).normal
    cell = Cell(normal(size=(D_h, D_x)), normal(size=(D_h, D_h)))
    state = normal(size=D_h) if h0 else None
    return Arguments(Weights(cell, normal(size=(D_y, D_h))), state, normal(size=(T, D_x)), normal(size=D_y))


def verdicts(point: Arguments) -> dict[str, str]:
    weights, h0, xs, y = point

    def loss(weights: Weights) -> Array:
        return network.loss(weights, h0, xs, y)

    report = judge_gradient(loss, lambda weights: published.gradient(weights, h0, xs, y), (weights,))
    return {leaf.path.rsplit(".")[-1]: leaf.verdict for leaf in report.formula.leaves}


@pytest.mark.parametrize(("T", "D_h", "D_x", "D_y"), SIZES)
def test_dU_is_wrong_from_two_steps_and_units_on_dW_from_three_steps_and_dV_never(
    T: int, D_h: int, D_x: int, D_y: int
) -> None:
    assert verdicts(generic_point(T, D_h, D_x, D_y, h0=False)) == {
        "U": "wrong" if D_h >= 2 and T >= 2 else "right",
        "W": "wrong" if D_h >= 2 and T >= 3 else "right",
        "V": "right",
    }


@pytest.mark.parametrize(("T", "D_h", "D_x", "D_y"), SIZES)
def test_with_an_initial_state_dW_is_wrong_from_two_steps_on(T: int, D_h: int, D_x: int, D_y: int) -> None:
    assert verdicts(generic_point(T, D_h, D_x, D_y, h0=True)) == {
        "U": "wrong" if D_h >= 2 and T >= 2 else "right",
        "W": "wrong" if D_h >= 2 and T >= 2 else "right",
        "V": "right",
    }


def test_the_tool_itself_finds_when_it_is_wrong_and_the_smallest_sizes() -> None:
    found, _ = judge_published(max_size=4, examples=200, seed=0)
    assert {one.path: one.rule for one in found.refutations} == {
        "U": "D_h ≥ 2 and T ≥ 2",
        "W": "D_h ≥ 2 and T ≥ 3",
    }
    assert {one.path: one.sizes for one in found.refutations} == {
        "U": {"D_h": 2, "D_x": 1, "D_y": 1, "T": 2},
        "W": {"D_h": 2, "D_x": 1, "D_y": 1, "T": 3},
    }
    assert [one.diagnosis.kind for one in found.refutations] == [None, None]
    assert found.right == ("V",)


def test_it_sums_over_a_batch() -> None:
    points = [
        generic_point(3, 2, 2, 2, h0=True)._replace(xs=xs) for xs in np.random.default_rng(0).normal(size=(2, 3, 2))
    ]
    weights, h0, _, y = points[0]
    assert h0 is not None
    batch = published.gradient(weights, np.stack([h0, h0]), np.stack([p.xs for p in points], axis=1), np.stack([y, y]))
    one, other = (published.gradient(*point) for point in points)
    for summed, first, second in zip(
        (*batch.cell[:2], batch.V), (*one.cell[:2], one.V), (*other.cell[:2], other.V), strict=True
    ):
        np.testing.assert_allclose(summed, first + second, rtol=1e-14)


def test_a_wrong_shape_is_named() -> None:
    (cell, V), _, xs, y = generic_point(3, 2, 1, 2, h0=False)
    with pytest.raises(ValueError, match=r"y must have shape .* = \(2,\); got \(1,\)"):
        published.gradient(Weights(cell, V), None, xs, y[:1])
    with pytest.raises(ValueError, match=r"V must have shape .*; got \(2, 1\)"):
        published.gradient(Weights(cell, V[:, :1]), None, xs, y)


def test_a_bias_and_a_target_at_every_step_are_refused() -> None:
    (cell, V), _, xs, y = generic_point(3, 2, 1, 1, h0=False)
    with pytest.raises(ValueError, match="b must be None"):
        published.gradient(Weights(cell._replace(b=np.ones(2)), V), None, xs, y)
    with pytest.raises(ValueError, match=r"y must have shape \(\.\.\., D_y\), .* got \(3, 1\)"):
        published.gradient(Weights(cell, V), None, xs, np.ones((3, 1)))
