"""Each mistake in the gradient of an LSTM or a GRU is refuted by the leaves that it makes wrong, and by no others."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st

from bptt.cli._points import NetworkPoint, measure_sizes, network_points
from bptt.rnn import network
from bptt.rnn.arrays import each
from bptt.rnn.cell import Cell, Layer
from bptt.rnn.losses import half_squared_error
from bptt.rnn.network import Arguments, Weights
from bptt.rnn.registry import CELLS
from bptt.verify import Report, judge_gradient
from bptt.verify._strategies import find_smallest
from tests.corpus.slips import wrong_leaves
from tests.corpus.wrong_cells import (
    MISTAKES,
    MISTAKES_OF_TANGENTS,
    WRONG_CELLS,
    WRONG_TANGENTS,
    Mistake,
    Wrong,
    source,
    with_the,
)

names = pytest.mark.parametrize("name", WRONG_CELLS)


def of_each(table: dict[str, list[Wrong]]) -> pytest.MarkDecorator:
    pairs = [(name, wrong) for name, of_cell in table.items() for wrong in of_cell]
    return pytest.mark.parametrize(("name", "wrong"), pairs, ids=[f"{name}: {wrong.kind}" for name, wrong in pairs])


def point(cell: Cell, T: int = 4, D_x: int = 2, D_h: int = 3, D_y: int = 5, batch: int = 2) -> Arguments:
    """Normal values, and a loss at every step."""
    normal = np.random.default_rng(0).normal
    rows = (*cell.gates, D_h)
    biases = [normal(size=rows) for _ in cell.Weights._fields[2:]]
    weights = cell.Weights(normal(size=(*rows, D_x)), normal(size=(*rows, D_h)), *biases)
    initial = cell.State(*(normal(size=(batch, D_h)) for _ in cell.State._fields))
    return Arguments(
        Weights(weights, normal(size=(D_y, D_h))),
        initial if len(initial) > 1 else initial.h,
        normal(size=(T, batch, D_x)),
        normal(size=(T, batch, D_y)),
    )


def small_point(cell: Cell) -> Arguments:
    """One at which sensitivities do not take long."""
    return point(cell, T=3, D_x=3, D_h=2, D_y=1, batch=1)


def judged(cell: Cell, layer: Layer, arguments: Arguments) -> Report:
    f, gradient = partial(network.loss, cell=cell), partial(network.gradient, cell=layer)
    return judge_gradient(f, gradient, tuple(arguments), method="balls")


def forward_in_time(cell: Cell) -> Callable[..., Weights]:
    def gradient(weights: Weights, h0: Any, xs: Any, y: Any) -> Weights:
        return network.sensitivity_gradient(weights, h0, xs, y, cell)

    return gradient


def judged_forward(cell: Cell, wrong: Cell) -> Report:
    f, arguments = partial(network.loss, cell=cell), tuple(small_point(cell))
    return judge_gradient(f, forward_in_time(wrong), arguments, wrt="weights", method="balls")


@names
def test_without_a_mistake_the_gradient_is_right(name: str) -> None:
    cell = CELLS[name]
    assert judged(cell, cell, point(cell)).verdict == "right"
    assert judged_forward(cell, cell).verdict == "right"


@names
@pytest.mark.parametrize("function", sorted({m.function for of_cell in MISTAKES.values() for m in of_cell}))
def test_a_slip_that_changes_nothing_leaves_the_gradient_right(name: str, function: str) -> None:
    cell = CELLS[name]
    line = next(mistake.line for mistake in MISTAKES[name] if mistake.function == function)
    assert judged(cell, with_the(Mistake("none", line, line, "", function), cell), point(cell)).verdict == "right"


@of_each(WRONG_CELLS)
def test_a_mistake_is_refuted_by_the_leaves_that_it_makes_wrong(name: str, wrong: Wrong) -> None:
    report = judged(CELLS[name], wrong.layer, point(CELLS[name]))
    assert (report.verdict, wrong_leaves(report)) == ("wrong", wrong.leaves)


@of_each(WRONG_TANGENTS)
def test_a_mistake_forward_in_time_is_refuted_by_the_weights_that_it_makes_wrong(name: str, wrong: Wrong) -> None:
    report = judged_forward(CELLS[name], wrong.layer)
    assert (report.verdict, wrong_leaves(report)) == ("wrong", wrong.leaves)


@names
def test_no_mistake_is_there_twice(name: str) -> None:
    mistakes, of_tangents = MISTAKES[name], MISTAKES_OF_TANGENTS[name]
    assert len(mistakes) >= 35
    assert len(of_tangents) >= 10
    assert len({source(mistake, CELLS[name]) for mistake in mistakes + of_tangents}) == len(mistakes + of_tangents)
    assert len({wrong.kind for wrong in WRONG_CELLS[name]}) == len(WRONG_CELLS[name])


def bytes_of(gradient: Any) -> bytes:
    leaves: list[bytes] = []
    each(lambda leaf: leaves.append(leaf.tobytes()), gradient)
    return b"".join(leaves)


@names
def test_each_mistake_makes_floats_of_its_own(name: str) -> None:
    """So that none is one in name only, and no two are the same."""
    cell = CELLS[name]
    layers = [cell, *(wrong.layer for wrong in WRONG_CELLS[name])]
    assert len({bytes_of(network.gradient(*point(cell), cell=layer)) for layer in layers}) == len(layers)
    cells = [cell, *(wrong.layer for wrong in WRONG_TANGENTS[name])]
    assert len({bytes_of(forward_in_time(each_cell)(*small_point(cell))) for each_cell in cells}) == len(cells)


U, W, b, b_h = "weights.cell.U", "weights.cell.W", "weights.cell.b", "weights.cell.b_h"


@pytest.mark.parametrize(
    ("name", "kind", "by", "beyond_1"),
    [
        ("lstm", "tanh′ of c for that of tanh(c)", U, {}),
        ("lstm", "c at t for c at t − 1", b, {}),
        ("lstm", "carry with i", "h0.c", {}),
        ("lstm", "carry of c dropped", U, {"T": 2}),
        ("lstm", "carry with f of the step before", U, {"T": 2}),
        ("lstm", "b by the first step alone", b, {"T": 2}),
        ("lstm", "carry cut in the middle", U, {"T": 3}),
        ("lstm", "mean over the batch in W", W, {"batch": 2}),
        ("lstm", "transposed for each gate in W", W, {"D_h": 2}),
        ("lstm", "W for its transpose in each gate", "h0.h", {"D_h": 2}),
        ("lstm", "W for its transpose in each gate", U, {"T": 2, "D_h": 2}),
        ("gru", "gradient of the other form", "h0", {}),
        ("gru", "path through r dropped", U, {}),
        ("gru", "direct path dropped", "h0", {}),
        ("gru", "direct path dropped", U, {"T": 2}),
        ("gru", "reset forgotten in the product with W", b_h, {}),
        ("gru", "reset after the transposed product", "h0", {"D_h": 2}),
        ("gru", "reset after the transposed product", U, {"T": 2, "D_h": 2}),
        ("gru", "W for its transpose in each gate", "h0", {"D_h": 2}),
        ("gru-reset-before", "gradient of the other form", U, {}),
        ("gru-reset-before", "h at t − 1 for p in W", W, {}),
        ("gru-reset-before", "direct path dropped", U, {"T": 2}),
        ("gru-reset-before", "W of n for its transpose", U, {"D_h": 2}),
        ("gru-reset-before", "W h for W transposed δ in r, as in the other form", U, {"D_h": 2}),
        ("gru-reset-before", "reset before the transposed product, as in the other form", "h0", {"D_h": 2}),
    ],
)
def test_a_mistake_shows_from_these_sizes_on(name: str, kind: str, by: str, beyond_1: dict[str, int]) -> None:
    cell = CELLS[name]
    (wrong,) = (wrong for wrong in WRONG_CELLS[name] if wrong.kind == kind)

    def is_wrong(case: NetworkPoint) -> bool:
        return by in wrong_leaves(judged(cell, wrong.layer, case.arguments))

    points = [network_points(cell, half_squared_error, every_step, max_size=3) for every_step in (False, True)]
    found = find_smallest(st.one_of(points), is_wrong, seed=0)
    assert found is not None
    assert measure_sizes(found) == {"T": 1, "D_x": 1, "D_h": 1, "D_y": 1, "batch": 1} | beyond_1
