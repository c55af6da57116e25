"""The cells and the losses against PyTorch: the same outputs and the same gradients from the same weights, in float64.

PyTorch numbers the passes over time of `torch.nn.RNN`, `torch.nn.LSTM` and `torch.nn.GRU`, the lowest layer first, and
in each layer the pass onward before the one in reverse. P is their number.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn.functional import cross_entropy, huber_loss, l1_loss, mse_loss
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from bptt.rnn import elman, gru, lstm
from bptt.rnn.activations import tanh
from bptt.rnn.arrays import Array
from bptt.rnn.cell import Cell, Layer
from bptt.rnn.layers import Bidirectional, BothStates, Directions, Stacked, StackedStates
from bptt.rnn.losses import Loss, absolute_error, half_squared_error, huber, softmax_cross_entropy
from tests.rnn.comparing import assert_equal_but_for_rounding

torch.set_num_threads(1)  # on arrays this small, a second thread takes twice the time on a busy machine

Mapping: TypeAlias = Callable[..., Any]  # weight_ih, weight_hh and, unless there are none, bias_ih, bias_hh -> Weights


def elman_weights(weight_ih: Array, weight_hh: Array, *biases: Array) -> elman.Weights:
    return elman.Weights(weight_ih, weight_hh, np.add(*biases) if biases else None)


def lstm_weights(weight_ih: Array, weight_hh: Array, *biases: Array) -> lstm.Weights:
    return lstm.Weights(by_gate(weight_ih, 4), by_gate(weight_hh, 4), by_gate(np.add(*biases), 4) if biases else None)


def gru_weights(weight_ih: Array, weight_hh: Array, *biases: Array) -> gru.Weights:
    return gru.Weights(by_gate(weight_ih, 3), by_gate(weight_hh, 3), *(by_gate(bias, 3) for bias in biases))


def by_gate(rows: Array, gates: int) -> Array:
    """(gates · D_h, ...) as (gates, D_h, ...)."""
    result: Array = rows.reshape(gates, -1, *rows.shape[1:])
    return result


class Kind(NamedTuple):
    """A class of PyTorch's, the cell it should be, and the weights of the cell from those of PyTorch."""

    module: Any
    cell: Cell
    weights: Mapping


RNN = Kind(torch.nn.RNN, elman.cell(tanh), elman_weights)
LSTM = Kind(torch.nn.LSTM, lstm.cell, lstm_weights)
GRU = Kind(torch.nn.GRU, gru.cell, gru_weights)


class Case(NamedTuple):
    """A network of PyTorch's with its weights, and what both are given besides.

    initial is h0 and for the LSTM c0, (P, batch, D_h) each, xs (T, batch, D_x), h_bar (T, batch, D_h) or, in both
    directions, (T, batch, 2 D_h), and lengths (batch,).
    """

    kind: Kind
    module: Any
    initial: tuple[Array, ...]
    xs: Array
    h_bar: Array
    lengths: Array | None


class Result(NamedTuple):
    """What both return; final are h_n and for the LSTM c_n, and the gradients are shaped as in PyTorch."""

    output: Array
    final: tuple[Array, ...]
    weights_bar: tuple[tuple[Array, ...], ...]
    initial_bar: tuple[Array, ...]
    xs_bar: Array


class Sizes(NamedTuple):
    T: int
    batch: int
    D_x: int
    D_h: int


def random_case(
    kind: Kind, layers: int, bidirectional: bool, bias: bool, packed: bool, sizes: Sizes, seed: int
) -> Case:
    """Uniform values, also beyond the ends of the sequences, of the weights as PyTorch draws them: up to ±1/√D_h.

    No unit saturates. In one with h = ±(1 - 1e-5), rounding h puts as much as 1e-11 of s'(a) off.
    """
    T, batch, D_x, D_h = sizes
    random = np.random.default_rng(seed)
    module = kind.module(D_x, D_h, layers, bias=bias, bidirectional=bidirectional, dtype=torch.float64)
    with torch.no_grad():
        for weight in module.parameters():
            weight.copy_(torch.from_numpy(random.uniform(-1, 1, size=weight.shape) / np.sqrt(D_h)))
    of_a_part = (len(module.all_weights), batch, D_h)
    return Case(
        kind,
        module,
        initial=tuple(random.uniform(-1, 1, size=of_a_part) for _ in kind.cell.State._fields),
        xs=random.uniform(-1, 1, size=(T, batch, D_x)),
        h_bar=random.normal(size=(T, batch, D_h * (1 + bidirectional))),
        lengths=random.integers(1, T, size=batch, endpoint=True) if packed else None,
    )


