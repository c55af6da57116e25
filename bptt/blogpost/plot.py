"""The picture of a training run: the losses, the angle between the gradients, and windows held out of the training."""

import io
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from bptt.blogpost.experiment import (
    COMPARED_EVERY,
    SAMPLES,
    Comparison,
    Configuration,
    D_y,
    State,
    T,
    held_out_windows,
    predictions,
)
from bptt.rnn.registry import CELLS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = {"right": "tab:blue", "published": "tab:orange"}
LINES = {"right": "-", "published": "--"}  # they often lie on top of each other
MARKERS = {"right": "o", "published": "s"}
SHOWN = range(0, SAMPLES, -(-SAMPLES // 4))  # four of the held-out windows, about a quarter of a period apart


def draw(configuration: Configuration, states: dict[str, State]) -> "Figure":
    """A figure of 1200 × 900 points. Without a network of the published gradient there are no cosines in it."""
    from matplotlib.figure import Figure  # not pyplot, which would choose a backend for the whole process

    figure = Figure(figsize=(12, 9), dpi=100, layout="constrained")
    epochs = max(state.epochs for state in states.values())
    figure.suptitle(
        f"Windows of a sine, {configuration.cell} cell, {configuration.loss} loss, learning rate"
        f" {configuration.learning_rate:g}, seed {configuration.seed}: {epochs} epochs"
    )
    rows: Any = figure.subfigures(2, 1, height_ratios=[1.15, 1])
    above, below = rows
    upper = above.subplots(1, 1 + ("published" in states), squeeze=False)[0]
    _draw_losses(upper[0], states)
    if "published" in states:
        _draw_cosines(upper[1], states["published"])
    _draw_windows(below.subplots(1, len(SHOWN), sharey=True), configuration, states)
    return figure


def png(figure: "Figure") -> bytes:
    """The figure as the content of a PNG file."""
    content = io.BytesIO()
    figure.savefig(content, format="png")
    return content.getvalue()


def _draw_losses(axes: "Axes", states: dict[str, State]) -> None:
    from matplotlib.ticker import LogFormatter, StrMethodFormatter

    for name, state in states.items():
        axes.plot(state.losses, LINES[name], color=COLOURS[name], label=f"{name} gradient")
    seen = np.concatenate([state.losses for state in states.values()])
    lowest, highest = np.clip([seen.min(), seen.max()], 1e-100, 1e200)  # Matplotlib overflows beyond
    axes.set(title=f"Loss, summed over the {SAMPLES} windows", xlabel="epoch", ylim=(lowest / 1.5, highest * 1.5))
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.yaxis.set_minor_formatter(LogFormatter())
    axes.grid(alpha=0.3, which="both")
    axes.legend()


def _draw_cosines(axes: "Axes", state: State) -> None:
    epochs = COMPARED_EVERY * np.arange(len(state.comparisons))
    compared = Comparison(*state.comparisons.T)
    axes.plot(epochs, compared.cosine_U, color="tab:red", label="∂L/∂U")
    axes.plot(epochs, compared.cosine_W, color="tab:purple", label="∂L/∂W")
    axes.set(title="Cosine of the published and the true gradient", xlabel="epoch, trained by the published gradient")
    axes.set_ylim(min(0, np.nanmin(state.comparisons[:, :2], initial=0) - 0.05), 1.05)
    axes.grid(alpha=0.3)
    axes.legend()


def _draw_windows(columns: Iterable["Axes"], configuration: Configuration, states: dict[str, State]) -> None:
    xs, y = held_out_windows()
    inputs = np.einsum("tnt->nt", xs)  # one-hot in time
    predicted = {name: predictions(state.weights, xs, CELLS[configuration.cell]) for name, state in states.items()}
    before, after = np.arange(1, T + 1), np.arange(T + 1, T + D_y + 1)
    for axes, n in zip(columns, SHOWN, strict=True):
        axes.axvspan(0.5, T + 0.5, color="0.93")
        axes.plot(before, inputs[n], "k.", label="input")
        axes.plot(after, y[n], color="0.4", label="truth")
        for name, values in predicted.items():
            axes.plot(after, values[n], MARKERS[name], color=COLOURS[name], mfc="none", label=f"{name} gradient")
        axes.set(title=f"Held-out window {n + 1} of {SAMPLES}", xlabel="step", ylim=(-1.3, 1.3))
        axes.set(xlim=(0.5, T + D_y + 0.5), xticks=[1, T, T + D_y // 2, T + D_y])
        axes.grid(alpha=0.3)
        if n == SHOWN[0]:
            axes.legend(loc="lower left")
