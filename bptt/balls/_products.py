"""Products of matrices of balls, by FLINT's own: one step for a product, where entry by entry takes 2 n m k.

Each kind of ball has what it needs of one. Of values, that is the product of the enclosures. On the tape a product is
one node, between its entries and the matrices that it was computed from:

    elements of A → A ↘
                       A B → entries of A B        Ā += C̄ Bᵀ,  B̄ += Aᵀ C̄
    elements of B → B ↗

so that the adjoint of a weight that many steps share is summed as a matrix, too. For what floats may return, a second
product at low precision, that of the absolute values, is Σ |term|, of which rounding is a share.

Where this does not hold — numbers that are not finite, several float types, the origin of each operation asked for —
there is no such product, and NumPy's loop over the elements computes it.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from flint import arb, arb_mat, ctx

from bptt.balls._array import find_types, get_floats, make_ball_array, strip_class
from bptt.balls._ball import Ball, Fixed
from bptt.balls._context import CURRENT, TooManyOperationsError, leave_run
from bptt.balls._reverse import Traced, make_untraced
from bptt.balls._rounded import Kind, Rounded, note_type

_BITS_OF_SIZES = 40  # to which Σ |term| is computed
_MOST_KNOWN = 16  # matrices kept of a run: the weights of a network, and each once more transposed
_ZERO, _ONE = arb(0), arb(1)
_TYPES = frozenset({Ball, Fixed, Traced, Rounded})


OnFloats: TypeAlias = Callable[[Any, Any], Any]


class Gathered(Traced):
    """A matrix of balls on the tape, between these and the products in which it occurs; its adjoint is a matrix."""

    __slots__ = ("elements",)

    def __init__(self, elements: Sequence[Ball]) -> None:
        depend = ((x, _ONE) for x in elements if isinstance(x, Traced) and x.created >= 0)
        super().__init__(_ZERO, 0.0, tuple(depend))
        self.elements = elements

    def add_to_adjoint(self, adjoint: arb_mat) -> None:
        """Add what a product contributes."""
        self.adjoint = adjoint if self.adjoint is None else self.adjoint + adjoint

    def send_back(self) -> None:
        for x, contribution in zip(self.elements, self.adjoint.entries(), strict=True):
            if isinstance(x, Traced) and x.created >= 0:
                x.adjoint = contribution if x.adjoint is None else x.adjoint + contribution


class Product(Traced):
    """The product C = A B of two matrices on the tape: Ā += C̄ Bᵀ and B̄ += Aᵀ C̄.

    The adjoints of its entries, whose one source it is, are gathered by position, row by row.
    """

    __slots__ = ("left", "right")

    def __init__(self, left: tuple[Gathered | None, arb_mat], right: tuple[Gathered | None, arb_mat]) -> None:
        super().__init__(_ZERO, 0.0, tuple((node, _ONE) for node, _ in (left, right) if node is not None))
        self.left = left
        self.right = right

    def receive(self, adjoint: arb, position: int) -> None:
        if self.adjoint is None:
            self.adjoint = {}
        self.adjoint[position] = adjoint

    def send_back(self) -> None:
        (a, left), (b, right) = self.left, self.right
        n, m = left.nrows(), right.ncols()
        adjoint = arb_mat(n, m, [self.adjoint.get(position, _ZERO) for position in range(n * m)])
        if a is not None:
            a.add_to_adjoint(adjoint * right.transpose())
        if b is not None:
            b.add_to_adjoint(left.transpose() * adjoint)

    def sum_sizes(self, position: int) -> arb:
        left, right = self.left[1], self.right[1]
        i, j = divmod(position, right.ncols())
        return sum((abs(left[i, k] * right[k, j]) for k in range(left.ncols())), _ZERO)


class Matrix:
    """An array of balls with two axes, and what products of it need."""

    def __init__(self, balls: list[Any], types: set[type], values: arb_mat, floats: npt.NDArray[Any]) -> None:
        self.balls = balls  # row by row
        self.types = types
        self.values = values
        self.floats = floats

    @property
    def shape(self) -> tuple[int, int]:
        return self.values.nrows(), self.values.ncols()

    @functools.cached_property
    def node(self) -> Gathered | None:
        """It on the tape, if anything in it depends on an argument."""
        depends = Traced in self.types and any(type(x) is Traced and x.created >= 0 for x in self.balls)
        return Gathered(self.balls) if depends else None

    @functools.cached_property
    def kind(self) -> Kind | None:
        """The float type in which its elements are rounded, if it is one."""
        kind: Kind = self.balls[0].kind
        return kind if all(x.kind is kind for x in self.balls) else None

    @functools.cached_property
    def sizes(self) -> arb_mat:
        """The absolute values."""
        return arb_mat(self.values.nrows(), self.values.ncols(), [abs(x) for x in self.values.entries()])


def multiply(a: Any, b: Any, on_floats: OnFloats = np.matmul) -> Any:
    """Return a @ b for two operands of `np.matmul` of which one is an array of balls; `None` for what FLINT cannot.

    `on_floats` is what computes it of two matrices of floats, or of a matrix and a vector.
    """
    left, right = strip_class(a), strip_class(b)
    if not all(isinstance(x, np.ndarray) and x.dtype == object and x.ndim for x in (left, right)):
        return None
    left_rows = left[None, :] if left.ndim == 1 else left
    right_columns = right[:, None] if right.ndim == 1 else right
    (*stacked, n, k), (*others, terms, m) = left_rows.shape, right_columns.shape
    if k != terms or 0 in (n, k, m) or CURRENT.context.origins is not None:
        return None
    stack = np.broadcast_shapes(tuple(stacked), tuple(others)) if stacked or others else ()
    made = _multiply_stacks(stack, left_rows, right_columns, on_floats)
    if made is None:
        return None
    shape = (*stack, *(() if left.ndim == 1 else (n,)), *(() if right.ndim == 1 else (m,)))
    if not shape:
        return made[0]
    result = make_ball_array(made, shape)
    result._float_type = np.dtype(type(made[0].as_float))
    return result


def _multiply_stacks(
    stack: tuple[int, ...], left: npt.NDArray[Any], right: npt.NDArray[Any], on_floats: OnFloats
) -> list[Any] | None:
    if not stack:
        return _multiply_matrices(left, right, on_floats)
    with leave_run():
        left, right = (np.broadcast_to(x, stack + x.shape[-2:]) for x in (left, right))
    made: list[Any] = []
    for index in np.ndindex(*stack):
        part = _multiply_matrices(left[index], right[index], on_floats)
        if part is None:
            return None
        made += part
    return made


def _multiply_matrices(left: npt.NDArray[Any], right: npt.NDArray[Any], on_floats: OnFloats) -> list[Any] | None:
    a, b = _convert(left), _convert(right)
    if a is None or b is None:
        return None
    with np.errstate(all="ignore"):
        floats = on_floats(a.floats, b.floats).reshape(-1)
    if not np.isfinite(floats).all():
        return None
    types = a.types | b.types
    own = types - {Fixed}
    if len(own) > 1 or (Traced in own and CURRENT.context.measures_cancellation):
        return None
    if Rounded in own:
        return _multiply_rounded(a, b, floats)
    values = (a.values * b.values).entries()
    if Traced in own:
        return _record_product(a, b, values, floats)
    if not own:
        return list(map(Fixed, values, floats))
    if Fixed not in types:
        return list(map(Ball, values, floats))
    rows, columns = _find_constant_lines(a, b)
    constant = [row and column for row in rows for column in columns]
    return [(Fixed if c else Ball)(v, x) for v, x, c in zip(values, floats, constant, strict=True)]


def _find_constant_lines(a: Matrix, b: Matrix) -> tuple[list[bool], list[bool]]:
    """Return which rows of a, and which columns of b, hold constants alone."""
    (n, k), m = a.shape, b.shape[1]
    rows = [all(type(x) is Fixed for x in a.balls[i * k : (i + 1) * k]) for i in range(n)]
    return rows, [all(type(x) is Fixed for x in b.balls[j::m]) for j in range(m)]


def _convert(elements: npt.NDArray[Any]) -> Matrix | None:
    """Return an array as a matrix, the same one as before if the same balls stand in it; `None` if FLINT has none."""
    encountered = CURRENT.context.encountered
    if encountered is None or 1 in elements.shape:  # vectors change from step to step
        return _make_matrix(elements)
    known = encountered.matrices
    key = elements.shape, elements.tobytes()  # where its balls are in memory
    if (made := known.pop(key, None)) is None and (made := _make_matrix(elements)) is None:
        return None
    known[key] = made  # as the latest; it keeps the balls, so that no other is where one of them was
    if len(known) > _MOST_KNOWN:
        del known[next(iter(known))]
    return made


def _make_matrix(elements: npt.NDArray[Any]) -> Matrix | None:
    balls = elements.reshape(-1).tolist()
    types = find_types(balls)
    if not types <= _TYPES:
        return None
    values = [x.value for x in balls]
    if not all(map(arb.is_finite, values)):
        return None
    return Matrix(balls, types, arb_mat(len(elements), elements.shape[1], values), get_floats(elements))


def _record_product(a: Matrix, b: Matrix, values: list[arb], floats: npt.NDArray[Any]) -> list[Any]:
    if a.node is None and b.node is None:
        return list(map(make_untraced, values, floats))
    product = Product((a.node, a.values), (b.node, b.values))
    entries = [Traced(v, x, ((product, n),)) for n, (v, x) in enumerate(zip(values, floats, strict=True))]
    if CURRENT.context.last_created is not None and entries[-1].created > CURRENT.context.last_created:
        raise TooManyOperationsError(CURRENT.context.most_operations or 0)
    return entries


def _multiply_rounded(a: Matrix, b: Matrix, floats: npt.NDArray[Any]) -> list[Any] | None:
    if a.types | b.types != {Rounded} or a.kind is None or a.kind is not b.kind:
        return None
    kind, k = a.kind, a.shape[1]
    note_type(kind)
    lost = kind.underflow * (2 * k)  # by the terms, and by what their sum takes for Σ |term|
    product = a.values * b.values
    if k == 1:
        values = (product * kind.rounding).entries()
        return [Rounded(v if v.is_zero() else v + lost, x, kind) for v, x in zip(values, floats, strict=True)]
    precision = ctx.prec
    try:
        ctx.prec = _BITS_OF_SIZES
        sizes = a.sizes * b.sizes * kind.rounding
    finally:
        ctx.prec = precision
    values = (product + sizes * (kind.rounding - 1)).entries()
    return [
        Rounded(v, x, kind) if mass.is_zero() else Rounded(v + lost, x, kind, mass, k)
        for v, x, mass in zip(values, floats, sizes.entries(), strict=True)
    ]
