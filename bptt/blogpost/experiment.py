"""The post's experiment: windows of a sine, one-hot in time, fitted by plain gradient descent from small weights."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from bptt.blogpost import published_gradient as published
from bptt.rnn import elman, network
from bptt.rnn.arrays import Array, each
from bptt.rnn.cell import Cell
from bptt.rnn.losses import LOSSES, Loss
from bptt.rnn.registry import CELLS

T = D_x = 6
D_h = 32
D_y = 8
SAMPLES = 50
STEP = 0.1  # of the grid on which the sine is sampled, in radians
EPOCHS = 4000
COMPARED_EVERY = 10  # epochs, so that it costs little


class Windows(NamedTuple):
    """Windows of a sine: xs (T, samples, D_x), and y (samples, D_y), the values that follow each window."""

    xs: Array
    y: Array


class Configuration(NamedTuple):
    """What a training run depends on, but for its length; the defaults are the post's.

    `gradient` is "right" or "published", or "both" for two networks that start from the same weights; `cell` and `loss`
    are names of `CELLS` and `LOSSES`.
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


class State(NamedTuple):
    """A network in training, and what was seen on the way.

    losses: (epochs + 1,), the sum over all windows before the first epoch and after each. comparisons: (n, 4), a
    `Comparison` before the first epoch and after each COMPARED_EVERY-th, or none if the right gradient trains.
    """

    weights: network.Weights
    losses: Array
    comparisons: Array

    @property
    def epochs(self) -> int:
        """How many epochs it has been trained."""
        return len(self.losses) - 1


def windows(samples: int = SAMPLES, shift: float = 0.0) -> Windows:
    """Windows that start at evenly spaced phases of one period, the first of them at `shift`, in radians.

    One-hot in time, as in the post: xs[t,n,m] = sin(φ_n + t STEP) where m = t, and 0 elsewhere, so that D_x = T.
    """
    phases = shift + np.linspace(0, 2 * np.pi, samples, endpoint=False)
    values = np.sin(phases[:, None] + STEP * np.arange(T + D_y))
    return Windows(xs=np.einsum("nt,tm->tnm", values[:, :T], np.eye(T)), y=values[:, T:])


def held_out_windows() -> Windows:
    """As many windows again, whose phases lie in the middle between those of `windows()`."""
    return windows(shift=np.pi / SAMPLES)


def initial_weights(
    random: np.random.Generator, scale: float = 0.06, cell: Cell = network.elman_cell
) -> network.Weights:
    """Weights of spectral norm `scale`: W triangular from a QR, U and V with orthonormal axes from an SVD.

    Each gate of U and W on its own. No bias, whichever the cell: the post's network has none.
    """
    _, W = np.linalg.qr(random.normal(size=(*cell.gates, D_h, D_h)))
    U = _orthonormal(random, *cell.gates, D_h, D_x)
    V = _orthonormal(random, D_y, D_h)
    norm = np.linalg.norm(W, ord=2, axis=(-2, -1), keepdims=True)
    return network.Weights(cell.Weights(scale * U, scale * W / norm), scale * V)


def random_weights(random: np.random.Generator) -> network.Weights:
    """Normal weights, those of the recurrence of standard deviation 2/√D_h: a network that remembers."""
    U = random.normal(size=(D_h, D_x))
    W = random.normal(size=(D_h, D_h)) * 2 / np.sqrt(D_h)
    V = random.normal(size=(D_y, D_h)) / np.sqrt(D_h)
    return network.Weights(elman.Weights(U, W), V)


def start(configuration: Configuration) -> dict[str, State]:
    """The untrained network for each gradient that is to train one, "right" or "published", with the same weights."""
    cell, loss = CELLS[configuration.cell], LOSSES[configuration.loss]
    weights = initial_weights(np.random.default_rng(configuration.seed), cell=cell)
    losses = np.array([network.loss(weights, None, *windows(), cell, loss)])
    names = ("right", "published") if configuration.gradient == "both" else (configuration.gradient,)
    return {name: State(weights, losses, _compared(name, weights, loss)) for name in names}


def descend(configuration: Configuration, states: dict[str, State]) -> Iterator[dict[str, State]]:
    """The states after one more epoch of M ← M − η M_bar, all windows at once, and after one more, without end.

    Every epoch follows from the weights before it alone. Raises `FloatingPointError` once a loss is not finite.
    """
    while True:
        states = {name: _after_an_epoch(configuration, name, state) for name, state in states.items()}
        yield states


def _after_an_epoch(configuration: Configuration, name: str, before: State) -> State:
    cell, loss, η = CELLS[configuration.cell], LOSSES[configuration.loss], configuration.learning_rate
    data = windows()
    with np.errstate(over="ignore", invalid="ignore"):  # what comes of them is not finite
        if name == "published":
            bar = published.gradient(before.weights, None, *data, loss)
        else:
            bar = network.gradient(before.weights, None, *data, cell, loss).weights
        weights = each(lambda M, M_bar: M - η * M_bar, before.weights, bar)
        loss_after = network.loss(weights, None, *data, cell, loss)
    epoch = before.epochs + 1
    if not np.isfinite(loss_after):
        raise FloatingPointError(f"after {epoch} epochs of the {name} gradient the loss is {loss_after}")
    after = State(weights, np.append(before.losses, loss_after), before.comparisons)
    if epoch % COMPARED_EVERY:
        return after
    return after._replace(comparisons=np.concatenate([before.comparisons, _compared(name, weights, loss)]))


def compare(weights: network.Weights, loss: Loss) -> Comparison:
    """The published gradient beside the true one, at these weights of the Elman network."""
    others = published.gradient(weights, None, *windows(), loss).cell
    trues = network.gradient(weights, None, *windows(), loss=loss).weights.cell
    (cosine_U, error_U), (cosine_W, error_W) = map(cosine_and_error, others[:2], trues[:2])
    return Comparison(cosine_U, cosine_W, error_U, error_W)


def cosine_and_error(other: Array, true: Array) -> tuple[float, float]:
    """The cosine of a gradient and the true one, and ‖other − true‖ / ‖true‖; NaN where one of them has vanished."""
    norm = np.linalg.norm
    with np.errstate(divide="ignore", invalid="ignore"):
        cosine, error = np.sum(other * true) / (norm(other) * norm(true)), norm(other - true) / norm(true)
    return float(cosine), float(error)


def _compared(name: str, weights: network.Weights, loss: Loss) -> Array:
    """The row of `comparisons` at these weights, (1, 4); (0, 4) of a network that the right gradient trains."""
    return np.array([compare(weights, loss)]) if name == "published" else np.empty((0, len(Comparison._fields)))


def predictions(weights: network.Weights, xs: Array, cell: Cell = network.elman_cell) -> Array:
    """ỹ[n,i] = V[i,k] h[T-1,n,k] for each window n: (samples, D_y)."""
    result: Array = cell.forward(weights.cell, None, xs).h[-1] @ weights.V.T
    return result


def root_mean_square_error(weights: network.Weights, data: Windows, cell: Cell = network.elman_cell) -> float:
    """√ of the mean of (ỹ − y)², over all values of all windows."""
    with np.errstate(over="ignore"):  # inf, of weights that diverged
        return float(np.sqrt(np.mean((predictions(weights, data.xs, cell) - data.y) ** 2)))


def _orthonormal(random: np.random.Generator, *shape: int) -> Array:
    left, _, right = np.linalg.svd(random.normal(size=shape), full_matrices=False)
    result: Array = left @ right
    return result
