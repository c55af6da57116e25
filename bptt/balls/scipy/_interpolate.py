"""`scipy.interpolate` on balls: splines by their equations, and interpolation between points and in grids."""

import itertools
from typing import Any

import numpy as np

from bptt.balls._array import get_floats
from bptt.balls._ball import get_float
from bptt.balls.scipy._elimination import Row, solve
from bptt.balls.scipy._grid import GRID
from bptt.balls.scipy._operands import (
    HoldsBalls,
    OnBalls,
    as_balls,
    call_method_on_floats,
    give_floats,
    leave_rounding_open,
    make_zeros,
    require,
)
from bptt.balls.scipy._piecewise import (
    BSpline,
    Pieces,
    PiecewisePolynomial,
    adapt_pieces,
    adapt_spline,
    evaluate,
    evaluate_spline,
)

_BY_NAME = {"natural": (2, 0.0), "clamped": (1, 0.0)}


def make_cubic_spline(x: Any, y: Any, axis: int = 0, bc_type: Any = "not-a-knot", extrapolate: Any = None) -> Any:
    knots, values = as_balls(x), np.moveaxis(as_balls(y), axis, 0)
    return PiecewisePolynomial(lambda: _join(knots, values, _find_slopes(knots, values, bc_type)))


def make_hermite_spline(x: Any, y: Any, dydx: Any, axis: int = 0, extrapolate: Any = None) -> Any:
    values, slopes = (np.moveaxis(as_balls(given), axis, 0) for given in (y, dydx))
    return PiecewisePolynomial(lambda: _join(as_balls(x), values, slopes))


def make_polynomials(c: Any, x: Any, extrapolate: Any = None, axis: int = 0) -> Any:
    require(axis == 0, "interpolate.PPoly", "with axis=")
    return PiecewisePolynomial(lambda: (as_balls(x), as_balls(c)))


def _join(x: Any, y: Any, slopes: Any) -> Pieces:
    """Return the cubic polynomials between points that have these values and slopes there."""
    widths = _broadcast(np.diff(x), y)
    rise = np.diff(y, axis=0) / widths
    bend = (slopes[:-1] + slopes[1:] - 2 * rise) / widths
    coefficients = np.stack([bend / widths, (rise - slopes[:-1]) / widths - bend, slopes[:-1], y[:-1]])
    return x, leave_rounding_open(coefficients)


def _broadcast(widths: Any, y: Any) -> Any:
    return widths.reshape(-1, *[1] * (y.ndim - 1))


def _find_slopes(x: Any, y: Any, bc_type: Any) -> Any:
    """Return the slopes with which the second derivative is continuous and the conditions at the ends hold."""
    widths, size = np.diff(x), len(x)
    rise = np.diff(y, axis=0) / _broadcast(widths, y)
    rows: list[Row] = [{} for _ in range(size)]
    right = [make_zeros(y.shape[1:], y) for _ in range(size)]
    for n in range(1, size - 1):
        before, after = widths[n - 1], widths[n]
        rows[n] = {n - 1: after, n: 2 * (before + after), n + 1: before}
        right[n] = 3 * (rise[n - 1] * after + rise[n] * before)
    if isinstance(bc_type, str) and bc_type == "periodic":
        return _close(rows, right, widths, rise)
    start, end = [bc_type, bc_type] if isinstance(bc_type, str) else bc_type
    if size == 3 and start == end == "not-a-knot":  # a parabola
        rows[0], right[0] = {0: 1.0, 1: 1.0}, 2 * rise[0]
        rows[2], right[2] = {1: 1.0, 2: 1.0}, 2 * rise[1]
        return solve(rows, np.stack([as_balls(side) for side in right]))
    rows[0], right[0] = _bound(start, x, y, widths, rise, 1)
    last, right[-1] = _bound(end, x[::-1], y[::-1], widths[::-1], rise[::-1], -1)
    rows[-1] = {size - 1 - n: entry for n, entry in last.items()}
    return solve(rows, np.stack([as_balls(side) for side in right]))


def _bound(condition: Any, x: Any, y: Any, widths: Any, rise: Any, sign: int) -> tuple[Row, Any]:
    """Return the equation of the condition at the first point; of the last, with everything reversed."""
    if isinstance(condition, str) and condition in ("not-a-knot", "periodic"):
        if len(x) == 2:
            return {0: 1.0}, rise[0]
        (a, b), span = abs(widths[:2]), abs(x[2] - x[0])
        return {0: b, 1: span}, (rise[0] * ((a + 2 * span) * b) + rise[1] * (a * a)) / span
    order, value = _BY_NAME[condition] if isinstance(condition, str) else condition
    value = as_balls(value)
    if order == 1:
        return {0: 1.0}, 0.0 * y[0] + value
    width = abs(widths[0])
    return {0: 2.0, 1: 1.0}, rise[0] * 3.0 - value * width * (0.5 * sign)


