"""Primitives of JAX's over the axes that `vmap` and `shard_map` name.

`vmap` leaves those of arrays, by number. A name is left in a `shard_map` alone, which runs here where one device holds
all of its axis: what is gathered from all devices is what that one has.
"""

from typing import Any

import numpy as np

from bptt.balls.jax._positions import Rule, UnknownPrimitiveError


def _reduce_axes(ufunc: np.ufunc) -> Rule:
    def reduced(equation: Any, *operands: Any) -> list[Any]:
        if equation.params.get("axis_index_groups") is not None:
            raise UnknownPrimitiveError(f"JAX's primitive {equation.primitive.name!r} in groups has no rule for balls")
        numbers = [int(axis) for axis in equation.params["axes"] if isinstance(axis, int | np.integer)]
        return [_reduce(ufunc, x, numbers) for x in operands]

    return reduced


def _reduce(ufunc: np.ufunc, x: Any, axes: list[int]) -> Any:
    for axis in sorted(axes, reverse=True):
        x = ufunc.reduce(x, axis=axis)
    return x


def _gather_from_one(equation: Any, *operands: Any) -> list[Any]:
    params = equation.params
    return [x if params["tiled"] else np.expand_dims(x, params["all_gather_dimension"]) for x in operands]


def _scatter_to_one(equation: Any, *operands: Any) -> list[Any]:
    params = equation.params
    return [x if params["tiled"] else np.squeeze(x, params["scatter_dimension"]) for x in operands]


def _permute_one(equation: Any, *operands: Any) -> list[Any]:
    """Return what a device sends to itself; zeros where it sends nothing."""
    return [x if equation.params["perm"] else np.zeros(x.shape, dtype=var.aval.dtype)
            for x, var in zip(operands, equation.outvars, strict=True)]  # fmt: skip


def _unwrap_single(rule: Rule) -> Rule:
    """Return the rule of a primitive whose equation has one result or several, as its kind says."""

    def unwrapped(equation: Any, *operands: Any) -> Any:
        results = rule(equation, *operands)
        return results if equation.primitive.multiple_results else results[0]

    return unwrapped


AXIS_RULES: dict[str, Rule] = {
    name: _unwrap_single(rule)
    for name, rule in {
        **dict.fromkeys(("psum", "psum_invariant"), _reduce_axes(np.add)),
        "pmax": _reduce_axes(np.maximum),
        "pmin": _reduce_axes(np.minimum),
        "all_gather": _gather_from_one,
        "reduce_scatter": _scatter_to_one,
        "all_to_all": lambda equation, *operands: list(operands),
        "ppermute": _permute_one,
        "axis_index": lambda equation: [np.zeros((), dtype=equation.outvars[0].aval.dtype)],
        "pvary": lambda equation, *operands: list(operands),
    }.items()
}


def require_one_device(equation: Any) -> None:
    """Raise `UnknownPrimitiveError` for a `shard_map` over several devices."""
    mesh = equation.params["mesh"]
    if any(size != 1 for size in mesh.shape.values()):
        raise UnknownPrimitiveError("JAX's primitive 'shard_map' over several devices has no rule for balls")
