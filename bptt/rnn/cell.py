"""What the cells have in common: the passes over time, and the sums over time that are the gradients of weights.

A cell is driven by two products, U x + b of the input and W z + b_h of what it remembers, where z is h[t-1] or, with a
gate on it, a part of that. Its own file says what a step makes of them, and how tangents and cotangents go through it.
All of this runs on NumPy arrays of floats or balls and on JAX arrays, also under `jax.jit`; float32 stays float32.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from bptt.rnn._arguments import name_leaves, promote, require_shape, require_type
from bptt.rnn._lengths import check_lengths, is_within, mask, take_last
from bptt.rnn.arrays import Array, contract_time, each, namespace, product, transposed_product
from bptt.rnn.scan import scan

Weights = Any  # a NamedTuple of U (*gates, D_h, D_x), W (*gates, D_h, D_h), b (*gates, D_h) or None, perhaps b_h like b
States = Any  # a NamedTuple of arrays (T, ..., D_h): h, what else is carried, and what a vjp wants of the forward pass


class State(NamedTuple):
    """What a cell carries from one step to the next: h, (..., D_h)."""

    h: Array


class Products(NamedTuple):
    """A tangent or cotangent of U x + b, and one of W z + b_h: (..., *gates, D_h) each.

    In what a `vjp` returns, None for the second stands for the first, as where a cell adds the two products.
    """

    x: Array
    h: Any = None


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
        """Return the states of every step, of which `h` are the hidden ones."""

    def backward(
        self, weights: Any, h0: Any, xs: Array, states: Any, h_bar: Array, lengths: Array | None = None, /
    ) -> Cotangents:
        """Return the cotangents of weights, h0 and xs."""


class Cell(NamedTuple):
    """A recurrent cell: what one step of it does, from which the passes over time follow.

    `Weights` and `States` are the types of its weights and of what a step returns, `gates` the leading axes of the
    weights, (4,) for the LSTM, and `State` the type of what is carried. With `before` the State that a step starts from
    and `states` the States that it returned, NamedTuples of arrays (..., D_h),

        step(weights, before, drive) -> states                       drive = U x + b, (..., *gates, D_h)
        vjp(weights, before, states, bar) -> Products, before_bar    bar = ∂L by the State after the step
        jvp(weights, before, states, dot, before_dot) -> dot of the State after the step; dot: Products
        remembered(before, states) -> z                              what W multiplies, h[t-1] by default

    The fields of `State` are among those of `states`. Tangents have more axes, in front of those of `states`. z is
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
        """Return the states of every step, a NamedTuple of arrays (T, ..., D_h); `states.h` are the hidden ones.

        xs is (T, ..., D_x), any batch axes after time. h0 is the initial state, (..., D_h), or a `State` of such arrays
        for a cell that carries more; None stands for zeros. `lengths` are integers (...), one for each sequence: beyond
        its end no x is read, and every state is 0. Raises `ValueError` for a wrong shape, an empty axis and a length
        that is not from 1 to T, `TypeError` for what is no array of real numbers, or belongs to another cell. The
        values of JAX lengths are not looked at.
        """
        run = prepare(self, weights, h0, xs, lengths)
        drive = product(run.weights.U, run.xs, run.weights.b)  # of all steps at once: only W has to wait for h[t-1]

        def step(before: Any, drive: Array) -> tuple[Any, States]:
            states = self.step(run.weights, before, drive)
            return select_carried(self.State, states), states

        _, states = scan(step, run.initial, drive)
        return states if run.valid is None else each(lambda s: mask(s, run.valid), states)

    def backward(
        self, weights: Weights, h0: Any, xs: Array, states: States, h_bar: Array, lengths: Array | None = None
    ) -> Cotangents:
        """Pull h_bar[t,k] = ∂L/∂h[t,k], held at fixed later states, back through `forward`.

            δ[t], bar[t-1] = vjp(bar[t] + h_bar[t])              with bar[T-1] = 0
            U_bar[k,m]  = δ.x[t,k] xs[t,m]                       b_bar[k]   = δ.x[t,k]
            W_bar[k,l]  = δ.h[t,k] z[t,l]                        b_h_bar[k] = δ.h[t,k]
            xs_bar[t,m] = δ.x[t,k] U[k,m]                        h0_bar[l]  = bar[-1,l]

        with t from 0 to T − 1, and an axis of gates before k where the weights have one. `states` are what `forward`
        returned. h_bar has the shape of states.h, and is not read beyond the end of a sequence. Other arguments and
        errors as for `forward`. The gradients of the weights are summed over time and batch. O(T D_h²) for a sequence.
        """
        run = prepare(self, weights, h0, xs, lengths, states=states, h_bar=h_bar)

        def step(bar: Any, before: Any, states: States, h_bar: Array) -> tuple[Any, Products]:
            δ, before_bar = self.vjp(run.weights, before, states, bar._replace(h=bar.h + h_bar))
            return before_bar, δ

        zeros = each(namespace(run.xs).zeros_like, run.initial)
        h0_bar, δ = scan(step, zeros, run.before, run.states, run.h_bar, reverse=True)
        δ = Products(δ.x, δ.x if δ.h is None else δ.h)

        def contract(z: Array, side: str) -> Array:
            return _contract_gates(getattr(δ, side), z, run.xs.ndim)

        weights_bar = map_weights(contract, run.weights, run.xs, self.remembered(run.before, run.states))
        return Cotangents(weights_bar, _restore_form(h0, h0_bar), transposed_product(run.weights.U, δ.x))

    def sensitivities(self, weights: Weights, h0: Any, xs: Array, states: States) -> Weights:
        """Differentiate every hidden state by every weight, forward in time: real-time recurrent learning.

            after_dot[t] = jvp(dot[t], before_dot[t])            with before_dot[0] = 0, before_dot[t+1] = after_dot[t]

        and dot[t] the immediate derivative of the two products, the states held fixed:

            by U[α,β]:  dot.x[t,k] = δ_αk xs[t,β]                by b[α]:    dot.x[t,k] = δ_αk
            by W[α,β]:  dot.h[t,k] = δ_αk z[t,β]                 by b_h[α]:  dot.h[t,k] = δ_αk

        Arguments and errors as for `backward`. Returns ∂h[t,k]/∂M, (T, ..., D_h, *M.shape), for each weight M;
        `contract` pulls a cotangent back through them. O(T D_h³ (D_x + D_h)): for derivations, not for training.
        """
        run = prepare(self, weights, h0, xs, states=states)
        xp = namespace(run.xs)

        def propagate(z: Array, side: str) -> Array:
            """Return ∂h[t,k]/∂M[α,β] for the weight M that multiplies z[t,β]."""
            immediate = _make_immediate(run.weights.U.shape[:-1], z, run.xs.ndim)

            def step(before_dot: Any, before: Any, states: States, immediate: Array) -> tuple[Any, Array]:
                dot = Products(xp.zeros_like(immediate), xp.zeros_like(immediate))._replace(**{side: immediate})
                after_dot = self.jvp(run.weights, before, states, dot, before_dot)
                return after_dot, after_dot.h

            directions = immediate.shape[1 : len(self.gates) + 3]
            zeros = each(lambda part: xp.zeros_like(part, shape=(*directions, *part.shape)), run.initial)
            of_h = scan(step, zeros, run.before, run.states, immediate)[1]
            last = range(-len(directions), 0)  # α and β stood before the batch axes, where `jvp` can broadcast them
            return xp.moveaxis(of_h, [1 + n % len(directions) for n in last], list(last))

        return map_weights(propagate, run.weights, run.xs, self.remembered(run.before, run.states))

    def contract(self, sensitivities: Weights, h_bar: Array) -> Weights:
        """M_bar[α,β] = h_bar[t,k] ∂h[t,k]/∂M[α,β] for each weight M, summed over time and batch.

        h_bar[t,k] = ∂L/∂h[t,k], held at fixed later states, is (T, ..., D_h); raises `ValueError` for another shape.
        """
        sensitivities, h_bar = promote(weights=sensitivities, h_bar=h_bar)
        of_states = sensitivities.U.shape[: -len(self.gates) - 2]
        require_shape("h_bar", h_bar, of_states, "(T, ..., D_h), as in the sensitivities,")
        flat = h_bar.reshape(-1)
        return each(lambda s: (flat @ s.reshape(flat.size, -1)).reshape(s.shape[len(of_states) :]), sensitivities)

    def state_after(self, states: States, t: int = -1, lengths: Array | None = None) -> Any:
        """Return the initial state of a `forward` over the steps after t, or with `lengths` after the end of each."""
        ends = check_lengths(lengths, states.h)
        state = select_carried(self.State, states)
        return each(lambda part: part[t] if ends is None else take_last(part, ends)[0], state)


