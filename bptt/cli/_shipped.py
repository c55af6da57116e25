"""What `bptt verify` judges: every gradient that bptt ships, and the one that the post published."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from hypothesis.strategies import SearchStrategy, just

from bptt.blogpost import experiment
from bptt.blogpost import published_gradient as published
from bptt.cli._points import Case, cases, sizes
from bptt.cli._survey import Subject
from bptt.rnn import elman, network, truncated
from bptt.rnn.arrays import Array
from bptt.rnn.cell import Cell, Layer
from bptt.rnn.layers import Bidirectional, Stacked
from bptt.rnn.losses import LOSSES, half_squared_error
from bptt.rnn.network import Arguments, Weights
from bptt.rnn.registry import CELLS
from bptt.verify import Report, Verification, check_gradient, verify_gradient
from bptt.verify._strategies import arrays

FAMILIES = ["elman", "lstm", "gru", "layers"]  # what can be judged alone
COSTLY_SIZE = 3  # the largest size of whatever takes more than the gradient of one cell


class Distance(NamedTuple):
    """How far a gradient is from the true one: ‖other − true‖ / ‖true‖, and the cosine of both."""

    gradient: str
    weights: str
    by: str
    relative_error: float
    cosine: float


def shipped(max_size: int, seed: int, family: str | None = None) -> list[Subject[Case]]:
    """Every gradient that bptt ships, or those of one family: of each cell, each loss at the last and at every step.

    At random points, and that of the Elman cell on a window of the post's sine, too.
    """
    small = min(max_size, COSTLY_SIZE)
    last_or_every = (False, True)
    subjects: list[Subject[Case]] = []
    for name, cell in CELLS.items():
        if family in (None, name.split("-")[0]):
            points = [
                cases(cell, loss, every, max_size, ragged=True) for loss in LOSSES.values() for every in last_or_every
            ]
            subjects.append(Subject(name, partial(_check, cell), points, sizes))
            if name == "elman":
                subjects.append(Subject("elman, on the sine", partial(_check, cell), [_sine(seed)], sizes))
            points = [cases(cell, half_squared_error, every, small) for every in last_or_every]
            by_jvp = partial(_check_sensitivities, cell)
            subjects.append(Subject(f"{name}, sensitivities", by_jvp, points, sizes, one_in=4))
    for name, layer in _COMPOSED.items():
        if family in (None, "layers"):
            points = [cases(layer, half_squared_error, every, small, ragged=True) for every in last_or_every]
            subjects.append(Subject(name, partial(_check, layer), points, sizes))
    return subjects


_COMPOSED: dict[str, Layer] = {
    "stacked": Stacked((CELLS["elman-tanh"], CELLS["lstm"], CELLS["gru"])),
    "bidirectional": Bidirectional(CELLS["lstm"]),
    "stacked, bidirectional": Stacked((Bidirectional(CELLS["gru"]), Bidirectional(CELLS["elman"]))),
}


def the_truncated(max_size: int, family: str | None = None) -> list[Subject[Case]]:
    """The truncated gradient of each cell, which is judged as what it is: that of `truncated.loss`."""
    return [
        Subject(
            name,
            partial(_check_truncated, cell),
            [cases(cell, half_squared_error, every, max_size, cut=True) for every in (False, True)],
            sizes,
        )
        for name, cell in CELLS.items()
        if family in (None, name.split("-")[0])
    ]


def published_loss(U: Array, W: Array, V: Array, xs: Array, y: Array) -> Any:
    """The loss of the post, one sequence from h0 = 0.

    U (D_h, D_x), W (D_h, D_h), V (D_y, D_h), xs (T, D_x), y (D_y,).
    """
    return network.loss(Weights(elman.Weights(U, W), V), None, xs, y)


def published_gradient(U: Array, W: Array, V: Array, xs: Array, y: Array) -> tuple[Array, Array, Array]:
    """Its gradient by U, W and V, as the post published it."""
    cell, V_bar = published.gradient(Weights(elman.Weights(U, W), V), None, xs, y)
    return cell.U, cell.W, V_bar


def verify_the_published(max_size: int, examples: int, seed: int, judged: Callable[[], None]) -> Verification:
    """The published gradient at random points; `judged` is called after each."""
    over = arrays(max_size, U="D_h D_x", W="D_h D_h", V="D_y D_h", xs="T D_x", y="D_y")
    by = ("U", "W", "V")
    return verify_gradient(
        published_loss, published_gradient, over, wrt=by, examples=examples, seed=seed, judged=judged
    )


def the_published_on_the_sine(seed: int) -> Subject[Case]:
    """The published gradient on a window of the post's sine."""
    return Subject("published.gradient, on the sine", _check_published, [_sine(seed)], sizes)


def distances_on_the_sine(seed: int) -> list[Distance]:
    """The published dU and dW over all windows of the sine, with the post's initial weights and with random ones.

    Beside them those of truncated back-propagation, cut in the middle of the windows.
    """
    random = np.random.default_rng(seed)
    xs, y = experiment.windows()
    kinds = {"initial": experiment.initial_weights(random), "random": experiment.random_weights(random)}
    distances = []
    for kind, weights in kinds.items():
        right = network.gradient(weights, None, xs, y).weights.cell
        others = {
            "published": published.gradient(weights, None, xs, y).cell,
            "truncated": truncated.gradient(weights, None, xs, y, cuts=[experiment.T // 2]).weights.cell,
        }
        for name, other in others.items():
            for by in ("U", "W"):
                cosine, error = experiment.cosine_and_error(getattr(other, by), getattr(right, by))
                distances.append(Distance(name, kind, by, error, cosine))
    return distances


def _sine(seed: int) -> SearchStrategy[Case]:
    """One window of the sine and random weights of the post's sizes: T = D_x = 6, D_h = 32, D_y = 8."""
    xs, y = experiment.windows(samples=1)
    weights = experiment.random_weights(np.random.default_rng(seed))
    return just(Case(Arguments(weights, None, xs[:, 0], y[0])))


def _check(cell: Layer, case: Case) -> Report:
    f = partial(network.loss, cell=cell, loss=case.loss, lengths=case.lengths)
    gradient = partial(network.gradient, cell=cell, loss=case.loss, lengths=case.lengths)
    return check_gradient(f, gradient, tuple(case.arguments), reference="balls")


def _check_truncated(cell: Cell, case: Case) -> Report:
    f = partial(truncated.loss, cuts=case.cuts, cell=cell, loss=case.loss)

    def gradient(weights: Weights, h0: Any, xs: Array, y: Array, copy: Arguments) -> Arguments:  # noqa: ARG001
        return truncated.gradient(weights, h0, xs, y, case.cuts, cell, case.loss)

    by = ("weights", "h0", "xs", "y")
    return check_gradient(f, gradient, (*case.arguments, case.arguments), wrt=by, reference="balls")


def _check_sensitivities(cell: Cell, case: Case) -> Report:
    def by_weights(weights: Weights, h0: Any, xs: Array, y: Array) -> Weights:
        return network.sensitivity_gradient(weights, h0, xs, y, cell, case.loss)

    f = partial(network.loss, cell=cell, loss=case.loss)
    return check_gradient(f, by_weights, tuple(case.arguments), wrt="weights", reference="balls")


def _check_published(case: Case) -> Report:
    return check_gradient(network.loss, published.gradient, tuple(case.arguments), wrt="weights", reference="balls")
