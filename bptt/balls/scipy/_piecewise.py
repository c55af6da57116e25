"""Piecewise polynomials on balls: which piece a number is on is decided by comparisons, so that knots are ties."""

import math
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from bptt.balls._array import get_floats
from bptt.balls._ball import Ball, get_float
from bptt.balls.scipy._operands import (
    HoldsBalls,
    as_balls,
    call_method_on_floats,
    from_list,
    give_floats,
    make_zeros,
)

Pieces: TypeAlias = tuple[Any, Any]
"""Knots, and coefficients of powers of the distance from the left one, the highest first: by power, piece, and more."""


def find_piece(knots: Any, x: Ball) -> int:
    """Return the n with knots[n] <= x < knots[n + 1], the first or the last piece for what is beyond them."""
    n = int(np.searchsorted(get_floats(knots), get_float(x), "right")) - 1
    n = min(max(n, 0), len(knots) - 2)
    if n > 0 and not x >= knots[n]:
        return n - 1
    if n < len(knots) - 2 and not x < knots[n + 1]:
        return n + 1
    return n


def evaluate(pieces: Pieces, x: Ball, order: int = 0) -> Any:
    """Return the derivative of that order, by x, in the powers that SciPy sums."""
    knots, coefficients = pieces
    n = find_piece(knots, x)
    distance = x - knots[n]
    power: Any = 1.0
    result = make_zeros(coefficients.shape[2:], coefficients)
    for k, by_piece in enumerate(coefficients[::-1]):
        if k >= order:
            result = result + as_balls(by_piece[n]) * power * float(math.perm(k, order))
            power = power * distance
    return result


class PiecewisePolynomial(HoldsBalls):
    """An object of `scipy.interpolate` that is one: PPoly, CubicSpline, PchipInterpolator."""

    def __init__(self, make_pieces: Callable[[], Pieces], on_floats: Any = None) -> None:
        self._make_pieces = make_pieces  # called when the balls are asked for
        self._pieces: Pieces | None = None
        self.on_floats = on_floats

    @property
    def pieces(self) -> Pieces:
        if self._pieces is None:
            self._pieces = self._make_pieces()
        return self._pieces

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        return type(self.on_floats)

    def __call__(self, x: Any, nu: int = 0, extrapolate: Any = None) -> Any:
        return self._evaluate(x, nu, extrapolate)

    def _evaluate(self, x: Any, nu: Any, extrapolate: Any) -> Any:
        on_floats = call_method_on_floats(self, "__call__", x, nu, extrapolate)
        numbers = as_balls(x)
        knots = self._get_knots()
        how = self.on_floats.extrapolate if extrapolate is None else extrapolate
        if how == "periodic":
            numbers = as_balls(knots[0] + np.remainder(numbers - knots[0], knots[-1] - knots[0]))
        parts = [self._evaluate_within(ball, int(nu), how) for ball in numbers.reshape(-1)]
        result = np.stack(parts) if parts else make_zeros((0,))
        result = result.reshape((*numbers.shape, *result.shape[1:]))
        return give_floats(_move_axis(result, numbers.ndim, self.on_floats.axis), on_floats)

    def _evaluate_within(self, x: Ball, nu: int, extrapolate: Any) -> Any:
        result = self._evaluate_one(x, nu)
        knots = self._get_knots()
        if not extrapolate and (x < knots[0] or x > knots[-1]):
            return np.nan * result
        return result

    def _get_knots(self) -> Any:
        return self.pieces[0]

    def _evaluate_one(self, x: Ball, nu: int) -> Any:
        return evaluate(self.pieces, x, nu)

    def derivative(self, nu: int = 1) -> Any:
        """Return the derivative, an object as this one."""
        if nu <= 0:
            return self.antiderivative(-nu)

        def differentiate() -> Pieces:
            knots, coefficients = self.pieces
            kept = coefficients[: max(len(coefficients) - nu, 0)]
            factors = [float(math.perm(k, nu)) for k in range(len(coefficients) - 1, nu - 1, -1)]
            parts = [part * factor for part, factor in zip(kept, factors, strict=True)]
            return knots, np.stack(parts) if parts else 0.0 * coefficients[:1]

        return PiecewisePolynomial(differentiate, call_method_on_floats(self, "derivative", nu))

    def antiderivative(self, nu: int = 1) -> Any:
        """Return the integral from the first knot, an object as this one."""
        if nu <= 0:
            return self.derivative(-nu) if nu else self

        def integrate() -> Pieces:
            knots, coefficients = self.pieces
            for _ in range(nu):
                size = len(coefficients)
                raised = [part / float(size - n) for n, part in enumerate(coefficients)]
                starts = [0.0 * coefficients[0][0]]
                for n in range(len(knots) - 2):
                    width = knots[n + 1] - knots[n]
                    over = sum(part[n] * width ** (size - k) for k, part in enumerate(raised))
                    starts.append(starts[-1] + over)
                coefficients = np.stack([*raised, np.stack(starts)])
            return knots, coefficients

        return PiecewisePolynomial(integrate, call_method_on_floats(self, "antiderivative", nu))

    def integrate(self, a: Any, b: Any, extrapolate: Any = None) -> Any:
        on_floats = call_method_on_floats(self, "integrate", a, b, extrapolate)
        how = self.on_floats.extrapolate if extrapolate is None else extrapolate
        if how == "periodic":
            raise TypeError("scipy.interpolate: integrate takes no balls with extrapolate='periodic'")
        integral = self.antiderivative()
        result = integral(b, 0, how) - integral(a, 0, how)
        return give_floats(as_balls(result), np.asarray(on_floats))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or not hasattr(self.on_floats, name):
            raise AttributeError(name)
        raise TypeError(f"scipy.interpolate: {name} of an interpolation takes no balls; call it or its derivative()")


