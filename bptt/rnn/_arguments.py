"""The arguments of a pass of a cell over time: checked, of one float type, the initial state filled in."""

from typing import Any, NamedTuple

from bptt.rnn.arrays import Array, each, floating, namespace, refuse_tuples, require_shape
from bptt.rnn.lengths import checked_lengths, where, within


class Run(NamedTuple):
    """What a pass over time runs on. `valid` says which steps are within their sequence, (T, ...), None that all are.

    `before` is what is carried into each step, (T, ..., D_h), and like `states` and `h_bar` `()` in a forward pass.
    """

    weights: Any
    initial: Any
    xs: Array
    valid: Array | None
    states: Any
    before: Any
    h_bar: Array


def checked(cell: Any, weights: Any, h0: Any, xs: Any, lengths: Any = None, **of_forward: Any) -> Run:
    """The arguments of the passes of `bptt.rnn.cell.Cell`, which says what they are and which errors are raised.

    `of_forward` are `states`, what a forward pass has returned, and `h_bar`, for the passes that take them.
    """
    require_kind("weights of the cell", weights, cell.Weights)
    if "states" in of_forward:
        require_kind("states", of_forward["states"], cell.States)
    refuse_tuples(**weights._asdict(), xs=xs, h_bar=of_forward.get("h_bar"))
    weights, initial, xs, *promoted = floating(weights=weights, h0=_as_state(cell.State, h0), xs=xs, **of_forward)
    D_h, D_x = _check_weights(cell.gates, weights)
    if xs.ndim < 2 or xs.shape[-1] != D_x:
        raise ValueError(f"xs must have shape (T, ..., D_x) with D_x = {D_x}, the columns of U; got {xs.shape}")
    if 0 in xs.shape:
        raise ValueError(f"xs must have at least one time step and no empty axis; got shape {xs.shape}")
    zeros = namespace(xs).zeros_like(xs, shape=(*xs.shape[1:-1], D_h))
    initial = initial._make(zeros if part is None else part for part in initial)
    for name, part in initial._asdict().items():
        label = "h0" if len(initial) == 1 else f"h0.{name}"
        require_shape(label, part, zeros.shape, "(..., D_h), the batch axes of xs before D_h,")
    for name, array in _named(dict(zip(of_forward, promoted, strict=True))):
        require_shape(name, array, (*xs.shape[:-1], D_h), "(T, ..., D_h), as returned by forward,")
    ends = checked_lengths(lengths, xs)
    valid = None if ends is None else within(ends, len(xs))
    states, h_bar = (*promoted, (), ())[:2]
    xs, h_bar = each(lambda array: where(valid, array), (xs, h_bar))
    before = each(shifted, initial, carried(cell.State, states)) if states else ()
    return Run(weights, initial, xs, valid, states, before, h_bar)


def carried(state: Any, states: Any) -> Any:
    """The part of `states` that is carried from one step to the next, a NamedTuple of that type."""
    return state(*(getattr(states, name) for name in state._fields))


def shifted(initial: Array, h: Array) -> Array:
    """h[t-1] for every t, with h[-1] = initial: (T, ..., D_h), from (..., D_h) and h (T, ..., D_h)."""
    result: Array = namespace(h).concat([initial[None], h[:-1]])
    return result


def in_the_form_of(h0: Any, bar: Any) -> Any:
    """The cotangent of the state, in the form in which the initial state was given."""
    if h0 is None:
        return None
    if not isinstance(h0, tuple):
        return bar.h
    return bar._make(None if part is None else part_bar for part, part_bar in zip(h0, bar, strict=True))


def _as_state(state: Any, h0: Any) -> Any:
    """What was given as the initial state as a NamedTuple of that type, None for the parts that are to be zeros."""
    fields = state._fields
    if h0 is None:
        return state(*(None for _ in fields))
    if isinstance(h0, state):
        return h0
    if isinstance(h0, tuple) or len(fields) > 1:
        expected = "an array (..., D_h)" if len(fields) == 1 else f"a State({', '.join(fields)}) of arrays (..., D_h)"
        raise TypeError(f"h0 must be {expected}, or None; got {type(h0).__name__}")
    return state(h0)


def require_kind(name: str, given: Any, kind: Any) -> None:
    """Raise `TypeError` unless it is a NamedTuple of that type."""
    if not isinstance(given, kind):
        raise TypeError(f"{name} must be {_full_name(kind)}; got {_full_name(type(given))}")


def _full_name(kind: Any) -> str:
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"


def _named(of_forward: dict[str, Any]) -> list[tuple[str, Array]]:
    """The arrays of a forward pass by name, those of the states one by one."""
    states = of_forward.pop("states", None)
    return [*(states._asdict().items() if states else ()), *of_forward.items()]


def _check_weights(gates: tuple[int, ...], weights: Any) -> tuple[int, int]:
    """D_h and D_x; raises `ValueError` if the shapes of the weights do not fit."""
    U = weights.U
    letters = "".join(f"{n}, " for n in gates)
    if U.ndim != len(gates) + 2 or U.shape[:-2] != gates or 0 in U.shape:
        raise ValueError(f"U must have shape ({letters}D_h, D_x), no axis empty; got {U.shape}")
    *rows, D_x = U.shape
    require_shape("W", weights.W, (*rows, rows[-1]), f"({letters}D_h, D_h), D_h being the rows of U,")
    meaning = f"({letters}D_h{'' if gates else ','}), D_h being the rows of U,"
    for name, bias in weights._asdict().items():
        if name not in ("U", "W") and bias is not None:
            require_shape(name, bias, rows, meaning)
    return rows[-1], D_x
