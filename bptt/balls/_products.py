"""Products of matrices of balls, by FLINT's own: one step for a product, where entry by entry takes 2 n m k.

Each kind of ball has what it needs of one: see `_matrix`. Where this does not hold — numbers that are not finite,
several float types, the origin of each operation asked for — there is no such product, and NumPy's loop over the
elements computes it.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from flint import arb

from bptt.balls._array import is_of_balls, strip_class
from bptt.balls._ball import Ball, Fixed
from bptt.balls._context import CURRENT, TooManyOperationsError, leave_run
from bptt.balls._matrix import Matrix, Product, bound_product
from bptt.balls._operand import ONLY, Operand, are_finite, make_operand, put_in_array, read
from bptt.balls._outer_sums import multiply_later
from bptt.balls._reverse import Traced, make_untraced
from bptt.balls._rounded import Rounded

_MOST_KNOWN = 16  # matrices kept of a run: the weights of a network, and each once more transposed

OnFloats: TypeAlias = Callable[[Any, Any], Any]


def multiply(a: Any, b: Any, on_floats: OnFloats = np.matmul) -> Any:
    """Return a @ b for two operands of `np.matmul` of which one is an array of balls; `None` for what FLINT cannot.

    `on_floats` is what computes it of two matrices of floats, or of a matrix and a vector.
    """
    if not (is_of_balls(a) and is_of_balls(b) and a.ndim and b.ndim) or CURRENT.context.origins is not None:
        return None
    (*stacked, n, k), (*others, terms, m) = (1, *a.shape)[-max(2, a.ndim) :], (*b.shape, 1)[: max(2, b.ndim)]
    if k != terms or 0 in (n, k, m):
        return None
    if k == 1 and a.ndim == b.ndim == 2 and (later := multiply_later(read(a), read(b))) is not None:
        return later
    if stacked or others:
        made = _multiply_stacks(np.broadcast_shapes(tuple(stacked), tuple(others)), a, b, on_floats)
    else:
        made = _multiply_matrices(_convert(a, (n, k)), _convert(b, (k, m)), on_floats)
    if made is None:
        return None
    shape = (*made.floats.shape[:-2], *(() if a.ndim == 1 else (n,)), *(() if b.ndim == 1 else (m,)))
    if not shape:
        return made.elements[0]
    made.floats = made.floats.reshape(shape)
    return put_in_array(made, made.elements)


def _multiply_stacks(shape: tuple[int, ...], a: Any, b: Any, on_floats: OnFloats) -> Operand | None:
    left = strip_class(a) if a.ndim > 1 else strip_class(a)[None, :]
    right = strip_class(b) if b.ndim > 1 else strip_class(b)[:, None]
    with leave_run():
        left, right = (np.broadcast_to(x, (*shape, *x.shape[-2:])) for x in (left, right))
    parts = []
    for index in np.ndindex(*shape):
        x, y = left[index], right[index]
        part = _multiply_matrices(_convert(x, x.shape), _convert(y, y.shape), on_floats)
        if part is None:
            return None
        parts.append(part)
    floats = np.stack([part.floats for part in parts])
    return make_operand([x for part in parts for x in part.elements], floats.reshape(*shape, *floats.shape[1:]))


def _multiply_matrices(a: Matrix | None, b: Matrix | None, on_floats: OnFloats) -> Operand | None:
    """Return the entries of a product, row by row, and the floats that stand in them."""
    if a is None or b is None:
        return None
    try:
        product = on_floats(a.floats, b.floats)
    except FloatingPointError:  # which a caller has NumPy raise
        return None
    if not are_finite(product):
        return None
    floats = product.reshape(-1)
    types = frozenset(a.types | b.types)
    own = types - {Fixed}
    if len(own) > 1 or (Traced in own and CURRENT.context.measures_cancellation):
        return None
    values = a.values * b.values
    if Rounded in own:
        balls = bound_product(a, b, values, floats)
        return None if balls is None else Operand(balls, ONLY[Rounded], product, rounded_as=a.kind)
    entries = values.entries()
    if not all(map(arb.is_finite, entries)):
        return None
    if Traced in own:
        return Operand(_record_product(a, b, entries, floats), own, product)
    if not own or Fixed not in types:
        return Operand(list(map(Ball if own else Fixed, entries, floats)), types, product)
    rows, columns = _find_constant_lines(a, b)
    constant = [row and column for row in rows for column in columns]
    return make_operand(
        [(Fixed if c else Ball)(v, x) for v, x, c in zip(entries, floats, constant, strict=True)], product
    )


def _find_constant_lines(a: Matrix, b: Matrix) -> tuple[list[bool], list[bool]]:
    """Return which rows of a, and which columns of b, hold constants alone."""
    (n, k), m = a.shape, b.shape[1]
    rows = [all(type(x) is Fixed for x in a.balls[i * k : (i + 1) * k]) for i in range(n)]
    return rows, [all(type(x) is Fixed for x in b.balls[j::m]) for j in range(m)]


def _convert(array: Any, shape: tuple[int, int]) -> Matrix | None:
    """Return an array as a matrix, the same one as before if the same balls stand in it; `None` if FLINT has none."""
    encountered = CURRENT.context.encountered
    if encountered is None or 1 in shape:  # vectors change from step to step
        return _make_matrix(array, shape)
    known = encountered.matrices
    key = shape, np.ndarray.tobytes(array)  # where its balls are in memory
    made, balls = known.pop(key, (None, None))
    if made is None and (made := _make_matrix(array, shape)) is None:
        return None
    if balls is None:
        balls = strip_class(array).reshape(-1).tolist()
    known[key] = made, balls  # as the latest; the balls are kept, so that no other is where one of them was
    if len(known) > _MOST_KNOWN:
        del known[next(iter(known))]
    return made


def _make_matrix(array: Any, shape: tuple[int, int]) -> Matrix | None:
    operand = read(array)
    if operand is None:
        return None
    if operand.matrix is None or operand.matrix.shape != shape:
        floats = operand.floats.reshape(shape)
        operand.matrix = Matrix(operand.elements, shape, operand.types, operand.rounded_as, floats)
    return operand.matrix


def _record_product(a: Matrix, b: Matrix, values: list[arb], floats: npt.NDArray[Any]) -> list[Any]:
    if a.node is None and b.node is None:
        return list(map(make_untraced, values, floats))
    product = Product((a.node, a.values), (b.node, b.values))
    entries = [Traced(v, x, ((product, n),)) for n, (v, x) in enumerate(zip(values, floats, strict=True))]
    if CURRENT.context.last_created is not None and entries[-1].created > CURRENT.context.last_created:
        raise TooManyOperationsError(CURRENT.context.most_operations or 0)
    return entries