def _close(rows: list[Row], right: list[Any], widths: Any, rise: Any) -> Any:
    """Return the slopes of a periodic spline: the last point is the first one again."""
    size = len(rows) - 1
    if size == 1:
        return np.stack([0.0 * as_balls(rise[0])] * 2)
    before, after = widths[-1], widths[0]
    rows[0] = {size - 1: after, 0: 2 * (before + after), 1: before}
    if size == 2:
        rows[0] = {0: 2 * (before + after), 1: before + after}
    right[0] = 3 * (rise[-1] * after + rise[0] * before)
    row = rows[size - 1]
    if size > 1 and size in row:
        row[0] = row.get(0, 0.0) + row.pop(size)
    slopes = solve(rows[:-1], np.stack([as_balls(side) for side in right[:-1]]))
    return np.concatenate([slopes, slopes[:1]])


def make_monotone_spline(x: Any, y: Any, axis: int = 0, extrapolate: Any = None) -> Any:
    """Return the spline of Fritsch and Butland, which has no maximum between the points."""
    knots, values = as_balls(x), np.moveaxis(as_balls(y), axis, 0)

    def make_pieces() -> Pieces:
        columns = values.reshape(len(values), -1).T
        slopes = np.stack([as_balls(_find_monotone_slopes(np.diff(knots), column)) for column in columns], axis=1)
        return _join(knots, values, slopes.reshape(values.shape))

    return PiecewisePolynomial(make_pieces)


def _find_monotone_slopes(widths: Any, y: Any) -> list[Any]:
    rise = np.diff(y) / widths
    if len(y) == 2:
        return [rise[0], rise[0]]
    slopes = [_find_slope_of_end(*widths[:2], *rise[:2])]
    for n in range(1, len(y) - 1):
        before, after = rise[n - 1], rise[n]
        if (before > 0 and after > 0) or (before < 0 and after < 0):
            first, second = 2 * widths[n] + widths[n - 1], widths[n] + 2 * widths[n - 1]
            slopes.append((first + second) / (first / before + second / after))
        else:
            slopes.append(0.0 * before)
    return [*slopes, _find_slope_of_end(*widths[:-3:-1], *rise[:-3:-1])]


def _find_slope_of_end(width: Any, next_width: Any, rise: Any, next_rise: Any) -> Any:
    slope = ((2 * width + next_width) * rise - width * next_rise) / (width + next_width)
    if (slope > 0) != (rise > 0) or (slope < 0) != (rise < 0):
        return 0.0 * slope
    turns = (rise > 0) != (next_rise > 0) or (rise < 0) != (next_rise < 0)
    return 3.0 * rise if turns and abs(slope) > 3.0 * abs(rise) else slope


def make_interp_spline(
    x: Any, y: Any, k: int = 3, t: Any = None, bc_type: Any = None, axis: int = 0, check_finite: bool = True
) -> Any:
    knots, values = as_balls(x), np.moveaxis(as_balls(y), axis, 0)
    require(t is None and k in (1, 3), "interpolate.make_interp_spline", "with t=, or of another degree than 1 or 3")
    if k == 1:
        return PiecewisePolynomial(lambda: _join_by_lines(knots, values))
    ends = bc_type if bc_type is None or isinstance(bc_type, str) else [_read_condition(end) for end in bc_type]
    return make_cubic_spline(x, y, axis, "not-a-knot" if ends is None else ends)


def _read_condition(condition: Any) -> Any:
    """Return the condition at an end, which may be a list of one derivative and its value."""
    if condition is None or isinstance(condition, str):
        return condition or "not-a-knot"
    ((order, value),) = condition
    return order, value


def _join_by_lines(x: Any, y: Any) -> Pieces:
    return x, np.stack([np.diff(y, axis=0) / _broadcast(np.diff(x), y), y[:-1]])


