"""What the cells have in common: the passes over time, and the sums over time that are the gradients of weights.

A cell is driven by two products, U x + b of the input and W z + b_h of what it remembers, where z is h[t-1] or, with a
gate on it, a part of that. Its own file says what one step makes of them, and how a tangent and a cotangent go through
that step. Everything here runs on NumPy arrays of floats or of balls, or on JAX arrays, also under `jax.jit`; float32
stays float32.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from bptt.rnn._arguments import carried, checked, in_the_form_of
from bptt.rnn.arrays import Array, contract_time, each, floating, namespace, product, require_shape, transposed_product
from bptt.rnn.lengths import at_the_end, checked_lengths, where
from bptt.rnn.scan import scan

Weights = Any  # a NamedTuple of U (*gates, D_h, D_x), W (*gates, D_h, D_h), b (*gates, D_h) or None, perhaps b_h like b
States = Any  # a NamedTuple of arrays (T, ..., D_h): h, what else is carried, and what a vjp wants of the forward pass


class State(NamedTuple):
    """What a cell carries from one step to the next: h, (..., D_h)."""

    h: Array


class Products(NamedTuple):
    """A tangent or cotangent of U x + b, and one of W z + b_h: (..., *gates, D_h) each."""

    x: Array
    h: Array


class Cotangents(NamedTuple):
    """∂L by each argument of `Cell.forward`, shaped like it; `h0` is None where the argument was."""

    weights: Weights
    h0: Any
    xs: Array


class Layer(Protocol):
    """A cell, or cells composed: from a sequence of inputs to a sequence of hidden states, and back.

    Arguments, shapes and errors as for `Cell`, with weights, initial states and states of its own kind.
    """

    def forward(self, weights: Any, h0: Any, xs: Array, lengths: Array | None = None, /) -> Any:
        """States, of which `h` are the hidden ones."""

    def backward(
        self, weights: Any, h0: Any, xs: Array, states: Any, h_bar: Array, lengths: Array | None = None, /
    ) -> Cotangents:
        """The cotangents of weights, h0 and xs."""
        ...


class Cell(NamedTuple):
    """A recurrent cell: what one step of it does, from which the passes over time follow.

    `Weights` and `States` are the types of its weights and of what a step returns, `gates` the leading axes of the
    weights, (4,) for the LSTM, and `State` the type of what is carried. With `before` the State that a step starts from
    and `states` the States that it returned, NamedTuples of arrays (..., D_h),

        step(weights, before, drive) -> states                       drive = U x + b, (..., *gates, D_h)
        vjp(weights, before, states, bar) -> Products, before_bar    bar = ∂L by the State after the step
        jvp(weights, before, states, dot, before_dot) -> dot of the State after the step; dot: Products
        remembered(before, states) -> z                              what W multiplies, h[t-1] by default

    The fields of `State` are among those of `states`. The tangents have more axes, in front of those of `states`. z is
    (..., D_h), or (..., *gates, D_h) where each gate has its own.
    """

    Weights: Any
    States: Any
    gates: tuple[int, ...]
    step: Callable[[Weights, Any, Array], States]
    vjp: Callable[[Weights, Any, States, Any], tuple[Products, Any]]
    jvp: Callable[[Weights, Any, States, Products, Any], Any]
    State: Any = State
    remembered: Callable[[Any, States], Array] = lambda before, _: before.h

    def forward(self, weights: Weights, h0: Any, xs: Array, lengths: Array | None = None) -> States:
        """The states of every step, a NamedTuple of arrays (T, ..., D_h); `states.h` are the hidden ones.

        xs is (T, ..., D_x), any batch axes after time. h0 is the initial state, (..., D_h), or a `State` of such arrays
        for a cell that carries more; None stands for zeros. `lengths` are integers (...), one for each sequence of the
        batch: beyond its end no x is read, and every state is 0. Raises `ValueError` for a wrong shape, T = 0, an empty
        axis and a length that is not from 1 to T, `TypeError` for what is no array of real numbers, and for weights, an
        initial state or states of another cell. The values of JAX lengths are not looked at.
        """
        run = checked(self, weights, h0, xs, lengths)
        drive = product(run.weights.U, run.xs)
        if run.weights.b is not None:
            drive = drive + run.weights.b

        def step(before: Any, drive: Array) -> tuple[Any, States]:
            states = self.step(run.weights, before, drive)
            return carried(self.State, states), states

        return each(lambda s: where(run.valid, s), scan(step, run.initial, drive)[1])

    def backward(
        self, weights: Weights, h0: Any, xs: Array, states: States, h_bar: Array, lengths: Array | None = None
    ) -> Cotangents:
        """Pull h_bar[t,k] = ∂L/∂h[t,k], held at fixed later states, back through `forward`.

            δ[t], bar[t-1] = vjp(bar[t] + h_bar[t])              with bar[T-1] = 0
            U_bar[k,m]  = δ.x[t,k] xs[t,m]                       b_bar[k]   = δ.x[t,k]
            W_bar[k,l]  = δ.h[t,k] z[t,l]                        b_h_bar[k] = δ.h[t,k]
            xs_bar[t,m] = δ.x[t,k] U[k,m]                        h0_bar[l]  = bar[-1,l]

        with t from 0 to T − 1, and an axis of gates before k where the weights have one. states is what `forward`
        returned, and h_bar has the shape of states.h; beyond the end of a sequence it is not read. The other arguments
        and the errors are those of `forward`. The gradients of the weights are summed over time and batch. O(T D_h²)
        for one sequence.
        """
        run = checked(self, weights, h0, xs, lengths, states=states, h_bar=h_bar)

        def step(bar: Any, before: Any, states: States, h_bar: Array) -> tuple[Any, Products]:
            δ, before_bar = self.vjp(run.weights, before, states, bar._replace(h=bar.h + h_bar))
            return before_bar, δ

        zeros = each(namespace(run.xs).zeros_like, run.initial)
        h0_bar, δ = scan(step, zeros, run.before, run.states, run.h_bar, reverse=True)

        def by_the_weight_of(z: Array, side: str) -> Array:
            return _contracted(getattr(δ, side), z, run.xs.ndim)

        return Cotangents(
            weights=_by_each_weight(by_the_weight_of, run.weights, run.xs, self.remembered(run.before, run.states)),
            h0=in_the_form_of(h0, h0_bar),
            xs=transposed_product(run.weights.U, δ.x),
        )

    def sensitivities(self, weights: Weights, h0: Any, xs: Array, states: States) -> Weights:
        """The derivative of every hidden state by every weight, forward in time: real-time recurrent learning.

            after_dot[t] = jvp(dot[t], before_dot[t])            with before_dot[0] = 0, before_dot[t+1] = after_dot[t]

        and dot[t] the immediate derivative of the two products, the states held fixed:

            by U[α,β]:  dot.x[t,k] = δ_αk xs[t,β]                by b[α]:    dot.x[t,k] = δ_αk
            by W[α,β]:  dot.h[t,k] = δ_αk z[t,β]                 by b_h[α]:  dot.h[t,k] = δ_αk

        The initial state does not depend on the weights. Arguments and errors as for `backward`. Returns ∂h[t,k]/∂M for
        each weight M, (T, ..., D_h, *M.shape); `contract` pulls a cotangent back through them. O(T D_h³ (D_x + D_h)):
        for derivations, not for training.
        """
        run = checked(self, weights, h0, xs, states=states)
        xp = namespace(run.xs)

        def by_the_weight_of(z: Array, side: str) -> Array:
            """∂h[t,k]/∂M[α,β] for the weight M that multiplies z[t,β]."""
            immediate = _immediate(run.weights.U.shape[:-1], z, run.xs.ndim)

            def step(before_dot: Any, before: Any, states: States, immediate: Array) -> tuple[Any, Array]:
                dot = Products(xp.zeros_like(immediate), xp.zeros_like(immediate))._replace(**{side: immediate})
                after_dot = self.jvp(run.weights, before, states, dot, before_dot)
                return after_dot, after_dot.h

            directions = immediate.shape[1 : len(self.gates) + 3]
            zeros = each(lambda part: xp.zeros_like(part, shape=(*directions, *part.shape)), run.initial)
            of_h = scan(step, zeros, run.before, run.states, immediate)[1]
            last = range(-len(directions), 0)
            result: Array = xp.moveaxis(of_h, [1 + n % len(directions) for n in last], list(last))
            return result

        return _by_each_weight(by_the_weight_of, run.weights, run.xs, self.remembered(run.before, run.states))

    def contract(self, sensitivities: Weights, h_bar: Array) -> Weights:
        """M_bar[α,β] = h_bar[t,k] ∂h[t,k]/∂M[α,β] for each weight M, summed over time and batch.

        h_bar[t,k] = ∂L/∂h[t,k], held at fixed later states, is (T, ..., D_h). Returns the gradient of the weights.
        Raises `ValueError` for another shape of h_bar than that of the states.
        """
        sensitivities, h_bar = floating(weights=sensitivities, h_bar=h_bar)
        of_states = sensitivities.U.shape[: -len(self.gates) - 2]
        require_shape("h_bar", h_bar, of_states, "(T, ..., D_h), as in the sensitivities,")

        def contracted(s: Array) -> Array:
            result: Array = (h_bar.reshape(-1) @ s.reshape(h_bar.size, -1)).reshape(s.shape[len(of_states) :])
            return result

        return each(contracted, sensitivities)

    def state_after(self, states: States, t: int = -1, lengths: Array | None = None) -> Any:
        """What is carried out of step t, to go on from: the initial state of a `forward` over the steps after it.

        With `lengths`, what is carried out of the last step of each sequence, whatever t is.
        """
        state = carried(self.State, states)
        if lengths is None:
            return each(lambda part: part[t], state)
        ends = checked_lengths(lengths, states.h)
        return each(lambda part: at_the_end(part, ends)[0], state)


def _by_each_weight(f: Callable[[Array, str], Array], weights: Weights, xs: Array, z: Array) -> Weights:
    """`f(z, side)` for each weight that there is: what the weight multiplies, and in which of the two products."""
    ones = namespace(xs).ones_like(xs[..., :1])  # a bias is the weight of an input that is always 1
    stands = {"U": (xs, "x"), "W": (z, "h"), "b": (ones, "x"), "b_h": (ones, "h")}
    results = {name: None if weight is None else f(*stands[name]) for name, weight in weights._asdict().items()}
    return weights._replace(**{n: r if r is None or n in ("U", "W") else r[..., 0] for n, r in results.items()})


def _contracted(δ: Array, z: Array, ndim: int) -> Array:
    """Σ_t δ[t,k] z[t,l]; z may have an axis of gates of its own, and then more axes than `ndim`."""
    if z.ndim == ndim:
        return contract_time(δ, z)
    gates = range(δ.shape[-2])
    result: Array = namespace(z).stack([contract_time(δ[..., g, :], z[..., g, :]) for g in gates])
    return result


def _immediate(rows: tuple[int, ...], z: Array, ndim: int) -> Array:
    """δ_αk z[t,β], α and k being rows of a weight: (T, *rows, D_z, ..., *rows), α and β before the batch axes."""
    xp = namespace(z)
    count = math.prod(rows)
    if z.ndim > ndim:
        z = xp.repeat(z, rows[-1], axis=-2)
    of_rows = "k" if z.ndim > ndim else ""
    identity = xp.eye(count, dtype=z.dtype)
    flat = xp.einsum(f"ak,t...{of_rows}c->tac...k", identity, z)
    result: Array = flat.reshape(len(z), *rows, *flat.shape[2:-1], *rows)
    return result
