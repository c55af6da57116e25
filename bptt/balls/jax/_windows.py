"""Windows that slide over arrays of balls: convolutions, pooling, and the gradients of pooling."""

import functools
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from bptt.balls._array import as_ball_array, strip_class
from bptt.balls.jax._positions import Positions, Rule, find_windows

_INFINITY = float("inf")


def _convolve(equation: Any, x: Any, kernel: Any) -> Any:
    """Cut out the patches of x that the kernel meets, then take one product for each group."""
    params = equation.params
    numbers = params["dimension_numbers"]
    x, kernel = strip_class(x).transpose(numbers.lhs_spec), strip_class(kernel).transpose(numbers.rhs_spec)
    pool = np.concatenate([np.zeros(1, dtype=object), x.reshape(-1)])
    patches = pool[find_windows(x.shape, _describe_windows_of_convolution(params, kernel.shape[2:]))]
    in_batches = params["batch_group_count"] > 1
    groups = params["batch_group_count"] if in_batches else params["feature_group_count"]
    pairs = zip(np.split(patches, groups, axis=0 if in_batches else 1), np.split(kernel, groups), strict=True)
    products = np.concatenate([_multiply_patches(*pair) for pair in pairs], axis=-1)
    return np.moveaxis(products, -1, 1).transpose(np.argsort(numbers.out_spec))


def _describe_windows_of_convolution(params: Any, sizes: tuple[int, ...]) -> dict[str, Any]:
    """Describe the windows over batch, channels and space, of which the first two are of one element."""
    return {
        "window_dimensions": (1, 1, *sizes),
        "window_strides": (1, 1, *params["window_strides"]),
        "window_dilation": (1, 1, *params["rhs_dilation"]),
        "base_dilation": (1, 1, *params["lhs_dilation"]),
        "padding": ((0, 0), (0, 0), *params["padding"]),
    }


def _multiply_patches(patches: Any, kernel: Any) -> Any:
    """Return the products, channels last, of patches (batch, channels, space…, window) and a kernel (out, in, …)."""
    rows = np.moveaxis(patches, 1, -2)
    rows = rows.reshape(*rows.shape[:-2], -1)
    return as_ball_array(rows) @ as_ball_array(kernel.reshape(len(kernel), -1).T)


def take_larger(a: Any, b: Any) -> Any:
    """Return the larger one of two balls, as their kind has it."""
    return a.maximum(b)


def take_smaller(a: Any, b: Any) -> Any:
    """Return the smaller one of two balls, as their kind has it."""
    return a.minimum(b)


def _list_in_windows(windows: Positions) -> list[list[int]]:
    """List the positions in each window, padding left out."""
    return [[int(p) - 1 for p in window if p] for window in windows.reshape(-1, windows.shape[-1])]


def _reduce_windows(combine: Callable[[Any, Any], Any], of_nothing: float) -> Rule:
    def reduced(equation: Any, x: Any) -> Any:
        windows = find_windows(x.shape, equation.params)
        elements = strip_class(x).reshape(-1)
        made = np.empty(windows.shape[:-1], dtype=object)
        made.reshape(-1)[:] = [
            functools.reduce(combine, (elements[p] for p in window)) if window else of_nothing
            for window in _list_in_windows(windows)
        ]
        return made

    return reduced


def _choose_in_windows(equation: Any, x: Any) -> list[int | None]:
    """Choose the position of the first extreme in each window; `None` in one of padding alone."""
    is_no_less = operator.ge if equation.params["select_prim"].name == "ge" else operator.le
    elements = strip_class(x).reshape(-1)

    def choose(a: int, b: int) -> int:
        return a if is_no_less(elements[a], elements[b]) else b

    windows = _list_in_windows(find_windows(x.shape, equation.params))
    return [functools.reduce(choose, window) if window else None for window in windows]


def _gather_at_extremes(equation: Any, tangents: Any, x: Any) -> Any:
    given = strip_class(tangents).reshape(-1)
    made = [0.0 if chosen is None else given[chosen] for chosen in _choose_in_windows(equation, x)]
    return np.array([*made, None], dtype=object)[:-1].reshape(equation.outvars[0].aval.shape)


def _scatter_to_extremes(equation: Any, cotangents: Any, x: Any) -> Any:
    sums: dict[int, Any] = {}
    for chosen, cotangent in zip(_choose_in_windows(equation, x), strip_class(cotangents).reshape(-1), strict=True):
        if chosen is not None:
            sums[chosen] = sums[chosen] + cotangent if chosen in sums else cotangent
    made = np.empty(x.size, dtype=object)
    made[:] = [sums.get(n, 0.0) for n in range(x.size)]
    return made.reshape(x.shape)


WINDOW_RULES: dict[str, Rule] = {
    "conv_general_dilated": _convolve,
    "reduce_window_sum": _reduce_windows(operator.add, 0.0),
    "reduce_window_max": _reduce_windows(take_larger, -_INFINITY),
    "reduce_window_min": _reduce_windows(take_smaller, _INFINITY),
    "select_and_gather_add": _gather_at_extremes,
    "select_and_scatter_add": _scatter_to_extremes,
}
