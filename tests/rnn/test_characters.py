"""A model of the characters of a text: the gradient of a training step is right, and training with it works.

The text is six of Shakespeare's sonnets (18, 29, 30, 73, 116 and 130), in `tests/data/sonnets.txt`. The model reads one
character at a time and predicts the next one: one-hot inputs, a cell, a readout, and the cross-entropy at every step.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bptt.rnn import network
from bptt.rnn.arrays import Array, each
from bptt.rnn.cell import Cell
from bptt.rnn.losses import Loss, softmax_cross_entropy
from bptt.rnn.network import Arguments, Weights
from bptt.rnn.registry import CELLS
from bptt.verify import Report, judge_gradient

TEXT = (Path(__file__).parents[1] / "data" / "sonnets.txt").read_text(encoding="utf-8")
ALPHABET = sorted(set(TEXT))
D_h = 4
every_cell = pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS.keys())


def training_step(cell: Cell, lines: list[str], dtype: str = "float64") -> tuple[Arguments, Array]:
    """Small random weights, and lines of the text as a ragged batch, with their lengths."""
    random = np.random.default_rng(0)
    lengths = np.array([len(line) - 1 for line in lines])
    classes = np.zeros((max(lengths) + 1, len(lines)), dtype=int)
    for n, line in enumerate(lines):
        classes[: len(line), n] = [ALPHABET.index(character) for character in line]
    D = len(ALPHABET)
    rows = (*cell.gates, D_h)

    def normal(*shape: int) -> Any:
        return (0.3 * random.normal(size=shape)).astype(dtype)

    biases = [normal(*rows) for _ in cell.Weights._fields[2:]]
    weights = Weights(cell.Weights(normal(*rows, D), normal(*rows, D_h), *biases), normal(D, D_h))
    xs = np.eye(D, dtype=dtype)[classes[:-1]]
    return Arguments(weights, None, xs, classes[1:]), lengths


LINES = ["Love is not", "So long\n"]


def judged(cell: Cell, dtype: str, gradient_of: Callable[..., Arguments] = network.gradient) -> Report:
    """The gradient of a step by the weights, judged against the loss of that step."""
    point, lengths = training_step(cell, LINES, dtype)

    def f(weights: Weights, h0: Any, xs: Array, y: Array) -> Array:
        return network.loss(weights, h0, xs, y, cell, softmax_cross_entropy, lengths)

    def by_weights(weights: Weights, h0: Any, xs: Array, y: Array) -> Weights:
        return gradient_of(weights, h0, xs, y, cell, softmax_cross_entropy, lengths).weights

    return judge_gradient(f, by_weights, tuple(point), wrt="weights", method="balls")


@pytest.mark.parametrize(("cell", "dtype"), [*((name, "float64") for name in CELLS), ("lstm", "float32")])
def test_the_gradient_of_a_training_step_is_right(cell: str, dtype: str) -> None:
    report = judged(CELLS[cell], dtype)
    assert (report.formula.verdict, report.arithmetic.verdict) == ("right", "right")


def read_beyond_the_end(
    weights: Any, h0: Any, xs: Array, y: Array, cell: Cell, loss: Loss, lengths: Array
) -> Arguments:
    return network.gradient(weights, h0, xs, y, cell, loss, np.full_like(lengths, len(xs)))


def target_a_step_late(weights: Any, h0: Any, xs: Array, y: Array, cell: Cell, loss: Loss, lengths: Array) -> Arguments:
    return network.gradient(weights, h0, xs, np.roll(y, 1, axis=0), cell, loss, lengths)


def mean_over_characters(
    weights: Any, h0: Any, xs: Array, y: Array, cell: Cell, loss: Loss, lengths: Array
) -> Arguments:
    gradient = network.gradient(weights, h0, xs, y, cell, loss, lengths)
    return gradient._replace(weights=each(lambda bar: bar / lengths.sum(), gradient.weights))


def lengths_of_others(weights: Any, h0: Any, xs: Array, y: Array, cell: Cell, loss: Loss, lengths: Array) -> Arguments:
    """As where the sequences are sorted by length and the lengths are not."""
    return network.gradient(weights, h0, xs, y, cell, loss, lengths[::-1].copy())


@pytest.mark.parametrize(
    "wrong",
    [read_beyond_the_end, target_a_step_late, mean_over_characters, lengths_of_others],
    ids=lambda f: f.__name__,
)
def test_a_slip_in_the_training_step_is_refuted(wrong: Callable[..., Arguments]) -> None:
    assert judged(CELLS["lstm"], "float64", wrong).verdict == "wrong"


@every_cell
def test_gradient_descent_on_the_text_lowers_the_loss(cell: Cell) -> None:
    (weights, h0, xs, y), lengths = training_step(cell, TEXT.splitlines(keepends=True)[:14])

    def per_character(weights: Weights) -> Any:
        return network.loss(weights, h0, xs, y, cell, softmax_cross_entropy, lengths) / lengths.sum()

    before = per_character(weights)
    for _ in range(60):
        bar = network.gradient(weights, h0, xs, y, cell, softmax_cross_entropy, lengths).weights
        weights = each(lambda w, w_bar: w - 0.002 * w_bar, weights, bar)
    assert before > 3.5
    assert per_character(weights) < 0.85 * before