class Pass(NamedTuple):
    """What a pass over time runs on: checked arrays of one float type, the initial state filled in.

    `valid` says which steps are within their sequence, (T, ...); None, if all are. `before` is what is carried into
    each step, (T, ..., D_h). `states`, `before` and `h_bar` are `()` in a forward pass.
    """

    weights: Weights
    initial: Any
    xs: Array
    valid: Array | None
    states: States
    before: Any
    h_bar: Any


def prepare(cell: Cell, weights: Weights, h0: Any, xs: Array, lengths: Any = None, **of_forward: Any) -> Pass:
    """Check the arguments of a pass, which `Cell` describes; `of_forward` are `states`, or `states` and `h_bar`."""
    require_type("weights of the cell", weights, cell.Weights)
    if "states" in of_forward:
        require_type("states", of_forward["states"], cell.States)
    weights, h0, xs, *promoted = promote(weights=weights, h0=h0, xs=xs, **of_forward)
    D_h, D_x = _check_weights(cell.gates, weights)
    if xs.ndim < 2 or xs.shape[-1] != D_x:
        raise ValueError(f"xs must have shape (T, ..., D_x) with D_x = {D_x}, the columns of U; got {xs.shape}")
    if 0 in xs.shape:
        raise ValueError(f"xs must have at least one time step and no empty axis; got shape {xs.shape}")
    initial = _make_initial(cell.State, h0, namespace(xs).zeros_like(xs, shape=(*xs.shape[1:-1], D_h)))
    for name, tree in zip(of_forward, promoted, strict=True):
        for label, array in name_leaves(name, tree):
            require_shape(label, array, (*xs.shape[:-1], D_h), "(T, ..., D_h), as returned by forward,")
    states, h_bar = (*promoted, (), ())[:2]
    valid = None
    if (ends := check_lengths(lengths, xs)) is not None:
        valid = is_within(ends, len(xs))
        xs, h_bar = each(lambda array: mask(array, valid), (xs, h_bar))  # so that no NaN from beyond the end spreads
    shift = lambda first, h: namespace(h).concat([first[None], h[:-1]])  # noqa: E731  (h[t-1] for every t)
    before = each(shift, initial, select_carried(cell.State, states)) if states else ()
    return Pass(weights, initial, xs, valid, states, before, h_bar)