def by_torch(case: Case) -> Result:
    initial, xs = tuple(variable(part) for part in case.initial), variable(case.xs)
    given = xs
    if case.lengths is not None:
        given = pack_padded_sequence(xs, torch.from_numpy(case.lengths), enforce_sorted=False)
    output, final = case.module(given, initial if len(initial) > 1 else initial[0])
    h = output if case.lengths is None else pad_packed_sequence(output, total_length=len(xs))[0]
    (h * torch.from_numpy(case.h_bar)).sum().backward()
    return Result(
        h.detach().numpy(),
        tuple(part.detach().numpy() for part in (final if isinstance(final, tuple) else (final,))),
        tuple(tuple(weight.grad.numpy() for weight in weights) for weights in case.module.all_weights),
        tuple(part.grad.numpy() for part in initial),
        xs.grad.numpy(),
    )


def by_bptt(case: Case) -> Result:
    cell, layers = case.kind.cell, case.module.num_layers
    layer: Layer = Bidirectional(cell) if case.module.bidirectional else cell
    network = layer if layers == 1 else Stacked((layer,) * layers)
    of_passes = [[weight.detach().numpy() for weight in weights] for weights in case.module.all_weights]
    weights = composed([case.kind.weights(*arrays) for arrays in of_passes], layers)
    h0 = composed([cell.State(*parts) for parts in zip(*case.initial, strict=True)], layers)
    states = network.forward(weights, h0, case.xs, case.lengths)
    bar = network.backward(weights, h0, case.xs, states, case.h_bar, case.lengths)
    return Result(
        states.h,
        stacked_parts(final_state(cell, of_pass, case.lengths) for of_pass in passes(states)),
        tuple(in_the_form_of_torch(of_pass, cell.gates) for of_pass in passes(bar.weights)),
        stacked_parts(passes(bar.h0)),
        bar.xs,
    )


def composed(of_passes: list[Any], layers: int) -> Any:
    """What belongs to each pass, as the arguments of the network of so many layers."""
    of_layers = of_passes
    if len(of_passes) > layers:
        of_layers = [Directions(*both) for both in zip(of_passes[::2], of_passes[1::2], strict=True)]
    return of_layers[0] if layers == 1 else tuple(of_layers)


def passes(tree: Any) -> list[Any]:
    """What belongs to each pass, from what the network takes or returns: the inverse of `composed`."""
    match tree:
        case StackedStates():
            branches = tree.layers
        case Directions() | BothStates():
            branches = (tree.onward, tree.reverse)
        case tuple() if not hasattr(tree, "_fields"):
            branches = tree
        case _:
            return [tree]
    return [of_pass for branch in branches for of_pass in passes(branch)]


def final_state(cell: Cell, states: Any, lengths: Array | None) -> Any:
    """The `State` at the end of every sequence: (batch, D_h) each part."""
    if lengths is None:
        return cell.state_after(states)
    of_each = [tuple(part[n] for part in cell.state_after(states, end - 1)) for n, end in enumerate(lengths)]
    return cell.State(*stacked_parts(of_each))


def stacked_parts(of_each: Any) -> tuple[Array, ...]:
    return tuple(np.stack(parts) for parts in zip(*of_each, strict=True))


def in_the_form_of_torch(bar: Any, gates: tuple[int, ...]) -> tuple[Array, ...]:
    """The gradients by weight_ih, weight_hh, bias_ih and bias_hh: that of a sum of biases is that of each of them."""
    b_bars = () if bar.b is None else (bar.b, getattr(bar, "b_h", bar.b))
    return tuple(of_weight.reshape(-1, *of_weight.shape[len(gates) + 1 :]) for of_weight in (bar.U, bar.W, *b_bars))


def variable(value: Array) -> Any:
    """A tensor that PyTorch differentiates by."""
    return torch.tensor(value, requires_grad=True)


def assert_the_same(ours: Result, theirs: Result) -> None:
    assert_equal_but_for_rounding((ours.output, ours.final), (theirs.output, theirs.final))
    assert_equal_but_for_rounding(ours[2:], theirs[2:])


sizes = st.builds(Sizes, T=st.integers(1, 6), batch=st.integers(1, 4), D_x=st.integers(1, 4), D_h=st.integers(1, 4))
seeds = st.integers(0, 2**32 - 1)


@pytest.mark.parametrize("bidirectional", [False, True], ids=["onward", "bidirectional"])
@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("kind", [RNN, LSTM, GRU], ids=["RNN", "LSTM", "GRU"])
@given(bias=st.booleans(), packed=st.booleans(), sizes=sizes, seed=seeds)
def test_the_states_and_the_gradients_are_those_of_torch(
    kind: Kind, layers: int, bidirectional: bool, bias: bool, packed: bool, sizes: Sizes, seed: int
) -> None:
    case = random_case(kind, layers, bidirectional, bias, packed, sizes, seed)
    assert_the_same(by_bptt(case), by_torch(case))


