"""The post's experiment: what trains, and on what."""

from itertools import product

import numpy as np
import pytest

from bptt.blogpost import experiment, published_gradient
from bptt.blogpost.experiment import Configuration
from bptt.cli._train import REAL_LOSSES
from bptt.rnn import network
from bptt.rnn.losses import LOSSES
from bptt.rnn.registry import CELLS
from tests.blogpost.training import train

BOTH = Configuration()


LARGE_FALL = {"squared": 4.0, "huber": 4.0, "elastic-net": 2.2, "absolute": 2.1}


@pytest.mark.parametrize(("cell", "loss"), list(product(CELLS, REAL_LOSSES)))
def test_the_loss_falls_by_that_factor_in_120_epochs(cell: str, loss: str) -> None:
    losses = train(Configuration("right", cell, loss, learning_rate=0.005), 120)["right"].losses
    assert losses.shape == (121,)
    assert losses[0] / losses[-1] > LARGE_FALL[loss]


def test_the_published_gradient_trains_too_and_its_cosine_falls() -> None:
    state = train(Configuration("published"), 500)["published"]
    assert state.losses[0] / state.losses[-1] > 4
    first, last = state.comparisons[0], state.comparisons[-1]
    assert len(state.comparisons) == 51
    assert first.cosine_U > 0.9999
    assert first.relative_error_U < 0.02
    assert last.cosine_U < 0.9
    assert last.relative_error_U > 0.4


def test_an_epoch_goes_against_the_gradient_from_the_same_weights() -> None:
    start, after = train(BOTH, 0)["right"].weights, train(BOTH, 1)
    data, loss = experiment.windows(), LOSSES["huber"]
    bars = {
        "right": network.gradient(start, None, *data, loss=loss).weights,
        "published": published_gradient.gradient(start, None, *data, loss),
    }
    for name, bar in bars.items():
        np.testing.assert_array_equal(after[name].weights.V, start.V - 0.002 * bar.V)
        np.testing.assert_array_equal(after[name].weights.cell.U, start.cell.U - 0.002 * bar.cell.U)
        np.testing.assert_array_equal(after[name].weights.cell.W, start.cell.W - 0.002 * bar.cell.W)


@pytest.mark.parametrize("cell", CELLS)
def test_every_gate_starts_like_the_posts_network(cell: str) -> None:
    weights, V = experiment.initial_weights(np.random.default_rng(0), cell=CELLS[cell])
    for U, W in zip(weights.U.reshape(-1, 32, 6), weights.W.reshape(-1, 32, 32), strict=True):
        np.testing.assert_allclose(U.T @ U, 0.06**2 * np.eye(6), atol=1e-15)
        np.testing.assert_array_equal(W, np.triu(W))
        assert np.linalg.norm(W, ord=2) == pytest.approx(0.06)
    np.testing.assert_allclose(V @ V.T, 0.06**2 * np.eye(8), atol=1e-15)
    assert all(bias is None for bias in weights[2:])


def test_no_held_out_window_is_one_of_the_training() -> None:
    seen, unseen = experiment.windows()[1], experiment.held_out_windows()[1]
    distances = np.abs(seen[:, None] - unseen).max(axis=-1)
    assert distances.min() > 0.02
    np.testing.assert_allclose(unseen[:, 0], np.sin(np.arange(50) * np.pi / 25 + np.pi / 50 + 0.6))
