"""What `bptt verify` judges: every gradient that bptt ships, and the one that the post published."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Literal, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from bptt.blogpost import experiment
from bptt.blogpost import published_gradient as published
from bptt.cli._points import NetworkPoint, measure_sizes, network_points
from bptt.rnn import elman, network, truncated
from bptt.rnn.arrays import Array
from bptt.rnn.cell import Cell, Layer
from bptt.rnn.layers import Bidirectional, Stacked
from bptt.rnn.losses import LOSSES, half_squared_error
from bptt.rnn.network import Arguments, Weights
from bptt.rnn.registry import CELLS
from bptt.verify import Report, SampledReport, judge_gradient, named_arrays
from bptt.verify._strategies import NamedArrays

FAMILIES = ["elman", "lstm", "gru", "layers"]  # what can be judged alone
_COSTLY_SIZE = 3  # the largest size of whatever takes more than the gradient of one cell
_SENSITIVITIES_AT = 4  # forward in time costs about so many times as much: one point in so many is judged
_LOSSES = list(LOSSES.values())
_LAST_OR_EVERY = (False, True)  # step at which the loss is taken
_COMPOSED: dict[str, Layer] = {
    "stacked": Stacked((CELLS["elman-tanh"], CELLS["lstm"], CELLS["gru"])),
    "bidirectional": Bidirectional(CELLS["lstm"]),
    "stacked, bidirectional": Stacked((Bidirectional(CELLS["gru"]), Bidirectional(CELLS["elman"]))),
}


class ShippedGradient(NamedTuple):
    """A gradient that bptt ships, and points at which it is to be judged."""

    name: str
    f: Callable[..., Any]
    gradient: Callable[..., Any]
    points: Sequence[SearchStrategy[NamedArrays]]  # of several kinds, each to be met
    wrt: str | tuple[str, ...] = ("weights", "h0", "xs", "y")
    one_in: int = 1  # so many of the points asked for, where one is costly


def list_shipped(max_size: int, seed: int, family: str | None = None) -> Iterator[ShippedGradient]:
    """List every gradient that bptt ships, or those of one family, by each loss at the last and at every step."""
    small = min(max_size, _COSTLY_SIZE)
    for name, cell in _list_cells(family):
        points = [network_points(cell, loss, every, max_size, "ragged") for loss in _LOSSES for every in _LAST_OR_EVERY]
        yield _ship(name, cell, points)
        if name == "elman":  # the post's: at its sizes, too, which no random point has
            yield _ship("elman, on the sine", cell, [st.just(_take_from_sine(seed))])
        f, gradient = partial(network.loss, cell=cell), partial(network.sensitivity_gradient, cell=cell)
        named = [of_kind.map(_name_arguments) for of_kind in _draw_points(cell, small)]
        yield ShippedGradient(f"{name}, sensitivities", f, gradient, named, "weights", _SENSITIVITIES_AT)
    for name, layer in _COMPOSED.items() if family in (None, "layers") else ():
        yield _ship(name, layer, _draw_points(layer, small, "ragged"))


def list_truncated(max_size: int, family: str | None = None) -> list[ShippedGradient]:
    """List the truncated gradients of the cells, each judged as what it is: that of `truncated.loss`."""
    return [_ship_truncated(name, cell, max_size) for name, cell in _list_cells(family)]


def published_loss(U: Array, W: Array, V: Array, xs: Array, y: Array) -> Any:
    """Return the loss of the post for one sequence, xs (T, D_x) and y (D_y,), from h0 = 0."""
    return network.loss(Weights(elman.Weights(U, W), V), None, xs, y)


def published_gradient(U: Array, W: Array, V: Array, xs: Array, y: Array) -> tuple[Array, Array, Array]:
    """Return its gradient by U, W and V, as the post published it."""
    cell, V_bar = published.gradient(Weights(elman.Weights(U, W), V), None, xs, y)
    return cell.U, cell.W, V_bar


def judge_published(max_size: int, examples: int, seed: int) -> tuple[SampledReport, Report]:
    """Judge the published gradient at random points, and on a window of the post's sine."""
    over = named_arrays(max_size, U="D_h D_x", W="D_h D_h", V="D_y D_h", xs="T D_x", y="D_y")
    found = judge_gradient(published_loss, published_gradient, over, wrt=("U", "W", "V"), examples=examples, seed=seed)
    on_sine = tuple(_take_from_sine(seed).arguments)
    return found, judge_gradient(network.loss, published.gradient, on_sine, wrt="weights", method="balls")


def _list_cells(family: str | None) -> list[tuple[str, Cell]]:
    return [(name, cell) for name, cell in CELLS.items() if family in (None, name.split("-")[0])]


def _ship(name: str, layer: Layer, points: Sequence[SearchStrategy[NetworkPoint]]) -> ShippedGradient:
    """Return the gradient of a network of that layer, by the loss of the point."""

    def by_loss_of_point(function: Callable[..., Any]) -> Callable[..., Any]:
        return lambda weights, h0, xs, y, lengths, loss: function(weights, h0, xs, y, layer, _LOSSES[loss], lengths)

    def name_arguments(point: NetworkPoint) -> NamedArrays:
        return _name_arguments(point, lengths=point.lengths, loss=_LOSSES.index(point.loss))

    f, gradient = by_loss_of_point(network.loss), by_loss_of_point(network.gradient)
    return ShippedGradient(name, f, gradient, [of_kind.map(name_arguments) for of_kind in points])


def _ship_truncated(name: str, cell: Cell, max_size: int) -> ShippedGradient:
    """Return the truncated gradient as a function of the arguments of `truncated.loss`."""

    def gradient(weights: Weights, h0: Any, xs: Array, y: Array, copy: Arguments, cuts: Sequence[int]) -> Arguments:  # noqa: ARG001
        return truncated.gradient(weights, h0, xs, y, cuts, cell)

    def name_arguments(point: NetworkPoint) -> NamedArrays:
        return _name_arguments(point, copy=point.arguments, cuts=point.cuts)

    points = [of_kind.map(name_arguments) for of_kind in _draw_points(cell, max_size, "cut")]
    return ShippedGradient(name, partial(truncated.loss, cell=cell), gradient, points)


def _name_arguments(point: NetworkPoint, **more: Any) -> NamedArrays:
    """Return the arguments of a network and more, by name, with their sizes in the letters of the notation."""
    return NamedArrays(point.arguments._asdict() | more, {}, measure_sizes(point))


def _draw_points(
    layer: Layer, max_size: int, sequences: Literal["whole", "ragged", "cut"] = "whole"
) -> list[SearchStrategy[NetworkPoint]]:
    return [network_points(layer, half_squared_error, every, max_size, sequences) for every in _LAST_OR_EVERY]


def _take_from_sine(seed: int) -> NetworkPoint:
    """Return one window of the sine and random weights of the post's sizes: T = D_x = 6, D_h = 32, D_y = 8."""
    xs, y = experiment.windows(samples=1)
    weights = experiment.random_weights(np.random.default_rng(seed))
    return NetworkPoint(Arguments(weights, None, xs[:, 0], y[0]))
