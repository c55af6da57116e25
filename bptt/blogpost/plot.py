"""The picture of a training run: the losses, the angle between the gradients, and windows held out of the training."""

from collections.abc import Iterable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure  # not pyplot, which would choose a backend for the whole process
from matplotlib.ticker import LogFormatter

from bptt.blogpost import experiment
from bptt.blogpost.experiment import SAMPLES, Configuration, D_y, T, Training
from bptt.rnn.registry import CELLS

LINES = {"right": "C0-", "published": "C1--"}  # blue and orange; they often lie on top of each other
MARKERS = {"right": "C0o", "published": "C1s"}
SHOWN = range(0, SAMPLES, -(-SAMPLES // 4))  # four of the held-out windows, about a quarter of a period apart


def draw(configuration: Configuration, trained: dict[str, Training]) -> Figure:
    """Draw a figure of 1200 × 900 points; without a network of the published gradient there are no cosines in it."""
    figure = Figure(figsize=(12, 9), dpi=100, layout="constrained")
    _, cell, loss, learning_rate, seed = configuration
    epochs = len(next(iter(trained.values())).losses) - 1
    figure.suptitle(
        f"Windows of a sine, {cell} cell, {loss} loss, learning rate {learning_rate:g}, seed {seed}: {epochs} epochs"
    )
    above, below = np.asarray(figure.subfigures(2, 1, height_ratios=[1.15, 1]))
    upper = above.subplots(1, 1 + ("published" in trained), squeeze=False)[0]
    _draw_losses(upper[0], trained)
    if "published" in trained:
        _draw_cosines(upper[1], trained["published"])
    _draw_windows(below.subplots(1, len(SHOWN), sharey=True), configuration, trained)
    return figure


def _draw_losses(axes: Axes, trained: dict[str, Training]) -> None:
    for name, network in trained.items():
        axes.plot(network.losses, LINES[name], label=f"{name} gradient")
    seen = np.concatenate([network.losses for network in trained.values()])
    lowest, highest = np.clip([seen.min(), seen.max()], 1e-100, 1e200)  # Matplotlib overflows beyond
    axes.set(title=f"Loss, summed over the {SAMPLES} windows", xlabel="epoch", ylim=(lowest / 1.5, highest * 1.5))
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter("{x:g}")  # 100 for the default's 10²
    axes.yaxis.set_minor_formatter(LogFormatter())
    axes.grid(alpha=0.3, which="both")
    axes.legend()


def _draw_cosines(axes: Axes, published: Training) -> None:
    epochs = experiment.COMPARED_EVERY * np.arange(len(published.comparisons))
    compared = experiment.Comparison(*np.transpose(published.comparisons))
    axes.plot(epochs, compared.cosine_U, color="tab:red", label="∂L/∂U")
    axes.plot(epochs, compared.cosine_W, color="tab:purple", label="∂L/∂W")
    axes.set(title="Cosine of the published and the true gradient", xlabel="epoch, trained by the published gradient")
    axes.set_ylim(min(0, np.nanmin([compared.cosine_U, compared.cosine_W], initial=0) - 0.05), 1.05)
    axes.grid(alpha=0.3)
    axes.legend()


def _draw_windows(columns: Iterable[Axes], configuration: Configuration, trained: dict[str, Training]) -> None:
    xs, y = experiment.held_out_windows()
    inputs = np.einsum("tnt->nt", xs)  # one-hot in time
    cell = CELLS[configuration.cell]
    predicted = {name: experiment.predict(network.weights, xs, cell) for name, network in trained.items()}
    before, after = np.arange(1, T + 1), np.arange(T + 1, T + D_y + 1)
    for axes, n in zip(columns, SHOWN, strict=True):
        axes.axvspan(0.5, T + 0.5, color="0.93")
        axes.plot(before, inputs[n], "k.", label="input")
        axes.plot(after, y[n], color="0.4", label="truth")
        for name, values in predicted.items():
            axes.plot(after, values[n], MARKERS[name], mfc="none", label=f"{name} gradient")
        axes.set(title=f"Held-out window {n + 1} of {SAMPLES}", xlabel="step", ylim=(-1.3, 1.3))
        axes.set(xlim=(0.5, T + D_y + 0.5), xticks=[1, T, T + D_y // 2, T + D_y])
        axes.grid(alpha=0.3)
        if n == SHOWN[0]:
            axes.legend(loc="lower left")