def _move_axis(result: Any, axes: int, axis: int) -> Any:
    """Put the axes of what it was evaluated at, which come first, to where the axis of the values was."""
    return np.moveaxis(result, range(axes), range(axis, axis + axes)) if axis else result


def adapt_pieces(of_floats: Any, lift: Any) -> Any:
    """Return what stands for one that was made before the run, of floats: these are what it is."""
    return PiecewisePolynomial(lambda: (as_balls(lift(of_floats.x)), as_balls(lift(of_floats.c))), of_floats)


class BSpline(PiecewisePolynomial):
    """A sum of B-splines: knots t, coefficients c, degree k."""

    def __init__(self, make_spline: Callable[[], tuple[Any, Any, int]], on_floats: Any = None) -> None:
        super().__init__(lambda: ((), ()), on_floats)
        self._make_spline = make_spline
        self._spline: tuple[Any, Any, int] | None = None

    @property
    def tck(self) -> tuple[Any, Any, int]:
        if self._spline is None:
            self._spline = self._make_spline()
        return self._spline

    def _get_knots(self) -> Any:
        t, c, k = self.tck
        return t[k : len(c) + 1]

    def _evaluate_one(self, x: Ball, nu: int) -> Any:
        return evaluate_spline(*self.tck, x, nu)

    def derivative(self, nu: int = 1) -> Any:
        return BSpline(lambda: differentiate_spline(*self.tck, nu), call_method_on_floats(self, "derivative", nu))

    def antiderivative(self, nu: int = 1) -> Any:
        raise TypeError("scipy.interpolate.BSpline.antiderivative takes no balls")


def evaluate_spline(t: Any, c: Any, k: int, x: Ball, order: int = 0) -> Any:
    """Return a derivative of Σ c[n] B[n](x), by de Boor's recurrence."""
    c = c[: len(t) - k - 1]
    for _ in range(order):
        if k == 0:
            return 0.0 * c[0]
        t, c, k = differentiate_spline(t, c, k, 1)
    n = _find_wide_piece(t, k, len(c), x)
    parts = [as_balls(c[n - k + j]) for j in range(k + 1)]
    for r in range(1, k + 1):
        for j in range(k, r - 1, -1):
            left, right = t[n - k + j], t[n + 1 + j - r]
            share = (x - left) / (right - left)
            parts[j] = parts[j - 1] * (1 - share) + parts[j] * share
    return as_balls(parts[k])


def _find_wide_piece(t: Any, k: int, size: int, x: Ball) -> int:
    """Return the n with t[n] <= x < t[n + 1], of those between which there is something."""
    ends = [n for n in range(k, size) if get_float(t[n]) < get_float(t[n + 1])]
    inner = from_list([*(t[n] for n in ends), t[ends[-1] + 1]], (len(ends) + 1,))
    return ends[find_piece(inner, x)]


def differentiate_spline(t: Any, c: Any, k: int, order: int) -> tuple[Any, Any, int]:
    """Return the derivative of a sum of B-splines as one."""
    c = c[: len(t) - k - 1]
    for _ in range(order):
        steps = []
        for n in range(len(c) - 1):
            width = t[n + k + 1] - t[n + 1]
            steps.append((c[n + 1] - c[n]) * (float(k) / width) if get_float(width) else 0.0 * c[n])
        t, c, k = t[1:-1], np.stack([as_balls(step) for step in steps]), k - 1
    return t, c, k


def adapt_spline(of_floats: Any, lift: Any) -> Any:
    return BSpline(lambda: (as_balls(lift(of_floats.t)), as_balls(lift(of_floats.c)), of_floats.k), of_floats)
