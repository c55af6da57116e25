"""Interpolation in grids on balls: linear between the corners of a cell, or that of the nearest corner."""

import itertools
from typing import Any

import numpy as np

from bptt.balls._array import get_floats
from bptt.balls.scipy._operands import (
    HoldsBalls,
    OnBalls,
    as_balls,
    call_method_on_floats,
    give_floats,
    make_zeros,
    require,
)
from bptt.balls.scipy._piecewise import find_piece


class Grid(HoldsBalls):
    """A RegularGridInterpolator."""

    def __init__(self, points: Any, values: Any, lift: Any = as_balls, on_floats: Any = None) -> None:
        self._given = (points, values)
        self._lift = lift
        self.on_floats = on_floats

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        return type(self.on_floats)

    def __call__(self, xi: Any, method: Any = None, *, nu: Any = None) -> Any:
        kind = method or self.on_floats.method
        require(kind in ("linear", "nearest") and nu is None, "interpolate.RegularGridInterpolator", f"by {kind!r}")
        on_floats = call_method_on_floats(self, "__call__", xi, method)
        axes = [as_balls(self._lift(axis)) for axis in self._given[0]]
        values = as_balls(self._lift(self._given[1]))
        at = _take_coordinates(xi, len(axes))
        parts = [as_balls(self._interpolate(axes, values, place, kind)) for place in at.reshape(-1, len(axes))]
        result = np.stack(parts) if parts else make_zeros((0, *values.shape[len(axes) :]))
        return give_floats(result.reshape((*at.shape[:-1], *result.shape[1:])), on_floats, is_bounded=False)

    def _interpolate(self, axes: Any, values: Any, place: Any, kind: str) -> Any:
        if self.on_floats.fill_value is not None and any(
            x < a[0] or x > a[-1] for x, a in zip(place, axes, strict=True)
        ):
            return 0.0 * values[(0,) * len(axes)] + self.on_floats.fill_value
        pieces = [find_piece(axis, x) for axis, x in zip(axes, place, strict=True)]
        shares = [(x - a[n]) / (a[n + 1] - a[n]) for x, a, n in zip(place, axes, pieces, strict=True)]
        if kind == "nearest":
            return values[tuple(n + (not share <= 0.5) for n, share in zip(pieces, shares, strict=True))]
        result = make_zeros(values.shape[len(axes) :], values)
        for corner in itertools.product((0, 1), repeat=len(axes)):
            term = values[tuple(n + far for n, far in zip(pieces, corner, strict=True))]
            for far, share in zip(corner, shares, strict=True):
                term = term * (share if far else 1 - share)
            result = result + term
        return result

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or not hasattr(self.on_floats, name):
            raise AttributeError(name)
        raise TypeError(f"scipy.interpolate: {name} of a RegularGridInterpolator takes no balls")


def _take_coordinates(xi: Any, axes: int) -> Any:
    """Return places with their coordinates along the last axis."""
    if isinstance(xi, tuple):
        return np.stack(np.broadcast_arrays(*map(as_balls, xi)), axis=-1)
    at = as_balls(xi)
    return at[:, None] if at.ndim == 1 and axes == 1 else np.atleast_2d(at) if at.ndim == 1 else at


def make_grid(points: Any, values: Any, *given: Any, **settings: Any) -> Any:
    settings = {**dict(zip(("method", "bounds_error", "fill_value"), given, strict=False)), **settings}
    on_floats = [get_floats(as_balls(axis)) for axis in points]
    require(all((np.diff(axis) > 0).all() for axis in on_floats), "interpolate.RegularGridInterpolator", "that descend")
    return Grid(points, values)


def _adapt_grid(of_floats: Any, lift: Any) -> Any:
    return Grid(of_floats.grid, of_floats.values, lift, of_floats)


GRID = {"RegularGridInterpolator": OnBalls(make_grid, adapt=_adapt_grid)}