class Interpolation(HoldsBalls):
    """An interp1d."""

    _STEPS = ("nearest", "nearest-up", "previous", "next", "zero")

    def __init__(self, x: Any, y: Any, kind: Any, on_floats: Any = None) -> None:
        self._given = (x, y)
        self._kind = {"slinear": "linear", 1: "linear", 3: "cubic"}.get(kind, kind)
        self._made: Any = None
        self.on_floats = on_floats
        require(self._kind in ("linear", "cubic", *self._STEPS), "interpolate.interp1d", f"with kind={kind!r}")

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        return type(self.on_floats)

    def _make(self) -> tuple[Any, Any, Any]:
        """Return the points in order, their values with the axis of the points first, and the spline."""
        if self._made is None:
            x, y = (as_balls(given() if callable(given) else given) for given in self._given)
            order = np.argsort(get_floats(x), kind="mergesort")
            x, y = x[order], np.moveaxis(y, self.on_floats.axis, 0)[order]
            spline = make_cubic_spline(x, y).pieces if self._kind == "cubic" else _join_by_lines(x, y)
            self._made = x, y, spline
        return self._made

    def __call__(self, x: Any) -> Any:
        on_floats = call_method_on_floats(self, "__call__", x)
        numbers = as_balls(x)
        parts = [as_balls(self._interpolate(number)) for number in numbers.reshape(-1)]
        result = np.stack(parts) if parts else make_zeros((0, *self._make()[1].shape[1:]))
        result = result.reshape((*numbers.shape, *result.shape[1:]))
        axes, axis = range(numbers.ndim), self.on_floats.axis % self._make()[1].ndim
        return give_floats(np.moveaxis(result, axes, range(axis, axis + numbers.ndim)), on_floats)

    def _interpolate(self, number: Any) -> Any:
        x, y, spline = self._make()
        fill = self.on_floats.fill_value
        if not (isinstance(fill, str) and fill == "extrapolate"):
            low, high = fill if isinstance(fill, tuple) else (fill, fill)
            if number < x[0] or number > x[-1]:
                return 0.0 * y[0] + (low if number < x[0] else high)
        if self._kind in self._STEPS:
            return y[self._find_step(x, number)]
        return evaluate(spline, number)

    def _find_step(self, x: Any, number: Any) -> int:
        """Return which point's value is taken: that of comparisons, so that half-way is a tie."""
        if self._kind in ("nearest", "nearest-up"):
            ends = [(a + b) / 2 for a, b in itertools.pairwise(x)]
            return sum(bool(number > end if self._kind == "nearest" else number >= end) for end in ends)
        if self._kind == "next":
            return min(sum(bool(number > point) for point in x), len(x) - 1)
        return max(sum(bool(number >= point) for point in x) - 1, 0)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or not hasattr(self.on_floats, name):
            raise AttributeError(name)
        raise TypeError(f"scipy.interpolate: {name} of an interp1d takes no balls")


def interpolate_1d(x: Any, y: Any, kind: Any = "linear", *given: Any, fill_value: Any = None, **settings: Any) -> Any:
    return Interpolation(x, y, kind)


def _adapt_interpolation(of_floats: Any, lift: Any) -> Any:
    if of_floats._kind not in ("linear", "cubic", *Interpolation._STEPS):
        return of_floats
    return Interpolation(lambda: lift(of_floats.x), lambda: lift(of_floats.y), of_floats._kind, of_floats)


def make_spline(t: Any, c: Any, k: int, extrapolate: Any = True, axis: int = 0) -> Any:
    return BSpline(lambda: (as_balls(t), np.moveaxis(as_balls(c), axis, 0), int(get_float(k))))


def evaluate_tck(x: Any, tck: Any, der: int = 0, ext: int = 0) -> Any:
    require(isinstance(tck, tuple) and ext in (0, 3), "interpolate.splev", "with a BSpline, or with ext=1 or 2")
    t, c, k = tck
    knots, coefficients, numbers = as_balls(t), as_balls(c), as_balls(x)
    if ext == 3:
        numbers = np.clip(numbers, knots[k], knots[-k - 1])
    parts = [evaluate_spline(knots, coefficients, k, number, der)[()] for number in numbers.reshape(-1)]
    return as_balls(parts).reshape(numbers.shape)


INTERPOLATE = {
    "CubicSpline": OnBalls(make_cubic_spline, adapt=adapt_pieces),
    "PchipInterpolator": OnBalls(make_monotone_spline, adapt=adapt_pieces),
    "CubicHermiteSpline": OnBalls(make_hermite_spline, adapt=adapt_pieces),
    "PPoly": OnBalls(make_polynomials, adapt=adapt_pieces),
    "BSpline": OnBalls(make_spline, adapt=adapt_spline),
    "make_interp_spline": OnBalls(make_interp_spline, adapt=adapt_spline),
    "interp1d": OnBalls(interpolate_1d, adapt=_adapt_interpolation),
    "splev": OnBalls(evaluate_tck, is_bounded=False),
    **GRID,
}