def select_carried(state: Any, states: States) -> Any:
    """Select the part of `states` that is carried from one step to the next, as a NamedTuple of the type `state`."""
    return states if type(states) is state else state(*(getattr(states, name) for name in state._fields))


def _make_initial(state: Any, h0: Any, zeros: Array) -> Any:
    """Return the initial state as a NamedTuple of that type, zeros in the place of what is None."""
    fields = state._fields
    if h0 is not None and not isinstance(h0, state) and (isinstance(h0, tuple) or len(fields) > 1):
        expected = "an array (..., D_h)" if len(fields) == 1 else f"a State({', '.join(fields)}) of arrays (..., D_h)"
        raise TypeError(f"h0 must be {expected}, or None; got {type(h0).__name__}")
    parts = h0 if isinstance(h0, tuple) else [h0] * len(fields)
    initial = state._make(zeros if part is None else part for part in parts)  # one part of it may be given alone
    for name, part in zip(fields, initial, strict=True):
        label = "h0" if len(fields) == 1 else f"h0.{name}"
        require_shape(label, part, zeros.shape, "(..., D_h), the batch axes of xs before D_h,")
    return initial


def _restore_form(h0: Any, bar: Any) -> Any:
    """Return the cotangent of the initial state in the form in which that was given: None, an array or a State."""
    if h0 is None:
        return None
    if not isinstance(h0, tuple):
        return bar.h
    return bar._make(None if part is None else part_bar for part, part_bar in zip(h0, bar, strict=True))


def _check_weights(gates: tuple[int, ...], weights: Weights) -> tuple[int, int]:
    """Return D_h and D_x; raise `ValueError` if the shapes of the weights do not fit."""
    U, letters = weights.U, "".join(f"{n}, " for n in gates)
    if U.ndim != len(gates) + 2 or U.shape[:-2] != gates or 0 in U.shape:
        raise ValueError(f"U must have shape ({letters}D_h, D_x), no axis empty; got {U.shape}")
    *_, D_h, D_x = U.shape
    require_shape("W", weights.W, (*gates, D_h, D_h), f"({letters}D_h, D_h), D_h being the rows of U,")
    for name, bias in zip(weights._fields[2:], weights[2:], strict=True):
        if bias is not None:
            require_shape(name, bias, (*gates, D_h), f"({letters}D_h{'' if gates else ','}), D_h being the rows of U,")
    return D_h, D_x


def map_weights(f: Callable[[Array, str], Array], weights: Weights, xs: Array, z: Array) -> Weights:
    """Call `f(z, side)` for each weight that there is: what it multiplies, and in which of the two products."""
    ones = namespace(xs).ones_like(xs[..., :1])  # a bias is the weight of an input that is always 1
    factors = {"U": (xs, "x"), "W": (z, "h"), "b": (ones, "x"), "b_h": (ones, "h")}
    results = {name: f(*factors[name]) for name, weight in weights._asdict().items() if weight is not None}
    return weights._replace(**{n: r if n in ("U", "W") else r[..., 0] for n, r in results.items()})


def _contract_gates(δ: Array, z: Array, ndim: int) -> Array:
    """out[k,l] = Σ_t δ[t,k] z[t,l]; a z with more axes than `ndim` has one of gates, each to meet its own δ."""
    if z.ndim == ndim:
        return contract_time(δ, z)
    gates = range(δ.shape[-2])  # one product each: a single one would make every pair of gates
    return namespace(z).stack([contract_time(δ[..., g, :], z[..., g, :]) for g in gates])


def _make_immediate(rows: tuple[int, ...], z: Array, ndim: int) -> Array:
    """out[t,α,β,k] = δ_αk z[t,β], α and k being rows of a weight: (T, *rows, D_z, ..., *rows), the batch before k."""
    xp = namespace(z)
    if z.ndim > ndim:
        z = xp.repeat(z, rows[-1], axis=-2)
    of_rows = "k" if z.ndim > ndim else ""
    flat = xp.einsum(f"ak,t...{of_rows}c->tac...k", xp.eye(math.prod(rows), dtype=z.dtype), z)
    return flat.reshape(len(z), *rows, *flat.shape[2:-1], *rows)
