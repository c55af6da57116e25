"""How functions of matrices meet balls: stacks of matrices, FLINT's matrices, the floats that come back.

Most such functions are implicit: X = A⁻¹B is what solves AX = B. FLINT encloses the value, and the derivative is that
of an expression which is linear in the operands, with enclosed coefficients: A⁻¹(B − A X₀). It takes n² operations for
a vector on the right, where elimination takes n³, and no digit is lost on the way.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from flint import arb, arb_mat
from numpy import array, asarray, empty  # while functions run on balls, those in `np` make arrays of them

from bptt.balls._array import (
    BallArray,
    as_ball_array,
    convert_operand,
    convert_to_balls,
    get_floats,
    is_of_balls,
    list_elements,
    make_ball_array,
    make_constant_of_run,
    strip_class,
)
from bptt.balls._ball import Ball, Fixed, StaleValueError, is_constant
from bptt.balls._context import CURRENT, count_operations, leave_run
from bptt.balls._float_types import get_kind_of
from bptt.balls._reverse import Traced, make_traced_constant
from bptt.balls._rounded import Rounded, make_single

Balls: TypeAlias = npt.NDArray[Any]
"""A `BallArray`: what NumPy computes of one is known as an array."""
Kernel: TypeAlias = Callable[..., Any]
"""A function of the floats that a function returns for a matrix, one array each, and of the matrices of balls."""


def compute(on_floats: Callable[..., Any], on_balls: Kernel, *operands: Any) -> Any:
    """Return what a function returns: `on_floats` on the floats of the operands, `on_balls` on stacks of matrices.

    The latter is given the arrays of floats that the former returned, too; where it returns `None` for one of them,
    that is constant near the operands. What floats may return has no bound here.
    """
    balls = [convert_to_array(operand) for operand in operands]
    with leave_run():
        floats = on_floats(*map(get_floats, balls))
    parts = floats if isinstance(floats, tuple) else (floats,)
    elements = [x for operand in balls for x in list_elements(strip_class(operand))]
    kinds = {type(x) for x in elements}
    rounded = next((x for x in elements if issubclass(type(x), Rounded)), None)
    if len(kinds & {Traced, Ball}) + (rounded is not None) > 1:
        raise StaleValueError
    if rounded is not None:
        made = [_leave_open(part, rounded) for part in parts]
    else:
        with np.errstate(all="ignore"):
            results = on_balls(parts, *balls)
        known = {id(x) for x in elements}
        results = results if isinstance(results, tuple) else (results,)
        made = [_give_floats(result, part, known) for result, part in zip(results, parts, strict=True)]
    if not isinstance(floats, tuple):
        return made[0]
    return type(floats)(*made) if hasattr(floats, "_fields") else tuple(made)


def call_with_columns(call: Callable[[Balls], Any], b: Any) -> Any:
    """Return what is computed of the columns of b; a vector is the only one."""
    B = convert_to_array(b)
    return call(B[:, None])[..., 0] if B.ndim == 1 else call(B)


def convert_to_array(operand: Any) -> BallArray:
    """Return an operand as an array of balls."""
    if isinstance(operand, Ball):
        return strip_class(operand).view(BallArray)
    given = asarray(operand) if not isinstance(operand, np.ndarray) else operand
    if not is_of_balls(given):
        given = given.view(np.ndarray)
        given = convert_operand(given if given.dtype.kind == "f" else given.astype(np.float64))
    return strip_class(as_ball_array(given) if isinstance(given, np.ndarray) else given).view(BallArray)


def _leave_open(part: Any, rounded: Rounded) -> Any:
    """Return floats as balls that say nothing of their rounding."""
    if np.asarray(part).dtype.kind != "f":
        return part
    figures = rounded.kind.figures
    made = [make_single(arb.nan(), number, get_kind_of(number, figures)) for number in np.asarray(part).reshape(-1)]
    return _arrange(made, part)


def _arrange(balls: list[Any], part: Any) -> Any:
    return make_ball_array(balls, part.shape) if isinstance(part, np.ndarray) else balls[0]


def _give_floats(result: Any, part: Any, known: set[int]) -> Any:
    """Return balls that hold those floats. One that is known elsewhere keeps its own, and a copy takes its place."""
    if result is None:
        if np.asarray(part).dtype.kind != "f":
            return part
        is_array = isinstance(part, np.ndarray) and part.ndim
        return convert_to_balls(part, make_constant_of_run) if is_array else make_constant_of_run(part[()], part.dtype)
    made = []
    for ball, number in zip(list_elements(strip_class(result)), np.asarray(part).reshape(-1), strict=True):
        if id(ball) in known:
            ball = ball.replace_value(ball.value, number)
        ball.as_float = number
        known.add(id(ball))
        made.append(ball)
    return _arrange(made, part)


def map_stack(kernel: Kernel) -> Kernel:
    """Return the kernel of stacks of matrices, given that of one matrix, or of several beside each other."""

    def map_kernel(floats: Sequence[Any], *operands: Balls) -> Any:
        stack = np.broadcast_shapes(*(x.shape[:-2] for x in operands))
        if not stack:
            return kernel(floats, *operands)
        spread = [np.broadcast_to(x, stack + x.shape[-2:]).view(BallArray) for x in operands]
        made: list[Any] = [empty(part.shape, dtype=object) for part in floats]
        for index in np.ndindex(*stack):
            results = kernel([part[index] for part in floats], *(x[index] for x in spread))
            for n, result in enumerate(results if isinstance(results, tuple) else (results,)):
                if result is None:
                    made[n] = None
                else:
                    made[n][index] = strip_class(result)[()]
        return tuple(None if part is None else part.view(BallArray) for part in made)

    return map_kernel


def enclose_matrix(balls: Balls) -> arb_mat:
    """Return a matrix as FLINT's."""
    rows, columns = balls.shape
    count_operations(rows * columns * min(rows, columns))  # as many as most of what is done with it takes, about
    return arb_mat(rows, columns, [x.value for x in list_elements(strip_class(balls))])


