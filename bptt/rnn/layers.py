"""Cells composed: layers on top of one another, and a pass in either direction of time.

A composed layer has the `forward` and `backward` of a cell, all that `network.gradient` asks for. It holds no
derivative of its own: cotangents go through its cells in the reverse order.
"""

from typing import Any, NamedTuple

from bptt.rnn._arguments import promote, require_shape, require_type
from bptt.rnn._lengths import reverse_in_time
from bptt.rnn.arrays import Array, namespace
from bptt.rnn.cell import Cotangents, Layer

Each = tuple[Any, ...]  # the weights of each layer, or the initial state of each, the lowest first


class StackedStates(NamedTuple):
    """The hidden states of the topmost layer, (T, ..., D_h), and the states of every layer, the lowest first."""

    h: Array
    layers: tuple[Any, ...]


class Stacked(NamedTuple):
    """Layers on top of one another: the hidden states of each are the input of the next.

    Weights and initial states are tuples, the lowest layer first; None stands for initial states of zeros. Shapes and
    errors are those of the layers. Raises `ValueError` for another number of weights or initial states than of layers.
    """

    layers: tuple[Layer, ...]

    def forward(self, weights: Each, h0: Any, xs: Array, lengths: Array | None = None) -> StackedStates:
        """Return the states of all layers; `h` are the hidden ones of the topmost."""
        states: list[Any] = []
        for layer, weights_of_layer, initial in self._align(weights, h0):
            states.append(layer.forward(weights_of_layer, initial, states[-1].h if states else xs, lengths))
        return StackedStates(states[-1].h, tuple(states))

    def backward(
        self, weights: Each, h0: Any, xs: Array, states: StackedStates, h_bar: Array, lengths: Array | None = None
    ) -> Cotangents:
        """Pull h_bar, the cotangent of the topmost hidden states, back through `forward`."""
        require_type("states", states, StackedStates)
        aligned = self._align(weights, h0)
        bars: list[Cotangents] = []
        for n in reversed(range(len(aligned))):
            layer, weights_of_layer, initial = aligned[n]
            below = states.layers[n - 1].h if n else xs
            bars.insert(0, layer.backward(weights_of_layer, initial, below, states.layers[n], h_bar, lengths))
            h_bar = bars[0].xs
        h0_bar = None if h0 is None else tuple(bar.h0 for bar in bars)
        return Cotangents(tuple(bar.weights for bar in bars), h0_bar, h_bar)

    def _align(self, weights: Each, h0: Any) -> list[tuple[Layer, Any, Any]]:
        """Return the layers, each with its weights and its initial state."""
        if type(self.layers) is not tuple or not self.layers:  # a single Cell is a tuple, too
            raise TypeError(f"layers must be a tuple of cells or layers; got {_describe(self.layers)}")
        count = len(self.layers)
        initial = (None,) * count if h0 is None else h0
        for name, given in (("weights", weights), ("h0", initial)):
            if not isinstance(given, tuple) or len(given) != count:
                raise ValueError(f"{name} must be a tuple of {count}, one for each layer; got {_describe(given)}")
        return list(zip(self.layers, weights, initial, strict=True))


class Directions(NamedTuple):
    """What belongs to the pass onward in time, and what to the one in reverse: weights, or initial states."""

    onward: Any
    reverse: Any


class BothStates(NamedTuple):
    """The hidden states of both passes side by side, (T, ..., 2 D_h), and the states of each, in its own order."""

    h: Array
    onward: Any
    reverse: Any


class Bidirectional(NamedTuple):
    """A pass onward in time, and one that starts at the end of each sequence, their hidden states side by side.

    Weights and initial states are `Directions`; None stands for initial states of zeros. The arguments, shapes and
    errors are those of the layer. At the last step the reverse pass has seen that step alone.
    """

    layer: Layer

    def forward(self, weights: Directions, h0: Any, xs: Array, lengths: Array | None = None) -> BothStates:
        """Return the states of both passes; `h` are the hidden ones."""
        weights, initial = _require_directions("weights", weights), _require_directions("h0", h0)
        onward = self.layer.forward(weights.onward, initial.onward, xs, lengths)
        reverse = self.layer.forward(weights.reverse, initial.reverse, reverse_in_time(xs, lengths), lengths)
        h = namespace(onward.h, reverse.h).concat([onward.h, reverse_in_time(reverse.h, lengths)], axis=-1)
        return BothStates(h, onward, reverse)

    def backward(
        self, weights: Directions, h0: Any, xs: Array, states: BothStates, h_bar: Array, lengths: Array | None = None
    ) -> Cotangents:
        """Pull h_bar, (T, ..., 2 D_h), back through `forward`."""
        weights, initial = _require_directions("weights", weights), _require_directions("h0", h0)
        require_type("states", states, BothStates)
        (h_bar,) = promote(h_bar=h_bar)
        require_shape("h_bar", h_bar, states.h.shape, "(T, ..., 2 D_h), as returned by forward,")
        D_h = states.onward.h.shape[-1]
        reversed_xs, reversed_h_bar = (reverse_in_time(a, lengths) for a in (xs, h_bar[..., D_h:]))
        onward = self.layer.backward(weights.onward, initial.onward, xs, states.onward, h_bar[..., :D_h], lengths)
        reverse = self.layer.backward(
            weights.reverse, initial.reverse, reversed_xs, states.reverse, reversed_h_bar, lengths
        )
        h0_bar = None if h0 is None else Directions(onward.h0, reverse.h0)
        xs_bar = onward.xs + reverse_in_time(reverse.xs, lengths)
        return Cotangents(Directions(onward.weights, reverse.weights), h0_bar, xs_bar)


def _require_directions(name: str, given: Any) -> Directions:
    if given is None and name == "h0":
        return Directions(None, None)
    if not isinstance(given, Directions):
        raise TypeError(f"{name} must be Directions(onward, reverse); got {type(given).__name__}")
    return given


def _describe(given: Any) -> str:
    return f"a tuple of {len(given)}" if type(given) is tuple else type(given).__name__
