"""What `bptt verify` judges: every gradient that bptt ships, and the one that the post published."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
from hypothesis.strategies import SearchStrategy, just

from bptt import elman, experiment, network, published
from bptt.activations import Activation, sigmoid, tanh
from bptt.arrays import Array
from bptt.network import Arguments, Weights
from bptt.verify import Report, check_gradient
from bptt.verify.strategies import arrays
from bptt.verify.survey import Subject

WeightsGradient = Callable[[Weights, Array | None, Array, Array], Weights]


class Distance(NamedTuple):
    """How far the published gradient is from the true one: ‖published − true‖ / ‖true‖, and the cosine of both."""

    weights: str
    by: str
    relative_error: float
    cosine: float


def shipped(max_size: int, seed: int) -> list[Subject[Arguments]]:
    """Every gradient that bptt ships, at random points with bias, initial state and batch axes, and at the post's."""
    points = network_points("... y", max_size) | network_points("t ... y", max_size)
    subjects = []
    for name, activation in {"sigmoid": sigmoid, "tanh": tanh}.items():
        by_all = partial(_check_by_all_arguments, activation)
        forward_in_time = partial(network.sensitivity_gradient, activation=activation)
        by_weights = partial(_check_by_weights, forward_in_time, activation)
        subjects += [
            Subject(f"gradient, {name}", by_all, points, sizes),
            Subject(f"sensitivity_gradient, {name}", by_weights, points, sizes),
        ]
    by_all = partial(_check_by_all_arguments, sigmoid)
    return [*subjects, Subject("gradient, on the sine", by_all, _sine(seed), sizes)]


def the_published(max_size: int, seed: int) -> list[Subject[Arguments]]:
    """The published gradient at random points as in the post (one sequence, no bias, h0 = 0), and at the post's."""
    named = arrays(max_size, U="h m", W="h h", V="y h", xs="t m", y="y")
    points = named.map(lambda a: Arguments(Weights(elman.Weights(a["U"], a["W"]), a["V"]), None, a["xs"], a["y"]))
    by_weights = partial(_check_by_weights, published.gradient, sigmoid)
    return [
        Subject("published.gradient", by_weights, points, sizes),
        Subject("published.gradient, on the sine", by_weights, _sine(seed), sizes),
    ]


def distances_on_the_sine(seed: int) -> list[Distance]:
    """The published dU and dW over all windows of the sine, with the post's initial weights and with random ones."""
    random = np.random.default_rng(seed)
    xs, y = experiment.windows()
    kinds = {"initial": experiment.initial_weights(random), "random": experiment.random_weights(random)}
    distances = []
    for kind, weights in kinds.items():
        wrong = published.gradient(weights, None, xs, y).cell
        right = network.gradient(weights, None, xs, y).weights.cell
        distances.append(Distance(kind, "weights.cell.U", *_distance(wrong.U, right.U)))
        distances.append(Distance(kind, "weights.cell.W", *_distance(wrong.W, right.W)))
    return distances


def _sine(seed: int) -> SearchStrategy[Arguments]:
    """One window of the sine and random weights of the post's sizes: T = D_x = 6, D_h = 32, D_y = 8."""
    xs, y = experiment.windows(samples=1)
    weights = experiment.random_weights(np.random.default_rng(seed))
    return just(Arguments(weights, None, xs[:, 0], y[0]))


def network_points(axes_of_y: str, max_size: int) -> SearchStrategy[Arguments]:
    """Random arguments of `network.loss`, every one of them given."""
    named = arrays(max_size, U="h m", W="h h", b="h", V="y h", h0="... h", xs="t ... m", y=axes_of_y)
    return named.map(
        lambda a: Arguments(Weights(elman.Weights(a["U"], a["W"], a["b"]), a["V"]), a["h0"], a["xs"], a["y"])
    )


def sizes(point: Arguments) -> dict[str, int]:
    """The sizes of a point, in the letters of the notation; `batch` is the number of sequences."""
    V, U, xs = point.weights.V, point.weights.cell.U, point.xs
    batch = int(np.prod(xs.shape[1:-1]))
    return {"T": len(xs), "D_x": U.shape[1], "D_h": len(U), "D_y": len(V), "batch": batch}


def _check_by_all_arguments(activation: Activation, point: Arguments) -> Report:
    f = partial(network.loss, activation=activation)
    return check_gradient(f, partial(network.gradient, activation=activation), tuple(point), reference="balls")


def _check_by_weights(gradient: WeightsGradient, activation: Activation, point: Arguments) -> Report:
    _, h0, xs, y = point

    def loss_of_weights(weights: Weights) -> Array:
        return network.loss(weights, h0, xs, y, activation)

    by_weights = lambda weights: gradient(weights, h0, xs, y)  # noqa: E731
    return check_gradient(loss_of_weights, by_weights, (point.weights,), reference="balls")


def _distance(wrong: Array, right: Array) -> tuple[float, float]:
    norm = np.linalg.norm(right)
    relative_error = np.linalg.norm(wrong - right) / norm
    return float(relative_error), float(np.sum(wrong * right) / (np.linalg.norm(wrong) * norm))
