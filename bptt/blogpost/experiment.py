"""The post's experiment: windows of a sine, one-hot in time, fitted by plain gradient descent from small weights."""

from collections.abc import Iterator
from itertools import count
from typing import NamedTuple

import numpy as np

from bptt.blogpost import published_gradient
from bptt.rnn import elman, network
from bptt.rnn.arrays import Array, each
from bptt.rnn.cell import Cell
from bptt.rnn.losses import LOSSES, Loss
from bptt.rnn.network import Weights
from bptt.rnn.registry import CELLS

T, D_x, D_h, D_y = 6, 6, 32, 8
SAMPLES = 50
STEP = 0.1  # of the grid on which the sine is sampled, in radians
SCALE = 0.06  # of the initial weights
EPOCHS = 4000  # all of the above are the post's
COMPARED_EVERY = 10  # epochs: a comparison takes both gradients, and would double the time of every one


class Configuration(NamedTuple):
    """What a training run depends on, but for its length; the defaults are the post's.

    `gradient` is "right", "published" or "both", one network by each; `cell` and `loss` name some of `CELLS`, `LOSSES`.
    """

    gradient: str = "both"
    cell: str = "elman"
    loss: str = "huber"
    learning_rate: float = 0.1 / SAMPLES
    seed: int = 0


class Comparison(NamedTuple):
    """The published gradient by U and by W beside the true one: the cosine of both, ‖published − true‖ / ‖true‖."""

    cosine_U: float
    cosine_W: float
    relative_error_U: float
    relative_error_W: float


class Training(NamedTuple):
    """A network in training, the losses before the first epoch and after each, (epochs + 1,), and comparisons.

    Of these there is one before the first epoch and after each COMPARED_EVERY-th, or none if the right gradient trains.
    """

    weights: Weights
    losses: Array
    comparisons: tuple[Comparison, ...]


def windows(samples: int = SAMPLES, shift: float = 0.0) -> tuple[Array, Array]:
    """Sample windows that start at evenly spaced phases of one period, the first of them at `shift`, in radians.

    Returns xs (T, samples, D_x), one-hot in time: xs[t,n,m] = sin(φ_n + t STEP) where m = t, and 0 elsewhere, so that
    D_x = T; and y (samples, D_y), the values that follow each window.
    """
    phases = shift + np.linspace(0, 2 * np.pi, samples, endpoint=False)
    values = np.sin(phases[:, None] + STEP * np.arange(T + D_y))
    return np.einsum("nt,tm->tnm", values[:, :T], np.eye(T)), values[:, T:]


def held_out_windows() -> tuple[Array, Array]:
    """Sample as many windows again, whose phases lie in the middle between those of `windows()`."""
    return windows(shift=np.pi / SAMPLES)


def initial_weights(random: np.random.Generator, cell: Cell = network.elman_cell) -> Weights:
    """Draw weights of spectral norm SCALE: W triangular from a QR, U and V with orthonormal axes from an SVD.

    Each gate of U and W on its own. No bias, whichever the cell: the post's network has none.
    """
    _, W = np.linalg.qr(random.normal(size=(*cell.gates, D_h, D_h)))
    U = _draw_orthonormal(random, *cell.gates, D_h, D_x)
    V = _draw_orthonormal(random, D_y, D_h)
    norm = np.linalg.norm(W, ord=2, axis=(-2, -1), keepdims=True)
    return Weights(cell.Weights(SCALE * U, SCALE * W / norm), SCALE * V)


def random_weights(random: np.random.Generator) -> Weights:
    """Draw normal weights, those of the recurrence of standard deviation 2/√D_h: a network that remembers."""
    U = random.normal(size=(D_h, D_x))
    W = random.normal(size=(D_h, D_h)) * 2 / np.sqrt(D_h)
    V = random.normal(size=(D_y, D_h)) / np.sqrt(D_h)
    return Weights(elman.Weights(U, W), V)


def descend(configuration: Configuration) -> Iterator[dict[str, Training]]:
    """Yield the networks, by the name of their gradient, before the first epoch, after it, and so on without end.

    All start from the same weights. Raises `FloatingPointError` at a loss of inf or NaN.
    """
    names = ("right", "published") if configuration.gradient == "both" else (configuration.gradient,)
    for trained in zip(*(_descend_by(name, configuration) for name in names), strict=True):
        yield dict(zip(names, trained, strict=True))


def _descend_by(gradient: str, configuration: Configuration) -> Iterator[Training]:
    """Train one network, M ← M − η M_bar in each epoch, all windows at once; no `Training` is changed later."""
    cell, loss, η = CELLS[configuration.cell], LOSSES[configuration.loss], configuration.learning_rate
    weights, data = initial_weights(np.random.default_rng(configuration.seed), cell), windows()
    losses: Array = np.empty(0)
    comparisons: tuple[Comparison, ...] = ()
    for epoch in count():
        with np.errstate(over="ignore", invalid="ignore"):  # what comes of them is not finite, and says so below
            losses = np.append(losses, network.loss(weights, None, *data, cell, loss))
            if gradient == "published":
                bar = published_gradient.gradient(weights, None, *data, loss)
            else:
                bar = network.gradient(weights, None, *data, cell, loss).weights
            weights_after = each(lambda M, M_bar: M - η * M_bar, weights, bar)
        if not np.isfinite(losses[-1]):
            raise FloatingPointError(f"after {epoch} epochs of the {gradient} gradient the loss is {losses[-1]}")
        if gradient == "published" and epoch % COMPARED_EVERY == 0:
            comparisons = (*comparisons, compare(weights, loss))
        yield Training(weights, losses, comparisons)
        weights = weights_after


def compare(weights: Weights, loss: Loss) -> Comparison:
    """Compare the published gradient with the true one, at these weights of the Elman network."""
    others = published_gradient.gradient(weights, None, *windows(), loss).cell[:2]
    trues = network.gradient(weights, None, *windows(), loss=loss).weights.cell[:2]
    norm, pairs = np.linalg.norm, list(zip(others, trues, strict=True))
    with np.errstate(divide="ignore", invalid="ignore"):  # NaN where one has vanished
        cosines = [np.sum(other * true) / (norm(other) * norm(true)) for other, true in pairs]
        errors = [norm(other - true) / norm(true) for other, true in pairs]
    return Comparison(*map(float, cosines + errors))


def predict(weights: Weights, xs: Array, cell: Cell = network.elman_cell) -> Array:
    """ỹ[n,i] = V[i,k] h[T-1,n,k] for each window n: (samples, D_y)."""
    return cell.forward(weights.cell, None, xs).h[-1] @ weights.V.T


def measure_error(weights: Weights, xs: Array, y: Array, cell: Cell = network.elman_cell) -> float:
    """Return the root mean square of ỹ − y, over all values of all windows."""
    with np.errstate(over="ignore"):  # inf, of weights that diverged
        return float(np.sqrt(np.mean((predict(weights, xs, cell) - y) ** 2)))


def _draw_orthonormal(random: np.random.Generator, *shape: int) -> Array:
    left, _, right = np.linalg.svd(random.normal(size=shape), full_matrices=False)
    return left @ right
