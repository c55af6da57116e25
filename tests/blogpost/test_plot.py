"""The picture of a training run."""

import io

import matplotlib.image
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bptt.blogpost import experiment, plot
from bptt.blogpost.experiment import Configuration
from bptt.rnn.arrays import Array
from tests.blogpost.training import train


def titles(figure: Figure) -> list[str]:
    return [axes.get_title() for axes in figure.axes]


def lines(axes: Axes) -> dict[str, Array]:
    return {str(line.get_label()): np.asarray(line.get_ydata()) for line in axes.lines}


def test_the_picture_shows_losses_cosines_and_four_held_out_windows() -> None:
    trained = train(Configuration(), 30)
    figure = plot.draw(Configuration(), trained)
    windows = [f"Held-out window {n} of 50" for n in (1, 14, 27, 40)]
    expected = ["Loss, summed over the 50 windows", "Cosine of the published and the true gradient", *windows]
    assert titles(figure) == expected
    losses, cosines, *held_out = figure.axes
    assert losses.get_yscale() == "log"
    assert list(lines(losses)) == ["right gradient", "published gradient"]
    for name, network in trained.items():
        np.testing.assert_array_equal(lines(losses)[f"{name} gradient"], network.losses)
    comparisons = trained["published"].comparisons
    np.testing.assert_array_equal(lines(cosines)["∂L/∂U"], [found.cosine_U for found in comparisons])
    np.testing.assert_array_equal(lines(cosines)["∂L/∂W"], [found.cosine_W for found in comparisons])
    xs, y = experiment.held_out_windows()
    for n, axes in zip((0, 13, 26, 39), held_out, strict=True):
        shown = lines(axes)
        assert list(shown) == ["input", "truth", "right gradient", "published gradient"]
        np.testing.assert_array_equal(shown["input"], xs[:, n].sum(axis=-1))
        np.testing.assert_array_equal(shown["truth"], y[n])
        for name, network in trained.items():
            predicted = experiment.predict(network.weights, xs[:, [n]])[0]
            np.testing.assert_allclose(shown[f"{name} gradient"], predicted, rtol=1e-12)
    written = io.BytesIO()
    figure.savefig(written)
    assert matplotlib.image.imread(io.BytesIO(written.getvalue())).shape == (900, 1200, 4)


def test_without_the_published_gradient_there_are_no_cosines_in_the_picture() -> None:
    configuration = Configuration("right", "gru")
    figure = plot.draw(configuration, train(configuration, 0))
    assert len(figure.axes) == 5
    assert "Cosine of the published and the true gradient" not in titles(figure)
