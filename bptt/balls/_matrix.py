"""Matrices of balls as FLINT takes them, their place on the tape, and what bounds the floats of a product.

On the tape a product is one node, between its entries and the matrices that it was computed from:

    elements of A → A ↘
                       A B → entries of A B        Ā += C̄ Bᵀ,  B̄ += Aᵀ C̄
    elements of B → B ↗

so that the adjoint of a weight that many steps share is summed as a matrix, too. For what floats may return, a second
product at low precision, that of the absolute values, is Σ |term|, of which rounding is a share.
"""

from collections.abc import Iterable, Sequence, Set
from itertools import repeat
from typing import Any

import numpy.typing as npt
from flint import arb, arb_mat, ctx

from bptt.balls._ball import Ball
from bptt.balls._float_types import Kind, note_type
from bptt.balls._reverse import Traced
from bptt.balls._rounded import Rounded

_BITS_OF_SIZES = 40  # to which Σ |term| is computed
_ZERO, _ONE = arb(0), arb(1)


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

    __slots__ = ("_node", "balls", "exact", "floats", "kind", "shape", "sizes", "types", "values")

    def __init__(
        self, balls: list[Any], shape: tuple[int, int], types: Set[type], kind: Kind | None = None, floats: Any = None
    ) -> None:
        self.balls = balls  # row by row
        self.types = types
        self.floats = floats
        self.shape = shape
        self.kind = kind  # of the floats that they bound, if it is one
        values = [x.value for x in balls]
        self.values = arb_mat(*shape, values)
        self.exact: arb_mat | None = None  # what the formula says, where the elements bound floats and that is known
        if self.kind is not None:
            self.sizes = arb_mat(*shape, list(map(abs, values)))
            exact = [x.exact for x in self.balls]
            self.exact = None if any(x is None for x in exact) else arb_mat(*shape, exact)
        self._node: Gathered | None = None

    @property
    def node(self) -> Gathered | None:
        """It on the tape, if anything in it depends on an argument."""
        if self._node is None and Traced in self.types:
            depends = any(type(x) is Traced and x.created >= 0 for x in self.balls)
            self._node = Gathered(self.balls) if depends else None
        return self._node


def bound_product(a: Matrix, b: Matrix, product: arb_mat, floats: npt.NDArray[Any]) -> list[Any] | None:
    """Return balls that bound the floats of a product, given that of the enclosures."""
    kind, k = a.kind, a.shape[1]
    if kind is None or b.kind is not kind:
        return None
    note_type(kind)
    lost = kind.underflow * (2 * k)  # by the terms, and by what their sum takes for Σ |term|
    exact: Iterable[arb | None] = repeat(None)
    if a.exact is not None and b.exact is not None:
        exact = (a.exact * b.exact).entries()
    if k == 1:
        values = (product * kind.rounding).entries()
        made = [
            Rounded(v if v.is_zero() else v + lost, x, kind, e) for v, x, e in zip(values, floats, exact, strict=False)
        ]
    else:
        precision = ctx.prec
        try:
            ctx.prec = _BITS_OF_SIZES
            sizes = a.sizes * b.sizes * kind.rounding
        finally:
            ctx.prec = precision
        values = (product + sizes * (kind.rounding - 1)).entries()
        made = [
            Rounded(v, x, kind, e) if mass.is_zero() else Rounded(v + lost, x, kind, e, mass, k)
            for v, x, mass, e in zip(values, floats, sizes.entries(), exact, strict=False)
        ]
    return made if all(map(arb.is_finite, values)) else None