def one_case(kind: Kind) -> Case:
    return random_case(kind, layers=2, bidirectional=True, bias=True, packed=True, sizes=Sizes(5, 3, 2, 4), seed=0)


def with_i_and_f_exchanged(rows: Array) -> Array:
    """A weight of `torch.nn.LSTM`, or a gradient by it, (4 · D_h, ...), with the rows of these gates exchanged."""
    result: Array = by_gate(rows, 4)[[1, 0, 2, 3]].reshape(rows.shape)
    return result


def test_weights_with_the_gates_i_and_f_exchanged_are_rejected() -> None:
    case = one_case(LSTM)
    wrong = LSTM._replace(weights=lambda *weights: lstm_weights(*map(with_i_and_f_exchanged, weights)))
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        assert_equal_but_for_rounding(by_bptt(case._replace(kind=wrong)).output, by_torch(case).output)


def test_gradients_with_the_gates_i_and_f_exchanged_are_rejected() -> None:
    case = one_case(LSTM)
    ours, theirs = by_bptt(case), by_torch(case)
    assert_the_same(ours, theirs)
    wrong = tuple(tuple(map(with_i_and_f_exchanged, of_pass)) for of_pass in ours.weights_bar)
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        assert_the_same(ours._replace(weights_bar=wrong), theirs)


def test_the_gru_that_resets_before_the_product_is_rejected() -> None:
    case = one_case(GRU)
    ours = by_bptt(case._replace(kind=GRU._replace(cell=gru.cell_reset_before)))
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        assert_the_same(ours, by_torch(case))


def loss_by_torch(loss: Callable[..., Any], *arguments: Any) -> tuple[Array, tuple[Array | None, ...]]:
    """The loss and its gradient; None stands for the gradient by a tensor that is not one of floats."""
    value = loss(*arguments)
    value.backward()
    grads = (argument.grad for argument in arguments)
    return value.detach().numpy(), tuple(None if grad is None else grad.numpy() for grad in grads)


def half_mse(prediction: Any, target: Any, reduction: str) -> Any:
    return mse_loss(prediction, target, reduction=reduction) / 2


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [(half_squared_error, half_mse), (absolute_error, l1_loss), (huber(1), huber_loss)],
    ids=["squared", "absolute", "huber"],
)
@given(st.lists(st.integers(1, 4), min_size=1, max_size=3), seeds)
def test_a_loss_of_errors_and_its_gradient_are_those_of_torch(
    ours: Loss, theirs: Callable[..., Any], shape: list[int], seed: int
) -> None:
    """At quarters from -3 to 3, so that kinks and the edges of the regions of huber are among the errors."""
    prediction, target = np.random.default_rng(seed).integers(-6, 6, size=(2, *shape), endpoint=True) / 4
    value, gradient = loss_by_torch(partial(theirs, reduction="sum"), variable(prediction), variable(target))
    assert_equal_but_for_rounding(ours(prediction, target), value)
    assert_equal_but_for_rounding(ours.gradient(prediction, target), gradient)


def normal_logits(random: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return random.normal(size=shape)


def logits_up_to_ten_thousand(random: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return random.uniform(-1e4, 1e4, size=shape)


def logits_of_plus_or_minus_ten_thousand(random: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return random.choice([-1e4, 1e4], size=shape)


def close_logits_near_ten_thousand(random: np.random.Generator, shape: tuple[int, ...]) -> Array:
    center: float = random.choice([-1e4, 1e4])
    return center + random.normal(size=shape)


@pytest.mark.parametrize(
    "logits_from",
    [
        normal_logits,
        logits_up_to_ten_thousand,
        logits_of_plus_or_minus_ten_thousand,
        close_logits_near_ten_thousand,
    ],
)
@given(examples=st.integers(1, 4), D_y=st.integers(2, 5), seed=seeds)
def test_the_cross_entropy_and_its_gradient_are_those_of_torch(
    logits_from: Callable[..., Array], examples: int, D_y: int, seed: int
) -> None:
    """With each class in turn as the target, so that 1 - p cancels to next to nothing for at most one of them."""
    of_examples = logits_from(np.random.default_rng(seed), (examples, 1, D_y))
    logits = np.broadcast_to(of_examples, (examples, D_y, D_y)).reshape(-1, D_y)
    classes = np.tile(np.arange(D_y), examples)
    loss = partial(cross_entropy, reduction="sum")
    value, gradient = loss_by_torch(loss, variable(logits), torch.from_numpy(classes))
    assert_equal_but_for_rounding(softmax_cross_entropy(logits, classes), value)
    assert_equal_but_for_rounding(softmax_cross_entropy.gradient(logits, classes), gradient)