def is_finite_matrix(matrix: arb_mat) -> bool:
    """Whether all its entries are."""
    return all(x.is_finite() for x in matrix.entries())


def fix_numbers(numbers: Sequence[arb], *shape: int) -> BallArray:
    """Return enclosed numbers as an array of constants, which goes with balls of any kind."""
    return make_ball_array([_fix(x) for x in numbers], shape)


def _fix(number: arb) -> Fixed:
    return Fixed(number, _round(number))


def _round(number: arb) -> Any:
    return np.float64(float(number.mid()))


def fix_matrix(matrix: arb_mat) -> BallArray:
    """Return one of FLINT's matrices as constants, which go with balls of any kind."""
    return fix_numbers(matrix.entries(), matrix.nrows(), matrix.ncols())


def linearise(
    values: Sequence[arb], shape: tuple[int, ...], differential: Callable[[], Any], *operands: Balls
) -> BallArray:
    """Return an array of balls of these values whose derivatives are those of the balls that `differential` returns.

    It is not called where no operand is a ball that a derivative is asked by.
    """
    elements = [x for operand in operands for x in list_elements(strip_class(operand))]
    if not all(map(is_constant, elements)) and any(type(x) is Traced for x in elements):
        pairs = zip(values, list_elements(strip_class(differential())), strict=True)
        return make_ball_array([change.replace_value(value, _round(value)) for value, change in pairs], shape)
    make = _find_constant_maker(elements)
    return make_ball_array([make(_fix(value)) for value in values], shape)


def _find_constant_maker(elements: Sequence[Any]) -> Callable[[Fixed], Ball]:
    kinds = {type(x) for x in elements}
    if Traced in kinds:
        return make_traced_constant
    return (lambda x: Ball(x.value, x.as_float)) if Ball in kinds else lambda x: x


def make_unknown(operands: Balls, *shape: int) -> BallArray:
    """Return what is not known, of these operands: no value, and no derivative by any of them."""
    nothing = np.add.reduce(operands.reshape(-1)) * _fix(arb.nan())
    size = int(np.prod(shape))
    return make_ball_array([nothing.replace_value(arb.nan(), nothing.as_float) for _ in range(size)], shape)


def make_zeros(like: Balls, *shape: int) -> BallArray:
    """Return an array of zeros that go with such balls, to be filled."""
    zeros = empty(shape, dtype=object)
    zeros[...] = list_elements(strip_class(like))[0].make_constant(0.0)
    return zeros.view(BallArray)


def note_triangle() -> None:
    """Note that the other triangle of a symmetric matrix is not read."""
    if (comparisons := CURRENT.context.comparisons) is not None:
        comparisons.triangles += 1


def make_symmetric(matrix: Balls, *, lower: bool = True) -> Balls:
    """Return the symmetric matrix of which one triangle is read."""
    note_triangle()
    rows = np.arange(matrix.shape[-1])
    i, j = rows[:, None], rows[None, :]
    high, low = np.maximum(i, j), np.minimum(i, j)
    return matrix[..., high, low] if lower else matrix[..., low, high]


def select_signs(floats: Any) -> npt.NDArray[Any]:
    """Return 1 and −1, the signs of floats; 1 for 0."""
    return array(np.where(np.asarray(floats) < 0, -1.0, 1.0))
